//! Time as the protocol counts it: days, months, seasons. Nothing here reads a clock.
//!
//! Days are UTC. A record never says more than a day, and a report's incident never more than a
//! month (`spec/01-conventions.md`).

use core::fmt;

/// Milliseconds since 1970-01-01T00:00:00Z, as a driver's clock says it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// From milliseconds since 1970.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }
    /// Milliseconds since 1970.
    pub const fn millis(self) -> u64 {
        self.0
    }
    /// This moment and `millis` milliseconds more.
    pub const fn plus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }
    /// The day this moment lies in.
    pub fn day(self) -> Day {
        Day(u32::try_from(self.0 / 86_400_000).unwrap_or(u32::MAX))
    }
}

/// Days since 1970-01-01.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(u32);

impl Day {
    /// From days since 1970-01-01.
    pub const fn from_number(days: u32) -> Self {
        Self(days)
    }
    /// Days since 1970-01-01.
    pub const fn number(self) -> u32 {
        self.0
    }
    /// This day and `days` more.
    #[must_use]
    pub const fn plus(self, days: u32) -> Self {
        Self(self.0.saturating_add(days))
    }
    /// This day and `days` fewer.
    #[must_use]
    pub const fn minus(self, days: u32) -> Self {
        Self(self.0.saturating_sub(days))
    }
    /// Days from `earlier` to this day; zero if it is not earlier.
    pub const fn since(self, earlier: Day) -> u32 {
        self.0.saturating_sub(earlier.0)
    }
    /// The first day of a calendar month.
    pub fn first_of(month: Month) -> Option<Day> {
        let (year, m) = month.year_month();
        let month = time::Month::try_from(m).ok()?;
        let date = time::Date::from_calendar_date(i32::try_from(year).ok()?, month, 1).ok()?;
        Self::of_date(date)
    }
    /// The day of a calendar date, if it is not before 1970.
    pub fn of_date(date: time::Date) -> Option<Day> {
        u32::try_from(date.to_julian_day() - EPOCH_JULIAN)
            .ok()
            .map(Day)
    }
    /// The calendar date of this day; days past the year 9999 read as its last.
    pub fn date(self) -> time::Date {
        i32::try_from(self.0)
            .ok()
            .and_then(|d| time::Date::from_julian_day(EPOCH_JULIAN.checked_add(d)?).ok())
            .unwrap_or(time::Date::MAX)
    }
    /// The month this day lies in.
    pub fn month(self) -> Month {
        let date = self.date();
        Month::new(
            u32::try_from(date.year()).unwrap_or(0),
            u8::from(date.month()),
        )
        .unwrap_or(Month(0))
    }
    /// The season this day lies in.
    pub fn season(self) -> Season {
        let (year, month) = self.month().year_month();
        Season(year * 2 + u32::from(month > 6))
    }
}

const EPOCH_JULIAN: i32 = 2_440_588;

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let d = self.date();
        write!(
            f,
            "{:04}-{:02}-{:02}",
            d.year(),
            u8::from(d.month()),
            d.day()
        )
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl core::str::FromStr for Day {
    type Err = NotADay;
    fn from_str(s: &str) -> Result<Self, NotADay> {
        let (month, day) = s.rsplit_once('-').ok_or(NotADay)?;
        let month: Month = month.parse().map_err(|_| NotADay)?;
        if day.len() != 2 || !day.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NotADay);
        }
        let day: u32 = day.parse().map_err(|_| NotADay)?;
        let first = Day::first_of(month).ok_or(NotADay)?;
        let found = first.plus(day.checked_sub(1).ok_or(NotADay)?);
        if found.month() == month {
            Ok(found)
        } else {
            Err(NotADay)
        }
    }
}

/// The text was not a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a day; write year, month and day, as in 2026-03-14")]
pub struct NotADay;

/// A calendar month, the finest that a report says about when.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(u32);

impl Month {
    /// A month of a year from 1970 to 9999; `month` counts from 1.
    pub const fn new(year: u32, month: u8) -> Option<Self> {
        if year >= 1970 && year <= 9999 && month >= 1 && month <= 12 {
            Some(Self(year * 12 + month as u32 - 1))
        } else {
            None
        }
    }
    /// From the number on the wire, year × 12 + month − 1.
    pub const fn from_index(index: u32) -> Option<Self> {
        if index >= 1970 * 12 && index <= 9999 * 12 + 11 {
            Some(Self(index))
        } else {
            None
        }
    }
    /// The number on the wire, year × 12 + month − 1.
    pub const fn index(self) -> u32 {
        self.0
    }
    /// Year, and month from 1.
    pub const fn year_month(self) -> (u32, u8) {
        (self.0 / 12, (self.0 % 12) as u8 + 1)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (y, m) = self.year_month();
        write!(f, "{y:04}-{m:02}")
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl core::str::FromStr for Month {
    type Err = NotAMonth;
    fn from_str(s: &str) -> Result<Self, NotAMonth> {
        let (y, m) = s.split_once('-').ok_or(NotAMonth)?;
        if y.len() != 4 || m.len() != 2 {
            return Err(NotAMonth);
        }
        let parse = |t: &str| {
            t.bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| t.parse().ok())
        };
        let year = parse(y).flatten().ok_or(NotAMonth)?;
        let month = parse(m).flatten().ok_or(NotAMonth)?;
        Month::new(year, u8::try_from(month).map_err(|_| NotAMonth)?).ok_or(NotAMonth)
    }
}

/// The text was not a month.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a month; write year and month, as in 2026-03")]
pub struct NotAMonth;

/// Half a year; its keys seal the reports that expire in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Season(u32);

impl Season {
    /// From the number on the wire, year × 2 + (0 for January to June, 1 for July to December).
    pub const fn from_index(index: u32) -> Self {
        Self(index)
    }
    /// The number on the wire.
    pub const fn index(self) -> u32 {
        self.0
    }
    /// The season `n` later.
    #[must_use]
    pub const fn plus(self, n: u32) -> Self {
        Self(self.0.saturating_add(n))
    }
    /// The first day of the season.
    pub fn first_day(self) -> Day {
        Self(self.0.saturating_sub(1)).last_day().plus(1)
    }
    /// The last day of the season.
    pub fn last_day(self) -> Day {
        let next = Self(self.0.saturating_add(1));
        Month::new(next.0 / 2, if next.0.is_multiple_of(2) { 1 } else { 7 })
            .and_then(Day::first_of)
            .map_or(Day(u32::MAX), |d| d.minus(1))
    }
    /// The seasons in which a report that is alive on `today` can expire: this one and the
    /// four after it, since no report lives longer than two years.
    pub fn live(today: Day) -> impl Iterator<Item = Season> {
        let first = today.season();
        (0..crate::limits::LIVE_SEASONS).map(move |n| first.plus(n))
    }
}

impl fmt::Display for Season {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}H{}", self.0 / 2, self.0 % 2 + 1)
    }
}

impl fmt::Debug for Season {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn days_months_and_seasons_agree_with_the_calendar() {
        let day = Day::from_number(20_779);
        assert_eq!(day.to_string(), "2026-11-22");
        assert_eq!(day.month().to_string(), "2026-11");
        assert_eq!(day.season().to_string(), "2026H2");
        assert_eq!(day.season().first_day().to_string(), "2026-07-01");
        assert_eq!(day.season().last_day().to_string(), "2026-12-31");
        assert_eq!(day.season().plus(1).last_day().to_string(), "2027-06-30");
        assert_eq!(
            Day::first_of(day.month()).unwrap().to_string(),
            "2026-11-01"
        );
        assert_eq!(Timestamp::from_millis(86_400_000 * 20_779 + 5).day(), day);
        assert_eq!("2026-03".parse::<Month>().unwrap().to_string(), "2026-03");
        assert_eq!("2026-11-22".parse(), Ok(day));
        assert_eq!(
            "2024-02-29".parse::<Day>().unwrap().to_string(),
            "2024-02-29"
        );
        for bad in [
            "2026-02-29",
            "2026-11-00",
            "2026-11-31",
            "2026-11-1",
            "2026-11",
            "11-22",
        ] {
            assert!(bad.parse::<Day>().is_err(), "{bad}");
        }
        for bad in [
            "2026-13",
            "2026-0",
            "26-03",
            "2026-00",
            "+026-03",
            "2026-03-01",
        ] {
            assert!(bad.parse::<Month>().is_err(), "{bad}");
        }
    }

    #[test]
    fn five_seasons_hold_every_report_of_two_years() {
        for n in 20_000..21_000 {
            let today = Day::from_number(n);
            let live: Vec<_> = Season::live(today).collect();
            assert_eq!(live.len(), 5);
            assert!(live.contains(&today.season()));
            assert!(live.contains(&today.plus(crate::limits::MAX_REPORT_LIFE).season()));
        }
    }
}
