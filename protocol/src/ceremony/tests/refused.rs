//! What does not belong to a ceremony is refused and changes nothing.

use super::super::message::Echo;
use super::*;
use crate::limits::{MAX_CEREMONY_KEYS, MAX_PLAN_DAYS};
use proptest::prelude::*;

/// A whole board, and the plan of another ceremony of the same federation.
fn boards() -> (Town, Board, Board) {
    let mut town = Town::new(3, 3, 2, 31);
    let mut boards = Vec::new();
    for seed in [1, 2] {
        let plan = generate(&mut town, &[0, 1, 2], 2, &two_keys());
        let mut run = Run::new(&town, &plan, BTreeMap::new(), seed);
        run.play();
        let player = run.players.into_values().next().unwrap();
        boards.push(player.ceremony.board().clone());
    }
    let other = boards.pop().unwrap();
    (town, boards.pop().unwrap(), other)
}

#[test]
fn messages_of_another_ceremony_another_sender_and_twice_change_nothing() {
    let (town, board, other) = boards();
    let mut ours = board.clone();
    let before = ours.to_bytes();
    for message in other.messages() {
        assert_eq!(ours.post(message), Err(Refused::OtherCeremony));
    }
    for message in board.messages() {
        assert_eq!(ours.post(message), Ok(Posted::Known));
    }
    assert_eq!(ours.to_bytes(), before);

    let mut empty = Board::new(board.plan().clone());
    let federation = board.plan().terms().federation;
    let plan = board.plan().digest();
    for message in board.messages() {
        let envelope = Envelope::parse(message).unwrap();
        // One participant's message under another one's name.
        let thief = town
            .nodes
            .iter()
            .find(|k| k.node() != envelope.sender)
            .unwrap();
        let mut forged = sign(&federation, plan, thief, envelope.step, envelope.body);
        let at = forged
            .windows(32)
            .position(|w| w == thief.public())
            .unwrap();
        forged[at..at + 32].copy_from_slice(envelope.sender.as_bytes());
        assert_eq!(empty.post(&forged), Err(Refused::Signature));
        // Somebody who is not in the plan, and a federation that is not this one.
        let stranger = SecretKey::from_seed([4; 32]);
        let strange = sign(&federation, plan, &stranger, envelope.step, envelope.body);
        assert_eq!(empty.post(&strange), Err(Refused::Stranger));
        let elsewhere = crate::ids::FederationId::from_bytes([1; 32]);
        let sender = town.key_of(&envelope.sender);
        let strayed = sign(&elsewhere, plan, sender, envelope.step, envelope.body);
        assert_eq!(empty.post(&strayed), Err(Refused::Signature));
        assert!(empty.messages().next().is_none());
    }
}

/// Somebody signs nonsense beside each of its messages: in whatever order all that comes, it is judged alike,
/// also when a node has started again and reads its board.
#[test]
fn nonsense_beside_a_message_is_judged_alike_in_any_order() {
    let (town, board, _) = boards();
    let federation = board.plan().terms().federation;
    let mut later: Vec<Vec<u8>> = board.messages().map(<[u8]>::to_vec).collect();
    // The joins come last.
    let step = |message: &[u8]| Envelope::parse(message).unwrap().step;
    later.sort_by_key(|message| core::cmp::Reverse(step(message)));
    for message in &later {
        let envelope = Envelope::parse(message).unwrap();
        let (sender, step) = (envelope.sender, envelope.step);
        let key = town.key_of(&sender);
        for n in 0..4u8 {
            let nonsense = sign(&federation, board.plan().digest(), key, step, &[n; 9]);
            let mut live = board.clone();
            live.post(&nonsense).unwrap();
            let standing = live.standing();
            let twice = Blame {
                culprit: sender,
                fault: Fault::Two(step),
            };
            let (Standing::Made { blame, .. } | Standing::Stopped(Why::Blame(blame))) = &standing
            else {
                panic!("{standing:?}")
            };
            assert!(blame.contains(&twice));
            let mut again = Board::new(board.plan().clone());
            again.post(&nonsense).unwrap();
            for message in &later {
                again.post(message).unwrap();
            }
            assert_eq!(again.to_bytes(), live.to_bytes());
            assert_eq!(again.standing(), standing, "{step:?}");
        }
    }
}

#[test]
fn a_third_message_of_one_step_is_not_kept() {
    let (town, board, _) = boards();
    let mut ours = Board::new(board.plan().clone());
    let federation = board.plan().terms().federation;
    let say = |n: u8| {
        let echo = Echo {
            transcript: [n; 32],
            nonce: [n; 32],
        };
        let body = echo.encode();
        sign(
            &federation,
            board.plan().digest(),
            &town.nodes[0],
            Step::Echo,
            &body,
        )
    };
    assert_eq!(ours.post(&say(1)), Ok(Posted::New));
    assert_eq!(ours.post(&say(2)), Ok(Posted::New));
    assert_eq!(ours.post(&say(3)), Err(Refused::Enough));
    assert_eq!(ours.messages().count(), 2);
}

#[test]
fn who_has_no_such_step_is_a_stranger_in_it() {
    let mut made = Made::new(5, 3, 2, 32, &two_keys());
    let holders = [2, 3, 4];
    let terms = made.renewal(&[0, 1], &holders, 2, &two_keys());
    let plan = made.check(&terms, &holders, 2).unwrap();
    let federation = plan.terms().federation;
    let mut board = Board::new(plan.clone());
    let mut post = |who: usize, step| {
        let message = sign(&federation, plan.digest(), &made.town.nodes[who], step, b"");
        board.post(&message)
    };
    // A dealer that leaves signs no certificate; a holder that is new deals nothing.
    assert_eq!(post(0, Step::Done), Err(Refused::Stranger));
    assert_eq!(post(3, Step::Deal), Err(Refused::Stranger));
}

#[test]
fn a_board_survives_its_bytes_and_two_boards_find_out_what_each_lacks() {
    let (town, board, _) = boards();
    let basis = town.basis(&[0, 1, 2], 2, None);
    let bytes = board.to_bytes();
    let again = Board::from_bytes(&bytes, &basis).unwrap();
    assert_eq!(again.to_bytes(), bytes);
    assert_eq!(again.standing(), board.standing());
    let mut less = Board::new(board.plan().clone());
    for message in board.messages().step_by(2) {
        less.post(message).unwrap();
    }
    for message in board.lacking(&less.digests()) {
        less.post(message).unwrap();
    }
    assert_eq!(less.to_bytes(), bytes);
    assert!(board.lacking(&less.digests()).is_empty());
}

fn drop_key(_: Option<Making>) {}

fn refused(town: &Town, terms: &PlanTerms, certificate: Option<&Certificate>) -> PlanError {
    let starter = town.key_of(&terms.starter);
    let basis = town.basis(&[0, 1, 2], 2, certificate);
    Plan::from_bytes(&terms.sign(starter), &basis).unwrap_err()
}

#[test]
fn a_plan_that_does_not_fit_the_charter_is_refused() {
    let mut town = Town::new(4, 3, 2, 33);
    let good = town.terms(&[0, 1, 2], 2, None, &two_keys());
    let check = |change: &dyn Fn(&mut PlanTerms), word: &str| {
        let mut terms = good.clone();
        change(&mut terms);
        assert_eq!(refused(&town, &terms, None).word(), word);
    };
    check(
        &|t| t.federation = crate::ids::FederationId::from_bytes([1; 32]),
        "federation",
    );
    check(&|t| t.charter = [9; 32], "charter");
    check(&|t| t.threshold = 3, "threshold");
    check(&|t| t.threshold = 1, "threshold");
    check(&|t| t.holders.truncate(1), "holders");
    let none = crate::oprf::ShareIndex::new(4).unwrap();
    check(&|t| t.holders[2].index = none, "holders");
    check(&|t| t.holders[1].node = t.holders[0].node, "malformed");
    check(&|t| t.holders.swap(0, 1), "malformed");
    let node = town.nodes[3].node();
    check(&|t| t.holders[1].node = node, "holders");
    let root = town.roots[3].organisation();
    check(
        &|t| (t.holders[1].node, t.holders[1].organisation) = (node, root),
        "holders",
    );
    check(&|t| t.day = TODAY.plus(61), "holders");
    check(&|t| t.starter = node, "starter");
    check(&|t| t.epoch = 0, "epoch");
    check(&|t| t.keys.clear(), "malformed");
    let many = (0..)
        .map(season)
        .map(KeyName::Handle)
        .take(MAX_CEREMONY_KEYS + 1);
    let many: Vec<KeyName> = many.collect();
    check(
        &|t| t.keys = many.iter().map(|name| (*name, Making::Generate)).collect(),
        "malformed",
    );
    let past = KeyName::Handle(Season::from_index(TODAY.season().index() - 1));
    let far = KeyName::Area(season(6));
    for name in [past, far] {
        check(&|t| drop_key(t.keys.insert(name, Making::Generate)), "keys");
    }
    check(
        &|t| drop_key(t.keys.insert(KeyName::Bucket, Making::Reshare)),
        "keys",
    );
    // Somebody else's signature, and bytes that changed.
    let forged = good.sign(&town.nodes[3]);
    let basis = town.basis(&[0, 1, 2], 2, None);
    assert_eq!(
        Plan::from_bytes(&forged, &basis).unwrap_err(),
        PlanError::Signature
    );
}

#[test]
fn a_plan_that_does_not_fit_the_certificate_is_refused() {
    let mut made = Made::new(4, 3, 2, 34, &two_keys());
    let good = made.renewal(&[0, 1], &[0, 1, 2], 2, &[]);
    assert!(made.check(&good, &[0, 1, 2], 2).is_ok());
    let check = |change: &dyn Fn(&mut PlanTerms), word: &str| {
        let mut terms = good.clone();
        change(&mut terms);
        let no = refused(&made.town, &terms, Some(&made.certificate));
        assert_eq!(no.word(), word, "{no}");
    };
    check(&|t| t.epoch = 1, "epoch");
    check(
        &|t| t.old.as_mut().unwrap().certificate = [1; 32],
        "certificate",
    );
    check(&|t| t.old = None, "certificate");
    check(&|t| t.old.as_mut().unwrap().dealers.truncate(1), "dealers");
    let seat = Seat {
        index: index(3),
        organisation: made.town.roots[2].organisation(),
        node: made.town.nodes[2].node(),
    };
    check(&|t| t.old.as_mut().unwrap().dealers.push(seat), "dealers");
    check(
        &|t| t.old.as_mut().unwrap().dealers[1].index = index(4),
        "dealers",
    );
    // Members that hold no share, or another one, in the place of who holds it.
    for at in [2, 3] {
        let root = made.town.roots[at].organisation();
        let node = made.town.nodes[at].node();
        let seat = |t: &mut PlanTerms| {
            let dealer = &mut t.old.as_mut().unwrap().dealers[1];
            (dealer.organisation, dealer.node) = (root, node);
        };
        check(&seat, "dealers");
    }
    check(
        &|t| t.old.as_mut().unwrap().dealers[1].node = made.town.nodes[3].node(),
        "dealers",
    );
    check(&|t| drop_key(t.keys.remove(&KeyName::Bucket)), "keys");
    check(
        &|t| drop_key(t.keys.insert(KeyName::Bucket, Making::Generate)),
        "keys",
    );
    check(
        &|t| drop_key(t.keys.insert(KeyName::Area(season(0)), Making::Reshare)),
        "keys",
    );
    // Without the certificate nothing can be reshared.
    assert_eq!(
        refused(&made.town, &good, None),
        PlanError::OtherCertificate
    );
    // Keys of seasons that are over may go, and only they: not while a clock that is two days wrong
    // may take the season for live.
    let mut later = good.clone();
    later.keys.remove(&two_keys()[1]);
    for days in 0..=2 {
        later.day = season(0).last_day().plus(days);
        assert_eq!(
            refused(&made.town, &later, Some(&made.certificate)).word(),
            "keys"
        );
    }
    later.day = season(0).last_day().plus(3);
    let starter = made.town.key_of(&later.starter);
    let basis = made.town.basis(&[0, 1, 2], 2, Some(&made.certificate));
    assert!(Plan::from_bytes(&later.sign(starter), &basis).is_ok());
}

#[test]
fn a_dealt_certificate_is_never_reshared() {
    let mut town = Town::new(3, 3, 2, 35);
    let dealt = crate::oprf::deal(KeyName::Bucket, 2, 3, &mut town.entropy).unwrap();
    let keys = BTreeMap::from([(KeyName::Bucket, dealt.key)]);
    let federation = *town.charter.federation();
    let mut unsigned = Certificate::unsigned(&federation, 4, TODAY, true, &keys);
    for node in &town.nodes {
        Certificate::sign_with(&mut unsigned, &federation, node);
    }
    let certificate = Certificate::from_bytes(&unsigned.write(), &town.charter, &town.directory);
    let certificate = certificate.unwrap();
    // A draft makes new keys, and calls for a higher epoch.
    let terms = town.terms(&[0, 1, 2], 2, Some((&certificate, &[])), &two_keys());
    assert_eq!(terms.epoch, 5);
    assert!(terms.old.is_none());
    assert!(
        terms
            .keys
            .values()
            .all(|making| *making == Making::Generate)
    );
    let starter = town.key_of(&terms.starter);
    let basis = town.basis(&[0, 1, 2], 2, Some(&certificate));
    assert!(Plan::from_bytes(&terms.sign(starter), &basis).is_ok());
    // Whoever insists is refused.
    let seat = |i: usize| Seat {
        index: index(i + 1),
        organisation: town.roots[i].organisation(),
        node: town.nodes[i].node(),
    };
    let mut insists = terms;
    insists.old = Some(Old {
        certificate: *certificate.digest(),
        dealers: vec![seat(0), seat(1)],
    });
    insists.keys = BTreeMap::from([(KeyName::Bucket, Making::Reshare)]);
    assert_eq!(
        refused(&town, &insists, Some(&certificate)),
        PlanError::Dealt
    );
}

#[test]
fn a_plan_is_joined_in_its_time_and_by_whom_it_names() {
    let mut town = Town::new(4, 3, 2, 36);
    let plan = generate(&mut town, &[0, 1, 2], 2, &two_keys());
    let open = |who: usize, today: Day| {
        let participant = participant(&town.nodes[who], [1; 32], Shares::default());
        Ceremony::open(Board::new(plan.clone()), participant, today).map(|_| ())
    };
    assert_eq!(open(3, TODAY), Err(CeremonyError::NotNamed));
    for (today, taken) in [
        (TODAY.minus(3), false),
        (TODAY.minus(2), true),
        (TODAY.plus(MAX_PLAN_DAYS), true),
        (TODAY.plus(MAX_PLAN_DAYS + 1), false),
    ] {
        assert_eq!(open(0, today).is_ok(), taken, "{today}");
    }
}

#[test]
fn a_dealer_without_its_certified_share_finds_out_before_it_speaks() {
    let mut made = Made::new(3, 3, 2, 37, &two_keys());
    let terms = made.renewal(&[0, 1], &[0, 1, 2], 2, &[]);
    let plan = made.check(&terms, &[0, 1, 2], 2).unwrap();
    let key = made.town.nodes[0].clone();
    let other = made.shares[&made.town.nodes[1].node()].clone();
    for shares in [Shares::default(), other] {
        let participant = participant(&key, [1; 32], shares);
        let refused = Ceremony::open(Board::new(plan.clone()), participant, TODAY).unwrap_err();
        assert_eq!(refused, CeremonyError::Share(KeyName::Bucket));
    }
}

#[test]
fn a_certificate_that_nobody_dealt_says_where_it_comes_from() {
    let made = Made::new(3, 3, 2, 38, &two_keys());
    let provenance = made.certificate.ceremony().unwrap();
    assert_eq!(provenance.charter, [3; 32]);
    let federation = *made.town.charter.federation();
    let keys = made.certificate.keys().map(|key| (key.name(), key.clone()));
    let keys: BTreeMap<_, _> = keys.collect();
    // One that was not dealt and comes from no ceremony counts nowhere.
    let mut unsigned = Certificate::unsigned(&federation, 1, TODAY, false, &keys);
    for node in &made.town.nodes {
        Certificate::sign_with(&mut unsigned, &federation, node);
    }
    let keyholders = made.town.keyholders(&[0, 1, 2], 2);
    let read = Certificate::held_against(&unsigned.write(), &keyholders, &made.town.directory);
    assert!(read.is_err());
}

/// Whatever is flipped in a message, and wherever it is cut, it changes nothing.
#[test]
fn no_flipped_bit_goes_on_the_board() {
    let (_, board, _) = boards();
    let message = board.messages().nth(1).unwrap().to_vec();
    let mut empty = Board::new(board.plan().clone());
    for bit in 0..message.len() * 8 {
        let mut bad = message.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(empty.post(&bad).is_err(), "bit {bit}");
    }
    for end in 0..message.len() {
        assert!(empty.post(&message[..end]).is_err(), "after {end} bytes");
    }
    assert!(empty.messages().next().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Hostile bytes: refused or not, nothing panics, and a board that is read is the one written.
    #[test]
    fn hostile_boards_are_read_or_refused(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        at in any::<proptest::sample::Index>(),
        with in any::<u8>(),
    ) {
        let _ = Board::split(&bytes);
        let _ = Proposal::from_bytes(&bytes);
        let town = Town::new(2, 2, 2, 39);
        let mut changed = town.charter.bytes().to_vec();
        *at.get_mut(&mut changed) = with;
        let _ = Proposal::from_bytes(&changed);
        if let Ok((plan, messages)) = Board::split(&bytes) {
            let again = crate::cbor::encode(|e| {
                crate::cbor::put_array(e, 2);
                crate::cbor::put_bytes(e, &plan);
                crate::cbor::put_array(e, messages.len() as u64);
                for message in &messages {
                    crate::cbor::put_bytes(e, message);
                }
            });
            prop_assert_eq!(again, bytes);
        }
    }
}
