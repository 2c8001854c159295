//! `spec/vectors/{ok,bad}/papers.json`: what goes between a node and its organisation's root.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use super::papers::items;
use super::{DelegationRequest, RecordFileError, records_in};
use parasol_protocol::cbor::{self, Malformed};
use parasol_protocol::charter::{Chain, Charter};
use parasol_protocol::ids::FederationId;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::MAX_RECORD;
use parasol_protocol::record::Rule;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::path::Path;

fn read(name: &str) -> Value {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/vectors");
    serde_json::from_str(&std::fs::read_to_string(vectors.join(name)).unwrap()).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn federation(file: &Value) -> FederationId {
    let charter = Charter::from_bytes(&bytes(&file["charter"])).unwrap();
    *charter.federation()
}

fn root(case: &Value) -> SecretKey {
    SecretKey::from_seed(bytes(&case["root_seed"]).try_into().unwrap())
}

/// The word for why a request is refused.
fn answer(case: &Value) -> Result<(DelegationRequest, Charter), &'static str> {
    let request = DelegationRequest::decode(&bytes(&case["hex"])).map_err(|_| "bad-request")?;
    let charter = request
        .check(&root(case).organisation())
        .map_err(|why| why.code())?;
    Ok((request, charter))
}

/// The word for why a file of records is refused, and the rule.
fn refusal(why: &RecordFileError) -> (&'static str, Option<&'static str>) {
    match why {
        RecordFileError::Form(_) => ("bad-file", None),
        RecordFileError::Record(refusal) => ("bad-record", Some(refusal.rule.id())),
    }
}

#[test]
fn good_papers_are_read_as_a_second_implementation_reads_them() {
    let file = read("ok/papers.json");
    let federation = federation(&file);
    for case in file["cases"].as_array().unwrap() {
        let name = &case["name"];
        if case["type"] == "record file" {
            let records = records_in(&bytes(&case["hex"]), &federation);
            let records = records.unwrap_or_else(|e| panic!("{name}: {e}"));
            let ids: Value = records.iter().map(|r| r.id().to_string()).collect();
            assert_eq!(ids, case["ids"], "{name}");
            continue;
        }
        let (request, charter) = answer(case).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(*charter.federation(), federation, "{name}");
        assert_eq!(request.name, case["node"], "{name}");
        assert_eq!(charter.version(), case["version"], "{name}");
        let digest = hex::encode(Sha256::digest(&request.charter));
        assert_eq!(digest, case["charter_file"], "{name}");
        let keys = [
            request.record_key.as_bytes(),
            request.transport_key.as_bytes(),
            request.seal_key.as_bytes(),
        ];
        let keys: Value = keys.iter().map(hex::encode).collect();
        assert_eq!(keys, case["keys"], "{name}");
        assert_eq!(request.encode(), bytes(&case["hex"]), "{name}");
    }
}

#[test]
fn bad_papers_are_refused_for_what_they_name() {
    let file = read("bad/papers.json");
    let federation = federation(&file);
    for case in file["cases"].as_array().unwrap() {
        let (word, rule) = if case["type"] == "record file" {
            refusal(&records_in(&bytes(&case["hex"]), &federation).unwrap_err())
        } else {
            (answer(case).unwrap_err(), None)
        };
        assert_eq!(word, case["refused"], "{}", case["name"]);
        assert_eq!(rule, case["rule"].as_str(), "{}", case["name"]);
    }
}

/// What a node writes is what its root reads, whatever it knows of the charter.
#[test]
fn a_request_carries_a_charter_file() {
    let file = read("ok/papers.json");
    for case in file["cases"].as_array().unwrap() {
        if case["type"] == "delegation request" {
            let (mut request, _) = answer(case).unwrap();
            let root = root(case).organisation();
            let (chain, _) = Chain::salvage(&request.charter).unwrap();
            request.charter = chain.to_bytes();
            assert!(request.check(&root).is_ok());
            // A document by itself is no file of them.
            request.charter = chain.documents().remove(0);
            assert_eq!(request.check(&root).unwrap_err().code(), "charter");
        }
    }
}

#[test]
fn a_file_of_records_has_an_end() {
    let federation = federation(&read("ok/papers.json"));
    let file = |count: u64, size: usize| {
        cbor::encode(|e| {
            cbor::put_array(e, count);
            (0..count).for_each(|_| cbor::put_bytes(e, &vec![0; size]));
        })
    };
    let read = |count, size| records_in(&file(count, size), &federation).unwrap_err();
    let is_none = |why: RecordFileError| matches!(why, RecordFileError::Record(r) if r.rule == Rule::Encoding);
    assert!(is_none(read(4096, 1)));
    assert!(matches!(read(4097, 1), RecordFileError::Form(_)));
    assert!(is_none(read(1, MAX_RECORD)));
    let large = read(1, MAX_RECORD + 1);
    assert_eq!(large, RecordFileError::Form(Malformed::TooLarge));
    assert!(matches!(read(1, 0), RecordFileError::Form(_)));
    // What a node takes in has the same end.
    assert_eq!(items(&file(4096, 1)).unwrap().len(), 4096);
    assert_eq!(items(&file(4097, 1)), None);
}
