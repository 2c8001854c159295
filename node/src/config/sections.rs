//! The settings, by the sections of `node.toml`, with what holds where nothing is written.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Where clients reach the node.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address and port. Anything but the loopback belongs behind a server that speaks TLS.
    pub listen: SocketAddr,
}

/// Where other nodes reach the node, and where it reaches them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Net {
    /// Multiaddresses to listen on, such as `/ip4/0.0.0.0/tcp/7440`.
    pub listen: Vec<String>,
    /// Nodes to stay connected to: multiaddresses that end in `/p2p/` and a peer id.
    #[serde(default)]
    pub peers: Vec<String>,
}

/// Which database keeps the records.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// redb, the default.
    #[default]
    Redb,
    /// sled, in a build that has it.
    Sled,
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StoreKind::Redb => "redb",
            StoreKind::Sled => "sled",
        })
    }
}

/// How much the node tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Only what went wrong.
    Error,
    /// Also what may.
    Warn,
    /// Also what it does, in few words.
    #[default]
    Info,
    /// Also why.
    Debug,
    /// Everything. Never a handle, a label or a person, not even here.
    Trace,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Info => "info",
            Level::Debug => "debug",
            Level::Trace => "trace",
        })
    }
}

/// What the node tells, and where.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// How much.
    pub level: Level,
    /// A file to write to, seen from the node's directory; standard error otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
}

/// How much a client may ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    /// Requests a minute for each token.
    pub requests_per_minute: u32,
    /// Requests that may come at once.
    pub burst: u32,
    /// Evaluations that each member may ask for in a day; none: no member more than she leaves to
    /// the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluations_per_member: Option<u32>,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            requests_per_minute: 6_000,
            burst: 600,
            evaluations_per_member: None,
        }
    }
}

/// How large things may get.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of one request.
    pub request_bytes: usize,
    /// Seconds that one request may take.
    pub request_seconds: u64,
    /// Requests that are worked on at once; more wait.
    pub requests_at_once: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes: parasol_protocol::wire::client::MAX_MESSAGE,
            request_seconds: 60,
            requests_at_once: 256,
        }
    }
}

/// How the node goes about key ceremonies, if it is a keyholder.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ceremonies {
    /// Whether it joins and starts by itself those that only go on with the keys there are: the
    /// weekly renewal above all.
    pub by_itself: bool,
    /// Minutes without anything new after which it stops one that it joined by itself.
    pub silence_minutes: u64,
}

impl Default for Ceremonies {
    fn default() -> Self {
        Self {
            by_itself: true,
            silence_minutes: 10,
        }
    }
}
