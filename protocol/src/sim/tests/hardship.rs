//! No single point: what one honest, connected node accepted reaches all the others.

use super::super::{Broken, chaos};
use super::*;
use std::collections::BTreeSet;

fn all_have(world: &World, ids: &[RecordId], nodes: impl IntoIterator<Item = NodeIndex>) {
    for node in nodes {
        let set = world.carried(node);
        for id in ids {
            assert!(set.contains(id), "node {node} lacks {id}");
        }
    }
}

#[test]
fn all_reaches_all_through_loss_a_week_apart_and_crashes() {
    let mut world = world(7, Pace::SLOW, Conditions::BAD, 1);
    let mut entropy = Drbg::new(1, "test");
    let mut ids = Vec::new();
    for n in 0..14 {
        ids.push(report(&mut world, n % 7, 500, &mut entropy).0);
        world.run_for(HOUR / 2);
    }
    world.partition(&BTreeSet::from([0, 1, 2]));
    for n in 0..14 {
        // One a side dies and starts again from what it had stored.
        match n {
            4 => [1, 6].into_iter().for_each(|n| world.crash(n)),
            6 => [1, 6].into_iter().for_each(|n| world.start(n)),
            _ => {}
        }
        ids.push(report(&mut world, n % 7, 500, &mut entropy).0);
        world.run_for(DAY / 2);
    }
    let (left, right) = (world.carried(0), world.carried(6));
    assert_ne!(left, right, "apart, the two sides cannot agree");
    world.heal();
    assert!(world.run_until_agreed(3 * DAY).is_some());
    all_have(&world, &ids, 0..7);
}

#[test]
fn one_node_may_vanish_for_ever() {
    let mut world = world(5, Pace::SLOW, Conditions::BAD, 2);
    let mut entropy = Drbg::new(2, "test");
    let (early, _) = report(&mut world, 2, 500, &mut entropy);
    assert!(world.run_until_agreed(DAY).is_some());
    world.crash(2);
    let later: Vec<RecordId> = [0, 1, 3, 4]
        .into_iter()
        .map(|n| report(&mut world, n, 500, &mut entropy).0)
        .collect();
    world.run_for(HOUR);
    assert!(world.run_until_agreed(2 * DAY).is_some());
    all_have(&world, &[early], [0, 1, 3, 4]);
    all_have(&world, &later, [0, 1, 3, 4]);
}

#[test]
fn what_was_acknowledged_survives_a_crash_at_any_output() {
    for outputs in 0..4 {
        let mut world = world(3, Pace::LIVE, Conditions::PERFECT, 3);
        let mut entropy = Drbg::new(3, "test");
        world.crash_after(0, outputs);
        let lock = SecretKey::generate(&mut entropy);
        let expires = world.today().plus(500);
        let wanted = wanted(&lock, Audience::Federation, expires, &mut entropy);
        let outcome = world.publish(0, vec![wanted.clone()]);
        let acknowledged = outcome.is_some();
        world.crash(0);
        world.start(0);
        // Whoever got no answer sends again, and gets one record for it.
        let id = published(world.publish(0, vec![wanted]));
        if acknowledged {
            assert_eq!(published(outcome), id);
        }
        world.run_for(HOUR / 10);
        assert!(world.agree());
        let reports = |r: &&Verified| r.body().lock() == Some(&lock.lock());
        let store = world.store(1);
        let copies = store.ids().filter_map(|id| store.get(&id));
        assert_eq!(copies.filter(reports).count(), 1);
    }
}

#[test]
fn a_node_that_leaves_out_hides_nothing() {
    let mut world = world(5, Pace::SLOW, Conditions::PERFECT, 4);
    let mut entropy = Drbg::new(4, "test");
    let lock = SecretKey::generate(&mut entropy);
    let body = report_body(lock.lock(), Audience::Federation, &mut entropy);
    let today = world.today();
    let record = world.federation.sign(0, today, today.plus(300), 9, body);
    world.withhold(1, [record.id()]);
    world.import(0, record.clone());
    world.run_for(2 * DAY);
    all_have(&world, &[record.id()], [0, 2, 3, 4]);
    assert!(!world.carried(1).contains(&record.id()));
}

#[test]
fn a_publisher_who_tells_each_node_something_else_leaves_equal_sets() {
    let mut world = world(5, Pace::SLOW, Conditions::BAD, 5);
    let mut entropy = Drbg::new(5, "test");
    let today = world.today();
    let lock = SecretKey::generate(&mut entropy);
    for slot in 0..20 {
        for to in 1..5 {
            let record = if (slot + to) % 4 == 0 {
                let slot = slot as u32;
                world.federation.retraction(0, &lock, to == 1, today, slot)
            } else {
                let body = report_body(lock.lock(), Audience::Federation, &mut entropy);
                let expires = today.plus(300);
                world.federation.sign(0, today, expires, slot as u32, body)
            };
            world.import(to, record);
        }
    }
    world.run_for(HOUR);
    assert!(world.run_until_agreed(3 * DAY).is_some());
}

#[test]
fn clocks_two_days_off_still_catch_up() {
    for skew in [-2, 2] {
        let mut world = world(4, Pace::SLOW, Conditions::PERFECT, 6);
        let mut entropy = Drbg::new(6, "test");
        world.crash(3);
        let ids: Vec<RecordId> = (0..3)
            .map(|n| report(&mut world, n, 400, &mut entropy).0)
            .collect();
        world.run_for(DAY);
        world.skew(3, skew * DAY as i64);
        world.start(3);
        // Those dated after its tomorrow wait there until their day comes.
        world.run_for(4 * DAY);
        all_have(&world, &ids, 0..4);
    }
}

#[test]
fn fifty_seeds_of_chaos() {
    let broken: Vec<(u64, Broken)> = (0..50)
        .filter_map(|seed| chaos(seed).err().map(|why| (seed, why)))
        .collect();
    assert_eq!(broken, []);
}

/// Seeds that once broke a promise, or break one without what mended others. The simulated network
/// has changed since, and with it what these seeds draw: `order`, `stolen` and `clock` hold each of
/// the cases by itself.
const MENDED: [u64; 10] = [
    // A hostile publisher signs into a slot of the node whose key it has: the lower id wins, and
    // the acknowledged record may be missing, but only as long as the winner is carried.
    100_255, 100_565, 1_069,
    // A report that never leaves its organisation held a slot at home against a forged one that
    // all others carried: such records have slots of their own now.
    100_870, 200_209, 1_008,
    // A winner that its own lock destroyed left the slot empty, and what had lost it stayed out.
    1_127, 102_417,
    // Started again just before midnight after days away, a node doubted the new day for good.
    101_982, 102_484,
];

#[test]
fn what_once_broke_stays_mended() {
    let broken: Vec<(u64, Broken)> = MENDED
        .into_iter()
        .filter_map(|seed| chaos(seed).err().map(|why| (seed, why)))
        .collect();
    assert_eq!(broken, []);
}

#[test]
fn chaos_has_the_same_bytes_for_the_same_seed() {
    let run = |seed| chaos(seed).unwrap();
    for seed in 0..5 {
        let (first, again) = (run(seed), run(seed));
        assert_eq!(first.digest(), again.digest());
        assert_eq!(first.report, again.report);
        assert_ne!(first.digest(), run(seed + 1).digest());
    }
}
