//! A revocation: all that a node key signed is void, whenever it says it was signed.
//!
//! No clock is consulted, so a thief gains nothing by dating back. What the organisation stands by
//! all the same, its root lists in an [affirmation](super::affirmation).

use crate::cbor::{self, Fields, Malformed, MapOut};
use crate::ids::NodeKey;
use minicbor::Decoder;

/// A revocation of a node key by its organisation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Revocation {
    /// The revoked record key.
    pub key: NodeKey,
}

impl Revocation {
    pub(super) fn encode(&self) -> Vec<u8> {
        MapOut::new()
            .put(1, |e| cbor::put_bytes(e, self.key.as_bytes()))
            .finish()
    }

    pub(super) fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let mut fields = Fields::open(d)?;
        let key = NodeKey::from_bytes(fields.required(1, cbor::array)?);
        fields.close()?;
        Ok(Self { key })
    }
}
