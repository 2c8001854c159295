//! A node in a process of its own, as `parasol node run` runs it.

use parasol_cli::status::Status;
use parasol_node::config::NodeConfig;
use parasol_node::run::{RunOptions, run};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(120);

/// What the child of [`Node::start`] does, if this is one.
pub fn is_node() -> bool {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).map(String::as_str) != Some("node") {
        return false;
    }
    let config = NodeConfig::load_with(Path::new(&args[2]), &|_| None).unwrap();
    let options = RunOptions {
        die_with_stdin: true,
        ready_file: Some(PathBuf::from(&args[3])),
    };
    run(config, options).unwrap();
    true
}

/// A node at work. It ends when this is dropped.
pub struct Node {
    child: Child,
    pub url: String,
    pub token: String,
    /// From its start until it answered.
    pub started: Duration,
}

impl Node {
    /// Starts the node of a directory and waits until it answers.
    pub fn start(dir: &Path, http: u16, token: &str) -> Self {
        let ready = dir.join("ready");
        drop(std::fs::remove_file(&ready));
        let log = std::fs::File::create(dir.join("log")).unwrap();
        let begun = Instant::now();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("node")
            .arg(dir)
            .arg(&ready)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        while !ready.exists() {
            assert!(
                child.try_wait().unwrap().is_none(),
                "the node of {} ended",
                dir.display()
            );
            assert!(begun.elapsed() < PATIENCE);
            std::thread::sleep(Duration::from_millis(1));
        }
        Self {
            child,
            url: format!("http://127.0.0.1:{http}"),
            token: token.to_owned(),
            started: begun.elapsed(),
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn status(&self) -> Status {
        Status::ask(&self.url, Some(&self.token)).unwrap()
    }

    /// How many records it carries.
    pub fn records(&self) -> u64 {
        let status = self.status();
        let kinds = status.records().and_then(|r| r.as_object()).unwrap();
        kinds.values().filter_map(serde_json::Value::as_u64).sum()
    }

    /// Waits until the node says so.
    pub fn wait(&self, what: &str, mut until: impl FnMut(&Self) -> bool) -> Duration {
        let begun = Instant::now();
        while !until(self) {
            assert!(begun.elapsed() < PATIENCE, "{what}");
            std::thread::sleep(Duration::from_millis(20));
        }
        begun.elapsed()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}
