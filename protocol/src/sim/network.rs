//! The network between simulated nodes: who is linked with whom, and what becomes of a message.

use super::Drbg;
use super::mesh::{Mesh, MeshSizes};
use std::collections::{BTreeMap, BTreeSet};

/// How good the network is.
#[derive(Clone, Copy, Debug)]
pub struct Conditions {
    /// The least delay of a message, in milliseconds.
    pub delay: u64,
    /// What chance adds to it at most; messages overtake each other by it.
    pub jitter: u64,
    /// Messages lost, in a thousand.
    pub loss: u32,
    /// Messages that come twice, in a thousand.
    pub duplication: u32,
    /// Milliseconds after which a request without an answer is given up.
    pub timeout: u64,
}

impl Conditions {
    /// Nothing is lost, and all of it is there at once.
    pub const PERFECT: Self = Self {
        delay: 1,
        jitter: 0,
        loss: 0,
        duplication: 0,
        timeout: 10_000,
    };
    /// Twenty in a hundred messages are lost, five come twice, and all of them overtake each other.
    pub const BAD: Self = Self {
        delay: 20,
        jitter: 2_000,
        loss: 200,
        duplication: 50,
        timeout: 10_000,
    };
}

/// Who is linked with whom, and the fate of messages.
#[derive(Debug)]
pub struct Network {
    /// How good it is now.
    pub conditions: Conditions,
    /// For each node, whom it tries to be connected with: whom it names, and who names it.
    wanted: Vec<Vec<usize>>,
    /// Each node's side of the partition; nodes of different sides do not reach each other.
    side: Vec<u32>,
    live: BTreeSet<(usize, usize)>,
    mesh: Mesh,
    /// Milliseconds that a slow node adds to what it sends and to what it gets.
    slow: BTreeMap<usize, u64>,
    entropy: Drbg,
}

impl Network {
    /// A network in which every node is linked with about `links` others: with all of them if
    /// there are no more, otherwise along random rings, so that all are connected. On each ring a
    /// node names the next as its peer, and the one before names it.
    pub fn new(
        nodes: usize,
        links: usize,
        sizes: MeshSizes,
        conditions: Conditions,
        seed: u64,
    ) -> Self {
        let mut entropy = Drbg::new(seed, "network");
        let mut wanted: Vec<Vec<usize>> = vec![Vec::new(); nodes];
        let mut link = |a: usize, b: usize| {
            if a != b && !wanted[a].contains(&b) {
                wanted[a].push(b);
                wanted[b].push(a);
            }
        };
        if nodes <= links + 1 {
            (0..nodes).for_each(|a| (0..a).for_each(|b| link(a, b)));
        } else {
            let mut ring: Vec<usize> = (0..nodes).collect();
            for _ in 0..links.div_ceil(2) {
                entropy.shuffle(&mut ring);
                for (n, a) in ring.iter().enumerate() {
                    link(*a, ring[(n + 1) % nodes]);
                }
            }
        }
        Self {
            conditions,
            wanted,
            side: vec![0; nodes],
            live: BTreeSet::new(),
            mesh: Mesh::new(nodes, sizes, seed),
            slow: BTreeMap::new(),
            entropy,
        }
    }

    /// Splits the nodes in two: those named, and the rest.
    pub fn partition(&mut self, apart: &BTreeSet<usize>) {
        for (node, side) in self.side.iter_mut().enumerate() {
            *side = u32::from(apart.contains(&node));
        }
    }

    /// Brings all together again.
    pub fn heal(&mut self) {
        self.side.fill(0);
    }

    /// Whether two nodes are on one side.
    pub fn reach(&self, a: usize, b: usize) -> bool {
        self.side[a] == self.side[b]
    }

    /// Whom a node tries to be connected with.
    pub fn wanted(&self, node: usize) -> &[usize] {
        &self.wanted[node]
    }

    /// Whether two nodes are connected.
    pub fn linked(&self, a: usize, b: usize) -> bool {
        self.live.contains(&(a.min(b), a.max(b)))
    }

    /// Notes that two nodes are connected. Says whether that is new.
    pub fn connect(&mut self, a: usize, b: usize, now: u64) -> bool {
        let new = self.live.insert((a.min(b), a.max(b)));
        if new {
            self.mesh.connected(a, b, now);
        }
        new
    }

    /// Notes that two nodes are connected no longer. Says whether they were.
    pub fn disconnect(&mut self, a: usize, b: usize, now: u64) -> bool {
        let were = self.live.remove(&(a.min(b), a.max(b)));
        if were {
            self.mesh.parted(a, b);
            self.heartbeat(a, now);
            self.heartbeat(b, now);
        }
        were
    }

    /// Looks after the mesh of a node.
    pub fn heartbeat(&mut self, node: usize, now: u64) {
        let peers = self.peers(node);
        self.mesh.heartbeat(node, &peers, now);
    }

    /// With whom a node is connected: who gets what it publishes itself.
    pub fn peers(&self, node: usize) -> Vec<usize> {
        let wanted = self.wanted[node].iter().copied();
        wanted.filter(|other| self.linked(node, *other)).collect()
    }

    /// The neighbours to whom a node passes on what came by gossip.
    pub fn mesh(&self, node: usize) -> Vec<usize> {
        self.mesh.of(node).iter().copied().collect()
    }

    /// Makes a node's line slow by so many milliseconds each way; by none, as good as any.
    pub fn slow(&mut self, node: usize, millis: u64) {
        self.slow.insert(node, millis);
    }

    /// The delays after which a message arrives: none if it is lost, two if it comes twice.
    pub fn fate(&mut self, from: usize, to: usize) -> Vec<u64> {
        let c = self.conditions;
        if self.entropy.chance(c.loss) {
            return Vec::new();
        }
        let copies = if self.entropy.chance(c.duplication) {
            2
        } else {
            1
        };
        let ends = [from, to].into_iter();
        let slow: u64 = ends.filter_map(|n| self.slow.get(&n)).sum();
        (0..copies)
            .map(|_| slow + c.delay + self.entropy.below(c.jitter + 1))
            .collect()
    }

    /// How many connections there are, a node.
    pub fn degrees(&self) -> BTreeMap<usize, usize> {
        let mut degrees = BTreeMap::new();
        for (a, b) in &self.live {
            *degrees.entry(*a).or_default() += 1;
            *degrees.entry(*b).or_default() += 1;
        }
        degrees
    }
}
