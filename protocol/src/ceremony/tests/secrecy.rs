//! Fewer than a threshold of shares of one epoch, or a threshold of mixed ones, open nothing.

use super::*;
use crate::oprf::{
    EvaluationError, FinishError, Interpolation, Output, PublicKey, blind, weighted_sum,
};
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use proptest::prelude::*;

const NAME: KeyName = KeyName::Bucket;

/// A key in two epochs: certificates, and all shares by epoch and place.
struct Epochs {
    certificates: [Certificate; 2],
    shares: [Vec<KeyShare>; 2],
}

fn epochs(n: usize, t: u16, seed: u64) -> Epochs {
    let mut made = Made::new(n, n, t, seed, &[NAME]);
    let holders: Vec<usize> = (0..n).collect();
    let shares = |made: &Made| -> Vec<KeyShare> {
        let share = |at| KeyShare::from_bytes(&*made.share(at, NAME).to_bytes()).unwrap();
        (0..n).map(share).collect()
    };
    let (first, one) = (made.certificate.clone(), shares(&made));
    let dealers: Vec<usize> = (0..usize::from(t)).collect();
    made.renew(&dealers, &holders, t, &[NAME]);
    Epochs {
        certificates: [first, made.certificate.clone()],
        shares: [one, shares(&made)],
    }
}

/// What somebody gets who has these shares and checks nothing: Lagrange, whatever they are.
pub(super) fn greedy(chosen: &[&KeyShare]) -> Option<PublicKey> {
    let scalars: Vec<Scalar> = chosen
        .iter()
        .map(|share| {
            let bytes = share.to_bytes();
            Scalar::from_canonical_bytes(*bytes.last_chunk().unwrap()).unwrap()
        })
        .collect();
    let places = chosen.iter().map(|share| share.index().scalar()).collect();
    let weights = Interpolation::through(places).at(Scalar::ZERO);
    let secret: Scalar = weights.iter().zip(&scalars).map(|(w, s)| w * s).sum();
    let point = weighted_sum(
        &[secret],
        [&curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT],
    );
    let _: RistrettoPoint = point;
    PublicKey::from_point(&point).ok()
}

fn output(certificate: &Certificate, chosen: &[&KeyShare], seed: u64) -> Option<Output> {
    let mut entropy = Drbg::new(seed, "secrecy");
    let key = certificate.key(NAME).unwrap();
    let blinded = blind(&[b"phone:+33639981234"], &mut entropy).unwrap();
    let mut verified = Vec::new();
    for share in chosen {
        let answer = share.evaluate(blinded.elements(), &mut entropy).unwrap();
        match blinded.verify(key, &answer) {
            Ok(one) => verified.push(one),
            Err(EvaluationError::Proof { .. }) => return None,
            Err(other) => panic!("{other}"),
        }
    }
    match blinded.finish(key, &verified) {
        Ok(outputs) => outputs.into_iter().next(),
        Err(FinishError::Count { .. }) => None,
        Err(other) => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn too_few_shares_or_shares_of_two_epochs_give_nothing(
        n in 2usize..6,
        more in 0u16..3,
        order in Just((0..5usize).collect::<Vec<_>>()).prop_shuffle(),
        // Of each chosen place: from which epoch its share is.
        from in proptest::collection::vec(0usize..2, 5),
        seed in any::<u64>(),
    ) {
        let t = (u16::try_from(n).unwrap() / 2 + 1 + more).clamp(2, u16::try_from(n).unwrap());
        let epochs = epochs(n, t, seed);
        let places: Vec<usize> = order.into_iter().filter(|at| *at < n).collect();
        let public = *epochs.certificates[0].key(NAME).unwrap().public();
        let enough = usize::from(t);
        for epoch in 0..2 {
            let shares: Vec<&KeyShare> =
                places.iter().take(enough).map(|at| &epochs.shares[epoch][*at]).collect();
            // Exactly enough of one epoch do open, so that the rest of the test says something.
            prop_assert_eq!(greedy(&shares), Some(public));
            prop_assert!(output(&epochs.certificates[epoch], &shares, 1).is_some());
            for few in 1..enough {
                prop_assert_ne!(greedy(&shares[..few]), Some(public));
                prop_assert!(output(&epochs.certificates[epoch], &shares[..few], 1).is_none());
            }
        }
        let mixed: Vec<&KeyShare> = places
            .iter()
            .zip(&from)
            .take(enough)
            .map(|(at, epoch)| &epochs.shares[*epoch][*at])
            .collect();
        let kinds: BTreeSet<usize> = from.iter().take(enough).copied().collect();
        if kinds.len() == 2 {
            prop_assert_ne!(greedy(&mixed), Some(public));
            for certificate in &epochs.certificates {
                prop_assert!(output(certificate, &mixed, 2).is_none());
            }
        }
        // t - 1 old shares and as many new ones, in other places as far as there are any: together
        // more than enough, each set by itself too few.
        let old = places.iter().take(enough - 1).map(|at| &epochs.shares[0][*at]);
        let new = places.iter().rev().take(enough - 1).map(|at| &epochs.shares[1][*at]);
        let few: Vec<&KeyShare> = old.chain(new).collect();
        for chosen in 1usize..1 << few.len() {
            let shares = few.iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1);
            let shares: Vec<&KeyShare> = shares.map(|(_, share)| *share).collect();
            let indices: BTreeSet<u16> = shares.iter().map(|s| s.index().get()).collect();
            if indices.len() == shares.len() {
                prop_assert_ne!(greedy(&shares), Some(public));
            }
        }
        for certificate in &epochs.certificates {
            prop_assert!(output(certificate, &few, 3).is_none());
        }
    }
}
