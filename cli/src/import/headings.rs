//! Words above columns, in eight languages, and what the column below them holds.
//!
//! The longest word known wins, so that "name of reporter" is about the reporter and not a name.
//! Two kinds go before all others, whatever else the header says: columns in which she says
//! whether it may be shared, and columns that are about her.

use super::fold::{fold, holds, is_han};
use std::sync::LazyLock;

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Field {
    /// When it happened.
    Date,
    /// Where it happened.
    Area,
    /// Telephone numbers.
    Phone,
    /// E-mail addresses.
    Email,
    /// Names on platforms.
    Account,
    /// Number plates.
    Plate,
    /// Addresses of pages.
    Url,
    /// The description of a car, perhaps with its plate.
    Vehicle,
    /// What happened, in words.
    Text,
    /// How bad it was.
    Level,
    /// What happened, as codes or categories.
    Codes,
    /// Whether the person reporting lets it be shared.
    Consent,
    /// Yes and no under a header that does not say what about: a no keeps the row back.
    Doubt,
    /// Who reported: never read.
    Reporter,
    /// The language of the text.
    Language,
    /// What the client calls himself: a handle only if it is an account.
    Name,
    /// Anything else: not read.
    Ignore,
}

impl Field {
    /// All of them, with their words in a mapping file.
    pub const ALL: [(Field, &'static str); 17] = [
        (Field::Date, "date"),
        (Field::Area, "area"),
        (Field::Phone, "phone"),
        (Field::Email, "email"),
        (Field::Account, "account"),
        (Field::Plate, "plate"),
        (Field::Url, "url"),
        (Field::Vehicle, "vehicle"),
        (Field::Text, "text"),
        (Field::Level, "level"),
        (Field::Codes, "codes"),
        (Field::Consent, "consent"),
        (Field::Doubt, "consent-in-doubt"),
        (Field::Reporter, "reporter"),
        (Field::Language, "language"),
        (Field::Name, "name"),
        (Field::Ignore, "ignore"),
    ];

    /// Its word in a mapping file.
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(field, _)| *field == self)
            .map_or("ignore", |(_, name)| name)
    }

    /// The field of this word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, n)| *n == name)
            .map(|(field, _)| *field)
    }

    /// Whether handles are looked for in it.
    pub fn holds_handles(self) -> bool {
        matches!(
            self,
            Field::Phone
                | Field::Email
                | Field::Account
                | Field::Plate
                | Field::Url
                | Field::Vehicle
                | Field::Name
        )
    }
}

/// What a header says of its column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Heading {
    /// What the column holds.
    pub field: Field,
    /// The language of the word, if it belongs to one alone.
    pub lang: Option<&'static str>,
    /// Whether the content had better confirm it: the word has other meanings.
    pub weak: bool,
    /// A date on which the report was made, not on which it happened.
    pub later: bool,
    /// "Do not share": yes means no.
    pub opt_out: bool,
    /// Consent to something other than sharing with partners, such as telling the police.
    pub other_purpose: bool,
    /// The platform that the header names.
    pub platform: Option<&'static str>,
    exact: bool,
}

impl Heading {
    /// Whether the whole header is one word that is known.
    pub fn is_exact(&self) -> bool {
        self.exact
    }
}

/// Reads a header; nothing if no word in it is known.
pub fn heading(text: &str) -> Option<Heading> {
    if text.len() > 200 {
        return None;
    }
    let folded = fold(text);
    let words = folded.split(' ').count();
    if folded.is_empty() || words > 14 {
        return None;
    }
    let core = without_hints(text);
    let is_whole = |word: &Word| folded == word.text || core == word.text;
    let mut best: Option<(usize, &Word)> = None;
    for word in WORDS.iter() {
        if word.exact_only && !is_whole(word) {
            continue;
        }
        if !holds(&folded, &word.text) {
            continue;
        }
        let size = word
            .text
            .chars()
            .map(|c| if is_han(c) { 4 } else { 1 })
            .sum::<usize>();
        let exact = is_whole(word);
        // "Do not share with others" holds "share with others" too, and means the contrary.
        let score =
            word.rank + size + if exact { 100 } else { 0 } + if word.opt_out { 60 } else { 0 };
        // "Téléphone" is not the English word, though it is spelt like it without its accents.
        let foreign = !text.is_ascii() && word.lang != Some("en");
        if best.is_none_or(|(leading, best)| {
            score > leading || (score == leading && foreign && best.lang == Some("en"))
        }) {
            best = Some((score, word));
        }
    }
    let ours = super::persons::is_ours(&folded);
    let Some((_, word)) = best else {
        return (ours && words <= 8).then_some(Heading {
            field: Field::Reporter,
            lang: None,
            weak: false,
            later: false,
            opt_out: false,
            other_purpose: false,
            platform: None,
            exact: false,
        });
    };
    let exact = is_whole(word);
    let opt_out = word.opt_out || (word.field == Field::Consent && is_negated(&folded, &word.text));
    if ours
        && matches!(
            word.field,
            Field::Phone | Field::Email | Field::Account | Field::Name | Field::Ignore
        )
    {
        return Some(Heading {
            field: Field::Reporter,
            lang: word.lang,
            weak: false,
            later: false,
            opt_out: false,
            other_purpose: false,
            platform: None,
            exact,
        });
    }
    let contact = word.field.holds_handles() && super::persons::is_bare_contact(&folded);
    Some(Heading {
        field: word.field,
        lang: word.lang,
        // Whose contact it is, the other columns say.
        weak: word.weak || contact || (words > 8 && !exact),
        later: word.later,
        opt_out,
        // "Police only" says that nobody else may know.
        other_purpose: word.field == Field::Consent
            && !opt_out
            && OTHER_PURPOSES.iter().any(|p| folded.contains(p))
            && (folded.contains("share with police")
                || folded.contains("share with the police")
                || !ALERT.iter().any(|p| folded.contains(p))),
        // "Tel, mail or insta" is of no one platform.
        platform: (word.field == Field::Account && !names_other_means(&folded))
            .then(|| platform_of(&folded))
            .flatten(),
        exact,
    })
}

/// The platform that a folded header names.
pub fn platform_of(folded: &str) -> Option<&'static str> {
    PLATFORMS
        .iter()
        .find(|(name, _)| holds(folded, name))
        .map(|(_, slug)| *slug)
}

/// Whether a header speaks of telephones or e-mail too.
fn names_other_means(folded: &str) -> bool {
    WORDS
        .iter()
        .filter(|word| matches!(word.field, Field::Phone | Field::Email))
        .any(|word| holds(folded, &word.text))
}

/// Whether the word stands once, right after a "not": "cannot" and its like are in the lists.
fn is_negated(folded: &str, word: &str) -> bool {
    const NOT: [&str; 7] = ["not", "never", "don t", "ne pas", "не", "nicht", "no"];
    const ASKED: [&str; 6] = ["yes", "or", "ou", "или", "oder", "чи"];
    let mut places = folded.match_indices(word).map(|(at, _)| at);
    let (Some(at), None) = (places.next(), places.next()) else {
        return false;
    };
    let before = folded.get(..at).unwrap_or_default();
    let Some(before) = before.strip_suffix(' ') else {
        return false;
    };
    // "Yes or no: publish" asks; it does not forbid.
    !ASKED.iter().any(|asked| holds(before, asked))
        && NOT.iter().any(|not| {
            before
                .strip_suffix(not)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with(' '))
        })
}

/// The header without what it says about its values: "Danger (1-5)", "When, dd/mm", "Phone 2".
fn without_hints(text: &str) -> String {
    let outside: String = match text.split_once(['(', '[', '（']) {
        Some((before, _)) if !before.trim().is_empty() => before.to_owned(),
        _ => text.to_owned(),
    };
    let folded = fold(&outside);
    let words: Vec<&str> = folded
        .split(' ')
        .filter(|w| !w.bytes().all(|b| b.is_ascii_digit()))
        .collect();
    words.join(" ")
}

const OTHER_PURPOSES: [&str; 9] = [
    "police",
    "policia",
    "полици",
    "поліці",
    "警",
    "polizei",
    "crimestoppers",
    "gendarmerie",
    "justice",
];
const ALERT: [&str; 9] = [
    "alert",
    "share",
    "partag",
    "публик",
    "compartir",
    "分享",
    "diffus",
    "warn",
    "teilen",
];

const PLATFORMS: [(&str, &str); 26] = [
    ("telegram", "telegram"),
    ("telegramm", "telegram"),
    ("tg", "telegram"),
    ("телеграм", "telegram"),
    ("телеграмм", "telegram"),
    ("тг", "telegram"),
    ("instagram", "instagram"),
    ("insta", "instagram"),
    ("инстаграм", "instagram"),
    ("инста", "instagram"),
    ("snapchat", "snapchat"),
    ("snap", "snapchat"),
    ("facebook", "facebook"),
    ("fb", "facebook"),
    ("twitter", "twitter"),
    ("вк", "vk"),
    ("vk", "vk"),
    ("вконтакте", "vk"),
    ("wechat", "wechat"),
    ("微信", "wechat"),
    ("微信号", "wechat"),
    ("tiktok", "tiktok"),
    ("skype", "skype"),
    ("discord", "discord"),
    ("kik", "kik"),
    ("onlyfans", "onlyfans"),
];

struct Word {
    field: Field,
    lang: Option<&'static str>,
    text: String,
    rank: usize,
    exact_only: bool,
    weak: bool,
    later: bool,
    opt_out: bool,
}

/// How much a word about this field weighs beside others in the same header.
fn rank(field: Field) -> usize {
    match field {
        Field::Consent | Field::Doubt => 400,
        Field::Reporter => 300,
        Field::Phone | Field::Email | Field::Account | Field::Plate | Field::Url => 24,
        Field::Vehicle => 16,
        Field::Level | Field::Date | Field::Area | Field::Language => 12,
        Field::Codes => 6,
        Field::Text => 5,
        Field::Name | Field::Ignore => 0,
    }
}

static WORDS: LazyLock<Vec<Word>> = LazyLock::new(|| {
    let mut words = Vec::new();
    for (field, lang, list) in super::heading_words::LISTS {
        for entry in list.split(',') {
            let entry = entry.trim();
            let marks: String = entry.chars().take_while(|c| "=?>!".contains(*c)).collect();
            let text = fold(entry.trim_start_matches(['=', '?', '>', '!']));
            if text.is_empty() {
                continue;
            }
            words.push(Word {
                field: *field,
                lang: (!lang.is_empty()).then_some(*lang),
                text,
                rank: rank(*field),
                exact_only: marks.contains('='),
                weak: marks.contains('?'),
                later: marks.contains('>'),
                opt_out: marks.contains('!'),
            });
        }
    }
    words
});

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
    fn headers_of_lists_in_the_wild() {
        for (text, field) in [
            ("date_of_incident", Field::Date),
            ("Date of last visit", Field::Date),
            ("Time of incident", Field::Ignore),
            ("发生时间", Field::Date),
            ("Fecha del incidente", Field::Date),
            ("Дата происшествия", Field::Date),
            ("Where (area only)", Field::Area),
            ("Lieu", Field::Area),
            ("Incident location", Field::Area),
            ("城市", Field::Area),
            ("Phone #", Field::Phone),
            ("Telephone No.", Field::Phone),
            ("Client's phone number(s)", Field::Phone),
            ("Номер телефона", Field::Phone),
            ("Tel.", Field::Phone),
            ("手机号码", Field::Phone),
            ("Teléfono del cliente", Field::Phone),
            ("E-mail", Field::Email),
            ("Correo electrónico", Field::Email),
            ("vehicle_reg", Field::Plate),
            ("Номер машины", Field::Plate),
            ("Matrícula", Field::Plate),
            ("车牌号", Field::Plate),
            ("Car / plate", Field::Plate),
            ("Véhicule", Field::Vehicle),
            ("Машина", Field::Vehicle),
            ("Car description", Field::Vehicle),
            ("Что случилось", Field::Text),
            ("What happened?", Field::Text),
            ("¿Qué pasó?", Field::Text),
            ("事情经过", Field::Text),
            ("Dangerosité", Field::Level),
            ("Rating (1 low - 5 danger)", Field::Level),
            ("Опасность (1-10)", Field::Level),
            ("危险等级", Field::Level),
            ("severity", Field::Level),
            ("Danger (1-5)", Field::Level),
            ("Risk 1-10", Field::Level),
            ("When (dd/mm)", Field::Date),
            ("Incident type", Field::Codes),
            ("Reported by", Field::Reporter),
            ("Signalé par", Field::Reporter),
            ("Кто сообщил", Field::Reporter),
            ("Reportado por", Field::Reporter),
            ("举报人", Field::Reporter),
            ("Name of reporter", Field::Reporter),
            ("Your phone number", Field::Reporter),
            ("Telefon der Melderin", Field::Reporter),
            ("Pseudo", Field::Name),
            ("Ник", Field::Name),
            ("Client name", Field::Name),
            ("Telegram", Field::Account),
            ("微信号", Field::Account),
            ("anonymous alert ok?", Field::Consent),
            ("Accord pour partage", Field::Consent),
            ("Согласие", Field::Consent),
            ("是否同意分享", Field::Consent),
            ("Profile link", Field::Url),
            ("Idioma", Field::Language),
            ("parasol: reason", Field::Ignore),
            ("#", Field::Ignore),
            ("Age", Field::Ignore),
        ] {
            if text == "#" {
                assert!(heading(text).is_none());
                continue;
            }
            let found = heading(text).unwrap_or_else(|| panic!("{text} is not known"));
            assert_eq!(found.field, field, "{text}");
        }
    }

    #[test]
    fn what_is_hers_is_hers_however_it_is_put() {
        for text in [
            "Your number",
            "Your contact number",
            "Best number to reach you on",
            "Reporter contact",
            "Contact details of person reporting",
            "Contact of the person who reports",
            "Phone number of the person who reported this to us",
            "Callback number",
            "Call back number",
            "Tel. (worker)",
            "Member phone",
            "My WhatsApp",
            "Caller number",
            "Reported by (phone)",
            "Votre numéro",
            "Contact signalante",
            "Numéro de la personne qui signale",
            "Téléphone pour vous rappeler",
            "Numéro de rappel",
            "Contact de la victime",
            "Mon téléphone",
            "Телефон девушки",
            "Контакт для связи с нами",
            "Ваш номер",
            "Контакт заявительницы",
            "Телефон для обратной связи",
            "Teléfono de quien reporta",
            "Su número de contacto",
            "Tu contacto",
            "Contacto de quem denuncia",
            "Seu contato",
            "Telefone de quem denunciou",
            "Nummer der Melderin",
            "Kontakt Meldende",
            "Deine Nummer",
            "Votre numéro, s'il vous plaît",
            "Comment te joindre (tel)",
            "Какой телефон, чтобы с тобой связаться",
            "Rückrufnummer",
            "举报人电话",
            "您的电话",
            "我的联系方式",
        ] {
            let found = heading(text).unwrap_or_else(|| panic!("{text} is not known"));
            assert_eq!(found.field, Field::Reporter, "{text}");
        }
    }

    #[test]
    fn a_contact_is_the_clients_if_nothing_says_otherwise() {
        for text in [
            "Contact number",
            "Contact no.",
            "Contact tel",
            "Contact phone",
            "Contact",
            "Numéro de contact",
            "Téléphone de contact",
            "Контактный номер",
            "Контактный телефон",
            "Número de contacto",
            "Teléfono de contacto",
            "Número de contato",
            "Contato",
            "Kontaktnummer",
            "Kontakt",
            "联系电话",
            "联系号码",
            "联系方式",
        ] {
            let found = heading(text).unwrap_or_else(|| panic!("{text} is not known"));
            assert_eq!((found.field, found.weak), (Field::Phone, true), "{text}");
        }
        // He is spoken of, and she only as the one who was called.
        for text in [
            "What number did he call you from?",
            "Phone number that contacted you",
            "Numéro avec lequel il t'a appelée",
            "С какого номера он вам звонил",
        ] {
            let found = heading(text).unwrap_or_else(|| panic!("{text} is not known"));
            assert_eq!(found.field, Field::Phone, "{text}");
        }
        let several = heading("Comment le joindre (tel, mail, insta)").unwrap();
        assert_eq!(several.platform, None);
        for text in [
            "Client contact number",
            "Contact du client",
            "Контакт клиента",
        ] {
            let found = heading(text).unwrap_or_else(|| panic!("{text} is not known"));
            assert_eq!((found.field, found.weak), (Field::Phone, false), "{text}");
        }
    }

    #[test]
    fn what_stands_in_rows_is_no_header() {
        for text in [
            "Marseille",
            "07700 900123",
            "Сергей",
            "yes",
            "Assault. Reported to outreach team",
            "03/06/26",
            "!!!",
            "Downtown E",
            "",
            "withheld",
        ] {
            assert!(heading(text).is_none(), "{text} is {:?}", heading(text));
        }
    }

    #[test]
    fn a_header_says_more_than_a_field() {
        assert_eq!(heading("Telegram").unwrap().platform, Some("telegram"));
        assert_eq!(heading("Téléphone").unwrap().lang, Some("fr"));
        assert_eq!(heading("Date").unwrap().lang, None);
        assert!(heading("Do not share").unwrap().opt_out);
        assert!(heading("Ne pas diffuser").unwrap().opt_out);
        assert!(heading("Date reported").unwrap().later);
        assert!(heading("Consent to tell the police").unwrap().other_purpose);
        assert!(!heading("Anonymous alert ok?").unwrap().other_purpose);
        assert!(heading("Number").unwrap().weak);
    }

    #[test]
    fn every_field_has_a_word_and_comes_back_from_it() {
        for (field, name) in Field::ALL {
            assert_eq!(Field::from_name(name), Some(field));
            assert_eq!(field.name(), name);
        }
    }
}
