//! Going on with a ceremony as far as it goes without the others.

use super::desk::{Desk, Hands};
use super::error::DeskError;
use parasol_protocol::ceremony::{Basis, Blame, Ceremony, Next, Reason, Step, Why};
use parasol_protocol::ids::{NodeKey, PlanDigest};
use parasol_protocol::oprf::{KeyName, KeyShare};
use std::collections::{BTreeMap, BTreeSet};

/// Where a ceremony stands for this node.
#[derive(Debug)]
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
    /// The certificate is made; not every holder has stored its shares yet.
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
    /// thing is on disk before the next follows from it.
    ///
    /// # Errors
    /// If a file cannot be used, or this node has no part in the ceremony.
    pub fn step(
        &self,
        name: &PlanDigest,
        basis: &Basis<'_>,
        hands: &Hands<'_>,
    ) -> Result<Stepped, DeskError> {
        let mut ceremony = self.participant(name, basis, hands)?;
        let (mut spoke, mut stored) = (false, None);
        let progress = loop {
            match ceremony.next()? {
                Next::Post(message) => {
                    self.say(&mut ceremony, &message)?;
                    spoke = true;
                }
                Next::Compare(voice) => match self.digits(name) {
                    Some(heard) => {
                        if let Err(differ) = ceremony.compare(&heard) {
                            let stop = ceremony.stop(Reason::Voice)?;
                            self.say(&mut ceremony, &stop)?;
                            return Err(differ.into());
                        }
                    }
                    None => break Progress::Compare(voice.to_string()),
                },
                Next::Store(new) => {
                    self.store(&new.shares, &new.signing)?;
                    stored = Some((new.signing.epoch, new.shares));
                    ceremony.stored();
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
                Next::Stopped(why) => {
                    self.close(name)?;
                    break Progress::Stopped(why);
                }
            }
        };
        Ok(Stepped {
            progress,
            spoke,
            stored,
        })
    }

    /// Stops a ceremony that this node takes part in.
    ///
    /// # Errors
    /// If it has signed the certificate already, or a file cannot be used.
    pub fn stop(
        &self,
        name: &PlanDigest,
        reason: Reason,
        basis: &Basis<'_>,
        hands: &Hands<'_>,
    ) -> Result<(), DeskError> {
        let mut ceremony = self.participant(name, basis, hands)?;
        let stop = ceremony.stop(reason)?;
        self.say(&mut ceremony, &stop)
    }

    /// Puts a message of this node's own on the board: on disk before anybody else sees it.
    fn say(&self, ceremony: &mut Ceremony, message: &[u8]) -> Result<(), DeskError> {
        // One's own message is refused only if the board is full of lies in one's own name.
        if ceremony.receive(message).is_ok() {
            self.keep(ceremony.board())?;
        }
        Ok(())
    }
}
