//! What holds for whatever comes: codec, gate, seal, and a carried set that knows no order.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::shelf::Shelf;
use common::world::{TODAY, World, by_node, by_root, expiry};
use common::{Seeded, draw};
use parasol_protocol::area::Area;
use parasol_protocol::cbor::gate;
use parasol_protocol::handle::Handle;
use parasol_protocol::ids::{FederationId, Lock, NodeKey, OrganisationKey, RecordId};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::{MAX_DEPTH, MAX_REVOCATION_LIFE, RETRACTION_LIFE};
use parasol_protocol::oprf::Output;
use parasol_protocol::particulars::{Basis, Code, Level, Particulars, Summary, Words};
use parasol_protocol::record::affirmation::Affirmation;
use parasol_protocol::record::delegation::SlotRange;
use parasol_protocol::record::report::{Audience, Entry, Label, Report};
use parasol_protocol::record::retraction::Retraction;
use parasol_protocol::record::revocation::Revocation;
use parasol_protocol::record::{Body, Draft, Header, Kind, Signer, Verified};
use parasol_protocol::seal::{
    AreaName, Browse, Bucket, HandleName, Sealing, open_by_area, open_by_handle, open_with_key,
    seal,
};
use parasol_protocol::time::{Day, Month};
use proptest::prelude::*;
use serde_cbor::Value as Cbor;
use std::collections::BTreeSet;

/// Deterministic encoding written naively: sort the entries of a map by the bytes of their keys.
fn canonical(value: &Cbor) -> Vec<u8> {
    fn head(major: u8, n: usize) -> Vec<u8> {
        let mut out = serde_cbor::to_vec(&Cbor::Integer(n as i128)).unwrap();
        out[0] |= major << 5;
        out
    }
    match value {
        Cbor::Array(items) => {
            let mut out = head(4, items.len());
            out.extend(items.iter().flat_map(canonical));
            out
        }
        Cbor::Map(map) => {
            let mut pairs: Vec<_> = map
                .iter()
                .map(|(k, v)| (canonical(k), canonical(v)))
                .collect();
            pairs.sort();
            let mut out = head(5, pairs.len());
            out.extend(pairs.into_iter().flat_map(|(k, v)| [k, v].concat()));
            out
        }
        other => serde_cbor::to_vec(other).unwrap(),
    }
}

fn depth(value: &Cbor) -> usize {
    1 + match value {
        Cbor::Array(items) => items.iter().map(depth).max().unwrap_or(0),
        Cbor::Map(map) => {
            let both = map.iter().map(|(k, v)| depth(k).max(depth(v)));
            both.max().unwrap_or(0)
        }
        _ => 0,
    }
}

fn ours(value: &Cbor) -> bool {
    match value {
        Cbor::Float(_) | Cbor::Tag(..) => false,
        Cbor::Array(items) => items.iter().all(ours),
        Cbor::Map(map) => map.iter().all(|(k, v)| ours(k) && ours(v)),
        _ => true,
    }
}

fn any_cbor() -> impl Strategy<Value = Cbor> {
    let leaf = prop_oneof![
        any::<u64>().prop_map(|n| Cbor::Integer(n.into())),
        any::<i64>().prop_map(|n| Cbor::Integer(n.into())),
        any::<u8>().prop_map(|n| Cbor::Integer((n % 32).into())),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Cbor::Bytes),
        ".{0,12}".prop_map(Cbor::Text),
        any::<bool>().prop_map(Cbor::Bool),
        Just(Cbor::Null),
        any::<f64>().prop_map(Cbor::Float),
    ];
    leaf.prop_recursive(9, 32, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Cbor::Array),
            proptest::collection::btree_map(inner.clone(), inner, 0..5).prop_map(Cbor::Map),
        ]
    })
}

proptest! {
    /// The gate takes exactly what decoding and deterministic encoding leave as it was.
    #[test]
    fn the_gate_takes_what_encodes_to_itself(
        value in any_cbor(),
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let mut bytes = canonical(&value);
        for (at, with) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= with;
        }
        let again: Option<Cbor> = serde_cbor::from_slice(&bytes).ok();
        let expected = again.is_some_and(|v| {
            ours(&v) && depth(&v) <= MAX_DEPTH && canonical(&v) == bytes
        });
        prop_assert_eq!(gate(&bytes).is_ok(), expected, "{}", hex::encode(&bytes));
    }
}

fn any_report() -> impl Strategy<Value = Report> {
    let entries = (0usize..3, any::<u64>());
    (
        entries,
        any::<[u8; 32]>(),
        0u32..3,
        0usize..1300,
        any::<bool>(),
    )
        .prop_map(|((size, seed), lock, edition, text, own)| {
            let mut e = Seeded::new(seed.to_be_bytes());
            let entries = (0..[4, 8, 16][size]).map(|_| Entry {
                bucket: u32::from_be_bytes(draw(&mut e)),
                label: Label(draw(&mut e)),
                wrap: draw(&mut e),
            });
            Report {
                entries: entries.collect(),
                audience: if own {
                    Audience::Own
                } else {
                    Audience::Federation
                },
                lock: Lock::from_bytes(lock),
                edition,
                succession: (edition > 0).then(|| draw(&mut e)),
                salt: draw(&mut e),
                area_tag: draw(&mut e),
                area_wrap: draw(&mut e),
                commitment: draw(&mut e),
                summary: vec![7; 112],
                text: vec![8; text],
                handles: vec![9; text / 2],
            }
        })
}

proptest! {
    /// What is signed reads back the same, and signs to the same bytes.
    #[test]
    fn a_record_reads_back(
        report in any_report(),
        seed in any::<[u8; 32]>(),
        (issued, life, slot) in any::<(u32, u32, u32)>(),
    ) {
        let key = SecretKey::from_seed(seed);
        let federation = FederationId::from_bytes(seed);
        let draft = Draft {
            header: Header {
                organisation: OrganisationKey::from_bytes(seed),
                signer: Signer::Node(key.node()),
                issued: Day::from_number(issued),
                expires: Day::from_number(life),
                slot,
            },
            body: Body::Report(report),
        };
        let signed = draft.clone().sign(&federation, &key).unwrap();
        let again = Verified::from_bytes(signed.bytes(), &federation).unwrap();
        prop_assert_eq!(&again, &signed);
        prop_assert_eq!(again.header(), &draft.header);
        prop_assert_eq!(again.body(), &draft.body);
        prop_assert_eq!(again.id(), RecordId::of(signed.bytes()));
        prop_assert_eq!(again.kind(), Kind::Report);
        let stored = Verified::from_own_store(signed.bytes()).unwrap();
        prop_assert_eq!(stored, signed);
    }

    /// Nothing that comes from outside makes the parser panic, and hardly anything gets in.
    #[test]
    fn no_bytes_upset_the_parser(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let federation = FederationId::from_bytes([0; 32]);
        prop_assert!(Verified::from_bytes(&bytes, &federation).is_err());
    }
}

fn output(seed: u64) -> Output {
    Output::from_bytes(draw(&mut Seeded::new(seed.to_be_bytes())))
}

fn any_says() -> impl Strategy<Value = Particulars> {
    let handles = proptest::collection::btree_set(0u32..10_000, 1..=16);
    let codes = proptest::collection::btree_set(0usize..Code::ALL.len(), 0..=12);
    let words = proptest::option::of(("[a-z]{2}", ".{0,400}"));
    let month = proptest::option::of((2000u32..2027, 1u8..=12));
    (handles, codes, words, month, 0usize..3, 0usize..3).prop_map(
        |(handles, codes, words, month, level, basis)| Particulars {
            summary: Summary {
                level: Level::ALL[level],
                codes: codes.into_iter().map(|c| Code::ALL[c]).collect(),
                month: month.and_then(|(y, m)| Month::new(y, m)),
                area: Area::from_canonical("FR:lyon").ok(),
                basis: Basis::ALL[basis],
            },
            words: words.map(|(lang, text)| Words { lang, text }),
            handles: handles
                .into_iter()
                .map(|n| Handle::from_canonical(&format!("account:telegram/name{n}")).unwrap())
                .collect(),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A report opens by each of its handles, wholly; by its area as its author chose; by nothing
    /// else; and its sizes are of their classes.
    #[test]
    fn a_sealed_report_opens_by_its_names_alone(
        says in any_says(),
        browse in 0u8..3,
        seed in any::<u32>(),
    ) {
        let mut entropy = Seeded::new(seed.to_be_bytes());
        let (federation, organisation) =
            (FederationId::from_bytes([1; 32]), OrganisationKey::from_bytes([2; 32]));
        let season = expiry().season();
        let handles: Vec<_> = says.handles.iter().cloned().collect();
        let names = |n: usize| HandleName::new(season, output(n as u64 + 1));
        let named: Vec<_> = (0..handles.len())
            .map(|n| (names(n), Bucket { bits: 16, value: n as u32 }))
            .collect();
        let area = AreaName::new(season, output(1 << 40));
        let lock = SecretKey::generate(&mut entropy);
        let with = Sealing {
            federation: &federation,
            organisation: &organisation,
            expires: expiry(),
            audience: Audience::Federation,
            lock: lock.lock(),
            names: &named,
            browse: match browse {
                0 => Browse::Nothing,
                1 => Browse::Codes(&area),
                _ => Browse::Text(&area),
            },
            bucket_bits: 12,
        };
        let (report, full) = seal(&says, &with, &mut entropy).unwrap();
        prop_assert!([4, 8, 16].contains(&report.entries.len()));
        prop_assert!(report.entries.is_sorted_by(|a, b| a.label < b.label));
        prop_assert!(report.entries.iter().all(|e| e.bucket < 1 << 12));
        prop_assert_eq!(report.summary.len(), 96 + 16);
        prop_assert!([64, 256, 512, 1024, 2048].contains(&(report.text.len() - 16)));
        prop_assert!([128, 256, 512, 1024].contains(&(report.handles.len() - 16)));
        for (n, handle) in handles.iter().enumerate() {
            let opened = open_by_handle(
                &federation, &organisation, expiry(), &report, handle, &names(n),
            );
            let opened = opened.unwrap().unwrap();
            prop_assert_eq!(&opened.summary, &says.summary);
            prop_assert_eq!(&opened.words, &says.words);
            prop_assert_eq!(opened.handles.as_ref(), Some(&says.handles));
        }
        let stranger = HandleName::new(season, output(1 << 41));
        let none = open_by_handle(
            &federation, &organisation, expiry(), &report, &handles[0], &stranger,
        );
        prop_assert!(none.is_none());
        let opened = open_with_key(&federation, &organisation, expiry(), &report, &full);
        prop_assert_eq!(opened.unwrap().words, says.words.clone());
        // Bound to publisher and expiry.
        let other = OrganisationKey::from_bytes([3; 32]);
        prop_assert!(open_with_key(&federation, &other, expiry(), &report, &full).is_err());
        let later = expiry().plus(1);
        prop_assert!(open_with_key(&federation, &organisation, later, &report, &full).is_err());

        let place = says.summary.area.clone().unwrap();
        let by_area = open_by_area(
            &federation, &organisation, expiry(), &report, &place, &area,
        );
        match browse {
            0 => prop_assert!(by_area.is_none()),
            _ => {
                let opened = by_area.unwrap().unwrap();
                prop_assert_eq!(opened.summary, says.summary);
                prop_assert!(opened.handles.is_none() && opened.full_key.is_none());
                prop_assert_eq!(opened.text_key.is_some(), browse == 2);
                prop_assert_eq!(opened.words, if browse == 2 { says.words } else { None });
            }
        }
    }
}

/// Records that stand in each other's way: contested slots, retractions with and without proof,
/// a revoked key, affirmations.
fn rivals() -> (World, Vec<Verified>) {
    let mut world = World::new("rivals");
    let says = common::world::particulars();
    let locks: Vec<_> = (0..3)
        .map(|_| SecretKey::generate(&mut world.entropy))
        .collect();
    let mut all = Vec::new();
    for lock in &locks {
        for slot in 0..2 {
            let (report, _) = world.sealed(&says, None, Audience::Federation, lock);
            let draft = by_node(&world.lilas, Body::Report(report), expiry(), slot);
            all.push(draft.sign(&world.federation, &world.lilas.node).unwrap());
        }
    }
    let (federation, lilas, rowan) = (&world.federation, &world.lilas, &world.rowan);
    // Two delegations in one slot of a root, and a record that only one of them speaks for.
    for first in [20_000 - 500, 20_000 - 250] {
        let slots = SlotRange { first, count: 250 };
        let body = rowan.delegation_body(federation, slots, TODAY.plus(30));
        let delegation = by_root(rowan, body, TODAY, 30, 20);
        all.push(delegation.sign(federation, &rowan.root).unwrap());
        let retraction = Body::Retraction(Retraction::by_lock(federation, &locks[2]));
        let retraction = by_node(rowan, retraction, TODAY.plus(RETRACTION_LIFE), first);
        all.push(retraction.sign(federation, &rowan.node).unwrap());
    }
    let until = TODAY.plus(RETRACTION_LIFE);
    let proven = Body::Retraction(Retraction::by_lock(federation, &locks[0]));
    let proven = by_node(rowan, proven, until, 0);
    all.push(proven.sign(federation, &rowan.node).unwrap());
    let unproven = Body::Retraction(Retraction {
        lock: locks[1].lock(),
        proof: None,
    });
    let unproven = by_node(lilas, unproven, until, 7);
    all.push(unproven.sign(federation, &lilas.node).unwrap());
    let revocation = Body::Revocation(Revocation::Key(lilas.node.node()));
    let revocation = by_root(lilas, revocation, TODAY, MAX_REVOCATION_LIFE, 9);
    let revocation = revocation.sign(federation, &lilas.root).unwrap();
    let mut records: Vec<_> = all[2..6].iter().step_by(2).map(Verified::id).collect();
    records.sort_unstable();
    let affirmation = Body::Affirmation(Affirmation { records });
    let affirmation = by_root(lilas, affirmation, TODAY, MAX_REVOCATION_LIFE, 10);
    all.push(affirmation.sign(federation, &lilas.root).unwrap());
    all.push(revocation);
    (world, all)
}

/// Takes records in an order, again and again as peers would bring them, until nothing changes.
fn settled(world: &World, all: &[Verified], order: &[usize]) -> BTreeSet<RecordId> {
    let home = world.ryabina.key();
    let mut shelf = Shelf::new(world.directory.clone(), home);
    loop {
        let before: BTreeSet<_> = shelf.records.keys().copied().collect();
        for n in order {
            let _ = shelf.receive(all[*n].bytes(), TODAY);
        }
        let after: BTreeSet<_> = shelf.records.keys().copied().collect();
        if before == after {
            return after;
        }
    }
}

/// Nodes that have seen the same records carry the same, in whatever order they came.
#[test]
fn the_carried_set_knows_no_order() {
    let (world, all) = rivals();
    for without in [0, 1, 2] {
        let some = &all[..all.len() - without];
        let straight: Vec<usize> = (0..some.len()).collect();
        let expected = settled(&world, some, &straight);
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(48));
        let orders = Just(straight).prop_shuffle();
        runner
            .run(&orders, |order| {
                prop_assert_eq!(&settled(&world, some, &order), &expected);
                Ok(())
            })
            .unwrap();
    }
}

/// A key that only another organisation delegated signs nothing for this one.
#[test]
fn a_revocation_reaches_no_further_than_its_organisation() {
    let (world, all) = rivals();
    let federation = &world.federation;
    let foreign = Body::Revocation(Revocation::Key(NodeKey::from_bytes(
        world.lilas.node.public(),
    )));
    let foreign = by_root(&world.rowan, foreign, TODAY, MAX_REVOCATION_LIFE, 9);
    let foreign = foreign.sign(federation, &world.rowan.root).unwrap();
    let mut shelf = Shelf::new(world.directory.clone(), world.ryabina.key());
    shelf.receive(foreign.bytes(), TODAY).unwrap();
    shelf.receive(all[0].bytes(), TODAY).unwrap();
    assert!(shelf.records.contains_key(&all[0].id()));
}
