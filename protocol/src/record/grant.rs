//! A grant: what another organisation may ask of the keyholders beyond its daily quota.
//!
//! An old list has more names in it than a day's quota. One organisation's word changes nothing:
//! it takes those of as many keyholders as could open everything together
//! (`spec/06-transport.md`, section 3). The grant holds from its day of issue to its last day.

use crate::cbor::{self, Fields, Malformed, MapOut};
use crate::ids::OrganisationKey;
use crate::limits::MAX_GRANT;
use minicbor::Decoder;

/// A grant of evaluations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grant {
    /// Who may ask more.
    pub subject: OrganisationKey,
    /// How many evaluations more, of each keyholder and under each key, in all of its days
    /// together. 0 takes back what the same organisation granted before.
    pub evaluations: u32,
}

impl Grant {
    pub(super) fn encode(&self) -> Vec<u8> {
        MapOut::new()
            .put(1, |e| cbor::put_bytes(e, self.subject.as_bytes()))
            .put(2, |e| cbor::put_uint(e, u64::from(self.evaluations)))
            .finish()
    }

    pub(super) fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let mut fields = Fields::open(d)?;
        let grant = Self {
            subject: OrganisationKey::from_bytes(fields.required(1, cbor::array)?),
            evaluations: fields.required(2, |d| Ok(d.u32()?))?,
        };
        fields.close()?;
        if grant.evaluations > MAX_GRANT {
            return Err(Malformed::Field(2));
        }
        Ok(grant)
    }
}
