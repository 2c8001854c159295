//! Programs that ask wrongly, and readers who leave early.

use crate::common::program::parasol;
use serde_json::Value;
use std::process::Stdio;

#[test]
fn a_program_that_asks_wrongly_is_told_so_in_json() {
    for words in [
        &["--json", "check"][..],
        &["chekc", "--json"],
        &["--json", "check", "--bucket", "x"],
        &["--json", "report", "x", "--month", "yesterday"],
        &["--json"],
    ] {
        let output = parasol().args(words).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(output.stdout.is_empty(), "{words:?}");
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        assert!(error["error"]["code"].is_string(), "{error}");
        assert!(!error["error"]["message"].as_str().unwrap().is_empty());
    }
    let plain = parasol().args(["check"]).output().unwrap();
    assert_eq!(plain.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&plain.stderr).contains("Usage:"));
    let help = parasol().args(["--json", "--help"]).output().unwrap();
    assert!(help.status.success() && !help.stdout.is_empty());
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    for words in [
        &["completions", "bash"][..],
        &["man"],
        &["--help"],
        &["drafts"],
    ] {
        let mut child = parasol()
            .args(words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("panicked"), "{words:?}: {said}");
        assert_ne!(output.status.code(), Some(101), "{words:?}");
    }
}
