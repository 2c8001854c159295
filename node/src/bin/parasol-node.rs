//! A Parasol node, for machines that run nothing else of Parasol.

use clap::Parser;
use parasol_node::command::NodeCommand;
use std::process::ExitCode;

/// A node of a Parasol federation
#[derive(Parser)]
#[command(version, name = "parasol-node")]
struct Args {
    #[command(subcommand)]
    command: NodeCommand,
}

fn main() -> ExitCode {
    match Args::parse().command.execute() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("parasol-node: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
