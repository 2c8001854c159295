//! How a record comes, stays and goes.

use super::super::attachment_body;
use super::lab::Lab;
use super::*;
use crate::carried::View;
use crate::engine::Source;
use crate::oprf::{KeyName, blind};
use crate::record::delegation::SlotRange;
use crate::record::{Fault, Kind, Rule};
use crate::wire::EvaluateAsk;
use crate::wire::client::OwnAsk;
use crate::wire::peer::{Refusal, Reply, Request};
use crate::wire::sealed::{Question, seal_question};

const TODAY: Day = Day::from_number(20_810);

fn lab(count: usize) -> (Lab, Drbg) {
    let shape = Shape {
        organisations: 4,
        keys: true,
        ..Shape::default()
    };
    let lab = Lab::new(Federation::new(shape, 3), count, TODAY);
    (lab, Drbg::new(3, "life"))
}

fn some_report(
    lab: &Lab,
    node: usize,
    slot: u32,
    days: u32,
    entropy: &mut Drbg,
) -> (Verified, SecretKey) {
    let lock = SecretKey::generate(entropy);
    let body = report_body(lock.lock(), Audience::Federation, entropy);
    let expires = TODAY.plus(days);
    let record = lab.federation.sign(node, TODAY, expires, slot, body);
    (record, lock)
}

fn publish(lab: &mut Lab, side: usize, wanted: Vec<Wanted>) -> Vec<Outcome> {
    let (engine, store) = &mut lab.sides[side];
    let (outputs, outcomes) = engine.publish(wanted, store, lab.now).unwrap();
    lab.perform(side, outputs);
    outcomes
}

fn code(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Published(_) => "published",
        Outcome::Refused { code, .. } => code,
    }
}

#[test]
fn retracted_and_expired_never_come_back() {
    let mut world = world(4, Pace::SLOW, Conditions::PERFECT, 11);
    let mut entropy = Drbg::new(11, "test");
    let (taken_back, lock) = report(&mut world, 0, 500, &mut entropy);
    let (short, _) = report(&mut world, 1, 5, &mut entropy);
    world.run_for(DAY);
    let laggard = [copy(&world, 3, &taken_back), copy(&world, 3, &short)];
    world.crash(3);
    let tombstone = retract(&mut world, 2, &lock, true);
    world.run_for(7 * DAY);
    for node in 0..3 {
        let set = world.carried(node);
        assert!(set.contains(&tombstone));
        assert!(!set.contains(&taken_back) && !set.contains(&short));
    }
    // An honest laggard lets go; a hostile one pushes and gossips all the same.
    world.start(3);
    for to in 0..3 {
        for record in &laggard {
            world.hand(3, to, record);
            let push = Request::Push(vec![record.bytes().to_vec()]);
            world.ask(3, to, &push);
        }
    }
    world.run_for(2 * DAY);
    for node in 0..4 {
        let set = world.carried(node);
        assert!(
            !set.contains(&taken_back) && !set.contains(&short),
            "node {node}"
        );
    }
    assert!(world.agree());
}

#[test]
fn what_hangs_on_a_report_goes_with_it() {
    let (mut lab, mut entropy) = lab(2);
    let (report, lock) = some_report(&lab, 0, 0, 300, &mut entropy);
    lab.offer(0, report.clone()).unwrap();
    let body = attachment_body(Kind::Second, lock.lock(), report.id(), &mut entropy);
    let second = lab.federation.sign(1, TODAY, TODAY.plus(300), 0, body);
    lab.offer(0, second.clone()).unwrap();
    let tombstone = lab.federation.retraction(1, &lock, true, TODAY, 1);
    lab.offer(0, tombstone).unwrap();
    let set = lab.carried(0);
    assert!(!set.contains(&report.id()) && !set.contains(&second.id()));
    for record in [report, second] {
        assert_eq!(lab.offer(0, record).unwrap_err().rule, Rule::Retracted);
    }
}

#[test]
fn own_reports_never_leave() {
    let mut world = world(3, Pace::SLOW, Conditions::PERFECT, 12);
    let mut entropy = Drbg::new(12, "test");
    let lock = SecretKey::generate(&mut entropy);
    let expires = world.today().plus(300);
    let own = wanted(&lock, Audience::Own, expires, &mut entropy);
    if let Body::Report(r) = &own.body {
        world.secrets.push(r.salt.to_vec());
    }
    let id = published(world.publish(0, vec![own]));
    // Asked for by id, in the open and sealed, by another organisation.
    world.ask(1, 0, &Request::Fetch(vec![id]));
    let short = *id.as_bytes().first_chunk().unwrap();
    let seal_key = world.federation.stations[0].seal.public();
    let federation = *world.federation.charter.federation();
    let question = Question::Records(vec![short]);
    let (sealed, key) = seal_question(&question, &seal_key, &federation, &mut entropy).unwrap();
    world.run_for(3 * DAY);
    assert_eq!(world.leaks, 0);
    let engine = world.engine(0).unwrap();
    let reply = engine
        .answer_sealed(&sealed, world.store(0), world.now(), &mut entropy)
        .unwrap();
    let Reply::Sealed(reply) = reply else {
        panic!("{reply:?}");
    };
    assert!(key.open(&reply).unwrap().records.is_empty());
    // Its own people have it; no other node does, nor would it take it.
    let ask = OwnAsk {
        only_own: true,
        cursor: 0,
    };
    let mine = engine.own(&ask, world.store(0), world.now()).unwrap();
    assert_eq!(mine.records.len(), 1);
    let record = copy(&world, 0, &id);
    world.import(1, record);
    assert!(world.store(1).get(&id).is_none());
}

#[test]
fn a_record_waits_for_its_delegation() {
    let (mut lab, mut entropy) = lab(2);
    let (early, _) = some_report(&lab, 3, 0, 300, &mut entropy);
    for _ in 0..3 {
        let refusal = lab.offer(0, early.clone()).unwrap_err();
        assert_eq!(refusal.rule, Rule::UnknownKey);
        assert_eq!(refusal.rule.fault(), Fault::Nobody);
    }
    lab.tick();
    assert!(!lab.carried(0).contains(&early.id()));
    let delegation = lab.federation.delegations[3].clone();
    lab.offer(0, delegation).unwrap();
    lab.tick();
    assert!(lab.carried(0).contains(&early.id()));
}

#[test]
fn a_record_waits_for_its_further_delegation_and_nobody_is_blamed() {
    let (mut lab, mut entropy) = lab(2);
    let narrow = SlotRange { first: 0, count: 1 };
    let wide = SlotRange { first: 0, count: 9 };
    let first = lab.federation.delegation(3, TODAY.minus(5), 60, narrow, 30);
    lab.offer(0, first).unwrap();
    let (record, _) = some_report(&lab, 3, 5, 300, &mut entropy);
    let refusal = lab.offer(0, record.clone()).unwrap_err();
    assert_eq!(refusal.rule, Rule::SlotRange);
    assert_eq!(refusal.rule.fault(), Fault::Nobody);
    let second = lab.federation.delegation(3, TODAY, 60, wide, 31);
    lab.offer(0, second).unwrap();
    lab.tick();
    assert!(lab.carried(0).contains(&record.id()));
}

#[test]
fn a_record_of_tomorrow_waits_for_the_day() {
    let (mut lab, mut entropy) = lab(2);
    let lock = SecretKey::generate(&mut entropy);
    let body = report_body(lock.lock(), Audience::Federation, &mut entropy);
    let issued = TODAY.plus(2);
    let record = lab.federation.sign(1, issued, issued.plus(100), 0, body);
    assert_eq!(lab.offer(0, record.clone()).unwrap_err().rule, Rule::Future);
    lab.tick();
    assert!(!lab.carried(0).contains(&record.id()));
    lab.next_day();
    lab.tick();
    assert!(lab.carried(0).contains(&record.id()));
}

#[test]
fn slots_end_and_begin_again_tomorrow() {
    let shape = Shape {
        quotas: crate::charter::Quotas {
            records: 3,
            evaluations: 10,
        },
        ..Shape::default()
    };
    let mut lab = Lab::new(Federation::new(shape, 5), 2, TODAY);
    let mut entropy = Drbg::new(5, "slots");
    let mut some = || {
        wanted(
            &SecretKey::generate(&mut entropy),
            Audience::Federation,
            TODAY.plus(300),
            &mut Drbg::new(6, "s"),
        )
    };
    let outcomes = publish(&mut lab, 0, vec![some(), some(), some(), some()]);
    let codes: Vec<&str> = outcomes.iter().map(code).collect();
    assert_eq!(codes, ["published", "published", "published", "quota"]);
    lab.next_day();
    assert_eq!(code(&publish(&mut lab, 0, vec![some()])[0]), "published");
}

#[test]
fn a_refused_draft_costs_no_slot() {
    let (mut lab, mut entropy) = lab(1);
    let lock = SecretKey::generate(&mut entropy);
    let bad = wanted(&lock, Audience::Federation, TODAY.plus(3000), &mut entropy);
    let good = wanted(&lock, Audience::Federation, TODAY.plus(300), &mut entropy);
    let outcomes = publish(&mut lab, 0, vec![bad, good]);
    assert_eq!(code(&outcomes[0]), Rule::Life.id());
    let Outcome::Published(id) = outcomes[1] else {
        panic!("{outcomes:?}");
    };
    assert_eq!(lab.sides[0].1.get(&id).unwrap().header().slot, 0);
}

#[test]
fn one_lock_is_one_report() {
    let (mut lab, mut entropy) = lab(1);
    let lock = SecretKey::generate(&mut entropy);
    let mut again = || wanted(&lock, Audience::Federation, TODAY.plus(300), &mut entropy);
    let outcomes = publish(&mut lab, 0, vec![again(), again()]);
    assert_eq!(outcomes[0], outcomes[1]);
    assert_eq!(publish(&mut lab, 0, vec![again()])[0], outcomes[0]);
    assert_eq!(lab.sides[0].1.count(Kind::Report), Ok(1));
}

#[test]
fn a_restored_node_leaves_its_earlier_records_alone() {
    let (mut lab, mut entropy) = lab(2);
    let (old, _) = some_report(&lab, 0, 0, 300, &mut entropy);
    lab.offer(0, old.clone()).unwrap();
    // The slot is held although this engine never gave it away.
    let lock = SecretKey::generate(&mut entropy);
    let draft = wanted(&lock, Audience::Federation, TODAY.plus(300), &mut entropy);
    let outcomes = publish(&mut lab, 0, vec![draft]);
    assert_eq!(code(&outcomes[0]), "published");
    // Nor when it came after the engine began to count.
    let (later, _) = some_report(&lab, 0, 2, 300, &mut entropy);
    lab.offer(0, later.clone()).unwrap();
    let lock = SecretKey::generate(&mut entropy);
    let draft = wanted(&lock, Audience::Federation, TODAY.plus(300), &mut entropy);
    assert_eq!(code(&publish(&mut lab, 0, vec![draft])[0]), "published");
    let set = lab.carried(0);
    assert!(set.contains(&old.id()) && set.contains(&later.id()));
}

#[test]
fn a_tick_sweeps_what_has_expired() {
    let (mut lab, mut entropy) = lab(1);
    let (short, _) = some_report(&lab, 0, 0, 1, &mut entropy);
    lab.offer(0, short.clone()).unwrap();
    for kept in [true, true, false] {
        lab.tick();
        assert_eq!(lab.carried(0).contains(&short.id()), kept);
        lab.next_day();
    }
}

fn is_shown(lab: &Lab, side: usize) -> usize {
    let (engine, store) = &lab.sides[side];
    let ask = OwnAsk {
        only_own: false,
        cursor: 0,
    };
    engine.own(&ask, store, lab.now).unwrap().records.len()
}

#[test]
fn a_publishers_retraction_hides_at_once_and_destroys_nothing() {
    let (mut lab, mut entropy) = lab(2);
    let (report, lock) = some_report(&lab, 0, 0, 300, &mut entropy);
    lab.offer(0, report.clone()).unwrap();
    lab.tick();
    assert_eq!(is_shown(&lab, 0), 1);
    // Another organisation's word without proof changes nothing.
    let foreign = lab.federation.retraction(1, &lock, false, TODAY, 3);
    lab.offer(0, foreign).unwrap();
    assert!(is_shown(&lab, 0) > 0);
    let own = lab.federation.retraction(0, &lock, false, TODAY, 1);
    lab.offer(0, own).unwrap();
    assert_eq!(is_shown(&lab, 0), 0);
    for day in 0..9 {
        lab.tick();
        for side in 0..2 {
            assert!(lab.carried(side).contains(&report.id()), "day {day}");
        }
        lab.next_day();
    }
    assert_eq!(is_shown(&lab, 0), 0);
}

#[test]
fn a_thiefs_retraction_is_undone_by_revoking_the_key() {
    let shape = Shape {
        organisations: 2,
        nodes: 2,
        ..Shape::default()
    };
    // The nodes 0 and 1 are of one organisation; the thief has the key of 1.
    let mut lab = Lab::new(Federation::new(shape, 8), 4, TODAY);
    let mut entropy = Drbg::new(8, "thief");
    let (report, lock) = some_report(&lab, 0, 0, 300, &mut entropy);
    lab.offer(0, report.clone()).unwrap();
    let slot = lab.federation.stations[1].slots.first;
    let theft = lab.federation.retraction(1, &lock, false, TODAY, slot);
    lab.offer(0, theft.clone()).unwrap();
    lab.tick();
    assert_eq!(is_shown(&lab, 0), 0);
    for _ in 0..5 {
        lab.next_day();
        lab.tick();
    }
    let revocation = lab.federation.revocation(1, TODAY.plus(5), 9);
    lab.offer(0, revocation).unwrap();
    assert_eq!(is_shown(&lab, 0), 1);
    for _ in 0..5 {
        lab.next_day();
        lab.tick();
    }
    for side in [0, 2, 3] {
        let set = lab.carried(side);
        assert!(set.contains(&report.id()) && !set.contains(&theft.id()));
    }
}

#[test]
fn what_a_lost_delegation_carried_goes_with_it() {
    let (mut lab, mut entropy) = lab(2);
    let made = lab.federation.charter.terms().made;
    let (record, _) = some_report(&lab, 3, 0, 300, &mut entropy);
    lab.offer(0, lab.federation.delegations[3].clone()).unwrap();
    lab.offer(0, record.clone()).unwrap();
    assert!(lab.carried(0).contains(&record.id()));
    // The root signs other records in the delegation's slot until one has a lower id.
    let rival = (1..90)
        .map(|days| {
            let slots = SlotRange { first: 0, count: 1 };
            lab.federation.delegation(2, made, days, slots, 0)
        })
        .map(|d| {
            let body = d.body().clone();
            let (issued, expires) = (d.header().issued, d.header().expires);
            lab.federation.sign_root(3, issued, expires, 0, body)
        })
        .find(|d| d.id() < lab.federation.delegations[3].id());
    // Such a delegation of another's node does not hold, and puts nothing out.
    if let Some(rival) = rival {
        assert_eq!(lab.offer(0, rival).unwrap_err().rule, Rule::Possession);
    }
    assert!(lab.carried(0).contains(&record.id()));
    let vouch = |number| crate::record::vouch::Vouch {
        subject: lab.federation.organisation(0),
        budget: 0,
        number,
        scope: crate::record::vouch::Scope::everything(),
    };
    let rival = (0..1000)
        .map(|n| lab.federation.vouch(3, vouch(n), made, 300, 0))
        .find(|v| v.id() < lab.federation.delegations[3].id())
        .unwrap();
    lab.offer(0, rival).unwrap();
    assert!(!lab.carried(0).contains(&record.id()));
}

#[test]
fn evaluations_stop_at_the_limit_and_a_restart_gives_none_back() {
    let (mut lab, mut entropy) = lab(2);
    let organisation = lab.federation.organisation(1);
    let inputs: Vec<Vec<u8>> = (0..100u8).map(|n| vec![n]).collect();
    let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let blinded = blind(&inputs, &mut entropy).unwrap();
    let ask = EvaluateAsk {
        epoch: 0,
        keys: vec![KeyName::Bucket],
        elements: blinded.elements().to_vec(),
    };
    let mut evaluated = 0;
    for round in 0..30 {
        if round == 7 {
            lab.restart(0);
        }
        match lab.request(1, 0, Request::Evaluate(ask.clone())) {
            Reply::Evaluated(_) => evaluated += 100,
            reply => assert!(
                matches!(reply, Reply::Refused(Refusal::Quota(_))),
                "{reply:?}"
            ),
        }
    }
    // What was set aside before the restart counts as spent: 700 came before, 713 were set aside.
    assert_eq!(evaluated, 700 + 1200);
    let spent = lab.sides[0].1.quota(&organisation, KeyName::Bucket, TODAY);
    assert_eq!(spent, Ok(713 + 1200 + 9));
    // Another organisation has its own, and so has tomorrow.
    lab.next_day();
    let reply = lab.request(1, 0, Request::Evaluate(ask));
    assert!(matches!(reply, Reply::Evaluated(_)));
}

#[test]
fn a_retraction_by_the_lock_holds_though_its_publishers_key_is_revoked() {
    for revoked_first in [false, true] {
        let (mut lab, mut entropy) = lab(1);
        lab.offer(0, lab.federation.delegations[1].clone()).unwrap();
        let (report, lock) = some_report(&lab, 0, 0, 300, &mut entropy);
        lab.offer(0, report.clone()).unwrap();
        let tombstone = lab.federation.retraction(1, &lock, true, TODAY, 0);
        let unproven = lab.federation.retraction(1, &lock, false, TODAY, 1);
        let revocation = lab.federation.revocation(1, TODAY, 40);
        let order = match revoked_first {
            true => [revocation, tombstone.clone(), unproven.clone()],
            false => [tombstone.clone(), unproven.clone(), revocation],
        };
        for record in order {
            let _ = lab.offer(0, record);
        }
        let set = lab.carried(0);
        assert!(set.contains(&tombstone.id()) && !set.contains(&report.id()));
        assert!(!set.contains(&unproven.id()), "that one is void");
        assert_eq!(lab.offer(0, report).unwrap_err().rule, Rule::Retracted);
    }
}

#[test]
fn a_batch_voids_what_a_key_signed_that_it_revokes() {
    let (mut lab, mut entropy) = lab(1);
    lab.offer(0, lab.federation.delegations[1].clone()).unwrap();
    let (rival, _) = some_report(&lab, 1, 0, 300, &mut entropy);
    lab.offer(0, rival.clone()).unwrap();
    let revocation = lab.federation.revocation(1, TODAY, 40);
    let (report, _) = some_report(&lab, 1, 0, 200, &mut entropy);
    let affirmation = lab.federation.affirmation(1, vec![report.id()], TODAY, 41);
    let (engine, store) = &mut lab.sides[0];
    let batch = vec![report.clone(), revocation, affirmation];
    let arrived = engine
        .arrived(Source::Local, batch, store, lab.now)
        .unwrap();
    assert!(arrived.verdicts.iter().all(|(_, v)| v == &Ok(true)));
    lab.perform(0, arrived.outputs);
    let set = lab.carried(0);
    assert!(set.contains(&report.id()) && !set.contains(&rival.id()));
}

#[test]
fn one_without_proof_does_not_put_out_one_by_the_lock() {
    let (mut lab, mut entropy) = lab(2);
    for slot in 0..12 {
        let lock = SecretKey::generate(&mut entropy);
        let proven = lab.federation.retraction(1, &lock, true, TODAY, slot);
        let other = SecretKey::generate(&mut entropy);
        let unproven = lab.federation.retraction(1, &other, false, TODAY, slot);
        lab.offer(0, proven).unwrap();
        assert_eq!(lab.offer(0, unproven), Ok(true));
    }
    assert_eq!(lab.sides[0].1.count(Kind::Retraction), Ok(24));
}

#[test]
fn nothing_is_dated_before_the_federation() {
    let (mut lab, mut entropy) = lab(2);
    let made = lab.federation.charter.terms().made;
    let body = report_body(
        SecretKey::generate(&mut entropy).lock(),
        Audience::Federation,
        &mut entropy,
    );
    let early = made.minus(1);
    let back = lab.federation.sign(1, early, early.plus(300), 0, body);
    let revocation = lab.federation.revocation(1, early, 3);
    for record in [back, revocation] {
        let refusal = lab.offer(0, record).unwrap_err();
        assert_eq!(refusal.rule, Rule::BeforeCharter);
    }
}
