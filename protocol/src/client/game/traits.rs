//! What can be said of what was seen, without knowing what to look for.

use super::seat::Event;
use std::collections::BTreeMap;

/// Sorts of traits. Each has a bar of its own, by how many there are of it: of many things that chance
/// may bring about one or the other is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Sort {
    /// How many messages of which kind, how long, in which order.
    Shape,
    /// What stands in them, and where.
    Fact,
    /// What stands in one beside what stands in the next: order.
    Order,
    /// Strings that come back.
    Strings,
    /// Suspects of whom something stands there.
    Suspect,
}

impl Sort {
    pub(super) const ALL: [Self; 5] = [
        Self::Shape,
        Self::Fact,
        Self::Order,
        Self::Strings,
        Self::Suspect,
    ];
}

/// The traits of one round, by their sort, each once.
pub(super) type Traits = BTreeMap<Sort, Vec<u64>>;

/// A message's place: which kind, and the how manieth of it.
pub(super) type Slot = (&'static str, usize);

/// FNV-1a.
fn hash(parts: &[&str]) -> u64 {
    let mut all = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0]) {
            all = (all ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    all
}

/// Puts each message of a round in its place.
pub(super) fn slots<'a>(sight: &[&'a Event]) -> Vec<(Slot, &'a Event)> {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    let placed = sight.iter().map(|event| {
        let nth = count.entry(event.what).or_default();
        *nth += 1;
        ((event.what, *nth - 1), *event)
    });
    placed.collect()
}

/// All that can be said of a round.
pub(super) fn traits(sight: &[&Event]) -> Traits {
    let mut traits: Traits = Sort::ALL.map(|sort| (sort, Vec::new())).into();
    let mut add = |sort, trait_| traits.entry(sort).or_default().push(trait_);
    let placed = slots(sight);
    let mut course = String::new();
    let mut total = 0;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for ((what, nth), event) in &placed {
        let (nth, size) = (nth.to_string(), event.bytes.len());
        course.push_str(what);
        total += size;
        *counts.entry(what).or_default() += 1;
        add(Sort::Shape, hash(&["size", what, &size.to_string()]));
        add(Sort::Shape, hash(&["size", what, &nth, &size.to_string()]));
        for fact in &event.facts {
            add(Sort::Fact, hash(&[what, fact]));
            add(Sort::Fact, hash(&[what, &nth, fact]));
        }
        for string in &event.strings {
            add(Sort::Strings, *string);
        }
        for suspect in &event.known {
            add(Sort::Suspect, hash(&["any"]));
            add(Sort::Suspect, hash(&[what, &suspect.to_string()]));
        }
    }
    add(Sort::Shape, hash(&["course", &course]));
    add(Sort::Shape, hash(&["total", &total.to_string()]));
    for (what, count) in counts {
        add(Sort::Shape, hash(&["count", what, &count.to_string()]));
    }
    for (n, (_, event)) in placed.iter().enumerate() {
        let next = placed[n + 1..].iter();
        let Some((_, next)) = next.into_iter().find(|(_, e)| e.what == event.what) else {
            continue;
        };
        for fact in &event.facts {
            for then in &next.facts {
                add(Sort::Order, hash(&[event.what, fact, then]));
            }
        }
    }
    for all in traits.values_mut() {
        all.sort_unstable();
        all.dedup();
    }
    traits
}
