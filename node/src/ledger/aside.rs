//! Records that were put out and may come back: one table, whose keys begin with what they are for.
//!
//! | key | value |
//! |---|---|
//! | 0, id | flags, the record's bytes |
//! | 1, organisation (16), class, issued, slot, id | nothing |
//! | 2, lock (16), id | nothing |
//! | 3, last day, id | nothing |

use super::rows::{self, OWN, damaged, day, head16, id_at};
use crate::store::{Op, Reader, StoreError, Table, join};
use parasol_protocol::admit::SlotKey;
use parasol_protocol::carried::Aside;
use parasol_protocol::ids::{Lock, RecordId};
use parasol_protocol::record::Verified;
use parasol_protocol::time::Day;
use std::ops::ControlFlow;

const RECORD: u8 = 0;
const SLOT: u8 = 1;
const LOCK: u8 = 2;
const EXPIRY: u8 = 3;

fn slot_key(slot: &SlotKey) -> Vec<u8> {
    rows::slot_key(head16(slot.organisation.as_bytes()), slot)
}

fn record_key(id: &RecordId) -> Vec<u8> {
    join(&[&[RECORD], id.as_bytes()])
}

/// The keys under which a record is found, other than its id.
fn keys(aside: &Aside) -> Vec<Vec<u8>> {
    let record = &aside.record;
    let id = record.id();
    let id = id.as_bytes().as_slice();
    let slot = slot_key(&SlotKey::of(record, aside.own));
    let mut keys = vec![
        join(&[&[SLOT], &slot, id]),
        join(&[&[EXPIRY], &day(record.header().expires), id]),
    ];
    if let Some(lock) = record.body().lock() {
        keys.push(join(&[&[LOCK], head16(lock.as_bytes()), id]));
    }
    keys
}

/// Sets a record aside.
pub(super) fn put(aside: &Aside, ops: &mut Vec<Op>) {
    let record = &aside.record;
    let flags = [if aside.own { OWN } else { 0 }];
    let value = join(&[&flags, record.bytes()]);
    ops.push(Op::put(Table::Aside, record_key(&record.id()), value));
    let keys = keys(aside).into_iter();
    ops.extend(keys.map(|key| Op::put(Table::Aside, key, [])));
}

/// Sets a record aside no longer.
pub(super) fn drop(store: &dyn Reader, id: &RecordId, ops: &mut Vec<Op>) -> Result<(), StoreError> {
    let Some(value) = store.get(Table::Aside, &record_key(id))? else {
        return Ok(());
    };
    let aside = read(&value)?;
    ops.push(Op::delete(Table::Aside, record_key(id)));
    let keys = keys(&aside).into_iter();
    ops.extend(keys.map(|key| Op::delete(Table::Aside, key)));
    Ok(())
}

fn read(value: &[u8]) -> Result<Aside, StoreError> {
    let damage = || damaged("a record that was set aside");
    let (flags, bytes) = value.split_first().ok_or_else(damage)?;
    Ok(Aside {
        record: Verified::from_own_store(bytes).map_err(|_| damage())?,
        own: flags & OWN != 0,
    })
}

pub(super) fn get(from: &dyn Reader, id: &RecordId) -> Result<Option<Aside>, StoreError> {
    let value = from.get(Table::Aside, &record_key(id))?;
    value.map(|v| read(&v)).transpose()
}

/// The ids at the ends of keys that begin so.
fn ids(from: &dyn Reader, prefix: &[u8]) -> Result<Vec<RecordId>, StoreError> {
    let mut ids = Vec::new();
    from.scan_prefix(Table::Aside, prefix, &mut |key, _| {
        ids.extend(id_at(key, prefix.len()));
        ControlFlow::Continue(())
    })?;
    Ok(ids)
}

pub(super) fn in_slot(from: &dyn Reader, slot: &SlotKey) -> Result<Vec<RecordId>, StoreError> {
    ids(from, &join(&[&[SLOT], &slot_key(slot)]))
}

pub(super) fn with_lock(from: &dyn Reader, lock: &Lock) -> Result<Vec<RecordId>, StoreError> {
    ids(from, &join(&[&[LOCK], head16(lock.as_bytes())]))
}

pub(super) fn expired(
    from: &dyn Reader,
    before: Day,
    limit: usize,
) -> Result<Vec<RecordId>, StoreError> {
    let (start, end) = ([EXPIRY], join(&[&[EXPIRY], &day(before)]));
    let mut ids = Vec::new();
    from.scan(Table::Aside, &start, Some(&end), &mut |key, _| {
        if ids.len() >= limit {
            return ControlFlow::Break(());
        }
        ids.extend(id_at(key, 5));
        ControlFlow::Continue(())
    })?;
    Ok(ids)
}
