//! Work for nothing: what a peer sends that is no use here, and is nobody's fault.
//!
//! A record that is known already, or whose key is not known yet, costs a verification all the
//! same; a question of a catch-up costs a pass over the set. Each organisation has so much of that,
//! which comes back with time. When it is used up, gossip and pushes of its nodes are not looked
//! at, and their questions are put off: nothing is lost by it, as catch-up brings what is missing.

use super::core::Engine;
use crate::ids::{OrganisationKey, TransportKey};
use crate::record::{Fault, Refusal, Rule};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// What an organisation has, in records.
const BUDGET: u64 = 2_000;
/// Milliseconds in which one comes back.
const EACH: u64 = 250;
/// What a question of a catch-up costs.
const QUESTION: u64 = 4;

/// When each organisation will have its whole budget again.
#[derive(Default)]
pub(super) struct Wear {
    whole_again: BTreeMap<OrganisationKey, Timestamp>,
}

impl Wear {
    fn has_left(&self, organisation: &OrganisationKey, now: Timestamp) -> bool {
        self.whole_again
            .get(organisation)
            .is_none_or(|whole| *whole <= now.plus_millis((BUDGET - 1) * EACH))
    }

    /// What is spent at once may go beyond what is left: by one message at most.
    fn spend(&mut self, organisation: OrganisationKey, count: u64, now: Timestamp) {
        if count == 0 {
            return;
        }
        let whole = self.whole_again.entry(organisation).or_insert(now);
        // After a clock was set back, nobody waits for it to come to where it was.
        let most = now.plus_millis(BUDGET * EACH);
        *whole = (*whole).clamp(now, most).plus_millis(count * EACH);
    }

    /// Forgets who has all of it.
    pub fn rest(&mut self, now: Timestamp) {
        let most = now.plus_millis(2 * BUDGET * EACH);
        self.whole_again
            .retain(|_, whole| now < *whole && *whole <= most);
    }
}

impl Engine {
    /// Whether what this peer sends unasked is to be looked at now. Ask before verifying gossip and
    /// pushes: gossip that is not looked at is not forwarded, a push is refused as
    /// [busy](crate::wire::peer::Refusal::Busy).
    pub fn heeds(&self, peer: &TransportKey, now: Timestamp) -> bool {
        self.peers
            .get(peer)
            .is_none_or(|p| self.wear.has_left(&p.organisation, now))
    }

    /// Counts a question of a catch-up. Says whether it is to be answered now.
    pub(super) fn heeds_question(&mut self, peer: &TransportKey, now: Timestamp) -> bool {
        let heeded = self.heeds(peer, now);
        if heeded {
            self.wear(peer, QUESTION, now);
        }
        heeded
    }

    /// Counts records of no use.
    pub(super) fn wear(&mut self, peer: &TransportKey, count: u64, now: Timestamp) {
        if let Some(organisation) = self.peers.get(peer).map(|p| p.organisation) {
            self.wear.spend(organisation, count, now);
        }
    }
}

/// Whether a verdict shows work for nothing. What is the sender's fault is counted elsewhere.
pub(super) fn is_waste(verdict: &Result<bool, Refusal>) -> bool {
    match verdict {
        Ok(new) => !new,
        Err(refusal) => refusal.rule.fault() != Fault::Sender || refusal.rule == Rule::UnknownKind,
    }
}
