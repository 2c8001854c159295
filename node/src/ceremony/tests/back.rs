//! What is overtaken by what counts now, and the way back to shares of before.

use super::super::desk::{Hand, Known, Part};
use super::super::excused::Excused;
use super::super::step::Progress;
use super::super::task::Heard;
use super::drill::{DAY, Drill, HOUR, MINUTE, needed};
use parasol_protocol::ceremony::{Reason, Step};
use std::collections::BTreeSet;

/// People compare digits in a renewal, and another one comes into force before they have: what the first is drawn from
/// does not lie about for weeks.
#[test]
fn what_waits_for_digits_and_is_overtaken_is_stopped() {
    let mut drill = Drill::new(true);
    drill.passes(3);
    let needed = needed(&drill.town);
    let plan = drill.town.plan_of(&[0, 1, 2], &[0, 1], &needed);
    let name = drill.town.begin_as(Part::Hand, &plan, &[0, 1, 2]);
    let place = drill.town.desk(0).place(&name);
    std::fs::write(place.join("compare"), "").unwrap();
    drill.passes(6);
    let compares = |drill: &Drill| drill.workers[0].compares(&name);
    assert!(compares(&drill));
    // The others have made another one without it.
    let twin = drill.town.copy();
    let mut terms = twin.terms_of(&[1, 2], &[1, 2], &needed);
    terms.epoch = 3;
    let plan = terms.sign(&twin.identity(1).keys.record);
    let other = twin.begin_as(Part::Auto, &plan, &[1, 2]);
    twin.finish(&other, &[1, 2]);
    let bytes = twin.certificate(1).unwrap().bytes().to_vec();
    let from = drill.nodes[1].2;
    drill.apart = BTreeSet::from([(0, 1), (0, 2)]);
    drill.heard[0].push(Heard::Certificate { from, bytes });
    drill.passes(2);
    assert!(compares(&drill) && place.join("seed").exists());
    drill.pass(11 * MINUTE);
    drill.passes(2);
    assert!(!place.join("seed").exists());
}

/// Somebody begins a renewal that nobody needs, and the charter changes before the others have joined: they
/// never will. The one that the change takes is made all the same, and nobody is at fault.
#[test]
fn what_another_charter_has_overtaken_holds_nothing_up() {
    for part in [Part::Hand, Part::Auto] {
        let mut drill = Drill::new(true);
        drill.passes(3);
        drill.deaf.insert(0);
        let needed = needed(&drill.town);
        let spare = drill.town.plan_of(&[0, 1, 2], &[0, 1], &needed);
        let name = drill.town.begin_as(part, &spare, &[0]);
        drill.passes(2);
        drill.town.change_charter(|terms| terms.threshold = 3);
        drill.deaf.clear();
        drill.passes(40);
        assert_eq!(drill.epochs(), [3, 3, 3], "{part:?}");
        assert!((0..3).all(|n| drill.holders(n) == 3));
        // It is called off where it was begun.
        let stands = |drill: &Drill| Progress::of(&drill.board(0, &name));
        let joining = Step::Join;
        assert!(matches!(stands(&drill), Progress::Waits { step, .. } if step == joining));
        drill.pass(11 * MINUTE);
        drill.passes(3);
        assert!(matches!(stands(&drill), Progress::Stopped(_)));
        drill.pass(7 * DAY);
        drill.passes(14);
        assert_eq!(drill.epochs(), [4, 4, 4], "{part:?}");
    }
}

impl Drill {
    /// The third has held a renewal up, and the two others have renewed without it.
    pub(in crate::ceremony) fn left_out() -> Self {
        Self::without(2)
    }

    /// One has held a renewal up, and the two others have renewed without it. It hears of that.
    fn without(one: usize) -> Self {
        let mut drill = Self::new(true);
        drill.passes(3);
        drill.deaf.insert(one);
        drill.now += 7 * DAY;
        drill.passes(6);
        let others: Vec<usize> = (0..3).filter(|n| *n != one).collect();
        for minutes in 0.. {
            drill.pass(MINUTE);
            drill.passes(14);
            if others.iter().all(|n| drill.certificate(*n).epoch() == 3) {
                break;
            }
            assert!(minutes < 60, "{:?}", drill.epochs());
        }
        assert_eq!(drill.certificate(one).epoch(), 1);
        let from = usize::from(one == 0);
        let bytes = drill.certificate(from).bytes().to_vec();
        let from = drill.nodes[from].2;
        drill.heard[one].push(Heard::Certificate { from, bytes });
        drill.passes(2);
        drill
    }

    /// A plan of the first that goes back, with the third.
    pub(super) fn plan_back(&self) -> Vec<u8> {
        let town = &self.town;
        let known = town.known(0);
        let kept = town.desk(0).before(&known, None).unwrap().unwrap();
        let upon = Known {
            certificate: Some(kept),
            ..known
        };
        let mut terms = town.terms_upon(&upon, &[0, 2], &[0, 2], &needed(town));
        terms.epoch = 9;
        terms.day = self.scene(0).today;
        terms.sign(&town.identity(0).keys.record)
    }

    /// That the first and the third have gone back to what was before, and look-ups go on.
    fn went_back(&self) -> bool {
        let keys = |n: usize| {
            let certificate = self.certificate(n);
            let keys = certificate.keys().map(|key| (key.name(), *key.public()));
            keys.collect::<Vec<_>>()
        };
        assert_eq!(keys(0), keys(2), "the keys stay");
        self.certificate(0).epoch() > 3 && self.looks_up(&[0, 2])
    }
}

/// One of the two that hold what is in force is gone, and the third is there again: with it there are two
/// shares of before. It holds nothing up that the third is still excused.
#[test]
fn if_too_few_are_left_of_the_new_holders_the_old_ones_go_back_by_themselves() {
    let mut drill = Drill::left_out();
    drill.deaf.clear();
    drill.apart = BTreeSet::from([(0, 1), (1, 2)]);
    drill.passes(14);
    assert_eq!(drill.epochs()[0], 3);
    assert!(!drill.looks_up(&[0, 2]));
    // Who is gone for a moment is waited for.
    drill.pass(8 * MINUTE);
    drill.passes(14);
    assert_eq!(drill.epochs()[0], 3);
    drill.pass(2 * MINUTE);
    drill.passes(14);
    assert!(drill.went_back());
    assert_eq!(drill.holders(0), 2);
    // The one that was gone is brought in, and what was kept goes.
    drill.apart.clear();
    let bytes = drill.certificate(0).bytes().to_vec();
    let from = drill.nodes[0].2;
    drill.heard[1].push(Heard::Certificate { from, bytes });
    drill.pass(MINUTE);
    drill.passes(14);
    let epoch = drill.epochs()[0];
    assert_eq!(drill.epochs(), [epoch; 3]);
    for n in 0..3 {
        assert_eq!(drill.holders(n), 3);
        assert_eq!(drill.town.desk(n).stored().unwrap(), [epoch]);
    }
}

/// The third begins, and the first, where it still is excused, joins it.
#[test]
fn who_is_excused_for_what_kept_it_out_may_begin_the_way_back() {
    let mut drill = Drill::left_out();
    drill.deaf.clear();
    drill.restart(0, false);
    drill.apart = BTreeSet::from([(0, 1), (1, 2)]);
    drill.passes(3);
    drill.pass(10 * MINUTE);
    drill.passes(3);
    drill.pass(5 * MINUTE);
    drill.passes(14);
    assert!(drill.went_back());
}

/// It is connected all the time, and says nothing.
#[test]
fn nor_does_it_help_to_stay_connected_and_be_silent() {
    let mut drill = Drill::left_out();
    drill.deaf = BTreeSet::from([1]);
    // Until then the third is excused.
    drill.pass(50 * MINUTE);
    let mut tries = 0;
    while !drill.went_back() {
        drill.pass(5 * MINUTE);
        drill.passes(14);
        tries += 1;
        assert!(tries < 24, "{:?}", drill.epochs());
    }
}

/// It stumbles once, for a quarter of an hour, and works again: nothing is undone for that.
#[test]
fn who_held_up_one_ceremony_is_not_taken_for_gone() {
    let mut drill = Drill::left_out();
    drill.deaf.clear();
    // Until then the third is excused; it is to be brought in now.
    drill.pass(50 * MINUTE);
    drill.deaf.insert(0);
    drill.pass(10 * MINUTE);
    for _ in 0..12 {
        drill.pass(MINUTE);
        drill.passes(4);
    }
    let now = drill.scene(1).now;
    let excused = Excused::read(&drill.town.desk(1)).now(now);
    assert_eq!(excused, BTreeSet::from([drill.nodes[0].2]));
    drill.deaf.clear();
    let made = drill.certificate(1);
    for _ in 0..70 {
        drill.pass(MINUTE);
        drill.passes(4);
        let certificate = drill.certificate(1);
        if certificate.digest() != made.digest() {
            assert_eq!(drill.holders(1), 3);
            assert_eq!(drill.epochs(), [certificate.epoch(); 3]);
            return;
        }
    }
    panic!("the third is not brought in: {:?}", drill.epochs());
}

/// The first holds no share in force and never begins anything; the third does, is there for a minute, and gone
/// for as long as it can be without anything being forgotten.
#[test]
fn nor_to_flit_between_what_is_due_and_what_goes_back() {
    let mut drill = Drill::without(0);
    drill.restart(0, false);
    drill.deaf = BTreeSet::from([2]);
    let mut tries = 0;
    let back = |drill: &Drill| drill.certificate(1).epoch() > 3 && drill.looks_up(&[0, 1]);
    while !back(&drill) {
        for (apart, minutes) in [(false, 1), (true, 14)] {
            drill.apart = match apart {
                true => BTreeSet::from([(0, 2), (1, 2)]),
                false => BTreeSet::new(),
            };
            for _ in 0..minutes {
                drill.passes(2);
                drill.pass(MINUTE - 4000);
                drill.passes(2);
            }
        }
        tries += 1;
        assert!(tries < 24, "{:?}", drill.epochs());
    }
}

/// A node that is started again twice a day keeps what the others keep, and no longer.
#[test]
fn who_starts_again_all_the_time_keeps_what_the_others_keep() {
    let mut drill = Drill::left_out();
    drill.apart = BTreeSet::from([(0, 2), (1, 2)]);
    for half_days in 0..40 {
        drill.restart(0, true);
        drill.passes(2);
        drill.pass(12 * HOUR);
        drill.passes(14);
        let [first, second] = [0, 1].map(|n| drill.town.desk(n).stored().unwrap());
        assert_eq!(first, second, "{half_days}");
        if !(28..32).contains(&half_days) {
            assert_eq!(first.contains(&1), half_days < 28, "{half_days}: {first:?}");
        }
    }
}

/// People told a node to take part in going back, and it starts again before the others have joined.
#[test]
fn what_people_told_a_node_to_join_goes_on_after_a_restart() {
    for overtaken in [false, true] {
        let mut drill = Drill::left_out();
        let plan = drill.plan_back();
        drill.deaf.insert(2);
        let name = drill.town.begin_as(Part::Hand, &plan, &[0]);
        drill.passes(2);
        if overtaken {
            // Before it starts again another certificate comes into force.
            let place = drill.town.desk(0).place(&name);
            std::fs::write(place.join("in-force"), [7; 32]).unwrap();
        }
        drill.restart(0, true);
        drill.passes(2);
        drill.pass(30 * MINUTE);
        drill.passes(4);
        let stopped = matches!(Progress::of(&drill.board(0, &name)), Progress::Stopped(_));
        assert_eq!(stopped, overtaken);
    }
}

/// It is there for two minutes and gone for two, again and again, and says nothing.
#[test]
fn nor_to_come_and_go() {
    let mut drill = Drill::left_out();
    // It has the lowest index, so that the others leave it to it to begin.
    drill.deaf = BTreeSet::from([0]);
    let mut tries = 0;
    let back = |drill: &Drill| drill.certificate(1).epoch() > 3 && drill.looks_up(&[1, 2]);
    while !back(&drill) {
        for apart in [BTreeSet::new(), BTreeSet::from([(0, 1), (0, 2)])] {
            drill.apart = apart;
            for _ in 0..2 {
                drill.pass(MINUTE);
                drill.passes(4);
            }
        }
        tries += 1;
        assert!(tries < 60, "{:?}", drill.epochs());
    }
}

/// A key was first made with the shares in force, so one waits for a day for those that are gone. The first is there for
/// four minutes a day, says nothing, and has the lowest index, so that the others leave it to it to begin.
#[test]
fn nor_to_come_for_minutes_a_day_where_a_key_would_be_lost() {
    let mut drill = Drill::lacking(1, true);
    drill.deaf.insert(2);
    let mut minutes = 0;
    while drill.epochs()[..2] != [3, 3] {
        drill.pass(MINUTE);
        drill.passes(14);
        minutes += 1;
        assert!(minutes < 60, "{:?}", drill.epochs());
    }
    let bytes = drill.certificate(0).bytes().to_vec();
    let from = drill.nodes[0].2;
    drill.heard[2].push(Heard::Certificate { from, bytes });
    drill.passes(2);
    drill.deaf = BTreeSet::from([0]);
    let mut days = 0;
    while !(drill.certificate(1).epoch() > 3 && drill.looks_up(&[1, 2])) {
        drill.apart = BTreeSet::new();
        for _ in 0..4 {
            drill.passes(2);
            drill.pass(MINUTE - 2000);
        }
        drill.apart = BTreeSet::from([(0, 1), (0, 2)]);
        for _ in 0..143 {
            drill.pass(10 * MINUTE);
        }
        days += 1;
        assert!(days < 8, "{:?}", drill.epochs());
    }
}

/// A keyholder is gone for good and another one for weeks: as long as there are too few, what is kept stays,
/// though not for ever.
#[test]
fn what_is_kept_stays_while_too_few_of_the_new_holders_are_there() {
    let mut drill = Drill::left_out();
    drill.apart = BTreeSet::from([(0, 1), (1, 2), (0, 2)]);
    for days in [15, 60] {
        drill.pass(days * DAY);
        // A node that has just started cannot say who was there.
        drill.restart(0, true);
        drill.passes(2);
        assert_eq!(drill.town.desk(0).stored().unwrap(), [1, 3]);
    }
    drill.pass(16 * DAY);
    drill.passes(2);
    assert_eq!(drill.town.desk(0).stored().unwrap(), [3]);
    // With enough of them there it is two weeks.
    let mut drill = Drill::left_out();
    drill.pass(13 * HOUR);
    drill.passes(2);
    assert!(drill.town.desk(0).stored().unwrap().contains(&1));
    for _ in 0..20 {
        drill.pass(DAY);
        drill.passes(14);
    }
    assert!(!drill.town.desk(0).stored().unwrap().contains(&1));
}

/// Somebody leaves a renewal, for a certificate that may have come into force: it is asked for once a minute, and
/// until it can have come nobody is found at fault. Nor does the next one begin with the same holders.
#[test]
fn who_leaves_a_ceremony_is_judged_when_its_reason_can_have_come() {
    let mut drill = Drill::new(true);
    drill.passes(3);
    drill.deaf.insert(2);
    drill.now += 7 * DAY;
    drill.passes(6);
    let name = drill.live(0).first().unwrap().0;
    let key = drill.town.identity(0).keys.record;
    let (known, today) = (drill.town.known(0), drill.scene(0).today);
    let hand = Hand { node: &key, today };
    let desk = drill.town.desk(0);
    desk.stop(&name, Reason::Withdrawn, &known, &hand).unwrap();
    drop(desk);
    drill.restart(0, false);
    drill.passes(4);
    let excused = |drill: &Drill| {
        let excused = Excused::read(&drill.town.desk(1));
        excused.now(drill.scene(1).now).contains(&drill.nodes[0].2)
    };
    for _ in 0..7 {
        drill.pass(10_000);
        assert!(!excused(&drill));
        assert_eq!(drill.live(1).len(), 1);
    }
    drill.pass(20_000);
    drill.pass(20_000);
    assert!(excused(&drill));
}

/// Who is excused, and begins what is due and joins it, is not kept out until its hour is over: it works again.
#[test]
fn who_is_excused_and_begins_by_itself_is_brought_in() {
    let mut drill = Drill::left_out();
    drill.deaf.clear();
    for _ in 0..25 {
        drill.pass(MINUTE);
        drill.passes(4);
    }
    let epoch = drill.epochs()[0];
    assert!(epoch > 3);
    assert_eq!(drill.epochs(), [epoch; 3]);
    assert_eq!(drill.holders(1), 3);
}
