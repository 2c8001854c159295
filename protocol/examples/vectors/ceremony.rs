//! Three whole ceremonies, and plans, messages and boards that something is wrong with.

use super::annotate;
use super::common::world::{Member, TODAY, World};
use super::common::{Seeded, draw};
use hkdf::Hkdf;
use parasol_protocol::ceremony::{
    Basis, Board, Ceremony, CeremonySeed, Making, NewShares, Next, Participant, Plan, PlanTerms,
    Shares, Standing, Why,
};
use parasol_protocol::certificate::Certificate;
use parasol_protocol::cose::{Context, Sign1, to_be_signed};
use parasol_protocol::ids::{FederationId, NodeKey, PlanDigest};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::oprf::{KeyName, ShareIndex};
use parasol_protocol::wire::{Lacking, Shown};
use serde_cbor::Value as Cbor;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256, Sha512};
use std::collections::BTreeMap;
use std::sync::Arc;

const STEPS: [&str; 6] = ["join", "echo", "deal", "complaint", "done", "stop"];

/// A ceremony that went as it should.
pub struct Run {
    plan: Vec<u8>,
    terms: PlanTerms,
    digest: PlanDigest,
    seeds: BTreeMap<NodeKey, [u8; 32]>,
    board: Board,
    stored: BTreeMap<NodeKey, NewShares>,
    certificate: Vec<u8>,
}

/// The ceremonies, each upon what the one before has made.
pub struct Ceremonies {
    runs: Vec<Run>,
    certificates: Vec<Certificate>,
}

fn members(world: &World) -> [&Member; 3] {
    [&world.lilas, &world.ryabina, &world.rowan]
}

fn member<'a>(world: &'a World, node: &NodeKey) -> &'a Member {
    let mut all = members(world).into_iter();
    all.find(|member| member.node.node() == *node).unwrap()
}

fn places(world: &World, chosen: &[u16]) -> BTreeMap<ShareIndex, NodeKey> {
    let nodes = (1..).zip(members(world));
    nodes
        .filter(|(i, _)| chosen.contains(i))
        .map(|(i, member)| (ShareIndex::new(i).unwrap(), member.node.node()))
        .collect()
}

fn open(
    world: &World,
    plan: &Plan,
    node: &NodeKey,
    seed: [u8; 32],
    shares: &BTreeMap<NodeKey, Shares>,
) -> Ceremony {
    let participant = Participant {
        node: member(world, node).node.clone(),
        seed: CeremonySeed::from_bytes(seed),
        shares: shares.get(node).cloned().unwrap_or_default(),
        signed: None,
        compare: false,
    };
    Ceremony::open(Board::new(plan.clone()), participant, TODAY).unwrap()
}

/// Plays a ceremony to its end, or as far as `until` lets it go.
fn play(
    world: &World,
    plan: &Plan,
    seeds: &BTreeMap<NodeKey, [u8; 32]>,
    shares: &BTreeMap<NodeKey, Shares>,
    until: impl Fn(&Ceremony) -> bool,
) -> (Board, BTreeMap<NodeKey, NewShares>) {
    let mut parties: Vec<(NodeKey, Ceremony)> = plan
        .participants()
        .map(|node| (*node, open(world, plan, node, seeds[node], shares)))
        .collect();
    let mut stored = BTreeMap::new();
    loop {
        let mut messages = Vec::new();
        for (node, party) in &mut parties {
            if until(party) {
                continue;
            }
            match party.poll().unwrap() {
                Next::Post(message) => messages.push(message),
                Next::Store(new) => {
                    stored.insert(*node, new);
                    party.stored(None).unwrap();
                    messages.push(Vec::new());
                }
                _ => {}
            }
        }
        if messages.is_empty() {
            return (parties.remove(0).1.board().clone(), stored);
        }
        for message in messages.iter().filter(|m| !m.is_empty()) {
            for (_, party) in &mut parties {
                party.receive(message).unwrap();
            }
        }
    }
}

impl Ceremonies {
    pub fn new(world: &World) -> Self {
        let mut entropy = Seeded::new("parasol vectors 1, ceremonies");
        let mut made = Self {
            runs: Vec::new(),
            certificates: vec![world.certificate.clone()],
        };
        let season = TODAY.season();
        let first = vec![
            KeyName::Bucket,
            KeyName::Handle(season),
            KeyName::Area(season),
        ];
        let ahead = vec![KeyName::Handle(season.plus(1))];
        let all = [1, 2, 3].as_slice();
        for (keys, holders, dealers, starter) in [
            (first, all, [].as_slice(), 0),
            (ahead, all, &[1, 3], 2),
            // The second of them is away.
            (Vec::new(), &[1, 3], &[1, 3], 0),
        ] {
            let certificate = made.certificates.last().unwrap();
            let basis = Basis::new(&world.charter, &world.directory, Some(certificate));
            let starter = &members(world)[starter].node;
            let terms = PlanTerms::draft(
                &basis,
                draw(&mut entropy),
                TODAY,
                &places(world, holders),
                &places(world, dealers),
                &keys,
                starter.node(),
            );
            let terms = terms.unwrap();
            let bytes = terms.sign(starter);
            let plan = Plan::from_bytes(&bytes, &basis).unwrap();
            let seeds = plan.participants().map(|node| (*node, draw(&mut entropy)));
            let seeds: BTreeMap<NodeKey, [u8; 32]> = seeds.collect();
            let shares = made.shares();
            let (board, stored) = play(world, &plan, &seeds, &shares, |_| false);
            let Standing::Made { certificate, .. } = board.standing() else {
                panic!("{:?}", board.standing())
            };
            let read = Certificate::from_bytes(&certificate, &world.charter, &world.directory);
            made.certificates.push(read.unwrap());
            made.runs.push(Run {
                digest: *plan.digest(),
                plan: bytes,
                terms,
                seeds,
                board,
                stored,
                certificate,
            });
        }
        made
    }

    /// What the participants hold after the last ceremony.
    fn shares(&self) -> BTreeMap<NodeKey, Shares> {
        let Some(last) = self.runs.last() else {
            return BTreeMap::new();
        };
        let copy = |new: &NewShares| {
            let all = new.shares.iter().map(|(name, share)| {
                let again = parasol_protocol::oprf::KeyShare::from_bytes(&*share.to_bytes());
                (*name, again.unwrap())
            });
            Arc::new(all.collect())
        };
        let stored = last.stored.iter();
        stored.map(|(node, new)| (*node, copy(new))).collect()
    }

    /// What two nodes show each other of the first one's board: the one that asks has the joins, and
    /// sends the two that it believes the other to lack; the other has an echo already.
    pub fn exchange(&self) -> (Shown, Lacking) {
        let run = &self.runs[0];
        let of_step = |wanted: u8| {
            let all = run.board.messages().map(<[u8]>::to_vec);
            all.filter(move |message| taken_apart(message).1 == wanted)
        };
        let joins: Vec<Vec<u8>> = of_step(1).collect();
        let echo = of_step(2).next().unwrap();
        let digest = |message: &Vec<u8>| Sha256::digest(annotate::payload(message)).into();
        let shown = Shown {
            plan: run.plan.clone(),
            known: joins.iter().map(digest).collect(),
            messages: joins[1..].to_vec(),
        };
        let lacking = Lacking {
            known: joins.iter().chain([&echo]).map(digest).collect(),
            messages: vec![echo],
        };
        (shown, lacking)
    }

    /// The good ones.
    pub fn cases(&self, world: &World) -> Vec<Value> {
        let names = [
            "generate, two of three",
            "reshare by two of three, and one new key",
            "reshare to two of three, as the third is away",
        ];
        let old = &self.certificates;
        let all = self.runs.iter().zip(names).zip(old);
        all.map(|((run, name), old)| case(world, run, name, old))
            .collect()
    }
}

/// HKDF-SHA512 to 32 bytes, as the seed's streams begin.
fn one_time(seed: &[u8; 32], plan: &PlanDigest, dealer: &NodeKey) -> [u8; 32] {
    let mut info = b"parasol 1 ceremony one-time key".to_vec();
    info.extend_from_slice(dealer.as_bytes());
    info.extend_from_slice(&[0; 4]);
    let mut out = [0; 64];
    let hkdf = Hkdf::<Sha512>::new(Some(plan.as_bytes()), seed);
    hkdf.expand(&info, &mut out).unwrap();
    out[..32].try_into().unwrap()
}

fn case(world: &World, run: &Run, name: &str, old: &Certificate) -> Value {
    let organisation = |node: &NodeKey| member(world, node).name;
    let messages: Vec<Value> = run
        .board
        .messages()
        .map(|message| {
            let (sender, step, body) = taken_apart(message);
            json!({
                "from": organisation(&sender),
                "step": STEPS[usize::from(step) - 1],
                "body": annotate::diagnose(&body),
                "hex": hex::encode(message),
            })
        })
        .collect();
    let mut seeds = Map::new();
    let mut keys = Map::new();
    let mut shares = Map::new();
    for (node, seed) in &run.seeds {
        seeds.insert(organisation(node).to_owned(), json!(hex::encode(seed)));
        let for_dealers: Map<String, Value> = run
            .seeds
            .keys()
            .filter(|dealer| *dealer != node)
            .map(|dealer| {
                let seed = one_time(seed, &run.digest, dealer);
                (organisation(dealer).to_owned(), json!(hex::encode(seed)))
            })
            .collect();
        keys.insert(organisation(node).to_owned(), Value::Object(for_dealers));
        let held = run.stored[node].shares.iter();
        let held: Map<String, Value> = held
            .map(|(name, share)| (name.to_string(), json!(hex::encode(*share.to_bytes()))))
            .collect();
        shares.insert(organisation(node).to_owned(), Value::Object(held));
    }
    json!({
        "name": name,
        "old": hex::encode(old.bytes()),
        "plan": hex::encode(&run.plan),
        "plan_fields": annotate::fields(annotate::payload(&run.plan), annotate::PLAN),
        "digest": run.digest.to_string(),
        "seeds": seeds,
        "one_time_seeds": keys,
        "messages": messages,
        "voice": run.board.voice().unwrap().to_string(),
        "certificate": hex::encode(&run.certificate),
        "certificate_fields":
            annotate::fields(annotate::payload(&run.certificate), annotate::CERTIFICATE),
        "shares": shares,
    })
}

type Body = BTreeMap<Cbor, Cbor>;

fn taken_apart(message: &[u8]) -> (NodeKey, u8, Vec<u8>) {
    let fields: Body = serde_cbor::from_slice(annotate::payload(message)).unwrap();
    let (Cbor::Bytes(sender), Cbor::Integer(step), Cbor::Bytes(body)) = (
        &fields[&Cbor::Integer(2)],
        &fields[&Cbor::Integer(3)],
        &fields[&Cbor::Integer(4)],
    ) else {
        panic!("a message")
    };
    let sender = NodeKey::from_bytes(sender.as_slice().try_into().unwrap());
    (sender, u8::try_from(*step).unwrap(), body.clone())
}

fn signed(federation: &FederationId, key: &SecretKey, payload: &[u8]) -> Vec<u8> {
    let external = Context::Ceremony.external(Some(federation));
    Sign1::write(payload, &key.sign(&to_be_signed(&external, payload)))
}

fn write(fields: &[(i128, Cbor)]) -> Vec<u8> {
    let map: Body = fields
        .iter()
        .map(|(k, v)| (Cbor::Integer(*k), v.clone()))
        .collect();
    serde_cbor::to_vec(&map).unwrap()
}

/// A message with any body, by whoever has the key.
fn say(world: &World, plan: &PlanDigest, key: &SecretKey, step: u8, body: &[u8]) -> Vec<u8> {
    let payload = write(&[
        (1, Cbor::Bytes(plan.as_bytes().to_vec())),
        (2, Cbor::Bytes(key.public().to_vec())),
        (3, Cbor::Integer(step.into())),
        (4, Cbor::Bytes(body.to_vec())),
    ]);
    signed(&world.federation, key, &payload)
}

/// The bad ones so far; each is tried before it is written down.
struct Bad<'a> {
    world: &'a World,
    run: &'a Run,
    /// What is in force.
    certificate: &'a Certificate,
    cases: Vec<Value>,
}

impl Bad<'_> {
    fn basis(&self) -> Basis<'_> {
        Basis::new(
            &self.world.charter,
            &self.world.directory,
            Some(self.certificate),
        )
    }

    /// A plan.
    fn plan(&mut self, name: &str, word: &str, bytes: &[u8]) {
        let refused = Plan::from_bytes(bytes, &self.basis()).unwrap_err();
        assert_eq!(refused.word(), word, "{name}: {refused}");
        self.cases.push(json!({
            "name": name,
            "refused": word,
            "old": hex::encode(self.certificate.bytes()),
            "plan": hex::encode(bytes),
        }));
    }

    fn terms(&mut self, name: &str, word: &str, change: impl Fn(&mut PlanTerms)) {
        let mut terms = self.run.terms.clone();
        change(&mut terms);
        let bytes = terms.sign(&member(self.world, &terms.starter).node);
        self.plan(name, word, &bytes);
    }

    /// A message that does not go on a board with these.
    fn message(&mut self, name: &str, word: &str, board: &[Vec<u8>], message: &[u8]) {
        let plan = Plan::from_bytes(&self.run.plan, &self.basis()).unwrap();
        let mut on = Board::new(plan);
        for one in board {
            on.post(one).unwrap();
        }
        let before = on.to_bytes();
        let refused = on.post(message).unwrap_err();
        assert_eq!(refused.word(), word, "{name}: {refused}");
        assert_eq!(on.to_bytes(), before, "{name}");
        self.push(
            name,
            word,
            board,
            json!({ "message": hex::encode(message) }),
        );
    }

    /// A board that shows somebody's fault.
    fn board(&mut self, name: &str, word: &str, culprit: &NodeKey, board: &[Vec<u8>]) {
        let plan = Plan::from_bytes(&self.run.plan, &self.basis()).unwrap();
        let mut on = Board::new(plan);
        for one in board {
            on.post(one).unwrap();
        }
        let Standing::Stopped(Why::Blame(blame)) = on.standing() else {
            panic!("{name}: {:?}", on.standing())
        };
        let said: Vec<_> = blame.iter().map(|b| (b.culprit, b.fault.word())).collect();
        assert_eq!(said, [(*culprit, word)], "{name}");
        self.push(name, word, board, json!({ "culprit": culprit.to_string() }));
    }

    fn push(&mut self, name: &str, word: &str, board: &[Vec<u8>], more: Value) {
        let mut case = json!({
            "name": name,
            "refused": word,
            "old": hex::encode(self.certificate.bytes()),
            "plan": hex::encode(&self.run.plan),
            "board": board.iter().map(hex::encode).collect::<Vec<_>>(),
        });
        for (key, value) in more.as_object().unwrap() {
            case[key] = value.clone();
        }
        self.cases.push(case);
    }
}

/// The board's messages up to a step, but for one sender's of that step.
fn before(run: &Run, step: u8, without: &NodeKey) -> Vec<Vec<u8>> {
    let messages = run.board.messages().map(<[u8]>::to_vec);
    messages
        .filter(|message| {
            let (sender, at, _) = taken_apart(message);
            at < step || (at == step && sender != *without)
        })
        .collect()
}

fn of(run: &Run, step: u8, by: &NodeKey) -> Vec<u8> {
    let mut all = run.board.messages();
    let found = all.find(|message| {
        let (sender, at, _) = taken_apart(message);
        at == step && sender == *by
    });
    found.unwrap().to_vec()
}

/// A sender's body of a step, changed.
fn changed(run: &Run, step: u8, by: &NodeKey, change: impl Fn(&mut Body)) -> Vec<u8> {
    let (_, _, body) = taken_apart(&of(run, step, by));
    let mut body: Body = serde_cbor::from_slice(&body).unwrap();
    change(&mut body);
    serde_cbor::to_vec(&body).unwrap()
}

fn list(value: &mut Cbor) -> &mut Vec<Cbor> {
    let Cbor::Array(list) = value else {
        panic!("an array")
    };
    list
}

fn octets(value: &mut Cbor) -> &mut Vec<u8> {
    let Cbor::Bytes(bytes) = value else {
        panic!("bytes")
    };
    bytes
}

fn field(body: &mut Body, key: i128) -> &mut Cbor {
    body.get_mut(&Cbor::Integer(key)).unwrap()
}

/// The bad ones.
pub fn bad(world: &World, made: &Ceremonies) -> Vec<Value> {
    let mut bad = Bad {
        world,
        run: &made.runs[0],
        certificate: &made.certificates[0],
        cases: Vec::new(),
    };
    plans_for_new_keys(&mut bad);
    messages(&mut bad, &made.runs[1]);
    faults(&mut bad);
    bad.run = &made.runs[1];
    bad.certificate = &made.certificates[1];
    plans_for_old_keys(&mut bad);
    let dealer = member_of(bad.world, 0).node.node();
    let join = changed(bad.run, 1, &dealer, |body| {
        let shown = list(field(body, 2));
        let other = list(&mut list(&mut shown[1])[0])[0].clone();
        list(&mut list(&mut shown[0])[0])[0] = other;
    });
    let join = say(world, &bad.run.digest, &member_of(world, 0).node, 1, &join);
    bad.board(
        "another key's share is shared out",
        "old-share",
        &dealer,
        &[join],
    );
    bad.cases
}

fn member_of(world: &World, at: usize) -> &Member {
    members(world)[at]
}

fn plans_for_new_keys(bad: &mut Bad<'_>) {
    let world = bad.world;
    let good = bad.run.plan.clone();
    bad.plan("cut short", "malformed", &good[..good.len() - 1]);
    bad.plan(
        "a byte follows",
        "malformed",
        &[good.as_slice(), &[0]].concat(),
    );
    bad.terms("holders out of order", "malformed", |t| {
        t.holders.swap(0, 1)
    });
    bad.terms("one node holds twice", "malformed", |t| {
        t.holders[1].node = t.holders[0].node;
    });
    bad.terms("no keys", "malformed", |t| t.keys.clear());
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    bad.plan("the last bit flipped", "signature", &flipped);
    let forged = bad.run.terms.sign(&world.rowan.node);
    bad.plan("signed by another than its starter", "signature", &forged);
    bad.terms("another federation", "federation", |t| {
        t.federation = FederationId::from_bytes([1; 32]);
    });
    bad.terms("another charter", "charter", |t| t.charter[0] ^= 1);
    bad.terms("a threshold that is not the charter's", "threshold", |t| {
        t.threshold = 3
    });
    bad.terms("fewer holders than the threshold", "holders", |t| {
        t.holders.truncate(1)
    });
    bad.terms("a keyholder at another's index", "holders", |t| {
        t.holders.remove(1);
        t.holders[1].index = ShareIndex::new(2).unwrap();
    });
    bad.terms("an index that the charter has not", "holders", |t| {
        t.holders[2].index = ShareIndex::new(4).unwrap();
    });
    bad.terms("two keyholders' nodes exchanged", "holders", |t| {
        (t.holders[0].node, t.holders[1].node) = (t.holders[1].node, t.holders[0].node);
    });
    bad.terms("a day without delegations", "holders", |t| {
        t.day = TODAY.plus(61)
    });
    bad.terms("an epoch that there was", "epoch", |t| t.epoch = 1);
    bad.terms("a season that has ended", "keys", |t| {
        let past = parasol_protocol::time::Season::from_index(TODAY.season().index() - 1);
        t.keys.insert(KeyName::Handle(past), Making::Generate);
    });
    bad.terms("a season that nobody needs yet", "keys", |t| {
        let far = TODAY.plus(744).season().plus(2);
        t.keys.insert(KeyName::Area(far), Making::Generate);
    });
    bad.terms("a key reshared that nobody has", "keys", |t| {
        t.keys.insert(KeyName::Bucket, Making::Reshare);
    });
    let stranger = SecretKey::from_seed([8; 32]);
    let mut started = bad.run.terms.clone();
    started.starter = stranger.node();
    bad.plan(
        "started by who takes no part",
        "starter",
        &started.sign(&stranger),
    );
    let seat = |t: &PlanTerms, i: usize| t.holders[i];
    let digest = *bad.certificate.digest();
    bad.terms("dealt keys reshared", "dealt", |t| {
        let dealers = vec![seat(t, 0), seat(t, 1)];
        t.old = Some(parasol_protocol::ceremony::Old {
            certificate: digest,
            dealers,
        });
        t.keys
            .values_mut()
            .for_each(|making| *making = Making::Reshare);
    });
}

fn plans_for_old_keys(bad: &mut Bad<'_>) {
    bad.terms("another certificate renewed", "certificate", |t| {
        t.old.as_mut().unwrap().certificate[0] ^= 1;
    });
    bad.terms("keys in force given up", "certificate", |t| {
        t.old = None;
        t.keys
            .values_mut()
            .for_each(|making| *making = Making::Generate);
    });
    bad.terms("too few dealers", "dealers", |t| {
        t.old.as_mut().unwrap().dealers.truncate(1);
    });
    bad.terms("too many dealers", "dealers", |t| {
        let all = t.holders.clone();
        t.old.as_mut().unwrap().dealers = all;
    });
    bad.terms("a dealer in another holder's place", "dealers", |t| {
        let mut other = t.holders[1];
        other.index = ShareIndex::new(3).unwrap();
        t.old.as_mut().unwrap().dealers[1] = other;
    });
    bad.terms("a season's key left out two days after it", "keys", |t| {
        t.day = TODAY.season().last_day().plus(2);
        t.keys.remove(&KeyName::Handle(TODAY.season()));
    });
    bad.terms("a key in force left out", "keys", |t| {
        t.keys.remove(&KeyName::Bucket);
    });
    bad.terms("a key in force made anew", "keys", |t| {
        t.keys.insert(KeyName::Bucket, Making::Generate);
    });
    bad.terms("the epoch in force", "epoch", |t| t.epoch = 2);
    bad.terms("an epoch far ahead", "epoch", |t| t.epoch = 1003);
}

fn messages(bad: &mut Bad<'_>, other: &Run) {
    let world = bad.world;
    let run = bad.run;
    let (lilas, rowan) = (&world.lilas.node, &world.rowan.node);
    let join = of(run, 1, &lilas.node());
    let (_, _, body) = taken_apart(&join);
    bad.message("cut short", "message", &[], &join[..join.len() - 1]);
    bad.message(
        "a byte follows",
        "message",
        &[],
        &[join.as_slice(), &[0]].concat(),
    );
    bad.message(
        "a step that there is not",
        "message",
        &[],
        &say(world, &run.digest, lilas, 7, &body),
    );
    let strayed = of(other, 1, &lilas.node());
    bad.message(
        "a join of another ceremony",
        "other-ceremony",
        &[],
        &strayed,
    );
    let deal = of(other, 3, &lilas.node());
    let (_, _, parts) = taken_apart(&deal);
    bad.message("a deal of another epoch", "other-ceremony", &[], &deal);
    let stranger = SecretKey::from_seed([7; 32]);
    bad.message(
        "from who takes no part",
        "stranger",
        &[],
        &say(world, &run.digest, &stranger, 1, &body),
    );
    let payload = annotate::payload(&join);
    let forged = signed(&world.federation, rowan, payload);
    bad.message("signed by another than its sender", "sender", &[], &forged);
    let elsewhere = signed(&FederationId::from_bytes([1; 32]), lilas, payload);
    bad.message("signed for another federation", "sender", &[], &elsewhere);
    let echo = |n: u8| {
        let body = write(&[(1, Cbor::Bytes(vec![n; 32])), (2, Cbor::Bytes(vec![n; 32]))]);
        say(world, &run.digest, lilas, 2, &body)
    };
    bad.message(
        "a third message of one step",
        "enough",
        &[echo(1), echo(2)],
        &echo(3),
    );
    let node = lilas.node();
    let stolen = say(world, &run.digest, lilas, 3, &parts);
    let mut board = before(run, 3, &node);
    board.push(stolen);
    bad.board(
        "another ceremony's parts, signed anew",
        "form",
        &node,
        &board,
    );
}

fn faults(bad: &mut Bad<'_>) {
    let world = bad.world;
    let run = bad.run;
    let key = &world.ryabina.node;
    let who = key.node();
    let say = |step: u8, body: &[u8]| say(world, &run.digest, key, step, body);
    let one = |bad: &mut Bad<'_>, name: &str, word: &str, step: u8, body: Vec<u8>| {
        let mut board = before(run, step, &who);
        board.push(say(step, &body));
        bad.board(name, word, &who, &board);
    };
    let mut board = before(run, 1, &who);
    board.push(of(run, 1, &who));
    let nonce = changed(run, 1, &who, |b| octets(field(b, 3))[0] ^= 1);
    board.push(say(1, &nonce));
    bad.board("two joins", "two-messages", &who, &board);
    one(bad, "no map", "form", 1, vec![0]);
    let body = changed(run, 1, &who, |b| drop(list(field(b, 1)).pop()));
    one(bad, "a one-time key left out", "form", 1, body);
    let body = changed(run, 1, &who, |b| drop(list(field(b, 2)).pop()));
    one(bad, "a key left out", "form", 1, body);
    let body = changed(run, 1, &who, |b| {
        let points = list(&mut list(&mut list(field(b, 2))[0])[0]);
        let more = points[0].clone();
        points.push(more);
    });
    one(bad, "a polynomial of a higher degree", "form", 1, body);
    let body = changed(run, 1, &who, |b| {
        list(&mut list(&mut list(field(b, 2))[0])[0])[1] = Cbor::Bytes(vec![0; 32]);
    });
    one(bad, "the identity", "form", 1, body);
    let body = changed(run, 1, &who, |b| {
        drop(list(&mut list(field(b, 2))[0]).pop())
    });
    one(bad, "a new key without a proof", "form", 1, body);
    let body = changed(run, 1, &who, |b| {
        let points = list(&mut list(&mut list(field(b, 2))[0])[0]);
        points.swap(0, 1);
    });
    one(
        bad,
        "a proof of another secret",
        "proof-of-knowledge",
        1,
        body,
    );
    let body = changed(run, 2, &who, |b| octets(field(b, 2))[31] ^= 1);
    one(bad, "another nonce", "nonce", 2, body);
    let body = changed(run, 3, &who, |b| drop(list(field(b, 1)).pop()));
    one(bad, "a part left out", "form", 3, body);
    let body = changed(run, 5, &who, |b| octets(field(b, 1))[5] ^= 1);
    let mut board = before(run, 4, &who);
    board.push(say(5, &body));
    bad.board(
        "not a signature of the certificate",
        "certificate-signature",
        &who,
        &board,
    );

    // A complaint: lilas about ryabina.
    let complainer = &world.lilas.node;
    let seed = run.seeds[&complainer.node()];
    let complain = |seed: &[u8; 32], about: &[u8]| {
        let body = write(&[
            (1, Cbor::Bytes(who.as_bytes().to_vec())),
            (2, Cbor::Bytes(seed.to_vec())),
            (
                3,
                Cbor::Bytes(Sha256::digest(annotate::payload(about)).to_vec()),
            ),
        ]);
        super::ceremony::say(world, &run.digest, complainer, 4, &body)
    };
    let right = one_time(&seed, &run.digest, &who);
    let body = changed(run, 3, &who, |b| {
        for part in list(field(b, 1)) {
            octets(part)[40] ^= 1;
        }
    });
    let mut board = before(run, 3, &who);
    let wrong = say(3, &body);
    board.push(wrong.clone());
    board.push(complain(&right, &wrong));
    bad.board("a part that does not open", "part", &who, &board);
    let mut board = before(run, 4, &who);
    board.push(complain(&right, &of(run, 3, &who)));
    bad.board(
        "a complaint about a right part",
        "false-complaint",
        &complainer.node(),
        &board,
    );
    let mut board = before(run, 4, &who);
    board.push(complain(&[1; 32], &of(run, 3, &who)));
    bad.board(
        "a complaint with another seed",
        "false-complaint",
        &complainer.node(),
        &board,
    );

    let body = changed(run, 1, &who, |b| {
        for key in list(field(b, 1)) {
            *key = Cbor::Bytes(vec![0; 32]);
        }
    });
    let mut board = before(run, 1, &who);
    let alarm = |about: &[u8]| {
        let body = write(&[
            (1, Cbor::Bytes(who.as_bytes().to_vec())),
            (
                3,
                Cbor::Bytes(Sha256::digest(annotate::payload(about)).to_vec()),
            ),
        ]);
        super::ceremony::say(world, &run.digest, complainer, 4, &body)
    };
    let useless = say(1, &body);
    board.push(useless.clone());
    board.push(alarm(&useless));
    bad.board(
        "a one-time key that takes nothing",
        "one-time-key",
        &who,
        &board,
    );
    let mut board = before(run, 2, &who);
    board.push(alarm(&of(run, 1, &who)));
    bad.board(
        "a false alarm about a one-time key",
        "false-complaint",
        &complainer.node(),
        &board,
    );
}
