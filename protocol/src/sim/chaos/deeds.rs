//! What happens: honest and hostile publishers, laggards, roots that revoke and renew.

use super::Chaos;
use crate::ids::RecordId;
use crate::keys::SecretKey;
use crate::record::delegation::SlotRange;
use crate::record::report::Audience;
use crate::record::retraction::Retraction;
use crate::record::{Body, Kind, Verified};
use crate::sim::promise::Promise;
use crate::sim::{NodeIndex, attachment_body, report_body};
use crate::time::Day;
use crate::wire::client::{Outcome, Wanted};
use crate::wire::peer::Request;

impl Chaos {
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

    pub(super) fn report(&mut self, audience: Audience) {
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
        let promise = Promise::of(&self.world, id, node, &lock);
        if audience == Audience::Own {
            self.own.push(promise);
        } else {
            self.owed.push(promise);
            self.reports.push((id, node, expires, lock));
        }
    }

    pub(super) fn attach(&mut self) {
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

    pub(super) fn retract(&mut self, proven: bool) {
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
            let promise = Promise::of(&self.world, id, node, &lock);
            self.retracted.push(promise);
        }
    }

    /// A publisher signs several records in one slot and tells each node another of them.
    pub(super) fn equivocate(&mut self) {
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
    pub(super) fn bring_back(&mut self) {
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

    pub(super) fn revoke(&mut self) {
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
    pub(super) fn renew(&mut self) {
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
}
