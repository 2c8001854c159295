//! An affirmation: an organisation's root stands by these records of its own.
//!
//! They stay although their key was revoked, and win a contested slot.

use crate::cbor::{self, Fields, Malformed, MapOut};
use crate::ids::RecordId;
use crate::limits::MAX_AFFIRMED;
use minicbor::Decoder;

/// An affirmation of single records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Affirmation {
    /// The affirmed records, in ascending order.
    pub records: Vec<RecordId>,
}

impl Affirmation {
    pub(super) fn encode(&self) -> Vec<u8> {
        MapOut::new()
            .put(1, |e| {
                cbor::put_array(e, self.records.len() as u64);
                for id in &self.records {
                    cbor::put_bytes(e, id.as_bytes());
                }
            })
            .finish()
    }

    pub(super) fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let mut fields = Fields::open(d)?;
        let records = fields.required(1, |d| {
            cbor::list(d, MAX_AFFIRMED, |d| {
                Ok(RecordId::from_bytes(cbor::array(d)?))
            })
        })?;
        fields.close()?;
        if records.is_empty() || !records.is_sorted_by(|a, b| a < b) {
            return Err(Malformed::Field(1));
        }
        Ok(Self { records })
    }
}
