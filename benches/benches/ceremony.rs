//! Whole ceremonies, all parties on one core and everything that goes over the wire included, beside
//! bare `frost` making the same keys.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../protocol/tests/common/mod.rs"]
mod common;

use common::Seeded;
use common::world::TODAY;
use core::hint::black_box;
use criterion::{BatchSize, Criterion, criterion_group};
use frost_ristretto255::Identifier;
use frost_ristretto255::keys::dkg::{part1, part2, part3};
use frost_ristretto255::rand_core::{CryptoRng, Error, RngCore};
use parasol_benches::Table;
use parasol_protocol::ceremony::{
    Basis, Board, Ceremony, CeremonySeed, Next, Participant, Plan, PlanTerms, Shares,
};
use parasol_protocol::certificate::Certificate;
use parasol_protocol::charter::{Charter, Lives, Organisation, Quotas, Terms};
use parasol_protocol::directory::Directory;
use parasol_protocol::entropy::Entropy;
use parasol_protocol::ids::NodeKey;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::oprf::{KeyName, ShareIndex};
use parasol_protocol::record::delegation::{self, SlotRange};
use parasol_protocol::record::{Body, Draft, Header, Signer};
use parasol_protocol::time::Season;
use parasol_protocol::wire::sealed::SealSecret;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Organisations that hold keys together, with a node each.
struct Town {
    charter: Charter,
    directory: Directory,
    nodes: Vec<SecretKey>,
}

fn draw(entropy: &mut Seeded) -> [u8; 32] {
    common::draw(entropy)
}

impl Town {
    fn new(n: u16, t: u16) -> Self {
        let mut entropy = Seeded::new("bench");
        let mut keys =
            || -> Vec<SecretKey> { (0..n).map(|_| SecretKey::generate(&mut entropy)).collect() };
        let (roots, nodes) = (keys(), keys());
        let members = (1..).zip(&roots).map(|(index, root)| Organisation {
            root: root.organisation(),
            name: format!("o{index}"),
            jurisdiction: format!("A{}", char::from(b'A' + index as u8)),
            keyholder: Some(index),
            budget: 0,
        });
        let mut organisations: Vec<Organisation> = members.collect();
        organisations.sort_by_key(|o| o.root);
        let terms = Terms {
            version: 1,
            origin: None,
            name: "Town".to_owned(),
            made: TODAY,
            organisations,
            threshold: t,
            lives: Lives::LONGEST,
            quotas: Quotas {
                records: 1000,
                evaluations: 1000,
            },
            bucket_bits: 12,
            cities: Vec::new(),
            former: Vec::new(),
        };
        let mut unsigned = terms.unsigned();
        roots
            .iter()
            .for_each(|root| Charter::sign_with(&mut unsigned, root));
        let charter = Charter::from_bytes(&unsigned.write()).unwrap();
        let mut directory = Directory::new(charter.clone());
        for (root, node) in roots.iter().zip(&nodes) {
            let transport = SecretKey::generate(&mut entropy);
            let terms = delegation::Terms {
                record_key: node.node(),
                transport_key: transport.transport(),
                seal_key: SealSecret::generate(&mut entropy).public(),
                slots: SlotRange {
                    first: 0,
                    count: 100,
                },
                until: TODAY.plus(60),
            };
            let federation = charter.federation();
            let body = terms.agree(federation, &root.organisation(), node, &transport);
            let header = Header {
                organisation: root.organisation(),
                signer: Signer::Root,
                issued: TODAY,
                expires: TODAY.plus(60),
                slot: 0,
            };
            let body = Body::Delegation(body);
            directory.learn(&Draft { header, body }.sign(federation, root).unwrap());
        }
        Self {
            charter,
            directory,
            nodes,
        }
    }

    fn places(&self, count: usize) -> BTreeMap<ShareIndex, NodeKey> {
        let nodes = (1..).zip(self.nodes.iter().take(count));
        nodes
            .map(|(i, node)| (ShareIndex::new(i).unwrap(), node.node()))
            .collect()
    }

    fn plan(&self, keys: &[KeyName], old: Option<&Certificate>) -> Plan {
        let basis = Basis::new(&self.charter, &self.directory, old);
        let (starter, all) = (&self.nodes[0], self.nodes.len());
        let id = draw(&mut Seeded::new("plan"));
        let (holders, dealers) = (self.places(all), self.places(all));
        let terms = PlanTerms::draft(&basis, id, TODAY, &holders, &dealers, keys, starter.node());
        Plan::from_bytes(&terms.unwrap().sign(starter), &basis).unwrap()
    }

    fn open(&self, plan: &Plan, shares: &BTreeMap<NodeKey, Shares>) -> Vec<Ceremony> {
        let mut entropy = Seeded::new("seeds");
        let open = |node: &SecretKey| {
            let participant = Participant {
                node: node.clone(),
                seed: CeremonySeed::from_bytes(draw(&mut entropy)),
                shares: shares.get(&node.node()).cloned().unwrap_or_default(),
                signed: None,
                compare: false,
            };
            Ceremony::open(Board::new(plan.clone()), participant, TODAY).unwrap()
        };
        self.nodes.iter().map(open).collect()
    }
}

/// Plays to the end: the certificate, and what each has stored.
fn play(town: &Town, mut parties: Vec<Ceremony>) -> (Vec<u8>, BTreeMap<NodeKey, Shares>) {
    let mut stored = BTreeMap::new();
    loop {
        let mut messages = Vec::new();
        let mut made = None;
        for (party, node) in parties.iter_mut().zip(&town.nodes) {
            match party.poll().unwrap() {
                Next::Post(message) => messages.push(message),
                Next::Store(new) => {
                    stored.insert(node.node(), Arc::new(new.shares));
                    party.stored(None).unwrap();
                }
                Next::Made {
                    certificate,
                    waiting,
                    ..
                } if waiting.is_empty() => made = Some(certificate),
                _ => {}
            }
        }
        if let Some(made) = made {
            return (made, stored);
        }
        for message in &messages {
            for party in &mut parties {
                party.receive(message).unwrap();
            }
        }
    }
}

struct Rng(Seeded);

impl RngCore for Rng {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(common::draw(&mut self.0))
    }
    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(common::draw(&mut self.0))
    }
    fn fill_bytes(&mut self, out: &mut [u8]) {
        self.0.fill(out);
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.0.fill(out);
        Ok(())
    }
}

impl CryptoRng for Rng {}

/// The generation by itself: no signature, no sealing, no board.
fn frost(n: u16, t: u16) {
    let mut rng = Rng(Seeded::new("frost"));
    let ids: Vec<Identifier> = (1..=n).map(|i| i.try_into().unwrap()).collect();
    let (mut kept, mut shown) = (BTreeMap::new(), BTreeMap::new());
    for id in &ids {
        let (secret, package) = part1(*id, n, t, &mut rng).unwrap();
        kept.insert(*id, secret);
        shown.insert(*id, package);
    }
    let others = |id: &Identifier| {
        let mut others = shown.clone();
        others.remove(id);
        others
    };
    let mut own = BTreeMap::new();
    let mut given: BTreeMap<Identifier, BTreeMap<_, _>> = BTreeMap::new();
    for id in &ids {
        let (secret, packages) = part2(kept.remove(id).unwrap(), &others(id)).unwrap();
        own.insert(*id, secret);
        for (to, package) in packages {
            given.entry(to).or_default().insert(*id, package);
        }
    }
    for id in &ids {
        black_box(part3(&own[id], &others(id), &given[id]).unwrap());
    }
}

/// What a federation has: the bucket key, and handle and area keys of six seasons.
fn all_keys() -> Vec<KeyName> {
    let seasons = || (0..6).map(|n: u32| -> Season { TODAY.season().plus(n) });
    let handles = seasons().map(KeyName::Handle);
    [KeyName::Bucket]
        .into_iter()
        .chain(handles)
        .chain(seasons().map(KeyName::Area))
        .collect()
}

fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("ceremony");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    for (n, t) in [(5, 3), (15, 10)] {
        let town = Town::new(n, t);
        group.bench_function(format!("frost alone, {t} of {n}"), |b| {
            b.iter(|| frost(n, t))
        });
        let plan = town.plan(&[KeyName::Bucket], None);
        let nothing = BTreeMap::new();
        group.bench_function(format!("one key, {t} of {n}"), |b| {
            let open = || town.open(&plan, &nothing);
            b.iter_batched(
                open,
                |parties| play(&town, parties),
                BatchSize::PerIteration,
            );
        });
        let (made, shares) = play(&town, town.open(&plan, &nothing));
        let made = Certificate::from_bytes(&made, &town.charter, &town.directory).unwrap();
        let plan = town.plan(&[], Some(&made));
        group.bench_function(format!("reshare of one key, {t} of {n}"), |b| {
            let open = || town.open(&plan, &shares);
            b.iter_batched(
                open,
                |parties| play(&town, parties),
                BatchSize::PerIteration,
            );
        });
        if n == 5 {
            let plan = town.plan(&all_keys(), None);
            group.bench_function(format!("thirteen keys, {t} of {n}"), |b| {
                let open = || town.open(&plan, &nothing);
                b.iter_batched(
                    open,
                    |parties| play(&town, parties),
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}

criterion_group!(all, benches);

fn main() {
    all();
    Table::new("ceremony")
        .row("one key, 3 of 5", "frost alone, 3 of 5", Some(4.0))
        .row("one key, 10 of 15", "frost alone, 10 of 15", Some(2.5))
        .row(
            "thirteen keys, 3 of 5",
            "frost alone, 3 of 5",
            Some(13.0 * 2.5),
        )
        .row("reshare of one key, 3 of 5", "frost alone, 3 of 5", None)
        .row(
            "reshare of one key, 10 of 15",
            "frost alone, 10 of 15",
            None,
        )
        .print();
}
