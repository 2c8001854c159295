//! `trust try`: what would change if these vouches came in.

use super::about::{About, Federated, Scene};
use super::eval::Vouch;
use crate::exit::CliError;
use crate::globals::Globals;
use crate::output;
use crate::rooted::read_records;
use parasol_protocol::admit;
use parasol_protocol::trust::{Graph, Place, Roots};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct TryArgs {
    /// Records as `vouch` and `revoke` write them; or JSON:
    /// {"vouches": [{"from", "to", "budget", "slot"}…]}, by short names
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    about: About,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct More {
    vouches: Vec<Vouch>,
}

/// What would become of one organisation.
struct Change {
    name: String,
    before: Option<Place>,
    after: Option<Place>,
}

pub(super) fn run(args: &TryArgs, globals: &Globals) -> Result<(), CliError> {
    let scene = args.about.look(globals)?;
    let bytes = std::fs::read(&args.file).map_err(|why| {
        CliError::input(
            "unreadable",
            format_args!("{} cannot be read: {why}", args.file.display()),
        )
    })?;
    let (after, refused) = match &scene.federated {
        Some(federated) if bytes.first() != Some(&b'{') => {
            records(&bytes, federated, &scene, args)?
        }
        _ => (more(&bytes, &scene, args)?, Vec::new()),
    };
    let changes = changes(&scene.graph, &after);
    let before: BTreeSet<(String, u32, String)> = effects(&scene.graph);
    let without: Vec<(String, u32, String)> =
        effects(&after).difference(&before).cloned().collect();
    if globals.json {
        let place = |p: Option<Place>| {
            p.map(|p| json!({"level": p.vouching.level, "distance": p.vouching.distance, "budget": p.budget}))
        };
        let changes: Vec<Value> = changes
            .iter()
            .map(|c| json!({"name": c.name, "before": place(c.before), "after": place(c.after)}))
            .collect();
        let ignored: Vec<Value> = without
            .iter()
            .map(|(what, slot, why)| json!({"vouch": what, "slot": slot, "text": why}))
            .collect();
        output::json(&json!({
            "about": scene.about_json(),
            "changes": changes,
            "ignored": ignored,
            "refused": refused,
            "hints": scene.hints(),
        }));
        return Ok(());
    }
    output::text(&format!(
        "If these came in, about {}, on {}, for {}:",
        scene.asked, scene.day, scene.whose
    ));
    for change in &changes {
        output::text(&format!("  {}", said(change, scene.roots)));
    }
    if changes.is_empty() {
        output::text("  nothing would change");
    }
    for (what, _, why) in &without {
        output::text(&format!("  without effect: {what}: {why}"));
    }
    for why in &refused {
        output::text(&format!("  would not be carried: {why}"));
    }
    scene.hints().into_iter().for_each(output::text);
    Ok(())
}

fn said(change: &Change, roots: Roots) -> String {
    let name = &change.name;
    match (change.before, change.after) {
        (None, Some(after)) => format!(
            "{name} comes in: {}, {}; it may bring in {}",
            after.vouching.in_words_of(roots),
            output::count(after.vouching.distance, "step", "steps"),
            after.budget
        ),
        (Some(_), None) => format!("{name} goes out"),
        (Some(before), Some(after)) => {
            let mut parts = Vec::new();
            let mut part = |what: &str, a: String, b: String| {
                if a != b {
                    parts.push(format!("{what} {a} → {b}"));
                }
            };
            let (a, b) = (before.vouching, after.vouching);
            part("level", a.level.to_string(), b.level.to_string());
            part("steps", a.distance.to_string(), b.distance.to_string());
            part(
                "may bring in",
                before.budget.to_string(),
                after.budget.to_string(),
            );
            format!("{name}: {}", parts.join(", "))
        }
        (None, None) => String::new(),
    }
}

/// The vouches without effect, each with why.
fn effects(graph: &Graph<String>) -> BTreeSet<(String, u32, String)> {
    let ignored = graph.vouches().filter_map(|(o, why)| Some((o, why?)));
    ignored
        .map(|(o, why)| (o.in_words(&String::clone), o.slot, why.to_string()))
        .collect()
}

fn changes(before: &Graph<String>, after: &Graph<String>) -> Vec<Change> {
    let (old, new) = (before.places(), after.places());
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).copied().collect();
    names
        .into_iter()
        .map(|name| Change {
            name: name.clone(),
            before: old.get(name).copied(),
            after: new.get(name).copied(),
        })
        .filter(|change| change.before != change.after)
        .collect()
}

fn more(bytes: &[u8], scene: &Scene, args: &TryArgs) -> Result<Graph<String>, CliError> {
    let more: More = serde_json::from_slice(bytes).map_err(|why| {
        CliError::input(
            "bad-vouches",
            format_args!("{} holds neither records nor vouches: {why}", args.file.display()),
        )
        .next(r#"give a file that `parasol vouch` wrote, or one like {"vouches": [{"from": "us", "to": "them", "budget": 0, "slot": 1}]}"#)
    })?;
    let roots: Vec<(String, u32)> = scene
        .graph
        .roots()
        .map(|(name, budget)| (name.clone(), budget))
        .collect();
    let there = scene.graph.vouches().map(|(offer, _)| offer);
    let there: Vec<_> = there
        .chain(more.vouches.into_iter().map(Vouch::offer))
        .collect();
    Ok(Graph::new(roots, there))
}

fn records(
    bytes: &[u8],
    federated: &Federated,
    scene: &Scene,
    args: &TryArgs,
) -> Result<(Graph<String>, Vec<String>), CliError> {
    let federation = &federated.session.federation;
    let mut directory = federation.directory().clone();
    let mut refused = Vec::new();
    for record in read_records(bytes, &args.file, federation.id())? {
        let checked = admit::check(
            &record,
            &directory,
            federation.organisation(),
            federation.today(),
        );
        match checked {
            Ok(()) => directory.learn(&record),
            Err(why) => refused.push(format!("{}: {why}", output::short(&record.id()))),
        }
    }
    Ok((federated.graph(&directory, scene.day), refused))
}
