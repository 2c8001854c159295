//! Ceremonies among nodes that run, while a client looks up without a gap.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod ceremonies;

use ceremonies::{Place, json, parasol, run, start, text};
use parasol_cli::founding::ports;
use parasol_cli::home::{Home, Profile};
use parasol_node::config::File as NodeFile;
use parasol_node::keys::{NodeIdentity, Tokens};
use parasol_protocol::certificate::Certificate;
use parasol_protocol::oprf::KeyName;
use serde_json::Value;
use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Nodes that run; they end with the test, however it ends.
#[derive(Default)]
struct Running(Vec<(String, Child)>);

impl Running {
    fn start(&mut self, dir: &str) {
        let log = fs::File::create(Path::new(dir).join("log")).unwrap();
        let child = parasol()
            .args(["node", "run", dir, "--die-with-parent"])
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.0.push((dir.to_owned(), child));
    }

    fn kill(&mut self, dir: &str) {
        let at = self.0.iter().position(|(d, _)| d == dir).unwrap();
        let (_, mut child) = self.0.remove(at);
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for (dir, child) in &mut self.0 {
            drop(child.kill());
            drop(child.wait());
            if thread::panicking() {
                let log = fs::read_to_string(Path::new(dir).join("log")).unwrap_or_default();
                let lines: Vec<&str> = log.lines().collect();
                let end = &lines[lines.len().saturating_sub(30)..];
                eprintln!("--- {dir}\n{}", end.join("\n"));
            }
        }
    }
}

/// Waits until something is so; only a test that fails waits to the end.
fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain for: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn certificate(node: &str) -> Option<Certificate> {
    NodeIdentity::read(Path::new(node)).ok()?.certificate
}

/// Whether all of these go by one certificate of this epoch or a later one, of so many holders.
fn hold(nodes: &[String], epoch: u32, holders: usize) -> bool {
    let mut all = nodes.iter().map(|node| {
        let certificate = certificate(node)?;
        let key = certificate.key(KeyName::Bucket)?;
        let fits = certificate.epoch() >= epoch && key.shares().len() == holders;
        fits.then(|| *certificate.digest())
    });
    let first = all.next().flatten();
    first.is_some() && all.all(|one| one == first)
}

/// A ceremony of these, begun by hand if none has begun by itself.
fn renew(nodes: &[String], epoch: u32, holders: usize, words: &[&str]) {
    let out = run(&[&["ceremony", "start", &nodes[0]], words, &["--json"]].concat());
    if !out.status.success() {
        let said = String::from_utf8(out.stderr).unwrap();
        assert!(said.contains("under-way"), "{said}");
    }
    wait_for(&format!("generation {epoch}, {holders} holders"), || {
        hold(nodes, epoch, holders)
    });
}

/// At each of these nodes somebody agrees to a ceremony.
fn join_when_it_arrives(nodes: &[String], name: &str) {
    for node in nodes {
        wait_for("the plan to arrive", || {
            let listed = json(&["ceremony", "status", node]);
            let all = listed["ceremonies"].as_array().unwrap();
            all.iter().any(|c| c["name"] == name)
        });
        text(&["ceremony", "join", node, name]);
    }
}

fn node_status(home: &str, profile: &str) -> Value {
    let words = ["--home", home, "--profile", profile, "node", "status"];
    let out = run(&[&words[..], &["--json"]].concat());
    serde_json::from_slice(&out.stdout).unwrap_or_default()
}

fn peers(home: &str, profile: &str) -> u64 {
    node_status(home, profile)["peers"]
        .as_u64()
        .unwrap_or_default()
}

const NUMBER: &str = "+33639984711";

/// Somebody who looks up all the time, and must find each time.
struct Client {
    stop: Arc<AtomicBool>,
    found: Arc<AtomicUsize>,
    thread: Option<thread::JoinHandle<Result<(), String>>>,
}

impl Client {
    fn start(home: &str, profile: &'static str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let found = Arc::new(AtomicUsize::new(0));
        let (stopped, count, home) = (Arc::clone(&stop), Arc::clone(&found), home.to_owned());
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::SeqCst) {
                let words = [
                    "--home",
                    &home,
                    "--profile",
                    profile,
                    "check",
                    NUMBER,
                    "--json",
                ];
                let out = run(&words);
                let said = String::from_utf8_lossy(&out.stderr).into_owned();
                let answer: Value = serde_json::from_slice(&out.stdout).unwrap_or_default();
                let reports = answer
                    .pointer("/results/0/reports")
                    .and_then(Value::as_array);
                if reports.is_none_or(Vec::is_empty) {
                    return Err(format!(
                        "look-up {}: {said} {answer}",
                        count.load(Ordering::SeqCst)
                    ));
                }
                count.fetch_add(1, Ordering::SeqCst);
            }
            Ok(())
        });
        Self {
            stop,
            found,
            thread: Some(thread),
        }
    }

    /// Whether it goes on, and has looked up some times more since.
    fn goes_on(&self) {
        let before = self.found.load(Ordering::SeqCst);
        wait_for("look-ups", || {
            let ended = self
                .thread
                .as_ref()
                .is_none_or(thread::JoinHandle::is_finished);
            ended || self.found.load(Ordering::SeqCst) > before + 1
        });
    }

    fn end(mut self) -> usize {
        self.stop.store(true, Ordering::SeqCst);
        let ended = self.thread.take().unwrap().join().unwrap();
        if let Err(why) = ended {
            panic!("a look-up found nothing: {why}");
        }
        self.found.load(Ordering::SeqCst)
    }
}

/// The address at which other nodes reach this one.
fn address(node: &str) -> String {
    let file = NodeFile::read(Path::new(node)).unwrap();
    let terms = fs::read_to_string(Path::new(node).join("terms")).unwrap();
    let terms: toml::Table = terms.parse().unwrap();
    format!(
        "{}/p2p/{}",
        file.net.listen[0],
        terms["peer_id"].as_str().unwrap()
    )
}

/// Gives a node of `node init` ports on this machine.
fn settle_down(node: &str) {
    let mut file = NodeFile::read(Path::new(node)).unwrap();
    let (http, p2p) = ports(1, None).unwrap()[0];
    file.http.listen = (Ipv4Addr::LOCALHOST, http).into();
    file.net.listen = vec![format!("/ip4/127.0.0.1/tcp/{p2p}")];
    file.write(Path::new(node)).unwrap();
}

/// Gives a home a profile that a node lets in.
fn let_in(home: &Home, node: &str, name: &str) {
    let dir = Path::new(node);
    fs::write(
        dir.join("tokens.toml"),
        Tokens::file_text([(name, "a token")]),
    )
    .unwrap();
    let organisation = NodeIdentity::read(dir).unwrap().organisation;
    let http = NodeFile::read(dir).unwrap().http.listen;
    home.save(&Profile {
        name: name.into(),
        organisation: organisation.to_string(),
        node: format!("http://{http}"),
        token: "a token".into(),
        country: Some("FR".into()),
        ..Default::default()
    })
    .unwrap();
}

fn know(node: &str, peers: Vec<String>) {
    let mut file = NodeFile::read(Path::new(node)).unwrap();
    file.net.peers = peers;
    file.write(Path::new(node)).unwrap();
}

/// Refresh, a fourth organisation joining, one leaving, one absent throughout; and all along somebody
/// looks up.
#[test]
fn keys_change_hands_while_a_client_looks_up_without_a_gap() {
    let place = Place::with_federation();
    let mut nodes = place.nodes();
    let home = place.at("fed/home");
    let mut running = Running::default();
    for node in &nodes {
        running.start(node);
    }
    wait_for("the nodes to meet", || peers(&home, "lilas") == 2);
    let lilas = ["--home", &home, "--profile", "lilas"];
    let report = ["report", NUMBER, "--level", "risk", "--code", "theft"];
    text(&[&lilas[..], &report].concat());
    let found = ["--home", &home, "--profile", "ryabina", "check", NUMBER];
    wait_for("the report to arrive", || {
        let answer = json(&found);
        answer["results"][0]["reports"]
            .as_array()
            .is_some_and(|r| !r.is_empty())
    });
    let key = *certificate(&nodes[0])
        .unwrap()
        .key(KeyName::Bucket)
        .unwrap()
        .public();
    let client = Client::start(&home, "lilas");
    client.goes_on();

    // Refresh.
    renew(&nodes, 2, 3, &[]);
    client.goes_on();

    // A fourth organisation joins.
    place.welcome("mohn", "DE");
    let mohn = place.at("mohn");
    settle_down(&mohn);
    let of_lilas = NodeFile::read(Path::new(&nodes[1])).unwrap().net.peers;
    let mut others = of_lilas;
    others.extend(NodeFile::read(Path::new(&nodes[0])).unwrap().net.peers);
    know(&mohn, others);
    let_in(&Home::open(Path::new(&home)).unwrap(), &mohn, "mohn");
    running.start(&mohn);
    wait_for("mohn to be let in", || peers(&home, "lilas") == 3);
    wait_for("the report to arrive at mohn", || {
        node_status(&home, "mohn")["reports"] == 1
    });
    nodes.push(mohn.clone());
    renew(&nodes, 3, 4, &[]);
    client.goes_on();

    // One leaves.
    place.dismiss("rowan");
    let rowan = place.node("rowan");
    let rest: Vec<String> = nodes.iter().filter(|n| **n != rowan).cloned().collect();
    renew(&rest, 4, 3, &[]);
    running.kill(&rowan);
    client.goes_on();

    // One is absent throughout. It was there a moment ago, so somebody at each node has to agree.
    let ryabina = place.node("ryabina");
    running.kill(&ryabina);
    let two: Vec<String> = rest.iter().filter(|n| **n != ryabina).cloned().collect();
    let name = start(&two[0], &["--without", "ryabina"]);
    join_when_it_arrives(&two[1..], &name);
    wait_for("generation 5, 2 holders", || hold(&two, 5, 2));
    client.goes_on();
    let looked_up = client.end();
    assert!(looked_up >= 10, "{looked_up}");
    let now = certificate(&nodes[0]).unwrap();
    assert_eq!(
        *now.key(KeyName::Bucket).unwrap().public(),
        key,
        "the key stays"
    );
    // Shares of before are gone from the disks of those that run: people have left ryabina out.
    for node in &two {
        wait_for("old shares to go", || {
            let files = fs::read_dir(Path::new(node).join("keys")).unwrap();
            let names = files.map(|f| f.unwrap().file_name().into_string().unwrap());
            names.filter(|name| name.starts_with("shares-")).count() == 1
        });
    }
}

/// Nodes of strangers start without keys, say so, and make them among themselves.
#[test]
fn nodes_without_keys_wait_for_their_first_ceremony() {
    let place = Place::of_strangers();
    let nodes = place.nodes();
    for node in &nodes {
        settle_down(node);
    }
    for node in &nodes {
        let others = nodes.iter().filter(|n| *n != node).map(|n| address(n));
        know(node, others.collect());
    }
    let home = place.path("home");
    let made = Home::create(&home).unwrap();
    let_in(&made, &nodes[0], "lilas");
    let home = home.to_str().unwrap();
    let mut running = Running::default();
    for node in &nodes {
        running.start(node);
    }
    wait_for("the nodes to meet", || peers(home, "lilas") == 2);
    let me = ["--home", home, "--profile", "lilas"];
    let early = run(&[&me[..], &["check", NUMBER]].concat());
    let said = String::from_utf8(early.stderr).unwrap();
    assert!(!early.status.success());
    assert!(said.contains("ceremony"), "{said}");
    let status = text(&[&me[..], &["node", "status"]].concat());
    assert!(status.contains("ceremony"), "{status}");

    let name = start(&nodes[0], &[]);
    join_when_it_arrives(&nodes[1..], &name);
    wait_for("the keys", || hold(&nodes, 1, 3));
    let report = ["report", NUMBER, "--level", "risk", "--code", "theft"];
    wait_for("the nodes to take the keys into use", || {
        run(&[&me[..], &report].concat()).status.success()
    });
    let found = json(&[&me[..], &["check", NUMBER]].concat());
    assert!(
        !found["results"][0]["reports"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert!(!certificate(&nodes[0]).unwrap().dealt());
}
