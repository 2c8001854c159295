//! `drafts`: reports that were written and not sent yet.

use super::report::send;
use crate::exit::CliError;
use crate::globals::Globals;
use crate::keep::{Keep, files};
use crate::output;
use crate::session::Session;
use parasol_protocol::client::Draft;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

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
/// If the drafts cannot be listed, or one could not be sent. One that is damaged is only named.
pub fn run(args: &DraftsArgs, globals: &Globals) -> Result<(), CliError> {
    let (home, profile) = globals.open_profile()?;
    let keep = Keep::new(home.clone(), profile.name.clone());
    let (drafts, damaged) = read(&keep, &profile.name)?;
    for (path, why) in &damaged {
        eprintln!(
            "warning: the draft {} is damaged and is left out: {why}\n  next: remove the file and write the report again",
            path.display()
        );
    }
    let damaged: Vec<String> = damaged
        .iter()
        .map(|(path, _)| path.display().to_string())
        .collect();
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
                output::json(&json!({ "drafts": list, "damaged": damaged }));
            } else if drafts.is_empty() && damaged.is_empty() {
                output::text("no drafts: everything was sent");
            } else if drafts.is_empty() {
                output::text("no drafts that can be read");
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
            done(globals, "dropped", drafts.len(), &[], &damaged);
            Ok(())
        }
        Some(What::Send) => {
            let session = Session::with(home, profile)?;
            let (mut ids, mut first) = (Vec::new(), None);
            for (path, mut draft) in drafts {
                // Written while the node was down, it could not know how long reports live here.
                let life = session.federation.charter().terms().report_life;
                let last = session.federation.home_today().plus(life);
                if !draft.is_sealed() && draft.expires > last {
                    draft.expires = last;
                }
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
            done(globals, "sent", ids.len(), &ids, &damaged);
            first.map_or(Ok(()), Err)
        }
    }
}

/// The drafts of a profile, and the files that should be some and are not, with what is wrong.
#[allow(clippy::type_complexity)]
fn read(
    keep: &Keep,
    profile: &str,
) -> Result<(Vec<(PathBuf, Draft)>, Vec<(PathBuf, String)>), CliError> {
    let (mut drafts, mut damaged) = (Vec::new(), Vec::new());
    let mine = format!("{profile}.");
    for path in files(&keep.home().place("drafts")?, "draft")? {
        let name = path.file_name().and_then(|n| n.to_str());
        // A profile's name has no dot, so this is the whole of it.
        if name.is_none_or(|n| !n.starts_with(&mine)) {
            continue;
        }
        let draft = fs::read(&path)
            .map_err(|e| e.to_string())
            .and_then(|bytes| Draft::from_bytes(&bytes).map_err(|e| e.to_string()));
        match draft {
            Ok(draft) => drafts.push((path, draft)),
            Err(why) => damaged.push((path, why)),
        }
    }
    Ok((drafts, damaged))
}

fn done(globals: &Globals, what: &str, count: usize, ids: &[String], damaged: &[String]) {
    if globals.json {
        output::json(&json!({ what: count, "ids": ids, "damaged": damaged }));
    } else {
        output::text(&format!("{count} drafts {what}"));
        for id in ids {
            output::text(&format!("  id {id}"));
        }
    }
}
