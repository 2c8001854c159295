//! `node.toml` as typed: read, overridden by the environment, held against its bounds, written.

use super::{Ceremonies, Http, Level, Limits, Log, Net, NodeConfig, Rates, StoreKind};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The name of the file in the node's directory.
pub const FILE_NAME: &str = "node.toml";

/// `node.toml` as typed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// See [`NodeConfig::name`].
    pub name: String,
    /// See [`NodeConfig::store`].
    #[serde(default)]
    pub store: StoreKind,
    /// See [`NodeConfig::roots`]; in hexadecimal.
    #[serde(default)]
    pub roots: Vec<String>,
    /// See [`NodeConfig::accept_time`]; as in 2026-03-14.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept_time: Option<String>,
    /// See [`NodeConfig::http`].
    pub http: Http,
    /// See [`NodeConfig::net`].
    pub net: Net,
    /// See [`NodeConfig::log`].
    #[serde(default)]
    pub log: Log,
    /// See [`NodeConfig::rates`].
    #[serde(default)]
    pub rates: Rates,
    /// See [`NodeConfig::limits`].
    #[serde(default)]
    pub limits: Limits,
    /// See [`NodeConfig::ceremonies`].
    #[serde(default)]
    pub ceremonies: Ceremonies,
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no file.
    #[error(
        "there is no {path}: give the directory of a node, or make one with `parasol node init`"
    )]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// It cannot be read or written.
    #[error("cannot open {path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its text is wrong.
    #[error(
        "{path}, line {line}: {message}\nCorrect this line; `parasol-node.example.toml` explains every setting"
    )]
    Text {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// A value is out of bounds, or of the wrong shape.
    #[error("{place}: {message}")]
    Value {
        /// The file and setting, or the variable.
        place: String,
        /// What is wrong, and what to write instead.
        message: String,
    },
}

impl File {
    /// Reads the file of a node directory.
    ///
    /// # Errors
    /// Says which file and line, and what to do.
    pub fn read(dir: &Path) -> Result<Self, ConfigError> {
        let path = dir.join(FILE_NAME);
        let text = fs::read_to_string(&path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => ConfigError::Missing { path: path.clone() },
            _ => ConfigError::Io {
                path: path.clone(),
                source,
            },
        })?;
        Self::parse(&text, &path)
    }

    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|e| ConfigError::Text {
            path: path.to_owned(),
            line: e.span().map_or(1, |span| {
                1 + text
                    .get(..span.start)
                    .unwrap_or_default()
                    .matches('\n')
                    .count()
            }),
            message: e.message().to_owned(),
        })
    }

    /// Writes the file into a node directory.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, dir: &Path) -> Result<(), ConfigError> {
        let path = dir.join(FILE_NAME);
        let text = toml::to_string(self).map_err(|e| ConfigError::Value {
            place: path.display().to_string(),
            message: e.to_string(),
        })?;
        crate::files::write_private(&path, text.as_bytes())
            .map_err(|source| ConfigError::Io { path, source })
    }

    /// Puts environment variables over what the file says.
    pub(super) fn override_with(
        &mut self,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), ConfigError> {
        let value = |name: &str| env(name).filter(|v| !v.is_empty());
        let bad = |name: &str, message: String| ConfigError::Value {
            place: format!("the environment variable {name}"),
            message,
        };
        let list = |text: String| -> Vec<String> {
            let items = text.split(',').map(str::trim).filter(|i| !i.is_empty());
            items.map(str::to_owned).collect()
        };
        if let Some(v) = value("PARASOL_NODE_NAME") {
            self.name = v;
        }
        if let Some(v) = value("PARASOL_NODE_HTTP") {
            self.http.listen = v.parse().map_err(|_| {
                let message = format!("{v} is not an address and port; write 127.0.0.1:8440");
                bad("PARASOL_NODE_HTTP", message)
            })?;
        }
        if let Some(v) = value("PARASOL_NODE_LISTEN") {
            self.net.listen = list(v);
        }
        if let Some(v) = value("PARASOL_NODE_PEERS") {
            self.net.peers = list(v);
        }
        if let Some(v) = value("PARASOL_NODE_ROOTS") {
            self.roots = list(v);
        }
        if let Some(v) = value("PARASOL_NODE_STORE") {
            self.store = match v.as_str() {
                "redb" => StoreKind::Redb,
                "sled" => StoreKind::Sled,
                _ => {
                    return Err(bad(
                        "PARASOL_NODE_STORE",
                        format!("{v} is no database; write redb or sled"),
                    ));
                }
            };
        }
        if let Some(v) = value("PARASOL_NODE_LOG") {
            let levels = [
                Level::Error,
                Level::Warn,
                Level::Info,
                Level::Debug,
                Level::Trace,
            ];
            let found = levels.into_iter().find(|l| l.to_string() == v);
            self.log.level = found.ok_or_else(|| {
                let message = format!("{v} is no level; write error, warn, info, debug or trace");
                bad("PARASOL_NODE_LOG", message)
            })?;
        }
        if let Some(v) = value("PARASOL_NODE_LOG_FILE") {
            self.log.file = Some(v.into());
        }
        if let Some(v) = value("PARASOL_NODE_RATE") {
            self.rates.requests_per_minute = v.parse().map_err(|_| {
                bad(
                    "PARASOL_NODE_RATE",
                    format!("{v} is not a number of requests a minute"),
                )
            })?;
        }
        Ok(())
    }

    pub(super) fn resolve(self, dir: &Path) -> Result<NodeConfig, ConfigError> {
        let path = dir.join(FILE_NAME);
        let bad = |setting: &str, message: String| ConfigError::Value {
            place: format!("{}, {setting}", path.display()),
            message,
        };
        let slug = (1..=32).contains(&self.name.len())
            && self
                .name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !slug {
            return Err(bad(
                "name",
                "write 1 to 32 lower-case letters, digits or hyphens".into(),
            ));
        }
        for (setting, addresses) in [
            ("net.listen", &self.net.listen),
            ("net.peers", &self.net.peers),
        ] {
            for address in addresses {
                address.parse::<libp2p::Multiaddr>().map_err(|e| {
                    bad(
                        setting,
                        format!("{address} is no multiaddress ({e}); write /ip4/0.0.0.0/tcp/7440"),
                    )
                })?;
                if setting == "net.peers" && !address.contains("/p2p/") {
                    return Err(bad(
                        setting,
                        format!(
                            "{address} does not end in /p2p/ and the peer's id; ask the peer for its full address"
                        ),
                    ));
                }
            }
        }
        if self.net.listen.is_empty() {
            return Err(bad(
                "net.listen",
                "write at least one address, as /ip4/0.0.0.0/tcp/7440".into(),
            ));
        }
        let numbers = [
            (
                "rates.requests_per_minute",
                u64::from(self.rates.requests_per_minute),
            ),
            ("rates.burst", u64::from(self.rates.burst)),
            ("limits.request_seconds", self.limits.request_seconds),
            (
                "ceremonies.silence_minutes",
                self.ceremonies.silence_minutes,
            ),
            (
                "limits.requests_at_once",
                self.limits.requests_at_once as u64,
            ),
        ];
        if let Some((setting, _)) = numbers.into_iter().find(|(_, n)| *n == 0) {
            return Err(bad(
                setting,
                if setting.starts_with("ceremonies") {
                    "nobody answers at once; write at least 1".into()
                } else {
                    "zero would shut everyone out; write at least 1".into()
                },
            ));
        }
        // A directory reply alone can be this large.
        if self.limits.request_bytes < 64 * 1024 {
            return Err(bad("limits.request_bytes", "write at least 65536".into()));
        }
        let accept_time = self.accept_time.as_deref().map(|text| {
            text.parse().map_err(|e| {
                let message = format!("{text} is {e}");
                bad("accept_time", message)
            })
        });
        let roots = self.roots.iter().map(|root| {
            root.parse()
                .map_err(|e| bad("roots", format!("{root} is {e}")))
        });
        Ok(NodeConfig {
            roots: roots.collect::<Result<_, _>>()?,
            name: self.name,
            accept_time: accept_time.transpose()?,
            dir: dir.to_owned(),
            http: self.http,
            net: self.net,
            store: self.store,
            log: Log {
                level: self.log.level,
                file: self.log.file.map(|file| dir.join(file)),
            },
            rates: self.rates,
            limits: self.limits,
            ceremonies: self.ceremonies,
        })
    }
}
