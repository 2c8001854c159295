//! Commitments to a polynomial, by which anybody can check a share of it (Feldman).

use crate::oprf::{EncodingError, ShareIndex, decode_point, weighted_sum};
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use zeroize::Zeroizing;

/// The points of a polynomial's coefficients, the constant term first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Commitment {
    points: Vec<RistrettoPoint>,
}

impl Commitment {
    /// Reads the points. None of them may be the identity.
    pub(super) fn decode(encoded: &[[u8; 32]]) -> Result<Self, EncodingError> {
        let points = encoded.iter().map(|bytes| decode_point(*bytes));
        Ok(Self {
            points: points.collect::<Result<_, _>>()?,
        })
    }

    /// Of a polynomial that one holds.
    pub(super) fn of(polynomial: &Polynomial) -> Self {
        let points = polynomial.0.iter().map(RistrettoPoint::mul_base);
        Self {
            points: points.collect(),
        }
    }

    /// Its encoding.
    pub(super) fn encode(&self) -> Vec<[u8; 32]> {
        self.points
            .iter()
            .map(|point| point.compress().to_bytes())
            .collect()
    }

    /// The point of the constant term, which is the polynomial's secret.
    pub(super) fn constant(&self) -> RistrettoPoint {
        self.points.first().copied().unwrap_or_default()
    }

    /// The point of the polynomial's value at an index. Everything here is public.
    pub(super) fn at(&self, index: ShareIndex) -> RistrettoPoint {
        let x = index.scalar();
        let mut power = Scalar::ONE;
        let powers: Vec<Scalar> = self
            .points
            .iter()
            .map(|_| {
                let this = power;
                power *= x;
                this
            })
            .collect();
        weighted_sum(&powers, &self.points)
    }

    /// Whether a share is the polynomial's value at an index.
    pub(super) fn holds(&self, index: ShareIndex, share: &Scalar) -> bool {
        RistrettoPoint::mul_base(share) == self.at(index)
    }

    /// The commitment to the sum of polynomials; all have one length.
    pub(super) fn sum<'a>(all: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut points: Vec<RistrettoPoint> = Vec::new();
        for one in all {
            points.resize_with(points.len().max(one.points.len()), Default::default);
            for (sum, point) in points.iter_mut().zip(&one.points) {
                *sum += point;
            }
        }
        Self { points }
    }
}

/// A secret polynomial, wiped when dropped.
pub(super) struct Polynomial(Zeroizing<Vec<Scalar>>);

impl Polynomial {
    /// From its coefficients, the constant term first.
    pub(super) fn new(constant: &Scalar, others: impl ExactSizeIterator<Item = Scalar>) -> Self {
        // Reserved at once, so that growing leaves no copy behind.
        let mut coefficients = Zeroizing::new(Vec::with_capacity(others.len() + 1));
        coefficients.push(*constant);
        coefficients.extend(others);
        Self(coefficients)
    }

    /// Its value at an index.
    pub(super) fn at(&self, index: ShareIndex) -> Zeroizing<Scalar> {
        let x = index.scalar();
        let value = self.0.iter().rev().fold(Scalar::ZERO, |sum, c| sum * x + c);
        Zeroizing::new(value)
    }
}

/// Reads a secret scalar; `None` if it is not canonical.
pub(super) fn scalar(bytes: &[u8; 32]) -> Option<Zeroizing<Scalar>> {
    Option::from(Scalar::from_canonical_bytes(*bytes)).map(Zeroizing::new)
}
