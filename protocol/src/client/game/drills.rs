//! Two attacks that the game shows to come to nothing, each by itself.

use super::super::testing::{Seeded, World};
use super::super::tests::{file_one, says};
use super::super::{Alarm, Check, CheckOptions, Checked};
use crate::handle::Handle;
use crate::ids::Lock;
use crate::wire::sealed::{MAX_LOCKS, Question};
use std::collections::BTreeSet;

fn check(world: &mut World, handles: &[String], seed: u64) -> Checked {
    world.heard.clear();
    let federation = world.federation(1);
    let handles = handles.iter().map(|h| Handle::from_canonical(h).unwrap());
    let options = CheckOptions::default();
    let check = Check::new(
        &federation,
        handles.collect(),
        options,
        &mut Seeded::new(seed),
    );
    world.carry(1, check.unwrap()).unwrap()
}

/// A node leaves out a whole bucket, to see by what it is asked about then which report of it opened.
#[test]
fn a_node_that_withholds_a_bucket_is_asked_about_some_of_it_whatever_was_looked_for() {
    let mut world = World::new(3, 2);
    let number = |n: usize| format!("phone:+336399812{n:02}");
    let receipts: Vec<_> = (0..24)
        .map(|n| {
            file_one(
                &mut world,
                if n % 2 == 0 { 0 } else { 2 },
                says(&[&number(n)], ""),
            )
        })
        .collect();
    world.nodes[2].hides = receipts.iter().map(|r| r.id()).collect();
    for node in &mut world.nodes {
        node.says_carried = Some(3);
    }
    world.today = world.today.plus(2);
    let about: Lock = receipts[7].grip.lock;
    let mut named = 0;
    let mut chosen: BTreeSet<Vec<Lock>> = BTreeSet::new();
    for seed in 0..16 {
        let checked = check(&mut world, &[number(7)], seed);
        // It is found out, and what it hides is shown.
        assert_eq!(checked.results[0].reports.len(), 1);
        let [
            Alarm::LeftOut {
                organisation,
                reports,
                ..
            },
        ] = checked.alarms.as_slice()
        else {
            panic!("{:?}", checked.alarms)
        };
        assert_eq!((organisation.as_str(), reports.len()), ("rowan", MAX_LOCKS));
        let questions: Vec<&Vec<Lock>> = world
            .heard
            .iter()
            .filter_map(|(_, question)| match question {
                Question::Locks(locks) => Some(locks),
                _ => None,
            })
            .collect();
        let [locks] = questions.as_slice() else {
            panic!("{} questions about differences", questions.len())
        };
        assert_eq!(locks.len(), MAX_LOCKS);
        named += usize::from(locks.contains(&about));
        chosen.insert((*locks).clone());
    }
    // Eight of 24 are asked about: a third of the times this one is among them, and not every time.
    assert!((1..=11).contains(&named), "{named} of 16");
    assert_eq!(chosen.len(), 16);
}

/// A list is sorted, and the nodes that answer look in which order its buckets come.
#[test]
fn the_questions_of_a_sorted_list_come_in_any_order() {
    let mut world = World::new(3, 2);
    for node in &mut world.nodes {
        node.says_carried = Some(1_000_000);
    }
    let numbers: Vec<String> = (0..12).map(|n| format!("phone:+336399812{n:02}")).collect();
    let mut orders: BTreeSet<Vec<u32>> = BTreeSet::new();
    let mut sorted: BTreeSet<Vec<u32>> = BTreeSet::new();
    for seed in 0..4 {
        check(&mut world, &numbers, seed);
        let buckets = world.heard.iter().map(|(_, question)| match question {
            Question::Bucket { bucket, .. } => bucket.value,
            other => panic!("{other:?}"),
        });
        let mut all: Vec<u32> = buckets.collect();
        assert_eq!(all.len(), 24);
        let second = all.split_off(12);
        for mut order in [all, second] {
            orders.insert(order.clone());
            order.sort_unstable();
            sorted.insert(order);
        }
    }
    // The same twelve, in eight orders.
    assert_eq!((sorted.len(), orders.len()), (1, 8));
}
