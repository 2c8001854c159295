//! What others can make a node keep of ceremonies: little, and the old goes first.

use super::desk::{Desk, Known, MAX_KEPT, io_error};
use super::error::DeskError;
use parasol_protocol::ceremony::{Board, Plan, Proposal};
use parasol_protocol::ids::{OrganisationKey, PlanDigest};
use std::fs;
use std::time::SystemTime;

/// Ceremonies of one organisation's starting in which this node takes no part.
const OF_ONE: usize = 4;

impl Desk {
    /// Makes room for one more ceremony: of those in which this node takes no part the oldest of the
    /// same organisation goes when that has its few, then the oldest of those that are over.
    ///
    /// # Errors
    /// If there is none that may go, or the files cannot be removed.
    pub(super) fn make_room(&self, plan: &Plan, known: &Known) -> Result<(), DeskError> {
        let starts = |plan: &Proposal| {
            let terms = plan.terms();
            known.directory.signer_on(&terms.starter, terms.day)
        };
        let by: Option<OrganisationKey> = known
            .directory
            .signer_on(&plan.terms().starter, plan.terms().day);
        let (mut idle, mut theirs, mut over) = (Vec::new(), Vec::new(), Vec::new());
        let names = self.names()?;
        let count = names.len();
        for name in names {
            let since = self.since(&name)?;
            if self.takes_part(&name) {
                if !self.speaks(&name) {
                    over.push((since, name));
                }
                continue;
            }
            let bytes = self.board_bytes(&name)?;
            let plan = Board::split(&bytes).ok();
            let plan = plan.and_then(|(plan, _)| Proposal::from_bytes(&plan).ok());
            if plan.is_none_or(|plan| starts(&plan) == by) {
                theirs.push((since, name));
            }
            idle.push((since, name));
        }
        for list in [&mut idle, &mut theirs, &mut over] {
            list.sort_unstable();
        }
        let mut gone = Vec::new();
        if theirs.len() >= OF_ONE {
            gone.extend(theirs.first().copied());
        }
        if gone.is_empty() && count >= MAX_KEPT {
            gone.extend(idle.first().or(over.first()).copied());
            if gone.is_empty() {
                return Err(DeskError::Full);
            }
        }
        for (_, name) in gone {
            self.forget(&name)?;
        }
        Ok(())
    }

    /// Since when a ceremony is known here.
    pub(super) fn since(&self, name: &PlanDigest) -> Result<SystemTime, DeskError> {
        let path = self.place(name).join("old.cbor");
        let meta = fs::metadata(&path).map_err(io_error(&path))?;
        meta.modified().map_err(io_error(&path))
    }
}
