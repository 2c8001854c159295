//! Nodes that leave out, add, flood, watch, or never come to an end, when they are asked for buckets.

use super::super::testing::{Seeded, World};
use super::super::{
    Alarm, Ask, Browse, CheckOptions, Draft, Error, Exchange, Own, Retract, Warning,
};
use super::steps::{EMAIL, PHONE, check, check_with, draft, file, file_one, says};
use crate::area::Area;
use crate::record::Body;
use crate::record::report::Label;
use crate::time::{Day, Season};
use crate::wire::client::{OwnAsk, OwnReply, Tag, TagsAsk, TagsReply};
use std::collections::BTreeSet;

#[test]
fn a_report_that_one_source_leaves_out_is_shown_and_raises_an_alarm() {
    let mut world = World::new(3, 2);
    let receipt = file_one(&mut world, 0, says(&[PHONE], "a"));
    world.nodes[2].hides.insert(receipt.id());
    // On the first day it may be on its way.
    let checked = check(&mut world, 1, &[PHONE]);
    assert_eq!(checked.results[0].reports.len(), 1);
    assert!(checked.alarms.is_empty());
    assert!(checked.warnings.contains(&Warning::NotYet {
        organisation: "rowan".to_owned(),
        served_by: "lilas".to_owned(),
    }));
    world.today = world.today.plus(2);
    let expected = Alarm::LeftOut {
        organisation: "rowan".to_owned(),
        served_by: "lilas".to_owned(),
        reports: vec![receipt.id()],
        about_asked: true,
    };
    // To say that there was no room does not help, when there was.
    for claims in [0, 5] {
        world.nodes[2].claims = claims;
        let checked = check(&mut world, 1, &[PHONE]);
        assert_eq!(checked.results[0].reports.len(), 1);
        assert_eq!(checked.alarms, std::slice::from_ref(&expected));
    }
}

#[test]
fn a_report_that_was_taken_back_is_not_shown_though_one_source_hides_that() {
    let mut world = World::new(3, 2);
    let receipt = file_one(&mut world, 0, says(&[PHONE], "a"));
    let home = world.federation(0);
    world
        .carry(0, Retract::as_publisher(&home, receipt.grip.lock))
        .unwrap();
    let retraction = world.nodes[2].records.last().unwrap().id();
    world.nodes[2].hides.insert(retraction);
    // So far the retraction may be on its way, and nobody is blamed.
    let checked = check(&mut world, 1, &[PHONE]);
    assert!(checked.results[0].reports.is_empty());
    assert!(checked.alarms.is_empty(), "{:?}", checked.alarms);
    world.today = world.today.plus(2);
    let checked = check(&mut world, 1, &[PHONE]);
    assert!(checked.results[0].reports.is_empty());
    let expected = Alarm::StillServed {
        organisation: "rowan".to_owned(),
        taken_back_at: "lilas".to_owned(),
        reports: vec![receipt.id()],
    };
    assert_eq!(checked.alarms, [expected]);
}

#[test]
fn what_came_before_the_buckets_were_asked_for_anew_counts_too() {
    let mut world = World::new(3, 2);
    let drafts: Vec<Draft> = (0..40)
        .map(|n| {
            draft(
                &mut world,
                0,
                says(&[&format!("phone:+336399800{n:02}")], "a"),
            )
        })
        .collect();
    let lock = file(&mut world, 0, drafts)[0].grip.lock;
    let home = world.federation(0);
    world.carry(0, Retract::as_publisher(&home, lock)).unwrap();
    let retraction = world.nodes[2].records.last().unwrap().clone();
    for node in [0, 2] {
        world.nodes[node].hides.insert(retraction.id());
    }
    let asked = ["phone:+33639980000"];
    assert_eq!(check(&mut world, 1, &asked).results[0].reports.len(), 1);
    // The home node says that there is nothing: all is asked for, and then one bucket of the many.
    world.nodes[1].says_carried = Some(0);
    world.nodes[2].slips_in_once = vec![retraction.bytes().to_vec()];
    world.questions.clear();
    let checked = check(&mut world, 1, &asked);
    assert_eq!(world.questions.len(), 4);
    assert!(checked.results[0].reports.is_empty());
}

/// Reports about a number from organisation 2, more than a reply holds.
fn flood(world: &mut World, about: &str) {
    for _ in 0..4 {
        let drafts: Vec<Draft> = (0..25)
            .map(|_| draft(world, 2, says(&[about], &"x".repeat(1500))))
            .collect();
        file(world, 2, drafts);
    }
}

#[test]
fn who_floods_a_bucket_does_not_bury_what_others_say() {
    let mut world = World::new(4, 3);
    let first = file_one(&mut world, 0, says(&[PHONE], "un couteau"));
    flood(&mut world, PHONE);
    let last = file_one(&mut world, 3, says(&[PHONE], "peilis"));
    world.today = world.today.plus(2);
    let checked = check(&mut world, 1, &[PHONE]);
    let found = |id| checked.results[0].reports.iter().any(|f| f.id == id);
    assert!(found(first.id()) && found(last.id()));
    assert!(checked.warnings.iter().any(|w| w.code() == "cut"));
    assert!(checked.alarms.is_empty(), "{:?}", checked.alarms);
    // In more parts all of it comes.
    assert!(checked.results[0].cut && checked.results[0].reports.len() < 102);
    let options = CheckOptions {
        parts: 32,
        ..CheckOptions::default()
    };
    let all = check_with(&mut world, 1, &[PHONE], options).unwrap();
    assert!(!all.results[0].cut && all.warnings.is_empty());
    assert_eq!(all.results[0].reports.len(), 102);
    // Who leaves out what had its turn is found out, full bucket or not.
    for node in &mut world.nodes {
        if node.organisation != first.grip.organisation {
            node.hides.insert(first.id());
        }
    }
    let mut blamed = BTreeSet::new();
    for _ in 0..8 {
        for alarm in check(&mut world, 1, &[PHONE]).alarms {
            let Alarm::LeftOut { organisation, .. } = alarm else {
                panic!("{alarm}")
            };
            blamed.insert(organisation);
        }
    }
    assert_eq!(blamed, ["rowan", "saule"].map(str::to_owned).into());
}

#[test]
fn whoever_watches_sizes_cannot_tell_a_full_bucket_from_an_empty_one() {
    let mut world = World::new(3, 2);
    flood(&mut world, PHONE);
    file_one(&mut world, 0, says(&[EMAIL], "a"));
    for parts in [1, 3] {
        let mut watch = |handle: &str| {
            world.watched.clear();
            let options = CheckOptions {
                parts,
                ..CheckOptions::default()
            };
            let checked = check_with(&mut world, 1, &[handle], options).unwrap();
            (checked.results[0].reports.len(), world.watched.clone())
        };
        let (many, full) = watch(PHONE);
        let (one, light) = watch(EMAIL);
        let (none, empty) = watch("phone:+33639980000");
        assert!(many > 1 && one == 1 && none == 0);
        assert_eq!(full, light);
        assert_eq!(full, empty);
    }
}

/// The record with this id, as somebody made it over.
fn forge(
    world: &mut World,
    by: usize,
    id: crate::ids::RecordId,
    change: impl FnOnce(&mut crate::record::report::Report),
) -> Vec<u8> {
    let record = world.nodes[1]
        .records
        .iter()
        .find(|r| r.id() == id)
        .unwrap();
    let expires = record.header().expires;
    let Body::Report(report) = record.body() else {
        panic!()
    };
    let mut report = report.clone();
    change(&mut report);
    world
        .sign(by, expires, Body::Report(report))
        .bytes()
        .to_vec()
}

#[test]
fn what_is_not_sound_is_refused_and_shown_as_refused() {
    let mut world = World::new(3, 2);
    let id = file_one(&mut world, 0, says(&[PHONE], "a")).id();
    let copied = forge(&mut world, 2, id, |_| {});
    let committed = forge(&mut world, 0, id, |r| r.commitment = [9; 32]);
    let text = forge(&mut world, 0, id, |r| r.text[0] ^= 1);
    let twice = forge(&mut world, 0, id, |r| {
        r.entries[1].label = r.entries[0].label;
    });
    let reordered = forge(&mut world, 0, id, |r| r.entries[0].label = Label([255; 16]));
    let mut flipped = copied.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for (bytes, code) in [
        (copied, "wrap"),
        (committed, "wrap"),
        (text, "part"),
        (twice, "labels"),
        (reordered, "labels"),
        (flipped, "signature"),
        (vec![1, 2, 3], "encoding"),
    ] {
        world.nodes[2].slips_in = vec![bytes];
        let checked = check(&mut world, 1, &[PHONE]);
        assert_eq!(checked.results[0].reports.len(), 1, "{code}");
        assert_eq!(checked.results[0].reports[0].id, id);
        let [refused] = checked.refused.as_slice() else {
            panic!("{code}: {:?}", checked.refused)
        };
        assert_eq!(refused.why.code(), code);
        assert_eq!(refused.served_by, "rowan");
    }
}

#[test]
fn no_other_organisation_means_no_look_up() {
    let mut world = World::new(3, 2);
    world.nodes[1].mute = true;
    world.nodes[2].mute = true;
    let options = CheckOptions::default();
    let why = check_with(&mut world, 0, &[PHONE], options).unwrap_err();
    assert_eq!(why, Error::NoSource);
    world.nodes[0].up = false;
    let why = check_with(&mut world, 0, &[PHONE], CheckOptions::default()).unwrap_err();
    assert_eq!(why, Error::Unreachable);
}

/// Carries an exchange whose home node answers some path as it likes.
fn carry_with<E: Exchange>(
    world: &mut World,
    mut exchange: E,
    mut other: impl FnMut(&Ask) -> Option<Vec<u8>>,
) -> Result<E::Done, Error> {
    for _ in 0..5_000 {
        for ask in exchange.asks() {
            let answer = match other(&ask) {
                Some(bytes) => Ok(bytes),
                None => world.answer(1, &ask),
            };
            exchange.answer(ask.id, answer, &mut world.entropy);
        }
        if let Some(done) = exchange.done() {
            return done;
        }
    }
    panic!("the exchange does not end");
}

#[test]
fn an_answer_without_end_is_given_up() {
    let mut world = World::new(3, 2);
    let empty = |ask: &Ask| {
        let cursor = OwnAsk::decode(&ask.body).unwrap().cursor;
        let reply = OwnReply {
            records: Vec::new(),
            next: cursor + 1,
        };
        Some(reply.encode())
    };
    let own = carry_with(&mut world, Own::new(false), empty);
    assert!(matches!(own, Err(Error::Endless { path: "/v1/own" })));

    // A page that leads to itself is the last one.
    let federation = world.federation(1);
    let areas = vec![Area::from_canonical("FR:lyon").unwrap()];
    let browse = Browse::new(&federation, areas, None, &mut Seeded::new(3)).unwrap();
    let mut pages = 0;
    let circle = |ask: &Ask| {
        TagsAsk::decode(&ask.body).ok().map(|_| {
            pages += 1;
            let tag = Tag {
                id: [1; 8],
                season: world_season(),
                salt: [2; 16],
                tag: [3; 8],
            };
            let reply = TagsReply {
                tags: vec![tag],
                next: 1,
            };
            reply.encode()
        })
    };
    let browsed = carry_with(&mut world, browse, circle).unwrap();
    assert!(browsed.reports.is_empty());
    assert_eq!(pages, 2);
}

fn world_season() -> Season {
    Day::from_number(20_779).season()
}
