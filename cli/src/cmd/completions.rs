//! `completions`: what a shell needs to complete the command.

use crate::args::Cli;
use crate::exit::CliError;
use crate::globals::Globals;
use crate::output;
use clap::CommandFactory as _;
use clap_complete::Shell;

/// Arguments of `completions`.
#[derive(clap::Args, Clone, Debug)]
pub struct CompletionsArgs {
    /// Which shell
    pub shell: Shell,
}

/// Prints the completions.
///
/// # Errors
/// None.
pub fn run(args: &CompletionsArgs, _globals: &Globals) -> Result<(), CliError> {
    // Whole first: the generator panics when whoever reads has seen enough.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "parasol", &mut script);
    output::text(String::from_utf8_lossy(&script).trim_end());
    Ok(())
}
