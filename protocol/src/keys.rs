//! Ed25519 as this protocol accepts it, and the secret halves of its keys.
//!
//! A signature counts only if S < L, neither A nor R is of small order, and the cofactorless
//! equation holds (`spec/02-records.md`, section 2): `verify_strict` is exactly that. The looser
//! checks, batch verification among them, accept signatures that others refuse, and then nodes
//! would disagree about what is carried.

use crate::entropy::{Entropy, draw};
use crate::ids::{Lock, NodeKey, OrganisationKey, TransportKey};
use core::fmt;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The bytes of an Ed25519 signature.
pub type SignatureBytes = [u8; 64];

/// The signature does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the signature does not hold")]
pub struct BadSignature;

/// Checks a signature by the strict rule.
///
/// # Errors
/// If the key is no curve point or the signature does not hold.
pub fn verify(
    key: &[u8; 32],
    message: &[u8],
    signature: &SignatureBytes,
) -> Result<(), BadSignature> {
    VerifyingKey::from_bytes(key)
        .and_then(|k| k.verify_strict(message, &Signature::from_bytes(signature)))
        .map_err(|_| BadSignature)
}

/// The secret half of an Ed25519 key. It never prints, and is wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretKey {
    seed: [u8; 32],
}

impl SecretKey {
    /// A fresh key.
    pub fn generate(entropy: &mut dyn Entropy) -> Self {
        Self {
            seed: draw(entropy),
        }
    }
    /// From its 32-byte seed (RFC 8032, section 5.1.5).
    pub const fn from_seed(seed: [u8; 32]) -> Self {
        Self { seed }
    }
    /// Its 32-byte seed, for storing.
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.seed)
    }
    /// The public half.
    pub fn public(&self) -> [u8; 32] {
        SigningKey::from_bytes(&self.seed)
            .verifying_key()
            .to_bytes()
    }
    /// Signs a message.
    pub fn sign(&self, message: &[u8]) -> SignatureBytes {
        SigningKey::from_bytes(&self.seed).sign(message).to_bytes()
    }
    /// The public half, as an organisation's name.
    pub fn organisation(&self) -> OrganisationKey {
        OrganisationKey::from_bytes(self.public())
    }
    /// The public half, as a node's record key.
    pub fn node(&self) -> NodeKey {
        NodeKey::from_bytes(self.public())
    }
    /// The public half, as a report's lock.
    pub fn lock(&self) -> Lock {
        Lock::from_bytes(self.public())
    }
    /// The public half, as a transport key.
    pub fn transport(&self) -> TransportKey {
        TransportKey::from_bytes(self.public())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}
