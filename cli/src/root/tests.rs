#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use super::*;
use parasol_node::entropy::OsEntropy;
use parasol_node::files::write_private;
use std::os::unix::fs::PermissionsExt as _;

fn key(n: u8) -> SecretKey {
    SecretKey::from_seed([n; 32])
}

#[test]
fn words_are_those_of_bip_39_and_give_the_key_back() {
    // The published vector for 32 bytes of 0x7f.
    let said = words(&key(0x7f)).join(" ");
    assert!(said.starts_with("legal winner thank year wave sausage"));
    assert!(said.ends_with("worth title"), "{said}");
    assert_eq!(from_words(&said).unwrap().seed(), key(0x7f).seed());
    // As people type them: in capitals, cut to four letters, with numbers in front.
    let typed: Vec<String> = (1..)
        .zip(words(&key(9)))
        .map(|(n, w)| format!("{n}. {}", w.get(..4).unwrap_or(w).to_uppercase()))
        .collect();
    assert_eq!(from_words(&typed.join("\n")).unwrap().seed(), key(9).seed());
}

#[test]
fn a_wrong_word_is_named_where_that_can_be_told() {
    let mut all: Vec<String> = words(&key(9)).iter().map(|w| (*w).to_owned()).collect();
    let right = all.clone();
    all[4] = "xylofone".to_owned();
    assert!(matches!(
        from_words(&all.join(" ")),
        Err(WordError::Unknown { place: 5, .. })
    ));
    all[4] = "legla".to_owned();
    let said = from_words(&all.join(" ")).unwrap_err().to_string();
    assert!(
        said.contains("word 5 is `legla`") && said.contains("legal"),
        "{said}"
    );
    assert!(matches!(
        from_words(&right[..23].join(" ")),
        Err(WordError::Count { found: 23, .. })
    ));
    // With the root key at hand the place of a word that is in the list is found, and mended.
    let known = key(9).organisation();
    let mut all = right.clone();
    all[11] = if right[11] == "abandon" {
        "zoo"
    } else {
        "abandon"
    }
    .to_owned();
    let (place, word, mended) = mend(&all.join(" "), &known).unwrap();
    assert_eq!((place, word.as_str()), (12, right[11].as_str()));
    assert_eq!(mended.seed(), key(9).seed());
    let mut all: Vec<String> = words(&key(0x7e)).iter().map(|w| (*w).to_owned()).collect();
    let at = (0..23).find(|n| all[*n] != all[n + 1]).unwrap();
    all.swap(at, at + 1);
    assert!(mend(&all.join(" "), &key(0x7e).organisation()).is_some());
    let mut all = right;
    (all[0], all[1]) = ("zoo".to_owned(), "zoo".to_owned());
    assert!(mend(&all.join(" "), &known).is_none());
}

/// A file of `spec/vectors`.
fn vectors(name: &str) -> Vec<serde_json::Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/vectors");
    let text = fs::read_to_string(Path::new(path).join(name)).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    file["cases"].as_array().unwrap().clone()
}

fn word_code(why: &WordError) -> &'static str {
    match why {
        WordError::Unknown { .. } => "unknown-word",
        WordError::Count { .. } => "count",
        WordError::Sum => "sum",
    }
}

fn part_code(why: &PartError) -> &'static str {
    match why {
        PartError::Words(why) => word_code(why),
        PartError::Sum => "sum",
        PartError::Alone => "alone",
        PartError::Mixed(_) => "mixed",
        PartError::TooFew { .. } => "too-few",
        PartError::Shares(_) => "shares",
    }
}

/// The key of a vector's words or parts, and the words as this program writes them.
fn read(case: &serde_json::Value) -> Result<(SecretKey, serde_json::Value), &'static str> {
    if case["type"] == "words" {
        let key = from_words(case["words"].as_str().unwrap()).map_err(|e| word_code(&e))?;
        let printed = words(&key).join(" ").into();
        return Ok((key, printed));
    }
    let typed = case["parts"].as_array().unwrap().iter();
    let parts = typed.map(|text| Part::from_words(text.as_str().unwrap()));
    let parts: Vec<Part> = parts.collect::<Result<_, _>>().map_err(|e| part_code(&e))?;
    let key = join(&parts).map_err(|e| part_code(&e))?;
    let printed = parts.iter().map(|part| part.words().join(" ")).collect();
    Ok((key, printed))
}

#[test]
fn words_and_parts_give_the_keys_that_a_second_implementation_has() {
    for case in vectors("ok/words.json") {
        let (key, printed) = read(&case).unwrap_or_else(|e| panic!("{}: {e}", case["name"]));
        assert_eq!(hex::encode(*key.seed()), case["seed"], "{}", case["name"]);
        let root = key.organisation().to_string();
        assert_eq!(root, case["root"], "{}", case["name"]);
        assert_eq!(printed, case["printed"], "{}", case["name"]);
    }
}

#[test]
fn words_and_parts_are_refused_for_what_the_vectors_say() {
    for case in vectors("bad/words.json") {
        let refused = read(&case).err();
        assert_eq!(refused, case["refused"].as_str(), "{}", case["name"]);
    }
}

/// The list that the text brings along is the one of BIP 39.
#[test]
fn the_list_of_words_is_the_one_in_the_text() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/words.txt");
    let text = fs::read_to_string(path).unwrap();
    let there: Vec<&str> = text.lines().collect();
    let here: Vec<&str> = (0..2048).map(super::words::word).collect();
    assert_eq!(there, here);
}

#[test]
fn any_m_parts_give_the_key_back_and_fewer_do_not() {
    let split_3_of_5 = "3/5".parse().unwrap();
    let parts = split(&key(5), split_3_of_5, &mut OsEntropy).unwrap();
    assert_eq!(parts.len(), 5);
    let read: Vec<Part> = parts
        .iter()
        .map(|p| Part::from_words(&p.words().join(" ")).unwrap())
        .collect();
    assert!(read == parts);
    for a in 0..5 {
        for b in a + 1..5 {
            assert_eq!(
                join(&[read[a].clone(), read[b].clone(), read[a].clone()]).unwrap_err(),
                PartError::TooFew {
                    found: 2,
                    needed: 3
                }
            );
            for c in b + 1..5 {
                let some = [read[c].clone(), read[a].clone(), read[b].clone()];
                assert_eq!(join(&some).unwrap().seed(), key(5).seed());
            }
        }
    }
}

#[test]
fn fewer_parts_fit_every_key() {
    // One of two that it takes: whatever the key was, there is a second part that leads to it, so
    // the first says nothing. With a field of 256 that is shown byte by byte by counting.
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..4096 {
        let parts = split(&key(5), "2/2".parse().unwrap(), &mut OsEntropy).unwrap();
        seen.insert(parts[0].words()[3]);
    }
    // The first share word takes nearly all of the list's values though the key is always one.
    assert!(seen.len() > 1500, "{}", seen.len());
}

#[test]
fn parts_that_do_not_go_together_are_told_apart() {
    let how: Split = "2/3".parse().unwrap();
    let (one, other) = (
        split(&key(5), how, &mut OsEntropy).unwrap(),
        split(&key(6), how, &mut OsEntropy).unwrap(),
    );
    if one[0].lot != other[0].lot {
        assert_eq!(
            join(&[one[0].clone(), other[1].clone()]).unwrap_err(),
            PartError::Mixed(2)
        );
    }
    let mut words = one[0].words();
    words.swap(0, 2);
    assert!(Part::from_words(&words.join(" ")).is_err());
    let mut words = one[0].words();
    words[1] = if words[1] == "zoo" { "zone" } else { "zoo" };
    assert_eq!(
        Part::from_words(&words.join(" ")).err(),
        Some(PartError::Sum)
    );
    for bad in ["1/3", "4/3", "2/17", "2", "a/b"] {
        assert!(bad.parse::<Split>().is_err(), "{bad}");
    }
}

#[test]
fn a_root_key_is_written_once_and_read_by_its_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("root.key");
    write_root(&path, &key(1)).unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(read_root(&path).unwrap().seed(), key(1).seed());
    assert_eq!(write_root(&path, &key(2)).unwrap_err().code(), "occupied");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(read_root(&path).unwrap_err().code(), "exposed");
    let bare = dir.path().join("bare.key");
    write_private(&bare, format!("{}\n", "01".repeat(32)).as_bytes()).unwrap();
    assert_eq!(read_root(&bare).unwrap().seed(), key(1).seed());
}

#[test]
fn two_records_of_a_day_have_two_slots() {
    use parasol_protocol::record::revocation::Revocation;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("root.key");
    let root = key(1);
    let federation = FederationId::from_bytes([3; 32]);
    let today = Day::from_number(20_779);
    let body = |n| Body::Revocation(Revocation::Key(key(n).node()));
    let mut slots = Vec::new();
    for n in 0..3 {
        // Each time anew, as each command does.
        let mut signing = Signing::new(&root, &path, federation, today).unwrap();
        let record = signing.sign(body(n), today.plus(10)).unwrap();
        slots.push(record.header().slot);
    }
    let mut tomorrow = Signing::new(&root, &path, federation, today.plus(1)).unwrap();
    slots.push(
        tomorrow
            .sign(body(9), today.plus(10))
            .unwrap()
            .header()
            .slot,
    );
    assert_eq!(slots, [63, 62, 61, 63]);
    let mut signing = Signing::new(&root, &path, federation, today).unwrap();
    for n in 3..64 {
        signing.sign(body(n), today.plus(10)).unwrap();
    }
    assert_eq!(
        signing.sign(body(64), today.plus(10)).unwrap_err().code(),
        "root-quota"
    );
}
