//! `charter found`: the first version, which counts when all of its organisations have signed it.

use super::{Draft, place, refused};
use crate::exit::CliError;
use crate::founding::{city_names, today};
use crate::globals::Globals;
use crate::output;
use crate::root::{self, Versions};
use parasol_node::files::write_private;
use parasol_node::setup::{BUDGET, MAX_HOLDERS, first_terms, majority};
use parasol_protocol::charter::{Founding, Organisation, Terms};
use parasol_protocol::ids::OrganisationKey;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Arguments of `charter found`.
#[derive(clap::Args, Clone, Debug)]
pub struct FoundArgs {
    /// The file to make
    #[arg(value_name = "FILE")]
    pub charter: PathBuf,
    /// An organisation: its short name, country and root key, as lilas:FR:KEY; once for each. The
    /// first 15 hold the keys, in this order
    #[arg(long = "member", value_name = "NAME:COUNTRY:KEY", value_parser = member, required = true)]
    pub members: Vec<Organisation>,
    /// The federation's name
    #[arg(long, value_name = "NAME", default_value = "a federation")]
    pub name: String,
    /// How many keyholders it takes to look something up [default: more than half]
    #[arg(long, value_name = "T")]
    pub threshold: Option<u16>,
    /// Other terms than the usual: what --print-draft printed, changed
    #[arg(long, value_name = "DRAFT")]
    pub draft: Option<PathBuf>,
    /// Print the terms as a draft, to be changed, and make nothing
    #[arg(long, conflicts_with_all = ["draft", "root"])]
    pub print_draft: bool,
    /// Your organisation's root key
    #[arg(long, value_name = "FILE", required_unless_present = "print_draft")]
    pub root: Option<PathBuf>,
}

fn member(text: &str) -> Result<Organisation, String> {
    let mut parts = text.split(':');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(name), Some(country), Some(key), None) => Ok(Organisation {
            root: key.parse::<OrganisationKey>().map_err(|e| format!("{e}"))?,
            name: name.to_owned(),
            jurisdiction: country.to_ascii_uppercase(),
            keyholder: None,
            budget: BUDGET,
        }),
        _ => Err("write a short name, a country and the root key, as lilas:FR:KEY".to_owned()),
    }
}

/// Makes the first version and signs it.
pub(super) fn found(args: &FoundArgs, globals: &Globals) -> Result<(), CliError> {
    let mut terms = terms(args);
    if args.print_draft {
        let text = Draft::of(&terms)
            .to_toml()
            .map_err(|e| CliError::other("draft", e))?;
        output::text(text.trim_end());
        return Ok(());
    }
    if let Some(path) = &args.draft {
        let shown = path.display();
        let text = fs::read_to_string(path).map_err(|e| {
            CliError::input("unreadable", format_args!("{shown} cannot be read: {e}"))
        })?;
        let draft = Draft::parse(&text).and_then(|draft| draft.apply(&mut terms));
        draft.map_err(|e| {
            CliError::input("bad-draft", format_args!("{shown}: {e}"))
                .next("begin with what --print-draft prints, and change what is to change")
        })?;
    }
    if fs::symlink_metadata(&args.charter).is_ok() {
        return Err(CliError::home(
            "occupied",
            format_args!(
                "{} is there already, and nothing was changed",
                args.charter.display()
            ),
        )
        .next("choose another name, or sign what is there with `parasol charter sign`"));
    }
    let mut founding = Founding::new(terms).map_err(refused)?;
    let path = args.root.as_deref().unwrap_or(Path::new(""));
    sign(&mut founding, path)?;
    write(&args.charter, &founding)?;
    say(&founding, &args.charter, globals);
    Ok(())
}

fn terms(args: &FoundArgs) -> Terms {
    let mut organisations = args.members.clone();
    for (organisation, index) in organisations.iter_mut().zip(1..=MAX_HOLDERS) {
        organisation.keyholder = Some(index);
    }
    let count = u16::try_from(organisations.len()).unwrap_or(u16::MAX);
    organisations.sort_by_key(|o| o.root);
    let threshold = args.threshold.unwrap_or(majority(count.min(MAX_HOLDERS)));
    first_terms(&args.name, threshold, organisations, city_names(), today())
}

/// Reads a first version that not all have signed; nothing, if the file is something else.
pub(super) fn unfinished(path: &Path) -> Option<Founding> {
    let bytes = fs::read(place(path)).ok()?;
    let founding = Founding::from_bytes(&bytes).ok()?;
    (!founding.missing().is_empty()).then_some(founding)
}

/// Adds one's own signature.
pub(super) fn sign(founding: &mut Founding, path: &Path) -> Result<(), CliError> {
    let root = root::read_root(path)?;
    if founding.sign(&root) {
        let id = founding.id();
        let mut signed = Versions::read(path)?;
        return signed.note(&id.of_first(), &id, founding.terms(), today());
    }
    Err(CliError::input(
        "not-asked",
        "the federation that is to be does not name this root key, so it has nothing to sign",
    )
    .next("nothing was signed; ask whoever made the file to name your organisation's root key"))
}

/// Writes it down.
pub(super) fn write(path: &Path, founding: &Founding) -> Result<(), CliError> {
    let path = place(path);
    write_private(&path, &founding.to_bytes()).map_err(|e| {
        CliError::home(
            "write",
            format_args!("{} cannot be written: {e}", path.display()),
        )
    })
}

/// Says who has signed, and what comes next.
pub(super) fn say(founding: &Founding, path: &Path, globals: &Globals) {
    let missing = missing(founding);
    if globals.json {
        output::json(&json(founding));
        return;
    }
    let say = output::text;
    say(&format!(
        "{}: the first version, {}",
        output::clean(&founding.terms().name),
        founding.id()
    ));
    if missing.is_empty() {
        say("All of its organisations have signed it: it counts.");
        say(&format!(
            "Give {} to all of them; each takes it into its node with `parasol node take`.",
            path.display()
        ));
        return;
    }
    say(&format!("Not signed yet by {}.", missing.join(", ")));
    say("Carry the file to each of them in turn. They look at it, compare the id, and sign:");
    say("    parasol charter show FILE");
    say(&format!(
        "    parasol charter sign {} --charter FILE --root root.key",
        output::short(&founding.id())
    ));
}

fn missing(founding: &Founding) -> Vec<String> {
    let roots = founding.missing();
    let organisations = founding.terms().organisations.iter();
    let missing = organisations.filter(|o| roots.contains(&o.root));
    missing.map(|o| output::clean(&o.name)).collect()
}

/// The same for programs.
pub(super) fn json(founding: &Founding) -> Value {
    json!({
        "founding": founding.id().to_string(),
        "counts": founding.missing().is_empty(),
        "missing": missing(founding),
    })
}
