//! Headers and columns as lists have them.

use super::*;
use parasol_protocol::area::default_cities;

fn records(rows: &[&[&str]]) -> Vec<Record> {
    let cells = |row: &[&str]| row.iter().map(|c| (*c).to_owned()).collect();
    rows.iter()
        .enumerate()
        .map(|(at, row)| Record {
            line: at + 1,
            cells: cells(row),
        })
        .collect()
}

fn fields(rows: &[&[&str]], country: &str) -> (Option<usize>, Vec<Field>) {
    let (rows, country, cities) = (
        records(rows),
        Country::parse(country).ok(),
        default_cities(),
    );
    let width = rows.iter().map(|r| r.cells.len()).max().unwrap();
    let at = find(&rows, width, country, &cities);
    let names = at.map(|at| rows[at].cells.clone());
    let sample = &rows[at.map_or(0, |at| at + 1)..];
    let groups = at.and_then(|at| rows.get(at.checked_sub(1)?));
    let columns = columns(
        names.as_deref(),
        groups,
        sample,
        width,
        country,
        &cities,
        &mut Vec::new(),
    );
    (at, columns.into_iter().map(|c| c.field).collect())
}

#[test]
fn titles_above_the_header_are_passed_over() {
    let (at, got) = fields(
        &[
            &["BAD DATE LIST - confidential", "", ""],
            &["", "", ""],
            &["Date", "Phone #", "Reported by"],
            &["2026-01-02", "4165550180", "Sam"],
        ],
        "CA",
    );
    assert_eq!(at, Some(2));
    assert_eq!(got, [Field::Date, Field::Phone, Field::Reporter]);
}

#[test]
fn without_a_header_the_content_decides() {
    let (at, got) = fields(
        &[
            &[
                "03/06/26",
                "Lyon",
                "06 39 98 12 34",
                "N'a pas payé, est parti",
                "4",
                "oui",
            ],
            &[
                "04/06/26",
                "Paris",
                "06 39 98 12 35",
                "Violent, a serré la gorge",
                "5",
                "non",
            ],
            &[
                "05/06/26",
                "Nice",
                "06 39 98 12 36",
                "Insulte puis appels répétés",
                "1",
                "oui",
            ],
        ],
        "FR",
    );
    assert_eq!(at, None);
    assert_eq!(
        got,
        [
            Field::Date,
            Field::Area,
            Field::Phone,
            Field::Text,
            Field::Level,
            Field::Consent
        ]
    );
}

#[test]
fn a_header_in_an_unknown_language_is_known_by_its_shape() {
    let (at, got) = fields(
        &[
            &["Puhelinnro", "Ajankohta", "Kuvailu"],
            &["+358 40 1234567", "03.06.2026", "did not pay at all"],
            &["+358 40 1234568", "04.06.2026", "threatened me with words"],
        ],
        "FI",
    );
    assert_eq!(at, Some(0));
    assert_eq!(got, [Field::Phone, Field::Date, Field::Text]);
}

#[test]
fn a_contact_is_read_where_it_can_only_be_the_clients() {
    let (a, b) = ("07700 900123", "07700 900999");
    for (names, row, wanted) in [
        // The only one.
        (
            &["Date", "Contact number", "What happened"][..],
            &["12/03/2026", a, "did not pay"][..],
            &[Field::Date, Field::Phone, Field::Text][..],
        ),
        // Beside a better one, wherever that stands.
        (
            &["Contact number", "Number of the man"],
            &[b, a],
            &[Field::Ignore, Field::Phone],
        ),
        (
            &["Contact", "Punter tel"],
            &[b, a],
            &[Field::Ignore, Field::Phone],
        ),
        // Right after her name.
        (
            &["Reported by", "Contact number", "Car reg"],
            &["Anna", b, "AB12 CDE"],
            &[Field::Reporter, Field::Ignore, Field::Plate],
        ),
        (
            &["Client", "Contact", "Reported by"],
            &["Dave", a, "Anna"],
            &[Field::Name, Field::Phone, Field::Reporter],
        ),
        // Hers is never read, also where nothing else is.
        (
            &["Your contact number", "Notes"],
            &[b, "did not pay"],
            &[Field::Reporter, Field::Text],
        ),
    ] {
        let (at, got) = fields(&[names, row, row], "GB");
        assert_eq!(at, Some(0), "{names:?}");
        assert_eq!(got, wanted, "{names:?}");
    }
}

#[test]
fn a_header_of_many_words_that_is_hers_is_not_taken_by_its_content() {
    for name in [
        "Please leave the number that the team may ring you under",
        "Contacto de la persona que nos lo cuenta (denunciante)",
        "Como podemos te contatar: numero de quem relata",
        "Как с тобой связаться",
        "Cómo contactarte",
        "Como falar contigo",
        "怎么联系你",
        "Joignable au",
        "Erreichbar unter",
    ] {
        let rows = [[name, "What happened"], ["+447700900999", "did not pay"]];
        let (_, got) = fields(&[&rows[0], &rows[1], &rows[1]], "GB");
        assert!(!got[0].holds_handles(), "{name}: {:?}", got[0]);
    }
}

#[test]
fn a_row_of_groups_says_whose_the_columns_are() {
    let (at, got) = fields(
        &[
            &["Reports 2026", "", "", "", ""],
            &["Client", "", "Reporter", "", "Incident"],
            &["Name", "Phone", "Name", "Phone", "Notes"],
            &["Dave", "07700 900123", "Anna", "07700 900999", "hit me"],
        ],
        "GB",
    );
    assert_eq!(at, Some(2));
    assert_eq!(
        got,
        [
            Field::Name,
            Field::Phone,
            Field::Reporter,
            Field::Reporter,
            Field::Text
        ]
    );
}

#[test]
fn a_messenger_stands_beside_the_telephone_but_not_after_her_name() {
    let row = ["0113 496 0123", "07700 900123", "07700 900124"];
    let (_, got) = fields(&[&["Tel", "Mob", "WhatsApp"], &row, &row], "GB");
    assert_eq!(got, [Field::Phone, Field::Ignore, Field::Phone]);
    let row = ["0113 496 0123", "Anna", "07700 900999"];
    let (_, got) = fields(&[&["Tel", "Worker", "WhatsApp"], &row, &row], "GB");
    assert_eq!(got, [Field::Phone, Field::Reporter, Field::Ignore]);
}

#[test]
fn what_a_form_fills_in_is_about_whoever_sent_it() {
    let (his, hers) = ("him@example.org", "her@example.org");
    for marks in [
        &["Timestamp"][..],
        &["Horodateur"],
        &["Отметка времени"],
        &["Marca temporal"],
        &["Zeitstempel"],
        &["Carimbo de data/hora"],
        &["时间戳记"],
        &["Submission date"],
        &["Submitted at"],
        &["Submit Date (UTC)"],
        &["Start time", "Completion time"],
        &["start", "end"],
        &["_submission_time"],
        &["_submitted_by"],
        &["Created by"],
        &["Respondent ID", "Collector ID", "IP Address"],
    ] {
        for (bare, cell) in [
            ("Email Address", hers),
            ("Adresse e-mail", hers),
            ("Адрес электронной почты", hers),
            ("Dirección de correo electrónico", hers),
            ("E-Mail-Adresse", hers),
            ("Endereço de e-mail", hers),
            ("电子邮件地址", hers),
            ("Email", hers),
            ("Sähköposti", hers),
            ("Contact", hers),
            ("username", "anna_k"),
            ("Username", hers),
            ("Nom d'utilisateur", hers),
            ("Name", "Anna"),
            ("Nom", "Anna"),
        ] {
            let mut names = marks.to_vec();
            names.extend([
                bare,
                "Phone number of client",
                "Client email",
                "What happened",
            ]);
            let mut row = vec!["2026-03-01 10:20:00"; marks.len()];
            row.extend([cell, "07700 900123", his, "did not pay"]);
            let (at, got) = fields(&[&names, &row, &row], "GB");
            assert_eq!(at, Some(0), "{names:?}");
            let wanted = [Field::Reporter, Field::Phone, Field::Email, Field::Text];
            assert_eq!(got[marks.len()..], wanted, "{names:?}");
            // Nor where nothing else is there to ask by.
            let names = [marks, &[bare, "What happened"]].concat();
            let mut row = vec!["2026-03-01 10:20:00"; marks.len()];
            row.extend([cell, "did not pay"]);
            let (_, got) = fields(&[&names, &row, &row], "GB");
            assert!(!got.iter().any(|f| f.holds_handles()), "{names:?}: {got:?}");
        }
    }
}

#[test]
fn in_a_list_kept_by_hand_and_under_a_client_a_bare_address_is_his() {
    let row = ["2026-03-01", "him@example.org", "did not pay"];
    for (date, mail) in [
        ("Date", "Email"),
        ("Date reported", "E-mail"),
        ("Timestamp", "Email he wrote from"),
        ("Timestamp", "Customer's e-mail"),
    ] {
        let (_, got) = fields(&[&[date, mail, "What happened"], &row, &row], "GB");
        assert_eq!(got[1], Field::Email, "{date}, {mail}");
    }
    let groups = ["Form", "Client", "Rest"];
    let (_, got) = fields(
        &[&groups, &["Timestamp", "Email", "Notes"], &row, &row],
        "GB",
    );
    assert_eq!(got[1], Field::Email);
}

#[test]
fn a_column_that_a_form_filled_in_is_named_with_the_way_back() {
    let rows = records(&[
        &["Timestamp", "Email Address", "What happened"],
        &["2026-03-01", "her@example.org", "did not pay"],
    ]);
    let (names, mut notes) = (rows[0].cells.clone(), Vec::new());
    columns(Some(&names), None, &rows[1..], 3, None, &[], &mut notes);
    let note = notes.iter().find(|n| n.contains("Email Address"));
    let note = note.unwrap_or_else(|| panic!("{notes:?}"));
    assert!(note.contains("Timestamp") && note.contains("--map") && note.contains("\"email\""));
}

#[test]
fn a_second_column_of_numbers_is_not_taken_unasked() {
    let (_, got) = fields(
        &[
            &["Phone", "Callback", "What happened", "Contact"],
            &[
                "07700 900123",
                "07700 900999",
                "did not pay",
                "07700 900998",
            ],
        ],
        "GB",
    );
    assert_eq!(
        got,
        [Field::Phone, Field::Reporter, Field::Text, Field::Ignore]
    );
}

#[test]
fn ambiguous_headers_follow_their_content() {
    let (_, got) = fields(
        &[&["Номер", "Описание"], &["+7 495 000 78 57", "угрожал"]],
        "RU",
    );
    assert_eq!(got, [Field::Phone, Field::Text]);
    let (_, got) = fields(
        &[
            &["Номер", "Описание"],
            &["У807ТА 16", "угрожал"],
            &["У808ТА 16", "угрожал"],
        ],
        "RU",
    );
    assert_eq!(got[0], Field::Plate);
}

#[test]
fn of_two_dates_and_two_consents_the_right_one_is_read() {
    let (_, got) = fields(
        &[
            &[
                "Date reported",
                "Date of incident",
                "Phone",
                "Share with police?",
                "Anonymous police report ok?",
                "Alert ok?",
            ],
            &[
                "2026-02-02",
                "2026-01-01",
                "07700 900123",
                "no",
                "no",
                "yes",
            ],
        ],
        "GB",
    );
    assert_eq!(got[0], Field::Ignore);
    assert_eq!(got[1], Field::Date);
    assert_eq!(got[5], Field::Consent);
}
