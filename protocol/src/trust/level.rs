//! How many chains lead to a key that share no other key: its level, one to three.
//!
//! A chain begins at a root, and the root is one of its keys: who trusts one root alone gives
//! nobody but that root more than level one. If somebody was fooled, every chain to what he let in
//! leads through him, so that it has level one, however many keys it makes. Two that were fooled
//! can give level two; nobody can count them from outside, and a level says how many it took.

use super::graph::{Graph, Index};
use petgraph::algo::dominators::simple_fast;
use petgraph::csr::Csr;
use std::collections::{BTreeMap, BTreeSet};

/// More is not counted.
pub const MAX_LEVEL: u8 = 3;

impl<K: Ord + Clone> Graph<K> {
    /// A key's level; 0 if it is not in. A root has the highest.
    pub fn level(&self, key: &K) -> u8 {
        let Some(at) = self.at(key) else { return 0 };
        if self.distance_at(at).is_none() {
            return 0;
        }
        if self.is_root(at) {
            return MAX_LEVEL;
        }
        let mut chains = Chains::new(at);
        (0..MAX_LEVEL).take_while(|_| chains.grow(self)).count() as u8
    }

    /// The keys of level two or more, all at once: those that no single key stands before.
    pub fn beyond_level_one(&self) -> BTreeSet<&K> {
        // The roots hang on one more node, the last.
        let trusting = self.len() as Index;
        let mut pairs: Vec<(Index, Index)> = self.counting().map(|e| (e.from, e.to)).collect();
        pairs.extend(self.roots_at().map(|root| (trusting, root)));
        pairs.push((trusting, trusting));
        pairs.sort_unstable();
        pairs.dedup();
        let Ok(graph) = Csr::<(), (), petgraph::Directed, Index>::from_sorted_edges(&pairs) else {
            return BTreeSet::new();
        };
        let dominators = simple_fast(&graph, trusting);
        (0..trusting)
            .filter(|at| dominators.immediate_dominator(*at) == Some(trusting))
            .filter_map(|at| self.key(at))
            .collect()
    }

    /// Chains to a key that share no other key, as many as there are, at most
    /// [three](MAX_LEVEL); each from its root to the key itself. None to a root.
    pub fn chains(&self, key: &K) -> Vec<Vec<K>> {
        let Some(at) = self.at(key).filter(|at| !self.is_root(*at)) else {
            return Vec::new();
        };
        let mut chains = Chains::new(at);
        for _ in 0..MAX_LEVEL {
            if !chains.grow(self) {
                break;
            }
        }
        let named = |chain: Vec<Index>| {
            chain
                .into_iter()
                .filter_map(|at| self.key(at).cloned())
                .collect()
        };
        chains.all().into_iter().map(named).collect()
    }
}

/// A side of a key: each can be on one chain only, so it is entered and left apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Entered(Index),
    Left(Index),
}

/// Chains that were found so far to one key. A further one is found by a search backwards from the
/// key, which may undo steps of the others (the augmenting paths of Ford and Fulkerson).
struct Chains {
    to: Index,
    /// On a chain, the key that comes after.
    next: BTreeMap<Index, Index>,
    /// Where chains begin.
    roots: BTreeSet<Index>,
}

impl Chains {
    const fn new(to: Index) -> Self {
        Self {
            to,
            next: BTreeMap::new(),
            roots: BTreeSet::new(),
        }
    }

    /// Finds one more. Says whether there is one.
    fn grow<K: Ord + Clone>(&mut self, graph: &Graph<K>) -> bool {
        // Where each side was come from, that is, what follows it on the way to the key.
        let mut follows = BTreeMap::<Side, Side>::new();
        let mut open = vec![Side::Entered(self.to)];
        let mut start = None;
        while let Some(side) = open.pop() {
            if let Side::Entered(at) = side
                && graph.is_root(at)
                && !self.roots.contains(&at)
            {
                start = Some(side);
                break;
            }
            let mut steps = self.leading_to(side, graph);
            // The nearest to a root last, as it is looked at first.
            steps.sort_by_key(|s| {
                let (Side::Entered(at) | Side::Left(at)) = s;
                core::cmp::Reverse(graph.distance_at(*at))
            });
            for step in steps {
                if step != Side::Entered(self.to) && !follows.contains_key(&step) {
                    follows.insert(step, side);
                    open.push(step);
                }
            }
        }
        let Some(start) = start else { return false };
        self.take(start, &follows);
        true
    }

    /// From where a side can be come to, with the chains that there are.
    fn leading_to<K: Ord + Clone>(&self, side: Side, graph: &Graph<K>) -> Vec<Side> {
        match side {
            Side::Entered(at) => {
                let taken = |from: Index| self.next.get(&from) == Some(&at);
                let mut steps: Vec<Side> = graph
                    .counting_for(at)
                    .map(|e| e.from)
                    .filter(|from| *from != self.to && !taken(*from))
                    .map(Side::Left)
                    .collect();
                if self.next.contains_key(&at) {
                    steps.push(Side::Left(at));
                }
                steps
            }
            Side::Left(at) => match self.next.get(&at) {
                None => vec![Side::Entered(at)],
                Some(next) => vec![Side::Entered(*next)],
            },
        }
    }

    /// Goes along a way that was found: steps forward are taken, steps back undone.
    fn take(&mut self, start: Side, follows: &BTreeMap<Side, Side>) {
        let (mut taken, mut undone) = (Vec::new(), Vec::new());
        if let Side::Entered(root) = start {
            self.roots.insert(root);
        }
        let mut side = start;
        while let Some(then) = follows.get(&side) {
            match (side, *then) {
                (Side::Left(a), Side::Entered(b)) if a != b => taken.push((a, b)),
                (Side::Entered(b), Side::Left(a)) if a != b => undone.push((a, b)),
                _ => {}
            }
            side = *then;
        }
        for (a, _) in undone {
            self.next.remove(&a);
        }
        self.next.extend(taken);
    }

    fn all(&self) -> Vec<Vec<Index>> {
        let mut chains = Vec::new();
        for root in &self.roots {
            let mut chain = vec![*root];
            let mut at = *root;
            while let Some(next) = self.next.get(&at) {
                chain.push(*next);
                at = *next;
            }
            chains.push(chain);
        }
        chains
    }
}
