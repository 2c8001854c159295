//! Vouches that are tried, signed and taken back, and whom a person puts out of sight.

use crate::common::running::Federation;
use crate::{NUMBER, publishers, without_a_vouch};
use parasol_node::clock::Clock;
use parasol_protocol::time::Day;
use serde_json::Value;
use std::fs;

/// The graph as lilas has it drawn.
fn graph(fed: &Federation, words: &[&str]) -> String {
    fed.text("lilas", &[&["trust", "graph"], words].concat())
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
        (code, error["code"].as_str()),
        (Some(3), Some("own-organisation"))
    );
    let (code, error) = fed.fails("lilas", &["block", "nobody"]);
    assert_eq!(
        (code, error["code"].as_str()),
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
        let said = error["code"].as_str().unwrap();
        assert!(said.contains(code), "{words:?}: {error}");
    }

    // What the root stands by stays, whatever is taken back: that is said, and nothing is signed.
    let made = fed.json("lilas", &["vouch", "rowan", "--root", root]);
    let id = made["id"].as_str().unwrap();
    let (keep, out) = (tmp.path().join("keep"), tmp.path().join("affirmed"));
    fs::write(&keep, id).unwrap();
    let charter = fed.dir.join("lilas");
    let words = [
        "org",
        "revoke",
        &"07".repeat(32),
        "--root",
        root,
        "--charter",
        charter.to_str().unwrap(),
        "--keep",
        keep.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ];
    fed.json("lilas", &words);
    fed.json("lilas", &["carry", out.to_str().unwrap()]);
    let (code, error) = fed.fails("lilas", &["revoke", "rowan", "--root", root]);
    assert_eq!((code, &error["code"]), (Some(5), &Value::from("affirmed")));
    let other = ["revoke", "rowan", "--root", root, "--number", "77"];
    assert_eq!(fed.fails("lilas", &other).1["code"], "no-such-vouch");

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
    let picture = graph(&fed, &[]);
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
    let picture = graph(fed, &[]);
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
    let picture = graph(fed, &["--on", &later]);
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
    assert!(graph(fed, &["--on", &day]).contains("expired since"));
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
