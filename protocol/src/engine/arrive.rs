//! Records that arrive: by gossip, by catch-up, from a file.

use super::batch::Batch;
use super::core::{Engine, EngineError, Output};
use super::wear::is_waste;
use crate::admit::check_signer;
use crate::carried::View;
use crate::ids::{RecordId, TransportKey};
use crate::record::{Refusal, Rule, Verified};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Where records came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// A peer, by gossip or catch-up.
    Peer(TransportKey),
    /// A peer of the same organisation, by the catch-up of what never leaves it.
    Colleague(TransportKey),
    /// A file or this node's own set-up.
    Local,
}

/// What became of records that arrived.
#[derive(Debug, Default)]
pub struct Arrived {
    /// What the driver is to do.
    pub outputs: Vec<Output>,
    /// For each record in its order: new and carried, known already, or refused.
    pub verdicts: Vec<(RecordId, Result<bool, Refusal>)>,
}

impl Engine {
    /// Takes in verified records, in one batch that is stored at once.
    ///
    /// Whether to forward a record that came by gossip is for the driver to read off its verdict:
    /// forward what is new, drop what is known, blame the sender only for what is
    /// [its fault](crate::record::Fault::Sender).
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn arrived<V: View>(
        &mut self,
        source: Source,
        records: Vec<Verified>,
        view: &V,
        now: Timestamp,
    ) -> Result<Arrived, EngineError<V::Error>> {
        let records = records.into_iter().map(|r| (source, r)).collect();
        self.arrived_from(records, view, now)
    }

    /// The same of records from several sources, each with its own.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn arrived_from<V: View>(
        &mut self,
        mut records: Vec<(Source, Verified)>,
        view: &V,
        now: Timestamp,
    ) -> Result<Arrived, EngineError<V::Error>> {
        // Delegations before what is signed under them.
        records.sort_by_key(|(_, r)| !r.kind().by_root());
        let mut arrived = Arrived::default();
        let mut batch = Batch::new(view);
        let today = self.today(now);
        let mut roots = false;
        let mut waste: BTreeMap<TransportKey, u64> = BTreeMap::new();
        for (source, record) in records {
            let own = matches!(source, Source::Colleague(_));
            if own && !self.is_ours(&record) {
                continue;
            }
            let id = record.id();
            let by_root = record.kind().by_root();
            // What is taken in is not to be copied, and it is nearly all.
            let in_doubt = record.header().issued > today.plus(1)
                || check_signer(&record, &self.directory).is_err();
            let pending = in_doubt.then(|| record.clone());
            let verdict = self.admit_into(record, own, &mut batch, today)?;
            match &verdict {
                Ok(new) => roots |= by_root && *new,
                Err(refusal) if may_become_right(refusal.rule) => {
                    if let Some(pending) = pending {
                        self.wait_for_delegation(source, pending);
                    }
                }
                Err(refusal) => self.note_refusal(source, id, refusal, now, &mut arrived.outputs),
            }
            if let Source::Peer(key) | Source::Colleague(key) = source {
                *waste.entry(key).or_default() += u64::from(is_waste(&verdict));
            }
            arrived.verdicts.push((id, verdict));
        }
        for (key, wasted) in waste {
            self.wear(&key, wasted, now);
        }
        self.offer_again(&mut batch, today)?;
        self.close(&mut batch)?;
        arrived.outputs.extend(batch.into_outputs([]));
        if roots {
            self.roots_changed = true;
            self.refresh_peers(now, &mut arrived.outputs);
        }
        Ok(arrived)
    }

    /// Offers the records that wait once more: after a delegation came, and on a new day.
    pub(super) fn retry<V: View>(
        &mut self,
        view: &V,
        now: Timestamp,
    ) -> Result<Vec<Output>, EngineError<V::Error>> {
        if self.waiting.is_empty() {
            return Ok(Vec::new());
        }
        let waiting = self.waiting.records();
        let Arrived { outputs, verdicts } = self.arrived_from(waiting, view, now)?;
        for (id, verdict) in verdicts {
            let still = matches!(&verdict, Err(refusal) if may_become_right(refusal.rule));
            if !still {
                self.waiting.remove(&id);
            }
        }
        Ok(outputs)
    }

    fn note_refusal(
        &mut self,
        source: Source,
        id: RecordId,
        refusal: &Refusal,
        now: Timestamp,
        out: &mut Vec<Output>,
    ) {
        let (Source::Peer(key) | Source::Colleague(key)) = source else {
            return;
        };
        if let Some(peer) = self.peers.get_mut(&key) {
            super::sync::remember(&mut peer.refused, id);
        }
        self.blame(key, refusal, now, out);
    }
}

/// Whether a later day, or a delegation that is still on its way, may make the record right. A key
/// that is known may get further days and slots by a further delegation.
const fn may_become_right(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::UnknownKey | Rule::Future | Rule::DelegationTime | Rule::SlotRange
    )
}
