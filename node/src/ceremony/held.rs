//! One ceremony in memory: its board, and what the other participants have of it.

use super::desk::{Desk, Hand, Known, Part};
use super::error::DeskError;
use super::step::{Progress, Stepped};
use parasol_protocol::ceremony::{Board, Ceremony, Posted, Refused, Step};
use parasol_protocol::ids::{NodeKey, PlanDigest};
use parasol_protocol::limits::MAX_BOARD;
use parasol_protocol::time::Timestamp;
use parasol_protocol::wire::{Lacking, MAX_BOARD_BYTES, Shown};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::{Duration, SystemTime};

/// Between two exchanges with one participant, when nothing changes: it doubles from the first to the
/// second.
const PAUSE: (u64, u64) = (1_000, 30_000);
/// For how long, in milliseconds, news may be on their way to others.
const A_MOMENT: u64 = 30_000;

/// What this node is in it.
enum Party {
    /// It has something to say yet.
    Speaking(Box<Ceremony>),
    /// It looks on.
    Watching(Box<Board>),
}

/// What is known of another participant.
#[derive(Debug, Default)]
struct Session {
    /// The messages that it is known to have.
    known: BTreeSet<[u8; 32]>,
    /// Which state of the board it was shown last.
    shown: u64,
    /// Whether it was asked and has not answered.
    waits: bool,
    /// When it is asked next, though nothing is new here.
    due: Timestamp,
    pause: u64,
}

/// What a node had seen of a ceremony when it stopped.
#[derive(Clone, Debug)]
pub(super) struct BeforeStop {
    /// For how long nothing had come.
    pub(super) quiet: Duration,
    /// For how long nothing had come before the last news, if these came a moment before: who stopped it
    /// may not have had them yet.
    pub(super) until_now: Duration,
    /// Who was waited for.
    pub(super) missing: BTreeSet<NodeKey>,
    /// Whether they were to join.
    pub(super) gathered: bool,
}

/// A ceremony in memory.
pub(super) struct Held {
    party: Party,
    /// The files as they were when it was read or written last.
    look: Look,
    /// Where it stands.
    pub(super) progress: Progress,
    /// Counts what has come to the board.
    state: u64,
    /// Whether something came that is not on the disk yet.
    fresh: bool,
    /// The certificate in force when this node first heard of it.
    pub(super) in_force: Option<[u8; 32]>,
    /// Since when it is in memory.
    since: Timestamp,
    /// When something came last.
    pub(super) changed: Timestamp,
    /// What ended the last long silence: when, and how long that was.
    broke: Option<(Timestamp, Duration)>,
    /// What this node had seen when it stopped before its eyes.
    stopped: Option<BeforeStop>,
    sessions: BTreeMap<NodeKey, Session>,
}

/// How a ceremony's files look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Look {
    board: Option<(SystemTime, u64)>,
    speaks: bool,
    /// What the command line may have said meanwhile: that digits are to be compared, above all.
    compares: bool,
    part: Option<Part>,
}

pub(super) fn look(desk: &Desk, name: &PlanDigest) -> Look {
    let meta = fs::metadata(desk.place(name).join("board.cbor")).ok();
    let board = meta.and_then(|meta| Some((meta.modified().ok()?, meta.len())));
    Look {
        board,
        speaks: desk.speaks(name),
        compares: desk.compares(name),
        part: desk.part(name),
    }
}

impl Held {
    /// Reads it from disk.
    ///
    /// # Errors
    /// If it cannot be read, or this node cannot take the part that it took.
    pub(super) fn open(
        desk: &Desk,
        name: &PlanDigest,
        known: &Known,
        hand: &Hand<'_>,
        now: Timestamp,
    ) -> Result<Self, DeskError> {
        let party = if desk.speaks(name) {
            Party::Speaking(Box::new(desk.participant(name, known, hand)?))
        } else {
            desk.clean(name)?;
            Party::Watching(Box::new(desk.board(name, known)?))
        };
        let mut held = Self {
            party,
            look: look(desk, name),
            progress: Progress::Compare(String::new()),
            state: 1,
            fresh: false,
            in_force: desk.in_force(name)?,
            since: now,
            changed: now,
            broke: None,
            stopped: None,
            sessions: BTreeMap::new(),
        };
        held.progress = Progress::of(held.board());
        Ok(held)
    }

    /// Whether the files are as they were: the command line may have worked on them.
    pub(super) fn is_current(&self, desk: &Desk, name: &PlanDigest) -> bool {
        self.look == look(desk, name)
    }

    /// Takes over what is known of the others from how it was held before.
    pub(super) fn goes_on_from(&mut self, before: Self) {
        let same = before.board().messages().count() == self.board().messages().count();
        self.state = before.state + u64::from(!same);
        let (waited, quiet) = (before.waited_for(), before.silent(self.changed));
        if same {
            self.changed = before.changed;
        }
        self.since = before.since;
        self.broke = before.broke;
        self.stopped = before.stopped;
        self.turned(waited, quiet);
        self.sessions = before.sessions;
    }

    /// Who is waited for, if anybody.
    fn waited_for(&self) -> Option<(Step, BTreeSet<NodeKey>)> {
        match &self.progress {
            Progress::Waits { step, missing } => Some((*step, missing.clone())),
            _ => None,
        }
    }

    /// Notes what this node itself had seen before it came to a stop: what others say of that is no
    /// evidence.
    fn turned(&mut self, waited: Option<(Step, BTreeSet<NodeKey>)>, quiet: Duration) {
        if let (Some((step, missing)), Progress::Stopped(_)) = (waited, &self.progress) {
            let broke = self
                .broke
                .filter(|(at, _)| self.changed.millis() < at.plus_millis(A_MOMENT).millis());
            let until_now = broke.map_or(Duration::ZERO, |(_, before)| before);
            self.stopped = Some(BeforeStop {
                quiet,
                until_now,
                missing,
                gathered: step == Step::Join,
            });
        }
    }

    pub(super) const fn board(&self) -> &Board {
        match &self.party {
            Party::Speaking(ceremony) => ceremony.board(),
            Party::Watching(board) => board,
        }
    }

    fn post(&mut self, message: &[u8]) -> Result<Posted, Refused> {
        match &mut self.party {
            Party::Speaking(ceremony) => ceremony.receive(message),
            Party::Watching(board) => board.post(message),
        }
    }

    /// Takes messages in, and says whether any was new. They are to be [flushed](Held::flush) before
    /// anything follows from them.
    pub(super) fn take(&mut self, messages: &[Vec<u8>], now: Timestamp) -> bool {
        let mut size = self.board().plan().bytes().len() + 64;
        size += self.board().messages().map(|m| m.len() + 8).sum::<usize>();
        let (waited, quiet) = (self.waited_for(), self.silent(now));
        let mut new = false;
        for message in messages {
            // What goes beyond comes from who floods the board, and nobody could read it any more.
            if size + message.len() + 8 > MAX_BOARD {
                break;
            }
            if self.post(message) == Ok(Posted::New) {
                size += message.len() + 8;
                new = true;
            }
        }
        if new {
            self.fresh = true;
            self.noted(now);
            self.progress = Progress::of(self.board());
            self.turned(waited, quiet);
        }
        new
    }

    /// Writes down what was taken in: once, however many brought it.
    ///
    /// # Errors
    /// If the board cannot be written. Then it is to be read again as it lies on the disk.
    pub(super) fn flush(&mut self, desk: &Desk) -> Result<(), DeskError> {
        if self.fresh {
            desk.keep(self.board())?;
            self.fresh = false;
            let name = *self.board().plan().digest();
            self.look = look(desk, &name);
        }
        Ok(())
    }

    fn noted(&mut self, now: Timestamp) {
        let quiet = self.silent(now);
        if quiet >= Duration::from_millis(A_MOMENT) {
            self.broke = Some((now, quiet));
        }
        self.state += 1;
        self.changed = now;
    }

    /// Goes on as far as it goes. `None`: there is nothing to do.
    ///
    /// # Errors
    /// If a file cannot be used, or this node cannot go on.
    pub(super) fn step(
        &mut self,
        desk: &Desk,
        now: Timestamp,
    ) -> Result<Option<Stepped>, DeskError> {
        let (waited, quiet) = (self.waited_for(), self.silent(now));
        let Party::Speaking(ceremony) = &mut self.party else {
            return Ok(None);
        };
        let stepped = desk.go_on(ceremony)?;
        self.progress.clone_from(&stepped.progress);
        let name = *ceremony.board().plan().digest();
        if !desk.speaks(&name) {
            self.party = Party::Watching(Box::new(ceremony.board().clone()));
        }
        if stepped.spoke {
            self.noted(now);
        }
        self.look = look(desk, &name);
        self.turned(waited, quiet);
        Ok(Some(stepped))
    }

    /// Whether somebody is a participant.
    pub(super) fn is_among(&self, node: &NodeKey) -> bool {
        self.board().plan().participants().any(|one| one == node)
    }

    /// Whether somebody has sent a message of a step.
    pub(super) fn has(&self, node: &NodeKey, step: Step) -> bool {
        self.board().has_sent(node, step)
    }

    /// What a participant lacks that has these messages, and room for it.
    fn lacking(&self, known: &BTreeSet<[u8; 32]>) -> Vec<Vec<u8>> {
        let mut room = MAX_BOARD_BYTES;
        let lacking = self.board().lacking(known).into_iter();
        lacking
            .take_while(|message| {
                let fits = message.len() <= room;
                room = room.saturating_sub(message.len());
                fits
            })
            .map(<[u8]>::to_vec)
            .collect()
    }

    /// What to answer to a participant that has shown what it has.
    pub(super) fn answer(&mut self, from: &NodeKey, known: BTreeSet<[u8; 32]>) -> Lacking {
        let messages = self.lacking(&known);
        let state = self.state;
        let mine = self.board().digests();
        let session = self.sessions.entry(*from).or_default();
        if messages.len() == mine.difference(&known).count() {
            session.shown = state;
        }
        session.known = known;
        session.known.extend(&mine);
        Lacking {
            known: mine,
            messages,
        }
    }

    /// What to show a participant now, if anything.
    pub(super) fn offer(&mut self, to: &NodeKey, now: Timestamp) -> Option<Shown> {
        let (state, over) = (self.state, self.progress.is_over());
        let session = self.sessions.entry(*to).or_default();
        let fresh = session.shown < state;
        // A clock that was set back makes nobody wait.
        let late = session.due <= now || now.plus_millis(2 * PAUSE.1) < session.due;
        if session.waits || !(fresh || late) {
            return None;
        }
        let known = session.known.clone();
        let mine = self.board().digests();
        if over && !fresh && mine.is_subset(&known) {
            return None;
        }
        let messages = self.lacking(&known);
        let session = self.sessions.entry(*to).or_default();
        session.shown = state;
        session.waits = true;
        Some(Shown {
            plan: self.board().plan().bytes().to_vec(),
            known: mine,
            messages,
        })
    }

    /// That a participant has answered, or not.
    pub(super) fn answered(&mut self, from: &NodeKey, answer: Option<Lacking>, now: Timestamp) {
        let news = match &answer {
            Some(answer) => self.take(&answer.messages, now),
            None => false,
        };
        let session = self.sessions.entry(*from).or_default();
        session.waits = false;
        match answer {
            Some(answer) => session.known = answer.known,
            // What it was shown may not have come.
            None => session.known.clear(),
        }
        session.pause = if news {
            PAUSE.0
        } else {
            (2 * session.pause).clamp(PAUSE.0, PAUSE.1)
        };
        session.due = now.plus_millis(session.pause);
    }

    /// A clock that was ahead and was put right leaves no time that is yet to come.
    pub(super) fn put_right(&mut self, now: Timestamp) {
        self.since = now.min(self.since);
        self.changed = now.min(self.changed);
        self.broke = self.broke.filter(|(at, _)| *at <= now);
    }

    /// A clock that jumped ahead made nothing longer ago than it was; but the machine may have slept meanwhile, and
    /// what others have waited for in that time it has not seen.
    pub(super) fn move_along(&mut self, millis: u64, now: Timestamp) {
        self.since = now;
        let broke = self.broke.as_mut().map(|(at, _)| at);
        let sessions = self.sessions.values_mut().map(|session| &mut session.due);
        for at in [&mut self.changed].into_iter().chain(broke).chain(sessions) {
            *at = at.plus_millis(millis);
        }
    }

    /// That somebody is connected anew.
    pub(super) fn connected(&mut self, now: Timestamp) {
        for session in self.sessions.values_mut() {
            session.due = session.due.min(now);
            session.pause = PAUSE.0;
        }
    }

    /// What this node had seen when it stopped; nothing if that was before this node looked.
    pub(super) const fn before_stop(&self) -> Option<&BeforeStop> {
        self.stopped.as_ref()
    }

    /// Since when this node has it before its eyes.
    pub(super) const fn since(&self) -> Timestamp {
        self.since
    }

    /// For how long that is.
    pub(super) fn watched(&self, now: Timestamp) -> Duration {
        Duration::from_millis(now.millis().saturating_sub(self.since.millis()))
    }

    /// For how long nothing has come.
    pub(super) fn silent(&self, now: Timestamp) -> Duration {
        Duration::from_millis(now.millis().saturating_sub(self.changed.millis()))
    }
}
