//! The sets that catch-up compares, kept for a few seconds.
//!
//! A set takes a pass over all records to make, and every record that comes changes it. One that
//! is a few seconds old is right all the same: what came since is on its way by gossip, and the
//! next catch-up has it.

use crate::reconcile::Set;
use crate::time::{Day, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Milliseconds for which a set that is out of date is used.
const STALE: u64 = 5_000;
/// Days after the earliest of which sets are asked for.
const LATER: u32 = 2;
/// Sets kept: of the three days that peers may ask for, with one's own records and without.
const KEPT: usize = 6;

/// What a set is made of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Of {
    /// What expires after this day.
    pub after: Day,
    /// Whether with what never leaves the organisation.
    pub own: bool,
}

#[derive(Debug)]
struct Kept {
    made: Timestamp,
    /// Whether something changed since.
    changed: bool,
    set: Arc<Set>,
}

/// Sets that were made.
#[derive(Debug, Default)]
pub(super) struct Sets {
    kept: BTreeMap<Of, Kept>,
}

impl Sets {
    /// Something else is carried now.
    pub(super) fn changed(&mut self) {
        for kept in self.kept.values_mut() {
            kept.changed = true;
        }
    }

    /// The set, if it was made and is fresh enough.
    pub(super) fn get(&self, of: Of, now: Timestamp) -> Option<Arc<Set>> {
        let kept = self.kept.get(&of)?;
        let young = kept.made <= now && now < kept.made.plus_millis(STALE);
        (!kept.changed || young).then(|| Arc::clone(&kept.set))
    }

    /// Lets go of a set that is to be made anew, and of those of days before the `earliest` for
    /// which anybody asks: a large list's takes much memory. So do those of days far ahead, which are
    /// left when a clock was put right: they must not take the place of today's.
    pub(super) fn forget(&mut self, of: Of, earliest: Day) {
        self.kept.remove(&of);
        let days = earliest..=earliest.plus(LATER);
        self.kept.retain(|kept, _| days.contains(&kept.after));
    }

    /// Keeps a set that was made now.
    pub(super) fn put(&mut self, of: Of, set: Arc<Set>, now: Timestamp) {
        self.kept.insert(
            of,
            Kept {
                made: now,
                changed: false,
                set,
            },
        );
        // Days only go on: the earliest is the one that nobody asks for any more.
        while self.kept.len() > KEPT {
            self.kept.pop_first();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn of(after: u32) -> Of {
        Of {
            after: Day::from_number(after),
            own: false,
        }
    }

    #[test]
    fn a_set_out_of_date_is_used_for_seconds_and_an_unchanged_one_for_ever() {
        let at = Timestamp::from_millis;
        let mut sets = Sets::default();
        assert!(sets.get(of(1), at(0)).is_none());
        let set = Arc::new(Set::default());
        sets.put(of(1), Arc::clone(&set), at(10_000));
        assert!(sets.get(of(1), at(900_000)).is_some());
        assert!(sets.get(of(2), at(10_000)).is_none());
        sets.changed();
        assert!(sets.get(of(1), at(14_999)).is_some());
        assert!(sets.get(of(1), at(15_000)).is_none());
        assert!(sets.get(of(1), at(9_000)).is_none(), "made in the future");
        sets.put(of(1), set, at(20_000));
        assert!(sets.get(of(1), at(900_000)).is_some());
    }

    #[test]
    fn sets_of_days_that_are_over_are_let_go() {
        let now = Timestamp::from_millis(1);
        let mut sets = Sets::default();
        for day in 1..4 {
            sets.put(of(day), Arc::new(Set::default()), now);
        }
        sets.forget(of(3), Day::from_number(2));
        assert!(sets.get(of(1), now).is_none() && sets.get(of(3), now).is_none());
        assert!(sets.get(of(2), now).is_some());
    }

    #[test]
    fn sets_of_days_far_ahead_do_not_take_the_place_of_todays() {
        let now = Timestamp::from_millis(1);
        let mut sets = Sets::default();
        // A clock ran ahead for some days, and is put right.
        for day in 100..120 {
            sets.forget(of(day), Day::from_number(day));
            sets.put(of(day), Arc::new(Set::default()), now);
            let own = Of {
                own: true,
                ..of(day)
            };
            sets.put(own, Arc::new(Set::default()), now);
        }
        for day in 3..6 {
            sets.forget(of(day), Day::from_number(3));
            sets.put(of(day), Arc::new(Set::default()), now);
        }
        assert!((3..6).all(|day| sets.get(of(day), now).is_some()));
        assert_eq!(sets.kept.len(), 3);
    }

    #[test]
    fn few_days_are_kept_and_the_latest_of_them() {
        let mut sets = Sets::default();
        for day in 0..20 {
            let now = Timestamp::from_millis(1);
            sets.put(of(day), Arc::new(Set::default()), now);
        }
        assert_eq!(sets.kept.len(), KEPT);
        let now = Timestamp::from_millis(1);
        assert!(sets.get(of(19), now).is_some() && sets.get(of(0), now).is_none());
    }
}
