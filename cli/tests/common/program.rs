//! The program, called as a person or another program calls it.

use serde_json::Value;
use std::ffi::OsStr;
use std::fmt::Debug;
use std::process::{Command, Output, Stdio};

/// The program, in nobody's surroundings.
pub fn parasol() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parasol"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PARASOL_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

pub fn run<S: AsRef<OsStr>>(words: &[S]) -> Output {
    parasol().args(words).output().unwrap()
}

/// What a command prints that must succeed.
pub fn text<S: AsRef<OsStr> + Debug>(words: &[S]) -> String {
    printed(words, run(words))
}

fn printed<S: Debug>(words: &[S], out: Output) -> String {
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{words:?}: {said}");
    String::from_utf8(out.stdout).unwrap()
}

pub fn json<S: AsRef<OsStr> + Debug>(words: &[S]) -> Value {
    let out = parasol().args(words).arg("--json").output().unwrap();
    let out = printed(words, out);
    serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}"))
}

/// The code and the exit code of a command that must fail.
pub fn refused<S: AsRef<OsStr> + Debug>(words: &[S]) -> (String, i32) {
    let out = parasol().args(words).arg("--json").output().unwrap();
    assert!(!out.status.success(), "{words:?}");
    let said = String::from_utf8(out.stderr).unwrap();
    let said: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let code = said["error"]["code"].as_str().unwrap().to_owned();
    (code, out.status.code().unwrap())
}
