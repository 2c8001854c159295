//! The arguments of `demo`, and how its parts go together.

use super::fleet::{Fleet, StartError};
use super::place::{Place, Wanted};
use super::signals::Signals;
use super::story;
use crate::exit::CliError;
use crate::globals::Globals;
use crate::output;
use crate::output::tell;
use parasol_node::files::write_private;
use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::io::IsTerminal as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};
use std::time::{Duration, Instant};

/// How often a command that runs is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How long a command that was asked to stop may take.
const GRACE: Duration = Duration::from_secs(10);
/// How often ports are picked again because someone took one.
const PICKS: usize = 3;

/// Arguments of `demo`.
#[derive(clap::Args, Clone, Debug)]
pub struct DemoArgs {
    /// Where it lies; an earlier demonstration there goes on [default: a temporary directory]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// How many organisations, each with a node [default: 3]
    #[arg(long, value_name = "N")]
    pub nodes: Option<u16>,
    /// How many keyholders it takes to look something up [default: more than half]
    #[arg(long, value_name = "T")]
    pub threshold: Option<u16>,
    /// Tell the story, then stop
    #[arg(long)]
    pub once: bool,
    /// A file to write when all nodes answer: where they are, as JSON
    #[arg(long, value_name = "FILE")]
    pub ready: Option<PathBuf>,
    /// The first of two ports for each node [default: free ones]
    #[arg(long, value_name = "BASE")]
    pub port: Option<u16>,
    /// No story: run the command that follows with PARASOL_HOME set, stop, exit with its status
    #[arg(long, requires = "command", conflicts_with = "once")]
    pub exec: bool,
    /// The command to run, and its arguments
    #[arg(
        value_name = "CMD",
        trailing_var_arg = true,
        allow_hyphen_values = true,
        requires = "exec"
    )]
    pub command: Vec<OsString>,
}

/// Runs a demonstration, or a command with a federation around it.
///
/// # Errors
/// If the federation cannot be made or does not come up, or a step of the story fails.
pub fn run(args: &DemoArgs, globals: &Globals) -> Result<ExitCode, CliError> {
    let talks = !args.exec && !globals.json;
    if talks {
        story::check_room(args.nodes)?;
    }
    let signals = Signals::install()
        .map_err(|e| CliError::other("signals", format_args!("cannot listen for signals: {e}")))?;
    let place = Place::prepare(Wanted {
        dir: args.dir.as_deref(),
        nodes: args.nodes,
        threshold: args.threshold,
        port: args.port,
    })?;
    if talks {
        story::open(&place)?;
    }
    let mut fleet = start(&place, args.port, &signals)?;
    let description = fleet.describe(&place);
    write_ready(args, &description)?;
    if let Some((program, rest)) = args.command.split_first() {
        return execute(program, rest, &place, &mut fleet, &signals);
    }
    if talks {
        story::tell(&place, &mut fleet, &signals)?;
    } else {
        output::json(&description);
    }
    if !args.once {
        if talks {
            if bring_back(&mut fleet, &place, &signals) {
                write_ready(args, &fleet.describe(&place))?;
            }
            story::invite(&place)?;
        }
        stay(&mut fleet, &place, &signals);
    }
    fleet.stop();
    Ok(ExitCode::SUCCESS)
}

fn write_ready(args: &DemoArgs, description: &Value) -> Result<(), CliError> {
    let Some(file) = &args.ready else {
        return Ok(());
    };
    write_private(file, format!("{description}\n").as_bytes()).map_err(|e| {
        CliError::home(
            "ready",
            format_args!("cannot write {}: {e}", file.display()),
        )
        .next("choose another --ready FILE")
    })
}

/// Starts the nodes again that the story took away. Whether all of them answer, and some are new.
fn bring_back(fleet: &mut Fleet, place: &Place, signals: &Signals) -> bool {
    let off = fleet.off();
    if off.is_empty() {
        return false;
    }
    let names = off.join(", ");
    match fleet.start_again(signals) {
        Ok(()) => {
            output::text(&format!(
                "\nThat was the story. {names}'s node is started again, so that you can try all {}.",
                count_word(place.names().len())
            ));
            true
        }
        Err(why) => {
            let why = match why {
                StartError::PortTaken => "a port that it was to use is in use".to_owned(),
                StartError::Other(error) => error.message().to_owned(),
            };
            output::text(&format!("\n{names}'s node is off: {why}"));
            for name in off {
                output::text(&format!(
                    "If it does not come up, start it with: parasol node run {}",
                    output::quote(&place.dir().join(&name).to_string_lossy())
                ));
            }
            false
        }
    }
}

fn count_word(count: usize) -> String {
    match count {
        3 => "three".to_owned(),
        count => count.to_string(),
    }
}

fn start(place: &Place, base: Option<u16>, signals: &Signals) -> Result<Fleet, CliError> {
    for _ in 1..PICKS {
        match Fleet::start(place, signals) {
            Ok(fleet) => return Ok(fleet),
            Err(StartError::Other(error)) => return Err(error),
            // Asked for, so it stays; the next start says who is in the way.
            Err(StartError::PortTaken) if base.is_some() => break,
            Err(StartError::PortTaken) => place.move_ports(None)?,
        }
    }
    Fleet::start(place, signals).map_err(|e| match e {
        StartError::Other(error) => error,
        StartError::PortTaken => {
            CliError::other("port-in-use", "a port that a node was to use is in use")
                .next("stop the program that uses it, or choose another --port")
        }
    })
}

/// Stays up until asked to stop, and tells of nodes that end.
fn stay(fleet: &mut Fleet, place: &Place, signals: &Signals) {
    while signals.wait(Duration::from_millis(200)).is_none() {
        for name in fleet.reap() {
            let log = place.dir().join(&name).join("log");
            tell!("The node {name} has ended; its log is {}.", log.display());
        }
    }
    if std::io::stderr().is_terminal() {
        tell!("\nStopping the nodes.");
    }
}

fn execute(
    program: &OsStr,
    rest: &[OsString],
    place: &Place,
    fleet: &mut Fleet,
    signals: &Signals,
) -> Result<ExitCode, CliError> {
    let mut child = Command::new(program)
        .args(rest)
        .env("PARASOL_HOME", place.home())
        .env_remove("PARASOL_PROFILE")
        .env("PATH", path_with_us()?)
        .spawn()
        .map_err(|e| {
            CliError::input(
                "exec",
                format_args!("{} cannot be run: {e}", program.to_string_lossy()),
            )
            .next("give --exec a program and its arguments")
        })?;
    let mut asked_at: Option<Instant> = None;
    let status = loop {
        let ended = child.try_wait().map_err(|e| CliError::other("exec", e))?;
        if let Some(status) = ended {
            break status;
        }
        fleet.reap();
        match (signals.asked(), asked_at) {
            (Some(asked), None) => {
                asked_at = Some(Instant::now());
                pass_on(&child, asked.name);
            }
            (_, Some(at)) if at.elapsed() > GRACE => {
                // It may end between the look and the blow, which is as good.
                drop(child.kill());
            }
            _ => {}
        }
        std::thread::sleep(LOOK);
    };
    fleet.stop();
    let code = status.code().or_else(|| Some(128 + status.signal()?));
    Ok(ExitCode::from(
        code.and_then(|c| u8::try_from(c).ok()).unwrap_or(1),
    ))
}

/// Passes a signal on to the command. A Ctrl-C on the terminal has reached it already.
fn pass_on(child: &Child, signal: &str) {
    if signal == "INT" && std::io::stdin().is_terminal() {
        return;
    }
    let sent = Command::new("kill")
        .args(["-s", signal, &child.id().to_string()])
        .status();
    // If it cannot be sent, the command is killed when its time is up.
    drop(sent);
}

/// `PATH` with this program's directory in front, so that the command finds `parasol`.
fn path_with_us() -> Result<OsString, CliError> {
    let exe = std::env::current_exe().map_err(|e| CliError::other("exec", e))?;
    let own = exe.parent().map(Path::to_path_buf);
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path)))
        .map_err(|e| CliError::other("exec", format_args!("PATH cannot be extended: {e}")))
}
