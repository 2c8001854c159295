//! The gate: a behaviour that exists only on connections to authorised peers.
//!
//! libp2p asks a behaviour for a handler once for each connection, when it is established. The
//! gate asks the inner behaviour only if the remote key is authorised at that moment, and gives a
//! handler that speaks nothing otherwise. From then on the connection is *inside* or a
//! *stranger's* for its whole life, and the inner behaviour hears of inside ones alone: it counts
//! them, talks to them and believes that there are no others.

use core::convert::Infallible;
use std::collections::{BTreeMap, BTreeSet};
use std::task::{Context, Poll, ready};

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::behaviour::ConnectionEstablished;
use libp2p::swarm::derive_prelude::Either;
use libp2p::swarm::{
    ConnectionClosed, ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, NotifyHandler,
    THandler, THandlerInEvent, THandlerOutEvent, ToSwarm, dummy,
};
use libp2p::{Multiaddr, PeerId};
use parasol_protocol::ids::TransportKey;

use super::key::transport_key;

/// Why the gate let a connection not even wait outside.
#[derive(Debug, thiserror::Error)]
pub(super) enum TurnedAway {
    /// Every node has an Ed25519 key.
    #[error("the peer's key is not an Ed25519 key")]
    NoTransportKey,
    /// The places for strangers are taken.
    #[error("too many unauthorised peers are connected")]
    TooManyStrangers,
}

/// What a new set of authorised keys means for the connections that exist.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Upheaval {
    /// Connections that the new set would judge otherwise. They have to be closed.
    pub(super) close: Vec<ConnectionId>,
    /// Peers that are newly let in.
    pub(super) welcome: Vec<TransportKey>,
    /// Peers that are no longer let in.
    pub(super) expelled: Vec<TransportKey>,
}

/// A behaviour behind the gate.
pub(super) struct Gated<B> {
    inner: B,
    authorised: BTreeSet<TransportKey>,
    max_strangers: usize,
    /// Handlers given, by connection: established ones and those that a sibling may still deny.
    inside: BTreeMap<ConnectionId, PeerId>,
    /// As `inside`, for connections that speak nothing here.
    strangers: BTreeMap<ConnectionId, PeerId>,
    /// What the inner behaviour knows: its connections by peer, oldest first.
    known: BTreeMap<PeerId, Vec<ConnectionId>>,
}

impl<B> Gated<B> {
    pub(super) fn new(inner: B, authorised: BTreeSet<TransportKey>, max_strangers: usize) -> Self {
        Self {
            inner,
            authorised,
            max_strangers,
            inside: BTreeMap::new(),
            strangers: BTreeMap::new(),
            known: BTreeMap::new(),
        }
    }

    pub(super) fn inner_mut(&mut self) -> &mut B {
        &mut self.inner
    }

    /// Is this peer let in now?
    pub(super) fn is_authorised(&self, peer: &PeerId) -> bool {
        transport_key(peer).is_some_and(|key| self.authorised.contains(&key))
    }

    /// Is this connection inside?
    pub(super) fn is_inside(&self, connection: ConnectionId) -> bool {
        self.inside.contains_key(&connection)
    }

    /// Has this peer an established connection inside?
    pub(super) fn has_inside(&self, peer: &PeerId) -> bool {
        self.known.contains_key(peer)
    }

    /// Replaces the set and says what follows from it.
    pub(super) fn authorise(&mut self, keys: BTreeSet<TransportKey>) -> Upheaval {
        let before = core::mem::replace(&mut self.authorised, keys);
        let welcome = self.authorised.difference(&before).copied().collect();
        let expelled = before.difference(&self.authorised).copied().collect();
        let now_in = self
            .strangers
            .iter()
            .filter(|(_, peer)| self.is_authorised(peer));
        let now_out = self
            .inside
            .iter()
            .filter(|(_, peer)| !self.is_authorised(peer));
        let close = now_in.chain(now_out).map(|(id, _)| *id).collect();
        Upheaval {
            close,
            welcome,
            expelled,
        }
    }

    /// Decides for one connection: inside, or a stranger's.
    fn admit(&mut self, id: ConnectionId, peer: PeerId) -> Result<bool, ConnectionDenied> {
        let Some(key) = transport_key(&peer) else {
            return Err(ConnectionDenied::new(TurnedAway::NoTransportKey));
        };
        if self.authorised.contains(&key) {
            self.inside.insert(id, peer);
            return Ok(true);
        }
        if self.strangers.len() >= self.max_strangers {
            return Err(ConnectionDenied::new(TurnedAway::TooManyStrangers));
        }
        self.strangers.insert(id, peer);
        Ok(false)
    }

    /// A connection ended, or never began.
    fn forget(&mut self, id: ConnectionId) {
        self.inside.remove(&id);
        self.strangers.remove(&id);
    }

    /// The connection that an order of the inner behaviour reaches, if there is one. "Any" must
    /// not become a stranger's connection.
    fn target(&self, peer: &PeerId, wanted: &NotifyHandler) -> Option<ConnectionId> {
        let known = self.known.get(peer)?;
        match wanted {
            NotifyHandler::One(id) => known.iter().find(|known| *known == id).copied(),
            NotifyHandler::Any => known.first().copied(),
        }
    }
}

impl<B: NetworkBehaviour> Gated<B> {
    /// Tells the inner behaviour of a connection, with the number of those it knows.
    fn opened(&mut self, event: ConnectionEstablished<'_>) {
        let known = self.known.entry(event.peer_id).or_default();
        let other_established = known.len();
        known.push(event.connection_id);
        let event = ConnectionEstablished {
            other_established,
            ..event
        };
        self.inner
            .on_swarm_event(FromSwarm::ConnectionEstablished(event));
    }

    /// The counterpart of `opened`.
    fn closed(&mut self, event: ConnectionClosed<'_>) {
        let Some(known) = self.known.get_mut(&event.peer_id) else {
            return;
        };
        known.retain(|id| *id != event.connection_id);
        let remaining_established = known.len();
        if known.is_empty() {
            self.known.remove(&event.peer_id);
        }
        let event = ConnectionClosed {
            remaining_established,
            ..event
        };
        self.inner
            .on_swarm_event(FromSwarm::ConnectionClosed(event));
    }
}

impl<B: NetworkBehaviour> NetworkBehaviour for Gated<B> {
    type ConnectionHandler = Either<THandler<B>, dummy::ConnectionHandler>;
    type ToSwarm = B::ToSwarm;

    fn handle_pending_inbound_connection(
        &mut self,
        id: ConnectionId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.inner
            .handle_pending_inbound_connection(id, local, remote)
    }

    fn handle_established_inbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        if !self.admit(id, peer)? {
            return Ok(Either::Right(dummy::ConnectionHandler));
        }
        self.inner
            .handle_established_inbound_connection(id, peer, local, remote)
            .map(Either::Left)
            .inspect_err(|_| self.forget(id))
    }

    fn handle_pending_outbound_connection(
        &mut self,
        id: ConnectionId,
        peer: Option<PeerId>,
        addresses: &[Multiaddr],
        role: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        match peer {
            Some(stranger) if !self.is_authorised(&stranger) => Ok(Vec::new()),
            peer => self
                .inner
                .handle_pending_outbound_connection(id, peer, addresses, role),
        }
    }

    fn handle_established_outbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        if !self.admit(id, peer)? {
            return Ok(Either::Right(dummy::ConnectionHandler));
        }
        self.inner
            .handle_established_outbound_connection(id, peer, address, role, port)
            .map(Either::Left)
            .inspect_err(|_| self.forget(id))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(event) => {
                if self.is_inside(event.connection_id) {
                    self.opened(event);
                }
            }
            FromSwarm::ConnectionClosed(event) => {
                if self.is_inside(event.connection_id) {
                    self.closed(event);
                }
                self.forget(event.connection_id);
            }
            FromSwarm::AddressChange(event) => {
                if self.is_inside(event.connection_id) {
                    self.inner.on_swarm_event(FromSwarm::AddressChange(event));
                }
            }
            FromSwarm::DialFailure(event) => {
                self.forget(event.connection_id);
                self.inner.on_swarm_event(FromSwarm::DialFailure(event));
            }
            FromSwarm::ListenFailure(event) => {
                self.forget(event.connection_id);
                self.inner.on_swarm_event(FromSwarm::ListenFailure(event));
            }
            about_no_connection => self.inner.on_swarm_event(about_no_connection),
        }
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        id: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        match event {
            Either::Left(event) => self.inner.on_connection_handler_event(peer, id, event),
            Either::Right(never) => {
                let never: Infallible = never;
                match never {}
            }
        }
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        loop {
            match ready!(self.inner.poll(cx)) {
                ToSwarm::NotifyHandler {
                    peer_id,
                    handler,
                    event,
                } => {
                    // An order for a connection that is gone is dropped, as the swarm would do.
                    let Some(id) = self.target(&peer_id, &handler) else {
                        continue;
                    };
                    return Poll::Ready(ToSwarm::NotifyHandler {
                        peer_id,
                        handler: NotifyHandler::One(id),
                        event: Either::Left(event),
                    });
                }
                other => return Poll::Ready(other.map_in(Either::Left)),
            }
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use libp2p::core::ConnectedPoint;

    use super::*;
    use crate::net::TransportSecret;
    use crate::net::key::peer_id;

    /// An inner behaviour that writes down what it hears of connections.
    #[derive(Default)]
    struct Ear {
        heard: Vec<String>,
        orders: Vec<PeerId>,
    }

    impl NetworkBehaviour for Ear {
        type ConnectionHandler = dummy::ConnectionHandler;
        type ToSwarm = Infallible;

        fn handle_established_inbound_connection(
            &mut self,
            _: ConnectionId,
            _: PeerId,
            _: &Multiaddr,
            _: &Multiaddr,
        ) -> Result<THandler<Self>, ConnectionDenied> {
            self.heard.push("handler".into());
            Ok(dummy::ConnectionHandler)
        }

        fn handle_established_outbound_connection(
            &mut self,
            _: ConnectionId,
            _: PeerId,
            _: &Multiaddr,
            _: Endpoint,
            _: PortUse,
        ) -> Result<THandler<Self>, ConnectionDenied> {
            self.heard.push("handler".into());
            Ok(dummy::ConnectionHandler)
        }

        fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
            self.heard.push(match event {
                FromSwarm::ConnectionEstablished(e) => format!("opened +{}", e.other_established),
                FromSwarm::ConnectionClosed(e) => format!("closed, {}", e.remaining_established),
                _ => "other".into(),
            });
        }

        fn on_connection_handler_event(
            &mut self,
            _: PeerId,
            _: ConnectionId,
            never: THandlerOutEvent<Self>,
        ) {
            match never {}
        }

        fn poll(
            &mut self,
            _: &mut Context<'_>,
        ) -> Poll<ToSwarm<Infallible, THandlerInEvent<Self>>> {
            match self.orders.pop() {
                Some(peer_id) => Poll::Ready(ToSwarm::CloseConnection {
                    peer_id,
                    connection: libp2p::swarm::CloseConnection::All,
                }),
                None => Poll::Pending,
            }
        }
    }

    fn key(n: u8) -> TransportKey {
        TransportSecret::new([n; 32]).public().unwrap()
    }

    fn gate(keys: &[u8], max_strangers: usize) -> Gated<Ear> {
        Gated::new(
            Ear::default(),
            keys.iter().map(|n| key(*n)).collect(),
            max_strangers,
        )
    }

    fn point() -> ConnectedPoint {
        let addr: Multiaddr = "/ip4/127.0.0.1/tcp/1".parse().unwrap();
        ConnectedPoint::Listener {
            local_addr: addr.clone(),
            send_back_addr: addr,
        }
    }

    /// What a swarm does when a connection comes in.
    fn open(gate: &mut Gated<Ear>, id: usize, n: u8) -> Result<bool, ConnectionDenied> {
        let (id, peer) = (ConnectionId::new_unchecked(id), peer_id(&key(n)).unwrap());
        let addr = "/ip4/127.0.0.1/tcp/1".parse().unwrap();
        let handler = gate.handle_established_inbound_connection(id, peer, &addr, &addr)?;
        gate.on_swarm_event(FromSwarm::ConnectionEstablished(ConnectionEstablished {
            peer_id: peer,
            connection_id: id,
            endpoint: &point(),
            failed_addresses: &[],
            other_established: 99,
        }));
        Ok(matches!(handler, Either::Left(_)))
    }

    fn close(gate: &mut Gated<Ear>, id: usize, n: u8) {
        gate.on_swarm_event(FromSwarm::ConnectionClosed(ConnectionClosed {
            peer_id: peer_id(&key(n)).unwrap(),
            connection_id: ConnectionId::new_unchecked(id),
            endpoint: &point(),
            cause: None,
            remaining_established: 99,
        }));
    }

    #[test]
    fn the_inner_behaviour_does_not_hear_of_strangers() {
        let mut gate = gate(&[1], 8);
        assert!(!open(&mut gate, 10, 2).unwrap());
        close(&mut gate, 10, 2);
        assert!(gate.inner.heard.is_empty());
    }

    #[test]
    fn the_inner_behaviour_counts_inside_connections_only() {
        let mut gate = gate(&[], 8);
        assert!(!open(&mut gate, 10, 1).unwrap());
        gate.authorise(BTreeSet::from([key(1)]));
        assert!(open(&mut gate, 11, 1).unwrap());
        assert!(open(&mut gate, 12, 1).unwrap());
        close(&mut gate, 10, 1);
        close(&mut gate, 11, 1);
        assert!(gate.has_inside(&peer_id(&key(1)).unwrap()));
        close(&mut gate, 12, 1);
        assert!(!gate.has_inside(&peer_id(&key(1)).unwrap()));
        let heard = [
            "handler",
            "opened +0",
            "handler",
            "opened +1",
            "closed, 1",
            "closed, 0",
        ];
        assert_eq!(gate.inner.heard, heard);
    }

    #[test]
    fn an_order_never_reaches_a_strangers_connection() {
        let mut gate = gate(&[], 8);
        let peer = peer_id(&key(1)).unwrap();
        open(&mut gate, 10, 1).unwrap();
        gate.authorise(BTreeSet::from([key(1)]));
        assert_eq!(gate.target(&peer, &NotifyHandler::Any), None);
        open(&mut gate, 11, 1).unwrap();
        let inside = ConnectionId::new_unchecked(11);
        let outside = ConnectionId::new_unchecked(10);
        assert_eq!(gate.target(&peer, &NotifyHandler::Any), Some(inside));
        assert_eq!(
            gate.target(&peer, &NotifyHandler::One(inside)),
            Some(inside)
        );
        assert_eq!(gate.target(&peer, &NotifyHandler::One(outside)), None);
    }

    #[test]
    fn a_new_set_closes_what_it_would_judge_otherwise() {
        let mut gate = gate(&[1, 2], 8);
        open(&mut gate, 11, 1).unwrap();
        open(&mut gate, 12, 2).unwrap();
        open(&mut gate, 13, 3).unwrap();
        open(&mut gate, 14, 4).unwrap();
        let upheaval = gate.authorise(BTreeSet::from([key(2), key(3)]));
        let close = [13, 11].map(ConnectionId::new_unchecked).to_vec();
        assert_eq!(
            upheaval,
            Upheaval {
                close,
                welcome: vec![key(3)],
                expelled: vec![key(1)]
            }
        );
    }

    #[test]
    fn strangers_have_a_bounded_number_of_places() {
        let mut gate = gate(&[9], 2);
        open(&mut gate, 1, 1).unwrap();
        open(&mut gate, 2, 2).unwrap();
        let denied = open(&mut gate, 3, 3).unwrap_err();
        assert!(matches!(
            denied.downcast().unwrap(),
            TurnedAway::TooManyStrangers
        ));
        assert!(
            open(&mut gate, 4, 9).unwrap(),
            "members do not need such a place"
        );
        close(&mut gate, 1, 1);
        assert!(open(&mut gate, 5, 3).is_ok());
    }

    #[test]
    fn a_connection_that_a_sibling_denied_takes_no_place() {
        let mut gate = gate(&[], 1);
        let id = ConnectionId::new_unchecked(1);
        let peer = peer_id(&key(1)).unwrap();
        let addr = "/ip4/127.0.0.1/tcp/1".parse().unwrap();
        gate.handle_established_inbound_connection(id, peer, &addr, &addr)
            .unwrap();
        gate.on_swarm_event(FromSwarm::ListenFailure(libp2p::swarm::ListenFailure {
            local_addr: &addr,
            send_back_addr: &addr,
            error: &libp2p::swarm::ListenError::Aborted,
            connection_id: id,
            peer_id: Some(peer),
        }));
        assert!(open(&mut gate, 2, 2).is_ok());
    }

    #[test]
    fn other_kinds_of_key_are_turned_away() {
        let mut gate = gate(&[], 8);
        let addr = "/ip4/127.0.0.1/tcp/1".parse().unwrap();
        let id = ConnectionId::new_unchecked(1);
        let denied = gate
            .handle_established_inbound_connection(id, PeerId::random(), &addr, &addr)
            .err()
            .unwrap();
        assert!(matches!(
            denied.downcast().unwrap(),
            TurnedAway::NoTransportKey
        ));
    }
}
