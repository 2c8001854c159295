//! Reading an organisation's old list: from the bytes of a file to rows that can be shared.
//!
//! Nothing here publishes, and nothing here asks the network or the clock. A file goes through
//! four steps:
//!
//! 1. [`Table::open`] makes a table of it, whatever its encoding, separator or format;
//! 2. [`understand`] finds the header and says what each column is, or takes a [`Mapping`] back
//!    that a person has edited; what was decided stands in [`Understood`], with notes in words;
//! 3. [`Understood::rows`] gives each row of data once, with what becomes of it: an [`Entry`] to
//!    share, a reason to keep it, or a reason why it cannot go;
//! 4. [`RejectsWriter`] writes those that cannot go, in a form that imports again.
//!
//! A row whose author refuses to have it shared is kept back before anything else in it is read.
//! Columns that name the person who reports are never read, and are empty in the rejects.
//!
//! | module | what it knows |
//! |---|---|
//! | `table`, `encoding`, `separated`, `workbook`, `repeats`, `compound` | bytes to rows of cells |
//! | `headings`, `heading_words`, `persons`, `content`, `header` | which row is the header, which column is what |
//! | `mapping`, `plan` | the plan, and its file |
//! | `date`, `level`, `consent`, `language`, `code`, `code_words`, `cells` | what one cell says |
//! | `row`, `outcome`, `rejects` | what one row says, and what becomes of it |
//! | `fold`, `error` | what the others share |

mod cells;
mod code;
mod code_words;
mod compound;
mod consent;
mod content;
mod date;
mod encoding;
mod error;
mod fold;
mod forms;
mod header;
mod heading_words;
mod headings;
mod language;
mod level;
mod mapping;
mod outcome;
mod persons;
mod plan;
mod rejects;
mod repeats;
mod row;
mod separated;
mod table;
mod workbook;

#[cfg(test)]
mod tests;

pub use cells::MAX_CELL;
pub use date::{Order, Why};
pub use error::ImportError;
pub use headings::Field;
pub use language::tag as language_tag;
pub use level::Scale;
pub use mapping::{Column, Mapping};
pub use outcome::{Entry, KeepReason, Outcome, RejectReason, Row, RowWarning};
pub use plan::{Options, Rows, Understood, understand};
pub use rejects::{REASON, RejectsWriter, write_rejects};
pub use row::{MAX_HANDLES, MAX_TEXT};
pub use table::{MAX_FILE, Reading, Record, Table};
