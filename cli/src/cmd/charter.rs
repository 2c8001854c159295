//! `charter`: who belongs to the federation, and how that changes. It works on files; nothing here
//! needs a network.

use crate::exit::CliError;
use crate::founding::today;
use crate::globals::Globals;
use crate::output;
use crate::root::{self, Versions};
use parasol_node::files::write_private;
use parasol_node::keys::read_chain;
use parasol_protocol::charter::{Chain, Charter, ProposeError, SignError, Status, Terms};
use parasol_protocol::ids::{CharterId, OrganisationKey, RecordId};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

mod changes;
mod draft;
mod found;

use changes::{Change, changes};
pub use draft::Draft;
pub use found::FoundArgs;

/// What can be done with a charter.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum CharterCommand {
    /// Show the version that counts, or write it as a draft to change
    Show(ShowArgs),
    /// Make a federation's first version, and sign it; it counts when all in it have signed
    Found(FoundArgs),
    /// Propose a new version, and sign it
    Propose(ProposeArgs),
    /// Sign what somebody has proposed
    Sign(SignArgs),
    /// Say what counts, what is proposed, who has signed, and who signed too much
    Status(StatusArgs),
    /// Take in what others know: merge a charter's file into another, or into a node
    Take(TakeArgs),
}

/// Arguments of `charter show`.
#[derive(clap::Args, Clone, Debug)]
pub struct ShowArgs {
    /// The charter's file, or a node's directory
    #[arg(value_name = "FILE")]
    pub charter: PathBuf,
    /// Another version or proposal, by the beginning of its id
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Print it as a draft, in TOML, to be changed and proposed
    #[arg(long)]
    pub draft: bool,
}

/// Arguments of `charter propose`.
#[derive(clap::Args, Clone, Debug)]
pub struct ProposeArgs {
    /// The draft: what `charter show --draft` printed, changed; - keeps the terms as they are
    #[arg(value_name = "DRAFT")]
    pub draft: PathBuf,
    /// The charter's file, or a node's directory; the proposal is added to it
    #[arg(long, value_name = "FILE")]
    pub charter: PathBuf,
    /// Your organisation's root key
    #[arg(long, value_name = "FILE")]
    pub root: PathBuf,
    /// Put a new root in the place of an organisation's lost or stolen one, as lilas=KEY
    #[arg(long, value_name = "NAME=KEY", value_parser = replacement)]
    pub replace: Option<(String, OrganisationKey)>,
    /// With --replace: the ids of records by the old root that stay, its nodes' delegations above
    /// all; once for each
    #[arg(long, value_name = "ID", requires = "replace")]
    pub stays: Vec<RecordId>,
    /// After a fork: the side that is to go on; the others are set aside
    #[arg(long, value_name = "ID")]
    pub upon: Option<String>,
}

/// Arguments of `charter sign`.
#[derive(clap::Args, Clone, Debug)]
pub struct SignArgs {
    /// The proposal, by the beginning of its id: `charter status` shows it, and what it changes
    #[arg(value_name = "ID")]
    pub id: String,
    /// The charter's file, or a node's directory; the signature is added to it
    #[arg(long, value_name = "FILE")]
    pub charter: PathBuf,
    /// Your organisation's root key
    #[arg(long, value_name = "FILE")]
    pub root: PathBuf,
}

/// Arguments of `charter status`.
#[derive(clap::Args, Clone, Debug)]
pub struct StatusArgs {
    /// The charter's file, or a node's directory
    #[arg(value_name = "FILE")]
    pub charter: PathBuf,
}

/// Arguments of `charter take`.
#[derive(clap::Args, Clone, Debug)]
pub struct TakeArgs {
    /// What others gave you
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The charter's file, or the node's directory, to take them into
    #[arg(long, value_name = "FILE")]
    pub charter: PathBuf,
}

fn replacement(text: &str) -> Result<(String, OrganisationKey), String> {
    let (name, key) = text
        .split_once('=')
        .ok_or("write the organisation's name and its new root key, as lilas=KEY")?;
    let key = key.parse().map_err(|e| format!("{e}"))?;
    Ok((name.to_owned(), key))
}

/// Does it.
///
/// # Errors
/// Says what went wrong and what to do.
pub fn run(command: &CharterCommand, globals: &Globals) -> Result<(), CliError> {
    match command {
        CharterCommand::Show(args) => show(args, globals),
        CharterCommand::Found(args) => found::found(args, globals),
        CharterCommand::Propose(args) => propose(args, globals),
        CharterCommand::Sign(args) => sign(args, globals),
        CharterCommand::Status(args) => match found::unfinished(&args.charter) {
            Some(founding) => {
                found::say(&founding, &args.charter, globals);
                Ok(())
            }
            None => status(&read_charter(&args.charter)?, globals),
        },
        CharterCommand::Take(args) => take(args, globals),
    }
}

/// Where the charter lies: in the file, or in a node's directory.
fn place(path: &Path) -> PathBuf {
    if path.is_dir() {
        path.join("charter.cbor")
    } else {
        path.to_owned()
    }
}

/// Reads a charter's file.
///
/// # Errors
/// If it is none.
pub(super) fn read_charter(path: &Path) -> Result<Chain, CliError> {
    let path = place(path);
    let shown = path.display();
    if let Err(e) = fs::metadata(&path) {
        return Err(
            CliError::input("no-charter", format_args!("{shown} cannot be read: {e}"))
                .next("name the charter's file: a node has it as charter.cbor"),
        );
    }
    // In a node's directory, what the node has settled stays so.
    read_chain(&path).map_err(|e| CliError::input("charter", e))
}

fn write_charter(path: &Path, chain: &Chain) -> Result<(), CliError> {
    let path = place(path);
    write_private(&path, &chain.to_bytes()).map_err(|e| {
        CliError::home(
            "write",
            format_args!("{} cannot be written: {e}", path.display()),
        )
    })
}

fn chosen(chain: &Chain, prefix: &str) -> Result<CharterId, CliError> {
    match chain.find(&prefix.to_lowercase()).as_slice() {
        [one] => Ok(*one),
        [] => Err(CliError::input(
            "unknown-version",
            format_args!("no version or proposal begins with {prefix}"),
        )
        .next("see `parasol charter status`")),
        _ => Err(CliError::input(
            "ambiguous",
            format_args!("several versions begin with {prefix}; write more of the id"),
        )),
    }
}

fn show(args: &ShowArgs, globals: &Globals) -> Result<(), CliError> {
    if let Some(founding) = found::unfinished(&args.charter) {
        if globals.json {
            output::json(&found::json(&founding));
        } else {
            print_version(&founding.id(), founding.terms(), false, &founding.id());
            output::text("");
            found::say(&founding, &args.charter, globals);
        }
        return Ok(());
    }
    let chain = read_charter(&args.charter)?;
    let current = chain.current();
    let id = match &args.id {
        Some(prefix) => chosen(&chain, prefix)?,
        None => current.id(),
    };
    let terms = chain.terms(&id).unwrap_or(current.terms());
    if args.draft {
        let text = Draft::of(terms)
            .to_toml()
            .map_err(|e| CliError::other("draft", e))?;
        output::text(text.trim_end());
        return Ok(());
    }
    if globals.json {
        output::json(&terms_json(&chain, &id, terms, current.id() == id));
        return Ok(());
    }
    print_terms(&chain, &id, terms, current.id() == id);
    Ok(())
}

fn terms_json(chain: &Chain, id: &CharterId, terms: &Terms, counts: bool) -> Value {
    let organisations: Vec<Value> = terms
        .organisations
        .iter()
        .map(|o| {
            json!({
                "name": o.name,
                "root": o.root.to_string(),
                "jurisdiction": o.jurisdiction,
                "keyholder": o.keyholder,
                "budget": o.budget,
            })
        })
        .collect();
    let former: Vec<Value> = terms
        .former
        .iter()
        .map(|f| {
            let stays: Vec<String> = f.records.iter().map(ToString::to_string).collect();
            json!({
                "root": f.root.to_string(),
                "successor": f.successor.to_string(),
                "stays": stays,
            })
        })
        .collect();
    let lives = terms.lives;
    json!({
        "federation": chain.federation().to_string(),
        "version": terms.version,
        "id": id.to_string(),
        "counts": counts,
        "previous": terms.origin.as_ref().map(|o| o.previous.to_string()),
        "sets_aside": terms.origin.as_ref().map(|o| o.against.iter().map(ToString::to_string).collect::<Vec<_>>()),
        "name": terms.name,
        "made": terms.made.to_string(),
        "threshold": terms.threshold,
        "organisations": organisations,
        "lives": {
            "report": lives.report,
            "translation": lives.translation,
            "second": lives.second,
            "dispute": lives.dispute,
            "vouch": lives.vouch,
            "delegation": lives.delegation,
        },
        "quotas": {"records": terms.quotas.records, "evaluations": terms.quotas.evaluations},
        "bucket_bits": terms.bucket_bits,
        "cities": terms.cities.len(),
        "former": former,
    })
}

fn print_terms(chain: &Chain, id: &CharterId, terms: &Terms, counts: bool) {
    print_version(id, terms, counts, chain.federation());
}

fn print_version(id: &CharterId, terms: &Terms, counts: bool, federation: &dyn std::fmt::Display) {
    let say = output::text;
    say(&output::clean(&terms.name));
    say(&format!("  federation    {federation}"));
    let state = if counts { "counts" } else { "does not count" };
    say(&format!(
        "  version       {} ({state}), made {}",
        terms.version, terms.made
    ));
    say(&format!("  id            {id}"));
    for rival in terms.origin.iter().flat_map(|o| &o.against) {
        say(&format!("  sets aside    {rival}"));
    }
    say(&format!(
        "  keys          {} keyholders are needed for a look-up",
        terms.threshold
    ));
    let l = terms.lives;
    say(&format!(
        "  days at most  report {}, translation {}, second {}, dispute {}, vouch {}; a delegation signs for {}",
        l.report, l.translation, l.second, l.dispute, l.vouch, l.delegation
    ));
    say(&format!(
        "  a day         {} records, {} evaluations a key, for each organisation",
        terms.quotas.records, terms.quotas.evaluations
    ));
    say(&format!("  cities        {}", terms.cities.len()));
    say(&format!("  organisations {}", terms.organisations.len()));
    for o in &terms.organisations {
        let share = o
            .keyholder
            .map_or("no keyholder".to_owned(), |i| format!("keyholder {i}"));
        say(&format!(
            "    {:<14} {}  {share:<13} may bring in {:<5} {}",
            o.name, o.jurisdiction, o.budget, o.root
        ));
    }
    for f in &terms.former {
        say(&format!(
            "  former root   {}: {} answers for it, {}",
            f.root,
            name_in(terms, &f.successor),
            output::count(f.records.len(), "record stays", "records stay")
        ));
    }
}

fn name_in(terms: &Terms, root: &OrganisationKey) -> String {
    let member = terms.member(root);
    member.map_or_else(|| root.to_string(), |o| o.name.clone())
}

fn propose(args: &ProposeArgs, globals: &Globals) -> Result<(), CliError> {
    let mut chain = read_charter(&args.charter)?;
    let root = root::read_root(&args.root)?;
    let upon = match &args.upon {
        Some(prefix) => Some(chosen(&chain, prefix)?),
        None => None,
    };
    if chain.status().fork.is_some() && upon.is_none() {
        return Err(CliError::input("fork", "the chain has forked, and no change counts until more than half have agreed on one side")
            .next("say which side goes on with --upon ID; `parasol charter status` names them"));
    }
    let mut terms = chain
        .draft(upon.as_ref())
        .ok_or_else(|| CliError::input("unknown-version", "there is nothing to follow"))?;
    terms.made = terms.made.max(today());
    if args.draft.as_os_str() != "-" {
        let text = fs::read_to_string(&args.draft).map_err(|e| {
            CliError::input(
                "unreadable",
                format_args!("{} cannot be read: {e}", args.draft.display()),
            )
        })?;
        let draft = Draft::parse(&text).and_then(|draft| draft.apply(&mut terms));
        draft.map_err(|e| {
            CliError::input("bad-draft", format_args!("{}: {e}", args.draft.display())).next(
                "begin with `parasol charter show FILE --draft`, and change what is to change",
            )
        })?;
    }
    if let Some((name, key)) = &args.replace {
        replace(&mut terms, name, key, &args.stays)?;
    }
    terms.check().map_err(refused)?;
    // Of what its file does not show, too.
    let mut signed = Versions::read(&args.root)?;
    signed.check(chain.federation(), &terms.id(), &terms)?;
    let id = chain.propose(&terms, &root).map_err(|e| match e {
        ProposeError::Charter(e) => refused(e),
        ProposeError::Sign(e) => not_signed(&e),
    })?;
    signed.note(chain.federation(), &id, &terms, today())?;
    write_charter(&args.charter, &chain)?;
    say_signed(&chain, &id, &args.charter, globals);
    Ok(())
}

fn refused(e: parasol_protocol::charter::CharterError) -> CliError {
    CliError::input(format!("charter-{}", e.code()), e).next("nothing was signed; change the draft")
}

fn not_signed(e: &SignError) -> CliError {
    match e {
        SignError::Rival { .. } => CliError::refused("signed-another", e),
        SignError::Counts { .. } => CliError::refused("counts", e),
        SignError::Unknown => CliError::input("unknown-version", e),
        SignError::Stranger => CliError::input("not-asked", e),
    }
}

/// Puts a new root in the place of an organisation's old one.
fn replace(
    terms: &mut Terms,
    name: &str,
    key: &OrganisationKey,
    stays: &[RecordId],
) -> Result<(), CliError> {
    let Some(organisation) = terms.organisations.iter_mut().find(|o| o.name == name) else {
        return Err(CliError::input(
            "unknown-organisation",
            format_args!("{name} is no organisation of the charter"),
        ));
    };
    let old = organisation.root;
    organisation.root = *key;
    terms.organisations.sort_by_key(|o| o.root);
    for former in &mut terms.former {
        if former.successor == old {
            former.successor = *key;
        }
    }
    let stays: BTreeSet<RecordId> = stays.iter().copied().collect();
    terms.former.push(parasol_protocol::charter::Former {
        root: old,
        successor: *key,
        records: stays.into_iter().collect(),
    });
    terms.former.sort_by_key(|f| f.root);
    Ok(())
}

fn sign(args: &SignArgs, globals: &Globals) -> Result<(), CliError> {
    if let Some(mut founding) = found::unfinished(&args.charter) {
        let id = founding.id().to_string();
        // Nobody signs what they have not looked at.
        if args.id.is_empty() || !id.starts_with(&args.id.to_lowercase()) {
            return Err(CliError::input(
                "unknown-version",
                format_args!("the first version in the file is {id}, and nothing else is there"),
            )
            .next("nothing was signed; compare the id with whoever gave you the file"));
        }
        found::sign(&mut founding, &args.root)?;
        found::write(&args.charter, &founding)?;
        found::say(&founding, &args.charter, globals);
        return Ok(());
    }
    let mut chain = read_charter(&args.charter)?;
    let root = root::read_root(&args.root)?;
    let id = chosen(&chain, &args.id)?;
    chain.sign(&id, &root).map_err(|e| not_signed(&e))?;
    let mut signed = Versions::read(&args.root)?;
    if let Some(terms) = chain.terms(&id) {
        signed.check(chain.federation(), &id, terms)?;
        signed.note(chain.federation(), &id, terms, today())?;
    }
    write_charter(&args.charter, &chain)?;
    say_signed(&chain, &id, &args.charter, globals);
    Ok(())
}

fn say_signed(chain: &Chain, id: &CharterId, path: &Path, globals: &Globals) {
    let status = chain.status();
    let counts = status.current == *id;
    if globals.json {
        output::json(&json!({"signed": id.to_string(), "status": status_json(chain, &status)}));
        return;
    }
    let version = chain.terms(id).map_or(0, |t| t.version);
    output::text(&format!("Signed version {version}, {id}."));
    if counts {
        output::text("More than half have signed it: it counts.");
    }
    output::text(&format!(
        "Give {} to the other organisations; each takes it in with `parasol charter take`.",
        place(path).display()
    ));
    print_status(chain, &status);
}

fn take(args: &TakeArgs, globals: &Globals) -> Result<(), CliError> {
    if let Some(mut founding) = found::unfinished(&args.charter) {
        for path in &args.files {
            let bytes = fs::read(place(path)).unwrap_or_default();
            let other = parasol_protocol::charter::Founding::from_bytes(&bytes);
            let same = other.is_ok_and(|other| founding.merge(&other));
            if !same {
                return Err(CliError::input(
                    "another-charter",
                    format_args!(
                        "{} holds no copy of the first version that is in {}",
                        path.display(),
                        args.charter.display()
                    ),
                ));
            }
        }
        found::write(&args.charter, &founding)?;
        found::say(&founding, &args.charter, globals);
        return Ok(());
    }
    let mut files: Vec<PathBuf> = args.files.clone();
    let first = if place(&args.charter).exists() {
        args.charter.clone()
    } else {
        files.remove(0)
    };
    let mut chain = read_charter(&first)?;
    let pin = chain.current().pin();
    let before = chain.to_bytes();
    for path in &files {
        let other = read_charter(path)?;
        for document in other.documents().into_iter().chain(other.waiting()) {
            chain.offer(&document).map_err(|e| {
                CliError::input(
                    format!("charter-{}", e.code()),
                    format_args!("{}: {e}", path.display()),
                )
            })?;
        }
    }
    write_charter(&args.charter, &chain)?;
    let new = chain.to_bytes() != before || first != args.charter;
    let status = chain.status();
    if globals.json {
        output::json(&json!({"new": new, "status": status_json(&chain, &status)}));
        return Ok(());
    }
    output::text(if new {
        "Taken in."
    } else {
        "There was nothing new in it."
    });
    if chain.current().follows(&pin).is_err() {
        output::text(
            "What is new takes back a version that counted: somebody signed two. See below.",
        );
    }
    print_status(&chain, &status);
    Ok(())
}

fn status(chain: &Chain, globals: &Globals) -> Result<(), CliError> {
    let status = chain.status();
    if globals.json {
        output::json(&status_json(chain, &status));
    } else {
        print_status(chain, &status);
    }
    Ok(())
}

fn names(charter: &Charter, roots: &BTreeSet<OrganisationKey>) -> Vec<String> {
    let name = |root: &OrganisationKey| {
        let member = charter.answers_for(root);
        member.map_or_else(|| root.to_string(), |o| o.name.clone())
    };
    roots.iter().map(name).collect()
}

/// What a proposal changes of the version that counts.
fn changed(chain: &Chain, proposed: &Terms) -> Vec<Change> {
    changes(chain.current().terms(), proposed)
}

fn status_json(chain: &Chain, status: &Status) -> Value {
    let charter = chain.current();
    let pending: Vec<Value> = status
        .pending
        .iter()
        .map(|p| {
            let missing: Vec<String> = p.missing.iter().map(|r| name_in(&p.terms, r)).collect();
            json!({
                "id": p.id.to_string(),
                "version": p.terms.version,
                "signed": names(&charter, &p.signed),
                "needed": p.needed,
                "must_sign": missing,
                "changes": changed(chain, &p.terms).iter().map(Change::json).collect::<Vec<_>>(),
            })
        })
        .collect();
    let twice: Vec<Value> = status
        .twice
        .iter()
        .map(|t| {
            let signed: Vec<String> = t.signed.iter().map(ToString::to_string).collect();
            json!({
                "organisation": names(&charter, &BTreeSet::from([t.organisation])).concat(),
                "version": t.version,
                "signed": signed,
            })
        })
        .collect();
    json!({
        "federation": chain.federation().to_string(),
        "version": status.version,
        "id": status.current.to_string(),
        "pending": pending,
        "fork": status.fork.as_ref().map(|f| json!({
            "after_version": f.version,
            "rivals": f.rivals.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "signed_several": names(&charter, &f.double),
        })),
        "signed_two": twice,
        "waiting": status.waiting.len(),
    })
}

fn print_status(chain: &Chain, status: &Status) {
    let charter = chain.current();
    let say = output::text;
    say(&format!(
        "Version {} counts: {}",
        status.version, status.current
    ));
    if let Some(fork) = &status.fork {
        say("");
        say(&format!(
            "ALARM: the charter has forked after version {}. Each of these was signed by more than half:",
            fork.version
        ));
        for rival in &fork.rivals {
            say(&format!("    {rival}"));
        }
        say(&format!(
            "signed by the same: {}. Nothing changes until more than half have agreed on one of them:",
            names(&charter, &fork.double).join(", ")
        ));
        say("    parasol charter propose - --upon ID --charter FILE --root root.key");
    }
    for p in &status.pending {
        say("");
        say(&format!("Proposed: version {}, {}", p.terms.version, p.id));
        let signed = names(&charter, &p.signed);
        let signed = if signed.is_empty() {
            "nobody".to_owned()
        } else {
            signed.join(", ")
        };
        say(&format!("    signed by {signed}; it takes {}", p.needed));
        let missing: Vec<String> = p.missing.iter().map(|r| name_in(&p.terms, r)).collect();
        if !missing.is_empty() {
            say(&format!("    must sign besides: {}", missing.join(", ")));
        }
        for change in changed(chain, &p.terms) {
            say(&format!("    changes {}", change.text()));
        }
    }
    for t in &status.twice {
        say("");
        say(&format!(
            "Look at this: {} has signed two versions {}, so neither of its signatures counts. Its root may be stolen: ask.",
            names(&charter, &BTreeSet::from([t.organisation])).concat(),
            t.version
        ));
    }
    if !status.waiting.is_empty() {
        say("");
        say(&format!(
            "{} for a version that is not here: ask for the whole file.",
            output::count(status.waiting.len(), "paper waits", "papers wait")
        ));
    }
}
