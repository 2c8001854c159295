//! Evaluations: what keyholders are asked, and what a client makes of hostile answers. Whatever a
//! home node and the keyholders answer, the client comes to the right output or to none, and ends.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use parasol_fuzz::client::{Fixture, fixture};
use parasol_fuzz::common::Seeded;
use parasol_fuzz::seeds::{reached, watched};
use parasol_fuzz::structured;
use parasol_protocol::client::{Check, CheckOptions, Exchange, Unanswered};
use parasol_protocol::engine::evaluate;
use parasol_protocol::oprf::{
    Blinded, Element, Evaluation, KeyName, Proof, ShareIndex, Verified, blind,
};
use parasol_protocol::seal::Bucket;
use parasol_protocol::wire::client::{Evaluate, Evaluated, Missing, PassOn};
use parasol_protocol::wire::peer::{Refusal, Reply, Request};
use parasol_protocol::wire::sealed::{Question, open_question};
use parasol_protocol::wire::{Again, EvaluateAsk, KeyEvaluation};
use std::sync::{Arc, LazyLock};

/// What is done to one keyholder's honest answer.
#[derive(Arbitrary, Clone, Debug)]
enum Twist {
    /// Under another name.
    Index(u8),
    Claim(u16),
    /// One answer's key, element or proof from another place.
    Key {
        at: u8,
        from: u8,
    },
    Element {
        at: u8,
        holder: u8,
        from: u8,
    },
    Proof {
        at: u8,
        holder: u8,
        from: u8,
    },
    RawElement {
        at: u8,
        bytes: [u8; 32],
    },
    RawProof {
        at: u8,
        place: u8,
        xor: u8,
    },
    More {
        at: u8,
    },
    None {
        at: u8,
    },
    Drop {
        at: u8,
    },
    Twice {
        at: u8,
    },
    Turn,
}

#[derive(Arbitrary, Debug)]
struct Answer {
    holder: u8,
    twists: Vec<Twist>,
}

#[derive(Arbitrary, Debug)]
enum Round {
    Answers(Vec<Answer>, Vec<(u8, u8)>),
    /// Bytes that are changed in an honest answer.
    Altered(Vec<(u16, u8)>),
    Raw(Vec<u8>),
    Status(u16),
}

#[derive(Arbitrary, Debug)]
enum Input {
    Client(Vec<Round>),
    /// Which of three keyholders' answers are put together for which key.
    Combine(bool, Vec<(u8, bool)>),
}

fn at<T>(list: &mut [T], n: u8) -> Option<&mut T> {
    let len = list.len();
    list.get_mut(usize::from(n).checked_rem(len)?)
}

fn apply(
    twist: &Twist,
    index: &mut u16,
    answers: &mut Vec<KeyEvaluation>,
    honest: &[(u16, Vec<KeyEvaluation>)],
) {
    let other = |holder: u8, from: u8| {
        let (_, theirs) = &honest[usize::from(holder) % honest.len()];
        &theirs[usize::from(from) % theirs.len()].evaluation
    };
    match twist {
        Twist::Index(n) => *index = u16::from(n % 5),
        Twist::Claim(n) => {
            for answer in answers.iter_mut() {
                if let Ok(claimed) = ShareIndex::new(*n % 5) {
                    answer.evaluation.index = claimed;
                }
            }
        }
        Twist::Key { at: n, from } => {
            let key = honest[0].1[usize::from(*from) % honest[0].1.len()].key;
            if let Some(answer) = at(answers, *n) {
                answer.key = key;
            }
        }
        Twist::Element {
            at: n,
            holder,
            from,
        } => {
            if let Some(answer) = at(answers, *n) {
                answer.evaluation.elements = other(*holder, *from).elements.clone();
            }
        }
        Twist::Proof {
            at: n,
            holder,
            from,
        } => {
            if let Some(answer) = at(answers, *n) {
                answer.evaluation.proof = other(*holder, *from).proof;
            }
        }
        Twist::RawElement { at: n, bytes } => {
            if let (Some(answer), Ok(element)) = (at(answers, *n), Element::from_bytes(bytes)) {
                answer.evaluation.elements = vec![element];
            }
        }
        Twist::RawProof { at: n, place, xor } => {
            if let Some(answer) = at(answers, *n) {
                let mut bytes = *answer.evaluation.proof.as_bytes();
                bytes[usize::from(place % 64)] ^= xor;
                if let Ok(proof) = Proof::from_bytes(&bytes) {
                    answer.evaluation.proof = proof;
                }
            }
        }
        Twist::More { at: n } => {
            if let Some(answer) = at(answers, *n) {
                let more = answer.evaluation.elements.clone();
                answer.evaluation.elements.extend(more);
            }
        }
        Twist::None { at: n } => {
            if let Some(answer) = at(answers, *n) {
                answer.evaluation.elements.clear();
            }
        }
        Twist::Drop { at: n } => {
            if !answers.is_empty() {
                answers.remove(usize::from(*n) % answers.len());
            }
        }
        Twist::Twice { at: n } => {
            if let Some(answer) = at(answers, *n).cloned() {
                answers.push(answer);
            }
        }
        Twist::Turn => answers.reverse(),
    }
    // More than a message holds would only be refused whole.
    for answer in answers {
        answer.evaluation.elements.truncate(8);
    }
}

/// What the home node gives back in a round.
fn given(round: &Round, fixture: &Fixture, ask: &EvaluateAsk) -> Result<Vec<u8>, Unanswered> {
    let honest = fixture.evaluated(ask);
    let whole = || Evaluated {
        answers: honest.clone(),
        missing: Vec::new(),
    };
    match round {
        Round::Answers(answers, missing) => {
            let answers = answers.iter().take(6).map(|answer| {
                let (mut index, mut theirs) = honest[usize::from(answer.holder) % 3].clone();
                for twist in answer.twists.iter().take(8) {
                    apply(twist, &mut index, &mut theirs, &honest);
                }
                theirs.truncate(12);
                (index, theirs)
            });
            let missing = missing.iter().take(8).map(|(index, why)| {
                let refusals = [
                    Missing::Unreachable,
                    Missing::Refused(Refusal::Quota(Again::in_minutes(300).unwrap())),
                    Missing::Refused(Refusal::Busy),
                ];
                (u16::from(*index), refusals[usize::from(why % 3)])
            });
            let evaluated = Evaluated {
                answers: answers.collect(),
                missing: missing.collect(),
            };
            Ok(evaluated.encode())
        }
        Round::Altered(changes) => {
            let mut bytes = whole().encode();
            for (place, xor) in changes {
                let place = usize::from(*place) % bytes.len();
                bytes[place] ^= xor;
            }
            Ok(bytes)
        }
        Round::Raw(bytes) => Ok(bytes.clone()),
        Round::Status(status) => Err(Unanswered::Status {
            status: *status,
            body: b"{}".to_vec(),
        }),
    }
}

fn client(rounds: &[Round]) {
    let fixture = fixture();
    let mut entropy = Seeded::new("client");
    let handles = vec![fixture.handle.clone()];
    let mut check = Check::new(
        &fixture.federation,
        handles,
        CheckOptions::default(),
        &mut entropy,
    )
    .unwrap();
    let mut rounds = rounds.iter();
    let (mut asked, mut questions) = (0, 0);
    for _ in 0..32 {
        for ask in check.asks() {
            let answer = if ask.path == "/v1/evaluate" {
                asked += 1;
                let wanted = Evaluate::decode(&ask.body).unwrap();
                assert!(wanted.except.is_sorted_by(|a, b| a < b));
                match rounds.next() {
                    Some(round) => given(round, fixture, &wanted.ask),
                    None => Err(Unanswered::Unreachable),
                }
            } else {
                questions += 1;
                let pass_on = PassOn::decode(&ask.body).unwrap();
                let seal = fixture.seal_of(&pass_on.to).unwrap();
                let (question, _) =
                    open_question(&pass_on.sealed, seal, fixture.federation.id()).unwrap();
                let Question::Bucket { bucket, part: 0 } = question else {
                    panic!("{question:?}");
                };
                reached();
                // It got through: then it is the bucket of this handle, whatever they answered.
                assert_eq!(bucket, Bucket::of(&fixture.bucket, bucket.bits));
                Err(Unanswered::Status {
                    status: 502,
                    body: Vec::new(),
                })
            };
            check.answer(ask.id, answer, &mut entropy);
        }
        if let Some(done) = check.done() {
            // Nobody served anything.
            assert!(done.is_err());
            // Each further round must have brought something.
            assert!(asked <= 3 && questions <= 2, "{asked} {questions}");
            return;
        }
    }
    panic!("the exchange does not end");
}

/// One element, blinded once, and what the keyholders' honest answers are.
struct Blind {
    blinded: Blinded,
    verified: [Vec<Verified>; 2],
    again: Vec<Verified>,
}

static BLIND: LazyLock<Blind> = LazyLock::new(|| {
    let world = &fixture().world;
    let input = fixture().handle.oprf_input();
    let batch = |seed| blind(&[&input], &mut Seeded::new(seed)).unwrap();
    let verify = |blinded: &Blinded, name: KeyName| -> Vec<Verified> {
        let dealt = &world.dealt[&name];
        let one = |n: usize| {
            let share = &dealt.shares[n];
            let answer = share.evaluate(blinded.elements(), &mut Seeded::new("proof"));
            let answer: Evaluation = answer.unwrap();
            blinded.verify(&dealt.key, &answer).unwrap()
        };
        (0..3).map(one).collect()
    };
    let blinded = batch("one");
    let season = parasol_fuzz::common::world::expiry().season();
    Blind {
        verified: [
            verify(&blinded, KeyName::Bucket),
            verify(&blinded, KeyName::Handle(season)),
        ],
        again: verify(&batch("two"), KeyName::Bucket),
        blinded,
    }
});

fn combine(bucket: bool, picks: &[(u8, bool)]) {
    let fixture = fixture();
    let season = parasol_fuzz::common::world::expiry().season();
    let (name, right, place) = if bucket {
        (KeyName::Bucket, &fixture.bucket, 0)
    } else {
        (KeyName::Handle(season), &fixture.named, 1)
    };
    let picks: Vec<(u8, bool)> = picks.iter().take(6).copied().collect();
    let parts: Vec<Verified> = picks
        .iter()
        .map(|(n, odd)| {
            let from = match (odd, n & 0x80) {
                (false, _) => &BLIND.verified[place],
                (true, 0) => &BLIND.again,
                (true, _) => &BLIND.verified[1 - place],
            };
            from[usize::from(n % 3)].clone()
        })
        .collect();
    let two = picks.len() == 2 && picks.iter().all(|p| !p.1) && picks[0].0 % 3 != picks[1].0 % 3;
    let key = &fixture.world.dealt[&name].key;
    match BLIND.blinded.finish(key, &parts) {
        Ok(outputs) => {
            assert!(two);
            assert!(matches!(outputs.as_slice(), [one] if one == right));
            reached();
        }
        Err(_) => assert!(!two),
    }
}

fn asked(ask: &EvaluateAsk) {
    if ask.elements.len() > 4 || ask.keys.len() > 3 {
        return;
    }
    let shares = fixture().world.dealt.iter().map(|(name, dealt)| {
        let bytes = dealt.shares[0].to_bytes();
        let share = parasol_protocol::oprf::KeyShare::from_bytes(&*bytes).unwrap();
        (*name, share)
    });
    let shares = Arc::new(shares.collect());
    match evaluate(&shares, ask, &mut Seeded::new("node")) {
        Ok(answers) => {
            let there = ask.keys.iter().filter(|k| shares.contains_key(*k));
            assert!(answers.iter().map(|a| a.key).eq(there.copied()));
            for answer in &answers {
                assert_eq!(answer.evaluation.index.get(), 1);
                assert_eq!(answer.evaluation.elements.len(), ask.elements.len());
            }
            let reply = Reply::Evaluated(answers);
            assert_eq!(Reply::decode(&reply.encode()), Ok(reply));
            reached();
        }
        Err(Refusal::NoShare) => assert!(!ask.keys.iter().any(|k| shares.contains_key(k))),
        Err(why) => panic!("{why:?}"),
    }
}

fuzz_target!(|bytes: &[u8]| {
    watched(|| match bytes.split_first() {
        Some((0, rest)) => match structured(rest) {
            Some(Input::Client(rounds)) => client(&rounds),
            Some(Input::Combine(bucket, picks)) => combine(bucket, &picks),
            None => {}
        },
        Some((1, rest)) => {
            if let Ok(message) = Evaluate::decode(rest) {
                assert_eq!(message.encode(), rest);
                asked(&message.ask);
            }
        }
        Some((2, rest)) => {
            if let Ok(message) = Request::decode(rest) {
                assert_eq!(message.encode(), rest);
                if let Request::Evaluate(ask) = &message {
                    asked(ask);
                }
            }
        }
        Some((_, rest)) => {
            // Of another question, so that no client comes through with it.
            if let Ok(evaluated) = Evaluated::decode(rest) {
                assert_eq!(evaluated.encode(), rest);
                reached();
            }
            client(&[Round::Raw(rest.to_vec())]);
        }
        None => {}
    });
});
