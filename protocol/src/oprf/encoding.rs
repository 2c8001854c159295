//! Byte strings of the protocol that were checked when they came in.
//!
//! Each of these is held as the bytes that travel. That they decode is settled once, at the edge;
//! points themselves never leave this module tree, since other crates use other curve libraries.

use std::fmt;

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::traits::Identity;
use voprf::Ristretto255;

/// Why bytes are not an element, key, share or proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// The length is wrong.
    #[error("expected {expected} bytes, got {got}")]
    Length {
        /// How long the encoding is.
        expected: usize,
        /// How long the bytes were.
        got: usize,
    },
    /// The bytes are not the one canonical encoding of a ristretto255 element.
    #[error("these 32 bytes are not a canonical ristretto255 element")]
    NotAnElement,
    /// The neutral element would turn every input, or every key, into the same answer.
    #[error("the identity element is not allowed here")]
    Identity,
    /// A scalar is zero, or not reduced modulo the group order.
    #[error("a scalar in these bytes is zero or not canonical")]
    NotAScalar,
}

fn exactly<const N: usize>(bytes: &[u8]) -> Result<[u8; N], EncodingError> {
    bytes.try_into().map_err(|_| EncodingError::Length {
        expected: N,
        got: bytes.len(),
    })
}

pub(crate) fn decode_point(bytes: [u8; 32]) -> Result<RistrettoPoint, EncodingError> {
    let point = CompressedRistretto(bytes)
        .decompress()
        .ok_or(EncodingError::NotAnElement)?;
    if point == RistrettoPoint::identity() {
        return Err(EncodingError::Identity);
    }
    Ok(point)
}

macro_rules! point_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Length of the encoding in bytes.
            pub const LEN: usize = 32;

            /// Reads a canonical encoding (RFC 9496) that is not the identity.
            ///
            /// # Errors
            /// If the length is not 32, the encoding is not canonical, or it is the identity.
            pub fn from_bytes(bytes: &[u8]) -> Result<Self, EncodingError> {
                let bytes = exactly(bytes)?;
                decode_point(bytes)?;
                Ok(Self(bytes))
            }

            /// The canonical encoding.
            pub fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// Encodes a computed point, refusing the identity.
            #[allow(dead_code, reason = "not every type is computed here")]
            pub(crate) fn from_point(point: &RistrettoPoint) -> Result<Self, EncodingError> {
                if *point == RistrettoPoint::identity() {
                    return Err(EncodingError::Identity);
                }
                Ok(Self(point.compress().to_bytes()))
            }

            /// The point again; it decoded when `self` was made.
            pub(crate) fn point(&self) -> Result<RistrettoPoint, EncodingError> {
                decode_point(self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), hex::encode(self.0))
            }
        }
    };
}

point_type! {
    /// A blinded or an evaluated element, as it travels. Not the identity.
    Element
}
point_type! {
    /// The public half of one keyholder's share. A certificate vouches for it.
    PublicShare
}
point_type! {
    /// The public half of a whole shared key.
    PublicKey
}

/// A proof that one share evaluated a whole batch (RFC 9497, section 2.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Proof([u8; 64]);

impl Proof {
    /// Length of the encoding in bytes.
    pub const LEN: usize = 64;

    /// Reads a proof: two canonical scalars other than zero. Whether it *holds* is
    /// [`Blinded::verify`](super::Blinded::verify)'s question.
    ///
    /// # Errors
    /// If the length is not 64 or a scalar is zero or not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EncodingError> {
        // The crate reads a prefix and ignores what follows, so the length is checked here.
        let bytes = exactly(bytes)?;
        let proof = Self(bytes);
        proof.decode()?;
        Ok(proof)
    }

    /// The encoding: challenge, then response.
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    pub(super) fn decode(&self) -> Result<voprf::Proof<Ristretto255>, EncodingError> {
        voprf::Proof::deserialize(&self.0).map_err(|_| EncodingError::NotAScalar)
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proof({})", hex::encode(self.0))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use curve25519_dalek::constants::{RISTRETTO_BASEPOINT_COMPRESSED, RISTRETTO_BASEPOINT_POINT};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn identity_and_wrong_lengths_are_refused() {
        assert_eq!(Element::from_bytes(&[0; 32]), Err(EncodingError::Identity));
        assert_eq!(
            PublicShare::from_bytes(&[0; 32]),
            Err(EncodingError::Identity)
        );
        for got in [0, 31, 33, 64] {
            let wrong = EncodingError::Length { expected: 32, got };
            assert_eq!(Element::from_bytes(&vec![1; got]), Err(wrong));
        }
        let wrong = EncodingError::Length {
            expected: 64,
            got: 65,
        };
        assert_eq!(Proof::from_bytes(&[1; 65]), Err(wrong));
    }

    #[test]
    fn a_proof_is_its_bytes() {
        let mut bytes = [0; 64];
        (bytes[0], bytes[32]) = (3, 5);
        let proof = Proof::from_bytes(&bytes).unwrap();
        assert_eq!(proof.as_bytes(), &bytes);
        assert_eq!(
            format!("{proof:?}"),
            format!("Proof({})", hex::encode(bytes))
        );
    }

    /// RFC 9496, appendix A.3: encodings that a decoder must refuse, one or two of each sort.
    #[test]
    fn encodings_that_are_not_canonical_are_refused() {
        for (sort, bad) in [
            (
                "field element not reduced",
                "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            ),
            (
                "field element not reduced",
                "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            ),
            (
                "field element not reduced",
                "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            ),
            (
                "negative field element",
                "0100000000000000000000000000000000000000000000000000000000000000",
            ),
            (
                "negative field element",
                "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            ),
            (
                "no square root",
                "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
            ),
            (
                "s = -1, which gives y = 0",
                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            ),
        ] {
            let refused = Element::from_bytes(&hex::decode(bad).unwrap());
            assert_eq!(refused, Err(EncodingError::NotAnElement), "{sort}: {bad}");
        }
        let base = Element::from_bytes(RISTRETTO_BASEPOINT_COMPRESSED.as_bytes()).unwrap();
        assert_eq!(Element::from_point(&RISTRETTO_BASEPOINT_POINT), Ok(base));
    }

    #[test]
    fn scalars_of_a_proof_are_canonical_and_not_zero() {
        let mut proof = [0; 64];
        proof[0] = 1;
        proof[32] = 1;
        assert!(Proof::from_bytes(&proof).is_ok());
        for position in [0, 32] {
            let mut zero = proof;
            zero[position] = 0;
            assert_eq!(Proof::from_bytes(&zero), Err(EncodingError::NotAScalar));
            let mut large = proof;
            large[position + 31] = 0xff;
            assert_eq!(Proof::from_bytes(&large), Err(EncodingError::NotAScalar));
        }
    }

    proptest! {
        /// Whatever decodes encodes to the same bytes: there is one encoding of each element.
        #[test]
        fn an_element_has_one_encoding(bytes in any::<[u8; 32]>()) {
            if let Ok(element) = Element::from_bytes(&bytes) {
                prop_assert_eq!(Element::from_point(&element.point().unwrap()), Ok(element));
            }
        }
    }
}
