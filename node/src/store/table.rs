//! The tables of a store, and the two things one can do to an entry.

/// A table: an ordered map from bytes to bytes.
///
/// The number of a table is part of the layout on disk. It never changes and is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Table {
    /// Single facts about this store: marks, counters, the federation it belongs to.
    Meta = 0,
    /// Records by the order of their arrival.
    Records = 1,
    /// Where a record's id is found.
    Ids = 2,
    /// Which record holds a slot of an organisation's day.
    Slots = 3,
    /// Records by their retraction lock.
    Locks = 4,
    /// Records by bucket, for look-ups.
    Buckets = 5,
    /// Records by the day they expire.
    Expiry = 6,
    /// Records by their day of issue, for reconciliation.
    Issued = 7,
    /// Counters of quotas.
    Quota = 8,
    /// What belongs to this organisation alone.
    Own = 9,
    /// Records by kind.
    Kinds = 10,
    /// Records that were put out and may come back.
    Aside = 11,
    /// Records by the node key that signed them.
    Signers = 12,
}

impl Table {
    /// Every table, in the order of their numbers.
    pub const ALL: [Table; 13] = [
        Table::Meta,
        Table::Records,
        Table::Ids,
        Table::Slots,
        Table::Locks,
        Table::Buckets,
        Table::Expiry,
        Table::Issued,
        Table::Quota,
        Table::Own,
        Table::Kinds,
        Table::Aside,
        Table::Signers,
    ];

    /// The one byte that stands for this table on disk.
    #[must_use]
    pub const fn id(self) -> u8 {
        self as u8
    }

    /// The name of this table in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Table::Meta => "meta",
            Table::Records => "records",
            Table::Ids => "ids",
            Table::Slots => "slots",
            Table::Locks => "locks",
            Table::Buckets => "buckets",
            Table::Expiry => "expiry",
            Table::Issued => "issued",
            Table::Quota => "quota",
            Table::Own => "own",
            Table::Kinds => "kinds",
            Table::Aside => "aside",
            Table::Signers => "signers",
        }
    }
}

/// One step of a batch.
///
/// `Debug` shows the table and the lengths, never the bytes: a batch may end up in a log.
#[derive(Clone, PartialEq, Eq)]
pub enum Op {
    /// Writes a value, over an older one if there is one.
    Put(Table, Vec<u8>, Vec<u8>),
    /// Removes an entry, if there is one.
    Delete(Table, Vec<u8>),
}

impl Op {
    /// Writes `value` under `key`.
    pub fn put(table: Table, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        Op::Put(table, key.into(), value.into())
    }

    /// Where it is done: the table and the key.
    #[must_use]
    pub fn place(&self) -> (Table, &[u8]) {
        match self {
            Op::Put(table, key, _) | Op::Delete(table, key) => (*table, key),
        }
    }

    /// Removes the entry under `key`, if there is one.
    pub fn delete(table: Table, key: impl Into<Vec<u8>>) -> Self {
        Op::Delete(table, key.into())
    }
}

impl std::fmt::Debug for Op {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Op::Put(table, key, value) => {
                write!(
                    f,
                    "Put({}, {} B, {} B)",
                    table.name(),
                    key.len(),
                    value.len()
                )
            }
            Op::Delete(table, key) => write!(f, "Delete({}, {} B)", table.name(), key.len()),
        }
    }
}
