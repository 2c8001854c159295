//! The client's side: blind, verify each answer, combine, take the blinds off.

use std::fmt;
use std::sync::Arc;

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use subtle::ConstantTimeEq;
use voprf::{EvaluationElement, OprfClient, Ristretto255, VoprfClient};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::combine::{Interpolation, weighted_sum};
use super::keyholder::check_size;
use super::{
    BatchError, Element, EncodingError, Evaluation, KeyName, PublicShare, ShareIndex, ThresholdKey,
};
use crate::entropy::{AsRng, Entropy};

/// The 64 bytes that a key makes of an input. Everything that opens a report derives from it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Output([u8; 64]);

impl Output {
    /// Length in bytes.
    pub const LEN: usize = 64;

    /// An output that was kept: whoever looks the same name up again need not ask again.
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes, to derive keys from.
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

/// In constant time.
impl PartialEq for Output {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Output {}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Output(…)")
    }
}

/// Why inputs were not blinded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlindError {
    /// There are too many or none.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// An input cannot be hashed. It is named by its place alone: inputs are secret.
    #[error("input {position} of the batch (from 0) is empty or longer than 65535 bytes")]
    Input {
        /// Its place, from 0.
        position: usize,
    },
}

/// Why a keyholder's answer is worth nothing. Each names the keyholder; ask another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// The certificate names no such share.
    #[error("keyholder {index} holds no share of key {key} that the certificate names")]
    UnknownIndex {
        /// Who answered.
        index: ShareIndex,
        /// The key asked for.
        key: KeyName,
    },
    /// The answer has another length than the question.
    #[error("keyholder {index} gave {got} evaluations under key {key} where {expected} were asked")]
    Count {
        /// Who answered.
        index: ShareIndex,
        /// The key asked for.
        key: KeyName,
        /// How many elements were sent.
        expected: usize,
        /// How many came back.
        got: usize,
    },
    /// The proof fails: another share, another epoch, or other elements.
    #[error(
        "keyholder {index}'s proof does not fit its certified share of key {key}: it lies, holds a \
         share of another epoch, or answered another question"
    )]
    Proof {
        /// Who answered.
        index: ShareIndex,
        /// The key asked for.
        key: KeyName,
    },
}

impl EvaluationError {
    /// A stable word for it, which `spec/validation.md` explains.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownIndex { .. } => "index",
            Self::Count { .. } => "count",
            Self::Proof { .. } => "proof",
        }
    }
}

/// Why verified answers were not combined. Nothing here is a keyholder's fault: each answer was
/// verified before, so the caller mixed them up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FinishError {
    /// Not exactly as many as the threshold.
    #[error(
        "an output under key {key} takes the answers of exactly {needed} keyholders, not {got}"
    )]
    Count {
        /// The key.
        key: KeyName,
        /// Its threshold.
        needed: u16,
        /// How many were given.
        got: usize,
    },
    /// One keyholder's answer was given twice.
    #[error("keyholder {index}'s answer is there twice")]
    Duplicate {
        /// The keyholder.
        index: ShareIndex,
    },
    /// The answer was verified against another key, or another epoch of this one.
    #[error("keyholder {index}'s answer was verified against another key or epoch than {key}'s")]
    OtherKey {
        /// The keyholder.
        index: ShareIndex,
        /// The key asked for.
        key: KeyName,
    },
    /// The answer was verified for another batch.
    #[error("keyholder {index}'s answer belongs to another batch")]
    OtherBatch {
        /// The keyholder.
        index: ShareIndex,
    },
    /// The answers add up to no element, which verified answers under a real key never do.
    #[error("the answers under key {key} do not add up to an element: {source}")]
    Degenerate {
        /// The key.
        key: KeyName,
        /// What is wrong with the sum.
        source: EncodingError,
    },
}

/// One keyholder's answer after its proof was checked, for one batch and one share of one key.
///
/// Only [`Blinded::verify`] makes it.
#[derive(Clone, Debug)]
pub struct Verified {
    index: ShareIndex,
    key: KeyName,
    /// The share it was verified against, and the elements it was verified for.
    share: PublicShare,
    batch: Arc<[Element]>,
    points: Vec<RistrettoPoint>,
}

impl Verified {
    /// Whose answer it is.
    pub fn index(&self) -> ShareIndex {
        self.index
    }

    /// The key it was evaluated under.
    pub fn key(&self) -> KeyName {
        self.key
    }
}

/// A blinded batch of inputs: what goes out, and the secrets that undo it.
///
/// The same elements may be sent for several keys. The inputs and blinds zeroize when dropped.
pub struct Blinded {
    inputs: Vec<Zeroizing<Vec<u8>>>,
    verifiers: Vec<VoprfClient<Ristretto255>>,
    finishers: Vec<OprfClient<Ristretto255>>,
    elements: Arc<[Element]>,
}

impl fmt::Debug for Blinded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blinded({} inputs, …)", self.elements.len())
    }
}

/// Blinds a batch, each input with a blind of its own.
///
/// # Errors
/// If there are no inputs or more than [`MAX_BATCH`](super::MAX_BATCH), or one is empty or longer than
/// 65535 bytes.
pub fn blind(inputs: &[&[u8]], entropy: &mut dyn Entropy) -> Result<Blinded, BlindError> {
    check_size(inputs.len())?;
    let mut rng = AsRng(entropy);
    let mut verifiers = Vec::with_capacity(inputs.len());
    let mut finishers = Vec::with_capacity(inputs.len());
    let mut elements = Vec::with_capacity(inputs.len());
    for (position, input) in inputs.iter().enumerate() {
        let refused = BlindError::Input { position };
        // RFC 9497 allows an empty input; here one can only be a mistake.
        if input.is_empty() || input.len() > usize::from(u16::MAX) {
            return Err(refused);
        }
        let blinded = VoprfClient::blind(input, &mut rng).map_err(|_| refused)?;
        finishers.push(finisher(&blinded.state).map_err(|_| refused)?);
        elements.push(Element::from_bytes(&blinded.message.serialize()).map_err(|_| refused)?);
        verifiers.push(blinded.state);
    }
    Ok(Blinded {
        inputs: inputs
            .iter()
            .map(|input| Zeroizing::new(input.to_vec()))
            .collect(),
        verifiers,
        finishers,
        elements: elements.into(),
    })
}

/// The same blind, as a client that finishes without asking for a proof.
///
/// A mode 1 client only finishes together with one proof under one key, and here the proofs, one a
/// share, were checked before the answers were added up. Modes 0 and 1 blind to different points but
/// finish alike: both multiply with the inverse of the blind and hash
/// `len(input) ‖ input ‖ len(element) ‖ element ‖ "Finalize"`, with no mode in it (RFC 9497, sections
/// 3.3.1 and 3.3.2). So what mode 1 blinded, mode 0's last step turns into mode 1's output.
fn finisher(client: &VoprfClient<Ristretto255>) -> Result<OprfClient<Ristretto255>, voprf::Error> {
    // The blind comes first in the serialization, and the crate reads as much as it needs.
    let mut state = client.serialize();
    let finisher = OprfClient::deserialize(&state);
    state.zeroize();
    finisher
}

impl Blinded {
    /// What to send, in the order of the inputs.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// Checks one keyholder's answer against the share that the key's certificate gives it.
    ///
    /// # Errors
    /// If the key has no such share, the number of elements is wrong or the proof does not hold. The
    /// error names the keyholder, who answered wrongly.
    pub fn verify(
        &self,
        key: &ThresholdKey,
        evaluation: &Evaluation,
    ) -> Result<Verified, EvaluationError> {
        let (index, name) = (evaluation.index, key.name());
        let unknown = EvaluationError::UnknownIndex { index, key: name };
        let share = *key.shares().get(&index).ok_or(unknown)?;
        if evaluation.elements.len() != self.elements.len() {
            return Err(EvaluationError::Count {
                index,
                key: name,
                expected: self.elements.len(),
                got: evaluation.elements.len(),
            });
        }
        let points = self
            .check_proof(share, evaluation)
            .map_err(|_| EvaluationError::Proof { index, key: name })?;
        Ok(Verified {
            index,
            key: name,
            share,
            batch: Arc::clone(&self.elements),
            points,
        })
    }

    /// The evaluated points, if the proof holds.
    fn check_proof(
        &self,
        share: PublicShare,
        evaluation: &Evaluation,
    ) -> Result<Vec<RistrettoPoint>, voprf::Error> {
        let undecodable = |_| voprf::Error::Deserialization;
        let messages = evaluation
            .elements
            .iter()
            .map(|element| EvaluationElement::deserialize(element.as_bytes()))
            .collect::<Result<Vec<_>, _>>()?;
        let proof = evaluation.proof.decode().map_err(undecodable)?;
        let public = share.point().map_err(undecodable)?;
        // The crate has no call that only verifies, but this one verifies at once and leaves unblinding
        // and hashing to whoever reads the outputs: without inputs there are none.
        let no_inputs: [&[u8]; 0] = [];
        drop(VoprfClient::batch_finalize(
            &no_inputs,
            &self.verifiers,
            &messages,
            &proof,
            public,
        )?);
        let points = evaluation.elements.iter().map(Element::point);
        points.collect::<Result<_, _>>().map_err(undecodable)
    }

    /// Adds the answers of exactly *t* keyholders up, takes the blinds off and hashes: one output an
    /// input, in order, the same whichever *t* keyholders answered.
    ///
    /// # Errors
    /// If there are not exactly as many answers as the key's threshold, one is there twice, or one was
    /// verified for another batch, key or epoch.
    pub fn finish(
        &self,
        key: &ThresholdKey,
        verified: &[Verified],
    ) -> Result<Vec<Output>, FinishError> {
        self.check_set(key, verified)?;
        let indices = verified
            .iter()
            .map(|answer| answer.index.scalar())
            .collect();
        let coefficients = Interpolation::through(indices).at(Scalar::ZERO);
        let mut columns: Vec<_> = verified.iter().map(|answer| answer.points.iter()).collect();
        let mut outputs = Vec::with_capacity(self.inputs.len());
        for (input, finisher) in self.inputs.iter().zip(&self.finishers) {
            let row = columns.iter_mut().filter_map(Iterator::next);
            let row: Vec<&RistrettoPoint> = row.collect();
            let sum = weighted_sum(&coefficients, row);
            let output = finish_one(finisher, input, &sum);
            outputs.push(output.map_err(|source| FinishError::Degenerate {
                key: key.name(),
                source,
            })?);
        }
        Ok(outputs)
    }

    fn check_set(&self, key: &ThresholdKey, verified: &[Verified]) -> Result<(), FinishError> {
        if verified.len() != usize::from(key.threshold()) {
            return Err(FinishError::Count {
                key: key.name(),
                needed: key.threshold(),
                got: verified.len(),
            });
        }
        let mut before = std::collections::BTreeSet::new();
        for answer in verified {
            let index = answer.index;
            if !before.insert(index) {
                return Err(FinishError::Duplicate { index });
            }
            if answer.key != key.name() || key.shares().get(&index) != Some(&answer.share) {
                let key = key.name();
                return Err(FinishError::OtherKey { index, key });
            }
            if answer.batch != self.elements {
                return Err(FinishError::OtherBatch { index });
            }
        }
        Ok(())
    }
}

fn finish_one(
    finisher: &OprfClient<Ristretto255>,
    input: &[u8],
    sum: &RistrettoPoint,
) -> Result<Output, EncodingError> {
    let combined = Element::from_point(sum)?;
    let evaluated = EvaluationElement::deserialize(combined.as_bytes());
    let evaluated = evaluated.map_err(|_| EncodingError::NotAnElement)?;
    let hash = finisher.finalize(input, &evaluated);
    let mut hash = hash.map_err(|_| EncodingError::NotAnElement)?;
    let mut output = Output([0; 64]);
    output.0.copy_from_slice(&hash);
    hash.zeroize();
    Ok(output)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
