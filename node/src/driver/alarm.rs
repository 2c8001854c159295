//! What is wrong in the federation itself, for whoever runs the node: no node can put it right alone.

use super::machine::Machine;
use parasol_protocol::ids::OrganisationKey;
use std::collections::BTreeSet;

/// Somebody has signed what contradicts something else that he signed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Alarm {
    /// Two versions of the charter have been signed by enough each.
    #[error(
        "ALARM: the charter has forked after version {version}. Nothing of it changes until more than half of the organisations have agreed on one side: see `parasol charter status`, and talk with them by a way other than this one"
    )]
    Fork {
        /// The last version before.
        version: u32,
    },
    /// A root has signed two versions of one number.
    #[error(
        "ALARM: the root of {organisation} has signed two versions {version} of the charter, and counts for neither. It may be stolen: ask them, and see `parasol charter status`"
    )]
    SignedTwice {
        /// Whose, by its name if it is known.
        organisation: String,
        /// The number of both.
        version: u32,
    },
    /// There are two certificates of one epoch.
    #[error(
        "ALARM: another node has a certificate of key generation {epoch} that is not this node's, and there must be one only. Signed both: {}. Ask the keyholders which one they go by: `parasol ceremony status`, and renew the keys together",
        named(.both)
    )]
    TwoCertificates {
        /// Which.
        epoch: u32,
        /// The organisations that have signed both.
        both: BTreeSet<String>,
    },
}

impl Alarm {
    /// A stable word for it.
    pub const fn code(&self) -> &'static str {
        match self {
            Alarm::Fork { .. } => "charter-fork",
            Alarm::SignedTwice { .. } => "charter-signed-twice",
            Alarm::TwoCertificates { .. } => "two-certificates",
        }
    }
}

fn named(names: &BTreeSet<String>) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match names.as_slice() {
        [] => "nobody".to_owned(),
        names => names.join(", "),
    }
}

impl Machine {
    /// What is wrong now, as far as this node has seen since it started.
    pub(super) fn alarms(&self) -> Vec<Alarm> {
        let status = self.chain.status();
        let fork = status.fork.map(|fork| Alarm::Fork {
            version: fork.version,
        });
        let twice = status.twice.into_iter().map(|twice| Alarm::SignedTwice {
            organisation: self.called(&twice.organisation),
            version: twice.version,
        });
        let certificates = self.twofold.as_ref();
        let certificates = certificates.map(|(epoch, both)| Alarm::TwoCertificates {
            epoch: *epoch,
            both: both.iter().map(|root| self.called(root)).collect(),
        });
        fork.into_iter().chain(twice).chain(certificates).collect()
    }

    fn called(&self, root: &OrganisationKey) -> String {
        let known = self.charter.answers_for(root);
        known.map_or_else(|| root.to_string(), |one| one.name.clone())
    }
}
