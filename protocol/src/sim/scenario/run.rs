//! Playing a scenario: the load and the events, in the order of their times.

use super::{Event, Outcome, Scenario, What, Which};
use crate::charter::Quotas;
use crate::ids::{Lock, OrganisationKey, RecordId};
use crate::keys::SecretKey;
use crate::record::Verified;
use crate::sim::promise::Promise;
use crate::sim::{Drbg, Federation, NodeIndex, Shape, World};
use crate::time::Day;
use std::collections::{BTreeMap, BTreeSet};

/// Something that is done at a moment.
#[derive(Clone, Copy)]
pub(super) enum Deed {
    /// A client publishes something.
    Publish,
    /// An event begins.
    Begin(usize),
    /// It ends.
    End(usize),
    /// What follows from it a little later.
    Replay(usize),
    /// A look at whether that had any effect.
    Watch(usize),
    /// A node goes away, for the churn of an event.
    Down(usize),
    /// And comes back.
    Up(NodeIndex),
}

/// A report that was acknowledged, of which others can speak.
pub(super) struct Told {
    pub id: RecordId,
    pub expires: Day,
    pub lock: SecretKey,
}

/// A scenario while it is played.
pub(super) struct Run<'a> {
    pub scenario: &'a Scenario,
    pub seed: u64,
    pub world: World,
    pub entropy: Drbg,
    begun: u64,
    pub due: BTreeMap<(u64, u64), Deed>,
    serial: u64,
    /// For each event, the nodes that it befalls, what they hoard, and how often it took place.
    pub befallen: Vec<Vec<NodeIndex>>,
    pub hoards: Vec<Vec<Verified>>,
    pub marks: Vec<u64>,
    /// Records that all must carry in the end, and those that their publisher must.
    pub owed: Vec<Promise>,
    pub own: Vec<Promise>,
    pub reports: Vec<Told>,
    /// Locks of the reports that their authors retracted.
    pub retracted: BTreeSet<Lock>,
    /// What a hostile publisher signed.
    pub forged: BTreeSet<RecordId>,
    /// By whose word each node counts.
    pub roots: Vec<BTreeSet<OrganisationKey>>,
    /// How often what had expired, and what was retracted, was seen again at a node.
    pub expired_again: u64,
    pub retracted_again: u64,
    /// Records that a node refused, or that nobody took since the node was down.
    pub unpublished: u64,
}

impl<'a> Run<'a> {
    pub fn new(scenario: &'a Scenario, seed: u64) -> Self {
        let shape = Shape {
            organisations: scenario.organisations,
            nodes: scenario.nodes_each,
            quotas: Quotas {
                records: scenario.quota,
                ..Shape::default().quotas
            },
            ..Shape::default()
        };
        let federation = Federation::new(shape, seed);
        let stations = federation.stations.iter();
        let alone = stations.map(|s| BTreeSet::from([federation.organisation(s.organisation)]));
        let roots = alone.collect();
        let world = World::new(federation, scenario.pace, scenario.conditions, seed);
        let events = scenario.events.len();
        let mut run = Self {
            scenario,
            seed,
            begun: world.now().millis(),
            world,
            entropy: Drbg::new(seed, "scenario"),
            due: BTreeMap::new(),
            serial: 0,
            befallen: vec![Vec::new(); events],
            hoards: vec![Vec::new(); events],
            marks: vec![0; events],
            owed: Vec::new(),
            own: Vec::new(),
            reports: Vec::new(),
            retracted: BTreeSet::new(),
            forged: BTreeSet::new(),
            roots,
            expired_again: 0,
            retracted_again: 0,
            unpublished: 0,
        };
        run.plan();
        run
    }

    fn plan(&mut self) {
        let load = self.scenario.load;
        // The nodes find each other first.
        let warm = 2 * self.scenario.pace.tick;
        for n in 0..u64::from(load.records) {
            self.at(
                warm + load.over * n / u64::from(load.records),
                Deed::Publish,
            );
        }
        let events: &'a [Event] = &self.scenario.events;
        for (n, event) in events.iter().enumerate() {
            self.at(warm + event.at, Deed::Begin(n));
            if let Some(until) = event.until {
                if let What::Churn { every, .. } = event.what {
                    let mut time = event.at;
                    while time < until {
                        self.at(warm + time, Deed::Down(n));
                        time += every;
                    }
                }
                self.at(warm + until, Deed::End(n));
            }
        }
    }

    /// Plans a deed, so many milliseconds from the beginning.
    fn at(&mut self, millis: u64, deed: Deed) {
        self.serial += 1;
        self.due.insert((self.begun + millis, self.serial), deed);
    }

    /// Plans a deed, so many milliseconds from now.
    pub fn after(&mut self, millis: u64, deed: Deed) {
        let since = self.world.now().millis() - self.begun;
        self.at(since + millis, deed);
    }

    pub fn play(mut self) -> Outcome {
        while let Some(((time, _), deed)) = self.due.pop_first() {
            let now = self.world.now().millis();
            self.world.run_for(time.saturating_sub(now));
            match deed {
                Deed::Publish => self.publish_something(),
                Deed::Begin(n) => self.begin(n),
                Deed::End(n) => self.end(n),
                Deed::Replay(n) => self.replay(n),
                Deed::Watch(n) => self.watch(n),
                Deed::Down(n) => self.down(n),
                Deed::Up(node) => self.world.start(node),
            }
        }
        let settled = self.world.run_until_agreed(self.scenario.settle);
        self.world.run_for(self.scenario.calm);
        // What expired or came in the quiet is on its way to all.
        self.world.run_until_agreed(self.scenario.settle);
        self.conclude(settled)
    }

    /// A number below `bound`, by chance.
    pub fn pick(&mut self, bound: usize) -> usize {
        usize::try_from(self.entropy.below(bound as u64)).unwrap_or(0)
    }

    /// Happens in so many of a hundred.
    pub fn percent(&mut self, of_a_hundred: u32) -> bool {
        self.entropy.chance(of_a_hundred * 10)
    }

    /// A node that is up, if chance finds one.
    pub fn some_node(&mut self) -> NodeIndex {
        let count = self.scenario.nodes();
        let mut node = self.pick(count);
        for _ in 0..20 {
            if self.world.is_up(node) {
                break;
            }
            node = self.pick(count);
        }
        node
    }

    pub fn choose(&mut self, which: &Which) -> Vec<NodeIndex> {
        match which {
            Which::These(nodes) => nodes.clone(),
            Which::Percent(percent) => {
                let count = self.scenario.nodes();
                let mut all: Vec<NodeIndex> = (0..count).collect();
                self.entropy.shuffle(&mut all);
                let some = (count * *percent as usize).div_ceil(100).max(1);
                all.truncate(some);
                all.sort_unstable();
                all
            }
        }
    }
}
