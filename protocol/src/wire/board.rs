//! What two nodes show each other of a ceremony's board (`spec/06-transport.md`, section 3).
//!
//! A board is a set, so either side says which messages it has, by their digests, and sends what it
//! believes the other to lack. Who leaves something out, for want of room, brings it the next time.

use crate::cbor::{self, Malformed};
use crate::limits::{MAX_CEREMONY_MESSAGE, MAX_CEREMONY_MESSAGES};
use minicbor::Decoder;
use std::collections::BTreeSet;

/// The most bytes of messages that one request or reply should bring.
pub const MAX_BOARD_BYTES: usize = 1024 * 1024;

/// What the asking node shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// The plan, as its starter signed it.
    pub plan: Vec<u8>,
    /// The digests of all messages that it has, those that it sends included.
    pub known: BTreeSet<[u8; 32]>,
    /// Messages that the other may lack.
    pub messages: Vec<Vec<u8>>,
}

/// What the answering node shows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lacking {
    /// The digests of all messages that it has now.
    pub known: BTreeSet<[u8; 32]>,
    /// Messages that the asking node lacks.
    pub messages: Vec<Vec<u8>>,
}

fn put_both(e: &mut cbor::Out, known: &BTreeSet<[u8; 32]>, messages: &[Vec<u8>]) {
    cbor::put_array(e, known.len() as u64);
    for digest in known {
        cbor::put_bytes(e, digest);
    }
    cbor::put_array(e, messages.len() as u64);
    for message in messages {
        cbor::put_bytes(e, message);
    }
}

type Both = (BTreeSet<[u8; 32]>, Vec<Vec<u8>>);

fn both(d: &mut Decoder<'_>) -> Result<Both, Malformed> {
    let known = cbor::list(d, MAX_CEREMONY_MESSAGES, cbor::array::<32>)?;
    if !known.is_sorted_by(|a, b| a < b) {
        return Err(Malformed::Shape);
    }
    let messages = cbor::list(d, MAX_CEREMONY_MESSAGES, |d| {
        Ok(cbor::bytes(d, MAX_CEREMONY_MESSAGE)?.to_vec())
    })?;
    Ok((known.into_iter().collect(), messages))
}

impl Shown {
    pub(super) fn write(&self, e: &mut cbor::Out) {
        cbor::put_array(e, 4);
        cbor::put_uint(e, 10);
        cbor::put_bytes(e, &self.plan);
        put_both(e, &self.known, &self.messages);
    }

    pub(super) fn read(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let plan = cbor::bytes(d, MAX_CEREMONY_MESSAGE)?.to_vec();
        let (known, messages) = both(d)?;
        Ok(Self {
            plan,
            known,
            messages,
        })
    }
}

impl Lacking {
    pub(super) fn write(&self, e: &mut cbor::Out) {
        cbor::put_array(e, 3);
        cbor::put_uint(e, 10);
        put_both(e, &self.known, &self.messages);
    }

    pub(super) fn read(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let (known, messages) = both(d)?;
        Ok(Self { known, messages })
    }
}
