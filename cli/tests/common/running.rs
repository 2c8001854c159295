//! A federation whose nodes run, and the profiles of its people.

use super::program::parasol;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::thread;
use std::time::{Duration, Instant};

/// Waits until something is so; only a test that fails waits to the end.
pub fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(90);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain for: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// It ends with the test, however it ends.
pub struct Federation {
    child: Child,
    pub dir: PathBuf,
    pub home: PathBuf,
}

impl Drop for Federation {
    fn drop(&mut self) {
        // Asked to stop, it takes its nodes and its command along.
        let asked = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        if !asked.is_ok_and(|status| status.success()) {
            drop(self.child.kill());
        }
        drop(self.child.wait());
    }
}

impl Federation {
    /// Starts the federation in a directory, which is made if it is not there.
    pub fn start(dir: &Path) -> Self {
        let ready = dir.with_extension("ready");
        drop(fs::remove_file(&ready));
        let mut child = parasol()
            .args(["demo", "--dir"])
            .arg(dir)
            .arg("--ready")
            .arg(&ready)
            .args(["--exec", "sleep", "600"])
            .spawn()
            .unwrap();
        wait_for("the federation", || {
            assert!(child.try_wait().unwrap().is_none(), "the federation ended");
            ready.exists()
        });
        Self {
            child,
            dir: dir.to_owned(),
            home: dir.join("home"),
        }
    }

    pub fn node(&self, name: &str) -> String {
        self.dir.join(name).to_str().unwrap().to_owned()
    }

    pub fn ask(&self, who: &str, words: &[&str]) -> Output {
        parasol()
            .args(["--json", "--profile", who, "--home"])
            .arg(&self.home)
            .args(words)
            .output()
            .unwrap()
    }

    pub fn json(&self, who: &str, words: &[&str]) -> Value {
        let output = self.ask(who, words);
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{who} {words:?}: {err}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What it says to people.
    pub fn text(&self, who: &str, words: &[&str]) -> String {
        let output = parasol()
            .args(["--profile", who, "--home"])
            .arg(&self.home)
            .args(words)
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{who} {words:?}: {err}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The exit code and the error of a command that must fail.
    pub fn fails(&self, who: &str, words: &[&str]) -> (Option<i32>, Value) {
        let output = self.ask(who, words);
        assert!(!output.status.success(), "{who} {words:?}");
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        let last = err.lines().last().unwrap_or_default();
        let said: Value = serde_json::from_str(last).unwrap();
        (output.status.code(), said["error"].clone())
    }

    /// Asks until it is so.
    pub fn until(&self, who: &str, words: &[&str], is_so: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let got = self.json(who, words);
            if is_so(&got) {
                return got;
            }
            assert!(Instant::now() < deadline, "{who} {words:?} gives {got}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}
