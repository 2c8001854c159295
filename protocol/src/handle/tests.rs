#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use proptest::prelude::*;
use serde_json::Value;

use super::*;

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/vectors");
const LISTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/lists");
const COUNTRIES: [&str; 14] = [
    "", "FR", "GB", "RU", "CA", "US", "CN", "DE", "ES", "IT", "UA", "KE", "TH", "BR",
];

fn country(code: &str) -> Option<Country> {
    (!code.is_empty()).then(|| Country::parse(code).unwrap())
}

fn vectors(sort: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(format!("{VECTORS}/{sort}/handles.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn ask(case: &Value) -> Result<Parsed, HandleError> {
    let of = |key: &str| case.get(key).and_then(Value::as_str);
    parse(
        of("input").unwrap(),
        of("kind").map(|kind| kind.parse().unwrap()),
        of("country").and_then(country),
    )
}

#[test]
fn golden_forms() {
    let mut wrong = Vec::new();
    for case in vectors("ok") {
        let want = case["canonical"].as_str().unwrap();
        match ask(&case) {
            Ok(parsed) if parsed.handle.to_canonical_string() == want => settled(&parsed.handle),
            Ok(parsed) => wrong.push(format!(
                "{case} gives {}",
                parsed.handle.to_canonical_string()
            )),
            Err(error) => wrong.push(format!("{case} fails: {}", error.code())),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

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
fn kinds_are_called_as_they_are_written() {
    for kind in HandleKind::ALL {
        assert_eq!(kind.to_string(), kind.as_str());
        assert_eq!(kind.as_str().parse(), Ok(kind));
    }
}

/// On a site without an entry a name may be in any script, marks that join no letter included.
#[test]
fn names_of_any_script_have_marks_and_no_signs() {
    let form = |name: &str| Handle::from_canonical(&format!("account:example.org/{name}"));
    assert!(form("x\u{300}y").is_ok());
    assert!(form("x$y").is_err());
    assert!(form("x\u{200b}y").is_err());
}

#[test]
fn golden_refusals() {
    let mut wrong = Vec::new();
    for case in vectors("bad") {
        let want = case["error"].as_str().unwrap();
        match ask(&case) {
            Ok(parsed) => wrong.push(format!(
                "{case} gives {}",
                parsed.handle.to_canonical_string()
            )),
            Err(error) if error.code() == want => {
                let input = case["input"].as_str().unwrap().trim();
                assert!(
                    input.len() < 8 || !error.to_string().contains(input),
                    "{error} repeats the handle"
                );
            }
            Err(error) => wrong.push(format!("{case} fails with {}", error.code())),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whoever implements the rules from the text has the tables of `spec/handles.json`.
#[test]
fn tables_are_those_of_the_specification() {
    let text = std::fs::read_to_string(format!("{VECTORS}/../handles.json")).unwrap();
    let tables: Value = serde_json::from_str(&text).unwrap();
    let list = |value: &Value| -> Vec<String> {
        let texts = value.as_array().unwrap().iter();
        texts
            .map(|text| text.as_str().unwrap().to_owned())
            .collect()
    };
    let platforms = tables["platforms"].as_object().unwrap();
    assert_eq!(platforms.len(), super::platform::PLATFORMS.len());
    for one in &super::platform::PLATFORMS {
        let row = &platforms[one.slug];
        assert_eq!(list(&row["also"]), one.aliases, "{}", one.slug);
        assert_eq!(list(&row["sites"]), one.hosts, "{}", one.slug);
        assert_eq!(list(&row["before a name"]), one.before_name, "{}", one.slug);
        assert_eq!(list(&row["no name"]), one.reserved, "{}", one.slug);
        assert_eq!(row["by phone"], one.by_phone, "{}", one.slug);
        assert_eq!(row["name"], pattern(&one.name), "{}", one.slug);
        assert_eq!(one.name.drop_dots, one.slug == "facebook", "{}", one.slug);
    }
    assert_eq!(
        tables["any other site"],
        pattern(&super::platform::ANY_SITE)
    );
    assert_eq!(list(&tables["dropped parameters"]), super::url::TRACKING);
    assert_eq!(
        list(&tables["dropped families"]),
        super::url::TRACKING_FAMILIES
    );
    let sites = tables["dropped at sites"].as_object().unwrap();
    assert_eq!(sites.len(), super::url::TRACKING_AT.len());
    for (site, names) in super::url::TRACKING_AT {
        assert_eq!(list(&sites[site]), names, "{site}");
    }
    assert_eq!(
        list(&tables["endings of pages"]),
        super::guess::COMMON_ENDINGS
    );
    assert_eq!(list(&tables["labels of a number"]), super::phone::LABELS);
    assert_eq!(
        list(&tables["between a name and its platform"]),
        super::account::ON
    );
}

/// What a name looks like, as the tables write it.
fn pattern(rule: &super::platform::NameRule) -> String {
    let (min, max) = (rule.min, rule.max);
    let letters = match rule.any_script {
        true => r"\p{Alphabetic}\p{N}\p{M}",
        false => "a-z0-9",
    };
    let all = format!("[{letters}{}]", rule.extra.replace('-', r"\-"));
    match rule.letter_first {
        true => format!("[a-z]{all}{{{},{}}}|[0-9]{{5,{max}}}", min - 1, max - 1),
        false => format!("{all}{{{min},{max}}}"),
    }
}

/// A canonical form stays what it is, wherever and however it is read.
fn settled(handle: &Handle) {
    let text = handle.to_canonical_string();
    assert_eq!(Handle::from_canonical(&text).as_ref(), Ok(handle), "{text}");
    for code in COUNTRIES {
        for kind in [None, Some(handle.kind())] {
            let parsed = parse(&text, kind, country(code))
                .unwrap_or_else(|error| panic!("{text} in {code}: {error}"));
            assert_eq!(parsed.handle.to_canonical_string(), text, "in {code}");
        }
    }
}

#[test]
fn only_canonical_text_is_canonical() {
    for text in [
        "",
        "phone:",
        "phone:06 39 98 12 34",
        "phone:+33 639981234",
        "phone:0033639981234",
        "Phone:+33639981234",
        "tel:+33639981234",
        "phone:+330639981234",
        "+33639981234",
        "email:Jean@example.com",
        "email:jean@Example.com",
        "email: jean@example.com",
        "account:tg/serg_kzn",
        "account:telegram/Serg_kzn",
        "account:telegram/@serg_kzn",
        "account:@serg_kzn",
        "url:t.me/serg_kzn",
        "url:https://example.com/a",
        "url:example.com/a/",
        "url:www.example.com",
        "url:example.com/?utm_source=a",
        "plate:FR/AB-123-CD",
        "plate:fr/AB123CD",
        "plate:AB123CD",
        "plate:FR:AB123CD",
        "plate:RU/А123ВЕ77",
        "account:whatsapp/+33639981234",
        "url:wa.me/33639981234",
    ] {
        assert_eq!(
            Handle::from_canonical(text),
            Err(HandleError::NotCanonical),
            "{text}"
        );
    }
    let handle = Handle::from_canonical("phone:+33639981234").unwrap();
    assert_eq!(handle.oprf_input(), b"parasol handle 1|phone:+33639981234");
    assert_eq!(
        (handle.kind(), handle.canonical()),
        (HandleKind::Phone, "+33639981234")
    );
    assert_eq!(format!("{handle:?}"), "Handle(phone:…)");
}

#[test]
fn warns_without_refusing() {
    for (text, kind, home, want) in [
        (
            "+1 999 555 0125",
            HandleKind::Phone,
            "",
            &[HandleWarning::PossibleNotValid] as &[_],
        ),
        ("06 39 98 12 34", HandleKind::Phone, "FR", &[]),
        ("Tél. 06 39 98 12 34", HandleKind::Phone, "FR", &[]),
        (
            "06 39 98 12 34 (WhatsApp)",
            HandleKind::Phone,
            "FR",
            &[HandleWarning::RemarkIgnored],
        ),
        (
            "020 7946 0958 ext 4",
            HandleKind::Phone,
            "GB",
            &[HandleWarning::ExtensionDropped],
        ),
        (
            "С965СС199",
            HandleKind::Plate,
            "RU",
            &[HandleWarning::LookAlikesFolded],
        ),
        ("C965CC199", HandleKind::Plate, "RU", &[]),
        (
            "@serg_kzn",
            HandleKind::Account,
            "",
            &[HandleWarning::TelegramAssumed],
        ),
        ("tg: @serg_kzn", HandleKind::Account, "", &[]),
        (
            "Jean <jean@example.com>",
            HandleKind::Email,
            "",
            &[HandleWarning::RemarkIgnored],
        ),
    ] {
        let parsed = parse(text, Some(kind), country(home)).unwrap();
        let got: Vec<_> = parsed
            .warnings
            .into_iter()
            .filter(|w| *w != HandleWarning::PossibleNotValid || want.contains(w))
            .collect();
        assert_eq!(got, want, "{text}");
    }
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

fn plates(text: &str, home: &str) -> Vec<String> {
    plates_in(text, country(home))
        .iter()
        .map(|handle| handle.canonical().to_owned())
        .collect()
}

#[test]
fn plates_in_descriptions() {
    for (text, home, want) in [
        ("DH-645-XV", "FR", "FR/DH645XV"),
        ("RY 544 PL", "FR", "FR/RY544PL"),
        ("vl348zm", "FR", "FR/VL348ZM"),
        ("Clio grise RV-186-JK", "FR", "FR/RV186JK"),
        ("Clio grise ED 767 LJ", "FR", "FR/ED767LJ"),
        ("Clio grise aa818xd", "FR", "FR/AA818XD"),
        ("ed 767 lj", "FR", "FR/ED767LJ"),
        ("Clio immat ed 767 lj", "FR", "FR/ED767LJ"),
        ("Peugeot 308 1234 AB 75", "FR", "FR/1234AB75"),
        ("immatriculée AB-123-CD, grise", "FR", "FR/AB123CD"),
        ("DL 001 LL", "FR", "FR/DL001LL"),
        ("plaque n° AB-123-CD", "FR", "FR/AB123CD"),
        ("BMW noire AB-123-CD (F)", "DE", "FR/AB123CD"),
        ("AB-123-CD (F)", "", "FR/AB123CD"),
        ("XA58 WTJ", "GB", "GB/XA58WTJ"),
        ("silver Ford Focus, XA58WTJ", "GB", "GB/XA58WTJ"),
        ("reg: A123 BCD", "GB", "GB/A123BCD"),
        ("white van reg no. XR68 YLR blue", "GB", "GB/XR68YLR"),
        ("У807ТА 16", "RU", "RU/Y807TA16"),
        ("М600СО 77", "RU", "RU/M600CO77"),
        ("чёрная Камри С965СС 199", "RU", "RU/C965CC199"),
        ("чёрная камри с965сс 199", "RU", "RU/C965CC199"),
        ("А 123 ВЕ 77", "RU", "RU/A123BE77"),
        ("белая Лада, номер А123ВЕ", "RU", "RU/A123BE"),
        ("К652ЕУ116", "RU", "RU/K652EY116"),
        ("АА 1234 ВВ", "UA", "UA/AA1234BB"),
        ("red pickup, plate AB52 123", "CA", "CA/AB52123"),
        ("plate: AB52 123 blue truck", "CA", "CA/AB52123"),
        ("grey Honda licence plate ABCD 123", "CA", "CA/ABCD123"),
        ("white van ABCD 123", "CA", "CA/ABCD123"),
        ("license plate number 7ABC123", "US", "US/7ABC123"),
        ("AB52 123", "CA", ""),
        ("schwarzer Golf B-AB 1234", "DE", "DE/BAB1234"),
        ("Kennzeichen M XY 123", "DE", "DE/MXY123"),
        ("Seat blanco 1234 BCD", "ES", "ES/1234BCD"),
        ("matrícula 1234-BCD", "ES", "ES/1234BCD"),
        ("Golf 1-ABC-234", "BE", "BE/1ABC234"),
        ("zwarte Audi 12-AB-CD", "NL", "NL/12ABCD"),
        ("kenteken XX-999-X", "NL", "NL/XX999X"),
        ("黑色丰田 京A·12345", "CN", "CN/京A12345"),
        ("车牌京A12345", "CN", "CN/京A12345"),
        ("他开的车是沪AD12345很新", "CN", "CN/沪AD12345"),
        ("Toyota KAA 123A", "KE", "KE/KAA123A"),
        ("white Swift MH 12 AB 1234", "IN", "IN/MH12AB1234"),
        ("AB-123-CD et CD-456-EF", "FR", "FR/AB123CD FR/CD456EF"),
        ("AB-123-CD, AB 123 CD", "FR", "FR/AB123CD"),
        ("", "FR", ""),
        ("Clio grise", "FR", ""),
        ("Peugeot 308", "FR", ""),
        ("BMW 320", "FR", ""),
        ("BMW 320", "CA", ""),
        ("BMW X5", "DE", ""),
        ("VW T6", "DE", ""),
        ("Audi A4", "DE", ""),
        ("150€ et 150 de plus", "FR", ""),
        ("il est parti at 150 by", "FR", ""),
        ("06 39 98 12 34", "FR", ""),
        ("номер 84950004204", "RU", ""),
        ("номер телефона неизвестен", "RU", ""),
        ("marc75@ab123cd.fr", "FR", ""),
        ("three men in a car", "GB", ""),
        ("plate unknown", "CA", ""),
        ("AB-123-CD", "", ""),
        ("number plate not seen, 3 men", "GB", ""),
        ("@aa123bb", "FR", ""),
    ] {
        assert_eq!(plates(text, home).join(" "), want, "{text:?} in {home:?}");
    }
}

#[test]
fn masks_what_names_somebody() {
    for (text, want, count) in [
        (
            "appelle du 06 39 98 12 34 le soir",
            "appelle du … le soir",
            1,
        ),
        ("0639981234", "…", 1),
        ("+33 (0)6.39.98.12.34!", "…!", 1),
        ("８４９５０００４２０４", "…", 1),
        ("٠٦٣٩٩٨١٢٣٤ واتساب", "… واتساب", 1),
        ("8 (495) 000-42-04, потом 84950000876", "…, потом …", 2),
        ("écrire à jean@example.com.", "écrire à ….", 1),
        ("tg: @serg_kzn ou insta:marc.75", "tg: … ou …", 2),
        ("insta: marc.75", "insta: …", 1),
        ("voir https://example.com/a?b=c, merci", "voir …, merci", 1),
        ("t.me/serg_kzn", "…", 1),
        ("(www.example.org)", "(…)", 1),
        ("Clio grise RV-186-JK", "Clio grise …", 1),
        ("vl348zm", "…", 1),
        ("Камри С965СС 199, чёрная", "Камри …, чёрная", 1),
        ("XA58 WTJ", "XA58 WTJ", 0),
        ("van reg XA58 WTJ", "van reg …", 1),
        ("red pickup, plate AB52 123", "red pickup, plate …", 1),
        ("京A12345", "…", 1),
        ("06 39 98 xx xx", "… xx xx", 1),
        ("Insulte, 40 messages", "Insulte, 40 messages", 0),
        (
            "Vol du téléphone et de 150€",
            "Vol du téléphone et de 150€",
            0,
        ),
        ("3 hommes attendaient", "3 hommes attendaient", 0),
        ("blackmail for £500", "blackmail for £500", 0),
        (
            "Снимал на скрытую камеру, 3 раза",
            "Снимал на скрытую камеру, 3 раза",
            0,
        ),
        (
            "22h30, 3e étage, 2 fois 50€",
            "22h30, 3e étage, 2 fois 50€",
            0,
        ),
        (
            "Violent, a serré la gorge. Très dangereux",
            "Violent, a serré la gorge. Très dangereux",
            0,
        ),
        ("", "", 0),
        ("…", "…", 0),
        ("2e fois. Ne pas ouvrir!", "2e fois. Ne pas ouvrir!", 0),
        ("et 150 de plus", "et 150 de plus", 0),
        ("A retiré le préservatif", "A retiré le préservatif", 0),
        ("le 12/05/2026 vers 22h", "le … vers 22h", 1),
    ] {
        assert_eq!(mask_numbers(text), (want.to_owned(), count), "{text}");
    }
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
