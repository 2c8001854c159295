//! `drafts`: reports that were written and not sent yet.

use super::report::send;
use crate::exit::CliError;
use crate::globals::Globals;
use crate::keep::Keep;
use crate::output;
use crate::session::Session;
use serde_json::{Value, json};

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct DraftsArgs {
    /// What to do with them; without it they are listed
    #[command(subcommand)]
    pub what: Option<What>,
}

/// What can be done with drafts.
#[derive(clap::Subcommand, Clone, Copy, Debug)]
pub enum What {
    /// Send them all
    Send,
    /// Throw them all away
    Drop,
}

/// Does it.
///
/// # Errors
/// If a draft cannot be read, or one could not be sent.
pub fn run(args: &DraftsArgs, globals: &Globals) -> Result<(), CliError> {
    let (home, profile) = globals.open_profile()?;
    let keep = Keep::new(home.clone(), profile.name.clone());
    let drafts = keep.drafts()?;
    match args.what {
        None => {
            let list: Vec<Value> = drafts
                .iter()
                .map(|(path, draft)| {
                    json!({
                        "file": path.display().to_string(),
                        "level": draft.particulars.summary.level.name(),
                        "handles": draft.particulars.handles.len(),
                        "expires": draft.expires.to_string(),
                        "sealed": draft.is_sealed(),
                    })
                })
                .collect();
            if globals.json {
                output::json(&json!({ "drafts": list }));
            } else if drafts.is_empty() {
                output::text("no drafts: everything was sent");
            } else {
                for (path, draft) in &drafts {
                    output::text(&format!(
                        "{}  handles: {}  until {}  {}",
                        draft.particulars.summary.level.name(),
                        draft.particulars.handles.len(),
                        draft.expires,
                        path.display()
                    ));
                }
                output::text("send them with: parasol drafts send");
            }
            Ok(())
        }
        Some(What::Drop) => {
            for (path, _) in &drafts {
                keep.drop_draft(path)?;
            }
            done(globals, "dropped", drafts.len(), &[]);
            Ok(())
        }
        Some(What::Send) => {
            let session = Session::with(home, profile)?;
            let (mut ids, mut first) = (Vec::new(), None);
            for (path, draft) in drafts {
                match send(&session, draft) {
                    Ok(receipt) => {
                        ids.push(receipt.id().to_string());
                        session.keep.drop_draft(&path)?;
                    }
                    Err(why) => {
                        eprintln!("{}: {why}", path.display());
                        first.get_or_insert(why);
                    }
                }
            }
            done(globals, "sent", ids.len(), &ids);
            first.map_or(Ok(()), Err)
        }
    }
}

fn done(globals: &Globals, what: &str, count: usize, ids: &[String]) {
    if globals.json {
        output::json(&json!({ what: count, "ids": ids }));
    } else {
        output::text(&format!("{count} drafts {what}"));
        for id in ids {
            output::text(&format!("  id {id}"));
        }
    }
}
