//! What can go wrong with ceremonies on disk.

use crate::keys::IdentityError;
use parasol_protocol::cbor::Malformed;
use parasol_protocol::ceremony::{CeremonyError, PlanError};
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
    /// Too many are kept.
    #[error("this node keeps as many ceremonies as it may; forget those that are over: parasol ceremony forget")]
    Full,
}
