//! Names for things that are 32 bytes long, so that none is taken for another.

use core::fmt;

/// The bytes did not have the length of what they should name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a {what}: it must be {expected} hexadecimal characters")]
pub struct BadId {
    what: &'static str,
    expected: usize,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// From its bytes.
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }
            /// Its bytes.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let short = hex::encode(self.0);
                write!(f, concat!(stringify!($name), "({}…)"), short.get(..8).unwrap_or_default())
            }
        }

        impl core::str::FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                let mut out = [0; 32];
                hex::decode_to_slice(text, &mut out)
                    .map_err(|_| BadId { what: $what, expected: 64 })?;
                Ok(Self(out))
            }
        }
    };
}

id!(
    /// SHA-256 of the payload of a federation's first charter.
    FederationId, "federation id");
id!(
    /// SHA-256 of the payload of a version of the charter. The first version's is the federation's id.
    CharterId, "charter version");
id!(
    /// SHA-256 of a record's bytes.
    RecordId, "record id");
id!(
    /// An organisation's root key (Ed25519 public key), which is its name.
    OrganisationKey, "organisation key");
id!(
    /// A node's record key (Ed25519 public key): the publisher of what it signs.
    NodeKey, "node key");
id!(
    /// A report's lock (Ed25519 public key); its author's device keeps the other half.
    Lock, "lock");
id!(
    /// A node's transport key (Ed25519 public key), from which its peer id follows.
    TransportKey, "transport key");
id!(
    /// A node's key for sealed requests (X25519 public key).
    SealKey, "seal key");
id!(
    /// SHA-256 of the payload of a ceremony's plan, which is the ceremony's name.
    PlanDigest, "plan digest");

impl RecordId {
    /// The id of a record with these bytes.
    pub fn of(record: &[u8]) -> Self {
        Self(sha256(record))
    }
}

impl CharterId {
    /// The id of the version with this payload.
    pub fn of(payload: &[u8]) -> Self {
        Self(sha256(payload))
    }
    /// The id of the federation whose first version this is.
    pub const fn of_first(self) -> FederationId {
        FederationId(self.0)
    }
}

impl PlanDigest {
    /// The name of the ceremony whose plan has this payload.
    pub fn of(plan_payload: &[u8]) -> Self {
        Self(sha256(plan_payload))
    }
}

impl FederationId {
    /// The id of its first charter.
    pub const fn first(self) -> CharterId {
        CharterId(self.0)
    }
    /// The id of the federation whose first charter has this payload.
    pub fn of(charter_payload: &[u8]) -> Self {
        Self(sha256(charter_payload))
    }
    /// The first eight bytes, which a record carries so that a stray is told from a forgery.
    pub fn hint(&self) -> [u8; 8] {
        let mut out = [0; 8];
        out.copy_from_slice(self.0.first_chunk::<8>().unwrap_or(&[0; 8]));
        out
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).into()
}
