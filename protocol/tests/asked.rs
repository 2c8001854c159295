//! For what a keyholder refuses to evaluate, and in which order: the vectors that a second
//! implementation wrote, through the public API.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Seeded, bytes, read};
use parasol_protocol::carried::{Change, Memory, View as _};
use parasol_protocol::charter::Charter;
use parasol_protocol::engine::{Engine, Identity, Settings};
use parasol_protocol::ids::OrganisationKey;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::LIVE_SEASONS;
use parasol_protocol::oprf::{KeyName, KeyShare, ShareIndex, blind};
use parasol_protocol::time::{Day, Season, Timestamp};
use parasol_protocol::wire::EvaluateAsk;
use parasol_protocol::wire::sealed::SealSecret;
use serde_json::Value;
use std::sync::Arc;

fn number(value: &Value) -> u32 {
    value.as_u64().unwrap().try_into().unwrap()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

fn named(value: &Value) -> KeyName {
    match (number(&value[0]), value[1].as_u64()) {
        (0, None) => KeyName::Bucket,
        (1, Some(_)) => KeyName::Handle(Season::from_index(number(&value[1]))),
        (2, Some(_)) => KeyName::Area(Season::from_index(number(&value[1]))),
        _ => panic!("{value}"),
    }
}

/// A keyholder with the shares of a case, each of every epoch.
fn keyholder(charter: &Charter, case: &Value) -> Engine {
    let me = Identity {
        organisation: charter.named("ash").unwrap().root,
        record_key: SecretKey::from_seed([8; 32]),
        seal_key: SealSecret::from_seed([7; 32]),
        shares: Default::default(),
    };
    let settings = Settings::default();
    let mut engine = Engine::new(charter.clone(), me, settings, &Memory::new()).unwrap();
    for epoch in list(&case["held"]) {
        let share = || KeyShare::new(ShareIndex::new(1).unwrap(), &scalar()).unwrap();
        let names = list(&epoch["keys"]).iter().map(named);
        let shares = names.map(|name| (name, share())).collect();
        engine.prepare(number(&epoch["epoch"]), Arc::new(shares));
    }
    engine
}

/// A scalar that is none but itself.
fn scalar() -> [u8; 32] {
    let mut scalar = [0; 32];
    scalar[0] = 7;
    scalar
}

fn ask(case: &Value) -> EvaluateAsk {
    let count = usize::try_from(number(&case["ask"]["elements"])).unwrap();
    let names = vec![b"a name".as_slice(); count];
    let blinded = blind(&names, &mut Seeded::new("asked")).unwrap();
    EvaluateAsk {
        epoch: number(&case["ask"]["epoch"]),
        keys: list(&case["ask"]["keys"]).iter().map(named).collect(),
        elements: blinded.elements().to_vec(),
    }
}

#[test]
fn a_keyholder_refuses_in_the_order_of_the_text_and_counts_nothing_then() {
    let file = read("bad/evaluate.json");
    let charter = Charter::from_bytes(&bytes(&file["charter"])).unwrap();
    let birch: OrganisationKey = charter.named("birch").unwrap().root;
    for case in list(&file["cases"]) {
        let name = &case["name"];
        let mut engine = keyholder(&charter, case);
        let day = Day::from_number(number(&case["day"]));
        let noon = Timestamp::from_millis(u64::from(day.number()) * 86_400_000 + 43_200_000);
        engine.accept_time(day);
        let mut store = Memory::new();
        let counted = list(&case["counted"]).iter().map(|row| Change::Quota {
            organisation: birch,
            key: named(&row[0]),
            day,
            used: number(&row[1]),
        });
        store.apply(&counted.collect::<Vec<_>>());
        let ask = ask(case);
        let (outputs, allowed) = engine.allow(&birch, ask.clone(), &store, noon).unwrap();
        let Err(refused) = allowed else {
            panic!("{name}: it evaluates");
        };
        assert_eq!(refused.code(), case["refused"], "{name}");
        assert!(outputs.is_empty(), "{name}: something was counted");
        // Whoever was refused has still all that was left under each of the keys.
        for key in &ask.keys {
            let used = store.quota(&birch, *key, day).unwrap();
            let left = usize::try_from(charter.terms().quotas.evaluations - used).unwrap();
            let held = list(&case["held"]).iter().find(|held| {
                list(&held["keys"]).iter().any(|name| named(name) == *key)
                    && number(&held["epoch"]) == ask.epoch
            });
            // A report can expire in so many seasons by tomorrow.
            let last = day.plus(1).season().plus(LIVE_SEASONS - 1);
            let early = key.season().is_some_and(|season| season > last);
            if held.is_none() || early || left == 0 || refused.code() != "quota" {
                continue;
            }
            let rest = EvaluateAsk {
                epoch: ask.epoch,
                keys: vec![*key],
                elements: vec![ask.elements[0]; left.min(1024)],
            };
            let (_, allowed) = engine.allow(&birch, rest, &store, noon).unwrap();
            assert!(allowed.is_ok(), "{name}: {key}");
        }
    }
}
