//! Graphs of vouches that the command reads from files.

#[path = "../../cli/src/cmd/trust/about.rs"]
mod about;
#[path = "../../cli/src/cmd/trust/attempt.rs"]
mod attempt;
#[path = "../../cli/src/cmd/trust/eval.rs"]
mod eval;

use crate::exit::CliError;
use crate::globals::Globals;
use clap::Parser as _;
use parasol_protocol::trust::Graph;
use std::path::Path;

/// The graph in a file.
///
/// # Errors
/// If the file holds none.
pub fn read(path: &Path) -> Result<Graph<String>, CliError> {
    eval::read(path)
}

/// `trust eval`, unseen.
///
/// # Errors
/// If the file holds no graph.
pub fn eval(path: &Path, json: bool) -> Result<(), CliError> {
    let graph = path.to_owned();
    eval::run(&eval::EvalArgs { graph }, &Globals { json })
}

#[derive(clap::Parser)]
struct Try {
    #[command(flatten)]
    args: attempt::TryArgs,
}

/// `trust try` on what is in a file, upon the graph in another one or the fixture's federation.
///
/// # Errors
/// If a file does not hold what it should.
pub fn attempt(file: &Path, graph: Option<&Path>, json: bool) -> Result<(), CliError> {
    let mut words = vec!["try".into(), file.as_os_str().to_owned()];
    if let Some(graph) = graph {
        words.extend(["--graph".into(), graph.as_os_str().to_owned()]);
    }
    let parsed = Try::try_parse_from(words).unwrap();
    attempt::run(&parsed.args, &Globals { json })
}
