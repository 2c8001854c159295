//! Every message between clients and nodes, and some that must be refused.

use super::annotate::diagnose;
use super::ceremony::Ceremonies;
use super::common::world::{TODAY, World, expiry};
use super::records::Made;
use parasol_protocol::charter::Chain;
use parasol_protocol::ids::{FederationId, Lock, RecordId};
use parasol_protocol::oprf::{KeyName, ShareIndex, blind};
use parasol_protocol::record::Kind;
use parasol_protocol::seal::Bucket;
use parasol_protocol::time::Season;
use parasol_protocol::wire::client::{
    DirectoryReply, Evaluate, Evaluated, Missing, Outcome, OwnAsk, OwnReply, PassOn, Publish,
    Published, Tag, TagsAsk, TagsReply, Wanted,
};
use parasol_protocol::wire::peer::{Hello, Refusal, Reply, Request};
use parasol_protocol::wire::sealed::{self, Question, SealSecret, open_question, seal_question};
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

/// Messages that must be refused by whoever gets them.
pub fn bad(world: &mut World, made: &Made, ceremonies: &Ceremonies) -> Vec<Value> {
    let good = cases(world, made, ceremonies);
    let bytes = |kind: &str, name: &str| -> Vec<u8> {
        let case = good.iter().find(|c| c["type"] == kind && c["name"] == name);
        hex::decode(case.unwrap()["hex"].as_str().unwrap()).unwrap()
    };
    let mut out = Vec::new();
    let mut push = |kind: &str, refused: &str, name: &str, bytes: Vec<u8>| {
        out.push(
            json!({ "name": name, "type": kind, "refused": refused, "hex": hex::encode(bytes) }),
        );
    };
    for kind in [
        "hello",
        "directory reply",
        "evaluate",
        "evaluated",
        "pass on",
        "publish",
        "published",
        "tags ask",
        "tags reply",
        "own ask",
        "own reply",
    ] {
        let good = bytes(kind, kind);
        push(
            kind,
            "left-over",
            "a byte follows",
            [&good[..], &[0]].concat(),
        );
        push(
            kind,
            "encoding",
            "the last byte is missing",
            good[..good.len() - 1].to_vec(),
        );
        push(kind, "encoding", "nothing", Vec::new());
        let mut long = good.clone();
        let (major, len) = (long[0] & 0xe0, long[0] & 0x1f);
        long.splice(0..1, [major | 24, len]);
        push(
            kind,
            "encoding",
            "a length that is not in its shortest form",
            long,
        );
        let mut more = good.clone();
        more[0] += 1;
        more.push(0);
        push(kind, "shape", "one item too many", more);
    }
    let hexed = |text: &str| hex::decode(text).unwrap();
    // A sound element and proof, so that each of these breaks one rule alone.
    let element = "5820e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76";
    let sound = "01".repeat(64);
    for (name, text) in [
        ("an unknown request", "820600"),
        ("no request at all", "80"),
        ("pushed is no request", "8103"),
        (
            "an id of 31 bytes",
            &format!("820281581f{}", "00".repeat(31)),
        ),
        ("no keys", &format!("820483008081{element}")),
        ("no elements", "8204830081810080"),
        (
            "the identity as an element",
            &format!("82048300818100815820{}", "00".repeat(32)),
        ),
        (
            "an element that is not canonical",
            &format!("82048300818100815820{}", "ff".repeat(32)),
        ),
        (
            "the keys out of order",
            &format!("82048300828201190fd9810081{element}"),
        ),
        ("a key twice", &format!("82048300828100810081{element}")),
        (
            "no epoch",
            &format!("820482818100 81{element}").replace(' ', ""),
        ),
        (
            "an epoch larger than 32 bits",
            &format!("8204831b000000010000000081810081{element}"),
        ),
        (
            "a digest of 31 bytes",
            &format!("8209581f{}", "00".repeat(31)),
        ),
        (
            "digests out of order",
            &format!("840a4101825820{}5820{}80", "03".repeat(32), "02".repeat(32)),
        ),
        (
            "a digest twice",
            &format!("840a4101825820{}5820{}80", "02".repeat(32), "02".repeat(32)),
        ),
        (
            "a digest of 33 bytes",
            &format!("840a4101815821{}80", "02".repeat(33)),
        ),
        ("a board without messages", "830a410180"),
        ("a certificate's epoch alone", "820b01"),
        ("more signatures than there are indices", "830b011a00010000"),
        ("a day larger than 32 bits", "83011b000000010000000040"),
        ("a negative day", "83012040"),
        (
            "a sealed question that is too long",
            &format!("8205590171{}", "00".repeat(369)),
        ),
        ("an empty record", "82038140"),
        ("an empty own record", "82088140"),
    ] {
        push("peer request", "shape", name, hexed(text));
    }
    for (name, text) in [
        ("an unknown reply", "820600"),
        ("an unknown refusal", "820f06"),
        ("a board that names a plan", "840a41018080"),
        ("a quota that never frees up", "820f01"),
        ("a quota that frees up in no time", "830f0100"),
        (
            "a quota that frees up after more than a day",
            "830f011905a1",
        ),
        ("busy for so many minutes", "830f0405"),
        ("share 0", &format!("8204818481000081{element}5840{sound}")),
        (
            "share 256",
            &format!("82048184810019010081{element}5840{sound}"),
        ),
        (
            "a proof of zeros",
            &format!("8204818481000181{element}5840{}", "00".repeat(64)),
        ),
        ("a sealed reply of 8 bytes", "8205480000000000000000"),
        ("an empty record", "82028140"),
        ("an empty own record", "82078140"),
    ] {
        push("peer reply", "shape", name, hexed(text));
    }
    let zeros = "00".repeat(32);
    for (kind, name, text) in [
        ("hello", "no delegation", format!("825820{zeros}40")),
        (
            "directory reply",
            "an empty record",
            format!("8681404081405820{zeros}0000"),
        ),
        (
            "directory reply",
            "no charter",
            format!("868040805820{zeros}0000"),
        ),
        ("own reply", "an empty record", "82814000".to_owned()),
    ] {
        push(kind, "shape", name, hexed(&text));
    }
    push(
        "publish",
        "shape",
        "a kind that a root signs",
        hexed(&{
            let mut e = String::from("8183");
            e.push_str(&format!("{:02x}", Kind::Revocation.number()));
            e + "19539ba1015820" + &"00".repeat(32)
        }),
    );
    push(
        "publish",
        "shape",
        "a grant, which no member hands in",
        hexed(&{
            let mut e = String::from("8183");
            e.push_str(&format!("{:02x}", Kind::Grant.number()));
            e + "19539ba2015820" + &"01".repeat(32) + "021903e8"
        }),
    );
    for (kind, refused, name, text) in inside() {
        push(kind, refused, name, hexed(&text));
    }
    out.extend(closed(world, &bytes("sealed question", "two records")));
    out
}

/// What is in a sealed question or reply and is none: without padding, and with another one.
fn inside() -> Vec<(&'static str, &'static str, &'static str, String)> {
    let many = |head: &str, item: &str, count| head.to_owned() + &item.repeat(count);
    let id = "48".to_owned() + &"01".repeat(8);
    let lock = "5820".to_owned() + &"01".repeat(32);
    let large = format!("8401141b{}00", "0000000100000000");
    let question = [
        ("shape", "an unknown question", "820480".to_owned()),
        ("shape", "21 bits", "8401150000".to_owned()),
        (
            "shape",
            "a value of more bits than it names",
            "8401041000".to_owned(),
        ),
        ("shape", "a value of more than 32 bits", large),
        ("shape", "part 64", "8401040a1840".to_owned()),
        ("shape", "a bucket without its part", "8301040a".to_owned()),
        ("shape", "33 ids", many("82029821", &id, 33)),
        ("shape", "an id of 7 bytes", many("82028147", "01", 7)),
        ("shape", "nine locks", many("820389", &lock, 9)),
        ("shape", "a lock of 31 bytes", many("820381581f", "01", 31)),
        ("left-over", "a byte follows", "8401040a0200".to_owned()),
        (
            "encoding",
            "a value that is not in its shortest form",
            "840104180a02".to_owned(),
        ),
        ("encoding", "nothing", String::new()),
    ];
    let reply = [
        ("shape", "an empty record", "8300008140".to_owned()),
        ("shape", "without what is left", "820080".to_owned()),
        ("shape", "fewer than no reports", "83200080".to_owned()),
        ("left-over", "a byte follows", "8300008000".to_owned()),
        ("encoding", "the last byte is missing", "830000".to_owned()),
    ];
    let padded = |bytes: &str| format!("{bytes:0<640}");
    let padding = [
        ("shape", "zeros alone", padded("")),
        ("shape", "zeros without a mark", padded("8401040a02")),
        (
            "shape",
            "something behind the mark",
            padded("8401040a02800001"),
        ),
    ];
    let of = |kind| move |(refused, name, text)| (kind, refused, name, text);
    let all = question.into_iter().map(of("question"));
    let all = all.chain(reply.into_iter().map(of("reply")));
    all.chain(padding.into_iter().map(of("padded question")))
        .collect()
}

/// Sealed questions and replies that do not open.
fn closed(world: &mut World, good: &[u8]) -> Vec<Value> {
    let seed = hex::encode(*world.ryabina.seal.seed());
    let flipped = |at: usize| {
        let mut bad = good.to_vec();
        bad[at] ^= 1;
        bad
    };
    let question = Question::Records(vec![[1; 8], [2; 8]]);
    let mut other = |to: &SealSecret, federation: &FederationId| {
        let sealed = seal_question(&question, &to.public(), federation, &mut world.entropy);
        sealed.unwrap()
    };
    let elsewhere = FederationId::from_bytes([1; 32]);
    let (to_lilas, _) = other(&world.lilas.seal, &world.federation);
    let (to_others, _) = other(&world.ryabina.seal, &elsewhere);
    let (asked, _) = other(&world.ryabina.seal, &world.federation);
    let mut out: Vec<Value> = [
        ("a byte short", good[..good.len() - 1].to_vec()),
        ("a byte over", [good, &[0]].concat()),
        ("altered in its key", flipped(3)),
        ("altered inside", flipped(40)),
        ("sealed to another node", to_lilas),
        ("sealed for another federation", to_others),
    ]
    .into_iter()
    .map(|(name, bytes)| {
        json!({
            "name": name,
            "type": "sealed question",
            "refused": "closed",
            "seal_seed": seed,
            "hex": hex::encode(bytes),
        })
    })
    .collect();
    // The answer to the good one, shown to who asked another.
    let (_, answers) = open_question(good, &world.ryabina.seal, &world.federation).unwrap();
    let reply = answers.seal(&sealed::Reply::default(), &mut world.entropy);
    for (name, question, reply) in [
        ("to another question", asked, reply.unwrap()),
        ("of 40 bytes", good.to_vec(), vec![0; 40]),
    ] {
        out.push(json!({
            "name": name,
            "type": "sealed reply",
            "refused": "closed",
            "seal_seed": seed,
            "question": hex::encode(question),
            "hex": hex::encode(reply),
        }));
    }
    out
}
