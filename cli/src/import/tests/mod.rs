//! The import as a whole: files in, outcomes out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod behaviour;
mod chaos;
mod doubt;
mod lists;
mod shapes;

use super::*;
use parasol_protocol::area::{City, default_cities};
use parasol_protocol::handle::{Country, HandleKind};
use std::sync::LazyLock;

static CITIES: LazyLock<Vec<City>> = LazyLock::new(default_cities);

fn options(country: &str) -> Options<'static> {
    Options {
        country: Country::parse(country).ok(),
        lang: None,
        map: None,
        today: time::Date::from_calendar_date(2026, time::Month::November, 22).unwrap(),
        cities: &CITIES,
    }
}

fn plan_of(bytes: impl Into<Vec<u8>>, options: &Options<'static>) -> Understood<'static> {
    let reading = options
        .map
        .as_ref()
        .map(|m| m.reading.clone())
        .unwrap_or_default();
    understand(Table::read(bytes.into(), &reading).unwrap(), options).unwrap()
}

fn plan(bytes: impl Into<Vec<u8>>, country: &str) -> Understood<'static> {
    plan_of(bytes, &options(country))
}

fn rows(bytes: impl Into<Vec<u8>>, country: &str) -> Vec<Row> {
    let plan = plan(bytes, country);
    let rows: Vec<Row> = plan.rows().collect();
    assert_eq!(rows.len(), plan.total);
    rows
}

fn shared(row: &Row) -> &Entry {
    match &row.outcome {
        Outcome::Share(entry, _) => entry,
        other => panic!("row {} is {other:?}", row.number),
    }
}

fn warnings(row: &Row) -> Vec<&'static str> {
    match &row.outcome {
        // Numbers kept for fiction are in no range in use, and no test is about that but one.
        Outcome::Share(_, warnings) => warnings
            .iter()
            .filter(|w| **w != RowWarning::NumberNotValid)
            .map(|w| w.code())
            .collect(),
        other => panic!("row {} is {other:?}", row.number),
    }
}

/// "share", or the reason in one word.
fn fate(row: &Row) -> &'static str {
    match &row.outcome {
        Outcome::Share(..) => "share",
        Outcome::Keep(reason) => reason.code(),
        Outcome::Reject(reason) => reason.code(),
    }
}

fn handles(row: &Row) -> Vec<String> {
    shared(row)
        .handles
        .iter()
        .map(|h| h.to_canonical_string())
        .collect()
}

fn phones(row: &Row) -> Vec<String> {
    match &row.outcome {
        Outcome::Share(entry, _) => entry
            .handles
            .iter()
            .filter(|h| h.kind() == HandleKind::Phone)
            .map(|h| h.canonical().to_owned())
            .collect(),
        _ => Vec::new(),
    }
}
