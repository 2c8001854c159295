//! What a driver does for its engine: verify, apply, forward, ask, answer.

use super::{Event, Message, NodeIndex, World};
use crate::engine::{AskId, Output, Source};
use crate::ids::{RecordId, TransportKey};
use crate::record::Verified;
use crate::wire::peer::{Reply, Request};
use std::sync::Arc;

impl World {
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

    pub(super) fn receive(&mut self, from: NodeIndex, to: NodeIndex, message: &Message) {
        match message {
            Message::Gossip { id, bytes, hops } => self.gossiped(from, to, *id, bytes, *hops),
            Message::Request { life, ask, bytes } => {
                let Ok(request) = Request::decode(bytes) else {
                    return;
                };
                let records = self.verify_all(request.records());
                self.count_caught_up(to, &records);
                let key = self.transport(from);
                let n = &mut self.nodes[to];
                let now = n.clock(self.now);
                let Some(engine) = &mut n.engine else { return };
                let asked = n.lie.map(|_| request.clone());
                let (outputs, reply) = engine
                    .requested(key, request, records, &n.store, now, &mut n.entropy)
                    .expect("a store in memory can be read");
                let reply = match asked {
                    Some(asked) => self.twist(to, &asked, reply),
                    None => reply,
                };
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
                self.count_caught_up(to, &records);
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
            spread.gossiped(to);
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
        let mut neighbours = self.network.mesh(to);
        neighbours.retain(|other| *other != from);
        self.pass_on(to, &neighbours, id, bytes, hops + 1);
    }

    /// Whether a node looks at what another sends unasked.
    fn heeds(&self, node: NodeIndex, from: NodeIndex) -> bool {
        let n = &self.nodes[node];
        let now = n.clock(self.now);
        let key = self.transport(from);
        n.engine.as_ref().is_some_and(|e| e.heeds(&key, now))
    }

    /// Gives records to an engine. Says whether the last one is new and is carried.
    pub(super) fn arrive(
        &mut self,
        node: NodeIndex,
        source: Source,
        records: Vec<Verified>,
    ) -> bool {
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
        others: &[NodeIndex],
        id: RecordId,
        bytes: &Arc<[u8]>,
        hops: u32,
    ) {
        if self.nodes[node].keeps_back(&id) {
            self.lies += u64::from(self.nodes[node].lie.is_some());
            return;
        }
        for to in others {
            let bytes = Arc::clone(bytes);
            self.send(node, *to, Message::Gossip { id, bytes, hops });
        }
    }

    /// Does what an engine says, in order. Says whether the node survived it.
    pub(super) fn perform(&mut self, node: NodeIndex, outputs: Vec<Output>) -> bool {
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
                    // To all peers, and as gossipsub does not what it has seen already.
                    if self.nodes[node].first_sight(id, self.now) {
                        let peers = self.network.peers(node);
                        self.pass_on(node, &peers, id, &bytes.into(), 1);
                    }
                }
                Output::Ask { peer, id, request } => {
                    if let Some(request) = self.twist_question(node, request) {
                        self.put_question(node, &peer, id, &request);
                    }
                }
                Output::Peers(allowed) => {
                    for other in self.network.wanted(node).to_vec() {
                        if !allowed.contains_key(&self.transport(other)) {
                            self.unlink(node, other);
                        }
                    }
                }
                Output::Destroy(names) => self.nodes[node].destroyed.extend(names),
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

    fn count_caught_up(&mut self, node: NodeIndex, records: &[Verified]) {
        for record in records {
            if let Some(spread) = self.report.spread.get_mut(&record.id()) {
                spread.caught_up(node);
            }
        }
    }
}
