//! `trust`: whom to believe, and why.

mod about;
mod attempt;
mod eval;
mod explain;
mod graph;
mod picture;
mod show;

use crate::exit::CliError;
use crate::globals::Globals;

/// What can be done.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum TrustCommand {
    /// Show who counts here, how well each is vouched for, and what ends soon
    Show(show::ShowArgs),
    /// Say why an organisation is in or out: every vouch that was used, and every one that was not
    Explain(explain::ExplainArgs),
    /// Draw who vouches for whom, as a picture to look at in a browser
    Graph(graph::GraphArgs),
    /// Say what would change if these vouches came in
    Try(attempt::TryArgs),
    /// Work out who is in by a graph of vouches in a file; it needs no federation
    Eval(eval::EvalArgs),
}

/// Does it.
///
/// # Errors
/// Says what could not be read, and where.
pub fn run(command: &TrustCommand, globals: &Globals) -> Result<(), CliError> {
    match command {
        TrustCommand::Show(args) => show::run(args, globals),
        TrustCommand::Explain(args) => explain::run(args, globals),
        TrustCommand::Graph(args) => graph::run(args, globals),
        TrustCommand::Try(args) => attempt::run(args, globals),
        TrustCommand::Eval(args) => eval::run(args, globals),
    }
}
