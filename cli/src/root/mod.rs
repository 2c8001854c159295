//! An organisation's root key: the file that it lies in, the words on paper, the parts of them.
//!
//! ```text
//! parasol root 1
//! 64 hexadecimal characters, the seed
//! ```
//!
//! Beside `root.key` lies `root.key.signed`, a line for each record and each version of a
//! charter that it signed: so that two records of one day do not claim one slot, so that no two
//! versions of one number have its signature, and so that people can see what their root said.

mod parts;
mod signed;
mod versions;
mod words;

pub use parts::{MAX_PARTS, Part, PartError, Split, join, split};
pub use versions::Versions;
pub use words::{WordError, from_words, mend, words};

use crate::exit::CliError;
use crate::fresh;
use parasol_node::files::is_exposed;
use parasol_protocol::charter::Charter;
use parasol_protocol::ids::FederationId;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::ROOT_QUOTA;
use parasol_protocol::record::{Body, Draft, Header, Kind, Signer, Verified};
use parasol_protocol::time::Day;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const FORMAT: &str = "parasol root 1";

/// Writes a root key's file, which must not exist.
///
/// # Errors
/// If something is there, or it cannot be written.
pub fn write_root(path: &Path, root: &SecretKey) -> Result<(), CliError> {
    let seed = Zeroizing::new(hex::encode(*root.seed()));
    let text = Zeroizing::new(format!("{FORMAT}\n{}\n", seed.as_str()));
    fresh::write(path, text.as_bytes())
}

/// Reads a root key's file.
///
/// # Errors
/// If it cannot be read, others may read it, or it is none.
pub fn read_root(path: &Path) -> Result<SecretKey, CliError> {
    let shown = path.display();
    let bytes = fs::read(path).map_err(|e| {
        CliError::input("no-root", format_args!("{shown} cannot be read: {e}"))
            .next("name the root key's file with --root; if it is lost, `parasol org restore` makes it again from its words")
    })?;
    let bytes = Zeroizing::new(bytes);
    if is_exposed(path).unwrap_or(true) {
        return Err(CliError::input(
            "exposed",
            format_args!("{shown} holds a root key, and others on this machine may read it"),
        )
        .next(format_args!(
            "run `chmod 600 {shown}`, and think about who may have read it"
        )));
    }
    let text = std::str::from_utf8(&bytes).unwrap_or_default().trim();
    // Roots that `federation init` makes for trials have no first line.
    let seed = text.strip_prefix(FORMAT).map_or(text, str::trim);
    let mut out = Zeroizing::new([0; 32]);
    hex::decode_to_slice(seed, out.as_mut()).map_err(|_| {
        CliError::input("bad-root", format_args!("{shown} is no root key's file"))
            .next("it must say \"parasol root 1\" and, on the next line, 64 hexadecimal characters")
    })?;
    Ok(SecretKey::from_seed(*out))
}

/// A root that signs records, each in a slot of its own.
pub struct Signing<'a> {
    root: &'a SecretKey,
    federation: FederationId,
    today: Day,
    journal: PathBuf,
    /// Slots of today that are taken. The others are given from the highest down: the delegations
    /// that a federation begins with are in the lowest.
    taken: BTreeSet<u32>,
    /// Numbers of vouches that this root has signed and that a node may not know yet.
    vouches: BTreeSet<u32>,
}

impl<'a> Signing<'a> {
    /// Finds out which slots of today are left.
    ///
    /// # Errors
    /// If what was signed before cannot be read.
    pub fn new(
        root: &'a SecretKey,
        path: &Path,
        federation: FederationId,
        today: Day,
    ) -> Result<Self, CliError> {
        let journal = signed::beside(path);
        let text = signed::read(&journal)?;
        let day = today.to_string();
        let of_today = text.lines().filter_map(|line| {
            let mut words = line.split_whitespace();
            (words.next()? == day).then(|| words.next()?.parse::<u32>().ok())?
        });
        let numbers = text.lines().filter_map(|line| {
            let mut words = line.split_whitespace().skip(2);
            (words.next()? == Kind::Vouch.name()).then(|| words.nth(1)?.parse::<u32>().ok())?
        });
        Ok(Self {
            root,
            federation,
            today,
            journal,
            taken: of_today.collect(),
            vouches: numbers.collect(),
        })
    }

    /// Keeps off slots that a node knows to be taken as well.
    #[must_use]
    pub fn beside(mut self, taken: impl IntoIterator<Item = u32>) -> Self {
        self.taken.extend(taken);
        self
    }

    /// How many records it may still sign today.
    pub fn left(&self) -> usize {
        self.free().count()
    }

    fn free(&self) -> impl Iterator<Item = u32> {
        (0..ROOT_QUOTA)
            .rev()
            .filter(|slot| !self.taken.contains(slot))
    }

    /// Whether this root has signed a vouch of this number.
    pub fn has_vouched(&self, number: u32) -> bool {
        self.vouches.contains(&number)
    }

    /// Signs a record, and writes down that it did before anybody sees it.
    ///
    /// # Errors
    /// If today's slots are used up, or it cannot be written down.
    pub fn sign(&mut self, body: Body, expires: Day) -> Result<Verified, CliError> {
        let Some(slot) = self.free().next() else {
            return Err(CliError::refused(
                "root-quota",
                format_args!(
                    "this root has signed {ROOT_QUOTA} records today, and more are not carried"
                ),
            )
            .next("go on tomorrow (UTC)"));
        };
        let draft = Draft {
            header: Header {
                organisation: self.root.organisation(),
                signer: Signer::Root,
                issued: self.today,
                expires,
                slot,
            },
            body,
        };
        let record = draft
            .sign(&self.federation, self.root)
            .map_err(|e| CliError::other("sign", e))?;
        signed::add(&self.journal, &signed::line(&record))?;
        self.taken.insert(slot);
        Ok(record)
    }
}

/// Writes down what a root signed when its federation was made.
///
/// # Errors
/// If it cannot be written down.
pub fn note_founding<'a>(
    path: &Path,
    charter: &Charter,
    records: impl IntoIterator<Item = &'a Verified>,
) -> Result<(), CliError> {
    let terms = charter.terms();
    Versions::read(path)?.note(charter.federation(), &charter.id(), terms, terms.made)?;
    let lines: String = records.into_iter().map(signed::line).collect();
    signed::add(&signed::beside(path), &lines)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
