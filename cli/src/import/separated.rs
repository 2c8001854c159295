//! Text with separators → rows of cells.
//!
//! The `csv` crate does the splitting. What it cannot know is that a quotation mark somebody
//! forgot to close is an accident: it would take the rest of the file for one cell. So a row
//! that spans lines and does not fit the table is read again, its first line alone, without
//! regard to quotation marks.

use super::table::{MAX_COLUMNS, Record, Table};

/// Stands for "no separator": a byte that no list has.
pub const NONE: u8 = 0x1f;
const CANDIDATES: [u8; 4] = [b';', b',', b'\t', b'|'];
const SAMPLE: usize = 64 * 1024;
const SAMPLE_ROWS: usize = 200;
/// How many rows with a stray quotation mark are repaired in one file.
const MAX_REPAIRS: usize = 10_000;

/// The separator in which the first rows agree best on how many cells they have.
pub fn guess(text: &str) -> u8 {
    let mut best = (0.0, NONE);
    for separator in CANDIDATES {
        let widths = widths(text, separator);
        let (mode, count) = mode(&widths);
        if mode < 2 {
            continue;
        }
        #[allow(clippy::cast_precision_loss)]
        let score = count as f64 / widths.len().max(1) as f64 + 0.02 * mode.min(10) as f64;
        if score > best.0 {
            best = (score, separator);
        }
    }
    best.1
}

/// The number of cells that most rows have.
pub fn width(text: &str, separator: u8) -> usize {
    mode(&widths(text, separator)).0
}

/// Spreadsheet programs write `sep=;` on the first line: the separator, and lines to skip.
pub fn said_on_first_line(text: &str) -> (Option<u8>, usize) {
    let first = text.lines().next().unwrap_or_default().trim_matches('"');
    match first.as_bytes() {
        [s, e, p, b'=', separator]
            if [s, e, p].map(u8::to_ascii_lowercase) == *b"sep" && separator.is_ascii() =>
        {
            (Some(*separator), 1)
        }
        _ => (None, 0),
    }
}

fn widths(text: &str, separator: u8) -> Vec<usize> {
    let sample = super::fold::cut(text, SAMPLE);
    let sample = match sample.rfind('\n') {
        Some(end) if sample.len() < text.len() => sample.get(..end).unwrap_or(sample),
        _ => sample,
    };
    let mut reader = reader(sample, separator, true);
    let mut record = csv::StringRecord::new();
    let mut widths = Vec::new();
    while widths.len() < SAMPLE_ROWS && reader.read_record(&mut record).unwrap_or(false) {
        if record.iter().any(|cell| !cell.trim().is_empty()) {
            widths.push(record.len());
        }
    }
    widths
}

fn mode(widths: &[usize]) -> (usize, usize) {
    let mut counts = std::collections::BTreeMap::new();
    for width in widths {
        *counts.entry(*width).or_insert(0_usize) += 1;
    }
    // Of two equally common widths the smaller one claims less.
    counts
        .into_iter()
        .rev()
        .max_by_key(|(_, count)| *count)
        .unwrap_or((0, 0))
}

fn reader(text: &str, separator: u8, quoting: bool) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .quoting(quoting)
        .from_reader(text.as_bytes())
}

/// The rows of a table, one after the other.
pub struct Records<'a> {
    table: &'a Table,
    rest: &'a str,
    reader: csv::Reader<&'a [u8]>,
    record: csv::StringRecord,
    line: usize,
    repairs: usize,
}

impl<'a> Records<'a> {
    pub(super) fn new(table: &'a Table) -> Self {
        let mut rest = table.text.as_str();
        for _ in 0..table.skip_lines {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
        }
        Self {
            table,
            rest,
            reader: reader(rest, table.separator, true),
            record: csv::StringRecord::new(),
            line: table.skip_lines + 1,
            repairs: 0,
        }
    }

    fn cells(&self, stray_quotes: bool) -> Vec<String> {
        self.record
            .iter()
            .take(MAX_COLUMNS)
            .map(|cell| {
                let cell = cell.trim();
                let cell = if stray_quotes {
                    cell.trim_matches('"').trim()
                } else {
                    cell
                };
                // A way to keep a spreadsheet program from making a number of it: ="0039…".
                let cell = cell
                    .strip_prefix("=\"")
                    .and_then(|c| c.strip_suffix('"'))
                    .unwrap_or(cell);
                cell.to_owned()
            })
            .collect()
    }

    /// Whether the row just read, whose text is `raw`, is the work of a forgotten quotation mark.
    fn swallowed(&self, raw: &str, at_end: bool) -> bool {
        let raw = raw.trim_end();
        let Some((first, rest)) = raw.split_once('\n') else {
            return false;
        };
        let second = rest.lines().next().unwrap_or_default();
        if self.table.is_sheet || self.repairs >= MAX_REPAIRS {
            return false;
        }
        let fits = |n: usize| n == self.table.width;
        if fits(self.record.len()) && well_quoted(raw, self.table.separator) {
            return false;
        }
        let unclosed = at_end && runs_on(raw, self.table.separator);
        let line_fits =
            |line: &str| fits(line.bytes().filter(|b| *b == self.table.separator).count() + 1);
        // A cell of several lines breaks its row in pieces, none of which is a row by itself.
        unclosed || (line_fits(first) && (!fits(self.record.len()) || line_fits(second)))
    }

    /// Reads the first line of what was swallowed on its own, and goes on after it.
    fn reread_first_line(&mut self, start: usize) {
        let from = self.rest.get(start..).unwrap_or_default();
        let (first, rest) = from.split_once('\n').unwrap_or((from, ""));
        let mut single = reader(first, self.table.separator, false);
        if !single.read_record(&mut self.record).unwrap_or(false) {
            self.record.clear();
        }
        self.rest = rest;
        self.reader = reader(rest, self.table.separator, true);
        self.repairs += 1;
    }
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        // The text is UTF-8 and rows may have any width, so that reading cannot fail.
        let before = usize::try_from(self.reader.position().byte()).ok()?;
        if !self.reader.read_record(&mut self.record).unwrap_or(false) {
            return None;
        }
        let after = usize::try_from(self.reader.position().byte())
            .ok()?
            .min(self.rest.len());
        let raw = self.rest.get(before..after).unwrap_or_default();
        let blank = raw.len() - raw.trim_start_matches(['\r', '\n']).len();
        let line = self.line + newlines(raw.get(..blank).unwrap_or_default());
        if self.table.is_sheet {
            let line = self.line;
            self.line += 1;
            return Some(Record {
                line,
                cells: self.cells(false),
            });
        }
        let row = raw.get(blank..).unwrap_or_default();
        if self.swallowed(row, after >= self.rest.len()) {
            self.reread_first_line(before + blank);
            self.line = line + 1;
            return Some(Record {
                line,
                cells: self.cells(true),
            });
        }
        self.line += newlines(raw);
        Some(Record {
            line,
            cells: self.cells(false),
        })
    }
}

/// Whether every quotation mark of a row stands where it should: around a whole cell, or doubled
/// within one. Then nobody forgot one, whatever the lines of its cells look like.
fn well_quoted(row: &str, separator: u8) -> bool {
    let mut bytes = row.bytes().peekable();
    let (mut quoted, mut begins) = (false, true);
    while let Some(byte) = bytes.next() {
        if byte == b'"' && quoted {
            if bytes.next_if_eq(&b'"').is_some() {
                continue;
            }
            quoted = false;
            if bytes.peek().is_some_and(|next| *next != separator) {
                return false;
            }
        } else if byte == b'"' {
            if !begins {
                return false;
            }
            quoted = true;
        }
        begins = !quoted && byte == separator;
    }
    !quoted
}

/// Whether what would follow a row would still be part of it.
fn runs_on(row: &str, separator: u8) -> bool {
    let probe = format!("{row}\nx");
    let mut reader = reader(&probe, separator, true);
    let mut record = csv::StringRecord::new();
    let mut rows = 0;
    while reader.read_record(&mut record).unwrap_or(false) {
        rows += 1;
    }
    rows < 2
}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|b| *b == b'\n').count()
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

    fn rows(text: &str) -> Vec<Vec<String>> {
        let table = Table::read(text.as_bytes().to_vec(), &Reading::default()).unwrap();
        table.records().map(|r| r.cells).collect()
    }

    #[test]
    fn every_separator_is_found_whatever_the_text_holds() {
        for (text, separator) in [
            ("a;b\n1,5;2\n3,4;4\n", b';'),
            ("a,b\n\"x;y\",2\n3,\"4;5\"\n", b','),
            ("a\tb\nx, y\t2; 3\n", b'\t'),
            ("a|b\n1|2\n", b'|'),
            ("07700 900123\n07700 900124\n", NONE),
            ("list of 2026, confidential\n\na;b;c\n1;2;3\n4;5;6\n", b';'),
        ] {
            assert_eq!(guess(text), separator, "{text}");
        }
    }

    #[test]
    fn quotes_may_hold_separators_and_line_ends() {
        assert_eq!(
            rows("a;b\r\n\"x;1\";\"two\r\nlines \"\"quoted\"\"\"\r\n2;3\r\n"),
            [
                vec!["a", "b"],
                vec!["x;1", "two\r\nlines \"quoted\""],
                vec!["2", "3"]
            ]
        );
    }

    #[test]
    fn a_forgotten_quotation_mark_costs_nobody_else_a_row() {
        let got = rows("p;t;n\n1;\"he said;4\n2;x;5\n3;\"fine\";6\n4;y;\"7\n5;z;8\n");
        assert_eq!(got.len(), 6);
        assert_eq!(got[1], ["1", "he said", "4"]);
        assert_eq!(got[2], ["2", "x", "5"]);
        assert_eq!(got[3], ["3", "fine", "6"]);
        assert_eq!(got[4], ["4", "y", "7"]);
        assert_eq!(got[5], ["5", "z", "8"]);
    }

    /// Also at the end of the file, where what follows the quotation mark is a cell of its own.
    #[test]
    fn a_cell_of_several_lines_that_are_like_rows_is_one_cell() {
        let list = "p,t,c\n1,\"rude, then\nviolent, left\",no\n2,\"a, b\nc, d\",yes\n3,\"e\nf\",";
        for text in [list.to_owned(), format!("{list}\n")] {
            let got = rows(&text);
            assert_eq!(got.len(), 4, "{got:?}");
            assert_eq!(got[1], ["1", "rude, then\nviolent, left", "no"]);
            assert_eq!(got[2], ["2", "a, b\nc, d", "yes"]);
            assert_eq!(got[3], ["3", "e\nf", ""]);
        }
        // Marks within a cell are no reason to break up one of several lines.
        let got = rows("p,t,c\n1,2,3\n4,5\" pipe,\"two\nlines\"\n6,5\" pipe and,\"two\nlines\"");
        assert_eq!(got[2], ["4", "5\" pipe", "two\nlines"]);
        assert_eq!(got[3], ["6", "5\" pipe and", "two\nlines"]);
    }

    #[test]
    fn text_disguised_as_a_formula_is_that_text() {
        assert_eq!(rows("a,b\n=\"07700900123\",x\n")[1], ["07700900123", "x"]);
    }

    #[test]
    fn a_first_line_may_name_the_separator() {
        let table = Table::read(b"sep=|\na|b\n1|2\n".to_vec(), &Reading::default()).unwrap();
        assert_eq!(table.separator(), Some('|'));
        let all: Vec<_> = table.records().collect();
        assert_eq!(all[0].cells, ["a", "b"]);
        assert_eq!(all[0].line, 2);
    }
}
