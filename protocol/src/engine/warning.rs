//! What whoever runs a node should look at, in plain words.

use super::core::Engine;
use crate::carried::View;
use crate::ids::NodeKey;
use crate::time::{Day, Timestamp};

/// Days before the end of its delegation from which on a node says so.
const DELEGATION_NOTICE: u32 = 14;

/// Something that only a person can put right.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Warning {
    /// Two records of one slot, signed by one key.
    #[error(
        "the record key {} signed other records into the slots of {records} of this organisation's records. Either that key was stolen, or its node was restored from an old copy. If it may be stolen, stop that node and tell the other organisations. What was put out is kept, and comes back when the organisation's root key affirms it and revokes the stolen one: `parasol org revoke`",
        short(.key)
    )]
    Contested {
        /// The key.
        key: NodeKey,
        /// How many lost their slots.
        records: u64,
    },
    /// This node's delegation ends soon, or has ended.
    #[error(
        "{}. Renew it: `parasol node request` writes what is to be signed, `parasol org delegate` signs it where the root key is kept, and `parasol node take` brings the answer back",
        ends(.until)
    )]
    Delegation {
        /// The last day on which it may sign; none if that has passed, or there never was one.
        until: Option<Day>,
    },
    /// The clock is far ahead.
    #[error(
        "this machine's clock says {today}, and the latest day that is known to have come is {known}. Until other organisations' records bear the day out, nothing that seems to have expired is deleted; it is not shown either. If the clock is wrong, put it right. If it is right, write accept_time = \"{today}\" into node.toml and start the node again"
    )]
    Clock {
        /// The latest day that is known to have come.
        known: Day,
        /// What the clock says.
        today: Day,
    },
}

impl Warning {
    /// A stable word for it.
    pub const fn code(&self) -> &'static str {
        match self {
            Warning::Contested { .. } => "slot-contested",
            Warning::Clock { .. } => "clock-ahead",
            Warning::Delegation { .. } => "delegation-ends",
        }
    }
}

/// Whether a delegation that lasts until then is to be renewed now; none is.
pub(super) fn ends_soon(until: Option<Day>, today: Day) -> bool {
    until.is_none_or(|until| until.since(today) <= DELEGATION_NOTICE)
}

fn ends(until: &Option<Day>) -> String {
    until.map_or_else(
        || "this node has no delegation that is in force, and signs nothing".to_owned(),
        |day| format!("this node may sign until {day}, and nothing after that day"),
    )
}

fn short(key: &NodeKey) -> String {
    key.to_string().chars().take(16).collect()
}

impl Engine {
    /// What whoever runs the node should look at.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn warnings<V: View>(&self, view: &V, now: Timestamp) -> Result<Vec<Warning>, V::Error> {
        let (home, today) = (self.organisation(), self.today(now));
        let clock = self.clock_in_doubt();
        let mut all: Vec<Warning> = clock
            .map(|(known, today)| Warning::Clock { known, today })
            .into_iter()
            .collect();
        let mine = self.directory().nodes(today);
        let until = mine.get(&self.node()).map(|d| d.terms.until);
        if ends_soon(until, today) {
            all.push(Warning::Delegation { until });
        }
        // A key that is revoked, or may sign no more, is no news.
        let alive = |key: &NodeKey| self.directory().signer_on(key, today) == Some(home);
        let contested = view.contested()?.into_iter();
        all.extend(
            contested
                .filter(|(key, _)| alive(key))
                .map(|(key, records)| Warning::Contested { key, records }),
        );
        Ok(all)
    }
}
