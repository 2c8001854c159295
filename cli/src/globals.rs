//! What every command takes: which home, which profile, text or JSON.

use crate::exit::CliError;
use crate::home::{Home, Profile};
use std::path::PathBuf;

/// Options that every command takes.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Globals {
    /// Answer in JSON, for programs
    #[arg(long, global = true)]
    pub json: bool,
    /// Whose node and list to use, if the home has several profiles
    #[arg(long, global = true, value_name = "NAME", env = "PARASOL_PROFILE")]
    pub profile: Option<String>,
    /// Where profiles, drafts, journals and lock keys lie [default: $XDG_DATA_HOME/parasol]
    #[arg(long, global = true, value_name = "DIR", env = "PARASOL_HOME")]
    pub home: Option<PathBuf>,
}

impl Globals {
    /// The directory of the home, whether it exists or not.
    ///
    /// # Errors
    /// If nothing says where it is.
    pub fn home_dir(&self) -> Result<PathBuf, CliError> {
        let set = |p: &PathBuf| !p.as_os_str().is_empty();
        if let Some(dir) = self.home.as_ref().filter(|p| set(p)) {
            return Ok(dir.clone());
        }
        let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(set);
        variable("XDG_DATA_HOME")
            .or_else(|| Some(variable("HOME")?.join(".local").join("share")))
            .map(|data| data.join("parasol"))
            .ok_or_else(|| {
                CliError::home(
                    "no-home",
                    "there is no place for Parasol's files: HOME is not set",
                )
                .next("say where they are with --home DIR")
            })
    }

    /// Opens the home.
    ///
    /// # Errors
    /// If there is none, or this version cannot read it.
    pub fn open_home(&self) -> Result<Home, CliError> {
        Home::open(&self.home_dir()?)
    }

    /// Opens the home and the profile in it that is meant.
    ///
    /// # Errors
    /// As [`Globals::open_home`], or if it is not clear which profile is meant.
    pub fn open_profile(&self) -> Result<(Home, Profile), CliError> {
        let home = self.open_home()?;
        let profile = home.pick(self.profile.as_deref().filter(|p| !p.is_empty()))?;
        Ok((home, profile))
    }
}
