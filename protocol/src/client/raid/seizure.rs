//! What is carried out of the building.

use crate::charter::Charter;
use crate::ids::RecordId;
use crate::oprf::{Element, KeyName, ThresholdKey};
use crate::record::report::Report;
use crate::record::{Body, Verified};
use crate::time::Day;
use crate::wire::KeyEvaluation;
use crate::wire::sealed::SealSecret;
use curve25519_dalek::scalar::Scalar;
use std::collections::{BTreeMap, BTreeSet};

/// The secrets of one node. Its roots' keys are offline and not among them.
#[derive(Clone)]
pub(super) struct Seized {
    pub(super) place: usize,
    pub(super) record_key: [u8; 32],
    pub(super) transport_key: [u8; 32],
    pub(super) seal: SealSecret,
}

/// One look-up, or one batch of reports that were sealed, as far as the seized nodes saw it.
#[derive(Clone, Default)]
pub(super) struct Round {
    /// What a seized home node passed on, or a seized keyholder was given.
    pub(super) elements: Vec<Element>,
    /// A seized keyholder's answers; all of them where the home node was seized. By place.
    pub(super) answers: Vec<(usize, Vec<KeyEvaluation>)>,
    /// Sealed questions, by the place of the node they were for: somebody recorded the line.
    pub(super) questions: Vec<(usize, Vec<u8>)>,
}

/// A key as a certificate of one epoch tells it.
#[derive(Clone)]
pub(super) struct Epoch {
    pub(super) number: u32,
    pub(super) bytes: Vec<u8>,
    pub(super) keys: BTreeMap<KeyName, ThresholdKey>,
}

/// All that some nodes hold.
#[derive(Clone)]
pub struct Seizure {
    pub(super) today: Day,
    pub(super) charter: Charter,
    /// Charter and what root keys signed, as bytes.
    pub(super) papers: Vec<Vec<u8>>,
    pub(super) epochs: Vec<Epoch>,
    pub(super) nodes: Vec<Seized>,
    /// By epoch and key.
    pub(super) shares: BTreeMap<(u32, KeyName), BTreeMap<u16, Scalar>>,
    pub(super) records: BTreeMap<RecordId, Verified>,
    pub(super) rounds: Vec<Round>,
}

impl Seizure {
    /// This and another raid's, after a refresh of the shares perhaps.
    #[must_use]
    pub fn and(mut self, later: Seizure) -> Self {
        for epoch in later.epochs {
            if self.epochs.iter().all(|e| e.number != epoch.number) {
                self.epochs.push(epoch);
            }
        }
        for (key, shares) in later.shares {
            self.shares.entry(key).or_default().extend(shares);
        }
        self.nodes.extend(later.nodes);
        self.records.extend(later.records);
        for (mine, theirs) in self.rounds.iter_mut().zip(&later.rounds) {
            if mine.elements.is_empty() {
                mine.elements.clone_from(&theirs.elements);
            }
            let known: BTreeSet<usize> = mine.answers.iter().map(|(place, _)| *place).collect();
            let new = theirs.answers.iter().filter(|(p, _)| !known.contains(p));
            mine.answers.extend(new.cloned());
        }
        let seen = self.rounds.len();
        self.rounds.extend(later.rounds.into_iter().skip(seen));
        self
    }

    /// How many keyholders' states these are.
    pub fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// Whether the shares of one epoch are as many as the threshold: then the spec promises nothing.
    pub fn enough(&self) -> bool {
        let needed = usize::from(self.charter.terms().threshold);
        self.shares.values().any(|held| held.len() >= needed)
    }

    pub(super) fn reports(&self) -> impl Iterator<Item = (&Verified, &Report)> {
        self.records.values().filter_map(|r| match r.body() {
            Body::Report(report) => Some((r, report)),
            _ => None,
        })
    }

    pub(super) fn seized(&self, place: usize) -> Option<&Seized> {
        self.nodes.iter().find(|n| n.place == place)
    }

    /// Everything that is 32 bytes long and secret.
    pub(super) fn secrets(&self) -> Vec<[u8; 32]> {
        let keys = self
            .nodes
            .iter()
            .flat_map(|n| [n.record_key, n.transport_key, *n.seal.seed()]);
        let shares = self.shares.values().flat_map(BTreeMap::values);
        keys.chain(shares.map(Scalar::to_bytes)).collect()
    }

    /// All bytes, secret or not, piece by piece.
    pub(super) fn bytes(&self) -> Vec<Vec<u8>> {
        let mut all: Vec<Vec<u8>> = self.secrets().iter().map(|s| s.to_vec()).collect();
        all.extend(self.papers.iter().cloned());
        all.extend(self.epochs.iter().map(|e| e.bytes.clone()));
        all.extend(self.records.values().map(|r| r.bytes().to_vec()));
        for round in &self.rounds {
            all.extend(round.elements.iter().map(|e| e.as_bytes().to_vec()));
            for answer in round.answers.iter().flat_map(|(_, answers)| answers) {
                let elements = answer.evaluation.elements.iter();
                all.extend(elements.map(|e| e.as_bytes().to_vec()));
                all.push(answer.evaluation.proof.as_bytes().to_vec());
            }
            all.extend(round.questions.iter().map(|(_, bytes)| bytes.clone()));
        }
        all
    }
}
