//! Afterwards: all is mended, and the promises are checked.

use super::{Broken, Chaos, DAY, HOUR};
use crate::admit::{Carried, SlotKey};
use crate::oprf::KeyName;
use crate::record::Kind;
use crate::sim::promise::Promise;
use crate::sim::{NodeIndex, World};
use std::collections::BTreeSet;

impl Chaos {
    pub(super) fn mend(&mut self) {
        self.world.heal();
        for node in 0..self.world.federation.stations.len() {
            self.world.skew(node, 0);
            self.world.start(node);
            self.world.accept_time(node, 10);
        }
        // What was set aside as refused is tried again on a new day.
        self.world.run_for(3 * DAY);
        // A root record that no running node could take is handed in again.
        for record in self.everything.clone() {
            if record.kind().by_root() {
                for node in 0..self.world.federation.stations.len() {
                    self.world.import(node, record.clone());
                }
            }
        }
        // A fuse may have been left burning. Who starts a node minutes before midnight confirms the
        // day that has ended by its first tick: the next one, after days of absence, is in doubt by
        // the rule, and in doubt a node deletes nothing. So the day is confirmed anew.
        for node in 0..self.world.federation.stations.len() {
            self.world.start(node);
            self.world.accept_time(node, 10);
        }
        self.world.run_for(DAY);
    }

    pub(super) fn check(&mut self) -> Result<(), Broken> {
        let today = self.world.today();
        // The revoked are no peers any more; what they carry is their own affair.
        let nodes: Vec<NodeIndex> = (0..self.world.federation.stations.len())
            .filter(|n| !self.revoked.contains(n))
            .collect();
        let mut sets = Vec::new();
        for _ in 0..20 {
            sets = nodes.iter().map(|n| self.world.carried(*n)).collect();
            if sets.windows(2).all(|pair| pair[0] == pair[1]) {
                break;
            }
            self.world.run_for(3 * HOUR);
        }
        if sets.windows(2).any(|pair| pair[0] != pair[1]) {
            return Err(Broken::Disagreement);
        }
        let live = |o: &&Promise| o.expires > today.plus(1);
        if let Some(o) = self
            .own
            .iter()
            .filter(live)
            .find(|o| !o.kept(&self.world, o.publisher, &self.forged))
        {
            return Err(Broken::Lost(o.publisher));
        }
        for (node, set) in nodes.iter().zip(&sets) {
            let mut promises = self.owed.iter().chain(&self.retracted).filter(live);
            if promises.any(|o| !o.kept(&self.world, *node, &self.forged)) {
                return Err(Broken::Lost(*node));
            }
            for id in set {
                let record = self.world.store(*node).get(id);
                let Some(record) = record else { continue };
                if record.header().expires.plus(1) < today {
                    return Err(Broken::Stale(*node));
                }
                let Some(lock) = record.body().lock() else {
                    continue;
                };
                let stones = self.world.store(*node).tombstones(lock).unwrap_or_default();
                if stones.iter().any(|t| t.proven) && record.kind() != Kind::Retraction {
                    return Err(Broken::Returned(*node));
                }
            }
        }
        if let Some(node) = nodes.iter().find(|n| !seasons_kept(&self.world, **n)) {
            return Err(Broken::Season(*node));
        }
        if self.world.leaks > 0 {
            return Err(Broken::Leak);
        }
        Ok(())
    }
}

/// Whether a node has exactly the shares that it should have, in memory and on disk: of a season that a
/// threshold say is over none, of any other all. (Nobody takes an ending back here: who signs one was
/// delegated then.)
fn seasons_kept(world: &World, node: NodeIndex) -> bool {
    let (store, charter) = (world.store(node), &world.federation.charter);
    let threshold = usize::from(charter.terms().threshold);
    let over = |season| {
        let say = charter.terms().organisations.iter().filter(|o| {
            let place = SlotKey::ending(o.root, season);
            matches!(store.occupant(&place), Ok(Some(_)))
        });
        say.count() >= threshold
    };
    let Some(engine) = world.engine(node) else {
        return true;
    };
    let first: BTreeSet<KeyName> = world
        .federation
        .identity(node)
        .shares
        .keys()
        .copied()
        .collect();
    first.iter().all(|name| {
        let there = engine.shares().contains_key(name) && !world.destroyed(node).contains(name);
        let gone = !engine.shares().contains_key(name) && world.destroyed(node).contains(name);
        match name.season() {
            Some(season) if over(season) => gone,
            _ => there || gone && name.season().is_some_and(|s| s.last_day() < world.today()),
        }
    })
}
