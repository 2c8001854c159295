//! Records that must be refused, each by the rule it breaks; and charters that are none.

use crate::common::shelf::Shelf;
use crate::common::world::{TODAY, World};
use crate::records::Made;
use parasol_protocol::cose::{Context, Sign1, to_be_signed};
use parasol_protocol::ids::{FederationId, OrganisationKey};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::record::{Refusal, Rule, Verified};
use serde_cbor::Value as Cbor;
use serde_json::{Value, json};
use std::collections::BTreeMap;

mod admission;
mod bytes;
mod charter;
mod envelope;

pub use charter::charters;

type Map = BTreeMap<Cbor, Cbor>;

/// The bad records so far; each is tried before it is written down.
struct Bad<'a> {
    world: &'a World,
    cases: Vec<Value>,
}

/// What a bad record meets.
#[derive(Default)]
struct Meeting<'a> {
    carried: &'a [&'a Verified],
    later: u32,
    home: Option<OrganisationKey>,
}

impl Bad<'_> {
    fn push(&mut self, name: &str, rule: Rule, bytes: &[u8]) {
        self.push_to(name, rule, bytes, Meeting::default());
    }

    fn push_to(&mut self, name: &str, rule: Rule, bytes: &[u8], meeting: Meeting<'_>) {
        let home = meeting.home.unwrap_or(self.world.rowan.key());
        let today = TODAY.plus(meeting.later);
        let mut shelf = Shelf::new(self.world.directory.clone(), home);
        for record in meeting.carried {
            shelf.receive(record.bytes(), TODAY).unwrap();
        }
        let refused = shelf.receive(bytes, today).map_err(|r| r.rule);
        assert_eq!(refused, Err(rule), "{name}");
        let step = match Verified::from_bytes(bytes, &self.world.federation) {
            Err(Refusal { rule, .. })
                if rule == Rule::Signature || rule == Rule::OtherFederation =>
            {
                "verify"
            }
            Err(_) => "parse",
            Ok(_) => "admit",
        };
        let carried: Vec<_> = meeting
            .carried
            .iter()
            .map(|r| hex::encode(r.bytes()))
            .collect();
        self.cases.push(json!({
            "name": name,
            "rule": rule.id(),
            "step": step,
            "today": today.number(),
            "home": home.to_string(),
            "carried": carried,
            "hex": hex::encode(bytes),
        }));
    }

    /// A record of lilas with its payload's fields changed, signed again.
    fn changed(&mut self, name: &str, rule: Rule, of: &Verified, change: impl FnOnce(&mut Map)) {
        let bytes = self.signed_again(&changed(of, change));
        self.push(name, rule, &bytes);
    }

    fn signed_again(&self, payload: &[u8]) -> Vec<u8> {
        signed(payload, &self.world.lilas.node, &self.world.federation)
    }
}

fn signed(payload: &[u8], key: &SecretKey, federation: &FederationId) -> Vec<u8> {
    let external = Context::Record.external(Some(federation));
    Sign1::write(payload, &key.sign(&to_be_signed(&external, payload)))
}

fn payload(record: &Verified) -> Vec<u8> {
    let sign1 = Sign1::parse(record.bytes(), record.bytes().len());
    sign1.unwrap().payload.to_vec()
}

fn changed(record: &Verified, change: impl FnOnce(&mut Map)) -> Vec<u8> {
    let mut value: Cbor = serde_cbor::from_slice(&payload(record)).unwrap();
    let Cbor::Map(map) = &mut value else {
        panic!("a payload is a map")
    };
    change(map);
    serde_cbor::to_vec(&value).unwrap()
}

fn body(map: &mut Map) -> &mut Map {
    match map.get_mut(&Cbor::Integer(8)) {
        Some(Cbor::Map(body)) => body,
        _ => panic!("a body is a map"),
    }
}

fn int(n: i128) -> Cbor {
    Cbor::Integer(n)
}

pub fn cases(world: &mut World, made: &Made) -> Vec<Value> {
    let stranger = SecretKey::generate(&mut world.entropy);
    let other = World::new("another federation");
    let mut bad = Bad {
        world,
        cases: Vec::new(),
    };
    bytes::broken(&mut bad, made);
    bytes::encodings(&mut bad, made);
    bytes::schema(&mut bad, made);
    envelope::envelopes(&mut bad, made);
    envelope::signatures(&mut bad, made, &stranger, &other);
    admission::lives(&mut bad, made);
    admission::signers(&mut bad, made, &stranger);
    admission::places(&mut bad, made);
    admission::bodies(&mut bad, made, &stranger);
    bytes::trust(&mut bad, made);
    admission::endings(&mut bad);
    admission::grants(&mut bad, made);
    bad.cases
}
