//! How many requests of peers may wait for the driver's answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use parasol_protocol::ids::TransportKey;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::event::Lane;

/// Requests that may wait, all peers together.
const MAX_REQUESTS: usize = 32;
/// Of one peer: whoever asks without end finds its own places taken, and no other's. A node asks
/// another no more than that at a time.
pub(super) const MAX_OF_ONE: usize = 4;
/// Hellos that may wait, of all strangers and peers together.
const MAX_HELLOS: usize = 16;

/// A place, for as long as it is kept.
#[derive(Debug)]
pub(super) struct Place {
    _shared: OwnedSemaphorePermit,
    _own: Option<OwnedSemaphorePermit>,
}

/// The places that there are.
pub(super) struct Places {
    requests: Arc<Semaphore>,
    hellos: Arc<Semaphore>,
    /// Of the peers that have a request waiting.
    of_one: BTreeMap<TransportKey, Arc<Semaphore>>,
}

impl Places {
    pub(super) fn new() -> Self {
        Self {
            requests: Arc::new(Semaphore::new(MAX_REQUESTS)),
            hellos: Arc::new(Semaphore::new(MAX_HELLOS)),
            of_one: BTreeMap::new(),
        }
    }

    /// A place for a request of this peer, if there is one.
    pub(super) fn take(&mut self, lane: Lane, from: TransportKey) -> Option<Place> {
        let (places, own) = match lane {
            Lane::Hello => (&self.hellos, None),
            Lane::Inside => {
                self.of_one
                    .retain(|_, places| places.available_permits() < MAX_OF_ONE);
                let own = self
                    .of_one
                    .entry(from)
                    .or_insert_with(|| Arc::new(Semaphore::new(MAX_OF_ONE)));
                let own = Arc::clone(own).try_acquire_owned().ok()?;
                (&self.requests, Some(own))
            }
        };
        Some(Place {
            _shared: Arc::clone(places).try_acquire_owned().ok()?,
            _own: own,
        })
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    fn key(n: u8) -> TransportKey {
        TransportKey::from_bytes([n; 32])
    }

    #[test]
    fn one_peer_takes_its_own_places_and_no_others() {
        let mut places = Places::new();
        let mut held: Vec<_> = (0..MAX_OF_ONE)
            .map(|_| places.take(Lane::Inside, key(1)).unwrap())
            .collect();
        assert!(places.take(Lane::Inside, key(1)).is_none());
        assert!(places.take(Lane::Inside, key(2)).is_some());
        held.pop();
        assert!(places.take(Lane::Inside, key(1)).is_some());
        drop(held);
        places.take(Lane::Inside, key(3)).unwrap();
        assert_eq!(places.of_one.len(), 1, "who has none waiting is forgotten");
    }

    #[test]
    fn all_together_have_so_many() {
        let mut places = Places::new();
        let mut held = Vec::new();
        for n in 0..=u8::MAX {
            held.extend(places.take(Lane::Inside, key(n)));
        }
        assert_eq!(held.len(), MAX_REQUESTS);
        held.clear();
        assert!(places.take(Lane::Inside, key(99)).is_some());
    }
}
