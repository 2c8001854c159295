//! The directory of a store: who may use it, and what is in it.

use super::{Engine, StoreError};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The newest layout that this build reads and the one that it writes.
const VERSION: u32 = 1;
const FORMAT: &str = "format";
const LOCK: &str = "lock";

/// A directory that this process alone uses, until this is dropped.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    engine: Engine,
    named: bool,
    /// Held, not read: closing it lets the next process in.
    _lock: File,
}

impl Directory {
    /// Takes the directory for this process and checks that `engine` may use it. Creates it if it
    /// is not there, for its owner only; an existing one keeps its permissions, for it might be a
    /// directory that others use too.
    pub(super) fn claim(path: &Path, engine: Engine) -> Result<Self, StoreError> {
        create_private_dir(path).map_err(StoreError::at("create", path))?;
        let lock_path = path.join(LOCK);
        let lock = private_file()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(StoreError::at("open", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { dir: path.into() }),
            Err(TryLockError::Error(e)) => return Err(StoreError::at("lock", &lock_path)(e)),
        }
        let mut directory = Directory {
            path: path.into(),
            engine,
            named: false,
            _lock: lock,
        };
        directory.check()?;
        Ok(directory)
    }

    /// Where the engine keeps its data.
    pub(super) fn data(&self) -> PathBuf {
        self.data_of(self.engine)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether no store was ever handed out from here. The `format` file is the last thing that a
    /// first opening writes, so whatever lies beside a missing one must be empty.
    pub(super) fn is_new(&self) -> bool {
        !self.named
    }

    /// Writes the `format` file. After this the directory belongs to the engine.
    pub(super) fn name(&mut self) -> Result<(), StoreError> {
        if self.named {
            return Ok(());
        }
        let line = format!("parasol store {VERSION} {}\n", self.engine);
        let (new, path) = (self.path.join("format.new"), self.path.join(FORMAT));
        let write = || -> io::Result<()> {
            let mut file = private_file()
                .write(true)
                .create(true)
                .truncate(true)
                .open(&new)?;
            file.write_all(line.as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            sync_dir(&self.path)
        };
        write().map_err(StoreError::at("write", &path))?;
        self.named = true;
        Ok(())
    }

    fn data_of(&self, engine: Engine) -> PathBuf {
        self.path.join(format!("store.{engine}"))
    }

    fn check(&mut self) -> Result<(), StoreError> {
        let path = self.path.join(FORMAT);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return self.check_unnamed(),
            Err(e) => return Err(StoreError::at("read", &path)(e)),
        };
        let Some((found, engine)) = parse(&text) else {
            return Err(StoreError::Corrupt(format!(
                "{} is not readable",
                path.display()
            )));
        };
        if found > VERSION {
            return Err(StoreError::NewerFormat {
                dir: self.path.clone(),
                found,
                known: VERSION,
            });
        }
        if engine != self.engine.name() {
            return Err(self.other(engine));
        }
        if !self.data().exists() {
            return Err(StoreError::Corrupt(format!(
                "{} is missing",
                self.data().display()
            )));
        }
        self.named = true;
        Ok(())
    }

    /// Without a `format` file, data of another engine must not be joined by ours.
    fn check_unnamed(&self) -> Result<(), StoreError> {
        [Engine::Redb, Engine::Sled]
            .into_iter()
            .filter(|&other| other != self.engine)
            .find(|&other| self.data_of(other).exists())
            .map_or(Ok(()), |other| Err(self.other(other.name())))
    }

    fn other(&self, found: &str) -> StoreError {
        StoreError::OtherEngine {
            dir: self.path.clone(),
            found: found.to_owned(),
            asked: self.engine,
        }
    }
}

fn parse(text: &str) -> Option<(u32, &str)> {
    let mut words = text.split_whitespace();
    let ("parasol", "store") = (words.next()?, words.next()?) else {
        return None;
    };
    let version: u32 = words.next()?.parse().ok()?;
    // What follows the version is the next version's affair.
    let engine = words.next().unwrap_or_default();
    let whole = version == VERSION && !engine.is_empty() && words.next().is_none();
    (whole || version > VERSION).then_some((version, engine))
}

/// Options that create files for their owner only.
pub(super) fn private_file() -> OpenOptions {
    #[allow(unused_mut)]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Creates a directory, and those above it, for their owner only.
pub(super) fn create_private_dir(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes sure that names created in a directory survive a loss of power.
pub(super) fn sync_dir(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    return File::open(path)?.sync_all();
    // Elsewhere a directory cannot be opened, and the system keeps names in its journal.
    #[cfg(not(unix))]
    return Ok(path.metadata().map(drop)?);
}
