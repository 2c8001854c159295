//! Bytes explained: CBOR diagnostic notation, and the fields of a map by their names.

use minicbor::Decoder;
use minicbor::data::Type;
use serde_json::{Map, Value, json};

/// CBOR in diagnostic notation (RFC 8949, section 8).
pub fn diagnose(cbor: &[u8]) -> String {
    item(&mut Decoder::new(cbor))
}

fn item(d: &mut Decoder<'_>) -> String {
    match d.datatype().unwrap() {
        Type::Bytes => format!("h'{}'", hex::encode(d.bytes().unwrap())),
        Type::String => format!("{:?}", d.str().unwrap()),
        Type::Bool => d.bool().unwrap().to_string(),
        Type::Array => {
            let len = d.array().unwrap().unwrap();
            let items: Vec<_> = (0..len).map(|_| item(d)).collect();
            format!("[{}]", items.join(", "))
        }
        Type::Map => {
            let len = d.map().unwrap().unwrap();
            let items: Vec<_> = (0..len)
                .map(|_| {
                    let key = item(d);
                    format!("{key}: {}", item(d))
                })
                .collect();
            format!("{{{}}}", items.join(", "))
        }
        Type::Tag => {
            let tag = d.tag().unwrap().as_u64();
            format!("{tag}({})", item(d))
        }
        _ => d.int().unwrap().to_string(),
    }
}

/// The fields of a map of the wire, as `number name` and its value in diagnostic notation.
pub fn fields(map: &[u8], names: &[(u64, &str)]) -> Value {
    let mut d = Decoder::new(map);
    let mut out = Map::new();
    for _ in 0..d.map().unwrap().unwrap() {
        let key = d.u64().unwrap();
        let name = names.iter().find(|(n, _)| *n == key).unwrap().1;
        out.insert(format!("{key} {name}"), json!(item(&mut d)));
    }
    Value::Object(out)
}

/// The fields of a record's payload; those of the body by the names of its kind.
pub fn record(payload: &[u8]) -> Value {
    let mut out = fields(payload, ENVELOPE);
    let mut d = Decoder::new(payload);
    d.map().unwrap();
    d.u8().unwrap();
    let kind = d.u8().unwrap();
    while d.u8().unwrap() != 8 {
        d.skip().unwrap();
    }
    let body = &payload[d.position()..];
    out["8 body"] = fields(body, body_names(kind));
    out
}

/// The names of a payload's fields.
pub const ENVELOPE: &[(u64, &str)] = &[
    (1, "kind"),
    (2, "federation"),
    (3, "organisation"),
    (4, "node"),
    (5, "issued"),
    (6, "expires"),
    (7, "slot"),
    (8, "body"),
];

/// The names of the fields of a body.
pub fn body_names(kind: u8) -> &'static [(u64, &'static str)] {
    match kind {
        1 => &[
            (1, "audience"),
            (2, "lock"),
            (3, "edition"),
            (4, "succession"),
            (5, "salt"),
            (6, "entries"),
            (7, "area tag"),
            (8, "area wrap"),
            (9, "commitment"),
            (10, "summary"),
            (11, "text"),
            (12, "handles"),
        ],
        2..=4 => &[(1, "lock"), (2, "report"), (3, "salt"), (4, "sealed")],
        5 => &[(1, "lock"), (2, "proof")],
        7 => &[
            (1, "subject"),
            (2, "budget"),
            (3, "number"),
            (4, "kinds"),
            (5, "areas"),
        ],
        8 => &[(1, "key"), (2, "vouches")],
        9 => &[(1, "records")],
        10 => &[
            (1, "record key"),
            (2, "transport key"),
            (3, "seal key"),
            (4, "first slot"),
            (5, "slots"),
            (6, "until"),
            (7, "possession"),
            (8, "transport possession"),
        ],
        11 => &[(1, "season")],
        12 => &[(1, "subject"), (2, "evaluations")],
        _ => panic!("kind {kind} has no names here"),
    }
}

/// The names of a charter's fields.
pub const CHARTER: &[(u64, &str)] = &[
    (1, "format"),
    (2, "version"),
    (3, "origin"),
    (4, "name"),
    (5, "made"),
    (6, "organisations"),
    (7, "threshold"),
    (8, "lives"),
    (9, "records a day"),
    (10, "evaluations a day"),
    (11, "bucket bits"),
    (12, "cities"),
    (13, "former"),
];

/// The names of a certificate's fields.
pub const CERTIFICATE: &[(u64, &str)] = &[
    (1, "format"),
    (2, "federation"),
    (3, "epoch"),
    (4, "issued"),
    (5, "dealt"),
    (6, "keys"),
    (7, "charter"),
    (8, "transcript"),
];

/// The names of a plan's fields.
pub const PLAN: &[(u64, &str)] = &[
    (1, "format"),
    (2, "federation"),
    (3, "charter"),
    (4, "ceremony"),
    (5, "epoch"),
    (6, "day"),
    (7, "threshold"),
    (8, "holders"),
    (9, "old"),
    (10, "keys"),
    (11, "starter"),
];

/// The payload of a COSE_Sign1 or COSE_Sign.
pub fn payload(cose: &[u8]) -> &[u8] {
    let mut d = Decoder::new(cose);
    d.tag().unwrap();
    d.array().unwrap();
    d.skip().unwrap();
    d.skip().unwrap();
    d.bytes().unwrap()
}
