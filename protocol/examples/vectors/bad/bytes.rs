//! Bytes that are no record: damaged, not canonical, not of the schema.

use crate::records::Made;
use parasol_protocol::record::Rule;
use serde_cbor::Value as Cbor;

use super::{Bad, Map, body, changed, int, payload, signed};

/// Bits flipped, bytes missing, bytes too many.
pub(super) fn broken(bad: &mut Bad<'_>, made: &Made) {
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
pub(super) fn encodings(bad: &mut Bad<'_>, made: &Made) {
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
pub(super) fn schema(bad: &mut Bad<'_>, made: &Made) {
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

/// The scope of a vouch, and what a revocation takes back.
pub(super) fn trust(bad: &mut Bad<'_>, made: &Made) {
    let (e, size) = (Rule::Encoding, Rule::Size);
    let mut push = |of: &str, name: &str, rule, key: i128, value: Option<Cbor>| {
        let payload = changed(made.named(of), |m| {
            match value {
                Some(value) => body(m).insert(int(key), value),
                None => body(m).remove(&int(key)),
            };
        });
        let bytes = signed(&payload, &bad.world.lilas.root, &bad.world.federation);
        bad.push(name, rule, &bytes);
    };
    let limited = "vouch, for some kinds and areas";
    let numbers = |all: &[i128]| Some(Cbor::Array(all.iter().copied().map(int).collect()));
    for (name, rule, kinds) in [
        ("a vouch for no kind", e, numbers(&[])),
        ("a vouch whose kinds are out of order", e, numbers(&[6, 1])),
        ("a vouch with a kind twice", e, numbers(&[1, 1])),
        ("a vouch for retractions", e, numbers(&[1, 5])),
        ("a vouch for vouches", e, numbers(&[7])),
        ("a vouch for six kinds", size, numbers(&[1, 2, 3, 4, 6, 7])),
        ("a vouch for a kind as a number alone", e, Some(int(1))),
    ] {
        push(limited, name, rule, 4, kinds);
    }
    let texts = |all: &[&str]| {
        let all = all.iter().map(|a| Cbor::Text((*a).to_owned()));
        Some(Cbor::Array(all.collect()))
    };
    let many: Vec<String> = (0..33).map(|n| format!("FR:a{n:02}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (name, rule, areas) in [
        ("a vouch for no area", e, texts(&[])),
        (
            "a vouch whose areas are out of order",
            e,
            texts(&["GB", "FR"]),
        ),
        ("a vouch with an area twice", e, texts(&["FR", "FR"])),
        ("a vouch for an area in small letters", e, texts(&["fr"])),
        ("a vouch for no such country", e, texts(&["ZZ"])),
        ("a vouch for 33 areas", size, texts(&many)),
        (
            "a vouch for an area as bytes",
            e,
            Some(Cbor::Array(vec![Cbor::Bytes(b"FR".to_vec())])),
        ),
    ] {
        push(limited, name, rule, 5, areas);
    }
    push(limited, "a vouch with a sixth field", e, 6, Some(int(0)));
    push(limited, "a vouch without a number", e, 3, None);
    push(
        limited,
        "a vouch with a budget of 2^32",
        e,
        2,
        Some(int(1 << 32)),
    );
    let back = "revocation, of vouches";
    let ids = |all: &[u8]| {
        Some(Cbor::Array(
            all.iter().map(|n| Cbor::Bytes(vec![*n; 32])).collect(),
        ))
    };
    let most: Vec<u8> = (0..129).collect();
    push(back, "a revocation of nothing", e, 2, None);
    push(
        back,
        "a revocation of a key and of vouches",
        e,
        1,
        Some(Cbor::Bytes(vec![1; 32])),
    );
    for (name, rule, vouches) in [
        ("a revocation of no vouch", e, ids(&[])),
        (
            "a revocation whose vouches are out of order",
            e,
            ids(&[2, 1]),
        ),
        ("a revocation with a vouch twice", e, ids(&[1, 1])),
        ("a revocation of 129 vouches", size, ids(&most)),
    ] {
        push(back, name, rule, 2, vouches);
    }
}

fn entries(map: &mut Map) -> &mut Vec<Cbor> {
    match body(map).get_mut(&int(6)) {
        Some(Cbor::Array(entries)) => entries,
        _ => panic!("entries are an array"),
    }
}
