//! The store on redb: one file, one copy-on-write tree for each table.

use super::directory::{Directory, private_file, sync_dir};
use super::medium::Medium;
use super::{Entry, Op, Reader, Snapshot, Stats, Store, StoreError, Table, Visit};
use ::redb::backends::FileBackend;
use ::redb::{
    Builder, Database, Durability, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable,
    ReadableTableMetadata, StorageBackend, TableDefinition,
};
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::collections::btree_map;
use std::fs;
use std::io;
use std::ops::{Bound, ControlFlow};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// Memory for pages of the file. The system caches the file too, so that more gains little.
const CACHE: usize = 64 << 20;

type Definition = TableDefinition<'static, &'static [u8], &'static [u8]>;
type Source = dyn Fn() -> Result<Box<dyn StorageBackend>, ::redb::Error> + Send + Sync;

const fn definition(table: Table) -> Definition {
    TableDefinition::new(table.name())
}

pub(super) struct RedbStore {
    state: RwLock<State>,
    source: Box<Source>,
    path: PathBuf,
    _directory: Directory,
}

struct State {
    opened: Opened,
    /// Counts openings, so that of several that meet one failure only the first reopens.
    opening: u64,
}

enum Opened {
    Durable(Database),
    /// The file could not be opened for writing: reads only.
    Scratch(Database),
    Closed,
}

impl Opened {
    fn database(&self) -> Option<&Database> {
        match self {
            Opened::Durable(database) | Opened::Scratch(database) => Some(database),
            Opened::Closed => None,
        }
    }
}

/// A failure inside the engine.
enum Fault {
    /// The engine had failed before and wants to be opened again.
    Stale,
    /// The system failed just now, and the engine will want to be opened again.
    Io(io::Error),
    Other(StoreError),
}

impl<E: Into<::redb::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        use ::redb::Error;
        match error.into() {
            Error::PreviousIo | Error::DatabaseClosed => Fault::Stale,
            Error::Io(error) => Fault::Io(error),
            // The directory is locked, so this can only be a foreign program on our file.
            error @ (Error::DatabaseAlreadyOpen | Error::LockProtocolMismatch) => {
                Fault::Io(io::Error::new(io::ErrorKind::ResourceBusy, error))
            }
            error @ Error::ValueTooLarge(_) => {
                Fault::Io(io::Error::new(io::ErrorKind::InvalidInput, error))
            }
            error => Fault::Other(StoreError::Corrupt(error.to_string())),
        }
    }
}

impl RedbStore {
    pub(super) fn open(directory: Directory) -> Result<Self, StoreError> {
        let path = directory.data();
        let file = path.clone();
        Self::open_with(directory, Box::new(move || open_file(&file)))
    }

    /// As [`Self::open`], on whatever `source` opens. Tests pass a file that fails.
    pub(super) fn open_with(
        mut directory: Directory,
        source: Box<Source>,
    ) -> Result<Self, StoreError> {
        let path = directory.data();
        if directory.is_new() && !path.exists() {
            create(&path)?;
        }
        let database = open_durable(&source).map_err(|fault| plain(&path, fault))?;
        if directory.is_new() {
            require_empty(&database, directory.path()).map_err(|fault| plain(&path, fault))?;
        }
        directory.name()?;
        let state = State {
            opened: Opened::Durable(database),
            opening: 0,
        };
        Ok(RedbStore {
            state: RwLock::new(state),
            source,
            path,
            _directory: directory,
        })
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        // A panic inside redb is answered by redb, which refuses what it can no longer do.
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the file and opens it again, unless somebody did since opening number `seen`. If the
    /// file cannot be written, reading goes on over a scratch; the error is then returned to
    /// whoever wanted to write.
    fn reopen(&self, seen: u64) -> Result<(), StoreError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.opening != seen {
            return Ok(());
        }
        state.opening += 1;
        // Closes the old one, which must let go of the file first.
        state.opened = Opened::Closed;
        match open_durable(&self.source) {
            Ok(database) => {
                state.opened = Opened::Durable(database);
                Ok(())
            }
            Err(fault) => {
                if let Ok(database) = open_scratch(&self.source) {
                    state.opened = Opened::Scratch(database);
                }
                Err(plain(&self.path, fault))
            }
        }
    }

    /// Reads, and once more if the engine had to be opened again first.
    fn reading<T>(
        &self,
        mut read: impl FnMut(ReadTransaction) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let mut again = true;
        loop {
            let (seen, transaction) = {
                let state = self.state();
                let begun = match state.opened.database() {
                    Some(database) => database.begin_read().map_err(Fault::from),
                    None => Err(Fault::Stale),
                };
                (state.opening, begun)
            };
            let fault = match transaction.and_then(&mut read) {
                Ok(value) => return Ok(value),
                Err(fault) => fault,
            };
            match fault {
                Fault::Other(error) => return Err(error),
                Fault::Io(_) | Fault::Stale if again => {
                    again = false;
                    let reopened = self.reopen(seen);
                    if self.state().opened.database().is_none() {
                        return reopened.and(Err(plain(&self.path, fault)));
                    }
                }
                Fault::Io(_) | Fault::Stale => return Err(plain(&self.path, fault)),
            }
        }
    }

    fn write(&self, database: &Database, ops: &[Op]) -> Result<(), Fault> {
        let mut transaction = database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        // Saves the state of the allocator with each commit. Without it, opening after a crash
        // walks the whole file.
        transaction.set_quick_repair(true);
        {
            let mut tables = BTreeMap::new();
            for op in ops {
                let (Op::Put(table, ..) | Op::Delete(table, _)) = op;
                let open = match tables.entry(*table) {
                    btree_map::Entry::Occupied(entry) => entry.into_mut(),
                    btree_map::Entry::Vacant(entry) => {
                        entry.insert(transaction.open_table(definition(*table))?)
                    }
                };
                match op {
                    Op::Put(_, key, value) => drop(open.insert(key.as_slice(), value.as_slice())?),
                    Op::Delete(_, key) => drop(open.remove(key.as_slice())?),
                }
            }
        }
        Ok(transaction.commit()?)
    }
}

impl Reader for RedbStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.reading(|transaction| get(&transaction.open_table(definition(table))?, key))
    }

    fn scan(
        &self,
        table: Table,
        start: &[u8],
        end: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        let mut visited = false;
        self.reading(|transaction| {
            // A second try must not visit anything twice.
            if visited {
                return Err(Fault::Other(StoreError::Interrupted));
            }
            let table = transaction.open_table(definition(table))?;
            scan(&table, start, end, &mut |key, value| {
                visited = true;
                visit(key, value)
            })
        })
    }

    fn last(&self, table: Table) -> Result<Option<Entry>, StoreError> {
        self.reading(|transaction| last(&transaction.open_table(definition(table))?))
    }
}

impl Store for RedbStore {
    fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        let transaction = self.reading(Ok)?;
        Ok(Box::new(RedbSnapshot {
            transaction,
            tables: Default::default(),
            path: &self.path,
        }))
    }

    fn apply(&self, ops: &[Op]) -> Result<(), StoreError> {
        if ops.is_empty() {
            return Ok(());
        }
        let mut again = true;
        loop {
            let (seen, outcome) = {
                let state = self.state();
                let outcome = match &state.opened {
                    Opened::Durable(database) => self.write(database, ops),
                    Opened::Scratch(_) | Opened::Closed => Err(Fault::Stale),
                };
                (state.opening, outcome)
            };
            match outcome {
                Ok(()) => return Ok(()),
                Err(Fault::Stale) if again => {
                    again = false;
                    self.reopen(seen)?;
                }
                Err(Fault::Io(error)) => {
                    // At once, so that readers never meet the failure. Whether that worked is
                    // their affair; the caller's is why nothing was written.
                    let _ = self.reopen(seen);
                    return Err(plain(&self.path, Fault::Io(error)));
                }
                Err(fault) => return Err(plain(&self.path, fault)),
            }
        }
    }

    fn stats(&self) -> Result<Stats, StoreError> {
        let bytes = fs::metadata(&self.path)
            .map_err(StoreError::at("measure", &self.path))?
            .len();
        let entries = self.reading(|transaction| {
            Table::ALL
                .into_iter()
                .map(|table| Ok((table, transaction.open_table(definition(table))?.len()?)))
                .collect::<Result<_, Fault>>()
        })?;
        Ok(Stats {
            bytes,
            entries: Some(entries),
        })
    }
}

/// One read transaction, used for all reads.
struct RedbSnapshot<'a> {
    transaction: ReadTransaction,
    /// Those that were read: opening one is a search of its own.
    tables: [OnceCell<OpenTable>; Table::ALL.len()],
    path: &'a Path,
}

type OpenTable = ReadOnlyTable<&'static [u8], &'static [u8]>;

impl RedbSnapshot<'_> {
    fn table(&self, table: Table) -> Result<&OpenTable, Fault> {
        let Some(cell) = self.tables.get(usize::from(table.id())) else {
            return Err(Fault::Stale);
        };
        if let Some(open) = cell.get() {
            return Ok(open);
        }
        let open = self.transaction.open_table(definition(table))?;
        Ok(cell.get_or_init(|| open))
    }
}

impl Reader for RedbSnapshot<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let read = || get(self.table(table)?, key);
        read().map_err(|fault| plain(self.path, fault))
    }

    fn scan(
        &self,
        table: Table,
        start: &[u8],
        end: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        let mut read = || scan(self.table(table)?, start, end, visit);
        read().map_err(|fault| plain(self.path, fault))
    }

    fn last(&self, table: Table) -> Result<Option<Entry>, StoreError> {
        let read = || last(self.table(table)?);
        read().map_err(|fault| plain(self.path, fault))
    }
}

fn get(table: &OpenTable, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
    let value = ReadableTable::get(table, key)?;
    Ok(value.map(|value| value.value().to_vec()))
}

fn scan(
    table: &OpenTable,
    start: &[u8],
    end: Option<&[u8]>,
    visit: &mut Visit<'_>,
) -> Result<(), Fault> {
    if end.is_some_and(|end| end <= start) {
        return Ok(());
    }
    let bounds = (
        Bound::Included(start),
        end.map_or(Bound::Unbounded, Bound::Excluded),
    );
    for entry in ReadableTable::range::<&[u8]>(table, bounds)? {
        let (key, value) = entry?;
        if let ControlFlow::Break(()) = visit(key.value(), value.value()) {
            break;
        }
    }
    Ok(())
}

fn last(table: &OpenTable) -> Result<Option<Entry>, Fault> {
    let entry = table.last()?;
    Ok(entry.map(|(key, value)| (key.value().to_vec(), value.value().to_vec())))
}

fn open_file(path: &Path) -> Result<Box<dyn StorageBackend>, ::redb::Error> {
    let file = private_file()
        .read(true)
        .write(true)
        .open(path)
        .map_err(::redb::Error::Io)?;
    Ok(Box::new(FileBackend::new(file)?))
}

fn open_durable(source: &Source) -> Result<Database, Fault> {
    let file = source()?;
    // redb would make a fresh database of it, and nobody would notice the loss.
    if file.len().map_err(Fault::Io)? == 0 {
        return Err(Fault::Other(StoreError::Corrupt(
            "its file is empty".to_owned(),
        )));
    }
    Ok(Builder::new()
        .set_cache_size(CACHE)
        .create_with_backend(Medium::durable(file))?)
}

fn open_scratch(source: &Source) -> Result<Database, Fault> {
    let medium = Medium::scratch(source()?).map_err(Fault::Io)?;
    Ok(Builder::new()
        .set_cache_size(CACHE)
        .create_with_backend(medium)?)
}

/// Makes the file with all tables under another name and then gives it its own, so that there is
/// never half a file to open.
fn create(path: &Path) -> Result<(), StoreError> {
    let new = path.with_extension("redb.new");
    let build = || -> Result<(), Fault> {
        private_file()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&new)
            .map_err(Fault::Io)?;
        let database = Builder::new().create_with_backend(Medium::durable(open_file(&new)?))?;
        let mut transaction = database.begin_write()?;
        transaction.set_quick_repair(true);
        for table in Table::ALL {
            transaction.open_table(definition(table))?;
        }
        transaction.commit()?;
        database.close()?;
        fs::rename(&new, path).map_err(Fault::Io)?;
        path.parent().map_or(Ok(()), sync_dir).map_err(Fault::Io)
    };
    build().map_err(|fault| plain(&new, fault))
}

/// Data without a `format` file might be of any version: better to ask than to guess.
fn require_empty(database: &Database, dir: &Path) -> Result<(), Fault> {
    let transaction = database.begin_read()?;
    for table in Table::ALL {
        if transaction.open_table(definition(table))?.len()? > 0 {
            let missing = dir.join("format");
            return Err(Fault::Other(StoreError::Corrupt(format!(
                "{} is missing beside data",
                missing.display()
            ))));
        }
    }
    Ok(())
}

fn plain(path: &Path, fault: Fault) -> StoreError {
    match fault {
        Fault::Stale => StoreError::Interrupted,
        Fault::Io(error) => {
            StoreError::from_io(format!("could not read or write {}", path.display()), error)
        }
        Fault::Other(error) => error,
    }
}
