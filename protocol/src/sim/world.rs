//! The world: nodes, the true time, and a queue of events. It does for every engine what a driver
//! does.

use super::node::Node;
use super::{Conditions, Drbg, Federation, Network, Report};
use crate::carried::{Change, Memory};
use crate::engine::{AskId, Engine, Output, Settings, Source};
use crate::ids::{RecordId, TransportKey};
use crate::record::Verified;
use crate::time::{Day, Timestamp};
use crate::wire::client::{Outcome, Wanted};
use crate::wire::peer::{Reply, Request};
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
    /// Connections that a node tries to have.
    pub links: usize,
    /// Neighbours to whom a node passes a new record on.
    pub mesh: usize,
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
        mesh: 4,
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
        mesh: 4,
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
            network: Network::new(count, pace.links, conditions, seed),
            report: Report::default(),
            secrets: Vec::new(),
            leaks: 0,
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
            world.start(node);
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
            .filter(|n| n.engine.is_some() && n.withheld.is_empty())
            .map(|n| n.sum);
        let first = sums.next();
        sums.all(|s| Some(s) == first)
    }

    /// Sets a node's clock off by so many milliseconds.
    pub fn skew(&mut self, node: NodeIndex, millis: i64) {
        self.nodes[node].skew = millis;
    }
    /// Makes a node leave records out: it says that it took them and keeps none.
    pub fn withhold(&mut self, node: NodeIndex, records: impl IntoIterator<Item = RecordId>) {
        self.nodes[node].withheld.extend(records);
    }

    /// A client of the node hands in records. Nothing is told if the node is down or dies over it.
    pub fn publish(&mut self, node: NodeIndex, wanted: Vec<Wanted>) -> Option<Vec<Outcome>> {
        let n = &mut self.nodes[node];
        let now = n.clock(self.now);
        let (outputs, outcomes) = n
            .engine
            .as_mut()?
            .publish(wanted, &n.store, now)
            .expect("a store in memory can be read");
        self.perform(node, outputs).then_some(outcomes)
    }

    /// Lets a node hold a record as if it came from a file.
    pub fn import(&mut self, node: NodeIndex, record: Verified) {
        self.arrive(node, Source::Local, vec![record]);
    }

    /// Sends a record by gossip from one node to another, whatever the sender's engine thinks.
    pub fn hand(&mut self, from: NodeIndex, to: NodeIndex, record: &Verified) {
        let message = Message::Gossip {
            id: record.id(),
            bytes: record.bytes().into(),
            hops: 1,
        };
        self.send(from, to, message);
    }

    /// Sends a request from one node to another, whatever the sender's engine thinks.
    pub fn ask(&mut self, from: NodeIndex, to: NodeIndex, request: &Request) {
        let message = Message::Request {
            life: self.nodes[from].life,
            ask: AskId(0),
            bytes: request.encode().into(),
        };
        self.send(from, to, message);
    }

    /// A node gets a further delegation and shows it from now on.
    pub fn renew(&mut self, node: NodeIndex, delegation: Verified) {
        self.hellos[node] = delegation.clone();
        self.import(node, delegation);
    }

    /// Whoever runs a node says that its clock is right, for so many days from today.
    pub fn accept_time(&mut self, node: NodeIndex, days: u32) {
        let today = self.today();
        if let Some(engine) = &mut self.nodes[node].engine {
            engine.accept_time(today.plus(days));
        }
    }

    /// A node dies; what it had not stored is lost.
    pub fn crash(&mut self, node: NodeIndex) {
        self.nodes[node].stop();
        for other in self.network.wanted(node).to_vec() {
            self.unlink(node, other);
        }
    }

    /// A node dies over the output after so many more.
    pub fn crash_after(&mut self, node: NodeIndex, outputs: u32) {
        self.nodes[node].fuse = Some(outputs);
    }

    /// Starts a node from what it had stored. Nothing happens if it is up.
    pub fn start(&mut self, node: NodeIndex) {
        let identity = self.federation.identity(node);
        let charter = self.federation.charter.clone();
        let n = &mut self.nodes[node];
        if n.engine.is_some() {
            return;
        }
        let mut engine = Engine::new(charter, identity, self.pace.settings, &n.store)
            .expect("a store in memory holds what was verified");
        // Whoever starts a node knows what day it is.
        engine.accept_time(Timestamp::from_millis(self.now).day());
        let outputs = engine.begin(n.clock(self.now));
        n.engine = Some(engine);
        let life = n.life;
        // Nodes do not tick in step.
        let offset = n.entropy.below(self.pace.tick);
        self.schedule(offset, Event::Tick { node, life });
        self.perform(node, outputs);
    }

    /// Splits the federation: those named, and the rest.
    pub fn partition(&mut self, apart: &BTreeSet<NodeIndex>) {
        self.network.partition(apart);
        for a in 0..self.nodes.len() {
            for b in self.network.wanted(a).to_vec() {
                if !self.network.reach(a, b) {
                    self.unlink(a, b);
                }
            }
        }
    }

    /// Brings all together again.
    pub fn heal(&mut self) {
        self.network.heal();
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
        let fate = self.network.fate();
        self.report.lost += u64::from(fate.is_empty());
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
                    self.note(1, from, to, message.bytes());
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
        let n = &mut self.nodes[node];
        let now = n.clock(self.now);
        if let Some(engine) = &mut n.engine {
            let outputs = engine.tick(&n.store, now);
            self.perform(node, outputs.expect("a store in memory can be read"));
        }
    }

    fn transport(&self, node: NodeIndex) -> TransportKey {
        self.transports[node]
    }

    /// Connects two nodes if each takes the other for a peer.
    fn link(&mut self, a: NodeIndex, b: NodeIndex) {
        let welcome = self.greet(a, b) && self.greet(b, a);
        if welcome {
            self.network.set_linked(a, b, true);
        } else {
            self.part(a, b);
        }
    }

    /// A node hears another's hello. Says whether it takes it for a peer.
    fn greet(&mut self, node: NodeIndex, other: NodeIndex) -> bool {
        let key = self.transport(other);
        let hello = self.hellos[other].clone();
        if self.nodes[other].engine.is_none() {
            return false;
        }
        let n = &mut self.nodes[node];
        let now = n.clock(self.now);
        let Some(engine) = &mut n.engine else {
            return false;
        };
        let outputs = engine
            .hello(&key, hello, &n.store, now)
            .expect("a store in memory can be read");
        if !self.perform(node, outputs) {
            return false;
        }
        let n = &mut self.nodes[node];
        n.engine.as_mut().is_some_and(|engine| {
            engine.connected_to(key, now);
            engine.connected().any(|(k, _)| k == key)
        })
    }

    fn unlink(&mut self, a: NodeIndex, b: NodeIndex) {
        if self.network.set_linked(a, b, false) {
            self.part(a, b);
        }
    }

    fn part(&mut self, a: NodeIndex, b: NodeIndex) {
        for (node, other) in [(a, b), (b, a)] {
            let key = self.transport(other);
            if let Some(engine) = &mut self.nodes[node].engine {
                engine.disconnected_from(&key);
            }
        }
    }

    /// Verifies a record; each distinct one once.
    fn verify(&mut self, bytes: &[u8]) -> Option<Arc<Verified>> {
        let id = RecordId::of(bytes);
        if let Some(known) = self.pool.get(&id) {
            return known.clone();
        }
        self.report.verified += 1;
        let federation = self.federation.charter.federation();
        let verified = Verified::from_bytes(bytes, federation).ok().map(Arc::new);
        self.pool.insert(id, verified.clone());
        verified
    }

    fn verify_all(&mut self, records: &[Vec<u8>]) -> Vec<Verified> {
        let all = records.iter().filter_map(|bytes| self.verify(bytes));
        all.map(|r| r.as_ref().clone()).collect()
    }

    fn receive(&mut self, from: NodeIndex, to: NodeIndex, message: &Message) {
        match message {
            Message::Gossip { id, bytes, hops } => self.gossiped(from, to, *id, bytes, *hops),
            Message::Request { life, ask, bytes } => {
                let Ok(request) = Request::decode(bytes) else {
                    return;
                };
                let records = self.verify_all(request.records());
                let key = self.transport(from);
                let n = &mut self.nodes[to];
                let now = n.clock(self.now);
                let Some(engine) = &mut n.engine else { return };
                let (outputs, reply) = engine
                    .requested(key, request, records, &n.store, now, &mut n.entropy)
                    .expect("a store in memory can be read");
                if self.perform(to, outputs) {
                    let message = Message::Reply {
                        life: *life,
                        ask: *ask,
                        bytes: reply.encode().into(),
                    };
                    self.send(to, from, message);
                }
            }
            Message::Reply { life, ask, bytes } => {
                if self.nodes[to].life != *life {
                    return;
                }
                // A second copy goes to the engine too, which must not mind.
                self.nodes[to].asked.remove(ask);
                let Ok(reply) = Reply::decode(bytes) else {
                    return;
                };
                let records = self.verify_all(reply.records());
                let key = self.transport(from);
                let n = &mut self.nodes[to];
                let now = n.clock(self.now);
                let Some(engine) = &mut n.engine else { return };
                let outputs = engine
                    .replied(key, *ask, reply, records, &n.store, now)
                    .expect("a store in memory can be read");
                self.perform(to, outputs);
            }
        }
    }

    fn gossiped(
        &mut self,
        from: NodeIndex,
        to: NodeIndex,
        id: RecordId,
        bytes: &Arc<[u8]>,
        hops: u32,
    ) {
        if let Some(spread) = self.report.spread.get_mut(&id) {
            spread.copies += 1;
        }
        if !self.nodes[to].first_sight(id, self.now) || !self.heeds(to, from) {
            return;
        }
        let Some(record) = self.verify(bytes) else {
            return;
        };
        let source = Source::Peer(self.transport(from));
        if !self.arrive(to, source, vec![record.as_ref().clone()]) {
            return;
        }
        if let Some(spread) = self.report.spread.get_mut(&id) {
            spread.hops = spread.hops.max(hops);
        }
        self.pass_on(to, Some(from), id, bytes, hops + 1);
    }

    /// Whether a node looks at what another sends unasked.
    fn heeds(&self, node: NodeIndex, from: NodeIndex) -> bool {
        let n = &self.nodes[node];
        let now = n.clock(self.now);
        let key = self.transport(from);
        n.engine.as_ref().is_some_and(|e| e.heeds(&key, now))
    }

    /// Gives records to an engine. Says whether the last one is new and is carried.
    fn arrive(&mut self, node: NodeIndex, source: Source, records: Vec<Verified>) -> bool {
        let n = &mut self.nodes[node];
        let now = n.clock(self.now);
        let Some(engine) = &mut n.engine else {
            return false;
        };
        let arrived = engine
            .arrived(source, records, &n.store, now)
            .expect("a store in memory can be read");
        let new = matches!(arrived.verdicts.last(), Some((_, Ok(true))));
        self.perform(node, arrived.outputs) && new
    }

    fn pass_on(
        &mut self,
        node: NodeIndex,
        from: Option<NodeIndex>,
        id: RecordId,
        bytes: &Arc<[u8]>,
        hops: u32,
    ) {
        if self.nodes[node].withheld.contains(&id) {
            return;
        }
        for to in self.network.mesh(node, self.pace.mesh) {
            if Some(to) != from {
                let bytes = Arc::clone(bytes);
                self.send(node, to, Message::Gossip { id, bytes, hops });
            }
        }
    }

    /// Does what an engine says, in order. Says whether the node survived it.
    fn perform(&mut self, node: NodeIndex, outputs: Vec<Output>) -> bool {
        for output in outputs {
            match &mut self.nodes[node].fuse {
                Some(0) => {
                    self.crash(node);
                    return false;
                }
                Some(left) => *left -= 1,
                None => {}
            }
            match output {
                Output::Store(changes) => {
                    let fresh = self.nodes[node].apply(changes, &mut self.pool);
                    for id in fresh {
                        let spread = self.report.spread.entry(id).or_default();
                        if spread.carriers == 0 {
                            spread.published = self.now;
                        }
                        spread.carriers += 1;
                        spread.last = self.now;
                    }
                }
                Output::Gossip(bytes) => {
                    let id = RecordId::of(&bytes);
                    self.nodes[node].first_sight(id, self.now);
                    self.pass_on(node, None, id, &bytes.into(), 1);
                }
                Output::Ask { peer, id, request } => self.put_question(node, &peer, id, &request),
                Output::Peers(allowed) => {
                    for other in self.network.wanted(node).to_vec() {
                        if !allowed.contains_key(&self.transport(other)) {
                            self.unlink(node, other);
                        }
                    }
                }
                Output::Notice(_) => {}
            }
        }
        true
    }

    fn put_question(&mut self, node: NodeIndex, key: &TransportKey, ask: AskId, request: &Request) {
        let Some(peer) = self.by_transport.get(key).copied() else {
            return;
        };
        let life = self.nodes[node].life;
        self.nodes[node].asked.insert(ask);
        let timeout = self.network.conditions.timeout;
        let event = Event::Timeout {
            node,
            life,
            ask,
            peer,
        };
        self.schedule(timeout, event);
        let bytes = request.encode().into();
        self.send(node, peer, Message::Request { life, ask, bytes });
    }
}
