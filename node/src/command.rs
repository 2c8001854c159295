//! `node run` and `node init` as typed, the same in `parasol` and in `parasol-node`.

use crate::clock::Clock;
use crate::config::{ConfigError, NodeConfig};
use crate::entropy::OsEntropy;
use crate::files::{write_new, write_private};
use crate::keys::{IdentityError, NodeIdentity};
use crate::run::{RunError, RunOptions, run};
use crate::setup::{PaperError, SetupError, init_node, request, take};
use std::io::Write as _;
use std::path::PathBuf;

/// Prints a line. Nobody reading it any more is no error.
macro_rules! say {
    ($($words:tt)*) => {
        drop(writeln!(std::io::stdout().lock(), $($words)*))
    };
}

/// What can be done with a node's directory.
#[derive(clap::Subcommand, Clone, PartialEq, Eq, Debug)]
pub enum NodeCommand {
    /// Make a node's directory: fresh keys, a configuration to edit, and what its organisation signs
    Init(InitArgs),
    /// Run a node until it is told to stop (SIGTERM or SIGINT)
    Run(RunArgs),
    /// Write what the organisation's root is to sign, so that the node may work (90 days at most)
    Request(RequestArgs),
    /// Take in what others signed: the root's answer, a charter, a certificate
    Take(TakeArgs),
}

/// Arguments of `node request`.
#[derive(clap::Args, Clone, PartialEq, Eq, Debug)]
pub struct RequestArgs {
    /// The node's directory
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// For which organisation it is to work: short name or root key [default: the one it works for]
    #[arg(long, value_name = "NAME")]
    pub organisation: Option<String>,
    /// The file to write [default: DIR/request]
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Arguments of `node take`.
#[derive(clap::Args, Clone, PartialEq, Eq, Debug)]
pub struct TakeArgs {
    /// The node's directory
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// What others signed
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// Arguments of `node init`.
#[derive(clap::Args, Clone, PartialEq, Eq, Debug)]
pub struct InitArgs {
    /// The directory to make
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// The node's name: lower-case letters, digits and hyphens
    #[arg(long, value_name = "NAME")]
    pub name: String,
}

/// Arguments of `node run`.
#[derive(clap::Args, Clone, PartialEq, Eq, Debug)]
pub struct RunArgs {
    /// The node's directory, in which node.toml lies
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Read configuration and keys, say what they are, and stop
    #[arg(long)]
    pub check_config: bool,
    /// Stop when standard input ends: whoever holds its other end takes the node along
    #[arg(long)]
    pub die_with_parent: bool,
    /// A file to write when the node answers
    #[arg(long, value_name = "FILE")]
    pub ready: Option<PathBuf>,
}

/// Why a node was not made or does not run.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Its configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its directory is.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// It could not be made.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A paper of its could not be made or taken in.
    #[error(transparent)]
    Paper(#[from] PaperError),
    /// A file could not be written.
    #[error("cannot write {0}: {1}")]
    Write(PathBuf, std::io::Error),
    /// It stopped before it was told to.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl CommandError {
    /// The exit code: 7 for what is wrong with the directory, 3 for papers, 1 for the rest.
    pub const fn exit_code(&self) -> u8 {
        match self {
            CommandError::Config(_)
            | CommandError::Identity(_)
            | CommandError::Paper(PaperError::Identity(_))
            | CommandError::Write(..) => 7,
            CommandError::Paper(_) => 3,
            CommandError::Setup(_) | CommandError::Run(_) => 1,
        }
    }
}

impl NodeCommand {
    /// Does it.
    ///
    /// # Errors
    /// Says what is wrong, where, and what to do.
    pub fn execute(&self) -> Result<(), CommandError> {
        match self {
            NodeCommand::Init(args) => execute_init(args),
            NodeCommand::Run(args) => execute_run(args),
            NodeCommand::Request(args) => execute_request(args),
            NodeCommand::Take(args) => execute_take(args),
        }
    }
}

fn execute_init(args: &InitArgs) -> Result<(), CommandError> {
    let request = init_node(&args.dir, &args.name, &mut OsEntropy)?;
    let dir = args.dir.display();
    say!("A node's directory is in {dir}. Its keys were made there and never leave it.");
    say!();
    for line in request.to_string().lines() {
        say!("    {line}");
    }
    say!();
    say!("What comes next:");
    say!("  1. take in what the federation gives you: its charter, and certificate and records if");
    say!("     it has keys already");
    say!("         parasol node take {dir} charter.cbor certificate.cbor trust.cbor");
    say!("  2. write what your organisation's root key is to sign");
    say!("         parasol node request {dir} --organisation NAME");
    say!("  3. carry that file to the root key, and the answer back");
    say!("         parasol org delegate {dir}/request --root root.key --out answer");
    say!("         parasol node take {dir} answer");
    say!("  4. edit {dir}/node.toml, and start it with `parasol node run {dir}`");
    say!(
        "  5. if your organisation is to hold a share of the keys: `parasol ceremony status {dir}`."
    );
    Ok(())
}

fn execute_request(args: &RequestArgs) -> Result<(), CommandError> {
    let asked = request(&args.dir, args.organisation.as_deref())?;
    // An earlier request in its own place makes way for this one; anything else that is there stays.
    let (out, written) = match &args.out {
        Some(out) => (out.clone(), write_new(out, &asked.encode())),
        None => {
            let out = args.dir.join("request");
            let written = write_private(&out, &asked.encode());
            (out, written)
        }
    };
    written.map_err(|e| CommandError::Write(out.clone(), e))?;
    say!(
        "{} says what the root key of the node's organisation is to sign. There is nothing secret in it.",
        out.display()
    );
    say!("    organisation  {}", asked.organisation);
    say!("    node          {}", asked.name);
    say!("    record key    {}", asked.record_key);
    say!("Carry it to the machine with the root key, compare the record key there, and run");
    say!("    parasol org delegate request --root root.key --out answer");
    say!(
        "Then bring the answer back: `parasol node take {} answer`.",
        args.dir.display()
    );
    Ok(())
}

fn execute_take(args: &TakeArgs) -> Result<(), CommandError> {
    let today = Clock::default().now().day();
    let taken = take(&args.dir, &args.files, today)?;
    let new = |n: usize, one: &str, many: &str| match n {
        0 => format!("no new {many}"),
        1 => format!("1 new {one}"),
        n => format!("{n} new {many}"),
    };
    say!(
        "Taken into {}: {}, {}, {}. Version {} of the charter counts.",
        args.dir.display(),
        new(
            taken.charters,
            "paper about the charter",
            "papers about the charter"
        ),
        new(taken.records, "record", "records"),
        if taken.certificate {
            "a new certificate"
        } else {
            "no new certificate"
        },
        taken.version
    );
    if taken.charters + taken.records > 0 || taken.certificate {
        say!("A node that runs takes up charter and records by itself, within seconds.");
    }
    Ok(())
}

fn execute_run(args: &RunArgs) -> Result<(), CommandError> {
    let config = NodeConfig::load(&args.dir)?;
    if !args.check_config {
        let options = RunOptions {
            die_with_stdin: args.die_with_parent,
            ready_file: args.ready.clone(),
        };
        return Ok(run(config, options)?);
    }
    say!("{config}");
    let node = NodeIdentity::read(&config.dir)?;
    let terms = node.charter.terms();
    let organisation = node
        .charter
        .organisation(&node.organisation)
        .map_or("?", |o| o.name.as_str());
    say!("organisation   {organisation} ({})", node.organisation);
    say!(
        "federation     {}, {} organisations, {} of {} keyholders",
        terms.name,
        terms.organisations.len(),
        terms.threshold,
        node.charter.keyholders()
    );
    say!("key shares     {}", node.shares.len());
    say!("tokens         {}", node.tokens.len());
    Ok(())
}
