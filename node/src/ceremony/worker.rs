//! All ceremonies of a node: what comes in, what goes out, and what it does by itself.

mod joining;
mod judging;
mod upon;

use super::desk::{Desk, Hand, Known, Part};
use super::error::DeskError;
use super::excused::Excused;
use super::held::{Held, Look, look};
use super::step::Progress;
use super::task::{Heard, Setup};
use crate::driver::Scene;
use crate::entropy::OsEntropy;
use crate::keys::read_shares;
use crate::net::ResponseToken;
use judging::Failed;
use parasol_protocol::ceremony::{CeremonyError, Proposal, Reason, Shares, Step, due};
use parasol_protocol::certificate::Certificate;
use parasol_protocol::entropy::Entropy as _;
use parasol_protocol::ids::{NodeKey, OrganisationKey, PlanDigest, TransportKey};
use parasol_protocol::time::Timestamp;
use parasol_protocol::wire::Shown;
use parasol_protocol::wire::peer::{Refusal, Reply};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Days after which a ceremony that is over, or in which this node takes no part, is forgotten.
const KEPT_DAYS: u64 = 14;
/// How long one look waits for the command line to come to an end. A node that is to stop waits for it.
const PATIENCE: Duration = Duration::from_secs(2);
/// A day in milliseconds.
const HOUR: u64 = 60 * 60 * 1000;
const DAY: u64 = 24 * HOUR;
/// For how long nothing has been due when what was due before is forgotten, in milliseconds.
const IDLE: u64 = 600_000;
/// Between two attempts at a ceremony that is due, in milliseconds: doubled each time.
const AGAIN: (u64, u64) = (60_000, 3_600_000);

/// A board to be shown to a participant.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) to: NodeKey,
    pub(super) peer: TransportKey,
    pub(super) name: PlanDigest,
    pub(super) shown: Shown,
}

/// What a node is told that has shown a board.
#[derive(Debug)]
pub(super) struct Answer {
    /// Which node, about which ceremony, if it was one: a token knows.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for drills, which have no tokens")
    )]
    pub(super) to: (NodeKey, Option<PlanDigest>),
    pub(super) token: Option<ResponseToken>,
    pub(super) reply: Reply,
}

/// What is to be done after a look, in this order.
#[derive(Debug, Default)]
pub(super) struct Out {
    /// Shares that are stored: they can answer.
    pub(super) prepared: Vec<(u32, Shares)>,
    /// A certificate that is written down: it is in force.
    pub(super) certificate: Option<Certificate>,
    /// Answers to nodes that showed what they have.
    pub(super) answers: Vec<Answer>,
    /// Boards to be shown.
    pub(super) asks: Vec<Ask>,
    /// An epoch of which somebody has another certificate, and who signed both.
    pub(super) twofold: Option<(u32, BTreeSet<OrganisationKey>)>,
}

/// Somebody who waits for an answer.
type Waiting = (
    NodeKey,
    PlanDigest,
    BTreeSet<[u8; 32]>,
    Option<ResponseToken>,
);

/// The ceremonies of a node.
pub(super) struct Worker {
    setup: Setup,
    held: BTreeMap<PlanDigest, Held>,
    /// What was heard while somebody else worked on the files.
    late: Vec<Heard>,
    /// How long one look waits for that.
    pub(super) patience: Duration,
    /// What was said last of what went wrong: it is not said each second.
    trouble: BTreeSet<String>,
    /// Over, and told to everybody, or of no use here: on disk alone, as long as it looks so.
    done: BTreeMap<PlanDigest, Look>,
    /// What was said of each in the log.
    said: BTreeMap<PlanDigest, &'static str>,
    /// Shares that the driver was told of.
    prepared: BTreeSet<u32>,
    /// Who kept ceremonies from going on, as this node saw itself: the next one is without them.
    excused: Excused,
    /// Ceremonies that have failed.
    failed: BTreeMap<PlanDigest, Failed>,
    /// When an organisation's nodes got this one to do what it would not have done by itself.
    favours: BTreeMap<OrganisationKey, Vec<Timestamp>>,
    /// Of certificates whose holders have not all signed: their epoch, and who goes by them.
    claims: BTreeMap<[u8; 32], (u32, BTreeSet<OrganisationKey>)>,
    /// The certificate in force at the last look.
    upon: Option<[u8; 32]>,
    /// What is kept of before, as of this look.
    before: Option<Certificate>,
    /// The highest epoch of a ceremony in which this node takes part.
    used: u32,
    /// When a node of an organisation was connected last.
    seen: BTreeMap<OrganisationKey, Timestamp>,
    up: Option<Timestamp>,
    /// By how much the clock is ahead of the time that has passed, in milliseconds.
    apart: Option<i128>,
    /// Since when a ceremony is due, since when none is any more, and not before when it is tried again.
    due_since: [Option<Timestamp>; 2],
    idle_since: Option<Timestamp>,
    not_before: Timestamp,
    pause: u64,
}

impl Worker {
    pub(super) fn new(setup: Setup) -> Self {
        Self {
            setup,
            held: BTreeMap::new(),
            late: Vec::new(),
            patience: PATIENCE,
            trouble: BTreeSet::new(),
            done: BTreeMap::new(),
            said: BTreeMap::new(),
            prepared: BTreeSet::new(),
            excused: Excused::default(),
            failed: BTreeMap::new(),
            favours: BTreeMap::new(),
            claims: BTreeMap::new(),
            upon: None,
            before: None,
            used: 0,
            seen: BTreeMap::new(),
            up: None,
            apart: None,
            due_since: [None; 2],
            idle_since: None,
            not_before: Timestamp::from_millis(0),
            pause: AGAIN.0,
        }
    }

    /// Whether people are to compare digits in a ceremony.
    #[cfg(test)]
    pub(super) fn compares(&self, name: &PlanDigest) -> bool {
        let held = self.held.get(name);
        held.is_some_and(|held| matches!(held.progress, Progress::Compare(_)))
    }

    fn me(&self) -> NodeKey {
        self.setup.node.node()
    }

    /// Looks at what has come and at what there is, and does what can be done now.
    pub(super) fn look(&mut self, heard: Vec<Heard>, scene: &Scene) -> Out {
        let mut out = Out::default();
        let mut trouble = BTreeSet::new();
        match Desk::open_within(&self.setup.dir, self.patience) {
            Ok(mut desk) => {
                let mut all = std::mem::take(&mut self.late);
                all.extend(heard);
                if let Err(error) = desk.leave_out(&scene.ended) {
                    trouble.insert(error.to_string());
                }
                match self.work(&desk, all, scene, &mut out) {
                    Ok(failed) => trouble.extend(failed.iter().map(ToString::to_string)),
                    Err(error) => drop(trouble.insert(error.to_string())),
                }
            }
            Err(error) => {
                trouble.insert(error.to_string());
                self.put_off(heard, &mut out);
            }
        }
        for error in trouble.difference(&self.trouble) {
            tracing::error!(%error, "a key ceremony does not go on");
        }
        self.trouble = trouble;
        out
    }

    /// Keeps what was heard for the next look, but for what peers say again.
    fn put_off(&mut self, heard: Vec<Heard>, out: &mut Out) {
        for one in heard {
            match one {
                Heard::Asked { from, shown, token } => {
                    let plan = Proposal::from_bytes(&shown.plan).ok();
                    out.answers.push(Answer {
                        to: (from, plan.map(|plan| *plan.digest())),
                        token,
                        reply: Reply::Refused(Refusal::Busy),
                    });
                }
                Heard::Connected => {
                    if !self.late.iter().any(|h| matches!(h, Heard::Connected)) {
                        self.late.push(Heard::Connected);
                    }
                }
                Heard::Certificate { from, .. } => {
                    let before =
                        |h: &Heard| matches!(h, Heard::Certificate { from: by, .. } if *by == from);
                    self.late.retain(|h| !before(h));
                    self.late.push(one);
                }
                // One at most of each that was asked about each ceremony.
                Heard::Answered { .. } => self.late.push(one),
            }
        }
    }

    fn work(
        &mut self,
        desk: &Desk,
        heard: Vec<Heard>,
        scene: &Scene,
        out: &mut Out,
    ) -> Result<Vec<DeskError>, DeskError> {
        let now = scene.now;
        self.move_along(scene);
        self.put_right(now);
        if self.up.is_none() {
            self.excused = Excused::read(desk);
        }
        let sure = scene.settled.then_some(scene.today);
        // One thing that fails must not keep the others from being done.
        let mut failed = Vec::new();
        let mut unread = false;
        match desk.before(&scene.known, sure) {
            Ok(before) => self.before = before,
            // It is there all the same, for all that is known.
            Err(error) => {
                unread = true;
                failed.push(error);
            }
        }
        failed.extend(self.follow(desk, scene).err());
        for (_, organisation) in scene.connected.values() {
            self.seen.insert(*organisation, now);
        }
        if let Err(error) = self.read(desk, scene) {
            self.put_off(heard, out);
            return Err(error);
        }
        // What others plan and this node has no part in uses no number up.
        let mine = self.held.iter().filter(|(name, _)| desk.takes_part(name));
        let planned = mine.map(|(_, held)| held.board().plan().terms().epoch);
        self.used = planned.chain([self.used]).max().unwrap_or(0);
        let (waiting, unlooked) = self.hear(desk, heard, scene, out);
        failed.extend(unlooked);
        if self.setup.settings.joins {
            failed.extend(self.join(desk, scene).err());
        }
        failed.extend(self.go_on(desk, scene, out));
        failed.extend(self.tell(desk, scene).err());
        self.up.get_or_insert(now);
        if self.setup.settings.starts {
            failed.extend(self.begin(desk, scene, out).err());
        }
        failed.extend(self.prepare(desk, scene, out).err());
        // What cannot be said keeps it.
        let of_use = match &self.before {
            Some(_) if !unread => self.is_of_use(desk, scene).unwrap_or_else(|error| {
                failed.push(error);
                true
            }),
            _ => unread,
        };
        match desk.destroy_old(&scene.known, sure, of_use) {
            Ok(0) => {}
            Ok(gone) => {
                tracing::info!(
                    gone,
                    "the shares of earlier key generations are destroyed: every holder has stored the new ones"
                );
            }
            Err(error) => failed.push(error),
        }
        for (from, name, known, token) in waiting {
            let reply = self
                .held
                .get_mut(&name)
                .map_or(Reply::Refused(Refusal::Busy), |held| {
                    Reply::Board(held.answer(&from, known))
                });
            out.answers.push(Answer {
                to: (from, Some(name)),
                token,
                reply,
            });
        }
        self.show(scene, out);
        self.put_away(desk, scene)?;
        Ok(failed)
    }

    /// Reads what lies on the disk and is not in memory as it lies there.
    fn read(&mut self, desk: &Desk, scene: &Scene) -> Result<(), DeskError> {
        let names: BTreeSet<PlanDigest> = desk.names()?.into_iter().collect();
        self.held.retain(|name, _| names.contains(name));
        self.said.retain(|name, _| names.contains(name));
        self.failed.retain(|name, _| names.contains(name));
        self.done
            .retain(|name, seen| names.contains(name) && *seen == look(desk, name));
        for name in names {
            let current = self
                .held
                .get(&name)
                .is_some_and(|h| h.is_current(desk, &name));
            if !current && !self.done.contains_key(&name) {
                self.open(desk, &name, scene);
            }
        }
        Ok(())
    }

    fn open(&mut self, desk: &Desk, name: &PlanDigest, scene: &Scene) {
        let hand = Hand {
            node: &self.setup.node,
            today: scene.today,
        };
        let mut opened = Held::open(desk, name, &scene.known, &hand, scene.now);
        if let Err(error) = &opened
            && self.give_up(desk, name, scene, error)
        {
            // The others are to hear of it.
            opened = Held::open(desk, name, &scene.known, &hand, scene.now);
        }
        match opened {
            Ok(mut held) => {
                if let Some(before) = self.held.remove(name) {
                    held.goes_on_from(before);
                }
                self.held.insert(*name, held);
            }
            Err(error) => {
                self.held.remove(name);
                // What cannot be read or judged now is looked at again.
                if !matches!(error, DeskError::Io { .. } | DeskError::Certificate(_)) {
                    self.done.insert(*name, look(desk, name));
                }
                if self.said.insert(*name, "left out") != Some("left out") {
                    tracing::warn!(ceremony = %name, %error, "a key ceremony is left out");
                }
            }
        }
    }

    /// Says that this node cannot go on with a ceremony that it joined by itself: the others need not
    /// wait for it. Whoever has signed cannot say so.
    fn give_up(&self, desk: &Desk, name: &PlanDigest, scene: &Scene, why: &DeskError) -> bool {
        let hand = Hand {
            node: &self.setup.node,
            today: scene.today,
        };
        if matches!(why, DeskError::Ceremony(CeremonyError::Share(_))) {
            let certificate = scene.known.certificate.as_ref();
            let spare = certificate.is_some_and(|c| {
                let needed = c
                    .keys()
                    .next()
                    .map_or(0, |key| usize::from(key.threshold()));
                c.holders().count() > needed
            });
            if spare {
                tracing::warn!(
                    "this node has lost its shares of the keys, so it cannot share them out; look-ups go on with the other keyholders', who make new ones for it by themselves, mostly within hours. Nothing need be done; to have it at once: `parasol ceremony start` here"
                );
            } else {
                tracing::error!(
                    "this node has lost its shares of the keys, and every one of them is needed: look-ups fail until they are there again. Put `keys/` back from a backup; or go back to shares of before, if they are kept (`parasol ceremony start DIR --from-before` at any keyholder)"
                );
            }
        }
        matches!(why, DeskError::Ceremony(_))
            && desk.part(name) == Some(Part::Auto)
            && desk.speaks(name)
            && desk
                .stop(name, Reason::Withdrawn, &scene.known, &hand)
                .is_ok()
    }

    fn hear(
        &mut self,
        desk: &Desk,
        heard: Vec<Heard>,
        scene: &Scene,
        out: &mut Out,
    ) -> (Vec<Waiting>, Option<DeskError>) {
        let (mut waiting, mut unread) = (Vec::new(), None);
        for one in heard {
            match one {
                Heard::Asked { from, shown, token } => {
                    let plan = Proposal::from_bytes(&shown.plan).ok();
                    match self.shown(desk, &from, shown, scene) {
                        Ok((name, known)) => waiting.push((from, name, known, token)),
                        Err(error) => {
                            tracing::debug!(%error, "what a node shows of a key ceremony is not taken");
                            if matches!(error, DeskError::Io { .. }) {
                                unread = Some(error);
                            }
                            out.answers.push(Answer {
                                to: (from, plan.map(|plan| *plan.digest())),
                                token,
                                reply: Reply::Refused(Refusal::Malformed),
                            });
                        }
                    }
                }
                Heard::Answered { from, name, answer } => {
                    if let Some(held) = self.held.get_mut(&name) {
                        held.answered(&from, answer, scene.now);
                    }
                }
                Heard::Certificate { from, bytes } => match self.offered(desk, from, &bytes, scene)
                {
                    Ok(certificate) => out.certificate = certificate.or(out.certificate.take()),
                    Err(error @ DeskError::TwoCertificates { .. }) => {
                        tracing::error!(%error, "a certificate that another node gave is not used");
                        if let DeskError::TwoCertificates { epoch, both } = error {
                            self.caught(desk, &both, scene);
                            out.twofold = Some((epoch, both));
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a certificate that another node gave is not used");
                    }
                },
                Heard::Connected => {
                    for held in self.held.values_mut() {
                        held.connected(scene.now);
                    }
                }
            }
        }
        let names: Vec<PlanDigest> = self.held.keys().copied().collect();
        for name in names {
            let flushed = self.held.get_mut(&name).map(|held| held.flush(desk));
            if let Some(Err(error)) = flushed {
                tracing::error!(%error, ceremony = %name, "a key ceremony's board cannot be written");
                // Nothing follows from what is not on the disk.
                self.held.remove(&name);
                self.open(desk, &name, scene);
            }
        }
        (waiting, unread)
    }

    /// Takes in what a node shows of a board: of a ceremony of which both are participants, by a plan
    /// that holds.
    fn shown(
        &mut self,
        desk: &Desk,
        from: &NodeKey,
        shown: Shown,
        scene: &Scene,
    ) -> Result<(PlanDigest, BTreeSet<[u8; 32]>), DeskError> {
        let proposal = Proposal::from_bytes(&shown.plan)?;
        let name = *proposal.digest();
        let terms = proposal.terms();
        let seats = terms.holders.iter();
        let seats = seats.chain(terms.old.iter().flat_map(|old| &old.dealers));
        let nodes: BTreeSet<NodeKey> = seats.map(|seat| seat.node).collect();
        if !nodes.contains(from) || !nodes.contains(&self.me()) {
            return Err(DeskError::Strange);
        }
        if !desk.knows(&name) {
            desk.start(&shown.plan, &scene.known)?;
        }
        if !self.held.contains_key(&name) {
            self.done.remove(&name);
            self.open(desk, &name, scene);
        }
        let held = self.held.get_mut(&name).ok_or(DeskError::Strange)?;
        held.take(&shown.messages, scene.now);
        Ok((name, shown.known))
    }

    /// Says all that can be said now, and takes into use what is made.
    /// Says all that can be said now, and takes into use what is made. Says what could not be.
    fn go_on(&mut self, desk: &Desk, scene: &Scene, out: &mut Out) -> Vec<DeskError> {
        let (mut failed, mut twofold) = (Vec::new(), None);
        let node = self.setup.node.clone();
        let hand = Hand {
            node: &node,
            today: scene.today,
        };
        let names: Vec<PlanDigest> = self.held.keys().copied().collect();
        let over = self.outdated(desk, scene, &hand);
        for name in names {
            if over.contains(&name)
                && self
                    .held
                    .get(&name)
                    .is_some_and(|h| !h.is_current(desk, &name))
            {
                self.open(desk, &name, scene);
            }
            let Some(held) = self.held.get_mut(&name) else {
                continue;
            };
            let stepped = held.step(desk, scene.now);
            let waits = matches!(held.progress, Progress::Waits { .. } | Progress::Compare(_));
            let silent = held.silent(scene.now) >= self.setup.settings.silence;
            match stepped {
                Ok(Some(stepped)) => {
                    if let Some((epoch, shares)) = stepped.stored {
                        self.prepared.insert(epoch);
                        out.prepared.push((epoch, Arc::new(shares)));
                    }
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(ceremony = %name, %error, "a key ceremony does not go on here");
                    self.give_up(desk, &name, scene, &error);
                    self.open(desk, &name, scene);
                    continue;
                }
            }
            let signed = held.has(&node.node(), Step::Done);
            let over = over.contains(&name);
            let part = desk.part(&name);
            let waits = waits && (part == Some(Part::Auto) || (part.is_some() && over));
            let tired = waits && silent && !signed;
            if tired
                && desk
                    .stop(&name, Reason::Silence, &scene.known, &hand)
                    .is_ok()
            {
                self.open(desk, &name, scene);
            }
            let Some(held) = self.held.get(&name) else {
                continue;
            };
            match desk.settle_one(&held.progress, &scene.known) {
                Ok(Some(certificate)) => out.certificate = Some(certificate),
                Ok(None) => {}
                Err(error) => {
                    if let DeskError::TwoCertificates { epoch, both } = &error {
                        twofold = Some((*epoch, both.clone()));
                    }
                    failed.push(error);
                }
            }
        }
        if let Some((_, both)) = &twofold {
            self.caught(desk, both, scene);
        }
        out.twofold = twofold.or(out.twofold.take());
        failed
    }

    /// Says in the log how each stands, once; and sees who kept one from going on.
    fn tell(&mut self, desk: &Desk, scene: &Scene) -> Result<(), DeskError> {
        let mut stand = Vec::new();
        for (name, held) in &self.held {
            let word = match &held.progress {
                Progress::Waits { .. } => "under way",
                Progress::Compare(_) => "waits for digits to be compared",
                Progress::Made { waiting, .. } if waiting.is_empty() => "done",
                Progress::Made { .. } => "made; some have not stored their shares",
                Progress::Stopped(_) => "stopped",
            };
            let failed = self.has_failed(desk, name, held, scene);
            stand.push((*name, held.board().plan().terms().epoch, word, failed));
        }
        for (name, epoch, word, failed) in stand {
            if self.said.insert(name, word) != Some(word) {
                tracing::info!(ceremony = %name, epoch, "key ceremony: {word}");
            }
            if failed {
                self.look_into(desk, &name, scene)?;
            }
        }
        Ok(())
    }

    /// A clock that jumps ahead, as where it starts with 1970 and is set a minute later, makes nothing longer
    /// ago than it was: what is remembered moves along.
    fn move_along(&mut self, scene: &Scene) {
        let apart = i128::from(scene.now.millis()) - i128::from(scene.passed.millis());
        let before = self.apart.replace(apart).unwrap_or(apart);
        let jump = u64::try_from(apart - before).unwrap_or(0);
        if jump < HOUR {
            // It was not, or it goes a little wrong.
            self.apart = Some(before.min(apart));
            return;
        }
        let seen = self.seen.values_mut().chain(&mut self.up);
        let due = self.due_since.iter_mut().flatten();
        let due = due.chain(&mut self.idle_since);
        let failed = self.failed.values_mut().map(|failed| &mut failed.since);
        for at in seen.chain(due).chain(failed).chain([&mut self.not_before]) {
            *at = at.plus_millis(jump);
        }
        for held in self.held.values_mut() {
            held.move_along(jump, scene.now);
        }
    }

    /// A clock that was ahead and was put right leaves no time that is yet to come.
    fn put_right(&mut self, now: Timestamp) {
        let seen = self.seen.values_mut();
        let due = self.due_since.iter_mut().flatten();
        let due = due.chain(&mut self.idle_since);
        for at in seen.chain(&mut self.up).chain(due) {
            *at = now.min(*at);
        }
        self.not_before = self.not_before.min(now.plus_millis(AGAIN.1));
        for failed in self.failed.values_mut() {
            failed.since = now.min(failed.since);
        }
        for held in self.held.values_mut() {
            held.put_right(now);
        }
    }

    /// Starts what is due.
    fn begin(&mut self, desk: &Desk, scene: &Scene, out: &Out) -> Result<(), DeskError> {
        let known = &scene.known;
        // What others have begun and this node has no part in holds nothing up, nor what has failed.
        let busy = |(name, held): (&PlanDigest, &Held)| {
            self.rests_on(held, known)
                && desk.takes_part(name)
                && !self.has_failed(desk, name, held, scene)
        };
        // Nor is the next one to begin before it is known who held up the last.
        let open = |(name, held): (&PlanDigest, &Held)| {
            let failed = self.failed.get(name);
            failed.is_some_and(|failed| failed.is_open(scene.now))
                && desk.takes_part(name)
                && self.has_failed(desk, name, held, scene)
        };
        let early = scene.now < self.not_before || self.held.iter().any(open);
        if !scene.settled || out.certificate.is_some() || early || self.held.iter().any(busy) {
            return Ok(());
        }
        let me = self.me();
        let Some(due) = self.situated(desk, scene, due)? else {
            // Whoever comes and goes, so that something is due one moment and nothing the next, puts nothing
            // off.
            let idle = *self.idle_since.get_or_insert(scene.now);
            // While it may come to going back, not even who is there for minutes a day does.
            if self.before.is_none() && idle.plus_millis(IDLE) <= scene.now {
                self.due_since = [None; 2];
            }
            return Ok(());
        };
        self.idle_since = None;
        // Whoever comes and goes, so that one thing is due and then another, puts neither off.
        let [other, back] = &mut self.due_since;
        let since = if due.goes_back() { back } else { other };
        let since = *since.get_or_insert(scene.now);
        if scene.now < since.plus_millis(due.wait) {
            return Ok(());
        }
        let mut id = [0; 32];
        OsEntropy.fill(&mut id);
        let upon = match &self.before {
            Some(before) if due.goes_back() => Known {
                certificate: Some(before.clone()),
                ..known.clone()
            },
            _ => known.clone(),
        };
        let basis = upon.basis().with_ended(&scene.ended);
        let plan = due.terms(&basis, id, me)?.sign(&self.setup.node);
        let name = desk.start_anew(&plan, known)?;
        desk.take_part(&name, Part::Auto, &mut OsEntropy)?;
        tracing::info!(ceremony = %name, epoch = due.epoch, why = ?due.why, "starting a key ceremony");
        self.open(desk, &name, scene);
        let step = |held: &mut Held| held.step(desk, scene.now).map(drop);
        let stepped = self.held.get_mut(&name).map_or(Ok(()), step);
        if stepped.is_err() {
            // Nothing is shown that is not on the disk.
            self.open(desk, &name, scene);
        }
        stepped
    }

    /// Shares that lie ready since before this start.
    fn prepare(&mut self, desk: &Desk, scene: &Scene, out: &mut Out) -> Result<(), DeskError> {
        let in_force = scene
            .known
            .certificate
            .as_ref()
            .map_or(0, Certificate::epoch);
        let files = desk.stored_files()?;
        for (epoch, path) in &files {
            let epoch = *epoch;
            // Of two ceremonies of one epoch only the certificate says which shares are those.
            let alone = files.iter().filter(|(other, _)| *other == epoch).count() == 1;
            if epoch > in_force && alone && self.prepared.insert(epoch) {
                match read_shares(path) {
                    Ok(shares) => out.prepared.push((epoch, Arc::new(shares))),
                    Err(error) => tracing::error!(%error, "shares cannot be used"),
                }
            }
        }
        Ok(())
    }

    /// Shows each board to the participants that are connected and may lack something.
    fn show(&mut self, scene: &Scene, out: &mut Out) {
        let me = self.me();
        for (name, held) in &mut self.held {
            // One that people are still to agree to is spread as well: they need not pass files.
            let others: Vec<NodeKey> = held
                .board()
                .plan()
                .participants()
                .filter(|node| **node != me)
                .copied()
                .collect();
            for to in others {
                let Some((peer, _)) = scene.connected.get(&to) else {
                    continue;
                };
                if let Some(shown) = held.offer(&to, scene.now) {
                    out.asks.push(Ask {
                        to,
                        peer: *peer,
                        name: *name,
                        shown,
                    });
                }
            }
        }
    }

    /// Forgets what is long over, and keeps in memory only what is not.
    fn put_away(&mut self, desk: &Desk, scene: &Scene) -> Result<(), DeskError> {
        let in_force = scene.known.certificate.as_ref();
        let mut away = Vec::new();
        for (name, held) in &self.held {
            let terms = held.board().plan().terms();
            let overtaken = in_force.is_some_and(|certificate| {
                terms.epoch < certificate.epoch()
                    || (terms.epoch == certificate.epoch()
                        && !certificate.lacks_somebody(scene.known.charter()))
            });
            let quiet = held.silent(scene.now) >= self.setup.settings.silence;
            if quiet && (overtaken || held.progress.is_over()) {
                away.push(*name);
            }
        }
        for name in away {
            self.held.remove(&name);
            self.done.insert(name, look(desk, &name));
        }
        for name in desk.names()? {
            let age = desk.since(&name)?.elapsed().unwrap_or_default();
            let over = self.done.contains_key(&name) || !desk.takes_part(&name);
            if scene.settled && over && age.as_secs() > KEPT_DAYS * 24 * 3600 {
                desk.forget(&name)?;
                self.held.remove(&name);
                self.done.remove(&name);
                self.said.remove(&name);
                self.failed.remove(&name);
            }
        }
        Ok(())
    }
}

/// The organisation that answers for a root, as the charter has it now.
fn current(root: &OrganisationKey, known: &Known) -> OrganisationKey {
    known.charter().answers_for(root).map_or(*root, |o| o.root)
}
