//! Records that must be refused, each by the rule it breaks; and charters that are none.

use super::common::shelf::Shelf;
use super::common::world::{TODAY, World, by_node, by_root, expiry};
use super::records::Made;
use parasol_protocol::charter::{Charter, CharterError, Terms};
use parasol_protocol::cose::{Context, Sign1, to_be_signed};
use parasol_protocol::ids::{FederationId, OrganisationKey, RecordId};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::{
    DELEGATION_AFTERLIFE, MAX_REVOCATION_LIFE, MAX_VOUCH_LIFE, RETRACTION_LIFE,
};
use parasol_protocol::record::affirmation::Affirmation;
use parasol_protocol::record::delegation::{self, SlotRange};
use parasol_protocol::record::report::Report;
use parasol_protocol::record::retraction::Retraction;
use parasol_protocol::record::revocation::Revocation;
use parasol_protocol::record::vouch::Vouch;
use parasol_protocol::record::{Body, Draft, Refusal, Rule, Signer, Verified};
use parasol_protocol::time::Day;
use serde_cbor::Value as Cbor;
use serde_json::{Value, json};
use std::collections::BTreeMap;

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
    broken(&mut bad, made);
    encodings(&mut bad, made);
    schema(&mut bad, made);
    envelopes(&mut bad, made);
    signatures(&mut bad, made, &stranger, &other);
    lives(&mut bad, made);
    signers(&mut bad, made, &stranger);
    places(&mut bad, made);
    bodies(&mut bad, made, &stranger);
    bad.cases
}

/// Bits flipped, bytes missing, bytes too many.
fn broken(bad: &mut Bad<'_>, made: &Made) {
    let vouch = made.named("vouch").bytes();
    bad.push("nothing at all", Rule::Encoding, &[]);
    for end in boundaries(vouch) {
        let name = format!("cut short after {end} of {} bytes", vouch.len());
        bad.push(&name, Rule::Encoding, &vouch[..end]);
    }
    let more = [vouch, &[0]].concat();
    bad.push("a byte follows", Rule::Encoding, &more);
    let twice = [vouch, vouch].concat();
    bad.push("the same record twice", Rule::Encoding, &twice);
    let signature = vouch.len() - 64;
    for (name, rule, at, bit) in [
        ("a bit of the tag", Rule::Encoding, 0, 0),
        ("a bit of the array's head", Rule::Encoding, 1, 0),
        ("a bit of the algorithm", Rule::Encoding, 5, 0),
        ("a bit of the unprotected header", Rule::Encoding, 6, 0),
        ("a bit of the organisation", Rule::Signature, 40, 3),
        ("a bit of the signature's R", Rule::Signature, signature, 0),
        (
            "a bit of the signature's S",
            Rule::Signature,
            signature + 32,
            0,
        ),
        ("the last bit", Rule::Signature, vouch.len() - 1, 0),
    ] {
        let mut bytes = vouch.to_vec();
        bytes[at] ^= 1 << bit;
        bad.push(&format!("flipped: {name}"), rule, &bytes);
    }
    let report = made.named("report").bytes();
    for at in [report.len() / 2, report.len() - 100] {
        let mut bytes = report.to_vec();
        bytes[at] ^= 0x10;
        let name = format!("flipped: bit 4 of byte {at} of a report");
        bad.push(&name, Rule::Signature, &bytes);
    }
}

/// Where items of a record begin, in the COSE structure and in the payload within it.
fn boundaries(record: &[u8]) -> Vec<usize> {
    fn walk(d: &mut minicbor::Decoder<'_>, base: usize, out: &mut Vec<usize>) {
        use minicbor::data::Type;
        out.push(base + d.position());
        match d.datatype().unwrap() {
            Type::Tag => {
                d.tag().unwrap();
                walk(d, base, out);
            }
            Type::Array => (0..d.array().unwrap().unwrap()).for_each(|_| walk(d, base, out)),
            Type::Map => (0..d.map().unwrap().unwrap() * 2).for_each(|_| walk(d, base, out)),
            Type::Bytes => {
                let bytes = d.bytes().unwrap();
                // The payload is CBOR within a byte string.
                if bytes.len() > 64 {
                    let start = base + d.position() - bytes.len();
                    walk(&mut minicbor::Decoder::new(bytes), start, out);
                }
            }
            _ => d.skip().unwrap(),
        }
    }
    let mut out = Vec::new();
    walk(&mut minicbor::Decoder::new(record), 0, &mut out);
    out.push(record.len() - 64);
    out.push(record.len() - 1);
    out.retain(|at| *at > 0);
    out.sort_unstable();
    out.dedup();
    out
}

/// Other encodings of the same values, properly signed.
fn encodings(bad: &mut Bad<'_>, made: &Made) {
    let good = payload(made.named("report"));
    assert_eq!(good[..4], [0xa8, 1, 1, 2]);
    let spliced = |range: core::ops::Range<usize>, with: &[u8]| {
        let mut out = good.clone();
        out.splice(range, with.iter().copied());
        out
    };
    let second = good[3..12].to_vec();
    let mut indefinite = spliced(0..1, &[0xbf]);
    indefinite.push(0xff);
    let mut swapped = vec![0xa8];
    swapped.extend_from_slice(&second);
    swapped.extend_from_slice(&[1, 1]);
    swapped.extend_from_slice(&good[12..]);
    let mut doubled = vec![0xa9];
    doubled.extend_from_slice(&[1, 1, 1, 1]);
    doubled.extend_from_slice(&good[3..]);
    let mut chunked = spliced(4..5, &[0x5f, 0x48]);
    chunked.insert(14, 0xff);
    for (name, payload) in [
        ("a map of indefinite length", indefinite),
        ("a byte string in chunks", chunked),
        ("the kind in two bytes", spliced(2..3, &[0x18, 1])),
        (
            "the kind in nine bytes",
            spliced(2..3, &[0x1b, 0, 0, 0, 0, 0, 0, 0, 1]),
        ),
        ("a key in two bytes", spliced(1..2, &[0x18, 1])),
        ("a length in two bytes", spliced(4..5, &[0x58, 8])),
        ("the map's head in two bytes", spliced(0..1, &[0xb8, 8])),
        ("keys out of order", swapped),
        ("a key twice", doubled),
        ("a byte after the payload's map", [&good[..], &[0]].concat()),
        ("a map that says one entry more", spliced(0..1, &[0xa9])),
        ("a map that says one entry less", spliced(0..1, &[0xa7])),
        ("a tag before the payload", [&[0xc1], &good[..]].concat()),
        ("a tag before the kind", spliced(2..3, &[0xc2, 1])),
        ("the kind as a float", spliced(2..3, &[0xf9, 0x3c, 0])),
        ("the kind undefined", spliced(2..3, &[0xf7])),
        (
            "the kind as an unassigned simple value",
            spliced(2..3, &[0xf0]),
        ),
        ("the kind negative", spliced(2..3, &[0x20])),
        ("the kind as null", spliced(2..3, &[0xf6])),
        ("the kind as text", spliced(2..3, &[0x61, 0x31])),
        (
            "nested deeper than eight",
            spliced(
                2..3,
                &[0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 1],
            ),
        ),
        ("a text that is not UTF-8", spliced(2..3, &[0x61, 0xff])),
        ("an empty payload", Vec::new()),
        ("a payload that is no map", vec![0x80]),
        (
            "an array of 2^64 - 1 items",
            spliced(2..3, &[0x9b, 255, 255, 255, 255, 255, 255, 255, 255]),
        ),
        (
            "a byte string of 2^64 - 1 bytes",
            spliced(4..5, &[0x5b, 255, 255, 255, 255, 255, 255, 255, 255]),
        ),
    ] {
        let bytes = bad.signed_again(&payload);
        bad.push(name, Rule::Encoding, &bytes);
    }
}

/// The right encoding of what a record cannot say, properly signed.
fn schema(bad: &mut Bad<'_>, made: &Made) {
    let report = made.named("report");
    let e = Rule::Encoding;
    bad.changed("a field that no version knows", e, report, |m| {
        m.insert(int(9), int(0));
    });
    bad.changed("a field with a text for its key", e, report, |m| {
        m.insert(Cbor::Text("photo".into()), Cbor::Bytes(vec![1]));
    });
    bad.changed("a negative key", e, report, |m| {
        m.insert(int(-1), int(0));
    });
    bad.changed("no slot", e, report, |m| {
        m.remove(&int(7));
    });
    bad.changed("a slot of 2^32", e, report, |m| {
        m.insert(int(7), int(1 << 32));
    });
    bad.changed("an organisation of 31 bytes", e, report, |m| {
        m.insert(int(3), Cbor::Bytes(vec![1; 31]));
    });
    bad.changed("a day as a text", e, report, |m| {
        m.insert(int(5), Cbor::Text("2026-11-22".into()));
    });
    bad.changed("kind 200", Rule::UnknownKind, report, |m| {
        m.insert(int(1), int(200));
    });
    bad.changed(
        "kind 6, which is not in use",
        Rule::UnknownKind,
        report,
        |m| {
            m.insert(int(1), int(6));
        },
    );
    bad.changed("kind 256", e, report, |m| {
        m.insert(int(1), int(256));
    });
    bad.changed("the body of another kind", e, report, |m| {
        m.insert(int(1), int(5));
    });
    bad.changed("a body that is no map", e, report, |m| {
        m.insert(int(8), Cbor::Array(vec![]));
    });
    bad.changed("a body with a field for a photo", e, report, |m| {
        body(m).insert(int(13), Cbor::Bytes(vec![0; 100]));
    });
    bad.changed("a body without a commitment", e, report, |m| {
        body(m).remove(&int(9));
    });
    bad.changed("audience 2", e, report, |m| {
        body(m).insert(int(1), int(2));
    });
    bad.changed("five entries", e, report, |m| {
        entries(m).push(Cbor::Array(vec![
            int(0),
            Cbor::Bytes(vec![255; 16]),
            Cbor::Bytes(vec![0; 48]),
        ]));
    });
    bad.changed("no entries", e, report, |m| entries(m).clear());
    bad.changed("an entry of two parts", e, report, |m| {
        let Cbor::Array(entry) = &mut entries(m)[0] else {
            panic!("an entry is an array")
        };
        entry.pop();
    });
    bad.changed("a label of 15 bytes", e, report, |m| {
        let Cbor::Array(entry) = &mut entries(m)[0] else {
            panic!("an entry is an array")
        };
        entry[1] = Cbor::Bytes(vec![0; 15]);
    });
    bad.changed("a second edition that nothing signs", e, report, |m| {
        body(m).insert(int(3), int(1));
    });
    bad.changed("a first edition that follows another", e, report, |m| {
        body(m).insert(int(4), Cbor::Bytes(vec![0; 64]));
    });
    let size = Rule::Size;
    bad.changed("a sealed text above 4096 bytes", size, report, |m| {
        body(m).insert(int(11), Cbor::Bytes(vec![0; 4097]));
    });
    bad.changed(
        "sealed parts above 4096 bytes together",
        size,
        report,
        |m| {
            body(m).insert(int(11), Cbor::Bytes(vec![0; 2048]));
            body(m).insert(int(12), Cbor::Bytes(vec![0; 1950]));
        },
    );
    bad.changed("seventeen entries", size, report, |m| {
        let one = entries(m)[0].clone();
        *entries(m) = vec![one; 17];
    });
    let dispute = made.named("dispute");
    let large = changed(dispute, |m| {
        body(m).insert(int(4), Cbor::Bytes(vec![0; 4097]));
    });
    let large = signed(&large, &bad.world.ryabina.node, &bad.world.federation);
    bad.push("a dispute above 4096 bytes", size, &large);
    let mut padded = report.bytes().to_vec();
    padded.resize(8193, 0);
    bad.push("8193 bytes", size, &padded);
    let affirmation = made.named("affirmation");
    let root = |bad: &mut Bad<'_>, name, rule, change: &dyn Fn(&mut Map)| {
        let payload = changed(affirmation, |m| change(m));
        let bytes = signed(&payload, &bad.world.lilas.root, &bad.world.federation);
        bad.push(name, rule, &bytes);
    };
    let ids = |count: u8| Cbor::Array((0..count).map(|n| Cbor::Bytes(vec![n; 32])).collect());
    root(bad, "an affirmation of nothing", e, &|m| {
        body(m).insert(int(1), ids(0));
    });
    root(bad, "an affirmation of 129 records", size, &|m| {
        body(m).insert(int(1), ids(129));
    });
    root(
        bad,
        "an affirmation whose records are out of order",
        e,
        &|m| {
            let Some(Cbor::Array(list)) = body(m).get_mut(&int(1)) else {
                panic!("a list")
            };
            list.reverse();
        },
    );
    root(bad, "an affirmation with a record twice", e, &|m| {
        let one = Cbor::Bytes(vec![1; 32]);
        body(m).insert(int(1), Cbor::Array(vec![one.clone(), one]));
    });
}

fn entries(map: &mut Map) -> &mut Vec<Cbor> {
    match body(map).get_mut(&int(6)) {
        Some(Cbor::Array(entries)) => entries,
        _ => panic!("entries are an array"),
    }
}

/// Other COSE than the one form that a record has.
fn envelopes(bad: &mut Bad<'_>, made: &Made) {
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
fn signatures(bad: &mut Bad<'_>, made: &Made, stranger: &SecretKey, other: &World) {
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

fn report_of(made: &Made) -> Body {
    Body::Report(made.report.clone())
}

/// Dates that do not hold.
fn lives(bad: &mut Bad<'_>, made: &Made) {
    let world = bad.world;
    let (lilas, federation) = (&world.lilas, &world.federation);
    let node = |body: Body, issued: Day, expires: Day| {
        let mut draft = by_node(lilas, body, expires, 9);
        draft.header.issued = issued;
        draft.sign(federation, &lilas.node).unwrap()
    };
    let report = || report_of(made);
    let life = Rule::Life;
    for (name, rule, record) in [
        (
            "a report that lives 731 days",
            life,
            node(report(), TODAY, TODAY.plus(731)),
        ),
        (
            "a report that expires before it is issued",
            life,
            node(report(), TODAY, TODAY.minus(1)),
        ),
        (
            "dated the day after tomorrow",
            Rule::Future,
            node(report(), TODAY.plus(2), expiry()),
        ),
        (
            "expired yesterday",
            Rule::Expired,
            node(report(), TODAY.minus(10), TODAY.minus(1)),
        ),
        (
            "dated before the charter",
            Rule::BeforeCharter,
            node(report(), TODAY.minus(21), expiry()),
        ),
    ] {
        bad.push(name, rule, record.bytes());
    }
    let vouch = made.named("vouch").body().clone();
    let old = by_root(lilas, vouch, TODAY.minus(21), 300, 9);
    let old = old.sign(federation, &lilas.root).unwrap();
    bad.push(
        "a root's word dated before the charter",
        Rule::BeforeCharter,
        old.bytes(),
    );
    before_its_delegation(bad, made);
    let late = node(report(), TODAY.plus(61), expiry());
    let meeting = Meeting {
        later: 61,
        ..Meeting::default()
    };
    bad.push_to(
        "issued after its key's delegation",
        Rule::DelegationTime,
        late.bytes(),
        meeting,
    );
    let meeting = Meeting {
        later: 549,
        ..Meeting::default()
    };
    bad.push_to(
        "a good report on the day after its last",
        Rule::Expired,
        made.named("report").bytes(),
        meeting,
    );
    let attachment = made.named("dispute").body().clone();
    let mut draft = by_node(&world.ryabina, attachment, TODAY.plus(731), 9);
    draft.header.issued = TODAY;
    let record = draft.sign(federation, &world.ryabina.node).unwrap();
    bad.push("a dispute that lives 731 days", life, record.bytes());
    let retraction = || Body::Retraction(Retraction::by_lock(federation, &made.lock));
    for (name, days) in [
        ("a retraction that dies early", RETRACTION_LIFE - 1),
        ("a retraction that lives too long", RETRACTION_LIFE + 1),
    ] {
        let record = node(retraction(), TODAY, TODAY.plus(days));
        bad.push(name, life, record.bytes());
    }
    let root = |body: Body, days: u32| {
        let draft = by_root(lilas, body, TODAY, days, 9);
        draft.sign(federation, &lilas.root).unwrap()
    };
    let vouch = made.named("vouch").body().clone();
    let revocation = made.named("revocation").body().clone();
    let affirmation = made.named("affirmation").body().clone();
    let slots = SlotRange { first: 0, count: 1 };
    let delegated = |until| lilas.delegation_body(federation, slots, until);
    for (name, record) in [
        (
            "a vouch that lives too long",
            root(vouch, MAX_VOUCH_LIFE + 1),
        ),
        (
            "a revocation that lives too long",
            root(revocation, MAX_REVOCATION_LIFE + 1),
        ),
        (
            "an affirmation that lives too long",
            root(affirmation, MAX_REVOCATION_LIFE + 1),
        ),
        (
            "a delegation that signs for 91 days",
            root(delegated(TODAY.plus(91)), 300),
        ),
        (
            "a delegation that ended before it began",
            root(delegated(TODAY.minus(1)), 300),
        ),
        (
            "a delegation that is kept too long",
            root(delegated(TODAY.plus(30)), 31 + DELEGATION_AFTERLIFE),
        ),
    ] {
        bad.push(name, life, record.bytes());
    }
}

/// A node that came later signs something for the days before.
fn before_its_delegation(bad: &mut Bad<'_>, made: &Made) {
    let world = bad.world;
    let (lilas, later, federation) = (&world.lilas, &world.ryabina, &world.federation);
    let terms = delegation::Terms {
        record_key: later.node.node(),
        transport_key: later.transport.transport(),
        seal_key: later.seal.public(),
        slots: SlotRange {
            first: 0,
            count: 100,
        },
        until: TODAY.plus(30),
    };
    let body = terms.agree(federation, &lilas.key(), &later.node, &later.transport);
    let delegation = by_root(lilas, Body::Delegation(body), TODAY, 30, 9);
    let delegation = delegation.sign(federation, &lilas.root).unwrap();
    let mut draft = by_node(lilas, report_of(made), expiry(), 9);
    draft.header.signer = Signer::Node(later.node.node());
    draft.header.issued = TODAY.minus(1);
    let record = draft.sign(federation, &later.node).unwrap();
    let meeting = Meeting {
        carried: &[&delegation],
        ..Meeting::default()
    };
    bad.push_to(
        "issued before its key's delegation",
        Rule::DelegationTime,
        record.bytes(),
        meeting,
    );
}

/// Signed by somebody who may not.
fn signers(bad: &mut Bad<'_>, made: &Made, stranger: &SecretKey) {
    let world = bad.world;
    let (lilas, ryabina, federation) = (&world.lilas, &world.ryabina, &world.federation);
    let report = made.named("report");
    let by_its_root = changed(report, |m| {
        m.remove(&int(4));
    });
    let bytes = signed(&by_its_root, &lilas.root, federation);
    bad.push("a report signed by a root", Rule::WrongSigner, &bytes);
    for name in ["vouch", "revocation", "affirmation", "delegation"] {
        let payload = changed(made.named(name), |m| {
            m.insert(int(4), Cbor::Bytes(lilas.node.public().to_vec()));
        });
        let bytes = signed(&payload, &lilas.node, federation);
        bad.push(
            &format!("a {name} signed by a node"),
            Rule::WrongSigner,
            &bytes,
        );
    }
    let outsider = changed(made.named("vouch"), |m| {
        m.insert(int(3), Cbor::Bytes(stranger.public().to_vec()));
    });
    let bytes = signed(&outsider, stranger, federation);
    bad.push(
        "an organisation that is not in the charter",
        Rule::UnknownOrganisation,
        &bytes,
    );
    for (name, key) in [
        ("a key that nobody delegated", stranger),
        ("a key that another organisation delegated", &ryabina.node),
        ("the root's key in the place of a node's", &lilas.root),
    ] {
        let payload = changed(report, |m| {
            m.insert(int(4), Cbor::Bytes(key.public().to_vec()));
        });
        let bytes = signed(&payload, key, federation);
        bad.push(name, Rule::UnknownKey, &bytes);
    }
    let revocation = Body::Revocation(Revocation {
        key: lilas.node.node(),
    });
    let revocation = by_root(lilas, revocation, TODAY, MAX_REVOCATION_LIFE, 9);
    let revocation = revocation.sign(federation, &lilas.root).unwrap();
    let meeting = Meeting {
        carried: &[&revocation],
        ..Meeting::default()
    };
    bad.push_to(
        "signed by a revoked key",
        Rule::RevokedKey,
        report.bytes(),
        meeting,
    );
    let mut back = by_node(lilas, report_of(made), expiry(), 9);
    back.header.issued = TODAY.minus(20);
    let back = back.sign(federation, &lilas.node).unwrap();
    let meeting = Meeting {
        carried: &[&revocation],
        ..Meeting::default()
    };
    bad.push_to(
        "signed by a revoked key and dated back",
        Rule::RevokedKey,
        back.bytes(),
        meeting,
    );
}

/// Slots that are taken, or are not the signer's.
fn places(bad: &mut Bad<'_>, made: &Made) {
    let world = bad.world;
    let (lilas, federation) = (&world.lilas, &world.federation);
    let in_slot = |slot| {
        let draft = by_node(lilas, report_of(made), expiry(), slot);
        draft.sign(federation, &lilas.node).unwrap()
    };
    let range = Rule::SlotRange;
    bad.push(
        "a slot beyond the delegation's",
        range,
        in_slot(10_000).bytes(),
    );
    let whole = SlotRange {
        first: 0,
        count: u32::MAX,
    };
    let body = lilas.delegation_body(federation, whole, TODAY.plus(90));
    let wide = by_root(lilas, body, TODAY, 90, 9)
        .sign(federation, &lilas.root)
        .unwrap();
    let meeting = Meeting {
        carried: &[&wide],
        ..Meeting::default()
    };
    bad.push_to(
        "a slot beyond the charter's quota",
        range,
        in_slot(20_000).bytes(),
        meeting,
    );
    let vouch = made.named("vouch");
    let mut draft = Draft {
        header: *vouch.header(),
        body: vouch.body().clone(),
    };
    draft.header.slot = 64;
    let high = draft.sign(federation, &lilas.root).unwrap();
    bad.push("slot 64 of a root", range, high.bytes());

    let mut rivals: Vec<_> = (100..104)
        .map(|days| {
            let draft = by_node(lilas, report_of(made), TODAY.plus(days), 9);
            draft.sign(federation, &lilas.node).unwrap()
        })
        .collect();
    rivals.sort_by_key(Verified::id);
    let (low, high) = (&rivals[0], &rivals[3]);
    let meeting = Meeting {
        carried: &[low],
        ..Meeting::default()
    };
    bad.push_to(
        "a slot that a lower id holds",
        Rule::SlotTaken,
        high.bytes(),
        meeting,
    );
    let records: Vec<RecordId> = vec![high.id()];
    let affirmation = Body::Affirmation(Affirmation { records });
    let affirmation = by_root(lilas, affirmation, TODAY, 800, 10);
    let affirmation = affirmation.sign(federation, &lilas.root).unwrap();
    let meeting = Meeting {
        carried: &[&affirmation, high],
        ..Meeting::default()
    };
    bad.push_to(
        "a slot that an affirmed record holds",
        Rule::SlotTaken,
        low.bytes(),
        meeting,
    );
}

/// Bodies that break the rule of their kind.
fn bodies(bad: &mut Bad<'_>, made: &Made, stranger: &SecretKey) {
    let world = bad.world;
    let (lilas, rowan, federation) = (&world.lilas, &world.rowan, &world.federation);
    let with = |change: &dyn Fn(&mut Report)| {
        let mut report = made.report.clone();
        change(&mut report);
        let draft = by_node(lilas, Body::Report(report), expiry(), 9);
        draft.sign(federation, &lilas.node).unwrap()
    };
    for (name, rule, record) in [
        (
            "a label twice",
            Rule::Labels,
            with(&|r| r.entries[1].label = r.entries[0].label),
        ),
        (
            "entries out of order",
            Rule::Labels,
            with(&|r| r.entries.reverse()),
        ),
        (
            "a bucket of 13 bits",
            Rule::Buckets,
            with(&|r| r.entries[0].bucket = 1 << 12),
        ),
        (
            "a succession that the lock did not sign",
            Rule::Succession,
            with(&|r| {
                r.edition = 1;
                let external = Context::Succession.external(Some(federation));
                r.succession = Some(stranger.sign(&r.succession_bytes(&external)));
            }),
        ),
        (
            "a succession for another edition",
            Rule::Succession,
            with(&|r| {
                r.edition = 1;
                let external = Context::Succession.external(Some(federation));
                r.succession = Some(made.lock.sign(&r.succession_bytes(&external)));
                r.edition = 2;
            }),
        ),
    ] {
        bad.push(name, rule, record.bytes());
    }
    let own = made.named("report, audience own");
    bad.push(
        "a report that another organisation keeps to itself",
        Rule::NotOurs,
        own.bytes(),
    );

    let retract = |lock: &SecretKey| Body::Retraction(Retraction::by_lock(federation, lock));
    let until = TODAY.plus(RETRACTION_LIFE);
    let proven = by_node(rowan, retract(&made.lock), until, 9);
    let proven = proven.sign(federation, &rowan.node).unwrap();
    for (name, of) in [
        ("a report whose lock was retracted", "report"),
        (
            "a later edition of what was retracted",
            "report, second edition (envelope only: its sealed parts are bound to the first)",
        ),
        ("a translation of what was retracted", "translation"),
        ("a second of what was retracted", "second"),
        ("a dispute of what was retracted", "dispute"),
    ] {
        let meeting = Meeting {
            carried: &[&proven],
            ..Meeting::default()
        };
        bad.push_to(name, Rule::Retracted, made.named(of).bytes(), meeting);
    }

    let Body::Retraction(mut forged) = retract(stranger) else {
        panic!("a retraction")
    };
    forged.lock = made.lock.lock();
    let forged = by_node(rowan, Body::Retraction(forged), until, 9);
    let forged = forged.sign(federation, &rowan.node).unwrap();
    bad.push(
        "a retraction proven by another lock",
        Rule::RetractionProof,
        forged.bytes(),
    );
    let elsewhere = Retraction::by_lock(&FederationId::from_bytes([9; 32]), &made.lock);
    let elsewhere = by_node(rowan, Body::Retraction(elsewhere), until, 9);
    let elsewhere = elsewhere.sign(federation, &rowan.node).unwrap();
    bad.push(
        "a retraction proven in another federation",
        Rule::RetractionProof,
        elsewhere.bytes(),
    );

    let slots = SlotRange { first: 0, count: 1 };
    let delegation = rowan.delegation_body(federation, slots, TODAY);
    let stolen = by_root(lilas, delegation.clone(), TODAY, 30, 9);
    let stolen = stolen.sign(federation, &lilas.root).unwrap();
    bad.push(
        "a delegation to another organisation's node",
        Rule::Possession,
        stolen.bytes(),
    );
    let Body::Delegation(mut claimed) = delegation else {
        panic!("a delegation")
    };
    claimed.terms.transport_key = stranger.transport();
    let claimed = by_root(rowan, Body::Delegation(claimed), TODAY, 30, 9);
    let claimed = claimed.sign(federation, &rowan.root).unwrap();
    bad.push(
        "a delegation with a transport key that the node did not agree to",
        Rule::Possession,
        claimed.bytes(),
    );

    let vouch = Vouch {
        subject: lilas.key(),
        budget: 3,
        number: 1,
    };
    let vouch = by_root(lilas, Body::Vouch(vouch), TODAY, 30, 9);
    let vouch = vouch.sign(federation, &lilas.root).unwrap();
    bad.push("a vouch for oneself", Rule::SelfVouch, vouch.bytes());
}

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
