//! Who is no member may say hello, and not stay.

use super::*;

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

/// A node that lets strangers stay for so long, and a stranger that has dialled it.
async fn let_stay(stranger_time: Duration) -> (Node, Node) {
    let a = node(NetConfig {
        stranger_time,
        ..config(1, TCP, &[])
    })
    .await;
    let s = node(config(2, TCP, &[1])).await;
    s.dials(&a).await;
    (a, s)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_stranger_is_sent_away() {
    let (a, mut s) = let_stay(Duration::from_millis(100)).await;
    s.sees(&Seen::Connected(a.key)).await;
    s.sees(&Seen::Disconnected(a.key)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_that_was_answered_is_sent_away() {
    let (a, mut s) = let_stay(Duration::from_secs(3600)).await;
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
