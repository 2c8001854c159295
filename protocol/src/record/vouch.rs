//! A vouch: they are in, and may bring in up to so many others.

use crate::cbor::{self, Fields, Malformed, MapOut};
use crate::ids::OrganisationKey;
use minicbor::Decoder;

/// A vouch of one organisation for another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vouch {
    /// Who is vouched for.
    pub subject: OrganisationKey,
    /// How many others the subject may bring in; 0: them alone.
    pub budget: u32,
    /// Its number among the issuer's vouches. Two with one number void each other.
    pub number: u32,
}

impl Vouch {
    pub(super) fn encode(&self) -> Vec<u8> {
        MapOut::new()
            .put(1, |e| cbor::put_bytes(e, self.subject.as_bytes()))
            .put(2, |e| cbor::put_uint(e, u64::from(self.budget)))
            .put(3, |e| cbor::put_uint(e, u64::from(self.number)))
            .finish()
    }

    pub(super) fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let mut fields = Fields::open(d)?;
        let vouch = Self {
            subject: OrganisationKey::from_bytes(fields.required(1, cbor::array)?),
            budget: fields.required(2, |d| Ok(d.u32()?))?,
            number: fields.required(3, |d| Ok(d.u32()?))?,
        };
        fields.close()?;
        Ok(vouch)
    }
}
