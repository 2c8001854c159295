//! What the driver tells the network, and what the network tells the driver.

use core::fmt;
use std::collections::BTreeMap;

use libp2p::gossipsub::{MessageAcceptance, MessageId};
use libp2p::request_response::ResponseChannel;
use libp2p::{Multiaddr, PeerId};
use parasol_protocol::ids::{OrganisationKey, TransportKey};
use tokio::sync::oneshot;

use super::error::NetError;
use super::places::Place;

/// Where the answer to a request goes.
pub(super) type Reply = oneshot::Sender<Result<Vec<u8>, NetError>>;

/// The two request protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    /// `/parasol/1`, on inside connections.
    Inside,
    /// `/parasol/hello/1`, on all.
    Hello,
}

/// An order to the network task. [`NetHandle`](super::NetHandle) has a method for each.
pub enum NetCommand {
    /// Send a message to the federation.
    Publish(Vec<u8>),
    /// Ask an authorised peer.
    Request {
        /// Whom.
        peer: TransportKey,
        /// What.
        body: Vec<u8>,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Vec<u8>, NetError>>,
    },
    /// Say hello to a peer, authorised or not.
    Hello {
        /// Whom.
        peer: TransportKey,
        /// What.
        body: Vec<u8>,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Vec<u8>, NetError>>,
    },
    /// Answer a request or a hello. Dropping the token instead tells the peer "no answer".
    Respond(ResponseToken, Vec<u8>),
    /// Say whether a message is passed on.
    Verdict(GossipToken, Verdict),
    /// Replace the keys that are let in; with each is the organisation whose it is.
    Authorise(BTreeMap<TransportKey, OrganisationKey>),
    /// Remember a peer's address, which ends in `/p2p/` and its peer id, and dial it now.
    Dial(Multiaddr),
    /// Close everything and end.
    Shutdown,
}

/// News from the network task.
pub enum NetEvent {
    /// Listening on this address.
    Listening(Multiaddr),
    /// An authorised peer has its first connection.
    Connected(TransportKey),
    /// An authorised peer's last connection is gone.
    Disconnected(TransportKey),
    /// This node dialled a peer that it has not authorised. A hello may be sent.
    UnauthorisedConnected(TransportKey),
    /// A message from the federation. It goes no further before its [`Verdict`].
    Gossip {
        /// The neighbour that passed it on, which need not have published it.
        from: TransportKey,
        /// The message.
        data: Vec<u8>,
        /// For the verdict.
        token: GossipToken,
    },
    /// An authorised peer asks.
    Request {
        /// Who.
        from: TransportKey,
        /// What.
        body: Vec<u8>,
        /// For the answer.
        token: ResponseToken,
    },
    /// Somebody, authorised or not, says hello.
    Hello {
        /// Who.
        from: TransportKey,
        /// What.
        body: Vec<u8>,
        /// For the answer.
        token: ResponseToken,
    },
}

/// Sizes, not payloads: an event may end up in a log.
impl fmt::Debug for NetEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listening(addr) => write!(f, "Listening({addr})"),
            Self::Connected(peer) => write!(f, "Connected({peer})"),
            Self::Disconnected(peer) => write!(f, "Disconnected({peer})"),
            Self::UnauthorisedConnected(peer) => write!(f, "UnauthorisedConnected({peer})"),
            Self::Gossip { from, data, .. } => write!(f, "Gossip({from}, {} bytes)", data.len()),
            Self::Request { from, body, .. } => write!(f, "Request({from}, {} bytes)", body.len()),
            Self::Hello { from, body, .. } => write!(f, "Hello({from}, {} bytes)", body.len()),
        }
    }
}

/// The right to answer one request. While it lives, it takes one of a bounded number of places.
#[derive(Debug)]
pub struct ResponseToken {
    pub(super) channel: ResponseChannel<Vec<u8>>,
    pub(super) lane: Lane,
    pub(super) _place: Place,
}

/// The duty to judge one message.
#[derive(Debug)]
pub struct GossipToken {
    pub(super) id: MessageId,
    pub(super) source: PeerId,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Pass it on.
    Accept,
    /// Let it end here; the neighbour is not to blame.
    Ignore,
    /// It is objectively invalid: let it end here, and count it against the neighbour.
    Reject,
}

impl From<Verdict> for MessageAcceptance {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Accept => Self::Accept,
            Verdict::Ignore => Self::Ignore,
            Verdict::Reject => Self::Reject,
        }
    }
}
