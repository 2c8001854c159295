//! The node's clock.

use parasol_protocol::time::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time, and never a time before one that it told already.
#[derive(Debug, Default)]
pub struct Clock {
    latest: Timestamp,
}

impl Clock {
    /// Now.
    pub fn now(&mut self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        self.latest = self.latest.max(Timestamp::from_millis(millis));
        self.latest
    }
}
