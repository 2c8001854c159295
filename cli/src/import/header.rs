//! Which row is the header, and which column is what.

use super::content::{self, Look};
use super::fold::fold;
use super::headings::{Field, Heading, heading};
use super::mapping::Column;
use super::persons;
use super::table::Record;
use parasol_protocol::area::City;
use parasol_protocol::handle::Country;

/// Rows from the top in which a header is looked for.
pub const SEARCHED: usize = 30;

/// The place of the header among the first rows, if there is one.
///
/// It is the row with the most words known from headers; titles above it have fewer. Where no
/// word is known, a row of plain words above rows of numbers and dates is a header too.
pub fn find(
    top: &[Record],
    width: usize,
    country: Option<Country>,
    cities: &[City],
) -> Option<usize> {
    let mut best: Option<(usize, usize)> = None;
    for (at, record) in top.iter().enumerate().take(SEARCHED) {
        let filled = record.cells.iter().filter(|c| !c.is_empty()).count();
        let known: usize = record
            .cells
            .iter()
            .filter_map(|c| heading(c))
            .map(|h| if h.is_exact() { 3 } else { 2 })
            .sum();
        let data = record.cells.iter().any(|c| is_data(c, country, cities));
        let single = width <= 1
            && filled == 1
            && record
                .cells
                .iter()
                .any(|c| heading(c).is_some_and(|h| h.is_exact()));
        let enough = known >= 4 || single;
        if enough && !data && filled * 2 > known / 3 && best.is_none_or(|(score, _)| known > score)
        {
            best = Some((known, at));
        }
    }
    best.map(|(_, at)| at)
        .or_else(|| by_shape(top, width, country, cities))
}

/// A cell that no header has: a number, an address, a date.
fn is_data(cell: &str, country: Option<Country>, cities: &[City]) -> bool {
    if cell.len() > 120 {
        return true;
    }
    matches!(
        content::kind(cell, country, cities),
        Some(Field::Phone | Field::Email | Field::Date | Field::Url | Field::Plate)
    )
}

fn by_shape(
    top: &[Record],
    width: usize,
    country: Option<Country>,
    cities: &[City],
) -> Option<usize> {
    let at = top.iter().position(|r| {
        !r.is_blank() && r.cells.iter().filter(|c| !c.is_empty()).count() * 4 >= width * 3
    })?;
    let header = top.get(at)?;
    let wordy = |cell: &String| {
        cell.is_empty() || (!cell.chars().any(|c| c.is_ascii_digit()) && cell.len() <= 60)
    };
    let distinct: std::collections::BTreeSet<&String> =
        header.cells.iter().filter(|c| !c.is_empty()).collect();
    let repeated = distinct.len() != header.cells.iter().filter(|c| !c.is_empty()).count();
    if width < 2
        || repeated
        || !header.cells.iter().all(wordy)
        || header.cells.iter().any(|c| is_data(c, country, cities))
    {
        return None;
    }
    let below = top.get(at + 1..)?;
    let mut shown = 0;
    for column in 0..header.cells.len() {
        let cells: Vec<&str> = below
            .iter()
            .map(|r| r.cell(column))
            .filter(|c| !c.is_empty())
            .collect();
        let data = cells.iter().filter(|c| is_data(c, country, cities)).count();
        shown += usize::from(data > 0 && data * 2 >= cells.len());
    }
    // Of a list of numbers and names the first row may lack its number; two columns must agree.
    (shown >= 2 || (shown == 1 && width <= 3 && below.len() >= 2)).then_some(at)
}

/// Decides about every column. `names` is the header, or empty without one; `groups` the row right
/// above it.
pub fn columns(
    names: Option<&[String]>,
    groups: Option<&Record>,
    sample: &[Record],
    width: usize,
    country: Option<Country>,
    cities: &[City],
    notes: &mut Vec<String>,
) -> Vec<Column> {
    let width = width.max(names.map_or(0, <[String]>::len));
    let looks: Vec<Look> = (0..width)
        .map(|column| {
            let mut look = Look::default();
            sample
                .iter()
                .for_each(|r| look.add(r.cell(column), country, cities));
            look
        })
        .collect();
    let headings: Vec<Option<Heading>> = (0..width)
        .map(|column| names.and_then(|n| n.get(column)).and_then(|n| heading(n)))
        .collect();
    let mut columns: Vec<Column> = (0..width)
        .map(|column| {
            let name = names
                .and_then(|n| n.get(column))
                .cloned()
                .unwrap_or_default();
            let mut made = Column::new(column + 1, name);
            if let Some(Some(heading)) = headings.get(column) {
                made.opt_out = heading.opt_out;
                made.platform = heading.platform.map(str::to_owned);
                if !heading.weak {
                    made.field = heading.field;
                }
            }
            made
        })
        .collect();
    settle_groups(&mut columns, groups, notes);
    super::forms::settle(&mut columns, &headings, &looks, groups, notes);
    settle_weak(&mut columns, &headings, &looks, notes);
    settle_unnamed(&mut columns, &headings, &looks, names.is_some(), notes);
    keep_clients_phone(&mut columns, notes);
    find_unnamed_handles(&mut columns, &looks, names.is_some(), notes);
    keep_one_date(&mut columns, &headings, notes);
    keep_one(&mut columns, Field::Level, notes);
    keep_one(&mut columns, Field::Language, notes);
    settle_consent(&mut columns, &headings, notes);
    columns
}

/// Headers that may mean several things: the content decides, and a better named column goes first.
fn settle_weak(
    columns: &mut [Column],
    headings: &[Option<Heading>],
    looks: &[Look],
    notes: &mut Vec<String>,
) {
    let contact = |column: &Column| persons::is_bare_contact(&fold(&column.name));
    // A contact is the client's only if no other column is.
    let (last, first): (Vec<usize>, Vec<usize>) =
        (0..columns.len()).partition(|at| columns.get(*at).is_some_and(contact));
    for at in first.into_iter().chain(last) {
        let (Some(Some(heading)), Some(look)) = (headings.get(at), looks.get(at)) else {
            continue;
        };
        if !heading.weak || columns.get(at).is_some_and(|c| c.field == Field::Reporter) {
            continue;
        }
        let is_contact = columns.get(at).is_some_and(contact);
        let after_her = at
            .checked_sub(1)
            .and_then(|before| columns.get(before))
            .is_some_and(|before| before.field == Field::Reporter);
        let shown = look.field();
        let field = match (heading.field, shown) {
            (Field::Phone, Some(found)) if found.holds_handles() => found,
            (meant, Some(found)) if meant == found => meant,
            (meant, None) if look.share(meant) >= 30 => meant,
            _ => Field::Ignore,
        };
        // Of several columns that ask her every one counts.
        // "Other number" says that it is one more of the same.
        let further = field == Field::Phone
            && columns
                .get(at)
                .is_some_and(|c| persons::is_further(&fold(&c.name)));
        let taken = field != Field::Consent && !further && columns.iter().any(|c| c.field == field);
        let Some(column) = columns.get_mut(at) else {
            continue;
        };
        if field.holds_handles() && is_contact && after_her {
            notes.push(format!(
                "column {} is not read: it stands right after one about the person who reports, and may be her contact; \
                 give it the field \"{}\" in the mapping file (--map) if it is the client's",
                column.shown(),
                field.name()
            ));
        } else if field.holds_handles() && is_contact && !taken {
            column.field = field;
            notes.push(format!(
                "column {} is taken for the client's, as no other one is; if it is the contact of the person who reports, \
                 give it the field \"reporter\" in the mapping file (--map)",
                column.shown()
            ));
        // "Contact" beside "Phone" may well be the contact of the person who reports.
        } else if field != Field::Ignore && taken {
            notes.push(format!(
                "column {} is not read: there is a clearer one; name it in the mapping file if it is about the client",
                column.shown()
            ));
        } else {
            column.field = field;
        }
    }
}

/// A row above the header that groups columns, "Client | | Reporter | |": what stands under a person
/// on our side is hers, though both have a "Phone".
fn settle_groups(columns: &mut [Column], groups: Option<&Record>, notes: &mut Vec<String>) {
    let Some(groups) = groups else { return };
    let filled = groups.cells.iter().filter(|c| !c.is_empty()).count();
    // One cell alone is a title.
    if filled < 2 {
        return;
    }
    let mut hers = false;
    for column in columns.iter_mut() {
        let group = groups.cell(column.number - 1);
        if !group.is_empty() {
            let folded = fold(group);
            hers = folded.split(' ').count() <= 5
                && (heading(group).is_some_and(|h| h.field == Field::Reporter)
                    || persons::speaks_of_us(&folded));
        }
        if hers && (column.field.holds_handles() || column.field == Field::Ignore) {
            column.field = Field::Reporter;
            notes.push(format!(
                "column {} is not read: the row above the header says that it is about the person who reports",
                column.shown()
            ));
        }
    }
}

/// Columns whose header says nothing, or that have none.
fn settle_unnamed(
    columns: &mut [Column],
    headings: &[Option<Heading>],
    looks: &[Look],
    has_header: bool,
    notes: &mut Vec<String>,
) {
    let mut stories: Vec<(usize, usize)> = Vec::new();
    for at in 0..columns.len() {
        let Some(look) = looks.get(at) else { continue };
        let hers = columns.get(at).is_some_and(|c| c.field == Field::Reporter);
        if hers || headings.get(at).is_some_and(Option::is_some) || look.filled() == 0 {
            continue;
        }
        let taken = |field: Field| columns.iter().any(|c| c.field == field);
        let Some(shown) = look.field() else { continue };
        let field = match shown {
            Field::Text => {
                if !taken(Field::Text) {
                    stories.push((look.words_each(), at));
                }
                Field::Ignore
            }
            // A yes or no under a header that nobody knows may be about anything; what is done
            // about it is decided when all rows have been seen.
            Field::Consent if has_header => Field::Ignore,
            Field::Consent => Field::Consent,
            // With a header, a second column of numbers may be that of the person who reports.
            found if has_header && taken(found) => Field::Ignore,
            found => found,
        };
        let Some(column) = columns.get_mut(at) else {
            continue;
        };
        if shown.holds_handles() && persons::speaks_of_us(&fold(&column.name)) {
            column.field = Field::Reporter;
            continue;
        }
        column.field = field;
        if field != Field::Ignore {
            notes.push(format!(
                "column {} is taken for {} by its content",
                column.shown(),
                field.name()
            ));
        } else if shown.holds_handles() {
            notes.push(format!(
                "column {} seems to hold {}s and is not read, as its header does not say whose; name it in the mapping file",
                column.shown(),
                shown.name()
            ));
        }
    }
    if let Some((_, at)) = stories.into_iter().max()
        && let Some(column) = columns.get_mut(at)
    {
        column.field = Field::Text;
        notes.push(format!(
            "column {} is taken for text by its content",
            column.shown()
        ));
    }
}

/// Of several columns of telephones one is the client's, and another may be that of the person
/// who reports. Others are read if their header says that they are more of the same.
fn keep_clients_phone(columns: &mut [Column], notes: &mut Vec<String>) {
    let plain = |column: &Column| -> String {
        fold(&column.name)
            .split(' ')
            .filter(|word| !word.chars().all(|c| c.is_ascii_digit()))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let phones: Vec<&Column> = columns.iter().filter(|c| c.field == Field::Phone).collect();
    let Some(first) = phones
        .iter()
        .find(|c| persons::is_clients(&fold(&c.name)))
        .or_else(|| phones.iter().find(|c| !persons::is_further(&fold(&c.name))))
        .or(phones.first())
    else {
        return;
    };
    let (number, name) = (first.number, plain(first));
    let hers: Vec<usize> = columns
        .iter()
        .filter(|c| c.field == Field::Reporter)
        .map(|c| c.number + 1)
        .collect();
    for column in columns.iter_mut().filter(|c| c.field == Field::Phone) {
        let folded = fold(&column.name);
        // "WhatsApp" beside "Phone" is the same person's, as "Telegram" would be; after her name it is hers.
        if persons::is_messenger(&folded) && !hers.contains(&column.number) {
            continue;
        }
        if column.number == number
            || (column.name.is_empty() && name.is_empty())
            || plain(column) == name
            || persons::is_clients(&folded)
            || persons::is_further(&folded)
        {
            continue;
        }
        column.field = Field::Ignore;
        notes.push(format!(
            "column {} is not read: it may hold the numbers of the person who reports; \
             give it the field \"phone\" in the mapping file (--map) if they are the client's",
            column.shown()
        ));
    }
}

/// Where nothing to ask by was found, a column under a header such as "nr" may hold it.
fn find_unnamed_handles(
    columns: &mut [Column],
    looks: &[Look],
    has_header: bool,
    notes: &mut Vec<String>,
) {
    const SAYS_NOTHING: [&str; 8] = ["nr", "n", "id", "index", "status", "ref", "row", "no"];
    // A nickname is nothing to ask by.
    let found = columns
        .iter()
        .any(|c| c.field != Field::Name && c.field.holds_handles());
    if found || !has_header {
        return;
    }
    let shown: Vec<(usize, Field)> = columns
        .iter()
        .zip(looks)
        .enumerate()
        .filter(|(_, (column, _))| {
            let folded = fold(&column.name);
            column.field == Field::Ignore
                && !persons::speaks_of_us(&folded)
                && (SAYS_NOTHING.contains(&folded.as_str()) || heading(&column.name).is_none())
        })
        .filter_map(|(at, (_, look))| look.field().map(|field| (at, field)))
        .filter(|(_, field)| field.holds_handles())
        .collect();
    for (at, field) in &shown {
        let alone = shown.iter().filter(|(_, other)| other == field).count() == 1;
        let Some(column) = columns.get_mut(*at) else {
            continue;
        };
        if alone {
            column.field = *field;
            notes.push(format!(
                "column {} is taken for {} by its content",
                column.shown(),
                field.name()
            ));
        } else {
            notes.push(format!(
                "column {} seems to hold {}s and is not read, as its header does not say whose; name it in the mapping file",
                column.shown(),
                field.name()
            ));
        }
    }
}

/// The date of the event, not that of the report, where both are there.
fn keep_one_date(columns: &mut [Column], headings: &[Option<Heading>], notes: &mut Vec<String>) {
    let later = |column: &Column| {
        headings
            .get(column.number - 1)
            .copied()
            .flatten()
            .is_some_and(|h| h.later)
    };
    let dates: Vec<usize> = (0..columns.len())
        .filter(|at| columns.get(*at).is_some_and(|c| c.field == Field::Date))
        .collect();
    let chosen = dates
        .iter()
        .copied()
        .find(|at| columns.get(*at).is_some_and(|c| !later(c)))
        .or(dates.first().copied());
    for at in dates {
        let Some(column) = columns.get_mut(at) else {
            continue;
        };
        if Some(at) != chosen {
            column.field = Field::Ignore;
            notes.push(format!(
                "column {} is not read: another one says when it happened",
                column.shown()
            ));
        } else if later(column) {
            notes.push(format!(
                "column {} says when it was reported; it stands for when it happened",
                column.shown()
            ));
        }
    }
}

fn keep_one(columns: &mut [Column], field: Field, notes: &mut Vec<String>) {
    let mut seen = false;
    for column in columns.iter_mut().filter(|c| c.field == field) {
        if seen {
            column.field = Field::Ignore;
            notes.push(format!(
                "column {} is not read: another one is the {}",
                column.shown(),
                field.name()
            ));
        }
        seen = true;
    }
}

/// Consent to tell the police is another matter, unless it is all that was asked.
fn settle_consent(columns: &mut [Column], headings: &[Option<Heading>], notes: &mut Vec<String>) {
    let other = |column: &Column| {
        headings
            .get(column.number - 1)
            .copied()
            .flatten()
            .is_some_and(|h| h.other_purpose)
    };
    let asked = columns
        .iter()
        .any(|c| c.field == Field::Consent && !other(c));
    for column in columns.iter_mut().filter(|c| c.field == Field::Consent) {
        if other(column) && asked {
            column.field = Field::Ignore;
            notes.push(format!(
                "column {} is not read: it is about telling others than partners",
                column.shown()
            ));
        } else {
            notes.push(format!(
                "column {} says whether a report may be shared: rows that refuse, or {}, are kept back",
                column.shown(),
                if column.opt_out { "are unclear" } else { "say nothing" }
            ));
        }
    }
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
}
