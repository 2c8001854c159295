//! Private look-up as a game: an adversary plays one node, keeps all that passes through it for a
//! month, has evaluated a thousand suspects, and guesses.
//!
//! In each round one of two things happens, by a coin. The adversary learns the coin of the first
//! half of the rounds and must tell those of the second half, by whatever in its transcripts goes
//! with it: lengths, bits, strings that come back, strings that it knows of its suspects. What it
//! gets right beyond one half is its advantage.

use super::ask::Outbox;
use super::evaluate::{Evaluating, Step};
use super::testing::{Seeded, World};
use super::tests::{file_one, says};
use super::*;
use crate::entropy::Entropy;
use crate::handle::Handle;
use crate::oprf::KeyName;
use crate::seal::HandleName;
use std::collections::{BTreeMap, BTreeSet};

const ROUNDS: usize = 240;
/// Four standard deviations of what chance alone gives, of half the rounds.
const CHANCE: f64 = 4.0 * 0.5 / 10.95;
const STRING: usize = 8;

/// What the adversary keeps of one round, and the coin.
type Round = (Vec<u8>, bool);

/// Learns on the first half, guesses on the second; gives what it got right beyond one half.
fn advantage(rounds: &[Round], known: &BTreeSet<[u8; STRING]>) -> f64 {
    let (lessons, tests) = rounds.split_at(rounds.len() / 2);
    let mut lengths: BTreeMap<usize, [f64; 2]> = BTreeMap::new();
    let mut strings: BTreeMap<[u8; STRING], [f64; 2]> = BTreeMap::new();
    let mut suspects = [1.0; 2];
    let mut bits: Vec<[f64; 2]> = Vec::new();
    let mut of = [1.0; 2];
    let windows = |seen: &[u8]| -> BTreeSet<[u8; STRING]> {
        seen.windows(STRING)
            .map(|w| w.try_into().unwrap())
            .collect()
    };
    for (seen, coin) in lessons {
        let coin = usize::from(*coin);
        of[coin] += 1.0;
        lengths.entry(seen.len()).or_insert([1.0; 2])[coin] += 1.0;
        for string in windows(seen) {
            suspects[coin] += f64::from(u8::from(known.contains(&string)));
            strings.entry(string).or_insert([1.0; 2])[coin] += 1.0;
        }
        bits.resize(bits.len().max(seen.len() * 8), [1.0; 2]);
        for (n, bit) in bits.iter_mut().enumerate().take(seen.len() * 8) {
            bit[coin] += f64::from(seen[n / 8] >> (n % 8) & 1);
        }
    }
    let mut right = 0;
    for (seen, coin) in tests {
        let mut score = 0.0;
        let mut weigh = |counts: &[f64; 2], weight: f64| {
            score += weight * ((counts[1] / of[1]) / (counts[0] / of[0])).ln();
        };
        if let Some(counts) = lengths.get(&seen.len()) {
            weigh(counts, 10.0);
        }
        for string in windows(seen) {
            if let Some(counts) = strings.get(&string) {
                weigh(counts, 1.0);
            }
            if known.contains(&string) {
                weigh(&suspects, 10.0);
            }
        }
        for (n, bit) in bits.iter().enumerate().take(seen.len() * 8) {
            if seen[n / 8] >> (n % 8) & 1 == 1 {
                weigh(bit, 0.1);
            }
        }
        right += usize::from((score > 0.0) == *coin);
    }
    right as f64 / tests.len() as f64 - 0.5
}

/// All that is derived from suspects' handles: outputs and labels.
fn evaluate_suspects(world: &mut World, suspects: &[Handle]) -> BTreeSet<[u8; STRING]> {
    let federation = world.federation(2);
    let inputs: Vec<Vec<u8>> = suspects.iter().map(Handle::oprf_input).collect();
    let seasons = federation.seasons(KeyName::Handle);
    let keys = seasons.iter().copied().map(KeyName::Handle);
    let mut entropy = Seeded::new(99);
    let mut known = BTreeSet::new();
    let mut evaluating = Evaluating::new(
        &federation,
        &inputs,
        keys.chain([KeyName::Bucket]),
        &mut entropy,
    )
    .unwrap();
    let mut outbox = Outbox::new();
    evaluating.ask(&mut outbox, ());
    let asks = outbox.drain();
    let answer = world.answer(2, &asks[0]);
    let Step::Done(outputs) = evaluating
        .answer(&federation, answer, &mut BTreeSet::new())
        .unwrap()
    else {
        panic!("the keyholders are up")
    };
    let mut learn = |bytes: &[u8]| {
        known.extend(
            bytes
                .windows(STRING)
                .map(|w| <[u8; STRING]>::try_from(w).unwrap()),
        );
    };
    for (key, outputs) in outputs {
        for output in outputs {
            learn(output.as_bytes());
            if let KeyName::Handle(season) = key {
                learn(&HandleName::new(season, output).label().0);
            }
        }
    }
    for suspect in suspects {
        learn(&suspect.oprf_input());
    }
    known
}

/// A month of rounds: in each, whoever uses node 1 as home looks up the first handle or the second.
/// Gives what `watch` kept of each.
fn month(
    world: &mut World,
    handles: [&str; 2],
    entropy: &mut dyn Entropy,
    mut watch: impl FnMut(&mut World) -> Vec<u8>,
) -> Vec<Round> {
    let mut coins = Seeded::new(5);
    let first = world.today;
    let mut rounds = Vec::new();
    for n in 0..ROUNDS {
        world.today = first.plus(u32::try_from(n * 30 / ROUNDS).unwrap());
        let mut coin = [0];
        coins.fill(&mut coin);
        let coin = coin[0] & 1 == 1;
        world.passed.clear();
        world.blinded.clear();
        world.heard.clear();
        let federation = world.federation(1);
        let handle = Handle::from_canonical(handles[usize::from(coin)]).unwrap();
        let check = Check::new(&federation, vec![handle], CheckOptions::default(), entropy);
        world.carry(1, check.unwrap()).unwrap();
        rounds.push((watch(world), coin));
    }
    world.today = first;
    rounds
}

/// One number that is reported often, one never, among a thousand suspects.
fn world() -> (World, [&'static str; 2], BTreeSet<[u8; STRING]>) {
    let mut world = World::new(3, 2);
    let handles = ["phone:+33639981234", "phone:+33639980000"];
    for text in ["a", "b", "c"] {
        file_one(&mut world, 0, says(&[handles[0]], text));
    }
    for n in 0..20 {
        let other = format!("phone:+3363997{n:04}");
        file_one(&mut world, 2, says(&[&other], "x"));
    }
    let numbers = (0..998).map(|n| format!("phone:+3363997{n:04}"));
    let suspects: Vec<Handle> = numbers
        .chain(handles.map(str::to_owned))
        .map(|n| Handle::from_canonical(&n).unwrap())
        .collect();
    let known = evaluate_suspects(&mut world, &suspects);
    (world, handles, known)
}

#[test]
fn the_home_node_learns_neither_what_was_asked_nor_whether_it_was_found() {
    let (mut world, handles, known) = world();
    let rounds = month(&mut world, handles, &mut Seeded::new(11), |world| {
        // Enough of each message to see whatever does not hang on chance alone.
        let heads = world.passed.iter().map(|m| {
            let mut kept = m.get(..900).unwrap_or(m).to_vec();
            kept.extend_from_slice(&(m.len() as u64).to_be_bytes());
            kept
        });
        heads.flatten().collect()
    });
    let advantage = advantage(&rounds, &known);
    assert!(advantage.abs() < CHANCE, "advantage {advantage}");
}

#[test]
fn a_keyholder_learns_nothing_from_what_it_evaluates() {
    let (mut world, handles, known) = world();
    let rounds = month(&mut world, handles, &mut Seeded::new(12), |world| {
        world.blinded.clone()
    });
    let advantage = advantage(&rounds, &known);
    assert!(advantage.abs() < CHANCE, "advantage {advantage}");
}

/// The list is small, and both numbers lie in one bucket: all of it.
#[test]
fn the_answering_node_learns_a_bucket_and_not_whether_what_was_asked_is_in_it() {
    let (mut world, handles, known) = world();
    for node in &mut world.nodes {
        node.says_carried = Some(1);
    }
    let rounds = month(&mut world, handles, &mut Seeded::new(13), |world| {
        format!("{:?}", world.heard).into_bytes()
    });
    let advantage = advantage(&rounds, &known);
    assert!(advantage.abs() < CHANCE, "advantage {advantage}");
}

/// The same adversary, against a client that blinds with the same number each time; against one
/// that would fetch what it found; against one that would send a label. So it can see.
#[test]
fn the_adversary_sees_what_there_is_to_be_seen() {
    struct Same;
    impl Entropy for Same {
        fn fill(&mut self, out: &mut [u8]) {
            out.fill(7);
        }
    }
    let (mut world, handles, known) = world();
    let same = month(&mut world, handles, &mut Same, |world| {
        world.blinded.clone()
    });
    assert!(advantage(&same, &known) > 0.45);

    let chatty = |world: &mut World| vec![0; world.passed.len()];
    let mut rounds = month(&mut world, handles, &mut Seeded::new(14), chatty);
    assert!(advantage(&rounds, &known).abs() < CHANCE);
    for (seen, coin) in &mut rounds {
        seen.resize(seen.len() + usize::from(!*coin), 0);
    }
    assert!(advantage(&rounds, &known) > 0.45);

    // Of one suspect among a thousand, in half of the rounds.
    let string = *known.first().unwrap();
    for (n, (seen, coin)) in rounds.iter_mut().enumerate() {
        let noise = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
        *seen = if *coin {
            string.to_vec()
        } else {
            noise.to_vec()
        };
    }
    assert!(advantage(&rounds, &known) > 0.45);
}
