//! The examiner: what it holds, what it does in which order, and what it writes down.

use super::curve::{finalize, hash_to_group};
use super::seizure::Seizure;
use super::{keys, questions, records};
use crate::handle::Handle;
use crate::ids::RecordId;
use crate::oprf::{KeyName, Output};
use crate::record::report::Label;
use crate::seal::{Bucket, HandleName, open_by_handle};
use crate::time::Season;
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use std::collections::{BTreeMap, BTreeSet};

/// What one way of trying gave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// A short name that stays.
    pub name: &'static str,
    /// What was tried.
    pub tried: &'static str,
    /// How often.
    pub times: u64,
    /// How often it gave something.
    pub got: u64,
    /// How often the spec lets it give something, with fewer than *t* nodes.
    pub allowed: u64,
}

/// All that an examiner found out, right or wrong.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// One line a way of trying.
    pub lines: Vec<Finding>,
    /// Reports that it reads, with the suspects whose handle opened them.
    pub opened: BTreeMap<RecordId, BTreeSet<Handle>>,
    /// Suspects of whom it believes, without having opened anything, that they are on the list.
    pub guessed: BTreeSet<Handle>,
    /// For each round the suspects one of whom it believes to have been asked about; the first is
    /// the one it names.
    pub named: BTreeMap<usize, Vec<Handle>>,
    /// Pairs of rounds that it believes to have been about one handle.
    pub linked: BTreeSet<(usize, usize)>,
    /// Pairs of reports that it believes to name one handle, with why.
    pub pairs: BTreeMap<(RecordId, RecordId), Why>,
}

/// By what two reports were linked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Why {
    /// They have a label in common, in one season: the spec says so (08, section 1).
    Label,
    /// Something else that both of them hold.
    Other,
}

/// A suspect, and where its input lies on the curve.
pub(super) struct Suspect {
    pub(super) handle: Handle,
    pub(super) input: Vec<u8>,
    pub(super) point: RistrettoPoint,
}

/// At work.
pub(super) struct Examiner<'a> {
    pub(super) seized: &'a Seizure,
    pub(super) suspects: Vec<Suspect>,
    /// Which reports carry a label, and which entry it is.
    pub(super) labels: BTreeMap<Label, Vec<RecordId>>,
    /// Shares, those found out among them, by epoch and key.
    pub(super) shares: BTreeMap<(u32, KeyName), BTreeMap<u16, Scalar>>,
    /// Whole keys that fit a certificate.
    pub(super) keys: BTreeMap<KeyName, Scalar>,
    /// What was asked for in a round, where a question opened.
    pub(super) buckets: BTreeMap<usize, Bucket>,
    pub(super) found: Findings,
}

/// Tries everything.
pub fn examine(seized: &Seizure, suspects: &[Handle]) -> Findings {
    let suspects = suspects.iter().map(|handle| {
        let input = handle.oprf_input();
        Suspect {
            handle: handle.clone(),
            point: hash_to_group(&input),
            input,
        }
    });
    let mut labels: BTreeMap<Label, Vec<RecordId>> = BTreeMap::new();
    for (record, report) in seized.reports() {
        for entry in &report.entries {
            labels.entry(entry.label).or_default().push(record.id());
        }
    }
    let mut examiner = Examiner {
        seized,
        suspects: suspects.collect(),
        labels,
        shares: seized.shares.clone(),
        keys: BTreeMap::new(),
        buckets: BTreeMap::new(),
        found: Findings::default(),
    };
    keys::nonces(&mut examiner);
    keys::bytes_as_keys(&mut examiner);
    keys::interpolate(&mut examiner);
    keys::single_shares(&mut examiner);
    keys::too_few_shares(&mut examiner);
    keys::mixed_epochs(&mut examiner);
    keys::lower_threshold(&mut examiner);
    keys::whole_keys(&mut examiner);
    records::plaintext(&mut examiner);
    records::labels_without_key(&mut examiner);
    records::boxes(&mut examiner);
    records::weak_generators(&mut examiner);
    records::areas(&mut examiner);
    records::links(&mut examiner);
    records::sizes(&mut examiner);
    questions::sealed(&mut examiner);
    questions::elements(&mut examiner);
    questions::name_who_was_asked(&mut examiner);
    examiner.found
}

impl Examiner<'_> {
    pub(super) fn note(
        &mut self,
        name: &'static str,
        tried: &'static str,
        times: u64,
        got: u64,
        allowed: u64,
    ) {
        self.found.lines.push(Finding {
            name,
            tried,
            times,
            got,
            allowed,
        });
    }

    pub(super) fn threshold(&self) -> usize {
        usize::from(self.seized.charter.terms().threshold)
    }

    pub(super) fn seasons(&self) -> Vec<Season> {
        Season::live(self.seized.today).collect()
    }

    /// What a key, right or wrong, makes of all suspects.
    pub(super) fn outputs(&self, key: &Scalar) -> Vec<Output> {
        let all = self.suspects.iter();
        all.map(|s| finalize(&s.input, &(key * s.point))).collect()
    }

    /// Opens what these outputs of a season's key open. Gives how many reports did.
    pub(super) fn open(&mut self, season: Season, outputs: &[Output]) -> u64 {
        let mut opened = 0;
        for (suspect, output) in self.suspects.iter().zip(outputs) {
            let name = HandleName::new(season, output.clone());
            for id in self.labels.get(&name.label()).into_iter().flatten() {
                let record = &self.seized.records[id];
                let header = record.header();
                let crate::record::Body::Report(report) = record.body() else {
                    continue;
                };
                let read = open_by_handle(
                    self.seized.charter.federation(),
                    &header.organisation,
                    header.expires,
                    report,
                    &suspect.handle,
                    &name,
                );
                if matches!(read, Some(Ok(_))) {
                    opened += 1;
                    let by = self.found.opened.entry(*id).or_default();
                    by.insert(suspect.handle.clone());
                }
            }
        }
        opened
    }

    /// Tries keys, right or wrong, against every season: opens what opens, and takes a suspect whose
    /// bucket stands in a report for one who is on the list.
    pub(super) fn try_keys(&mut self, keys: &BTreeMap<KeyName, Scalar>) -> (u64, u64) {
        let (mut tried, mut opened) = (0, 0);
        for (name, key) in keys {
            match name {
                KeyName::Handle(season) => {
                    let outputs = self.outputs(key);
                    tried += outputs.len() as u64;
                    opened += self.open(*season, &outputs);
                }
                KeyName::Bucket => self.guess(&self.outputs(key)),
                KeyName::Area(_) => {}
            }
        }
        (tried, opened)
    }

    fn guess(&mut self, outputs: &[Output]) {
        let bits = self.seized.charter.terms().bucket_bits;
        let entries = self.seized.reports().flat_map(|(_, r)| &r.entries);
        let buckets: BTreeSet<u32> = entries.map(|e| e.bucket).collect();
        for (suspect, output) in self.suspects.iter().zip(outputs) {
            if buckets.contains(&Bucket::of(output, bits).value) {
                self.found.guessed.insert(suspect.handle.clone());
            }
        }
    }
}
