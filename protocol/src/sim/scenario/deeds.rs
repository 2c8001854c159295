//! What is published, and what befalls the nodes.

use super::run::{Deed, Run, Told};
use super::{Off, What};
use crate::ids::RecordId;
use crate::keys::SecretKey;
use crate::record::report::Audience;
use crate::record::retraction::Retraction;
use crate::record::vouch::{Scope, Vouch};
use crate::record::{Body, Kind, Verified};
use crate::sim::promise::Promise;
use crate::sim::{NodeIndex, attachment_body, report_body};
use crate::time::Day;
use crate::wire::client::{Outcome, Wanted};
use crate::wire::peer::Request;
use std::collections::BTreeSet;

/// Bytes of records in one push, at most.
const PUSH: usize = 500_000;
/// Milliseconds that the clock of a node may be ahead for clients to publish there. What is dated
/// later waits with everyone else until its day comes, however far off.
const AHEAD: i64 = 2 * 86_400_000;
/// Secrets that are looked for in all messages: it takes time.
const SECRETS: usize = 20;

impl Run<'_> {
    fn publish(&mut self, node: NodeIndex, expires: Day, body: Body) -> Option<RecordId> {
        let outcomes = self.world.publish(node, vec![Wanted { expires, body }]);
        if let Some([Outcome::Published(id)]) = outcomes.as_deref() {
            return Some(*id);
        }
        self.unpublished += 1;
        None
    }

    /// What clients publish all the time.
    pub fn publish_something(&mut self) {
        let load = self.scenario.load;
        let node = self.some_node();
        if self.world.ahead(node) > AHEAD {
            self.unpublished += 1;
            return;
        }
        if self.percent(load.attached) && !self.reports.is_empty() {
            let n = self.pick(self.reports.len());
            let (id, expires) = (self.reports[n].id, self.reports[n].expires);
            let lock = self.reports[n].lock.clone();
            let kind = [Kind::Translation, Kind::Second, Kind::Dispute][self.pick(3)];
            let body = attachment_body(kind, lock.lock(), id, &mut self.entropy);
            let gone = self.retracted.contains(&lock.lock()) || !self.world.is_honest(node);
            if let Some(id) = self.publish(node, expires, body).filter(|_| !gone) {
                self.owed.push(Promise::of(&self.world, id, node, &lock));
            }
            return;
        }
        let own = self.percent(load.own);
        let audience = if own {
            Audience::Own
        } else {
            Audience::Federation
        };
        let lock = SecretKey::generate(&mut self.entropy);
        let body = report_body(lock.lock(), audience, &mut self.entropy);
        if let Body::Report(r) = &body
            && own
            && self.world.secrets.len() < SECRETS
        {
            self.world.secrets.push(r.salt.to_vec());
        }
        let short = self.percent(load.short);
        let days = if short { load.short_days } else { load.days };
        let expires = self.world.today().plus(days);
        let Some(id) = self.publish(node, expires, body) else {
            return;
        };
        let promise = Promise::of(&self.world, id, node, &lock);
        if !self.world.is_honest(node) {
            // It reached nobody, maybe: nobody honest accepted it.
            return;
        }
        if own {
            self.own.push(promise);
        } else {
            self.owed.push(promise);
            self.reports.push(Told { id, expires, lock });
        }
    }

    pub fn begin(&mut self, event: usize) {
        let what = self.scenario.events[event].what.clone();
        let nodes = what.which().map(|which| self.choose(which));
        let nodes = nodes.unwrap_or_default();
        self.befallen[event].clone_from(&nodes);
        match what {
            What::Partition(_) => {
                let apart: BTreeSet<NodeIndex> = nodes.into_iter().collect();
                self.world.partition(&apart);
            }
            What::Crash { after_outputs, .. } => {
                for node in nodes {
                    match after_outputs {
                        Some(outputs) => self.world.crash_after(node, outputs),
                        None => {
                            self.world.crash(node);
                            self.marks[event] += 1;
                        }
                    }
                }
            }
            What::Laggard(_) => nodes.into_iter().for_each(|node| self.world.crash(node)),
            What::Churn { .. } => {}
            What::Slow(_, by) => {
                for node in nodes {
                    self.world.network.slow(node, by);
                    self.marks[event] += 1;
                }
            }
            What::Clock(_, off) => {
                for node in nodes {
                    let millis = match off {
                        Off::By(millis) => millis,
                        Off::Within(span) => self.entropy.below(2 * span + 1) as i64 - span as i64,
                    };
                    self.world.skew(node, millis);
                    self.marks[event] += 1;
                }
            }
            What::Retract(percent) => self.marks[event] = self.retract(percent),
            What::Taste => self.marks[event] = self.give_tastes(),
            What::Flood {
                node,
                slots,
                versions,
                beyond,
            } => self.marks[event] = self.flood(node, slots, versions, beyond),
            What::Lying(_, lie) => {
                for node in nodes {
                    self.world.lie(node, Some(lie));
                }
            }
        }
    }

    pub fn end(&mut self, event: usize) {
        let nodes = self.befallen[event].clone();
        match &self.scenario.events[event].what {
            What::Partition(_) => {
                self.marks[event] = u64::from(!self.world.agree());
                self.world.heal();
            }
            What::Crash { after_outputs, .. } => {
                for node in nodes {
                    if after_outputs.is_some() {
                        self.marks[event] += u64::from(!self.world.is_up(node));
                        // It may not have come to that.
                        self.world.crash(node);
                    }
                    self.world.start(node);
                }
            }
            What::Laggard(_) => {
                for node in nodes {
                    let old = self.old_on_disk(node);
                    self.hoards[event].extend(old);
                    self.world.start(node);
                }
                // First it has to be connected.
                self.after(3 * self.scenario.pace.tick, Deed::Replay(event));
            }
            What::Slow(..) => nodes
                .into_iter()
                .for_each(|node| self.world.network.slow(node, 0)),
            What::Clock(..) => {
                for node in nodes {
                    self.world.skew(node, 0);
                    // Whoever sets it right says so.
                    self.world.accept_time(node, 10);
                }
            }
            What::Lying(..) => {
                self.marks[event] = self.world.lies;
                nodes
                    .into_iter()
                    .for_each(|node| self.world.lie(node, None));
            }
            What::Churn { .. } | What::Retract(_) | What::Taste | What::Flood { .. } => {}
        }
    }

    /// A node goes away for a while.
    pub fn down(&mut self, event: usize) {
        if let What::Churn { down, .. } = self.scenario.events[event].what {
            let node = self.some_node();
            if self.world.is_up(node) {
                self.world.crash(node);
                self.marks[event] += 1;
                self.after(down, Deed::Up(node));
            }
        }
    }

    /// What is on a node's disk and nowhere else should be: expired, or retracted by its author.
    fn old_on_disk(&self, node: NodeIndex) -> Vec<Verified> {
        let (store, today) = (self.world.store(node), self.world.today());
        let gone = |r: &&Verified| {
            let retracted = r.body().lock().is_some_and(|l| self.retracted.contains(l));
            r.header().expires < today || retracted && r.kind() != Kind::Retraction
        };
        let all = store.ids().filter_map(|id| store.get(&id));
        all.filter(gone).cloned().collect()
    }

    /// Laggards hand to their peers what they brought back, by gossip and by push.
    pub fn replay(&mut self, event: usize) {
        let hoard = self.hoards[event].clone();
        for node in self.befallen[event].clone() {
            for peer in self.world.network.peers(node) {
                let mut batch = Vec::new();
                let mut bytes = 0;
                for record in &hoard {
                    self.world.hand(node, peer, record);
                    bytes += record.bytes().len();
                    if bytes <= PUSH {
                        batch.push(record.bytes().to_vec());
                    }
                }
                self.world.ask(node, peer, &Request::Push(batch));
            }
        }
        self.marks[event] = hoard.len() as u64;
        // At once, and after a catch-up; the next day would sweep it away.
        for ticks in [1, 4, 16] {
            self.after(ticks * self.scenario.pace.tick, Deed::Watch(event));
        }
    }

    /// Whether anyone else took what laggards brought back.
    pub fn watch(&mut self, event: usize) {
        let today = self.world.today();
        for node in (0..self.scenario.nodes()).filter(|n| !self.befallen[event].contains(n)) {
            for record in &self.hoards[event] {
                if self.world.store(node).get(&record.id()).is_none() {
                    continue;
                }
                let again = if record.header().expires < today {
                    &mut self.expired_again
                } else {
                    &mut self.retracted_again
                };
                *again += 1;
            }
        }
    }

    /// Authors retract some of the reports. Gives how many.
    fn retract(&mut self, percent: u32) -> u64 {
        let mut done = 0;
        let federation = *self.world.federation.charter.federation();
        for n in 0..self.reports.len() {
            let lock = self.reports[n].lock.clone();
            if !self.percent(percent) || self.retracted.contains(&lock.lock()) {
                continue;
            }
            let node = self.some_node();
            if !self.world.is_honest(node) {
                continue;
            }
            let today = self.world.today();
            let body = Body::Retraction(Retraction::by_lock(&federation, &lock));
            // One that was not acknowledged may have been stored and may yet spread.
            self.owed.retain(|o| o.lock.lock() != lock.lock());
            if let Some(id) = self.publish(node, today, body) {
                self.retracted.insert(lock.lock());
                self.owed.push(Promise::of(&self.world, id, node, &lock));
                done += 1;
            }
        }
        done
    }

    /// Organisations vouch for others, and each node counts by roots of its own. Gives how many
    /// vouches there are.
    fn give_tastes(&mut self) -> u64 {
        let organisations = usize::from(self.scenario.organisations);
        let each = usize::from(self.scenario.nodes_each);
        let today = self.world.today();
        let mut vouches = 0;
        for issuer in 0..organisations {
            for number in 1..3 {
                let other = self.pick(organisations);
                let subject = self.world.federation.organisation(other);
                let vouch = Vouch {
                    subject,
                    budget: 0,
                    number,
                    scope: Scope::everything(),
                };
                let federation = &self.world.federation;
                let record = federation.vouch(issuer, vouch, today, 300, number);
                self.world.import(issuer * each, record);
                vouches += 1;
            }
        }
        for node in 0..self.roots.len() {
            for _ in 0..self.pick(4) {
                let root = self.pick(organisations);
                let root = self.world.federation.organisation(root);
                self.roots[node].insert(root);
            }
        }
        vouches
    }

    /// Several records in one slot, and each node is told another. Gives how many were signed.
    fn flood(&mut self, node: NodeIndex, slots: u32, versions: u32, beyond: u32) -> u64 {
        let today = self.world.today();
        let range = self.world.federation.stations[node].slots;
        let end = range.first + range.count;
        let mut signed = 0;
        let count = self.scenario.nodes();
        for n in 0..slots + beyond {
            // Its last slots, which it does not use itself, and then those after them.
            let slot = end - slots + n;
            let lock = SecretKey::generate(&mut self.entropy);
            let records: Vec<Verified> = (0..versions)
                .map(|_| {
                    let body = report_body(lock.lock(), Audience::Federation, &mut self.entropy);
                    let federation = &self.world.federation;
                    federation.sign(node, today, today.plus(300), slot, body)
                })
                .collect();
            for to in (0..count).filter(|to| *to != node) {
                let which = (to + n as usize) % records.len().max(1);
                if let Some(record) = records.get(which) {
                    self.world.hand(node, to, record);
                }
            }
            signed += records.len() as u64;
            self.forged.extend(records.iter().map(Verified::id));
        }
        signed
    }
}
