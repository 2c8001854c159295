//! An ending: a node says for its organisation that a season is over.
//!
//! What enough organisations have said so ends: every keyholder destroys its shares of the season's
//! keys, and nobody can open any more what expired in it. One's own clock alone says nothing of it.

use crate::cbor::{self, Fields, Malformed, MapOut};
use crate::time::Season;
use minicbor::Decoder;

/// That a season is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ending {
    /// The season.
    pub season: Season,
}

impl Ending {
    pub(super) fn encode(&self) -> Vec<u8> {
        MapOut::new()
            .put(1, |e| cbor::put_uint(e, u64::from(self.season.index())))
            .finish()
    }

    pub(super) fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let mut fields = Fields::open(d)?;
        let season = Season::from_index(fields.required(1, |d| Ok(d.u32()?))?);
        fields.close()?;
        Ok(Self { season })
    }
}
