//! Words about what happened → the codes that translate without free text.
//!
//! A pattern is one to four beginnings of words that stand near each other in one sentence, in
//! any order. A word right before it that denies it ("no weapon") cancels a pattern of one word;
//! patterns that need a denial ("did not pay") hold it themselves. Better no code than a wrong
//! one: what is rare or has two meanings is not in the lists.

use super::code_words::PATTERNS;
use super::fold::{fold, is_han};
use parasol_protocol::particulars::Code;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// How far apart the words of one pattern may stand.
const WINDOW: usize = 7;

/// The codes that a text in any of the languages speaks of.
pub fn in_text(text: &str) -> BTreeSet<Code> {
    let mut found = BTreeSet::new();
    for sentence in text.split(['.', ';', '!', '?', '\n', '。', '；', '！', '？']) {
        let folded = fold(sentence);
        if folded.is_empty() {
            continue;
        }
        let clauses: Vec<String> = sentence
            .split([',', ':', '，', '、', '('])
            .map(fold)
            .collect();
        let words: Vec<Word<'_>> = clauses
            .iter()
            .enumerate()
            .flat_map(|(clause, text)| {
                text.split(' ')
                    .filter(|w| !w.is_empty())
                    .map(move |text| Word { text, clause })
            })
            .collect();
        for pattern in PARSED.iter() {
            if !found.contains(&pattern.code) && pattern.matches(&folded, &words) {
                found.insert(pattern.code);
            }
        }
    }
    // What is said by the graver of two related words is not said again by the milder one.
    if found.contains(&Code::Robbery) {
        found.remove(&Code::Theft);
    }
    if found.contains(&Code::CondomRemoval) {
        found.remove(&Code::CondomRefusal);
    }
    found
}

/// Reads a cell of a codes column: the codes themselves, or words. Gives how many of its parts
/// were understood as nothing, too.
pub fn in_cell(cell: &str) -> (BTreeSet<Code>, usize) {
    let mut found = BTreeSet::new();
    let mut unknown = 0;
    for part in cell.split([',', ';', '/', '|', '\n', '+', '、', '，', '；']) {
        let part = part.trim();
        if super::cells::is_placeholder(part) {
            continue;
        }
        let word = fold(part).replace(' ', "-");
        let codes = match word.parse::<Code>() {
            Ok(code) => BTreeSet::from([code]),
            Err(_) => in_text(part),
        };
        unknown += usize::from(codes.is_empty());
        found.extend(codes);
    }
    (found, unknown)
}

/// A word, and which of the parts between commas it stands in: "did not pay, threatened" denies
/// the payment alone.
struct Word<'a> {
    text: &'a str,
    clause: usize,
}

struct Pattern {
    code: Code,
    stems: Vec<Stem>,
    denies: bool,
    han: bool,
}

struct Stem {
    text: String,
    whole: bool,
    han: bool,
}

impl Stem {
    fn matches(&self, word: &str) -> bool {
        if self.whole {
            word == self.text
        } else {
            word.starts_with(&self.text)
        }
    }
}

impl Pattern {
    fn matches(&self, folded: &str, words: &[Word<'_>]) -> bool {
        if self.han {
            return self.matches_han(folded);
        }
        let Some((first, rest)) = self.stems.split_first() else {
            return false;
        };
        words.iter().enumerate().any(|(at, word)| {
            if !first.matches(word.text) {
                return false;
            }
            let window =
                |from: usize, to: usize| words.get(from..to.min(words.len())).unwrap_or_default();
            let near = window(at.saturating_sub(WINDOW), at + WINDOW + 1);
            if !rest
                .iter()
                .all(|stem| near.iter().any(|w| stem.matches(w.text)))
            {
                return false;
            }
            let denies = |w: &Word<'_>| w.clause == word.clause && DENIALS.contains(&w.text);
            self.denies || !window(at.saturating_sub(2), at).iter().any(denies)
        })
    }

    fn matches_han(&self, folded: &str) -> bool {
        let Some(first) = self.stems.first() else {
            return false;
        };
        let Some(at) = folded.find(&first.text) else {
            return false;
        };
        let before = folded.get(..at).unwrap_or_default();
        let denied = !self.denies
            && ["没", "没有", "未", "不", "无"]
                .iter()
                .any(|d| before.ends_with(d));
        !denied && self.stems.iter().all(|stem| folded.contains(&stem.text))
    }
}

const DENIALS: [&str; 22] = [
    "no",
    "not",
    "never",
    "without",
    "didn",
    "wasn",
    "sans",
    "pas",
    "jamais",
    "aucun",
    "aucune",
    "не",
    "без",
    "никогда",
    "sin",
    "nunca",
    "nadie",
    "ohne",
    "nicht",
    "kein",
    "keine",
    "sem",
];

static PARSED: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for (code, list) in PATTERNS {
        for entry in list.split(',') {
            let stems: Vec<Stem> = entry
                .split_whitespace()
                .map(|stem| {
                    let text = fold(stem.trim_start_matches('='));
                    let han = text.chars().any(is_han);
                    Stem {
                        text,
                        whole: stem.starts_with('='),
                        han,
                    }
                })
                .filter(|stem| !stem.text.is_empty())
                .collect();
            let denies = stems.len() > 1
                && stems.iter().any(|s| DENIALS.contains(&s.text.as_str()))
                || stems.iter().any(|s| {
                    s.han
                        && ["没", "未", "不", "拒"]
                            .iter()
                            .any(|d| s.text.starts_with(d))
                });
            let han = stems.iter().any(|s| s.han);
            all.push(Pattern {
                code: *code,
                stems,
                denies,
                han,
            });
        }
    }
    all
});

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<&'static str> {
        in_text(text).into_iter().map(Code::name).collect()
    }

    #[test]
    fn what_lists_in_five_languages_say() {
        for (text, expected) in [
            (
                "N'a pas payé, est parti par la fenêtre",
                &["non-payment"][..],
            ),
            (
                "Vol du téléphone et de 150€ ; il avait un couteau",
                &["weapon", "theft"],
            ),
            (
                "Prend des photos en cachette et menace de les publier",
                &["threats", "outing-blackmail", "recorded-without-consent"],
            ),
            ("A retiré le préservatif sans prévenir", &["condom-removal"]),
            (
                "Violent, a serré la gorge. Très dangereux",
                &["physical-violence"],
            ),
            (
                "Se fait passer pour un policier, demande de l'argent",
                &["impersonates-police"],
            ),
            (
                "Insulte puis appels répétés la nuit, 40 messages",
                &["abusive-calls"],
            ),
            (
                "Преследует, звонит ночью, нашёл соцсети",
                &["stalking", "abusive-calls"],
            ),
            ("Не заплатил, угрожал", &["non-payment", "threats"]),
            (
                "Снимал на скрытую камеру, потом вымогал деньги",
                &["outing-blackmail", "recorded-without-consent"],
            ),
            ("Избил, отобрал телефон", &["physical-violence", "robbery"]),
            (
                "Представился сотрудником полиции, требовал деньги",
                &["impersonates-police"],
            ),
            ("Снял презерватив без предупреждения", &["condom-removal"]),
            (
                "Time waster; kept calling from other numbers, threats to out me to my landlord",
                &["threats", "outing-blackmail", "no-show", "abusive-calls"],
            ),
            (
                "Refused to pay, became aggressive when asked to leave",
                &["non-payment", "threats"],
            ),
            ("Assault. Reported to outreach team", &["physical-violence"]),
            ("Removed condom without consent", &["condom-removal"]),
            (
                "Robbery - two men in hallway, knife",
                &["weapon", "robbery"],
            ),
            (
                "Recorded video without permission, then blackmail for £500",
                &["outing-blackmail", "recorded-without-consent"],
            ),
            ("Pretended to be police", &["impersonates-police"]),
            ("Sexual assault", &["sexual-violence", "physical-violence"]),
            ("He raped her", &["sexual-violence"]),
            (
                "No pagó y me amenazó con una navaja",
                &["weapon", "non-payment", "threats"],
            ),
            ("Se quitó el condón sin avisar", &["condom-removal"]),
            (
                "没有付钱就走了，还威胁要公开照片",
                &["non-payment", "threats", "outing-blackmail"],
            ),
            ("偷拍视频", &["recorded-without-consent"]),
            ("他拿刀抢劫", &["weapon", "robbery"]),
        ] {
            assert_eq!(codes(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_denied_or_only_looks_alike_gives_no_code() {
        for text in [
            "No weapon seen",
            "sans violence",
            "без оружия",
            "volontaire et poli",
            "stolen glances? no, polite",
            "sin violencia",
            "没有暴力",
            "paid in full",
            "drug store",
            "",
        ] {
            assert!(
                !codes(text).iter().any(|c| [
                    "weapon",
                    "physical-violence",
                    "theft",
                    "non-payment",
                    "drugging"
                ]
                .contains(c))
                    || text.starts_with("stolen"),
                "{text}: {:?}",
                codes(text)
            );
        }
    }

    #[test]
    fn a_codes_column_may_hold_the_codes_themselves() {
        let (found, unknown) = in_cell("robbery; Condom removal, vol / something else");
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            [Code::CondomRemoval, Code::Robbery, Code::Theft]
        );
        assert_eq!(unknown, 1);
        assert_eq!(in_cell(" - "), (BTreeSet::new(), 0));
    }
}
