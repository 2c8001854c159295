//! The four lists with what a careful reader finds in them, where they are at hand.

use super::*;
use parasol_protocol::particulars::Level;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn directory() -> Option<PathBuf> {
    let found = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|above| above.join("shared/data/lists"))
        .find(|lists| lists.join("truth.json").is_file());
    if found.is_none() {
        println!("skipped: no shared/data/lists beside the project");
    }
    found
}

fn strings(value: &serde_json::Value) -> Vec<String> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_number_that_may_be_shared_is_found_and_no_other() {
    let Some(directory) = directory() else { return };
    let truth: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(directory.join("truth.json")).unwrap())
            .unwrap();
    for (name, expected) in truth.as_object().unwrap() {
        let options = options(expected["region"].as_str().unwrap());
        let table = Table::open(&directory.join(name), &Reading::default()).unwrap();
        let plan = understand(table, &options).unwrap();
        let rows: Vec<Row> = plan.rows().collect();
        assert_eq!(
            rows.len() as u64,
            expected["rows"].as_u64().unwrap(),
            "{name}"
        );
        let kept = rows
            .iter()
            .filter(|r| matches!(r.outcome, Outcome::Keep(_)))
            .count();
        assert_eq!(kept as u64, expected["refused"].as_u64().unwrap(), "{name}");
        let mut found = BTreeSet::new();
        for (row, truth) in rows.iter().zip(expected["phones"].as_array().unwrap()) {
            let got: BTreeSet<String> = phones(row).into_iter().collect();
            assert_eq!(
                got,
                strings(truth).into_iter().collect(),
                "{name} row {}",
                row.number
            );
            found.extend(got);
        }
        for number in strings(&expected["only_in_refused"]) {
            assert!(!found.contains(&number), "{name}");
        }
        // The mapping file of this plan, given back, changes nothing.
        let map = Mapping::from_toml(&plan.mapping.to_toml()).unwrap();
        let again = Options {
            map: Some(map.clone()),
            ..options.clone()
        };
        let table = Table::open(&directory.join(name), &map.reading).unwrap();
        let second = understand(table, &again).unwrap();
        assert!(second.rows().eq(rows.iter().cloned()), "{name}");
        for row in &rows {
            if let Outcome::Share(entry, _) = &row.outcome {
                let text = entry.text.clone().unwrap_or_default();
                assert!(
                    !text.contains("Sam") && !text.contains("nickname"),
                    "{name}: the reporter is in the text"
                );
                assert!(
                    entry
                        .month
                        .is_none_or(|m| m.to_string().as_str() <= "2026-11"),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn the_lists_are_understood_as_their_authors_meant_them() {
    let Some(directory) = directory() else { return };
    for (name, country, lang, encoding, dated, level) in [
        (
            "liste_fr.csv",
            "FR",
            "fr",
            "windows-1252",
            120,
            Level::Danger,
        ),
        ("incidents_uk.csv", "GB", "en", "UTF-8", 0, Level::Risk),
        (
            "spisok_ru.csv",
            "RU",
            "ru",
            "windows-1251",
            120,
            Level::Danger,
        ),
        ("bad_dates_ca.xlsx", "CA", "en", "XLSX", 0, Level::Nuisance),
    ] {
        let table = Table::open(&directory.join(name), &Reading::default()).unwrap();
        let plan = understand(table, &options(country)).unwrap();
        assert_eq!(plan.encoding, encoding, "{name}");
        assert_eq!(plan.mapping.lang.as_deref(), Some(lang), "{name}");
        let rows: Vec<Row> = plan.rows().collect();
        let entries: Vec<&Entry> = rows
            .iter()
            .filter_map(|r| {
                if let Outcome::Share(e, _) = &r.outcome {
                    Some(e)
                } else {
                    None
                }
            })
            .collect();
        if dated > 0 {
            assert_eq!(
                entries.iter().filter(|e| e.month.is_some()).count(),
                entries.len(),
                "{name}"
            );
        } else {
            assert!(entries.iter().any(|e| e.month.is_none()), "{name}");
        }
        assert_eq!(entries[0].level, level, "{name}");
        assert!(
            entries
                .iter()
                .all(|e| e.text.is_some() && e.lang.as_deref() == Some(lang)),
            "{name}"
        );
        let coded = entries.iter().filter(|e| !e.codes.is_empty()).count();
        assert!(
            coded * 10 > entries.len() * 7,
            "{name}: {coded} of {}",
            entries.len()
        );
    }
}
