//! The node processes of a demonstration.

use super::place::Place;
use super::signals::Signals;
use crate::exit::CliError;
use crate::home::{Home, Profile};
use crate::status::Status;
use indicatif::{ProgressBar, ProgressStyle};
use parasol_node::files::write_private;
use serde_json::{Value, json};
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long all nodes together may take until they answer and know each other.
const START: Duration = Duration::from_secs(60);
/// How long a node may take to stop by itself.
const STOP: Duration = Duration::from_secs(8);
/// How often something that is waited for is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// A node process.
#[derive(Debug)]
struct Node {
    name: String,
    dir: PathBuf,
    url: String,
    profile: Profile,
    /// While it runs. Its standard input is the pipe that ties it to this process.
    child: Option<Child>,
}

/// All node processes. They stop when it is dropped.
#[derive(Debug)]
pub struct Fleet {
    nodes: Vec<Node>,
}

/// Why the nodes did not come up.
#[derive(Debug)]
pub enum StartError {
    /// A port was taken between being picked and being used.
    PortTaken,
    /// Anything else.
    Other(CliError),
}

impl From<CliError> for StartError {
    fn from(error: CliError) -> Self {
        StartError::Other(error)
    }
}

impl Fleet {
    /// Starts a node for each directory and waits until all answer and are connected.
    ///
    /// # Errors
    /// If one does not start, or they do not find each other in time.
    pub fn start(place: &Place, signals: &Signals) -> Result<Self, StartError> {
        let home = Home::open(&place.home())?;
        let mut fleet = Self { nodes: Vec::new() };
        for name in place.names() {
            let dir = place.dir().join(name);
            let profile = home.load(name)?;
            let child = spawn(&dir).map_err(|e| {
                CliError::other(
                    "node-start",
                    format_args!("the node {name} cannot be started: {e}"),
                )
            })?;
            let pid = format!("{}\n", child.id());
            // In the fleet first, so that it stops if its process id cannot be written.
            fleet.nodes.push(Node {
                name: name.clone(),
                dir: dir.clone(),
                url: profile.node.clone(),
                profile,
                child: Some(child),
            });
            write_private(&dir.join("pid"), pid.as_bytes()).map_err(|e| {
                CliError::home(
                    "demo-dir",
                    format_args!("cannot write {}: {e}", dir.display()),
                )
            })?;
        }
        fleet.wait_until_up(signals)?;
        Ok(fleet)
    }

    fn wait_until_up(&mut self, signals: &Signals) -> Result<(), StartError> {
        let bar = bar(self.nodes.len(), "nodes are up");
        let others = u64::try_from(self.nodes.len())
            .unwrap_or(u64::MAX)
            .saturating_sub(1);
        let deadline = Instant::now() + START;
        let mut waiting: Vec<usize> = (0..self.nodes.len()).collect();
        let mut last = String::new();
        while !waiting.is_empty() {
            waiting.retain(|i| {
                let Some(node) = self.nodes.get(*i) else {
                    return false;
                };
                match Status::ask(&node.url, Some(&node.profile.token)) {
                    Ok(status) if status.ready() && status.peers() >= others => {
                        bar.inc(1);
                        false
                    }
                    Ok(status) => {
                        last = format!(
                            "{} sees {} of {others} other nodes",
                            node.name,
                            status.peers()
                        );
                        true
                    }
                    Err(_) => {
                        last = format!("{} does not answer yet", node.name);
                        true
                    }
                }
            });
            if let Some((name, log)) = self.first_dead() {
                if log.contains("in use") {
                    return Err(StartError::PortTaken);
                }
                let error = CliError::other(
                    "node-start",
                    format_args!(
                        "the node {name} stopped while it was starting. The end of its log:\n{log}"
                    ),
                );
                return Err(error.into());
            }
            if waiting.is_empty() {
                break;
            }
            if Instant::now() > deadline {
                let error = CliError::unreachable(
                    "nodes-slow",
                    format_args!("the nodes were not up after {} s: {last}", START.as_secs()),
                );
                return Err(error
                    .next("look into the nodes' logs, or try again on a quieter machine")
                    .into());
            }
            if signals.wait(LOOK).is_some() {
                return Err(
                    CliError::other("interrupted", "stopped before the nodes were up").into(),
                );
            }
        }
        bar.finish_and_clear();
        Ok(())
    }

    fn first_dead(&mut self) -> Option<(String, String)> {
        let dead = self.nodes.iter_mut().find_map(|node| {
            let ended = node.child.as_mut()?.try_wait();
            matches!(ended, Ok(Some(_)) | Err(_)).then_some(node)
        })?;
        Some((dead.name.clone(), log_end(&dead.dir)))
    }

    /// Takes note of nodes that ended, and gives their names.
    pub fn reap(&mut self) -> Vec<String> {
        let mut ended = Vec::new();
        for node in &mut self.nodes {
            let gone = node
                .child
                .as_mut()
                .is_some_and(|c| !matches!(c.try_wait(), Ok(None)));
            if gone {
                node.forget();
                ended.push(node.name.clone());
            }
        }
        ended
    }

    /// The names of the nodes that do not run.
    pub fn off(&self) -> Vec<String> {
        let off = self.nodes.iter().filter(|n| n.child.is_none());
        off.map(|n| n.name.clone()).collect()
    }

    /// Starts the nodes again that do not run, and waits until all answer and are connected.
    ///
    /// # Errors
    /// As [`Fleet::start`].
    pub fn start_again(&mut self, signals: &Signals) -> Result<(), StartError> {
        for node in self.nodes.iter_mut().filter(|n| n.child.is_none()) {
            let child = spawn(&node.dir).map_err(|e| {
                CliError::other(
                    "node-start",
                    format_args!("the node {} cannot be started: {e}", node.name),
                )
            })?;
            let pid = format!("{}\n", child.id());
            node.child = Some(child);
            write_private(&node.dir.join("pid"), pid.as_bytes()).map_err(|e| {
                CliError::home(
                    "demo-dir",
                    format_args!("cannot write {}: {e}", node.dir.display()),
                )
            })?;
        }
        self.wait_until_up(signals)
    }

    /// Kills a node the hard way.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn kill(&mut self, name: &str) -> Result<(), CliError> {
        let node = self
            .nodes
            .iter_mut()
            .find(|n| n.name == name && n.child.is_some());
        let node =
            node.ok_or_else(|| CliError::other("node", format_args!("no node {name} runs")))?;
        if let Some(child) = &mut node.child {
            let killed = child.kill().and_then(|()| child.wait());
            killed.map_err(|e| CliError::other("node", e))?;
        }
        node.forget();
        Ok(())
    }

    /// Waits until all nodes that run carry the same numbers of records, but not for ever: whoever
    /// calls this looks for himself afterwards.
    pub fn settle(&self, at_most: Duration) {
        let deadline = Instant::now() + at_most;
        loop {
            let mut seen = self.running().map(|n| {
                Status::ask(&n.url, Some(&n.profile.token))
                    .ok()?
                    .records()
                    .cloned()
            });
            let first = seen.next().flatten();
            if first.is_some() && seen.all(|other| other == first) || Instant::now() > deadline {
                return;
            }
            std::thread::sleep(LOOK);
        }
    }

    fn running(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|n| n.child.is_some())
    }

    /// What programs need to know of it.
    pub fn describe(&self, place: &Place) -> Value {
        let nodes: Vec<Value> = self
            .nodes
            .iter()
            .map(|n| {
                let pid = n.child.as_ref().map(Child::id);
                json!({"name": n.name, "http": n.url, "pid": pid, "dir": n.dir})
            })
            .collect();
        json!({"home": place.home(), "dir": place.dir(), "nodes": nodes})
    }

    /// Stops all nodes: gently, and after a while the hard way.
    pub fn stop(&mut self) {
        for node in &mut self.nodes {
            if let Some(child) = &mut node.child {
                drop(child.stdin.take());
            }
        }
        let deadline = Instant::now() + STOP;
        for node in &mut self.nodes {
            while let Some(child) = &mut node.child {
                match child.try_wait() {
                    Ok(None) if Instant::now() < deadline => std::thread::sleep(LOOK),
                    Ok(None) => {
                        // It may have ended by now, which is as good.
                        drop(child.kill());
                        drop(child.wait());
                        node.forget();
                    }
                    _ => node.forget(),
                }
            }
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Node {
    fn forget(&mut self) {
        self.child = None;
        // Not there any more if someone tidied up; nothing depends on it.
        drop(fs::remove_file(self.dir.join("pid")));
    }
}

fn spawn(dir: &Path) -> io::Result<Child> {
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(dir.join("log"))?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["node", "run"])
        .arg(dir)
        .arg("--die-with-parent");
    // What is set for one node of the user's own would make all of these alike.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("PARASOL_NODE_") && text != "PARASOL_NODE_LOG" {
            command.env_remove(&name);
        }
    }
    command
        .stdin(Stdio::piped())
        .stdout(log.try_clone()?)
        .stderr(log)
        // Ctrl-C is for the demonstration, which then stops its nodes.
        .process_group(0)
        .spawn()
}

fn log_end(dir: &Path) -> String {
    let log = fs::read(dir.join("log")).unwrap_or_default();
    let text = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = text.lines().collect();
    lines
        .get(lines.len().saturating_sub(12)..)
        .unwrap_or_default()
        .join("\n")
}

/// A bar that shows only on a terminal.
fn bar(length: usize, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX));
    if let Ok(style) = ProgressStyle::with_template("{bar:20} {pos} of {len} {msg}") {
        bar.set_style(style);
    }
    bar.with_message(what)
}
