//! `org`: an organisation's root key, and what it signs. For a machine that is on no network.

use crate::exit::CliError;
use crate::founding::today;
use crate::fresh;
use crate::globals::Globals;
use crate::output::{self, tell};
use crate::root::{self, Part, Signing, Split};
use parasol_node::entropy::OsEntropy;
use parasol_node::files::destroy;
use parasol_node::keys::encode_trust;
use parasol_node::setup::{DelegationRequest, RequestError};
use parasol_protocol::charter::{Chain, Charter};
use parasol_protocol::ids::{NodeKey, OrganisationKey, RecordId};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::{DELEGATION_AFTERLIFE, MAX_AFFIRMED, MAX_REVOCATION_LIFE};
use parasol_protocol::record::affirmation::Affirmation;
use parasol_protocol::record::delegation::SlotRange;
use parasol_protocol::record::revocation::Revocation;
use parasol_protocol::record::{Body, Verified};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What can be done with an organisation's root key.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum OrgCommand {
    /// Make a root key, and its words for paper
    Init(InitArgs),
    /// Make a root key's file again from its words, or from parts
    Restore(RestoreArgs),
    /// Give a node a key to sign with, for 90 days at most: answer what `node request` wrote
    Delegate(DelegateArgs),
    /// Declare a stolen node key void; what the organisation stands by stays
    Revoke(RevokeArgs),
}

/// Arguments of `org init`.
#[derive(clap::Args, Clone, Debug)]
pub struct InitArgs {
    /// The file to write the root key to
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Split the words into K parts, any M of which give the key back, as 2/3
    #[arg(long, value_name = "M/K")]
    pub split: Option<Split>,
    /// Write the words to this file, to be printed and then deleted, instead of showing them
    #[arg(long, value_name = "FILE")]
    pub words_to: Option<PathBuf>,
    /// Show the words even if this is no terminal: whatever keeps the output keeps the key
    #[arg(long)]
    pub show_words: bool,
}

/// Arguments of `org restore`.
#[derive(clap::Args, Clone, Debug)]
pub struct RestoreArgs {
    /// The file to write the root key to
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The file with the words, or - for what is typed; of parts each on a line of its own
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub words: PathBuf,
    /// The root key as others know it: a single wrong word is then found
    #[arg(long, value_name = "KEY")]
    pub organisation: Option<OrganisationKey>,
}

/// Arguments of `org delegate`.
#[derive(clap::Args, Clone, Debug)]
pub struct DelegateArgs {
    /// What `parasol node request` wrote
    #[arg(value_name = "REQUEST")]
    pub request: PathBuf,
    /// The root key's file
    #[arg(long, value_name = "FILE")]
    pub root: PathBuf,
    /// The answer to write, a new file, for `parasol node take`
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    /// For how many days from today [default: as many as the charter allows]
    #[arg(long, value_name = "DAYS")]
    pub days: Option<u32>,
    /// The first of the node's slots of each day
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub first_slot: u32,
    /// How many slots a day it has [default: all from the first on]
    #[arg(long, value_name = "N")]
    pub slots: Option<u32>,
}

/// Arguments of `org revoke`.
#[derive(clap::Args, Clone, Debug)]
pub struct RevokeArgs {
    /// The stolen record key
    #[arg(value_name = "KEY")]
    pub key: NodeKey,
    /// The root key's file
    #[arg(long, value_name = "FILE")]
    pub root: PathBuf,
    /// The charter's file, or a node's directory
    #[arg(long, value_name = "FILE")]
    pub charter: PathBuf,
    /// A file with the ids of the records that are your own and stay, one a line
    #[arg(long, value_name = "FILE", conflicts_with = "keep_none")]
    pub keep: Option<PathBuf>,
    /// Keep nothing that the key signed
    #[arg(long)]
    pub keep_none: bool,
    /// The file to write, a new one, for `parasol node take`
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
}

/// Does it.
///
/// # Errors
/// Says what went wrong and what to do.
pub fn run(command: &OrgCommand, globals: &Globals) -> Result<(), CliError> {
    match command {
        OrgCommand::Init(args) => init(args, globals),
        OrgCommand::Restore(args) => restore(args, globals),
        OrgCommand::Delegate(args) => delegate(args, globals),
        OrgCommand::Revoke(args) => revoke(args, globals),
    }
}

fn init(args: &InitArgs, globals: &Globals) -> Result<(), CliError> {
    let shown = std::io::stdout().is_terminal() && !globals.json;
    if args.words_to.is_none() && !shown && !args.show_words {
        return Err(CliError::usage(
            "words-in-a-log",
            "the words would go where this output is kept, and whoever has them has the key; nothing was made",
        )
        .next("run it in a terminal, or write the words to a file with --words-to FILE; --show-words if you know where the output goes"));
    }
    fresh::check_free(&args.file)?;
    if let Some(file) = &args.words_to {
        fresh::check_free(file)?;
        if *file == args.file {
            return Err(CliError::usage(
                "one-file",
                "the words would be written over the key; nothing was made",
            )
            .next("name another file with --words-to"));
        }
    }
    let key = SecretKey::generate(&mut OsEntropy);
    let sheets = sheets(&key, args.split)?;
    root::write_root(&args.file, &key)?;
    if let Some(file) = &args.words_to {
        let all: Vec<&str> = sheets.iter().map(|s| s.as_str()).collect();
        let text = Zeroizing::new(all.join("\n\n"));
        let text = Zeroizing::new(format!("{}\n", text.as_str()));
        if let Err(error) = fresh::write(file, text.as_bytes()) {
            // A root whose words nobody has seen is one disk away from being lost.
            drop(destroy(&args.file));
            return Err(error);
        }
    }
    let organisation = key.organisation();
    let visible = args.words_to.is_none();
    if globals.json {
        let words: Vec<&str> = sheets.iter().map(|s| s.as_str()).collect();
        output::json(&json!({
            "organisation": organisation.to_string(),
            "file": args.file,
            "words": visible.then_some(words),
            "words_file": args.words_to,
        }));
        return Ok(());
    }
    output::text(&format!(
        "Your organisation's root key is in {}.",
        args.file.display()
    ));
    output::text(&format!("Others know it as {organisation}."));
    output::text("");
    match (&args.words_to, args.split) {
        (Some(file), _) => output::text(&format!(
            "Its words are in {}: print them on a printer that is on no network, and delete the file.",
            file.display()
        )),
        (None, None) => output::text(
            "These 24 words are the key. Write them on paper, with a pen, and read them back:",
        ),
        (None, Some(how)) => output::text(&format!(
            "These are {} parts of the key. Each on its own sheet; any {} of them give the key back, fewer say nothing:",
            how.parts, how.needed
        )),
    }
    if visible {
        for sheet in &sheets {
            output::text("");
            output::text(sheet);
        }
    }
    output::text("");
    output::text(
        "The paper: keep it dry, in a place that a raid on your rooms does not find, and never photograph it.",
    );
    if args.split.is_some() {
        output::text(
            "Give the parts to different people in different places; nobody should hold as many as it takes.",
        );
    } else {
        output::text(
            "Whoever reads it has your organisation's voice. With --split 2/3 no single sheet does.",
        );
    }
    output::text(
        "The file: keep it on a machine, or a stick, that is on no network. Clear this screen when you are done.",
    );
    output::text(
        "Try the paper before you rely on it: parasol org restore test.key --organisation KEY",
    );
    Ok(())
}

/// What goes on paper: one sheet, or one a part.
fn sheets(key: &SecretKey, split: Option<Split>) -> Result<Vec<Zeroizing<String>>, CliError> {
    let Some(how) = split else {
        return Ok(vec![numbered(&root::words(key))]);
    };
    let parts = root::split(key, how, &mut OsEntropy).map_err(|e| CliError::other("split", e))?;
    Ok(parts
        .iter()
        .map(|part| {
            let head = format!(
                "part {} of {}, any {} are enough",
                part.number, how.parts, how.needed
            );
            Zeroizing::new(format!("{head}\n{}", numbered(&part.words()).as_str()))
        })
        .collect())
}

/// Words with their numbers, four a line.
fn numbered(words: &[&str]) -> Zeroizing<String> {
    let cells = (1..)
        .zip(words)
        .map(|(n, word)| format!("{n:>2} {word:<10}"));
    let cells: Vec<Zeroizing<String>> = cells.map(Zeroizing::new).collect();
    let mut text = Zeroizing::new(String::new());
    for line in cells.chunks(4) {
        if !text.is_empty() {
            text.push('\n');
        }
        for cell in line {
            text.push_str(cell);
        }
        let end = text.trim_end().len();
        text.truncate(end);
    }
    text
}

fn restore(args: &RestoreArgs, globals: &Globals) -> Result<(), CliError> {
    fresh::check_free(&args.file)?;
    let text = read_words(&args.words)?;
    let (key, mended) = key_of(&text, args.organisation.as_ref())?;
    if let Some(wanted) = args
        .organisation
        .filter(|wanted| *wanted != key.organisation())
    {
        return Err(CliError::input(
            "another-root",
            format_args!(
                "these are the words of another root key, {}, and not of {wanted}",
                key.organisation()
            ),
        )
        .next("look for another paper, or for the right key; nothing was written"));
    }
    root::write_root(&args.file, &key)?;
    let organisation = key.organisation();
    if globals.json {
        output::json(&json!({
            "organisation": organisation.to_string(),
            "file": args.file,
            // The word itself is a piece of the key, and whatever reads this may keep it.
            "mended": mended.map(|m| m.place),
        }));
        return Ok(());
    }
    if let Some(Mended { place, word }) = mended {
        let word = word.as_str();
        if std::io::stderr().is_terminal() {
            tell!(
                "Word {place} was not right: it is `{word}`. Correct it on the paper if it stands wrong there."
            );
        } else {
            tell!(
                "Word {place} was not right, and has been mended. In a terminal it is said what it is: correct it on the paper if it stands wrong there."
            );
        }
    }
    output::text(&format!(
        "The root key is in {} again.",
        args.file.display()
    ));
    output::text(&format!(
        "Others know it as {organisation}: compare that before you use it."
    ));
    Ok(())
}

fn read_words(path: &Path) -> Result<Zeroizing<String>, CliError> {
    let mut text = Zeroizing::new(String::new());
    if path.as_os_str() == "-" {
        if std::io::stdin().is_terminal() {
            tell!("Type the words; of parts, each on a line of its own. End with Ctrl-D on an empty line.");
        }
        std::io::stdin().read_to_string(&mut text)
    } else {
        fs::File::open(path).and_then(|mut f| f.read_to_string(&mut text))
    }
    .map_err(|e| {
        CliError::input(
            "unreadable",
            format_args!("{} cannot be read: {e}", path.display()),
        )
    })?;
    Ok(text)
}

/// The one word that was wrong, and what it should have been.
struct Mended {
    place: usize,
    word: Zeroizing<String>,
}

/// The key of 24 words, or of parts of 27 words each.
fn key_of(
    text: &str,
    known: Option<&OrganisationKey>,
) -> Result<(SecretKey, Option<Mended>), CliError> {
    let wrong = |e: &dyn std::fmt::Display| {
        CliError::input("words", e).next(
            "look at the paper again; with --organisation KEY, the key as others know it, one wrong word can be found",
        )
    };
    let groups = groups(text);
    if groups.len() < 2 && groups.iter().all(|g| g.len() < 26) {
        return match (root::from_words(text), known) {
            (Ok(key), None) => Ok((key, None)),
            (Ok(key), Some(known)) if key.organisation() == *known => Ok((key, None)),
            (found, Some(known)) => match (root::mend(text, known), found) {
                (Some((place, word, key)), _) => Ok((key, Some(Mended { place, word }))),
                (None, Ok(key)) => Ok((key, None)),
                (None, Err(e)) => Err(wrong(&e)),
            },
            (Err(e), None) => Err(wrong(&e)),
        };
    }
    let mut parts = Vec::new();
    for (n, words) in (1..).zip(&groups) {
        let part = Part::from_words(&Zeroizing::new(words.join(" ")));
        parts
            .push(part.map_err(|e| wrong(&format_args!("the part that came as number {n}: {e}")))?);
    }
    let key = root::join(&parts).map_err(|e| {
        CliError::input("parts", e).next("bring the parts of one splitting, as many as it takes")
    })?;
    Ok((key, None))
}

/// The words of each part: parts stand in paragraphs, or each on a line, or simply one after the
/// other. Numbers and headings are no words of theirs.
fn groups(text: &str) -> Vec<Vec<&str>> {
    let words = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("part "))
        .flat_map(|line| line.split(|c: char| !c.is_alphabetic()))
        .filter(|w| !w.is_empty());
    let all: Vec<&str> = words.collect();
    if all.len() <= 25 {
        return vec![all];
    }
    all.chunks(27).map(<[&str]>::to_vec).collect()
}

fn delegate(args: &DelegateArgs, globals: &Globals) -> Result<(), CliError> {
    fresh::check_free(&args.out)?;
    let shown = args.request.display();
    let bytes = fs::read(&args.request)
        .map_err(|e| CliError::input("unreadable", format_args!("{shown} cannot be read: {e}")))?;
    let request = DelegationRequest::decode(&bytes).map_err(|e| {
        CliError::input(
            "bad-request",
            format_args!("{shown} is no node's request: {e}"),
        )
        .next("write it with `parasol node request` on the node, and carry it here whole")
    })?;
    let root = root::read_root(&args.root)?;
    let today = today();
    let own = root.organisation();
    let charter = request.check(&own).map_err(|why| {
        let said = CliError::input(why.code(), format_args!("{shown}: {why}"));
        match why {
            RequestError::AnotherOrganisation => CliError::input(
                why.code(),
                format_args!(
                    "the node asks to work for {}, and this root is {own}",
                    asked(&request)
                ),
            )
            .next("use that organisation's root, or write the request anew with --organisation"),
            RequestError::Possession => {
                said.next("write it anew with `parasol node request` on the node")
            }
            RequestError::Charter(_) | RequestError::NoMember => said,
        }
    })?;
    let terms = charter.on(today);
    let most = terms.lives.delegation;
    let days = args.days.unwrap_or(most);
    if days > most {
        return Err(CliError::usage(
            "days",
            format_args!("a delegation may be for {most} days at most"),
        ));
    }
    let quota = terms.quotas.records;
    let count = args
        .slots
        .unwrap_or_else(|| quota.saturating_sub(args.first_slot));
    if count == 0 || args.first_slot.saturating_add(count) > quota {
        return Err(CliError::usage(
            "slots",
            format_args!("an organisation has {quota} slots a day, from 0 on"),
        ));
    }
    let until = today.plus(days);
    let slots = SlotRange {
        first: args.first_slot,
        count,
    };
    let delegation = request.delegation(slots, until);
    let mut signing = Signing::new(&root, &args.root, *charter.federation(), today)?;
    let record = signing.sign(
        Body::Delegation(delegation),
        until.plus(DELEGATION_AFTERLIFE),
    )?;
    write_answer(&args.out, std::slice::from_ref(&record))?;
    if globals.json {
        output::json(&json!({
            "answer": args.out,
            "organisation": own.to_string(),
            "node": output::clean(&request.name),
            "record_key": request.record_key.to_string(),
            "until": until.to_string(),
            "id": record.id().to_string(),
        }));
        return Ok(());
    }
    output::text(&format!(
        "{} may sign for {} until {until}.",
        output::clean(&request.name),
        name_of(&charter, &own)
    ));
    output::text(&format!("    record key  {}", request.record_key));
    output::text(
        "Compare that key with the one that the node showed. If they differ, burn the answer.",
    );
    output::text(&format!(
        "Carry {} to the node: `parasol node take DIR {}`. It warns 14 days before the end.",
        args.out.display(),
        args.out.display()
    ));
    Ok(())
}

/// Whom a request asks, by the charter that it carries.
fn asked(request: &DelegationRequest) -> String {
    match Chain::salvage(&request.charter) {
        Ok((chain, _)) => name_of(&chain.current(), &request.organisation),
        Err(_) => request.organisation.to_string(),
    }
}

fn write_answer(path: &Path, records: &[Verified]) -> Result<(), CliError> {
    fresh::write(path, &encode_trust(records))
}

fn name_of(charter: &Charter, root: &OrganisationKey) -> String {
    let member = charter.answers_for(root);
    member.map_or_else(|| root.to_string(), |o| o.name.clone())
}

fn revoke(args: &RevokeArgs, globals: &Globals) -> Result<(), CliError> {
    let keep = match (&args.keep, args.keep_none) {
        (Some(file), _) => read_ids(file)?,
        (None, true) => BTreeSet::new(),
        (None, false) => {
            return Err(CliError::usage(
                "keep",
                "say which records stay: all else that the key signed is void, everywhere",
            )
            .next("--keep FILE with their ids, one a line (`parasol export` writes them), or --keep-none"));
        }
    };
    fresh::check_free(&args.out)?;
    let charter = super::charter::read_charter(&args.charter)?.current();
    let root = root::read_root(&args.root)?;
    let Some(member) = charter.organisation(&root.organisation()) else {
        return Err(CliError::input(
            "no-member",
            "this root is none of the charter's",
        ));
    };
    let holds = member.keyholder.is_some();
    let today = today();
    let mut signing = Signing::new(&root, &args.root, *charter.federation(), today)?;
    let expires = today.plus(MAX_REVOCATION_LIFE);
    let ids: Vec<RecordId> = keep.into_iter().collect();
    let most = signing.left().saturating_sub(1) * MAX_AFFIRMED;
    if ids.len() > most {
        return Err(CliError::refused(
            "root-quota",
            format_args!(
                "{} records are to stay, and today this root can still affirm {most} of them: nothing was signed",
                ids.len()
            ),
        )
        .next("revoke with fewer of them now, so that the thief is stopped, and affirm the others in the next days: what is affirmed comes back"));
    }
    let mut records = Vec::new();
    // Affirmed first: if the file is cut short on its way, too much stays rather than too little.
    for some in ids.chunks(MAX_AFFIRMED) {
        let body = Body::Affirmation(Affirmation {
            records: some.to_vec(),
        });
        records.push(signing.sign(body, expires)?);
    }
    records.push(signing.sign(Body::Revocation(Revocation::Key(args.key)), expires)?);
    write_answer(&args.out, &records)?;
    if globals.json {
        output::json(&json!({
            "file": args.out,
            "organisation": root.organisation().to_string(),
            "revoked": args.key.to_string(),
            "kept": ids.len(),
            "renew_first": holds,
            "records": records.iter().map(|r| r.id().to_string()).collect::<Vec<_>>(),
        }));
        return Ok(());
    }
    output::text(&format!(
        "All that {} signed for {} is void, but for {}.",
        output::short(&args.key),
        name_of(&charter, &root.organisation()),
        output::count(ids.len(), "record that stays", "records that stay")
    ));
    if holds {
        let name = output::clean(&name_of(&charter, &root.organisation()));
        output::text(&format!(
            "{name} is a keyholder. If this key's node holds its share, have the others renew theirs first, so that what was stolen is of no use: `parasol ceremony start DIR --renew --without {name}` at one of them. The keys stay in force meanwhile and afterwards, for everybody who has seen them. But a node that was away when they came into force takes no certificate by revoked keys: where fewer are left that signed it than it takes, it waits for the next renewal."
        ));
    }
    output::text(&format!(
        "Take {0} into any node of the federation that you can reach: `parasol node take DIR {0}`. It goes on from there.",
        args.out.display()
    ));
    output::text(
        "Then make your node new keys: `parasol node init`, `parasol node request`, `parasol org delegate`.",
    );
    Ok(())
}

fn read_ids(path: &Path) -> Result<BTreeSet<RecordId>, CliError> {
    let text = fs::read_to_string(path).map_err(|e| {
        CliError::input(
            "unreadable",
            format_args!("{} cannot be read: {e}", path.display()),
        )
    })?;
    let mut ids = BTreeSet::new();
    for (n, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let id = line.parse().map_err(|e| {
            CliError::input("bad-id", format_args!("{}, line {n}: {e}", path.display()))
        })?;
        ids.insert(id);
    }
    Ok(ids)
}
