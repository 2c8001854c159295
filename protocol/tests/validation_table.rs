//! `spec/validation.md`, the code and the vectors say the same.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use parasol_protocol::record::{Fault, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// The cells of the rows that begin like this.
fn rows(begin: &str) -> Vec<Vec<String>> {
    let path = common::vectors().join("../validation.md");
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .filter(|line| line.starts_with(begin))
        .map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells.map(|c| c.trim().to_owned()).collect()
        })
        .collect()
}

/// The rows for records: number, rule, fault, where, vectors.
fn table() -> Vec<Vec<String>> {
    rows("| R")
}

/// The cases of a file of vectors.
fn cases(file: &serde_json::Value) -> Vec<&serde_json::Value> {
    let all = match file {
        serde_json::Value::Array(all) => vec![all],
        _ if file["cases"].is_array() => vec![file["cases"].as_array().unwrap()],
        _ => ["evaluations", "elements", "proofs"]
            .iter()
            .map(|part| file[part].as_array().unwrap())
            .collect(),
    };
    all.into_iter().flatten().collect()
}

/// What is no record has its rules too: each word that a bad vector says, and how often it does.
#[test]
fn every_other_refusal_has_its_row_and_as_many_vectors_as_it_says() {
    let mut found: BTreeMap<(String, String), usize> = BTreeMap::new();
    for name in [
        "bad/charter",
        "bad/chain",
        "bad/certificate",
        "bad/papers",
        "bad/words",
        "bad/voprf",
        "bad/seal",
        "bad/contents",
        "bad/handles",
        "bad/ceremony",
        "bad/wire",
        "bad/reconcile",
        "bad/directory",
        "bad/evaluate",
        "ok/replies",
    ] {
        let name = format!("{name}.json");
        for case in cases(&common::read(&name)) {
            if let Some(word) = ["refused", "error"]
                .iter()
                .find_map(|key| case[key].as_str())
            {
                let key = (format!("`{word}`"), format!("`{name}`"));
                *found.entry(key).or_default() += 1;
            }
        }
    }
    let mut told = BTreeMap::new();
    for letter in ["M", "C", "K", "Q", "W", "V", "D", "E", "S", "H", "G"] {
        let rows = rows(&format!("| {letter}"));
        let numbers: BTreeSet<&str> = rows.iter().map(|row| row[0].as_str()).collect();
        let all: BTreeSet<String> = (1..=numbers.len())
            .map(|n| format!("{letter}{n}"))
            .collect();
        assert_eq!(numbers, all.iter().map(String::as_str).collect());
        for row in rows {
            let count: usize = row[3].parse().unwrap();
            assert!(
                told.insert((row[1].clone(), row[2].clone()), count)
                    .is_none()
            );
        }
    }
    assert_eq!(told, found);
}

/// The words in the arms of a function of the code.
fn words(place: &str) -> BTreeSet<String> {
    let [file, owner, function] = *place.split(' ').collect::<Vec<_>>() else {
        panic!("{place}")
    };
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    // Of this crate, unless the place names another one.
    let path = match file.split_once("/src/") {
        Some(_) => root.join("..").join(file),
        None => root.join("src").join(file),
    };
    let text = std::fs::read_to_string(path).unwrap();
    let head = format!("fn {function}(");
    // A function by itself begins a line and ends one; a method stands in a block.
    let (block, end) = match owner {
        "-" => ("\n".to_owned(), "\n}\n"),
        _ => (format!("\nimpl {owner} {{"), "\n    }\n"),
    };
    let body = match owner {
        "-" => text.split(&format!("{block}{head}")).nth(1),
        _ => text
            .split(&block)
            .skip(1)
            .filter_map(|part| part.split("\n}\n").next()?.split(&head).nth(1))
            .next(),
    };
    let body = body.unwrap_or_else(|| panic!("{place} is not there"));
    let body = body.split(end).next().unwrap();
    let words: BTreeSet<_> = body.split('"').skip(1).step_by(2).collect();
    assert!(!words.is_empty(), "{place} says nothing");
    words.into_iter().map(|word| format!("`{word}`")).collect()
}

/// Each word by which the code refuses something has a row, and each row a word: of every family,
/// where its words stand, and those that a row would be wrong for.
#[test]
fn every_word_of_the_code_has_a_row_and_every_row_a_word() {
    let families: [(&str, &[&str], &[&str]); 11] = [
        // What is sealed too large is not sent.
        (
            "M",
            &[
                "cbor.rs Malformed code",
                "wire/sealed.rs SealedError code",
                "reconcile.rs ReconcileError code",
            ],
            &["too-large"],
        ),
        ("C", &["charter/terms.rs CharterError code"], &[]),
        ("K", &["certificate.rs CertificateError code"], &[]),
        // Where a file is refused as a whole, only who reads the vectors has a word for it.
        (
            "Q",
            &[
                "node/src/setup/papers.rs RequestError code",
                "node/src/setup/vectors.rs - answer",
                "node/src/setup/vectors.rs - refusal",
            ],
            &["hex"],
        ),
        // `shares` is what the splitting of secrets says of parts, after all checks of them: no
        // vector makes it say so.
        (
            "W",
            &[
                "cli/src/root/tests.rs - word_code",
                "cli/src/root/tests.rs - part_code",
            ],
            &["shares"],
        ),
        ("V", &["oprf/client.rs EvaluationError code"], &[]),
        // That a charter goes back is a rule of charters.
        ("D", &["client/view.rs ViewError code"], &["set-back"]),
        // What else goes on is in no vector.
        ("E", &["wire/peer.rs Refusal code"], &["busy"]),
        ("S", &["seal/report.rs Refused code"], &[]),
        // Only who reads what somebody wrote down asks for the canonical form, and says `schema`.
        (
            "H",
            &["handle/error.rs HandleError code"],
            &["not-canonical"],
        ),
        (
            "G",
            &[
                "ceremony/plan.rs PlanError word",
                "ceremony/message.rs Refused word",
                "ceremony/blame.rs Fault word",
            ],
            &[],
        ),
    ];
    for (letter, places, without) in families {
        let mut said: BTreeSet<String> = places.iter().flat_map(|place| words(place)).collect();
        for word in without {
            assert!(said.remove(&format!("`{word}`")), "{letter}: {word}");
        }
        let rows = rows(&format!("| {letter}"));
        let told: BTreeSet<String> = rows.into_iter().map(|row| row[1].clone()).collect();
        assert_eq!(told, said, "{letter}");
    }
}

/// Every file of vectors is told of, with its cases, and a test of this crate reads it.
#[test]
fn every_file_of_vectors_has_its_row() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut told = BTreeSet::new();
    for row in rows("| `ok/").into_iter().chain(rows("| `bad/")) {
        let name = row[0].trim_matches('`');
        assert_eq!(
            row[1],
            cases(&common::read(name)).len().to_string(),
            "{name}"
        );
        let test = root.join(row[2].trim_matches('`'));
        let text = std::fs::read_to_string(&test).unwrap();
        let short = name.rsplit('/').next().unwrap();
        assert!(text.contains(short), "{name} is not read by {}", row[2]);
        told.insert(name.to_owned());
    }
    for folder in ["ok", "bad"] {
        for file in std::fs::read_dir(common::vectors().join(folder)).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            assert!(
                told.contains(&format!("{folder}/{name}")),
                "{folder}/{name}"
            );
        }
    }
}

/// All Rust in a file, or in the folder of a module's name: `client/game` is `client/game.rs` and
/// what lies in `client/game/`.
fn rust_of(place: &std::path::Path) -> String {
    let mut text = String::new();
    let mut open = vec![place.to_owned(), place.with_extension("rs")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let inside = std::fs::read_dir(path).unwrap();
            open.extend(inside.map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|end| end == "rs") && path.exists() {
            text.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
    text
}

/// Each promise in `spec/08-security.md`, section 14, has tests, and they are there.
#[test]
fn every_promise_is_held_by_tests_that_exist() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let chapter = std::fs::read_to_string(root.join("spec/08-security.md")).unwrap();
    let (mut told, mut held) = (BTreeSet::new(), BTreeSet::new());
    for line in chapter.lines().filter(|line| line.starts_with("| P")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [promise, file, tests] = cells.as_slice() else {
            assert!(told.insert(cells[0]), "{line}");
            continue;
        };
        let text = rust_of(&root.join(file.trim_matches('`')));
        assert!(!text.is_empty(), "{file} is not there");
        for test in tests.split(", ") {
            let name = test.trim_matches('`');
            let there = text.contains(&format!("fn {name}("));
            assert!(there, "{promise}: {file} has no {name}");
        }
        held.insert(*promise);
    }
    let all: Vec<String> = (1..=9).map(|n| format!("P{n}")).collect();
    assert!(told.iter().eq(&all), "{told:?}");
    assert_eq!(told, held);
}

/// The numbers of a chapter's headings; of a part, with the word.
fn headings(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| line.starts_with('#'));
    lines
        .filter_map(|line| {
            let title = line.trim_start_matches('#').trim();
            let (word, rest) = match title.strip_prefix("Part ") {
                Some(rest) => ("part ", rest),
                None => ("", title),
            };
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let number = rest[..end].trim_end_matches('.');
            (!number.is_empty()).then(|| format!("{word}{number}"))
        })
        .collect()
}

/// What stands behind a chapter's name: `, section 3.1`, as a heading has it.
fn section(behind: &str) -> Option<String> {
    let rest = behind.trim_start_matches('`').strip_prefix(", ")?;
    let (word, rest) = [("part ", "part "), ("sections ", ""), ("section ", "")]
        .iter()
        .find_map(|(said, word)| Some((*word, rest.strip_prefix(said)?)))
        .unwrap_or(("", rest));
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
    let number = rest[..end.unwrap_or(rest.len())].trim_end_matches('.');
    (!number.is_empty()).then(|| format!("{word}{number}"))
}

/// The chapters that a text cites, each with its section if it names one.
fn citations(text: &str) -> Vec<(String, Option<String>)> {
    // A comment goes on in the next line.
    let lines = text
        .lines()
        .map(|l| l.trim().trim_start_matches(['/', '!']));
    let text = lines.map(str::trim).collect::<Vec<_>>().join(" ");
    text.split("spec/")
        .skip(1)
        .filter_map(|part| {
            let (name, behind) = part.split_once(".md")?;
            let (number, word) = name.split_once('-')?;
            let is = number.len() == 2
                && number.chars().all(|c| c.is_ascii_digit())
                && word.chars().all(|c| c.is_ascii_lowercase());
            is.then(|| (name.to_owned(), section(behind)))
        })
        .collect()
}

#[test]
fn citations_are_found_in_comments_of_several_lines() {
    let text = "//! As `spec/11-ceremonies.md`,\n//! section 9, and `spec/04-lookup.md`, part 1, have it;\n\
                \"spec/04-lookup.md, 3.1\", `spec/validation.md`, `spec/10-charter.md`.";
    let found = |name: &str, section: Option<&str>| (name.to_owned(), section.map(str::to_owned));
    assert_eq!(
        citations(text),
        [
            found("11-ceremonies", Some("9")),
            found("04-lookup", Some("part 1")),
            found("04-lookup", Some("3.1")),
            found("10-charter", None),
        ]
    );
}

/// What the code cites of the text is there, of every chapter.
#[test]
fn the_code_cites_chapters_and_sections_that_exist() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders: Vec<_> = ["protocol", "node", "cli", "fuzz", "benches"]
        .map(|name| root.join(name))
        .to_vec();
    let mut cited = BTreeMap::<String, usize>::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let skipped = ["target", "corpus", "artifacts"];
            if path.is_dir() && !skipped.iter().any(|name| path.ends_with(name)) {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs")
                && !path.ends_with("tests/validation_table.rs")
            {
                let text = std::fs::read_to_string(&path).unwrap();
                for (name, section) in citations(&text) {
                    let shown = path.display();
                    let chapter = std::fs::read_to_string(root.join(format!("spec/{name}.md")));
                    let chapter =
                        chapter.unwrap_or_else(|e| panic!("{shown}: spec/{name}.md: {e}"));
                    if let Some(section) = section {
                        let there = headings(&chapter).contains(&section);
                        assert!(there, "{shown}: spec/{name}.md has no {section}");
                    }
                    *cited.entry(name).or_default() += 1;
                }
            }
        }
    }
    // Of the chapters from 01 on none goes uncited.
    assert!(cited.len() >= 11, "{cited:?}");
    assert!(cited.values().sum::<usize>() > 40, "{cited:?}");
}

#[test]
fn the_table_has_every_rule_in_order_with_its_fault() {
    let rows = table();
    assert_eq!(rows.len(), Rule::ALL.len());
    for ((number, rule), row) in (1..).zip(Rule::ALL).zip(&rows) {
        assert_eq!(row[0], format!("R{number}"), "{rule:?}");
        assert_eq!(row[1], format!("`{}`", rule.id()), "{rule:?}");
        let fault = match rule.fault() {
            Fault::Sender => "sender",
            Fault::Nobody => "nobody",
        };
        assert_eq!(row[2], fault, "{rule:?}");
    }
}

/// The places that the table names exist in the code.
#[test]
fn the_table_names_places_that_exist() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for row in table() {
        let place = row[3].trim_matches('`');
        let (file, function) = place.split_once("::").unwrap_or_else(|| panic!("{place}"));
        let text =
            std::fs::read_to_string(root.join(file)).unwrap_or_else(|e| panic!("{place}: {e}"));
        assert!(text.contains(&format!("fn {function}")), "{place}");
    }
}

#[test]
fn every_rule_has_as_many_bad_vectors_as_the_table_says() {
    let file = common::read("bad/records.json");
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for case in file["cases"].as_array().unwrap() {
        *found.entry(case["rule"].as_str().unwrap()).or_default() += 1;
    }
    let rows = table();
    let known: BTreeSet<&str> = Rule::ALL.iter().map(|r| r.id()).collect();
    for (rule, count) in &found {
        assert!(known.contains(rule), "{rule} is no rule");
        let row = rows
            .iter()
            .find(|row| row[1] == format!("`{rule}`"))
            .unwrap();
        assert_eq!(row[4], count.to_string(), "{rule}");
    }
    for rule in Rule::ALL {
        assert!(
            found.contains_key(rule.id()),
            "no vector breaks {}",
            rule.id()
        );
    }
}
