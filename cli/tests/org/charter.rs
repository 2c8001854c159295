//! A charter that changes by files: from hand to hand, with another root in it, and in two that contradict.

use crate::common::place::Place;
use crate::common::program::{json, refused, run, text};
use crate::common::words::{delegate, propose, sign};
use crate::read;
use parasol_protocol::charter::Chain;
use parasol_protocol::record::Body;
use serde_json::Value;
use std::fs;

/// The id of the only proposal in a charter's file.
fn proposed_in(file: &str) -> String {
    let status = json(&["charter", "status", file]);
    let pending = status["pending"].as_array().unwrap();
    assert_eq!(pending.len(), 1, "{status}");
    pending[0]["id"].as_str().unwrap().to_owned()
}

/// A root signs one version of a number, in whatever file it is asked.
#[test]
fn a_root_knows_what_it_signed_in_another_file() {
    let place = Place::with_federation();
    let given = format!("{}/charter.cbor", place.node("lilas"));
    let (a, b) = (place.at("a"), place.at("b"));
    let (lilas, rowan) = (place.root("lilas"), place.root("rowan"));
    let draft = text(&["charter", "show", &given, "--draft"]);
    for (file, budget) in [(&a, "budget = 3"), (&b, "budget = 4")] {
        fs::copy(&given, file).unwrap();
        let changed = place.at(budget);
        fs::write(&changed, draft.replacen("budget = 12", budget, 1)).unwrap();
    }
    let draft = |budget: &str| place.at(budget);
    json(&propose(&draft("budget = 3"), &a, &lilas, &[]));
    // The other file knows nothing of it; the root does.
    let before = fs::read(&b).unwrap();
    let rival = propose(&draft("budget = 4"), &b, &lilas, &[]);
    assert_eq!(refused(&rival), ("signed-another".to_owned(), 5));
    assert_eq!(fs::read(&b).unwrap(), before);
    // Nor does it sign what another has proposed there.
    json(&propose(&draft("budget = 4"), &b, &rowan, &[]));
    let before = fs::read(&b).unwrap();
    let id = proposed_in(&b);
    let rival = sign(&id, &b, &lilas);
    assert_eq!(refused(&rival), ("signed-another".to_owned(), 5));
    assert_eq!(fs::read(&b).unwrap(), before);
    // The same version in a third file is the same signature, and is written down once.
    let third = place.at("third");
    fs::copy(&a, &third).unwrap();
    let id = proposed_in(&a);
    json(&sign(&id, &third, &lilas));
    let journal = fs::read_to_string(format!("{lilas}.signed")).unwrap();
    assert_eq!(journal.matches(" charter 2 ").count(), 1, "{journal}");
    // Divided in good faith, they go on by a version upon one that sets the other aside.
    text(&["charter", "take", &b, "--charter", &a]);
    let upon = json(&["charter", "status", &a])["pending"][0]["id"].clone();
    let upon = upon.as_str().unwrap();
    let out = propose("-", &a, &lilas, &["--upon", upon]);
    let out = json(&out)["signed"].as_str().unwrap().to_owned();
    let by_rowan = sign(&out, &a, &rowan);
    assert_eq!(json(&by_rowan)["status"]["version"], 3);
}

/// Propose, carry the file around, sign, take.
#[test]
fn a_change_of_the_charter_goes_from_hand_to_hand() {
    let place = Place::with_federation();
    let file = place.at("charter");
    let lilas = place.node("lilas");
    fs::copy(format!("{lilas}/charter.cbor"), &file).unwrap();
    let draft = text(&["charter", "show", &file, "--draft"]);
    let changed = draft.replacen("report = 730", "report = 365", 1);
    assert_ne!(changed, draft);
    fs::write(place.path("draft.toml"), changed).unwrap();
    let proposed = json(&propose(
        &place.at("draft.toml"),
        &file,
        &place.root("lilas"),
        &[],
    ));
    assert_eq!(proposed["status"]["version"], 1);
    assert_eq!(proposed["status"]["pending"][0]["needed"], 2);
    let again = propose("-", &file, &place.root("lilas"), &[]);
    assert_eq!(refused(&again), ("signed-another".to_owned(), 5));
    // One signature changes nothing, wherever it is taken in.
    text(&["charter", "take", &file, "--charter", &lilas]);
    assert_eq!(read(&lilas).charter.version(), 1);
    let signed = json(&sign(&proposed_in(&file), &file, &place.root("rowan")));
    assert_eq!(signed["status"]["version"], 2);
    for name in ["lilas", "rowan", "ryabina"] {
        text(&["charter", "take", &file, "--charter", &place.node(name)]);
        let node = read(&place.node(name));
        assert_eq!(node.charter.version(), 2);
        assert_eq!(node.charter.terms().lives.report, 365);
    }
    assert!(text(&["charter", "show", &lilas]).contains("report 365"));
    let status = text(&["charter", "status", &lilas]);
    assert!(status.starts_with("Version 2 counts"), "{status}");
    // Nobody else's root is asked, and a rule that is broken is named before anything is signed.
    text(&[
        "org",
        "init",
        &place.at("stranger.key"),
        "--words-to",
        &place.at("w"),
    ]);
    let stranger = propose("-", &file, &place.at("stranger.key"), &[]);
    assert_eq!(refused(&stranger), ("not-asked".to_owned(), 3));
    fs::write(
        place.path("bad.toml"),
        draft.replacen("threshold = 2", "threshold = 1", 1),
    )
    .unwrap();
    let bad = propose(&place.at("bad.toml"), &file, &place.root("rowan"), &[]);
    assert_eq!(refused(&bad), ("charter-threshold".to_owned(), 3));
}

/// A lost or stolen root: the others put a new one in its place.
#[test]
fn a_root_is_replaced_by_the_others() {
    let place = Place::with_federation();
    let file = place.at("charter");
    fs::copy(format!("{}/charter.cbor", place.node("lilas")), &file).unwrap();
    let ryabina = read(&place.node("ryabina"));
    let key = ryabina.keys.record.node();
    let stays = ryabina.trust.iter().find(|r| match r.body() {
        Body::Delegation(d) => d.terms.record_key == key,
        _ => false,
    });
    let stays = stays.unwrap().id().to_string();
    let new = json(&["org", "init", &place.at("new.key"), "--show-words"]);
    let new = new["organisation"].as_str().unwrap().to_owned();
    let replace = format!("ryabina={new}");
    let proposed = json(&propose(
        "-",
        &file,
        &place.root("lilas"),
        &["--replace", &replace, "--stays", &stays],
    ));
    let pending = &proposed["status"]["pending"][0];
    assert_eq!(pending["must_sign"][0], "ryabina");
    // Nobody signs what they have not seen.
    let changes = pending["changes"].as_array().unwrap();
    assert!(
        changes
            .iter()
            .any(|c| c["after"].as_str().is_some_and(|a| a.contains(&new)))
    );
    let unseen = [
        "charter",
        "sign",
        "--charter",
        &file,
        "--root",
        &place.root("rowan"),
    ];
    assert_eq!(refused(&unseen).1, 2);
    json(&sign(&proposed_in(&file), &file, &place.root("rowan")));
    // Nobody is made a member against its will: the new root signs too.
    let chain = |file: &str| Chain::from_bytes(&fs::read(file).unwrap()).unwrap();
    assert_eq!(chain(&file).current().version(), 1);
    json(&sign(&proposed_in(&file), &file, &place.at("new.key")));
    assert_eq!(chain(&file).current().version(), 2);
    let node = place.node("ryabina");
    text(&["charter", "take", &file, "--charter", &node]);
    // The node goes on under its old delegation, for the successor, with its share of the keys.
    let still = read(&node);
    assert_eq!(still.shares.len(), ryabina.shares.len());
    let today = parasol_node::clock::Clock::default().now().day();
    let nodes = still.directory().nodes(today);
    assert_eq!(nodes[&key].organisation.to_string(), new);
    // The new root renews it; the old one signs for nobody any more.
    text(&["node", "request", &node]);
    let (request, answer) = (format!("{node}/request"), place.at("answer"));
    let thief = delegate(&request, &place.root("ryabina"), &answer, &[]);
    assert_eq!(refused(&thief), ("another-organisation".to_owned(), 3));
    text(&delegate(&request, &place.at("new.key"), &answer, &[]));
    text(&["node", "take", &node, &answer]);
    assert_eq!(read(&node).organisation.to_string(), new);
    // What the thief signs with the old root is refused by name.
    let out = place.at("thief");
    let rowan_key = read(&place.node("rowan")).keys.record.node().to_string();
    let old_charter = format!("{}/charter.cbor", place.node("rowan"));
    text(&[
        "org",
        "revoke",
        &rowan_key,
        "--root",
        &place.root("ryabina"),
        "--charter",
        &old_charter,
        "--keep-none",
        "--out",
        &out,
    ]);
    let refused = run(&["node", "take", &node, &out]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("was replaced by the charter"), "{said}");
}

/// Two versions of one number, each signed by more than half: an alarm, and the way out.
#[test]
fn a_fork_is_an_alarm_and_has_a_way_out() {
    let place = Place::with_federation();
    let given = format!("{}/charter.cbor", place.node("lilas"));
    let (a, b) = (place.at("a"), place.at("b"));
    let roots = ["lilas", "rowan", "ryabina"].map(|n| place.root(n));
    // A second copy of rowan's root, which knows nothing of what the first one signs: as a thief has it.
    let stray = place.at("stray.key");
    fs::copy(&roots[1], &stray).unwrap();
    let draft = text(&["charter", "show", &given, "--draft"]);
    let signing = [
        (&a, "budget = 3", [&roots[0], &roots[1]]),
        (&b, "budget = 4", [&stray, &roots[2]]),
    ];
    for (file, budget, by) in signing {
        fs::copy(&given, file).unwrap();
        let changed = place.at("draft.toml");
        fs::write(&changed, draft.replacen("budget = 12", budget, 1)).unwrap();
        text(&propose(&changed, file, by[0], &[]));
        text(&sign(&proposed_in(file), file, by[1]));
        assert_eq!(json(&["charter", "status", file])["version"], 2);
    }
    let upon = json(&["charter", "status", &a])["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let said = text(&["charter", "take", &b, "--charter", &a]);
    assert!(said.contains("ALARM") && said.contains("rowan"), "{said}");
    let status = json(&["charter", "status", &a]);
    assert_eq!(status["version"], 1);
    assert_eq!(status["fork"]["rivals"].as_array().unwrap().len(), 2);
    assert_eq!(status["fork"]["signed_several"][0], "rowan");
    let blind = propose("-", &a, &roots[0], &[]);
    assert_eq!(refused(&blind), ("fork".to_owned(), 3));
    let out = json(&propose("-", &a, &roots[0], &["--upon", &upon]));
    let id = out["signed"].as_str().unwrap().to_owned();
    assert_eq!(out["status"]["version"], 1);
    let out = json(&sign(&id, &a, &roots[2]));
    assert_eq!(out["status"]["version"], 3);
    assert_eq!(out["status"]["fork"], Value::Null);
}
