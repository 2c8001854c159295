#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::*;
use crate::area::Area;
use crate::record::vouch::{Scope, Topic};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

mod chains;
mod hostile;
mod more;

fn offer(from: u8, to: u8, budget: u32, slot: u32) -> Offer<u8> {
    Offer {
        from,
        to,
        budget,
        slot,
        standing: Standing::InForce,
        until: None,
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

#[test]
fn what_stands_before_a_key_is_not_taken_for_where_its_chains_began() {
    // 10 has level two: behind 2 and 12. Through it goes a third chain to 11, which begins at 3 and
    // not where the chain to 10 began that was found first.
    let (many, few) = (9, 0);
    let offers = [
        offer(2, 10, many, 1),
        offer(1, 11, few, 1),
        offer(2, 11, few, 2),
        offer(10, 11, few, 1),
        offer(1, 12, many, 2),
        offer(12, 10, few, 1),
        offer(3, 13, many, 1),
        offer(4, 13, many, 1),
        offer(3, 14, many, 2),
        offer(4, 14, many, 2),
        offer(13, 12, 2, 1),
        offer(14, 12, 2, 1),
    ];
    let graph = Graph::new((1..5).map(|root| (root, 99)), offers);
    for (key, level) in [(10, 2), (11, 3), (12, 3), (13, 2), (14, 2)] {
        assert_eq!(graph.level(&key), level, "{key}");
        assert_eq!(graph.levels().get(&key), Some(&level), "{key} with all");
    }
}

type Roots = BTreeMap<u8, u32>;

/// Mostly in force; else any other.
fn standings() -> impl Strategy<Value = Standing> {
    prop_oneof![
        6 => Just(Standing::InForce),
        2 => Just(Standing::OutOfScope),
        1 => Just(Standing::Blocked),
        1 => Just(Standing::Ended),
        1 => Just(Standing::Later),
        1 => Just(Standing::Revoked),
    ]
}

prop_compose! {
    fn vouches(keys: u8, most: usize)(
        list in prop::collection::vec((0..keys, 0..keys, 0..6_u32, 0..8_u32, standings()), 0..most)
    ) -> Vec<Offer<u8>> {
        let with = |(f, t, b, s, standing)| Offer { standing, ..offer(f, t, b, s) };
        list.into_iter().map(with).collect()
    }
}

/// A vouch before it is known what is asked.
type Scoped = (u8, u8, u32, u32, Scope);

prop_compose! {
    fn scopes()(
        topics in prop::collection::btree_set(prop::sample::select(Topic::ALL.to_vec()), 0..3),
        areas in prop::collection::btree_set(prop::sample::select(places()), 0..3),
    ) -> Scope {
        Scope { topics, areas }
    }
}

fn places() -> Vec<Area> {
    let all = ["FR", "FR:lyon", "FR-93", "GB", "GB:london"];
    all.iter()
        .map(|a| Area::from_canonical(a).unwrap())
        .collect()
}

/// Every kind of record, in no area and in each.
fn questions() -> Vec<Question> {
    let areas = places().into_iter().map(Some).chain([None]);
    let with = |area: Option<Area>| {
        let topics = Topic::ALL.into_iter();
        topics.map(move |topic| Question {
            topic,
            area: area.clone(),
        })
    };
    areas.flat_map(with).collect()
}

/// What vouches come to when this is asked.
fn asked(vouches: &[Scoped], question: &Question) -> Vec<Offer<u8>> {
    let offered = |(from, to, budget, slot, scope): &Scoped| {
        let covers = scope.covers(question.topic, question.area.as_ref());
        let standing = if covers {
            Standing::InForce
        } else {
            Standing::OutOfScope
        };
        Offer {
            standing,
            ..offer(*from, *to, *budget, *slot)
        }
    };
    vouches.iter().map(offered).collect()
}

prop_compose! {
    fn roots(keys: u8)(
        map in prop::collection::btree_map(0..keys, prop_oneof![0..20_u32, 20..90_u32], 1..4)
    ) -> Roots {
        map
    }
}

/// The vouches that can count, each with the cost up to it: by the definition, without any cleverness.
fn priced(offers: &[Offer<u8>]) -> Vec<(Offer<u8>, u64)> {
    let past = [Standing::Ended, Standing::Later, Standing::Revoked];
    let holds = |o: &&Offer<u8>| o.from != o.to && !past.contains(&o.standing);
    let holding: Vec<&Offer<u8>> = offers.iter().filter(holds).collect();
    let alone = |o: &&&Offer<u8>| {
        let same = holding
            .iter()
            .filter(|p| (p.from, p.slot) == (o.from, o.slot));
        same.count() == 1
    };
    let costing: Vec<&Offer<u8>> = holding.iter().filter(alone).copied().collect();
    let cost = |o: &Offer<u8>| -> u64 {
        costing
            .iter()
            .filter(|p| p.from == o.from && p.slot <= o.slot)
            .map(|p| u64::from(p.budget) + 1)
            .sum()
    };
    costing
        .iter()
        .filter(|o| o.standing == Standing::InForce)
        .map(|o| ((*o).clone(), cost(o)))
        .collect()
}

/// The longest chain that counts, by the spec and not by the program.
const STEPS: usize = 5;

/// The budgets that chains of at most 0, 1, … [`STEPS`] vouches give.
fn by_steps(roots: &Roots, offers: &[Offer<u8>]) -> Vec<Roots> {
    let priced = priced(offers);
    let mut steps = vec![roots.clone()];
    for n in 0..STEPS {
        let best = &steps[n];
        let mut next = best.clone();
        for (o, cost) in &priced {
            if best.get(&o.from).is_some_and(|b| *cost <= u64::from(*b)) {
                let known = next.entry(o.to).or_insert(o.budget);
                *known = o.budget.max(*known);
            }
        }
        steps.push(next);
    }
    steps
}

/// What the definition says.
fn by_definition(roots: &Roots, offers: &[Offer<u8>]) -> Roots {
    by_steps(roots, offers).pop().unwrap()
}

/// The vouches that count, by the definition.
fn counting(roots: &Roots, offers: &[Offer<u8>]) -> Vec<Offer<u8>> {
    let best = &by_steps(roots, offers)[STEPS - 1];
    let within =
        |(o, cost): &(Offer<u8>, u64)| best.get(&o.from).is_some_and(|b| *cost <= u64::from(*b));
    let all = priced(offers).into_iter();
    all.filter(within).map(|(o, _)| o).collect()
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
        prop_assert_eq!(one.levels(), other.levels());
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
        let all: Vec<_> = all.collect();
        let graph = Graph::new(roots.clone(), all.clone());
        let given: u64 = counting(&roots, &all)
            .iter()
            .filter(|o| o.from < 6 && o.to >= 6)
            .map(|o| u64::from(o.budget) + 1)
            .sum();
        let fakes = graph.accepted().filter(|k| **k >= 6).count() as u64;
        prop_assert!(fakes <= given, "{} fakes, {} given away", fakes, given);
    }

    /// More vouches of honest keys, in slots after those that they used, lower nobody.
    #[test]
    fn more_honest_vouches_lower_nobody(
        roots in roots(10),
        offers in vouches(10, 30),
        more in prop::collection::vec((0..10_u8, 0..10_u8, 0..6_u32, standings()), 0..10),
    ) {
        let before = Graph::new(roots.clone(), offers.clone());
        let later = more
            .into_iter()
            .zip(100..)
            .map(|((f, t, b, standing), slot)| Offer { standing, ..offer(f, t, b, slot) });
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
        let levels = graph.levels();
        for key in 0..9 {
            let level = level_by_definition(&graph, &roots, key, 9);
            prop_assert_eq!(graph.level(&key), level, "key {}", key);
            prop_assert_eq!(levels.get(&key).copied().unwrap_or(0), level, "key {}", key);
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

    /// All at once or one by one: in larger graphs too, where chains are long and cross.
    #[test]
    fn levels_all_at_once_are_those_of_each(
        roots in prop::collection::btree_map(0..6_u8, 60..200_u32, 2..6),
        list in prop::collection::vec((0..60_u8, 0..60_u8, 0..40_u32, 0..30_u32), 60..260),
    ) {
        let offers: Vec<_> = list.into_iter().map(|(f, t, b, s)| offer(f, t, b / (1 + s), s)).collect();
        let graph = Graph::new(roots, offers);
        let levels = graph.levels();
        for key in 0..60 {
            prop_assert_eq!(levels.get(&key).copied().unwrap_or(0), graph.level(&key), "{}", key);
            prop_assert_eq!(graph.places().get(&key).copied(), graph.place_of(&key), "{}", key);
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

    /// The bound holds for every question by itself: what the fooled keys gave away in all, whatever
    /// it was about, and of that only what is about the question lets anybody in.
    #[test]
    fn fakes_are_bounded_whatever_is_asked(
        roots in roots(6),
        honest in prop::collection::vec((0..6_u8, 0..6_u8, 0..6_u32, 0..8_u32, scopes()), 0..15),
        fooled in prop::collection::vec((0..6_u8, 6..40_u8, 0..6_u32, 0..8_u32, scopes()), 0..6),
        theirs in prop::collection::vec((6..40_u8, 0..40_u8, 0..9_u32, 0..4_u32, scopes()), 0..200),
    ) {
        let all = [honest, fooled, theirs].concat();
        for question in questions() {
            let graph = Graph::new(roots.clone(), asked(&all, &question));
            let given: u64 = graph
                .vouches()
                .filter(|(o, why)| why.is_none() && o.from < 6 && o.to >= 6)
                .map(|(o, _)| u64::from(o.budget) + 1)
                .sum();
            let fakes = graph.accepted().filter(|k| **k >= 6).count() as u64;
            prop_assert!(fakes <= given, "{fakes} fakes, {given} given away, {question:?}");
        }
    }

    /// Nobody spends more than his budget on those he brings in for one question, and what he gave
    /// for others is part of it.
    #[test]
    fn vouches_about_other_things_cost_as_well(
        roots in roots(8),
        vouches in prop::collection::vec((0..8_u8, 0..8_u8, 0..6_u32, 0..8_u32, scopes()), 0..40),
    ) {
        for question in questions() {
            let graph = Graph::new(roots.clone(), asked(&vouches, &question));
            for key in 0..8 {
                let last = graph
                    .vouches_by(&key)
                    .filter(|(_, why)| why.is_none())
                    .map(|(o, _)| o.slot)
                    .max();
                let Some(last) = last else { continue };
                let spent: u64 = graph
                    .vouches_by(&key)
                    .filter(|(o, why)| {
                        o.slot <= last && matches!(why, None | Some(Ignored::OutOfScope))
                    })
                    .map(|(o, _)| u64::from(o.budget) + 1)
                    .sum();
                let budget = graph.budget(&key).map(u64::from).unwrap_or_default();
                prop_assert!(spent <= budget, "{key} spent {spent} of {budget}");
            }
        }
    }

    /// More honest vouches, of any scope, lower nobody in any question; and the order in which
    /// vouches come changes no answer.
    #[test]
    fn with_scopes_more_lowers_nobody_and_order_does_not_matter(
        roots in roots(8),
        vouches in prop::collection::vec((0..8_u8, 0..8_u8, 0..6_u32, 0..8_u32, scopes()), 0..25),
        more in prop::collection::vec((0..8_u8, 0..8_u8, 0..6_u32, scopes()), 0..8),
    ) {
        let later = more
            .into_iter()
            .zip(100..)
            .map(|((f, t, b, scope), slot)| (f, t, b, slot, scope));
        let with: Vec<Scoped> = vouches.iter().cloned().chain(later).collect();
        let backwards: Vec<Scoped> = with.iter().rev().cloned().collect();
        for question in questions() {
            let of = |all: &[Scoped]| Graph::new(roots.clone(), asked(all, &question));
            let (before, after, other) = (of(&vouches), of(&with), of(&backwards));
            prop_assert_eq!(after.levels(), other.levels());
            prop_assert_eq!(budgets(&after), budgets(&other));
            for key in 0..8 {
                prop_assert!(after.budget(&key) >= before.budget(&key));
                prop_assert!(after.level(&key) >= before.level(&key));
            }
        }
    }

    /// All that counts for a key is said to be used, and all that does not is said with why.
    #[test]
    fn explanations_leave_nothing_out(roots in roots(9), offers in vouches(9, 40)) {
        let graph = Graph::new(roots, offers);
        for key in 0..9 {
            let said = graph.explain(&key);
            prop_assert_eq!(said.place.is_some(), graph.budget(&key).is_some());
            for (offer, why) in graph.vouches_for(&key) {
                match why {
                    None => prop_assert!(said.used.contains(&offer)),
                    Some(why) => prop_assert!(said.ignored.contains(&(offer, why))),
                }
            }
            for chain in &said.chains {
                for (from, to) in chain.iter().zip(&chain[1..]) {
                    prop_assert!(said.used.iter().any(|o| (o.from, o.to) == (*from, *to)));
                }
            }
            prop_assert_eq!(said.place.is_some(), !said.in_words(crate::trust::Roots::Own, &u8::to_string)[0].contains("not in"));
        }
    }
}
