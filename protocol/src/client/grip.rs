//! What a client keeps of a report it has opened, so that it can add to it later.

use crate::cbor::{self, Malformed};
use crate::ids::{Lock, OrganisationKey, RecordId};
use crate::record::attachment::Target;
use crate::seal::{FullKey, TextKey};
use crate::time::Day;
use core::fmt;
use zeroize::Zeroizing;

/// A hold on an opened report: which one it is, and the key to all of it.
#[derive(Clone)]
pub struct Grip {
    /// The report.
    pub id: RecordId,
    /// Its lock.
    pub lock: Lock,
    /// Its publisher's organisation.
    pub organisation: OrganisationKey,
    /// Its last day.
    pub expires: Day,
    /// Its salt.
    pub salt: [u8; 16],
    /// The key that opens all of it.
    pub full_key: FullKey,
}

impl Grip {
    /// The key that opens the report's text and what is attached.
    pub fn text_key(&self) -> TextKey {
        self.full_key.text_key(&self.salt)
    }

    /// What an attachment to the report points at.
    pub const fn target(&self) -> Target {
        Target {
            lock: self.lock,
            report: self.id,
        }
    }

    /// Its bytes, to be kept in a private place.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(cbor::encode(|e| {
            cbor::put_array(e, 7);
            cbor::put_uint(e, 1);
            cbor::put_bytes(e, self.id.as_bytes());
            cbor::put_bytes(e, self.lock.as_bytes());
            cbor::put_bytes(e, self.organisation.as_bytes());
            cbor::put_uint(e, u64::from(self.expires.number()));
            cbor::put_bytes(e, &self.salt);
            cbor::put_bytes(e, self.full_key.to_bytes().as_slice());
        }))
    }

    /// Reads [`Grip::to_bytes`].
    ///
    /// # Errors
    /// If the bytes are not one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        cbor::decode(bytes, 512, |d| {
            cbor::tuple(d, 7)?;
            if d.u8()? != 1 {
                return Err(Malformed::Shape);
            }
            Ok(Self {
                id: RecordId::from_bytes(cbor::array(d)?),
                lock: Lock::from_bytes(cbor::array(d)?),
                organisation: OrganisationKey::from_bytes(cbor::array(d)?),
                expires: Day::from_number(d.u32()?),
                salt: cbor::array(d)?,
                full_key: FullKey::from_bytes(cbor::array(d)?),
            })
        })
    }
}

impl fmt::Debug for Grip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Grip({:?}, …)", self.id)
    }
}
