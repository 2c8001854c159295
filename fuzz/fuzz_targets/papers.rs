//! The files that go from hand to hand between machines, or that people write: what a node asks its
//! root to sign, what it takes in, records, words and parts of a root key, graphs of vouches, drafts
//! of a charter, grants, profiles; and what a home node says of quotas, of itself, and where it refuses.
//! The first byte says which.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parasol_fuzz::answers::{Status, refusal};
use parasol_fuzz::common::world::{TODAY, World};
use parasol_fuzz::draft::Draft;
use parasol_fuzz::files::{create_private_dir, write_private};
use parasol_fuzz::globals::Globals;
use parasol_fuzz::grants::{DIR, waiting};
use parasol_fuzz::home::Home;
use parasol_fuzz::keys::{encode_trust, read_chain, read_trust};
use parasol_fuzz::papers::{DelegationRequest, take};
use parasol_fuzz::quota::QuotaCommand;
use parasol_fuzz::root::{Part, WordError, from_words, join, mend, words};
use parasol_fuzz::rooted::read_records;
use parasol_fuzz::seeds::{reached, reached_if, watched};
use parasol_fuzz::stage::theatre;
use parasol_fuzz::{place, session, trust};
use parasol_protocol::certificate::{Certificate, Judging};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::record::Verified;
use parasol_protocol::record::delegation::SlotRange;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Vouches in a graph that is worked out, so that it takes milliseconds.
const MOST_VOUCHES: usize = 64;

fn world() -> &'static World {
    &theatre().world
}

fn request(bytes: &[u8]) {
    if let Ok(request) = DelegationRequest::decode(bytes) {
        reached();
        assert_eq!(request.encode(), bytes);
        let slots = SlotRange { first: 0, count: 1 };
        let delegation = request.delegation(slots, TODAY);
        assert_eq!(delegation.terms.record_key, request.record_key);
    }
}

/// The directory of a node of lilas that knows the charter, and no more.
fn node() -> &'static Path {
    let dir = place::empty();
    let me = &world().lilas;
    create_private_dir(&dir.join("keys")).unwrap();
    for (name, seed) in [
        ("record.key", me.node.seed()),
        ("transport.key", me.transport.seed()),
        ("seal.key", me.seal.seed()),
    ] {
        let text = hex::encode(*seed);
        write_private(&dir.join("keys").join(name), text.as_bytes()).unwrap();
    }
    let chain = parasol_protocol::charter::Chain::found(world().charter.bytes()).unwrap();
    write_private(&dir.join("charter.cbor"), &chain.to_bytes()).unwrap();
    dir
}

/// What a node takes in lies in its directory afterwards, and holds; what it does not leaves no trace.
fn taken(bytes: &[u8]) {
    let dir = node();
    let paper = place::file("paper", bytes);
    let files = || -> Vec<Option<Vec<u8>>> {
        let names = ["charter.cbor", "trust.cbor", "certificate.cbor"];
        names
            .iter()
            .map(|name| fs::read(dir.join(name)).ok())
            .collect()
    };
    let before = files();
    let Ok(taken) = take(dir, std::slice::from_ref(&paper), TODAY) else {
        assert_eq!(files(), before);
        return;
    };
    reached_if(taken.charters > 0 || taken.records > 0 || taken.certificate);
    let chain = read_chain(&dir.join("charter.cbor")).unwrap();
    assert_eq!(chain.current().version(), taken.version);
    let federation = *chain.current().federation();
    let known = read_trust(&dir.join("trust.cbor"), &federation).unwrap();
    assert_eq!(known.len(), taken.records);
    assert!(known.iter().all(|record| record.kind().by_root()));
    let mut directory = parasol_protocol::directory::Directory::new(chain.current());
    known.iter().for_each(|record| directory.learn(record));
    if let Ok(bytes) = fs::read(dir.join("certificate.cbor")) {
        Certificate::of_latest(&bytes, &chain.current(), &directory, Judging::InUse).unwrap();
    }
    // The same once more is nothing new.
    let again = take(dir, &[paper], TODAY).unwrap();
    assert_eq!((again.charters, again.records), (0, 0));
    assert!(!again.certificate);
}

fn records(bytes: &[u8]) {
    for federation in [&world().federation, theatre().others.charter().federation()] {
        if let Ok(records) = read_records(bytes, Path::new("file"), federation) {
            let mut all = records.iter();
            assert!(all.all(|r| Verified::from_bytes(r.bytes(), federation).is_ok()));
            reached();
        }
        let path = place::file("trust.cbor", bytes);
        if let Ok(records) = read_trust(&path, federation) {
            assert_eq!(encode_trust(&records), bytes);
            reached_if(!records.is_empty());
        }
    }
}

/// The root of which one word may be wrong.
static ROOT: LazyLock<SecretKey> = LazyLock::new(|| SecretKey::from_seed([7; 32]));

fn root_words(text: &str) {
    match from_words(text) {
        Ok(root) => {
            reached();
            let said = words(&root);
            assert_eq!(said.len(), 24);
            let again = from_words(&said.join(" ")).unwrap();
            assert_eq!(again.organisation(), root.organisation());
        }
        // One that is not in the list can be found again; of several it is not tried.
        Err(WordError::Unknown { .. }) => {
            let organisation = ROOT.organisation();
            if let Some((place, word, root)) = mend(text, &organisation) {
                reached();
                assert_eq!(root.organisation(), organisation);
                assert_eq!(words(&root)[place - 1], word.as_str());
            }
        }
        Err(why) => assert!(!why.to_string().is_empty()),
    }
}

/// Parts, each behind a zero.
fn parts(text: &str) {
    let mut all = Vec::new();
    for text in text.split('\0').take(16) {
        match Part::from_words(text) {
            Ok(part) => {
                let said = part.words().join(" ");
                assert!(Part::from_words(&said).is_ok_and(|again| again == part));
                all.push(part);
            }
            Err(why) => assert!(!why.to_string().is_empty()),
        }
    }
    if let Ok(root) = join(&all) {
        reached();
        // In whatever order they are given, unless there are two of one number.
        all.reverse();
        let numbers: BTreeSet<u8> = all.iter().map(|part| part.number).collect();
        let again = join(&all).unwrap();
        assert!(numbers.len() < all.len() || again.organisation() == root.organisation());
        let lot = all.iter().map(|p| (p.lot, p.needed)).collect::<Vec<_>>();
        assert!(lot.windows(2).all(|two| two[0] == two[1]));
    }
}

/// A graph, and behind a zero what would come in.
fn graph(bytes: &[u8]) {
    let (graph, more) = match bytes.iter().position(|b| *b == 0) {
        Some(at) => (&bytes[..at], Some(&bytes[at + 1..])),
        None => (bytes, None),
    };
    let path = place::file("graph.json", graph);
    let more = more.map(|bytes| place::file("more.json", bytes));
    if let Ok(graph) = trust::read(&path) {
        if graph.vouches().count() > MOST_VOUCHES {
            return;
        }
        reached_if(graph.accepted().next().is_some());
        let roots: u64 = graph.roots().map(|(_, budget)| u64::from(budget)).sum();
        let accepted = graph.accepted().count() as u64;
        // Every one that is in has taken one of some root's budget.
        assert!(accepted <= roots + graph.roots().count() as u64);
        for name in graph.accepted() {
            assert!(graph.distance(name).is_some() && graph.level(name) > 0);
        }
        assert!(trust::eval(&path, true).is_ok() && trust::eval(&path, false).is_ok());
    }
    if let Some(more) = more {
        for json in [true, false] {
            reached_if(attempted(&more, Some(&path), json));
        }
        // Records, too, upon those of a federation.
        attempted(&more, None, false);
    }
}

fn attempted(file: &Path, graph: Option<&PathBuf>, json: bool) -> bool {
    trust::attempt(file, graph.map(PathBuf::as_path), json).is_ok()
}

fn draft(text: &str) {
    let Ok(draft) = Draft::parse(text) else {
        return;
    };
    let text = draft.to_toml().unwrap();
    assert_eq!(Draft::parse(&text).as_ref(), Ok(&draft));
    let table: toml::Table = toml::from_str(&text).unwrap();
    let listed = |name| {
        table
            .get(name)
            .and_then(toml::Value::as_array)
            .map_or(0, Vec::len)
    };
    let mut terms = world().charter.terms().clone();
    if draft.apply(&mut terms).is_ok() {
        reached();
        assert_eq!(listed("organisation"), terms.organisations.len());
        assert_eq!(listed("former"), terms.former.len());
        assert_eq!(listed("cities"), terms.cities.len());
        // What is written of it says the same.
        let mut again = terms.clone();
        Draft::of(&terms).apply(&mut again).unwrap();
        assert_eq!(again, terms);
        if terms.check().is_ok() {
            let payload = terms.unsigned().write();
            assert!(!payload.is_empty());
        }
    }
}

fn grant(bytes: &[u8]) {
    let node = place::empty();
    std::fs::create_dir(node.join(DIR)).unwrap();
    place::file("grants/wanted.toml", bytes);
    let read = |name: &str| {
        let all = waiting(node);
        let path = node.join(DIR).join(name);
        let one = all.into_iter().find(|one| one.path() == path);
        one.unwrap().wanted()
    };
    if let Ok(wanted) = read("wanted.toml") {
        reached();
        wanted.put(node, "again").unwrap();
        assert_eq!(read("again.toml"), Ok(wanted));
        let publish = parasol_protocol::wire::client::Publish(vec![wanted.record()]);
        assert!(!publish.encode().is_empty());
    }
}

fn profile(bytes: &[u8]) {
    let home = Home::create(&place::empty().join("home")).unwrap();
    let place = home.dir().join("profiles").join("x.toml");
    write_private(&place, bytes).unwrap();
    let Ok(profile) = home.load("x") else {
        return;
    };
    reached();
    assert_eq!(profile.name, "x");
    let _ = (profile.federation(), profile.generation(), profile.pin());
    let _ = profile.organisation();
    home.save(&profile).unwrap();
    assert_eq!(home.load("x"), Ok(profile));
}

/// What a home node says of quotas, in JSON.
fn quota(bytes: &[u8]) {
    session::answer(bytes);
    for json in [true, false] {
        reached_if(parasol_fuzz::quota::run(&QuotaCommand::Show, &Globals { json }).is_ok());
    }
}

/// Text that goes to a terminal as it is.
fn harmless(line: &str) {
    let drives =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!line.trim_start_matches('\n').chars().any(drives));
}

/// What a home node says of itself, and what it says where it refuses, in JSON.
fn answers(bytes: &[u8]) {
    if let Some(status) = Status::read(bytes) {
        reached_if(status.is_whole());
        for line in status.show("http://127.0.0.1:1") {
            harmless(&line);
        }
    }
    let body = String::from_utf8_lossy(bytes);
    for status in [400, 401, 403, 404, 429, 503] {
        let error = refusal(status, &body);
        reached_if(error.code() != "refused");
        harmless(error.code());
        harmless(error.message());
    }
}

fuzz_target!(|bytes: &[u8]| {
    watched(|| {
        let Some((which, rest)) = bytes.split_first() else {
            return;
        };
        let text = std::str::from_utf8(rest);
        match (which, text) {
            (0, _) => request(rest),
            (1, _) => taken(rest),
            (2, _) => records(rest),
            (3, Ok(text)) => root_words(text),
            (4, Ok(text)) => parts(text),
            (5, _) => graph(rest),
            (6, Ok(text)) => draft(text),
            (7, _) => grant(rest),
            (8, _) => profile(rest),
            (9, _) => quota(rest),
            (10, _) => answers(rest),
            _ => {}
        }
    });
});
