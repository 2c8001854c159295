//! A node stops between any two writes of a ceremony, and goes on from what lies on its disk.

use super::super::desk::{Known, Part};
use super::town::{Town, keys, today};
use crate::files::watch;
use crate::keys::shares_of;
use parasol_protocol::ids::PlanDigest;
use std::cell::RefCell;
use std::fs;
use std::rc::Rc;

/// The town as it lay on the disk before each write of the first node, until the ceremony was over.
fn snapshots(town: &Town, name: &PlanDigest, numbers: &[usize]) -> Vec<Town> {
    let taken = Rc::new(RefCell::new(Vec::new()));
    let (into, first) = (Rc::clone(&taken), town.node(0));
    let source = Town::at(&town.dir);
    let mut last = None;
    watch::each(move |path| {
        // Half a board beside the whole one is as good as none.
        let half = last.as_deref() == Some(path) && path.ends_with("board.cbor");
        if path.starts_with(&first) && !half {
            into.borrow_mut().push(source.copy());
        }
        last = Some(path.to_owned());
    });
    town.finish(name, numbers);
    watch::stop();
    taken.take()
}

#[test]
fn whenever_a_node_stops_it_goes_on_and_no_share_is_lost() {
    let town = Town::new();
    let name = town.begin(&town.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
    let made = snapshots(&town, &name, &[0, 1, 2]);
    town.hold(1, &[0, 1, 2]);
    assert!(made.len() > 12, "{}", made.len());
    for before in &made {
        before.finish(&name, &[0, 1, 2]);
        before.hold(1, &[0, 1, 2]);
    }

    let name = town.begin(&town.plan(&[0, 1, 2], &[0, 1]), &[0, 1, 2]);
    let public = town.certificate(0).unwrap();
    let made = snapshots(&town, &name, &[0, 1, 2]);
    town.hold(2, &[0, 1, 2]);
    assert!(made.len() > 12, "{}", made.len());
    for before in made.iter().chain([&town]) {
        // Until all have stored the new shares, the old ones are all there.
        if (0..3).any(|n| before.desk(n).stored().unwrap() == [1]) {
            for number in 0..3 {
                assert!(before.desk(number).stored().unwrap().contains(&1));
            }
        }
        before.finish(&name, &[0, 1, 2]);
        before.hold(2, &[0, 1, 2]);
        let certificate = before.certificate(1).unwrap();
        for key in public.keys() {
            let renewed = certificate.key(key.name()).unwrap();
            assert_eq!(renewed.public(), key.public());
        }
        // Nothing of what was drawn is left.
        for number in 0..3 {
            let dir = before
                .node(number)
                .join("ceremonies")
                .join(name.to_string());
            assert!(!dir.join("seed").exists());
            assert!(dir.join("board.cbor").exists());
        }
    }
}

/// The same where somebody is left out, and then on the way back: at whatever moment the node stops, there are two
/// shares of what was before.
#[test]
fn whenever_a_node_stops_what_is_kept_is_there_to_go_back_to() {
    let town = Town::new();
    let name = town.begin(&town.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
    town.finish(&name, &[0, 1, 2]);
    let public = town.certificate(0).unwrap();
    let name = town.begin_as(Part::Auto, &town.plan(&[0, 1], &[0, 1]), &[0, 1]);
    let made = snapshots(&town, &name, &[0, 1]);
    assert!(made.len() > 12, "{}", made.len());
    for before in &made {
        let stored = |n: usize| before.desk(n).stored().unwrap();
        assert!((0..3).all(|n| stored(n).contains(&1)));
        before.finish(&name, &[0, 1]);
        for n in [0, 1] {
            assert_eq!(stored(n), [1, 2]);
            let kept = before.desk(n).before(&before.known(n), Some(today()));
            assert_eq!(kept.unwrap().unwrap().digest(), public.digest());
        }
    }
    let left_out = town.certificate(1).unwrap();
    let third = town.desk(2);
    let taken = third.take_certificate(left_out.bytes(), &town.known(2));
    taken.unwrap().unwrap();
    drop(third);
    let known = Known {
        certificate: Some(public.clone()),
        ..town.known(0)
    };
    let mut terms = town.terms_upon(&known, &[0, 2], &[0, 2], &keys());
    terms.epoch = 3;
    let plan = terms.sign(&town.identity(0).keys.record);
    let name = town.begin_as(Part::Auto, &plan, &[0, 2]);
    let made = snapshots(&town, &name, &[0, 2]);
    assert!(made.len() > 12, "{}", made.len());
    for before in &made {
        let stored = |n: usize| before.desk(n).stored().unwrap();
        let all_have = (0..3).step_by(2).all(|n| stored(n).contains(&3));
        assert!(all_have || [0, 2].iter().all(|n| stored(*n).contains(&1)));
        before.finish(&name, &[0, 2]);
        for n in [0, 2] {
            let identity = before.identity(n);
            let certificate = identity.certificate.unwrap();
            assert_eq!((certificate.epoch(), identity.shares.len()), (3, 2));
            for key in public.keys() {
                let now = certificate.key(key.name()).unwrap();
                assert_eq!(now.public(), key.public());
            }
        }
    }
}

#[test]
fn a_certificate_without_its_shares_is_understood_and_old_shares_never_pass_for_new_ones() {
    let town = Town::new();
    let name = town.begin(&town.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
    town.finish(&name, &[0, 1, 2]);
    // A disk was lost: what is left is what a backup holds.
    let shares = shares_of(&town.node(2), &town.certificate(2).unwrap());
    let kept = fs::read(&shares).unwrap();
    fs::remove_file(&shares).unwrap();
    assert!(town.identity(2).shares.is_empty());
    let name = town.begin(&town.plan(&[0, 1, 2], &[0, 1]), &[0, 1, 2]);
    town.finish(&name, &[0, 1, 2]);
    town.hold(2, &[0, 1, 2]);
    // Old ones in their place are no shares; the node starts, and gets new ones.
    let shares = shares_of(&town.node(2), &town.certificate(2).unwrap());
    crate::files::write_private(&shares, &kept).unwrap();
    assert!(town.identity(2).shares.is_empty());
    let name = town.begin(&town.plan(&[0, 1, 2], &[0, 1]), &[0, 1, 2]);
    town.finish(&name, &[0, 1, 2]);
    town.hold(3, &[0, 1, 2]);
}
