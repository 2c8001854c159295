//! What redb stands on: a file, or a file whose changes go no further than memory.
//!
//! redb repairs a file before it reads it, so it cannot open one that it cannot write, and after
//! one failed write it refuses everything until it is opened again. A disk that is full, or that
//! the system has made read-only because it is dying, would then also end all reading. So when a
//! file can no longer be written, it is opened with a *scratch*: writes stay in memory, reads see
//! them over the file, and the file is left as it is. The repair is small; nothing else is ever
//! written there.

use redb::{BackendError, StorageBackend};
use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

const BLOCK: usize = 4096;

/// A redb storage backend, with or without a scratch.
#[derive(Debug)]
pub(super) struct Medium {
    file: Box<dyn StorageBackend>,
    scratch: Option<Mutex<Scratch>>,
}

impl Medium {
    /// Writes go to the file.
    pub(super) fn durable(file: Box<dyn StorageBackend>) -> Self {
        Medium {
            file,
            scratch: None,
        }
    }

    /// Writes stay in memory, and are forgotten with it.
    pub(super) fn scratch(file: Box<dyn StorageBackend>) -> io::Result<Self> {
        let length = file.len()?;
        let scratch = Scratch {
            length,
            on_file: length,
            blocks: BTreeMap::new(),
        };
        Ok(Medium {
            file,
            scratch: Some(Mutex::new(scratch)),
        })
    }

    fn in_memory(&self) -> Option<MutexGuard<'_, Scratch>> {
        // Nothing that holds this lock can leave it half-changed.
        self.scratch
            .as_ref()
            .map(|s| s.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Debug)]
struct Scratch {
    length: u64,
    /// How much of the file still shows through: zeros follow, even if the file is longer.
    on_file: u64,
    blocks: BTreeMap<u64, Box<[u8; BLOCK]>>,
}

impl Scratch {
    fn load(&self, file: &dyn StorageBackend, number: u64) -> io::Result<Box<[u8; BLOCK]>> {
        if let Some(block) = self.blocks.get(&number) {
            return Ok(block.clone());
        }
        let mut block = Box::new([0; BLOCK]);
        let start = number.saturating_mul(BLOCK as u64);
        let there = self.on_file.saturating_sub(start).min(BLOCK as u64) as usize;
        if let Some(part) = block.get_mut(..there).filter(|part| !part.is_empty()) {
            file.read(start, part)?;
        }
        Ok(block)
    }

    fn read(&self, file: &dyn StorageBackend, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if offset.saturating_add(out.len() as u64) > self.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        for (number, within, part) in pieces(offset, out) {
            let block = self.load(file, number)?;
            if let Some(bytes) = block.get(within..within + part.len()) {
                part.copy_from_slice(bytes);
            }
        }
        Ok(())
    }

    fn write(&mut self, file: &dyn StorageBackend, offset: u64, data: &[u8]) -> io::Result<()> {
        self.length = self.length.max(offset.saturating_add(data.len() as u64));
        let mut data = data.to_vec();
        for (number, within, part) in pieces(offset, &mut data) {
            let mut block = self.load(file, number)?;
            if let Some(bytes) = block.get_mut(within..within + part.len()) {
                bytes.copy_from_slice(part);
            }
            self.blocks.insert(number, block);
        }
        Ok(())
    }

    fn set_len(&mut self, length: u64) {
        if length < self.length {
            self.on_file = self.on_file.min(length);
            let (whole, rest) = (length / BLOCK as u64, (length % BLOCK as u64) as usize);
            self.blocks
                .retain(|&number, _| number < whole || (number == whole && rest > 0));
            let cut = self
                .blocks
                .get_mut(&whole)
                .and_then(|block| block.get_mut(rest..));
            if let Some(cut) = cut {
                cut.fill(0);
            }
        }
        self.length = length;
    }
}

/// Cuts `bytes`, which stand at `offset`, at the borders of blocks: the number of the block, the
/// place within it, the part.
fn pieces(offset: u64, bytes: &mut [u8]) -> impl Iterator<Item = (u64, usize, &mut [u8])> {
    let mut rest = bytes;
    let mut at = offset;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (number, within) = (at / BLOCK as u64, (at % BLOCK as u64) as usize);
        let length = rest.len().min(BLOCK - within);
        let (part, after) = std::mem::take(&mut rest).split_at_mut_checked(length)?;
        rest = after;
        at = at.saturating_add(length as u64);
        Some((number, within, part))
    })
}

impl StorageBackend for Medium {
    fn len(&self) -> io::Result<u64> {
        match self.in_memory() {
            Some(scratch) => Ok(scratch.length),
            None => self.file.len(),
        }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        match self.in_memory() {
            Some(scratch) => scratch.read(&*self.file, offset, out),
            None => self.file.read(offset, out),
        }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        match self.in_memory() {
            Some(mut scratch) => {
                scratch.set_len(len);
                Ok(())
            }
            None => self.file.set_len(len),
        }
    }

    fn sync_data(&self) -> io::Result<()> {
        match self.scratch {
            Some(_) => Ok(()),
            None => self.file.sync_data(),
        }
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        match self.in_memory() {
            Some(mut scratch) => scratch.write(&*self.file, offset, data),
            None => self.file.write(offset, data),
        }
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use redb::backends::InMemoryBackend;

    #[derive(Clone, Debug)]
    enum Step {
        Write(u64, Vec<u8>),
        SetLen(u64),
        Read(u64, usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..20_000_u64, prop::collection::vec(any::<u8>(), 0..9_000))
                .prop_map(|(at, data)| Step::Write(at, data)),
            (0..30_000_u64).prop_map(Step::SetLen),
            (0..30_000_u64, 0..9_000_usize).prop_map(|(at, len)| Step::Read(at, len)),
        ]
    }

    proptest! {
        #[test]
        fn a_scratch_reads_as_a_file_would_and_leaves_the_file_alone(
            begin in prop::collection::vec(any::<u8>(), 0..20_000),
            steps in prop::collection::vec(step(), 0..30),
        ) {
            let file = InMemoryBackend::new();
            file.set_len(begin.len() as u64).unwrap();
            file.write(0, &begin).unwrap();
            let medium = Medium::scratch(Box::new(file)).unwrap();
            let mut model = begin.clone();
            for step in steps {
                match step {
                    Step::Write(at, data) => {
                        let end = at as usize + data.len();
                        model.resize(model.len().max(end), 0);
                        model[at as usize..end].copy_from_slice(&data);
                        medium.write(at, &data).unwrap();
                    }
                    Step::SetLen(len) => {
                        model.resize(len as usize, 0);
                        medium.set_len(len).unwrap();
                    }
                    Step::Read(at, len) => {
                        let mut out = vec![0; len];
                        let inside = at as usize + len <= model.len();
                        prop_assert_eq!(medium.read(at, &mut out).is_ok(), inside);
                        if inside {
                            prop_assert_eq!(&out, &model[at as usize..at as usize + len]);
                        }
                    }
                }
                prop_assert_eq!(medium.len().unwrap(), model.len() as u64);
            }
            let mut file = vec![0; begin.len()];
            if !file.is_empty() {
                medium.file.read(0, &mut file).unwrap();
            }
            prop_assert_eq!(file, begin);
        }
    }
}
