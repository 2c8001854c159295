//! An ordered key-value store in one directory: what a node keeps on its disk.
//!
//! A store holds a closed set of [`Table`]s, each an ordered map from bytes to bytes. It knows
//! nothing of records: their layout is somebody else's. It promises three things.
//!
//! - **Acknowledged means on disk.** When [`Store::apply`] returns `Ok`, the batch survives
//!   `kill -9` and a loss of power.
//! - **All or nothing.** A batch is there whole or not at all, across all its tables, whatever
//!   moment the process or the machine died at.
//! - **Trouble is named.** A full disk, a second process, a newer version or another engine each
//!   give their own [`StoreError`], which says what to do. A store that could not write still
//!   reads, and writes again when it can.
//!
//! Two engines keep these promises and pass one test-suite: redb, the default, and sled, in a build
//! with the cargo feature `sled`. A directory belongs to the engine that made it:
//!
//! | file | holds |
//! |---|---|
//! | `format` | `parasol store 1 redb`: the layout's version and the engine |
//! | `lock` | nothing; the process that uses the store holds a lock on it |
//! | `store.redb` or `store.sled/` | the data |
//!
//! Deleting a key frees its space for reuse; it does not wipe the bytes from the disk. Whoever must
//! be sure encrypts and destroys the key.
//!
//! ```
//! use parasol_node::store::{Engine, Op, Table, open};
//!
//! # let home = tempfile::tempdir()?;
//! # let dir = home.path().join("store");
//! let store = open(&dir, Engine::Redb)?;
//! store.apply(&[
//!     Op::put(Table::Meta, "greeting", "hello"),
//!     Op::put(Table::Records, 1_u64.to_be_bytes(), "first"),
//! ])?;
//! assert_eq!(store.get(Table::Meta, b"greeting")?.as_deref(), Some(&b"hello"[..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod directory;
mod engine;
mod error;
mod key;
mod medium;
mod reader;
mod redb_store;
#[cfg(feature = "sled")]
mod sled_store;
mod table;

#[cfg(test)]
mod faults;
#[cfg(test)]
mod suite;

pub use engine::{Engine, UnknownEngine, open};
pub use error::StoreError;
pub use key::{join, prefix_end, read_seq, seq};
pub use reader::{Entry, Reader, Snapshot, Stats, Store, Visit};
pub use table::{Op, Table};
