//! Where a demonstration lies: a new directory or that of an earlier one, and its ports.

use crate::exit::CliError;
use crate::founding::{HOME, check_free, found, ports};
use crate::home::Home;
use parasol_node::config::File as NodeFile;
use parasol_node::keys::{NodeIdentity, read_chain};
use parasol_node::setup::built_in;
use parasol_protocol::certificate::Certificate;
use parasol_protocol::charter::Charter;
use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Holds off a second demonstration in the same directory.
const LOCK: &str = "demo.lock";

/// How long nodes that an earlier demonstration left behind may take to end.
const OUTWAIT: Duration = Duration::from_secs(12);

/// A federation's directory on this machine, which no other demonstration uses.
#[derive(Debug)]
pub struct Place {
    dir: PathBuf,
    names: Vec<String>,
    temporary: bool,
    fresh: bool,
    _lock: File,
}

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Where; a temporary directory if nothing is said.
    pub dir: Option<&'a Path>,
    /// How many nodes.
    pub nodes: Option<u16>,
    /// How many keyholders are needed.
    pub threshold: Option<u16>,
    /// The first port.
    pub port: Option<u16>,
}

/// How many nodes when nothing is said.
const NODES: u16 = 3;

impl Place {
    /// Makes the federation, or takes up the one that is there.
    ///
    /// # Errors
    /// If the directory holds something else or is in use, or a rule of charters is broken.
    pub fn prepare(wanted: Wanted<'_>) -> Result<Self, CliError> {
        let (dir, temporary) = match wanted.dir {
            Some(dir) => (dir.to_owned(), false),
            None => (temporary_dir()?, true),
        };
        let fresh = node_dirs(&dir).is_empty();
        if fresh {
            let count = wanted.nodes.unwrap_or(NODES);
            let members = built_in(&ports(count, wanted.port)?);
            if members.len() < usize::from(count) {
                return Err(
                    CliError::usage("nodes", "a demonstration has at most 64 nodes")
                        .next("choose a lower --nodes"),
                );
            }
            found(&dir, "a demonstration", wanted.threshold, members, None)?;
        } else {
            Home::open(&dir.join(HOME))?;
        }
        let dir = dir.canonicalize().map_err(|e| trouble(&dir, &e))?;
        let lock = lock(&dir)?;
        let names: Vec<String> = node_dirs(&dir)
            .iter()
            .filter_map(|d| Some(d.file_name()?.to_str()?.to_owned()))
            .collect();
        let place = Self {
            dir,
            names,
            temporary,
            fresh,
            _lock: lock,
        };
        if !fresh {
            place.take_up(wanted)?;
        }
        Ok(place)
    }

    /// Checks that an earlier federation is what is wanted now, and that its ports are free.
    fn take_up(&self, wanted: Wanted<'_>) -> Result<(), CliError> {
        let differs = |what: &str, has: usize| {
            CliError::usage(
                "other-demo",
                format_args!("the federation in {} has {what} {has}", self.dir.display()),
            )
            .next("leave that option out, or choose a new --dir")
        };
        let charter = self.charter()?;
        if wanted
            .nodes
            .is_some_and(|n| usize::from(n) != self.names.len())
        {
            return Err(differs("nodes:", self.names.len()));
        }
        let threshold = charter.terms().threshold;
        if wanted.threshold.is_some_and(|t| t != threshold) {
            return Err(differs("the threshold", threshold.into()));
        }
        self.outwait();
        let mut free = true;
        for name in &self.names {
            let (http, p2p) = node_ports(&self.node_file(name)?);
            free &= check_free(http).is_ok() && check_free(p2p).is_ok();
        }
        if wanted.port.is_some() || !free {
            self.move_ports(wanted.port)?;
        }
        Ok(())
    }

    /// Lets nodes of a demonstration that was killed come to their end: they noticed, and still
    /// hold their stores.
    fn outwait(&self) {
        let deadline = Instant::now() + OUTWAIT;
        for name in &self.names {
            let pid = fs::read_to_string(self.dir.join(name).join("pid")).unwrap_or_default();
            let pid = pid.trim();
            let lives = || {
                let mut look = Command::new("kill");
                look.args(["-0", pid])
                    .stdout(Stdio::null())
                    .stderr(Stdio::null());
                look.status().is_ok_and(|status| status.success())
            };
            while pid.parse::<u32>().is_ok() && Instant::now() < deadline && lives() {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    /// Gives every node new ports, and tells its peers and its profile.
    ///
    /// # Errors
    /// If none are free, or the files cannot be changed.
    pub fn move_ports(&self, base: Option<u16>) -> Result<(), CliError> {
        let count = u16::try_from(self.names.len()).unwrap_or(u16::MAX);
        let new = ports(count, base)?;
        let mut files = Vec::new();
        for name in &self.names {
            files.push(self.node_file(name)?);
        }
        let moved: Vec<(String, String)> = files
            .iter()
            .zip(&new)
            .flat_map(|(file, (_, new))| {
                let old = node_ports(file).1;
                ["tcp", "udp"].map(|t| (format!("/{t}/{old}"), format!("/{t}/{new}")))
            })
            .collect();
        // Only one replacement each, or a port that moved to another's old place would move on.
        let redirect = |address: &String| {
            let found = moved
                .iter()
                .find(|(old, _)| format!("{address}/").contains(&format!("{old}/")));
            match found {
                Some((old, new)) => address.replacen(old, new, 1),
                None => address.clone(),
            }
        };
        let home = Home::open(&self.home())?;
        for ((name, mut file), (http, _)) in self.names.iter().zip(files).zip(&new) {
            file.http.listen.set_port(*http);
            file.net.listen = file.net.listen.iter().map(redirect).collect();
            file.net.peers = file.net.peers.iter().map(redirect).collect();
            file.write(&self.dir.join(name))
                .map_err(|e| CliError::home("node-directory", e))?;
            let mut profile = home.load(name)?;
            profile.node = format!("http://{}", file.http.listen);
            home.save(&profile)?;
        }
        Ok(())
    }

    fn node_file(&self, name: &str) -> Result<NodeFile, CliError> {
        NodeFile::read(&self.dir.join(name)).map_err(|e| CliError::home("node-directory", e))
    }

    /// The federation's charter.
    ///
    /// # Errors
    /// If its file is damaged.
    pub fn charter(&self) -> Result<Charter, CliError> {
        let name = self.names.first().map_or("", String::as_str);
        charter_in(&self.dir.join(name)).ok_or_else(|| {
            CliError::home(
                "node-directory",
                format_args!("the charter in {} cannot be read", self.dir.display()),
            )
            .next("choose a new --dir")
        })
    }

    fn certificate(&self, name: &str) -> Option<Certificate> {
        NodeIdentity::read(&self.dir.join(name)).ok()?.certificate
    }

    /// The generation of the shares that a node goes by; 0 if that cannot be read.
    pub fn epoch(&self, name: &str) -> u32 {
        self.certificate(name).map_or(0, |c| c.epoch())
    }

    /// The names of the ceremonies that a node knows of.
    pub fn ceremonies(&self, name: &str) -> BTreeSet<String> {
        let dir = self.dir().join(name).join("ceremonies");
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        entries
            .filter(|entry| entry.path().join("board.cbor").exists())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect()
    }

    /// Whether all keyholders of the charter hold shares, as far as a node knows.
    pub fn all_hold(&self, name: &str) -> bool {
        let holders = self.certificate(name).and_then(|certificate| {
            let key = certificate.keys().next()?;
            Some(key.shares().len())
        });
        self.charter()
            .is_ok_and(|c| holders == Some(c.keyholders()))
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The clients' home in it.
    pub fn home(&self) -> PathBuf {
        self.dir.join(HOME)
    }

    /// The nodes' names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether it was made just now.
    pub const fn fresh(&self) -> bool {
        self.fresh
    }

    /// Whether it goes when the demonstration ends.
    pub const fn temporary(&self) -> bool {
        self.temporary
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.temporary {
            // What cannot be removed is fictitious.
            drop(fs::remove_dir_all(&self.dir));
        }
    }
}

/// The node directories of a federation on this machine, in the order of their shares.
pub fn node_dirs(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.join("node.toml").is_file())
        .map(|path| {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let index = charter_in(&path).and_then(|c| c.named(&name)?.keyholder);
            (index.is_none(), index, path)
        })
        .collect();
    found.sort();
    found.into_iter().map(|(.., path)| path).collect()
}

fn charter_in(dir: &Path) -> Option<Charter> {
    // All versions: it may have changed since it was made.
    Some(read_chain(&dir.join("charter.cbor")).ok()?.current())
}

/// The ports of a node's file: for clients, and for nodes.
fn node_ports(file: &NodeFile) -> (u16, u16) {
    let p2p = file.net.listen.iter().find_map(|address| {
        let (_, rest) = address.split_once("/tcp/")?;
        rest.split('/').next()?.parse().ok()
    });
    (file.http.listen.port(), p2p.unwrap_or_default())
}

fn temporary_dir() -> Result<PathBuf, CliError> {
    let number = getrandom::u64().map_err(|e| CliError::other("random", e))?;
    Ok(std::env::temp_dir().join(format!("parasol-demo-{number:016x}")))
}

fn lock(dir: &Path) -> Result<File, CliError> {
    let path = dir.join(LOCK);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|e| trouble(&path, &e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(CliError::home(
            "demo-runs",
            format_args!("a demonstration runs in {} already", dir.display()),
        )
        .next("use that one, or choose another --dir")),
        Err(TryLockError::Error(e)) => Err(trouble(&path, &e)),
    }
}

fn trouble(path: &Path, error: &std::io::Error) -> CliError {
    CliError::home(
        "demo-dir",
        format_args!("cannot use {}: {error}", path.display()),
    )
    .next("choose another --dir")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn wanted(dir: &Path) -> Wanted<'_> {
        Wanted {
            dir: Some(dir),
            nodes: None,
            threshold: None,
            port: None,
        }
    }

    #[test]
    fn an_earlier_demonstration_is_taken_up_and_nothing_else() {
        let tmp = tempfile::tempdir().unwrap();
        let dir = tmp.path().join("demo");
        let place = Place::prepare(wanted(&dir)).unwrap();
        assert!(place.fresh() && !place.temporary());
        assert_eq!(place.names(), ["lilas", "ryabina", "rowan"]);
        assert_eq!(
            Place::prepare(wanted(&dir)).unwrap_err().code(),
            "demo-runs"
        );
        let federation = *place.charter().unwrap().federation();
        drop(place);
        let place = Place::prepare(wanted(&dir)).unwrap();
        assert!(!place.fresh());
        assert_eq!(place.charter().unwrap().federation(), &federation);
        drop(place);
        let more = Wanted {
            nodes: Some(5),
            ..wanted(&dir)
        };
        assert_eq!(Place::prepare(more).unwrap_err().code(), "other-demo");

        let other = tmp.path().join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("letter"), "x").unwrap();
        assert_eq!(
            Place::prepare(wanted(&other)).unwrap_err().code(),
            "occupied"
        );
        assert_eq!(fs::read_dir(&other).unwrap().count(), 1);
    }

    #[test]
    fn ports_move_everywhere_at_once() {
        let tmp = tempfile::tempdir().unwrap();
        let dir = tmp.path().join("demo");
        let place = Place::prepare(wanted(&dir)).unwrap();
        let read = || -> Vec<NodeFile> {
            let files = place.names().iter().map(|n| place.node_file(n).unwrap());
            files.collect()
        };
        let before = read();
        place.move_ports(None).unwrap();
        let after = read();
        let home = Home::open(&place.home()).unwrap();
        for (i, (old, new)) in before.iter().zip(&after).enumerate() {
            assert_ne!(node_ports(old), node_ports(new));
            let profile = home.load(&place.names()[i]).unwrap();
            assert_eq!(profile.node, format!("http://{}", new.http.listen));
            let p2p = node_ports(new).1;
            assert_eq!(
                new.net.listen,
                [
                    format!("/ip4/127.0.0.1/tcp/{p2p}"),
                    format!("/ip4/127.0.0.1/udp/{p2p}/quic-v1")
                ]
            );
            for other in after.iter().filter(|o| o.name != new.name) {
                let at = format!("/tcp/{p2p}/p2p/");
                assert_eq!(
                    other.net.peers.iter().filter(|p| p.contains(&at)).count(),
                    1
                );
            }
        }
    }

    #[test]
    fn a_temporary_place_goes() {
        let place = Place::prepare(Wanted {
            dir: None,
            nodes: Some(2),
            threshold: None,
            port: None,
        });
        let place = place.unwrap();
        let dir = place.dir().to_owned();
        assert!(dir.join("home/format").exists());
        drop(place);
        assert!(!dir.exists());
    }
}
