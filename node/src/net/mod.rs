//! How nodes reach each other: libp2p over TCP and QUIC, for the nodes of the federation and
//! nobody else.
//!
//! This module moves bytes. It knows transport keys, a set of keys that are let in, and nothing of
//! records: what the bytes mean is decided by whoever reads the events ([`NetEvent`]) and sends
//! the commands ([`NetCommand`]).
//!
//! ```text
//!            NetHandle ── commands, bounded ──►┌───────────┐
//!   driver                                     │ task      │──► libp2p swarm ──► other nodes
//!            events   ◄── bounded ─────────────└───────────┘
//! ```
//!
//! **Inside and outside.** When a connection is established, its remote transport key is looked up
//! in the set of authorised keys. If it is there, the connection is *inside*: it speaks gossipsub
//! (one topic for the federation), the request protocol `/parasol/1`, identify and ping. If not,
//! the connection is a *stranger's*: it speaks `/parasol/hello/1` and nothing else, a few times,
//! and is closed after ten seconds or soon after its hello was answered. The gate is a wrapper
//! around all inside protocols, so that they do not even learn that strangers exist. When the set
//! changes ([`NetCommand::Authorise`]), connections that would now be judged otherwise are closed
//! and made anew.
//!
//! **Gossip.** A message's id is the SHA-256 of its bytes. Messages carry no author and no
//! signature of their own (records sign themselves, and who first published one is nobody's
//! business). Nothing is passed on before the driver's [`Verdict`].
//!
//! **A slow reader costs messages, not memory.** Every queue is bounded. When the driver does not
//! keep up, gossip is ignored (reconciliation brings it later) and requests go unanswered; only
//! the few events that say who is connected wait for it.
//!
//! **Redialling.** The configured peers, and every authorised peer with a known address, are
//! dialled until they are connected, with growing, jittered pauses.
//!
//! Logs name peers by peer id, which is a node's key, and never show a payload.

mod behaviour;
mod book;
mod calls;
mod codec;
mod config;
mod error;
mod event;
mod gate;
mod gossip;
mod handle;
mod key;
mod outbox;
mod places;
mod serve;
mod start;
mod task;
#[cfg(test)]
mod tests;

pub use config::{NetConfig, TransportSecret};
pub use error::NetError;
pub use event::{GossipToken, NetCommand, NetEvent, ResponseToken, Verdict};
pub use handle::NetHandle;
#[cfg(test)]
pub(crate) use key::peer_id;
pub use libp2p::Multiaddr;
pub use parasol_protocol::ids::TransportKey;
pub use start::start;
