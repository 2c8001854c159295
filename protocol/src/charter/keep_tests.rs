//! What is kept, and that nobody keeps others out.

use super::tests::{chain, key, next, root, signed, version_of};
use super::*;
use crate::ids::CharterId;
use crate::limits::MAX_COSIGNED;

/// A member that nobody else made one, which has the document's place for itself.
fn newcomer(terms: &mut Terms, n: u8) {
    terms.organisations.push(super::tests::member(n, None));
    terms.organisations.sort_by_key(|o| o.root);
}

#[test]
fn what_no_organisation_has_signed_is_not_kept() {
    let mut chain = chain(3);
    let mut terms = next(&chain, None, "a stranger lets itself in");
    newcomer(&mut terms, 9);
    let before = chain.clone();
    let stuffed = chain.offer(&signed(&terms, [9]));
    assert_eq!(stuffed, Err(CharterError::Signatures));
    assert_eq!(chain, before);
    let refused = chain.propose(&terms, &root(9));
    assert_eq!(refused, Err(SignError::Stranger.into()));
    // With one that is in, it is a proposal like others.
    assert_eq!(chain.offer(&signed(&terms, [0, 9])), Ok(Offered::Taken));
}

#[test]
fn what_waits_is_bounded_and_makes_way() {
    let mut chain = chain(3);
    let mut ids = Vec::new();
    for n in 0..20_u8 {
        let mut terms = next(&chain, None, &format!("{n}"));
        terms.version = 3;
        terms.origin.as_mut().unwrap().previous = CharterId::from_bytes([n; 32]);
        ids.push(terms.id());
        assert_eq!(chain.offer(&signed(&terms, [9])), Ok(Offered::Taken));
    }
    let mut latest = ids.split_off(4);
    latest.sort_unstable();
    assert_eq!(chain.status().waiting, latest);
    assert_eq!(chain.to_bytes(), self::chain(3).to_bytes());
    // What follows what is known is taken all the same.
    let terms = next(&chain, None, "two");
    chain.offer(&signed(&terms, [0, 1])).unwrap();
    assert_eq!(version_of(&chain).0, 2);
}

#[test]
fn a_thief_of_one_root_fills_no_chain() {
    let mut full = chain(3);
    let honest = next(&full, None, "honest");
    full.offer(&signed(&honest, [0])).unwrap();
    let mut line = full.draft(None).unwrap();
    // Many rivals, and a long line of versions, one upon the other.
    let mut all = Vec::new();
    for n in 0..300 {
        all.push(signed(&next(&full, None, &format!("rival {n}")), [2]));
    }
    for n in 0..300 {
        line.name = format!("line {n}");
        all.push(signed(&line, [2]));
        let id = line.id();
        line.origin.as_mut().unwrap().previous = id;
        line.version += 1;
    }
    for document in &all {
        full.offer(document).unwrap();
    }
    assert_eq!(full.documents().len(), 1 + MAX_PROPOSALS);
    assert!(full.terms(&honest.id()).is_some());
    assert_eq!(full.status().twice[0].organisation, key(2));
    // Others go on as if it were not there, and what was given up is asked about no more.
    let other = next(&full, None, "another");
    full.offer(&signed(&other, [1])).unwrap();
    assert!(full.terms(&other.id()).is_some());
    assert_eq!(full.documents().len(), 1 + MAX_PROPOSALS);
    full.sign(&honest.id(), &root(1)).unwrap_err();
    full.offer(&signed(&honest, [0, 1])).unwrap();
    let mut settled = full.clone();
    assert_eq!(settled.documents().len(), 1 + MAX_PROPOSALS);
    settled.settle();
    // It reads its own file as it wrote it.
    assert_eq!(
        Chain::from_bytes(&full.to_bytes()).unwrap().to_bytes(),
        full.to_bytes()
    );
}

#[test]
fn the_same_rivals_are_kept_whatever_came_first() {
    let base = chain(3);
    let mut all: Vec<Vec<u8>> = (0..280)
        .map(|n| signed(&next(&base, None, &format!("{n}")), [2]))
        .collect();
    all.push(signed(&next(&base, None, "honest"), [0]));
    let kept = |all: &[Vec<u8>]| {
        let mut chain = base.clone();
        for document in all {
            chain.offer(document).unwrap();
        }
        chain.to_bytes()
    };
    let forward = kept(&all);
    all.reverse();
    assert_eq!(kept(&all), forward);
}

#[test]
fn a_chain_may_be_longer_than_all_its_proposals() {
    let mut chain = chain(3);
    let count = MAX_PROPOSALS + 20;
    for n in 2..=count {
        let terms = next(&chain, None, &format!("{n}"));
        chain.offer(&signed(&terms, [0, 1])).unwrap();
        chain.settle();
    }
    assert_eq!(chain.current().version() as usize, count);
    let read = Chain::from_bytes(&chain.to_bytes()).unwrap();
    assert_eq!(read.current(), chain.current());
    let mut last = next(&chain, None, "beyond");
    last.version = u32::try_from(MAX_VERSIONS).unwrap() + 1;
    assert_eq!(chain.offer(&signed(&last, [0])), Err(CharterError::Full));
}

#[test]
fn news_bring_the_latest_version_and_the_proposals_in_little_room() {
    let mut chain = chain(3);
    for n in 2..=12 {
        let terms = next(&chain, None, &format!("{n}"));
        chain.offer(&signed(&terms, [0, 1])).unwrap();
        chain.settle();
    }
    let current = chain.current();
    let mut large = next(&chain, None, "large");
    large.cities = (0..900).map(|n| format!("FR:city-{n:05}")).collect();
    large.cities.sort();
    let proposal = next(&chain, None, "small");
    let large = signed(&large, [2]);
    let proposal = signed(&proposal, [0]);
    chain.offer(&large).unwrap();
    chain.offer(&proposal).unwrap();
    let room = 4 * (current.bytes().len() + 5);
    assert!(large.len() > room);
    let news = chain.news_for(&[0; 32], room);
    assert!(news.contains(&current.bytes().to_vec()));
    assert!(news.contains(&proposal));
    assert!(!news.contains(&large));
    let used: usize = news.iter().map(|d| d.len() + 5).sum();
    assert!(used <= room);
    assert_eq!(chain.news_for(&chain.digest(), room), Vec::<Vec<u8>>::new());
    assert_eq!(chain.news_for(&[0; 32], 1 << 20), chain.documents());
}

#[test]
fn late_rivals_of_what_is_settled_are_not_taken() {
    let mut chain = chain(3);
    let early = next(&chain, None, "early");
    chain.offer(&signed(&early, [2])).unwrap();
    let late = next(&chain, None, "late");
    for name in ["two", "three"] {
        let terms = next(&chain, None, name);
        chain.offer(&signed(&terms, [0, 1])).unwrap();
    }
    let mut settled = chain.clone();
    settled.settle();
    assert!(settled.terms(&early.id()).is_none());
    let before = settled.clone();
    for document in [
        signed(&late, [0, 1, 2]),
        signed(&early, [0, 1, 2]),
        signed(&next(&self::chain(3), None, "two"), [0, 1, 2]),
    ] {
        assert_eq!(settled.offer(&document), Ok(Offered::Known));
        assert_eq!(settled, before);
    }
    // Who has settled nothing takes them.
    assert_eq!(chain.offer(&signed(&late, [0, 1])), Ok(Offered::Taken));
    // What is settled is the same whenever it is said.
    assert!(chain.settle_at(&settled.settled()));
    assert_eq!(chain.to_bytes(), settled.to_bytes());
}

#[test]
fn one_bad_document_in_a_file_spoils_no_other() {
    let mut chain = chain(3);
    let two = next(&chain, None, "two");
    chain.offer(&signed(&two, [0, 1])).unwrap();
    let bad = next(&self::chain(3), None, "bad");
    let mut bad = signed(&bad, [2]);
    *bad.last_mut().unwrap() ^= 1;
    let mut documents = chain.documents();
    documents.insert(1, bad);
    let file = crate::cbor::encode(|e| {
        crate::cbor::put_array(e, documents.len() as u64);
        for document in &documents {
            crate::cbor::put_bytes(e, document);
        }
    });
    assert_eq!(Chain::from_bytes(&file), Err(CharterError::Signatures));
    let (read, refused) = Chain::salvage(&file).unwrap();
    assert_eq!(refused, [CharterError::Signatures]);
    assert_eq!(read, chain);
}

#[test]
fn a_version_leaves_room_for_all_who_may_sign_it() {
    let mut chain = chain(3);
    let mut terms = next(&chain, None, "many");
    for n in 0..998_u32 {
        let mut one = super::tests::member(9, None);
        let mut root = [0xee; 32];
        root[..4].copy_from_slice(&n.to_be_bytes());
        one.root = crate::ids::OrganisationKey::from_bytes(root);
        one.name = format!("many-{n}");
        terms.organisations.push(one);
    }
    terms.organisations.retain(|o| o.root != key(2));
    terms.organisations.sort_by_key(|o| o.root);
    for o in &mut terms.organisations {
        o.keyholder = o.keyholder.filter(|_| false);
    }
    let organisations = &mut terms.organisations;
    for (o, i) in organisations.iter_mut().zip(1..=3) {
        o.keyholder = Some(i);
    }
    for (o, place) in organisations.iter_mut().zip(["FR", "DE", "SE"]) {
        o.jurisdiction = place.to_owned();
    }
    assert_eq!(terms.organisations.len(), 1000);
    let refused = chain.offer(&signed(&terms, [0])).unwrap_err();
    assert!(refused.to_string().contains("at most 1000"), "{refused}");
    // Few organisations, and terms that leave no room for their signatures.
    let mut terms = next(&chain, None, "long");
    terms.cities = (0..9_900)
        .map(|n| format!("FR:a-long-name-of-a-city-{n:05}"))
        .collect();
    let size = |terms: &Terms| terms.encode().len();
    while size(&terms) > MAX_COSIGNED - 128 * 3 {
        terms.cities.pop();
    }
    assert_eq!(chain.offer(&signed(&terms, [0])), Ok(Offered::Taken));
    terms
        .cities
        .push("FR:z-one-more-that-is-long-enough-to-go-beyond-it".to_owned());
    let refused = chain.offer(&signed(&terms, [0])).unwrap_err();
    assert!(refused.to_string().contains("too large"), "{refused}");
}
