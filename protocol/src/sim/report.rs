//! What a run cost, and how records spread in it.

use crate::ids::RecordId;
use std::collections::BTreeMap;

/// How one record spread by gossip and catch-up.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Spread {
    /// When it was published, in milliseconds of the true time.
    pub published: u64,
    /// When the last node so far came to carry it.
    pub last: u64,
    /// Nodes that came to carry it; those that took it up again count again.
    pub carriers: u32,
    /// Copies that came by gossip, over all nodes.
    pub copies: u32,
    /// Copies that came by catch-up, over all nodes.
    pub fetched: u32,
    /// The most hops by which gossip brought it to a node that lacked it.
    pub hops: u32,
    /// Copies that came to each node, by gossip and by catch-up; the nodes after the last to which
    /// one came are left out.
    to: Vec<u16>,
}

impl Spread {
    fn count(&mut self, node: usize) {
        if self.to.len() <= node {
            self.to.resize(node + 1, 0);
        }
        self.to[node] = self.to[node].saturating_add(1);
    }
    /// A copy came to a node by gossip.
    pub(super) fn gossiped(&mut self, node: usize) {
        self.copies += 1;
        self.count(node);
    }
    /// A copy came to a node by catch-up.
    pub(super) fn caught_up(&mut self, node: usize) {
        self.fetched += 1;
        self.count(node);
    }
    /// The most copies that came to one node.
    pub fn most(&self) -> u16 {
        self.to.iter().copied().max().unwrap_or(0)
    }
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
    /// Messages that came twice.
    pub twice: u64,
    /// Requests without an answer in time.
    pub unanswered: u64,
    /// Events handled.
    pub events: u64,
    /// Distinct records whose signatures were verified.
    pub verified: u64,
    /// Bytes that each node sent.
    pub sent: Vec<u64>,
    /// How each published record spread.
    pub spread: BTreeMap<RecordId, Spread>,
}

/// The middle one and the last one, in order.
pub(super) fn middle_and_last(mut of: Vec<u64>) -> (u64, u64) {
    of.sort_unstable();
    (
        of.get(of.len() / 2).copied().unwrap_or(0),
        of.last().copied().unwrap_or(0),
    )
}

impl Report {
    /// Hops by which gossip brought a record to the last node that lacked it: of the median record
    /// and of the one that took the most.
    pub fn hops(&self) -> (u64, u64) {
        let all = self.spread.values().map(|s| u64::from(s.hops));
        middle_and_last(all.filter(|hops| *hops > 0).collect())
    }
    /// Copies that a node received of a record, by gossip and by catch-up, on average, in
    /// hundredths; and the most that any node received of any.
    pub fn copies(&self) -> (u64, u64) {
        let all = self.spread.values();
        let copies: u64 = all
            .map(|s| u64::from(s.copies) + u64::from(s.fetched))
            .sum();
        let carriers: u64 = self.spread.values().map(|s| u64::from(s.carriers)).sum();
        let most = self.spread.values().map(Spread::most).max().unwrap_or(0);
        (
            (copies * 100).checked_div(carriers).unwrap_or(0),
            u64::from(most),
        )
    }
    /// Milliseconds from publishing to the last carrier: of the median record and of the slowest.
    pub fn convergence(&self) -> (u64, u64) {
        let spread = self.spread.values();
        middle_and_last(spread.map(|s| s.last.saturating_sub(s.published)).collect())
    }
    /// Bytes that a node sent: on average, and the most.
    pub fn bytes_per_node(&self) -> (u64, u64) {
        let sum: u64 = self.sent.iter().sum();
        (
            sum.checked_div(self.sent.len() as u64).unwrap_or(0),
            self.sent.iter().copied().max().unwrap_or(0),
        )
    }
}
