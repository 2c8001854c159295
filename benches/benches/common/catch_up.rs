//! A catch-up between two engines, message by message, as their nodes would carry it; and what
//! else could be sent instead.

use super::chain::Chain;
use super::sample::Fed;
use parasol_node::driver::verify;
use parasol_protocol::engine::{AskId, Output};
use parasol_protocol::entropy::Entropy;
use parasol_protocol::ids::{RecordId, TransportKey};
use parasol_protocol::reconcile::Set;
use parasol_protocol::record::Verified;
use parasol_protocol::time::Timestamp;
use parasol_protocol::wire::peer::{Reply, Request};
use riblt::{RatelessIBLT, Symbol, UnmanagedRatelessIBLT};
use std::time::{Duration, Instant};

/// What a catch-up took.
#[derive(Debug, Default)]
pub struct Took {
    /// Requests that were answered, of them those that compared the sets.
    pub rounds: usize,
    pub comparing: usize,
    /// Bytes of all messages but for the records in them.
    pub beyond: usize,
    pub records: usize,
    pub time: Duration,
}

struct NoDice;
impl Entropy for NoDice {
    fn fill(&mut self, _: &mut [u8]) {}
}

/// The node that lacks something begins, and the dialog is carried to its end.
pub fn dialog(fed: &Fed, lacks: &mut Chain, has: &mut Chain, now: Timestamp) -> Took {
    let transport = |n: usize| -> TransportKey { fed.identity(n).keys.transport.transport() };
    let (mine, theirs) = (transport(1), transport(0));
    let mut took = Took::default();
    let start = Instant::now();
    lacks.engine.begin(now);
    has.engine.begin(now);
    lacks.engine.connected_to(theirs, now);
    has.engine.connected_to(mine, now);
    let mut asks = Vec::new();
    // The first tick may have other things to do.
    for n in 0..3 {
        let at = now.plus_millis(n);
        let out = {
            let view = lacks.ledger.view().unwrap();
            lacks.engine.tick(&view, at).unwrap()
        };
        carry_out(lacks, out, &mut asks);
        if !asks.is_empty() {
            break;
        }
    }
    while let Some((id, request)) = asks.pop() {
        took.rounds += 1;
        took.comparing += usize::from(matches!(request, Request::Reconcile { .. }));
        took.beyond += request.encode().len() - sizes(request.records());
        let pushed = good(fed, request.records());
        let (out, reply) = {
            let view = has.ledger.view().unwrap();
            let has = &mut has.engine;
            has.requested(mine, request, pushed, &view, now, &mut NoDice)
                .unwrap()
        };
        carry_out(has, out, &mut Vec::new());
        took.beyond += reply.encode().len() - sizes(reply.records());
        took.records += reply.records().len();
        let records = match &reply {
            Reply::Records(list) => good(fed, list),
            _ => Vec::new(),
        };
        let out = {
            let view = lacks.ledger.view().unwrap();
            let engine = &mut lacks.engine;
            engine
                .replied(theirs, id, reply, records, &view, now)
                .unwrap()
        };
        carry_out(lacks, out, &mut asks);
    }
    took.time = start.elapsed();
    took
}

fn sizes(records: &[Vec<u8>]) -> usize {
    records.iter().map(Vec::len).sum()
}

fn good(fed: &Fed, list: &[Vec<u8>]) -> Vec<Verified> {
    let all = verify(&fed.federation, list).into_iter();
    all.map(Result::unwrap).collect()
}

fn carry_out(chain: &mut Chain, out: Vec<Output>, asks: &mut Vec<(AskId, Request)>) {
    for output in out {
        match output {
            Output::Store(changes) => chain.ledger.apply(&changes).unwrap(),
            Output::Ask { id, request, .. } => asks.push((id, request)),
            _ => {}
        }
    }
}

/// The messages of comparing two sets alone: rounds and bytes.
pub fn compare(lacks: &Set, has: &Set, missing: usize) -> (usize, usize) {
    let (mut rounds, mut bytes, mut found) = (0, 0, 0);
    let mut message = Some(lacks.begin().unwrap());
    while let Some(question) = message {
        let answer = has.answer(&question).unwrap();
        rounds += 1;
        bytes += question.len() + answer.len();
        let step = lacks.proceed(&answer).unwrap();
        found += step.need.len();
        message = step.next;
    }
    assert_eq!(found, missing);
    (rounds, bytes)
}

#[derive(Clone, Copy, Debug)]
struct Id([u8; 32]);

impl Symbol for Id {
    const BYTE_ARRAY_LENGTH: usize = 32;
    fn encode_to_bytes(&self) -> Vec<u8> {
        self.0.to_vec()
    }
    fn decode_from_bytes(bytes: &Vec<u8>) -> Self {
        Self(bytes.as_slice().try_into().unwrap())
    }
}

/// How many coded symbols a rateless IBLT takes for the same, and how long both sides work for it.
pub fn rateless(lacks: &[RecordId], has: &[RecordId], missing: usize) -> (usize, Duration) {
    let ids = |all: &[RecordId]| -> Vec<Id> { all.iter().map(|id| Id(*id.as_bytes())).collect() };
    let (lacks, has) = (ids(lacks), ids(has));
    let start = Instant::now();
    let mut mine = RatelessIBLT::new(lacks.iter().copied());
    let mut theirs = RatelessIBLT::new(has.iter().copied());
    let mut symbols = missing;
    loop {
        symbols += missing / 50 + 1;
        let (mut left, mut right) = (UnmanagedRatelessIBLT::new(), UnmanagedRatelessIBLT::new());
        for n in 0..symbols {
            left.add_coded_symbol(&mine.get_coded_symbol(n));
            right.add_coded_symbol(&theirs.get_coded_symbol(n));
        }
        let mut difference = left.collapse(&right);
        let found = difference.peel_all_symbols().len();
        if difference.is_empty() {
            assert_eq!(found, missing);
            return (symbols, start.elapsed());
        }
    }
}
