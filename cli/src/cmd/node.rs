//! `node`: make, run or ask a node.

use crate::exit::{CliError, Kind};
use crate::globals::Globals;
use crate::output;
use crate::status::Status;
use parasol_node::command::{CommandError, NodeCommand as DirectoryCommand};
use parasol_node::setup::PaperError;

/// What can be done with nodes.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum NodeCommand {
    /// What is done to a node's directory.
    #[command(flatten)]
    Directory(DirectoryCommand),
    /// Ask a node how it is
    Status(StatusArgs),
}

/// Arguments of `node status`.
#[derive(clap::Args, Clone, Debug)]
pub struct StatusArgs {
    /// The node's address, as http://127.0.0.1:8440 [default: the profile's node]
    #[arg(value_name = "URL")]
    pub url: Option<String>,
}

/// Does it.
///
/// # Errors
/// Says what went wrong and what to do.
pub fn run(command: &NodeCommand, globals: &Globals) -> Result<(), CliError> {
    match command {
        NodeCommand::Directory(command) => command.execute().map_err(|e| match e {
            CommandError::Config(_) | CommandError::Identity(_) => {
                CliError::new(Kind::Home, "node-directory", e)
            }
            CommandError::Paper(PaperError::Identity(_)) | CommandError::Write(..) => {
                CliError::new(Kind::Home, "node-directory", e)
            }
            CommandError::Paper(_) => CliError::input("paper", e),
            CommandError::Setup(_) => CliError::input("node-init", e),
            CommandError::Run(_) => CliError::other("node-run", e),
        }),
        NodeCommand::Status(args) => status(args, globals),
    }
}

fn status(args: &StatusArgs, globals: &Globals) -> Result<(), CliError> {
    let profile = globals.open_profile().map(|(_, profile)| profile);
    let url = match &args.url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => profile.as_ref().map_err(Clone::clone)?.node.clone(),
    };
    // The token is for the profile's own node and nobody else.
    let own = profile.ok().filter(|p| p.node.trim_end_matches('/') == url);
    let status = Status::ask(&url, own.as_ref().map(|p| p.token.as_str()))?;
    if globals.json {
        output::json(&status.all);
        return Ok(());
    }
    for line in status.show(&url) {
        output::text(&line);
    }
    Ok(())
}
