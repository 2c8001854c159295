//! `trust eval`: a graph of vouches in a file, without a federation.
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
