//! `translate`: add a translation to a report. What `second` and `dispute` share is here too.

use super::check::look_up;
use super::report::{language, words};
use crate::exit::CliError;
use crate::globals::Globals;
use crate::keep::Kept;
use crate::output;
use crate::session::{Session, check_id};
use parasol_node::entropy::OsEntropy;
use parasol_protocol::client::{Attach, Attachment, Grip};
use serde_json::json;
use std::io::Read as _;

/// Which report: by its id, as `check` showed it.
#[derive(clap::Args, Clone, Debug)]
pub struct WhichArgs {
    /// The report's id, or its first characters, at least 8
    #[arg(value_name = "ID")]
    pub id: String,
    /// Look this up to get at the report, if it was not opened here in the last day
    #[arg(long, value_name = "HANDLE")]
    pub handle: Option<String>,
    /// The country of national numbers and plates in --handle [default: the profile's]
    #[arg(long, value_name = "COUNTRY")]
    pub country: Option<String>,
}

impl WhichArgs {
    /// What is kept of the report, after looking it up if a handle was given.
    ///
    /// # Errors
    /// If the report is not known here.
    pub fn find(&self, session: &Session) -> Result<Kept, CliError> {
        check_id(&self.id)?;
        let Some(typed) = &self.handle else {
            return session.keep.find(&self.id);
        };
        let country = session.country(self.country.as_deref())?;
        let (handle, _) = session.handle(typed, country)?;
        let looked = look_up(session, vec![handle], 1)?;
        let mut grips = looked
            .reports
            .values()
            .flatten()
            .filter(|f| f.id.to_string().starts_with(&self.id))
            .filter_map(|f| f.grip.clone());
        grips
            .next()
            .map(|g| Kept::Opened(Box::new(g)))
            .ok_or_else(|| {
                CliError::input(
                    "unknown-report",
                    format_args!("no report {} is found by that handle", self.id),
                )
            })
    }
}

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct TranslateArgs {
    /// Which report.
    #[command(flatten)]
    pub which: WhichArgs,
    /// The language of the translation, as ru [default: the profile's]
    #[arg(long, value_name = "LANG")]
    pub lang: Option<String>,
    /// The translation [default: read from standard input]
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
}

/// Does it.
///
/// # Errors
/// If the report is not known here, or the translation could not be published.
pub fn run(args: &TranslateArgs, globals: &Globals) -> Result<(), CliError> {
    let session = Session::open(globals)?;
    let lang = language(args.lang.as_deref(), &session)?;
    let text = match &args.text {
        Some(text) => text.clone(),
        None => {
            let mut text = String::new();
            std::io::stdin()
                .lock()
                .take(64 * 1024)
                .read_to_string(&mut text)
                .map_err(|e| CliError::input("stdin", e))?;
            text
        }
    };
    let words = words(&text, lang)?
        .ok_or_else(|| CliError::input("no-text", "there is no text in the translation"))?;
    let kept = args.which.find(&session)?;
    attach(
        &session,
        globals,
        &Attachment::Translation(words),
        kept.grip(),
        "Translation added",
    )
}

/// Adds to a report, and says so.
///
/// # Errors
/// If it could not be published.
pub fn attach(
    session: &Session,
    globals: &Globals,
    attachment: &Attachment,
    grip: &Grip,
    said: &str,
) -> Result<(), CliError> {
    let attach = Attach::new(&session.federation, attachment, grip, &mut OsEntropy)
        .map_err(|why| session.trouble(why))?;
    let id = session.carry(attach)?;
    if globals.json {
        output::json(&json!({"id": id.to_string(), "report": grip.id.to_string()}));
    } else {
        output::text(&format!(
            "{said} to report {}, as record {}",
            output::short(&grip.id),
            output::short(&id)
        ));
    }
    Ok(())
}
