//! Whose word counts, what a home keeps and whom it asks: a real federation in which one organisation
//! has not vouched for another.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use parasol_node::clock::Clock;
use parasol_node::keys::{NodeIdentity, encode_trust};
use parasol_protocol::record::Body;
use parasol_protocol::time::Day;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const NUMBER: &str = "+33639981234";

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

struct Federation {
    child: Child,
    home: PathBuf,
}

impl Drop for Federation {
    fn drop(&mut self) {
        // Asked to stop, it takes its nodes and its command along.
        let asked = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        if !asked.is_ok_and(|status| status.success()) {
            drop(self.child.kill());
        }
        drop(self.child.wait());
    }
}

impl Federation {
    /// Starts the federation in a directory.
    fn start(dir: &Path) -> Self {
        let ready = dir.with_extension("ready");
        let mut child = parasol()
            .args(["demo", "--dir"])
            .arg(dir)
            .arg("--ready")
            .arg(&ready)
            .args(["--exec", "sleep", "600"])
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(90);
        while !ready.exists() {
            assert!(child.try_wait().unwrap().is_none(), "the federation ended");
            assert!(Instant::now() < deadline, "waited in vain for it");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self {
            child,
            home: dir.join("home"),
        }
    }

    fn ask(&self, who: &str, words: &[&str]) -> Output {
        parasol()
            .args(["--json", "--profile", who, "--home"])
            .arg(&self.home)
            .args(words)
            .output()
            .unwrap()
    }

    fn json(&self, who: &str, words: &[&str]) -> Value {
        let output = self.ask(who, words);
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{who} {words:?}: {err}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What it says to people.
    fn text(&self, who: &str, words: &[&str]) -> String {
        let output = parasol()
            .args(["--profile", who, "--home"])
            .arg(&self.home)
            .args(words)
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{who} {words:?}: {err}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn picture(&self, who: &str, words: &[&str]) -> String {
        self.text(who, &[&["trust", "graph"], words].concat())
    }

    /// Asks until it is so; only a test that fails waits to the end.
    fn until(&self, who: &str, words: &[&str], is_so: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let got = self.json(who, words);
            if is_so(&got) {
                return got;
            }
            assert!(Instant::now() < deadline, "{who} {words:?} gives {got}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn fails(&self, who: &str, words: &[&str]) -> (Option<i32>, Value) {
        let output = self.ask(who, words);
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        let last = err.lines().last().unwrap_or_default();
        (output.status.code(), serde_json::from_str(last).unwrap())
    }

    fn edit(&self, who: &str, change: impl Fn(String) -> String) {
        let path = self.home.join(format!("profiles/{who}.toml"));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, change(text)).unwrap();
    }
}

/// A federation whose lilas has never vouched for ryabina.
fn without_a_vouch(dir: &Path) {
    let made = parasol()
        .args(["federation", "init"])
        .arg(dir)
        .output()
        .unwrap();
    assert!(made.status.success());
    for name in ["lilas", "ryabina", "rowan"] {
        let node = dir.join(name);
        let identity = NodeIdentity::read(&node).unwrap();
        let root = |name: &str| identity.charter.named(name).unwrap().root;
        let (lilas, ryabina) = (root("lilas"), root("ryabina"));
        let before = identity.trust.len();
        let kept: Vec<_> = identity
            .trust
            .into_iter()
            .filter(|record| {
                let about = match record.body() {
                    Body::Vouch(vouch) => vouch.subject == ryabina,
                    _ => false,
                };
                !(about && record.header().organisation == lilas)
            })
            .collect();
        assert_eq!(kept.len(), before - 1, "founders vouch for each other");
        fs::write(node.join("trust.cbor"), encode_trust(&kept)).unwrap();
    }
}

fn publishers(reports: &Value) -> Vec<String> {
    let mut names: Vec<String> = reports
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["organisation"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_profile_shows_whom_its_roots_vouch_for_and_keeps_what_it_opened() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("fed");
    without_a_vouch(&dir);
    let fed = Federation::start(&dir);
    let report = [
        "report", NUMBER, "--level", "danger", "--area", "FR:lyon", "--browse", "text", "--month",
        "2026-03", "--text", "Bad.",
    ];
    let theirs = fed.json("ryabina", &report);
    let theirs = theirs["id"].as_str().unwrap().to_owned();
    fed.json("rowan", &report);

    // Rowan has vouched for all, so it sees both.
    let both = |v: &Value| v["results"][0]["reports"].as_array().unwrap().len() == 2;
    let all = fed.until("rowan", &["check", NUMBER], both);
    assert_eq!(all["uncounted"], 0);
    // Lilas is told of the one that it does not count.
    let told = |v: &Value| {
        v["uncounted"] == 1 && v["results"][0]["reports"].as_array().unwrap().len() == 1
    };
    let some = fed.until("lilas", &["check", NUMBER], told);
    assert_eq!(publishers(&some["results"][0]["reports"]), ["rowan"]);
    let area = fed.json("lilas", &["browse", "FR:lyon"]);
    assert_eq!(publishers(&area["reports"]), ["rowan"]);
    assert_eq!(area["uncounted"], 1);
    let text = parasol()
        .args(["--profile", "lilas", "--home"])
        .arg(&fed.home)
        .args(["check", NUMBER])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(text.contains("not shown: 1 report"), "{text}");
    let show = fed.json("lilas", &["federation", "show"]);
    let standing = |name: &str| {
        let all = show["organisations"].as_array().unwrap();
        let one = all.iter().find(|o| o["name"] == name).unwrap();
        one["standing"].as_str().unwrap().to_owned()
    };
    assert_eq!(standing("lilas"), "root");
    assert_eq!(standing("rowan"), "vouched for");
    assert_eq!(standing("ryabina"), "not counted");

    // It is carried all the same: the node has it. It was not opened here, so the node is asked.
    let asked = fed.ask("lilas", &["inspect", &theirs]);
    assert!(asked.status.success());
    assert!(String::from_utf8_lossy(&asked.stderr).contains("is asked for it"));
    // What was opened is read from the home, whole, and lies there for its owner alone.
    let kept = fed.ask("rowan", &["inspect", &theirs]);
    assert!(kept.status.success());
    assert_eq!(String::from_utf8_lossy(&kept.stderr), "");
    assert_eq!(kept.stdout, asked.stdout);
    for ending in ["key", "record"] {
        let path = fed.home.join(format!("opened/rowan.{theirs}.{ending}"));
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{ending}");
        assert!(
            !fed.home
                .join(format!("opened/lilas.{theirs}.{ending}"))
                .exists()
        );
    }

    // A profile may trust another organisation's vouches besides its own.
    fed.edit("lilas", |text| format!("roots = [\"rowan\"]\n{text}"));
    let all = fed.json("lilas", &["check", NUMBER]);
    assert_eq!(
        publishers(&all["results"][0]["reports"]),
        ["rowan", "ryabina"]
    );
    assert_eq!(all["uncounted"], 0);
    fed.edit("lilas", |text| text.replace("\"rowan\"", "\"nobody\""));
    let (code, error) = fed.fails("lilas", &["check", NUMBER]);
    assert_eq!(
        (code, error["error"]["code"].as_str()),
        (Some(7), Some("unknown-root"))
    );
    fed.edit("lilas", |text| text.replace("roots = [\"nobody\"]\n", ""));

    own_reports(&fed);
    generations(&fed);
}

/// What an organisation keeps to itself is browsed by itself alone, in its area and month.
fn own_reports(fed: &Federation) {
    let report = [
        "report",
        NUMBER,
        "--level",
        "risk",
        "--area",
        "FR:lyon",
        "--month",
        "2026-02",
        "--audience",
        "own",
        "--text",
        "Ours.",
    ];
    let mine = fed.json("lilas", &report);
    let ours = |v: &Value| -> Vec<String> {
        let reports = v["reports"].as_array().unwrap().iter();
        reports
            .filter(|r| r["own"] == true)
            .map(|r| r["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let id = mine["id"].as_str().unwrap();
    for (who, area, month, seen) in [
        ("lilas", "FR:lyon", "2026-02", true),
        ("lilas", "FR", "2026-02", true),
        ("lilas", "lyon", "2026-01", false),
        ("lilas", "GB", "2026-02", false),
        ("rowan", "FR:lyon", "2026-02", false),
    ] {
        let found = ours(&fed.json(who, &["browse", area, month]));
        assert_eq!(found == [id], seen, "{who} {area} {month}: {found:?}");
    }
    // Its lock belongs to the profile that filed it.
    let (code, error) = fed.fails("rowan", &["retract", id]);
    assert_eq!(code, Some(3), "{error}");
    assert_eq!(fed.json("lilas", &["retract", id])["destroyed"], true);
}

/// The generation of the keys is pinned at first sight.
fn generations(fed: &Federation) {
    let path = fed.home.join("profiles/lilas.toml");
    let pinned = fs::read_to_string(&path).unwrap();
    assert!(pinned.contains("epoch = 1\n") && pinned.contains("certificate = \""));
    fed.edit("lilas", |text| text.replace("epoch = 1\n", "epoch = 2\n"));
    let (code, error) = fed.fails("lilas", &["check", NUMBER]);
    assert_eq!(
        (code, error["error"]["code"].as_str()),
        (Some(5), Some("old-certificate"))
    );
    let at = pinned.find("certificate = \"").unwrap() + "certificate = \"".len();
    let other = if &pinned[at..=at] == "0" { "1" } else { "0" };
    let mut changed = pinned.clone();
    changed.replace_range(at..=at, other);
    fs::write(&path, changed).unwrap();
    let (code, error) = fed.fails("lilas", &["check", NUMBER]);
    assert_eq!(
        (code, error["error"]["code"].as_str()),
        (Some(5), Some("two-certificates"))
    );
    assert!(
        error["error"]["message"]
            .as_str()
            .unwrap()
            .contains("ALARM")
    );
    fs::write(&path, pinned).unwrap();
    fed.json("lilas", &["check", NUMBER]);
}

#[test]
fn vouches_come_and_go_and_decisions_are_undone() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("fed");
    without_a_vouch(&dir);
    let fed = Federation::start(&dir);
    let report = ["report", NUMBER, "--level", "danger", "--text", "Bad."];
    let theirs = fed.json("ryabina", &report);
    let theirs = theirs["id"].as_str().unwrap().to_owned();
    let shown = |v: &Value, names: &[&str]| publishers(&v["results"][0]["reports"]) == names;
    fed.until("lilas", &["check", NUMBER], |v| v["uncounted"] == 1);

    // Why not: rowan, who vouches for it, may bring in nobody.
    let why = fed.json("lilas", &["trust", "explain", "ryabina"]);
    assert_eq!(why["accepted"], false, "{why}");
    assert_eq!(why["ignored"][0]["why"], "over-budget", "{why}");

    // What would change, before anything is signed.
    let wish = tmp.path().join("wish.json");
    fs::write(
        &wish,
        r#"{"vouches": [{"from": "lilas", "to": "ryabina", "budget": 0, "slot": 90}]}"#,
    )
    .unwrap();
    let tried = fed.json("lilas", &["trust", "try", wish.to_str().unwrap()]);
    assert_eq!(tried["changes"][0]["name"], "ryabina", "{tried}");

    // The root signs into a file, which is tried, and carried to the node.
    let root = fed.home.join("roots/lilas.key");
    let root = root.to_str().unwrap();
    let record = tmp.path().join("vouch.record");
    let record = record.to_str().unwrap();
    let vouch = [
        "vouch",
        "ryabina",
        "--root",
        root,
        "--budget",
        "2",
        "--scope",
        "report,second",
    ];
    let signed = fed.json("lilas", &[&vouch[..], &["--out", record]].concat());
    assert_eq!(signed["delivered"], false);
    let tried = fed.json("lilas", &["trust", "try", record]);
    assert_eq!(tried["changes"][0]["after"]["budget"], 2, "{tried}");
    assert!(shown(&fed.json("lilas", &["check", NUMBER]), &[]));
    fed.json("lilas", &["carry", record]);
    let found = fed.until("lilas", &["check", NUMBER], |v| shown(v, &["ryabina"]));
    let trust = &found["results"][0]["reports"][0]["trust"];
    assert_eq!(
        (trust["level"].clone(), trust["distance"].clone()),
        (1.into(), 1.into())
    );
    // It does not speak for notices.
    let why = fed.json(
        "lilas",
        &["trust", "explain", "ryabina", "--about", "notice"],
    );
    assert_eq!(why["accepted"], false, "{why}");
    // The others' nodes have it too.
    fed.until("rowan", &["trust", "explain", "ryabina"], |v| {
        v["ignored"]
            .as_array()
            .unwrap()
            .iter()
            .chain(v["used"].as_array().unwrap())
            .any(|o| o["from"] == "lilas")
    });

    // Out of sight in one command, back in one, whichever.
    for decision in ["drop", "block"] {
        let done = fed.json("lilas", &[decision, "ryabina"]);
        assert_eq!(
            done["out_of_sight"],
            serde_json::json!(["ryabina"]),
            "{done}"
        );
        let gone = fed.json("lilas", &["check", NUMBER]);
        assert!(
            shown(&gone, &[]) && gone["uncounted"] == 1,
            "{decision}: {gone}"
        );
        assert!(
            fed.ask("lilas", &["inspect", &theirs]).status.success(),
            "carried still"
        );
        let profile = fs::read_to_string(fed.home.join("profiles/lilas.toml")).unwrap();
        assert!(profile.contains("ed = [\""), "{profile}");
        let back = fed.json("lilas", &[decision, "ryabina", "--undo"]);
        assert_eq!(
            back["back_in_sight"],
            serde_json::json!(["ryabina"]),
            "{back}"
        );
        assert!(shown(&fed.json("lilas", &["check", NUMBER]), &["ryabina"]));
    }
    let (code, error) = fed.fails("lilas", &["drop", "lilas"]);
    assert_eq!(
        (code, error["error"]["code"].as_str()),
        (Some(3), Some("own-organisation"))
    );
    let (code, error) = fed.fails("lilas", &["block", "nobody"]);
    assert_eq!(
        (code, error["error"]["code"].as_str()),
        (Some(3), Some("unknown-organisation"))
    );

    // What cannot be signed is said before it is.
    let why = fed.json("lilas", &["trust", "explain", "ryabina"]);
    let number = why["used"][0]["slot"].to_string();
    let again = [&vouch[..], &["--number", &number]].concat();
    for (words, code) in [
        (&["vouch", "lilas", "--root", root][..], "self-vouch"),
        (
            &["vouch", "elsewhere", "--root", root],
            "unknown-organisation",
        ),
        (
            &["vouch", "rowan", "--root", root, "--until", "2099-01-01"],
            "bad-end",
        ),
        (&again, "number-taken"),
        (&["revoke", "nobody", "--root", root], "no-such-vouch"),
        (&["revoke", "ryabina", "--root", record], "bad-root"),
    ] {
        let (_, error) = fed.fails("lilas", words);
        let said = error["error"]["code"].as_str().unwrap();
        assert!(said.contains(code), "{words:?}: {error}");
    }

    // Taken back: gone, and the node says why.
    let done = fed.json("lilas", &["revoke", "ryabina", "--root", root]);
    assert_eq!(done["delivered"], true);
    fed.until("lilas", &["check", NUMBER], |v| shown(v, &[]));
    let why = fed.json("lilas", &["trust", "explain", "ryabina"]);
    let said: Vec<&str> = why["ignored"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["why"].as_str().unwrap())
        .collect();
    assert!(said.contains(&"revoked"), "{why}");
    let picture = fed.picture("lilas", &[]);
    assert!(picture.contains("ryabina") && !picture.contains("<script"));

    other_days(&fed, root);
    what_hangs_on_a_report(&fed);
    the_charter_s_view(&fed, root);
}

/// A vouch that ends soon is said to; on the day after it has no effect. Of a day that is over it is said
/// that what has expired since is missing.
fn other_days(fed: &Federation, root: &str) {
    let today = Clock::default().now().day();
    let until = today.plus(30);
    let last = until.to_string();
    fed.json(
        "lilas",
        &["vouch", "ryabina", "--root", root, "--until", &last],
    );
    let accepted = |v: &Value| v["accepted"] == true;
    fed.until("lilas", &["trust", "explain", "ryabina"], accepted);
    let shown = fed.json("lilas", &["trust", "show"]);
    let soon = shown["ends_soon"].as_array().unwrap();
    assert_eq!(soon.len(), 1, "{shown}");
    assert_eq!(
        (
            soon[0]["from"].as_str(),
            soon[0]["to"].as_str(),
            soon[0]["until"].as_str()
        ),
        (Some("lilas"), Some("ryabina"), Some(last.as_str()))
    );
    let text = fed.text("lilas", &["trust", "show"]);
    let line = format!("lilas vouches for ryabina until {last}, 30 days more");
    assert!(
        text.contains("Ends soon:") && text.contains(&line),
        "{text}"
    );
    // In the picture a line of its own kind: once for the vouch, once to say what it means.
    let picture = fed.picture("lilas", &[]);
    assert_eq!(picture.matches(r#"class="e soon""#).count(), 2);
    let drawn = picture.split(r#"<path class="e soon""#).any(|path| {
        let said = path.split_once("<title>").map(|(_, said)| said);
        said.is_some_and(|said| said.starts_with("lilas vouches for ryabina"))
    });
    assert!(
        drawn && picture.contains("Ends soon") && picture.contains(&last),
        "{picture}"
    );

    let of = |day: Day, who: &str| {
        let day = day.to_string();
        fed.json("lilas", &["trust", "explain", who, "--on", &day])
    };
    let why = |v: &Value| -> Vec<String> {
        let ignored = v["ignored"].as_array().unwrap().iter();
        ignored
            .map(|o| o["why"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(of(until, "ryabina")["accepted"], true);
    let after = of(until.plus(1), "ryabina");
    assert_eq!(after["accepted"], false, "{after}");
    assert!(why(&after).contains(&"ended".to_owned()), "{after}");
    let later = until.plus(1).to_string();
    let picture = fed.picture("lilas", &["--on", &later]);
    assert_eq!(
        picture.matches(r#"class="e soon""#).count(),
        1,
        "only what it means"
    );
    // Two days ago nothing of this had been signed; and what is said of it is not the whole.
    let before = of(today.minus(2), "rowan");
    assert_eq!(before["accepted"], false, "{before}");
    let said = why(&before);
    assert!(
        !said.is_empty() && said.iter().all(|why| why == "later"),
        "{before}"
    );
    let day = today.minus(2).to_string();
    let missing = "those that have expired since are not in this";
    for words in [&["trust", "show"][..], &["trust", "explain", "rowan"]] {
        let past = fed.text("lilas", &[words, &["--on", &day]].concat());
        assert!(past.contains(missing), "{past}");
        let now = fed.text("lilas", words);
        assert!(!now.contains(missing), "{now}");
    }
    assert!(before["hints"].to_string().contains(missing), "{before}");
    assert!(
        fed.picture("lilas", &["--on", &day])
            .contains("expired since")
    );
}

/// What a dropped organisation added to somebody else's report goes out of sight with it and comes back.
fn what_hangs_on_a_report(fed: &Federation) {
    let number = "+33639985678";
    let report = ["report", number, "--level", "risk", "--text", "Bad."];
    fed.json("rowan", &report);
    let one = |v: &Value| v["results"][0]["reports"].as_array().unwrap().len() == 1;
    let found = fed.until("ryabina", &["check", number], one);
    let id = found["results"][0]["reports"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    fed.json(
        "ryabina",
        &["translate", &id, "--lang", "ru", "--text", "Плохо."],
    );
    fed.json("ryabina", &["second", &id, "--text", "Us too."]);
    fed.json("ryabina", &["dispute", &id, "--text", "Not so bad."]);
    // Nothing, or one of each, by ryabina.
    let hangs = |v: &Value, count: usize| {
        let report = &v["results"][0]["reports"][0];
        let by_it = |list: &Value| {
            let all = list.as_array().unwrap().iter();
            all.filter(|x| x.to_string().contains("ryabina")).count()
        };
        ["translations", "seconds", "objections"]
            .iter()
            .all(|kind| by_it(&report[kind]) == count)
            && report["disputes"] == count
    };
    let check = ["check", number];
    fed.until("lilas", &check, |v| one(v) && hangs(v, 1));
    for decision in ["drop", "block"] {
        fed.json("lilas", &[decision, "ryabina"]);
        let gone = fed.json("lilas", &check);
        // The report itself is somebody else's.
        assert!(one(&gone) && hangs(&gone, 0), "{decision}: {gone}");
        fed.json("lilas", &[decision, "ryabina", "--undo"]);
        let back = fed.json("lilas", &check);
        assert!(one(&back) && hangs(&back, 1), "{decision}: {back}");
    }
}

/// The view from all present members: the same at every node, whatever anybody decides for itself.
fn the_charter_s_view(fed: &Federation, root: &str) {
    let outsider = "5a".repeat(32);
    fed.json("lilas", &["vouch", &outsider, "--root", root]);
    let view = ["trust", "show", "--objective"];
    let of = |v: &Value, name: &str| {
        let all = v["organisations"].as_array().unwrap().iter();
        let mut named = all.filter(|o| o["name"] == name);
        named.next().cloned().unwrap_or_default()
    };
    let has_outsider = |v: &Value| of(v, &outsider)["accepted"] == true;
    let here = fed.until("lilas", &view, has_outsider);
    assert_eq!(here["about"]["view"], "the charter");
    for name in ["lilas", "rowan", "ryabina"] {
        let member = of(&here, name);
        assert_eq!(
            (&member["level"], &member["distance"]),
            (&3.into(), &0.into()),
            "{here}"
        );
        assert_eq!(
            (&member["budget"], &member["member"]),
            (&12.into(), &true.into()),
            "{here}"
        );
    }
    // It is in by one member's word, and no member of anything by that.
    let outside = of(&here, &outsider);
    assert_eq!(
        (&outside["level"], &outside["member"]),
        (&1.into(), &false.into()),
        "{here}"
    );
    for other in ["rowan", "ryabina"] {
        let there = fed.until(other, &view, has_outsider);
        assert_eq!(there["organisations"], here["organisations"], "{other}");
    }
    // One's own decisions have no part in it.
    fed.json("lilas", &["block", "ryabina"]);
    let blocked = fed.json("lilas", &view);
    assert_eq!(blocked["organisations"], here["organisations"]);
    assert_eq!(
        of(&fed.json("lilas", &["trust", "show"]), "ryabina")["accepted"],
        false
    );
    fed.json("lilas", &["block", "ryabina", "--undo"]);
    let text = fed.text("lilas", &["trust", "explain", "rowan", "--objective"]);
    assert!(text.contains("as the charter sees it"), "{text}");
}

#[test]
fn a_program_that_asks_wrongly_is_told_so_in_json() {
    for words in [
        &["--json", "check"][..],
        &["chekc", "--json"],
        &["--json", "check", "--bucket", "x"],
        &["--json", "report", "x", "--month", "yesterday"],
        &["--json"],
    ] {
        let output = parasol().args(words).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(output.stdout.is_empty(), "{words:?}");
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        assert!(error["error"]["code"].is_string(), "{error}");
        assert!(!error["error"]["message"].as_str().unwrap().is_empty());
    }
    let plain = parasol().args(["check"]).output().unwrap();
    assert_eq!(plain.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&plain.stderr).contains("Usage:"));
    let help = parasol().args(["--json", "--help"]).output().unwrap();
    assert!(help.status.success() && !help.stdout.is_empty());
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    for words in [
        &["completions", "bash"][..],
        &["man"],
        &["--help"],
        &["drafts"],
    ] {
        let mut child = parasol()
            .args(words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("panicked"), "{words:?}: {said}");
        assert_ne!(output.status.code(), Some(101), "{words:?}");
    }
}
