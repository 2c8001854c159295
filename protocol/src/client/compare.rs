//! Comparing what two sources serve (`spec/04-lookup.md`, section 3.3).
//!
//! Nodes that carry the same set serve the same bucket. Where they differ, the one that lacks a
//! report is asked for what it has with the report's lock: it may have the retraction, or have got
//! the report just now. What stays unexplained, of reports older than a day, is an alarm.

use super::error::{Alarm, Warning};
use super::gather::{Pool, Reader};
use super::source::{Source, shuffle};
use crate::entropy::Entropy;
use crate::ids::{Lock, OrganisationKey, RecordId};
use crate::limits::MAX_RECORD;
use crate::oprf::Output;
use crate::record::Body;
use crate::record::report::Report;
use crate::seal::Bucket;
use crate::wire::sealed::{MAX_LOCKS, Reply};
use std::collections::{BTreeMap, BTreeSet};

/// What one source served about one handle.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) source: Source,
    pub(super) bits: u8,
    /// Parts of the bucket that were asked for.
    pub(super) parts: usize,
    pub(super) left: u64,
    pub(super) pool: Pool,
}

/// How a source's reply was filled.
struct Filled {
    used: usize,
    of_one: BTreeMap<OrganisationKey, (usize, usize)>,
}

impl Answered {
    /// The room that its publishers have in the reply, of what belongs there: records that were
    /// not asked for fill nothing.
    fn filled(&self, reader: &Reader<'_>, bucket: (u32, u32)) -> Filled {
        let records = || self.pool.keys().filter_map(|id| reader.record(id));
        let asked: BTreeSet<RecordId> = records()
            .filter(|r| matches!(r.body(), Body::Report(report) if lies_in(report, bucket)))
            .map(|r| r.id())
            .collect();
        let mut filled = Filled {
            used: 0,
            of_one: BTreeMap::new(),
        };
        for record in records() {
            let of = match record.body() {
                Body::Report(_) => record.id(),
                Body::Translation(b) => b.target.report,
                Body::Second(b) => b.target.report,
                Body::Dispute(b) => b.target.report,
                _ => continue,
            };
            if asked.contains(&of) {
                let size = record.bytes().len() + Reply::AROUND;
                filled.used += size;
                let (all, largest) = filled
                    .of_one
                    .entry(record.header().organisation)
                    .or_default();
                *all += size;
                *largest = size.max(*largest);
            }
        }
        filled
    }

    /// Whether want of room explains that a report of this organisation is not in the reply: the
    /// reply is full, and no other organisation has so much in it that this one's turn was due.
    fn had_no_room(&self, filled: &Filled, organisation: &OrganisationKey) -> bool {
        let most = self.parts * (MAX_RECORD + Reply::AROUND);
        let theirs = filled.of_one.get(organisation).map_or(0, |(all, _)| *all);
        let full = filled.used + most > self.parts * Reply::ROOM;
        let fair = filled
            .of_one
            .values()
            .all(|(all, largest)| all - largest <= theirs + most);
        self.left > 0 && full && fair
    }
}

fn lies_in(report: &Report, (first, last): (u32, u32)) -> bool {
    let mut buckets = report.entries.iter().map(|e| e.bucket);
    buckets.any(|b| (first..=last).contains(&b))
}

/// A report that one source served and another, which should have it, did not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Lack {
    report: RecordId,
    about_asked: bool,
}

/// What the sources differ in: by who lacks it, and who served it.
#[derive(Debug, Default)]
pub(super) struct Differences {
    lacks: BTreeMap<(OrganisationKey, OrganisationKey), BTreeSet<Lack>>,
    asked: BTreeMap<OrganisationKey, (Source, BTreeSet<RecordId>)>,
}

impl Differences {
    /// Compares what the sources served about one handle. `about` are the reports about it.
    pub(super) fn compare(
        &mut self,
        reader: &Reader<'_>,
        bucket: &Output,
        answers: &[Answered],
        all: &Pool,
        about: &BTreeSet<RecordId>,
    ) {
        // Only what lies in the smallest of the buckets asked for was asked of all.
        let bits = answers.iter().map(|a| a.bits).max().unwrap_or(0);
        let most = reader.federation.charter().terms().bucket_bits;
        let span = Bucket::of(bucket, bits).span(most);
        let live = reader.live(all);
        let due = live.iter().filter(|(_, report)| lies_in(report, span));
        let due: Vec<RecordId> = due.map(|(id, _)| *id).collect();
        for one in answers {
            if due.iter().all(|id| one.pool.contains_key(id)) {
                continue;
            }
            let filled = one.filled(reader, Bucket::of(bucket, one.bits).span(most));
            for other in answers {
                for id in &due {
                    let Some(record) = reader.record(id) else {
                        continue;
                    };
                    if one.pool.contains_key(id)
                        || !other.pool.contains_key(id)
                        || one.had_no_room(&filled, &record.header().organisation)
                    {
                        continue;
                    }
                    let between = (one.source.organisation, other.source.organisation);
                    self.asked
                        .entry(between.0)
                        .or_insert_with(|| (one.source, BTreeSet::new()));
                    self.lacks.entry(between).or_default().insert(Lack {
                        report: *id,
                        about_asked: about.contains(id),
                    });
                }
            }
        }
    }

    /// Whom to ask for which locks, so that differences may be explained.
    ///
    /// One question a source, so that their number does not tell the home node how much is in a bucket.
    /// What of a larger number is asked about is drawn at random. What was looked for has no say in it:
    /// whoever leaves out much would else see by the choice which of it opened. Nor have the ids:
    /// whoever leaves out one could bury it under others of his own with lower ones.
    pub(super) fn questions(
        &mut self,
        reader: &Reader<'_>,
        entropy: &mut dyn Entropy,
    ) -> Vec<(Source, Vec<Lock>)> {
        let mut questions = Vec::new();
        for (organisation, (source, asked)) in &mut self.asked {
            let mine = self.lacks.iter().filter(|((o, _), _)| o == organisation);
            let lacks = mine.flat_map(|(_, lacks)| lacks);
            let reports: BTreeSet<RecordId> = lacks.map(|lack| lack.report).collect();
            let mut reports: Vec<RecordId> = reports.into_iter().collect();
            shuffle(&mut reports, entropy);
            let mut locks = BTreeSet::new();
            for report in reports {
                let lock = reader.record(&report).and_then(|r| r.body().lock());
                let Some(lock) = lock else { continue };
                if locks.len() < MAX_LOCKS || locks.contains(lock) {
                    locks.insert(*lock);
                    asked.insert(report);
                }
            }
            questions.push((*source, locks.into_iter().collect()));
        }
        questions
    }

    /// What stays unexplained, after the sources answered with `settled`.
    pub(super) fn judge(
        self,
        reader: &Reader<'_>,
        settled: &BTreeMap<OrganisationKey, Pool>,
        warnings: &mut BTreeSet<Warning>,
    ) -> Vec<Alarm> {
        let federation = reader.federation;
        let mut alarms = Vec::new();
        let nothing = Pool::new();
        for ((lacking, serving), lacks) in self.lacks {
            let answer = settled.get(&lacking).unwrap_or(&nothing);
            let asked = self.asked.get(&lacking).map(|(_, asked)| asked);
            let (mut left_out, mut taken_back, mut about) = (Vec::new(), Vec::new(), false);
            for lack in lacks {
                let id = lack.report;
                let Some(record) = reader.record(&id) else {
                    continue;
                };
                if asked.is_none_or(|asked| !asked.contains(&id)) {
                    continue;
                }
                let today = federation.today();
                let is_old = |issued: crate::time::Day| issued.plus(1) < today;
                let hiding = reader.hiding(&id, answer);
                if !hiding.is_empty() {
                    if hiding.iter().all(|t| is_old(t.issued)) {
                        taken_back.push(id);
                    }
                } else if is_old(record.header().issued) {
                    about |= lack.about_asked;
                    left_out.push(id);
                } else if !answer.contains_key(&id) {
                    warnings.insert(Warning::NotYet {
                        organisation: federation.name(&lacking),
                        served_by: federation.name(&serving),
                    });
                }
            }
            let (lacking, serving) = (federation.name(&lacking), federation.name(&serving));
            if !left_out.is_empty() {
                alarms.push(Alarm::LeftOut {
                    organisation: lacking.clone(),
                    served_by: serving.clone(),
                    reports: left_out,
                    about_asked: about,
                });
            }
            if !taken_back.is_empty() {
                alarms.push(Alarm::StillServed {
                    organisation: serving,
                    taken_back_at: lacking,
                    reports: taken_back,
                });
            }
        }
        alarms
    }
}
