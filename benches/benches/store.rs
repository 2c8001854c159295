//! Admitting and storing, stage by stage, beside `verify_strict` on all cores and the bare store
//! with the same batches; and the same batches in other databases.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::chain::Chain;
use common::ops::{Notes, Noting, batches};
use common::peers::{ENGINES, open_engine};
use common::sample::{Fed, made_ahead, now};
use common::system::{again, median, megabytes, number, on_disk, own_memory, scaled};
use parasol_benches::{Row, publish};
use parasol_node::driver::verify;
use parasol_node::ledger::Ledger;
use parasol_node::store::{Engine, Op, Store, Table, open};
use parasol_protocol::cose::{Context, Sign1, to_be_signed};
use parasol_protocol::keys::SignatureBytes;
use parasol_protocol::record::Unverified;
use serde_json::{Value, json};
use std::io::BufWriter;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What one commit takes at most when much has queued up.
const BATCH: usize = 2048;
/// Signatures that are checked to learn how fast that goes.
const SIGNATURES: usize = 30_000;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).map(String::as_str) == Some("engine") {
        println!(
            "{}",
            engine(&args[2], Path::new(&args[3]), Path::new(&args[4]))
        );
        return;
    }
    let count = scaled("BENCH_STORE", 120_000);
    let tmp = tempfile::tempdir().unwrap();
    let fed = Fed::make(
        &tmp.path().join("fed"),
        &[(20_001, 20_002), (20_003, 20_004), (20_005, 20_006)],
    );
    let mut batches: Vec<Vec<Vec<u8>>> = Vec::new();
    let make = |n| fed.record(n as u64).bytes().to_vec();
    made_ahead(count, BATCH, make, |batch| batches.push(batch));
    let bytes: usize = batches.iter().flatten().map(Vec::len).sum();
    println!("{count} records of {} bytes on average", bytes / count);

    let mut rows = stages(&fed, &batches);
    let file = tmp.path().join("ops");
    record(&fed, &batches, &file, tmp.path());
    let run = |name: &str| {
        let dir = tmp.path().join(name);
        let figures = again(&[
            "engine",
            name,
            &file.to_string_lossy(),
            &dir.to_string_lossy(),
        ]);
        std::fs::remove_dir_all(dir).unwrap();
        figures
    };
    // In turns, so that what else the machine does falls on both.
    let (mut bare, mut whole) = (Vec::new(), Vec::new());
    let mut redb = Value::Null;
    let mut parts = [0.0; 4];
    for _ in 0..3 {
        redb = run("redb");
        bare.push(count as f64 / number(&redb, "seconds"));
        let (rate, of) = admit_and_store(&fed, &batches, tmp.path());
        whole.push(rate);
        parts = of;
    }
    let strict = rows.1;
    let (bare, whole) = (median(bare), median(whole));
    let floor = strict.min(bare);
    let ratio = whole / floor;
    let met = ratio >= 0.8;
    let each = |seconds: f64| format!("{:.1} µs a record", seconds * 1e6 / count as f64);
    let row = Row::new("admit and store durably, batches of 2048");
    let row = row.figure(format!("{whole:.0} /s"));
    let row = row.beside(format!(
        "bare store {bare:.0} /s, verify_strict on both cores {strict:.0} /s"
    ));
    rows.0.push(row.ratio(ratio).aim("≥ 0.8 × the slower", met));
    let what = [
        "admission",
        "rows of the ledger",
        "waiting for the batch before it to be on the disk",
        "writing and syncing, on another thread",
    ];
    for (what, seconds) in what.into_iter().zip(parts) {
        let row = Row::new(format!("admit and store: {what}"));
        rows.0.push(row.figure(each(seconds)));
    }
    rows.0.extend(beside_others(count, bytes, redb, run));
    publish("store", &rows.0).unwrap();
}

/// What each stage before the store costs, and how fast both cores check signatures.
fn stages(fed: &Fed, batches: &[Vec<Vec<u8>>]) -> (Vec<Row>, f64) {
    let records: Vec<Vec<u8>> = batches.iter().flatten().take(SIGNATURES).cloned().collect();
    let external = Context::Record.external(Some(&fed.federation));
    let signed: Vec<([u8; 32], Vec<u8>, SignatureBytes)> = records
        .iter()
        .map(|bytes| {
            let sign1 = Sign1::parse(bytes, bytes.len()).unwrap();
            let record = Unverified::parse(bytes).unwrap();
            let key = *record.claimed().0.key();
            (key, to_be_signed(&external, sign1.payload), sign1.signature)
        })
        .collect();
    let strict = |part: &[([u8; 32], Vec<u8>, SignatureBytes)]| {
        for (key, message, signature) in part {
            parasol_protocol::keys::verify(key, message, signature).unwrap();
        }
    };
    let rate = |work: &dyn Fn()| {
        let times = (0..3).map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        });
        records.len() as f64 / median(times.collect())
    };
    let both = rate(&|| {
        let (left, right) = signed.split_at(signed.len() / 2);
        std::thread::scope(|scope| {
            scope.spawn(|| strict(left));
            strict(right);
        });
    });
    let parse = rate(&|| {
        for bytes in &records {
            std::hint::black_box(Unverified::parse(bytes).unwrap());
        }
    });
    let node = rate(&|| {
        for batch in records.chunks(BATCH) {
            std::hint::black_box(verify(&fed.federation, batch));
        }
    });
    let each = |rate: f64| format!("{:.1} µs a record", 1e6 / rate);
    let rows = vec![
        Row::new("admit and store: decoding, one core").figure(each(parse)),
        Row::new("admit and store: decoding and verifying, both cores")
            .figure(format!("{node:.0} /s"))
            .beside(format!("verify_strict on both cores: {both:.0} /s"))
            .ratio(node / both),
    ];
    (rows, both)
}

fn ledger(fed: &Fed, store: Box<dyn Store>) -> Ledger {
    Ledger::open(store, fed.organisations[0]).unwrap()
}

/// Writes down the batches that the ledger hands to its store.
fn record(fed: &Fed, batches: &[Vec<Vec<u8>>], file: &Path, tmp: &Path) {
    let notes = Arc::new(Notes::default());
    let dir = tmp.join("recorded");
    let store = Noting::new(open(&dir, Engine::Redb).unwrap(), Arc::clone(&notes));
    let mut chain = Chain::new(fed, 0, ledger(fed, Box::new(store)), now());
    let out = std::fs::File::create(file).unwrap();
    *notes.file.lock().unwrap() = Some(BufWriter::with_capacity(1 << 20, out));
    chain.take_bytes(fed, batches, now());
    drop(notes.file.lock().unwrap().take());
    drop(chain);
    std::fs::remove_dir_all(dir).unwrap();
}

/// Records a second, and the seconds of admission, of the ledger's rows and of the store.
fn admit_and_store(fed: &Fed, batches: &[Vec<Vec<u8>>], tmp: &Path) -> (f64, [f64; 4]) {
    let count: usize = batches.iter().map(Vec::len).sum();
    let notes = Arc::new(Notes::default());
    let dir = tmp.join("whole");
    let store = Noting::new(open(&dir, Engine::Redb).unwrap(), Arc::clone(&notes));
    let mut chain = Chain::new(fed, 0, ledger(fed, Box::new(store)), now());
    chain.admitting = Duration::ZERO;
    chain.preparing = Duration::ZERO;
    chain.waiting = Duration::ZERO;
    *notes.writing.lock().unwrap() = Duration::ZERO;
    let start = Instant::now();
    chain.take_bytes(fed, batches, now());
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(chain.carried, count, "all of them are new and carried");
    let writing = notes.writing.lock().unwrap().as_secs_f64();
    let (rows, waiting) = (chain.preparing.as_secs_f64(), chain.waiting.as_secs_f64());
    let admitting = chain.admitting.as_secs_f64();
    drop(chain);
    std::fs::remove_dir_all(dir).unwrap();
    (count as f64 / seconds, [admitting, rows, waiting, writing])
}

/// In a process of its own: the batches of a file into an engine, and what it is like afterwards.
fn engine(name: &str, file: &Path, dir: &Path) -> Value {
    let store = open_engine(name, dir);
    let mut seconds = 0.0;
    let mut ids = Vec::new();
    let mut largest = 0_usize;
    for (n, ops) in batches(file).enumerate() {
        let start = Instant::now();
        store.apply(&ops).unwrap();
        seconds += start.elapsed().as_secs_f64();
        largest = largest.max(ops.len());
        let of_ids = ops.iter().filter_map(|op| match op {
            Op::Put(Table::Ids, key, _) => Some(key.clone()),
            _ => None,
        });
        ids.extend(of_ids.skip(n % 20).step_by(20));
    }
    let (memory, most) = (own_memory("VmRSS"), own_memory("VmHWM"));
    drop(store);
    let start = Instant::now();
    let store = open_engine(name, dir);
    assert!(store.get(Table::Ids, &ids[0]).unwrap().is_some());
    let reopened = start.elapsed().as_secs_f64();
    // Twice, so that what the first brought into memory is there.
    let mut read = 0.0;
    for _ in 0..2 {
        let start = Instant::now();
        for id in &ids {
            let row = store.get(Table::Ids, id).unwrap().unwrap();
            assert!(store.get(Table::Records, &row[..8]).unwrap().is_some());
        }
        read = start.elapsed().as_secs_f64() / ids.len() as f64;
    }
    let mut found = 0_usize;
    let start = Instant::now();
    // The rows of one bucket in the first chunk, which is nearly all there is in this many records.
    for bucket in 0..2000_u32 {
        let visit = &mut |_: &[u8], _: &[u8]| {
            found += 1;
            ControlFlow::Continue(())
        };
        let prefix = [[0; 4], bucket.to_be_bytes()].concat();
        store.scan_prefix(Table::Buckets, &prefix, visit).unwrap();
    }
    let scanned = start.elapsed().as_secs_f64() / 2000.0;
    assert!(found > 0);
    drop(store);
    json!({
        "seconds": seconds, "memory": memory, "most": most, "reopened": reopened,
        "read": read, "scanned": scanned, "disk": on_disk(dir),
    })
}

/// A line for each database.
fn beside_others(count: usize, bytes: usize, redb: Value, run: impl Fn(&str) -> Value) -> Vec<Row> {
    let figures: Vec<(&str, Value)> = ENGINES
        .iter()
        .map(|name| match *name {
            "redb" => (*name, redb.clone()),
            other => (other, run(other)),
        })
        .collect();
    let line = |(name, f): &(&str, Value)| {
        let rate = count as f64 / number(f, "seconds");
        let figure = format!(
            "{rate:.0} records/s durably; a point read {:.1} µs, a bucket {:.1} µs; {} at most; reopened in {:.1} ms; {:.2} × the raw bytes on disk",
            number(f, "read") * 1e6,
            number(f, "scanned") * 1e6,
            megabytes(number(f, "most")),
            number(f, "reopened") * 1e3,
            number(f, "disk") / bytes as f64,
        );
        Row::new(format!("the same batches in {name}"))
            .figure(figure)
            .ratio(rate * number(&redb, "seconds") / count as f64)
    };
    figures.iter().map(line).collect()
}
