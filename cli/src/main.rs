//! `parasol`: check, report, import, run a node, see a demonstration.

use clap::Parser as _;
use parasol_cli::args::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.execute() {
        Ok(code) => code,
        Err(error) => {
            error.print(cli.globals.json);
            error.exit_code()
        }
    }
}
