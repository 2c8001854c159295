//! Both sides of each condition, file by file: an input that a rule takes, and the nearest one that it
//! does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeSet;

use super::*;

fn country(code: &str) -> Option<Country> {
    (!code.is_empty()).then(|| Country::parse(code).unwrap())
}

/// The canonical form, or the word of the refusal.
fn read(text: &str, kind: Option<HandleKind>, home: &str) -> String {
    match parse(text, kind, country(home)) {
        Ok(parsed) => parsed.handle.to_canonical_string(),
        Err(error) => error.code().to_owned(),
    }
}

/// Each text, the country that is stated, and what comes of it.
fn all(kind: Option<HandleKind>, cases: &[(&str, &str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|(text, home, want)| (text, home, want, read(text, kind, home)))
        .filter(|(_, _, want, got)| got != *want)
        .map(|(text, home, want, got)| format!("{text:?} in {home:?}: {got}, not {want}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn cell(text: &str, home: &str) -> Vec<String> {
    phones_in(text, country(home))
        .into_iter()
        .map(|item| match item {
            Ok(parsed) => parsed.handle.canonical().to_owned(),
            Err((_, error)) => error.code().to_owned(),
        })
        .collect()
}

fn plates(text: &str, home: &str) -> String {
    let found = plates_in(text, country(home));
    let found: Vec<&str> = found.iter().map(Handle::canonical).collect();
    found.join(" ")
}

#[test]
fn accounts() {
    all(
        None,
        &[
            // An app's link has its two slashes; Skype's has none.
            (
                "tg://resolve?domain=serg_kzn",
                "",
                "account:telegram/serg_kzn",
            ),
            ("tg:resolve?domain=serg_kzn", "", "not-an-account"),
            ("skype:marc.dupont?chat", "", "account:skype/marc.dupont"),
            ("skype: marc.dupont?chat", "", "not-an-account"),
            ("skype://marc.dupont", "", "account:skype/marc.dupont"),
            ("t.me/serg_kzn ami", "", "unknown-kind"),
            // Six digits are a number, five are a name; so are six with a word before them.
            ("signal 12345", "", "account:signal/12345"),
            ("signal 123456", "", "no-country"),
            ("signal marc123456", "", "account:signal/marc123456"),
            // A name of two words may have digits in it only where people go by numbers.
            ("telegram marc dupont", "", "unknown-kind"),
            ("insta marc 75", "", "unknown-kind"),
            ("insta marc75", "", "account:instagram/marc75"),
            ("signal perso 06 39 98 12 34", "FR", "not-an-account"),
            // Behind a name the platform stands in brackets, or after a word that joins them.
            ("marc on insta", "", "account:instagram/marc"),
            ("marc (insta)", "", "account:instagram/marc"),
            ("marc dupont (insta)", "", "unknown-kind"),
            ("insta: marc75 (perso)", "", "account:instagram/marc75"),
        ],
    );
}

#[test]
fn cells() {
    let (a, b, c) = ("+33639981234", "+33639985678", "+33639981299");
    for (text, home, want) in [
        ("inconnu (Marie)", "FR", &[] as &[&str]),
        ("(inconnu)", "FR", &[]),
        // Separators around links, and words between three numbers.
        (
            "wa.me/33639981234 0639985678,0639981299",
            "FR",
            &[a, b, c] as &[&str],
        ),
        (
            "06 39 98 12 34 ou 06 39 98 56 78 ou 06 39 98 12 99",
            "FR",
            &[a, b, c],
        ),
        (
            "06 39 98 12 34 和 06 39 98 56 78 和 06 39 98 12 99",
            "FR",
            &[a, b, c],
        ),
        // A number is not parted between two digits, nor into a half of six.
        ("06399812340639985678", "FR", &["impossible-number"]),
        ("+376712345 712346", "AD", &["impossible-number"]),
        // A whole number is no area code, and an area code begins like one.
        ("030/901820", "DE", &["+4930901820"]),
        ("030 901820 / 1234", "DE", &["+4930901820", "+491234"]),
        // Of several ways to part two numbers the one of fewest doubts, and of these the first.
        (
            "020 7946 0958 0664 1234567",
            "DE",
            &["+492079460958", "+496641234567"],
        ),
        (
            "0664 1234567 06 69812345",
            "DE",
            &["+496641234567", "+49669812345"],
        ),
        // What one part hides, the cell as a whole does not give away.
        ("+49 30 901820 x|x", "", &["masked-number"]),
    ] {
        assert_eq!(cell(text, home), want, "{text}");
    }
}

#[test]
fn cleaning() {
    // In small letters the two are one character, in capitals they stay two.
    assert_eq!(clean::lower("J\u{30C}ob"), "\u{1F0}ob");
    assert_eq!(
        read("account:example.org/J\u{30C}ob", None, ""),
        "account:example.org/\u{1F0}ob"
    );
    for (c, digit) in [
        ('7', '7'),
        ('\u{660}', '0'),
        ('\u{669}', '9'),
        ('\u{66A}', '\u{66A}'),
        ('\u{65F}', '\u{65F}'),
        ('\u{1819}', '9'),
        ('\u{80}', '\u{80}'),
        ('é', 'é'),
    ] {
        assert_eq!(clean::ascii_digit(c), digit, "{c:?}");
    }
    for (text, plain, dropped) in [
        ("a (b) c", "a   c", true),
        ("a (1) c", "a (1) c", false),
        ("a [b]", "a  ", true),
        ("a (b", "a (b", false),
    ] {
        let want = (plain.to_owned(), dropped);
        assert_eq!(clean::without_remarks(text), want, "{text}");
    }
}

#[test]
fn a_country_shows_its_letters() {
    assert_eq!(format!("{:?}", Country::parse("uk")), "Ok(Country(GB))");
}

#[test]
fn addresses_of_people() {
    let kind = Some(HandleKind::Email);
    let domain = |last: usize| {
        let labels = ["a".repeat(63), "b".repeat(63), "c".repeat(last)];
        labels.join(".")
    };
    let local = "l".repeat(64);
    // 64 bytes, the sign, and 189 or 190 bytes.
    let (longest, longer) = (
        format!("{local}@{}", domain(61)),
        format!("{local}@{}", domain(62)),
    );
    assert_eq!((longest.len(), longer.len()), (254, 255));
    assert_eq!(read(&longest, kind, ""), format!("email:{longest}"));
    assert_eq!(read(&longer, kind, ""), "not-an-email");
    assert_eq!(
        read(&format!("l{local}@example.com"), kind, ""),
        "not-an-email"
    );
    all(
        kind,
        &[
            ("mail:jean@example.com", "", "email:jean@example.com"),
            ("Jean e-mail:jean@example.com", "", "email:jean@example.com"),
            ("a1:jean@example.com", "", "not-an-email"),
            ("x\u{300}y@example.com", "", "email:x\u{300}y@example.com"),
        ],
    );
}

#[test]
fn warnings_have_names_and_sentences() {
    let mut said = BTreeSet::new();
    for (warning, code) in [
        (HandleWarning::PossibleNotValid, "possible-not-valid"),
        (HandleWarning::RemarkIgnored, "remark-ignored"),
        (HandleWarning::ExtensionDropped, "extension-dropped"),
        (HandleWarning::LookAlikesFolded, "look-alikes-folded"),
        (HandleWarning::TelegramAssumed, "telegram-assumed"),
    ] {
        assert_eq!(warning.code(), code);
        let sentence = warning.to_string();
        assert!(sentence.contains(' '), "{code}: {sentence}");
        assert!(said.insert(sentence), "{code} says what another says");
    }
}

#[test]
fn the_longest_that_is_read() {
    let typed = |width: usize| read(&format!("{:>width$}", "+33639981234"), None, "");
    assert_eq!(typed(512), "phone:+33639981234");
    assert_eq!(typed(513), "too-long");
    let page = |width: usize| {
        let text = format!("url:{:a<width$}", "example.com/");
        Handle::from_canonical(&text)
    };
    assert_eq!(page(512).unwrap().canonical().len(), 512);
    assert_eq!(page(513), Err(HandleError::NotCanonical));
}

#[test]
fn kinds() {
    all(
        None,
        &[
            ("email: jean", "", "not-an-email"),
            ("e-mail: jean", "", "not-an-email"),
            ("mailto: jean", "", "not-an-email"),
            ("jean", "", "no-platform"),
            // A page has an ending of letters, a known one unless there is a path.
            ("marc.75", "", "no-platform"),
            ("marc.x", "", "no-platform"),
            ("marc.dupont", "", "no-platform"),
            ("marc.com", "", "url:marc.com"),
            ("marc.dupont/x", "", "url:marc.dupont/x"),
            (".com/x", "", "no-platform"),
            // The name of a platform and a slash: also on platforms without pages.
            ("grindr/marc75", "", "account:grindr/marc75"),
            ("grindr/", "", "not-an-account"),
        ],
    );
    // A kind that is stated is not overruled by what stands in front.
    let of = |text: &str, kind: HandleKind| read(text, Some(kind), "");
    assert_eq!(
        of("account:example.com/name", HandleKind::Account),
        "account:example.com/name"
    );
    assert_eq!(
        of("url:example.com/name", HandleKind::Account),
        "unknown-platform"
    );
}

#[test]
fn hidden_in_a_telling() {
    for (text, want, count) in [
        // Behind the name of a platform and a colon, not behind either alone.
        ("insta: marc", "insta: …", 1),
        ("voici: marc", "voici: marc", 0),
        ("sur telegram marc parle", "sur telegram marc parle", 0),
        // A common ending, or any with a path.
        ("voir exemple.com ce soir", "voir … ce soir", 1),
        ("voir exemple.quelque/marc", "voir …", 1),
        ("voir exemple.quelque", "voir exemple.quelque", 0),
        ("la fin.Alors il", "la fin.Alors il", 0),
        ("à 22.30 demain", "à 22.30 demain", 0),
        ("le .com est", "le .com est", 0),
        ("un .a/b ici", "un .a/b ici", 0),
        // Three characters between two digits are a number's, four are not; a comma is not.
        ("123 - 456", "…", 1),
        ("123 -- 456", "123 -- 456", 0),
        ("123 -- 456 -- 789", "123 -- 456 -- 789", 0),
        ("12 34 56", "…", 1),
        ("123,456", "123,456", 0),
        ("123\u{A0}456", "…", 1),
        ("123\u{202F}456", "…", 1),
        ("123\u{2009}456", "…", 1),
        ("123\u{200B}456", "…", 1),
        ("123/456", "…", 1),
        ("①②③④⑤⑥", "…", 1),
        ("⁰⁶³⁹⁹⁸", "…", 1),
        ("₀₆₃₉₉₈", "…", 1),
        // Mixed words of five to ten characters, two letters and two digits at least.
        ("van XY12Z", "van …", 1),
        ("van XYZ1234", "van …", 1),
        ("van XY12", "van XY12", 0),
        ("van XYZW1", "van XYZW1", 0),
        ("van X1234", "van X1234", 0),
        ("van XYZQWRTU123", "van XYZQWRTU123", 0),
        ("van XYZQWRT123", "van …", 1),
        ("AB\u{A0}123\u{A0}CD", "…", 1),
        ("AB, 123, CD", "AB, 123, CD", 0),
    ] {
        assert_eq!(mask_numbers(text), (want.to_owned(), count), "{text}");
    }
}

#[test]
fn phones() {
    let kind = Some(HandleKind::Phone);
    let marc = "phone:+33639981234";
    all(
        kind,
        &[
            // The plus belongs to the number across white space, dashes and dots.
            ("+-49 30 901820", "FR", "phone:+4930901820"),
            ("+.49 30 901820", "", "phone:+4930901820"),
            ("+ – 49 30 901820", "FR", "phone:+4930901820"),
            ("(-030) 901820", "DE", "phone:+4930901820"),
            ("+: 030 901820", "DE", "phone:+4930901820"),
            ("+x 49 30 901820", "", "no-country"),
            // A bracket after the eighth digit ends the number.
            ("06 39 98 1(2 34)", "FR", marc),
            ("06 39 98 12 (34)", "FR", "impossible-number"),
            ("(0) 6 39 98 12 (34)", "FR", "impossible-number"),
            // Australia's way abroad is Australia's.
            ("0412 345 678", "AU", "phone:+61412345678"),
            ("0011 33 639981234", "AU", marc),
            ("+0011 33 639981234", "AU", "impossible-number"),
            // The zero for callers inside a country that dials another one, or none.
            ("+7 (0)916 123-45-67", "", "phone:+79161234567"),
            ("+34 [ 0 ] 612 345 678", "", "phone:+34612345678"),
            ("0034 (0) 612 345 678", "", "phone:+34612345678"),
            // What a spreadsheet made of a number, and what only looks like it.
            ("6,39981234E+8", "FR", marc),
            ("6,39981234E+08", "FR", marc),
            ("6,39981234E+9", "FR", "rounded-number"),
            ("33.639981234E+8", "FR", marc),
            ("3.3639981234E+100", "FR", marc),
            ("6.39 98 12 34E5", "FR", marc),
            ("6.39981234Ed", "FR", marc),
            ("a.639981234E5", "FR", marc),
        ],
    );
    assert_eq!(read("+-49 30 901820", None, "FR"), "phone:+4930901820");
    assert_eq!(cell("+-49 30 901820", "FR"), ["+4930901820"]);
}

#[test]
fn plates_alone() {
    all(
        None,
        &[
            // Where no form is known: capitals, two digits, a letter, four to eight, three groups.
            ("BA-123AB", "SK", "plate:SK/BA123AB"),
            ("BA-12-3A", "SK", "plate:SK/BA123A"),
            ("BONJOUR", "SK", "no-platform"),
            ("ba-123ab", "SK", "no-platform"),
            ("BAC-1AB", "SK", "no-platform"),
            ("12-345", "SK", "unknown-kind"),
            ("B12", "SK", "no-platform"),
            ("BA-1234567", "SK", "no-platform"),
            ("BA-12-3A-B", "SK", "no-platform"),
            // Groups are parted where the form says so, and once.
            ("AB-123-CD", "FR", "plate:FR/AB123CD"),
            ("A-B-123-CD", "FR", "no-platform"),
            ("W 123 AB", "AT", "plate:AT/W123AB"),
            ("W ー 123 AB", "AT", "unknown-kind"),
            ("W123AB", "AT", "no-platform"),
            // A Chinese plate opens with a province.
            ("京A12345", "CN", "plate:CN/京A12345"),
            ("他A12345", "CN", "no-platform"),
        ],
    );
}

#[test]
fn pages() {
    let kind = Some(HandleKind::Url);
    let (other, no_dot) = (
        "only http and https pages can be handles",
        "the domain has no dot; write all of it, such as example.com",
    );
    for (text, why) in [
        ("ftp://example.com", other),
        ("git+ssh://example.com", other),
        ("example/?u=https://other.com", no_dot),
    ] {
        let want = Err(HandleError::NotAUrl(why));
        assert_eq!(parse(text, kind, None), want, "{text}");
    }
    all(
        kind,
        &[
            ("HTTP://example.com/a", "", "url:example.com/a"),
            (
                "example.com/go?u=https://other.com",
                "",
                "url:example.com/go?u=https://other.com",
            ),
        ],
    );
}

#[test]
fn plates_in_a_sentence() {
    for (text, home, want) in [
        // After "plate": up to ten characters, a digit and a letter, four at least.
        ("plate AB52, 123", "CA", "CA/AB52"),
        ("plate ABCD 123456", "CA", "CA/ABCD123456"),
        ("plate ABCD 1234567", "CA", ""),
        ("plate WXYZ 12", "CA", "CA/WXYZ12"),
        ("plate SMITH 12", "CA", ""),
        ("plate A1", "CA", ""),
        ("plate WXYZ", "CA", ""),
        ("plate 12345", "CA", ""),
        // Words such as "number" may stand between.
        ("plate number WXYZ 12", "CA", "CA/WXYZ12"),
        ("plate unseen WXYZ 12", "CA", ""),
        // Groups are joined by a space, a dash, a dot, or a dash between spaces.
        ("AB - 123 - CD", "FR", "FR/AB123CD"),
        ("AB.123.CD", "FR", "FR/AB123CD"),
        ("AB,123,CD", "FR", ""),
        ("AB, 123, CD", "FR", ""),
        ("AB -- 123 -- CD", "FR", ""),
        ("AB    123    CD", "FR", ""),
        // Of Chinese, a province before a letter and what may close a plate belong to one.
        ("他A12345", "CN", ""),
        ("京A1234学", "CN", "CN/京A1234学"),
        ("车是KAA 123A", "KE", "KE/KAA123A"),
        ("新车京A12345", "CN", "CN/京A12345"),
        ("AB京A12345", "CN", "CN/京A12345"),
    ] {
        assert_eq!(plates(text, home), want, "{text:?} in {home:?}");
    }
}
