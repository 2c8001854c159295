//! What one can ask of a store.

use super::{Op, StoreError, Table, prefix_end};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// A key and its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// What a scan calls with each key and value. `Break` ends the scan.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'a;

/// Reading: the store itself, or a [`Snapshot`] of it.
pub trait Reader {
    /// The value under `key`.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Visits the entries from `start` on and before `end`, in ascending order of their keys, until
    /// `visit` breaks. Without an `end` it goes on to the end of the table. If `end` is not after
    /// `start`, nothing is visited.
    ///
    /// # Errors
    /// When the engine cannot read; some entries may have been visited by then.
    fn scan(
        &self,
        table: Table,
        start: &[u8],
        end: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError>;

    /// The entry with the greatest key.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn last(&self, table: Table) -> Result<Option<Entry>, StoreError>;

    /// Visits the entries whose keys begin with `prefix`, in ascending order.
    ///
    /// # Errors
    /// As [`Reader::scan`].
    fn scan_prefix(
        &self,
        table: Table,
        prefix: &[u8],
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        self.scan(table, prefix, prefix_end(prefix).as_deref(), visit)
    }
}

/// Reads that belong together, cheaper than as many reads of the store.
///
/// With redb all of them see the store as it was when the snapshot was taken; with sled each sees
/// the store as it is. So nothing may rely on a snapshot for more than speed, unless it tolerates a
/// batch that arrives in between. Keep it short: redb cannot reuse the space of what a living
/// snapshot may still read.
pub type Snapshot<'a> = Box<dyn Reader + Send + 'a>;

/// An ordered key-value store with atomic, durable batches.
pub trait Store: Reader + Send + Sync {
    /// A view for several reads that belong together.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn snapshot(&self) -> Result<Snapshot<'_>, StoreError>;

    /// Does all of `ops`, in their order, or none of them. On disk when it returns.
    ///
    /// # Errors
    /// [`StoreError::Full`] when there is no room, otherwise what the system said. The batch is
    /// then not acknowledged. Reading goes on, and a later call works if the cause is gone. Only if
    /// the very last step failed (the disk refused to confirm what it had been given) may the batch
    /// be there after all, and then whole; so repeating a failed batch must be harmless.
    fn apply(&self, ops: &[Op]) -> Result<(), StoreError>;

    /// How big the store is.
    ///
    /// # Errors
    /// When the engine or the system cannot say.
    fn stats(&self) -> Result<Stats, StoreError>;
}

/// The size of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Bytes on disk, free space inside the files included.
    pub bytes: u64,
    /// Entries by table, if the engine counts them anyway.
    pub entries: Option<BTreeMap<Table, u64>>,
}
