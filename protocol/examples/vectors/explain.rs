//! `spec/examples.md`: what some of the vectors are made of, byte by byte.

use super::annotate::{self, body_names};
use minicbor::Decoder;
use minicbor::data::Type;
use parasol_protocol::ids::RecordId;
use parasol_protocol::reconcile::Set;
use parasol_protocol::time::Day;
use parasol_protocol::wire::peer::Request;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Bytes in a line.
const WIDE: usize = 24;
/// Where the words begin.
const COLUMN: usize = 64;

/// In front of what is CBOR in a byte string.
const INSIDE: &str = "*";

/// What stands at a path of map keys and array indices, and whether it is CBOR in a byte string.
type Names = dyn Fn(&[u64]) -> (String, bool);

#[derive(Default)]
struct Page {
    text: String,
    /// Whether long byte strings are cut after a line.
    cut: bool,
}

impl Page {
    fn line(&mut self, depth: usize, bytes: &[u8], words: &str) {
        self.marked(depth, &hex::encode(bytes), words);
    }

    fn marked(&mut self, depth: usize, hex: &str, words: &str) {
        let line = format!("{}{hex}", "  ".repeat(depth));
        if words.is_empty() {
            writeln!(self.text, "{line}").unwrap();
        } else {
            writeln!(self.text, "{line:COLUMN$} ; {words}").unwrap();
        }
    }

    fn long(&mut self, depth: usize, bytes: &[u8]) {
        if let Some((first, rest)) = bytes.split_at_checked(WIDE).filter(|_| self.cut)
            && rest.len() > 2 * WIDE
        {
            self.line(depth, first, "");
            self.marked(depth, &format!("… {} bytes", rest.len()), "");
            return;
        }
        for part in bytes.chunks(WIDE) {
            self.line(depth, part, "");
        }
    }

    /// One item and what is in it. `before` stands in front of it: the key of a map.
    fn item(&mut self, whole: &[u8], names: &Names) {
        let mut d = Decoder::new(whole);
        self.walk(&mut d, whole, names, &mut Vec::new(), 0, "");
        assert_eq!(d.position(), whole.len());
    }

    fn walk(
        &mut self,
        d: &mut Decoder<'_>,
        whole: &[u8],
        names: &Names,
        path: &mut Vec<u64>,
        depth: usize,
        before: &str,
    ) {
        let start = d.position();
        // What lies in a byte string has the byte string's name already.
        let (name, nested) = match before {
            INSIDE => (String::new(), false),
            _ => names(path),
        };
        let before = before.trim_start_matches(INSIDE);
        let colon = if name.is_empty() { "" } else { ": " };
        let head = |end: usize| format!("{before}{}", hex::encode(&whole[start..end]));
        match d.datatype().unwrap() {
            Type::Bytes => {
                let bytes = d.bytes().unwrap();
                let first = d.position() - bytes.len();
                let words = format!("{name}{colon}{} bytes", bytes.len());
                if nested && !bytes.is_empty() {
                    self.marked(depth, &head(first), &words);
                    let mut inside = Decoder::new(bytes);
                    self.walk(&mut inside, bytes, names, path, depth + 1, INSIDE);
                } else if bytes.len() <= 16 {
                    self.marked(depth, &head(d.position()), &words);
                } else {
                    self.marked(depth, &head(first), &words);
                    self.long(depth + 1, bytes);
                }
            }
            Type::String => {
                let text = d.str().unwrap().to_owned();
                let words = format!("{name}{colon}{text:?}");
                self.marked(depth, &head(d.position()), &words);
            }
            Type::Array => {
                let len = d.array().unwrap().unwrap();
                let words = format!("{name}{colon}array of {len}");
                self.marked(depth, &head(d.position()), &words);
                for n in 0..len {
                    path.push(n);
                    self.walk(d, whole, names, path, depth + 1, "");
                    path.pop();
                }
            }
            Type::Map => {
                let len = d.map().unwrap().unwrap();
                let words = format!("{name}{colon}map of {len}");
                self.marked(depth, &head(d.position()), &words);
                for _ in 0..len {
                    let at = d.position();
                    let key = d.u64().unwrap();
                    let shown = format!("{} ", hex::encode(&whole[at..d.position()]));
                    path.push(key);
                    self.walk(d, whole, names, path, depth + 1, &shown);
                    path.pop();
                }
            }
            Type::Tag => {
                let tag = d.tag().unwrap().as_u64();
                self.marked(
                    depth,
                    &head(d.position()),
                    &format!("{name}{colon}tag {tag}"),
                );
                self.walk(d, whole, names, path, depth, "");
            }
            Type::Bool => {
                let value = d.bool().unwrap();
                self.marked(depth, &head(d.position()), &format!("{name}{colon}{value}"));
            }
            _ => {
                let value = d.int().unwrap();
                self.marked(depth, &head(d.position()), &format!("{name}{colon}{value}"));
            }
        }
    }

    fn begin(&mut self, title: &str, file: &str, name: &str, words: &str) {
        write!(
            self.text,
            "\n## {title}\n\n`{file}`, *{name}*.{words}\n\n```\n"
        )
        .unwrap();
    }

    fn end(&mut self) {
        self.text.push_str("```\n");
    }
}

fn of(names: &[(u64, &str)], key: u64) -> String {
    let known = names.iter().find(|(n, _)| *n == key);
    known.map_or_else(String::new, |(n, name)| format!("{n} {name}"))
}

fn cosigned(path: &[u64]) -> String {
    match path {
        [0] => "protected",
        [1] => "unprotected",
        [2] => "payload",
        [3] => "signature",
        _ => "",
    }
    .to_owned()
}

fn record_names(kind: u64) -> impl Fn(&[u64]) -> (String, bool) {
    move |path| match path {
        [2] => (cosigned(path), true),
        [2, key] => (of(annotate::ENVELOPE, *key), false),
        [2, 8, key] => (of(body_names(kind.try_into().unwrap()), *key), false),
        [2, 8, 6, _, n] if kind == 1 => {
            let part = ["bucket", "label", "wrap"][usize::try_from(*n).unwrap()];
            (part.to_owned(), false)
        }
        _ => (cosigned(path), false),
    }
}

fn charter_names(path: &[u64]) -> (String, bool) {
    match path {
        [2] => (cosigned(path), true),
        [2, key] => (of(annotate::CHARTER, *key), false),
        [2, 6, _, n] => {
            let part =
                ["root", "name", "jurisdiction", "share", "budget"][usize::try_from(*n).unwrap()];
            (part.to_owned(), false)
        }
        [2, 8, n] => {
            let all = [
                "report",
                "translation",
                "second",
                "dispute",
                "vouch",
                "delegation",
            ];
            (all[usize::try_from(*n).unwrap()].to_owned(), false)
        }
        [2, 13, _, n] => {
            let part = ["root", "successor", "records"][usize::try_from(*n).unwrap()];
            (part.to_owned(), false)
        }
        [3] => ("signatures".to_owned(), false),
        [3, _, 0] => ("protected".to_owned(), true),
        [3, _, 0, 1] => ("1 algorithm".to_owned(), false),
        [3, _, 0, 4] => ("4 key".to_owned(), false),
        [3, _, 1] => ("unprotected".to_owned(), false),
        [3, _, 2] => ("signature".to_owned(), false),
        _ => (cosigned(path), false),
    }
}

fn evaluate_names(path: &[u64]) -> (String, bool) {
    let name = match path {
        [0] => "evaluate",
        [1, 0] => "key names",
        [1, 0, _, 0] => "0 bucket, 1 handle, 2 area",
        [1, 0, _, 1] => "season",
        [1, 1] => "elements",
        _ => "",
    };
    (name.to_owned(), false)
}

fn evaluated_names(path: &[u64]) -> (String, bool) {
    let name = match path {
        [0] => "evaluate",
        [1, _, 0] => "key name",
        [1, _, 0, 0] => "0 bucket, 1 handle, 2 area",
        [1, _, 0, 1] => "season",
        [1, _, 1] => "index of the share",
        [1, _, 2] => "elements",
        [1, _, 3] => "proof",
        _ => "",
    };
    (name.to_owned(), false)
}

/// A hello, which has a record in it.
fn hello_names(path: &[u64]) -> (String, bool) {
    match path {
        [0] => ("federation".to_owned(), false),
        [1] => ("delegation".to_owned(), true),
        [1, rest @ ..] => record_names(10)(rest),
        _ => (String::new(), false),
    }
}

fn certificate_names(path: &[u64]) -> (String, bool) {
    let name = match path {
        [2] | [3, ..] => return charter_names(path),
        [2, key] => return (of(annotate::CERTIFICATE, *key), false),
        [2, 6, _, 0, 0] => "0 bucket, 1 handle, 2 area",
        [2, 6, _, 0, 1] => "season",
        [2, 6, _, n] => ["name", "threshold", "public", "shares"][usize::try_from(*n).unwrap()],
        [2, 6, _, 3, _, n] => ["index", "public share"][usize::try_from(*n).unwrap()],
        _ => return (cosigned(path), false),
    };
    (name.to_owned(), false)
}

fn plan_names(path: &[u64]) -> (String, bool) {
    let name = match path {
        [2] => return (cosigned(path), true),
        [2, key] => return (of(annotate::PLAN, *key), false),
        [2, 8, _, n] => ["index", "organisation", "node"][usize::try_from(*n).unwrap()],
        [2, 10, _, 0] => "name",
        [2, 10, _, 0, 0] => "0 bucket, 1 handle, 2 area",
        [2, 10, _, 0, 1] => "season",
        [2, 10, _, 1] => "0 generate, 1 reshare",
        _ => return (cosigned(path), false),
    };
    (name.to_owned(), false)
}

/// A ceremony's message of this step.
fn message_names(step: &str) -> impl Fn(&[u64]) -> (String, bool) {
    let fields: &[(u64, &str)] = match step {
        "join" => &[(1, "one-time keys"), (2, "shown"), (3, "hash of the nonce")],
        "echo" => &[(1, "transcript"), (2, "nonce")],
        "deal" => &[(1, "sealed parts")],
        "done" => &[(1, "signature under the certificate")],
        _ => panic!("{step} has no names here"),
    };
    move |path| match path {
        [2] => (cosigned(path), true),
        [2, 4] => ("4 body".to_owned(), true),
        [2, key] => (of(MESSAGE, *key), false),
        [2, 4, key] => (of(fields, *key), false),
        [2, 4, 2, _, n] => {
            let part = ["points", "proof"][usize::try_from(*n).unwrap()];
            (part.to_owned(), false)
        }
        _ => (cosigned(path), false),
    }
}

/// The names of the fields of a ceremony's message.
const MESSAGE: &[(u64, &str)] = &[(1, "plan"), (2, "sender"), (3, "step"), (4, "body")];

fn directory_names(path: &[u64]) -> (String, bool) {
    let name = match path {
        [n] => {
            let all = [
                "charters",
                "certificate",
                "records",
                "home",
                "today",
                "carried",
            ];
            all[usize::try_from(*n).unwrap()]
        }
        [0, _] => "charter",
        [2, _] => "record",
        _ => "",
    };
    (name.to_owned(), false)
}

/// The messages of the page that no other file of vectors has: a reconcile frame of forty items.
fn forty() -> Vec<(Day, RecordId)> {
    let item = |n: u32| {
        let id = Sha256::digest(format!("item {n}"));
        (
            Day::from_number(20_700 + n / 4),
            RecordId::from_bytes(id.into()),
        )
    };
    (0..40).map(item).collect()
}

/// A number of a reconciliation's message, and its bytes.
fn number(message: &[u8]) -> (u64, usize) {
    let end = message.iter().position(|b| b & 0x80 == 0).unwrap() + 1;
    let add = |sum: u64, b: &u8| sum << 7 | u64::from(b & 0x7f);
    (message[..end].iter().fold(0, add), end)
}

fn ranges(page: &mut Page, message: &[u8]) {
    page.line(1, &message[..1], "version 1");
    let (mut at, mut day) = (1, 0);
    while at < message.len() {
        let (time, used) = number(&message[at..]);
        let (length, more) = number(&message[at + used..]);
        let id = at + used + more;
        let end = id + usize::try_from(length).unwrap();
        let words = if time == 0 {
            "to after every day".to_owned()
        } else {
            day += time - 1;
            match &message[id..end] {
                [] => format!("to day {day}"),
                id => format!("to day {day}, id {}…", hex::encode(id)),
            }
        };
        page.line(1, &message[at..end], &words);
        assert_eq!(message[end], 1);
        page.line(2, &message[end..=end], "mode 1");
        page.line(2, &message[end + 1..end + 17], "fingerprint");
        at = end + 17;
    }
}

fn framed(page: &mut Page, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    page.line(0, &length, "length of the message");
}

/// A plan, what one participant says in each step, and the certificate that comes of it.
fn ceremony(page: &mut Page, files: &[(&str, Value)]) {
    const FILE: &str = "ok/ceremony.json";
    let (_, file) = files.iter().find(|(name, _)| *name == FILE).unwrap();
    let case = &file["cases"][0];
    let name = case["name"].as_str().unwrap();
    let bytes = |hex: &Value| hex::decode(hex.as_str().unwrap()).unwrap();
    page.begin("A ceremony's plan", FILE, name, " 11, section 2.");
    page.item(&bytes(&case["plan"]), &plan_names);
    page.end();
    let messages = case["messages"].as_array().unwrap();
    let steps = [
        ("join", "one-time keys, and what its polynomials show"),
        ("echo", "what it has heard of all, and its nonce"),
        ("deal", "a sealed part for each of the others"),
        ("done", "its signature under the certificate"),
    ];
    for (step, what) in steps {
        let message = messages.iter().find(|m| m["step"] == step).unwrap();
        let title = format!("A ceremony's message: {step}");
        page.begin(&title, FILE, name, &format!(" 11, section 3: {what}."));
        page.item(&bytes(&message["hex"]), &message_names(step));
        page.end();
    }
    let words = " 02, section 7. What comes of these, with all signatures.";
    page.begin("A certificate", FILE, name, words);
    page.item(&bytes(&case["certificate"]), &certificate_names);
    page.end();
}

const HEAD: &str = "# Examples, byte by byte

Written by `protocol/examples/vectors` and held by its `--check`; `check.py` holds them against the vectors. In front of each `;` stand all the bytes, the words behind it
are in the order of the text. Where bytes are left out, `…` says how many. Numbers are decimal.
";

/// The page.
pub fn page(files: &[(&str, Value)]) -> String {
    let case = |file: &str, kind: Option<&str>, name: &str| -> &Value {
        let (_, file) = files.iter().find(|(n, _)| *n == file).unwrap();
        let mut cases = file["cases"].as_array().unwrap().iter();
        cases
            .find(|c| c["name"] == name && kind.is_none_or(|kind| c["type"] == kind))
            .unwrap()
    };
    let bytes = |case: &Value| hex::decode(case["hex"].as_str().unwrap()).unwrap();
    let mut page = Page {
        text: HEAD.to_owned(),
        cut: false,
    };

    page.begin(
        "A report",
        "ok/records.json",
        "report",
        " 02, sections 1 and 4.",
    );
    page.item(
        &bytes(case("ok/records.json", None, "report")),
        &record_names(1),
    );
    page.end();

    let (_, records) = files.iter().find(|(n, _)| *n == "ok/records.json").unwrap();
    let records = records["cases"].as_array().unwrap().iter();
    let smallest = records.min_by_key(|c| bytes(c).len()).unwrap();
    let (name, data) = (smallest["name"].as_str().unwrap(), bytes(smallest));
    let words = format!(" The smallest record there is: {} bytes.", data.len());
    page.begin("The smallest record", "ok/records.json", name, &words);
    let kind = Decoder::new(&annotate::payload(&data)[2..]).u64().unwrap();
    page.item(&data, &record_names(kind));
    page.end();

    let delegation = case("ok/records.json", None, "delegation");
    let words = " 02, section 4: a root signs it, and the two keys agree.";
    page.begin("A delegation", "ok/records.json", "delegation", words);
    page.item(&bytes(delegation), &record_names(10));
    page.end();

    page.begin("A charter", "ok/charter.json", "charter", " 02, section 6.");
    page.item(
        &bytes(case("ok/charter.json", None, "charter")),
        &charter_names,
    );
    page.end();

    let words = " 06, section 1, with the delegation in it.";
    page.begin("A hello", "ok/wire.json", "hello", words);
    page.item(
        &bytes(case("ok/wire.json", Some("hello"), "hello")),
        &hello_names,
    );
    page.end();

    let words = " 07. What has a section of its own here is cut.";
    page.begin("A directory", "ok/wire.json", "directory reply", words);
    page.cut = true;
    let reply = case("ok/wire.json", Some("directory reply"), "directory reply");
    page.item(&bytes(reply), &directory_names);
    page.cut = false;
    page.end();

    ceremony(&mut page, files);

    let asked = case("ok/wire.json", Some("peer request"), "evaluate");
    let words = " 06, section 3, with the length in front that stands on the stream.";
    page.begin("An evaluate request", "ok/wire.json", "evaluate", words);
    framed(&mut page, &bytes(asked));
    page.item(&bytes(asked), &evaluate_names);
    page.end();
    let answered = case("ok/wire.json", Some("peer reply"), "evaluated");
    page.begin("The answer to it", "ok/wire.json", "evaluated", "");
    framed(&mut page, &bytes(answered));
    page.item(&bytes(answered), &evaluated_names);
    page.end();

    let question = case(
        "ok/wire.json",
        Some("sealed question"),
        "a bucket of 4 bits",
    );
    let words = " 06, section 5. Inside, before the padding to 320 bytes (0x80, then zeros):";
    page.begin(
        "A sealed question",
        "ok/wire.json",
        "a bucket of 4 bits",
        words,
    );
    let plain = hex::decode(question["plain"].as_str().unwrap()).unwrap();
    let names = |path: &[u64]| {
        let name = match path {
            [0] => "a bucket",
            [1] => "bits",
            [2] => "value",
            [3] => "part",
            _ => "",
        };
        (name.to_owned(), false)
    };
    page.item(&plain, &names);
    page.text.push_str("```\n\nSealed:\n\n```\n");
    let sealed = bytes(question);
    page.marked(0, "", "enc");
    page.long(1, &sealed[..32]);
    page.marked(0, "", "ciphertext, with its tag");
    page.long(1, &sealed[32..]);
    page.end();

    let set = Set::new(forty());
    let message = set.begin().unwrap();
    let request = Request::Reconcile {
        after: Day::from_number(20_780),
        message: message.clone(),
    };
    let whole = request.encode();
    let words = " The first message there, 05, section 2, in a request: forty items, four of each of ten days.";
    page.begin(
        "A reconcile frame",
        "ok/reconcile.json",
        "the same forty",
        words,
    );
    framed(&mut page, &whole);
    let head = whole.len() - message.len();
    page.line(0, &whole[..1], "array of 3");
    page.line(1, &whole[1..2], "reconcile");
    page.line(1, &whole[2..5], "after: 20780");
    page.line(
        1,
        &whole[5..head],
        &format!("message: {} bytes", message.len()),
    );
    ranges(&mut page, &message);
    page.end();
    page.text
}
