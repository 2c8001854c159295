//! Reporting and looking up, in memory, with nodes that fail and lie.

use super::testing::{Seeded, World};
use super::*;
use crate::area::Area;
use crate::handle::Handle;
use crate::keys::SecretKey;
use crate::particulars::{Basis, Code, Level, Particulars, Summary, Words};
use crate::record::Body;
use crate::record::report::{Audience, Label};
use crate::time::{Day, Month, Season};
use crate::trust::Local;
use crate::wire::Again;
use crate::wire::client::{OwnAsk, OwnReply, Tag, TagsAsk, TagsReply};
use std::collections::{BTreeMap, BTreeSet};

fn handle(text: &str) -> Handle {
    Handle::from_canonical(text).unwrap()
}

fn words(lang: &str, text: &str) -> Words {
    Words {
        lang: lang.to_owned(),
        text: text.to_owned(),
    }
}

pub(super) fn says(handles: &[&str], text: &str) -> Particulars {
    Particulars {
        summary: Summary {
            level: Level::Danger,
            codes: BTreeSet::from([Code::Weapon]),
            month: Month::new(2026, 10),
            area: Some(Area::from_canonical("FR:lyon").unwrap()),
            basis: Basis::FirstHand,
        },
        words: Some(words("fr", text)),
        handles: handles.iter().map(|h| handle(h)).collect(),
    }
}

const PHONE: &str = "phone:+33639981234";
const EMAIL: &str = "email:someone@example.org";

pub(super) fn seal(
    world: &mut World,
    home: usize,
    drafts: Vec<Draft>,
) -> Result<Vec<Draft>, Error> {
    let federation = world.federation(home);
    let seal = Seal::new(&federation, drafts, &mut Seeded::new(1))?;
    Ok(world.carry(home, seal)?.0)
}

pub(super) fn file(world: &mut World, home: usize, drafts: Vec<Draft>) -> Vec<Receipt> {
    let sealed = seal(world, home, drafts).unwrap();
    let federation = world.federation(home);
    let publish = Publish::new(&federation, sealed).unwrap();
    let filed = world.carry(home, publish).unwrap();
    filed.into_iter().map(Result::unwrap).collect()
}

pub(super) fn draft(world: &mut World, home: usize, says: Particulars) -> Draft {
    let federation = world.federation(home);
    Draft::new(&federation, says, &mut world.entropy)
}

pub(super) fn file_one(world: &mut World, home: usize, says: Particulars) -> Receipt {
    let draft = draft(world, home, says);
    file(world, home, vec![draft]).remove(0)
}

pub(super) fn check_with(
    world: &mut World,
    home: usize,
    handles: &[&str],
    options: CheckOptions,
) -> Result<Checked, Error> {
    let federation = world.federation(home);
    let handles = handles.iter().map(|h| handle(h)).collect();
    let check = Check::new(&federation, handles, options, &mut world.entropy)?;
    world.carry(home, check)
}

pub(super) fn check(world: &mut World, home: usize, handles: &[&str]) -> Checked {
    check_with(world, home, handles, CheckOptions::default()).unwrap()
}

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
fn browsing_opens_what_the_author_chose_and_never_the_handles() {
    let mut world = World::new(3, 2);
    let mut drafts = Vec::new();
    for (browse, text) in [
        (BrowseChoice::Nothing, "closed"),
        (BrowseChoice::Codes, "codes"),
        (BrowseChoice::Text, "text"),
    ] {
        let mut draft = draft(&mut world, 0, says(&[PHONE], text));
        draft.browse = browse;
        drafts.push(draft);
    }
    file(&mut world, 0, drafts);
    let federation = world.federation(1);
    let lyon = Area::from_canonical("FR:lyon").unwrap();
    let elsewhere = Area::from_canonical("FR").unwrap();
    let mut look = |areas: Vec<Area>, month| {
        let browse = Browse::new(&federation, areas, month, &mut Seeded::new(3)).unwrap();
        world.carry(1, browse).unwrap()
    };
    let seen = look(vec![elsewhere.clone(), lyon.clone()], Month::new(2026, 10));
    assert_eq!(seen.reports.len(), 2);
    assert!(
        seen.reports
            .iter()
            .all(|f| f.handles.is_empty() && f.grip.is_none())
    );
    let texts: Vec<_> = seen
        .reports
        .iter()
        .filter_map(|f| f.words.clone())
        .collect();
    assert_eq!(texts, [words("fr", "text")]);
    assert!(look(vec![elsewhere], None).reports.is_empty());
    assert!(
        look(vec![lyon.clone()], Month::new(2026, 9))
            .reports
            .is_empty()
    );
    assert_eq!(look(vec![lyon], None).reports.len(), 2);
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
fn a_directory_counts_only_by_the_root_of_ones_own_organisation() {
    let world = World::new(3, 2);
    let own = world.nodes[0].organisation;
    let read = |reply: &crate::wire::client::DirectoryReply| {
        Federation::from_reply(&reply.encode(), &own, None, world.today)
    };
    assert!(read(&world.reply(0)).is_ok());
    assert_eq!(read(&world.reply(1)).unwrap_err(), ViewError::NotOurNode);
    let stranger = SecretKey::from_seed([5; 32]).organisation();
    let reply = world.reply(0).encode();
    let strange = Federation::from_reply(&reply, &stranger, None, world.today);
    assert_eq!(strange.unwrap_err(), ViewError::NotOurs);
    let other = crate::ids::FederationId::from_bytes([0; 32]);
    let wrong = Federation::from_reply(&reply, &own, Some(&other), world.today);
    assert_eq!(wrong.unwrap_err(), ViewError::OtherFederation);
    // A bad record in it is left out and listed.
    let mut reply = world.reply(0);
    reply.records.push(vec![0xd2, 0x80]);
    assert_eq!(read(&reply).unwrap().refused().len(), 1);
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

#[test]
fn an_organisation_whose_word_does_not_count_is_counted_and_not_shown() {
    let mut world = World::new(3, 2);
    file_one(&mut world, 2, says(&[PHONE], "a"));
    let roots = [world.nodes[0].organisation, world.nodes[1].organisation];
    let options = CheckOptions {
        local: Some(Local::trusting(roots)),
        ..CheckOptions::default()
    };
    let checked = check_with(&mut world, 0, &[PHONE], options).unwrap();
    assert!(checked.results[0].reports.is_empty());
    assert_eq!(checked.uncounted, 1);
}

#[test]
fn browsing_leaves_out_whose_word_does_not_count_and_says_how_many() {
    let mut world = World::new(3, 2);
    for home in [0, 2] {
        let mut draft = draft(&mut world, home, says(&[PHONE], "a"));
        draft.browse = BrowseChoice::Text;
        file(&mut world, home, vec![draft]);
    }
    let carried = world.nodes[1].records.len();
    let federation = world.federation(1);
    let lyon = Area::from_canonical("FR:lyon").unwrap();
    let mut look = |roots: &[usize]| {
        let roots = roots.iter().map(|n| world.nodes[*n].organisation);
        let browse = Browse::new(&federation, vec![lyon.clone()], None, &mut Seeded::new(3))
            .unwrap()
            .counting(Local::trusting(roots));
        world.carry(1, browse).unwrap()
    };
    let all = look(&[0, 1, 2]);
    assert_eq!((all.reports.len(), all.uncounted), (2, 0));
    let some = look(&[0, 1]);
    assert_eq!((some.reports.len(), some.uncounted), (1, 1));
    assert_eq!(
        some.reports[0].organisation,
        federation.name(&world.nodes[0].organisation)
    );
    assert_eq!(world.nodes[1].records.len(), carried);
}

#[test]
fn an_older_generation_of_keys_is_refused_and_a_second_one_is_an_alarm() {
    let world = World::new(3, 2);
    let federation = world.federation(0);
    let seen = federation.generation();
    assert_eq!(federation.follows(&seen), Ok(()));
    let earlier = Generation {
        epoch: seen.epoch - 1,
        digest: [0; 32],
    };
    assert_eq!(federation.follows(&earlier), Ok(()));
    let later = Generation {
        epoch: seen.epoch + 1,
        ..seen
    };
    assert_eq!(
        federation.follows(&later),
        Err(ViewError::OldCertificate {
            got: seen.epoch,
            seen: seen.epoch + 1
        })
    );
    let second = Generation {
        digest: [0; 32],
        ..seen
    };
    assert_eq!(
        federation.follows(&second),
        Err(ViewError::TwoCertificates(seen.epoch))
    );
    assert_eq!(federation.without_nodes().count(), 0);
    // A home node that keeps an organisation's delegation to itself is found out.
    let mut reply = world.reply(0);
    reply.records.pop();
    let own = world.nodes[0].organisation;
    let view = Federation::from_reply(&reply.encode(), &own, None, world.today).unwrap();
    let lost: Vec<_> = view.without_nodes().map(|m| m.key).collect();
    assert_eq!(lost, [world.nodes[2].organisation]);
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

#[test]
fn who_is_behind_is_told_so_and_goes_on_with_the_new_certificate() {
    let mut world = World::new(3, 2);
    file_one(&mut world, 0, says(&[PHONE], "behind"));
    let old = world.federation(1);
    world.renew(2);
    let look = |federation: &Federation, world: &mut World| {
        let options = CheckOptions::default();
        let check = Check::new(
            federation,
            vec![handle(PHONE)],
            options,
            &mut Seeded::new(5),
        );
        world.carry(1, check.unwrap())
    };
    let error = look(&old, &mut world).unwrap_err();
    assert!(error.is_behind(), "{error}");
    assert!(error.to_string().contains("other-epoch"), "{error}");
    let new = world.federation(1);
    new.follows(&old.generation()).unwrap();
    let checked = look(&new, &mut world).unwrap();
    assert_eq!(checked.results[0].reports.len(), 1);
    // To be out of reach is another thing.
    world.nodes.iter_mut().for_each(|node| node.up = false);
    assert!(!look(&new, &mut world).unwrap_err().is_behind());
}

#[test]
fn without_keys_a_client_says_what_is_to_be_done() {
    let mut world = World::new(3, 2);
    world.certificate.clear();
    let own = world.nodes[0].organisation;
    let reply = world.reply(0).encode();
    let refused = Federation::from_reply(&reply, &own, None, world.today);
    assert_eq!(refused.unwrap_err(), ViewError::NoKeys);
}
