//! Scenarios: a federation, a network, a load, what befalls them and when, and what must hold in
//! the end. They are plain data; the example reads them from files.
//!
//! ```text
//!   Scenario ── run(seed) ──► load and events, in order of time ──► all is well again
//!                                  │                                     │
//!                                deeds                    wait until all carry the same, check
//!                                                                        │
//!                                                 Outcome: figures, invariants, digest
//! ```

mod check;
mod deeds;
mod outcome;
mod run;

pub use outcome::Outcome;

use super::{Conditions, Lie, NodeIndex, Pace};

/// The most organisations that a federation is spread over when a scenario is scaled.
const SPREAD_OVER: u16 = 200;

/// Some of the nodes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Which {
    /// Those with these numbers.
    These(Vec<NodeIndex>),
    /// So many in a hundred, at least one, chosen by the seed.
    Percent(u32),
}

/// What the nodes' clients publish.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Load {
    /// How many records.
    pub records: u32,
    /// Spread evenly over so many milliseconds.
    pub over: u64,
    /// Days that a report lives.
    pub days: u32,
    /// Of a hundred reports, those that live `short_days` only.
    pub short: u32,
    /// How long these live.
    pub short_days: u32,
    /// Of a hundred records, reports that never leave their organisation.
    pub own: u32,
    /// Of a hundred records, translations, seconds and disputes of earlier reports.
    pub attached: u32,
}

/// How far a clock is off, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Off {
    /// Exactly so far.
    By(i64),
    /// By chance, at most so far, either way.
    Within(u64),
}

/// What befalls the federation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// These nodes and the others do not reach each other.
    Partition(Which),
    /// These nodes die, at once or over one of their next outputs, and start again in the end from
    /// what they had stored.
    Crash {
        /// Which.
        nodes: Which,
        /// Die over the output after so many more.
        after_outputs: Option<u32>,
    },
    /// Again and again some node goes away for a while.
    Churn {
        /// Milliseconds between two of them.
        every: u64,
        /// For how long each is away.
        down: u64,
    },
    /// These nodes' lines add so many milliseconds each way.
    Slow(Which, u64),
    /// These nodes' clocks are off.
    Clock(Which, Off),
    /// These nodes go away with their disks, and come back with what is on them: they hand to their
    /// peers what has expired or was retracted meanwhile.
    Laggard(Which),
    /// So many in a hundred of the reports so far are retracted by their authors.
    Retract(u32),
    /// Organisations vouch for others, and every node counts by other roots.
    Taste,
    /// A publisher signs several records in each slot and tells each node another of them.
    Flood {
        /// The node whose key signs.
        node: NodeIndex,
        /// How many slots.
        slots: u32,
        /// How many records in each.
        versions: u32,
        /// Records in slots that it was never given.
        beyond: u32,
    },
    /// These nodes lie.
    Lying(Which, Lie),
}

impl What {
    /// What a scenario file calls it.
    pub const fn name(&self) -> &'static str {
        match self {
            What::Partition(_) => "partition",
            What::Crash { .. } => "crash",
            What::Churn { .. } => "churn",
            What::Slow(..) => "slow",
            What::Clock(..) => "clock",
            What::Laggard(_) => "laggard",
            What::Retract(_) => "retract",
            What::Taste => "taste",
            What::Flood { .. } => "flood",
            What::Lying(..) => "lie",
        }
    }

    const fn which(&self) -> Option<&Which> {
        match self {
            What::Partition(nodes)
            | What::Crash { nodes, .. }
            | What::Slow(nodes, _)
            | What::Clock(nodes, _)
            | What::Laggard(nodes)
            | What::Lying(nodes, _) => Some(nodes),
            What::Churn { .. } | What::Retract(_) | What::Taste | What::Flood { .. } => None,
        }
    }

    /// Whether it makes no sense without an end.
    const fn must_end(&self) -> bool {
        matches!(
            self,
            What::Partition(_) | What::Churn { .. } | What::Laggard(_)
        )
    }
}

/// What befalls the federation, and when: milliseconds from the beginning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// When it begins.
    pub at: u64,
    /// When it ends; never, if there is no end.
    pub until: Option<u64>,
    /// What it is.
    pub what: What,
}

/// What must hold in the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Invariant {
    /// All honest nodes that are up carry the same.
    SetsEqual,
    /// What a node acknowledged and what still lives is carried by all of them.
    NothingLost,
    /// No node carries what its author retracted.
    RetractedGone,
    /// No node carries what has expired.
    ExpiredGone,
    /// What is meant for its own organisation never left it, and is there.
    OwnStaysHome,
    /// Of no organisation and day more is carried than its quota.
    QuotaKept,
    /// Not all nodes count the same publishers.
    TastesDiffer,
    /// No record took more hops.
    Hops(u64),
    /// A node received at most so many copies of a record, on average, in hundredths.
    Copies(u64),
    /// After all was well again, the nodes carried the same after so many milliseconds.
    Settled(u64),
}

impl Invariant {
    /// What a scenario file calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Invariant::SetsEqual => "sets_equal",
            Invariant::NothingLost => "nothing_lost",
            Invariant::RetractedGone => "retracted_gone",
            Invariant::ExpiredGone => "expired_gone",
            Invariant::OwnStaysHome => "own_stays_home",
            Invariant::QuotaKept => "quota_kept",
            Invariant::TastesDiffer => "tastes_differ",
            Invariant::Hops(_) => "hops",
            Invariant::Copies(_) => "copies",
            Invariant::Settled(_) => "settled",
        }
    }

    /// Those without a number.
    pub const PLAIN: [Self; 7] = [
        Invariant::SetsEqual,
        Invariant::NothingLost,
        Invariant::RetractedGone,
        Invariant::ExpiredGone,
        Invariant::OwnStaysHome,
        Invariant::QuotaKept,
        Invariant::TastesDiffer,
    ];
}

/// A federation under hardship.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it is called.
    pub name: String,
    /// How many organisations.
    pub organisations: u16,
    /// Nodes of each.
    pub nodes_each: u16,
    /// Records of an organisation a day, at most.
    pub quota: u32,
    /// The network.
    pub conditions: Conditions,
    /// How fast nodes tick.
    pub pace: Pace,
    /// What is published.
    pub load: Load,
    /// What befalls them.
    pub events: Vec<Event>,
    /// Milliseconds after the last event that nodes have at most until they carry the same.
    pub settle: u64,
    /// Milliseconds of quiet after that, before everything is checked: what was put out may not
    /// come back in it.
    pub calm: u64,
    /// What must hold.
    pub invariants: Vec<Invariant>,
}

impl Scenario {
    /// How many nodes.
    pub const fn nodes(&self) -> usize {
        self.organisations as usize * self.nodes_each as usize
    }

    /// The same for so many nodes.
    ///
    /// # Errors
    /// What is wrong with the number, and what to do.
    pub fn with_nodes(mut self, nodes: u16) -> Result<Self, String> {
        let each = nodes.div_ceil(SPREAD_OVER).max(1);
        if !nodes.is_multiple_of(each) {
            let near = nodes - nodes % each;
            return Err(format!(
                "{nodes} nodes do not divide among organisations of {each} each: take {near}"
            ));
        }
        self.nodes_each = each;
        self.organisations = nodes / each;
        self.check()?;
        Ok(self)
    }

    /// Whether it makes sense.
    ///
    /// # Errors
    /// What is wrong, where, and what to do.
    pub fn check(&self) -> Result<(), String> {
        let say = |bad: bool, why: &str| if bad { Err(why.to_owned()) } else { Ok(()) };
        let no_federation = !(2..=1000).contains(&self.organisations) || self.nodes_each == 0;
        say(
            no_federation,
            "federation: it takes 2 to 1000 organisations with at least one node each",
        )?;
        let few_slots = self.quota < u32::from(self.nodes_each);
        say(
            few_slots,
            "federation.quota: each node of an organisation needs at least one slot a day",
        )?;
        say(
            self.pace.tick == 0,
            "pace.tick: nodes must tick; say for example \"1s\"",
        )?;
        say(
            self.invariants.is_empty(),
            "assert: a scenario that asserts nothing shows nothing; name at least sets_equal",
        )?;
        let count = self.nodes();
        for (n, event) in self.events.iter().enumerate() {
            let name = event.what.name();
            let wrong = |why: String| Err(format!("events[{n}] ({name}): {why}"));
            if event.until.is_some_and(|until| until <= event.at) {
                return wrong("it ends before it begins: put until after at".to_owned());
            }
            if event.what.must_end() && event.until.is_none() {
                return wrong("it needs an until, or it would never end".to_owned());
            }
            let named = match &event.what {
                What::Flood { node, .. } => std::slice::from_ref(node),
                other => match other.which() {
                    Some(Which::These(nodes)) => nodes.as_slice(),
                    _ => &[],
                },
            };
            if let Some(node) = named.iter().find(|node| **node >= count) {
                return wrong(format!(
                    "there is no node {node}: they are 0 to {}. Take one of these, or more nodes",
                    count - 1
                ));
            }
            if let What::Flood { slots, .. } = event.what
                && slots > self.quota / u32::from(self.nodes_each)
            {
                return wrong(
                    "a node has not so many slots: fewer slots, or more quota".to_owned(),
                );
            }
            if matches!(&event.what, What::Churn { every: 0, .. }) {
                return wrong("every must be more than nothing".to_owned());
            }
        }
        Ok(())
    }

    /// Plays it. The same seed gives the same bytes.
    pub fn run(&self, seed: u64) -> Outcome {
        run::Run::new(self, seed).play()
    }
}
