//! `revoke`: one's organisation takes vouches of its own back.

use crate::exit::CliError;
use crate::globals::Globals;
use crate::output;
use crate::root::read_root;
use crate::rooted::{RootedArgs, sign_and_deliver};
use crate::session::{Session, organisation};
use parasol_protocol::ids::{OrganisationKey, RecordId};
use parasol_protocol::limits::{MAX_AFFIRMED, MAX_REVOCATION_LIFE};
use parasol_protocol::record::Body;
use parasol_protocol::record::revocation::Revocation;

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct RevokeArgs {
    /// The organisation of which all your vouches are taken back, or the id of one vouch
    #[arg(value_name = "ORGANISATION|ID")]
    pub what: String,
    /// Only the vouch of this number, as `parasol trust explain` shows it
    #[arg(long, value_name = "N")]
    pub number: Option<u32>,
    /// The root key, and where the record goes.
    #[command(flatten)]
    pub rooted: RootedArgs,
}

/// Does it.
///
/// # Errors
/// If there is no such vouch, or the node refuses.
pub fn run(args: &RevokeArgs, globals: &Globals) -> Result<(), CliError> {
    let root = read_root(&args.rooted.root)?;
    let session = Session::open(globals)?;
    let federation = &session.federation;
    let (issuer, today) = (root.organisation(), federation.today());
    let subject = organisation(federation, &args.what);
    let wanted = args.what.trim();
    let directory = federation.directory();
    let live = directory.vouches().filter(|v| {
        v.issuer == issuer && today <= v.expires && !directory.is_taken_back(&issuer, &v.id, today)
    });
    let chosen: Vec<_> = live
        .filter(|v| args.number.is_none_or(|number| v.vouch.number == number))
        .filter(|v| match subject {
            Some(subject) => v.vouch.subject == subject,
            None => wanted.len() >= 8 && v.id.to_string().starts_with(wanted),
        })
        .collect();
    let subjects: Vec<String> = chosen
        .iter()
        .map(|v| federation.name(&v.vouch.subject))
        .collect();
    let mut ids: Vec<RecordId> = chosen.iter().map(|v| v.id).collect();
    ids.sort_unstable();
    if ids.len() > MAX_AFFIRMED {
        return Err(CliError::input(
            "too-many",
            format_args!(
                "these are {} vouches, and one record takes back {MAX_AFFIRMED}",
                ids.len()
            ),
        )
        .next("take single ones back with --number, as `parasol trust explain` shows them"));
    }
    if ids.is_empty() {
        return Err(CliError::input(
            "no-such-vouch",
            format_args!(
                "{} has no vouch for {wanted} that could be taken back",
                federation.name(&issuer)
            ),
        )
        .next("see what there is with `parasol trust explain ORGANISATION`"));
    }
    check_affirmed(&session, &issuer, &ids)?;
    let count = ids.len();
    let body = Body::Revocation(Revocation::Vouches(ids.clone()));
    let expires = today.plus(MAX_REVOCATION_LIFE);
    let done = sign_and_deliver(&session, &args.rooted, &root, body, expires)?;
    if args.rooted.out.is_none() {
        // A node says what a root stands by where that has been taken back.
        check_affirmed(&Session::open(globals)?, &issuer, &ids)?;
    }
    let said = format!(
        "{} takes back {} for {}.",
        federation.name(&issuer),
        output::count(count, "vouch", "vouches"),
        subjects.first().map_or("nobody", String::as_str)
    );
    done.print(&said, &args.rooted, globals);
    Ok(())
}

/// Whether the root stands by one of them all the same.
fn check_affirmed(
    session: &Session,
    issuer: &OrganisationKey,
    ids: &[RecordId],
) -> Result<(), CliError> {
    let directory = session.federation.directory();
    let stays = ids.iter().filter(|id| directory.is_affirmed(issuer, id));
    match stays.count() {
        0 => Ok(()),
        stays => Err(CliError::refused(
            "affirmed",
            format_args!(
                "your root has affirmed {stays} of these vouches (`org revoke --keep`): they have their effect as long as the affirmation lives, though they are taken back"
            ),
        )
        .next("to have that organisation out of your own sight meanwhile: parasol drop ORGANISATION")),
    }
}
