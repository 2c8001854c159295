//! Hiding handles in free text: a story names its man by its sealed handles, not in the telling.

use std::ops::Range;

use super::clean::{ascii_digit, is_dash, is_invisible, lower};
use super::{phone, platform, vehicle};

/// What stands in a text where a handle was.
const HIDDEN: &str = "…";

/// Replaces phone numbers, e-mail addresses, account names, page addresses and plates by "…" and says how
/// many there were. Small numbers stay: "40 messages", "150€". A date may go.
pub fn mask_numbers(text: &str) -> (String, usize) {
    let mut spans = words(text);
    spans.extend(digits(text));
    spans.extend(vehicle::spans(text));
    spans.sort_by_key(|span| (span.start, span.end));
    let mut out = String::with_capacity(text.len());
    let mut count = 0;
    let mut done = 0;
    for span in spans {
        if span.start >= done {
            out.push_str(text.get(done..span.start).unwrap_or_default());
            out.push_str(HIDDEN);
            count += 1;
        }
        done = done.max(span.end);
    }
    out.push_str(text.get(done..).unwrap_or_default());
    (out, count)
}

/// Addresses, `@names`, and the name behind "insta:".
fn words(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut after_platform = false;
    let mut start = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let at = start;
        start += word.len();
        let left = word.trim_start_matches(|c: char| c.is_whitespace() || is_quote(c));
        let from = at + (word.len() - left.len());
        let inner = left.trim_end_matches(|c: char| {
            c.is_whitespace()
                || is_quote(c)
                || matches!(c, ',' | ';' | '!' | '?' | '.' | '。' | '，')
        });
        if inner.is_empty() {
            continue;
        }
        let plain = inner.trim_end_matches(':');
        let names_platform = platform::by_name(&lower(plain)).is_some();
        let glued = inner.split_once(':').is_some_and(|(word, name)| {
            !name.is_empty() && platform::by_name(&lower(word)).is_some()
        });
        if is_address(inner) || glued || (after_platform && !names_platform) {
            out.push(from..from + inner.len());
        }
        after_platform = names_platform && inner.ends_with(':');
    }
    out
}

fn is_quote(c: char) -> bool {
    matches!(
        c,
        '(' | ')'
            | '['
            | ']'
            | '<'
            | '>'
            | '"'
            | '\''
            | '«'
            | '»'
            | '“'
            | '”'
            | '„'
            | '‘'
            | '’'
            | '（'
            | '）'
    )
}

fn is_address(word: &str) -> bool {
    if word.contains("://") || word.to_ascii_lowercase().starts_with("www.") {
        return true;
    }
    if word.contains(['@', '＠']) && word.chars().any(char::is_alphanumeric) {
        return true;
    }
    let host = word.split(['/', '?', ':']).next().unwrap_or_default();
    let path = word
        .get(host.len()..)
        .is_some_and(|rest| rest.starts_with('/'));
    let Some((name, ending)) = host.rsplit_once('.') else {
        return false;
    };
    let common = [
        "com", "net", "org", "info", "fr", "uk", "ru", "de", "es", "me", "рф", "fans", "xxx",
        "escort",
    ];
    !name.is_empty()
        && ending.len() >= 2
        && ending.chars().all(char::is_alphabetic)
        && (path || common.contains(&ending.to_lowercase().as_str()))
}

/// Runs of at least six digits with what people put between them.
fn digits(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut run: Option<(Range<usize>, usize)> = None;
    let mut gap = 0;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if ascii_digit(c).is_ascii_digit() || is_circled(c) {
            let (span, count) = run.take().unwrap_or((at..end, 0));
            run = Some((span.start..end, count + 1));
            gap = 0;
        } else if run.is_some() && gap < 3 && is_between(c) {
            gap += 1;
        } else {
            close(&mut out, run.take());
            gap = 0;
            // A plus or an opening bracket belongs to the digits behind it.
            if matches!(c, '+' | '＋') {
                run = Some((at..end, 0));
            }
        }
    }
    close(&mut out, run);
    out
}

fn close(out: &mut Vec<Range<usize>>, run: Option<(Range<usize>, usize)>) {
    if let Some((span, count)) = run
        && count >= phone::FEWEST_DIGITS
    {
        out.push(span);
    }
}

fn is_between(c: char) -> bool {
    c == ' '
        || c == '\u{A0}'
        || c == '\u{202F}'
        || c == '\u{2009}'
        || is_dash(c)
        || is_invisible(c)
        || matches!(
            c,
            '.' | '/'
                | '('
                | ')'
                | '['
                | ']'
                | '~'
                | '·'
                | '•'
                | '_'
                | '*'
                | '\''
                | '．'
                | '／'
                | '（'
                | '）'
                | '－'
                | '+'
        )
}

fn is_circled(c: char) -> bool {
    matches!(c, '①'..='⑨' | '⓪' | '⁰' | '¹' | '²' | '³' | '⁴'..='⁹' | '₀'..='₉' | '\u{1D7CE}'..='\u{1D7FF}')
}
