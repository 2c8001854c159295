//! What becomes of a row, in words for people and codes for scripts.

use super::date::Why;
use parasol_protocol::area::Area;
use parasol_protocol::handle::{Handle, HandleError, HandleWarning};
use parasol_protocol::particulars::{Code, Level};
use parasol_protocol::time::Month;
use std::fmt;

/// A row and what becomes of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number among the rows of data, from 1.
    pub number: usize,
    /// The line or sheet row it begins on.
    pub line: usize,
    /// Its cells as they stand in the file, the reporter's too: only for
    /// [`RejectsWriter`](super::RejectsWriter), which leaves those out.
    pub original: Vec<String>,
    /// What becomes of it.
    pub outcome: Outcome,
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("number", &self.number)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

/// What becomes of a row. Every row has exactly one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It can be shared.
    Share(Entry, Vec<RowWarning>),
    /// It stays with the organisation.
    Keep(KeepReason),
    /// It cannot go as it is.
    Reject(RejectReason),
}

/// What a row says, as a report will say it.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// What one can ask by: 1 to 16, each once.
    pub handles: Vec<Handle>,
    /// How bad it was.
    pub level: Level,
    /// What happened; the gravest first, at most twelve.
    pub codes: Vec<Code>,
    /// When.
    pub month: Option<Month>,
    /// Where.
    pub area: Option<Area>,
    /// In words, with handles masked; at most 1500 bytes.
    pub text: Option<String>,
    /// The language of the text, if it is known.
    pub lang: Option<String>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Entry({} handles, {}, …)",
            self.handles.len(),
            self.level
        )
    }
}

/// Why a row stays with the organisation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum KeepReason {
    /// The person who reported does not want it shared.
    Refused,
    /// There is a column that asks her, and her answer is not there or not clear.
    ConsentUnclear,
    /// A column that nobody has said the meaning of says no.
    ColumnMayRefuse,
}

impl KeepReason {
    /// A stable name for scripts.
    pub fn code(self) -> &'static str {
        match self {
            Self::Refused => "consent-refused",
            Self::ConsentUnclear => "consent-unclear",
            Self::ColumnMayRefuse => "consent-in-doubt",
        }
    }
}

impl fmt::Display for KeepReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "the person who reported does not want it shared",
            Self::ConsentUnclear => {
                "it does not say whether the person who reported lets it be shared, so it is not"
            }
            Self::ColumnMayRefuse => {
                "a column that may refuse sharing says no: name it in the mapping (--map) to say what it means"
            }
        })
    }
}

/// Why a row cannot go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RejectReason {
    /// Nothing in it that one could ask by.
    NoHandle,
    /// What it has is no handle; the first error.
    NoGoodHandle(HandleError),
    /// A cell is longer than any list needs.
    CellTooLong {
        /// The column, from 1.
        column: usize,
    },
}

impl RejectReason {
    /// A stable name for scripts.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoHandle => "no-handle",
            Self::NoGoodHandle(_) => "no-good-handle",
            Self::CellTooLong { .. } => "cell-too-long",
        }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHandle => {
                f.write_str("there is no phone number, e-mail address, account, number plate or page address in it; add one")
            }
            Self::NoGoodHandle(error) => write!(f, "{error}"),
            Self::CellTooLong { column } => {
                write!(f, "the cell in column {column} is longer than 64 kB; shorten it")
            }
        }
    }
}

/// What is missing or changed in a row that goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RowWarning {
    /// The date is not shared.
    DateWithheld(Why),
    /// The place is no known area.
    AreaWithheld,
    /// Nothing says how bad it was.
    LevelGuessed,
    /// What says how bad it was is not understood.
    LevelUnclear,
    /// A category is not understood.
    CodeUnknown,
    /// A number may not exist.
    NumberNotValid,
    /// How a handle was read.
    HandleRead(HandleWarning),
    /// A part that is no handle.
    HandleSkipped(HandleError),
    /// More handles than a report can have.
    HandlesBeyondLimit(usize),
    /// Handles in the text.
    TextMasked(usize),
    /// The text was too long.
    TextCut,
}

impl RowWarning {
    /// A stable name for scripts.
    pub fn code(self) -> &'static str {
        match self {
            Self::DateWithheld(_) => "date-withheld",
            Self::AreaWithheld => "area-withheld",
            Self::LevelGuessed => "level-guessed",
            Self::LevelUnclear => "level-unclear",
            Self::CodeUnknown => "code-unknown",
            Self::NumberNotValid => "number-not-valid",
            Self::HandleRead(warning) => warning.code(),
            Self::HandleSkipped(_) => "handle-skipped",
            Self::HandlesBeyondLimit(_) => "handles-beyond-limit",
            Self::TextMasked(_) => "text-masked",
            Self::TextCut => "text-cut",
        }
    }
}

impl PartialOrd for RowWarning {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RowWarning {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.code(), self.to_string()).cmp(&(other.code(), other.to_string()))
    }
}

impl fmt::Display for RowWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DateWithheld(why) => write!(f, "the date is not shared: {why}"),
            Self::AreaWithheld => f.write_str(
                "the place is not shared: it is no country, region or large city that is known",
            ),
            Self::LevelGuessed => f.write_str("nothing says how bad it was; it goes as risk"),
            Self::LevelUnclear => f.write_str(
                "the level is not understood; it follows from what happened, else it is risk",
            ),
            Self::CodeUnknown => f.write_str("a category is not understood and is left out"),
            Self::NumberNotValid => {
                f.write_str("a number is in no range known to be in use; it goes all the same")
            }
            Self::HandleRead(warning) => write!(f, "{warning}"),
            Self::HandleSkipped(error) => write!(f, "a part is left out: {error}"),
            Self::HandlesBeyondLimit(n) => {
                write!(f, "{n} more handles than a report can hold are left out")
            }
            Self::TextMasked(n) => {
                if *n == 1 {
                    f.write_str("a number, address or plate in the text is masked")
                } else {
                    write!(f, "{n} numbers, addresses or plates in the text are masked")
                }
            }
            Self::TextCut => f.write_str("the text is cut after 1500 bytes"),
        }
    }
}
