//! Other databases behind the node's own trait, each with one durable commit a batch.

use parasol_node::store::{
    Engine, Entry, Op, Reader, Snapshot, Stats, Store, StoreError, Table, Visit, open,
};
use rusqlite::OptionalExtension as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

pub const ENGINES: [&str; 4] = ["redb", "sled", "sqlite", "fjall"];
/// Memory for pages, of each the same.
const CACHE: u64 = 64 << 20;

pub fn open_engine(name: &str, dir: &Path) -> Box<dyn Store> {
    match name {
        "redb" => open(dir, Engine::Redb).unwrap(),
        "sled" => open(dir, Engine::Sled).unwrap(),
        "sqlite" => Box::new(Sqlite::open(dir)),
        "fjall" => Box::new(Fjall::open(dir)),
        other => panic!("no engine {other}"),
    }
}

fn trouble(error: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(error.to_string())
}

/// SQLite: a table without row ids for each of ours, write-ahead log, synchronous.
pub struct Sqlite(Mutex<rusqlite::Connection>);

impl Sqlite {
    fn open(dir: &Path) -> Self {
        std::fs::create_dir_all(dir).unwrap();
        let db = rusqlite::Connection::open(dir.join("store.sqlite")).unwrap();
        db.set_prepared_statement_cache_capacity(64);
        db.execute_batch(&format!(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-{};",
            CACHE / 1024
        ))
        .unwrap();
        for table in Table::ALL {
            // Only a table of large rows in the order of its keys is better with row ids.
            let shape = if table == Table::Records {
                "(k BLOB PRIMARY KEY, v BLOB)"
            } else {
                "(k BLOB PRIMARY KEY, v BLOB) WITHOUT ROWID"
            };
            let sql = format!("CREATE TABLE IF NOT EXISTS {} {shape}", table.name());
            db.execute_batch(&sql).unwrap();
        }
        Self(Mutex::new(db))
    }

    fn db(&self) -> MutexGuard<'_, rusqlite::Connection> {
        self.0.lock().unwrap()
    }
}

impl Reader for Sqlite {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let db = self.db();
        let sql = format!("SELECT v FROM {} WHERE k=?", table.name());
        let mut statement = db.prepare_cached(&sql).map_err(trouble)?;
        statement
            .query_row((key,), |row| row.get(0))
            .optional()
            .map_err(trouble)
    }
    fn scan(
        &self,
        table: Table,
        start: &[u8],
        end: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        let db = self.db();
        let below = if end.is_some() { "AND k<?2" } else { "" };
        let sql = format!(
            "SELECT k,v FROM {} WHERE k>=?1 {below} ORDER BY k",
            table.name()
        );
        let mut statement = db.prepare_cached(&sql).map_err(trouble)?;
        let mut rows = match end {
            Some(end) => statement.query((start, end)),
            None => statement.query((start,)),
        }
        .map_err(trouble)?;
        while let Some(row) = rows.next().map_err(trouble)? {
            let bytes = |n| {
                row.get_ref(n)
                    .and_then(|v| Ok(v.as_blob()?))
                    .map_err(trouble)
            };
            if let ControlFlow::Break(()) = visit(bytes(0)?, bytes(1)?) {
                break;
            }
        }
        Ok(())
    }
    fn last(&self, table: Table) -> Result<Option<Entry>, StoreError> {
        let sql = format!("SELECT k,v FROM {} ORDER BY k DESC LIMIT 1", table.name());
        self.db()
            .query_row(&sql, (), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(trouble)
    }
}

impl Store for Sqlite {
    fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        Ok(Box::new(Same(self)))
    }
    fn apply(&self, ops: &[Op]) -> Result<(), StoreError> {
        let mut db = self.db();
        let transaction = db.transaction().map_err(trouble)?;
        for op in ops {
            match op {
                Op::Put(table, key, value) => {
                    let sql = format!("INSERT OR REPLACE INTO {} VALUES(?,?)", table.name());
                    let mut put = transaction.prepare_cached(&sql).map_err(trouble)?;
                    put.execute((key, value)).map_err(trouble)?;
                }
                Op::Delete(table, key) => {
                    let sql = format!("DELETE FROM {} WHERE k=?", table.name());
                    let mut delete = transaction.prepare_cached(&sql).map_err(trouble)?;
                    delete.execute((key,)).map_err(trouble)?;
                }
            }
        }
        transaction.commit().map_err(trouble)
    }
    fn stats(&self) -> Result<Stats, StoreError> {
        Ok(Stats {
            bytes: 0,
            entries: None,
        })
    }
}

/// fjall: a keyspace for each table, one batch over all of them, its journal synced.
pub struct Fjall {
    db: fjall::Database,
    tables: Vec<fjall::Keyspace>,
}

impl Fjall {
    fn open(dir: &Path) -> Self {
        let db = fjall::Database::builder(dir.join("store.fjall"))
            .cache_size(CACHE)
            .open()
            .unwrap();
        let tables = Table::ALL
            .iter()
            .map(|t| {
                db.keyspace(t.name(), fjall::KeyspaceCreateOptions::default)
                    .unwrap()
            })
            .collect();
        Self { db, tables }
    }

    fn table(&self, table: Table) -> &fjall::Keyspace {
        &self.tables[usize::from(table.id())]
    }
}

impl Reader for Fjall {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.table(table).get(key).map_err(trouble)?;
        Ok(value.map(|v| v.to_vec()))
    }
    fn scan(
        &self,
        table: Table,
        start: &[u8],
        end: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        use std::ops::Bound;
        let end = end.map_or(Bound::Unbounded, Bound::Excluded);
        for entry in self
            .table(table)
            .range::<&[u8], _>((Bound::Included(start), end))
        {
            let (key, value) = entry.into_inner().map_err(trouble)?;
            if let ControlFlow::Break(()) = visit(&key, &value) {
                break;
            }
        }
        Ok(())
    }
    fn last(&self, table: Table) -> Result<Option<Entry>, StoreError> {
        let Some(entry) = self.table(table).last_key_value() else {
            return Ok(None);
        };
        let (key, value) = entry.into_inner().map_err(trouble)?;
        Ok(Some((key.to_vec(), value.to_vec())))
    }
}

impl Store for Fjall {
    fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        Ok(Box::new(Same(self)))
    }
    fn apply(&self, ops: &[Op]) -> Result<(), StoreError> {
        let mut batch = self
            .db
            .batch()
            .durability(Some(fjall::PersistMode::SyncAll));
        for op in ops {
            match op {
                Op::Put(table, key, value) => {
                    batch.insert(self.table(*table), key.as_slice(), value.as_slice());
                }
                Op::Delete(table, key) => batch.remove(self.table(*table), key.as_slice()),
            }
        }
        batch.commit().map_err(trouble)
    }
    fn stats(&self) -> Result<Stats, StoreError> {
        Ok(Stats {
            bytes: 0,
            entries: None,
        })
    }
}

/// Reads of the store as it is.
struct Same<'a, S>(&'a S);

impl<S: Store> Reader for Same<'_, S> {
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
