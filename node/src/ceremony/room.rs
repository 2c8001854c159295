//! What others can make a node keep of ceremonies: little, and the old goes first.

use super::desk::{Desk, Known, MAX_KEPT, io_error};
use super::error::DeskError;
use crate::files::write_private;
use parasol_protocol::cbor;
use parasol_protocol::ceremony::{Board, Plan, Proposal};
use parasol_protocol::ids::{OrganisationKey, PlanDigest};
use parasol_protocol::limits::{MAX_PLAN_AHEAD, MAX_PLAN_DAYS};
use parasol_protocol::time::Day;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// Ceremonies of one organisation's starting in which this node takes no part.
const OF_ONE: usize = 4;
/// Days for which it is known, of a ceremony that is forgotten, that this node took part in it: counted back from
/// the latest such day, that can be ahead of a plan that is still joined by its clock and others'.
const PAST_DAYS: u32 = MAX_PLAN_DAYS + 2 * MAX_PLAN_AHEAD;
/// More of them than a node joins in that time.
const PAST: usize = 4096;

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

    /// The ceremonies that are forgotten in which this node took part, with their plans' days, as long as one may
    /// still be joined: who joined it again would say something else.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn past(&self) -> Result<BTreeMap<PlanDigest, Day>, DeskError> {
        let path = self.past_path();
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            read => read.map_err(io_error(&path))?,
        };
        let read = cbor::decode(&bytes, 64 * PAST, |d| {
            cbor::list(d, PAST, |d| {
                cbor::tuple(d, 2)?;
                let name = PlanDigest::from_bytes(cbor::array(d)?);
                Ok((name, Day::from_number(d.u32()?)))
            })
        });
        Ok(read.map(BTreeMap::from_iter).unwrap_or_else(|error| {
            tracing::error!(%error, path = %path.display(), "the file is left out, and written anew when a ceremony is forgotten");
            BTreeMap::new()
        }))
    }

    /// Notes that this node took part in a ceremony that is about to be forgotten.
    ///
    /// # Errors
    /// If it cannot be written down.
    pub(super) fn put_past(&self, name: &PlanDigest) -> Result<(), DeskError> {
        let mut past = self.past()?;
        let plan = self.board_bytes(name).ok();
        let plan = plan.and_then(|bytes| Board::split(&bytes).ok());
        let plan = plan.and_then(|(plan, _)| Proposal::from_bytes(&plan).ok());
        let day = match plan {
            Some(plan) => plan.terms().day,
            None => {
                let since = self.since(name)?.duration_since(UNIX_EPOCH);
                let days = since.unwrap_or_default().as_secs() / (24 * 3600);
                Day::from_number(u32::try_from(days).unwrap_or(u32::MAX))
            }
        };
        past.insert(*name, day);
        let latest = past.values().max().copied().unwrap_or(day);
        let mut past: Vec<(Day, PlanDigest)> = past.into_iter().map(|(n, day)| (day, n)).collect();
        past.retain(|(day, _)| latest.since(*day) <= PAST_DAYS);
        past.sort_unstable();
        let past: Vec<_> = past.iter().rev().take(PAST).collect();
        let bytes = cbor::encode(|e| {
            cbor::put_array(e, past.len() as u64);
            for (day, name) in past {
                cbor::put_array(e, 2);
                cbor::put_bytes(e, name.as_bytes());
                cbor::put_uint(e, u64::from(day.number()));
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
