//! A batch of records on its way into the store: what each puts out, what is set aside of it, and
//! what may come back.
//!
//! Of two records in one slot the lower id wins, so a thief of a node's record key can put out any
//! record of that node by signing another until its id is low enough; and a revocation voids what
//! its root has not affirmed yet. Everybody carries the same all the same. But somebody must still
//! have the honest record when the root affirms it, and that is the organisation whose record it
//! is: its nodes set aside what is put out, and offer it again.

use super::core::{Engine, EngineError, Notice, Output};
use crate::admit::{Carried, SlotKey, Verdict, check_signer};
use crate::carried::{Aside, Change, Overlay, View};
use crate::directory::Forgotten;
use crate::ids::RecordId;
use crate::record::report::Audience;
use crate::record::{Body, Kind, Refusal, Rule, Signer, Verified};
use crate::time::{Day, Season};
use std::collections::BTreeSet;

/// Records set aside of one slot. The honest one is the first that its own node carried there, so
/// it finds room; a thief who signs on and on does not.
const ASIDE: usize = 2;

/// The changes so far, and what is to follow them.
pub(super) struct Batch<'a, V> {
    pub overlay: Overlay<'a, V>,
    /// Set aside, and to be looked at again.
    offers: BTreeSet<RecordId>,
    /// Seasons of which somebody newly says that they are over.
    pub endings: BTreeSet<Season>,
    /// What is to be done of that when all is stored, before anybody hears of it.
    pub over: Vec<Output>,
    gossip: Vec<Vec<u8>>,
    restored: usize,
}

impl<'a, V: View> Batch<'a, V> {
    /// An empty one.
    pub const fn new(view: &'a V) -> Self {
        Self {
            overlay: Overlay::new(view),
            offers: BTreeSet::new(),
            endings: BTreeSet::new(),
            over: Vec::new(),
            gossip: Vec::new(),
            restored: 0,
        }
    }

    /// Looks again at what was set aside and lost this slot.
    fn offer_slot(&mut self, slot: &SlotKey) -> Result<(), V::Error> {
        let lost = self.overlay.aside_in(slot)?;
        self.offers.extend(lost);
        Ok(())
    }

    /// What the driver is to do: store, then pass on and tell.
    pub fn into_outputs(self, also: impl IntoIterator<Item = Change>) -> Vec<Output> {
        let contested = self.overlay.contested();
        let mut changes = self.overlay.into_changes();
        changes.extend(also);
        let mut out = Vec::new();
        if !changes.is_empty() {
            out.push(Output::Store(changes));
        }
        out.extend(self.over);
        out.extend(self.gossip.into_iter().map(Output::Gossip));
        let keys = contested.into_iter();
        out.extend(keys.map(|key| Output::Notice(Notice::Contested(key))));
        if self.restored > 0 {
            out.push(Output::Notice(Notice::Restored(self.restored)));
        }
        out
    }
}

impl Engine {
    /// Admits one record on top of the batch so far; with `own`, as one that never leaves the
    /// organisation. Says whether it is new.
    pub(super) fn admit_into<V: View>(
        &mut self,
        record: Verified,
        own: bool,
        batch: &mut Batch<'_, V>,
        today: Day,
    ) -> Result<Result<bool, Refusal>, V::Error> {
        let home = self.me.organisation;
        let overlay = &batch.overlay;
        // Asked before anything goes: the report that says so may be among it.
        let own = own || self.is_ours(&record) && Self::stays_home(record.body(), overlay)?;
        match crate::admit::admit(&record, own, &self.directory, overlay, &home, today)? {
            Verdict::Known => Ok(Ok(false)),
            Verdict::Refuse(refusal) => {
                self.refused(record, own, &refusal, batch)?;
                Ok(Err(refusal))
            }
            Verdict::Carry { evicts } => {
                // First, so that what it puts out finds its place.
                if self.is_ours(&record) {
                    batch.overlay.drop_aside(&record.id())?;
                }
                let mut forgotten = Vec::new();
                for id in &evicts {
                    forgotten.push(self.forget(id));
                    self.put_out(id, Some((&record, own)), batch)?;
                }
                let matters = record.kind().by_root() || !evicts.is_empty();
                self.learn(&record);
                self.calendar.witness(&record, &home, today);
                self.take_in(record, own, batch)?;
                for one in &forgotten {
                    self.put_out_orphans(one, batch)?;
                }
                self.sets.changed();
                if matters {
                    self.forget_settled_ids();
                }
                Ok(Ok(true))
            }
        }
    }

    fn take_in<V: View>(
        &self,
        record: Verified,
        own: bool,
        batch: &mut Batch<'_, V>,
    ) -> Result<(), V::Error> {
        match record.body() {
            Body::Retraction(r) if r.proof.is_some() => {
                // What the lock destroys is destroyed wherever it lies.
                for id in batch.overlay.aside_with(&r.lock)? {
                    let of = batch.overlay.aside(&id)?;
                    if of.is_some_and(|a| a.record.kind() != Kind::Retraction) {
                        batch.overlay.drop_aside(&id)?;
                    }
                }
            }
            Body::Ending(ending) => {
                batch.endings.insert(ending.season);
            }
            Body::Affirmation(a) if record.header().organisation == self.me.organisation => {
                batch.offers.extend(&a.records);
            }
            _ => {}
        }
        batch.overlay.insert(record, own);
        Ok(())
    }

    /// Looks again at what was set aside and may stand now, and passes on what does.
    pub(super) fn offer_again<V: View>(
        &mut self,
        batch: &mut Batch<'_, V>,
        today: Day,
    ) -> Result<(), EngineError<V::Error>> {
        while let Some(id) = batch.offers.pop_first() {
            let Some(aside) = batch.overlay.aside(&id)? else {
                continue;
            };
            let bytes = aside.record.bytes().to_vec();
            match self.admit_into(aside.record, aside.own, batch, today)? {
                Ok(true) => {
                    batch.restored += 1;
                    if !batch.overlay.is_own(&id)? {
                        batch.gossip.push(bytes);
                    }
                }
                Ok(false) => batch.overlay.drop_aside(&id)?,
                Err(refusal) if matches!(refusal.rule, Rule::Retracted | Rule::Expired) => {
                    batch.overlay.drop_aside(&id)?;
                }
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Whether a node of this organisation signed it.
    pub(super) fn is_ours(&self, record: &Verified) -> bool {
        let header = record.header();
        header.organisation == self.me.organisation && header.signer != Signer::Root
    }

    /// A record that is refused now, and that an affirmation may make right.
    fn refused<V: View>(
        &self,
        record: Verified,
        own: bool,
        refusal: &Refusal,
        batch: &mut Batch<'_, V>,
    ) -> Result<(), V::Error> {
        let rule = refusal.rule;
        if !self.is_ours(&record) || !matches!(rule, Rule::SlotTaken | Rule::RevokedKey) {
            return Ok(());
        }
        let slot = SlotKey::of(&record, own);
        let winner = batch.overlay.occupant(&slot)?;
        let signer = record.header().signer;
        let lost = rule == Rule::SlotTaken && !winner.is_some_and(|id| self.is_affirmed(&id));
        // What was carried goes first; of what never was, one a slot.
        // Two of an organisation's nodes may both say that a season is over.
        let twice = record.kind() == Kind::Ending;
        if self.set_aside(record, own, 1, batch)?
            && lost
            && !twice
            && let Signer::Node(key) = signer
        {
            batch.overlay.contest(&key)?;
        }
        Ok(())
    }

    fn is_affirmed(&self, id: &RecordId) -> bool {
        self.directory.is_affirmed(&self.me.organisation, id)
    }

    /// Puts out a record: for another, or because nothing speaks for it any more.
    pub(super) fn put_out<V: View>(
        &self,
        id: &RecordId,
        by: Option<(&Verified, bool)>,
        batch: &mut Batch<'_, V>,
    ) -> Result<(), V::Error> {
        let by_lock = by.is_some_and(|(r, _)| r.body().proves_itself());
        let destroys = |old: &Verified| {
            let lock = old.body().lock();
            old.kind() != Kind::Retraction
                && by.is_some_and(|(r, _)| by_lock && r.body().lock() == lock)
        };
        // Only its own organisation's records, and a lock, put out a record of ours.
        let foreign = by.is_some_and(|(r, _)| r.header().organisation != self.me.organisation);
        let old = if foreign && !by_lock {
            None
        } else {
            batch.overlay.record(id)?
        };
        let own = batch.overlay.is_own(id)?;
        batch.overlay.remove(*id);
        let Some(old) = old.filter(|r| self.is_ours(r)) else {
            return Ok(());
        };
        let slot = SlotKey::of(&old, own);
        match by.filter(|(r, own)| SlotKey::of(r, *own) == slot) {
            Some((winner, _)) if winner.kind() == Kind::Ending => {}
            Some((winner, _)) if !self.is_affirmed(&winner.id()) => {
                if let Signer::Node(key) = &winner.header().signer {
                    batch.overlay.contest(key)?;
                }
            }
            Some(_) => {}
            // The slot is free again: one that lost it may have it back.
            None => batch.offer_slot(&slot)?,
        }
        if !destroys(&old) {
            self.set_aside(old, own, ASIDE, batch)?;
        }
        Ok(())
    }

    /// Puts out what has expired. One that lost its slot to it may have it back.
    pub(super) fn put_out_expired<V: View>(
        &self,
        id: &RecordId,
        batch: &mut Batch<'_, V>,
    ) -> Result<(), V::Error> {
        let old = batch.overlay.record(id)?;
        let own = batch.overlay.is_own(id)?;
        batch.overlay.remove(*id);
        match old.filter(|r| self.is_ours(r)) {
            Some(old) => batch.offer_slot(&SlotKey::of(&old, own)),
            None => Ok(()),
        }
    }

    /// Sets a record aside, if fewer than `room` of its slot are. Says whether it did.
    fn set_aside<V: View>(
        &self,
        record: Verified,
        own: bool,
        room: usize,
        batch: &mut Batch<'_, V>,
    ) -> Result<bool, V::Error> {
        let there = batch.overlay.aside_in(&SlotKey::of(&record, own))?;
        if there.len() >= room || there.contains(&record.id()) {
            return Ok(false);
        }
        if record.kind() != Kind::Retraction
            && let Some(lock) = record.body().lock()
            && batch.overlay.tombstones(lock)?.iter().any(|t| t.proven)
        {
            return Ok(false);
        }
        batch.overlay.set_aside(Aside { record, own });
        Ok(true)
    }

    /// Puts out what stood only by a record that is gone: what is carried must not hang on whether
    /// it came before that record went.
    pub(super) fn put_out_orphans<V: View>(
        &mut self,
        forgotten: &Forgotten,
        batch: &mut Batch<'_, V>,
    ) -> Result<(), V::Error> {
        let mut doubtful = forgotten.records.clone();
        for (organisation, key) in &forgotten.keys {
            let signed = batch.overlay.signed_by(organisation, key)?;
            doubtful.extend(signed.iter().map(|s| s.id));
        }
        for id in doubtful {
            let stands = batch
                .overlay
                .record(&id)?
                .is_none_or(|r| check_signer(&r, &self.directory).is_ok());
            if !stands {
                // What a node signed can be in the directory, too: a grant.
                self.forget(&id);
                self.put_out(&id, None, batch)?;
            }
        }
        Ok(())
    }

    /// Whether what this organisation's own nodes sign never leaves it: a report that says so, and
    /// what its own people attach to one or take back of one, which would show that there is one.
    pub(super) fn stays_home<V: View>(
        body: &Body,
        overlay: &Overlay<'_, V>,
    ) -> Result<bool, V::Error> {
        let target = match body {
            Body::Report(r) => return Ok(r.audience == Audience::Own),
            Body::Translation(a) => Some(&a.target),
            Body::Second(a) => Some(&a.target),
            Body::Dispute(a) => Some(&a.target),
            _ => None,
        };
        let Some(lock) = body.lock() else {
            return Ok(false);
        };
        if let Some(target) = target
            && let Some(report) = overlay.record(&target.report)?
            && report.body().lock() == Some(lock)
        {
            return overlay.is_own(&target.report);
        }
        overlay.is_own_lock(lock)
    }
}
