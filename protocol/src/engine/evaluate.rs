//! Evaluations: the node's share of the work, and how much of it an organisation may ask a day.

use super::core::{Done, Engine, Output, Shares};
use crate::carried::{Change, View};
use crate::certificate::Keyholders;
use crate::entropy::Entropy;
use crate::ids::{OrganisationKey, TransportKey};
use crate::oprf::KeyName;
use crate::time::Timestamp;
use crate::wire::peer::Refusal;
use crate::wire::{EvaluateAsk, KeyEvaluation};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Evaluations set aside on disk at a time, so that not every look-up waits for the disk. After a
/// crash those set aside count as spent.
const BLOCK: u32 = 512;

/// What is spent and what is set aside of a day's quota.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reserve {
    used: u32,
    aside: u32,
}

/// A keyholder to ask, in the order to try.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holder {
    /// The index of its share.
    pub index: u16,
    /// Whose it is.
    pub organisation: OrganisationKey,
    /// Whether it is this node itself.
    pub here: bool,
    /// Its other nodes that are connected. Any of them may have no share, or not answer.
    pub peers: Vec<TransportKey>,
}

impl Holder {
    /// Whether it can be asked now.
    pub fn is_reachable(&self) -> bool {
        self.here || !self.peers.is_empty()
    }
}

/// Evaluates what was allowed.
///
/// # Errors
/// If a share is missing or the batch has no size that can be proved.
pub fn evaluate(
    shares: &Shares,
    ask: &EvaluateAsk,
    entropy: &mut dyn Entropy,
) -> Result<Vec<KeyEvaluation>, Refusal> {
    let one = |key: &KeyName| {
        let share = shares.get(key).ok_or(Refusal::NoShare)?;
        let evaluation = share
            .evaluate(&ask.elements, &mut *entropy)
            .map_err(|_| Refusal::Malformed)?;
        Ok(KeyEvaluation {
            key: *key,
            evaluation,
        })
    };
    ask.keys.iter().map(one).collect()
}

impl Engine {
    /// How many keyholders of an epoch it takes, and all of them in the order in which to ask them:
    /// this node first, then the connected ones. None if that epoch is over.
    pub fn holders(&self, epoch: u32, now: Timestamp) -> Option<(u16, Vec<Holder>)> {
        let charter = self.directory.charter();
        let mine = charter.answers_for(&self.me.organisation).map(|o| o.root);
        let holds = self
            .shares_of(epoch, now)
            .is_some_and(|shares| !shares.is_empty());
        // Those of the epoch's certificate: the charter may have changed since, and who has which
        // index with it.
        let certificate = self.certificate_of(epoch, now);
        if certificate.is_none() && self.certificate.is_some() {
            return None;
        }
        let (threshold, held): (u16, BTreeMap<u16, OrganisationKey>) = match certificate {
            Some(certificate) => {
                let threshold = certificate.keys().next().map_or(0, |key| key.threshold());
                let holders = certificate.holders().map(|(i, o)| (i, *o));
                (threshold, holders.collect())
            }
            None => (charter.terms().threshold, Keyholders::of(charter).holders),
        };
        let mut holders: Vec<Holder> = held
            .into_iter()
            .map(|(index, root)| {
                let organisation = charter.answers_for(&root).map_or(root, |o| o.root);
                let connected = self.peers.iter();
                Holder {
                    index,
                    organisation,
                    here: Some(organisation) == mine && holds,
                    peers: connected
                        .filter(|(_, p)| p.organisation == organisation)
                        .map(|(key, _)| *key)
                        .collect(),
                }
            })
            .collect();
        holders.sort_by_key(|h| (!h.is_reachable(), !h.here, h.index));
        Some((threshold, holders))
    }

    /// Allows an organisation what it asks, within its quota: the outputs, then the shares with
    /// which to [`evaluate()`].
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn allow<V: View>(
        &mut self,
        organisation: &OrganisationKey,
        ask: &EvaluateAsk,
        view: &V,
        now: Timestamp,
    ) -> Result<Done<Result<Shares, Refusal>>, V::Error> {
        let Some(shares) = self.shares_of(ask.epoch, now).map(Arc::clone) else {
            return Ok((Vec::new(), Err(Refusal::OtherEpoch)));
        };
        if !ask.keys.iter().all(|key| shares.contains_key(key)) {
            return Ok((Vec::new(), Err(Refusal::NoShare)));
        }
        let (outputs, allowed) = self.spend(organisation, ask, view, now)?;
        let shares = if allowed {
            Ok(shares)
        } else {
            Err(Refusal::Quota)
        };
        Ok((outputs, shares))
    }

    /// Takes the evaluations off the organisation's quota, under every key or under none.
    fn spend<V: View>(
        &mut self,
        organisation: &OrganisationKey,
        ask: &EvaluateAsk,
        view: &V,
        now: Timestamp,
    ) -> Result<(Vec<Output>, bool), V::Error> {
        let today = self.today(now);
        let quota = self.directory.charter().terms().quotas.evaluations;
        let count = u32::try_from(ask.elements.len()).unwrap_or(u32::MAX);
        let mut after = Vec::new();
        for key in &ask.keys {
            let mut reserve = match self.reserved.get(&(*organisation, *key)) {
                Some((day, reserve)) if *day == today => *reserve,
                _ => {
                    let stored = view.quota(organisation, *key, today)?;
                    Reserve {
                        used: stored,
                        aside: stored,
                    }
                }
            };
            reserve.used = reserve.used.saturating_add(count);
            if reserve.used > quota {
                return Ok((Vec::new(), false));
            }
            after.push((*key, reserve));
        }
        let mut changes = Vec::new();
        for (key, mut reserve) in after {
            if reserve.used > reserve.aside {
                reserve.aside = (reserve.used.div_ceil(BLOCK))
                    .saturating_mul(BLOCK)
                    .min(quota);
                changes.push(Change::Quota {
                    organisation: *organisation,
                    key,
                    day: today,
                    used: reserve.aside,
                });
            }
            self.reserved.insert((*organisation, key), (today, reserve));
        }
        let outputs = if changes.is_empty() {
            Vec::new()
        } else {
            vec![Output::Store(changes)]
        };
        Ok((outputs, true))
    }
}
