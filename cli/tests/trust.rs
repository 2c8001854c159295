//! `trust` with a graph of vouches in a file, without a federation.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

fn eval(graph: &str, json: bool) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parasol"));
    command.args(["trust", "eval", "--graph", "-"]);
    if json {
        command.arg("--json");
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(graph.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn answer(graph: &Value) -> Value {
    let output = eval(&graph.to_string(), true);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn it_says_who_is_in_and_what_is_ignored() {
    let graph = json!({
        "roots": [{"name": "ours", "budget": 3}, {"name": "theirs", "budget": 1}],
        "vouches": [
            {"from": "ours", "to": "elm", "budget": 1, "slot": 1},
            {"from": "theirs", "to": "elm", "budget": 0, "slot": 1},
            {"from": "elm", "to": "ash", "budget": 0, "slot": 1},
            {"from": "ours", "to": "oak", "budget": 4, "slot": 2},
            {"from": "elm", "to": "elm", "budget": 9, "slot": 2},
            {"from": "nobody", "to": "oak", "budget": 0, "slot": 1},
            {"from": "theirs", "to": "ash", "budget": 0, "slot": 7},
            {"from": "theirs", "to": "oak", "budget": 0, "slot": 7},
        ],
    });
    let answer = answer(&graph);
    assert_eq!(
        answer["accepted"],
        json!([
            {"name": "ash", "budget": 0, "level": 1, "distance": 2},
            {"name": "elm", "budget": 1, "level": 2, "distance": 1},
            {"name": "ours", "budget": 3, "level": 3, "distance": 0},
            {"name": "theirs", "budget": 1, "level": 3, "distance": 0},
        ])
    );
    let ignored: Vec<String> = answer["ignored"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| format!("{} {} {}", v["from"], v["to"], v["why"]).replace('"', ""))
        .collect();
    assert_eq!(
        ignored,
        [
            "elm elm oneself",
            "nobody oak issuer-not-accepted",
            "ours oak over-budget",
            "theirs ash slot-twice",
            "theirs oak slot-twice",
        ]
    );
    let text = String::from_utf8(eval(&graph.to_string(), false).stdout).unwrap();
    assert!(text.contains("elm: level 2, 1 step from a root, may bring in 1"));
    assert!(text.contains("it costs 7, and its issuer has 3"), "{text}");
}

/// The vectors that other implementations are held to, through the program itself.
#[test]
fn it_answers_as_the_vectors_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/vectors/ok/trust.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for case in file["cases"].as_array().unwrap() {
        let mut answer = answer(&case["graph"]);
        for one in answer["ignored"].as_array_mut().unwrap() {
            let text = one.as_object_mut().unwrap().remove("text");
            assert!(!text.unwrap().as_str().unwrap().is_empty());
        }
        let wanted = json!({"accepted": case["accepted"], "ignored": case["ignored"]});
        assert_eq!(answer, wanted, "{}", case["name"]);
    }
}

#[test]
fn a_graph_without_vouches_has_its_roots() {
    let only = json!({"roots": [{"name": "ours", "budget": 3}], "vouches": []});
    assert_eq!(answer(&only)["accepted"].as_array().unwrap().len(), 1);
    let none = answer(&json!({"roots": [], "vouches": []}));
    assert_eq!(none, json!({"accepted": [], "ignored": []}));
}

#[test]
fn what_is_no_graph_is_refused_and_says_how() {
    for (graph, said) in [
        ("", "line 1"),
        ("[]", "not a graph of vouches"),
        (r#"{"roots": []}"#, "vouches"),
        (
            r#"{"roots": [{"name": "a", "budget": -1}], "vouches": []}"#,
            "-1",
        ),
        (
            r#"{"roots": [], "vouches": [{"from": "a", "to": "b", "budget": 0}]}"#,
            "slot",
        ),
        (r#"{"roots": [], "vouches": [], "more": 1}"#, "more"),
    ] {
        let output = eval(graph, true);
        assert_eq!(output.status.code(), Some(3), "{graph}");
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        let message = error["error"]["message"].as_str().unwrap();
        assert!(message.contains(said), "{graph}: {message}");
        assert!(error["error"]["next"].is_string());
    }
}

/// A file in a directory that goes when it is dropped.
fn file(name: &str, contents: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, contents).unwrap();
    (dir, path)
}

fn trust(words: &[&str], graph: &std::path::Path, json: bool) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parasol"));
    command.arg("trust").args(words).arg("--graph").arg(graph);
    if json {
        command.arg("--json");
    }
    command.stdin(Stdio::null()).output().unwrap()
}

fn friends() -> Value {
    json!({
        "roots": [{"name": "ours", "budget": 9}, {"name": "theirs", "budget": 9}],
        "vouches": [
            {"from": "ours", "to": "elm", "budget": 2, "slot": 1},
            {"from": "theirs", "to": "elm", "budget": 0, "slot": 1},
            {"from": "elm", "to": "ash", "budget": 1, "slot": 1},
            {"from": "elm", "to": "oak", "budget": 0, "slot": 2},
            {"from": "stranger", "to": "oak", "budget": 0, "slot": 1},
            {"from": "ash", "to": "<b>&", "budget": 0, "slot": 1},
        ],
    })
}

#[test]
fn it_explains_what_was_used_and_what_was_not() {
    let (_dir, path) = file("graph.json", &friends().to_string());
    let output = trust(&["explain", "oak"], &path, true);
    let oak: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(oak["accepted"], false);
    let why: Vec<&str> = oak["ignored"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["why"].as_str().unwrap())
        .collect();
    assert_eq!(why, ["over-budget", "issuer-not-accepted"]);
    let text = String::from_utf8(trust(&["explain", "ELM"], &path, false).stdout).unwrap();
    for said in [
        "elm is in: vouched for on two ways that share nobody",
        "way: ours → elm",
        "used: theirs vouches for elm",
        "gives: elm vouches for oak",
        "without effect, with those in earlier slots it costs 3",
    ] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
    let output = trust(&["explain", "nobody"], &path, true);
    assert_eq!(output.status.code(), Some(3));
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["error"]["code"], "unknown-organisation");
    let (_dir, none) = file("none.json", r#"{"roots": [], "vouches": []}"#);
    let output = trust(&["explain", "nobody"], &none, true);
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    let next = error["error"]["next"].as_str().unwrap();
    assert!(next.contains("neither roots nor vouches"), "{next}");
}

#[test]
fn a_picture_is_whole_quiet_and_names_everybody() {
    let (dir, path) = file("graph.json", &friends().to_string());
    let svg = dir.path().join("graph.svg");
    let output = trust(&["graph", "--out", svg.to_str().unwrap()], &path, false);
    assert!(output.status.success(), "{output:?}");
    let picture = std::fs::read_to_string(&svg).unwrap();
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>"));
    for said in [
        "ours",
        "theirs",
        "elm",
        "ash",
        "●●○",
        "over budget",
        "&lt;b&gt;&amp;",
    ] {
        assert!(picture.contains(said), "{said} is not in the picture");
    }
    // Nothing runs in it and nothing is fetched.
    for bad in [
        "<script", "href", "url(http", "@import", "<image", "onload", "<b>",
    ] {
        assert!(!picture.contains(bad), "{bad}");
    }
    let (_dir, none) = file("none.json", r#"{"roots": [], "vouches": []}"#);
    assert!(trust(&["graph"], &none, false).status.success());
}

#[test]
fn what_would_change_is_said_and_nothing_else() {
    let (_dir, path) = file("graph.json", &friends().to_string());
    let more = json!({"vouches": [
        {"from": "theirs", "to": "oak", "budget": 3, "slot": 2},
        {"from": "oak", "to": "ivy", "budget": 9, "slot": 1},
    ]});
    let (_other, vouches) = file("more.json", &more.to_string());
    let words = ["try", vouches.to_str().unwrap()];
    let answer: Value = serde_json::from_slice(&trust(&words, &path, true).stdout).unwrap();
    let changes = answer["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{answer}");
    assert_eq!(changes[0]["name"], "oak");
    assert_eq!(changes[0]["before"], Value::Null);
    assert_eq!(changes[0]["after"]["budget"], 3);
    assert_eq!(answer["ignored"].as_array().unwrap().len(), 1, "{answer}");
    let text = String::from_utf8(trust(&words, &path, false).stdout).unwrap();
    assert!(text.contains("oak comes in"), "{text}");
    let (_bad, bad) = file("bad.json", r#"{"vouches": 3}"#);
    let output = trust(&["try", bad.to_str().unwrap()], &path, true);
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn show_names_all_the_nearest_first() {
    let (_dir, path) = file("graph.json", &friends().to_string());
    let answer: Value = serde_json::from_slice(&trust(&["show"], &path, true).stdout).unwrap();
    let all: Vec<(&str, bool)> = answer["organisations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| {
            (
                o["name"].as_str().unwrap(),
                o["accepted"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        all,
        [
            ("ours", true),
            ("theirs", true),
            ("elm", true),
            ("ash", true),
            ("<b>&", true),
            ("oak", false),
            ("stranger", false),
        ]
    );
}

#[test]
fn a_loop_leads_nobody_in_and_a_name_that_nobody_knows_is_no_error() {
    let graph = json!({
        "roots": [{"name": "ours", "budget": 1}, {"name": "unheard of", "budget": 4}],
        "vouches": [
            {"from": "a", "to": "b", "budget": 9, "slot": 1},
            {"from": "b", "to": "c", "budget": 8, "slot": 1},
            {"from": "c", "to": "a", "budget": 7, "slot": 1},
        ],
    });
    let answer = answer(&graph);
    assert_eq!(answer["accepted"].as_array().unwrap().len(), 2);
    let ignored = answer["ignored"].as_array().unwrap();
    assert!(ignored.len() == 3 && ignored.iter().all(|v| v["why"] == "issuer-not-accepted"));
}

#[test]
fn a_million_vouches_are_worked_through() {
    use std::fmt::Write as _;
    // Three roots vouch for a thousand; each of those for a thousand more, of whom all are the same.
    let mut text = String::from(r#"{"roots":["#);
    for root in 0..3 {
        let comma = if root > 0 { "," } else { "" };
        write!(text, r#"{comma}{{"name":"r{root}","budget":2000000}}"#).unwrap();
    }
    text.push_str(r#"],"vouches":["#);
    for root in 0..3 {
        for key in 0..1000 {
            let comma = if root + key > 0 { "," } else { "" };
            write!(
                text,
                r#"{comma}{{"from":"r{root}","to":"a{key}","budget":1000,"slot":{key}}}"#
            )
            .unwrap();
        }
    }
    for from in 0..1000 {
        for to in 0..997 {
            write!(
                text,
                r#",{{"from":"a{from}","to":"b{to}","budget":0,"slot":{to}}}"#
            )
            .unwrap();
        }
    }
    text.push_str("]}");
    let (_dir, path) = file("large.json", &text);
    let output = trust(&["eval"], &path, true);
    assert!(output.status.success());
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let accepted = answer["accepted"].as_array().unwrap();
    assert_eq!(accepted.len(), 3 + 1000 + 997);
    assert!(accepted.iter().all(|a| a["level"] == 3));
    assert_eq!(answer["ignored"], json!([]));
    // The other commands as well: who counts, a picture of the nearest, what would change.
    let output = trust(&["show"], &path, true);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let all = answer["organisations"].as_array().unwrap();
    assert_eq!(all.len(), 3 + 1000 + 997);
    assert!(all.iter().all(|a| a["level"] == 3));
    let picture = String::from_utf8(trust(&["graph"], &path, false).stdout).unwrap();
    assert!(picture.contains("1910 more are not drawn"));
    let more = r#"{"vouches":[{"from":"b996","to":"c","budget":0,"slot":0},{"from":"r0","to":"c","budget":0,"slot":9999}]}"#;
    let (_more, more) = file("more.json", more);
    let output = trust(&["try", more.to_str().unwrap()], &path, true);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["changes"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(answer["changes"][0]["after"]["level"], 1);
    assert_eq!(answer["ignored"].as_array().unwrap().len(), 1);
}
