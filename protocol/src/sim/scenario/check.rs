//! What must hold in the end.

use super::run::Run;
use super::{Invariant, Outcome, What};
use crate::admit::Carried;
use crate::record::Kind;
use crate::sim::NodeIndex;
use crate::sim::promise::Promise;
use crate::trust::{Local, Question, counted};
use std::collections::{BTreeMap, BTreeSet};

impl Run<'_> {
    /// Those who are up and do not lie.
    fn honest(&self) -> Vec<NodeIndex> {
        (0..self.scenario.nodes())
            .filter(|n| self.world.is_up(*n) && self.world.is_honest(*n))
            .collect()
    }

    pub(super) fn conclude(mut self, settled: Option<u64>) -> Outcome {
        // Lies without an end are counted here.
        for (n, event) in self.scenario.events.iter().enumerate() {
            if matches!(event.what, What::Lying(..)) && self.marks[n] == 0 {
                self.marks[n] = self.world.lies;
            }
        }
        let mut invariants: Vec<(&'static str, bool)> = self
            .scenario
            .invariants
            .iter()
            .map(|i| (i.name(), self.holds(*i, settled)))
            .collect();
        // A hardship that did not happen shows nothing.
        let happened = self.marks.iter().all(|count| *count > 0);
        invariants.push(("hardship_happened", happened));
        Outcome::new(&self, settled, invariants)
    }

    fn holds(&self, invariant: Invariant, settled: Option<u64>) -> bool {
        let (nodes, report) = (self.honest(), &self.world.report);
        match invariant {
            Invariant::SetsEqual => self.sets_equal(&nodes),
            Invariant::NothingLost => self.nothing_lost(&nodes),
            Invariant::RetractedGone => self.retracted_again == 0 && self.retracted_gone(&nodes),
            Invariant::ExpiredGone => self.expired_again == 0 && self.expired_gone(&nodes),
            Invariant::OwnStaysHome => {
                let today = self.world.today();
                let live = |o: &&Promise| o.expires > today.plus(1);
                let kept = |o: &Promise| o.kept(&self.world, o.publisher, &self.forged);
                let there = |o: &&Promise| self.world.is_up(o.publisher);
                self.world.leaks == 0 && self.own.iter().filter(live).filter(there).all(kept)
            }
            Invariant::QuotaKept => nodes.iter().all(|n| self.quota_kept(*n)),
            Invariant::TastesDiffer => {
                let today = self.world.today();
                let tastes = nodes.iter().filter_map(|n| {
                    let engine = self.world.engine(*n)?;
                    let local = Local::trusting(self.roots[*n].iter().copied());
                    Some(counted(
                        engine.directory(),
                        &local,
                        &Question::REPORTS,
                        today,
                    ))
                });
                tastes.collect::<BTreeSet<_>>().len() > 1
            }
            Invariant::Hops(most) => report.hops().1 <= most,
            Invariant::Copies(most) => report.copies().0 <= most,
            Invariant::Settled(within) => settled.is_some_and(|after| after <= within),
        }
    }

    fn sets_equal(&self, nodes: &[NodeIndex]) -> bool {
        let mut sets = nodes.iter().map(|n| self.world.carried(*n));
        let first = sets.next();
        // An empty set would be equal to any other that is.
        first.as_ref().is_some_and(|set| !set.is_empty()) && sets.all(|set| Some(set) == first)
    }

    fn nothing_lost(&self, nodes: &[NodeIndex]) -> bool {
        let today = self.world.today();
        let live = |o: &&Promise| o.expires > today.plus(1);
        let owed: Vec<&Promise> = self.owed.iter().filter(live).collect();
        let kept = |n: &NodeIndex| owed.iter().all(|o| o.kept(&self.world, *n, &self.forged));
        !owed.is_empty() && nodes.iter().all(kept)
    }

    fn retracted_gone(&self, nodes: &[NodeIndex]) -> bool {
        nodes.iter().all(|n| {
            let store = self.world.store(*n);
            let gone = |lock| store.with_lock(lock).is_ok_and(|ids| ids.is_empty());
            self.retracted.iter().all(gone)
        })
    }

    fn expired_gone(&self, nodes: &[NodeIndex]) -> bool {
        let today = self.world.today();
        nodes.iter().all(|n| {
            let store = self.world.store(*n);
            let mut all = store.ids().filter_map(|id| store.get(&id));
            all.all(|r| r.header().expires.plus(1) >= today)
        })
    }

    fn quota_kept(&self, node: NodeIndex) -> bool {
        let store = self.world.store(node);
        let mut of_a_day: BTreeMap<_, u32> = BTreeMap::new();
        for record in store.ids().filter_map(|id| store.get(&id)) {
            let header = record.header();
            let by_root = record.kind().by_root();
            if !by_root && record.kind() != Kind::Delegation {
                let day = (header.organisation, header.issued);
                *of_a_day.entry(day).or_default() += 1;
            }
        }
        of_a_day.values().all(|count| *count <= self.scenario.quota)
    }
}
