//! Keyholders that are away, that answer wrongly, and whose day is used up.

use super::super::testing::World;
use super::super::{CheckOptions, Draft, Error, Warning};
use super::steps::{PHONE, check, check_with, draft, file, file_one, says, seal};
use crate::wire::Again;

#[test]
fn one_keyholder_may_be_gone() {
    let mut world = World::new(3, 2);
    file_one(&mut world, 0, says(&[PHONE], "a"));
    world.nodes[2].up = false;
    let checked = check(&mut world, 1, &[PHONE]);
    assert_eq!(checked.results[0].reports.len(), 1);
    assert_eq!(checked.sources, 1);
    let lilas = "lilas".to_owned();
    assert!(checked.warnings.contains(&Warning::OneSource {
        organisation: lilas
    }));
}

#[test]
fn too_few_keyholders_are_named_and_the_draft_survives() {
    let mut world = World::new(3, 2);
    let draft = draft(&mut world, 0, says(&[PHONE], "a"));
    world.nodes[1].up = false;
    world.nodes[2].up = false;
    let why = seal(&mut world, 0, vec![draft.clone()]).unwrap_err();
    let Error::TooFewKeyholders {
        have,
        need,
        missing,
    } = &why
    else {
        panic!("{why}")
    };
    assert_eq!((*have, *need), (1, 2));
    let names: Vec<_> = missing.iter().map(|m| m.organisation.as_str()).collect();
    assert_eq!(names, ["ryabina", "rowan"]);
    assert!(why.to_string().contains("ryabina cannot be reached"));

    let kept = draft.to_bytes();
    for node in &mut world.nodes {
        node.up = true;
    }
    let again = Draft::from_bytes(&kept).unwrap();
    assert_eq!(again.particulars, draft.particulars);
    file(&mut world, 0, vec![again]);
    assert_eq!(check(&mut world, 1, &[PHONE]).results[0].reports.len(), 1);
}

#[test]
fn a_day_that_is_used_up_says_when_enough_can_be_asked_again() {
    let minutes = |n| Again::in_minutes(n).unwrap();
    let mut world = World::new(5, 3);
    file_one(&mut world, 0, says(&[PHONE], "a"));
    world.nodes[1].used_up = Some(minutes(300));
    world.nodes[2].used_up = Some(minutes(20));
    // Three of five are left.
    assert_eq!(check(&mut world, 0, &[PHONE]).results[0].reports.len(), 1);
    world.nodes[3].used_up = Some(minutes(45));
    let draft_of = |world: &mut World| draft(world, 0, says(&[PHONE], "b"));
    let asked = draft_of(&mut world);
    let why = seal(&mut world, 0, vec![asked]).unwrap_err();
    let Error::Quota {
        have,
        need,
        missing,
        again,
    } = &why
    else {
        panic!("{why}")
    };
    // One is lacking, and the first that frees up is enough.
    assert_eq!((*have, *need, *again), (2, 3, minutes(20)));
    assert_eq!((missing.len(), why.code()), (3, "quota"));
    assert!(missing[0].to_string().contains("in 5 hours"));
    assert!(why.to_string().contains("in 20 minutes"));
    // With another one away it takes two of them.
    world.nodes[4].up = false;
    let asked = draft_of(&mut world);
    let why = seal(&mut world, 0, vec![asked]).unwrap_err();
    assert!(matches!(why, Error::Quota { again, .. } if again == minutes(45)));
    // Where quotas are not what is lacking, waiting helps nobody.
    world.nodes[1].used_up = None;
    world.nodes[2].used_up = None;
    world.nodes[1].up = false;
    world.nodes[2].up = false;
    let asked = draft_of(&mut world);
    let why = seal(&mut world, 0, vec![asked]).unwrap_err();
    assert_eq!(why.code(), "too-few-keyholders");
}

#[test]
fn a_wrong_keyholder_is_named_and_another_asked() {
    let mut world = World::new(4, 3);
    file_one(&mut world, 1, says(&[PHONE], "a"));
    world.nodes[0].lies = true;
    let checked = check(&mut world, 1, &[PHONE]);
    assert_eq!(checked.results[0].reports.len(), 1);
    assert!(checked.warnings.contains(&Warning::WrongKeyholder {
        organisation: "lilas".to_owned()
    }));
    // Two that lie are one too many, and both are named.
    world.nodes[1].lies = true;
    let why = check_with(&mut world, 2, &[PHONE], CheckOptions::default()).unwrap_err();
    assert!(why.to_string().contains("lilas answered wrongly"), "{why}");
    assert!(why.to_string().contains("ryabina answered wrongly"));
}
