//! A new version of the charter is taken up while the node runs.
//!
//! What is carried depends on the charter, so all that is carried is looked at again: a node that
//! had a record before the version came must carry the same as one that hears of it afterwards.

use super::batch::Batch;
use super::core::{Engine, EngineError, Notice, Output};
use crate::admit::check;
use crate::carried::{Change, View};
use crate::charter::{Charter, CharterError};
use crate::directory::Directory;
use crate::ids::RecordId;
use crate::record::{Rule, Verified};
use crate::time::Timestamp;
use std::sync::Arc;

impl Engine {
    /// Takes up the version of the charter that counts from now on, and puts out what may not be
    /// carried under it. The driver stores the charter before it carries out the outputs.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn take_up<V: View>(
        &mut self,
        charter: Charter,
        view: &V,
        now: Timestamp,
    ) -> Result<Result<Vec<Output>, CharterError>, EngineError<V::Error>> {
        let known = self.directory.charter();
        if known.id() == charter.id() {
            return Ok(Ok(Vec::new()));
        }
        if known.federation() != charter.federation() {
            return Ok(Err(CharterError::OtherFederation));
        }
        let version = charter.version();
        let mut out = self.look_at_all_again(charter, view, now)?;
        out.push(Output::Notice(Notice::Charter(version)));
        self.refresh_peers(now, &mut out);
        Ok(Ok(out))
    }

    /// Puts out what may not be carried under the charter that the engine was made with: it may
    /// have been taken up while the node did not run. If the store was held against it already,
    /// nothing is to be done.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn look_again<V: View>(
        &mut self,
        view: &V,
        now: Timestamp,
    ) -> Result<Vec<Output>, EngineError<V::Error>> {
        let charter = self.directory.charter().clone();
        if view.held_against()? == Some(charter.id()) {
            return Ok(Vec::new());
        }
        self.look_at_all_again(charter, view, now)
    }

    fn look_at_all_again<V: View>(
        &mut self,
        charter: Charter,
        view: &V,
        now: Timestamp,
    ) -> Result<Vec<Output>, EngineError<V::Error>> {
        let today = self.today(now);
        let home = self.me.organisation;
        let mut batch = Batch::new(view);
        let held_against = Change::HeldAgainst(charter.id());
        let mut directory = Directory::new(charter);
        let mut gone = Vec::new();
        let mut known = Vec::new();
        for id in view.for_directory()? {
            known.extend(read(&id, view)?);
        }
        // Delegations before what is signed under them.
        known.sort_by_key(|record| !record.kind().by_root());
        for record in known {
            match check(&record, &directory, &home, today) {
                Err(no) if no.rule != Rule::Expired && no.rule != Rule::Future => {
                    gone.push(record.id());
                }
                _ => directory.learn(&record),
            }
        }
        self.calendar.count_witnesses(directory.charter());
        self.directory = Arc::new(directory);
        let mut others = Vec::new();
        view.list(&mut |listed| others.push(listed.id))?;
        for id in others {
            let Some(record) = read(&id, view)?.filter(|r| !r.kind().in_directory()) else {
                continue;
            };
            let refused = check(&record, &self.directory, &home, today).err();
            if refused.is_some_and(|no| no.rule != Rule::Expired && no.rule != Rule::Future) {
                gone.push(id);
            }
        }
        for id in &gone {
            self.put_out(id, None, &mut batch)?;
        }
        self.offer_again(&mut batch, today)?;
        self.sets.changed();
        self.forget_settled_ids();
        self.roots_changed = true;
        self.count_endings_again(&mut batch);
        self.close(&mut batch)?;
        Ok(batch.into_outputs([held_against]))
    }
}

fn read<V: View>(id: &RecordId, view: &V) -> Result<Option<Verified>, EngineError<V::Error>> {
    let Some(bytes) = view.record(id)? else {
        return Ok(None);
    };
    let record = Verified::from_own_store(&bytes);
    let record = record.map_err(|why| EngineError::Damaged { id: *id, why })?;
    Ok(Some(record))
}
