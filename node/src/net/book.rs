//! The address book: where peers are, and when a lost one is dialled again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use libp2p::{Multiaddr, PeerId};
use tokio::time::Instant;

/// Addresses kept for one peer.
const MAX_ADDRESSES: usize = 8;
/// Peers kept that are not in the configuration.
const MAX_LEARNT: usize = 1024;
/// A connection that lasted so long was a good one: the next pause is short again.
const STABLE: Duration = Duration::from_secs(30);

#[derive(Debug, Default)]
struct Entry {
    addresses: Vec<Multiaddr>,
    /// Dials and short connections since the last good one.
    failures: u32,
    /// Dial at once when the present connection is gone.
    eager: bool,
}

/// Addresses and redial times. It reads no clock: `now` and randomness are arguments.
#[derive(Debug)]
pub(super) struct Book {
    entries: BTreeMap<PeerId, Entry>,
    configured: BTreeSet<PeerId>,
    due: BTreeMap<PeerId, Instant>,
    min: Duration,
    max: Duration,
}

impl Book {
    pub(super) fn new(min: Duration, max: Duration) -> Self {
        Self {
            entries: BTreeMap::new(),
            configured: BTreeSet::new(),
            due: BTreeMap::new(),
            min,
            max,
        }
    }

    /// Adds a peer that is always wanted.
    pub(super) fn configure(&mut self, peer: PeerId, address: Multiaddr) {
        self.configured.insert(peer);
        self.learn(peer, address);
    }

    /// Adds an address; false if there is no room.
    pub(super) fn learn(&mut self, peer: PeerId, address: Multiaddr) -> bool {
        let learnt = self.entries.len().saturating_sub(self.configured.len());
        if !self.entries.contains_key(&peer) && learnt >= MAX_LEARNT {
            return false;
        }
        let addresses = &mut self.entries.entry(peer).or_default().addresses;
        if addresses.contains(&address) {
            return true;
        }
        if addresses.len() >= MAX_ADDRESSES {
            return false;
        }
        addresses.push(address);
        true
    }

    /// Where a peer may be.
    pub(super) fn addresses(&self, peer: &PeerId) -> &[Multiaddr] {
        self.entries.get(peer).map_or(&[], |entry| &entry.addresses)
    }

    pub(super) fn is_configured(&self, peer: &PeerId) -> bool {
        self.configured.contains(peer)
    }

    /// Peers from the configuration.
    pub(super) fn configured(&self) -> impl Iterator<Item = &PeerId> {
        self.configured.iter()
    }

    /// A connection to the peer exists.
    pub(super) fn connected(&mut self, peer: &PeerId) {
        self.due.remove(peer);
    }

    /// Dial the peer at `now`, as if it had never failed.
    pub(super) fn dial_at_once(&mut self, peer: &PeerId, now: Instant) {
        if let Some(entry) = self.entries.get_mut(peer) {
            entry.failures = 0;
            self.due.insert(*peer, now);
        }
    }

    /// Dial the peer as soon as its present connection is gone.
    pub(super) fn dial_when_gone(&mut self, peer: &PeerId) {
        if let Some(entry) = self.entries.get_mut(peer) {
            entry.failures = 0;
            entry.eager = true;
        }
    }

    /// The last connection is gone after `lasted`, or a dial failed (`lasted` is zero).
    pub(super) fn lost(&mut self, peer: &PeerId, lasted: Duration, now: Instant, random: u64) {
        let Some(entry) = self.entries.get_mut(peer) else {
            return;
        };
        if core::mem::take(&mut entry.eager) {
            self.due.insert(*peer, now);
            return;
        }
        if lasted >= STABLE {
            entry.failures = 0;
        }
        let pause = pause(entry.failures, self.min, self.max, random);
        entry.failures = entry.failures.saturating_add(1);
        self.due.insert(*peer, now + pause);
    }

    /// When the next dial is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.due.values().min().copied()
    }

    /// Takes the peers that are due.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<PeerId> {
        let due: Vec<_> = self
            .due
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(peer, _)| *peer)
            .collect();
        for peer in &due {
            self.due.remove(peer);
        }
        due
    }
}

/// Doubles from `min` to `max`; of that, between a half and the whole, so that nodes that lost
/// each other together do not come back together.
fn pause(failures: u32, min: Duration, max: Duration, random: u64) -> Duration {
    let whole = min.saturating_mul(1 << failures.min(16)).min(max);
    let half = whole / 2;
    let span = u64::try_from(half.as_micros())
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    half + Duration::from_micros(random % span)
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

    const MIN: Duration = Duration::from_secs(1);
    const MAX: Duration = Duration::from_secs(60);

    fn book() -> (Book, PeerId, Instant) {
        let (mut book, peer) = (Book::new(MIN, MAX), PeerId::random());
        book.configure(peer, "/ip4/127.0.0.1/tcp/1".parse().unwrap());
        (book, peer, Instant::now())
    }

    fn wait(book: &Book, now: Instant) -> Duration {
        book.next().unwrap() - now
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let longest: Vec<_> = (0..9)
            .map(|n| pause(n, MIN, MAX, 0).as_millis() * 2 / 1000)
            .collect();
        assert_eq!(longest, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(pause(u32::MAX, MIN, MAX, 0), MAX / 2);
    }

    proptest::proptest! {
        #[test]
        fn a_pause_is_between_half_and_whole(failures: u32, random: u64) {
            let whole = MIN.saturating_mul(1 << failures.min(16)).min(MAX);
            let pause = pause(failures, MIN, MAX, random);
            proptest::prop_assert!(pause >= whole / 2 && pause <= whole);
        }
    }

    #[test]
    fn short_connections_do_not_shorten_the_pause_and_long_ones_do() {
        let (mut book, peer, now) = book();
        book.lost(&peer, Duration::ZERO, now, 0);
        assert_eq!(wait(&book, now), MIN / 2);
        book.connected(&peer);
        assert_eq!(book.next(), None);
        book.lost(&peer, STABLE / 2, now, 0);
        assert_eq!(wait(&book, now), MIN);
        book.lost(&peer, STABLE, now, 0);
        assert_eq!(wait(&book, now), MIN / 2);
    }

    #[test]
    fn an_eager_peer_is_due_when_it_is_gone() {
        let (mut book, peer, now) = book();
        book.dial_when_gone(&peer);
        assert_eq!(book.next(), None);
        book.lost(&peer, Duration::ZERO, now, u64::MAX);
        assert_eq!(book.take_due(now), [peer]);
        assert_eq!(book.take_due(now), []);
    }

    #[test]
    fn who_has_no_address_is_never_due() {
        let (mut book, _, now) = book();
        let other = PeerId::random();
        book.lost(&other, Duration::ZERO, now, 0);
        book.dial_at_once(&other, now);
        book.dial_when_gone(&other);
        assert_eq!(book.next(), None);
    }

    #[test]
    fn the_book_is_bounded() {
        let (mut book, peer, _) = book();
        for port in 1..=MAX_ADDRESSES {
            assert!(book.learn(peer, format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap()));
        }
        assert!(!book.learn(peer, "/ip4/127.0.0.1/tcp/99".parse().unwrap()));
        for _ in 0..MAX_LEARNT {
            assert!(book.learn(PeerId::random(), "/ip4/127.0.0.1/tcp/1".parse().unwrap()));
        }
        assert!(!book.learn(PeerId::random(), "/ip4/127.0.0.1/tcp/1".parse().unwrap()));
    }
}
