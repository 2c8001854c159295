//! What a node acknowledged, and what it means to keep it.

use super::{NodeIndex, World};
use crate::admit::{Carried, SlotKey};
use crate::carried::View;
use crate::ids::RecordId;
use crate::keys::SecretKey;
use crate::time::Day;
use std::collections::BTreeSet;

/// An acknowledged record.
#[derive(Clone)]
pub(super) struct Promise {
    pub id: RecordId,
    pub publisher: NodeIndex,
    pub expires: Day,
    pub slot: SlotKey,
    pub lock: SecretKey,
}

impl Promise {
    /// What was acknowledged is stored.
    pub fn of(world: &World, id: RecordId, publisher: NodeIndex, lock: &SecretKey) -> Self {
        let store = world.store(publisher);
        let record = store.get(&id).expect("what is acknowledged is stored");
        let own = store.is_own(&id) == Ok(true);
        Self {
            id,
            publisher,
            expires: record.header().expires,
            slot: SlotKey::of(record, own),
            lock: lock.clone(),
        }
    }

    /// Whether a node holds to the promise. A hostile publisher signs with the key of a node, and
    /// into slots that the node uses too. Of two records in one slot the lower id wins, everywhere,
    /// and the other is out for as long as the winner is carried: then, and then alone, it may be
    /// missing. If the winner goes, retracted by its lock, the slot is free and the other comes back.
    pub fn kept(&self, world: &World, node: NodeIndex, forged: &BTreeSet<RecordId>) -> bool {
        match world.store(node).occupant(&self.slot) {
            Ok(Some(id)) => id == self.id || id < self.id && forged.contains(&id),
            _ => false,
        }
    }
}
