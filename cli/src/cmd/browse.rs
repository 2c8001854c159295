//! Seam: `browse`.

use crate::exit::CliError;
use crate::globals::Globals;

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct BrowseArgs {
    /// Everything
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub rest: Vec<String>,
}

/// Does it.
///
/// # Errors
/// None yet.
pub fn run(args: &BrowseArgs, _globals: &Globals) -> Result<(), CliError> {
    println!("(browse {:?})", args.rest);
    Ok(())
}
