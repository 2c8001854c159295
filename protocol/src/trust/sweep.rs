//! Going once through all vouches that somebody has the budget for: the lists that it takes.
//!
//! They are kept from one time to the next, as making them anew takes a good part of the time.

use super::budgets::Best;
use super::issued::{Issued, Reach};
use super::names::Index;

/// What is known of each key in the course of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Sweep {
    /// The best that it has been offered so far.
    latest: Vec<Best>,
    /// Whether that has become more since it was last asked.
    raised: Vec<bool>,
    /// How many of its vouches have been looked at.
    made: Vec<u32>,
    now: Vec<(Index, Best)>,
}

impl Sweep {
    /// Nothing has been offered to any of so many keys.
    pub fn start(&mut self, keys: usize) {
        self.latest.clear();
        self.latest.resize(keys, Best::default());
        self.raised.clear();
        self.raised.resize(keys, false);
        self.made.clear();
        self.made.resize(keys, 0);
    }

    /// Offers so much to a key.
    pub fn raise(&mut self, key: Index, offered: Best) {
        let at = key as usize;
        if let Some(known) = self.latest.get_mut(at).filter(|b| **b < offered) {
            *known = offered;
            if let Some(raised) = self.raised.get_mut(at) {
                *raised = true;
            }
        }
    }

    /// Gathers who has been offered more since the last time, and says how many.
    pub fn gather(&mut self) -> usize {
        self.now.clear();
        for ((raised, best), at) in self.raised.iter_mut().zip(&self.latest).zip(0..) {
            if *raised {
                *raised = false;
                self.now.push((at, *best));
            }
        }
        self.now.len()
    }

    /// One of those gathered, and the best that it had been offered then.
    pub fn gathered(&self, nth: usize) -> Option<(Index, Best)> {
        self.now.get(nth).copied()
    }

    /// Makes those vouches of a key that it had not enough for until now. Gives how far it reaches.
    pub fn make(&mut self, key: Index, budget: Best, issued: &Issued) -> Reach {
        let at = key as usize;
        let mut made = self.made.get(at).map_or(0, |made| *made as usize);
        if let Some(budget) = budget.get() {
            for given in issued.all().get(made..).unwrap_or_default() {
                if given.cost > u64::from(budget) {
                    break;
                }
                made += 1;
                self.raise(given.to, Best::offered(given.offers));
            }
        }
        if let Some(place) = self.made.get_mut(at) {
            *place = made as u32;
        }
        issued.reach_of(made)
    }
}
