//! A simulated node: an engine, its store, and what its driver keeps.

use super::Drbg;
use crate::carried::{Change, Memory, View};
use crate::engine::{AskId, Engine};
use crate::ids::RecordId;
use crate::oprf::KeyName;
use crate::record::Verified;
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How long a node remembers which records came by gossip, as gossipsub does.
const SEEN: u64 = 120_000;

/// What a node says of its set, whatever its engine thinks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Claim {
    /// What it has.
    True,
    /// Nothing.
    Empty,
    /// Ids that there are no records of.
    False,
}

/// How a node lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lie {
    /// What it says of its set when it is asked. If it is not true it asks nobody.
    pub claim: Claim,
    /// Of its records, in a thousand, those that it neither passes on nor gives out.
    pub leaves_out: u32,
}

impl Lie {
    /// Whether it keeps the record to itself: always the same ones.
    pub fn leaves_out(&self, id: &RecordId) -> bool {
        let [first, second, ..] = *id.as_bytes();
        u32::from(u16::from_be_bytes([first, second])) * 1000 < self.leaves_out * 65_536
    }
}

pub(super) struct Node {
    /// None while it is down.
    pub engine: Option<Engine>,
    pub store: Memory,
    /// Milliseconds by which its clock is ahead of the true time.
    pub skew: i64,
    /// Counts starts; what was meant for an earlier life is dropped.
    pub life: u32,
    /// The true time of its last tick in this life.
    pub ticked: Option<u64>,
    pub asked: BTreeSet<AskId>,
    pub entropy: Drbg,
    /// Outputs until it crashes.
    pub fuse: Option<u32>,
    /// Records that it says it takes and does not keep.
    pub withheld: BTreeSet<RecordId>,
    /// What it says of its set, if it lies.
    pub lie: Option<Lie>,
    /// Keys whose shares its disk holds no longer.
    pub destroyed: BTreeSet<KeyName>,
    /// All ids of its shared records, combined: equal for equal sets.
    pub sum: [u8; 32],
    seen: BTreeMap<RecordId, u64>,
    forgot: u64,
}

impl Node {
    pub fn new(entropy: Drbg) -> Self {
        Self {
            engine: None,
            store: Memory::new(),
            skew: 0,
            life: 0,
            ticked: None,
            asked: BTreeSet::new(),
            entropy,
            fuse: None,
            withheld: BTreeSet::new(),
            lie: None,
            destroyed: BTreeSet::new(),
            sum: [0; 32],
            seen: BTreeMap::new(),
            forgot: 0,
        }
    }

    /// Whether it neither lies nor leaves out.
    pub fn is_honest(&self) -> bool {
        self.lie.is_none() && self.withheld.is_empty()
    }

    /// Whether others do not get this record from it.
    pub fn keeps_back(&self, id: &RecordId) -> bool {
        self.withheld.contains(id) || self.lie.is_some_and(|lie| lie.leaves_out(id))
    }

    /// Loses what is in memory.
    pub fn stop(&mut self) {
        self.engine = None;
        self.life += 1;
        self.ticked = None;
        self.asked.clear();
        self.seen.clear();
        self.fuse = None;
    }

    /// What its clock says.
    pub fn clock(&self, now: u64) -> Timestamp {
        Timestamp::from_millis(now.saturating_add_signed(self.skew))
    }

    /// Whether gossip has not brought the record here lately.
    pub fn first_sight(&mut self, id: RecordId, now: u64) -> bool {
        if now.saturating_sub(self.forgot) > SEEN {
            self.seen.retain(|_, at| now.saturating_sub(*at) <= SEEN);
            self.forgot = now;
        }
        self.seen.insert(id, now).is_none()
    }

    /// Applies changes. Gives the ids of shared records that it carries from now on.
    pub fn apply(
        &mut self,
        changes: Vec<Change>,
        pool: &mut BTreeMap<RecordId, Option<Arc<Verified>>>,
    ) -> Vec<RecordId> {
        let mut fresh = Vec::new();
        for change in changes {
            match change {
                Change::Insert(record) => {
                    let id = record.id();
                    if self.withheld.contains(&id) || self.store.get(&id).is_some() {
                        continue;
                    }
                    self.mix(&id);
                    fresh.push(id);
                    let kept = pool
                        .entry(id)
                        .or_default()
                        .get_or_insert_with(|| Arc::new(*record));
                    self.store.share(Arc::clone(kept));
                }
                Change::Remove(id) => {
                    if self.is_shared(&id) {
                        self.mix(&id);
                    }
                    self.store.apply(&[Change::Remove(id)]);
                }
                other => self.store.apply(&[other]),
            }
        }
        fresh
    }

    /// Whether it carries the record, and other organisations may have it.
    pub fn is_shared(&self, id: &RecordId) -> bool {
        self.store.get(id).is_some() && self.store.is_own(id) == Ok(false)
    }

    fn mix(&mut self, id: &RecordId) {
        for (sum, byte) in self.sum.iter_mut().zip(id.as_bytes()) {
            *sum ^= byte;
        }
    }
}
