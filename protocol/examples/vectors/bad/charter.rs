//! Charters that are none.

use crate::common::world::World;
use parasol_protocol::charter::{Charter, Origin, Terms};
use parasol_protocol::keys::SecretKey;
use serde_json::{Value, json};

/// Charters that are signed as they should be and break a rule, and some that are not.
pub fn charters(world: &mut World) -> Vec<Value> {
    let mut out = Vec::new();
    let good = world.charter.terms().clone();
    let roots = [&world.lilas.root, &world.ryabina.root, &world.rowan.root];
    let mut push = |name: &str, bytes: Vec<u8>| {
        let Err(refused) = Charter::from_bytes(&bytes) else {
            panic!("{name} is a charter");
        };
        out.push(json!({ "name": name, "refused": refused.code(), "hex": hex::encode(bytes) }));
    };
    let signed = |terms: &Terms, roots: &[&SecretKey]| {
        let mut unsigned = terms.unsigned();
        for root in roots {
            Charter::sign_with(&mut unsigned, root);
        }
        unsigned.write()
    };
    type Change = fn(&mut Terms);
    let changes: [(&str, Change); 22] = [
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
        ("reports that live three years", |t| t.lives.report = 1095),
        ("reports that do not live", |t| t.lives.report = 0),
        ("disputes that live three years", |t| t.lives.dispute = 1095),
        ("delegations for 91 days", |t| t.lives.delegation = 91),
        ("vouches that do not live", |t| t.lives.vouch = 0),
        ("a budget of 10 001", |t| t.organisations[2].budget = 10_001),
        ("a member's root as a former one", |t| {
            t.former[0].root = t.organisations[0].root
        }),
        ("a successor that is no member", |t| {
            t.former[0].successor = t.former[0].root
        }),
        ("a former root twice", |t| {
            let again = t.former[0].clone();
            t.former.push(again)
        }),
        ("what stays of a former root, out of order", |t| {
            let id = |n| parasol_protocol::ids::RecordId::from_bytes([n; 32]);
            t.former[0].records = vec![id(2), id(1)]
        }),
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
    let mut second = good.clone();
    second.version = 2;
    second.origin = Some(Origin {
        federation: world.federation,
        previous: world.charter.id(),
        against: Vec::new(),
    });
    push(
        "a second version without the first",
        signed(&second, &roots),
    );
    out
}
