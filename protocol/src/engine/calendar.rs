//! Which day it is, and whether to believe it.
//!
//! A clock that jumps ahead must not make a node delete its list, nor give anybody another day's
//! quota, and one that is set back must not bring back what has expired. So the latest day that is
//! known to have come is kept on disk, and time never runs below it.
//!
//! Two things move that day, and the clock alone does not. Records of others bear a day out; and time
//! that passed by a measure that nobody can set does: each further day takes a day's. What is left of
//! that time is kept on disk as well, so that neither a clock that goes to and fro nor a node that is
//! started again and again walks ahead.
//!
//! When the clock is further ahead than that, nothing is deleted until others bear its day out, or
//! whoever runs the node does. What seems to have expired is served to nobody meanwhile, and if the
//! clock is put right nothing has happened. Days go on by the time that passes, so that no quota is
//! used up for ever.

use super::core::{Engine, Notice, Output};
use crate::carried::{Change, Reached};
use crate::charter::Charter;
use crate::ids::OrganisationKey;
use crate::record::Verified;
use crate::time::{Day, Timestamp};
use crate::wire::Again;
use std::collections::BTreeMap;

/// Days that the clock may be ahead of the latest known one.
const STEP: u32 = 1;
/// A record bears out a day if it was issued so many days before it at most.
const RECENT: u32 = 2;
/// What a day takes of the time that passed, in milliseconds.
const DAY: u32 = 86_400_000;
/// What may be left over when a day begins: clocks are put right, and nodes start again.
const SLACK: u32 = 3_600_000;
/// How much may pass before it is written down. A start loses as much.
const WRITTEN: u32 = 900_000;

/// The day, and what is known of it.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    /// The latest day that is known to have come, and the time that no day has used.
    known: Option<Reached>,
    /// What of it is on disk.
    stored: Option<Reached>,
    /// The day that the clock says, if it is too far ahead and nobody has borne it out yet.
    doubted: Option<Day>,
    /// The latest days of which others signed something that came, since a doubt began if there is one.
    witnesses: BTreeMap<OrganisationKey, Day>,
    needed: usize,
    /// Days up to this one are believed: whoever runs the node says so.
    accepted: Option<Day>,
}

/// What is left for the days after this one, if others' records are of that one: honest ones say that it
/// has come, and two days more is as far as anything goes ahead of what they say.
fn spare_after(day: Day, said: Day) -> u32 {
    said.plus(RECENT).since(day).min(STEP) * DAY
}

impl Calendar {
    pub(super) fn new(charter: &Charter, reached: Option<Reached>) -> Self {
        Self {
            known: reached,
            stored: reached,
            doubted: None,
            witnesses: BTreeMap::new(),
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
        self.reached().max(now.day())
    }

    fn reached(&self) -> Day {
        self.known.map(|known| known.day).unwrap_or_default()
    }

    /// The latest day that is known to have come, if the clock shows this one: the clock's own,
    /// unless that is ahead of what is known, or would be if anybody looked.
    fn known(&self, clock: Day) -> Day {
        match self.known {
            Some(known) if clock <= known.day || !known.lets_begin(clock) => known.day,
            _ => clock,
        }
    }

    /// Milliseconds until the day after the one that counts now can begin, as far as can be told.
    fn until_next(&self, now: Timestamp) -> u64 {
        let (day, clock) = (u64::from(DAY), now.day());
        let Some(known) = self.known else {
            return day - now.millis() % day;
        };
        let counted = self.known(clock);
        let begun = u64::from(counted.since(known.day)) * day;
        let takes = match clock.since(counted) {
            // By its clock; and a day's time, if less is left over.
            0 => {
                let begins = u64::from(counted.plus(1).number()) * day;
                let passes = (day + begun).saturating_sub(known.spare.into());
                return begins.saturating_sub(now.millis()).max(passes);
            }
            STEP => day,
            _ => 2 * day,
        };
        takes.saturating_sub(known.spare.into())
    }

    /// Time has passed, by a measure that cannot be set.
    fn pass(&mut self, millis: u64) {
        if let Some(known) = &mut self.known {
            let millis = u32::try_from(millis).unwrap_or(u32::MAX);
            known.spare = known.spare.saturating_add(millis).min(2 * DAY);
        }
    }

    /// What a record of another organisation says of the day.
    pub(super) fn witness(&mut self, record: &Verified, home: &OrganisationKey, today: Day) {
        let header = record.header();
        // Endings alone may be dated further ahead than tomorrow.
        let recent = header.issued.plus(RECENT) >= today && header.issued <= today.plus(1);
        if header.organisation != *home && recent {
            let said = self.witnesses.entry(header.organisation).or_default();
            *said = header.issued.max(*said);
        }
    }

    /// The day of which, or of a later one, as many others as it takes have signed something.
    fn said(&self) -> Option<Day> {
        let mut days: Vec<Day> = self.witnesses.values().copied().collect();
        days.sort_unstable_by(|a, b| b.cmp(a));
        days.get(self.needed.checked_sub(1)?).copied()
    }

    /// Takes note of the clock. Says whether it went too far just now.
    fn observe(&mut self, today: Day) -> bool {
        let first = Reached {
            day: today,
            spare: DAY,
        };
        let mut known = *self.known.get_or_insert(first);
        let ahead = today.since(known.day);
        let far = ahead > STEP;
        if self.doubted.is_some_and(|doubted| today < doubted) {
            // It was put back.
            self.doubted = None;
            self.witnesses.clear();
        }
        if far && self.doubted.is_none() {
            // What was said before says nothing of a day that is far ahead.
            self.witnesses.clear();
        }
        if !far {
            known.spare = known.spare.min(DAY + SLACK);
        }
        let said = self.said();
        let borne_out = said.filter(|said| today <= said.plus(RECENT));
        let mut doubted = false;
        if ahead == 0 {
            let more = said.map_or(0, |said| spare_after(today, said));
            known.spare = known.spare.max(more);
        } else if self.accepted.is_some_and(|day| today <= day) {
            known = first;
        } else if !far && known.spare >= DAY {
            known = known.next();
        } else if let Some(said) = borne_out {
            known.day = today;
            known.spare = spare_after(today, said);
        } else if far {
            doubted = true;
            // A day's time more than a clock that is put right wants to find left over.
            if known.spare >= 2 * DAY {
                known = known.next();
            }
        }
        self.known = Some(known);
        if !doubted {
            self.doubted = None;
            return false;
        }
        self.doubted.replace(today).is_none()
    }

    /// What is to be written down, if it is time for that.
    fn write_down(&mut self) -> Option<Reached> {
        let known = self.known?;
        let same = self.stored.is_some_and(|stored| {
            let passed = known.spare.checked_sub(stored.spare);
            stored.day == known.day && passed.is_some_and(|passed| passed < WRITTEN)
        });
        self.stored = if same { self.stored } else { Some(known) };
        (!same).then_some(known)
    }
}

impl Reached {
    /// Whether a day can begin by the time that passed.
    fn lets_begin(&self, day: Day) -> bool {
        day.since(self.day) <= STEP && self.spare >= DAY
    }

    /// The next day, which takes a day's time.
    const fn next(self) -> Self {
        Self {
            day: self.day.plus(1),
            spare: self.spare.saturating_sub(DAY),
        }
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
    /// is ahead of that must not give anybody another day's.
    pub fn counted_day(&self, now: Timestamp) -> Day {
        self.calendar.known(now.day())
    }

    /// When more can be asked than on the day that counts now.
    pub(super) fn again(&self, now: Timestamp) -> Again {
        Again::after(self.calendar.until_next(now))
    }

    /// The day before which things may be deleted; none while the clock is ahead of what is known.
    pub fn settled(&self, now: Timestamp) -> Option<Day> {
        // It may be before anybody has looked at it: at a start, above all.
        let today = self.today(now);
        (self.calendar.known(now.day()) == today).then_some(today)
    }

    /// Days up to this one are believed, however far ahead the clock seems: whoever runs the node
    /// says that it is right.
    pub fn accept_time(&mut self, day: Day) {
        self.calendar.accepted = Some(day);
    }

    /// So many milliseconds have passed since this was said last, or since the start, by a measure
    /// that nobody can set. Say it before each [`tick`](Engine::tick): without it no day begins after
    /// the next one that others do not bear out.
    pub fn time_passed(&mut self, millis: u64) {
        self.calendar.pass(millis);
    }

    pub(super) fn look_at_clock(&mut self, today: Day) -> Vec<Output> {
        let known = self.calendar.known.map_or(today, |known| known.day);
        let mut out = Vec::new();
        if self.calendar.observe(today) {
            out.push(Output::Notice(Notice::ClockAhead { known, today }));
        }
        let reached = self.calendar.write_down().map(Change::Reached);
        if let Some(reached) = reached {
            out.push(Output::Store(vec![reached]));
        }
        out
    }

    /// The latest day that is known to have come and the one that the clock shows, while that is
    /// in doubt.
    pub(super) fn clock_in_doubt(&self) -> Option<(Day, Day)> {
        let known = self.calendar.reached();
        self.calendar.doubted.map(|day| (known, day))
    }
}
