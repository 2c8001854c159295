//! Entropy for tests: repeatable, or read from a script.

use sha2::{Digest, Sha512};

use crate::entropy::Entropy;

/// SHA-512 of a seed and a counter.
pub(super) struct Seeded {
    seed: Vec<u8>,
    counter: u64,
}

impl Seeded {
    pub(super) fn new(seed: &[u8]) -> Self {
        let seed = seed.to_vec();
        Self { seed, counter: 0 }
    }
}

impl Entropy for Seeded {
    fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(64) {
            let block = Sha512::new()
                .chain_update(&self.seed)
                .chain_update(self.counter.to_be_bytes())
                .finalize();
            self.counter += 1;
            for (to, from) in chunk.iter_mut().zip(block) {
                *to = from;
            }
        }
    }
}

/// Hands out given scalars, then zeros for ever.
///
/// A random scalar is drawn as 64 bytes and reduced: 32 bytes of scalar and 32 zeros give that scalar.
pub(super) struct Scripted(std::vec::IntoIter<u8>);

impl Scripted {
    pub(super) fn zeros() -> Self {
        Self::scalars(&[])
    }

    pub(super) fn scalars(scalars: &[[u8; 32]]) -> Self {
        let wide = scalars.iter().flat_map(|scalar| [*scalar, [0; 32]]);
        Self(wide.flatten().collect::<Vec<u8>>().into_iter())
    }
}

impl Entropy for Scripted {
    fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            *byte = self.0.next().unwrap_or(0);
        }
    }
}
