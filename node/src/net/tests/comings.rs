//! Nodes that come, go and come back, and the ports that they are at.

use super::*;

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
