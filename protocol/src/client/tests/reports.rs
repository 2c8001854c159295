//! What is filed is found by those who can name a handle of it, and by nobody else, with what others add
//! to it, until it expires or is taken back.

use super::super::testing::World;
use super::super::{Attach, Attachment, CheckOptions, Draft, Error, Grip, Own, Receipt, Retract};
use super::steps::{EMAIL, PHONE, check, check_with, draft, file, file_one, says, seal, words};
use crate::record::report::Audience;
use crate::trust::Local;
use std::collections::{BTreeMap, BTreeSet};

fn contains(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len()).any(|w| w == part)
}

#[test]
fn what_one_organisation_reports_another_finds_by_any_of_the_handles() {
    let mut world = World::new(3, 2);
    let receipt = file_one(&mut world, 0, says(&[PHONE, EMAIL], "il avait un couteau"));
    for (home, by) in [(1, PHONE), (2, EMAIL), (0, PHONE)] {
        let checked = check(&mut world, home, &[by, "phone:+33639980000"]);
        assert_eq!(checked.sources, 2);
        assert!(checked.warnings.is_empty() && checked.alarms.is_empty());
        assert!(checked.refused.is_empty());
        assert!(checked.results[1].reports.is_empty());
        let [found] = checked.results[0].reports.as_slice() else {
            panic!("not found from {home}")
        };
        assert_eq!(found.id, receipt.id());
        assert_eq!(found.organisation, "lilas");
        assert_eq!(found.summary, says(&[PHONE], "").summary);
        assert_eq!(found.words, Some(words("fr", "il avait un couteau")));
        assert_eq!(found.handles.len(), 2);
        assert_eq!(found.organisations(), 1);
        assert_eq!(found.served_by.len(), 2);
    }
}

#[test]
fn what_a_home_node_sees_holds_no_word_of_it() {
    let mut world = World::new(3, 2);
    file_one(&mut world, 0, says(&[PHONE], "il avait un couteau"));
    let checked = check(&mut world, 1, &[PHONE]);
    let grip = checked.results[0].reports[0].grip.clone().unwrap();
    for secret in [
        b"639981234".as_slice(),
        b"couteau",
        b"FR:lyon",
        grip.full_key.to_bytes().as_slice(),
    ] {
        assert!(!contains(&world.seen, secret));
    }
}

#[test]
fn a_sealed_draft_publishes_once_however_often_it_is_sent() {
    let mut world = World::new(3, 2);
    let draft = draft(&mut world, 0, says(&[PHONE], "a"));
    let sealed = seal(&mut world, 0, vec![draft]).unwrap();
    let kept = sealed[0].to_bytes();
    let first = file(&mut world, 0, sealed);
    let again = file(&mut world, 0, vec![Draft::from_bytes(&kept).unwrap()]);
    assert_eq!(first[0].id(), again[0].id());
    assert_eq!(
        first[0].grip.full_key.to_bytes(),
        again[0].grip.full_key.to_bytes()
    );
    let receipt = Receipt::from_bytes(&first[0].to_bytes()).unwrap();
    assert_eq!(receipt.id(), first[0].id());
    assert_eq!(check(&mut world, 1, &[PHONE]).results[0].reports.len(), 1);
}

#[test]
fn many_reports_are_filed_and_looked_up_at_once() {
    let mut world = World::new(3, 2);
    let numbers: Vec<String> = (0..300).map(|n| format!("phone:+3363998{n:04}")).collect();
    let drafts: Vec<Draft> = numbers
        .iter()
        .map(|n| draft(&mut world, 0, says(&[n], "a")))
        .collect();
    let receipts = file(&mut world, 0, drafts);
    let ids: BTreeSet<_> = receipts.iter().map(Receipt::id).collect();
    assert_eq!(ids.len(), 300);
    let asked: Vec<&str> = numbers.iter().take(40).map(String::as_str).collect();
    let checked = check(&mut world, 1, &asked);
    assert!(checked.results.iter().all(|r| r.reports.len() == 1));
    assert!(checked.alarms.is_empty(), "{:?}", checked.alarms);
    assert_eq!(checked.carried, 300);

    // One that says there is nothing, so that all is asked for at once and most left out.
    for liar in 0..3 {
        for number in [0, u64::MAX] {
            world.nodes[liar].says_carried = Some(number);
            world.watched.clear();
            let checked = check(&mut world, 1, &asked);
            assert!(checked.results.iter().all(|r| r.reports.len() == 1));
            assert!(checked.warnings.is_empty(), "{:?}", checked.warnings);
            assert_eq!(checked.carried, 300);
        }
        world.nodes[liar].says_carried = None;
    }
}

#[test]
fn translations_seconds_and_disputes_stand_with_their_report() {
    let mut world = World::new(3, 2);
    let receipt = file_one(&mut world, 0, says(&[PHONE], "un couteau"));
    let checked = check(&mut world, 1, &[PHONE]);
    let grip = checked.results[0].reports[0].grip.clone().unwrap();
    let grip = Grip::from_bytes(&grip.to_bytes()).unwrap();
    let ours = world.federation(1);
    for attachment in [
        Attachment::Translation(words("ru", "нож")),
        Attachment::Second(None),
        Attachment::Dispute(Some(words("en", "another man had this number"))),
    ] {
        let attach = Attach::new(&ours, &attachment, &grip, &mut world.entropy).unwrap();
        world.carry(1, attach).unwrap();
    }
    let theirs = world.federation(0);
    let own = Attach::new(
        &theirs,
        &Attachment::Second(None),
        &receipt.grip,
        &mut world.entropy,
    );
    assert_eq!(own.unwrap_err(), Error::OwnSecond);

    let checked = check(&mut world, 2, &[PHONE]);
    let found = &checked.results[0].reports[0];
    assert_eq!(found.translations[0].words, words("ru", "нож"));
    assert_eq!(found.translations[0].organisation, "ryabina");
    assert_eq!(found.organisations(), 2);
    assert_eq!(found.disputes.len(), 1);
    assert!(checked.refused.is_empty());

    // Whoever could not open the report adds nothing, and is found out.
    let mut blind = grip.clone();
    blind.full_key = crate::seal::FullKey::from_bytes([1; 32]);
    let translation = Attachment::Translation(words("en", "all is well"));
    let attach = Attach::new(&ours, &translation, &blind, &mut world.entropy).unwrap();
    world.carry(1, attach).unwrap();
    let checked = check(&mut world, 2, &[PHONE]);
    assert_eq!(checked.results[0].reports[0].translations.len(), 1);
    assert!(checked.refused.iter().all(|r| r.why.code() == "attachment"));
    assert!(!checked.refused.is_empty());
}

#[test]
fn a_report_is_taken_back_by_its_author_or_its_publisher_and_by_nobody_else() {
    let mut world = World::new(3, 2);
    let by_lock = file_one(&mut world, 0, says(&[PHONE], "a"));
    let by_publisher = file_one(&mut world, 0, says(&[PHONE], "b"));
    let stays = file_one(&mut world, 0, says(&[PHONE], "c"));
    assert_eq!(check(&mut world, 1, &[PHONE]).results[0].reports.len(), 3);

    let other = world.federation(2);
    world
        .carry(2, Retract::as_publisher(&other, stays.grip.lock))
        .unwrap();
    assert_eq!(check(&mut world, 1, &[PHONE]).results[0].reports.len(), 3);

    let home = world.federation(0);
    world
        .carry(0, Retract::by_lock(&home, &by_lock.lock))
        .unwrap();
    world
        .carry(0, Retract::as_publisher(&home, by_publisher.grip.lock))
        .unwrap();
    let checked = check(&mut world, 1, &[PHONE]);
    let left: Vec<_> = checked.results[0].reports.iter().map(|f| f.id).collect();
    assert_eq!(left, [stays.id()]);
    assert!(checked.alarms.is_empty());
}

#[test]
fn what_an_organisation_keeps_to_itself_is_found_there_alone_and_without_asking() {
    let mut world = World::new(3, 2);
    let mut draft = draft(&mut world, 0, says(&[PHONE], "ours"));
    draft.audience = Audience::Own;
    let receipt = file(&mut world, 0, vec![draft]).remove(0);
    let own = world.carry(0, Own::new(true)).unwrap();
    let options = CheckOptions {
        own: own.records.clone(),
        ..CheckOptions::default()
    };
    let checked = check_with(&mut world, 0, &[PHONE], options).unwrap();
    assert!(checked.results[0].reports[0].own);
    assert!(check(&mut world, 1, &[PHONE]).results[0].reports.is_empty());

    let federation = world.federation(0);
    let keys = BTreeMap::from([(receipt.id(), receipt.grip.full_key.clone())]);
    let (found, refused, closed) = own.open(&federation, &keys, &Local::default());
    assert_eq!((found.len(), refused.len(), closed), (1, 0, 0));
    let (found, _, closed) = own.open(&federation, &BTreeMap::new(), &Local::default());
    assert_eq!((found.len(), closed), (0, 1));
}

#[test]
fn a_report_lives_as_long_as_the_charter_allows_and_no_longer() {
    let mut world = World::new(3, 2);
    let mut draft = draft(&mut world, 0, says(&[PHONE], "a"));
    draft.expires = world.today.plus(731);
    let why = seal(&mut world, 0, vec![draft.clone()]).unwrap_err();
    assert_eq!(why.code(), "expiry");
    draft.expires = world.today;
    file(&mut world, 0, vec![draft]);
    assert_eq!(check(&mut world, 1, &[PHONE]).results[0].reports.len(), 1);
    world.today = world.today.plus(1);
    let checked = check(&mut world, 1, &[PHONE]);
    assert!(checked.results[0].reports.is_empty());
    assert_eq!(checked.refused[0].why.code(), "expired");
}
