//! `trust show`: who counts, how well each is vouched for, and what ends soon.

use super::about::{About, Scene};
use crate::exit::CliError;
use crate::globals::Globals;
use crate::output;
use parasol_protocol::trust::Place;
use serde_json::{Value, json};

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct ShowArgs {
    #[command(flatten)]
    about: About,
}

pub(super) fn run(args: &ShowArgs, globals: &Globals) -> Result<(), CliError> {
    let scene = args.about.look(globals)?;
    let places = scene.graph.places();
    let mut all: Vec<(String, Option<Place>)> = scene
        .graph
        .keys()
        .chain(&scene.members)
        .map(|name| (name.clone(), places.get(name).copied()))
        .collect();
    all.sort_by_key(|(name, place)| {
        let near = place.map(|p| (p.vouching.distance, u8::MAX - p.vouching.level));
        (near.is_none(), near, name.clone())
    });
    all.dedup();
    if globals.json {
        print_json(&scene, &all);
    } else {
        print_text(&scene, &all);
    }
    Ok(())
}

fn print_json(scene: &Scene, all: &[(String, Option<Place>)]) {
    let organisations: Vec<Value> = all
        .iter()
        .map(|(name, place)| {
            json!({
                "name": name,
                "accepted": place.is_some(),
                "level": place.map(|p| p.vouching.level),
                "distance": place.map(|p| p.vouching.distance),
                "budget": place.map(|p| p.budget),
                "member": scene.members.is_empty() || scene.members.contains(name),
                "blocked": scene.blocked.contains(name),
                "dropped": scene.dropped.contains(name),
            })
        })
        .collect();
    let ending: Vec<Value> = scene
        .ending()
        .iter()
        .map(|o| json!({"from": o.from, "to": o.to, "slot": o.slot, "until": o.until.map(|d| d.to_string())}))
        .collect();
    output::json(&json!({
        "about": scene.about_json(),
        "organisations": organisations,
        "ends_soon": ending,
        "hints": scene.hints(),
    }));
}

fn print_text(scene: &Scene, all: &[(String, Option<Place>)]) {
    output::text(&format!(
        "Whose word counts for {}, about {}, on {}:",
        scene.whose, scene.asked, scene.day
    ));
    let width = all.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let width = width.min(20);
    for (name, place) in all {
        let mut said = match place {
            Some(Place { budget, vouching }) => {
                let steps = match vouching.distance {
                    0 => String::new(),
                    n => format!(", {}", output::count(n, "step", "steps")),
                };
                let budget = match budget {
                    0 => String::new(),
                    n => format!("; may bring in {n}"),
                };
                let how = vouching.in_words_of(scene.roots);
                format!("{how}{steps}{budget}")
            }
            None => "not in: see why with `parasol trust explain`".to_owned(),
        };
        if scene.blocked.contains(name) {
            said = "blocked here".to_owned();
        } else if scene.dropped.contains(name) {
            said.push_str("; dropped: nothing of it is shown");
        } else if !scene.members.is_empty() && !scene.members.contains(name) {
            said.push_str("; not in the charter, so nothing of it is carried");
        }
        let name = match name.get(..19) {
            Some(begun) if name.len() > 32 => format!("{begun}…"),
            _ => name.clone(),
        };
        output::text(&format!("  {name:<width$}  {said}"));
    }
    let ending = scene.ending();
    if !ending.is_empty() {
        output::text("Ends soon:");
    }
    for offer in ending {
        let until = offer.until.unwrap_or(scene.day);
        output::text(&format!(
            "  {} vouches for {} until {until}, {}",
            offer.from,
            offer.to,
            match until.since(scene.day) {
                0 => "which is the last day".to_owned(),
                n => format!("{} more", output::count(n as usize, "day", "days")),
            }
        ));
    }
    scene.hints().into_iter().for_each(output::text);
}
