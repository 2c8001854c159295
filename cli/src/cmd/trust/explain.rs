//! `trust explain`: why an organisation is in or out. The words are the engine's.

use super::about::About;
use crate::exit::CliError;
use crate::globals::Globals;
use crate::output;
use parasol_protocol::trust::{Ignored, Offer};
use serde_json::{Value, json};

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct ExplainArgs {
    /// Which organisation: its short name or its root key
    #[arg(value_name = "ORGANISATION")]
    pub organisation: String,
    #[command(flatten)]
    about: About,
}

pub(super) fn run(args: &ExplainArgs, globals: &Globals) -> Result<(), CliError> {
    let scene = args.about.look(globals)?;
    let name = scene.find(&args.organisation)?;
    let explanation = scene.graph.explain(&name);
    let mut lines = explanation.in_words(scene.roots, &String::clone);
    let member = scene.members.is_empty() || scene.members.contains(&name);
    let mut add = |is: bool, said: String| {
        if is {
            lines.push(said);
        }
    };
    add(
        scene.blocked.contains(&name),
        format!(
            "{name} is blocked here by your own decision: take that back with `parasol block {name} --undo`."
        ),
    );
    add(
        scene.dropped.contains(&name),
        format!(
            "{name} is dropped here by your own decision, so nothing of it is shown: take that back with `parasol drop {name} --undo`."
        ),
    );
    add(
        !member,
        format!("{name} is not in the charter, so nothing that it publishes is carried."),
    );
    if globals.json {
        let ignored = explanation.ignored.iter();
        let given = explanation.given.iter();
        let place = explanation.place;
        output::json(&json!({
            "about": scene.about_json(),
            "name": name,
            "accepted": place.is_some(),
            "level": place.map(|p| p.vouching.level),
            "distance": place.map(|p| p.vouching.distance),
            "budget": place.map(|p| p.budget),
            "member": member,
            "blocked": scene.blocked.contains(&name),
            "dropped": scene.dropped.contains(&name),
            "chains": explanation.chains,
            "used": explanation.used.iter().map(|o| vouch(o, None)).collect::<Vec<_>>(),
            "ignored": ignored.map(|(o, why)| vouch(o, Some(*why))).collect::<Vec<_>>(),
            "given": given.map(|(o, why)| vouch(o, *why)).collect::<Vec<_>>(),
            "text": lines,
            "hints": scene.hints(),
        }));
        return Ok(());
    }
    output::text(&format!(
        "About {}, on {}, as {} sees it:",
        scene.asked, scene.day, scene.whose
    ));
    lines.iter().for_each(|line| output::text(line));
    scene.hints().into_iter().for_each(output::text);
    Ok(())
}

fn vouch(offer: &Offer<String>, why: Option<Ignored>) -> Value {
    json!({
        "from": offer.from,
        "to": offer.to,
        "budget": offer.budget,
        "slot": offer.slot,
        "until": offer.until.map(|d| d.to_string()),
        "why": why.map(Ignored::code),
        "text": why.map(|w| w.to_string()),
    })
}
