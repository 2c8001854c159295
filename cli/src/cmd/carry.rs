//! `carry`: hands records that root keys signed elsewhere to one's node.

use super::vouch::in_force_as;
use crate::exit::CliError;
use crate::globals::Globals;
use crate::output;
use crate::rooted::read_records;
use crate::session::Session;
use parasol_protocol::directory::Directory;
use parasol_protocol::ids::RecordId;
use parasol_protocol::record::{Body, Verified};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct CarryArgs {
    /// The file that `vouch` or `revoke` wrote with --out
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// What became of the records of a file.
#[derive(Default)]
struct Report {
    carried: Vec<RecordId>,
    refused: Vec<(RecordId, CliError)>,
    /// The node may have the first of them all the same.
    not_tried: Vec<RecordId>,
}

/// Does it: each record by itself, so that one that is refused keeps none of the others back.
///
/// # Errors
/// If the file holds something else, the node refuses one of the records, or it does not answer.
pub fn run(args: &CarryArgs, globals: &Globals) -> Result<(), CliError> {
    let bytes = std::fs::read(&args.file).map_err(|why| {
        CliError::input(
            "unreadable",
            format_args!("{} cannot be read: {why}", args.file.display()),
        )
    })?;
    let session = Session::open(globals)?;
    let mut records = read_records(&bytes, &args.file, session.federation.id())?;
    // What takes a vouch back makes its number free for another one in the same file.
    records.sort_by_key(|record| matches!(record.body(), Body::Vouch(_)));
    let mut directory = session.federation.directory().clone();
    let mut report = Report::default();
    let mut ended = None;
    let mut left = records.iter();
    for record in &mut left {
        let done = match number_is_free(record, &directory, &session) {
            Ok(()) => session.offer(record.bytes()),
            taken => Ok(taken),
        };
        match done {
            Ok(Ok(())) => {
                directory.learn(record);
                report.carried.push(record.id());
            }
            Ok(Err(why)) => report.refused.push((record.id(), why)),
            Err(why) => {
                report.not_tried.push(record.id());
                ended = Some(why);
                break;
            }
        }
    }
    report.not_tried.extend(left.map(Verified::id));
    report.print(globals);
    match (ended, report.refused.len(), records.len()) {
        (Some(why), _, 1) => Err(why),
        (Some(why), _, _) => Err(why.next(
            "carry the same file again when the node answers: what it has already is not harmed",
        )),
        (None, 0, _) => Ok(()),
        (None, _, 1) => Err(report.refused.remove(0).1),
        (None, refused, all) => Err(CliError::refused(
            "some-refused",
            format_args!("{refused} of {all} records did not go in"),
        )
        .next("see above which, and why; those that went in need not be carried again")),
    }
}

/// Two vouches of one number would void each other: the second is not carried while the first is in
/// force.
fn number_is_free(
    record: &Verified,
    directory: &Directory,
    session: &Session,
) -> Result<(), CliError> {
    let Body::Vouch(vouch) = record.body() else {
        return Ok(());
    };
    let (issuer, federation) = (record.header().organisation, &session.federation);
    let other = in_force_as(directory, &issuer, vouch.number, federation.today())
        .find(|other| other.id != record.id());
    match other {
        None => Ok(()),
        Some(other) => Err(CliError::refused(
            "number-taken",
            format_args!(
                "{} has a vouch for {} with the number {} in force: two of one number would void each other",
                federation.name(&issuer),
                federation.name(&other.vouch.subject),
                vouch.number
            ),
        )
        .next("sign it anew with another number, or take that one back first with `parasol revoke`")),
    }
}

impl Report {
    fn print(&self, globals: &Globals) {
        if globals.json {
            let ids =
                |ids: &[RecordId]| -> Vec<String> { ids.iter().map(RecordId::to_string).collect() };
            let refused: Vec<Value> = self
                .refused
                .iter()
                .map(|(id, why)| json!({"id": id.to_string(), "code": why.code(), "text": why.message()}))
                .collect();
            output::json(&json!({
                "carried": ids(&self.carried),
                "refused": refused,
                "not_tried": ids(&self.not_tried),
            }));
            return;
        }
        if !self.carried.is_empty() {
            let one = self.carried.len() == 1;
            output::text(&format!(
                "Your node has {} and passes {} on.",
                output::count(self.carried.len(), "record", "records"),
                if one { "it" } else { "them" }
            ));
        }
        for (id, why) in &self.refused {
            output::text(&format!(
                "Not taken: {}: {}",
                output::short(id),
                why.message()
            ));
        }
        if !self.not_tried.is_empty() {
            let left: Vec<String> = self.not_tried.iter().map(output::short).collect();
            output::text(&format!("Not sure to be there: {}", left.join(", ")));
        }
    }
}
