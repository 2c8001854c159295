//! What a certificate says about a shared key: its public half and that of every share.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU8;

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;

use super::combine::{Interpolation, weighted_sum};
use super::{EncodingError, KeyName, PublicKey, PublicShare};

/// The place of one keyholder's share, 1 to 255. Zero is the place of the key itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShareIndex(NonZeroU8);

impl ShareIndex {
    /// The highest index, and so the most keyholders that a key can have.
    pub const MAX: u16 = 255;

    /// An index from its number.
    ///
    /// # Errors
    /// If it is 0 or above 255.
    pub fn new(index: u16) -> Result<Self, KeyError> {
        u8::try_from(index)
            .ok()
            .and_then(NonZeroU8::new)
            .map(Self)
            .ok_or(KeyError::Index { got: index })
    }

    /// The number.
    pub fn get(self) -> u16 {
        self.0.get().into()
    }

    pub(crate) fn scalar(self) -> Scalar {
        Scalar::from(self.get())
    }
}

impl fmt::Display for ShareIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why something is not a usable shared key, or part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a share index.
    #[error("a share's index is 1 to {max}, not {got}", max = ShareIndex::MAX)]
    Index {
        /// The number.
        got: u16,
    },
    /// The threshold is zero or more than there are shares.
    #[error("a threshold of {threshold} does not fit key {name} with {shares} shares")]
    Threshold {
        /// The key.
        name: KeyName,
        /// Its threshold.
        threshold: u16,
        /// How many shares it has.
        shares: usize,
    },
    /// Different keyholders would give different outputs.
    #[error(
        "the public shares of key {name} contradict each other (seen at share {index}): \
         its certificate must not be used"
    )]
    Inconsistent {
        /// The key.
        name: KeyName,
        /// The first share that does not follow from the key and the shares before it. That does not
        /// make it the wrong one: any of them may be.
        index: ShareIndex,
    },
    /// An encoding is wrong.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}

/// The public side of a shared key in one epoch, as a certificate carries it.
///
/// A value of this type is consistent: every *t* of its shares give the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThresholdKey {
    name: KeyName,
    threshold: u16,
    public: PublicKey,
    shares: BTreeMap<ShareIndex, PublicShare>,
}

impl ThresholdKey {
    /// Puts a key together and checks that the public shares and the public key lie on one polynomial
    /// of degree below the threshold, the key at zero.
    ///
    /// Whether a charter's rules hold (a threshold above half, say) is not decided here, nor whether
    /// anybody certified the key.
    ///
    /// # Errors
    /// If the threshold does not fit the number of shares, or the shares contradict each other.
    pub fn new(
        name: KeyName,
        threshold: u16,
        public: PublicKey,
        shares: BTreeMap<ShareIndex, PublicShare>,
    ) -> Result<Self, KeyError> {
        let key = Self {
            name,
            threshold,
            public,
            shares,
        };
        key.check()?;
        Ok(key)
    }

    /// Which key this is.
    pub fn name(&self) -> KeyName {
        self.name
    }

    /// How many keyholders an output takes.
    pub fn threshold(&self) -> u16 {
        self.threshold
    }

    /// The public half of the key.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The public half of every share.
    pub fn shares(&self) -> &BTreeMap<ShareIndex, PublicShare> {
        &self.shares
    }

    /// Any `threshold` of the points fix the polynomial, so the first ones (the key among them) must
    /// predict all others: O(n·t), no randomness, and no subset can disagree afterwards.
    fn check(&self) -> Result<(), KeyError> {
        let threshold = usize::from(self.threshold);
        if threshold == 0 || threshold > self.shares.len() {
            return Err(KeyError::Threshold {
                name: self.name,
                threshold: self.threshold,
                shares: self.shares.len(),
            });
        }
        let mut places = vec![Scalar::ZERO];
        let mut points = vec![self.public.point()?];
        for (index, share) in self.shares.iter().take(threshold - 1) {
            places.push(index.scalar());
            points.push(share.point()?);
        }
        let interpolation = Interpolation::through(places);
        for (index, share) in self.shares.iter().skip(threshold - 1) {
            let predicted: RistrettoPoint =
                weighted_sum(&interpolation.at(index.scalar()), &points);
            if predicted != share.point()? {
                return Err(KeyError::Inconsistent {
                    name: self.name,
                    index: *index,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::super::deal;
    use super::super::testing::Seeded;
    use super::*;

    fn index(i: u16) -> ShareIndex {
        ShareIndex::new(i).unwrap()
    }

    #[test]
    fn an_index_is_1_to_255() {
        for got in [0, 256, u16::MAX] {
            assert_eq!(ShareIndex::new(got), Err(KeyError::Index { got }));
        }
        assert_eq!(index(1).get(), 1);
        assert_eq!(index(255).to_string(), "255");
    }

    #[test]
    fn a_threshold_fits_the_shares() {
        let key = deal(KeyName::Bucket, 2, 3, &mut Seeded::new(b"fits"))
            .unwrap()
            .key;
        for threshold in [0, 4] {
            let refused = ThresholdKey::new(key.name, threshold, key.public, key.shares.clone());
            let shares = 3;
            let name = KeyName::Bucket;
            assert_eq!(
                refused,
                Err(KeyError::Threshold {
                    name,
                    threshold,
                    shares
                })
            );
        }
    }

    #[test]
    fn every_share_and_the_key_itself_must_agree() {
        for (t, n) in [(1, 1), (1, 3), (2, 3), (3, 5), (5, 5), (10, 15)] {
            let mut entropy = Seeded::new(b"agree");
            let key = deal(KeyName::Bucket, t, n, &mut entropy).unwrap().key;
            let other = deal(KeyName::Bucket, t, n, &mut entropy).unwrap().key;
            for i in 1..=n {
                let mut shares = key.shares.clone();
                *shares.get_mut(&index(i)).unwrap() = other.shares[&index(i)];
                let refused = ThresholdKey::new(key.name, t, key.public, shares);
                assert!(
                    matches!(refused, Err(KeyError::Inconsistent { .. })),
                    "{t} of {n}, {i}"
                );
            }
            let refused = ThresholdKey::new(key.name, t, other.public, key.shares.clone());
            assert!(
                matches!(refused, Err(KeyError::Inconsistent { .. })),
                "{t} of {n}, key"
            );
        }
    }

    #[test]
    fn swapped_shares_and_a_threshold_that_is_too_low_are_found() {
        let key = deal(KeyName::Bucket, 3, 5, &mut Seeded::new(b"swap"))
            .unwrap()
            .key;
        let mut shares = key.shares.clone();
        shares.insert(index(4), key.shares[&index(5)]);
        shares.insert(index(5), key.shares[&index(4)]);
        let refused = ThresholdKey::new(key.name, 3, key.public, shares);
        assert!(matches!(refused, Err(KeyError::Inconsistent { .. })));
        let refused = ThresholdKey::new(key.name, 2, key.public, key.shares.clone());
        assert!(matches!(refused, Err(KeyError::Inconsistent { .. })));
        // A subset of the shares is a consistent key still, as is a threshold above the true degree.
        let mut shares = key.shares.clone();
        shares.remove(&index(2));
        assert!(ThresholdKey::new(key.name, 3, key.public, shares).is_ok());
        assert!(ThresholdKey::new(key.name, 4, key.public, key.shares.clone()).is_ok());
    }
}
