//! What goes on with the certificate in force, or back to what is kept of before, and what does not count any
//! more.

use super::super::desk::{Desk, Hand, Known, Part};
use super::super::error::DeskError;
use super::super::held::Held;
use super::super::upon::goes_on;
use super::{DAY, HOUR, Worker, current};
use crate::driver::Scene;
use parasol_protocol::ceremony::{
    Failing, LATE, PlanTerms, REFRESH, Reason, Situation, lacks_holders,
};
use parasol_protocol::ids::{OrganisationKey, PlanDigest};
use parasol_protocol::time::Timestamp;
use std::collections::BTreeSet;

impl Worker {
    /// Whether a renewal goes on with what is in force, or kept from before.
    pub(super) fn rests_on(&self, held: &Held, known: &Known) -> bool {
        let terms = held.board().plan().terms();
        let certificate = known.certificate.as_ref().map(|c| *c.digest());
        terms.old.is_some()
            && goes_on(terms, &held.progress, known, self.before.as_ref())
            && (!self.is_back(terms) || held.in_force == certificate)
    }

    /// Whether a plan goes back to what is kept of before.
    pub(super) fn is_back(&self, terms: &PlanTerms) -> bool {
        let before = self.before.as_ref().map(|before| *before.digest());
        before.is_some() && terms.old.as_ref().map(|old| old.certificate) == before
    }

    /// The organisations that hold the shares in force.
    pub(super) fn held_by(&self, known: &Known) -> BTreeSet<OrganisationKey> {
        let holders = known.certificate.iter().flat_map(|c| c.holders());
        holders.map(|(_, root)| current(root, known)).collect()
    }

    /// Who is left out where one goes back to what is kept of before: whom nothing but that kept out of the
    /// shares in force is needed there.
    pub(super) fn excused_back(&self, scene: &Scene) -> BTreeSet<OrganisationKey> {
        let held = self.held_by(&scene.known);
        let in_the_way = self.excused.in_the_way(scene.now);
        let mut excused = self.excused.now(scene.now);
        excused.retain(|root| {
            in_the_way.contains(root) || held.contains(&current(root, &scene.known))
        });
        excused
    }

    /// Whether what is kept of before may be needed: within the day fewer were there of those that hold the
    /// shares in force than it takes, or this node has been up for less than an hour and cannot say; or a
    /// renewal is overdue, so that those that are there do not work. Here whoever is excused counts as gone,
    /// and so does whoever was not there since the start: it only keeps more.
    pub(super) fn is_of_use(&self, desk: &Desk, scene: &Scene) -> Result<bool, DeskError> {
        let certificate = scene.known.certificate.as_ref();
        let overdue = certificate.is_some_and(|c| scene.today >= c.issued().plus(REFRESH + LATE));
        let young = self.up.is_none_or(|up| scene.now < up.plus_millis(HOUR));
        let excused = self.excused.now(scene.now).into_iter();
        let start = Timestamp::from_millis(0);
        let gone = Failing {
            times: u32::MAX,
            since: start,
        };
        let failing = excused.map(|root| (root, gone)).collect();
        let lacks = self.situated(desk, scene, |situation| {
            let situation = Situation {
                up: start,
                failing: &failing,
                ..*situation
            };
            lacks_holders(&situation, DAY)
        })?;
        Ok(overdue || young || lacks.unwrap_or(true))
    }

    /// Which ceremonies go on with what does not count any more. Of what goes back this node leaves what it
    /// joined by itself and has not signed: it would undo what has come into force since.
    pub(super) fn outdated(
        &self,
        desk: &Desk,
        scene: &Scene,
        hand: &Hand<'_>,
    ) -> BTreeSet<PlanDigest> {
        let mut outdated = BTreeSet::new();
        for (name, held) in &self.held {
            let terms = held.board().plan().terms();
            let known = &scene.known;
            let changed = self.is_back(terms) && !self.rests_on(held, known);
            if changed || !goes_on(terms, &held.progress, known, self.before.as_ref()) {
                outdated.insert(*name);
            }
            if changed && desk.part(name) == Some(Part::Auto) && desk.speaks(name) {
                // Whoever has signed cannot.
                let _ = desk.stop(name, Reason::Withdrawn, known, hand);
            }
        }
        outdated
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use crate::ceremony::tests::drill::Drill;
    use std::collections::BTreeSet;

    /// Who holds no share in force is left out of the way back for having been in the way of it, and for
    /// nothing else.
    #[test]
    fn who_is_left_out_of_the_way_back() {
        for back in [false, true] {
            let mut drill = Drill::left_out();
            let (first, third) = (drill.nodes[0].2, drill.nodes[2].2);
            let scene = drill.scene(1);
            let worker = &mut drill.workers[1];
            let desk = drill.town.desk(1);
            worker
                .excused
                .forgive(&BTreeSet::from([first, third]), Some([7; 32]), &desk)
                .unwrap();
            assert_eq!(worker.excused_back(&scene), BTreeSet::new());
            let who = BTreeSet::from([first, third]);
            worker
                .excused
                .hold_up(&who, back, [scene.now; 2], &desk)
                .unwrap();
            let out = if back { who } else { BTreeSet::from([first]) };
            assert_eq!(worker.excused_back(&scene), out);
        }
    }
}
