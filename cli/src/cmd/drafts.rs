//! `drafts`: reports that were written and not sent yet.

use super::report::send;
use crate::exit::CliError;
use crate::globals::Globals;
use crate::keep::{Keep, KeptDraft};
use crate::output;
use crate::output::tell;
use crate::session::Session;
use parasol_protocol::client::Draft;
use parasol_protocol::handle::{Handle, HandleKind};
use parasol_protocol::record::report::Audience;
use serde_json::{Value, json};
use std::time::SystemTime;

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
    let drafts = keep.drafts()?;
    for (path, why) in &drafts.damaged {
        tell!(
            "warning: the draft {} is damaged and is left out: {why}\n  next: remove the file and write the report again",
            path.display()
        );
    }
    let damaged: Vec<String> = drafts
        .damaged
        .iter()
        .map(|(path, _)| path.display().to_string())
        .collect();
    let drafts = drafts.whole;
    match args.what {
        None => {
            if globals.json {
                let list: Vec<Value> = drafts.iter().map(json_of).collect();
                output::json(&json!({ "drafts": list, "damaged": damaged }));
            } else if drafts.is_empty() && damaged.is_empty() {
                output::text("no drafts: everything was sent");
            } else if drafts.is_empty() {
                output::text("no drafts that can be read");
            } else {
                for kept in &drafts {
                    output::text(&text_of(kept));
                }
                output::text("send them with: parasol drafts send");
            }
            Ok(())
        }
        Some(What::Drop) => {
            for kept in &drafts {
                keep.drop_draft(&kept.path)?;
            }
            done(globals, "dropped", drafts.len(), &[], &damaged);
            Ok(())
        }
        Some(What::Send) => {
            let session = Session::with(home, profile)?;
            let (mut ids, mut first) = (Vec::new(), None);
            for KeptDraft {
                path, mut draft, ..
            } in drafts
            {
                // Written while the node was down, it could not know how long reports live here.
                let life = session.federation.charter().terms().lives.report;
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
                        tell!("{}: {why}", path.display());
                        first.get_or_insert(why);
                    }
                }
            }
            done(globals, "sent", ids.len(), &ids, &damaged);
            first.map_or(Ok(()), Err)
        }
    }
}

fn json_of(kept: &KeptDraft) -> Value {
    let summary = &kept.draft.particulars.summary;
    let codes: Vec<&str> = summary.codes.iter().map(|c| c.name()).collect();
    let handles: Vec<String> = kept.draft.particulars.handles.iter().map(masked).collect();
    json!({
        "file": kept.path.display().to_string(),
        "written": kept.written.map(written),
        "level": summary.level.name(),
        "codes": codes,
        "month": summary.month.map(|m| m.to_string()),
        "area": summary.area.as_ref().map(ToString::to_string),
        "handles": handles.len(),
        "masked": handles,
        "text": kept.draft.particulars.words.is_some(),
        "audience": audience(&kept.draft),
        "expires": kept.draft.expires.to_string(),
        "sealed": kept.draft.is_sealed(),
    })
}

/// Enough to know it again by, and not enough for whoever looks over a shoulder.
fn text_of(kept: &KeptDraft) -> String {
    let KeptDraft {
        path,
        written: at,
        draft,
    } = kept;
    let summary = &draft.particulars.summary;
    let mut head = vec![output::level(summary.level)];
    let codes: Vec<&str> = summary.codes.iter().map(|c| c.name()).collect();
    if !codes.is_empty() {
        head.push(codes.join(", "));
    }
    head.extend(summary.month.map(|m| m.to_string()));
    head.extend(summary.area.as_ref().map(ToString::to_string));
    let handles: Vec<String> = draft.particulars.handles.iter().map(masked).collect();
    let words = if draft.particulars.words.is_some() {
        "with a text"
    } else {
        "no text"
    };
    let waits = if draft.is_sealed() {
        "sealed and not published yet"
    } else {
        "not sealed yet"
    };
    [
        head.join("  "),
        format!(
            "    {}: {}; {words}",
            output::count(handles.len(), "handle", "handles"),
            handles.join("  ")
        ),
        format!(
            "    written {}, for {}, until {}; {waits}",
            at.map(written).unwrap_or_else(|| "?".to_owned()),
            audience(draft),
            draft.expires
        ),
        format!("    {}", path.display()),
    ]
    .join("\n")
}

fn audience(draft: &Draft) -> &'static str {
    match draft.audience {
        Audience::Federation => "the federation",
        Audience::Own => "your own organisation",
    }
}

/// A handle with its kind and as much of it as its author knows it again by.
fn masked(handle: &Handle) -> String {
    let text: Vec<char> = handle.canonical().chars().collect();
    let shown = match handle.kind() {
        // Numbers differ at their ends, and of a short one the end would be all of it.
        HandleKind::Phone | HandleKind::Plate => {
            let end = if text.len() >= 6 { 2 } else { 1 };
            let end: String = text.iter().skip(text.len().saturating_sub(end)).collect();
            format!("…{end}")
        }
        // Names differ at their beginnings; of an account the platform stands in front.
        HandleKind::Email | HandleKind::Account | HandleKind::Url => {
            let name = text.iter().position(|c| *c == '/').map_or(0, |at| at + 1);
            let front = match handle.kind() {
                HandleKind::Account => name + 1,
                HandleKind::Email => 1,
                _ => 4,
            };
            let front: String = text.iter().take(front).collect();
            format!("{front}…")
        }
    };
    format!("{} {shown}", handle.kind().as_str())
}

/// When a file was written, in UTC, to the minute.
fn written(at: SystemTime) -> String {
    let at = time::OffsetDateTime::from(at);
    let (date, time) = (at.date(), at.time());
    format!("{date} {:02}:{:02} UTC", time.hour(), time.minute())
}

fn done(globals: &Globals, what: &str, count: usize, ids: &[String], damaged: &[String]) {
    if globals.json {
        output::json(&json!({ what: count, "ids": ids, "damaged": damaged }));
    } else {
        output::text(&format!(
            "{} {what}",
            output::count(count, "draft", "drafts")
        ));
        for id in ids {
            output::text(&format!("  id {id}"));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_draft_is_known_by_the_ends_of_its_handles() {
        for (handle, shown) in [
            ("phone:+33639981234", "phone …34"),
            ("plate:FR/AB1", "plate …B1"),
            ("email:lea@example.org", "email l…"),
            ("account:telegram/serg_kzn", "account telegram/s…"),
            ("url:example.com/a", "url exam…"),
        ] {
            assert_eq!(masked(&Handle::from_canonical(handle).unwrap()), shown);
        }
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000);
        assert_eq!(written(at), "2026-11-18 11:06 UTC");
    }
}
