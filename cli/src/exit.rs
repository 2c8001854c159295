//! How a command ends: its exit code, and what it says when it could not do what was asked.

use crate::output::tell;
use std::fmt;
use std::process::ExitCode;

/// What kind of trouble it was. Its number is the exit code, which scripts rely on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Anything else.
    Other = 1,
    /// The command line was not understood.
    Usage = 2,
    /// What was typed, or what a file holds, cannot be used.
    Input = 3,
    /// A node cannot be reached, or too few keyholders answer.
    Unreachable = 4,
    /// A node refused.
    Refused = 5,
    /// The home or the configuration cannot be used.
    Home = 7,
}

/// Why a command did not do what was asked, and what to do next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CliError {
    kind: Kind,
    code: String,
    message: String,
    next: Option<String>,
    /// In how many seconds the same can be asked again, if that is known.
    retry_after: Option<u64>,
}

impl CliError {
    /// An error with a stable word for programs and a sentence for people.
    pub fn new(kind: Kind, code: impl Into<String>, message: impl fmt::Display) -> Self {
        Self {
            kind,
            code: code.into(),
            message: message.to_string(),
            next: None,
            retry_after: None,
        }
    }

    /// Something that fits no other kind.
    pub fn other(code: impl Into<String>, message: impl fmt::Display) -> Self {
        Self::new(Kind::Other, code, message)
    }

    /// The command line asks for something that makes no sense.
    pub fn usage(code: impl Into<String>, message: impl fmt::Display) -> Self {
        Self::new(Kind::Usage, code, message)
    }

    /// What was typed, or a file's contents, cannot be used.
    pub fn input(code: impl Into<String>, message: impl fmt::Display) -> Self {
        Self::new(Kind::Input, code, message)
    }

    /// A node, or too many keyholders, cannot be reached.
    pub fn unreachable(code: impl Into<String>, message: impl fmt::Display) -> Self {
        Self::new(Kind::Unreachable, code, message)
    }

    /// A node refused.
    pub fn refused(code: impl Into<String>, message: impl fmt::Display) -> Self {
        Self::new(Kind::Refused, code, message)
    }

    /// The home or the configuration cannot be used.
    pub fn home(code: impl Into<String>, message: impl fmt::Display) -> Self {
        Self::new(Kind::Home, code, message)
    }

    /// The same with the next step to take.
    #[must_use]
    pub fn next(mut self, step: impl fmt::Display) -> Self {
        self.next = Some(step.to_string());
        self
    }

    /// The same, for something that can be asked again after so many seconds.
    #[must_use]
    pub const fn after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// In how many seconds the same can be asked again, if that is known.
    pub const fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }

    /// The kind of trouble.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The stable word for it.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The sentence for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The next step to take, if one is known.
    pub fn advice(&self) -> Option<&str> {
        self.next.as_deref()
    }

    /// The exit code.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.kind as u8)
    }

    /// Says it on standard error: in plain words, or as one line of JSON.
    pub fn print(&self, json: bool) {
        if json {
            let mut error = serde_json::json!({"code": self.code, "message": self.message});
            if let (Some(next), Some(object)) = (&self.next, error.as_object_mut()) {
                object.insert("next".into(), next.as_str().into());
            }
            if let (Some(seconds), Some(object)) = (self.retry_after, error.as_object_mut()) {
                object.insert("retry_after".into(), seconds.into());
            }
            tell!("{}", serde_json::json!({ "error": error }));
        } else {
            tell!("parasol: {self}");
        }
    }
}

/// Ends a command line that was not understood, or that asks for help.
///
/// Whether the answer is to be JSON must be found in the words themselves; those after `--exec`
/// belong to another command.
pub fn not_understood(
    error: &clap::Error,
    words: impl IntoIterator<Item = std::ffi::OsString>,
) -> ExitCode {
    use clap::error::ErrorKind;
    let asked = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    let json = words
        .into_iter()
        .take_while(|word| word != "--exec" && word != "--")
        .any(|word| word == "--json");
    if asked || !json {
        // A reader that has seen enough is no error.
        drop(error.print());
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    }
    let (code, message, next) = in_words(error);
    let mut said = CliError::usage(code, message);
    if let Some(next) = next {
        said = said.next(next);
    }
    said.print(true);
    said.exit_code()
}

/// A code, a sentence and perhaps a next step from what the argument parser says.
fn in_words(error: &clap::Error) -> (&'static str, String, Option<String>) {
    use clap::error::ErrorKind;
    let code = match error.kind() {
        ErrorKind::UnknownArgument => "unknown-argument",
        ErrorKind::InvalidSubcommand => "unknown-command",
        ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "missing-argument",
        ErrorKind::ArgumentConflict => "conflicting-arguments",
        _ => "bad-argument",
    };
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let message = "the command line does not say what to do".to_owned();
        return (code, message, Some("see --help".to_owned()));
    }
    let text = error.render().to_string();
    let mut lines = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let mut message = first.strip_prefix("error: ").unwrap_or(first).to_owned();
    let mut next = None;
    for line in lines {
        match line.strip_prefix("tip: ") {
            Some(tip) => next = Some(tip.to_owned()),
            None => message.push_str(&format!(" {line}")),
        }
    }
    (code, message, next)
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.next {
            Some(next) => write!(f, "\n  next: {next}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for CliError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_that_was_not_understood_is_told_in_one_line() {
        use clap::Parser as _;
        let said = |words: &[&str]| {
            let parsed = crate::args::Cli::try_parse_from(words);
            parsed.err().map(|e| in_words(&e))
        };
        let (code, message, next) = said(&["parasol", "chekc", "x"]).unwrap_or_default();
        assert_eq!(code, "unknown-command");
        assert!(message.contains("'chekc'"), "{message}");
        assert!(next.unwrap_or_default().contains("'check'"));
        let (code, message, _) = said(&["parasol", "check", "--bucket", "x"]).unwrap_or_default();
        assert_eq!(code, "unknown-argument");
        assert!(message.contains("'--bucket'") && !message.contains('\n'));
        let (code, message, _) = said(&["parasol", "check"]).unwrap_or_default();
        assert_eq!(code, "missing-argument");
        assert!(message.contains("HANDLE"), "{message}");
        let (code, ..) = said(&["parasol", "drafts", "send", "all"]).unwrap_or_default();
        assert_eq!(code, "unknown-argument");
    }

    #[test]
    fn an_error_says_what_and_then_what_to_do() {
        let error = CliError::input("no-country", "whose number is 0612?").next("add --country FR");
        assert_eq!(
            error.to_string(),
            "whose number is 0612?\n  next: add --country FR"
        );
        assert_eq!((error.kind() as u8, error.code()), (3, "no-country"));
    }
}
