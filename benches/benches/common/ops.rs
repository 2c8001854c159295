//! The batches that a ledger hands to its store, kept in a file, so that other stores get the same.

use parasol_node::store::{Entry, Op, Reader, Snapshot, Stats, Store, StoreError, Table, Visit};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A store that passes everything on, and notes how long writing takes and what is written.
pub struct Noting {
    below: Box<dyn Store>,
    notes: std::sync::Arc<Notes>,
}

#[derive(Default)]
pub struct Notes {
    pub writing: Mutex<Duration>,
    pub file: Mutex<Option<BufWriter<File>>>,
}

impl Noting {
    pub fn new(below: Box<dyn Store>, notes: std::sync::Arc<Notes>) -> Self {
        Self { below, notes }
    }
}

impl Reader for Noting {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.below.get(table, key)
    }
    fn scan(
        &self,
        table: Table,
        start: &[u8],
        end: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        self.below.scan(table, start, end, visit)
    }
    fn last(&self, table: Table) -> Result<Option<Entry>, StoreError> {
        self.below.last(table)
    }
}

impl Store for Noting {
    fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        self.below.snapshot()
    }
    fn apply(&self, ops: &[Op]) -> Result<(), StoreError> {
        if let Some(file) = self.notes.file.lock().unwrap().as_mut() {
            write(file, ops);
        }
        let start = Instant::now();
        let done = self.below.apply(ops);
        *self.notes.writing.lock().unwrap() += start.elapsed();
        done
    }
    fn stats(&self) -> Result<Stats, StoreError> {
        self.below.stats()
    }
}

fn put(file: &mut BufWriter<File>, bytes: &[u8]) {
    let len = u32::try_from(bytes.len()).unwrap();
    file.write_all(&len.to_le_bytes()).unwrap();
    file.write_all(bytes).unwrap();
}

fn write(file: &mut BufWriter<File>, ops: &[Op]) {
    let len = u32::try_from(ops.len()).unwrap();
    file.write_all(&len.to_le_bytes()).unwrap();
    for op in ops {
        let (table, key, value) = match op {
            Op::Put(table, key, value) => (table, key, Some(value)),
            Op::Delete(table, key) => (table, key, None),
        };
        file.write_all(&[table.id(), u8::from(value.is_some())])
            .unwrap();
        put(file, key);
        if let Some(value) = value {
            put(file, value);
        }
    }
}

/// The batches in a file, one after another.
pub fn batches(path: &Path) -> impl Iterator<Item = Vec<Op>> {
    let mut file = BufReader::with_capacity(1 << 20, File::open(path).unwrap());
    std::iter::from_fn(move || {
        let mut len = [0; 4];
        file.read_exact(&mut len).ok()?;
        let mut bytes = |n: usize| {
            let mut out = vec![0; n];
            file.read_exact(&mut out).unwrap();
            out
        };
        let ops = (0..u32::from_le_bytes(len)).map(|_| {
            let head = bytes(2);
            let table = Table::ALL[usize::from(head[0])];
            let mut sized = || {
                let len = bytes(4);
                bytes(u32::from_le_bytes(len.try_into().unwrap()) as usize)
            };
            let key = sized();
            if head[1] == 1 {
                Op::Put(table, key, sized())
            } else {
                Op::Delete(table, key)
            }
        });
        Some(ops.collect())
    })
}
