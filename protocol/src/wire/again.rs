//! When what a quota refuses can be asked again.

use core::fmt;

/// In how many minutes something can be asked again, rounded up.
///
/// A keyholder's day begins by its own clock, which need not be the asker's. A span is right for
/// both, where a moment would be wrong by what lies between their clocks; and whole minutes tell
/// of a clock no more than who asks at midnight finds out anyway.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Again(u16);

const MINUTE: u64 = 60_000;

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

    /// In so many milliseconds, rounded up to minutes; a day at the most.
    pub fn after(millis: u64) -> Self {
        let minutes = u16::try_from(millis.div_ceil(MINUTE)).unwrap_or(Self::MOST);
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
        write!(f, "in {count} {what}{many}")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn it_is_rounded_up_and_a_day_at_most() {
        let told = |millis| Again::after(millis).minutes();
        assert_eq!(told(0), 1);
        assert_eq!(told(MINUTE), 1);
        assert_eq!(told(300 * MINUTE - 1), 300);
        assert_eq!(told(300 * MINUTE + 1), 301);
        assert_eq!(told(1440 * MINUTE), 1440);
        assert_eq!(told(u64::MAX), 1440);
    }

    #[test]
    fn it_is_said_in_words() {
        let said = |minutes| Again::in_minutes(minutes).unwrap().to_string();
        assert_eq!(said(1), "in 1 minute");
        assert_eq!(said(90), "in 90 minutes");
        assert_eq!(said(300), "in 5 hours");
        assert_eq!(said(301), "in 6 hours");
        assert_eq!(Again::in_minutes(0), None);
        assert_eq!(Again::in_minutes(1441), None);
    }
}
