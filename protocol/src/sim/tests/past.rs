//! A node that lost its store must not sign a second record into a slot that it used.

use super::lab::Lab;
use super::*;
use crate::engine::{Engine, Settings};
use crate::record::delegation::SlotRange;
use crate::time::Day;

const TODAY: Day = Day::from_number(20_810);

fn lab(nodes: u16) -> (Lab, Drbg) {
    let shape = Shape {
        nodes,
        ..Shape::default()
    };
    let count = 3 * usize::from(nodes);
    let lab = Lab::new(Federation::new(shape, 21), count, TODAY);
    (lab, Drbg::new(21, "past"))
}

fn publish(lab: &mut Lab, side: usize, entropy: &mut Drbg) -> Result<RecordId, String> {
    let lock = SecretKey::generate(entropy);
    let wanted = wanted(&lock, Audience::Federation, TODAY.plus(300), entropy);
    let (engine, store) = &mut lab.sides[side];
    let (outputs, outcomes) = engine.publish(vec![wanted], store, lab.now).unwrap();
    lab.perform(side, outputs);
    match outcomes.into_iter().next().unwrap() {
        Outcome::Published(id) => Ok(id),
        Outcome::Refused { code, .. } => Err(code),
    }
}

fn tick(lab: &mut Lab, side: usize) {
    // Sets for catch-up may be some seconds old.
    lab.now = lab.now.plus_millis(10_000);
    let (engine, store) = &mut lab.sides[side];
    engine.sync_soon(lab.now);
    let outputs = engine.tick(store, lab.now).unwrap();
    lab.perform(side, outputs);
}

#[test]
fn a_node_without_its_past_publishes_after_it_caught_up() {
    let (mut lab, mut entropy) = lab(1);
    let before: Vec<_> = (0..3)
        .map(|_| publish(&mut lab, 0, &mut entropy).unwrap())
        .collect();
    lab.tick();
    lab.lose_store(0);
    let nothing_but_delegations = lab.carried(0);
    let refused = publish(&mut lab, 0, &mut entropy);
    assert_eq!(refused, Err("catching-up".to_owned()));
    tick(&mut lab, 0);
    assert_eq!(lab.carried(0), nothing_but_delegations, "nobody is there");
    assert!(lab.sides[0].0.must_catch_up(lab.now));

    lab.connect_to(0, &[1]);
    tick(&mut lab, 0);
    assert!(!lab.sides[0].0.must_catch_up(lab.now));
    let after = publish(&mut lab, 0, &mut entropy).unwrap();
    lab.connect();
    lab.now = lab.now.plus_millis(10_000);
    lab.tick();
    // None put another out.
    for set in lab.sets() {
        assert!(before.iter().chain([&after]).all(|id| set.contains(id)));
    }
}

/// A node that starts with a clock that is ahead has not come to a later day by that.
#[test]
fn a_clock_put_right_after_the_start_makes_no_past() {
    let (mut lab, _) = lab(1);
    tick(&mut lab, 0);
    let (now, store) = (lab.now, &lab.sides[0].1);
    let settings = Settings {
        catch_up_first: true,
        ..Settings::default()
    };
    let (charter, me) = (lab.federation.charter.clone(), lab.federation.identity(0));
    let mut engine = Engine::new(charter, me, settings, store).unwrap();
    let ahead = now.plus_millis(30 * 86_400_000);
    engine.begin(ahead);
    assert!(engine.must_catch_up(ahead) && engine.must_catch_up(now));
    engine.tick(store, ahead).unwrap();
    engine.tick(store, now).unwrap();
    assert!(engine.must_catch_up(now));
    // When its day is over there is nothing to fear, as without that.
    let tomorrow = now.plus_millis(86_400_000);
    assert!(!engine.must_catch_up(tomorrow));
}

#[test]
fn a_node_of_its_own_organisation_does_not_do() {
    let (mut lab, mut entropy) = lab(2);
    publish(&mut lab, 0, &mut entropy).unwrap();
    lab.tick();
    lab.lose_store(0);
    lab.connect_to(0, &[1]);
    tick(&mut lab, 0);
    let refused = publish(&mut lab, 0, &mut entropy);
    assert_eq!(refused, Err("catching-up".to_owned()));
    lab.connect_to(0, &[2]);
    tick(&mut lab, 0);
    publish(&mut lab, 0, &mut entropy).unwrap();
}

#[test]
fn it_waits_for_nobody_when_nothing_can_have_been_signed() {
    // The next day has no used slots.
    let (mut lab, mut entropy) = lab(1);
    lab.lose_store(0);
    assert!(publish(&mut lab, 0, &mut entropy).is_err());
    lab.next_day();
    publish(&mut lab, 0, &mut entropy).unwrap();

    // A node that was delegated today is new.
    let shape = Shape {
        made: TODAY,
        ..Shape::default()
    };
    let mut lab = Lab::new(Federation::new(shape, 22), 3, TODAY);
    lab.lose_store(0);
    publish(&mut lab, 0, &mut entropy).unwrap();
    // It stays so when it is delegated anew.
    let slots = SlotRange {
        first: 0,
        count: 10,
    };
    let again = lab.federation.delegation(0, TODAY.plus(1), 20, slots, 5);
    lab.offer(0, again).unwrap();
    publish(&mut lab, 0, &mut entropy).unwrap();
}

#[test]
fn a_store_that_is_still_there_is_believed() {
    let (mut lab, mut entropy) = lab(1);
    publish(&mut lab, 0, &mut entropy).unwrap();
    let store = lab.sides[0].1.clone();
    lab.lose_store(0);
    let settings = crate::engine::Settings {
        catch_up_first: true,
        ..crate::engine::Settings::default()
    };
    let (charter, identity) = (lab.federation.charter.clone(), lab.federation.identity(0));
    let mut engine = crate::engine::Engine::new(charter, identity, settings, &store).unwrap();
    engine.begin(lab.now);
    lab.sides[0] = (engine, store);
    publish(&mut lab, 0, &mut entropy).unwrap();
}
