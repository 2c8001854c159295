//! Peers that send what no honest node passes on: counted, and not heard for a while.
//!
//! What is counted is what `spec/validation.md` calls the sender's fault, however it came: by
//! gossip, in a push, in an answer. Gossip has a score of its own for the same faults; this one
//! ends the whole connection.

use super::core::{Engine, Notice, Output};
use crate::ids::TransportKey;
use crate::record::{Fault, Refusal, Rule};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Bad records after which a peer is not heard, as with gossip's score.
const MISDEEDS: u32 = 5;
/// Milliseconds after which a misdeed is forgotten, and for which a peer is not heard.
const MEMORY: u64 = 12 * 60_000;

/// Who did what, and who is not heard.
#[derive(Default)]
pub(super) struct Blame {
    /// How many misdeeds, and when the last was.
    misdeeds: BTreeMap<TransportKey, (u32, Timestamp)>,
    /// Until when.
    shunned: BTreeMap<TransportKey, Timestamp>,
}

impl Blame {
    /// Whether a peer is not heard now.
    pub fn shuns(&self, peer: &TransportKey, now: Timestamp) -> bool {
        self.shunned.get(peer).is_some_and(|until| now < *until)
    }

    /// Counts a misdeed. Says whether it was one too many.
    fn count(&mut self, peer: TransportKey, now: Timestamp) -> bool {
        let (count, last) = self.misdeeds.entry(peer).or_insert((0, now));
        if last.plus_millis(MEMORY) < now {
            *count = 0;
        }
        (*count, *last) = (*count + 1, now);
        let too_many = *count >= MISDEEDS;
        if too_many {
            self.misdeeds.remove(&peer);
            self.shunned.insert(peer, now.plus_millis(MEMORY));
        }
        too_many
    }

    /// Forgets what is long past. Says whether somebody may be heard again. After a clock was set back
    /// nobody waits for it to come to where it was.
    fn pardon(&mut self, now: Timestamp) -> bool {
        let most = now.plus_millis(MEMORY);
        for until in self.shunned.values_mut() {
            *until = most.min(*until);
        }
        for (_, last) in self.misdeeds.values_mut() {
            *last = now.min(*last);
        }
        let before = self.shunned.len();
        self.shunned.retain(|_, until| now < *until);
        self.misdeeds
            .retain(|_, (_, last)| now <= last.plus_millis(MEMORY));
        self.shunned.len() < before
    }
}

impl Engine {
    /// A peer sent records that the driver could not even verify.
    pub fn misbehaved<'a>(
        &mut self,
        peer: TransportKey,
        refusals: impl IntoIterator<Item = &'a Refusal>,
        now: Timestamp,
    ) -> Vec<Output> {
        let mut out = Vec::new();
        for refusal in refusals {
            self.blame(peer, refusal, now, &mut out);
        }
        out
    }

    /// Counts what is the sender's fault.
    pub(super) fn blame(
        &mut self,
        peer: TransportKey,
        refusal: &Refusal,
        now: Timestamp,
        out: &mut Vec<Output>,
    ) {
        // A kind that only a newer version knows is no offence. Who is not heard any more is not
        // counted on, and fills no log.
        let offence = refusal.rule.fault() == Fault::Sender && refusal.rule != Rule::UnknownKind;
        if !offence || !self.peers.contains_key(&peer) {
            return;
        }
        out.push(Output::Notice(Notice::Misbehaved {
            peer,
            refusal: refusal.clone(),
        }));
        if self.blamed.count(peer, now) {
            out.push(Output::Notice(Notice::Shunned {
                peer,
                minutes: MEMORY / 60_000,
            }));
            self.refresh_peers(now, out);
        }
    }

    /// Lets peers back in whose time is up.
    pub(super) fn pardon(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        if self.blamed.pardon(now) {
            self.refresh_peers(now, out);
        }
    }
}
