//! A thief has a node's record key. What he puts out comes back, in whatever order the root
//! revokes the key and affirms what stands.

use super::lab::Lab;
use super::*;
use crate::admit::SlotKey;
use crate::carried::View;
use crate::engine::{Notice, Warning};
use crate::record::delegation::SlotRange;
use crate::record::{Kind, Rule};

const TODAY: Day = Day::from_number(20_810);

/// Three organisations with two nodes each; the thief has the key of node 0.
fn lab(seed: u64) -> (Lab, Drbg) {
    let shape = Shape {
        organisations: 3,
        nodes: 2,
        ..Shape::default()
    };
    let lab = Lab::new(Federation::new(shape, seed), 6, TODAY);
    (lab, Drbg::new(seed, "stolen"))
}

/// Another record in the same slot, signed by the same key, with a lower id.
fn theft(federation: &Federation, of: &Verified, by: NodeIndex, entropy: &mut Drbg) -> Verified {
    let header = *of.header();
    let audience = match of.body() {
        Body::Report(r) => r.audience,
        _ => Audience::Federation,
    };
    loop {
        let lock = SecretKey::generate(entropy).lock();
        let body = report_body(lock, audience, entropy);
        let record = federation.sign(by, header.issued, header.expires, header.slot, body);
        if record.id() < of.id() {
            return record;
        }
    }
}

fn publish_one(lab: &mut Lab, side: usize, audience: Audience, entropy: &mut Drbg) -> Verified {
    let lock = SecretKey::generate(entropy);
    let wanted = wanted(&lock, audience, TODAY.plus(300), entropy);
    publish_wanted(lab, side, wanted)
}

fn publish_wanted(lab: &mut Lab, side: usize, wanted: Wanted) -> Verified {
    let (engine, store) = &mut lab.sides[side];
    let (outputs, outcomes) = engine.publish(vec![wanted], store, lab.now).unwrap();
    lab.perform(side, outputs);
    let id = published(Some(outcomes));
    lab.sides[side].1.get(&id).unwrap().clone()
}

fn warned(lab: &Lab, side: usize) -> Vec<Warning> {
    let (engine, store) = &lab.sides[side];
    engine.warnings(store, lab.now).unwrap()
}

fn catch_up(lab: &mut Lab) {
    for _ in 0..4 {
        lab.tick();
    }
}

#[test]
fn what_a_thief_put_out_comes_back_in_either_order() {
    for affirmed_first in [true, false] {
        let (mut lab, mut entropy) = lab(1);
        let honest: Vec<Verified> = (0..3)
            .map(|_| publish_one(&mut lab, 0, Audience::Federation, &mut entropy))
            .collect();
        catch_up(&mut lab);
        assert!(warned(&lab, 0).is_empty());
        let stolen: Vec<Verified> = honest
            .iter()
            .map(|record| theft(&lab.federation, record, 0, &mut entropy))
            .collect();
        for record in &stolen {
            lab.offer(4, record.clone()).unwrap();
        }
        catch_up(&mut lab);
        for side in 0..6 {
            let set = lab.carried(side);
            assert!(stolen.iter().all(|r| set.contains(&r.id())), "side {side}");
            assert!(honest.iter().all(|r| !set.contains(&r.id())), "side {side}");
        }
        // Its own organisation is told, and nobody else.
        let node = lab.federation.stations[0].record.node();
        for side in 0..6 {
            let told = lab.told.contains(&(side, Notice::Contested(node)));
            assert_eq!(told, side < 2, "side {side}");
            let records = 3;
            let warning = Warning::Contested { key: node, records };
            assert_eq!(warned(&lab, side).contains(&warning), side < 2);
        }
        let ids = honest.iter().map(Verified::id).collect();
        let affirmation = lab.federation.affirmation(0, ids, TODAY, 30);
        let revocation = lab.federation.revocation(0, TODAY, 31);
        let order = match affirmed_first {
            true => [affirmation, revocation],
            false => [revocation, affirmation],
        };
        for record in order {
            lab.offer(1, record).unwrap();
            catch_up(&mut lab);
        }
        for side in 1..6 {
            let set = lab.carried(side);
            assert_eq!(set, lab.carried(1), "side {side}");
            assert!(honest.iter().all(|r| set.contains(&r.id())), "side {side}");
            assert!(stolen.iter().all(|r| !set.contains(&r.id())), "side {side}");
        }
        for record in &honest {
            assert!(lab.gossiped.contains(&(1, record.id())), "it is passed on");
        }
        assert!(warned(&lab, 1).is_empty(), "the key is revoked");
    }
}

#[test]
fn the_same_over_a_network() {
    for affirmed_first in [true, false] {
        let shape = Shape {
            organisations: 4,
            nodes: 2,
            ..Shape::default()
        };
        let federation = Federation::new(shape, 21);
        let mut world = World::new(federation, Pace::SLOW, Conditions::BAD, 21);
        let mut entropy = Drbg::new(21, "test");
        world.run_for(2 * HOUR);
        let (id, _) = report(&mut world, 0, 400, &mut entropy);
        world.run_for(DAY);
        let honest = copy(&world, 0, &id);
        let stolen = theft(&world.federation, &honest, 0, &mut entropy);
        world.hand(0, 5, &stolen);
        world.import(6, stolen.clone());
        world.run_for(DAY);
        for node in 0..8 {
            let set = world.carried(node);
            assert!(set.contains(&stolen.id()) && !set.contains(&id));
        }
        let today = world.today();
        let affirmation = world.federation.affirmation(0, vec![id], today, 30);
        let revocation = world.federation.revocation(0, today, 31);
        let order = match affirmed_first {
            true => [affirmation, revocation],
            false => [revocation, affirmation],
        };
        for record in order {
            world.import(1, record);
            world.run_for(DAY);
        }
        for node in 1..8 {
            let set = world.carried(node);
            assert_eq!(set, world.carried(1), "node {node}");
            assert!(set.contains(&id) && !set.contains(&stolen.id()));
        }
    }
}

#[test]
fn a_slot_that_is_free_again_goes_back_without_an_affirmation() {
    let (mut lab, mut entropy) = lab(2);
    // The second node was given the first one's slots as well.
    let whole = SlotRange {
        first: 0,
        count: 100,
    };
    let wide = lab.federation.delegation(1, TODAY, 30, whole, 40);
    lab.offer(0, wide).unwrap();
    let honest = publish_one(&mut lab, 0, Audience::Federation, &mut entropy);
    let stolen = theft(&lab.federation, &honest, 1, &mut entropy);
    lab.offer(0, stolen.clone()).unwrap();
    assert!(!lab.carried(0).contains(&honest.id()));
    let revocation = lab.federation.revocation(1, TODAY, 41);
    lab.offer(0, revocation).unwrap();
    let set = lab.carried(0);
    assert!(set.contains(&honest.id()) && !set.contains(&stolen.id()));
    assert!(lab.gossiped.contains(&(0, honest.id())));
}

#[test]
fn a_slot_whose_winner_its_lock_destroyed_goes_back() {
    // Whoever publishes the retraction: its own organisation or another.
    for by in [1, 2] {
        let (mut lab, mut entropy) = lab(7);
        let honest = publish_one(&mut lab, 0, Audience::Federation, &mut entropy);
        let lock = SecretKey::generate(&mut entropy);
        let (header, federation) = (*honest.header(), &lab.federation);
        let stolen = loop {
            let body = report_body(lock.lock(), Audience::Federation, &mut entropy);
            let one = federation.sign(0, TODAY, header.expires, header.slot, body);
            if one.id() < honest.id() {
                break one;
            }
        };
        let first = federation.stations[by].slots.first;
        let tombstone = federation.retraction(by, &lock, true, TODAY, first + 9);
        lab.offer(0, stolen.clone()).unwrap();
        assert!(!lab.carried(0).contains(&honest.id()));
        lab.offer(0, tombstone).unwrap();
        let set = lab.carried(0);
        assert!(set.contains(&honest.id()) && !set.contains(&stolen.id()));
        assert!(lab.gossiped.contains(&(0, honest.id())));
        assert!(lab.sides[0].1.aside(&stolen.id()).unwrap().is_none());
    }
}

#[test]
fn a_slot_whose_winner_has_expired_goes_back() {
    let (mut lab, mut entropy) = lab(8);
    let honest = publish_one(&mut lab, 0, Audience::Federation, &mut entropy);
    let stolen = loop {
        let lock = SecretKey::generate(&mut entropy).lock();
        let body = report_body(lock, Audience::Federation, &mut entropy);
        let slot = honest.header().slot;
        let one = lab.federation.sign(0, TODAY, TODAY.plus(2), slot, body);
        if one.id() < honest.id() {
            break one;
        }
    };
    lab.offer(0, stolen.clone()).unwrap();
    for day in 0..4 {
        lab.tick();
        let set = lab.carried(0);
        assert_eq!(set.contains(&stolen.id()), day < 3);
        assert_eq!(set.contains(&honest.id()), day == 3);
        lab.next_day();
    }
    assert!(lab.gossiped.contains(&(0, honest.id())));
}

#[test]
fn a_thief_cannot_fill_what_is_set_aside() {
    let (mut lab, mut entropy) = lab(3);
    let honest = publish_one(&mut lab, 0, Audience::Federation, &mut entropy);
    let mut last = honest.clone();
    for _ in 0..6 {
        last = theft(&lab.federation, &last, 0, &mut entropy);
        lab.offer(0, last.clone()).unwrap();
        // And the one before once more.
        let _ = lab.offer(0, honest.clone());
    }
    let slot = SlotKey::of(&honest, false);
    let aside = lab.sides[0].1.aside_in(&slot).unwrap();
    assert_eq!(aside.len(), 2);
    assert!(aside.contains(&honest.id()));
    // Other organisations keep nothing of it.
    lab.offer(3, honest.clone()).unwrap();
    lab.offer(3, last).unwrap();
    assert!(lab.sides[3].1.aside_in(&slot).unwrap().is_empty());
    // It goes when it expires.
    for _ in 0..301 {
        lab.next_day();
    }
    lab.tick();
    assert!(lab.sides[0].1.aside_in(&slot).unwrap().is_empty());
}

#[test]
fn what_its_lock_destroyed_never_comes_back() {
    for put_out_first in [true, false] {
        let (mut lab, mut entropy) = lab(4);
        let lock = SecretKey::generate(&mut entropy);
        let wanted = wanted(&lock, Audience::Federation, TODAY.plus(300), &mut entropy);
        let honest = publish_wanted(&mut lab, 0, wanted);
        let stolen = theft(&lab.federation, &honest, 0, &mut entropy);
        let tombstone = lab.federation.retraction(2, &lock, true, TODAY, 9);
        if put_out_first {
            lab.offer(0, stolen).unwrap();
            assert!(lab.sides[0].1.aside(&honest.id()).unwrap().is_some());
            lab.offer(0, tombstone).unwrap();
        } else {
            lab.offer(0, tombstone).unwrap();
            lab.offer(0, stolen).unwrap();
        }
        assert!(lab.sides[0].1.aside(&honest.id()).unwrap().is_none());
        let affirmation = lab.federation.affirmation(0, vec![honest.id()], TODAY, 30);
        lab.offer(0, affirmation).unwrap();
        assert!(!lab.carried(0).contains(&honest.id()));
        let refusal = lab.offer(0, honest).unwrap_err();
        assert_eq!(refusal.rule, Rule::Retracted);
    }
}

#[test]
fn what_comes_after_the_revocation_waits_for_the_affirmation() {
    let (mut lab, mut entropy) = lab(5);
    let lock = SecretKey::generate(&mut entropy);
    let body = report_body(lock.lock(), Audience::Federation, &mut entropy);
    let late = lab.federation.sign(0, TODAY, TODAY.plus(90), 7, body);
    let revocation = lab.federation.revocation(0, TODAY, 31);
    lab.offer(1, revocation).unwrap();
    assert_eq!(
        lab.offer(1, late.clone()).unwrap_err().rule,
        Rule::RevokedKey
    );
    let affirmation = lab.federation.affirmation(0, vec![late.id()], TODAY, 30);
    lab.offer(1, affirmation).unwrap();
    assert!(lab.carried(1).contains(&late.id()));
}

#[test]
fn an_own_report_comes_back_and_stays_home() {
    let (mut lab, mut entropy) = lab(6);
    let own = publish_one(&mut lab, 0, Audience::Own, &mut entropy);
    let stolen = theft(&lab.federation, &own, 0, &mut entropy);
    lab.offer(0, stolen).unwrap();
    assert!(!lab.carried(0).contains(&own.id()));
    let affirmation = lab.federation.affirmation(0, vec![own.id()], TODAY, 30);
    lab.offer(0, affirmation).unwrap();
    assert!(lab.carried(0).contains(&own.id()));
    assert_eq!(lab.sides[0].1.is_own(&own.id()), Ok(true));
    assert!(!lab.gossiped.contains(&(0, own.id())));
    assert_eq!(lab.sides[0].1.count(Kind::Report), Ok(0));
}
