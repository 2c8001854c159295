//! Who joins last and chooses what it shows by what the others have shown.

use super::*;
use crate::ceremony::feldman::Commitment;
use crate::ceremony::message::Join;

/// It can make the public share of an index nothing. No key comes of that, and nobody is named: on a
/// board nobody is the last, and the others' joins add up with it as it does with theirs. The public
/// key itself it cannot choose, as it has to prove that it knows its part of it.
#[test]
fn who_joins_last_can_make_a_share_nothing_and_nobody_is_named() {
    let mut town = Town::new(3, 3, 2, 21);
    let plan = generate(&mut town, &[0, 1, 2], 2, &two_keys());
    let joins: Vec<Vec<u8>> = (0..3_u8)
        .map(|at| {
            let board = Board::new(plan.clone());
            let key = &town.nodes[usize::from(at)];
            let participant = participant(key, [at + 1; 32], Shares::default());
            match Ceremony::open(board, participant, TODAY).unwrap().poll() {
                Ok(Next::Post(message)) => message,
                other => panic!("{other:?}"),
            }
        })
        .collect();
    let body = |at: usize| Join::decode(Envelope::parse(&joins[at]).unwrap().body).unwrap();
    let shown = |at: usize| Commitment::decode(&body(at).shown[0].points).unwrap();
    let (first, second, own) = (shown(0), shown(1), shown(2));
    // With index 1 the second coefficient counts once, and the constant term.
    let others = first.at(index(1)) + second.at(index(1));
    let join = |change: &dyn Fn(&mut Join)| {
        let mut join = body(2);
        change(&mut join);
        let (federation, digest) = (town.charter.federation(), plan.digest());
        sign(
            federation,
            digest,
            &town.nodes[2],
            Step::Join,
            &join.encode(),
        )
    };
    let standing = |last: &[u8]| {
        let orders = [[0, 1, 2], [2, 0, 1], [1, 2, 0]];
        let ends = orders.map(|order| {
            let mut board = Board::new(plan.clone());
            let all = [&joins[0], &joins[1], last];
            for at in order {
                board.post(all[at]).unwrap();
            }
            board.standing()
        });
        assert!(ends.iter().all(|end| *end == ends[0]));
        ends[0].clone()
    };
    let share = join(&|join| {
        let point = -(others + own.constant());
        join.shown[0].points[1] = point.compress().to_bytes();
    });
    let stopped = standing(&share);
    assert!(
        matches!(stopped, Standing::Stopped(Why::NoKey(_))),
        "{stopped:?}"
    );
    let key = join(&|join| {
        let point = -(first.constant() + second.constant());
        join.shown[0].points[0] = point.compress().to_bytes();
    });
    let blame = Blame {
        culprit: town.nodes[2].node(),
        fault: Fault::Proof,
    };
    let stopped = standing(&key);
    assert_eq!(
        stopped,
        Standing::Stopped(Why::Blame(BTreeSet::from([blame])))
    );
}
