//! What every engine must do. Each check takes the engine; the macro at the end makes a test of it
//! for each.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod behaviour;
mod crash;

use super::*;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

type Entries = Vec<Entry>;

/// A directory that is removed afterwards, and the place in it for a store, not yet made.
fn home() -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("store");
    (home, dir)
}

fn scan(
    reader: &(impl Reader + ?Sized),
    table: Table,
    start: &[u8],
    end: Option<&[u8]>,
) -> Entries {
    let mut entries = Entries::new();
    let mut visit = |key: &[u8], value: &[u8]| {
        entries.push((key.to_vec(), value.to_vec()));
        ControlFlow::Continue(())
    };
    reader.scan(table, start, end, &mut visit).unwrap();
    entries
}

fn keys(reader: &(impl Reader + ?Sized), table: Table) -> Vec<Vec<u8>> {
    scan(reader, table, b"", None)
        .into_iter()
        .map(|(key, _)| key)
        .collect()
}

/// Everything in the store: what must not change when something fails.
pub(super) fn dump(reader: &(impl Reader + ?Sized)) -> Vec<(Table, Entries)> {
    Table::ALL
        .into_iter()
        .map(|table| (table, scan(reader, table, b"", None)))
        .collect()
}

/// The error of an opening that must fail.
fn refusal(dir: &Path, engine: Engine) -> StoreError {
    match open(dir, engine) {
        Ok(_) => panic!("the store opened"),
        Err(error) => error,
    }
}

macro_rules! checks {
    ($($module:ident: $($check:ident),+;)+) => {
        mod redb {
            $($(#[test] fn $check() { super::$module::$check(super::Engine::Redb); })+)+
        }
        #[cfg(feature = "sled")]
        mod sled {
            $($(#[test] fn $check() { super::$module::$check(super::Engine::Sled); })+)+
        }
    };
}

checks! {
    behaviour:
        puts_gets_and_deletes,
        scans_in_order_within_bounds,
        scans_stop_when_told,
        scans_prefixes,
        writes_while_scanning,
        finds_the_last,
        keeps_tables_apart,
        the_last_step_on_a_key_wins,
        an_empty_batch_is_fine,
        empty_keys_and_values,
        large_values,
        reopens_with_what_was_there,
        snapshots_read,
        readers_never_see_half_a_batch_by_key,
        refuses_a_second_user,
        refuses_a_newer_format,
        refuses_another_engine,
        refuses_a_damaged_format,
        refuses_missing_files,
        refuses_data_without_a_format,
        finishes_an_interrupted_creation,
        files_are_private,
        says_how_big_it_is,
        agrees_with_a_model;
    crash:
        child_writes_until_killed,
        child_writes_until_full,
        survives_sigkill,
        survives_a_full_disk;
}
