//! For tests: a federation on this machine whose first node is driven as in a process of its own,
//! and whose others are whatever a test makes of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use crate::clock::Clock;
use crate::config::NodeConfig;
use crate::driver::{self, DriverHandle, Setup};
use crate::entropy::OsEntropy;
use crate::keys::NodeIdentity;
use crate::ledger::Ledger;
use crate::net::{self, Multiaddr, NetConfig, NetEvent, NetHandle, TransportSecret};
use crate::setup::{Plan, built_in, init_federation, majority};
use crate::store::{self, Engine, Store};
use parasol_protocol::engine::{Identity, Settings};
use parasol_protocol::ids::TransportKey;
use parasol_protocol::keys::SecretKey;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::mpsc;

/// A node at work, and what else lies in its federation's directory.
pub struct Home {
    pub driver: DriverHandle,
    pub net: NetHandle,
    pub address: Multiaddr,
    pub dir: PathBuf,
    /// The token of its first profile.
    pub token: String,
    /// The roots of all organisations, in the order of their names here.
    pub roots: Vec<SecretKey>,
    thread: JoinHandle<()>,
    tmp: tempfile::TempDir,
}

const NAMES: [&str; 3] = ["lilas", "ryabina", "rowan"];

fn secret(identity: &NodeIdentity) -> TransportSecret {
    TransportSecret::new(*identity.keys.transport.seed())
}

impl Home {
    /// Starts it. Its store is what `wrap` makes of an ordinary one.
    pub async fn start(
        settings: Settings,
        wrap: impl FnOnce(Box<dyn Store>) -> Box<dyn Store>,
    ) -> Self {
        Self::start_with((Clock::default(), 0), settings, wrap).await
    }

    /// The same, with a clock that the test sets.
    pub async fn start_by(
        clock: Clock,
        settings: Settings,
        wrap: impl FnOnce(Box<dyn Store>) -> Box<dyn Store>,
    ) -> Self {
        Self::start_with((clock, 0), settings, wrap).await
    }

    /// The same, of a federation that was made so many days ago.
    pub async fn start_founded(
        days: u32,
        settings: Settings,
        wrap: impl FnOnce(Box<dyn Store>) -> Box<dyn Store>,
    ) -> Self {
        Self::start_with((Clock::default(), days), settings, wrap).await
    }

    async fn start_with(
        (mut clock, days): (Clock, u32),
        settings: Settings,
        wrap: impl FnOnce(Box<dyn Store>) -> Box<dyn Store>,
    ) -> Self {
        let tmp = tempfile::tempdir().unwrap();
        let plan = Plan {
            dir: tmp.path().join("fed"),
            name: "test".into(),
            threshold: majority(3),
            // Nobody listens there: tests take the ports that the system gives.
            members: built_in(&[(20_000, 30_000), (20_001, 30_001), (20_002, 30_002)]),
            today: clock.now().day().minus(days),
            cities: Vec::new(),
        };
        let mut token = String::new();
        let mut roots = Vec::new();
        init_federation(&plan, &mut OsEntropy, |_, access| {
            token = access[0].token.as_str().to_owned();
            roots = access.iter().map(|a| a.root.clone()).collect();
            Ok(())
        })
        .unwrap();
        let dir = plan.dir.join(NAMES[0]);
        let place = (tmp, dir, token, roots);
        Self::open(place, clock, settings, wrap).await
    }

    /// Stops it, and starts it again on what lies on its disk.
    pub async fn restart(self, clock: Clock, settings: Settings) -> Self {
        self.driver.stop().await;
        self.thread.join().unwrap();
        let place = (self.tmp, self.dir, self.token, self.roots);
        Self::open(place, clock, settings, |store| store).await
    }

    async fn open(
        (tmp, dir, token, roots): (tempfile::TempDir, PathBuf, String, Vec<SecretKey>),
        clock: Clock,
        settings: Settings,
        wrap: impl FnOnce(Box<dyn Store>) -> Box<dyn Store>,
    ) -> Self {
        let identity = NodeIdentity::read(&dir).unwrap();
        let config = NodeConfig::load_with(&dir, &|_| None).unwrap();
        let store = store::open(&config.data_dir(), Engine::Redb).unwrap();
        let ledger = Ledger::open(wrap(store), identity.organisation).unwrap();
        let federation = *identity.charter.federation();
        let mut config = NetConfig::new(secret(&identity), federation);
        config.listen = vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()];
        let (net, mut events, _) = net::start(config).await.unwrap();
        let Some(NetEvent::Listening(address)) = events.recv().await else {
            panic!("listening comes first")
        };
        let id = net::peer_id(&net.local_key()).unwrap();
        let setup = Setup {
            identity: Identity {
                organisation: identity.organisation,
                record_key: identity.keys.record.clone(),
                seal_key: identity.keys.seal.clone(),
                shares: Arc::new(NodeIdentity::read(&dir).unwrap().shares),
            },
            chain: identity.chain.clone(),
            dir: Some(dir.clone()),
            certificate: identity.certificate.clone(),
            trust: identity.trust.clone(),
            settings,
            ledger,
            accept_time: None,
            ceremonies: None,
            clock,
        };
        let (driver, thread) = driver::start(setup, net.clone(), events).unwrap();
        Self {
            driver,
            address: address.with_p2p(id).unwrap(),
            net,
            dir,
            token,
            roots,
            thread,
            tmp,
        }
    }

    pub fn key(&self) -> TransportKey {
        self.net.local_key()
    }

    /// The network of another organisation's node, connected to this one. What drives it is the
    /// test.
    pub async fn neighbour(&self, number: usize) -> (NetHandle, mpsc::Receiver<NetEvent>) {
        let dir = self.dir.parent().unwrap().join(NAMES[number]);
        let identity = NodeIdentity::read(&dir).unwrap();
        let mut config = NetConfig::new(secret(&identity), *identity.charter.federation());
        let home = NodeIdentity::read(&self.dir).unwrap().organisation;
        config.authorised = BTreeMap::from([(self.key(), home)]);
        config.peers = vec![self.address.clone()];
        let (net, events, _) = net::start(config).await.unwrap();
        (net, events)
    }
}
