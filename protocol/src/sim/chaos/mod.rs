//! A small federation to which everything happens at once, at random.

mod check;
mod deeds;

use super::promise::Promise;
use super::{Conditions, Drbg, Federation, MeshSizes, NodeIndex, Pace, Shape, World};
use crate::engine::Settings;
use crate::ids::RecordId;
use crate::keys::SecretKey;
use crate::record::Verified;
use crate::record::report::Audience;
use crate::time::Day;
use std::collections::BTreeSet;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// What was broken in a run.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Broken {
    /// Nodes carry different sets long after all is well again.
    #[error("nodes carry different sets long after all is well again")]
    Disagreement,
    /// An acknowledged, live record is missing at a node.
    #[error("node {0} lacks an acknowledged record")]
    Lost(NodeIndex),
    /// A node carries what was retracted, with proof.
    #[error("node {0} carries a retracted report")]
    Returned(NodeIndex),
    /// A node carries what has expired.
    #[error("node {0} carries an expired record")]
    Stale(NodeIndex),
    /// A keyholder has a share of a season that so many say is over, or none of one that is not.
    #[error("node {0} has a share that should be gone, or has destroyed one that should not")]
    Season(NodeIndex),
    /// A report that its organisation keeps to itself was sent to another.
    #[error("a report for its own organisation left it")]
    Leak,
}

/// A small federation to which everything happens: loss, crashes between two outputs, partitions,
/// wrong clocks, hostile publishers, laggards, revoked and renewed keys. Afterwards all is mended,
/// and the promises are checked.
///
/// # Errors
/// The promise that was broken.
pub fn chaos(seed: u64) -> Result<World, Broken> {
    let mut chaos = Chaos::new(seed);
    for _ in 0..40 {
        chaos.step();
        let pause = chaos.entropy.below(5 * HOUR);
        chaos.world.run_for(pause);
    }
    chaos.mend();
    chaos.check()?;
    Ok(chaos.world)
}

struct Chaos {
    world: World,
    entropy: Drbg,
    /// Apart, so that it changes no other choice.
    aim: Drbg,
    /// Reports that must be carried by all in the end.
    owed: Vec<Promise>,
    /// Reports that never leave their organisation, and that their publisher must carry.
    own: Vec<Promise>,
    reports: Vec<(RecordId, NodeIndex, Day, SecretKey)>,
    /// Retractions with a proof: nobody must carry a report of that lock.
    retracted: Vec<Promise>,
    /// What hostile publishers signed.
    forged: BTreeSet<RecordId>,
    revoked: BTreeSet<NodeIndex>,
    everything: Vec<Verified>,
    root_slot: u32,
    hostile_slot: u32,
}

impl Chaos {
    fn new(seed: u64) -> Self {
        let mut entropy = Drbg::new(seed, "chaos");
        let shape = Shape {
            organisations: 4,
            nodes: 1 + u16::try_from(entropy.below(2)).unwrap_or(0),
            // In its days a season ends.
            made: Day::from_number(20_815),
            keys: true,
            ..Shape::default()
        };
        let conditions = Conditions {
            delay: 5,
            jitter: entropy.below(5_000),
            loss: u32::try_from(entropy.below(300)).unwrap_or(0),
            duplication: u32::try_from(entropy.below(100)).unwrap_or(0),
            timeout: 10_000,
        };
        let pace = Pace {
            tick: 10 * MINUTE,
            settings: Settings {
                sync_every: 30 * MINUTE,
                patience: 5 * MINUTE,
                catch_up_first: false,
            },
            links: 4,
            mesh: MeshSizes::NODE,
        };
        let federation = Federation::new(shape, seed);
        Self {
            world: World::new(federation, pace, conditions, seed),
            entropy,
            aim: Drbg::new(seed, "aim"),
            owed: Vec::new(),
            own: Vec::new(),
            reports: Vec::new(),
            retracted: Vec::new(),
            forged: BTreeSet::new(),
            revoked: BTreeSet::new(),
            everything: Vec::new(),
            root_slot: 10,
            hostile_slot: 3_000,
        }
    }

    fn pick(&mut self, bound: usize) -> usize {
        usize::try_from(self.entropy.below(bound as u64)).unwrap_or(0)
    }

    fn node(&mut self) -> NodeIndex {
        self.pick(self.world.federation.stations.len())
    }

    fn step(&mut self) {
        match self.entropy.below(20) {
            0..=4 => self.report(Audience::Federation),
            5 => self.report(Audience::Own),
            6 => self.attach(),
            7 => self.retract(true),
            8 => self.retract(false),
            9 => {
                let node = self.node();
                self.world.crash(node);
            }
            10 => {
                let (node, outputs) = (self.node(), self.entropy.below(3));
                self.world
                    .crash_after(node, u32::try_from(outputs).unwrap_or(0));
            }
            11 => {
                let node = self.node();
                self.world.start(node);
            }
            12 => {
                let count = self.world.federation.stations.len();
                let apart = (0..count).filter(|_| self.entropy.chance(500)).collect();
                self.world.partition(&apart);
            }
            13 => self.world.heal(),
            14 => {
                let span = if self.entropy.chance(500) {
                    10 * MINUTE
                } else {
                    2 * DAY
                };
                let (node, off) = (self.node(), self.entropy.below(2 * span));
                self.world.skew(node, off as i64 - span as i64);
            }
            15 | 16 => self.equivocate(),
            17 => self.bring_back(),
            18 => self.revoke(),
            _ => self.renew(),
        }
        self.remember();
    }

    fn remember(&mut self) {
        for (id, ..) in &self.reports {
            if self.everything.iter().all(|r| r.id() != *id) {
                let stations = 0..self.world.federation.stations.len();
                let found = stations
                    .into_iter()
                    .find_map(|n| self.world.store(n).get(id).cloned());
                self.everything.extend(found);
            }
        }
    }
}
