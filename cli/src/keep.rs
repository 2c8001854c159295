//! What the home keeps of reports: drafts until they are sent, receipts of one's own reports, and
//! for a day the keys and the bytes of reports that were opened, so that one can add to them and
//! look into them by their ids, and nobody is asked.
//!
//! Each profile has its own: a file's name begins with the profile's, which has no dot.

use crate::exit::CliError;
use crate::home::Home;
use crate::journal;
use parasol_protocol::client::{Draft, Found, Grip, OwnRecords, Receipt};
use parasol_protocol::ids::{Lock, RecordId};
use parasol_protocol::record::{Body, Unverified};
use parasol_protocol::seal::FullKey;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How long the key and the bytes of an opened report are kept.
const OPENED: Duration = Duration::from_secs(24 * 60 * 60);

/// The keeper of one profile's things in a home.
#[derive(Clone, Debug)]
pub struct Keep {
    home: Home,
    profile: String,
}

/// Drafts that were not sent yet.
#[derive(Debug, Default)]
pub struct Drafts {
    /// Those that can be read, the oldest first.
    pub whole: Vec<KeptDraft>,
    /// Files that should be drafts and are not, with what is wrong.
    pub damaged: Vec<(PathBuf, String)>,
}

/// A draft and where it lies.
#[derive(Debug)]
pub struct KeptDraft {
    /// Its file.
    pub path: PathBuf,
    /// When it was last written, by the file system.
    pub written: Option<SystemTime>,
    /// The draft.
    pub draft: Draft,
}

/// Something kept by a report's id.
#[derive(Clone, Debug)]
pub enum Kept {
    /// One's own report.
    Own(Box<Receipt>),
    /// A report that was opened.
    Opened(Box<Grip>),
}

impl Kept {
    /// The hold on the report.
    pub const fn grip(&self) -> &Grip {
        match self {
            Kept::Own(receipt) => &receipt.grip,
            Kept::Opened(grip) => grip,
        }
    }
}

impl Keep {
    /// The keeper of a profile.
    pub const fn new(home: Home, profile: String) -> Self {
        Self { home, profile }
    }

    /// The home.
    pub const fn home(&self) -> &Home {
        &self.home
    }

    /// Keeps a draft; gives its file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn draft(&self, draft: &Draft) -> Result<PathBuf, CliError> {
        let lock = draft.lock.lock().to_string();
        let name = lock.get(..16).unwrap_or_default();
        let path = self
            .home
            .place("drafts")?
            .join(format!("{}.{name}.draft", self.profile));
        self.home.write(&path, &draft.to_bytes())?;
        Ok(path)
    }

    /// The drafts that were not sent yet, in the order in which they were written, and the files that
    /// should be some and are not, with what is wrong.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub fn drafts(&self) -> Result<Drafts, CliError> {
        let mut drafts = Drafts::default();
        for path in self.mine("drafts", "draft", "")? {
            let draft = fs::read(&path)
                .map_err(|e| e.to_string())
                .and_then(|bytes| Draft::from_bytes(&bytes).map_err(|e| e.to_string()));
            match draft {
                Ok(draft) => {
                    let written = fs::metadata(&path).and_then(|m| m.modified()).ok();
                    drafts.whole.push(KeptDraft {
                        path,
                        written,
                        draft,
                    });
                }
                Err(why) => drafts.damaged.push((path, why)),
            }
        }
        drafts.whole.sort_by_key(|kept| kept.written);
        Ok(drafts)
    }

    /// Removes a draft that was sent or given up.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn drop_draft(&self, path: &Path) -> Result<(), CliError> {
        match fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(trouble("remove", path, &e)),
            _ => Ok(()),
        }
    }

    /// Keeps the receipt of one's own report.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn receipt(&self, receipt: &Receipt) -> Result<(), CliError> {
        let path =
            self.home
                .place("locks")?
                .join(format!("{}.{}.lock", self.profile, receipt.id()));
        self.home.write(&path, &receipt.to_bytes())
    }

    /// Keeps the keys and the bytes of reports that a look-up opened, for a day.
    ///
    /// # Errors
    /// If one cannot be written.
    pub fn opened<'a>(&self, found: impl IntoIterator<Item = &'a Found>) -> Result<(), CliError> {
        let place = self.home.place("opened")?;
        purge(&place)?;
        for f in found {
            let name = format!("{}.{}", self.profile, f.id);
            if let Some(grip) = &f.grip {
                self.home
                    .write(&place.join(format!("{name}.key")), &grip.to_bytes())?;
            }
            self.home
                .write(&place.join(format!("{name}.record")), &f.bytes)?;
        }
        Ok(())
    }

    /// Removes what was kept for a day and is older.
    ///
    /// # Errors
    /// If something cannot be removed.
    pub fn forget_old(&self) -> Result<(), CliError> {
        purge(&self.home.place("opened")?)
    }

    /// The bytes of a report that was opened in the last day, by the beginning of its id; none if it
    /// was not.
    ///
    /// # Errors
    /// If several begin so, or it cannot be read.
    pub fn record(&self, id: &str) -> Result<Option<Vec<u8>>, CliError> {
        crate::session::check_id(id)?;
        let place = self.home.place("opened")?;
        purge(&place)?;
        let found = self.mine("opened", "record", id)?;
        match found.as_slice() {
            [] => Ok(None),
            [path] => {
                let bytes = fs::read(path).map_err(|e| trouble("read", path, &e))?;
                // What was damaged on the disk is as good as not there.
                let whole = RecordId::of(&bytes).to_string().starts_with(id);
                Ok(whole.then_some(bytes))
            }
            _ => Err(ambiguous(id)),
        }
    }

    /// Finds what is kept by the beginning of a report's id. One's own receipt goes first.
    ///
    /// # Errors
    /// If nothing is, or several are.
    pub fn find(&self, id: &str) -> Result<Kept, CliError> {
        crate::session::check_id(id)?;
        let mut kept: BTreeMap<RecordId, Kept> = BTreeMap::new();
        let opened = self.home.place("opened")?;
        purge(&opened)?;
        for path in self.mine("opened", "key", id)? {
            let bytes = fs::read(&path).map_err(|e| trouble("read", &path, &e))?;
            if let Ok(grip) = Grip::from_bytes(&bytes) {
                kept.insert(grip.id, Kept::Opened(Box::new(grip)));
            }
        }
        for receipt in self.receipts_of(Some(id))?.into_values() {
            kept.insert(receipt.id(), Kept::Own(Box::new(receipt)));
        }
        let mut all = kept.into_values();
        match (all.next(), all.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(CliError::input(
                "unknown-report",
                format_args!("no report {id} was opened or filed from here of late"),
            )
            .next(
                "look it up with `parasol check` first, or add --handle with what you looked up",
            )),
            _ => Err(ambiguous(id)),
        }
    }

    /// Attempts of imports that were cut off, of which it is not known what became, by their
    /// reports' locks. The id in these receipts is none.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn attempts(&self) -> Result<BTreeMap<Lock, Vec<Receipt>>, CliError> {
        journal::attempts(&self.home.place("journals")?, &self.profile)
    }

    /// The keys of one's own reports that are kept here, also those of reports that an import published and was cut off
    /// before it could note it.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn keys_of(&self, own: &OwnRecords) -> Result<BTreeMap<RecordId, FullKey>, CliError> {
        let mut keys: BTreeMap<RecordId, FullKey> = self
            .receipts_of(None)?
            .into_iter()
            .map(|(id, receipt)| (id, receipt.grip.full_key))
            .collect();
        let attempts = self.attempts()?;
        if attempts.is_empty() {
            return Ok(keys);
        }
        for bytes in &own.records {
            let Ok(record) = Unverified::parse(bytes) else {
                continue;
            };
            let Body::Report(report) = record.claimed().1 else {
                continue;
            };
            let mut tried = attempts.get(&report.lock).into_iter().flatten();
            if let Some(receipt) = tried.find(|r| r.grip.salt == report.salt) {
                keys.entry(RecordId::of(bytes))
                    .or_insert_with(|| receipt.grip.full_key.clone());
            }
        }
        Ok(keys)
    }

    fn receipts_of(&self, prefix: Option<&str>) -> Result<BTreeMap<RecordId, Receipt>, CliError> {
        let place = self.home.place("journals")?;
        let mut receipts = journal::receipts(&place, &self.profile, prefix)?;
        for path in self.mine("locks", "lock", prefix.unwrap_or_default())? {
            let bytes = fs::read(&path).map_err(|e| trouble("read", &path, &e))?;
            if let Ok(receipt) = Receipt::from_bytes(&bytes) {
                receipts.insert(receipt.id(), receipt);
            }
        }
        Ok(receipts)
    }

    /// The profile's files in a place with an ending, whose names go on with `prefix`.
    fn mine(&self, place: &str, ending: &str, prefix: &str) -> Result<Vec<PathBuf>, CliError> {
        // A profile's name has no dot, so this is the whole of it.
        let start = format!("{}.{prefix}", self.profile);
        let mut all = files(&self.home.place(place)?, ending)?;
        all.retain(|path| {
            let name = path.file_name().and_then(|n| n.to_str());
            name.is_some_and(|n| n.starts_with(&start))
        });
        Ok(all)
    }
}

fn ambiguous(id: &str) -> CliError {
    CliError::input(
        "ambiguous-id",
        format_args!("several reports begin with {id}"),
    )
    .next("give more of the id")
}

/// The files of a directory with an ending, in order.
pub(crate) fn files(dir: &Path, ending: &str) -> Result<Vec<PathBuf>, CliError> {
    let mut out = Vec::new();
    for entry in fs::read_dir(dir).map_err(|e| trouble("read", dir, &e))? {
        let path = entry.map_err(|e| trouble("read", dir, &e))?.path();
        if path.extension().is_some_and(|e| e == ending) {
            out.push(path);
        }
    }
    out.sort();
    Ok(out)
}

/// Removes what was kept for a day and is older.
fn purge(opened: &Path) -> Result<(), CliError> {
    let now = SystemTime::now();
    let kept = files(opened, "key")?;
    for path in kept.into_iter().chain(files(opened, "record")?) {
        let age = fs::metadata(&path)
            .and_then(|m| m.modified())
            .ok()
            // What the future dates was written under a clock that was wrong: nobody knows how old it is.
            .map(|then| now.duration_since(then).unwrap_or(Duration::MAX));
        if age.is_some_and(|age| age > OPENED) {
            match fs::remove_file(&path) {
                // Another command was faster.
                Err(e) if e.kind() != io::ErrorKind::NotFound => {
                    return Err(trouble("remove", &path, &e));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

pub(crate) fn trouble(what: &str, path: &Path, error: &io::Error) -> CliError {
    CliError::home(
        "home-file",
        format_args!("cannot {what} {}: {error}", path.display()),
    )
    .next("check that the directory is yours and that the disk is not full")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use parasol_protocol::ids::OrganisationKey;
    use parasol_protocol::keys::SecretKey;
    use parasol_protocol::time::Day;

    fn receipt(n: u8) -> Receipt {
        let lock = SecretKey::from_seed([n; 32]);
        Receipt {
            grip: Grip {
                id: RecordId::from_bytes([n; 32]),
                lock: lock.lock(),
                organisation: OrganisationKey::from_bytes([9; 32]),
                expires: Day::from_number(21_000),
                salt: [n; 16],
                full_key: FullKey::from_bytes([n; 32]),
            },
            lock,
        }
    }

    #[test]
    fn what_one_profile_keeps_another_does_not_use() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::create(&dir.path().join("home")).unwrap();
        let keep = |name: &str| Keep::new(home.clone(), name.to_owned());
        let id = receipt(1).id().to_string();
        keep("lilas").receipt(&receipt(1)).unwrap();
        keep("lil").receipt(&receipt(2)).unwrap();
        assert!(matches!(keep("lilas").find(&id), Ok(Kept::Own(_))));
        for other in ["rowan", "lil"] {
            let error = keep(other).find(&id).unwrap_err();
            assert_eq!(error.code(), "unknown-report", "{other}");
        }
    }

    #[test]
    fn what_was_opened_goes_after_a_day() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::create(&dir.path().join("home")).unwrap();
        let keep = Keep::new(home.clone(), "lilas".to_owned());
        let bytes = b"a record".to_vec();
        let id = RecordId::of(&bytes).to_string();
        let path = home.place("opened").unwrap();
        let path = path.join(format!("lilas.{id}.record"));
        home.write(&path, &bytes).unwrap();
        let short = id.get(..12).unwrap();
        assert_eq!(keep.record(short).unwrap(), Some(bytes));
        let other = Keep::new(home.clone(), "rowan".to_owned());
        assert_eq!(other.record(short).unwrap(), None);
        // Damaged on the disk, it is not taken for what it was.
        fs::write(&path, b"another record").unwrap();
        assert_eq!(keep.record(short).unwrap(), None);
        let old = SystemTime::now() - OPENED - Duration::from_secs(60);
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(old).unwrap();
        keep.forget_old().unwrap();
        assert!(!path.exists());
        // Nor does a clock that was wrong keep it longer.
        home.write(&path, b"a record").unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() + OPENED).unwrap();
        keep.forget_old().unwrap();
        assert!(!path.exists());
    }
}
