//! `second`: confirm a report from your organisation's own knowledge.

use super::report::{language, words};
use super::translate::{WhichArgs, attach};
use crate::exit::CliError;
use crate::globals::Globals;
use crate::session::Session;
use parasol_protocol::client::Attachment;

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct SecondArgs {
    /// Which report.
    #[command(flatten)]
    pub which: WhichArgs,
    /// What your organisation adds
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
    /// The language of the text, as fr [default: the profile's]
    #[arg(long, value_name = "LANG")]
    pub lang: Option<String>,
}

/// Does it.
///
/// # Errors
/// If the report is not known here or one's own, or it could not be published.
pub fn run(args: &SecondArgs, globals: &Globals) -> Result<(), CliError> {
    let session = Session::open(globals)?;
    let lang = language(args.lang.as_deref(), &session)?;
    let words = match args.text.as_deref() {
        Some(text) => words(text, lang)?,
        None => None,
    };
    let kept = args.which.find(&session)?;
    attach(
        &session,
        globals,
        &Attachment::Second(words),
        kept.grip(),
        "Confirmation added",
    )
}
