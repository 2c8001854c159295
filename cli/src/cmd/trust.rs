//! `trust`: whom to believe, and why.

use crate::exit::CliError;
use crate::globals::Globals;
use crate::output;
use parasol_protocol::trust::{Graph, Ignored, MAX_STEPS, Offer, Standing};
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::Read as _;
use std::path::PathBuf;

/// What can be done.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum TrustCommand {
    /// Work out who is in by a graph of vouches in a file; it needs no federation
    Eval(EvalArgs),
}

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct EvalArgs {
    /// JSON: {"roots": [{"name", "budget"}…], "vouches": [{"from", "to", "budget", "slot"}…]}; - for
    /// standard input
    #[arg(long, value_name = "FILE")]
    pub graph: PathBuf,
}

/// Does it.
///
/// # Errors
/// Says what could not be read, and where.
pub fn run(command: &TrustCommand, globals: &Globals) -> Result<(), CliError> {
    match command {
        TrustCommand::Eval(args) => eval(args, globals),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    roots: Vec<Root>,
    vouches: Vec<Vouch>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Root {
    name: String,
    budget: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vouch {
    from: String,
    to: String,
    budget: u32,
    slot: u32,
}

fn eval(args: &EvalArgs, globals: &Globals) -> Result<(), CliError> {
    let file = read(args)?;
    let roots = file.roots.into_iter().map(|r| (r.name, r.budget));
    let offers = file.vouches.into_iter().map(|v| Offer {
        from: v.from,
        to: v.to,
        budget: v.budget,
        slot: v.slot,
        standing: Standing::InForce,
    });
    let graph = Graph::new(roots, offers);
    let beyond = graph.beyond_level_one();
    let accepted: Vec<Accepted> = graph
        .accepted()
        .map(|name| Accepted {
            name,
            budget: graph.budget(name).unwrap_or_default(),
            // Most are of level one, and are known to be without a search for each.
            level: if beyond.contains(name) {
                graph.level(name)
            } else {
                1
            },
            distance: graph.distance(name).unwrap_or_default(),
        })
        .collect();
    let ignored = graph.vouches().filter_map(|(o, why)| Some((o, why?)));
    if globals.json {
        let ignored: Vec<Value> = ignored
            .map(|(o, why)| {
                json!({"from": o.from, "to": o.to, "slot": o.slot, "why": word(why), "text": said(why)})
            })
            .collect();
        let accepted: Vec<Value> = accepted
            .iter()
            .map(|a| {
                json!({"name": a.name, "budget": a.budget, "level": a.level, "distance": a.distance})
            })
            .collect();
        output::json(&json!({"accepted": accepted, "ignored": ignored}));
        return Ok(());
    }
    for a in &accepted {
        output::text(&format!(
            "{}: level {}, {} from a root, may bring in {}",
            a.name,
            a.level,
            output::count(a.distance, "step", "steps"),
            a.budget
        ));
    }
    for (offer, why) in ignored {
        output::text(&format!(
            "ignored: {} for {}, in slot {}: {}",
            offer.from,
            offer.to,
            offer.slot,
            said(why)
        ));
    }
    Ok(())
}

struct Accepted<'a> {
    name: &'a str,
    budget: u32,
    level: u8,
    distance: usize,
}

fn read(args: &EvalArgs) -> Result<File, CliError> {
    let shown = args.graph.display();
    let unreadable = |why: std::io::Error| {
        CliError::input("unreadable", format_args!("{shown} cannot be read: {why}"))
            .next("give the path of a JSON file, or - for standard input")
    };
    let mut text = String::new();
    if args.graph.as_os_str() == "-" {
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(unreadable)?;
    } else {
        text = std::fs::read_to_string(&args.graph).map_err(unreadable)?;
    }
    serde_json::from_str(&text).map_err(|why| {
        CliError::input("bad-graph", format_args!("{shown} is not a graph of vouches: {why}")).next(
            r#"it must be like {"roots": [{"name": "us", "budget": 10}], "vouches": [{"from": "us", "to": "them", "budget": 0, "slot": 1}]}"#,
        )
    })
}

/// Why a vouch is ignored, for programs.
fn word(why: Ignored) -> &'static str {
    match why {
        Ignored::Oneself => "oneself",
        Ignored::SlotTwice => "slot-twice",
        Ignored::OutOfScope => "out-of-scope",
        Ignored::Ended => "ended",
        Ignored::Revoked => "revoked",
        Ignored::IssuerUnknown => "issuer-not-accepted",
        Ignored::TooFar => "too-far",
        Ignored::OverBudget { .. } => "over-budget",
    }
}

/// Why a vouch is ignored, for people.
fn said(why: Ignored) -> String {
    match why {
        Ignored::Oneself => "nobody vouches for herself".to_owned(),
        Ignored::SlotTwice => {
            "its issuer has another vouch in the same slot, so that neither counts".to_owned()
        }
        Ignored::OutOfScope => "it is about something else".to_owned(),
        Ignored::Ended => "its last day has passed".to_owned(),
        Ignored::Revoked => "its issuer took it back".to_owned(),
        Ignored::IssuerUnknown => "nobody who is in vouches for its issuer".to_owned(),
        Ignored::TooFar => format!(
            "its issuer is {MAX_STEPS} steps from a root, or has the budget for it only from there, and chains end after {MAX_STEPS}"
        ),
        Ignored::OverBudget { cost, budget } => {
            format!("with those in earlier slots it costs {cost}, and its issuer has {budget}")
        }
    }
}
