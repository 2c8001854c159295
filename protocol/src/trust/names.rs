//! Keys as numbers: whatever is worked out about a key is kept at its place in lists.

use super::offer::Offer;
use std::collections::BTreeMap;

/// A key's place.
pub(super) type Index = u32;

/// The keys that a graph has heard of, each with a place.
#[derive(Clone, Debug)]
pub(super) struct Names<K> {
    keys: Vec<K>,
    index: BTreeMap<K, Index>,
}

impl<K: Ord + Clone> Names<K> {
    /// Places for all keys, in their order, and for each vouch those of its issuer and its subject. A key
    /// is not looked for each time that it is named: all names are sorted at once.
    pub fn of_all(roots: &[(K, u32)], offers: &[Offer<K>]) -> (Self, Vec<(Index, Index)>) {
        // Whoever is named, and at which end of which vouch; roots at none.
        let mut named: Vec<(K, u32)> = roots
            .iter()
            .map(|(key, _)| (key.clone(), u32::MAX))
            .collect();
        // Lists often name one key many times on end.
        let mut last: Option<&Offer<K>> = None;
        for (offer, end) in offers.iter().zip((0_u32..).step_by(2)) {
            if last.is_none_or(|last| last.from != offer.from) {
                named.push((offer.from.clone(), end));
            }
            if last.is_none_or(|last| last.to != offer.to) {
                named.push((offer.to.clone(), end + 1));
            }
            last = Some(offer);
        }
        named.sort_unstable();
        let mut keys: Vec<K> = Vec::new();
        let mut places: Vec<Option<Index>> = vec![None; 2 * offers.len()];
        for (key, end) in named {
            if keys.last() != Some(&key) {
                keys.push(key);
            }
            if let Some(place) = places.get_mut(end as usize) {
                *place = (keys.len() as Index).checked_sub(1);
            }
        }
        let (mut from, mut to) = (0, 0);
        let both = |ends: &[Option<Index>]| {
            from = ends.first().copied().flatten().unwrap_or(from);
            to = ends.last().copied().flatten().unwrap_or(to);
            (from, to)
        };
        let ends = places.chunks(2).map(both).collect();
        let index = keys.iter().cloned().zip(0..).collect();
        (Self { keys, index }, ends)
    }

    /// A key's place, a new one if it has none.
    pub fn place(&mut self, key: &K) -> Index {
        if let Some(at) = self.at(key) {
            return at;
        }
        let at = self.keys.len() as Index;
        self.keys.push(key.clone());
        self.index.insert(key.clone(), at);
        at
    }

    /// A key's place, if it has one.
    pub fn at(&self, key: &K) -> Option<Index> {
        self.index.get(key).copied()
    }

    pub fn key(&self, at: Index) -> Option<&K> {
        self.keys.get(at as usize)
    }

    pub const fn len(&self) -> usize {
        self.keys.len()
    }

    /// All keys in their order, each with its place.
    pub fn in_order(&self) -> impl Iterator<Item = (&K, Index)> {
        self.index.iter().map(|(key, at)| (key, *at))
    }
}
