//! Catch-up: at intervals a node reconciles its set with each peer, fetches what it lacks and
//! sends what the peer lacks.

use super::core::{AskId, Engine, EngineError, Notice, Output};
use super::sets::Of;
use super::{Arrived, Source};
use crate::carried::View;
use crate::ids::{RecordId, TransportKey};
use crate::reconcile::Set;
use crate::record::Verified;
use crate::time::Timestamp;
use crate::wire::peer::{MAX_BATCH_BYTES, MAX_FETCH, MAX_FETCHED_BYTES, Refusal, Reply, Request};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Ids remembered a peer, so that what it refused is not sent again at once.
const MAX_REMEMBERED: usize = 8192;
/// Messages of one reconciliation, and ids found missing by it, after which what was found is
/// fetched and the rest left to the next catch-up. A peer could go on without end.
const MAX_STEPS: u32 = 256;
const MAX_MISSING: usize = 65_536;

/// A catch-up under way with one peer. One request is out at a time.
pub(super) struct Session {
    set: Arc<Set>,
    of: Of,
    ask: AskId,
    deadline: Timestamp,
    steps: u32,
    have: Vec<RecordId>,
    need: Vec<RecordId>,
    /// What the request that is out fetches or pushes.
    under_way: Vec<RecordId>,
    received: usize,
    sent: usize,
    /// Whether the two sets were compared to the end.
    whole: bool,
}

fn reconcile(of: Of, message: Vec<u8>) -> Request {
    let after = of.after;
    if of.own {
        Request::ReconcileOwn { after, message }
    } else {
        Request::Reconcile { after, message }
    }
}

pub(super) fn remember(ids: &mut BTreeSet<RecordId>, id: RecordId) {
    if ids.len() >= MAX_REMEMBERED {
        ids.clear();
    }
    ids.insert(id);
}

impl Engine {
    /// Begins the catch-ups that are due and gives up those that got no answer.
    pub(super) fn sync_due<V: View>(
        &mut self,
        view: &V,
        now: Timestamp,
        out: &mut Vec<Output>,
    ) -> Result<(), EngineError<V::Error>> {
        let every = self.settings.sync_every;
        let mut due = Vec::new();
        // What is further off than it was ever set was set by a clock that was put right since: nothing
        // waits for that moment to come a second time.
        let come = |at: Timestamp, wait| at <= now || now.plus_millis(wait) < at;
        let patience = self.settings.patience;
        for (key, peer) in &mut self.peers {
            let sync = peer.sync.as_ref();
            if sync.is_some_and(|s| come(s.deadline, patience)) {
                peer.sync = None;
                peer.next_sync = now.plus_millis(every);
            }
            if peer.sync.is_none() && come(peer.next_sync, every) {
                due.push(*key);
            }
        }
        for key in due {
            let after = self.today(now).plus(1);
            self.begin_sync(key, Of { after, own: false }, view, now, out)?;
        }
        Ok(())
    }

    /// Asks for a catch-up with every peer at the next tick.
    pub fn sync_soon(&mut self, now: Timestamp) {
        for peer in self.peers.values_mut() {
            peer.next_sync = now;
        }
    }

    fn set_of<V: View>(&mut self, of: Of, view: &V, now: Timestamp) -> Result<Arc<Set>, V::Error> {
        if let Some(set) = self.sets.get(of, now) {
            return Ok(set);
        }
        self.sets.forget(of, self.today(now).plus(1));
        let mut items = Vec::new();
        view.list(&mut |r| {
            if r.expires > of.after && r.own == of.own {
                items.push((r.issued, r.id));
            }
        })?;
        let set = Arc::new(Set::new(items));
        self.sets.put(of, Arc::clone(&set), now);
        Ok(set)
    }

    fn begin_sync<V: View>(
        &mut self,
        key: TransportKey,
        of: Of,
        view: &V,
        now: Timestamp,
        out: &mut Vec<Output>,
    ) -> Result<(), EngineError<V::Error>> {
        let set = self.set_of(of, view, now)?;
        let Ok(message) = set.begin() else {
            return Ok(());
        };
        let ask = self.ask(key, reconcile(of, message), out);
        let deadline = now.plus_millis(self.settings.patience);
        if let Some(peer) = self.peers.get_mut(&key) {
            let (have, need) = (Vec::new(), Vec::new());
            peer.sync = Some(Session {
                set,
                of,
                ask,
                deadline,
                steps: 0,
                have,
                need,
                under_way: Vec::new(),
                received: 0,
                sent: 0,
                whole: false,
            });
        }
        Ok(())
    }

    fn ask(&mut self, peer: TransportKey, request: Request, out: &mut Vec<Output>) -> AskId {
        self.next_ask += 1;
        let id = AskId(self.next_ask);
        out.push(Output::Ask { peer, id, request });
        id
    }

    /// A peer's request came without an answer.
    pub fn unanswered(&mut self, key: &TransportKey, id: AskId, now: Timestamp) {
        let every = self.settings.sync_every;
        if let Some(peer) = self.peers.get_mut(key)
            && peer.sync.as_ref().is_some_and(|s| s.ask == id)
        {
            peer.sync = None;
            peer.next_sync = now.plus_millis(every);
        }
    }

    /// A peer answered. Records in the answer were verified by the driver, which passes those that
    /// hold as `records`.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn replied<V: View>(
        &mut self,
        key: TransportKey,
        id: AskId,
        reply: Reply,
        records: Vec<Verified>,
        view: &V,
        now: Timestamp,
    ) -> Result<Vec<Output>, EngineError<V::Error>> {
        let mut out = Vec::new();
        let Some(mut session) = self.peers.get_mut(&key).and_then(|p| p.sync.take()) else {
            return Ok(out);
        };
        if session.ask != id {
            self.put_session(&key, Some(session));
            return Ok(out);
        }
        session.deadline = now.plus_millis(self.settings.patience);
        match reply {
            Reply::Reconcile { after, .. } if after > session.of.after => {
                // The peer's day is later. A wrong clock must not draw us far.
                if after <= self.today(now).plus(3) {
                    let own = session.of.own;
                    self.begin_sync(key, Of { after, own }, view, now, &mut out)?;
                    return Ok(out);
                }
                self.finish(key, None, now, &mut out);
                return Ok(out);
            }
            Reply::Reconcile { message, .. } => match session.set.proceed(&message) {
                Ok(step) => {
                    session.have.extend(step.have);
                    session.need.extend(step.need);
                    session.steps += 1;
                    let enough = session.steps >= MAX_STEPS
                        || session.need.len() >= MAX_MISSING
                        || session.have.len() >= MAX_MISSING;
                    session.whole = step.next.is_none();
                    if let Some(message) = step.next.filter(|_| !enough) {
                        session.ask = self.ask(key, reconcile(session.of, message), &mut out);
                        self.put_session(&key, Some(session));
                        return Ok(out);
                    }
                    self.forget_settled(&key, &mut session);
                }
                Err(_) => {
                    self.finish(key, None, now, &mut out);
                    return Ok(out);
                }
            },
            Reply::Records(_) | Reply::OwnRecords(_)
                if session.of.own == matches!(reply, Reply::OwnRecords(_)) =>
            {
                // A reply has room for so much; what did not fit is asked for again, as long as
                // the peer sends something of it.
                let came: BTreeSet<RecordId> = records.iter().map(Verified::id).collect();
                let before = session.under_way.len();
                session.under_way.retain(|id| !came.contains(id));
                if session.under_way.len() < before {
                    session.need.append(&mut session.under_way);
                }
                let source = if session.of.own {
                    Source::Colleague(key)
                } else {
                    Source::Peer(key)
                };
                let Arrived { outputs, verdicts } = self.arrived(source, records, view, now)?;
                session.received += verdicts
                    .iter()
                    .filter(|(_, v)| matches!(v, Ok(true)))
                    .count();
                out.extend(outputs);
            }
            Reply::Pushed => {
                // Only now: a push that was lost must go again.
                if let Some(peer) = self.peers.get_mut(&key) {
                    for id in &session.under_way {
                        remember(&mut peer.sent, *id);
                    }
                }
            }
            _ => {
                self.finish(key, None, now, &mut out);
                return Ok(out);
            }
        }
        self.go_on(key, session, view, now, &mut out)?;
        Ok(out)
    }

    /// Drops what this peer refused before, and what it sent before and was refused here or waits
    /// for its day or its delegation.
    fn forget_settled(&mut self, key: &TransportKey, session: &mut Session) {
        if let Some(peer) = self.peers.get(key) {
            session.have.retain(|id| !peer.sent.contains(id));
            session.need.retain(|id| !peer.refused.contains(id));
            if !session.of.own {
                let sender = Some((Some(peer.organisation), *key));
                session.need.retain(|id| !self.waiting.holds(&sender, id));
            }
        }
    }

    /// Fetches, then pushes, then ends.
    fn go_on<V: View>(
        &mut self,
        key: TransportKey,
        mut session: Session,
        view: &V,
        now: Timestamp,
        out: &mut Vec<Output>,
    ) -> Result<(), EngineError<V::Error>> {
        if !session.need.is_empty() {
            let rest = session.need.split_off(session.need.len().min(MAX_FETCH));
            let wanted = std::mem::replace(&mut session.need, rest);
            session.under_way.clone_from(&wanted);
            let request = if session.of.own {
                Request::FetchOwn(wanted)
            } else {
                Request::Fetch(wanted)
            };
            session.ask = self.ask(key, request, out);
            self.put_session(&key, Some(session));
            return Ok(());
        }
        session.under_way.clear();
        let mut batch = Vec::new();
        let mut bytes = 0;
        while let Some(id) = session.have.last().copied() {
            let Some(record) = view.record(&id)? else {
                session.have.pop();
                continue;
            };
            bytes += record.len();
            if bytes > MAX_BATCH_BYTES {
                break;
            }
            session.have.pop();
            session.under_way.push(id);
            batch.push(record);
        }
        if batch.is_empty() {
            self.finish(key, Some(&session), now, out);
            let Of { after, own } = session.of;
            let colleague = |p: &super::core::Peer| p.organisation == self.me.organisation;
            if !own && self.peers.get(&key).is_some_and(colleague) {
                // What never leaves the organisation goes apart, so that no flag can be lost.
                return self.begin_sync(key, Of { after, own: true }, view, now, out);
            }
            return Ok(());
        }
        session.sent += batch.len();
        let request = if session.of.own {
            Request::PushOwn(batch)
        } else {
            Request::Push(batch)
        };
        session.ask = self.ask(key, request, out);
        self.put_session(&key, Some(session));
        Ok(())
    }

    fn finish(
        &mut self,
        key: TransportKey,
        session: Option<&Session>,
        now: Timestamp,
        out: &mut Vec<Output>,
    ) {
        let every = self.settings.sync_every;
        if let Some(peer) = self.peers.get_mut(&key) {
            peer.next_sync = now.plus_millis(every);
            if session.is_some_and(|s| s.whole) && peer.organisation != self.me.organisation {
                self.own_past = super::publish::OwnPast::Known;
            }
        }
        if let Some(s) = session.filter(|s| s.received + s.sent > 0) {
            out.push(Output::Notice(Notice::CaughtUp {
                peer: key,
                received: s.received,
                sent: s.sent,
            }));
        }
    }

    fn put_session(&mut self, key: &TransportKey, session: Option<Session>) {
        if let Some(peer) = self.peers.get_mut(key) {
            peer.sync = session;
        }
    }

    pub(super) fn answer_reconcile<V: View>(
        &mut self,
        of: Of,
        message: &[u8],
        view: &V,
        now: Timestamp,
    ) -> Result<Reply, V::Error> {
        let after = of.after;
        let tomorrow = self.today(now).plus(1);
        if after < tomorrow {
            return Ok(Reply::Reconcile {
                after: tomorrow,
                message: Vec::new(),
            });
        }
        // A peer whose clock is days ahead would make us compare almost nothing.
        if after > tomorrow.plus(2) {
            return Ok(Reply::Refused(Refusal::Malformed));
        }
        let set = self.set_of(of, view, now)?;
        Ok(match set.answer(message) {
            Ok(message) => Reply::Reconcile { after, message },
            Err(_) => Reply::Refused(Refusal::Malformed),
        })
    }

    /// The records with these ids, of those that never leave the organisation or of the others.
    pub(super) fn answer_fetch<V: View>(
        ids: &[RecordId],
        own: bool,
        view: &V,
    ) -> Result<Vec<Vec<u8>>, V::Error> {
        let mut records = Vec::new();
        let mut bytes = 0;
        for id in ids {
            let Some(record) = view.record(id)? else {
                continue;
            };
            // What never leaves the organisation goes to no one by the common way, whoever asks.
            if view.is_own(id)? != own {
                continue;
            }
            bytes += record.len();
            if bytes > MAX_FETCHED_BYTES {
                break;
            }
            records.push(record);
        }
        Ok(records)
    }
}
