//! A season ends when a threshold of organisations say so, and by nothing else.

use super::lab::Lab;
use super::*;
use crate::admit::{Carried, SlotKey};
use crate::carried::{Memory, View as _};
use crate::certificate::Certificate;
use crate::engine::{Engine, Notice, Output, Settings, Shares, evaluate};
use crate::limits::{ENDING_LIFE, LIVE_SEASONS, MAX_DELEGATION_DAYS};
use crate::oprf::{
    Interpolation, KeyName, PublicKey, PublicShare, ShareIndex, ThresholdKey, blind, deal,
    weighted_sum,
};
use crate::record::{Fault, Kind, Rule};
use crate::time::{Season, Timestamp};
use crate::wire::EvaluateAsk;
use crate::wire::peer::Refusal;
use curve25519_dalek::scalar::Scalar;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// 2026-12-13; the season ends on the 31st, day 20 818.
const MADE: Day = Day::from_number(20_800);
const LAST: Day = Day::from_number(20_818);

/// Five organisations, all of them keyholders, three of them enough.
fn lab() -> Lab {
    let shape = Shape {
        organisations: 5,
        holders: 5,
        keys: true,
        ..Shape::default()
    };
    assert_eq!(season().last_day(), LAST);
    Lab::new(Federation::new(shape, 21), 5, MADE.plus(1))
}

fn season() -> Season {
    MADE.season()
}

fn its_keys() -> BTreeSet<KeyName> {
    BTreeSet::from([KeyName::Handle(season()), KeyName::Area(season())])
}

fn set_clock(lab: &mut Lab, day: Day) {
    lab.now = Timestamp::from_millis(u64::from(day.number()) * 86_400_000 + 5_000);
}

/// A tick of one node alone, by its clock.
fn tick(lab: &mut Lab, side: usize, clock: Day) {
    set_clock(lab, clock);
    let now = lab.now;
    let (engine, store) = &mut lab.sides[side];
    let outputs = engine.tick(store, now).unwrap();
    lab.perform(side, outputs);
}

/// Whoever runs a node says that its clock is right: its own day is beyond doubt to it.
fn believe(lab: &mut Lab, side: usize, day: Day) {
    lab.sides[side].0.accept_time(day);
}

/// What a node carries that says that the season is over.
fn said(lab: &Lab, side: usize) -> Vec<Verified> {
    let store = &lab.sides[side].1;
    let all = store.ids().filter_map(|id| store.get(&id)).cloned();
    all.filter(|r| r.kind() == Kind::Ending).collect()
}

/// Whether the shares of the season's keys are there, in memory and on disk: they go together, and the
/// others stay.
#[track_caller]
fn holds(lab: &Lab, side: usize) -> bool {
    let engine = &lab.sides[side].0;
    let all = lab.federation.identity(side).shares;
    let gone: BTreeSet<KeyName> = all
        .keys()
        .filter(|name| !engine.shares().contains_key(name))
        .copied()
        .collect();
    assert_eq!(gone, lab.destroyed[side]);
    assert!(gone.is_empty() || gone == its_keys(), "{gone:?}");
    assert_eq!(engine.ended().contains(&season()), !gone.is_empty());
    gone.is_empty()
}

/// A node is asked for an evaluation under the season's key by another.
fn evaluates(lab: &mut Lab, side: usize) -> Result<(), Refusal> {
    let epoch = lab.sides[side].0.epoch();
    evaluates_under(lab, side, epoch)
}

fn evaluates_under(lab: &mut Lab, side: usize, epoch: u32) -> Result<(), Refusal> {
    let mut entropy = Drbg::new(4, "ask");
    let elements = blind(&[b"phone:+33639981234"], &mut entropy).unwrap();
    let ask = EvaluateAsk {
        epoch,
        keys: vec![KeyName::Handle(season())],
        elements: elements.elements().to_vec(),
    };
    let organisation = lab.federation.organisation((side + 1) % 5);
    let (engine, store) = &mut lab.sides[side];
    let (_, allowed) = engine.allow(&organisation, ask, store, lab.now).unwrap();
    allowed.map(|(shares, _)| assert!(shares.contains_key(&KeyName::Handle(season()))))
}

/// An ending signed by these nodes, on a day after the season, given to one node.
fn offer(lab: &mut Lab, to: usize, by: &[usize], issued: Day) {
    for node in by {
        let record = lab.federation.ending(*node, season(), issued);
        lab.offer(to, record).unwrap();
    }
}

#[test]
fn a_season_that_is_over_goes_everywhere_and_nobody_has_to_think_of_it() {
    let mut lab = lab();
    // Days go by, with a catch-up on each.
    while lab.now.day() < LAST.plus(2) {
        lab.next_day();
        lab.tick();
        assert!((0..5).all(|n| said(&lab, n).is_empty() && holds(&lab, n)));
        assert_eq!(evaluates(&mut lab, 2), Ok(()));
    }
    lab.next_day();
    lab.tick();
    lab.tick();
    for side in 0..5 {
        assert!(!holds(&lab, side), "node {side}");
        assert_eq!(evaluates(&mut lab, side), Err(Refusal::NoShare));
        let told = (side, Notice::SeasonOver(season()));
        assert_eq!(lab.told.iter().filter(|t| **t == told).count(), 1);
    }
    // Each organisation has said so once, and says no more.
    let sets = lab.sets();
    assert!(sets.iter().all(|set| *set == sets[0]));
    assert_eq!(said(&lab, 0).len(), 5);
    for _ in 0..3 {
        lab.next_day();
        lab.tick();
        lab.restart(1);
    }
    assert_eq!(said(&lab, 0).len(), 5);
    let signed = lab.gossiped.iter().filter(|(_, id)| sets[0].contains(id));
    let endings: BTreeSet<RecordId> = said(&lab, 0).iter().map(Verified::id).collect();
    assert_eq!(signed.filter(|(_, id)| endings.contains(id)).count(), 5);
}

/// One season's end keeps nobody from asking under the other keys, and counts nothing.
#[test]
fn the_other_keys_answer_and_they_alone_are_counted() {
    let mut lab = lab();
    set_clock(&mut lab, LAST.plus(3));
    offer(&mut lab, 4, &[0, 1, 2], LAST.plus(1));
    assert!(!holds(&lab, 4));
    let mut entropy = Drbg::new(4, "ask");
    let elements = blind(&[b"phone:+33639981234"], &mut entropy).unwrap();
    let keys = vec![KeyName::Bucket, KeyName::Handle(season())];
    let ask = EvaluateAsk {
        epoch: lab.sides[4].0.epoch(),
        keys: keys.clone(),
        elements: elements.elements().to_vec(),
    };
    let organisation = lab.federation.organisation(0);
    let (engine, store) = &mut lab.sides[4];
    let (outputs, allowed) = engine.allow(&organisation, ask, store, lab.now).unwrap();
    let (shares, ask) = allowed.unwrap();
    let answers = evaluate(&shares, &ask, &mut entropy).unwrap();
    assert!(
        answers
            .iter()
            .map(|answer| answer.key)
            .eq([KeyName::Bucket])
    );
    let today = engine.counted_day(lab.now);
    lab.perform(4, outputs);
    let used = |key| lab.sides[4].1.quota(&organisation, key, today).unwrap();
    assert!(used(keys[0]) > 0);
    assert_eq!(used(keys[1]), 0);
}

/// A client whose clock is two days ahead asks for the season in which nothing can expire yet.
#[test]
fn who_asks_for_a_season_too_soon_is_answered_under_the_others() {
    let mut lab = lab();
    let mut entropy = Drbg::new(4, "soon");
    let soon = KeyName::Handle(season().plus(LIVE_SEASONS));
    let keys = vec![KeyName::Bucket, KeyName::Handle(season().plus(1)), soon];
    let shares = keys.iter().map(|name| {
        let dealt = deal(*name, 3, 5, &mut entropy).unwrap();
        (*name, dealt.shares.into_iter().next().unwrap())
    });
    let shares = Arc::new(shares.collect());
    lab.sides[4].0.prepare(1, shares);
    let elements = blind(&[b"phone:+33639981234"], &mut entropy).unwrap();
    let organisation = lab.federation.organisation(0);
    let mut answered = |lab: &mut Lab, day: Day, keys: &[KeyName]| {
        believe(lab, 4, day);
        tick(lab, 4, day);
        let ask = EvaluateAsk {
            epoch: 1,
            keys: keys.to_vec(),
            elements: elements.elements().to_vec(),
        };
        let (engine, store) = &mut lab.sides[4];
        let (outputs, allowed) = engine.allow(&organisation, ask, store, lab.now).unwrap();
        let (shares, ask) = allowed?;
        let answers = evaluate(&shares, &ask, &mut entropy).unwrap();
        lab.perform(4, outputs);
        let counted = |key: &&KeyName| lab.sides[4].1.quota(&organisation, **key, day) != Ok(0);
        let counted: Vec<KeyName> = keys.iter().filter(counted).copied().collect();
        let answered: Vec<KeyName> = answers.iter().map(|answer| answer.key).collect();
        assert_eq!(answered, counted, "{day}");
        Ok(answered)
    };
    let eve = LAST.minus(1);
    assert_eq!(answered(&mut lab, eve, &[soon]), Err(Refusal::NoShare));
    assert_eq!(answered(&mut lab, eve, &keys), Ok(keys[..2].to_vec()));
    assert_eq!(answered(&mut lab, LAST, &keys), Ok(keys.clone()));
}

#[test]
fn one_s_own_clock_destroys_nothing_however_far_ahead() {
    for ahead in [3, 30, 60, 365, 900] {
        let mut lab = lab();
        let clock = LAST.plus(ahead);
        believe(&mut lab, 0, clock);
        for _ in 0..2 {
            tick(&mut lab, 0, clock);
            assert!(holds(&lab, 0), "{ahead} days ahead");
            lab.restart(0);
            believe(&mut lab, 0, clock);
        }
        // It says so itself, as long as it may sign at all by its clock.
        let may = clock <= MADE.plus(MAX_DELEGATION_DAYS);
        assert_eq!(said(&lab, 0).len(), usize::from(may), "{ahead} days ahead");
        assert_eq!(evaluates(&mut lab, 0), Ok(()));
    }
}

#[test]
fn while_the_day_is_in_doubt_nothing_is_said() {
    let mut lab = lab();
    tick(&mut lab, 0, MADE.plus(1));
    tick(&mut lab, 0, LAST.plus(10));
    tick(&mut lab, 0, LAST.plus(11));
    assert!(said(&lab, 0).is_empty());
    believe(&mut lab, 0, LAST.plus(11));
    tick(&mut lab, 0, LAST.plus(11));
    assert_eq!(said(&lab, 0).len(), 1);
}

#[test]
fn one_clock_fewer_than_the_threshold_destroys_nothing_and_one_more_does() {
    let mut lab = lab();
    let forged = LAST.plus(40);
    for side in [0, 1] {
        believe(&mut lab, side, forged);
        tick(&mut lab, side, forged);
    }
    let mut endings: Vec<Verified> = [0, 1].iter().flat_map(|n| said(&lab, *n)).collect();
    assert_eq!(endings.len(), 2);
    // To all, those with the forged clocks among them; the others' clocks are right.
    for side in 0..5 {
        for record in endings.clone() {
            set_clock(&mut lab, if side < 2 { forged } else { MADE.plus(2) });
            lab.offer(side, record).unwrap();
        }
        let now = lab.now.day();
        tick(&mut lab, side, now);
        assert_eq!(said(&lab, side).len(), 2);
        assert!(holds(&lab, side), "node {side}");
        assert_eq!(evaluates(&mut lab, side), Ok(()));
    }
    // A third organisation's says it.
    believe(&mut lab, 2, forged);
    tick(&mut lab, 2, forged);
    assert!(!holds(&lab, 2));
    endings = said(&lab, 2);
    assert_eq!(endings.len(), 3);
    for side in [0, 1, 3, 4] {
        set_clock(&mut lab, if side < 2 { forged } else { MADE.plus(2) });
        for record in endings.clone() {
            lab.offer(side, record).unwrap();
        }
        assert!(!holds(&lab, side), "node {side}");
    }
}

#[test]
fn a_keyholder_whose_clock_is_wrong_destroys_with_the_last_of_the_threshold() {
    let signed = LAST.plus(3);
    // Two days behind, right, two days ahead, a year ahead; and one that stands where it began.
    for clock in [
        signed.minus(2),
        signed,
        signed.plus(2),
        signed.plus(365),
        MADE.plus(1),
    ] {
        let mut lab = lab();
        believe(&mut lab, 4, clock);
        set_clock(&mut lab, clock);
        offer(&mut lab, 4, &[0, 1], signed);
        assert!(holds(&lab, 4), "{clock}");
        offer(&mut lab, 4, &[2], signed);
        assert!(!holds(&lab, 4), "{clock}");
        assert_eq!(evaluates(&mut lab, 4), Err(Refusal::NoShare));
    }
}

#[test]
fn honest_clocks_two_days_wrong_say_nothing_before_the_season_is_over() {
    let mut lab = lab();
    for day in 0..40 {
        let truth = MADE.plus(1 + day);
        for (side, clock) in [truth.plus(2), truth.minus(2), truth]
            .into_iter()
            .enumerate()
        {
            believe(&mut lab, side, clock);
            tick(&mut lab, side, clock);
            let expected = clock > LAST.plus(2);
            let own = lab.federation.organisation(side);
            let mut all = said(&lab, side).into_iter();
            let says = all.any(|r| r.header().organisation == own);
            assert_eq!(says, expected, "{truth}");
            assert!(!expected || truth > LAST, "{truth}");
        }
    }
}

#[test]
fn many_endings_of_few_organisations_count_once_each() {
    let mut lab = lab();
    set_clock(&mut lab, LAST.plus(1));
    for issued in 1..20 {
        let record = lab.federation.ending(0, season(), LAST.plus(issued));
        let _ = lab.offer(4, record);
        let record = lab.federation.ending(1, season(), LAST.plus(issued));
        let _ = lab.offer(4, record);
    }
    assert_eq!(said(&lab, 4).len(), 2, "one of each is carried");
    assert!(holds(&lab, 4));
    // The same ones, whatever the order.
    let lowest = |node: usize| {
        let all = (1..20).map(|n| lab.federation.ending(node, season(), LAST.plus(n)).id());
        all.min().unwrap()
    };
    let carried = lab.carried(4);
    assert!([0, 1].iter().all(|node| carried.contains(&lowest(*node))));
    // No alarm: two nodes of an organisation may both say it.
    assert!(
        !lab.told
            .iter()
            .any(|(_, n)| matches!(n, Notice::Contested(_)))
    );
}

#[test]
fn an_ending_before_the_end_is_refused_everywhere() {
    let mut lab = lab();
    set_clock(&mut lab, LAST.plus(30));
    for issued in [MADE, LAST] {
        let record = lab.federation.ending(0, season(), issued);
        let refused = lab.offer(4, record).unwrap_err();
        assert_eq!(refused.rule, Rule::NotOver);
        assert_eq!(refused.rule.fault(), Fault::Sender);
    }
    let far = lab.federation.ending(0, Season::from_index(u32::MAX), LAST);
    assert_eq!(lab.offer(4, far).unwrap_err().rule, Rule::NotOver);
    let federation = &lab.federation;
    let record = federation.ending(0, season(), LAST.plus(1));
    let body = record.body().clone();
    for days in [ENDING_LIFE - 1, ENDING_LIFE + 1] {
        let expires = LAST.plus(1 + days);
        let record = lab
            .federation
            .sign(0, LAST.plus(1), expires, 0, body.clone());
        assert_eq!(lab.offer(4, record).unwrap_err().rule, Rule::Life);
    }
    lab.offer(4, record).unwrap();
    assert!(holds(&lab, 4));
}

#[test]
fn a_revoked_key_says_nothing_and_what_its_root_affirms_counts() {
    let mut lab = lab();
    set_clock(&mut lab, LAST.plus(3));
    offer(&mut lab, 4, &[0, 1], LAST.plus(1));
    let revocation = lab.federation.revocation(0, LAST.plus(2), 7);
    lab.offer(4, revocation).unwrap();
    assert_eq!(said(&lab, 4).len(), 1);
    offer(&mut lab, 4, &[2], LAST.plus(1));
    assert!(holds(&lab, 4), "two of three");
    let ending = lab.federation.ending(0, season(), LAST.plus(1));
    assert_eq!(
        lab.offer(4, ending.clone()).unwrap_err().rule,
        Rule::RevokedKey
    );
    let affirmation = lab
        .federation
        .affirmation(0, vec![ending.id()], LAST.plus(2), 8);
    lab.offer(4, affirmation).unwrap();
    lab.offer(4, ending).unwrap();
    assert!(!holds(&lab, 4));
}

/// The same shares as a ceremony might have made them for another epoch.
fn shares_again(lab: &Lab, side: usize) -> Shares {
    lab.federation.identity(side).shares
}

/// A certificate of this epoch over the keys that were dealt: by what its public halves must be.
fn certified(lab: &Lab, epoch: u32) -> Certificate {
    let mut keys = BTreeMap::new();
    for name in shares_again(lab, 0).keys() {
        let shares: BTreeMap<ShareIndex, PublicShare> = (0..5)
            .map(|n| {
                let all = shares_again(lab, n);
                (all[name].index(), all[name].public())
            })
            .collect();
        let places = shares.keys().take(3).map(|index| index.scalar()).collect();
        let weights = Interpolation::through(places).at(Scalar::ZERO);
        let points: Vec<_> = shares
            .values()
            .take(3)
            .map(|s| s.point().unwrap())
            .collect();
        let public = PublicKey::from_point(&weighted_sum(&weights, &points)).unwrap();
        keys.insert(*name, ThresholdKey::new(*name, 3, public, shares).unwrap());
    }
    let (charter, engine) = (&lab.federation.charter, &lab.sides[0].0);
    let mut unsigned = Certificate::unsigned(charter.federation(), epoch, MADE, true, &keys);
    for station in &lab.federation.stations {
        Certificate::sign_with(&mut unsigned, charter.federation(), &station.record);
    }
    Certificate::from_bytes(&unsigned.write(), charter, engine.directory()).unwrap()
}

#[test]
fn the_shares_of_other_epochs_go_too_and_none_come_back() {
    let mut lab = lab();
    set_clock(&mut lab, LAST.plus(3));
    let now = lab.now;
    for epoch in [1, 2] {
        let (shares, certificate) = (shares_again(&lab, 4), certified(&lab, epoch));
        lab.sides[4].0.prepare(epoch, shares);
        assert!(lab.sides[4].0.renew(certificate, now));
    }
    let ready = shares_again(&lab, 4);
    lab.sides[4].0.prepare(3, ready);
    let ask = |lab: &mut Lab, epoch: u32| evaluates_under(lab, 4, epoch);
    for epoch in 1..=3 {
        assert_eq!(ask(&mut lab, epoch), Ok(()), "epoch {epoch}");
    }
    offer(&mut lab, 4, &[0, 1, 2], LAST.plus(1));
    for epoch in 1..=3 {
        assert_eq!(ask(&mut lab, epoch), Err(Refusal::NoShare), "epoch {epoch}");
    }
    // A ceremony that was under way comes to its end.
    let late = shares_again(&lab, 4);
    lab.sides[4].0.prepare(4, late);
    assert_eq!(ask(&mut lab, 4), Err(Refusal::NoShare));
    let certificate = certified(&lab, 4);
    assert!(lab.sides[4].0.renew(certificate, now));
    assert_eq!(ask(&mut lab, 4), Err(Refusal::NoShare));
    assert_eq!(lab.sides[4].0.shares().len(), 3);
    // The driver made a new engine of it.
    let (mut engine, _) = started(&lab, 4, &Memory::new());
    engine.go_on_with_epochs(&lab.sides[4].0);
    assert_eq!(engine.shares().len(), 3);
    assert!(engine.ended().contains(&season()) && engine.destroy_again().is_some());
}

/// What an engine starts from, with all shares on its disk again.
fn started(lab: &Lab, side: usize, store: &Memory) -> (Engine, Vec<Output>) {
    let identity = lab.federation.identity(side);
    let charter = lab.federation.charter.clone();
    let mut engine = Engine::new(charter, identity, Settings::default(), store).unwrap();
    let outputs = engine.begin(lab.now);
    (engine, outputs)
}

#[test]
fn after_a_crash_what_should_be_gone_goes_at_the_start() {
    let mut lab = lab();
    set_clock(&mut lab, LAST.plus(3));
    let mut store = lab.sides[4].1.clone();
    let destroys = |outputs: &[Output]| {
        let named = outputs.iter().filter_map(|output| match output {
            Output::Destroy(names) => Some(names.clone()),
            _ => None,
        });
        named.flatten().collect::<BTreeSet<KeyName>>()
    };
    for node in 0..3 {
        let (engine, outputs) = started(&lab, 4, &store);
        assert!(destroys(&outputs).is_empty());
        assert_eq!(engine.shares().len(), 5);
        let (mut engine, _) = (engine, outputs);
        let record = lab.federation.ending(node, season(), LAST.plus(1));
        let source = crate::engine::Source::Local;
        let arrived = engine
            .arrived(source, vec![record], &store, lab.now)
            .unwrap();
        // It dies when that much is on disk, and nothing else was done.
        let mut order = arrived.outputs.iter();
        for output in order.by_ref() {
            if let Output::Store(changes) = output {
                store.apply(changes);
                break;
            }
            assert!(!matches!(output, Output::Destroy(_)), "stored first");
        }
        let after: Vec<&Output> = order.collect();
        let told = after.iter().any(|o| matches!(o, Output::Destroy(_)));
        assert_eq!(told, node == 2);
    }
    for _ in 0..2 {
        let (engine, outputs) = started(&lab, 4, &store);
        assert!(destroys(&outputs).is_superset(&its_keys()));
        assert_eq!(engine.shares().len(), 3);
        assert!(
            its_keys()
                .iter()
                .all(|name| !engine.shares().contains_key(name))
        );
    }
}

/// Nodes of one organisation are one, and so are a record's two forms of signer.
#[test]
fn two_nodes_of_an_organisation_are_one_voice() {
    let shape = Shape {
        organisations: 3,
        nodes: 2,
        holders: 3,
        keys: true,
        ..Shape::default()
    };
    let mut lab = Lab::new(Federation::new(shape, 22), 6, MADE.plus(1));
    set_clock(&mut lab, LAST.plus(1));
    let both: Vec<Verified> = [0, 1]
        .iter()
        .map(|n| lab.federation.ending(*n, season(), LAST.plus(1)))
        .collect();
    for record in &both {
        let _ = lab.offer(5, record.clone());
    }
    let place = SlotKey::ending(lab.federation.organisation(0), season());
    let lowest = both.iter().map(Verified::id).min();
    assert_eq!(lab.sides[5].1.occupant(&place), Ok(lowest));
    assert_eq!(said(&lab, 5).len(), 1);
    assert_eq!(lab.sides[5].0.shares().len(), 5);
    // At home it is no theft, whichever comes first.
    for (side, order) in [(0, [0, 1]), (1, [1, 0])] {
        for n in order {
            let _ = lab.offer(side, both[n].clone());
        }
        assert_eq!(lab.sides[side].1.occupant(&place), Ok(lowest));
        let (engine, store) = &lab.sides[side];
        assert!(store.contested().unwrap().is_empty());
        assert!(engine.warnings(store, lab.now).unwrap().is_empty());
    }
    let alarm = |(_, told): &(usize, Notice)| matches!(told, Notice::Contested(_));
    assert!(!lab.told.iter().any(alarm));
    let other = lab.federation.ending(2, season(), LAST.plus(1));
    lab.offer(5, other).unwrap();
    assert_eq!(lab.sides[5].0.shares().len(), 3);
}

/// The whole federation on a network, with wrong clocks: fewer than a threshold far ahead, one behind.
#[test]
fn a_federation_with_some_wrong_clocks_ends_its_season_once_it_is_over() {
    let shape = Shape {
        organisations: 5,
        holders: 5,
        keys: true,
        ..Shape::default()
    };
    let mut world = World::new(
        Federation::new(shape, 23),
        Pace::SLOW,
        Conditions::PERFECT,
        23,
    );
    let held = |world: &World| -> usize {
        let engines = (0..5).filter_map(|n| world.engine(n));
        let key = KeyName::Handle(season());
        engines.filter(|e| e.shares().contains_key(&key)).count()
    };
    world.run_for(DAY);
    for (node, days) in [(0, 40), (1, 60), (2, -2)] {
        world.skew(node, days * 86_400_000);
    }
    for node in [0, 1] {
        world.accept_time(node, 90);
    }
    while world.today() <= LAST {
        assert_eq!(held(&world), 5, "{}", world.today());
        world.run_for(DAY);
        for node in 2..5 {
            world.accept_time(node, 0);
        }
    }
    for node in 0..5 {
        world.skew(node, 0);
        world.accept_time(node, 90);
    }
    world.run_for(6 * DAY);
    assert_eq!(held(&world), 0);
    for node in 0..5 {
        assert!(world.destroyed(node).is_superset(&its_keys()));
    }
}

/// There may be many organisations without a share, and they could open nothing: they end nothing.
#[test]
fn organisations_without_a_share_end_no_season() {
    let shape = Shape {
        organisations: 6,
        holders: 3,
        threshold: Some(2),
        keys: true,
        ..Shape::default()
    };
    let mut lab = Lab::new(Federation::new(shape, 22), 6, MADE.plus(1));
    let (holders, others): (Vec<usize>, Vec<usize>) =
        (0..6).partition(|n| !lab.federation.identity(*n).shares.is_empty());
    assert_eq!((holders.len(), others.len()), (3, 3));
    let first = holders[0];
    offer(&mut lab, first, &others, LAST.plus(3));
    offer(&mut lab, first, &holders[1..2], LAST.plus(3));
    assert!(holds(&lab, first));
    offer(&mut lab, first, &holders[2..3], LAST.plus(3));
    assert!(!holds(&lab, first));
}
