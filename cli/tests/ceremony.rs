//! Ceremonies through the command line, by files alone: no node runs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod ceremonies;

use ceremonies::{Place, carry_around, delegate, json, refused, run, start, text};
use parasol_node::keys::{NodeIdentity, shares_of};
use parasol_protocol::cbor;
use parasol_protocol::ceremony::Board;
use parasol_protocol::oprf::KeyName;
use serde_json::Value;
use std::fs;
use std::path::Path;

fn read(dir: &str) -> NodeIdentity {
    NodeIdentity::read(Path::new(dir)).unwrap()
}

fn status(node: &str) -> Value {
    json(&["ceremony", "status", node])
}

/// What one ceremony is to a node.
fn seen(node: &str, name: &str) -> Value {
    json(&["ceremony", "status", node, name])["ceremonies"][0].clone()
}

/// Everybody joins, and the stick goes around until nobody has anything to say.
fn carried_out(place: &Place, nodes: &[String], name: &str) {
    let file = place.at("stick");
    text(&["ceremony", "give", &nodes[0], name, &file]);
    for node in &nodes[1..] {
        text(&["ceremony", "take", node, &file]);
        text(&["ceremony", "join", node, name]);
    }
    carry_around(place, nodes, name);
}

/// The name of the file of shares that the certificate in force names.
fn share_file(node: &str) -> String {
    let certificate = read(node).certificate.unwrap();
    let path = shares_of(Path::new(node), &certificate);
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// The files of shares in a node's directory.
fn share_files(node: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(Path::new(node).join("keys"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("shares"))
        .collect();
    names.sort();
    names
}

/// A board with other messages than its own.
fn board_of(plan: &[u8], messages: &[Vec<u8>]) -> Vec<u8> {
    cbor::encode(|e| {
        cbor::put_array(e, 2);
        cbor::put_bytes(e, plan);
        cbor::put_array(e, messages.len() as u64);
        for message in messages {
            cbor::put_bytes(e, message);
        }
    })
}

/// Three organisations that have nothing but their own machines, and a stick: roots, charter,
/// delegations, keys. One of them compares the digits.
#[test]
fn a_federation_comes_into_being_by_files_alone() {
    let place = Place::of_strangers();
    let nodes = place.nodes();
    let before = status(&nodes[0]);
    assert_eq!(before["epoch"], Value::Null);
    assert!(text(&["ceremony", "status", &nodes[0]]).contains("has no keys yet"));
    assert!(text(&["federation", "show", &nodes[0]]).contains("none yet"));
    let nothing = ["ceremony", "start", &nodes[0], "--renew"];
    assert_eq!(refused(&nothing), ("nothing-to-renew".to_owned(), 5));

    let name = start(&nodes[0], &["--generate"]);
    let short = &name[..6];
    let stick = place.at("stick");
    text(&["ceremony", "give", &nodes[0], short, &stick]);
    let said = text(&["ceremony", "take", &nodes[1], &stick]);
    assert!(said.contains("ceremony join"), "{said}");
    text(&["ceremony", "join", &nodes[1], short]);
    text(&["ceremony", "take", &nodes[2], &stick]);
    text(&["ceremony", "join", &nodes[2], short, "--compare"]);
    carry_around(&place, &nodes, &name);
    // Ryabina was asked to compare, and all wait for her.
    let waits = seen(&nodes[2], short);
    assert_eq!(waits["state"], "compare", "{waits}");
    assert_eq!(
        seen(&nodes[0], short)["missing"][0]["organisation"],
        "ryabina"
    );
    assert_eq!(status(&nodes[0])["epoch"], Value::Null);
    // Lilas has sent its parts: to compare now would keep nothing back, and it is told so.
    let late = ["ceremony", "join", &nodes[0], short, "--compare"];
    assert_eq!(refused(&late), ("too-late".to_owned(), 5));
    let digits = seen(&nodes[0], short)["digits"]
        .as_str()
        .unwrap()
        .to_owned();
    let typo = ["ceremony", "compare", &nodes[2], short, &digits[..10]];
    assert_eq!(refused(&typo), ("not-digits".to_owned(), 3));
    let said = text(&["ceremony", "compare", &nodes[2], short, &digits]);
    assert!(said.contains("are the same"), "{said}");
    carry_around(&place, &nodes, &name);

    let certificate = read(&nodes[0]).certificate.unwrap();
    assert!(!certificate.dealt());
    assert_eq!(certificate.epoch(), 1);
    for node in &nodes {
        let read = read(node);
        assert_eq!(read.certificate.unwrap().digest(), certificate.digest());
        assert_eq!(read.shares.len(), 13);
        assert!(read.shares.contains_key(&KeyName::Bucket));
        assert_eq!(seen(node, short)["state"], "over");
        let seed = Path::new(node).join("ceremonies").join(&name).join("seed");
        assert!(!seed.exists(), "what a ceremony is drawn from goes with it");
    }
    let again = ["ceremony", "start", &nodes[0], "--generate"];
    assert_eq!(refused(&again), ("keys-in-force".to_owned(), 5));
    text(&["ceremony", "forget", &nodes[0], short]);
    assert_eq!(status(&nodes[0])["ceremonies"].as_array().unwrap().len(), 0);
    // What one has said and forgotten one cannot say again.
    let other = start(&nodes[0], &[]);
    text(&["ceremony", "give", &nodes[0], &other, &stick]);
    text(&["ceremony", "stop", &nodes[0], &other]);
    text(&["ceremony", "forget", &nodes[0], &other]);
    let again = ["ceremony", "take", &nodes[0], &stick];
    assert_eq!(refused(&again), ("past".to_owned(), 5));
}

/// The keys stay, every share is another, and the old ones are gone from every disk.
#[test]
fn shares_are_renewed_by_files() {
    let place = Place::with_federation();
    let nodes = place.nodes();
    let before: Vec<_> = nodes.iter().map(|n| read(n)).collect();
    assert!(!before[0].certificate.as_ref().unwrap().dealt());
    let name = start(&nodes[0], &[]);
    assert_eq!(
        refused(&["ceremony", "start", &nodes[0]]),
        ("under-way".to_owned(), 5)
    );
    assert_eq!(
        refused(&["ceremony", "forget", &nodes[0], &name]),
        ("under-way".to_owned(), 5)
    );
    carried_out(&place, &nodes, &name);
    for (node, before) in nodes.iter().zip(&before) {
        let after = read(node);
        let (old, new) = (
            before.certificate.as_ref().unwrap(),
            after.certificate.as_ref().unwrap(),
        );
        assert_eq!((old.epoch(), new.epoch()), (1, 2));
        assert_eq!(after.shares.len(), before.shares.len());
        for key in new.keys() {
            assert_eq!(Some(key.public()), old.key(key.name()).map(|k| k.public()));
            assert_ne!(
                after.shares[&key.name()].to_bytes(),
                before.shares[&key.name()].to_bytes()
            );
        }
        assert_eq!(share_files(node), [share_file(node)]);
        assert!(share_file(node).starts_with("shares-2-"));
    }
    let said = text(&["ceremony", "status", &nodes[0]]);
    assert!(
        said.contains("generation 2 of the federation's keys is in force"),
        "{said}"
    );
    assert!(status(&nodes[0])["next_refresh"].is_string());
}

/// A lost share comes back by a ceremony. If too many are lost to renew anything, all give the
/// certificate up, and make new keys, under a number that nobody has signed.
#[test]
fn keys_that_are_lost_are_made_anew() {
    let place = Place::with_federation();
    let nodes = place.nodes();
    let key = |node: &str| {
        let certificate = read(node).certificate.unwrap();
        let public = *certificate.key(KeyName::Bucket).unwrap().public();
        (certificate.epoch(), public)
    };
    let before = key(&nodes[0]);
    let lose = |node: &str| {
        fs::remove_file(Path::new(node).join("keys").join(share_file(node))).unwrap();
        assert_eq!(read(node).shares.len(), 0);
    };
    // One share is lost: its holder itself begins, and the others share out.
    lose(&nodes[1]);
    let mended = start(&nodes[1], &[]);
    carried_out(&place, &nodes_from(&nodes[1], &nodes), &mended);
    assert_eq!(read(&nodes[1]).shares.len(), 13);
    assert_eq!(key(&nodes[1]), (2, before.1));
    // Two of three are lost.
    lose(&nodes[1]);
    lose(&nodes[2]);
    let begun = start(&nodes[0], &["--without", "rowan"]);
    let stick = place.at("stick");
    text(&["ceremony", "give", &nodes[0], &begun, &stick]);
    text(&["ceremony", "take", &nodes[2], &stick]);
    let join = ["ceremony", "join", &nodes[2], &begun];
    assert_eq!(refused(&join), ("share".to_owned(), 7));
    assert_eq!(
        refused(&join),
        ("unknown-ceremony".to_owned(), 3),
        "nothing is left of it"
    );
    // It has said nothing, so it may take it in again.
    text(&["ceremony", "take", &nodes[2], &stick]);
    text(&["ceremony", "stop", &nodes[0], &begun]);
    for node in &nodes {
        fs::remove_file(Path::new(node).join("certificate.cbor")).unwrap();
    }
    let anew = start(&nodes[0], &["--generate"]);
    carried_out(&place, &nodes, &anew);
    let after = key(&nodes[2]);
    assert_eq!((before.0, after.0), (1, 3));
    assert_ne!(before.1, after.1);
    assert_eq!(share_files(&nodes[0]), [share_file(&nodes[0])]);
}

/// One is away throughout, and holds shares again with the next ceremony.
#[test]
fn who_is_away_is_left_out_and_comes_back() {
    let place = Place::with_federation();
    let nodes = place.nodes();
    let ryabina = place.node("ryabina");
    let there: Vec<String> = nodes.iter().filter(|n| **n != ryabina).cloned().collect();
    assert_eq!(
        refused(&["ceremony", "start", &there[0], "--without", "mohn"]),
        ("unknown-organisation".to_owned(), 3)
    );
    let away = ["--without", "ryabina"];
    let both = [
        "ceremony",
        "start",
        &there[0],
        "--without",
        "ryabina",
        "--without",
        "rowan",
    ];
    assert_eq!(refused(&both), ("too-few".to_owned(), 3));
    let name = start(&there[0], &away);
    assert_eq!(seen(&there[0], &name)["without"][0], "ryabina");
    carried_out(&place, &there, &name);
    assert_eq!(status(&there[0])["epoch"], 2);
    assert_eq!(read(&ryabina).certificate.unwrap().epoch(), 1);
    // Back again, she hears of it, and has no share that fits; what she had is kept for some days.
    let file = place.at("late");
    text(&["ceremony", "give", &there[0], &name, &file]);
    text(&["ceremony", "take", &ryabina, &file]);
    let back = read(&ryabina);
    assert_eq!(back.certificate.unwrap().epoch(), 2);
    assert_eq!(back.shares.len(), 0);
    assert_eq!(share_files(&ryabina).len(), 1);
    let name = start(&there[0], &[]);
    carried_out(&place, &nodes_from(&there[0], &nodes), &name);
    for node in &nodes {
        let read = read(node);
        let certificate = read.certificate.unwrap();
        assert_eq!(certificate.epoch(), 3);
        assert_eq!(certificate.keys().next().unwrap().shares().len(), 3);
        assert_eq!(read.shares.len(), 13);
        assert_eq!(share_files(node).len(), 1);
    }
}

/// Two renew without the third, because somebody tells them to: the shares of before are kept only where
/// nodes leave somebody out by themselves.
#[test]
fn whom_people_leave_out_by_hand_has_shares_that_fit_nothing_any_more() {
    let place = Place::with_federation();
    let nodes = place.nodes();
    let ryabina = place.node("ryabina");
    let there: Vec<String> = nodes.iter().filter(|n| **n != ryabina).cloned().collect();
    let back = ["ceremony", "start", &there[0], "--from-before"];
    assert_eq!(refused(&back).0, "nothing-kept");
    // People leave somebody out, whose shares may be in strange hands: nothing stays that fits them.
    let name = start(&there[0], &["--without", "ryabina"]);
    carried_out(&place, &there, &name);
    for node in &there {
        assert_eq!(share_files(node).len(), 1);
        assert_eq!(status(node)["epoch"], 2);
    }
    assert_eq!(refused(&back).0, "nothing-kept");
}

/// Two have renewed by themselves without the third, and one of them is gone for good. People go back to the
/// shares of before; the nodes, which look at the same files, do not take that for overtaken.
#[test]
fn people_go_back_to_the_shares_of_before() {
    let place = Place::with_federation();
    let nodes = place.nodes();
    let ryabina = place.node("ryabina");
    let there: Vec<String> = nodes.iter().filter(|n| **n != ryabina).cloned().collect();
    let first = read(&there[0]).certificate.unwrap();
    let name = start(&there[0], &["--without", "ryabina"]);
    let file = place.at("stick");
    text(&["ceremony", "give", &there[0], &name, &file]);
    text(&["ceremony", "take", &there[1], &file]);
    text(&["ceremony", "join", &there[1], &name]);
    for node in &there {
        // As where nodes do it by themselves.
        let part = Path::new(node).join("ceremonies").join(&name).join("part");
        fs::write(part, "auto").unwrap();
    }
    carry_around(&place, &there, &name);
    let second = read(&there[0]).certificate.unwrap();
    assert_eq!((first.epoch(), second.epoch()), (1, 2));
    text(&["ceremony", "give", &there[0], &name, &file]);
    text(&["ceremony", "take", &ryabina, &file]);

    let gone = there[1].clone();
    let organisation = organisation(&gone);
    let back = start(
        &there[0],
        &["--from-before", "--without", organisation.as_str()],
    );
    let noted = Path::new(&there[0])
        .join("ceremonies")
        .join(&back)
        .join("in-force");
    assert_eq!(fs::read(noted).unwrap(), second.digest());
    let left = [there[0].clone(), ryabina];
    carried_out(&place, &left, &back);
    for node in &left {
        let read = read(node);
        let certificate = read.certificate.unwrap();
        assert_eq!(certificate.epoch(), 3);
        assert_eq!(read.shares.len(), 13);
        for key in first.keys() {
            let now = certificate.key(key.name()).unwrap();
            assert_eq!(now.public(), key.public());
        }
    }
}

/// A disk died with all that was on it: node, keys, share. The organisation makes a node anew, and the
/// next ceremony brings it in, though the lost node's delegation still holds. Keys stay what they are.
#[test]
fn a_node_that_is_lost_whole_is_made_anew_and_holds_again() {
    let place = Place::with_federation();
    let nodes = place.nodes();
    let public = |node: &str| {
        let certificate = read(node).certificate.unwrap();
        *certificate.key(KeyName::Bucket).unwrap().public()
    };
    let (before, root) = (public(&nodes[0]), place.root("ryabina"));
    fs::remove_dir_all(&nodes[2]).unwrap();
    let anew = place.at("anew");
    text(&["node", "init", &anew, "--name", "ryabina"]);
    let papers = ["charter.cbor", "certificate.cbor", "trust.cbor"];
    let papers = papers.map(|file| format!("{}/{file}", nodes[0]));
    text(&["node", "take", &anew, &papers[0], &papers[1], &papers[2]]);
    text(&["node", "request", &anew, "--organisation", "ryabina"]);
    let (request, answer) = (format!("{anew}/request"), place.at("answer"));
    text(&delegate(&request, &root, &answer, &[]));
    let nodes = [nodes[0].clone(), nodes[1].clone(), anew.clone()];
    for node in &nodes {
        text(&["node", "take", node, &answer]);
    }
    assert_eq!(read(&anew).shares.len(), 0);
    // From another node's files nobody can tell which of the two is there. The new one begins itself:
    // so the others know that it has nothing to share out.
    let which = ["ceremony", "start", &nodes[0]];
    assert_eq!(refused(&which), ("several-nodes".to_owned(), 3));
    let name = start(&anew, &[]);
    carried_out(&place, &nodes_from(&anew, &nodes), &name);
    for node in &nodes {
        let read = read(node);
        assert_eq!(read.shares.len(), 13, "{node}");
        let certificate = read.certificate.unwrap();
        assert_eq!(certificate.epoch(), 2);
        assert_eq!(certificate.keys().next().unwrap().shares().len(), 3);
        assert_eq!(public(node), before);
    }
}

/// All of them, this one first.
fn nodes_from(first: &str, nodes: &[String]) -> Vec<String> {
    let mut all = vec![first.to_owned()];
    all.extend(nodes.iter().filter(|n| *n != first).cloned());
    all
}

/// A fourth organisation comes in, by a charter that more than half have signed, and another leaves.
#[test]
fn a_fourth_organisation_joins_and_one_leaves() {
    let place = Place::with_federation();
    let mut nodes = place.nodes();
    let public = |node: &str| {
        *read(node)
            .certificate
            .unwrap()
            .key(KeyName::Bucket)
            .unwrap()
            .public()
    };
    let key = public(&nodes[0]);
    place.welcome("mohn", "DE");
    let mohn = place.at("mohn");
    nodes.push(mohn.clone());
    // The shares of before answer until there are new ones: nothing has happened to them.
    assert_eq!(read(&nodes[0]).shares.len(), 13);
    let name = start(&nodes[0], &[]);
    assert_eq!(
        seen(&nodes[0], &name)["holders"].as_array().unwrap().len(),
        4
    );
    carried_out(&place, &nodes, &name);
    for node in &nodes {
        let read = read(node);
        let certificate = read.certificate.unwrap();
        assert_eq!(certificate.epoch(), 2);
        assert_eq!(certificate.keys().next().unwrap().threshold(), 3);
        assert_eq!(read.shares.len(), 13, "{node}");
    }
    assert_eq!(public(&mohn), key, "the key stays what it is");

    place.dismiss("rowan");
    let rowan = place.node("rowan");
    let rest: Vec<String> = nodes.iter().filter(|n| **n != rowan).cloned().collect();
    let name = start(&rest[0], &[]);
    carried_out(&place, &rest, &name);
    for node in &rest {
        let read = read(node);
        assert_eq!(read.certificate.unwrap().epoch(), 3);
        assert_eq!(read.shares.len(), 13);
    }
    assert_eq!(public(&rest[0]), key);
}

/// Somebody stands between two who compare: the ceremony stops, everywhere, and nothing is lost.
#[test]
fn other_digits_stop_the_ceremony_with_an_alarm() {
    let place = Place::with_federation();
    let nodes = place.nodes();
    let name = start(&nodes[0], &["--compare"]);
    let early = [
        "ceremony",
        "compare",
        &nodes[0],
        &name,
        "1111 2222 3333 4444 5555",
    ];
    assert_eq!(refused(&early), ("too-early".to_owned(), 3));
    carried_out(&place, &nodes, &name);
    let seen_here = seen(&nodes[0], &name);
    assert_eq!(seen_here["state"], "compare");
    let mut heard: Vec<char> = seen_here["digits"].as_str().unwrap().chars().collect();
    heard[0] = if heard[0] == '0' { '1' } else { '0' };
    let heard: String = heard.into_iter().collect();
    let out = run(&["ceremony", "compare", &nodes[0], &name, &heard]);
    let said = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(5), "{said}");
    assert!(
        said.contains("ALARM") && said.contains("is stopped"),
        "{said}"
    );
    carry_around(&place, &nodes, &name);
    for node in &nodes {
        let seen = seen(node, &name);
        assert_eq!(seen["state"], "stopped");
        assert_eq!(seen["stopped"][0]["reason"], "voice");
        assert_eq!(status(node)["epoch"], 1);
        assert_eq!(read(node).shares.len(), 13);
        assert!(text(&["ceremony", "status", node]).contains("ALARM"));
    }
    // Not even the right digits bring it back.
    let right = seen_here["digits"].as_str().unwrap();
    let late = ["ceremony", "compare", &nodes[1], &name, right];
    assert!(!run(&late).status.success() || seen(&nodes[1], &name)["state"] == "stopped");
    // And the next one comes to its end.
    let next = start(&nodes[0], &[]);
    carried_out(&place, &nodes, &next);
    assert_eq!(status(&nodes[2])["epoch"], 2);
}

/// Called off, with the names of who was silent.
#[test]
fn a_ceremony_is_called_off_and_names_who_was_silent() {
    let place = Place::with_federation();
    let nodes = place.nodes();
    let name = start(&nodes[0], &[]);
    let stick = place.at("stick");
    text(&["ceremony", "give", &nodes[0], &name, &stick]);
    text(&["ceremony", "take", &nodes[1], &stick]);
    assert_eq!(
        refused(&["ceremony", "stop", &nodes[1], &name]),
        ("not-joined".to_owned(), 3)
    );
    text(&["ceremony", "join", &nodes[1], &name]);
    let stopped = json(&["ceremony", "stop", &nodes[1], &name, "--silence"]);
    assert_eq!(stopped["state"], "stopped");
    let why = &stopped["stopped"][0];
    assert_eq!(why["reason"], "silence");
    assert_eq!(why["missed"][0]["organisation"], organisation(&nodes[2]));
    text(&["ceremony", "give", &nodes[1], &name, &stick]);
    let said = text(&["ceremony", "take", &nodes[0], &stick]);
    assert!(said.contains("has waited in vain for"), "{said}");
    assert!(said.contains("--without ORG"), "{said}");
    assert_eq!(
        refused(&["ceremony", "join", &nodes[0], &name]),
        ("stopped".to_owned(), 5)
    );
    text(&["ceremony", "forget", &nodes[0], &name]);
    let unknown = ["ceremony", "join", &nodes[0], &name];
    assert_eq!(refused(&unknown), ("unknown-ceremony".to_owned(), 3));
    assert_eq!(
        refused(&["ceremony", "join", &nodes[0], "xyz"]),
        ("bad-name".to_owned(), 3)
    );
}

fn organisation(node: &str) -> String {
    status(node)["organisation"].as_str().unwrap().to_owned()
}

/// What does not belong to a ceremony changes nothing there.
#[test]
fn packages_of_other_ceremonies_and_other_senders_change_nothing() {
    let place = Place::with_federation();
    let nodes = place.nodes();
    // A ceremony that stopped, whose joins somebody keeps.
    let first = start(&nodes[0], &[]);
    let file = place.at("first");
    text(&["ceremony", "give", &nodes[0], &first, &file]);
    text(&["ceremony", "take", &nodes[1], &file]);
    text(&["ceremony", "join", &nodes[1], &first]);
    text(&["ceremony", "give", &nodes[1], &first, &file]);
    let (_, of_the_first) = Board::split(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(of_the_first.len(), 2);
    text(&["ceremony", "stop", &nodes[0], &first]);

    let second = start(&nodes[0], &[]);
    let file = place.at("second");
    text(&["ceremony", "give", &nodes[0], &second, &file]);
    let (plan, own) = Board::split(&fs::read(&file).unwrap()).unwrap();
    let altered = |at: usize| {
        let mut message = own[0].clone();
        message[at] ^= 1;
        message
    };
    let last = own[0].len() - 1;
    let sender = read(&nodes[0]).keys.record.public();
    let place_of = own[0].windows(32).position(|w| w == sender).unwrap();
    let mut by_another = own[0].clone();
    by_another[place_of..place_of + 32].copy_from_slice(&read(&nodes[1]).keys.record.public());
    let before = fs::read(&file).unwrap();
    for (what, messages) in [
        ("another ceremony's", of_the_first.clone()),
        ("a signature that does not hold", vec![altered(last)]),
        ("in another's name", vec![by_another]),
        ("the same again", vec![own[0].clone(), own[0].clone()]),
        ("no message at all", vec![vec![0; 40]]),
    ] {
        fs::write(place.path("forged"), board_of(&plan, &messages)).unwrap();
        let taken = json(&["ceremony", "take", &nodes[0], &place.at("forged")]);
        assert_eq!(taken["ceremonies"][0]["new"], false, "{what}");
        let after = place.at("after");
        text(&["ceremony", "give", &nodes[0], &second, &after]);
        assert_eq!(fs::read(&after).unwrap(), before, "{what}");
    }
    // A file that is damaged on its way is refused whole.
    fs::write(place.path("cut"), &before[..before.len() / 2]).unwrap();
    let cut = ["ceremony", "take", &nodes[1], &place.at("cut")];
    assert_eq!(refused(&cut).1, 3);

    // Of another epoch: what made the shares of before is no plan any more.
    carried_out(&place, &nodes, &second);
    assert_eq!(status(&nodes[2])["epoch"], 2);
    let third = start(&nodes[1], &[]);
    carried_out(&place, &nodes_from(&nodes[1], &nodes), &third);
    text(&["ceremony", "forget", &nodes[2], &second]);
    let old = ["ceremony", "take", &nodes[2], &file];
    let (code, exit) = refused(&old);
    assert!(code == "plan-certificate" || code == "plan-epoch", "{code}");
    assert_eq!(exit, 3);
    assert_eq!(status(&nodes[2])["epoch"], 3);
}

/// Whoever has copies of all nodes can make two certificates of one epoch. Nobody follows the second.
#[test]
fn a_second_certificate_of_one_epoch_is_an_alarm() {
    let place = Place::with_federation();
    let nodes = place.nodes();
    let copies: Vec<String> = nodes
        .iter()
        .map(|node| {
            let copy = place.at(&format!("copy-{}", organisation(node)));
            let copied = std::process::Command::new("cp")
                .args(["-a", node, &copy])
                .status();
            assert!(copied.unwrap().success());
            copy
        })
        .collect();
    for side in [&nodes, &copies] {
        let name = start(&side[0], &[]);
        carried_out(&place, side, &name);
        assert_eq!(status(&side[0])["epoch"], 2);
    }
    let (ours, theirs) = (read(&nodes[0]), read(&copies[0]));
    let digest = |node: &NodeIdentity| *node.certificate.as_ref().unwrap().digest();
    assert_ne!(digest(&ours), digest(&theirs));
    let other = format!("{}/certificate.cbor", copies[0]);
    let out = run(&["node", "take", &nodes[0], &other]);
    let said = String::from_utf8(out.stderr).unwrap() + &String::from_utf8(out.stdout).unwrap();
    assert!(!out.status.success(), "{said}");
    assert!(said.contains("ALARM"), "{said}");
    for name in ["lilas", "rowan", "ryabina"] {
        assert!(said.contains(name), "who signed both is named: {said}");
    }
    assert_eq!(digest(&read(&nodes[0])), digest(&ours));
}

/// Files that are gone or damaged on one's own disk: it is said what is wrong and what to do.
#[test]
fn damaged_files_and_a_missing_seed_are_told() {
    let place = Place::with_federation();
    let nodes = place.nodes();
    let name = start(&nodes[0], &[]);
    let stick = place.at("stick");
    text(&["ceremony", "give", &nodes[0], &name, &stick]);
    for node in &nodes[1..] {
        text(&["ceremony", "take", node, &stick]);
        text(&["ceremony", "join", node, &name]);
    }
    let seed = Path::new(&nodes[1])
        .join("ceremonies")
        .join(&name)
        .join("seed");
    fs::remove_file(&seed).unwrap();
    assert_eq!(seen(&nodes[1], &name)["part"], "seed-gone");
    let words = ["ceremony", "join", &nodes[1], &name];
    assert_eq!(refused(&words), ("seed-gone".to_owned(), 7));
    assert!(!seed.exists(), "no other seed takes its place");
    // Nobody else's seed serves instead.
    let other = Path::new(&nodes[2])
        .join("ceremonies")
        .join(&name)
        .join("seed");
    fs::copy(&other, &seed).unwrap();
    let words = ["ceremony", "take", &nodes[1], &stick];
    assert_eq!(refused(&words), ("other-seed".to_owned(), 7));
    fs::remove_file(&seed).unwrap();
    // To call it off, the node's own key is enough.
    let stopped = json(&["ceremony", "stop", &nodes[1], &name]);
    assert_eq!(stopped["state"], "stopped");

    let board = Path::new(&nodes[2])
        .join("ceremonies")
        .join(&name)
        .join("board.cbor");
    let whole = fs::read(&board).unwrap();
    fs::write(&board, &whole[..whole.len() - 7]).unwrap();
    assert_eq!(seen(&nodes[2], &name)["state"], "unreadable");
    let said = text(&["ceremony", "status", &nodes[2]]);
    assert!(
        said.contains("generation 1") && said.contains("ceremony forget"),
        "{said}"
    );
    assert_eq!(refused(&["ceremony", "join", &nodes[2], &name]).1, 7);
    // What others have of it mends nothing that is one's own; forgotten, it is gone.
    text(&["ceremony", "forget", &nodes[2], &name]);
    let gone = ["ceremony", "status", &nodes[2], &name];
    assert_eq!(refused(&gone), ("unknown-ceremony".to_owned(), 3));
    let nowhere = ["ceremony", "status", &place.at("nowhere")];
    assert_eq!(refused(&nowhere), ("node-directory".to_owned(), 7));
}
