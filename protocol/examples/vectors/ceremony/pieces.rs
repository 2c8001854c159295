//! Messages of a ceremony, taken apart, altered, and made by whoever has a key.

use super::runs::Run;
use crate::annotate;
use crate::common::world::World;
use hkdf::Hkdf;
use parasol_protocol::cose::{Context, Sign1, to_be_signed};
use parasol_protocol::ids::{FederationId, NodeKey, PlanDigest};
use parasol_protocol::keys::SecretKey;
use serde_cbor::Value as Cbor;
use sha2::Sha512;
use std::collections::BTreeMap;

pub(super) type Body = BTreeMap<Cbor, Cbor>;

pub(super) fn taken_apart(message: &[u8]) -> (NodeKey, u8, Vec<u8>) {
    let fields: Body = serde_cbor::from_slice(annotate::payload(message)).unwrap();
    let (Cbor::Bytes(sender), Cbor::Integer(step), Cbor::Bytes(body)) = (
        &fields[&Cbor::Integer(2)],
        &fields[&Cbor::Integer(3)],
        &fields[&Cbor::Integer(4)],
    ) else {
        panic!("a message")
    };
    let sender = NodeKey::from_bytes(sender.as_slice().try_into().unwrap());
    (sender, u8::try_from(*step).unwrap(), body.clone())
}

pub(super) fn signed(federation: &FederationId, key: &SecretKey, payload: &[u8]) -> Vec<u8> {
    let external = Context::Ceremony.external(Some(federation));
    Sign1::write(payload, &key.sign(&to_be_signed(&external, payload)))
}

pub(super) fn write(fields: &[(i128, Cbor)]) -> Vec<u8> {
    let map: Body = fields
        .iter()
        .map(|(k, v)| (Cbor::Integer(*k), v.clone()))
        .collect();
    serde_cbor::to_vec(&map).unwrap()
}

/// A message with any body, by whoever has the key.
pub(super) fn say(
    world: &World,
    plan: &PlanDigest,
    key: &SecretKey,
    step: u8,
    body: &[u8],
) -> Vec<u8> {
    let payload = write(&[
        (1, Cbor::Bytes(plan.as_bytes().to_vec())),
        (2, Cbor::Bytes(key.public().to_vec())),
        (3, Cbor::Integer(step.into())),
        (4, Cbor::Bytes(body.to_vec())),
    ]);
    signed(&world.federation, key, &payload)
}

/// HKDF-SHA512 to 32 bytes, as the seed's streams begin.
pub(super) fn one_time(seed: &[u8; 32], plan: &PlanDigest, dealer: &NodeKey) -> [u8; 32] {
    let mut info = b"parasol 1 ceremony one-time key".to_vec();
    info.extend_from_slice(dealer.as_bytes());
    info.extend_from_slice(&[0; 4]);
    let mut out = [0; 64];
    let hkdf = Hkdf::<Sha512>::new(Some(plan.as_bytes()), seed);
    hkdf.expand(&info, &mut out).unwrap();
    out[..32].try_into().unwrap()
}

/// The board's messages up to a step, but for one sender's of that step.
pub(super) fn before(run: &Run, step: u8, without: &NodeKey) -> Vec<Vec<u8>> {
    let messages = run.board.messages().map(<[u8]>::to_vec);
    messages
        .filter(|message| {
            let (sender, at, _) = taken_apart(message);
            at < step || (at == step && sender != *without)
        })
        .collect()
}

pub(super) fn of(run: &Run, step: u8, by: &NodeKey) -> Vec<u8> {
    let mut all = run.board.messages();
    let found = all.find(|message| {
        let (sender, at, _) = taken_apart(message);
        at == step && sender == *by
    });
    found.unwrap().to_vec()
}

/// A sender's body of a step, changed.
pub(super) fn changed(run: &Run, step: u8, by: &NodeKey, change: impl Fn(&mut Body)) -> Vec<u8> {
    let (_, _, body) = taken_apart(&of(run, step, by));
    let mut body: Body = serde_cbor::from_slice(&body).unwrap();
    change(&mut body);
    serde_cbor::to_vec(&body).unwrap()
}

pub(super) fn list(value: &mut Cbor) -> &mut Vec<Cbor> {
    let Cbor::Array(list) = value else {
        panic!("an array")
    };
    list
}

pub(super) fn octets(value: &mut Cbor) -> &mut Vec<u8> {
    let Cbor::Bytes(bytes) = value else {
        panic!("bytes")
    };
    bytes
}

pub(super) fn field(body: &mut Body, key: i128) -> &mut Cbor {
    body.get_mut(&Cbor::Integer(key)).unwrap()
}
