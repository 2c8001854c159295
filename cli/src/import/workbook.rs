//! Workbooks (XLSX, XLS, ODS) → the same text that a CSV file would hold.
//!
//! What a file claims about itself is not believed: a packed file is unpacked once into nothing,
//! counting, before the reader that keeps it in memory sees it, the repetitions that an ODS sheet
//! is written with are counted on the way (see `repeats`), so is the rectangle that the cells of
//! an XLS sheet span (see `compound`), and cells of an XLSX or XLSB sheet are
//! taken one by one, since a lone cell in the far corner of a sheet would otherwise cost
//! gigabytes. Numbers are written as a person reads them, dates as year-month-day, and of a
//! formula only the stored value counts.

use super::compound;
use super::error::ImportError;
use super::headings;
use super::repeats::Repeats;
use super::table::{MAX_COLUMNS, Table};
use calamine::{Data, DataRef, Reader, SheetVisible, Sheets, Xlsx};
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The most that a packed workbook may unpack to, in bytes.
const MAX_UNPACKED: u64 = 512 * 1024 * 1024;
/// Bytes that the readers of ODS and XLS keep for each cell, whatever is in it.
const CELL: u64 = 64;
/// Rows in the top of a sheet that are searched for a header when there is a choice of sheets.
const TOP: usize = 25;

type Bytes = Cursor<Vec<u8>>;

/// Whether the bytes begin as a workbook does: a ZIP archive or a compound file.
pub fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
}

/// Reads the sheet named, or the one that looks most like a list.
///
/// # Errors
///
/// If the workbook is damaged, protected or too large, or has no such or no filled sheet.
pub fn read(bytes: Vec<u8>, named: Option<&str>) -> Result<Table, ImportError> {
    if bytes.starts_with(b"PK") {
        check_unpacked(&bytes, MAX_UNPACKED)?;
    } else {
        check_cost(compound::cells(&bytes), MAX_UNPACKED)?;
    }
    // The reader is known to panic on some damaged files; to the user that is one more error.
    catch_unwind(AssertUnwindSafe(|| open(bytes, named))).unwrap_or_else(|_| {
        Err(ImportError::Damaged {
            detail: "it makes no sense inside".into(),
        })
    })
}

fn check_unpacked(bytes: &[u8], limit: u64) -> Result<(), ImportError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut total = 0;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(damaged)?;
        // The name by which a reader of ODS finds its cells.
        let mut repeats = (entry.name_raw() == b"content.xml").then(Repeats::default);
        let mut counted = entry.take(limit + 1 - total);
        total += match &mut repeats {
            Some(repeats) => std::io::copy(&mut counted, repeats),
            None => std::io::copy(&mut counted, &mut std::io::sink()),
        }
        .map_err(damaged)?;
        if total > limit {
            return Err(ImportError::TooBig {
                found: total >> 20,
                limit: limit >> 20,
            });
        }
        if let Some(repeats) = repeats {
            let cells = repeats
                .cells()
                .ok_or_else(|| damaged("its content is cut off or mixed up"))?;
            check_cost(cells, limit)?;
        }
    }
    Ok(())
}

fn check_cost(cells: u64, limit: u64) -> Result<(), ImportError> {
    let found = cells.saturating_mul(CELL);
    if found > limit {
        return Err(ImportError::TooBig {
            found: found >> 20,
            limit: limit >> 20,
        });
    }
    Ok(())
}

fn damaged(error: impl std::fmt::Display) -> ImportError {
    ImportError::Damaged {
        detail: error.to_string(),
    }
}

fn open(bytes: Vec<u8>, named: Option<&str>) -> Result<Table, ImportError> {
    let mut book: Sheets<Bytes> = calamine::open_workbook_auto_from_rs(Cursor::new(bytes))
        .map_err(|error| {
            let text = error.to_string();
            if text.to_lowercase().contains("password") {
                ImportError::Protected
            } else if matches!(error, calamine::Error::Msg(_)) {
                ImportError::Binary
            } else {
                damaged(text)
            }
        })?;
    let sheets: Vec<(String, bool)> = book
        .sheets_metadata()
        .iter()
        .map(|sheet| (sheet.name.clone(), sheet.visible == SheetVisible::Visible))
        .collect();
    if let Some(name) = named.filter(|name| sheets.iter().all(|(sheet, _)| sheet != name)) {
        let found = sheets.into_iter().map(|(sheet, _)| sheet).collect();
        return Err(ImportError::NoSheet {
            name: name.to_owned(),
            found,
        });
    }
    let mut best: Option<(usize, Table)> = None;
    let mut others = Vec::new();
    for (name, visible) in sheets {
        if named.is_some_and(|named| named != name) {
            continue;
        }
        let Some(table) = sheet(&mut book, &name)? else {
            continue;
        };
        let score = score(&table) * 2 + usize::from(visible);
        match &mut best {
            Some((leading, kept)) if score > *leading => {
                others.extend(kept.sheet.take());
                best = Some((score, table));
            }
            Some(_) => others.push(name),
            None => best = Some((score, table)),
        }
    }
    let (_, mut table) = best.ok_or(ImportError::Empty)?;
    if !others.is_empty() {
        table.notes.push(format!(
            "only the sheet \"{}\" is read, not {}; name another as sheet in the mapping file",
            table.sheet.as_deref().unwrap_or_default(),
            others
                .iter()
                .map(|n| format!("\"{n}\""))
                .collect::<Vec<_>>()
                .join(", "),
        ));
    }
    Ok(table)
}

/// How much a sheet looks like a list: words known from headers first, then rows.
fn score(table: &Table) -> usize {
    let (mut known, mut rows) = (0, 0);
    for (at, record) in table.records().enumerate().take(1000) {
        rows += usize::from(!record.is_blank());
        if at < TOP {
            let here = record
                .cells
                .iter()
                .filter(|c| headings::heading(c).is_some())
                .count();
            known = known.max(here);
        }
    }
    known * 1000 + rows.min(999)
}

/// A sheet as text, or nothing if it is empty.
fn sheet(book: &mut Sheets<Bytes>, name: &str) -> Result<Option<Table>, ImportError> {
    let mut out = SheetText::new();
    let kind = match book {
        Sheets::Xlsx(xlsx) => {
            if !stream(xlsx, name, &mut out)? {
                return Ok(None);
            }
            "XLSX"
        }
        Sheets::Xlsb(xlsb) => {
            let mut cells = xlsb.worksheet_cells_reader(name).map_err(damaged)?;
            while let Some(cell) = cells.next_cell().map_err(damaged)? {
                out.take(cell.get_position(), cell.get_value())?;
            }
            "XLSB"
        }
        other => {
            let range = other.worksheet_range(name).map_err(damaged)?;
            let (top, left) = range.start().unwrap_or_default();
            for (row, column, cell) in range.used_cells() {
                let at = (
                    row.saturating_add(top as usize),
                    column.saturating_add(left as usize),
                );
                out.put(at.0, at.1, shown(cell))?;
            }
            match other {
                Sheets::Ods(_) => "ODS",
                _ => "XLS",
            }
        }
    };
    let (text, width, cut) = out.finish()?;
    if text.is_empty() {
        return Ok(None);
    }
    let mut notes = Vec::new();
    if cut {
        notes.push(format!(
            "columns beyond the first {MAX_COLUMNS} are not read"
        ));
    }
    Ok(Some(Table {
        text,
        separator: b',',
        is_sheet: true,
        skip_lines: 0,
        width,
        encoding: kind,
        sheet: Some(name.to_owned()),
        notes,
    }))
}

/// Takes the cells of an XLSX sheet one by one; false if it is no sheet of cells.
fn stream(book: &mut Xlsx<Bytes>, name: &str, out: &mut SheetText) -> Result<bool, ImportError> {
    let mut cells = match book.worksheet_cells_reader(name) {
        Ok(cells) => cells,
        Err(calamine::XlsxError::NotAWorksheet(_)) => return Ok(false),
        Err(error) => return Err(damaged(error)),
    };
    while let Some(cell) = cells.next_cell().map_err(damaged)? {
        out.take(cell.get_position(), cell.get_value())?;
    }
    Ok(true)
}

/// Rows being written as comma-separated text. Rows come in order; cells of a row in any.
struct SheetText {
    writer: csv::Writer<Vec<u8>>,
    row: usize,
    cells: Vec<String>,
    width: usize,
    cut: bool,
    written: u64,
}

impl SheetText {
    fn new() -> Self {
        let writer = csv::WriterBuilder::new()
            .flexible(true)
            .from_writer(Vec::new());
        Self {
            writer,
            row: 0,
            cells: Vec::new(),
            width: 0,
            cut: false,
            written: 0,
        }
    }

    fn take(&mut self, at: (u32, u32), value: &DataRef<'_>) -> Result<(), ImportError> {
        match value {
            DataRef::Empty => Ok(()),
            value => self.put(at.0 as usize, at.1 as usize, shown_ref(value)),
        }
    }

    fn put(&mut self, row: usize, column: usize, value: String) -> Result<(), ImportError> {
        if value.trim().is_empty() {
            return Ok(());
        }
        if column >= MAX_COLUMNS {
            self.cut = true;
            return Ok(());
        }
        if row < self.row {
            return Err(damaged("its rows are out of order"));
        }
        self.advance(row)?;
        if self.cells.len() <= column {
            self.cells.resize(column + 1, String::new());
        }
        self.written += value.len() as u64;
        if self.written > MAX_UNPACKED {
            return Err(ImportError::TooBig {
                found: self.written >> 20,
                limit: MAX_UNPACKED >> 20,
            });
        }
        if let Some(cell) = self.cells.get_mut(column) {
            *cell = value;
        }
        Ok(())
    }

    fn advance(&mut self, row: usize) -> Result<(), ImportError> {
        while self.row < row {
            self.width = self.width.max(self.cells.len());
            if self.cells.is_empty() {
                self.cells.push(String::new());
            }
            self.writer.write_record(&self.cells).map_err(damaged)?;
            self.cells.clear();
            self.row += 1;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(String, usize, bool), ImportError> {
        if self.cells.is_empty() && self.row == 0 {
            return Ok((String::new(), 0, false));
        }
        self.advance(self.row + 1)?;
        self.writer.flush().map_err(damaged)?;
        let bytes = self.writer.into_inner().map_err(damaged)?;
        Ok((
            String::from_utf8(bytes).map_err(damaged)?,
            self.width,
            self.cut,
        ))
    }
}

fn shown_ref(value: &DataRef<'_>) -> String {
    match value {
        DataRef::SharedString(text) => (*text).to_owned(),
        other => shown(&Data::from(other.clone())),
    }
}

/// A cell as a person reads it.
fn shown(value: &Data) -> String {
    match value {
        Data::String(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number_shown(*number),
        Data::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Data::DateTime(when) if when.is_datetime() && when.as_f64() >= 1.0 => {
            let (year, month, day, ..) = when.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        Data::DateTimeIso(text) => text.clone(),
        Data::DateTime(_) | Data::DurationIso(_) | Data::Error(_) | Data::Empty => String::new(),
    }
}

/// 4165550180 and not 4165550180.0 nor 4.16555018e9: it may be a telephone number.
fn number_shown(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        format!("{number:.0}")
    } else {
        number.to_string()
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
    use super::super::table::Reading;
    use super::*;
    use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
    use std::io::Write;

    fn cells(bytes: Vec<u8>) -> Vec<Vec<String>> {
        let table = Table::read(bytes, &Reading::default()).unwrap();
        table.records().map(|r| r.cells).collect()
    }

    #[test]
    fn numbers_dates_and_formulas_read_as_a_person_sees_them() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        let date = Format::new().set_num_format("dd/mm/yyyy");
        sheet.write(0, 0, "Phone").unwrap();
        sheet.write(0, 2, "Date").unwrap();
        sheet.write(2, 0, 4_165_550_180_f64).unwrap();
        sheet.write(2, 1, 2.5).unwrap();
        let day = ExcelDateTime::from_ymd(2026, 6, 12).unwrap();
        sheet.write_with_format(2, 2, &day, &date).unwrap();
        sheet
            .write(2, 3, Formula::new("=1+2").set_result("stored"))
            .unwrap();
        sheet.write(2, 4, true).unwrap();
        assert_eq!(
            cells(book.save_to_buffer().unwrap()),
            [
                vec!["Phone", "", "Date"],
                vec![""],
                vec!["4165550180", "2.5", "2026-06-12", "stored", "yes"]
            ]
        );
    }

    #[test]
    fn a_lone_cell_in_the_far_corner_costs_nothing() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write(0, 0, "Phone").unwrap();
        sheet.write(1_048_575, 16_383, "x").unwrap();
        let table = Table::read(book.save_to_buffer().unwrap(), &Reading::default()).unwrap();
        assert_eq!(table.records().count(), 1);
        assert_eq!(table.notes.len(), 1);
    }

    #[test]
    fn the_sheet_with_the_list_is_chosen_and_the_others_are_named() {
        let mut book = Workbook::new();
        let cover = book.add_worksheet();
        cover.set_name("Read me").unwrap();
        for row in 0..50 {
            cover.write(row, 0, "How to fill in this workbook").unwrap();
        }
        let list = book.add_worksheet();
        list.set_name("2026").unwrap();
        for (at, name) in ["Phone", "Date", "What happened"].into_iter().enumerate() {
            list.write(0, u16::try_from(at).unwrap(), name).unwrap();
            list.write(1, u16::try_from(at).unwrap(), "x").unwrap();
        }
        let bytes = book.save_to_buffer().unwrap();
        let table = Table::read(bytes.clone(), &Reading::default()).unwrap();
        assert_eq!(table.sheet.as_deref(), Some("2026"));
        assert!(table.notes[0].contains("Read me"));
        let reading = Reading {
            sheet: Some("Read me".into()),
            ..Reading::default()
        };
        assert_eq!(
            Table::read(bytes.clone(), &reading)
                .unwrap()
                .records()
                .count(),
            50
        );
        let reading = Reading {
            sheet: Some("2025".into()),
            ..Reading::default()
        };
        assert!(matches!(
            Table::read(bytes, &reading),
            Err(ImportError::NoSheet { .. })
        ));
    }

    #[test]
    fn a_bomb_is_refused_before_it_goes_off() {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file(
            "xl/worksheets/sheet1.xml",
            zip::write::SimpleFileOptions::default(),
        )
        .unwrap();
        zip.write_all(&vec![b' '; 3 << 20]).unwrap();
        let bytes = zip.finish().unwrap().into_inner();
        assert!(bytes.len() < 100_000);
        assert!(check_unpacked(&bytes, 4 << 20).is_ok());
        assert!(matches!(
            check_unpacked(&bytes, 2 << 20),
            Err(ImportError::TooBig { .. })
        ));
    }

    #[test]
    fn an_old_workbook_with_two_cells_far_apart_is_refused() {
        assert_eq!(cells(compound::tests::list()), [["639981234", "2.5"]]);
        let far = Table::read(compound::tests::far_apart(), &Reading::default());
        assert!(matches!(far, Err(ImportError::TooBig { .. })));
    }

    #[test]
    fn a_sheet_that_repeats_its_cells_without_end_is_refused() {
        let cell = "<table:table-cell table:number-columns-repeated=\"16000\" office:value-type=\"string\"><text:p>x</text:p></table:table-cell>";
        let row = format!("<table:table-row>{cell}</table:table-row>");
        let book = |content: &str| {
            let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
            let options = zip::write::SimpleFileOptions::default();
            zip.start_file("mimetype", options).unwrap();
            zip.write_all(b"application/vnd.oasis.opendocument.spreadsheet")
                .unwrap();
            zip.start_file("META-INF/manifest.xml", options).unwrap();
            zip.write_all(b"<manifest:manifest/>").unwrap();
            zip.start_file("content.xml", options).unwrap();
            write!(zip, "<office:document-content><office:body><office:spreadsheet><table:table table:name=\"a\">{content}</table:table></office:spreadsheet></office:body></office:document-content>").unwrap();
            zip.finish().unwrap().into_inner()
        };
        let bytes = book(&row.repeat(1000));
        assert!(bytes.len() < 10_000);
        assert!(matches!(
            Table::read(bytes, &Reading::default()),
            Err(ImportError::TooBig { .. })
        ));
        // A reader would wait without end for the end of this one.
        let open = book(&format!("{row}<table:table-row>"));
        assert!(matches!(
            Table::read(open, &Reading::default()),
            Err(ImportError::Damaged { .. })
        ));
        let few = Table::read(book(&row), &Reading::default()).unwrap();
        assert_eq!((few.encoding, few.records().count()), ("ODS", 1));
    }

    #[test]
    fn what_only_looks_like_a_workbook_is_refused() {
        let mut book = Workbook::new();
        book.add_worksheet().write(0, 0, "Phone").unwrap();
        let whole = book.save_to_buffer().unwrap();
        for end in [8, whole.len() / 2, whole.len() - 30] {
            assert!(Table::read(whole[..end].to_vec(), &Reading::default()).is_err());
        }
        let ole = [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(), &[0; 600]].concat();
        assert!(Table::read(ole, &Reading::default()).is_err());
        assert!(matches!(
            Table::read(
                Workbook::new().save_to_buffer().unwrap(),
                &Reading::default()
            ),
            Err(ImportError::Empty | ImportError::Damaged { .. })
        ));
    }
}
