//! Evaluations: the node's share of the work, and how much of it an organisation may ask a day.

use super::core::{Done, Engine, Output, Shares};
use crate::carried::{Change, View};
use crate::certificate::Keyholders;
use crate::entropy::Entropy;
use crate::ids::{OrganisationKey, TransportKey};
use crate::limits::LIVE_SEASONS;
use crate::oprf::{KeyName, KeyShare};
use crate::time::{Day, Timestamp};
use crate::wire::peer::Refusal;
use crate::wire::{EvaluateAsk, KeyEvaluation};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Evaluations set aside on disk at a time, so that not every look-up waits for the disk: this part of
/// a day's quota. After a crash those set aside count as spent.
const AHEAD: u32 = 64;
/// No more than that.
const BLOCK: u32 = 512;

/// What is spent and what is set aside of a day's quota.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reserve {
    pub used: u32,
    pub aside: u32,
}

impl Reserve {
    /// What was set aside before this engine began counts as spent.
    pub const fn stored(used: u32) -> Self {
        Self { used, aside: used }
    }
}

/// What a keyholder may evaluate: with which shares, and what of the ask.
pub type Allowed = (Shares, EvaluateAsk);

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

/// Evaluates what was allowed, under those of the keys of which there is a share: a season that is
/// over keeps nobody from asking under the others.
///
/// # Errors
/// If there is a share of none of them, or the batch has no size that can be proved.
pub fn evaluate(
    shares: &Shares,
    ask: &EvaluateAsk,
    entropy: &mut dyn Entropy,
) -> Result<Vec<KeyEvaluation>, Refusal> {
    let one = |(key, share): (&KeyName, &KeyShare)| {
        let evaluation = share
            .evaluate(&ask.elements, &mut *entropy)
            .map_err(|_| Refusal::Malformed)?;
        Ok(KeyEvaluation {
            key: *key,
            evaluation,
        })
    };
    let there = ask.keys.iter().filter_map(|key| shares.get_key_value(key));
    let all: Vec<KeyEvaluation> = there.map(one).collect::<Result<_, _>>()?;
    if all.is_empty() {
        return Err(Refusal::NoShare);
    }
    Ok(all)
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

    /// Allows an organisation what it asks, within its quota: the outputs, then what to
    /// [`evaluate()`]. A key of which this node has no share, or that may
    /// not be asked for yet, is left out of that and counts nothing: a client whose clock is ahead, or
    /// that has not heard of a season's end, is answered under the other keys.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn allow<V: View>(
        &mut self,
        organisation: &OrganisationKey,
        mut ask: EvaluateAsk,
        view: &V,
        now: Timestamp,
    ) -> Result<Done<Result<Allowed, Refusal>>, V::Error> {
        let Some(shares) = self.shares_of(ask.epoch, now).map(Arc::clone) else {
            return Ok((Vec::new(), Err(Refusal::OtherEpoch)));
        };
        // A new root does not begin anew.
        let answers = self.directory.charter().answers_for(organisation);
        let organisation = &answers.map_or(*organisation, |o| o.root);
        ask.keys
            .retain(|key| shares.contains_key(key) && self.serves(*key, now));
        if ask.keys.is_empty() {
            return Ok((Vec::new(), Err(Refusal::NoShare)));
        }
        let count = u32::try_from(ask.elements.len()).unwrap_or(u32::MAX);
        let day = self.counted_day(now);
        Ok(
            match self.spend(organisation, &ask.keys, count, view, day)? {
                Some(outputs) => (outputs, Ok((shares, ask))),
                None => (Vec::new(), Err(Refusal::Quota(self.again(now)))),
            },
        )
    }

    /// Whether a report can expire in the key's season by now. A share that is there early answers
    /// nobody: else a key's life would be longer than it has use for. When it ends, the others say.
    /// Clocks may be a day apart, and one that is in doubt refuses nothing that may be right.
    fn serves(&self, key: KeyName, now: Timestamp) -> bool {
        let today = self.counted_day(now).max(self.today(now)).plus(1);
        let last = today.season().plus(LIVE_SEASONS - 1);
        key.season().is_none_or(|season| season <= last)
    }

    /// Takes so many evaluations off the organisation's quota, under every key or under none; none
    /// if there are not so many left.
    fn spend<V: View>(
        &mut self,
        organisation: &OrganisationKey,
        keys: &[KeyName],
        count: u32,
        view: &V,
        today: Day,
    ) -> Result<Option<Vec<Output>>, V::Error> {
        let mut after = Vec::new();
        for key in keys {
            let mut reserve = self.reserve(organisation, *key, today, view)?;
            reserve.used = reserve.used.saturating_add(count);
            let quota = self.quota_on(today);
            // Grants are looked for only where the quota does not reach.
            if reserve.used > quota {
                let more = self.granted(organisation, *key, today, view)?;
                if reserve.used > quota.saturating_add(more) {
                    return Ok(None);
                }
            }
            after.push((*key, quota, reserve));
        }
        let mut changes = Vec::new();
        for (key, quota, mut reserve) in after {
            if reserve.used > reserve.aside {
                // What is granted is for several days, so of that nothing is written ahead.
                let block = (quota / AHEAD).clamp(1, BLOCK);
                reserve.aside = (reserve.used.div_ceil(block))
                    .saturating_mul(block)
                    .min(quota)
                    .max(reserve.used);
                changes.push(Change::Quota {
                    organisation: *organisation,
                    key,
                    day: today,
                    used: reserve.aside,
                });
            }
            self.reserved.insert((*organisation, key), (today, reserve));
        }
        Ok(Some(if changes.is_empty() {
            Vec::new()
        } else {
            vec![Output::Store(changes)]
        }))
    }

    /// What is counted of a day on disk: under the organisation's root, or under one that it had when
    /// that was replaced. Each begins with what was counted under the one before it.
    pub(super) fn counted<V: View>(
        &self,
        organisation: &OrganisationKey,
        key: KeyName,
        day: Day,
        view: &V,
    ) -> Result<u32, V::Error> {
        let mut most = view.quota(organisation, key, day)?;
        let former = &self.directory.charter().terms().former;
        for root in former.iter().filter(|f| f.successor == *organisation) {
            most = most.max(view.quota(&root.root, key, day)?);
        }
        Ok(most)
    }

    /// What of a day is used and set aside.
    pub(super) fn reserve<V: View>(
        &self,
        organisation: &OrganisationKey,
        key: KeyName,
        today: Day,
        view: &V,
    ) -> Result<Reserve, V::Error> {
        match self.reserved.get(&(*organisation, key)) {
            Some((day, reserve)) if *day == today => Ok(*reserve),
            _ => Ok(Reserve::stored(self.counted(
                organisation,
                key,
                today,
                view,
            )?)),
        }
    }
}
