//! Cells of lists: one number or several, with remarks, or none.

use super::super::{HandleError, HandleWarning, phones_in, plates_in};
use super::{cell, country};
use serde_json::Value;

const LISTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/lists");

/// The longest that is read is read, one byte more is not.
#[test]
fn cells_and_texts_have_a_longest() {
    let cell = |width: usize| phones_in(&format!("{:>width$}", "0639981234"), country("FR"));
    assert_eq!(cell(4096).len(), 1);
    assert!(cell(4096)[0].is_ok());
    let refused = cell(4097);
    assert!(matches!(refused[..], [Err((_, HandleError::TooLong))]));
    let car = |width: usize| plates_in(&format!("{:>width$}", "AB-123-CD"), country("FR")).len();
    assert_eq!([car(16 * 1024), car(16 * 1024 + 1)], [1, 0]);
}

#[test]
fn numbers_beside_each_other_are_several() {
    let both = ["+33639981234", "+33639985678"];
    for text in [
        "0639981234 0639985678",
        "0639981234+33639985678",
        "0639981234 和 0639985678",
        "0639981234 + 0639985678",
        "https://wa.me/33639981234 0639985678",
        "https://wa.me/33639981234,0639985678",
        "https://wa.me/33639981234;0639985678",
    ] {
        assert_eq!(cell(text, "FR"), both, "{text}");
    }
}

/// Another ending is no number, and the number before says once that something was passed over.
#[test]
fn an_ending_is_a_remark_on_the_number_before() {
    for text in ["06 39 98 12 34 / 35", "06 39 98 12 34 / 35 / 36"] {
        let found = phones_in(text, country("FR"));
        let [Ok(parsed)] = &found[..] else {
            panic!("{text}: {} numbers", found.len())
        };
        assert_eq!(parsed.handle.canonical(), "+33639981234");
        let remarks = parsed.warnings.iter();
        let remarks = remarks.filter(|w| **w == HandleWarning::RemarkIgnored);
        assert_eq!(remarks.count(), 1, "{text}");
    }
}

#[test]
fn cells_of_phone_numbers() {
    let (a, b) = ("+33639981234", "+33639985678");
    for text in [
        "06 39 98 12 34 / 06 39 98 56 78",
        "06.39.98.12.34/06.39.98.56.78",
        "0639981234,0639985678",
        "0639981234; +33 (0)6 39 98 56 78",
        "0033639 981234 / +33 6 39 98 56 78",
        "06 39 98 12 34\n06 39 98 56 78",
        "06 39 98 12 34 ou 06 39 98 56 78",
        "06 39 98 12 34 or 6 39 98 56 78",
        "06 39 98 12 34 и 06 39 98 56 78",
        "06 39 98 12 34 (WhatsApp) / 06 39 98 56 78 (perso)",
        "06 39 98 12 34 whatsapp, 06 39 98 56 78 perso",
        "perso: 06 39 98 12 34, pro: 06 39 98 56 78",
        "06 39 98 12 34 | 06 39 98 56 78 | inconnu",
        "+33639981234 +33639985678",
        "+33639981234+33639985678",
        "0639981234 0639985678",
        "06 39 98 12 34 06 39 98 56 78",
        "06 39 98 12 34 & 06 39 98 56 78",
        "06 39 98 12 34, 06 39 98 56 78, 06 39 98 12 34",
        "06 39 98 12 34 (WhatsApp et Signal) et 06 39 98 56 78",
        "٠٦٣٩٩٨١٢٣٤ / 06 39 98 56 78",
        "wa.me/33639981234, 06 39 98 56 78",
        "06 39 98 12 34 + 06 39 98 56 78",
        "06 39 98 12 34 - 06 39 98 56 78",
    ] {
        assert_eq!(cell(text, "FR"), [a, b], "{text}");
    }
    for text in [
        "06 39 98 12 34",
        "06 39 98 12 34 (WhatsApp)",
        "06,39,98,12,34",
        "06/39/98/12/34",
        "06 39 98 12 34 / 35",
        "0639981234.0",
        "3.3639981234E+10",
        "withheld / 06 39 98 12 34",
        "06 39 98 12 34 (le soir, après 22h)",
        "WhatsApp only: 06 39 98 12 34",
        "06 39 98 12 34 / masqué",
        "https://wa.me/33639981234",
        "  06 39 98 12 34  ",
    ] {
        assert_eq!(cell(text, "FR"), [a], "{text}");
    }
    for text in [
        "",
        " ",
        "-",
        "--",
        "?",
        "???",
        "n/a",
        "N/A",
        "withheld",
        "Withheld",
        "WITHHELD",
        "unknown",
        "Unknown.",
        "inconnu",
        "Inconnue",
        "numéro masqué",
        "(inconnu)",
        "None",
        "неизвестно",
        "нет",
        "скрыт",
        "未知",
        "0 0".trim_matches(['0', ' ']),
        "desconocido",
        "#".trim_matches('#'),
        "/",
        "—",
        "withheld / unknown",
    ] {
        assert_eq!(cell(text, "FR"), [""; 0], "{text:?}");
    }
    for (text, home, want) in [
        ("0171/1234567", "DE", &["+491711234567"] as &[_]),
        (
            "0171/1234567, 030/901820",
            "DE",
            &["+491711234567", "+4930901820"],
        ),
        (
            "8 (495) 000-42-04, 7 495 000-08-76",
            "RU",
            &["+74950004204", "+74950000876"],
        ),
        (
            "+7(495)0007705, 84950008079",
            "RU",
            &["+74950007705", "+74950008079"],
        ),
        (
            "8 916 123-45-67 или 8 916 123-45-68",
            "RU",
            &["+79161234567", "+79161234568"],
        ),
        (
            "+44 (0)7700 900 974; 07700 900273",
            "GB",
            &["+447700900974", "+447700900273"],
        ),
        (
            "13800138000、13900139000",
            "CN",
            &["+8613800138000", "+8613900139000"],
        ),
        (
            "06 39 98 12 34 / 06 39 98 xx xx",
            "FR",
            &["+33639981234", "masked-number"],
        ),
        ("06 39 98 12 34", "", &["no-country"]),
        ("3.36399E+10", "FR", &["rounded-number"]),
        ("ask Marie", "GB", &["not-a-phone"]),
        ("12345", "FR", &["impossible-number"]),
        (
            "06 39 98 12 34 / 123456",
            "FR",
            &["+33639981234", "impossible-number"],
        ),
    ] {
        assert_eq!(cell(text, home), want, "{text}");
    }
    assert_eq!(cell(&"0639981234, ".repeat(400), "FR"), ["too-long"]);
}

/// A field of a line, of which the quoted ones come after those that are read here.
fn field(line: &str, by: char, index: usize) -> &str {
    line.split(by).nth(index).unwrap()
}

fn decode(bytes: &[u8], cyrillic: bool) -> String {
    let of = |byte: u8| match byte {
        0xC0..=0xFF if cyrillic => char::from_u32(0x0410 + u32::from(byte) - 0xC0).unwrap(),
        0xA8 | 0xB8 if cyrillic => 'ё',
        byte => char::from(byte),
    };
    bytes.iter().map(|byte| of(*byte)).collect()
}

#[test]
fn lists_in_the_shapes_that_organisations_keep() {
    let Ok(truth) = std::fs::read_to_string(format!("{LISTS}/truth.json")) else {
        eprintln!("skipped: {LISTS} is not there; the golden vectors cover the same ground");
        return;
    };
    let truth: Value = serde_json::from_str(&truth).unwrap();
    for (name, by) in [
        ("liste_fr.csv", ';'),
        ("incidents_uk.csv", ','),
        ("spisok_ru.csv", ';'),
    ] {
        let bytes = std::fs::read(format!("{LISTS}/{name}")).unwrap();
        let text = match name {
            "incidents_uk.csv" => String::from_utf8(bytes).unwrap(),
            name => decode(&bytes, name == "spisok_ru.csv"),
        };
        let home = truth[name]["region"].as_str().unwrap();
        let rows: Vec<&str> = text
            .lines()
            .skip(1)
            .filter(|line| !line.is_empty())
            .collect();
        let want = truth[name]["phones"].as_array().unwrap();
        assert_eq!(rows.len(), want.len());
        for (row, want) in rows.iter().zip(want) {
            let refused = name == "incidents_uk.csv"
                && row.to_lowercase().ends_with([',', 'n', 'o'])
                && !row.to_lowercase().ends_with("yes");
            let want: Vec<&str> = want
                .as_array()
                .unwrap()
                .iter()
                .map(|phone| phone.as_str().unwrap())
                .collect();
            if !refused {
                assert_eq!(cell(field(row, by, 2), home), want, "{name}: {row}");
            }
        }
    }
}
