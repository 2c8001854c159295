//! What can go wrong, what is worth saying though it went well, and what is an alarm.

use super::ask::Unanswered;
use crate::cbor::Malformed;
use crate::ids::RecordId;
use crate::oprf::KeyName;
use crate::seal::{AttachmentError, SealError};
use crate::time::{Day, Season};
use crate::wire::Again;
use crate::wire::client::Missing;
use crate::wire::peer::Refusal;
use core::fmt;

/// A keyholder whose evaluation is lacking, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MissingKeyholder {
    /// The organisation's short name.
    pub organisation: String,
    /// `None`: it answered, and wrongly.
    pub why: Option<Missing>,
}

impl fmt::Display for MissingKeyholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.why {
            None => "answered wrongly",
            Some(Missing::Unreachable) => "cannot be reached",
            Some(Missing::Refused(Refusal::Quota(again))) => {
                return write!(f, "{} can be asked again {again}", self.organisation);
            }
            Some(Missing::Refused(why)) => {
                return write!(f, "{} refused ({})", self.organisation, why.code());
            }
        };
        write!(f, "{} {why}", self.organisation)
    }
}

/// Why an operation failed. No message ever repeats a handle.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The home node gave no answer.
    #[error(
        "the home node does not answer; check that it runs and that its address in the profile is right, then try again"
    )]
    Unreachable,
    /// The home node answered with an error.
    #[error("the home node refused ({status}): {body}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What stood with it, cut to a length that can be shown.
        body: String,
    },
    /// The home node's answer is not what must come.
    #[error(
        "the home node's answer to {path} cannot be understood ({why}); it may run another version"
    )]
    Answer {
        /// What was asked.
        path: &'static str,
        /// What is wrong with it.
        why: Malformed,
    },
    /// The home node's answer has no end.
    #[error(
        "the home node's answer to {path} does not end; tell who runs it, and use another node of your organisation if it has one"
    )]
    Endless {
        /// What was asked.
        path: &'static str,
    },
    /// Not enough keyholders gave evaluations that hold.
    #[error(
        "{have} of the {need} keyholders that it takes answered{}; try again when more of them are up",
        list(missing)
    )]
    TooFewKeyholders {
        /// Keyholders that answered rightly.
        have: usize,
        /// The threshold.
        need: usize,
        /// Those that did not.
        missing: Vec<MissingKeyholder>,
    },
    /// What the organisation may ask in a day is used up at too many keyholders.
    #[error(
        "what your organisation may ask of the keyholders in a day is used up; it can be asked again {again}"
    )]
    Quota {
        /// Keyholders that answered rightly.
        have: usize,
        /// The threshold.
        need: usize,
        /// Those that did not.
        missing: Vec<MissingKeyholder>,
        /// When enough of them can be asked again.
        again: Again,
    },
    /// No other organisation's node could be asked.
    #[error(
        "no other organisation's node answers, and the home node alone must not be asked, since it would learn what is looked up; try again later"
    )]
    NoSource,
    /// The certificate has no such key.
    #[error("the federation has no key {0} now: choose another expiry")]
    NoKey(KeyName),
    /// The report would live too long, or not at all.
    #[error("the last day must lie between {first} and {last}; choose one of these")]
    Expiry {
        /// The first that may be.
        first: Day,
        /// The last that may be.
        last: Day,
    },
    /// Nothing, or too much at once.
    #[error("{got} {what} at once; give between 1 and {most}")]
    Count {
        /// Of what.
        what: &'static str,
        /// How many there were.
        got: usize,
        /// How many there may be.
        most: usize,
    },
    /// The report cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The attachment cannot be sealed.
    #[error(transparent)]
    Attachment(#[from] AttachmentError),
    /// An organisation confirms its own report.
    #[error(
        "the report is your own organisation's; only another organisation's word makes it a second"
    )]
    OwnSecond,
    /// The home node would not publish the record.
    #[error("the home node did not publish it ({code}): {message}")]
    NotPublished {
        /// A stable word.
        code: String,
        /// Its reason.
        message: String,
    },
    /// Something that cannot be: the caller mixed two operations up, or a dependency failed.
    #[error("an internal step failed: {0}; please report this")]
    Internal(&'static str),
}

fn list(missing: &[MissingKeyholder]) -> String {
    if missing.is_empty() {
        return String::new();
    }
    let parts: Vec<String> = missing.iter().map(ToString::to_string).collect();
    format!(" ({})", parts.join(", "))
}

impl Error {
    /// Whether keyholders said that they have no shares of the epoch that was asked for: fetch the
    /// directory again, and if its certificate is a later one, begin again.
    pub fn is_behind(&self) -> bool {
        let other = Some(Missing::Refused(Refusal::OtherEpoch));
        match self {
            Error::TooFewKeyholders { missing, .. } => missing.iter().any(|one| one.why == other),
            _ => false,
        }
    }

    /// A name for it that never changes, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Error::Unreachable => "unreachable",
            Error::Refused { .. } => "refused",
            Error::Answer { .. } => "bad-answer",
            Error::Endless { .. } => "endless-answer",
            Error::TooFewKeyholders { .. } => "too-few-keyholders",
            Error::Quota { .. } => "quota",
            Error::NoSource => "no-source",
            Error::NoKey(_) => "no-key",
            Error::Expiry { .. } => "expiry",
            Error::Count { .. } => "count",
            Error::Seal(_) => "seal",
            Error::Attachment(_) => "attachment",
            Error::OwnSecond => "own-second",
            Error::NotPublished { .. } => "not-published",
            Error::Internal(_) => "internal",
        }
    }
}

impl From<Unanswered> for Error {
    fn from(why: Unanswered) -> Self {
        match why {
            Unanswered::Unreachable => Error::Unreachable,
            Unanswered::Status { status, body } => Error::Refused {
                status,
                body: String::from_utf8_lossy(body.get(..2048).unwrap_or(&body)).into_owned(),
            },
        }
    }
}

/// Worth telling, though the operation went on.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Warning {
    /// An evaluation in a keyholder's name does not hold; another was asked.
    WrongKeyholder {
        /// The organisation's short name.
        organisation: String,
    },
    /// An organisation's node did not answer a look-up; another was asked.
    SourceFailed {
        /// The organisation's short name.
        organisation: String,
    },
    /// Only one organisation could be asked.
    OneSource {
        /// The organisation's short name.
        organisation: String,
    },
    /// There was more in the bucket than an answer holds.
    Cut {
        /// The organisation's short name.
        organisation: String,
    },
    /// What expires in a season could not be looked at.
    Season {
        /// Which one.
        season: Season,
    },
    /// A node has not got a report of these days that another one has.
    NotYet {
        /// Who lacks it, by short name.
        organisation: String,
        /// Who served it, by short name.
        served_by: String,
    },
}

impl Warning {
    /// A name for it that never changes, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Warning::WrongKeyholder { .. } => "wrong-keyholder",
            Warning::SourceFailed { .. } => "source-failed",
            Warning::OneSource { .. } => "one-source",
            Warning::Cut { .. } => "cut",
            Warning::Season { .. } => "season-missing",
            Warning::NotYet { .. } => "not-yet",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::WrongKeyholder { organisation } => write!(
                f,
                "the evaluation in {organisation}'s name does not hold and was not used: tell {organisation}; its node or the home node is at fault"
            ),
            Warning::SourceFailed { organisation } => {
                write!(
                    f,
                    "{organisation}'s node did not answer; another organisation's was asked if there is one"
                )
            }
            Warning::OneSource { organisation } => write!(
                f,
                "only {organisation}'s node could be asked: if it leaves a report out, nobody notices; ask again when another organisation is up"
            ),
            Warning::Cut { organisation } => write!(
                f,
                "{organisation}'s answer had no room for all reports of this part of the list; to see more, ask for more parts of it (--parts 4)"
            ),
            Warning::Season { season } => write!(
                f,
                "reports that expire from {} to {} could not be looked at, whatever is in them: too few keyholders answer with the keys of that time. As many of them as it takes may have said that it is over. If that day has not passed, tell your organisation: somebody's clock is wrong, or somebody wants it so",
                season.first_day(),
                season.last_day()
            ),
            Warning::NotYet {
                organisation,
                served_by,
            } => write!(
                f,
                "{organisation}'s node does not have a report of these days that {served_by}'s node serves; it may still be on its way. If it is so tomorrow, tell both organisations"
            ),
        }
    }
}

/// Something that may be an attack.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Alarm {
    /// One organisation's node served reports that another's left out.
    LeftOut {
        /// Who left them out, by short name.
        organisation: String,
        /// Who served them, by short name.
        served_by: String,
        /// The reports.
        reports: Vec<RecordId>,
        /// Whether one of them is about what was asked.
        about_asked: bool,
    },
    /// One organisation's node serves reports that were taken back.
    StillServed {
        /// Who serves them, by short name.
        organisation: String,
        /// Who has the retractions, by short name.
        taken_back_at: String,
        /// The reports.
        reports: Vec<RecordId>,
    },
}

impl Alarm {
    /// A name for it that never changes, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Alarm::LeftOut { .. } => "left-out",
            Alarm::StillServed { .. } => "still-served",
        }
    }
}

impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Alarm::LeftOut {
                organisation,
                served_by,
                reports,
                about_asked,
            } => {
                let what = if *about_asked {
                    ", what you asked about among them"
                } else {
                    ""
                };
                write!(
                    f,
                    "{organisation}'s node left out {} that {served_by}'s node serves{what}. Ask again; if it lasts, tell both organisations",
                    count(reports)
                )
            }
            Alarm::StillServed {
                organisation,
                taken_back_at,
                reports,
            } => write!(
                f,
                "{organisation}'s node still serves {} that was taken back, as {taken_back_at}'s node shows; it is not shown here. If it lasts, tell both organisations",
                count(reports)
            ),
        }
    }
}

fn count(reports: &[RecordId]) -> String {
    match reports.len() {
        1 => "a report".to_owned(),
        n => format!("{n} reports"),
    }
}
