//! What the engine reads: the ledger as it was at one moment.

use super::aside;
use super::names::Names;
use super::rows::{
    BUCKET_GROUP, CONTESTED, HELD_AGAINST, IdRow, LOCK_GROUP, OWN, PROVEN, REACHED, TOMBSTONES,
    damaged, day, head16, id_at, member_key, place_of, quota_key, read_bucket_key, read_reached,
    read_tag, slot_key, u32_at,
};
use crate::store::{Snapshot, Store, StoreError, Table, Visit, join, prefix_end, read_seq, seq};
use parasol_protocol::admit::{Carried, Signed, SlotKey, Tombstone};
use parasol_protocol::carried::{Aside, InBucket, Listed, Mark, Reached, TagRow, View};
use parasol_protocol::ids::{CharterId, Lock, NodeKey, OrganisationKey, RecordId};
use parasol_protocol::oprf::KeyName;
use parasol_protocol::record::Kind;
use parasol_protocol::seal::Bucket;
use parasol_protocol::time::Day;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

/// The reading half of a ledger, with the counts of when it was lent.
pub struct Lent {
    pub(super) store: Arc<dyn Store>,
    pub(super) names: Arc<Names>,
    pub(super) counts: BTreeMap<u8, u64>,
}

impl Lent {
    /// As [`Ledger::view`](super::Ledger::view). It shows what is stored now.
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
    pub(super) read: Snapshot<'a>,
    pub(super) counts: &'a BTreeMap<u8, u64>,
    pub(super) names: &'a Names,
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

    fn for_directory(&self) -> Result<Vec<RecordId>, StoreError> {
        let mut ids = Vec::new();
        for kind in Kind::ALL.iter().filter(|k| k.in_directory()) {
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

    fn reached(&self) -> Result<Option<Reached>, StoreError> {
        let row = self.read.get(Table::Meta, REACHED)?;
        let read = |row: Vec<u8>| read_reached(&row).ok_or_else(|| damaged("the latest known day"));
        row.map(read).transpose()
    }

    fn held_against(&self) -> Result<Option<CharterId>, StoreError> {
        match self.read.get(Table::Meta, HELD_AGAINST)? {
            Some(bytes) => {
                let id = id_at(&bytes, 0).ok_or_else(|| damaged("the version held against"))?;
                Ok(Some(CharterId::from_bytes(*id.as_bytes())))
            }
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

    fn member(&self, mark: &Mark, on: Day) -> Result<u32, StoreError> {
        let stored = self.read.get(Table::Quota, &member_key(mark, on))?;
        Ok(stored.and_then(|bytes| u32_at(&bytes, 0)).unwrap_or(0))
    }
}
