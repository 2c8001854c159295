//! Records on disk: their layout in a [`Store`], and the [`View`](parasol_protocol::carried::View) that the engine reads.
//!
//! | table | key | value |
//! |---|---|---|
//! | records | place | the record's bytes |
//! | ids | id | place, issued, expires, flags |
//! | slots | organisation, class (1 if a root's, 2 if it never leaves the organisation), issued, slot | id |
//! | locks | lock (16), kind, organisation, place | of a retraction its tombstone |
//! | buckets | chunk, bucket, organisation, place in the chunk, the latest first | |
//! | expiry | last day, place | |
//! | issued | place | tag row, of reports for the federation |
//! | own | whether it never leaves the organisation, place | of the organisation's reports |
//! | kinds | kind, place | of records signed by roots, and grants |
//! | signers | organisation, node key, place | whether it proves itself |
//! | quota | day, organisation (16), key | evaluations |
//! | | day, mark of a member (16), 255 | evaluations; under zeros those of all members |
//! | aside | see the module `aside` | records that were put out and may come back |
//! | meta | `count/KIND`, `place`, `name/NUMBER`, `layout`, `contested/KEY`, `reached`, `charter` | counters, keys by their numbers, the latest known day, the version that all was held against |
//!
//! A place is a record's number in the order of arrival. A record has a dozen rows, most of them
//! in places far apart, and writing those is what storing it costs: so they are short. A row that
//! leads to a record ends in its place, and the id is the hash of what lies there. A report has
//! four rows of buckets or more: they lie in chunks by their place, so that those of one commit
//! share the few pages of the latest chunk, and a look-up, which is rare beside it, goes through all.
//! Organisations and node keys stand with a number of four bytes (see `names`), locks with their
//! first 16 bytes: to make another lock share those takes 2^128 tries.
//!
//! A record that never leaves its organisation is flagged so when it comes, and stays so: of
//! what hangs on a report, only the report says whether it does, and the report may go first.
//! Counters count what other organisations may have, and under their number with `OWN_COUNT`
//! the rest.

mod aside;
mod names;
mod prepared;
mod rows;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod view;

use names::Names;
use prepared::Layered;
pub use prepared::Prepared;
use rows::{
    CONTESTED, HELD_AGAINST, IdRow, LAYOUT, OWN, REACHED, count_key, counter, damaged, day, id_at,
    member_key, neighbours, quota_key, reached_row, read_quota_key, rows, u32_at,
};
pub use view::{LedgerView, Lent};

use crate::store::{Op, Reader, Store, StoreError, Table, join, read_seq, seq};
use parasol_protocol::carried::Change;
use parasol_protocol::ids::{OrganisationKey, RecordId};
use parasol_protocol::record::{Kind, Verified};
use parasol_protocol::time::Day;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread::JoinHandle;

/// Records in a store.
pub struct Ledger {
    store: Arc<dyn Store>,
    names: Arc<Names>,
    place: u64,
    counts: BTreeMap<u8, u64>,
    home: OrganisationKey,
}

impl Ledger {
    /// The ledger in a store. `home` is the organisation whose reports are listed for it.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn open(store: Box<dyn Store>, home: OrganisationKey) -> Result<Self, StoreError> {
        let mut ledger = Self {
            store: store.into(),
            names: Arc::default(),
            place: 0,
            counts: BTreeMap::new(),
            home,
        };
        ledger.reload()?;
        Ok(ledger)
    }

    /// Reads the counters again. After a write that failed they may be behind the disk: what the
    /// system would not confirm can be there all the same.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn reload(&mut self) -> Result<(), StoreError> {
        let place = match self.store.get(Table::Meta, b"place")? {
            Some(bytes) => read_seq(&bytes).ok_or_else(|| damaged("the counter of places"))?,
            None => 0,
        };
        let layout = self.store.get(Table::Meta, LAYOUT.0)?;
        if place > 0 && layout.as_deref() != Some(LAYOUT.1) {
            return Err(damaged(
                "its records are laid out as another version does it",
            ));
        }
        let names = Names::read(self.store.as_ref())?;
        let mut counts = BTreeMap::new();
        for number in Kind::ALL
            .iter()
            .flat_map(|k| [counter(*k, false), counter(*k, true)])
        {
            if let Some(bytes) = self.store.get(Table::Meta, &count_key(number))? {
                let count = read_seq(&bytes).ok_or_else(|| damaged("a counter of records"))?;
                counts.insert(number, count);
            }
        }
        self.place = place;
        self.names = Arc::new(names);
        self.counts = counts;
        Ok(())
    }

    /// A view for reads that belong together.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn view(&self) -> Result<LedgerView<'_>, StoreError> {
        Ok(LedgerView {
            read: self.store.snapshot()?,
            counts: &self.counts,
            names: &self.names,
        })
    }

    /// What another thread can read while this one goes on.
    pub fn lend(&self) -> Lent {
        Lent {
            store: Arc::clone(&self.store),
            names: Arc::clone(&self.names),
            counts: self.counts.clone(),
        }
    }

    /// The store below.
    pub fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// How many records of each kind there are that other organisations may have.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        let named =
            |(number, count): (&u8, &u64)| Some((Kind::from_number(*number)?.name(), *count));
        self.counts.iter().filter_map(named).collect()
    }

    /// Applies changes, all or nothing. On disk when it returns.
    ///
    /// # Errors
    /// If the store cannot be written; then nothing has changed.
    pub fn apply(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        let prepared = self.prepare(changes, None)?;
        self.store.apply(&prepared.ops)?;
        self.stored(&prepared);
        Ok(())
    }

    /// Begins to write what was prepared, on another thread; only one at a time, in the order in
    /// which they were prepared. On disk when that thread returns so: tell [`Self::stored`]. If it
    /// does not, what was prepared after it is void, and the ledger is to be [reloaded](Self::reload).
    pub fn begin(&self, prepared: &Arc<Prepared>) -> JoinHandle<Result<(), StoreError>> {
        let (store, prepared) = (Arc::clone(&self.store), Arc::clone(prepared));
        std::thread::spawn(move || store.apply(&prepared.ops))
    }

    /// What was prepared is on the disk.
    pub fn stored(&mut self, prepared: &Prepared) {
        self.place = prepared.place;
        self.names = Arc::clone(&prepared.names);
        self.counts.clone_from(&prepared.counts);
    }

    /// As [`Self::view`], when what was prepared has been stored.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn view_after<'a>(&'a self, prepared: &'a Prepared) -> Result<LedgerView<'a>, StoreError> {
        let below = self.store.snapshot()?;
        Ok(LedgerView {
            read: Box::new(Layered {
                below,
                above: prepared,
            }),
            counts: &prepared.counts,
            names: &prepared.names,
        })
    }

    /// Makes changes ready for the store, on top of what is on its way there.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn prepare(
        &self,
        changes: &[Change],
        before: Option<&Prepared>,
    ) -> Result<Prepared, StoreError> {
        let mut ops = Vec::new();
        let (was, were, known) = match before {
            Some(before) => (before.place, &before.counts, &before.names),
            None => (self.place, &self.counts, &self.names),
        };
        let (mut place, mut counts, mut names) = (was, were.clone(), Arc::clone(known));
        let view = match before {
            Some(before) => self.view_after(before)?,
            None => self.view()?,
        };
        let read: &dyn Reader = view.read.as_ref();
        for change in changes {
            match change {
                Change::Insert(record) | Change::InsertOwn(record) => {
                    // A batch that is repeated after a doubtful failure must change nothing.
                    if read.get(Table::Ids, record.id().as_bytes())?.is_none() {
                        place += 1;
                        let own = matches!(change, Change::InsertOwn(_));
                        let keys = names::numbers(&mut names, record, &mut ops);
                        for (table, key, value) in rows(&self.home, record, keys, place, own) {
                            ops.push(Op::Put(table, key, value));
                        }
                        *counts.entry(counter(record.kind(), own)).or_default() += 1;
                    }
                }
                Change::Remove(id) => {
                    if let Some(counted) = self.take_out(id, read, known, &mut ops)? {
                        let count = counts.entry(counted).or_default();
                        *count = count.saturating_sub(1);
                    }
                }
                Change::SetAside(aside) => aside::put(aside, &mut ops),
                Change::DropAside(id) => aside::drop(read, id, &mut ops)?,
                Change::Contested(key, count) => {
                    let key = join(&[CONTESTED, key.as_bytes()]);
                    ops.push(Op::put(Table::Meta, key, seq(*count)));
                }
                Change::Reached(reached) => {
                    ops.push(Op::put(Table::Meta, REACHED, reached_row(reached)));
                }
                Change::HeldAgainst(charter) => {
                    ops.push(Op::put(Table::Meta, HELD_AGAINST, *charter.as_bytes()));
                }
                Change::Quota {
                    organisation,
                    key,
                    day,
                    used,
                } => {
                    ops.push(Op::put(
                        Table::Quota,
                        quota_key(organisation, *key, *day),
                        used.to_be_bytes(),
                    ));
                }
                Change::Member { mark, day, used } => {
                    let key = member_key(mark, *day);
                    ops.push(Op::put(Table::Quota, key, used.to_be_bytes()));
                }
            }
        }
        if place != was {
            ops.push(Op::put(Table::Meta, *b"place", seq(place)));
            if was == 0 {
                ops.push(Op::put(Table::Meta, LAYOUT.0, LAYOUT.1));
            }
        }
        for (kind, count) in &counts {
            if were.get(kind) != Some(count) {
                ops.push(Op::put(Table::Meta, count_key(*kind), seq(*count)));
            }
        }
        Ok(Prepared {
            ops: neighbours(ops),
            names,
            place,
            counts,
        })
    }

    /// Drops the counters of days before `today`, but for those that are worth keeping. What is
    /// kept of single members is never that.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    pub fn forget_quotas(
        &self,
        today: Day,
        worth_keeping: impl Fn(Day, u32) -> bool,
    ) -> Result<(), StoreError> {
        let mut ops = Vec::new();
        self.store
            .scan(Table::Quota, &[], Some(&day(today)), &mut |key, used| {
                let kept = match (read_quota_key(key), u32_at(used, 0)) {
                    (Some((day, true)), Some(used)) => worth_keeping(day, used),
                    _ => false,
                };
                if !kept {
                    ops.push(Op::delete(Table::Quota, key));
                }
                ControlFlow::Continue(())
            })?;
        if ops.is_empty() {
            Ok(())
        } else {
            self.store.apply(&ops)
        }
    }

    /// Says in which counter the record was.
    fn take_out(
        &self,
        id: &RecordId,
        read: &dyn Reader,
        names: &Names,
        ops: &mut Vec<Op>,
    ) -> Result<Option<u8>, StoreError> {
        let Some(row) = read.get(Table::Ids, id.as_bytes())? else {
            return Ok(None);
        };
        let row = IdRow::read(&row).ok_or_else(|| damaged("the place of a record"))?;
        let bytes = read
            .get(Table::Records, &seq(row.place))?
            .ok_or_else(|| damaged("a record that is listed and not there"))?;
        let record = Verified::from_own_store(&bytes).map_err(|_| damaged("a record"))?;
        let own = row.flags & OWN != 0;
        let keys = names.of(&record);
        for (table, key, _) in rows(&self.home, &record, keys, row.place, own) {
            // Another record may hold the slot by now.
            let taken_over = table == Table::Slots
                && read
                    .get(table, &key)?
                    .is_some_and(|held| id_at(&held, 0) != Some(*id));
            if !taken_over {
                ops.push(Op::delete(table, key));
            }
        }
        Ok(Some(counter(record.kind(), own)))
    }
}
