//! `man`: the manual pages.

use crate::args::Cli;
use crate::exit::CliError;
use crate::globals::Globals;
use crate::output;
use clap::CommandFactory as _;
use std::path::PathBuf;

/// Arguments of `man`.
#[derive(clap::Args, Clone, Debug)]
pub struct ManArgs {
    /// A directory for the pages of all commands; without it the first page goes to standard output
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// Writes the pages.
///
/// # Errors
/// If they cannot be written.
pub fn run(args: &ManArgs, globals: &Globals) -> Result<(), CliError> {
    let command = Cli::command();
    let Some(dir) = &args.dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command)
            .render(&mut page)
            .map_err(|e| CliError::other("man", e))?;
        output::text(String::from_utf8_lossy(&page).trim_end());
        return Ok(());
    };
    std::fs::create_dir_all(dir)
        .and_then(|()| clap_mangen::generate_to(command, dir))
        .map_err(|e| {
            CliError::other(
                "man",
                format_args!("cannot write the pages to {}: {e}", dir.display()),
            )
        })?;
    if !globals.json {
        output::text(&format!("The manual pages are in {}.", dir.display()));
    }
    Ok(())
}
