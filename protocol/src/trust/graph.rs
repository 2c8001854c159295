//! The graph of vouches, and what each key's budget is in it.
//!
//! A vouch costs its issuer what it offers and one for its subject. What an issuer's vouches cost
//! is added up in the order of their slots; a vouch up to which that is more than the issuer's
//! budget is beyond it. A key's budget is the best that is offered to it.
//!
//! For each key the best budget is kept that chains of at most 0, 1, … [`MAX_STEPS`] vouches give
//! it. Longer chains add, and take nothing away, so each of these grows with the next, and a vouch
//! that is within a budget stays within a greater one. That is why honest vouches never lower
//! anybody, whatever the order in which they are heard of.

use crate::time::Day;
use core::fmt;
use std::collections::{BTreeMap, BTreeSet};

/// A chain of vouches is at most this long.
pub const MAX_STEPS: usize = 5;

/// A key's place in a [`Graph`].
pub(super) type Index = u32;

/// Whether a vouch can count at all, seen by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It is in force and about what is asked.
    InForce,
    /// It is in force, and about other kinds of record or other areas. It costs all the same.
    OutOfScope,
    /// It is in force, and its issuer or its subject has no place here by one's own decision. It
    /// costs all the same, so that nobody comes in by another's being kept out.
    Blocked,
    /// Its last day has passed. It costs nothing.
    Ended,
    /// It was signed later than the moment that is looked at. It costs nothing.
    Later,
    /// It was taken back. It costs nothing.
    Revoked,
}

/// One key's word for another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer<K> {
    /// Who vouches.
    pub from: K,
    /// For whom.
    pub to: K,
    /// How many others the subject may bring in.
    pub budget: u32,
    /// Its number among its issuer's.
    pub slot: u32,
    /// Whether it can count.
    pub standing: Standing,
    /// Its last day, if it has one.
    pub until: Option<Day>,
}

/// Why a vouch has no effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ignored {
    /// For oneself.
    Oneself,
    /// Another vouch of its issuer has its slot: neither counts.
    SlotTwice,
    /// It is about something else than what is asked.
    OutOfScope,
    /// Its issuer or its subject is blocked here.
    Blocked,
    /// Its time is over.
    Ended,
    /// It was signed later.
    Later,
    /// It was taken back.
    Revoked,
    /// Nobody vouches for its issuer here.
    IssuerUnknown,
    /// Its issuer stands at the end of the longest chain that counts.
    TooFar,
    /// With those in earlier slots it costs more than its issuer has.
    OverBudget {
        /// What they cost together.
        cost: u64,
        /// What the issuer has.
        budget: u32,
    },
}

impl Ignored {
    /// A word for it that never changes, for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Oneself => "oneself",
            Self::SlotTwice => "slot-twice",
            Self::OutOfScope => "out-of-scope",
            Self::Blocked => "blocked",
            Self::Ended => "ended",
            Self::Later => "later",
            Self::Revoked => "revoked",
            Self::IssuerUnknown => "issuer-not-accepted",
            Self::TooFar => "too-far",
            Self::OverBudget { .. } => "over-budget",
        }
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Oneself => f.write_str("nobody vouches for herself"),
            Self::SlotTwice => {
                f.write_str("its issuer has another vouch in the same slot, so that neither counts")
            }
            Self::OutOfScope => f.write_str("it is about something else"),
            Self::Blocked => f.write_str("one of the two is blocked here"),
            Self::Ended => f.write_str("its last day has passed"),
            Self::Later => f.write_str("it was signed later"),
            Self::Revoked => f.write_str("its issuer took it back"),
            Self::IssuerUnknown => f.write_str("nobody who is in vouches for its issuer"),
            Self::TooFar => write!(
                f,
                "its issuer is {MAX_STEPS} steps from a root, or has the budget for it only from there, and chains end after {MAX_STEPS}"
            ),
            Self::OverBudget { cost, budget } => write!(
                f,
                "with those in earlier slots it costs {cost}, and its issuer has {budget}"
            ),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub from: Index,
    pub to: Index,
    pub budget: u32,
    pub slot: u32,
    standing: Standing,
    until: Option<Day>,
    twice: bool,
    /// What it and those in earlier slots cost; nothing if it costs nothing.
    cost: Option<u64>,
}

impl Edge {
    /// A vouch for oneself, one that ended and one taken back leave their slot to others.
    fn holds_slot(&self) -> bool {
        self.from != self.to
            && matches!(
                self.standing,
                Standing::InForce | Standing::OutOfScope | Standing::Blocked
            )
    }

    /// Whether it counts for an issuer with such a budget.
    fn counts(&self, budget: Best) -> bool {
        self.standing == Standing::InForce
            && match (self.cost, budget.get()) {
                (Some(cost), Some(budget)) => cost <= u64::from(budget),
                _ => false,
            }
    }
}

/// A budget, or that the key is not reached.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) struct Best(u64);

impl Best {
    const fn of(budget: u32) -> Self {
        Self(budget as u64 + 1)
    }

    /// The budget, if the key is reached.
    pub fn get(self) -> Option<u32> {
        self.0.checked_sub(1).and_then(|b| u32::try_from(b).ok())
    }
}

/// By the length of the longest chain allowed.
type Bests = [Best; MAX_STEPS + 1];

/// Vouches, the roots that they start from, and what comes of them. Keeps itself up to date.
#[derive(Clone, Debug)]
pub struct Graph<K> {
    keys: Vec<K>,
    index: BTreeMap<K, Index>,
    roots: BTreeMap<Index, u32>,
    edges: Vec<Edge>,
    /// By issuer, in the order of slots.
    out: Vec<Vec<u32>>,
    /// By subject.
    into: Vec<Vec<u32>>,
    best: Vec<Bests>,
}

impl<K: Ord + Clone> Graph<K> {
    /// What follows from these vouches for whoever trusts these roots, each with a budget. Of a root
    /// that is named twice the greater budget counts.
    pub fn new(
        roots: impl IntoIterator<Item = (K, u32)>,
        offers: impl IntoIterator<Item = Offer<K>>,
    ) -> Self {
        let mut graph = Self {
            keys: Vec::new(),
            index: BTreeMap::new(),
            roots: BTreeMap::new(),
            edges: Vec::new(),
            out: Vec::new(),
            into: Vec::new(),
            best: Vec::new(),
        };
        let roots: Vec<(K, u32)> = roots.into_iter().collect();
        let offers: Vec<Offer<K>> = offers.into_iter().collect();
        let ends = graph.place_all(&roots, &offers);
        for (key, budget) in roots {
            let at = graph.place(key);
            let known = graph.roots.entry(at).or_insert(budget);
            *known = budget.max(*known);
        }
        for (offer, (from, to)) in offers.into_iter().zip(ends) {
            graph.insert(offer, from, to);
        }
        for issuer in 0..graph.out.len() {
            graph.charge(issuer);
        }
        graph.settle();
        graph
    }

    /// One vouch more.
    pub fn add(&mut self, offer: Offer<K>) {
        let (from, to) = (self.place(offer.from.clone()), self.place(offer.to.clone()));
        self.insert(offer, from, to);
        let issuer = from as usize;
        self.charge(issuer);
        // Those in later slots cost more now, and one in the same slot counts no longer.
        let touched = self.targets(issuer).collect();
        self.settle_again(&touched);
    }

    /// Places for all keys, in their order, and for each vouch those of its issuer and its subject. A key
    /// is not looked for each time that it is named: all names are sorted at once.
    fn place_all(&mut self, roots: &[(K, u32)], offers: &[Offer<K>]) -> Vec<(Index, Index)> {
        // Whoever is named, and at which end of which vouch; roots at none.
        let mut named: Vec<(K, u32)> = roots
            .iter()
            .map(|(key, _)| (key.clone(), u32::MAX))
            .collect();
        // Lists often name one key many times on end.
        let mut last: Option<&Offer<K>> = None;
        for (offer, end) in offers.iter().zip((0_u32..).step_by(2)) {
            if last.is_none_or(|last| last.from != offer.from) {
                named.push((offer.from.clone(), end));
            }
            if last.is_none_or(|last| last.to != offer.to) {
                named.push((offer.to.clone(), end + 1));
            }
            last = Some(offer);
        }
        named.sort_unstable();
        let mut places: Vec<Option<Index>> = vec![None; 2 * offers.len()];
        for (key, end) in named {
            if self.keys.last() != Some(&key) {
                self.keys.push(key);
            }
            if let Some(place) = places.get_mut(end as usize) {
                *place = (self.keys.len() as Index).checked_sub(1);
            }
        }
        let count = self.keys.len();
        self.index = self.keys.iter().cloned().zip(0..).collect();
        self.out.resize(count, Vec::new());
        self.into.resize(count, Vec::new());
        self.best.resize(count, Bests::default());
        let (mut from, mut to) = (0, 0);
        let both = |ends: &[Option<Index>]| {
            from = ends.first().copied().flatten().unwrap_or(from);
            to = ends.last().copied().flatten().unwrap_or(to);
            (from, to)
        };
        places.chunks(2).map(both).collect()
    }

    fn place(&mut self, key: K) -> Index {
        if let Some(at) = self.index.get(&key) {
            return *at;
        }
        let at = self.keys.len() as Index;
        self.keys.push(key.clone());
        self.index.insert(key, at);
        self.out.push(Vec::new());
        self.into.push(Vec::new());
        self.best.push(Bests::default());
        at
    }

    fn insert(&mut self, offer: Offer<K>, from: Index, to: Index) {
        let edge = self.edges.len() as u32;
        self.edges.push(Edge {
            from,
            to,
            budget: offer.budget,
            slot: offer.slot,
            standing: offer.standing,
            until: offer.until,
            twice: false,
            cost: None,
        });
        if let Some(out) = self.out.get_mut(from as usize) {
            out.push(edge);
        }
        if let Some(into) = self.into.get_mut(to as usize) {
            into.push(edge);
        }
    }

    /// Adds up what an issuer's vouches cost.
    fn charge(&mut self, issuer: usize) {
        let Some(mut out) = self.out.get_mut(issuer).map(std::mem::take) else {
            return;
        };
        let slot = |e: &u32| self.edge(*e).map_or(0, |e| e.slot);
        let mut by_slot: Vec<(u32, u32)> = out.iter().map(|e| (slot(e), *e)).collect();
        by_slot.sort_unstable();
        out.clear();
        out.extend(by_slot.iter().map(|(_, e)| *e));
        let mut sum = 0_u64;
        for same in by_slot.chunk_by(|a, b| a.0 == b.0) {
            let holds = |e: u32| self.edge(e).is_some_and(Edge::holds_slot);
            let holders = same.iter().filter(|(_, e)| holds(*e)).count();
            for (_, e) in same {
                let Some(edge) = self.edges.get_mut(*e as usize) else {
                    continue;
                };
                let holder = edge.holds_slot();
                edge.twice = holder && holders > 1;
                edge.cost = (holder && holders == 1).then(|| {
                    sum += u64::from(edge.budget) + 1;
                    sum
                });
            }
        }
        if let Some(place) = self.out.get_mut(issuer) {
            *place = out;
        }
    }

    fn edge(&self, edge: u32) -> Option<&Edge> {
        self.edges.get(edge as usize)
    }

    fn targets(&self, issuer: usize) -> impl Iterator<Item = Index> {
        self.out
            .get(issuer)
            .into_iter()
            .flatten()
            .filter_map(|e| self.edge(*e).map(|e| e.to))
    }

    fn best_at(&self, key: Index, steps: usize) -> Best {
        let bests = self.best.get(key as usize);
        bests
            .and_then(|b| b.get(steps))
            .copied()
            .unwrap_or_default()
    }

    fn set(&mut self, key: Index, steps: usize, best: Best) {
        if let Some(place) = self
            .best
            .get_mut(key as usize)
            .and_then(|b| b.get_mut(steps))
        {
            *place = best;
        }
    }

    /// All budgets anew: step by step, from those whose budget the last step raised.
    fn settle(&mut self) {
        for bests in &mut self.best {
            *bests = Bests::default();
        }
        let mut raised: Vec<Index> = self.roots.keys().copied().collect();
        for (root, budget) in self.roots.clone() {
            for steps in 0..=MAX_STEPS {
                self.set(root, steps, Best::of(budget));
            }
        }
        let mut better = vec![Best::default(); self.keys.len()];
        for steps in 1..=MAX_STEPS {
            let mut next = Vec::new();
            for issuer in raised {
                let budget = self.best_at(issuer, steps - 1);
                for e in self.out.get(issuer as usize).into_iter().flatten() {
                    let Some(edge) = self.edge(*e).filter(|e| e.counts(budget)) else {
                        continue;
                    };
                    let offered = Best::of(edge.budget);
                    if offered <= self.best_at(edge.to, steps) {
                        continue;
                    }
                    if let Some(known) = better.get_mut(edge.to as usize).filter(|b| **b < offered)
                    {
                        if *known == Best::default() {
                            next.push(edge.to);
                        }
                        *known = offered;
                    }
                }
            }
            for key in &next {
                let best = better.get_mut(*key as usize).map(std::mem::take);
                for steps in steps..=MAX_STEPS {
                    self.set(*key, steps, best.unwrap_or_default());
                }
            }
            raised = next;
        }
    }

    /// The budgets that hang on vouches for these keys.
    fn settle_again(&mut self, touched: &BTreeSet<Index>) {
        let mut changed = BTreeSet::<Index>::new();
        for steps in 1..=MAX_STEPS {
            let mut look = touched.clone();
            for issuer in &changed {
                look.extend(self.targets(*issuer as usize));
            }
            changed = look
                .into_iter()
                .filter_map(|key| {
                    let best = self.offered(key, steps);
                    (best != self.best_at(key, steps)).then_some((key, best))
                })
                .collect::<Vec<_>>()
                .into_iter()
                .map(|(key, best)| {
                    self.set(key, steps, best);
                    key
                })
                .collect();
        }
    }

    /// The best that a key is offered by chains of so many vouches.
    fn offered(&self, key: Index, steps: usize) -> Best {
        let own = self
            .roots
            .get(&key)
            .map_or_else(Best::default, |b| Best::of(*b));
        let into = self.into.get(key as usize).into_iter().flatten();
        into.filter_map(|e| self.edge(*e))
            .filter(|e| e.counts(self.best_at(e.from, steps - 1)))
            .map(|e| Best::of(e.budget))
            .fold(own, Best::max)
    }

    /// The vouches that count, as pairs of issuer and subject.
    pub(super) fn counting(&self) -> impl Iterator<Item = &Edge> {
        self.edges
            .iter()
            .filter(|e| e.counts(self.best_at(e.from, MAX_STEPS - 1)))
    }

    /// Those of them that are for one key.
    pub(super) fn counting_for(&self, key: Index) -> impl Iterator<Item = &Edge> {
        let into = self.into.get(key as usize).into_iter().flatten();
        into.filter_map(|e| self.edge(*e))
            .filter(|e| e.counts(self.best_at(e.from, MAX_STEPS - 1)))
    }

    /// The subjects of the vouches of a key that count, each once.
    pub(super) fn led_to(&self, key: Index) -> BTreeSet<Index> {
        let budget = self.best_at(key, MAX_STEPS - 1);
        let out = self.out.get(key as usize).into_iter().flatten();
        out.filter_map(|e| self.edge(*e))
            .filter(|e| e.counts(budget))
            .map(|e| e.to)
            .collect()
    }

    pub(super) fn at(&self, key: &K) -> Option<Index> {
        self.index.get(key).copied()
    }

    pub(super) fn key(&self, at: Index) -> Option<&K> {
        self.keys.get(at as usize)
    }

    pub(super) const fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn is_root(&self, key: Index) -> bool {
        self.roots.contains_key(&key)
    }

    pub(super) fn roots_at(&self) -> impl Iterator<Item = Index> {
        self.roots.keys().copied()
    }

    pub(super) fn distance_at(&self, key: Index) -> Option<usize> {
        (0..=MAX_STEPS).find(|steps| self.best_at(key, *steps).get().is_some())
    }

    /// How many others a key may bring in, if it is in.
    pub fn budget(&self, key: &K) -> Option<u32> {
        self.best_at(self.at(key)?, MAX_STEPS).get()
    }

    /// The length of the shortest chain that leads to a key, if it is in; 0 for a root.
    pub fn distance(&self, key: &K) -> Option<usize> {
        self.distance_at(self.at(key)?)
    }

    /// All keys that a root or a vouch names, in their order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.index.keys()
    }

    /// The keys that are in, in their order.
    pub fn accepted(&self) -> impl Iterator<Item = &K> {
        self.index
            .iter()
            .filter(|(_, at)| self.best_at(**at, MAX_STEPS).get().is_some())
            .map(|(key, _)| key)
    }

    /// Every vouch, and why it has no effect if it has none, by issuer and slot.
    pub fn vouches(&self) -> impl Iterator<Item = (Offer<K>, Option<Ignored>)> {
        self.index
            .values()
            .flat_map(|at| self.out.get(*at as usize).into_iter().flatten())
            .filter_map(|e| self.edge(*e))
            .filter_map(|e| Some((self.offer(e)?, self.ignored(e))))
    }

    /// The vouches of a key, and why each has no effect if it has none, by slot.
    pub fn vouches_by(&self, key: &K) -> impl Iterator<Item = (Offer<K>, Option<Ignored>)> {
        let out = self.at(key).and_then(|at| self.out.get(at as usize));
        out.into_iter()
            .flatten()
            .filter_map(|e| self.edge(*e))
            .filter_map(|e| Some((self.offer(e)?, self.ignored(e))))
    }

    /// The roots, with their budgets.
    pub fn roots(&self) -> impl Iterator<Item = (&K, u32)> {
        let named = |(at, budget): (&Index, &u32)| Some((self.key(*at)?, *budget));
        self.roots.iter().filter_map(named)
    }

    /// The vouches for a key, and why each has no effect if it has none.
    pub fn vouches_for(&self, key: &K) -> impl Iterator<Item = (Offer<K>, Option<Ignored>)> {
        let into = self.at(key).and_then(|at| self.into.get(at as usize));
        into.into_iter()
            .flatten()
            .filter_map(|e| self.edge(*e))
            .filter_map(|e| Some((self.offer(e)?, self.ignored(e))))
    }

    fn offer(&self, edge: &Edge) -> Option<Offer<K>> {
        Some(Offer {
            from: self.key(edge.from)?.clone(),
            to: self.key(edge.to)?.clone(),
            budget: edge.budget,
            slot: edge.slot,
            standing: edge.standing,
            until: edge.until,
        })
    }

    fn ignored(&self, edge: &Edge) -> Option<Ignored> {
        if edge.from == edge.to {
            return Some(Ignored::Oneself);
        }
        match edge.standing {
            Standing::Ended => return Some(Ignored::Ended),
            Standing::Later => return Some(Ignored::Later),
            Standing::Revoked => return Some(Ignored::Revoked),
            _ if edge.twice => return Some(Ignored::SlotTwice),
            Standing::OutOfScope => return Some(Ignored::OutOfScope),
            Standing::Blocked => return Some(Ignored::Blocked),
            Standing::InForce => {}
        }
        let Some(budget) = self.best_at(edge.from, MAX_STEPS).get() else {
            return Some(Ignored::IssuerUnknown);
        };
        let cost = edge.cost.unwrap_or_default();
        if cost > u64::from(budget) {
            return Some(Ignored::OverBudget { cost, budget });
        }
        (!edge.counts(self.best_at(edge.from, MAX_STEPS - 1))).then_some(Ignored::TooFar)
    }
}
