//! Charters that are none.

use crate::common::world::World;
use parasol_protocol::charter::{Charter, CharterError, Terms};
use parasol_protocol::keys::SecretKey;
use serde_json::{Value, json};

/// Charters that are signed as they should be and break a rule, and some that are not.
pub fn charters(world: &mut World) -> Vec<Value> {
    let mut out = Vec::new();
    let good = world.charter.terms().clone();
    let roots = [&world.lilas.root, &world.ryabina.root, &world.rowan.root];
    let mut push = |name: &str, bytes: Vec<u8>| {
        let refused = match Charter::from_bytes(&bytes) {
            Ok(_) => panic!("{name} is a charter"),
            Err(CharterError::Malformed(_)) => "malformed",
            Err(CharterError::Signatures) => "signatures",
            Err(CharterError::Jurisdiction { .. }) => "jurisdiction",
            Err(CharterError::Threshold { .. }) => "threshold",
            Err(CharterError::Invalid(_)) => "invalid",
        };
        out.push(json!({ "name": name, "refused": refused, "hex": hex::encode(bytes) }));
    };
    let signed = |terms: &Terms, roots: &[&SecretKey]| {
        let mut unsigned = terms.unsigned();
        for root in roots {
            Charter::sign_with(&mut unsigned, root);
        }
        unsigned.write()
    };
    type Change = fn(&mut Terms);
    let changes: [(&str, Change); 14] = [
        ("a threshold of one", |t| t.threshold = 1),
        ("a threshold above the keyholders", |t| t.threshold = 4),
        ("two keyholders in one jurisdiction", |t| {
            t.organisations[1].jurisdiction = t.organisations[0].jurisdiction.clone()
        }),
        ("organisations out of order", |t| t.organisations.reverse()),
        ("two organisations of one name", |t| {
            t.organisations[1].name = t.organisations[0].name.clone()
        }),
        ("a name with capitals", |t| {
            t.organisations[0].name = "Lilas".to_owned()
        }),
        ("an empty name", |t| t.organisations[0].name = String::new()),
        ("a jurisdiction in small letters", |t| {
            t.organisations[0].jurisdiction = "fr".to_owned()
        }),
        ("keyholders with a gap", |t| {
            t.organisations[0].keyholder = Some(9)
        }),
        ("two keyholders with one share", |t| {
            t.organisations[0].keyholder = t.organisations[1].keyholder
        }),
        ("reports that live three years", |t| t.report_life = 1095),
        ("reports that do not live", |t| t.report_life = 0),
        ("buckets of 21 bits", |t| t.bucket_bits = 21),
        ("cities out of order", |t| t.cities.reverse()),
    ];
    for (name, change) in changes {
        let mut terms = good.clone();
        change(&mut terms);
        push(name, signed(&terms, &roots));
    }
    push("nobody signed", signed(&good, &[]));
    push("one organisation did not sign", signed(&good, &roots[..2]));
    let stranger = SecretKey::generate(&mut world.entropy);
    let more = [roots[0], roots[1], roots[2], &stranger];
    push("an outsider signed too", signed(&good, &more));
    let bytes = world.charter.bytes();
    let mut flipped = bytes.to_vec();
    *flipped.last_mut().unwrap() ^= 1;
    push("the last bit flipped", flipped);
    push("cut short", bytes[..bytes.len() - 1].to_vec());
    push("a byte follows", [bytes, &[0]].concat());
    push("tag 18", [&[0xd2], &bytes[2..]].concat());
    out
}
