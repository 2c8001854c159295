//! What is overtaken by what counts now, and the way back to shares of before.

use super::super::desk::Part;
use super::super::step::Progress;
use super::super::task::Heard;
use super::drill::{DAY, Drill, HOUR, MINUTE, needed};
use parasol_protocol::ceremony::Step;
use std::collections::BTreeSet;

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
        let mut drill = Self::new(true);
        drill.passes(3);
        drill.deaf.insert(2);
        drill.now += 7 * DAY;
        drill.passes(6);
        drill.pass(11 * MINUTE);
        drill.passes(4);
        drill.pass(2 * MINUTE);
        drill.passes(14);
        assert_eq!(drill.epochs(), [3, 3, 1]);
        drill.tell_third();
        drill.passes(2);
        drill
    }

    /// The third hears of the certificate that the first goes by.
    fn tell_third(&mut self) {
        let bytes = self.certificate(0).bytes().to_vec();
        let from = self.nodes[0].2;
        self.heard[2].push(Heard::Certificate { from, bytes });
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
        assert!(tries < 12, "{:?}", drill.epochs());
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
