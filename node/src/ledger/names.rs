//! Numbers for the keys of organisations and nodes, which stand in nearly every row.
//!
//! A key gets the next number with the first record that it stands in, and keeps it: rows hold it.
//! Only keys of records that are carried get one, so that there are no more than roots have
//! delegated to. Keys are told apart by their first 16 bytes, as elsewhere.

use crate::store::{Op, Store, StoreError, Table, join};
use parasol_protocol::record::{Signer, Verified};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

const NAME: &[u8] = b"name/";

type Head = [u8; 16];

/// The numbers.
#[derive(Clone, Default)]
pub(super) struct Names {
    numbers: BTreeMap<Head, u32>,
    heads: BTreeMap<u32, Head>,
    next: u32,
}

fn head(key: &[u8; 32]) -> Head {
    *key.first_chunk().unwrap_or(&[0; 16])
}

impl Names {
    /// Those in a store.
    pub fn read(store: &dyn Store) -> Result<Self, StoreError> {
        let mut names = Self::default();
        store.scan_prefix(Table::Meta, NAME, &mut |key, value| {
            let number = key.last_chunk().map(|n| u32::from_be_bytes(*n));
            if let (Some(number), Ok(head)) = (number, Head::try_from(value)) {
                names.insert(number, head);
            }
            ControlFlow::Continue(())
        })?;
        Ok(names)
    }

    fn insert(&mut self, number: u32, head: Head) {
        self.numbers.insert(head, number);
        self.heads.insert(number, head);
        self.next = self.next.max(number.saturating_add(1));
    }

    /// The number of a key, as it stands in rows.
    pub fn number(&self, key: &[u8; 32]) -> Option<[u8; 4]> {
        self.numbers.get(&head(key)).map(|n| n.to_be_bytes())
    }

    /// The beginning of the key of this number.
    pub fn head(&self, number: u32) -> Option<Head> {
        self.heads.get(&number).copied()
    }

    /// The numbers of a record's organisation and of the node key that signed it.
    pub fn of(&self, record: &Verified) -> ([u8; 4], [u8; 4]) {
        let number = |key| self.number(key).unwrap_or([0xff; 4]);
        let header = record.header();
        match &header.signer {
            Signer::Root => (number(header.organisation.as_bytes()), [0; 4]),
            Signer::Node(key) => (
                number(header.organisation.as_bytes()),
                number(key.as_bytes()),
            ),
        }
    }
}

/// As [`Names::of`]; keys that have no numbers yet get some.
pub(super) fn numbers(
    names: &mut Arc<Names>,
    record: &Verified,
    ops: &mut Vec<Op>,
) -> ([u8; 4], [u8; 4]) {
    let header = record.header();
    let mut keys = vec![header.organisation.as_bytes()];
    if let Signer::Node(key) = &header.signer {
        keys.push(key.as_bytes());
    }
    for key in keys {
        if names.number(key).is_none() {
            let names = Arc::make_mut(names);
            let number = names.next;
            names.insert(number, head(key));
            let row = join(&[NAME, &number.to_be_bytes()]);
            ops.push(Op::put(Table::Meta, row, head(key)));
        }
    }
    names.of(record)
}
