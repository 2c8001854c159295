//! Runs a simulated federation and says what it cost and what held.
//!
//! ```text
//! cargo run --release -p parasol-protocol --features sim --example federation -- \
//!     --scenario protocol/examples/federation/scenarios/partition.json --seed 1 --json
//! cargo run --release -p parasol-protocol --features sim --example federation -- --nodes 300
//! cargo run --release -p parasol-protocol --features sim --example federation -- --chaos 2000
//! ```
//!
//! It ends with 0 if all held that the scenario asserts, 1 if something did not, 2 if it was asked
//! for something that it cannot do.

mod file;

use parasol_protocol::sim::{self, Outcome, chaos};
use std::path::Path;
use std::process::ExitCode;

/// What is run if no file is named.
const LIVE: &str = include_str!("scenarios/live.json");

const HELP: &str = "the options are --scenario FILE, --nodes N, --records M, --seed S, --json; or --chaos COUNT with --seed S";

struct Options {
    scenario: Option<String>,
    nodes: Option<u16>,
    records: Option<u32>,
    seed: u64,
    chaos: Option<u64>,
    json: bool,
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        scenario: None,
        nodes: None,
        records: None,
        seed: 1,
        chaos: None,
        json: false,
    };
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let mut value = || args.next().ok_or(format!("{name} needs a value; {HELP}"));
        match name.as_str() {
            "--scenario" => options.scenario = Some(value()?),
            "--nodes" => options.nodes = Some(number(&name, &value()?)?),
            "--records" => options.records = Some(number(&name, &value()?)?),
            "--seed" => options.seed = number(&name, &value()?)?,
            "--chaos" => options.chaos = Some(number(&name, &value()?)?),
            "--json" => options.json = true,
            _ => return Err(format!("{name}: there is no such option; {HELP}")),
        }
    }
    if options.chaos.is_some() && (options.scenario.is_some() || options.json) {
        return Err(format!("--chaos plays no scenario; {HELP}"));
    }
    Ok(options)
}

fn number<T: TryFrom<u64>>(name: &str, value: &str) -> Result<T, String> {
    let number = value.parse().ok().and_then(|n: u64| T::try_from(n).ok());
    number.ok_or(format!("{name} {value}: not a number, or too large"))
}

/// Runs so many seeds of the scenario in which everything happens; names those that break a promise.
fn sweep(first: u64, count: u64) -> ExitCode {
    let mut broken = 0;
    for seed in first..first.saturating_add(count) {
        if let Err(why) = chaos(seed) {
            println!("seed {seed}: {why}");
            broken += 1;
        }
    }
    println!("{broken} of {count} seeds broke a promise");
    if broken == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn play(options: &Options) -> Result<Outcome, String> {
    let (name, text) = match &options.scenario {
        None => ("live".to_owned(), LIVE.to_owned()),
        Some(path) => {
            let text = std::fs::read_to_string(path);
            let text = text.map_err(|e| format!("{path}: cannot be read: {e}"))?;
            let stem = Path::new(path).file_stem();
            let name = stem.map_or(path.clone(), |s| s.to_string_lossy().into_owned());
            (name, text)
        }
    };
    let mut scenario = file::read(&name, &text)?;
    if let Some(nodes) = options.nodes {
        scenario = scenario.with_nodes(nodes)?;
    }
    if let Some(records) = options.records {
        scenario.load.records = records;
    }
    Ok(scenario.run(options.seed))
}

/// A figure; none where it stands for what never happened.
fn ever(figure: u64) -> Option<u64> {
    (figure != u64::MAX).then_some(figure)
}

fn as_json(outcome: &Outcome) -> serde_json::Value {
    let figures: serde_json::Map<_, _> = outcome
        .figures
        .iter()
        .map(|(name, value)| ((*name).to_owned(), serde_json::json!(ever(*value))))
        .collect();
    let invariants: serde_json::Map<_, _> = outcome
        .invariants
        .iter()
        .map(|(name, holds)| ((*name).to_owned(), (*holds).into()))
        .collect();
    let events: Vec<_> = outcome
        .events
        .iter()
        .map(|(what, times)| serde_json::json!({"what": what, "times": times}))
        .collect();
    serde_json::json!({
        "scenario": outcome.scenario,
        "seed": outcome.seed,
        "figures": figures,
        "events": events,
        "invariants": invariants,
        "digest": outcome.digest,
    })
}

fn tell(outcome: &Outcome) {
    println!("{:>26} {}", "scenario", outcome.scenario);
    println!("{:>26} {}", "seed", outcome.seed);
    for (name, value) in &outcome.figures {
        let value = ever(*value).map_or_else(|| "never".to_owned(), |value| value.to_string());
        println!("{name:>26} {value}");
    }
    for (what, times) in &outcome.events {
        println!("{what:>26} took place, {times}");
    }
    for (name, holds) in &outcome.invariants {
        println!("{name:>26} {}", if *holds { "holds" } else { "BROKEN" });
    }
    println!("{:>26} {}", "digest", outcome.digest);
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    if let Some(count) = options.chaos {
        return sweep(options.seed, count);
    }
    let outcome = match play(&options) {
        Ok(outcome) => outcome,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    if options.json {
        println!("{}", as_json(&outcome));
    } else {
        tell(&outcome);
    }
    let broken = outcome.broken();
    if broken.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("broken: {}", broken.join(", "));
    ExitCode::FAILURE
}
