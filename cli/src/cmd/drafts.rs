//! Seam: `drafts`.

use crate::exit::CliError;
use crate::globals::Globals;

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct DraftsArgs {
    /// Everything
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub rest: Vec<String>,
}

/// Does it.
///
/// # Errors
/// None yet.
pub fn run(args: &DraftsArgs, _globals: &Globals) -> Result<(), CliError> {
    println!("(drafts {:?})", args.rest);
    Ok(())
}
