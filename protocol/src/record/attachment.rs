//! What organisations add to a report: a translation, a second, a dispute.
//!
//! Each carries the report's lock, so that it dies with it, and a part sealed under the report's
//! own text key: only who could open the report could have written it, and only they read it.

use crate::cbor::{self, Fields, Malformed, MapOut};
use crate::ids::{Lock, RecordId};
use crate::limits::MAX_SEALED;
use minicbor::Decoder;

/// The report that an attachment belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target {
    /// Its lock.
    pub lock: Lock,
    /// Its id.
    pub report: RecordId,
}

macro_rules! attachment {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub struct $name {
            /// The report.
            pub target: Target,
            /// Random, one an attachment.
            pub salt: [u8; 16],
            /// The sealed part.
            pub sealed: Vec<u8>,
        }

        impl $name {
            pub(super) fn encode(&self) -> Vec<u8> {
                encode(&self.target, &self.salt, &self.sealed)
            }
            pub(super) fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
                let (target, salt, sealed) = decode(d)?;
                Ok(Self { target, salt, sealed })
            }
        }
    };
}

attachment!(
    /// A translation of a report's text; the sealed part is the text and its language.
    Translation
);
attachment!(
    /// Another organisation confirms the report; the sealed part says on what basis.
    Second
);
attachment!(
    /// An organisation doubts the report; the sealed part says why.
    Dispute
);

fn encode(target: &Target, salt: &[u8; 16], sealed: &[u8]) -> Vec<u8> {
    MapOut::new()
        .put(1, |e| cbor::put_bytes(e, target.lock.as_bytes()))
        .put(2, |e| cbor::put_bytes(e, target.report.as_bytes()))
        .put(3, |e| cbor::put_bytes(e, salt))
        .put(4, |e| cbor::put_bytes(e, sealed))
        .finish()
}

fn decode(d: &mut Decoder<'_>) -> Result<(Target, [u8; 16], Vec<u8>), Malformed> {
    let mut fields = Fields::open(d)?;
    let target = Target {
        lock: Lock::from_bytes(fields.required(1, cbor::array)?),
        report: RecordId::from_bytes(fields.required(2, cbor::array)?),
    };
    let salt = fields.required(3, cbor::array)?;
    let sealed = fields.required(4, |d| Ok(cbor::bytes(d, MAX_SEALED)?.to_vec()))?;
    fields.close()?;
    Ok((target, salt, sealed))
}
