//! Seeds for the fuzz targets, most of them from the vectors: writes `fuzz/corpus/TARGET`.
//!
//! What is called `seed-N` must lead somewhere: with `PARASOL_SEEDS` set each target makes sure of it
//! (`fuzz/src/seeds.rs`), and `.ci/run` plays them all so. What is called `bad-N` is what must be
//! refused, and `noise-N` is noise.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod lists;
mod papers;
mod structured;

use parasol_protocol::cbor;
use parasol_protocol::charter::Charter;
use parasol_protocol::cose::{Cosigned, Sign1};
use parasol_protocol::ids::RecordId;
use parasol_protocol::limits::MAX_COSIGNED;
use parasol_protocol::wire::client::{Outcome, Published};
use parasol_protocol::wire::peer::Request;
use parasol_protocol::wire::{MAX_BOARD_BYTES, Shown};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use structured::noise;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn file(name: &str) -> Value {
    let path = root().join("spec/vectors").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn cases(name: &str) -> Vec<Value> {
    file(name)["cases"].as_array().unwrap().clone()
}

fn hexed(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

/// The bytes of all cases.
fn all(name: &str) -> Vec<Vec<u8>> {
    cases(name).iter().map(|case| hexed(&case["hex"])).collect()
}

/// The bytes of the cases of one type.
fn of_type(name: &str, kind: &str) -> Vec<Vec<u8>> {
    let all = cases(name).into_iter().filter(|case| case["type"] == kind);
    all.map(|case| hexed(&case["hex"])).collect()
}

/// What a COSE structure holds.
fn payload(bytes: &[u8]) -> Option<Vec<u8>> {
    if let Ok(sign1) = Sign1::parse(bytes, bytes.len()) {
        return Some(sign1.payload.to_vec());
    }
    let cosigned = Cosigned::parse(bytes, MAX_COSIGNED).ok()?;
    Some(cosigned.payload().to_vec())
}

fn payloads(all: &[Vec<u8>]) -> Vec<Vec<u8>> {
    all.iter().filter_map(|bytes| payload(bytes)).collect()
}

/// 0x80 and zeros up to a size, as it is inside a seal.
fn padded(bytes: &[u8], size: usize) -> Vec<u8> {
    let mut out = [bytes, &[0x80]].concat();
    out.resize(size, 0);
    out
}

/// A list of byte strings, as it lies in a file.
fn listed(items: &[Vec<u8>]) -> Vec<u8> {
    cbor::encode(|e| {
        cbor::put_array(e, items.len() as u64);
        items.iter().for_each(|item| cbor::put_bytes(e, item));
    })
}

/// The seeds of one target.
struct Seeds {
    target: &'static str,
    good: Vec<Vec<u8>>,
    bad: Vec<Vec<u8>>,
    noise: Vec<Vec<u8>>,
}

impl Seeds {
    const fn of(target: &'static str) -> Self {
        Self {
            target,
            good: Vec::new(),
            bad: Vec::new(),
            noise: Vec::new(),
        }
    }

    fn good(mut self, all: impl IntoIterator<Item = Vec<u8>>) -> Self {
        self.good.extend(all);
        self
    }

    /// In a mode: the first byte of the input says which.
    fn mode(mut self, which: u8, good: Vec<Vec<u8>>, bad: Vec<Vec<u8>>) -> Self {
        let mark = |bytes: Vec<u8>| [vec![which], bytes].concat();
        self.good.extend(good.into_iter().map(mark));
        self.bad.extend(bad.into_iter().map(mark));
        self
    }

    fn bad(mut self, all: impl IntoIterator<Item = Vec<u8>>) -> Self {
        self.bad.extend(all);
        self
    }

    fn noise(mut self, first: Option<u8>) -> Self {
        self.noise.extend(noise(24, first));
        self
    }

    /// Writes them, in place of those that were written before.
    fn write(self) {
        let dir = root().join("fuzz/corpus").join(self.target);
        std::fs::create_dir_all(&dir).unwrap();
        let kinds = [
            ("seed", self.good),
            ("bad", self.bad),
            ("noise", self.noise),
        ];
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let kind = name.split_once('-').map(|(kind, _)| kind);
            if kinds.iter().any(|(one, _)| Some(*one) == kind) {
                std::fs::remove_file(&path).unwrap();
            }
        }
        assert!(!kinds[0].1.is_empty(), "{} has no seeds", self.target);
        let counts: Vec<String> = kinds
            .iter()
            .map(|(kind, all)| format!("{} {kind}", all.len()))
            .collect();
        println!("{}: {}", self.target, counts.join(", "));
        for (kind, all) in kinds {
            for (n, bytes) in all.into_iter().enumerate() {
                std::fs::write(dir.join(format!("{kind}-{n}")), bytes).unwrap();
            }
        }
    }
}

/// A chain of charters as it lies in a file.
fn chains() -> Vec<Vec<u8>> {
    let first = hexed(&file("ok/chain.json")["charter"]);
    let chain = |case: Value| {
        let documents = case["documents"].as_array().unwrap().iter().map(hexed);
        let all: Vec<_> = [first.clone()].into_iter().chain(documents).collect();
        listed(&all)
    };
    cases("ok/chain.json").into_iter().map(chain).collect()
}

/// A board of the vectors: its plan and its messages.
struct Board {
    plan: Vec<u8>,
    messages: Vec<Vec<u8>>,
}

impl Board {
    fn all(name: &str) -> Vec<Self> {
        let of = |case: Value| {
            let all = case["messages"].as_array().into_iter().flatten();
            let messages = all.map(|one| hexed(&one["hex"]));
            let posted = case["board"].as_array().into_iter().flatten().map(hexed);
            let more = case.get("message").into_iter().map(hexed);
            Self {
                messages: messages.chain(posted).chain(more).collect(),
                plan: hexed(&case["plan"]),
            }
        };
        cases(name).into_iter().map(of).collect()
    }

    fn file(&self) -> Vec<u8> {
        cbor::encode(|e| {
            cbor::put_array(e, 2);
            cbor::put_bytes(e, &self.plan);
            cbor::put_array(e, self.messages.len() as u64);
            let put = |message: &Vec<u8>| cbor::put_bytes(e, message);
            self.messages.iter().for_each(put);
        })
    }

    /// As a node shows it.
    fn shown(&self) -> Vec<u8> {
        let size: usize = self.messages.iter().map(Vec::len).sum();
        assert!(size <= MAX_BOARD_BYTES);
        let shown = Shown {
            plan: self.plan.clone(),
            known: BTreeSet::new(),
            messages: self.messages.clone(),
        };
        Request::Board(shown).encode()
    }
}

fn ceremonies() {
    let (good, bad) = (
        Board::all("ok/ceremony.json"),
        Board::all("bad/ceremony.json"),
    );
    let plans = |all: &[Board]| -> Vec<Vec<u8>> { all.iter().map(|b| b.plan.clone()).collect() };
    let files = |all: &[Board]| -> Vec<Vec<u8>> { all.iter().map(Board::file).collect() };
    // A plan that is refused has no messages; a message that is refused has a good plan.
    let (faulty, refused): (Vec<Board>, Vec<Board>) = bad
        .into_iter()
        .partition(|board| !board.messages.is_empty());
    let messages: Vec<Vec<u8>> = good.iter().flat_map(|b| b.messages.clone()).collect();
    // Step and body, which is the last field of a message.
    let bodies = payloads(&messages).into_iter().filter_map(|payload| {
        cbor::decode(&payload, payload.len(), |d| {
            let mut fields = cbor::Fields::open(d)?;
            fields.required(1, cbor::array::<32>)?;
            fields.required(2, cbor::array::<32>)?;
            let step = fields.required(3, |d| Ok(d.u8()?))?;
            let body = fields.required(4, |d| Ok(d.bytes()?.to_vec()))?;
            Ok([vec![step], body].concat())
        })
        .ok()
    });
    Seeds::of("ceremony")
        .good(structured::ceremonies())
        .mode(1, plans(&good), plans(&refused))
        .mode(2, [files(&good), files(&faulty)].concat(), files(&refused))
        .mode(3, payloads(&plans(&good)), payloads(&plans(&refused)))
        .mode(4, bodies.collect(), Vec::new())
        .mode(5, messages, Vec::new())
        .noise(Some(0))
        .write();
    // What goes on with what the first of them has made; of those of a node that is there already,
    // but has other keys, it takes none.
    let (on, strange) = ([&good[1]], [&good[0], &good[2]]);
    let of = |all: &[&Board], form: fn(&Board) -> Vec<u8>| all.iter().map(|b| form(b)).collect();
    Seeds::of("desk")
        .good(structured::desks())
        .mode(1, of(&on, Board::file), of(&strange, Board::file))
        .mode(2, of(&on, Board::shown), of(&strange, Board::shown))
        .noise(Some(0))
        .write();
}

/// Directories of another federation, as they are given to one of its organisations on the day of the
/// vectors, who has seen none before. Behind the modes of the vectors' own, each organisation has one.
fn views(name: &str) -> Vec<Vec<u8>> {
    let charter = Charter::from_bytes(&hexed(&file("bad/certificate.json")["charter"])).unwrap();
    let mut out = Vec::new();
    for case in cases(name) {
        let first = ["known", "pinned", "seen"]
            .iter()
            .all(|what| case[*what].is_null());
        let own = case["own"].as_str().unwrap();
        let mut all = charter.terms().organisations.iter();
        let place = all.position(|o| o.root.to_string() == own);
        if let Some(place) = place.filter(|_| first && case["day"] == TODAY) {
            let mode = 8 + u8::try_from(place).unwrap();
            out.push([vec![mode], hexed(&case["hex"])].concat());
        }
    }
    out
}

/// The day of the vectors.
const TODAY: u32 = 20_779;

fn charters() {
    let (charters, certificates) = (all("ok/charter.json"), all("ok/certificate.json"));
    let unsigned = payloads(&charters);
    let unsigned = unsigned.into_iter().map(|p| Cosigned::new(p).write());
    let other = vec![hexed(&file("bad/certificate.json")["good"])];
    let made = cases("ok/ceremony.json");
    let made: Vec<_> = made
        .iter()
        .map(|case| hexed(&case["certificate"]))
        .collect();
    Seeds::of("charter")
        .mode(
            0,
            [charters.clone(), certificates.clone()].concat(),
            Vec::new(),
        )
        .mode(1, charters.clone(), all("bad/charter.json"))
        .mode(
            2,
            charters.iter().cloned().chain(unsigned).collect(),
            all("bad/charter.json"),
        )
        .mode(3, chains(), Vec::new())
        .mode(
            4,
            [certificates.clone(), other, made.clone()].concat(),
            all("bad/certificate.json"),
        )
        .write();
    // Two bytes and more of a step: upon the first, signed by three, and then by the fourth.
    let steps = [0, 7, 0, 1, 15, 0, 0, 15, 2, 1, 8, 1];
    Seeds::of("chain")
        .good([[vec![0], steps.to_vec()].concat()])
        .mode(1, chains(), Vec::new())
        .noise(Some(0))
        .write();
    let certificates = [certificates, made].concat();
    let (views, refused) = (views("ok/views.json"), views("bad/directory.json"));
    Seeds::of("directory")
        .good(structured::directories())
        .mode(1, certificates.clone(), Vec::new())
        .mode(
            2,
            payloads(&certificates),
            payloads(&all("bad/certificate.json")),
        )
        .mode(3, payloads(&charters), payloads(&all("bad/charter.json")))
        .mode(
            4,
            of_type("ok/wire.json", "directory reply"),
            of_type("bad/wire.json", "directory reply"),
        )
        .good(views)
        .bad(refused)
        .noise(Some(0))
        .write();
}

/// What is sealed in the vectors: questions and replies, each as it is, padded, and before that.
struct Sealed {
    questions: Vec<Vec<u8>>,
    plain: Vec<Vec<u8>>,
    replies: Vec<Vec<u8>>,
}

/// Sizes of what is inside a seal.
const QUESTION: usize = 320;
const REPLY: usize = 30 * 1024 - 48;

impl Sealed {
    fn new() -> Self {
        let all = cases("ok/wire.json");
        let all: Vec<_> = all
            .iter()
            .filter(|c| c["type"] == "sealed question")
            .collect();
        let reply = |case: &&Value| {
            let records = case["reply_records"].as_array().unwrap();
            cbor::encode(|e| {
                cbor::put_array(e, 3);
                cbor::put_uint(e, case["reply_carried"].as_u64().unwrap());
                cbor::put_uint(e, case["reply_left"].as_u64().unwrap());
                cbor::put_array(e, records.len() as u64);
                records.iter().for_each(|r| cbor::put_bytes(e, &hexed(r)));
            })
        };
        Self {
            questions: all.iter().map(|case| hexed(&case["hex"])).collect(),
            plain: all.iter().map(|case| hexed(&case["plain"])).collect(),
            replies: all.iter().map(reply).collect(),
        }
    }
}

fn messages() {
    let sealed = Sealed::new();
    let pad = |all: &[Vec<u8>], size| all.iter().map(|one| padded(one, size)).collect::<Vec<_>>();
    let bad = |kind| of_type("bad/wire.json", kind);
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
    let mut frames = Seeds::of("frame");
    for (which, kind) in (0..).zip(kinds) {
        frames = frames.mode(
            which,
            of_type("ok/wire.json", kind),
            of_type("bad/wire.json", kind),
        );
    }
    let (questions, replies) = (bad("question"), bad("reply"));
    let padded = [pad(&questions, QUESTION), bad("padded question")].concat();
    frames
        .mode(13, pad(&sealed.plain, QUESTION), padded.clone())
        .mode(14, pad(&sealed.replies, REPLY), pad(&replies, REPLY))
        .mode(15, sealed.questions.clone(), bad("sealed question"))
        .write();
    Seeds::of("bucket")
        .good(structured::buckets())
        .mode(1, pad(&sealed.plain, QUESTION), padded)
        .mode(2, sealed.plain, questions)
        .mode(3, sealed.replies, replies)
        .noise(Some(0))
        .write();
    let asks = |bytes: &Vec<u8>| matches!(Request::decode(bytes), Ok(Request::Evaluate(_)));
    let (requests, others) = of_type("ok/wire.json", "peer request")
        .into_iter()
        .partition(asks);
    Seeds::of("evaluation")
        .good(structured::evaluations())
        .mode(
            1,
            of_type("ok/wire.json", "evaluate"),
            of_type("bad/wire.json", "evaluate"),
        )
        .mode(2, requests, others)
        .mode(
            3,
            of_type("ok/wire.json", "evaluated"),
            of_type("bad/wire.json", "evaluated"),
        )
        .noise(Some(0))
        .write();
    let one = Published(vec![Outcome::Published(RecordId::from_bytes([1; 32]))]).encode();
    Seeds::of("http")
        .good(structured::exchanges(6))
        .mode(
            6,
            of_type("ok/wire.json", "own reply"),
            of_type("bad/wire.json", "own reply"),
        )
        .mode(
            1,
            of_type("ok/wire.json", "tags reply"),
            of_type("bad/wire.json", "tags reply"),
        )
        .mode(
            2,
            of_type("ok/wire.json", "published"),
            of_type("bad/wire.json", "published"),
        )
        .mode(
            3,
            of_type("ok/wire.json", "evaluated"),
            of_type("bad/wire.json", "evaluated"),
        )
        .mode(4, vec![one.clone()], Vec::new())
        .mode(5, vec![one], Vec::new())
        .noise(Some(0))
        .write();
    reconciliation();
}

fn reconciliation() {
    let good = cases("ok/reconcile.json");
    let messages = good
        .iter()
        .flat_map(|case| case["messages"].as_array().unwrap());
    let messages: Vec<Vec<u8>> = messages.map(hexed).collect();
    let every_other = |from| messages.iter().skip(from).step_by(2).cloned().collect();
    // To whom it has not begun with, and to whom it has.
    let bad = |began: bool| {
        let all = cases("bad/reconcile.json").into_iter();
        let all = all.filter(|case| case["began"] == began);
        all.map(|case| hexed(&case["hex"])).collect()
    };
    Seeds::of("reconciliation")
        .good(structured::sets())
        .mode(1, every_other(0), bad(false))
        .mode(2, every_other(1), bad(true))
        .noise(Some(0))
        .write();
}

/// Typed handles: a country by its place in the target's list, no kind, and the text.
fn handles() -> Vec<Vec<u8>> {
    const NONE: u8 = 7;
    const NO_KIND: u8 = 7 << 3;
    let typed = [
        (0, "06 39 98 12 34"),
        (NONE, "+33 (0)6 39 98 12 34"),
        (0, "0033 639981234"),
        (2, "8 (495) 123-45-67"),
        (NONE, "tg: @monsieur_exemple"),
        (NONE, "https://t.me/monsieur_exemple"),
        (NONE, "phone:+33639981234"),
        (NONE, "Prénom.Nom@Exemple.FR"),
        (0, "AB-123-CD"),
        (2, "А123ВС 77"),
        (NONE, "plate:FR/AB123CD"),
        (NONE, "https://exemple.fr/page?x=1#y"),
        (NONE, "FR:lyon"),
        (NONE, "GB-ENG"),
        (NONE, "Лион"),
    ];
    let of = |(country, text): (u8, &str)| [&[country | NO_KIND], text.as_bytes()].concat();
    typed.into_iter().map(of).collect()
}

fn main() {
    Seeds::of("record")
        .good(all("ok/records.json"))
        .bad(all("bad/records.json"))
        .write();
    Seeds::of("handle").good(handles()).write();
    Seeds::of("spreadsheet").good(lists::lists()).write();
    Seeds::of("admission")
        .good(structured::admissions())
        .noise(None)
        .write();
    Seeds::of("schedule")
        .good(structured::schedules())
        .noise(None)
        .write();
    charters();
    ceremonies();
    messages();
    papers::write();
}
