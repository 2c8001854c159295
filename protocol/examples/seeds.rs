//! Seeds for the fuzz targets, from the vectors: writes `fuzz/corpus/TARGET/seed-N`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use parasol_protocol::cose::Cosigned;
use parasol_protocol::limits::MAX_COSIGNED;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn cases(file: &str) -> Vec<Value> {
    let path = root().join("spec/vectors").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    file["cases"].as_array().unwrap().clone()
}

/// What a file says besides its cases.
fn named(file: &str, what: &str) -> Value {
    let text = std::fs::read_to_string(root().join("spec/vectors").join(file)).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()[what].clone()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn bytes(case: &Value) -> Vec<u8> {
    hex::decode(case["hex"].as_str().unwrap()).unwrap()
}

/// The cases of one type.
fn of_type(all: &[Value], kind: &str) -> Vec<Vec<u8>> {
    let of = all.iter().filter(|case| case["type"] == kind);
    of.map(bytes).collect()
}

/// The first byte of a target's input says what the rest is.
fn marked(which: u8, all: Vec<Vec<u8>>) -> impl Iterator<Item = Vec<u8>> {
    all.into_iter()
        .map(move |bytes| [vec![which], bytes].concat())
}

/// Inputs of structured targets are no bytes that a vector could have: here are some to begin with,
/// the same in every run.
fn noise(count: u64, first: Option<u8>) -> Vec<Vec<u8>> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    };
    let sizes = [40, 120, 300, 600];
    let one = |n: u64| {
        let size = sizes[usize::try_from(n).unwrap() % sizes.len()];
        first.into_iter().chain((0..size).map(|_| next())).collect()
    };
    (0..count).map(one).collect()
}

fn payload(bytes: &[u8]) -> Option<Vec<u8>> {
    let cosigned = Cosigned::parse(bytes, MAX_COSIGNED).ok()?;
    Some(cosigned.payload().to_vec())
}

/// Old lists: small ones of each kind, and the larger ones where they are at hand.
fn lists() -> Vec<Vec<u8>> {
    let csv = "Phone;Date;Level (1-5);Consent;What happened\n\
               06 39 98 12 34;12/06/2026;4;yes;he had a knife\n\
               +44 7700 900123, a@example.org;last week;2;no;would not pay\n";
    let map = "country = \"FR\"\nseparator = \";\"\nheader-line = 1\ndate-order = \"day-month-year\"\n\
               [level]\nlow = 1\nhigh = 5\n[codes]\n\"knife\" = [\"weapon\"]\n\
               [[column]]\nnumber = 1\nname = \"Phone\"\nfield = \"phone\"\n\
               [[column]]\nnumber = 4\nname = \"Consent\"\nfield = \"consent\"\n";
    let sheet = r#"<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>Date</t></is></c></row><row r="2"><c r="A2"><v>639981234</v></c><c r="B2" s="1"><v>46000</v></c></row></sheetData></worksheet>"#;
    let strings = "<sst><si><t>Phone</t></si></sst>";
    let styles =
        r#"<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;
    let ods = r#"<office:document-content><office:body><office:spreadsheet><table:table table:name="List"><table:table-row><table:table-cell office:value-type="string"><text:p>Phone</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>Date</text:p></table:table-cell></table:table-row><table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="float" office:value="639981234"/><table:table-cell table:number-columns-repeated="2" office:value-type="date" office:date-value="2026-06-12"/></table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"#;
    let of = |which: u8, parts: &[&str]| [&[which, 0], parts.join("\0").as_bytes()].concat();
    let mut all = vec![
        of(0, &[csv]),
        of(0, &[&csv.replace(';', "\t")]),
        of(1, &[map, csv]),
        of(2, &[sheet, strings, styles]),
        of(3, &[ods]),
        of(5, &["List", sheet, strings]),
        // Records of an old workbook: its size, a text, a number.
        hex::decode(
            "0600000210000000000002000000000002000000040207000000000000040050686f6e65\
             03020e0001000000000000000000e0124241",
        )
        .unwrap(),
    ];
    let found = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|above| above.join("shared/data/lists"))
        .find(|lists| lists.is_dir());
    for file in found.iter().flat_map(|dir| std::fs::read_dir(dir).unwrap()) {
        let path = file.unwrap().path();
        let list = path.extension().is_some_and(|e| e == "csv" || e == "xlsx");
        if list {
            let mut bytes = std::fs::read(&path).unwrap();
            // The first lines of text say enough; a workbook is a workbook whole.
            if !bytes.starts_with(b"PK") {
                bytes.truncate(1024);
            }
            all.push([vec![0, 0], bytes].concat());
        }
    }
    all
}

fn write(target: &str, seeds: impl IntoIterator<Item = Vec<u8>>) {
    let dir = root().join("fuzz/corpus").join(target);
    std::fs::create_dir_all(&dir).unwrap();
    let mut count = 0;
    for seed in seeds {
        std::fs::write(dir.join(format!("seed-{count}")), seed).unwrap();
        count += 1;
    }
    println!("{target}: {count} seeds");
}

fn main() {
    let both = |name: &str| {
        let mut all = cases(&format!("ok/{name}"));
        all.extend(cases(&format!("bad/{name}")));
        all
    };
    write("record", both("records.json").iter().map(bytes));
    let mut cosigned = both("charter.json");
    cosigned.extend(cases("ok/certificate.json"));
    write("charter", cosigned.iter().map(bytes));
    let chains = cases("ok/chain.json").into_iter().map(|case| {
        let hexed = |value: &Value| hex::decode(value.as_str().unwrap()).unwrap();
        let documents: Vec<_> = case["documents"]
            .as_array()
            .unwrap()
            .iter()
            .map(hexed)
            .collect();
        let first = hexed(&named("ok/chain.json", "charter"));
        let file = parasol_protocol::cbor::encode(|e| {
            parasol_protocol::cbor::put_array(e, 1 + documents.len() as u64);
            for document in [&first].into_iter().chain(&documents) {
                parasol_protocol::cbor::put_bytes(e, document);
            }
        });
        [vec![1], file].concat()
    });
    write("chain", noise(24, Some(0)).into_iter().chain(chains));
    let boards = both("ceremony.json").into_iter().flat_map(|case| {
        let hexed = |value: &Value| hex::decode(value.as_str().unwrap_or_default()).unwrap();
        let plan = hexed(&case["plan"]);
        let all = case["messages"].as_array().into_iter().flatten();
        let messages = all.map(|one| hexed(&one["hex"]));
        let posted = case["board"].as_array().into_iter().flatten();
        let messages: Vec<Vec<u8>> = messages.chain(posted.map(hexed)).collect();
        let board = parasol_protocol::cbor::encode(|e| {
            parasol_protocol::cbor::put_array(e, 2);
            parasol_protocol::cbor::put_bytes(e, &plan);
            parasol_protocol::cbor::put_array(e, messages.len() as u64);
            for message in &messages {
                parasol_protocol::cbor::put_bytes(e, message);
            }
        });
        [[vec![1], plan].concat(), [vec![2], board].concat()]
    });
    write("ceremony", noise(24, Some(0)).into_iter().chain(boards));
    let kinds = [
        "hello",
        "peer request",
        "peer reply",
        "directory reply",
        "evaluate",
        "evaluated",
        "pass on",
        "publish",
        "published",
        "tags ask",
        "tags reply",
        "own ask",
        "own reply",
    ];
    let frames = both("wire.json").into_iter().map(|case| {
        let kind = kinds.iter().position(|k| case["type"] == *k);
        let which = kind.unwrap_or(kinds.len()) as u8;
        [vec![which], bytes(&case)].concat()
    });
    write("frame", frames.collect::<Vec<_>>());
    let typed = [
        "06 39 98 12 34",
        "+33 (0)6 39 98 12 34",
        "0033 639981234",
        "8 (495) 123-45-67",
        "tg: @monsieur_exemple",
        "https://t.me/monsieur_exemple",
        "phone:+33639981234",
        "Prénom.Nom@Exemple.FR",
        "AB-123-CD",
        "А123ВС 77",
        "plate:FR/AB123CD",
        "https://exemple.fr/page?x=1#y",
        "FR:lyon",
        "GB-ENG",
        "Лион",
    ];
    // A string in libFuzzer's typed input: what is left after the first byte.
    let handles = (0u8..).zip(typed);
    write(
        "handle",
        handles
            .map(|(n, text)| [&[n][..], text.as_bytes()].concat())
            .collect::<Vec<_>>(),
    );

    let wire = both("wire.json");
    let reconcile = cases("ok/reconcile.json");
    let messages = reconcile
        .iter()
        .flat_map(|case| case["messages"].as_array().unwrap());
    let messages: Vec<Vec<u8>> = messages
        .map(|m| hex::decode(m.as_str().unwrap()).unwrap())
        .collect();
    let asked = marked(1, messages.iter().step_by(2).cloned().collect());
    let answered = marked(2, messages.iter().skip(1).step_by(2).cloned().collect());
    let dialogues = noise(8, Some(0)).into_iter();
    write("reconciliation", dialogues.chain(asked).chain(answered));
    write(
        "evaluation",
        noise(24, Some(0))
            .into_iter()
            .chain(marked(1, of_type(&wire, "evaluate")))
            .chain(marked(2, of_type(&wire, "peer request")))
            .chain(marked(3, of_type(&wire, "evaluated"))),
    );
    write(
        "bucket",
        noise(24, Some(0))
            .into_iter()
            .chain(marked(1, of_type(&wire, "sealed question")))
            .chain(marked(3, of_type(&wire, "sealed reply"))),
    );
    let payloads = |all: Vec<Value>| all.iter().filter_map(|c| payload(&bytes(c))).collect();
    write(
        "directory",
        noise(24, Some(0))
            .into_iter()
            .chain(marked(
                1,
                both("certificate.json").iter().map(bytes).collect(),
            ))
            .chain(marked(2, payloads(both("certificate.json"))))
            .chain(marked(3, payloads(both("charter.json"))))
            .chain(marked(4, of_type(&wire, "directory reply"))),
    );
    write(
        "http",
        noise(24, Some(0))
            .into_iter()
            .chain(marked(4, of_type(&wire, "own reply")))
            .chain(marked(1, of_type(&wire, "tags reply")))
            .chain(marked(2, of_type(&wire, "published")))
            .chain(marked(3, of_type(&wire, "evaluated"))),
    );
    write("spreadsheet", lists());
    write("admission", noise(24, None));
    write("schedule", noise(24, None));
}
