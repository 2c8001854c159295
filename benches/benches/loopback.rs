//! A look-up as the command line does it, over loopback: three real nodes in processes of their
//! own, two of three keyholders, five live seasons, two sources, 100,000 reports in the list; beside
//! the bare cryptography of the same look-up, in turns with it. `BENCH_REPORTS=1000`: a smaller list.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::chain::Chain;
use common::process::{Node, is_node};
use common::sample::{BUCKET_BITS, Dice, Fed, NAMES, made_ahead, now};
use common::system::{median, scaled};
use parasol_benches::{Row, publish};
use parasol_cli::carry::Carrier;
use parasol_cli::founding::ports;
use parasol_node::config::{File, NodeConfig};
use parasol_node::entropy::OsEntropy;
use parasol_node::keys::NodeIdentity;
use parasol_node::ledger::Ledger;
use parasol_node::store::{Engine, open};
use parasol_protocol::client::{
    Ask, AskId, Check, CheckOptions, Checked, Error, Exchange, Federation, Own, Unanswered,
};
use parasol_protocol::entropy::Entropy;
use parasol_protocol::handle::Handle;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::oprf::{Evaluation, KeyName, Output, blind};
use parasol_protocol::particulars::{Basis, Code, Level, Particulars, Summary, Words};
use parasol_protocol::record::report::Audience;
use parasol_protocol::record::{Body, Verified};
use parasol_protocol::seal::{Browse, Bucket, HandleName, Sealing, open_by_handle, seal};
use parasol_protocol::time::{Month, Season};
use parasol_protocol::wire::client::MAX_MESSAGE;
use parasol_protocol::wire::sealed::{Question, Reply, open_question, seal_question};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Bytes of records that a reply has room for, and what each costs beyond its own.
const ROOM: usize = 30_640;
const EACH: usize = 3;

fn main() {
    if is_node() {
        return;
    }
    let reports = scaled("BENCH_REPORTS", 100_000);
    let times = scaled("BENCH_TIMES", 150);
    let tmp = tempfile::tempdir().unwrap();
    let ports = ports(3, None).unwrap();
    let fed = Fed::make(&tmp.path().join("fed"), &ports);
    for name in NAMES {
        let dir = fed.dir.join(name);
        let mut file = File::read(&dir).unwrap();
        // A client asks as fast as it can here; what holds a real one off is not measured.
        file.rates.requests_per_minute = 1_000_000;
        file.rates.burst = 100_000;
        file.write(&dir).unwrap();
    }
    let handle = Handle::from_canonical("phone:+33639981234").unwrap();
    let identities: Vec<NodeIdentity> = (0..3).map(|n| fed.identity(n)).collect();
    let floor = Floor::new(&fed, &identities, handle.clone());
    let run = || -> Vec<Node> {
        let nodes: Vec<Node> = (0..3)
            .map(|n| Node::start(&fed.dir.join(NAMES[n]), ports[n].0, &fed.tokens[n]))
            .collect();
        for node in &nodes {
            node.wait("connected", |n| n.status().peers() == 2);
        }
        nodes
    };
    let nodes = run();
    let empty = counted(&fed, &nodes[0], &handle, 0);
    drop(nodes);

    let about = floor.sealed(&fed);
    let begun = Instant::now();
    let list = fill(&fed, reports, &about);
    println!(
        "{reports} reports in three stores after {:.0} s",
        begun.elapsed().as_secs_f64()
    );
    let bucket = floor.bucket_of(list);
    let nodes = run();
    let full = counted(&fed, &nodes[0], &handle, about.len());
    let client = Client::new(&fed, &nodes[0]);
    let mut steps = Steps::default();
    let (mut whole, mut bare, mut opening) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..times + 5 {
        let start = Instant::now();
        let checked = client.check(&handle, &mut steps);
        let took = start.elapsed().as_secs_f64();
        assert_eq!(
            (checked.results[0].reports.len(), checked.sources),
            (about.len(), 2)
        );
        let start = Instant::now();
        assert_eq!(floor.check(&bucket), about.len());
        let least = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let again = Client::new(&fed, &nodes[0]);
        opening.push(start.elapsed().as_secs_f64());
        drop(again);
        // The first ones open connections and fill caches.
        if n >= 5 {
            whole.push(took);
            bare.push(least);
        }
    }
    let (slow, whole, bare) = (tail(&whole), median(whole), median(bare));
    let millis = |s: f64| format!("{:.2} ms", s * 1e3);
    let kilobytes = |n: usize| format!("{:.1} kB", n as f64 / 1e3);
    let rows = [
        Row::new(format!(
            "a look-up over loopback, 2 of 3, {reports} reports, five seasons, two sources: median"
        ))
        .figure(millis(whole))
        .beside(format!("its bare cryptography, one core: {}", millis(bare)))
        .ratio(whole / bare)
        .aim("≤ 3 ×", whole <= 3.0 * bare),
        Row::new("the same: nine of ten take at most")
            .figure(millis(slow))
            .ratio(slow / bare),
        Row::new("the same: of it the organisation's own reports, evaluations, buckets, the client's work on them").figure(
            [steps.own, steps.evaluating, steps.fetching, steps.thinking]
                .map(|step| millis(median(step)))
                .join(", "),
        ),
        Row::new("the same: bytes to the client, HTTP included")
            .figure(kilobytes(full))
            .beside(format!("in an empty list: {}", kilobytes(empty)))
            .ratio(full as f64 / empty as f64)
            .aim(
                "≤ 64 kB, whatever the list's size",
                full <= 64_000 && empty <= 64_000,
            ),
        Row::new("fetching and verifying the federation's directory, once a session")
            .figure(millis(median(opening))),
    ];
    publish("loopback", &rows).unwrap();
}

fn tail(all: &[f64]) -> f64 {
    let mut all = all.to_vec();
    all.sort_by(f64::total_cmp);
    all[all.len() * 9 / 10]
}

/// A client as the command line is one.
struct Client {
    carrier: Carrier,
    federation: Federation,
}

impl Client {
    fn new(fed: &Fed, node: &Node) -> Self {
        Self::at(fed, &node.url, &node.token)
    }

    fn at(fed: &Fed, url: &str, token: &str) -> Self {
        let carrier = Carrier::new(url, token);
        let reply = carrier.get("/v1/directory", MAX_MESSAGE).unwrap();
        let federation =
            Federation::from_reply(&reply, &fed.organisations[0], None, fed.today).unwrap();
        Self {
            carrier,
            federation,
        }
    }

    /// One's own organisation's reports first, then the question. Notes how long each step takes.
    fn check(&self, handle: &Handle, steps: &mut Steps) -> Checked {
        let start = Instant::now();
        let own = self.carrier.carry(Own::new(true)).unwrap().records;
        steps.own.push(start.elapsed().as_secs_f64());
        let options = CheckOptions {
            own,
            parts: 1,
            ..CheckOptions::default()
        };
        let check = Check::new(
            &self.federation,
            vec![handle.clone()],
            options,
            &mut OsEntropy,
        );
        let watched = Watched {
            exchange: check.unwrap(),
            asked: start,
            waited: Vec::new(),
            thought: Duration::ZERO,
        };
        let (checked, waited, thought) = self.carrier.carry(watched).unwrap();
        steps.evaluating.push(waited[0].as_secs_f64());
        steps.fetching.push(waited[1].as_secs_f64());
        steps.thinking.push(thought.as_secs_f64());
        checked
    }
}

/// Seconds of each step, one a look-up.
#[derive(Default)]
struct Steps {
    own: Vec<f64>,
    evaluating: Vec<f64>,
    fetching: Vec<f64>,
    thinking: Vec<f64>,
}

/// A look-up that notes how long it waits for answers and how long it works on them.
struct Watched<'a> {
    exchange: Check<'a>,
    asked: Instant,
    waited: Vec<Duration>,
    thought: Duration,
}

impl Exchange for Watched<'_> {
    type Done = (Checked, Vec<Duration>, Duration);

    fn asks(&mut self) -> Vec<Ask> {
        let asks = self.exchange.asks();
        self.asked = Instant::now();
        self.waited.push(Duration::ZERO);
        asks
    }

    fn answer(
        &mut self,
        id: AskId,
        answer: Result<Vec<u8>, Unanswered>,
        entropy: &mut dyn Entropy,
    ) {
        let start = Instant::now();
        if let Some(waited) = self.waited.last_mut().filter(|w| w.is_zero()) {
            *waited = self.asked.elapsed();
        }
        self.exchange.answer(id, answer, entropy);
        self.thought += start.elapsed();
    }

    fn done(&mut self) -> Option<Result<Self::Done, Error>> {
        let done = self.exchange.done()?;
        Some(done.map(|checked| (checked, std::mem::take(&mut self.waited), self.thought)))
    }
}

/// The bytes that come to the client in one look-up, counted on its connections.
fn counted(fed: &Fed, node: &Node, handle: &Handle, found: usize) -> usize {
    let count = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (to, counting) = (
        node.url.trim_start_matches("http://").to_owned(),
        Arc::clone(&count),
    );
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut server) = (client.unwrap(), TcpStream::connect(&to).unwrap());
            let (mut from, mut back) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut from, &mut server));
            let counting = Arc::clone(&counting);
            std::thread::spawn(move || {
                let mut buffer = [0; 65_536];
                while let Ok(n) = back.read(&mut buffer) {
                    counting.fetch_add(n, Ordering::Relaxed);
                    if n == 0 || client.write_all(&buffer[..n]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    let client = Client::at(fed, &url, &node.token);
    count.store(0, Ordering::Relaxed);
    let checked = client.check(handle, &mut Steps::default());
    assert_eq!(checked.results[0].reports.len(), found);
    // The last bytes are counted before they are passed on.
    std::thread::sleep(Duration::from_millis(50));
    count.load(Ordering::Relaxed)
}

/// The same list into three stores, which then belong to three nodes. Gives the list.
fn fill(fed: &Fed, count: usize, about: &[Verified]) -> Vec<Verified> {
    let now = now();
    let mut chains: Vec<Chain> = (0..3)
        .map(|n| {
            let config = NodeConfig::load_with(&fed.dir.join(NAMES[n]), &|_| None).unwrap();
            let store = open(&config.data_dir(), Engine::Redb).unwrap();
            Chain::new(
                fed,
                n,
                Ledger::open(store, fed.organisations[n]).unwrap(),
                now,
            )
        })
        .collect();
    let mut list = Vec::new();
    let mut take = |records: Vec<Verified>| {
        std::thread::scope(|scope| {
            for chain in &mut chains {
                let records = records.clone();
                scope.spawn(move || chain.take(records, now));
            }
        });
        list.extend(records);
    };
    made_ahead(count, 4096, |n| fed.report(n as u64), &mut take);
    take(about.to_vec());
    chains.iter_mut().for_each(Chain::settle);
    assert!(chains.iter().all(|c| c.carried == count + about.len()));
    list
}

/// The cryptography of a look-up and nothing else, on one core.
struct Floor<'a> {
    fed: &'a Fed,
    identities: &'a [NodeIdentity],
    handle: Handle,
}

impl<'a> Floor<'a> {
    const fn new(fed: &'a Fed, identities: &'a [NodeIdentity], handle: Handle) -> Self {
        Self {
            fed,
            identities,
            handle,
        }
    }

    /// Blinds, has two keyholders evaluate with proofs, verifies, combines.
    fn outputs(&self) -> Vec<Output> {
        let input = self.handle.oprf_input();
        let blinded = blind(&[&input], &mut OsEntropy).unwrap();
        let seasons = Season::live(self.fed.today).map(KeyName::Handle);
        let mut outputs = Vec::new();
        for key in [KeyName::Bucket].into_iter().chain(seasons) {
            let public = self.identities[0]
                .certificate
                .as_ref()
                .unwrap()
                .key(key)
                .unwrap();
            let answers: Vec<Evaluation> = self.identities[..2]
                .iter()
                .map(|i| {
                    i.shares[&key]
                        .evaluate(blinded.elements(), &mut OsEntropy)
                        .unwrap()
                })
                .collect();
            let verified: Vec<_> = answers
                .iter()
                .map(|a| blinded.verify(public, a).unwrap())
                .collect();
            outputs.extend(blinded.finish(public, &verified).unwrap());
        }
        outputs
    }

    fn names(&self, outputs: Vec<Output>) -> Vec<HandleName> {
        let seasons = Season::live(self.fed.today);
        let names = seasons.zip(outputs.into_iter().skip(1));
        names
            .map(|(season, output)| HandleName::new(season, output))
            .collect()
    }

    /// Three reports about the handle, one of each organisation.
    fn sealed(&self, fed: &Fed) -> Vec<Verified> {
        let outputs = self.outputs();
        let bucket = Bucket::of(&outputs[0], BUCKET_BITS);
        let says = particulars(&self.handle);
        (0..3_usize)
            .map(|n| {
                let (issued, life) = (fed.today.minus(1 + n as u32), 200 + 150 * n as u32);
                let season = issued.plus(life).season();
                let lock = SecretKey::from_seed(Dice::new(n as u64).bytes());
                let names = self.names(outputs.clone());
                let name = names
                    .into_iter()
                    .find(|name| name.season() == season)
                    .unwrap();
                let with = Sealing {
                    federation: &fed.federation,
                    organisation: &fed.organisations[n],
                    expires: issued.plus(life),
                    audience: Audience::Federation,
                    lock: lock.lock(),
                    names: &[(name, bucket)],
                    browse: Browse::Nothing,
                    bucket_bits: BUCKET_BITS,
                };
                let (report, _) = seal(&says, &with, &mut OsEntropy).unwrap();
                fed.sign(n as u64, (issued, 19_000), life, Body::Report(report))
            })
            .collect()
    }

    /// What a reply about the handle's bucket has room for: the latest, of each publisher as much.
    fn bucket_of(&self, list: Vec<Verified>) -> Vec<Verified> {
        let bucket = Bucket::of(&self.outputs()[0], BUCKET_BITS)
            .span(BUCKET_BITS)
            .0;
        let mut room = ROOM;
        let in_it = list.into_iter().rev().filter(|record| match record.body() {
            Body::Report(report) => report.entries.iter().any(|e| e.bucket == bucket),
            _ => false,
        });
        in_it
            .take_while(|record| {
                let size = record.bytes().len() + EACH;
                let fits = size <= room;
                room = room.saturating_sub(size);
                fits
            })
            .collect()
    }

    /// All of a look-up's cryptography. Says how many reports opened.
    fn check(&self, bucket: &[Verified]) -> usize {
        let outputs = self.outputs();
        let asked = Bucket::of(&outputs[0], BUCKET_BITS);
        let names = self.names(outputs);
        let reply = Reply {
            carried: 0,
            records: bucket.iter().map(|r| r.bytes().to_vec()).collect(),
            left: 0,
        };
        let federation = &self.fed.federation;
        let mut served = Vec::new();
        for identity in &self.identities[1..] {
            let secret = &identity.keys.seal;
            let question = Question::Bucket {
                bucket: asked,
                part: 0,
            };
            let (sealed, key) =
                seal_question(&question, &secret.public(), federation, &mut OsEntropy).unwrap();
            let (_, answer) = open_question(&sealed, secret, federation).unwrap();
            let sealed = answer.seal(&reply, &mut OsEntropy).unwrap();
            served = key.open(&sealed).unwrap().records;
        }
        // Both serve the same: each is verified once.
        let opened = served.iter().filter(|bytes| {
            let record = Verified::from_bytes(bytes, federation).unwrap();
            let (header, Body::Report(report)) = (record.header(), record.body()) else {
                panic!("a report")
            };
            let name = names
                .iter()
                .find(|name| name.season() == header.expires.season());
            let opened = open_by_handle(
                federation,
                &header.organisation,
                header.expires,
                report,
                &self.handle,
                name.unwrap(),
            );
            opened.is_some_and(|o| o.is_ok())
        });
        opened.count()
    }
}

fn particulars(handle: &Handle) -> Particulars {
    Particulars {
        summary: Summary {
            level: Level::Danger,
            codes: [Code::NonPayment].into(),
            month: Month::new(2026, 1),
            area: None,
            basis: Basis::FirstHand,
        },
        words: Some(Words {
            lang: "en".to_owned(),
            text: "Did not pay and would not leave.".to_owned(),
        }),
        handles: [handle.clone()].into_iter().collect(),
    }
}
