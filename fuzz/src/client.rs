//! A client of a small federation, with everything that a home node and other nodes could answer:
//! whatever keyholders evaluate, and whatever organisations sign.

use crate::common::world::{
    BUCKET_BITS, Member, TODAY, VECTORS, World, by_node, expiry, particulars,
};
use crate::common::{Seeded, draw};
use parasol_protocol::certificate::Certificate;
use parasol_protocol::client::Federation;
use parasol_protocol::handle::Handle;
use parasol_protocol::ids::{NodeKey, RecordId};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::RETRACTION_LIFE;
use parasol_protocol::oprf::{KeyName, Output};
use parasol_protocol::particulars::{Particulars, Words};
use parasol_protocol::record::attachment::{Dispute, Second, Target, Translation};
use parasol_protocol::record::report::Audience;
use parasol_protocol::record::retraction::Retraction;
use parasol_protocol::record::{Body, Kind, Verified};
use parasol_protocol::seal::{Browse, FullKey, HandleName, Sealing, seal, seal_words};
use parasol_protocol::wire::client::{DirectoryReply, Evaluate};
use parasol_protocol::wire::sealed::SealSecret;
use parasol_protocol::wire::{EvaluateAsk, KeyEvaluation};
use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};

/// The federation, a client of rowan in it, and records about one handle.
pub struct Fixture {
    pub world: World,
    pub reply: DirectoryReply,
    pub federation: Federation,
    /// What is looked up.
    pub handle: Handle,
    /// What the bucket key and the handle key of the reports' season make of it.
    pub bucket: Output,
    pub named: Output,
    /// What the report of [`Pooled::Report`] says, and its key.
    pub says: Particulars,
    pub full_key: FullKey,
    pub pool: Vec<Verified>,
}

/// What stands where in the pool.
#[derive(Clone, Copy)]
pub enum Pooled {
    Report,
    Second,
    Dispute,
    Translation,
    OwnSecond,
    Proven,
    ByPublisher,
    Other,
    Elsewhere,
    ByStranger,
}

static FIXTURE: LazyLock<Fixture> = LazyLock::new(Fixture::new);

/// The fixture, made once.
pub fn fixture() -> &'static Fixture {
    &FIXTURE
}

/// The names of the keys that the client's certificate has.
fn key_names() -> [KeyName; 3] {
    let season = expiry().season();
    [
        KeyName::Bucket,
        KeyName::Handle(season),
        KeyName::Area(season),
    ]
}

fn copy(output: &Output) -> Output {
    Output::from_bytes(*output.as_bytes())
}

impl Fixture {
    fn new() -> Self {
        let mut world = World::new(VECTORS);
        let federation = world.federation;
        // Few keys, so that a look-up costs little.
        let names = key_names();
        let keys = names.iter().map(|n| (*n, world.dealt[n].key.clone()));
        let mut unsigned = Certificate::unsigned(&federation, 1, TODAY, true, &keys.collect());
        for member in [&world.lilas, &world.ryabina, &world.rowan] {
            Certificate::sign_with(&mut unsigned, &federation, &member.node);
        }
        let reply = DirectoryReply {
            charters: vec![world.charter.bytes().to_vec()],
            certificate: unsigned.write(),
            records: world.trust.iter().map(|r| r.bytes().to_vec()).collect(),
            home: world.rowan.node.node(),
            today: TODAY,
            carried: 3,
        };
        let own = world.rowan.key();
        let view = Federation::from_reply(&reply.encode(), &own, None, TODAY).unwrap();
        let says = particulars();
        let handle = says.handles.first().unwrap().clone();
        let bucket = world.output(KeyName::Bucket, &handle.oprf_input());
        let named = world.output(names[1], &handle.oprf_input());
        let lock = SecretKey::generate(&mut Seeded::new("lock"));
        let (report, full_key) = world.sealed(&says, None, Audience::Federation, &lock);
        let (salt, lock_key) = (report.salt, lock.lock());
        let report = sign(&world, &world.lilas, Body::Report(report), 1);
        let target = Target {
            lock: lock_key,
            report: report.id(),
        };
        let text_key = full_key.text_key(&salt);
        let words = Words {
            lang: "en".to_owned(),
            text: "polite on the phone".to_owned(),
        };
        let mut slot = 1;
        let mut attach = |by: &Member, kind: Kind, words: Option<&Words>| {
            slot += 1;
            let salt = draw(&mut Seeded::new([slot]));
            let sealed = seal_words(
                &text_key,
                words,
                &federation,
                &by.key(),
                expiry(),
                kind,
                &target,
                &salt,
            );
            let (target, sealed) = (target.clone(), sealed.unwrap());
            let body = match kind {
                Kind::Second => Body::Second(Second {
                    target,
                    salt,
                    sealed,
                }),
                Kind::Dispute => Body::Dispute(Dispute {
                    target,
                    salt,
                    sealed,
                }),
                _ => Body::Translation(Translation {
                    target,
                    salt,
                    sealed,
                }),
            };
            sign(&world, by, body, u32::from(slot))
        };
        let second = attach(&world.ryabina, Kind::Second, None);
        let dispute = attach(&world.ryabina, Kind::Dispute, Some(&words));
        let translation = attach(&world.ryabina, Kind::Translation, Some(&words));
        let own_second = attach(&world.lilas, Kind::Second, None);
        let retract = |by: &Member, body, slot| {
            let expires = TODAY.plus(RETRACTION_LIFE);
            let draft = by_node(by, Body::Retraction(body), expires, slot);
            draft.sign(&federation, &by.node).unwrap()
        };
        let proven = Retraction::by_lock(&federation, &lock);
        let proven = retract(&world.rowan, proven, 20);
        let unproven = Retraction {
            lock: lock_key,
            proof: None,
        };
        let by_publisher = retract(&world.lilas, unproven, 21);
        let other = about(&mut world, &says, "other", 22);
        let mut about_another = says.clone();
        about_another.handles = [Handle::from_canonical("phone:+447700900123").unwrap()].into();
        let elsewhere = about(&mut world, &about_another, "elsewhere", 23);
        let stranger = SecretKey::generate(&mut Seeded::new("stranger"));
        let mut draft = by_node(&world.lilas, report.body().clone(), expiry(), 24);
        draft.header.signer = parasol_protocol::record::Signer::Node(stranger.node());
        let by_stranger = draft.sign(&federation, &stranger).unwrap();
        Self {
            world,
            reply,
            federation: view,
            handle,
            bucket,
            named,
            says,
            full_key,
            pool: vec![
                report,
                second,
                dispute,
                translation,
                own_second,
                proven,
                by_publisher,
                other,
                elsewhere,
                by_stranger,
            ],
        }
    }

    /// The handle's name in the season of the reports.
    pub fn name(&self) -> HandleName {
        HandleName::new(expiry().season(), copy(&self.named))
    }

    /// A member by number.
    pub fn member(&self, number: u8) -> &Member {
        let world = &self.world;
        [&world.lilas, &world.ryabina, &world.rowan][usize::from(number % 3)]
    }

    /// What opens the questions that are sealed to a node.
    pub fn seal_of(&self, node: &NodeKey) -> Option<&SealSecret> {
        let all = [0, 1, 2].map(|n| self.member(n));
        let member = all.into_iter().find(|m| m.node.node() == *node);
        member.map(|m| &m.seal)
    }

    /// What each keyholder makes of a question. Evaluating is slow, and a target asks the same
    /// again and again.
    pub fn evaluated(&self, ask: &EvaluateAsk) -> Vec<(u16, Vec<KeyEvaluation>)> {
        type Known = BTreeMap<Vec<u8>, Vec<(u16, Vec<KeyEvaluation>)>>;
        static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
        let key = Evaluate {
            ask: ask.clone(),
            except: Vec::new(),
        };
        let mut known = KNOWN.lock().unwrap();
        if known.len() > 64 {
            known.clear();
        }
        let of = |index: u16| {
            let answers = ask.keys.iter().map(|name| {
                let share = &self.world.dealt[name].shares[usize::from(index) - 1];
                assert_eq!(share.index().get(), index);
                KeyEvaluation {
                    key: *name,
                    evaluation: share
                        .evaluate(&ask.elements, &mut Seeded::new("proof"))
                        .unwrap(),
                }
            });
            (index, answers.collect())
        };
        let entry = known.entry(key.encode());
        entry.or_insert_with(|| (1..=3).map(of).collect()).clone()
    }

    /// A record of the pool.
    pub fn pooled(&self, which: Pooled) -> &Verified {
        &self.pool[which as usize]
    }

    /// A record of the pool by its id.
    pub fn find(&self, id: &RecordId) -> Option<&Verified> {
        self.pool.iter().find(|r| r.id() == *id)
    }
}

fn sign(world: &World, by: &Member, body: Body, slot: u32) -> Verified {
    let draft = by_node(by, body, expiry(), slot);
    draft.sign(&world.federation, &by.node).unwrap()
}

/// A report of ryabina.
fn about(world: &mut World, says: &Particulars, seed: &str, slot: u32) -> Verified {
    let lock = SecretKey::generate(&mut Seeded::new(seed));
    let season = expiry().season();
    let handles: Vec<_> = says.handles.iter().cloned().collect();
    let names: Vec<_> = handles.iter().map(|h| world.name(h, season)).collect();
    let with = Sealing {
        federation: &world.federation,
        organisation: &world.ryabina.key(),
        expires: expiry(),
        audience: Audience::Federation,
        lock: lock.lock(),
        names: &names,
        browse: Browse::Nothing,
        bucket_bits: BUCKET_BITS,
    };
    let (report, _) = seal(says, &with, &mut Seeded::new([seed, "seal"].concat())).unwrap();
    sign(world, &world.ryabina, Body::Report(report), slot)
}
