//! A store in memory, for the simulator, tests and clients of other shapes.

use super::overlay::tombstone;
use super::view::{
    Aside, Change, InBucket, Listed, Mark, Publisher, Reached, TagRow, View, publisher, short,
};
use crate::admit::{Carried, Signed, SlotKey, Tombstone};
use crate::ids::{CharterId, Lock, NodeKey, OrganisationKey, RecordId};
use crate::oprf::KeyName;
use crate::record::report::{Audience, Report};
use crate::record::{Body, Kind, Signer, Verified};
use crate::seal::Bucket;
use crate::time::Day;
use crate::wire::client::Tag;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;

/// A store in memory.
#[derive(Clone, Default, Debug)]
pub struct Memory {
    records: BTreeMap<RecordId, (u64, Arc<Verified>)>,
    places: BTreeMap<u64, RecordId>,
    slots: BTreeMap<SlotKey, RecordId>,
    locks: BTreeSet<(Lock, RecordId)>,
    /// The latest first.
    buckets: BTreeSet<(u32, Publisher, Reverse<u64>)>,
    quotas: BTreeMap<(OrganisationKey, KeyName, Day), u32>,
    members: BTreeMap<(Mark, Day), u32>,
    own: BTreeSet<RecordId>,
    asides: BTreeMap<RecordId, Box<Aside>>,
    contested: BTreeMap<NodeKey, u64>,
    reached: Option<Reached>,
    held_against: Option<CharterId>,
    next: u64,
}

impl Memory {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies changes.
    pub fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Insert(record) => self.share(Arc::new(record.as_ref().clone())),
                Change::InsertOwn(record) => self.keep(Arc::new(record.as_ref().clone())),
                Change::Remove(id) => self.remove(id),
                Change::SetAside(aside) => {
                    self.asides.insert(aside.record.id(), aside.clone());
                }
                Change::DropAside(id) => {
                    self.asides.remove(id);
                }
                Change::Contested(key, count) => {
                    self.contested.insert(*key, *count);
                }
                Change::Reached(reached) => {
                    let goes_back = self.reached.is_some_and(|before| reached.day < before.day);
                    self.reached = self.reached.filter(|_| goes_back).or(Some(*reached));
                }
                Change::HeldAgainst(charter) => self.held_against = Some(*charter),
                Change::Quota {
                    organisation,
                    key,
                    day,
                    used,
                } => {
                    self.quotas.insert((*organisation, *key, *day), *used);
                }
                Change::Member { mark, day, used } => {
                    self.members.insert((*mark, *day), *used);
                }
            }
        }
    }

    /// Carries a record that others may hold too, so that a thousand stores keep it once.
    pub fn share(&mut self, record: Arc<Verified>) {
        self.put(record, false);
    }

    /// Carries a record that never leaves the organisation.
    pub fn keep(&mut self, record: Arc<Verified>) {
        self.put(record, true);
    }

    fn put(&mut self, record: Arc<Verified>, own: bool) {
        let id = record.id();
        if self.records.contains_key(&id) {
            return;
        }
        if own {
            self.own.insert(id);
        }
        self.next += 1;
        let place = self.next;
        self.slots.insert(SlotKey::of(&record, own), id);
        if let Some(lock) = record.body().lock() {
            self.locks.insert((*lock, id));
        }
        if let Some(report) = shared(&record) {
            let by = publisher(&record.header().organisation);
            let rows = report.entries.iter();
            self.buckets
                .extend(rows.map(|e| (e.bucket, by, Reverse(place))));
        }
        self.places.insert(place, id);
        self.records.insert(id, (place, record));
    }

    fn remove(&mut self, id: &RecordId) {
        let Some((place, record)) = self.records.remove(id) else {
            return;
        };
        let own = self.own.remove(id);
        self.places.remove(&place);
        let slot = SlotKey::of(&record, own);
        if self.slots.get(&slot) == Some(id) {
            self.slots.remove(&slot);
        }
        if let Some(lock) = record.body().lock() {
            self.locks.remove(&(*lock, *id));
        }
        if let Some(report) = shared(&record) {
            let by = publisher(&record.header().organisation);
            for entry in &report.entries {
                self.buckets.remove(&(entry.bucket, by, Reverse(place)));
            }
        }
    }

    /// All ids carried, in order.
    pub fn ids(&self) -> impl Iterator<Item = RecordId> {
        self.records.keys().copied()
    }

    /// A record.
    pub fn get(&self, id: &RecordId) -> Option<&Verified> {
        self.records.get(id).map(|(_, r)| r.as_ref())
    }

    fn of(&self, lock: &Lock) -> impl Iterator<Item = &RecordId> {
        let first = (*lock, RecordId::from_bytes([0; 32]));
        let last = (*lock, RecordId::from_bytes([255; 32]));
        self.locks.range(first..=last).map(|(_, id)| id)
    }

    fn with(&self, lock: &Lock, retraction: bool) -> impl Iterator<Item = &Verified> {
        self.of(lock)
            .filter_map(|id| self.get(id))
            .filter(move |r| (r.kind() == Kind::Retraction) == retraction)
    }
}

/// The report, if the record is one that other organisations may have.
fn shared(record: &Verified) -> Option<&Report> {
    match record.body() {
        Body::Report(r) if r.audience == Audience::Federation => Some(r),
        _ => None,
    }
}

impl Carried for Memory {
    type Error = Infallible;

    fn occupant(&self, slot: &SlotKey) -> Result<Option<RecordId>, Infallible> {
        Ok(self.slots.get(slot).copied())
    }
    fn tombstones(&self, lock: &Lock) -> Result<Vec<Tombstone>, Infallible> {
        Ok(self.with(lock, true).filter_map(tombstone).collect())
    }
    fn with_lock(&self, lock: &Lock) -> Result<Vec<RecordId>, Infallible> {
        Ok(self.with(lock, false).map(Verified::id).collect())
    }
    fn signed_by(
        &self,
        organisation: &OrganisationKey,
        key: &NodeKey,
    ) -> Result<Vec<Signed>, Infallible> {
        let signer = Signer::Node(*key);
        let all = self.records.values().map(|(_, r)| r.as_ref());
        let theirs =
            all.filter(|r| r.header().signer == signer && r.header().organisation == *organisation);
        Ok(theirs.map(Signed::of).collect())
    }
}

impl View for Memory {
    fn record(&self, id: &RecordId) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.get(id).map(|r| r.bytes().to_vec()))
    }
    fn at(&self, place: u64) -> Result<Option<Vec<u8>>, Infallible> {
        let id = self.places.get(&place);
        Ok(id.and_then(|id| self.get(id)).map(|r| r.bytes().to_vec()))
    }
    fn find(&self, prefix: &[u8]) -> Result<Vec<RecordId>, Infallible> {
        let mut first = [0; 32];
        for (to, from) in first.iter_mut().zip(prefix) {
            *to = *from;
        }
        let from = self.records.range(RecordId::from_bytes(first)..);
        Ok(from
            .map(|(id, _)| *id)
            .take_while(|id| id.as_bytes().starts_with(prefix))
            .take(2)
            .collect())
    }
    fn list(&self, visit: &mut dyn FnMut(Listed)) -> Result<(), Infallible> {
        for (id, (_, record)) in &self.records {
            let header = record.header();
            visit(Listed {
                id: *id,
                issued: header.issued,
                expires: header.expires,
                own: self.own.contains(id),
            });
        }
        Ok(())
    }
    fn for_directory(&self) -> Result<Vec<RecordId>, Infallible> {
        Ok(self
            .records
            .iter()
            .filter(|(_, (_, r))| r.kind().in_directory())
            .map(|(id, _)| *id)
            .collect())
    }
    fn bucket(
        &self,
        bucket: Bucket,
        bits: u8,
        each: usize,
        limit: usize,
    ) -> Result<Vec<InBucket>, Infallible> {
        let (first, last) = bucket.span(bits);
        let from = (first, [0; 16], Reverse(u64::MAX));
        let to = (last, [255; 16], Reverse(0));
        let mut of_one = BTreeMap::new();
        let mut found = Vec::new();
        for (at, by, Reverse(place)) in self.buckets.range(from..=to) {
            let (bucket, publisher) = (*at, *by);
            let count: &mut usize = of_one.entry((bucket, publisher)).or_default();
            *count += 1;
            if *count > each {
                continue;
            }
            found.push(InBucket {
                bucket,
                publisher,
                place: *place,
            });
            if found.len() == limit {
                break;
            }
        }
        Ok(found)
    }
    fn of_lock(&self, lock: &Lock, kind: Kind, each: usize) -> Result<Vec<RecordId>, Infallible> {
        let mut of_one = BTreeMap::new();
        let rows = self.of(lock).filter_map(|id| self.records.get(id));
        let mut all: Vec<&(u64, Arc<Verified>)> = rows.filter(|(_, r)| r.kind() == kind).collect();
        all.sort_unstable_by_key(|(place, _)| *place);
        all.retain(|(_, r)| {
            let count: &mut usize = of_one.entry(r.header().organisation).or_default();
            *count += 1;
            *count <= each
        });
        Ok(all.into_iter().map(|(_, r)| r.id()).collect())
    }
    fn retractions(&self, lock: &Lock) -> Result<Vec<RecordId>, Infallible> {
        let mut all: Vec<&Verified> = self.with(lock, true).collect();
        all.sort_by_key(|r| !matches!(r.body(), Body::Retraction(r) if r.proof.is_some()));
        Ok(all.into_iter().map(Verified::id).collect())
    }
    fn last_slot(
        &self,
        organisation: &OrganisationKey,
        own: bool,
        day: Day,
        below: u32,
    ) -> Result<Option<u32>, Infallible> {
        let at = |slot| SlotKey {
            organisation: *organisation,
            root: false,
            own,
            issued: day,
            slot,
        };
        Ok(self
            .slots
            .range(at(0)..at(below))
            .next_back()
            .map(|(k, _)| k.slot))
    }
    fn expired(&self, day: Day, limit: usize) -> Result<Vec<RecordId>, Infallible> {
        let gone = self
            .records
            .iter()
            .filter(|(_, (_, r))| r.header().expires < day);
        Ok(gone.map(|(id, _)| *id).take(limit).collect())
    }
    fn tags(
        &self,
        from: Day,
        to: Day,
        after: u64,
        limit: usize,
    ) -> Result<Vec<TagRow>, Infallible> {
        let rows = self.places.range(after.saturating_add(1)..);
        let rows = rows.filter_map(|(place, id)| {
            let record = self.get(id)?;
            let report = shared(record)?;
            let issued = record.header().issued;
            let season = record.header().expires.season();
            (from <= issued && issued <= to).then_some(TagRow {
                place: *place,
                tag: Tag {
                    id: short(id),
                    season,
                    salt: report.salt,
                    tag: report.area_tag,
                },
            })
        });
        Ok(rows.take(limit).collect())
    }
    fn reports_of(
        &self,
        organisation: &OrganisationKey,
        only_own: bool,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, RecordId)>, Infallible> {
        let rows = self
            .places
            .range(after.saturating_add(1)..)
            .filter(|(_, id)| {
                self.get(id).is_some_and(|r| {
                    r.kind() == Kind::Report
                        && r.header().organisation == *organisation
                        && (!only_own || self.own.contains(id))
                })
            });
        Ok(rows.map(|(place, id)| (*place, *id)).take(limit).collect())
    }
    fn count(&self, kind: Kind) -> Result<u64, Infallible> {
        Ok(self
            .records
            .iter()
            .filter(|(id, (_, r))| r.kind() == kind && !self.own.contains(id))
            .count() as u64)
    }
    fn is_own(&self, id: &RecordId) -> Result<bool, Infallible> {
        Ok(self.own.contains(id))
    }
    fn aside(&self, id: &RecordId) -> Result<Option<Aside>, Infallible> {
        Ok(self.asides.get(id).map(|a| a.as_ref().clone()))
    }
    fn aside_in(&self, slot: &SlotKey) -> Result<Vec<RecordId>, Infallible> {
        let all = self.asides.iter();
        let here = all.filter(|(_, a)| SlotKey::of(&a.record, a.own) == *slot);
        Ok(here.map(|(id, _)| *id).collect())
    }
    fn aside_with(&self, lock: &Lock) -> Result<Vec<RecordId>, Infallible> {
        let all = self.asides.iter();
        let here = all.filter(|(_, a)| a.record.body().lock() == Some(lock));
        Ok(here.map(|(id, _)| *id).collect())
    }
    fn aside_expired(&self, day: Day, limit: usize) -> Result<Vec<RecordId>, Infallible> {
        let all = self.asides.iter();
        let gone = all.filter(|(_, a)| a.record.header().expires < day);
        Ok(gone.map(|(id, _)| *id).take(limit).collect())
    }
    fn contested(&self) -> Result<Vec<(NodeKey, u64)>, Infallible> {
        Ok(self.contested.iter().map(|(k, n)| (*k, *n)).collect())
    }
    fn reached(&self) -> Result<Option<Reached>, Infallible> {
        Ok(self.reached)
    }
    fn held_against(&self) -> Result<Option<CharterId>, Infallible> {
        Ok(self.held_against)
    }
    fn quota(
        &self,
        organisation: &OrganisationKey,
        key: KeyName,
        day: Day,
    ) -> Result<u32, Infallible> {
        Ok(self
            .quotas
            .get(&(*organisation, key, day))
            .copied()
            .unwrap_or(0))
    }
    fn member(&self, mark: &Mark, day: Day) -> Result<u32, Infallible> {
        Ok(self.members.get(&(*mark, day)).copied().unwrap_or(0))
    }
}
