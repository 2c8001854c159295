//! The one secret of a ceremony, and everything that is drawn from it.
//!
//! Whoever starts again after a crash must come to the same messages: two different ones of one
//! step are evidence against their sender. So nothing is drawn from outside once the seed is there.

use crate::entropy::{Entropy, draw};
use crate::ids::PlanDigest;
use core::fmt;
use hkdf::Hkdf;
use sha2::Sha512;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// A participant's whole secret in one ceremony: 32 bytes.
///
/// Store it before the first message goes out. Destroy it when the ceremony has ended, in either way.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct CeremonySeed([u8; 32]);

impl CeremonySeed {
    /// A fresh seed, for one ceremony.
    pub fn generate(entropy: &mut dyn Entropy) -> Self {
        Self(draw(entropy))
    }
    /// One that was stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// Its bytes, for storing.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0)
    }

    /// What the seed gives for one use in one ceremony.
    pub(super) fn stream(&self, plan: &PlanDigest, purpose: Purpose, about: &[&[u8]]) -> Stream {
        let mut info = purpose.label().as_bytes().to_vec();
        for part in about {
            info.extend_from_slice(part);
        }
        Stream {
            hkdf: Hkdf::new(Some(plan.as_bytes()), &self.0),
            info,
            block: 0,
        }
    }
}

impl fmt::Debug for CeremonySeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CeremonySeed(…)")
    }
}

/// What a stream of the seed is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// The polynomial of a new key, and the nonce of its proof.
    Generate,
    /// The polynomial that shares an old share out.
    Reshare,
    /// The seed of a one-time key.
    OneTime,
    /// What is opened for the voice string.
    Nonce,
    /// Sealing to one recipient.
    Seal,
}

impl Purpose {
    const fn label(self) -> &'static str {
        match self {
            Purpose::Generate => "parasol 1 ceremony generate",
            Purpose::Reshare => "parasol 1 ceremony reshare",
            Purpose::OneTime => "parasol 1 ceremony one-time key",
            Purpose::Nonce => "parasol 1 ceremony nonce",
            Purpose::Seal => "parasol 1 ceremony seal",
        }
    }
}

/// HKDF-SHA512, block after block of 64 bytes, as long as anybody draws.
pub(super) struct Stream {
    hkdf: Hkdf<Sha512>,
    info: Vec<u8>,
    block: u32,
}

impl Entropy for Stream {
    fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(64) {
            let mut block = Zeroizing::new([0; 64]);
            let number = self.block.to_be_bytes();
            let done = self
                .hkdf
                .expand_multi_info(&[&self.info, &number], block.as_mut());
            debug_assert!(done.is_ok(), "64 bytes are far below the limit of HKDF");
            self.block += 1;
            for (to, from) in chunk.iter_mut().zip(block.iter()) {
                *to = *from;
            }
        }
    }
}
