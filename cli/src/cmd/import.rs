//! Seam: `import`.

use crate::exit::CliError;
use crate::globals::Globals;

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct ImportArgs {
    /// Everything
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub rest: Vec<String>,
}

/// Does it.
///
/// # Errors
/// None yet.
pub fn run(args: &ImportArgs, _globals: &Globals) -> Result<(), CliError> {
    println!("(import {:?})", args.rest);
    Ok(())
}
