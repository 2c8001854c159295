//! Results: text for people, JSON for programs.

use parasol_protocol::client::{Alarm, Found, RefusedRecord, Warning};
use parasol_protocol::handle::Handle;
use parasol_protocol::particulars::Level;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};

/// Prints one line of JSON.
pub fn json(value: &Value) {
    text(&value.to_string());
}

/// Prints one line of JSON that is made while it is printed.
pub fn json_of(value: &impl serde::Serialize) {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    drop(serde_json::to_writer(&mut out, value));
    drop(writeln!(out));
}

/// Prints text and ends the line. Nobody reading it any more is no error.
pub fn text(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "{text}"));
}

/// Says something beside the result, on standard error. Nobody reading it is no error here either.
macro_rules! tell {
    ($($words:tt)*) => {
        $crate::output::aside(&format!($($words)*))
    };
}
pub(crate) use tell;

/// A line on standard error.
pub fn aside(text: &str) {
    let mut err = std::io::stderr().lock();
    drop(writeln!(err, "{text}"));
}

/// So many of a thing: `1 row`, `2 rows`.
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// What is said of reports from organisations whose word does not count here; nothing if there are none.
pub fn uncounted(n: usize) -> Option<String> {
    (n > 0).then(|| {
        format!(
            "\nnot shown: {} about this, from organisations that nobody whom you trust vouches for in this, or that you put out of sight (see `parasol trust show`)",
            count(n, "report", "reports")
        )
    })
}

/// The beginning of an id, enough to name a report by.
pub fn short(id: &impl ToString) -> String {
    id.to_string().get(..12).unwrap_or_default().to_owned()
}

/// A word as a shell takes it.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+,@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A report in JSON.
pub fn found_json(found: &Found) -> Value {
    let handles: Vec<String> = found
        .handles
        .iter()
        .map(Handle::to_canonical_string)
        .collect();
    let codes: Vec<&str> = found.summary.codes.iter().map(|c| c.name()).collect();
    let translations: Vec<Value> = found
        .translations
        .iter()
        .map(
            |t| json!({"lang": t.words.lang, "text": t.words.text, "organisation": t.organisation}),
        )
        .collect();
    let said: Vec<Value> = found
        .disputes
        .iter()
        .map(|d| {
            let words = d.words.as_ref();
            json!({
                "organisation": d.organisation,
                "text": words.map(|w| &w.text),
                "lang": words.map(|w| &w.lang),
            })
        })
        .collect();
    json!({
        "id": found.id.to_string(),
        "level": found.summary.level.name(),
        "codes": codes,
        "month": found.summary.month.map(|m| m.to_string()),
        "area": found.summary.area.as_ref().map(ToString::to_string),
        "text": found.words.as_ref().map(|w| &w.text),
        "lang": found.words.as_ref().map(|w| &w.lang),
        "translations": translations,
        "organisations": found.organisations(),
        "disputes": found.disputes.len(),
        "handles": handles,
        "organisation": found.organisation,
        "trust": {
            "level": found.vouching.level,
            "distance": found.vouching.distance,
            "text": found.vouching.in_words(),
        },
        "basis": found.summary.basis.name(),
        "seconds": found.seconds.keys().collect::<Vec<_>>(),
        "objections": said,
        "expires": found.expires.to_string(),
        "own": found.own,
    })
}

/// A level for people who read little: a mark, a colour where there is one, and the word.
pub fn level(level: Level) -> String {
    let (mark, colour) = match level {
        Level::Nuisance => ("!", "33"),
        Level::Risk => ("!!", "38;5;208"),
        Level::Danger => ("!!!", "1;31"),
    };
    let word = format!("{mark} {}", level.name().to_uppercase());
    let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    if std::io::stdout().is_terminal() && !plain {
        format!("\x1b[{colour}m{word}\x1b[0m")
    } else {
        word
    }
}

/// A report as text, indented.
pub fn found_text(found: &Found) -> String {
    let mut head = vec![level(found.summary.level)];
    let codes: Vec<&str> = found.summary.codes.iter().map(|c| c.name()).collect();
    if !codes.is_empty() {
        head.push(codes.join(", "));
    }
    head.extend(found.summary.month.map(|m| m.to_string()));
    head.extend(found.summary.area.as_ref().map(ToString::to_string));
    let mut lines = vec![format!("  {}", head.join("  "))];
    if let Some(words) = &found.words {
        lines.push(format!("    [{}] {}", words.lang, clean(&words.text)));
    }
    for t in &found.translations {
        lines.push(format!(
            "    [{}] {} (translated by {})",
            t.words.lang,
            clean(&t.words.text),
            t.organisation
        ));
    }
    if !found.handles.is_empty() {
        let handles: Vec<String> = found
            .handles
            .iter()
            .map(Handle::to_canonical_string)
            .collect();
        lines.push(format!("    known by: {}", handles.join("  ")));
    }
    let mut from = format!(
        "    from {} ({})",
        found.organisation,
        found.summary.basis.name()
    );
    if !found.seconds.is_empty() {
        let names: Vec<&str> = found.seconds.keys().map(String::as_str).collect();
        from.push_str(&format!(", confirmed by {}", names.join(", ")));
    }
    if !found.own {
        from.push_str(&format!(
            "; {} is {}",
            found.organisation,
            found.vouching.in_words()
        ));
    }
    if found.own {
        from.push_str(", kept to your own organisation");
    }
    lines.push(from);
    for (organisation, words) in &found.seconds {
        if let Some(words) = words {
            lines.push(format!(
                "    {organisation} adds: [{}] {}",
                words.lang,
                clean(&words.text)
            ));
        }
    }
    for d in &found.disputes {
        let why = d.words.as_ref().map_or_else(String::new, |w| {
            format!(": [{}] {}", w.lang, clean(&w.text))
        });
        lines.push(format!("    DISPUTED by {}{why}", d.organisation));
    }
    lines.push(format!(
        "    until {}, id {}",
        found.expires,
        short(&found.id)
    ));
    lines.join("\n")
}

/// Text that others wrote, without what could drive a terminal.
pub fn clean(text: &str) -> String {
    let shown = |c: char| {
        let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c == '\n' || c == '\t' {
            Some(' ')
        } else {
            (!c.is_control() && !turns).then_some(c)
        }
    };
    text.chars().filter_map(shown).collect()
}

/// Alarms, warnings and refusals of a look-up, for JSON.
pub fn troubles_json(
    alarms: &[Alarm],
    warnings: &BTreeSet<Warning>,
    refused: &[RefusedRecord],
) -> [(&'static str, Value); 3] {
    let line = |code: &str, message: String| json!({"code": code, "message": message});
    let alarms = alarms.iter().map(|a| line(a.code(), a.to_string()));
    let warnings = warnings.iter().map(|w| line(w.code(), w.to_string()));
    let refused = refused.iter().map(|r| {
        json!({
            "id": r.id.to_string(),
            "served_by": r.served_by,
            "code": r.why.code(),
            "message": r.why.to_string(),
        })
    });
    [
        ("alarms", alarms.collect()),
        ("warnings", warnings.collect()),
        ("refused", refused.collect()),
    ]
}

/// Alarms, warnings and refusals of a look-up, for people, on standard error.
pub fn troubles_text(alarms: &[Alarm], warnings: &BTreeSet<Warning>, refused: &[RefusedRecord]) {
    for alarm in alarms {
        tell!("ALARM: {alarm}");
    }
    for warning in warnings {
        tell!("warning: {warning}");
    }
    for r in refused {
        tell!(
            "refused: record {} from {}'s node is not shown: {}",
            short(&r.id),
            r.served_by,
            r.why
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{clean, count, quote};

    #[test]
    fn one_is_one_and_none_are_many() {
        let rows = |n| count(n, "row", "rows");
        assert_eq!([rows(0), rows(1), rows(2)], ["0 rows", "1 row", "2 rows"]);
    }

    #[test]
    fn what_others_wrote_cannot_drive_the_terminal() {
        assert_eq!(clean("a\x1b[31mb\nc\u{202e}d\te"), "a[31mb cd e");
    }

    #[test]
    fn words_are_quoted_as_a_shell_wants_them() {
        for (word, typed) in [
            ("check", "check"),
            ("+33639984711", "+33639984711"),
            ("06 39", "'06 39'"),
            ("l'argent", r"'l'\''argent'"),
            ("", "''"),
        ] {
            assert_eq!(quote(word), typed);
        }
    }
}
