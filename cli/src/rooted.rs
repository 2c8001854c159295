//! What an organisation's root key signs: reading the key, signing, and getting the record to a node.
//!
//! The root key lies offline. Whoever has it at hand signs into a file, and anybody carries the file to
//! a node; if the node can be reached from where the key is, it takes the record at once.

use crate::exit::{CliError, Kind};
use crate::fresh;
use crate::globals::Globals;
use crate::output;
use crate::root::Signing;
use crate::session::Session;
use parasol_node::setup::records_in;
use parasol_protocol::ids::FederationId;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::record::{Body, Verified};
use parasol_protocol::time::Day;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Where the root key is, and where the record goes.
#[derive(clap::Args, Clone, Debug)]
pub struct RootedArgs {
    /// The file of your organisation's root key, as `parasol org init` made it. Keep it offline
    #[arg(long, value_name = "FILE")]
    pub root: PathBuf,
    /// Write the record to a new file, to be carried to a node, instead of handing it to your node
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Signs something by a root and hands it on, in a slot of the day that nobody is known to hold.
///
/// # Errors
/// If the key is no member's, all slots are taken, something is where the file is to be, or the node refuses.
pub fn sign_and_deliver(
    session: &Session,
    args: &RootedArgs,
    root: &SecretKey,
    body: Body,
    expires: Day,
) -> Result<Delivered, CliError> {
    let federation = &session.federation;
    let organisation = root.organisation();
    if federation.charter().organisation(&organisation).is_none() {
        return Err(CliError::input(
            "not-a-member",
            format_args!("the root key {organisation} is not that of a member of the federation"),
        )
        .next("give the root key of your own organisation with --root"));
    }
    if let Some(out) = &args.out {
        // A slot would be used up for nothing.
        fresh::check_free(out)?;
    }
    let taken = federation
        .directory()
        .slots_of(&organisation, federation.today());
    let mut signing = signing(session, args, root)?.beside(taken);
    loop {
        let record = signing.sign(body.clone(), expires)?;
        if let Some(out) = &args.out {
            fresh::write(out, record.bytes())?;
            return Ok(Delivered {
                record,
                there: false,
            });
        }
        match session.carry_in(record.bytes()) {
            Ok(()) => {
                return Ok(Delivered {
                    record,
                    there: true,
                });
            }
            // One that was signed elsewhere holds it: the next.
            Err(why) if why.code() == "slot-taken" => {}
            Err(why) if why.kind() == Kind::Unreachable => {
                return Err(why.next("write the record to a file with --out FILE, and carry it to the node when it answers"));
            }
            Err(why) => return Err(why),
        }
    }
}

/// What the root signs with today, after what it has signed before.
///
/// # Errors
/// If what it has signed before cannot be read.
pub fn signing<'a>(
    session: &Session,
    args: &RootedArgs,
    root: &'a SecretKey,
) -> Result<Signing<'a>, CliError> {
    let federation = &session.federation;
    Signing::new(root, &args.root, *federation.id(), federation.today())
}

/// A record that was signed.
#[derive(Debug)]
pub struct Delivered {
    /// The record.
    pub record: Verified,
    /// Whether a node has it.
    pub there: bool,
}

impl Delivered {
    /// Says what was done.
    pub fn print(&self, said: &str, args: &RootedArgs, globals: &Globals) {
        let id = self.record.id().to_string();
        if globals.json {
            output::json(&json!({
                "id": id,
                "delivered": self.there,
                "file": args.out.as_ref().map(|p| p.display().to_string()),
                "until": self.record.header().expires.to_string(),
                "text": said,
            }));
            return;
        }
        output::text(said);
        match &args.out {
            Some(out) => output::text(&format!(
                "The record {} is in {}: carry it to a node with `parasol carry {}`.",
                output::short(&self.record.id()),
                out.display(),
                out.display()
            )),
            None => output::text(&format!(
                "Your node has the record {} and passes it on.",
                output::short(&self.record.id())
            )),
        }
    }
}

/// The records in a file: one as it is, or a list of them.
///
/// # Errors
/// If the file holds something else, or a signature does not hold.
pub fn read_records(
    bytes: &[u8],
    path: &Path,
    federation: &FederationId,
) -> Result<Vec<Verified>, CliError> {
    let bad = |why: String| {
        CliError::input(
            "bad-record",
            format_args!(
                "{} holds no record of this federation: {why}",
                path.display()
            ),
        )
        .next("give a file that `parasol vouch` or `parasol revoke` wrote")
    };
    records_in(bytes, federation).map_err(|why| bad(why.to_string()))
}
