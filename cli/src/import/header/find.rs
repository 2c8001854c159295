//! Which of the first rows is the header.

use super::super::content;
use super::super::headings::{Field, heading};
use super::super::table::Record;
use parasol_protocol::area::City;
use parasol_protocol::handle::Country;

/// Rows from the top in which a header is looked for.
pub const SEARCHED: usize = 30;

/// The place of the header among the first rows, if there is one.
///
/// It is the row with the most words known from headers; titles above it have fewer. Where no
/// word is known, a row of plain words above rows of numbers and dates is a header too.
pub fn find(
    top: &[Record],
    width: usize,
    country: Option<Country>,
    cities: &[City],
) -> Option<usize> {
    let mut best: Option<(usize, usize)> = None;
    for (at, record) in top.iter().enumerate().take(SEARCHED) {
        let filled = record.cells.iter().filter(|c| !c.is_empty()).count();
        let known: usize = record
            .cells
            .iter()
            .filter_map(|c| heading(c))
            .map(|h| if h.is_exact() { 3 } else { 2 })
            .sum();
        let data = record.cells.iter().any(|c| is_data(c, country, cities));
        let single = width <= 1
            && filled == 1
            && record
                .cells
                .iter()
                .any(|c| heading(c).is_some_and(|h| h.is_exact()));
        let enough = known >= 4 || single;
        if enough && !data && filled * 2 > known / 3 && best.is_none_or(|(score, _)| known > score)
        {
            best = Some((known, at));
        }
    }
    best.map(|(_, at)| at)
        .or_else(|| by_shape(top, width, country, cities))
}

/// A cell that no header has: a number, an address, a date.
fn is_data(cell: &str, country: Option<Country>, cities: &[City]) -> bool {
    if cell.len() > 120 {
        return true;
    }
    matches!(
        content::kind(cell, country, cities),
        Some(Field::Phone | Field::Email | Field::Date | Field::Url | Field::Plate)
    )
}

fn by_shape(
    top: &[Record],
    width: usize,
    country: Option<Country>,
    cities: &[City],
) -> Option<usize> {
    let at = top.iter().position(|r| {
        !r.is_blank() && r.cells.iter().filter(|c| !c.is_empty()).count() * 4 >= width * 3
    })?;
    let header = top.get(at)?;
    let wordy = |cell: &String| {
        cell.is_empty() || (!cell.chars().any(|c| c.is_ascii_digit()) && cell.len() <= 60)
    };
    let distinct: std::collections::BTreeSet<&String> =
        header.cells.iter().filter(|c| !c.is_empty()).collect();
    let repeated = distinct.len() != header.cells.iter().filter(|c| !c.is_empty()).count();
    if width < 2
        || repeated
        || !header.cells.iter().all(wordy)
        || header.cells.iter().any(|c| is_data(c, country, cities))
    {
        return None;
    }
    let below = top.get(at + 1..)?;
    let mut shown = 0;
    for column in 0..header.cells.len() {
        let cells: Vec<&str> = below
            .iter()
            .map(|r| r.cell(column))
            .filter(|c| !c.is_empty())
            .collect();
        let data = cells.iter().filter(|c| is_data(c, country, cities)).count();
        shown += usize::from(data > 0 && data * 2 >= cells.len());
    }
    // Of a list of numbers and names the first row may lack its number; two columns must agree.
    (shown >= 2 || (shown == 1 && width <= 3 && below.len() >= 2)).then_some(at)
}
