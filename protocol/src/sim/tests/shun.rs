//! A peer that sends what no honest node passes on is not heard for a while.

use super::lab::Lab;
use super::*;
use crate::engine::{Notice, Output, Source};
use crate::ids::TransportKey;
use crate::record::{Refusal, Rule};
use crate::wire::peer::{Refusal as PeerRefusal, Reply, Request};

const TODAY: Day = Day::from_number(20_810);
const MINUTE: u64 = 60_000;

fn lab() -> (Lab, TransportKey) {
    let lab = Lab::new(Federation::new(Shape::default(), 31), 3, TODAY);
    let hostile = lab.federation.stations[1].transport.transport();
    (lab, hostile)
}

/// A retraction that would be gone before its report: signed as it should be, and never lawful.
fn unlawful(lab: &Lab, slot: u32, entropy: &mut Drbg) -> Verified {
    let lock = SecretKey::generate(entropy).lock();
    let body = Body::Retraction(Retraction { lock, proof: None });
    lab.federation.sign(1, TODAY, TODAY.plus(9), slot, body)
}

fn hears(lab: &Lab, peer: TransportKey) -> bool {
    lab.sides[0].0.connected().any(|(key, _)| key == peer)
}

fn allows(outputs: &[Output], peer: TransportKey) -> Option<bool> {
    outputs.iter().rev().find_map(|o| match o {
        Output::Peers(keys) => Some(keys.contains_key(&peer)),
        _ => None,
    })
}

#[test]
fn five_bad_records_end_it_for_a_while() {
    let (mut lab, hostile) = lab();
    let mut entropy = Drbg::new(31, "test");
    for slot in 0..4 {
        let bad = unlawful(&lab, slot, &mut entropy);
        let reply = lab.request(1, 0, Request::Push(vec![bad.bytes().to_vec()]));
        assert_eq!(reply, Reply::Pushed);
        assert!(hears(&lab, hostile));
    }
    let bad = unlawful(&lab, 4, &mut entropy);
    let now = lab.now;
    let (engine, store) = &mut lab.sides[0];
    let source = Source::Peer(hostile);
    let outputs = engine
        .arrived(source, vec![bad], store, now)
        .unwrap()
        .outputs;
    assert_eq!(allows(&outputs, hostile), Some(false));
    assert!(outputs.iter().any(
        |o| matches!(o, Output::Notice(Notice::Shunned { peer, minutes: 12 }) if *peer == hostile)
    ));
    assert!(!hears(&lab, hostile));
    let reply = lab.request(1, 0, Request::Fetch(Vec::new()));
    assert_eq!(reply, Reply::Refused(PeerRefusal::Malformed));

    // It may knock as often as it likes; after a while it is heard again.
    for (minutes, heard) in [(0, false), (11, false), (2, true)] {
        lab.now = lab.now.plus_millis(minutes * MINUTE);
        let now = lab.now;
        let (engine, store) = &mut lab.sides[0];
        let outputs = engine.tick(store, now).unwrap();
        assert_eq!(allows(&outputs, hostile).unwrap_or(false), heard);
        lab.connect();
        assert_eq!(hears(&lab, hostile), heard);
    }
}

/// A clock was ahead when it happened, and is put right.
#[test]
fn a_clock_put_right_shuns_nobody_for_longer() {
    let (mut lab, hostile) = lab();
    let right = lab.now;
    let bad = |count| -> Vec<Refusal> { vec![Rule::Signature.into(); count] };
    let tick = |lab: &mut Lab, now| {
        lab.now = now;
        let (engine, store) = &mut lab.sides[0];
        engine.tick(store, now).unwrap();
        lab.connect();
        hears(lab, hostile)
    };
    let ahead = right.plus_millis(20 * 24 * 60 * MINUTE);
    // Misdeeds of then are forgotten as soon as any others.
    lab.sides[0].0.misbehaved(hostile, &bad(4), ahead);
    assert!(tick(&mut lab, right));
    let later = right.plus_millis(13 * MINUTE);
    assert!(tick(&mut lab, later));
    lab.sides[0].0.misbehaved(hostile, &bad(4), later);
    assert!(tick(&mut lab, later));

    tick(&mut lab, ahead);
    lab.sides[0].0.misbehaved(hostile, &bad(5), ahead);
    assert!(!tick(&mut lab, ahead));
    assert!(!tick(&mut lab, later));
    assert!(!tick(&mut lab, later.plus_millis(11 * MINUTE)));
    assert!(tick(&mut lab, later.plus_millis(13 * MINUTE)));
}

#[test]
fn what_cannot_even_be_verified_counts_too() {
    let (mut lab, hostile) = lab();
    let now = lab.now;
    let engine = &mut lab.sides[0].0;
    let bad: Vec<Refusal> = vec![Rule::Signature.into(); 3];
    assert!(allows(&engine.misbehaved(hostile, &bad, now), hostile).is_none());
    let outputs = engine.misbehaved(hostile, &bad, now);
    assert_eq!(allows(&outputs, hostile), Some(false));
    // One message of thousands fills no log.
    let notices = |o: &&Output| matches!(o, Output::Notice(_));
    assert_eq!(outputs.iter().filter(notices).count(), 3);
    assert!(engine.misbehaved(hostile, &bad, now).is_empty());
    assert!(!hears(&lab, hostile));
}

#[test]
fn nobody_is_blamed_for_what_may_be_honest() {
    let (mut lab, hostile) = lab();
    let now = lab.now;
    let engine = &mut lab.sides[0].0;
    for rule in [
        Rule::UnknownKind,
        Rule::Expired,
        Rule::SlotTaken,
        Rule::UnknownKey,
    ] {
        let many: Vec<Refusal> = vec![rule.into(); 100];
        assert!(
            engine.misbehaved(hostile, &many, now).is_empty(),
            "{rule:?}"
        );
    }
    // One now and then is forgotten.
    for n in 0..20 {
        let then = now.plus_millis(n * 13 * MINUTE);
        let one: Vec<Refusal> = vec![Rule::Signature.into()];
        assert_eq!(engine.misbehaved(hostile, &one, then).len(), 1);
    }
    assert!(hears(&lab, hostile));
}
