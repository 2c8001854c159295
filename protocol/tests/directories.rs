//! What a client makes of a home node's directory: the vectors that a second implementation wrote,
//! through the public API.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{bytes, read};
use parasol_protocol::charter::Pin;
use parasol_protocol::client::{Federation, Generation, ViewError};
use parasol_protocol::time::Day;
use serde_json::{Value, json};

fn number(value: &Value) -> u32 {
    value.as_u64().unwrap().try_into().unwrap()
}

/// Looks at a directory as a client does that keeps what the case says from the one before.
fn look(case: &Value) -> Result<Federation, ViewError> {
    let own = case["own"].as_str().unwrap().parse().unwrap();
    let known = case["known"].as_str().map(|id| id.parse().unwrap());
    let day = Day::from_number(number(&case["day"]));
    let before = (!case["seen"].is_null()).then(|| Generation {
        epoch: number(&case["seen"]["epoch"]),
        digest: bytes(&case["seen"]["digest"]).try_into().unwrap(),
    });
    let reply = bytes(&case["hex"]);
    let seen = Federation::after(&reply, &own, known.as_ref(), before.as_ref(), day)?;
    if let Some(id) = case["pinned"]["id"].as_str() {
        seen.follows_charter(&Pin {
            version: number(&case["pinned"]["version"]),
            id: id.parse().unwrap(),
        })?;
    }
    if let Some(before) = before {
        seen.follows(&before)?;
    }
    Ok(seen)
}

#[test]
fn a_directory_is_read_as_a_second_implementation_reads_it() {
    let file = read("ok/views.json");
    for case in file["cases"].as_array().unwrap() {
        let name = &case["name"];
        let view = look(case).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(case["version"], view.charter().version(), "{name}");
        assert_eq!(case["epoch"], view.generation().epoch, "{name}");
        let left_out: Vec<_> = view.refused().iter().map(|r| r.rule.id()).collect();
        assert_eq!(case["left_out"], json!(left_out), "{name}");
        assert_eq!(case["clocks"], view.clocks_disagree(), "{name}");
        let mut without: Vec<_> = view.without_nodes().map(|m| m.name.as_str()).collect();
        without.sort_unstable();
        assert_eq!(case["without"], json!(without), "{name}");
    }
}

#[test]
fn a_directory_that_does_not_hold_is_refused_by_the_word_that_it_names() {
    let file = read("bad/directory.json");
    for case in file["cases"].as_array().unwrap() {
        let name = &case["name"];
        let Err(refused) = look(case) else {
            panic!("{name}: it is taken");
        };
        assert_eq!(refused.code(), case["refused"], "{name}: {refused}");
        let rule = match &refused {
            ViewError::Charter(why) if refused.code() == "charter" => Some(why.code()),
            ViewError::Certificate(why) => Some(why.code()),
            _ => None,
        };
        assert_eq!(rule, case["rule"].as_str(), "{name}: {refused}");
    }
}
