//! Records that came before the delegation of their signer, or before their day.
//!
//! Anyone whom a peer lets speak can send such records: the organisation that they claim is not
//! proved, since nobody knows the key yet. So the pool is divided fairly among the sources. When it
//! is full, the oldest record goes of whoever holds most: of the organisations whose nodes sent
//! records the one with most, of its nodes the one with most, of the organisations that this one's
//! records claim the one with most. With *s* organisations sending, none is pushed below
//! 1/*s* of the pool by the others, whatever they send.
//!
//! A record that several sources sent is held for each of them, and stays until all have lost it:
//! whoever sends another's record first and then floods pushes out its own claim alone.

use super::arrive::Source;
use super::core::Engine;
use crate::ids::{OrganisationKey, RecordId, TransportKey};
use crate::record::Verified;
use std::collections::BTreeMap;

/// Records that wait, counted once for each source; more are forgotten, and come again with
/// catch-up.
const MAX_WAITING: usize = 4096;

/// Who sent a record: the organisation of a peer and the peer, or nobody for a local file.
pub(super) type Sender = Option<(Option<OrganisationKey>, TransportKey)>;

struct Entry {
    record: Verified,
    /// The colleague that said that it never leaves the organisation.
    home: Option<TransportKey>,
    /// The place in each sender's queue.
    claims: BTreeMap<Sender, u64>,
}

/// The oldest first.
type Queue = BTreeMap<u64, RecordId>;

/// The pool.
#[derive(Default)]
pub(super) struct Waiting {
    records: BTreeMap<RecordId, Entry>,
    queues: BTreeMap<Sender, BTreeMap<OrganisationKey, Queue>>,
    held: usize,
    next: u64,
}

impl Waiting {
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether the record waits, and this source is one of those that sent it.
    pub fn holds(&self, sender: &Sender, id: &RecordId) -> bool {
        let entry = self.records.get(id);
        entry.is_some_and(|e| e.claims.contains_key(sender))
    }

    /// Copies of all records, each as it is to be offered again: what must stay at home as from the
    /// colleague that said so.
    pub fn records(&self) -> Vec<(Source, Verified)> {
        let source = |e: &Entry| e.home.map_or(Source::Local, Source::Colleague);
        let all = self.records.values();
        all.map(|e| (source(e), e.record.clone())).collect()
    }

    /// A record that waits never leaves the organisation.
    pub fn stays_home(&mut self, id: &RecordId, said: TransportKey) {
        if let Some(entry) = self.records.get_mut(id) {
            entry.home = Some(said);
        }
    }

    pub fn insert(&mut self, sender: Sender, record: Verified) {
        let (id, claimed) = (record.id(), record.header().organisation);
        let entry = self.records.entry(id).or_insert_with(|| Entry {
            record,
            home: None,
            claims: BTreeMap::new(),
        });
        if entry.claims.contains_key(&sender) {
            return;
        }
        let place = self.next;
        self.next += 1;
        entry.claims.insert(sender, place);
        let theirs = self.queues.entry(sender).or_default();
        theirs.entry(claimed).or_default().insert(place, id);
        self.held += 1;
        if self.held > MAX_WAITING {
            self.push_one_out();
        }
    }

    /// A record waits no longer.
    pub fn remove(&mut self, id: &RecordId) {
        let Some(entry) = self.records.remove(id) else {
            return;
        };
        let claimed = entry.record.header().organisation;
        for (sender, place) in entry.claims {
            self.take(&sender, &claimed, place);
        }
    }

    /// Takes one claim out of its queue.
    fn take(&mut self, sender: &Sender, claimed: &OrganisationKey, place: u64) {
        let Some(theirs) = self.queues.get_mut(sender) else {
            return;
        };
        if let Some(queue) = theirs.get_mut(claimed) {
            self.held -= usize::from(queue.remove(&place).is_some());
            if queue.is_empty() {
                theirs.remove(claimed);
            }
        }
        if theirs.is_empty() {
            self.queues.remove(sender);
        }
    }

    fn push_one_out(&mut self) {
        let size = |theirs: &BTreeMap<OrganisationKey, Queue>| -> usize {
            theirs.values().map(Queue::len).sum()
        };
        let mut organisations: BTreeMap<Option<OrganisationKey>, usize> = BTreeMap::new();
        for (sender, theirs) in &self.queues {
            *organisations.entry(organisation(sender)).or_default() += size(theirs);
        }
        let most = organisations.into_iter().max_by_key(|(_, held)| *held);
        let Some((loudest, _)) = most else { return };
        let of_it = self.queues.iter();
        let of_it = of_it.filter(|(sender, _)| organisation(sender) == loudest);
        let Some((sender, theirs)) = of_it.max_by_key(|(_, theirs)| size(theirs)) else {
            return;
        };
        let largest = theirs.iter().max_by_key(|(_, queue)| queue.len());
        let oldest = largest.and_then(|(claimed, queue)| {
            let (place, id) = queue.first_key_value()?;
            Some((*sender, *claimed, *place, *id))
        });
        let Some((sender, claimed, place, id)) = oldest else {
            return;
        };
        self.take(&sender, &claimed, place);
        if let Some(entry) = self.records.get_mut(&id) {
            entry.claims.remove(&sender);
            if entry.claims.is_empty() {
                self.records.remove(&id);
            }
        }
    }
}

fn organisation(sender: &Sender) -> Option<OrganisationKey> {
    sender.and_then(|(organisation, _)| organisation)
}

impl Engine {
    /// Keeps a record that a delegation or a day may make right.
    pub(super) fn wait_for_delegation(&mut self, source: Source, record: Verified) {
        let sender = match source {
            Source::Peer(key) | Source::Colleague(key) => {
                Some((self.peers.get(&key).map(|p| p.organisation), key))
            }
            Source::Local => None,
        };
        let id = record.id();
        self.waiting.insert(sender, record);
        if let Source::Colleague(key) = source {
            self.waiting.stays_home(&id, key);
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;
    use crate::keys::SecretKey;
    use crate::record::report::Audience;
    use crate::sim::{Drbg, Federation, Shape, report_body};

    struct Bench {
        federation: Federation,
        entropy: Drbg,
        slot: u32,
    }

    impl Bench {
        fn new() -> Self {
            Self {
                federation: Federation::new(Shape::default(), 5),
                entropy: Drbg::new(5, "waiting"),
                slot: 0,
            }
        }

        /// A record that claims to be of this organisation.
        fn record(&mut self, organisation: usize) -> Verified {
            let made = Shape::default().made;
            let lock = SecretKey::generate(&mut self.entropy).lock();
            let body = report_body(lock, Audience::Federation, &mut self.entropy);
            self.slot += 1;
            let expires = made.plus(300);
            self.federation
                .sign(organisation, made, expires, self.slot, body)
        }

        fn sender(&self, organisation: usize, node: u8) -> Sender {
            let key = TransportKey::from_bytes([node; 32]);
            Some((Some(self.federation.organisation(organisation)), key))
        }
    }

    fn holds(pool: &Waiting, records: &[Verified]) -> usize {
        let there = |r: &&Verified| pool.records.contains_key(&r.id());
        records.iter().filter(there).count()
    }

    #[test]
    fn who_floods_pushes_out_its_own() {
        let mut bench = Bench::new();
        let mut pool = Waiting::default();
        let quiet = bench.sender(1, 1);
        let patient: Vec<_> = (0..200).map(|_| bench.record(1)).collect();
        for record in &patient {
            pool.insert(quiet, record.clone());
        }
        // Many nodes of one organisation, all in the name of the quiet one's.
        for n in 0..MAX_WAITING + 1000 {
            let loud = bench.sender(2, (n % 50) as u8 + 10);
            let record = bench.record(1);
            pool.insert(loud, record);
        }
        assert_eq!(holds(&pool, &patient), patient.len());
        assert_eq!(pool.held, MAX_WAITING);
        assert_eq!(pool.records.len(), MAX_WAITING);
        // What another sends later still finds room, to half the pool.
        let other = bench.sender(0, 2);
        let late: Vec<_> = (0..1500).map(|_| bench.record(0)).collect();
        for record in &late {
            pool.insert(other, record.clone());
        }
        assert_eq!(holds(&pool, &late), late.len());
        assert_eq!(holds(&pool, &patient), patient.len());
        assert_eq!(pool.held, MAX_WAITING);
    }

    #[test]
    fn one_source_spares_those_it_claims_least_for() {
        let mut bench = Bench::new();
        let mut pool = Waiting::default();
        let only = bench.sender(1, 1);
        let few: Vec<_> = (0..100).map(|_| bench.record(0)).collect();
        for record in &few {
            pool.insert(only, record.clone());
        }
        for _ in 0..MAX_WAITING + 100 {
            let record = bench.record(2);
            pool.insert(only, record);
        }
        assert_eq!(holds(&pool, &few), few.len());
    }

    #[test]
    fn a_record_stays_as_long_as_one_source_holds_it() {
        let mut bench = Bench::new();
        let mut pool = Waiting::default();
        let (honest, loud) = (bench.sender(1, 1), bench.sender(2, 2));
        let wanted = bench.record(1);
        pool.insert(loud, wanted.clone());
        pool.insert(honest, wanted.clone());
        pool.insert(honest, wanted.clone());
        assert_eq!((pool.held, pool.records.len()), (2, 1));
        for _ in 0..MAX_WAITING + 100 {
            let record = bench.record(2);
            pool.insert(loud, record);
        }
        assert_eq!(holds(&pool, std::slice::from_ref(&wanted)), 1);
        pool.remove(&wanted.id());
        assert_eq!(holds(&pool, std::slice::from_ref(&wanted)), 0);
        for (_, record) in pool.records() {
            pool.remove(&record.id());
        }
        assert!(pool.is_empty() && pool.queues.is_empty() && pool.held == 0);
    }
}
