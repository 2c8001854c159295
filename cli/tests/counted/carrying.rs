//! Files of records that are carried to a node, and organisations that count in one area alone.

use crate::common::running::Federation;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A file of records, as `carry` takes it.
fn list(path: &Path, records: &[&Path]) {
    let mut bytes = vec![0x80 + u8::try_from(records.len()).unwrap()];
    for record in records {
        let record = fs::read(record).unwrap();
        match u8::try_from(record.len()) {
            Ok(len) => bytes.extend([0x58, len]),
            Err(_) => {
                bytes.push(0x59);
                bytes.extend(u16::try_from(record.len()).unwrap().to_be_bytes());
            }
        }
        bytes.extend(record);
    }
    fs::write(path, bytes).unwrap();
}

/// What `carry` says of a file, and how it ends.
fn carry(fed: &Federation, path: &Path) -> (Option<i32>, Value) {
    let output = fed.ask("lilas", &["carry", path.to_str().unwrap()]);
    let said = serde_json::from_slice(&output.stdout);
    let said = said.unwrap_or_else(|_| panic!("{output:?}"));
    (output.status.code(), said)
}

/// Each record of a file goes in or is refused by itself, and all is said.
#[test]
fn what_is_refused_keeps_nothing_back() {
    let tmp = tempfile::tempdir().unwrap();
    let fed = Federation::start(&tmp.path().join("fed"));
    let root = fed.home.join("roots/lilas.key");
    // A copy of the root on another machine does not know what the first has signed.
    let copies: Vec<_> = ["b", "c"]
        .map(|name| {
            let copy = tmp.path().join(name);
            fs::create_dir(&copy).unwrap();
            let copy = copy.join("root.key");
            fs::copy(&root, &copy).unwrap();
            copy
        })
        .into();
    let vouch = |root: &Path, who: u8, number: &str| {
        let path = tmp.path().join(format!("{who}.record"));
        let (whom, root) = (hex(who), root.to_str().unwrap());
        let words = ["vouch", &whom, "--root", root, "--number", number];
        let out = ["--out", path.to_str().unwrap()];
        let signed = fed.json("lilas", &[&words[..], &out].concat());
        (path, signed["id"].clone())
    };
    let (first, first_id) = vouch(&root, 1, "70");
    let (last, last_id) = vouch(&root, 2, "71");
    // In a slot of its own, so that nothing but its number stands against it.
    for (who, number) in [(11, "81"), (12, "82"), (13, "83")] {
        vouch(&copies[0], who, number);
    }
    let (number, number_id) = vouch(&copies[0], 3, "70");
    let (slot, slot_id) = vouch(&copies[1], 4, "72");
    let all = tmp.path().join("all.records");
    list(&all, &[&first, &number, &slot, &last]);
    for _ in 0..2 {
        let (code, said) = carry(&fed, &all);
        assert_eq!(code, Some(5), "{said}");
        assert_eq!(said["carried"], json!([first_id, last_id]), "{said}");
        assert_eq!(said["not_tried"], json!([]));
        let refused: Vec<_> = said["refused"].as_array().unwrap().iter().collect();
        let why = |n: usize| (refused[n]["id"].clone(), refused[n]["code"].clone());
        assert_eq!(refused.len(), 2, "{said}");
        assert_eq!(why(0), (number_id.clone(), json!("number-taken")));
        assert_eq!(why(1), (slot_id.clone(), json!("slot-taken")));
    }
    let (_, error) = fed.fails("lilas", &["carry", all.to_str().unwrap()]);
    assert_eq!(error["code"], "some-refused");
    let accepted =
        |who: u8| fed.json("lilas", &["trust", "explain", &hex(who)])["accepted"] == true;
    assert!(accepted(1) && accepted(2));
    // One alone is told as it is.
    let (_, error) = fed.fails("lilas", &["carry", number.to_str().unwrap()]);
    assert_eq!(error["code"], "number-taken");
    let output = fed.ask("lilas", &["trust", "explain", &hex(3)]);
    assert!(!String::from_utf8_lossy(&output.stdout).contains("\"used\""));

    // Taken back in the same file, wherever in it, the number is free.
    let taken = tmp.path().join("taken.record");
    let (whom, root) = (hex(1), root.to_str().unwrap());
    let out = taken.to_str().unwrap();
    fed.json("lilas", &["revoke", &whom, "--root", root, "--out", out]);
    list(&all, &[&number, &taken]);
    let (code, said) = carry(&fed, &all);
    assert_eq!((code, &said["refused"]), (Some(0), &json!([])), "{said}");
    assert_eq!(said["carried"].as_array().unwrap().len(), 2);
    assert!(!accepted(1) && accepted(3));
}

fn hex(byte: u8) -> String {
    format!("{byte:02x}").repeat(32)
}

/// Who counts in one area alone goes out of sight there and comes back, and it is said.
#[test]
fn who_counts_in_one_area_is_dropped_there() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("fed");
    crate::without_a_vouch(&dir);
    let fed = Federation::start(&dir);
    let root = fed.home.join("roots/lilas.key");
    let root = root.to_str().unwrap();
    fed.json("lilas", &["vouch", "ryabina", "--root", root, "--in", "FR"]);
    let report = [
        "report",
        crate::NUMBER,
        "--level",
        "danger",
        "--area",
        "FR:lyon",
        "--browse",
        "text",
        "--month",
        "2026-03",
        "--text",
        "Bad.",
    ];
    fed.json("ryabina", &report);
    let shown = |v: &Value| crate::publishers(&v["reports"]) == ["ryabina"];
    let (browse, check) = (["browse", "FR:lyon"], ["check", crate::NUMBER]);
    fed.until("lilas", &browse, shown);
    let found = |v: &Value| crate::publishers(&v["results"][0]["reports"]) == ["ryabina"];
    assert!(found(&fed.json("lilas", &check)));
    for decision in ["drop", "block"] {
        let done = fed.json("lilas", &[decision, "ryabina"]);
        assert_eq!(done["out_of_sight"], json!(["ryabina"]), "{done}");
        assert!(!shown(&fed.json("lilas", &browse)), "{decision}");
        assert!(!found(&fed.json("lilas", &check)), "{decision}");
        let back = fed.json("lilas", &[decision, "ryabina", "--undo"]);
        assert_eq!(back["back_in_sight"], json!(["ryabina"]), "{back}");
        assert!(shown(&fed.json("lilas", &browse)), "{decision}");
    }

    // By rowan it counts for everything, and without rowan in its area still.
    let number = "+33639985678";
    let report = ["report", number, "--level", "risk", "--text", "Bad."];
    fed.json("ryabina", &report);
    fed.json(
        "lilas",
        &["vouch", "rowan", "--root", root, "--budget", "9"],
    );
    let elsewhere = ["check", number];
    fed.until("lilas", &elsewhere, found);
    let done = fed.json("lilas", &["block", "rowan"]);
    assert_eq!(done["out_of_sight"], json!(["rowan"]), "{done}");
    assert_eq!(done["less_in_sight"], json!(["ryabina"]), "{done}");
    assert!(!found(&fed.json("lilas", &elsewhere)));
    assert!(shown(&fed.json("lilas", &browse)));
    let back = fed.json("lilas", &["block", "rowan", "--undo"]);
    assert_eq!(back["back_in_sight"], json!(["rowan"]), "{back}");
    assert_eq!(back["more_in_sight"], json!(["ryabina"]), "{back}");
    assert!(found(&fed.json("lilas", &elsewhere)));
}
