//! Getting the evaluations of *t* keyholders, each checked, whatever some of them answer.

use super::ask::{Outbox, Unanswered};
use super::error::{Error, MissingKeyholder, Warning};
use super::view::Federation;
use crate::entropy::Entropy;
use crate::oprf::{Blinded, KeyName, Output, Verified, blind};
use crate::wire::client::{Evaluate, Evaluated, MAX_MESSAGE, Missing};
use crate::wire::peer::Refusal;
use crate::wire::{Again, EvaluateAsk, KeyEvaluation};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const PATH: &str = "/v1/evaluate";

/// What each key made of the inputs, in their order.
pub(super) type Outputs = BTreeMap<KeyName, Vec<Output>>;

/// One batch of inputs under some keys, until enough keyholders have evaluated it.
#[derive(Debug)]
pub(super) struct Evaluating {
    blinded: Blinded,
    epoch: u32,
    keys: BTreeSet<KeyName>,
    /// Whether seasons whose keys too few keyholders have are left out, as long as one is left.
    lenient: bool,
    threshold: usize,
    good: BTreeMap<u16, BTreeMap<KeyName, Verified>>,
    wrong: BTreeSet<u16>,
    missing: BTreeMap<u16, Missing>,
}

/// Where it stands after an answer.
pub(super) enum Step {
    /// Ask once more, without those heard already.
    Again,
    /// Enough.
    Done(Outputs),
}

impl Evaluating {
    pub(super) fn new(
        federation: &Federation,
        inputs: &[Vec<u8>],
        keys: impl IntoIterator<Item = KeyName>,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, Error> {
        let keys: BTreeSet<KeyName> = keys.into_iter().collect();
        // The keys' own, not the charter's: a version with another one may count already, and the keys
        // answer as they were made until a ceremony has moved them.
        let mut threshold = 0;
        for key in &keys {
            threshold = threshold.max(federation.key(*key)?.threshold());
        }
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let blinded = blind(&inputs, entropy).map_err(|_| Error::Count {
            what: "handles or areas",
            got: inputs.len(),
            most: crate::oprf::MAX_BATCH,
        })?;
        Ok(Self {
            blinded,
            epoch: federation.certificate().epoch(),
            keys,
            lenient: false,
            threshold: usize::from(threshold),
            good: BTreeMap::new(),
            wrong: BTreeSet::new(),
            missing: BTreeMap::new(),
        })
    }

    /// Goes on without a season whose keys too few keyholders have, and warns of it: it may have been
    /// ended too early, and that must not stop everything else. What is asked does not show in it.
    pub(super) const fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    /// How many have answered rightly under a key.
    fn count(&self, key: KeyName) -> usize {
        let all = self.good.values();
        all.filter(|answers| answers.contains_key(&key)).count()
    }

    /// The keys under which not enough have answered.
    fn lacking(&self) -> impl Iterator<Item = KeyName> {
        let keys = self.keys.iter().copied();
        keys.filter(|key| self.count(*key) < self.threshold)
    }

    /// Keyholders of which it is known whether they answer.
    fn heard(&self) -> BTreeSet<u16> {
        let heard = self.good.keys().chain(&self.wrong);
        heard.chain(self.missing.keys()).copied().collect()
    }

    /// Puts the question out.
    pub(super) fn ask<P>(&self, outbox: &mut Outbox<P>, purpose: P) {
        let question = Evaluate {
            ask: EvaluateAsk {
                epoch: self.epoch,
                keys: self.lacking().collect(),
                elements: self.blinded.elements().to_vec(),
            },
            except: self
                .good
                .keys()
                .chain(&self.wrong)
                .copied()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
        };
        outbox.ask(PATH, question.encode(), MAX_MESSAGE, purpose);
    }

    /// Takes an answer in.
    pub(super) fn answer(
        &mut self,
        federation: &Federation,
        answer: Result<Vec<u8>, Unanswered>,
        warnings: &mut BTreeSet<Warning>,
    ) -> Result<Step, Error> {
        let evaluated =
            Evaluated::decode(&answer?).map_err(|why| Error::Answer { path: PATH, why })?;
        let before = self.good.len() + self.wrong.len();
        for (index, answers) in evaluated.answers {
            if self.good.contains_key(&index) || self.wrong.contains(&index) {
                continue;
            }
            match self.verify(federation, index, &answers) {
                Some(verified) => {
                    self.good.insert(index, verified);
                }
                None => {
                    self.wrong.insert(index);
                    warnings.insert(Warning::WrongKeyholder {
                        organisation: federation.keyholder(index),
                    });
                }
            }
            if self.lacking().next().is_none() {
                return self.finish(federation).map(Step::Done);
            }
        }
        self.missing.extend(evaluated.missing);
        // Each further round must have brought something, or it would go on for ever.
        let holders = federation.certificate().holders().count();
        let left = holders.saturating_sub(self.heard().len());
        // Of a season that most have no key of, no more need be asked.
        let may_come = |key| !self.may_lack(key) || self.count(key) + left >= self.threshold;
        if self.good.len() + self.wrong.len() > before && left > 0 && self.lacking().any(may_come) {
            return Ok(Step::Again);
        }
        let answered = |key: &&KeyName| self.count(**key) >= self.threshold;
        let one = self
            .keys
            .iter()
            .filter(answered)
            .any(|key| key.season().is_some());
        if !one || !self.lacking().all(|key| self.may_lack(key)) {
            return Err(self.too_few(federation));
        }
        let seasons = self.lacking().filter_map(KeyName::season);
        warnings.extend(seasons.map(|season| Warning::Season { season }));
        self.finish(federation).map(Step::Done)
    }

    fn may_lack(&self, key: KeyName) -> bool {
        self.lenient && key.season().is_some()
    }

    /// The keyholder's answers if every proof holds: under the keys that it has of those that were
    /// asked for.
    fn verify(
        &self,
        federation: &Federation,
        index: u16,
        answers: &[KeyEvaluation],
    ) -> Option<BTreeMap<KeyName, Verified>> {
        let mut verified = BTreeMap::new();
        for answer in answers {
            let key = federation.certificate().key(answer.key)?;
            if answer.evaluation.index.get() != index || !self.keys.contains(&answer.key) {
                return None;
            }
            verified.insert(
                answer.key,
                self.blinded.verify(key, &answer.evaluation).ok()?,
            );
        }
        // Who has none of them says so.
        (!verified.is_empty()).then_some(verified)
    }

    /// What comes of the keys under which enough have answered.
    fn finish(&self, federation: &Federation) -> Result<Outputs, Error> {
        let mut all = Outputs::new();
        for name in &self.keys {
            let key = federation.key(*name)?;
            let parts = self.good.values().filter_map(|answers| answers.get(name));
            let parts: Vec<Verified> = parts.take(key.threshold().into()).cloned().collect();
            if parts.len() < usize::from(key.threshold()) {
                continue;
            }
            let outputs = self.blinded.finish(key, &parts);
            let outputs =
                outputs.map_err(|_| Error::Internal("verified evaluations did not combine"))?;
            all.insert(*name, outputs);
        }
        Ok(all)
    }

    fn too_few(&self, federation: &Federation) -> Error {
        let wrong = self.wrong.iter().map(|index| (*index, None));
        let missing = self
            .missing
            .iter()
            .filter(|(index, _)| !self.good.contains_key(index) && !self.wrong.contains(index))
            .map(|(index, why)| (*index, Some(*why)));
        // Who answered, and not under the key that is lacking.
        let needed = self.lacking().find(|key| !self.may_lack(*key));
        let needed = needed.or_else(|| self.lacking().next());
        let lacks = |answers: &BTreeMap<KeyName, Verified>| {
            needed.is_some_and(|key| !answers.contains_key(&key))
        };
        let without = self.good.iter().filter(|(_, answers)| lacks(answers));
        let without = without.map(|(index, _)| (*index, Some(Missing::Refused(Refusal::NoShare))));
        let all: BTreeMap<u16, Option<Missing>> = wrong.chain(missing).chain(without).collect();
        let missing = all
            .into_iter()
            .map(|(index, why)| MissingKeyholder {
                organisation: federation.keyholder(index),
                why,
            })
            .collect();
        let have = needed.map_or(0, |key| self.count(key));
        let need = self.threshold;
        match self.enough_again(need.saturating_sub(have)) {
            Some(again) => Error::Quota {
                have,
                need,
                missing,
                again,
            },
            None => Error::TooFewKeyholders {
                have,
                need,
                missing,
            },
        }
    }

    /// When so many of those that refused for the quota can be asked again that it is enough. None
    /// if quotas alone are not what is lacking.
    fn enough_again(&self, lacking: usize) -> Option<Again> {
        let mut again: Vec<Again> = self
            .missing
            .iter()
            .filter(|(index, _)| !self.good.contains_key(index))
            .filter_map(|(_, why)| why.again())
            .collect();
        again.sort_unstable();
        again.get(lacking.checked_sub(1)?).copied()
    }
}
