//! The graph of vouches, and what each key's budget is in it.
//!
//! A vouch costs its issuer what it offers and one for its subject. What an issuer's vouches cost
//! is added up in the order of their slots; a vouch up to which that is more than the issuer's
//! budget is beyond it. A key's budget is the best that is offered to it.
//!
//! For each key the best budget is kept that chains of at most 0, 1, … [`MAX_STEPS`](super::MAX_STEPS) vouches give
//! it. Longer chains add, and take nothing away, so each of these grows with the next, and a vouch
//! that is within a budget stays within a greater one. That is why honest vouches never lower
//! anybody, whatever the order in which they are heard of.

use super::budgets::Budgets;
use super::issued::Edge;
use super::names::{Index, Names};
use super::offer::{Ignored, Offer, Standing};

/// Vouches, the roots that they start from, and what comes of them. Keeps itself up to date.
#[derive(Clone, Debug)]
pub struct Graph<K> {
    names: Names<K>,
    budgets: Budgets,
}

impl<K: Ord + Clone> Graph<K> {
    /// What follows from these vouches for whoever trusts these roots, each with a budget. Of a root
    /// that is named twice the greater budget counts.
    pub fn new(
        roots: impl IntoIterator<Item = (K, u32)>,
        offers: impl IntoIterator<Item = Offer<K>>,
    ) -> Self {
        let roots: Vec<(K, u32)> = roots.into_iter().collect();
        let offers: Vec<Offer<K>> = offers.into_iter().collect();
        let (names, ends) = Names::of_all(&roots, &offers);
        let edge = |(offer, (from, to)): (Offer<K>, _)| edge(&offer, from, to);
        let edges = offers.into_iter().zip(ends).map(edge);
        let placed = |(key, budget): &(K, u32)| Some((names.at(key)?, *budget));
        let roots = roots.iter().filter_map(placed);
        let budgets = Budgets::new(names.len(), roots, edges);
        Self { names, budgets }
    }

    /// One vouch more.
    pub fn add(&mut self, offer: Offer<K>) {
        let edge = self.placed(offer);
        self.budgets.add(edge);
    }

    /// One vouch more, with so many looked at before all are.
    #[cfg(test)]
    pub(super) fn add_within(&mut self, offer: Offer<K>, most: usize) {
        let edge = self.placed(offer);
        self.budgets.add_within(edge, most);
    }

    fn placed(&mut self, offer: Offer<K>) -> Edge {
        let from = self.names.place(&offer.from);
        let to = self.names.place(&offer.to);
        self.budgets.grow(self.names.len());
        edge(&offer, from, to)
    }

    pub(super) const fn names(&self) -> &Names<K> {
        &self.names
    }

    pub(super) const fn budgets(&self) -> &Budgets {
        &self.budgets
    }

    /// How many others a key may bring in, if it is in.
    pub fn budget(&self, key: &K) -> Option<u32> {
        self.budgets.of(self.names.at(key)?)
    }

    /// The length of the shortest chain that leads to a key, if it is in; 0 for a root.
    pub fn distance(&self, key: &K) -> Option<usize> {
        self.budgets.distance(self.names.at(key)?)
    }

    /// All keys that a root or a vouch names, in their order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.names.in_order().map(|(key, _)| key)
    }

    /// The keys that are in, in their order.
    pub fn accepted(&self) -> impl Iterator<Item = &K> {
        let all = self.names.in_order();
        all.filter(|(_, at)| self.budgets.of(*at).is_some())
            .map(|(key, _)| key)
    }

    /// The roots, with their budgets.
    pub fn roots(&self) -> impl Iterator<Item = (&K, u32)> {
        let named = |(at, budget): (&Index, &u32)| Some((self.names.key(*at)?, *budget));
        self.budgets.roots().iter().filter_map(named)
    }

    /// Every vouch, and why it has no effect if it has none, by issuer and slot.
    pub fn vouches(&self) -> impl Iterator<Item = (Offer<K>, Option<Ignored>)> {
        let issuers = self.names.in_order().map(|(_, at)| at);
        issuers.flat_map(|at| self.issued(at))
    }

    /// The vouches of a key, and why each has no effect if it has none, by slot.
    pub fn vouches_by(&self, key: &K) -> impl Iterator<Item = (Offer<K>, Option<Ignored>)> {
        let at = self.names.at(key);
        at.into_iter().flat_map(|at| self.issued(at))
    }

    /// The vouches for a key, and why each has no effect if it has none.
    pub fn vouches_for(&self, key: &K) -> impl Iterator<Item = (Offer<K>, Option<Ignored>)> {
        let at = self.names.at(key);
        let taken = at.into_iter().flat_map(|at| self.budgets.taken_by(at));
        taken.filter_map(|taken| self.judged(taken.edge))
    }

    fn issued(&self, at: Index) -> impl Iterator<Item = (Offer<K>, Option<Ignored>)> {
        let given = self.budgets.given_by(at).all().iter();
        given.filter_map(|given| self.judged(given.edge))
    }

    fn judged(&self, number: u32) -> Option<(Offer<K>, Option<Ignored>)> {
        let edge = self.budgets.edge(number)?;
        let offer = Offer {
            from: self.names.key(edge.from)?.clone(),
            to: self.names.key(edge.to)?.clone(),
            budget: edge.budget,
            slot: edge.slot,
            standing: edge.standing,
            until: edge.until,
        };
        Some((offer, self.ignored(number, edge)))
    }

    fn ignored(&self, number: u32, edge: &Edge) -> Option<Ignored> {
        if edge.from == edge.to {
            return Some(Ignored::Oneself);
        }
        let issued = self.budgets.given_by(edge.from);
        let (own, cost) = issued.cost(edge.slot, number).unwrap_or_default();
        match edge.standing {
            Standing::Ended => return Some(Ignored::Ended),
            Standing::Later => return Some(Ignored::Later),
            Standing::Revoked => return Some(Ignored::Revoked),
            _ if own == 0 => return Some(Ignored::SlotTwice),
            Standing::OutOfScope => return Some(Ignored::OutOfScope),
            Standing::Blocked => return Some(Ignored::Blocked),
            Standing::InForce => {}
        }
        let Some(budget) = self.budgets.of(edge.from) else {
            return Some(Ignored::IssuerUnknown);
        };
        if cost > u64::from(budget) {
            return Some(Ignored::OverBudget { cost, budget });
        }
        (!self.budgets.reaches(edge)).then_some(Ignored::TooFar)
    }
}

const fn edge<K>(offer: &Offer<K>, from: Index, to: Index) -> Edge {
    Edge {
        from,
        to,
        budget: offer.budget,
        slot: offer.slot,
        standing: offer.standing,
        until: offer.until,
    }
}
