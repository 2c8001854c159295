//! Ceremonies: plans, messages and boards of any bytes; and one of three participants who says what
//! it likes, well signed. Whatever comes, honest participants are never blamed and never stuck with
//! an error, all who have the same messages see the same, and a certificate that is made counts.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use parasol_fuzz::common::world::{Member, TODAY, World};
use parasol_fuzz::structured;
use parasol_protocol::cbor::{self, MapOut};
use parasol_protocol::ceremony::{
    Basis, Board, Ceremony, CeremonySeed, Next, Participant, Plan, PlanTerms, Proposal, Shares,
    Standing, Why,
};
use parasol_protocol::certificate::Certificate;
use parasol_protocol::cose::{Context, Sign1, to_be_signed};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::oprf::{KeyName, ShareIndex};
use std::sync::LazyLock;

#[derive(Arbitrary, Debug)]
enum Act {
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

struct Stage {
    world: World,
    plan: Plan,
}

fn members(world: &World) -> [&Member; 3] {
    [&world.lilas, &world.ryabina, &world.rowan]
}

static STAGE: LazyLock<Stage> = LazyLock::new(|| {
    let world = World::new("fuzz");
    let basis = Basis::new(&world.charter, &world.directory, None);
    let holders = (1..).zip(members(&world));
    let holders = holders.map(|(i, member)| (ShareIndex::new(i).unwrap(), member.node.node()));
    let holders = holders.collect();
    let starter = &world.lilas.node;
    let keys = [KeyName::Bucket];
    let none = Default::default();
    let terms = PlanTerms::draft(
        &basis,
        [5; 32],
        TODAY,
        &holders,
        &none,
        &keys,
        starter.node(),
    );
    let plan = Plan::from_bytes(&terms.unwrap().sign(starter), &basis).unwrap();
    Stage { world, plan }
});

fn say(key: &SecretKey, step: u8, body: &[u8]) -> Vec<u8> {
    let payload = MapOut::new()
        .put(1, |e| cbor::put_bytes(e, STAGE.plan.digest().as_bytes()))
        .put(2, |e| cbor::put_bytes(e, &key.public()))
        .put(3, |e| cbor::put_uint(e, u64::from(step)))
        .put(4, |e| cbor::put_bytes(e, body))
        .finish();
    let external = Context::Ceremony.external(Some(&STAGE.world.federation));
    Sign1::write(&payload, &key.sign(&to_be_signed(&external, &payload)))
}

/// Step and body of a message that a participant made.
fn parts(message: &[u8]) -> Option<(u8, Vec<u8>)> {
    let payload = Sign1::parse(message, message.len()).ok()?.payload;
    cbor::decode(payload, payload.len(), |d| {
        let mut fields = cbor::Fields::open(d)?;
        fields.required(1, cbor::array::<32>)?;
        fields.required(2, cbor::array::<32>)?;
        let step = fields.required(3, |d| Ok(d.u8()?))?;
        let body = fields.required(4, |d| Ok(d.bytes()?.to_vec()))?;
        Ok((step, body))
    })
    .ok()
}

fn judge(board: &Board) {
    let liar = STAGE.world.rowan.node.node();
    let standing = board.standing();
    let blame = match &standing {
        Standing::Stopped(Why::Blame(blame)) | Standing::Made { blame, .. } => blame.clone(),
        _ => Default::default(),
    };
    assert!(blame.iter().all(|one| one.culprit == liar));
    if let Standing::Made { certificate, .. } = &standing {
        let world = &STAGE.world;
        let made = Certificate::from_bytes(certificate, &world.charter, &world.directory);
        assert!(!made.unwrap().dealt());
    }
    let mut again = Board::new(STAGE.plan.clone());
    let mut messages: Vec<&[u8]> = board.messages().collect();
    messages.reverse();
    for message in messages {
        again.post(message).unwrap();
    }
    assert_eq!(again.to_bytes(), board.to_bytes());
    assert_eq!(again.standing(), standing);
}

fn play(acts: Vec<Act>) {
    let stage = &*STAGE;
    let mut parties: Vec<Ceremony> = members(&stage.world)
        .iter()
        .enumerate()
        .map(|(n, member)| {
            let participant = Participant {
                node: member.node.clone(),
                seed: CeremonySeed::from_bytes([n as u8; 32]),
                shares: Shares::default(),
                signed: None,
                compare: false,
            };
            Ceremony::open(Board::new(stage.plan.clone()), participant, TODAY).unwrap()
        })
        .collect();
    let liar = &stage.world.rowan.node;
    let (mut sent, mut twists): (Vec<Vec<u8>>, Vec<(u16, u8)>) = Default::default();
    for act in acts.into_iter().take(64) {
        let said = match act {
            Act::Poll(who) => {
                let who = usize::from(who % 3);
                match parties[who].poll() {
                    Ok(Next::Post(message)) => {
                        let twisted = (who == 2 && !twists.is_empty()).then(|| {
                            let (step, mut body) = parts(&message).unwrap();
                            for (at, xor) in twists.drain(..) {
                                let at = usize::from(at) % body.len();
                                body[at] ^= xor;
                            }
                            say(liar, step, &body)
                        });
                        let message = twisted.unwrap_or(message);
                        let _ = parties[who].receive(&message);
                        message
                    }
                    Ok(Next::Store(_)) => {
                        parties[who].stored(None).unwrap();
                        continue;
                    }
                    Ok(_) => continue,
                    Err(why) => {
                        assert!(who == 2, "{why}");
                        continue;
                    }
                }
            }
            Act::Deliver { to, message } => {
                if let Some(message) = sent.get(usize::from(message)) {
                    let _ = parties[usize::from(to % 3)].receive(message);
                }
                continue;
            }
            Act::Twist(more) => {
                twists = more.into_iter().take(8).collect();
                continue;
            }
            Act::Say { step, body } => say(liar, step, &body),
            Act::Steal { message } => match sent.get(usize::from(message)).and_then(|m| parts(m)) {
                Some((step, body)) => say(liar, step, &body),
                None => continue,
            },
        };
        sent.push(said);
    }
    parties.iter().for_each(|party| judge(party.board()));
}

fuzz_target!(|bytes: &[u8]| {
    let world = &STAGE.world;
    let basis = Basis::new(&world.charter, &world.directory, Some(&world.certificate));
    match bytes.split_first() {
        Some((0, rest)) => {
            if let Some(acts) = structured(rest) {
                play(acts);
            }
        }
        Some((1, rest)) => {
            if let Ok(plan) = Proposal::from_bytes(rest).map(|plan| plan.check(&basis)) {
                assert!(plan.is_err() || plan.is_ok_and(|plan| plan.bytes() == rest));
            }
        }
        Some((2, rest)) => {
            if let Ok((plan, messages)) = Board::split(rest) {
                let again = cbor::encode(|e| {
                    cbor::put_array(e, 2);
                    cbor::put_bytes(e, &plan);
                    cbor::put_array(e, messages.len() as u64);
                    messages
                        .iter()
                        .for_each(|message| cbor::put_bytes(e, message));
                });
                assert_eq!(again, rest);
            }
            if let Ok(board) = Board::from_bytes(rest, &basis) {
                let bytes = board.to_bytes();
                assert_eq!(Board::from_bytes(&bytes, &basis).unwrap().to_bytes(), bytes);
            }
        }
        Some((_, rest)) => {
            let mut board = Board::new(STAGE.plan.clone());
            let posted = board.post(rest);
            assert_eq!(board.messages().count(), usize::from(posted.is_ok()));
        }
        None => {}
    }
});
