//! Randomness for the protocol core: the operating system's.

use parasol_protocol::entropy::Entropy;

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&mut self, out: &mut [u8]) {
        if let Err(error) = getrandom::fill(out) {
            // A key or blind made of anything else would betray people; there is no way on.
            eprintln!("the operating system gives no randomness ({error}): stopping");
            std::process::abort();
        }
    }
}
