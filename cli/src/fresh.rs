//! Files that are made and never written over.

use crate::exit::CliError;
use parasol_node::files::write_new;
use std::fs;
use std::io;
use std::path::Path;

/// Whether a file can be made there: to be asked before anything is done that is not undone again.
///
/// # Errors
/// If something is there.
pub fn check_free(path: &Path) -> Result<(), CliError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Err(occupied(path)),
        Err(_) => Ok(()),
    }
}

/// Writes a file that must not be there yet, for its owner alone.
///
/// # Errors
/// If something is there, or it cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    write_new(path, bytes).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => occupied(path),
        _ => CliError::home(
            "write",
            format_args!("{} cannot be written: {e}", path.display()),
        ),
    })
}

fn occupied(path: &Path) -> CliError {
    CliError::home(
        "occupied",
        format_args!(
            "{} is there already, and nothing was changed",
            path.display()
        ),
    )
    .next("choose another name: what is written over, a root key above all, is lost")
}
