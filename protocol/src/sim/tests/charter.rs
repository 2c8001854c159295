//! A new version of the charter, taken up while nodes run.

use super::lab::Lab;
use super::*;
use crate::certificate::Certificate;
use crate::charter::{Chain, Charter, CharterError, Former, Lives, Terms};
use crate::client::{self, ViewError};
use crate::engine::Notice;
use crate::ids::OrganisationKey;
use crate::oprf::{KeyName, blind, deal};
use crate::record::Rule;
use crate::time::Timestamp;
use crate::wire::EvaluateAsk;
use std::collections::BTreeMap;

const TODAY: Day = Day::from_number(20_810);

fn lab() -> Lab {
    let shape = Shape {
        organisations: 4,
        ..Shape::default()
    };
    Lab::new(Federation::new(shape, 5), 4, TODAY)
}

/// The charter changed, signed by the organisations of these numbers and by these roots.
fn changed(
    lab: &Lab,
    by: &[usize],
    more: &[&SecretKey],
    change: impl FnOnce(&mut Terms),
) -> Charter {
    let mut chain = Chain::found(lab.federation.charter.bytes()).unwrap();
    let mut terms = chain.draft(None).unwrap();
    change(&mut terms);
    terms.organisations.sort_by_key(|o| o.root);
    let mut unsigned = terms.unsigned();
    let roots = by.iter().map(|n| &lab.federation.roots[*n]);
    for root in roots.chain(more.iter().copied()) {
        Charter::sign_with(&mut unsigned, root);
    }
    chain.offer(&unsigned.write()).unwrap();
    let charter = chain.current();
    assert_eq!(charter.version(), 2);
    charter
}

fn report_of(lab: &Lab, node: usize, days: u32, slot: u32, seed: u64) -> Verified {
    let mut entropy = Drbg::new(seed, "charter");
    let lock = SecretKey::generate(&mut entropy);
    let body = report_body(lock.lock(), Audience::Federation, &mut entropy);
    lab.federation
        .sign(node, TODAY, TODAY.plus(days), slot, body)
}

fn take_up(lab: &mut Lab, side: usize, charter: &Charter) {
    let now = lab.now;
    let (engine, store) = &mut lab.sides[side];
    let outputs = engine
        .take_up(charter.clone(), store, now)
        .unwrap()
        .unwrap();
    lab.perform(side, outputs);
    assert!(lab.told.contains(&(side, Notice::Charter(2))));
}

#[test]
fn who_is_voted_out_goes_with_its_records_everywhere() {
    let mut lab = lab();
    let gone = lab.federation.organisation(3);
    let theirs = report_of(&lab, 3, 100, 0, 1);
    let ours = report_of(&lab, 0, 100, 0, 2);
    for side in 0..2 {
        lab.offer(side, theirs.clone()).unwrap();
        lab.offer(side, ours.clone()).unwrap();
    }
    let without = changed(&lab, &[0, 1, 2], &[], |t| {
        t.organisations.retain(|o| o.root != gone)
    });
    // One node had the record before the version came, another hears of it afterwards.
    take_up(&mut lab, 0, &without);
    take_up(&mut lab, 1, &without);
    take_up(&mut lab, 2, &without);
    let refused = lab.offer(2, theirs.clone()).unwrap_err();
    assert_eq!(refused.rule, Rule::UnknownOrganisation);
    lab.offer(2, ours.clone()).unwrap();
    for side in 0..3 {
        assert!(!lab.carried(side).contains(&theirs.id()), "{side}");
        assert!(lab.carried(side).contains(&ours.id()), "{side}");
    }
    assert_eq!(lab.carried(0), lab.carried(2));
    // Its node is a stranger now, and the others talk on.
    let today = lab.sides[0].0.today(lab.now);
    assert_eq!(lab.sides[0].0.directory().nodes(today).len(), 3);
    let peers = lab.sides[0].0.connected().map(|(_, o)| o);
    let peers: Vec<OrganisationKey> = peers.collect();
    assert!(peers.len() == 2 && !peers.contains(&gone));
}

#[test]
fn after_a_lost_root_what_is_listed_lives_and_what_a_thief_signs_does_not() {
    let mut lab = lab();
    let old = lab.federation.organisation(2);
    let heir = SecretKey::from_seed([77; 32]);
    let before = report_of(&lab, 2, 100, 0, 3);
    lab.offer(0, before.clone()).unwrap();
    let delegation = lab.federation.delegations[2].id();
    let replaced = changed(&lab, &[0, 1, 3], &[&heir], |t| {
        for o in t.organisations.iter_mut().filter(|o| o.root == old) {
            o.root = heir.organisation();
        }
        t.former = vec![Former {
            root: old,
            successor: heir.organisation(),
            records: vec![delegation],
        }];
    });
    take_up(&mut lab, 0, &replaced);
    // What its node published stays, and what it publishes until its delegation ends.
    assert!(lab.carried(0).contains(&before.id()));
    let after = report_of(&lab, 2, 100, 1, 4);
    lab.offer(0, after.clone()).unwrap();
    // The node works for the successor.
    let today = lab.sides[0].0.today(lab.now);
    let node = lab.federation.stations[2].record.node();
    let nodes = lab.sides[0].0.directory().nodes(today);
    assert_eq!(nodes[&node].organisation, heir.organisation());
    // A thief of the old root delegates, revokes, dates back: refused by name.
    let slots = lab.federation.stations[2].slots;
    let again = lab.federation.delegation(2, TODAY.minus(5), 60, slots, 9);
    assert_eq!(lab.offer(0, again).unwrap_err().rule, Rule::FormerRoot);
    let revoked = lab.federation.revocation(2, TODAY, 10);
    assert_eq!(lab.offer(0, revoked).unwrap_err().rule, Rule::FormerRoot);
    assert!(lab.carried(0).contains(&after.id()));
    // Had nothing been listed, nothing would have stayed.
    let mut lab = self::lab();
    let before = report_of(&lab, 2, 100, 0, 3);
    lab.offer(0, before.clone()).unwrap();
    let bare = changed(&lab, &[0, 1, 3], &[], |t| {
        t.organisations.retain(|o| o.root != old);
        t.former = vec![Former {
            root: old,
            successor: t.organisations[0].root,
            records: Vec::new(),
        }];
        let first = t.organisations[0].keyholder;
        assert!(first.is_some());
        for (o, share) in t.organisations.iter_mut().zip(1..) {
            o.keyholder = (share <= 2).then_some(share);
        }
    });
    take_up(&mut lab, 0, &bare);
    assert!(!lab.carried(0).contains(&before.id()));
}

#[test]
fn a_new_root_does_not_begin_its_organisations_day_anew() {
    let shape = Shape {
        organisations: 4,
        keys: true,
        quotas: crate::charter::Quotas {
            evaluations: 100,
            ..Shape::default().quotas
        },
        ..Shape::default()
    };
    let mut lab = Lab::new(Federation::new(shape, 5), 4, TODAY);
    let blinded = blind(&[b"a guess".as_slice()], &mut Drbg::new(1, "root")).unwrap();
    let ask = |lab: &mut Lab, by: OrganisationKey, count: usize| {
        let ask = EvaluateAsk {
            epoch: 0,
            keys: vec![KeyName::Bucket],
            elements: vec![blinded.elements()[0]; count],
        };
        let (engine, store) = &mut lab.sides[0];
        let (outputs, answer) = engine.allow(&by, ask, store, lab.now).unwrap();
        lab.perform(0, outputs);
        answer.is_ok()
    };
    let old = lab.federation.organisation(2);
    assert!(ask(&mut lab, old, 80));
    let heir = SecretKey::from_seed([77; 32]);
    let new = heir.organisation();
    let replaced = changed(&lab, &[0, 1, 3], &[&heir], |t| {
        for o in t.organisations.iter_mut().filter(|o| o.root == old) {
            o.root = new;
        }
        t.former = vec![Former {
            root: old,
            successor: new,
            records: Vec::new(),
        }];
    });
    take_up(&mut lab, 0, &replaced);
    assert!(!ask(&mut lab, new, 21));
    assert!(ask(&mut lab, new, 15));
    // By whichever root its nodes are known, it is one.
    assert!(!ask(&mut lab, old, 6));
    assert!(ask(&mut lab, old, 5));
    assert!(!ask(&mut lab, new, 1));
}

#[test]
fn stricter_lives_hold_from_the_day_they_were_made_for() {
    let mut lab = lab();
    let long = report_of(&lab, 0, 700, 0, 5);
    lab.offer(0, long.clone()).unwrap();
    let ahead = changed(&lab, &[0, 1, 2], &[], |t| {
        t.made = TODAY.plus(1);
        t.lives = Lives::with_reports(100);
    });
    take_up(&mut lab, 0, &ahead);
    assert!(lab.carried(0).contains(&long.id()));
    // Issued the day after, it would live too long.
    let mut entropy = Drbg::new(6, "charter");
    let body = report_body(
        SecretKey::generate(&mut entropy).lock(),
        Audience::Federation,
        &mut entropy,
    );
    let late = lab
        .federation
        .sign(0, TODAY.plus(1), TODAY.plus(300), 0, body);
    assert_eq!(lab.offer(0, late).unwrap_err().rule, Rule::Life);
}

#[test]
fn a_node_that_starts_with_a_later_version_looks_at_all_again() {
    let mut lab = lab();
    let gone = lab.federation.organisation(3);
    let theirs = report_of(&lab, 3, 100, 0, 1);
    lab.offer(0, theirs.clone()).unwrap();
    let without = changed(&lab, &[0, 1, 2], &[], |t| {
        t.organisations.retain(|o| o.root != gone)
    });
    let identity = lab.federation.identity(0);
    let now: Timestamp = lab.now;
    let store = &lab.sides[0].1;
    let settings = crate::engine::Settings::default();
    let mut engine = crate::engine::Engine::new(without, identity, settings, store).unwrap();
    engine.begin(now);
    let outputs = engine.look_again(store, now).unwrap();
    lab.sides[0].0 = engine;
    lab.perform(0, outputs);
    assert!(!lab.carried(0).contains(&theirs.id()));
    // Only once: with a long list it takes long.
    let (engine, store) = &mut lab.sides[0];
    assert!(engine.look_again(store, now).unwrap().is_empty());
}

/// The first node with a certificate of the shared keys, so that it can serve clients.
fn certify(lab: &mut Lab) {
    let key = deal(KeyName::Bucket, 2, 3, &mut Drbg::new(8, "charter"));
    let keys = BTreeMap::from([(KeyName::Bucket, key.unwrap().key)]);
    let id = lab.federation.charter.federation();
    let mut unsigned = Certificate::unsigned(id, 1, Day::from_number(20_800), true, &keys);
    for station in &lab.federation.stations {
        Certificate::sign_with(&mut unsigned, id, &station.record);
    }
    let charter = &lab.federation.charter;
    let directory = lab.sides[0].0.directory();
    let certificate = Certificate::from_bytes(&unsigned.write(), charter, directory).unwrap();
    lab.sides[0].0.certify(certificate);
}

fn seen(lab: &Lab, own: usize) -> Result<client::Federation, ViewError> {
    let (engine, store) = &lab.sides[0];
    let reply = engine.directory_reply(store, lab.now).unwrap();
    let own = lab.federation.organisation(own);
    client::Federation::from_reply(&reply.encode(), &own, None, TODAY)
}

#[test]
fn a_client_follows_the_chain_and_is_not_led_back() {
    let mut lab = lab();
    certify(&mut lab);
    let first = seen(&lab, 0).unwrap();
    let next = changed(&lab, &[0, 1, 2], &[], |t| t.name = "renamed".to_owned());
    take_up(&mut lab, 0, &next);
    let second = seen(&lab, 0).unwrap();
    assert_eq!(second.charter().terms().name, "renamed");
    assert_eq!(second.follows_charter(&first.charter().pin()), Ok(()));
    let back = first.follows_charter(&second.charter().pin());
    let set_back = CharterError::SetBack { known: 2 };
    assert_eq!(back, Err(ViewError::Charter(set_back)));
}

#[test]
fn a_client_does_not_take_a_successor_for_its_own_by_itself() {
    let mut lab = lab();
    certify(&mut lab);
    let old = lab.federation.organisation(2);
    let heir = SecretKey::from_seed([77; 32]);
    let delegation = lab.federation.delegations[2].id();
    let replaced = changed(&lab, &[0, 1, 3], &[&heir], |t| {
        for o in t.organisations.iter_mut().filter(|o| o.root == old) {
            o.root = heir.organisation();
        }
        t.former = vec![Former {
            root: old,
            successor: heir.organisation(),
            records: vec![delegation],
        }];
    });
    take_up(&mut lab, 0, &replaced);
    // The others see the keys' certificate hold: its signer works for the successor.
    seen(&lab, 0).unwrap();
    let told = seen(&lab, 2).unwrap_err();
    let ViewError::RootReplaced { root, version, .. } = told else {
        panic!("{told}")
    };
    assert_eq!((root, version), (heir.organisation(), 2));
    // The version that replaced it is named, not a later one.
    let mut chain = Chain::of(replaced.documents()).unwrap();
    let later = chain.draft(None).unwrap();
    let id = chain.propose(&later, &lab.federation.roots[0]).unwrap();
    for n in [1, 3] {
        chain.sign(&id, &lab.federation.roots[n]).unwrap();
    }
    assert_eq!(chain.current().version(), 3);
    let shown = |chain: &Chain, known| {
        let (engine, store) = &lab.sides[0];
        let mut reply = engine.directory_reply(store, lab.now).unwrap();
        reply.charters = chain.documents();
        client::Federation::from_reply(&reply.encode(), &old, known, TODAY).unwrap_err()
    };
    let told = shown(&chain, Some(chain.federation()));
    assert!(matches!(told, ViewError::RootReplaced { version: 2, .. }));
    // Anybody can make a federation of which our root is a former one. It has never signed there.
    let mut terms = lab.federation.charter.terms().clone();
    let roots: Vec<SecretKey> = (90..94).map(|n| SecretKey::from_seed([n; 32])).collect();
    for (o, root) in terms.organisations.iter_mut().zip(&roots) {
        o.root = root.organisation();
    }
    terms.organisations.sort_by_key(|o| o.root);
    terms.former = vec![Former {
        root: old,
        successor: roots[0].organisation(),
        records: Vec::new(),
    }];
    let mut unsigned = terms.unsigned();
    for root in &roots {
        Charter::sign_with(&mut unsigned, root);
    }
    let forged = Chain::found(&unsigned.write()).unwrap();
    assert_eq!(shown(&forged, None), ViewError::NotOurs);
    let ours = *lab.federation.charter.federation();
    assert_eq!(shown(&forged, Some(&ours)), ViewError::OtherFederation);
}
