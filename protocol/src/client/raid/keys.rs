//! What shares and other secrets give away of the keys.

use super::curve::{at_zero, wide};
use super::examiner::Examiner;
use crate::oprf::{KeyName, ThresholdKey};
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use sha2::{Digest, Sha512};
use std::collections::BTreeMap;

/// What a scalar may turn out to be.
#[derive(Clone, Copy)]
enum Is {
    Key(KeyName),
    Share(u32, KeyName, u16),
}

/// Public halves, and what it would be to have the secret one.
fn targets(examiner: &Examiner<'_>) -> BTreeMap<[u8; 32], Is> {
    let mut targets = BTreeMap::new();
    for epoch in &examiner.seized.epochs {
        for (name, key) in &epoch.keys {
            targets.insert(*key.public().as_bytes(), Is::Key(*name));
            for (index, share) in key.shares() {
                let index = index.get();
                let held = examiner.seized.shares.get(&(epoch.number, *name));
                if held.is_none_or(|held| !held.contains_key(&index)) {
                    let is = Is::Share(epoch.number, *name, index);
                    targets.insert(*share.as_bytes(), is);
                }
            }
        }
    }
    targets
}

/// Whether a scalar is a key or a share that was not held before.
fn test(examiner: &mut Examiner<'_>, targets: &BTreeMap<[u8; 32], Is>, candidate: Scalar) -> bool {
    let public = RistrettoPoint::mul_base(&candidate).compress();
    match targets.get(public.as_bytes()) {
        None => return false,
        Some(Is::Key(name)) => {
            examiner.keys.insert(*name, candidate);
        }
        Some(Is::Share(epoch, name, index)) => {
            let held = examiner.shares.entry((*epoch, *name)).or_default();
            held.insert(*index, candidate);
        }
    }
    true
}

/// Two proofs with one nonce give the share away (04, 1.4): every two proofs of one keyholder.
pub(super) fn nonces(examiner: &mut Examiner<'_>) {
    let targets = targets(examiner);
    let mut proofs: BTreeMap<(usize, KeyName), Vec<[u8; 64]>> = BTreeMap::new();
    for round in &examiner.seized.rounds {
        for (place, answers) in &round.answers {
            for answer in answers {
                let of = proofs.entry((*place, answer.key)).or_default();
                of.push(*answer.evaluation.proof.as_bytes());
            }
        }
    }
    let (mut times, mut got) = (0, 0);
    for ((place, _), proofs) in proofs {
        if examiner.seized.seized(place).is_some() {
            continue;
        }
        let both = |proof: &[u8; 64]| {
            let half = |half: &[u8]| half.try_into().ok().and_then(|b| scalar(&b));
            Some((half(&proof[..32])?, half(&proof[32..])?))
        };
        let proofs: Vec<(Scalar, Scalar)> = proofs.iter().filter_map(both).collect();
        for pair in proofs.windows(2) {
            let [(c1, s1), (c2, s2)] = pair else { continue };
            times += 1;
            let share = (s1 - s2) * (c2 - c1).invert();
            if c1 != c2 && test(examiner, &targets, share) {
                got += 1;
                break;
            }
        }
    }
    examiner.note(
        "nonces",
        "took two proofs of one keyholder for such as have one nonce",
        times,
        got,
        0,
    );
}

fn scalar(bytes: &[u8; 32]) -> Option<Scalar> {
    Option::from(Scalar::from_canonical_bytes(*bytes))
}

/// Everything that is held, as a key or as the share that is lacking: secrets as they are, reduced,
/// hashed, clamped, added to each other; all 32 bytes in a row of what is public; small numbers.
pub(super) fn bytes_as_keys(examiner: &mut Examiner<'_>) {
    let seized = examiner.seized;
    let targets = targets(examiner);
    let mut candidates: Vec<Scalar> = (0u64..4096).map(Scalar::from).collect();
    let secrets = seized.secrets();
    for secret in &secrets {
        candidates.push(Scalar::from_bytes_mod_order(*secret));
        let hash: [u8; 64] = Sha512::digest(secret).into();
        candidates.push(wide(hash));
        let half = hash.first_chunk().copied().unwrap_or_default();
        let clamped = curve25519_dalek::scalar::clamp_integer(half);
        candidates.push(Scalar::from_bytes_mod_order(clamped));
    }
    for a in &secrets {
        for b in &secrets {
            let [a, b] = [a, b].map(|s| Scalar::from_bytes_mod_order(*s));
            candidates.extend([a + b, a - b, a * b]);
        }
    }
    let epochs = seized.epochs.iter().map(|e| &e.bytes);
    let records = seized.records.values().map(|r| r.bytes().to_vec());
    let some: Vec<Vec<u8>> = records.take(8).collect();
    for piece in seized.papers.iter().chain(epochs).chain(&some) {
        let all = piece.windows(32).filter_map(|w| scalar(w.try_into().ok()?));
        candidates.extend(all);
    }
    let times = candidates.len() as u64;
    let mut got = 0;
    for candidate in candidates {
        got += u64::from(test(examiner, &targets, candidate));
    }
    examiner.note(
        "guessed-keys",
        "took all bytes held for a key, or for the share that is lacking",
        times,
        got,
        0,
    );
}

/// Puts together what *t* shares of one epoch give. With fewer there is nothing to do here.
pub(super) fn interpolate(examiner: &mut Examiner<'_>) {
    let targets = targets(examiner);
    let threshold = examiner.threshold();
    for ((_, name), held) in examiner.shares.clone() {
        let some: BTreeMap<u16, Scalar> = held.into_iter().take(threshold).collect();
        if some.len() == threshold && test(examiner, &targets, at_zero(&some)) {
            assert!(examiner.keys.contains_key(&name));
        }
    }
}

/// Each share as if it were the key.
pub(super) fn single_shares(examiner: &mut Examiner<'_>) {
    let (mut times, mut got) = (0, 0);
    let mut all: BTreeMap<(u32, u16), BTreeMap<KeyName, Scalar>> = BTreeMap::new();
    for ((epoch, name), held) in &examiner.seized.shares {
        for (index, share) in held {
            let of = all.entry((*epoch, *index)).or_default();
            of.insert(*name, *share);
        }
    }
    for keys in all.values() {
        let (tried, opened) = examiner.try_keys(keys);
        times += tried;
        got += opened;
    }
    examiner.note(
        "share-as-key",
        "evaluated every suspect with one share alone",
        times,
        got,
        0,
    );
}

/// All shares of an epoch, as if they were enough; and with guesses for the one that lacks.
pub(super) fn too_few_shares(examiner: &mut Examiner<'_>) {
    let (mut times, mut got) = (0, 0);
    let threshold = examiner.threshold();
    let mut attempts: BTreeMap<(u32, u8), BTreeMap<KeyName, Scalar>> = BTreeMap::new();
    for ((epoch, name), held) in &examiner.seized.shares {
        if held.len() >= threshold {
            continue;
        }
        let lacking = (1..=u16::MAX).find(|i| !held.contains_key(i)).unwrap_or(1);
        let with = |guess: Scalar| {
            let mut points = held.clone();
            points.insert(lacking, guess);
            at_zero(&points)
        };
        let sum: Scalar = held.values().sum();
        let ways = [
            at_zero(held),
            sum,
            with(Scalar::ZERO),
            with(Scalar::ONE),
            with(sum),
        ];
        for (way, key) in (0u8..).zip(ways) {
            attempts
                .entry((*epoch, way))
                .or_default()
                .insert(*name, key);
        }
    }
    for keys in attempts.values() {
        let (tried, opened) = examiner.try_keys(keys);
        times += tried;
        got += opened;
    }
    examiner.note(
        "too-few-shares",
        "combined fewer shares than it takes, alone and with guesses for one that lacks",
        times,
        got,
        0,
    );
}

/// Shares of different epochs, as if they were of one.
pub(super) fn mixed_epochs(examiner: &mut Examiner<'_>) {
    let threshold = examiner.threshold();
    let mut all: BTreeMap<KeyName, Vec<(u16, Scalar)>> = BTreeMap::new();
    for ((_, name), held) in &examiner.seized.shares {
        let of = all.entry(*name).or_default();
        of.extend(held.iter().map(|(i, share)| (*i, *share)));
    }
    let mut keys = BTreeMap::new();
    let epochs = examiner.seized.shares.keys().map(|(epoch, _)| epoch);
    if epochs.min() != examiner.seized.shares.keys().map(|(e, _)| e).max() {
        for (name, shares) in all {
            // Of one keyholder's two shares the later stays.
            let mixed: BTreeMap<u16, Scalar> = shares.into_iter().collect();
            if mixed.len() >= threshold {
                keys.insert(name, at_zero(&mixed.into_iter().take(threshold).collect()));
            }
        }
    }
    let (times, got) = examiner.try_keys(&keys);
    examiner.note(
        "mixed-epochs",
        "combined shares of different epochs",
        times,
        got,
        0,
    );
}

/// The client's own code, told that fewer shares are enough.
pub(super) fn lower_threshold(examiner: &mut Examiner<'_>) {
    let (mut times, mut got) = (0, 0);
    for epoch in &examiner.seized.epochs {
        for (name, key) in &epoch.keys {
            for threshold in 1..key.threshold() {
                times += 1;
                let lower =
                    ThresholdKey::new(*name, threshold, *key.public(), key.shares().clone());
                got += u64::from(lower.is_ok());
            }
        }
    }
    examiner.note(
        "lower-threshold",
        "told the client's code that fewer shares are enough",
        times,
        got,
        0,
    );
}

/// Keys that it came by, whichever way: this must open everything.
pub(super) fn whole_keys(examiner: &mut Examiner<'_>) {
    let keys = examiner.keys.clone();
    if !keys.is_empty() {
        // What a wrong key made it guess is forgotten.
        examiner.found.guessed.clear();
    }
    let (times, got) = examiner.try_keys(&keys);
    examiner.note(
        "whole-keys",
        "evaluated every suspect with whole keys that it came by",
        times,
        got,
        0,
    );
}
