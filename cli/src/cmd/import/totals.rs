//! What became of the rows of a list, and how it is told.

use crate::exit::CliError;
use crate::import::{Outcome, Row};
use crate::output;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

/// What became of the rows. Their number is that of all others together, always.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    pub(super) rows: usize,
    pub(super) published: usize,
    pub(super) kept: usize,
    pub(super) duplicates: usize,
    pub(super) rejected: usize,
    pub(super) warnings: usize,
    /// Of the published ones, those of an earlier run that was cut off.
    pub(super) earlier: usize,
    pub(super) by_warning: BTreeMap<&'static str, (usize, String)>,
    pub(super) by_reason: BTreeMap<String, usize>,
}

impl Totals {
    pub(super) fn count(&mut self, row: &Row) {
        match &row.outcome {
            Outcome::Share(_, warnings) => {
                self.warnings += warnings.len();
                for warning in warnings {
                    let entry = self.by_warning.entry(warning.code());
                    entry.or_insert_with(|| (0, warning.to_string())).0 += 1;
                }
            }
            Outcome::Keep(reason) => *self.by_reason.entry(reason.to_string()).or_default() += 1,
            Outcome::Reject(reason) => *self.by_reason.entry(reason.to_string()).or_default() += 1,
        }
    }

    pub(super) fn json(&self) -> serde_json::Value {
        let by_code: BTreeMap<&str, usize> = self
            .by_warning
            .iter()
            .map(|(code, (n, _))| (*code, *n))
            .collect();
        json!({
            "rows": self.rows,
            "published": self.published,
            "kept": self.kept,
            "duplicates": self.duplicates,
            "rejected": self.rejected,
            "warnings": self.warnings,
            "warnings_by_code": by_code,
        })
    }

    /// Whether anything of the list could be used. One of which every row was rejected is no list.
    pub(super) fn anything(&self, rejects: Option<&Path>) -> Result<(), CliError> {
        if self.rejected == 0 || self.rejected < self.rows {
            return Ok(());
        }
        let message = format!(
            "nothing was published: none of {} could go",
            output::count(self.rows, "row", "rows")
        );
        let next = match rejects {
            Some(path) => format!("{} has the reasons, row by row", path.display()),
            None => "add --rejects FILE to get the rows, each with its reason".to_owned(),
        };
        Err(CliError::input("all-rejected", message).next(format_args!(
            "{next}; --dry-run shows how the columns are understood"
        )))
    }

    pub(super) fn print(&self, published: &str, rejects: Option<&Path>) {
        let earlier = match self.earlier {
            0 => String::new(),
            n => format!(" ({n} of them before it was cut off)"),
        };
        output::text(&output::count(self.rows, "row", "rows"));
        output::text(&format!("  {:>7} {published}{earlier}", self.published));
        output::text(&format!(
            "  {:>7} kept back, as {} want{} it",
            self.kept,
            if self.kept == 1 {
                "its author"
            } else {
                "their authors"
            },
            if self.kept == 1 { "s" } else { "" }
        ));
        let were = if self.duplicates == 1 { "was" } else { "were" };
        output::text(&format!("  {:>7} {were} there already", self.duplicates));
        // A file without a row in it shows nothing.
        let file = rejects.filter(|_| self.rejected > 0);
        let file = file.map_or_else(String::new, |p| format!(", see {}", p.display()));
        output::text(&format!("  {:>7} could not go{file}", self.rejected));
        for (reason, n) in &self.by_reason {
            output::text(&format!("          {n}: {reason}"));
        }
        if self.warnings > 0 {
            let warnings = if self.warnings == 1 {
                "warning"
            } else {
                "warnings"
            };
            output::text(&format!("  {:>7} {warnings}", self.warnings));
            for (n, text) in self.by_warning.values() {
                output::text(&format!("          {n}: {text}"));
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_which_nothing_went_is_an_error_and_one_row_that_went_is_none() {
        let of = |rows, rejected| Totals {
            rows,
            rejected,
            ..Totals::default()
        };
        let why = of(3, 3).anything(None).unwrap_err();
        assert_eq!((why.kind() as u8, why.code()), (3, "all-rejected"));
        assert!(why.to_string().contains("--rejects"));
        let why = of(3, 3).anything(Some(Path::new("rej.csv"))).unwrap_err();
        assert!(why.to_string().contains("rej.csv has the reasons"));
        assert_eq!(of(3, 2).anything(None), Ok(()));
        assert_eq!(of(3, 0).anything(None), Ok(()));
    }
}
