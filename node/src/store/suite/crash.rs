//! Killing a process that writes, and filling its disk.
//!
//! The writer is this same test program, started again with one test and told by an environment
//! variable what to do. It says on its standard output which batch was acknowledged.

use super::*;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

const DIRECTORY: &str = "PARASOL_TEST_STORE";
const ACKNOWLEDGED: &str = "acknowledged ";
const ENDED: &str = "ended: ";

/// Batches that stay before later ones delete them: the store is rewritten all the time, and stays
/// small.
const KEPT: u64 = 12;
const KEYS: u64 = 30;
const TABLES: [Table; 3] = [Table::Records, Table::Ids, Table::Expiry];

fn key(batch: u64, number: u64) -> Vec<u8> {
    join(&[&seq(batch), &seq(number)])
}

/// A value that tells its batch and has every size up to 3 kB, now and then 64 kB.
fn value(batch: u64, number: u64) -> Vec<u8> {
    let length = (batch * 131 + number * 37) % 3_000;
    let length = if (batch + number).is_multiple_of(40) {
        64 << 10
    } else {
        length
    };
    key(batch, number)
        .into_iter()
        .cycle()
        .take(16 + length as usize)
        .collect()
}

fn batch(n: u64, kept: u64) -> Vec<Op> {
    let mut ops = vec![Op::put(Table::Meta, "latest", seq(n))];
    for number in 0..KEYS {
        for table in TABLES {
            ops.push(Op::put(table, key(n, number), value(n, number)));
            if let Some(old) = n.checked_sub(kept) {
                ops.push(Op::delete(table, key(old, number)));
            }
        }
    }
    ops
}

fn latest(store: &dyn Store) -> u64 {
    store
        .get(Table::Meta, b"latest")
        .unwrap()
        .map_or(0, |n| read_seq(&n).unwrap())
}

/// Checks that the store holds exactly the batches up to the latest, each whole.
fn check_whole(store: &dyn Store, kept: u64) -> u64 {
    let latest = latest(store);
    let first = (latest + 1).saturating_sub(kept).max(1);
    for table in TABLES {
        let mut expected = (first..=latest).flat_map(|n| (0..KEYS).map(move |number| (n, number)));
        let mut visit = |found: &[u8], held: &[u8]| {
            let (n, number) = expected.next().expect("no batch after the latest");
            assert_eq!(found, key(n, number), "batch {n} is torn");
            assert!(held == value(n, number), "batch {n} has a wrong value");
            ControlFlow::Continue(())
        };
        store.scan(table, b"", None, &mut visit).unwrap();
        assert_eq!(expected.next(), None, "an acknowledged batch is missing");
    }
    latest
}

/// Not a test but the writer: without its environment variable it does nothing.
pub fn child_writes_until_killed(engine: Engine) {
    let Some(dir) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let store = open(Path::new(&dir), engine).unwrap();
    for n in latest(&*store) + 1.. {
        store.apply(&batch(n, KEPT)).unwrap();
        println!("\n{ACKNOWLEDGED}{n}");
    }
}

/// Not a test but the writer: without its environment variable it does nothing.
pub fn child_writes_until_full(engine: Engine) {
    let Some(dir) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let store = open(Path::new(&dir), engine).unwrap();
    for n in latest(&*store) + 1.. {
        if let Err(error) = store.apply(&batch(n, u64::MAX)) {
            assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
            if engine == Engine::Redb {
                let readable = check_whole(&*store, u64::MAX);
                assert!(readable == n || readable == n - 1);
                // Again, now with the failure behind us.
                assert!(matches!(
                    store.apply(&batch(readable + 1, u64::MAX)),
                    Err(StoreError::Full { .. })
                ));
                assert_eq!(check_whole(&*store, u64::MAX), readable);
            }
            println!("\n{ENDED}{error}");
            return;
        }
        println!("\n{ACKNOWLEDGED}{n}");
    }
}

/// A killed child must not outlive a failed test.
struct Writer(Child);

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn test_name(engine: Engine, check: &str) -> String {
    let module = module_path!()
        .split_once("::")
        .unwrap()
        .1
        .rsplit_once("::")
        .unwrap()
        .0;
    format!("{module}::{engine}::{check}")
}

fn start(mut command: Command, dir: &Path) -> (Writer, impl Iterator<Item = String>) {
    let mut child = command
        .env(DIRECTORY, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    (Writer(child), lines)
}

fn number_in(line: &str) -> Option<u64> {
    line.strip_prefix(ACKNOWLEDGED).map(|n| n.parse().unwrap())
}

pub fn survives_sigkill(engine: Engine) {
    let (_home, dir) = home();
    let random = RandomState::new();
    let mut acknowledged = 0;
    for round in 0..15_u64 {
        let chance = random.hash_one(round);
        let mut command = Command::new(std::env::current_exe().unwrap());
        let name = test_name(engine, "child_writes_until_killed");
        command.args([&name, "--exact", "--nocapture"]);
        let (mut writer, mut lines) = start(command, &dir);
        let wanted = 1 + chance % 25;
        let mut seen = 0;
        while seen < wanted {
            let line = lines.next().expect("the writer goes on until it is killed");
            if let Some(n) = number_in(&line) {
                assert_eq!(n, acknowledged + 1);
                acknowledged = n;
                seen += 1;
            }
        }
        // Somewhere within the next batch.
        (0..(chance >> 32) % 3_000_000).for_each(|_| std::hint::spin_loop());
        writer.0.kill().unwrap();
        writer.0.wait().unwrap();
        acknowledged = lines
            .filter_map(|line| number_in(&line))
            .last()
            .unwrap_or(acknowledged);

        let store = open(&dir, engine).unwrap();
        let latest = check_whole(&*store, KEPT);
        // The one that was on its way may have arrived; nobody was told.
        assert!(
            latest == acknowledged || latest == acknowledged + 1,
            "{latest} {acknowledged}"
        );
        acknowledged = latest;
    }
}

/// A limit on the size of files stands in for a full disk: the same calls fail, in the middle of
/// whatever the engine does.
pub fn survives_a_full_disk(engine: Engine) {
    if !cfg!(unix) {
        return;
    }
    // In blocks of 512 bytes or of 1 kB, as the shell likes.
    for limit in [6_000, 9_000] {
        let (_home, dir) = home();
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"",
            "sh",
        ]);
        command
            .arg(limit.to_string())
            .arg(std::env::current_exe().unwrap());
        let name = test_name(engine, "child_writes_until_full");
        command.args([&name, "--exact", "--nocapture"]);
        let (mut writer, lines) = start(command, &dir);
        let lines: Vec<_> = lines.collect();
        let status = writer.0.wait().unwrap();
        let acknowledged = lines
            .iter()
            .filter_map(|line| number_in(line))
            .next_back()
            .unwrap();
        assert!(
            lines.iter().any(|line| line.starts_with(ENDED)),
            "{lines:?}"
        );
        assert!(status.success() || engine == Engine::Sled, "{status}");

        // Room again.
        let store = open(&dir, engine).unwrap();
        let latest = check_whole(&*store, u64::MAX);
        assert!(
            latest == acknowledged || latest == acknowledged + 1,
            "{latest} {acknowledged}"
        );
        store.apply(&batch(latest + 1, u64::MAX)).unwrap();
        assert_eq!(check_whole(&*store, u64::MAX), latest + 1);
    }
}
