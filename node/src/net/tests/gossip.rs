//! What is published goes from one to the next, as far as those between accept it.

use super::*;

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
