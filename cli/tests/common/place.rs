//! A place on the disk, and the federation in it.

use super::program::text;
use std::path::PathBuf;

/// A place on the disk, and the federation in it.
pub struct Place {
    tmp: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self {
            tmp: tempfile::tempdir().unwrap(),
        }
    }

    /// With a federation of three: lilas, rowan and ryabina.
    pub fn with_federation() -> Self {
        let place = Self::new();
        text(&["federation", "init", &place.at("fed")]);
        place
    }

    pub fn at(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.tmp.path().join(name)
    }

    pub fn root(&self, name: &str) -> String {
        let own = self.path(&format!("{name}.key"));
        if own.exists() {
            return own.to_str().unwrap().to_owned();
        }
        self.at(&format!("fed/home/roots/{name}.key"))
    }

    pub fn node(&self, name: &str) -> String {
        let own = self.path(name);
        if own.exists() {
            return own.to_str().unwrap().to_owned();
        }
        self.at(&format!("fed/{name}"))
    }
}
