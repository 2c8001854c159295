//! A node's records in memory, as admission asks for them.

use core::convert::Infallible;
use parasol_protocol::admit::{Carried, Signed, SlotKey, Tombstone, Verdict, admit, check};
use parasol_protocol::directory::Directory;
use parasol_protocol::ids::{Lock, NodeKey, OrganisationKey, RecordId};
use parasol_protocol::record::report::Audience;
use parasol_protocol::record::{Body, Refusal, Signer, Verified};
use parasol_protocol::time::Day;
use std::collections::{BTreeMap, BTreeSet};

/// Records that were admitted, with the directory that follows from them.
#[derive(Clone)]
pub struct Shelf {
    pub directory: Directory,
    pub home: OrganisationKey,
    pub records: BTreeMap<RecordId, Verified>,
    /// What never leaves the organisation.
    own: BTreeSet<RecordId>,
}

impl Shelf {
    pub fn new(directory: Directory, home: OrganisationKey) -> Self {
        Self {
            directory,
            home,
            records: BTreeMap::new(),
            own: BTreeSet::new(),
        }
    }

    /// Parses, verifies, admits; and puts out what the record replaces.
    pub fn receive(&mut self, bytes: &[u8], today: Day) -> Result<(), Refusal> {
        let federation = *self.directory.charter().federation();
        let record = Verified::from_bytes(bytes, &federation)?;
        let own = self.stays_home(&record);
        let Ok(verdict) = admit(&record, own, &self.directory, &*self, &self.home, today);
        match verdict {
            Verdict::Carry { evicts } => {
                for id in evicts {
                    self.records.remove(&id);
                    self.directory.forget(&id);
                }
                self.directory.learn(&record);
                if own {
                    self.own.insert(record.id());
                }
                self.records.insert(record.id(), record);
                self.settle(today);
                Ok(())
            }
            Verdict::Known => Ok(()),
            Verdict::Refuse(refusal) => Err(refusal),
        }
    }
}

impl Shelf {
    /// Whether a record never leaves the organisation: a report that says so, and what the
    /// organisation's nodes say with the lock of one.
    fn stays_home(&self, record: &Verified) -> bool {
        let header = record.header();
        if header.organisation != self.home || header.signer == Signer::Root {
            return false;
        }
        if let Body::Report(report) = record.body() {
            return report.audience == Audience::Own;
        }
        let lock = record.body().lock();
        let target = match record.body() {
            Body::Translation(b) => Some(&b.target),
            Body::Second(b) => Some(&b.target),
            Body::Dispute(b) => Some(&b.target),
            _ => None,
        };
        if let Some(about) = target.and_then(|t| self.records.get(&t.report))
            && about.body().lock() == lock
        {
            return self.own.contains(&about.id());
        }
        let of_lock = self.records.values().filter(|r| r.body().lock() == lock);
        let (own, others): (Vec<_>, Vec<_>) = of_lock.partition(|r| self.own.contains(&r.id()));
        let shared = others.iter().any(|r| matches!(r.body(), Body::Report(_)));
        !own.is_empty() && !shared
    }

    /// Drops what no longer stands because what spoke for it is gone.
    fn settle(&mut self, today: Day) {
        loop {
            let fallen = self
                .records
                .values()
                .find(|r| check(r, &self.directory, &self.home, today).is_err());
            let Some(id) = fallen.map(Verified::id) else {
                return;
            };
            self.records.remove(&id);
            self.directory.forget(&id);
        }
    }
}

impl Carried for Shelf {
    type Error = Infallible;

    fn occupant(&self, slot: &SlotKey) -> Result<Option<RecordId>, Infallible> {
        let mut all = self.records.values();
        Ok(all
            .find(|r| SlotKey::of(r, self.own.contains(&r.id())) == *slot)
            .map(Verified::id))
    }

    fn tombstones(&self, lock: &Lock) -> Result<Vec<Tombstone>, Infallible> {
        let stones = self.records.values().filter_map(|r| match r.body() {
            Body::Retraction(t) if t.lock == *lock => Some(Tombstone {
                organisation: r.header().organisation,
                proven: t.proof.is_some(),
                issued: r.header().issued,
            }),
            _ => None,
        });
        Ok(stones.collect())
    }

    fn with_lock(&self, lock: &Lock) -> Result<Vec<RecordId>, Infallible> {
        let all = self.records.values();
        Ok(all
            .filter(|r| r.body().lock() == Some(lock) && !matches!(r.body(), Body::Retraction(_)))
            .map(Verified::id)
            .collect())
    }

    fn signed_by(
        &self,
        organisation: &OrganisationKey,
        key: &NodeKey,
    ) -> Result<Vec<Signed>, Infallible> {
        let all = self.records.values();
        Ok(all
            .filter(|r| {
                r.header().organisation == *organisation && r.header().signer == Signer::Node(*key)
            })
            .map(Signed::of)
            .collect())
    }
}
