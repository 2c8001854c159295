//! What a node answers, what it sets aside, and what a client makes of its sources: the vectors that
//! a second implementation wrote, through the public API.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Seeded, bytes, read};
use parasol_protocol::area::Area;
use parasol_protocol::carried::{Memory, View as _};
use parasol_protocol::charter::Charter;
use parasol_protocol::client::{Alarm, Ask, Check, CheckOptions, Checked, Exchange, Federation};
use parasol_protocol::client::{Unanswered, Warning};
use parasol_protocol::directory::Directory;
use parasol_protocol::engine::{Engine, Identity, Output, Settings, Source};
use parasol_protocol::handle::Handle;
use parasol_protocol::ids::{NodeKey, OrganisationKey, RecordId};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::oprf::{KeyName, KeyShare, ShareIndex};
use parasol_protocol::record::vouch::Topic;
use parasol_protocol::record::{Body, Verified};
use parasol_protocol::time::{Day, Timestamp};
use parasol_protocol::trust::{Local, Question as Asked, counted};
use parasol_protocol::wire::client::{DirectoryReply, Evaluate, Evaluated, PassOn};
use parasol_protocol::wire::peer::{self, Refusal};
use parasol_protocol::wire::sealed::{Question, Reply, SealSecret, open_question, seal_question};
use parasol_protocol::wire::{EvaluateAsk, KeyEvaluation};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

fn day(value: &Value) -> Day {
    Day::from_number(value.as_u64().unwrap().try_into().unwrap())
}

fn noon(day: Day) -> Timestamp {
    Timestamp::from_millis(u64::from(day.number()) * 86_400_000 + 43_200_000)
}

fn key(value: &Value) -> OrganisationKey {
    value.as_str().unwrap().parse().unwrap()
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    bytes(value).try_into().unwrap()
}

/// The records of a file that these numbers name.
fn numbered(file: &Value, numbers: &Value) -> Vec<Vec<u8>> {
    let records = &file["records"];
    let number = |n: &Value| usize::try_from(n.as_u64().unwrap()).unwrap();
    list(numbers)
        .iter()
        .map(|n| bytes(&records[number(n)]))
        .collect()
}

/// A node with its store.
struct Node {
    charter: Charter,
    engine: Engine,
    store: Memory,
    seal: SealSecret,
}

impl Node {
    /// One of this organisation that carries what the roots of the file signed at the start.
    fn new(file: &Value, home: OrganisationKey) -> Self {
        let charter = Charter::from_bytes(&bytes(&file["charter"])).unwrap();
        let seal = SealSecret::from_seed([7; 32]);
        let me = Identity {
            organisation: home,
            record_key: SecretKey::from_seed([8; 32]),
            seal_key: SealSecret::from_seed([7; 32]),
            shares: Default::default(),
        };
        let store = Memory::new();
        let engine = Engine::new(charter.clone(), me, Settings::default(), &store).unwrap();
        let mut node = Self {
            charter,
            engine,
            store,
            seal,
        };
        let today = day(&file["today"]);
        node.tick(today);
        for record in list(&file["start"]) {
            assert_eq!(node.admit(&bytes(record), today), "carried");
        }
        node
    }

    fn apply(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            if let Output::Store(changes) = output {
                self.store.apply(&changes);
            }
        }
    }

    /// What becomes of a record on a day that is known to have come.
    fn offer(&mut self, record: &[u8], day: Day) -> String {
        self.engine.accept_time(day);
        self.tick(day);
        self.admit(record, day)
    }

    fn tick(&mut self, clock: Day) {
        let outputs = self.engine.tick(&self.store, noon(clock)).unwrap();
        self.apply(outputs);
    }

    fn admit(&mut self, record: &[u8], day: Day) -> String {
        let record = Verified::from_bytes(record, self.charter.federation()).unwrap();
        let arrived = self
            .engine
            .arrived(Source::Local, vec![record], &self.store, noon(day));
        let arrived = arrived.unwrap();
        self.apply(arrived.outputs);
        match &arrived.verdicts[0].1 {
            Ok(_) => "carried".to_owned(),
            Err(refused) => refused.rule.id().to_owned(),
        }
    }

    fn answer(&self, question: &Question, day: Day) -> Result<Reply, Refusal> {
        let mut entropy = Seeded::new("answers");
        let federation = self.charter.federation();
        let to = self.seal.public();
        let (sealed, key) = seal_question(question, &to, federation, &mut entropy).unwrap();
        let answer = self
            .engine
            .answer_sealed(&sealed, &self.store, noon(day), &mut entropy);
        match answer.unwrap() {
            peer::Reply::Sealed(reply) => Ok(key.open(&reply).unwrap()),
            peer::Reply::Refused(why) => Err(why),
            other => panic!("{other:?}"),
        }
    }
}

/// The question with another part, if it asks for a bucket.
fn part_of(question: &Question, n: usize) -> Question {
    match question {
        Question::Bucket { bucket, .. } => Question::Bucket {
            bucket: *bucket,
            part: n.try_into().unwrap(),
        },
        other => other.clone(),
    }
}

#[test]
fn sealed_questions_are_answered_as_a_second_implementation_answers_them() {
    let file = read("ok/replies.json");
    for case in list(&file["cases"]) {
        let name = &case["name"];
        let mut node = Node::new(&file, key(&case["home"]));
        for record in numbered(&file, &case["carried"]) {
            assert_eq!(
                node.offer(&record, day(&file["today"])),
                "carried",
                "{name}"
            );
        }
        let mut plain = bytes(&case["question"]);
        plain.push(0x80);
        plain.resize(320, 0);
        let question = Question::decode(&plain).unwrap();
        if let Some(word) = case["refused"].as_str() {
            let refused = node.answer(&question, day(&case["day"])).unwrap_err();
            assert_eq!(refused.code(), word, "{name}");
        }
        for (n, part) in list(&case["parts"]).iter().enumerate() {
            let reply = node
                .answer(&part_of(&question, n), day(&case["day"]))
                .unwrap();
            assert_eq!(reply.records, numbered(&file, &part["holds"]), "{name}");
            assert_eq!(reply.left, part["left"], "{name}");
        }
    }
}

#[test]
fn what_is_put_out_is_set_aside_and_comes_back() {
    let file = read("ok/aside.json");
    for case in list(&file["cases"]) {
        let mut node = Node::new(&file, key(&case["home"]));
        let mut ids: Vec<RecordId> = Vec::new();
        for step in list(&case["steps"]) {
            let place = format!("{}, step {}", case["name"], ids.len());
            let record = bytes(&step["hex"]);
            let verdict = node.offer(&record, day(&step["day"]));
            assert_eq!(verdict, step["verdict"], "{place}");
            ids.push(RecordId::of(&record));
            let which = |holds: &dyn Fn(&RecordId) -> bool| -> Value {
                let all = ids.iter().enumerate();
                json!(
                    all.filter(|(_, id)| holds(id))
                        .map(|(n, _)| n)
                        .collect::<Vec<_>>()
                )
            };
            let carried = which(&|id| node.store.get(id).is_some());
            assert_eq!(carried, step["carried"], "{place}");
            let aside = which(&|id| node.store.aside(id).unwrap().is_some());
            assert_eq!(aside, step["aside"], "{place}: aside");
        }
    }
}

#[test]
fn a_day_that_nobody_bears_out_deletes_nothing() {
    let file = read("ok/calendar.json");
    let charter = Charter::from_bytes(&bytes(&file["charter"])).unwrap();
    let home = charter.named("ash").unwrap().root;
    for case in list(&file["cases"]) {
        let mut node = Node::new(&file, home);
        for record in numbered(&file, &case["carried"]) {
            assert_eq!(node.admit(&record, day(&file["today"])), "carried");
        }
        for step in list(&case["steps"]) {
            let (place, clock) = (format!("{}: {step}", case["name"]), day(&step["clock"]));
            let passed = step["passed"].as_u64().unwrap() * 3_600_000;
            node.engine.time_passed(passed);
            node.tick(clock);
            for record in numbered(&file, &step["come"]) {
                assert_eq!(node.admit(&record, clock), "carried", "{place}");
            }
            assert_eq!(
                node.engine.today(noon(clock)),
                day(&step["today"]),
                "{place}"
            );
            let in_doubt = node.engine.settled(noon(clock)).is_none();
            assert_eq!(step["in_doubt"], in_doubt, "{place}");
            let all = list(&file["records"]).iter().enumerate();
            let carried = all.filter(|(_, r)| node.store.get(&RecordId::of(&bytes(r))).is_some());
            let carried: Vec<usize> = carried.map(|(n, _)| n).collect();
            assert_eq!(json!(carried), step["carried"], "{place}");
        }
    }
}

#[test]
fn whose_word_counts() {
    let file = read("ok/counted.json");
    let charter = Charter::from_bytes(&bytes(&file["charter"])).unwrap();
    for case in list(&file["cases"]) {
        let mut directory = Directory::new(charter.clone());
        for record in numbered(&file, &case["records"]) {
            directory.learn(&Verified::from_bytes(&record, charter.federation()).unwrap());
        }
        let number = |v: &Value| u32::try_from(v.as_u64().unwrap()).unwrap();
        let roots = list(&case["roots"]).iter();
        let keys = |name: &str| list(&case[name]).iter().map(key).collect();
        let local = Local {
            roots: roots.map(|r| (key(&r[0]), number(&r[1]))).collect(),
            blocked: keys("blocked"),
            dropped: keys("dropped"),
        };
        let area = case["asked"]["area"].as_str();
        let asked = Asked {
            topic: Topic::named(case["asked"]["kind"].as_str().unwrap()).unwrap(),
            area: area.map(|a| Area::from_canonical(a).unwrap()),
        };
        let found: Vec<Value> = counted(&directory, &local, &asked, day(&case["day"]))
            .into_iter()
            .map(|(key, v)| json!([key.to_string(), v.level, v.distance]))
            .collect();
        assert_eq!(json!(found), case["counted"], "{}", case["name"]);
    }
}

/// Everybody whom a client of the file's federation asks.
struct World<'a> {
    file: &'a Value,
    charter: Charter,
    shares: BTreeMap<KeyName, Vec<KeyShare>>,
    /// Their nodes, by name and what opens questions to them.
    nodes: BTreeMap<NodeKey, (String, SealSecret)>,
    entropy: Seeded,
    /// What was asked: by whom, and of what.
    asked: Vec<(String, Question)>,
}

impl<'a> World<'a> {
    fn new(file: &'a Value) -> Self {
        let charter = Charter::from_bytes(&bytes(&file["charter"])).unwrap();
        let mut nodes = BTreeMap::new();
        for record in list(&file["start"]) {
            let record = Verified::from_bytes(&bytes(record), charter.federation()).unwrap();
            let Body::Delegation(d) = record.body() else {
                panic!("no delegation")
            };
            let whose = charter.organisation(&record.header().organisation).unwrap();
            let seed = array(&file["seal_seeds"][&whose.name]);
            let node = (whose.name.clone(), SealSecret::from_seed(seed));
            nodes.insert(d.terms.record_key, node);
        }
        let share = |(n, scalar): (u16, &Value)| {
            KeyShare::new(ShareIndex::new(n).unwrap(), &array(scalar)).unwrap()
        };
        let shares = |key: &str| (1..).zip(list(&file["shares"][key])).map(share).collect();
        let season = day(&file["today"]).season();
        Self {
            file,
            charter,
            shares: BTreeMap::from([
                (KeyName::Bucket, shares("the bucket key")),
                (KeyName::Handle(season), shares("a handle key")),
            ]),
            nodes,
            entropy: Seeded::new("sources"),
            asked: Vec::new(),
        }
    }

    fn federation(&self, carried: u64) -> Federation {
        let reply = DirectoryReply {
            charters: vec![bytes(&self.file["charter"])],
            certificate: bytes(&self.file["certificate"]),
            records: list(&self.file["start"]).iter().map(bytes).collect(),
            home: self.file["home"].as_str().unwrap().parse().unwrap(),
            today: day(&self.file["today"]),
            carried,
        };
        let own = self.charter.named("ash").unwrap().root;
        Federation::from_reply(&reply.encode(), &own, None, reply.today).unwrap()
    }

    fn evaluate(&mut self, ask: &EvaluateAsk) -> Evaluated {
        let mut one = |n: usize| {
            let keys = ask.keys.iter();
            let answers = keys.map(|key| KeyEvaluation {
                key: *key,
                evaluation: self.shares[key][n]
                    .evaluate(&ask.elements, &mut self.entropy)
                    .unwrap(),
            });
            (u16::try_from(n + 1).unwrap(), answers.collect())
        };
        Evaluated {
            answers: vec![one(0), one(1)],
            missing: Vec::new(),
        }
    }

    /// Looks the handle up; `answer` says what a node has to a question.
    fn check(
        &mut self,
        home: u64,
        options: CheckOptions,
        answer: impl Fn(&str, &Question) -> Reply,
    ) -> Checked {
        let federation = self.federation(home);
        let handle = Handle::from_canonical(self.file["handle"].as_str().unwrap()).unwrap();
        let mut check = Check::new(&federation, vec![handle], options, &mut self.entropy).unwrap();
        loop {
            for ask in check.asks() {
                let reply: Result<_, Unanswered> = Ok(self.reply(&ask, &answer));
                check.answer(ask.id, reply, &mut self.entropy);
            }
            if let Some(done) = check.done() {
                return done.unwrap();
            }
        }
    }

    fn reply(&mut self, ask: &Ask, answer: &impl Fn(&str, &Question) -> Reply) -> Vec<u8> {
        if ask.path == "/v1/evaluate" {
            let wanted = Evaluate::decode(&ask.body).unwrap();
            return self.evaluate(&wanted.ask).encode();
        }
        let PassOn { to, sealed } = PassOn::decode(&ask.body).unwrap();
        let (name, secret) = &self.nodes[&to];
        let (question, key) = open_question(&sealed, secret, self.charter.federation()).unwrap();
        let reply = answer(name, &question);
        self.asked.push((name.clone(), question));
        key.seal(&reply, &mut self.entropy).unwrap()
    }
}

#[test]
fn the_length_of_the_list_decides_how_many_bits_are_asked_for() {
    let file = read("ok/size.json");
    for case in list(&file["cases"]) {
        let name = &case["name"];
        let mut world = World::new(&file);
        let options = CheckOptions {
            carried: case["hint"].as_u64(),
            ..CheckOptions::default()
        };
        let said = |who: &str, _: &Question| Reply {
            carried: case["sources"][usize::from(who == "cedar")]
                .as_u64()
                .unwrap(),
            records: Vec::new(),
            left: 0,
        };
        let checked = world.check(case["home"].as_u64().unwrap(), options, said);
        assert_eq!(checked.carried, case["size"], "{name}");
        let bits: Vec<Value> = world
            .asked
            .iter()
            .map(|(_, question)| match question {
                Question::Bucket { bucket, .. } => json!(bucket.bits),
                other => panic!("{other:?}"),
            })
            .collect();
        let again = &case["again"];
        let mut wanted = vec![case["bits"].clone(); 2];
        if !again.is_null() {
            wanted.extend([again.clone(), again.clone()]);
        }
        assert_eq!(bits, wanted, "{name}");
    }
}

/// What came of a look-up, as the vectors have it.
fn outcome(checked: &Checked, file: &Value) -> BTreeSet<String> {
    let all: Vec<RecordId> = list(&file["records"])
        .iter()
        .map(|r| RecordId::of(&bytes(r)))
        .collect();
    let numbers = |reports: &[RecordId]| -> BTreeSet<usize> {
        let place = |id: &RecordId| all.iter().position(|known| known == id).unwrap();
        reports.iter().map(place).collect()
    };
    let alarms = checked.alarms.iter().map(|alarm| match alarm {
        Alarm::LeftOut {
            organisation,
            served_by,
            reports,
            ..
        } => json!(["left-out", organisation, served_by, numbers(reports)]),
        Alarm::StillServed {
            organisation,
            taken_back_at,
            reports,
        } => json!([
            "still-served",
            organisation,
            taken_back_at,
            numbers(reports)
        ]),
        other => panic!("{other}"),
    });
    let late = checked.warnings.iter().filter_map(|warning| match warning {
        Warning::NotYet {
            organisation,
            served_by,
        } => Some(json!(["not-yet", organisation, served_by, []])),
        _ => None,
    });
    alarms.chain(late).map(|row| row.to_string()).collect()
}

#[test]
fn two_sources_are_compared() {
    let file = read("ok/sources.json");
    for case in list(&file["cases"]) {
        let name = &case["name"];
        let mut world = World::new(&file);
        let answer = |who: &str, question: &Question| {
            let (records, left) = match question {
                Question::Locks(_) if case["settled"].get(who).is_none() => (Vec::new(), 0),
                Question::Locks(_) => (numbered(&file, &case["settled"][who]), 0),
                _ => {
                    let left = case["left"][who].as_u64().unwrap();
                    (numbered(&file, &case["served"][who]), left)
                }
            };
            Reply {
                carried: 10_000,
                records,
                left,
            }
        };
        let checked = world.check(10_000, CheckOptions::default(), answer);
        assert!(checked.refused.is_empty(), "{name}: {:?}", checked.refused);
        let asked: BTreeMap<&str, BTreeSet<String>> = world
            .asked
            .iter()
            .filter_map(|(who, question)| match question {
                Question::Locks(locks) => {
                    let locks = locks.iter().map(ToString::to_string);
                    Some((who.as_str(), locks.collect()))
                }
                _ => None,
            })
            .collect();
        assert_eq!(json!(asked), case["asked"], "{name}");
        let wanted: BTreeSet<String> = list(&case["outcome"])
            .iter()
            .map(|row| {
                let numbers: BTreeSet<u64> =
                    list(&row[3]).iter().map(|n| n.as_u64().unwrap()).collect();
                json!([row[0], row[1], row[2], numbers]).to_string()
            })
            .collect();
        assert_eq!(outcome(&checked, &file), wanted, "{name}");
    }
}
