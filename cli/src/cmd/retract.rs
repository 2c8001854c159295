//! `retract`: take a report of one's own back.

use crate::exit::CliError;
use crate::globals::Globals;
use crate::keep::Kept;
use crate::output;
use crate::session::Session;
use parasol_protocol::client::Retract;
use parasol_protocol::record::{Body, Unverified};
use serde_json::json;

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct RetractArgs {
    /// The report's id, or its first characters, at least 8
    #[arg(value_name = "ID")]
    pub id: String,
    /// Take it back in the organisation's name though its lock key is not here: it is hidden at
    /// once, and stays hidden unless the key that signed this is revoked
    #[arg(long)]
    pub as_publisher: bool,
}

/// Does it.
///
/// # Errors
/// If the report is not one's own, or the retraction could not be published.
pub fn run(args: &RetractArgs, globals: &Globals) -> Result<(), CliError> {
    let session = Session::open(globals)?;
    let federation = &session.federation;
    let (exchange, report, by_lock) = match session.keep.find(&args.id) {
        Ok(Kept::Own(receipt)) if !args.as_publisher => (
            Retract::by_lock(federation, &receipt.lock),
            receipt.id(),
            true,
        ),
        Err(why) if why.code() == "ambiguous-id" || why.code() == "bad-id" => return Err(why),
        kept => {
            let (id, lock, organisation) = match kept {
                Ok(kept) => {
                    let grip = kept.grip();
                    (grip.id, grip.lock, grip.organisation)
                }
                Err(_) => on_node(&session, &args.id)?,
            };
            // An import that was cut off may have published it and not heard of it.
            let attempt = if args.as_publisher {
                None
            } else {
                let tried = session.keep.attempts()?.remove(&lock);
                tried.and_then(|all| all.into_iter().next())
            };
            if attempt.is_none() && organisation != *federation.organisation() {
                return Err(CliError::input(
                    "not-ours",
                    format_args!(
                        "report {} is {}'s; only its author or that organisation can take it back",
                        args.id,
                        federation.name(&organisation)
                    ),
                )
                .next("object to it with `parasol dispute`, or write to that organisation"));
            }
            if attempt.is_none() && !args.as_publisher {
                return Err(CliError::input(
                    "no-lock",
                    format_args!(
                        "the profile {} does not hold the key that takes this report back",
                        session.profile.name
                    ),
                )
                .next(
                    "take it back with the profile and from the home it was filed from, or in the organisation's name with --as-publisher",
                ));
            }
            match attempt {
                Some(receipt) => (Retract::by_lock(federation, &receipt.lock), id, true),
                None => (Retract::as_publisher(federation, lock), id, false),
            }
        }
    };
    let id = session.carry(exchange)?;
    // The key stays: should the retraction be lost, it can be published again.
    if globals.json {
        output::json(&json!({
            "id": id.to_string(),
            "report": report.to_string(),
            "destroyed": by_lock,
        }));
    } else if by_lock {
        output::text(&format!(
            "Report {} is taken back: every node that hears of it destroys it.",
            output::short(&report)
        ));
    } else {
        output::text(&format!(
            "Report {} is hidden now, and expires in its time.",
            output::short(&report)
        ));
    }
    Ok(())
}

type OnNode = (
    parasol_protocol::ids::RecordId,
    parasol_protocol::ids::Lock,
    parasol_protocol::ids::OrganisationKey,
);

fn on_node(session: &Session, id: &str) -> Result<OnNode, CliError> {
    let bytes = session.record(id)?;
    let record = Unverified::parse(&bytes).map_err(|e| CliError::refused("bad-record", e))?;
    match record.claimed() {
        (header, Body::Report(report)) => Ok((
            parasol_protocol::ids::RecordId::of(&bytes),
            report.lock,
            header.organisation,
        )),
        (_, body) => Err(CliError::input(
            "not-a-report",
            format_args!("record {id} is no report but a {}", body.kind().name()),
        )),
    }
}
