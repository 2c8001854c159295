//! Names on platforms: `telegram/name`, `example.com/name`.
//!
//! A profile's address, `name on platform`, `platform: @name` and `platform/name` all lead here. What
//! turns out to be a phone number (a `wa.me` link, "Signal 06 39 …") is handed on as one.

use ::url::Url;

use super::clean::{lower, without_remarks};
use super::error::{HandleError, HandleWarning};
use super::phone;
use super::platform::{ANY_SITE, NameRule, Platform, by_host, by_name};
use super::url;

/// What a text that names an account turned out to be.
pub(super) enum Found {
    /// `platform/name`.
    Account(String),
    /// Something to dial, not yet canonical.
    Phone(String),
}

/// Words between a name and its platform: "marc on Telegram".
pub(super) const ON: [&str; 18] = [
    "on", "sur", "auf", "en", "на", "в", "у", "su", "op", "no", "em", "i", "at", "via", "в:",
    "على", "在", "@",
];

/// One account out of a cleaned text that is known to be one.
pub(super) fn canonical(
    text: &str,
    warnings: &mut Vec<HandleWarning>,
) -> Result<Found, HandleError> {
    if let Some(found) = profile(text).or_else(|| with_platform(text, warnings)) {
        return found;
    }
    if let Some(name) = text.strip_prefix('@') {
        // Telegram is where a bare @name is most used; what cannot be a name there needs its platform.
        let telegram = by_name("telegram").ok_or(HandleError::UnknownPlatform)?;
        let name = named(name, &telegram.name).map_err(|_| HandleError::NoPlatform)?;
        warnings.push(HandleWarning::TelegramAssumed);
        return Ok(Found::Account(format!("{}/{name}", telegram.slug)));
    }
    match text.split_once(['/', ':']) {
        Some((site, name)) if !site.trim().is_empty() => of_site(site, name),
        _ => Err(HandleError::NoPlatform),
    }
}

/// The profile that a page address or an app link leads to, if it is one of a known platform.
pub(super) fn profile(text: &str) -> Option<Result<Found, HandleError>> {
    if let Some((scheme, rest)) = text.split_once(':') {
        let link = match scheme.to_ascii_lowercase().as_str() {
            "tg" | "viber" | "whatsapp" | "weixin" | "snapchat" if rest.starts_with("//") => {
                app_link(rest)
            }
            "skype" if !rest.contains([' ', '/']) => {
                let name = rest.split('?').next().unwrap_or(rest);
                by_name("skype").map(|skype| account(skype, name))
            }
            _ => None,
        };
        if link.is_some() {
            return link;
        }
    }
    if !text.contains('.') {
        return None;
    }
    of_page(&url::read(text).ok()?)
}

/// "tg://resolve?domain=name" and the like.
fn app_link(rest: &str) -> Option<Result<Found, HandleError>> {
    let url = Url::parse(&format!("https:{rest}")).ok()?;
    let of = |key: &str| {
        url.query_pairs()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.into_owned())
    };
    if let Some(number) = of("phone").or_else(|| of("number")) {
        return Some(Ok(Found::Phone(format!(
            "+{}",
            number.trim_start_matches(['+', ' '])
        ))));
    }
    let name = of("domain").or_else(|| of("id"))?;
    by_name("telegram").map(|telegram| account(telegram, &name))
}

fn of_page(url: &Url) -> Option<Result<Found, HandleError>> {
    let host = url.host_str()?;
    let host = url::without_www(host);
    let of = |key: &str| {
        url.query_pairs()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.into_owned())
    };
    let mut path = url.path_segments()?.filter(|part| !part.is_empty());
    let first = path.next().map(unescaped);
    if host == "wa.me" || host == "whatsapp.com" || host.ends_with(".whatsapp.com") {
        let number = of("phone").or(first)?;
        let number = number.trim_start_matches(['+', ' ']);
        return is_numeric(number).then(|| Ok(Found::Phone(format!("+{number}"))));
    }
    if host == "signal.me" {
        let number = url.fragment()?.strip_prefix("p/")?;
        return Some(Ok(Found::Phone(unescaped(number))));
    }
    let platform = by_host(host)?;
    if platform.slug == "telegram" {
        if let Some(sub) = host.strip_suffix(".t.me") {
            return Some(account(platform, sub));
        }
        if let Some(number) = first.as_deref().and_then(|name| name.strip_prefix('+'))
            && is_numeric(number)
        {
            return Some(Ok(Found::Phone(format!("+{number}"))));
        }
    }
    let first = first?;
    if platform.slug == "facebook" && matches!(first.as_str(), "profile.php" | "people") {
        let id = of("id").or_else(|| path.nth(1).map(unescaped))?;
        return Some(account(platform, &id));
    }
    if platform.reserved.contains(&first.to_lowercase().as_str()) {
        return None;
    }
    let mut name = first;
    while platform.before_name.contains(&name.to_lowercase().as_str()) {
        name = unescaped(path.next()?);
    }
    // A page of the platform that is nobody's profile stays a page.
    let name = name.trim_start_matches('~');
    named(name, &platform.name)
        .ok()
        .map(|_| account(platform, name))
}

/// "tg: @name", "insta marc.75", "WhatsApp +33 6…", "marc on Telegram", "marc (Snapchat)".
pub(super) fn with_platform(
    text: &str,
    warnings: &mut Vec<HandleWarning>,
) -> Option<Result<Found, HandleError>> {
    let (platform, name) = leading(text).or_else(|| trailing(text))?;
    let (plain, remark) = without_remarks(name);
    let name = plain.trim();
    if platform.by_phone && is_phone(name, platform) {
        return Some(Ok(Found::Phone(name.to_owned())));
    }
    if remark {
        warnings.push(HandleWarning::RemarkIgnored);
    }
    Some(account(platform, name))
}

/// Whether this is a number to dial rather than a name or a numeric id.
fn is_phone(name: &str, platform: &Platform) -> bool {
    let Some(core) = phone::core(name) else {
        return false;
    };
    let digits = core.number.chars().filter(char::is_ascii_digit).count();
    if digits < phone::FEWEST_DIGITS || !phone::is_label(core.before) {
        return false;
    }
    // Telegram alone has ids that are numbers; they have no leading zero and no spaces.
    platform.slug != "telegram"
        || core.number.starts_with(['+', '0', '('])
        || core.number.contains(' ')
}

fn leading(text: &str) -> Option<(&'static Platform, &str)> {
    let end = text.find(|c: char| {
        c.is_whitespace()
            || matches!(c, ':' | '/' | '@' | '=' | '(' | '：')
            || super::clean::is_dash(c)
    })?;
    let (word, rest) = (text.get(..end)?, text.get(end..)?);
    let platform = by_name(&lower(word))?;
    let name = rest.trim_start_matches(|c: char| {
        c.is_whitespace() || matches!(c, ':' | '/' | '=' | '：') || super::clean::is_dash(c)
    });
    // "x marc" and "ok marc" may be anything; a short word counts only with a mark after it.
    let marked = rest.trim_start().starts_with([':', '/', '@', '=', '：']) || name.starts_with('@');
    let plain = name.contains(char::is_whitespace)
        && !(platform.by_phone && name.chars().any(|c| c.is_ascii_digit()));
    (marked || (word.chars().count() > 2 && !plain) || name.starts_with('+'))
        .then_some((platform, name))
}

fn trailing(text: &str) -> Option<(&'static Platform, &str)> {
    let text = text.trim_end_matches([')', ']', '.']);
    let at = text.rfind(|c: char| c.is_whitespace() || matches!(c, '(' | '['))?;
    let (before, word) = (text.get(..at)?, text.get(at..)?);
    let bracket = word.starts_with(['(', '[']);
    let platform =
        by_name(&lower(word.trim_matches(|c: char| {
            c.is_whitespace() || matches!(c, '(' | '[')
        })))?;
    let before = before.trim();
    let (name, joined) = match before.rsplit_once(char::is_whitespace) {
        Some((name, on)) if ON.contains(&lower(on).as_str()) => (name.trim(), true),
        _ => (before, bracket),
    };
    let single = !name.is_empty() && !name.contains(char::is_whitespace);
    (joined && (single || platform.by_phone)).then_some((platform, name))
}

/// `site/name`, where the site is a platform or a domain.
fn of_site(site: &str, name: &str) -> Result<Found, HandleError> {
    let site = lower(site);
    if let Some(platform) = by_name(&site) {
        return account(platform, name);
    }
    if !site.contains('.') {
        return Err(HandleError::UnknownPlatform);
    }
    let domain = url::domain(&site).map_err(|_| HandleError::UnknownPlatform)?;
    let domain = url::without_www(&domain);
    if let Some(platform) = by_host(domain) {
        return account(platform, name);
    }
    Ok(Found::Account(format!(
        "{domain}/{}",
        named(name, &ANY_SITE)?
    )))
}

fn account(platform: &Platform, name: &str) -> Result<Found, HandleError> {
    if platform.by_phone && name.starts_with('+') && is_numeric(name.trim_start_matches('+')) {
        return Ok(Found::Phone(name.to_owned()));
    }
    Ok(Found::Account(format!(
        "{}/{}",
        platform.slug,
        named(name, &platform.name)?
    )))
}

fn named(name: &str, rule: &NameRule) -> Result<String, HandleError> {
    let mut name = lower(name.trim().trim_start_matches('@').trim_end_matches('/'));
    if rule.drop_dots {
        name.retain(|c| c != '.');
    }
    let allowed = |c: char| {
        c.is_ascii_alphanumeric()
            || rule.extra.contains(c)
            || (rule.any_script && (c.is_alphanumeric() || is_mark(c)))
    };
    if name.is_empty() {
        return Err(HandleError::NotAnAccount("the name is missing"));
    }
    if !name.chars().all(allowed) {
        return Err(HandleError::NotAnAccount(
            "it holds a character that names on this platform do not have",
        ));
    }
    if !(rule.min..=rule.max).contains(&name.chars().count()) {
        return Err(HandleError::NotAnAccount(
            "names on this platform do not have this length",
        ));
    }
    let starts_well = name.starts_with(char::is_alphabetic) || is_numeric(&name);
    if (rule.letter_first && !starts_well) || !name.chars().any(char::is_alphanumeric) {
        return Err(HandleError::NotAnAccount(
            "names on this platform start with a letter",
        ));
    }
    Ok(name)
}

fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

fn is_numeric(text: &str) -> bool {
    text.len() >= 5 && text.chars().all(|c| c.is_ascii_digit())
}

/// A path segment without its percent escapes.
fn unescaped(text: &str) -> String {
    let pair = format!("a={}", text.replace('+', "%2B").replace('&', "%26"));
    ::url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map_or_else(|| text.to_owned(), |(_, value)| value.into_owned())
}
