//! Parties that are slow, in every step: what comes late is not lost where the others still wait, and
//! undoes nothing where they have stopped. And what fits no step at all.

use super::super::message::Halt;
use super::faults::{Stage, blamed, stages, verdict};
use super::*;

/// Everybody who has something to say in a step.
fn speakers(stage: &Stage, step: Step) -> Vec<NodeKey> {
    let plan = &stage.plan;
    match step {
        Step::Deal => plan.dealers().copied().collect(),
        Step::Done => plan.holders().map(|(node, _)| *node).collect(),
        _ => plan.participants().copied().collect(),
    }
}

#[test]
fn whoever_is_slow_in_whatever_step_is_waited_for() {
    for (name, stage) in stages() {
        for step in [Step::Join, Step::Echo, Step::Deal, Step::Done] {
            for slow in speakers(&stage, step) {
                let mut run = stage.run().conduct(&slow, Conduct::Silent(step));
                run.play();
                match verdict(&run) {
                    Standing::Waiting { step: at, missing } => {
                        assert_eq!((at, missing), (step, BTreeSet::from([slow])), "{name}");
                    }
                    Standing::Made { waiting, .. } => {
                        assert_eq!(step, Step::Done, "{name}");
                        assert_eq!(waiting, BTreeSet::from([slow]), "{name}");
                    }
                    stopped => panic!("{name}, {step}: {stopped:?}"),
                }
                run.players.get_mut(&slow).unwrap().conduct = Conduct::Honest;
                run.play();
                run.certificate();
            }
        }
    }
}

/// The others have given up for its silence; then comes what it had sent before it heard of that.
#[test]
fn what_comes_after_the_others_stopped_brings_nothing_back() {
    for (name, stage) in stages() {
        let mut whole = stage.run();
        whole.play();
        for step in [Step::Join, Step::Echo, Step::Deal] {
            for slow in speakers(&stage, step) {
                let said = whole.players[&slow].ceremony.board();
                let said = said.messages().find(|message| {
                    let envelope = Envelope::parse(message).unwrap();
                    (envelope.sender, envelope.step) == (slow, step)
                });
                let said = said.unwrap().to_vec();
                let mut run = stage.run().conduct(&slow, Conduct::Silent(step));
                run.play();
                let tired = *run.players.keys().find(|node| **node != slow).unwrap();
                let stop = run.players[&tired].ceremony.stop(Reason::Silence).unwrap();
                run.inject(&stop);
                run.play();
                let before = verdict(&run);
                assert!(matches!(before, Standing::Stopped(_)), "{name}, {step}");
                run.inject(&said);
                run.play();
                let after = verdict(&run);
                assert!(matches!(after, Standing::Stopped(_)), "{name}, {step}");
                for player in run.players.values() {
                    assert!(player.stored.is_none(), "{name}, {step}");
                }
            }
        }
    }
}

/// In a join, an echo and a deal it stops the ceremony; with the signatures, in a complaint and in a
/// stop it is held against whoever signed it all the same.
#[test]
fn nonsense_in_each_of_the_six_steps_is_evidence() {
    for (name, stage) in stages() {
        let who = stage.holder();
        for step in [Step::Done, Step::Complaint, Step::Stop] {
            for nonsense in [&b""[..], b"\xa0", &[0xff; 40]] {
                let mut run = stage.run().conduct(&who, Conduct::Silent(Step::Done));
                let message = stage.say(&who, step, nonsense);
                run.inject(&message);
                run.play();
                let seen = match verdict(&run) {
                    Standing::Made { blame, .. } => Standing::Stopped(Why::Blame(blame)),
                    stopped => stopped,
                };
                assert_eq!(seen, blamed(who, Fault::Form), "{name}, {step}");
            }
        }
    }
}

/// A stop that names somebody who is not silent is itself no evidence against that one.
#[test]
fn a_stop_that_names_who_has_spoken_blames_nobody() {
    for (name, stage) in stages() {
        let (who, named) = (stage.holder(), stage.both());
        let mut run = stage.run().conduct(&who, Conduct::Silent(Step::Echo));
        run.play();
        let halt = Halt {
            reason: Reason::Silence,
            missing: BTreeSet::from([named]),
        };
        let stop = stage.say(&who, Step::Stop, &halt.encode());
        run.inject(&stop);
        run.play();
        let Standing::Stopped(Why::Halted(halted)) = verdict(&run) else {
            panic!("{name}")
        };
        assert_eq!(halted.keys().copied().collect::<Vec<_>>(), [who], "{name}");
    }
}

/// Who sees a stop before enough have signed sees one that has stopped; when their signatures come, it
/// is made all the same, and the one that went is lacking.
#[test]
fn a_stop_is_not_the_end_where_enough_have_signed() {
    for (name, stage) in stages() {
        let gone = stage.holder();
        let mut run = stage.run().conduct(&gone, Conduct::Silent(Step::Done));
        run.play();
        let halt = Halt {
            reason: Reason::Withdrawn,
            missing: BTreeSet::new(),
        };
        let stop = stage.say(&gone, Step::Stop, &halt.encode());
        let whole = run.players[&stage.both()].ceremony.board();
        let (done, others): (Vec<&[u8]>, Vec<&[u8]>) = whole
            .messages()
            .partition(|message| Envelope::parse(message).unwrap().step == Step::Done);
        let mut board = Board::new(whole.plan().clone());
        for message in others.into_iter().chain([stop.as_slice()]) {
            board.post(message).unwrap();
        }
        for message in done {
            let stopped = matches!(board.standing(), Standing::Stopped(Why::Halted(_)));
            assert!(stopped, "{name}");
            board.post(message).unwrap();
        }
        let Standing::Made { waiting, .. } = board.standing() else {
            panic!("{name}")
        };
        assert_eq!(waiting, BTreeSet::from([gone]), "{name}");
    }
}
