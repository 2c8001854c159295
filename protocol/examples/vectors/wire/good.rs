//! Every message, as whoever keeps to the text writes it.

use crate::annotate::diagnose;
use crate::ceremony::Ceremonies;
use crate::common::world::{TODAY, World, expiry};
use crate::records::Made;
use parasol_protocol::charter::Chain;
use parasol_protocol::ids::{Lock, RecordId};
use parasol_protocol::oprf::{KeyName, ShareIndex, blind};
use parasol_protocol::seal::Bucket;
use parasol_protocol::time::Season;
use parasol_protocol::wire::client::{
    DirectoryReply, Evaluate, Evaluated, Missing, Outcome, OwnAsk, OwnReply, PassOn, Publish,
    Published, Tag, TagsAsk, TagsReply, Wanted,
};
use parasol_protocol::wire::peer::{Hello, Refusal, Reply, Request};
use parasol_protocol::wire::sealed::{self, Question, open_question, seal_question};
use parasol_protocol::wire::{Again, EvaluateAsk, KeyEvaluation, Lacking};
use serde_json::{Value, json};

fn case(kind: &str, name: &str, bytes: &[u8]) -> Value {
    json!({
        "name": name,
        "type": kind,
        "hex": hex::encode(bytes),
        "diag": diagnose(bytes),
    })
}

/// One evaluation under two keys: what was asked, and what each keyholder answered.
fn evaluations(world: &mut World) -> (EvaluateAsk, Vec<Vec<KeyEvaluation>>) {
    let blinded = blind(
        &[b"parasol handle 1|phone:+33639981234".as_slice()],
        &mut world.entropy,
    );
    let ask = EvaluateAsk {
        epoch: 1,
        keys: vec![KeyName::Bucket, KeyName::Handle(expiry().season())],
        elements: blinded.unwrap().elements().to_vec(),
    };
    let answers = (0..2)
        .map(|holder| {
            ask.keys
                .iter()
                .map(|key| KeyEvaluation {
                    key: *key,
                    evaluation: world.dealt[key].shares[holder]
                        .evaluate(&ask.elements, &mut world.entropy)
                        .unwrap(),
                })
                .collect()
        })
        .collect();
    (ask, answers)
}

pub fn cases(world: &mut World, made: &Made, ceremonies: &Ceremonies) -> Vec<Value> {
    let (ask, answers) = evaluations(world);
    let mut out = peer(world, made, ceremonies, &ask, &answers);
    out.extend(client(world, made, ask, answers));
    out.extend(sealed_cases(world, made));
    out
}

fn peer(
    world: &mut World,
    made: &Made,
    ceremonies: &Ceremonies,
    ask: &EvaluateAsk,
    answers: &[Vec<KeyEvaluation>],
) -> Vec<Value> {
    let ids: Vec<RecordId> = made.all.iter().take(3).map(|(_, r)| r.id()).collect();
    let vouch = made.named("vouch").bytes().to_vec();
    let hello = Hello {
        federation: world.federation,
        delegation: made.named("delegation").bytes().to_vec(),
    };
    let question = Question::Bucket {
        bucket: Bucket {
            bits: 4,
            value: 0b1010,
        },
        part: 0,
    };
    let to = world.ryabina.seal.public();
    let sealed = seal_question(&question, &to, &world.federation, &mut world.entropy);
    let reconcile = vec![0x61, 0, 0, 2, 0];
    let (shown, lacking) = ceremonies.exchange();
    let kept = Chain::found(world.charter.bytes()).unwrap();
    let mut out = vec![case("hello", "hello", &hello.encode())];
    for (name, request) in [
        (
            "reconcile",
            Request::Reconcile {
                after: TODAY.plus(1),
                message: reconcile.clone(),
            },
        ),
        ("fetch", Request::Fetch(ids.clone())),
        ("push", Request::Push(vec![vouch.clone()])),
        ("evaluate", Request::Evaluate(ask.clone())),
        ("sealed", Request::Sealed(sealed.unwrap().0)),
        (
            "reconcile own",
            Request::ReconcileOwn {
                after: TODAY.plus(1),
                message: reconcile.clone(),
            },
        ),
        ("fetch own", Request::FetchOwn(ids)),
        ("push own", Request::PushOwn(vec![vouch.clone()])),
        ("charters", Request::Charters(kept.digest())),
        ("board", Request::Board(shown)),
        (
            "certificate",
            Request::Certificate {
                epoch: 3,
                signed: 2,
            },
        ),
    ] {
        out.push(case("peer request", name, &request.encode()));
    }
    let replies = [
        (
            "reconcile",
            Reply::Reconcile {
                after: TODAY.plus(1),
                message: reconcile,
            },
        ),
        ("records", Reply::Records(vec![vouch.clone()])),
        ("own records", Reply::OwnRecords(vec![vouch])),
        ("no records", Reply::Records(Vec::new())),
        (
            "charters",
            Reply::Charters(vec![world.charter.bytes().to_vec()]),
        ),
        ("no charters", Reply::Charters(Vec::new())),
        ("board", Reply::Board(lacking)),
        ("nothing of a board", Reply::Board(Lacking::default())),
        (
            "certificate",
            Reply::Certificate(world.certificate.bytes().to_vec()),
        ),
        ("no certificate", Reply::Certificate(Vec::new())),
        ("pushed", Reply::Pushed),
        ("evaluated", Reply::Evaluated(answers[0].clone())),
        // Of the one size that a sealed reply has; what is in one stands with the sealed questions.
        ("sealed", Reply::Sealed(vec![0; 30 * 1024])),
        (
            "refused: quota",
            Reply::Refused(Refusal::Quota(Again::in_minutes(300).unwrap())),
        ),
        ("refused: no share", Reply::Refused(Refusal::NoShare)),
        (
            "refused: another epoch",
            Reply::Refused(Refusal::OtherEpoch),
        ),
        ("refused: malformed", Reply::Refused(Refusal::Malformed)),
        ("refused: busy", Reply::Refused(Refusal::Busy)),
    ];
    for (name, reply) in replies {
        out.push(case("peer reply", name, &reply.encode()));
    }
    out
}

fn client(
    world: &mut World,
    made: &Made,
    ask: EvaluateAsk,
    answers: Vec<Vec<KeyEvaluation>>,
) -> Vec<Value> {
    let evaluate = Evaluate {
        ask,
        except: vec![3],
    };
    let evaluated = Evaluated {
        answers: (1..).zip(answers).collect(),
        missing: vec![
            (3, Missing::Unreachable),
            (
                4,
                Missing::Refused(Refusal::Quota(Again::in_minutes(1440).unwrap())),
            ),
        ],
    };
    assert_eq!(
        evaluated.answers[0].1[0].evaluation.index,
        ShareIndex::new(1).unwrap()
    );
    let question = Question::Records(vec![[1; 8], [2; 8]]);
    let to = world.ryabina.seal.public();
    let (sealed, _) = seal_question(&question, &to, &world.federation, &mut world.entropy).unwrap();
    let pass = PassOn {
        to: world.ryabina.node.node(),
        sealed,
    };
    let wanted = |name: &str| Wanted {
        expires: expiry(),
        body: made.named(name).body().clone(),
    };
    let publish = Publish(vec![
        wanted("report"),
        wanted("dispute"),
        Wanted {
            expires: made
                .named("retraction, proven by the lock")
                .header()
                .expires,
            body: made.named("retraction, proven by the lock").body().clone(),
        },
    ]);
    let published = Published(vec![
        Outcome::Published(made.all[0].1.id()),
        Outcome::Refused {
            code: "retracted".to_owned(),
            message: "the report it belongs to has been retracted".to_owned(),
        },
    ]);
    let tags = TagsReply {
        tags: vec![Tag {
            id: [9; 8],
            season: Season::from_index(4057),
            salt: made.report.salt,
            tag: made.report.area_tag,
        }],
        next: 17,
    };
    let own = OwnReply {
        records: vec![made.named("report, audience own").bytes().to_vec()],
        next: 0,
    };
    let directory = DirectoryReply {
        charters: vec![world.charter.bytes().to_vec()],
        certificate: world.certificate.bytes().to_vec(),
        records: world.trust.iter().map(|r| r.bytes().to_vec()).collect(),
        home: world.lilas.node.node(),
        today: TODAY,
        carried: 5,
    };
    let tags_ask = TagsAsk {
        from: TODAY.minus(30),
        to: TODAY,
        cursor: 0,
    };
    let own_ask = OwnAsk {
        cursor: 0,
        only_own: true,
    };
    vec![
        case("directory reply", "directory reply", &directory.encode()),
        case("evaluate", "evaluate", &evaluate.encode()),
        case("evaluated", "evaluated", &evaluated.encode()),
        case("pass on", "pass on", &pass.encode()),
        case("publish", "publish", &publish.encode()),
        case("published", "published", &published.encode()),
        case("tags ask", "tags ask", &tags_ask.encode()),
        case("tags reply", "tags reply", &tags.encode()),
        case("own ask", "own ask", &own_ask.encode()),
        case("own reply", "own reply", &own.encode()),
    ]
}

fn sealed_cases(world: &mut World, made: &Made) -> Vec<Value> {
    let seed = hex::encode(*world.ryabina.seal.seed());
    let to = world.ryabina.seal.public();
    let federation = world.federation;
    let mut out = Vec::new();
    for (name, question, bytes) in [
        (
            "a bucket of 4 bits",
            Question::Bucket {
                bucket: Bucket { bits: 4, value: 10 },
                part: 2,
            },
            "8401040a02",
        ),
        (
            "two records",
            Question::Records(vec![[1; 8], [2; 8]]),
            "820282480101010101010101480202020202020202",
        ),
        (
            "what there is with a lock",
            Question::Locks(vec![Lock::from_bytes([3; 32])]),
            "82038158200303030303030303030303030303030303030303030303030303030303030303",
        ),
    ] {
        let (sealed, key) = seal_question(&question, &to, &federation, &mut world.entropy).unwrap();
        let (again, answer) = open_question(&sealed, &world.ryabina.seal, &federation).unwrap();
        assert_eq!(again, question);
        let reply = sealed::Reply {
            carried: 5,
            records: vec![made.named("vouch").bytes().to_vec()],
            left: 0,
        };
        let sealed_reply = answer.seal(&reply, &mut world.entropy).unwrap();
        assert_eq!(key.open(&sealed_reply).unwrap(), reply);
        out.push(json!({
            "name": name,
            "type": "sealed question",
            "seal_seed": seed,
            "seal_key": to.to_string(),
            "plain": bytes,
            "hex": hex::encode(&sealed),
            // The reply goes with the question: its key comes out of the question's context.
            "reply": hex::encode(&sealed_reply),
            "reply_records": [hex::encode(made.named("vouch").bytes())],
            "reply_carried": 5,
            "reply_left": reply.left,
        }));
    }
    out
}
