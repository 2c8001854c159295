//! What each key's budget is, all at once or where one vouch has changed something.
//!
//! For each key the best budget is kept that chains of at most 0, 1, … [`MAX_STEPS`] vouches give
//! it, and up to which slot its own vouches are within each of these. Whether a vouch counts is then
//! a comparison of two numbers, and a vouch in an early slot, after which all later ones cost more,
//! changes nothing but how far its issuer reaches.

use super::issued::{Edge, Given, Issued, Reach};
use super::names::Index;
use super::sweep::Sweep;
use core::iter;
use std::collections::BTreeMap;

/// A chain of vouches is at most this long.
pub const MAX_STEPS: usize = 5;

/// A budget and one, or nothing if the key is not reached.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) struct Best(u64);

impl Best {
    pub const fn of(budget: u32) -> Self {
        Self(budget as u64 + 1)
    }

    pub fn offered(offers: u32) -> Self {
        Self(offers.into())
    }

    /// The budget, if the key is reached.
    pub fn get(self) -> Option<u32> {
        self.0.checked_sub(1).and_then(|b| u32::try_from(b).ok())
    }
}

/// By the length of the longest chain allowed.
type Bests = [Best; MAX_STEPS + 1];

/// How far a key's vouches count in chains that go on from one of so many.
type Reaches = [Reach; MAX_STEPS];

/// A vouch as its subject sees it.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub from: Index,
    slot: u32,
    /// What it offers where it counts; nothing if it never does.
    offers: u32,
    /// Its number among all vouches.
    pub edge: u32,
}

/// A key whose budgets have to be looked at again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Open {
    key: Index,
    /// Whether it is offered no more than before.
    no_more: bool,
}

/// The vouches of a graph and what each key has by them.
#[derive(Clone, Debug, Default)]
pub(super) struct Budgets {
    roots: BTreeMap<Index, u32>,
    edges: Vec<Edge>,
    /// By issuer.
    out: Vec<Issued>,
    /// By subject, as they were heard of.
    into: Vec<Vec<Taken>>,
    best: Vec<Bests>,
    reach: Vec<Reaches>,
    sweep: Sweep,
}

impl Budgets {
    /// Of so many keys. Of a root that is named twice the greater budget counts.
    pub fn new(
        keys: usize,
        roots: impl Iterator<Item = (Index, u32)>,
        edges: impl ExactSizeIterator<Item = Edge>,
    ) -> Self {
        let edges = with_room(edges.len(), edges);
        let (mut gives, mut takes) = (vec![0_u32; keys], vec![0_u32; keys]);
        for edge in &edges {
            for (counts, at) in [(&mut gives, edge.from), (&mut takes, edge.to)] {
                if let Some(count) = counts.get_mut(at as usize) {
                    *count += 1;
                }
            }
        }
        let mut all = Self {
            out: with_room(keys, gives.into_iter().map(Issued::with_capacity)),
            into: with_room(
                keys,
                takes
                    .into_iter()
                    .map(|count| Vec::with_capacity(count as usize)),
            ),
            best: with_room(keys, iter::repeat_n(Bests::default(), keys)),
            reach: with_room(keys, iter::repeat_n(Reaches::default(), keys)),
            ..Self::default()
        };
        for (root, budget) in roots {
            let known = all.roots.entry(root).or_insert(budget);
            *known = budget.max(*known);
        }
        for (edge, number) in edges.iter().zip(0..) {
            if let Some(out) = all.out.get_mut(edge.from as usize) {
                out.push(edge, number);
            }
            all.take(edge, number);
        }
        all.edges = edges;
        let void: Vec<u32> = all.out.iter_mut().flat_map(Issued::charge).collect();
        all.void(&void);
        all.settle();
        all
    }

    /// Room for so many keys.
    pub fn grow(&mut self, keys: usize) {
        self.out.resize(keys, Issued::default());
        self.into.resize(keys, Vec::new());
        self.best.resize(keys, Bests::default());
        self.reach.resize(keys, Reaches::default());
    }

    fn take(&mut self, edge: &Edge, number: u32) {
        if let Some(into) = self.into.get_mut(edge.to as usize) {
            into.push(Taken {
                from: edge.from,
                slot: edge.slot,
                offers: edge.offers(),
                edge: number,
            });
        }
    }

    /// These offer nothing any more.
    fn void(&mut self, numbers: &[u32]) {
        for number in numbers {
            let Some(edge) = self.edges.get(*number as usize) else {
                continue;
            };
            let Some(into) = self.into.get_mut(edge.to as usize) else {
                continue;
            };
            // Numbers grow, so that they are in order.
            if let Ok(at) = into.binary_search_by_key(number, |taken| taken.edge)
                && let Some(taken) = into.get_mut(at)
            {
                taken.offers = 0;
            }
        }
    }

    /// One vouch more. What hangs on it is looked at key by key, as long as that is less work than to look
    /// at all that counts.
    pub fn add(&mut self, edge: Edge) {
        self.add_within(edge, self.edges.len() / 32 + 64);
    }

    /// The same, with so many vouches looked at before all are.
    pub(super) fn add_within(&mut self, edge: Edge, most: usize) {
        let number = self.edges.len() as u32;
        let (from, slot) = (edge.from, edge.slot);
        self.take(&edge, number);
        self.edges.push(edge.clone());
        if let Some(out) = self.out.get_mut(from as usize) {
            let void = out.insert(&edge, number, &self.edges);
            self.void(&void);
        }
        // Those in its slot count no longer, and those in later slots cost more.
        let same = self.given_by(from).in_slot(slot);
        let anew = |given: &Given| Open {
            key: given.to,
            no_more: false,
        };
        let mut open: Vec<Open> = same.iter().map(anew).collect();
        self.moved(from, &mut open);
        if !self.settle_from(open, most) {
            self.settle();
        }
    }

    /// All budgets anew: step by step, from those whose budget the last step raised. Each vouch is looked at
    /// once, when its issuer first has enough for it.
    fn settle(&mut self) {
        self.best.fill(Bests::default());
        self.reach.fill(Reaches::default());
        let mut sweep = core::mem::take(&mut self.sweep);
        sweep.start(self.out.len());
        for (root, budget) in &self.roots {
            sweep.raise(*root, Best::of(*budget));
        }
        for steps in 0..=MAX_STEPS {
            for nth in 0..sweep.gather() {
                let Some((issuer, budget)) = sweep.gathered(nth) else {
                    break;
                };
                let at = issuer as usize;
                if let Some(bests) = self.best.get_mut(at) {
                    bests.iter_mut().skip(steps).for_each(|b| *b = budget);
                }
                if let (Some(out), Some(reaches)) = (self.out.get(at), self.reach.get_mut(at))
                    && steps < MAX_STEPS
                    && !out.all().is_empty()
                {
                    let reach = sweep.make(issuer, budget, out);
                    reaches.iter_mut().skip(steps).for_each(|r| *r = reach);
                }
            }
        }
        self.sweep = sweep;
    }

    /// The budgets of these keys anew, and whatever hangs on them. Gives up when so many vouches were looked
    /// at, with some of it done.
    ///
    /// It ends: after so many rounds the budgets by so many steps are what they have to be.
    fn settle_from(&mut self, mut open: Vec<Open>, most: usize) -> bool {
        let mut left = most;
        while !open.is_empty() {
            // Of those who are named twice what says more comes first.
            open.sort_unstable();
            open.dedup_by_key(|open| open.key);
            let mut next = Vec::new();
            for open in open {
                let Some(bests) = self.offered_to(&open, &mut left) else {
                    return false;
                };
                let Some(known) = self.best.get_mut(open.key as usize) else {
                    continue;
                };
                if *known == bests {
                    continue;
                }
                *known = bests;
                let before = next.len();
                self.moved(open.key, &mut next);
                let Some(rest) = left.checked_sub(next.len() - before) else {
                    return false;
                };
                left = rest;
            }
            open = next;
        }
        true
    }

    /// A key's budgets, or what its vouches cost, have changed: whose budgets hang on that.
    fn moved(&mut self, key: Index, open: &mut Vec<Open>) {
        let at = key as usize;
        let (Some(out), Some(bests), Some(reaches)) =
            (self.out.get(at), self.best.get(at), self.reach.get_mut(at))
        else {
            return;
        };
        let (mut low, mut high, mut more) = (Reach::ALL, Reach::default(), false);
        for (reach, best) in reaches.iter_mut().zip(bests) {
            let now = out.reach(*best);
            if now != *reach {
                low = low.min(now).min(*reach);
                high = high.max(now).max(*reach);
                more |= now > *reach;
                *reach = now;
            }
        }
        let between = out.between(low, high).iter();
        let offering = between.filter(|given| given.offers > 0);
        open.extend(offering.map(|given| Open {
            key: given.to,
            no_more: !more,
        }));
    }

    /// The best that a key is offered by chains of each length; nothing if more vouches would have to be
    /// looked at than may be.
    fn offered_to(&self, open: &Open, left: &mut usize) -> Option<Bests> {
        let known = self.best.get(open.key as usize)?;
        let mut bests = Bests::default();
        if let (Some(budget), Some(own)) = (self.roots.get(&open.key), bests.first_mut()) {
            *own = Best::of(*budget);
        }
        for taken in self.taken_by(open.key) {
            *left = left.checked_sub(1)?;
            let Some(reaches) = self.reach.get(taken.from as usize) else {
                continue;
            };
            let offered = Best::offered(taken.offers);
            // From the first length at which it counts it counts at all greater ones.
            let counts = reaches.iter().zip(bests.iter_mut().skip(1));
            let first = counts.into_iter().find(|(r, _)| r.holds(taken.slot));
            let Some((_, best)) = first.filter(|(_, best)| **best < offered) else {
                continue;
            };
            *best = offered;
            // Who was offered nothing more has nothing more, and who still has as much has not less.
            if open.no_more && up_to_each(bests) == *known {
                break;
            }
        }
        Some(up_to_each(bests))
    }

    /// How far a key's vouches count.
    fn counts_to(&self, key: Index) -> Reach {
        let reaches = self.reach.get(key as usize);
        reaches.and_then(|r| r.last()).copied().unwrap_or_default()
    }

    /// Whom a key's vouches that count are for.
    pub fn led_to(&self, key: Index) -> impl Iterator<Item = Index> {
        Self::offered_by(self.issued_within(key))
    }

    /// A key's vouches that it has enough for.
    pub fn issued_within(&self, key: Index) -> &[Given] {
        self.given_by(key).within(self.counts_to(key))
    }

    /// Whom those of them are for that count.
    pub fn offered_by(issued: &[Given]) -> impl Iterator<Item = Index> {
        issued
            .iter()
            .filter(|given| given.offers > 0)
            .map(|given| given.to)
    }

    /// Whose vouches for a key count, of those that are asked about.
    pub fn led_by(&self, key: Index, asked: impl Fn(Index) -> bool) -> impl Iterator<Item = Index> {
        // Whoever asks often knows already; that is looked up first, as it is near by.
        let counts = move |taken: &&Taken| {
            taken.offers > 0 && asked(taken.from) && self.counts_to(taken.from).holds(taken.slot)
        };
        self.taken_by(key).iter().filter(counts).map(|t| t.from)
    }

    pub fn given_by(&self, key: Index) -> &Issued {
        static NONE: Issued = Issued::none();
        self.out.get(key as usize).unwrap_or(&NONE)
    }

    pub fn taken_by(&self, key: Index) -> &[Taken] {
        self.into.get(key as usize).map_or(&[], Vec::as_slice)
    }

    pub fn edge(&self, number: u32) -> Option<&Edge> {
        self.edges.get(number as usize)
    }

    pub const fn roots(&self) -> &BTreeMap<Index, u32> {
        &self.roots
    }

    /// A key's budget, if it is in.
    pub fn of(&self, key: Index) -> Option<u32> {
        self.best.get(key as usize)?.last()?.get()
    }

    /// The length of the shortest chain to a key.
    pub fn distance(&self, key: Index) -> Option<usize> {
        let bests = self.best.get(key as usize)?;
        bests.iter().position(|best| best.get().is_some())
    }

    /// Whether a vouch counts, if it is alone in its slot and can.
    pub fn reaches(&self, edge: &Edge) -> bool {
        self.counts_to(edge.from).holds(edge.slot)
    }
}

/// Shorter chains are among those that are allowed to be longer.
fn up_to_each(mut bests: Bests) -> Bests {
    let mut most = Best::default();
    for best in &mut bests {
        most = most.max(*best);
        *best = most;
    }
    bests
}

/// A list with room for more: to copy a long one into a longer one takes longer than all that one vouch
/// more changes.
fn with_room<T>(count: usize, all: impl Iterator<Item = T>) -> Vec<T> {
    let mut list = Vec::with_capacity(count + count / 8);
    list.extend(all);
    list
}
