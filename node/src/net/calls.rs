//! Requests of this node that have no answer yet.
//!
//! A call *waits* while its peer is being dialled, or has as many of this node's requests as it has
//! places for; then it is *sent*. Either way it ends by its deadline, and its asker hears exactly
//! one result.

use std::collections::BTreeMap;

use libp2p::PeerId;
use libp2p::request_response::OutboundRequestId;
use parasol_protocol::ids::TransportKey;
use tokio::time::Instant;

use super::error::NetError;
use super::event::{Lane, Reply};
use super::places::MAX_OF_ONE;

/// Calls to one peer that may be unanswered at a time, those that wait included.
const MAX_CALLS: usize = 64;

/// A request that has not been sent.
pub(super) struct Call {
    pub(super) lane: Lane,
    pub(super) peer: TransportKey,
    pub(super) body: Vec<u8>,
    pub(super) reply: Reply,
    pub(super) deadline: Instant,
}

impl Call {
    pub(super) fn fail(self, error: NetError) {
        end(self.reply, Err(error));
    }
}

struct Sent {
    peer: TransportKey,
    reply: Reply,
    deadline: Instant,
}

/// All calls without an answer.
#[derive(Default)]
pub(super) struct Calls {
    waiting: BTreeMap<PeerId, Vec<Call>>,
    sent: BTreeMap<(Lane, OutboundRequestId), Sent>,
}

impl Calls {
    /// May one more call to this peer begin?
    pub(super) fn has_room(&self, peer: &TransportKey) -> bool {
        let waiting = self
            .waiting
            .values()
            .flatten()
            .filter(|call| call.peer == *peer)
            .count();
        let sent = self.sent.values().filter(|sent| sent.peer == *peer).count();
        waiting.saturating_add(sent) < MAX_CALLS
    }

    /// May one more be sent now? The peer has that many places for this node.
    pub(super) fn may_send(&self, peer: &TransportKey) -> bool {
        let sent = self.sent.values().filter(|sent| sent.peer == *peer).count();
        sent < MAX_OF_ONE
    }

    /// Keeps a call until its peer is connected and has a place for it.
    pub(super) fn wait(&mut self, peer: PeerId, call: Call) {
        self.waiting.entry(peer).or_default().push(call);
    }

    /// Takes the calls that wait for a peer.
    pub(super) fn take_waiting(&mut self, peer: &PeerId) -> Vec<Call> {
        self.waiting.remove(peer).unwrap_or_default()
    }

    /// A call is on its way.
    pub(super) fn sent(
        &mut self,
        lane: Lane,
        id: OutboundRequestId,
        peer: TransportKey,
        reply: Reply,
        deadline: Instant,
    ) {
        self.sent.insert(
            (lane, id),
            Sent {
                peer,
                reply,
                deadline,
            },
        );
    }

    /// A call got its answer, or failed for a reason that names its peer.
    pub(super) fn finish(
        &mut self,
        lane: Lane,
        id: OutboundRequestId,
        result: Result<Vec<u8>, impl FnOnce(TransportKey) -> NetError>,
    ) {
        if let Some(sent) = self.sent.remove(&(lane, id)) {
            end(sent.reply, result.map_err(|error| error(sent.peer)));
        }
    }

    /// Ends the calls whose time is up. Gives the peers that may be sent others instead.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<TransportKey> {
        for waiting in self.waiting.values_mut() {
            for call in waiting.extract_if(.., |call| call.deadline <= now) {
                let peer = call.peer;
                call.fail(NetError::Timeout { peer });
            }
        }
        self.waiting.retain(|_, waiting| !waiting.is_empty());
        let late: Vec<_> = self
            .sent
            .iter()
            .filter(|(_, sent)| sent.deadline <= now)
            .map(|(id, _)| *id)
            .collect();
        let late: Vec<Sent> = late.iter().filter_map(|id| self.sent.remove(id)).collect();
        let peers = late.iter().map(|sent| sent.peer).collect();
        for sent in late {
            end(sent.reply, Err(NetError::Timeout { peer: sent.peer }));
        }
        peers
    }

    /// When the next deadline is.
    pub(super) fn next(&self) -> Option<Instant> {
        let waiting = self.waiting.values().flatten().map(|call| call.deadline);
        waiting
            .chain(self.sent.values().map(|sent| sent.deadline))
            .min()
    }
}

/// That the asker stopped waiting is not an error.
fn end(reply: Reply, result: Result<Vec<u8>, NetError>) {
    drop(reply.send(result));
}
