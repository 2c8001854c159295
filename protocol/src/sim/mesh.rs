//! Gossipsub's mesh, as nodes configure it: with whom of its peers a node exchanges whole records.
//!
//! A graft is mutual: both nodes have each other in their mesh, or neither. A node with fewer than
//! `low` neighbours grafts up to `degree`, one with `high` prunes down to it, at random; who was
//! pruned or turned away waits a minute before it tries again. A lost link is made good at once,
//! where gossipsub waits for its next heartbeat, a second at most.
//!
//! Left out: scores (the simulator's nodes cut off whom the engine shuns), the quota of connections
//! that a node dialled itself, and the messages that graft and prune.

use super::Drbg;
use std::collections::{BTreeMap, BTreeSet};

/// Milliseconds before a pruned neighbour is asked again.
const BACKOFF: u64 = 60_000;

/// How many neighbours a node wants in its mesh.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MeshSizes {
    /// With fewer it looks for more.
    pub low: usize,
    /// How many it looks for, and keeps when it has too many.
    pub degree: usize,
    /// With so many it keeps fewer, and takes no further one.
    pub high: usize,
}

impl MeshSizes {
    /// As in the node's settings of gossipsub.
    pub const NODE: Self = Self {
        low: 4,
        degree: 6,
        high: 12,
    };
}

/// Who has whom in its mesh.
#[derive(Debug)]
pub(super) struct Mesh {
    sizes: MeshSizes,
    of: Vec<BTreeSet<usize>>,
    /// Until when two nodes do not try again.
    backoff: BTreeMap<(usize, usize), u64>,
    entropy: Drbg,
}

impl Mesh {
    pub fn new(nodes: usize, sizes: MeshSizes, seed: u64) -> Self {
        Self {
            sizes,
            of: vec![BTreeSet::new(); nodes],
            backoff: BTreeMap::new(),
            entropy: Drbg::new(seed, "mesh"),
        }
    }

    /// A node's neighbours.
    pub fn of(&self, node: usize) -> &BTreeSet<usize> {
        &self.of[node]
    }

    /// Two nodes are connected and hear that the other is in the topic.
    pub fn connected(&mut self, a: usize, b: usize, now: u64) {
        let low = |n: usize| self.of[n].len() < self.sizes.low;
        if (low(a) || low(b)) && !self.backs_off(a, b, now) {
            self.graft(a, b, now);
        }
    }

    /// Two nodes are connected no longer.
    pub fn parted(&mut self, a: usize, b: usize) {
        self.of[a].remove(&b);
        self.of[b].remove(&a);
    }

    /// What a node does at a heartbeat; `peers` are those that it is connected with.
    pub fn heartbeat(&mut self, node: usize, peers: &[usize], now: u64) {
        let MeshSizes { low, degree, high } = self.sizes;
        if self.of[node].len() < low {
            let free = |p: &usize| !self.of[node].contains(p) && !self.backs_off(node, *p, now);
            let mut free: Vec<usize> = peers.iter().copied().filter(free).collect();
            self.entropy.shuffle(&mut free);
            let lacking = degree.saturating_sub(self.of[node].len());
            for peer in free.into_iter().take(lacking) {
                self.graft(node, peer, now);
            }
        }
        if self.of[node].len() >= high {
            let mut all: Vec<usize> = self.of[node].iter().copied().collect();
            self.entropy.shuffle(&mut all);
            for peer in all.into_iter().skip(degree) {
                self.parted(node, peer);
                self.back_off(node, peer, now);
            }
        }
    }

    fn graft(&mut self, node: usize, peer: usize, now: u64) {
        if self.of[peer].len() < self.sizes.high {
            self.of[node].insert(peer);
            self.of[peer].insert(node);
        } else {
            self.back_off(node, peer, now);
        }
    }

    fn back_off(&mut self, a: usize, b: usize, now: u64) {
        self.backoff.retain(|_, until| *until > now);
        self.backoff.insert((a.min(b), a.max(b)), now + BACKOFF);
    }

    fn backs_off(&self, a: usize, b: usize, now: u64) -> bool {
        let until = self.backoff.get(&(a.min(b), a.max(b)));
        until.is_some_and(|until| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mesh(nodes: usize) -> Mesh {
        Mesh::new(nodes, MeshSizes::NODE, 1)
    }

    fn mutual(mesh: &Mesh) -> bool {
        (0..mesh.of.len()).all(|a| mesh.of[a].iter().all(|b| mesh.of[*b].contains(&a)))
    }

    #[test]
    fn who_has_few_neighbours_looks_for_more_and_who_has_many_keeps_some() {
        let mut mesh = mesh(40);
        let all: Vec<usize> = (1..40).collect();
        mesh.heartbeat(0, &all, 0);
        assert_eq!(mesh.of(0).len(), MeshSizes::NODE.degree);
        for peer in 1..40 {
            if !mesh.of(0).contains(&peer) {
                mesh.heartbeat(peer, &[0], 0);
            }
        }
        assert_eq!(mesh.of(0).len(), MeshSizes::NODE.high);
        assert!(mutual(&mesh));
        mesh.heartbeat(0, &all, 0);
        assert_eq!(mesh.of(0).len(), MeshSizes::NODE.degree);
        assert!(mutual(&mesh));
    }

    #[test]
    fn who_was_turned_away_waits_a_minute() {
        let mut mesh = mesh(20);
        let high = MeshSizes::NODE.high;
        (1..=high).for_each(|peer| mesh.connected(0, peer, 0));
        assert_eq!(mesh.of(0).len(), high, "each of them had none");
        mesh.heartbeat(19, &[0], 0);
        assert!(mesh.of(19).is_empty());
        mesh.parted(0, 1);
        mesh.heartbeat(19, &[0], BACKOFF - 1);
        assert!(mesh.of(19).is_empty());
        mesh.heartbeat(19, &[0], BACKOFF);
        assert!(mutual(&mesh) && mesh.of(19).contains(&0));
    }
}
