//! An import's journal: what was published of a file, so that an import that was cut off anywhere
//! goes on where it stopped, and a file that comes again publishes nothing twice.
//!
//! One line a row and step, tab-separated, written before and after the row is published:
//!
//! ```text
//! parasol journal 1 <profile>
//! intent <row> <hash of the content> <receipt without an id, in hexadecimal>
//! done   <row> <hash of the content> <receipt, in hexadecimal>
//! finished
//! ```
//!
//! A last line that was cut off is passed over. The receipts hold the reports' locks and keys, so
//! the file is for its owner alone; it holds no handle and no text.
//!
//! Beside it, until the import is finished, lie the sealed reports that were sent last: after a cut
//! the very same ones are sent again, and the node gives the ids of those that it has. Nothing in
//! them is in the clear.
//!
//! Whoever has a journal open holds a lock on it, so that a file is not imported twice at once.

use crate::exit::CliError;
use crate::keep::{files, trouble};
use parasol_node::files::write_private;
use parasol_protocol::client::{Draft, Receipt};
use parasol_protocol::handle::Handle;
use parasol_protocol::ids::{Lock, RecordId};
use parasol_protocol::particulars::{Basis, Level, Particulars, Summary};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

const HEAD: &str = "parasol journal 1";
/// Stands where a draft's handles would: a draft has at least one.
const NOBODY: &str = "email:nobody@example.com";

/// SHA-256 of what a row says.
pub type ContentHash = RecordId;

/// The journal of one file and profile.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Rows published in an earlier run that was cut off.
    pub earlier: BTreeSet<ContentHash>,
    /// Rows that were on their way when earlier runs were cut off, with each attempt. All attempts
    /// at a row have one lock, so that only one of them can have gone through.
    pub intents: BTreeMap<ContentHash, Vec<Receipt>>,
    /// Of these, the sealed reports that are kept; what they say is only in the sealed part.
    pub sealed: BTreeMap<ContentHash, Draft>,
}

/// What all journals of a profile know, but for that of the file being imported if it is cut off.
#[derive(Debug, Default)]
struct Known {
    done: BTreeSet<ContentHash>,
    intents: BTreeMap<ContentHash, Vec<Receipt>>,
    finished: bool,
}

impl Journal {
    /// Opens the journal of a file, and gives it with what was published before from other files,
    /// or from this one in a run that came to its end.
    ///
    /// # Errors
    /// If it cannot be read or written, or the same file is being imported just now.
    pub fn open(
        dir: &Path,
        profile: &str,
        content: &[u8],
    ) -> Result<(Self, BTreeSet<ContentHash>), CliError> {
        let head = format!("{HEAD} {profile}");
        let name = RecordId::of(&[profile.as_bytes(), &[0], content].concat());
        let path = dir.join(format!("{name}.journal"));
        // Locked before anything is read: what is read must be the last word.
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(|e| trouble("write", &path, &e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(CliError::home(
                    "import-running",
                    "another import of this file is running; two at once would publish it twice",
                )
                .next("wait until the other one ends"));
            }
            Err(TryLockError::Error(e)) => return Err(trouble("lock", &path, &e)),
        }
        let mut published = BTreeSet::new();
        let mut own = Known::default();
        for other in files(dir, "journal")? {
            let Some(known) = read(&other, &head)? else {
                continue;
            };
            if other == path && !known.finished {
                own = known;
            } else {
                published.extend(known.done);
            }
        }
        let length = file
            .metadata()
            .map_err(|e| trouble("read", &path, &e))?
            .len();
        // A line break first: a line that was cut off must not swallow the next.
        let start = if length == 0 {
            format!("{head}\n")
        } else {
            "\n".to_owned()
        };
        file.write_all(start.as_bytes())
            .map_err(|e| trouble("write", &path, &e))?;
        let intents = own.unsettled();
        let sealed = sealed(&path, &intents)?;
        let journal = Self {
            path,
            file,
            earlier: own.done,
            intents,
            sealed,
        };
        Ok((journal, published))
    }

    /// Keeps sealed drafts that are about to be published, without what they say in the clear, in
    /// the place of those kept before. On disk when this returns.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn keep<'a>(
        &self,
        rows: impl IntoIterator<Item = (&'a ContentHash, &'a Draft)>,
    ) -> Result<(), CliError> {
        let nobody = Handle::from_canonical(NOBODY).map_err(|e| CliError::other("journal", e))?;
        let mut lines = String::new();
        for (hash, draft) in rows {
            let mut bare = draft.clone();
            bare.particulars = Particulars {
                summary: Summary {
                    level: Level::Nuisance,
                    codes: BTreeSet::new(),
                    month: None,
                    area: None,
                    basis: Basis::FirstHand,
                },
                words: None,
                handles: BTreeSet::from([nobody.clone()]),
            };
            let bytes = hex::encode(bare.to_bytes().as_slice());
            lines.push_str(&format!("{hash}\t{bytes}\n"));
        }
        let path = beside(&self.path);
        write_private(&path, lines.as_bytes()).map_err(|e| trouble("write", &path, &e))
    }

    /// Notes rows that are about to be published. On disk when this returns.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn intend(&mut self, rows: &[(usize, ContentHash, Receipt)]) -> Result<(), CliError> {
        self.write("intent", rows)
    }

    /// Notes rows that were published. On disk when this returns.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn done(&mut self, rows: &[(usize, ContentHash, Receipt)]) -> Result<(), CliError> {
        self.write("done", rows)
    }

    fn write(
        &mut self,
        step: &str,
        rows: &[(usize, ContentHash, Receipt)],
    ) -> Result<(), CliError> {
        let mut lines = String::new();
        for (row, hash, receipt) in rows {
            let receipt = hex::encode(receipt.to_bytes().as_slice());
            lines.push_str(&format!("{step}\t{row}\t{hash}\t{receipt}\n"));
        }
        self.append(&lines)
    }

    /// Notes that all rows were gone through.
    ///
    /// # Errors
    /// If it cannot be written, or the sealed reports beside it cannot be removed.
    pub fn finish(&mut self) -> Result<(), CliError> {
        self.append("finished\n")?;
        let path = beside(&self.path);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(trouble("remove", &path, &e)),
            _ => Ok(()),
        }
    }

    fn append(&mut self, lines: &str) -> Result<(), CliError> {
        self.file
            .write_all(lines.as_bytes())
            .and_then(|()| self.file.sync_data())
            .map_err(|e| trouble("write", &self.path, &e))
    }
}

impl Known {
    fn of<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut known = Self::default();
        for line in lines {
            if line == "finished" {
                known.finished = true;
                continue;
            }
            let Some((step, hash, receipt)) = parse(line) else {
                continue;
            };
            // Whatever comes after the end belongs to a new run.
            known.finished = false;
            match step {
                "done" => drop(known.done.insert(hash)),
                _ => known.intents.entry(hash).or_default().push(receipt),
            }
        }
        known
    }

    /// The attempts of which it is not known what became.
    fn unsettled(&self) -> BTreeMap<ContentHash, Vec<Receipt>> {
        self.intents
            .iter()
            .filter(|(hash, _)| !self.done.contains(hash))
            .map(|(hash, attempts)| (*hash, attempts.clone()))
            .collect()
    }
}

/// Where the sealed reports of a journal lie.
fn beside(journal: &Path) -> PathBuf {
    journal.with_extension("sealed")
}

/// The sealed reports beside a journal, of those attempts.
fn sealed(
    journal: &Path,
    intents: &BTreeMap<ContentHash, Vec<Receipt>>,
) -> Result<BTreeMap<ContentHash, Draft>, CliError> {
    let mut out = BTreeMap::new();
    if intents.is_empty() {
        return Ok(out);
    }
    let path = beside(journal);
    let text = match fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(out),
        Err(e) => return Err(trouble("read", &path, &e)),
    };
    for line in text.lines() {
        let Some((hash, draft)) = parse_sealed(line) else {
            continue;
        };
        let lock = draft.lock.lock();
        let attempts = intents.get(&hash).into_iter().flatten();
        // One that is not sealed says nothing true and must never be.
        if draft.is_sealed() && attempts.map(|r| r.lock.lock()).any(|l| l == lock) {
            out.insert(hash, draft);
        }
    }
    Ok(out)
}

fn parse_sealed(line: &str) -> Option<(ContentHash, Draft)> {
    let (hash, draft) = line.split_once('\t')?;
    let draft = Draft::from_bytes(&hex::decode(draft).ok()?).ok()?;
    Some((hash.parse().ok()?, draft))
}

/// What a journal knows; `None` if it is another profile's.
fn read(path: &Path, head: &str) -> Result<Option<Known>, CliError> {
    let bytes = fs::read(path).map_err(|e| trouble("read", path, &e))?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines();
    if lines.next() != Some(head) {
        return Ok(None);
    }
    Ok(Some(Known::of(lines)))
}

fn parse(line: &str) -> Option<(&str, ContentHash, Receipt)> {
    let mut fields = line.split('\t');
    let step = fields.next().filter(|s| matches!(*s, "intent" | "done"))?;
    fields.next()?.parse::<usize>().ok()?;
    let hash = fields.next()?.parse().ok()?;
    let receipt = Receipt::from_bytes(&hex::decode(fields.next()?).ok()?).ok()?;
    Some((step, hash, receipt))
}

/// The receipts in all journals of a profile, of reports whose ids begin so.
///
/// # Errors
/// If a journal cannot be read.
pub fn receipts(
    dir: &Path,
    profile: &str,
    prefix: Option<&str>,
) -> Result<BTreeMap<RecordId, Receipt>, CliError> {
    let mut out = BTreeMap::new();
    for text in texts(dir, profile)? {
        for line in text.lines() {
            let Some(("done", _, receipt)) = parse(line) else {
                continue;
            };
            let id = receipt.id();
            if prefix.is_none_or(|p| id.to_string().starts_with(p)) {
                out.insert(id, receipt);
            }
        }
    }
    Ok(out)
}

/// The attempts in all journals of a profile of which it is not known what became, by their
/// reports' locks. The id in these receipts is none.
///
/// # Errors
/// If a journal cannot be read.
pub fn attempts(dir: &Path, profile: &str) -> Result<BTreeMap<Lock, Vec<Receipt>>, CliError> {
    let mut out: BTreeMap<Lock, Vec<Receipt>> = BTreeMap::new();
    for text in texts(dir, profile)? {
        let known = Known::of(text.lines());
        for receipt in known.unsettled().into_values().flatten() {
            out.entry(receipt.grip.lock).or_default().push(receipt);
        }
    }
    Ok(out)
}

/// The journals of a profile.
fn texts(dir: &Path, profile: &str) -> Result<Vec<String>, CliError> {
    let head = format!("{HEAD} {profile}");
    let mut texts = Vec::new();
    for path in files(dir, "journal")? {
        let bytes = fs::read(&path).map_err(|e| trouble("read", &path, &e))?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if text.lines().next() == Some(head.as_str()) {
            texts.push(text);
        }
    }
    Ok(texts)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use parasol_protocol::client::Grip;
    use parasol_protocol::ids::{Lock, OrganisationKey};
    use parasol_protocol::keys::SecretKey;
    use parasol_protocol::seal::FullKey;
    use parasol_protocol::time::Day;

    fn receipt(n: u8) -> Receipt {
        Receipt {
            lock: SecretKey::from_seed([n; 32]),
            grip: Grip {
                id: RecordId::from_bytes([n; 32]),
                lock: Lock::from_bytes([n; 32]),
                organisation: OrganisationKey::from_bytes([1; 32]),
                expires: Day::from_number(21_000),
                salt: [n; 16],
                full_key: FullKey::from_bytes([n; 32]),
            },
        }
    }

    #[test]
    fn an_import_that_was_cut_off_is_told_from_one_that_ended() {
        let dir = tempfile::tempdir().unwrap();
        let hash = |n: u8| RecordId::of(&[n]);
        let (mut journal, before) = Journal::open(dir.path(), "lilas", b"file").unwrap();
        assert!(before.is_empty());
        let rows = [(1, hash(1), receipt(1)), (2, hash(2), receipt(2))];
        journal.intend(&rows).unwrap();
        journal.done(rows.get(..1).unwrap()).unwrap();
        // The cut: half a line.
        journal.append("done\t2\tabc").unwrap();
        drop(journal);

        let (mut journal, before) = Journal::open(dir.path(), "lilas", b"file").unwrap();
        assert!(before.is_empty());
        assert_eq!(journal.earlier, BTreeSet::from([hash(1)]));
        assert_eq!(
            journal.intents.keys().copied().collect::<Vec<_>>(),
            [hash(2)]
        );
        journal.done(rows.get(1..).unwrap()).unwrap();
        journal.finish().unwrap();
        drop(journal);

        let (journal, before) = Journal::open(dir.path(), "lilas", b"file").unwrap();
        assert_eq!(before, BTreeSet::from([hash(1), hash(2)]));
        assert!(journal.earlier.is_empty() && journal.intents.is_empty());
        let (_, before) = Journal::open(dir.path(), "lilas", b"another file").unwrap();
        assert_eq!(before.len(), 2);
        let (_, before) = Journal::open(dir.path(), "rowan", b"file").unwrap();
        assert!(before.is_empty());

        let kept = receipts(dir.path(), "lilas", Some("0202")).unwrap();
        assert_eq!(kept.keys().copied().collect::<Vec<_>>(), [receipt(2).id()]);
    }

    #[test]
    fn attempts_are_found_by_their_locks_until_they_are_done() {
        let dir = tempfile::tempdir().unwrap();
        let rows = [1_u8, 2].map(|n| (usize::from(n), RecordId::of(&[n]), receipt(n)));
        let (mut journal, _) = Journal::open(dir.path(), "lilas", b"file").unwrap();
        journal.intend(&rows).unwrap();
        journal.done(rows.get(..1).unwrap()).unwrap();
        let open = attempts(dir.path(), "lilas").unwrap();
        let locks: Vec<Lock> = open.keys().copied().collect();
        assert_eq!(locks, [receipt(2).grip.lock]);
        journal.done(rows.get(1..).unwrap()).unwrap();
        assert!(attempts(dir.path(), "lilas").unwrap().is_empty());
    }

    #[test]
    fn a_file_is_not_imported_twice_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let (first, _) = Journal::open(dir.path(), "lilas", b"file").unwrap();
        let second = Journal::open(dir.path(), "lilas", b"file");
        assert_eq!(second.err().unwrap().code(), "import-running");
        drop(first);
        assert!(Journal::open(dir.path(), "lilas", b"file").is_ok());
    }

    #[test]
    fn what_stands_for_a_draft_s_handles_is_a_handle() {
        assert_eq!(
            Handle::from_canonical(NOBODY)
                .unwrap()
                .to_canonical_string(),
            NOBODY
        );
    }
}
