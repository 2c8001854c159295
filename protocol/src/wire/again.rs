//! When what a quota refuses can be asked again.

use crate::time::Timestamp;
use core::fmt;

/// In how many minutes something can be asked again, rounded up.
///
/// A keyholder's day begins by its own clock, which need not be the asker's. A span is right for
/// both, where a moment would be wrong by what lies between their clocks; and whole minutes tell
/// of a clock no more than who asks at midnight finds out anyway.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Again(u16);

const MINUTE: u64 = 60_000;
const DAY: u64 = 86_400_000;

impl Again {
    /// The most minutes: a day.
    pub const MOST: u16 = 1440;

    /// So many minutes; none if they are not from 1 to a day's.
    pub const fn in_minutes(minutes: u16) -> Option<Self> {
        if minutes >= 1 && minutes <= Self::MOST {
            Some(Self(minutes))
        } else {
            None
        }
    }

    /// From `now` until the next day begins by the clock that shows it.
    pub fn tomorrow(now: Timestamp) -> Self {
        let left = DAY - now.millis() % DAY;
        let minutes = u16::try_from(left.div_ceil(MINUTE)).unwrap_or(Self::MOST);
        Self(minutes.clamp(1, Self::MOST))
    }

    /// In so many minutes.
    pub const fn minutes(self) -> u16 {
        self.0
    }

    /// In so many seconds.
    pub fn seconds(self) -> u32 {
        u32::from(self.0) * 60
    }
}

impl fmt::Display for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, what) = match self.0 {
            n @ 0..=119 => (n, "minute"),
            n => (n.div_ceil(60), "hour"),
        };
        let many = if count == 1 { "" } else { "s" };
        write!(f, "after midnight UTC, in {count} {what}{many}")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(day: u32, hour: u64, minute: u64) -> Timestamp {
        let minutes = u64::from(day) * 1440 + hour * 60 + minute;
        Timestamp::from_millis(minutes * MINUTE)
    }

    #[test]
    fn it_is_the_rest_of_the_day_rounded_up() {
        let told = |now| Again::tomorrow(now).minutes();
        assert_eq!(told(at(20_000, 0, 0)), 1440);
        assert_eq!(told(at(20_000, 19, 0)), 300);
        assert_eq!(told(at(20_000, 19, 0).plus_millis(1)), 300);
        assert_eq!(told(at(20_003, 19, 1)), 299);
        assert_eq!(told(at(20_000, 23, 59).plus_millis(59_999)), 1);
    }

    #[test]
    fn it_is_said_in_words() {
        let said = |minutes| Again::in_minutes(minutes).unwrap().to_string();
        assert_eq!(said(1), "after midnight UTC, in 1 minute");
        assert_eq!(said(90), "after midnight UTC, in 90 minutes");
        assert_eq!(said(300), "after midnight UTC, in 5 hours");
        assert_eq!(said(301), "after midnight UTC, in 6 hours");
        assert_eq!(Again::in_minutes(0), None);
        assert_eq!(Again::in_minutes(1441), None);
    }
}
