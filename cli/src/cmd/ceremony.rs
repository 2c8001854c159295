//! `ceremony`: people make and renew the federation's keys, with no dealer (`spec/11-ceremonies.md`).
//!
//! All of it works on the files in a node's directory, whether the node runs or not: a node that runs
//! carries messages to and from the others by itself, and for one that does not `give` and `take`
//! carry them as a file.

mod begin;
mod office;
mod picture;
mod tell;
mod words;

use crate::exit::CliError;
use crate::globals::Globals;
use crate::output;
use office::Office;
use parasol_node::entropy::OsEntropy;
use parasol_node::files::write_private;
use parasol_protocol::ceremony::{Reason, Standing, Step};
use parasol_protocol::ids::{NodeKey, PlanDigest};
use picture::{Part, Picture, State};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

/// What can be done with ceremonies.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum CeremonyCommand {
    /// Begin a ceremony: make the federation's first keys, or renew everybody's shares of them
    Start(StartArgs),
    /// Take part in a ceremony that another node began
    Join(JoinArgs),
    /// Show how the keys and all ceremonies stand, and what to do next
    Status(StatusArgs),
    /// Type the digits that another organisation reads out to you by telephone
    Compare(CompareArgs),
    /// Write all that is known of a ceremony to a file, for the others
    Give(GiveArgs),
    /// Read such files, and go on as far as it goes
    Take(TakeArgs),
    /// Call a ceremony off; the shares that you had stay as they are
    Stop(StopArgs),
    /// Delete a ceremony that is over from this node
    Forget(ForgetArgs),
}

/// Arguments of `ceremony start`.
#[derive(clap::Args, Clone, Debug)]
pub struct StartArgs {
    /// The node's directory
    #[arg(value_name = "NODE_DIR")]
    pub dir: PathBuf,
    /// Make new keys; only if there are none yet [default: what is needed]
    #[arg(long, conflicts_with = "renew")]
    pub generate: bool,
    /// Renew the shares of the keys that there are [default: what is needed]
    #[arg(long)]
    pub renew: bool,
    /// Renew from the shares of before, if holders of those in force are gone for good; they are kept for some days while a keyholder is left out
    #[arg(long, conflicts_with = "generate")]
    pub from_before: bool,
    /// An organisation that is away and takes no part, by its short name; once for each
    #[arg(long, value_name = "ORG")]
    pub without: Vec<String>,
    /// The record key of the node that is to take part, where an organisation has several
    #[arg(long = "node", value_name = "KEY")]
    pub nodes: Vec<NodeKey>,
    /// A number above the next one, if somebody has signed that one in a ceremony that stopped
    #[arg(long, value_name = "N")]
    pub epoch: Option<u32>,
    /// Send nothing secret before the digits have been compared by telephone
    #[arg(long)]
    pub compare: bool,
}

/// Arguments of `ceremony join`.
#[derive(clap::Args, Clone, Debug)]
pub struct JoinArgs {
    /// The node's directory
    #[arg(value_name = "NODE_DIR")]
    pub dir: PathBuf,
    /// The ceremony's name, or the beginning of it
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Send nothing secret before the digits have been compared by telephone
    #[arg(long)]
    pub compare: bool,
}

/// Arguments of `ceremony status`.
#[derive(clap::Args, Clone, Debug)]
pub struct StatusArgs {
    /// The node's directory
    #[arg(value_name = "NODE_DIR")]
    pub dir: PathBuf,
    /// Only this ceremony, by its name or the beginning of it
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// Arguments of `ceremony compare`.
#[derive(clap::Args, Clone, Debug)]
pub struct CompareArgs {
    /// The node's directory
    #[arg(value_name = "NODE_DIR")]
    pub dir: PathBuf,
    /// The ceremony's name, or the beginning of it
    #[arg(value_name = "NAME")]
    pub name: String,
    /// What the other side reads out: twenty digits, with or without spaces
    #[arg(value_name = "DIGITS", required = true)]
    pub digits: Vec<String>,
}

/// Arguments of `ceremony give`.
#[derive(clap::Args, Clone, Debug)]
pub struct GiveArgs {
    /// The node's directory
    #[arg(value_name = "NODE_DIR")]
    pub dir: PathBuf,
    /// The ceremony's name, or the beginning of it
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The file to write; there is nothing secret in it
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Arguments of `ceremony take`.
#[derive(clap::Args, Clone, Debug)]
pub struct TakeArgs {
    /// The node's directory
    #[arg(value_name = "NODE_DIR")]
    pub dir: PathBuf,
    /// What `ceremony give` wrote elsewhere
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// Arguments of `ceremony stop`.
#[derive(clap::Args, Clone, Debug)]
pub struct StopArgs {
    /// The node's directory
    #[arg(value_name = "NODE_DIR")]
    pub dir: PathBuf,
    /// The ceremony's name, or the beginning of it
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Say that the others were waited for in vain, and who they are
    #[arg(long)]
    pub silence: bool,
}

/// Arguments of `ceremony forget`.
#[derive(clap::Args, Clone, Debug)]
pub struct ForgetArgs {
    /// The node's directory
    #[arg(value_name = "NODE_DIR")]
    pub dir: PathBuf,
    /// The ceremony's name, or the beginning of it
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// Does it.
///
/// # Errors
/// Says what went wrong and what to do.
pub fn run(command: &CeremonyCommand, globals: &Globals) -> Result<(), CliError> {
    match command {
        CeremonyCommand::Start(args) => start(args, globals),
        CeremonyCommand::Join(args) => join(args, globals),
        CeremonyCommand::Status(args) => status(args, globals),
        CeremonyCommand::Compare(args) => compare(args, globals),
        CeremonyCommand::Give(args) => give(args, globals),
        CeremonyCommand::Take(args) => take(args, globals),
        CeremonyCommand::Stop(args) => stop(args, globals),
        CeremonyCommand::Forget(args) => forget(args, globals),
    }
}

fn start(args: &StartArgs, globals: &Globals) -> Result<(), CliError> {
    let mut office = Office::open(&args.dir)?;
    let name = begin::begin(&mut office, args)?;
    office
        .desk
        .join(&name, args.compare, &mut OsEntropy)
        .map_err(words::desk)?;
    office.first_word(&name)?;
    let picture = Picture::of(&office, &name);
    if globals.json {
        output::json(&picture.json());
        return Ok(());
    }
    output::text("Started.");
    picture.print(&args.dir);
    output::text("");
    output::text(
        "What happens: all of them join, say what they saw, send each other sealed parts, and store what \
         they got. Nobody ever holds a key, and what was in force before stays so until all have theirs.",
    );
    Ok(())
}

fn join(args: &JoinArgs, globals: &Globals) -> Result<(), CliError> {
    let mut office = Office::open(&args.dir)?;
    let name = office.find(&args.name)?;
    let before = Picture::of(&office, &name);
    match (&before.state, before.part) {
        (State::Unreadable { .. }, _) => return Err(words::unreadable(&before)),
        (_, Part::None) => {
            return Err(CliError::input(
                "no-part",
                "this node takes no part in that ceremony: its plan does not name it",
            )
            .next("ask whoever began it to plan again with this node, if it should take part"));
        }
        (_, Part::SeedGone) => return Err(words::seed_gone(&before.short)),
        (State::Stopped { .. }, _) => {
            return Err(CliError::refused(
                "stopped",
                "that ceremony has stopped, and nobody can join it",
            )
            .next(words::status_line(&args.dir)));
        }
        _ => {}
    }
    let sent = |step| {
        let board = office.board(&name);
        board.is_ok_and(|board| board.has_sent(&office.me(), step))
    };
    if args.compare && (sent(Step::Deal) || sent(Step::Done)) {
        return Err(CliError::refused(
            "too-late",
            "this node has sent its sealed parts already, so comparing the digits keeps nothing back any more",
        )
        .next(format_args!(
            "compare them all the same, with the digits of `parasol ceremony status`; if they differ: parasol ceremony stop {} {}",
            words::dir(&args.dir),
            before.short
        )));
    }
    office
        .desk
        .join(&name, args.compare, &mut OsEntropy)
        .map_err(words::desk)?;
    office.first_word(&name)?;
    show_one(&office, &name, "Joined.", globals);
    Ok(())
}

fn status(args: &StatusArgs, globals: &Globals) -> Result<(), CliError> {
    let office = Office::open(&args.dir)?;
    let names = match &args.name {
        Some(prefix) => vec![office.find(prefix)?],
        None => office.names()?,
    };
    let mut pictures: Vec<Picture> = names.iter().map(|n| Picture::of(&office, n)).collect();
    pictures.sort_by_key(|picture| std::cmp::Reverse((picture.epoch, picture.name.clone())));
    if globals.json {
        let listed: Vec<Value> = pictures.iter().map(Picture::json).collect();
        let mut whole = words::keys_json(&office);
        if let Some(object) = whole.as_object_mut() {
            object.insert("ceremonies".into(), listed.into());
        }
        output::json(&whole);
        return Ok(());
    }
    words::print_keys(&office);
    for picture in &pictures {
        output::text("");
        picture.print(&args.dir);
    }
    if pictures.is_empty() {
        output::text("");
        output::text("No ceremony is known here.");
    }
    Ok(())
}

fn compare(args: &CompareArgs, globals: &Globals) -> Result<(), CliError> {
    let mut office = Office::open(&args.dir)?;
    let name = office.find(&args.name)?;
    let heard: String = args
        .digits
        .concat()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    let other = |c: char| !(c.is_ascii_digit() || c.is_whitespace() || "-.·".contains(c));
    if heard.len() != 20 || args.digits.iter().any(|word| word.contains(other)) {
        return Err(CliError::input(
            "not-digits",
            format_args!("the digits are twenty, and these are {}", heard.len()),
        )
        .next("ask the other side to read them once more; nothing has been compared yet"));
    }
    let picture = Picture::of(&office, &name);
    match (&picture.state, picture.part) {
        (State::Unreadable { .. }, _) => return Err(words::unreadable(&picture)),
        (_, Part::SeedGone) => return Err(words::seed_gone(&picture.short)),
        (_, Part::Joined) => {}
        _ => {
            return Err(CliError::input(
                "not-joined",
                "this node has not joined that ceremony, so there is nothing to compare",
            )
            .next(words::join_line(&args.dir, &picture.short)));
        }
    }
    let board = office.board(&name).map_err(words::desk)?;
    let Some(voice) = board.voice() else {
        if let State::Stopped { .. } = picture.state {
            return Err(CliError::refused(
                "stopped",
                "that ceremony has stopped, and has no digits",
            )
            .next(words::status_line(&args.dir)));
        }
        return Err(CliError::input(
            "too-early",
            "there are no digits yet: they come when all who take part have joined, and have said what they saw",
        )
        .next(words::status_line(&args.dir)));
    };
    if !voice.is(&heard) {
        return Err(differ(&office, &name, &board.standing()));
    }
    office
        .desk
        .note_digits(&name, &heard)
        .map_err(words::desk)?;
    office.go_on(&name)?;
    show_one(
        &office,
        &name,
        "The digits are the same: nobody stands between you and whoever read them out.",
        globals,
    );
    Ok(())
}

/// Somebody stands between two people who take part: the ceremony must not go on.
fn differ(office: &Office, name: &PlanDigest, standing: &Standing) -> CliError {
    let short = output::short(name);
    let stopped = office.stop(name, Reason::Voice);
    let alarm = "ALARM: the digits are not the same. You and whoever read them out are not in one ceremony: \
                 somebody stands between you, or one of you has misread";
    let said = match (&stopped, standing) {
        (Ok(()), _) => format!(
            "{alarm}. The ceremony {short} is stopped; the shares that there were stay as they are"
        ),
        (Err(_), Standing::Made { .. }) => {
            format!("{alarm}. The ceremony {short} is made already, and cannot be stopped any more")
        }
        (Err(why), _) => format!("{alarm}. The ceremony {short} could not be stopped: {why}"),
    };
    CliError::refused("digits-differ", said).next(
        "tell the others by telephone, find out by which way the messages came, and begin anew by another one: files on a stick are one",
    )
}

fn give(args: &GiveArgs, globals: &Globals) -> Result<(), CliError> {
    let office = Office::open(&args.dir)?;
    let name = office.find(&args.name)?;
    // Read first: what is damaged is not passed on.
    let board = office.board(&name).map_err(words::desk)?;
    let bytes = board.to_bytes();
    write_private(&args.file, &bytes).map_err(|e| {
        CliError::home(
            "write",
            format_args!("{} cannot be written: {e}", args.file.display()),
        )
        .next("check that the directory is there and yours, and that the disk is not full")
    })?;
    let messages = board.messages().count();
    if globals.json {
        output::json(
            &json!({"ceremony": name.to_string(), "file": args.file, "messages": messages}),
        );
        return Ok(());
    }
    output::text(&format!(
        "{} holds the plan of {} and {}. There is nothing secret in it.",
        args.file.display(),
        output::short(&name),
        output::count(messages, "message", "messages")
    ));
    output::text("Each of the others takes it in:");
    output::text("    parasol ceremony take NODE_DIR FILE");
    Ok(())
}

fn take(args: &TakeArgs, globals: &Globals) -> Result<(), CliError> {
    let mut office = Office::open(&args.dir)?;
    let mut taken: Vec<(PlanDigest, bool)> = Vec::new();
    for path in &args.files {
        let bytes = fs::read(path).map_err(|e| {
            CliError::input(
                "unreadable",
                format_args!("{} cannot be read: {e}", path.display()),
            )
        })?;
        let one = office.take(&bytes).map_err(|e| words::desk_in(e, path))?;
        match taken.iter_mut().find(|(name, _)| *name == one.0) {
            Some(known) => known.1 |= one.1,
            None => taken.push(one),
        }
    }
    for (name, _) in &taken {
        office.go_on(name)?;
    }
    let pictures = taken
        .iter()
        .map(|(name, new)| (Picture::of(&office, name), *new));
    if globals.json {
        let with_new = |(picture, new): (Picture, bool)| {
            let mut value = picture.json();
            if let Some(object) = value.as_object_mut() {
                object.insert("new".into(), new.into());
            }
            value
        };
        output::json(&json!({"ceremonies": pictures.map(with_new).collect::<Vec<_>>()}));
        return Ok(());
    }
    for (picture, new) in pictures {
        output::text(if new {
            "Taken in."
        } else {
            "There was nothing new in it."
        });
        picture.print(&args.dir);
    }
    Ok(())
}

fn stop(args: &StopArgs, globals: &Globals) -> Result<(), CliError> {
    let office = Office::open(&args.dir)?;
    let name = office.find(&args.name)?;
    let picture = Picture::of(&office, &name);
    match (&picture.state, picture.part) {
        (State::Unreadable { .. }, _) => return Err(words::unreadable(&picture)),
        (State::Made { .. } | State::Over | State::Overtaken, _) => {
            return Err(CliError::refused(
                "made",
                "that ceremony has come to its end: its certificate is made, and cannot be taken back",
            )
            .next(words::status_line(&args.dir)));
        }
        (State::Stopped { .. }, _) => {}
        (_, Part::None | Part::Invited) => {
            return Err(CliError::input(
                "not-joined",
                "this node has not joined that ceremony: it goes on no further while you do not join",
            )
            .next(format_args!(
                "to be rid of it here: parasol ceremony forget {} {}",
                words::dir(&args.dir),
                picture.short
            )));
        }
        _ => {
            let reason = if args.silence {
                Reason::Silence
            } else {
                Reason::Withdrawn
            };
            office.stop(&name, reason).map_err(words::desk)?;
        }
    }
    show_one(&office, &name, "Stopped.", globals);
    Ok(())
}

fn forget(args: &ForgetArgs, globals: &Globals) -> Result<(), CliError> {
    let office = Office::open(&args.dir)?;
    let name = office.find(&args.name)?;
    let picture = Picture::of(&office, &name);
    let live = matches!(
        picture.state,
        State::Waiting { .. } | State::Compare | State::Made { .. }
    );
    if live && matches!(picture.part, Part::Joined) {
        let said = match picture.state {
            State::Made { .. } => {
                "that ceremony is made, and not everybody has stored the new shares: what it needs for that is still here"
            }
            _ => "this node takes part in that ceremony, and the others wait for it",
        };
        return Err(CliError::refused("under-way", said).next(format_args!(
            "let it come to its end, or call it off first: parasol ceremony stop {} {}",
            words::dir(&args.dir),
            picture.short
        )));
    }
    office.desk.forget(&name).map_err(words::desk)?;
    if globals.json {
        output::json(&json!({"forgotten": name.to_string()}));
    } else {
        output::text(&format!(
            "Forgotten: {}. Keys and shares are as they were.",
            picture.short
        ));
    }
    Ok(())
}

fn show_one(office: &Office, name: &PlanDigest, head: &str, globals: &Globals) {
    let picture = Picture::of(office, name);
    if globals.json {
        output::json(&picture.json());
        return;
    }
    output::text(head);
    picture.print(&office.dir);
}
