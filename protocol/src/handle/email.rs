//! E-mail addresses.
//!
//! Both parts are lower-cased: no mail service in use tells capitals apart. Dots and `+tags` stay,
//! because what they mean differs from service to service.

use super::clean::lower;
use super::error::{HandleError, HandleWarning};
use super::url;

/// One address out of a cleaned text.
pub(super) fn canonical(
    text: &str,
    warnings: &mut Vec<HandleWarning>,
) -> Result<String, HandleError> {
    let text = text.split_once('?').map_or(text, |(address, _)| address);
    let mut words = text.split(|c: char| {
        c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | ',' | ';')
    });
    let mut found = None;
    let mut remark = false;
    for word in words.by_ref().filter(|word| !word.is_empty()) {
        match (word.contains('@'), found.is_some()) {
            (true, true) => return Err(HandleError::Several),
            (true, false) => found = Some(word),
            (false, _) => remark |= word.chars().any(char::is_alphanumeric),
        }
    }
    let address = found.ok_or(HandleError::NotAnEmail("there is no @ in it"))?;
    let address = without_label(
        address.trim_matches(|c: char| matches!(c, '"' | '“' | '”' | '«' | '»' | ':')),
    );
    let address = address.trim_end_matches(['.', '!', '\'', '’']);
    let (local, domain) = address
        .rsplit_once('@')
        .ok_or(HandleError::NotAnEmail("there is no @ in it"))?;
    let (local, domain) = (
        local_part(local)?,
        url::domain(domain).map_err(HandleError::NotAnEmail)?,
    );
    if local.len() + 1 + domain.len() > 254 {
        return Err(HandleError::NotAnEmail(
            "it is longer than an address can be",
        ));
    }
    if remark {
        warnings.push(HandleWarning::RemarkIgnored);
    }
    Ok(format!("{local}@{domain}"))
}

/// "mail:name@…" and "mailto:name" to what follows the label.
pub(super) fn without_label(address: &str) -> &str {
    match address.rsplit_once(':') {
        Some((label, rest)) if label.chars().all(|c| c.is_alphabetic() || c == '-') => rest,
        _ => address,
    }
}

fn local_part(local: &str) -> Result<String, HandleError> {
    let local = lower(local);
    if local.is_empty() {
        return Err(HandleError::NotAnEmail("nothing stands before the @"));
    }
    if local.len() > 64 {
        return Err(HandleError::NotAnEmail(
            "the part before the @ is longer than 64 bytes",
        ));
    }
    if local.split('.').any(str::is_empty) {
        return Err(HandleError::NotAnEmail(
            "a dot stands at an end of the part before the @, or beside another",
        ));
    }
    if local.contains('@') {
        return Err(HandleError::NotAnEmail("it has more than one @"));
    }
    let allowed = |c: char| c.is_alphanumeric() || is_mark(c) || "!#$%&'*+-=^_`{|}~.".contains(c);
    if !local.chars().all(allowed) {
        return Err(HandleError::NotAnEmail(
            "a character before the @ is not allowed there",
        ));
    }
    Ok(local)
}

/// Combining marks, which Thai and Indic names need.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}
