//! Any text at all: it is read as one thing however it is spelt, or refused.

use super::super::{Handle, HandleKind, mask_numbers, parse, phones_in, plates_in};
use super::{COUNTRIES, country, plates, settled};
use proptest::prelude::*;

fn all_entries(text: &str, home: &str, kind: Option<HandleKind>) {
    if let Ok(parsed) = parse(text, kind, country(home)) {
        settled(&parsed.handle);
    }
    for parsed in phones_in(text, country(home)).into_iter().flatten() {
        settled(&parsed.handle);
    }
    for plate in plates_in(text, country(home)) {
        settled(&plate);
    }
    let (masked, count) = mask_numbers(text);
    assert!(count == 0 || masked.contains('…'));
    let _ = Handle::from_canonical(text);
}

proptest! {
    #[test]
    fn any_spelling_of_a_number_is_one_handle(
        tail in "[0-9]{8}",
        gaps in prop::collection::vec("(|[ .\\-]|\u{a0}|\u{2011}|/|\u{200b})", 12),
        form in 0..6_usize,
        remark in "(| \\(WhatsApp\\)| whatsapp| perso)",
    ) {
        let national = format!("6{tail}");
        let spread = |digits: &str| -> String { digits.chars().zip(&gaps).flat_map(|(c, gap)| std::iter::once(c).chain(gap.chars())).collect() };
        let text = match form {
            0 => spread(&format!("0{national}")),
            1 => spread(&national),
            2 => format!("+33 {}", spread(&national)),
            3 => format!("+33 (0){}", spread(&national)),
            4 => format!("0033{}", spread(&national)),
            _ => format!("＋33 {}", spread(&national)),
        } + &remark;
        let parsed = parse(&text, Some(HandleKind::Phone), country("FR")).unwrap();
        prop_assert_eq!(parsed.handle.canonical(), format!("+33{national}"));
        // In a cell a slash parts numbers.
        if !text.contains('/') {
            let cell = phones_in(&text, country("FR"));
            prop_assert_eq!(cell.len(), 1, "{:?}", cell);
            prop_assert_eq!(&cell[0].as_ref().unwrap().handle, &parsed.handle);
        }
    }

    #[test]
    fn any_spelling_of_any_countrys_number_is_one_handle(
        (home, code, trunk, national) in prop_oneof![
            "7[4579][0-9]{8}".prop_map(|n| ("GB", "44", "0", n)),
            "151[0-9]{8}".prop_map(|n| ("DE", "49", "0", n)),
            "9[0-9]{9}".prop_map(|n| ("RU", "7", "8", n)),
            "3[2-9][0-9]{8}".prop_map(|n| ("IT", "39", "", n)),
            "6[0-9]{8}".prop_map(|n| ("ES", "34", "", n)),
            "2125550[0-9]{3}".prop_map(|n| ("US", "1", "1", n)),
            "50[0-9]{7}".prop_map(|n| ("UA", "380", "0", n)),
        ],
        gaps in prop::collection::vec("(|[ .\\-]|\u{a0})", 16),
        form in 0..4_usize,
    ) {
        let spread = |digits: &str| -> String { digits.chars().zip(&gaps).flat_map(|(c, gap)| std::iter::once(c).chain(gap.chars())).collect() };
        let text = match form {
            0 => spread(&format!("{trunk}{national}")),
            1 => format!("+{code} {}", spread(&national)),
            2 => format!("+{code}{national}"),
            _ => format!("+ {}", spread(&format!("{code}{national}"))),
        };
        let want = format!("+{code}{national}");
        let parsed = parse(&text, Some(HandleKind::Phone), country(home)).unwrap();
        prop_assert_eq!(parsed.handle.canonical(), &want);
        let again = parse(&want, Some(HandleKind::Phone), country("FR")).unwrap();
        prop_assert_eq!(&again.handle, &parsed.handle);
        settled(&again.handle);
    }

    #[test]
    fn any_spelling_of_a_plate_is_one_handle(letters in "[A-HJ-NP-TV-Z]{4}", digits in "[0-9]{3}", by in "(|-| |·|\\.)", lower in any::<bool>()) {
        let text = format!("{}{by}{digits}{by}{}", &letters[..2], &letters[2..]);
        let text = if lower { text.to_lowercase() } else { text };
        let want = format!("FR/{}{digits}{}", &letters[..2], &letters[2..]);
        let parsed = parse(&text, Some(HandleKind::Plate), country("FR")).unwrap();
        prop_assert_eq!(parsed.handle.canonical(), &want);
        prop_assert_eq!(plates(&text, "FR"), [want]);
    }

    #[test]
    fn nothing_panics_and_what_is_accepted_is_settled(text in "\\PC{0,80}", home in 0..COUNTRIES.len(), kind in 0..6_usize) {
        all_entries(&text, COUNTRIES[home], HandleKind::ALL.get(kind).copied());
    }

    #[test]
    fn near_handles_are_settled_or_refused(
        text in "(phone:|plate:|account:|url:|tg: ?|@|https?://(www\\.)?|mailto:|)[a-zA-Zа-яА-Я0-9@:/.+() _%?&=#~*İßﬀ٣①-]{0,24}(\\.com|\\.fr|)(/[a-zA-Z0-9%./?&=]{0,12})?",
        home in 0..COUNTRIES.len(),
        kind in 0..6_usize,
    ) {
        all_entries(&text, COUNTRIES[home], HandleKind::ALL.get(kind).copied());
    }

    #[test]
    fn numbers_of_any_country_are_settled(text in "(\\+|00|)[0-9]{4,16}", home in 0..COUNTRIES.len()) {
        all_entries(&text, COUNTRIES[home], Some(HandleKind::Phone));
    }
}
