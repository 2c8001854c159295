//! Plates inside a description of a car: "Clio grise RV-186-JK", "red pickup, plate AB52 123".
//!
//! Better to miss one than to seal a report to a plate that was never written: a group of letters that
//! could be a word counts only in capitals, beside a word such as "plate", or when it is all there is.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use super::canonical::{Handle, HandleKind};
use super::clean::{clean, is_dash};
use super::country::Country;
use super::{guess, plate, shape};

/// No description of a car is longer.
const MAX_TEXT: usize = 16 * 1024;

const KEYWORDS: [&str; 38] = [
    "plate",
    "plates",
    "licence",
    "license",
    "reg",
    "regn",
    "registration",
    "rego",
    "numberplate",
    "immat",
    "immatriculation",
    "immatriculé",
    "immatriculée",
    "plaque",
    "plaques",
    "номер",
    "номера",
    "номером",
    "номерной",
    "госномер",
    "гос",
    "гн",
    "matrícula",
    "matricula",
    "placa",
    "placas",
    "patente",
    "targa",
    "kennzeichen",
    "nummernschild",
    "kenteken",
    "nummerplaat",
    "rejestracja",
    "rejestracyjny",
    "держномер",
    "ทะเบียน",
    "plakası",
    "plaka",
];

/// Words between "plate" and the plate.
const FILLERS: [&str; 22] = [
    "plate",
    "number",
    "no",
    "nr",
    "n",
    "num",
    "numéro",
    "numero",
    "is",
    "was",
    "est",
    "de",
    "la",
    "знак",
    "авто",
    "машины",
    "reg",
    "car",
    "н",
    "a",
    "minéralogique",
    "d",
];

/// A run of letters and digits.
pub(super) struct Token {
    pub at: Range<usize>,
    /// Capitals, look-alikes folded.
    folded: String,
    pure_lower: bool,
}

/// All plates that a cleaned-up reading of the text shows, each once, in order. Without a country only
/// those that name theirs, as in "AB-123-CD (F)".
pub fn plates_in(text: &str, country: Option<Country>) -> Vec<Handle> {
    if text.len() > MAX_TEXT {
        return Vec::new();
    }
    let text = clean(text);
    let tokens = tokens(&text);
    let mut found: Vec<Handle> = Vec::new();
    let mut at = 0;
    while let Some(rest) = tokens.get(at..).filter(|rest| !rest.is_empty()) {
        let keyword = follows_keyword(&tokens, at);
        let taken = (1..=5.min(rest.len())).rev().find_map(|count| {
            let group = rest.get(..count)?;
            let country = named_after(&text, group).or(country)?;
            (is_joined(&text, group) && is_plate(&text, group, country, keyword))
                .then_some((count, country))
        });
        let taken = taken.or_else(|| Some((keyworded(&text, rest, keyword)?, country?)));
        match taken.and_then(|(count, country)| Some((count, handle(rest.get(..count)?, country)?)))
        {
            Some((count, handle)) => {
                if !found.contains(&handle) {
                    found.push(handle);
                }
                at += count;
            }
            None => at += 1,
        }
    }
    found
}

/// Where plates stand in a text of no known country.
pub(super) fn spans(text: &str) -> Vec<Range<usize>> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = tokens.get(at..).filter(|rest| !rest.is_empty()) {
        let keyword = follows_keyword(&tokens, at);
        let taken = (1..=5.min(rest.len()))
            .rev()
            .find(|count| {
                rest.get(..*count).is_some_and(|group| {
                    let wordy = group.iter().any(|token| token.pure_lower);
                    is_joined(text, group)
                        && (keyword || !wordy)
                        && shape::fits_distinct(&joined(group))
                })
            })
            .or_else(|| keyworded(text, rest, keyword))
            .or_else(|| {
                rest.first()
                    .filter(|token| is_mixed(&token.folded))
                    .map(|_| 1)
            });
        match taken
            .and_then(|count| Some((count, rest.first()?.at.start..rest.get(count - 1)?.at.end)))
        {
            Some((count, span)) => {
                found.push(span);
                at += count;
            }
            None => at += 1,
        }
    }
    found
}

/// Letters and digits in one word, two of each: hardly a word, hardly a quantity.
fn is_mixed(folded: &str) -> bool {
    let digits = folded.chars().filter(char::is_ascii_digit).count();
    let letters = folded.chars().filter(|c| c.is_alphabetic()).count();
    digits >= 2 && letters >= 2 && (5..=10).contains(&(digits + letters))
}

fn is_plate(text: &str, group: &[Token], country: Country, keyword: bool) -> bool {
    let wordy = group.iter().any(|token| token.pure_lower);
    let whole = group
        .first()
        .is_some_and(|first| is_edge(text.get(..first.at.start)))
        && group.last().is_some_and(|last| {
            is_edge(text.get(last.at.end..)) || named_after(text, group).is_some()
        });
    if wordy && !whole && !keyword {
        return false;
    }
    let joined = joined(group);
    shape::fits_country(&joined, country) || (whole && shape::is_plate(text, Some(country)))
}

fn is_edge(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.chars().any(char::is_alphanumeric))
}

/// How many tokens after "plate" make one: up to ten characters, with a digit, no plain word.
fn keyworded(text: &str, rest: &[Token], keyword: bool) -> Option<usize> {
    if !keyword {
        return None;
    }
    let mut count = 0;
    let mut length = 0;
    for (index, token) in rest.iter().enumerate() {
        let size = token.folded.chars().count();
        let digits = token.folded.chars().any(|c| c.is_ascii_digit());
        let joined = rest
            .get(..=index)
            .is_some_and(|group| is_joined(text, group));
        if !joined || length + size > 10 || (!digits && (token.pure_lower || size > 4)) {
            break;
        }
        length += size;
        count = index + 1;
    }
    let group = rest.get(..count)?;
    let has = |test: fn(&char) -> bool| {
        group
            .iter()
            .any(|token| token.folded.chars().any(|c| test(&c)))
    };
    (length >= 4 && has(char::is_ascii_digit) && has(|c| c.is_alphabetic())).then_some(count)
}

/// Whether "plate" stands before this token, with at most fillers such as "number" between them.
fn follows_keyword(tokens: &[Token], at: usize) -> bool {
    let before = tokens.get(..at).unwrap_or_default().iter().rev().take(4);
    for word in before.map(|token| &token.folded) {
        if KEYWORDS_FOLDED.contains(word) {
            return true;
        }
        if !FILLERS_FOLDED.contains(word) {
            return false;
        }
    }
    false
}

/// The words as tokens show them: capitals, look-alikes folded.
static KEYWORDS_FOLDED: LazyLock<BTreeSet<String>> = LazyLock::new(|| fold_all(&KEYWORDS));
static FILLERS_FOLDED: LazyLock<BTreeSet<String>> = LazyLock::new(|| fold_all(&FILLERS));

fn fold_all(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| plate::folded(word).0).collect()
}

fn handle(group: &[Token], country: Country) -> Option<Handle> {
    let text: String = group.iter().map(|token| token.folded.as_str()).collect();
    let found = guess::canonical_of(&format!("{country}/{text}"), HandleKind::Plate, None).ok()?;
    Handle::checked(found.kind, found.text).ok()
}

/// The country in brackets right behind a plate.
fn named_after(text: &str, group: &[Token]) -> Option<Country> {
    let after = text.get(group.last()?.at.end..)?.trim_start();
    let (sign, _) = after.strip_prefix(['(', '['])?.split_once([')', ']'])?;
    Country::from_sign(sign)
}

fn joined(group: &[Token]) -> String {
    group
        .iter()
        .map(|token| token.folded.as_str())
        .collect::<Vec<_>>()
        .join("-")
}

/// Only a space, a dash or a dot lies between any two neighbours.
fn is_joined(text: &str, group: &[Token]) -> bool {
    group.windows(2).all(|pair| match pair {
        [left, right] => text.get(left.at.end..right.at.start).is_some_and(|gap| {
            let marks = gap.chars().filter(|c| !c.is_whitespace()).count();
            gap.chars().count() <= 3
                && marks <= 1
                && gap.chars().all(|c| {
                    c == ' ' || c == '\u{A0}' || is_dash(c) || matches!(c, '.' | '·' | '•')
                })
        }),
        _ => true,
    })
}

/// Runs of letters and digits. Chinese has no spaces, so of its characters only those that plates use,
/// in their places, belong to a run.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut start = None;
    let mut before: Option<char> = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        let inside = if is_han(c) {
            (shape::is_province(c) && next.is_some_and(|c| c.is_ascii_alphabetic()))
                || (shape::is_suffix(c) && before.is_some_and(|c| c.is_ascii_alphanumeric()))
        } else {
            c.is_alphanumeric()
                || (start.is_some() && unicode_normalization::char::is_combining_mark(c))
        };
        if shape::is_province(c) {
            close(text, &mut out, start.take(), at);
        }
        match (inside, start) {
            (true, None) => start = Some(at),
            (false, Some(_)) => close(text, &mut out, start.take(), at),
            _ => {}
        }
        before = Some(c);
    }
    close(text, &mut out, start, text.len());
    out
}

fn close(text: &str, out: &mut Vec<Token>, start: Option<usize>, end: usize) {
    let Some((start, run)) = start.and_then(|start| Some((start, text.get(start..end)?))) else {
        return;
    };
    let attached = text
        .get(..start)
        .is_some_and(|before| before.ends_with(['@', '/', '_']))
        || text
            .get(end..)
            .is_some_and(|after| after.starts_with(['@', '_']));
    if attached {
        return;
    }
    let folded = plate::folded(run).0;
    let pure_lower = run.chars().all(char::is_alphabetic) && run.chars().any(char::is_lowercase);
    out.push(Token {
        at: start..end,
        folded,
        pure_lower,
    });
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}')
}
