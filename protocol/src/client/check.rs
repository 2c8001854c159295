//! Looking handles up.
//!
//! ```text
//!  handles ──blind──► home node ──► t keyholders: the bucket key and all live seasons, one round
//!                                          │
//!       for each handle, sealed, to two other organisations: one bucket
//!                                          │
//!            verify, open by the handle, join the two, compare them
//! ```

use super::ask::{Ask, AskId, Exchange, Outbox, Unanswered};
use super::error::{Alarm, Error, Warning};
use super::evaluate::{Evaluating, Outputs, Step};
use super::found::{Found, RefusedRecord};
use super::gather::{Pool, Reader};
use super::source::{Asked, Sources, ask};
use super::view::Federation;
use crate::entropy::Entropy;
use crate::handle::Handle;
use crate::ids::{OrganisationKey, RecordId};
use crate::oprf::{KeyName, Output};
use crate::seal::{Bucket, HandleName, open_by_handle};
use crate::time::Season;
use crate::trust;
use crate::wire::sealed::{Question, Reply};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Organisations that are asked about each handle.
const SOURCES: usize = 2;
/// Sealed questions under way at one time; a source that fails early is then not asked so often.
const WINDOW: usize = 32;
/// Bytes that a bucket should hold: with its spread it mostly fits the one page that replies have
/// at least.
const BUCKET_BYTES: u64 = 20_000;
/// What one entry costs a bucket: its report of about 1 kB with what hangs on it.
const ENTRY_BYTES: u64 = 1_100;
/// Entries of a report, mostly padded to the smallest number there is.
const ENTRIES: u64 = 4;

/// How a look-up is to be done.
#[derive(Clone, Debug, Default)]
pub struct CheckOptions {
    /// Reports that nodes were last seen to carry; the less, the larger are the buckets asked for.
    pub carried: Option<u64>,
    /// Whose word counts, and whom they vouch for; `None`: the organisations of the charter.
    pub roots: Option<BTreeSet<OrganisationKey>>,
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
    /// Reports that nodes carry, by the smallest of their accounts; for the next look-up.
    pub carried: u64,
}

#[derive(Debug)]
struct Served {
    organisation: OrganisationKey,
    bits: u8,
    reply: Reply,
}

#[derive(Debug)]
struct Item {
    handle: Handle,
    names: Vec<HandleName>,
    bucket: Option<Output>,
    bits: Option<u8>,
    tried: BTreeSet<OrganisationKey>,
    served: Vec<Served>,
}

#[derive(Debug)]
enum Purpose {
    Evaluate,
    Fetch { item: usize, bits: u8, asked: Asked },
}

/// A look-up in the course of being done.
#[derive(Debug)]
pub struct Check<'a> {
    federation: &'a Federation,
    outbox: Outbox<Purpose>,
    evaluating: Evaluating,
    seasons: Vec<Season>,
    items: Vec<Item>,
    /// Handles that want one source more.
    wanting: VecDeque<usize>,
    in_flight: usize,
    sources: Sources,
    carried: u64,
    options: CheckOptions,
    warnings: BTreeSet<Warning>,
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
            Evaluating::new(federation, &inputs, keys.chain([KeyName::Bucket]), entropy)?;
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
                })
                .collect(),
            wanting: VecDeque::new(),
            in_flight: 0,
            sources: Sources::default(),
            carried: federation.carried().min(hint),
            options,
            warnings: BTreeSet::new(),
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
                    Step::Done(outputs) => self.name(&outputs),
                }
            }
            Purpose::Fetch { item, bits, asked } => {
                self.in_flight -= 1;
                self.fetched(item, bits, &asked, answer, entropy)?;
            }
        }
        self.fill(entropy)?;
        if self.outbox.is_idle() {
            self.result = Some(self.conclude());
        }
        Ok(())
    }

    fn name(&mut self, outputs: &Outputs) {
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
            self.wanting.extend(0..self.items.len());
        }
    }

    /// Asks for what is wanting, as much as may be under way.
    fn fill(&mut self, entropy: &mut dyn Entropy) -> Result<(), Error> {
        while self.in_flight < WINDOW {
            let Some(n) = self.wanting.pop_front() else {
                return Ok(());
            };
            let Some(item) = self.items.get_mut(n) else {
                continue;
            };
            let Some(source) = self.sources.choose(self.federation, &item.tried, entropy) else {
                continue;
            };
            item.tried.insert(source.organisation);
            let most = self.federation.charter().terms().bucket_bits;
            let bits = *item
                .bits
                .get_or_insert_with(|| bits_for(self.carried, most));
            self.fetch(n, bits, source, entropy)?;
        }
        Ok(())
    }

    fn fetch(
        &mut self,
        n: usize,
        bits: u8,
        source: super::source::Source,
        entropy: &mut dyn Entropy,
    ) -> Result<(), Error> {
        let Some(output) = self.items.get(n).and_then(|item| item.bucket.as_ref()) else {
            return Err(Error::Internal("a handle was not evaluated"));
        };
        let question = Question::Bucket(Bucket::of(output, bits));
        let purpose = |asked| Purpose::Fetch {
            item: n,
            bits,
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
        asked: &Asked,
        answer: Result<Vec<u8>, Unanswered>,
        entropy: &mut dyn Entropy,
    ) -> Result<(), Error> {
        let opened = self
            .sources
            .open(self.federation, asked, answer, &mut self.warnings)?;
        let Some(reply) = opened else {
            self.wanting.push_front(n);
            return Ok(());
        };
        self.carried = self.carried.min(reply.carried);
        let most = self.federation.charter().terms().bucket_bits;
        if reply.cut && bits < most {
            return self.fetch(n, (bits + 2).min(most), asked.source, entropy);
        }
        let organisation = asked.source.organisation;
        if reply.cut {
            self.warnings.insert(Warning::Cut {
                organisation: self.federation.name(&organisation),
            });
        }
        if let Some(item) = self.items.get_mut(n) {
            item.served.push(Served {
                organisation,
                bits,
                reply,
            });
        }
        Ok(())
    }

    fn conclude(&mut self) -> Result<Checked, Error> {
        let federation = self.federation;
        let roots = self
            .options
            .roots
            .take()
            .unwrap_or_else(|| federation.members().map(|m| m.key).collect());
        let counted = trust::counted(federation.directory(), &roots, federation.today());
        let mut reader = Reader::new(federation, counted);
        let mut own = Pool::new();
        let home = federation.name(federation.organisation());
        reader.take(&self.options.own, &home, &mut own);
        let mut results = Vec::new();
        let mut differences = Differences::default();
        for item in self.items.drain(..) {
            if item.served.is_empty() {
                return Err(Error::NoSource);
            }
            if let [only] = item.served.as_slice() {
                self.warnings.insert(Warning::OneSource {
                    organisation: federation.name(&only.organisation),
                });
            }
            let mut pool = own.clone();
            let mut each = Vec::new();
            for served in &item.served {
                let mut one = Pool::new();
                let by = federation.name(&served.organisation);
                reader.take(&served.reply.records, &by, &mut one);
                for (id, by) in &one {
                    pool.entry(*id).or_default().extend(by.iter().cloned());
                }
                each.push((by, one));
            }
            let reports = reader.show(&pool, |record, report| {
                let header = record.header();
                let name = item
                    .names
                    .iter()
                    .find(|n| n.season() == header.expires.season())?;
                open_by_handle(
                    federation.id(),
                    &header.organisation,
                    header.expires,
                    report,
                    &item.handle,
                    name,
                )
            });
            let about: BTreeSet<RecordId> = reports.iter().map(|f| f.id).collect();
            differences.compare(&reader, &item, &each, &pool, &about);
            results.push(Looked {
                reports,
                sources: item.served.len(),
                handle: item.handle,
            });
        }
        let (refused, uncounted) = reader.finish();
        Ok(Checked {
            sources: results.iter().map(|r| r.sources).min().unwrap_or(0),
            results,
            alarms: differences.alarms(),
            warnings: std::mem::take(&mut self.warnings),
            refused,
            uncounted,
            carried: self.carried,
        })
    }
}

/// Reports that one source served and another left out.
#[derive(Default)]
struct Differences(BTreeMap<(String, String), (BTreeSet<RecordId>, bool)>);

impl Differences {
    fn compare(
        &mut self,
        reader: &Reader<'_>,
        item: &Item,
        each: &[(String, Pool)],
        all: &Pool,
        about: &BTreeSet<RecordId>,
    ) {
        let Some(output) = &item.bucket else { return };
        // Only what lies in the smallest of the buckets asked for was asked of all.
        let bits = item.served.iter().map(|s| s.bits).max().unwrap_or(0);
        let most = reader.federation.charter().terms().bucket_bits;
        let (first, last) = Bucket::of(output, bits).span(most);
        let due: BTreeSet<RecordId> = reader
            .live(all)
            .into_iter()
            .filter(|(_, report)| {
                let mut buckets = report.entries.iter().map(|e| e.bucket);
                buckets.any(|b| (first..=last).contains(&b))
            })
            .map(|(id, _)| id)
            .collect();
        for ((by, one), served) in each.iter().zip(&item.served) {
            if served.reply.cut {
                continue;
            }
            for (other, theirs) in each {
                let lacking: Vec<RecordId> = due
                    .iter()
                    .filter(|id| theirs.contains_key(id) && !one.contains_key(id))
                    .copied()
                    .collect();
                if lacking.is_empty() {
                    continue;
                }
                let place = self.0.entry((by.clone(), other.clone())).or_default();
                place.1 |= lacking.iter().any(|id| about.contains(id));
                place.0.extend(lacking);
            }
        }
    }

    fn alarms(self) -> Vec<Alarm> {
        self.0
            .into_iter()
            .map(
                |((organisation, served_by), (reports, about_asked))| Alarm::LeftOut {
                    organisation,
                    served_by,
                    reports: reports.into_iter().collect(),
                    about_asked,
                },
            )
            .collect()
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
        assert_eq!(bits_for(4, 20), 0);
        assert_eq!(bits_for(10_000, 20), 12);
        assert_eq!(bits_for(10_000, 8), 8);
        assert_eq!(bits_for(u64::MAX, 20), 20);
        assert!((1..100_000).all(|n| bits_for(n, 20) <= bits_for(n + 1, 20)));
    }
}
