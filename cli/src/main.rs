//! `parasol`: check, report, import, run a node, see a demonstration.

use clap::Parser as _;
use parasol_cli::args::Cli;
use parasol_cli::exit::not_understood;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return not_understood(&error, std::env::args_os().skip(1)),
    };
    match cli.execute() {
        Ok(code) => code,
        Err(error) => {
            error.print(cli.globals.json);
            error.exit_code()
        }
    }
}
