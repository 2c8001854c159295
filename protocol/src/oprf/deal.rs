//! A dealer: makes a shared key in one place. For tests and the first demonstration only.
//!
//! A dealer sees the whole key, so a dealt key promises nothing to anybody, and must never be reshared
//! into a real one. Real keys come from a ceremony in which nobody holds the key at any time.

use std::collections::BTreeMap;

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use zeroize::Zeroizing;

use super::{KeyError, KeyName, KeyShare, PublicKey, ShareIndex, ThresholdKey};
use crate::entropy::{AsRng, Entropy};

/// A dealt key: what the certificate would say, and every share.
#[derive(Debug)]
pub struct Dealt {
    /// The public side.
    pub key: ThresholdKey,
    /// The shares, in the order of their indices.
    pub shares: Vec<KeyShare>,
}

/// Why nothing was dealt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DealError {
    /// The numbers make no key.
    #[error(
        "a key takes 1 to {holders} of its {holders} holders, not {threshold}; at most 255 hold one"
    )]
    Numbers {
        /// How many were to be needed.
        threshold: u16,
        /// How many were to hold a share.
        holders: u16,
    },
    /// The key or a share came out as zero, which a working source of randomness never does.
    #[error("the source of randomness gave a key that cannot be used: check it before you go on")]
    Entropy(#[source] KeyError),
}

/// Deals a fresh key, `threshold` of `holders`. Nobody keeps the key itself.
///
/// # Errors
/// If the threshold is zero or more than the holders, or these are more than 255.
pub fn deal(
    name: KeyName,
    threshold: u16,
    holders: u16,
    entropy: &mut dyn Entropy,
) -> Result<Dealt, DealError> {
    let secret = Zeroizing::new(Scalar::random(&mut AsRng(entropy)));
    deal_secret(name, &secret, threshold, holders, entropy)
}

/// Deals a given key; apart from [`deal`] only tests have one to give.
pub(super) fn deal_secret(
    name: KeyName,
    secret: &Scalar,
    threshold: u16,
    holders: u16,
    entropy: &mut dyn Entropy,
) -> Result<Dealt, DealError> {
    if threshold == 0 || threshold > holders || holders > ShareIndex::MAX {
        return Err(DealError::Numbers { threshold, holders });
    }
    let mut rng = AsRng(entropy);
    // Reserved at once, so that growing leaves no copy behind.
    let mut polynomial = Zeroizing::new(Vec::with_capacity(threshold.into()));
    polynomial.push(*secret);
    polynomial.extend((1..threshold).map(|_| Scalar::random(&mut rng)));
    share_out(name, &polynomial, threshold, holders).map_err(DealError::Entropy)
}

fn share_out(
    name: KeyName,
    polynomial: &[Scalar],
    threshold: u16,
    holders: u16,
) -> Result<Dealt, KeyError> {
    let mut shares = Vec::with_capacity(holders.into());
    let mut public_shares = BTreeMap::new();
    for index in 1..=holders {
        let index = ShareIndex::new(index)?;
        let x = index.scalar();
        let value = Zeroizing::new(
            polynomial
                .iter()
                .rev()
                .fold(Scalar::ZERO, |sum, c| sum * x + c),
        );
        let share = KeyShare::new(index, &Zeroizing::new(value.to_bytes()))?;
        public_shares.insert(index, share.public());
        shares.push(share);
    }
    let secret = polynomial
        .first()
        .copied()
        .map(Zeroizing::new)
        .unwrap_or_default();
    let public = PublicKey::from_point(&RistrettoPoint::mul_base(&secret))?;
    let key = ThresholdKey::new(name, threshold, public, public_shares)?;
    Ok(Dealt { key, shares })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::super::EncodingError;
    use super::super::testing::{Scripted, Seeded};
    use super::*;

    #[test]
    fn numbers_that_make_no_key_are_refused() {
        for (threshold, holders) in [(0, 0), (0, 3), (4, 3), (1, 256), (300, 400)] {
            let refused = deal(
                KeyName::Bucket,
                threshold,
                holders,
                &mut Seeded::new(b"none"),
            );
            assert_eq!(
                refused.unwrap_err(),
                DealError::Numbers { threshold, holders }
            );
        }
    }

    #[test]
    fn the_largest_key_is_dealt_and_consistent() {
        let dealt = deal(KeyName::Bucket, 10, 255, &mut Seeded::new(b"large")).unwrap();
        assert_eq!(dealt.shares.len(), 255);
        assert_eq!(dealt.key.shares().len(), 255);
        assert!(!format!("{dealt:?}").contains(&hex::encode(&dealt.shares[0].to_bytes()[2..])));
    }

    #[test]
    fn a_stuck_source_of_randomness_is_an_error() {
        let refused = deal(KeyName::Bucket, 2, 3, &mut Scripted::zeros());
        let why = KeyError::Encoding(EncodingError::NotAScalar);
        assert_eq!(refused.unwrap_err(), DealError::Entropy(why));
    }
}
