//! Sealing written a second time, from the words of `spec/04-lookup.md` alone.
//!
//! What the library computes must be what these few lines compute; and they can write what the
//! library would refuse to write.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use parasol_protocol::cbor;
use parasol_protocol::ids::{FederationId, OrganisationKey};
use parasol_protocol::record::report::{Audience, Report};
use parasol_protocol::time::Day;
use sha2::{Digest, Sha256, Sha512};

pub const SUMMARY: u8 = 1;
pub const TEXT: u8 = 2;
pub const HANDLES: u8 = 3;
pub const HANDLE_WRAP: u8 = 4;

/// HKDF-SHA512 to 32 bytes.
pub fn derive(secret: &[u8], salt: &[u8], info: &str) -> [u8; 32] {
    let mut out = [0; 32];
    Hkdf::<Sha512>::new(Some(salt), secret)
        .expand(info.as_bytes(), &mut out)
        .unwrap();
    out
}

/// The hash that everything sealed in a report is bound to.
pub fn binding(
    federation: &FederationId,
    organisation: &OrganisationKey,
    expires: Day,
    r: &Report,
) -> [u8; 32] {
    let bytes = cbor::encode(|e| {
        cbor::put_array(e, 11);
        cbor::put_text(e, "parasol 1 report");
        cbor::put_bytes(e, federation.as_bytes());
        cbor::put_bytes(e, organisation.as_bytes());
        cbor::put_uint(e, u64::from(expires.number()));
        cbor::put_bool(e, r.audience == Audience::Own);
        cbor::put_bytes(e, r.lock.as_bytes());
        cbor::put_uint(e, u64::from(r.edition));
        cbor::put_bytes(e, &r.salt);
        cbor::put_array(e, r.entries.len() as u64);
        for entry in &r.entries {
            cbor::put_array(e, 2);
            cbor::put_uint(e, u64::from(entry.bucket));
            cbor::put_bytes(e, &entry.label.0);
        }
        cbor::put_bytes(e, &r.area_tag);
        cbor::put_bytes(e, &r.commitment);
    });
    Sha256::digest(bytes).into()
}

fn associated(binding: &[u8; 32], part: u8) -> Vec<u8> {
    [binding.as_slice(), &[part]].concat()
}

pub fn seal(key: &[u8; 32], plain: &[u8], binding: &[u8; 32], part: u8) -> Vec<u8> {
    let aad = associated(binding, part);
    ChaCha20Poly1305::new(&Key::from(*key))
        .encrypt(
            &Nonce::default(),
            Payload {
                msg: plain,
                aad: &aad,
            },
        )
        .unwrap()
}

pub fn open(key: &[u8; 32], sealed: &[u8], binding: &[u8; 32], part: u8) -> Vec<u8> {
    let aad = associated(binding, part);
    ChaCha20Poly1305::new(&Key::from(*key))
        .decrypt(
            &Nonce::default(),
            Payload {
                msg: sealed,
                aad: &aad,
            },
        )
        .unwrap()
}

/// The keys of a report, from its full key and salt.
pub struct Chain {
    pub full: [u8; 32],
    pub text: [u8; 32],
    pub summary: [u8; 32],
    pub commitment: [u8; 32],
    pub handles_box: [u8; 32],
    pub text_box: [u8; 32],
    pub summary_box: [u8; 32],
}

impl Chain {
    pub fn new(full: [u8; 32], salt: &[u8; 16]) -> Self {
        let text = derive(&full, salt, "parasol 1 text key");
        let summary = derive(&text, salt, "parasol 1 summary key");
        Self {
            full,
            text,
            summary,
            commitment: derive(&summary, salt, "parasol 1 commitment"),
            handles_box: derive(&full, salt, "parasol 1 handles"),
            text_box: derive(&text, salt, "parasol 1 text"),
            summary_box: derive(&summary, salt, "parasol 1 summary"),
        }
    }
}

/// 0x80 and zeros up to a size.
pub fn pad(bytes: &[u8], size: usize) -> Vec<u8> {
    let mut out = [bytes, &[0x80]].concat();
    assert!(out.len() <= size);
    out.resize(size, 0);
    out
}

/// Takes the padding off.
pub fn unpad(padded: &[u8]) -> &[u8] {
    let end = padded.iter().rposition(|b| *b == 0x80).unwrap();
    &padded[..end]
}
