//! Envelopes and signatures that do not hold.

use crate::common::world::World;
use crate::records::Made;
use parasol_protocol::cose::{Context, Sign1, to_be_signed};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::record::Rule;
use serde_cbor::Value as Cbor;

use super::{Bad, changed, int, payload, signed};

/// Other COSE than the one form that a record has.
pub(super) fn envelopes(bad: &mut Bad<'_>, made: &Made) {
    let record = made.named("vouch").bytes();
    let (sign1, payload) = (
        Sign1::parse(record, 8192).unwrap(),
        payload(made.named("vouch")),
    );
    let cose = |tag: &[u8], protected: &[u8], unprotected: &[u8], payload: &[u8], sig: &[u8]| {
        let mut out = [tag, &[0x84], protected, unprotected].concat();
        out.extend_from_slice(payload);
        out.extend_from_slice(sig);
        out
    };
    let wrapped = |bytes: &[u8]| serde_cbor::to_vec(&Cbor::Bytes(bytes.to_vec())).unwrap();
    let (p, s) = (wrapped(&payload), wrapped(&sign1.signature));
    let protected: &[u8] = &[0x43, 0xa1, 1, 0x27];
    assert_eq!(cose(&[0xd2], protected, &[0xa0], &p, &s), record);
    let e = Rule::Encoding;
    for (name, bytes) in [
        ("no tag", cose(&[], protected, &[0xa0], &p, &s)),
        ("tag 17", cose(&[0xd1], protected, &[0xa0], &p, &s)),
        (
            "tag 18 in two bytes",
            cose(&[0xd8, 18], protected, &[0xa0], &p, &s),
        ),
        (
            "tag 18 twice",
            cose(&[0xd2, 0xd2], protected, &[0xa0], &p, &s),
        ),
        (
            "tag 98, of COSE_Sign",
            cose(&[0xd8, 98], protected, &[0xa0], &p, &s),
        ),
        (
            "another algorithm",
            cose(&[0xd2], &[0x43, 0xa1, 1, 0x26], &[0xa0], &p, &s),
        ),
        ("no algorithm", cose(&[0xd2], &[0x40], &[0xa0], &p, &s)),
        (
            "a content type beside the algorithm",
            cose(&[0xd2], &[0x45, 0xa2, 1, 0x27, 3, 0], &[0xa0], &p, &s),
        ),
        (
            "a key id in the unprotected header",
            cose(&[0xd2], protected, &[0xa1, 4, 0x41, 1], &p, &s),
        ),
        (
            "the algorithm in the unprotected header",
            cose(&[0xd2], &[0x40], &[0xa1, 1, 0x27], &p, &s),
        ),
        (
            "a detached payload",
            cose(&[0xd2], protected, &[0xa0], &[0xf6], &s),
        ),
        (
            "a payload that is not in a byte string",
            cose(&[0xd2], protected, &[0xa0], &payload, &s),
        ),
        (
            "a signature of 63 bytes",
            cose(
                &[0xd2],
                protected,
                &[0xa0],
                &p,
                &wrapped(&sign1.signature[1..]),
            ),
        ),
        (
            "a signature of 65 bytes",
            cose(
                &[0xd2],
                protected,
                &[0xa0],
                &p,
                &wrapped(&[&sign1.signature[..], &[0]].concat()),
            ),
        ),
    ] {
        bad.push(name, e, &bytes);
    }
}

/// Signatures that do not hold by the rule of section 2.
pub(super) fn signatures(bad: &mut Bad<'_>, made: &Made, stranger: &SecretKey, other: &World) {
    let federation = bad.world.federation;
    let report = made.named("report");
    let payload_bytes = payload(report);
    let elsewhere = signed(&payload_bytes, &bad.world.lilas.node, &other.federation);
    bad.push(
        "signed for another federation under this one's hint",
        Rule::Signature,
        &elsewhere,
    );
    let vouch = other.trust[1].bytes();
    bad.push("of another federation", Rule::OtherFederation, vouch);
    let key = &bad.world.lilas.node;
    for context in [
        Context::Charter,
        Context::Certificate,
        Context::Retraction,
        Context::Succession,
        Context::Delegation,
    ] {
        let external = context.external(Some(&federation));
        let signature = key.sign(&to_be_signed(&external, &payload_bytes));
        let bytes = Sign1::write(&payload_bytes, &signature);
        let name = format!("signed as a {context:?}").to_lowercase();
        bad.push(&name, Rule::Signature, &bytes);
    }
    let bare = Sign1::write(&payload_bytes, &key.sign(&payload_bytes));
    bad.push("signed without the COSE structure", Rule::Signature, &bare);
    let forged = signed(&payload_bytes, stranger, &federation);
    bad.push(
        "signed by another key than it names",
        Rule::Signature,
        &forged,
    );
    let sign1 = Sign1::parse(report.bytes(), 8192).unwrap();
    let mut malleable = sign1.signature;
    add_order(&mut malleable[32..]);
    let bytes = Sign1::write(&payload_bytes, &malleable);
    bad.push("S is not below L", Rule::Signature, &bytes);
    // With a key of small order, R = the neutral element and S = 0 hold by the loose equation.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let small = changed(report, |m| {
        m.insert(int(4), Cbor::Bytes(neutral.to_vec()));
    });
    let mut trivial = [0; 64];
    trivial[..32].copy_from_slice(&neutral);
    let bytes = Sign1::write(&small, &trivial);
    bad.push("a node key of small order", Rule::Signature, &bytes);
    let vouch = changed(made.named("vouch"), |m| {
        m.insert(int(3), Cbor::Bytes(neutral.to_vec()));
    });
    let bytes = Sign1::write(&vouch, &trivial);
    bad.push("an organisation of small order", Rule::Signature, &bytes);
    let bytes = Sign1::write(&payload_bytes, &trivial);
    bad.push("R of small order, S zero", Rule::Signature, &bytes);
    let off_curve = changed(report, |m| {
        m.insert(
            int(4),
            Cbor::Bytes([2].into_iter().chain([0; 31]).collect()),
        );
    });
    let bytes = Sign1::write(&off_curve, &trivial);
    bad.push("a node key that is no point", Rule::Signature, &bytes);
}

/// Adds the order of the group to a scalar in little-endian bytes.
fn add_order(scalar: &mut [u8]) {
    let order = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut carry = 0u16;
    for (byte, add) in scalar.iter_mut().zip(order.unwrap()) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
}
