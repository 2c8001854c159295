//! The node's clock.

use parasol_protocol::time::Timestamp;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How far the clock may run ahead of the time that passed.
const SLACK: Duration = Duration::from_secs(24 * 3600);

/// Tells the time as the system does, and whether that ran ahead of a measure that nobody can set.
#[derive(Debug, Default)]
pub struct Clock {
    /// What the two said at one moment.
    base: Option<(Timestamp, Instant)>,
}

impl Clock {
    /// Now. It may be before what it was: whoever sets a clock right sets it back, too.
    pub fn now(&mut self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now = Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        self.base.get_or_insert((now, Instant::now()));
        now
    }

    /// Whether the clock ran more than a day ahead of the time that passed since it was asked
    /// first. It is said once for each such day. A machine that slept counts as well.
    pub fn ran_ahead(&mut self) -> bool {
        let now = self.now();
        let ahead = self
            .base
            .is_some_and(|(then, at)| is_ahead(then, now, at.elapsed()));
        if ahead {
            self.base = Some((now, Instant::now()));
        }
        ahead
    }
}

fn is_ahead(then: Timestamp, now: Timestamp, passed: Duration) -> bool {
    let shown = Duration::from_millis(now.millis().saturating_sub(then.millis()));
    shown > passed.saturating_add(SLACK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_steps_add_up_and_time_that_passed_does_not() {
        let at = |hours: u64| Timestamp::from_millis(hours * 3_600_000);
        let hours = |n: u64| Duration::from_secs(n * 3600);
        assert!(!is_ahead(at(0), at(1000), hours(1000)));
        assert!(!is_ahead(at(0), at(24), hours(0)));
        assert!(is_ahead(at(0), at(25), hours(0)));
        assert!(is_ahead(at(100), at(150), hours(20)));
        assert!(!is_ahead(at(100), at(50), hours(20)), "it was set back");
    }
}
