//! Chains to one key that share no other key, found one after the other.
//!
//! A further one is found by a search backwards from the key, which may undo steps of the others (the
//! augmenting paths of Ford and Fulkerson). A search that finds none has gone through all that leads to
//! the key, so what it has come to is kept in a list over all keys and not in a tree. And when one has
//! become long, those that begin at the roots are looked at as well: where few stand before many, few
//! steps lead on from there.

use super::budgets::Budgets;
use super::graph::Graph;
use super::names::Index;
use core::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// A search that has come to so many sides may be a long one. Tests have no such searches, and look all the
/// same.
const LONG: usize = if cfg!(test) { 4 } else { 1000 };
/// So many times as long it may become before the roots are looked at again.
const LONGER: usize = 4;

/// A side of a key: each can be on one chain only, so it is entered and left apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Side(u32);

impl Side {
    const fn entered(key: Index) -> Self {
        Self(2 * key)
    }

    const fn left(key: Index) -> Self {
        Self(2 * key + 1)
    }

    const fn key(self) -> Index {
        self.0 / 2
    }

    const fn is_entered(self) -> bool {
        self.0.is_multiple_of(2)
    }
}

/// What the last search has come to. Made once for any number of searches.
#[derive(Default)]
pub(super) struct Search {
    /// Of each side the one that follows it on the way to the key, and one; nothing if it was not come to.
    follows: Vec<u32>,
    seen: Vec<Side>,
    open: Vec<Side>,
    /// Where one side is come to from, and how far from the roots that is.
    steps: Vec<(Reverse<Option<usize>>, Side)>,
}

impl Search {
    pub fn new(keys: usize) -> Self {
        Self {
            follows: vec![0; 2 * keys],
            seen: Vec::new(),
            open: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Begins anew, from a key.
    fn begin(&mut self, to: Index) {
        for side in self.seen.drain(..) {
            if let Some(place) = self.follows.get_mut(side.0 as usize) {
                *place = 0;
            }
        }
        self.open.clear();
        self.open.push(Side::entered(to));
    }

    fn following(&self, side: Side) -> Option<Side> {
        let known = self.follows.get(side.0 as usize)?;
        known.checked_sub(1).map(Side)
    }

    fn see(&mut self, side: Side, then: Side) {
        if let Some(place) = self.follows.get_mut(side.0 as usize) {
            *place = then.0 + 1;
            self.seen.push(side);
            self.open.push(side);
        }
    }

    /// Comes to a side, by whatever way.
    fn come_to(&mut self, side: Side) {
        if self.following(side).is_none() {
            self.see(side, side);
        }
    }

    fn entered(&self, key: Index) -> bool {
        self.following(Side::entered(key)).is_some()
    }

    /// The keys that were come to, without the one whose chains were looked for.
    pub fn seen(&self) -> impl Iterator<Item = Index> {
        let entered = self.seen.iter().filter(|side| side.is_entered());
        entered.map(|side| side.key())
    }
}

/// Chains that were found so far to one key.
pub(super) struct Chains {
    to: Index,
    /// On a chain, the key that comes after.
    next: BTreeMap<Index, Index>,
    /// Where chains begin: at a root, or at a key that stands for one.
    roots: BTreeSet<Index>,
}

impl Chains {
    pub const fn new(to: Index) -> Self {
        Self {
            to,
            next: BTreeMap::new(),
            roots: BTreeSet::new(),
        }
    }

    /// Finds one more, from a root.
    pub fn grow_from_roots<K: Ord + Clone>(
        &mut self,
        graph: &Graph<K>,
        search: &mut Search,
    ) -> bool {
        let is_start = |at| graph.is_root(at);
        search.begin(self.to);
        let mut most = LONG;
        loop {
            if let Some(grown) = self.go_on(graph, search, &is_start, &|_| &[], most) {
                return grown;
            }
            if self.is_shut_off(graph, most) {
                return false;
            }
            most = most.saturating_mul(LONGER);
        }
    }

    /// Whether no further chain from a root comes to the key, as far as that is seen from there by looking
    /// at so many vouches.
    fn is_shut_off<K: Ord + Clone>(&self, graph: &Graph<K>, most: usize) -> bool {
        let before: BTreeMap<Index, Index> = self.next.iter().map(|(a, b)| (*b, *a)).collect();
        let mut search = Search::new(graph.len());
        let roots = graph.roots_at().filter(|root| !self.roots.contains(root));
        roots.for_each(|root| search.come_to(Side::entered(root)));
        let mut left = most;
        while let Some(side) = search.open.pop() {
            let at = side.key();
            if side == Side::entered(self.to) {
                return false;
            }
            let is_on_chain = self.next.contains_key(&at);
            if side.is_entered() {
                // Whoever is on a chain is left by nobody else, only the step to it can be undone.
                let on = if is_on_chain {
                    before.get(&at)
                } else {
                    Some(&at)
                };
                on.into_iter()
                    .for_each(|on| search.come_to(Side::left(*on)));
                continue;
            }
            let issued = graph.budgets().issued_within(at);
            let Some(rest) = left.checked_sub(issued.len() + 1) else {
                return false;
            };
            left = rest;
            for to in Budgets::offered_by(issued).filter(|to| self.next.get(&at) != Some(to)) {
                search.come_to(Side::entered(to));
            }
            if is_on_chain {
                search.come_to(Side::entered(at));
            }
        }
        true
    }

    /// Finds one more, from a key that may begin one. In place of whoever leads to a key its doors are
    /// gone through, if some are known. If there is none, the same keys stand before all that were
    /// seen, one of each chain.
    pub fn grow<'a, K: Ord + Clone>(
        &mut self,
        graph: &Graph<K>,
        search: &mut Search,
        is_start: &impl Fn(Index) -> bool,
        doors: &impl Fn(Index) -> &'a [Index],
    ) -> bool {
        search.begin(self.to);
        self.go_on(graph, search, is_start, doors, usize::MAX) == Some(true)
    }

    /// Goes on with a search. Nothing is said yet once it has come to more than so many sides.
    fn go_on<'a, K: Ord + Clone>(
        &mut self,
        graph: &Graph<K>,
        search: &mut Search,
        is_start: &impl Fn(Index) -> bool,
        doors: &impl Fn(Index) -> &'a [Index],
        most: usize,
    ) -> Option<bool> {
        let from = Side::entered(self.to);
        while search.seen.len() <= most {
            let Some(side) = search.open.pop() else {
                return Some(false);
            };
            let at = side.key();
            if !side.is_entered() {
                let before = self.next.get(&at).copied().unwrap_or(at);
                let step = Side::entered(before);
                if step != from && search.following(step).is_none() {
                    search.see(step, side);
                }
            } else if side != from && is_start(at) && !self.roots.contains(&at) {
                self.take(side, search);
                return Some(true);
            } else {
                self.come_from(graph.budgets(), at, doors(at), search);
            }
        }
        None
    }

    /// From where a key can be come to, with the chains that there are.
    fn come_from(&self, budgets: &Budgets, at: Index, doors: &[Index], search: &mut Search) {
        let mut steps = core::mem::take(&mut search.steps);
        let is_new = |from: Index| {
            from != self.to
                && search.following(Side::left(from)).is_none()
                && self.next.get(&from) != Some(&at)
        };
        let mut step = |from| steps.push((Reverse(budgets.distance(from)), Side::left(from)));
        if doors.is_empty() {
            budgets.led_by(at, is_new).for_each(&mut step);
        } else {
            doors
                .iter()
                .copied()
                .filter(|door| is_new(*door))
                .for_each(&mut step);
        }
        // On a chain it can also be come to by undoing that chain's step from it.
        if self.next.contains_key(&at) && is_new(at) {
            step(at);
        }
        // The nearest to a root last, as it is looked at first.
        steps.sort_by_key(|(distance, _)| *distance);
        for (_, step) in steps.drain(..) {
            if search.following(step).is_none() {
                search.see(step, Side::entered(at));
            }
        }
        search.steps = steps;
    }

    /// Of each chain the last key that was not seen when no further one was found: together they
    /// stand before all that was.
    pub fn doors(&self, search: &Search) -> Vec<Index> {
        let seen = |at: &Index| *at == self.to || search.entered(*at);
        let last = |chain: Vec<Index>| chain.into_iter().take_while(|at| !seen(at)).last();
        self.all().into_iter().filter_map(last).collect()
    }

    /// Goes along a way that was found: steps forward are taken, steps back undone.
    fn take(&mut self, start: Side, search: &Search) {
        let (mut taken, mut undone) = (Vec::new(), Vec::new());
        self.roots.insert(start.key());
        let mut side = start;
        while let Some(then) = search.following(side) {
            let (a, b) = (side.key(), then.key());
            if a != b && !side.is_entered() {
                taken.push((a, b));
            } else if a != b {
                undone.push(b);
            }
            side = then;
        }
        for a in undone {
            self.next.remove(&a);
        }
        self.next.extend(taken);
    }

    pub fn all(&self) -> Vec<Vec<Index>> {
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
