//! Languages by their names, and by the letters of a text.

use super::fold::{fold, is_han};
use icu_locale_core::LanguageIdentifier;
use parasol_protocol::particulars::is_language_tag;

/// Reads a cell of a language column, or what was given on the command line: a tag or a name.
pub fn tag(cell: &str) -> Option<String> {
    let cell = cell.trim();
    let folded = fold(cell);
    if let Some((tag, _)) = NAMES
        .iter()
        .find(|(_, names)| names.split(' ').any(|name| name == folded))
    {
        return Some((*tag).to_owned());
    }
    // Well formed as BCP 47 has it, in its usual case, which is what a report may hold.
    let tag = LanguageIdentifier::try_from_str(&cell.replace('_', "-")).ok()?;
    let tag = tag.to_string();
    let first = tag.split('-').next().unwrap_or_default();
    ((2..=3).contains(&first.len()) && is_language_tag(&tag)).then_some(tag)
}

/// The language that a text must be in by its letters, if they are not Latin.
pub fn by_letters(text: &str) -> Option<&'static str> {
    let (mut latin, mut cyrillic, mut ukrainian, mut han, mut kana) = (0, 0, 0, 0, 0);
    for c in text.chars() {
        match c {
            'і' | 'ї' | 'є' | 'ґ' | 'І' | 'Ї' | 'Є' | 'Ґ' => ukrainian += 1,
            'а'..='я' | 'А'..='Я' | 'ё' | 'Ё' => cyrillic += 1,
            '\u{3040}'..='\u{30ff}' => kana += 1,
            c if is_han(c) => han += 1,
            c if c.is_alphabetic() => latin += 1,
            _ => {}
        }
    }
    // One Chinese character says about as much as four letters.
    if kana > 0 && (kana + han) * 4 > latin {
        Some("ja")
    } else if han * 4 > latin + cyrillic {
        Some("zh")
    } else if cyrillic + ukrainian > latin {
        Some(if ukrainian > 0 { "uk" } else { "ru" })
    } else {
        None
    }
}

/// Whether a text with these letters can be in this language at all.
pub fn fits(lang: &str, text: &str) -> bool {
    let latin = !["ru", "uk", "zh", "ja", "be", "bg", "sr", "mk", "kk"].contains(&lang);
    match by_letters(text) {
        None => latin || !text.chars().any(char::is_alphabetic),
        Some("zh") => lang == "zh" || lang == "ja",
        Some("ja") => lang == "ja",
        Some(_) => !latin && lang != "zh" && lang != "ja",
    }
}

const NAMES: [(&str, &str); 20] = [
    (
        "en",
        "en eng english anglais англиискии ingles 英文 英语 englisch англ",
    ),
    (
        "fr",
        "fr fra fre french francais французскии frances 法文 法语 franzosisch",
    ),
    (
        "ru",
        "ru rus russian russe русскии ruso 俄语 俄文 russisch рус",
    ),
    (
        "es",
        "es esp spa spanish espagnol испанскии espanol castellano 西班牙语 spanisch",
    ),
    (
        "zh",
        "zh chi zho cn chinese chinois китаискии chino 中文 汉语 普通话 chinesisch",
    ),
    (
        "de",
        "de deu ger german allemand немецкии aleman deutsch 德语",
    ),
    (
        "uk",
        "uk ukr ua ukrainian ukrainien украинскии украінська ucraniano 乌克兰语",
    ),
    (
        "pt",
        "pt por portuguese portugais португальскии portugues 葡萄牙语",
    ),
    ("it", "it ita italian italien итальянскии italiano"),
    ("nl", "nl nld dut dutch neerlandais nederlands holandes"),
    ("pl", "pl pol polish polonais польскии polski polaco"),
    ("ro", "ro ron rum romanian roumain румынскии romana rumano"),
    ("bg", "bg bul bulgarian bulgare болгарскии български"),
    ("hu", "hu hun hungarian hongrois magyar"),
    ("tr", "tr tur turkish turc турецкии turkce"),
    ("ar", "ar ara arabic arabe арабскии"),
    ("th", "th tha thai thailandais таискии 泰语"),
    ("vi", "vi vie vietnamese vietnamien"),
    ("sq", "sq alb sqi albanian albanais shqip"),
    ("ja", "ja jpn japanese japonais японскии 日语"),
];

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    #[test]
    fn languages_by_name_and_tag() {
        for (cell, expected) in [
            ("FR", "fr"),
            ("français", "fr"),
            ("Русский", "ru"),
            ("español", "es"),
            ("中文", "zh"),
            ("pt-BR", "pt-BR"),
            ("zh_Hant", "zh-Hant"),
            ("English", "en"),
        ] {
            assert_eq!(tag(cell).as_deref(), Some(expected), "{cell}");
        }
        for cell in ["", "?", "both", "klingonisch"] {
            assert_eq!(tag(cell), None, "{cell}");
        }
    }

    #[test]
    fn languages_by_letters() {
        assert_eq!(by_letters("Не заплатил, угрожал"), Some("ru"));
        assert_eq!(by_letters("Не заплатив, погрожував її"), Some("uk"));
        assert_eq!(by_letters("没有付钱就走了 OK"), Some("zh"));
        assert_eq!(by_letters("Parti par la fenêtre"), None);
        assert!(!fits("en", "Не заплатил"));
        assert!(fits("fr", "N'a pas payé"));
        assert!(!fits("ru", "Refused to pay"));
    }
}
