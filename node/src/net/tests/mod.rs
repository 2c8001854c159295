//! Nodes on the loopback interface. Every wait is for a condition; the time-outs only turn a hang
//! into a failure.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod asking;
mod comings;
mod gossip;
mod strangers;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use libp2p::multiaddr::Protocol;
use parasol_protocol::ids::{FederationId, OrganisationKey};
use parasol_protocol::wire::peer::{Refusal, Reply};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::behaviour::{MAX_HELLO, MAX_REQUEST, MAX_RESPONSE};
use super::key::peer_id;
use super::*;

const GUARD: Duration = Duration::from_secs(60);
const TCP: &str = "/ip4/127.0.0.1/tcp/0";
const QUIC: &str = "/ip4/127.0.0.1/udp/0/quic-v1";

/// What a test's driver saw.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Connected(TransportKey),
    Disconnected(TransportKey),
    Unauthorised(TransportKey),
    Gossip(Vec<u8>),
    Request(TransportKey),
    Hello(TransportKey),
}

struct Node {
    key: TransportKey,
    net: NetHandle,
    address: Multiaddr,
    seen: mpsc::UnboundedReceiver<Seen>,
    task: JoinHandle<()>,
}

fn key(n: u8) -> TransportKey {
    TransportSecret::new([n; 32]).public().unwrap()
}

/// Each of an organisation of its own.
fn keys(of: &[u8]) -> BTreeMap<TransportKey, OrganisationKey> {
    let whose = |n: &u8| (key(*n), OrganisationKey::from_bytes([*n; 32]));
    of.iter().map(whose).collect()
}

fn config(n: u8, listen: &str, authorised: &[u8]) -> NetConfig {
    let federation = FederationId::from_bytes([1; 32]);
    NetConfig {
        listen: vec![listen.parse().unwrap()],
        authorised: keys(authorised),
        redial_min: Duration::from_millis(50),
        redial_max: Duration::from_millis(500),
        ..NetConfig::new(TransportSecret::new([n; 32]), federation)
    }
}

/// A node whose driver accepts gossip whose first byte is not `#`, answers a request with its
/// bytes reversed, and a hello with "welcome".
async fn node(config: NetConfig) -> Node {
    drive(start(config).await.unwrap()).await
}

type Started = (NetHandle, mpsc::Receiver<NetEvent>, JoinHandle<()>);

async fn drive((net, mut events, task): Started) -> Node {
    let Some(NetEvent::Listening(listening)) = events.recv().await else {
        panic!("listening comes first")
    };
    let key = net.local_key();
    let address = listening.with_p2p(peer_id(&key).unwrap()).unwrap();
    let (see, seen) = mpsc::unbounded_channel();
    let orders = net.clone();
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            let seen = match event {
                NetEvent::Listening(_) => continue,
                NetEvent::Connected(peer) => Seen::Connected(peer),
                NetEvent::Disconnected(peer) => Seen::Disconnected(peer),
                NetEvent::UnauthorisedConnected(peer) => Seen::Unauthorised(peer),
                NetEvent::Gossip { data, token, .. } => {
                    let verdict = match data.first() {
                        Some(b'#') => Verdict::Ignore,
                        _ => Verdict::Accept,
                    };
                    orders.verdict(token, verdict).await.ok();
                    Seen::Gossip(data)
                }
                NetEvent::Request {
                    from,
                    mut body,
                    token,
                } => {
                    body.reverse();
                    orders.respond(token, body).await.ok();
                    Seen::Request(from)
                }
                NetEvent::Hello { from, token, .. } => {
                    orders.respond(token, b"welcome".to_vec()).await.ok();
                    Seen::Hello(from)
                }
            };
            see.send(seen).ok();
        }
    });
    Node {
        key,
        net,
        address,
        seen,
        task,
    }
}

impl Node {
    /// Waits until the driver has seen this; gives what it saw before.
    async fn sees(&mut self, wanted: &Seen) -> Vec<Seen> {
        let mut before = Vec::new();
        loop {
            match timeout(GUARD, self.seen.recv()).await {
                Ok(Some(seen)) if seen == *wanted => return before,
                Ok(Some(seen)) => before.push(seen),
                _ => panic!("never saw {wanted:?}, but {before:?}"),
            }
        }
    }

    async fn dials(&self, other: &Node) {
        self.net.dial(other.address.clone()).await.unwrap();
    }

    async fn asks(&self, other: &Node) -> Result<Vec<u8>, NetError> {
        self.net.request(other.key, b"abc".to_vec()).await
    }

    /// Publishes under `name` until `other` has one of the messages: who has just connected does
    /// not know yet what the other subscribed to.
    async fn reaches(&self, other: &mut Node, name: &str) -> Vec<Seen> {
        let mut before = Vec::new();
        let all = async {
            for n in 0.. {
                self.net
                    .publish(format!("{name} {n}").into_bytes())
                    .await
                    .unwrap();
                let patience = Duration::from_millis(100);
                while let Ok(seen) = timeout(patience, other.seen.recv()).await {
                    match seen.unwrap() {
                        Seen::Gossip(data) if data.starts_with(name.as_bytes()) => return,
                        seen => before.push(seen),
                    }
                }
            }
        };
        timeout(GUARD, all)
            .await
            .unwrap_or_else(|_| panic!("{name} never arrived"));
        before
    }
}

/// Two members that are connected; the second dialled.
async fn pair(listen: &str) -> (Node, Node) {
    let mut a = node(config(1, listen, &[1, 2])).await;
    let mut b = node(config(2, listen, &[1, 2])).await;
    b.dials(&a).await;
    b.sees(&Seen::Connected(a.key)).await;
    a.sees(&Seen::Connected(b.key)).await;
    (a, b)
}
