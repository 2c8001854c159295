//! Gossip: judged in batches. While one is written to the disk the next is admitted, on top of what
//! is being written, and the one after that is verified.

use super::machine::{Failed, Machine};
use super::verify::verify;
use crate::ledger::Prepared;
use crate::net::{GossipToken, Verdict};
use crate::store::StoreError;
use parasol_protocol::engine::{Output, Source};
use parasol_protocol::ids::{RecordId, TransportKey};
use parasol_protocol::record::{Fault, Refusal, Rule, Verified};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::thread::JoinHandle;

/// Gossip messages that one commit takes. A commit writes whole pages, most of which few of its
/// records share: the more there are in it, the less it writes for each.
pub(super) const BATCH: usize = 2048;

type Judged = Vec<Result<Verified, Refusal>>;

/// A batch whose signatures are being verified.
pub(super) struct Ahead {
    tokens: Vec<(TransportKey, GossipToken)>,
    /// Of peers that are not heard now.
    unheeded: Vec<GossipToken>,
    verified: Verifying,
}

/// A batch that was admitted and is being written.
pub(super) struct Storing {
    writing: JoinHandle<Result<(), StoreError>>,
    prepared: Arc<Prepared>,
    then: Then,
}

impl Storing {
    /// Waits until nothing is written any more.
    pub fn forget(self) {
        // Whether it was stored shows on the disk, which is read next.
        drop(self.writing.join());
    }
}

/// What follows when a batch is on the disk.
struct Then {
    outputs: Vec<Output>,
    verdicts: Vec<(GossipToken, Verdict)>,
}

enum Verifying {
    Done(Judged),
    /// On another thread.
    Working(JoinHandle<Judged>),
}

impl Machine {
    /// Has a batch verified; with `aside`, on other threads, while this one goes on.
    pub(super) fn look_at(
        &mut self,
        batch: Vec<(TransportKey, Vec<u8>, GossipToken)>,
        aside: bool,
    ) -> Ahead {
        let now = self.clock.now();
        let federation = self.federation();
        let mut tokens = Vec::with_capacity(batch.len());
        let mut records = Vec::with_capacity(batch.len());
        let mut unheeded = Vec::new();
        for (from, data, token) in batch {
            if self.engine.heeds(&from, now) {
                tokens.push((from, token));
                records.push(data);
            } else {
                unheeded.push(token);
            }
        }
        let verified = if aside {
            Verifying::Working(std::thread::spawn(move || verify(&federation, &records)))
        } else {
            Verifying::Done(verify(&federation, &records))
        };
        Ahead {
            tokens,
            unheeded,
            verified,
        }
    }

    /// Admits what holds of a batch and stores it in one commit, and says of each what became of it;
    /// with `more` to come, it is stored while that is looked at.
    pub(super) fn gossip(&mut self, ahead: Ahead, more: bool) -> Result<(), Failed> {
        let now = self.clock.now();
        let Ahead {
            tokens,
            unheeded,
            verified,
        } = ahead;
        let verified = match verified {
            Verifying::Done(verified) => verified,
            // A thread that failed leaves its batch unjudged: it comes again by catch-up.
            Verifying::Working(thread) => thread.join().unwrap_or_default(),
        };
        let mut verdicts: Vec<Verdict> = vec![Verdict::Ignore; tokens.len()];
        let mut places: BTreeMap<RecordId, VecDeque<usize>> = BTreeMap::new();
        let mut records = Vec::with_capacity(tokens.len());
        for (at, (result, (from, _))) in verified.into_iter().zip(&tokens).enumerate() {
            match result {
                Ok(record) => {
                    places.entry(record.id()).or_default().push_back(at);
                    records.push((Source::Peer(*from), record));
                }
                Err(refusal) => {
                    set(&mut verdicts, at, verdict_on(&refusal));
                    let outputs = self.engine.misbehaved(*from, [&refusal], now);
                    self.carry_out(outputs)?;
                }
            }
        }
        let before = self.storing.as_ref().map(|s| Arc::clone(&s.prepared));
        let view = match &before {
            Some(before) => self.ledger.view_after(before)?,
            None => self.ledger.view()?,
        };
        let arrived = self.engine.arrived_from(records, &view, now)?;
        drop(view);
        for (id, verdict) in arrived.verdicts {
            let verdict = match verdict {
                Ok(true) => Verdict::Accept,
                Ok(false) => Verdict::Ignore,
                Err(refusal) => verdict_on(&refusal),
            };
            // One that came several times is judged as often, in the order in which it came.
            if let Some(at) = places.get_mut(&id).and_then(VecDeque::pop_front) {
                set(&mut verdicts, at, verdict);
            }
        }
        let judged = tokens.into_iter().map(|(_, token)| token).zip(verdicts);
        let unheeded = unheeded.into_iter().map(|token| (token, Verdict::Ignore));
        let verdicts = judged.chain(unheeded).collect();
        let (mut changes, mut outputs) = (Vec::new(), Vec::new());
        for output in arrived.outputs {
            match output {
                Output::Store(some) => changes.extend(some),
                other => outputs.push(other),
            }
        }
        let then = Then { outputs, verdicts };
        if changes.is_empty() {
            self.settle()?;
            return self.follow(then);
        }
        let prepared = Arc::new(self.ledger.prepare(&changes, before.as_deref())?);
        self.settle()?;
        self.storing = Some(Storing {
            writing: self.ledger.begin(&prepared),
            prepared,
            then,
        });
        if more { Ok(()) } else { self.settle() }
    }

    /// Waits until what is being written is on the disk, and does what follows from it.
    pub(super) fn settle(&mut self) -> Result<(), Failed> {
        let Some(storing) = self.storing.take() else {
            return Ok(());
        };
        let written = storing.writing.join();
        written.unwrap_or(Err(StoreError::Interrupted))?;
        self.ledger.stored(&storing.prepared);
        self.follow(storing.then)
    }

    fn follow(&mut self, then: Then) -> Result<(), Failed> {
        self.carry_out(then.outputs)?;
        let net = self.net.clone();
        self.runtime.spawn(async move {
            for (token, verdict) in then.verdicts {
                if net.verdict(token, verdict).await.is_err() {
                    break;
                }
            }
        });
        Ok(())
    }
}

fn set(verdicts: &mut [Verdict], at: usize, verdict: Verdict) {
    if let Some(place) = verdicts.get_mut(at) {
        *place = verdict;
    }
}

fn verdict_on(refusal: &Refusal) -> Verdict {
    // A kind that only a newer version knows is no offence.
    if refusal.rule.fault() == Fault::Sender && refusal.rule != Rule::UnknownKind {
        Verdict::Reject
    } else {
        Verdict::Ignore
    }
}
