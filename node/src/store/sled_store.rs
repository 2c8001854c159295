//! The store on sled: one tree, with the table as the first byte of a key.
//!
//! One tree, because in sled only batches within a tree are atomic.
//!
//! **Durability.** sled's own flush asks Linux for `sync_file_range`, which neither empties the
//! cache of the disk nor writes the file's metadata, and its large values lie in files that it never
//! flushes at all. So after each flush this store syncs the log, and the files of large values that
//! came since, itself.
//!
//! **Memory.** sled's cache is capped, but what it keeps outside of it grows with the list: a million
//! records took up to 390 MB, with redb 72 MB. Without sled's background round it was gigabytes.
//!
//! **Failures.** A failed batch stays in sled's memory, so the files are opened again at once. That
//! needs a disk that can be written: while it cannot, there is no reading either.

use super::directory::{Directory, create_private_dir, sync_dir};
use super::{Engine, Entry, Op, Reader, Snapshot, Stats, Store, StoreError, Table, Visit};
use ::sled::{Batch, Config, Db, IVec};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::ops::{Bound, ControlFlow};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::thread;
use std::time::Duration;

/// Memory for pages.
const CACHE: u64 = 64 << 20;
/// Milliseconds between sled's rounds of tidying up.
const TIDY: u64 = 500;
/// How often sled, which lets go of its files some time after it is dropped, is asked again.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(10);

pub(super) struct SledStore {
    state: RwLock<State>,
    /// One batch at a time, up to its flush: what is flushed is then always whole batches.
    writing: Mutex<()>,
    path: PathBuf,
    _directory: Directory,
}

struct State {
    opened: Option<Opened>,
    opening: u64,
}

struct Opened {
    db: Db,
    log: File,
    blobs: PathBuf,
    /// The greatest name of a large value that is known to be on the disk.
    synced: Mutex<OsStringLength>,
}

/// Names of large values are growing numbers, so a longer name is a later one.
type OsStringLength = (usize, OsString);

impl SledStore {
    pub(super) fn open(mut directory: Directory) -> Result<Self, StoreError> {
        let path = directory.data();
        create_private_dir(&path).map_err(StoreError::at("create", &path))?;
        let opened = Opened::open(&path)?;
        if directory.is_new() && !opened.db.is_empty() {
            let missing = directory.path().join("format");
            let missing = format!("{} is missing beside data", missing.display());
            return Err(StoreError::Corrupt(missing));
        }
        directory.name()?;
        let state = RwLock::new(State {
            opened: Some(opened),
            opening: 0,
        });
        Ok(SledStore {
            state,
            writing: Mutex::new(()),
            path,
            _directory: directory,
        })
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what sled holds in memory and reads the files again: after a failure its memory may
    /// hold a batch, or half of one, that the disk does not.
    fn reopen(&self, seen: u64) -> Result<(), StoreError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.opening != seen {
            return Ok(());
        }
        state.opening += 1;
        state.opened = None;
        state.opened = Some(Opened::open(&self.path)?);
        Ok(())
    }

    /// The tree, opened again if the last failure left it closed. It is not borrowed: whoever scans
    /// may want to write meanwhile.
    fn db(&self) -> Result<Db, StoreError> {
        let seen = {
            let state = self.state();
            if let Some(opened) = &state.opened {
                return Ok(opened.db.clone());
            }
            state.opening
        };
        self.reopen(seen)?;
        let state = self.state();
        state
            .opened
            .as_ref()
            .map(|opened| opened.db.clone())
            .ok_or(StoreError::Interrupted)
    }
}

impl Opened {
    fn open(path: &Path) -> Result<Self, StoreError> {
        // The interval is not for durability: it is also when sled tidies up, and without that it
        // takes twice the memory.
        let config = Config::new()
            .path(path)
            .cache_capacity(CACHE)
            .flush_every_ms(Some(TIDY));
        let mut tries = 0;
        let db = loop {
            match config.open() {
                Ok(db) => break db,
                // We hold the directory, so this is our own last opening, still being dropped.
                Err(error) if tries < TRIES && is_locked(&error) => {
                    tries += 1;
                    thread::sleep(PAUSE);
                }
                Err(error) => return Err(plain(path, error)),
            }
        };
        let (log, blobs) = (path.join("db"), path.join("blobs"));
        let opened = Opened {
            db,
            log: File::open(&log).map_err(StoreError::at("open", &log))?,
            blobs,
            synced: Mutex::default(),
        };
        make_private(path)
            .and_then(|()| sync_dir(path))
            .map_err(StoreError::at("keep", path))?;
        opened.sync(path)?;
        Ok(opened)
    }

    fn apply(&self, path: &Path, ops: &[Op]) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        for op in ops {
            match op {
                Op::Put(table, key, value) => {
                    batch.insert(whole_key(*table, key), value.as_slice())
                }
                Op::Delete(table, key) => batch.remove(whole_key(*table, key)),
            }
        }
        self.db.apply_batch(batch).map_err(|e| plain(path, e))?;
        self.sync(path)
    }

    fn sync(&self, path: &Path) -> Result<(), StoreError> {
        self.db.flush().map_err(|e| plain(path, e))?;
        self.sync_blobs()
            .map_err(StoreError::at("flush", &self.blobs))?;
        self.log.sync_data().map_err(StoreError::at("flush", path))
    }

    fn sync_blobs(&self) -> io::Result<()> {
        let mut synced = self.synced.lock().unwrap_or_else(PoisonError::into_inner);
        let mut newest = synced.clone();
        for entry in fs::read_dir(&self.blobs)? {
            let name = entry?.file_name();
            let name = (name.len(), name);
            if name > *synced {
                match File::open(self.blobs.join(&name.1)) {
                    Ok(file) => file.sync_all()?,
                    // sled removes values that were replaced.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
                newest = newest.max(name);
            }
        }
        if newest != *synced {
            sync_dir(&self.blobs)?;
            *synced = newest;
        }
        Ok(())
    }
}

impl Reader for SledStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self
            .db()?
            .get(whole_key(table, key))
            .map_err(|e| plain(&self.path, e))?;
        Ok(value.map(|value| value.to_vec()))
    }

    fn scan(
        &self,
        table: Table,
        start: &[u8],
        end: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        if end.is_some_and(|end| end <= start) {
            return Ok(());
        }
        let end = end.map_or_else(|| vec![table.id() + 1], |end| whole_key(table, end));
        let bounds = (
            Bound::Included(whole_key(table, start)),
            Bound::Excluded(end),
        );
        for entry in self.db()?.range::<Vec<u8>, _>(bounds) {
            let (key, value) = entry.map_err(|e| plain(&self.path, e))?;
            if let ControlFlow::Break(()) = visit(own_key(&key), &value) {
                break;
            }
        }
        Ok(())
    }

    fn last(&self, table: Table) -> Result<Option<Entry>, StoreError> {
        let mut range = self.db()?.range(vec![table.id()]..vec![table.id() + 1]);
        let entry = range
            .next_back()
            .transpose()
            .map_err(|e| plain(&self.path, e))?;
        Ok(entry.map(|(key, value)| (own_key(&key).to_vec(), value.to_vec())))
    }
}

impl Store for SledStore {
    fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        Ok(Box::new(SledSnapshot(self)))
    }

    fn apply(&self, ops: &[Op]) -> Result<(), StoreError> {
        if ops.is_empty() {
            return Ok(());
        }
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.db()?);
        let (seen, outcome) = {
            let state = self.state();
            let opened = state.opened.as_ref().ok_or(StoreError::Interrupted)?;
            (state.opening, opened.apply(&self.path, ops))
        };
        if outcome.is_err() {
            // The caller wants to know why nothing was written; if this fails too, the next one who
            // reads is told.
            let _ = self.reopen(seen);
        }
        outcome
    }

    fn stats(&self) -> Result<Stats, StoreError> {
        let bytes = self
            .db()?
            .size_on_disk()
            .map_err(|e| plain(&self.path, e))?;
        // sled would have to walk the whole tree to count.
        Ok(Stats {
            bytes,
            entries: None,
        })
    }
}

/// sled has no snapshots: every read sees what is there.
struct SledSnapshot<'a>(&'a SledStore);

impl Reader for SledSnapshot<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(table, key)
    }

    fn scan(
        &self,
        table: Table,
        start: &[u8],
        end: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        self.0.scan(table, start, end, visit)
    }

    fn last(&self, table: Table) -> Result<Option<Entry>, StoreError> {
        self.0.last(table)
    }
}

fn whole_key(table: Table, key: &[u8]) -> Vec<u8> {
    [&[table.id()], key].concat()
}

fn own_key(key: &IVec) -> &[u8] {
    key.get(1..).unwrap_or_default()
}

/// sled creates its files as the umask says. The directory keeps others out; this is for the day on
/// which somebody copies or moves them.
fn make_private(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    for entry in fs::read_dir(path)? {
        use std::os::unix::fs::PermissionsExt;
        let entry = entry?;
        let mode = if entry.file_type()?.is_dir() {
            0o700
        } else {
            0o600
        };
        fs::set_permissions(entry.path(), fs::Permissions::from_mode(mode))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// sled has no kind of error for this.
fn is_locked(error: &::sled::Error) -> bool {
    matches!(error, ::sled::Error::Io(e) if e.to_string().contains("could not acquire lock"))
}

fn plain(path: &Path, error: ::sled::Error) -> StoreError {
    use ::sled::Error;
    match error {
        Error::Io(error) => {
            let what = format!("could not read or write {}", path.display());
            StoreError::from_io(what, error)
        }
        error => StoreError::Corrupt(format!("{}: {error}", Engine::Sled)),
    }
}
