//! What an organisation keeps to itself: reports, and what hangs on them.

use super::super::attachment_body;
use super::lab::Lab;
use super::*;
use crate::carried::View;
use crate::record::Kind;
use crate::wire::client::OwnAsk;
use crate::wire::peer::{Refusal, Reply, Request};
use crate::wire::sealed::{Question, seal_question};

const TODAY: Day = Day::from_number(20_810);

/// Two organisations with two nodes each.
fn lab() -> (Lab, Drbg) {
    let shape = Shape {
        organisations: 2,
        nodes: 2,
        ..Shape::default()
    };
    let lab = Lab::new(Federation::new(shape, 5), 4, TODAY);
    (lab, Drbg::new(5, "own"))
}

fn publish(lab: &mut Lab, side: usize, expires: Day, body: Body) -> RecordId {
    let (engine, store) = &mut lab.sides[side];
    let wanted = vec![Wanted { expires, body }];
    let (outputs, outcomes) = engine.publish(wanted, store, lab.now).unwrap();
    lab.perform(side, outputs);
    published(Some(outcomes))
}

/// An own report with a translation, a second, a dispute and a retraction without proof.
fn own_with_all(lab: &mut Lab, entropy: &mut Drbg) -> (SecretKey, Vec<RecordId>) {
    let lock = SecretKey::generate(entropy);
    let body = report_body(lock.lock(), Audience::Own, entropy);
    let report = publish(lab, 0, TODAY.plus(300), body);
    let mut ids = vec![report];
    for kind in [Kind::Translation, Kind::Second, Kind::Dispute] {
        let body = attachment_body(kind, lock.lock(), report, entropy);
        ids.push(publish(lab, 0, TODAY.plus(300), body));
    }
    let body = Body::Retraction(Retraction {
        lock: lock.lock(),
        proof: None,
    });
    ids.push(publish(lab, 0, TODAY, body));
    (lock, ids)
}

fn catch_up(lab: &mut Lab) {
    for _ in 0..3 {
        lab.tick();
    }
}

#[test]
fn what_hangs_on_an_own_report_stays_with_it() {
    let (mut lab, mut entropy) = lab();
    let (lock, ids) = own_with_all(&mut lab, &mut entropy);
    assert!(lab.gossiped.is_empty(), "nothing of it is passed on");
    catch_up(&mut lab);
    for side in 2..4 {
        let set = lab.carried(side);
        assert!(ids.iter().all(|id| !set.contains(id)), "side {side}");
    }
    let reply = lab.request(2, 0, Request::Fetch(ids.clone()));
    assert_eq!(reply, Reply::Records(Vec::new()));
    // Nor by the way that is for one's own nodes.
    let asks = [
        Request::FetchOwn(ids.clone()),
        Request::PushOwn(Vec::new()),
        Request::ReconcileOwn {
            after: TODAY.plus(1),
            message: Vec::new(),
        },
    ];
    for ask in asks {
        let reply = lab.request(2, 0, ask);
        assert_eq!(reply, Reply::Refused(Refusal::Malformed));
    }
    // Nor to a client of another organisation who knows the lock.
    let federation = *lab.federation.charter.federation();
    let to = lab.federation.stations[0].seal.public();
    let question = Question::Locks(vec![lock.lock()]);
    let (sealed, key) = seal_question(&question, &to, &federation, &mut entropy).unwrap();
    let (engine, store) = &lab.sides[0];
    let reply = engine.answer_sealed(&sealed, store, lab.now, &mut entropy);
    let Reply::Sealed(reply) = reply.unwrap() else {
        panic!("it is answered");
    };
    assert!(key.open(&reply).unwrap().records.is_empty());
    // With the report gone it still stays, and what comes later too.
    let proven = Retraction::by_lock(lab.federation.charter.federation(), &lock);
    let proven = publish(&mut lab, 0, TODAY, Body::Retraction(proven));
    assert!(!lab.carried(0).contains(&ids[0]));
    let unproven = Body::Retraction(Retraction {
        lock: lock.lock(),
        proof: None,
    });
    let later = publish(&mut lab, 0, TODAY, unproven);
    catch_up(&mut lab);
    assert!(lab.gossiped.is_empty());
    for id in [proven, later, ids[4]] {
        assert_eq!(lab.sides[0].1.is_own(&id), Ok(true));
        for side in 2..4 {
            assert!(!lab.carried(side).contains(&id));
        }
    }
    lab.sides[0]
        .1
        .list(&mut |listed| {
            if listed.id == proven {
                assert!(listed.own);
            }
        })
        .unwrap();
}

#[test]
fn a_second_node_of_the_organisation_has_it_too() {
    let (mut lab, mut entropy) = lab();
    let (lock, ids) = own_with_all(&mut lab, &mut entropy);
    catch_up(&mut lab);
    let set = lab.carried(1);
    for id in &ids {
        assert!(set.contains(id));
        assert_eq!(lab.sides[1].1.is_own(id), Ok(true));
    }
    // A retraction at the one destroys at the other, and neither tells anyone.
    let proven = Retraction::by_lock(lab.federation.charter.federation(), &lock);
    publish(&mut lab, 1, TODAY, Body::Retraction(proven));
    catch_up(&mut lab);
    assert!(!lab.carried(0).contains(&ids[0]));
    assert_eq!(lab.carried(0), lab.carried(1));
    assert!(lab.gossiped.is_empty());
    assert_eq!(lab.carried(2), lab.carried(3));
}

#[test]
fn what_hangs_on_a_shared_report_is_shared() {
    let (mut lab, mut entropy) = lab();
    let lock = SecretKey::generate(&mut entropy);
    let body = report_body(lock.lock(), Audience::Federation, &mut entropy);
    let report = publish(&mut lab, 0, TODAY.plus(300), body);
    let body = attachment_body(Kind::Second, lock.lock(), report, &mut entropy);
    let second = publish(&mut lab, 0, TODAY.plus(300), body);
    let body = Body::Retraction(Retraction {
        lock: lock.lock(),
        proof: None,
    });
    let tombstone = publish(&mut lab, 0, TODAY, body);
    catch_up(&mut lab);
    for id in [report, second, tombstone] {
        assert!(lab.gossiped.contains(&(0, id)));
        assert!(lab.carried(2).contains(&id));
    }
}

#[test]
fn own_reports_are_not_counted_to_anyone() {
    let (mut lab, mut entropy) = lab();
    own_with_all(&mut lab, &mut entropy);
    let lock = SecretKey::generate(&mut entropy);
    let body = report_body(lock.lock(), Audience::Federation, &mut entropy);
    publish(&mut lab, 0, TODAY.plus(300), body);
    let (engine, store) = &lab.sides[0];
    assert_eq!(store.count(Kind::Report), Ok(1));
    assert_eq!(store.count(Kind::Second), Ok(0));
    let directory = engine.directory_reply(store, lab.now).unwrap();
    assert_eq!(directory.carried, 1);
    let ask = OwnAsk {
        only_own: false,
        cursor: 0,
    };
    // Its own people have both; the own one is hidden by its retraction.
    assert_eq!(engine.own(&ask, store, lab.now).unwrap().records.len(), 1);
}

#[test]
fn what_never_leaves_holds_no_slot_against_what_all_carry() {
    let (mut lab, mut entropy) = lab();
    let lock = SecretKey::generate(&mut entropy);
    let body = report_body(lock.lock(), Audience::Own, &mut entropy);
    let own = publish(&mut lab, 0, TODAY.plus(300), body);
    catch_up(&mut lab);
    let slot = lab.sides[0].1.get(&own).unwrap().header().slot;
    // Whoever has the node's key signs into the same slot, of higher rank and of lower.
    let mut forged = Vec::new();
    for below in [false, true] {
        let one = loop {
            let lock = SecretKey::generate(&mut entropy).lock();
            let body = report_body(lock, Audience::Federation, &mut entropy);
            let expires = TODAY.plus(300);
            let one = lab.federation.sign(0, TODAY, expires, slot, body);
            if (one.id() < own) == below {
                break one;
            }
        };
        for side in 0..4 {
            lab.offer(side, one.clone()).unwrap();
        }
        forged.push(one.id());
        catch_up(&mut lab);
        for side in 0..4 {
            let set = lab.carried(side);
            assert!(set.contains(&one.id()), "side {side}");
            assert_eq!(set.contains(&own), side < 2, "side {side}");
        }
    }
    assert!(!lab.carried(0).contains(&forged[0]), "one a slot");
}

#[test]
fn gaps_in_the_slots_do_not_tell_how_much_never_leaves() {
    let (mut lab, mut entropy) = lab();
    let mut slots = Vec::new();
    for round in 0..3 {
        own_with_all(&mut lab, &mut entropy);
        if round == 1 {
            lab.restart(0);
        }
        let lock = SecretKey::generate(&mut entropy).lock();
        let body = report_body(lock, Audience::Federation, &mut entropy);
        let id = publish(&mut lab, 0, TODAY.plus(300), body);
        slots.push(lab.sides[0].1.get(&id).unwrap().header().slot);
    }
    assert_eq!(slots, [0, 1, 2]);
    assert_eq!(lab.sides[0].1.count(Kind::Report), Ok(3));
    assert_eq!(lab.carried(0).len(), 4 + 3 + 3 * 5, "none put another out");
}

/// What a colleague sent apart and has to wait, for its day or its signer, stays home afterwards too,
/// though no report is there that says so.
#[test]
fn what_waited_stays_home_as_well() {
    let (mut lab, mut entropy) = lab();
    let lock = SecretKey::generate(&mut entropy).lock();
    let report = RecordId::from_bytes([9; 32]);
    let body = attachment_body(Kind::Dispute, lock, report, &mut entropy);
    let (issued, expires) = (TODAY.plus(2), TODAY.plus(300));
    let slot = lab.federation.stations[1].slots.first;
    let early = lab.federation.sign(1, issued, expires, slot, body);
    let id = early.id();
    let reply = lab.request(1, 0, Request::PushOwn(vec![early.bytes().to_vec()]));
    assert_eq!(reply, Reply::Pushed);
    assert!(!lab.carried(0).contains(&id), "it waits");
    lab.now = lab.now.plus_millis(86_400_000);
    catch_up(&mut lab);
    assert!(lab.carried(0).contains(&id));
    assert!(lab.sides[0].1.is_own(&id).unwrap());
    let reply = lab.request(2, 0, Request::Fetch(vec![id]));
    assert_eq!(reply, Reply::Records(Vec::new()));
    for side in 2..4 {
        assert!(!lab.carried(side).contains(&id), "side {side}");
    }
}
