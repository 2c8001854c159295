//! Ceremonies that go as they should, each upon what the one before has made.

use super::good;
use super::pieces::taken_apart;
use crate::annotate;
use crate::common::world::{Member, TODAY, World};
use crate::common::{Seeded, draw};
use parasol_protocol::ceremony::{
    Basis, Board, Ceremony, CeremonySeed, NewShares, Next, Participant, Plan, PlanTerms, Shares,
    Standing,
};
use parasol_protocol::certificate::Certificate;
use parasol_protocol::ids::{NodeKey, PlanDigest};
use parasol_protocol::oprf::{KeyName, KeyShare, ShareIndex};
use parasol_protocol::wire::{Lacking, Shown};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A ceremony that went as it should.
pub struct Run {
    pub(super) plan: Vec<u8>,
    pub(super) terms: PlanTerms,
    pub(super) digest: PlanDigest,
    pub(super) seeds: BTreeMap<NodeKey, [u8; 32]>,
    pub(super) board: Board,
    pub(super) stored: BTreeMap<NodeKey, NewShares>,
    pub(super) certificate: Vec<u8>,
}

/// The ceremonies, each upon what the one before has made.
pub struct Ceremonies {
    pub(super) runs: Vec<Run>,
    pub(super) certificates: Vec<Certificate>,
}

pub(super) fn members(world: &World) -> [&Member; 3] {
    [&world.lilas, &world.ryabina, &world.rowan]
}

pub(super) fn member<'a>(world: &'a World, node: &NodeKey) -> &'a Member {
    let mut all = members(world).into_iter();
    all.find(|member| member.node.node() == *node).unwrap()
}

pub(super) fn places(world: &World, chosen: &[u16]) -> BTreeMap<ShareIndex, NodeKey> {
    let nodes = (1..).zip(members(world));
    nodes
        .filter(|(i, _)| chosen.contains(i))
        .map(|(i, member)| (ShareIndex::new(i).unwrap(), member.node.node()))
        .collect()
}

pub(super) fn open(
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
pub(super) fn play(
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
                let again = KeyShare::from_bytes(&*share.to_bytes());
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
        all.map(|((run, name), old)| good::case(world, run, name, old))
            .collect()
    }
}
