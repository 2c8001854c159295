//! The phone cell of a spreadsheet: several numbers, remarks, or a word that says there is none.

use super::account::{self, Found};
use super::clean::{clean, without_remarks};
use super::country::Country;
use super::error::{HandleError, HandleWarning};
use super::guess::{Parsed, parse};
use super::{canonical::HandleKind, phone};

/// No cell of phone numbers is longer.
const MAX_CELL: usize = 4096;

/// Words that stand where no number is known.
const NOTHING: [&str; 58] = [
    "withheld",
    "unknown",
    "none",
    "nil",
    "null",
    "n/a",
    "na",
    "no",
    "no number",
    "private",
    "private number",
    "blocked",
    "hidden",
    "anonymous",
    "caller id blocked",
    "no caller id",
    "nan",
    "inconnu",
    "inconnue",
    "masqué",
    "masque",
    "numéro masqué",
    "numero masque",
    "appel masqué",
    "privé",
    "prive",
    "anonyme",
    "aucun",
    "aucune",
    "non",
    "rien",
    "néant",
    "pas de numéro",
    "неизвестно",
    "неизвестен",
    "нет",
    "скрыт",
    "скрытый",
    "скрытый номер",
    "номер скрыт",
    "не указан",
    "анонимно",
    "невідомо",
    "немає",
    "прихований",
    "unbekannt",
    "unterdrückt",
    "keine",
    "oculto",
    "desconocido",
    "ninguno",
    "sconosciuto",
    "anonimo",
    "privato",
    "onbekend",
    "nieznany",
    "未知",
    "无",
];

/// Words between two numbers.
const JOINS: [&str; 19] = [
    "ou", "or", "et", "and", "y", "o", "e", "u", "und", "oder", "и", "или", "або", "та", "en",
    "of", "puis", "then", "also",
];

/// Reads the numbers of one cell. A cell that says that there is none gives nothing; a part that is no
/// number gives that part with its error, so that an import can show it to the person.
///
/// Several numbers may stand in it, parted by `/`, `,`, `;`, `|`, line breaks or a word such as "or".
pub fn phones_in(
    cell: &str,
    country: Option<Country>,
) -> Vec<Result<Parsed, (String, HandleError)>> {
    if cell.len() > MAX_CELL {
        return vec![Err((String::new(), HandleError::TooLong))];
    }
    let text = clean(cell);
    let number = |text: &str| parse(text, Some(HandleKind::Phone), country);
    let (plain, remarks) = without_remarks(&text);
    if is_nothing(&plain) {
        return Vec::new();
    }
    // "3.3639981234E+10" and the like are one number, whatever their commas say.
    if !plain.contains(['/', ';', '|', '\n'])
        && let outcome @ (Ok(_) | Err(HandleError::RoundedNumber | HandleError::MaskedNumber)) =
            number(&text)
        && account::profile(&text).is_none()
    {
        return vec![outcome.map_err(|error| (text, error))];
    }
    let parts = parts(&text, &plain);
    let mut out: Vec<Result<Parsed, (String, HandleError)>> = Vec::new();
    let mut at = 0;
    while let Some(part) = parts.get(at) {
        at += 1;
        if is_nothing(part) {
            continue;
        }
        // "030/123456" is an area code and a number, not two numbers.
        if let Some(next) = parts.get(at)
            && is_area_code(part)
            && let Ok(parsed) = number(&format!("{part} {next}"))
        {
            at += 1;
            push(&mut out, Ok(parsed));
            continue;
        }
        let error = match number(part) {
            Ok(parsed) => {
                push(&mut out, Ok(parsed));
                continue;
            }
            Err(error) => error,
        };
        if let Some(found) = halves(part, &number) {
            found
                .into_iter()
                .for_each(|parsed| push(&mut out, Ok(parsed)));
        } else if is_ending(part)
            && let Some(Ok(before)) = out.last_mut()
        {
            remark(before);
        } else if has_digits(part) || parts.len() == 1 {
            push(&mut out, Err((part.clone(), error)));
        }
    }
    if out.iter().all(Result::is_err)
        && out.len() > 1
        && let Ok(parsed) = number(&plain.replace([',', '/', ';'], " "))
    {
        out = vec![Ok(parsed)];
    }
    if remarks {
        out.iter_mut().flatten().for_each(remark);
    }
    out
}

/// Adds a number unless the cell has named it before.
fn push(
    out: &mut Vec<Result<Parsed, (String, HandleError)>>,
    item: Result<Parsed, (String, HandleError)>,
) {
    let repeated = item
        .as_ref()
        .is_ok_and(|new| out.iter().flatten().any(|old| old.handle == new.handle));
    if !repeated {
        out.push(item);
    }
}

fn remark(parsed: &mut Parsed) {
    if !parsed.warnings.contains(&HandleWarning::RemarkIgnored) {
        parsed.warnings.push(HandleWarning::RemarkIgnored);
        parsed.warnings.sort_unstable();
    }
}

/// "… 12 34 / 35": another ending of the number before, too little to stand alone.
fn is_ending(part: &str) -> bool {
    part.len() <= 3 && part.chars().all(|c| c.is_ascii_digit())
}

/// The cell between separators and joining words.
fn parts(text: &str, plain: &str) -> Vec<String> {
    let mut out = Vec::new();
    if text
        .split_whitespace()
        .any(|word| matches!(account::profile(word), Some(Ok(Found::Phone(_)))))
    {
        // A link has slashes of its own.
        return text
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|'))
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
    }
    for piece in plain.split(['/', ',', ';', '|', '\n', '\r', '、', '&', '\\']) {
        let mut part = String::new();
        for word in piece.split_whitespace() {
            let joins =
                JOINS.contains(&word.to_lowercase().as_str()) || matches!(word, "或" | "和" | "+");
            if joins && has_digits(&part) {
                out.push(std::mem::take(&mut part));
            } else {
                if !part.is_empty() {
                    part.push(' ');
                }
                part.push_str(word);
            }
        }
        out.push(part);
    }
    out.retain(|part| !part.trim().is_empty());
    out
}

/// Two numbers with nothing but a space between them.
fn halves(
    part: &str,
    number: &impl Fn(&str) -> Result<Parsed, HandleError>,
) -> Option<[Parsed; 2]> {
    let mut found: Option<[Parsed; 2]> = None;
    let cuts = part
        .char_indices()
        .filter(|(_, c)| c.is_whitespace() || *c == '+')
        .map(|(at, _)| at);
    for (left, right) in cuts.filter_map(|at| Some((part.get(..at)?, part.get(at..)?))) {
        let enough = |half: &str| half.chars().filter(char::is_ascii_digit).count() >= 7;
        if !enough(left) || !enough(right) {
            continue;
        }
        if let (Ok(left), Ok(right)) = (number(left), number(right)) {
            let doubts = |pair: &[Parsed; 2]| {
                pair.iter()
                    .filter(|p| p.warnings.contains(&HandleWarning::PossibleNotValid))
                    .count()
            };
            let pair = [left, right];
            if found
                .as_ref()
                .is_none_or(|best| doubts(&pair) < doubts(best))
            {
                found = Some(pair);
            }
        }
    }
    found
}

fn is_area_code(part: &str) -> bool {
    let digits = part.chars().filter(char::is_ascii_digit).count();
    (1..=6).contains(&digits)
        && part.starts_with(['0', '+', '('])
        && phone::core(part).is_some_and(|core| core.after.trim().is_empty())
}

fn is_nothing(text: &str) -> bool {
    let word = text
        .trim_matches(|c: char| c.is_whitespace() || ".!*:;,()[]".contains(c))
        .to_lowercase();
    word.chars().all(|c| !c.is_alphanumeric()) || NOTHING.contains(&word.as_str())
}

fn has_digits(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit())
}
