//! What whoever runs a node wants it to grant another organisation: a file in the node's directory.
//!
//! A grant lets others look into more of the list in a day. So it is not for everybody with a token:
//! it takes access to the node's directory. The node signs it with its own key, in a slot that it
//! knows to be free, and puts its answer beside:
//!
//! ```text
//! grants/NAME.toml      what is wanted
//! grants/NAME.done      it is published; the record's id
//! grants/NAME.refused   it is not; why
//! ```

use crate::files::{create_private_dir, write_private};
use parasol_protocol::ids::{OrganisationKey, RecordId};
use parasol_protocol::record::Body;
use parasol_protocol::record::grant::Grant;
use parasol_protocol::time::Day;
use parasol_protocol::wire::client::Wanted;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where they lie in the node's directory.
pub const DIR: &str = "grants";
/// Those that one look takes up.
const MOST: usize = 8;

/// A grant that is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WantedGrant {
    /// Who may ask more.
    pub subject: OrganisationKey,
    /// How many evaluations more, in all its days together.
    pub evaluations: u32,
    /// Its last day.
    pub until: Day,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    to: String,
    evaluations: u32,
    until: String,
}

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It is published under this id.
    Published(RecordId),
    /// It is not, and why.
    Refused(String),
}

impl WantedGrant {
    /// Puts it into a node's directory. Gives the file's path.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn put(&self, node: &Path, name: &str) -> io::Result<PathBuf> {
        let dir = node.join(DIR);
        if !dir.is_dir() {
            create_private_dir(&dir)?;
        }
        let path = dir.join(name).with_extension("toml");
        // What was answered to an earlier one is no answer to this.
        for ending in ["done", "refused"] {
            match fs::remove_file(path.with_extension(ending)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        let text = toml::to_string(&File {
            to: self.subject.to_string(),
            evaluations: self.evaluations,
            until: self.until.to_string(),
        });
        write_private(&path, text.map_err(io::Error::other)?.as_bytes())?;
        Ok(path)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|e| e.message().to_owned())?;
        Ok(Self {
            subject: file.to.parse().map_err(|_| {
                "`to` is no root key; write its 64 hexadecimal characters".to_owned()
            })?,
            evaluations: file.evaluations,
            until: file
                .until
                .parse()
                .map_err(|_| "`until` is no day; write it as 2026-03-14".to_owned())?,
        })
    }

    /// The record to be published.
    pub const fn record(&self) -> Wanted {
        Wanted {
            expires: self.until,
            body: Body::Grant(Grant {
                subject: self.subject,
                evaluations: self.evaluations,
            }),
        }
    }
}

/// What lies in a node's directory and is not answered yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    path: PathBuf,
    text: Vec<u8>,
}

/// What is wanted in a node's directory and not answered yet.
pub fn waiting(node: &Path) -> Vec<Waiting> {
    let Ok(entries) = fs::read_dir(node.join(DIR)) else {
        return Vec::new();
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    paths.sort();
    paths.truncate(MOST);
    // What cannot be read is answered so.
    let read = |path: PathBuf| {
        let text = fs::read(&path).unwrap_or_default();
        Waiting { path, text }
    };
    paths.into_iter().map(read).collect()
}

impl Waiting {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is wanted.
    ///
    /// # Errors
    /// Says what is wrong with the file.
    pub fn wanted(&self) -> Result<WantedGrant, String> {
        let text = std::str::from_utf8(&self.text).map_err(|e| e.to_string())?;
        WantedGrant::parse(text)
    }

    /// Puts the answer beside what was wanted, and takes that away. If something else is wanted there by
    /// now, this is no answer to it: it waits for its own.
    ///
    /// # Errors
    /// If the directory cannot be written.
    pub fn answer(&self, answer: &Answer) -> io::Result<()> {
        if fs::read(&self.path).is_ok_and(|now| now != self.text) {
            return Ok(());
        }
        let (ending, other, text) = match answer {
            Answer::Published(id) => ("done", "refused", id.to_string()),
            Answer::Refused(why) => ("refused", "done", why.clone()),
        };
        let path = |ending: &str| self.path.with_extension(ending);
        write_private(&path(ending), format!("{text}\n").as_bytes())?;
        // There is one answer, to what was wanted last.
        match fs::remove_file(path(other)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        self.take_away()
    }

    /// Takes away what was wanted, answered or not.
    ///
    /// # Errors
    /// If the directory cannot be written.
    pub fn take_away(&self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

/// Takes the answer to what was wanted, if there is one.
pub fn take_answer(path: &Path) -> Option<Answer> {
    let take = |ending: &str| {
        let path = path.with_extension(ending);
        let text = fs::read_to_string(&path).ok()?;
        // It is read; that it lies there still would harm nobody.
        drop(fs::remove_file(&path));
        Some(text.trim().to_owned())
    };
    if path.exists() {
        return None;
    }
    if let Some(id) = take("done") {
        return Some(match id.parse() {
            Ok(id) => Answer::Published(id),
            Err(_) => Answer::Refused("the node's answer cannot be read".to_owned()),
        });
    }
    take("refused").map(Answer::Refused)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_read_as_it_was_written_and_answered_once() {
        let dir = tempfile::tempdir().unwrap();
        let wanted = WantedGrant {
            subject: OrganisationKey::from_bytes([7; 32]),
            evaluations: 40_000,
            until: Day::from_number(20_800),
        };
        assert_eq!(waiting(dir.path()), []);
        let path = wanted.put(dir.path(), "rowan").unwrap();
        let one = only(dir.path());
        assert_eq!(one.path, path);
        assert_eq!(one.wanted(), Ok(wanted));
        assert_eq!(take_answer(&path), None);
        let id = RecordId::of(b"a grant");
        one.answer(&Answer::Published(id)).unwrap();
        assert_eq!(waiting(dir.path()), []);
        assert_eq!(take_answer(&path), Some(Answer::Published(id)));
        assert_eq!(take_answer(&path), None);
        for (text, says) in [
            ("to = 1", "invalid type"),
            (
                "to = \"x\"\nevaluations = 1\nuntil = \"2026-01-01\"",
                "`to`",
            ),
        ] {
            fs::write(&path, text).unwrap();
            let why = only(dir.path()).wanted().unwrap_err();
            assert!(why.contains(says), "{why}");
        }
    }

    /// What somebody wants anew while the node works on what she wanted before.
    #[test]
    fn nobody_takes_the_answer_to_something_else_for_hers() {
        let dir = tempfile::tempdir().unwrap();
        let mut wanted = WantedGrant {
            subject: OrganisationKey::from_bytes([7; 32]),
            evaluations: 40_000,
            until: Day::from_number(20_800),
        };
        let path = wanted.put(dir.path(), "rowan").unwrap();
        let before = only(dir.path());
        wanted.evaluations = 0;
        wanted.put(dir.path(), "rowan").unwrap();
        let published = Answer::Published(RecordId::of(b"a grant"));
        before.answer(&published).unwrap();
        assert_eq!(take_answer(&path), None);
        let now = only(dir.path());
        assert_eq!(now.wanted(), Ok(wanted));
        // An answer that came between the two of `put` is there no longer when this one is.
        fs::write(path.with_extension("done"), "an earlier one").unwrap();
        let refused = Answer::Refused("no slot is left".to_owned());
        now.answer(&refused).unwrap();
        assert_eq!(take_answer(&path), Some(refused));
        assert_eq!(take_answer(&path), None);
    }

    fn only(node: &Path) -> Waiting {
        let mut all = waiting(node);
        assert_eq!(all.len(), 1);
        all.pop().unwrap()
    }
}
