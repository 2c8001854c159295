//! The node's clock.

use parasol_protocol::time::Timestamp;
use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What a clock says: the time, and a measure that nobody can set, from wherever it began.
type Said = Box<dyn FnMut() -> (Timestamp, Duration) + Send>;

/// Tells the time as the system does, and how much of it has passed by a measure that nobody can set.
pub struct Clock {
    said: Said,
    /// How much had passed when that was asked last.
    counted: Option<Duration>,
}

impl Default for Clock {
    fn default() -> Self {
        let begun = Instant::now();
        Self::of(move || (system(), begun.elapsed()))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").finish_non_exhaustive()
    }
}

impl Clock {
    /// One that goes by what this says: the time, which may go anywhere, and how much has passed since
    /// some moment, which never falls.
    pub fn of(said: impl FnMut() -> (Timestamp, Duration) + Send + 'static) -> Self {
        let said = Box::new(said);
        let counted = None;
        Self { said, counted }
    }

    /// Now. It may be before what it was: whoever sets a clock right sets it back, too.
    pub fn now(&mut self) -> Timestamp {
        (self.said)().0
    }

    /// How much time has passed since some moment before the node's start.
    pub fn so_far(&mut self) -> Duration {
        (self.said)().1
    }

    /// How much time has passed since this was asked last; none if it never was. While a machine
    /// sleeps none does.
    pub fn passed(&mut self) -> Duration {
        let (_, so_far) = (self.said)();
        let before = self.counted.replace(so_far);
        before.map_or(Duration::ZERO, |before| so_far.saturating_sub(before))
    }
}

fn system() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passed_is_counted_once_and_not_by_the_time_that_is_shown() {
        let hour = Duration::from_secs(3600);
        let mut all = [(9000, 5), (9001, 5), (8000, 6), (7_000_000, 8)].into_iter();
        let mut clock = Clock::of(move || {
            let (shown, passed) = all.next().unwrap_or_default();
            (Timestamp::from_millis(shown), hour * passed)
        });
        assert_eq!(clock.passed(), Duration::ZERO);
        assert_eq!(clock.passed(), Duration::ZERO);
        assert_eq!(clock.passed(), hour);
        assert_eq!(clock.passed(), 2 * hour);
        // A measure that fell would not give anything.
        assert_eq!(clock.passed(), Duration::ZERO);
    }
}
