//! Messages that nobody reads, each with what is wrong about it.

use super::good::cases;
use crate::ceremony::Ceremonies;
use crate::common::world::World;
use crate::records::Made;
use parasol_protocol::ids::FederationId;
use parasol_protocol::record::Kind;
use parasol_protocol::wire::sealed::{self, Question, SealSecret, open_question, seal_question};
use serde_json::{Value, json};

/// Messages that must be refused by whoever gets them.
pub fn bad(world: &mut World, made: &Made, ceremonies: &Ceremonies) -> Vec<Value> {
    let good = cases(world, made, ceremonies);
    let bytes = |kind: &str, name: &str| -> Vec<u8> {
        let case = good.iter().find(|c| c["type"] == kind && c["name"] == name);
        hex::decode(case.unwrap()["hex"].as_str().unwrap()).unwrap()
    };
    let mut out = Vec::new();
    let mut push = |kind: &str, refused: &str, name: &str, bytes: Vec<u8>| {
        out.push(
            json!({ "name": name, "type": kind, "refused": refused, "hex": hex::encode(bytes) }),
        );
    };
    for (kind, name) in [
        ("hello", "hello"),
        ("peer request", "evaluate"),
        ("peer reply", "records"),
        ("directory reply", "directory reply"),
        ("evaluate", "evaluate"),
        ("evaluated", "evaluated"),
        ("pass on", "pass on"),
        ("publish", "publish"),
        ("published", "published"),
        ("tags ask", "tags ask"),
        ("tags reply", "tags reply"),
        ("own ask", "own ask"),
        ("own reply", "own reply"),
    ] {
        let good = bytes(kind, name);
        push(
            kind,
            "left-over",
            "a byte follows",
            [&good[..], &[0]].concat(),
        );
        push(
            kind,
            "encoding",
            "the last byte is missing",
            good[..good.len() - 1].to_vec(),
        );
        push(kind, "encoding", "nothing", Vec::new());
        let mut long = good.clone();
        let (major, len) = (long[0] & 0xe0, long[0] & 0x1f);
        long.splice(0..1, [major | 24, len]);
        push(
            kind,
            "encoding",
            "a length that is not in its shortest form",
            long,
        );
        let mut more = good.clone();
        more[0] += 1;
        more.push(0);
        push(kind, "shape", "one item too many", more);
    }
    let hexed = |text: &str| hex::decode(text).unwrap();
    // A sound element and proof, so that each of these breaks one rule alone.
    let element = "5820e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76";
    let sound = "01".repeat(64);
    for (name, text) in [
        ("an unknown request", "820600"),
        ("no request at all", "80"),
        ("pushed is no request", "8103"),
        (
            "an id of 31 bytes",
            &format!("820281581f{}", "00".repeat(31)),
        ),
        ("no keys", &format!("820483008081{element}")),
        ("no elements", "8204830081810080"),
        (
            "the identity as an element",
            &format!("82048300818100815820{}", "00".repeat(32)),
        ),
        (
            "an element that is not canonical",
            &format!("82048300818100815820{}", "ff".repeat(32)),
        ),
        (
            "the keys out of order",
            &format!("82048300828201190fd9810081{element}"),
        ),
        ("a key twice", &format!("82048300828100810081{element}")),
        (
            "no epoch",
            &format!("820482818100 81{element}").replace(' ', ""),
        ),
        (
            "an epoch larger than 32 bits",
            &format!("8204831b000000010000000081810081{element}"),
        ),
        (
            "a digest of 31 bytes",
            &format!("8209581f{}", "00".repeat(31)),
        ),
        (
            "digests out of order",
            &format!("840a4101825820{}5820{}80", "03".repeat(32), "02".repeat(32)),
        ),
        (
            "a digest twice",
            &format!("840a4101825820{}5820{}80", "02".repeat(32), "02".repeat(32)),
        ),
        (
            "a digest of 33 bytes",
            &format!("840a4101815821{}80", "02".repeat(33)),
        ),
        ("a board without messages", "830a410180"),
        ("a certificate's epoch alone", "820b01"),
        ("more signatures than there are indices", "830b011a00010000"),
        ("a day larger than 32 bits", "83011b000000010000000040"),
        ("a negative day", "83012040"),
        (
            "a sealed question that is too long",
            &format!("8205590171{}", "00".repeat(369)),
        ),
        ("an empty record", "82038140"),
        ("an empty own record", "82088140"),
    ] {
        push("peer request", "shape", name, hexed(text));
    }
    for (name, text) in [
        ("an unknown reply", "820600"),
        ("an unknown refusal", "820f06"),
        ("a board that names a plan", "840a41018080"),
        ("a quota that never frees up", "820f01"),
        ("a quota that frees up in no time", "830f0100"),
        (
            "a quota that frees up after more than a day",
            "830f011905a1",
        ),
        ("busy for so many minutes", "830f0405"),
        ("share 0", &format!("8204818481000081{element}5840{sound}")),
        (
            "share 256",
            &format!("82048184810019010081{element}5840{sound}"),
        ),
        (
            "a proof of zeros",
            &format!("8204818481000181{element}5840{}", "00".repeat(64)),
        ),
        ("a sealed reply of 8 bytes", "8205480000000000000000"),
        ("an empty record", "82028140"),
        ("an empty own record", "82078140"),
    ] {
        push("peer reply", "shape", name, hexed(text));
    }
    let zeros = "00".repeat(32);
    for (kind, name, text) in [
        ("hello", "no delegation", format!("825820{zeros}40")),
        (
            "directory reply",
            "an empty record",
            format!("8681404081405820{zeros}0000"),
        ),
        (
            "directory reply",
            "no charter",
            format!("868040805820{zeros}0000"),
        ),
        ("own reply", "an empty record", "82814000".to_owned()),
    ] {
        push(kind, "shape", name, hexed(&text));
    }
    push(
        "publish",
        "shape",
        "a kind that a root signs",
        hexed(&{
            let mut e = String::from("8183");
            e.push_str(&format!("{:02x}", Kind::Revocation.number()));
            e + "19539ba1015820" + &"00".repeat(32)
        }),
    );
    push(
        "publish",
        "shape",
        "a grant, which no member hands in",
        hexed(&{
            let mut e = String::from("8183");
            e.push_str(&format!("{:02x}", Kind::Grant.number()));
            e + "19539ba2015820" + &"01".repeat(32) + "021903e8"
        }),
    );
    for (kind, refused, name, text) in inside() {
        push(kind, refused, name, hexed(&text));
    }
    out.extend(closed(world, &bytes("sealed question", "two records")));
    out
}

/// What is in a sealed question or reply and is none: without padding, and with another one.
fn inside() -> Vec<(&'static str, &'static str, &'static str, String)> {
    let many = |head: &str, item: &str, count| head.to_owned() + &item.repeat(count);
    let id = "48".to_owned() + &"01".repeat(8);
    let lock = "5820".to_owned() + &"01".repeat(32);
    let large = format!("8401141b{}00", "0000000100000000");
    let question = [
        ("shape", "an unknown question", "820480".to_owned()),
        ("shape", "21 bits", "8401150000".to_owned()),
        (
            "shape",
            "a value of more bits than it names",
            "8401041000".to_owned(),
        ),
        ("shape", "a value of more than 32 bits", large),
        ("shape", "part 64", "8401040a1840".to_owned()),
        ("shape", "a bucket without its part", "8301040a".to_owned()),
        ("shape", "33 ids", many("82029821", &id, 33)),
        ("shape", "an id of 7 bytes", many("82028147", "01", 7)),
        ("shape", "nine locks", many("820389", &lock, 9)),
        ("shape", "a lock of 31 bytes", many("820381581f", "01", 31)),
        ("left-over", "a byte follows", "8401040a0200".to_owned()),
        (
            "encoding",
            "a value that is not in its shortest form",
            "840104180a02".to_owned(),
        ),
        ("encoding", "nothing", String::new()),
    ];
    let reply = [
        ("shape", "an empty record", "8300008140".to_owned()),
        ("shape", "without what is left", "820080".to_owned()),
        ("shape", "fewer than no reports", "83200080".to_owned()),
        ("left-over", "a byte follows", "8300008000".to_owned()),
        ("encoding", "the last byte is missing", "830000".to_owned()),
    ];
    let padded = |bytes: &str| format!("{bytes:0<640}");
    let padding = [
        ("shape", "zeros alone", padded("")),
        ("shape", "zeros without a mark", padded("8401040a02")),
        (
            "shape",
            "something behind the mark",
            padded("8401040a02800001"),
        ),
    ];
    let of = |kind| move |(refused, name, text)| (kind, refused, name, text);
    let all = question.into_iter().map(of("question"));
    let all = all.chain(reply.into_iter().map(of("reply")));
    all.chain(padding.into_iter().map(of("padded question")))
        .collect()
}

/// Sealed questions and replies that do not open.
fn closed(world: &mut World, good: &[u8]) -> Vec<Value> {
    let seed = hex::encode(*world.ryabina.seal.seed());
    let flipped = |at: usize| {
        let mut bad = good.to_vec();
        bad[at] ^= 1;
        bad
    };
    let question = Question::Records(vec![[1; 8], [2; 8]]);
    let mut other = |to: &SealSecret, federation: &FederationId| {
        let sealed = seal_question(&question, &to.public(), federation, &mut world.entropy);
        sealed.unwrap()
    };
    let elsewhere = FederationId::from_bytes([1; 32]);
    let (to_lilas, _) = other(&world.lilas.seal, &world.federation);
    let (to_others, _) = other(&world.ryabina.seal, &elsewhere);
    let (asked, _) = other(&world.ryabina.seal, &world.federation);
    let mut out: Vec<Value> = [
        ("a byte short", good[..good.len() - 1].to_vec()),
        ("a byte over", [good, &[0]].concat()),
        ("altered in its key", flipped(3)),
        ("altered inside", flipped(40)),
        ("sealed to another node", to_lilas),
        ("sealed for another federation", to_others),
    ]
    .into_iter()
    .map(|(name, bytes)| {
        json!({
            "name": name,
            "type": "sealed question",
            "refused": "closed",
            "seal_seed": seed,
            "hex": hex::encode(bytes),
        })
    })
    .collect();
    // The answer to the good one, shown to who asked another.
    let (_, answers) = open_question(good, &world.ryabina.seal, &world.federation).unwrap();
    let reply = answers.seal(&sealed::Reply::default(), &mut world.entropy);
    for (name, question, reply) in [
        ("to another question", asked, reply.unwrap()),
        ("of 40 bytes", good.to_vec(), vec![0; 40]),
    ] {
        out.push(json!({
            "name": name,
            "type": "sealed reply",
            "refused": "closed",
            "seal_seed": seed,
            "question": hex::encode(question),
            "hex": hex::encode(reply),
        }));
    }
    out
}
