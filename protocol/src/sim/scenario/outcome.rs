//! What came of a run: figures, invariants, and a digest of all of it.

use super::run::Run;
use sha2::{Digest, Sha512};

/// What came of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// What it cost and how long it took, by name.
    pub figures: Vec<(&'static str, u64)>,
    /// For each event, what it is called and how often it took place.
    pub events: Vec<(&'static str, u64)>,
    /// What had to hold, and whether it does.
    pub invariants: Vec<(&'static str, bool)>,
    /// A hash over every event of the run, all figures and what each node carries, in hexadecimal.
    pub digest: String,
}

impl Outcome {
    pub(super) fn new(
        run: &Run<'_>,
        settled: Option<u64>,
        invariants: Vec<(&'static str, bool)>,
    ) -> Self {
        let report = &run.world.report;
        let nodes = run.scenario.nodes() as u64;
        let (hops_median, hops_max) = report.hops();
        let (copies_mean, copies_max) = report.copies();
        let (median, slowest) = report.convergence();
        let (bytes_mean, bytes_max) = report.bytes_per_node();
        let fetched: u64 = report.spread.values().map(|s| u64::from(s.fetched)).sum();
        let carried = (0..run.scenario.nodes()).map(|n| run.world.carried(n).len());
        let figures = vec![
            ("nodes", nodes),
            ("records", report.spread.len() as u64),
            ("unpublished", run.unpublished),
            ("carried", carried.max().unwrap_or(0) as u64),
            ("messages", report.messages),
            ("messages_per_node", report.messages / nodes.max(1)),
            ("bytes", report.bytes),
            ("gossip_bytes", report.gossip_bytes),
            ("bytes_per_node", bytes_mean),
            ("bytes_per_node_max", bytes_max),
            ("lost", report.lost),
            ("twice", report.twice),
            ("unanswered", report.unanswered),
            ("events", report.events),
            ("verified", report.verified),
            ("copies_mean_hundredths", copies_mean),
            ("copies_max", copies_max),
            ("copies_by_catch_up", fetched),
            ("hops_median", hops_median),
            ("hops_max", hops_max),
            ("convergence_median_ms", median),
            ("convergence_slowest_ms", slowest),
            // The longest time there is, if it never happened.
            ("settled_ms", settled.unwrap_or(u64::MAX)),
        ];
        let events = run.scenario.events.iter().map(|e| e.what.name());
        let events = events.zip(run.marks.iter().copied()).collect();
        let mut outcome = Self {
            scenario: run.scenario.name.clone(),
            seed: run.seed,
            figures,
            events,
            invariants,
            digest: String::new(),
        };
        outcome.digest = outcome.hash(run);
        outcome
    }

    fn hash(&self, run: &Run<'_>) -> String {
        let mut hash = Sha512::new()
            .chain_update(run.world.digest())
            .chain_update(self.scenario.as_bytes())
            .chain_update(self.seed.to_be_bytes());
        for (name, value) in self.figures.iter().chain(&self.events) {
            hash.update(name.as_bytes());
            hash.update(value.to_be_bytes());
        }
        for (name, holds) in &self.invariants {
            hash.update(name.as_bytes());
            hash.update([u8::from(*holds)]);
        }
        for node in 0..run.scenario.nodes() {
            hash.update(run.world.sum(node));
        }
        let all = hash.finalize();
        hex::encode(all.get(..32).unwrap_or_default())
    }

    /// A figure, by its name.
    pub fn figure(&self, name: &str) -> Option<u64> {
        let found = self.figures.iter().find(|(n, _)| *n == name);
        found.map(|(_, value)| *value)
    }

    /// What does not hold.
    pub fn broken(&self) -> Vec<&'static str> {
        let broken = self.invariants.iter().filter(|(_, holds)| !holds);
        broken.map(|(name, _)| *name).collect()
    }
}
