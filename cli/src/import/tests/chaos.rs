//! Whatever is in a file, every row comes out once and nothing falls over.

use super::*;
use proptest::prelude::*;

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "\\PC{0,20}",
        "[0-9+() /,;.-]{0,24}",
        Just("07700 900123".to_owned()),
        Just("last week".to_owned()),
        Just("=1+1".to_owned()),
        Just("\"".to_owned()),
        Just("@name, t.me/x / a@b".to_owned()),
        Just("没有付钱 12/13/2026 !!!".to_owned()),
        Just("Phone".to_owned()),
        Just("yes".to_owned()),
        Just("\u{fdfa}\u{0301}İ\u{202e}".to_owned()),
    ]
}

fn header() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("Phone"),
        Just("Date"),
        Just("Дата"),
        Just("Level (1-10)"),
        Just("Consent"),
        Just("Email"),
        Just("Ник"),
        Just("Машина"),
        Just("Reported by"),
        Just("What happened"),
        Just("Lieu"),
        Just("等级"),
        Just("Category"),
        Just("URL"),
        Just("Telegram"),
        Just("Language"),
        Just("qwerty"),
        Just(""),
    ]
    .prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn tables_of_anything(
        names in prop::collection::vec(header(), 1..8),
        body in prop::collection::vec(prop::collection::vec(cell(), 0..9), 1..12),
        separator in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        with_header: bool,
    ) {
        let mut writer = csv::WriterBuilder::new().flexible(true).delimiter(separator).from_writer(Vec::new());
        if with_header {
            writer.write_record(&names).unwrap();
        }
        for row in &body {
            if !row.is_empty() {
                writer.write_record(row).unwrap();
            }
        }
        check(writer.into_inner().unwrap())?;
    }

    #[test]
    fn text_of_anything(text in "(\\PC|[\"\n,;\t]){0,400}") {
        check(text.into_bytes())?;
    }

    #[test]
    fn bytes_of_anything(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        check(bytes)?;
    }

    #[test]
    fn workbooks_of_anything(bytes in prop::collection::vec(any::<u8>(), 0..300), ole: bool) {
        let start: &[u8] = if ole { b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" } else { b"PK\x03\x04" };
        check([start, &bytes].concat())?;
    }
}

/// A cell of what one asks by, and whether it is a number.
fn number() -> impl Strategy<Value = (String, bool)> {
    prop_oneof![
        (0u32..10_000).prop_map(|n| (format!("07700 90{n:04}"), true)),
        (0u32..10_000).prop_map(|n| (format!("+44 7700 90{n:04}"), true)),
        prop::sample::select(vec!["", "?", "unknown", "12", "-"])
            .prop_map(|s| (s.to_owned(), false)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Every row that was written is shared, kept or rejected, as it says and never twice; the
    /// rejected ones, and they alone, are in the file of those that could not go.
    #[test]
    fn totals_add_up_with_what_was_written(
        rows in prop::collection::vec((number(), "(|yes|no|perhaps)", "[a-z]{3,9}( [a-z,;\"\n]{1,9}){0,4}[a-z]"), 1..30),
        separator in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        asks_consent: bool,
    ) {
        let writer = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
        let mut writer = writer;
        let columns = if asks_consent { 3 } else { 2 };
        writer.write_record(["Phone", "What happened", "Consent"].iter().take(columns)).unwrap();
        for ((phone, _), consent, text) in &rows {
            writer.write_record([phone, text, consent].iter().take(columns)).unwrap();
        }
        let plan = plan(writer.into_inner().unwrap(), "GB");
        prop_assert_eq!(plan.total, rows.len());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rejects.csv");
        let mut rejects = RejectsWriter::create(&path, &plan).unwrap();
        let (mut shared, mut kept, mut rejected) = (0, 0, 0);
        for (row, ((_, good), consent, _)) in plan.rows().zip(&rows) {
            rejects.push(&row).unwrap();
            let may = !asks_consent || consent == "yes";
            match row.outcome {
                Outcome::Share(..) => {
                    prop_assert!(may && *good, "row {}", row.number);
                    shared += 1;
                }
                Outcome::Keep(_) => {
                    prop_assert!(!may, "row {}", row.number);
                    kept += 1;
                }
                Outcome::Reject(_) => {
                    prop_assert!(!good, "row {}", row.number);
                    rejected += 1;
                }
            }
        }
        prop_assert_eq!(shared + kept + rejected, rows.len());
        prop_assert_eq!(rejects.finish().unwrap(), rejected);
        let again = csv::Reader::from_path(&path).unwrap().into_records().count();
        prop_assert_eq!(again, rejected);
        let could = rows.iter().filter(|((_, good), consent, _)| *good && (!asks_consent || consent == "yes"));
        prop_assert_eq!(could.count(), shared);
    }
}

fn check(bytes: Vec<u8>) -> Result<(), TestCaseError> {
    let Ok(table) = Table::read(bytes, &Reading::default()) else {
        return Ok(());
    };
    let Ok(plan) = understand(table, &options("GB")) else {
        return Ok(());
    };
    let rows: Vec<Row> = plan.rows().collect();
    prop_assert_eq!(rows.len(), plan.total);
    for (at, row) in rows.iter().enumerate() {
        prop_assert_eq!(row.number, at + 1);
        if let Outcome::Share(entry, _) = &row.outcome {
            prop_assert!((1..=MAX_HANDLES).contains(&entry.handles.len()));
            prop_assert!(entry.text.as_ref().is_none_or(|t| t.len() <= MAX_TEXT));
        }
    }
    let map = Mapping::from_toml(&plan.mapping.to_toml());
    prop_assert!(map.is_ok(), "{:?}", map);
    Ok(())
}
