//! Set reconciliation by ranges (negentropy): two nodes find out what each lacks, at a cost that
//! follows the difference and not the set (`spec/05-reconciliation.md`).
//!
//! Items are ordered by day of issue and id, so that what is recent lies together. This module
//! knows days and ids and no records.

use crate::ids::RecordId;
use crate::time::Day;
use negentropy::{Bound, Id, Item, Negentropy, NegentropyStorageBase};

/// The largest message of a reconciliation, in bytes.
pub const MAX_FRAME: u64 = 256 * 1024;

/// The reconciliation went wrong, by the peer's fault.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the peer's reconciliation message makes no sense: {0}")]
pub struct ReconcileError(String);

impl From<negentropy::Error> for ReconcileError {
    fn from(e: negentropy::Error) -> Self {
        Self(e.to_string())
    }
}

/// A set as it was at one moment.
#[derive(Clone, Debug, Default)]
pub struct Set {
    items: Items,
}

/// Sorted, each once. A node holds a million of them, so they take the 36 bytes that they have.
#[derive(Clone, Debug, Default)]
struct Items(Vec<(Day, RecordId)>);

fn item((day, id): &(Day, RecordId)) -> Item {
    let id = Id::from_byte_array(*id.as_bytes());
    Item::with_timestamp_and_id(u64::from(day.number()), id)
}

impl NegentropyStorageBase for Items {
    fn size(&self) -> Result<usize, negentropy::Error> {
        Ok(self.0.len())
    }

    fn get_item(&self, at: usize) -> Result<Option<Item>, negentropy::Error> {
        Ok(self.0.get(at).map(item))
    }

    fn iterate(
        &self,
        begin: usize,
        end: usize,
        visit: &mut dyn FnMut(Item, usize) -> Result<bool, negentropy::Error>,
    ) -> Result<(), negentropy::Error> {
        let range = self.0.get(begin..end).ok_or(negentropy::Error::BadRange)?;
        for (at, one) in (begin..).zip(range) {
            if !visit(item(one), at)? {
                break;
            }
        }
        Ok(())
    }

    fn find_lower_bound(&self, first: usize, last: usize, bound: &Bound) -> usize {
        let range = self.0.get(first..last).unwrap_or_default();
        first + range.partition_point(|one| item(one) < bound.item)
    }
}

impl Set {
    /// The set of these items.
    pub fn new(items: impl IntoIterator<Item = (Day, RecordId)>) -> Self {
        let mut items: Vec<_> = items.into_iter().collect();
        items.sort_unstable();
        items.dedup();
        Self {
            items: Items(items),
        }
    }

    /// The first message of whoever begins.
    ///
    /// # Errors
    /// If the set cannot be read.
    pub fn begin(&self) -> Result<Vec<u8>, ReconcileError> {
        Ok(Negentropy::borrowed(&self.items, MAX_FRAME)?.initiate()?)
    }

    /// The answer of the other side, which keeps nothing between messages.
    ///
    /// # Errors
    /// If the message is malformed.
    pub fn answer(&self, message: &[u8]) -> Result<Vec<u8>, ReconcileError> {
        Ok(Negentropy::borrowed(&self.items, MAX_FRAME)?.reconcile(message)?)
    }

    /// The next message of whoever began, with what was found out; no message: it is done.
    ///
    /// # Errors
    /// If the message is malformed.
    pub fn proceed(&self, message: &[u8]) -> Result<Step, ReconcileError> {
        let mut side = Negentropy::borrowed(&self.items, MAX_FRAME)?;
        side.set_initiator();
        let (mut have, mut need) = (Vec::new(), Vec::new());
        let next = side.reconcile_with_ids(message, &mut have, &mut need)?;
        // The library gives them in an order that differs from run to run.
        let ids = |mut list: Vec<Id>| {
            list.sort_unstable();
            list.into_iter()
                .map(|id| RecordId::from_bytes(id.to_bytes()))
                .collect()
        };
        Ok(Step {
            next,
            have: ids(have),
            need: ids(need),
        })
    }
}

/// What one exchange of messages found out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The next message to send; none: done.
    pub next: Option<Vec<u8>>,
    /// What the peer lacks, in the order of ids.
    pub have: Vec<RecordId>,
    /// What this side lacks, in the order of ids.
    pub need: Vec<RecordId>,
}
