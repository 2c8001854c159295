//! What a node acknowledged survives `kill -9`, at whatever moment it comes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

fn parasol(home: &Path, args: &[&str]) -> Option<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_parasol"))
        .env("PARASOL_HOME", home)
        .args(["--json", "--profile", "lilas"])
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    output
        .status
        .success()
        .then(|| serde_json::from_slice(&output.stdout).unwrap())
}

fn run(node: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_parasol"))
        .args(["node", "run"])
        .arg(node)
        .args(["--die-with-parent"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The nodes end with the test, however it ends.
struct Nodes(Vec<Child>);

impl Drop for Nodes {
    fn drop(&mut self) {
        for child in &mut self.0 {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(90);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain for: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("federation");
    let made = Command::new(env!("CARGO_BIN_EXE_parasol"))
        .args(["federation", "init"])
        .arg(&dir)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let home = dir.join("home");
    let mut nodes = Nodes(
        ["lilas", "ryabina", "rowan"]
            .iter()
            .map(|name| run(&dir.join(name)))
            .collect(),
    );
    let settled = || parasol(&home, &["node", "status"]).is_some_and(|s| s["peers"] == 2);
    wait_for("the nodes to meet", settled);

    let mut acknowledged = BTreeSet::new();
    for round in 0..6_u64 {
        // A killer that strikes somewhere in the middle of the writing.
        let victim = nodes.0[0].id();
        let killer = thread::spawn(move || {
            thread::sleep(Duration::from_millis(40 + 130 * round));
            drop(
                Command::new("kill")
                    .args(["-9", &victim.to_string()])
                    .status(),
            );
        });
        for n in 0..1000 {
            let number = format!("+3363998{:04}", round * 1000 + n);
            // One of two stays at its organisation: those the other nodes cannot give back.
            let audience = if n % 2 == 0 { "own" } else { "federation" };
            let report = ["report", &number, "--level", "risk", "--code", "theft"];
            match parasol(&home, &[&report[..], &["--audience", audience]].concat()) {
                Some(filed) => acknowledged.insert(filed["id"].as_str().unwrap().to_owned()),
                None => break,
            };
        }
        killer.join().unwrap();
        drop(nodes.0[0].wait());
        nodes.0[0] = run(&dir.join("lilas"));
        wait_for("the node to come back", settled);
    }
    assert!(
        !acknowledged.is_empty(),
        "nothing was acknowledged, so nothing was tried"
    );
    let kept = parasol(&home, &["export"]).unwrap();
    let reports = kept["reports"]
        .as_array()
        .unwrap_or_else(|| panic!("{kept}"));
    let there: BTreeSet<String> = reports
        .iter()
        .map(|r| r["id"].as_str().unwrap().to_owned())
        .collect();
    let lost: Vec<_> = acknowledged.difference(&there).collect();
    assert!(
        lost.is_empty(),
        "{} of {} acknowledged reports are lost",
        lost.len(),
        acknowledged.len()
    );
}
