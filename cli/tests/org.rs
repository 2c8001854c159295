//! An organisation's keys, from the paper to the node, lost and stolen; and the charter, by files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use parasol_node::keys::NodeIdentity;
use parasol_protocol::charter::Chain;
use parasol_protocol::record::Body;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn parasol() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parasol"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PARASOL_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

fn run(words: &[&str]) -> Output {
    parasol().args(words).output().unwrap()
}

/// What a command prints that must succeed.
fn text(words: &[&str]) -> String {
    let out = run(words);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{words:?}: {said}");
    String::from_utf8(out.stdout).unwrap()
}

fn json(words: &[&str]) -> Value {
    let out = text(&[words, &["--json"]].concat());
    serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}"))
}

/// The code and the exit code of a command that must fail.
fn refused(words: &[&str]) -> (String, i32) {
    let out = run(&[words, &["--json"]].concat());
    assert!(!out.status.success(), "{words:?}");
    let said = String::from_utf8(out.stderr).unwrap();
    let said: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let code = said["error"]["code"].as_str().unwrap().to_owned();
    (code, out.status.code().unwrap())
}

struct Place {
    tmp: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            tmp: tempfile::tempdir().unwrap(),
        }
    }

    /// With a federation of three: lilas, rowan and ryabina.
    fn with_federation() -> Self {
        let place = Self::new();
        text(&["federation", "init", &place.at("fed")]);
        place
    }

    fn at(&self, name: &str) -> String {
        self.tmp.path().join(name).to_str().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.tmp.path().join(name)
    }

    fn root(&self, name: &str) -> String {
        self.at(&format!("fed/home/roots/{name}.key"))
    }

    fn node(&self, name: &str) -> String {
        self.at(&format!("fed/{name}"))
    }
}

fn read(dir: &str) -> NodeIdentity {
    NodeIdentity::read(Path::new(dir)).unwrap()
}

/// The id of the only proposal in a charter's file.
fn proposed_in(file: &str) -> String {
    let status = json(&["charter", "status", file]);
    let pending = status["pending"].as_array().unwrap();
    assert_eq!(pending.len(), 1, "{status}");
    pending[0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_root_goes_onto_paper_and_comes_back() {
    let place = Place::new();
    let (file, words) = (place.at("root.key"), place.at("words"));
    // The output of a test is no terminal: whoever kept it would have the key.
    assert_eq!(
        refused(&["org", "init", &file]),
        ("words-in-a-log".to_owned(), 2)
    );
    assert!(!place.path("root.key").exists());
    let said = text(&["org", "init", &file, "--words-to", &words]);
    assert!(said.contains("delete the file"), "{said}");
    for path in [&file, &words] {
        let mode = fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(
        refused(&["org", "init", &file, "--words-to", &place.at("more")]),
        ("occupied".to_owned(), 7)
    );
    // The words would be written over the key: by the same name, or by another one for the same file.
    let twice = place.at("twice.key");
    assert_eq!(
        refused(&["org", "init", &twice, "--words-to", &twice]),
        ("one-file".to_owned(), 2)
    );
    fs::create_dir(place.path("inner")).unwrap();
    let around = place.at("inner/../twice.key");
    assert_eq!(
        refused(&["org", "init", &twice, "--words-to", &around]),
        ("occupied".to_owned(), 7)
    );
    assert!(!place.path("twice.key").exists());
    let again = place.at("again.key");
    let restored = json(&["org", "restore", &again, "--words", &words]);
    let seed = fs::read(&file).unwrap();
    assert_eq!(fs::read(&again).unwrap(), seed);
    let organisation = restored["organisation"].as_str().unwrap().to_owned();
    // A wrong word: named, and with the key as others know it, mended.
    let all = fs::read_to_string(&words).unwrap();
    let third = all
        .split_whitespace()
        .skip_while(|w| *w != "3")
        .nth(1)
        .unwrap();
    fs::write(
        place.path("typo"),
        all.replacen(&format!(" 3 {third}"), " 3 qqqq", 1),
    )
    .unwrap();
    let typo = place.at("typo");
    let out = run(&["org", "restore", &place.at("x.key"), "--words", &typo]);
    let said = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(3));
    assert!(said.contains("`qqqq`"), "{said}");
    let mended = place.at("mended.key");
    let words_of = ["--words", &typo, "--organisation", &organisation];
    let out = run(&[&["org", "restore", &mended], &words_of[..]].concat());
    assert!(out.status.success());
    assert_eq!(fs::read(&mended).unwrap(), seed);
    // Which word it was is said in a terminal alone, and which place everywhere: what a program reads,
    // it may keep.
    let said = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
    assert!(said.contains("Word 3 was not right"), "{said}");
    assert!(!said.contains(&format!("`{third}`")), "{said}");
    let again = place.at("mended-again.key");
    let told = [&["--json", "org", "restore", &again], &words_of[..]].concat();
    let out = run(&told);
    let told: Value = serde_json::from_slice(&out.stdout).unwrap();
    let wanted = serde_json::json!({"organisation": organisation, "file": again, "mended": 3});
    assert_eq!((told, out.stderr), (wanted, vec![]));
    let other = "11".repeat(32);
    let wrong = [
        "org",
        "restore",
        &place.at("y.key"),
        "--words",
        &words,
        "--organisation",
        &other,
    ];
    assert_eq!(refused(&wrong), ("another-root".to_owned(), 3));
    // Shown if one asks for it.
    let shown = json(&["org", "init", &place.at("shown.key"), "--show-words"]);
    let sheet = shown["words"][0].as_str().unwrap();
    assert_eq!(sheet.split_whitespace().count(), 48);
}

#[test]
fn a_root_in_parts_comes_back_from_any_two_of_three() {
    let place = Place::new();
    let file = place.at("root.key");
    let made = json(&["org", "init", &file, "--split", "2/3", "--show-words"]);
    let sheets: Vec<&str> = made["words"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s.as_str().unwrap())
        .collect();
    assert_eq!(sheets.len(), 3);
    let seed = fs::read_to_string(&file).unwrap();
    let hex = seed.lines().last().unwrap();
    for (n, some) in [[0, 1], [2, 0], [1, 2]].iter().enumerate() {
        let words = place.at(&format!("words-{n}"));
        fs::write(&words, some.map(|i| sheets[i]).join("\n\n")).unwrap();
        let again = place.at(&format!("again-{n}.key"));
        text(&["org", "restore", &again, "--words", &words]);
        assert!(fs::read_to_string(&again).unwrap().contains(hex));
    }
    let one = place.at("one");
    fs::write(&one, sheets[0]).unwrap();
    assert_eq!(
        refused(&["org", "restore", &place.at("no.key"), "--words", &one]),
        ("parts".to_owned(), 3)
    );
}

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
    let stranger = [
        "org",
        "delegate",
        &request,
        "--root",
        &place.root("rowan"),
        "--out",
        &answer,
    ];
    assert_eq!(refused(&stranger), ("another-organisation".to_owned(), 3));
    let too_long = [
        "org",
        "delegate",
        &request,
        "--root",
        &place.root("lilas"),
        "--out",
        &answer,
        "--days",
        "91",
    ];
    assert_eq!(refused(&too_long), ("days".to_owned(), 2));
    let said = json(&[
        "org",
        "delegate",
        &request,
        "--root",
        &place.root("lilas"),
        "--out",
        &answer,
        "--first-slot",
        "10000",
        "--slots",
        "5000",
    ]);
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
    let altered = [
        "org",
        "delegate",
        &place.at("altered"),
        "--root",
        &place.root("lilas"),
        "--out",
        &place.at("no"),
    ];
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
    text(&[
        "org", "delegate", &request, "--root", &root, "--out", &answer, "--days", "80",
    ]);
    text(&["node", "take", &node, &answer]);
    assert_eq!(read(&node).trust.len(), before + 1);
    // The same answer again says nothing new.
    assert!(text(&["node", "take", &node, &answer]).contains("no new records"));
    let journal = fs::read_to_string(format!("{root}.signed")).unwrap();
    let last = journal.lines().last().unwrap();
    assert!(last.contains(" 63 delegation "), "{journal}");
    // What is there already is not written over, and nothing is signed for it.
    let first = fs::read(&answer).unwrap();
    let over = [
        "org", "delegate", &request, "--root", &root, "--out", &answer,
    ];
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

/// A root signs one version of a number, in whatever file it is asked.
#[test]
fn a_root_knows_what_it_signed_in_another_file() {
    let place = Place::with_federation();
    let given = format!("{}/charter.cbor", place.node("lilas"));
    let (a, b) = (place.at("a"), place.at("b"));
    let (lilas, rowan) = (place.root("lilas"), place.root("rowan"));
    let draft = text(&["charter", "show", &given, "--draft"]);
    for (file, budget) in [(&a, "budget = 3"), (&b, "budget = 4")] {
        fs::copy(&given, file).unwrap();
        let changed = place.at(budget);
        fs::write(&changed, draft.replacen("budget = 12", budget, 1)).unwrap();
    }
    let propose = |file: &str, budget: &str, root: &str| {
        let changed = place.at(budget);
        let words = [
            "charter",
            "propose",
            &changed,
            "--charter",
            file,
            "--root",
            root,
        ];
        words.map(ToOwned::to_owned)
    };
    let go = |all: [String; 7]| json(&all.each_ref().map(String::as_str));
    go(propose(&a, "budget = 3", &lilas));
    // The other file knows nothing of it; the root does.
    let before = fs::read(&b).unwrap();
    let rival = propose(&b, "budget = 4", &lilas);
    let rival: Vec<&str> = rival.iter().map(String::as_str).collect();
    assert_eq!(refused(&rival), ("signed-another".to_owned(), 5));
    assert_eq!(fs::read(&b).unwrap(), before);
    // Nor does it sign what another has proposed there.
    go(propose(&b, "budget = 4", &rowan));
    let before = fs::read(&b).unwrap();
    let id = proposed_in(&b);
    let rival = ["charter", "sign", &id, "--charter", &b, "--root", &lilas];
    assert_eq!(refused(&rival), ("signed-another".to_owned(), 5));
    assert_eq!(fs::read(&b).unwrap(), before);
    // The same version in a third file is the same signature, and is written down once.
    let third = place.at("third");
    fs::copy(&a, &third).unwrap();
    let id = proposed_in(&a);
    json(&[
        "charter",
        "sign",
        &id,
        "--charter",
        &third,
        "--root",
        &lilas,
    ]);
    let journal = fs::read_to_string(format!("{lilas}.signed")).unwrap();
    assert_eq!(journal.matches(" charter 2 ").count(), 1, "{journal}");
    // Divided in good faith, they go on by a version upon one that sets the other aside.
    text(&["charter", "take", &b, "--charter", &a]);
    let upon = json(&["charter", "status", &a])["pending"][0]["id"].clone();
    let upon = upon.as_str().unwrap();
    let out = [
        "charter",
        "propose",
        "-",
        "--upon",
        upon,
        "--charter",
        &a,
        "--root",
        &lilas,
    ];
    let out = json(&out)["signed"].as_str().unwrap().to_owned();
    let by_rowan = ["charter", "sign", &out, "--charter", &a, "--root", &rowan];
    assert_eq!(json(&by_rowan)["status"]["version"], 3);
}

/// Propose, carry the file around, sign, take.
#[test]
fn a_change_of_the_charter_goes_from_hand_to_hand() {
    let place = Place::with_federation();
    let file = place.at("charter");
    let lilas = place.node("lilas");
    fs::copy(format!("{lilas}/charter.cbor"), &file).unwrap();
    let draft = text(&["charter", "show", &file, "--draft"]);
    let changed = draft.replacen("report = 730", "report = 365", 1);
    assert_ne!(changed, draft);
    fs::write(place.path("draft.toml"), changed).unwrap();
    let proposed = json(&[
        "charter",
        "propose",
        &place.at("draft.toml"),
        "--charter",
        &file,
        "--root",
        &place.root("lilas"),
    ]);
    assert_eq!(proposed["status"]["version"], 1);
    assert_eq!(proposed["status"]["pending"][0]["needed"], 2);
    let again = [
        "charter",
        "propose",
        "-",
        "--charter",
        &file,
        "--root",
        &place.root("lilas"),
    ];
    assert_eq!(refused(&again), ("signed-another".to_owned(), 5));
    // One signature changes nothing, wherever it is taken in.
    text(&["charter", "take", &file, "--charter", &lilas]);
    assert_eq!(read(&lilas).charter.version(), 1);
    let signed = json(&[
        "charter",
        "sign",
        &proposed_in(&file),
        "--charter",
        &file,
        "--root",
        &place.root("rowan"),
    ]);
    assert_eq!(signed["status"]["version"], 2);
    for name in ["lilas", "rowan", "ryabina"] {
        text(&["charter", "take", &file, "--charter", &place.node(name)]);
        let node = read(&place.node(name));
        assert_eq!(node.charter.version(), 2);
        assert_eq!(node.charter.terms().lives.report, 365);
    }
    assert!(text(&["charter", "show", &lilas]).contains("report 365"));
    let status = text(&["charter", "status", &lilas]);
    assert!(status.starts_with("Version 2 counts"), "{status}");
    // Nobody else's root is asked, and a rule that is broken is named before anything is signed.
    text(&[
        "org",
        "init",
        &place.at("stranger.key"),
        "--words-to",
        &place.at("w"),
    ]);
    let stranger = [
        "charter",
        "propose",
        "-",
        "--charter",
        &file,
        "--root",
        &place.at("stranger.key"),
    ];
    assert_eq!(refused(&stranger), ("not-asked".to_owned(), 3));
    fs::write(
        place.path("bad.toml"),
        draft.replacen("threshold = 2", "threshold = 1", 1),
    )
    .unwrap();
    let bad = [
        "charter",
        "propose",
        &place.at("bad.toml"),
        "--charter",
        &file,
        "--root",
        &place.root("rowan"),
    ];
    assert_eq!(refused(&bad), ("charter-threshold".to_owned(), 3));
}

/// A lost or stolen root: the others put a new one in its place.
#[test]
fn a_root_is_replaced_by_the_others() {
    let place = Place::with_federation();
    let file = place.at("charter");
    fs::copy(format!("{}/charter.cbor", place.node("lilas")), &file).unwrap();
    let ryabina = read(&place.node("ryabina"));
    let key = ryabina.keys.record.node();
    let stays = ryabina.trust.iter().find(|r| match r.body() {
        Body::Delegation(d) => d.terms.record_key == key,
        _ => false,
    });
    let stays = stays.unwrap().id().to_string();
    let new = json(&["org", "init", &place.at("new.key"), "--show-words"]);
    let new = new["organisation"].as_str().unwrap().to_owned();
    let replace = format!("ryabina={new}");
    let proposed = json(&[
        "charter",
        "propose",
        "-",
        "--charter",
        &file,
        "--root",
        &place.root("lilas"),
        "--replace",
        &replace,
        "--stays",
        &stays,
    ]);
    let pending = &proposed["status"]["pending"][0];
    assert_eq!(pending["must_sign"][0], "ryabina");
    // Nobody signs what they have not seen.
    let changes = pending["changes"].as_array().unwrap();
    assert!(
        changes
            .iter()
            .any(|c| c["after"].as_str().is_some_and(|a| a.contains(&new)))
    );
    let unseen = [
        "charter",
        "sign",
        "--charter",
        &file,
        "--root",
        &place.root("rowan"),
    ];
    assert_eq!(refused(&unseen).1, 2);
    json(&[
        "charter",
        "sign",
        &proposed_in(&file),
        "--charter",
        &file,
        "--root",
        &place.root("rowan"),
    ]);
    // Nobody is made a member against its will: the new root signs too.
    let chain = |file: &str| Chain::from_bytes(&fs::read(file).unwrap()).unwrap();
    assert_eq!(chain(&file).current().version(), 1);
    json(&[
        "charter",
        "sign",
        &proposed_in(&file),
        "--charter",
        &file,
        "--root",
        &place.at("new.key"),
    ]);
    assert_eq!(chain(&file).current().version(), 2);
    let node = place.node("ryabina");
    text(&["charter", "take", &file, "--charter", &node]);
    // The node goes on under its old delegation, for the successor, with its share of the keys.
    let still = read(&node);
    assert_eq!(still.shares.len(), ryabina.shares.len());
    let today = parasol_node::clock::Clock::default().now().day();
    let nodes = still.directory().nodes(today);
    assert_eq!(nodes[&key].organisation.to_string(), new);
    // The new root renews it; the old one signs for nobody any more.
    text(&["node", "request", &node]);
    let (request, answer) = (format!("{node}/request"), place.at("answer"));
    let thief = [
        "org",
        "delegate",
        &request,
        "--root",
        &place.root("ryabina"),
        "--out",
        &answer,
    ];
    assert_eq!(refused(&thief), ("another-organisation".to_owned(), 3));
    text(&[
        "org",
        "delegate",
        &request,
        "--root",
        &place.at("new.key"),
        "--out",
        &answer,
    ]);
    text(&["node", "take", &node, &answer]);
    assert_eq!(read(&node).organisation.to_string(), new);
    // What the thief signs with the old root is refused by name.
    let out = place.at("thief");
    let rowan_key = read(&place.node("rowan")).keys.record.node().to_string();
    let old_charter = format!("{}/charter.cbor", place.node("rowan"));
    text(&[
        "org",
        "revoke",
        &rowan_key,
        "--root",
        &place.root("ryabina"),
        "--charter",
        &old_charter,
        "--keep-none",
        "--out",
        &out,
    ]);
    let refused = run(&["node", "take", &node, &out]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("was replaced by the charter"), "{said}");
}

/// Two versions of one number, each signed by more than half: an alarm, and the way out.
#[test]
fn a_fork_is_an_alarm_and_has_a_way_out() {
    let place = Place::with_federation();
    let given = format!("{}/charter.cbor", place.node("lilas"));
    let (a, b) = (place.at("a"), place.at("b"));
    let roots = ["lilas", "rowan", "ryabina"].map(|n| place.root(n));
    // A second copy of rowan's root, which knows nothing of what the first one signs: as a thief has it.
    let stray = place.at("stray.key");
    fs::copy(&roots[1], &stray).unwrap();
    let draft = text(&["charter", "show", &given, "--draft"]);
    let signing = [
        (&a, "budget = 3", [&roots[0], &roots[1]]),
        (&b, "budget = 4", [&stray, &roots[2]]),
    ];
    for (file, budget, by) in signing {
        fs::copy(&given, file).unwrap();
        let changed = place.at("draft.toml");
        fs::write(&changed, draft.replacen("budget = 12", budget, 1)).unwrap();
        text(&[
            "charter",
            "propose",
            &changed,
            "--charter",
            file,
            "--root",
            by[0],
        ]);
        text(&[
            "charter",
            "sign",
            &proposed_in(file),
            "--charter",
            file,
            "--root",
            by[1],
        ]);
        assert_eq!(json(&["charter", "status", file])["version"], 2);
    }
    let upon = json(&["charter", "status", &a])["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let said = text(&["charter", "take", &b, "--charter", &a]);
    assert!(said.contains("ALARM") && said.contains("rowan"), "{said}");
    let status = json(&["charter", "status", &a]);
    assert_eq!(status["version"], 1);
    assert_eq!(status["fork"]["rivals"].as_array().unwrap().len(), 2);
    assert_eq!(status["fork"]["signed_several"][0], "rowan");
    let blind = [
        "charter",
        "propose",
        "-",
        "--charter",
        &a,
        "--root",
        &roots[0],
    ];
    assert_eq!(refused(&blind), ("fork".to_owned(), 3));
    let out = json(&[
        "charter",
        "propose",
        "-",
        "--upon",
        &upon,
        "--charter",
        &a,
        "--root",
        &roots[0],
    ]);
    let id = out["signed"].as_str().unwrap().to_owned();
    assert_eq!(out["status"]["version"], 1);
    let out = json(&["charter", "sign", &id, "--charter", &a, "--root", &roots[2]]);
    assert_eq!(out["status"]["version"], 3);
    assert_eq!(out["status"]["fork"], Value::Null);
}
