//! `node run` and `node init` as typed, the same in `parasol` and in `parasol-node`.

use crate::config::{ConfigError, NodeConfig};
use crate::entropy::OsEntropy;
use crate::keys::{IdentityError, NodeIdentity};
use crate::run::{RunError, RunOptions, run};
use crate::setup::{SetupError, init_node};
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
    /// It stopped before it was told to.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl CommandError {
    /// The exit code: 7 for what is wrong with the directory, 1 for the rest.
    pub const fn exit_code(&self) -> u8 {
        match self {
            CommandError::Config(_) | CommandError::Identity(_) => 7,
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
        }
    }
}

fn execute_init(args: &InitArgs) -> Result<(), CommandError> {
    let request = init_node(&args.dir, &args.name, &mut OsEntropy)?;
    let dir = args.dir.display();
    say!("A node's directory is in {dir}. Its keys were made there and never leave it.");
    say!();
    say!(
        "An organisation's root key has to sign these lines (they are in {dir}/terms). This version has"
    );
    say!(
        "no command for that: `parasol federation init` signs those of the nodes that it makes itself."
    );
    say!();
    for line in request.to_string().lines() {
        say!("    {line}");
    }
    say!();
    say!(
        "With a program of your own that signs them: put the federation's charter.cbor, certificate.cbor"
    );
    say!(
        "and trust.cbor into {dir}, edit {dir}/node.toml, and start it with `parasol-node run {dir}`."
    );
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
