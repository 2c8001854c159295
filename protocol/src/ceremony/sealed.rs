//! Secret parts, each sealed to a one-time key that its recipient made for this dealer alone.
//!
//! One key for each dealer, so that a recipient that complains about one reveals that one's parts
//! and no other's: with a single key, *t* honest complaints about one liar would open what the
//! honest dealers sent, and with it the key.

use super::secret::Stream;
use crate::entropy::AsRng;
use crate::ids::{FederationId, NodeKey, PlanDigest, SealKey};
use crate::wire::sealed::SealSecret;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use zeroize::Zeroizing;

/// Bytes of a sealed part beside its plaintext: encapsulated key and tag.
pub(super) const OVERHEAD: usize = 32 + 16;

/// What a sealed part is bound to.
pub(super) struct Binding<'a> {
    pub(super) federation: &'a FederationId,
    pub(super) plan: &'a PlanDigest,
    pub(super) transcript: &'a [u8; 32],
    pub(super) dealer: &'a NodeKey,
    pub(super) recipient: &'a NodeKey,
}

impl Binding<'_> {
    fn info(&self) -> Vec<u8> {
        let mut out = b"parasol 1 ceremony part".to_vec();
        out.extend_from_slice(self.federation.as_bytes());
        out
    }
    fn associated(&self) -> Vec<u8> {
        [
            self.plan.as_bytes().as_slice(),
            self.transcript,
            self.dealer.as_bytes(),
            self.recipient.as_bytes(),
        ]
        .concat()
    }
}

/// Seals to a one-time key; `None` if that is no key that one could seal to.
pub(super) fn seal(
    plain: &[u8],
    to: &SealKey,
    binding: &Binding<'_>,
    mut stream: Stream,
) -> Option<Vec<u8>> {
    let key = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(to.as_bytes()).ok()?;
    let (enc, mut context) =
        hpke::setup_sender_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &key,
            &binding.info(),
            &mut AsRng(&mut stream),
        )
        .ok()?;
    let body = context.seal(plain, &binding.associated()).ok()?;
    let mut out = vec![0; 32];
    enc.write_exact(&mut out);
    out.extend_from_slice(&body);
    Some(out)
}

/// Opens what was sealed; `None` if it was altered, or is bound to something else.
pub(super) fn open(
    sealed: &[u8],
    secret: &SealSecret,
    binding: &Binding<'_>,
) -> Option<Zeroizing<Vec<u8>>> {
    let (enc, body) = sealed.split_first_chunk::<32>()?;
    let (private, _) = X25519HkdfSha256::derive_keypair(&*secret.seed());
    let enc = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(enc).ok()?;
    let mut context = hpke::setup_receiver::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &private,
        &enc,
        &binding.info(),
    )
    .ok()?;
    let plain = context.open(body, &binding.associated()).ok()?;
    Some(Zeroizing::new(plain))
}

/// Whether anything can be sealed to a one-time key: points of small order take nothing.
pub(super) fn usable(key: &SealKey) -> bool {
    let Ok(key) = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(key.as_bytes()) else {
        return false;
    };
    // What is sealed is nothing, by a secret that everybody knows.
    let mut nothing = Nothing;
    hpke::setup_sender_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &key,
        &[],
        &mut AsRng(&mut nothing),
    )
    .is_ok()
}

struct Nothing;

impl crate::entropy::Entropy for Nothing {
    fn fill(&mut self, out: &mut [u8]) {
        out.fill(1);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::super::secret::{CeremonySeed, Purpose};
    use super::*;

    /// A part opens where it was sealed to, and nowhere else: not in another federation, ceremony
    /// or transcript, nor from another dealer or for another recipient.
    #[test]
    fn a_part_is_bound_to_all_that_it_belongs_to() {
        let node = |n| NodeKey::from_bytes([n; 32]);
        let federations = [1, 2].map(|n| FederationId::from_bytes([n; 32]));
        let plans = [1, 2].map(|n| PlanDigest::from_bytes([n; 32]));
        let (transcripts, dealers, recipients) =
            ([[1; 32], [2; 32]], [3, 4].map(node), [5, 6].map(node));
        let bind = |at: [usize; 5]| Binding {
            federation: federations.get(at[0]).unwrap(),
            plan: plans.get(at[1]).unwrap(),
            transcript: transcripts.get(at[2]).unwrap(),
            dealer: dealers.get(at[3]).unwrap(),
            recipient: recipients.get(at[4]).unwrap(),
        };
        let secret = SealSecret::from_seed([7; 32]);
        let seed = CeremonySeed::from_bytes([8; 32]);
        let stream = seed.stream(&plans[0], Purpose::Seal, &[]);
        let sealed = seal(b"part", &secret.public(), &bind([0; 5]), stream).unwrap();
        assert_eq!(sealed.len(), OVERHEAD + 4);
        let opened = open(&sealed, &secret, &bind([0; 5])).unwrap();
        assert_eq!(opened.as_slice(), b"part");
        for place in 0..5 {
            let mut at = [0; 5];
            if let Some(one) = at.get_mut(place) {
                *one = 1;
            }
            assert!(open(&sealed, &secret, &bind(at)).is_none(), "{place}");
        }
        let other = SealSecret::from_seed([9; 32]);
        assert!(open(&sealed, &other, &bind([0; 5])).is_none());
    }

    #[test]
    fn a_key_of_small_order_takes_nothing() {
        let secret = SealSecret::from_seed([7; 32]);
        assert!(usable(&secret.public()));
        let mut one = [0; 32];
        one[0] = 1;
        for small in [[0; 32], one] {
            assert!(!usable(&SealKey::from_bytes(small)));
        }
    }
}
