//! A season that ended though it runs still: what expires in other seasons is found all the same, and
//! nobody takes silence about that one for an answer.

use super::super::testing::World;
use super::super::*;
use super::steps::{check, check_with, draft, file, file_one, says, seal};
use crate::oprf::KeyName;
use crate::time::{Day, Season};
use std::collections::BTreeSet;

const PHONE: &str = "phone:+33639981234";
const OTHER: &str = "phone:+33639980000";

/// The season of these days, which should run on.
fn running(world: &World) -> Season {
    world.today.season()
}

fn missing(season: Season) -> BTreeSet<Warning> {
    BTreeSet::from([Warning::Season { season }])
}

/// Files a report about a number that expires on a day.
fn file_until(world: &mut World, about: &str, expires: Day) {
    let mut draft = draft(world, 0, says(&[about], "a"));
    draft.expires = expires;
    file(world, 0, vec![draft]);
}

#[test]
fn what_expires_in_another_season_is_found_and_the_lost_one_is_told_of() {
    let mut world = World::new(3, 2);
    file_one(&mut world, 0, says(&[PHONE], "a"));
    let (season, soon) = (running(&world), world.today.plus(20));
    file_until(&mut world, OTHER, soon);
    assert_eq!(check(&mut world, 1, &[OTHER]).results[0].reports.len(), 1);
    world.end(season);
    for renewed in [false, true] {
        if renewed {
            // The next certificate has its keys no more.
            world.renew(2);
        }
        let checked = check(&mut world, 1, &[PHONE, OTHER]);
        assert_eq!(checked.results[0].reports.len(), 1);
        assert_eq!(checked.sources, 2);
        // Of what nobody can look at it is not said that there is nothing.
        assert!(checked.results[1].reports.is_empty());
        assert_eq!(checked.warnings, missing(season), "renewed: {renewed}");
        assert!(checked.alarms.is_empty());
    }
    let told = missing(season).pop_first().unwrap();
    assert_eq!(told.code(), "season-missing");
    assert!(told.to_string().contains("from 2026-07-01 to 2026-12-31"));
}

#[test]
fn browsing_goes_on_too() {
    let mut world = World::new(3, 2);
    let season = running(&world);
    world.end(season);
    let federation = world.federation(1);
    let areas = vec![crate::area::Area::from_canonical("FR:lyon").unwrap()];
    let browse = Browse::new(&federation, areas, None, &mut world.entropy).unwrap();
    assert_eq!(world.carry(1, browse).unwrap().warnings, missing(season));
}

#[test]
fn nothing_of_what_is_asked_shows_in_it() {
    let mut world = World::new(3, 2);
    file_one(&mut world, 0, says(&[PHONE], "a"));
    let season = running(&world);
    let watch = |world: &mut World, about: &str| {
        world.watched.clear();
        check(world, 1, &[about]);
        world.watched.clone()
    };
    let before = watch(&mut world, PHONE);
    world.end(season);
    let (found, none) = (watch(&mut world, PHONE), watch(&mut world, OTHER));
    assert_eq!(found, none);
    // As many questions as before: most have no share of it, so that nobody else is asked in vain.
    assert_eq!(found.len(), before.len());
}

#[test]
fn whoever_lacks_the_keys_of_a_season_alone_hides_nothing() {
    for place in 0..3 {
        let mut world = World::new(3, 2);
        let (season, soon) = (running(&world), world.today.plus(20));
        file_until(&mut world, PHONE, soon);
        // It lost them, or leaves them out to hide what expires then.
        world.nodes[place]
            .shares
            .retain(|key, _| key.season() != Some(season));
        let checked = check(&mut world, 1, &[PHONE]);
        assert_eq!(checked.results[0].reports.len(), 1, "{place}");
        assert!(checked.warnings.is_empty());
        // With another one away too few are left, and that is told.
        world.nodes[(place + 2) % 3].up = false;
        let checked = check(&mut world, (place + 1) % 3, &[PHONE]);
        assert!(checked.results[0].reports.is_empty());
        assert!(checked.warnings.is_superset(&missing(season)));
    }
}

#[test]
fn without_the_bucket_key_or_any_season_there_is_no_answer() {
    let mut world = World::new(3, 2);
    for season in Season::live(world.today) {
        world.end(season);
    }
    let why = check_with(&mut world, 1, &[PHONE], CheckOptions::default()).unwrap_err();
    assert_eq!(why.code(), "too-few-keyholders");
    let mut world = World::new(3, 2);
    for node in &mut world.nodes {
        node.shares.remove(&KeyName::Bucket);
    }
    let why = check_with(&mut world, 1, &[PHONE], CheckOptions::default()).unwrap_err();
    assert_eq!(why.code(), "too-few-keyholders");
    assert!(why.to_string().contains("no-share"), "{why}");
}

#[test]
fn nothing_is_filed_for_a_season_that_ended() {
    let mut world = World::new(3, 2);
    let (season, soon) = (running(&world), world.today.plus(20));
    let mut draft = draft(&mut world, 0, says(&[PHONE], "a"));
    draft.expires = soon;
    world.end(season);
    let why = seal(&mut world, 0, vec![draft.clone()]).unwrap_err();
    let Error::TooFewKeyholders { have, missing, .. } = &why else {
        panic!("{why}")
    };
    assert_eq!((*have, missing.len()), (0, 3));
    world.renew(2);
    let why = seal(&mut world, 0, vec![draft]).unwrap_err();
    assert_eq!(why.code(), "no-key");
}
