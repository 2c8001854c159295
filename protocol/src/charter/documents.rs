//! The documents of a chain, and the digest of them.
//!
//! Peers tell each other by the digest whether there is anything to tell, again and again, and it takes
//! writing all of them. So it is made once, and again when something has changed: there is one way to
//! change something, and that forgets it.

use super::chain::Document;
use crate::ids::CharterId;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::OnceLock;

/// By their ids.
#[derive(Clone, Debug, Default)]
pub(super) struct Documents {
    all: BTreeMap<CharterId, Document>,
    digest: OnceLock<[u8; 32]>,
}

impl Documents {
    pub(super) fn of_first(id: CharterId, document: Document) -> Self {
        Self {
            all: BTreeMap::from([(id, document)]),
            digest: OnceLock::new(),
        }
    }

    pub(super) fn change(&mut self) -> &mut BTreeMap<CharterId, Document> {
        self.digest.take();
        &mut self.all
    }

    /// The digest, made by `make` if it is not known.
    pub(super) fn digest(&self, make: impl FnOnce() -> [u8; 32]) -> [u8; 32] {
        *self.digest.get_or_init(make)
    }
}

impl Deref for Documents {
    type Target = BTreeMap<CharterId, Document>;

    fn deref(&self) -> &Self::Target {
        &self.all
    }
}

/// Whether the digest is known makes no difference.
impl PartialEq for Documents {
    fn eq(&self, other: &Self) -> bool {
        self.all == other.all
    }
}
impl Eq for Documents {}
