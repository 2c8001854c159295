//! What somebody says or makes twice.

use super::super::desk::{Hand, Known, Part};
use super::super::error::DeskError;
use super::super::excused::Excused;
use super::super::step::Progress;
use super::super::task::Heard;
use super::drill::{DAY, Drill, HOUR, MINUTE, needed};
use super::hostile::parts;
use super::town::{Town, copy, keys, today};
use parasol_protocol::ceremony::{Reason, Step};
use parasol_protocol::certificate::Certificate;
use parasol_protocol::oprf::KeyName;
use parasol_protocol::time::Timestamp;
use std::collections::BTreeSet;
use std::fs;

/// A node has said something in a ceremony, and forgets it: it would say something else, from another seed.
#[test]
fn who_took_part_in_what_it_has_forgotten_takes_no_part_again() {
    let town = Town::new();
    let plan = town.plan(&[0, 1, 2], &[]);
    let name = town.begin(&plan, &[1]);
    town.step(1, &name);
    let (desk, known) = (town.desk(1), town.known(1));
    let board = desk.board_bytes(&name).unwrap();
    desk.forget(&name).unwrap();
    let again = desk.start(&plan, &known).unwrap_err();
    assert!(matches!(again, DeskError::Past), "{again}");
    let again = desk.take(&board, &known).unwrap_err();
    assert!(matches!(again, DeskError::Past), "{again}");
    // Who only looked on may join yet.
    let other = town.plan(&[0, 1, 2], &[]);
    let name = desk.start(&other, &known).unwrap();
    desk.forget(&name).unwrap();
    assert_eq!(desk.start(&other, &known).unwrap(), name);
    // Where it cannot be read nobody joins what others have planned; one's own plans are new.
    let path = town.node(1).join("ceremonies").join("past.cbor");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let other = town.plan(&[0, 1, 2], &[]);
    assert!(matches!(
        desk.start(&other, &known),
        Err(DeskError::Io { .. })
    ));
    let own = town.plan(&[1, 0, 2], &[]);
    desk.start_anew(&own, &known).unwrap();
}

/// A clock that is far ahead for one look makes a node forget nothing.
#[test]
fn what_is_over_is_forgotten_by_a_day_that_is_sure() {
    let mut drill = Drill::new(true);
    drill.passes(3);
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(20 * 86_400);
    let desk = drill.town.desk(0);
    let names = desk.names().unwrap();
    let name = *names.first().unwrap();
    let old = desk.place(&name).join("old.cbor");
    let file = fs::File::options().write(true).open(old).unwrap();
    file.set_modified(long_ago).unwrap();
    drop(desk);
    drill.settled = false;
    drill.pass(HOUR);
    drill.passes(2);
    assert!(drill.town.desk(0).knows(&name));
    drill.settled = true;
    drill.passes(2);
    assert!(!drill.town.desk(0).knows(&name));
}

/// The first and the second each go by another certificate of one epoch, that the third has signed.
pub(super) fn make_twins(town: &Town, keys: &[KeyName]) {
    let twin = town.copy();
    for (town, other) in [(town, 0), (&twin, 1)] {
        let plan = town.plan_of(&[other, 2], &[other, 2], keys);
        let name = town.begin_as(Part::Auto, &plan, &[other, 2]);
        town.finish(&name, &[other, 2]);
    }
    let second = town.node(1);
    fs::remove_dir_all(&second).unwrap();
    copy(&twin.node(1), &second);
}

/// The third has signed two certificates of one epoch, each with another one of the two, who had both reason to
/// leave the other out; and it says nothing more. As soon as they hear of that they go back to what was before.
#[test]
fn two_certificates_of_one_epoch_keep_two_apart_until_they_hear_of_it() {
    let mut drill = Drill::new(true);
    make_twins(&drill.town, &needed(&drill.town));
    drill.restart(1, true);
    let made: Vec<Certificate> = [0, 1].map(|n| drill.certificate(n)).into();
    assert_ne!(made[0].digest(), made[1].digest());
    assert_eq!(drill.epochs(), [2, 2, 2]);
    drill.deaf = BTreeSet::from([2]);
    // By themselves they come to nothing: each goes by another one.
    for _ in 0..30 {
        drill.pass(MINUTE);
        drill.passes(4);
    }
    assert_eq!(drill.epochs(), [2, 2, 2]);
    assert!(!drill.looks_up(&[0, 1]));
    for (to, from) in [(0, 1), (1, 0)] {
        let bytes = made[from].bytes().to_vec();
        let from = drill.nodes[from].2;
        drill.heard[to].push(Heard::Certificate { from, bytes });
    }
    for minutes in 0.. {
        drill.pass(MINUTE);
        drill.passes(4);
        if drill.looks_up(&[0, 1]) {
            break;
        }
        assert!(minutes < 30, "{:?}", drill.epochs());
    }
    let now = drill.certificate(0);
    assert_eq!(now.digest(), drill.certificate(1).digest());
    for key in made[0].keys() {
        assert_eq!(now.key(key.name()).unwrap().public(), key.public());
    }
}

/// The same where the other one is made on a board that lies here.
#[test]
fn who_signed_both_is_seen_on_a_board_too() {
    let mut drill = Drill::new(false);
    let all = needed(&drill.town);
    let plan = drill.town.plan_of(&[1, 2], &[1, 2], &all);
    let (desk, known) = (drill.town.desk(0), drill.town.known(0));
    desk.start(&plan, &known).unwrap();
    drop(desk);
    let twin = drill.town.copy();
    let own = drill.town.plan_of(&[0, 2], &[0, 2], &all);
    let own = drill.town.begin_as(Part::Auto, &own, &[0, 2]);
    drill.town.finish(&own, &[0, 2]);
    let other = twin.begin_as(Part::Auto, &plan, &[1, 2]);
    twin.finish(&other, &[1, 2]);
    let board = twin.desk(1).board_bytes(&other).unwrap();
    let desk = drill.town.desk(0);
    desk.take(&board, &drill.town.known(0)).unwrap();
    drop(desk);
    let scene = drill.scene(0);
    let out = drill.workers[0].look(Vec::new(), &scene);
    let both = BTreeSet::from([drill.nodes[2].2]);
    assert_eq!(out.twofold, Some((2, both.clone())));
    let excused = Excused::read(&drill.town.desk(0));
    assert_eq!(excused.now(scene.now), both);
}

/// A machine sleeps while another one tires of waiting, and stops: to the first it looks as if something had come just
/// before.
#[test]
fn who_stops_while_a_machine_sleeps_is_not_at_fault() {
    let mut drill = Drill::new(true);
    drill.passes(3);
    drill.restart(2, false);
    drill.meddle = Some(Box::new(|from, _, message| (from != 2).then_some(message)));
    drill.now += 7 * DAY;
    drill.passes(8);
    let name = drill.live(0).first().unwrap().0;
    drill.pass(8 * MINUTE);
    let board = drill.board(2, &name);
    let joins = |message: &&[u8]| parts(message).2 == Step::Join.number();
    let messages: Vec<Vec<u8>> = board.messages().filter(joins).map(<[u8]>::to_vec).collect();
    for to in [0, 1] {
        drill.show(2, to, board.plan().bytes(), &messages);
    }
    drill.passes(3);
    drill.pass(4 * MINUTE);
    assert!(matches!(drill.live(0)[0].1, Progress::Waits { .. }));
    let key = drill.town.identity(1).keys.record;
    let (known, today) = (drill.town.known(1), drill.scene(1).today);
    let hand = Hand { node: &key, today };
    let desk = drill.town.desk(1);
    desk.stop(&name, Reason::Silence, &known, &hand).unwrap();
    drop(desk);
    drill.wrong[0] = (0, 1);
    for _ in 0..12 {
        drill.pass(5_000);
    }
    let live = drill.live(0);
    let stands = live.iter().find(|(other, _)| *other == name).unwrap();
    assert!(matches!(stands.1, Progress::Stopped(_)));
    let now = drill.scene(0).now;
    let excused = Excused::read(&drill.town.desk(0)).now(now);
    assert!(!excused.contains(&drill.nodes[1].2));
}

/// A machine without a clock of its own starts in 1970, and is set a moment later. Whoever has not connected by then
/// is not away for decades.
#[test]
fn a_clock_that_is_set_after_the_start_makes_nobody_long_gone() {
    let mut drill = Drill::new(false);
    drill.now += 7 * DAY;
    drill.apart = BTreeSet::from([(0, 1)]);
    let behind = drill.now / DAY;
    drill.wrong[0] = (behind, 0);
    drill.restart(0, false);
    drill.passes(3);
    drill.wrong[0] = (0, 0);
    drill.passes(1);
    let mut terms = drill.town.terms_of(&[0, 2], &[0, 2], &needed(&drill.town));
    (terms.day, terms.starter) = (Timestamp::from_millis(drill.now).day(), drill.nodes[2].0);
    let plan = terms.sign(&drill.town.identity(2).keys.record);
    let desk = drill.town.desk(0);
    let name = desk.start(&plan, &drill.town.known(0)).unwrap();
    drop(desk);
    let joined = |drill: &Drill| drill.town.desk(0).takes_part(&name);
    drill.passes(3);
    assert!(!joined(&drill));
    // Who is away for an hour then may be left out.
    for _ in 0..61 {
        drill.pass(MINUTE);
    }
    assert!(joined(&drill));
}

/// People told a node to leave somebody out, and it missed that what it signed came into force: what was before stays
/// nowhere the less. If nobody was left out by what they told it, it keeps what it has.
#[test]
fn who_missed_what_people_made_keeps_nothing_of_before_either() {
    for leaves_out in [true, false] {
        let town = Town::new();
        let name = town.begin(&town.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
        town.finish(&name, &[0, 1, 2]);
        let twin = town.copy();
        let all: &[usize] = if leaves_out { &[0, 1] } else { &[0, 1, 2] };
        let name = town.begin(&town.plan(all, &[0, 1]), all);
        while town.desk(0).signed().unwrap().unwrap().epoch < 2 {
            for n in all {
                town.step(*n, &name);
            }
            let boards = all
                .iter()
                .map(|n| town.desk(*n).board_bytes(&name).unwrap());
            let boards: Vec<_> = boards.collect();
            if town.desk(0).signed().unwrap().unwrap().epoch == 2 {
                break;
            }
            for n in all {
                for board in &boards {
                    town.desk(*n).take(board, &town.known(*n)).unwrap();
                }
            }
        }
        assert_eq!(town.certificate(0).unwrap().epoch(), 1);
        let mut terms = twin.terms_of(&[1, 2], &[1, 2], &keys());
        terms.epoch = 3;
        let plan = terms.sign(&twin.identity(1).keys.record);
        let name = twin.begin_as(Part::Auto, &plan, &[1, 2]);
        twin.finish(&name, &[1, 2]);
        let next = twin.certificate(1).unwrap();
        let (desk, known) = (town.desk(0), town.known(0));
        desk.take_certificate(next.bytes(), &known)
            .unwrap()
            .unwrap();
        let known = Known {
            certificate: Some(next),
            ..known
        };
        let kept = desk.before(&known, Some(today())).unwrap();
        assert_eq!(kept.is_none(), leaves_out);
    }
}

/// The same of who only deals, and hears of what is made before its board shows it.
#[test]
fn who_deals_by_hand_and_hears_of_the_certificate_first_keeps_nothing() {
    let town = Town::new();
    let name = town.begin(&town.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
    town.finish(&name, &[0, 1, 2]);
    let plan = town.terms_of(&[1, 2], &[0, 1], &keys());
    let plan = plan.sign(&town.identity(1).keys.record);
    let name = town.begin(&plan, &[0, 1, 2]);
    // All have joined.
    for n in 0..3 {
        town.step(n, &name);
    }
    for (from, to) in [(1, 0), (2, 0), (0, 1), (0, 2)] {
        let board = town.desk(from).board_bytes(&name).unwrap();
        town.desk(to).take(&board, &town.known(to)).unwrap();
    }
    let twin = town.copy();
    twin.finish(&name, &[0, 1, 2]);
    let next = twin.certificate(1).unwrap();
    let (desk, known) = (town.desk(0), town.known(0));
    desk.take_certificate(next.bytes(), &known)
        .unwrap()
        .unwrap();
    let known = Known {
        certificate: Some(next),
        ..known
    };
    desk.destroy_old(&known, Some(today()), false).unwrap();
    assert!(desk.stored().unwrap().is_empty());
}
