//! The one operation that renews a key: *t* old holders share their shares out among the new ones.
//!
//! Dealer *i* shares λ_i·f(i), where the λ are those with which the dealers' shares add up to the
//! key. What a new holder gets from all of them adds up to its value of a new polynomial with the
//! same constant term. That a dealer shares out its own share and nothing else shows in its
//! commitment: its constant term is λ_i·P_i, and the old certificate has P_i.

use super::feldman::{Polynomial, scalar};
use super::secret::Stream;
use crate::entropy::AsRng;
use crate::oprf::{EncodingError, Interpolation, KeyShare, PublicShare, ShareIndex};
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use std::collections::{BTreeMap, BTreeSet};
use zeroize::Zeroizing;

/// The weights with which the dealers' shares add up to the key.
pub(super) fn weights(dealers: &BTreeSet<ShareIndex>) -> BTreeMap<ShareIndex, Scalar> {
    let places = dealers.iter().map(|index| index.scalar()).collect();
    let weights = Interpolation::through(places).at(Scalar::ZERO);
    dealers.iter().copied().zip(weights).collect()
}

/// The constant term that a dealer's commitment must have.
pub(super) fn constant(
    weight: &Scalar,
    share: &PublicShare,
) -> Result<RistrettoPoint, EncodingError> {
    Ok(share.point()? * weight)
}

/// The polynomial by which a dealer shares its share out. The same stream makes the same one.
pub(super) fn polynomial(
    weight: &Scalar,
    share: &KeyShare,
    threshold: u16,
    mut stream: Stream,
) -> Option<Polynomial> {
    let bytes = share.to_bytes();
    let old = scalar(bytes.last_chunk()?)?;
    let constant = Zeroizing::new(*old * weight);
    let mut rng = AsRng(&mut stream);
    let others = (1..threshold).map(|_| Scalar::random(&mut rng));
    Some(Polynomial::new(&constant, others))
}
