//! Publishing: the node signs what its organisation's clients hand in, in a slot of the day.

use super::batch::Batch;
use super::core::{Done, Engine, EngineError, Output};
use crate::admit::{Carried, SLOTS, SlotKey};
use crate::carried::{Overlay, View};
use crate::limits::{GRANT_QUOTA, MAX_DELEGATION_DAYS, RETRACTION_LIFE};
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

/// What the node knows of what it signed before.
///
/// A node that lost its store, or was set up anew from its keys, may have signed records earlier
/// today that it knows nothing of. If it signed others into the same slots, one of each pair would
/// be put out everywhere. The other organisations' nodes have those records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum OwnPast {
    /// All there is to know.
    Known,
    /// Nothing was found in the store when the engine was made.
    Lost,
    /// The same, and this was the day. On later days nothing can have been signed before.
    LostOn(Day),
}

impl OwnPast {
    pub fn begin(&mut self, today: Day) {
        if *self == OwnPast::Lost {
            *self = OwnPast::LostOn(today);
        }
    }

    /// The clock may have been ahead at the start, and put right since.
    pub fn mind(&mut self, today: Day) {
        if let OwnPast::LostOn(day) = self {
            *day = today.min(*day);
        }
    }
}

const LOST: &str = "this node found nothing of its own in its store when it started, and may have signed records earlier today that it does not remember. It publishes as soon as it has caught up with a node of another organisation: see with `parasol node status` whether it has peers, and look into net.peers of its configuration if it has none. If no other node can be reached, publish tomorrow (UTC)";

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
        if self.must_catch_up(now) {
            let outcome = |_| refused("catching-up", LOST);
            return Ok((Vec::new(), wanted.into_iter().map(outcome).collect()));
        }
        let mut batch = Batch::new(view);
        let mut outcomes = Vec::new();
        let mut gossip = Vec::new();
        for one in wanted {
            let (outcome, published) = self.publish_one(one, &mut batch, today)?;
            outcomes.push(outcome);
            gossip.extend(published);
        }
        self.offer_again(&mut batch, today)?;
        self.close(&mut batch)?;
        let mut outputs = batch.into_outputs([]);
        outputs.extend(gossip.into_iter().map(Output::Gossip));
        Ok((outputs, outcomes))
    }

    /// Whether the node may have signed records today that it does not remember, and so must catch
    /// up with another organisation's node before it [publishes](Engine::publish).
    ///
    /// That is so if [`Settings::catch_up_first`](super::Settings) is set, none of its slots was
    /// in use when it started, it was delegated before that day, and the day is not over.
    pub fn must_catch_up(&self, now: Timestamp) -> bool {
        let today = self.today(now);
        let (organisation, node) = (self.me.organisation, self.node());
        let mut delegations = self.directory.delegations_of(&organisation, &node);
        self.settings.catch_up_first
            && matches!(self.own_past, OwnPast::LostOn(day) if today <= day)
            && delegations.any(|d| d.from < today)
    }

    /// Whether the store remembers a slot that this node could have used.
    pub(super) fn look_for_own_past<V: View>(&self, view: &V) -> Result<OwnPast, V::Error> {
        let (organisation, node) = (self.me.organisation, self.node());
        for d in self.directory.delegations_of(&organisation, &node) {
            let slots = d.terms.slots;
            let below = slots.first.saturating_add(slots.count);
            let days = d.terms.until.since(d.from);
            for day in (0..=days.min(MAX_DELEGATION_DAYS)).map(|n| d.from.plus(n)) {
                for own in [false, true] {
                    let last = view.last_slot(&organisation, own, day, below)?;
                    if last.is_some_and(|last| last >= slots.first) {
                        return Ok(OwnPast::Known);
                    }
                }
            }
        }
        Ok(OwnPast::Lost)
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
        let own = Self::stays_home(&wanted.body, overlay)?;
        let Some(slot) = self.take_slot(&wanted.body, own, overlay, today)? else {
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
                self.give_back(slot, own, today);
                return Ok((refused(refusal.rule.id(), &refusal), None));
            }
        };
        let (id, bytes) = (record.id(), record.bytes().to_vec());
        match self.admit_into(record, own, batch, today)? {
            Ok(_) => Ok((Outcome::Published(id), (!own).then_some(bytes))),
            Err(refusal) => {
                self.give_back(slot, own, today);
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
        own: bool,
        overlay: &Overlay<'_, V>,
        today: Day,
    ) -> Result<Option<u32>, V::Error> {
        let node = self.node();
        if body.kind() == Kind::Grant {
            return self.take_grant_slot(body, overlay, today);
        }
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
        let mut next = match self.next_slots.get(&own) {
            Some((day, next)) if *day == today => *next,
            _ => match overlay
                .base()
                .last_slot(&self.me.organisation, own, today, below)?
            {
                Some(last) if last >= mine.first => last + 1,
                _ => mine.first,
            },
        };
        // A slot may be held already: after a restore from a backup the node's own records come
        // back from the others.
        while next < below && self.is_held(body, own, next, overlay, today)? {
            next += 1;
        }
        if next >= below {
            return Ok(None);
        }
        self.next_slots.insert(own, (today, next + 1));
        Ok(Some(next))
    }

    /// Grants have few slots, which all nodes of an organisation share.
    fn take_grant_slot<V: View>(
        &self,
        body: &Body,
        overlay: &Overlay<'_, V>,
        today: Day,
    ) -> Result<Option<u32>, V::Error> {
        for slot in 0..GRANT_QUOTA {
            if !self.is_held(body, false, slot, overlay, today)? {
                return Ok(Some(slot));
            }
        }
        Ok(None)
    }

    fn is_held<V: View>(
        &self,
        body: &Body,
        own: bool,
        slot: u32,
        overlay: &Overlay<'_, V>,
        today: Day,
    ) -> Result<bool, V::Error> {
        let key = SlotKey::numbered(self.me.organisation, body, own, today, slot);
        Ok(overlay.occupant(&key)?.is_some())
    }

    fn give_back(&mut self, slot: u32, own: bool, today: Day) {
        if self.next_slots.get(&own) == Some(&(today, slot + 1)) {
            self.next_slots.insert(own, (today, slot));
        }
    }
}
