//! What tests, vectors and benches share: seeded entropy, a small federation, a shelf of records.
#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing)]

pub mod shelf;
pub mod world;

use parasol_protocol::entropy::Entropy;
use sha2::{Digest, Sha512};

/// SHA-512 of a seed and a counter, block after block: the same bytes in every run.
pub struct Seeded {
    seed: Vec<u8>,
    counter: u64,
    left: Vec<u8>,
}

impl Seeded {
    pub fn new(seed: impl AsRef<[u8]>) -> Self {
        Self {
            seed: seed.as_ref().to_vec(),
            counter: 0,
            left: Vec::new(),
        }
    }
}

impl Entropy for Seeded {
    fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            if self.left.is_empty() {
                let block = Sha512::new()
                    .chain_update(&self.seed)
                    .chain_update(self.counter.to_be_bytes());
                self.left = block.finalize().to_vec();
                self.left.reverse();
                self.counter += 1;
            }
            *byte = self.left.pop().unwrap();
        }
    }
}

/// Draws a fixed number of bytes.
pub fn draw<const N: usize>(entropy: &mut dyn Entropy) -> [u8; N] {
    let mut out = [0; N];
    entropy.fill(&mut out);
    out
}

/// Where the vectors lie.
pub fn vectors() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/vectors")
}

/// Reads a file of vectors.
pub fn read(name: &str) -> serde_json::Value {
    let path = vectors().join(name);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{}: {e}; write it with `--example vectors`", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// The bytes of a hexadecimal field.
pub fn bytes(value: &serde_json::Value) -> Vec<u8> {
    hex::decode(value.as_str().expect("a hexadecimal string")).unwrap()
}
