//! What a desk keeps, and what it refuses.

use super::super::desk::{Desk, Known, Part};
use super::super::error::DeskError;
use super::super::step::Progress;
use super::super::task::{Heard, Settings, Setup};
use super::super::worker::Worker;
use super::drill::DAY;
use super::town::{Town, keys, today};
use crate::driver::Scene;
use crate::entropy::OsEntropy;
use crate::files::watch;
use crate::keys::{shares_of, shares_path};
use parasol_protocol::cbor;
use parasol_protocol::ceremony::Reason;
use parasol_protocol::certificate::{Certificate, Judging};
use parasol_protocol::cose::Cosigned;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::MAX_COSIGNED;
use parasol_protocol::time::Timestamp;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::PathBuf;
use std::rc::Rc;

#[test]
fn whoever_starts_much_crowds_out_its_own() {
    let town = Town::new();
    let known = town.known(1);
    let desk = town.desk(1);
    let first = desk.start(&town.plan(&[0, 1, 2], &[]), &known).unwrap();
    let other = desk.start(&town.plan(&[2, 0, 1], &[]), &known).unwrap();
    for _ in 0..8 {
        desk.start(&town.plan(&[0, 1, 2], &[]), &known).unwrap();
    }
    assert_eq!(desk.names().unwrap().len(), 5);
    assert!(desk.knows(&other) && !desk.knows(&first));
    // What one takes part in goes for nobody.
    let mine = desk.start(&town.plan(&[0, 1, 2], &[]), &known).unwrap();
    desk.join(&mine, false, &mut OsEntropy).unwrap();
    for _ in 0..8 {
        desk.start(&town.plan(&[0, 1, 2], &[]), &known).unwrap();
    }
    assert!(desk.knows(&mine) && desk.part(&mine) == Some(Part::Hand));
    assert_eq!(desk.names().unwrap().len(), 6);
}

#[test]
fn a_certificate_is_taken_when_all_its_holders_have_signed_it_and_not_before() {
    let town = Town::new();
    let name = town.begin(&town.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
    town.finish(&name, &[0, 1, 2]);
    let name = town.begin(&town.plan(&[0, 1, 2], &[1, 2]), &[0, 1, 2]);
    // The third has dealt, and is gone before it has stored anything.
    for _ in 0..3 {
        for number in [2, 0, 1] {
            town.step(number, &name);
        }
        pass(&town, &name, &[0, 1, 2]);
    }
    town.step(0, &name);
    town.step(1, &name);
    pass(&town, &name, &[0, 1]);
    let Progress::Made {
        waiting,
        certificate,
        ..
    } = town.step(0, &name)
    else {
        panic!("two have signed")
    };
    assert_eq!(waiting.len(), 1);
    let (desk, known) = (town.desk(0), town.known(0));
    assert!(desk.settle(&known).unwrap().is_none());
    // Nor does it come into use because somebody hands it out.
    let taken = desk.take_certificate(&certificate, &known).unwrap();
    assert!(taken.is_none());
    assert_eq!(desk.stored().unwrap(), [1, 2]);
    drop(desk);
    assert_eq!(town.certificate(0).unwrap().epoch(), 1);
    // The third comes back and stores its own: now all have.
    pass(&town, &name, &[0, 1, 2]);
    town.finish(&name, &[0, 1, 2]);
    town.hold(2, &[0, 1, 2]);
}

#[test]
fn shares_of_before_are_kept_for_some_days_while_a_keyholder_is_left_out() {
    let town = Town::new();
    let name = town.begin(&town.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
    town.finish(&name, &[0, 1, 2]);
    for epoch in [2, 3] {
        let name = town.begin_as(Part::Auto, &town.plan(&[0, 1], &[0, 1]), &[0, 1]);
        town.finish(&name, &[0, 1]);
        // Those of the last that had all of them, and none between.
        for number in [0, 1] {
            assert_eq!(town.certificate(number).unwrap().epoch(), epoch);
            assert_eq!(town.desk(number).stored().unwrap(), [1, epoch]);
        }
    }
    let (desk, known) = (town.desk(0), town.known(0));
    let before = desk.before(&known, Some(today())).unwrap().unwrap();
    assert_eq!((before.epoch(), before.holders().count()), (1, 3));
    let after = |days, of_use| desk.destroy_old(&known, Some(today().plus(days)), of_use);
    // A file that is named by its epoch alone belongs to no certificate that is kept.
    let nameless = town.node(0).join("keys").join("shares-1.cbor");
    std::fs::write(&nameless, b"shares").unwrap();
    assert_eq!(after(14, false).unwrap(), 1);
    assert!(!nameless.exists());
    // A clock that is in doubt ends no day.
    assert_eq!(desk.destroy_old(&known, None, false).unwrap(), 0);
    // Nor does it while they are of use, but for so long only.
    assert_eq!(after(90, true).unwrap(), 0);
    assert_eq!(after(15, false).unwrap(), 1);
    assert_eq!(desk.stored().unwrap(), [3]);
    assert!(desk.before(&known, Some(today())).unwrap().is_none());
    drop(desk);
    // The third learns of it, and keeps its own for as long.
    let third = town.desk(2);
    let (made, known) = (town.certificate(1).unwrap(), town.known(2));
    assert!(
        third
            .take_certificate(made.bytes(), &known)
            .unwrap()
            .is_some()
    );
    drop(third);
    assert_eq!(gone(&town, 2, &made), 0);
    assert_eq!(town.desk(2).stored().unwrap(), [1]);
    // All are there again: what was kept goes.
    let name = town.begin(&town.plan(&[0, 1, 2], &[0, 1]), &[0, 1, 2]);
    town.finish(&name, &[0, 1, 2]);
    town.hold(4, &[0, 1, 2]);
}

/// Each time that somebody else is left out, what all had is kept for as long again; but nothing is any more,
/// when people have made the next by hand.
#[test]
fn what_is_kept_stays_on_when_a_further_holder_is_left_out() {
    for by_hand in [false, true] {
        let town = Town::new();
        let name = town.begin(&town.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
        town.finish(&name, &[0, 1, 2]);
        let name = town.begin_as(Part::Auto, &town.plan(&[0, 1], &[0, 1]), &[0, 1]);
        town.finish(&name, &[0, 1]);
        assert_eq!(town.desk(1).stored().unwrap(), [1, 2]);
        let made = town.certificate(1).unwrap();
        let third = town.desk(2);
        third
            .take_certificate(made.bytes(), &town.known(2))
            .unwrap()
            .unwrap();
        drop(third);
        let mut terms = town.terms_of(&[1, 2], &[0, 1], &keys());
        terms.day = today().plus(1);
        let plan = terms.sign(&town.identity(1).keys.record);
        let part = if by_hand { Part::Hand } else { Part::Auto };
        let name = town.begin_as(part, &plan, &[0, 1, 2]);
        town.finish(&name, &[0, 1, 2]);
        let (desk, known) = (town.desk(1), town.known(1));
        assert_eq!(known.certificate.as_ref().unwrap().epoch(), 3);
        if by_hand {
            assert_eq!(desk.stored().unwrap(), [3]);
            continue;
        }
        assert_eq!(desk.stored().unwrap(), [1, 3]);
        let after = |days, of_use| desk.destroy_old(&known, Some(today().plus(days)), of_use);
        assert_eq!(after(15, false).unwrap(), 0);
        // Not for ever.
        assert_eq!(after(90, true).unwrap(), 0);
        assert_eq!(after(16, false).unwrap(), 1);
    }
}

/// Two renewed without the third, and one of them is gone for good: with the third there still are two
/// shares of before, and people can go back to them.
#[test]
fn with_who_was_left_out_one_can_go_back_to_what_was_before() {
    let town = Town::new();
    let name = town.begin(&town.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
    town.finish(&name, &[0, 1, 2]);
    let first = town.certificate(0).unwrap();
    let name = town.begin_as(Part::Auto, &town.plan(&[0, 1], &[0, 1]), &[0, 1]);
    town.finish(&name, &[0, 1]);
    let (made, known) = (town.certificate(0).unwrap(), town.known(2));
    let desk = town.desk(2);
    desk.take_certificate(made.bytes(), &known)
        .unwrap()
        .unwrap();
    drop(desk);
    // Of what is in force there is one share. What it names is planned anew, upon what was before.
    let known = town.known(0);
    let before = town.desk(0).before(&known, Some(today())).unwrap();
    let before = Known {
        certificate: before,
        ..known
    };
    let mut terms = town.terms_upon(&before, &[0, 2], &[0, 2], &keys());
    let key = town.identity(0).keys.record;
    let early = town.desk(0).start(&terms.sign(&key), &town.known(0));
    assert!(early.is_err(), "the number of what is in force");
    terms.epoch = 3;
    let name = town.begin(&terms.sign(&key), &[0, 2]);
    town.finish(&name, &[0, 2]);
    for number in [0, 2] {
        let identity = town.identity(number);
        let certificate = identity.certificate.unwrap();
        assert_eq!((certificate.epoch(), identity.shares.len()), (3, 2));
        for key in first.keys() {
            assert_eq!(certificate.key(key.name()).unwrap().public(), key.public());
        }
    }
}

/// How many files go when a node goes by this certificate.
fn gone(town: &Town, number: usize, certificate: &Certificate) -> usize {
    let known = Known {
        certificate: Some(certificate.clone()),
        ..town.known(number)
    };
    town.desk(number)
        .destroy_old(&known, Some(today()), false)
        .unwrap()
}

/// One ceremony of an epoch that one node has signed, and no other: it stops. Another of the same epoch
/// is made by the others. Returns the certificate that they have now, and the file of the first one's
/// shares.
fn overtaken() -> (Town, Certificate, PathBuf) {
    let town = Town::new();
    let name = town.begin(&town.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
    town.finish(&name, &[0, 1, 2]);
    let first = town.begin(&town.plan(&[0, 1, 2], &[0, 1]), &[0, 1, 2]);
    for _ in 0..3 {
        for number in [0, 1, 2] {
            town.step(number, &first);
        }
        pass(&town, &first, &[0, 1, 2]);
    }
    // It stores its shares and signs. The others have said that they give up before they hear of it.
    town.step(2, &first);
    for number in [0, 1] {
        let identity = town.identity(number);
        let hand = super::super::desk::Hand {
            node: &identity.keys.record,
            today: today(),
        };
        let desk = town.desk(number);
        desk.stop(&first, Reason::Withdrawn, &town.known(number), &hand)
            .unwrap();
    }
    let stored = town.desk(2).stored_files().unwrap();
    assert_eq!(town.desk(2).stored().unwrap(), [1, 2]);
    let second = town.begin(&town.plan(&[0, 1], &[0, 1]), &[0, 1]);
    town.finish(&second, &[0, 1]);
    let made = town.certificate(0).unwrap();
    assert_eq!((made.epoch(), made.waiting().len()), (2, 0));
    (town, made, stored[1].1.clone())
}

#[test]
fn shares_of_a_ceremony_that_stopped_keep_no_node_from_starting() {
    let (town, made, stopped) = overtaken();
    let desk = town.desk(2);
    let taken = desk.take_certificate(made.bytes(), &town.known(2));
    assert_eq!(taken.unwrap().unwrap().digest(), made.digest());
    drop(desk);
    // It starts, without shares, and those of the ceremony that stopped pass for nothing.
    let identity = town.identity(2);
    assert_eq!(identity.certificate.unwrap().digest(), made.digest());
    assert!(identity.shares.is_empty());
    assert!(stopped.exists());
    // Everybody has stored what is in force: then they go. Those before stay while somebody is left out.
    assert_eq!(gone(&town, 2, &made), 1);
    assert!(!stopped.exists());
    assert_eq!(town.desk(2).stored().unwrap(), [1]);
    assert_eq!(gone(&town, 0, &made), 0);
    let name = town.begin(&town.plan(&[0, 1, 2], &[0, 1]), &[0, 1, 2]);
    town.finish(&name, &[0, 1, 2]);
    town.hold(3, &[0, 1, 2]);
}

#[test]
fn while_somebody_lacks_its_shares_those_of_a_rival_stay() {
    let town = Town::new();
    let name = town.begin(&town.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
    town.finish(&name, &[0, 1, 2]);
    let made = town.certificate(0).unwrap();
    // What a ceremony of the epoch in force has left that was not made.
    let rival = shares_path(&town.node(2), made.epoch(), &[7; 32]);
    std::fs::copy(shares_of(&town.node(2), &made), &rival).unwrap();
    let mut copy = Cosigned::parse(made.bytes(), MAX_COSIGNED).unwrap();
    let third = town.identity(2).keys.record.node();
    copy.retain(|key| key != third.as_bytes());
    let (desk, known) = (town.desk(2), town.known(2));
    let (copy, charter) = (copy.write(), known.charter());
    let less = Certificate::of_latest(&copy, charter, &known.directory, Judging::Anew).unwrap();
    assert_eq!(less.waiting().len(), 1);
    drop(desk);
    assert_eq!(gone(&town, 2, &less), 0);
    assert!(rival.exists());
    assert_eq!(town.identity(2).shares.len(), 2);
    assert_eq!(gone(&town, 2, &made), 1);
    assert_eq!(town.desk(2).stored().unwrap(), [1]);
}

fn pass(town: &Town, name: &parasol_protocol::ids::PlanDigest, numbers: &[usize]) {
    let board = |n: &usize| town.desk(*n).board_bytes(name).unwrap();
    let boards: Vec<Vec<u8>> = numbers.iter().map(board).collect();
    for number in numbers {
        let (desk, known) = (town.desk(*number), town.known(*number));
        for board in &boards {
            desk.take(board, &known).unwrap();
        }
    }
}

#[test]
fn two_certificates_of_one_epoch_are_an_alarm_and_change_nothing() {
    let town = Town::new();
    let twin = town.copy();
    for one in [&town, &twin] {
        let name = one.begin(&one.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
        one.finish(&name, &[0, 1, 2]);
    }
    let other = twin.certificate(0).unwrap();
    let error = town.desk(0).take_certificate(other.bytes(), &town.known(0));
    let Err(DeskError::TwoCertificates { epoch, both }) = error else {
        panic!("{error:?}")
    };
    assert_eq!((epoch, both.len()), (1, 3));
    town.hold(1, &[0, 1, 2]);

    // One that a peer goes by is told to the driver, whose status shows it.
    let identity = town.identity(0);
    let mut worker = Worker::new(Setup {
        dir: town.node(0),
        node: identity.keys.record.clone(),
        settings: Settings::default(),
    });
    let scene = Scene {
        known: town.known(0),
        today: today(),
        now: Timestamp::from_millis(u64::from(today().number()) * DAY),
        passed: Timestamp::from_millis(0),
        connected: BTreeMap::new(),
        settled: true,
        ended: BTreeSet::new(),
    };
    let hear = |certificate: &Certificate| Heard::Certificate {
        from: town.identity(1).organisation,
        bytes: certificate.bytes().to_vec(),
    };
    let same = hear(&town.certificate(1).unwrap());
    assert_eq!(worker.look(vec![same], &scene).twofold, None);
    assert_eq!(
        worker.look(vec![hear(&other)], &scene).twofold,
        Some((1, both))
    );
}

#[test]
fn who_stops_leaves_no_seed_and_says_so_though_its_seed_is_gone() {
    let town = Town::new();
    let name = town.begin(&town.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
    town.step(1, &name);
    let identity = town.identity(1);
    let hand = super::super::desk::Hand {
        node: &identity.keys.record,
        today: today(),
    };
    let seed = town
        .node(1)
        .join("ceremonies")
        .join(name.to_string())
        .join("seed");
    std::fs::remove_file(&seed).unwrap();
    let desk: Desk = town.desk(1);
    desk.stop(&name, Reason::Withdrawn, &town.known(1), &hand)
        .unwrap();
    drop(desk);
    pass(&town, &name, &[0, 1, 2]);
    for number in 0..3 {
        assert!(matches!(town.step(number, &name), Progress::Stopped(_)));
        assert!(!town.desk(number).speaks(&name));
    }
}

/// The command line knows no endings: it goes by what the node has noted.
#[test]
fn of_a_season_that_the_node_knows_is_over_nobody_stores_a_share() {
    let town = Town::new();
    let over = keys()[1].season().unwrap();
    town.desk(0).leave_out(&BTreeSet::from([over])).unwrap();
    let name = town.begin(&town.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
    town.finish(&name, &[0, 1, 2]);
    let has = |number: usize| town.identity(number).shares.into_keys().collect::<Vec<_>>();
    assert_eq!(has(0), [keys()[0]]);
    assert_eq!(has(1), keys());
    // What was stored before the node came to note it is destroyed with that.
    let mut desk = town.desk(1);
    desk.leave_out(&BTreeSet::from([over])).unwrap();
    assert_eq!(has(1), [keys()[0]]);
    drop(desk);
    // A file that cannot be understood is written anew.
    let path = town.node(1).join("ceremonies/ended.cbor");
    std::fs::write(&path, "no seasons").unwrap();
    let mut desk = town.desk(1);
    assert!(!desk.is_over(&keys()[1]));
    desk.leave_out(&BTreeSet::from([over])).unwrap();
    drop(desk);
    assert!(town.desk(1).is_over(&keys()[1]));
}

#[test]
fn who_does_not_know_what_it_has_signed_signs_nothing_and_is_told_what_to_do() {
    let town = Town::new();
    let name = town.begin(&town.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
    town.finish(&name, &[0, 1, 2]);
    let path = town.node(2).join("ceremonies/signed.cbor");
    let kept = std::fs::read(&path).unwrap();
    std::fs::write(&path, &kept[..kept.len() - 1]).unwrap();
    let name = town.begin(&town.plan(&[0, 1, 2], &[0, 1]), &[0, 1, 2]);
    let (known, identity) = (town.known(2), town.identity(2));
    let hand = super::super::desk::Hand {
        node: &identity.keys.record,
        today: today(),
    };
    let desk = town.desk(2);
    let error = desk.step(&name, &known, &hand).unwrap_err();
    assert!(matches!(error, DeskError::Signed(_)), "{error}");
    assert!(error.to_string().contains("--without"), "{error}");
    std::fs::write(&path, &kept).unwrap();
    drop(desk);
    town.finish(&name, &[0, 1, 2]);
    town.hold(2, &[0, 1, 2]);
}

#[test]
fn who_works_on_a_desk_for_long_holds_nobody_up() {
    let town = Town::new();
    let desk = town.desk(0);
    let patience = std::time::Duration::from_millis(1);
    let error = Desk::open_within(&town.node(0), patience).err().unwrap();
    assert!(matches!(error, DeskError::Busy(_)), "{error}");
    drop(desk);
    assert!(Desk::open_within(&town.node(0), patience).is_ok());
}

/// What a ceremony stores, and what it destroys, it does where nobody else clears up meanwhile.
#[test]
fn files_of_keys_change_under_one_lock() {
    let town = Town::new();
    let seen = Rc::new(Cell::new(0));
    for dealers in [&[][..], &[0, 1]] {
        let name = town.begin(&town.plan(&[0, 1, 2], dealers), &[0, 1, 2]);
        let (count, keys) = (
            Rc::clone(&seen),
            [0, 1, 2].map(|n| town.node(n).join("keys")),
        );
        watch::each(move |path| {
            if let Some(dir) = keys.iter().find(|dir| path.starts_with(dir)) {
                assert!(File::open(dir).unwrap().try_lock().is_err());
                count.set(count.get() + 1);
            }
        });
        town.finish(&name, &[0, 1, 2]);
        watch::stop();
    }
    // Two files are written in two steps by each, and one is overwritten in two.
    assert_eq!(seen.get(), 3 * (2 * 2 + 2));
}

/// What a peer hands over with a certificate is looked at and not kept.
#[test]
fn a_certificate_is_kept_without_what_strangers_have_added() {
    let town = Town::new();
    let name = town.begin(&town.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
    town.finish(&name, &[0, 1, 2]);
    let made = town.certificate(0).unwrap();
    let path = town.node(2).join("certificate.cbor");
    std::fs::remove_file(&path).unwrap();
    let mut stuffed = Cosigned::parse(made.bytes(), MAX_COSIGNED).unwrap();
    let federation = *town.identity(0).charter.federation();
    for _ in 0..40 {
        let stranger = SecretKey::generate(&mut OsEntropy);
        Certificate::sign_with(&mut stuffed, &federation, &stranger);
    }
    let (desk, known) = (town.desk(2), town.known(2));
    let taken = desk.take_certificate(&stuffed.write(), &known).unwrap();
    assert_eq!(taken.unwrap().signed(), 3);
    assert_eq!(std::fs::read(&path).unwrap(), made.bytes());
}

/// Two renewed without the third: what the first keeps of before is needed.
pub(super) fn kept_of_three() -> Town {
    let town = Town::new();
    let name = town.begin(&town.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
    town.finish(&name, &[0, 1, 2]);
    let name = town.begin_as(Part::Auto, &town.plan(&[0, 1], &[0, 1]), &[0, 1]);
    town.finish(&name, &[0, 1]);
    assert_eq!(town.desk(0).stored().unwrap(), [1, 2]);
    town
}

/// One of two that hold what is in force is no keyholder any more, so that there are as many keyholders as holders.
#[test]
fn who_holds_counts_and_not_how_many() {
    let town = kept_of_three();
    town.change_charter(|terms| {
        let [second, third] = [1, 2].map(|n| town.identity(n).organisation);
        let index = |root| terms.member(&root).unwrap().keyholder;
        let free = index(second).min(index(third));
        for one in &mut terms.organisations {
            match one.root {
                root if root == second => one.keyholder = None,
                root if root == third => one.keyholder = free,
                _ => {}
            }
        }
    });
    let (desk, known) = (town.desk(0), town.known(0));
    assert!(desk.before(&known, Some(today())).unwrap().is_some());
    desk.destroy_old(&known, Some(today()), false).unwrap();
    assert_eq!(desk.stored().unwrap(), [1, 2]);
}

/// What one node keeps for longer than the others gives way to what they keep; but where a renewal was overdue they
/// all kept it.
#[test]
fn what_was_kept_on_alone_is_not_carried_on() {
    for (days, late, kept) in [(14, 0, 1), (15, 0, 2), (15, 8, 2), (15, 9, 1)] {
        let town = kept_of_three();
        let made = town.certificate(1).unwrap();
        let third = town.desk(2);
        third
            .take_certificate(made.bytes(), &town.known(2))
            .unwrap();
        drop(third);
        // So long ago it gave way; what is in force is of today.
        let path = town.node(1).join("ceremonies").join("before.cbor");
        let before = std::fs::read(&path).unwrap();
        let certificate = cbor::decode(&before, MAX_COSIGNED + 64, |d| {
            cbor::tuple(d, 3)?;
            let certificate = d.bytes()?.to_vec();
            d.u32()?;
            d.u32()?;
            Ok(certificate)
        });
        let day = u64::from(today().minus(days).number());
        let older = cbor::encode(|e| {
            cbor::put_array(e, 3);
            cbor::put_bytes(e, &certificate.unwrap());
            cbor::put_uint(e, day);
            cbor::put_uint(e, day);
        });
        std::fs::write(&path, older).unwrap();
        // Another one is left out.
        let mut terms = town.terms_of(&[1, 2], &[0, 1], &keys());
        terms.day = today().plus(late);
        let plan = terms.sign(&town.identity(1).keys.record);
        let name = town.begin_as(Part::Auto, &plan, &[0, 1, 2]);
        // Until then it is kept, as being of use.
        let (desk, known) = (town.desk(1), town.known(1));
        assert_eq!(desk.destroy_old(&known, Some(today()), true).unwrap(), 0);
        drop(desk);
        town.finish_as(&name, &[0, 1, 2], true, today().plus(late));
        assert_eq!(town.desk(1).stored().unwrap(), [kept, 3], "{days}, {late}");
    }
}
