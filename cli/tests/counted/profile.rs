//! What a profile shows and keeps: by whom its roots vouch for, by whose report it is, and by which
//! generation of the keys.

use crate::common::running::Federation;
use crate::{NUMBER, publishers, without_a_vouch};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// Changes the profile of lilas.
fn edit(fed: &Federation, change: impl Fn(String) -> String) {
    let path = fed.home.join("profiles/lilas.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, change(text)).unwrap();
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
    let text = fed.text("lilas", &["check", NUMBER]);
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
    edit(&fed, |text| format!("roots = [\"rowan\"]\n{text}"));
    let all = fed.json("lilas", &["check", NUMBER]);
    assert_eq!(
        publishers(&all["results"][0]["reports"]),
        ["rowan", "ryabina"]
    );
    assert_eq!(all["uncounted"], 0);
    edit(&fed, |text| text.replace("\"rowan\"", "\"nobody\""));
    let (code, error) = fed.fails("lilas", &["check", NUMBER]);
    assert_eq!(
        (code, error["code"].as_str()),
        (Some(7), Some("unknown-root"))
    );
    edit(&fed, |text| text.replace("roots = [\"nobody\"]\n", ""));

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
    edit(fed, |text| text.replace("epoch = 1\n", "epoch = 2\n"));
    let (code, error) = fed.fails("lilas", &["check", NUMBER]);
    assert_eq!(
        (code, error["code"].as_str()),
        (Some(5), Some("old-certificate"))
    );
    let at = pinned.find("certificate = \"").unwrap() + "certificate = \"".len();
    let other = if &pinned[at..=at] == "0" { "1" } else { "0" };
    let mut changed = pinned.clone();
    changed.replace_range(at..=at, other);
    fs::write(&path, changed).unwrap();
    let (code, error) = fed.fails("lilas", &["check", NUMBER]);
    assert_eq!(
        (code, error["code"].as_str()),
        (Some(5), Some("two-certificates"))
    );
    assert!(error["message"].as_str().unwrap().contains("ALARM"));
    fs::write(&path, pinned).unwrap();
    fed.json("lilas", &["check", NUMBER]);
}
