//! The golden forms and refusals, and the tables that whoever implements the rules goes by.

use super::super::{HandleError, Parsed, account, guess, parse, phone, platform, url};
use super::{country, settled};
use serde_json::Value;

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/vectors");

fn vectors(sort: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(format!("{VECTORS}/{sort}/handles.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn ask(case: &Value) -> Result<Parsed, HandleError> {
    let of = |key: &str| case.get(key).and_then(Value::as_str);
    parse(
        of("input").unwrap(),
        of("kind").map(|kind| kind.parse().unwrap()),
        of("country").and_then(country),
    )
}

#[test]
fn golden_forms() {
    let mut wrong = Vec::new();
    for case in vectors("ok") {
        let want = case["canonical"].as_str().unwrap();
        match ask(&case) {
            Ok(parsed) if parsed.handle.to_canonical_string() == want => settled(&parsed.handle),
            Ok(parsed) => wrong.push(format!(
                "{case} gives {}",
                parsed.handle.to_canonical_string()
            )),
            Err(error) => wrong.push(format!("{case} fails: {}", error.code())),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn golden_refusals() {
    let mut wrong = Vec::new();
    for case in vectors("bad") {
        let want = case["error"].as_str().unwrap();
        match ask(&case) {
            Ok(parsed) => wrong.push(format!(
                "{case} gives {}",
                parsed.handle.to_canonical_string()
            )),
            Err(error) if error.code() == want => {
                let input = case["input"].as_str().unwrap().trim();
                assert!(
                    input.len() < 8 || !error.to_string().contains(input),
                    "{error} repeats the handle"
                );
            }
            Err(error) => wrong.push(format!("{case} fails with {}", error.code())),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whoever implements the rules from the text has the tables of `spec/handles.json`.
#[test]
fn tables_are_those_of_the_specification() {
    let text = std::fs::read_to_string(format!("{VECTORS}/../handles.json")).unwrap();
    let tables: Value = serde_json::from_str(&text).unwrap();
    let list = |value: &Value| -> Vec<String> {
        let texts = value.as_array().unwrap().iter();
        texts
            .map(|text| text.as_str().unwrap().to_owned())
            .collect()
    };
    let platforms = tables["platforms"].as_object().unwrap();
    assert_eq!(platforms.len(), platform::PLATFORMS.len());
    for one in &platform::PLATFORMS {
        let row = &platforms[one.slug];
        assert_eq!(list(&row["also"]), one.aliases, "{}", one.slug);
        assert_eq!(list(&row["sites"]), one.hosts, "{}", one.slug);
        assert_eq!(list(&row["before a name"]), one.before_name, "{}", one.slug);
        assert_eq!(list(&row["no name"]), one.reserved, "{}", one.slug);
        assert_eq!(row["by phone"], one.by_phone, "{}", one.slug);
        assert_eq!(row["name"], pattern(&one.name), "{}", one.slug);
        assert_eq!(one.name.drop_dots, one.slug == "facebook", "{}", one.slug);
    }
    assert_eq!(tables["any other site"], pattern(&platform::ANY_SITE));
    assert_eq!(list(&tables["dropped parameters"]), url::TRACKING);
    assert_eq!(list(&tables["dropped families"]), url::TRACKING_FAMILIES);
    let sites = tables["dropped at sites"].as_object().unwrap();
    assert_eq!(sites.len(), url::TRACKING_AT.len());
    for (site, names) in url::TRACKING_AT {
        assert_eq!(list(&sites[site]), names, "{site}");
    }
    assert_eq!(list(&tables["endings of pages"]), guess::COMMON_ENDINGS);
    assert_eq!(list(&tables["labels of a number"]), phone::LABELS);
    assert_eq!(
        list(&tables["between a name and its platform"]),
        account::ON
    );
}

/// What a name looks like, as the tables write it.
fn pattern(rule: &platform::NameRule) -> String {
    let (min, max) = (rule.min, rule.max);
    let letters = match rule.any_script {
        true => r"\p{Alphabetic}\p{N}\p{M}",
        false => "a-z0-9",
    };
    let all = format!("[{letters}{}]", rule.extra.replace('-', r"\-"));
    match rule.letter_first {
        true => format!("[a-z]{all}{{{},{}}}|[0-9]{{5,{max}}}", min - 1, max - 1),
        false => format!("{all}{{{min},{max}}}"),
    }
}
