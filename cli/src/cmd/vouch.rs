//! `vouch`: one's organisation speaks for another.

use crate::exit::CliError;
use crate::globals::Globals;
use crate::root::read_root;
use crate::rooted::{RootedArgs, sign_and_deliver, signing};
use crate::session::{Session, organisation};
use parasol_protocol::area::{Area, AreaKind};
use parasol_protocol::directory::{Directory, Vouched};
use parasol_protocol::ids::OrganisationKey;
use parasol_protocol::limits::MAX_VOUCH_AREAS;
use parasol_protocol::record::Body;
use parasol_protocol::record::vouch::{Scope, Topic, Vouch};
use parasol_protocol::time::Day;
use std::collections::BTreeSet;

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct VouchArgs {
    /// For whom: a short name, or the root key of an organisation that is not in the charter
    #[arg(value_name = "ORGANISATION")]
    pub organisation: String,
    /// How many others it may bring in
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub budget: u32,
    /// For which kinds of record alone, as report,notice [default: all]
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    pub scope: Vec<String>,
    /// For which areas alone, as FR or FR:lyon; a region stands for its listed cities too
    /// [default: everywhere]
    #[arg(long = "in", value_name = "AREA", value_delimiter = ',')]
    pub areas: Vec<String>,
    /// Its last day, as 2027-06-30 [default: a year from today, or as long as the charter lets it]
    #[arg(long, value_name = "DAY")]
    pub until: Option<Day>,
    /// Its number among your vouches: they are paid for in this order [default: the next]
    #[arg(long, value_name = "NUMBER")]
    pub number: Option<u32>,
    /// The root key, and where the record goes.
    #[command(flatten)]
    pub rooted: RootedArgs,
}

/// Does it.
///
/// # Errors
/// Says which argument cannot be, or why the node refuses.
pub fn run(args: &VouchArgs, globals: &Globals) -> Result<(), CliError> {
    let root = read_root(&args.rooted.root)?;
    let session = Session::open(globals)?;
    let issuer = root.organisation();
    let subject = subject(&session, &args.organisation)?;
    if subject == issuer {
        return Err(
            CliError::input("self-vouch", "an organisation cannot vouch for itself")
                .next("name another organisation"),
        );
    }
    let today = session.federation.today();
    let life = session.federation.charter().terms().lives.vouch;
    let expires = until(args.until, today, life)?;
    let scope = scope(args, &session)?;
    let directory = session.federation.directory();
    let next = in_force(directory, &issuer, today).map(|v| v.vouch.number.saturating_add(1));
    let next = next.max();
    // What was signed into a file may not be at the node yet.
    let signed = signing(&session, &args.rooted, &root)?;
    let free = (next.unwrap_or(0)..).find(|n| !signed.has_vouched(*n));
    let number = args.number.or(free).unwrap_or(0);
    if let Some(other) = in_force_as(directory, &issuer, number, today).next() {
        return Err(CliError::input(
            "number-taken",
            format_args!(
                "your vouch for {} has the number {number} already: two of one number would void each other",
                session.federation.name(&other.vouch.subject)
            ),
        )
        .next("leave --number out, or take that one back first with `parasol revoke`"));
    }
    let limited = scope.to_string();
    let vouch = Vouch {
        subject,
        budget: args.budget,
        number,
        scope,
    };
    let done = sign_and_deliver(&session, &args.rooted, &root, Body::Vouch(vouch), expires)?;
    let more = match args.budget {
        0 => "them alone".to_owned(),
        n => format!("them, and up to {n} more whom they may bring in"),
    };
    let said = format!(
        "{} vouches for {}: {more}, for {limited}, until {expires} (number {number}).",
        session.federation.name(&issuer),
        session.federation.name(&subject)
    );
    done.print(&said, &args.rooted, globals);
    Ok(())
}

/// The vouches of an organisation that have not ended and are not taken back.
fn in_force<'a>(
    directory: &'a Directory,
    issuer: &'a OrganisationKey,
    today: Day,
) -> impl Iterator<Item = &'a Vouched> {
    let live = directory
        .vouches()
        .filter(move |v| v.issuer == *issuer && today <= v.expires);
    live.filter(move |v| !directory.is_taken_back(issuer, &v.id, today))
}

/// Those of them that have this number: there should be one at most.
pub(super) fn in_force_as<'a>(
    directory: &'a Directory,
    issuer: &'a OrganisationKey,
    number: u32,
    today: Day,
) -> impl Iterator<Item = &'a Vouched> {
    in_force(directory, issuer, today).filter(move |v| v.vouch.number == number)
}

/// An organisation by its name here, or by a key that nobody here knows yet.
fn subject(session: &Session, named: &str) -> Result<OrganisationKey, CliError> {
    let known = organisation(&session.federation, named);
    known.or_else(|| named.trim().parse().ok()).ok_or_else(|| {
        CliError::input(
            "unknown-organisation",
            format_args!("no organisation here is called {named}, and it is no root key"),
        )
        .next(format_args!(
            "there are: {}; or give the root key of another, 64 hexadecimal characters",
            crate::session::names(&session.federation)
        ))
    })
}

/// The last day of a vouch, which lives `life` days at most.
fn until(given: Option<Day>, today: Day, life: u32) -> Result<Day, CliError> {
    let last = today.plus(life);
    let until = given.unwrap_or_else(|| today.plus(life.min(365)));
    if until < today || until > last {
        return Err(CliError::input(
            "bad-end",
            format_args!(
                "a vouch cannot end on {until}: in this federation it lasts {life} days at most"
            ),
        )
        .next(format_args!("give a day from {today} to {last}")));
    }
    Ok(until)
}

fn scope(args: &VouchArgs, session: &Session) -> Result<Scope, CliError> {
    let mut topics = BTreeSet::new();
    for word in &args.scope {
        let topic = Topic::named(word.trim()).ok_or_else(|| {
            let all: Vec<&str> = Topic::ALL.iter().map(|t| t.name()).collect();
            CliError::usage("bad-scope", format_args!("{word} is no kind of record"))
                .next(format_args!("write one or more of: {}", all.join(",")))
        })?;
        topics.insert(topic);
    }
    let cities = session.cities();
    let mut areas = BTreeSet::new();
    for typed in &args.areas {
        let area = session.area(typed, None)?;
        if area.kind() == AreaKind::Region {
            areas.extend(area.within(&cities));
        }
        areas.insert(area);
    }
    // What a country holds needs no word of its own.
    let countries: BTreeSet<Area> = areas
        .iter()
        .filter(|a| a.kind() == AreaKind::Country)
        .cloned()
        .collect();
    let held = |a: &Area| {
        a.country()
            .map(Area::of_country)
            .is_some_and(|c| countries.contains(&c))
    };
    areas.retain(|a| a.kind() == AreaKind::Country || !held(a));
    if areas.len() > MAX_VOUCH_AREAS {
        return Err(CliError::input(
            "too-many-areas",
            format_args!(
                "that is {} areas, and a vouch lists {MAX_VOUCH_AREAS} at most",
                areas.len()
            ),
        )
        .next("name countries instead of regions and cities"));
    }
    Ok(Scope { topics, areas })
}
