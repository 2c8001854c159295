//! `quota`: how much may be asked of the keyholders today, and what is granted beyond it.

use crate::exit::CliError;
use crate::founding::today;
use crate::globals::Globals;
use crate::output;
use crate::session::Session;
use parasol_node::grants::{Answer, WantedGrant, take_answer};
use parasol_node::keys::read_chain;
use parasol_protocol::charter::Charter;
use parasol_protocol::ids::OrganisationKey;
use parasol_protocol::limits::{MAX_GRANT, MAX_GRANT_LIFE};
use parasol_protocol::time::Day;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long the node is waited for; it looks once a second, if it runs.
const PATIENCE: Duration = Duration::from_secs(15);

/// What can be done about quotas.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum QuotaCommand {
    /// Show today's quota, what is used of it, and what is granted
    Show,
    /// Let another organisation ask for more, as for an old list: done beside your node. It counts
    /// as soon as enough keyholders have granted it
    Grant(GrantArgs),
}

/// Arguments of `quota grant`.
#[derive(clap::Args, Clone, Debug)]
pub struct GrantArgs {
    /// Your node's directory
    #[arg(value_name = "NODE_DIR")]
    pub node: PathBuf,
    /// Who may ask more: its short name or root key
    #[arg(value_name = "ORG")]
    pub to: String,
    /// How many evaluations beyond its quota, of each keyholder and under each key, in all days
    /// together; about one for each handle of the list. 0 takes back what was granted
    #[arg(long, value_name = "NUMBER")]
    pub evaluations: u32,
    /// The last day, as 2026-03-14 [default: in a week]
    #[arg(long, value_name = "DAY")]
    pub until: Option<Day>,
}

/// Does it.
///
/// # Errors
/// Says what went wrong and what to do.
pub fn run(command: &QuotaCommand, globals: &Globals) -> Result<(), CliError> {
    match command {
        QuotaCommand::Show => show(globals),
        QuotaCommand::Grant(args) => grant(args, globals),
    }
}

fn grant(args: &GrantArgs, globals: &Globals) -> Result<(), CliError> {
    let charter = read_chain(&args.node.join("charter.cbor"))
        .map_err(|e| {
            CliError::home("node-directory", e)
                .next("give the directory of your organisation's node")
        })?
        .current();
    let subject = member(&charter, &args.to)?;
    if args.evaluations > MAX_GRANT {
        return Err(CliError::usage(
            "evaluations",
            format_args!("a grant is for {MAX_GRANT} evaluations at most"),
        ));
    }
    let today = today();
    let last = today.plus(MAX_GRANT_LIFE);
    // What is taken back must not come to life again when this ends.
    let until = args.until.unwrap_or(match args.evaluations {
        0 => last,
        _ => today.plus(7),
    });
    if until < today || until > last {
        return Err(CliError::usage(
            "until",
            format_args!("the last day of a grant lies between {today} and {last}"),
        ));
    }
    let wanted = WantedGrant {
        subject,
        evaluations: args.evaluations,
        until,
    };
    let name = charter.organisation(&subject).map_or("grant", |o| &o.name);
    let path = wanted.put(&args.node, name).map_err(|e| {
        CliError::home(
            "write",
            format_args!("{} cannot be written: {e}", args.node.display()),
        )
    })?;
    let begun = Instant::now();
    let said = loop {
        match take_answer(&path) {
            None if begun.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(100));
            }
            said => break said,
        }
    };
    if let Some(Answer::Refused(why)) = said {
        return Err(CliError::refused("grant", output::clean(&why))
            .next("what it is about stands in the charter: `parasol federation show`"));
    }
    let id = match &said {
        Some(Answer::Published(id)) => Some(id.to_string()),
        _ => None,
    };
    if globals.json {
        output::json(&json!({
            "to": subject.to_string(),
            "evaluations": args.evaluations,
            "until": until.to_string(),
            "id": id,
        }));
        return Ok(());
    }
    match id {
        Some(_) if args.evaluations == 0 => output::text(&format!(
            "Your organisation grants {name} nothing any more."
        )),
        Some(id) => output::text(&format!(
            "Your organisation grants {name} {} evaluations beyond its quota until {until} ({}).",
            args.evaluations,
            id.get(..8).unwrap_or_default()
        )),
        None => output::text(&format!(
            "The node does not run, or is busy: it signs the grant when it can. What it answers will lie beside {}.",
            path.display()
        )),
    }
    output::text(
        "It counts as soon as enough other keyholders grant it, too: `parasol quota show`, asked by a member there, says how many it takes.",
    );
    Ok(())
}

fn member(charter: &Charter, named: &str) -> Result<OrganisationKey, CliError> {
    let named = named.trim();
    let all = &charter.terms().organisations;
    let is = |o: &&parasol_protocol::charter::Organisation| {
        o.name == named || o.root.to_string().eq_ignore_ascii_case(named)
    };
    all.iter().find(is).map(|o| o.root).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|o| o.name.as_str()).collect();
        CliError::input(
            "unknown-organisation",
            format_args!("{named} is no organisation of the federation"),
        )
        .next(format_args!("there are: {}", names.join(", ")))
    })
}

fn show(globals: &Globals) -> Result<(), CliError> {
    let session = Session::open(globals)?;
    let answer = session.get("/v1/quota")?;
    let mut all: Value = serde_json::from_slice(&answer).map_err(|e| {
        CliError::other(
            "bad-answer",
            format_args!(
                "the node's answer cannot be understood ({e}); it may run another version"
            ),
        )
    })?;
    let named = |key: &str| {
        let members = session.federation.members();
        let mut named = members.filter(|m| m.key.to_string() == key);
        named
            .next()
            .map_or_else(|| output::clean(key), |m| m.name.clone())
    };
    let mut grants = Vec::new();
    if let Some(list) = all.get_mut("grants").and_then(Value::as_array_mut) {
        for grant in list {
            let by = grant.get("by").and_then(Value::as_str).map(named);
            let by = by.unwrap_or_default();
            let text = |name: &str| match grant.get(name) {
                Some(Value::String(text)) => output::clean(text),
                Some(value) => value.to_string(),
                None => "?".to_owned(),
            };
            grants.push(format!(
                "    {by}: {} from {} to {}",
                text("evaluations"),
                text("from"),
                text("until")
            ));
            if let Some(object) = grant.as_object_mut() {
                object.insert("organisation".into(), by.into());
            }
        }
    }
    if globals.json {
        output::json(&all);
        return Ok(());
    }
    let number = |name: &str| all.get(name).and_then(Value::as_u64);
    let figure = |name: &str| number(name).unwrap_or(0);
    output::text(&format!(
        "today         {} (UTC, by your node)",
        all.get("today")
            .and_then(Value::as_str)
            .map(output::clean)
            .unwrap_or_default()
    ));
    output::text(&format!(
        "quota         {} evaluations a day of each keyholder, under each key",
        figure("quota")
    ));
    output::text(&format!(
        "asked today   at most {} by all members of this node, {} by you",
        figure("asked"),
        figure("yours")
    ));
    match number("left") {
        Some(left) => output::text(&format!(
            "left for you  at least {left}, if nobody else asks meanwhile"
        )),
        None => {
            output::text("left for you  whatever the keyholders have left: nobody shares this node")
        }
    }
    output::text(&format!(
        "granted       {}; it takes the grants of {}",
        figure("granted"),
        output::count(
            usize::try_from(figure("needed")).unwrap_or(0),
            "other keyholder",
            "other keyholders"
        )
    ));
    for line in grants {
        output::text(&line);
    }
    Ok(())
}
