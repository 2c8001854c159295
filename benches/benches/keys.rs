//! The federation's keys made by real nodes in processes of their own, over libp2p on the loopback:
//! 3 of 5 and 10 of 15; and what a keyholder evaluates in a second over libp2p, beside the same
//! batches without a node. `BENCH_TIMES=1`: fewer runs.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::process::{Node, is_node};
use common::sample::now;
use common::system::{median, scaled};
use parasol_benches::{Row, publish};
use parasol_cli::founding::ports;
use parasol_node::ceremony::{Desk, Known};
use parasol_node::config::File;
use parasol_node::entropy::OsEntropy;
use parasol_node::keys::NodeIdentity;
use parasol_node::net::{self, NetConfig, TransportSecret};
use parasol_node::setup::{Plan, built_in, init_federation};
use parasol_protocol::ceremony::PlanTerms;
use parasol_protocol::engine::evaluate;
use parasol_protocol::entropy::Entropy as _;
use parasol_protocol::ids::NodeKey;
use parasol_protocol::limits::LIVE_SEASONS;
use parasol_protocol::oprf::{KeyName, MAX_BATCH, ShareIndex, blind};
use parasol_protocol::wire::EvaluateAsk;
use parasol_protocol::wire::peer::{Reply, Request};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(120);
/// Requests under way at one time, as many as a node answers one other.
const AT_ONCE: usize = 4;

fn main() {
    if is_node() {
        return;
    }
    let times = scaled("BENCH_TIMES", 5);
    let mut rows = Vec::new();
    for (n, t, aim) in [(5, 3, 3.0), (15, 10, 20.0)] {
        let took: Vec<f64> = (0..times).map(|_| generation(n, t)).collect();
        let took = median(took);
        rows.push(
            Row::new(format!(
                "key generation over loopback, {t} of {n}, all keys of a federation: from the last who joins until all hold them: median"
            ))
            .figure(format!("{took:.2} s"))
            .aim(format!("≤ {aim:.0} s"), took <= aim),
        );
    }
    let (over, bare) = evaluations(times);
    rows.push(
        Row::new("evaluations that a keyholder answers in a second over libp2p, 1024 elements under the 11 keys of a look-up, four requests at a time")
            .figure(format!("{over:.0}"))
            .beside(format!("the same batches in threads of one process, as many as cores: {bare:.0}"))
            .ratio(over / bare)
            .aim("≥ 0.8 ×", over >= 0.8 * bare),
    );
    publish("keys", &rows).unwrap();
}

/// The keys of all seasons that live, and of one ahead.
fn keys() -> Vec<KeyName> {
    let first = now().day().season();
    let seasons = (0..=LIVE_SEASONS).map(|n| first.plus(n));
    let names = seasons.flat_map(|s| [KeyName::Handle(s), KeyName::Area(s)]);
    std::iter::once(KeyName::Bucket).chain(names).collect()
}

/// The directories of a federation of so many nodes, with their client ports and tokens.
fn federation(dir: &Path, n: u16, t: u16) -> Vec<(PathBuf, u16, String)> {
    let ports = ports(n, None).unwrap();
    let plan = Plan {
        dir: dir.to_owned(),
        name: "bench".into(),
        threshold: t,
        members: built_in(&ports),
        today: now().day(),
        cities: Vec::new(),
    };
    let mut tokens = Vec::new();
    init_federation(&plan, &mut OsEntropy, |_, access| {
        tokens = access.iter().map(|a| a.token.to_string()).collect();
        Ok(())
    })
    .unwrap();
    let members = plan.members.iter().zip(&ports).zip(tokens);
    members
        .map(|((member, (http, _)), token)| (dir.join(&member.name), *http, token))
        .collect()
}

/// Seconds that a generation takes.
fn generation(n: u16, t: u16) -> f64 {
    let tmp = tempfile::tempdir().unwrap();
    let all = federation(&tmp.path().join("fed"), n, t);
    for (dir, ..) in &all {
        // As it is before the first ceremony.
        std::fs::remove_file(dir.join("certificate.cbor")).unwrap();
        drop(std::fs::remove_dir_all(dir.join("ceremonies")));
        for entry in std::fs::read_dir(dir.join("keys")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "cbor") {
                std::fs::remove_file(path).unwrap();
            }
        }
        // What follows the first keys is not measured.
        let mut file = File::read(dir).unwrap();
        file.ceremonies.by_itself = false;
        file.write(dir).unwrap();
    }
    let nodes: Vec<Node> = all
        .iter()
        .map(|(dir, http, token)| Node::start(dir, *http, token))
        .collect();
    for node in &nodes {
        node.wait("connected", |node| {
            node.status().peers() == u64::from(n) - 1
        });
    }
    let identities: Vec<NodeIdentity> = all
        .iter()
        .map(|(dir, ..)| NodeIdentity::read(dir).unwrap())
        .collect();
    let known = Known {
        directory: Arc::new(identities[0].directory()),
        certificate: None,
    };
    let holders: BTreeMap<ShareIndex, NodeKey> = identities
        .iter()
        .map(|i| {
            let own = i.charter.organisation(&i.organisation).unwrap();
            let index = ShareIndex::new(own.keyholder.unwrap()).unwrap();
            (index, i.keys.record.node())
        })
        .collect();
    let mut id = [0; 32];
    OsEntropy.fill(&mut id);
    let starter = &identities[0].keys.record;
    let terms = PlanTerms::draft(
        &known.basis(),
        id,
        now().day(),
        &holders,
        &BTreeMap::new(),
        &keys(),
        starter.node(),
    );
    let plan = terms.unwrap().sign(starter);
    for (dir, ..) in &all {
        let desk = Desk::open(dir).unwrap();
        let name = desk.start(&plan, &known).unwrap();
        desk.join(&name, false, &mut OsEntropy).unwrap();
    }
    let begun = Instant::now();
    let made = |dir: &Path| {
        let identity = NodeIdentity::read(dir);
        identity.is_ok_and(|i| {
            i.certificate.is_some_and(|c| c.waiting().is_empty()) && i.shares.len() == keys().len()
        })
    };
    let mut left: Vec<&Path> = all.iter().map(|(dir, ..)| dir.as_path()).collect();
    while !left.is_empty() {
        assert!(begun.elapsed() < PATIENCE, "the keys are not made");
        // Certificates are only looked at when they are there: reading one takes the cores' time.
        left.retain(|dir| !(dir.join("certificate.cbor").exists() && made(dir)));
        std::thread::sleep(Duration::from_millis(10));
    }
    begun.elapsed().as_secs_f64()
}

/// Evaluations a second over libp2p, and bare.
fn evaluations(times: usize) -> (f64, f64) {
    let tmp = tempfile::tempdir().unwrap();
    let all = federation(&tmp.path().join("fed"), 3, 2);
    let identities: Vec<NodeIdentity> = all
        .iter()
        .map(|(dir, ..)| NodeIdentity::read(dir).unwrap())
        .collect();
    let mut file = File::read(&all[0].0).unwrap();
    file.ceremonies.by_itself = false;
    file.write(&all[0].0).unwrap();
    let inputs: Vec<Vec<u8>> = (0..MAX_BATCH).map(|n| n.to_be_bytes().to_vec()).collect();
    let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let blinded = blind(&inputs, &mut OsEntropy).unwrap();
    // Those that serve today; of the season ahead nothing is answered yet.
    let last = now().day().season().plus(LIVE_SEASONS - 1);
    let serves = |name: &&KeyName| name.season().is_none_or(|season| season <= last);
    let names: Vec<KeyName> = identities[0]
        .shares
        .keys()
        .filter(serves)
        .copied()
        .collect();
    let each = (names.len() * MAX_BATCH) as f64;
    let certificate = identities[0].certificate.as_ref().unwrap();
    let ask = EvaluateAsk {
        epoch: certificate.epoch(),
        keys: names,
        elements: blinded.elements().to_vec(),
    };
    let count = 4 * times;

    let node = Node::start(&all[0].0, all[0].1, &all[0].2);
    let peers = File::read(&all[1].0).unwrap().net.peers;
    let mine = |peer: &&String| peer.starts_with(&file.net.listen[0]);
    let address = peers.iter().find(mine).unwrap().parse().unwrap();
    let runtime = tokio_runtime();
    let over = runtime.block_on(over_libp2p(&identities, address, &ask, count));
    drop(node);

    let cores = std::thread::available_parallelism().unwrap().get();
    let shares = Arc::new(NodeIdentity::read(&all[0].0).unwrap().shares);
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while next.fetch_add(1, Ordering::Relaxed) < count {
                    evaluate(&shares, &ask, &mut OsEntropy).unwrap();
                }
            });
        }
    });
    let bare = begun.elapsed().as_secs_f64();
    (count as f64 * each / over, count as f64 * each / bare)
}

fn tokio_runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// Seconds for so many requests.
async fn over_libp2p(
    identities: &[NodeIdentity],
    address: net::Multiaddr,
    ask: &EvaluateAsk,
    count: usize,
) -> f64 {
    let secret = |i: &NodeIdentity| TransportSecret::new(*i.keys.transport.seed());
    let federation = *identities[0].charter.federation();
    let to = identities[0].keys.transport.transport();
    let mut config = NetConfig::new(secret(&identities[1]), federation);
    config.listen = vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()];
    config.authorised = BTreeMap::from([(to, identities[0].organisation)]);
    config.peers = vec![address];
    let (net, mut events, _) = net::start(config).await.unwrap();
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    let body = Request::Evaluate(ask.clone()).encode();
    // Until it has let this one in.
    let few = Request::Push(Vec::new()).encode();
    while net.request(to, few.clone()).await.as_ref() != Ok(&Reply::Pushed.encode()) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let begun = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..count {
        while running.len() >= AT_ONCE {
            running.join_next().await.unwrap().unwrap();
        }
        let (net, body) = (net.clone(), body.clone());
        running.spawn(async move {
            let answer = net.request(to, body).await.unwrap();
            // It decodes, and is no refusal: its first number says so, and its length.
            assert!(answer.len() > 300_000, "{}", answer.len());
        });
    }
    while running.join_next().await.is_some() {}
    begun.elapsed().as_secs_f64()
}
