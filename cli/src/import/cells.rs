//! One cell → the handles in it.
//!
//! People put an account among the numbers and a number among the accounts, so that every column
//! of handles is searched for what shows itself: e-mail addresses, links, `@names`. What is left
//! is read as the column says. A column of names gives accounts alone: a nickname is no handle.

use super::fold::fold;
use super::headings::Field;
use parasol_protocol::handle::{
    Country, HandleError, HandleKind, HandleWarning, Parsed, parse, phones_in, plates_in,
};

/// No cell is longer; a row with one is rejected.
pub const MAX_CELL: usize = 64 * 1024;

/// What was found in a cell, and what was not.
#[derive(Debug, Default)]
pub struct Found {
    /// The handles.
    pub handles: Vec<Parsed>,
    /// Why parts of the cell are no handles.
    pub skipped: Vec<HandleError>,
}

impl Found {
    fn take(&mut self, result: Result<Parsed, HandleError>) {
        match result {
            Ok(parsed) => self.handles.push(parsed),
            Err(error) => self.skipped.push(error),
        }
    }
}

/// Whether a cell says only that there is nothing in it.
pub fn is_placeholder(cell: &str) -> bool {
    let cell = cell.trim();
    if cell.len() > 40 {
        return false;
    }
    if matches!(
        cell,
        "" | "-" | "--" | "---" | "?" | "??" | "???" | "/" | "." | "..." | "…" | "—" | "–" | "_"
    ) {
        return true;
    }
    const WORDS: [&str; 30] = [
        "n a",
        "na",
        "none",
        "nil",
        "null",
        "unknown",
        "not known",
        "not given",
        "not stated",
        "withheld",
        "tbc",
        "dont know",
        "don t know",
        "inconnu",
        "inconnue",
        "aucun",
        "aucune",
        "neant",
        "неизвестно",
        "не известно",
        "не указано",
        "нет данных",
        "desconocido",
        "desconocida",
        "ninguno",
        "未知",
        "无",
        "不详",
        "unbekannt",
        "невідомо",
    ];
    WORDS.contains(&fold(cell).as_str())
}

/// The handles in a cell of a column of this field; `platform` is the one its header names.
pub fn handles(
    cell: &str,
    field: Field,
    platform: Option<&str>,
    country: Option<Country>,
) -> Found {
    let mut found = Found::default();
    if cell.trim().is_empty() || !field.holds_handles() {
        return found;
    }
    let rest = match field {
        // A page may hold anything, an @ too; an account cell is read in pieces below.
        Field::Url | Field::Account => cell.to_owned(),
        _ => evident(cell, field, country, &mut found),
    };
    match field {
        Field::Phone => {
            for result in phones_in(&rest, country) {
                found.take(result.map_err(|(_, error)| error));
            }
        }
        Field::Email => {
            let digits = rest.chars().filter(char::is_ascii_digit).count();
            if digits >= 7 {
                found
                    .handles
                    .extend(phones_in(&rest, country).into_iter().flatten());
            }
        }
        Field::Account => accounts(&rest, platform, country, &mut found),
        Field::Plate => {
            let plates = plates(&rest, country);
            if plates.is_empty() {
                for piece in pieces(&rest, &[',', ';', '|', '\n']).filter(|p| !is_placeholder(p)) {
                    found.take(parse(piece, Some(HandleKind::Plate), country));
                }
            }
            found.handles.extend(plates);
        }
        Field::Vehicle => found.handles.extend(plates(&rest, country)),
        Field::Url => {
            for piece in rest
                .split_whitespace()
                .flat_map(|p| pieces(p, &[',', ';', '|']))
            {
                if piece.contains('.') {
                    found.take(parse(piece, Some(HandleKind::Url), country));
                }
            }
        }
        _ => {}
    }
    found
}

fn plates(text: &str, country: Option<Country>) -> Vec<Parsed> {
    let plain = |handle| Parsed {
        handle,
        warnings: Vec::<HandleWarning>::new(),
    };
    plates_in(text, country).into_iter().map(plain).collect()
}

/// Takes out what shows itself, whatever the column; gives what is left.
fn evident(cell: &str, field: Field, country: Option<Country>, found: &mut Found) -> String {
    let mut rest = String::with_capacity(cell.len());
    for piece in cell.split_inclusive([',', ';', '|', '\n']) {
        let plain = piece.trim().trim_end_matches([',', ';', '|']).trim();
        if is_account_shaped(plain) {
            found.take(parse(plain, None, country));
            rest.push(' ');
            continue;
        }
        for word in piece.split_inclusive(char::is_whitespace) {
            let bare = word
                .trim()
                .trim_matches(|c: char| ",;|()<>[]\"".contains(c));
            let email = bare.find('@').is_some_and(|at| at > 0);
            let link = is_link(bare);
            let name = bare.starts_with('@') && bare.chars().count() > 3;
            if email {
                let result = parse(bare, Some(HandleKind::Email), country);
                // Outside its own column a mistyped address is a remark.
                if result.is_ok() || field == Field::Email {
                    found.take(result);
                }
                rest.push_str("; ");
            } else if link || name {
                match parse(bare, None, country) {
                    Err(error) if field != Field::Name => found.skipped.push(error),
                    Err(_) => {}
                    Ok(parsed) => found.handles.push(parsed),
                }
                rest.push_str("; ");
            } else {
                rest.push_str(word);
            }
        }
    }
    rest
}

/// "tg: @name", "insta: name", "t.me/name": a whole piece that names a platform.
fn is_account_shaped(piece: &str) -> bool {
    if piece.len() > 200 || piece.contains("://") {
        return false;
    }
    let Some((label, name)) = piece.split_once([':', '@']) else {
        return false;
    };
    let label = fold(label);
    let known = [
        "tg",
        "telegram",
        "телеграм",
        "телеграмм",
        "тг",
        "insta",
        "ig",
        "instagram",
        "инста",
        "инстаграм",
        "snap",
        "snapchat",
        "vk",
        "вк",
        "wechat",
        "微信",
        "kik",
        "twitter",
        "fb",
        "facebook",
        "discord",
        "skype",
        "tiktok",
    ];
    let name = name.trim().trim_start_matches('@');
    known.contains(&label.as_str()) && !name.is_empty() && !name.contains(char::is_whitespace)
}

fn is_link(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    [
        "http://",
        "https://",
        "www.",
        "t.me/",
        "telegram.me/",
        "wa.me/",
        "vk.com/",
        "instagram.com/",
        "facebook.com/",
        "fb.com/",
    ]
    .iter()
    .any(|start| lower.starts_with(start))
}

fn accounts(cell: &str, platform: Option<&str>, country: Option<Country>, found: &mut Found) {
    if is_placeholder(cell) {
        return;
    }
    let with_platform = |text: &str| match platform {
        Some(platform) => {
            let name = text.trim().trim_start_matches('@');
            parse(
                &format!("{platform}/{name}"),
                Some(HandleKind::Account),
                country,
            )
        }
        None => parse(text, None, country),
    };
    // What says its own platform says it better than the header.
    let own = |text: &str| {
        let explicit =
            is_link(text) || is_account_shaped(text) || text.find('@').is_some_and(|at| at > 0);
        if explicit || platform.is_none() {
            parse(text, None, country)
        } else {
            with_platform(text)
        }
    };
    if let Ok(parsed) = own(cell.trim()) {
        found.handles.push(parsed);
        return;
    }
    for piece in pieces(cell, &[',', ';', '|', '\n'])
        .flat_map(|p| p.split(" / "))
        .map(str::trim)
    {
        if !piece.is_empty() && !is_placeholder(piece) {
            found.take(own(piece));
        }
    }
}

fn pieces<'a>(text: &'a str, by: &'a [char]) -> impl Iterator<Item = &'a str> {
    text.split(by)
        .map(str::trim)
        .filter(|piece| !piece.is_empty())
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    fn found(cell: &str, field: Field, country: &str) -> (Vec<String>, usize) {
        let found = handles(cell, field, None, Country::parse(country).ok());
        (
            found
                .handles
                .iter()
                .map(|p| p.handle.to_canonical_string())
                .collect(),
            found.skipped.len(),
        )
    }

    #[test]
    fn several_numbers_and_remarks() {
        for (cell, country, expected) in [
            (
                "06.39.98.06.14 (WhatsApp)",
                "FR",
                &["phone:+33639980614"][..],
            ),
            (
                "0033639 989353 / +33 6 39 98 91 79",
                "FR",
                &["phone:+33639989353", "phone:+33639989179"],
            ),
            (
                "84950002373, 7 495 000-08-76",
                "RU",
                &["phone:+74950002373", "phone:+74950000876"],
            ),
            (
                "+44 (0)7700 900 974; 07700 900273",
                "GB",
                &["phone:+447700900974", "phone:+447700900273"],
            ),
            ("4165550180", "CA", &["phone:+14165550180"]),
            ("withheld", "GB", &[]),
            ("", "GB", &[]),
            (
                "07700 900123; marc@example.org",
                "GB",
                &["email:marc@example.org", "phone:+447700900123"],
            ),
            (
                "07700 900123, tg: @serg_kzn",
                "GB",
                &["account:telegram/serg_kzn", "phone:+447700900123"],
            ),
        ] {
            let (got, skipped) = found(cell, Field::Phone, country);
            assert_eq!(got, expected, "{cell}");
            assert_eq!(skipped, 0, "{cell}");
        }
        assert_eq!(
            found("07700 900123; 07700 90012345678", Field::Phone, "GB").0,
            ["phone:+447700900123"]
        );
        assert_eq!(
            found("07700 900123; 07700 90012345678", Field::Phone, "GB").1,
            1
        );
    }

    #[test]
    fn a_nickname_is_no_handle_and_an_account_is() {
        for (cell, expected) in [
            ("Сергей", &[][..]),
            ("J-P", &[]),
            ("le_grand_75", &[]),
            ("@serg_kzn", &["account:telegram/serg_kzn"]),
            ("tg: @serg_kzn", &["account:telegram/serg_kzn"]),
            ("t.me/serg_kzn", &["account:telegram/serg_kzn"]),
            ("Marc (t.me/marc_75)", &["account:telegram/marc_75"]),
        ] {
            let (got, skipped) = found(cell, Field::Name, "RU");
            assert_eq!(got, expected, "{cell}");
            assert_eq!(skipped, 0, "{cell}");
        }
    }

    #[test]
    fn addresses_are_found_and_mistyped_ones_said() {
        assert_eq!(
            found(" marc75@EXAMPLE.org", Field::Email, "FR"),
            (vec!["email:marc75@example.org".into()], 0)
        );
        assert_eq!(found("pas@net", Field::Email, "FR"), (vec![], 1));
        assert_eq!(
            found("a@example.com, b@example.com", Field::Email, "FR")
                .0
                .len(),
            2
        );
        assert_eq!(found("none", Field::Email, "FR"), (vec![], 0));
    }

    #[test]
    fn plates_alone_and_in_descriptions() {
        for (cell, field, country, expected) in [
            (
                "Clio grise RV-186-JK",
                Field::Vehicle,
                "FR",
                "plate:FR/RV186JK",
            ),
            ("vl348zm", Field::Vehicle, "FR", "plate:FR/VL348ZM"),
            (
                "чёрная Камри С965СС 199",
                Field::Vehicle,
                "RU",
                "plate:RU/C965CC199",
            ),
            (
                "red pickup, plate AB52 123",
                Field::Plate,
                "CA",
                "plate:CA/AB52123",
            ),
            ("XA58 WTJ", Field::Plate, "GB", "plate:GB/XA58WTJ"),
        ] {
            assert_eq!(found(cell, field, country).0, [expected], "{cell}");
        }
        assert_eq!(found("black van", Field::Vehicle, "GB"), (vec![], 0));
    }

    #[test]
    fn accounts_of_a_column_that_names_the_platform() {
        let got = handles("@marc.75", Field::Account, Some("instagram"), None);
        assert_eq!(
            got.handles[0].handle.to_canonical_string(),
            "account:instagram/marc.75"
        );
        let got = handles("t.me/serg_kzn", Field::Account, Some("instagram"), None);
        assert_eq!(
            got.handles[0].handle.to_canonical_string(),
            "account:telegram/serg_kzn"
        );
        assert_eq!(found("le_grand_75", Field::Account, "FR").0.len(), 0);
        assert_eq!(
            found("https://example.com/profile/7", Field::Url, "FR").0,
            ["url:example.com/profile/7"]
        );
    }
}
