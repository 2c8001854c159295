//! Golden bytes for every wire type, and records that must be refused, each by its rule.
//!
//! ```text
//! cargo run --release -p parasol-protocol --example vectors -- --check
//! cargo run --release -p parasol-protocol --example vectors -- --write
//! ```
//!
//! Everything is drawn from a counter, so the same program writes the same bytes. `--check` compares
//! with what lies in `spec/vectors` and with `spec/examples.md`; a difference means that the wire format has changed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing)]

#[path = "../../tests/common/mod.rs"]
mod common;

mod annotate;
mod bad;
mod by_hand;
mod ceremony;
mod explain;
mod records;
mod seal;
mod wire;

use common::world::{VECTORS, World};
use serde_json::{Value, json};
use std::process::ExitCode;

fn files() -> Vec<(&'static str, Value)> {
    let mut world = World::new(VECTORS);
    let made = records::Made::new(&mut world);
    let ceremonies = ceremony::Ceremonies::new(&world);
    let federation = world.federation.to_string();
    let head = |spec: &str, cases: Vec<Value>| {
        json!({
            "spec": spec,
            "federation": federation,
            "today": common::world::TODAY.number(),
            "cases": cases,
        })
    };
    vec![
        (
            "ok/records.json",
            head("spec/02-records.md, sections 1 to 5", made.cases(&world)),
        ),
        (
            "ok/charter.json",
            head("spec/02-records.md, section 6", records::charter(&world)),
        ),
        (
            "ok/certificate.json",
            head("spec/04-lookup.md, 1.1", records::certificate(&world)),
        ),
        (
            "ok/seal.json",
            head("spec/04-lookup.md, part 2", seal::cases(&mut world)),
        ),
        (
            "ok/wire.json",
            head(
                "spec/06-transport.md",
                wire::cases(&mut world, &made, &ceremonies),
            ),
        ),
        (
            "bad/records.json",
            head("spec/validation.md", bad::cases(&mut world, &made)),
        ),
        (
            "bad/charter.json",
            head("spec/02-records.md, section 6", bad::charters(&mut world)),
        ),
        (
            "bad/seal.json",
            head("spec/04-lookup.md, part 2", seal::bad(&mut world)),
        ),
        (
            "bad/wire.json",
            head(
                "spec/06-transport.md",
                wire::bad(&mut world, &made, &ceremonies),
            ),
        ),
        (
            "ok/ceremony.json",
            head("spec/11-ceremonies.md", ceremonies.cases(&world)),
        ),
        (
            "bad/ceremony.json",
            head("spec/11-ceremonies.md", ceremony::bad(&world, &ceremonies)),
        ),
    ]
}

fn main() -> ExitCode {
    let argument = std::env::args().nth(1);
    let write = match argument.as_deref() {
        Some("--write") => true,
        Some("--check") => false,
        _ => {
            eprintln!("say --check, to compare with spec/vectors, or --write, to write them anew");
            return ExitCode::from(2);
        }
    };
    let mut differ = 0;
    let files = files();
    let page = explain::page(&files);
    let pages = files.iter().map(|(name, value)| {
        let text = format!("{}\n", serde_json::to_string_pretty(value).unwrap());
        (*name, text, value["cases"].as_array().map_or(0, Vec::len))
    });
    let examples = page.matches("\n## ").count();
    for (name, text, count) in pages.chain([("../examples.md", page.clone(), examples)]) {
        let path = common::vectors().join(name);
        if write {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            println!("{name}: {count} written");
        } else if std::fs::read_to_string(&path).is_ok_and(|found| found == text) {
            println!("{name}: {count} as they were");
        } else {
            eprintln!("{name}: differs from what this version writes");
            differ += 1;
        }
    }
    if differ == 0 {
        ExitCode::SUCCESS
    } else {
        eprintln!(
            "the wire format has changed: if that was meant, write the vectors anew and say so in CHANGELOG.md"
        );
        ExitCode::FAILURE
    }
}
