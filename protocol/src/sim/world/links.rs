//! Links: who is connected with whom.

use super::{NodeIndex, World};

impl World {
    /// Connects two nodes if each takes the other for a peer.
    pub(super) fn link(&mut self, a: NodeIndex, b: NodeIndex) {
        let welcome = self.greet(a, b) && self.greet(b, a);
        if welcome {
            self.network.connect(a, b, self.now);
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

    pub(super) fn unlink(&mut self, a: NodeIndex, b: NodeIndex) {
        if self.network.disconnect(a, b, self.now) {
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
}
