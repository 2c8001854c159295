//! Plays private look-up as a game and prints what each adversary got right beyond chance.
//!
//! ```text
//! cargo run --release -p parasol-protocol --features sim --example linking
//! cargo run --release -p parasol-protocol --features sim --example linking -- --rounds 10000 --json
//! cargo run --release -p parasol-protocol --features sim --example linking -- --flaw full-bits
//! ```
//!
//! Ends with 1 if somebody saw more than the spec states, or less, and nothing was wrong on purpose.

use parasol_protocol::client::game::{Flaw, Options, Stage, Table};
use std::process::ExitCode;

const USAGE: &str = "the options are --rounds N, --named N (rounds in which one of a thousand is named), \
    --withholds (one node leaves all reports out), --json, --flaw none|alike-blinds|full-bits|fetches-found|\
    sends-label|orders-by-handle|sizes-by-found|connection-per-handle";

fn options() -> Result<(Options, bool), String> {
    let mut options = Options::default();
    let mut json = false;
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let mut value = || args.next().ok_or(format!("{name} needs a value"));
        let number = |v: String| match v.parse() {
            Ok(n) if n <= 60_000 => Ok(n),
            _ => Err(format!("{v}: not a number up to 60000")),
        };
        match name.as_str() {
            "--rounds" => options.rounds = number(value()?)?,
            "--named" => options.named = number(value()?)?,
            "--withholds" => options.withholds = true,
            "--json" => json = true,
            "--flaw" => {
                let flaw = value()?;
                let known = Flaw::ALL.into_iter().find(|f| f.name() == flaw);
                options.flaw = known.ok_or(format!("{flaw}: {USAGE}"))?;
            }
            other => return Err(format!("{other}: {USAGE}")),
        }
    }
    Ok((options, json))
}

fn as_json(table: &Table) -> serde_json::Value {
    let rows = table.rows.iter().map(|row| {
        serde_json::json!({
            "adversary": row.adversary.name(),
            "coin": row.coin.name(),
            "guesses": row.guesses,
            "advantage": row.advantage,
            "stated": row.stated,
            "sigma": row.sigma(),
            "holds": row.holds(),
        })
    });
    let named = table.named.iter().map(|row| {
        serde_json::json!({
            "adversary": row.adversary.name(),
            "guesses": row.guesses,
            "right": row.right,
            "stated": row.stated,
            "sigma": row.sigma(),
            "holds": row.holds(),
        })
    });
    serde_json::json!({
        "coins": rows.collect::<Vec<_>>(),
        "named": named.collect::<Vec<_>>(),
    })
}

fn tell(table: &Table) {
    println!(
        "{:<34} {:<16} {:>7} {:>9} {:>7} {:>6}",
        "adversary", "coin", "guesses", "advantage", "stated", "sigma"
    );
    for row in &table.rows {
        println!(
            "{:<34} {:<16} {:>7} {:>+9.3} {:>7.3} {:>6.3}{}",
            row.adversary.name(),
            row.coin.name(),
            row.guesses,
            row.advantage,
            row.stated,
            row.sigma(),
            if row.holds() { "" } else { " !" }
        );
    }
    println!("\nnaming one of a thousand");
    for row in &table.named {
        println!(
            "{:<51} {:>7} {:>9.3} {:>7.3} {:>6.3}{}",
            row.adversary.name(),
            row.guesses,
            row.right,
            row.stated,
            row.sigma(),
            if row.holds() { "" } else { " !" }
        );
    }
}

fn main() -> ExitCode {
    let (options, json) = match options() {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let mut stage = Stage::new();
    let table = stage.play(&options);
    if json {
        println!("{}", as_json(&table));
    } else {
        println!(
            "{} reports, buckets of {} bits; wrong on purpose: {}\n",
            stage.reports(),
            stage.bits(),
            options.flaw.name()
        );
        tell(&table);
    }
    if options.flaw == Flaw::None && !table.holds() {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
