//! A keyholder's shares of the epoch in force, and of those around it (`spec/11-ceremonies.md`,
//! section 7).
//!
//! A ceremony ends at another moment for each node. So a keyholder answers under the epoch in force,
//! under the next one as soon as it has stored its shares, and for a while under the last: whoever
//! asks says which epoch's certificate it has.

use super::core::{Engine, Shares};
use crate::certificate::Certificate;
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long the shares of the last epoch still answer, in milliseconds: clients and home nodes that
/// have its certificate come to the new one meanwhile. They are in memory alone by then.
pub const GRACE: u64 = 15 * 60 * 1000;

/// The shares of the epochs before and after the one in force.
#[derive(Clone, Debug, Default)]
pub(super) struct Epochs {
    next: Option<(u32, Shares)>,
    last: Option<(u32, Shares, Timestamp)>,
}

impl Engine {
    /// The epoch of the certificate in force; 0 if there is none.
    pub fn epoch(&self) -> u32 {
        self.certificate().map_or(0, Certificate::epoch)
    }

    /// Shares that a ceremony made, and that are stored: they answer from now on, to those who ask
    /// for their epoch.
    pub fn prepare(&mut self, epoch: u32, shares: Shares) {
        if epoch > self.epoch() {
            self.epochs.next = Some((epoch, shares));
        }
    }

    /// Takes a certificate of a later epoch into use, with what was [prepared](Engine::prepare) for
    /// it; who prepared nothing holds no share from now on. Says whether it was later.
    pub fn renew(&mut self, certificate: Certificate, now: Timestamp) -> bool {
        if certificate.epoch() <= self.epoch() {
            return false;
        }
        let epoch = certificate.epoch();
        let next = self.epochs.next.take_if(|(next, _)| *next == epoch);
        let shares = next.map_or_else(|| Arc::new(BTreeMap::new()), |(_, shares)| shares);
        let before = (self.epoch(), std::mem::replace(&mut self.me.shares, shares));
        self.epochs.last = Some((before.0, before.1, now.plus_millis(GRACE)));
        // What was made for an epoch that others have overtaken is of no use any more.
        self.epochs.next.take_if(|(next, _)| *next <= epoch);
        self.certify(certificate);
        true
    }

    /// Forgets the shares of the last epoch when their time is over.
    pub(super) fn forget_epochs(&mut self, now: Timestamp) {
        self.epochs.last.take_if(|(_, _, until)| *until <= now);
    }

    /// The shares with which to answer under an epoch.
    pub(super) fn shares_of(&self, epoch: u32, now: Timestamp) -> Option<&Shares> {
        if epoch == self.epoch() {
            return Some(&self.me.shares);
        }
        let next = self.epochs.next.as_ref().filter(|(e, _)| *e == epoch);
        let last = self.epochs.last.as_ref();
        let last = last.filter(|(e, _, until)| *e == epoch && now < *until);
        next.map(|(_, shares)| shares)
            .or(last.map(|(_, shares, _)| shares))
    }
}
