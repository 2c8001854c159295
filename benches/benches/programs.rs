//! The programs as they are given out: their size, and an old list of 10,000 rows brought in by one of
//! them, with three nodes on the same machine, beside the evaluations that it takes. `BENCH_ROWS=1000`: a
//! shorter list.
//!
//! Cargo builds them in their profile first, which takes some minutes where they are not there yet.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "common/cargo.rs"]
mod cargo;
mod common;

use common::sample::Fed;
use common::system::{number, scaled};
use parasol_benches::{Row, publish};
use parasol_cli::founding::ports;
use parasol_node::entropy::OsEntropy;
use parasol_protocol::oprf::{KeyName, MAX_BATCH, blind};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Handles in a row of the list: a phone number and an address of email.
const HANDLES: usize = 2;
const ASIDE: &str = "import-twice";

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).map(String::as_str) == Some(ASIDE) {
        return twice(&args[2], &args[3]);
    }
    cargo::run("build --profile dist -p parasol-cli -p parasol-node");
    let built = cargo::run("metadata --format-version 1 --no-deps");
    let built: Value = serde_json::from_str(&built).unwrap();
    let built = Path::new(built["target_directory"].as_str().unwrap()).join("dist");
    let mut rows: Vec<Row> = ["parasol", "parasol-node"]
        .map(|name| {
            let bytes = std::fs::metadata(built.join(name)).unwrap().len() as f64;
            Row::new(format!("`{name}`, profile dist, stripped"))
                .figure(format!("{:.1} MB", bytes / 1e6))
                .aim("≤ 25 MB", bytes <= 25e6)
        })
        .into();
    rows.extend(import(&built.join("parasol"), scaled("BENCH_ROWS", 10_000)));
    publish("programs", &rows).unwrap();
}

/// A list of so many rows about so many people.
fn list(rows: usize) -> String {
    let mut list = "phone,email,what happened,date\n".to_owned();
    for n in 0..rows {
        let day = n % 28 + 1;
        writeln!(
            list,
            "+3363998{n:04},visitor{n}@example.org,did not pay; said to be called {n},2026-0{}-{day:02}",
            n % 9 + 1
        )
        .unwrap();
    }
    list
}

fn import(parasol: &Path, rows: usize) -> [Row; 2] {
    assert!(rows <= 10_000, "the list has numbers for 10,000 rows");
    let tmp = tempfile::tempdir().unwrap();
    let path = tmp.path().join("list.csv");
    std::fs::write(&path, list(rows)).unwrap();
    let output = Command::new(parasol)
        .args(["demo", "--exec", "--"])
        .arg(std::env::current_exe().unwrap())
        .arg(ASIDE)
        .args([parasol, &path])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let took: Value = serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap();
    assert_eq!(took["published"], rows, "not all went out");
    let (first, again) = (number(&took, "first"), number(&took, "again"));
    let bare = evaluations(rows * HANDLES);
    let aim = 60.0 * rows as f64 / 10_000.0;
    [
        Row::new(format!(
            "import of {rows} rows of two handles, three nodes on the same machine"
        ))
        .figure(format!("{first:.1} s"))
        .beside(format!(
            "evaluating them at two keyholders under two keys, on one core: {bare:.1} s"
        ))
        .ratio(first / bare)
        .aim(format!("≤ {aim:.0} s"), first <= aim),
        Row::new("the same again, all known").figure(format!("{again:.1} s")),
    ]
}

/// Beside a federation: imports the list, and once more, and prints how long each took.
fn twice(parasol: &str, list: &str) {
    let run = || -> (f64, Value) {
        let begun = Instant::now();
        let output = Command::new(parasol)
            .args(["import", list, "--profile", "lilas", "--json"])
            .output()
            .unwrap();
        let took = begun.elapsed().as_secs_f64();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}{error}");
        (took, serde_json::from_str(&said).unwrap())
    };
    let ((first, totals), (again, _)) = (run(), run());
    println!(
        "{}",
        json!({"first": first, "again": again, "published": totals["published"]})
    );
}

/// Seconds for so many handles: blinding, evaluating with proofs, verifying, combining.
fn evaluations(handles: usize) -> f64 {
    let tmp = tempfile::tempdir().unwrap();
    let dir: PathBuf = tmp.path().join("fed");
    let fed = Fed::make(&dir, &ports(3, None).unwrap());
    let identities = [fed.identity(0), fed.identity(1)];
    let certificate = identities[0].certificate.as_ref().unwrap();
    let keys = [KeyName::Bucket, KeyName::Handle(fed.today.season())];
    let inputs: Vec<Vec<u8>> = (0..handles)
        .map(|n| format!("handle {n}").into_bytes())
        .collect();
    let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let begun = Instant::now();
    for batch in inputs.chunks(MAX_BATCH) {
        let blinded = blind(batch, &mut OsEntropy).unwrap();
        for key in keys {
            let public = certificate.key(key).unwrap();
            let verified: Vec<_> = identities
                .iter()
                .map(|identity| {
                    let share = &identity.shares[&key];
                    let answer = share.evaluate(blinded.elements(), &mut OsEntropy).unwrap();
                    blinded.verify(public, &answer).unwrap()
                })
                .collect();
            blinded.finish(public, &verified).unwrap();
        }
    }
    begun.elapsed().as_secs_f64()
}
