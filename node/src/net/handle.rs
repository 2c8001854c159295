//! The driver's end of the command channel.

use std::collections::BTreeMap;

use libp2p::Multiaddr;
use parasol_protocol::ids::{OrganisationKey, TransportKey};
use tokio::sync::{mpsc, oneshot};

use super::behaviour::{MAX_HELLO, MAX_REQUEST, MAX_RESPONSE};
use super::error::NetError;
use super::event::{GossipToken, Lane, NetCommand, ResponseToken, Verdict};
use super::gossip::MAX_MESSAGE;
use super::key::peer_at;

/// Sends commands to the network task. When the last clone is gone, the task shuts down.
#[derive(Clone, Debug)]
pub struct NetHandle {
    commands: mpsc::Sender<NetCommand>,
    local: TransportKey,
}

impl NetHandle {
    pub(super) fn new(commands: mpsc::Sender<NetCommand>, local: TransportKey) -> Self {
        Self { commands, local }
    }

    /// This node's transport key.
    pub fn local_key(&self) -> TransportKey {
        self.local
    }

    /// Sends any command.
    ///
    /// # Errors
    ///
    /// [`NetError::Stopped`] if the task has ended.
    pub async fn send(&self, command: NetCommand) -> Result<(), NetError> {
        self.commands
            .send(command)
            .await
            .map_err(|_| NetError::Stopped)
    }

    /// Sends a message to the federation. That nobody is connected is no error: reconciliation
    /// brings it to those who come later.
    ///
    /// # Errors
    ///
    /// [`NetError::TooLarge`], or [`NetError::Stopped`] if the task has ended.
    pub async fn publish(&self, data: Vec<u8>) -> Result<(), NetError> {
        fits(&data, MAX_MESSAGE)?;
        self.send(NetCommand::Publish(data)).await
    }

    /// Asks an authorised peer and waits for the answer. A peer that is not connected is dialled
    /// if an address is known.
    ///
    /// # Errors
    ///
    /// Any [`NetError`] that names the peer, [`NetError::TooLarge`], [`NetError::Stopped`].
    pub async fn request(&self, peer: TransportKey, body: Vec<u8>) -> Result<Vec<u8>, NetError> {
        fits(&body, MAX_REQUEST)?;
        self.ask(|reply| NetCommand::Request { peer, body, reply })
            .await
    }

    /// Says hello to a peer, authorised or not, and waits for the answer.
    ///
    /// # Errors
    ///
    /// As [`NetHandle::request`].
    pub async fn hello(&self, peer: TransportKey, body: Vec<u8>) -> Result<Vec<u8>, NetError> {
        fits(&body, MAX_HELLO)?;
        self.ask(|reply| NetCommand::Hello { peer, body, reply })
            .await
    }

    /// Answers a request or a hello. If the peer is gone, the answer is lost in silence.
    ///
    /// # Errors
    ///
    /// [`NetError::TooLarge`], or [`NetError::Stopped`] if the task has ended.
    pub async fn respond(&self, token: ResponseToken, body: Vec<u8>) -> Result<(), NetError> {
        let limit = match token.lane {
            Lane::Inside => MAX_RESPONSE,
            Lane::Hello => MAX_HELLO,
        };
        fits(&body, limit)?;
        self.send(NetCommand::Respond(token, body)).await
    }

    /// Says whether a message is passed on.
    ///
    /// # Errors
    ///
    /// [`NetError::Stopped`] if the task has ended.
    pub async fn verdict(&self, token: GossipToken, verdict: Verdict) -> Result<(), NetError> {
        self.send(NetCommand::Verdict(token, verdict)).await
    }

    /// Replaces the keys that are let in; with each is the organisation whose it is.
    ///
    /// # Errors
    ///
    /// [`NetError::Stopped`] if the task has ended.
    pub async fn authorise(
        &self,
        keys: BTreeMap<TransportKey, OrganisationKey>,
    ) -> Result<(), NetError> {
        self.send(NetCommand::Authorise(keys)).await
    }

    /// Remembers a peer's address and dials it now.
    ///
    /// # Errors
    ///
    /// [`NetError::NoPeerId`] if the address does not end in `/p2p/` and an Ed25519 peer id,
    /// [`NetError::Stopped`] if the task has ended.
    pub async fn dial(&self, addr: Multiaddr) -> Result<(), NetError> {
        peer_at(&addr)?;
        self.send(NetCommand::Dial(addr)).await
    }

    /// Closes listeners and connections and ends the task; its `JoinHandle` says when.
    ///
    /// # Errors
    ///
    /// [`NetError::Stopped`] if the task has ended already.
    pub async fn shutdown(&self) -> Result<(), NetError> {
        self.send(NetCommand::Shutdown).await
    }

    async fn ask<F>(&self, command: F) -> Result<Vec<u8>, NetError>
    where
        F: FnOnce(oneshot::Sender<Result<Vec<u8>, NetError>>) -> NetCommand,
    {
        let (reply, answer) = oneshot::channel();
        self.send(command(reply)).await?;
        answer.await.unwrap_or(Err(NetError::Stopped))
    }
}

fn fits(bytes: &[u8], limit: usize) -> Result<(), NetError> {
    match bytes.len() {
        size if size > limit => Err(NetError::TooLarge { size, limit }),
        _ => Ok(()),
    }
}
