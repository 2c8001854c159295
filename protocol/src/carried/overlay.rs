//! What will be carried once a list of changes is applied: a batch is admitted record by record
//! and stored at once.

use super::view::{Change, View};
use crate::admit::{Carried, SlotKey, Tombstone};
use crate::ids::{Lock, NodeKey, OrganisationKey, RecordId};
use crate::record::{Body, Kind, Signer, Verified};
use std::collections::{BTreeMap, BTreeSet};

/// A view with changes on top of it that are not stored yet.
pub struct Overlay<'a, V> {
    base: &'a V,
    added: BTreeMap<RecordId, Box<Verified>>,
    slots: BTreeMap<SlotKey, RecordId>,
    locks: BTreeMap<Lock, BTreeSet<RecordId>>,
    removed: BTreeSet<RecordId>,
    order: Vec<RecordId>,
}

impl<'a, V: View> Overlay<'a, V> {
    /// No changes yet.
    pub const fn new(base: &'a V) -> Self {
        Self {
            base,
            added: BTreeMap::new(),
            slots: BTreeMap::new(),
            locks: BTreeMap::new(),
            removed: BTreeSet::new(),
            order: Vec::new(),
        }
    }

    /// The view below.
    pub const fn base(&self) -> &V {
        self.base
    }

    /// A record that is among the changes.
    pub fn added(&self, id: &RecordId) -> Option<&Verified> {
        self.added.get(id).map(AsRef::as_ref)
    }

    /// A record that will be carried.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn record(&self, id: &RecordId) -> Result<Option<Verified>, V::Error> {
        if self.removed.contains(id) {
            return Ok(None);
        }
        if let Some(record) = self.added(id) {
            return Ok(Some(record.clone()));
        }
        let bytes = self.base.record(id)?;
        Ok(bytes.and_then(|b| Verified::from_own_store(&b).ok()))
    }

    /// Carries a record.
    pub fn insert(&mut self, record: Verified) {
        let id = record.id();
        self.removed.remove(&id);
        self.slots.insert(SlotKey::of(&record), id);
        if let Some(lock) = record.body().lock() {
            self.locks.entry(*lock).or_default().insert(id);
        }
        self.order.push(id);
        self.added.insert(id, Box::new(record));
    }

    /// Carries a record no longer.
    pub fn remove(&mut self, id: RecordId) {
        if let Some(record) = self.added.remove(&id) {
            let slot = SlotKey::of(&record);
            if self.slots.get(&slot) == Some(&id) {
                self.slots.remove(&slot);
            }
            if let Some(set) = record.body().lock().and_then(|l| self.locks.get_mut(l)) {
                set.remove(&id);
            }
        }
        self.removed.insert(id);
    }

    /// The changes: removals first, then what was added, in its order.
    pub fn into_changes(mut self) -> Vec<Change> {
        let removals = self.removed.into_iter().map(Change::Remove);
        let insertions = self
            .order
            .iter()
            .filter_map(|id| self.added.remove(id))
            .map(Change::Insert);
        removals.chain(insertions).collect()
    }

    fn here(&self, lock: &Lock, retraction: bool) -> impl Iterator<Item = &Verified> {
        self.locks
            .get(lock)
            .into_iter()
            .flatten()
            .filter_map(|id| self.added.get(id))
            .map(AsRef::as_ref)
            .filter(move |r| (r.kind() == Kind::Retraction) == retraction)
    }
}

impl<V: View> Carried for Overlay<'_, V> {
    type Error = V::Error;

    fn occupant(&self, slot: &SlotKey) -> Result<Option<RecordId>, V::Error> {
        if let Some(id) = self.slots.get(slot) {
            return Ok(Some(*id));
        }
        Ok(self
            .base
            .occupant(slot)?
            .filter(|id| !self.removed.contains(id)))
    }

    fn tombstones(&self, lock: &Lock) -> Result<Vec<Tombstone>, V::Error> {
        let below = self.base.retractions(lock)?;
        let mut all = if below.iter().any(|id| self.removed.contains(id)) {
            let mut left = Vec::new();
            for id in below.iter().filter(|id| !self.removed.contains(id)) {
                left.extend(self.record(id)?.as_ref().and_then(tombstone));
            }
            left
        } else {
            self.base.tombstones(lock)?
        };
        all.extend(self.here(lock, true).filter_map(tombstone));
        Ok(all)
    }

    fn with_lock(&self, lock: &Lock) -> Result<Vec<RecordId>, V::Error> {
        let mut all = self.base.with_lock(lock)?;
        all.retain(|id| !self.removed.contains(id));
        all.extend(self.here(lock, false).map(Verified::id));
        Ok(all)
    }

    fn signed_by(
        &self,
        organisation: &OrganisationKey,
        key: &NodeKey,
    ) -> Result<Vec<RecordId>, V::Error> {
        let mut all = self.base.signed_by(organisation, key)?;
        all.retain(|id| !self.removed.contains(id));
        let signer = Signer::Node(*key);
        let here = self.added.values().filter(|r| r.header().signer == signer);
        all.extend(
            here.filter(|r| r.header().organisation == *organisation)
                .map(|r| r.id()),
        );
        Ok(all)
    }
}

/// The tombstone that a retraction is.
pub(crate) fn tombstone(record: &Verified) -> Option<Tombstone> {
    match record.body() {
        Body::Retraction(r) => Some(Tombstone {
            organisation: record.header().organisation,
            proven: r.proof.is_some(),
            issued: record.header().issued,
        }),
        _ => None,
    }
}
