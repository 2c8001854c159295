//! The ceremonies of the vectors, byte by byte, through the public API alone.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::world::{TODAY, World};
use common::{bytes, read};
use parasol_protocol::ceremony::{
    Basis, Board, Ceremony, CeremonySeed, Next, Participant, Plan, Posted, Shares, Standing, Why,
};
use parasol_protocol::certificate::Certificate;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::oprf::KeyShare;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The federation of the vectors: its keys are known to everyone.
fn world() -> World {
    World::new("parasol vectors 1")
}

fn certificate(world: &World, hex: &Value) -> Certificate {
    Certificate::from_bytes(&bytes(hex), &world.charter, &world.directory).unwrap()
}

fn node<'a>(world: &'a World, name: &str) -> &'a SecretKey {
    let all = [&world.lilas, &world.ryabina, &world.rowan];
    &all.into_iter()
        .find(|member| member.name == name)
        .unwrap()
        .node
}

fn cases(file: &Value) -> &Vec<Value> {
    file["cases"].as_array().unwrap()
}

/// The shares that a case's participants have at its end.
fn shares(case: &Value) -> BTreeMap<String, Shares> {
    let of = |held: &Value| -> Shares {
        let all = held.as_object().unwrap().values().map(|hex| {
            let share = KeyShare::from_bytes(&bytes(hex)).unwrap();
            (share.index(), share)
        });
        let names = held.as_object().unwrap().keys().map(|name| named(name));
        Arc::new(names.zip(all.map(|(_, share)| share)).collect())
    };
    let all = case["shares"].as_object().unwrap().iter();
    all.map(|(name, held)| (name.clone(), of(held))).collect()
}

fn named(text: &str) -> parasol_protocol::oprf::KeyName {
    let mut names = common::world::key_names().into_iter();
    names.find(|name| name.to_string() == text).unwrap()
}

#[test]
fn whole_ceremonies_come_out_of_their_seeds_byte_by_byte() {
    let world = world();
    let file = read("ok/ceremony.json");
    let mut held: BTreeMap<String, Shares> = BTreeMap::new();
    for case in cases(&file) {
        let old = certificate(&world, &case["old"]);
        let basis = Basis::new(&world.charter, &world.directory, Some(&old));
        let plan = Plan::from_bytes(&bytes(&case["plan"]), &basis).unwrap();
        assert_eq!(plan.digest().to_string(), case["digest"].as_str().unwrap());
        let mut parties: BTreeMap<&str, Ceremony> = BTreeMap::new();
        for (name, seed) in case["seeds"].as_object().unwrap() {
            let participant = Participant {
                node: node(&world, name).clone(),
                seed: CeremonySeed::from_bytes(bytes(seed).try_into().unwrap()),
                shares: held.get(name).cloned().unwrap_or_default(),
                signed: None,
                compare: false,
            };
            let ceremony = Ceremony::open(Board::new(plan.clone()), participant, TODAY);
            parties.insert(name, ceremony.unwrap());
        }
        let mut said = BTreeSet::new();
        loop {
            let mut messages = Vec::new();
            let mut news = false;
            for (name, party) in &mut parties {
                match party.poll().unwrap() {
                    Next::Post(message) => messages.push(message),
                    Next::Store(new) => {
                        for (key, share) in &new.shares {
                            let stored = &case["shares"][name][key.to_string()];
                            assert_eq!(share.to_bytes().as_slice(), bytes(stored));
                        }
                        party.stored(None).unwrap();
                        news = true;
                    }
                    _ => {}
                }
            }
            for message in messages {
                for party in parties.values_mut() {
                    assert_eq!(party.receive(&message), Ok(Posted::New));
                }
                said.insert(hex::encode(message));
                news = true;
            }
            if !news {
                break;
            }
        }
        let listed = case["messages"].as_array().unwrap().iter();
        let listed: BTreeSet<String> = listed
            .map(|m| m["hex"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(said, listed);
        for party in parties.values_mut() {
            let voice = party.board().voice().unwrap().to_string();
            assert_eq!(voice, case["voice"].as_str().unwrap());
            let Next::Made {
                certificate: made,
                waiting,
                blame,
            } = party.poll().unwrap()
            else {
                panic!("{}", case["name"])
            };
            assert!(waiting.is_empty() && blame.is_empty());
            assert_eq!(made, bytes(&case["certificate"]));
        }
        let new = certificate(&world, &case["certificate"]);
        assert!(!new.dealt());
        held = shares(case);
        for held in held.values() {
            for (name, share) in held.iter() {
                let key = new.key(*name).unwrap();
                assert_eq!(key.shares()[&share.index()], share.public());
            }
        }
    }
}

#[test]
fn bad_plans_messages_and_boards_are_refused_by_the_word_that_they_name() {
    let world = world();
    let file = read("bad/ceremony.json");
    for case in cases(&file) {
        let name = case["name"].as_str().unwrap();
        let word = case["refused"].as_str().unwrap();
        let old = certificate(&world, &case["old"]);
        let basis = Basis::new(&world.charter, &world.directory, Some(&old));
        let plan = Plan::from_bytes(&bytes(&case["plan"]), &basis);
        let Some(messages) = case["board"].as_array() else {
            assert_eq!(plan.unwrap_err().word(), word, "{name}");
            continue;
        };
        let mut board = Board::new(plan.unwrap());
        for message in messages {
            board.post(&bytes(message)).unwrap();
        }
        // A board is a set: it says the same if it comes as a file, or backwards.
        let mut backwards = Board::new(board.plan().clone());
        for message in messages.iter().rev() {
            backwards.post(&bytes(message)).unwrap();
        }
        assert_eq!(backwards.standing(), board.standing(), "{name}");
        let read = Board::from_bytes(&board.to_bytes(), &basis).unwrap();
        assert_eq!(read.standing(), board.standing(), "{name}");
        if let Some(message) = case["message"].as_str() {
            let before = board.to_bytes();
            let refused = board.post(&hex::decode(message).unwrap()).unwrap_err();
            assert_eq!(refused.word(), word, "{name}");
            assert_eq!(board.to_bytes(), before, "{name}");
            continue;
        }
        let Standing::Stopped(Why::Blame(blame)) = board.standing() else {
            panic!("{name}: {:?}", board.standing())
        };
        let said: Vec<(String, &str)> = blame
            .iter()
            .map(|b| (b.culprit.to_string(), b.fault.word()))
            .collect();
        let culprit = case["culprit"].as_str().unwrap().to_owned();
        assert_eq!(said, [(culprit, word)], "{name}");
    }
}
