//! The world: nodes, the true time, and a queue of events.

mod driver;
mod fate;
mod liar;
mod links;

use super::mesh::MeshSizes;
use super::node::Node;
use super::{Conditions, Drbg, Federation, Network, Report};
use crate::carried::{Change, Memory};
use crate::engine::{AskId, Engine, Settings};
use crate::ids::{RecordId, TransportKey};
use crate::oprf::KeyName;
use crate::record::Verified;
use crate::time::{Day, Timestamp};
use sha2::{Digest, Sha512};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The number of a node; the federation's stations have the same.
pub type NodeIndex = usize;

/// How fast the engines' clocks tick, and how widely records are passed on.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Milliseconds between two ticks of a node.
    pub tick: u64,
    /// The engine's own settings.
    pub settings: Settings,
    /// Connections that a node tries to have: half of them with peers that it names, half with
    /// peers that name it.
    pub links: usize,
    /// Neighbours to whom a node passes on what came by gossip.
    pub mesh: MeshSizes,
}

impl Pace {
    /// A tick a second, as real nodes do.
    pub const LIVE: Self = Self {
        tick: 1_000,
        settings: Settings {
            sync_every: 60_000,
            patience: 30_000,
            catch_up_first: false,
        },
        links: 12,
        mesh: MeshSizes::NODE,
    };
    /// A tick an hour, for what takes weeks.
    pub const SLOW: Self = Self {
        tick: 3_600_000,
        settings: Settings {
            sync_every: 6 * 3_600_000,
            patience: 3_600_000,
            catch_up_first: false,
        },
        links: 12,
        mesh: MeshSizes::NODE,
    };
}

enum Message {
    Gossip {
        id: RecordId,
        bytes: Arc<[u8]>,
        hops: u32,
    },
    Request {
        life: u32,
        ask: AskId,
        bytes: Arc<[u8]>,
    },
    Reply {
        life: u32,
        ask: AskId,
        bytes: Arc<[u8]>,
    },
}

impl Message {
    const fn bytes(&self) -> &Arc<[u8]> {
        match self {
            Message::Gossip { bytes, .. }
            | Message::Request { bytes, .. }
            | Message::Reply { bytes, .. } => bytes,
        }
    }
}

enum Event {
    Tick {
        node: NodeIndex,
        life: u32,
    },
    Arrive {
        from: NodeIndex,
        to: NodeIndex,
        message: Arc<Message>,
    },
    Timeout {
        node: NodeIndex,
        life: u32,
        ask: AskId,
        peer: NodeIndex,
    },
}

/// A federation at work.
pub struct World {
    /// Its keys.
    pub federation: Federation,
    /// Its network.
    pub network: Network,
    /// What the run cost so far.
    pub report: Report,
    /// Bytes that must never pass between two organisations.
    pub secrets: Vec<Vec<u8>>,
    /// Messages between organisations in which one of them was found.
    pub leaks: u64,
    /// Answers and messages in which a node lied or left something out.
    pub lies: u64,
    pace: Pace,
    now: u64,
    serial: u64,
    queue: BTreeMap<(u64, u64), Event>,
    nodes: Vec<Node>,
    hellos: Vec<Verified>,
    transports: Vec<TransportKey>,
    by_transport: BTreeMap<TransportKey, NodeIndex>,
    pool: BTreeMap<RecordId, Option<Arc<Verified>>>,
    log: Sha512,
}

impl World {
    /// A world in which every node is up and knows all first delegations. It begins at noon of the
    /// day after the charter's.
    pub fn new(federation: Federation, pace: Pace, conditions: Conditions, seed: u64) -> Self {
        let count = federation.stations.len();
        let stations = federation.stations.iter();
        let transports: Vec<_> = stations.map(|s| s.transport.transport()).collect();
        let by_transport = transports
            .iter()
            .enumerate()
            .map(|(n, k)| (*k, n))
            .collect();
        let made = u64::from(federation.charter.terms().made.number());
        let mut world = Self {
            network: Network::new(count, pace.links, pace.mesh, conditions, seed),
            report: Report {
                sent: vec![0; count],
                ..Report::default()
            },
            secrets: Vec::new(),
            leaks: 0,
            lies: 0,
            pace,
            now: (made + 1) * 86_400_000 + 43_200_000,
            serial: 0,
            queue: BTreeMap::new(),
            nodes: (0..count)
                .map(|n| Node::new(Drbg::new(seed, &format!("node {n}"))))
                .collect(),
            hellos: federation.delegations.clone(),
            transports,
            by_transport,
            pool: BTreeMap::new(),
            log: Sha512::new(),
            federation,
        };
        let first: Vec<Arc<Verified>> = world
            .federation
            .delegations
            .iter()
            .map(|d| Arc::new(d.clone()))
            .collect();
        for d in &first {
            world.pool.insert(d.id(), Some(Arc::clone(d)));
        }
        for node in 0..count {
            let changes = first
                .iter()
                .map(|d| Change::Insert(Box::new(d.as_ref().clone())));
            let changes = changes.collect();
            world.nodes[node].apply(changes, &mut world.pool);
        }
        // All stores hold the same: one engine reads it, and the others know what it knows.
        world.start(0);
        for node in 1..count {
            let identity = world.federation.identity(node);
            let first = world.nodes[0].engine.as_ref().expect("it was started");
            let twin = first.twin(identity, &world.nodes[node].store);
            world.go(node, twin.expect("a store in memory can be read"));
        }
        world
    }

    /// The true time.
    pub const fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now)
    }
    /// The true day.
    pub fn today(&self) -> Day {
        self.now().day()
    }
    /// A hash over all events so far.
    pub fn digest(&self) -> [u8; 64] {
        self.log.clone().finalize().into()
    }
    /// A node's store.
    pub fn store(&self, node: NodeIndex) -> &Memory {
        &self.nodes[node].store
    }
    /// A node's engine, while it is up.
    pub fn engine(&self, node: NodeIndex) -> Option<&Engine> {
        self.nodes[node].engine.as_ref()
    }
    /// The keys whose shares a node's disk holds no longer.
    pub fn destroyed(&self, node: NodeIndex) -> &BTreeSet<KeyName> {
        &self.nodes[node].destroyed
    }
    /// Whether a node is up.
    pub fn is_up(&self, node: NodeIndex) -> bool {
        self.nodes[node].engine.is_some()
    }
    /// Milliseconds by which a node's clock is ahead of the true time.
    pub fn ahead(&self, node: NodeIndex) -> i64 {
        self.nodes[node].skew
    }
    /// Whether a node neither lies nor leaves out.
    pub fn is_honest(&self, node: NodeIndex) -> bool {
        self.nodes[node].is_honest()
    }
    /// All ids that a node carries for the whole federation, combined: equal for equal sets.
    pub fn sum(&self, node: NodeIndex) -> [u8; 32] {
        self.nodes[node].sum
    }
    /// What a node carries for the whole federation.
    pub fn carried(&self, node: NodeIndex) -> BTreeSet<RecordId> {
        let node = &self.nodes[node];
        let ids = node.store.ids();
        ids.filter(|id| node.is_shared(id)).collect()
    }
    /// Whether all nodes that are up carry the same.
    pub fn agree(&self) -> bool {
        let mut sums = self
            .nodes
            .iter()
            .filter(|n| n.engine.is_some() && n.is_honest())
            .map(|n| n.sum);
        let first = sums.next();
        sums.all(|s| Some(s) == first)
    }

    /// Runs for so many milliseconds.
    pub fn run_for(&mut self, millis: u64) {
        let until = self.now + millis;
        while let Some(entry) = self.queue.first_entry() {
            let (time, _) = *entry.key();
            if time > until {
                break;
            }
            let event = entry.remove();
            self.now = time;
            self.handle(event);
        }
        self.now = until;
    }

    /// Runs until all nodes that are up carry the same; gives how long that took.
    pub fn run_until_agreed(&mut self, limit: u64) -> Option<u64> {
        let begun = self.now;
        loop {
            if self.agree() {
                return Some(self.now - begun);
            }
            if self.now - begun >= limit {
                return None;
            }
            self.run_for(self.pace.tick.min(limit));
        }
    }

    fn schedule(&mut self, after: u64, event: Event) {
        self.serial += 1;
        self.queue.insert((self.now + after, self.serial), event);
    }

    fn send(&mut self, from: NodeIndex, to: NodeIndex, message: Message) {
        let bytes = message.bytes();
        self.report.messages += 1;
        self.report.bytes += bytes.len() as u64;
        self.report.sent[from] += bytes.len() as u64;
        if matches!(message, Message::Gossip { .. }) {
            self.report.gossip_bytes += bytes.len() as u64;
        }
        let of = |n: NodeIndex| self.federation.stations[n].organisation;
        // The first byte alone tells most apart: this looks at every byte of every message.
        let holds = |secret: &Vec<u8>| {
            let mut windows = bytes.windows(secret.len());
            windows.any(|w| w.first() == secret.first() && w == secret)
        };
        if of(from) != of(to) && self.secrets.iter().any(holds) {
            self.leaks += 1;
        }
        let message = Arc::new(message);
        let fate = self.network.fate(from, to);
        self.report.lost += u64::from(fate.is_empty());
        self.report.twice += u64::from(fate.len() > 1);
        for delay in fate {
            let message = Arc::clone(&message);
            self.schedule(delay, Event::Arrive { from, to, message });
        }
    }

    fn note(&mut self, what: u8, from: NodeIndex, to: NodeIndex, bytes: &[u8]) {
        self.report.events += 1;
        self.log.update(self.now.to_be_bytes());
        self.log.update([what]);
        self.log.update((from as u64).to_be_bytes());
        self.log.update((to as u64).to_be_bytes());
        self.log.update(bytes);
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Tick { node, life } => {
                if self.nodes[node].life == life {
                    self.note(0, node, node, &[]);
                    let tick = self.pace.tick;
                    self.schedule(tick, Event::Tick { node, life });
                    self.tick(node);
                }
            }
            Event::Arrive { from, to, message } => {
                if self.nodes[to].engine.is_some() && self.network.reach(from, to) {
                    match &*message {
                        // The id says which bytes they are.
                        Message::Gossip { id, .. } => self.note(1, from, to, id.as_bytes()),
                        other => self.note(1, from, to, other.bytes()),
                    }
                    self.receive(from, to, &message);
                }
            }
            Event::Timeout {
                node,
                life,
                ask,
                peer,
            } => {
                if self.nodes[node].life == life && self.nodes[node].asked.remove(&ask) {
                    self.note(2, node, peer, &ask.0.to_be_bytes());
                    self.report.unanswered += 1;
                    let key = self.transport(peer);
                    let n = &mut self.nodes[node];
                    let now = n.clock(self.now);
                    if let Some(engine) = &mut n.engine {
                        engine.unanswered(&key, ask, now);
                    }
                }
            }
        }
    }

    fn tick(&mut self, node: NodeIndex) {
        for other in self.network.wanted(node).to_vec() {
            if !self.network.linked(node, other) && self.network.reach(node, other) {
                self.link(node, other);
            }
        }
        self.network.heartbeat(node, self.now);
        let n = &mut self.nodes[node];
        let now = n.clock(self.now);
        if let Some(engine) = &mut n.engine {
            // What cannot be set, whatever its clock shows.
            let before = n.ticked.replace(self.now).unwrap_or(self.now);
            engine.time_passed(self.now.saturating_sub(before));
            let outputs = engine.tick(&n.store, now);
            self.perform(node, outputs.expect("a store in memory can be read"));
        }
    }

    fn transport(&self, node: NodeIndex) -> TransportKey {
        self.transports[node]
    }
}
