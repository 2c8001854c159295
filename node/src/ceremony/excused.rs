//! Who held ceremonies up, and for how long the next ones go on without them.
//!
//! Whoever keeps one from going on is left out of the next, first for an hour, then for twice as long each
//! time, up to a day. So nobody can hold up renewals for ever, whatever it does, and who only stumbled is
//! soon there again. It is on the disk, with the certificate up to which it counts: a node that starts again
//! still knows, and forgives whoever has signed what came into force meanwhile.

use super::desk::{Desk, io_error};
use super::error::DeskError;
use crate::files::write_private;
use parasol_protocol::cbor;
use parasol_protocol::ceremony::Failing;
use parasol_protocol::ids::OrganisationKey;
use parasol_protocol::limits::MAX_KEYHOLDERS;
use parasol_protocol::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

/// For how long somebody is left out, in milliseconds: the first time, and at most.
const PAUSE: (u64, u64) = (60 * 60_000, 24 * 60 * 60_000);
/// More organisations than any charter's keyholders, of now and before.
const MOST: usize = 4 * MAX_KEYHOLDERS;

fn path_of(desk: &Desk) -> PathBuf {
    desk.node_dir.join("ceremonies").join("excused.cbor")
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Excuse {
    times: u32,
    /// When it held up the first.
    since: Timestamp,
    until: Timestamp,
    /// Whether it was in the way of going back to shares of before.
    back: bool,
}

impl Excuse {
    /// Whether what began then was held up anew, and is not part of what it was left out for last: of several
    /// ceremonies that one outage stops it counts once.
    const fn is_new(self, began: Timestamp, now: Timestamp) -> bool {
        let (pause, until) = (self.pause(), self.until.millis());
        let anew = began.plus_millis(pause).millis() > until || until <= now.millis();
        self.times == 0 || anew || until > now.millis() + pause
    }

    const fn pause(self) -> u64 {
        let doubled = if self.times > 16 { 16 } else { self.times };
        let pause = PAUSE.0 << doubled.saturating_sub(1);
        if pause < PAUSE.1 { pause } else { PAUSE.1 }
    }
}

/// The organisations that held a ceremony up.
#[derive(Clone, Default, Debug)]
pub(super) struct Excused {
    all: BTreeMap<OrganisationKey, Excuse>,
    /// The certificate in force whose signers were forgiven last.
    upon: Option<[u8; 32]>,
}

impl Excused {
    /// As it lies on the disk. What cannot be read is written anew: it only costs another try.
    pub(super) fn read(desk: &Desk) -> Self {
        let Ok(bytes) = fs::read(path_of(desk)) else {
            return Self::default();
        };
        let read = cbor::decode(&bytes, 64 * MOST + 64, |d| {
            cbor::tuple(d, 2)?;
            let upon = cbor::bytes(d, 32)?.try_into().ok();
            let all = cbor::list(d, MOST, |d| {
                cbor::tuple(d, 5)?;
                let organisation = OrganisationKey::from_bytes(cbor::array(d)?);
                let times = d.u32()?;
                let since = Timestamp::from_millis(d.u64()?);
                let until = Timestamp::from_millis(d.u64()?);
                let back = d.bool()?;
                let excuse = Excuse {
                    times,
                    since,
                    until,
                    back,
                };
                Ok((organisation, excuse))
            })?;
            let all = all.into_iter().collect();
            Ok(Self { all, upon })
        });
        read.unwrap_or_default()
    }

    fn write(&self, desk: &Desk) -> Result<(), DeskError> {
        let bytes = cbor::encode(|e| {
            cbor::put_array(e, 2);
            cbor::put_bytes(e, self.upon.as_ref().map_or(&[], <[u8; 32]>::as_slice));
            cbor::put_array(e, self.all.len() as u64);
            for (organisation, excuse) in &self.all {
                cbor::put_array(e, 5);
                cbor::put_bytes(e, organisation.as_bytes());
                cbor::put_uint(e, u64::from(excuse.times));
                cbor::put_uint(e, excuse.since.millis());
                cbor::put_uint(e, excuse.until.millis());
                cbor::put_bool(e, excuse.back);
            }
        });
        let path = path_of(desk);
        write_private(&path, &bytes).map_err(io_error(&path))
    }

    /// These held a ceremony up that began then, one that goes back to shares of before if `back`.
    ///
    /// # Errors
    /// If it cannot be written down.
    pub(super) fn hold_up(
        &mut self,
        who: &BTreeSet<OrganisationKey>,
        back: bool,
        [began, now]: [Timestamp; 2],
        desk: &Desk,
    ) -> Result<(), DeskError> {
        for organisation in who {
            if self.all.len() >= MOST && !self.all.contains_key(organisation) {
                continue;
            }
            let excuse = self.all.entry(*organisation);
            let excuse = excuse.or_insert(Excuse {
                times: 0,
                since: now,
                until: now,
                back: false,
            });
            excuse.back |= back;
            if !excuse.is_new(began, now) {
                continue;
            }
            // A clock that was ahead and was put right leaves no time that is yet to come.
            excuse.since = excuse.since.min(now);
            excuse.times = excuse.times.saturating_add(1);
            excuse.until = now.plus_millis(excuse.pause());
        }
        if who.is_empty() {
            return Ok(());
        }
        self.write(desk)
    }

    /// These have done what no honest one does: they count as gone for a day, and have failed all along. What
    /// they did is heard again and again: every other day it counts anew, since it may have been a backup, or another
    /// node of theirs.
    ///
    /// # Errors
    /// If it cannot be written down.
    pub(super) fn catch(
        &mut self,
        who: &BTreeSet<OrganisationKey>,
        now: Timestamp,
        desk: &Desk,
    ) -> Result<(), DeskError> {
        for organisation in who {
            if self.all.len() >= MOST && !self.all.contains_key(organisation) {
                continue;
            }
            let before = self.all.get(organisation);
            let known = |excuse: &&Excuse| {
                let again = excuse.until.plus_millis(PAUSE.1);
                excuse.times == u32::MAX && now < again && excuse.until <= now.plus_millis(PAUSE.1)
            };
            if before.filter(known).is_some() {
                continue;
            }
            let back = before.is_some_and(|excuse| excuse.back);
            let caught = Excuse {
                times: u32::MAX,
                since: Timestamp::from_millis(0),
                until: now.plus_millis(PAUSE.1),
                back,
            };
            self.all.insert(*organisation, caught);
        }
        if who.is_empty() {
            return Ok(());
        }
        self.write(desk)
    }

    /// The certificate that these have signed has come into force, unless that is known: they have come to
    /// the end of a ceremony, and what was before is forgotten. Of nobody it is known any more whether he is
    /// in the way of going back, as there are other shares to go back to.
    ///
    /// # Errors
    /// If it cannot be written down.
    pub(super) fn forgive(
        &mut self,
        who: &BTreeSet<OrganisationKey>,
        upon: Option<[u8; 32]>,
        desk: &Desk,
    ) -> Result<(), DeskError> {
        if self.upon == upon {
            return Ok(());
        }
        self.upon = upon;
        self.all
            .retain(|organisation, _| !who.contains(organisation));
        self.all.values_mut().for_each(|excuse| excuse.back = false);
        self.write(desk)
    }

    /// Who is left out now. A clock that was set back leaves nobody out for longer.
    pub(super) fn now(&self, now: Timestamp) -> BTreeSet<OrganisationKey> {
        self.lasting(now).map(|(who, _)| *who).collect()
    }

    /// Those of them that were in the way of going back.
    pub(super) fn in_the_way(&self, now: Timestamp) -> BTreeSet<OrganisationKey> {
        let back = self.lasting(now).filter(|(_, excuse)| excuse.back);
        back.map(|(who, _)| *who).collect()
    }

    /// What they have held up since they were forgiven.
    pub(super) fn failing(&self, now: Timestamp) -> BTreeMap<OrganisationKey, Failing> {
        let of = |(who, excuse): (&OrganisationKey, &Excuse)| {
            let Excuse { times, since, .. } = *excuse;
            (*who, Failing { times, since })
        };
        self.lasting(now).map(of).collect()
    }

    fn lasting(&self, now: Timestamp) -> impl Iterator<Item = (&OrganisationKey, &Excuse)> {
        let lasts = move |excuse: &Excuse| {
            now < excuse.until && excuse.until <= now.plus_millis(excuse.pause())
        };
        self.all.iter().filter(move |(_, excuse)| lasts(excuse))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::ceremony::tests::town::Town;

    const HOUR: u64 = 60 * 60_000;

    #[test]
    fn who_was_in_the_way_is_known_after_a_restart_until_others_hold_the_shares() {
        let town = Town::new();
        let desk = town.desk(0);
        std::fs::create_dir_all(path_of(&desk).parent().unwrap()).unwrap();
        let [one, other, third] = [1, 2, 3].map(|n| OrganisationKey::from_bytes([n; 32]));
        let now = Timestamp::from_millis(1_000_000 * HOUR);
        let later = now.plus_millis(1);
        let mut excused = Excused::default();
        let who = BTreeSet::from([one]);
        excused.hold_up(&who, true, [now, now], &desk).unwrap();
        // What it did last is not all that it did.
        let who = BTreeSet::from([one, other]);
        excused.hold_up(&who, false, [later, later], &desk).unwrap();
        let mut again = Excused::read(&desk);
        assert_eq!(again.all, excused.all);
        assert_eq!(again.now(later), BTreeSet::from([one, other]));
        assert_eq!(again.in_the_way(later), BTreeSet::from([one]));
        let after = later.plus_millis(3 * HOUR);
        assert_eq!(again.in_the_way(after), BTreeSet::new());
        let failing = |times, since| Failing { times, since };
        let both = [(one, failing(2, now)), (other, failing(1, later))];
        assert_eq!(again.failing(later), BTreeMap::from(both));
        // Who comes into force since, whoever that is, leaves none of it; but nothing comes into force twice.
        for turn in 0..2 {
            let who = [third, other].into_iter().take(turn + 1).collect();
            again.forgive(&who, Some([7; 32]), &desk).unwrap();
            let last = Excused::read(&desk);
            assert_eq!(last.in_the_way(later), BTreeSet::new());
            assert_eq!(last.now(later), BTreeSet::from([one, other]));
            again = last;
        }
    }

    #[test]
    fn one_outage_counts_once_however_many_ceremonies_it_stops() {
        let town = Town::new();
        let desk = town.desk(0);
        std::fs::create_dir_all(path_of(&desk).parent().unwrap()).unwrap();
        let one = OrganisationKey::from_bytes([1; 32]);
        let who = BTreeSet::from([one]);
        let at = |minutes: u64| Timestamp::from_millis(1_000_000 * HOUR + minutes * 60_000);
        let mut excused = Excused::default();
        for (began, now, back, times) in [
            (0, 10, false, 1),
            // It had begun before that was known.
            (9, 20, true, 1),
            (10, 21, false, 1),
            (11, 22, false, 2),
            // What had begun then and is held up when all that is over is no part of it.
            (12, 22 + 120, false, 3),
            // A clock that was far ahead was put right.
            (0, 5, false, 4),
        ] {
            excused
                .hold_up(&who, back, [at(began), at(now)], &desk)
                .unwrap();
            assert_eq!(excused.all[&one].times, times, "{now}");
            assert!(excused.all[&one].back == (now > 10 || now == 5));
        }
        assert_eq!(excused.all[&one].since, at(5));
    }

    #[test]
    fn who_is_caught_is_out_every_other_day_however_often_that_is_heard() {
        let town = Town::new();
        let desk = town.desk(0);
        std::fs::create_dir_all(path_of(&desk).parent().unwrap()).unwrap();
        let who = BTreeSet::from([OrganisationKey::from_bytes([1; 32])]);
        let at = |hours: u64| Timestamp::from_millis((1_000_000 + hours) * HOUR);
        let mut excused = Excused::default();
        for hours in 0..96 {
            excused.catch(&who, at(hours), &desk).unwrap();
            let out = hours / 24 % 2 == 0;
            assert_eq!(excused.now(at(hours)) == who, out, "{hours}");
        }
        // By a clock that was far ahead it would last.
        excused.catch(&who, at(9_000), &desk).unwrap();
        excused.catch(&who, at(1), &desk).unwrap();
        assert_eq!(excused.now(at(1)), who);
    }
}
