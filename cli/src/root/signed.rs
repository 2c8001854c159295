//! The journal of what a root signed, beside its key: a line each, on disk before anybody sees what was
//! signed.
//!
//! ```text
//! 2027-03-01 63 vouch <id> <its number>
//! 2027-03-01 62 delegation <id>
//! 2027-03-01 charter 2 <id> of <federation> upon <id of the version before> aside <id> <id>
//! ```
//!
//! The second word of a record's line is its slot.

use crate::exit::CliError;
use parasol_protocol::record::{Body, Verified};
use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Where the journal of a root key's file is.
pub(super) fn beside(root: &Path) -> PathBuf {
    let mut journal = root.as_os_str().to_owned();
    journal.push(".signed");
    PathBuf::from(journal)
}

/// What stands in it; nothing if there is none.
pub(super) fn read(journal: &Path) -> Result<String, CliError> {
    match fs::read_to_string(journal) {
        Ok(text) => Ok(text),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(unusable(journal, &e)),
    }
}

/// A record's line.
pub(super) fn line(record: &Verified) -> String {
    let header = record.header();
    let number = match record.body() {
        Body::Vouch(vouch) => format!(" {}", vouch.number),
        _ => String::new(),
    };
    format!(
        "{} {} {} {}{number}\n",
        header.issued,
        header.slot,
        record.kind().name(),
        record.id()
    )
}

/// Writes lines down.
pub(super) fn add(journal: &Path, lines: &str) -> Result<(), CliError> {
    let mut options = OpenOptions::new();
    options.create(true).read(true).append(true).mode(0o600);
    let written = options.open(journal).and_then(|mut file| {
        // A line that was cut off must not swallow the next.
        if file.metadata()?.len() > 0 {
            file.seek(SeekFrom::End(-1))?;
            let mut last = [0];
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                file.write_all(b"\n")?;
            }
        }
        file.write_all(lines.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|e| unusable(journal, &e))
}

fn unusable(path: &Path, why: &io::Error) -> CliError {
    CliError::home(
        "journal",
        format_args!(
            "{}, where it stands what this root has signed, cannot be used: {why}",
            path.display()
        ),
    )
}
