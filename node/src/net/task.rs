//! The task that owns the swarm: one loop over libp2p's events, the driver's commands and the
//! clock. It never waits for the driver, so the two cannot lock each other.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt;
use governor::DefaultDirectRateLimiter;
use libp2p::core::transport::ListenerId;
use libp2p::gossipsub::IdentTopic;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{ConnectionId, DialError, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm};
use parasol_protocol::ids::{OrganisationKey, TransportKey};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{debug, warn};

use super::behaviour::{Behaviour, BehaviourEvent};
use super::book::Book;
use super::calls::{Call, Calls};
use super::error::NetError;
use super::event::{Lane, NetCommand, NetEvent, Reply};
use super::key::{peer_at, peer_id, transport_key};
use super::outbox::Outbox;
use super::places::Places;
use super::serve::strangers;

/// How long a shutdown waits for connections to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);
/// The clock is looked at this often even when nothing is due.
const LONG: Duration = Duration::from_secs(3600);

/// Times from the configuration.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) request_timeout: Duration,
    pub(super) stranger_time: Duration,
}

/// One established connection.
pub(super) struct Link {
    pub(super) peer: PeerId,
    pub(super) inside: bool,
    /// Hellos that came over it.
    pub(super) hellos: u32,
    since: Instant,
}

/// The network task.
pub(super) struct Task {
    pub(super) swarm: Swarm<Behaviour>,
    pub(super) outbox: Outbox,
    pub(super) calls: Calls,
    pub(super) places: Places,
    pub(super) strangers: DefaultDirectRateLimiter,
    pub(super) links: BTreeMap<ConnectionId, Link>,
    /// When strangers' connections are closed.
    pub(super) closing: BTreeMap<ConnectionId, Instant>,
    pub(super) topic: IdentTopic,
    listeners: Vec<ListenerId>,
    commands: mpsc::Receiver<NetCommand>,
    book: Book,
    limits: Limits,
}

impl Task {
    pub(super) fn new(
        swarm: Swarm<Behaviour>,
        topic: IdentTopic,
        listeners: Vec<ListenerId>,
        commands: mpsc::Receiver<NetCommand>,
        outbox: Outbox,
        book: Book,
        limits: Limits,
    ) -> Self {
        Self {
            swarm,
            outbox,
            calls: Calls::default(),
            places: Places::new(BTreeMap::new()),
            strangers: strangers(),
            links: BTreeMap::new(),
            closing: BTreeMap::new(),
            topic,
            listeners,
            commands,
            book,
            limits,
        }
    }

    /// With places for these peers, by organisation.
    pub(super) fn with_places(mut self, places: Places) -> Self {
        self.places = places;
        self
    }

    /// Runs until it is told to stop or nobody is left to tell it anything.
    pub(super) async fn run(mut self) {
        let driver_gone = self.outbox.closed();
        tokio::pin!(driver_gone);
        for peer in self.book.configured().copied().collect::<Vec<_>>() {
            self.book.dial_at_once(&peer, Instant::now());
        }
        loop {
            let wake = self.next_wake();
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_swarm_event(event),
                command = self.commands.recv() => match command {
                    Some(NetCommand::Shutdown) | None => break,
                    Some(command) => self.on_command(command),
                },
                () = self.outbox.send_next(), if self.outbox.is_waiting() => {}
                () = sleep_until(wake) => self.on_time(Instant::now()),
                () = &mut driver_gone => break,
            }
        }
        self.close().await;
    }

    fn next_wake(&self) -> Instant {
        let closing = self.closing.values().min().copied();
        let times = [closing, self.book.next(), self.calls.next()];
        let latest = Instant::now() + LONG;
        times
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(latest)
            .min(latest)
    }

    fn on_time(&mut self, now: Instant) {
        let late: Vec<_> = self
            .closing
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(id, _)| *id)
            .collect();
        for id in late {
            self.closing.remove(&id);
            self.swarm.close_connection(id);
        }
        for peer in self.book.take_due(now) {
            if self.is_wanted(&peer) && !self.swarm.is_connected(&peer) {
                self.dial(peer);
            }
        }
        for key in self.calls.expire(now) {
            if let Ok(peer) = peer_id(&key) {
                self.send_waiting(&peer);
            }
        }
    }

    fn on_command(&mut self, command: NetCommand) {
        match command {
            NetCommand::Publish(data) => self.publish(data),
            NetCommand::Request { peer, body, reply } => {
                self.call(self.new_call(Lane::Inside, peer, body, reply));
            }
            NetCommand::Hello { peer, body, reply } => {
                self.call(self.new_call(Lane::Hello, peer, body, reply));
            }
            NetCommand::Respond(token, body) => self.respond(token, body),
            NetCommand::Verdict(token, verdict) => self.judge(&token, verdict),
            NetCommand::Authorise(keys) => self.authorise(keys),
            NetCommand::Dial(address) => self.dial_address(address),
            NetCommand::Shutdown => {}
        }
    }

    fn on_swarm_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Gate(event)) => self.on_inside(event),
            SwarmEvent::Behaviour(BehaviourEvent::Hello(event)) => self.on_hello(event),
            SwarmEvent::Behaviour(BehaviourEvent::Limits(never)) => match never {},
            SwarmEvent::NewListenAddr { address, .. } => {
                debug!(%address, "listening");
                self.outbox.keep(NetEvent::Listening(address));
            }
            SwarmEvent::ListenerClosed {
                reason: Err(reason),
                ..
            } => {
                warn!(%reason, "a listener has ended");
            }
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                endpoint,
                ..
            } => {
                self.on_open(connection_id, peer_id, endpoint.is_dialer());
            }
            SwarmEvent::ConnectionClosed {
                peer_id,
                connection_id,
                num_established,
                ..
            } => {
                self.on_closed(connection_id, peer_id, num_established == 0);
            }
            SwarmEvent::OutgoingConnectionError {
                peer_id: Some(peer),
                error,
                ..
            } => {
                self.on_dial_failed(peer, &error);
            }
            _ => {}
        }
    }

    fn on_open(&mut self, id: ConnectionId, peer: PeerId, dialled: bool) {
        let Some(key) = transport_key(&peer) else {
            return;
        };
        let inside = self.swarm.behaviour().gate.is_inside(id);
        let first = inside && !self.is_inside(&peer);
        debug!(%peer, inside, dialled, "connected");
        let now = Instant::now();
        self.links.insert(
            id,
            Link {
                peer,
                inside,
                hellos: 0,
                since: now,
            },
        );
        self.book.connected(&peer);
        if first {
            self.outbox.keep(NetEvent::Connected(key));
        }
        if !inside {
            self.closing.insert(id, now + self.limits.stranger_time);
            if dialled {
                self.outbox.offer(NetEvent::UnauthorisedConnected(key));
            }
        }
        self.send_waiting(&peer);
    }

    fn on_closed(&mut self, id: ConnectionId, peer: PeerId, was_last: bool) {
        self.closing.remove(&id);
        let Some(link) = self.links.remove(&id) else {
            return;
        };
        debug!(%peer, inside = link.inside, "disconnected");
        if link.inside
            && !self.is_inside(&peer)
            && let Some(key) = transport_key(&peer)
        {
            self.outbox.keep(NetEvent::Disconnected(key));
        }
        if was_last && self.is_wanted(&peer) {
            self.book
                .lost(&peer, link.since.elapsed(), Instant::now(), jitter());
        }
    }

    fn on_dial_failed(&mut self, peer: PeerId, error: &DialError) {
        debug!(%peer, reason = reason(error), "dialling failed");
        if self.swarm.is_connected(&peer) {
            return;
        }
        for call in self.calls.take_waiting(&peer) {
            let peer = call.peer;
            call.fail(NetError::Unreachable { peer });
        }
        if self.is_wanted(&peer) {
            self.book
                .lost(&peer, Duration::ZERO, Instant::now(), jitter());
        }
    }

    /// Has the peer a connection inside that the driver was told of?
    fn is_inside(&self, peer: &PeerId) -> bool {
        self.links
            .values()
            .any(|link| link.inside && link.peer == *peer)
    }

    /// Is the peer one to stay connected to?
    fn is_wanted(&self, peer: &PeerId) -> bool {
        self.book.is_configured(peer) || self.swarm.behaviour().gate.is_authorised(peer)
    }

    /// Dials every known address of a peer; false if there is none.
    fn dial(&mut self, peer: PeerId) -> bool {
        let addresses = self.book.addresses(&peer).to_vec();
        if addresses.is_empty() {
            return false;
        }
        // A port of its own: to come from the listening port helps hole punching only, and makes
        // a quick redial collide with the old connection's remains.
        let opts = DialOpts::peer_id(peer)
            .addresses(addresses)
            .allocate_new_port()
            .build();
        match self.swarm.dial(opts) {
            // Connected, or being dialled: news of that will come.
            Ok(()) | Err(DialError::DialPeerConditionFalse(_)) => {}
            Err(error) => self.on_dial_failed(peer, &error),
        }
        true
    }

    fn dial_address(&mut self, address: Multiaddr) {
        match peer_at(&address) {
            Ok(peer) if peer == *self.swarm.local_peer_id() => {}
            Ok(peer) => {
                if !self.book.learn(peer, address) {
                    debug!(%peer, "no room for another address");
                }
                self.dial(peer);
            }
            Err(_) => debug!("an address without a peer id is not dialled"),
        }
    }

    /// Replaces the set, and remakes the connections that it judges otherwise.
    fn authorise(&mut self, peers: BTreeMap<TransportKey, OrganisationKey>) {
        let keys = peers.keys().copied().collect();
        self.places.belong(peers);
        let upheaval = self.swarm.behaviour_mut().gate.authorise(keys);
        let now = Instant::now();
        for peer in upheaval.welcome.iter().filter_map(|key| peer_id(key).ok()) {
            if self.swarm.is_connected(&peer) {
                self.book.dial_when_gone(&peer);
            } else {
                self.book.dial_at_once(&peer, now);
            }
        }
        for peer in upheaval.expelled.iter().filter_map(|key| peer_id(key).ok()) {
            let (ask, hello): (Vec<_>, Vec<_>) = self
                .calls
                .take_waiting(&peer)
                .into_iter()
                .partition(|call| call.lane == Lane::Inside);
            for call in ask {
                let peer = call.peer;
                call.fail(NetError::NotAuthorised { peer });
            }
            for call in hello {
                self.calls.wait(peer, call);
            }
        }
        for id in upheaval.close {
            self.swarm.close_connection(id);
        }
    }

    fn new_call(&self, lane: Lane, peer: TransportKey, body: Vec<u8>, reply: Reply) -> Call {
        let deadline = Instant::now() + self.limits.request_timeout;
        Call {
            lane,
            peer,
            body,
            reply,
            deadline,
        }
    }

    /// Sends a call, or keeps it until its peer is connected, or fails it.
    fn call(&mut self, call: Call) {
        let key = call.peer;
        let peer = match peer_id(&key) {
            Ok(peer) => peer,
            Err(error) => return call.fail(error),
        };
        if call.lane == Lane::Inside && !self.swarm.behaviour().gate.is_authorised(&peer) {
            return call.fail(NetError::NotAuthorised { peer: key });
        }
        if !self.calls.has_room(&key) {
            return call.fail(NetError::Busy { peer: key });
        }
        let connected = self.can_send(call.lane, &peer);
        if connected && self.calls.may_send(&key) {
            return self.send(peer, call);
        }
        self.calls.wait(peer, call);
        if connected {
            // Sent when an earlier one has its answer.
            return;
        }
        // Connected but not inside: the connection is being remade.
        if !self.swarm.is_connected(&peer) && !self.dial(peer) {
            for call in self.calls.take_waiting(&peer) {
                call.fail(NetError::NotConnected { peer: key });
            }
        }
    }

    /// Sends what waits for a peer, as far as it may be sent now.
    pub(super) fn send_waiting(&mut self, peer: &PeerId) {
        for call in self.calls.take_waiting(peer) {
            self.call(call);
        }
    }

    fn can_send(&self, lane: Lane, peer: &PeerId) -> bool {
        match lane {
            Lane::Inside => self.swarm.behaviour().gate.has_inside(peer),
            Lane::Hello => self.swarm.behaviour().hello.is_connected(peer),
        }
    }

    fn send(&mut self, peer: PeerId, call: Call) {
        let behaviour = self.swarm.behaviour_mut();
        let requests = match call.lane {
            Lane::Inside => &mut behaviour.gate.inner_mut().requests,
            Lane::Hello => &mut behaviour.hello,
        };
        let id = requests.send_request(&peer, call.body);
        self.calls
            .sent(call.lane, id, call.peer, call.reply, call.deadline);
    }

    /// Closes listeners and connections, politely but not for long.
    async fn close(mut self) {
        for id in core::mem::take(&mut self.listeners) {
            self.swarm.remove_listener(id);
        }
        for peer in self.swarm.connected_peers().copied().collect::<Vec<_>>() {
            // An error would say that it is gone already.
            self.swarm.disconnect_peer_id(peer).ok();
        }
        let goodbye = async {
            while self.swarm.connected_peers().next().is_some() {
                self.swarm.select_next_some().await;
            }
        };
        if timeout(GOODBYE, goodbye).await.is_err() {
            debug!("connections were still open at the end");
        }
    }
}

/// The library's own words would put the peer's addresses into the log.
fn reason(error: &DialError) -> &'static str {
    match error {
        DialError::Transport(_) => "no address answers",
        DialError::WrongPeerId { .. } => "another node answers there",
        DialError::LocalPeerId { .. } => "this node itself answers there",
        DialError::Denied { .. } => "too many connections",
        _ => "given up",
    }
}

/// Without a source of randomness, nodes merely redial in step.
fn jitter() -> u64 {
    getrandom::u64().unwrap_or_default()
}
