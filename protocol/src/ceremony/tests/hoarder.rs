//! Keys of a season that ceremonies made, and what is left of them when their shares are destroyed.

use super::secrecy::greedy;
use super::*;
use curve25519_dalek::scalar::Scalar;

/// The keys of a season that will be over, and what lives on.
fn keys() -> Vec<KeyName> {
    vec![
        KeyName::Bucket,
        KeyName::Handle(season(0)),
        KeyName::Handle(season(1)),
        KeyName::Area(season(0)),
    ]
}

/// One ceremony, with all that went over the board and all that its parties knew.
struct Past {
    plan: Plan,
    messages: Vec<Vec<u8>>,
    seeds: BTreeMap<NodeKey, [u8; 32]>,
    before: BTreeMap<NodeKey, Shares>,
    certificate: Certificate,
    shares: BTreeMap<NodeKey, Shares>,
}

fn held(town: &Town, plan: Plan, before: BTreeMap<NodeKey, Shares>, seed: u64) -> Past {
    let mut run = Run::new(town, &plan, before.clone(), seed);
    run.play();
    let player = run.players.values().next().unwrap();
    let messages = player.ceremony.board().messages().map(<[u8]>::to_vec);
    Past {
        messages: messages.collect(),
        seeds: run.players.iter().map(|(n, p)| (*n, p.seed)).collect(),
        before,
        certificate: town.certified(&[0, 1, 2, 3, 4], 3, &run.certificate()),
        shares: run.shares(),
        plan,
    }
}

impl Past {
    /// A party's share, made once more from its seed and the board, as if after a crash.
    fn again(&self, town: &Town, node: &NodeKey) -> BTreeMap<KeyName, [u8; 34]> {
        let mut board = Board::new(self.plan.clone());
        for message in &self.messages {
            // Not what says that all is done: then there is nothing to make.
            if Envelope::parse(message).unwrap().step != Step::Done {
                board.post(message).unwrap();
            }
        }
        let held = self.before.get(node).cloned().unwrap_or_default();
        let party = participant(town.key_of(node), self.seeds[node], held);
        let mut ceremony = Ceremony::open(board, party, TODAY).unwrap();
        match ceremony.poll().unwrap() {
            Next::Store(new) => bytes_of(&new.shares),
            other => panic!("{other:?}"),
        }
    }
}

fn bytes_of(shares: &BTreeMap<KeyName, KeyShare>) -> BTreeMap<KeyName, [u8; 34]> {
    shares.iter().map(|(n, s)| (*n, *s.to_bytes())).collect()
}

/// Every way to choose so many of them.
fn choices<'a>(of: &[&'a KeyShare], count: usize) -> Vec<Vec<&'a KeyShare>> {
    match (count, of) {
        (0, _) => vec![Vec::new()],
        (_, []) => Vec::new(),
        (_, [first, rest @ ..]) => {
            let mut with = choices(rest, count - 1);
            with.iter_mut().for_each(|all| all.push(first));
            with.extend(choices(rest, count));
            with
        }
    }
}

/// Two keyholders of five are hoarders in the first epoch and two others in the second, three are needed:
/// they keep boards, seeds, shares, everything. Of what the honest ones destroyed they get nothing.
#[test]
fn with_boards_and_seeds_and_fewer_shares_than_it_takes_a_key_stays_destroyed() {
    let mut town = Town::new(5, 5, 3, 41);
    let all = [0, 1, 2, 3, 4];
    let plan = generate(&mut town, &all, 3, &keys());
    let first = held(&town, plan, BTreeMap::new(), 41);
    let dealers = [(1, 0), (3, 2), (5, 4)];
    let terms = town.terms(&all, 3, Some((&first.certificate, &dealers)), &keys());
    let starter = town.key_of(&terms.starter);
    let basis = town.basis(&all, 3, Some(&first.certificate));
    let plan = Plan::from_bytes(&terms.sign(starter), &basis).unwrap();
    let second = held(&town, plan, first.shares.clone(), 42);

    let node = |at: usize| town.nodes[at].node();
    // A seed and a board are as good as a share: hence the seed goes with the ceremony's end.
    for (past, hoarders) in [(&first, [0, 1]), (&second, [2, 3])] {
        for at in hoarders {
            let again = past.again(&town, &node(at));
            assert_eq!(again, bytes_of(&past.shares[&node(at)]));
        }
    }
    // And of no use for the parts of others: another seed than its own opens nobody's board.
    for at in 0..5 {
        let board = Board::new(second.plan.clone());
        let mut board = board;
        for message in &second.messages {
            board.post(message).unwrap();
        }
        let other = (at + 1) % 5;
        let stolen = participant(
            town.key_of(&node(other)),
            second.seeds[&node(at)],
            second.before[&node(other)].clone(),
        );
        let refused = Ceremony::open(board, stolen, TODAY).err();
        assert_eq!(refused, Some(CeremonyError::OtherSeed));
    }

    for name in [KeyName::Handle(season(0)), KeyName::Area(season(0))] {
        let public = *second.certificate.key(name).unwrap().public();
        let of = |past: &'_ Past, at: usize| {
            KeyShare::from_bytes(past.shares[&node(at)][&name].to_bytes().as_slice()).unwrap()
        };
        let kept = [of(&first, 0), of(&first, 1), of(&second, 2), of(&second, 3)];
        let kept: Vec<&KeyShare> = kept.iter().collect();
        for count in 1..=kept.len() {
            for some in choices(&kept, count) {
                assert_ne!(greedy(&some), Some(public), "{some:?}");
            }
        }
        // With guesses for the one that lacks.
        for pair in [&kept[..2], &kept[2..]] {
            let sum: Scalar = pair.iter().map(|s| scalar_of(s)).sum();
            for guess in [Scalar::ONE, sum, scalar_of(pair[0]), scalar_of(kept[0])] {
                let lacking = KeyShare::new(index(5), &guess.to_bytes()).unwrap();
                let some = [pair[0], pair[1], &lacking];
                assert_ne!(greedy(&some), Some(public));
            }
        }
        // One more of one epoch, and it is there again: that is what the others destroyed.
        for (past, places) in [(&first, [0, 1, 4]), (&second, [2, 3, 0])] {
            let enough: Vec<KeyShare> = places.iter().map(|at| of(past, *at)).collect();
            let enough: Vec<&KeyShare> = enough.iter().collect();
            assert_eq!(greedy(&enough), Some(public));
        }
    }
}

fn scalar_of(share: &KeyShare) -> Scalar {
    let bytes = share.to_bytes();
    Scalar::from_canonical_bytes(*bytes.last_chunk().unwrap()).unwrap()
}

/// Who has destroyed its share cannot be made to share it out again, by whatever plan of before.
#[test]
fn an_old_plan_brings_no_destroyed_key_back() {
    let mut made = Made::new(3, 3, 2, 43, &keys());
    let terms = made.renewal(&[0, 1], &[0, 1, 2], 2, &keys());
    let plan = made.check(&terms, &[0, 1, 2], 2).unwrap();
    let over = season(0);
    for node in [0, 1] {
        let node = made.town.nodes[node].node();
        let rest = made.shares[&node]
            .iter()
            .filter(|(n, _)| n.season() != Some(over));
        let rest = rest.map(|(n, s)| (*n, KeyShare::from_bytes(&*s.to_bytes()).unwrap()));
        let key = made.town.key_of(&node).clone();
        let party = participant(&key, [7; 32], Arc::new(rest.collect()));
        let refused = Ceremony::open(Board::new(plan.clone()), party, TODAY).err();
        assert_eq!(refused, Some(CeremonyError::Share(KeyName::Handle(over))));
    }
}
