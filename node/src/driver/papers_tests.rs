//! A charter that changes while a node runs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::{EVERY, Papers};
use crate::driver::Alarm;
use crate::files::write_private;
use crate::keys::NodeIdentity;
use crate::net::NetEvent;
use crate::testing::Home;
use parasol_protocol::charter::Chain;
use parasol_protocol::engine::Settings;
use parasol_protocol::time::Timestamp;
use parasol_protocol::wire::peer::{Reply, Request};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

const GUARD: Duration = Duration::from_secs(60);

/// A second version, signed by the first two organisations.
fn changed(home: &Home) -> Chain {
    let mut chain = NodeIdentity::read(&home.dir).unwrap().chain;
    let mut terms = chain.draft(None).unwrap();
    terms.lives.report = 300;
    let id = chain.propose(&terms, &home.roots[0]).unwrap();
    chain.sign(&id, &home.roots[1]).unwrap();
    assert_eq!(chain.current().version(), 2);
    chain
}

/// Waits until the node serves so many versions to its clients.
async fn serves(home: &Home, versions: usize) {
    let served = async {
        while home.driver.directory().await.unwrap().charters.len() != versions {
            tokio::task::yield_now().await;
        }
    };
    timeout(GUARD, served).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_that_is_put_into_the_directory_is_taken_up_and_known_after_a_restart() {
    let home = Home::start(Settings::default(), |store| store).await;
    serves(&home, 1).await;
    let chain = changed(&home);
    write_private(&home.dir.join("charter.cbor"), &chain.to_bytes()).unwrap();
    serves(&home, 2).await;
    let again = NodeIdentity::read(&home.dir).unwrap();
    assert_eq!(again.charter.terms().lives.report, 300);
    assert_eq!(again.chain.settled(), again.chain.federation().first());
    // A file that is no charter changes nothing.
    write_private(&home.dir.join("charter.cbor"), b"rubbish").unwrap();
    serves(&home, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_comes_from_a_peer_and_is_on_disk() {
    let home = Home::start(Settings::default(), |store| store).await;
    let chain = changed(&home);
    let documents = chain.documents();
    let (net, mut events) = home.neighbour(1).await;
    let peer = net.clone();
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            if let NetEvent::Request { body, token, .. } = event {
                let reply = match Request::decode(&body) {
                    Ok(Request::Charters(_)) => Reply::Charters(documents.clone()),
                    _ => Reply::Refused(parasol_protocol::wire::peer::Refusal::Busy),
                };
                drop(peer.respond(token, reply.encode()).await);
            }
        }
    });
    serves(&home, 2).await;
    let stored = NodeIdentity::read(&home.dir).unwrap();
    assert_eq!(stored.charter.version(), 2);
    // It passes on what it knows, and nothing to who knows as much.
    let ask = |known| net.request(home.key(), Request::Charters(known).encode());
    let told = Reply::Charters(chain.documents()).encode();
    assert_eq!(ask([0; 32]).await, Ok(told));
    let nothing = Reply::Charters(Vec::new()).encode();
    assert_eq!(ask(chain.digest()).await, Ok(nothing));
}

/// What cannot be written down is not gone by, and nothing that somebody put there is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_that_cannot_be_written_changes_nothing_and_is_taken_when_it_can() {
    let home = Home::start(Settings::default(), |store| store).await;
    serves(&home, 1).await;
    let path = home.dir.join("charter.cbor");
    let before = std::fs::read(&path).unwrap();
    let chain = changed(&home);
    let log = home.dir.join("log");
    let file = Arc::new(std::fs::File::create(&log).unwrap());
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(file);
    subscriber.try_init().unwrap();
    // Where a file is written before it takes its place there is a directory.
    let in_the_way = |name: &str| home.dir.join(format!("{name}.{}.new", std::process::id()));
    std::fs::create_dir(in_the_way("charter.cbor")).unwrap();
    std::fs::write(&path, chain.to_bytes()).unwrap();
    // However often it looks, it goes by the one before, and says why.
    for _ in 0..3 {
        home.driver.tick().await;
        serves(&home, 1).await;
        assert_eq!(std::fs::read(&path).unwrap(), chain.to_bytes());
    }
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(said.contains("the charter cannot be written; the node goes on with the one before"));
    // A peer that asks is told what the node goes by.
    let (net, _events) = home.neighbour(1).await;
    let asked = net.request(home.key(), Request::Charters([0; 32]).encode());
    let one = Reply::Charters(Chain::from_bytes(&before).unwrap().documents());
    assert_eq!(asked.await, Ok(one.encode()));
    // There is room again.
    std::fs::remove_dir(in_the_way("charter.cbor")).unwrap();
    home.driver.tick().await;
    serves(&home, 2).await;
    assert_eq!(NodeIdentity::read(&home.dir).unwrap().charter.version(), 2);
}

/// The words of what the status tells whoever runs the node.
async fn alarms(home: &Home) -> Vec<&'static str> {
    let status = home.driver.status().await.unwrap();
    assert!(
        status
            .alarms
            .iter()
            .all(|a| a.to_string().starts_with("ALARM: "))
    );
    status.alarms.iter().map(Alarm::code).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_in_the_federation_stands_in_the_status() {
    let home = Home::start(Settings::default(), |store| store).await;
    serves(&home, 1).await;
    assert!(alarms(&home).await.is_empty());

    // Two versions that enough have signed, one of them both.
    let mut forked = NodeIdentity::read(&home.dir).unwrap().chain;
    let mut rival = forked.clone();
    for (chain, signers, days) in [(&mut forked, [0, 1], 300), (&mut rival, [1, 2], 200)] {
        let mut terms = chain.draft(None).unwrap();
        terms.lives.report = days;
        let id = chain.propose(&terms, &home.roots[signers[0]]).unwrap();
        chain.sign(&id, &home.roots[signers[1]]).unwrap();
    }
    for document in rival.documents() {
        forked.offer(&document).unwrap();
    }
    write_private(&home.dir.join("charter.cbor"), &forked.to_bytes()).unwrap();
    let told = async {
        while alarms(&home).await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(GUARD, told).await.unwrap();
    assert_eq!(
        alarms(&home).await,
        ["charter-fork", "charter-signed-twice"]
    );
    serves(&home, 1).await;

    let identity = NodeIdentity::read(&home.dir).unwrap();
    let both = BTreeSet::from([identity.organisation]);
    home.driver.two_certificates(7, both).await;
    let status = home.driver.status().await.unwrap();
    let last = status.alarms.last().unwrap();
    assert_eq!(last.code(), "two-certificates");
    let said = last.to_string();
    let name = &identity
        .charter
        .organisation(&identity.organisation)
        .unwrap()
        .name;
    assert!(
        said.contains("generation 7") && said.contains(name.as_str()),
        "{said}"
    );
}

#[test]
fn certificates_are_compared_when_ones_own_has_changed_and_now_and_then() {
    let mut papers = Papers::new(Path::new("nowhere"));
    let at = |minutes: u64| Timestamp::from_millis(1_000_000 * EVERY + minutes * EVERY);
    for (mine, minutes, asks) in [
        (None, 0, true),
        (None, 1, false),
        (Some([1; 32]), 2, true),
        (Some([1; 32]), 31, false),
        (Some([1; 32]), 32, true),
        (Some([2; 32]), 33, true),
        // A clock that was ahead.
        (Some([2; 32]), 3, true),
    ] {
        assert_eq!(papers.asks_whole(mine, at(minutes)), asks, "{minutes}");
    }
}
