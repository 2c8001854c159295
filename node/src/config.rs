//! A node's configuration: `node.toml` in its directory, and environment variables over it.
//!
//! What is in the file as typed is [`File`]; what the node works with is [`NodeConfig`].

use parasol_protocol::ids::OrganisationKey;
use parasol_protocol::time::Day;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The name of the file in the node's directory.
pub const FILE_NAME: &str = "node.toml";

/// What a node is told by the one who runs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeConfig {
    /// The node's name, for logs and status.
    pub name: String,
    /// Its directory, in which `node.toml` lies.
    pub dir: PathBuf,
    /// Where clients reach it.
    pub http: Http,
    /// Where other nodes reach it, and where it reaches them.
    pub net: Net,
    /// Which database keeps the records.
    pub store: StoreKind,
    /// Organisations whose word counts here; none: the node's own organisation.
    pub roots: Vec<OrganisationKey>,
    /// Days up to this one are believed, however far ahead the clock seems.
    pub accept_time: Option<Day>,
    /// What it tells about its work.
    pub log: Log,
    /// How much a client may ask.
    pub rates: Rates,
    /// How large things may get.
    pub limits: Limits,
    /// How it goes about key ceremonies.
    pub ceremonies: Ceremonies,
}

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

    fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
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
    fn override_with(&mut self, env: &dyn Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
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

    fn resolve(self, dir: &Path) -> Result<NodeConfig, ConfigError> {
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

impl NodeConfig {
    /// Reads the configuration of the node in a directory, with this process's environment over it.
    ///
    /// # Errors
    /// Says which file and line or which variable, and what to do.
    pub fn load(dir: &Path) -> Result<Self, ConfigError> {
        Self::load_with(dir, &|name| std::env::var(name).ok())
    }

    /// The same with a given environment.
    ///
    /// # Errors
    /// As [`NodeConfig::load`].
    pub fn load_with(
        dir: &Path,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut file = File::read(dir)?;
        file.override_with(env)?;
        file.resolve(dir)
    }

    /// Where the store lies.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.join("data")
    }
}

impl fmt::Display for NodeConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |items: &[String], none: &str| match items {
            [] => none.to_owned(),
            items => items.join(", "),
        };
        let roots: Vec<String> = self.roots.iter().map(ToString::to_string).collect();
        writeln!(f, "name           {}", self.name)?;
        writeln!(f, "directory      {}", self.dir.display())?;
        writeln!(f, "clients at     http://{}", self.http.listen)?;
        writeln!(f, "nodes at       {}", list(&self.net.listen, "nowhere"))?;
        writeln!(f, "peers          {}", list(&self.net.peers, "none"))?;
        writeln!(
            f,
            "store          {} in {}",
            self.store,
            self.data_dir().display()
        )?;
        writeln!(
            f,
            "roots          {}",
            list(&roots, "the node's own organisation")
        )?;
        if let Some(day) = self.accept_time {
            writeln!(f, "accept time    {day}")?;
        }
        let file = self
            .log
            .file
            .as_ref()
            .map_or("standard error".to_owned(), |p| p.display().to_string());
        writeln!(f, "log            {} to {file}", self.log.level)?;
        let (rates, limits) = (self.rates, self.limits);
        writeln!(
            f,
            "rates          {} requests a minute for each token, {} at once",
            rates.requests_per_minute, rates.burst
        )?;
        writeln!(
            f,
            "ceremonies     {}, stopped after {} min of silence",
            if self.ceremonies.by_itself {
                "by itself"
            } else {
                "by hand alone"
            },
            self.ceremonies.silence_minutes
        )?;
        write!(
            f,
            "limits         {} bytes and {} s a request, {} requests at once",
            limits.request_bytes, limits.request_seconds, limits.requests_at_once
        )
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    const PEER: &str =
        "/ip4/127.0.0.1/tcp/7441/p2p/12D3KooWBEJ3sMkvBvYwm7TTzZvxwTnTzfT4wEhj2oHHkUyTgrCn";
    const LEAST: &str = "name = \"lilas\"\n[http]\nlisten = \"127.0.0.1:8440\"\n[net]\nlisten = [\"/ip4/127.0.0.1/tcp/7440\"]\n";

    fn load(text: &str, env: &[(&str, &str)]) -> Result<NodeConfig, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE_NAME), text).unwrap();
        NodeConfig::load_with(dir.path(), &|name| {
            let found = env.iter().find(|(n, _)| *n == name);
            found.map(|(_, v)| (*v).to_owned())
        })
    }

    #[test]
    fn the_least_file_gets_the_defaults() {
        let config = load(LEAST, &[]).unwrap();
        assert_eq!(config.name, "lilas");
        assert_eq!(config.store, StoreKind::Redb);
        assert_eq!(config.log, Log::default());
        assert_eq!(
            (config.rates, config.limits),
            (Rates::default(), Limits::default())
        );
        assert!(config.roots.is_empty() && config.net.peers.is_empty());
        assert_eq!(config.data_dir(), config.dir.join("data"));
    }

    #[test]
    fn the_example_file_is_read_and_says_the_defaults() {
        let example = include_str!("../parasol-node.example.toml");
        let config = load(example, &[]).unwrap();
        assert_eq!(
            (config.rates, config.limits),
            (Rates::default(), Limits::default())
        );
        assert_eq!(
            (config.store, config.log.level),
            (StoreKind::Redb, Level::Info)
        );
        assert_eq!(config.ceremonies, Ceremonies::default());
    }

    #[test]
    fn the_environment_goes_over_the_file() {
        let root = "ab".repeat(32);
        let config = load(
            LEAST,
            &[
                ("PARASOL_NODE_NAME", "rowan"),
                ("PARASOL_NODE_HTTP", "[::1]:9"),
                (
                    "PARASOL_NODE_LISTEN",
                    "/ip4/0.0.0.0/tcp/1, /ip6/::/udp/2/quic-v1",
                ),
                ("PARASOL_NODE_PEERS", PEER),
                ("PARASOL_NODE_STORE", "sled"),
                ("PARASOL_NODE_LOG", "debug"),
                ("PARASOL_NODE_LOG_FILE", "log"),
                ("PARASOL_NODE_RATE", "7"),
                ("PARASOL_NODE_ROOTS", &root),
            ],
        )
        .unwrap();
        assert_eq!(config.name, "rowan");
        assert_eq!(config.http.listen.to_string(), "[::1]:9");
        assert_eq!(
            config.net.listen,
            ["/ip4/0.0.0.0/tcp/1", "/ip6/::/udp/2/quic-v1"]
        );
        assert_eq!(config.net.peers, [PEER]);
        assert_eq!(
            (config.store, config.log.level),
            (StoreKind::Sled, Level::Debug)
        );
        assert_eq!(config.log.file, Some(config.dir.join("log")));
        assert_eq!(config.rates.requests_per_minute, 7);
        assert_eq!(config.roots[0].to_string(), root);
        assert!(config.to_string().contains("sled in "));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let with = |line: &str| format!("{line}\n{LEAST}");
        type Case<'a> = (String, &'a [(&'a str, &'a str)], &'a str);
        let cases: &[Case<'_>] = &[
            (with("colour = 1"), &[], "line 1: unknown field `colour`"),
            (
                with("store = \"rocks\""),
                &[],
                "line 1: unknown variant `rocks`",
            ),
            (
                format!("{LEAST}listn = 1\n"),
                &[],
                "line 6: unknown field `listn`",
            ),
            ("name = \"a\"\n".into(), &[], "missing field `http`"),
            ("name = \"a".into(), &[], "line 1: "),
            (LEAST.replace("8440", "99999"), &[], "line 3: "),
            (
                LEAST.replace("lilas", "Lilas 2"),
                &[],
                "node.toml, name: write 1 to 32",
            ),
            (
                with("roots = [\"12\"]"),
                &[],
                "roots: 12 is not a organisation key",
            ),
            (
                LEAST.replace("/ip4/127", "/ipv4/127"),
                &[],
                "net.listen: /ipv4/127.0.0.1/tcp/7440 is no multiaddress",
            ),
            (
                LEAST.replace("[\"/ip4/127.0.0.1/tcp/7440\"]", "[]"),
                &[],
                "net.listen: write at least one",
            ),
            (
                format!("{LEAST}peers = [\"/ip4/1.2.3.4/tcp/1\"]"),
                &[],
                "net.peers: /ip4/1.2.3.4/tcp/1 does not end in /p2p/",
            ),
            (
                format!("{LEAST}[rates]\nburst = 0"),
                &[],
                "rates.burst: zero",
            ),
            (
                format!("{LEAST}[ceremonies]\nsilence_minutes = 0"),
                &[],
                "ceremonies.silence_minutes: nobody answers at once",
            ),
            (
                format!("{LEAST}[limits]\nrequest_bytes = 1"),
                &[],
                "limits.request_bytes: write at least",
            ),
            (
                LEAST.into(),
                &[("PARASOL_NODE_HTTP", "x")],
                "PARASOL_NODE_HTTP: x is not an address",
            ),
            (
                LEAST.into(),
                &[("PARASOL_NODE_STORE", "x")],
                "PARASOL_NODE_STORE: x is no database",
            ),
            (
                LEAST.into(),
                &[("PARASOL_NODE_LOG", "x")],
                "PARASOL_NODE_LOG: x is no level",
            ),
            (
                LEAST.into(),
                &[("PARASOL_NODE_RATE", "x")],
                "PARASOL_NODE_RATE: x is not a number",
            ),
        ];
        for (text, env, said) in cases {
            let error = load(text, env).expect_err(said).to_string();
            assert!(error.contains(said), "{error}\nshould say: {said}");
        }
        let none = tempfile::tempdir().unwrap();
        let error = NodeConfig::load_with(none.path(), &|_| None).unwrap_err();
        assert!(error.to_string().contains("there is no "), "{error}");
    }

    #[test]
    fn what_is_written_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = File::parse(LEAST, Path::new("x")).unwrap();
        file.net.peers.push(PEER.into());
        file.write(dir.path()).unwrap();
        assert_eq!(File::read(dir.path()).unwrap(), file);
    }
}
