//! What a client makes of its home node's answers, whatever they are: each exchange ends, asks no
//! more than it must, and gives back nothing that does not hold.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use parasol_fuzz::client::{Pooled, fixture};
use parasol_fuzz::common::Seeded;
use parasol_fuzz::common::world::TODAY;
use parasol_fuzz::seeds::{reached, reached_if, watched};
use parasol_fuzz::structured;
use parasol_protocol::area::Area;
use parasol_protocol::client::{
    Ask, Attach, Attachment, Browse, Draft, Error, Exchange, Grip, Own, Publish, Retract, Seal,
    Unanswered,
};
use parasol_protocol::ids::RecordId;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::particulars::Words;
use parasol_protocol::time::Season;
use parasol_protocol::trust::Local;
use parasol_protocol::wire::client::{
    Evaluate, Evaluated, MAX_MESSAGE, Outcome, OwnAsk, OwnReply, PassOn, Published, Tag, TagsAsk,
    TagsReply,
};
use parasol_protocol::wire::sealed::{Question, Reply, open_question};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Answers of an exchange, however hostile, before it must have ended.
const LONGEST: usize = 2_000;

#[derive(Arbitrary, Clone, Debug)]
enum Answer {
    Raw(Vec<u8>),
    Status(u16, Vec<u8>),
    Unreachable,
    /// Records of the pool, and how far the next page is.
    Page(Vec<u8>, i64),
    Tags(Vec<(u8, u8, [u8; 8])>, i64),
    Outcomes(Vec<(u8, String, String)>),
    /// What is right, as far as it can be.
    Right,
}

#[derive(Arbitrary, Debug)]
enum What {
    Own(bool),
    Browse,
    Publish,
    Seal,
    Attach(u8),
    Retract(bool),
}

#[derive(Arbitrary, Debug)]
struct Input {
    what: What,
    /// The last one goes on for ever.
    answers: Vec<Answer>,
}

/// Two reports, sealed as a client seals them.
static SEALED: LazyLock<Vec<Draft>> = LazyLock::new(|| {
    let exchange = Seal::new(&fixture().federation, drafts(), &mut Seeded::new("seal"));
    let right = [Answer::Right];
    let (drafts, _) = carry(exchange.unwrap(), &right).unwrap();
    drafts
});

fn drafts() -> Vec<Draft> {
    let fixture = fixture();
    let mut entropy = Seeded::new("drafts");
    let mut draft = || Draft::new(&fixture.federation, fixture.says.clone(), &mut entropy);
    vec![draft(), draft()]
}

fn page(asked: u64, step: i64) -> u64 {
    asked.saturating_add_signed(step)
}

fn answer(ask: &Ask, how: &Answer, entropy: &mut Seeded) -> Result<Vec<u8>, Unanswered> {
    let fixture = fixture();
    let pooled = |n: &u8| {
        let record = &fixture.pool[usize::from(*n) % fixture.pool.len()];
        record.bytes().to_vec()
    };
    match (how, ask.path) {
        (Answer::Raw(bytes), _) => Ok(bytes.clone()),
        (Answer::Status(status, body), _) => Err(Unanswered::Status {
            status: *status,
            body: body.clone(),
        }),
        (Answer::Unreachable, _) => Err(Unanswered::Unreachable),
        (Answer::Page(records, step), "/v1/own") => {
            let asked = OwnAsk::decode(&ask.body).unwrap();
            let reply = OwnReply {
                records: records.iter().take(8).map(pooled).collect(),
                next: page(asked.cursor, *step),
            };
            Ok(reply.encode())
        }
        (Answer::Tags(tags, step), "/v1/tags") => {
            let asked = TagsAsk::decode(&ask.body).unwrap();
            assert!(asked.from <= asked.to);
            let tags = tags.iter().take(8).map(|(id, season, tag)| Tag {
                id: [*id; 8],
                season: Season::from_index(u32::from(*season)),
                salt: [*id; 16],
                tag: *tag,
            });
            let reply = TagsReply {
                tags: tags.collect(),
                next: page(asked.cursor, *step),
            };
            Ok(reply.encode())
        }
        (Answer::Outcomes(outcomes), "/v1/publish") => {
            let outcomes = outcomes
                .iter()
                .take(8)
                .map(|(n, code, message)| match n % 3 {
                    0 => Outcome::Published(RecordId::from_bytes([*n; 32])),
                    _ => Outcome::Refused {
                        code: code.clone(),
                        message: message.clone(),
                    },
                });
            Ok(Published(outcomes.collect()).encode())
        }
        (Answer::Page(records, left), "/v1/sealed") => {
            let pass_on = PassOn::decode(&ask.body).unwrap();
            let seal = fixture.seal_of(&pass_on.to).unwrap();
            let id = fixture.federation.id();
            let (question, key) = open_question(&pass_on.sealed, seal, id).unwrap();
            assert!(matches!(question, Question::Records(ids) if !ids.is_empty()));
            let reply = Reply {
                carried: 3,
                records: records.iter().take(8).map(pooled).collect(),
                left: left.unsigned_abs(),
            };
            Ok(key.seal(&reply, entropy).unwrap())
        }
        (_, "/v1/evaluate") => {
            let wanted = Evaluate::decode(&ask.body).unwrap();
            let evaluated = Evaluated {
                answers: fixture.evaluated(&wanted.ask),
                missing: Vec::new(),
            };
            Ok(evaluated.encode())
        }
        (_, "/v1/own") => Ok(OwnReply {
            records: vec![fixture.pooled(Pooled::Report).bytes().to_vec()],
            next: 0,
        }
        .encode()),
        (_, "/v1/tags") => Ok(TagsReply {
            tags: Vec::new(),
            next: 0,
        }
        .encode()),
        (_, "/v1/publish") => {
            let wanted = parasol_protocol::wire::client::Publish::decode(&ask.body).unwrap();
            let id = |n| Outcome::Published(RecordId::from_bytes([n; 32]));
            Ok(Published((1..=2).take(wanted.0.len()).map(id).collect()).encode())
        }
        _ => Err(Unanswered::Status {
            status: 502,
            body: Vec::new(),
        }),
    }
}

fn carry<E: Exchange>(mut exchange: E, answers: &[Answer]) -> Result<E::Done, Error> {
    let mut entropy = Seeded::new("carry");
    let (mut place, mut given) = (0, 0);
    while given < LONGEST {
        let asks = exchange.asks();
        assert!(asks.len() <= 64, "{} asks at once", asks.len());
        let idle = asks.is_empty();
        for ask in asks {
            assert!(ask.body.len() <= MAX_MESSAGE && ask.reply_limit <= MAX_MESSAGE);
            let how = answers
                .get(place)
                .or(answers.last())
                .unwrap_or(&Answer::Right);
            // What goes on and on with something on each page is given up after a million, which
            // would take too long here.
            let full = matches!(how, Answer::Page(r, _) if !r.is_empty())
                || matches!(how, Answer::Tags(t, _) if !t.is_empty());
            let how = if full && place > answers.len() + 32 {
                &Answer::Right
            } else {
                how
            };
            place += 1;
            given += 1;
            let answer = answer(&ask, how, &mut entropy);
            exchange.answer(ask.id, answer.clone(), &mut entropy);
            // The same once more changes nothing.
            exchange.answer(ask.id, answer, &mut entropy);
        }
        if let Some(done) = exchange.done() {
            assert!(exchange.asks().is_empty());
            assert!(exchange.done().is_none());
            return done;
        }
        assert!(!idle, "nothing is left to ask, and there is no result");
    }
    panic!("the exchange does not end");
}

/// One record is published, whatever it is, by one answer.
fn one<E: Exchange<Done = RecordId>>(exchange: E, answers: &[Answer]) {
    match carry(exchange, answers) {
        Ok(_) => reached(),
        Err(why) => told(&why),
    }
}

/// A hold on the report of the pool.
fn grip() -> Grip {
    let fixture = fixture();
    let record = fixture.pooled(Pooled::Report);
    let header = record.header();
    let parasol_protocol::record::Body::Report(report) = record.body() else {
        panic!("it is no report");
    };
    let grip = Grip {
        id: record.id(),
        lock: report.lock,
        organisation: header.organisation,
        expires: header.expires,
        salt: report.salt,
        full_key: fixture.full_key.clone(),
    };
    // As it is kept meanwhile.
    let kept = Grip::from_bytes(&grip.to_bytes()).unwrap();
    assert_eq!(kept.to_bytes(), grip.to_bytes());
    kept
}

fn told(why: &Error) {
    assert!(!why.to_string().is_empty() && !why.code().is_empty());
    // What somebody else wrote is not shown without end.
    assert!(why.to_string().len() < 16 * 1024);
}

fn run(input: &Input) {
    let fixture = fixture();
    let answers = &input.answers;
    match input.what {
        What::Own(only_own) => match carry(Own::new(only_own), answers) {
            Ok(own) => {
                let keys = BTreeMap::from([(
                    fixture.pooled(Pooled::Report).id(),
                    fixture.full_key.clone(),
                )]);
                reached_if(!own.records.is_empty());
                let (found, refused, closed) =
                    own.open(&fixture.federation, &keys, &Local::default());
                assert!(found.len() + closed <= own.records.len());
                assert!(refused.len() <= own.records.len());
                for report in found {
                    assert_eq!(report.id, fixture.pooled(Pooled::Report).id());
                    assert_eq!(report.words, fixture.says.words);
                }
            }
            Err(why) => told(&why),
        },
        What::Browse => {
            let areas = vec![Area::from_canonical("FR:lyon").unwrap()];
            let mut entropy = Seeded::new("browse");
            let exchange = Browse::new(&fixture.federation, areas, None, &mut entropy);
            match carry(exchange.unwrap(), answers) {
                Ok(browsed) => {
                    reached();
                    for report in browsed.reports {
                        assert!(fixture.find(&report.id).is_some() && report.expires >= TODAY);
                    }
                }
                Err(why) => told(&why),
            }
        }
        What::Publish => {
            let exchange = Publish::new(&fixture.federation, SEALED.clone()).unwrap();
            match carry(exchange, answers) {
                Ok(filed) => {
                    assert_eq!(filed.len(), 2);
                    reached_if(filed.iter().any(Result::is_ok));
                    filed.iter().filter_map(|f| f.as_ref().err()).for_each(told);
                }
                Err(why) => told(&why),
            }
        }
        What::Seal => {
            let mut entropy = Seeded::new("again");
            let exchange = Seal::new(&fixture.federation, drafts(), &mut entropy).unwrap();
            match carry(exchange, answers) {
                Ok((drafts, _)) => {
                    assert_eq!(drafts.len(), 2);
                    reached();
                }
                Err(why) => told(&why),
            }
        }
        What::Attach(kind) => {
            let words = || {
                Some(Words {
                    lang: "en".to_owned(),
                    text: "he was polite".to_owned(),
                })
            };
            let attachment = match kind % 5 {
                0 => Attachment::Translation(words().unwrap()),
                1 => Attachment::Second(None),
                2 => Attachment::Second(words()),
                3 => Attachment::Dispute(None),
                _ => Attachment::Dispute(words()),
            };
            let mut entropy = Seeded::new("attach");
            let exchange = Attach::new(&fixture.federation, &attachment, &grip(), &mut entropy);
            one(exchange.unwrap(), answers);
        }
        What::Retract(by_lock) => {
            let lock = SecretKey::generate(&mut Seeded::new("lock"));
            let exchange = match by_lock {
                true => Retract::by_lock(&fixture.federation, &lock),
                false => Retract::as_publisher(&fixture.federation, lock.lock()),
            };
            one(exchange, answers);
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    watched(|| match bytes.split_first() {
        Some((0, rest)) => {
            if let Some(input) = structured(rest) {
                run(&input);
            }
        }
        Some((which, rest)) => {
            let what = match which % 6 {
                0 => What::Own(rest.len() % 2 == 0),
                1 => {
                    reached_if(TagsReply::decode(rest).is_ok());
                    What::Browse
                }
                2 => What::Publish,
                // Of another question, so that nothing can be sealed with it.
                3 => {
                    reached_if(Evaluated::decode(rest).is_ok());
                    What::Seal
                }
                4 => What::Attach(1),
                _ => What::Retract(true),
            };
            // Browsing begins with evaluations, which must be right for the rest to be asked.
            let raw = Answer::Raw(rest.to_vec());
            let answers = match what {
                What::Browse => vec![Answer::Right, raw],
                _ => vec![raw],
            };
            run(&Input { what, answers });
        }
        None => {}
    });
});
