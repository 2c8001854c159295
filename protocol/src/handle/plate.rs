//! Number plates: `FR/AB123CD`.
//!
//! Capitals and digits without separators, behind the country. Cyrillic and Greek letters that look
//! Latin become Latin, which is what the plates of those countries are chosen for.

use super::clean::upper;
use super::country::Country;
use super::error::{HandleError, HandleWarning};

/// Countries whose plates may spell a word.
const VANITY: [&str; 8] = ["US", "CA", "AU", "NZ", "GB", "SE", "FI", "ZA"];

/// One plate out of a cleaned text.
pub(super) fn canonical(
    text: &str,
    country: Option<Country>,
    warnings: &mut Vec<HandleWarning>,
) -> Result<String, HandleError> {
    let (named, text) = with_country(text);
    let country = named.or(country).ok_or(HandleError::NoCountry)?;
    let (plate, folded) = folded(text);
    if plate.chars().any(|c| !c.is_alphanumeric()) {
        return Err(HandleError::NotAPlate(
            "it holds a character that plates do not have",
        ));
    }
    if !(2..=12).contains(&plate.chars().count()) {
        return Err(HandleError::NotAPlate(
            "a plate has 2 to 12 letters and digits",
        ));
    }
    let digits = plate.chars().any(|c| c.is_ascii_digit());
    if !digits && !VANITY.contains(&country.as_str()) {
        return Err(HandleError::NotAPlate("there is no digit in it"));
    }
    if folded {
        warnings.push(HandleWarning::LookAlikesFolded);
    }
    Ok(format!("{country}/{plate}"))
}

/// Takes a country off either end: "FR:AB-123-CD", "FR/AB123CD", "AB-123-CD (F)".
pub(super) fn with_country(text: &str) -> (Option<Country>, &str) {
    if let Some((code, rest)) = text.split_once([':', '/'])
        && let Ok(country) = Country::parse(code)
    {
        return (Some(country), rest);
    }
    if let Some((rest, sign)) = text
        .trim_end()
        .trim_end_matches([')', ']'])
        .rsplit_once(['(', '['])
        && let Some(country) = Country::from_sign(sign)
    {
        return (Some(country), rest);
    }
    (None, text)
}

/// Capitals without separators, and whether a letter was exchanged.
pub(super) fn folded(text: &str) -> (String, bool) {
    let mut exchanged = false;
    let plate = upper(text)
        .chars()
        .filter(|c| !is_separator(*c))
        .map(|c| {
            let latin = latin(c);
            exchanged |= latin != c;
            latin
        })
        .collect();
    (plate, exchanged)
}

fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || super::clean::is_dash(c)
        || matches!(c, '.' | '·' | '•' | '_' | '*' | '/' | '|' | ',' | '\'')
}

/// The Latin capital that a Cyrillic or Greek one looks like.
pub(super) fn latin(c: char) -> char {
    match c {
        'А' | 'Α' => 'A',
        'В' | 'Β' => 'B',
        'Е' | 'Ε' => 'E',
        'К' | 'Κ' => 'K',
        'М' | 'Μ' => 'M',
        'Н' | 'Η' => 'H',
        'О' | 'Ο' => 'O',
        'Р' | 'Ρ' => 'P',
        'С' => 'C',
        'Т' | 'Τ' => 'T',
        'У' | 'Υ' => 'Y',
        'Х' | 'Χ' => 'X',
        'І' | 'Ι' => 'I',
        'Ζ' => 'Z',
        'Ν' => 'N',
        c => c,
    }
}
