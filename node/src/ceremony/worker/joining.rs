//! What a node joins by itself, and which certificates of others it goes by.

use super::super::desk::{Desk, Hand, Known, Part};
use super::super::error::DeskError;
use super::super::held::Held;
use super::super::step::Progress;
use super::{DAY, Worker, current};
use crate::driver::Scene;
use crate::entropy::OsEntropy;
use crate::keys::certified_shares;
use parasol_protocol::ceremony::{Before, Call, PlanTerms, Reason, Situation, Step, called};
use parasol_protocol::certificate::{Certificate, Judging};
use parasol_protocol::ids::{NodeKey, OrganisationKey};
use parasol_protocol::limits::MAX_PLAN_AHEAD;
use parasol_protocol::time::Timestamp;
use std::collections::BTreeSet;

/// Days by which the day of a plan may be off that a node joins by itself.
const PLAN_DAYS: u32 = 2;
/// How far the number of a generation that a node joins by itself may be above all that it has signed or
/// taken part in, and the one in force; and above the one in force for each day since that was issued,
/// since others may have taken part in more.
const AHEAD: (u32, u32) = (4, 8);
/// What the nodes of one organisation get a node to do in a day that it would not do by itself: to join
/// what is not due, and to leave one ceremony for another.
const FAVOURS: usize = 3;
/// Certificates whose holders have not all signed, that other nodes go by.
const CLAIMS: usize = 16;

impl Worker {
    /// Takes a certificate that another node goes by: if all its holders have signed it, or if so many
    /// keyholders' nodes go by it that one of them must be honest and have seen that they have. One that
    /// only a threshold signed may have come about by cheating those that have not.
    pub(super) fn offered(
        &mut self,
        desk: &Desk,
        from: OrganisationKey,
        bytes: &[u8],
        scene: &Scene,
    ) -> Result<Option<Certificate>, DeskError> {
        let (known, charter) = (&scene.known, scene.known.charter());
        let certificate = Certificate::of_latest(bytes, charter, &known.directory, Judging::Anew)?;
        let in_force = known.certificate.as_ref().map_or(0, Certificate::epoch);
        self.claims.retain(|_, (epoch, _)| *epoch > in_force);
        if certificate.epoch() <= in_force || !certificate.lacks_somebody(charter) {
            return desk.take_certificate(bytes, known);
        }
        let of = charter.answers_for(&from);
        let Some(of) = of.filter(|of| of.keyholder.is_some()) else {
            return Ok(None);
        };
        let digest = *certificate.digest();
        if self.claims.len() >= CLAIMS && !self.claims.contains_key(&digest) {
            return Ok(None);
        }
        let claim = self.claims.entry(digest);
        let (_, by) = claim.or_insert((certificate.epoch(), BTreeSet::new()));
        by.insert(of.root);
        if by.len() < usize::from(charter.terms().threshold) {
            return Ok(None);
        }
        desk.take_vouched(bytes, known)
    }

    /// Takes part in what only goes on with what is in force. Of rivals the one with the lowest name is
    /// joined, and the others are stopped. Who has dealt in one stays with it.
    pub(super) fn join(&mut self, desk: &Desk, scene: &Scene) -> Result<(), DeskError> {
        let me = self.me();
        let mut joined = BTreeSet::new();
        for (name, held) in &self.held {
            let live = matches!(held.progress, Progress::Waits { .. })
                && self.rests_on(held, &scene.known)
                && !self.is_stalled(desk, name, held, scene);
            match desk.part(name).filter(|_| live) {
                // Whoever was told to take part in one does not go for another by itself.
                Some(Part::Hand) => return Ok(()),
                Some(Part::Auto) if held.has(&me, Step::Deal) || held.has(&me, Step::Done) => {
                    return Ok(());
                }
                Some(Part::Auto) => {
                    joined.insert(*name);
                }
                None => {}
            }
        }
        let mut best = None;
        for (name, held) in &self.held {
            let waits = matches!(held.progress, Progress::Waits { .. });
            if joined.contains(name) {
                best = Some((*name, None));
                break;
            }
            if !waits || !self.rests_on(held, &scene.known) || desk.takes_part(name) {
                continue;
            }
            let Some(call) = self.fits(desk, held, scene)? else {
                continue;
            };
            let favour = call == Call::Early || !joined.is_empty();
            let by = starter(held.board().plan().terms(), &scene.known);
            if !favour || by.is_some_and(|by| self.may_ask(&by, scene.now)) {
                best = Some((*name, by.filter(|_| favour)));
                break;
            }
        }
        let Some((best, favour)) = best else {
            return Ok(());
        };
        if let Some(by) = favour {
            self.asked(by, scene.now);
        }
        if !joined.contains(&best) {
            desk.take_part(&best, Part::Auto, &mut OsEntropy)?;
            self.open(desk, &best, scene);
            tracing::info!(ceremony = %best, "taking part in a key ceremony");
        }
        for name in joined.into_iter().filter(|name| *name != best) {
            let hand = Hand {
                node: &self.setup.node,
                today: scene.today,
            };
            desk.stop(&name, Reason::Withdrawn, &scene.known, &hand)?;
            self.open(desk, &name, scene);
        }
        Ok(())
    }

    /// Whether an organisation's nodes may get this one to do once more what it would not do by itself:
    /// otherwise one of them could keep all busy with plan upon plan.
    pub(super) fn may_ask(&self, by: &OrganisationKey, now: Timestamp) -> bool {
        let asked = self.favours.get(by).into_iter().flatten();
        let lately = asked.filter(|at| **at <= now && now < at.plus_millis(DAY));
        lately.count() < FAVOURS
    }

    /// That it did.
    pub(super) fn asked(&mut self, by: OrganisationKey, now: Timestamp) {
        let asked = self.favours.entry(by).or_default();
        asked.retain(|at| *at <= now && now < at.plus_millis(DAY));
        asked.push(now);
    }

    /// Whether a plan is one that this node joins by itself, and whether it is due: it goes on with the
    /// certificate in force, is of today, and leaves nobody out that is there.
    fn fits(&self, desk: &Desk, held: &Held, scene: &Scene) -> Result<Option<Call>, DeskError> {
        let (plan, known) = (held.board().plan(), &scene.known);
        let terms = plan.terms();
        // Nor one in which somebody takes part again who kept the last one from going on: it could do
        // so for ever.
        let excused = if self.is_back(terms) {
            self.excused_back(scene)
        } else {
            self.excused.now(scene.now)
        };
        let dealers = terms.old.iter().flat_map(|old| &old.dealers);
        let mut seats = terms.holders.iter().chain(dealers);
        // Whoever has started it and joined shows that it is there. Were that nothing, somebody who joins all
        // could have two others excuse each other in turn.
        let starter = starter(terms, known).filter(|root| excused.contains(root));
        let joined = !self.is_back(terms) && held.has(&terms.starter, Step::Join);
        let shown = starter.filter(|_| joined);
        let again = seats.any(|seat| {
            let root = current(&seat.organisation, known);
            Some(root) != shown && excused.contains(&root)
        });
        let old_day = terms.day > scene.today.plus(MAX_PLAN_AHEAD)
            || scene.today.since(terms.day) > PLAN_DAYS;
        let last = desk.signed()?.map_or(0, |last| last.epoch);
        let in_force = known.certificate.as_ref();
        let (epoch, issued) = in_force.map_or((0, scene.today), |c| (c.epoch(), c.issued()));
        // Whoever signs for a high number can sign for no lower one any more, so a few steps are enough.
        let mine = last.max(epoch).max(self.used).saturating_add(AHEAD.0);
        let days = AHEAD.1.saturating_mul(scene.today.since(issued));
        let high = terms.epoch > mine.max(epoch.saturating_add(days));
        let named = held.is_among(&self.me());
        let charter = terms.charter == *known.charter().id().as_bytes();
        if !scene.settled || again || old_day || last >= terms.epoch || high || !named || !charter {
            return Ok(None);
        }
        let call = self.situated(desk, scene, |situation| called(situation, terms))?;
        // That costs a favour of its.
        let call = match call {
            Call::Due if shown.is_some() => Call::Early,
            call => call,
        };
        Ok(Some(call).filter(|call| *call != Call::LeavesOut))
    }

    /// What this node sees, and asks what is due by it.
    pub(super) fn situated<T>(
        &self,
        desk: &Desk,
        scene: &Scene,
        ask: impl FnOnce(&Situation<'_>) -> T,
    ) -> Result<T, DeskError> {
        let (known, me) = (&scene.known, self.me());
        let present: BTreeSet<NodeKey> = scene.connected.keys().copied().chain([me]).collect();
        let signed = desk.signed()?.map_or(0, |last| last.epoch);
        let mut without = BTreeSet::new();
        let certificate = known.certificate.as_ref();
        let lost = |c| !matches!(certified_shares(&self.setup.dir, c), Ok(Some(_)));
        if certificate.is_some_and(lost) {
            without.insert(me);
        }
        let mut without_before = BTreeSet::new();
        if self.before.as_ref().is_some_and(lost) {
            without_before.insert(me);
        }
        let excused_back = self.excused_back(scene);
        let before = self.before.as_ref().map(|certificate| Before {
            certificate,
            without: &without_before,
            excused: &excused_back,
        });
        Ok(ask(&Situation {
            today: scene.today,
            now: scene.now,
            charter: known.charter(),
            directory: &known.directory,
            certificate,
            me,
            present: &present,
            excused: &self.excused.now(scene.now),
            failing: &self.excused.failing(scene.now),
            without: &without,
            seen: &self.seen,
            up: self.up.unwrap_or(scene.now),
            ended: &scene.ended,
            used: self.used.max(signed),
            before,
        }))
    }
}

/// The organisation whose node signed a plan.
fn starter(terms: &PlanTerms, known: &Known) -> Option<OrganisationKey> {
    let dealers = terms.old.iter().flat_map(|old| &old.dealers);
    let mut seats = terms.holders.iter().chain(dealers);
    let seat = seats.find(|seat| seat.node == terms.starter)?;
    Some(current(&seat.organisation, known))
}
