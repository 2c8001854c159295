//! Taking records in as the node's driver does: verified in batches on all cores, ahead of the
//! thread that admits them, and written by another while that one goes on.

use super::sample::Fed;
use parasol_node::driver::verify;
use parasol_node::ledger::{Ledger, Prepared};
use parasol_node::store::StoreError;
use parasol_protocol::engine::{Engine, Output, Source};
use parasol_protocol::record::Verified;
use parasol_protocol::time::Timestamp;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

type Writing = (Arc<Prepared>, JoinHandle<Result<(), StoreError>>);

/// A node's engine and ledger, and where the time of the thread that admits goes.
pub struct Chain {
    pub engine: Engine,
    pub ledger: Ledger,
    pub admitting: Duration,
    pub preparing: Duration,
    pub waiting: Duration,
    pub carried: usize,
    writing: Option<Writing>,
}

impl Chain {
    /// On a store, with what roots have signed in it.
    pub fn new(fed: &Fed, node: usize, ledger: Ledger, now: Timestamp) -> Self {
        let engine = fed.engine(node, &ledger.view().unwrap());
        let mut chain = Self {
            engine,
            ledger,
            admitting: Duration::ZERO,
            preparing: Duration::ZERO,
            waiting: Duration::ZERO,
            carried: 0,
            writing: None,
        };
        chain.take(fed.identity(node).trust, now);
        chain.settle();
        chain.carried = 0;
        chain
    }

    /// Admits a batch that was verified, on top of what is being written, and begins to write it.
    pub fn take(&mut self, records: Vec<Verified>, now: Timestamp) {
        let start = Instant::now();
        let before = self
            .writing
            .as_ref()
            .map(|(prepared, _)| Arc::clone(prepared));
        let view = match &before {
            Some(before) => self.ledger.view_after(before).unwrap(),
            None => self.ledger.view().unwrap(),
        };
        let arrived = self
            .engine
            .arrived(Source::Local, records, &view, now)
            .unwrap();
        drop(view);
        let new = arrived.verdicts.iter();
        self.carried += new.filter(|(_, v)| matches!(v, Ok(true))).count();
        self.admitting += start.elapsed();
        let outputs = arrived.outputs.into_iter();
        let changes: Vec<_> = outputs
            .flat_map(|output| match output {
                Output::Store(changes) => changes,
                _ => Vec::new(),
            })
            .collect();
        let start = Instant::now();
        let prepared = Arc::new(self.ledger.prepare(&changes, before.as_deref()).unwrap());
        self.preparing += start.elapsed();
        self.settle();
        let thread = self.ledger.begin(&prepared);
        self.writing = Some((prepared, thread));
    }

    /// Waits until all is on the disk.
    pub fn settle(&mut self) {
        let start = Instant::now();
        if let Some((prepared, thread)) = self.writing.take() {
            thread.join().unwrap().unwrap();
            self.ledger.stored(&prepared);
        }
        self.waiting += start.elapsed();
    }

    /// Takes batches of bytes in; while one is stored the next is admitted and the one after that
    /// is verified. All is on the disk when it returns.
    pub fn take_bytes(&mut self, fed: &Fed, batches: &[Vec<Vec<u8>>], now: Timestamp) {
        std::thread::scope(|scope| {
            let (send, receive) = std::sync::mpsc::sync_channel(1);
            scope.spawn(move || {
                for batch in batches {
                    let verified = verify(&fed.federation, batch);
                    let good: Vec<Verified> = verified.into_iter().map(Result::unwrap).collect();
                    if send.send(good).is_err() {
                        return;
                    }
                }
            });
            for good in receive {
                self.take(good, now);
            }
        });
        self.settle();
    }
}
