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

use super::dominators::immediate;
use super::graph::{Graph, Index};
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
        (0..MAX_LEVEL)
            .take_while(|_| chains.grow_from_roots(self).is_ok())
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
            .filter_map(|at| Some((self.distance_at(at)?, at)))
            .collect();
        // From the roots outwards, so that each finds its chains begun near by.
        rest.sort_unstable();
        for (_, at) in rest {
            levels.decide(at);
        }
        let named = |at: Index| {
            self.distance_at(at)?;
            Some((self.key(at)?, levels.level(at)))
        };
        (0..self.len() as Index).filter_map(named).collect()
    }

    /// The keys of level two or more, all at once: those that no single key stands before.
    pub fn beyond_level_one(&self) -> BTreeSet<&K> {
        let nobody = self.len() as Index;
        let before = self.standing_before().into_iter().enumerate();
        before
            .filter(|(_, before)| *before == Some(nobody))
            .filter_map(|(at, _)| self.key(at as Index))
            .collect()
    }

    /// The key nearest to each that stands before it on every chain; where there is none, the number
    /// of keys. Nothing for keys that are not in.
    fn standing_before(&self) -> Vec<Option<Index>> {
        let nobody = self.len() as Index;
        let counting = self.counting().map(|e| (e.from, e.to));
        // The roots hang on one more, the last, who trusts them.
        let trusting = self.roots_at().map(|root| (nobody, root));
        immediate(nobody, counting.chain(trusting))
    }

    /// Chains to a key that share no other key, as many as there are, at most
    /// [three](MAX_LEVEL); each from its root to the key itself. None to a root.
    pub fn chains(&self, key: &K) -> Vec<Vec<K>> {
        let Some(at) = self.at(key).filter(|at| !self.is_root(*at)) else {
            return Vec::new();
        };
        let mut chains = Chains::new(at);
        for _ in 0..MAX_LEVEL {
            if chains.grow_from_roots(self).is_err() {
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
            for to in self.graph.led_to(at) {
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

    /// Who leads to a key, as far as chains to others go.
    fn before(&self, at: Index) -> Vec<Index> {
        match self.doors.get(at as usize) {
            Some(doors) if !doors.is_empty() => doors.clone(),
            _ => self.graph.counting_for(at).map(|e| e.from).collect(),
        }
    }

    fn decide(&mut self, at: Index) {
        if self.level(at) != OPEN {
            return;
        }
        let mut chains = Chains::new(at);
        let is_start = |at| self.level(at) == MAX_LEVEL;
        let before = |at| self.before(at);
        let mut grown = Ok(());
        for _ in 0..MAX_LEVEL {
            grown = grown.and_then(|()| chains.grow(self.graph, &is_start, &before));
        }
        let Err(seen) = grown else {
            self.is_highest(at);
            return;
        };
        let doors = chains.doors(&seen);
        for at in seen {
            if self.level(at) == OPEN {
                self.set(at, MAX_LEVEL - 1);
                if let Some(place) = self.doors.get_mut(at as usize) {
                    place.clone_from(&doors);
                }
            }
        }
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
    /// Where chains begin: at a root, or at a key that stands for one.
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

    /// Finds one more, from a root.
    fn grow_from_roots<K: Ord + Clone>(&mut self, graph: &Graph<K>) -> Result<(), BTreeSet<Index>> {
        let before = |at| graph.counting_for(at).map(|e| e.from).collect();
        self.grow(graph, &|at| graph.is_root(at), &before)
    }

    /// Finds one more, from a key that may begin one. If there is none: the keys that were seen,
    /// before all of which the same keys stand, one of each chain.
    fn grow<K: Ord + Clone>(
        &mut self,
        graph: &Graph<K>,
        is_start: &impl Fn(Index) -> bool,
        before: &impl Fn(Index) -> Vec<Index>,
    ) -> Result<(), BTreeSet<Index>> {
        // Where each side was come from, that is, what follows it on the way to the key.
        let mut follows = BTreeMap::<Side, Side>::new();
        let mut open = vec![Side::Entered(self.to)];
        let mut start = None;
        while let Some(side) = open.pop() {
            if let Side::Entered(at) = side
                && at != self.to
                && is_start(at)
                && !self.roots.contains(&at)
            {
                start = Some(side);
                break;
            }
            let mut steps = self.leading_to(side, before);
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
        let Some(start) = start else {
            let entered = |side: &Side| match side {
                Side::Entered(at) => Some(*at),
                Side::Left(_) => None,
            };
            let seen = follows.keys().filter_map(entered);
            return Err(seen.chain([self.to]).collect());
        };
        self.take(start, &follows);
        Ok(())
    }

    /// From where a side can be come to, with the chains that there are.
    fn leading_to(&self, side: Side, before: &impl Fn(Index) -> Vec<Index>) -> Vec<Side> {
        match side {
            Side::Entered(at) => {
                let taken = |from: Index| self.next.get(&from) == Some(&at);
                let mut steps: Vec<Side> = before(at)
                    .into_iter()
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

    /// Of each chain the last key that was not seen when no further one was found: together they
    /// stand before all that was.
    fn doors(&self, seen: &BTreeSet<Index>) -> Vec<Index> {
        let last = |chain: Vec<Index>| chain.into_iter().take_while(|at| !seen.contains(at)).last();
        self.all().into_iter().filter_map(last).collect()
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
