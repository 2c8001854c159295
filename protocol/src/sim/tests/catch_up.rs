//! Catch-up: against plain set difference, and against peers that send nonsense.

use super::lab::Lab;
use super::*;
use crate::engine::{AskId, Output};
use crate::reconcile::Set;
use crate::wire::peer::{Reply, Request};
use proptest::prelude::*;
use std::collections::BTreeSet;

type Items = BTreeSet<(u32, [u8; 32])>;

fn items() -> impl Strategy<Value = Items> {
    // Ids are hashes: fingerprints of ranges add ids up, and small numbers would collide.
    let item = (0u8..4, any::<u8>())
        .prop_map(|(day, n)| (20_800 + u32::from(day), *RecordId::of(&[day, n]).as_bytes()));
    prop::collection::btree_set(item, 0..300)
}

fn set(items: &Items) -> Set {
    Set::new(
        items
            .iter()
            .map(|(day, id)| (Day::from_number(*day), RecordId::from_bytes(*id))),
    )
}

fn difference(a: &Items, b: &Items) -> BTreeSet<RecordId> {
    a.difference(b)
        .map(|(_, id)| RecordId::from_bytes(*id))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn it_finds_the_difference_and_nothing_else(common in items(), a in items(), b in items()) {
        let a: Items = a.union(&common).copied().collect();
        let b: Items = b.union(&common).copied().collect();
        let (mine, theirs) = (set(&a), set(&b));
        let (mut have, mut need) = (BTreeSet::new(), BTreeSet::new());
        let mut message = Some(mine.begin().unwrap());
        let mut rounds = 0;
        while let Some(next) = message {
            rounds += 1;
            prop_assert!(rounds < 20);
            let step = mine.proceed(&theirs.answer(&next).unwrap()).unwrap();
            have.extend(step.have);
            need.extend(step.need);
            message = step.next;
        }
        prop_assert_eq!(have, difference(&a, &b));
        prop_assert_eq!(need, difference(&b, &a));
    }

    #[test]
    fn nonsense_is_an_error_and_no_panic(
        items in items(),
        garbage in prop::collection::vec(any::<u8>(), 0..200),
        at in any::<prop::sample::Index>(),
        flip in 1u8..,
    ) {
        let set = set(&items);
        let mut message = set.begin().unwrap();
        let _ = set.answer(&garbage);
        let _ = set.proceed(&garbage);
        // Behind the right first byte it gets further.
        let _ = set.answer(&[&message[..1], garbage.as_slice()].concat());
        let _ = set.proceed(&[&message[..1], garbage.as_slice()].concat());
        let n = at.index(message.len());
        message[n] ^= flip;
        let _ = set.answer(&message);
        let _ = set.proceed(&message);
        message.truncate(n);
        let _ = set.answer(&message);
        let _ = Request::decode(&garbage);
        let _ = Reply::decode(&garbage);
    }

    #[test]
    fn a_peer_that_answers_nonsense_gets_nowhere(
        garbage in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..100), 1..10),
        kinds in prop::collection::vec(0u8..5, 10),
        days in prop::collection::vec(20_000u32..22_000, 10),
    ) {
        let today = Day::from_number(20_810);
        let mut lab = Lab::new(Federation::new(Shape::default(), 1), 2, today);
        let key = lab.federation.stations[1].transport.transport();
        let before = lab.carried(0);
        let now = lab.now;
        let (engine, store) = &mut lab.sides[0];
        engine.sync_soon(now);
        let mut outputs = engine.tick(store, now).unwrap();
        for (n, bytes) in garbage.iter().enumerate() {
            let id = outputs.iter().find_map(|o| match o {
                Output::Ask { id, .. } => Some(*id),
                _ => None,
            });
            let Some(id) = id else { break };
            let message = [&[0x61], bytes.as_slice()].concat();
            let reply = match kinds[n] {
                0 => Reply::Reconcile { after: Day::from_number(days[n]), message },
                1 => Reply::Records(vec![bytes.clone()]),
                2 => Reply::Pushed,
                3 => Reply::Sealed(bytes.clone()),
                _ => Reply::Reconcile { after: today.plus(1), message },
            };
            // First under a number that was never asked.
            let ignored = engine.replied(key, AskId(id.0 + 77), reply.clone(), Vec::new(), store, now).unwrap();
            prop_assert!(ignored.is_empty());
            outputs = engine.replied(key, id, reply, Vec::new(), store, now).unwrap();
        }
        prop_assert_eq!(lab.carried(0), before);
    }
}

#[test]
fn a_peer_that_never_comes_to_an_end_is_cut_off() {
    let today = Day::from_number(20_810);
    let mut lab = Lab::new(Federation::new(Shape::default(), 1), 2, today);
    let key = lab.federation.stations[1].transport.transport();
    let now = lab.now;
    let (engine, store) = &mut lab.sides[0];
    engine.sync_soon(now);
    let mut outputs = engine.tick(store, now).unwrap();
    // The liar answers each range with a fingerprint that no set has: split on and on.
    for round in 0.. {
        assert!(round < 2000, "it goes on without end");
        let asked = outputs.iter().find_map(|o| match o {
            Output::Ask { id, request, .. } => Some((*id, request.clone())),
            _ => None,
        });
        let Some((id, Request::Reconcile { after, .. })) = asked else {
            break;
        };
        let message = [&[0x61, 0, 0, 1][..], &[round as u8; 16]].concat();
        let reply = Reply::Reconcile { after, message };
        outputs = engine
            .replied(key, id, reply, Vec::new(), store, now)
            .unwrap();
    }
}

#[test]
fn a_stranger_is_answered_nothing() {
    let today = Day::from_number(20_810);
    let mut lab = Lab::new(Federation::new(Shape::default(), 1), 2, today);
    let everything = lab.sides[0].1.ids().collect();
    let reply = lab.request(2, 0, Request::Fetch(everything));
    assert!(matches!(reply, Reply::Refused(_)), "{reply:?}");
}

#[test]
fn a_long_list_comes_over_in_one_catch_up() {
    let today = Day::from_number(20_810);
    let mut lab = Lab::new(Federation::new(Shape::default(), 1), 2, today);
    let mut entropy = Drbg::new(1, "long");
    // More than one message holds, by count and by size.
    for slot in 0..1500 {
        let lock = SecretKey::generate(&mut entropy);
        let body = report_body(lock.lock(), Audience::Federation, &mut entropy);
        let record = lab.federation.sign(0, today, today.plus(300), slot, body);
        lab.offer(0, record).unwrap();
    }
    lab.tick();
    assert_eq!(lab.carried(0), lab.carried(1));
}

#[test]
fn a_push_that_was_lost_goes_again() {
    let today = Day::from_number(20_810);
    let mut lab = Lab::new(Federation::new(Shape::default(), 1), 2, today);
    let mut entropy = Drbg::new(1, "lost");
    let lock = SecretKey::generate(&mut entropy);
    let body = report_body(lock.lock(), Audience::Federation, &mut entropy);
    let record = lab.federation.sign(0, today, today.plus(300), 0, body);
    lab.offer(0, record).unwrap();
    for _ in 0..2 {
        let now = lab.now;
        let (engine, store) = &mut lab.sides[0];
        engine.sync_soon(now);
        let outputs = engine.tick(store, now).unwrap();
        let asked = outputs.into_iter().find_map(|o| match o {
            Output::Ask { peer, id, request } => Some((peer, id, request)),
            _ => None,
        });
        let (peer, id, request) = asked.expect("a catch-up begins");
        let reply = lab.request(0, 1, request);
        let (engine, store) = &mut lab.sides[0];
        let outputs = engine
            .replied(peer, id, reply, Vec::new(), store, now)
            .unwrap();
        let pushed = outputs.iter().find_map(|o| match o {
            Output::Ask {
                id,
                request: Request::Push(list),
                ..
            } => Some((*id, list.len())),
            _ => None,
        });
        let (id, count) = pushed.expect("it pushes");
        assert_eq!(count, 1);
        engine.unanswered(&peer, id, now);
    }
}
