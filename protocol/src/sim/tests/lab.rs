//! A few engines side by side, without a network between them: requests are answered at once.

use super::super::{Drbg, Federation};
use crate::carried::Memory;
use crate::engine::{Engine, Notice, Output, Settings, Source};
use crate::ids::RecordId;
use crate::oprf::KeyName;
use crate::record::{Refusal, Verified};
use crate::time::{Day, Timestamp};
use crate::wire::peer::{Reply, Request};
use std::collections::{BTreeSet, VecDeque};

pub(super) struct Lab {
    pub federation: Federation,
    pub sides: Vec<(Engine, Memory)>,
    pub now: Timestamp,
    /// What each side passed on and told.
    pub gossiped: Vec<(usize, RecordId)>,
    pub told: Vec<(usize, Notice)>,
    /// What each side has destroyed of its shares on disk.
    pub destroyed: Vec<BTreeSet<KeyName>>,
    entropy: Drbg,
}

fn parse(list: &[Vec<u8>]) -> Vec<Verified> {
    list.iter()
        .map(|b| Verified::from_own_store(b).unwrap())
        .collect()
}

impl Lab {
    /// Engines for the first `count` nodes, which know each other and nothing else.
    pub fn new(federation: Federation, count: usize, today: Day) -> Self {
        let now = Timestamp::from_millis(u64::from(today.number()) * 86_400_000 + 1_000);
        let mut lab = Self {
            sides: Vec::new(),
            now,
            gossiped: Vec::new(),
            told: Vec::new(),
            destroyed: vec![BTreeSet::new(); count],
            entropy: Drbg::new(0, "lab"),
            federation,
        };
        for n in 0..count {
            let identity = lab.federation.identity(n);
            let charter = lab.federation.charter.clone();
            let store = Memory::new();
            let engine = Engine::new(charter, identity, Settings::default(), &store).unwrap();
            lab.sides.push((engine, store));
            let given = lab.federation.delegations[..count].to_vec();
            for d in given {
                lab.offer(n, d).unwrap();
            }
        }
        lab.connect();
        lab
    }

    /// An engine begins anew from its store.
    pub fn restart(&mut self, side: usize) {
        let gone = &self.destroyed[side];
        let identity = self.federation.identity_without(side, gone);
        let charter = self.federation.charter.clone();
        let store = &self.sides[side].1;
        let engine = Engine::new(charter, identity, Settings::default(), store).unwrap();
        self.sides[side].0 = engine;
        self.connect();
    }

    /// A node that is set up anew from its keys, with nothing in its store but delegations. It
    /// is connected to nobody yet.
    pub fn lose_store(&mut self, side: usize) {
        let identity = self.federation.identity(side);
        let charter = self.federation.charter.clone();
        let settings = Settings {
            catch_up_first: true,
            ..Settings::default()
        };
        let store = Memory::new();
        let mut engine = Engine::new(charter, identity, settings, &store).unwrap();
        engine.begin(self.now);
        self.sides[side] = (engine, store);
        let given = self.federation.delegations[..self.sides.len()].to_vec();
        for d in given {
            self.offer(side, d).unwrap();
        }
    }

    /// One engine hears that others are connected.
    pub fn connect_to(&mut self, side: usize, others: &[usize]) {
        for other in others {
            let key = self.federation.stations[*other].transport.transport();
            self.sides[side].0.connected_to(key, self.now);
        }
    }

    pub fn connect(&mut self) {
        for a in 0..self.sides.len() {
            for b in 0..self.sides.len() {
                let key = self.federation.stations[b].transport.transport();
                if a != b {
                    self.sides[a].0.connected_to(key, self.now);
                }
            }
        }
    }

    /// A record as a file brings it.
    pub fn offer(&mut self, side: usize, record: Verified) -> Result<bool, Refusal> {
        let (engine, store) = &mut self.sides[side];
        let arrived = engine
            .arrived(Source::Local, vec![record], store, self.now)
            .unwrap();
        let verdict = arrived.verdicts[0].1.clone();
        self.perform(side, arrived.outputs);
        verdict
    }

    /// A tick of every engine, with a catch-up between all.
    pub fn tick(&mut self) {
        // So long that no set that was made before is used any more.
        self.now = self.now.plus_millis(10_000);
        for side in 0..self.sides.len() {
            let (engine, store) = &mut self.sides[side];
            engine.sync_soon(self.now);
            let outputs = engine.tick(store, self.now).unwrap();
            self.perform(side, outputs);
        }
    }

    pub fn perform(&mut self, side: usize, outputs: Vec<Output>) {
        let mut queue: VecDeque<Output> = outputs.into();
        while let Some(output) = queue.pop_front() {
            match output {
                Output::Store(changes) => self.sides[side].1.apply(&changes),
                Output::Ask { peer, id, request } => {
                    let stations = &self.federation.stations;
                    let other = stations
                        .iter()
                        .position(|s| s.transport.transport() == peer)
                        .unwrap();
                    let reply = self.request(side, other, request);
                    let records = parse(reply.records());
                    let (engine, store) = &mut self.sides[side];
                    let more = engine
                        .replied(peer, id, reply, records, store, self.now)
                        .unwrap();
                    more.into_iter().rev().for_each(|o| queue.push_front(o));
                }
                Output::Gossip(bytes) => self.gossiped.push((side, RecordId::of(&bytes))),
                Output::Notice(notice) => self.told.push((side, notice)),
                Output::Destroy(names) => self.destroyed[side].extend(names),
                Output::Peers(_) => {}
            }
        }
    }

    pub fn request(&mut self, from: usize, to: usize, request: Request) -> Reply {
        let records = parse(request.records());
        let key = self.federation.stations[from].transport.transport();
        let (engine, store) = &mut self.sides[to];
        let (outputs, reply) = engine
            .requested(key, request, records, store, self.now, &mut self.entropy)
            .unwrap();
        self.perform(to, outputs);
        reply
    }

    pub fn carried(&self, side: usize) -> BTreeSet<RecordId> {
        self.sides[side].1.ids().collect()
    }

    pub fn sets(&self) -> Vec<BTreeSet<RecordId>> {
        (0..self.sides.len()).map(|n| self.carried(n)).collect()
    }

    /// Time passes, and the clocks go with it.
    pub fn wait(&mut self, millis: u64) {
        self.now = self.now.plus_millis(millis);
        for (engine, _) in &mut self.sides {
            engine.time_passed(millis);
        }
    }

    pub fn next_day(&mut self) {
        self.now = self.now.plus_millis(86_400_000);
        for (engine, _) in &mut self.sides {
            engine.accept_time(self.now.day());
        }
    }
}
