//! Publishing: the node signs what its organisation's clients hand in, in a slot of the day.

use super::batch::Batch;
use super::core::{Done, Engine, EngineError, Output};
use crate::admit::{Carried, SLOTS, SlotKey};
use crate::carried::{Overlay, View};
use crate::limits::RETRACTION_LIFE;
use crate::record::{Body, Draft, Header, Kind, Rule, Signer, Verified};
use crate::time::{Day, Timestamp};
use crate::wire::client::{Outcome, Wanted};

fn refused(code: &str, message: impl std::fmt::Display) -> Outcome {
    Outcome::Refused {
        code: code.to_owned(),
        message: message.to_string(),
    }
}

/// What became of one draft, and what to pass on of it.
type One = (Outcome, Option<Vec<u8>>);

impl Engine {
    /// Signs, stores and passes on. What is published twice with one lock is published once.
    ///
    /// The outputs come before the outcomes are told to anyone.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn publish<V: View>(
        &mut self,
        wanted: Vec<Wanted>,
        view: &V,
        now: Timestamp,
    ) -> Result<Done<Vec<Outcome>>, EngineError<V::Error>> {
        let today = self.today(now);
        let mut batch = Batch::new(view);
        let mut outcomes = Vec::new();
        let mut gossip = Vec::new();
        for one in wanted {
            let (outcome, published) = self.publish_one(one, &mut batch, today)?;
            outcomes.push(outcome);
            gossip.extend(published);
        }
        self.offer_again(&mut batch, today)?;
        let mut outputs = batch.into_outputs([]);
        outputs.extend(gossip.into_iter().map(Output::Gossip));
        Ok((outputs, outcomes))
    }

    fn publish_one<V: View>(
        &mut self,
        wanted: Wanted,
        batch: &mut Batch<'_, V>,
        today: Day,
    ) -> Result<One, EngineError<V::Error>> {
        let overlay = &batch.overlay;
        if let Body::Report(report) = &wanted.body {
            if let Some(id) = self.same_report(&wanted, overlay)? {
                return Ok((Outcome::Published(id), None));
            }
            if overlay.tombstones(&report.lock)?.iter().any(|t| t.proven) {
                return Ok((refused(Rule::Retracted.id(), Rule::Retracted.text()), None));
            }
        }
        let Some(slot) = self.take_slot(&wanted.body, overlay, today)? else {
            let message = "the organisation's records of today are used up; the draft can be sent again tomorrow";
            return Ok((refused("quota", message), None));
        };
        let expires = match wanted.body.kind() {
            Kind::Retraction => today.plus(RETRACTION_LIFE),
            _ => wanted.expires,
        };
        let header = Header {
            organisation: self.me.organisation,
            signer: Signer::Node(self.node()),
            issued: today,
            expires,
            slot,
        };
        let draft = Draft {
            header,
            body: wanted.body,
        };
        let record = match draft.sign(self.directory.charter().federation(), &self.me.record_key) {
            Ok(record) => record,
            Err(refusal) => {
                self.give_back(slot, today);
                return Ok((refused(refusal.rule.id(), &refusal), None));
            }
        };
        let (id, bytes) = (record.id(), record.bytes().to_vec());
        match self.admit_into(record, false, batch, today)? {
            Ok(_) => {
                let own = batch.overlay.is_own(&id)?;
                Ok((Outcome::Published(id), (!own).then_some(bytes)))
            }
            Err(refusal) => {
                self.give_back(slot, today);
                Ok((refused(refusal.rule.id(), &refusal), None))
            }
        }
    }

    /// The report that was published before with this lock and edition.
    fn same_report<V: View>(
        &self,
        wanted: &Wanted,
        overlay: &Overlay<'_, V>,
    ) -> Result<Option<crate::ids::RecordId>, V::Error> {
        let Body::Report(report) = &wanted.body else {
            return Ok(None);
        };
        for id in overlay.with_lock(&report.lock)? {
            let stored = overlay
                .base()
                .record(&id)?
                .and_then(|b| Verified::from_own_store(&b).ok());
            let record = stored.or_else(|| overlay.added(&id).cloned());
            let same = record.as_ref().is_some_and(|r| {
                r.header().organisation == self.me.organisation
                    && matches!(r.body(), Body::Report(other) if other.edition == report.edition)
            });
            if same {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// The next free slot of today, if the node has one left.
    fn take_slot<V: View>(
        &mut self,
        body: &Body,
        overlay: &Overlay<'_, V>,
        today: Day,
    ) -> Result<Option<u32>, V::Error> {
        let node = self.node();
        let quota = self.directory.charter().terms().quotas.records;
        let Some(mine) = self
            .directory
            .nodes(today)
            .get(&node)
            .map(|d| d.terms.slots)
        else {
            return Ok(None);
        };
        let below = mine.first.saturating_add(mine.count).min(quota).min(SLOTS);
        let mut next = match self.next_slot {
            Some((day, next)) if day == today => next,
            _ => match overlay
                .base()
                .last_slot(&self.me.organisation, today, below)?
            {
                Some(last) if last >= mine.first => last + 1,
                _ => mine.first,
            },
        };
        // A slot may be held already: after a restore from a backup the node's own records come
        // back from the others.
        while next < below && self.is_held(body, next, overlay, today)? {
            next += 1;
        }
        if next >= below {
            return Ok(None);
        }
        self.next_slot = Some((today, next + 1));
        Ok(Some(next))
    }

    fn is_held<V: View>(
        &self,
        body: &Body,
        slot: u32,
        overlay: &Overlay<'_, V>,
        today: Day,
    ) -> Result<bool, V::Error> {
        let key = SlotKey::numbered(self.me.organisation, body, today, slot);
        Ok(overlay.occupant(&key)?.is_some())
    }

    fn give_back(&mut self, slot: u32, today: Day) {
        if self.next_slot == Some((today, slot + 1)) {
            self.next_slot = Some((today, slot));
        }
    }
}
