//! Records on disk: their layout in a [`Store`], and the [`View`] that the engine reads.
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
//! | kinds | kind, place | of records signed by roots |
//! | signers | organisation, node key, place | whether it proves itself |
//! | quota | day, organisation (16), key | evaluations |
//! | aside | see the module `aside` | records that were put out and may come back |
//! | meta | `count/KIND`, `place`, `name/NUMBER`, `layout`, `contested/KEY`, `reached` | counters, keys by their numbers, the latest known day |
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
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use names::Names;
use prepared::Layered;
pub use prepared::Prepared;

use crate::store::{
    Op, Reader, Snapshot, Store, StoreError, Table, Visit, join, prefix_end, read_seq, seq,
};
use parasol_protocol::admit::{Carried, Signed, SlotKey, Tombstone};
use parasol_protocol::carried::{Aside, Change, InBucket, Listed, TagRow, View};
use parasol_protocol::ids::{Lock, NodeKey, OrganisationKey, RecordId};
use parasol_protocol::oprf::KeyName;
use parasol_protocol::record::report::Report;
use parasol_protocol::record::{Body, Kind, Signer, Verified};
use parasol_protocol::seal::Bucket;
use parasol_protocol::time::{Day, Season};
use parasol_protocol::wire::client::Tag;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread::JoinHandle;

/// Flag of a record that never leaves its organisation.
const OWN: u8 = 1;
/// Flag of a record that a root signed.
const ROOT: u8 = 2;
/// Added to a kind's number: the counter of records that never leave their organisation.
const OWN_COUNT: u8 = 0x80;
/// Where the counters of contested slots stand.
const CONTESTED: &[u8] = b"contested/";
/// Where the latest known day stands.
const REACHED: &[u8] = b"reached";

/// Where it stands how the rows are laid out, and how they are now.
const LAYOUT: (&[u8], &[u8]) = (b"layout", &[2]);

/// Records in a store.
pub struct Ledger {
    store: Arc<dyn Store>,
    names: Arc<Names>,
    place: u64,
    counts: BTreeMap<u8, u64>,
    home: OrganisationKey,
}

fn head16(bytes: &[u8; 32]) -> &[u8] {
    bytes.first_chunk::<16>().map_or(&[], |h| h.as_slice())
}

fn day(day: Day) -> [u8; 4] {
    day.number().to_be_bytes()
}

/// The key of a slot of the organisation of this number or beginning.
fn slot_key(organisation: &[u8], slot: &SlotKey) -> Vec<u8> {
    let class = [u8::from(slot.root) | (u8::from(slot.own) << 1)];
    join(&[
        organisation,
        &class,
        &day(slot.issued),
        &slot.slot.to_be_bytes(),
    ])
}

/// Bytes of the key of a row in the table of locks that are the same for one kind and publisher.
const LOCK_GROUP: usize = 16 + 1 + 4;
/// Bytes of the key of a row in the table of buckets that are the same for one publisher.
const BUCKET_GROUP: usize = 4 + 4 + 4;
/// Places in a chunk of the table of buckets, as a power of two: 65 536 records, whose rows fill a
/// thousand pages or two.
const CHUNK: u32 = 16;
/// Added to the kind of a retraction that its lock has signed.
const PROVEN: u8 = 0x80;
/// Retractions of one lock, publisher and sort that are looked at: they all say the same.
const TOMBSTONES: usize = 4;

fn lock_class(record: &Verified) -> u8 {
    match record.body() {
        Body::Retraction(r) if r.proof.is_some() => record.kind().number() | PROVEN,
        _ => record.kind().number(),
    }
}

fn bucket_key(bucket: u32, organisation: &[u8; 4], place: u64) -> Vec<u8> {
    let chunk = u32::try_from(place >> CHUNK).unwrap_or(u32::MAX);
    let [.., high, low] = seq(!place);
    join(&[
        &chunk.to_be_bytes(),
        &bucket.to_be_bytes(),
        organisation,
        &[high, low],
    ])
}

/// Bucket, number of the publisher and place of a row.
fn read_bucket_key(key: &[u8]) -> Option<(u32, u32, u64)> {
    let low = u16::from_be_bytes(*key.get(12..)?.first_chunk()?);
    let place = u64::from(u32_at(key, 0)?) << CHUNK | u64::from(!low);
    Some((u32_at(key, 4)?, u32_at(key, 8)?, place))
}

/// The place at the end of a key.
fn place_of(key: &[u8]) -> Option<u64> {
    read_seq(key.last_chunk::<8>()?)
}

fn quota_key(organisation: &OrganisationKey, key: KeyName, on: Day) -> Vec<u8> {
    let (number, season) = match key {
        KeyName::Bucket => (0, 0),
        KeyName::Handle(s) => (1, s.index()),
        KeyName::Area(s) => (2, s.index()),
    };
    join(&[
        &day(on),
        head16(organisation.as_bytes()),
        &[number],
        &season.to_be_bytes(),
    ])
}

fn count_key(kind: u8) -> Vec<u8> {
    join(&[b"count/", &[kind]])
}

/// The counter that a record counts in.
const fn counter(kind: Kind, own: bool) -> u8 {
    if own {
        kind.number() | OWN_COUNT
    } else {
        kind.number()
    }
}

fn id_at(bytes: &[u8], at: usize) -> Option<RecordId> {
    let tail = bytes.get(at..)?;
    tail.first_chunk::<32>().map(|id| RecordId::from_bytes(*id))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let tail = bytes.get(at..)?;
    tail.first_chunk::<4>().map(|n| u32::from_be_bytes(*n))
}

fn damaged(what: &'static str) -> StoreError {
    StoreError::Corrupt(what.to_owned())
}

/// What stands under a record's id.
struct IdRow {
    place: u64,
    issued: Day,
    expires: Day,
    flags: u8,
}

impl IdRow {
    fn write(&self) -> Vec<u8> {
        join(&[
            &seq(self.place),
            &day(self.issued),
            &day(self.expires),
            &[self.flags],
        ])
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            place: read_seq(bytes.get(..8)?)?,
            issued: Day::from_number(u32_at(bytes, 8)?),
            expires: Day::from_number(u32_at(bytes, 12)?),
            flags: *bytes.get(16)?,
        })
    }
}

fn report(record: &Verified) -> Option<&Report> {
    match record.body() {
        Body::Report(r) => Some(r),
        _ => None,
    }
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
                        for (table, key, value) in self.rows(record, keys, place, own) {
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
                    ops.push(Op::put(Table::Meta, REACHED, day(*reached)));
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

    /// Drops the counters of days before `today`.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    pub fn forget_quotas(&self, today: Day) -> Result<(), StoreError> {
        let mut ops = Vec::new();
        self.store
            .scan(Table::Quota, &[], Some(&day(today)), &mut |key, _| {
                ops.push(Op::delete(Table::Quota, key));
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
        for (table, key, _) in self.rows(&record, keys, row.place, own) {
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

    /// Every row that a record has. `keys` are the numbers of its organisation and its node key.
    fn rows(
        &self,
        record: &Verified,
        keys: ([u8; 4], [u8; 4]),
        place: u64,
        own: bool,
    ) -> Vec<(Table, Vec<u8>, Vec<u8>)> {
        let (id, header, kind) = (record.id(), record.header(), record.kind());
        let (organisation, signer) = keys;
        let id_bytes = id.as_bytes().to_vec();
        let flags = if own { OWN } else { 0 } | if kind.by_root() { ROOT } else { 0 };
        let row = IdRow {
            place,
            issued: header.issued,
            expires: header.expires,
            flags,
        };
        let at = seq(place);
        let slot = slot_key(&organisation, &SlotKey::of(record, own));
        let mut rows = vec![
            (Table::Records, at.to_vec(), record.bytes().to_vec()),
            (Table::Ids, id_bytes.clone(), row.write()),
            (Table::Slots, slot, id_bytes.clone()),
            (
                Table::Expiry,
                join(&[&day(header.expires), &at]),
                Vec::new(),
            ),
        ];
        if let Some(lock) = record.body().lock() {
            let value = match record.body() {
                Body::Retraction(r) => join(&[
                    header.organisation.as_bytes(),
                    &day(header.issued),
                    &[u8::from(r.proof.is_some())],
                ]),
                _ => Vec::new(),
            };
            let class = [lock_class(record)];
            let key = join(&[head16(lock.as_bytes()), &class, &organisation, &at]);
            rows.push((Table::Locks, key, value));
        }
        if matches!(header.signer, Signer::Node(_)) {
            let proven = vec![u8::from(Signed::of(record).proven)];
            rows.push((Table::Signers, join(&[&organisation, &signer, &at]), proven));
        }
        if kind.by_root() {
            let key = join(&[&[kind.number()], &at]);
            rows.push((Table::Kinds, key, Vec::new()));
        }
        if let Some(report) = report(record) {
            if own || header.organisation == self.home {
                let key = join(&[&[u8::from(own)], &at]);
                rows.push((Table::Own, key, Vec::new()));
            }
            if own {
                return rows;
            }
            let short = id_bytes.get(..8).unwrap_or_default();
            let season = header.expires.season().index().to_be_bytes();
            let tag = join(&[
                &day(header.issued),
                short,
                &season,
                &report.salt,
                &report.area_tag,
            ]);
            rows.push((Table::Issued, at.to_vec(), tag));
            for entry in &report.entries {
                let key = bucket_key(entry.bucket, &organisation, place);
                rows.push((Table::Buckets, key, Vec::new()));
            }
        }
        rows
    }
}

/// The steps by table and key, so that a tree is walked from one end to the other. What a list says
/// of one key keeps its order.
fn neighbours(ops: Vec<Op>) -> Vec<Op> {
    // The beginnings of the keys lie side by side here; the keys themselves are all over the memory.
    let mut order: Vec<(Table, [u8; 8], usize)> = Vec::with_capacity(ops.len());
    for (at, op) in ops.iter().enumerate() {
        let (table, key) = op.place();
        let mut head = [0; 8];
        head.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        order.push((table, head, at));
    }
    let key = |at: usize| ops.get(at).map(Op::place);
    order.sort_unstable_by(|one, two| {
        let heads = (one.0, one.1).cmp(&(two.0, two.1));
        heads
            .then_with(|| key(one.2).cmp(&key(two.2)))
            .then(one.2.cmp(&two.2))
    });
    let mut ops: Vec<Option<Op>> = ops.into_iter().map(Some).collect();
    let sorted = order.into_iter();
    sorted
        .filter_map(|(_, _, at)| ops.get_mut(at).and_then(Option::take))
        .collect()
}

/// The reading half of a ledger, with the counts of when it was lent.
pub struct Lent {
    store: Arc<dyn Store>,
    names: Arc<Names>,
    counts: BTreeMap<u8, u64>,
}

impl Lent {
    /// As [`Ledger::view`]. It shows what is stored now.
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
}

/// What the engine reads: a snapshot of the ledger.
pub struct LedgerView<'a> {
    read: Snapshot<'a>,
    counts: &'a BTreeMap<u8, u64>,
    names: &'a Names,
}

impl LedgerView<'_> {
    /// Visits a range, of rows whose keys begin with the same `group` bytes the first `each`: what
    /// one organisation put there in masses is stepped over, not walked through.
    fn scan_groups(
        &self,
        table: Table,
        start: &[u8],
        end: Option<&[u8]>,
        group: usize,
        each: usize,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        let mut start = start.to_vec();
        loop {
            let (mut now, mut count) = (Vec::new(), 0);
            let mut next = None;
            self.read.scan(table, &start, end, &mut |key, value| {
                let head = key.get(..group).unwrap_or(key);
                if now != head {
                    now = head.to_vec();
                    count = 0;
                }
                count += 1;
                if count > each {
                    next = prefix_end(head);
                    return ControlFlow::Break(());
                }
                visit(key, value)
            })?;
            match next {
                Some(after) if end.is_none_or(|end| after.as_slice() < end) => start = after,
                _ => return Ok(()),
            }
        }
    }

    /// The rows of a lock and a class of records.
    fn locks(
        &self,
        lock: &Lock,
        class: u8,
        each: usize,
        visit: &mut dyn FnMut(&[u8], &[u8]),
    ) -> Result<(), StoreError> {
        let start = join(&[head16(lock.as_bytes()), &[class]]);
        let end = prefix_end(&start);
        let visit: &mut Visit<'_> = &mut |key, value| {
            visit(key, value);
            ControlFlow::Continue(())
        };
        self.scan_groups(
            Table::Locks,
            &start,
            end.as_deref(),
            LOCK_GROUP,
            each,
            visit,
        )
    }

    /// The retractions of a lock, proven and unproven.
    fn retracted(
        &self,
        lock: &Lock,
        visit: &mut dyn FnMut(&[u8], &[u8]),
    ) -> Result<(), StoreError> {
        // With most locks there is nothing yet: one look says so.
        let mut any = false;
        self.read
            .scan_prefix(Table::Locks, head16(lock.as_bytes()), &mut |_, _| {
                any = true;
                ControlFlow::Break(())
            })?;
        if !any {
            return Ok(());
        }
        let class = Kind::Retraction.number();
        self.locks(lock, class | PROVEN, TOMBSTONES, visit)?;
        self.locks(lock, class, TOMBSTONES, visit)
    }

    fn row(&self, id: &RecordId) -> Result<Option<IdRow>, StoreError> {
        match self.read.get(Table::Ids, id.as_bytes())? {
            Some(bytes) => Ok(Some(
                IdRow::read(&bytes).ok_or_else(|| damaged("the place of a record"))?,
            )),
            None => Ok(None),
        }
    }

    /// The chunks of the table of buckets that hold anything.
    fn chunks(&self) -> Result<Vec<u32>, StoreError> {
        let mut chunks = Vec::new();
        let mut from = Some(0_u32);
        while let Some(start) = from {
            let mut next = None;
            let start = start.to_be_bytes();
            self.read
                .scan(Table::Buckets, &start, None, &mut |key, _| {
                    next = u32_at(key, 0);
                    ControlFlow::Break(())
                })?;
            chunks.extend(next);
            from = next.and_then(|chunk| chunk.checked_add(1));
        }
        Ok(chunks)
    }

    /// The id of the record in a place.
    fn id_of(&self, place: u64) -> Result<Option<RecordId>, StoreError> {
        let bytes = self.read.get(Table::Records, &seq(place))?;
        Ok(bytes.map(|bytes| RecordId::of(&bytes)))
    }

    fn ids_of(&self, places: &[u64]) -> Result<Vec<RecordId>, StoreError> {
        let ids = places.iter().filter_map(|p| self.id_of(*p).transpose());
        ids.collect()
    }

    /// The ids of the records whose places stand at the ends of these keys.
    fn ids_in(
        &self,
        table: Table,
        start: &[u8],
        end: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<RecordId>, StoreError> {
        let mut places = Vec::new();
        self.read.scan(table, start, end, &mut |key, _| {
            if places.len() >= limit {
                return ControlFlow::Break(());
            }
            places.extend(place_of(key));
            ControlFlow::Continue(())
        })?;
        self.ids_of(&places)
    }
}

impl Carried for LedgerView<'_> {
    type Error = StoreError;

    fn occupant(&self, slot: &SlotKey) -> Result<Option<RecordId>, StoreError> {
        let Some(organisation) = self.names.number(slot.organisation.as_bytes()) else {
            return Ok(None);
        };
        let row = self
            .read
            .get(Table::Slots, &slot_key(&organisation, slot))?;
        Ok(row.and_then(|row| id_at(&row, 0)))
    }

    fn tombstones(&self, lock: &Lock) -> Result<Vec<Tombstone>, StoreError> {
        let mut all = Vec::new();
        self.retracted(lock, &mut |_, value| {
            let organisation = id_at(value, 0).map(|k| OrganisationKey::from_bytes(*k.as_bytes()));
            if let (Some(organisation), Some(issued), Some(proven)) =
                (organisation, u32_at(value, 32), value.get(36))
            {
                let issued = Day::from_number(issued);
                all.push(Tombstone {
                    organisation,
                    issued,
                    proven: *proven == 1,
                });
            }
        })?;
        Ok(all)
    }

    fn with_lock(&self, lock: &Lock) -> Result<Vec<RecordId>, StoreError> {
        let mut places = Vec::new();
        let start = head16(lock.as_bytes());
        self.read.scan_prefix(Table::Locks, start, &mut |key, _| {
            let class = key.get(16).copied().unwrap_or(0);
            if class & !PROVEN != Kind::Retraction.number() {
                places.extend(place_of(key));
            }
            ControlFlow::Continue(())
        })?;
        self.ids_of(&places)
    }

    fn signed_by(
        &self,
        organisation: &OrganisationKey,
        key: &NodeKey,
    ) -> Result<Vec<Signed>, StoreError> {
        let number = |key: &[u8; 32]| self.names.number(key);
        let (Some(organisation), Some(key)) =
            (number(organisation.as_bytes()), number(key.as_bytes()))
        else {
            return Ok(Vec::new());
        };
        let mut rows = Vec::new();
        let prefix = join(&[&organisation, &key]);
        self.read
            .scan_prefix(Table::Signers, &prefix, &mut |key, value| {
                rows.extend(place_of(key).map(|place| (place, value == [1])));
                ControlFlow::Continue(())
            })?;
        let signed = rows.into_iter().filter_map(|(place, proven)| {
            let id = self.id_of(place).transpose()?;
            Some(id.map(|id| Signed { id, proven }))
        });
        signed.collect()
    }
}

impl View for LedgerView<'_> {
    fn record(&self, id: &RecordId) -> Result<Option<Vec<u8>>, StoreError> {
        match self.row(id)? {
            Some(row) => self.read.get(Table::Records, &seq(row.place)),
            None => Ok(None),
        }
    }

    fn at(&self, place: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.read.get(Table::Records, &seq(place))
    }

    fn find(&self, prefix: &[u8]) -> Result<Vec<RecordId>, StoreError> {
        let mut ids = Vec::new();
        self.read.scan_prefix(Table::Ids, prefix, &mut |key, _| {
            ids.extend(id_at(key, 0));
            if ids.len() < 2 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })?;
        Ok(ids)
    }

    fn list(&self, visit: &mut dyn FnMut(Listed)) -> Result<(), StoreError> {
        self.read.scan(Table::Ids, &[], None, &mut |key, value| {
            if let (Some(id), Some(row)) = (id_at(key, 0), IdRow::read(value)) {
                visit(Listed {
                    id,
                    issued: row.issued,
                    expires: row.expires,
                    own: row.flags & OWN != 0,
                });
            }
            ControlFlow::Continue(())
        })
    }

    fn by_roots(&self) -> Result<Vec<RecordId>, StoreError> {
        let mut ids = Vec::new();
        for kind in Kind::ALL.iter().filter(|k| k.by_root()) {
            let (start, end) = ([kind.number()], [kind.number() + 1]);
            ids.extend(self.ids_in(Table::Kinds, &start, Some(&end), usize::MAX)?);
        }
        Ok(ids)
    }

    fn bucket(
        &self,
        bucket: Bucket,
        bits: u8,
        each: usize,
        limit: usize,
    ) -> Result<Vec<InBucket>, StoreError> {
        let (first, last) = bucket.span(bits);
        let mut counts: BTreeMap<(u32, u32), usize> = BTreeMap::new();
        let mut found = Vec::new();
        // The latest first.
        for chunk in self.chunks()?.into_iter().rev() {
            let chunk = chunk.to_be_bytes();
            let start = join(&[&chunk, &first.to_be_bytes()]);
            let end = match last.checked_add(1) {
                Some(after) => Some(join(&[&chunk, &after.to_be_bytes()])),
                None => prefix_end(&chunk),
            };
            let visit: &mut Visit<'_> = &mut |key, _| {
                let row = read_bucket_key(key);
                if let Some((bucket, by, place)) = row
                    && let Some(publisher) = self.names.head(by)
                {
                    let count = counts.entry((bucket, by)).or_default();
                    *count += 1;
                    if *count <= each {
                        found.push(InBucket {
                            bucket,
                            publisher,
                            place,
                        });
                    }
                }
                if found.len() < limit {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            };
            let (table, end) = (Table::Buckets, end.as_deref());
            self.scan_groups(table, &start, end, BUCKET_GROUP, each, visit)?;
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }

    fn of_lock(&self, lock: &Lock, kind: Kind, each: usize) -> Result<Vec<RecordId>, StoreError> {
        let mut places = Vec::new();
        self.locks(lock, kind.number(), each, &mut |key, _| {
            places.extend(place_of(key));
        })?;
        self.ids_of(&places)
    }

    fn retractions(&self, lock: &Lock) -> Result<Vec<RecordId>, StoreError> {
        let mut places = Vec::new();
        self.retracted(lock, &mut |key, _| places.extend(place_of(key)))?;
        self.ids_of(&places)
    }

    fn last_slot(
        &self,
        organisation: &OrganisationKey,
        own: bool,
        on: Day,
        below: u32,
    ) -> Result<Option<u32>, StoreError> {
        let Some(number) = self.names.number(organisation.as_bytes()) else {
            return Ok(None);
        };
        let at = |slot| {
            let slot = SlotKey {
                organisation: *organisation,
                root: false,
                own,
                issued: on,
                slot,
            };
            slot_key(&number, &slot)
        };
        let mut last = None;
        self.read
            .scan(Table::Slots, &at(0), Some(&at(below)), &mut |key, _| {
                last = u32_at(key, 9);
                ControlFlow::Continue(())
            })?;
        Ok(last)
    }

    fn expired(&self, before: Day, limit: usize) -> Result<Vec<RecordId>, StoreError> {
        self.ids_in(Table::Expiry, &[], Some(&day(before)), limit)
    }

    fn tags(
        &self,
        from: Day,
        to: Day,
        after: u64,
        limit: usize,
    ) -> Result<Vec<TagRow>, StoreError> {
        let mut rows = Vec::new();
        self.read.scan(
            Table::Issued,
            &seq(after.saturating_add(1)),
            None,
            &mut |key, value| {
                if let (Some(place), Some((issued, tag))) = (read_seq(key), read_tag(value))
                    && from <= issued
                    && issued <= to
                {
                    rows.push(TagRow { place, tag });
                }
                if rows.len() < limit {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            },
        )?;
        Ok(rows)
    }

    fn reports_of(
        &self,
        _organisation: &OrganisationKey,
        only_own: bool,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, RecordId)>, StoreError> {
        // The table holds the home organisation's reports, and no others are ever asked for.
        let from = seq(after.saturating_add(1));
        let mut places = Vec::new();
        let of = |own: u8| !only_own || own == 1;
        for own in [0, 1_u8].into_iter().filter(|own| of(*own)) {
            let (start, end) = (join(&[&[own], &from]), [own + 1]);
            let mut room = limit;
            self.read
                .scan(Table::Own, &start, Some(&end), &mut |key, _| {
                    if room == 0 {
                        return ControlFlow::Break(());
                    }
                    room -= 1;
                    places.extend(place_of(key));
                    ControlFlow::Continue(())
                })?;
        }
        places.sort_unstable();
        places.truncate(limit);
        let rows = places.into_iter().filter_map(|place| {
            let id = self.id_of(place).transpose()?;
            Some(id.map(|id| (place, id)))
        });
        rows.collect()
    }

    fn is_own(&self, id: &RecordId) -> Result<bool, StoreError> {
        Ok(self.row(id)?.is_some_and(|row| row.flags & OWN != 0))
    }

    fn aside(&self, id: &RecordId) -> Result<Option<Aside>, StoreError> {
        aside::get(self.read.as_ref(), id)
    }

    fn aside_in(&self, slot: &SlotKey) -> Result<Vec<RecordId>, StoreError> {
        aside::in_slot(self.read.as_ref(), slot)
    }

    fn aside_with(&self, lock: &Lock) -> Result<Vec<RecordId>, StoreError> {
        aside::with_lock(self.read.as_ref(), lock)
    }

    fn aside_expired(&self, before: Day, limit: usize) -> Result<Vec<RecordId>, StoreError> {
        aside::expired(self.read.as_ref(), before, limit)
    }

    fn contested(&self) -> Result<Vec<(NodeKey, u64)>, StoreError> {
        let mut all = Vec::new();
        self.read
            .scan_prefix(Table::Meta, CONTESTED, &mut |key, value| {
                let key = id_at(key, CONTESTED.len());
                let key = key.map(|k| NodeKey::from_bytes(*k.as_bytes()));
                all.extend(key.zip(read_seq(value)));
                ControlFlow::Continue(())
            })?;
        Ok(all)
    }

    fn reached(&self) -> Result<Option<Day>, StoreError> {
        match self.read.get(Table::Meta, REACHED)? {
            Some(bytes) => Ok(Some(Day::from_number(
                u32_at(&bytes, 0).ok_or_else(|| damaged("the latest known day"))?,
            ))),
            None => Ok(None),
        }
    }

    fn count(&self, kind: Kind) -> Result<u64, StoreError> {
        Ok(self.counts.get(&kind.number()).copied().unwrap_or(0))
    }

    fn quota(
        &self,
        organisation: &OrganisationKey,
        key: KeyName,
        on: Day,
    ) -> Result<u32, StoreError> {
        let stored = self
            .read
            .get(Table::Quota, &quota_key(organisation, key, on))?;
        Ok(stored.and_then(|bytes| u32_at(&bytes, 0)).unwrap_or(0))
    }
}

fn read_tag(value: &[u8]) -> Option<(Day, Tag)> {
    let tag = Tag {
        id: *value.get(4..)?.first_chunk()?,
        season: Season::from_index(u32_at(value, 12)?),
        salt: *value.get(16..)?.first_chunk()?,
        tag: *value.get(32..)?.first_chunk()?,
    };
    Some((Day::from_number(u32_at(value, 0)?), tag))
}
