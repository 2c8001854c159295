//! Whether she lets it be shared. When in doubt, she does not.

use super::fold::{fold, holds};

/// What a consent cell says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It may be shared.
    Yes,
    /// It may not.
    No,
    /// Nothing, or nothing that is understood.
    Unclear,
}

/// Reads a cell. `opt_out`: the column says "do not share", so that yes is a refusal and a cell
/// left empty is none.
pub fn read(cell: &str, opt_out: bool) -> Answer {
    let plain = answer(cell);
    if !opt_out {
        return plain;
    }
    if cell.trim().is_empty() {
        return Answer::Yes;
    }
    match plain {
        Answer::Yes => Answer::No,
        // A bare no; "do not share" under "do not share" is a refusal.
        Answer::No if BARE_NO.contains(&fold(cell).as_str()) => Answer::Yes,
        Answer::No => Answer::No,
        // Somebody wrote something into a column that says "do not share".
        Answer::Unclear => Answer::No,
    }
}

/// Whether a cell is a yes or a no, to tell columns apart by content.
pub fn looks_answered(cell: &str) -> bool {
    cell.chars().count() <= 12 && !matches!(cell, "0" | "1") && answer(cell) != Answer::Unclear
}

/// What a cell says if it says no more than yes or no; nothing if it says anything else.
pub fn plainly(cell: &str) -> Option<Answer> {
    if cell.len() > 80 {
        return None;
    }
    let folded = fold(cell);
    let listed = [NO, REFUSALS, YES, AGREEMENTS, PLAIN]
        .iter()
        .any(|list| list.contains(&folded.as_str()));
    let mark = folded.is_empty() && cell.chars().count() <= 2;
    match answer(cell) {
        Answer::Unclear => None,
        found => (listed || mark).then_some(found),
    }
}

fn answer(cell: &str) -> Answer {
    match cell.trim() {
        "✓" | "✔" | "✔️" | "☑" | "✅" | "√" | "+" => return Answer::Yes,
        "✗" | "✘" | "❌" | "☒" | "×" => return Answer::No,
        _ => {}
    }
    let folded = fold(cell);
    if folded.is_empty() {
        return Answer::Unclear;
    }
    let first = folded.split(' ').next().unwrap_or_default();
    let begins = |list: &[&str]| list.contains(&first) || list.contains(&folded.as_str());
    let within = |list: &[&str]| list.iter().any(|w| holds(&folded, w));
    // A refusal anywhere goes before a yes anywhere: "ok, but not to share".
    if begins(NO) || within(REFUSALS) {
        Answer::No
    } else if begins(YES) || begins(AGREEMENTS) {
        Answer::Yes
    } else {
        Answer::Unclear
    }
}

/// Answers of several words that say no more than yes or no.
const PLAIN: &[&str] = &[
    "no thanks",
    "not ok",
    "not agreed",
    "not allowed",
    "do not share",
    "pas d accord",
    "pas ok",
    "не согласна",
    "не можно",
    "не разрешаю",
    "не надо",
    "да можно",
    "нет нельзя",
    "не згодна",
    "не можна",
    "no autoriza",
    "no acepta",
    "lieber nicht",
];
/// No, and nothing else; a cross folds to nothing.
const BARE_NO: &[&str] = &[
    "", "n", "no", "non", "нет", "н", "false", "f", "0", "否", "nein", "ні", "nao", "faux",
    "falso", "ложь",
];
const NO: &[&str] = &[
    "n",
    "no",
    "non",
    "нет",
    "н",
    "false",
    "f",
    "0",
    "否",
    "不",
    "nein",
    "ні",
    "nao",
    "faux",
    "falso",
    "ложь",
    "не",
    "nope",
    "never",
    "jamais",
    "никогда",
    "nunca",
    "不行",
    "不可以",
    "不同意",
    "不能",
    "不要",
    "拒绝",
    "don",
    "do",
    "ne",
    "nie",
    "negativo",
    "нельзя",
    "відмова",
    "不可",
];
const REFUSALS: &[&str] = &[
    "not",
    "no",
    "non",
    "refused",
    "refuse",
    "refuses",
    "declined",
    "pas",
    "нельзя",
    "отказ",
    "отказалась",
    "против",
    "refus",
    "rehusa",
    "rechaza",
    "nicht",
    "withdrawn",
    "retire",
    "against",
    "不",
    "拒",
    "private",
    "confidential",
    "не",
    "нет",
    "никому",
    "ні",
    "nao",
];
const YES: &[&str] = &[
    "y",
    "yes",
    "oui",
    "o",
    "да",
    "д",
    "si",
    "s",
    "是",
    "ja",
    "j",
    "так",
    "sim",
    "true",
    "t",
    "vrai",
    "verdadero",
    "1",
    "ok",
    "okay",
    "yep",
    "x",
    "v",
    "可以",
    "好",
    "行",
    "同意",
    "истина",
    "ага",
    "yeah",
    "sure",
    "允许",
    "愿意",
];
const AGREEMENTS: &[&str] = &[
    "agreed",
    "agrees",
    "agree",
    "granted",
    "accord",
    "accepte",
    "можно",
    "согласна",
    "согласен",
    "разрешено",
    "acepta",
    "autoriza",
    "einverstanden",
    "можна",
    "given",
    "allowed",
    "autorise",
    "d accord",
    "разрешаю",
    "consented",
];

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_a_refusal_in_any_language_and_case() {
        for cell in [
            "N",
            "no",
            "NO",
            "Non",
            "нет",
            "НЕТ",
            "否",
            "不同意",
            "nein",
            "ні",
            "não",
            "false",
            "0",
            "✗",
            "refused",
            "No thanks",
            "ok but not to share",
            "d'accord non",
            "не публиковать",
        ] {
            assert_eq!(read(cell, false), Answer::No, "{cell}");
        }
    }

    #[test]
    fn a_yes_is_a_yes() {
        for cell in [
            "Y",
            "yes",
            "YES",
            "Yes - anonymous",
            "oui",
            "Да",
            "да, можно",
            "sí",
            "是",
            "可以",
            "ok",
            "true",
            "1",
            "✓",
            "x",
            "d'accord",
            "можно",
        ] {
            assert_eq!(read(cell, false), Answer::Yes, "{cell}");
        }
    }

    #[test]
    fn everything_else_is_unclear() {
        for cell in [
            "",
            "  ",
            "?",
            "-",
            "maybe",
            "ask her",
            "to be asked",
            "pending",
        ] {
            assert_eq!(read(cell, false), Answer::Unclear, "{cell}");
        }
    }

    #[test]
    fn in_an_opt_out_column_yes_is_a_refusal_and_nothing_is_none() {
        assert_eq!(read("x", true), Answer::No);
        assert_eq!(read("yes", true), Answer::No);
        assert_eq!(read("please", true), Answer::No);
        assert_eq!(read("no", true), Answer::Yes);
        assert_eq!(read("", true), Answer::Yes);
    }
}
