//! A revocation: all that a node key signed is void, whenever it says it was signed; or single
//! vouches of the organisation's own are taken back.
//!
//! No clock is consulted, so a thief gains nothing by dating back. What the organisation stands by
//! all the same, its root lists in an [affirmation](super::affirmation).

use crate::cbor::{self, Fields, Malformed, MapOut};
use crate::ids::{NodeKey, RecordId};
use crate::limits::MAX_AFFIRMED;
use minicbor::Decoder;

/// What an organisation takes back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Revocation {
    /// A node's record key.
    Key(NodeKey),
    /// Vouches of its own, in ascending order of their ids. They are carried still and have no
    /// effect.
    Vouches(Vec<RecordId>),
}

impl Revocation {
    pub(super) fn encode(&self) -> Vec<u8> {
        let out = MapOut::new();
        match self {
            Self::Key(key) => out.put(1, |e| cbor::put_bytes(e, key.as_bytes())),
            Self::Vouches(ids) => out.put(2, |e| {
                cbor::put_array(e, ids.len() as u64);
                for id in ids {
                    cbor::put_bytes(e, id.as_bytes());
                }
            }),
        }
        .finish()
    }

    pub(super) fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let mut fields = Fields::open(d)?;
        let key = fields.optional(1, |d| Ok(NodeKey::from_bytes(cbor::array(d)?)))?;
        let vouches = fields.optional(2, |d| {
            cbor::list(d, MAX_AFFIRMED, |d| {
                Ok(RecordId::from_bytes(cbor::array(d)?))
            })
        })?;
        fields.close()?;
        match (key, vouches) {
            (Some(key), None) => Ok(Self::Key(key)),
            (None, Some(ids)) if !ids.is_empty() && ids.is_sorted_by(|a, b| a < b) => {
                Ok(Self::Vouches(ids))
            }
            (None, None) => Err(Malformed::Field(1)),
            _ => Err(Malformed::Field(2)),
        }
    }
}
