//! How countries write their plates, well enough to find one in a sentence.
//!
//! A shape is a row of classes: `L` letter, `D` digit, `X` either, `P` Chinese province, `S` Chinese
//! suffix, `T` Thai letter, any other capital itself, each with an optional `{least,most}`. `-` is a gap that
//! must be there, `_` one that may be; a gap may also stand wherever the class changes.

use super::country::Country;
use super::plate;

struct Shapes {
    country: &'static str,
    /// The letters in use.
    letters: &'static str,
    patterns: &'static [&'static str],
    /// So unlike ordinary words and numbers that free text may be searched for it.
    distinct: bool,
}

const ALL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const SIV: &str = "ABCDEFGHJKLMNPQRSTVWXYZ";
const CYRILLIC: &str = "ABEKMHOPCTYXI";
const CONSONANTS: &str = "BCDFGHJKLMNPRSTVWXYZ";
const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
const SUFFIXES: &str = "学警挂港澳领使";

const TABLE: [Shapes; 30] = [
    Shapes {
        country: "FR",
        letters: SIV,
        patterns: &["LLDDDLL", "D{2,4}-L{2,3}-DD"],
        distinct: true,
    },
    Shapes {
        country: "GB",
        letters: ALL,
        patterns: &["LLDD_LLL", "LDDDLLL", "LLLDDDL", "LLLDDDD"],
        distinct: false,
    },
    Shapes {
        country: "IE",
        letters: ALL,
        patterns: &["D{2,3}-L{1,2}-D{1,6}"],
        distinct: false,
    },
    Shapes {
        country: "IT",
        letters: SIV,
        patterns: &["LLDDDLL"],
        distinct: true,
    },
    Shapes {
        country: "ES",
        letters: CONSONANTS,
        patterns: &["DDDDLLL", "L{1,2}-DDDD-L{1,2}"],
        distinct: true,
    },
    Shapes {
        country: "PT",
        letters: ALL,
        patterns: &["LL-DD-LL", "DD-LL-DD", "DD-DD-LL", "LL-DD-DD"],
        distinct: false,
    },
    Shapes {
        country: "DE",
        letters: "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜ",
        patterns: &["L{1,3}-L{1,2}D{2,4}", "L{1,3}-L{1,2}D{2,4}L"],
        distinct: false,
    },
    Shapes {
        country: "AT",
        letters: ALL,
        patterns: &["L{1,2}-D{2,5}L{1,3}"],
        distinct: false,
    },
    Shapes {
        country: "CH",
        letters: ALL,
        patterns: &["LLD{5,6}"],
        distinct: false,
    },
    Shapes {
        country: "BE",
        letters: ALL,
        patterns: &["DLLLDDD", "LLL-DDD"],
        distinct: false,
    },
    Shapes {
        country: "NL",
        letters: ALL,
        patterns: &[
            "LLDDDL", "LDDDLL", "DDLLLD", "DLLLDD", "LLLDDL", "LDDLLL", "LL-LL-DD", "LL-DD-LL",
            "DD-LL-LL", "LL-DD-DD", "DD-DD-LL", "DD-LL-DD",
        ],
        distinct: false,
    },
    Shapes {
        country: "PL",
        letters: ALL,
        patterns: &["L{2,3}D{4,5}", "L{2,3}-D{3,4}L{1,2}", "L{2,3}-DDLD"],
        distinct: false,
    },
    Shapes {
        country: "SE",
        letters: ALL,
        patterns: &["LLL-DDD", "LLL-DDL", "LLLDDL"],
        distinct: false,
    },
    Shapes {
        country: "RO",
        letters: ALL,
        patterns: &["LLDDLLL", "B-D{2,3}LLL"],
        distinct: false,
    },
    Shapes {
        country: "TR",
        letters: ALL,
        patterns: &["DDL{1,3}D{2,4}"],
        distinct: false,
    },
    Shapes {
        country: "RU",
        letters: CYRILLIC,
        patterns: &["LDDDLL_D{2,3}", "LDDDLL", "LLDDD_D{2,3}"],
        distinct: true,
    },
    Shapes {
        country: "UA",
        letters: CYRILLIC,
        patterns: &["LLDDDDLL"],
        distinct: true,
    },
    Shapes {
        country: "BY",
        letters: CYRILLIC,
        patterns: &["DDDDLLD"],
        distinct: false,
    },
    Shapes {
        country: "KZ",
        letters: ALL,
        patterns: &["DDDL{2,3}DD"],
        distinct: false,
    },
    Shapes {
        country: "US",
        letters: ALL,
        patterns: &["DLLLDDD", "LLL-DDDD", "LLLDDDD", "LLL-DDD", "DDDLLL"],
        distinct: false,
    },
    Shapes {
        country: "CA",
        letters: ALL,
        patterns: &[
            "LLLLDDD", "LDDLLL", "DDDLLL", "LLD_DDL", "LLL-DDDD", "LLL-DDD", "LLL-LLL",
        ],
        distinct: false,
    },
    Shapes {
        country: "BR",
        letters: ALL,
        patterns: &["LLLDLDD", "LLL-DDDD", "LLLDDDD"],
        distinct: false,
    },
    Shapes {
        country: "MX",
        letters: ALL,
        patterns: &["LLL-DDD-L", "LLL-DD-DD"],
        distinct: false,
    },
    Shapes {
        country: "AR",
        letters: ALL,
        patterns: &["LLDDDLL", "LLL-DDD"],
        distinct: false,
    },
    Shapes {
        country: "CO",
        letters: ALL,
        patterns: &["LLL-DDD", "LLLDDD"],
        distinct: false,
    },
    Shapes {
        country: "KE",
        letters: ALL,
        patterns: &["KLLDDDL"],
        distinct: true,
    },
    Shapes {
        country: "IN",
        letters: ALL,
        patterns: &["LLD{1,2}L{1,3}DDDD"],
        distinct: true,
    },
    Shapes {
        country: "CN",
        letters: ALL,
        patterns: &["PL_X{5,6}", "PL_X{4}S"],
        distinct: true,
    },
    Shapes {
        country: "TH",
        letters: ALL,
        patterns: &["T{2}D{1,4}", "DT{2}D{1,4}"],
        distinct: true,
    },
    Shapes {
        country: "NG",
        letters: ALL,
        patterns: &["LLLDDDLL"],
        distinct: true,
    },
];

/// Names of makes that have the form of a plate's first part.
const MAKES: [&str; 14] = [
    "BMW", "VW", "KIA", "GMC", "RAM", "GTI", "AUDI", "FORD", "SEAT", "FIAT", "JEEP", "OPEL",
    "LADA", "MINI",
];

/// Whether the groups, joined with `-`, fold to a plate of that country.
pub(super) fn fits_country(joined: &str, country: Country) -> bool {
    of(country).is_some_and(|shapes| fits_any(joined, shapes))
}

/// Whether they fit a country whose plates cannot be mistaken for words.
pub(super) fn fits_distinct(joined: &str) -> bool {
    TABLE
        .iter()
        .any(|shapes| shapes.distinct && fits_any(joined, shapes))
}

/// Whether a text on its own is taken for a plate. Without a country, any country's form will do:
/// the person is then asked for it.
pub(super) fn is_plate(text: &str, country: Option<Country>) -> bool {
    let joined = joined(text);
    match country {
        Some(country) => match of(country) {
            Some(shapes) => fits_any(&joined, shapes),
            None => is_generic(text, &joined),
        },
        None => TABLE.iter().any(|shapes| fits_any(&joined, shapes)),
    }
}

/// Capitals and digits, enough of both, in at most three groups.
pub(super) fn is_generic(text: &str, joined: &str) -> bool {
    let digits = joined.chars().filter(char::is_ascii_digit).count();
    let letters = joined.chars().filter(|c| c.is_alphabetic()).count();
    let groups = joined.split('-').count();
    !text.chars().any(char::is_lowercase)
        && digits >= 2
        && letters >= 1
        && (4..=8).contains(&(digits + letters))
        && groups <= 3
}

/// Folded groups of letters and digits with `-` between them.
fn joined(text: &str) -> String {
    let groups: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|group| !group.is_empty())
        .map(|group| plate::folded(group).0)
        .collect();
    groups.join("-")
}

fn of(country: Country) -> Option<&'static Shapes> {
    TABLE
        .iter()
        .find(|shapes| shapes.country == country.as_str())
}

fn fits_any(joined: &str, shapes: &Shapes) -> bool {
    let first = joined.split('-').next().unwrap_or(joined);
    (shapes.distinct || !MAKES.contains(&first))
        && shapes
            .patterns
            .iter()
            .any(|pattern| fits(pattern, joined, shapes.letters))
}

fn fits(pattern: &str, text: &str, letters: &str) -> bool {
    let mut classes = pattern.chars();
    let Some(class) = classes.next() else {
        return text.is_empty();
    };
    let rest = classes.as_str();
    match class {
        '-' => {
            return text
                .strip_prefix('-')
                .is_some_and(|text| fits(rest, text, letters));
        }
        '_' => return fits(rest, text.strip_prefix('-').unwrap_or(text), letters),
        _ => {}
    }
    let (least, most, rest) = repeats(rest);
    let mut chars = text.chars();
    let mut taken = 0;
    loop {
        if taken >= least {
            let text = chars.as_str();
            let next = rest.chars().next();
            let gap = next.is_some_and(|next| next != class && next.is_alphabetic());
            let after_gap = text.strip_prefix('-').filter(|_| gap);
            if fits(rest, text, letters) || after_gap.is_some_and(|text| fits(rest, text, letters))
            {
                return true;
            }
        }
        if taken == most || !chars.next().is_some_and(|c| is_of(class, c, letters)) {
            return false;
        }
        taken += 1;
    }
}

/// `{least,most}` or `{exactly}` at the front of a pattern.
fn repeats(rest: &str) -> (usize, usize, &str) {
    let Some((range, rest)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
        return (1, 1, rest);
    };
    let (least, most) = range.split_once(',').unwrap_or((range, range));
    (least.parse().unwrap_or(1), most.parse().unwrap_or(1), rest)
}

fn is_of(class: char, c: char, letters: &str) -> bool {
    match class {
        'L' => letters.contains(c),
        'D' => c.is_ascii_digit(),
        'X' => c.is_ascii_digit() || letters.contains(c),
        'P' => is_province(c),
        'S' => SUFFIXES.contains(c),
        'T' => matches!(c, '\u{E01}'..='\u{E2E}'),
        own => c == own,
    }
}

/// Whether a Chinese character opens a plate.
pub(super) fn is_province(c: char) -> bool {
    PROVINCES.contains(c)
}

/// Whether a Chinese character closes one.
pub(super) fn is_suffix(c: char) -> bool {
    SUFFIXES.contains(c)
}
