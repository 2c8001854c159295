//! Who joins last and chooses what it shows by what the others have shown: it can make the public share of
//! an index nothing, and then cannot deal what it is committed to.

use super::super::feldman::Commitment;
use super::super::message::Join;
use super::faults::{Stage, blamed, deal_by_hand, stages, verdict};
use super::*;
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;

/// What it deals to everybody: the right part for one of them.
const DEALT: u64 = 7;

/// Four are to hold: who cheats, whose share is nothing, and two more.
fn seats(stage: &Stage) -> [NodeKey; 4] {
    let (who, nothing) = (stage.both(), stage.holder());
    let mut others = stage.plan.holders().map(|(node, _)| *node);
    let mut next = || {
        others
            .find(|node| *node != who && *node != nothing)
            .unwrap()
    };
    [who, nothing, next(), next()]
}

fn joins(run: &mut Run) -> BTreeMap<NodeKey, Join> {
    let players = run.players.iter_mut();
    let joins = players.map(|(node, player)| match player.ceremony.poll() {
        Ok(Next::Post(join)) => {
            let body = Envelope::parse(&join).unwrap().body;
            (*node, Join::decode(body).unwrap())
        }
        other => panic!("{other:?}"),
    });
    joins.collect()
}

/// All but one have joined: then it joins, by a polynomial that gives `DEALT` to one and, together with the
/// others', nothing to another. Nobody can know it all: of its coefficients it has the points alone.
fn last(stage: &Stage, run: Run, nothing: &NodeKey, right: &NodeKey) -> Run {
    let who = stage.both();
    let mut run = run.conduct(&who, Conduct::Silent(Step::Join));
    let mut joins = joins(&mut run);
    run.play();
    let mut join = joins.remove(&who).unwrap();
    let [j, h] = [nothing, right].map(|node| stage.plan.holder(node).unwrap());
    for (at, shown) in join.shown.iter_mut().enumerate() {
        let own = Commitment::decode(&shown.points).unwrap().constant();
        let others = joins.values().filter_map(|join| join.shown.get(at));
        let others: RistrettoPoint = others
            .map(|shown| Commitment::decode(&shown.points).unwrap().at(j))
            .sum();
        let (j, h) = (j.scalar(), h.scalar());
        let to_right = (RistrettoPoint::mul_base(&Scalar::from(DEALT)) - own) * h.invert();
        let to_nothing = (-others - own) * j.invert();
        let second = (to_right - to_nothing) * (h - j).invert();
        let first = to_right - second * h;
        let points = [own, first, second];
        shown.points = points.map(|p| p.compress().to_bytes()).to_vec();
    }
    let join = stage.say(&who, Step::Join, &join.encode());
    let mut run = run.conduct(&who, Conduct::Silent(Step::Deal));
    let own = &mut run.players.get_mut(&who).unwrap().ceremony;
    own.receive(&join).unwrap();
    run.inject(&join);
    run.play();
    let parts = [Scalar::from(DEALT).to_bytes(); 2].concat();
    let deal = deal_by_hand(stage, &run, &who, &parts);
    run.inject(&deal);
    run.play();
    run
}

#[test]
fn whose_share_somebody_made_nothing_shows_who_it_was() {
    for (name, stage) in stages() {
        let [who, nothing, right, other] = seats(&stage);
        // Whatever the others say.
        let run = stage
            .run()
            .conduct(&other, Conduct::Silent(Step::Complaint));
        let run = last(&stage, run, &nothing, &right);
        assert_eq!(verdict(&run), blamed(who, Fault::Part), "{name}");
        assert!(run.players.values().all(|player| player.stored.is_none()));
        let mut honest = stage.run();
        honest.play();
        assert!(!honest.players[&right].ceremony.board().is_void());
    }
}

/// If it is one of those that cheat, that one is waited for.
#[test]
fn who_does_not_say_that_its_share_was_made_nothing_is_waited_for() {
    for (name, stage) in stages() {
        let [who, nothing, right, other] = seats(&stage);
        let silent = |run: Run, node| run.conduct(node, Conduct::Silent(Step::Complaint));
        let run = silent(silent(stage.run(), &nothing), &other);
        let mut run = last(&stage, run, &nothing, &right);
        let waits = Standing::Waiting {
            step: Step::Done,
            missing: BTreeSet::from([nothing]),
        };
        assert_eq!(verdict(&run), waits, "{name}");
        assert!(run.players[&right].ceremony.board().is_void());
        let end = run.players[&right].end.as_ref();
        let waits_too = matches!(end, Some(Next::Wait { step: Step::Done, missing }) if *missing == BTreeSet::from([nothing]));
        assert!(waits_too, "{name}: {end:?}");
        // To cry out about nothing does not help it: nobody can judge that, so it is still waited for.
        let complaint = super::super::message::Complaint {
            about: who,
            seed: Some([1; 32].into()),
            message: [2; 32],
        };
        let complaint = stage.say(&nothing, Step::Complaint, &complaint.encode());
        run.inject(&complaint);
        run.play();
        assert_eq!(verdict(&run), waits, "{name}");
        // Nor to sign: there is nothing to be signed.
        let done = super::super::message::Done { signature: [3; 64] };
        let done = stage.say(&nothing, Step::Done, &done.encode());
        run.inject(&done);
        run.play();
        assert_eq!(verdict(&run), blamed(nothing, Fault::Certificate), "{name}");
    }
}

/// The public key itself nobody can choose: who makes a part of it has to prove that it knows that.
#[test]
fn nobody_makes_the_public_key_nothing() {
    for (name, stage) in stages() {
        let who = stage.both();
        let mut run = stage.run();
        let mut joins = joins(&mut run);
        let mut join = joins.remove(&who).unwrap();
        let others = joins.values().filter_map(|join| join.shown.first());
        let others: RistrettoPoint = others
            .map(|shown| Commitment::decode(&shown.points).unwrap().constant())
            .sum();
        join.shown[0].points[0] = (-others).compress().to_bytes();
        let join = stage.say(&who, Step::Join, &join.encode());
        let mut run = run.conduct(&who, Conduct::Silent(Step::Join));
        run.inject(&join);
        run.play();
        let fault = if name == "generate" {
            Fault::Proof
        } else {
            Fault::OldShare
        };
        assert_eq!(verdict(&run), blamed(who, fault), "{name}");
    }
}
