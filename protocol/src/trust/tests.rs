#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn offer(from: u8, to: u8, budget: u32, slot: u32) -> Offer<u8> {
    Offer {
        from,
        to,
        budget,
        slot,
        standing: Standing::InForce,
    }
}

fn why(graph: &Graph<u8>, from: u8, slot: u32) -> Vec<Option<Ignored>> {
    let same = |o: &Offer<u8>| o.from == from && o.slot == slot;
    graph
        .vouches()
        .filter(|(o, _)| same(o))
        .map(|(_, why)| why)
        .collect()
}

fn accepted(graph: &Graph<u8>) -> Vec<u8> {
    graph.accepted().copied().collect()
}

#[test]
fn a_vouch_costs_its_budget_and_one() {
    let offers = [offer(0, 1, 2, 1), offer(0, 2, 0, 2), offer(0, 3, 0, 3)];
    let graph = Graph::new([(0, 4)], offers);
    assert_eq!(accepted(&graph), [0, 1, 2]);
    assert_eq!(graph.budget(&1), Some(2));
    let over = Ignored::OverBudget { cost: 5, budget: 4 };
    assert_eq!(why(&graph, 0, 3), [Some(over)]);
    assert_eq!(why(&graph, 0, 2), [None]);
}

#[test]
fn what_comes_after_one_that_is_too_dear_is_ignored_too() {
    let graph = Graph::new([(0, 4)], [offer(0, 1, 9, 1), offer(0, 2, 0, 2)]);
    assert_eq!(accepted(&graph), [0]);
    // Else somebody's greater budget could put out whom a smaller one let in.
    let over = Ignored::OverBudget {
        cost: 11,
        budget: 4,
    };
    assert_eq!(why(&graph, 0, 2), [Some(over)]);
}

#[test]
fn two_in_one_slot_void_each_other_and_cost_nothing() {
    let offers = [offer(0, 1, 3, 1), offer(0, 2, 3, 1), offer(0, 3, 0, 2)];
    let graph = Graph::new([(0, 1)], offers);
    assert_eq!(accepted(&graph), [0, 3]);
    assert_eq!(why(&graph, 0, 1), [Some(Ignored::SlotTwice); 2]);
}

#[test]
fn ended_and_revoked_vouches_leave_their_slot_to_others() {
    for (standing, said) in [
        (Standing::Ended, Ignored::Ended),
        (Standing::Revoked, Ignored::Revoked),
    ] {
        let past = Offer {
            standing,
            ..offer(0, 1, 5, 1)
        };
        let graph = Graph::new([(0, 1)], [past, offer(0, 2, 0, 1)]);
        assert_eq!(accepted(&graph), [0, 2]);
        assert!(why(&graph, 0, 1).contains(&Some(said)));
    }
}

#[test]
fn what_is_out_of_scope_costs_and_does_not_count() {
    let elsewhere = Offer {
        standing: Standing::OutOfScope,
        ..offer(0, 1, 1, 1)
    };
    let graph = Graph::new([(0, 2)], [elsewhere, offer(0, 2, 0, 2)]);
    assert_eq!(accepted(&graph), [0]);
    assert_eq!(why(&graph, 0, 1), [Some(Ignored::OutOfScope)]);
    let over = Ignored::OverBudget { cost: 3, budget: 2 };
    assert_eq!(why(&graph, 0, 2), [Some(over)]);
}

#[test]
fn chains_end_after_five_and_a_shorter_one_goes_on() {
    let chain: Vec<_> = (0..6)
        .map(|n| offer(n, n + 1, 20 - 2 * u32::from(n), 1))
        .collect();
    let graph = Graph::new([(0, 100)], chain.clone());
    assert_eq!(accepted(&graph), [0, 1, 2, 3, 4, 5]);
    assert_eq!(graph.distance(&5), Some(5));
    assert_eq!(why(&graph, 5, 1), [Some(Ignored::TooFar)]);
    // A short way with a small budget is as good as it reaches; the long one's is of no use there.
    let mut more = chain;
    more.push(offer(0, 5, 0, 2));
    let graph = Graph::new([(0, 100)], more.clone());
    assert_eq!(graph.budget(&5), Some(12));
    assert_eq!(graph.distance(&5), Some(1));
    assert_eq!(why(&graph, 5, 1), [Some(Ignored::TooFar)]);
    more.push(offer(0, 5, 11, 3));
    assert_eq!(Graph::new([(0, 100)], more).distance(&6), Some(2));
}

#[test]
fn loops_oneself_and_strangers_give_nothing() {
    let offers = [
        offer(0, 0, 50, 1),
        offer(0, 1, 1, 2),
        offer(1, 0, 0, 1),
        offer(7, 8, 0, 1),
        offer(8, 7, 9, 1),
    ];
    let graph = Graph::new([(0, 2)], offers);
    assert_eq!(accepted(&graph), [0, 1]);
    assert_eq!(graph.budget(&0), Some(2));
    assert_eq!(why(&graph, 0, 1), [Some(Ignored::Oneself)]);
    assert_eq!(why(&graph, 7, 1), [Some(Ignored::IssuerUnknown)]);
    assert_eq!(graph.level(&7), 0);
    assert_eq!(graph.level(&99), 0);
}

#[test]
fn levels_count_chains_that_share_nobody() {
    // 0, 1, 2 are roots; 5 hangs on 4 alone, which all three vouch for.
    let mut offers: Vec<_> = (0..3).map(|n| offer(n, 4, 3, 1)).collect();
    offers.extend([offer(4, 5, 0, 1), offer(4, 6, 0, 2), offer(0, 6, 0, 2)]);
    let graph = Graph::new([(0, 9), (1, 9), (2, 9)], offers);
    let levels: Vec<u8> = [0, 4, 5, 6].iter().map(|k| graph.level(k)).collect();
    assert_eq!(levels, [3, 3, 1, 2]);
    let chains = graph.chains(&6);
    assert_eq!(chains.len(), 2);
    assert!(chains.contains(&vec![0, 6]));
    assert_eq!(graph.chains(&5).len(), 1);
    assert!(graph.chains(&0).is_empty());
}

type Roots = BTreeMap<u8, u32>;

prop_compose! {
    fn vouches(keys: u8, most: usize)(
        list in prop::collection::vec((0..keys, 0..keys, 0..6_u32, 0..8_u32), 0..most)
    ) -> Vec<Offer<u8>> {
        list.into_iter().map(|(f, t, b, s)| offer(f, t, b, s)).collect()
    }
}

prop_compose! {
    fn roots(keys: u8)(map in prop::collection::btree_map(0..keys, 0..20_u32, 1..4)) -> Roots {
        map
    }
}

/// What the definition says, without any cleverness.
fn by_definition(roots: &Roots, offers: &[Offer<u8>]) -> BTreeMap<u8, u32> {
    let void = |o: &Offer<u8>| {
        o.from == o.to
            || offers
                .iter()
                .filter(|p| p.from != p.to && (p.from, p.slot) == (o.from, o.slot))
                .count()
                > 1
    };
    let cost = |o: &Offer<u8>| -> u64 {
        offers
            .iter()
            .filter(|p| p.from == o.from && p.slot <= o.slot && !void(p))
            .map(|p| u64::from(p.budget) + 1)
            .sum()
    };
    let mut best = roots.clone();
    for _ in 0..MAX_STEPS {
        let mut next = best.clone();
        for o in offers.iter().filter(|o| !void(o)) {
            if best.get(&o.from).is_some_and(|b| cost(o) <= u64::from(*b)) {
                let known = next.entry(o.to).or_insert(o.budget);
                *known = o.budget.max(*known);
            }
        }
        best = next;
    }
    best
}

fn budgets(graph: &Graph<u8>) -> BTreeMap<u8, u32> {
    graph
        .accepted()
        .map(|k| (*k, graph.budget(k).unwrap()))
        .collect()
}

/// Whether a key can still be come to when these are gone.
fn reached_without(graph: &Graph<u8>, roots: &Roots, gone: &BTreeSet<u8>, key: u8) -> bool {
    let counting: Vec<_> = graph
        .vouches()
        .filter(|(_, why)| why.is_none())
        .map(|(o, _)| (o.from, o.to))
        .collect();
    let mut seen: BTreeSet<u8> = roots
        .keys()
        .copied()
        .filter(|r| !gone.contains(r))
        .collect();
    loop {
        let more: Vec<u8> = counting
            .iter()
            .filter(|(f, t)| seen.contains(f) && !seen.contains(t) && !gone.contains(t))
            .map(|(_, t)| *t)
            .collect();
        if more.is_empty() {
            return seen.contains(&key);
        }
        seen.extend(more);
    }
}

/// Menger: as many chains as it takes keys to cut the key off.
fn level_by_definition(graph: &Graph<u8>, roots: &Roots, key: u8, keys: u8) -> u8 {
    let others: Vec<u8> = (0..keys).filter(|k| *k != key).collect();
    if !reached_without(graph, roots, &BTreeSet::new(), key) {
        return 0;
    }
    if roots.contains_key(&key) {
        return 3;
    }
    let cut = |gone: BTreeSet<u8>| !reached_without(graph, roots, &gone, key);
    if others.iter().any(|a| cut([*a].into())) {
        return 1;
    }
    let two = others
        .iter()
        .any(|a| others.iter().any(|b| cut([*a, *b].into())));
    if two { 2 } else { 3 }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn budgets_are_what_the_definition_says(roots in roots(10), offers in vouches(10, 40)) {
        let graph = Graph::new(roots.clone(), offers.clone());
        prop_assert_eq!(budgets(&graph), by_definition(&roots, &offers));
    }

    #[test]
    fn one_more_vouch_is_as_if_it_had_been_there(roots in roots(10), offers in vouches(10, 40)) {
        let mut growing = Graph::new(roots.clone(), []);
        for (n, o) in offers.iter().enumerate() {
            growing.add(o.clone());
            let at_once = Graph::new(roots.clone(), offers[..=n].iter().cloned());
            prop_assert_eq!(budgets(&growing), budgets(&at_once));
            for key in 0..10 {
                prop_assert_eq!(growing.distance(&key), at_once.distance(&key));
            }
        }
    }

    #[test]
    fn order_does_not_matter(
        roots in roots(10),
        (offers, mixed) in vouches(10, 40)
            .prop_flat_map(|o| (Just(o.clone()), Just(o).prop_shuffle()))
    ) {
        let (one, other) = (Graph::new(roots.clone(), offers), Graph::new(roots, mixed));
        prop_assert_eq!(budgets(&one), budgets(&other));
        let all = |g: &Graph<u8>| {
            let mut all: Vec<_> = g.vouches().map(|v| format!("{v:?}")).collect();
            all.sort();
            all
        };
        prop_assert_eq!(all(&one), all(&other));
        for key in 0..10 {
            prop_assert_eq!(one.level(&key), other.level(&key));
            prop_assert_eq!(one.distance(&key), other.distance(&key));
        }
    }

    /// Keys from 6 on are fakes, made by whoever fooled some of the others. What they vouch for
    /// among themselves is up to him.
    #[test]
    fn fakes_are_no_more_than_what_the_fooled_gave_away(
        roots in roots(6),
        honest in vouches(6, 15),
        fooled in prop::collection::vec((0..6_u8, 6..60_u8, 0..6_u32, 0..8_u32), 0..6),
        theirs in prop::collection::vec((6..60_u8, 0..60_u8, 0..9_u32, 0..4_u32), 0..300),
    ) {
        let to_offer = |(f, t, b, s): (u8, u8, u32, u32)| offer(f, t, b, s);
        let bridges: Vec<_> = fooled.into_iter().map(to_offer).collect();
        let all = honest
            .into_iter()
            .chain(bridges)
            .chain(theirs.into_iter().map(to_offer));
        let graph = Graph::new(roots, all);
        let given: u64 = graph
            .vouches()
            .filter(|(o, why)| why.is_none() && o.from < 6 && o.to >= 6)
            .map(|(o, _)| u64::from(o.budget) + 1)
            .sum();
        let fakes = graph.accepted().filter(|k| **k >= 6).count() as u64;
        prop_assert!(fakes <= given, "{} fakes, {} given away", fakes, given);
    }

    /// More vouches of honest keys, in slots after those that they used, lower nobody.
    #[test]
    fn more_honest_vouches_lower_nobody(
        roots in roots(10),
        offers in vouches(10, 30),
        more in prop::collection::vec((0..10_u8, 0..10_u8, 0..6_u32), 0..10),
    ) {
        let before = Graph::new(roots.clone(), offers.clone());
        let later = more
            .into_iter()
            .zip(100..)
            .map(|((f, t, b), slot)| offer(f, t, b, slot));
        let after = Graph::new(roots, offers.into_iter().chain(later));
        for key in 0..10 {
            prop_assert!(after.budget(&key) >= before.budget(&key));
            prop_assert!(after.level(&key) >= before.level(&key));
            if let Some(distance) = before.distance(&key) {
                prop_assert!(after.distance(&key).is_some_and(|d| d <= distance));
            }
        }
    }

    #[test]
    fn levels_are_what_menger_says(roots in roots(9), offers in vouches(9, 40)) {
        let graph = Graph::new(roots.clone(), offers);
        let two_or_more = graph.beyond_level_one();
        for key in 0..9 {
            let level = level_by_definition(&graph, &roots, key, 9);
            prop_assert_eq!(graph.level(&key), level, "key {}", key);
            prop_assert_eq!(two_or_more.contains(&key), level >= 2, "key {}", key);
            let chains = graph.chains(&key);
            if !roots.contains_key(&key) {
                prop_assert_eq!(chains.len(), usize::from(level));
            }
            let between: Vec<u8> = chains.iter().flat_map(|c| &c[..c.len() - 1]).copied().collect();
            let apart: BTreeSet<u8> = between.iter().copied().collect();
            prop_assert_eq!(apart.len(), between.len());
        }
    }

    /// Whoever fooled one organisation has nothing beyond level one.
    #[test]
    fn one_fooled_key_gives_no_level_two(
        roots in roots(6),
        honest in vouches(6, 20),
        fooled in 0..6_u8,
        bridges in prop::collection::vec((6..30_u8, 0..6_u32, 0..8_u32), 0..6),
        theirs in prop::collection::vec((6..30_u8, 6..30_u8, 0..9_u32, 0..4_u32), 0..100),
    ) {
        let bridges = bridges.into_iter().map(|(t, b, s)| offer(fooled, t, b, s));
        let theirs = theirs.into_iter().map(|(f, t, b, s)| offer(f, t, b, s));
        let graph = Graph::new(roots, honest.into_iter().chain(bridges).chain(theirs));
        for fake in 6..30 {
            prop_assert!(graph.level(&fake) <= 1);
        }
    }
}
