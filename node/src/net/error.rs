//! What can go wrong between nodes, and whose turn it is.

use libp2p::Multiaddr;
use parasol_protocol::ids::TransportKey;

/// Why the network did not start, or a request got no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// Another program, or another node, listens there.
    #[error(
        "{addr} is in use: stop the program that listens there, or choose another port in the configuration"
    )]
    PortInUse {
        /// The address from the configuration.
        addr: Multiaddr,
    },
    /// Listening failed for another reason.
    #[error("cannot listen on {addr}: {reason}")]
    Listen {
        /// The address from the configuration.
        addr: Multiaddr,
        /// What the system said.
        reason: String,
    },
    /// A peer's address does not end in `/p2p/` and its key.
    #[error(
        "{addr} does not say which node answers there: a peer's address ends in /p2p/ and its peer id"
    )]
    NoPeerId {
        /// The address as given.
        addr: Multiaddr,
    },
    /// The transport stack could not be built.
    #[error("the network cannot start: {reason}")]
    Start {
        /// What the library said.
        reason: String,
    },
    /// The 32 bytes are no Ed25519 public key.
    #[error("{peer} is not a transport key")]
    BadKey {
        /// The bytes as given.
        peer: TransportKey,
    },
    /// Not connected, and no address is known to dial.
    #[error("node {peer} is not connected and no address of it is known")]
    NotConnected {
        /// Whom the request was for.
        peer: TransportKey,
    },
    /// Dialling failed at every known address.
    #[error("node {peer} cannot be reached at any known address")]
    Unreachable {
        /// Whom the request was for.
        peer: TransportKey,
    },
    /// This node has not authorised the peer.
    #[error("node {peer} is not authorised here: only a hello can be sent to it")]
    NotAuthorised {
        /// Whom the request was for.
        peer: TransportKey,
    },
    /// The peer does not speak the protocol with this node: it has not authorised it.
    #[error("node {peer} does not let this node in yet")]
    Refused {
        /// Whom the request was for.
        peer: TransportKey,
    },
    /// No answer in time.
    #[error("node {peer} did not answer in time")]
    Timeout {
        /// Whom the request was for.
        peer: TransportKey,
    },
    /// The connection broke; whether the request arrived is not known.
    #[error("the connection to node {peer} broke before it answered")]
    ConnectionLost {
        /// Whom the request was for.
        peer: TransportKey,
    },
    /// The peer took the request and closed the stream without an answer.
    #[error("node {peer} gave no answer: it is busy, or refused the request")]
    NoAnswer {
        /// Whom the request was for.
        peer: TransportKey,
    },
    /// The answer broke a rule of the transport.
    #[error("the exchange with node {peer} failed: {reason}")]
    Failed {
        /// Whom the request was for.
        peer: TransportKey,
        /// What was wrong.
        reason: String,
    },
    /// Too many requests to this peer are under way already.
    #[error("too many requests to node {peer} are under way: wait for one to end")]
    Busy {
        /// Whom the request was for.
        peer: TransportKey,
    },
    /// The bytes are more than the protocol carries.
    #[error("{size} bytes are too many: the limit is {limit}")]
    TooLarge {
        /// Bytes given.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// The network task has ended.
    #[error("the network has been shut down")]
    Stopped,
}
