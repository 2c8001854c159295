//! Real nodes over libp2p. Every wait is for a condition; the time-outs only turn a hang into a failure.

use super::super::desk::Desk;
use super::super::excused::Excused;
use super::super::task::{self, Settings};
use super::town::{NAMES, Town, keys};
use super::twice::make_twins;
use crate::clock::Clock;
use crate::config::NodeConfig;
use crate::driver::{self, DriverHandle, Setup};
use crate::entropy::OsEntropy;
use crate::http::{App, gather};
use crate::keys::{NodeIdentity, Tokens};
use crate::ledger::Ledger;
use crate::net::{self, Multiaddr, NetConfig, NetEvent, NetHandle, TransportSecret};
use crate::store::{self, Engine};
use parasol_protocol::certificate::{Certificate, Judging};
use parasol_protocol::engine::{Identity, Settings as EngineSettings};
use parasol_protocol::ids::PlanDigest;
use parasol_protocol::oprf::{KeyName, Output, blind};
use parasol_protocol::wire::EvaluateAsk;
use parasol_protocol::wire::client::Evaluate;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use tokio::time::timeout;

const GUARD: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(20);

/// A node at work.
struct Node {
    driver: DriverHandle,
    net: NetHandle,
    app: App,
    address: Multiaddr,
    ends: (thread::JoinHandle<()>, tokio::task::JoinHandle<()>),
}

/// A node that starts nothing by itself.
async fn start(dir: &Path, others: &[Multiaddr]) -> Node {
    start_with(dir, others, false).await
}

async fn start_with(dir: &Path, others: &[Multiaddr], starts: bool) -> Node {
    let identity = NodeIdentity::read(dir).unwrap();
    let config = NodeConfig::load_with(dir, &|_| None).unwrap();
    let store = store::open(&config.data_dir(), Engine::Redb).unwrap();
    let ledger = Ledger::open(store, identity.organisation).unwrap();
    let secret = TransportSecret::new(*identity.keys.transport.seed());
    let federation = *identity.charter.federation();
    let mut net_config = NetConfig::new(secret, federation);
    net_config.listen = vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()];
    net_config.peers = others.to_vec();
    let (net, mut events, _) = net::start(net_config).await.unwrap();
    let address = loop {
        if let Some(NetEvent::Listening(address)) = events.recv().await {
            break address;
        }
    };
    let address = address.with_p2p(net::peer_id(&net.local_key()).unwrap());
    let (ceremonies, heard) = task::channel();
    let voice = ceremonies.downgrade();
    let setup = Setup {
        identity: Identity {
            organisation: identity.organisation,
            record_key: identity.keys.record.clone(),
            seal_key: identity.keys.seal.clone(),
            shares: Arc::new(identity.shares),
        },
        chain: identity.chain,
        dir: Some(dir.to_owned()),
        certificate: identity.certificate,
        trust: identity.trust,
        settings: EngineSettings::default(),
        ledger,
        accept_time: None,
        ceremonies: Some(ceremonies),
        clock: Clock::default(),
    };
    let (driver, thread) = driver::start(setup, net.clone(), events).unwrap();
    let setup = task::Setup {
        dir: dir.to_owned(),
        node: identity.keys.record.clone(),
        settings: Settings {
            starts,
            ..Settings::default()
        },
    };
    let task = task::start(setup, driver.clone(), net.clone(), (voice, heard));
    let app = App::new(
        &config,
        (federation, identity.organisation, 2),
        Tokens::default(),
        driver.clone(),
        net.clone(),
    );
    Node {
        driver,
        net,
        app,
        address: address.unwrap(),
        ends: (thread, task),
    }
}

impl Node {
    /// As when its process ends. What is on the disk is what it comes back with.
    async fn stop(self) {
        self.driver.stop().await;
        let _ = self.net.shutdown().await;
        drop((self.app, self.driver, self.net));
        let (thread, task) = self.ends;
        tokio::task::spawn_blocking(move || thread.join().unwrap())
            .await
            .unwrap();
        task.await.unwrap();
    }
}

async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(POLL).await;
        }
    };
    assert!(timeout(GUARD, waiting).await.is_ok(), "{what}");
}

/// Until these nodes go by a certificate of this epoch and hold its shares, and no older ones are left.
async fn until_held(town: &Town, epoch: u32, numbers: &[usize]) {
    let held = |number: usize| {
        // The node may be writing: half of it is not there yet.
        let Ok(identity) = NodeIdentity::read(&town.node(number)) else {
            return false;
        };
        let complete = |c: &Certificate| c.epoch() == epoch && c.waiting().is_empty();
        let stored = town.desk(number).stored().unwrap();
        identity.certificate.as_ref().is_some_and(complete)
            && identity.shares.len() == keys().len()
            && stored == [epoch]
    };
    until(&format!("{numbers:?} hold epoch {epoch}"), || async {
        numbers.iter().all(|n| held(*n))
    })
    .await;
}

/// As somebody at the command line of a running node does it.
fn join(town: &Town, number: usize, plan: &[u8]) -> PlanDigest {
    let desk = town.desk(number);
    let name = desk.start(plan, &town.known(number)).unwrap();
    desk.join(&name, false, &mut OsEntropy).unwrap();
    name
}

/// What a client of a node's organisation gets, with the directory that it fetched; fetched again once
/// if its keys are behind.
struct Client {
    app: App,
    certificate: Mutex<Option<Certificate>>,
}

impl Client {
    async fn fetch(&self, dir: &Path) {
        let reply = self.app.driver().directory().await.unwrap();
        let directory = NodeIdentity::read(dir).unwrap().directory();
        let charter = directory.charter().clone();
        let bytes = &reply.certificate;
        let read = Certificate::of_latest(bytes, &charter, &directory, Judging::InUse).unwrap();
        *self.certificate.lock().unwrap() = Some(read);
    }

    async fn ask(&self) -> Option<Output> {
        let certificate = self.certificate.lock().unwrap().clone().unwrap();
        let key = certificate.key(KeyName::Bucket).unwrap();
        let blinded = blind(&[b"a handle".as_slice()], &mut OsEntropy).unwrap();
        let wanted = Evaluate {
            ask: EvaluateAsk {
                epoch: certificate.epoch(),
                keys: vec![KeyName::Bucket],
                elements: blinded.elements().to_vec(),
            },
            except: Vec::new(),
        };
        let evaluated = gather(&self.app, wanted).await.unwrap();
        let good: Vec<_> = evaluated
            .answers
            .iter()
            .filter_map(|(_, answers)| blinded.verify(key, &answers[0].evaluation).ok())
            .collect();
        assert_eq!(good.len(), evaluated.answers.len(), "an answer is wrong");
        let output = blinded.finish(key, &good).ok()?;
        output.first().cloned()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keys_are_made_renewed_and_reshared_while_look_ups_go_on() {
    let town = Arc::new(Town::new());
    let first = start(&town.node(0), &[]).await;
    let second = start(&town.node(1), std::slice::from_ref(&first.address)).await;
    let known = [first.address.clone(), second.address.clone()];
    let third = start(&town.node(2), &known).await;

    // Somebody starts, and at each node somebody says yes.
    let plan = town.plan(&[0, 1, 2], &[]);
    let name = join(&town, 0, &plan);
    for number in [1, 2] {
        until("the plan comes", || async {
            town.desk(number).knows(&name)
        })
        .await;
        join(&town, number, &plan);
    }
    until_held(&town, 1, &[0, 1, 2]).await;

    let client = Arc::new(Client {
        app: first.app.clone(),
        certificate: Mutex::new(None),
    });
    until("the first node goes by it", || async {
        !client
            .app
            .driver()
            .directory()
            .await
            .unwrap()
            .certificate
            .is_empty()
    })
    .await;
    client.fetch(&town.node(0)).await;
    let expected = client.ask().await.expect("there are three");
    let (ends, count) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let asking = {
        let (town, client) = (Arc::clone(&town), Arc::clone(&client));
        let (ends, count) = (Arc::clone(&ends), Arc::clone(&count));
        tokio::spawn(async move {
            while !ends.load(Ordering::SeqCst) {
                let mut output = client.ask().await;
                if output.is_none() {
                    client.fetch(&town.node(0)).await;
                    output = client.ask().await;
                }
                assert!(output.is_some_and(|o| o == expected), "a gap");
                count.fetch_add(1, Ordering::SeqCst);
            }
        })
    };
    let looked_up = |what: &'static str| {
        let (count, before) = (Arc::clone(&count), count.load(Ordering::SeqCst));
        async move {
            until(what, || async { count.load(Ordering::SeqCst) > before + 3 }).await;
        }
    };

    // Renewed: one starts, the others take part by themselves.
    join(&town, 0, &town.plan(&[0, 1, 2], &[0, 1]));
    until_held(&town, 2, &[0, 1, 2]).await;
    looked_up("after the renewal").await;

    // The third is away throughout. With it go its shares, when the others have new ones.
    third.stop().await;
    until("it is gone", || async { first.net_peers().await == 1 }).await;
    // Who was there a moment ago is left out by nobody on its own.
    let plan = town.plan(&[0, 1], &[0, 1]);
    join(&town, 0, &plan);
    join(&town, 1, &plan);
    until_held(&town, 3, &[0, 1]).await;
    looked_up("without the third").await;
    assert_eq!(town.desk(2).stored().unwrap(), [2]);

    // It comes back, learns that its shares are old, and is brought in.
    let third = start(&town.node(2), &known).await;
    until("it learns of the certificate", || async {
        town.certificate(2).is_some_and(|c| c.epoch() == 3) && town.desk(2).stored().unwrap() == [2]
    })
    .await;
    join(&town, 0, &town.plan(&[0, 1, 2], &[0, 1]));
    until_held(&town, 4, &[0, 1, 2]).await;
    looked_up("with the third again").await;

    ends.store(true, Ordering::SeqCst);
    asking.await.unwrap();
    for node in [first, second, third] {
        node.stop().await;
    }
}

impl Node {
    async fn net_peers(&self) -> usize {
        self.driver.status().await.unwrap().peers
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_that_stops_in_the_middle_comes_back_and_it_goes_on() {
    let town = Town::new();
    let first = start(&town.node(0), &[]).await;
    let known = [first.address.clone()];
    let second = start(&town.node(1), &known).await;
    let third = start(&town.node(2), &known).await;
    let plan = town.plan(&[0, 1, 2], &[]);
    let name = join(&town, 0, &plan);
    until("the plan comes", || async { town.desk(1).knows(&name) }).await;
    join(&town, 1, &plan);
    let has_joined = |number: usize| {
        let desk: Desk = town.desk(number);
        let board = desk.board(&name, &town.known(number)).unwrap();
        board.messages().count() > 0
    };
    until("it has said something", || async { has_joined(1) }).await;
    second.stop().await;
    until("the plan comes to the third", || async {
        town.desk(2).knows(&name)
    })
    .await;
    join(&town, 2, &plan);
    until("the third has said something", || async { has_joined(2) }).await;
    assert!(town.certificate(0).is_none());
    let second = start(&town.node(1), &known).await;
    until_held(&town, 1, &[0, 1, 2]).await;
    for node in [first, second, third] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keys_that_will_be_needed_are_made_without_anybodys_hand() {
    let town = Town::new();
    let name = town.begin(&town.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
    town.finish(&name, &[0, 1, 2]);
    let before = town.certificate(0).unwrap();
    let first = start_with(&town.node(0), &[], true).await;
    let known = [first.address.clone()];
    let second = start_with(&town.node(1), &known, true).await;
    let third = start_with(&town.node(2), &known, true).await;
    // Those of the seasons ahead are missing.
    until("there are more keys", || async {
        let epoch = town.certificate(0).unwrap().epoch();
        (0..3).all(|number| {
            let identity = NodeIdentity::read(&town.node(number));
            identity.is_ok_and(|identity| {
                let certificate = identity.certificate.unwrap();
                certificate.epoch() == epoch
                    && certificate.waiting().is_empty()
                    && certificate.holders().count() == 3
                    && identity.shares.len() > keys().len()
                    && town.desk(number).stored().unwrap() == [epoch]
            })
        })
    })
    .await;
    let after = town.certificate(2).unwrap();
    for key in before.keys() {
        assert_eq!(after.key(key.name()).unwrap().public(), key.public());
    }
    for node in [first, second, third] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_plan_that_leaves_somebody_out_who_is_there_is_joined_by_nobody() {
    let town = Town::new();
    // Made by files, as if the nodes had never met.
    let name = town.begin(&town.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
    town.finish(&name, &[0, 1, 2]);
    let first = start(&town.node(0), &[]).await;
    let second = start(&town.node(1), std::slice::from_ref(&first.address)).await;
    let known = [first.address.clone(), second.address.clone()];
    let third = start(&town.node(2), &known).await;
    until("all are connected", || async {
        first.net_peers().await == 2 && second.net_peers().await == 2
    })
    .await;
    let name = join(&town, 0, &town.plan(&[0, 1], &[0, 1]));
    until("the plan comes", || async { town.desk(1).knows(&name) }).await;
    // One that leaves nobody out is joined; and only that.
    join(&town, 2, &town.plan(&[2, 0, 1], &[0, 1]));
    let rival = town
        .desk(2)
        .names()
        .unwrap()
        .into_iter()
        .find(|n| *n != name);
    until("the second takes part", || async {
        rival.is_some_and(|rival| town.desk(1).takes_part(&rival))
    })
    .await;
    assert!(!town.desk(1).takes_part(&name), "{}", NAMES[1]);
    for node in [first, second, third] {
        node.stop().await;
    }
}

/// Two nodes go by different certificates of one epoch: as soon as they meet each knows, and who signed both.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_certificates_of_one_epoch_show_when_nodes_meet() {
    let town = Town::new();
    let name = town.begin(&town.plan(&[0, 1, 2], &[]), &[0, 1, 2]);
    town.finish(&name, &[0, 1, 2]);
    make_twins(&town, &keys());
    let first = start(&town.node(0), &[]).await;
    let others = [first.address.clone()];
    let second = start(&town.node(1), &others).await;
    let third = town.identity(2).organisation;
    let both = BTreeSet::from([third]);
    for (n, node) in [(0, &first), (1, &second)] {
        let sees = || async {
            let alarms = node.driver.status().await.unwrap().alarms;
            alarms
                .iter()
                .any(|alarm| alarm.code() == "two-certificates")
        };
        until("the alarm", sees).await;
        let excused = || async {
            let now = Clock::default().now();
            Excused::read(&town.desk(n)).now(now) == both
        };
        until("who signed both is excused", excused).await;
    }
    second.stop().await;
    first.stop().await;
}
