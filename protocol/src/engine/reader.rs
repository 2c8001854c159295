//! Answering on another thread than the engine's.

use super::core::Engine;
use std::ops::Deref;

/// A copy of an engine that can only be asked: what takes `&self` of it may run beside the engine
/// that it was taken from, with a view of the store of its own. It has no peers.
///
/// Taking one is cheap: charter and directory are shared until the engine changes them.
pub struct Reader(Engine);

impl Engine {
    /// A copy for answering on another thread.
    pub fn reader(&self) -> Reader {
        Reader(self.without_peers())
    }
}

impl Deref for Reader {
    type Target = Engine;
    fn deref(&self) -> &Engine {
        &self.0
    }
}
