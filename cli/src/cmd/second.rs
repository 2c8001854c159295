//! Seam: `second`.

use crate::exit::CliError;
use crate::globals::Globals;

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct SecondArgs {
    /// Everything
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub rest: Vec<String>,
}

/// Does it.
///
/// # Errors
/// None yet.
pub fn run(args: &SecondArgs, _globals: &Globals) -> Result<(), CliError> {
    println!("(second {:?})", args.rest);
    Ok(())
}
