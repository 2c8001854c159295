//! Taking records in as the node's driver does: verified in batches on all cores, ahead of the
//! thread that admits and stores them.

use super::sample::Fed;
use parasol_node::driver::verify;
use parasol_node::ledger::Ledger;
use parasol_protocol::engine::{Engine, Output, Source};
use parasol_protocol::record::Verified;
use parasol_protocol::time::Timestamp;
use std::time::{Duration, Instant};

/// A node's engine and ledger, and where their time goes.
pub struct Chain {
    pub engine: Engine,
    pub ledger: Ledger,
    pub admitting: Duration,
    pub storing: Duration,
    pub carried: usize,
}

impl Chain {
    /// On a store, with what roots have signed in it.
    pub fn new(fed: &Fed, node: usize, ledger: Ledger, now: Timestamp) -> Self {
        let engine = fed.engine(node, &ledger.view().unwrap());
        let mut chain = Self {
            engine,
            ledger,
            admitting: Duration::ZERO,
            storing: Duration::ZERO,
            carried: 0,
        };
        chain.take(fed.identity(node).trust, now);
        chain.carried = 0;
        chain
    }

    /// Admits and stores a batch that was verified.
    pub fn take(&mut self, records: Vec<Verified>, now: Timestamp) {
        let start = Instant::now();
        let view = self.ledger.view().unwrap();
        let arrived = self
            .engine
            .arrived(Source::Local, records, &view, now)
            .unwrap();
        drop(view);
        let new = arrived.verdicts.iter();
        self.carried += new.filter(|(_, v)| matches!(v, Ok(true))).count();
        self.admitting += start.elapsed();
        for output in arrived.outputs {
            if let Output::Store(changes) = output {
                let start = Instant::now();
                self.ledger.apply(&changes).unwrap();
                self.storing += start.elapsed();
            }
        }
    }

    /// Takes batches of bytes in; while one is stored the next is verified.
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
    }
}
