//! Which day it is, and whether to believe it.
//!
//! A clock that jumps ahead must not make a node delete its list, and one that is set back must
//! not bring back what has expired. So the latest day that is known to have come is kept on disk,
//! and time never runs below it. When the clock is more than a day ahead of it, nothing is deleted
//! until others bear the day out, or whoever runs the node does. What seems to have expired is
//! served to nobody meanwhile, and if the clock is put right nothing has happened.

use super::core::{Engine, Notice, Output};
use crate::carried::Change;
use crate::charter::Charter;
use crate::ids::OrganisationKey;
use crate::record::Verified;
use crate::time::{Day, Timestamp};
use std::collections::BTreeSet;

/// Days that the clock may be ahead of the latest known one.
const STEP: u32 = 1;
/// A record bears out a day if it was issued so many days before it at most.
const RECENT: u32 = 2;
/// The day, and what is known of it.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    /// The latest day that is known to have come.
    reached: Option<Day>,
    /// What of it is on disk.
    stored: Option<Day>,
    /// The day that the clock says, if nobody has borne it out yet.
    doubted: Option<Day>,
    witnesses: BTreeSet<OrganisationKey>,
    needed: usize,
    /// Days up to this one are believed: whoever runs the node says so.
    accepted: Option<Day>,
}

impl Calendar {
    pub(super) fn new(charter: &Charter, reached: Option<Day>) -> Self {
        Self {
            reached,
            stored: reached,
            doubted: None,
            witnesses: BTreeSet::new(),
            needed: needed(charter),
            accepted: None,
        }
    }

    /// Another version of the charter has more or fewer organisations.
    pub(super) fn count_witnesses(&mut self, charter: &Charter) {
        self.needed = needed(charter);
    }

    /// The day: never before one that is known to have come.
    pub(super) fn today(&self, now: Timestamp) -> Day {
        self.reached.unwrap_or_default().max(now.day())
    }

    /// The latest day that is known to have come, if the clock shows this one: the clock's own,
    /// unless that is in doubt or would be if anybody looked.
    fn known(&self, clock: Day) -> Day {
        match self.reached {
            Some(reached) if self.doubted.is_some() || clock > reached.plus(STEP) => reached,
            Some(reached) => reached.max(clock),
            None => clock,
        }
    }

    /// What a record of another organisation says of the day.
    pub(super) fn witness(&mut self, record: &Verified, home: &OrganisationKey, today: Day) {
        let header = record.header();
        if self.doubted.is_none() || header.organisation == *home {
            return;
        }
        // Endings alone may be dated further ahead than tomorrow.
        if header.issued.plus(RECENT) >= today && header.issued <= today.plus(1) {
            self.witnesses.insert(header.organisation);
        }
    }

    /// Takes note of the clock. Says whether it went too far just now.
    fn observe(&mut self, today: Day, unsteady: bool) -> bool {
        let reached = *self.reached.get_or_insert(today);
        if self.doubted.is_some_and(|doubted| today < doubted) {
            // It was put back: what was said of the day that it had shown says nothing now.
            self.doubted = None;
            self.witnesses.clear();
        }
        let borne_out = self.witnesses.len() >= self.needed;
        let accepted = self.accepted.is_some_and(|day| today <= day);
        let near = today <= reached.plus(STEP) && !unsteady && self.doubted.is_none();
        if near || borne_out || accepted {
            self.doubted = None;
            self.witnesses.clear();
            self.reached = Some(today);
            return false;
        }
        self.doubted.replace(today).is_none()
    }
}

/// Other organisations whose records it takes to bear a day out: as many as open the list, so that
/// fewer cannot bring a node with a forged clock to end a season with them.
fn needed(charter: &Charter) -> usize {
    let terms = charter.terms();
    // There may be fewer others; and in a federation of one, nobody.
    let others = terms.organisations.len().saturating_sub(1);
    usize::from(terms.threshold).min(others).max(1)
}

impl Engine {
    /// The node's day: what the clock says, and never before a day that is known to have come.
    pub fn today(&self, now: Timestamp) -> Day {
        self.calendar.today(now)
    }

    /// The day by which evaluations are counted: the latest that is known to have come. A clock that
    /// is in doubt must not give anybody another day's.
    pub fn counted_day(&self, now: Timestamp) -> Day {
        self.calendar.known(now.day())
    }

    /// The day before which things may be deleted; none while the clock is in doubt.
    pub fn settled(&self, now: Timestamp) -> Option<Day> {
        // It may be in doubt before anybody has looked at it: at a start, above all.
        let today = self.today(now);
        let doubted = self.calendar.doubted.is_some() || self.calendar.known(now.day()) != today;
        (!doubted).then_some(today)
    }

    /// Days up to this one are believed, however far ahead the clock seems: whoever runs the node
    /// says that it is right.
    pub fn accept_time(&mut self, day: Day) {
        self.calendar.accepted = Some(day);
    }

    /// The clock ran ahead of a measure of time that cannot be set: its day is doubted until it is
    /// borne out. Small steps, too, add up.
    pub fn doubt_clock(&mut self, now: Timestamp) -> Vec<Output> {
        let today = self.today(now);
        self.look_at_clock(today, true)
    }

    pub(super) fn look_at_clock(&mut self, today: Day, unsteady: bool) -> Vec<Output> {
        let known = self.calendar.reached.unwrap_or(today);
        let mut out = Vec::new();
        if self.calendar.observe(today, unsteady) {
            out.push(Output::Notice(Notice::ClockAhead { known, today }));
        }
        if self.calendar.reached != self.calendar.stored {
            self.calendar.stored = self.calendar.reached;
            let reached = self.calendar.reached.map(Change::Reached);
            out.push(Output::Store(reached.into_iter().collect()));
        }
        out
    }

    /// The latest day that is known to have come and the one that the clock shows, while that is
    /// in doubt.
    pub(super) fn clock_in_doubt(&self) -> Option<(Day, Day)> {
        let known = self.calendar.reached.unwrap_or_default();
        self.calendar.doubted.map(|day| (known, day))
    }
}
