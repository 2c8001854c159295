//! A federation in memory: dealt keys, real records, nodes that answer, fail and lie on command.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::{Ask, Error, Exchange, Federation, Unanswered};
use crate::admit;
use crate::carried::publisher;
use crate::certificate::Certificate;
use crate::charter::{Charter, Lives, Organisation, Quotas, Terms};
use crate::directory::Directory;
use crate::engine::fill::{Fill, Queues, waiting};
use crate::entropy::Entropy;
use crate::ids::{NodeKey, OrganisationKey, RecordId};
use crate::keys::SecretKey;
use crate::limits::DELEGATION_AFTERLIFE;
use crate::oprf::{Element, KeyName, KeyShare, ThresholdKey, deal};
use crate::record::delegation::{SlotRange, Terms as DelegationTerms};
use crate::record::report::Audience;
use crate::record::{Body, Draft, Header, Signer, Verified};
use crate::time::{Day, Season};
use crate::wire::client::{
    DirectoryReply, Evaluate, Evaluated, Missing, Outcome, OwnAsk, OwnReply, PassOn, Publish,
    Published, Tag, TagsAsk, TagsReply,
};
use crate::wire::peer::Refusal;
use crate::wire::sealed::{Question, SealSecret, ShortId, open_question};
use crate::wire::{Again, KeyEvaluation};
use sha2::{Digest, Sha512};
use std::collections::{BTreeMap, BTreeSet};

/// SHA-512 of a seed and a counter.
pub(super) struct Seeded(u64);

impl Seeded {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed << 32)
    }
}

impl Entropy for Seeded {
    fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(64) {
            self.0 += 1;
            let block = Sha512::digest(self.0.to_be_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

pub(super) struct Node {
    pub(super) organisation: OrganisationKey,
    pub(super) key: SecretKey,
    pub(super) transport: SecretKey,
    pub(super) seal: SealSecret,
    pub(super) shares: BTreeMap<KeyName, KeyShare>,
    pub(super) records: Vec<Verified>,
    pub(super) up: bool,
    /// Refuses evaluations for the quota, and says when there are more.
    pub(super) used_up: Option<Again>,
    /// Is reached for evaluations and not for look-ups.
    pub(super) mute: bool,
    /// Evaluates with other shares than it was given.
    pub(super) lies: bool,
    /// Proves with one nonce again and again.
    pub(super) stuck: bool,
    /// Leaves these out.
    pub(super) hides: BTreeSet<RecordId>,
    /// Serves these whatever is asked.
    pub(super) slips_in: Vec<Vec<u8>>,
    /// The same, but with its next reply alone.
    pub(super) slips_in_once: Vec<Vec<u8>>,
    /// Says that it carries so many.
    pub(super) says_carried: Option<u64>,
    /// Says that it left out this many.
    pub(super) claims: u64,
}

/// One batch on its way through a home node.
pub(super) struct Relayed {
    pub(super) home: usize,
    pub(super) elements: Vec<Element>,
    /// By the place of the keyholder's node.
    pub(super) answers: Vec<(usize, Vec<KeyEvaluation>)>,
}

/// A source of randomness that always gives the same.
pub(super) struct Stuck;

impl Entropy for Stuck {
    fn fill(&mut self, out: &mut [u8]) {
        out.fill(7);
    }
}

pub(super) struct World {
    pub(super) nodes: Vec<Node>,
    pub(super) charter: Vec<u8>,
    pub(super) certificate: Vec<u8>,
    /// The epoch of which keyholders have shares.
    pub(super) epoch: u32,
    pub(super) trust: Vec<Vec<u8>>,
    pub(super) directory: Directory,
    pub(super) today: Day,
    pub(super) entropy: Seeded,
    /// Every body that a home node was sent, and every answer.
    pub(super) seen: Vec<u8>,
    /// What whoever watches the sizes sees of that: where, how much, and how much came back.
    pub(super) watched: Vec<(&'static str, usize, usize)>,
    /// What the home node saw, one ask after the other, with its answer.
    pub(super) passed: Vec<Vec<u8>>,
    /// The elements that keyholders were given.
    pub(super) blinded: Vec<u8>,
    /// The questions that each answering node opened.
    pub(super) heard: Vec<(usize, Question)>,
    /// What keyholders were given, and what each answered.
    pub(super) relayed: Vec<Relayed>,
    /// Sealed questions, each with the node it was for.
    pub(super) questions: Vec<(usize, Vec<u8>)>,
    slot: u32,
}

const NAMES: [(&str, &str); 5] = [
    ("lilas", "FR"),
    ("ryabina", "RU"),
    ("rowan", "GB"),
    ("saule", "LT"),
    ("salice", "IT"),
];

impl World {
    pub(super) fn new(n: u16, t: u16) -> Self {
        let mut entropy = Seeded::new(7);
        let today = Day::from_number(20_779);
        let mut roots: Vec<SecretKey> = (0..n).map(|_| SecretKey::generate(&mut entropy)).collect();
        roots.sort_by_key(SecretKey::public);
        let organisations = roots
            .iter()
            .zip(NAMES)
            .zip(1..)
            .map(|((root, (name, country)), index)| Organisation {
                root: root.organisation(),
                name: name.to_owned(),
                jurisdiction: country.to_owned(),
                keyholder: Some(index),
                budget: 10,
            })
            .collect();
        let terms = Terms {
            version: 1,
            origin: None,
            name: "in memory".to_owned(),
            made: today,
            organisations,
            threshold: t,
            lives: Lives::LONGEST,
            quotas: Quotas {
                records: 10_000,
                evaluations: 50_000,
            },
            bucket_bits: 16,
            cities: vec!["FR:lyon".to_owned()],
            former: Vec::new(),
        };
        let mut cosigned = terms.unsigned();
        for root in &roots {
            Charter::sign_with(&mut cosigned, root);
        }
        let charter_bytes = cosigned.write();
        let charter = Charter::from_bytes(&charter_bytes).unwrap();
        let federation = *charter.federation();

        let mut keys: BTreeMap<KeyName, ThresholdKey> = BTreeMap::new();
        let mut shares: Vec<BTreeMap<KeyName, KeyShare>> =
            (0..n).map(|_| BTreeMap::new()).collect();
        let seasons: Vec<Season> = Season::live(today).collect();
        let names = seasons
            .iter()
            .flat_map(|s| [KeyName::Handle(*s), KeyName::Area(*s)]);
        for name in names.chain([KeyName::Bucket]) {
            let dealt = deal(name, t, n, &mut entropy).unwrap();
            keys.insert(name, dealt.key);
            for (mine, share) in shares.iter_mut().zip(dealt.shares) {
                mine.insert(name, share);
            }
        }

        let mut directory = Directory::new(charter);
        let mut trust = Vec::new();
        let mut nodes = Vec::new();
        for (root, shares) in roots.iter().zip(shares) {
            let key = SecretKey::generate(&mut entropy);
            let seal = SealSecret::generate(&mut entropy);
            let transport = SecretKey::generate(&mut entropy);
            let terms = DelegationTerms {
                record_key: key.node(),
                transport_key: transport.transport(),
                seal_key: seal.public(),
                slots: SlotRange {
                    first: 0,
                    count: 10_000,
                },
                until: today.plus(90),
            };
            let organisation = root.organisation();
            let record = Draft {
                header: Header {
                    organisation,
                    signer: Signer::Root,
                    issued: today,
                    expires: terms.until.plus(DELEGATION_AFTERLIFE),
                    slot: 0,
                },
                body: Body::Delegation(terms.agree(&federation, &organisation, &key, &transport)),
            }
            .sign(&federation, root)
            .unwrap();
            directory.learn(&record);
            trust.push(record.bytes().to_vec());
            nodes.push(Node {
                organisation,
                key,
                transport,
                seal,
                shares,
                records: Vec::new(),
                up: true,
                used_up: None,
                mute: false,
                lies: false,
                stuck: false,
                hides: BTreeSet::new(),
                slips_in: Vec::new(),
                slips_in_once: Vec::new(),
                says_carried: None,
                claims: 0,
            });
        }
        let mut certificate = Certificate::unsigned(&federation, 1, today, true, &keys);
        for node in &nodes {
            Certificate::sign_with(&mut certificate, &federation, &node.key);
        }
        Self {
            nodes,
            charter: charter_bytes,
            certificate: certificate.write(),
            epoch: 1,
            trust,
            directory,
            today,
            entropy,
            seen: Vec::new(),
            watched: Vec::new(),
            passed: Vec::new(),
            blinded: Vec::new(),
            heard: Vec::new(),
            relayed: Vec::new(),
            questions: Vec::new(),
            slot: 0,
        }
    }

    /// A season ends too early: nobody has shares of its keys any more.
    pub(super) fn end(&mut self, season: Season) {
        for node in &mut self.nodes {
            node.shares.retain(|key, _| key.season() != Some(season));
        }
    }

    /// A certificate of this epoch, of the keys that anybody has shares of, takes the place of the one
    /// before.
    pub(super) fn renew(&mut self, epoch: u32) {
        let before = self.federation(0);
        let keys = before.certificate().keys();
        let nodes = &self.nodes;
        let held = |name: &KeyName| nodes.iter().any(|node| node.shares.contains_key(name));
        let keys = keys.filter(|key| held(&key.name()));
        let keys = keys.map(|key| (key.name(), key.clone())).collect();
        let id = *self.directory.charter().federation();
        let mut certificate = Certificate::unsigned(&id, epoch, self.today, true, &keys);
        for node in &self.nodes {
            Certificate::sign_with(&mut certificate, &id, &node.key);
        }
        (self.certificate, self.epoch) = (certificate.write(), epoch);
    }

    pub(super) fn reply(&self, home: usize) -> DirectoryReply {
        DirectoryReply {
            charters: vec![self.charter.clone()],
            certificate: self.certificate.clone(),
            records: self.trust.clone(),
            home: self.nodes[home].key.node(),
            today: self.today,
            carried: self.carried(home),
        }
    }

    pub(super) fn federation(&self, home: usize) -> Federation {
        let reply = self.reply(home).encode();
        let own = self.nodes[home].organisation;
        Federation::from_reply(&reply, &own, None, self.today).unwrap()
    }

    fn carried(&self, node: usize) -> u64 {
        if let Some(number) = self.nodes[node].says_carried {
            return number;
        }
        let records = self.nodes[node].records.iter();
        records
            .filter(|r| matches!(r.body(), Body::Report(_)))
            .count() as u64
    }

    /// Signs a body as a node, and gives it to nobody.
    pub(super) fn sign(&mut self, by: usize, expires: Day, body: Body) -> Verified {
        let node = &self.nodes[by];
        self.slot += 1;
        let header = Header {
            organisation: node.organisation,
            signer: Signer::Node(node.key.node()),
            issued: self.today,
            expires,
            slot: self.slot,
        };
        Draft { header, body }
            .sign(self.directory.charter().federation(), &node.key)
            .unwrap()
    }

    pub(super) fn spread(&mut self, record: &Verified) {
        for node in self.nodes.iter_mut().filter(|n| n.up) {
            if admit::check(record, &self.directory, &node.organisation, self.today).is_err() {
                continue;
            }
            if let Body::Retraction(r) = record.body()
                && r.proof.is_some()
            {
                node.records
                    .retain(|old| old.body().lock() != Some(&r.lock));
            }
            node.records.push(record.clone());
        }
    }

    /// Carries an exchange to its end, as an HTTP library would.
    pub(super) fn carry<E: Exchange>(
        &mut self,
        home: usize,
        mut exchange: E,
    ) -> Result<E::Done, Error> {
        for _ in 0..1000 {
            for ask in exchange.asks() {
                self.seen.extend_from_slice(&ask.body);
                let answer = self.answer(home, &ask);
                let back = answer.as_ref().map_or(0, Vec::len);
                self.watched.push((ask.path, ask.body.len(), back));
                let bytes = answer.as_deref().unwrap_or_default();
                self.passed.push([&ask.body, bytes].concat());
                if let Ok(bytes) = &answer {
                    assert!(bytes.len() <= ask.reply_limit, "{}", ask.path);
                    self.seen.extend_from_slice(bytes);
                }
                exchange.answer(ask.id, answer, &mut self.entropy);
            }
            if let Some(done) = exchange.done() {
                return done;
            }
        }
        panic!("the exchange does not end");
    }

    pub(super) fn answer(&mut self, home: usize, ask: &Ask) -> Result<Vec<u8>, Unanswered> {
        if !self.nodes[home].up {
            return Err(Unanswered::Unreachable);
        }
        match ask.path {
            "/v1/evaluate" => Ok(self.evaluate(home, &Evaluate::decode(&ask.body).unwrap())),
            "/v1/sealed" => self.sealed(&PassOn::decode(&ask.body).unwrap()),
            "/v1/publish" => Ok(self.take(home, Publish::decode(&ask.body).unwrap())),
            "/v1/tags" => Ok(self.tags(home, TagsAsk::decode(&ask.body).unwrap())),
            "/v1/own" => Ok(self.own(home, OwnAsk::decode(&ask.body).unwrap())),
            path => panic!("no such path: {path}"),
        }
    }

    fn evaluate(&mut self, home: usize, wanted: &Evaluate) -> Vec<u8> {
        let threshold = usize::from(self.directory.charter().terms().threshold);
        for element in &wanted.ask.elements {
            self.blinded.extend_from_slice(element.as_bytes());
        }
        let mut evaluated = Evaluated {
            answers: Vec::new(),
            missing: Vec::new(),
        };
        let mut answered = Vec::new();
        for (place, (node, index)) in self.nodes.iter().zip(1u16..).enumerate() {
            if wanted.except.contains(&index) || evaluated.answers.len() == threshold {
                continue;
            }
            if !node.up {
                evaluated.missing.push((index, Missing::Unreachable));
                continue;
            }
            if wanted.ask.epoch != self.epoch {
                let other = Missing::Refused(Refusal::OtherEpoch);
                evaluated.missing.push((index, other));
                continue;
            }
            if let Some(again) = node.used_up {
                let why = Missing::Refused(Refusal::Quota(again));
                evaluated.missing.push((index, why));
                continue;
            }
            let mut keys = wanted.ask.keys.iter();
            if !keys.any(|key| node.shares.contains_key(key)) {
                let why = Missing::Refused(Refusal::NoShare);
                evaluated.missing.push((index, why));
                continue;
            }
            let keys = wanted.ask.keys.iter();
            let answers = keys.filter(|key| node.shares.contains_key(key)).map(|key| {
                let share = if node.lies {
                    KeyShare::new(node.shares[key].index(), &[3; 32].map(|b| b & 0x0f)).unwrap()
                } else {
                    KeyShare::from_bytes(node.shares[key].to_bytes().as_slice()).unwrap()
                };
                let evaluation = if node.stuck {
                    share.evaluate(&wanted.ask.elements, &mut Stuck)
                } else {
                    share.evaluate(&wanted.ask.elements, &mut self.entropy)
                };
                KeyEvaluation {
                    key: *key,
                    evaluation: evaluation.unwrap(),
                }
            });
            let answers: Vec<KeyEvaluation> = answers.collect();
            answered.push((place, answers.clone()));
            evaluated.answers.push((index, answers));
        }
        self.relayed.push(Relayed {
            home,
            elements: wanted.ask.elements.clone(),
            answers: answered,
        });
        evaluated.encode()
    }

    fn sealed(&mut self, pass_on: &PassOn) -> Result<Vec<u8>, Unanswered> {
        let to: NodeKey = pass_on.to;
        let place = self.nodes.iter().position(|n| n.key.node() == to).unwrap();
        self.questions.push((place, pass_on.sealed.clone()));
        let carried = self.carried(place);
        let once = std::mem::take(&mut self.nodes[place].slips_in_once);
        let node = &self.nodes[place];
        if !node.up || node.mute {
            return Err(Unanswered::Status {
                status: 502,
                body: Vec::new(),
            });
        }
        let charter = self.directory.charter();
        let (question, key) =
            open_question(&pass_on.sealed, &node.seal, charter.federation()).unwrap();
        self.heard.push((place, question.clone()));
        let bits = charter.terms().bucket_bits;
        let records = || {
            node.records
                .iter()
                .filter(|r| !node.hides.contains(&r.id()))
        };
        let dead: BTreeSet<_> = records()
            .filter(|r| matches!(r.body(), Body::Retraction(_)))
            .filter_map(|r| Some((*r.body().lock()?, r.header().organisation)))
            .collect();
        let asked = |record: &Verified| match (&question, record.body()) {
            (_, Body::Report(r)) if dead.contains(&(r.lock, record.header().organisation)) => false,
            (Question::Bucket { bucket, .. }, Body::Report(r)) => {
                let (first, last) = bucket.span(bits);
                r.audience == Audience::Federation
                    && r.entries.iter().any(|e| (first..=last).contains(&e.bucket))
            }
            (Question::Records(ids), Body::Report(_)) => ids.contains(&short(record.id())),
            (Question::Locks(locks), Body::Report(_) | Body::Retraction(_)) => {
                record.body().lock().is_some_and(|l| locks.contains(l))
            }
            _ => false,
        };
        let reports: Vec<&Verified> = records().filter(|r| asked(r)).collect();
        let locks: BTreeSet<_> = reports.iter().filter_map(|r| r.body().lock()).collect();
        let hanging = records().filter(|r| {
            !matches!(r.body(), Body::Report(_) | Body::Retraction(_))
                && r.body().lock().is_some_and(|l| locks.contains(l))
        });
        let queues = |records: &[&Verified]| {
            let mut waiting: Queues<Vec<u8>> = BTreeMap::new();
            for record in records {
                let by = publisher(&record.header().organisation);
                let queue = waiting.entry(by).or_default();
                queue.push_back(record.bytes().to_vec());
            }
            waiting
        };
        let hanging: Vec<&Verified> = hanging.collect();
        let (mut reports, mut hanging) = (queues(&reports), queues(&hanging));
        let parts = match &question {
            Question::Bucket { part, .. } => *part,
            _ => 0,
        };
        let mut fill = Fill::default();
        for _ in 0..=parts {
            fill = Fill::default();
            for queue in [&mut reports, &mut hanging] {
                let load = |bytes: &Vec<u8>| Ok::<_, std::convert::Infallible>(Some(bytes.clone()));
                fill.take(queue, load).unwrap();
            }
        }
        let left = waiting(&reports) + waiting(&hanging) + node.claims;
        let mut reply = fill.reply(carried, left);
        reply.records.extend(node.slips_in.iter().cloned());
        reply.records.extend(once);
        Ok(key.seal(&reply, &mut self.entropy).unwrap())
    }

    fn take(&mut self, home: usize, wanted: Publish) -> Vec<u8> {
        let outcomes = wanted.0.into_iter().map(|wanted| {
            let lock = *wanted.body.lock().unwrap();
            let same = self.nodes[home].records.iter().find(|r| {
                matches!(r.body(), Body::Report(_))
                    && matches!(wanted.body, Body::Report(_))
                    && r.body().lock() == Some(&lock)
            });
            if let Some(same) = same {
                return Outcome::Published(same.id());
            }
            let organisation = self.nodes[home].organisation;
            let record = self.sign(home, wanted.expires, wanted.body);
            match admit::check(&record, &self.directory, &organisation, self.today) {
                Ok(()) => {
                    self.spread(&record);
                    Outcome::Published(record.id())
                }
                Err(why) => Outcome::Refused {
                    code: why.rule.id().to_owned(),
                    message: why.to_string(),
                },
            }
        });
        Published(outcomes.collect()).encode()
    }

    fn tags(&self, home: usize, ask: TagsAsk) -> Vec<u8> {
        let records = self.nodes[home].records.iter();
        let all: Vec<Tag> = records
            .filter(|r| (ask.from..=ask.to).contains(&r.header().issued))
            .filter_map(|r| match r.body() {
                Body::Report(report) => Some(Tag {
                    id: short(r.id()),
                    season: r.header().expires.season(),
                    salt: report.salt,
                    tag: report.area_tag,
                }),
                _ => None,
            })
            .collect();
        // Two a page, so that paging is walked.
        let from = usize::try_from(ask.cursor).unwrap();
        let tags: Vec<Tag> = all.iter().skip(from).take(2).copied().collect();
        let next = if from + 2 < all.len() {
            from as u64 + 2
        } else {
            0
        };
        TagsReply { tags, next }.encode()
    }

    fn own(&self, home: usize, ask: OwnAsk) -> Vec<u8> {
        let node = &self.nodes[home];
        let records = node.records.iter().filter(|r| match r.body() {
            Body::Report(report) => {
                r.header().organisation == node.organisation
                    && (!ask.only_own || report.audience == Audience::Own)
            }
            _ => true,
        });
        let all: Vec<Vec<u8>> = records.map(|r| r.bytes().to_vec()).collect();
        let from = usize::try_from(ask.cursor).unwrap();
        let records = all.iter().skip(from).take(2).cloned().collect();
        let next = if from + 2 < all.len() {
            from as u64 + 2
        } else {
            0
        };
        OwnReply { records, next }.encode()
    }
}

fn short(id: RecordId) -> ShortId {
    *id.as_bytes().first_chunk().unwrap()
}
