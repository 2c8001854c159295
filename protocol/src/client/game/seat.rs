//! What each seat sees of a look-up, and which seats an adversary has.

use super::stage::{Known, Stage, mix};
use super::table::Coin;
use crate::ids::RecordId;
use crate::oprf::Element;
use crate::seal::Bucket;
use crate::wire::KeyEvaluation;
use crate::wire::sealed::Question;
use std::collections::BTreeSet;

/// Up to so many bytes a message is looked at bit by bit, and longer ones byte by byte.
pub(super) const SMALL: usize = 2048;

/// Where somebody sits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Seat {
    /// At the node that the member asks.
    Home,
    /// At a node that evaluates.
    Keyholder,
    /// At another organisation's node, which serves a bucket.
    Answering,
}

/// One message that a seat saw.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) seat: Seat,
    /// At which node.
    pub(super) place: usize,
    /// Which sort of message: a word for each, and each belongs to one seat.
    pub(super) what: &'static str,
    pub(super) bytes: Vec<u8>,
    /// What can be read in it or beside it.
    pub(super) facts: Vec<String>,
    /// Buckets that are asked for in it.
    pub(super) buckets: Vec<Bucket>,
    /// Strings of eight bytes in it, one of some.
    pub(super) strings: Vec<u64>,
    /// Suspects of whom something stands in it.
    pub(super) known: BTreeSet<u16>,
}

impl Event {
    fn new(
        known: &Known,
        at: (Seat, usize),
        what: &'static str,
        bytes: Vec<u8>,
        facts: Vec<String>,
    ) -> Self {
        let mut event = Self {
            seat: at.0,
            place: at.1,
            what,
            facts,
            buckets: Vec::new(),
            strings: Vec::new(),
            known: BTreeSet::new(),
            bytes,
        };
        // Whatever comes back for a reason comes back as a whole, so that some of its strings do.
        let some = if event.bytes.len() <= SMALL { 2 } else { 6 };
        let mut string = 0;
        for (n, byte) in event.bytes.iter().enumerate() {
            string = string >> 8 | u64::from(*byte) << 56;
            if n < 7 {
                continue;
            }
            let mixed = mix(string);
            if mixed.trailing_zeros() >= some {
                event.strings.push(mixed);
            }
            if let Some(suspect) = known.whose(string, mixed) {
                event.known.insert(suspect);
            }
        }
        event
    }

    /// What a home node sees of one ask: who sends it on which connection, whereto, and the answer.
    pub(super) fn at_home(
        stage: &Stage,
        home: usize,
        path: &'static str,
        facts: Vec<String>,
        asked: &[u8],
        answer: &[u8],
    ) -> [Self; 2] {
        let words = match path {
            "/v1/evaluate" => ["home: evaluate", "home: evaluated"],
            "/v1/sealed" => ["home: sealed", "home: reply"],
            _ => ["home: other", "home: other's answer"],
        };
        let at = (Seat::Home, home);
        [
            Self::new(&stage.known, at, words[0], asked.to_vec(), facts),
            Self::new(&stage.known, at, words[1], answer.to_vec(), Vec::new()),
        ]
    }

    /// What a keyholder sees: elements and keys, for which organisation, and what it makes of them.
    pub(super) fn at_keyholder(
        stage: &Stage,
        place: usize,
        home: usize,
        elements: &[Element],
        answers: &[KeyEvaluation],
    ) -> [Self; 2] {
        let at = (Seat::Keyholder, place);
        let elements: Vec<u8> = elements.iter().flat_map(|e| *e.as_bytes()).collect();
        let mut facts = vec![format!("for {home}")];
        let mut made = Vec::new();
        for answer in answers {
            facts.push(format!("key {}", answer.key));
            made.extend(
                answer
                    .evaluation
                    .elements
                    .iter()
                    .flat_map(|e| *e.as_bytes()),
            );
            made.extend_from_slice(answer.evaluation.proof.as_bytes());
        }
        [
            Self::new(&stage.known, at, "keyholder: elements", elements, facts),
            Self::new(&stage.known, at, "keyholder: answers", made, Vec::new()),
        ]
    }

    /// What an answering node sees: the question, and what it can look up about what is asked for.
    pub(super) fn at_answering(
        stage: &Stage,
        place: usize,
        home: usize,
        sealed: &[u8],
        question: &Question,
    ) -> Self {
        let mut facts = vec![format!("for {home}")];
        let mut buckets = Vec::new();
        let mut reports: BTreeSet<RecordId> = BTreeSet::new();
        let mut bytes = sealed.to_vec();
        match question {
            Question::Bucket { bucket, part } => {
                facts.push(format!("bits {}", bucket.bits));
                facts.push(format!("bucket {} of {} bits", bucket.value, bucket.bits));
                facts.push(format!("part {part}"));
                buckets.push(*bucket);
            }
            Question::Records(ids) => {
                facts.push(format!("{} ids", ids.len()));
                for id in ids {
                    facts.push(format!("id {}", hex::encode(id)));
                    bytes.extend_from_slice(id);
                }
                let all = stage.named_in.keys();
                reports.extend(all.filter(|r| ids.iter().any(|id| r.as_bytes().starts_with(id))));
            }
            Question::Locks(locks) => {
                facts.push(format!("{} locks", locks.len()));
                facts.extend(locks.iter().map(|lock| format!("lock {lock}")));
                let records = stage.world.nodes[place].records.iter();
                let of = records.filter(|r| r.body().lock().is_some_and(|l| locks.contains(l)));
                reports.extend(of.map(crate::record::Verified::id));
            }
        }
        let named = reports.iter().filter_map(|id| stage.named_in.get(id));
        let named: BTreeSet<u16> = named.flatten().copied().collect();
        facts.extend(named.iter().map(|suspect| format!("about {suspect}")));
        let at = (Seat::Answering, place);
        let mut event = Self::new(&stage.known, at, "answering: question", bytes, facts);
        event.buckets = buckets;
        event.known.extend(named);
        event
    }
}

/// Who plays: one organisation's node in one seat or in all that it has, or two together.
///
/// Members of the organisations at the first two places look up, by lot; the keyholders at these
/// two answer, and the other one of them and the third are asked for the bucket.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Adversary {
    /// The home node.
    Home,
    /// One keyholder of fewer than *t*.
    Keyholder,
    /// An answering node.
    Answering,
    /// The home node, a keyholder too.
    HomeAndKeyholder,
    /// Another organisation's node that evaluates and answers.
    KeyholderAndAnswering,
    /// One node in whatever seat it has in a round, over all rounds.
    OneNode,
    /// The home node, a keyholder too, together with another organisation's answering node.
    HomeAndAnswering,
}

impl Adversary {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Home,
        Self::Keyholder,
        Self::Answering,
        Self::HomeAndKeyholder,
        Self::KeyholderAndAnswering,
        Self::OneNode,
        Self::HomeAndAnswering,
    ];

    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Home => "home node",
            Self::Keyholder => "one keyholder",
            Self::Answering => "answering node",
            Self::HomeAndKeyholder => "home node and keyholder",
            Self::KeyholderAndAnswering => "keyholder and answering node",
            Self::OneNode => "one node, in all its roles",
            Self::HomeAndAnswering => "home and answering node together",
        }
    }

    /// Whether it sees this, in a round of that home node.
    pub(super) fn sees(self, event: &Event, home: usize) -> bool {
        let (seat, place) = (event.seat, event.place);
        match self {
            Self::Home => seat == Seat::Home,
            Self::Keyholder => seat == Seat::Keyholder && place == 0,
            Self::Answering => seat == Seat::Answering && place == 2,
            Self::HomeAndKeyholder => seat != Seat::Answering && place == home,
            Self::KeyholderAndAnswering => seat != Seat::Home && place == 1 - home,
            Self::OneNode => place == 0,
            Self::HomeAndAnswering => {
                let there = if seat == Seat::Answering { 2 } else { home };
                place == there
            }
        }
    }

    /// Whether the spec states that it sees how this coin fell, in a round of that home node.
    pub(super) const fn stated(self, coin: Coin, home: usize) -> bool {
        let (at_home, answers) = match self {
            Self::Home | Self::HomeAndKeyholder => (true, false),
            Self::Keyholder => (false, false),
            Self::Answering | Self::KeyholderAndAnswering => (false, true),
            Self::OneNode => (home == 0, home != 0),
            Self::HomeAndAnswering => (true, true),
        };
        match coin {
            Coin::Who => at_home,
            Coin::Bucket => answers,
            Coin::Whom | Coin::Found => false,
        }
    }
}
