//! Which row is the header, and which column is what.

mod find;

pub use find::{SEARCHED, find};

use super::content::Look;
use super::fold::fold;
use super::headings::{Field, Heading, heading};
use super::mapping::Column;
use super::persons;
use super::table::Record;
use parasol_protocol::area::City;
use parasol_protocol::handle::Country;

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
mod tests;
