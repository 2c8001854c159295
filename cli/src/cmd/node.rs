//! `node`: make, run or ask a node.

use crate::exit::{CliError, Kind};
use crate::globals::Globals;
use crate::output;
use crate::status::Status;
use parasol_node::command::{CommandError, NodeCommand as DirectoryCommand};
use parasol_node::setup::PaperError;
use serde_json::Value;

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

/// What a node says of the federation's keys.
fn keys(keys: Option<&Value>) -> String {
    let Some(keys) = keys.filter(|keys| keys.is_object()) else {
        return "none yet: they are made in a ceremony, see `parasol ceremony`".to_owned();
    };
    let text = |name: &str| keys.get(name).and_then(Value::as_str).map(output::clean);
    let epoch = keys
        .get("epoch")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    let made = text("made").unwrap_or_default();
    match text("renewed_from") {
        Some(day) => format!("generation {epoch}, of {made}; renewed from {day} on"),
        None => format!("generation {epoch}, of {made}"),
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
    let say = output::text;
    let text = |name: &str| match status.all.get(name) {
        Some(Value::String(text)) => output::clean(text),
        Some(value) => value.to_string(),
        None => "?".to_owned(),
    };
    if !status.is_whole() {
        say(&format!("a node answers at {url}"));
        say(&format!("  organisation  {}", text("organisation")));
        say(&format!("  federation    {}", text("federation")));
        say(&format!("  version       {}", text("version")));
        say("It tells more to its own organisation: use a profile of this node (--profile).");
        return Ok(());
    }
    say(&format!("{} at {url}", text("node")));
    say(&format!("  organisation  {}", text("organisation")));
    say(&format!("  federation    {}", text("federation")));
    say(&format!("  version       {}", text("version")));
    say(&format!("  today         {}", text("today")));
    say(&format!(
        "  ready         {}",
        if status.ready() { "yes" } else { "no" }
    ));
    say(&format!("  peers         {}", status.peers()));
    say(&format!("  keys          {}", keys(status.all.get("keys"))));
    say(&format!("  reports       {}", text("reports")));
    for (kind, count) in status
        .records()
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        say(&format!("  {:<13} {count}", output::clean(kind)));
    }
    for warning in status.warnings() {
        say(&format!("\nLook at this: {}.", output::clean(warning)));
    }
    Ok(())
}
