//! What can go wrong with ceremonies on disk.

use crate::keys::IdentityError;
use parasol_protocol::cbor::Malformed;
use parasol_protocol::ceremony::{CeremonyError, PlanError};
use parasol_protocol::certificate::CertificateError;
use parasol_protocol::ids::{OrganisationKey, PlanDigest};
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

/// Why a ceremony cannot be worked on.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// A file cannot be read or written.
    #[error("cannot use {path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path} is damaged: call the ceremony off and plan a new one")]
    Damaged {
        /// Which.
        path: PathBuf,
    },
    /// Somebody else works on the ceremonies, and does not come to an end.
    #[error(
        "another program works on this node's key ceremonies and does not come to an end ({0} is locked): look for a `parasol` that was suspended, and let it go on or end it"
    )]
    Busy(PathBuf),
    /// What this node has signed last is not known any more.
    #[error(
        "{0} is damaged. It says which certificate this node has signed last, and nobody may sign two of one generation, so this node signs none. Put the file back from a backup made since its last key ceremony. If there is none, let the others renew the keys without this node, with a number above all that `parasol ceremony status` shows (`parasol ceremony start DIR --renew --without NAME --epoch N`); when that generation is in force here, remove the file"
    )]
    Signed(PathBuf),
    /// What is kept of before cannot be read.
    #[error(
        "{0} is damaged. It names the certificate of before whose shares are kept. Nothing that is older than what is in force is destroyed while it is like that. Put it back from a backup; or remove it, if `parasol ceremony status` shows enough holders of the shares in force that are there"
    )]
    Kept(PathBuf),
    /// A secret file cannot be used.
    #[error(transparent)]
    Secret(#[from] IdentityError),
    /// What was given is no ceremony.
    #[error("this is no ceremony's file: {0}; ask for it once more")]
    Form(Malformed),
    /// The plan does not hold.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The ceremony does not go on.
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    /// The certificate does not hold.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// There are two certificates of one epoch.
    #[error(
        "ALARM: there is another certificate of key generation {epoch} than the one that this node has; there must be one only, and the nodes of {n} organisations have signed both: ask the keyholders",
        n = .both.len()
    )]
    TwoCertificates {
        /// Which.
        epoch: u32,
        /// Who has signed both.
        both: BTreeSet<OrganisationKey>,
    },
    /// The board holds messages in this node's own name that are not its own.
    #[error(
        "ceremony {0} has messages that others signed with this node's key: it is known to somebody else. Revoke it, and have your organisation's root delegate to new ones"
    )]
    Forged(PlanDigest),
    /// It was forgotten here.
    #[error(
        "this node took part in that ceremony and has forgotten it: what it said there it cannot say again, and nobody may say two things. Start a new one"
    )]
    Past,
    /// Nothing that this node and the one that shows it have a part in.
    #[error("the ceremony is none of this node's and of the one that shows it")]
    Strange,
    /// Its messages are larger than a board may be.
    #[error(
        "the ceremony's messages are larger than a board may be: plan a new one without whoever sent them"
    )]
    Large,
    /// Too many are kept.
    #[error(
        "this node keeps as many ceremonies as it may: forget those that are over, with `parasol ceremony forget`"
    )]
    Full,
}
