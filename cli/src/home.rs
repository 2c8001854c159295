//! The home: what a person's own device keeps. Profiles with their tokens, lock keys, drafts,
//! import journals. Nobody but its owner may read it.

use crate::exit::CliError;
use parasol_node::files::{create_private_dir, write_private};
use parasol_protocol::charter::Pin;
use parasol_protocol::client::Generation;
use parasol_protocol::ids::{FederationId, OrganisationKey};
use parasol_protocol::keys::SecretKey;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The words in the file `format`, before the number.
const FORMAT: &str = "parasol home";
/// The format that this version writes, and the newest that it reads.
const VERSION: u32 = 1;
/// Where roots, locks, drafts and journals lie.
const PLACES: [&str; 6] = ["profiles", "roots", "locks", "drafts", "journals", "opened"];

/// A way into the federation: an organisation, its node, and the token that the node knows.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its name; also the file's.
    pub name: String,
    /// The organisation's root key, in hexadecimal.
    pub organisation: String,
    /// The address of the home node, as `http://127.0.0.1:8440`.
    pub node: String,
    /// The bearer token.
    pub token: String,
    /// The federation's id, kept from the first answer on: a node that later speaks of another
    /// federation is not believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub federation: Option<String>,
    /// The newest generation of the shared keys that was seen, kept likewise: an older one is not
    /// believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u32>,
    /// SHA-256 of what the keyholders signed for that generation: another one of the same number is
    /// an alarm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// The number and id of the newest version of the charter that was seen, as `3:…`, kept
    /// likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charter: Option<String>,
    /// Organisations that one trusts by one's own decision, so that their vouches lead on: short names
    /// or root keys, with the number of others that they may bring in, as `rowan=50`. One's own is
    /// always among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roots: Vec<String>,
    /// Organisations that have no place here: neither their word nor their vouches count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<String>,
    /// Organisations of which nothing is shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<String>,
    /// Whether the node may be asked unencrypted though it is another machine, as through a tunnel.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub insecure_http: bool,
    /// The country whose national numbers are meant when nothing else is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The language that its people write in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile")
            .field("name", &self.name)
            .field("node", &self.node)
            .field("token", &"…")
            .finish_non_exhaustive()
    }
}

impl Profile {
    /// The federation that the profile belongs to, if its node has told already.
    ///
    /// # Errors
    /// If the profile's file holds something else.
    pub fn federation(&self) -> Result<Option<FederationId>, CliError> {
        let parse = |text: &String| {
            text.parse().map_err(|e| {
                CliError::home(
                    "bad-profile",
                    format_args!("profile {}: federation is {e}", self.name),
                )
            })
        };
        self.federation.as_ref().map(parse).transpose()
    }

    /// The generation of the shared keys that was seen last, if one was.
    ///
    /// # Errors
    /// If the profile's file holds something else.
    pub fn generation(&self) -> Result<Option<Generation>, CliError> {
        let (Some(epoch), Some(text)) = (self.epoch, &self.certificate) else {
            return Ok(None);
        };
        let mut digest = [0; 32];
        hex::decode_to_slice(text, &mut digest).map_err(|_| {
            CliError::home(
                "bad-profile",
                format_args!(
                    "profile {}: certificate is not 64 hexadecimal characters",
                    self.name
                ),
            )
        })?;
        Ok(Some(Generation { epoch, digest }))
    }

    /// The version of the charter that was seen last.
    ///
    /// # Errors
    /// If the profile's file holds something else.
    pub fn pin(&self) -> Result<Option<Pin>, CliError> {
        let Some(text) = &self.charter else {
            return Ok(None);
        };
        let pin = text.split_once(':').and_then(|(version, id)| {
            Some(Pin {
                version: version.parse().ok()?,
                id: id.parse().ok()?,
            })
        });
        pin.map(Some).ok_or_else(|| {
            CliError::home(
                "bad-profile",
                format_args!(
                    "profile {}: charter is not the number and id of a version",
                    self.name
                ),
            )
        })
    }

    /// The organisation's root key.
    ///
    /// # Errors
    /// If the profile's file holds something else.
    pub fn organisation(&self) -> Result<OrganisationKey, CliError> {
        self.organisation.parse().map_err(|e| {
            CliError::home(
                "bad-profile",
                format_args!("profile {}: organisation is {e}", self.name),
            )
        })
    }
}

/// An open home.
#[derive(Clone, Debug)]
pub struct Home {
    dir: PathBuf,
}

impl Home {
    /// Makes a home, or opens the one that is there.
    ///
    /// # Errors
    /// If the directory cannot be made, or holds something else.
    pub fn create(dir: &Path) -> Result<Self, CliError> {
        if dir.join("format").exists() {
            return Self::open(dir);
        }
        let occupied = fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
        if occupied {
            return Err(CliError::home(
                "not-a-home",
                format_args!("{} holds other files and no Parasol home", dir.display()),
            )
            .next("choose an empty or new directory with --home DIR"));
        }
        let home = Self {
            dir: dir.to_owned(),
        };
        for place in PLACES {
            let place = dir.join(place);
            create_private_dir(&place).map_err(|e| trouble("make", &place, &e))?;
        }
        let format = dir.join("format");
        write_private(&format, format!("{FORMAT} {VERSION}\n").as_bytes())
            .map_err(|e| trouble("write", &format, &e))?;
        Ok(home)
    }

    /// Opens a home.
    ///
    /// # Errors
    /// If there is none, it is of a newer version, or something else is there.
    pub fn open(dir: &Path) -> Result<Self, CliError> {
        let format = dir.join("format");
        let text = match fs::read_to_string(&format) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(CliError::home(
                    "no-home",
                    format_args!("there is no Parasol home in {}", dir.display()),
                )
                .next(
                    "your organisation gives you one; or see how it works with `parasol demo`, \
                     or say where it is with --home DIR",
                ));
            }
            Err(e) => return Err(trouble("read", &format, &e)),
        };
        let version = text
            .trim()
            .strip_prefix(FORMAT)
            .and_then(|n| n.trim().parse::<u32>().ok());
        match version {
            Some(VERSION) => Ok(Self { dir: dir.to_owned() }),
            Some(newer) if newer > VERSION => Err(CliError::home(
                "newer-home",
                format_args!(
                    "the home in {} was written by a newer Parasol (format {newer}; this one reads {VERSION}). \
                     Nothing was changed",
                    dir.display()
                ),
            )
            .next("use that newer version of the program")),
            _ => Err(CliError::home(
                "not-a-home",
                format_args!("{} does not say that this is a Parasol home", format.display()),
            )
            .next("say where the home is with --home DIR")),
        }
    }

    /// Its directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A directory in it, made if it is not there: `locks`, `drafts`, `journals`, `opened`.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn place(&self, name: &str) -> Result<PathBuf, CliError> {
        let place = self.dir.join(name);
        create_private_dir(&place).map_err(|e| trouble("make", &place, &e))?;
        Ok(place)
    }

    /// Writes a file in it so that it is there whole or not at all, for its owner alone.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), CliError> {
        write_private(path, bytes).map_err(|e| trouble("write", path, &e))
    }

    /// The names of its profiles, sorted.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub fn profiles(&self) -> Result<Vec<String>, CliError> {
        let dir = self.dir.join("profiles");
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(trouble("read", &dir, &e)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(|e| trouble("read", &dir, &e))?.file_name();
            if let Some(name) = name.to_str().and_then(|n| n.strip_suffix(".toml")) {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Reads a profile.
    ///
    /// # Errors
    /// If there is none of that name, or its file is damaged.
    pub fn load(&self, name: &str) -> Result<Profile, CliError> {
        let path = self.profile_path(name)?;
        let text = match fs::read_to_string(&path) {
            Ok(text) => Zeroizing::new(text),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let known = self.profiles()?;
                return Err(CliError::home(
                    "no-profile",
                    format_args!("there is no profile {name} in {}", self.dir.display()),
                )
                .next(if known.is_empty() {
                    "this home has no profile yet; your organisation gives you one".to_owned()
                } else {
                    format!("choose one of: {}", known.join(", "))
                }));
            }
            Err(e) => return Err(trouble("read", &path, &e)),
        };
        let profile: Profile = toml::from_str(&text).map_err(|e| {
            // The parser's own message would quote the line, which may hold the token.
            let line = e.span().map_or(0, |span| {
                text.get(..span.start)
                    .unwrap_or_default()
                    .matches('\n')
                    .count()
                    + 1
            });
            CliError::home(
                "bad-profile",
                format_args!("{}, line {line}: {}", path.display(), e.message()),
            )
            .next("correct the line, or take the profile from your organisation again")
        })?;
        if profile.name != name {
            return Err(CliError::home(
                "bad-profile",
                format_args!("{} is the profile of {}", path.display(), profile.name),
            )
            .next("give the file the name that stands in it"));
        }
        Ok(profile)
    }

    /// Writes a profile.
    ///
    /// # Errors
    /// If its name cannot be a file's, or it cannot be written.
    pub fn save(&self, profile: &Profile) -> Result<(), CliError> {
        let path = self.profile_path(&profile.name)?;
        let text = toml::to_string(profile).map_err(|e| CliError::other("profile", e))?;
        self.place("profiles")?;
        self.write(&path, text.as_bytes())
    }

    /// Makes a profile the one that is meant when none is named.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn set_default(&self, name: &str) -> Result<(), CliError> {
        self.write(&self.dir.join("default"), format!("{name}\n").as_bytes())
    }

    /// Keeps an organisation's root key, and gives its file. For a federation on one machine only: a real one keeps
    /// its roots offline.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep_root(&self, name: &str, root: &SecretKey) -> Result<PathBuf, CliError> {
        let seed = Zeroizing::new(format!(
            "{}\n",
            Zeroizing::new(hex::encode(*root.seed())).as_str()
        ));
        let path = self.place("roots")?.join(format!("{name}.key"));
        self.write(&path, seed.as_bytes())?;
        Ok(path)
    }

    /// The profile that is meant: the one named, the only one, or the default.
    ///
    /// # Errors
    /// If there is none, or it is not clear which.
    pub fn pick(&self, named: Option<&str>) -> Result<Profile, CliError> {
        if let Some(name) = named {
            return self.load(name);
        }
        if let Ok(name) = fs::read_to_string(self.dir.join("default")) {
            return self.load(name.trim());
        }
        let names = self.profiles()?;
        match names.as_slice() {
            [only] => self.load(only),
            [] => Err(CliError::home(
                "no-profile",
                format_args!("the home in {} has no profile", self.dir.display()),
            )
            .next("your organisation gives you one; or see how it works with `parasol demo`")),
            several => Err(CliError::home(
                "which-profile",
                "this home has several profiles, and none was named",
            )
            .next(format_args!(
                "add --profile with one of: {}",
                several.join(", ")
            ))),
        }
    }

    fn profile_path(&self, name: &str) -> Result<PathBuf, CliError> {
        let plain = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if !plain {
            return Err(CliError::usage(
                "bad-profile-name",
                "a profile's name has letters, digits, - and _ only",
            ));
        }
        Ok(self.dir.join("profiles").join(format!("{name}.toml")))
    }
}

fn trouble(what: &str, path: &Path, error: &io::Error) -> CliError {
    CliError::home(
        "home-file",
        format_args!("cannot {what} {}: {error}", path.display()),
    )
    .next("check that the directory is yours and that the disk is not full")
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;
    use crate::exit::Kind;
    use std::os::unix::fs::PermissionsExt as _;

    fn profile(name: &str) -> Profile {
        Profile {
            name: name.into(),
            organisation: "11".repeat(32),
            node: "http://127.0.0.1:8440".into(),
            token: "secret".into(),
            country: Some("FR".into()),
            ..Profile::default()
        }
    }

    #[test]
    fn a_profile_comes_back_and_nobody_else_reads_it() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::create(&dir.path().join("home")).unwrap();
        home.save(&profile("lilas")).unwrap();
        let again = Home::open(home.dir()).unwrap();
        assert_eq!(again.load("lilas").unwrap(), profile("lilas"));
        let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(home.dir()), 0o700);
        assert_eq!(mode(&home.dir().join("format")), 0o600);
        assert_eq!(mode(&home.dir().join("profiles")), 0o700);
        assert_eq!(mode(&home.dir().join("profiles/lilas.toml")), 0o600);
        assert!(!format!("{:?}", profile("lilas")).contains("secret"));
    }

    #[test]
    fn one_profile_or_the_default_is_meant_and_otherwise_it_asks() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::create(&dir.path().join("home")).unwrap();
        assert_eq!(home.pick(None).unwrap_err().code(), "no-profile");
        home.save(&profile("lilas")).unwrap();
        assert_eq!(home.pick(None).unwrap().name, "lilas");
        home.save(&profile("rowan")).unwrap();
        let unclear = home.pick(None).unwrap_err();
        assert_eq!(
            (unclear.code(), unclear.kind()),
            ("which-profile", Kind::Home)
        );
        assert!(unclear.to_string().contains("lilas, rowan"));
        assert_eq!(home.pick(Some("rowan")).unwrap().name, "rowan");
        home.set_default("rowan").unwrap();
        assert_eq!(home.pick(None).unwrap().name, "rowan");
        assert!(
            home.pick(Some("mohn"))
                .unwrap_err()
                .to_string()
                .contains("lilas, rowan")
        );
        assert_eq!(home.pick(Some("../x")).unwrap_err().kind(), Kind::Usage);
    }

    #[test]
    fn what_is_no_home_or_a_newer_one_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Home::open(dir.path()).unwrap_err().code(), "no-home");
        for (text, code) in [
            ("parasol home 2\n", "newer-home"),
            ("something else\n", "not-a-home"),
            ("parasol home\n", "not-a-home"),
            ("", "not-a-home"),
        ] {
            fs::write(dir.path().join("format"), text).unwrap();
            assert_eq!(Home::open(dir.path()).unwrap_err().code(), code, "{text:?}");
            assert_eq!(
                Home::create(dir.path()).unwrap_err().code(),
                code,
                "{text:?}"
            );
            assert_eq!(fs::read_to_string(dir.path().join("format")).unwrap(), text);
        }
        fs::remove_file(dir.path().join("format")).unwrap();
        fs::write(dir.path().join("diary"), "x").unwrap();
        assert_eq!(Home::create(dir.path()).unwrap_err().code(), "not-a-home");
    }

    #[test]
    fn a_damaged_profile_names_file_and_line_and_not_the_token() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::create(&dir.path().join("home")).unwrap();
        let path = home.dir().join("profiles/lilas.toml");
        fs::write(&path, "name = \"lilas\"\ntoken = secret-token\n").unwrap();
        let error = home.load("lilas").unwrap_err().to_string();
        assert!(error.contains("lilas.toml, line 2"), "{error}");
        assert!(!error.contains("secret-token"), "{error}");
    }
}
