//! How many chains lead to a key that share no other key: its level, one to three.
//!
//! A chain begins at a root, and the root is one of its keys: who trusts one root alone gives
//! nobody but that root more than level one. If somebody was fooled, every chain to what he let in
//! leads through him, so that it has level one, however many keys it makes. Two that were fooled
//! can give level two; nobody can count them from outside, and a level says how many it took.
//!
//! For all keys at once, [`Graph::levels`] goes in three steps. Dominators tell one from two. Whoever
//! is vouched for by three of level three has it too: if two keys are taken away, one of the three is
//! left and can still be come to. And for those who remain, chains are looked for from keys of level
//! three in place of roots, which comes to the same by the same reason and ends nearby. If a search
//! ends with two, two keys stand before all that it saw, so that none of those has level three; and
//! whoever comes by there again need not look behind the two.

use super::chains::{Chains, Search};
use super::dominators::immediate;
use super::graph::Graph;
use super::names::Index;
use std::collections::{BTreeMap, BTreeSet};

/// More is not counted.
pub const MAX_LEVEL: u8 = 3;

impl<K: Ord + Clone> Graph<K> {
    /// A key's level; 0 if it is not in. A root has the highest.
    pub fn level(&self, key: &K) -> u8 {
        let budgets = self.budgets();
        let in_it = |at: &Index| budgets.of(*at).is_some();
        let Some(at) = self.names().at(key).filter(in_it) else {
            return 0;
        };
        if self.is_root(at) {
            return MAX_LEVEL;
        }
        let (mut chains, mut search) = (Chains::new(at), Search::new(self.len()));
        (0..MAX_LEVEL)
            .take_while(|_| chains.grow_from_roots(self, &mut search))
            .count() as u8
    }

    /// The levels of all keys that are in.
    pub fn levels(&self) -> BTreeMap<&K, u8> {
        let mut levels = Levels::new(self);
        let roots: Vec<Index> = self.roots_at().collect();
        if roots.len() < usize::from(MAX_LEVEL) {
            // Chains that share nobody begin at roots of their own.
            levels.none_is_highest();
        }
        roots.into_iter().for_each(|root| levels.is_highest(root));
        let open = |at: &Index| levels.level(*at) == OPEN;
        let mut rest: Vec<(usize, Index)> = (0..self.len() as Index)
            .filter(open)
            .filter_map(|at| Some((self.budgets().distance(at)?, at)))
            .collect();
        // From the roots outwards, so that each finds its chains begun near by.
        rest.sort_unstable();
        for (_, at) in rest {
            levels.decide(at);
        }
        let named = |at: Index| {
            self.budgets().distance(at)?;
            Some((self.names().key(at)?, levels.level(at)))
        };
        (0..self.len() as Index).filter_map(named).collect()
    }

    /// The keys of level two or more, all at once: those that no single key stands before.
    pub fn beyond_level_one(&self) -> BTreeSet<&K> {
        let nobody = self.len() as Index;
        let before = self.standing_before().into_iter().enumerate();
        before
            .filter(|(_, before)| *before == Some(nobody))
            .filter_map(|(at, _)| self.names().key(at as Index))
            .collect()
    }

    /// The key nearest to each that stands before it on every chain; where there is none, the number
    /// of keys. Nothing for keys that are not in.
    fn standing_before(&self) -> Vec<Option<Index>> {
        let nobody = self.len() as Index;
        let led = |from| self.budgets().led_to(from).map(move |to| (from, to));
        let counting = (0..nobody).flat_map(led);
        // The roots hang on one more, the last, who trusts them.
        let trusting = self.roots_at().map(|root| (nobody, root));
        immediate(nobody, counting.chain(trusting))
    }

    pub(super) fn is_root(&self, key: Index) -> bool {
        self.budgets().roots().contains_key(&key)
    }

    pub(super) fn roots_at(&self) -> impl Iterator<Item = Index> {
        self.budgets().roots().keys().copied()
    }

    pub(super) const fn len(&self) -> usize {
        self.names().len()
    }

    /// Chains to a key that share no other key, as many as there are, at most
    /// [three](MAX_LEVEL); each from its root to the key itself. None to a root.
    pub fn chains(&self, key: &K) -> Vec<Vec<K>> {
        let Some(at) = self.names().at(key).filter(|at| !self.is_root(*at)) else {
            return Vec::new();
        };
        let (mut chains, mut search) = (Chains::new(at), Search::new(self.len()));
        for _ in 0..MAX_LEVEL {
            if !chains.grow_from_roots(self, &mut search) {
                break;
            }
        }
        let named = |chain: Vec<Index>| {
            chain
                .into_iter()
                .filter_map(|at| self.names().key(at).cloned())
                .collect()
        };
        chains.all().into_iter().map(named).collect()
    }
}

/// It is not known yet whether it is two or three.
const OPEN: u8 = 0;

/// The levels of all keys, in the course of being found.
struct Levels<'a, K> {
    graph: &'a Graph<K>,
    of: Vec<u8>,
    /// How many of level three vouch for a key.
    behind: Vec<u8>,
    /// The keys, fewer than three, that stand before a key on every chain, together. To look for
    /// chains from the other side of it, it is enough to know those.
    doors: Vec<Vec<Index>>,
    search: Search,
}

impl<'a, K: Ord + Clone> Levels<'a, K> {
    fn new(graph: &'a Graph<K>) -> Self {
        let nobody = graph.len() as Index;
        let before = graph.standing_before();
        let before_of = |at: Index| before.get(at as usize).copied().flatten();
        let (mut of, mut doors) = (Vec::new(), Vec::new());
        for at in 0..nobody {
            let beyond_one = before_of(at) == Some(nobody);
            of.push(if beyond_one { OPEN } else { 1 });
            // Of all that stand before it the first serves best.
            let mut door = Vec::new();
            let mut next = before_of(at);
            while let Some(before) = next.filter(|before| *before != nobody) {
                door = vec![before];
                next = before_of(before);
            }
            doors.push(door);
        }
        Self {
            graph,
            of,
            behind: vec![0; graph.len()],
            doors,
            search: Search::new(graph.len()),
        }
    }

    fn level(&self, at: Index) -> u8 {
        self.of.get(at as usize).copied().unwrap_or(1)
    }

    fn set(&mut self, at: Index, level: u8) {
        if let Some(place) = self.of.get_mut(at as usize) {
            *place = level;
        }
    }

    fn none_is_highest(&mut self) {
        for level in self.of.iter_mut().filter(|level| **level == OPEN) {
            *level = MAX_LEVEL - 1;
        }
    }

    /// A key has the highest level, and so has whoever follows from it.
    fn is_highest(&mut self, at: Index) {
        self.set(at, MAX_LEVEL);
        let mut found = vec![at];
        while let Some(at) = found.pop() {
            // Each once.
            for to in self.graph.budgets().led_to(at).collect::<BTreeSet<_>>() {
                if self.level(to) != OPEN {
                    continue;
                }
                let behind = self.behind.get_mut(to as usize).map(|n| {
                    *n += 1;
                    *n
                });
                if behind == Some(MAX_LEVEL) {
                    self.set(to, MAX_LEVEL);
                    found.push(to);
                }
            }
        }
    }

    fn doors(&self, at: Index) -> &[Index] {
        self.doors.get(at as usize).map_or(&[], Vec::as_slice)
    }

    fn decide(&mut self, at: Index) {
        if self.level(at) != OPEN {
            return;
        }
        let (mut chains, mut search) = (Chains::new(at), core::mem::take(&mut self.search));
        let is_start = |at| self.level(at) == MAX_LEVEL;
        let doors = |at| self.doors(at);
        let all = (0..MAX_LEVEL).all(|_| chains.grow(self.graph, &mut search, &is_start, &doors));
        if all {
            self.is_highest(at);
        } else {
            let doors = chains.doors(&search);
            for at in search.seen().chain([at]) {
                if self.level(at) == OPEN {
                    self.set(at, MAX_LEVEL - 1);
                    if let Some(place) = self.doors.get_mut(at as usize) {
                        place.clone_from(&doors);
                    }
                }
            }
        }
        self.search = search;
    }
}
