//! Phone numbers to E.164.
//!
//! The tables of libphonenumber know which numbers exist. What they must never be handed is what
//! people write around a number: letters would be dialled as on a keypad, and `00` would be read by
//! the rules of the default country. So only digits and a leading `+` go in.

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumberFormat, Region, ValidationError,
};

use super::clean::{is_dash, without_remarks};
use super::country::Country;
use super::error::{HandleError, HandleWarning};

/// Fewer digits are a house number or a price, not somebody's phone.
pub(super) const FEWEST_DIGITS: usize = 6;

/// Words before or after a number that say nothing new about it.
pub(super) const LABELS: [&str; 40] = [
    "phone",
    "tel",
    "tél",
    "téléphone",
    "telephone",
    "telefon",
    "telefono",
    "teléfono",
    "telefone",
    "mobile",
    "mob",
    "cell",
    "cellphone",
    "portable",
    "port",
    "fixe",
    "handy",
    "móvil",
    "movil",
    "celular",
    "fijo",
    "numéro",
    "numero",
    "number",
    "num",
    "no",
    "nr",
    "n°",
    "call",
    "sms",
    "тел",
    "телефон",
    "моб",
    "мобильный",
    "номер",
    "сот",
    "电话",
    "手机",
    "هاتف",
    "โทร",
];

/// Where in a text the number is.
pub(super) struct Core<'a> {
    pub before: &'a str,
    pub number: &'a str,
    pub after: &'a str,
}

/// Finds the first run of digits and separators.
pub(super) fn core(text: &str) -> Option<Core<'_>> {
    let start = start_of(text)?;
    let mut end = start;
    let mut digits = 0_usize;
    for (at, c) in text.char_indices().skip_while(|(at, _)| *at < start) {
        if c.is_ascii_digit() {
            digits += 1;
            end = at + 1;
        } else if c == '+' {
            if digits > 0 {
                break;
            }
        } else if matches!(c, '(' | '[') {
            // An area code stands in front; brackets after a whole number hold a remark.
            if digits >= 8 {
                break;
            }
        } else if !is_separator(c) {
            break;
        }
    }
    Some(Core {
        before: text.get(..start)?,
        number: text.get(start..end)?,
        after: text.get(end..)?,
    })
}

fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || is_dash(c)
        || matches!(c, '.' | '/' | ')' | ']' | '~' | '\'' | '’' | '·' | '•')
}

/// The first digit, or the `+` or bracket that leads straight to one: "+49", "(030", "+-49", "+.49".
fn start_of(text: &str) -> Option<usize> {
    let mut start = None;
    for (at, c) in text.char_indices() {
        if c.is_ascii_digit() {
            return Some(start.unwrap_or(at));
        }
        let opens = matches!(c, '+' | '(' | '[');
        if opens {
            start = start.or(Some(at));
        } else if !(c.is_whitespace() || is_dash(c) || c == '.') {
            start = None;
        }
    }
    None
}

/// Whether the words around a number are only labels such as "Tél." or nothing at all.
pub(super) fn is_label(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '°')
        .filter(|word| !word.is_empty())
        .all(|word| LABELS.contains(&word.to_lowercase().as_str()))
}

/// One number out of a cleaned text.
pub(super) fn canonical(
    text: &str,
    country: Option<Country>,
    warnings: &mut Vec<HandleWarning>,
) -> Result<String, HandleError> {
    let (text, remarks) = without_remarks(without_service_code(text));
    let text = unrounded(&text)?;
    let found = core(&text).ok_or(HandleError::NotAPhone)?;
    if is_masked(found.after) {
        return Err(HandleError::MaskedNumber);
    }
    let (number, alternative) = match dial(found.number, country, warnings) {
        Ok(number) => (number, false),
        Err(whole) => (
            first_of_slashed(found.number, country, warnings).ok_or(whole)??,
            true,
        ),
    };
    let after = match without_extension(found.after) {
        Some(after) => {
            warnings.push(HandleWarning::ExtensionDropped);
            after
        }
        None => found.after,
    };
    if let Some(next) = core(after)
        && [next.number, next.number.trim_start_matches('+')]
            .iter()
            .any(|next| dial(next, country, &mut Vec::new()).is_ok())
    {
        return Err(HandleError::Several);
    }
    if remarks || alternative || !is_label(found.before) || !is_label(after) {
        warnings.push(HandleWarning::RemarkIgnored);
    }
    Ok(number)
}

/// "06 39 98 12 34 / 35" names one number and another ending; "… / 06 39 98 12 35" names two.
fn first_of_slashed(
    number: &str,
    country: Option<Country>,
    warnings: &mut Vec<HandleWarning>,
) -> Option<Result<String, HandleError>> {
    let (first, rest) = number.split_once('/')?;
    let first = dial(first, country, warnings).ok()?;
    let more = rest.chars().filter(char::is_ascii_digit).count() >= FEWEST_DIGITS;
    Some(if more {
        Err(HandleError::Several)
    } else {
        Ok(first)
    })
}

/// Digits and separators to E.164.
pub(super) fn dial(
    number: &str,
    country: Option<Country>,
    warnings: &mut Vec<HandleWarning>,
) -> Result<String, HandleError> {
    let mut digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return Err(HandleError::NotAPhone);
    }
    let mut international = number.contains('+');
    if country.is_some_and(|c| c.as_str() == "AU") && !international && digits.starts_with("0011") {
        digits.drain(..4);
        international = true;
    }
    if digits.starts_with("00") {
        digits.drain(..2);
        international = true;
    }
    if !international {
        let country = country.ok_or(HandleError::NoCountry)?;
        let region = Region::from_code(country.as_str())
            .ok()
            .filter(|region| {
                PHONE_NUMBER_UTIL
                    .get_country_code_for_region(*region)
                    .is_some()
            })
            .ok_or(HandleError::UnknownCountry)?;
        let (number, valid) = look_up(&digits, Some(region))?;
        return Ok(warned(number, valid, warnings));
    }
    if digits.starts_with('0') {
        return Err(HandleError::ImpossibleNumber(
            "no country code starts with 0",
        ));
    }
    let Some(without_zero) = without_trunk_zero(number) else {
        let (number, valid) = look_up(&format!("+{digits}"), None)?;
        return Ok(warned(number, valid, warnings));
    };
    // "+33 (0)6": the zero is for callers inside the country, except where it is part of the number
    // (Italy). Whichever is in use wins; if neither is known to be, the zero goes.
    let dropped = look_up(&without_zero, None);
    let kept = look_up(&format!("+{digits}"), None);
    let (number, valid) = match (dropped, kept) {
        (Ok((number, true)), _) | (Err(_) | Ok((_, false)), Ok((number, true))) => (number, true),
        (Ok((number, false)), _) | (Err(_), Ok((number, false))) => (number, false),
        (Err(error), Err(_)) => return Err(error),
    };
    Ok(warned(number, valid, warnings))
}

fn warned(number: String, valid: bool, warnings: &mut Vec<HandleWarning>) -> String {
    if !valid {
        warnings.push(HandleWarning::PossibleNotValid);
    }
    number
}

/// The number as `+digits` without a bracketed zero, if it has one.
fn without_trunk_zero(number: &str) -> Option<String> {
    let plain: String = number.chars().filter(|c| !c.is_whitespace()).collect();
    let (before, after) = plain
        .split_once("(0)")
        .or_else(|| plain.split_once("[0]"))?;
    let digits = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    let code = digits(before);
    let code = code.strip_prefix("00").unwrap_or(&code);
    Some(format!("+{code}{}", digits(after)))
}

/// Asks the tables. Gives E.164 and whether the number lies in a range known to be in use.
fn look_up(digits: &str, region: Option<Region>) -> Result<(String, bool), HandleError> {
    let mut number = PHONE_NUMBER_UTIL
        .parse(digits, region)
        .map_err(|error| match error {
            ParseError::InvalidCountryCode => {
                HandleError::ImpossibleNumber("no country has this code")
            }
            ParseError::TooShortAfterIdd | ParseError::TooShortNsn => {
                HandleError::ImpossibleNumber("it is too short")
            }
            ParseError::TooLongNsn => HandleError::ImpossibleNumber("it is too long"),
            ParseError::NotANumber(_) => HandleError::NotAPhone,
        })?;
    // Taking off a trunk prefix can leave another one. A canonical form has none.
    for _ in 0..4 {
        match PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number) {
            Ok(NumberLengthType::IsPossible) => {}
            Ok(NumberLengthType::IsPossibleLocalOnly) => return Err(HandleError::LocalNumber),
            Err(reason) => {
                return Err(HandleError::ImpossibleNumber(match reason {
                    ValidationError::InvalidCountryCode => "no country has this code",
                    ValidationError::TooShort => "it is too short",
                    ValidationError::TooLong => "it is too long",
                    ValidationError::InvalidLength => "numbers there do not have this length",
                }));
            }
        }
        let text = PHONE_NUMBER_UTIL
            .format(&number, PhoneNumberFormat::E164)
            .into_owned();
        let again = PHONE_NUMBER_UTIL
            .parse(&text, None)
            .map_err(|_| HandleError::NotAPhone)?;
        if PHONE_NUMBER_UTIL.format(&again, PhoneNumberFormat::E164) == text {
            return Ok((text, PHONE_NUMBER_UTIL.is_valid_number(&number)));
        }
        number = again;
    }
    Err(HandleError::ImpossibleNumber(
        "it can be read in several ways",
    ))
}

/// Drops the code that hides the caller: "#31#06 39 …", "*67 416 …".
fn without_service_code(text: &str) -> &str {
    let Some(rest) = text.strip_prefix(['*', '#']) else {
        return text;
    };
    let digits = rest.chars().take_while(char::is_ascii_digit).count();
    match (digits, rest.get(digits..)) {
        (2 | 3, Some(number)) => number.trim_start_matches(['*', '#']),
        _ => text,
    }
}

/// Undoes what a spreadsheet does to a number: "639981234.0", "3.3639981234E+10".
fn unrounded(text: &str) -> Result<String, HandleError> {
    let text = text.trim();
    if let Some(whole) = text.strip_suffix(".0")
        && whole.len() >= 7
        && whole.chars().all(|c| c.is_ascii_digit())
    {
        return Ok(whole.to_owned());
    }
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else {
        return Ok(text.to_owned());
    };
    let Some((first, rest)) = mantissa.split_once(['.', ',']) else {
        return Ok(text.to_owned());
    };
    let numeric = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    if first.len() != 1
        || exponent.len() > 2
        || !numeric(first)
        || !numeric(rest)
        || !numeric(exponent)
    {
        return Ok(text.to_owned());
    }
    if exponent.parse() == Ok(rest.len()) {
        Ok(format!("{first}{rest}"))
    } else {
        Err(HandleError::RoundedNumber)
    }
}

/// "06 39 98 xx xx": hidden digits, as against "x12", an extension.
fn is_masked(after: &str) -> bool {
    let mut rest = after.trim_start().chars();
    matches!((rest.next(), rest.next()), (Some(a @ ('x' | 'X' | '*' | '?' | '_' | '#' | '●' | '█' | 'х' | 'Х')), next)
        if next.is_none_or(|b| b == a || b.is_whitespace()))
}

/// What follows an extension, if the text starts with one.
fn without_extension(after: &str) -> Option<&str> {
    const WORDS: [&str; 12] = [
        "extension",
        "extn",
        "ext",
        "poste",
        "доб",
        "вн",
        "durchwahl",
        "anexo",
        "int",
        "x",
        "#",
        "分机",
    ];
    let text =
        after.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '('));
    let rest = WORDS.iter().find_map(|word| {
        let head = text.get(..word.len())?;
        (head.to_lowercase() == *word).then(|| text.get(word.len()..))?
    })?;
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '.' | ':' | '='));
    let digits = rest.chars().take_while(char::is_ascii_digit).count();
    if (1..=7).contains(&digits) {
        rest.get(digits..)
    } else {
        None
    }
}
