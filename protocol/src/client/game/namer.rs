//! Naming one of all suspects: by what fits him, weighed by what fitted those who were asked for.

use super::seat::Event;
use super::stage::{SUSPECTS, Suspect};
use crate::seal::Bucket;
use std::collections::{BTreeMap, BTreeSet};

/// In what way something seen fits a suspect: which message, and how.
type Way = (&'static str, &'static str);

/// Which suspects each way fits.
pub(super) type Tells = BTreeMap<Way, BTreeSet<usize>>;

/// Learns what fits those who were asked for, and names the one whom it fits best.
pub(super) struct Namer {
    rounds: usize,
    /// By way: rounds in which it fitted the one asked for, and how many it fitted in all rounds.
    fitted: BTreeMap<Way, (usize, usize)>,
    right: usize,
}

impl Namer {
    pub(super) const fn new() -> Self {
        Self {
            rounds: 0,
            fitted: BTreeMap::new(),
            right: 0,
        }
    }

    /// What fits whom: a bucket that is his, a string that is made of his handle, a report that has his
    /// label.
    pub(super) fn tells(&self, sight: &[&Event], suspects: &[Suspect]) -> Tells {
        let mut tells = Tells::new();
        for event in sight {
            let known = event.known.iter().map(|n| usize::from(*n));
            tells
                .entry((event.what, "something of his"))
                .or_default()
                .extend(known);
            for bucket in &event.buckets {
                let his = |s: &Suspect| Bucket::of(&s.bucket, bucket.bits) == *bucket;
                let fits = suspects.iter().enumerate().filter(|(_, s)| his(s));
                tells
                    .entry((event.what, "his bucket"))
                    .or_default()
                    .extend(fits.map(|(n, _)| n));
            }
        }
        tells
    }

    /// Is told who was asked for.
    pub(super) fn learn(&mut self, tells: &Tells, asked: usize) {
        self.rounds += 1;
        for (way, fits) in tells {
            let fitted = self.fitted.entry(*way).or_default();
            fitted.0 += usize::from(fits.contains(&asked));
            fitted.1 += fits.len();
        }
    }

    /// Names one; then it is written down whether it was right.
    pub(super) fn name(&mut self, tells: &Tells, asked: usize) {
        let mut scores = vec![0.0; SUSPECTS];
        for (way, fits) in tells {
            let Some((right, all)) = self.fitted.get(way) else {
                continue;
            };
            let hit = (*right as f64 + 0.5) / (self.rounds as f64 + 1.0);
            let others = (all - right) as f64 + 0.5;
            let chance = others / ((self.rounds * (SUSPECTS - 1)) as f64 + 1.0);
            for n in fits {
                scores[*n] += (hit / chance).ln();
            }
        }
        let best = scores.iter().copied().fold(f64::MIN, f64::max);
        let named = scores.iter().position(|score| *score == best);
        self.right += usize::from(named == Some(asked));
    }

    /// How often it was right.
    pub(super) const fn right(&self) -> usize {
        self.right
    }
}
