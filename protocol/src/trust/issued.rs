//! One issuer's vouches, and up to which slot they are within a budget.

use super::budgets::Best;
use super::names::Index;
use super::offer::Standing;
use crate::time::Day;
use core::ops::Range;

/// A vouch.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub from: Index,
    pub to: Index,
    pub budget: u32,
    pub slot: u32,
    pub standing: Standing,
    pub until: Option<Day>,
}

impl Edge {
    /// A vouch for oneself, one that ended and one taken back leave their slot to others.
    pub fn holds_slot(&self) -> bool {
        self.from != self.to
            && matches!(
                self.standing,
                Standing::InForce | Standing::OutOfScope | Standing::Blocked
            )
    }

    fn price(&self) -> u64 {
        if self.holds_slot() {
            u64::from(self.budget) + 1
        } else {
            0
        }
    }

    /// What it offers where it counts, as a [`Best`] has it. The greatest budget that can be written is
    /// none: it costs more than anybody can have.
    pub fn offers(&self) -> u32 {
        if self.standing == Standing::InForce && self.from != self.to {
            self.budget.checked_add(1).unwrap_or_default()
        } else {
            0
        }
    }
}

/// A vouch as its issuer's budget sees it.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// What it and those in earlier slots cost.
    pub cost: u64,
    pub slot: u32,
    pub to: Index,
    /// What it offers where it counts; nothing if it never does.
    pub offers: u32,
    /// Its number among all vouches.
    pub edge: u32,
}

impl Given {
    fn new(edge: &Edge, number: u32) -> Self {
        Self {
            cost: edge.price(),
            slot: edge.slot,
            to: edge.to,
            offers: edge.offers(),
            edge: number,
        }
    }
}

/// Slots below it are within a budget; all, if it is more than any slot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) struct Reach(u64);

impl Reach {
    pub const ALL: Self = Self(u64::MAX);

    pub fn holds(self, slot: u32) -> bool {
        u64::from(slot) < self.0
    }
}

/// An issuer's vouches in the order of slots; those in one slot as they were heard of.
#[derive(Clone, Debug, Default)]
pub(super) struct Issued(Vec<Given>);

impl Issued {
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    pub fn with_capacity(count: u32) -> Self {
        Self(Vec::with_capacity(count as usize))
    }

    /// One of those that [`charge`](Self::charge) will put in order.
    pub fn push(&mut self, edge: &Edge, number: u32) {
        self.0.push(Given::new(edge, number));
    }

    /// Puts them in order and adds up what they cost. Gives the numbers of those that void each other.
    pub fn charge(&mut self) -> Vec<u32> {
        self.0
            .sort_unstable_by_key(|given| (given.slot, given.edge));
        let (mut sum, mut void) = (0, Vec::new());
        for same in self.0.chunk_by_mut(|a, b| a.slot == b.slot) {
            sum = charge_slot(same, sum, &mut void);
        }
        void
    }

    /// One more, which changes what those in its slot and later ones cost. Gives the numbers of those that
    /// void each other now.
    pub fn insert(&mut self, edge: &Edge, number: u32, edges: &[Edge]) -> Vec<u32> {
        let slot = self.slots(Reach(u64::from(edge.slot)), Reach(u64::from(edge.slot) + 1));
        let (before, after) = (self.cost_before(slot.start), self.cost_before(slot.end));
        self.0.insert(slot.end, Given::new(edge, number));
        let mut void = Vec::new();
        let mut now = before;
        if let Some(same) = self.0.get_mut(slot.start..=slot.end) {
            for given in same.iter_mut() {
                if let Some(edge) = edges.get(given.edge as usize) {
                    *given = Given::new(edge, given.edge);
                }
            }
            now = charge_slot(same, before, &mut void);
        }
        for given in self.0.iter_mut().skip(slot.end + 1) {
            given.cost = given.cost + now - after;
        }
        void
    }

    /// Up to where they are within a budget; nowhere if there are none.
    pub fn reach(&self, budget: Best) -> Reach {
        let Some(budget) = budget.get().filter(|_| !self.0.is_empty()) else {
            return Reach::default();
        };
        let within = |given: &Given| given.cost <= u64::from(budget);
        self.reach_of(self.0.partition_point(within))
    }

    /// Up to where so many of them are.
    pub fn reach_of(&self, count: usize) -> Reach {
        let next = self.0.get(count);
        next.map_or(Reach::ALL, |given| Reach(u64::from(given.slot)))
    }

    /// The places of those that the one reaches and the other does not.
    fn slots(&self, low: Reach, high: Reach) -> Range<usize> {
        let end = |reach: Reach| self.0.partition_point(|given| reach.holds(given.slot));
        end(low)..end(high)
    }

    /// Those that the one reaches and the other does not.
    pub fn between(&self, low: Reach, high: Reach) -> &[Given] {
        self.0.get(self.slots(low, high)).unwrap_or_default()
    }

    /// Those in a slot.
    pub fn in_slot(&self, slot: u32) -> &[Given] {
        let slot = u64::from(slot);
        self.between(Reach(slot), Reach(slot + 1))
    }

    /// What one of them costs, and what those cost up to it; nothing by itself, if it holds no slot or another
    /// one holds it too.
    pub fn cost(&self, slot: u32, number: u32) -> Option<(u64, u64)> {
        let order = |given: &Given| (given.slot, given.edge);
        let at = self.0.binary_search_by_key(&(slot, number), order).ok()?;
        let up_to = self.0.get(at)?.cost;
        Some((up_to - self.cost_before(at), up_to))
    }

    fn cost_before(&self, at: usize) -> u64 {
        let last = at.checked_sub(1).and_then(|last| self.0.get(last));
        last.map_or(0, |given| given.cost)
    }

    /// Those that are within a reach.
    pub fn within(&self, reach: Reach) -> &[Given] {
        self.between(Reach::default(), reach)
    }

    pub fn all(&self) -> &[Given] {
        &self.0
    }
}

/// Adds what those in one slot cost to what is spent before it; until then each has its own price.
fn charge_slot(same: &mut [Given], spent: u64, void: &mut Vec<u32>) -> u64 {
    let holders = same.iter().filter(|given| given.cost > 0).count();
    let mut sum = spent;
    for given in same {
        if given.cost > 0 && holders > 1 {
            given.offers = 0;
            void.push(given.edge);
        } else {
            sum += given.cost;
        }
        given.cost = sum;
    }
    sum
}
