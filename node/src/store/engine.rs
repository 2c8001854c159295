//! The engines, and opening a directory with one.

use super::directory::Directory;
use super::redb_store::RedbStore;
use super::{Store, StoreError};
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// Which engine keeps the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// redb: a copy-on-write tree in one file. In every build.
    #[default]
    Redb,
    /// sled: a log-structured tree in a directory. In builds with the cargo feature `sled`.
    Sled,
}

impl Engine {
    /// The name in configurations and in the `format` file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Engine::Redb => "redb",
            Engine::Sled => "sled",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no engine of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no store engine \"{0}\": write \"redb\" or \"sled\"")]
pub struct UnknownEngine(pub String);

impl FromStr for Engine {
    type Err = UnknownEngine;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "redb" => Ok(Engine::Redb),
            "sled" => Ok(Engine::Sled),
            other => Err(UnknownEngine(other.to_owned())),
        }
    }
}

/// Opens the store in `dir`, and creates both if they are not there.
///
/// # Errors
/// [`StoreError::NewerFormat`], [`StoreError::OtherEngine`], [`StoreError::EngineMissing`],
/// [`StoreError::InUse`], [`StoreError::Corrupt`], or that the disk is full or refuses. None of
/// them changes what the directory holds.
pub fn open(dir: &Path, engine: Engine) -> Result<Box<dyn Store>, StoreError> {
    match engine {
        Engine::Redb => Ok(Box::new(RedbStore::open(Directory::claim(dir, engine)?)?)),
        #[cfg(feature = "sled")]
        Engine::Sled => {
            let directory = Directory::claim(dir, engine)?;
            Ok(Box::new(super::sled_store::SledStore::open(directory)?))
        }
        #[cfg(not(feature = "sled"))]
        Engine::Sled => Err(StoreError::EngineMissing(engine)),
    }
}
