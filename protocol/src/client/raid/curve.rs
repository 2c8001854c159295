//! The function of RFC 9497, mode 1, with the key in hand, and interpolation: once more, from the
//! text, as an examiner would write them.

use crate::entropy::Entropy;
use crate::oprf::{Element, Output, blind};
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use sha2::{Digest, Sha512};
use std::collections::BTreeMap;

/// A blind of one, so that what is blinded is the bare hash.
struct One(bool);

impl Entropy for One {
    fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            *byte = u8::from(std::mem::take(&mut self.0));
        }
    }
}

pub(super) fn point(bytes: &[u8; 32]) -> Option<RistrettoPoint> {
    CompressedRistretto(*bytes).decompress()
}

pub(super) fn point_of(element: &Element) -> RistrettoPoint {
    point(element.as_bytes()).unwrap()
}

/// Where an input lies on the curve.
pub(super) fn hash_to_group(input: &[u8]) -> RistrettoPoint {
    let blinded = blind(&[input], &mut One(true)).unwrap();
    point_of(&blinded.elements()[0])
}

/// What a whole key makes of an input.
pub(super) fn finalize(input: &[u8], evaluated: &RistrettoPoint) -> Output {
    let hash = Sha512::new()
        .chain_update(u16::try_from(input.len()).unwrap().to_be_bytes())
        .chain_update(input)
        .chain_update([0, 32])
        .chain_update(evaluated.compress().as_bytes())
        .chain_update(b"Finalize");
    Output::from_bytes(hash.finalize().into())
}

/// The value at zero of the polynomial of least degree through these points.
pub(super) fn at_zero(points: &BTreeMap<u16, Scalar>) -> Scalar {
    let each = points.iter().map(|(i, value)| {
        let others = points.keys().filter(|m| *m != i);
        let weight: Scalar = others
            .map(|m| {
                let (m, i) = (Scalar::from(*m), Scalar::from(*i));
                m * (m - i).invert()
            })
            .product();
        weight * value
    });
    each.sum()
}

/// Sixty-four bytes as random generators of scalars take them.
pub(super) fn wide(bytes: [u8; 64]) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&bytes)
}
