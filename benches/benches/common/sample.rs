//! A federation whose nodes have real keys, and records in masses: signed for each, sealed for none.

use parasol_node::clock::Clock;
use parasol_node::config::File;
use parasol_node::entropy::OsEntropy;
use parasol_node::keys::NodeIdentity;
use parasol_node::ledger::LedgerView;
use parasol_node::setup::{Plan, built_in, init_federation};
use parasol_protocol::engine::{Engine, Identity, Settings};
use parasol_protocol::entropy::Entropy;
use parasol_protocol::ids::FederationId;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::RETRACTION_LIFE;
use parasol_protocol::record::attachment::{Second, Target};
use parasol_protocol::record::report::{Audience, Entry, Label, Report};
use parasol_protocol::record::retraction::Retraction;
use parasol_protocol::record::{Body, Draft, Header, Signer, Verified};
use parasol_protocol::time::{Day, Timestamp};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub const NAMES: [&str; 3] = ["lilas", "ryabina", "rowan"];
/// Days before today on which the federation was made: records are spread over them.
pub const DAYS: u32 = 60;
/// Bits of a bucket, as the set-up has them.
pub const BUCKET_BITS: u8 = 14;

/// Cheap random bytes, the same for the same seed.
#[derive(Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1)
    }
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

impl Entropy for Dice {
    fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            let word = self.next().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

/// Now, by this machine's clock.
pub fn now() -> Timestamp {
    Clock::default().now()
}

/// Three organisations with a node each, made some weeks ago.
pub struct Fed {
    pub dir: PathBuf,
    pub federation: FederationId,
    pub nodes: Vec<SecretKey>,
    pub organisations: Vec<parasol_protocol::ids::OrganisationKey>,
    /// The tokens of the nodes' first profiles.
    pub tokens: Vec<String>,
    pub made: Day,
    pub today: Day,
}

impl Fed {
    /// Makes one in a directory that is not there yet. Its nodes would listen on these ports.
    pub fn make(dir: &Path, ports: &[(u16, u16)]) -> Self {
        let today = now().day();
        let plan = Plan {
            dir: dir.to_owned(),
            name: "bench".into(),
            threshold: 2,
            members: built_in(ports),
            today: today.minus(DAYS),
            cities: Vec::new(),
        };
        let mut tokens = Vec::new();
        init_federation(&plan, &mut OsEntropy, |_, access| {
            tokens = access.iter().map(|a| a.token.to_string()).collect();
            Ok(())
        })
        .unwrap();
        for name in NAMES {
            let node = dir.join(name);
            let mut file = File::read(&node).unwrap();
            // Keys are as old as the records: nodes would renew them while they are measured.
            file.ceremonies.by_itself = false;
            file.write(&node).unwrap();
        }
        Self::with(dir, tokens)
    }

    /// One that was made before.
    pub fn open(dir: &Path) -> Self {
        Self::with(dir, Vec::new())
    }

    fn with(dir: &Path, tokens: Vec<String>) -> Self {
        let all: Vec<_> = NAMES
            .iter()
            .map(|name| NodeIdentity::read(&dir.join(name)).unwrap())
            .collect();
        let terms = all[0].charter.terms();
        Self {
            dir: dir.to_owned(),
            federation: *all[0].charter.federation(),
            nodes: all.iter().map(|i| i.keys.record.clone()).collect(),
            organisations: all.iter().map(|i| i.organisation).collect(),
            tokens,
            made: terms.made,
            today: now().day(),
        }
    }

    pub fn identity(&self, node: usize) -> NodeIdentity {
        NodeIdentity::read(&self.dir.join(NAMES[node])).unwrap()
    }

    /// An engine on what a node carries, as a node makes one.
    pub fn engine(&self, node: usize, view: &LedgerView<'_>) -> Engine {
        let identity = self.identity(node);
        let me = Identity {
            organisation: identity.organisation,
            record_key: identity.keys.record.clone(),
            seal_key: identity.keys.seal.clone(),
            shares: Arc::new(identity.shares),
        };
        let mut engine = Engine::new(identity.charter, me, Settings::default(), view).unwrap();
        engine.certify(identity.certificate.unwrap());
        engine
    }

    pub fn sign(&self, number: u64, on: (Day, u32), life: u32, body: Body) -> Verified {
        let by = (number % 3) as usize;
        let (issued, slot) = on;
        let header = Header {
            organisation: self.organisations[by],
            signer: Signer::Node(self.nodes[by].node()),
            issued,
            expires: issued.plus(life),
            slot,
        };
        Draft { header, body }
            .sign(&self.federation, &self.nodes[by])
            .unwrap()
    }

    /// The record of this number: of ten, eight are reports, one is a second, one takes back.
    pub fn record(&self, number: u64) -> Verified {
        self.record_on(number, self.spread(number))
    }

    /// The day and the slot of a record, so that all days get as many.
    fn spread(&self, number: u64) -> (Day, u32) {
        let (of, days) = (number / 3, u64::from(DAYS));
        (self.made.plus((of % days) as u32), (of / days) as u32)
    }

    /// The record of this number, issued today.
    pub fn recent(&self, number: u64) -> Verified {
        self.record_on(number, (self.today, (number / 3 % 20_000) as u32))
    }

    fn record_on(&self, number: u64, on: (Day, u32)) -> Verified {
        let mut dice = Dice::new(number);
        let lock = SecretKey::from_seed(dice.bytes()).lock();
        let life = 300 + dice.below(400) as u32;
        match number % 10 {
            8 => {
                let target = Target {
                    lock,
                    report: parasol_protocol::ids::RecordId::from_bytes(dice.bytes()),
                };
                let salt = dice.bytes();
                let sealed = dice.bytes::<80>().to_vec();
                let body = Body::Second(Second {
                    target,
                    salt,
                    sealed,
                });
                self.sign(number, on, life, body)
            }
            9 => {
                let body = Body::Retraction(Retraction { lock, proof: None });
                self.sign(number, on, RETRACTION_LIFE, body)
            }
            _ => self.sign(number, on, life, report(lock, &mut dice)),
        }
    }

    /// A report of this number, and nothing else.
    pub fn report(&self, number: u64) -> Verified {
        let mut dice = Dice::new(number);
        let on = self.spread(number);
        let lock = SecretKey::from_seed(dice.bytes()).lock();
        // Of an age that leaves them live, spread over all seasons that can be.
        let life = 180 + dice.below(540) as u32;
        self.sign(number, on, life, report(lock, &mut dice))
    }
}

/// A report of the sizes that one with two handles and a short text has.
fn report(lock: parasol_protocol::ids::Lock, dice: &mut Dice) -> Body {
    let mut entries: Vec<Entry> = (0..4)
        .map(|_| Entry {
            bucket: dice.below(1 << BUCKET_BITS) as u32,
            label: Label(dice.bytes()),
            wrap: dice.bytes(),
        })
        .collect();
    entries.sort_by_key(|e| e.label);
    Body::Report(Report {
        audience: Audience::Federation,
        lock,
        edition: 0,
        succession: None,
        salt: dice.bytes(),
        entries,
        area_tag: dice.bytes(),
        area_wrap: dice.bytes(),
        commitment: dice.bytes(),
        summary: dice.bytes::<112>().to_vec(),
        text: dice.bytes::<272>().to_vec(),
        handles: dice.bytes::<144>().to_vec(),
    })
}

/// Makes things on both cores, in their order, some ahead of whoever takes them.
pub fn made_ahead<T: Send>(
    count: usize,
    batch: usize,
    make: impl Fn(usize) -> T + Sync,
    mut take: impl FnMut(Vec<T>),
) {
    let batches = count.div_ceil(batch);
    std::thread::scope(|scope| {
        let (send, receive) = std::sync::mpsc::sync_channel(2);
        let make = &make;
        scope.spawn(move || {
            for n in 0..batches {
                let (from, to) = (n * batch, ((n + 1) * batch).min(count));
                let middle = from + (to - from) / 2;
                let all: Vec<T> = std::thread::scope(|inner| {
                    let rest = inner.spawn(move || (middle..to).map(make).collect::<Vec<T>>());
                    let mut all: Vec<T> = (from..middle).map(make).collect();
                    all.extend(rest.join().unwrap());
                    all
                });
                if send.send(all).is_err() {
                    return;
                }
            }
        });
        for all in receive {
            take(all);
        }
    });
}
