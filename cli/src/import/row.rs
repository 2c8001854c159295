//! One row → what it says, and what becomes of it.

use super::cells::{self, MAX_CELL};
use super::consent::{self, Answer};
use super::date::{self, When, Why};
use super::fold::{cut, fold, holds};
use super::headings::Field;
use super::level::{self, Reading};
use super::mapping::Mapping;
use super::outcome::{Entry, KeepReason, Outcome, RejectReason, Row, RowWarning};
use super::table::Record;
use super::{code, language};
use parasol_protocol::area::{Area, AreaKind, City};
use parasol_protocol::handle::{Handle, HandleError, HandleWarning, mask_numbers};
use parasol_protocol::limits::MAX_CODES;
use parasol_protocol::particulars::{Code, Level};
use parasol_protocol::time::Month;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of text that a report takes from a row.
pub const MAX_TEXT: usize = 1500;
/// Handles that a report can have.
pub const MAX_HANDLES: usize = 16;
/// Bytes of all handles together, so that the sealed list of them fits.
const MAX_HANDLE_BYTES: usize = 1400;
/// Places remembered, as finding one costs more than remembering it.
const MAX_PLACES: usize = 50_000;

/// Reads rows by a mapping.
pub struct RowReader<'a> {
    mapping: &'a Mapping,
    today: time::Date,
    cities: &'a [City],
    places: BTreeMap<String, Option<Area>>,
}

impl<'a> RowReader<'a> {
    /// A reader of rows.
    pub fn new(mapping: &'a Mapping, today: time::Date, cities: &'a [City]) -> Self {
        Self {
            mapping,
            today,
            cities,
            places: BTreeMap::new(),
        }
    }

    /// Reads a row.
    pub fn read(&mut self, number: usize, record: Record) -> Row {
        let outcome = self.outcome(&record);
        Row {
            number,
            line: record.line,
            original: record.cells,
            outcome,
        }
    }

    /// The filled cells of all columns of a field. Columns that name the person who reports are
    /// of no field that is ever asked for.
    fn cells<'r>(&self, record: &'r Record, field: Field) -> Vec<&'r str> {
        self.mapping
            .columns
            .iter()
            .filter(|c| c.field == field)
            .map(|c| record.cell(c.number - 1))
            .filter(|cell| !cell.is_empty())
            .collect()
    }

    fn outcome(&mut self, record: &Record) -> Outcome {
        if let Some(reason) = self.refusal(record) {
            return Outcome::Keep(reason);
        }
        if let Some(at) = record.cells.iter().position(|cell| cell.len() > MAX_CELL) {
            return Outcome::Reject(RejectReason::CellTooLong { column: at + 1 });
        }
        let mut warnings = Vec::new();
        let handles = match self.handles(record, &mut warnings) {
            Ok(handles) => handles,
            Err(reason) => return Outcome::Reject(reason),
        };
        let month = self.month(record, &mut warnings);
        let area = self.area(record, &mut warnings);
        let story = self.cells(record, Field::Text).join("\n");
        let codes = self.codes(record, &story, &mut warnings);
        let level = self.level(record, &codes, &mut warnings);
        let text = shared_text(&story, &mut warnings);
        let lang = text.as_ref().and_then(|text| self.lang(record, text));
        warnings.sort();
        warnings.dedup();
        Outcome::Share(
            Entry {
                handles,
                level,
                codes,
                month,
                area,
                text,
                lang,
            },
            warnings,
        )
    }

    /// A refusal in any consent column is one; so is silence, except where only refusals are noted.
    fn refusal(&self, record: &Record) -> Option<KeepReason> {
        let mut unclear = false;
        for column in self
            .mapping
            .columns
            .iter()
            .filter(|c| c.field == Field::Consent)
        {
            match consent::read(record.cell(column.number - 1), column.opt_out) {
                Answer::Yes => {}
                Answer::No => return Some(KeepReason::Refused),
                Answer::Unclear => unclear = true,
            }
        }
        if unclear {
            return Some(KeepReason::ConsentUnclear);
        }
        self.cells(record, Field::Doubt)
            .into_iter()
            .any(|cell| consent::read(cell, false) == Answer::No)
            .then_some(KeepReason::ColumnMayRefuse)
    }

    fn handles(
        &self,
        record: &Record,
        warnings: &mut Vec<RowWarning>,
    ) -> Result<Vec<Handle>, RejectReason> {
        let mut handles: Vec<Handle> = Vec::new();
        let mut skipped: Vec<HandleError> = Vec::new();
        let mut bytes = 0;
        let mut surplus = 0;
        for column in self
            .mapping
            .columns
            .iter()
            .filter(|c| c.field.holds_handles())
        {
            let cell = record.cell(column.number - 1);
            let found = cells::handles(
                cell,
                column.field,
                column.platform.as_deref(),
                self.mapping.country,
            );
            skipped.extend(found.skipped);
            for parsed in found.handles {
                if handles.contains(&parsed.handle) {
                    continue;
                }
                let size = parsed.handle.to_canonical_string().len() + 3;
                if handles.len() >= MAX_HANDLES || bytes + size > MAX_HANDLE_BYTES {
                    surplus += 1;
                    continue;
                }
                bytes += size;
                warnings.extend(parsed.warnings.into_iter().filter_map(worth_telling));
                handles.push(parsed.handle);
            }
        }
        if handles.is_empty() {
            return Err(match skipped.first() {
                Some(error) => RejectReason::NoGoodHandle(*error),
                None => RejectReason::NoHandle,
            });
        }
        warnings.extend(skipped.into_iter().map(RowWarning::HandleSkipped));
        if surplus > 0 {
            warnings.push(RowWarning::HandlesBeyondLimit(surplus));
        }
        Ok(handles)
    }

    fn month(&self, record: &Record, warnings: &mut Vec<RowWarning>) -> Option<Month> {
        let order = self.mapping.date_order.unwrap_or_default();
        let mut withheld: Option<Why> = None;
        for cell in self.cells(record, Field::Date) {
            match date::read(cell, order, self.today) {
                When::Month(month) => return Some(month),
                When::Withheld(why) => withheld = withheld.or(Some(why)),
                When::Nothing => {}
            }
        }
        warnings.extend(withheld.map(RowWarning::DateWithheld));
        None
    }

    /// The finest area that any of the columns names.
    fn area(&mut self, record: &Record, warnings: &mut Vec<RowWarning>) -> Option<Area> {
        let cells = self.cells(record, Field::Area);
        let mut best: Option<(AreaKind, Area)> = None;
        let mut named = false;
        for cell in cells {
            if cells::is_placeholder(cell) {
                continue;
            }
            named = true;
            if let Some(area) = self.place(cell)
                && best.as_ref().is_none_or(|(kind, _)| area.kind() > *kind)
            {
                best = Some((area.kind(), area));
            }
        }
        if named && best.is_none() {
            warnings.push(RowWarning::AreaWithheld);
        }
        best.map(|(_, area)| area)
    }

    fn place(&mut self, cell: &str) -> Option<Area> {
        let key = fold(cut(cell, 200));
        if let Some(known) = self.places.get(&key) {
            return known.clone();
        }
        let area = Area::recognise(cell, self.mapping.country, self.cities);
        if self.places.len() < MAX_PLACES && cell.len() <= 100 {
            self.places.insert(key, area.clone());
        }
        area
    }

    fn codes(&self, record: &Record, story: &str, warnings: &mut Vec<RowWarning>) -> Vec<Code> {
        let mut codes: BTreeSet<Code> = code::in_text(story);
        let mut said = fold(story);
        for cell in self.cells(record, Field::Codes) {
            let folded = fold(cell);
            let mapped = self
                .mapping
                .code_words
                .keys()
                .any(|word| holds(&folded, word));
            let (found, unknown) = code::in_cell(cell);
            codes.extend(found);
            if unknown > 0 && !mapped {
                warnings.push(RowWarning::CodeUnknown);
            }
            said.push_str(" | ");
            said.push_str(&folded);
        }
        for (word, meant) in &self.mapping.code_words {
            if holds(&said, word) {
                codes.extend(meant);
            }
        }
        // In the order of the protocol the gravest come first.
        codes.into_iter().take(MAX_CODES).collect()
    }

    fn level(&self, record: &Record, codes: &[Code], warnings: &mut Vec<RowWarning>) -> Level {
        let mut unclear = false;
        for cell in self.cells(record, Field::Level) {
            if let Some(level) = self.mapping.level_of(cell) {
                return level;
            }
            match level::read(cell, self.mapping.scale) {
                Reading::Level(level) => return level,
                Reading::Unclear => unclear = true,
                Reading::Empty => {}
            }
        }
        let from_codes = codes.iter().map(|c| c.level()).max();
        if unclear {
            warnings.push(RowWarning::LevelUnclear);
        } else if from_codes.is_none() {
            warnings.push(RowWarning::LevelGuessed);
        }
        from_codes.unwrap_or(Level::Risk)
    }

    fn lang(&self, record: &Record, text: &str) -> Option<String> {
        if let Some(tag) = self
            .cells(record, Field::Language)
            .into_iter()
            .find_map(language::tag)
        {
            return Some(tag);
        }
        match &self.mapping.lang {
            Some(lang) if language::fits(lang, text) => Some(lang.clone()),
            _ => language::by_letters(text).map(str::to_owned),
        }
    }
}

/// Handles masked, line ends kept, other control characters gone, cut to what a report takes.
fn shared_text(story: &str, warnings: &mut Vec<RowWarning>) -> Option<String> {
    let plain: String = story
        .chars()
        .filter(|c| *c == '\n' || !c.is_control())
        .collect();
    // Masking looks at all of the text, lest a number be cut in two and pass.
    let (masked, count) = mask_numbers(plain.trim());
    if count > 0 {
        warnings.push(RowWarning::TextMasked(count));
    }
    let text = if masked.len() > MAX_TEXT {
        warnings.push(RowWarning::TextCut);
        cut(&masked, MAX_TEXT).trim_end()
    } else {
        masked.as_str()
    };
    (text.chars().any(char::is_alphanumeric) && !cells::is_placeholder(text))
        .then(|| text.to_owned())
}

/// Remarks and look-alike letters are the rule in lists; a number that may not exist is not.
fn worth_telling(warning: HandleWarning) -> Option<RowWarning> {
    match warning {
        HandleWarning::RemarkIgnored | HandleWarning::LookAlikesFolded => None,
        HandleWarning::PossibleNotValid => Some(RowWarning::NumberNotValid),
        other => Some(RowWarning::HandleRead(other)),
    }
}
