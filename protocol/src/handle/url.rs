//! Addresses of pages: an advertisement, a profile on a site that is not in the list of platforms.
//!
//! Canonical is what tells pages apart and nothing else: host, port, path and query, without scheme,
//! `www.`, the parameters that track who shared the link, fragment and final slashes.

use ::url::Url;

use super::error::HandleError;

/// Parameters that say who shared a link or through what, not where it leads. What a site may use to
/// tell one page from another (`ref`, `id`, `s`) must not be here: two people would become one.
pub(super) const TRACKING: [&str; 60] = [
    "fbclid",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "gad_source",
    "gad_campaignid",
    "srsltid",
    "msclkid",
    "yclid",
    "ymclid",
    "ysclid",
    "twclid",
    "ttclid",
    "li_fat_id",
    "igsh",
    "igshid",
    "mibextid",
    "rdid",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "ml_subscriber",
    "ml_subscriber_hash",
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "__hssc",
    "__hstc",
    "__hsfp",
    "hsctatracking",
    "ref_src",
    "ref_url",
    "share_id",
    "share_source",
    "share_medium",
    "share_token",
    "from_share",
    "vd_source",
    "spm",
    "xtor",
    "_openstat",
    "vero_id",
    "oly_anon_id",
    "oly_enc_id",
    "rb_clickid",
    "s_cid",
    "wickedid",
    "zanpid",
    "_branch_match_id",
    "_branch_referrer",
    "guccounter",
    "guce_referrer",
    "guce_referrer_sig",
    "_rdr",
    "__tn__",
    "__xts__",
    "__eep__",
];
/// The same, by how they begin.
pub(super) const TRACKING_FAMILIES: [&str; 8] = [
    "utm_",
    "pk_",
    "mtm_",
    "matomo_",
    "piwik_",
    "hsa_",
    "at_campaign",
    "at_medium",
];
/// Short names that track on these sites and may mean anything on others.
pub(super) const TRACKING_AT: [(&str, &[&str]); 7] = [
    ("youtube.com", &["si", "feature", "pp"]),
    ("youtu.be", &["si", "feature"]),
    ("spotify.com", &["si"]),
    ("x.com", &["s", "t"]),
    ("twitter.com", &["s", "t"]),
    (
        "facebook.com",
        &["ref", "fref", "hc_ref", "refid", "paipv", "eav"],
    ),
    ("instagram.com", &["img_index", "hl"]),
];

/// One page out of a cleaned text.
pub(super) fn canonical(text: &str) -> Result<String, HandleError> {
    let url = read(text)?;
    let host = url.host_str().unwrap_or_default();
    let mut out = String::with_capacity(text.len());
    let host = domain(host).map_err(HandleError::NotAUrl)?;
    let host = without_www(&host);
    out.push_str(host);
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
        .map(|pair| pair.strip_prefix("amp;").unwrap_or(pair))
        .filter(|pair| !is_tracking(pair, host))
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

fn is_tracking(pair: &str, host: &str) -> bool {
    let name = normal_escapes(pair.split('=').next().unwrap_or(pair)).to_ascii_lowercase();
    let at_site = || {
        TRACKING_AT
            .iter()
            .filter(|(site, _)| {
                host.strip_suffix(site)
                    .is_some_and(|before| before.is_empty() || before.ends_with('.'))
            })
            .any(|(_, names)| names.contains(&name.as_str()))
    };
    pair.is_empty()
        || TRACKING.contains(&name.as_str())
        || TRACKING_FAMILIES.iter().any(|f| name.starts_with(f))
        || at_site()
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
