//! `block` and `drop`: out of sight, by one's own decision. It stays with the profile: nobody is told,
//! and the node carries all the same.

use crate::exit::CliError;
use crate::globals::Globals;
use crate::home::Profile;
use crate::output;
use crate::session::{Session, decided, names, organisation};
use parasol_protocol::ids::OrganisationKey;
use parasol_protocol::trust::{Question, counted};
use serde_json::json;
use std::collections::BTreeSet;

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct SightArgs {
    /// Which organisation: its short name or its root key
    #[arg(value_name = "ORGANISATION")]
    pub organisation: String,
    /// Bring it back into sight
    #[arg(long)]
    pub undo: bool,
}

/// What is decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// Neither its word nor its vouches count.
    Block,
    /// Nothing of it is shown; whom it vouches for stays.
    Drop,
}

impl Decision {
    fn list(self, profile: &mut Profile) -> &mut Vec<String> {
        match self {
            Self::Block => &mut profile.blocked,
            Self::Drop => &mut profile.dropped,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Block => "blocked",
            Self::Drop => "dropped",
        }
    }
}

/// Decides so, or takes the decision back.
///
/// # Errors
/// If there is no such organisation, it is one's own, or the profile cannot be written.
pub fn run(decision: Decision, args: &SightArgs, globals: &Globals) -> Result<(), CliError> {
    let session = Session::open(globals)?;
    let federation = &session.federation;
    let key = organisation(federation, &args.organisation).ok_or_else(|| {
        CliError::input(
            "unknown-organisation",
            format_args!("no organisation here is called {}", args.organisation),
        )
        .next(format_args!(
            "give a root key, or one of: {}",
            names(federation)
        ))
    })?;
    let name = federation.name(&key);
    if key == *federation.organisation() {
        return Err(CliError::input(
            "own-organisation",
            format_args!("{name} is your own organisation: its reports are always in sight"),
        ));
    }
    let before = in_sight(&session);
    let mut profile = session.profile.clone();
    let list = decision.list(&mut profile);
    let of_it = |named: &String| decided(federation, named).contains(&key);
    let was = list.iter().any(of_it);
    list.retain(|named| !of_it(named));
    if !args.undo {
        list.push(key.to_string());
    }
    session.keep.home().save(&profile)?;
    let after = Session::with(session.keep.home().clone(), profile)?;
    let now = in_sight(&after);
    let (gone, back): (Vec<_>, Vec<_>) = (
        before
            .difference(&now)
            .map(|k| federation.name(k))
            .collect(),
        now.difference(&before)
            .map(|k| federation.name(k))
            .collect(),
    );
    if globals.json {
        output::json(&json!({
            "organisation": name,
            "decision": decision.word(),
            "in_force": !args.undo,
            "before": was,
            "out_of_sight": gone,
            "back_in_sight": back,
        }));
        return Ok(());
    }
    output::text(&match (args.undo, was) {
        (false, _) => format!("{name} is {} here.", decision.word()),
        (true, true) => format!("{name} is no longer {} here.", decision.word()),
        (true, false) => format!(
            "{name} was not {} here; nothing is changed.",
            decision.word()
        ),
    });
    if !gone.is_empty() {
        output::text(&format!(
            "Out of sight now, reports and all else that names no area: {}. Your node goes on carrying it; to bring it back: parasol {} {name} --undo",
            gone.join(", "),
            if decision == Decision::Block {
                "block"
            } else {
                "drop"
            },
        ));
    }
    if !back.is_empty() {
        output::text(&format!("Back in sight: {}.", back.join(", ")));
    }
    Ok(())
}

/// Whose reports are shown, as far as they name no area.
fn in_sight(session: &Session) -> BTreeSet<OrganisationKey> {
    let federation = &session.federation;
    let all = counted(
        federation.directory(),
        &session.local,
        &Question::REPORTS,
        federation.today(),
    );
    all.into_keys().collect()
}
