//! What every command takes: which home, which profile, text or JSON.

use crate::exit::CliError;
use crate::home::{Home, Profile};
use std::net::IpAddr;
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
    /// Let the token and what is asked go unencrypted to an http:// address that is not on this
    /// machine: only where the way there is a tunnel, or a network that you trust
    #[arg(long, global = true)]
    pub insecure_http: bool,
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
        if !self.insecure_http && !profile.insecure_http {
            check_way(&profile.node, &profile.name)?;
        }
        Ok((home, profile))
    }
}

/// Refuses a way to a node on which others could read along.
fn check_way(node: &str, profile: &str) -> Result<(), CliError> {
    let wrong = |why: &str| {
        CliError::home(
            "bad-address",
            format_args!("profile {profile}: the node's address {node} {why}"),
        )
        .next("correct it in the profile, as https://node.example.org")
    };
    let uri: ureq::http::Uri = node.parse().map_err(|_| wrong("is none"))?;
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(_)) => Ok(()),
        (Some("http"), Some(host)) if is_here(host) => Ok(()),
        (Some("http"), Some(host)) => Err(CliError::home(
            "insecure-address",
            format_args!(
                "profile {profile}: {node} would be asked unencrypted, and {host} is another machine: \
                 whoever is on the way would get the token, and see when you ask and report"
            ),
        )
        .next(
            "give the node an https:// address; where a tunnel already encrypts the way, add --insecure-http, \
             or insecure_http = true to the profile",
        )),
        _ => Err(wrong("must begin with https://, or with http:// on this machine")),
    }
}

/// Whether a host is this machine: what is sent there does not leave it.
fn is_here(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback(),
        Err(_) => bare.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::home::Profile;

    #[test]
    fn nothing_goes_in_the_clear_to_another_machine() {
        for node in [
            "http://127.0.0.1:8440",
            "http://127.9.9.9",
            "http://localhost:8440/",
            "http://LOCALHOST",
            "http://[::1]:8440",
            "https://node.example.org",
            "https://203.0.113.7:8440",
        ] {
            assert_eq!(check_way(node, "lilas"), Ok(()), "{node}");
        }
        for (node, code) in [
            ("http://node.example.org", "insecure-address"),
            ("HTTP://node.example.org", "insecure-address"),
            ("http://192.168.1.10:8440", "insecure-address"),
            ("http://0.0.0.0:8440", "insecure-address"),
            ("http://127.0.0.1.example.org", "insecure-address"),
            ("http://127.0.0.1@node.example.org", "insecure-address"),
            ("http://localhost.example.org", "insecure-address"),
            ("http://[::2]:8440", "insecure-address"),
            ("ftp://127.0.0.1", "bad-address"),
            ("node.example.org", "bad-address"),
            ("127.0.0.1:8440", "bad-address"),
            ("", "bad-address"),
        ] {
            assert_eq!(check_way(node, "lilas").unwrap_err().code(), code, "{node}");
        }
    }

    #[test]
    fn who_says_so_may_go_unencrypted() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::create(&dir.path().join("home")).unwrap();
        let mut profile = Profile {
            name: "lilas".into(),
            organisation: "11".repeat(32),
            node: "http://192.168.1.10:8440".into(),
            ..Profile::default()
        };
        home.save(&profile).unwrap();
        let mut globals = Globals {
            home: Some(home.dir().to_owned()),
            ..Globals::default()
        };
        let refused = globals.open_profile().unwrap_err();
        assert_eq!(refused.code(), "insecure-address");
        globals.insecure_http = true;
        assert!(globals.open_profile().is_ok());
        globals.insecure_http = false;
        profile.insecure_http = true;
        home.save(&profile).unwrap();
        assert!(globals.open_profile().is_ok());
    }
}
