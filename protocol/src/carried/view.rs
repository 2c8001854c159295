//! What the engine reads from a store, and what it asks it to change.

use crate::admit::{Carried, SlotKey};
use crate::ids::{CharterId, Lock, NodeKey, OrganisationKey, RecordId};
use crate::oprf::KeyName;
use crate::record::{Kind, Verified};
use crate::seal::Bucket;
use crate::time::Day;
use crate::wire::client::Tag;
use crate::wire::sealed::ShortId;

/// A change to a store. The engine gives them in lists; a list is applied whole or not at all.
#[derive(Clone, Debug)]
pub enum Change {
    /// A record is carried from now on.
    Insert(Box<Verified>),
    /// A record is carried from now on and never leaves the organisation.
    InsertOwn(Box<Verified>),
    /// A record is carried no longer.
    Remove(RecordId),
    /// A record is set aside: it is not carried, and may be again. It goes when it expires.
    SetAside(Box<Aside>),
    /// A record is set aside no longer.
    DropAside(RecordId),
    /// So many records of one's own organisation lost their slots to others signed by this key.
    Contested(NodeKey, u64),
    /// The day that is known to have come. It never goes back.
    Reached(Reached),
    /// All that is carried has been held against this version of the charter.
    HeldAgainst(CharterId),
    /// So many evaluations of the day are spent or set aside.
    Quota {
        /// Whose.
        organisation: OrganisationKey,
        /// Under which key.
        key: KeyName,
        /// The day.
        day: Day,
        /// How many.
        used: u32,
    },
    /// So many evaluations of the day were asked for by a member of this node's organisation, or
    /// are set aside for her.
    Member {
        /// Under which mark she is counted, which is another one every day; all zeros for all
        /// members together.
        mark: Mark,
        /// The day.
        day: Day,
        /// How many.
        used: u32,
    },
}

/// How far time is known to have come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reached {
    /// The latest day that is known to have come.
    pub day: Day,
    /// Milliseconds that passed, by a measure that cannot be set, and that no day has used yet: a day
    /// that others do not bear out begins only if there is a day's worth of them.
    pub spare: u32,
}

/// What a member is counted under on one day. It says nothing of her on another, and nothing of
/// what she asks.
pub type Mark = [u8; 16];

/// A record that was put out and may come back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Aside {
    /// The record.
    pub record: Verified,
    /// Whether it never leaves the organisation.
    pub own: bool,
}

/// A record as reconciliation needs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Listed {
    /// Its id.
    pub id: RecordId,
    /// Its day of issue.
    pub issued: Day,
    /// Its last day.
    pub expires: Day,
    /// Whether it never leaves the organisation.
    pub own: bool,
}

/// One row of the tags that browsing downloads, with its place in the node's order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TagRow {
    /// Where it stands.
    pub place: u64,
    /// What it shows.
    pub tag: Tag,
}

/// The first half of an organisation's key: enough to tell publishers apart. To make another key
/// share it takes 2^128 tries.
pub type Publisher = [u8; 16];

/// A report in a bucket, with who published it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InBucket {
    /// The smallest bucket, with all bits that the store keeps.
    pub bucket: u32,
    /// Its publisher.
    pub publisher: Publisher,
    /// Where it stands in the store, for [`View::at`]: a bucket may hold many more than are read.
    pub place: u64,
}

/// Reading what is carried. Errors are the store's.
pub trait View: Carried {
    /// A record's bytes.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn record(&self, id: &RecordId) -> Result<Option<Vec<u8>>, Self::Error>;
    /// The bytes of the record in a place.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn at(&self, place: u64) -> Result<Option<Vec<u8>>, Self::Error>;
    /// The ids that begin with these bytes, at most two.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn find(&self, prefix: &[u8]) -> Result<Vec<RecordId>, Self::Error>;
    /// Every record, in any order.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn list(&self, visit: &mut dyn FnMut(Listed)) -> Result<(), Self::Error>;
    /// The ids of all records of the kinds that the [directory](crate::directory::Directory) learns
    /// from, in any order.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn for_directory(&self) -> Result<Vec<RecordId>, Self::Error>;
    /// The reports for the federation with a handle in the bucket, which the store keeps with
    /// `bits` bits: of each publisher and smallest bucket the latest `each`, the latest first, at
    /// most `limit` in all. However many one publisher has put there, the others' are found. A
    /// report with several handles there comes as often.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn bucket(
        &self,
        bucket: Bucket,
        bits: u8,
        each: usize,
        limit: usize,
    ) -> Result<Vec<InBucket>, Self::Error>;
    /// The records of a kind with a lock: of each publisher the first `each`. Not for
    /// retractions, which [`Self::retractions`] gives.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn of_lock(
        &self,
        lock: &crate::ids::Lock,
        kind: Kind,
        each: usize,
    ) -> Result<Vec<RecordId>, Self::Error>;
    /// The retractions with a lock: of each publisher some, those with the lock's proof first.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn retractions(&self, lock: &Lock) -> Result<Vec<RecordId>, Self::Error>;
    /// The highest slot in use of an organisation's day, below `below`; with `own`, of what never
    /// leaves the organisation.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn last_slot(
        &self,
        organisation: &OrganisationKey,
        own: bool,
        day: Day,
        below: u32,
    ) -> Result<Option<u32>, Self::Error>;
    /// Records whose last day is before `day`, at most `limit`.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn expired(&self, day: Day, limit: usize) -> Result<Vec<RecordId>, Self::Error>;
    /// The tags of reports for the federation issued from `from` to `to`, past the place `after`,
    /// in the order of places; at most `limit`.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn tags(
        &self,
        from: Day,
        to: Day,
        after: u64,
        limit: usize,
    ) -> Result<Vec<TagRow>, Self::Error>;
    /// The reports of an organisation past the place `after`, in the order of places; at most
    /// `limit`. With `only_own`, those of audience *own* alone.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn reports_of(
        &self,
        organisation: &OrganisationKey,
        only_own: bool,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, RecordId)>, Self::Error>;
    /// Whether a carried record never leaves the organisation.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn is_own(&self, id: &RecordId) -> Result<bool, Self::Error>;
    /// A record that is set aside.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn aside(&self, id: &RecordId) -> Result<Option<Aside>, Self::Error>;
    /// The records that are set aside and claim this slot.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn aside_in(&self, slot: &SlotKey) -> Result<Vec<RecordId>, Self::Error>;
    /// The records that are set aside and have this lock.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn aside_with(&self, lock: &Lock) -> Result<Vec<RecordId>, Self::Error>;
    /// Records that are set aside and whose last day is before `day`, at most `limit`.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn aside_expired(&self, day: Day, limit: usize) -> Result<Vec<RecordId>, Self::Error>;
    /// The node keys whose records took the slots of others, and how many.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn contested(&self) -> Result<Vec<(NodeKey, u64)>, Self::Error>;
    /// The latest day that is known to have come, and the time that no day has used.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn reached(&self) -> Result<Option<Reached>, Self::Error>;
    /// The version of the charter that all that is carried was held against last, if there was a
    /// change of it.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn held_against(&self) -> Result<Option<CharterId>, Self::Error>;
    /// How many records of a kind are carried that other organisations may have.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn count(&self, kind: Kind) -> Result<u64, Self::Error>;
    /// Evaluations spent or set aside.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn quota(
        &self,
        organisation: &OrganisationKey,
        key: KeyName,
        day: Day,
    ) -> Result<u32, Self::Error>;
    /// Evaluations asked for, or set aside, under a member's mark.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn member(&self, mark: &Mark, day: Day) -> Result<u32, Self::Error>;
}

/// The short form of an id.
pub(crate) fn short(id: &RecordId) -> ShortId {
    *id.as_bytes().first_chunk().unwrap_or(&[0; 8])
}

/// The first half of an organisation's key.
pub(crate) fn publisher(key: &OrganisationKey) -> Publisher {
    *key.as_bytes().first_chunk().unwrap_or(&[0; 16])
}
