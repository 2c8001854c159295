//! One vouch more is as if it had been there: near the roots as well, where most hangs on it.
//!
//! A graph looks at what hangs on it key by key, and at all vouches once that was too much; both ways
//! are gone, and left for one another at any place.

use super::hostile::played;
use super::*;

/// All that a graph says.
fn said(graph: &Graph<u8>) -> impl PartialEq + core::fmt::Debug + use<> {
    let mut vouches: Vec<_> = graph.vouches().map(|v| format!("{v:?}")).collect();
    vouches.sort();
    let distances: Vec<_> = graph
        .keys()
        .map(|key| (*key, graph.distance(key)))
        .collect();
    let levels: Vec<(u8, u8)> = graph.levels().into_iter().map(|(k, l)| (*k, l)).collect();
    (budgets(graph), distances, levels, vouches)
}

prop_compose! {
    /// Keys that have their budgets mostly from one, so that much hangs on the first; no slot is 0.
    fn deep()(
        roots in prop::collection::btree_map(0..3_u8, 60..900_u32, 1..3),
        parents in prop::collection::vec((any::<prop::sample::Index>(), 0..40_u32), 27),
        others in prop::collection::vec((0..30_u8, 0..30_u8, 0..4_u32), 0..40),
    ) -> (Roots, Vec<Offer<u8>>) {
        let mut slots = [0; 30];
        let mut offers = Vec::new();
        let tree = parents.into_iter().zip(3..).map(|((parent, budget), key)| {
            let parent = parent.index(usize::from(key).min(8)) as u8;
            (parent, key, budget / (1 + u32::from(parent) / 2))
        });
        for (from, to, budget) in tree.chain(others) {
            let slot = &mut slots[usize::from(from)];
            *slot += 1;
            offers.push(offer(from, to, budget, *slot));
        }
        (roots, offers)
    }
}

/// What hits most: a vouch that voids the first of each issuer, one that takes a slot before it and all of
/// the budget, and one more that gives all.
fn worst(graph: &Graph<u8>, to: u8) -> Vec<Offer<u8>> {
    let issuers = graph.keys().filter(|key| **key < 9);
    let near = |key: &u8| {
        let all = graph.budget(key).unwrap_or(9);
        let before = offer(*key, to, all, 0);
        let void = offer(*key, to, 0, 1);
        let more = offer(*key, to, all.saturating_sub(1), 50);
        [void, more, before]
    };
    issuers.flat_map(near).collect()
}

#[test]
fn one_more_near_the_roots_is_as_if_it_had_been_there() {
    let games = 120;
    let scenes = (
        deep(),
        0..30_u8,
        prop_oneof![Just(0), 1..60_usize, Just(usize::MAX)],
    );
    let hit = played(games, &scenes, |((roots, offers), to, most)| {
        let before = Graph::new(roots.clone(), offers.clone());
        let mut growing = before.clone();
        let mut all = offers.clone();
        let mut changed = 0;
        for more in worst(&before, to) {
            // By itself, and after those before it.
            let mut alone = before.clone();
            alone.add_within(more.clone(), most);
            let with = offers.iter().chain([&more]).cloned();
            prop_assert_eq!(said(&alone), said(&Graph::new(roots.clone(), with)));
            let standing = |graph: &Graph<u8>, key: &u8| (graph.budget(key), graph.distance(key));
            let other = |key: &&u8| standing(&alone, key) != standing(&before, key);
            changed = before.keys().filter(other).count().max(changed);
            growing.add_within(more.clone(), most);
            all.push(more);
            prop_assert_eq!(
                said(&growing),
                said(&Graph::new(roots.clone(), all.iter().cloned()))
            );
        }
        Ok(changed > 5)
    });
    assert!(hit * 3 > games, "it hit in {hit} games alone");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn one_more_vouch_is_as_if_it_had_been_there(
        roots in roots(10),
        offers in vouches(10, 40),
        most in prop_oneof![0..40_usize, Just(usize::MAX)],
    ) {
        let mut growing = Graph::new(roots.clone(), []);
        for (n, o) in offers.iter().enumerate() {
            growing.add_within(o.clone(), most);
            let at_once = Graph::new(roots.clone(), offers[..=n].iter().cloned());
            prop_assert_eq!(said(&growing), said(&at_once));
        }
    }
}

#[test]
fn the_greatest_numbers_are_numbers() {
    let most = u32::MAX;
    // Nobody can pay for the greatest budget, and the one below it takes all that there can be.
    let offers = [
        offer(0, 1, most, 5),
        offer(2, 3, most - 1, most),
        offer(3, 4, 7, 0),
    ];
    let mut graph = Graph::new([(0, most), (2, most)], offers.clone());
    assert_eq!(accepted(&graph), [0, 2, 3, 4]);
    assert_eq!(graph.budget(&0), Some(most));
    assert_eq!(graph.budget(&3), Some(most - 1));
    let over = Ignored::OverBudget {
        cost: 1 << 32,
        budget: most,
    };
    assert_eq!(why(&graph, 0, 5), [Some(over)]);
    for limit in [0, usize::MAX] {
        graph.add_within(offer(2, 5, 0, most - 1), limit);
        let anew = offers.iter().cloned().chain([offer(2, 5, 0, most - 1)]);
        let anew = Graph::new([(0, most), (2, most)], anew);
        assert_eq!(said(&graph), said(&anew));
        graph = Graph::new([(0, most), (2, most)], offers.clone());
    }
}
