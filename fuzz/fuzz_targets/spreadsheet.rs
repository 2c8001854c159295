//! An organisation's old list, as it is or with a mapping file, and workbooks around hostile parts:
//! every row comes out once, in bounds, and a row that was kept back stays so when the mapping that
//! was written is given back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parasol_fuzz::import::{
    Entry, MAX_CELL, MAX_HANDLES, MAX_TEXT, Mapping, Options, Outcome, Reading, Row, Table,
    Understood, understand,
};
use parasol_fuzz::seeds::{reached, watched, why};
use parasol_fuzz::workbook;
use parasol_protocol::area::{City, default_cities};
use parasol_protocol::handle::{Country, Handle};
use std::sync::{LazyLock, Once};

static CITIES: LazyLock<Vec<City>> = LazyLock::new(default_cities);

/// The reader of workbooks is known to panic on damaged ones, which the import takes for one more
/// error. Any other panic ends the run.
fn forgive_the_reader() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        let strict = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let theirs = ["calamine", "quick-xml", "zip-", "/cfb"];
            let place = panic.location().map_or("", |l| l.file());
            let std = place.starts_with("/rustc/") || place.contains("library/");
            if std || theirs.iter().any(|name| place.contains(name)) {
                return;
            }
            strict(panic);
        }));
    });
}

fn options(country: u8, map: Option<Mapping>) -> Options<'static> {
    let countries = ["FR", "GB", "RU", "CA", "CN", "UA"];
    Options {
        country: countries
            .get(usize::from(country))
            .and_then(|c| Country::parse(c).ok()),
        lang: None,
        map,
        today: time::Date::from_calendar_date(2026, time::Month::November, 22).unwrap(),
        cities: &CITIES,
    }
}

fn rows(plan: &Understood<'_>) -> Vec<Row> {
    let rows: Vec<Row> = plan.rows().collect();
    assert_eq!(rows.len(), plan.total);
    for (at, row) in rows.iter().enumerate() {
        assert_eq!(row.number, at + 1);
        if let Outcome::Share(entry, warnings) = &row.outcome {
            shared(entry);
            assert!(!warnings.iter().any(|w| w.to_string().is_empty()));
            assert!(row.original.iter().all(|cell| cell.len() <= MAX_CELL));
        }
    }
    rows
}

fn shared(entry: &Entry) {
    assert!((1..=MAX_HANDLES).contains(&entry.handles.len()));
    for (at, handle) in entry.handles.iter().enumerate() {
        let text = handle.to_canonical_string();
        assert_eq!(Handle::from_canonical(&text).as_ref(), Ok(handle));
        assert!(!entry.handles[..at].contains(handle));
    }
    assert!(entry.codes.len() <= 12);
    assert!(entry.text.as_ref().is_none_or(|t| t.len() <= MAX_TEXT));
}

fn import(list: &[u8], country: u8, map: Option<Mapping>) {
    let reading = map.as_ref().map(|m| m.reading.clone()).unwrap_or_default();
    let table = match Table::read(list.to_vec(), &reading) {
        Ok(table) => table,
        Err(error) => return why(&error),
    };
    // A line of text each row of a plan costs.
    let plan = match understand(table, &options(country, map)) {
        Ok(plan) => plan,
        Err(error) => return why(&error),
    };
    let first = rows(&plan);
    reached();
    let map = Mapping::from_toml(&plan.mapping.to_toml()).unwrap();
    let Ok(table) = Table::read(list.to_vec(), &map.reading) else {
        panic!("the mapping that was written does not fit its list");
    };
    let Ok(again) = understand(table, &options(country, Some(map))) else {
        panic!("the mapping that was written does not fit its list");
    };
    let second = rows(&again);
    assert_eq!(first.len(), second.len());
    for (one, other) in first.iter().zip(&second) {
        let kept = |row: &Row| matches!(row.outcome, Outcome::Keep(_));
        assert!(!kept(one) || kept(other), "a row that was kept back goes");
    }
}

fuzz_target!(|bytes: &[u8]| {
    forgive_the_reader();
    watched(|| read(bytes));
});

fn read(bytes: &[u8]) {
    let [which, country, rest @ ..] = bytes else {
        return;
    };
    let mut parts = rest.split(|b| *b == 0);
    let mut part = || parts.next().unwrap_or_default();
    match which % 8 {
        0 => import(rest, *country, None),
        1 => {
            // A mapping file, and behind a zero its list.
            let text = String::from_utf8_lossy(part());
            let Ok(map) = Mapping::from_toml(&text) else {
                return;
            };
            let again = Mapping::from_toml(&map.to_toml()).unwrap();
            assert_eq!(again.to_toml(), map.to_toml());
            import(part(), *country, Some(map));
        }
        2 => import(&workbook::xlsx(part(), part(), part()), *country, None),
        3 => import(&workbook::ods(rest), *country, None),
        4 => import(&workbook::listing(rest), *country, None),
        5 => {
            // A sheet of a mapping file's choice.
            let reading = Reading {
                sheet: Some(String::from_utf8_lossy(part()).into_owned()),
                ..Reading::default()
            };
            let map = Mapping {
                reading,
                ..Mapping::default()
            };
            import(&workbook::xlsx(part(), part(), b""), *country, Some(map));
        }
        6 => import(&workbook::xls(rest), *country, None),
        _ => import(rest, *country, None),
    }
}
