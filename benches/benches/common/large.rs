//! Graphs of 100,000 keys and 1,000,000 vouches.

use super::metrics::Random;
use parasol_protocol::ids::OrganisationKey;
use parasol_protocol::trust::{Offer, Standing};

/// Keys and vouches of the large graph.
pub const KEYS: u32 = 100_000;
pub const VOUCHES: u32 = 1_000_000;

/// Keys as records name them: of 32 bytes, in no order that their numbers have.
pub fn key(number: u32) -> OrganisationKey {
    let mut random = Random::new(u64::from(number));
    let mut bytes = [0; 32];
    for part in bytes.chunks_exact_mut(4) {
        part.copy_from_slice(&random.below(u32::MAX).to_be_bytes());
    }
    OrganisationKey::from_bytes(bytes)
}

pub fn offer(from: u32, to: u32, budget: u32, slot: u32) -> Offer<OrganisationKey> {
    Offer {
        from: key(from),
        to: key(to),
        budget,
        slot,
        standing: Standing::InForce,
        until: None,
    }
}

/// Vouches for each key from the tier before.
const EACH: u32 = 10;

/// A graph in tiers, from the roots outwards, in which nearly all keys are in.
pub struct Large {
    pub roots: Vec<(OrganisationKey, u32)>,
    /// In no order.
    pub offers: Vec<Offer<OrganisationKey>>,
    /// The last slot that each key has used; the first is 1.
    pub slots: Vec<u32>,
    /// What a key of each tier gives its subjects.
    pub budgets: [u32; 4],
    pub tiers: [u32; 4],
}

impl Large {
    /// Each key is vouched for by ten of the tier before, drawn at random, so that some give more than
    /// others. What is left of the vouches goes anywhere.
    pub fn wide() -> Self {
        let tiers: [u32; 4] = [100, 1_000, 10_000, 88_900];
        let mut budgets = [0_u32; 4];
        for tier in (0..3).rev() {
            // With room for those who have many.
            let subjects = EACH * tiers[tier + 1] / tiers[tier];
            budgets[tier] = (budgets[tier + 1] + 1) * (subjects + subjects / 2);
        }
        Self::grow(tiers, budgets, false)
    }

    /// Each key has its budget from one of the tier before, in turn, and nine others vouch for it alone:
    /// so that ten thousands hang on the vouches of a root.
    pub fn narrow(roots: u32) -> Self {
        let tiers: [u32; 4] = [roots, 30, 3_000, KEYS - 3_030 - roots];
        let mut budgets = [0_u32; 4];
        for tier in (0..3).rev() {
            let one = tiers[tier + 1].div_ceil(tiers[tier]) * (budgets[tier + 1] + 1);
            let others = (EACH - 1) * tiers[tier + 1] / tiers[tier];
            budgets[tier] = (one + others) * 3 / 2;
        }
        Self::grow(tiers, budgets, true)
    }

    /// Two keys stand between so many others, whom the roots vouch for, and all the rest; and those on each side
    /// vouch for each other: whoever looks for a third way comes to all on the side that he begins at.
    pub fn behind_two(front: u32) -> Self {
        let mut random = Random::new(11);
        let tiers: [u32; 4] = [3, 2, front, KEYS - 5 - front];
        let each = VOUCHES / KEYS - 1;
        let budgets = [4 * KEYS * (each + 1), KEYS * (each + 1), each, each];
        let mut offers = Vec::new();
        let mut slots = vec![0_u32; KEYS as usize];
        let mut vouch = |from: u32, to, budget| {
            let slot = &mut slots[from as usize];
            *slot += 1;
            offers.push(offer(from, to, budget, *slot));
        };
        for (root, gate) in (0..3).flat_map(|root| [(root, 3), (root, 4)]) {
            vouch(root, gate, budgets[1]);
        }
        for key in 5..KEYS {
            let is_front = key < 5 + front;
            let by = if is_front { key % 3 } else { 3 + key % 2 };
            vouch(by, key, each);
            for _ in 0..each {
                let other = if is_front {
                    random.below(front + 2) + 3
                } else {
                    random.below(KEYS - 5 - front) + 5 + front
                };
                vouch(key, other, 0);
            }
        }
        random.shuffle(&mut offers);
        Self {
            roots: (0..3).map(|root| (key(root), budgets[0])).collect(),
            offers,
            slots,
            budgets,
            tiers,
        }
    }

    fn grow(tiers: [u32; 4], budgets: [u32; 4], by_one: bool) -> Self {
        let mut random = Random::new(7);
        let mut offers = Vec::new();
        let mut slots = vec![0_u32; KEYS as usize];
        let mut vouch = |from: u32, to, budget| {
            let slot = &mut slots[from as usize];
            *slot += 1;
            offers.push(offer(from, to, budget, *slot));
        };
        let mut first = 0;
        for tier in 1..tiers.len() {
            let before = first;
            first += tiers[tier - 1];
            for key in first..first + tiers[tier] {
                for nth in 0..EACH {
                    let any = random.below(tiers[tier - 1]);
                    let (by, budget) = match (by_one, nth) {
                        (false, _) => (any, budgets[tier]),
                        (true, 0) => (key % tiers[tier - 1], budgets[tier]),
                        (true, _) => (any, 0),
                    };
                    vouch(before + by, key, budget);
                }
            }
        }
        let left = VOUCHES - EACH * (KEYS - tiers[0]);
        for _ in 0..left {
            vouch(random.below(KEYS), random.below(KEYS), 0);
        }
        random.shuffle(&mut offers);
        Self {
            roots: (0..tiers[0]).map(|root| (key(root), budgets[0])).collect(),
            offers,
            slots,
            budgets,
            tiers,
        }
    }
}
