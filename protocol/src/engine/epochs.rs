//! A keyholder's shares of the epoch in force, and of those around it (`spec/11-ceremonies.md`,
//! section 7).
//!
//! A ceremony ends at another moment for each node. So a keyholder answers under the epoch in force,
//! under a later one as soon as it has stored its shares, and for a while under each that gave way: whoever
//! asks says which epoch's certificate it has.

use super::core::{Engine, Shares};
use super::seasons::without;
use crate::certificate::Certificate;
use crate::oprf::{KeyName, KeyShare};
use crate::time::Timestamp;
use crate::wire::peer::Reply;
use std::collections::BTreeMap;

/// How long the shares of an epoch that gave way still answer, in milliseconds: clients and home nodes that
/// have its certificate come to the new one meanwhile. They may be in memory alone by then.
pub const GRACE: u64 = 15 * 60 * 1000;

/// Epochs for which shares are kept ready: ceremonies that stopped late leave some. So many that who spoils
/// one upon another drives nothing from memory that may come into use yet.
const MAX_NEXT: usize = 64;

/// Epochs that still answer after they gave way. More ceremonies than a node joins in that time by itself:
/// nobody ends look-ups by one upon another.
const MAX_LAST: usize = 64;

/// The shares of the epochs before and after the one in force.
#[derive(Clone, Debug, Default)]
pub(super) struct Epochs {
    next: BTreeMap<u32, Shares>,
    last: BTreeMap<u32, Last>,
}

/// An epoch before the one in force.
#[derive(Clone, Debug)]
struct Last {
    /// What it was certified by; none if there were no keys.
    certificate: Option<Certificate>,
    shares: Shares,
    /// When it gave way.
    since: Timestamp,
}

impl Last {
    /// Whether it still answers. A clock that was set back makes nothing last longer.
    fn lately(&self, now: Timestamp) -> bool {
        self.since <= now && now < self.since.plus_millis(GRACE)
    }
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
            let shares = without(&shares, &self.ended);
            self.epochs.next.insert(epoch, shares);
            // What has just come is what somebody is about to ask for, whatever its number. Of the others
            // the lowest goes: most likely its ceremony came to nothing.
            if self.epochs.next.len() > MAX_NEXT {
                let lowest = self.epochs.next.keys().find(|other| **other != epoch);
                if let Some(lowest) = lowest.copied() {
                    self.epochs.next.remove(&lowest);
                }
            }
        }
    }

    /// Takes a certificate of a later epoch into use, with what was [prepared](Engine::prepare) for
    /// it; who prepared nothing holds no share from now on. Of the epoch in force it takes a copy
    /// with more signatures. Says whether it did either.
    pub fn renew(&mut self, certificate: Certificate, now: Timestamp) -> bool {
        let before = self.epoch();
        if certificate.epoch() <= before {
            let fuller = self.certificate().is_some_and(|known| {
                known.digest() == certificate.digest() && known.signed() < certificate.signed()
            });
            if fuller {
                self.certify(certificate);
            }
            return fuller;
        }
        let epoch = certificate.epoch();
        let mut shares = self.epochs.next.remove(&epoch).unwrap_or_default();
        // An answer with another share than the certificate names would be blamed on this node.
        let fits = |(name, share): (&KeyName, &KeyShare)| {
            let key = certificate.key(*name);
            key.is_some_and(|key| key.shares().get(&share.index()) == Some(&share.public()))
        };
        if !shares.iter().all(fits) {
            shares = Shares::default();
        }
        let last = Last {
            certificate: self.certificate.take(),
            shares: std::mem::replace(&mut self.me.shares, shares),
            since: now,
        };
        self.epochs.last.insert(before, last);
        while self.epochs.last.len() > MAX_LAST {
            self.epochs.last.pop_first();
        }
        // What was made for an epoch that others have overtaken is of no use any more.
        self.epochs.next.retain(|next, _| *next > epoch);
        self.certify(certificate);
        true
    }

    /// The certificate in force, for a node that has one of another epoch or with fewer signatures.
    pub(super) fn answer_certificate(&self, epoch: u32, signed: u16) -> Reply {
        let news = self
            .certificate()
            .filter(|certificate| (certificate.epoch(), certificate.signed()) > (epoch, signed));
        Reply::Certificate(news.map(|c| c.bytes().to_vec()).unwrap_or_default())
    }

    /// Takes over what another engine of this node had ready: shares, certificate and all.
    pub fn go_on_with_epochs(&mut self, before: &Self) {
        self.me.shares = Shares::clone(&before.me.shares);
        self.epochs = before.epochs.clone();
        self.certificate.clone_from(&before.certificate);
        self.ended.extend(&before.ended);
        self.forget_ended();
    }

    /// Forgets the shares of all seasons that are over, under whatever epoch.
    pub(super) fn forget_ended(&mut self) {
        let ended = &self.ended;
        let last = self.epochs.last.values_mut().map(|last| &mut last.shares);
        let others = self.epochs.next.values_mut().chain(last);
        for shares in others.chain([&mut self.me.shares]) {
            *shares = without(shares, ended);
        }
    }

    /// Forgets the shares of epochs that gave way when their time is over.
    pub(super) fn forget_epochs(&mut self, now: Timestamp) {
        self.epochs.last.retain(|_, last| last.lately(now));
    }

    /// The shares with which to answer under an epoch.
    pub(super) fn shares_of(&self, epoch: u32, now: Timestamp) -> Option<&Shares> {
        if epoch == self.epoch() {
            return Some(&self.me.shares);
        }
        let last = self.epochs.last.get(&epoch);
        let last = last.filter(|last| last.lately(now));
        let next = self.epochs.next.get(&epoch);
        next.or(last.map(|last| &last.shares))
    }

    /// The certificate by which the holders of an epoch are known: of a later one than that in force
    /// the one in force, as far as it goes. None for an epoch that is over.
    pub(super) fn certificate_of(&self, epoch: u32, now: Timestamp) -> Option<&Certificate> {
        if epoch >= self.epoch() {
            return self.certificate();
        }
        let last = self.epochs.last.get(&epoch);
        last.filter(|last| last.lately(now))?.certificate.as_ref()
    }

    /// The shares in force.
    pub const fn shares(&self) -> &Shares {
        &self.me.shares
    }
}
