use proptest::prelude::*;
use voprf::VoprfServer;

use super::super::deal::deal_secret;
use super::super::testing::{Scripted, Seeded};
use super::super::{Dealt, KeyShare, MAX_BATCH, Proof, PublicKey, deal};
use super::*;
use crate::time::Season;

const SEASON: Season = Season::from_index(2026 * 2 + 1);
const NAME: KeyName = KeyName::Handle(SEASON);

fn index(i: u16) -> ShareIndex {
    ShareIndex::new(i).unwrap()
}

/// Asks the keyholders at these places of the list.
fn ask(
    blinded: &Blinded,
    dealt: &Dealt,
    places: &[usize],
    entropy: &mut dyn Entropy,
) -> Vec<Verified> {
    let answer = |place: &usize| {
        let evaluation = dealt.shares[*place]
            .evaluate(blinded.elements(), entropy)
            .unwrap();
        blinded.verify(&dealt.key, &evaluation).unwrap()
    };
    places.iter().map(answer).collect()
}

/// What nobody can do outside of a test: put the key together from its shares.
fn whole_key(shares: &[KeyShare]) -> VoprfServer<Ristretto255> {
    let indices = shares.iter().map(|share| share.index().scalar()).collect();
    let coefficients = Interpolation::through(indices).at(Scalar::ZERO);
    let secret: Scalar = coefficients
        .iter()
        .zip(shares)
        .map(|(c, share)| {
            let scalar = share.to_bytes()[2..].try_into().unwrap();
            c * Scalar::from_canonical_bytes(scalar).unwrap()
        })
        .sum();
    VoprfServer::new_with_key(&secret.to_bytes()).unwrap()
}

fn public_of(server: &VoprfServer<Ristretto255>) -> PublicKey {
    PublicKey::from_point(&server.get_public_key()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Any t of n, in any order, give the plain output of RFC 9497 under the whole key; any other
    /// number is refused, and fewer shares than t do not make the key.
    #[test]
    fn any_t_of_n_give_the_plain_output(
        seed in any::<[u8; 16]>(),
        (t, places) in (1usize..=7).prop_flat_map(|n| {
            let all: Vec<usize> = (0..n).collect();
            (1..=n, Just(all).prop_shuffle())
        }),
        inputs in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..60), 1..5),
    ) {
        let mut entropy = Seeded::new(&seed);
        let n = places.len();
        let dealt = deal(NAME, t as u16, n as u16, &mut entropy).unwrap();
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let blinded = blind(&inputs, &mut entropy).unwrap();
        let all = ask(&blinded, &dealt, &places, &mut entropy);

        let whole = whole_key(&dealt.shares[..t]);
        prop_assert_eq!(&public_of(&whole), dealt.key.public());
        for subset in [&all[..t], &all[n - t..]] {
            let outputs = blinded.finish(&dealt.key, subset).unwrap();
            prop_assert_eq!(outputs.len(), inputs.len());
            for (output, input) in outputs.iter().zip(&inputs) {
                prop_assert_eq!(&output.as_bytes()[..], &whole.evaluate(input).unwrap()[..]);
            }
        }
        for got in (0..=n).filter(|got| *got != t) {
            let refused = FinishError::Count { key: NAME, needed: t as u16, got };
            prop_assert_eq!(blinded.finish(&dealt.key, &all[..got]).unwrap_err(), refused);
        }
        if t > 1 {
            prop_assert_ne!(&public_of(&whole_key(&dealt.shares[1..t])), dealt.key.public());
        }
    }

    /// A batch is so many single questions in one.
    #[test]
    fn a_batch_equals_its_inputs_one_by_one(
        inputs in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 1..6),
    ) {
        let mut entropy = Seeded::new(b"batch");
        let dealt = deal(NAME, 2, 3, &mut entropy).unwrap();
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let together = blind(&inputs, &mut entropy).unwrap();
        let verified = ask(&together, &dealt, &[0, 2], &mut entropy);
        let outputs = together.finish(&dealt.key, &verified).unwrap();
        for (input, output) in inputs.iter().zip(&outputs) {
            let alone = blind(&[input], &mut entropy).unwrap();
            let verified = ask(&alone, &dealt, &[1, 0], &mut entropy);
            prop_assert_eq!(&alone.finish(&dealt.key, &verified).unwrap()[0], output);
        }
    }

    /// No change of any byte of an answer gets past the proof.
    #[test]
    fn a_changed_proof_is_refused(byte in 0usize..64, flip in 1u8..) {
        let mut entropy = Seeded::new(b"flip");
        let dealt = deal(NAME, 1, 2, &mut entropy).unwrap();
        let blinded = blind(&[b"one", b"two"], &mut entropy).unwrap();
        let mut evaluation = dealt.shares[1].evaluate(blinded.elements(), &mut entropy).unwrap();
        let mut bytes = *evaluation.proof.as_bytes();
        bytes[byte] ^= flip;
        if let Ok(proof) = Proof::from_bytes(&bytes) {
            evaluation.proof = proof;
            let refused = EvaluationError::Proof { index: index(2), key: NAME };
            prop_assert_eq!(blinded.verify(&dealt.key, &evaluation).unwrap_err(), refused);
        }
    }
}

#[test]
fn fewer_than_t_answers_interpolate_to_a_wrong_output() {
    let mut entropy = Seeded::new(b"fewer");
    let dealt = deal(NAME, 3, 5, &mut entropy).unwrap();
    let blinded = blind(&[b"handle"], &mut entropy).unwrap();
    let verified = ask(&blinded, &dealt, &[0, 1, 2], &mut entropy);
    let right = blinded.finish(&dealt.key, &verified).unwrap();
    // A key that claims a lower threshold does not get past its own check, so do it by hand.
    let two = &verified[..2];
    let indices = two.iter().map(|answer| answer.index.scalar()).collect();
    let coefficients = Interpolation::through(indices).at(Scalar::ZERO);
    let sum = weighted_sum(&coefficients, two.iter().map(|answer| &answer.points[0]));
    let wrong = finish_one(&blinded.finishers[0], b"handle", &sum).unwrap();
    assert_ne!(right[0], wrong);
}

#[test]
fn one_blinding_serves_several_keys() {
    let mut entropy = Seeded::new(b"keys");
    let blinded = blind(&[b"handle"], &mut entropy).unwrap();
    for name in [KeyName::Bucket, NAME, KeyName::Handle(SEASON.plus(1))] {
        let dealt = deal(name, 2, 3, &mut entropy).unwrap();
        let verified = ask(&blinded, &dealt, &[0, 1], &mut entropy);
        let outputs = blinded.finish(&dealt.key, &verified).unwrap();
        let plain = whole_key(&dealt.shares[..2]).evaluate(b"handle").unwrap();
        assert_eq!(outputs[0].as_bytes()[..], plain[..]);
    }
}

/// Every way in which a keyholder can answer wrongly, and who is named for it.
#[test]
fn wrong_answers_are_refused_and_name_the_keyholder() {
    let mut entropy = Seeded::new(b"wrong");
    let dealt = deal(NAME, 2, 3, &mut entropy).unwrap();
    let blinded = blind(&[b"one", b"two"], &mut entropy).unwrap();
    let [first, second, _] = &dealt.shares[..] else {
        unreachable!()
    };
    let good = first.evaluate(blinded.elements(), &mut entropy).unwrap();
    assert!(blinded.verify(&dealt.key, &good).is_ok());
    let refuse = |evaluation: &Evaluation| blinded.verify(&dealt.key, evaluation).unwrap_err();
    let proof = |i| EvaluationError::Proof {
        index: index(i),
        key: NAME,
    };

    // Another keyholder's share under this index.
    let mut other_share = second.evaluate(blinded.elements(), &mut entropy).unwrap();
    other_share.index = index(1);
    assert_eq!(refuse(&other_share), proof(1));

    // A share of nothing at all.
    let rogue = KeyShare::new(index(2), &Scalar::from(7u8).to_bytes()).unwrap();
    assert_eq!(
        refuse(&rogue.evaluate(blinded.elements(), &mut entropy).unwrap()),
        proof(2)
    );

    // A share of the same key from another epoch.
    let secret = Scalar::from(11u8);
    let old = deal_secret(NAME, &secret, 2, 3, &mut entropy).unwrap();
    let new = deal_secret(NAME, &secret, 2, 3, &mut entropy).unwrap();
    assert_eq!(old.key.public(), new.key.public());
    let stale = old.shares[2]
        .evaluate(blinded.elements(), &mut entropy)
        .unwrap();
    assert!(blinded.verify(&old.key, &stale).is_ok());
    assert_eq!(blinded.verify(&new.key, &stale).unwrap_err(), proof(3));

    // Right elements in the wrong order.
    let mut swapped = good.clone();
    swapped.elements.swap(0, 1);
    assert_eq!(refuse(&swapped), proof(1));

    // One element replaced, by another answer or by what was sent.
    for replacement in [good.elements[0], blinded.elements()[1]] {
        let mut replaced = good.clone();
        replaced.elements[1] = replacement;
        assert_eq!(refuse(&replaced), proof(1));
    }

    // The answer to another batch, even of the same inputs.
    let again = blind(&[b"one", b"two"], &mut entropy).unwrap();
    assert_ne!(again.elements(), blinded.elements());
    let elsewhere = first.evaluate(again.elements(), &mut entropy).unwrap();
    assert_eq!(refuse(&elsewhere), proof(1));

    // The proof of another answer.
    let mut borrowed = good.clone();
    borrowed.proof = elsewhere.proof;
    assert_eq!(refuse(&borrowed), proof(1));

    // Too few, too many.
    for got in [0, 1, 3] {
        let mut count = good.clone();
        count.elements.resize(got, good.elements[0]);
        let refused = EvaluationError::Count {
            index: index(1),
            key: NAME,
            expected: 2,
            got,
        };
        assert_eq!(refuse(&count), refused);
    }

    // Nobody in the certificate.
    let mut unknown = good;
    unknown.index = index(4);
    let refused = EvaluationError::UnknownIndex {
        index: index(4),
        key: NAME,
    };
    assert_eq!(refuse(&unknown), refused);
    assert!(refused.to_string().contains("keyholder 4"), "{refused}");
    assert!(refused.to_string().contains("handle/2026H2"), "{refused}");
}

#[test]
fn answers_that_do_not_belong_together_are_refused() {
    let mut entropy = Seeded::new(b"together");
    let secret = Scalar::from(5u8);
    let dealt = deal_secret(NAME, &secret, 2, 3, &mut entropy).unwrap();
    let blinded = blind(&[b"one"], &mut entropy).unwrap();
    let good = ask(&blinded, &dealt, &[0, 1], &mut entropy);
    let refuse = |second: &Verified| {
        let both = [good[0].clone(), second.clone()];
        blinded.finish(&dealt.key, &both).unwrap_err()
    };

    assert_eq!(refuse(&good[0]), FinishError::Duplicate { index: index(1) });

    let epoch = deal_secret(NAME, &secret, 2, 3, &mut entropy).unwrap();
    let stale = ask(&blinded, &epoch, &[1], &mut entropy);
    assert_eq!(
        refuse(&stale[0]),
        FinishError::OtherKey {
            index: index(2),
            key: NAME
        }
    );

    let other = deal(KeyName::Area(SEASON), 2, 3, &mut entropy).unwrap();
    let area = ask(&blinded, &other, &[2], &mut entropy);
    assert_eq!(area[0].key(), KeyName::Area(SEASON));
    assert_eq!(
        refuse(&area[0]),
        FinishError::OtherKey {
            index: index(3),
            key: NAME
        }
    );

    let again = blind(&[b"one"], &mut entropy).unwrap();
    let elsewhere = ask(&again, &dealt, &[1], &mut entropy);
    assert_eq!(
        refuse(&elsewhere[0]),
        FinishError::OtherBatch { index: index(2) }
    );
}

#[test]
fn inputs_have_limits_and_are_never_printed() {
    let mut entropy = Seeded::new(b"limits");
    let long = vec![b'x'; 65536];
    let refused = |inputs: &[&[u8]], entropy: &mut Seeded| blind(inputs, entropy).unwrap_err();
    assert_eq!(refused(&[], &mut entropy), BatchError::Empty.into());
    let got = MAX_BATCH + 1;
    let too_large = BlindError::Batch(BatchError::TooLarge { got });
    assert_eq!(refused(&vec![&b"x"[..]; got], &mut entropy), too_large);
    let at = |position| BlindError::Input { position };
    assert_eq!(refused(&[b"a", b""], &mut entropy), at(1));
    assert_eq!(refused(&[&long], &mut entropy), at(0));

    let blinded = blind(&[&long[1..], b"secret"], &mut entropy).unwrap();
    assert_eq!(format!("{blinded:?}"), "Blinded(2 inputs, …)");
    let dealt = deal(NAME, 1, 1, &mut entropy).unwrap();
    let verified = ask(&blinded, &dealt, &[0], &mut entropy);
    let outputs = blinded.finish(&dealt.key, &verified).unwrap();
    assert_eq!(format!("{:?}", outputs[1]), "Output(…)");
}

/// Two blindings of one input have nothing in common that a keyholder could see.
#[test]
fn blinds_are_fresh_each_time() {
    let mut entropy = Seeded::new(b"fresh");
    let blinded = blind(&[b"same", b"same"], &mut entropy).unwrap();
    assert_ne!(blinded.elements()[0], blinded.elements()[1]);
    let dealt = deal(NAME, 1, 1, &mut entropy).unwrap();
    let verified = ask(&blinded, &dealt, &[0], &mut entropy);
    let outputs = blinded.finish(&dealt.key, &verified).unwrap();
    assert_eq!(outputs[0], outputs[1]);
    let script = [Scalar::from(3u8).to_bytes()];
    let [a, b] = [0, 1].map(|_| blind(&[b"same"], &mut Scripted::scalars(&script)).unwrap());
    assert_eq!(a.elements(), b.elements());
}
