//! What may be asked in a day: who exceeds it is told when it frees up, an import goes on from where it
//! stopped, and other organisations grant more.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::program::{json, text};
use common::running::Federation;
use common::words::{propose, sign};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Starts the federation in a directory, each member of lilas with so much a day.
fn start(dir: &Path, each: u32) -> Federation {
    let file = dir.join("lilas/node.toml");
    let text = fs::read_to_string(&file).unwrap();
    let kept = text
        .lines()
        .filter(|line| !line.starts_with("evaluations_per_member"));
    let lines: Vec<String> = kept
        .map(|line| match line {
            "[rates]" => format!("[rates]\nevaluations_per_member = {each}"),
            line => line.to_owned(),
        })
        .collect();
    fs::write(&file, lines.join("\n")).unwrap();
    Federation::start(dir)
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn who_exceeds_is_told_when_and_an_import_goes_on_and_others_grant_more() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("fed");
    text(&["federation", "init", dir.to_str().unwrap()]);
    let list = tmp.path().join("list.csv");
    let rows: Vec<String> = (0..100)
        .map(|n| format!("+336399812{n:02},theft"))
        .collect();
    fs::write(&list, format!("phone,what happened\n{}\n", rows.join("\n"))).unwrap();
    let import = ["import", list.to_str().unwrap()];

    let federation = start(&dir, 60);
    let (code, error) = federation.fails("lilas", &import);
    assert_eq!((code, &error["code"]), (Some(5), &"member-quota".into()));
    let again = error["retry_after"].as_u64().unwrap();
    assert!((1..=86_400).contains(&again), "{error}");
    let message = text_of(&error["message"]);
    assert!(message.contains("asked again in "), "{message}");
    let next = text_of(&error["next"]);
    assert!(next.contains("60 of 100 rows are done"), "{next}");
    // A look-up meets it too.
    let (code, error) = federation.fails("lilas", &["check", "+33639981234"]);
    assert_eq!((code, &error["code"]), (Some(5), &"member-quota".into()));
    assert!(error["retry_after"].is_u64(), "{error}");
    drop(federation);

    // As on the next day: with more to ask, the same command goes on. What was used is remembered.
    let federation = start(&dir, 300);
    let before = federation.json("lilas", &["quota", "show"]);
    assert!(before["yours"].as_u64().unwrap() >= 60, "{before}");
    let totals = federation.json("lilas", &import);
    assert_eq!(
        (&totals["rows"], &totals["published"]),
        (&100.into(), &100.into())
    );
    let after = federation.json("lilas", &["quota", "show"]);
    let used = |shown: &Value| shown["yours"].as_u64().unwrap();
    assert_eq!(used(&after), used(&before) + 40, "only what was missing");
    assert_eq!(after["needed"], 2);

    // Grants count when as many keyholders gave them as it takes, and can be taken back.
    let until = |what: &dyn Fn(&Value) -> bool| federation.until("lilas", &["quota", "show"], what);
    let grant = |node: &str, amount: &str| {
        let node = federation.node(node);
        federation.json(
            "lilas",
            &["quota", "grant", &node, "lilas", "--evaluations", amount],
        )
    };
    assert!(grant("ryabina", "5000")["id"].is_string());
    let shown = until(&|shown| shown["grants"].as_array().unwrap().len() == 1);
    assert_eq!(shown["granted"], 0);
    assert_eq!(shown["grants"][0]["organisation"], "ryabina");
    grant("rowan", "4000");
    until(&|shown| shown["granted"] == 4000);
    grant("rowan", "0");
    until(&|shown| shown["granted"] == 0);

    let node = federation.node("ryabina");
    for (words, kind, code) in [
        (
            &["nobody", "--evaluations", "1"][..],
            3,
            "unknown-organisation",
        ),
        (&["lilas", "--evaluations", "500001"], 2, "evaluations"),
        (
            &["lilas", "--evaluations", "1", "--until", "2099-01-01"],
            2,
            "until",
        ),
        (&["ryabina", "--evaluations", "1"], 5, "grant"),
    ] {
        let words = [&["quota", "grant", &node], words].concat();
        let (exit, error) = federation.fails("lilas", &words);
        assert_eq!(
            (exit, &error["code"]),
            (Some(kind), &code.into()),
            "{error}"
        );
    }
}

/// The first version as it is made, with another quota of evaluations, signed by more than half and taken
/// by every node.
fn lower_the_quota(dir: &Path, evaluations: u32) {
    let at = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let root = |name: &str| at(&format!("home/roots/{name}.key"));
    let file = dir.with_extension("charter");
    fs::copy(dir.join("lilas/charter.cbor"), &file).unwrap();
    let file = file.to_str().unwrap();
    let draft = text(&["charter", "show", file, "--draft"]);
    let lines = draft.lines().map(|line| match line.split_once(" = ") {
        Some(("evaluations", _)) => format!("evaluations = {evaluations}\n"),
        _ => format!("{line}\n"),
    });
    let changed = dir.with_extension("toml");
    fs::write(&changed, lines.collect::<String>()).unwrap();
    let changed = changed.to_str().unwrap();
    let propose = propose(changed, file, &root("rowan"), &[]);
    let proposed = json(&propose);
    let id = text_of(&proposed["signed"]);
    text(&sign(id, file, &root("ryabina")));
    for node in ["lilas", "rowan", "ryabina"] {
        text(&["charter", "take", file, "--charter", &at(node)]);
    }
}

/// What the charter lets an organisation ask in a day stops a long list; what others grant lets it on.
#[test]
fn an_import_is_let_through_by_a_grant() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("fed");
    text(&["federation", "init", dir.to_str().unwrap()]);
    lower_the_quota(&dir, 60);
    let list = tmp.path().join("list.csv");
    let rows: Vec<String> = (0..100)
        .map(|n| format!("+336399813{n:02},theft"))
        .collect();
    fs::write(&list, format!("phone,what happened\n{}\n", rows.join("\n"))).unwrap();
    let import = ["import", list.to_str().unwrap()];
    // Its member may ask all that there is.
    let federation = start(&dir, 1000);
    assert_eq!(federation.json("lilas", &["quota", "show"])["quota"], 60);
    let (code, error) = federation.fails("lilas", &import);
    assert_eq!(
        (code, &error["code"]),
        (Some(5), &"quota".into()),
        "{error}"
    );
    let before = federation.json("lilas", &["quota", "show"]);
    assert_eq!(before["granted"], 0);
    // One of two is not enough.
    let grant = |node: &str| {
        let node = federation.node(node);
        federation.json(
            "lilas",
            &["quota", "grant", &node, "lilas", "--evaluations", "500"],
        )
    };
    grant("ryabina");
    let until = |what: &dyn Fn(&Value) -> bool| federation.until("lilas", &["quota", "show"], what);
    until(&|shown| shown["grants"].as_array().unwrap().len() == 1);
    assert_eq!(federation.fails("lilas", &import).1["code"], "quota");
    grant("rowan");
    until(&|shown| shown["granted"] == 500);
    // The other keyholders hear of both as soon as this node has; until then the import is put off.
    let deadline = Instant::now() + Duration::from_secs(60);
    let totals = loop {
        let output = federation.ask("lilas", &import);
        if output.status.success() {
            break serde_json::from_slice::<Value>(&output.stdout).unwrap();
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(r#""code":"quota""#), "{said}");
        assert!(Instant::now() < deadline, "{said}");
    };
    assert_eq!(
        (&totals["rows"], &totals["published"]),
        (&100.into(), &100.into())
    );
}
