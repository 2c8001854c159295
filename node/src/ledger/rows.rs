//! The rows of a record: their keys, what they hold, and how they are read again.

use crate::store::{Op, StoreError, Table, join, read_seq, seq};
use parasol_protocol::admit::{Signed, SlotKey};
use parasol_protocol::carried::{Mark, Reached};
use parasol_protocol::ids::{OrganisationKey, RecordId};
use parasol_protocol::oprf::KeyName;
use parasol_protocol::record::report::Report;
use parasol_protocol::record::{Body, Kind, Signer, Verified};
use parasol_protocol::time::{Day, Season};
use parasol_protocol::wire::client::Tag;

/// Flag of a record that never leaves its organisation.
pub(super) const OWN: u8 = 1;
/// Flag of a record that a root signed.
pub(super) const ROOT: u8 = 2;
/// Added to a kind's number: the counter of records that never leave their organisation.
pub(super) const OWN_COUNT: u8 = 0x80;
/// Where the counters of contested slots stand.
pub(super) const CONTESTED: &[u8] = b"contested/";
/// Where the latest known day stands.
pub(super) const REACHED: &[u8] = b"reached";
pub(super) const HELD_AGAINST: &[u8] = b"charter";

/// In the place of a shared key's number: a counter of members.
const MEMBER: u8 = 255;

/// Where it stands how the rows are laid out, and how they are now.
pub(super) const LAYOUT: (&[u8], &[u8]) = (b"layout", &[2]);

pub(super) fn head16(bytes: &[u8; 32]) -> &[u8] {
    bytes.first_chunk::<16>().map_or(&[], |h| h.as_slice())
}

pub(super) fn day(day: Day) -> [u8; 4] {
    day.number().to_be_bytes()
}

/// The latest known day, and the time that no day has used.
pub(super) fn reached_row(reached: &Reached) -> Vec<u8> {
    join(&[&day(reached.day), &reached.spare.to_be_bytes()])
}

pub(super) fn read_reached(row: &[u8]) -> Option<Reached> {
    let day = Day::from_number(u32_at(row, 0)?);
    // Earlier versions kept no more than the day.
    let spare = u32_at(row, 4).unwrap_or(0);
    Some(Reached { day, spare })
}

/// The key of a slot of the organisation of this number or beginning.
pub(super) fn slot_key(organisation: &[u8], slot: &SlotKey) -> Vec<u8> {
    let class = [u8::from(slot.root) | (u8::from(slot.own) << 1)];
    join(&[
        organisation,
        &class,
        &day(slot.issued),
        &slot.slot.to_be_bytes(),
    ])
}

/// Bytes of the key of a row in the table of locks that are the same for one kind and publisher.
pub(super) const LOCK_GROUP: usize = 16 + 1 + 4;
/// Bytes of the key of a row in the table of buckets that are the same for one publisher.
pub(super) const BUCKET_GROUP: usize = 4 + 4 + 4;
/// Places in a chunk of the table of buckets, as a power of two: 65 536 records, whose rows fill a
/// thousand pages or two.
pub(super) const CHUNK: u32 = 16;
/// Added to the kind of a retraction that its lock has signed.
pub(super) const PROVEN: u8 = 0x80;
/// Retractions of one lock, publisher and sort that are looked at: they all say the same.
pub(super) const TOMBSTONES: usize = 4;

pub(super) fn lock_class(record: &Verified) -> u8 {
    match record.body() {
        Body::Retraction(r) if r.proof.is_some() => record.kind().number() | PROVEN,
        _ => record.kind().number(),
    }
}

pub(super) fn bucket_key(bucket: u32, organisation: &[u8; 4], place: u64) -> Vec<u8> {
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
pub(super) fn read_bucket_key(key: &[u8]) -> Option<(u32, u32, u64)> {
    let low = u16::from_be_bytes(*key.get(12..)?.first_chunk()?);
    let place = u64::from(u32_at(key, 0)?) << CHUNK | u64::from(!low);
    Some((u32_at(key, 4)?, u32_at(key, 8)?, place))
}

/// The place at the end of a key.
pub(super) fn place_of(key: &[u8]) -> Option<u64> {
    read_seq(key.last_chunk::<8>()?)
}

pub(super) fn quota_key(organisation: &OrganisationKey, key: KeyName, on: Day) -> Vec<u8> {
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

/// Where it is counted what a member of this organisation, or all of them, asked for.
pub(super) fn member_key(mark: &Mark, on: Day) -> Vec<u8> {
    join(&[&day(on), mark, &[MEMBER], &[0; 4]])
}

/// Day of a counter, and whether it is one of those that are kept while a grant may hold: a
/// keyholder's, or that of all members together. What single members asked is nobody's business
/// once the day is over.
pub(super) fn read_quota_key(key: &[u8]) -> Option<(Day, bool)> {
    let on = Day::from_number(u32_at(key, 0)?);
    let of_one = key.get(20) == Some(&MEMBER) && key.get(4..20) != Some(&[0; 16]);
    Some((on, !of_one))
}

pub(super) fn count_key(kind: u8) -> Vec<u8> {
    join(&[b"count/", &[kind]])
}

/// The counter that a record counts in.
pub(super) const fn counter(kind: Kind, own: bool) -> u8 {
    if own {
        kind.number() | OWN_COUNT
    } else {
        kind.number()
    }
}

pub(super) fn id_at(bytes: &[u8], at: usize) -> Option<RecordId> {
    let tail = bytes.get(at..)?;
    tail.first_chunk::<32>().map(|id| RecordId::from_bytes(*id))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let tail = bytes.get(at..)?;
    tail.first_chunk::<4>().map(|n| u32::from_be_bytes(*n))
}

pub(super) fn damaged(what: &'static str) -> StoreError {
    StoreError::Corrupt(what.to_owned())
}

/// What stands under a record's id.
pub(super) struct IdRow {
    pub place: u64,
    pub issued: Day,
    pub expires: Day,
    pub flags: u8,
}

impl IdRow {
    pub fn write(&self) -> Vec<u8> {
        join(&[
            &seq(self.place),
            &day(self.issued),
            &day(self.expires),
            &[self.flags],
        ])
    }
    pub fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            place: read_seq(bytes.get(..8)?)?,
            issued: Day::from_number(u32_at(bytes, 8)?),
            expires: Day::from_number(u32_at(bytes, 12)?),
            flags: *bytes.get(16)?,
        })
    }
}

pub(super) fn report(record: &Verified) -> Option<&Report> {
    match record.body() {
        Body::Report(r) => Some(r),
        _ => None,
    }
}

/// Every row that a record has at a node of `home`. `keys` are the numbers of its organisation and
/// its node key.
pub(super) fn rows(
    home: &OrganisationKey,
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
    if kind.in_directory() {
        let key = join(&[&[kind.number()], &at]);
        rows.push((Table::Kinds, key, Vec::new()));
    }
    if let Some(report) = report(record) {
        if own || header.organisation == *home {
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

/// The steps by table and key, so that a tree is walked from one end to the other. What a list says
/// of one key keeps its order.
pub(super) fn neighbours(ops: Vec<Op>) -> Vec<Op> {
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
pub(super) fn read_tag(value: &[u8]) -> Option<(Day, Tag)> {
    let tag = Tag {
        id: *value.get(4..)?.first_chunk()?,
        season: Season::from_index(u32_at(value, 12)?),
        salt: *value.get(16..)?.first_chunk()?,
        tag: *value.get(32..)?.first_chunk()?,
    };
    Some((Day::from_number(u32_at(value, 0)?), tag))
}
