//! What others can make a node keep of ceremonies: little, and the old goes first.

use super::desk::{Desk, Known, MAX_KEPT, io_error};
use super::error::DeskError;
use crate::files::write_private;
use parasol_protocol::cbor;
use parasol_protocol::ceremony::{Board, Plan, Proposal};
use parasol_protocol::ids::{OrganisationKey, PlanDigest};
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

/// Ceremonies of one organisation's starting in which this node takes no part.
const OF_ONE: usize = 4;
/// Ceremonies that are forgotten of which it is known that this node took part: more than it can join as long as one of
/// their plans can be joined. No clock says which go: the oldest do.
const PAST: usize = 4096;

/// Notes one more, the latest last.
fn noted(past: &mut Vec<PlanDigest>, name: PlanDigest) {
    past.retain(|known| *known != name);
    past.push(name);
    past.drain(..past.len().saturating_sub(PAST));
}

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

    fn past_path(&self) -> PathBuf {
        self.node_dir.join("ceremonies").join("past.cbor")
    }

    /// The ceremonies that are forgotten in which this node took part, the latest last.
    fn past(&self) -> Result<Vec<PlanDigest>, DeskError> {
        let path = self.past_path();
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => read.map_err(io_error(&path))?,
        };
        let read = cbor::decode(&bytes, 64 * PAST, |d| {
            cbor::list(d, PAST, |d| Ok(PlanDigest::from_bytes(cbor::array(d)?)))
        });
        Ok(read.unwrap_or_else(|error| {
            tracing::error!(%error, path = %path.display(), "the file is left out, and written anew when a ceremony is forgotten");
            Vec::new()
        }))
    }

    /// Whether this node has not forgotten a ceremony in which it took part: who joined it again would say
    /// something else.
    ///
    /// # Errors
    /// If it has, or it cannot be read whether.
    pub(super) fn check_past(&self, name: &PlanDigest) -> Result<(), DeskError> {
        if self.past()?.contains(name) {
            return Err(DeskError::Past);
        }
        Ok(())
    }

    /// Notes that this node took part in a ceremony that is about to be forgotten.
    ///
    /// # Errors
    /// If it cannot be written down.
    pub(super) fn put_past(&self, name: &PlanDigest) -> Result<(), DeskError> {
        let mut past = self.past()?;
        noted(&mut past, *name);
        let bytes = cbor::encode(|e| {
            cbor::put_array(e, past.len() as u64);
            for name in past {
                cbor::put_bytes(e, name.as_bytes());
            }
        });
        let path = self.past_path();
        write_private(&path, &bytes).map_err(io_error(&path))
    }

    /// Since when a ceremony is known here.
    pub(super) fn since(&self, name: &PlanDigest) -> Result<SystemTime, DeskError> {
        let path = self.place(name).join("old.cbor");
        let meta = fs::metadata(&path).map_err(io_error(&path))?;
        meta.modified().map_err(io_error(&path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_the_latest_are_known() {
        let name = |n: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&n.to_be_bytes());
            PlanDigest::from_bytes(bytes)
        };
        let mut past = Vec::new();
        (0..PAST + 2).for_each(|n| noted(&mut past, name(n)));
        noted(&mut past, name(5));
        assert_eq!(past.len(), PAST);
        assert!(!past.contains(&name(1)) && past.contains(&name(2)));
        assert_eq!(past.last(), Some(&name(5)));
    }
}
