//! `import`: bring in an old list, as it is.
//!
//! Rows are published in batches. What was published, and what was about to be, stands in a journal
//! (see [`crate::journal`]) before and after each batch, so that an import can be cut off anywhere.

mod publishing;
mod sealing;
mod totals;

use crate::exit::CliError;
use crate::globals::Globals;
use crate::import::{
    ImportError, Mapping, Options, Outcome, RejectsWriter, Table, Understood, language_tag,
    understand,
};
use crate::output;
use crate::output::tell;
use crate::session::Session;
use parasol_protocol::particulars::Basis;
use publishing::Import;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use totals::Totals;

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct ImportArgs {
    /// The list: CSV, TSV or XLSX
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Show how the file is understood and write that to a mapping file; publish nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The mapping file: written by --dry-run [default: FILE.map.toml], taken back otherwise
    #[arg(long, value_name = "FILE")]
    pub map: Option<PathBuf>,
    /// Write the rows that could not go to this file, each with its reason
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// The country of national numbers and plates, as FR [default: the profile's]
    #[arg(long, value_name = "COUNTRY")]
    pub country: Option<String>,
    /// The language of the text, as fr [default: what the file shows, then the profile's]
    #[arg(long, value_name = "LANG")]
    pub lang: Option<String>,
    /// How your organisation knows: first-hand, outreach or partner
    #[arg(long, value_name = "BASIS", default_value = "first-hand")]
    pub basis: Basis,
}

/// Does it.
///
/// # Errors
/// If the file cannot be read, or the node or the keyholders stopped answering; what was published
/// until then stays published, and the same command goes on from there. And if no row of it could go.
pub fn run(args: &ImportArgs, globals: &Globals) -> Result<(), CliError> {
    spare_inputs(args)?;
    let session = Session::open(globals)?;
    let content = fs::read(&args.file).map_err(|source| {
        file_trouble(ImportError::Unreadable {
            path: args.file.clone(),
            source,
        })
    })?;
    let map = match &args.map {
        Some(path) if !args.dry_run || path.is_file() => {
            let text = fs::read_to_string(path).map_err(|source| {
                file_trouble(ImportError::Unreadable {
                    path: path.clone(),
                    source,
                })
            })?;
            Some(Mapping::from_toml(&text).map_err(file_trouble)?)
        }
        _ => None,
    };
    let lang = match args.lang.as_deref() {
        None => None,
        Some(text) => Some(language_tag(text).ok_or_else(|| {
            CliError::usage(
                "lang",
                "that is no language; write its short name, as fr or pt-BR",
            )
        })?),
    };
    let cities = session.cities();
    let options = Options {
        country: session.country(args.country.as_deref())?,
        lang,
        today: session.federation.today().date(),
        cities: &cities,
        map,
    };
    let reading = options
        .map
        .as_ref()
        .map(|m| m.reading.clone())
        .unwrap_or_default();
    let table = Table::read(content.clone(), &reading).map_err(file_trouble)?;
    let plan = understand(table, &options).map_err(file_trouble)?;
    if args.dry_run {
        return dry_run(args, globals, &plan);
    }
    let mut import = Import::start(&session, args, &plan, &content, globals)?;
    let went = import.all(&plan);
    import.bar.finish_and_clear();
    let rejects = import.rejects.take().map(RejectsWriter::finish).transpose();
    let totals = import.totals.clone();
    if let Err(why) = went {
        let done = totals.published + totals.kept + totals.duplicates + totals.rejected;
        return Err(why.next(format_args!(
            "{done} of {} done; the same command goes on where this one stopped",
            output::count(plan.total, "row is", "rows are")
        )));
    }
    rejects.map_err(file_trouble)?;
    import.journal.finish()?;
    tell(&totals, args, globals, &plan);
    totals.anything(args.rejects.as_deref())
}

/// Refuses to write over what is read, or twice to one file.
fn spare_inputs(args: &ImportArgs) -> Result<(), CliError> {
    let map = match &args.map {
        Some(path) => Some(path.clone()),
        None if args.dry_run => Some(default_map(&args.file)),
        None => None,
    };
    let refuse = |option: &str, path: &Path, what: &str| {
        let message = format!(
            "{option} {} is {what}, which would be overwritten",
            path.display()
        );
        Err(CliError::usage("same-file", message).next("give another file"))
    };
    match (&args.rejects, &map) {
        (Some(rejects), _) if same_file(rejects, &args.file) => {
            refuse("--rejects", rejects, "the list itself")
        }
        (_, Some(map)) if same_file(map, &args.file) => refuse("--map", map, "the list itself"),
        (Some(rejects), Some(map)) if same_file(rejects, map) => {
            refuse("--rejects", rejects, "the mapping file")
        }
        _ => Ok(()),
    }
}

/// Whether two paths lead to one file, by whatever links; also if it is not there yet.
fn same_file(one: &Path, other: &Path) -> bool {
    if let (Ok(a), Ok(b)) = (fs::metadata(one), fs::metadata(other)) {
        // A terminal or /dev/null is not overwritten.
        return a.is_file() && b.is_file() && (a.dev(), a.ino()) == (b.dev(), b.ino());
    }
    let place = |path: &Path| {
        let dir = path.parent().filter(|p| !p.as_os_str().is_empty());
        let dir = fs::canonicalize(dir.unwrap_or(Path::new("."))).ok()?;
        Some(dir.join(path.file_name()?))
    };
    one == other || place(one).is_some_and(|a| place(other) == Some(a))
}

fn default_map(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".map.toml");
    path.into()
}

fn file_trouble(why: ImportError) -> CliError {
    CliError::input(why.code(), why)
}

fn explain(plan: &Understood<'_>) {
    let place = plan
        .sheet
        .as_ref()
        .map_or_else(String::new, |s| format!(", sheet \"{s}\""));
    tell!(
        "{}, {}{place}",
        output::count(plan.total, "row", "rows"),
        plan.encoding
    );
    for column in &plan.mapping.columns {
        tell!(
            "  column {:<28} {}",
            output::clean(&column.shown()),
            column.field.name()
        );
    }
    for note in &plan.notes {
        tell!("  note: {}", output::clean(note));
    }
}

fn dry_run(args: &ImportArgs, globals: &Globals, plan: &Understood<'_>) -> Result<(), CliError> {
    let mut totals = Totals {
        rows: plan.total,
        ..Totals::default()
    };
    let mut rejects = match &args.rejects {
        Some(path) => Some(RejectsWriter::create(path, plan).map_err(file_trouble)?),
        None => None,
    };
    for row in plan.rows() {
        totals.count(&row);
        match row.outcome {
            Outcome::Share(..) => totals.published += 1,
            Outcome::Keep(_) => totals.kept += 1,
            Outcome::Reject(_) => totals.rejected += 1,
        }
        if let Some(rejects) = &mut rejects {
            rejects.push(&row).map_err(file_trouble)?;
        }
    }
    if let Some(rejects) = rejects {
        rejects.finish().map_err(file_trouble)?;
    }
    let path = args.map.clone().unwrap_or_else(|| default_map(&args.file));
    parasol_node::files::write_private(&path, plan.mapping.to_toml().as_bytes()).map_err(
        |source| {
            file_trouble(ImportError::Unwritable {
                path: path.clone(),
                source,
            })
        },
    )?;
    if globals.json {
        let mut all = totals.json();
        if let Some(object) = all.as_object_mut() {
            object.insert("dry_run".into(), true.into());
            object.insert("map".into(), path.display().to_string().into());
            object.insert("notes".into(), plan.notes.clone().into());
        }
        output::json(&all);
    } else {
        explain(plan);
        totals.print("would be published", args.rejects.as_deref());
        output::text(&format!(
            "Nothing was published. How the file is understood stands in {0}; edit it if need be, then:\n  parasol import {1} --map {0}",
            path.display(),
            args.file.display()
        ));
    }
    Ok(())
}

fn tell(totals: &Totals, args: &ImportArgs, globals: &Globals, plan: &Understood<'_>) {
    if globals.json {
        output::json(&totals.json());
        return;
    }
    explain(plan);
    totals.print("published", args.rejects.as_deref());
    // Of a list of which nothing went, the error says it.
    if totals.rejected > 0 && totals.rejected < totals.rows && args.rejects.is_none() {
        output::text("Add --rejects FILE to get the rows that could not go, each with its reason.");
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_file_is_known_by_all_its_names() {
        let dir = tempfile::tempdir().unwrap();
        let list = dir.path().join("list.csv");
        fs::write(&list, "phone").unwrap();
        let link = dir.path().join("link.csv");
        std::os::unix::fs::symlink(&list, &link).unwrap();
        let dotted = dir.path().join(".").join("list.csv");
        assert!(same_file(&list, &list) && same_file(&link, &list) && same_file(&dotted, &list));
        let absent = dir.path().join("absent.csv");
        assert!(!same_file(&absent, &list));
        assert!(same_file(&absent, &dir.path().join(".").join("absent.csv")));
    }
}
