//! A crash changes nothing, and neither does the order in which messages come.

use super::*;
use crate::ceremony::message::Join;

/// The board at the end, and the shares.
fn ended(mut run: Run) -> (BTreeSet<Vec<u8>>, Vec<Vec<u8>>) {
    run.play();
    run.certificate();
    let boards = run.players.values().map(|p| p.ceremony.board().to_bytes());
    let boards = boards.collect();
    let shares = run.shares();
    let shares = shares.values().flat_map(|s| s.values());
    (
        boards,
        shares.map(|share| share.to_bytes().to_vec()).collect(),
    )
}

/// Whoever is started anew before every single step says what it would have said, and comes to the
/// same shares. The seeds are one run's, the order of messages is not.
fn compare(town: &Town, plan: &Plan, shares: &BTreeMap<NodeKey, Shares>) {
    let run = |order: u64, crashing: bool| {
        let mut run = Run::new(town, plan, shares.clone(), 9);
        run.entropy = Drbg::new(order, "order");
        run.crashing = crashing;
        ended(run)
    };
    let calm = run(1, false);
    assert_eq!(calm.0.len(), 1, "all boards are one");
    assert_eq!(calm, run(2, false), "another order");
    assert_eq!(calm, run(3, true), "crashes");
}

#[test]
fn a_generation_is_the_same_with_a_crash_before_every_step_and_in_any_order() {
    let mut town = Town::new(3, 3, 2, 11);
    let plan = generate(&mut town, &[0, 1, 2], 2, &two_keys());
    compare(&town, &plan, &BTreeMap::new());
}

#[test]
fn a_reshare_is_the_same_with_a_crash_before_every_step_and_in_any_order() {
    let mut made = Made::new(5, 3, 2, 12, &two_keys());
    let ahead = [KeyName::Handle(season(1))];
    let terms = made.renewal(&[0, 2], &[1, 2, 3, 4], 3, &ahead);
    let plan = made.check(&terms, &[1, 2, 3, 4], 3).unwrap();
    compare(&made.town, &plan, &made.shares);
}

#[test]
fn asking_again_changes_nothing() {
    let mut town = Town::new(3, 3, 2, 13);
    let plan = generate(&mut town, &[0, 1, 2], 2, &two_keys());
    let run = Run::new(&town, &plan, BTreeMap::new(), 13);
    let mut ceremony = run.players.into_values().next().unwrap().ceremony;
    let mut said = || match ceremony.poll().unwrap() {
        Next::Post(message) => message,
        other => panic!("{other:?}"),
    };
    assert_eq!(said(), said());
}

#[test]
fn another_seed_than_the_one_that_joined_is_refused() {
    let mut town = Town::new(3, 3, 2, 14);
    let plan = generate(&mut town, &[0, 1, 2], 2, &two_keys());
    let mut run = Run::new(&town, &plan, BTreeMap::new(), 14);
    run.play();
    for player in run.players.values() {
        let board = player.ceremony.board().clone();
        let other = participant(&player.key, [9; 32], Shares::default());
        let refused = Ceremony::open(board, other, TODAY).unwrap_err();
        assert_eq!(refused, CeremonyError::OtherSeed);
    }
}

/// Not even one with the same one-time keys and nonce: its parts would not fit what is shown.
#[test]
fn another_polynomial_than_the_one_that_is_shown_is_refused() {
    let mut town = Town::new(3, 3, 2, 19);
    let plan = generate(&mut town, &[0, 1, 2], 2, &two_keys());
    let key = town.nodes[0].clone();
    let join = |seed: u8| {
        let board = Board::new(plan.clone());
        let participant = participant(&key, [seed; 32], Shares::default());
        match Ceremony::open(board, participant, TODAY).unwrap().poll() {
            Ok(Next::Post(message)) => message,
            other => panic!("{other:?}"),
        }
    };
    let body = |message: &[u8]| Join::decode(Envelope::parse(message).unwrap().body).unwrap();
    let (own, other) = (join(1), join(2));
    let open = |message: &[u8]| {
        let mut board = Board::new(plan.clone());
        board.post(message).unwrap();
        let participant = participant(&key, [1; 32], Shares::default());
        Ceremony::open(board, participant, TODAY).map(|_| ())
    };
    assert_eq!(open(&own), Ok(()));
    let mixed = Join {
        shown: body(&other).shown,
        ..body(&own)
    };
    let federation = town.charter.federation();
    let mixed = sign(federation, plan.digest(), &key, Step::Join, &mixed.encode());
    assert_eq!(open(&mixed), Err(CeremonyError::OtherSeed));
}

#[test]
fn nobody_signs_two_certificates_of_one_epoch() {
    let mut town = Town::new(3, 3, 2, 15);
    let plan = generate(&mut town, &[0, 1, 2], 2, &two_keys());
    let other = generate(&mut town, &[0, 1, 2], 2, &two_keys());
    assert_ne!(plan.digest(), other.digest());
    let key = town.nodes[0].clone();
    let open = |epoch: u32, of: &Plan| {
        let participant = Participant {
            signed: Some(LastSigned {
                epoch,
                plan: digest_of(of),
            }),
            ..participant(&key, [1; 32], Shares::default())
        };
        Ceremony::open(Board::new(plan.clone()), participant, TODAY).map(|_| ())
    };
    assert_eq!(open(0, &other), Ok(()));
    assert_eq!(open(1, &plan), Ok(()));
    for signed in [1, 2] {
        let refused = CeremonyError::Epoch { signed, planned: 1 };
        assert_eq!(open(signed, &other), Err(refused));
    }
}

#[test]
fn of_two_ceremonies_that_are_open_at_once_one_is_signed() {
    let mut town = Town::new(3, 3, 2, 17);
    let plan = generate(&mut town, &[0, 1, 2], 2, &two_keys());
    let other = generate(&mut town, &[0, 1, 2], 2, &two_keys());
    let board = Board::new(plan);
    let participant = participant(&town.nodes[0], [1; 32], Shares::default());
    let mut ceremony = Ceremony::open(board, participant, TODAY).unwrap();
    let last = |epoch| {
        Some(LastSigned {
            epoch,
            plan: digest_of(&other),
        })
    };
    // The other one was signed after this one was opened.
    for signed in [1, 2] {
        let refused = CeremonyError::Epoch { signed, planned: 1 };
        assert_eq!(ceremony.stored(last(signed)), Err(refused));
    }
    assert_eq!(ceremony.stored(last(0)), Ok(()));
}

#[test]
fn whoever_stops_twice_says_it_once() {
    let mut town = Town::new(3, 3, 2, 18);
    let plan = generate(&mut town, &[0, 1, 2], 2, &two_keys());
    let mut ceremony = Ceremony::open(
        Board::new(plan),
        participant(&town.nodes[0], [1; 32], Shares::default()),
        TODAY,
    )
    .unwrap();
    let first = ceremony.stop(Reason::Silence).unwrap();
    ceremony.receive(&first).unwrap();
    assert_eq!(ceremony.stop(Reason::Withdrawn).unwrap(), first);
}

/// By organisation: one that has two nodes signs each with another key.
#[test]
fn two_certificates_of_one_epoch_name_who_signed_both() {
    let mut town = Town::new(3, 3, 2, 16);
    let mut made = Vec::new();
    for seed in [1, 2] {
        if seed == 2 {
            town.another_node(0);
        }
        let plan = generate(&mut town, &[0, 1, 2], 2, &two_keys());
        let mut run = Run::new(&town, &plan, BTreeMap::new(), seed);
        run.play();
        made.push(town.certified(&[0, 1, 2], 2, &run.certificate()));
    }
    assert_eq!(made[0].epoch(), made[1].epoch());
    assert_ne!(made[0].signers(), made[1].signers());
    let all: BTreeSet<_> = town.roots.iter().map(SecretKey::organisation).collect();
    assert_eq!(made[0].signed_twice(&made[1]), all);
    assert!(made[0].signed_twice(&made[0]).is_empty());
}

#[test]
fn a_seed_and_shares_never_print() {
    let seed = CeremonySeed::from_bytes([0xab; 32]);
    assert_eq!(format!("{seed:?}"), "CeremonySeed(…)");
    let mut town = Town::new(3, 3, 2, 17);
    let plan = generate(&mut town, &[0, 1, 2], 2, &two_keys());
    let mut run = Run::new(&town, &plan, BTreeMap::new(), 17);
    run.play();
    for player in run.players.values() {
        let secret = hex::encode(player.seed);
        let printed = format!("{:?} {:?}", player.ceremony, player.stored);
        assert!(printed.contains('…') && !printed.contains(&secret));
    }
}
