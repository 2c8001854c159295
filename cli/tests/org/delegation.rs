//! What a root signs for its nodes, and the files that it goes in.

use crate::common::place::Place;
use crate::common::program::{json, refused, run, text};
use crate::common::words::delegate;
use crate::read;
use parasol_protocol::record::Body;
use std::fs;
use std::path::Path;

/// A node that was made by `node init` gets a key from an offline root, and may work.
#[test]
fn a_second_node_is_delegated_with_a_file_each_way() {
    let place = Place::with_federation();
    let node = place.at("second");
    text(&["node", "init", &node, "--name", "second"]);
    let not_yet = run(&["node", "request", &node, "--organisation", "lilas"]);
    assert_eq!(not_yet.status.code(), Some(3));
    let given = place.node("lilas");
    let papers = ["charter.cbor", "certificate.cbor", "trust.cbor"].map(|f| format!("{given}/{f}"));
    text(&["node", "take", &node, &papers[0], &papers[1], &papers[2]]);
    text(&["node", "request", &node, "--organisation", "lilas"]);
    let (request, answer) = (format!("{node}/request"), place.at("answer"));
    // Another organisation's root does not sign it.
    let stranger = delegate(&request, &place.root("rowan"), &answer, &[]);
    assert_eq!(refused(&stranger), ("another-organisation".to_owned(), 3));
    let too_long = delegate(&request, &place.root("lilas"), &answer, &["--days", "91"]);
    assert_eq!(refused(&too_long), ("days".to_owned(), 2));
    let said = json(&delegate(
        &request,
        &place.root("lilas"),
        &answer,
        &["--first-slot", "10000", "--slots", "5000"],
    ));
    text(&["node", "take", &node, &answer]);
    let identity = read(&node);
    assert_eq!(
        identity.organisation.to_string(),
        said["organisation"].as_str().unwrap()
    );
    let mine = identity.keys.record.node();
    let delegated = identity.trust.iter().find_map(|r| match r.body() {
        Body::Delegation(d) if d.terms.record_key == mine => Some(d.terms),
        _ => None,
    });
    assert_eq!(delegated.unwrap().slots.first, 10_000);
    assert!(text(&["node", "run", &node, "--check-config"]).contains("lilas"));
    // Altered on its way, a request is not signed, nor an answer taken.
    let mut bytes = fs::read(&request).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(place.path("altered"), bytes).unwrap();
    let altered = delegate(
        &place.at("altered"),
        &place.root("lilas"),
        &place.at("no"),
        &[],
    );
    assert_eq!(refused(&altered), ("possession".to_owned(), 3));
    let mut bytes = fs::read(&answer).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(place.path("bad-answer"), bytes).unwrap();
    assert_eq!(
        refused(&["node", "take", &node, &place.at("bad-answer")]),
        ("paper".to_owned(), 3)
    );
}

/// The renewal of a node that works already: its keys stay, its time is longer.
#[test]
fn a_delegation_is_renewed() {
    let place = Place::with_federation();
    let node = place.node("rowan");
    text(&["node", "request", &node]);
    let (request, answer) = (format!("{node}/request"), place.at("answer"));
    let root = place.root("rowan");
    let before = read(&node).trust.len();
    text(&delegate(&request, &root, &answer, &["--days", "80"]));
    text(&["node", "take", &node, &answer]);
    assert_eq!(read(&node).trust.len(), before + 1);
    // The same answer again says nothing new.
    assert!(text(&["node", "take", &node, &answer]).contains("no new records"));
    let journal = fs::read_to_string(format!("{root}.signed")).unwrap();
    let last = journal.lines().last().unwrap();
    assert!(last.contains(" 63 delegation "), "{journal}");
    // What is there already is not written over, and nothing is signed for it.
    let first = fs::read(&answer).unwrap();
    let over = delegate(&request, &root, &answer, &[]);
    assert_eq!(refused(&over), ("occupied".to_owned(), 7));
    assert_eq!(fs::read(&answer).unwrap(), first);
    assert_eq!(
        fs::read_to_string(format!("{root}.signed")).unwrap(),
        journal
    );
    // It stands beside what the root signed the same day when the federation was made.
    let rowan = read(&node).organisation;
    let today = parasol_node::clock::Clock::default().now().day();
    let trust = read(&node).trust;
    let roots = trust.iter().map(|r| r.header());
    let of_today = roots.filter(|h| h.organisation == rowan && h.issued == today);
    let slots: Vec<u32> = of_today.map(|h| h.slot).collect();
    let different: std::collections::BTreeSet<u32> = slots.iter().copied().collect();
    assert_eq!(slots.len(), different.len(), "{slots:?}");
}

#[test]
fn a_stolen_key_is_revoked_and_what_is_kept_is_affirmed() {
    let place = Place::with_federation();
    let node = place.node("rowan");
    let key = read(&node).keys.record.node();
    let (root, out) = (place.root("rowan"), place.at("revocation"));
    let key_text = key.to_string();
    let words = [
        "org",
        "revoke",
        &key_text,
        "--root",
        &root,
        "--charter",
        &node,
        "--out",
        &out,
    ];
    assert_eq!(refused(&words), ("keep".to_owned(), 2));
    let said = text(&[&words[..], &["--keep-none"]].concat());
    assert!(said.contains("--renew --without rowan"), "{said}");
    fs::remove_file(&out).unwrap();
    let ids: Vec<String> = (0..130u8).map(|n| hex::encode([n; 32])).collect();
    fs::write(place.path("keep"), format!("# ours\n{}\n", ids.join("\n"))).unwrap();
    let said = json(&[&words[..], &["--keep", &place.at("keep")]].concat());
    assert_eq!(said["kept"], 130);
    assert_eq!(said["renew_first"], true);
    // Two affirmations, since one lists 128 ids, and the revocation.
    assert_eq!(said["records"].as_array().unwrap().len(), 3);
    let other = place.node("lilas");
    text(&["node", "take", &other, &out]);
    let taken = read(&other);
    let rowan = taken.charter.named("rowan").unwrap().root;
    let directory = taken.directory();
    assert!(directory.is_revoked(&rowan, &key));
    let first = hex::encode([7; 32]).parse().unwrap();
    assert!(directory.is_affirmed(&rowan, &first));
    // The certificate in force counts on, though only one of its signers is left.
    let (root, second) = (place.root("ryabina"), place.at("second"));
    let ryabina = read(&place.node("ryabina")).keys.record.node().to_string();
    let revoke = [
        "org",
        "revoke",
        &ryabina,
        "--root",
        &root,
        "--charter",
        &node,
    ];
    text(&[&revoke[..], &["--keep-none", "--out", &second]].concat());
    text(&["node", "take", &other, &second]);
    let read = read(&other);
    assert_eq!(read.certificate.unwrap().signed(), 3);
    assert!(!read.shares.is_empty());
    fs::write(place.path("bad"), "not an id\n").unwrap();
    let file = place.at("bad");
    let bad = [&words[..], &["--keep", &file]].concat();
    assert_eq!(refused(&bad), ("bad-id".to_owned(), 3));
}

/// The roots of a federation that was made at once have signed, too, and their journals say what.
#[test]
fn what_roots_sign_in_the_beginning_is_written_down() {
    let place = Place::with_federation();
    let node = read(&place.node("ryabina"));
    let root = place.root("ryabina");
    let journal = fs::read_to_string(format!("{root}.signed")).unwrap();
    let signed = node
        .trust
        .iter()
        .filter(|r| r.header().organisation == node.organisation);
    let signed: Vec<_> = signed.collect();
    assert_eq!(
        signed.len(),
        3,
        "a delegation, and a vouch for each of the others"
    );
    for record in signed {
        let (slot, id) = (record.header().slot, record.id());
        let line = format!(" {slot} {} {id}", record.kind().name());
        assert!(journal.contains(&line), "{line}: {journal}");
    }
    let version = format!(" charter 1 {} of ", node.charter.id());
    assert!(journal.contains(&version), "{journal}");
    assert_eq!(journal.lines().count(), 4);
}

/// Papers are taken in together or not at all, also when writing fails in the middle.
#[test]
fn papers_that_cannot_all_be_written_are_not_taken() {
    let place = Place::with_federation();
    let node = place.at("second");
    text(&["node", "init", &node, "--name", "second"]);
    let given = place.node("lilas");
    let papers = ["charter.cbor", "certificate.cbor", "trust.cbor"].map(|f| format!("{given}/{f}"));
    let take = ["node", "take", &node, &papers[0], &papers[1], &papers[2]];
    // Nothing can take the place of a directory, and the certificate is the last to be written.
    let blocked = format!("{node}/certificate.cbor");
    fs::create_dir(&blocked).unwrap();
    assert!(!run(&take).status.success());
    let left = |name: &str| Path::new(&format!("{node}/{name}")).exists();
    assert!(!left("charter.cbor") && !left("trust.cbor"));
    fs::remove_dir(&blocked).unwrap();
    text(&take);
    assert!(left("charter.cbor") && left("trust.cbor") && left("certificate.cbor"));
}
