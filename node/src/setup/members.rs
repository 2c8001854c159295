//! Members for a federation that is made up: flowers and trees, each in its own jurisdiction.

use super::plan::Member;

/// Name, jurisdiction, language.
const NAMED: [(&str, &str, &str); 20] = [
    ("lilas", "FR", "fr"),
    ("ryabina", "RU", "ru"),
    ("rowan", "GB", "en"),
    ("amapola", "ES", "es"),
    ("ginestra", "IT", "it"),
    ("mohn", "DE", "de"),
    ("lotus", "TH", "th"),
    ("jacaranda", "ZA", "en"),
    ("hibisco", "BR", "pt"),
    ("tulp", "NL", "nl"),
    ("lale", "TR", "tr"),
    ("sakura", "JP", "ja"),
    ("kowhai", "NZ", "en"),
    ("wattle", "AU", "en"),
    ("trillium", "CA", "en"),
    ("dalia", "MX", "es"),
    ("mugunghwa", "KR", "ko"),
    ("ceibo", "AR", "es"),
    ("kalyna", "UA", "uk"),
    ("padma", "IN", "hi"),
];

/// Where further ones are, which are only numbered.
const FURTHER: [&str; 44] = [
    "AT", "BE", "BG", "BO", "CH", "CL", "CO", "CR", "CY", "CZ", "DK", "DO", "EC", "EE", "FI", "GE",
    "GH", "GR", "HR", "HU", "ID", "IE", "IS", "JM", "KE", "KG", "KH", "KZ", "LT", "LU", "LV", "MA",
    "MD", "MT", "NG", "NO", "PE", "PL", "PT", "RO", "RS", "SE", "SK", "UY",
];

/// The first `count` members, at most 64, with a client port and a node port for each.
pub fn built_in(ports: &[(u16, u16)]) -> Vec<Member> {
    let named = NAMED
        .iter()
        .map(|(name, jurisdiction, lang)| ((*name).to_owned(), *jurisdiction, *lang));
    let further = FURTHER
        .iter()
        .enumerate()
        .map(|(i, jurisdiction)| (format!("org-{}", NAMED.len() + i + 1), *jurisdiction, "en"));
    named
        .chain(further)
        .zip(ports)
        .map(|((name, jurisdiction, lang), (http, p2p))| Member {
            name,
            jurisdiction: jurisdiction.to_owned(),
            lang: lang.to_owned(),
            http_port: *http,
            p2p_port: *p2p,
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_is_in_a_jurisdiction_of_its_own() {
        let ports: Vec<_> = (1..=64).map(|n| (n, n + 100)).collect();
        let members = built_in(&ports);
        assert_eq!(members.len(), 64);
        let places: BTreeSet<_> = members.iter().map(|m| &m.jurisdiction).collect();
        let names: BTreeSet<_> = members.iter().map(|m| &m.name).collect();
        assert_eq!((places.len(), names.len()), (64, 64));
        assert_eq!(members[2].name, "rowan");
        assert_eq!(members[20].name, "org-21");
    }
}
