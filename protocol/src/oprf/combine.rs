//! Interpolation over public points: the sum that turns *t* answers into the answer under the whole key.

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::VartimeMultiscalarMul;

/// Lagrange interpolation from fixed, distinct places.
///
/// Setting up costs O(t²), each [`at`](Self::at) O(t), thanks to the barycentric form.
pub(crate) struct Interpolation {
    places: Vec<Scalar>,
    /// 1 / Π over the others of (x_j − x_m).
    weights: Vec<Scalar>,
}

impl Interpolation {
    /// The places must be distinct: they are share indices out of a set, and perhaps zero.
    pub(crate) fn through(places: Vec<Scalar>) -> Self {
        let mut weights: Vec<Scalar> = places
            .iter()
            .enumerate()
            .map(|(j, x)| {
                let others = places.iter().enumerate().filter(|(m, _)| *m != j);
                others.map(|(_, other)| x - other).product()
            })
            .collect();
        Scalar::batch_invert(&mut weights);
        Self { places, weights }
    }

    /// The coefficients with which the values at the places add up to the value at `x`,
    /// which must not be one of the places.
    pub(crate) fn at(&self, x: Scalar) -> Vec<Scalar> {
        let mut distances: Vec<Scalar> = self.places.iter().map(|place| x - place).collect();
        let all: Scalar = distances.iter().product();
        Scalar::batch_invert(&mut distances);
        let inverses = distances.iter();
        let coefficients = inverses
            .zip(&self.weights)
            .map(|(inverse, weight)| all * inverse * weight);
        coefficients.collect()
    }
}

/// Σ coefficient · point. Variable time: every argument is public or was sent to a keyholder.
pub(crate) fn weighted_sum<'a>(
    coefficients: &[Scalar],
    points: impl IntoIterator<Item = &'a RistrettoPoint>,
) -> RistrettoPoint {
    RistrettoPoint::vartime_multiscalar_mul(coefficients, points)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn polynomial(coefficients: &[u64], x: Scalar) -> Scalar {
        let fold = |sum: Scalar, c: &u64| sum * x + Scalar::from(*c);
        coefficients.iter().rev().fold(Scalar::ZERO, fold)
    }

    proptest! {
        #[test]
        fn values_of_a_polynomial_come_back(
            coefficients in prop::collection::vec(any::<u64>(), 1..12),
            start in 1u64..200,
            target in 300u64..400,
        ) {
            let count = coefficients.len() as u64;
            let places: Vec<Scalar> = (start..start + count).map(Scalar::from).collect();
            let values: Vec<Scalar> = places.iter().map(|x| polynomial(&coefficients, *x)).collect();
            let interpolation = Interpolation::through(places);
            for x in [Scalar::ZERO, Scalar::from(target)] {
                let sum: Scalar = interpolation.at(x).iter().zip(&values).map(|(c, v)| c * v).sum();
                prop_assert_eq!(sum, polynomial(&coefficients, x));
            }
        }
    }
}
