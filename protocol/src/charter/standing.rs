//! How a chain of versions stands, and why one is not proposed or signed.

use super::terms::{CharterError, Terms};
use crate::ids::{CharterId, OrganisationKey};
use std::collections::BTreeSet;

/// What became of a document that was offered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Offered {
    /// It says nothing new.
    Known,
    /// It was taken: it is a new version, or brings signatures that were not known.
    Taken,
}

/// A version that was proposed and does not count yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pending {
    /// Its id.
    pub id: CharterId,
    /// What it says.
    pub terms: Terms,
    /// The organisations of the version before that have signed it and no rival of it.
    pub signed: BTreeSet<OrganisationKey>,
    /// How many of them it takes.
    pub needed: usize,
    /// Those who must sign besides, and have not.
    pub missing: BTreeSet<OrganisationKey>,
}

/// Several versions that follow one, each signed by more than half.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fork {
    /// The number of the last version before it, at which the chain stays.
    pub version: u32,
    /// The rivals, in ascending order.
    pub rivals: Vec<CharterId>,
    /// The organisations that have signed more than one of them.
    pub double: BTreeSet<OrganisationKey>,
}

/// An organisation that signed two versions that follow one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Twice {
    /// Who.
    pub organisation: OrganisationKey,
    /// The number of both.
    pub version: u32,
    /// What it signed.
    pub signed: Vec<CharterId>,
}

/// How the chain stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// The version that counts.
    pub current: CharterId,
    /// Its number.
    pub version: u32,
    /// What was proposed to follow it.
    pub pending: Vec<Pending>,
    /// The fork at which the chain stopped.
    pub fork: Option<Fork>,
    /// Who was found out, in any version from the last but one that counts on.
    pub twice: Vec<Twice>,
    /// Documents that follow a version that is not known.
    pub waiting: Vec<CharterId>,
}

/// Why an organisation's root does not sign a version.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SignError {
    /// There is no such proposal.
    #[error("there is no such proposal; see `parasol charter status`")]
    Unknown,
    /// It has signed a rival.
    #[error(
        "this root has signed another version {version} already ({other}). Of two signatures neither would count, and everybody would see both: talk with the others about which of the two it is to be. Then one of you writes a version upon that one, which sets the others aside, and more than half sign it, whatever they signed before: `parasol charter propose - --upon ID`"
    )]
    Rival {
        /// The number of both.
        version: u32,
        /// What it signed.
        other: CharterId,
    },
    /// It would set aside a version that counts.
    #[error(
        "this proposal sets aside version {version}, which counts ({other}): change it by a version that follows it"
    )]
    Counts {
        /// Its number.
        version: u32,
        /// Its id.
        other: CharterId,
    },
    /// Its signature is not asked for.
    #[error(
        "this root is none of those whose signature the proposal takes; and whoever is new signs after an organisation that is one already has proposed it"
    )]
    Stranger,
}

/// Why a version is not proposed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProposeError {
    /// It breaks a rule.
    #[error(transparent)]
    Charter(#[from] CharterError),
    /// The root may not sign it.
    #[error(transparent)]
    Sign(#[from] SignError),
}
