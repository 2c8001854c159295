//! The generation of the shared keys that is in force, and what key ceremonies need of the driver.

use super::input::{Keys, Scene};
use super::machine::Machine;
use crate::ceremony::{Heard, Known};
use crate::keys::{read_certificate, read_shares, shares_of};
use crate::net::ResponseToken;
use parasol_protocol::carried::View as _;
use parasol_protocol::certificate::Certificate;
use parasol_protocol::engine::AskId;
use parasol_protocol::ids::{NodeKey, OrganisationKey, TransportKey};
use parasol_protocol::record::Verified;
use parasol_protocol::time::Timestamp;
use parasol_protocol::wire::Shown;
use parasol_protocol::wire::peer::{Refusal, Reply, Request};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::mpsc::error::TrySendError;

/// What the answers to questions about the certificate are called with.
pub(super) const CERTIFICATE: AskId = AskId(u64::MAX - 1);

/// Delegations that ended so many days ago are of no use any more.
const LATELY: u32 = 120;
/// Delegations of one organisation that are written down.
const OF_EACH: usize = 256;

impl Machine {
    /// What key ceremonies rest on.
    pub(super) fn scene(&mut self, now: Timestamp) -> Scene {
        let directory = self.engine.shared_directory();
        let today = self.engine.today(now);
        self.write_met(now);
        let passed = self.clock.so_far().as_millis();
        let nodes: BTreeMap<TransportKey, (NodeKey, OrganisationKey)> = self
            .engine
            .connected_nodes()
            .map(|(key, node, organisation)| (key, (node, organisation)))
            .collect();
        Scene {
            known: Known {
                directory,
                certificate: self.engine.certificate().cloned(),
            },
            today,
            settled: self.engine.settled(now).is_some(),
            ended: self.engine.ended().clone(),
            now,
            passed: Timestamp::from_millis(u64::try_from(passed).unwrap_or(u64::MAX)),
            connected: nodes
                .into_iter()
                .map(|(key, (node, organisation))| (node, (key, organisation)))
                .collect(),
        }
    }

    /// Goes by a certificate that is on disk from now on.
    pub(super) fn renew(&mut self, certificate: Certificate, now: Timestamp) -> bool {
        let (epoch, later) = (
            certificate.epoch(),
            certificate.epoch() > self.engine.epoch(),
        );
        if later && let Some(dir) = self.papers.as_ref().map(|papers| papers.dir().to_owned()) {
            let path = shares_of(&dir, &certificate);
            if path.exists() {
                match read_shares(&path) {
                    Ok(shares) => self.engine.prepare(epoch, Arc::new(shares)),
                    Err(error) => {
                        tracing::error!(%error, "the node has no shares of the new key generation");
                    }
                }
            }
        }
        let renewed = self.engine.renew(certificate, now);
        if renewed && let Some(papers) = &mut self.papers {
            papers.forget_met();
        }
        if renewed && later {
            let held = !self.engine.shares().is_empty();
            tracing::info!(
                epoch,
                held,
                "a new generation of the shared keys is in force"
            );
        }
        renewed
    }

    /// Takes up a certificate that somebody put into the directory.
    pub(super) fn take_up_certificate(&mut self, now: Timestamp) {
        let Some(dir) = self.papers.as_ref().map(|papers| papers.dir().to_owned()) else {
            return;
        };
        match read_certificate(&dir, self.engine.directory()) {
            Ok(Some(certificate)) => drop(self.renew(certificate, now)),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(%error, "the certificate in the node's directory cannot be used; the node goes on with the one it knows");
            }
        }
    }

    /// Asks a peer for a later certificate; or for the one of this epoch as well, which is another one where
    /// somebody has made two.
    pub(super) fn ask_for_certificate(&self, peer: TransportKey, whole: bool) {
        if self.ceremonies.is_some() {
            let certificate = self.engine.certificate().filter(|_| !whole);
            let signed = certificate.map_or(0, Certificate::signed);
            let epoch = self.engine.epoch();
            self.ask(peer, CERTIFICATE, &Request::Certificate { epoch, signed });
        }
    }

    /// Says to the ceremonies' task what a peer has said. If that has too much to do, it is lost: the
    /// peer says it again.
    pub(super) fn pass_on(&self, heard: Heard) -> Result<(), Box<Heard>> {
        let Some(task) = &self.ceremonies else {
            return Err(Box::new(heard));
        };
        task.try_send(heard).map_err(|refused| match refused {
            TrySendError::Full(heard) | TrySendError::Closed(heard) => Box::new(heard),
        })
    }

    /// A peer shows what it has of a ceremony's board.
    pub(super) fn shown(&self, from: TransportKey, shown: Shown, token: ResponseToken) {
        let node = self.engine.connected_nodes().find(|(key, ..)| *key == from);
        let Some((_, from, _)) = node else {
            return self.respond(token, Reply::Refused(Refusal::Malformed).encode());
        };
        let token = Some(token);
        let asked = Heard::Asked { from, shown, token };
        if let Err(back) = self.pass_on(asked)
            && let Heard::Asked {
                token: Some(token), ..
            } = *back
        {
            self.respond(token, Reply::Refused(Refusal::Busy).encode());
        }
    }

    pub(super) fn keys(&self, certificate: &Certificate) -> Keys {
        let charter = self.engine.directory().charter();
        let waiting = certificate.waiting();
        let name = |root: &OrganisationKey| {
            let organisation = charter.answers_for(root);
            organisation.map_or_else(|| root.to_string(), |o| o.name.clone())
        };
        let of = |wanted: &dyn Fn(u16) -> bool| {
            let holders = certificate.holders().filter(|(index, _)| wanted(*index));
            holders.map(|(_, root)| name(root)).collect()
        };
        Keys {
            epoch: certificate.epoch(),
            made: certificate.issued(),
            dealt: certificate.dealt(),
            holders: of(&|_| true),
            waiting: of(&|index| waiting.contains(&index)),
        }
    }

    /// Writes down the delegations by which the certificate and the keyholders' nodes are judged, if
    /// they have changed: what the store knows, a start and the command line do not.
    fn write_met(&mut self, now: Timestamp) {
        let Some(papers) = &mut self.papers else {
            return;
        };
        let directory = self.engine.shared_directory();
        if papers.met_of(&directory) {
            return;
        }
        let certificate = self.engine.certificate();
        // A certificate that is to come was planned some weeks ago at most.
        let lately = self.engine.today(now).minus(LATELY);
        let since = certificate.map_or(lately, |c| c.issued().min(lately));
        let mut roots: BTreeSet<OrganisationKey> = BTreeSet::new();
        let organisations = &directory.charter().terms().organisations;
        roots.extend(
            organisations
                .iter()
                .filter(|o| o.keyholder.is_some())
                .map(|o| o.root),
        );
        roots.extend(
            certificate
                .iter()
                .flat_map(|c| c.holders())
                .map(|(_, root)| *root),
        );
        let ids = directory.spoken_for(&roots, since, OF_EACH);
        let records = self.ledger.view().and_then(|view| {
            let mut records = Vec::new();
            for id in &ids {
                let bytes = view.record(id)?;
                records.extend(bytes.and_then(|bytes| Verified::from_own_store(&bytes).ok()));
            }
            Ok(records)
        });
        let written = match records {
            Ok(records) => papers.write_met(directory, &records),
            Err(error) => return tracing::error!(%error, "the store cannot be read"),
        };
        if let Err(error) = written {
            tracing::error!(%error, "the delegations that this node has met with cannot be written down");
        }
    }
}
