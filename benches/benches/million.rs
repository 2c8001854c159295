//! A node with a million records: memory, reopening, disk; and catching up on the latest thousand.
//! `BENCH_RECORDS=100000` makes it a smaller list.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::catch_up::{compare, dialog, rateless};
use common::chain::Chain;
use common::process::{Node, is_node};
use common::sample::{Fed, made_ahead, now};
use common::system::{again, megabytes, memory, number, on_disk, own_memory, scaled};
use parasol_benches::{Row, publish};
use parasol_cli::founding::ports;
use parasol_node::config::NodeConfig;
use parasol_node::keys::NodeIdentity;
use parasol_node::ledger::Ledger;
use parasol_node::store::{Engine, open};
use parasol_protocol::carried::{Change, View as _};
use parasol_protocol::ids::RecordId;
use parasol_protocol::reconcile::Set;
use parasol_protocol::time::Day;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Records in one commit while the list is filled.
const BATCH: usize = 4096;
/// Records that one of the two lacks.
const LACKS: usize = 1000;

fn main() {
    if is_node() {
        return;
    }
    let args: Vec<String> = std::env::args().collect();
    let of = |n: usize| args[n].parse::<usize>().unwrap();
    match args.get(1).map(String::as_str) {
        Some("fill") => println!("{}", fill(Path::new(&args[2]), of(3), of(4))),
        Some("reopen") => println!("{}", reopen(Path::new(&args[2]))),
        Some("catch-up") => println!("{}", catch_up(Path::new(&args[2]))),
        _ => measure(),
    }
}

fn data(fed: &Path, name: &str) -> PathBuf {
    NodeConfig::load_with(&fed.join(name), &|_| None)
        .unwrap()
        .data_dir()
}

fn ledger(fed: &Fed, node: usize) -> Ledger {
    let dir = data(&fed.dir, common::sample::NAMES[node]);
    Ledger::open(open(&dir, Engine::Redb).unwrap(), fed.organisations[node]).unwrap()
}

/// Puts so many records into the first node's store, from a number on. Those past the first
/// batch of all are issued over weeks, later ones today.
fn fill(dir: &Path, first: usize, count: usize) -> Value {
    let fed = Fed::open(dir);
    let mut ledger = ledger(&fed, 0);
    // As a node's first start says it of its empty store.
    let charter = NodeIdentity::read(&dir.join("lilas")).unwrap().charter.id();
    ledger.apply(&[Change::HeldAgainst(charter)]).unwrap();
    let mut chain = Chain::new(&fed, 0, ledger, now());
    let mut raw = 0;
    let make = |n: usize| {
        let number = (first + n) as u64;
        if first == 0 {
            fed.record(number)
        } else {
            fed.recent(number)
        }
    };
    let start = Instant::now();
    made_ahead(count, BATCH, make, |records| {
        raw += records.iter().map(|r| r.bytes().len()).sum::<usize>();
        chain.take(records, now());
    });
    chain.settle();
    assert_eq!(chain.carried, count, "all of them are new and carried");
    json!({"raw": raw, "seconds": start.elapsed().as_secs_f64(), "memory": own_memory("VmHWM")})
}

/// Opens the store, the ledger and the engine, as a node does.
fn reopen(dir: &Path) -> Value {
    let fed = Fed::open(dir);
    let start = Instant::now();
    let ledger = ledger(&fed, 0);
    let mut engine = fed.engine(0, &ledger.view().unwrap());
    engine.begin(now());
    let seconds = start.elapsed().as_secs_f64();
    json!({"seconds": seconds, "memory": own_memory("VmRSS")})
}

/// The first node has what the second lacks: what it takes until both have it.
fn catch_up(dir: &Path) -> Value {
    let fed = Fed::open(dir);
    let now = now();
    let mut has = Chain::new(&fed, 0, ledger(&fed, 0), now);
    let mut lacks = Chain::new(&fed, 1, ledger(&fed, 1), now);
    let list = |chain: &Chain| {
        let mut all: Vec<(Day, RecordId)> = Vec::new();
        let view = chain.ledger.view().unwrap();
        view.list(&mut |r| all.push((r.issued, r.id))).unwrap();
        all
    };
    let (all, few) = (list(&has), list(&lacks));
    let took = dialog(&fed, &mut lacks, &mut has, now);
    let ids = |of: &[(Day, RecordId)]| -> Vec<RecordId> { of.iter().map(|(_, id)| *id).collect() };
    let (symbols, working) = rateless(&ids(&few), &ids(&all), LACKS);
    // The same number of differences, over all days: every so-manieth is missing.
    let step = all.len() / LACKS;
    let mut sorted = all.clone();
    sorted.sort_unstable();
    let rest = sorted.iter().enumerate();
    let rest = rest.filter(|(n, _)| n % step != 0 || n / step >= LACKS);
    let scattered = Set::new(rest.map(|(_, item)| *item));
    let whole = Set::new(all.iter().copied());
    let apart = compare(&scattered, &whole, LACKS);
    json!({
        "records": took.records, "rounds": took.rounds, "comparing": took.comparing,
        "beyond": took.beyond, "seconds": took.time.as_secs_f64(), "all": all.len(),
        "symbols": symbols, "working": working.as_secs_f64(),
        "scattered_rounds": apart.0, "scattered": apart.1,
    })
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn measure() {
    let count = scaled("BENCH_RECORDS", 1_000_000);
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("fed");
    let ports = ports(3, None).unwrap();
    let fed = Fed::make(&dir, &ports);
    let path = dir.to_string_lossy();
    let filled = again(&["fill", &path, "0", &count.to_string()]);
    let store = data(&dir, "lilas");
    let disk = on_disk(&store) as f64;
    let raw = number(&filled, "raw");
    let rate = count as f64 / number(&filled, "seconds");
    println!(
        "{count} records were signed, admitted and stored at {rate:.0} /s, with {}",
        megabytes(number(&filled, "memory"))
    );
    let opened = again(&["reopen", &path]);
    copy(&store, &data(&dir, "ryabina"));
    again(&["fill", &path, &count.to_string(), &LACKS.to_string()]);
    let caught = again(&["catch-up", &path]);
    // Another thousand, for two real nodes.
    again(&[
        "fill",
        &path,
        &(count + LACKS).to_string(),
        &LACKS.to_string(),
    ]);
    let lilas = Node::start(&dir.join("lilas"), ports[0].0, &fed.tokens[0]);
    let before = lilas.records();
    let ryabina = Node::start(&dir.join("ryabina"), ports[1].0, &fed.tokens[1]);
    let synced = ryabina.wait("caught up", |n| n.records() == before);
    // As long as it takes until each has begun a catch-up of its own.
    std::thread::sleep(Duration::from_secs(25));
    let most = [&lilas, &ryabina]
        .map(|n| memory(n.pid(), "VmHWM"))
        .into_iter()
        .max()
        .unwrap();
    let resident = [&lilas, &ryabina]
        .map(|n| memory(n.pid(), "VmRSS"))
        .into_iter()
        .max()
        .unwrap();

    let reopened = lilas
        .started
        .as_secs_f64()
        .max(ryabina.started.as_secs_f64());
    let million = format!("{count} records in a node");
    let fetched = number(&caught, "records");
    let beyond = number(&caught, "beyond");
    let all_ids = number(&caught, "all") * 34.0;
    let rateless = number(&caught, "symbols") * 41.0;
    let fetching = fetched * 34.0;
    let rows = [
        Row::new(format!("{million}: memory at most, two catch-ups included"))
            .figure(megabytes(most as f64))
            .beside(format!("{} at the end", megabytes(resident as f64)))
            .aim("≤ 300 MB", most < 300_000_000),
        Row::new(format!("{million}: from its start until it answers"))
            .figure(format!("{:.0} ms", reopened * 1e3))
            .beside(format!(
                "store, ledger and engine alone: {:.1} ms",
                number(&opened, "seconds") * 1e3
            ))
            .aim("< 1 s", reopened < 1.0),
        Row::new(format!("{million}: on disk"))
            .figure(megabytes(disk))
            .beside(format!("raw: {}", megabytes(raw)))
            .ratio(disk / raw)
            .aim("≤ 2 × the raw bytes", disk <= 2.0 * raw),
        Row::new(format!(
            "catch-up of {fetched:.0} recent records among {count}: bytes beyond the records"
        ))
        .figure(format!("{:.1} kB", beyond / 1e3))
        .beside(format!(
            "rateless IBLT: {:.1} kB ({:.0} symbols, {:.1} s of work)",
            (rateless + fetching) / 1e3,
            number(&caught, "symbols"),
            number(&caught, "working")
        ))
        .ratio(beyond / (rateless + fetching))
        .aim("≤ 100 kB", beyond <= 100e3),
        Row::new("the same")
            .figure(format!("{:.1} kB", beyond / 1e3))
            .beside(format!("all ids: {:.0} kB", all_ids / 1e3))
            .ratio(beyond / all_ids),
        Row::new("the same: round trips, fetching included")
            .figure(format!(
                "{}, of them {} to compare",
                caught["rounds"], caught["comparing"]
            ))
            .beside("all ids: 3; rateless IBLT: at least 3")
            .aim("≤ 5", number(&caught, "rounds") <= 5.0),
        Row::new("the same: time of both engines, sets made and records stored")
            .figure(format!("{:.2} s", number(&caught, "seconds")))
            .beside(format!(
                "between two nodes, connecting included: {:.2} s",
                synced.as_secs_f64()
            )),
        Row::new("the same number of differences over all days, comparing alone")
            .figure(format!(
                "{:.0} kB in {} round trips",
                number(&caught, "scattered") / 1e3,
                caught["scattered_rounds"]
            ))
            .beside(format!("rateless IBLT: {:.1} kB", rateless / 1e3))
            .ratio(number(&caught, "scattered") / rateless),
    ];
    publish("million", &rows).unwrap();
}
