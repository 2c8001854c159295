//! What will be carried once a list of changes is applied: a batch is admitted record by record
//! and stored at once.

use super::view::{Aside, Change, View};
use crate::admit::{Carried, Signed, SlotKey, Tombstone};
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
    own: BTreeSet<RecordId>,
    aside: BTreeMap<RecordId, Box<Aside>>,
    aside_slots: BTreeMap<SlotKey, BTreeSet<RecordId>>,
    aside_no_longer: BTreeSet<RecordId>,
    contested: BTreeMap<NodeKey, u64>,
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
            own: BTreeSet::new(),
            aside: BTreeMap::new(),
            aside_slots: BTreeMap::new(),
            aside_no_longer: BTreeSet::new(),
            contested: BTreeMap::new(),
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

    /// Carries a record; with `own`, it never leaves the organisation.
    pub fn insert(&mut self, record: Verified, own: bool) {
        let id = record.id();
        self.removed.remove(&id);
        if own {
            self.own.insert(id);
        }
        self.slots.insert(SlotKey::of(&record, own), id);
        if let Some(lock) = record.body().lock() {
            self.locks.entry(*lock).or_default().insert(id);
        }
        self.order.push(id);
        self.added.insert(id, Box::new(record));
    }

    /// Carries a record no longer.
    pub fn remove(&mut self, id: RecordId) {
        let own = self.own.remove(&id);
        if let Some(record) = self.added.remove(&id) {
            let slot = SlotKey::of(&record, own);
            if self.slots.get(&slot) == Some(&id) {
                self.slots.remove(&slot);
            }
            if let Some(set) = record.body().lock().and_then(|l| self.locks.get_mut(l)) {
                set.remove(&id);
            }
        }
        self.removed.insert(id);
    }

    /// Whether a record that will be carried never leaves the organisation.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn is_own(&self, id: &RecordId) -> Result<bool, V::Error> {
        if self.added.contains_key(id) {
            return Ok(self.own.contains(id));
        }
        Ok(!self.removed.contains(id) && self.base.is_own(id)?)
    }

    /// Whether what has this lock never leaves the organisation: something that does not has it,
    /// and no report that does.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn is_own_lock(&self, lock: &Lock) -> Result<bool, V::Error> {
        let mut all = self.with_lock(lock)?;
        all.extend(self.base.retractions(lock)?);
        all.extend(self.here(lock, true).map(Verified::id));
        let mut own = false;
        for id in all {
            if self.is_own(&id)? {
                own = true;
            } else if self.record(&id)?.is_some_and(|r| r.kind() == Kind::Report) {
                return Ok(false);
            }
        }
        Ok(own)
    }

    /// Sets a record aside.
    pub fn set_aside(&mut self, aside: Aside) {
        let id = aside.record.id();
        let slot = SlotKey::of(&aside.record, aside.own);
        self.aside_slots.entry(slot).or_default().insert(id);
        self.aside.insert(id, Box::new(aside));
    }

    /// Sets a record aside no longer.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn drop_aside(&mut self, id: &RecordId) -> Result<(), V::Error> {
        let here = self.aside.remove(id);
        let slot = here.map(|a| SlotKey::of(&a.record, a.own));
        if let Some(set) = slot.and_then(|s| self.aside_slots.get_mut(&s)) {
            set.remove(id);
        }
        if self.base.aside(id)?.is_some() {
            self.aside_no_longer.insert(*id);
        }
        Ok(())
    }

    /// A record that will be set aside.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn aside(&self, id: &RecordId) -> Result<Option<Aside>, V::Error> {
        if let Some(aside) = self.aside.get(id) {
            return Ok(Some(aside.as_ref().clone()));
        }
        if self.aside_no_longer.contains(id) {
            return Ok(None);
        }
        self.base.aside(id)
    }

    /// The records that will be set aside and claim this slot.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn aside_in(&self, slot: &SlotKey) -> Result<BTreeSet<RecordId>, V::Error> {
        let below = self.base.aside_in(slot)?.into_iter();
        let mut all: BTreeSet<RecordId> = below
            .filter(|id| !self.aside_no_longer.contains(id))
            .collect();
        all.extend(self.aside_slots.get(slot).into_iter().flatten());
        Ok(all)
    }

    /// The records that will be set aside and have this lock.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn aside_with(&self, lock: &Lock) -> Result<Vec<RecordId>, V::Error> {
        let mut all = self.base.aside_with(lock)?;
        let here = self.aside.iter();
        let here = here.filter(|(_, a)| a.record.body().lock() == Some(lock));
        all.extend(here.map(|(id, _)| *id));
        Ok(all)
    }

    /// A record signed by this key took the slot of another.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn contest(&mut self, key: &NodeKey) -> Result<(), V::Error> {
        let so_far = match self.contested.get(key) {
            Some(count) => *count,
            None => {
                let all = self.base.contested()?;
                all.into_iter().find(|(k, _)| k == key).map_or(0, |c| c.1)
            }
        };
        self.contested.insert(*key, so_far + 1);
        Ok(())
    }

    /// The keys whose records took slots by these changes.
    pub fn contested(&self) -> Vec<NodeKey> {
        self.contested.keys().copied().collect()
    }

    /// The changes: removals first, then what was added, in its order.
    pub fn into_changes(mut self) -> Vec<Change> {
        let mut changes: Vec<Change> = self.removed.into_iter().map(Change::Remove).collect();
        for id in &self.order {
            let own = self.own.contains(id);
            changes.extend(self.added.remove(id).map(|record| match own {
                true => Change::InsertOwn(record),
                false => Change::Insert(record),
            }));
        }
        changes.extend(self.aside_no_longer.into_iter().map(Change::DropAside));
        changes.extend(self.aside.into_values().map(Change::SetAside));
        let contested = self.contested.into_iter();
        changes.extend(contested.map(|(key, count)| Change::Contested(key, count)));
        changes
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
        // Mostly nothing is removed, and then there is nothing to look through one by one.
        let below = match self.removed.is_empty() {
            true => Vec::new(),
            false => self.base.retractions(lock)?,
        };
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
    ) -> Result<Vec<Signed>, V::Error> {
        let mut all = self.base.signed_by(organisation, key)?;
        all.retain(|s| !self.removed.contains(&s.id));
        let signer = Signer::Node(*key);
        let here = self.added.values().filter(|r| r.header().signer == signer);
        all.extend(
            here.filter(|r| r.header().organisation == *organisation)
                .map(|r| Signed::of(r)),
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
