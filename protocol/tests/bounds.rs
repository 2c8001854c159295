//! What lies one beyond a bound of the CDDL, `spec/vectors/bad/bounds.json`, nobody reads.
//!
//! Only forms are looked at: what is altered carries no signature that holds, so that whoever looks
//! at signatures first cannot be told from whoever has the bound.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::world::World;
use common::{Seeded, bytes, read};
use parasol_protocol::cbor::Malformed;
use parasol_protocol::ceremony::{Basis, Board, Plan};
use parasol_protocol::certificate::{Certificate, CertificateError};
use parasol_protocol::charter::{Chain, Charter};
use parasol_protocol::oprf::{KeyName, blind};
use parasol_protocol::record::{Rule, Unverified};
use parasol_protocol::time::Season;
use parasol_protocol::wire::EvaluateAsk;
use parasol_protocol::wire::client::{
    DirectoryReply, Evaluate, Evaluated, OwnAsk, OwnReply, PassOn, Publish, Published, TagsAsk,
    TagsReply,
};
use parasol_protocol::wire::peer::{Hello, Reply, Request};
use parasol_protocol::wire::sealed::{self, Question};
use serde_json::Value;
use std::collections::BTreeSet;

/// What is never read by itself: parts of other things, what is only hashed or signed, sealed
/// contents, and papers, which are read by crates that stand on this one.
const PARTS: &[&str] = &[
    "attachment-binding",
    "binding",
    "ceremony-complaint",
    "ceremony-deal",
    "ceremony-done",
    "ceremony-echo",
    "ceremony-join",
    "ceremony-stop",
    "delegation-request",
    "entries",
    "handles",
    "http-carried",
    "http-quota",
    "record-file",
    "sig-structure",
    "sign-structure",
    "summary",
    "trust-answer",
    "trust-graph",
    "vouched-kind",
    "words",
];

/// Nobody has signed: that is told as a signature that is missing. And a charter file of none as one
/// that does not begin with a first version.
const OTHERWISE: &[&str] = &[
    "certificate.cddl: certificate, bound 1, low",
    "charter.cddl: charter, bound 1, low",
    "charter.cddl: charter-file, bound 1, low",
];

/// The bytes of a case: pieces, each with how often it comes.
fn whole(case: &Value) -> Vec<u8> {
    let runs = case["runs"].as_array().unwrap().iter();
    runs.flat_map(|run| bytes(&run[0]).repeat(run[1].as_u64().unwrap().try_into().unwrap()))
        .collect()
}

/// What it is padded to inside the seal.
const QUESTION: usize = 320;
const REPLY: usize = 30_720 - 48;

/// As it is inside the seal. What is too long for that cannot be sent at all.
fn padded(mut bytes: Vec<u8>, size: usize) -> Option<Vec<u8>> {
    bytes.push(0x80);
    (bytes.len() <= size).then(|| {
        bytes.resize(size, 0);
        bytes
    })
}

struct Readers {
    world: World,
    chain: Chain,
    old: Value,
    plan: Value,
}

impl Readers {
    fn new() -> Self {
        let first = read("ok/chain.json")["charter"].clone();
        let ceremony = read("ok/ceremony.json")["cases"][0].clone();
        Self {
            world: World::new("parasol vectors 1"),
            chain: Chain::found(&bytes(&first)).unwrap(),
            old: ceremony["old"].clone(),
            plan: ceremony["plan"].clone(),
        }
    }

    fn certificate(&self, data: &[u8]) -> Result<Certificate, CertificateError> {
        Certificate::from_bytes(data, &self.world.charter, &self.world.directory)
    }

    fn refused_in_a_ceremony(&self, kind: &str, data: &[u8]) -> Option<bool> {
        let old = self.certificate(&bytes(&self.old)).unwrap();
        let basis = Basis::new(&self.world.charter, &self.world.directory, Some(&old));
        Some(match kind {
            "ceremony-plan" => {
                Plan::from_bytes(data, &basis).is_err_and(|e| e.word() == "malformed")
            }
            "ceremony-board" => Board::from_bytes(data, &basis).is_err(),
            "ceremony-message" => {
                let plan = Plan::from_bytes(&bytes(&self.plan), &basis).unwrap();
                let posted = Board::new(plan).post(data);
                posted.is_err_and(|e| e.word() == "message")
            }
            _ => return None,
        })
    }

    /// Whether this is refused, for whatever reason.
    fn refused_somehow(&self, kind: &str, data: &[u8]) -> bool {
        match kind {
            "certificate" => self.certificate(data).is_err(),
            "charter" => {
                Charter::from_bytes(data).is_err() && self.chain.clone().offer(data).is_err()
            }
            _ => Chain::salvage(data).is_err(),
        }
    }

    /// Whether the form of this is refused; nothing, if such a thing is not read by itself.
    fn refused(&self, kind: &str, data: Vec<u8>) -> Option<bool> {
        if kind.starts_with("ceremony-") {
            return self.refused_in_a_ceremony(kind, &data);
        }
        Some(match kind {
            "hello" => Hello::decode(&data).is_err_and(|e| e.code() == "shape"),
            "peer-request" => Request::decode(&data).is_err_and(|e| e.code() == "shape"),
            "peer-reply" => Reply::decode(&data).is_err_and(|e| e.code() == "shape"),
            "directory-reply" => DirectoryReply::decode(&data).is_err_and(|e| e.code() == "shape"),
            "evaluate" => Evaluate::decode(&data).is_err_and(|e| e.code() == "shape"),
            "evaluated" => Evaluated::decode(&data).is_err_and(|e| e.code() == "shape"),
            "pass-on" => PassOn::decode(&data).is_err_and(|e| e.code() == "shape"),
            "publish" => Publish::decode(&data).is_err_and(|e| e.code() == "shape"),
            "published" => Published::decode(&data).is_err_and(|e| e.code() == "shape"),
            "tags-ask" => TagsAsk::decode(&data).is_err_and(|e| e.code() == "shape"),
            "tags-reply" => TagsReply::decode(&data).is_err_and(|e| e.code() == "shape"),
            "own-ask" => OwnAsk::decode(&data).is_err_and(|e| e.code() == "shape"),
            "own-reply" => OwnReply::decode(&data).is_err_and(|e| e.code() == "shape"),
            "question" => padded(data, QUESTION)
                .is_none_or(|q| Question::decode(&q).is_err_and(|e| e.code() == "shape")),
            "reply" => padded(data, REPLY)
                .is_none_or(|r| sealed::Reply::decode(&r).is_err_and(|e| e.code() == "shape")),
            "record" => Unverified::parse(&data)
                .is_err_and(|e| matches!(e.rule, Rule::Encoding | Rule::Size | Rule::UnknownKind)),
            "charter" => {
                let code = |code: &str| matches!(code, "malformed" | "invalid");
                let first = Charter::from_bytes(&data).is_err_and(|e| code(e.code()));
                let later = self.chain.clone().offer(&data);
                first || later.is_err_and(|e| code(e.code()))
            }
            "charter-file" => Chain::salvage(&data).is_err_and(|e| e.code() == "malformed"),
            "certificate" => self
                .certificate(&data)
                .is_err_and(|e| matches!(e, CertificateError::Malformed(_))),
            _ => return None,
        })
    }
}

#[test]
fn what_is_one_beyond_a_bound_is_refused() {
    let readers = Readers::new();
    let file = read("bad/bounds.json");
    let mut taken = Vec::new();
    for case in file["cases"].as_array().unwrap() {
        let (kind, bound) = (
            case["type"].as_str().unwrap(),
            case["bound"].as_str().unwrap(),
        );
        if !read_here(kind, bound) {
            continue;
        }
        let data = whole(case);
        if OTHERWISE.contains(&bound) {
            assert!(readers.refused_somehow(kind, &data), "{bound}");
            continue;
        }
        match readers.refused(kind, data) {
            Some(true) => {}
            Some(false) => taken.push(bound),
            None => panic!("{kind} is read by nobody here"),
        }
    }
    assert!(taken.is_empty(), "{taken:#?}");
}

/// What the CDDL takes and a rule beside it does not. The same again and again stands in no order
/// and is no key of its own; a number has to do with another one; a plan on a board has to hold.
const FORBIDDEN: &[&str] = &[
    // An order, or each but once.
    "ceremony.cddl: plan-payload, bound 10, high",
    "ceremony.cddl: plan-payload, bound 7, high",
    "ceremony.cddl: seat, bound 1, low",
    "certificate.cddl: certificate, bound 1, high",
    "certificate.cddl: certificate-payload, bound 4, high",
    "certificate.cddl: shared-key, bound 2, high",
    "certificate.cddl: shared-key, bound 3, low",
    "charter.cddl: charter, bound 1, high",
    "charter.cddl: former, bound 1, high",
    "charter.cddl: later-version, bound 3, high",
    "charter.cddl: terms, bound 2, high",
    "charter.cddl: terms, bound 9, high",
    "peer.cddl: digests, bound 1, high",
    "peer.cddl: evaluate-ask, bound 2, high",
    "records.cddl: affirmation, bound 1, high",
    "records.cddl: report, bound 3, high",
    "records.cddl: revocation, bound 1, high",
    "records.cddl: vouch, bound 4, high",
    "records.cddl: vouch, bound 6, high",
    // Another number: how something is made, shares, a value and its bits.
    "ceremony.cddl: plan-payload, bound 11, high",
    "charter.cddl: organisation, bound 3, high",
    "charter.cddl: terms, bound 7, high",
    "sealed.cddl: question, bound 2, low",
    "sealed.cddl: question, bound 3, high",
    // What is inside: plans that hold, charters that follow each other.
    "ceremony.cddl: ceremony-board, bound 1, high",
    "ceremony.cddl: ceremony-board, bound 1, low",
    "ceremony.cddl: ceremony-board, bound 2, high",
    "ceremony.cddl: ceremony-board, bound 3, high",
    "ceremony.cddl: ceremony-board, bound 3, low",
    "charter.cddl: charter-file, bound 2, high",
    "charter.cddl: charter-file, bound 2, low",
];

/// How many cases of each file are read here. The others are `check.py`'s alone, and `validation.md`
/// says how many.
const READ: [(&str, usize); 2] = [("ok", 361), ("bad", 307)];

/// Whether something is read here: the bodies of ceremonies' messages are read behind the signature.
fn read_here(kind: &str, bound: &str) -> bool {
    !PARTS.contains(&kind) && (kind != "ceremony-message" || bound.contains("message-payload"))
}

#[test]
fn so_many_are_read_here_and_the_others_are_said_to_be_check_py_s_alone() {
    let text = std::fs::read_to_string(common::vectors().join("../validation.md")).unwrap();
    for (which, expected) in READ {
        let file = read(&format!("{which}/bounds.json"));
        let cases = file["cases"].as_array().unwrap();
        let here = cases
            .iter()
            .filter(|case| {
                read_here(
                    case["type"].as_str().unwrap(),
                    case["bound"].as_str().unwrap(),
                )
            })
            .count();
        assert_eq!(here, expected, "{which}");
        let said = format!(
            "{} of the {} of `{which}/bounds.json`",
            cases.len() - here,
            cases.len()
        );
        assert!(text.contains(&said), "{said}");
    }
}

/// Whatever is at a bound is taken up to it; messages, in the same bytes.
#[test]
fn what_is_at_a_bound_is_read_where_nothing_else_forbids_it() {
    let readers = Readers::new();
    let file = read("ok/bounds.json");
    let mut refused = BTreeSet::new();
    for case in file["cases"].as_array().unwrap() {
        let (kind, bound) = (
            case["type"].as_str().unwrap(),
            case["bound"].as_str().unwrap(),
        );
        if !read_here(kind, bound) {
            continue;
        }
        let data = whole(case);
        let taken = match again(kind, &data) {
            Some(again) => again.as_ref() == Ok(&data),
            None => match readers.refused(kind, data) {
                Some(refused) => !refused,
                None => panic!("{kind} is read by nobody here"),
            },
        };
        if !taken {
            refused.insert(bound);
        }
    }
    assert_eq!(refused, FORBIDDEN.iter().copied().collect());
}

/// A message read and written again; nothing, if it is none or goes in a seal.
fn again(kind: &str, data: &[u8]) -> Option<Result<Vec<u8>, Malformed>> {
    Some(match kind {
        "hello" => Hello::decode(data).map(|m| m.encode()),
        "peer-request" => Request::decode(data).map(|m| m.encode()),
        "peer-reply" => Reply::decode(data).map(|m| m.encode()),
        "directory-reply" => DirectoryReply::decode(data).map(|m| m.encode()),
        "evaluate" => Evaluate::decode(data).map(|m| m.encode()),
        "evaluated" => Evaluated::decode(data).map(|m| m.encode()),
        "pass-on" => PassOn::decode(data).map(|m| m.encode()),
        "publish" => Publish::decode(data).map(|m| m.encode()),
        "published" => Published::decode(data).map(|m| m.encode()),
        "tags-ask" => TagsAsk::decode(data).map(|m| m.encode()),
        "tags-reply" => TagsReply::decode(data).map(|m| m.encode()),
        "own-ask" => OwnAsk::decode(data).map(|m| m.encode()),
        "own-reply" => OwnReply::decode(data).map(|m| m.encode()),
        _ => return None,
    })
}

/// Lists that ascend: what is repeated, and where in it the numbers go, so that each is greater than the one
/// before. Beside those of [`FORBIDDEN`], which are refused for their order whatever the bound is.
const ASCENDING: &[(&str, &[usize])] = &[
    ("certificate.cddl: certificate, bound 1, high", &[9]),
    ("charter.cddl: charter, bound 1, high", &[9]),
    ("charter.cddl: former, bound 1, high", &[2]),
    ("charter.cddl: later-version, bound 3, high", &[2]),
    ("charter.cddl: terms, bound 2, high", &[3, 36]),
    ("charter.cddl: terms, bound 9, high", &[3]),
    ("peer.cddl: digests, bound 1, high", &[2]),
    ("records.cddl: affirmation, bound 1, high", &[2]),
    ("records.cddl: revocation, bound 1, high", &[2]),
    ("records.cddl: vouch, bound 6, high", &[]),
];

/// Countries that stand behind the areas of the vouch.
const COUNTRIES: &[u8] = b"GDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIR";

/// The bytes of a case, its repeated items counted upwards.
fn ascending(case: &Value, bound: &str, places: &[usize]) -> Vec<u8> {
    let mut all = Vec::new();
    for run in case["runs"].as_array().unwrap() {
        let (item, times) = (bytes(&run[0]), run[1].as_u64().unwrap());
        for n in 0..times {
            let mut item = item.clone();
            if times > 1 {
                count(&mut item, bound, places, n);
            }
            all.extend(item);
        }
    }
    all
}

fn count(item: &mut [u8], bound: &str, places: &[usize], n: u64) {
    let number = 0xff00_0000 + u32::try_from(n).unwrap();
    if let Some(key) = places.first() {
        item[*key..key + 4].copy_from_slice(&number.to_be_bytes());
    }
    if let Some(name) = places.get(1) {
        let letters = [5 + n / 676, n / 26 % 26, n % 26].map(|c| b'a' + u8::try_from(c).unwrap());
        item[*name..name + 3].copy_from_slice(&letters);
    }
    if bound.starts_with("records.cddl: vouch") {
        let n = usize::try_from(n).unwrap();
        item[1..].copy_from_slice(&COUNTRIES[2 * n..2 * n + 2]);
    }
}

#[test]
fn a_list_that_ascends_is_read_up_to_its_bound_and_no_further() {
    let readers = Readers::new();
    for (file, beyond) in [("ok/bounds.json", false), ("bad/bounds.json", true)] {
        let file = read(file);
        let cases = file["cases"].as_array().unwrap();
        for (bound, places) in ASCENDING {
            let case = cases.iter().find(|case| case["bound"] == *bound).unwrap();
            let data = ascending(case, bound, places);
            let kind = case["type"].as_str().unwrap();
            let got = readers.refused(kind, data);
            assert_eq!(got, Some(beyond), "{bound}");
        }
    }
}

#[test]
fn twelve_keys_are_asked_for_at_once_and_no_more() {
    let element = blind(&[b"x"], &mut Seeded::new("keys")).unwrap().elements()[0];
    let ask = |count: u32| {
        let seasons = (0..count).map(|n| KeyName::Handle(Season::from_index(8000 + n)));
        Request::Evaluate(EvaluateAsk {
            epoch: 3,
            keys: seasons.collect(),
            elements: vec![element],
        })
    };
    assert_eq!(Request::decode(&ask(12).encode()), Ok(ask(12)));
    assert_eq!(Request::decode(&ask(13).encode()), Err(Malformed::TooLarge));
}
