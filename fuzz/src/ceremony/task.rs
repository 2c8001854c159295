//! In place of the task beside the driver: what it tells the worker, which is all that the worker
//! knows of it.

use crate::net::ResponseToken;
use parasol_protocol::ids::{NodeKey, OrganisationKey, PlanDigest};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::wire::{Lacking, Shown};
use std::path::PathBuf;
use std::time::Duration;

/// What the worker hears of.
#[derive(Debug)]
pub enum Heard {
    Asked {
        from: NodeKey,
        shown: Shown,
        token: Option<ResponseToken>,
    },
    Answered {
        from: NodeKey,
        name: PlanDigest,
        answer: Option<Lacking>,
    },
    Certificate {
        from: OrganisationKey,
        bytes: Vec<u8>,
    },
    Connected,
}

/// How a node goes about ceremonies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    pub silence: Duration,
    pub joins: bool,
    pub starts: bool,
}

/// What the worker works with.
#[derive(Debug)]
pub struct Setup {
    pub dir: PathBuf,
    pub node: SecretKey,
    pub settings: Settings,
}
