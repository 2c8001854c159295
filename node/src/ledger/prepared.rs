//! Changes on their way to the disk, and reading as if they were there.

use super::Names;
use crate::store::{Entry, Op, Reader, Snapshot, StoreError, Table, Visit};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Changes made ready for the store, and what the ledger knows once they are there.
pub struct Prepared {
    /// By table and key; of several steps on one key the last counts.
    pub(super) ops: Vec<Op>,
    pub(super) names: Arc<Names>,
    pub(super) place: u64,
    pub(super) counts: BTreeMap<u8, u64>,
}

impl Prepared {
    /// The steps on the keys of a range, the last one on each.
    fn steps(&self, table: Table, start: &[u8], end: Option<&[u8]>) -> impl Iterator<Item = &Op> {
        let from = self.ops.partition_point(|op| op.place() < (table, start));
        let to = match end {
            Some(end) => self.ops.partition_point(|op| op.place() < (table, end)),
            None => self.ops.partition_point(|op| op.place().0 <= table),
        };
        let steps = self.ops.get(from..to).unwrap_or_default();
        let is_last = |at: usize, op: &Op| {
            let next = steps.get(at + 1);
            next.is_none_or(|next| next.place() != op.place())
        };
        let steps = steps.iter().enumerate();
        steps
            .filter(move |(at, op)| is_last(*at, op))
            .map(|(_, op)| op)
    }

    /// The last step on a key.
    fn step(&self, table: Table, key: &[u8]) -> Option<&Op> {
        let behind = self.ops.partition_point(|op| op.place() <= (table, key));
        let op = self.ops.get(behind.checked_sub(1)?)?;
        (op.place() == (table, key)).then_some(op)
    }
}

/// A snapshot with what is on its way on top of it. It may have arrived meanwhile: that makes no
/// difference.
pub(super) struct Layered<'a> {
    pub below: Snapshot<'a>,
    pub above: &'a Prepared,
}

impl Reader for Layered<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.above.step(table, key) {
            Some(Op::Put(_, _, value)) => Ok(Some(value.clone())),
            Some(Op::Delete(..)) => Ok(None),
            None => self.below.get(table, key),
        }
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
        let mut steps = self.above.steps(table, start, end).peekable();
        let mut flow = ControlFlow::Continue(());
        self.below.scan(table, start, end, &mut |key, value| {
            while let Some(op) = steps.next_if(|op| op.place().1 < key) {
                flow = put(op, visit);
                if flow.is_break() {
                    return flow;
                }
            }
            flow = match steps.next_if(|op| op.place().1 == key) {
                Some(op) => put(op, visit),
                None => visit(key, value),
            };
            flow
        })?;
        while flow.is_continue()
            && let Some(op) = steps.next()
        {
            flow = put(op, visit);
        }
        Ok(())
    }

    fn last(&self, table: Table) -> Result<Option<Entry>, StoreError> {
        // Nobody asks for it in a hurry.
        let mut last = None;
        self.scan(table, &[], None, &mut |key, value| {
            last = Some((key.to_vec(), value.to_vec()));
            ControlFlow::Continue(())
        })?;
        Ok(last)
    }
}

fn put(op: &Op, visit: &mut Visit<'_>) -> ControlFlow<()> {
    match op {
        Op::Put(_, key, value) => visit(key, value),
        Op::Delete(..) => ControlFlow::Continue(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::{Engine, open};
    use proptest::prelude::*;

    fn ops() -> impl Strategy<Value = Vec<Op>> {
        let table = prop_oneof![Just(Table::Ids), Just(Table::Slots)];
        let op = (table, any::<bool>(), 0..12_u8, any::<u8>());
        let op = op.prop_map(|(table, put, key, value)| match put {
            true => Op::put(table, vec![b'k'; usize::from(key)], [value]),
            false => Op::delete(table, vec![b'k'; usize::from(key)]),
        });
        prop::collection::vec(op, 0..20)
    }

    fn rows(from: &dyn Reader, table: Table, start: &[u8], end: Option<&[u8]>) -> Vec<Entry> {
        let mut rows = Vec::new();
        from.scan(table, start, end, &mut |key, value| {
            rows.push((key.to_vec(), value.to_vec()));
            ControlFlow::Continue(())
        })
        .unwrap();
        rows
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn what_is_on_its_way_reads_as_if_it_were_there(
            there in ops(),
            coming in ops(),
            cut in (0..12_usize, 0..13_usize),
        ) {
            let home = tempfile::tempdir().unwrap();
            let store = open(&home.path().join("store"), Engine::Redb).unwrap();
            store.apply(&there).unwrap();
            let above = Prepared {
                ops: super::super::rows::neighbours(coming.clone()),
                names: Arc::default(),
                place: 0,
                counts: BTreeMap::new(),
            };
            let below = store.snapshot().unwrap();
            let layered = Layered { below, above: &above };
            let end = vec![b'k'; cut.1];
            let start = vec![b'k'; cut.0];
            let look = |from: &dyn Reader| {
                let mut all = Vec::new();
                for table in [Table::Ids, Table::Slots, Table::Meta] {
                    all.push(rows(from, table, &[], None));
                    all.push(rows(from, table, &start, Some(&end)));
                    all.push(from.last(table).unwrap().into_iter().collect());
                    let key = from.get(table, &start).unwrap();
                    all.push(key.into_iter().map(|v| (Vec::new(), v)).collect());
                }
                all
            };
            let expected = look(&layered);
            drop(layered);
            store.apply(&coming).unwrap();
            prop_assert_eq!(look(store.as_ref()), expected);
        }
    }
}
