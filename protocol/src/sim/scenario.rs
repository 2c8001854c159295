//! Two scenarios that need no file: a list that fills through a bad network, and a federation to
//! which everything happens at once.

use super::federation::{attachment_body, report_body};
use super::{Conditions, Drbg, Federation, NodeIndex, Pace, Shape, World};
use crate::admit::{Carried, SlotKey};
use crate::carried::View;
use crate::engine::Settings;
use crate::ids::RecordId;
use crate::keys::SecretKey;
use crate::limits::DEFAULT_REPORT_LIFE;
use crate::record::delegation::SlotRange;
use crate::record::report::Audience;
use crate::record::retraction::Retraction;
use crate::record::{Body, Kind, Verified};
use crate::time::Day;
use crate::wire::client::{Outcome, Wanted};
use crate::wire::peer::Request;
use std::collections::BTreeSet;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// So many nodes of as many organisations (200 at most; then several a piece) publish so many reports within an
/// hour. Gives the world when all carry all, or after a day.
pub fn filling(nodes: u16, records: u32, conditions: Conditions, seed: u64) -> World {
    let each = nodes.div_ceil(200).max(1);
    let shape = Shape {
        organisations: nodes.div_ceil(each).max(2),
        nodes: each,
        ..Shape::default()
    };
    let pace = Pace {
        tick: 10_000,
        ..Pace::LIVE
    };
    let mut world = World::new(Federation::new(shape, seed), pace, conditions, seed);
    let mut entropy = Drbg::new(seed, "filling");
    world.run_for(MINUTE);
    let count = world.federation.stations.len() as u64;
    for _ in 0..records {
        let node = usize::try_from(entropy.below(count)).unwrap_or(0);
        let lock = SecretKey::generate(&mut entropy);
        let body = report_body(lock.lock(), Audience::Federation, &mut entropy);
        let expires = world.today().plus(DEFAULT_REPORT_LIFE);
        world.publish(node, vec![Wanted { expires, body }]);
        world.run_for(HOUR / u64::from(records.max(1)));
    }
    world.run_until_agreed(DAY);
    world
}

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

/// An acknowledged record.
#[derive(Clone)]
struct Promise {
    id: RecordId,
    publisher: NodeIndex,
    expires: Day,
    slot: SlotKey,
    lock: SecretKey,
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
            mesh: 3,
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

    fn publish(&mut self, node: NodeIndex, expires: Day, body: Body) -> Option<RecordId> {
        match self
            .world
            .publish(node, vec![Wanted { expires, body }])?
            .first()?
        {
            Outcome::Published(id) => Some(*id),
            Outcome::Refused { .. } => None,
        }
    }

    fn report(&mut self, audience: Audience) {
        let node = self.node();
        let lock = SecretKey::generate(&mut self.entropy);
        let body = report_body(lock.lock(), audience, &mut self.entropy);
        let life = if self.entropy.chance(200) {
            self.entropy.below(8)
        } else {
            548
        };
        if let (Audience::Own, Body::Report(r)) = (audience, &body) {
            self.world.secrets.push(r.salt.to_vec());
        }
        let expires = self.world.today().plus(u32::try_from(life).unwrap_or(0));
        let Some(id) = self.publish(node, expires, body) else {
            return;
        };
        // What a revoked key signs is void, though its own node may not know yet.
        if self.revoked.contains(&node) {
            return;
        }
        let promise = self.promise(id, node, &lock);
        if audience == Audience::Own {
            self.own.push(promise);
        } else {
            self.owed.push(promise);
            self.reports.push((id, node, expires, lock));
        }
    }

    /// What was acknowledged is stored.
    fn promise(&self, id: RecordId, publisher: NodeIndex, lock: &SecretKey) -> Promise {
        let store = self.world.store(publisher);
        let record = store.get(&id).expect("what is acknowledged is stored");
        let own = store.is_own(&id) == Ok(true);
        Promise {
            id,
            publisher,
            expires: record.header().expires,
            slot: SlotKey::of(record, own),
            lock: lock.clone(),
        }
    }

    fn attach(&mut self) {
        let Some((id, _, expires, lock)) = self.some_report() else {
            return;
        };
        let kinds = [Kind::Translation, Kind::Second, Kind::Dispute];
        let kind = kinds[self.pick(3)];
        let body = attachment_body(kind, lock.lock(), id, &mut self.entropy);
        let node = self.node();
        self.publish(node, expires, body);
    }

    fn some_report(&mut self) -> Option<(RecordId, NodeIndex, Day, SecretKey)> {
        if self.reports.is_empty() {
            return None;
        }
        let n = self.pick(self.reports.len());
        Some(self.reports[n].clone())
    }

    fn retract(&mut self, proven: bool) {
        let Some((_, publisher, _, lock)) = self.some_report() else {
            return;
        };
        let node = if proven { self.node() } else { publisher };
        let body = if proven {
            Retraction::by_lock(self.world.federation.charter.federation(), &lock)
        } else {
            Retraction {
                lock: lock.lock(),
                proof: None,
            }
        };
        let today = self.world.today();
        // One without a proof hides and destroys nothing. Of the others, also one that was not
        // acknowledged may have been stored and may yet spread.
        if proven {
            self.owed.retain(|o| o.lock.lock() != lock.lock());
        }
        let done = self.publish(node, today, Body::Retraction(body));
        if let Some(id) = done.filter(|_| proven && !self.revoked.contains(&node)) {
            let promise = self.promise(id, node, &lock);
            self.retracted.push(promise);
        }
    }

    /// A publisher signs several records in one slot and tells each node another of them.
    fn equivocate(&mut self) {
        let (node, today) = (self.node(), self.world.today());
        let stations = &self.world.federation.stations[node];
        // Some of it aims at the first slots of the day, which the node itself has used or will use.
        let aimed = self.aim.chance(250);
        let slot = stations.slots.first
            + if aimed {
                u32::try_from(self.aim.below(3)).unwrap_or(0)
            } else {
                self.hostile_slot
            };
        if self.entropy.chance(500) {
            self.hostile_slot += 1;
        }
        let lock = SecretKey::generate(&mut self.entropy);
        for _ in 0..3 {
            let record = if self.entropy.chance(250) {
                let proven = self.entropy.chance(500);
                self.world
                    .federation
                    .retraction(node, &lock, proven, today, slot)
            } else {
                let body = report_body(lock.lock(), Audience::Federation, &mut self.entropy);
                let expires = today.plus(300);
                self.world.federation.sign(node, today, expires, slot, body)
            };
            for _ in 0..2 {
                let to = self.node();
                if to != node {
                    self.world.hand(node, to, &record);
                }
            }
            self.forged.insert(record.id());
            self.everything.push(record);
        }
    }

    /// A laggard brings back something old.
    fn bring_back(&mut self) {
        if self.everything.is_empty() {
            return;
        }
        for _ in 0..5 {
            let n = self.pick(self.everything.len());
            let record = self.everything[n].clone();
            let (from, to) = (self.node(), self.node());
            if from != to {
                self.world.hand(from, to, &record);
                let push = Request::Push(vec![record.bytes().to_vec()]);
                self.world.ask(from, to, &push);
            }
        }
    }

    fn revoke(&mut self) {
        if !self.revoked.is_empty() {
            return;
        }
        let (node, today) = (self.node(), self.world.today());
        let organisation = self.world.federation.stations[node].organisation;
        let theirs: Vec<RecordId> = self
            .reports
            .iter()
            .filter(|r| r.1 == node)
            .map(|r| r.0)
            .take(2)
            .collect();
        let slot = self.next_root_slot();
        if !theirs.is_empty() {
            let record = self
                .world
                .federation
                .affirmation(organisation, theirs, today, slot);
            self.spread(record);
        }
        let slot = self.next_root_slot();
        let record = self.world.federation.revocation(node, today, slot);
        self.revoked.insert(node);
        for promises in [&mut self.owed, &mut self.own, &mut self.retracted] {
            promises.retain(|o| o.publisher != node);
        }
        self.spread(record);
    }

    /// A node gets other slots by a further delegation, and uses them before others know of it.
    fn renew(&mut self) {
        let (node, today) = (self.node(), self.world.today());
        let first = self.world.federation.stations[node].slots;
        let further = SlotRange {
            first: first.first,
            count: first.count,
        };
        let slot = self.next_root_slot();
        let delegation = self
            .world
            .federation
            .delegation(node, today, 80, further, slot);
        self.world.renew(node, delegation);
    }

    fn next_root_slot(&mut self) -> u32 {
        self.root_slot += 1;
        self.root_slot
    }

    /// Lets some node that is up hold a record of a root.
    fn spread(&mut self, record: Verified) {
        for to in 0..self.world.federation.stations.len() {
            if self.world.engine(to).is_some() {
                self.world.import(to, record.clone());
                break;
            }
        }
        self.everything.push(record);
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

    fn mend(&mut self) {
        self.world.heal();
        for node in 0..self.world.federation.stations.len() {
            self.world.skew(node, 0);
            self.world.start(node);
            self.world.accept_time(node, 10);
        }
        // What was set aside as refused is tried again on a new day.
        self.world.run_for(3 * DAY);
        // A root record that no running node could take is handed in again.
        for record in self.everything.clone() {
            if record.kind().by_root() {
                for node in 0..self.world.federation.stations.len() {
                    self.world.import(node, record.clone());
                }
            }
        }
        // A fuse may have been left burning. Who starts a node minutes before midnight confirms the
        // day that has ended by its first tick: the next one, after days of absence, is in doubt by
        // the rule, and in doubt a node deletes nothing. So the day is confirmed anew.
        for node in 0..self.world.federation.stations.len() {
            self.world.start(node);
            self.world.accept_time(node, 10);
        }
        self.world.run_for(DAY);
    }

    /// Whether a node holds to a promise. A hostile publisher signs with the key of a node, and into
    /// slots that the node uses too. Of two records in one slot the lower id wins, everywhere, and
    /// the other is out for as long as the winner is carried: then, and then alone, it may be
    /// missing. If the winner goes, retracted by its lock, the slot is free and the other comes back.
    fn kept(&self, promise: &Promise, node: NodeIndex) -> bool {
        match self.world.store(node).occupant(&promise.slot) {
            Ok(Some(id)) => id == promise.id || id < promise.id && self.forged.contains(&id),
            _ => false,
        }
    }

    fn check(&mut self) -> Result<(), Broken> {
        let today = self.world.today();
        // The revoked are no peers any more; what they carry is their own affair.
        let nodes: Vec<NodeIndex> = (0..self.world.federation.stations.len())
            .filter(|n| !self.revoked.contains(n))
            .collect();
        let mut sets = Vec::new();
        for _ in 0..20 {
            sets = nodes.iter().map(|n| self.world.carried(*n)).collect();
            if sets.windows(2).all(|pair| pair[0] == pair[1]) {
                break;
            }
            self.world.run_for(3 * HOUR);
        }
        if sets.windows(2).any(|pair| pair[0] != pair[1]) {
            return Err(Broken::Disagreement);
        }
        let live = |o: &&Promise| o.expires > today.plus(1);
        if let Some(o) = self
            .own
            .iter()
            .filter(live)
            .find(|o| !self.kept(o, o.publisher))
        {
            return Err(Broken::Lost(o.publisher));
        }
        for (node, set) in nodes.iter().zip(&sets) {
            let mut promises = self.owed.iter().chain(&self.retracted).filter(live);
            if promises.any(|o| !self.kept(o, *node)) {
                return Err(Broken::Lost(*node));
            }
            for id in set {
                let record = self.world.store(*node).get(id);
                let Some(record) = record else { continue };
                if record.header().expires.plus(1) < today {
                    return Err(Broken::Stale(*node));
                }
                let Some(lock) = record.body().lock() else {
                    continue;
                };
                let stones = self.world.store(*node).tombstones(lock).unwrap_or_default();
                if stones.iter().any(|t| t.proven) && record.kind() != Kind::Retraction {
                    return Err(Broken::Returned(*node));
                }
            }
        }
        if self.world.leaks > 0 {
            return Err(Broken::Leak);
        }
        Ok(())
    }
}
