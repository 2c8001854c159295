//! Questions and answers: how large, how many at once, and how long they may take.

use super::*;

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
