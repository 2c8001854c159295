//! The rows that could not go, as a list that imports again once it is corrected.
//!
//! The columns are those of the file, in their order, under headers that are sure to be
//! understood; the reporter's are left empty, and one more says what was wrong with each row. What was decided
//! for the whole file and cannot be told from a few rows (the scale of levels, the order of day
//! and month) is written into the headers.

use super::date::Order;
use super::error::ImportError;
use super::headings::{Field, heading};
use super::level::Scale;
use super::outcome::{Outcome, Row};
use super::plan::Understood;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The header of the column with the reasons. An import passes over it.
pub const REASON: &str = "parasol: reason";

/// Writes rejected rows to a file, one after the other.
pub struct RejectsWriter {
    path: PathBuf,
    writer: csv::Writer<File>,
    /// Of each column of the file, whether it is written; nothing for one that is left out.
    columns: Vec<Shown>,
    written: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Yes,
    Empty,
    /// The reasons of an earlier import.
    Dropped,
}

impl RejectsWriter {
    /// Makes the file, for its owner alone, with the headers in it.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn create(path: &Path, plan: &Understood<'_>) -> Result<Self, ImportError> {
        let unwritable = |source| ImportError::Unwritable {
            path: path.to_owned(),
            source,
        };
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(unwritable)?;
        file.write_all(b"\xef\xbb\xbf").map_err(unwritable)?;
        let columns: Vec<Shown> = plan
            .mapping
            .columns
            .iter()
            .map(|c| match c.field {
                _ if c.name == REASON => Shown::Dropped,
                Field::Reporter => Shown::Empty,
                _ => Shown::Yes,
            })
            .collect();
        let mut made = Self {
            path: path.to_owned(),
            writer: csv::Writer::from_writer(file),
            columns,
            written: 0,
        };
        let names = plan
            .mapping
            .columns
            .iter()
            .zip(&made.columns)
            .filter(|(_, shown)| **shown != Shown::Dropped);
        let names: Vec<String> = names
            .map(|(column, _)| header(plan, column.number))
            .collect();
        made.record(names.iter().map(String::as_str).chain([REASON]))?;
        Ok(made)
    }

    /// Writes a row if it is one that was rejected.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn push(&mut self, row: &Row) -> Result<(), ImportError> {
        let Outcome::Reject(reason) = &row.outcome else {
            return Ok(());
        };
        self.push_with(row, &reason.to_string())
    }

    /// Writes a row that could not go for another reason, such as one that a node gave.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn push_with(&mut self, row: &Row, reason: &str) -> Result<(), ImportError> {
        let cells: Vec<&str> = self
            .columns
            .iter()
            .enumerate()
            .filter(|(_, shown)| **shown != Shown::Dropped)
            .map(|(at, shown)| match shown {
                Shown::Yes => row.original.get(at).map_or("", String::as_str),
                _ => "",
            })
            .collect();
        self.written += 1;
        self.record(cells.into_iter().chain([reason]))
    }

    fn record<'r>(&mut self, cells: impl Iterator<Item = &'r str>) -> Result<(), ImportError> {
        let path = &self.path;
        self.writer
            .write_record(cells)
            .map_err(|e| ImportError::Unwritable {
                path: path.clone(),
                source: std::io::Error::other(e),
            })
    }

    /// Finishes the file; gives the number of rows in it.
    ///
    /// # Errors
    ///
    /// If the last of it cannot be written.
    pub fn finish(mut self) -> Result<usize, ImportError> {
        let unwritable = |source| ImportError::Unwritable {
            path: self.path.clone(),
            source,
        };
        self.writer.flush().map_err(unwritable)?;
        self.writer.get_ref().sync_all().map_err(unwritable)?;
        Ok(self.written)
    }
}

/// Writes all rejected rows of `rows` to a file; gives their number.
///
/// # Errors
///
/// If the file cannot be written.
pub fn write_rejects(
    path: &Path,
    plan: &Understood<'_>,
    rows: impl IntoIterator<Item = Row>,
) -> Result<usize, ImportError> {
    let mut writer = RejectsWriter::create(path, plan)?;
    for row in rows {
        writer.push(&row)?;
    }
    writer.finish()
}

/// The header of a column, such that an import understands it as this one did.
fn header(plan: &Understood<'_>, number: usize) -> String {
    let Some(column) = plan.mapping.columns.get(number - 1) else {
        return String::new();
    };
    let decorated = |name: &str| match (column.field, plan.mapping.scale, plan.mapping.date_order) {
        (Field::Level, Some(scale), _) if Scale::in_header(name).is_none() => {
            let (low, high) = if scale.reversed {
                ("danger", "low")
            } else {
                ("low", "danger")
            };
            format!("{name} ({} {low} - {} {high})", scale.low, scale.high)
        }
        (Field::Date, _, Some(Order::DayMonth)) if Order::in_header(name).is_none() => {
            format!("{name} (dd/mm)")
        }
        (Field::Date, _, Some(Order::MonthDay)) if Order::in_header(name).is_none() => {
            format!("{name} (mm/dd)")
        }
        _ => name.to_owned(),
    };
    let own = decorated(&column.name);
    if column.field == Field::Ignore {
        // What is not read must not be understood next time either.
        let harmless = heading(&own).is_none_or(|h| h.field == Field::Ignore);
        return if harmless && !own.is_empty() {
            own
        } else {
            format!("id {number}")
        };
    }
    if heading(&own)
        .is_some_and(|h| h.field == column.field && !h.weak && h.opt_out == column.opt_out)
    {
        return own;
    }
    decorated(match column.field {
        Field::Consent if column.opt_out => "do not share",
        Field::Account => column.platform.as_deref().unwrap_or("account"),
        Field::Reporter => "reported by",
        Field::Codes => "category",
        Field::Text => "what happened",
        field => field.name(),
    })
}
