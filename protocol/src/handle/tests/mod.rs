//! Handles, from what people write to what is asked by.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod any;
mod cells;
mod forms;
mod texts;
mod vectors;

use super::{Country, Handle, parse, phones_in, plates_in};

const COUNTRIES: [&str; 14] = [
    "", "FR", "GB", "RU", "CA", "US", "CN", "DE", "ES", "IT", "UA", "KE", "TH", "BR",
];

fn country(code: &str) -> Option<Country> {
    (!code.is_empty()).then(|| Country::parse(code).unwrap())
}

/// A canonical form stays what it is, wherever and however it is read.
fn settled(handle: &Handle) {
    let text = handle.to_canonical_string();
    assert_eq!(Handle::from_canonical(&text).as_ref(), Ok(handle), "{text}");
    for code in COUNTRIES {
        for kind in [None, Some(handle.kind())] {
            let parsed = parse(&text, kind, country(code))
                .unwrap_or_else(|error| panic!("{text} in {code}: {error}"));
            assert_eq!(parsed.handle.to_canonical_string(), text, "in {code}");
        }
    }
}

fn cell(text: &str, home: &str) -> Vec<String> {
    phones_in(text, country(home))
        .into_iter()
        .map(|item| match item {
            Ok(parsed) => parsed.handle.canonical().to_owned(),
            Err((_, error)) => error.code().to_owned(),
        })
        .collect()
}

fn plates(text: &str, home: &str) -> Vec<String> {
    plates_in(text, country(home))
        .iter()
        .map(|handle| handle.canonical().to_owned())
        .collect()
}
