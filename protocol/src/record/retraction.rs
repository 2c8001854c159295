//! A retraction: every report with the lock is taken back, and so is what hangs on it.

use crate::cbor::{self, Fields, Malformed, MapOut};
use crate::cose::Context;
use crate::ids::{FederationId, Lock};
use crate::keys::{BadSignature, SecretKey, SignatureBytes, verify};
use minicbor::Decoder;

/// A retraction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Retraction {
    /// The lock of the reports it takes back.
    pub lock: Lock,
    /// The lock's own signature. With it the retraction proves itself and destroys at once;
    /// without it, it counts for reports of the same organisation only, and hides them for as long
    /// as its key is not revoked.
    pub proof: Option<SignatureBytes>,
}

impl Retraction {
    /// The author's retraction, proved by the lock's secret half.
    pub fn by_lock(federation: &FederationId, lock: &SecretKey) -> Self {
        let public = lock.lock();
        Self {
            lock: public,
            proof: Some(lock.sign(&proof_bytes(federation, &public))),
        }
    }

    /// Checks the proof, if there is one.
    ///
    /// # Errors
    /// If there is a proof and it does not hold.
    pub fn verify_proof(&self, federation: &FederationId) -> Result<(), BadSignature> {
        match &self.proof {
            Some(proof) => verify(
                self.lock.as_bytes(),
                &proof_bytes(federation, &self.lock),
                proof,
            ),
            None => Ok(()),
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        MapOut::new()
            .put(1, |e| cbor::put_bytes(e, self.lock.as_bytes()))
            .maybe(2, self.proof.as_ref(), |e, p| cbor::put_bytes(e, p))
            .finish()
    }

    pub(super) fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let mut fields = Fields::open(d)?;
        let lock = Lock::from_bytes(fields.required(1, cbor::array)?);
        let proof = fields.optional(2, cbor::array)?;
        fields.close()?;
        Ok(Self { lock, proof })
    }
}

fn proof_bytes(federation: &FederationId, lock: &Lock) -> Vec<u8> {
    let mut out = Context::Retraction.external(Some(federation));
    out.extend_from_slice(lock.as_bytes());
    out
}
