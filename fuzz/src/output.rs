//! What the command prints, without printing: a fuzzer's terminal would be full of it.

#[path = "../../cli/src/output.rs"]
mod theirs;

pub use theirs::*;

/// Instead of a line of JSON.
pub fn json(value: &serde_json::Value) {
    assert!(!value.to_string().is_empty());
}

/// Instead of a line of JSON that is made while it is printed.
pub fn json_of(value: &impl serde::Serialize) {
    serde_json::to_writer(std::io::sink(), value).unwrap();
}

/// Instead of a line of text.
pub fn text(_: &str) {}

/// Instead of a line on standard error.
pub fn aside(_: &str) {}
