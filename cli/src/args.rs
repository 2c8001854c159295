//! The command line as typed.

use crate::cmd::sight::Decision;
use crate::cmd::{
    browse, carry, ceremony, charter, check, completions, dispute, drafts, export, federation,
    import, inspect, man, node, org, quota, report, retract, revoke, second, sight, translate,
    trust, vouch,
};
use crate::demo::DemoArgs;
use crate::exit::CliError;
use crate::globals::Globals;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

const AFTER: &str = "\
Exit codes: 0 done, also when nothing is found; 1 something else went wrong; 2 the command line was
not understood; 3 what was typed or a file's contents cannot be used; 4 a node cannot be reached, or
too few keyholders answer; 5 a node refused; 7 the home or a configuration cannot be used.";

/// Share a list of dangerous clients that nobody can read as a whole
#[derive(Parser, Debug)]
#[command(name = "parasol", version, after_help = AFTER)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// See it work: a federation on this machine, from the first report to the last retraction
    Demo(DemoArgs),
    /// Make a federation on this machine, or show the one you are in
    #[command(subcommand)]
    Federation(federation::FederationCommand),
    /// Make, run or ask a node
    #[command(subcommand)]
    Node(node::NodeCommand),
    /// An organisation's root key: make it, keep it on paper, sign with it
    #[command(subcommand)]
    Org(org::OrgCommand),
    /// Who belongs to the federation, and how that changes
    #[command(subcommand)]
    Charter(charter::CharterCommand),
    /// Make the federation's keys and renew their shares, with no dealer
    #[command(subcommand)]
    Ceremony(ceremony::CeremonyCommand),
    /// Look up phone numbers, addresses, accounts, plates or pages
    Check(check::CheckArgs),
    /// File a report
    Report(report::ReportArgs),
    /// Read the reports of an area that their authors opened to it
    Browse(browse::BrowseArgs),
    /// Add a translation to a report
    Translate(translate::TranslateArgs),
    /// Confirm a report from your organisation's own knowledge
    Second(second::SecondArgs),
    /// Object to a report
    Dispute(dispute::DisputeArgs),
    /// Take a report of your own back
    Retract(retract::RetractArgs),
    /// Show a record, a file or a node's disk as someone who seized it would see it
    Inspect(inspect::InspectArgs),
    /// Write your own organisation's reports to a file, for its own use
    Export(export::ExportArgs),
    /// Bring in an old list: CSV, TSV or XLSX as it is
    Import(import::ImportArgs),
    /// How much may be asked today, and what others grant for an import
    #[command(subcommand)]
    Quota(quota::QuotaCommand),
    /// Show reports that were written and not sent yet
    Drafts(drafts::DraftsArgs),
    /// Whom to believe, and why
    #[command(subcommand)]
    Trust(trust::TrustCommand),
    /// Speak for another organisation with your root key: it is in, and may bring in so many others
    Vouch(vouch::VouchArgs),
    /// Take a vouch of your organisation back with your root key
    Revoke(revoke::RevokeArgs),
    /// Hand records that a root key signed elsewhere to your node
    Carry(carry::CarryArgs),
    /// Stop believing an organisation, and those whom it alone vouches for; --undo brings all back
    Block(sight::SightArgs),
    /// Put everything that an organisation published out of sight; --undo brings it back
    Drop(sight::SightArgs),
    /// Print what a shell needs to complete this command
    Completions(completions::CompletionsArgs),
    /// Print the manual page, or write all of them into a directory
    Man(man::ManArgs),
}

impl Cli {
    /// Does it.
    ///
    /// # Errors
    /// Says what went wrong, where, and what to do next.
    pub fn execute(&self) -> Result<ExitCode, CliError> {
        let globals = &self.globals;
        match &self.command {
            // The demonstration ends with the code of the command that it was to run.
            Command::Demo(args) => return crate::demo::run(args, globals),
            Command::Federation(command) => federation::run(command, globals),
            Command::Node(command) => node::run(command, globals),
            Command::Org(command) => org::run(command, globals),
            Command::Charter(command) => charter::run(command, globals),
            Command::Ceremony(command) => ceremony::run(command, globals),
            Command::Check(args) => check::run(args, globals),
            Command::Report(args) => report::run(args, globals),
            Command::Browse(args) => browse::run(args, globals),
            Command::Translate(args) => translate::run(args, globals),
            Command::Second(args) => second::run(args, globals),
            Command::Dispute(args) => dispute::run(args, globals),
            Command::Retract(args) => retract::run(args, globals),
            Command::Inspect(args) => inspect::run(args, globals),
            Command::Export(args) => export::run(args, globals),
            Command::Import(args) => import::run(args, globals),
            Command::Quota(command) => quota::run(command, globals),
            Command::Drafts(args) => drafts::run(args, globals),
            Command::Trust(command) => trust::run(command, globals),
            Command::Vouch(args) => vouch::run(args, globals),
            Command::Revoke(args) => revoke::run(args, globals),
            Command::Carry(args) => carry::run(args, globals),
            Command::Block(args) => sight::run(Decision::Block, args, globals),
            Command::Drop(args) => sight::run(Decision::Drop, args, globals),
            Command::Completions(args) => completions::run(args, globals),
            Command::Man(args) => man::run(args, globals),
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn everything_after_exec_belongs_to_the_command() {
        let cli = Cli::try_parse_from([
            "parasol", "demo", "--nodes", "5", "--exec", "sh", "-c", "exit 3", "--", "--json",
        ])
        .unwrap();
        let Command::Demo(args) = cli.command else {
            panic!("not the demo")
        };
        assert_eq!(args.command, ["sh", "-c", "exit 3", "--", "--json"]);
        assert_eq!(args.nodes, Some(5));
        assert!(!cli.globals.json);
        assert!(Cli::try_parse_from(["parasol", "demo", "sh"]).is_err());
        assert!(Cli::try_parse_from(["parasol", "demo", "--exec"]).is_err());
    }
}
