//! Sealed requests: what a client asks another organisation's node through its home node.
//!
//! The home node learns who asks, the answering node what is asked, neither both: HPKE (RFC 9180),
//! with the reply sealed under an exported secret as in Oblivious HTTP (RFC 9458, section 4.4).
//! Requests have one size and replies another, so sizes say nothing either.

use super::records::records;
use crate::cbor::{self, Malformed};
use crate::entropy::{AsRng, Entropy, draw};
use crate::ids::{FederationId, Lock, SealKey};
use crate::limits::MAX_BUCKET_BITS;
use crate::seal::Bucket;
use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use core::fmt;
use hkdf::Hkdf;
use hpke::aead::ChaCha20Poly1305 as HpkeAead;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use sha2::Sha512;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bytes of a request's plaintext.
const REQUEST_SIZE: usize = 320;
/// Bytes of a whole sealed request: encapsulated key, plaintext, tag.
pub const SEALED_REQUEST: usize = 32 + REQUEST_SIZE + 16;
/// Bytes of a whole sealed reply, whatever is in it.
pub const SEALED_REPLY: usize = 30 * 1024;
/// Short ids that one request may name.
pub const MAX_WANTED: usize = 32;
/// Parts of a bucket that may be asked for.
pub const MAX_PARTS: u8 = 64;
/// Locks that one request may name.
pub const MAX_LOCKS: usize = 8;
/// Bytes of a reply that are not records: the counts before them and the padding's first.
const REPLY_HEAD: usize = 3 * 9 + 5;
/// Bytes beside the plaintext in a sealed reply: nonce and tag.
const REPLY_OVERHEAD: usize = 32 + 16;

/// The first eight bytes of a record's id: enough to fetch by.
pub type ShortId = [u8; 8];

/// What a client asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Question {
    /// What is in one bucket.
    Bucket {
        /// Which.
        bucket: Bucket,
        /// Which part of the answer, from 0 to [`MAX_PARTS`] - 1. All there is mostly fits the
        /// first.
        part: u8,
    },
    /// These reports, with what hangs on them.
    Records(Vec<ShortId>),
    /// What there is with these locks: the retractions of a report that was taken back, else the
    /// report with what hangs on it.
    Locks(Vec<Lock>),
}

/// What a node answers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reply {
    /// Reports that the node carries, so that clients can choose the size of their buckets.
    pub carried: u64,
    /// The records, reports and what hangs on them.
    pub records: Vec<Vec<u8>>,
    /// Records for which there was no room; 0 in a reply that holds all there is.
    pub left: u64,
}

/// A sealed message could not be made or opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SealedError {
    /// Not sealed to this key, or altered.
    #[error("the sealed message does not open: it was altered, or is meant for another node")]
    Closed,
    /// What is inside is not such a message.
    #[error("what is inside the sealed message is not what must be there: {0}")]
    Malformed(#[from] Malformed),
    /// Larger than a message may be.
    #[error("the sealed message would be too large")]
    TooLarge,
}

impl SealedError {
    /// The word for it in `spec/validation.md`.
    pub const fn code(&self) -> &'static str {
        match self {
            SealedError::Closed => "closed",
            SealedError::Malformed(why) => why.code(),
            SealedError::TooLarge => "too-large",
        }
    }
}

/// The secret half of a node's seal key.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SealSecret {
    seed: [u8; 32],
}

impl SealSecret {
    /// A fresh key.
    pub fn generate(entropy: &mut dyn Entropy) -> Self {
        Self {
            seed: draw(entropy),
        }
    }
    /// From its seed; the key is derived as in RFC 9180, section 7.1.3.
    pub const fn from_seed(seed: [u8; 32]) -> Self {
        Self { seed }
    }
    /// Its seed, for storing.
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.seed)
    }
    /// The public half.
    pub fn public(&self) -> SealKey {
        let (_, public) = X25519HkdfSha256::derive_keypair(&self.seed);
        let mut out = [0; 32];
        public.write_exact(&mut out);
        SealKey::from_bytes(out)
    }
}

impl fmt::Debug for SealSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealSecret(…)")
    }
}

fn info(federation: &FederationId) -> Vec<u8> {
    let mut out = b"parasol 1 sealed request".to_vec();
    out.extend_from_slice(federation.as_bytes());
    out
}

/// What opens the reply to one request.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct ReplyKey {
    secret: [u8; 32],
    enc: [u8; 32],
}

impl fmt::Debug for ReplyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReplyKey(…)")
    }
}

impl ReplyKey {
    fn cipher(&self, nonce: &[u8; 32]) -> (ChaCha20Poly1305, Nonce) {
        let salt = [self.enc, *nonce].concat();
        let hkdf = Hkdf::<Sha512>::new(Some(&salt), &self.secret);
        let (mut key, mut iv) = (Zeroizing::new([0; 32]), [0; 12]);
        let done =
            hkdf.expand(b"key", key.as_mut()).is_ok() && hkdf.expand(b"nonce", &mut iv).is_ok();
        debug_assert!(done, "both are far below the limit of HKDF");
        (ChaCha20Poly1305::new(&Key::from(*key)), Nonce::from(iv))
    }

    /// Opens a reply.
    ///
    /// # Errors
    /// If it was altered, or is not a reply to this request.
    pub fn open(&self, sealed: &[u8]) -> Result<Reply, SealedError> {
        let (nonce, body) = sealed
            .split_first_chunk::<32>()
            .ok_or(SealedError::Closed)?;
        let (cipher, iv) = self.cipher(nonce);
        let plain = cipher.decrypt(&iv, body).map_err(|_| SealedError::Closed)?;
        Reply::decode(&plain)
    }

    /// Seals the reply.
    ///
    /// # Errors
    /// If it is larger than a reply may be.
    pub fn seal(&self, reply: &Reply, entropy: &mut dyn Entropy) -> Result<Vec<u8>, SealedError> {
        let nonce = draw(entropy);
        let (cipher, iv) = self.cipher(&nonce);
        let body = cipher
            .encrypt(&iv, reply.encode()?.as_slice())
            .map_err(|_| SealedError::TooLarge)?;
        Ok([nonce.as_slice(), &body].concat())
    }
}

/// Seals a question to a node. Gives what to send, and what opens the reply.
///
/// # Errors
/// If the key is no point, or the question names too many records.
pub fn seal_question(
    question: &Question,
    to: &SealKey,
    federation: &FederationId,
    entropy: &mut dyn Entropy,
) -> Result<(Vec<u8>, ReplyKey), SealedError> {
    let plain = question.encode()?;
    let key = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(to.as_bytes())
        .map_err(|_| SealedError::Closed)?;
    let mut rng = AsRng(entropy);
    let (enc, mut context) = hpke::setup_sender_with_rng::<HpkeAead, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &key,
        &info(federation),
        &mut rng,
    )
    .map_err(|_| SealedError::Closed)?;
    let body = context
        .seal(&plain, &[])
        .map_err(|_| SealedError::TooLarge)?;
    let mut reply = ReplyKey {
        secret: [0; 32],
        enc: [0; 32],
    };
    enc.write_exact(&mut reply.enc);
    context
        .export(b"parasol 1 sealed reply", &mut reply.secret)
        .map_err(|_| SealedError::TooLarge)?;
    Ok(([reply.enc.as_slice(), &body].concat(), reply))
}

/// Opens a question. Gives it with what seals the reply.
///
/// # Errors
/// If it is not sealed to this key, or not a question.
pub fn open_question(
    sealed: &[u8],
    key: &SealSecret,
    federation: &FederationId,
) -> Result<(Question, ReplyKey), SealedError> {
    if sealed.len() != SEALED_REQUEST {
        return Err(SealedError::Closed);
    }
    let (enc, body) = sealed
        .split_first_chunk::<32>()
        .ok_or(SealedError::Closed)?;
    let (private, _) = X25519HkdfSha256::derive_keypair(&key.seed);
    let encapped =
        <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(enc).map_err(|_| SealedError::Closed)?;
    let mut context = hpke::setup_receiver::<HpkeAead, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &private,
        &encapped,
        &info(federation),
    )
    .map_err(|_| SealedError::Closed)?;
    let plain = context.open(body, &[]).map_err(|_| SealedError::Closed)?;
    let mut reply = ReplyKey {
        secret: [0; 32],
        enc: *enc,
    };
    context
        .export(b"parasol 1 sealed reply", &mut reply.secret)
        .map_err(|_| SealedError::Closed)?;
    Ok((Question::decode(&plain)?, reply))
}

/// Pads with 0x80 and zeros.
fn pad(mut bytes: Vec<u8>, size: usize) -> Vec<u8> {
    bytes.push(0x80);
    bytes.resize(size, 0);
    bytes
}

fn unpad(bytes: &[u8]) -> Result<&[u8], Malformed> {
    let end = bytes
        .iter()
        .rposition(|b| *b != 0)
        .ok_or(Malformed::Shape)?;
    match bytes.get(..=end) {
        Some([body @ .., 0x80]) => Ok(body),
        _ => Err(Malformed::Shape),
    }
}

impl Question {
    fn encode(&self) -> Result<Vec<u8>, SealedError> {
        let bytes = cbor::encode(|e| match self {
            Question::Bucket { bucket, part } => {
                cbor::put_array(e, 4);
                cbor::put_uint(e, 1);
                cbor::put_uint(e, u64::from(bucket.bits));
                cbor::put_uint(e, u64::from(bucket.value));
                cbor::put_uint(e, u64::from(*part));
            }
            Question::Records(ids) => {
                cbor::put_array(e, 2);
                cbor::put_uint(e, 2);
                cbor::put_array(e, ids.len() as u64);
                for id in ids {
                    cbor::put_bytes(e, id);
                }
            }
            Question::Locks(locks) => {
                cbor::put_array(e, 2);
                cbor::put_uint(e, 3);
                cbor::put_array(e, locks.len() as u64);
                for lock in locks {
                    cbor::put_bytes(e, lock.as_bytes());
                }
            }
        });
        if bytes.len() >= REQUEST_SIZE {
            return Err(SealedError::TooLarge);
        }
        Ok(pad(bytes, REQUEST_SIZE))
    }

    /// Reads a padded question, as it is inside the seal.
    ///
    /// # Errors
    /// If it is not one.
    pub fn decode(padded: &[u8]) -> Result<Self, SealedError> {
        Ok(cbor::decode(unpad(padded)?, REQUEST_SIZE, |d| {
            let len = d.array()?;
            match (d.u8()?, len) {
                (1, Some(4)) => {
                    let (bits, value, part) = (d.u8()?, d.u32()?, d.u8()?);
                    if bits > MAX_BUCKET_BITS || value >> bits != 0 || part >= MAX_PARTS {
                        return Err(Malformed::Shape);
                    }
                    let bucket = Bucket { bits, value };
                    Ok(Question::Bucket { bucket, part })
                }
                (2, Some(2)) => Ok(Question::Records(cbor::list(d, MAX_WANTED, cbor::array)?)),
                (3, Some(2)) => Ok(Question::Locks(cbor::list(d, MAX_LOCKS, |d| {
                    Ok(Lock::from_bytes(cbor::array(d)?))
                })?)),
                _ => Err(Malformed::Shape),
            }
        })?)
    }
}

impl Reply {
    /// Bytes for records, each with the [`Self::AROUND`] that stand around it.
    pub const ROOM: usize = SEALED_REPLY - REPLY_OVERHEAD - REPLY_HEAD;
    /// Bytes that stand around each record.
    pub const AROUND: usize = 3;

    fn encode(&self) -> Result<Vec<u8>, SealedError> {
        let bytes = cbor::encode(|e| {
            cbor::put_array(e, 3);
            cbor::put_uint(e, self.carried);
            cbor::put_uint(e, self.left);
            cbor::put_array(e, self.records.len() as u64);
            for record in &self.records {
                cbor::put_bytes(e, record);
            }
        });
        let size = SEALED_REPLY - REPLY_OVERHEAD;
        if bytes.len() >= size {
            return Err(SealedError::TooLarge);
        }
        Ok(pad(bytes, size))
    }

    /// Reads a padded reply, as it is inside the seal.
    ///
    /// # Errors
    /// If it is not one.
    pub fn decode(padded: &[u8]) -> Result<Self, SealedError> {
        if padded.len() != SEALED_REPLY - REPLY_OVERHEAD {
            return Err(SealedError::Malformed(Malformed::Shape));
        }
        Ok(cbor::decode(unpad(padded)?, SEALED_REPLY, |d| {
            cbor::tuple(d, 3)?;
            let carried = d.u64()?;
            let left = d.u64()?;
            let records = records(d, SEALED_REPLY / 64)?;
            Ok(Self {
                carried,
                records,
                left,
            })
        })?)
    }
}
