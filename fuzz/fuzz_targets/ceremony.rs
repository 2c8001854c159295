//! Ceremonies: plans, messages and boards of any bytes, and plans of any terms, well signed; and one
//! of three participants who says what it likes, well signed, where a key is made and where it is
//! renewed by one who only deals and one who only receives. Whatever comes, honest participants are
//! never blamed and never stuck with an error, all who have the same messages see the same, and a
//! certificate that is made counts.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use parasol_fuzz::seeds::{reached, watched};
use parasol_fuzz::stage::{Stage, Twist, holds, members, parts, signed, theatre};
use parasol_fuzz::structured;
use parasol_protocol::cbor;
use parasol_protocol::ceremony::{Board, Ceremony, Next, Plan, Proposal, Seat, Standing, Why};
use parasol_protocol::certificate::Certificate;
use parasol_protocol::ids::NodeKey;
use parasol_protocol::keys::SecretKey;

/// Messages of one input, so that it takes milliseconds.
const MOST: usize = 48;

#[derive(Arbitrary, Debug)]
enum Act {
    /// Everybody does what it has to, and everything comes to everybody.
    Round,
    /// A participant does what it has to.
    Poll(u8),
    /// A message that was sent comes to a participant.
    Deliver { to: u8, message: u8 },
    /// The liar changes bytes in the body of what it says next.
    Twist(Vec<(u16, u8)>),
    /// The liar says something of its own.
    Say { step: u8, body: Vec<u8> },
    /// The liar says what another one said.
    Steal { message: u8 },
}

#[derive(Arbitrary, Debug)]
enum Input {
    Play {
        renewed: bool,
        liar: u8,
        acts: Vec<Act>,
    },
    Terms {
        renewed: bool,
        twists: Vec<Twist>,
    },
}

/// A ceremony with one who lies.
struct Play {
    stage: &'static Stage,
    parties: Vec<Ceremony>,
    liar: usize,
    twists: Vec<(u16, u8)>,
    sent: Vec<Vec<u8>>,
}

impl Play {
    fn key(&self) -> &'static SecretKey {
        &members(&theatre().world)[self.liar].node
    }

    fn say(&self, step: u8, body: &[u8]) -> Vec<u8> {
        let digest = self.stage.plan.digest();
        Stage::say(&theatre().world, digest, self.key(), step, body)
    }

    /// One participant goes one step on, and what it says is sent.
    fn poll(&mut self, who: usize) {
        let lies = who == self.liar;
        match self.parties[who].poll() {
            Ok(Next::Post(mut message)) => {
                if lies && !self.twists.is_empty() {
                    let (step, mut body) = parts(&message).unwrap();
                    for (at, xor) in self.twists.drain(..) {
                        let at = usize::from(at) % body.len();
                        body[at] ^= xor;
                    }
                    message = self.say(step, &body);
                }
                let _ = self.parties[who].receive(&message);
                self.sent.push(message);
            }
            Ok(Next::Store(_)) => self.parties[who].stored(None).unwrap(),
            Ok(_) => {}
            Err(why) => assert!(lies, "{why}"),
        }
    }

    fn deliver(&mut self, to: usize, at: usize) {
        if let Some(message) = self.sent.get(at) {
            let _ = self.parties[to].receive(message);
        }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Round => {
                for who in 0..3 {
                    self.poll(who);
                }
                for at in 0..self.sent.len() {
                    for to in 0..3 {
                        self.deliver(to, at);
                    }
                }
            }
            Act::Poll(who) => self.poll(usize::from(who % 3)),
            Act::Deliver { to, message } => self.deliver(usize::from(to % 3), message.into()),
            Act::Twist(more) => self.twists = more.into_iter().take(8).collect(),
            Act::Say { step, body } => {
                let said = self.say(step, &body);
                self.sent.push(said);
            }
            Act::Steal { message } => {
                let stolen = self.sent.get(usize::from(message)).and_then(|m| parts(m));
                if let Some((step, body)) = stolen {
                    let said = self.say(step, &body);
                    self.sent.push(said);
                }
            }
        }
    }
}

fn judge(board: &Board, stage: &Stage, liar: &NodeKey) {
    let standing = board.standing();
    let blame = match &standing {
        Standing::Stopped(Why::Blame(blame)) | Standing::Made { blame, .. } => blame.clone(),
        _ => Default::default(),
    };
    assert!(blame.iter().all(|one| one.culprit == *liar));
    if let Standing::Made { certificate, .. } = &standing {
        let world = &theatre().world;
        let made = Certificate::from_bytes(certificate, &world.charter, &world.directory).unwrap();
        assert!(!made.dealt());
        // What is renewed is the same key.
        for key in stage.certificate.iter().flat_map(Certificate::keys) {
            assert_eq!(made.key(key.name()).unwrap().public(), key.public());
        }
        reached();
    }
    let mut again = Board::new(stage.plan.clone());
    let mut messages: Vec<&[u8]> = board.messages().collect();
    messages.reverse();
    for message in messages {
        again.post(message).unwrap();
    }
    assert_eq!(again.to_bytes(), board.to_bytes());
    assert_eq!(again.standing(), standing);
}

fn play(renewed: bool, liar: u8, acts: Vec<Act>) {
    let stage = stage(renewed);
    let mut play = Play {
        stage,
        parties: stage.parties(&theatre().world),
        liar: usize::from(liar % 3),
        twists: Vec::new(),
        sent: Vec::new(),
    };
    for act in acts.into_iter().take(MOST) {
        if play.sent.len() < MOST {
            play.act(act);
        }
    }
    let liar = play.key().node();
    let mut seen: Vec<Vec<u8>> = Vec::new();
    for party in &play.parties {
        // Who has seen the same need not be judged twice.
        let bytes = party.board().to_bytes();
        if !seen.contains(&bytes) {
            judge(party.board(), stage, &liar);
            seen.push(bytes);
        }
    }
}

fn stage(renewed: bool) -> &'static Stage {
    match renewed {
        true => &theatre().second,
        false => &theatre().first,
    }
}

/// Whether something that is in force makes this plan one that holds.
fn plan(bytes: &[u8]) {
    let Ok(proposal) = Proposal::from_bytes(bytes) else {
        return;
    };
    for basis in theatre().bases() {
        let Ok(plan) = proposal.clone().check(&basis) else {
            continue;
        };
        reached();
        assert_eq!(plan.bytes(), bytes);
        holds(&plan);
        begin(&plan);
    }
}

/// Whoever takes part in a plan that holds can begin, and what it says is taken; but for a dealer that
/// is to share out what another one holds.
fn begin(plan: &Plan) {
    let stage = &theatre().second;
    let digest = stage.certificate.as_ref().map(|c| *c.digest());
    if plan.terms().keys.len() > 2 || plan.terms().old.as_ref().map(|old| old.certificate) != digest
    {
        return;
    }
    let members = members(&theatre().world);
    let mut dealers = plan.terms().old.iter().flat_map(|old| &old.dealers);
    let holds = |seat: &Seat| members[usize::from(seat.index.get()) - 1].node.node() == seat.node;
    if !dealers.all(holds) {
        return;
    }
    let mut board = Board::new(plan.clone());
    for member in members {
        let node = member.node.node();
        if plan.participants().all(|one| *one != node) {
            continue;
        }
        let mut party = stage.party(member, plan);
        let Ok(Next::Post(join)) = party.poll() else {
            panic!("a participant cannot join");
        };
        party.receive(&join).unwrap();
        board.post(&join).unwrap();
    }
    assert!(matches!(board.standing(), Standing::Waiting { .. }));
}

fn board(bytes: &[u8]) {
    let Ok((plan, messages)) = Board::split(bytes) else {
        return;
    };
    let again = cbor::encode(|e| {
        cbor::put_array(e, 2);
        cbor::put_bytes(e, &plan);
        cbor::put_array(e, messages.len() as u64);
        messages
            .iter()
            .for_each(|message| cbor::put_bytes(e, message));
    });
    assert_eq!(again, bytes);
    // The plan is the dear part: of all that could be in force, one at most fits it.
    let Ok(proposal) = Proposal::from_bytes(&plan) else {
        return;
    };
    let mut bases = theatre().bases();
    let Some(basis) = bases.find(|basis| proposal.clone().check(basis).is_ok()) else {
        return;
    };
    let board = Board::from_bytes(bytes, &basis).unwrap();
    reached();
    let bytes = board.to_bytes();
    let again = Board::from_bytes(&bytes, &basis).unwrap();
    assert_eq!(again.to_bytes(), bytes);
    assert_eq!(again.standing(), board.standing());
}

fuzz_target!(|bytes: &[u8]| {
    watched(|| match bytes.split_first() {
        Some((0, rest)) => match structured(rest) {
            Some(Input::Play {
                renewed,
                liar,
                acts,
            }) => play(renewed, liar, acts),
            Some(Input::Terms { renewed, twists }) => {
                let twists: Vec<Twist> = twists.into_iter().take(8).collect();
                let terms = theatre().twisted(stage(renewed).plan.terms(), &twists);
                if let Some(starter) = theatre().signer(&terms.starter) {
                    plan(&terms.sign(starter));
                }
            }
            None => {}
        },
        Some((1, rest)) => plan(rest),
        Some((2, rest)) => board(rest),
        // A plan of any payload, by who it says that it is, or by lilas.
        Some((3, payload)) => {
            let said = payload.last_chunk::<32>().copied();
            let signer = said.and_then(|key| theatre().signer(&NodeKey::from_bytes(key)));
            let world = &theatre().world;
            plan(&signed(world, signer.unwrap_or(&world.lilas.node), payload));
        }
        // A message of any body, by lilas, and one as it is.
        Some((4, [step, body @ ..])) => {
            let stage = &theatre().second;
            let world = &theatre().world;
            post(&Stage::say(
                world,
                stage.plan.digest(),
                &world.lilas.node,
                *step,
                body,
            ));
        }
        Some((_, rest)) => post(rest),
        None => {}
    });
});

fn post(message: &[u8]) {
    for plan in &theatre().plans {
        let mut board = Board::new(plan.clone());
        let before = board.to_bytes();
        match board.post(message) {
            Ok(_) => {
                reached();
                assert!(board.messages().eq([message]));
            }
            Err(_) => assert_eq!(board.to_bytes(), before),
        }
    }
}
