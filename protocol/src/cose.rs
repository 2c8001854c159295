//! COSE signatures (RFC 9052) with one algorithm, one header, and no choice anywhere.
//!
//! A record is a COSE_Sign1 (tag 18), a charter or certificate a COSE_Sign (tag 98). The protected
//! header is fixed, the unprotected one is empty, the context and federation go in as external
//! data, and what is verified is the payload's bytes as they came (`spec/02-records.md`).

use crate::cbor::{self, Malformed};
use crate::ids::FederationId;
use crate::keys::{BadSignature, SecretKey, SignatureBytes, verify};
use std::collections::BTreeMap;

/// `{1: -8}`: EdDSA.
const PROTECTED: [u8; 3] = [0xa1, 0x01, 0x27];
const TAG_SIGN1: [u8; 1] = [0xd2];
const TAG_SIGN: [u8; 2] = [0xd8, 98];

/// What a signature is for; part of what is signed, so that none can be moved elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Context {
    /// A record.
    Record,
    /// A charter. It names the federation itself, so the first one binds to no id.
    Charter,
    /// A certificate of the federation's shared keys.
    Certificate,
    /// A lock's proof in a retraction.
    Retraction,
    /// A lock's proof in a later edition of a report.
    Succession,
    /// A node key's proof that its owner wants the delegation.
    Delegation,
    /// A message of a key ceremony, its plan among them.
    Ceremony,
}

impl Context {
    const fn label(self) -> &'static str {
        match self {
            Context::Record => "parasol 1 record",
            Context::Charter => "parasol 1 charter",
            Context::Certificate => "parasol 1 certificate",
            Context::Retraction => "parasol 1 retraction",
            Context::Succession => "parasol 1 succession",
            Context::Delegation => "parasol 1 delegation",
            Context::Ceremony => "parasol 1 ceremony",
        }
    }

    /// The external data of a signature: the context's name, and the federation's id.
    pub fn external(self, federation: Option<&FederationId>) -> Vec<u8> {
        let mut out = self.label().as_bytes().to_vec();
        if let Some(id) = federation {
            out.extend_from_slice(id.as_bytes());
        }
        out
    }
}

/// `Sig_structure` of a COSE_Sign1 (RFC 9052 §4.4).
pub fn to_be_signed(external: &[u8], payload: &[u8]) -> Vec<u8> {
    cbor::encode(|e| {
        cbor::put_array(e, 4);
        cbor::put_text(e, "Signature1");
        cbor::put_bytes(e, &PROTECTED);
        cbor::put_bytes(e, external);
        cbor::put_bytes(e, payload);
    })
}

/// A COSE_Sign1 that was taken apart and not verified.
#[derive(Clone, Copy, Debug)]
pub struct Sign1<'a> {
    /// The payload as it came.
    pub payload: &'a [u8],
    /// The signature.
    pub signature: SignatureBytes,
}

impl<'a> Sign1<'a> {
    /// Takes a COSE_Sign1 apart.
    ///
    /// # Errors
    /// If it is not in the one form that the protocol allows.
    pub fn parse(bytes: &'a [u8], max: usize) -> Result<Self, Malformed> {
        let body = bytes.strip_prefix(&TAG_SIGN1).ok_or(Malformed::Shape)?;
        cbor::decode(body, max, |d| {
            cbor::tuple(d, 4)?;
            header(d)?;
            let payload = d.bytes()?;
            Ok(Self {
                payload,
                signature: cbor::array(d)?,
            })
        })
    }

    /// Writes a COSE_Sign1.
    pub fn write(payload: &[u8], signature: &SignatureBytes) -> Vec<u8> {
        let mut out = TAG_SIGN1.to_vec();
        out.extend_from_slice(&cbor::encode(|e| {
            cbor::put_array(e, 4);
            cbor::put_bytes(e, &PROTECTED);
            cbor::put_map(e, 0);
            cbor::put_bytes(e, payload);
            cbor::put_bytes(e, signature);
        }));
        out
    }
}

fn header(d: &mut minicbor::Decoder<'_>) -> Result<(), Malformed> {
    if d.bytes()? != PROTECTED || d.map()? != Some(0) {
        return Err(Malformed::Shape);
    }
    Ok(())
}

/// `{1: -8, 4: key}`: the protected header of one signer in a COSE_Sign.
fn signer_header(key: &[u8; 32]) -> Vec<u8> {
    cbor::encode(|e| {
        cbor::put_map(e, 2);
        cbor::put_uint(e, 1);
        cbor::sure(e.i8(-8));
        cbor::put_uint(e, 4);
        cbor::put_bytes(e, key);
    })
}

/// `Sig_structure` of one signer of a COSE_Sign (RFC 9052 §4.4); its body header is empty.
fn cosigned_bytes(signer: &[u8; 32], external: &[u8], payload: &[u8]) -> Vec<u8> {
    cbor::encode(|e| {
        cbor::put_array(e, 5);
        cbor::put_text(e, "Signature");
        cbor::put_bytes(e, &[]);
        cbor::put_bytes(e, &signer_header(signer));
        cbor::put_bytes(e, external);
        cbor::put_bytes(e, payload);
    })
}

/// A payload with the signatures of several keys, sorted by key, one a key: a COSE_Sign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cosigned {
    payload: Vec<u8>,
    signatures: BTreeMap<[u8; 32], SignatureBytes>,
}

impl Cosigned {
    /// A payload that nobody has signed yet.
    pub fn new(payload: Vec<u8>) -> Self {
        Self {
            payload,
            signatures: BTreeMap::new(),
        }
    }

    /// The payload.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Adds the signature of `key`.
    pub fn sign(&mut self, key: &SecretKey, external: &[u8]) {
        let public = key.public();
        let signature = key.sign(&cosigned_bytes(&public, external, &self.payload));
        self.signatures.insert(public, signature);
    }

    /// The keys that claim to have signed, in ascending order; nothing is verified.
    pub fn claimed(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.signatures.keys()
    }

    /// Leaves only the signatures of keys of which `stays` says so.
    pub fn retain(&mut self, mut stays: impl FnMut(&[u8; 32]) -> bool) {
        self.signatures.retain(|key, _| stays(key));
    }

    /// Adds the signatures of another copy of the same payload. Says whether any was new.
    pub fn merge(&mut self, other: &Cosigned) -> bool {
        let before = self.signatures.len();
        if other.payload == self.payload {
            for (key, signature) in &other.signatures {
                // One key may have several signatures that hold: all keep the same one.
                let kept = self.signatures.entry(*key).or_insert(*signature);
                *kept = (*kept).min(*signature);
            }
        }
        self.signatures.len() > before
    }

    /// The signature that [`Cosigned::sign`] would add, to be sent alone.
    pub fn signature_of(&self, key: &SecretKey, external: &[u8]) -> SignatureBytes {
        key.sign(&cosigned_bytes(&key.public(), external, &self.payload))
    }

    /// Adds a signature that somebody else made.
    ///
    /// # Errors
    /// If it does not hold; then nothing is added.
    pub fn attach(
        &mut self,
        key: [u8; 32],
        signature: SignatureBytes,
        external: &[u8],
    ) -> Result<(), BadSignature> {
        let signed = cosigned_bytes(&key, external, &self.payload);
        verify(&key, &signed, &signature)?;
        self.signatures.insert(key, signature);
        Ok(())
    }

    /// The keys whose signatures hold.
    ///
    /// # Errors
    /// If any signature in it does not hold.
    pub fn signers(&self, external: &[u8]) -> Result<Vec<[u8; 32]>, BadSignature> {
        self.signatures
            .iter()
            .map(|(key, signature)| {
                verify(
                    key,
                    &cosigned_bytes(key, external, &self.payload),
                    signature,
                )?;
                Ok(*key)
            })
            .collect()
    }

    /// Its bytes.
    pub fn write(&self) -> Vec<u8> {
        let mut out = TAG_SIGN.to_vec();
        out.extend_from_slice(&cbor::encode(|e| {
            cbor::put_array(e, 4);
            cbor::put_bytes(e, &[]);
            cbor::put_map(e, 0);
            cbor::put_bytes(e, &self.payload);
            cbor::put_array(e, self.signatures.len() as u64);
            for (key, signature) in &self.signatures {
                cbor::put_array(e, 3);
                cbor::put_bytes(e, &signer_header(key));
                cbor::put_map(e, 0);
                cbor::put_bytes(e, signature);
            }
        }));
        out
    }

    /// Takes a COSE_Sign apart; nothing is verified.
    ///
    /// # Errors
    /// If it is not in the one form that the protocol allows, its signers in ascending order.
    pub fn parse(bytes: &[u8], max: usize) -> Result<Self, Malformed> {
        let body = bytes.strip_prefix(&TAG_SIGN).ok_or(Malformed::Shape)?;
        cbor::decode(body, max, |d| {
            cbor::tuple(d, 4)?;
            if !d.bytes()?.is_empty() || d.map()? != Some(0) {
                return Err(Malformed::Shape);
            }
            let payload = d.bytes()?.to_vec();
            let mut last = None;
            let mut signatures = BTreeMap::new();
            for (key, signature) in cbor::list(d, crate::limits::MAX_ORGANISATIONS, cosignature)? {
                if last >= Some(key) {
                    return Err(Malformed::KeyOrder);
                }
                last = Some(key);
                signatures.insert(key, signature);
            }
            Ok(Self {
                payload,
                signatures,
            })
        })
    }
}

fn cosignature(d: &mut minicbor::Decoder<'_>) -> Result<([u8; 32], SignatureBytes), Malformed> {
    cbor::tuple(d, 3)?;
    let protected = d.bytes()?;
    let key = cbor::decode(protected, 64, |h| {
        if h.map()? != Some(2) || h.u8()? != 1 || h.i8()? != -8 || h.u8()? != 4 {
            return Err(Malformed::Shape);
        }
        cbor::array::<32>(h)
    })?;
    if d.map()? != Some(0) {
        return Err(Malformed::Shape);
    }
    Ok((key, cbor::array(d)?))
}
