//! `block` and `drop`: out of sight, by one's own decision. It stays with the profile: nobody is told,
//! and the node carries all the same.

use crate::exit::CliError;
use crate::globals::Globals;
use crate::home::Profile;
use crate::output;
use crate::session::{Session, decided, names, organisation};
use parasol_protocol::area::Area;
use parasol_protocol::client::Federation;
use parasol_protocol::ids::OrganisationKey;
use parasol_protocol::record::vouch::Topic;
use parasol_protocol::trust::Counting;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// What may be asked of an organisation: a kind of record, and its area.
type Asked = (Topic, Option<Area>);

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
    let (gone, less) = lost(&before, &now, federation);
    let (back, more) = lost(&now, &before, federation);
    if globals.json {
        output::json(&json!({
            "organisation": name,
            "decision": decision.word(),
            "in_force": !args.undo,
            "before": was,
            "out_of_sight": gone,
            "less_in_sight": less,
            "back_in_sight": back,
            "more_in_sight": more,
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
            "Out of sight now, whatever is asked: {}. Your node goes on carrying it; to bring it back: parasol {} {name} --undo",
            gone.join(", "),
            if decision == Decision::Block {
                "block"
            } else {
                "drop"
            },
        ));
    }
    for (names, said) in [
        (less, "Out of sight for some kinds of record or areas"),
        (back, "Back in sight"),
        (more, "Back in sight for some kinds of record or areas"),
    ] {
        if !names.is_empty() {
            output::text(&format!("{said}: {}.", names.join(", ")));
        }
    }
    Ok(())
}

/// In which questions each organisation of the charter counts: a kind of record, and no area or one
/// that some vouch is limited to. Others make no difference.
fn in_sight(session: &Session) -> BTreeMap<OrganisationKey, BTreeSet<Asked>> {
    let federation = &session.federation;
    let directory = federation.directory();
    let scopes = || directory.vouches().map(|v| &v.vouch.scope);
    let areas: BTreeSet<&Area> = scopes().flat_map(|scope| &scope.areas).collect();
    let areas = || [None].into_iter().chain(areas.iter().copied().map(Some));
    let mut counting = Counting::new(directory, session.local.clone(), federation.today());
    let mut all: BTreeMap<OrganisationKey, BTreeSet<Asked>> = BTreeMap::new();
    for member in federation.members() {
        for topic in Topic::ALL {
            for area in areas() {
                if counting.of(&member.key, topic, area).is_some() {
                    let asked = (topic, area.cloned());
                    all.entry(member.key).or_default().insert(asked);
                }
            }
        }
    }
    all
}

/// Who counts in fewer questions than before: in none any more, or in some still.
fn lost(
    before: &BTreeMap<OrganisationKey, BTreeSet<Asked>>,
    now: &BTreeMap<OrganisationKey, BTreeSet<Asked>>,
    federation: &Federation,
) -> (Vec<String>, Vec<String>) {
    let (mut all, mut some) = (Vec::new(), Vec::new());
    for (key, asked) in before {
        match now.get(key) {
            None => all.push(federation.name(key)),
            Some(left) if !asked.is_subset(left) => some.push(federation.name(key)),
            Some(_) => {}
        }
    }
    (all, some)
}
