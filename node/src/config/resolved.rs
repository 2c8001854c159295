//! What a node works with.

use super::{Ceremonies, ConfigError, File, Http, Limits, Log, Net, Rates, StoreKind};
use parasol_protocol::ids::OrganisationKey;
use parasol_protocol::time::Day;
use std::fmt;
use std::path::{Path, PathBuf};

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
