//! What is of no use and nobody's fault is taken in up to a budget, and nothing is lost by it.

use super::lab::Lab;
use super::*;
use crate::engine::Source;
use crate::ids::TransportKey;
use crate::wire::peer::{Refusal as PeerRefusal, Reply, Request};

const TODAY: Day = Day::from_number(20_810);

fn lab() -> (Lab, TransportKey) {
    let lab = Lab::new(Federation::new(Shape::default(), 33), 3, TODAY);
    let tiresome = lab.federation.stations[1].transport.transport();
    (lab, tiresome)
}

fn report(lab: &Lab, station: usize, slot: u32, entropy: &mut Drbg) -> Verified {
    let lock = SecretKey::generate(entropy).lock();
    let body = report_body(lock, Audience::Federation, entropy);
    let expires = TODAY.plus(crate::limits::DEFAULT_REPORT_LIFE);
    lab.federation.sign(station, TODAY, expires, slot, body)
}

fn bring(lab: &mut Lab, peer: TransportKey, record: &Verified, times: usize) {
    let now = lab.now;
    let (engine, store) = &mut lab.sides[0];
    let arrived = engine
        .arrived(Source::Peer(peer), vec![record.clone(); times], store, now)
        .unwrap();
    for output in arrived.outputs {
        if let crate::engine::Output::Store(changes) = output {
            store.apply(&changes);
        }
    }
}

fn heeds(lab: &Lab, peer: &TransportKey) -> bool {
    lab.sides[0].0.heeds(peer, lab.now)
}

#[test]
fn the_same_again_and_again_is_not_looked_at_for_a_while() {
    let (mut lab, tiresome) = lab();
    let mut entropy = Drbg::new(33, "test");
    let known = report(&lab, 1, 1, &mut entropy);
    bring(&mut lab, tiresome, &known, 1);
    assert!(heeds(&lab, &tiresome));
    bring(&mut lab, tiresome, &known, 1_999);
    assert!(heeds(&lab, &tiresome));
    bring(&mut lab, tiresome, &known, 1);
    assert!(!heeds(&lab, &tiresome));
    // Others are heard as before.
    let other = lab.federation.stations[2].transport.transport();
    assert!(heeds(&lab, &other));
    let after = TODAY.plus(1);
    let message = crate::reconcile::Set::default().begin().unwrap();
    let ask = Request::Reconcile { after, message };
    let refused = lab.request(1, 0, ask.clone());
    assert_eq!(refused, Reply::Refused(PeerRefusal::Busy));
    assert!(matches!(lab.request(2, 0, ask), Reply::Reconcile { .. }));

    lab.now = lab.now.plus_millis(251);
    assert!(heeds(&lab, &tiresome));
    bring(&mut lab, tiresome, &known, 1);
    assert!(!heeds(&lab, &tiresome));
    lab.now = lab.now.plus_millis(10 * 60_000);
    assert!(heeds(&lab, &tiresome));
}

#[test]
fn what_is_new_costs_nothing() {
    let (mut lab, peer) = lab();
    let mut entropy = Drbg::new(34, "test");
    for slot in 1..=2_100 {
        let new = report(&lab, 1, slot, &mut entropy);
        bring(&mut lab, peer, &new, 1);
    }
    assert!(heeds(&lab, &peer));
}

#[test]
fn questions_of_a_catch_up_are_counted() {
    let (mut lab, tiresome) = lab();
    let message = crate::reconcile::Set::default().begin().unwrap();
    let after = TODAY.plus(1);
    let ask = Request::Reconcile { after, message };
    let answers = (0..600)
        .filter(|_| matches!(lab.request(1, 0, ask.clone()), Reply::Reconcile { .. }))
        .count();
    assert_eq!(answers, 500);
    assert!(!heeds(&lab, &tiresome));
}

/// A clock that was far ahead and is set back leaves nobody unheard for that long.
#[test]
fn a_clock_set_back_makes_nobody_wait() {
    let (mut lab, tiresome) = lab();
    let mut entropy = Drbg::new(35, "test");
    let known = report(&lab, 1, 1, &mut entropy);
    lab.now = lab.now.plus_millis(40 * 60_000);
    bring(&mut lab, tiresome, &known, 3_000);
    assert!(!heeds(&lab, &tiresome));
    lab.now = crate::time::Timestamp::from_millis(lab.now.millis() - 40 * 60_000);
    let now = lab.now;
    let (engine, store) = &mut lab.sides[0];
    engine.tick(store, now).unwrap();
    assert!(heeds(&lab, &tiresome));
}
