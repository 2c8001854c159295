//! An import that is under way: rows are sealed and published in batches, and what was published, and
//! what was about to be, is noted before and after each.

use super::sealing::{Lane, Sealed, seal_part};
use super::totals::Totals;
use super::{ImportArgs, file_trouble};
use crate::exit::CliError;
use crate::globals::Globals;
use crate::import::{Entry, Outcome, RejectsWriter, Row, Understood};
use crate::journal::{ContentHash, Journal};
use crate::output::tell;
use crate::session::Session;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use parasol_node::entropy::OsEntropy;
use parasol_protocol::client::{Draft, Error, Publish, Receipt};
use parasol_protocol::handle::Handle;
use parasol_protocol::ids::RecordId;
use parasol_protocol::particulars::{Basis, Particulars, Summary, Words};
use parasol_protocol::record::{Body, Unverified};
use serde_json::json;
use std::collections::BTreeSet;

/// Rows that are sealed and published together.
const BATCH: usize = 250;
/// Batches that are sealed side by side: one is computed here while another is with the keyholders.
const LANES: usize = 3;
/// Rows that are noted together when the node must be asked which of several attempts it has.
const SETTLED: usize = 50;

/// An import that is under way.
pub(super) struct Import<'a> {
    session: &'a Session,
    basis: Basis,
    /// The language of texts that show none.
    lang: String,
    pub(super) journal: Journal,
    pub(super) rejects: Option<RejectsWriter>,
    /// Published before, from other files or in a run that came to its end.
    published: BTreeSet<ContentHash>,
    /// Met in this run.
    met: BTreeSet<ContentHash>,
    waiting: Vec<(Row, ContentHash, Entry)>,
    pub(super) totals: Totals,
    pub(super) bar: ProgressBar,
}

impl<'a> Import<'a> {
    pub(super) fn start(
        session: &'a Session,
        args: &ImportArgs,
        plan: &Understood<'_>,
        content: &[u8],
        globals: &Globals,
    ) -> Result<Self, CliError> {
        let place = session.keep.home().place("journals")?;
        let (journal, published) = Journal::open(&place, &session.profile.name, content)?;
        let rejects = match &args.rejects {
            Some(path) => Some(RejectsWriter::create(path, plan).map_err(file_trouble)?),
            None => None,
        };
        let bar = ProgressBar::new(plan.total as u64);
        if globals.json {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        if let Ok(style) =
            ProgressStyle::with_template("{bar:30} {pos}/{len} rows  {elapsed}, {eta} to go")
        {
            bar.set_style(style);
        }
        let lang = plan
            .mapping
            .lang
            .clone()
            .or_else(|| session.profile.lang.clone());
        Ok(Self {
            session,
            basis: args.basis,
            lang: lang.unwrap_or_else(|| "und".to_owned()),
            journal,
            rejects,
            published,
            met: BTreeSet::new(),
            waiting: Vec::new(),
            totals: Totals {
                rows: plan.total,
                ..Totals::default()
            },
            bar,
        })
    }

    pub(super) fn all(&mut self, plan: &Understood<'_>) -> Result<(), CliError> {
        for row in plan.rows() {
            self.totals.count(&row);
            let entry = match &row.outcome {
                Outcome::Share(entry, _) => entry.clone(),
                Outcome::Keep(_) => {
                    self.totals.kept += 1;
                    self.bar.inc(1);
                    continue;
                }
                Outcome::Reject(_) => {
                    self.reject(&row, None)?;
                    continue;
                }
            };
            let hash = self.hash(&entry);
            if !self.met.insert(hash) || self.published.contains(&hash) {
                self.totals.duplicates += 1;
                self.bar.inc(1);
            } else if self.journal.earlier.contains(&hash) {
                self.totals.published += 1;
                self.totals.earlier += 1;
                self.bar.inc(1);
            } else {
                self.waiting.push((row, hash, entry));
                if self.waiting.len() == BATCH * LANES {
                    self.send()?;
                }
            }
        }
        self.send()
    }

    fn reject(&mut self, row: &Row, reason: Option<&str>) -> Result<(), CliError> {
        self.totals.rejected += 1;
        self.bar.inc(1);
        if let Some(rejects) = &mut self.rejects {
            match reason {
                Some(reason) => rejects.push_with(row, reason),
                None => rejects.push(row),
            }
            .map_err(file_trouble)?;
        }
        Ok(())
    }

    /// The same row is the same report, however it is written.
    fn hash(&self, entry: &Entry) -> ContentHash {
        let handles: BTreeSet<String> = entry
            .handles
            .iter()
            .map(Handle::to_canonical_string)
            .collect();
        let codes: BTreeSet<&str> = entry.codes.iter().map(|c| c.name()).collect();
        let says = json!([
            self.session.profile.name,
            handles,
            entry.level.name(),
            codes,
            entry.month.map(|m| m.to_string()),
            entry.text,
        ]);
        RecordId::of(says.to_string().as_bytes())
    }

    fn draft(&self, entry: &Entry) -> Draft {
        let lang = entry.lang.clone().unwrap_or_else(|| self.lang.clone());
        let particulars = Particulars {
            summary: Summary {
                level: entry.level,
                codes: entry.codes.iter().copied().collect(),
                month: entry.month,
                area: entry.area.clone(),
                basis: self.basis,
            },
            words: entry.text.clone().map(|text| Words { lang, text }),
            handles: entry.handles.iter().cloned().collect(),
        };
        Draft::new(&self.session.federation, particulars, &mut OsEntropy)
    }

    /// Seals and publishes what is waiting.
    fn send(&mut self) -> Result<(), CliError> {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        let federation = &self.session.federation;
        let today = federation.home_today();
        let mut drafts = Vec::new();
        let mut rows = Vec::new();
        for (row, hash, entry) in waiting {
            let intended = self.journal.intents.remove(&hash).unwrap_or_default();
            let kept = self.journal.sealed.remove(&hash);
            let draft = match kept.filter(|draft| draft.expires >= today) {
                // The very report of the cut-off attempt.
                Some(draft) => draft,
                None => {
                    let mut draft = self.draft(&entry);
                    if let Some(receipt) = intended.first() {
                        // Its lock at least: if it went through, the node knows it by that.
                        draft.lock = receipt.lock.clone();
                    }
                    draft
                }
            };
            drafts.push(draft);
            rows.push((row, hash, intended));
        }
        let (mut sealed, mut sendable) = (Vec::new(), Vec::new());
        let (outcomes, stopped) = self.seal(&drafts)?;
        for (row, outcome) in rows.into_iter().zip(outcomes) {
            match outcome {
                // Its turn did not come; the next run begins with it.
                None => {}
                Some(Ok(draft)) => {
                    sealed.push(draft);
                    sendable.push(row);
                }
                Some(Err(why)) => {
                    let message = why.to_string();
                    *self.totals.by_reason.entry(message.clone()).or_default() += 1;
                    self.reject(&row.0, Some(&message))?;
                }
            }
        }
        let rows: Vec<Sendable> = sendable;
        let nobody = RecordId::from_bytes([0; 32]);
        let intents: Vec<(usize, ContentHash, Receipt)> = rows
            .iter()
            .zip(&sealed)
            .filter_map(|((row, hash, intended), draft)| {
                let receipt = draft.receipt(federation, nobody)?;
                let noted = intended.iter().any(|r| r.grip.salt == receipt.grip.salt);
                (!noted).then_some((row.number, *hash, receipt))
            })
            .collect();
        let kept = rows.iter().zip(&sealed);
        self.journal
            .keep(kept.map(|((_, hash, _), draft)| (hash, draft)))?;
        self.journal.intend(&intents)?;
        let mut rows = rows.into_iter();
        for part in sealed.chunks(BATCH) {
            let these: Vec<Sendable> = rows.by_ref().take(part.len()).collect();
            self.publish(part, these)?;
        }
        // What was sealed has been paid for with a part of the day, and is published before.
        stopped.map_or(Ok(()), |why| Err(self.session.trouble(why)))
    }

    /// Publishes a batch, and notes what became of it before anything else goes out.
    fn publish(&mut self, part: &[Draft], rows: Vec<Sendable>) -> Result<(), CliError> {
        let session = self.session;
        let publish =
            Publish::new(&session.federation, part.to_vec()).map_err(|why| session.trouble(why))?;
        let filed = session.carry(publish)?;
        let (mut done, mut unsure, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        let mut stop = None;
        for ((row, hash, intended), filed) in rows.into_iter().zip(filed) {
            match filed {
                // Whichever attempt went through, it was this report.
                Ok(receipt) if intended.iter().all(|r| r.grip.salt == receipt.grip.salt) => {
                    done.push((row.number, hash, receipt));
                }
                Ok(receipt) => unsure.push((row.number, hash, receipt, intended)),
                // What another day or another try mends is not the row's fault.
                Err(Error::NotPublished { code, message }) if code != "quota" && code != "busy" => {
                    refused.push((row, message));
                }
                Err(why) => stop = Some(why),
            }
        }
        self.note(&done)?;
        for (row, message) in refused {
            *self.totals.by_reason.entry(message.clone()).or_default() += 1;
            self.reject(&row, Some(&message))?;
        }
        for part in unsure.chunks(SETTLED) {
            let mut done = Vec::new();
            for (number, hash, receipt, intended) in part {
                match self.settle(receipt, intended) {
                    Ok(receipt) => done.push((*number, *hash, receipt)),
                    Err(why) => {
                        self.note(&done)?;
                        return Err(why);
                    }
                }
            }
            self.note(&done)?;
        }
        stop.map_or(Ok(()), |why| Err(session.trouble(why)))
    }

    /// Notes rows that were published.
    fn note(&mut self, done: &[(usize, ContentHash, Receipt)]) -> Result<(), CliError> {
        if done.is_empty() {
            return Ok(());
        }
        self.journal.done(done)?;
        self.totals.published += done.len();
        self.bar.inc(done.len() as u64);
        Ok(())
    }

    /// Seals drafts, a few batches side by side. Those that cannot be sealed come back with why;
    /// those to which it did not come with nothing, and then there is what stopped it.
    fn seal(&self, drafts: &[Draft]) -> Result<(Vec<Sealed>, Option<Error>), CliError> {
        let session = self.session;
        let lanes: Vec<Lane> = std::thread::scope(|scope| {
            let lanes: Vec<_> = drafts
                .chunks(BATCH)
                .map(|part| scope.spawn(move || seal_part(session, part)))
                .collect();
            lanes
                .into_iter()
                .map(std::thread::ScopedJoinHandle::join)
                .collect::<Result<_, _>>()
        })
        .map_err(|_| session.trouble(Error::Internal("sealing was interrupted")))?;
        let (mut sealed, mut told, mut stopped) = (Vec::new(), BTreeSet::new(), None);
        for lane in lanes {
            sealed.extend(lane.drafts);
            told.extend(lane.warnings);
            stopped = stopped.or(lane.stopped);
        }
        for warning in &told {
            self.bar.suspend(|| tell!("warning: {warning}"));
        }
        Ok((sealed, stopped))
    }

    /// Of a report that a cut-off attempt published, the keys of that attempt count.
    fn settle(&self, receipt: &Receipt, intended: &[Receipt]) -> Result<Receipt, CliError> {
        let bytes = self.session.record(&receipt.id().to_string())?;
        let record = Unverified::parse(&bytes).map_err(|e| CliError::refused("bad-record", e))?;
        let Body::Report(report) = record.claimed().1 else {
            return Ok(receipt.clone());
        };
        let attempt = intended.iter().find(|r| r.grip.salt == report.salt);
        let mut counts = attempt.unwrap_or(receipt).clone();
        counts.grip.id = receipt.id();
        Ok(counts)
    }
}

/// A row that is sealed, with the attempts at it that were cut off.
type Sendable = (Row, ContentHash, Vec<Receipt>);
