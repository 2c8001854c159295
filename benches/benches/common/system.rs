//! What the system says of a process and a directory, and programs that run themselves again.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

/// A number of kilobytes from a process's status, as bytes: `VmRSS` now, `VmHWM` at most.
pub fn memory(pid: u32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with(field));
    let kilobytes = line.and_then(|l| l.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

/// The same of this process.
pub fn own_memory(field: &str) -> u64 {
    memory(std::process::id(), field)
}

/// The bytes that a directory takes on the disk, holes in its files left out.
pub fn on_disk(dir: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let entries = std::fs::read_dir(dir).unwrap().map(Result::unwrap);
    let size = |entry: std::fs::DirEntry| {
        let data = entry.metadata().unwrap();
        if data.is_dir() {
            on_disk(&entry.path())
        } else {
            data.blocks() * 512
        }
    };
    entries.map(size).sum()
}

/// Runs this program again with these arguments, alone in its memory, and reads what it prints.
pub fn again(args: &[&str]) -> Value {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{args:?} failed");
    let text = String::from_utf8(output.stdout).unwrap();
    let last = text.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|e| panic!("{args:?} printed {text:?}: {e}"))
}

/// A number from the environment, for a smaller or larger run.
pub fn scaled(name: &str, full: usize) -> usize {
    std::env::var(name).map_or(full, |v| v.parse().unwrap())
}

pub fn number(value: &Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or(f64::NAN)
}

pub fn megabytes(bytes: f64) -> String {
    format!("{:.0} MB", bytes / 1e6)
}

pub fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
