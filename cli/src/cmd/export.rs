//! `export`: one's own organisation's reports, for its own use.

use crate::exit::CliError;
use crate::globals::Globals;
use crate::output;
use crate::output::tell;
use crate::session::Session;
use parasol_node::files::write_private;
use parasol_protocol::client::{Found, Own};
use parasol_protocol::handle::Handle;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct ExportArgs {
    /// Where to write: a file ending in .csv or .json, for its owner alone [default: standard output]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Write over FILE if it is there already; without this it is left as it is
    #[arg(long, requires = "file")]
    pub force: bool,
}

/// Does it.
///
/// # Errors
/// If the node does not answer, or the file is there already or cannot be written.
pub fn run(args: &ExportArgs, globals: &Globals) -> Result<(), CliError> {
    let ending = args
        .file
        .as_ref()
        .and_then(|f| f.extension())
        .and_then(|e| e.to_str());
    let as_json = match (ending, &args.file) {
        (Some("json"), _) => true,
        (Some("csv"), _) => false,
        (_, Some(_)) => {
            return Err(CliError::usage(
                "ending",
                "the file's name must end in .csv or .json",
            ));
        }
        (_, None) => globals.json,
    };
    if let Some(file) = &args.file {
        spare(file, args.force)?;
    }
    let session = Session::open(globals)?;
    let own = session.carry(Own::new(false))?;
    let (found, refused, closed) = own.open(
        &session.federation,
        &session.keep.keys_of(&own)?,
        &session.local,
    );
    let written = if as_json {
        json_of(&found)
    } else {
        csv_of(&found)?
    };
    match &args.file {
        None => output::text(written.trim_end()),
        Some(file) => {
            write_private(file, written.as_bytes()).map_err(|e| {
                CliError::other(
                    "export",
                    format_args!("cannot write {}: {e}", file.display()),
                )
            })?;
            if globals.json {
                output::json(&json!({"reports": found.len(), "closed": closed}));
            } else {
                output::text(&format!(
                    "{} written to {}, in the clear: keep the file safe.",
                    output::count(found.len(), "report", "reports"),
                    file.display()
                ));
            }
        }
    }
    if closed > 0 {
        tell!(
            "note: {} of your organisation {} filed from elsewhere; this home has no keys to them",
            output::count(closed, "report", "reports"),
            if closed == 1 { "was" } else { "were" }
        );
    }
    output::troubles_text(&[], &Default::default(), &refused);
    Ok(())
}

/// Refuses to write over what is there, unless that was asked for.
fn spare(file: &Path, force: bool) -> Result<(), CliError> {
    if force || fs::symlink_metadata(file).is_err() {
        return Ok(());
    }
    let message = format!("{} is there already", file.display());
    Err(CliError::usage("file-exists", message)
        .next("give another name, or add --force to write over it"))
}

fn json_of(found: &[Found]) -> String {
    let reports: Vec<Value> = found.iter().map(output::found_json).collect();
    format!("{}\n", json!({ "reports": reports }))
}

/// The headings are such that an import understands them.
const HEADINGS: [&str; 11] = [
    "id", "phone", "email", "account", "plate", "url", "level", "codes", "date", "area", "text",
];

fn csv_of(found: &[Found]) -> Result<String, CliError> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let trouble = |e: csv::Error| CliError::other("export", e);
    csv.write_record(HEADINGS).map_err(trouble)?;
    for f in found {
        let of = |kind: &str| {
            let handles = f.handles.iter().filter(|h| h.kind().as_str() == kind);
            handles
                .map(Handle::canonical)
                .collect::<Vec<_>>()
                .join("; ")
        };
        let codes: Vec<&str> = f.summary.codes.iter().map(|c| c.name()).collect();
        let record = [
            f.id.to_string(),
            of("phone"),
            of("email"),
            of("account"),
            of("plate"),
            of("url"),
            f.summary.level.name().to_owned(),
            codes.join("; "),
            f.summary.month.map(|m| m.to_string()).unwrap_or_default(),
            f.summary
                .area
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            f.words
                .as_ref()
                .map(|w| harmless(&w.text))
                .unwrap_or_default(),
        ];
        csv.write_record(&record).map_err(trouble)?;
    }
    let bytes = csv
        .into_inner()
        .map_err(|e| CliError::other("export", e.error()))?;
    String::from_utf8(bytes).map_err(|e| CliError::other("export", e))
}

/// A text that a spreadsheet takes for no formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_written_over_only_if_asked() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("all.csv");
        assert_eq!(spare(&file, false), Ok(()));
        fs::write(&file, b"last year's").unwrap();
        let globals = Globals {
            home: Some(dir.path().join("home")),
            ..Globals::default()
        };
        let args = ExportArgs {
            file: Some(file.clone()),
            force: false,
        };
        let why = run(&args, &globals).unwrap_err();
        assert_eq!(why.code(), "file-exists");
        assert!(why.to_string().contains("--force"));
        assert_eq!(fs::read(&file).unwrap(), b"last year's");
        assert_eq!(spare(&file, true), Ok(()));
    }
}
