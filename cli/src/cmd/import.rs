//! `import`: bring in an old list, as it is.
//!
//! Rows are published in batches. What was published, and what was about to be, stands in a journal
//! (see [`crate::journal`]) before and after each batch, so that an import can be cut off anywhere.

use crate::exit::CliError;
use crate::globals::Globals;
use crate::import::{
    Entry, ImportError, Mapping, Options, Outcome, RejectsWriter, Row, Table, Understood,
    language_tag, understand,
};
use crate::journal::{ContentHash, Journal};
use crate::output;
use crate::output::tell;
use crate::session::Session;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use parasol_node::entropy::OsEntropy;
use parasol_protocol::client::{Draft, Error, Publish, Receipt, Seal, Warning};
use parasol_protocol::handle::Handle;
use parasol_protocol::ids::RecordId;
use parasol_protocol::particulars::{Basis, Particulars, Summary, Words};
use parasol_protocol::record::{Body, Unverified};
use parasol_protocol::seal::SealError;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Rows that are sealed and published together.
const BATCH: usize = 250;
/// Batches that are sealed side by side: one is computed here while another is with the keyholders.
const LANES: usize = 3;
/// Rows that are noted together when the node must be asked which of several attempts it has.
const SETTLED: usize = 50;

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct ImportArgs {
    /// The list: CSV, TSV or XLSX
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Show how the file is understood and write that to a mapping file; publish nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The mapping file: written by --dry-run [default: FILE.map.toml], taken back otherwise
    #[arg(long, value_name = "FILE")]
    pub map: Option<PathBuf>,
    /// Write the rows that could not go to this file, each with its reason
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// The country of national numbers and plates, as FR [default: the profile's]
    #[arg(long, value_name = "COUNTRY")]
    pub country: Option<String>,
    /// The language of the text, as fr [default: what the file shows, then the profile's]
    #[arg(long, value_name = "LANG")]
    pub lang: Option<String>,
    /// How your organisation knows: first-hand, outreach or partner
    #[arg(long, value_name = "BASIS", default_value = "first-hand")]
    pub basis: Basis,
}

/// What became of the rows. Their number is that of all others together, always.
#[derive(Clone, Debug, Default)]
struct Totals {
    rows: usize,
    published: usize,
    kept: usize,
    duplicates: usize,
    rejected: usize,
    warnings: usize,
    /// Of the published ones, those of an earlier run that was cut off.
    earlier: usize,
    by_warning: BTreeMap<&'static str, (usize, String)>,
    by_reason: BTreeMap<String, usize>,
}

/// Does it.
///
/// # Errors
/// If the file cannot be read, or the node or the keyholders stopped answering; what was published
/// until then stays published, and the same command goes on from there. And if no row of it could go.
pub fn run(args: &ImportArgs, globals: &Globals) -> Result<(), CliError> {
    spare_inputs(args)?;
    let session = Session::open(globals)?;
    let content = fs::read(&args.file).map_err(|source| {
        file_trouble(ImportError::Unreadable {
            path: args.file.clone(),
            source,
        })
    })?;
    let map = match &args.map {
        Some(path) if !args.dry_run || path.is_file() => {
            let text = fs::read_to_string(path).map_err(|source| {
                file_trouble(ImportError::Unreadable {
                    path: path.clone(),
                    source,
                })
            })?;
            Some(Mapping::from_toml(&text).map_err(file_trouble)?)
        }
        _ => None,
    };
    let lang = match args.lang.as_deref() {
        None => None,
        Some(text) => Some(language_tag(text).ok_or_else(|| {
            CliError::usage(
                "lang",
                "that is no language; write its short name, as fr or pt-BR",
            )
        })?),
    };
    let cities = session.cities();
    let options = Options {
        country: session.country(args.country.as_deref())?,
        lang,
        today: session.federation.today().date(),
        cities: &cities,
        map,
    };
    let reading = options
        .map
        .as_ref()
        .map(|m| m.reading.clone())
        .unwrap_or_default();
    let table = Table::read(content.clone(), &reading).map_err(file_trouble)?;
    let plan = understand(table, &options).map_err(file_trouble)?;
    if args.dry_run {
        return dry_run(args, globals, &plan);
    }
    let mut import = Import::start(&session, args, &plan, &content, globals)?;
    let went = import.all(&plan);
    import.bar.finish_and_clear();
    let rejects = import.rejects.take().map(RejectsWriter::finish).transpose();
    let totals = import.totals.clone();
    if let Err(why) = went {
        let done = totals.published + totals.kept + totals.duplicates + totals.rejected;
        return Err(why.next(format_args!(
            "{done} of {} done; the same command goes on where this one stopped",
            output::count(plan.total, "row is", "rows are")
        )));
    }
    rejects.map_err(file_trouble)?;
    import.journal.finish()?;
    tell(&totals, args, globals, &plan);
    totals.anything(args.rejects.as_deref())
}

/// Refuses to write over what is read, or twice to one file.
fn spare_inputs(args: &ImportArgs) -> Result<(), CliError> {
    let map = match &args.map {
        Some(path) => Some(path.clone()),
        None if args.dry_run => Some(default_map(&args.file)),
        None => None,
    };
    let refuse = |option: &str, path: &Path, what: &str| {
        let message = format!(
            "{option} {} is {what}, which would be overwritten",
            path.display()
        );
        Err(CliError::usage("same-file", message).next("give another file"))
    };
    match (&args.rejects, &map) {
        (Some(rejects), _) if same_file(rejects, &args.file) => {
            refuse("--rejects", rejects, "the list itself")
        }
        (_, Some(map)) if same_file(map, &args.file) => refuse("--map", map, "the list itself"),
        (Some(rejects), Some(map)) if same_file(rejects, map) => {
            refuse("--rejects", rejects, "the mapping file")
        }
        _ => Ok(()),
    }
}

/// Whether two paths lead to one file, by whatever links; also if it is not there yet.
fn same_file(one: &Path, other: &Path) -> bool {
    if let (Ok(a), Ok(b)) = (fs::metadata(one), fs::metadata(other)) {
        // A terminal or /dev/null is not overwritten.
        return a.is_file() && b.is_file() && (a.dev(), a.ino()) == (b.dev(), b.ino());
    }
    let place = |path: &Path| {
        let dir = path.parent().filter(|p| !p.as_os_str().is_empty());
        let dir = fs::canonicalize(dir.unwrap_or(Path::new("."))).ok()?;
        Some(dir.join(path.file_name()?))
    };
    one == other || place(one).is_some_and(|a| place(other) == Some(a))
}

fn default_map(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".map.toml");
    path.into()
}

fn file_trouble(why: ImportError) -> CliError {
    CliError::input(why.code(), why)
}

fn explain(plan: &Understood<'_>) {
    let place = plan
        .sheet
        .as_ref()
        .map_or_else(String::new, |s| format!(", sheet \"{s}\""));
    tell!(
        "{}, {}{place}",
        output::count(plan.total, "row", "rows"),
        plan.encoding
    );
    for column in &plan.mapping.columns {
        tell!(
            "  column {:<28} {}",
            output::clean(&column.shown()),
            column.field.name()
        );
    }
    for note in &plan.notes {
        tell!("  note: {}", output::clean(note));
    }
}

fn dry_run(args: &ImportArgs, globals: &Globals, plan: &Understood<'_>) -> Result<(), CliError> {
    let mut totals = Totals {
        rows: plan.total,
        ..Totals::default()
    };
    let mut rejects = match &args.rejects {
        Some(path) => Some(RejectsWriter::create(path, plan).map_err(file_trouble)?),
        None => None,
    };
    for row in plan.rows() {
        totals.count(&row);
        match row.outcome {
            Outcome::Share(..) => totals.published += 1,
            Outcome::Keep(_) => totals.kept += 1,
            Outcome::Reject(_) => totals.rejected += 1,
        }
        if let Some(rejects) = &mut rejects {
            rejects.push(&row).map_err(file_trouble)?;
        }
    }
    if let Some(rejects) = rejects {
        rejects.finish().map_err(file_trouble)?;
    }
    let path = args.map.clone().unwrap_or_else(|| default_map(&args.file));
    parasol_node::files::write_private(&path, plan.mapping.to_toml().as_bytes()).map_err(
        |source| {
            file_trouble(ImportError::Unwritable {
                path: path.clone(),
                source,
            })
        },
    )?;
    if globals.json {
        let mut all = totals.json();
        if let Some(object) = all.as_object_mut() {
            object.insert("dry_run".into(), true.into());
            object.insert("map".into(), path.display().to_string().into());
            object.insert("notes".into(), plan.notes.clone().into());
        }
        output::json(&all);
    } else {
        explain(plan);
        totals.print("would be published", args.rejects.as_deref());
        output::text(&format!(
            "Nothing was published. How the file is understood stands in {0}; edit it if need be, then:\n  parasol import {1} --map {0}",
            path.display(),
            args.file.display()
        ));
    }
    Ok(())
}

fn tell(totals: &Totals, args: &ImportArgs, globals: &Globals, plan: &Understood<'_>) {
    if globals.json {
        output::json(&totals.json());
        return;
    }
    explain(plan);
    totals.print("published", args.rejects.as_deref());
    // Of a list of which nothing went, the error says it.
    if totals.rejected > 0 && totals.rejected < totals.rows && args.rejects.is_none() {
        output::text("Add --rejects FILE to get the rows that could not go, each with its reason.");
    }
}

/// An import that is under way.
struct Import<'a> {
    session: &'a Session,
    basis: Basis,
    /// The language of texts that show none.
    lang: String,
    journal: Journal,
    rejects: Option<RejectsWriter>,
    /// Published before, from other files or in a run that came to its end.
    published: BTreeSet<ContentHash>,
    /// Met in this run.
    met: BTreeSet<ContentHash>,
    waiting: Vec<(Row, ContentHash, Entry)>,
    totals: Totals,
    bar: ProgressBar,
}

impl<'a> Import<'a> {
    fn start(
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

    fn all(&mut self, plan: &Understood<'_>) -> Result<(), CliError> {
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

/// What comes of sealing one draft; nothing, if it did not come to that.
type Sealed = Option<Result<Draft, SealError>>;

/// What comes of sealing one batch.
#[derive(Default)]
struct Lane {
    /// One for each draft, in their order.
    drafts: Vec<Sealed>,
    warnings: BTreeSet<Warning>,
    stopped: Option<Error>,
}

fn seal_part(session: &Session, part: &[Draft]) -> Lane {
    let seal = |drafts: Vec<Draft>| {
        session.with_keys(|federation| {
            session.carry_raw(Seal::new(federation, drafts.clone(), &mut OsEntropy)?)
        })
    };
    seal_by(part, &seal)
}

/// Seals a batch. One that cannot be sealed must not hold up the others; and where there is not so
/// much left of the day, what is left is used up, half by half, so that every day brings a list on.
fn seal_by(
    part: &[Draft],
    seal: &impl Fn(Vec<Draft>) -> Result<(Vec<Draft>, BTreeSet<Warning>), Error>,
) -> Lane {
    match seal(part.to_vec()) {
        Ok((drafts, warnings)) => Lane {
            drafts: drafts.into_iter().map(|draft| Some(Ok(draft))).collect(),
            warnings,
            stopped: None,
        },
        Err(Error::Seal(why)) if part.len() == 1 => Lane {
            drafts: vec![Some(Err(why))],
            ..Lane::default()
        },
        Err(why) if part.len() > 1 && is_worth_halving(&why) => {
            let (first, second) = part.split_at(part.len() / 2);
            let mut lane = seal_by(first, seal);
            if lane.stopped.is_some() {
                lane.drafts.extend(second.iter().map(|_| None));
                return lane;
            }
            let rest = seal_by(second, seal);
            lane.drafts.extend(rest.drafts);
            lane.warnings.extend(rest.warnings);
            lane.stopped = rest.stopped;
            lane
        }
        Err(why) => Lane {
            drafts: part.iter().map(|_| None).collect(),
            warnings: BTreeSet::new(),
            stopped: Some(why),
        },
    }
}

/// Whether a smaller batch may go where this one did not.
fn is_worth_halving(why: &Error) -> bool {
    match why {
        Error::Seal(_) | Error::Quota { .. } => true,
        Error::Refused { status: 429, body } => body.contains("\"member-quota\""),
        _ => false,
    }
}

impl Totals {
    fn count(&mut self, row: &Row) {
        match &row.outcome {
            Outcome::Share(_, warnings) => {
                self.warnings += warnings.len();
                for warning in warnings {
                    let entry = self.by_warning.entry(warning.code());
                    entry.or_insert_with(|| (0, warning.to_string())).0 += 1;
                }
            }
            Outcome::Keep(reason) => *self.by_reason.entry(reason.to_string()).or_default() += 1,
            Outcome::Reject(reason) => *self.by_reason.entry(reason.to_string()).or_default() += 1,
        }
    }

    fn json(&self) -> serde_json::Value {
        let by_code: BTreeMap<&str, usize> = self
            .by_warning
            .iter()
            .map(|(code, (n, _))| (*code, *n))
            .collect();
        json!({
            "rows": self.rows,
            "published": self.published,
            "kept": self.kept,
            "duplicates": self.duplicates,
            "rejected": self.rejected,
            "warnings": self.warnings,
            "warnings_by_code": by_code,
        })
    }

    /// Whether anything of the list could be used. One of which every row was rejected is no list.
    fn anything(&self, rejects: Option<&Path>) -> Result<(), CliError> {
        if self.rejected == 0 || self.rejected < self.rows {
            return Ok(());
        }
        let message = format!(
            "nothing was published: none of {} could go",
            output::count(self.rows, "row", "rows")
        );
        let next = match rejects {
            Some(path) => format!("{} has the reasons, row by row", path.display()),
            None => "add --rejects FILE to get the rows, each with its reason".to_owned(),
        };
        Err(CliError::input("all-rejected", message).next(format_args!(
            "{next}; --dry-run shows how the columns are understood"
        )))
    }

    fn print(&self, published: &str, rejects: Option<&Path>) {
        let earlier = match self.earlier {
            0 => String::new(),
            n => format!(" ({n} of them before it was cut off)"),
        };
        output::text(&output::count(self.rows, "row", "rows"));
        output::text(&format!("  {:>7} {published}{earlier}", self.published));
        output::text(&format!(
            "  {:>7} kept back, as {} want{} it",
            self.kept,
            if self.kept == 1 {
                "its author"
            } else {
                "their authors"
            },
            if self.kept == 1 { "s" } else { "" }
        ));
        let were = if self.duplicates == 1 { "was" } else { "were" };
        output::text(&format!("  {:>7} {were} there already", self.duplicates));
        // A file without a row in it shows nothing.
        let file = rejects.filter(|_| self.rejected > 0);
        let file = file.map_or_else(String::new, |p| format!(", see {}", p.display()));
        output::text(&format!("  {:>7} could not go{file}", self.rejected));
        for (reason, n) in &self.by_reason {
            output::text(&format!("          {n}: {reason}"));
        }
        if self.warnings > 0 {
            let warnings = if self.warnings == 1 {
                "warning"
            } else {
                "warnings"
            };
            output::text(&format!("  {:>7} {warnings}", self.warnings));
            for (n, text) in self.by_warning.values() {
                output::text(&format!("          {n}: {text}"));
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_which_nothing_went_is_an_error_and_one_row_that_went_is_none() {
        let of = |rows, rejected| Totals {
            rows,
            rejected,
            ..Totals::default()
        };
        let why = of(3, 3).anything(None).unwrap_err();
        assert_eq!((why.kind() as u8, why.code()), (3, "all-rejected"));
        assert!(why.to_string().contains("--rejects"));
        let why = of(3, 3).anything(Some(Path::new("rej.csv"))).unwrap_err();
        assert!(why.to_string().contains("rej.csv has the reasons"));
        assert_eq!(of(3, 2).anything(None), Ok(()));
        assert_eq!(of(3, 0).anything(None), Ok(()));
    }

    #[test]
    fn one_file_is_known_by_all_its_names() {
        let dir = tempfile::tempdir().unwrap();
        let list = dir.path().join("list.csv");
        fs::write(&list, "phone").unwrap();
        let link = dir.path().join("link.csv");
        std::os::unix::fs::symlink(&list, &link).unwrap();
        let dotted = dir.path().join(".").join("list.csv");
        assert!(same_file(&list, &list) && same_file(&link, &list) && same_file(&dotted, &list));
        let absent = dir.path().join("absent.csv");
        assert!(!same_file(&absent, &list));
        assert!(same_file(&absent, &dir.path().join(".").join("absent.csv")));
    }
}
