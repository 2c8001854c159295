//! A root as words on paper, whole and in parts.

use crate::common::place::Place;
use crate::common::program::{json, refused, run, text};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn a_root_goes_onto_paper_and_comes_back() {
    let place = Place::new();
    let (file, words) = (place.at("root.key"), place.at("words"));
    // The output of a test is no terminal: whoever kept it would have the key.
    assert_eq!(
        refused(&["org", "init", &file]),
        ("words-in-a-log".to_owned(), 2)
    );
    assert!(!place.path("root.key").exists());
    let said = text(&["org", "init", &file, "--words-to", &words]);
    assert!(said.contains("delete the file"), "{said}");
    for path in [&file, &words] {
        let mode = fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(
        refused(&["org", "init", &file, "--words-to", &place.at("more")]),
        ("occupied".to_owned(), 7)
    );
    // The words would be written over the key: by the same name, or by another one for the same file.
    let twice = place.at("twice.key");
    assert_eq!(
        refused(&["org", "init", &twice, "--words-to", &twice]),
        ("one-file".to_owned(), 2)
    );
    fs::create_dir(place.path("inner")).unwrap();
    let around = place.at("inner/../twice.key");
    assert_eq!(
        refused(&["org", "init", &twice, "--words-to", &around]),
        ("occupied".to_owned(), 7)
    );
    assert!(!place.path("twice.key").exists());
    let again = place.at("again.key");
    let restored = json(&["org", "restore", &again, "--words", &words]);
    let seed = fs::read(&file).unwrap();
    assert_eq!(fs::read(&again).unwrap(), seed);
    let organisation = restored["organisation"].as_str().unwrap().to_owned();
    // A wrong word: named, and with the key as others know it, mended.
    let all = fs::read_to_string(&words).unwrap();
    let third = all
        .split_whitespace()
        .skip_while(|w| *w != "3")
        .nth(1)
        .unwrap();
    fs::write(
        place.path("typo"),
        all.replacen(&format!(" 3 {third}"), " 3 qqqq", 1),
    )
    .unwrap();
    let typo = place.at("typo");
    let out = run(&["org", "restore", &place.at("x.key"), "--words", &typo]);
    let said = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(3));
    assert!(said.contains("`qqqq`"), "{said}");
    let mended = place.at("mended.key");
    let words_of = ["--words", &typo, "--organisation", &organisation];
    let out = run(&[&["org", "restore", &mended], &words_of[..]].concat());
    assert!(out.status.success());
    assert_eq!(fs::read(&mended).unwrap(), seed);
    // Which word it was is said in a terminal alone, and which place everywhere: what a program reads,
    // it may keep.
    let said = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
    assert!(said.contains("Word 3 was not right"), "{said}");
    assert!(!said.contains(&format!("`{third}`")), "{said}");
    let again = place.at("mended-again.key");
    let told = [&["--json", "org", "restore", &again], &words_of[..]].concat();
    let out = run(&told);
    let told: Value = serde_json::from_slice(&out.stdout).unwrap();
    let wanted = serde_json::json!({"organisation": organisation, "file": again, "mended": 3});
    assert_eq!((told, out.stderr), (wanted, vec![]));
    let other = "11".repeat(32);
    let wrong = [
        "org",
        "restore",
        &place.at("y.key"),
        "--words",
        &words,
        "--organisation",
        &other,
    ];
    assert_eq!(refused(&wrong), ("another-root".to_owned(), 3));
    // Shown if one asks for it.
    let shown = json(&["org", "init", &place.at("shown.key"), "--show-words"]);
    let sheet = shown["words"][0].as_str().unwrap();
    assert_eq!(sheet.split_whitespace().count(), 48);
}

#[test]
fn a_root_in_parts_comes_back_from_any_two_of_three() {
    let place = Place::new();
    let file = place.at("root.key");
    let made = json(&["org", "init", &file, "--split", "2/3", "--show-words"]);
    let sheets: Vec<&str> = made["words"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s.as_str().unwrap())
        .collect();
    assert_eq!(sheets.len(), 3);
    let seed = fs::read_to_string(&file).unwrap();
    let hex = seed.lines().last().unwrap();
    for (n, some) in [[0, 1], [2, 0], [1, 2]].iter().enumerate() {
        let words = place.at(&format!("words-{n}"));
        fs::write(&words, some.map(|i| sheets[i]).join("\n\n")).unwrap();
        let again = place.at(&format!("again-{n}.key"));
        text(&["org", "restore", &again, "--words", &words]);
        assert!(fs::read_to_string(&again).unwrap().contains(hex));
    }
    let one = place.at("one");
    fs::write(&one, sheets[0]).unwrap();
    assert_eq!(
        refused(&["org", "restore", &place.at("no.key"), "--words", &one]),
        ("parts".to_owned(), 3)
    );
}
