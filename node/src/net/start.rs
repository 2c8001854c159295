//! From a configuration to a running task.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::time::Duration;

use libp2p::gossipsub::IdentTopic;
use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, Swarm, SwarmBuilder, noise, tcp, yamux};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::behaviour::Behaviour;
use super::book::Book;
use super::config::NetConfig;
use super::error::NetError;
use super::event::NetEvent;
use super::gossip::topic;
use super::handle::NetHandle;
use super::key::{peer_at, peer_id};
use super::outbox::Outbox;
use super::places::Places;
use super::task::{Limits, Task};

/// Commands that may wait for the task.
const COMMANDS: usize = 256;
/// Streams that one connection may have open.
const MAX_STREAMS: u16 = 64;
/// Streams that a remote may negotiate at a time.
const MAX_NEGOTIATING: usize = 32;
/// Members stay connected without traffic; ping notices when one is gone, and strangers have
/// their own clock.
const IDLE: Duration = Duration::from_secs(365 * 24 * 3600);

/// Starts the network: listens, dials the configured peers, and runs until
/// [`NetHandle::shutdown`], or until the handle or the receiver is dropped.
///
/// # Errors
///
/// [`NetError::PortInUse`] or [`NetError::Listen`] for an address to listen on,
/// [`NetError::NoPeerId`] for a peer's address, [`NetError::Start`] if the transports cannot be
/// built.
pub async fn start(
    config: NetConfig,
) -> Result<(NetHandle, mpsc::Receiver<NetEvent>, JoinHandle<()>), NetError> {
    let local = config.transport_secret.public()?;
    let mut book = Book::new(config.redial_min, config.redial_max);
    for address in &config.peers {
        let peer = peer_at(address)?;
        if peer != peer_id(&local)? {
            book.configure(peer, address.clone());
        }
    }
    let topic = topic(&config.federation);
    let mut swarm = swarm(&config, &topic)?;
    let mut listeners = Vec::new();
    // All before the first is taken: a trial on `::` collides with an own `0.0.0.0`.
    for address in &config.listen {
        try_port(address)?;
    }
    for address in &config.listen {
        let listener = swarm.listen_on(address.clone());
        listeners.push(listener.map_err(|e| listen_error(address, e))?);
    }
    let (commands, orders) = mpsc::channel(COMMANDS);
    let (news, events) = mpsc::channel(config.event_capacity.max(1));
    let limits = Limits {
        request_timeout: config.request_timeout,
        stranger_time: config.stranger_time,
    };
    let task = Task::new(
        swarm,
        topic,
        listeners,
        orders,
        Outbox::new(news),
        book,
        limits,
    )
    .with_places(Places::new(config.authorised));
    Ok((
        NetHandle::new(commands, local),
        events,
        tokio::spawn(task.run()),
    ))
}

fn swarm(config: &NetConfig, topic: &IdentTopic) -> Result<Swarm<Behaviour>, NetError> {
    let keypair = config.transport_secret.keypair()?;
    let behaviour = Behaviour::new(
        keypair.public(),
        topic,
        config.authorised.keys().copied().collect(),
        config.max_strangers,
        config.request_timeout,
    )?;
    let swarm = SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_tcp(
            tcp::Config::default().nodelay(true),
            noise::Config::new,
            || {
                let mut yamux = yamux::Config::default();
                yamux.set_max_num_streams(usize::from(MAX_STREAMS));
                yamux
            },
        )
        .map_err(start_error)?
        .with_quic_config(|mut quic| {
            quic.max_concurrent_stream_limit = u32::from(MAX_STREAMS);
            quic
        })
        .with_dns()
        .map_err(start_error)?
        .with_behaviour(|_| behaviour)
        .map_err(start_error)?
        .with_swarm_config(|swarm| {
            swarm
                .with_idle_connection_timeout(IDLE)
                .with_max_negotiating_inbound_streams(MAX_NEGOTIATING)
        })
        .build();
    Ok(swarm)
}

fn start_error(reason: impl ToString) -> NetError {
    NetError::Start {
        reason: reason.to_string(),
    }
}

fn listen_error(address: &Multiaddr, reason: impl ToString) -> NetError {
    NetError::Listen {
        addr: address.clone(),
        reason: reason.to_string(),
    }
}

/// Binds the port for a moment. libp2p lets several sockets of one user share a TCP port, so that
/// a second node would start and take half of the first one's connections.
fn try_port(address: &Multiaddr) -> Result<(), NetError> {
    let mut parts = address.iter();
    let ip = match parts.next() {
        Some(Protocol::Ip4(ip)) => IpAddr::from(ip),
        Some(Protocol::Ip6(ip)) => IpAddr::from(ip),
        _ => return Ok(()),
    };
    let bound = match parts.next() {
        Some(Protocol::Tcp(port)) if port != 0 => {
            TcpListener::bind(SocketAddr::new(ip, port)).map(drop)
        }
        Some(Protocol::Udp(port)) if port != 0 => {
            UdpSocket::bind(SocketAddr::new(ip, port)).map(drop)
        }
        _ => Ok(()),
    };
    bound.map_err(|e| match e.kind() {
        ErrorKind::AddrInUse => NetError::PortInUse {
            addr: address.clone(),
        },
        _ => listen_error(address, e),
    })
}
