//! All protocols of a node, and the limits on them.

use std::collections::BTreeSet;
use std::time::Duration;

use libp2p::gossipsub::IdentTopic;
use libp2p::identity::PublicKey;
use libp2p::request_response::{self, ProtocolSupport};
use libp2p::swarm::NetworkBehaviour;
use libp2p::{StreamProtocol, connection_limits, identify, ping};
use parasol_protocol::ids::TransportKey;

use super::codec::BytesCodec;
use super::error::NetError;
use super::gate::Gated;
use super::gossip::{Gossip, gossip};

/// The largest request.
pub(super) const MAX_REQUEST: usize = 2 * 1024 * 1024;
/// The largest answer.
pub(super) const MAX_RESPONSE: usize = 4 * 1024 * 1024;
/// The largest hello, and the largest answer to one.
pub(super) const MAX_HELLO: usize = 16 * 1024;

const INSIDE: StreamProtocol = StreamProtocol::new("/parasol/1");
const HELLO: StreamProtocol = StreamProtocol::new("/parasol/hello/1");

/// Requests under way on one inside connection, both ways together.
const MAX_STREAMS: usize = 16;
/// The same for hellos.
const MAX_HELLO_STREAMS: usize = 2;
/// How long a hello may take.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) type Requests = request_response::Behaviour<BytesCodec>;

/// What inside connections speak.
#[derive(NetworkBehaviour)]
pub(super) struct Inside {
    pub(super) gossip: Gossip,
    pub(super) requests: Requests,
    pub(super) identify: identify::Behaviour,
    pub(super) ping: ping::Behaviour,
}

/// What a node speaks. The order matters: `hello` keeps count of connections from the moment it
/// gives a handler, so whatever may deny a connection is asked before it.
#[derive(NetworkBehaviour)]
pub(super) struct Behaviour {
    pub(super) limits: connection_limits::Behaviour,
    pub(super) gate: Gated<Inside>,
    pub(super) hello: Requests,
}

impl Behaviour {
    pub(super) fn new(
        local: PublicKey,
        topic: &IdentTopic,
        authorised: BTreeSet<TransportKey>,
        max_strangers: usize,
        request_timeout: Duration,
    ) -> Result<Self, NetError> {
        let inside = Inside {
            gossip: gossip(topic)?,
            requests: requests(
                INSIDE,
                MAX_REQUEST,
                MAX_RESPONSE,
                request_timeout,
                MAX_STREAMS,
            ),
            identify: identify::Behaviour::new(identity_card(local)),
            ping: ping::Behaviour::new(ping::Config::new()),
        };
        Ok(Self {
            limits: connection_limits::Behaviour::new(limits()),
            gate: Gated::new(inside, authorised, max_strangers),
            hello: requests(
                HELLO,
                MAX_HELLO,
                MAX_HELLO,
                HELLO_TIMEOUT,
                MAX_HELLO_STREAMS,
            ),
        })
    }
}

fn requests(
    protocol: StreamProtocol,
    max_request: usize,
    max_response: usize,
    timeout: Duration,
    streams: usize,
) -> Requests {
    let config = request_response::Config::default()
        .with_request_timeout(timeout)
        .with_max_concurrent_streams(streams);
    let codec = BytesCodec {
        max_request,
        max_response,
    };
    Requests::with_codec(codec, [(protocol, ProtocolSupport::Full)], config)
}

/// Peers are known by configuration, so identify tells no address and believes none.
fn identity_card(local: PublicKey) -> identify::Config {
    identify::Config::new("/parasol/1".to_owned(), local)
        .with_agent_version("parasol/1".to_owned())
        .with_hide_listen_addrs(true)
        .with_push_listen_addr_updates(false)
        .with_cache_size(0)
}

fn limits() -> connection_limits::ConnectionLimits {
    connection_limits::ConnectionLimits::default()
        .with_max_pending_incoming(Some(128))
        .with_max_pending_outgoing(Some(128))
        .with_max_established_incoming(Some(768))
        .with_max_established(Some(1024))
        .with_max_established_per_peer(Some(4))
}
