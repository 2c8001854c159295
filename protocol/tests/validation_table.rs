//! `spec/validation.md`, the code and the bad vectors say the same.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use parasol_protocol::record::{Fault, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// The cells of the table's rows: number, rule, fault, where, vectors.
fn table() -> Vec<Vec<String>> {
    let path = common::vectors().join("../validation.md");
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .filter(|line| line.starts_with("| R"))
        .map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells.map(|c| c.trim().to_owned()).collect()
        })
        .collect()
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
