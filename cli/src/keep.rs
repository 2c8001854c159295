//! What the home keeps of reports: drafts until they are sent, receipts of one's own reports, and
//! for a day the keys of reports that were opened, so that one can add to them by their ids.

use crate::exit::CliError;
use crate::home::Home;
use crate::journal;
use parasol_protocol::client::{Draft, Found, Grip, Receipt};
use parasol_protocol::ids::{Lock, RecordId};
use parasol_protocol::seal::FullKey;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How long the key of an opened report is kept.
const OPENED: Duration = Duration::from_secs(24 * 60 * 60);

/// The keeper of one profile's things in a home.
#[derive(Clone, Debug)]
pub struct Keep {
    home: Home,
    profile: String,
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

    /// The drafts that were not sent yet.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn drafts(&self) -> Result<Vec<(PathBuf, Draft)>, CliError> {
        let mut drafts = Vec::new();
        let mine = format!("{}.", self.profile);
        for path in files(&self.home.place("drafts")?, "draft")? {
            let name = path
                .file_name()
                .and_then(|n| n.to_str())
                .unwrap_or_default();
            // A profile's name has no dot, so this is the whole of it.
            if !name.starts_with(&mine) {
                continue;
            }
            let bytes = fs::read(&path).map_err(|e| trouble("read", &path, &e))?;
            let draft = Draft::from_bytes(&bytes).map_err(|e| {
                CliError::home(
                    "bad-draft",
                    format_args!("{} is damaged: {e}", path.display()),
                )
                .next("remove the file and write the report again")
            })?;
            drafts.push((path, draft));
        }
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
        let path = self
            .home
            .place("locks")?
            .join(format!("{}.lock", receipt.id()));
        self.home.write(&path, &receipt.to_bytes())
    }

    /// Forgets the receipt of a report that was taken back.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn drop_receipt(&self, id: &RecordId) -> Result<(), CliError> {
        self.drop_draft(&self.home.place("locks")?.join(format!("{id}.lock")))
    }

    /// Keeps the keys of reports that a look-up opened, for a day.
    ///
    /// # Errors
    /// If one cannot be written.
    pub fn opened<'a>(&self, found: impl IntoIterator<Item = &'a Found>) -> Result<(), CliError> {
        let place = self.home.place("opened")?;
        purge(&place)?;
        for grip in found.into_iter().filter_map(|f| f.grip.as_ref()) {
            self.home
                .write(&place.join(format!("{}.key", grip.id)), &grip.to_bytes())?;
        }
        Ok(())
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
        for path in with_prefix(&opened, "key", id)? {
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
            _ => Err(CliError::input(
                "ambiguous-id",
                format_args!("several reports begin with {id}"),
            )
            .next("give more of the id")),
        }
    }

    /// The keys of all of one's own reports that are kept here.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn keys(&self) -> Result<BTreeMap<RecordId, FullKey>, CliError> {
        let receipts = self.receipts_of(None)?;
        Ok(receipts
            .into_iter()
            .map(|(id, receipt)| (id, receipt.grip.full_key))
            .collect())
    }

    /// Attempts of imports that were cut off, of which it is not known what became, by their
    /// reports' locks. The id in these receipts is none.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn attempts(&self) -> Result<BTreeMap<Lock, Vec<Receipt>>, CliError> {
        journal::attempts(&self.home.place("journals")?)
    }

    fn receipts_of(&self, prefix: Option<&str>) -> Result<BTreeMap<RecordId, Receipt>, CliError> {
        let mut receipts = journal::receipts(&self.home.place("journals")?, prefix)?;
        for path in with_prefix(
            &self.home.place("locks")?,
            "lock",
            prefix.unwrap_or_default(),
        )? {
            let bytes = fs::read(&path).map_err(|e| trouble("read", &path, &e))?;
            if let Ok(receipt) = Receipt::from_bytes(&bytes) {
                receipts.insert(receipt.id(), receipt);
            }
        }
        Ok(receipts)
    }
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

fn with_prefix(dir: &Path, ending: &str, prefix: &str) -> Result<Vec<PathBuf>, CliError> {
    let mut all = files(dir, ending)?;
    all.retain(|path| {
        let name = path.file_name().and_then(|n| n.to_str());
        name.is_some_and(|n| n.starts_with(prefix))
    });
    Ok(all)
}

/// Removes what was kept for a day and is older.
fn purge(opened: &Path) -> Result<(), CliError> {
    let now = SystemTime::now();
    for path in files(opened, "key")? {
        let age = fs::metadata(&path)
            .and_then(|m| m.modified())
            .ok()
            .and_then(|then| now.duration_since(then).ok());
        if age.is_some_and(|age| age > OPENED) {
            fs::remove_file(&path).map_err(|e| trouble("remove", &path, &e))?;
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
