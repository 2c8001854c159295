//! `trust eval`: a graph of vouches in a file, and who is in by it (`spec/09-trust.md`, section 5).

use crate::exit::CliError;
use crate::globals::Globals;
use crate::output;
use parasol_protocol::trust::{Graph, Offer, Standing};
use serde::ser::{SerializeSeq as _, Serializer};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct EvalArgs {
    /// JSON: {"roots": [{"name", "budget"}…], "vouches": [{"from", "to", "budget", "slot"}…]}; - for
    /// standard input
    #[arg(long, value_name = "FILE")]
    pub graph: PathBuf,
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

/// A vouch in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Vouch {
    from: String,
    to: String,
    budget: u32,
    slot: u32,
}

impl Vouch {
    /// It as the engine takes it.
    pub(super) fn offer(self) -> Offer<String> {
        Offer {
            from: self.from,
            to: self.to,
            budget: self.budget,
            slot: self.slot,
            standing: Standing::InForce,
            until: None,
        }
    }
}

/// The graph in a file.
pub(super) fn read(path: &Path) -> Result<Graph<String>, CliError> {
    let shown = path.display();
    let unreadable = |why: std::io::Error| {
        CliError::input("unreadable", format_args!("{shown} cannot be read: {why}"))
            .next("give the path of a JSON file, or - for standard input")
    };
    let mut text = String::new();
    if path.as_os_str() == "-" {
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(unreadable)?;
    } else {
        text = std::fs::read_to_string(path).map_err(unreadable)?;
    }
    let file: File = serde_json::from_str(&text).map_err(|why| {
        CliError::input("bad-graph", format_args!("{shown} is not a graph of vouches: {why}")).next(
            r#"it must be like {"roots": [{"name": "us", "budget": 10}], "vouches": [{"from": "us", "to": "them", "budget": 0, "slot": 1}]}"#,
        )
    })?;
    let roots = file.roots.into_iter().map(|r| (r.name, r.budget));
    Ok(Graph::new(
        roots,
        file.vouches.into_iter().map(Vouch::offer),
    ))
}

pub(super) fn run(args: &EvalArgs, globals: &Globals) -> Result<(), CliError> {
    let graph = read(&args.graph)?;
    let accepted: Vec<Accepted<'_>> = graph
        .levels()
        .into_iter()
        .map(|(name, level)| Accepted {
            name,
            level,
            budget: graph.budget(name).unwrap_or_default(),
            distance: graph.distance(name).unwrap_or_default(),
        })
        .collect();
    let ignored = graph.vouches().filter_map(|(o, why)| Some((o, why?)));
    if globals.json {
        // Written line by line, as it were: of a million there is no second copy.
        let ignored = ignored.map(|(offer, why)| Ignored {
            from: offer.from,
            to: offer.to,
            slot: offer.slot,
            why: why.code(),
            text: why.to_string(),
        });
        output::json_of(&Answer {
            accepted: &accepted,
            ignored: Each::of(ignored),
        });
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
            "ignored: {} for {}, in slot {}: {why}",
            offer.from, offer.to, offer.slot
        ));
    }
    Ok(())
}

#[derive(Serialize)]
struct Accepted<'a> {
    name: &'a str,
    budget: u32,
    level: u8,
    distance: usize,
}

#[derive(Serialize)]
struct Ignored {
    from: String,
    to: String,
    slot: u32,
    why: &'static str,
    text: String,
}

#[derive(Serialize)]
#[serde(bound(serialize = "I: Iterator, I::Item: Serialize"))]
struct Answer<'a, I> {
    accepted: &'a [Accepted<'a>],
    ignored: Each<I>,
}

/// A list of which each is written as it comes.
struct Each<I>(RefCell<Option<I>>);

impl<I> Each<I> {
    const fn of(items: I) -> Self {
        Self(RefCell::new(Some(items)))
    }
}

impl<I: Iterator<Item: Serialize>> Serialize for Each<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for item in self.0.take().into_iter().flatten() {
            list.serialize_element(&item)?;
        }
        list.end()
    }
}
