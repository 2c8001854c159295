//! The shape that all operations share: asks go out, answers come in, a result comes of it.

use super::error::Error;
use crate::entropy::Entropy;
use std::collections::BTreeMap;

/// Which ask an answer belongs to; counts from 0 in each exchange.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct AskId(u32);

/// Something to be posted to the home node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ask {
    /// To be given back with the answer.
    pub id: AskId,
    /// Where, below the home node's address.
    pub path: &'static str,
    /// The body, `application/cbor`.
    pub body: Vec<u8>,
    /// A longer answer is wrong and need not be read to its end.
    pub reply_limit: usize,
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unanswered {
    /// The home node cannot be reached, or answered too late or too much.
    Unreachable,
    /// The home node answered with an error.
    Status {
        /// The HTTP status.
        status: u16,
        /// What stood with it.
        body: Vec<u8>,
    },
}

/// An operation in the course of being done.
pub trait Exchange {
    /// What comes of it.
    type Done;

    /// What is to be asked now and was not handed out before. Empty when nothing is left to ask
    /// or answers are being waited for.
    fn asks(&mut self) -> Vec<Ask>;

    /// Takes an answer in. Answers to what was not asked change nothing.
    fn answer(&mut self, id: AskId, answer: Result<Vec<u8>, Unanswered>, entropy: &mut dyn Entropy);

    /// The result, once, when there is one.
    fn done(&mut self) -> Option<Result<Self::Done, Error>>;
}

/// What is to be asked, and what for.
#[derive(Debug)]
pub(super) struct Outbox<P> {
    next: u32,
    ready: Vec<Ask>,
    pending: BTreeMap<AskId, P>,
}

impl<P> Outbox<P> {
    pub(super) const fn new() -> Self {
        Self {
            next: 0,
            ready: Vec::new(),
            pending: BTreeMap::new(),
        }
    }

    pub(super) fn ask(
        &mut self,
        path: &'static str,
        body: Vec<u8>,
        reply_limit: usize,
        purpose: P,
    ) {
        let id = AskId(self.next);
        self.next += 1;
        self.ready.push(Ask {
            id,
            path,
            body,
            reply_limit,
        });
        self.pending.insert(id, purpose);
    }

    pub(super) fn drain(&mut self) -> Vec<Ask> {
        std::mem::take(&mut self.ready)
    }

    /// What the answer is for, once.
    pub(super) fn purpose(&mut self, id: AskId) -> Option<P> {
        self.pending.remove(&id)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.pending.is_empty()
    }

    /// Nothing more is asked, and answers that still come are ignored.
    pub(super) fn close(&mut self) {
        self.ready.clear();
        self.pending.clear();
    }
}
