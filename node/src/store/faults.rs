//! redb on a file that fails, at each of its calls in turn.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::directory::{Directory, private_file};
use super::redb_store::RedbStore;
use super::suite::dump;
use super::*;
use ::redb::backends::FileBackend;
use ::redb::{BackendError, StorageBackend};
use std::io::{self, ErrorKind};
use std::ops::Bound;
use std::path::Path;
use std::sync::{Arc, Mutex};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Plan {
    Well,
    /// After so many calls, every call that changes the file fails.
    FullAfter(u64),
    /// Every write beyond this offset fails: a full disk, on which what a file has stays its own.
    FullBeyond(u64),
    /// After so many calls, one call that changes the file fails, and no other.
    OnceAfter(u64),
    /// After so many reads, one fails.
    ReadOnceAfter(u64),
}

#[derive(Debug)]
struct Disk {
    file: FileBackend,
    plan: Arc<Mutex<Plan>>,
}

impl Disk {
    fn changing(&self, end: Option<u64>) -> io::Result<()> {
        let mut plan = self.plan.lock().unwrap();
        match *plan {
            Plan::FullAfter(0) => return Err(ErrorKind::StorageFull.into()),
            Plan::FullBeyond(edge) if end.is_some_and(|end| end > edge) => {
                return Err(ErrorKind::StorageFull.into());
            }
            Plan::OnceAfter(0) => {
                *plan = Plan::Well;
                return Err(io::Error::other("a bad sector"));
            }
            Plan::FullAfter(left) => *plan = Plan::FullAfter(left - 1),
            Plan::OnceAfter(left) => *plan = Plan::OnceAfter(left - 1),
            Plan::FullBeyond(_) | Plan::ReadOnceAfter(_) | Plan::Well => {}
        }
        Ok(())
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut plan = self.plan.lock().unwrap();
        match *plan {
            Plan::ReadOnceAfter(0) => {
                *plan = Plan::Well;
                return Err(io::Error::other("a bad sector"));
            }
            Plan::ReadOnceAfter(left) => *plan = Plan::ReadOnceAfter(left - 1),
            _ => {}
        }
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        // Systems grow files without taking the space.
        self.changing(None)?;
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.changing(None)?;
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.changing(Some(offset + data.len() as u64))?;
        self.file.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }
}

type Contents = Vec<(Table, Vec<Entry>)>;

struct Bench {
    _home: tempfile::TempDir,
    dir: std::path::PathBuf,
    plan: Arc<Mutex<Plan>>,
}

impl Bench {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("store");
        Bench {
            _home: home,
            dir,
            plan: Arc::new(Mutex::new(Plan::Well)),
        }
    }

    fn open(&self) -> RedbStore {
        let directory = Directory::claim(&self.dir, Engine::Redb).unwrap();
        let (file, plan) = (directory.data(), Arc::clone(&self.plan));
        RedbStore::open_with(directory, Box::new(move || disk(&file, &plan))).unwrap()
    }

    fn set(&self, plan: Plan) {
        *self.plan.lock().unwrap() = plan;
    }

    fn is(&self, plan: Plan) -> bool {
        *self.plan.lock().unwrap() == plan
    }
}

fn disk(path: &Path, plan: &Arc<Mutex<Plan>>) -> Result<Box<dyn StorageBackend>, ::redb::Error> {
    let file = private_file().read(true).write(true).open(path)?;
    Ok(Box::new(Disk {
        file: FileBackend::new(file)?,
        plan: Arc::clone(plan),
    }))
}

fn batch(n: u64) -> Vec<Op> {
    let mut ops: Vec<_> = (0..150)
        .map(|key| Op::put(Table::Records, seq(n * 100 + key), vec![n as u8; 900]))
        .collect();
    ops.push(Op::put(Table::Meta, "latest", seq(n)));
    ops.extend(
        n.checked_sub(5)
            .map(|old| Op::delete(Table::Records, seq(old * 100))),
    );
    ops
}

/// The first eight batches, in one.
fn fill(store: &RedbStore) {
    store
        .apply(&(0..8).flat_map(batch).collect::<Vec<_>>())
        .unwrap();
}

/// What the store holds without and with batch number eight.
fn outcomes() -> (Contents, Contents) {
    let bench = Bench::new();
    let store = bench.open();
    fill(&store);
    let before = dump(&store);
    store.apply(&batch(8)).unwrap();
    (before, dump(&store))
}

#[test]
fn a_full_disk_at_any_call_changes_nothing_and_reading_goes_on() {
    let (before, after) = outcomes();
    let bench = Bench::new();
    let mut failures = 0;
    for calls in 0.. {
        let _ = std::fs::remove_dir_all(&bench.dir);
        let store = bench.open();
        fill(&store);
        bench.set(Plan::FullAfter(calls));
        if let Err(error) = store.apply(&batch(8)) {
            failures += 1;
            assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
        }
        if !bench.is(Plan::FullAfter(0)) {
            break;
        }
        let found = dump(&store);
        assert!(found == before || found == after, "after {calls} calls");
        assert!(matches!(
            store.apply(&batch(8)),
            Err(StoreError::Full { .. })
        ));
        assert_eq!(dump(&store), found, "failing again changes nothing");
        let snapshot = store.snapshot().unwrap();
        assert_eq!(dump(&*snapshot), found);

        bench.set(Plan::Well);
        store.apply(&batch(8)).unwrap();
        assert_eq!(dump(&store), after);
        drop(snapshot);
        drop(store);
        assert_eq!(dump(&bench.open()), after, "and so it is on the disk");
    }
    assert!(failures > 10, "{failures}");
}

#[test]
fn a_disk_that_cannot_grow_serves_and_deletes() {
    let bench = Bench::new();
    let store = bench.open();
    let length = || {
        std::fs::metadata(bench.dir.join("store.redb"))
            .unwrap()
            .len()
    };
    fill(&store);
    bench.set(Plan::FullBeyond(length()));
    let mut written = 8;
    let error = loop {
        match store.apply(&batch(written)) {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    let held = dump(&store);
    let latest = store.get(Table::Meta, b"latest").unwrap().unwrap();
    assert_eq!(read_seq(&latest), Some(written - 1));

    bench.set(Plan::Well);
    store.apply(&batch(written)).unwrap();
    assert_ne!(dump(&store), held);
    drop(store);
    let store = bench.open();
    assert_eq!(
        read_seq(&store.last(Table::Records).unwrap().unwrap().0),
        Some(written * 100 + 149)
    );
}

#[test]
fn one_failed_call_spoils_nothing() {
    let (before, after) = outcomes();
    let bench = Bench::new();
    for calls in 0.. {
        let _ = std::fs::remove_dir_all(&bench.dir);
        let store = bench.open();
        fill(&store);
        bench.set(Plan::OnceAfter(calls));
        let outcome = store.apply(&batch(8));
        if !bench.is(Plan::Well) {
            break;
        }
        let found = dump(&store);
        match outcome {
            Ok(()) => assert_eq!(found, after),
            Err(error) => {
                assert!(matches!(error, StoreError::Io { .. }), "{error:?}");
                assert!(found == before || found == after);
            }
        }
        store.apply(&batch(8)).unwrap();
        drop(store);
        assert_eq!(dump(&bench.open()), after);
    }
    bench.set(Plan::Well);
}

#[test]
fn a_failed_read_is_tried_again() {
    let bench = Bench::new();
    let store = bench.open();
    fill(&store);
    drop(store);
    let mut failed = 0;
    for reads in 0..30 {
        let store = bench.open();
        bench.set(Plan::ReadOnceAfter(reads));
        for key in 700..850_u64 {
            assert!(store.get(Table::Records, &seq(key)).unwrap().is_some());
        }
        failed += u64::from(bench.is(Plan::Well));
        bench.set(Plan::Well);
    }
    assert!(failed > 5, "{failed}");
}

#[test]
fn a_snapshot_from_before_a_failure_says_so() {
    let bench = Bench::new();
    let store = bench.open();
    fill(&store);
    let snapshot = store.snapshot().unwrap();
    bench.set(Plan::FullAfter(0));
    assert!(store.apply(&batch(8)).is_err());
    // What redb still has in memory may be read; nothing else, and nothing wrong.
    for key in 0..850_u64 {
        match (
            snapshot.get(Table::Records, &seq(key)),
            store.get(Table::Records, &seq(key)),
        ) {
            (Ok(old), Ok(new)) => assert_eq!(old, new),
            (Err(StoreError::Interrupted), Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    bench.set(Plan::Well);
}
