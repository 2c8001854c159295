//! `completions`: what a shell needs to complete the command.

use crate::args::Cli;
use crate::exit::CliError;
use crate::globals::Globals;
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
    clap_complete::generate(
        args.shell,
        &mut Cli::command(),
        "parasol",
        &mut std::io::stdout(),
    );
    Ok(())
}
