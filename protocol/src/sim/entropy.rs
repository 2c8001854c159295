//! Seeded entropy: SHA-512 over a seed and a counter.

use crate::entropy::Entropy;
use sha2::{Digest, Sha512};

/// A deterministic generator. It is for simulations: whoever knows the seed knows all it gives.
#[derive(Clone, Debug)]
pub struct Drbg {
    seed: [u8; 64],
    counter: u64,
    block: [u8; 64],
    used: usize,
}

impl Drbg {
    /// The generator of this seed and purpose. Two purposes give unrelated bytes.
    pub fn new(seed: u64, purpose: &str) -> Self {
        let hash = Sha512::new()
            .chain_update(seed.to_be_bytes())
            .chain_update(purpose.as_bytes())
            .finalize();
        Self {
            seed: hash.into(),
            counter: 0,
            block: [0; 64],
            used: 64,
        }
    }

    /// So many fresh bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }

    /// A number below `bound`; zero if that is zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        // The bias of the remainder is below 2^-40 for every bound in use here.
        u64::from_be_bytes(self.bytes())
            .checked_rem(bound)
            .unwrap_or(0)
    }

    /// Happens `per_mille` times in a thousand.
    pub fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < u64::from(per_mille)
    }

    /// Puts a list in a random order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            let j = usize::try_from(self.below(i as u64 + 1)).unwrap_or(0);
            list.swap(i, j);
        }
    }
}

impl Entropy for Drbg {
    fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            if self.used == self.block.len() {
                self.block = Sha512::new()
                    .chain_update(self.seed)
                    .chain_update(self.counter.to_be_bytes())
                    .finalize()
                    .into();
                self.counter += 1;
                self.used = 0;
            }
            *byte = self.block[self.used];
            self.used += 1;
        }
    }
}
