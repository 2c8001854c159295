//! Which keyholders were silent lately. They are asked last, so that one that is connected and says
//! nothing costs each look-up no wait of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long it is remembered.
const REMEMBERED: Duration = Duration::from_secs(300);

/// When each keyholder that was silent was so.
#[derive(Debug, Default)]
pub(super) struct Slow(Mutex<BTreeMap<u16, Instant>>);

impl Slow {
    /// These have been silent.
    pub(super) fn remember(&self, silent: &BTreeSet<u16>, now: Instant) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(silent.iter().map(|index| (*index, now)));
    }

    /// This one has answered.
    pub(super) fn forgive(&self, index: u16) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&index);
    }

    /// Puts those that were silent lately last, and leaves the order otherwise as it is.
    pub(super) fn last<H>(&self, holders: &mut [H], index: impl Fn(&H) -> u16, now: Instant) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, since| now.duration_since(*since) < REMEMBERED);
        holders.sort_by_key(|holder| known.contains_key(&index(holder)));
    }
}
