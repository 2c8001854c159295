//! Nodes on the loopback interface. Every wait is for a condition; the time-outs only turn a hang
//! into a failure.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

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

/// A node on a port that one in this process has just left. The system frees a TCP port at once;
/// QUIC keeps its socket until the farewells are sent.
async fn node_again(n: u8, at: &Multiaddr, authorised: &[u8]) -> Node {
    let listen: Multiaddr = at
        .iter()
        .filter(|part| !matches!(part, Protocol::P2p(_)))
        .collect();
    let started = async {
        loop {
            match start(config(n, &listen.to_string(), authorised)).await {
                Err(NetError::PortInUse { .. }) => sleep(Duration::from_millis(20)).await,
                started => return started.unwrap(),
            }
        }
    };
    drive(timeout(GUARD, started).await.unwrap()).await
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

/// Three members in a line: what the ends say to each other goes through the middle.
async fn line(listen: &str) -> [Node; 3] {
    let mut nodes = [
        node(config(1, listen, &[1, 2, 3])).await,
        node(config(2, listen, &[1, 2, 3])).await,
        node(config(3, listen, &[1, 2, 3])).await,
    ];
    let [a, b, c] = &mut nodes;
    a.dials(b).await;
    c.dials(b).await;
    a.sees(&Seen::Connected(b.key)).await;
    c.sees(&Seen::Connected(b.key)).await;
    nodes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_gossip_over_tcp() {
    let [a, b, mut c] = line(TCP).await;
    a.reaches(&mut c, "over tcp").await;
    drop(b);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_gossip_over_quic() {
    let [mut a, b, c] = line(QUIC).await;
    c.reaches(&mut a, "over quic").await;
    drop(b);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_middle_does_not_accept_goes_no_further() {
    let [a, mut b, mut c] = line(TCP).await;
    a.reaches(&mut c, "first").await;
    let refused = b"# not for others".to_vec();
    a.net.publish(refused.clone()).await.unwrap();
    b.sees(&Seen::Gossip(refused.clone())).await;
    let before = a.reaches(&mut c, "second").await;
    assert!(!before.contains(&Seen::Gossip(refused)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_ask_each_other_both_ways() {
    for listen in [TCP, QUIC] {
        let (mut a, mut b) = pair(listen).await;
        assert_eq!(a.asks(&b).await.unwrap(), b"cba");
        assert_eq!(b.asks(&a).await.unwrap(), b"cba");
        a.sees(&Seen::Request(b.key)).await;
        b.sees(&Seen::Request(a.key)).await;
        assert_eq!(a.net.hello(b.key, vec![]).await.unwrap(), b"welcome");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_can_say_hello_and_nothing_else_until_both_sides_authorise() {
    for listen in [TCP, QUIC] {
        let mut a = node(config(1, listen, &[])).await;
        let mut s = node(config(2, listen, &[])).await;
        s.dials(&a).await;
        s.sees(&Seen::Unauthorised(a.key)).await;
        assert_eq!(
            s.asks(&a).await,
            Err(NetError::NotAuthorised { peer: a.key })
        );
        assert_eq!(
            a.asks(&s).await,
            Err(NetError::NotAuthorised { peer: s.key })
        );
        assert_eq!(
            s.net.hello(a.key, b"may I".to_vec()).await.unwrap(),
            b"welcome"
        );
        assert_eq!(a.sees(&Seen::Hello(s.key)).await, []);
        a.net.publish(b"secret".to_vec()).await.unwrap();
        s.net.publish(b"# spam".to_vec()).await.unwrap();

        s.net.authorise(keys(&[1])).await.unwrap();
        a.net.authorise(keys(&[2])).await.unwrap();
        s.sees(&Seen::Connected(a.key)).await;
        let at_s = a.reaches(&mut s, "for members").await;
        assert!(!at_s.contains(&Seen::Gossip(b"secret".to_vec())));
        let at_a = s.reaches(&mut a, "from a member").await;
        assert!(!at_a.contains(&Seen::Gossip(b"# spam".to_vec())));
        assert_eq!(s.asks(&a).await.unwrap(), b"cba");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_not_let_in_is_told_so() {
    let mut a = node(config(1, TCP, &[])).await;
    let mut s = node(config(2, TCP, &[1])).await;
    s.dials(&a).await;
    s.sees(&Seen::Connected(a.key)).await;
    assert_eq!(s.asks(&a).await, Err(NetError::Refused { peer: a.key }));
    assert_eq!(s.net.hello(a.key, vec![]).await.unwrap(), b"welcome");
    a.net.authorise(keys(&[2])).await.unwrap();
    a.sees(&Seen::Connected(s.key)).await;
    a.reaches(&mut s, "come in").await;
    assert_eq!(s.asks(&a).await.unwrap(), b"cba");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_stranger_is_sent_away() {
    let stranger_time = Duration::from_millis(100);
    let a = node(NetConfig {
        stranger_time,
        ..config(1, TCP, &[])
    })
    .await;
    let mut s = node(config(2, TCP, &[1])).await;
    s.dials(&a).await;
    s.sees(&Seen::Connected(a.key)).await;
    s.sees(&Seen::Disconnected(a.key)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_that_was_answered_is_sent_away() {
    let stranger_time = Duration::from_secs(3600);
    let a = node(NetConfig {
        stranger_time,
        ..config(1, TCP, &[])
    })
    .await;
    let mut s = node(config(2, TCP, &[1])).await;
    s.dials(&a).await;
    assert_eq!(s.net.hello(a.key, vec![]).await.unwrap(), b"welcome");
    s.sees(&Seen::Disconnected(a.key)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_beyond_the_limit_are_not_let_stay() {
    let a = node(NetConfig {
        max_strangers: 1,
        ..config(1, TCP, &[])
    })
    .await;
    let mut s = node(config(2, TCP, &[])).await;
    s.dials(&a).await;
    s.sees(&Seen::Unauthorised(a.key)).await;
    assert_eq!(s.net.hello(a.key, vec![]).await.unwrap(), b"welcome");
    let t = node(config(3, TCP, &[])).await;
    t.dials(&a).await;
    assert!(t.net.hello(a.key, vec![]).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_that_says_hello_too_often_is_cut() {
    let a = node(config(1, TCP, &[])).await;
    let s = node(config(2, TCP, &[])).await;
    s.dials(&a).await;
    let mut answered = 0;
    while s.net.hello(a.key, vec![]).await.is_ok() {
        answered += 1;
    }
    assert!((4..100).contains(&answered), "{answered}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn removing_the_authorisation_cuts_the_connection() {
    let (mut a, mut b) = pair(TCP).await;
    a.net.authorise(keys(&[])).await.unwrap();
    a.sees(&Seen::Disconnected(b.key)).await;
    b.sees(&Seen::Disconnected(a.key)).await;
    assert_eq!(
        a.asks(&b).await,
        Err(NetError::NotAuthorised { peer: b.key })
    );
    b.sees(&Seen::Connected(a.key)).await;
    assert_eq!(b.asks(&a).await, Err(NetError::Refused { peer: a.key }));
    assert!(a.seen.try_recv().is_err(), "what b did outside is not told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_largest_pass_and_larger_are_refused() {
    let (a, mut b) = pair(TCP).await;
    let largest = a.net.request(b.key, vec![7; MAX_REQUEST]).await.unwrap();
    assert_eq!(largest.len(), MAX_REQUEST);
    b.sees(&Seen::Request(a.key)).await;

    let (size, limit) = (MAX_REQUEST + 1, MAX_REQUEST);
    let refused = a.net.request(b.key, vec![7; size]).await;
    assert_eq!(refused, Err(NetError::TooLarge { size, limit }));
    // Past the handle's own check, the stream refuses it.
    let (reply, answer) = oneshot::channel();
    let command = NetCommand::Request {
        peer: b.key,
        body: vec![7; size],
        reply,
    };
    a.net.send(command).await.unwrap();
    assert!(matches!(
        answer.await.unwrap(),
        Err(NetError::Failed { .. })
    ));

    let hello = a.net.hello(b.key, vec![7; MAX_HELLO + 1]).await;
    assert_eq!(
        hello,
        Err(NetError::TooLarge {
            size: MAX_HELLO + 1,
            limit: MAX_HELLO
        })
    );
    assert!(a.net.publish(vec![7; 16 * 1024]).await.is_err());
    assert_eq!(a.asks(&b).await.unwrap(), b"cba");
    assert_eq!(b.sees(&Seen::Request(a.key)).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_have_a_limit_too() {
    let (net, mut events, _task) = start(config(1, TCP, &[2])).await.unwrap();
    let Some(NetEvent::Listening(at)) = events.recv().await else {
        panic!()
    };
    let address = at.with_p2p(peer_id(&key(1)).unwrap()).unwrap();
    let b = node(config(2, TCP, &[1])).await;
    b.net.dial(address).await.unwrap();
    let driver = tokio::spawn(async move {
        let mut size = MAX_RESPONSE;
        while let Some(event) = events.recv().await {
            if let NetEvent::Request { token, .. } = event {
                let sent = net.respond(token, vec![7; size]).await;
                assert_eq!(sent.is_ok(), size == MAX_RESPONSE);
                size += 1;
            }
        }
    });
    assert_eq!(
        b.net.request(key(1), vec![]).await.unwrap().len(),
        MAX_RESPONSE
    );
    let none = b.net.request(key(1), vec![]).await;
    assert_eq!(none, Err(NetError::NoAnswer { peer: key(1) }));
    driver.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_dials_or_fails_at_once() {
    let a = node(config(1, TCP, &[2, 3])).await;
    assert_eq!(
        a.net.request(key(2), vec![]).await,
        Err(NetError::NotConnected { peer: key(2) })
    );
    assert_eq!(
        a.net.hello(key(9), vec![]).await,
        Err(NetError::NotConnected { peer: key(9) })
    );
    let b = node(config(2, TCP, &[1])).await;
    a.dials(&b).await;
    assert_eq!(a.asks(&b).await.unwrap(), b"cba");
    // A port where nobody listens.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let peer = peer_id(&key(3)).unwrap();
    a.net
        .dial(
            format!("/ip4/127.0.0.1/tcp/{port}/p2p/{peer}")
                .parse()
                .unwrap(),
        )
        .await
        .unwrap();
    assert_eq!(
        a.net.request(key(3), vec![]).await,
        Err(NetError::Unreachable { peer: key(3) })
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_in_time_is_an_error() {
    let (_net, mut events, _task) = start(config(1, TCP, &[2])).await.unwrap();
    let Some(NetEvent::Listening(at)) = events.recv().await else {
        panic!()
    };
    let address = at.with_p2p(peer_id(&key(1)).unwrap()).unwrap();
    let request_timeout = Duration::from_millis(500);
    let b = node(NetConfig {
        request_timeout,
        ..config(2, TCP, &[1])
    })
    .await;
    b.net.dial(address).await.unwrap();
    // The driver of the other node sleeps.
    let late = b.net.request(key(1), vec![]).await;
    assert_eq!(late, Err(NetError::Timeout { peer: key(1) }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_peer_is_redialled_when_it_is_back_on_its_port() {
    for listen in [TCP, QUIC] {
        let mut b = node(config(2, listen, &[1])).await;
        let peers = vec![b.address.clone()];
        let mut a = node(NetConfig {
            peers,
            ..config(1, listen, &[2])
        })
        .await;
        a.sees(&Seen::Connected(b.key)).await;
        b.sees(&Seen::Connected(a.key)).await;
        b.task.abort();
        assert!(b.task.await.unwrap_err().is_cancelled());
        a.sees(&Seen::Disconnected(b.key)).await;
        let mut b = node_again(2, &b.address, &[1]).await;
        a.sees(&Seen::Connected(b.key)).await;
        b.sees(&Seen::Connected(a.key)).await;
        assert_eq!(a.asks(&b).await.unwrap(), b"cba");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_in_use_is_named() {
    for listen in [TCP, QUIC] {
        let a = node(config(1, listen, &[])).await;
        let addr: Multiaddr = a
            .address
            .iter()
            .filter(|part| !matches!(part, Protocol::P2p(_)))
            .collect();
        let second = start(config(2, &addr.to_string(), &[])).await.err();
        assert_eq!(second, Some(NetError::PortInUse { addr }));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_kinds_of_address_and_transport_share_a_port_number() {
    let addresses = [
        "/ip4/0.0.0.0/tcp/P",
        "/ip6/::/tcp/P",
        "/ip4/0.0.0.0/udp/P/quic-v1",
        "/ip6/::/udp/P/quic-v1",
    ];
    // A port that one protocol has free may be taken in another; not so twenty in a row.
    for _ in 0..20 {
        let Ok(probe) = std::net::TcpListener::bind("[::1]:0") else {
            return;
        };
        let port = probe.local_addr().unwrap().port().to_string();
        drop(probe);
        let listen = addresses.map(|address| address.replace('P', &port).parse().unwrap());
        let config = NetConfig {
            listen: listen.to_vec(),
            ..config(1, TCP, &[])
        };
        match start(config).await {
            Err(NetError::PortInUse { .. }) => {}
            started => return assert_eq!(started.err(), None),
        }
    }
    panic!("the addresses were in each other's way");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_configuration_is_refused() {
    let bare: Multiaddr = "/ip4/127.0.0.1/tcp/1".parse().unwrap();
    let config_with_peer = NetConfig {
        peers: vec![bare.clone()],
        ..config(1, TCP, &[])
    };
    assert_eq!(
        start(config_with_peer).await.err(),
        Some(NetError::NoPeerId { addr: bare })
    );
    let error = start(config(1, "/unix/nowhere", &[])).await.err();
    assert!(matches!(error, Some(NetError::Listen { .. })), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_driver_that_sleeps_misses_gossip_but_not_who_left() {
    let slow = NetConfig {
        event_capacity: 1,
        ..config(1, TCP, &[2])
    };
    let (net, mut events, _task) = start(slow).await.unwrap();
    let Some(NetEvent::Listening(at)) = events.recv().await else {
        panic!()
    };
    let address = at.with_p2p(peer_id(&key(1)).unwrap()).unwrap();
    let mut b = node(config(2, TCP, &[1])).await;
    b.net.dial(address).await.unwrap();
    b.sees(&Seen::Connected(key(1))).await;
    // Who dials is connected first: b must not leave before the other has noticed.
    let noticed = async { while net.request(key(2), vec![]).await.is_err() {} };
    timeout(GUARD, noticed).await.unwrap();
    for n in 0..200 {
        b.net
            .publish(format!("message {n}").into_bytes())
            .await
            .unwrap();
    }
    b.net.shutdown().await.unwrap();
    timeout(GUARD, b.task).await.unwrap().unwrap();
    let first = timeout(GUARD, events.recv()).await.unwrap();
    assert!(
        matches!(first, Some(NetEvent::Connected(peer)) if peer == key(2)),
        "{first:?}"
    );
    let left = async {
        while let Some(event) = events.recv().await {
            if matches!(event, NetEvent::Disconnected(peer) if peer == key(2)) {
                return;
            }
        }
        panic!("the channel closed")
    };
    timeout(GUARD, left).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutting_down_closes_connections_and_frees_the_port() {
    for listen in [TCP, QUIC] {
        let (a, mut b) = pair(listen).await;
        a.net.shutdown().await.unwrap();
        timeout(GUARD, a.task).await.unwrap().unwrap();
        b.sees(&Seen::Disconnected(a.key)).await;
        node_again(1, &a.address, &[]).await;
        assert_eq!(a.net.publish(vec![1]).await, Err(NetError::Stopped));
        assert_eq!(a.net.request(b.key, vec![1]).await, Err(NetError::Stopped));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_driver_the_task_ends() {
    let (net, events, task) = start(config(1, TCP, &[])).await.unwrap();
    drop(net);
    timeout(GUARD, task).await.unwrap().unwrap();
    drop(events);
    let (net, events, task) = start(config(1, TCP, &[])).await.unwrap();
    drop(events);
    timeout(GUARD, task).await.unwrap().unwrap();
    drop(net);
}

/// Two processes with one key ask more than one node would.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_peer_cannot_take_the_places_of_others() {
    let (net, mut events, _task) = start(config(1, TCP, &[2, 3])).await.unwrap();
    let Some(NetEvent::Listening(at)) = events.recv().await else {
        panic!()
    };
    let address = at.with_p2p(peer_id(&key(1)).unwrap()).unwrap();
    // A driver that answers nobody who asks with "wait".
    let waiting = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&waiting);
    let driver = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Some(event) = events.recv().await {
            match event {
                NetEvent::Request { token, body, .. } if body == b"wait" => {
                    held.push(token);
                    count.store(held.len(), Ordering::SeqCst);
                }
                NetEvent::Request { token, body, .. } => net.respond(token, body).await.unwrap(),
                _ => {}
            }
        }
    });
    let busy = Reply::Refused(Refusal::Busy).encode();
    let mut loud = Vec::new();
    for _ in 0..2 {
        let (net, events, _task) = start(config(2, TCP, &[1])).await.unwrap();
        net.dial(address.clone()).await.unwrap();
        loud.push((net, events));
    }
    let mut asked = tokio::task::JoinSet::new();
    for (net, _) in &loud {
        for _ in 0..10 {
            let net = net.clone();
            asked.spawn(async move { net.request(key(1), b"wait".to_vec()).await });
        }
    }
    // Four wait, and the process that has none of them is refused all ten at once.
    for _ in 0..10 {
        let answer = timeout(GUARD, asked.join_next()).await.unwrap();
        assert_eq!(answer.unwrap().unwrap().unwrap(), busy);
    }
    let quiet = node(config(3, TCP, &[1])).await;
    quiet.net.dial(address).await.unwrap();
    for _ in 0..50 {
        let answer = quiet.net.request(key(1), b"mine".to_vec()).await;
        assert_eq!(answer.unwrap(), b"mine");
    }
    assert_eq!(waiting.load(Ordering::SeqCst), 4);
    driver.abort();
}

/// A node asks no more at a time than the other has places for, and loses nothing by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_questions_at_once_are_all_answered() {
    let (a, b) = pair(TCP).await;
    let mut asked = tokio::task::JoinSet::new();
    for n in 0..60_u8 {
        let (net, to) = (a.net.clone(), b.key);
        asked.spawn(async move { net.request(to, vec![n, 1]).await == Ok(vec![1, n]) });
    }
    while let Some(answered) = timeout(GUARD, asked.join_next()).await.unwrap() {
        assert!(answered.unwrap());
    }
}
