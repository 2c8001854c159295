//! The table of errors in `spec/07-http.md`, and the JSON of `spec/cddl/http.cddl`, held against a
//! node's answers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::testing::{Answer, open};
use crate::config::NodeConfig;
use crate::driver::{Stub, stub};
use crate::entropy::OsEntropy;
use crate::keys::NodeIdentity;
use crate::testing::Home;
use parasol_protocol::engine::Settings;
use parasol_protocol::ids::{Lock, NodeKey};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::RETRACTION_LIFE;
use parasol_protocol::oprf::{KeyName, blind};
use parasol_protocol::record::retraction::Retraction;
use parasol_protocol::record::vouch::{Scope, Vouch};
use parasol_protocol::record::{Body, Draft, Header, Signer, Verified};
use parasol_protocol::time::Day;
use parasol_protocol::wire::EvaluateAsk;
use parasol_protocol::wire::client::{Evaluate, PassOn, Publish, Wanted};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// A file of the specification.
fn spec(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec");
    std::fs::read_to_string(root.join(name)).unwrap()
}

/// What the table says: each status, with the words that go with it.
fn table() -> BTreeSet<(u16, String)> {
    let text = spec("07-http.md");
    let rows = text.lines().filter_map(|line| {
        let (status, words) = line.strip_prefix("| ")?.split_once(" | ")?;
        Some((status.parse().ok()?, words))
    });
    let words = rows.flat_map(|(status, words): (u16, &str)| {
        let quoted = words.split('`').skip(1).step_by(2);
        quoted.map(move |word| (status, word.to_owned()))
    });
    words.collect()
}

/// The examples of a type in `ok/http.json`.
fn examples(name: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(&spec("vectors/ok/http.json")).unwrap();
    let all = file["cases"].as_array().unwrap().iter();
    let of: Vec<Value> = all
        .filter(|case| case["type"] == name)
        .map(|case| case["json"].clone())
        .collect();
    assert!(!of.is_empty(), "no example of {name}");
    of
}

/// Whether an answer has the form of the examples: its fields are those of one, and of the types that
/// stand there.
fn fits(examples: &[&Value], real: &Value, at: &str) {
    match real {
        Value::Object(fields) => {
            let objects = || examples.iter().filter_map(|one| one.as_object());
            // What stands by name has any names.
            let by_name = at.ends_with(".records") || at.ends_with(".tables");
            let same = |one: &serde_json::Map<String, Value>| one.keys().eq(fields.keys());
            assert!(by_name || objects().any(same), "{at}: {real}");
            for (key, value) in fields {
                let named: Vec<&Value> = match by_name {
                    true => objects().flat_map(|one| one.values()).collect(),
                    false => objects().filter_map(|one| one.get(key)).collect(),
                };
                fits(&named, value, &format!("{at}.{key}"));
            }
        }
        Value::Array(items) => {
            let arrays = examples.iter().filter_map(|one| one.as_array());
            let inside: Vec<&Value> = arrays.flatten().collect();
            assert!(examples.iter().any(|one| one.is_array()), "{at}: {real}");
            for item in items {
                fits(&inside, item, at);
            }
        }
        _ => {
            let same = |one: &&Value| std::mem::discriminant(*one) == std::mem::discriminant(real);
            assert!(examples.iter().any(same), "{at}: {real}");
        }
    }
}

fn has_form(name: &str, answer: &Answer) -> Value {
    let (examples, real) = (examples(name), answer.json());
    fits(&examples.iter().collect::<Vec<_>>(), &real, name);
    real
}

/// A vouch that this root signs.
fn vouch(home: &Home, root: &SecretKey, slot: u32, change: impl FnOnce(&mut Header)) -> Vec<u8> {
    let today = crate::clock::Clock::default().now().day();
    let mut header = Header {
        organisation: root.organisation(),
        signer: Signer::Root,
        issued: today,
        expires: today.plus(30),
        slot,
    };
    change(&mut header);
    let body = Body::Vouch(Vouch {
        subject: home.roots[1].organisation(),
        budget: 0,
        number: slot,
        scope: Scope::everything(),
    });
    let identity = NodeIdentity::read(&home.dir).unwrap();
    let signed = Draft { header, body }.sign(identity.charter.federation(), root);
    signed.unwrap().bytes().to_vec()
}

/// A retraction that the node itself signs.
fn retraction_by_node(home: &Home) -> Vec<u8> {
    let identity = NodeIdentity::read(&home.dir).unwrap();
    let today = crate::clock::Clock::default().now().day();
    let key = &identity.keys.record;
    let header = Header {
        organisation: identity.organisation,
        signer: Signer::Node(key.node()),
        issued: today,
        expires: today.plus(RETRACTION_LIFE),
        slot: 40,
    };
    let lock = Lock::from_bytes([1; 32]);
    let body = Body::Retraction(Retraction { lock, proof: None });
    let signed = Draft { header, body }.sign(identity.charter.federation(), key);
    signed.unwrap().bytes().to_vec()
}

fn an_ask() -> Vec<u8> {
    let blinded = blind(&[b"a name".as_slice()], &mut OsEntropy).unwrap();
    let ask = EvaluateAsk {
        epoch: 1,
        keys: vec![KeyName::Bucket],
        elements: blinded.elements().to_vec(),
    };
    let except = Vec::new();
    Evaluate { ask, except }.encode()
}

fn a_publication() -> Vec<u8> {
    let lock = Lock::from_bytes([1; 32]);
    let body = Body::Retraction(Retraction { lock, proof: None });
    let expires = Day::from_number(30_000);
    Publish(vec![Wanted { expires, body }]).encode()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_error_of_the_table_is_answered_with_its_body_and_no_other() {
    let home = Home::start(Settings::default(), |store| store).await;
    let door = open(&home, home.driver.clone(), |_| ()).await;
    let mut seen = BTreeSet::new();
    let mut told = |answer: Answer, status: u16, code: &str| {
        assert_eq!(answer.status, status, "{code}: {}", answer.head);
        let body = has_form("http-error", &answer);
        assert_eq!(body["error"]["code"], code);
        assert!(!body["error"]["message"].as_str().unwrap().is_empty());
        let again = body["error"]["retry_after"].as_u64();
        let header = again.map(|seconds| format!("\r\nretry-after: {seconds}\r\n"));
        let head = format!("{}\r\n", answer.head);
        match header {
            Some(header) => assert!(head.contains(&header), "{code}: {head}"),
            None => assert!(!head.contains("retry-after"), "{code}: {head}"),
        }
        for always in ["cache-control: no-store", "x-content-type-options: nosniff"] {
            assert!(head.contains(always), "{code}: {head}");
        }
        // Which rule a record breaks, validation.md has.
        let code = if status == 422 { "validation.md" } else { code };
        seen.insert((status, code.to_owned()));
    };

    for path in ["evaluate", "sealed", "publish", "records", "tags", "own"] {
        let path = format!("/v1/{path}");
        told(door.post(&path, b"\xff").await, 400, "malformed");
        let call = format!("POST {path}");
        told(door.say(&call, None, b"\xff").await, 401, "token");
        told(door.say(&call, Some("guessed"), b"").await, 401, "token");
    }
    told(door.get("/v1/records/xyz").await, 400, "malformed");
    told(door.get("/v1/nothing").await, 404, "no-such-call");
    told(
        door.get("/v1/records/00000000").await,
        404,
        "no-such-record",
    );

    // What is no record by its form is malformed; any other rule is named.
    let mut cut = vouch(&home, &home.roots[0], 40, |_| ());
    cut.pop();
    told(door.post("/v1/records", &cut).await, 400, "malformed");
    let stranger = SecretKey::generate(&mut OsEntropy);
    let strange = vouch(&home, &stranger, 40, |_| ());
    let answer = door.post("/v1/records", &strange).await;
    told(answer, 422, "unknown-organisation");
    let mut forged = vouch(&home, &home.roots[0], 40, |_| ());
    *forged.last_mut().unwrap() ^= 1;
    told(door.post("/v1/records", &forged).await, 422, "signature");
    let long = vouch(&home, &home.roots[0], 40, |h| {
        h.expires = h.issued.plus(800)
    });
    told(door.post("/v1/records", &long).await, 422, "life");
    // What comes before its day is kept, and that is said.
    let early = vouch(&home, &home.roots[0], 41, |h| h.issued = h.issued.plus(3));
    let answer = door.post("/v1/records", &early).await;
    assert!(
        answer.json()["error"]["message"]
            .to_string()
            .contains("waits in this node's memory")
    );
    told(answer, 422, "future");
    // Its papers took the first slots of the day.
    let second = vouch(&home, &home.roots[0], 0, |_| ());
    told(door.post("/v1/records", &second).await, 422, "slot-taken");
    let large = vec![0; 9000];
    told(door.post("/v1/records", &large).await, 422, "size");

    // A sound record is none for this call if a node signed it.
    let by_node = retraction_by_node(&home);
    let identity = NodeIdentity::read(&home.dir).unwrap();
    Verified::from_bytes(&by_node, identity.charter.federation()).unwrap();
    told(
        door.post("/v1/records", &by_node).await,
        422,
        "wrong-signer",
    );

    let nobody = PassOn {
        to: NodeKey::from_bytes([9; 32]),
        sealed: vec![0; 368],
    };
    let answer = door.post("/v1/sealed", &nobody.encode()).await;
    told(answer, 502, "unreachable");
    // Itself does not open it either.
    let to = NodeIdentity::read(&home.dir).unwrap().keys.record.node();
    let here = PassOn { to, ..nobody };
    let answer = door.post("/v1/sealed", &here.encode()).await;
    told(answer, 502, "unreachable");

    let rare = |config: &mut NodeConfig| {
        config.rates.burst = 1;
        config.rates.requests_per_minute = 1;
    };
    let door = open(&home, home.driver.clone(), rare).await;
    assert_eq!(door.get("/v1/quota").await.status, 200);
    told(door.get("/v1/quota").await, 429, "rate");
    let none = |config: &mut NodeConfig| config.rates.evaluations_per_member = Some(0);
    let door = open(&home, home.driver.clone(), none).await;
    let answer = door.post("/v1/evaluate", &an_ask()).await;
    told(answer, 429, "member-quota");

    let two = stub(Stub::Finds(vec![vec![1], vec![2]]));
    let door = open(&home, two, |_| ()).await;
    told(door.get("/v1/records/00000000").await, 409, "ambiguous");
    for (how, status, code) in [
        (Stub::Gone, 503, "stopping"),
        (Stub::Unusable, 503, "store"),
        (Stub::Full, 507, "disk-full"),
    ] {
        let door = open(&home, stub(how), |_| ()).await;
        let answer = door.post("/v1/publish", &a_publication()).await;
        told(answer, status, code);
    }
    assert_eq!(seen, table());
}

/// Another method, too large a body and a wait that is too long say what they are by their status.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_errors_have_no_body_of_that_form() {
    let home = Home::start(Settings::default(), |store| store).await;
    let small = |config: &mut NodeConfig| config.limits.request_bytes = 1000;
    let door = open(&home, home.driver.clone(), small).await;
    let impatient = |config: &mut NodeConfig| config.limits.request_seconds = 1;
    let slow = open(&home, stub(Stub::Deaf), impatient).await;
    for (answer, status) in [
        (door.get("/v1/publish").await, 405),
        (door.post("/v1/directory", b"").await, 405),
        (door.say("DELETE /v1/status", None, b"").await, 405),
        (door.post("/v1/publish", &[0; 1001]).await, 413),
        (slow.get("/v1/directory").await, 504),
    ] {
        assert_eq!(answer.status, status, "{}", answer.head);
        let json = serde_json::from_slice::<Value>(&answer.body);
        assert!(json.is_err(), "{status}: {json:?}");
        assert!(answer.head.contains("cache-control: no-store"), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_answered_in_json_has_the_form_of_the_examples() {
    let home = Home::start(Settings::default(), |store| store).await;
    let door = open(&home, home.driver.clone(), |_| ()).await;
    has_form("http-status", &door.say("GET /v1/status", None, b"").await);
    has_form("http-status-inside", &door.get("/v1/status").await);
    has_form("http-store", &door.get("/v1/store").await);
    let known = vouch(&home, &home.roots[0], 40, |_| ());
    for new in [true, false] {
        let answer = door.post("/v1/records", &known).await;
        assert_eq!(has_form("http-carried", &answer)["new"], new);
    }
    has_form("http-quota", &door.get("/v1/quota").await);
    // Where a figure for each is set the day is divided.
    let each = |config: &mut NodeConfig| config.rates.evaluations_per_member = Some(3);
    let door = open(&home, home.driver.clone(), each).await;
    let divided = has_form("http-quota", &door.get("/v1/quota").await);
    assert_eq!(divided["left"], 3);
}
