//! What kind a text is, and the way in.

use super::account::{self, Found};
use super::canonical::{Handle, HandleKind};
use super::clean::{self, MAX_INPUT, clean};
use super::country::Country;
use super::error::{HandleError, HandleWarning};
use super::{email, phone, plate, shape, url};

/// A handle and what the person should know about how it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The handle.
    pub handle: Handle,
    /// In order, each once.
    pub warnings: Vec<HandleWarning>,
}

/// Canonical text and kind, before they become a [`Handle`].
pub(super) struct Canonical {
    pub kind: HandleKind,
    pub text: String,
}

/// Top-level domains after which a bare `name.tld` is taken for a page.
pub(super) const COMMON_ENDINGS: [&str; 43] = [
    "com", "net", "org", "info", "biz", "fr", "uk", "ru", "de", "es", "it", "nl", "be", "ch", "pl",
    "ua", "ca", "us", "br", "mx", "co", "ar", "cn", "th", "ke", "za", "ng", "in", "au", "eu", "io",
    "me", "xxx", "sex", "escort", "online", "site", "app", "club", "vip", "рф", "укр", "at",
];

/// Reads what a person typed. Without a kind, a prefix such as `phone:` or `mailto:` says it, or the
/// text is recognised. `country` is the one whose national forms are meant.
///
/// The kind that comes back can differ from the one asked for where a text of one kind names another:
/// the page of a Telegram profile is an account, a `wa.me` link is a phone number.
///
/// # Errors
/// A [`HandleError`] that says what is wrong and what to write instead; it never repeats the text.
pub fn parse(
    text: &str,
    kind: Option<HandleKind>,
    country: Option<Country>,
) -> Result<Parsed, HandleError> {
    if text.len() > MAX_INPUT {
        return Err(HandleError::TooLong);
    }
    let text = clean(text);
    if text.is_empty() {
        return Err(HandleError::Empty);
    }
    let mut warnings = Vec::new();
    let (prefixed, rest) = prefix(&text);
    let found = match (prefixed, kind) {
        (Some(own), None) => of_kind(rest, own, country, &mut warnings)?,
        (Some(own), Some(asked)) if own == asked => of_kind(rest, asked, country, &mut warnings)?,
        (_, Some(asked)) => of_kind(&text, asked, country, &mut warnings)?,
        (None, None) => guessed(&text, country, &mut warnings)?,
    };
    warnings.sort_unstable();
    warnings.dedup();
    let handle = match Handle::checked(found.kind, found.text) {
        Ok(handle) => handle,
        Err(_) => return Err(unsettled(found.kind)),
    };
    Ok(Parsed { handle, warnings })
}

/// Applies the rules of one kind, without looking for a prefix.
pub(super) fn canonical_of(
    text: &str,
    kind: HandleKind,
    country: Option<Country>,
) -> Result<Canonical, HandleError> {
    if text.len() > MAX_INPUT {
        return Err(HandleError::TooLong);
    }
    of_kind(&clean(text), kind, country, &mut Vec::new())
}

fn of_kind(
    text: &str,
    kind: HandleKind,
    country: Option<Country>,
    warnings: &mut Vec<HandleWarning>,
) -> Result<Canonical, HandleError> {
    if text.is_empty() {
        return Err(HandleError::Empty);
    }
    let done = |kind, text| Ok(Canonical { kind, text });
    match kind {
        HandleKind::Phone => {
            if let Some(Ok(Found::Phone(number))) = account::profile(text) {
                return done(kind, phone::canonical(&number, country, warnings)?);
            }
            let text = text
                .split_once(';')
                .filter(|(_, rest)| rest.contains('='))
                .map_or(text, |(number, _)| number);
            done(kind, phone::canonical(text, country, warnings)?)
        }
        HandleKind::Email => done(kind, email::canonical(text, warnings)?),
        HandleKind::Plate => done(kind, plate::canonical(text, country, warnings)?),
        HandleKind::Account => of_account(account::canonical(text, warnings)?, country, warnings),
        HandleKind::Url => match account::profile(text) {
            Some(found) => of_account(found?, country, warnings),
            None => done(kind, url::canonical(text)?),
        },
    }
}

fn of_account(
    found: Found,
    country: Option<Country>,
    warnings: &mut Vec<HandleWarning>,
) -> Result<Canonical, HandleError> {
    match found {
        Found::Account(text) => Ok(Canonical {
            kind: HandleKind::Account,
            text,
        }),
        Found::Phone(number) => of_kind(&number, HandleKind::Phone, country, warnings),
    }
}

/// The rules left a text that they would change again; nobody should be able to rely on it.
fn unsettled(kind: HandleKind) -> HandleError {
    const WHY: &str = "it has characters that can be read in several ways";
    match kind {
        HandleKind::Phone => HandleError::ImpossibleNumber(WHY),
        HandleKind::Email => HandleError::NotAnEmail(WHY),
        HandleKind::Account => HandleError::NotAnAccount(WHY),
        HandleKind::Plate => HandleError::NotAPlate(WHY),
        HandleKind::Url => HandleError::NotAUrl(WHY),
    }
}

fn prefix(text: &str) -> (Option<HandleKind>, &str) {
    let Some((word, rest)) = text.split_once(':') else {
        return (None, text);
    };
    let kind = match word.trim().to_ascii_lowercase().as_str() {
        "phone" | "tel" | "sms" => HandleKind::Phone,
        "email" | "e-mail" | "mailto" => HandleKind::Email,
        "account" => HandleKind::Account,
        "plate" => HandleKind::Plate,
        "url" => HandleKind::Url,
        _ => return (None, text),
    };
    (Some(kind), rest.trim_start())
}

fn guessed(
    text: &str,
    country: Option<Country>,
    warnings: &mut Vec<HandleWarning>,
) -> Result<Canonical, HandleError> {
    if let Some(found) = account::profile(text) {
        return of_account(found?, country, warnings);
    }
    if is_email(text) {
        return of_kind(text, HandleKind::Email, country, warnings);
    }
    if is_page(text) {
        return of_kind(text, HandleKind::Url, country, warnings);
    }
    if is_phone(text) {
        return of_kind(text, HandleKind::Phone, country, warnings);
    }
    if let Some(found) = account::with_platform(text, warnings) {
        return of_account(found?, country, warnings);
    }
    if text.starts_with('@') {
        return of_kind(text, HandleKind::Account, country, warnings);
    }
    let (named, bare) = plate::with_country(text);
    if shape::is_plate(bare, named.or(country)) {
        return of_kind(text, HandleKind::Plate, country, warnings);
    }
    let single = !text.contains(char::is_whitespace) && text.chars().any(char::is_alphabetic);
    Err(if single {
        HandleError::NoPlatform
    } else {
        HandleError::UnknownKind
    })
}

/// A word with something on both sides of an @, and no path before it.
fn is_email(text: &str) -> bool {
    text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | ',' | ';'))
        .any(|word| {
            word.split_once('@').is_some_and(|(local, domain)| {
                let name = email::without_label(local);
                !name.is_empty() && !domain.is_empty() && !name.contains(['/', ':'])
            })
        })
}

fn is_page(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    if text.contains(char::is_whitespace) {
        return false;
    }
    if lower.starts_with("http://") || lower.starts_with("https://") || lower.starts_with("www.") {
        return true;
    }
    let host = lower.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let Some((name, ending)) = host.rsplit_once('.') else {
        return false;
    };
    let path = lower
        .get(host.len()..)
        .is_some_and(|rest| rest.starts_with('/'));
    !name.is_empty()
        && ending.chars().count() >= 2
        && ending.chars().all(char::is_alphabetic)
        && (path || COMMON_ENDINGS.contains(&ending))
}

/// Enough digits, and only labels and brackets before them.
fn is_phone(text: &str) -> bool {
    let (text, _) = clean::without_remarks(text.trim_start_matches(['*', '#']));
    phone::core(&text).is_some_and(|core| {
        let digits = core.number.chars().filter(char::is_ascii_digit).count();
        digits >= phone::FEWEST_DIGITS
            && phone::is_label(core.before)
            && !core.after.starts_with(char::is_alphabetic)
    })
}
