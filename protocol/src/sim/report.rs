//! What a run cost, and how records spread in it.

use crate::ids::RecordId;
use std::collections::BTreeMap;

/// How one record spread by gossip and catch-up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Spread {
    /// When it was published, in milliseconds of the true time.
    pub published: u64,
    /// When the last node so far came to carry it.
    pub last: u64,
    /// Nodes that came to carry it; those that took it up again count again.
    pub carriers: u32,
    /// Copies that came by gossip, over all nodes.
    pub copies: u32,
    /// The most hops by which gossip brought it to a node that lacked it.
    pub hops: u32,
}

/// Counts of a run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// Messages sent, those that were lost too.
    pub messages: u64,
    /// Their bytes, without what a transport adds.
    pub bytes: u64,
    /// Bytes of those that were gossip.
    pub gossip_bytes: u64,
    /// Messages that were lost.
    pub lost: u64,
    /// Requests without an answer in time.
    pub unanswered: u64,
    /// Events handled.
    pub events: u64,
    /// Distinct records whose signatures were verified.
    pub verified: u64,
    /// How each published record spread.
    pub spread: BTreeMap<RecordId, Spread>,
}

impl Report {
    /// The most hops that any record took.
    pub fn hops(&self) -> u32 {
        self.spread.values().map(|s| s.hops).max().unwrap_or(0)
    }
    /// Copies that a node received of a record, on average, in hundredths.
    pub fn copies_per_carrier(&self) -> u64 {
        let copies: u64 = self.spread.values().map(|s| u64::from(s.copies)).sum();
        let carriers: u64 = self.spread.values().map(|s| u64::from(s.carriers)).sum();
        (copies * 100).checked_div(carriers).unwrap_or(0)
    }
    /// Milliseconds from publishing to the last carrier: of the median record and of the slowest.
    pub fn convergence(&self) -> (u64, u64) {
        let mut times: Vec<u64> = self
            .spread
            .values()
            .map(|s| s.last.saturating_sub(s.published))
            .collect();
        times.sort_unstable();
        (
            times.get(times.len() / 2).copied().unwrap_or(0),
            times.last().copied().unwrap_or(0),
        )
    }
}
