//! What look-ups give away to the nodes that they pass.

use super::curve::{finalize, point_of, wide};
use super::examiner::Examiner;
use crate::oprf::{Element, KeyName};
use crate::seal::Bucket;
use crate::wire::sealed::{Question, SealSecret, open_question};
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use std::collections::{BTreeMap, BTreeSet};

/// Rounds that are tried with every blind that one might guess.
const SAMPLE: usize = 30;

/// Sealed questions, with the seal keys held, and with everything else as if it were one.
pub(super) fn sealed(examiner: &mut Examiner<'_>) {
    let seized = examiner.seized;
    let federation = seized.charter.federation();
    let keys: Vec<SealSecret> = seized
        .secrets()
        .into_iter()
        .map(SealSecret::from_seed)
        .collect();
    let bits = seized.charter.terms().bucket_bits;
    let (mut times, mut got, mut ours, mut more) = (0, 0, 0, 0);
    for (n, round) in seized.rounds.iter().enumerate() {
        // One question of a round says what both say; the other one is tried for itself.
        for (place, bytes) in &round.questions {
            let mine = seized.seized(*place).is_some();
            ours += u64::from(mine);
            let all = n.is_multiple_of(4) || mine;
            for key in keys.iter().take(if all { keys.len() } else { 0 }) {
                times += 1;
                let Ok((question, _)) = open_question(bytes, key, federation) else {
                    continue;
                };
                got += 1;
                match question {
                    Question::Bucket { bucket, .. } if bucket.bits <= bits => {
                        examiner.buckets.entry(n).or_insert(bucket);
                    }
                    _ => more += 1,
                }
            }
        }
    }
    examiner.note(
        "sealed-questions",
        "opened recorded questions with the keys held: those asked of nodes seized",
        times,
        got,
        ours,
    );
    examiner.note(
        "beyond-a-bucket",
        "read in them more than one bucket of the charter's bits at most",
        got,
        more,
        0,
    );
}

/// Blinded elements: the same ones again, blinds that one can guess, and the shares held.
pub(super) fn elements(examiner: &mut Examiner<'_>) {
    let seized = examiner.seized;
    let mut seen: BTreeMap<Element, Vec<usize>> = BTreeMap::new();
    for (n, round) in seized.rounds.iter().enumerate() {
        for element in &round.elements {
            seen.entry(*element).or_default().push(n);
        }
    }
    let mut linked = BTreeSet::new();
    for rounds in seen.values() {
        for (i, a) in rounds.iter().enumerate() {
            linked.extend(rounds.iter().skip(i + 1).map(|b| (*a, *b)));
        }
    }
    let repeated = linked.len() as u64;
    examiner.found.linked = linked;
    examiner.note(
        "repeated-elements",
        "looked for blinded elements that come back",
        seen.len() as u64,
        repeated,
        0,
    );

    let suspects: BTreeMap<[u8; 32], usize> = (0..)
        .zip(&examiner.suspects)
        .map(|(n, s)| (s.point.compress().to_bytes(), n))
        .collect();
    let who = |point: RistrettoPoint| suspects.get(point.compress().as_bytes()).copied();
    let mut blinds: Vec<Scalar> = (0..=255).map(|b| wide([b; 64])).collect();
    blinds.extend((1u64..64).map(Scalar::from));
    let shares = seized.shares.values().flat_map(BTreeMap::values);
    blinds.extend(shares);
    let mut inverse: Vec<Scalar> = blinds.into_iter().filter(|b| *b != Scalar::ZERO).collect();
    Scalar::batch_invert(&mut inverse);
    // The later rounds are look-ups.
    let last = seized.rounds.iter().rev().flat_map(|r| &r.elements);
    let last: BTreeSet<&Element> = last.take(SAMPLE).collect();
    let sample: Vec<RistrettoPoint> = last.into_iter().map(point_of).collect();
    let (mut times, mut named) = (0, BTreeMap::new());
    let mut good = BTreeSet::new();
    for (n, inverse) in inverse.iter().enumerate() {
        for point in &sample {
            times += 1;
            if who(inverse * point).is_some() {
                good.insert(n);
            }
        }
    }
    for (element, rounds) in &seen {
        for n in &good {
            times += 1;
            if let Some(suspect) = who(inverse[*n] * point_of(element)) {
                let handle = &examiner.suspects[suspect].handle;
                for round in rounds {
                    named.insert(*round, vec![handle.clone()]);
                }
            }
        }
    }
    // What a keyholder would have made of a suspect that was not blinded.
    let mut bare: BTreeMap<[u8; 32], usize> = BTreeMap::new();
    for ((_, name), held) in &seized.shares {
        if *name == KeyName::Bucket {
            for share in held.values() {
                for (n, suspect) in examiner.suspects.iter().enumerate() {
                    bare.insert((share * suspect.point).compress().to_bytes(), n);
                }
            }
        }
    }
    for (n, round) in seized.rounds.iter().enumerate() {
        let answers = round.answers.iter().flat_map(|(_, answers)| answers);
        for element in answers.flat_map(|a| &a.evaluation.elements) {
            times += 1;
            if let Some(suspect) = bare.get(element.as_bytes()) {
                let handle = examiner.suspects[*suspect].handle.clone();
                named.insert(n, vec![handle]);
            }
        }
    }
    let got = named.len() as u64;
    examiner.found.named.extend(named);
    examiner.note(
        "unblinding",
        "took blinds off that one can guess, and compared with what shares make of suspects",
        times,
        got,
        0,
    );
}

/// Names a suspect for each look-up: by its bucket, with the bucket key or, for want of it, with what
/// a share makes of a handle; with nothing to go by, anyone.
pub(super) fn name_who_was_asked(examiner: &mut Examiner<'_>) {
    let share = examiner.seized.shares.iter();
    let share = share
        .filter(|((_, name), _)| *name == KeyName::Bucket)
        .find_map(|(_, held)| held.values().next());
    let key = examiner.keys.get(&KeyName::Bucket).or(share).copied();
    let most = examiner.seized.charter.terms().bucket_bits;
    let buckets: Vec<Bucket> = examiner
        .suspects
        .iter()
        .map(|s| {
            let key = key.unwrap_or(Scalar::ONE);
            Bucket::of(&finalize(&s.input, &(key * s.point)), most)
        })
        .collect();
    for (n, round) in examiner.seized.rounds.iter().enumerate() {
        if round.questions.is_empty() || examiner.found.named.contains_key(&n) {
            continue;
        }
        let mut named = Vec::new();
        if let Some(asked) = examiner.buckets.get(&n) {
            let fits = examiner.suspects.iter().zip(&buckets);
            let fits = fits.filter(|(_, b)| b.shorten(asked.bits) == *asked);
            named.extend(fits.map(|(s, _)| s.handle.clone()));
        }
        if named.is_empty() {
            named.push(
                examiner.suspects[n * 7 % examiner.suspects.len()]
                    .handle
                    .clone(),
            );
        }
        examiner.found.named.insert(n, named);
    }
}
