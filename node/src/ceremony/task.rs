//! The worker beside the driver: it may wait for the disk, and holds nobody up.

use super::worker::{Out, Worker};
use crate::driver::{DriverHandle, Unavailable};
use crate::net::{NetHandle, ResponseToken};
use parasol_protocol::ids::{NodeKey, OrganisationKey, PlanDigest, TransportKey};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::wire::peer::{Reply, Request};
use parasol_protocol::wire::{Lacking, Shown};
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// What may wait to be looked at; more is refused as busy.
const QUEUE: usize = 256;
/// Looked at together.
const BATCH: usize = 64;
/// Between two looks, when nothing comes.
const TICK: Duration = Duration::from_secs(1);

/// What the task hears of.
#[derive(Debug)]
pub enum Heard {
    /// A node shows what it has of a board.
    Asked {
        /// Which node.
        from: NodeKey,
        /// What it shows.
        shown: Shown,
        /// By which it is answered; none in a drill.
        token: Option<ResponseToken>,
    },
    /// A node that was shown a board has answered, or not.
    Answered {
        /// Which node.
        from: NodeKey,
        /// About which ceremony.
        name: PlanDigest,
        /// What it has and gave.
        answer: Option<Lacking>,
    },
    /// A node goes by a certificate that this one may lack.
    Certificate {
        /// Of which organisation the node is.
        from: OrganisationKey,
        /// The certificate.
        bytes: Vec<u8>,
    },
    /// A node is connected.
    Connected,
}

/// How a node goes about ceremonies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// After how long without anything new a ceremony is stopped that this node joined by itself.
    pub silence: Duration,
    /// Whether it joins by itself those that go on with what is in force.
    pub joins: bool,
    /// Whether it starts by itself those that are due.
    pub starts: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(600),
            joins: true,
            starts: true,
        }
    }
}

/// What the task works with.
#[derive(Debug)]
pub struct Setup {
    /// The node's directory.
    pub dir: PathBuf,
    /// Its record key.
    pub node: SecretKey,
    /// How it goes about it.
    pub settings: Settings,
}

/// The task's ear. The sender belongs to the driver.
pub fn channel() -> (mpsc::Sender<Heard>, mpsc::Receiver<Heard>) {
    mpsc::channel(QUEUE)
}

/// Starts the task. It ends with the driver.
pub fn start(
    setup: Setup,
    driver: DriverHandle,
    net: NetHandle,
    ear: (mpsc::WeakSender<Heard>, mpsc::Receiver<Heard>),
) -> JoinHandle<()> {
    let (voice, heard) = ear;
    let task = Task {
        driver,
        net,
        voice,
        heard,
    };
    tokio::spawn(task.run(Worker::new(setup)))
}

struct Task {
    driver: DriverHandle,
    net: NetHandle,
    voice: mpsc::WeakSender<Heard>,
    heard: mpsc::Receiver<Heard>,
}

impl Task {
    async fn run(mut self, mut worker: Worker) {
        let mut interval = tokio::time::interval(TICK);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                heard = self.heard.recv() => match heard {
                    Some(heard) => batch.push(heard),
                    None => return,
                },
                _ = interval.tick() => {}
            }
            while batch.len() < BATCH {
                match self.heard.try_recv() {
                    Ok(heard) => batch.push(heard),
                    Err(_) => break,
                }
            }
            let scene = match self.driver.scene().await {
                Ok(scene) => scene,
                Err(Unavailable::Stopping) => return,
                // Peers ask again. What they have answered comes once.
                Err(_) => {
                    batch.retain(|heard| matches!(heard, Heard::Answered { .. }));
                    continue;
                }
            };
            let batch = std::mem::take(&mut batch);
            let worked = tokio::task::spawn_blocking(move || {
                let out = worker.look(batch, &scene);
                (worker, out)
            });
            let Ok((again, out)) = worked.await else {
                tracing::error!("the task for key ceremonies has failed; start the node again");
                return;
            };
            worker = again;
            self.carry_out(out).await;
        }
    }

    /// Shares answer before anybody hears that they are there, and a certificate is in force here
    /// before it is passed on.
    async fn carry_out(&self, out: Out) {
        for (epoch, shares) in out.prepared {
            // If the driver stops, the shares are on disk.
            let _ = self.driver.prepare(epoch, shares).await;
        }
        if let Some(certificate) = out.certificate {
            let _ = self.driver.renew(certificate).await;
        }
        if let Some((epoch, both)) = out.twofold {
            self.driver.two_certificates(epoch, both).await;
        }
        for answer in out.answers {
            if let Some(token) = answer.token {
                // The peer may be gone; then nobody waits for it.
                let _ = self.net.respond(token, answer.reply.encode()).await;
            }
        }
        for ask in out.asks {
            let (net, voice) = (self.net.clone(), self.voice.clone());
            tokio::spawn(async move {
                let answer = show(&net, ask.peer, ask.shown).await;
                if let Some(voice) = voice.upgrade() {
                    let (from, name) = (ask.to, ask.name);
                    let _ = voice.send(Heard::Answered { from, name, answer }).await;
                }
            });
        }
    }
}

async fn show(net: &NetHandle, peer: TransportKey, shown: Shown) -> Option<Lacking> {
    let answer = net.request(peer, Request::Board(shown).encode()).await;
    match Reply::decode(&answer.ok()?) {
        Ok(Reply::Board(lacking)) => Some(lacking),
        _ => None,
    }
}
