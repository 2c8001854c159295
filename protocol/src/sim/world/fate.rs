//! What befalls the nodes, and what those who run them do.

use super::{Event, Message, NodeIndex, World};
use crate::engine::{AskId, Engine, Source};
use crate::ids::RecordId;
use crate::record::Verified;
use crate::sim::Lie;
use crate::time::Timestamp;
use crate::wire::client::{Outcome, Wanted};
use crate::wire::peer::Request;
use std::collections::BTreeSet;

impl World {
    /// Sets a node's clock off by so many milliseconds.
    pub fn skew(&mut self, node: NodeIndex, millis: i64) {
        self.nodes[node].skew = millis;
    }
    /// Makes a node leave records out: it says that it took them and keeps none.
    pub fn withhold(&mut self, node: NodeIndex, records: impl IntoIterator<Item = RecordId>) {
        self.nodes[node].withheld.extend(records);
    }

    /// Makes a node lie about its set, or stop doing so.
    pub fn lie(&mut self, node: NodeIndex, lie: Option<Lie>) {
        self.nodes[node].lie = lie;
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
        let gone = &self.nodes[node].destroyed;
        let identity = self.federation.identity_without(node, gone);
        let charter = self.federation.charter.clone();
        let n = &mut self.nodes[node];
        if n.engine.is_some() {
            return;
        }
        let engine = Engine::new(charter, identity, self.pace.settings, &n.store)
            .expect("a store in memory holds what was verified");
        self.go(node, engine);
    }

    /// Sets a node to work.
    pub(super) fn go(&mut self, node: NodeIndex, mut engine: Engine) {
        let n = &mut self.nodes[node];
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
}
