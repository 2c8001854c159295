//! Parties that are silent, lie, or say two things, in every step of both kinds of ceremony: all
//! others come to one verdict, it names the right one, and no certificate is made.

use super::super::message::{Complaint, Deal, Done, Echo, Halt, Join};
use super::super::secret::Purpose;
use super::super::{parts, sealed};
use super::*;
use crate::ids::SealKey;
use crate::oprf::PublicShare;
use zeroize::Zeroizing;

/// Who is to hold after the reshare.
const RENEWED: [usize; 4] = [1, 3, 4, 5];

/// A ceremony to be disturbed: four to hold, three enough; in a reshare two deal of whom one leaves.
pub(super) struct Stage {
    made: Option<Made>,
    town: Option<Town>,
    pub(super) plan: Plan,
}

impl Stage {
    fn generate() -> Self {
        let mut town = Town::new(4, 4, 3, 21);
        let plan = generate(&mut town, &[0, 1, 2, 3], 3, &two_keys());
        Self {
            made: None,
            town: Some(town),
            plan,
        }
    }

    fn reshare() -> Self {
        let mut made = Made::new(6, 3, 2, 22, &two_keys());
        let terms = made.renewal(&[0, 1], &RENEWED, 3, &two_keys());
        let plan = made.check(&terms, &RENEWED, 3).unwrap();
        Self {
            made: Some(made),
            town: None,
            plan,
        }
    }

    fn town(&self) -> &Town {
        self.town
            .as_ref()
            .or(self.made.as_ref().map(|m| &m.town))
            .unwrap()
    }

    /// The places of those that are to hold.
    fn holders(&self) -> [usize; 4] {
        match self.made {
            Some(_) => RENEWED,
            None => [0, 1, 2, 3],
        }
    }

    pub(super) fn run(&self) -> Run {
        let shares = self.made.as_ref().map(|m| m.shares.clone());
        Run::new(self.town(), &self.plan, shares.unwrap_or_default(), 23)
    }

    /// Somebody who deals and is to hold.
    pub(super) fn both(&self) -> NodeKey {
        self.town().nodes[1].node()
    }

    /// Somebody who is to hold and, in a reshare, deals nothing.
    pub(super) fn holder(&self) -> NodeKey {
        self.town().nodes[3].node()
    }

    pub(super) fn say(&self, by: &NodeKey, step: Step, body: &[u8]) -> Vec<u8> {
        let federation = self.plan.terms().federation;
        let key = self.town().key_of(by);
        sign(&federation, self.plan.digest(), key, step, body)
    }
}

pub(super) fn stages() -> [(&'static str, Stage); 2] {
    [
        ("generate", Stage::generate()),
        ("reshare", Stage::reshare()),
    ]
}

/// What all who are honest see; they all see the same.
pub(super) fn verdict(run: &Run) -> Standing {
    let mut seen: Vec<Standing> = Vec::new();
    for (node, standing) in run.ends() {
        if matches!(run.players[&node].conduct, Conduct::Honest) && !seen.contains(&standing) {
            seen.push(standing);
        }
    }
    assert_eq!(seen.len(), 1, "{seen:?}");
    // And so does somebody who takes no part and has only the board.
    let boards = run.players.values().map(|p| p.ceremony.board());
    let honest = boards.max_by_key(|board| board.messages().count()).unwrap();
    let mut third = Board::new(honest.plan().clone());
    let mut messages: Vec<&[u8]> = honest.messages().collect();
    messages.reverse();
    for message in messages {
        third.post(message).unwrap();
    }
    assert_eq!(third.standing(), seen[0]);
    seen.remove(0)
}

pub(super) fn blamed(culprit: NodeKey, fault: Fault) -> Standing {
    Standing::Stopped(Why::Blame(BTreeSet::from([Blame { culprit, fault }])))
}

fn played(stage: &Stage, who: &NodeKey, conduct: Conduct) -> Standing {
    let mut run = stage.run().conduct(who, conduct);
    run.play();
    verdict(&run)
}

#[test]
fn who_is_silent_is_named_and_the_others_can_stop() {
    for (name, stage) in stages() {
        for step in [Step::Join, Step::Echo, Step::Deal] {
            let silent = stage.both();
            let mut run = stage.run().conduct(&silent, Conduct::Silent(step));
            run.play();
            let missing = BTreeSet::from([silent]);
            let waiting = Standing::Waiting {
                step,
                missing: missing.clone(),
            };
            assert_eq!(verdict(&run), waiting, "{name}, {step}");
            // One gives up: then all have stopped, and know who was missing.
            let tired = *run.players.keys().find(|node| **node != silent).unwrap();
            let stop = run.players[&tired].ceremony.stop(Reason::Silence).unwrap();
            run.inject(&stop);
            run.play();
            let halted = BTreeMap::from([(tired, (Reason::Silence, missing))]);
            assert_eq!(
                run.players[&tired].ceremony.board().standing(),
                Standing::Stopped(Why::Halted(halted)),
                "{name}, {step}"
            );
            for player in run.players.values() {
                assert!(player.stored.is_none(), "{name}, {step}");
            }
        }
    }
}

/// A holder that dies after the last secret was sent: the certificate is made without it, and the
/// old shares stay until it is given up or has stored its own.
#[test]
fn old_shares_stay_while_one_holder_has_not_stored() {
    for (name, stage) in stages() {
        let silent = stage.holder();
        let mut run = stage.run().conduct(&silent, Conduct::Silent(Step::Done));
        run.play();
        let Standing::Made {
            certificate,
            waiting,
            ..
        } = verdict(&run)
        else {
            panic!("{name}")
        };
        assert_eq!(waiting, BTreeSet::from([silent]));
        assert!(!certificate.is_empty());
        // By this nodes let old shares go; nobody else's having signed replaces the one's.
        let (town, holders) = (stage.town(), stage.holders());
        let lacks = |bytes: &[u8], keyholders: &[usize]| {
            let read = town.certified(&holders, 3, bytes);
            read.lacks_somebody(&town.charter_of(keyholders))
        };
        assert!(lacks(&certificate, &holders), "{name}");
        // Whoever is no keyholder any more has nothing that could be needed; who still is one has.
        for (gone, lacking) in [(3, false), (1, true)] {
            let left: Vec<usize> = holders.iter().copied().filter(|h| *h != gone).collect();
            assert_eq!(lacks(&certificate, &left), lacking, "{name}");
        }
        // It comes back, and all is well.
        run.players.get_mut(&silent).unwrap().conduct = Conduct::Honest;
        run.play();
        assert!(!lacks(&run.certificate(), &holders), "{name}");
    }
}

#[test]
fn who_has_signed_the_certificate_cannot_stop() {
    let stage = Stage::generate();
    let mut run = stage.run();
    run.play();
    for player in run.players.values() {
        let refused = player.ceremony.stop(Reason::Withdrawn).unwrap_err();
        assert_eq!(refused, CeremonyError::Signed);
    }
    // And whatever somebody says now unmakes nothing.
    let late = Halt {
        reason: Reason::Withdrawn,
        missing: BTreeSet::new(),
    };
    let stop = stage.say(&stage.both(), Step::Stop, &late.encode());
    let second = stage.say(&stage.both(), Step::Join, &late.encode());
    run.inject(&stop);
    run.inject(&second);
    run.play();
    let Standing::Made { waiting, blame, .. } = verdict(&run) else {
        panic!("unmade")
    };
    assert!(waiting.is_empty());
    let culprit = stage.both();
    let fault = Fault::Two(Step::Join);
    assert_eq!(blame, BTreeSet::from([Blame { culprit, fault }]));
}

#[test]
fn nonsense_in_any_step_is_evidence_against_who_signed_it() {
    for (name, stage) in stages() {
        for step in [Step::Join, Step::Echo, Step::Deal] {
            for nonsense in [&b""[..], b"\xa0", b"nonsense", &[0xff; 40]] {
                let bytes = nonsense.to_vec();
                let says = Conduct::Says(step, Box::new(move |_| bytes.clone()));
                let who = stage.both();
                let seen = played(&stage, &who, says);
                assert_eq!(seen, blamed(who, Fault::Form), "{name}, {step}");
            }
        }
    }
}

#[test]
fn two_different_messages_of_one_step_are_evidence() {
    for (name, stage) in stages() {
        let nonce: Twist = Box::new(|body| {
            let mut join = Join::decode(body).unwrap();
            join.nonce[0] ^= 1;
            join.encode()
        });
        let echo: Twist = Box::new(|body| {
            let mut echo = Echo::decode(body).unwrap();
            echo.transcript[0] ^= 1;
            echo.encode()
        });
        let deal: Twist = Box::new(|body| {
            let mut deal = Deal::decode(body).unwrap();
            deal.sealed[0][40] ^= 1;
            deal.encode()
        });
        let done: Twist = Box::new(|body| {
            let mut done = Done::decode(body).unwrap();
            done.signature[3] ^= 1;
            done.encode()
        });
        for (step, twist) in [
            (Step::Join, nonce),
            (Step::Echo, echo),
            (Step::Deal, deal),
            (Step::Done, done),
        ] {
            let who = stage.both();
            let mut run = stage.run().conduct(&who, Conduct::TwoFaced(step, twist));
            run.play();
            // Boards are passed on whole, as nodes do.
            let all: Vec<Vec<u8>> = run
                .players
                .values()
                .flat_map(|p| p.ceremony.board().messages().map(<[u8]>::to_vec))
                .collect();
            all.iter().for_each(|message| run.inject(message));
            run.play();
            let fault = Fault::Two(step);
            let blame = BTreeSet::from([Blame {
                culprit: who,
                fault,
            }]);
            match verdict(&run) {
                // Enough others have signed: the certificate stands.
                Standing::Made { blame: seen, .. } if step >= Step::Deal => {
                    assert_eq!(seen, blame, "{name}, {step}");
                }
                seen => assert_eq!(seen, blamed(who, fault), "{name}, {step}"),
            }
        }
    }
}

#[test]
fn what_is_shown_must_be_known_and_an_old_share_must_be_ones_own() {
    let point = |n: u8| {
        let key = crate::oprf::KeyShare::new(index(1), &{
            let mut scalar = [0; 32];
            scalar[0] = n;
            scalar
        });
        let public: PublicShare = key.unwrap().public();
        *public.as_bytes()
    };
    for (name, stage) in stages() {
        let right = if name == "generate" {
            Fault::Proof
        } else {
            Fault::OldShare
        };
        // Of the second key another constant term, of which even the secret is known to all.
        let twist: Twist = Box::new(move |body| {
            let mut join = Join::decode(body).unwrap();
            join.shown[1].points[0] = point(5);
            join.encode()
        });
        let who = stage.both();
        assert_eq!(
            played(&stage, &who, Conduct::Says(Step::Join, twist)),
            blamed(who, right)
        );
        // The other key's commitment in place of this one's.
        let twist: Twist = Box::new(|body| {
            let mut join = Join::decode(body).unwrap();
            join.shown[1] = join.shown[0].clone();
            join.encode()
        });
        let seen = played(&stage, &who, Conduct::Says(Step::Join, twist));
        // A proof is of an index and of what is shown, not of a key's name: the join holds. What is dealt
        // under the second key does not lie on the polynomial that was shown for it.
        let fault = if name == "generate" {
            Fault::Part
        } else {
            right
        };
        assert_eq!(seen, blamed(who, fault), "{name}");
        for (what, twist) in shapes() {
            let seen = played(&stage, &who, Conduct::Says(Step::Join, twist));
            assert_eq!(seen, blamed(who, Fault::Form), "{name}: {what}");
        }
    }
}

/// Joins whose form does not fit any plan of these stages.
fn shapes() -> Vec<(&'static str, Twist)> {
    fn twist(change: impl Fn(&mut Join) + 'static) -> Twist {
        Box::new(move |body| {
            let mut join = Join::decode(body).unwrap();
            change(&mut join);
            join.encode()
        })
    }
    vec![
        (
            "a point more",
            twist(|j| {
                let again = j.shown[0].points[1];
                j.shown[0].points.push(again);
            }),
        ),
        ("a point less", twist(|j| j.shown[0].points.truncate(2))),
        ("a key less", twist(|j| j.shown.truncate(1))),
        ("a one-time key less", twist(|j| j.one_time.truncate(0))),
        ("the identity", twist(|j| j.shown[0].points[2] = [0; 32])),
        ("no point", twist(|j| j.shown[0].points[1] = [0xff; 32])),
        (
            "a proof where none belongs, or none where one does",
            twist(|j| {
                j.shown[0].proof = match j.shown[0].proof {
                    Some(_) => None,
                    None => Some([1; 64]),
                };
            }),
        ),
    ]
}

#[test]
fn who_echoes_something_else_stops_the_ceremony_and_is_named() {
    for (name, stage) in stages() {
        let who = stage.both();
        let twist: Twist = Box::new(|body| {
            let mut echo = Echo::decode(body).unwrap();
            echo.transcript = [7; 32];
            echo.encode()
        });
        let seen = played(&stage, &who, Conduct::Says(Step::Echo, twist));
        let differ = Standing::Stopped(Why::Echoes(BTreeSet::from([who])));
        assert_eq!(seen, differ, "{name}");
        let twist: Twist = Box::new(|body| {
            let mut echo = Echo::decode(body).unwrap();
            echo.nonce[31] ^= 1;
            echo.encode()
        });
        let seen = played(&stage, &who, Conduct::Says(Step::Echo, twist));
        assert_eq!(seen, blamed(who, Fault::Nonce), "{name}");
    }
}

#[test]
fn nothing_secret_is_sent_before_all_echoes_agree() {
    for (name, stage) in stages() {
        let who = stage.both();
        let twist: Twist = Box::new(|_| {
            Echo {
                transcript: [7; 32],
                nonce: [7; 32],
            }
            .encode()
        });
        let mut run = stage.run().conduct(&who, Conduct::Says(Step::Echo, twist));
        run.play();
        for player in run.players.values() {
            for node in player.ceremony.board().plan().participants() {
                assert!(!player.ceremony.board().has(node, Step::Deal), "{name}");
            }
        }
    }
}

#[test]
fn a_part_that_does_not_open_is_shown_to_all() {
    for (name, stage) in stages() {
        let who = stage.both();
        for place in [0, 40] {
            let twist: Twist = Box::new(move |body| {
                let mut deal = Deal::decode(body).unwrap();
                deal.sealed.iter_mut().for_each(|sealed| sealed[place] ^= 1);
                deal.encode()
            });
            let seen = played(&stage, &who, Conduct::Says(Step::Deal, twist));
            assert_eq!(seen, blamed(who, Fault::Part), "{name}");
        }
        // One alone is wronged, and the others are enough: the certificate is made, the old shares
        // stay, and all see who kept it from its share.
        let twist: Twist = Box::new(|body| {
            let mut deal = Deal::decode(body).unwrap();
            deal.sealed[1][40] ^= 1;
            deal.encode()
        });
        let seen = played(&stage, &who, Conduct::Says(Step::Deal, twist));
        let blame = if let Standing::Made { waiting, blame, .. } = seen {
            assert_eq!(waiting.len(), 1, "{name}");
            Standing::Stopped(Why::Blame(blame))
        } else {
            // Or the others heard of it before they signed.
            seen
        };
        assert_eq!(blame, blamed(who, Fault::Part), "{name}");
        let twist: Twist = Box::new(|body| {
            let mut deal = Deal::decode(body).unwrap();
            deal.sealed[0].push(0);
            deal.encode()
        });
        let seen = played(&stage, &who, Conduct::Says(Step::Deal, twist));
        assert_eq!(seen, blamed(who, Fault::Form), "{name}");
    }
}

/// Deals by hand what a dealer's machine would never deal.
pub(super) fn deal_by_hand(stage: &Stage, run: &Run, who: &NodeKey, plain: &[u8]) -> Vec<u8> {
    let player = &run.players[who];
    let board = player.ceremony.board();
    let transcript = board.outcome().unwrap().transcript;
    let seed = CeremonySeed::from_bytes(player.seed);
    let sealed = parts::recipients(&stage.plan, who).map(|(recipient, _)| {
        let key = board.joined(recipient).unwrap().one_time[who];
        let stream = seed.stream(stage.plan.digest(), Purpose::Seal, &[recipient.as_bytes()]);
        let binding = parts::binding(&stage.plan, &transcript, who, recipient);
        sealed::seal(plain, &key, &binding, stream).unwrap()
    });
    let deal = Deal {
        sealed: sealed.collect(),
    };
    stage.say(who, Step::Deal, &deal.encode())
}

#[test]
fn a_part_that_opens_and_is_wrong_is_shown_to_all() {
    for (name, stage) in stages() {
        let who = stage.both();
        // One is wrong, one is no scalar at all.
        for plain in [[1; 64].map(|_| 0), [0xff; 64]] {
            let mut run = stage.run().conduct(&who, Conduct::Silent(Step::Deal));
            run.play();
            let deal = deal_by_hand(&stage, &run, &who, &plain);
            run.inject(&deal);
            run.play();
            assert_eq!(verdict(&run), blamed(who, Fault::Part), "{name}");
            // Who complained has shown one dealer's parts, and no other's.
            for player in run.players.values() {
                let body = player.ceremony.board().messages().find_map(|message| {
                    let envelope = Envelope::parse(message).unwrap();
                    let own = envelope.step == Step::Complaint;
                    own.then(|| Complaint::decode(envelope.body).unwrap())
                });
                let complaint = body.unwrap();
                assert_eq!(complaint.about, who);
            }
            for player in run.players.values() {
                assert!(!matches!(player.end, Some(Next::Made { .. })));
            }
        }
    }
}

/// A complaint reveals the key for one dealer. With one key for all, *t* honest complaints about one
/// liar would open the honest dealers' parts.
#[test]
fn a_complaint_opens_no_other_dealers_parts() {
    let stage = Stage::generate();
    let who = stage.both();
    let mut run = stage.run().conduct(&who, Conduct::Silent(Step::Deal));
    run.play();
    let deal = deal_by_hand(&stage, &run, &who, &[0; 64]);
    run.inject(&deal);
    run.play();
    let board = run.players[&who].ceremony.board();
    let transcript = board.outcome().unwrap().transcript;
    let mut complaints = 0;
    for message in board.messages() {
        let envelope = Envelope::parse(message).unwrap();
        if envelope.step != Step::Complaint {
            continue;
        }
        complaints += 1;
        let seed = Complaint::decode(envelope.body).unwrap().seed.unwrap();
        let secret = SealSecret::from_seed(*seed);
        for dealer in stage.plan.dealers() {
            let Some((_, deal)) = board.deals(dealer).next() else {
                continue;
            };
            let sender = &envelope.sender;
            let opened = parts::open(&stage.plan, &transcript, dealer, sender, deal, &secret);
            assert_eq!(opened.is_some(), *dealer == who);
        }
    }
    assert_eq!(complaints, 3);
}

#[test]
fn who_complains_about_a_right_part_is_named() {
    for (name, stage) in stages() {
        let (who, dealer) = (stage.holder(), stage.both());
        let seed = |run: &Run, about: &NodeKey| -> [u8; 32] {
            let seed = CeremonySeed::from_bytes(run.players[&who].seed);
            let about = [about.as_bytes().as_slice()];
            let mut stream = seed.stream(stage.plan.digest(), Purpose::OneTime, &about);
            draw(&mut stream)
        };
        for right in [true, false] {
            let mut run = stage.run().conduct(&who, Conduct::Silent(Step::Done));
            let seed = if right { seed(&run, &dealer) } else { [3; 32] };
            // What the dealer will say follows from its seed: so the complaint can come before
            // anything else, and waits until it can be judged.
            let mut before = stage.run();
            before.play();
            let board = before.players[&who].ceremony.board();
            let complaint = Complaint {
                about: dealer,
                seed: Some(Zeroizing::new(seed)),
                message: *board.deals(&dealer).next().unwrap().0,
            };
            let complaint = stage.say(&who, Step::Complaint, &complaint.encode());
            run.inject(&complaint);
            run.play();
            let right = Blame {
                culprit: who,
                fault: Fault::Complaint,
            };
            for seen in run.ends().values() {
                match seen {
                    Standing::Made { blame, .. } | Standing::Stopped(Why::Blame(blame)) => {
                        assert_eq!(*blame, BTreeSet::from([right]), "{name}");
                    }
                    other => panic!("{name}: {other:?}"),
                }
            }
        }
    }
}

#[test]
fn a_one_time_key_that_takes_nothing_is_shown_by_the_dealer_and_so_is_a_false_alarm() {
    for (name, stage) in stages() {
        let (who, dealer) = (stage.holder(), stage.both());
        let twist: Twist = Box::new(|body| {
            let mut join = Join::decode(body).unwrap();
            for key in &mut join.one_time {
                *key = SealKey::from_bytes([0; 32]);
            }
            join.encode()
        });
        let mut run = stage.run().conduct(&who, Conduct::Says(Step::Join, twist));
        run.play();
        assert_eq!(verdict(&run), blamed(who, Fault::OneTimeKey), "{name}");
        let mut run = stage.run().conduct(&dealer, Conduct::Silent(Step::Deal));
        let mut before = stage.run();
        before.play();
        let board = before.players[&who].ceremony.board();
        let alarm = Complaint {
            about: who,
            seed: None,
            message: board.joined(&who).unwrap().digest,
        };
        let alarm = stage.say(&dealer, Step::Complaint, &alarm.encode());
        run.inject(&alarm);
        run.play();
        assert_eq!(verdict(&run), blamed(dealer, Fault::Complaint), "{name}");
    }
}

#[test]
fn another_dealers_parts_under_ones_own_name_do_not_open() {
    let stage = Stage::generate();
    let who = stage.both();
    let mut run = stage.run().conduct(&who, Conduct::Silent(Step::Deal));
    run.play();
    let board = run.players[&who].ceremony.board();
    let other = stage.plan.dealers().find(|node| **node != who).unwrap();
    let stolen = board.deals(other).next().unwrap().1.encode();
    let stolen = stage.say(&who, Step::Deal, &stolen);
    run.inject(&stolen);
    run.play();
    assert_eq!(verdict(&run), blamed(who, Fault::Part));
}

#[test]
fn a_signature_of_another_certificate_is_evidence_unless_enough_others_have_signed() {
    for (name, stage) in stages() {
        let who = stage.both();
        let forged = || -> Twist { Box::new(|_| Done { signature: [9; 64] }.encode()) };
        // Three others have signed, and three are enough.
        let seen = played(&stage, &who, Conduct::Says(Step::Done, forged()));
        if let Standing::Made { waiting, blame, .. } = seen {
            assert_eq!(waiting, BTreeSet::from([who]));
            assert_eq!(
                Standing::Stopped(Why::Blame(blame)),
                blamed(who, Fault::Certificate)
            );
        } else {
            // Or one of them heard of it before it signed.
            assert_eq!(seen, blamed(who, Fault::Certificate), "{name}");
        }
        // One of them is silent: too few.
        let holders = stage.plan.holders().map(|(node, _)| *node);
        let silent = holders.filter(|node| *node != who).last().unwrap();
        let mut run = stage
            .run()
            .conduct(&who, Conduct::Says(Step::Done, forged()));
        run = run.conduct(&silent, Conduct::Silent(Step::Done));
        run.play();
        assert_eq!(verdict(&run), blamed(who, Fault::Certificate), "{name}");
    }
}

/// A dealer that deals wrongly to one and rightly to the others cannot have the one blamed: its
/// complaint names the message that it is about.
#[test]
fn a_complaint_about_a_deal_that_others_never_saw_blames_nobody_until_they_see_it() {
    for (name, stage) in stages() {
        let who = stage.both();
        let mut run = stage.run().conduct(&who, Conduct::Silent(Step::Deal));
        run.play();
        let wrong = deal_by_hand(&stage, &run, &who, &[0; 64]);
        let victim = stage.holder();
        let player = run.players.get_mut(&victim).unwrap();
        player.ceremony.receive(&wrong).unwrap();
        let Next::Post(complaint) = player.ceremony.poll().unwrap() else {
            panic!("{name}")
        };
        // The others have the right deal, and hear the complaint.
        run.players.get_mut(&who).unwrap().conduct = Conduct::Honest;
        let liar = run.players.get_mut(&who).unwrap();
        let Next::Post(right) = liar.ceremony.poll().unwrap() else {
            panic!("{name}")
        };
        let bystander = stage.town().nodes[5.min(stage.town().nodes.len() - 1)].node();
        let bystander = if bystander == victim {
            stage.town().nodes[2].node()
        } else {
            bystander
        };
        let other = &mut run.players.get_mut(&bystander).unwrap().ceremony;
        other.receive(&right).unwrap();
        other.receive(&complaint).unwrap();
        assert!(
            !matches!(other.board().standing(), Standing::Stopped(_)),
            "{name}"
        );
        other.receive(&wrong).unwrap();
        let seen = other.board().standing();
        assert_eq!(seen, blamed(who, Fault::Two(Step::Deal)), "{name}");
    }
}

/// A board that has another join than the one that the others built on blames none of them: neither
/// who signed the certificate of their transcript, nor a dealer whose parts do not open under this one.
#[test]
fn who_built_on_another_join_is_not_blamed_for_it() {
    let stage = Stage::generate();
    let mut run = stage.run();
    run.play();
    let (liar, complainer, dealer) = (stage.both(), stage.holder(), stage.town().nodes[0].node());
    let whole = run.players[&dealer].ceremony.board();
    let seed = CeremonySeed::from_bytes(run.players[&complainer].seed);
    let about = [dealer.as_bytes().as_slice()];
    let mut stream = seed.stream(stage.plan.digest(), Purpose::OneTime, &about);
    let complaint = Complaint {
        about: dealer,
        seed: Some(Zeroizing::new(draw(&mut stream))),
        message: *whole.deals(&dealer).next().unwrap().0,
    };
    let mut other = Board::new(stage.plan.clone());
    for message in whole.messages() {
        let envelope = Envelope::parse(message).unwrap();
        if (envelope.sender, envelope.step) == (liar, Step::Join) {
            let mut join = Join::decode(envelope.body).unwrap();
            join.nonce[0] ^= 1;
            other
                .post(&stage.say(&liar, Step::Join, &join.encode()))
                .unwrap();
        } else if envelope.sender != liar {
            other.post(message).unwrap();
        }
    }
    let complaint = stage.say(&complainer, Step::Complaint, &complaint.encode());
    other.post(&complaint).unwrap();
    let Standing::Stopped(Why::Echoes(differ)) = other.standing() else {
        panic!("{:?}", other.standing())
    };
    assert_eq!(differ.len(), 3);
}

/// Somebody signs another join when all is done. Whichever of the two comes first to a board, the
/// certificate stands: it is of the one that the echoes are of.
#[test]
fn a_second_join_unmakes_nothing_whichever_comes_first() {
    let stage = Stage::generate();
    let mut run = stage.run();
    run.play();
    let liar = stage.both();
    let whole = run.players[&liar].ceremony.board();
    let (_, join) = whole
        .messages()
        .map(|message| (message, Envelope::parse(message).unwrap()))
        .find(|(_, e)| (e.sender, e.step) == (liar, Step::Join))
        .unwrap();
    for change in 1..9 {
        let mut other = Join::decode(join.body).unwrap();
        other.nonce[0] ^= change;
        let other = stage.say(&liar, Step::Join, &other.encode());
        let mut before = whole.clone();
        before.post(&other).unwrap();
        let mut after = Board::new(stage.plan.clone());
        after.post(&other).unwrap();
        for message in whole.messages() {
            after.post(message).unwrap();
        }
        assert!(
            matches!(after.standing(), Standing::Made { .. }),
            "{change}"
        );
        assert_eq!(after.standing(), before.standing());
        assert_eq!(after.to_bytes(), before.to_bytes());
    }
}

/// Blame does not depend on the order in which its pieces came.
#[test]
fn several_culprits_are_all_named() {
    let stage = Stage::generate();
    let town = stage.town();
    let (one, two) = (town.nodes[0].node(), town.nodes[2].node());
    let nonsense = || -> Twist { Box::new(|_| b"nonsense".to_vec()) };
    let mut run = stage
        .run()
        .conduct(&one, Conduct::Says(Step::Join, nonsense()))
        .conduct(&two, Conduct::Says(Step::Join, nonsense()));
    run.play();
    let blame = [one, two].map(|culprit| Blame {
        culprit,
        fault: Fault::Form,
    });
    assert_eq!(verdict(&run), Standing::Stopped(Why::Blame(blame.into())));
}
