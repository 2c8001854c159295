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

impl ReconcileError {
    /// The word for it in `spec/validation.md`.
    pub const fn code(&self) -> &'static str {
        "malformed"
    }
}

impl From<negentropy::Error> for ReconcileError {
    fn from(e: negentropy::Error) -> Self {
        Self(e.to_string())
    }
}

/// The version of the messages.
const VERSION: u8 = 0x61;
/// The bytes of an id, and the most of a bound.
const ID: usize = 32;
/// The bytes of a fingerprint.
const FINGERPRINT: usize = 16;

/// Checks that a message is whole: the library takes numbers that are cut short or missing for what
/// there is of them, and would read a message that was cut as another one.
fn gate(message: &[u8]) -> Result<(), ReconcileError> {
    let Some((&VERSION, mut rest)) = message.split_first() else {
        // Of another version no more is read than that.
        return Ok(());
    };
    while !rest.is_empty() {
        number(&mut rest)?;
        let length = number(&mut rest)?;
        let length = usize::try_from(length).ok().filter(|length| *length <= ID);
        take(&mut rest, length)?;
        let content = match number(&mut rest)? {
            0 => Some(0),
            1 => Some(FINGERPRINT),
            2 => {
                let count = usize::try_from(number(&mut rest)?).ok();
                count.and_then(|count| count.checked_mul(ID))
            }
            _ => None,
        };
        take(&mut rest, content)?;
    }
    Ok(())
}

fn cut() -> ReconcileError {
    ReconcileError("it is cut short, or says what this version does not know".to_owned())
}

fn take(rest: &mut &[u8], length: Option<usize>) -> Result<(), ReconcileError> {
    let length = length.ok_or_else(cut)?;
    *rest = rest.get(length..).ok_or_else(cut)?;
    Ok(())
}

/// Base 128, the highest group first; below 2^64.
fn number(rest: &mut &[u8]) -> Result<u64, ReconcileError> {
    let mut value = 0u64;
    loop {
        let (byte, tail) = rest.split_first().ok_or_else(cut)?;
        *rest = tail;
        value = value.checked_mul(128).ok_or_else(cut)? | u64::from(byte & 127);
        if byte & 128 == 0 {
            return Ok(value);
        }
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
        gate(message)?;
        Ok(Negentropy::borrowed(&self.items, MAX_FRAME)?.reconcile(message)?)
    }

    /// The next message of whoever began, with what was found out; no message: it is done.
    ///
    /// # Errors
    /// If the message is malformed.
    pub fn proceed(&self, message: &[u8]) -> Result<Step, ReconcileError> {
        gate(message)?;
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
