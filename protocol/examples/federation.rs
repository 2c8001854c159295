//! Runs a simulated federation and says what it cost.
//!
//! ```text
//! cargo run --release -p parasol-protocol --features sim --example federation -- \
//!     --nodes 50 --records 200 --seed 1 --json
//! cargo run --release -p parasol-protocol --features sim --example federation -- --chaos 2000
//! ```

use parasol_protocol::sim::{Conditions, World, chaos, filling};
use std::process::ExitCode;

struct Options {
    nodes: u16,
    records: u32,
    seed: u64,
    chaos: Option<u64>,
    bad: bool,
    json: bool,
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        nodes: 50,
        records: 100,
        seed: 1,
        chaos: None,
        bad: false,
        json: false,
    };
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let mut number = || -> Result<u64, String> {
            let value = args.next().ok_or(format!("{name} needs a number"))?;
            value.parse().map_err(|_| format!("{value}: not a number"))
        };
        let small = |n: u64| u16::try_from(n).map_err(|_| format!("{n}: at most 65535"));
        match name.as_str() {
            "--nodes" => options.nodes = small(number()?)?,
            "--records" => options.records = small(number()?)?.into(),
            "--seed" => options.seed = number()?,
            "--chaos" => options.chaos = Some(number()?),
            "--bad" => options.bad = true,
            "--json" => options.json = true,
            other => {
                return Err(format!(
                    "{other}: the options are --nodes N, --records M, --seed S, --bad (network), --chaos COUNT, --json"
                ));
            }
        }
    }
    Ok(options)
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

fn tell(world: &World, options: &Options) {
    let r = &world.report;
    let (median, slowest) = r.convergence();
    let rows = [
        ("nodes", u64::from(options.nodes)),
        ("records", r.spread.len() as u64),
        ("seed", options.seed),
        ("agreed", u64::from(world.agree())),
        ("messages", r.messages),
        ("bytes", r.bytes),
        ("gossip_bytes", r.gossip_bytes),
        ("lost", r.lost),
        ("unanswered", r.unanswered),
        ("events", r.events),
        ("verified", r.verified),
        ("hops_max", u64::from(r.hops())),
        ("copies_per_carrier_hundredths", r.copies_per_carrier()),
        ("convergence_median_ms", median),
        ("convergence_slowest_ms", slowest),
    ];
    if options.json {
        let fields: serde_json::Map<String, serde_json::Value> = rows
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).into()))
            .collect();
        println!("{}", serde_json::Value::Object(fields));
    } else {
        for (name, value) in rows {
            println!("{name:>30} {value}");
        }
    }
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
    let conditions = if options.bad {
        Conditions::BAD
    } else {
        Conditions::PERFECT
    };
    let world = filling(options.nodes, options.records, conditions, options.seed);
    tell(&world, &options);
    ExitCode::SUCCESS
}
