//! Which ceremonies have failed, and who held them up.

use super::super::desk::{Desk, Part};
use super::super::error::DeskError;
use super::super::held::Held;
use super::super::step::Progress;
use super::{AGAIN, DAY, Worker, current};
use crate::driver::Scene;
use parasol_protocol::ceremony::{Blame, Reason, Seat, Step, Why};
use parasol_protocol::ids::{NodeKey, OrganisationKey, PlanDigest};
use parasol_protocol::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long this node waits before it says who stopped a ceremony without need: what justifies it may
/// come a little later.
const JUDGED: Duration = Duration::from_secs(30);
/// The same where somebody left a ceremony for what may have come into force since: a certificate is asked for
/// once a minute.
const LEFT: Duration = Duration::from_secs(90);
/// The most that both take, in milliseconds from when a ceremony was seen to have failed, whatever still comes.
const MOST: u64 = 180_000;

/// A ceremony that has failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failed {
    /// When that was seen.
    pub(super) since: Timestamp,
    /// Whether it is known who held it up.
    judged: bool,
}

impl Failed {
    /// Whether it may be known yet who held it up.
    pub(super) const fn is_open(self, now: Timestamp) -> bool {
        !self.judged && now.millis() < self.since.plus_millis(MOST).millis()
    }
}

impl Worker {
    /// Begins anew with a certificate that has come into force: whoever has signed it has come to the end
    /// of a ceremony.
    pub(super) fn follow(&mut self, desk: &Desk, scene: &Scene) -> Result<(), DeskError> {
        let certificate = scene.known.certificate.as_ref();
        let in_force = certificate.map(|c| *c.digest());
        if self.upon == in_force {
            return Ok(());
        }
        self.upon = in_force;
        self.pause = AGAIN.0;
        self.due_since = [None; 2];
        let Some(certificate) = certificate else {
            return Ok(());
        };
        let waiting = certificate.waiting();
        let signed = certificate.holders().filter(|(i, _)| !waiting.contains(i));
        let signed = signed.map(|(_, root)| current(root, &scene.known));
        self.excused.forgive(&signed.collect(), in_force, desk)
    }

    /// These have signed two certificates of one epoch. They may keep others apart by that, who each go by
    /// another one: so they count as gone from now on, and one goes back to what is kept of before.
    pub(super) fn caught(&mut self, desk: &Desk, both: &BTreeSet<OrganisationKey>, scene: &Scene) {
        let known = &scene.known;
        let own = known.directory.signer_on(&self.me(), scene.today);
        let own = own.map(|root| current(&root, known));
        let who = both.iter().map(|root| current(root, known));
        let who = who.filter(|root| Some(*root) != own).collect();
        if let Err(error) = self.excused.catch(&who, scene.now, desk) {
            tracing::error!(%error, "it cannot be written down who is at fault");
        }
    }

    /// Whether nothing has come for so long that a ceremony holds nothing up any more: those that have
    /// signed cannot stop it. What somebody told this node to join may take its time: files travel slowly.
    pub(super) fn is_stalled(
        &self,
        desk: &Desk,
        name: &PlanDigest,
        held: &Held,
        scene: &Scene,
    ) -> bool {
        let patience = match desk.part(name) {
            Some(Part::Hand) => Duration::from_millis(DAY),
            _ => self.setup.settings.silence,
        };
        held.silent(scene.now) >= patience
    }

    /// Whether a ceremony comes to nothing, as far as it can be seen now.
    pub(super) fn has_failed(
        &self,
        desk: &Desk,
        name: &PlanDigest,
        held: &Held,
        scene: &Scene,
    ) -> bool {
        let over = match &held.progress {
            Progress::Stopped(_) => true,
            Progress::Made { waiting, blame, .. } if !waiting.is_empty() && !blame.is_empty() => {
                true
            }
            _ => desk.takes_part(name) && self.is_stalled(desk, name, held, scene),
        };
        over && self.rests_on(held, &scene.known)
    }

    /// Notes that a ceremony has failed, waits for longer before the next, and leaves out of it whoever
    /// held this one up.
    pub(super) fn look_into(
        &mut self,
        desk: &Desk,
        name: &PlanDigest,
        scene: &Scene,
    ) -> Result<(), DeskError> {
        let Some(held) = self.held.get(name) else {
            return Ok(());
        };
        let me = self.me();
        let left = match &held.progress {
            Progress::Stopped(Why::Halted(halted)) => {
                let mut said = halted.values();
                said.any(|(reason, _)| *reason == Reason::Withdrawn)
            }
            _ => false,
        };
        let judged = if left { LEFT } else { JUDGED };
        if !self.failed.contains_key(name) {
            // What was given up for another one, by this node alone, is no failure: others might do so
            // for ever.
            let given_up = match &held.progress {
                Progress::Stopped(Why::Halted(halted)) => {
                    let mut said = halted.iter();
                    said.all(|(by, (reason, _))| *by == me && *reason == Reason::Withdrawn)
                }
                _ => false,
            };
            if !given_up && desk.takes_part(name) {
                // The next one is to be without whoever held this one up.
                let judged = u64::try_from(judged.as_millis()).unwrap_or(u64::MAX);
                self.not_before = scene.now.plus_millis(self.pause.max(judged));
                self.pause = (2 * self.pause).min(AGAIN.1);
            }
            // What had stopped before this start was looked into then.
            let before = self.up.is_none() && matches!(held.progress, Progress::Stopped(_));
            let (since, judged) = (scene.now, before);
            self.failed.insert(*name, Failed { since, judged });
        }
        let Some(failed) = self.failed.get_mut(name) else {
            return Ok(());
        };
        let proven = match &held.progress {
            Progress::Stopped(why) => matches!(why, Why::Blame(_)),
            _ => true,
        };
        let early = !proven && held.silent(scene.now) < judged && failed.is_open(scene.now);
        if early || failed.judged {
            return Ok(());
        }
        failed.judged = true;
        let began = held.since();
        let (nodes, doubtful) = self.held_up_by(desk, name, held, scene);
        let known = &scene.known;
        let terms = held.board().plan().terms();
        let is_back = self.is_back(terms);
        let dealers = terms.old.iter().flat_map(|old| &old.dealers);
        let seats: Vec<Seat> = terms.holders.iter().chain(dealers).copied().collect();
        let own = known.directory.signer_on(&me, scene.today);
        let own = own.map(|root| current(&root, known));
        let mut who = BTreeSet::new();
        for seat in seats {
            let root = current(&seat.organisation, known);
            if Some(root) == own || who.contains(&root) {
                continue;
            }
            let doubt = doubtful.contains(&seat.node);
            if nodes.contains(&seat.node) || (doubt && !self.may_ask(&root, scene.now)) {
                who.insert(root);
            } else if doubt {
                self.asked(root, scene.now);
            }
        }
        if !who.is_empty() {
            tracing::warn!(ceremony = %name, ?who, "these held a key ceremony up: the next one is without them");
        }
        self.excused
            .hold_up(&who, is_back, [began, scene.now], desk)
    }

    /// Who kept a ceremony from going on: who is to blame, or was waited for, as this node saw itself; or
    /// who stopped it without need. What others say alone leaves nobody out. Then those that may have had
    /// need to.
    fn held_up_by(
        &self,
        desk: &Desk,
        name: &PlanDigest,
        held: &Held,
        scene: &Scene,
    ) -> (BTreeSet<NodeKey>, BTreeSet<NodeKey>) {
        let culprits = |blame: &BTreeSet<Blame>| blame.iter().map(|one| one.culprit).collect();
        let mut doubtful = BTreeSet::new();
        // Others may not see that one has to go back.
        let is_back = self.is_back(held.board().plan().terms());
        let mut who: BTreeSet<NodeKey> = match &held.progress {
            Progress::Waits {
                step: Step::Join, ..
            } if self.is_alone(held) => BTreeSet::new(),
            Progress::Waits {
                step: Step::Join,
                missing,
            } if is_back => {
                doubtful.clone_from(missing);
                BTreeSet::new()
            }
            Progress::Stopped(Why::Blame(blame)) => culprits(blame),
            Progress::Made { blame, .. } if !blame.is_empty() => culprits(blame),
            Progress::Made { waiting, .. } => waiting.clone(),
            Progress::Waits { missing, .. } => missing.clone(),
            Progress::Stopped(Why::Echoes(differ)) => differ.clone(),
            Progress::Stopped(Why::Halted(halted)) => {
                let stops = halted.iter().map(|(by, (reason, _))| (*by, *reason));
                let part = desk.takes_part(name);
                let stops: BTreeMap<NodeKey, Reason> = stops.collect();
                let (who, doubt) = self.without_need(name, held, &stops, part, scene);
                doubtful = doubt;
                who
            }
            Progress::Stopped(Why::NoKey(_)) | Progress::Compare(_) => BTreeSet::new(),
        };
        who.remove(&self.me());
        doubtful.remove(&self.me());
        (who, doubtful)
    }

    /// Whether nobody else has joined: then it may be this node that the others leave out, or that is cut off.
    fn is_alone(&self, held: &Held) -> bool {
        let me = self.me();
        let mut participants = held.board().plan().participants();
        !participants.any(|node| *node != me && held.has(node, Step::Join))
    }

    /// Of those that stopped a ceremony those that had no need to, by what this node saw, and those that
    /// others waited for; then those of whom it cannot say.
    fn without_need(
        &self,
        name: &PlanDigest,
        held: &Held,
        stops: &BTreeMap<NodeKey, Reason>,
        part: bool,
        scene: &Scene,
    ) -> (BTreeSet<NodeKey>, BTreeSet<NodeKey>) {
        let mut doubtful = BTreeSet::new();
        let Some(before) = held.before_stop() else {
            return (BTreeSet::new(), doubtful);
        };
        let me = self.me();
        let is_back = self.is_back(held.board().plan().terms());
        let silence = self.setup.settings.silence;
        let long = before.quiet >= silence / 2;
        let long_until_now = before.until_now >= silence / 2;
        // Whoever came late to it does not know for how long others waited.
        let late = held.watched(scene.now) < silence;
        let mut who = held.board().differing();
        let differ = !who.is_empty();
        // Nobody can share out what everybody has to destroy.
        let mut keys = held.board().plan().terms().keys.keys();
        let over = keys.any(|key| key.season().is_some_and(|s| scene.ended.contains(&s)));
        // Whoever joined a rival with a lower name, as this node did, had to leave this one.
        let left = |by: &NodeKey| {
            let lower = self.held.iter().filter(|(other, _)| *other < name);
            let mut rivals = lower.filter(|(_, rival)| self.rests_on(rival, &scene.known));
            rivals.any(|(_, rival)| rival.has(by, Step::Join) && rival.has(&me, Step::Join))
        };
        for (by, reason) in stops {
            let need = match reason {
                Reason::Silence => long,
                Reason::Echoes => differ,
                Reason::Withdrawn => over || left(by),
                Reason::Voice => false,
            };
            if need {
                // Whoever did not join itself was one of those that were waited for.
                if *reason == Reason::Silence && before.gathered && self.is_alone(held) {
                    continue;
                }
                if *reason == Reason::Silence && part && is_back && before.gathered {
                    doubtful.extend(&before.missing);
                } else if *reason == Reason::Silence && part {
                    who.extend(&before.missing);
                }
            } else if *reason == Reason::Silence && (late || long_until_now)
                // It may know of a certificate that came into force since.
                || *reason == Reason::Withdrawn && is_back
            {
                doubtful.insert(*by);
            } else {
                who.insert(*by);
            }
        }
        (who, doubtful)
    }
}
