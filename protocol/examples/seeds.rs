//! Seeds for the fuzz targets, from the vectors: writes `fuzz/corpus/TARGET/seed-N`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::Value;
use std::path::{Path, PathBuf};

fn cases(file: &str) -> Vec<Value> {
    let path = root().join("spec/vectors").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    file["cases"].as_array().unwrap().clone()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn bytes(case: &Value) -> Vec<u8> {
    hex::decode(case["hex"].as_str().unwrap()).unwrap()
}

fn write(target: &str, seeds: impl IntoIterator<Item = Vec<u8>>) {
    let dir = root().join("fuzz/corpus").join(target);
    std::fs::create_dir_all(&dir).unwrap();
    let mut count = 0;
    for seed in seeds {
        std::fs::write(dir.join(format!("seed-{count}")), seed).unwrap();
        count += 1;
    }
    println!("{target}: {count} seeds");
}

fn main() {
    let both = |name: &str| {
        let mut all = cases(&format!("ok/{name}"));
        all.extend(cases(&format!("bad/{name}")));
        all
    };
    write("record", both("records.json").iter().map(bytes));
    let mut cosigned = both("charter.json");
    cosigned.extend(cases("ok/certificate.json"));
    write("charter", cosigned.iter().map(bytes));
    let kinds = [
        "hello",
        "peer request",
        "peer reply",
        "directory reply",
        "evaluate",
        "evaluated",
        "pass on",
        "publish",
        "published",
        "tags ask",
        "tags reply",
        "own ask",
        "own reply",
    ];
    let frames = both("wire.json").into_iter().map(|case| {
        let kind = kinds.iter().position(|k| case["type"] == *k);
        let which = kind.unwrap_or(kinds.len()) as u8;
        [vec![which], bytes(&case)].concat()
    });
    write("frame", frames.collect::<Vec<_>>());
    let typed = [
        "06 39 98 12 34",
        "+33 (0)6 39 98 12 34",
        "0033 639981234",
        "8 (495) 123-45-67",
        "tg: @monsieur_exemple",
        "https://t.me/monsieur_exemple",
        "phone:+33639981234",
        "Prénom.Nom@Exemple.FR",
        "AB-123-CD",
        "А123ВС 77",
        "plate:FR/AB123CD",
        "https://exemple.fr/page?x=1#y",
        "FR:lyon",
        "GB-ENG",
        "Лион",
    ];
    // A string in libFuzzer's typed input: what is left after the first byte.
    let handles = (0u8..).zip(typed);
    write(
        "handle",
        handles
            .map(|(n, text)| [&[n][..], text.as_bytes()].concat())
            .collect::<Vec<_>>(),
    );
}
