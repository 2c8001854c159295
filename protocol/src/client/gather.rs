//! From served bytes to what is shown: each record verified, opened, and put to its report.

use super::found::{Found, RefusedRecord, Remark, Translated, WhyRefused};
use super::grip::Grip;
use super::view::Federation;
use crate::admit::{self, Tombstone};
use crate::ids::{Lock, OrganisationKey, RecordId};
use crate::record::attachment::Target;
use crate::record::report::{Audience, Report};
use crate::record::vouch::Topic;
use crate::record::{Body, Kind, Verified};
use crate::seal::{Opened, Refused, TextKey, open_words};
use crate::trust::{Counting, Local, Vouching};
use std::collections::{BTreeMap, BTreeSet};

/// Reads records, each once however often it is served.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) federation: &'a Federation,
    counting: Counting<'a>,
    records: BTreeMap<RecordId, Verified>,
    bad: BTreeSet<RecordId>,
    refused: Vec<RefusedRecord>,
    uncounted: BTreeSet<RecordId>,
}

/// The records of one answer or several, with who served each.
pub(super) type Pool = BTreeMap<RecordId, BTreeSet<String>>;

impl<'a> Reader<'a> {
    /// A reader for somebody who trusts so.
    pub(super) fn new(federation: &'a Federation, local: Local) -> Self {
        let local = local.of(*federation.organisation());
        Self {
            federation,
            counting: Counting::new(federation.directory(), local, federation.today()),
            records: BTreeMap::new(),
            bad: BTreeSet::new(),
            refused: Vec::new(),
            uncounted: BTreeSet::new(),
        }
    }

    /// Verifies what was served and adds what holds to the pool.
    pub(super) fn take(&mut self, served: &[Vec<u8>], by: &str, pool: &mut Pool) {
        for bytes in served {
            let id = RecordId::of(bytes);
            if self.bad.contains(&id) {
                continue;
            }
            if !self.records.contains_key(&id) {
                match self.verify(bytes) {
                    Ok(record) => {
                        self.records.insert(id, record);
                    }
                    Err(why) => {
                        self.bad.insert(id);
                        self.refuse(id, by, WhyRefused::Record(why));
                        continue;
                    }
                }
            }
            pool.entry(id).or_default().insert(by.to_owned());
        }
    }

    fn verify(&self, bytes: &[u8]) -> Result<Verified, crate::record::Refusal> {
        let federation = self.federation;
        let record = Verified::from_bytes(bytes, federation.id())?;
        admit::check(
            &record,
            federation.directory(),
            federation.organisation(),
            federation.today(),
        )?;
        Ok(record)
    }

    fn refuse(&mut self, id: RecordId, by: &str, why: WhyRefused) {
        let refused = RefusedRecord {
            served_by: by.to_owned(),
            id,
            why,
        };
        if !self.refused.contains(&refused) {
            self.refused.push(refused);
        }
    }

    pub(super) fn finish(self) -> (Vec<RefusedRecord>, usize) {
        (self.refused, self.uncounted.len())
    }

    /// The locks of this pool that a retraction in it takes back, and from whom.
    fn tombstones(&self, pool: &Pool) -> BTreeMap<Lock, Vec<Tombstone>> {
        let mut out: BTreeMap<Lock, Vec<Tombstone>> = BTreeMap::new();
        for record in pool.keys().filter_map(|id| self.records.get(id)) {
            if let Body::Retraction(r) = record.body() {
                out.entry(r.lock).or_default().push(Tombstone {
                    organisation: record.header().organisation,
                    proven: r.proof.is_some(),
                    issued: record.header().issued,
                });
            }
        }
        out
    }

    /// The reports of a pool that nobody has taken back.
    pub(super) fn live(&self, pool: &Pool) -> Vec<(RecordId, &Report)> {
        let dead = self.tombstones(pool);
        let records = pool.keys().filter_map(|id| self.records.get(id));
        records
            .filter_map(|record| match record.body() {
                Body::Report(report) => Some((record, report)),
                _ => None,
            })
            .filter(|(record, report)| {
                let hidden = dead
                    .get(&report.lock)
                    .is_some_and(|all| all.iter().any(|t| t.hides(&record.header().organisation)));
                !hidden
            })
            .map(|(record, report)| (record.id(), report))
            .collect()
    }

    /// A record that was read.
    pub(super) fn record(&self, id: &RecordId) -> Option<&Verified> {
        self.records.get(id)
    }

    /// The retractions in this pool that hide a report.
    pub(super) fn hiding(&self, report: &RecordId, pool: &Pool) -> Vec<Tombstone> {
        let Some(record) = self.records.get(report) else {
            return Vec::new();
        };
        let lock = record.body().lock();
        let mut hiding = lock
            .and_then(|lock| self.tombstones(pool).remove(lock))
            .unwrap_or_default();
        let by = record.header().organisation;
        hiding.retain(|t| t.hides(&by));
        hiding
    }

    /// What hangs on each report of a pool.
    fn hanging(&self, pool: &Pool) -> BTreeMap<RecordId, Vec<RecordId>> {
        let mut out: BTreeMap<RecordId, Vec<RecordId>> = BTreeMap::new();
        for record in pool.keys().filter_map(|id| self.records.get(id)) {
            let target = match record.body() {
                Body::Translation(t) => t.target,
                Body::Second(s) => s.target,
                Body::Dispute(d) => d.target,
                _ => continue,
            };
            out.entry(target.report).or_default().push(record.id());
        }
        out
    }

    /// Opens what `open` can open of the pool, and shows it with what hangs on it.
    pub(super) fn show(
        &mut self,
        pool: &Pool,
        open: impl Fn(&Verified, &Report) -> Option<Result<Opened, Refused>>,
    ) -> Vec<Found> {
        let mut best: BTreeMap<(OrganisationKey, Lock), (u32, Found)> = BTreeMap::new();
        let hanging = self.hanging(pool);
        let live: Vec<RecordId> = self.live(pool).into_iter().map(|(id, _)| id).collect();
        for id in live {
            let Some(record) = self.records.get(&id).cloned() else {
                continue;
            };
            let Body::Report(report) = record.body() else {
                continue;
            };
            let Some(opened) = open(&record, report) else {
                continue;
            };
            let organisation = record.header().organisation;
            let served_by = pool.get(&id).cloned().unwrap_or_default();
            let opened = match opened {
                Ok(opened) => opened,
                Err(why) => {
                    for by in &served_by {
                        self.refuse(id, by, WhyRefused::Report(why));
                    }
                    continue;
                }
            };
            let area = opened.summary.area.as_ref();
            let Some(vouching) = self.counting.of(&organisation, Topic::Report, area) else {
                self.uncounted.insert(id);
                continue;
            };
            let (mut found, key) = self.found(&record, report, opened, vouching, served_by);
            if let (Some(attached), Some(key)) = (hanging.get(&id), key) {
                let target = Target {
                    lock: report.lock,
                    report: id,
                };
                self.attach(&mut found, &target, &key, attached, pool);
            }
            // Of the editions of one report the last counts. An organisation cannot put its own in
            // the place of another's, though the lock stands there for all to copy.
            let place = (organisation, report.lock);
            let later = best
                .get(&place)
                .is_none_or(|(edition, _)| report.edition > *edition);
            if later {
                best.insert(place, (report.edition, found));
            }
        }
        let mut all: Vec<Found> = best.into_values().map(|(_, found)| found).collect();
        all.sort_by(|a, b| {
            let rank = |f: &Found| (f.summary.level, f.summary.month);
            rank(b).cmp(&rank(a)).then(a.id.cmp(&b.id))
        });
        all
    }

    fn found(
        &self,
        record: &Verified,
        report: &Report,
        opened: Opened,
        vouching: Vouching,
        served_by: BTreeSet<String>,
    ) -> (Found, Option<TextKey>) {
        let header = record.header();
        let grip = opened.full_key.map(|full_key| Grip {
            id: record.id(),
            lock: report.lock,
            organisation: header.organisation,
            expires: header.expires,
            salt: report.salt,
            full_key,
        });
        let found = Found {
            id: record.id(),
            publisher: header.organisation,
            organisation: self.federation.name(&header.organisation),
            vouching,
            expires: header.expires,
            own: report.audience == Audience::Own,
            summary: opened.summary,
            words: opened.words,
            handles: opened.handles.unwrap_or_default(),
            translations: Vec::new(),
            seconds: BTreeMap::new(),
            disputes: Vec::new(),
            served_by,
            grip,
            bytes: record.bytes().to_vec(),
        };
        (found, opened.text_key)
    }

    /// Who answers for an organisation's key now.
    fn heir(&self, key: &OrganisationKey) -> OrganisationKey {
        let charter = self.federation.charter();
        charter.answers_for(key).map_or(*key, |o| o.root)
    }

    /// Puts what hangs on a report to it.
    fn attach(
        &mut self,
        found: &mut Found,
        target: &Target,
        key: &TextKey,
        attached: &[RecordId],
        pool: &Pool,
    ) {
        for id in attached {
            let (Some(record), Some(served_by)) = (self.records.get(id), pool.get(id)) else {
                continue;
            };
            let (on, salt, sealed) = match record.body() {
                Body::Translation(t) => (t.target, t.salt, &t.sealed),
                Body::Second(s) => (s.target, s.salt, &s.sealed),
                Body::Dispute(d) => (d.target, d.salt, &d.sealed),
                _ => continue,
            };
            let header = *record.header();
            let kind = record.kind();
            let area = found.summary.area.as_ref();
            let counts = Topic::of(kind)
                .is_some_and(|t| self.counting.of(&header.organisation, t, area).is_some());
            if on != *target || header.expires > found.expires || !counts {
                continue;
            }
            let words = open_words(
                key,
                sealed,
                self.federation.id(),
                &header.organisation,
                header.expires,
                kind,
                target,
                &salt,
            );
            let organisation = self.federation.name(&header.organisation);
            match (words, kind) {
                (Err(why), _) => {
                    for by in served_by {
                        self.refuse(*id, by, WhyRefused::Attachment(why));
                    }
                }
                (Ok(Some(words)), Kind::Translation) => {
                    let said = |t: &Translated| {
                        t.organisation == organisation && t.words.lang == words.lang
                    };
                    if !found.translations.iter().any(said) {
                        found.translations.push(Translated {
                            organisation,
                            words,
                        });
                    }
                }
                (Ok(words), Kind::Second)
                    if self.heir(&header.organisation) != self.heir(&found.publisher) =>
                {
                    found.seconds.insert(organisation, words);
                }
                (Ok(words), Kind::Dispute)
                    if !found
                        .disputes
                        .iter()
                        .any(|d| d.organisation == organisation) =>
                {
                    found.disputes.push(Remark {
                        organisation,
                        words,
                    });
                }
                // A translation without words, or an organisation that confirms itself.
                _ => {}
            }
        }
    }
}
