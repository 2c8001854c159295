//! Which seasons' keys a plan of a day makes, and which it must carry on (`spec/11-ceremonies.md`,
//! section 2, rule 8).
//!
//! Whoever drops a key too early takes reports from everybody that expire in its season, and whoever
//! makes keys of seasons far away fills up the room that every later plan has. Both follow from the
//! plan's day alone, so that all judge alike.

use super::due::AHEAD;
use crate::limits::{ENDING_MARGIN, MAX_REPORT_LIFE};
use crate::oprf::KeyName;
use crate::time::{Day, Season};

/// Whether a season has ended so long before a day that it lives by no clock that is honestly wrong.
pub(super) fn is_past(season: Season, day: Day) -> bool {
    season.last_day().plus(ENDING_MARGIN) < day
}

/// The first day on which a season is past.
pub(super) fn past_from(season: Season) -> Day {
    season.last_day().plus(ENDING_MARGIN + 1)
}

/// The last season of which keys are made on a day: one more than a report could need that is issued in
/// the days for which one makes provision.
fn farthest(day: Day) -> Season {
    day.plus(AHEAD + MAX_REPORT_LIFE).season().plus(1)
}

/// Whether a plan of this day may make a key of this name.
pub(super) fn may_be_made(name: &KeyName, day: Day) -> bool {
    let season = name.season();
    season.is_none_or(|season| day.season() <= season && season <= farthest(day))
}

/// Whether a plan of this day may carry a key on that there is.
pub(super) fn may_stay(name: &KeyName, day: Day) -> bool {
    name.season().is_none_or(|season| !is_past(season, day))
}

/// Whether it must. Of a season further ahead than keys are made of nothing can be sealed yet.
pub(super) fn must_stay(name: &KeyName, day: Day) -> bool {
    let near = name.season().is_none_or(|season| season <= farthest(day));
    near && may_stay(name, day)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::limits::MAX_CEREMONY_KEYS;
    use std::collections::BTreeSet;

    /// On whatever days plans were made, what one has to carry and what it may make has room in it.
    #[test]
    fn there_is_room_for_all_that_must_be_carried_and_all_that_may_be_made() {
        for number in 20_000..21_500 {
            let day = Day::from_number(number);
            let seasons = day.season().index() - 4..day.season().index() + 20;
            let names = seasons.map(Season::from_index);
            let of = |season| [KeyName::Handle(season), KeyName::Area(season)];
            let names = names.flat_map(of).chain([KeyName::Bucket]);
            let all = names.filter(|name| must_stay(name, day) || may_be_made(name, day));
            let all: BTreeSet<KeyName> = all.collect();
            assert!(all.len() <= MAX_CEREMONY_KEYS, "{day}: {}", all.len());
            assert!(all.iter().all(|name| may_stay(name, day)));
            // What is made on a day is carried on the next.
            let later = day.plus(1);
            let made = all.iter().filter(|name| may_be_made(name, day));
            assert!(made.into_iter().all(|name| must_stay(name, later)));
        }
    }

    #[test]
    fn a_key_stays_while_a_clock_that_is_two_days_wrong_may_ask_for_it() {
        let season = Day::from_number(20_779).season();
        let (name, last) = (KeyName::Handle(season), season.last_day());
        assert!(must_stay(&name, last.plus(2)) && may_stay(&name, last.plus(2)));
        assert!(!must_stay(&name, last.plus(3)) && !may_stay(&name, last.plus(3)));
        assert_eq!(past_from(season), last.plus(3));
        // Nothing is made for a season that is over, by whatever margin.
        assert!(may_be_made(&name, last) && !may_be_made(&name, last.plus(1)));
    }
}
