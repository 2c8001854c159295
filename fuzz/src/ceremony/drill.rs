//! A node that is driven by hand, and dies when one likes.

use super::desk::{Desk, Known};
use super::task::{Heard, Settings, Setup};
use super::worker::Worker;
use crate::driver::Scene;
use parasol_protocol::ceremony::Board;
use parasol_protocol::certificate::Certificate;
use parasol_protocol::ids::{NodeKey, PlanDigest};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::wire::Shown;
use parasol_protocol::wire::peer::Reply;
use std::path::PathBuf;
use std::time::Duration;

/// What comes of a look.
#[derive(Default)]
pub struct Said {
    /// What those are told that have shown something.
    pub answers: Vec<(NodeKey, Reply)>,
    /// What others are shown.
    pub asks: Vec<(NodeKey, PlanDigest, Shown)>,
    /// What is in force from now on.
    pub certificate: Option<Certificate>,
}

/// A node's part in ceremonies.
pub struct Node {
    dir: PathBuf,
    key: SecretKey,
    worker: Worker,
    /// What it knows and sees.
    pub scene: Scene,
}

fn worker(dir: &PathBuf, key: &SecretKey) -> Worker {
    Worker::new(Setup {
        dir: dir.clone(),
        node: key.clone(),
        settings: Settings {
            silence: Duration::from_secs(600),
            joins: true,
            starts: false,
        },
    })
}

impl Node {
    /// A node that has just started.
    pub fn new(dir: PathBuf, key: SecretKey, scene: Scene) -> Self {
        Self {
            worker: worker(&dir, &key),
            dir,
            key,
            scene,
        }
    }

    /// It dies, and starts again with what lies on the disk.
    pub fn restart(&mut self) {
        self.worker = worker(&self.dir, &self.key);
    }

    /// It looks at what has come, and at what there is.
    pub fn look(&mut self, heard: Vec<Heard>) -> Said {
        let out = self.worker.look(heard, &self.scene);
        let answers = out.answers.into_iter();
        let asks = out.asks.into_iter();
        if let Some(certificate) = &out.certificate {
            self.scene.known.certificate = Some(certificate.clone());
        }
        Said {
            answers: answers.map(|one| (one.to.0, one.reply)).collect(),
            asks: asks.map(|one| (one.to, one.name, one.shown)).collect(),
            certificate: out.certificate,
        }
    }

    /// What lies on the disk: each board that can be read.
    pub fn boards(&self) -> Vec<Board> {
        let known: &Known = &self.scene.known;
        let desk = Desk::open(&self.dir).unwrap();
        let names = desk.names().unwrap().into_iter();
        names
            .filter_map(|name| desk.board(&name, known).ok())
            .collect()
    }

    /// How many ceremonies lie on the disk.
    pub fn kept(&self) -> usize {
        Desk::open(&self.dir).unwrap().names().unwrap().len()
    }
}
