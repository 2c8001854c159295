#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::*;
use crate::ids::{CharterId, OrganisationKey, RecordId};
use crate::keys::SecretKey;
use crate::time::Day;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use std::collections::BTreeSet;

pub(super) fn root(n: u8) -> SecretKey {
    SecretKey::from_seed([n + 1; 32])
}

pub(super) fn key(n: u8) -> OrganisationKey {
    root(n).organisation()
}

pub(super) fn member(n: u8, keyholder: Option<u16>) -> Organisation {
    Organisation {
        root: key(n),
        name: format!("org-{n}"),
        jurisdiction: format!("{}{}", 'A', char::from(b'A' + n)),
        keyholder,
        budget: u32::from(n),
    }
}

fn first_terms(count: u8) -> Terms {
    let mut organisations: Vec<_> = (0..count)
        .map(|n| member(n, Some(u16::from(n) + 1)))
        .collect();
    organisations.sort_by_key(|o| o.root);
    Terms {
        version: 1,
        origin: None,
        name: "test".to_owned(),
        made: Day::from_number(20_000),
        organisations,
        threshold: u16::from(count) / 2 + 1,
        lives: Lives::LONGEST,
        quotas: Quotas {
            records: 1000,
            evaluations: 1000,
        },
        bucket_bits: 12,
        cities: Vec::new(),
        former: Vec::new(),
    }
}

pub(super) fn signed(terms: &Terms, by: impl IntoIterator<Item = u8>) -> Vec<u8> {
    let mut unsigned = terms.unsigned();
    for n in by {
        Charter::sign_with(&mut unsigned, &root(n));
    }
    unsigned.write()
}

pub(super) fn chain(count: u8) -> Chain {
    Chain::found(&signed(&first_terms(count), 0..count)).unwrap()
}

/// A version upon `upon`, or upon the current one, told from others by its name.
pub(super) fn next(chain: &Chain, upon: Option<&CharterId>, name: &str) -> Terms {
    let mut terms = chain.draft(upon).unwrap();
    terms.name = name.to_owned();
    terms
}

pub(super) fn version_of(chain: &Chain) -> (u32, String) {
    let charter = chain.current();
    (charter.version(), charter.terms().name.clone())
}

#[test]
fn a_first_version_goes_from_hand_to_hand_until_all_have_signed() {
    let mut mine = Founding::new(first_terms(3)).unwrap();
    assert!(mine.sign(&root(0)));
    assert_eq!(mine.missing(), BTreeSet::from([key(1), key(2)]));
    assert!(matches!(mine.charter(), Err(CharterError::Signatures)));
    assert!(!mine.sign(&root(7)), "who is not in it has nothing to sign");
    let mut theirs = Founding::from_bytes(&mine.to_bytes()).unwrap();
    assert!(theirs.sign(&root(1)));
    assert!(mine.sign(&root(2)));
    assert!(mine.merge(&theirs));
    assert_eq!(mine.missing(), BTreeSet::new());
    let charter = mine.charter().unwrap();
    assert_eq!((charter.version(), charter.id()), (1, mine.id()));
    assert_eq!(
        Chain::from_bytes(&mine.to_bytes()).unwrap().current(),
        charter
    );
    // Another federation's signatures are no use, and no stranger has signed one that is read.
    let other = Founding::new(first_terms(4)).unwrap();
    assert!(!mine.merge(&other));
    let by_a_stranger = signed(&first_terms(3), [0, 7]);
    let refused = Founding::from_bytes(&by_a_stranger).unwrap_err();
    assert_eq!(refused, CharterError::Signatures);
    let mut bytes = theirs.to_bytes();
    *bytes.last_mut().unwrap() ^= 1;
    assert!(Founding::from_bytes(&bytes).is_err());
    let mut second = first_terms(3);
    second.version = 2;
    assert!(Founding::new(second).is_err());
}

#[test]
fn a_change_counts_when_more_than_half_have_signed_it() {
    let mut chain = chain(4);
    let terms = next(&chain, None, "two");
    let id = terms.id();
    assert_eq!(chain.offer(&signed(&terms, [0])), Ok(Offered::Taken));
    assert_eq!(chain.offer(&signed(&terms, [1])), Ok(Offered::Taken));
    // Half is not more than half.
    assert_eq!(version_of(&chain).0, 1);
    let status = chain.status();
    assert_eq!(status.pending.len(), 1);
    assert_eq!(status.pending[0].id, id);
    assert_eq!(status.pending[0].signed, BTreeSet::from([key(0), key(1)]));
    assert_eq!(status.pending[0].needed, 3);
    assert_eq!(chain.offer(&signed(&terms, [0, 1])), Ok(Offered::Known));
    chain.sign(&id, &root(3)).unwrap();
    assert_eq!(version_of(&chain), (2, "two".to_owned()));
    assert_eq!(chain.status().pending, []);
    assert_eq!(chain.current().documents().count(), 2);
    assert_eq!(chain.current().federation(), chain.federation());
    // Who knew the first version follows; who knew the second is not led back.
    let pin = chain.current().pin();
    let old = self::chain(4).current();
    assert_eq!(chain.current().follows(&old.pin()), Ok(()));
    assert_eq!(old.follows(&pin), Err(CharterError::SetBack { known: 2 }));
    let all: Vec<u32> = chain.current().and_before().map(|c| c.version()).collect();
    assert_eq!(all, [2, 1]);
    assert_eq!(chain.current().version_of(&old.id()), Some(old.terms()));
    // What is passed on as a file says the same.
    assert_eq!(Chain::from_bytes(&chain.to_bytes()).unwrap(), chain);
}

#[test]
fn nobody_is_made_a_member_against_its_will() {
    let mut chain = chain(3);
    let mut terms = next(&chain, None, "with a fourth");
    terms.organisations.push(member(3, None));
    terms.organisations.sort_by_key(|o| o.root);
    let id = chain.propose(&terms, &root(0)).unwrap();
    chain.sign(&id, &root(1)).unwrap();
    chain.sign(&id, &root(2)).unwrap();
    assert_eq!(version_of(&chain).0, 1);
    assert_eq!(chain.status().pending[0].missing, BTreeSet::from([key(3)]));
    chain.sign(&id, &root(3)).unwrap();
    assert_eq!(version_of(&chain).0, 2);
    // Its own signature was asked for and does not count among those of the version before.
    let mut terms = next(&self::chain(3), None, "with two more");
    terms
        .organisations
        .extend([member(3, None), member(4, None)]);
    terms.organisations.sort_by_key(|o| o.root);
    let mut chain = self::chain(3);
    chain.offer(&signed(&terms, [0, 3, 4])).unwrap();
    assert_eq!(version_of(&chain).0, 1);
    assert_eq!(chain.sign(&terms.id(), &root(9)), Err(SignError::Stranger));
}

#[test]
fn a_lost_root_is_replaced_by_the_others() {
    let mut chain = chain(3);
    let mut terms = next(&chain, None, "a new root");
    let stays = RecordId::from_bytes([7; 32]);
    terms.organisations.retain(|o| o.root != key(0));
    let mut heir = member(9, Some(1));
    heir.name = "org-0".to_owned();
    terms.organisations.push(heir);
    terms.organisations.sort_by_key(|o| o.root);
    terms.former = vec![Former {
        root: key(0),
        successor: key(9),
        records: vec![stays],
    }];
    let id = chain.propose(&terms, &root(1)).unwrap();
    chain.sign(&id, &root(2)).unwrap();
    assert_eq!(version_of(&chain).0, 1, "the new root must agree");
    chain.sign(&id, &root(9)).unwrap();
    let charter = chain.current();
    assert_eq!(charter.version(), 2);
    assert_eq!(charter.organisation(&key(0)), None);
    assert_eq!(charter.answers_for(&key(0)).unwrap().root, key(9));
    assert_eq!((charter.budget(&key(9)), charter.budget(&key(0))), (9, 0));
    // The thief of the old root has no say in what follows.
    let terms = next(&chain, None, "the thief's");
    assert_eq!(
        chain.offer(&signed(&terms, [0])),
        Err(CharterError::Signatures)
    );
}

#[test]
fn a_gap_waits_and_closes() {
    let mut ahead = chain(3);
    let two = next(&ahead, None, "two");
    let second = signed(&two, [0, 1]);
    ahead.offer(&second).unwrap();
    let three = next(&ahead, None, "three");
    let third = signed(&three, [1, 2]);
    let mut chain = chain(3);
    assert_eq!(chain.offer(&third), Ok(Offered::Taken));
    assert_eq!(version_of(&chain).0, 1);
    assert_eq!(chain.status().waiting, [three.id()]);
    // It waits in memory, and is passed on to nobody.
    assert_eq!(chain.to_bytes(), self::chain(3).to_bytes());
    assert_eq!(chain.news_for(&[0; 32], 1 << 20).len(), 1);
    assert_eq!(chain.waiting(), std::slice::from_ref(&third));
    chain.offer(&second).unwrap();
    assert_eq!(version_of(&chain), (3, "three".to_owned()));
    assert_eq!(chain.status().waiting, []);
}

#[test]
fn one_who_signs_two_counts_for_neither() {
    let mut chain = chain(3);
    let (a, b) = (next(&chain, None, "a"), next(&chain, None, "b"));
    chain.offer(&signed(&a, [0, 1])).unwrap();
    assert_eq!(version_of(&chain).0, 2);
    chain.offer(&signed(&b, [1])).unwrap();
    assert_eq!(version_of(&chain).0, 1);
    let status = chain.status();
    assert_eq!(status.fork, None);
    let mut both = vec![a.id(), b.id()];
    both.sort_unstable();
    assert_eq!(
        status.twice,
        [Twice {
            organisation: key(1),
            version: 2,
            signed: both
        }]
    );
    // An honest root is kept from it.
    let again = chain.sign(&b.id(), &root(0));
    assert_eq!(
        again,
        Err(SignError::Rival {
            version: 2,
            other: a.id()
        })
    );
    // The third signs, and it counts after all.
    chain.sign(&a.id(), &root(2)).unwrap();
    assert_eq!(version_of(&chain), (2, "a".to_owned()));
}

/// A fork: 1 has signed both.
fn forked() -> (Chain, Terms, Terms) {
    let mut chain = chain(3);
    let (a, b) = (next(&chain, None, "a"), next(&chain, None, "b"));
    chain.offer(&signed(&a, [0, 1])).unwrap();
    chain.offer(&signed(&b, [1, 2])).unwrap();
    (chain, a, b)
}

#[test]
fn a_fork_stops_the_chain_and_names_who_made_it() {
    let (chain, a, b) = forked();
    assert_eq!(version_of(&chain).0, 1);
    let fork = chain.status().fork.unwrap();
    let mut rivals = vec![a.id(), b.id()];
    rivals.sort_unstable();
    assert_eq!(fork.rivals, rivals);
    assert_eq!(fork.double, BTreeSet::from([key(1)]));
    assert_eq!(fork.version, 1);
}

#[test]
fn the_way_out_of_a_fork_names_both_and_takes_more_than_half_anew() {
    let (mut chain, a, b) = forked();
    let out = next(&chain, Some(&a.id()), "out");
    assert_eq!(out.origin.as_ref().unwrap().against, [b.id()]);
    assert_eq!(out.version, 3);
    chain.offer(&signed(&out, [0])).unwrap();
    assert_eq!(version_of(&chain).0, 1, "one of three is not enough");
    chain.sign(&out.id(), &root(2)).unwrap();
    assert_eq!(version_of(&chain), (3, "out".to_owned()));
    assert_eq!(chain.status().fork, None);
    // One that does not name what it sets aside does not bring over who had signed that.
    let (mut chain, a, _) = forked();
    let mut silent = next(&chain, Some(&a.id()), "silent");
    silent.origin.as_mut().unwrap().against.clear();
    chain.offer(&signed(&silent, [0, 2])).unwrap();
    assert_eq!(version_of(&chain).0, 1);
    assert!(chain.status().fork.is_some());
}

#[test]
fn the_honest_who_are_divided_find_a_way_out() {
    // Two against two.
    let mut halves = chain(4);
    let (a, b) = (next(&halves, None, "a"), next(&halves, None, "b"));
    halves.offer(&signed(&a, [0, 1])).unwrap();
    halves.offer(&signed(&b, [2, 3])).unwrap();
    assert_eq!(version_of(&halves).0, 1);
    let refused = halves.sign(&a.id(), &root(2)).unwrap_err();
    assert!(refused.to_string().contains("--upon"), "{refused}");
    let out = next(&halves, Some(&a.id()), "out");
    assert_eq!(out.origin.as_ref().unwrap().against, [b.id()]);
    let id = halves.propose(&out, &root(2)).unwrap();
    halves.sign(&id, &root(0)).unwrap();
    assert_eq!(version_of(&halves).0, 1, "half are not more than half");
    halves.sign(&id, &root(1)).unwrap();
    assert_eq!(version_of(&halves), (3, "out".to_owned()));
    assert_eq!(halves.status().twice, []);
    // Each has proposed its own.
    let mut three = chain(3);
    let own = ["a", "b", "c"].map(|name| next(&three, None, name));
    for (n, terms) in (0..).zip(&own) {
        three.propose(terms, &root(n)).unwrap();
    }
    let out = next(&three, Some(&own[1].id()), "out");
    assert_eq!(out.origin.as_ref().unwrap().against.len(), 2);
    let id = three.propose(&out, &root(0)).unwrap();
    three.sign(&id, &root(2)).unwrap();
    assert_eq!(version_of(&three), (3, "out".to_owned()));
    // What counts is not signed away.
    let aside = own[1].id();
    let mut back = next(&three, Some(&own[0].id()), "back");
    back.version = 3;
    let origin = back.origin.as_mut().unwrap();
    origin.previous = own[0].id();
    origin.against = vec![aside];
    let refused = three.propose(&back, &root(1));
    let counts = SignError::Counts {
        version: 2,
        other: aside,
    };
    assert_eq!(refused, Err(counts.into()));
}

#[test]
fn nobody_is_brought_in_by_a_way_out() {
    let mut chain = chain(4);
    let other = next(&chain, None, "other");
    let mut joined = next(&chain, None, "with a fifth");
    joined.organisations.push(member(5, None));
    joined.organisations.sort_by_key(|o| o.root);
    chain.offer(&signed(&joined, [0, 1])).unwrap();
    chain.offer(&signed(&other, [2, 3])).unwrap();
    let out = next(&chain, Some(&joined.id()), "out");
    chain.offer(&signed(&out, [0, 1, 2])).unwrap();
    assert_eq!(version_of(&chain).0, 1);
    chain.offer(&signed(&joined, [0, 5])).unwrap();
    assert_eq!(version_of(&chain).0, 3);
}

#[test]
fn two_ways_out_of_one_fork_are_none() {
    let (mut chain, a, b) = forked();
    let one = next(&chain, Some(&a.id()), "one");
    let other = next(&chain, Some(&b.id()), "other");
    chain.offer(&signed(&one, [0, 1])).unwrap();
    assert_eq!(version_of(&chain).0, 3);
    chain.offer(&signed(&other, [1, 2])).unwrap();
    assert_eq!(version_of(&chain).0, 1);
    assert!(chain.status().fork.is_some());
}

#[test]
fn what_is_built_upon_stands_against_a_late_second_signature() {
    let mut chain = chain(3);
    let two = next(&chain, None, "two");
    let late = next(&chain, None, "late");
    chain.offer(&signed(&two, [0, 1])).unwrap();
    let three = next(&chain, None, "three");
    chain.offer(&signed(&three, [1, 2])).unwrap();
    // 0 signs a rival of the second version, as a thief of its root would.
    chain.offer(&signed(&late, [0])).unwrap();
    assert_eq!(version_of(&chain).0, 3);
    chain.settle();
    // Even all of them together bring back nothing that is settled.
    chain.offer(&signed(&late, [0, 1, 2])).unwrap();
    assert_eq!(version_of(&chain).0, 3);
}

#[test]
fn two_steps_back_do_not_go_behind_what_is_settled() {
    let mut chain = chain(3);
    for name in ["two", "three"] {
        let terms = next(&chain, None, name);
        chain.offer(&signed(&terms, [0, 1])).unwrap();
        chain.settle();
    }
    let settled = chain.settled();
    assert_eq!(chain.terms(&settled).unwrap().version, 2);
    // 1 signs a rival of the third version: it counts no more, and the second is looked at again.
    let mut late = chain.draft(Some(&settled)).unwrap();
    late.name = "late".to_owned();
    chain.offer(&signed(&late, [1])).unwrap();
    assert_eq!(version_of(&chain).0, 2);
    chain.settle();
    assert_eq!(chain.settled(), settled);
    // 1 signs a rival of the second version too, which is settled.
    let first = chain.federation().first();
    let mut later = chain.draft(Some(&first)).unwrap();
    later.name = "later".to_owned();
    drop(chain.offer(&signed(&later, [1])));
    assert_eq!(version_of(&chain).0, 2);
    chain.settle();
    assert_eq!(chain.settled(), settled);
}

#[test]
fn what_a_version_must_keep() {
    type Change = fn(&mut Terms);
    let changes: [(&str, Change); 4] = [
        ("a number too high", |t| t.version = 4),
        ("dated before", |t| t.made = Day::from_number(19_999)),
        ("other bits", |t| t.bucket_bits = 13),
        ("no keyholders", |t| {
            for o in &mut t.organisations {
                o.keyholder = None
            }
        }),
    ];
    for (what, change) in changes {
        let mut chain = chain(3);
        let mut terms = next(&chain, None, "bad");
        change(&mut terms);
        let before = chain.clone();
        assert!(chain.offer(&signed(&terms, [0, 1, 2])).is_err(), "{what}");
        assert_eq!(chain, before, "{what}");
    }
    let mut chain = chain(3);
    let good = next(&chain, None, "good");
    for document in [
        signed(&good, []),
        signed(&good, [9]),
        signed(&first_terms(4), 0..4),
    ] {
        assert!(chain.offer(&document).is_err());
    }
    let mut flipped = signed(&good, [0, 1]);
    *flipped.last_mut().unwrap() ^= 1;
    assert_eq!(chain.offer(&flipped), Err(CharterError::Signatures));
    assert!(Charter::from_bytes(&signed(&good, [0, 1, 2])).is_err());
}

#[test]
fn lives_and_quotas_hold_from_the_day_that_a_version_was_made() {
    let mut chain = chain(3);
    let mut terms = next(&chain, None, "short");
    terms.made = Day::from_number(20_100);
    terms.lives = Lives::with_reports(100);
    chain.offer(&signed(&terms, [0, 1])).unwrap();
    let charter = chain.current();
    let life = |day| charter.on(Day::from_number(day)).lives.report;
    assert_eq!([life(19_000), life(20_099), life(20_100)], [730, 730, 100]);
    assert_eq!(charter.founded(), Day::from_number(20_000));
}

/// Which versions there are: upon which earlier one each stands, and who signed it.
fn histories() -> impl Strategy<Value = Vec<(usize, BTreeSet<u8>)>> {
    prop::collection::vec((0usize..6, prop::collection::btree_set(0u8..6, 1..6)), 1..9)
}

/// A version that stands upon `before`, the n-th of a history.
fn nth_upon(n: usize, before: &Terms, all: &[Terms]) -> Terms {
    let siblings = all
        .iter()
        .filter(|t| t.version == before.version && t.id() != before.id())
        .map(Terms::id);
    let mut against: Vec<_> = siblings.filter(|_| n.is_multiple_of(2)).collect();
    against.sort_unstable();
    let mut terms = before.clone();
    terms.version += 1;
    terms.name = format!("{n}");
    terms.origin = Some(Origin {
        federation: all[0].id().of_first(),
        previous: before.id(),
        against,
    });
    if n % 3 == 2 && terms.member(&key(5)).is_none() {
        terms.organisations.push(member(5, None));
        terms.organisations.sort_by_key(|o| o.root);
    }
    terms
}

/// A version in pieces of one signature each, and whole.
fn pieces<'a>(
    terms: &'a Terms,
    before: &'a Terms,
    signers: &'a BTreeSet<u8>,
) -> impl Iterator<Item = Vec<u8>> + 'a {
    // Who comes in signs what somebody has proposed who is in.
    let inside = signers.iter().find(|n| before.member(&key(**n)).is_some());
    let alone = signers.iter().map(move |signer| {
        let with = inside.filter(|_| before.member(&key(*signer)).is_none());
        signed(terms, with.into_iter().chain([signer]).copied())
    });
    alone.chain([signed(terms, signers.iter().copied())])
}

/// The documents of a history, whoever signs whatever.
fn documents(history: &[(usize, BTreeSet<u8>)]) -> Vec<Vec<u8>> {
    let mut all = vec![first_terms(5)];
    let mut out = Vec::new();
    for (n, (upon, signers)) in history.iter().enumerate() {
        let before = all[upon % all.len()].clone();
        let terms = nth_upon(n, &before, &all);
        out.extend(pieces(&terms, &before, signers));
        all.push(terms);
    }
    out
}

/// Which versions there are: how many before the latest one each stands upon, and who would sign it.
fn honest_histories() -> impl Strategy<Value = Vec<(usize, BTreeSet<u8>)>> {
    let upon = prop_oneof![3 => Just(0usize), 2 => 1usize..4];
    prop::collection::vec((upon, prop::collection::btree_set(0u8..6, 2..6)), 3..10)
}

/// The documents of a history in which nobody signs a version unless all that it has signed before leads
/// there: so none signs two of one number, nor upon another than it signed.
fn honest_documents(history: &[(usize, BTreeSet<u8>)]) -> Vec<Vec<u8>> {
    let mut all = vec![first_terms(5)];
    let mut lines = vec![BTreeSet::from([all[0].id()])];
    let mut signed_by = std::collections::BTreeMap::<u8, BTreeSet<CharterId>>::new();
    let mut out = Vec::new();
    for (n, (back, signers)) in history.iter().enumerate() {
        let at = all.len().saturating_sub(1 + back);
        let before = all[at].clone();
        let terms = nth_upon(n, &before, &all);
        let line: BTreeSet<_> = lines[at].iter().copied().chain([terms.id()]).collect();
        let leads_here = |n: &u8| signed_by.get(n).is_none_or(|all| all.is_subset(&line));
        let willing: BTreeSet<u8> = signers.iter().copied().filter(leads_here).collect();
        for signer in &willing {
            signed_by.entry(*signer).or_default().insert(terms.id());
        }
        out.extend(pieces(&terms, &before, &willing).filter(|_| !willing.is_empty()));
        all.push(terms);
        lines.push(line);
    }
    out
}

/// What the property below is about does happen: versions count, and there are rivals of them.
#[test]
fn honest_histories_lead_on_and_have_rivals() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut third, mut rivals) = (0, 0);
    for _ in 0..100 {
        let history = honest_histories().new_tree(&mut runner).unwrap().current();
        let mut chain = chain(5);
        for document in honest_documents(&history) {
            drop(chain.offer(&document));
        }
        let counts = chain.current().version();
        third += u32::from(counts >= 3);
        let line = chain.line_to(chain.walk().0);
        let others = chain.documents.iter().filter(|(id, _)| !line.contains(id));
        let beside = others.filter(|(_, d)| d.terms.version <= counts).count();
        rivals += u32::from(beside > 0 && counts >= 2);
    }
    assert!(third >= 33 && rivals >= 33, "{third} {rivals}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn who_knows_the_same_is_at_the_same_version(
        (documents, shuffled) in histories().prop_flat_map(|h| {
            let all = documents(&h);
            (Just(all.clone()), Just(all).prop_shuffle())
        })
    ) {
        let mut one = chain(5);
        let mut other = chain(5);
        // What nobody may sign is refused if it comes alone and known to be so, and falls away
        // later if not.
        for document in &documents {
            drop(one.offer(document));
        }
        for document in &shuffled {
            drop(other.offer(document));
        }
        prop_assert_eq!(one.status(), other.status());
        prop_assert_eq!(one.to_bytes(), other.to_bytes());
        prop_assert_eq!(one.current(), other.current());
        let again = Chain::from_bytes(&one.to_bytes()).unwrap();
        let mut status = one.status();
        status.waiting.clear();
        prop_assert_eq!(again.status(), status);
    }

    /// As long as nobody signs twice, or upon another than it signed, what counts at anybody who knows
    /// some of the documents counts at nobody else otherwise, and for good.
    #[test]
    fn two_versions_of_one_number_never_both_count(
        (documents, known) in honest_histories().prop_flat_map(|h| {
            let all = honest_documents(&h);
            let some = prop::collection::vec(any::<bool>(), all.len());
            (Just(all), prop::collection::vec(some, 3))
        })
    ) {
        let mut counted = std::collections::BTreeMap::new();
        for knows in known.into_iter().chain([vec![true; documents.len()]]) {
            let mut chain = chain(5);
            for (document, _) in documents.iter().zip(knows).filter(|(_, knows)| *knows) {
                drop(chain.offer(document));
                for version in chain.current().and_before() {
                    let id = *counted.entry(version.version()).or_insert(version.id());
                    prop_assert_eq!(id, version.id());
                }
                prop_assert_eq!(chain.digest(), crate::ids::sha256(&chain.to_bytes()));
            }
            let status = chain.status();
            prop_assert!(status.twice.is_empty() && status.fork.is_none());
        }
    }
}

#[test]
fn a_copy_with_a_forged_signature_changes_nothing_in_either_order() {
    let first = chain(3);
    let good = signed(&next(&first, None, "two"), [0, 1]);
    let mut forged = good.clone();
    *forged.last_mut().unwrap() ^= 1;
    let mut orders = Vec::new();
    for order in [[&good, &forged], [&forged, &good]] {
        let mut chain = first.clone();
        for document in order {
            let offered = chain.offer(document);
            assert_eq!(offered.is_err(), document == &forged, "{offered:?}");
        }
        assert_eq!(chain.current().version(), 2);
        orders.push(chain.to_bytes());
    }
    assert_eq!(orders[0], orders[1]);
}
