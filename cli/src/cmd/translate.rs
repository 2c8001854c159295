//! Seam: `translate`.

use crate::exit::CliError;
use crate::globals::Globals;

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct TranslateArgs {
    /// Everything
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub rest: Vec<String>,
}

/// Does it.
///
/// # Errors
/// None yet.
pub fn run(args: &TranslateArgs, _globals: &Globals) -> Result<(), CliError> {
    println!("(translate {:?})", args.rest);
    Ok(())
}
