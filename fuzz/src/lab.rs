//! Engines side by side, with every message between them in hand: a target says which one arrives,
//! when, how often and how altered. What a driver does for an engine, this does.

use parasol_protocol::carried::{Memory, View};
use parasol_protocol::engine::{AskId, Engine, Output, Settings, Source};
use parasol_protocol::ids::{RecordId, TransportKey};
use parasol_protocol::oprf::KeyName;
use parasol_protocol::record::{Refusal, Verified};
use parasol_protocol::sim::{Drbg, Federation};
use parasol_protocol::time::{Day, Timestamp};
use parasol_protocol::wire::client::{Outcome, Wanted};
use parasol_protocol::wire::peer::{Reply, Request};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Mutex;

/// Milliseconds of a day.
pub const DAY: u64 = 86_400_000;
/// Deliveries after which a few engines must have no more to say to each other.
const CHATTER: usize = 20_000;

/// What is on its way.
#[derive(Clone, Debug)]
pub enum Mail {
    Gossip {
        from: usize,
        to: usize,
        bytes: Vec<u8>,
    },
    Request {
        from: usize,
        to: usize,
        life: u32,
        ask: AskId,
        bytes: Vec<u8>,
    },
    Reply {
        from: usize,
        to: usize,
        life: u32,
        ask: AskId,
        bytes: Vec<u8>,
    },
}

impl Mail {
    /// Its bytes.
    pub fn bytes(&mut self) -> &mut Vec<u8> {
        match self {
            Mail::Gossip { bytes, .. }
            | Mail::Request { bytes, .. }
            | Mail::Reply { bytes, .. } => bytes,
        }
    }

    fn ends(&self) -> (usize, usize) {
        match self {
            Mail::Gossip { from, to, .. }
            | Mail::Request { from, to, .. }
            | Mail::Reply { from, to, .. } => (*from, *to),
        }
    }
}

/// A node.
pub struct Side {
    pub engine: Engine,
    /// What is on its disk.
    pub store: Memory,
    /// Milliseconds by which its clock is off.
    pub skew: i64,
    /// Counts its starts; answers that were meant for an earlier one are dropped.
    life: u32,
    /// Outputs until it dies.
    fuse: Option<u8>,
    /// Keys whose shares its disk holds no longer.
    pub destroyed: BTreeSet<KeyName>,
    seen: BTreeSet<RecordId>,
    last_ask: AskId,
}

/// The engines, and what is between them.
pub struct Lab {
    pub federation: &'static Federation,
    pub sides: Vec<Side>,
    pub mail: VecDeque<Mail>,
    pub now: u64,
    /// Bytes that must not go from one organisation to another.
    pub secrets: Vec<Vec<u8>>,
    /// The number that the first side has in the federation.
    first: usize,
    transports: Vec<TransportKey>,
    apart: bool,
    pool: BTreeMap<RecordId, Option<Verified>>,
    entropy: Drbg,
}

impl Lab {
    /// Engines for the first nodes of a federation, which know each other and nothing else.
    pub fn new(federation: &'static Federation, count: usize, today: Day) -> Self {
        let stations = federation.stations.iter().take(count);
        let mut lab = Self {
            transports: stations.map(|s| s.transport.transport()).collect(),
            federation,
            sides: Vec::new(),
            mail: VecDeque::new(),
            now: u64::from(today.number()) * DAY + DAY / 2,
            secrets: Vec::new(),
            first: 0,
            apart: false,
            pool: BTreeMap::new(),
            entropy: Drbg::new(0, "lab"),
        };
        let store = acquainted(federation, count, today);
        for n in 0..count {
            lab.add(n, store.clone());
        }
        lab.connect();
        lab
    }

    /// One engine, for this node, which knows nothing.
    pub fn alone(federation: &'static Federation, node: usize, today: Day) -> Self {
        let mut lab = Self::new(federation, 0, today);
        lab.first = node;
        lab.add(node, Memory::new());
        lab
    }

    fn add(&mut self, node: usize, store: Memory) {
        self.sides.push(Side {
            engine: engine(self.federation, node, &store, &BTreeSet::new()),
            store,
            skew: 0,
            life: 0,
            fuse: None,
            destroyed: BTreeSet::new(),
            seen: BTreeSet::new(),
            last_ask: AskId(0),
        });
        self.accept_time(self.sides.len() - 1);
    }

    /// What a node's clock says.
    pub fn clock(&self, side: usize) -> Timestamp {
        Timestamp::from_millis(self.now.saturating_add_signed(self.sides[side].skew))
    }

    /// The true day.
    pub fn today(&self) -> Day {
        Timestamp::from_millis(self.now).day()
    }

    /// Whoever runs a node says that its clock is right, for some days from today.
    pub fn accept_time(&mut self, side: usize) {
        let day = self.today().plus(10);
        self.sides[side].engine.accept_time(day);
    }

    /// A node dies and starts from what it had stored.
    pub fn restart(&mut self, side: usize) {
        let place = &mut self.sides[side];
        let node = self.first + side;
        place.engine = engine(self.federation, node, &place.store, &place.destroyed);
        place.life += 1;
        place.fuse = None;
        place.seen.clear();
        let today = Timestamp::from_millis(self.now).day();
        place.engine.accept_time(today);
        let now = self.clock(side);
        let outputs = self.sides[side].engine.begin(now);
        self.perform(side, outputs);
    }

    /// It dies over one of its next outputs.
    pub fn light_fuse(&mut self, side: usize, outputs: u8) {
        self.sides[side].fuse = Some(outputs);
    }

    /// All see each other, or nobody does.
    pub fn part(&mut self, apart: bool) {
        self.apart = apart;
        if apart {
            self.mail.clear();
            for side in &mut self.sides {
                for key in &self.transports {
                    side.engine.disconnected_from(key);
                }
            }
        } else {
            self.connect();
        }
    }

    /// Every node hears that the others are connected.
    pub fn connect(&mut self) {
        for a in 0..self.sides.len() {
            let now = self.clock(a);
            for b in (0..self.sides.len()).filter(|b| *b != a) {
                self.sides[a].engine.connected_to(self.transports[b], now);
            }
        }
    }

    /// Gives a record to an engine.
    pub fn offer(
        &mut self,
        side: usize,
        source: Source,
        record: Verified,
    ) -> Result<bool, Refusal> {
        let now = self.clock(side);
        let place = &mut self.sides[side];
        let arrived = place
            .engine
            .arrived(source, vec![record], &place.store, now)
            .unwrap();
        let verdict = arrived.verdicts.into_iter().next_back();
        self.perform(side, arrived.outputs);
        verdict.map_or(Ok(false), |(_, verdict)| verdict)
    }

    /// A client hands a record in. What is acknowledged is on the disk.
    pub fn publish(&mut self, side: usize, wanted: Wanted) -> Option<RecordId> {
        let now = self.clock(side);
        let place = &mut self.sides[side];
        let (outputs, outcomes) = place
            .engine
            .publish(vec![wanted], &place.store, now)
            .unwrap();
        let survived = self.perform(side, outputs);
        match outcomes.as_slice() {
            [Outcome::Published(id)] if survived => {
                assert!(self.sides[side].store.get(id).is_some());
                Some(*id)
            }
            [_] => None,
            other => panic!("{other:?}"),
        }
    }

    /// A moment passes at a node.
    pub fn tick(&mut self, side: usize) {
        let now = self.clock(side);
        let place = &mut self.sides[side];
        let outputs = place.engine.tick(&place.store, now).unwrap();
        self.perform(side, outputs);
    }

    /// Does what an engine says, in order. Says whether the node survived it.
    fn perform(&mut self, side: usize, outputs: Vec<Output>) -> bool {
        for output in outputs {
            match &mut self.sides[side].fuse {
                Some(0) => {
                    self.restart(side);
                    return false;
                }
                Some(left) => *left -= 1,
                None => {}
            }
            match output {
                Output::Store(changes) => self.sides[side].store.apply(&changes),
                Output::Gossip(bytes) => self.gossip(side, None, &bytes),
                Output::Ask { peer, id, request } => {
                    self.sides[side].last_ask = id;
                    if let Some(to) = self.transports.iter().position(|k| *k == peer) {
                        let bytes = request.encode();
                        assert_eq!(Request::decode(&bytes), Ok(request));
                        let life = self.sides[side].life;
                        self.send(Mail::Request {
                            from: side,
                            to,
                            life,
                            ask: id,
                            bytes,
                        });
                    }
                }
                Output::Destroy(names) => self.sides[side].destroyed.extend(names),
                Output::Peers(_) | Output::Notice(_) => {}
            }
        }
        true
    }

    fn gossip(&mut self, from: usize, except: Option<usize>, bytes: &[u8]) {
        self.sides[from].seen.insert(RecordId::of(bytes));
        for to in (0..self.sides.len()).filter(|to| *to != from && Some(*to) != except) {
            let bytes = bytes.to_vec();
            self.send(Mail::Gossip { from, to, bytes });
        }
    }

    fn send(&mut self, mut mail: Mail) {
        if self.apart {
            return;
        }
        let (from, to) = mail.ends();
        let of = |n: usize| self.federation.stations[n].organisation;
        if of(from) != of(to) {
            let bytes = mail.bytes();
            let holds = |secret: &Vec<u8>| bytes.windows(secret.len()).any(|w| w == secret);
            assert!(
                !self.secrets.iter().any(holds),
                "what stays home went to another organisation"
            );
        }
        self.mail.push_back(mail);
    }

    /// A message of this number arrives.
    pub fn deliver(&mut self, at: usize) {
        let len = self.mail.len().max(1);
        if let Some(mail) = self.mail.remove(at % len) {
            self.arrive(mail);
        }
    }

    /// The same, and once more later.
    pub fn deliver_copy(&mut self, at: usize) {
        let len = self.mail.len().max(1);
        if let Some(mail) = self.mail.get(at % len).cloned() {
            self.arrive(mail);
        }
    }

    /// A message is lost; whoever waits for its answer learns that there is none.
    pub fn lose(&mut self, at: usize) {
        let len = self.mail.len().max(1);
        match self.mail.remove(at % len) {
            Some(Mail::Request {
                from,
                to,
                life,
                ask,
                ..
            }) if self.sides[from].life == life => {
                let now = self.clock(from);
                let key = self.transports[to];
                self.sides[from].engine.unanswered(&key, ask, now);
            }
            _ => {}
        }
    }

    /// A peer sends what it likes.
    pub fn ask(&mut self, from: usize, to: usize, bytes: Vec<u8>) {
        let life = self.sides[from].life;
        let ask = AskId(0);
        self.arrive(Mail::Request {
            from,
            to,
            life,
            ask,
            bytes,
        });
    }

    /// A peer answers what it likes to the latest request.
    pub fn answer(&mut self, from: usize, to: usize, bytes: Vec<u8>) {
        let (life, ask) = (self.sides[to].life, self.sides[to].last_ask);
        self.arrive(Mail::Reply {
            from,
            to,
            life,
            ask,
            bytes,
        });
    }

    fn verify(&mut self, bytes: &[u8]) -> Option<Verified> {
        let federation = self.federation.charter.federation();
        self.pool
            .entry(RecordId::of(bytes))
            .or_insert_with(|| Verified::from_bytes(bytes, federation).ok())
            .clone()
    }

    fn verify_all(&mut self, records: &[Vec<u8>]) -> Vec<Verified> {
        records.iter().filter_map(|b| self.verify(b)).collect()
    }

    fn arrive(&mut self, mail: Mail) {
        match mail {
            Mail::Gossip { from, to, bytes } => {
                let Some(record) = self.verify(&bytes) else {
                    return;
                };
                if !self.sides[to].seen.insert(record.id()) {
                    return;
                }
                let source = Source::Peer(self.transports[from]);
                if self.offer(to, source, record) == Ok(true) {
                    self.gossip(to, Some(from), &bytes);
                }
            }
            Mail::Request {
                from,
                to,
                life,
                ask,
                bytes,
            } => {
                let Ok(request) = Request::decode(&bytes) else {
                    return;
                };
                let records = self.verify_all(request.records());
                let now = self.clock(to);
                let key = self.transports[from];
                let place = &mut self.sides[to];
                let (outputs, reply) = place
                    .engine
                    .requested(key, request, records, &place.store, now, &mut self.entropy)
                    .unwrap();
                if self.perform(to, outputs) {
                    let bytes = reply.encode();
                    assert_eq!(Reply::decode(&bytes), Ok(reply));
                    self.send(Mail::Reply {
                        from: to,
                        to: from,
                        life,
                        ask,
                        bytes,
                    });
                }
            }
            Mail::Reply {
                from,
                to,
                life,
                ask,
                bytes,
            } => {
                if self.sides[to].life != life {
                    return;
                }
                let Ok(reply) = Reply::decode(&bytes) else {
                    return;
                };
                let records = self.verify_all(reply.records());
                let now = self.clock(to);
                let key = self.transports[from];
                let place = &mut self.sides[to];
                let outputs = place
                    .engine
                    .replied(key, ask, reply, records, &place.store, now)
                    .unwrap();
                self.perform(to, outputs);
            }
        }
    }

    /// Everything that is on its way arrives, and what comes of it.
    pub fn settle(&mut self) {
        let mut left = CHATTER;
        while !self.mail.is_empty() {
            self.deliver(0);
            left -= 1;
            assert!(left > 0, "the engines never fall silent");
        }
    }

    /// Every node catches up with every other.
    pub fn catch_up(&mut self) {
        // So long that no set that was made before is used any more, and no request is waited for.
        self.now += 40_000;
        for side in 0..self.sides.len() {
            let now = self.clock(side);
            self.sides[side].engine.sync_soon(now);
            self.tick(side);
            self.settle();
        }
    }

    /// All clocks are right, nobody dies, all see each other, and it is the next day.
    pub fn next_day(&mut self) {
        self.now += DAY;
        self.apart = false;
        for side in 0..self.sides.len() {
            self.sides[side].skew = 0;
            self.sides[side].fuse = None;
            self.accept_time(side);
        }
        for side in 0..self.sides.len() {
            self.tick(side);
        }
        self.connect();
        self.settle();
    }

    /// What a node carries for all.
    pub fn shared(&self, side: usize) -> BTreeSet<RecordId> {
        let store = &self.sides[side].store;
        store
            .ids()
            .filter(|id| store.is_own(id) == Ok(false))
            .collect()
    }
}

/// A store with the delegations of the first nodes in it. Checking them takes longest, so they are
/// checked once for each federation.
fn acquainted(federation: &'static Federation, count: usize, today: Day) -> Memory {
    type Known = BTreeMap<(RecordId, usize), Memory>;
    static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
    let Some(first) = federation.delegations.first().filter(|_| count > 0) else {
        return Memory::new();
    };
    let key = (first.id(), count);
    if let Some(store) = KNOWN.lock().unwrap().get(&key) {
        return store.clone();
    }
    let mut lab = Lab::alone(federation, 0, today);
    for delegation in &federation.delegations[..count] {
        assert_eq!(lab.offer(0, Source::Local, delegation.clone()), Ok(true));
    }
    let store = lab.sides.remove(0).store;
    KNOWN.lock().unwrap().insert(key, store.clone());
    store
}

fn engine(
    federation: &Federation,
    side: usize,
    store: &Memory,
    destroyed: &BTreeSet<KeyName>,
) -> Engine {
    let charter = federation.charter.clone();
    let identity = federation.identity_without(side, destroyed);
    Engine::new(charter, identity, Settings::default(), store).unwrap()
}
