//! `carry`: hands records that root keys signed elsewhere to one's node.

use crate::exit::CliError;
use crate::globals::Globals;
use crate::output;
use crate::rooted::read_records;
use crate::session::Session;
use serde_json::json;
use std::path::PathBuf;

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct CarryArgs {
    /// The file that `vouch` or `revoke` wrote with --out
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Does it.
///
/// # Errors
/// If the file holds something else, or the node refuses.
pub fn run(args: &CarryArgs, globals: &Globals) -> Result<(), CliError> {
    let bytes = std::fs::read(&args.file).map_err(|why| {
        CliError::input(
            "unreadable",
            format_args!("{} cannot be read: {why}", args.file.display()),
        )
    })?;
    let session = Session::open(globals)?;
    let records = read_records(&bytes, &args.file, session.federation.id())?;
    for record in &records {
        session.carry_in(record.bytes())?;
    }
    if globals.json {
        let ids: Vec<String> = records.iter().map(|r| r.id().to_string()).collect();
        output::json(&json!({"carried": ids}));
    } else {
        output::text(&format!(
            "Your node has {} and passes them on.",
            output::count(records.len(), "record", "records")
        ));
    }
    Ok(())
}
