//! What goes into a sealed reply when there is more than fits (`spec/06-transport.md`, section 5).
//!
//! Whoever publishes much must not crowd out the others: the room is shared out among publishers,
//! a record at a time, always to the one that has the least in the reply so far.

use crate::carried::Publisher;
use crate::wire::sealed::Reply;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The reply as far as it is filled.
#[derive(Debug, Default)]
pub(crate) struct Fill {
    bytes: BTreeMap<Publisher, usize>,
    used: usize,
    records: Vec<Vec<u8>>,
}

/// What may go in, in each publisher's order.
pub(crate) type Queues<T> = BTreeMap<Publisher, VecDeque<T>>;

impl Fill {
    /// Puts in what `load` gives for each of the waiting, as long as it fits. A publisher whose
    /// next record does not fit has had its share: the rest of its queue waits for the next part.
    /// Gives those that went in.
    pub(crate) fn take<T, E>(
        &mut self,
        waiting: &mut Queues<T>,
        mut load: impl FnMut(&T) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Vec<T>, E> {
        let mut taken = Vec::new();
        let mut had = BTreeSet::new();
        while let Some((by, queue)) = waiting
            .iter_mut()
            .filter(|(by, queue)| !queue.is_empty() && !had.contains(*by))
            .min_by_key(|(by, _)| (self.bytes.get(*by).copied().unwrap_or(0), **by))
        {
            let Some(next) = queue.front() else { break };
            let record = load(next)?;
            let size = record.as_ref().map_or(0, |r| r.len() + Reply::AROUND);
            if self.used + size > Reply::ROOM {
                had.insert(*by);
                continue;
            }
            taken.extend(queue.pop_front().filter(|_| record.is_some()));
            self.used += size;
            *self.bytes.entry(*by).or_default() += size;
            self.records.extend(record);
        }
        Ok(taken)
    }

    /// The reply, when so many more wait.
    pub(crate) fn reply(self, carried: u64, left: u64) -> Reply {
        Reply {
            carried,
            records: self.records,
            left,
        }
    }
}

/// How many wait.
pub(crate) fn waiting<T>(queues: &Queues<T>) -> u64 {
    queues.values().map(|queue| queue.len() as u64).sum()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::convert::Infallible;

    fn queues(sizes: &BTreeMap<Publisher, Vec<usize>>) -> Queues<usize> {
        let queues = sizes.iter();
        queues
            .map(|(by, sizes)| (*by, sizes.iter().copied().collect()))
            .collect()
    }

    fn fill(waiting: &mut Queues<usize>) -> Fill {
        let mut fill = Fill::default();
        fill.take::<usize, Infallible>(waiting, |size| Ok(Some(vec![0; *size])))
            .unwrap();
        fill
    }

    #[test]
    fn one_that_publishes_without_end_does_not_crowd_out_the_others() {
        let sizes = BTreeMap::from([
            ([1; 16], vec![900; 10_000]),
            ([2; 16], vec![1_000; 3]),
            ([3; 16], vec![8_000]),
        ]);
        let mut rest = queues(&sizes);
        let full = fill(&mut rest);
        assert_eq!(full.bytes[&[2; 16]], 3 * (1_000 + Reply::AROUND));
        assert_eq!(full.bytes[&[3; 16]], 8_000 + Reply::AROUND);
        assert!(waiting(&rest) > 9_000);
        assert_eq!(waiting(&rest) as usize + full.records.len(), 10_004);
    }

    proptest! {
        #[test]
        fn the_room_is_kept_and_nobody_with_less_waits_for_one_with_more(
            sizes in proptest::collection::btree_map(
                proptest::array::uniform16(0u8..4),
                proptest::collection::vec(1usize..8192, 0..40),
                0..8,
            ),
        ) {
            let mut rest = queues(&sizes);
            let full = fill(&mut rest);
            prop_assert!(full.used <= Reply::ROOM);
            let all: usize = sizes.values().map(Vec::len).sum();
            prop_assert_eq!(waiting(&rest) as usize + full.records.len(), all);
            let whole: usize = sizes.values().flatten().map(|s| s + Reply::AROUND).sum();
            prop_assert_eq!(waiting(&rest) == 0, whole <= Reply::ROOM);
            // Part by part all of it comes.
            let mut came = full.records.len();
            while waiting(&rest) > 0 {
                let part = fill(&mut rest);
                prop_assert!(!part.records.is_empty());
                came += part.records.len();
            }
            prop_assert_eq!(came, all);
            // One that had to leave something out has no less than another has without its last,
            // but for what the record left out was too large by.
            for (by, sizes) in &sizes {
                let mine = full.bytes.get(by).copied().unwrap_or(0);
                let want: usize = sizes.iter().map(|s| s + Reply::AROUND).sum();
                if mine < want {
                    for theirs in full.bytes.values() {
                        prop_assert!(*theirs <= mine + 2 * 8200);
                    }
                }
            }
        }
    }
}
