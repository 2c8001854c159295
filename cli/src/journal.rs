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

use crate::exit::CliError;
use crate::keep::{files, trouble};
use parasol_protocol::client::Receipt;
use parasol_protocol::ids::RecordId;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

const HEAD: &str = "parasol journal 1";

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
    /// If it cannot be read or written.
    pub fn open(
        dir: &Path,
        profile: &str,
        content: &[u8],
    ) -> Result<(Self, BTreeSet<ContentHash>), CliError> {
        let head = format!("{HEAD} {profile}");
        let name = RecordId::of(&[profile.as_bytes(), &[0], content].concat());
        let path = dir.join(format!("{name}.journal"));
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
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(|e| trouble("write", &path, &e))?;
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
        let journal = Self {
            path,
            file,
            intents: own
                .intents
                .into_iter()
                .filter(|(hash, _)| !own.done.contains(hash))
                .collect(),
            earlier: own.done,
        };
        Ok((journal, published))
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
    /// If it cannot be written.
    pub fn finish(&mut self) -> Result<(), CliError> {
        self.append("finished\n")
    }

    fn append(&mut self, lines: &str) -> Result<(), CliError> {
        self.file
            .write_all(lines.as_bytes())
            .and_then(|()| self.file.sync_data())
            .map_err(|e| trouble("write", &self.path, &e))
    }
}

/// What a journal knows; `None` if it is another profile's.
fn read(path: &Path, head: &str) -> Result<Option<Known>, CliError> {
    let bytes = fs::read(path).map_err(|e| trouble("read", path, &e))?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines();
    if lines.next() != Some(head) {
        return Ok(None);
    }
    let mut known = Known::default();
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
    Ok(Some(known))
}

fn parse(line: &str) -> Option<(&str, ContentHash, Receipt)> {
    let mut fields = line.split('\t');
    let step = fields.next().filter(|s| matches!(*s, "intent" | "done"))?;
    fields.next()?.parse::<usize>().ok()?;
    let hash = fields.next()?.parse().ok()?;
    let receipt = Receipt::from_bytes(&hex::decode(fields.next()?).ok()?).ok()?;
    Some((step, hash, receipt))
}

/// The receipts in all journals, of reports whose ids begin so.
///
/// # Errors
/// If a journal cannot be read.
pub fn receipts(dir: &Path, prefix: Option<&str>) -> Result<BTreeMap<RecordId, Receipt>, CliError> {
    let mut out = BTreeMap::new();
    for path in files(dir, "journal")? {
        let bytes = fs::read(&path).map_err(|e| trouble("read", &path, &e))?;
        for line in String::from_utf8_lossy(&bytes).lines() {
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

        let kept = receipts(dir.path(), Some("0202")).unwrap();
        assert_eq!(kept.keys().copied().collect::<Vec<_>>(), [receipt(2).id()]);
    }
}
