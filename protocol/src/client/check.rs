//! Looking handles up.
//!
//! ```text
//!  handles ──blind──► home node ──► t keyholders: the bucket key and all live seasons, one round
//!                                          │
//!       for each handle, sealed, to two other organisations: one bucket
//!                                          │
//!            verify, open by the handle, join the two, compare them
//!                                          │
//!                  where they differ: what there is with the lock, of the one that lacks it
//! ```
//!
//! Every question has one size and every reply another. How many questions there are hangs on how many
//! handles there are alone, but for those last ones: at most one a source. Their order is drawn at
//! random: a list of numbers is often sorted, and a place in it would say something.

use super::ask::{Ask, AskId, Exchange, Outbox, Unanswered};
use super::compare::{Answered, Differences};
use super::error::{Alarm, Error, Warning};
use super::evaluate::{Evaluating, Outputs, Step};
use super::found::{Found, RefusedRecord};
use super::gather::{Pool, Reader};
use super::source::{Asked, Source, Sources, ask, shuffle};
use super::view::Federation;
use crate::entropy::Entropy;
use crate::handle::Handle;
use crate::ids::OrganisationKey;
use crate::oprf::{KeyName, Output};
use crate::record::Kind;
use crate::seal::{Bucket, HandleName, open_by_handle};
use crate::time::Season;
use crate::trust::Local;
use crate::wire::sealed::{MAX_PARTS, Question, Reply};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Organisations that are asked about each handle.
const SOURCES: usize = 2;
/// Sealed questions under way at one time; a source that fails early is then not asked so often.
const WINDOW: usize = 32;
/// Bytes that a bucket should hold: with its spread it hardly ever outgrows a reply's 30 kB.
const BUCKET_BYTES: u64 = 14_000;
/// What one entry costs a bucket: its report of about 1 kB with what hangs on it.
const ENTRY_BYTES: u64 = 1_100;
/// Entries of a report, mostly padded to the smallest number there is.
const ENTRIES: u64 = 4;

/// How a look-up is to be done.
#[derive(Clone, Debug, Default)]
pub struct CheckOptions {
    /// Reports that nodes were last seen to carry; the less, the larger are the buckets asked for.
    pub carried: Option<u64>,
    /// Parts of each bucket to ask for, at least one, at most [`MAX_PARTS`]: to see what had no room
    /// in the first. It holds for all handles alike, so that nothing shows but the number.
    pub parts: u8,
    /// Whom the one who asks trusts; `None`: the organisations of the charter.
    pub local: Option<Local>,
    /// Records of audience *own*, from [`super::Own`], so that they are found without asking.
    pub own: Vec<Vec<u8>>,
}

/// What came of one handle.
#[derive(Clone, Debug)]
pub struct Looked {
    /// The handle.
    pub handle: Handle,
    /// The reports about it, the worst and then the latest first. That there are none does not mean
    /// that all is well.
    pub reports: Vec<Found>,
    /// How many organisations were asked and answered.
    pub sources: usize,
    /// Whether some of them had more in the bucket than was asked for: there may be more reports.
    pub cut: bool,
}

/// What came of a look-up.
#[derive(Clone, Debug)]
pub struct Checked {
    /// One a handle, in the order given.
    pub results: Vec<Looked>,
    /// The fewest sources that answered about a handle.
    pub sources: usize,
    /// What may be an attack.
    pub alarms: Vec<Alarm>,
    /// What went less well than it should.
    pub warnings: BTreeSet<Warning>,
    /// Records that were served and refused.
    pub refused: Vec<RefusedRecord>,
    /// Reports about the handles from organisations whose word does not count here.
    pub uncounted: usize,
    /// Reports that nodes carry, by the middle one of their accounts; for the next look-up.
    pub carried: u64,
}

#[derive(Debug)]
struct Served {
    source: Source,
    bits: u8,
    /// The parts that came, in their order.
    parts: Vec<Reply>,
}

#[derive(Debug)]
struct Item {
    handle: Handle,
    names: Vec<HandleName>,
    bucket: Option<Output>,
    bits: Option<u8>,
    tried: BTreeSet<OrganisationKey>,
    served: Vec<Served>,
    /// What came in buckets that were then asked for anew: it is not compared, and it counts.
    coarse: Vec<Served>,
}

/// A handle, with what was served about it, read.
#[derive(Debug)]
struct Read {
    handle: Handle,
    names: Vec<HandleName>,
    answers: Vec<Answered>,
    all: Pool,
    reports: Vec<Found>,
}

/// Reading what was served, and what came of it.
#[derive(Debug)]
struct Reading<'a> {
    reader: Reader<'a>,
    read: Vec<Read>,
    differences: Differences,
    settled: BTreeMap<OrganisationKey, Pool>,
}

#[derive(Debug)]
enum Purpose {
    Evaluate,
    Fetch {
        item: usize,
        bits: u8,
        part: u8,
        asked: Asked,
    },
    Settle(Asked),
}

/// A look-up in the course of being done.
#[derive(Debug)]
pub struct Check<'a> {
    federation: &'a Federation,
    outbox: Outbox<Purpose>,
    evaluating: Evaluating,
    seasons: Vec<Season>,
    items: Vec<Item>,
    /// Handles that want one source more, or this one again.
    wanting: VecDeque<(usize, Option<(Source, u8)>)>,
    in_flight: usize,
    sources: Sources,
    /// How many reports there are, by what was known before the first answer.
    carried: u64,
    /// The same by what each organisation says.
    stated: BTreeMap<OrganisationKey, u64>,
    resized: bool,
    options: CheckOptions,
    warnings: BTreeSet<Warning>,
    reading: Option<Reading<'a>>,
    result: Option<Result<Checked, Error>>,
}

/// The fewest bits that make a bucket small enough.
fn bits_for(carried: u64, most: u8) -> u8 {
    let all = carried.saturating_mul(ENTRIES * ENTRY_BYTES);
    (0..most)
        .find(|bits| all >> bits <= BUCKET_BYTES)
        .unwrap_or(most)
}

impl<'a> Check<'a> {
    /// Begins to look handles up, at most 1024 at a time.
    ///
    /// # Errors
    /// If there are none or too many, or the federation has no keys for this day.
    pub fn new(
        federation: &'a Federation,
        handles: Vec<Handle>,
        options: CheckOptions,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, Error> {
        let seasons = federation.seasons(KeyName::Handle);
        let keys = seasons.iter().copied().map(KeyName::Handle);
        let inputs: Vec<Vec<u8>> = handles.iter().map(Handle::oprf_input).collect();
        let evaluating =
            Evaluating::new(federation, &inputs, keys.chain([KeyName::Bucket]), entropy)?.lenient();
        let lost = federation.lost_seasons(KeyName::Handle).into_iter();
        let mut outbox = Outbox::new();
        evaluating.ask(&mut outbox, Purpose::Evaluate);
        let hint = options.carried.unwrap_or(u64::MAX);
        Ok(Self {
            federation,
            outbox,
            evaluating,
            seasons,
            items: handles
                .into_iter()
                .map(|handle| Item {
                    handle,
                    names: Vec::new(),
                    bucket: None,
                    bits: None,
                    tried: BTreeSet::new(),
                    served: Vec::new(),
                    coarse: Vec::new(),
                })
                .collect(),
            wanting: VecDeque::new(),
            in_flight: 0,
            sources: Sources::default(),
            carried: federation.carried().min(hint),
            stated: BTreeMap::from([(*federation.organisation(), federation.carried())]),
            resized: false,
            options,
            warnings: lost.map(|season| Warning::Season { season }).collect(),
            reading: None,
            result: None,
        })
    }

    fn step(
        &mut self,
        purpose: Purpose,
        answer: Result<Vec<u8>, Unanswered>,
        entropy: &mut dyn Entropy,
    ) -> Result<(), Error> {
        match purpose {
            Purpose::Evaluate => {
                match self
                    .evaluating
                    .answer(self.federation, answer, &mut self.warnings)?
                {
                    Step::Again => self.evaluating.ask(&mut self.outbox, Purpose::Evaluate),
                    Step::Done(outputs) => self.name(&outputs, entropy),
                }
            }
            Purpose::Fetch {
                item,
                bits,
                part,
                asked,
            } => {
                self.in_flight -= 1;
                self.fetched(item, bits, part, &asked, answer)?;
            }
            Purpose::Settle(asked) => self.settled(&asked, answer)?,
        }
        self.fill(entropy)?;
        if self.outbox.is_idle() && !self.resized {
            self.resized = true;
            self.resize(entropy);
            self.fill(entropy)?;
        }
        if self.outbox.is_idle() && self.reading.is_none() {
            self.read(entropy)?;
        }
        if self.outbox.is_idle() {
            self.conclude();
        }
        Ok(())
    }

    fn name(&mut self, outputs: &Outputs, entropy: &mut dyn Entropy) {
        for (n, item) in self.items.iter_mut().enumerate() {
            let output = |key| outputs.get(&key).and_then(|all| all.get(n)).cloned();
            item.bucket = output(KeyName::Bucket);
            item.names = self
                .seasons
                .iter()
                .filter_map(|s| Some(HandleName::new(*s, output(KeyName::Handle(*s))?)))
                .collect();
        }
        // All first sources before all second ones, so that the order says nothing of pairs.
        for _ in 0..SOURCES {
            let mut order: Vec<usize> = (0..self.items.len()).collect();
            shuffle(&mut order, entropy);
            self.wanting.extend(order.into_iter().map(|n| (n, None)));
        }
    }

    /// Asks anew for finer buckets if those asked for were too large for the list: whoever said that
    /// there is next to nothing would otherwise have had most of it left out. What counts is the
    /// middle one of what all say, so that one alone can neither hide reports nor learn more bits.
    /// It hangs on no handle, so that nothing of them shows.
    fn resize(&mut self, entropy: &mut dyn Entropy) {
        let most = self.federation.charter().terms().bucket_bits;
        let bits = bits_for(self.size(), most);
        let mut anew = Vec::new();
        for (n, item) in self.items.iter_mut().enumerate() {
            if item.bits.is_some_and(|asked| asked < bits) {
                item.bits = Some(bits);
                anew.extend(item.served.iter().map(|s| (n, Some((s.source, 0)))));
                item.coarse.append(&mut item.served);
            }
        }
        shuffle(&mut anew, entropy);
        self.wanting.extend(anew);
    }

    /// How many reports there are, by what was said.
    fn size(&self) -> u64 {
        let mut stated: Vec<u64> = self.stated.values().copied().collect();
        stated.sort_unstable();
        stated.get(stated.len() / 2).copied().unwrap_or(0)
    }

    /// Asks for what is wanting, as much as may be under way.
    fn fill(&mut self, entropy: &mut dyn Entropy) -> Result<(), Error> {
        while self.in_flight < WINDOW {
            let Some((n, again)) = self.wanting.pop_front() else {
                return Ok(());
            };
            let Some(item) = self.items.get_mut(n) else {
                continue;
            };
            let chosen = || {
                let source = self.sources.choose(self.federation, &item.tried, entropy)?;
                Some((source, 0))
            };
            let Some((source, part)) = again.or_else(chosen) else {
                continue;
            };
            item.tried.insert(source.organisation);
            let most = self.federation.charter().terms().bucket_bits;
            let bits = *item
                .bits
                .get_or_insert_with(|| bits_for(self.carried, most));
            self.fetch(n, bits, part, source, entropy)?;
        }
        Ok(())
    }

    fn fetch(
        &mut self,
        n: usize,
        bits: u8,
        part: u8,
        source: Source,
        entropy: &mut dyn Entropy,
    ) -> Result<(), Error> {
        let Some(output) = self.items.get(n).and_then(|item| item.bucket.as_ref()) else {
            return Err(Error::Internal("a handle was not evaluated"));
        };
        let bucket = Bucket::of(output, bits);
        let question = Question::Bucket { bucket, part };
        let purpose = |asked| Purpose::Fetch {
            item: n,
            bits,
            part,
            asked,
        };
        self.in_flight += 1;
        ask(
            self.federation,
            source,
            &question,
            &mut self.outbox,
            purpose,
            entropy,
        )
    }

    fn fetched(
        &mut self,
        n: usize,
        bits: u8,
        part: u8,
        asked: &Asked,
        answer: Result<Vec<u8>, Unanswered>,
    ) -> Result<(), Error> {
        let opened = self
            .sources
            .open(self.federation, asked, answer, &mut self.warnings)?;
        let Some(reply) = opened else {
            self.wanting.push_front((n, None));
            return Ok(());
        };
        let source = asked.source;
        self.stated.insert(source.organisation, reply.carried);
        let Some(item) = self.items.get_mut(n) else {
            return Ok(());
        };
        let same = |s: &&mut Served| s.source.organisation == source.organisation;
        match item.served.iter_mut().find(same) {
            Some(served) => served.parts.push(reply),
            None => item.served.push(Served {
                source,
                bits,
                parts: vec![reply],
            }),
        }
        if part + 1 < self.options.parts.clamp(1, MAX_PARTS) {
            self.wanting.push_back((n, Some((source, part + 1))));
        }
        Ok(())
    }

    /// Reads all that was served, and asks about what the sources differ in.
    fn read(&mut self, entropy: &mut dyn Entropy) -> Result<(), Error> {
        let federation = self.federation;
        let local = self.options.local.take();
        let mut reader = Reader::new(federation, local.unwrap_or_else(|| federation.all()));
        let mut own = Pool::new();
        let home = federation.name(federation.organisation());
        reader.take(&self.options.own, &home, &mut own);
        let mut differences = Differences::default();
        let mut read = Vec::new();
        for item in self.items.drain(..) {
            if item.served.is_empty() {
                return Err(Error::NoSource);
            }
            if let [only] = item.served.as_slice() {
                self.warnings.insert(Warning::OneSource {
                    organisation: federation.name(&only.source.organisation),
                });
            }
            let mut all = own.clone();
            for served in &item.coarse {
                let by = federation.name(&served.source.organisation);
                for part in &served.parts {
                    reader.take(&part.records, &by, &mut all);
                }
            }
            let mut answers = Vec::new();
            for served in item.served {
                let mut pool = Pool::new();
                let by = federation.name(&served.source.organisation);
                let left = served.parts.last().map_or(0, |last| last.left);
                for part in &served.parts {
                    reader.take(&part.records, &by, &mut pool);
                }
                join(&mut all, &pool);
                if left > 0 {
                    // Asking again by itself would show the home node that the bucket is full.
                    self.warnings.insert(Warning::Cut { organisation: by });
                }
                answers.push(Answered {
                    source: served.source,
                    bits: served.bits,
                    parts: served.parts.len(),
                    left,
                    pool,
                });
            }
            let mut one = Read {
                handle: item.handle,
                names: item.names,
                answers,
                all,
                reports: Vec::new(),
            };
            one.show(&mut reader);
            if let Some(bucket) = &item.bucket {
                let about = one.reports.iter().map(|f| f.id).collect();
                differences.compare(&reader, bucket, &one.answers, &one.all, &about);
            }
            read.push(one);
        }
        for (source, locks) in differences.questions(&reader, entropy) {
            let question = Question::Locks(locks);
            ask(
                federation,
                source,
                &question,
                &mut self.outbox,
                Purpose::Settle,
                entropy,
            )?;
        }
        self.reading = Some(Reading {
            reader,
            read,
            differences,
            settled: BTreeMap::new(),
        });
        Ok(())
    }

    fn settled(&mut self, asked: &Asked, answer: Result<Vec<u8>, Unanswered>) -> Result<(), Error> {
        let opened = self
            .sources
            .open(self.federation, asked, answer, &mut self.warnings)?;
        if let (Some(reply), Some(reading)) = (opened, &mut self.reading) {
            let organisation = asked.source.organisation;
            let by = self.federation.name(&organisation);
            let pool = reading.settled.entry(organisation).or_default();
            reading.reader.take(&reply.records, &by, pool);
        }
        Ok(())
    }

    fn conclude(&mut self) {
        let Some(mut reading) = self.reading.take() else {
            return;
        };
        let reader = &mut reading.reader;
        let mut retractions = Pool::new();
        for pool in reading.settled.values() {
            let told = pool.iter().filter(|(id, _)| {
                let record = reader.record(id);
                record.is_some_and(|r| r.kind() == Kind::Retraction)
            });
            join(
                &mut retractions,
                &told.map(|(id, by)| (*id, by.clone())).collect(),
            );
        }
        let mut results = Vec::new();
        for mut one in reading.read {
            if !retractions.is_empty() {
                join(&mut one.all, &retractions);
                one.show(reader);
            }
            results.push(Looked {
                reports: one.reports,
                sources: one.answers.len(),
                cut: one.answers.iter().any(|a| a.left > 0),
                handle: one.handle,
            });
        }
        let alarms = reading
            .differences
            .judge(reader, &reading.settled, &mut self.warnings);
        let (refused, uncounted) = reading.reader.finish();
        self.result = Some(Ok(Checked {
            sources: results.iter().map(|r| r.sources).min().unwrap_or(0),
            results,
            alarms,
            warnings: std::mem::take(&mut self.warnings),
            refused,
            uncounted,
            carried: self.size(),
        }));
    }
}

impl Read {
    /// Opens what the handle opens.
    fn show(&mut self, reader: &mut Reader<'_>) {
        let federation = reader.federation;
        self.reports = reader.show(&self.all, |record, report| {
            let header = record.header();
            let season = header.expires.season();
            let name = self.names.iter().find(|n| n.season() == season)?;
            open_by_handle(
                federation.id(),
                &header.organisation,
                header.expires,
                report,
                &self.handle,
                name,
            )
        });
    }
}

fn join(all: &mut Pool, more: &Pool) {
    for (id, by) in more {
        all.entry(*id).or_default().extend(by.iter().cloned());
    }
}

impl Exchange for Check<'_> {
    type Done = Checked;

    fn asks(&mut self) -> Vec<Ask> {
        self.outbox.drain()
    }

    fn answer(
        &mut self,
        id: AskId,
        answer: Result<Vec<u8>, Unanswered>,
        entropy: &mut dyn Entropy,
    ) {
        let Some(purpose) = self.outbox.purpose(id) else {
            return;
        };
        if let Err(why) = self.step(purpose, answer, entropy) {
            self.outbox.close();
            self.result = Some(Err(why));
        }
    }

    fn done(&mut self) -> Option<Result<Checked, Error>> {
        self.result.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_the_list_the_more_bits_and_never_more_than_there_are() {
        assert_eq!(bits_for(0, 20), 0);
        assert_eq!(bits_for(3, 20), 0);
        assert_eq!(bits_for(10_000, 20), 12);
        assert_eq!(bits_for(10_000, 8), 8);
        assert_eq!(bits_for(u64::MAX, 20), 20);
        assert!((1..100_000).all(|n| bits_for(n, 20) <= bits_for(n + 1, 20)));
    }
}
