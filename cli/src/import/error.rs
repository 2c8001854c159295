//! What stops a whole file, said to the person who brought it.

use std::path::PathBuf;

/// Why a file cannot be read at all. Nothing has been published when this comes.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be opened.
    #[error("cannot read {path}: {source}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The rejects or the mapping file cannot be written.
    #[error("cannot write {path}: {source}", path = path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is nothing in the file.
    #[error("the file is empty; nothing was imported")]
    Empty,
    /// The bytes are neither text nor a spreadsheet.
    #[error(
        "this is neither a text table nor a spreadsheet; save the list as CSV or XLSX and import that"
    )]
    Binary,
    /// A spreadsheet behind a password.
    #[error(
        "the spreadsheet is protected by a password; open it, save a copy without one, and import the copy"
    )]
    Protected,
    /// Larger than a list can sensibly be.
    #[error("the file holds {found} MB, more than the {limit} MB that an import takes; split it")]
    TooBig {
        /// Its size once unpacked, as far as it was counted.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// A spreadsheet that does not open.
    #[error(
        "the spreadsheet is damaged ({detail}); open it in the program that made it, save it anew, and import that"
    )]
    Damaged {
        /// What the reader said.
        detail: String,
    },
    /// The mapping names a sheet that is not there.
    #[error("the mapping file names the sheet \"{name}\"; this file has {}", list(.found))]
    NoSheet {
        /// The name in the mapping file.
        name: String,
        /// The sheets that there are.
        found: Vec<String>,
    },
    /// There is a header and nothing below it.
    #[error("the table has no rows below its header; nothing was imported")]
    NoRows,
    /// The mapping file does not read.
    #[error("the mapping file does not read: {detail}; --dry-run writes a fresh one")]
    BadMapping {
        /// What is wrong and where.
        detail: String,
    },
}

fn list(names: &[String]) -> String {
    let quoted: Vec<_> = names.iter().map(|n| format!("\"{n}\"")).collect();
    quoted.join(", ")
}

impl ImportError {
    /// A stable name for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "file-unreadable",
            Self::Unwritable { .. } => "file-unwritable",
            Self::Empty => "file-empty",
            Self::Binary => "file-binary",
            Self::Protected => "file-protected",
            Self::TooBig { .. } => "file-too-big",
            Self::Damaged { .. } => "file-damaged",
            Self::NoSheet { .. } => "sheet-missing",
            Self::NoRows => "no-rows",
            Self::BadMapping { .. } => "mapping-bad",
        }
    }
}
