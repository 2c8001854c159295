//! What other nodes say, and what this one says to them.

use super::epochs::CERTIFICATE;
use super::input::{Answered, Input};
use super::machine::{Failed, Machine};
use super::papers::CHARTERS;
use super::verify::sift;
use crate::ceremony::Heard;
use crate::entropy::OsEntropy;
use crate::net::{NetEvent, ResponseToken};
use crate::store::StoreError;
use parasol_protocol::carried::View as _;
use parasol_protocol::engine::{AskId, evaluate};
use parasol_protocol::ids::TransportKey;
use parasol_protocol::record::Verified;
use parasol_protocol::time::Timestamp;
use parasol_protocol::wire::peer::{
    Hello, MAX_CHARTER_BYTES, Refusal as PeerRefusal, Reply, Request,
};

impl Machine {
    pub(super) fn network(&mut self, event: NetEvent, now: Timestamp) -> Result<(), Failed> {
        match event {
            NetEvent::Listening(address) => {
                tracing::info!(%address, "listening for other nodes");
                Ok(())
            }
            NetEvent::Connected(peer) => {
                tracing::info!(%peer, "connected to a node");
                self.connected.insert(peer);
                self.engine.connected_to(peer, now);
                self.ask_for_charters(peer);
                self.ask_for_certificate(peer, true);
                // Whoever is not there is told nothing.
                let _ = self.pass_on(Heard::Connected);
                let outputs = self.engine.tick(&self.ledger.view()?, now)?;
                self.carry_out(outputs)
            }
            NetEvent::Disconnected(peer) => {
                tracing::info!(%peer, "connection to a node lost");
                self.connected.remove(&peer);
                self.engine.disconnected_from(&peer);
                Ok(())
            }
            NetEvent::UnauthorisedConnected(peer) => self.greet(peer, now),
            NetEvent::Hello { from, body, token } => {
                self.greeted(from, &body, now)?;
                if let Some(hello) = self.hello(now)? {
                    self.respond(token, hello);
                }
                Ok(())
            }
            NetEvent::Request { from, body, token } => self.requested(from, &body, token, now),
            // Batched by the loop.
            NetEvent::Gossip { from, data, token } => {
                let looked = self.look_at(vec![(from, data, token)], false);
                self.gossip(looked, false)
            }
        }
    }

    pub(super) fn requested(
        &mut self,
        from: TransportKey,
        body: &[u8],
        token: ResponseToken,
        now: Timestamp,
    ) -> Result<(), Failed> {
        let Ok(request) = Request::decode(body) else {
            self.respond(token, Reply::Refused(PeerRefusal::Malformed).encode());
            return Ok(());
        };
        let asking = self.engine.connected().find(|(key, _)| *key == from);
        let Some((_, organisation)) = asking else {
            self.respond(token, Reply::Refused(PeerRefusal::Malformed).encode());
            return Ok(());
        };
        let request = match request {
            Request::Sealed(sealed) => {
                self.answer_sealed(sealed, token, now);
                return Ok(());
            }
            Request::Charters(known) => {
                let news = self.chain.news_for(&known, MAX_CHARTER_BYTES);
                self.respond(token, Reply::Charters(news).encode());
                return Ok(());
            }
            Request::Board(shown) => {
                self.shown(from, shown, token);
                return Ok(());
            }
            Request::Evaluate(ask) => {
                let (outputs, allowed) =
                    self.engine
                        .allow(&organisation, ask, &self.ledger.view()?, now)?;
                self.carry_out(outputs)?;
                let net = self.net.clone();
                self.runtime.spawn(async move {
                    let work = move || {
                        let answer = allowed
                            .and_then(|(shares, ask)| evaluate(&shares, &ask, &mut OsEntropy));
                        answer
                            .map_or_else(Reply::Refused, Reply::Evaluated)
                            .encode()
                    };
                    if let Ok(bytes) = tokio::task::spawn_blocking(work).await {
                        // The peer may be gone; then nobody waits for it.
                        let _ = net.respond(token, bytes).await;
                    }
                });
                return Ok(());
            }
            Request::Push(_) | Request::PushOwn(_) if !self.engine.heeds(&from, now) => {
                self.respond(token, Reply::Refused(PeerRefusal::Busy).encode());
                return Ok(());
            }
            other => other,
        };
        let records = self.take_good(from, request.records(), now)?;
        let view = self.ledger.view()?;
        let (outputs, reply) =
            self.engine
                .requested(from, request, records, &view, now, &mut OsEntropy)?;
        drop(view);
        self.carry_out(outputs)?;
        self.respond(token, reply.encode());
        Ok(())
    }

    pub(super) fn replied(
        &mut self,
        peer: TransportKey,
        id: AskId,
        answer: Option<Answered>,
        now: Timestamp,
    ) -> Result<(), Failed> {
        let Some(Answered { reply, good, bad }) = answer else {
            self.engine.unanswered(&peer, id, now);
            return Ok(());
        };
        if let Reply::Certificate(bytes) = &reply {
            let mut nodes = self.engine.connected_nodes();
            let from = nodes.find(|(key, ..)| *key == peer);
            let from = from.map(|(_, _, organisation)| organisation);
            drop(nodes);
            if let Some(from) = from.filter(|_| id == CERTIFICATE && !bytes.is_empty()) {
                let bytes = bytes.clone();
                // What is lost is asked for again.
                let _ = self.pass_on(Heard::Certificate { from, bytes });
            }
            return Ok(());
        }
        if let Reply::Charters(documents) = &reply {
            return match id {
                CHARTERS => self.take_charters(documents, now),
                _ => Ok(()),
            };
        }
        let outputs = self.engine.misbehaved(peer, &bad, now);
        self.carry_out(outputs)?;
        let view = self.ledger.view()?;
        let outputs = self.engine.replied(peer, id, reply, good, &view, now)?;
        drop(view);
        self.carry_out(outputs)
    }

    /// The records of a list that hold. Whoever sent the others is blamed for them.
    pub(super) fn take_good(
        &mut self,
        from: TransportKey,
        list: &[Vec<u8>],
        now: Timestamp,
    ) -> Result<Vec<Verified>, Failed> {
        let (good, bad) = sift(&self.federation(), list);
        let outputs = self.engine.misbehaved(from, &bad, now);
        self.carry_out(outputs)?;
        Ok(good)
    }

    /// Answers a peer's sealed question on another thread: many reports are read and sealed for it.
    pub(super) fn answer_sealed(&self, sealed: Vec<u8>, token: ResponseToken, now: Timestamp) {
        let (engine, ledger, net) = (self.engine.reader(), self.ledger.lend(), self.net.clone());
        self.aside.run(
            move || {
                let view = ledger.view()?;
                engine.answer_sealed(&sealed, &view, now, &mut OsEntropy)
            },
            |answer: Result<Reply, StoreError>| async move {
                let answer = answer.unwrap_or_else(|error| {
                    tracing::error!(%error, "the store cannot be read");
                    Reply::Refused(PeerRefusal::Busy)
                });
                // The peer may be gone; then nobody waits for it.
                let _ = net.respond(token, answer.encode()).await;
            },
        );
    }

    /// The node's own hello, if it has a delegation to show.
    pub(super) fn hello(&self, now: Timestamp) -> Result<Option<Vec<u8>>, Failed> {
        let today = self.engine.today(now);
        let nodes = self.engine.directory().nodes(today);
        let Some(mine) = nodes.get(&self.engine.node()) else {
            return Ok(None);
        };
        let delegation = self.ledger.view()?.record(&mine.id)?;
        Ok(delegation.map(|delegation| {
            Hello {
                federation: self.federation(),
                delegation,
            }
            .encode()
        }))
    }

    pub(super) fn greet(&self, peer: TransportKey, now: Timestamp) -> Result<(), Failed> {
        let Some(hello) = self.hello(now)? else {
            return Ok(());
        };
        let (net, queue) = (self.net.clone(), self.queue.clone());
        self.runtime.spawn(async move {
            if let (Ok(body), Some(queue)) = (net.hello(peer, hello).await, queue.upgrade()) {
                // If the driver stops, the greeting does not matter any more.
                let _ = queue.send(Input::Greeted { peer, body }).await;
            }
        });
        Ok(())
    }

    pub(super) fn greeted(
        &mut self,
        peer: TransportKey,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), Failed> {
        let federation = self.federation();
        let Some(hello) = Hello::decode(body)
            .ok()
            .filter(|h| h.federation == federation)
        else {
            return Ok(());
        };
        let Ok(delegation) = Verified::from_bytes(&hello.delegation, &federation) else {
            return Ok(());
        };
        let outputs = self
            .engine
            .hello(&peer, delegation, &self.ledger.view()?, now)?;
        self.carry_out(outputs)
    }

    pub(super) fn respond(&self, token: ResponseToken, body: Vec<u8>) {
        let net = self.net.clone();
        self.runtime.spawn(async move {
            // The peer may be gone; then nobody waits for it.
            let _ = net.respond(token, body).await;
        });
    }
}
