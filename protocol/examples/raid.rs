//! Raids a federation and says what an examiner made of what it found.
//!
//! ```text
//! cargo run --release -p parasol-protocol --features sim --example raid -- --nodes 1
//! cargo run --release -p parasol-protocol --features sim --example raid -- \
//!     --holders 5 --threshold 3 --nodes 2 --flaw reused-blinds --json
//! ```
//!
//! Ends with 1 if fewer nodes than the threshold gave more than the spec states and nothing was
//! wrong on purpose.

use parasol_protocol::client::raid::{Flaw, Judgement, Scene, examine};
use std::process::ExitCode;

struct Options {
    holders: u16,
    threshold: u16,
    nodes: u16,
    flaw: Flaw,
    json: bool,
}

const USAGE: &str = "the options are --holders N (at most 5), --threshold T, --nodes M (seized), \
    --flaw none|reused-blinds|weak-keys|reused-nonces, --json";

fn options() -> Result<Options, String> {
    let mut options = Options {
        holders: 3,
        threshold: 2,
        nodes: 1,
        flaw: Flaw::None,
        json: false,
    };
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let mut value = || args.next().ok_or(format!("{name} needs a value"));
        let number = |v: String| v.parse().map_err(|_| format!("{v}: not a number"));
        match name.as_str() {
            "--holders" => options.holders = number(value()?)?,
            "--threshold" => options.threshold = number(value()?)?,
            "--nodes" => options.nodes = number(value()?)?,
            "--flaw" => {
                let flaw = value()?;
                let known = Flaw::ALL.into_iter().find(|f| f.name() == flaw);
                options.flaw = known.ok_or(format!("{flaw}: {USAGE}"))?;
            }
            "--json" => options.json = true,
            other => return Err(format!("{other}: {USAGE}")),
        }
    }
    let Options {
        holders,
        threshold,
        nodes,
        ..
    } = options;
    if !(1..=5).contains(&holders) || threshold > holders || 2 * threshold <= holders {
        return Err(format!(
            "{threshold} of {holders}: more than half of at most 5 keyholders are needed"
        ));
    }
    if nodes > holders {
        return Err(format!("{nodes}: there are {holders} nodes"));
    }
    Ok(options)
}

fn tell(options: &Options, judgement: &Judgement) {
    if options.json {
        let rows = judgement.rows.iter().map(|row| {
            serde_json::json!({
                "name": row.name,
                "tried": row.tried,
                "times": row.times,
                "got": row.got,
                "limit": row.limit,
                "holds": row.holds(),
            })
        });
        let all = serde_json::json!({
            "holders": options.holders,
            "threshold": options.threshold,
            "nodes": options.nodes,
            "flaw": options.flaw.name(),
            "fewer_than_threshold": judgement.few,
            "suspects_listed": judgement.listed,
            "suspects_exposed": judgement.exposed,
            "reports_opened": judgement.opened.0,
            "reports": judgement.opened.1,
            "rows": rows.collect::<Vec<_>>(),
        });
        println!("{all}");
        return;
    }
    println!(
        "{} of {} nodes seized, {} needed; wrong on purpose: {}\n",
        options.nodes,
        options.holders,
        options.threshold,
        options.flaw.name()
    );
    println!(
        "{:>10} {:>9} {:>7}  what was tried",
        "times", "got", "limit"
    );
    for row in &judgement.rows {
        let limit = row.limit.map_or("stated".to_owned(), |l| l.to_string());
        let beyond = if row.holds() { ' ' } else { '!' };
        println!(
            "{:>10} {:>9} {limit:>7}{beyond} {}: {}",
            row.times, row.got, row.name, row.tried
        );
    }
    println!(
        "\n{} of {} reports opened; {} of {} suspects on the list exposed",
        judgement.opened.0, judgement.opened.1, judgement.exposed, judgement.listed
    );
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let scene = Scene::new(options.holders, options.threshold, options.flaw);
    let places: Vec<usize> = (0..usize::from(options.nodes)).collect();
    let seizure = scene.seize(&places);
    let judgement = scene.judge(&seizure, &examine(&seizure, scene.suspects()));
    tell(&options, &judgement);
    if judgement.few && options.flaw == Flaw::None && !judgement.holds() {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
