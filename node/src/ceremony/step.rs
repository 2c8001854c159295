//! Going on with a ceremony as far as it goes without the others.

use super::desk::{Desk, Hand, Known};
use super::error::DeskError;
use parasol_protocol::ceremony::{Blame, Board, Ceremony, Next, Reason, Standing, Step, Why};
use parasol_protocol::ids::{NodeKey, PlanDigest};
use parasol_protocol::oprf::{KeyName, KeyShare};
use std::collections::{BTreeMap, BTreeSet};

/// Where a ceremony stands for this node.
#[derive(Clone, Debug)]
pub enum Progress {
    /// Others have to say something.
    Waits {
        /// Which message is wanted.
        step: Step,
        /// From whom.
        missing: BTreeSet<NodeKey>,
    },
    /// People have to compare these digits with the others'.
    Compare(String),
    /// The certificate is made; not every holder may have stored its shares yet.
    Made {
        /// The certificate.
        certificate: Vec<u8>,
        /// Who has not.
        waiting: BTreeSet<NodeKey>,
        /// Who is at fault all the same.
        blame: BTreeSet<Blame>,
    },
    /// It has stopped, and nothing has changed.
    Stopped(Why),
}

impl Progress {
    /// Where a board stands for whoever has nothing more to say.
    pub fn of(board: &Board) -> Self {
        match board.standing() {
            Standing::Waiting { step, missing } => Progress::Waits { step, missing },
            Standing::Made {
                certificate,
                waiting,
                blame,
            } => Progress::Made {
                certificate,
                waiting,
                blame,
            },
            Standing::Stopped(why) => Progress::Stopped(why),
        }
    }

    /// Whether nothing can change any more.
    pub fn is_over(&self) -> bool {
        match self {
            Progress::Made { waiting, .. } => waiting.is_empty(),
            Progress::Stopped(_) => true,
            _ => false,
        }
    }
}

/// What a step has come to.
#[derive(Debug)]
pub struct Stepped {
    /// Where it stands now.
    pub progress: Progress,
    /// Whether this node has said something that the others do not know yet.
    pub spoke: bool,
    /// Shares that are stored now: they can answer to those who have the new certificate.
    pub stored: Option<(u32, BTreeMap<KeyName, KeyShare>)>,
}

impl Desk {
    /// Does all that this node has to do in a ceremony that it takes part in, and can do now. Each
    /// thing is on disk before the next follows from it. Whoever takes no part, or has said all that
    /// it has to say, sees where it stands.
    ///
    /// # Errors
    /// If a file cannot be used, or this node has no part in the ceremony.
    pub fn step(
        &self,
        name: &PlanDigest,
        known: &Known,
        hand: &Hand<'_>,
    ) -> Result<Stepped, DeskError> {
        if self.speaks(name) {
            let mut ceremony = self.participant(name, known, hand)?;
            return self.go_on(&mut ceremony);
        }
        self.clean(name)?;
        Ok(Stepped {
            progress: Progress::of(&self.board(name, known)?),
            spoke: false,
            stored: None,
        })
    }

    /// The same with a participant that is at hand.
    ///
    /// # Errors
    /// If a file cannot be used.
    pub(super) fn go_on(&self, ceremony: &mut Ceremony) -> Result<Stepped, DeskError> {
        let name = *ceremony.board().plan().digest();
        let (mut spoke, mut stored) = (false, None);
        let progress = loop {
            match ceremony.poll()? {
                Next::Post(message) => {
                    self.say(ceremony, &message)?;
                    spoke = true;
                }
                Next::Compare(voice) => match self.digits(&name) {
                    Some(heard) => {
                        if let Err(differ) = ceremony.compare(&heard) {
                            let stop = ceremony.stop(Reason::Voice)?;
                            self.say(ceremony, &stop)?;
                            self.close(&name)?;
                            return Err(differ.into());
                        }
                    }
                    None => break Progress::Compare(voice.to_string()),
                },
                Next::Store(mut new) => {
                    new.shares.retain(|name, _| !self.is_over(name));
                    // Judged before anything is written: another ceremony of this epoch may have
                    // been signed since this one was opened. Nothing is said before they are on
                    // disk.
                    ceremony.stored(self.signed()?)?;
                    self.store(&new)?;
                    stored = Some((new.signing.epoch, new.shares));
                }
                Next::Wait { step, missing } => break Progress::Waits { step, missing },
                Next::Made {
                    certificate,
                    waiting,
                    blame,
                } => {
                    break Progress::Made {
                        certificate,
                        waiting,
                        blame,
                    };
                }
                Next::Stopped(why) => break Progress::Stopped(why),
            }
        };
        // Whoever has signed, or only dealt, needs nothing more of what it drew.
        let me = ceremony.me();
        let said_all = match &progress {
            Progress::Stopped(_) => true,
            Progress::Made { .. } => ceremony.board().plan().holder(&me).is_none(),
            _ => false,
        };
        if said_all || ceremony.board().has_sent(&me, Step::Done) {
            self.close(&name)?;
        }
        Ok(Stepped {
            progress,
            spoke,
            stored,
        })
    }

    /// Stops a ceremony that this node is a participant of.
    ///
    /// # Errors
    /// If it has signed the certificate already, or a file cannot be used.
    pub fn stop(
        &self,
        name: &PlanDigest,
        reason: Reason,
        known: &Known,
        hand: &Hand<'_>,
    ) -> Result<(), DeskError> {
        let mut board = self.board(name, known)?;
        let stop = board.stop(hand.node, reason)?;
        if board.post(&stop).is_ok() {
            self.keep(&board)?;
        }
        self.close(name)
    }

    /// Puts a message of this node's own on the board: on disk before anybody else sees it.
    fn say(&self, ceremony: &mut Ceremony, message: &[u8]) -> Result<(), DeskError> {
        // One's own message is refused only if the board is full of lies in one's own name.
        ceremony
            .receive(message)
            .map_err(|_| DeskError::Forged(*ceremony.board().plan().digest()))?;
        self.keep(ceremony.board())
    }
}
