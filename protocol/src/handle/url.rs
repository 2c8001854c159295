//! Addresses of pages: an advertisement, a profile on a site that is not in the list of platforms.
//!
//! Canonical is what tells pages apart and nothing else: host, port, path and query, without scheme,
//! `www.`, the parameters that track who shared the link, fragment and final slashes.

use ::url::Url;

use super::error::HandleError;

/// Parameters that say who shared a link, not where it leads.
pub(super) const TRACKING: [&str; 30] = [
    "fbclid",
    "gclid",
    "dclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "yclid",
    "ysclid",
    "twclid",
    "ttclid",
    "igsh",
    "igshid",
    "si",
    "mc_cid",
    "mc_eid",
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "mkt_tok",
    "ref",
    "ref_src",
    "ref_url",
    "share_id",
    "feature",
    "mibextid",
    "spm",
    "from_share",
    "_openstat",
    "vero_id",
];

/// One page out of a cleaned text.
pub(super) fn canonical(text: &str) -> Result<String, HandleError> {
    let url = read(text)?;
    let host = url.host_str().unwrap_or_default();
    let mut out = String::with_capacity(text.len());
    out.push_str(without_www(&domain(host).map_err(HandleError::NotAUrl)?));
    if let Some(port) = url.port().filter(|port| !matches!(port, 80 | 443)) {
        out.push_str(&format!(":{port}"));
    }
    // The standard escapes it, older readers of addresses do not.
    let path = url.path().replace('^', "%5E");
    out.push_str(normal_escapes(&path).trim_end_matches('/'));
    let kept: Vec<&str> = url
        .query()
        .unwrap_or("")
        .split('&')
        .filter(|pair| !is_tracking(pair))
        .collect();
    if !kept.is_empty() {
        out.push_str(if out.contains('/') { "?" } else { "/?" });
        out.push_str(&normal_escapes(&kept.join("&")));
    }
    Ok(out)
}

/// Reads a page address, with or without its scheme.
pub(super) fn read(text: &str) -> Result<Url, HandleError> {
    if text.chars().any(char::is_whitespace) {
        return Err(HandleError::NotAUrl("it has a space in it"));
    }
    let address = match text.split_once("://") {
        Some((scheme, _))
            if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") =>
        {
            text.to_owned()
        }
        Some((scheme, _))
            if scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '+') =>
        {
            return Err(HandleError::NotAUrl(
                "only http and https pages can be handles",
            ));
        }
        _ => format!("https://{}", text.trim_start_matches('/')),
    };
    let url =
        Url::parse(&address).map_err(|_| HandleError::NotAUrl("write it as example.com/page"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(HandleError::NotAUrl(
            "it holds a user name; leave out everything up to the @",
        ));
    }
    Ok(url)
}

/// A public domain name: IDNA, lower case, at least one dot, a last label that is not a number.
pub(super) fn domain(text: &str) -> Result<String, &'static str> {
    let text = text.strip_suffix('.').unwrap_or(text);
    if !text.contains(['.', '。', '．']) {
        return Err("the domain has no dot; write all of it, such as example.com");
    }
    let ascii =
        idna::domain_to_ascii_strict(text).map_err(|_| "the domain is not a possible one")?;
    let (_, last) = ascii
        .rsplit_once('.')
        .ok_or("the domain has no dot; write all of it, such as example.com")?;
    if last.len() < 2 || last.chars().all(|c| c.is_ascii_digit()) {
        return Err("the domain does not end like one, such as .com or .fr");
    }
    Ok(ascii)
}

/// Takes off `www.` unless only a top-level domain would remain.
pub(super) fn without_www(host: &str) -> &str {
    let mut host = host;
    while let Some(rest) = host.strip_prefix("www.").filter(|rest| rest.contains('.')) {
        host = rest;
    }
    host
}

fn is_tracking(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or(pair).to_ascii_lowercase();
    pair.is_empty() || name.starts_with("utm_") || TRACKING.contains(&name.as_str())
}

/// Percent escapes with capitals, and none for characters that never need one (RFC 3986, 6.2.2).
fn normal_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('%') {
        out.push_str(before);
        let code = from.get(..2).and_then(|hex| {
            u8::from_str_radix(hex, 16)
                .ok()
                .filter(|_| hex.chars().all(|c| c.is_ascii_hexdigit()))
        });
        rest = match (code, from.get(2..)) {
            (Some(byte), Some(after)) => {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    out.push(char::from(byte));
                } else {
                    out.push_str(&format!("%{byte:02X}"));
                }
                after
            }
            _ => {
                out.push_str("%25");
                from
            }
        };
    }
    out.push_str(rest);
    out
}
