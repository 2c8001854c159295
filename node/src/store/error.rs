//! What can go wrong with a store, and what to do about it.

use super::Engine;
use std::io;
use std::path::{Path, PathBuf};

/// Why a store could not be opened, read or written. The text says what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A newer version of the program wrote this directory.
    #[error(
        "{} was written by a newer version (store format {found}, this version knows {known}): \
         install the newer version again, or give this one another directory",
        dir.display()
    )]
    NewerFormat {
        /// The directory of the store.
        dir: PathBuf,
        /// The version of the layout that was found.
        found: u32,
        /// The newest version that this build reads.
        known: u32,
    },
    /// The directory belongs to another engine than the one asked for.
    #[error(
        "{} holds a {found} store, and {asked} was asked for: write `store = \"{found}\"` in the \
         configuration, or give {asked} another directory",
        dir.display()
    )]
    OtherEngine {
        /// The directory of the store.
        dir: PathBuf,
        /// The engine named in the directory.
        found: String,
        /// The engine that was asked for.
        asked: Engine,
    },
    /// This build does not include the engine.
    #[error(
        "this build has no {0}: write `store = \"redb\"` in the configuration, or build with \
         `--features {0}`"
    )]
    EngineMissing(Engine),
    /// Another process, or another part of this one, has the store open.
    #[error(
        "{} is in use: another node is running on it; stop that one first, or give this one \
         another directory",
        dir.display()
    )]
    InUse {
        /// The directory of the store.
        dir: PathBuf,
    },
    /// There is no room left. Nothing was changed; reading still works.
    #[error(
        "no room left for the store ({source}): free some space on the disk or raise the limit, \
         then try again; nothing was changed"
    )]
    Full {
        /// What the system said.
        source: io::Error,
    },
    /// The files are not what they should be.
    #[error(
        "the store is damaged ({0}): keep a copy of its directory, then start with an empty one; \
         records come back from the other nodes"
    )]
    Corrupt(String),
    /// The store had to be reopened after a failure while this was being read.
    #[error("the store was reopened after a failure while it was being read: read again")]
    Interrupted,
    /// The system refused to read or write.
    #[error("{what}: {source}; check the disk, its mount and the owner of the files")]
    Io {
        /// What was being done.
        what: String,
        /// What the system said.
        source: io::Error,
    },
}

impl StoreError {
    /// Sorts an error of the system: no room, damaged, or anything else.
    pub(crate) fn from_io(what: impl Into<String>, source: io::Error) -> Self {
        use io::ErrorKind as Kind;
        match source.kind() {
            // A quota and a limit on the size of a file feel the same as a full disk, and the
            // same helps.
            Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => {
                StoreError::Full { source }
            }
            Kind::InvalidData | Kind::UnexpectedEof => StoreError::Corrupt(source.to_string()),
            _ => StoreError::Io {
                what: what.into(),
                source,
            },
        }
    }

    /// For `map_err` around something done to a file.
    pub(super) fn at<'a>(doing: &'a str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| StoreError::from_io(format!("could not {doing} {}", path.display()), source)
    }

    /// Whether trying again later can help, without anybody repairing the files.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            StoreError::Full { .. }
                | StoreError::Io { .. }
                | StoreError::InUse { .. }
                | StoreError::Interrupted
        )
    }
}
