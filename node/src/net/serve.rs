//! What peers send, and what the driver sends back.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use libp2p::gossipsub::{self, MessageAcceptance};
use libp2p::request_response::{self, Message, OutboundFailure, ResponseChannel};
use libp2p::swarm::ConnectionId;
use libp2p::{PeerId, ping};
use parasol_protocol::ids::TransportKey;
use parasol_protocol::wire::peer;
use tokio::time::Instant;
use tracing::debug;

use super::behaviour::InsideEvent;
use super::error::NetError;
use super::event::{GossipToken, Lane, NetEvent, ResponseToken, Verdict};
use super::key::transport_key;
use super::task::Task;

/// Hellos that a stranger's connection may carry.
const HELLOS_PER_STRANGER: u32 = 4;
/// Strangers' hellos a second, all strangers together, and how many may come at once.
const HELLO_RATE: NonZeroU32 = NonZeroU32::MIN.saturating_add(3);
const HELLO_BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(31);
/// How long a stranger's connection outlives an answered hello: enough for the answer to arrive
/// on a slow line.
const FAREWELL: Duration = Duration::from_secs(2);

type Event = request_response::Event<Vec<u8>, Vec<u8>>;

/// Bounds how often strangers are listened to.
pub(super) fn strangers() -> DefaultDirectRateLimiter {
    RateLimiter::direct(Quota::per_second(HELLO_RATE).allow_burst(HELLO_BURST))
}

impl Task {
    pub(super) fn on_inside(&mut self, event: InsideEvent) {
        match event {
            InsideEvent::Gossip(gossipsub::Event::Message {
                propagation_source: source,
                message_id: id,
                message,
            }) => self.on_gossip(GossipToken { id, source }, message.data),
            InsideEvent::Requests(event) => self.on_request_event(Lane::Inside, event),
            InsideEvent::Ping(ping::Event {
                peer,
                connection,
                result: Err(failure),
            }) => {
                // A peer that has not let this node in does not answer pings, and will close.
                if !matches!(failure, ping::Failure::Unsupported) {
                    debug!(%peer, "no pong: closing");
                    self.swarm.close_connection(connection);
                }
            }
            InsideEvent::Gossip(_) | InsideEvent::Ping(_) | InsideEvent::Identify(_) => {}
        }
    }

    pub(super) fn on_hello(&mut self, event: Event) {
        match &event {
            // Either side has its answer: a stranger has no business left.
            Event::ResponseSent { connection_id, .. }
            | Event::Message {
                connection_id,
                message: Message::Response { .. },
                ..
            } => {
                let farewell = Instant::now() + FAREWELL;
                if let Some(at) = self.closing.get_mut(connection_id) {
                    *at = farewell.min(*at);
                }
            }
            _ => {}
        }
        self.on_request_event(Lane::Hello, event);
    }

    pub(super) fn publish(&mut self, data: Vec<u8>) {
        let topic = self.topic.clone();
        let gossip = &mut self.swarm.behaviour_mut().gate.inner_mut().gossip;
        if let Err(error) = gossip.publish(topic, data) {
            // Nobody there, or known already: reconciliation takes care of the first.
            debug!(%error, "not published");
        }
    }

    pub(super) fn judge(&mut self, token: &GossipToken, verdict: Verdict) {
        let gossip = &mut self.swarm.behaviour_mut().gate.inner_mut().gossip;
        let verdict = MessageAcceptance::from(verdict);
        gossip.report_message_validation_result(&token.id, &token.source, verdict);
    }

    pub(super) fn respond(&mut self, token: ResponseToken, body: Vec<u8>) {
        let behaviour = self.swarm.behaviour_mut();
        let requests = match token.lane {
            Lane::Inside => &mut behaviour.gate.inner_mut().requests,
            Lane::Hello => &mut behaviour.hello,
        };
        if requests.send_response(token.channel, body).is_err() {
            debug!("an answer came too late");
        }
    }

    fn on_gossip(&mut self, token: GossipToken, data: Vec<u8>) {
        let (id, source) = (token.id.clone(), token.source);
        // A peer just expelled may still have messages in the queue.
        let authorised = self.swarm.behaviour().gate.is_authorised(&source);
        let taken = match transport_key(&source) {
            Some(from) if authorised => self.outbox.offer(NetEvent::Gossip { from, data, token }),
            _ => false,
        };
        if !taken {
            self.judge(&GossipToken { id, source }, Verdict::Ignore);
        }
    }

    fn on_request_event(&mut self, lane: Lane, event: Event) {
        match event {
            Event::Message {
                peer,
                connection_id,
                message,
            } => match message {
                Message::Request {
                    request, channel, ..
                } => {
                    // Dropping the channel tells the peer that no answer will come.
                    let Some(from) = self.may_ask(lane, &peer, connection_id) else {
                        return;
                    };
                    let Some(place) = self.places.take(lane, from) else {
                        return self.refuse_busy(lane, channel);
                    };
                    let token = ResponseToken {
                        channel,
                        lane,
                        _place: place,
                    };
                    self.outbox.offer(match lane {
                        Lane::Inside => NetEvent::Request {
                            from,
                            body: request,
                            token,
                        },
                        Lane::Hello => NetEvent::Hello {
                            from,
                            body: request,
                            token,
                        },
                    });
                }
                Message::Response {
                    request_id,
                    response,
                } => {
                    self.calls
                        .finish(lane, request_id, Ok::<_, fn(_) -> _>(response));
                    self.send_waiting(&peer);
                }
            },
            Event::OutboundFailure {
                peer,
                request_id,
                error,
                ..
            } => {
                self.calls
                    .finish(lane, request_id, Err(|peer| failure(peer, &error)));
                self.send_waiting(&peer);
            }
            Event::InboundFailure { peer, error, .. } => {
                debug!(%peer, %error, "a request went unanswered");
            }
            Event::ResponseSent { .. } => {}
        }
    }

    /// Says at once that there is no place, so that the peer need not wait to find out.
    fn refuse_busy(&mut self, lane: Lane, channel: ResponseChannel<Vec<u8>>) {
        if lane == Lane::Inside {
            let busy = peer::Reply::Refused(peer::Refusal::Busy).encode();
            let requests = &mut self.swarm.behaviour_mut().gate.inner_mut().requests;
            if requests.send_response(channel, busy).is_err() {
                debug!("a refusal came too late");
            }
        }
    }

    /// Who asks, if this request may reach the driver.
    fn may_ask(&mut self, lane: Lane, peer: &PeerId, id: ConnectionId) -> Option<TransportKey> {
        let from = transport_key(peer)?;
        match lane {
            Lane::Inside if !self.swarm.behaviour().gate.is_authorised(peer) => return None,
            Lane::Inside => {}
            Lane::Hello => {
                let link = self.links.get_mut(&id)?;
                link.hellos = link.hellos.saturating_add(1);
                if !link.inside && link.hellos > HELLOS_PER_STRANGER {
                    debug!(%peer, "too many hellos: closing");
                    self.swarm.close_connection(id);
                    return None;
                }
                if !link.inside && self.strangers.check().is_err() {
                    return None;
                }
            }
        }
        Some(from)
    }
}

fn failure(peer: TransportKey, error: &OutboundFailure) -> NetError {
    match error {
        OutboundFailure::DialFailure => NetError::Unreachable { peer },
        OutboundFailure::Timeout => NetError::Timeout { peer },
        OutboundFailure::ConnectionClosed => NetError::ConnectionLost { peer },
        OutboundFailure::UnsupportedProtocols => NetError::Refused { peer },
        OutboundFailure::Io(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            NetError::NoAnswer { peer }
        }
        OutboundFailure::Io(e) => NetError::Failed {
            peer,
            reason: e.to_string(),
        },
    }
}
