//! Getting the evaluations of *t* keyholders, each checked, whatever some of them answer.

use super::ask::{Outbox, Unanswered};
use super::error::{Error, MissingKeyholder, Warning};
use super::view::Federation;
use crate::entropy::Entropy;
use crate::oprf::{Blinded, KeyName, Output, Verified, blind};
use crate::wire::client::{Evaluate, Evaluated, MAX_MESSAGE, Missing};
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
    keys: Vec<KeyName>,
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
            keys: keys.into_iter().collect(),
            threshold: usize::from(threshold),
            good: BTreeMap::new(),
            wrong: BTreeSet::new(),
            missing: BTreeMap::new(),
        })
    }

    /// Puts the question out.
    pub(super) fn ask<P>(&self, outbox: &mut Outbox<P>, purpose: P) {
        let question = Evaluate {
            ask: EvaluateAsk {
                epoch: self.epoch,
                keys: self.keys.clone(),
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
            if self.good.len() == self.threshold {
                return self.finish(federation).map(Step::Done);
            }
        }
        self.missing.extend(evaluated.missing);
        // Each further round must have brought something, or it would go on for ever.
        let heard: BTreeSet<u16> = self
            .good
            .keys()
            .chain(&self.wrong)
            .chain(self.missing.keys())
            .copied()
            .collect();
        if self.good.len() + self.wrong.len() > before
            && heard.len() < federation.certificate().holders().count()
        {
            return Ok(Step::Again);
        }
        Err(self.too_few(federation))
    }

    /// The keyholder's answers if it gave one to each key and every proof holds.
    fn verify(
        &self,
        federation: &Federation,
        index: u16,
        answers: &[KeyEvaluation],
    ) -> Option<BTreeMap<KeyName, Verified>> {
        let mut verified = BTreeMap::new();
        for answer in answers {
            let key = federation.certificate().key(answer.key)?;
            if answer.evaluation.index.get() != index {
                return None;
            }
            verified.insert(
                answer.key,
                self.blinded.verify(key, &answer.evaluation).ok()?,
            );
        }
        verified.keys().eq(&self.keys).then_some(verified)
    }

    fn finish(&self, federation: &Federation) -> Result<Outputs, Error> {
        self.keys
            .iter()
            .map(|name| {
                let parts: Vec<Verified> = self
                    .good
                    .values()
                    .filter_map(|answers| answers.get(name).cloned())
                    .collect();
                let outputs = self
                    .blinded
                    .finish(federation.key(*name)?, &parts)
                    .map_err(|_| Error::Internal("verified evaluations did not combine"))?;
                Ok((*name, outputs))
            })
            .collect()
    }

    fn too_few(&self, federation: &Federation) -> Error {
        let wrong = self.wrong.iter().map(|index| (*index, None));
        let missing = self
            .missing
            .iter()
            .filter(|(index, _)| !self.good.contains_key(index) && !self.wrong.contains(index))
            .map(|(index, why)| (*index, Some(*why)));
        let all: BTreeMap<u16, Option<Missing>> = wrong.chain(missing).collect();
        let missing = all
            .into_iter()
            .map(|(index, why)| MissingKeyholder {
                organisation: federation.keyholder(index),
                why,
            })
            .collect();
        let (have, need) = (self.good.len(), self.threshold);
        match self.enough_again() {
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
    fn enough_again(&self) -> Option<Again> {
        let mut again: Vec<Again> = self
            .missing
            .iter()
            .filter(|(index, _)| !self.good.contains_key(index))
            .filter_map(|(_, why)| why.again())
            .collect();
        again.sort_unstable();
        let lacking = self.threshold.checked_sub(self.good.len())?;
        again.get(lacking.checked_sub(1)?).copied()
    }
}
