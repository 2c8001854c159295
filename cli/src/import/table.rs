//! Bytes → a table: text with separators, or a sheet of a workbook, behind one iterator.
//!
//! A table keeps its text once and splits it again on every pass, so that 200,000 rows cost the
//! size of the file and not that of as many small strings. A sheet is turned into such text too.

use super::encoding;
use super::error::ImportError;
use super::separated::{self, Records};
use super::workbook;
use std::path::Path;

/// The largest file that is read, in bytes.
pub const MAX_FILE: u64 = 200 * 1024 * 1024;
/// Columns that are read; what stands further right is left out.
pub const MAX_COLUMNS: usize = 256;

/// What a mapping file may fix about reading, so that it is not guessed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The encoding's name.
    pub encoding: Option<String>,
    /// The separator between cells.
    pub separator: Option<char>,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
}

/// One row as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Record {
    /// The line or sheet row it begins on, from 1.
    pub line: usize,
    /// Its cells, trimmed.
    pub cells: Vec<String>,
}

impl Record {
    /// Whether no cell holds anything.
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(String::is_empty)
    }
    /// The cell at `index`, or nothing.
    pub fn cell(&self, index: usize) -> &str {
        self.cells.get(index).map_or("", String::as_str)
    }
}

/// A file that has been read, not yet understood.
#[derive(Debug)]
pub struct Table {
    pub(super) text: String,
    pub(super) separator: u8,
    /// Of a workbook: rows are counted, not lines.
    pub(super) is_sheet: bool,
    pub(super) skip_lines: usize,
    pub(super) width: usize,
    /// The encoding, or the kind of spreadsheet.
    pub encoding: &'static str,
    /// The sheet it comes from.
    pub sheet: Option<String>,
    /// What a reader should know about how it was read.
    pub notes: Vec<String>,
}

impl Table {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// If it cannot be opened, is too large, or is no table.
    pub fn open(path: &Path, reading: &Reading) -> Result<Self, ImportError> {
        let unreadable = |source| ImportError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let size = std::fs::metadata(path).map_err(unreadable)?.len();
        check_size(size)?;
        Self::read(std::fs::read(path).map_err(unreadable)?, reading)
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    ///
    /// If they are empty, too many, or no table.
    pub fn read(bytes: Vec<u8>, reading: &Reading) -> Result<Self, ImportError> {
        check_size(bytes.len() as u64)?;
        if workbook::is_workbook(&bytes) {
            return workbook::read(bytes, reading.sheet.as_deref());
        }
        let decoded = encoding::decode(&bytes, reading.encoding.as_deref())?;
        drop(bytes);
        let mut notes = Vec::new();
        if decoded.damaged {
            notes.push(format!(
                "some characters could not be read as {}; they stand as \u{fffd}",
                decoded.encoding
            ));
        }
        let (said, skip_lines) = separated::said_on_first_line(&decoded.text);
        let separator = match reading
            .separator
            .and_then(|c| u8::try_from(c).ok())
            .or(said)
        {
            Some(byte) => byte,
            None => separated::guess(&decoded.text),
        };
        let width = separated::width(&decoded.text, separator);
        Ok(Self {
            text: decoded.text,
            separator,
            is_sheet: false,
            skip_lines,
            width,
            encoding: decoded.encoding,
            sheet: None,
            notes,
        })
    }

    /// The separator, if it is a text file of more than one column.
    pub fn separator(&self) -> Option<char> {
        (!self.is_sheet && self.separator != separated::NONE).then_some(char::from(self.separator))
    }

    /// All rows, the blank ones and the titles included.
    pub fn records(&self) -> Records<'_> {
        Records::new(self)
    }
}

fn check_size(size: u64) -> Result<(), ImportError> {
    if size == 0 {
        return Err(ImportError::Empty);
    }
    if size > MAX_FILE {
        return Err(ImportError::TooBig {
            found: size >> 20,
            limit: MAX_FILE >> 20,
        });
    }
    Ok(())
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

    fn read(text: &str) -> Table {
        Table::read(text.as_bytes().to_vec(), &Reading::default()).unwrap()
    }

    #[test]
    fn the_mapping_may_name_the_separator() {
        let reading = Reading {
            separator: Some('|'),
            ..Reading::default()
        };
        let table = Table::read(b"a;b|c\n1;2|3\n".to_vec(), &reading).unwrap();
        assert_eq!(table.records().next().unwrap().cells, ["a;b", "c"]);
    }

    #[test]
    fn a_file_over_the_limit_and_an_empty_one_are_refused() {
        assert!(matches!(
            check_size(MAX_FILE + 1),
            Err(ImportError::TooBig { limit: 200, .. })
        ));
        assert!(matches!(check_size(0), Err(ImportError::Empty)));
    }

    #[test]
    fn rows_know_their_line() {
        let table = read("phone;text\n1;\"two\nlines\"\n\n3;x\n");
        let lines: Vec<_> = table.records().map(|r| r.line).collect();
        assert_eq!(lines, [1, 2, 5]);
    }
}
