//! What lies one beyond a bound of the CDDL, `spec/vectors/bad/bounds.json`, nobody reads.
//!
//! Only forms are looked at: what is altered carries no signature that holds, so that whoever looks
//! at signatures first cannot be told from whoever has the bound.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::world::World;
use common::{bytes, read};
use parasol_protocol::ceremony::{Basis, Board, Plan};
use parasol_protocol::certificate::{Certificate, CertificateError};
use parasol_protocol::charter::{Chain, Charter};
use parasol_protocol::record::{Rule, Unverified};
use parasol_protocol::wire::client::{
    DirectoryReply, Evaluate, Evaluated, OwnAsk, OwnReply, PassOn, Publish, Published, TagsAsk,
    TagsReply,
};
use parasol_protocol::wire::peer::{Hello, Reply, Request};
use parasol_protocol::wire::sealed::{self, Question};
use serde_json::Value;
use std::collections::BTreeMap;

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
            "hello" => Hello::decode(&data).is_err(),
            "peer-request" => Request::decode(&data).is_err(),
            "peer-reply" => Reply::decode(&data).is_err(),
            "directory-reply" => DirectoryReply::decode(&data).is_err(),
            "evaluate" => Evaluate::decode(&data).is_err(),
            "evaluated" => Evaluated::decode(&data).is_err(),
            "pass-on" => PassOn::decode(&data).is_err(),
            "publish" => Publish::decode(&data).is_err(),
            "published" => Published::decode(&data).is_err(),
            "tags-ask" => TagsAsk::decode(&data).is_err(),
            "tags-reply" => TagsReply::decode(&data).is_err(),
            "own-ask" => OwnAsk::decode(&data).is_err(),
            "own-reply" => OwnReply::decode(&data).is_err(),
            "question" => padded(data, QUESTION).is_none_or(|q| Question::decode(&q).is_err()),
            "reply" => padded(data, REPLY).is_none_or(|r| sealed::Reply::decode(&r).is_err()),
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
    let (mut taken, mut seen) = (Vec::new(), BTreeMap::<&str, usize>::new());
    for case in file["cases"].as_array().unwrap() {
        let (kind, bound) = (
            case["type"].as_str().unwrap(),
            case["bound"].as_str().unwrap(),
        );
        if kind == "ceremony-message" && !bound.contains("message-payload") {
            // Bodies are read behind the signature.
            continue;
        }
        *seen.entry(kind).or_default() += 1;
        let data = whole(case);
        if OTHERWISE.contains(&bound) {
            assert!(readers.refused_somehow(kind, &data), "{bound}");
            continue;
        }
        match readers.refused(kind, data) {
            Some(true) => {}
            Some(false) => taken.push(bound),
            None => assert!(PARTS.contains(&kind), "{kind} is read by nobody here"),
        }
    }
    assert!(taken.is_empty(), "{taken:#?}");
    let read_here = seen.iter().filter(|(kind, _)| !PARTS.contains(kind));
    assert!(read_here.map(|(_, n)| n).sum::<usize>() > 150, "{seen:?}");
}

/// Messages without order, points or signatures in them are taken up to their bounds, in the same bytes.
#[test]
fn what_is_at_a_bound_is_read_where_nothing_else_forbids_it() {
    let file = read("ok/bounds.json");
    let mut read = 0;
    for case in file["cases"].as_array().unwrap() {
        let data = whole(case);
        let again = match case["type"].as_str().unwrap() {
            "tags-ask" => TagsAsk::decode(&data).map(|m| m.encode()),
            "tags-reply" => TagsReply::decode(&data).map(|m| m.encode()),
            "published" => Published::decode(&data).map(|m| m.encode()),
            "pass-on" => PassOn::decode(&data).map(|m| m.encode()),
            "own-ask" => OwnAsk::decode(&data).map(|m| m.encode()),
            "hello" => Hello::decode(&data).map(|m| m.encode()),
            _ => continue,
        };
        assert_eq!(again.as_ref(), Ok(&data), "{}", case["bound"]);
        read += 1;
    }
    assert!(read > 10, "{read}");
}
