//! Text as the word lists of this module compare it: without case, accents and punctuation.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower-case words with single spaces between them. Accents go, full-width forms become
/// ordinary ones, and whatever is neither a letter nor a digit separates words.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)) {
        if c.is_alphanumeric() {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            out.extend(c.to_lowercase());
        } else {
            gap = true;
        }
    }
    out
}

/// Whether a letter belongs to a script that is written without spaces between words.
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Whether folded `text` holds folded `phrase` as whole words; Chinese has no spaces, so there
/// any place will do.
pub fn holds(text: &str, phrase: &str) -> bool {
    if phrase.is_empty() {
        return false;
    }
    if phrase.chars().any(is_han) {
        return text.contains(phrase);
    }
    text.match_indices(phrase).any(|(at, found)| {
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|t| t.chars().next());
        let ends = |c: Option<char>| c.is_none_or(|c| c == ' ' || is_han(c));
        ends(before) && ends(after)
    })
}

/// The first `max` bytes of `text`, or a little fewer so as not to split a character.
pub fn cut(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_punctuation_do_not_count() {
        assert_eq!(fold("  Téléphone :  "), "telephone");
        assert_eq!(fold("N'a pas payé…"), "n a pas paye");
        assert_eq!(fold("ОПАСНОСТЬ (1-10)"), "опасность 1 10");
        assert_eq!(fold("date_of_incident"), "date of incident");
        assert_eq!(fold("５／５"), "5 5");
    }

    #[test]
    fn phrases_are_whole_words_but_in_chinese() {
        assert!(holds("phone number", "phone"));
        assert!(!holds("headphones", "phone"));
        assert!(holds("客人电话号码", "电话"));
        assert!(!holds("", ""));
    }

    #[test]
    fn cutting_never_splits_a_character() {
        assert_eq!(cut("жж", 3), "ж");
        assert_eq!(cut("ab", 9), "ab");
    }
}
