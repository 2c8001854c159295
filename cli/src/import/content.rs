//! What a column holds, by its content: for columns without a header, or with one that says
//! nothing or several things.

use super::cells::is_placeholder;
use super::headings::Field;
use super::{consent, date, level};
use parasol_protocol::area::{Area, City};
use parasol_protocol::handle::{Country, phones_in, plates_in};
use std::collections::BTreeMap;

/// What the cells of a column look like, counted.
#[derive(Clone, Debug, Default)]
pub struct Look {
    filled: usize,
    counts: [usize; 9],
    words: usize,
    numeric: usize,
    rising: usize,
    last: Option<u64>,
    seen: BTreeMap<String, Option<Field>>,
}

const KINDS: [Field; 9] = [
    Field::Email,
    Field::Url,
    Field::Account,
    Field::Consent,
    Field::Date,
    Field::Phone,
    Field::Plate,
    Field::Level,
    Field::Area,
];

impl Look {
    /// Looks at one more cell.
    pub fn add(&mut self, cell: &str, country: Option<Country>, cities: &[City]) {
        if is_placeholder(cell) {
            return;
        }
        self.filled += 1;
        self.words += cell.split_whitespace().count()
            + cell.chars().filter(|c| super::fold::is_han(*c)).count() / 2;
        if let Ok(number) = cell.parse::<u64>() {
            self.numeric += 1;
            self.rising += usize::from(self.last.is_some_and(|last| number == last + 1));
            self.last = Some(number);
        }
        let known = self.seen.get(cell).copied();
        let shown = known.unwrap_or_else(|| kind(cell, country, cities));
        if known.is_none() && cell.len() <= 100 {
            self.seen.insert(cell.to_owned(), shown);
        }
        if let Some(kind) = shown
            && let Some(at) = KINDS.iter().position(|k| *k == kind)
            && let Some(count) = self.counts.get_mut(at)
        {
            *count += 1;
        }
    }

    /// Cells with something in them.
    pub fn filled(&self) -> usize {
        self.filled
    }

    /// How many in a hundred filled cells look like this field.
    pub fn share(&self, field: Field) -> usize {
        let at = KINDS.iter().position(|k| *k == field);
        let count = at.and_then(|at| self.counts.get(at)).copied().unwrap_or(0);
        (count * 100).checked_div(self.filled).unwrap_or(0)
    }

    /// Words in a cell, on average.
    pub fn words_each(&self) -> usize {
        self.words.checked_div(self.filled).unwrap_or(0)
    }

    /// The rows' own numbers: 1, 2, 3 …
    pub fn counts_up(&self) -> bool {
        self.numeric == self.filled && self.filled > 1 && self.rising + 1 == self.filled
    }

    /// The field that most of the cells show, if most show one.
    pub fn field(&self) -> Option<Field> {
        if self.filled == 0 || self.counts_up() {
            return None;
        }
        let needed = |field: Field| match field {
            Field::Consent => 95,
            Field::Level => 90,
            Field::Area => 35,
            _ => 50,
        };
        let best = KINDS
            .iter()
            .copied()
            .filter(|f| self.share(*f) >= needed(*f))
            .max_by_key(|f| {
                let area = usize::from(*f == Field::Area);
                (1 - area, self.share(*f))
            });
        match best {
            // A story that names a city is a story.
            Some(Field::Area) if self.words_each() > 4 => Some(Field::Text),
            Some(Field::Plate) if self.words_each() > 2 => Some(Field::Vehicle),
            None if self.words_each() >= 3 => Some(Field::Text),
            found => found,
        }
    }
}

/// What one cell looks like.
pub fn kind(cell: &str, country: Option<Country>, cities: &[City]) -> Option<Field> {
    let cell = cell.trim();
    if cell.len() > 200 {
        return None;
    }
    let first = cell.split_whitespace().next().unwrap_or_default();
    let lower = first.to_ascii_lowercase();
    if first.find('@').is_some_and(|at| at > 0) && first.contains('.') {
        return Some(Field::Email);
    }
    if lower.starts_with("t.me/") || first.starts_with('@') || lower.starts_with("tg:") {
        return Some(Field::Account);
    }
    if lower.starts_with("http://") || lower.starts_with("https://") || lower.starts_with("www.") {
        return Some(Field::Url);
    }
    if consent::looks_answered(cell) {
        return Some(Field::Consent);
    }
    let scale = level::Scale::up_to(10);
    if cell.chars().count() <= 16
        && cell.bytes().filter(u8::is_ascii_digit).count() <= 4
        && matches!(level::read(cell, Some(scale)), level::Reading::Level(_))
    {
        return Some(Field::Level);
    }
    if date::looks_dated(cell) {
        return Some(Field::Date);
    }
    if looks_dialled(cell, country) {
        return Some(Field::Phone);
    }
    if cell.len() <= 60
        && cell.bytes().any(|b| b.is_ascii_digit())
        && !plates_in(cell, country).is_empty()
    {
        return Some(Field::Plate);
    }
    if cell.chars().count() <= 40 && Area::recognise(cell, country, cities).is_some() {
        return Some(Field::Area);
    }
    None
}

/// Mostly digits and what stands between them, and a number that can exist. Without a country no
/// national number can be read, but it still looks like one.
fn looks_dialled(cell: &str, country: Option<Country>) -> bool {
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    let letters = cell.chars().filter(|c| c.is_alphabetic()).count();
    if digits < 7 || letters > 20 || letters > digits * 2 {
        return false;
    }
    if country.is_none() && letters == 0 {
        return true;
    }
    phones_in(cell, country).iter().any(Result::is_ok)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;
    use parasol_protocol::area::default_cities;

    fn column(cells: &[&str]) -> Option<Field> {
        let (france, cities) = (Country::parse("FR").ok(), default_cities());
        let mut look = Look::default();
        cells
            .iter()
            .for_each(|cell| look.add(cell, france, &cities));
        look.field()
    }

    #[test]
    fn columns_show_what_they_hold() {
        for (cells, field) in [
            (
                &["06 39 98 12 34", "+33 6 39 98 12 35 (WhatsApp)", "withheld"][..],
                Some(Field::Phone),
            ),
            (&["03/06/26", "last week", "2026-01-05"], Some(Field::Date)),
            (&["2026-01-05", "2026-01-06"], Some(Field::Date)),
            (&["a@example.com", "", "b@example.com"], Some(Field::Email)),
            (&["4", "5/5", "!!!", "élevé"], Some(Field::Level)),
            (&["oui", "non", "oui"], Some(Field::Consent)),
            (&["Lyon", "Marseille", "chez lui"], Some(Field::Area)),
            (
                &["Clio grise RV-186-JK", "Clio noire RV-187-JK"],
                Some(Field::Vehicle),
            ),
            (&["RV-186-JK", "AB-123-CD"], Some(Field::Plate)),
            (
                &["N'a pas payé, est parti", "Violent, a serré la gorge"],
                Some(Field::Text),
            ),
            (&["1", "2", "3", "4"], None),
            (&["Marc", "J-P"], None),
            (&["", ""], None),
        ] {
            assert_eq!(column(cells), field, "{cells:?}");
        }
    }
}
