//! Records in messages: their bytes as they came, to be verified by whoever takes them out.

use crate::cbor::{self, Malformed};
use crate::limits::MAX_RECORD;
use minicbor::Decoder;

/// Reads a record's bytes, which nobody has verified. None has no byte at all, and what cannot be a
/// record is no message either: `record-bytes` in `spec/cddl/common.cddl`.
pub(super) fn record(d: &mut Decoder<'_>) -> Result<Vec<u8>, Malformed> {
    match cbor::bytes(d, MAX_RECORD)? {
        [] => Err(Malformed::Shape),
        bytes => Ok(bytes.to_vec()),
    }
}

/// Reads a list of at most so many.
pub(super) fn records(d: &mut Decoder<'_>, most: usize) -> Result<Vec<Vec<u8>>, Malformed> {
    cbor::list(d, most, record)
}

/// Writes a list of byte strings.
pub(super) fn put_list(e: &mut cbor::Out, list: &[Vec<u8>]) {
    cbor::put_array(e, list.len() as u64);
    for item in list {
        cbor::put_bytes(e, item);
    }
}
