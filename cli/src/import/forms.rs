//! Exports of online forms: what the form's own software wrote beside the answers.
//!
//! Such software fills in the address and the name of whoever is signed in when she sends the form,
//! under headings that say no more than "Email Address". They are hers, never the client's.

use super::content::Look;
use super::fold::{fold, is_han};
use super::headings::{Field, Heading};
use super::mapping::Column;
use super::persons;
use super::table::Record;

/// The column that shows that a form's software made the sheet, if one does.
fn marker(columns: &[Column]) -> Option<&Column> {
    let plain: Vec<String> = columns.iter().map(|c| folded(&c.name)).collect();
    let has = |word: &str| plain.iter().any(|name| name == word);
    let pair = PAIRS.iter().find(|(a, b)| has(a) && has(b));
    columns.iter().zip(&plain).find_map(|(column, name)| {
        let known = MARKERS.contains(&name.as_str())
            || (name.chars().any(is_han) && HAN_MARKERS.iter().any(|m| name.contains(m)))
            || RAW_MARKERS.contains(&column.name.trim())
            || pair.is_some_and(|(first, _)| name == first);
        known.then_some(column)
    })
}

/// A heading without "(UTC)" and its like.
fn folded(name: &str) -> String {
    let before = name.split(['(', '[', '（']).next().unwrap_or_default();
    let whole = fold(if before.trim().is_empty() {
        name
    } else {
        before
    });
    let words: Vec<&str> = whole
        .split(' ')
        .filter(|word| !["utc", "gmt"].contains(word))
        .collect();
    words.join(" ")
}

/// In a sheet that a form's software made, takes bare columns of e-mail, user names and names for
/// those of the person who filled it in, and says so.
pub fn settle(
    columns: &mut [Column],
    headings: &[Option<Heading>],
    looks: &[Look],
    groups: Option<&Record>,
    notes: &mut Vec<String>,
) {
    let Some(by) = marker(columns).map(Column::shown) else {
        return;
    };
    let groups = groups.filter(|g| g.cells.iter().filter(|c| !c.is_empty()).count() >= 2);
    let mut under_client = false;
    for (at, column) in columns.iter_mut().enumerate() {
        if let Some(group) = groups.map(|g| g.cell(at)).filter(|g| !g.is_empty()) {
            under_client = persons::is_clients(&fold(group));
        }
        let name = fold(&column.name);
        if under_client || column.field == Field::Reporter || persons::speaks_of_him(&name) {
            continue;
        }
        let heading = headings.get(at).copied().flatten();
        let shown = looks.get(at).and_then(Look::field);
        let field = match heading.map(|h| h.field) {
            Some(field @ (Field::Email | Field::Name)) => field,
            _ if is_user(&name) => Field::Account,
            // "Contact", or a heading in a language that is not known, above addresses.
            Some(_) if heading.is_some_and(|h| h.weak) && shown == Some(Field::Email) => {
                Field::Email
            }
            None | Some(Field::Ignore | Field::Area) if shown == Some(Field::Email) => Field::Email,
            _ => continue,
        };
        column.field = Field::Reporter;
        column.platform = None;
        notes.push(format!(
            "column {} is not read: column {by} shows that an online form made this sheet, and forms fill in the address \
             or the name of the person who reports; give it the field \"{}\" in the mapping file (--map) if it is the client's",
            column.shown(),
            field.name()
        ));
    }
}

/// Whether a folded heading is about how someone signs in, and names no platform.
fn is_user(folded: &str) -> bool {
    USERS.iter().any(|stem| folded.contains(stem)) && super::headings::platform_of(folded).is_none()
}

/// Whole headings, folded, that forms' software writes and people hardly ever do.
const MARKERS: &[&str] = &[
    // Google Forms.
    "timestamp",
    "time stamp",
    "horodateur",
    "horodatage",
    "отметка времени",
    "позначка часу",
    "marca temporal",
    "marca de tiempo",
    "marca de temps",
    "zeitstempel",
    "carimbo de data hora",
    "carimbo de data e hora",
    "carimbo de data",
    "carimbo de tempo",
    "informazioni cronologiche",
    "tijdstempel",
    "sygnatura czasowa",
    "casova znacka",
    "casove razitko",
    "casova peciatka",
    "tidsstempel",
    "tidsstampel",
    "aikaleima",
    "idobelyeg",
    "zaman damgasi",
    "marcaj de timp",
    // Microsoft Forms.
    "completion time",
    "last modified time",
    "heure de fin",
    "hora de finalizacion",
    "fertigstellungszeit",
    "hora de conclusao",
    "время выполнения",
    "время завершения",
    "час завершення",
    // JotForm, Typeform, Tally, Framaforms, KoboToolbox, LimeSurvey, Qualtrics and others.
    "submission date",
    "submission time",
    "submission id",
    "submission ip",
    "submission uuid",
    "submission started",
    "submitted at",
    "submitted on",
    "submitted time",
    "submitted date",
    "date submitted",
    "time submitted",
    "submit date",
    "submit time",
    "submitdate",
    "soumis le",
    "envoye le",
    "date de soumission",
    "date d envoi",
    "fecha de envio",
    "data de envio",
    "дата отправки",
    "время отправки",
    "ubermittelt am",
    "eingereicht am",
    "response id",
    "responseid",
    "response date",
    "entry id",
    "datestamp",
    "date stamp",
    "recordeddate",
    "recorded date",
    "distributionchannel",
    "network id",
    "instanceid",
    "meta instanceid",
    "instance id",
    "formhub uuid",
    "deviceid",
    "source url",
    "user agent",
    "user ip",
    // Airtable.
    "created by",
    "created time",
    "last modified by",
    "cree par",
    "creado por",
    "criado por",
    "erstellt von",
    "кем создано",
    // SurveyMonkey.
    "respondent id",
    "collector id",
    "ip address",
    "ipaddress",
    "adresse ip",
    "direccion ip",
    "ip адрес",
    "ip adresse",
    "endereco ip",
];
const HAN_MARKERS: &[&str] = &[
    "时间戳",
    "時間戳",
    "提交时间",
    "提交時間",
    "提交日期",
    "完成时间",
    "完成時間",
    "答题时间",
];
/// Names of columns as programs write them; without their dashes people write some of them too.
const RAW_MARKERS: &[&str] = &[
    "_submitted_by",
    "_submission_time",
    "_uuid",
    "_validation_status",
    "_id",
    "_xform_id",
    "__version__",
];
/// Headings that only together are a form's.
const PAIRS: &[(&str, &str)] = &[
    ("start", "end"),
    ("startdate", "enddate"),
    ("start date", "end date"),
    ("start time", "end time"),
    ("date created", "date modified"),
];
/// Stems of headings of user names.
const USERS: &[&str] = &[
    "username",
    "user name",
    "user id",
    "userid",
    "login",
    "display name",
    "utilisateur",
    "identifiant",
    "usuario",
    "utilizador",
    "пользовател",
    "користувач",
    "логин",
    "юзернейм",
    "benutzer",
    "nutzername",
    "anmeldename",
    "gebruikersnaam",
    "utente",
    "用户名",
    "用戶名",
    "使用者名稱",
];
