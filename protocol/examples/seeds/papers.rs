//! Seeds for the target of files that go from hand to hand: as the command writes them, or the vectors
//! have them.

use crate::{Seeds, all, cases, file, hexed, listed, of_type};
use serde_json::{Value, json};

const GRAPH: &str = r#"{"roots": [{"name": "us", "budget": 10}], "vouches": [
    {"from": "us", "to": "them", "budget": 3, "slot": 1},
    {"from": "them", "to": "others", "budget": 0, "slot": 1},
    {"from": "others", "to": "others", "budget": 0, "slot": 1},
    {"from": "us", "to": "others", "budget": 0, "slot": 2}]}"#;

const MORE: &str = r#"{"vouches": [{"from": "us", "to": "more", "budget": 1, "slot": 3}]}"#;

/// A draft of a charter that says what the vectors' says.
fn draft() -> String {
    let keys = ["01", "02", "03"].map(|n| n.repeat(32));
    let organisation = |n: usize, country: &str| {
        format!(
            "[[organisation]]\nname = \"org-{n}\"\nroot = \"{}\"\njurisdiction = \"{country}\"\nkeyholder = {}\nbudget = 10\n",
            keys[n],
            n + 1
        )
    };
    format!(
        "name = \"Three trees\"\nmade = \"2026-11-22\"\nthreshold = 2\ncities = [\"FR:lyon\"]\n\
         [lives]\nreport = 600\ntranslation = 600\nsecond = 600\ndispute = 600\nvouch = 365\ndelegation = 90\n\
         [quotas]\nrecords = 20000\nevaluations = 60000\n{}{}{}\
         [[former]]\nroot = \"{}\"\nsuccessor = \"{}\"\nstays = [\"{}\"]\n",
        organisation(0, "FR"),
        organisation(1, "GB"),
        organisation(2, "RU"),
        "04".repeat(32),
        keys[0],
        "05".repeat(32),
    )
}

/// Records of roots: that is what a node takes in as a file.
fn by_roots() -> Vec<Vec<u8>> {
    let records = file("ok/charter.json")["cases"][0]["records"].clone();
    records.as_array().unwrap().iter().map(hexed).collect()
}

/// The cases of one type.
fn typed(name: &str, kind: &str) -> Vec<Value> {
    let all = cases(name).into_iter();
    all.filter(|case| case["type"] == kind).collect()
}

/// Words of a root, and words of parts with zeros between them.
fn words(name: &str) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let words = typed(name, "words").into_iter();
    let words = words.map(|case| text(&case["words"]).into_bytes());
    let parts = typed(name, "parts").into_iter().map(|case| {
        let all: Vec<String> = case["parts"].as_array().unwrap().iter().map(text).collect();
        all.join("\0").into_bytes()
    });
    (words.collect(), parts.collect())
}

pub fn write() {
    let texts = |all: &[&str]| all.iter().map(|text| text.as_bytes().to_vec()).collect();
    let (records, own) = (all("ok/records.json"), by_roots());
    let certificate = all("ok/certificate.json");
    let set: Vec<Vec<u8>> = [own.clone(), certificate.clone()].concat();
    let profile = format!(
        "name = \"x\"\norganisation = \"{0}\"\nnode = \"http://127.0.0.1:8440\"\ntoken = \"{0}\"\n\
         federation = \"{0}\"\nepoch = 2\ncertificate = \"{0}\"\ncharter = \"3:{0}\"\n\
         roots = [\"rowan=50\"]\nblocked = [\"lilas\"]\ncountry = \"FR\"\nlang = \"fr\"\n",
        "07".repeat(32)
    );
    let grant = format!(
        "to = \"{}\"\nevaluations = 40000\nuntil = \"2026-11-29\"\n",
        "07".repeat(32)
    );
    let tried = [GRAPH, MORE].join("\0");
    let graphs = cases("ok/trust.json").into_iter();
    let (graphs, empty) = graphs.partition::<Vec<Value>, _>(|case| case["accepted"] != json!([]));
    let written = |all: Vec<Value>| -> Vec<Vec<u8>> {
        let graphs = all.into_iter().map(|case| case["graph"].to_string());
        graphs.map(String::into_bytes).collect()
    };
    let request = "delegation request";
    let file = "record file";
    let good_files = of_type("ok/papers.json", file);
    let ((good_words, good_parts), (bad_words, bad_parts)) =
        (words("ok/words.json"), words("bad/words.json"));
    let quotas = typed("ok/http.json", "http-quota").into_iter();
    let quotas = quotas.map(|case| case["json"].to_string().into_bytes());
    let answers = ["http-status-inside", "http-error"].map(|of| typed("ok/http.json", of));
    let answers = answers.into_iter().flatten();
    let answers = answers.map(|case| case["json"].to_string().into_bytes());
    Seeds::of("papers")
        .mode(
            0,
            of_type("ok/papers.json", request),
            of_type("bad/papers.json", request),
        )
        .mode(
            1,
            vec![own[0].clone(), listed(&own), listed(&set)],
            [
                all("ok/charter.json"),
                certificate,
                of_type("bad/papers.json", file),
            ]
            .concat(),
        )
        .mode(
            2,
            [records.clone(), vec![listed(&records)], good_files].concat(),
            [all("bad/records.json"), of_type("bad/papers.json", file)].concat(),
        )
        .mode(3, good_words, bad_words)
        .mode(4, good_parts, bad_parts)
        .mode(
            5,
            [written(graphs), texts(&[GRAPH, &tried])].concat(),
            written(empty),
        )
        .mode(6, texts(&[&draft()]), Vec::new())
        .mode(7, texts(&[&grant]), Vec::new())
        .mode(8, texts(&[&profile]), Vec::new())
        .mode(9, quotas.collect(), Vec::new())
        .mode(10, answers.collect(), Vec::new())
        .write();
}
