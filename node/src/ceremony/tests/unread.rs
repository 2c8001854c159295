//! Files that cannot be read, or are damaged.

use super::super::desk::{Hand, Part};
use super::super::error::DeskError;
use super::super::excused::Excused;
use super::super::step::Progress;
use super::super::task::Heard;
use super::drill::{DAY, Drill, MINUTE, needed};
use super::hostile::parts;
use super::kept::kept_of_three;
use super::town::{Town, keys, today};
use parasol_protocol::ceremony::{Reason, Step};
use parasol_protocol::wire::Shown;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// In place of a file something that cannot be read; what was there.
fn broken(path: &Path) -> Option<Vec<u8>> {
    let file = fs::read(path).ok();
    drop(fs::remove_file(path));
    symlink(path, path).unwrap();
    assert!(fs::read(path).is_err() && !path.exists());
    file
}

fn mended(path: &Path, file: Option<Vec<u8>>) {
    fs::remove_file(path).unwrap();
    if let Some(file) = file {
        fs::write(path, file).unwrap();
    }
}

/// A file that cannot be read at the moment, or is damaged, is not as if nothing were kept.
#[test]
fn nothing_is_destroyed_while_it_cannot_be_read_what_is_kept() {
    let town = kept_of_three();
    let (desk, known) = (town.desk(0), town.known(0));
    let path = town.node(0).join("ceremonies").join("before.cbor");
    let good = std::fs::read(&path).unwrap();
    for damaged in [false, true] {
        std::fs::remove_file(&path).unwrap();
        if damaged {
            std::fs::write(&path, &good[..good.len() - 1]).unwrap();
        } else {
            std::fs::create_dir(&path).unwrap();
        }
        for (days, of_use) in [(0, true), (15, false), (400, true)] {
            let day = Some(today().plus(days));
            assert!(desk.before(&known, day).is_err());
            assert!(desk.destroy_old(&known, day, of_use).is_err());
            assert_eq!(desk.stored().unwrap(), [1, 2]);
        }
        if !damaged {
            std::fs::remove_dir(&path).unwrap();
        }
        std::fs::write(&path, &good).unwrap();
    }
    let day = Some(today().plus(15));
    assert_eq!(desk.destroy_old(&known, day, true).unwrap(), 0);
    assert_eq!(desk.destroy_old(&known, day, false).unwrap(), 1);
}

/// What cannot be read keeps no node from what all go by.
#[test]
fn a_file_that_cannot_be_read_keeps_no_certificate_out_of_force() {
    for all in [true, false] {
        let town = kept_of_three();
        let path = town.node(0).join("ceremonies").join("before.cbor");
        let third = town.desk(2);
        let made = town.certificate(1).unwrap();
        third
            .take_certificate(made.bytes(), &town.known(2))
            .unwrap();
        drop(third);
        // The next is made where the first does not see that it is.
        let twin = town.copy();
        let holders: &[usize] = if all { &[0, 1, 2] } else { &[1, 2] };
        let plan = twin.terms_of(holders, &[0, 1], &keys());
        let plan = plan.sign(&twin.identity(holders[0]).keys.record);
        let name = twin.begin_as(Part::Auto, &plan, &[0, 1, 2]);
        twin.finish(&name, &[0, 1, 2]);
        let next = twin.certificate(1).unwrap();
        let file = broken(&path);
        let (desk, known) = (town.desk(0), town.known(0));
        let taken = desk.take_certificate(next.bytes(), &known);
        if all {
            assert_eq!(taken.unwrap().unwrap().digest(), next.digest());
        } else {
            // Here something has to be written down: until it can be, nothing has happened.
            let error = taken.unwrap_err();
            assert!(matches!(error, DeskError::Io { .. }), "{error}");
            mended(&path, file);
            let taken = desk.take_certificate(next.bytes(), &known).unwrap();
            assert_eq!(taken.unwrap().digest(), next.digest());
        }
    }
}

/// What is damaged does not keep everything for ever.
#[test]
fn a_damaged_file_gives_way_to_what_is_known() {
    let town = kept_of_three();
    let path = town.node(0).join("ceremonies").join("before.cbor");
    fs::write(&path, b"nothing").unwrap();
    let plan = town.terms_of(&[0, 1], &[0, 1], &keys());
    let key = town.identity(0).keys.record;
    let name = town.begin_as(Part::Auto, &plan.sign(&key), &[1]);
    let board = town.desk(1).board_bytes(&name).unwrap();
    let desk = town.desk(0);
    desk.take(&board, &town.known(0)).unwrap();
    desk.take_part(&name, Part::Auto, &mut crate::entropy::OsEntropy)
        .unwrap();
    drop(desk);
    for _ in 0..6 {
        for n in [0, 1] {
            let (known, identity) = (town.known(n), town.identity(n));
            let hand = Hand {
                node: &identity.keys.record,
                today: today(),
            };
            let desk = town.desk(n);
            desk.step(&name, &known, &hand).unwrap();
            desk.settle(&known).unwrap();
        }
        for (from, to) in [(0, 1), (1, 0)] {
            let board = town.desk(from).board_bytes(&name).unwrap();
            town.desk(to).take(&board, &town.known(to)).unwrap();
        }
    }
    let (desk, known) = (town.desk(0), town.known(0));
    assert_eq!(known.certificate.as_ref().unwrap().epoch(), 3);
    assert_eq!(desk.stored().unwrap(), [1, 2, 3]);
    // It is not known any more which was kept: the last one is, and what is older goes.
    assert_eq!(desk.destroy_old(&known, Some(today()), false).unwrap(), 1);
    assert_eq!(desk.stored().unwrap(), [2, 3]);
    let later = Some(today().plus(15));
    assert_eq!(desk.destroy_old(&known, later, false).unwrap(), 1);
}

/// A node looks on while it cannot read what it keeps.
#[test]
fn a_worker_destroys_nothing_while_it_cannot_read_what_it_keeps() {
    let mut drill = Drill::left_out();
    let path = drill.town.node(0).join("ceremonies").join("before.cbor");
    // Long enough for nothing to be kept any more, by a node that could read it.
    let file = broken(&path);
    drill.restart(0, false);
    for days in 0..16 {
        drill.passes(2);
        assert!(drill.town.desk(0).stored().unwrap().contains(&1), "{days}");
        drill.pass(DAY);
    }
    mended(&path, file);
    drill.pass(DAY);
    drill.passes(3);
    assert!(!drill.town.desk(0).stored().unwrap().contains(&1));
}

/// What people began goes on though the node could not read, at one look, what was in force then.
#[test]
fn a_passing_error_ends_no_way_back() {
    let mut drill = Drill::left_out();
    let plan = drill.plan_back();
    drill.deaf.insert(2);
    let name = drill.town.begin_as(Part::Hand, &plan, &[0]);
    let path = drill.town.desk(0).place(&name).join("in-force");
    let file = broken(&path);
    drill.restart(0, true);
    drill.passes(3);
    mended(&path, file);
    drill.passes(3);
    drill.pass(30 * MINUTE);
    drill.passes(4);
    let board = drill.board(0, &name);
    assert!(board.has_sent(&drill.nodes[0].0, Step::Join));
    assert!(!matches!(Progress::of(&board), Progress::Stopped(_)));
}

/// Who does not know whether it has signed signs nothing.
#[test]
fn a_file_that_cannot_be_looked_at_is_there() {
    let town = Town::new();
    let name = town.begin(&town.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
    let desk = town.desk(0);
    let dir = town.node(0).join("ceremonies");
    broken(&dir.join("signed.cbor"));
    assert!(matches!(desk.signed(), Err(DeskError::Io { .. })));
    let place = desk.place(&name);
    assert!(!desk.compares(&name));
    broken(&place.join("compare"));
    assert!(desk.compares(&name));
    // What people said stays said.
    broken(&place.join("part"));
    assert_eq!(desk.part(&name), Some(Part::Hand));
    let board = broken(&place.join("board.cbor")).unwrap();
    assert!(desk.knows(&name));
    let plan = parasol_protocol::ceremony::Board::split(&board).unwrap().0;
    assert_eq!(desk.start(&plan, &town.known(0)).unwrap(), name);
    mended(&place.join("board.cbor"), Some(board.clone()));
    assert_eq!(desk.board_bytes(&name).unwrap(), board);
}

/// Who cannot write down whom it forgives looks at what comes all the same.
#[test]
fn what_cannot_be_written_down_keeps_nothing_from_being_heard() {
    let mut drill = Drill::new(true);
    let path = drill.town.node(0).join("ceremonies").join("excused.cbor");
    drop(fs::remove_file(&path));
    fs::create_dir(&path).unwrap();
    let plan = drill
        .town
        .plan_of(&[1, 0, 2], &[0, 1], &needed(&drill.town));
    let asked = Heard::Asked {
        from: drill.nodes[1].0,
        shown: Shown {
            plan,
            known: BTreeSet::new(),
            messages: Vec::new(),
        },
        token: None,
    };
    let scene = drill.scene(0);
    let out = drill.workers[0].look(vec![asked], &scene);
    assert_eq!(out.answers.len(), 1);
}

/// A certificate came into force while the node was off: whoever signed it has come to the end of a ceremony.
#[test]
fn who_signed_what_came_into_force_while_a_node_was_off_is_forgiven() {
    for known in [false, true] {
        let mut drill = Drill::new(false);
        let scene = drill.scene(0);
        let desk = drill.town.desk(0);
        let mut excused = Excused::default();
        let upon = known.then(|| *drill.certificate(0).digest());
        excused.forgive(&BTreeSet::new(), upon, &desk).unwrap();
        let who = BTreeSet::from([drill.nodes[2].2]);
        excused.hold_up(&who, false, [scene.now; 2], &desk).unwrap();
        drop(desk);
        drill.restart(0, false);
        drill.passes(1);
        let excused = Excused::read(&drill.town.desk(0)).now(scene.now);
        assert_eq!(excused.is_empty(), !known);
    }
}

/// One that shows plans that it has itself stopped keeps the others from nothing: they have no part in those.
#[test]
fn what_others_have_stopped_keeps_nobody_from_beginning() {
    let mut drill = Drill::new(true);
    drill.passes(3);
    drill.restart(2, false);
    drill.deaf.insert(2);
    drill.now += 7 * DAY;
    let key = drill.town.identity(2).keys.record;
    let needed = needed(&drill.town);
    // The third plans, joins and stops, again and again, at its own desk.
    for _ in 0..30 {
        let mut terms = drill.town.terms_of(&[2, 0, 1], &[0, 1], &needed);
        terms.day = drill.scene(2).today;
        let plan = terms.sign(&key);
        let name = drill.town.begin_as(Part::Auto, &plan, &[2]);
        let (known, today) = (drill.town.known(2), drill.scene(2).today);
        let hand = Hand { node: &key, today };
        let desk = drill.town.desk(2);
        desk.step(&name, &known, &hand).unwrap();
        desk.stop(&name, Reason::Withdrawn, &known, &hand).unwrap();
        drop(desk);
        let board = drill.board(2, &name);
        let messages: Vec<Vec<u8>> = board.messages().map(<[u8]>::to_vec).collect();
        for to in [0, 1] {
            drill.show(2, to, &plan, &messages);
        }
        for _ in 0..3 {
            drill.pass(20_000);
        }
        if drill.epochs()[..2] != [1, 1] {
            return;
        }
    }
    panic!("{:?}", drill.epochs());
}

/// A ceremony was stopped for silence, and a little later it comes that somebody left it: nobody begins the next
/// before it is known who held the last up; but whoever keeps saying something puts that off for three minutes only.
#[test]
fn the_next_is_not_begun_before_it_is_known_who_held_the_last_up() {
    for (drips, least, most) in [(&[3][..], 85, 110), (&[25, 110], 170, 190)] {
        let mut drill = Drill::new(true);
        drill.passes(3);
        drill.meddle = Some(Box::new(|from, _, message| (from != 2).then_some(message)));
        drill.now += 7 * DAY;
        drill.passes(6);
        let name = drill.live(0).first().unwrap().0;
        let key = drill.town.identity(2).keys.record;
        let (known, today) = (drill.town.known(2), drill.scene(2).today);
        let hand = Hand { node: &key, today };
        let desk = drill.town.desk(2);
        desk.stop(&name, Reason::Withdrawn, &known, &hand).unwrap();
        drop(desk);
        drill.restart(2, false);
        let stands = |drill: &Drill| Progress::of(&drill.board(0, &name));
        while matches!(stands(&drill), Progress::Waits { .. }) {
            drill.pass(20_000);
        }
        // What it says, the stop first.
        let board = drill.board(2, &name);
        let own = board.messages().map(<[u8]>::to_vec);
        let me = *drill.nodes[2].0.as_bytes();
        let own: Vec<Vec<u8>> = own.filter(|message| parts(message).1 == me).collect();
        let mut said = own.rchunks(own.len() / drips.len());
        let mut seconds = 0;
        while drill.live(0).len() == 1 {
            if drips.contains(&seconds) {
                let said = said.next().unwrap();
                for to in [0, 1] {
                    drill.show(2, to, board.plan().bytes(), said);
                }
            }
            drill.pass(1_000);
            seconds += 1;
            assert!(seconds < 300);
        }
        assert!((least..=most).contains(&seconds), "{seconds}");
        let live = drill.live(0);
        let next = live.iter().find(|(other, _)| *other != name).unwrap().0;
        let board = drill.board(0, &next);
        assert_eq!(board.plan().terms().holders.len(), 2);
    }
}
