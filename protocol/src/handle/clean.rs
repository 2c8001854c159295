//! Text as people paste it, made plain: one form of each character, no invisible ones.

use unicode_normalization::UnicodeNormalization;

/// The longest text that [`super::parse`] looks at, in bytes; also the longest canonical form.
pub const MAX_INPUT: usize = 512;

/// First digits of the decimal runs that NFKC leaves alone.
const ZEROES: [u32; 20] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
    0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x17E0, 0x1810, 0xFF10,
];

/// NFKC, decimal digits of any script as ASCII, no invisible characters, outer white space gone.
pub(super) fn clean(text: &str) -> String {
    stable(text.trim(), |text| {
        let kept: String = text.chars().filter(|&c| !is_invisible(c)).collect();
        kept.nfkc()
            .map(ascii_digit)
            .collect::<String>()
            .trim()
            .to_owned()
    })
}

/// [`clean`] and lower case, until neither changes anything.
pub(super) fn lower(text: &str) -> String {
    stable(text, |text| clean(text).to_lowercase())
}

/// [`clean`] and upper case, until neither changes anything.
pub(super) fn upper(text: &str) -> String {
    stable(text, |text| clean(text).to_uppercase())
}

/// Applies `step` until it changes nothing. Normalising and changing case disturb each other for
/// a few characters, and a canonical form has to be a fixed point.
fn stable(text: &str, step: impl Fn(&str) -> String) -> String {
    let mut now = step(text);
    for _ in 0..4 {
        let next = step(&now);
        if next == now {
            break;
        }
        now = next;
    }
    now
}

/// One character, its decimal digit of any script as ASCII.
pub(super) fn ascii_digit(c: char) -> char {
    let code = u32::from(c);
    ZEROES
        .iter()
        .find_map(|zero| char::from_digit(code.checked_sub(*zero)?, 10))
        .unwrap_or(c)
}

/// Bidirectional marks, zero-width characters, soft hyphens and controls: they travel along when
/// a number is copied from a chat, and nobody sees them.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
    ) || (c.is_control() && !c.is_whitespace())
}

/// Whether the character is a hyphen or dash of any length.
pub(super) fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30FC}' | '\u{2E3A}' | '\u{2E3B}'
    )
}

/// Drops bracketed groups that hold a letter: "(WhatsApp)", "[perso]". Says whether there was one.
pub(super) fn without_remarks(text: &str) -> (String, bool) {
    let mut out = String::with_capacity(text.len());
    let mut dropped = false;
    let mut rest = text;
    while let Some(open) = rest.find(['(', '[']) {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let Some(close) = from.find([')', ']']) else {
            rest = from;
            break;
        };
        let end = close + 1;
        let (group, after) = (
            from.get(..end).unwrap_or(from),
            from.get(end..).unwrap_or(""),
        );
        if group.chars().any(char::is_alphabetic) {
            dropped = true;
            out.push(' ');
        } else {
            out.push_str(group);
        }
        rest = after;
    }
    out.push_str(rest);
    (out, dropped)
}
