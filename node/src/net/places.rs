//! How many requests of peers may wait for the driver's answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use parasol_protocol::ids::{OrganisationKey, TransportKey};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::event::Lane;

/// Requests that may wait, all peers together.
const MAX_REQUESTS: usize = 32;
/// Of one organisation, however many nodes it has: their number is its own choice.
const MAX_OF_ORGANISATION: usize = 8;
/// Of one peer: whoever asks without end finds its own places taken, and no other's. A node asks
/// another no more than that at a time.
pub(super) const MAX_OF_ONE: usize = 4;
/// Hellos that may wait, of all strangers and peers together.
const MAX_HELLOS: usize = 16;

/// A place, for as long as it is kept.
#[derive(Debug)]
pub(super) struct Place {
    _shared: OwnedSemaphorePermit,
    _own: Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)>,
}

/// The places that there are.
pub(super) struct Places {
    requests: Arc<Semaphore>,
    hellos: Arc<Semaphore>,
    /// Of the peers that have a request waiting.
    of_one: Shares<TransportKey>,
    /// Of the organisations that have one waiting.
    of_organisation: Shares<OrganisationKey>,
    /// Whose the peers are.
    whose: BTreeMap<TransportKey, OrganisationKey>,
}

impl Places {
    pub(super) fn new(whose: BTreeMap<TransportKey, OrganisationKey>) -> Self {
        Self {
            requests: Arc::new(Semaphore::new(MAX_REQUESTS)),
            hellos: Arc::new(Semaphore::new(MAX_HELLOS)),
            of_one: Shares::new(MAX_OF_ONE),
            of_organisation: Shares::new(MAX_OF_ORGANISATION),
            whose,
        }
    }

    /// Whose the peers are from now on. Who has places keeps them.
    pub(super) fn belong(&mut self, whose: BTreeMap<TransportKey, OrganisationKey>) {
        self.whose = whose;
    }

    /// A place for a request of this peer, if there is one. Nobody's peer has none.
    pub(super) fn take(&mut self, lane: Lane, from: TransportKey) -> Option<Place> {
        let (places, own) = match lane {
            Lane::Hello => (&self.hellos, None),
            Lane::Inside => {
                let whose = *self.whose.get(&from)?;
                let own = self.of_one.take(from)?;
                let organisations = self.of_organisation.take(whose)?;
                (&self.requests, Some((own, organisations)))
            }
        };
        Some(Place {
            _shared: Arc::clone(places).try_acquire_owned().ok()?,
            _own: own,
        })
    }
}

/// As many places for each.
struct Shares<K> {
    each: usize,
    /// Of those that have one taken.
    of: BTreeMap<K, Arc<Semaphore>>,
}

impl<K: Ord> Shares<K> {
    const fn new(each: usize) -> Self {
        let of = BTreeMap::new();
        Self { each, of }
    }

    fn take(&mut self, who: K) -> Option<OwnedSemaphorePermit> {
        let each = self.each;
        self.of
            .retain(|_, places| places.available_permits() < each);
        let own = self
            .of
            .entry(who)
            .or_insert_with(|| Arc::new(Semaphore::new(each)));
        Arc::clone(own).try_acquire_owned().ok()
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

    /// Peers, each of an organisation of its own but those from 100 on, which are one's.
    fn places() -> Places {
        let whose = |n: u8| (key(n), OrganisationKey::from_bytes([n.min(100); 32]));
        Places::new((0..=u8::MAX).map(whose).collect())
    }

    #[test]
    fn one_organisation_takes_its_own_places_whatever_its_nodes() {
        let mut places = places();
        let mut held = Vec::new();
        for _ in 0..MAX_OF_ONE {
            for n in 100..=u8::MAX {
                held.extend(places.take(Lane::Inside, key(n)));
            }
        }
        assert_eq!(held.len(), MAX_OF_ORGANISATION);
        let other = places.take(Lane::Inside, key(1));
        assert!(other.is_some());
        held.pop();
        assert!(places.take(Lane::Inside, key(200)).is_some());
        drop((held, other));
        places.take(Lane::Inside, key(2)).unwrap();
        assert_eq!(places.of_organisation.of.len(), 1);
    }

    #[test]
    fn who_belongs_to_nobody_has_no_place() {
        let mut places = places();
        places.belong(BTreeMap::from([(
            key(1),
            OrganisationKey::from_bytes([1; 32]),
        )]));
        assert!(places.take(Lane::Inside, key(2)).is_none());
        assert!(places.take(Lane::Inside, key(1)).is_some());
        assert!(places.take(Lane::Hello, key(2)).is_some());
    }

    #[test]
    fn one_peer_takes_its_own_places_and_no_others() {
        let mut places = places();
        let mut held: Vec<_> = (0..MAX_OF_ONE)
            .map(|_| places.take(Lane::Inside, key(1)).unwrap())
            .collect();
        assert!(places.take(Lane::Inside, key(1)).is_none());
        assert!(places.take(Lane::Inside, key(2)).is_some());
        held.pop();
        assert!(places.take(Lane::Inside, key(1)).is_some());
        drop(held);
        places.take(Lane::Inside, key(3)).unwrap();
        assert_eq!(
            places.of_one.of.len(),
            1,
            "who has none waiting is forgotten"
        );
    }

    #[test]
    fn all_together_have_so_many() {
        let mut places = places();
        let mut held = Vec::new();
        for n in 0..=u8::MAX {
            held.extend(places.take(Lane::Inside, key(n)));
        }
        assert_eq!(held.len(), MAX_REQUESTS);
        held.clear();
        assert!(places.take(Lane::Inside, key(255)).is_some());
    }
}
