//! A table → how it is understood: one pass over all rows before any of them is shared.

use super::cells::is_placeholder;
use super::consent;
use super::date::{self, Order};
use super::error::ImportError;
use super::header;
use super::headings::{Field, heading};
use super::language;
use super::level::{self, Scale};
use super::mapping::{Column, Mapping, level_key};
use super::outcome::Row;
use super::row::RowReader;
use super::separated::Records;
use super::table::{Reading, Record, Table};
use parasol_protocol::area::City;
use parasol_protocol::handle::Country;
use std::collections::BTreeMap;

/// Rows looked at to tell columns apart by content.
const SAMPLE: usize = 300;
/// Different cells of the level column that are remembered and written to a mapping file.
const MAX_LEVEL_CELLS: usize = 60;
/// A longer cell is no level.
const MAX_LEVEL_CELL: usize = 40;

/// What the file does not say.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// The country of national numbers; what the mapping says goes before it.
    pub country: Option<Country>,
    /// The language of the text; what the mapping says goes before it.
    pub lang: Option<String>,
    /// A mapping file taken back.
    pub map: Option<Mapping>,
    /// Dates after this day are withheld.
    pub today: time::Date,
    /// The cities that a report may name.
    pub cities: &'a [City],
}

/// A file that is understood: what is what, and its rows as often as one asks for them.
#[derive(Debug)]
pub struct Understood<'a> {
    /// The encoding, or the kind of spreadsheet.
    pub encoding: &'static str,
    /// The separator of a text file.
    pub separator: Option<char>,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// The line of the header, from 1.
    pub header_row: Option<usize>,
    /// The names of the columns, as they stand in the file; empty without a header.
    pub header: Vec<String>,
    /// What is what; [`Mapping::to_toml`] writes it for a person.
    pub mapping: Mapping,
    /// Rows of data. Every one of them comes out of [`Understood::rows`] once.
    pub total: usize,
    /// What a person should know about how the file was understood.
    pub notes: Vec<String>,
    table: Table,
    today: time::Date,
    cities: &'a [City],
}

/// Finds out what is what in a table.
///
/// # Errors
///
/// If there are no rows of data.
pub fn understand<'a>(table: Table, options: &Options<'a>) -> Result<Understood<'a>, ImportError> {
    let map = options.map.clone();
    let country = map.as_ref().and_then(|m| m.country).or(options.country);
    let mut notes = table.notes.clone();
    let top: Vec<Record> = table.records().take(header::SEARCHED + SAMPLE).collect();
    let header_at = header_place(&top, &table, map.as_ref(), country, options.cities);
    let head = header_at.and_then(|at| top.get(at));
    let header_row = head.map(|r| r.line);
    let header = head.map(|r| r.cells.clone()).unwrap_or_default();
    let first = header_at.map_or(0, |at| at + 1);
    let sample: Vec<Record> = top
        .get(first..)
        .unwrap_or_default()
        .iter()
        .filter(|r| !r.is_blank())
        .cloned()
        .collect();
    let names = header_at.map(|_| header.as_slice());
    // What a person has said about a column holds.
    let mut decided = Vec::new();
    let columns = match &map {
        Some(map) if !map.columns.is_empty() => {
            let (columns, named) = mapped_columns(map, names, table.width, &mut notes);
            decided = named;
            columns
        }
        _ => header::columns(
            names,
            header_at
                .and_then(|at| at.checked_sub(1))
                .and_then(|above| top.get(above)),
            &sample,
            table.width,
            country,
            options.cities,
            &mut notes,
        ),
    };
    let lang = map
        .as_ref()
        .and_then(|m| m.lang.clone())
        .or_else(|| options.lang.clone())
        .or_else(|| language_of(&header).map(str::to_owned));
    let mut mapping = Mapping {
        country,
        lang,
        reading: Reading {
            encoding: table.sheet.is_none().then(|| table.encoding.to_owned()),
            separator: table.separator(),
            sheet: table.sheet.clone(),
        },
        header_line: Some(header_row.unwrap_or(0)),
        columns,
        ..map.clone().unwrap_or_default()
    };
    let survey = Survey::of(&table, header_row, &header, &mapping.columns);
    if survey.total == 0 {
        return Err(ImportError::NoRows);
    }
    settle_doubt(
        &table,
        header_row,
        &header,
        &mut mapping.columns,
        &decided,
        &mut notes,
    );
    survey.settle(&mut mapping, map.as_ref(), &header, &mut notes);
    if header_row.is_none() {
        notes.push("no header was found; the columns are told apart by what they hold".into());
    }
    if !mapping.columns.iter().any(|c| c.field.holds_handles()) {
        notes.push(
            "no column with phone numbers, addresses, accounts or plates was found, so that every row would be \
             rejected; name one in the mapping file that --dry-run writes and give it back with --map"
                .into(),
        );
    }
    if country.is_none()
        && mapping
            .columns
            .iter()
            .any(|c| matches!(c.field, Field::Phone | Field::Plate | Field::Vehicle))
    {
        notes.push("no country is given; only numbers that begin with + or 00 can be read: say --country, as in --country FR".into());
    }
    Ok(Understood {
        encoding: table.encoding,
        separator: table.separator(),
        sheet: table.sheet.clone(),
        header_row,
        header,
        mapping,
        total: survey.total,
        notes,
        table,
        today: options.today,
        cities: options.cities,
    })
}

impl Understood<'_> {
    /// The rows, understood one by one. Each row of data comes once, in order, whatever it holds.
    pub fn rows(&self) -> Rows<'_> {
        Rows {
            data: Data::new(&self.table, self.header_row, &self.header),
            reader: RowReader::new(&self.mapping, self.today, self.cities),
            number: 0,
        }
    }
}

/// The rows of an understood file.
pub struct Rows<'a> {
    data: Data<'a>,
    reader: RowReader<'a>,
    number: usize,
}

impl Iterator for Rows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let record = self.data.next()?;
        self.number += 1;
        Some(self.reader.read(self.number, record))
    }
}

/// Records below the header: no blank ones, and no header pasted in again.
struct Data<'a> {
    records: Records<'a>,
    header_row: usize,
    header: &'a [String],
}

impl<'a> Data<'a> {
    fn new(table: &'a Table, header_row: Option<usize>, header: &'a [String]) -> Self {
        Self {
            records: table.records(),
            header_row: header_row.unwrap_or(0),
            header,
        }
    }
}

impl Iterator for Data<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let (header_row, header) = (self.header_row, self.header);
        self.records.find(|r| {
            r.line > header_row && !r.is_blank() && (header.is_empty() || r.cells != header)
        })
    }
}

/// Where the header is: where the mapping says, if the names there are those of the mapping, else
/// where it is found.
fn header_place(
    top: &[Record],
    table: &Table,
    map: Option<&Mapping>,
    country: Option<Country>,
    cities: &[City],
) -> Option<usize> {
    if let Some(map) = map.filter(|m| m.columns.iter().any(|c| !c.name.is_empty())) {
        let known = |r: &Record| {
            map.columns
                .iter()
                .filter(|c| !c.name.is_empty() && r.cells.contains(&c.name))
                .count()
        };
        let named = map.columns.iter().filter(|c| !c.name.is_empty()).count();
        let best = (0..top.len().min(header::SEARCHED))
            .rev()
            .max_by_key(|at| top.get(*at).map_or(0, known));
        if let Some(at) = best.filter(|at| top.get(*at).map_or(0, known) * 2 >= named) {
            return Some(at);
        }
    }
    match map.and_then(|m| m.header_line) {
        Some(0) => None,
        Some(line) => top.iter().position(|r| r.line == line),
        None => header::find(top, table.width, country, cities),
    }
}

/// The columns of a mapping file in this file, by name where the names agree, else by number; and
/// which of them the mapping file names.
fn mapped_columns(
    map: &Mapping,
    names: Option<&[String]>,
    width: usize,
    notes: &mut Vec<String>,
) -> (Vec<Column>, Vec<bool>) {
    let names = names.unwrap_or_default();
    let width = width
        .max(names.len())
        .max(map.columns.iter().map(|c| c.number).max().unwrap_or(0));
    let mut columns: Vec<Column> = (1..=width)
        .map(|n| Column::new(n, names.get(n - 1).cloned().unwrap_or_default()))
        .collect();
    let mut taken = vec![false; width];
    for wanted in &map.columns {
        let same = |(at, name): (usize, &String)| {
            (!wanted.name.is_empty() && *name == wanted.name && taken.get(at) == Some(&false))
                .then_some(at)
        };
        // Of several columns of one name the one at the number is meant.
        let by_number = wanted.number.checked_sub(1).filter(|at| *at < width);
        let at = by_number
            .filter(|at| names.get(*at).is_some_and(|n| *n == wanted.name))
            .or_else(|| names.iter().enumerate().find_map(same))
            .or(by_number.filter(|at| {
                names.is_empty()
                    || wanted.name.is_empty()
                    || names.get(*at).is_some_and(String::is_empty)
            }));
        match at {
            Some(at) => {
                if let (Some(column), Some(taken)) = (columns.get_mut(at), taken.get_mut(at)) {
                    column.field = wanted.field;
                    column.platform = wanted.platform.clone();
                    column.opt_out = wanted.opt_out;
                    *taken = true;
                }
            }
            None if wanted.field == Field::Ignore => {}
            None => notes.push(format!(
                "the mapping file names a column {} that this file does not have",
                wanted.shown()
            )),
        }
    }
    (columns, taken)
}

/// Columns of yes and no under headers that do not say what about: a no in them may be a refusal,
/// and keeps its row back until a person has said what it is. All rows are looked at.
fn settle_doubt(
    table: &Table,
    header_row: Option<usize>,
    header: &[String],
    columns: &mut [Column],
    decided: &[bool],
    notes: &mut Vec<String>,
) {
    #[derive(Clone, Copy, Default)]
    struct Count {
        filled: usize,
        answered: usize,
        refused: usize,
    }
    let mut counts: Vec<(usize, Count)> = columns
        .iter()
        .enumerate()
        .filter(|(at, column)| decided.get(*at) != Some(&true) && may_ask(column))
        .map(|(at, _)| (at, Count::default()))
        .collect();
    if counts.is_empty() {
        return;
    }
    for record in Data::new(table, header_row, header) {
        for (at, count) in &mut counts {
            let cell = record.cell(*at).trim();
            let answer = consent::plainly(cell);
            if cell.is_empty() || (answer.is_none() && is_placeholder(cell)) {
                continue;
            }
            count.filled += 1;
            count.answered += usize::from(answer.is_some());
            count.refused += usize::from(answer == Some(consent::Answer::No));
        }
    }
    for (at, count) in counts {
        // One remark in ten does not make it something else.
        if count.filled == 0 || count.answered * 10 < count.filled * 9 {
            continue;
        }
        let Some(column) = columns.get_mut(at) else {
            continue;
        };
        if count.refused > 0 {
            column.field = Field::Doubt;
            notes.push(format!(
                "column {} holds yes and no and may refuse sharing: rows in which it says no are kept back; name it in \
                 the mapping file (--map), with the field \"consent\" if it says whether a report may be shared, else \"ignore\"",
                column.shown()
            ));
        } else if column.field == Field::Ignore {
            notes.push(format!(
                "column {} holds yes and no and is not read; if it says whether a report may be shared, \
                 give it the field \"consent\" in the mapping file",
                column.shown()
            ));
        }
    }
}

/// Whether a column may be one that asks her, for all that its header says.
fn may_ask(column: &Column) -> bool {
    let known = heading(&column.name);
    match column.field {
        Field::Text => true,
        Field::Ignore => known.is_none_or(|known| {
            let settled =
                matches!(known.field, Field::Ignore | Field::Reporter) || known.other_purpose;
            known.weak || !settled
        }),
        // Zeros and ones under a header that nobody knows look like levels too.
        Field::Level => known.is_none(),
        _ => false,
    }
}

/// The language whose words most headers are.
fn language_of(header: &[String]) -> Option<&'static str> {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for lang in header.iter().filter_map(|name| heading(name)?.lang) {
        *counts.entry(lang).or_default() += 1;
    }
    let most = counts.values().copied().max()?;
    let mut leading = counts.into_iter().filter(|(_, count)| *count == most);
    let first = leading.next().map(|(lang, _)| lang);
    let found = if leading.next().is_some() {
        None
    } else {
        first
    };
    // "Date; Description; Telegram" may be anyone's, but Cyrillic headers are not.
    found.or_else(|| language::by_letters(&header.concat()))
}

/// What all rows together show.
#[derive(Default)]
struct Survey {
    total: usize,
    day_first: usize,
    month_first: usize,
    levels: BTreeMap<String, String>,
}

impl Survey {
    fn of(table: &Table, header_row: Option<usize>, header: &[String], columns: &[Column]) -> Self {
        let of = |field: Field| -> Vec<usize> {
            columns
                .iter()
                .filter(|c| c.field == field)
                .map(|c| c.number - 1)
                .collect()
        };
        let (dates, levels) = (of(Field::Date), of(Field::Level));
        let mut survey = Self::default();
        for record in Data::new(table, header_row, header) {
            survey.total += 1;
            for at in &dates {
                match date::evidence(record.cell(*at)) {
                    Some(Order::MonthDay) => survey.month_first += 1,
                    Some(_) => survey.day_first += 1,
                    None => {}
                }
            }
            for cell in levels.iter().map(|at| record.cell(*at)) {
                if !cell.is_empty()
                    && cell.len() <= MAX_LEVEL_CELL
                    && survey.levels.len() < MAX_LEVEL_CELLS * 4
                {
                    survey
                        .levels
                        .entry(level_key(cell))
                        .or_insert_with(|| cell.to_owned());
                }
            }
        }
        survey
    }

    fn settle(
        &self,
        mapping: &mut Mapping,
        given: Option<&Mapping>,
        header: &[String],
        notes: &mut Vec<String>,
    ) {
        self.settle_dates(mapping, given, header, notes);
        self.settle_levels(mapping, given, header, notes);
    }

    fn settle_dates(
        &self,
        mapping: &mut Mapping,
        given: Option<&Mapping>,
        header: &[String],
        notes: &mut Vec<String>,
    ) {
        let Some(column) = mapping
            .columns
            .iter()
            .find(|c| c.field == Field::Date)
            .cloned()
        else {
            return;
        };
        let said = given.and_then(|g| g.date_order).or_else(|| {
            header
                .get(column.number - 1)
                .and_then(|name| Order::in_header(name))
        });
        let order = said.unwrap_or_else(|| match (self.day_first, self.month_first) {
            (0, 0) => Order::of(mapping.country),
            (day, month) if day >= month => match Order::of(mapping.country) {
                Order::YearMonth => Order::YearMonth,
                _ => Order::DayMonth,
            },
            _ => Order::MonthDay,
        });
        if self.day_first > 0 && self.month_first > 0 {
            notes.push(format!(
                "the dates are written in two ways ({} with the day first, {} with the month first); where nothing else \
                 decides they are read as {}",
                self.day_first,
                self.month_first,
                order.name()
            ));
        }
        mapping.date_order = Some(order);
    }

    fn settle_levels(
        &self,
        mapping: &mut Mapping,
        given: Option<&Mapping>,
        header: &[String],
        notes: &mut Vec<String>,
    ) {
        let Some(column) = mapping
            .columns
            .iter()
            .find(|c| c.field == Field::Level)
            .cloned()
        else {
            notes.push("no column says how bad it was; the level follows from what happened, else it is risk".into());
            return;
        };
        let scale = given
            .and_then(|g| g.scale)
            .or_else(|| {
                header
                    .get(column.number - 1)
                    .and_then(|name| Scale::in_header(name))
            })
            .or_else(|| Scale::of_values(self.levels.values().map(String::as_str)));
        mapping.scale = scale;
        if let Some(scale) = scale {
            notes.push(format!(
                "levels are numbers from {} to {}: {}",
                scale.low,
                scale.high,
                scale.explained()
            ));
        }
        for (key, cell) in self.levels.iter().take(MAX_LEVEL_CELLS) {
            if mapping.levels.contains_key(key) {
                continue;
            }
            match level::read(cell, scale) {
                level::Reading::Level(level) => {
                    mapping.levels.insert(key.clone(), level);
                }
                level::Reading::Unclear => mapping.unclear_levels.push(cell.clone()),
                level::Reading::Empty => {}
            }
        }
        let words: Vec<String> = mapping
            .levels
            .iter()
            .filter(|(key, _)| self.levels.contains_key(*key) && key.parse::<f64>().is_err())
            .map(|(key, level)| format!("\"{key}\" is {level}"))
            .take(12)
            .collect();
        if !words.is_empty() {
            notes.push(format!("levels in words: {}", words.join(", ")));
        }
        if !mapping.unclear_levels.is_empty() {
            notes.push(format!(
                "{} different levels are not understood; the mapping file lists them",
                mapping.unclear_levels.len()
            ));
        }
    }
}
