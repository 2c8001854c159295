//! The demonstration, from the outside: real processes, as a person would start them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::program::parasol;
use common::running::wait_for;
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn demo(dir: &Path, args: &[&str]) -> Output {
    let output = parasol()
        .arg("demo")
        .arg("--dir")
        .arg(dir)
        .args(args)
        .output();
    output.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Whether a process is there and not only its remains.
fn lives(pid: u64) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().unwrap_or_default().trim_start();
    !state.is_empty() && !state.starts_with('Z')
}

/// Processes that run a node of this federation.
fn nodes_of(dir: &Path) -> usize {
    let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let dir = dir.to_string_lossy().into_owned();
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let of_this = entries.filter(|entry| {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = text(&line);
        line.contains("--die-with-parent") && line.contains(&dir)
    });
    of_this.count()
}

/// A demonstration that stays up, and what its ready file says.
fn up(dir: &Path, args: &[&str]) -> (Child, Value) {
    let ready = dir.with_extension("ready");
    drop(fs::remove_file(&ready));
    let mut child = parasol()
        .args(["--json", "demo", "--dir"])
        .arg(dir)
        .arg("--ready")
        .arg(&ready)
        .args(args)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for("the ready file", || {
        assert!(
            child.try_wait().unwrap().is_none(),
            "the demonstration ended"
        );
        ready.exists()
    });
    let value = serde_json::from_slice(&fs::read(&ready).unwrap()).unwrap();
    (child, value)
}

fn pids(ready: &Value) -> Vec<u64> {
    let nodes = ready["nodes"].as_array().unwrap();
    nodes.iter().map(|n| n["pid"].as_u64().unwrap()).collect()
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

#[test]
fn the_story_is_told_to_its_end_and_leaves_no_process() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("demo");
    let output = demo(&dir, &["--once"]);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    for step in 1..=10 {
        assert!(out.contains(&format!("\n{step}. ")), "step {step}\n{out}");
    }
    for command in [
        "$ parasol --profile lilas import ",
        "$ parasol --profile ryabina import ",
        "$ parasol --profile rowan import ",
        "$ parasol --profile lilas report ",
        "$ parasol --profile ryabina check ",
        "$ parasol --profile rowan check ",
        "$ parasol --profile ryabina translate ",
        "$ parasol --profile rowan inspect --node",
        "$ parasol --profile lilas retract ",
    ] {
        assert!(out.contains(command), "{command}\n{out}");
    }
    // What lilas wrote is read by both of the others, before and after the raid; rowan reads
    // the translation.
    let between = |from: &str, to: &str| {
        let start = out.find(from).unwrap_or_else(|| panic!("{from}\n{out}"));
        let rest = &out[start..];
        rest[..rest.find(to).unwrap_or(rest.len())].to_owned()
    };
    let looked_up = between("\n3. ", "\n4. ");
    assert_eq!(
        looked_up.matches("A sorti un couteau").count(),
        2,
        "{looked_up}"
    );
    assert!(
        between("\n4. ", "\n5. ").matches("Достал нож").count() >= 2,
        "{out}"
    );
    // The raid: neither the text nor the number in any form.
    let raid = between("\n5. ", "\n6. ");
    for secret in [
        "couteau",
        "нож",
        "39984711",
        "39 98 47 11",
        "weapon",
        "lyon",
    ] {
        assert!(!raid.contains(secret), "{secret}\n{raid}");
    }
    assert!(
        between("\n6. ", "\n7. ").contains("A sorti un couteau"),
        "{out}"
    );
    // The keys come out of a ceremony, and their shares are renewed while people look up.
    assert!(out.contains("nobody has ever held a key"), "{out}");
    let renewing = between("\n7. ", "\n8. ");
    assert!(renewing.contains("generation 2"), "{renewing}");
    assert!(renewing.contains("without       rowan"), "{renewing}");
    assert!(renewing.contains("A sorti un couteau"), "{renewing}");
    let renewed = between("\n9. ", "\n10. ");
    assert!(
        renewed.contains("generation 2 of the federation's keys is in force"),
        "{renewed}"
    );
    let gone = between("\n10. ", "\0");
    assert!(!gone.contains("couteau"), "{gone}");
    assert_eq!(nodes_of(&dir), 0);
    assert!(!dir.join("lilas/pid").exists());

    // The same directory goes on where it was: nothing is imported twice.
    let again = demo(&dir, &["--once"]);
    assert!(
        again.status.success(),
        "{}\n{}",
        text(&again.stdout),
        text(&again.stderr)
    );
    assert_eq!(nodes_of(&dir), 0);
}

#[test]
fn nodes_end_with_the_demonstration_whatever_ends_it() {
    let tmp = tempfile::tempdir().unwrap();
    // One directory for all: each goes on where the one before was cut off.
    let dir = tmp.path().join("demo");
    let mut all = Vec::new();
    for name in ["KILL", "TERM", "KILL", "INT"] {
        let (mut child, ready) = up(&dir, &[]);
        let pids = pids(&ready);
        assert_eq!(pids.len(), 3);
        for (node, pid) in ready["nodes"].as_array().unwrap().iter().zip(&pids) {
            assert!(lives(*pid));
            let dir = Path::new(node["dir"].as_str().unwrap());
            let written = fs::read_to_string(dir.join("pid")).unwrap();
            assert_eq!(written.trim(), pid.to_string());
            assert!(fs::metadata(dir.join("log")).is_ok());
        }
        signal(&child, name);
        let status = child.wait().unwrap();
        assert_eq!(status.success(), name != "KILL", "{name}: {status}");
        all.extend(pids);
    }
    wait_for("the nodes to end", || all.iter().all(|pid| !lives(*pid)));
}

#[test]
fn exec_runs_a_command_with_a_home_and_ends_with_its_status() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("demo");
    let script = "parasol --json --profile ryabina node status; \
                  parasol --json federation show; \
                  test -z \"$PARASOL_PROFILE\" && exit 7";
    let output = demo(
        &dir,
        &[
            "--nodes",
            "5",
            "--threshold",
            "4",
            "--exec",
            "sh",
            "-c",
            script,
        ],
    );
    assert_eq!(output.status.code(), Some(7), "{}", text(&output.stderr));
    let lines: Vec<Value> = BufReader::new(output.stdout.as_slice())
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    assert_eq!(lines[0]["node"], "ryabina");
    assert_eq!(
        (&lines[0]["ready"], &lines[0]["peers"]),
        (&true.into(), &4.into())
    );
    assert_eq!(
        (&lines[1]["threshold"], &lines[1]["keyholders"]),
        (&4.into(), &5.into())
    );
    assert_eq!(lines[1]["dealt"], false);
    assert_eq!(lines.len(), 2, "no story");
    assert_eq!(nodes_of(&dir), 0);

    let killed = demo(&dir, &["--exec", "sh", "-c", "kill -KILL $$"]);
    assert_eq!(killed.status.code(), Some(128 + 9));
    let missing = demo(&dir, &["--exec", "no-such-program-at-all"]);
    assert_eq!(missing.status.code(), Some(3));
    assert_eq!(nodes_of(&dir), 0);
}

#[test]
fn two_run_side_by_side_and_a_directory_has_one() {
    let tmp = tempfile::tempdir().unwrap();
    let (first_dir, second_dir) = (tmp.path().join("a"), tmp.path().join("b"));
    let (mut first, one) = up(&first_dir, &[]);
    let (mut second, two) = up(&second_dir, &[]);
    for node in one["nodes"].as_array().unwrap() {
        let address = node["http"].as_str().unwrap().trim_start_matches("http://");
        TcpStream::connect(address).unwrap();
        assert!(
            two["nodes"]
                .as_array()
                .unwrap()
                .iter()
                .all(|other| other["http"] != node["http"])
        );
    }
    let refused = demo(&first_dir, &["--once"]);
    assert_eq!(refused.status.code(), Some(7), "{}", text(&refused.stderr));
    assert!(
        text(&refused.stderr).contains("runs in"),
        "{}",
        text(&refused.stderr)
    );
    for child in [&mut first, &mut second] {
        signal(child, "TERM");
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(nodes_of(&first_dir) + nodes_of(&second_dir), 0);
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_made() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("demo");
    for (args, code, said) in [
        (
            &["--nodes", "1", "--exec", "true"][..],
            3,
            "no jurisdiction may hold as many",
        ),
        (
            &["--nodes", "4", "--threshold", "2", "--once"],
            3,
            "a threshold of 2 of 4",
        ),
        (&["--nodes", "2", "--once"], 2, "three organisations"),
        (&["--nodes", "99", "--once"], 2, "at most 64"),
        (&["--once", "--exec", "true"], 2, "cannot be used with"),
    ] {
        let output = demo(&dir, args);
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{err}");
        assert!(err.contains(said), "{err}");
        assert!(!dir.exists());
    }
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("letter"), "x").unwrap();
    let output = demo(&dir, &["--once"]);
    assert_eq!(output.status.code(), Some(7), "{}", text(&output.stderr));
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
}
