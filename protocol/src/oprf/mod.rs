//! The threshold VOPRF: how a name that one asks by becomes 64 bytes that nobody can compute alone.
//!
//! A key *k* is shared *t* of *n* among keyholders. A client hides its inputs behind random blinds and
//! sends the same elements to *t* of them; each multiplies with its share and proves, in one proof for
//! the whole batch, that it used the share that its certificate names. The client checks every proof,
//! adds the answers up with Lagrange coefficients, takes the blinds off and hashes. What comes out is
//! the plain output of RFC 9497, ristretto255-SHA512, mode 1, under *k*, which nobody ever holds.
//!
//! The module knows no records and no handles: bytes in, [`Output`]s out. `spec/04-lookup.md`, part 1,
//! is the normative text.
//!
//! | step | who | call |
//! |---|---|---|
//! | blind | client | [`blind`] |
//! | evaluate and prove | keyholder | [`KeyShare::evaluate`] |
//! | verify, one keyholder at a time | client | [`Blinded::verify`] |
//! | combine, unblind, finalize | client | [`Blinded::finish`] |
//!
//! Only [`Blinded::verify`] makes a [`Verified`], and only those can be combined: an answer that was
//! not checked, or was checked for another batch or another key, has no way into an output.
//!
//! # A walk through
//!
//! ```
//! use parasol_protocol::entropy::Entropy;
//! use parasol_protocol::oprf::{KeyName, blind, deal};
//! # use sha2::{Digest, Sha512};
//! # /// Repeats itself in every run: for examples only.
//! # struct Example(u64);
//! # impl Entropy for Example {
//! #     fn fill(&mut self, out: &mut [u8]) {
//! #         for chunk in out.chunks_mut(64) {
//! #             self.0 += 1;
//! #             let block = Sha512::digest(self.0.to_be_bytes());
//! #             chunk.copy_from_slice(&block[..chunk.len()]);
//! #         }
//! #     }
//! # }
//! # let mut entropy = Example(0);
//! // Three of five keyholders are needed. (A real key comes from a ceremony, never from a dealer.)
//! let dealt = deal(KeyName::Bucket, 3, 5, &mut entropy)?;
//!
//! // 1. The client blinds: what it sends says nothing about what it asks.
//! let blinded = blind(&[b"phone:+33639981234"], &mut entropy)?;
//!
//! // 2. Three keyholders evaluate; each proves that it used its certified share.
//! let mut verified = Vec::new();
//! for share in dealt.shares.iter().skip(2) {
//!     let evaluation = share.evaluate(blinded.elements(), &mut entropy)?;
//!     // 3. The client checks each answer as it arrives, and knows who is at fault if one is wrong.
//!     verified.push(blinded.verify(&dealt.key, &evaluation)?);
//! }
//!
//! // 4. Combine, take the blinds off, finalize: one output an input.
//! let outputs = blinded.finish(&dealt.key, &verified)?;
//! assert_eq!(outputs.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod client;
mod combine;
mod deal;
mod encoding;
mod key;
mod keyholder;
mod name;
#[cfg(test)]
mod testing;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod vectors;

pub(crate) use combine::{Interpolation, weighted_sum};
pub(crate) use encoding::decode_point;

pub use client::{BlindError, Blinded, EvaluationError, FinishError, Output, Verified, blind};
pub use deal::{DealError, Dealt, deal};
pub use encoding::{Element, EncodingError, Proof, PublicKey, PublicShare};
pub use key::{KeyError, ShareIndex, ThresholdKey};
pub use keyholder::{BatchError, Evaluation, KeyShare, MAX_BATCH};
pub use name::KeyName;
