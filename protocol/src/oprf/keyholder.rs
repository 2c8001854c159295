//! The keyholder's side: one share, one answer, one proof.

use std::fmt;

use voprf::{BlindedElement, Ristretto255, VoprfServer};
use zeroize::{Zeroize, Zeroizing};

use super::{Element, EncodingError, KeyError, Proof, PublicShare, ShareIndex};
use crate::entropy::{AsRng, Entropy};

/// The most elements that are blinded, evaluated and proven together.
///
/// One proof numbers its elements with two bytes (RFC 9497, section 2.2.1), and a keyholder's work on
/// one request must stay below a tenth of a second.
pub const MAX_BATCH: usize = 1024;

/// Why a batch is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// Nothing was asked.
    #[error("a batch has at least one element")]
    Empty,
    /// Too much was asked at once.
    #[error("a batch has at most {MAX_BATCH} elements, not {got}: ask in several")]
    TooLarge {
        /// How many there were.
        got: usize,
    },
    /// An element does not decode; it cannot happen to one that was read.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}

pub(super) fn check_size(got: usize) -> Result<(), BatchError> {
    match got {
        0 => Err(BatchError::Empty),
        1..=MAX_BATCH => Ok(()),
        _ => Err(BatchError::TooLarge { got }),
    }
}

/// What one keyholder answers: the evaluated elements in the order asked, and one proof for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// Whose answer it is.
    pub index: ShareIndex,
    /// One for each blinded element.
    pub elements: Vec<Element>,
    /// That all were multiplied by the share with this index.
    pub proof: Proof,
}

/// One keyholder's secret share of a key.
///
/// Never sign with it or use it for anything but [`evaluate`](Self::evaluate).
pub struct KeyShare {
    index: ShareIndex,
    public: PublicShare,
    /// Holds the scalar, and zeroizes it when dropped.
    server: VoprfServer<Ristretto255>,
}

impl KeyShare {
    /// Length of [`to_bytes`](Self::to_bytes).
    pub const LEN: usize = 34;

    /// A share from its place and its scalar, 32 bytes, little-endian.
    ///
    /// # Errors
    /// If the scalar is zero or not canonical.
    pub fn new(index: ShareIndex, scalar: &[u8; 32]) -> Result<Self, KeyError> {
        let server = VoprfServer::<Ristretto255>::new_with_key(scalar)
            .map_err(|_| EncodingError::NotAScalar)?;
        let public = PublicShare::from_point(&server.get_public_key())?;
        Ok(Self {
            index,
            public,
            server,
        })
    }

    /// Which share it is.
    pub fn index(&self) -> ShareIndex {
        self.index
    }

    /// The public half, which the certificate names.
    pub fn public(&self) -> PublicShare {
        self.public
    }

    /// Evaluates a batch and proves it.
    ///
    /// The entropy must be fresh: two proofs made with the same random bytes give the share away.
    /// Counting the elements against a quota is the caller's duty, before this call.
    ///
    /// # Errors
    /// If the batch is empty or larger than [`MAX_BATCH`].
    pub fn evaluate(
        &self,
        elements: &[Element],
        entropy: &mut dyn Entropy,
    ) -> Result<Evaluation, BatchError> {
        check_size(elements.len())?;
        let blinded = elements
            .iter()
            .map(|element| BlindedElement::deserialize(element.as_bytes()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| EncodingError::NotAnElement)?;
        let answer = self
            .server
            .batch_blind_evaluate(&mut AsRng(entropy), &blinded)
            .map_err(|_| BatchError::TooLarge {
                got: elements.len(),
            })?;
        let evaluated = answer.messages.iter();
        Ok(Evaluation {
            index: self.index,
            elements: evaluated
                .map(|element| Element::from_bytes(&element.serialize()))
                .collect::<Result<_, _>>()?,
            proof: Proof::from_bytes(&answer.proof.serialize())?,
        })
    }

    /// For the vault: the index in two bytes, big-endian, then the scalar, little-endian.
    pub fn to_bytes(&self) -> Zeroizing<[u8; Self::LEN]> {
        let mut out = Zeroizing::new([0; Self::LEN]);
        let mut both_halves = self.server.serialize();
        let source = self.index.get().to_be_bytes().into_iter();
        let source = source.chain(both_halves.iter().copied());
        for (to, from) in out.iter_mut().zip(source) {
            *to = from;
        }
        both_halves.zeroize();
        out
    }

    /// Reads [`to_bytes`](Self::to_bytes).
    ///
    /// # Errors
    /// If the length, the index or the scalar is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let wrong_length = EncodingError::Length {
            expected: Self::LEN,
            got: bytes.len(),
        };
        let (index, scalar) = bytes.split_first_chunk().ok_or(wrong_length)?;
        let scalar = scalar.try_into().map_err(|_| wrong_length)?;
        Self::new(ShareIndex::new(u16::from_be_bytes(*index))?, scalar)
    }
}

impl fmt::Debug for KeyShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyShare({}, …)", self.index)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::super::testing::Seeded;
    use super::super::{KeyName, blind, deal};
    use super::*;

    #[test]
    fn a_share_survives_its_bytes_and_never_prints() {
        let mut entropy = Seeded::new(b"bytes");
        let dealt = deal(KeyName::Bucket, 2, 3, &mut entropy).unwrap();
        for share in &dealt.shares {
            let bytes = share.to_bytes();
            let again = KeyShare::from_bytes(bytes.as_slice()).unwrap();
            assert_eq!(again.index(), share.index());
            assert_eq!(again.public(), dealt.key.shares()[&share.index()]);
            assert_eq!(
                format!("{again:?}"),
                format!("KeyShare({}, …)", share.index())
            );
        }
    }

    #[test]
    fn broken_shares_are_refused() {
        let good = {
            let mut entropy = Seeded::new(b"broken");
            let dealt = deal(KeyName::Bucket, 1, 1, &mut entropy).unwrap();
            dealt.shares[0].to_bytes()
        };
        for got in [0, 1, 2, 33] {
            let wrong = EncodingError::Length { expected: 34, got };
            assert_eq!(
                KeyShare::from_bytes(&good[..got]).unwrap_err(),
                wrong.into()
            );
        }
        let long = [good.as_slice(), &[0]].concat();
        let wrong = EncodingError::Length {
            expected: 34,
            got: 35,
        };
        assert_eq!(KeyShare::from_bytes(&long).unwrap_err(), wrong.into());
        let mut no_index = good.clone();
        no_index[..2].fill(0);
        let wrong = KeyError::Index { got: 0 };
        assert_eq!(
            KeyShare::from_bytes(no_index.as_slice()).unwrap_err(),
            wrong
        );
        for byte in [0x00, 0xff] {
            let mut no_scalar = good.clone();
            no_scalar[2..].fill(byte);
            let refused = KeyShare::from_bytes(no_scalar.as_slice()).unwrap_err();
            assert_eq!(refused, EncodingError::NotAScalar.into());
        }
    }

    #[test]
    fn batches_have_limits() {
        let mut entropy = Seeded::new(b"limits");
        let share = deal(KeyName::Bucket, 1, 1, &mut entropy)
            .unwrap()
            .shares
            .remove(0);
        let element = blind(&[b"one"], &mut entropy).unwrap().elements()[0];
        assert_eq!(share.evaluate(&[], &mut entropy), Err(BatchError::Empty));
        let got = MAX_BATCH + 1;
        let refused = share.evaluate(&vec![element; got], &mut entropy);
        assert_eq!(refused, Err(BatchError::TooLarge { got }));
        let full = share
            .evaluate(&vec![element; MAX_BATCH], &mut entropy)
            .unwrap();
        assert_eq!(full.elements.len(), MAX_BATCH);
    }
}
