//! Calling the driver from the HTTP side.

use super::input::{Answer, Input, Scene, Status, Target};
use parasol_protocol::certificate::Certificate;
use parasol_protocol::engine::{Allowance, Allowed, Division, Holder, Member, Share, Shares};
use parasol_protocol::ids::{NodeKey, OrganisationKey};
use parasol_protocol::record::Verified;
use parasol_protocol::time::Day;
use parasol_protocol::wire::client::{
    DirectoryReply, Outcome, OwnAsk, OwnReply, TagsAsk, TagsReply, Wanted,
};
use parasol_protocol::wire::peer::{Refusal, Reply};
use parasol_protocol::wire::{Again, EvaluateAsk};
use std::collections::BTreeSet;
use tokio::sync::{mpsc, oneshot};

/// The driver cannot answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unavailable {
    /// The node is stopping.
    #[error("the node is stopping; ask again when it is up")]
    Stopping,
    /// The disk is full.
    #[error("the node's disk is full: nothing was saved; whoever runs the node must make room")]
    Full,
    /// The store cannot be read or written.
    #[error("the node cannot use its store: nothing was saved; its log says why")]
    Store,
}

/// A way to the driver. Cheap to clone.
#[derive(Clone)]
pub struct DriverHandle {
    queue: mpsc::Sender<Input>,
}

impl DriverHandle {
    pub(super) const fn new(queue: mpsc::Sender<Input>) -> Self {
        Self { queue }
    }

    async fn call<T>(&self, input: impl FnOnce(Answer<T>) -> Input) -> Result<T, Unavailable> {
        let (answer, wait) = oneshot::channel();
        self.queue
            .send(input(answer))
            .await
            .map_err(|_| Unavailable::Stopping)?;
        wait.await.map_err(|_| Unavailable::Stopping)?
    }

    /// Has the driver look at its clock, and waits until it has done what follows from that.
    #[cfg(test)]
    pub async fn tick(&self) {
        // A driver that is gone shows in the next call.
        let _ = self.queue.send(Input::Tick).await;
        let _ = self.status().await;
    }

    /// Signs, stores and passes on.
    ///
    /// # Errors
    /// If the driver cannot answer.
    pub async fn publish(&self, wanted: Vec<Wanted>) -> Result<Vec<Outcome>, Unavailable> {
        self.call(|a| Input::Publish(wanted, a)).await
    }

    /// Takes in what a root key signed, stores it and passes it on. Says whether it was new, or why
    /// it is not carried.
    ///
    /// # Errors
    /// If the driver cannot answer; a refusal is an answer.
    pub async fn carry_in(
        &self,
        record: Verified,
    ) -> Result<Result<bool, parasol_protocol::record::Refusal>, Unavailable> {
        self.call(|a| Input::CarryIn(Box::new(record), a)).await
    }

    /// Takes an evaluation off an organisation's quota and lends the shares for it.
    ///
    /// # Errors
    /// If the driver cannot answer; a refusal is an answer.
    pub async fn allow(
        &self,
        organisation: OrganisationKey,
        ask: EvaluateAsk,
    ) -> Result<Result<Allowed, Refusal>, Unavailable> {
        self.call(|a| Input::Allow(organisation, ask, a)).await
    }

    /// Takes evaluations off a member's share of the day. Gives the day.
    ///
    /// # Errors
    /// If the driver cannot answer; when to ask again is an answer.
    pub async fn charge(
        &self,
        member: Member,
        count: u32,
        division: Division,
    ) -> Result<Result<Day, Again>, Unavailable> {
        self.call(|a| Input::Charge(member, count, division, a))
            .await
    }

    /// Gives back what was taken of a day for an ask that every keyholder refused.
    pub async fn refund(&self, member: Member, count: u32, day: Day) {
        // A node that stops loses no more than that.
        let _ = self.queue.send(Input::Refund(member, count, day)).await;
    }

    /// How a member and her organisation stand today.
    ///
    /// # Errors
    /// If the driver cannot answer.
    pub async fn quota(
        &self,
        member: Member,
        division: Division,
    ) -> Result<(Share, Allowance), Unavailable> {
        self.call(|a| Input::Quota(member, division, a)).await
    }

    /// How many keyholders of an epoch it takes, and all of them in the order in which to ask them;
    /// none if that epoch is over.
    ///
    /// # Errors
    /// If the driver cannot answer.
    pub async fn holders(&self, epoch: u32) -> Result<Option<(u16, Vec<Holder>)>, Unavailable> {
        self.call(|a| Input::Holders(epoch, a)).await
    }

    /// Where a node is.
    ///
    /// # Errors
    /// If the driver cannot answer.
    pub async fn locate(&self, node: NodeKey) -> Result<Target, Unavailable> {
        self.call(|a| Input::Locate(node, a)).await
    }

    /// Answers a question sealed to this node.
    ///
    /// # Errors
    /// If the driver cannot answer.
    pub async fn sealed(&self, sealed: Vec<u8>) -> Result<Reply, Unavailable> {
        self.call(|a| Input::Sealed(sealed, a)).await
    }

    /// What clients must know of the federation.
    ///
    /// # Errors
    /// If the driver cannot answer.
    pub async fn directory(&self) -> Result<DirectoryReply, Unavailable> {
        self.call(Input::Directory).await
    }

    /// The tags of a range of days.
    ///
    /// # Errors
    /// If the driver cannot answer.
    pub async fn tags(&self, ask: TagsAsk) -> Result<TagsReply, Unavailable> {
        self.call(|a| Input::Tags(ask, a)).await
    }

    /// The organisation's own reports.
    ///
    /// # Errors
    /// If the driver cannot answer.
    pub async fn own(&self, ask: OwnAsk) -> Result<OwnReply, Unavailable> {
        self.call(|a| Input::Own(ask, a)).await
    }

    /// The records whose ids begin with these bytes; at most two.
    ///
    /// # Errors
    /// If the driver cannot answer.
    pub async fn record(&self, prefix: Vec<u8>) -> Result<Vec<Vec<u8>>, Unavailable> {
        self.call(|a| Input::Record(prefix, a)).await
    }

    /// What the node tells of itself.
    ///
    /// # Errors
    /// If the driver cannot answer.
    pub async fn status(&self) -> Result<Status, Unavailable> {
        self.call(Input::Status).await
    }

    /// What key ceremonies rest on now. What it takes to judge it at the next start is on disk.
    ///
    /// # Errors
    /// If the driver cannot answer.
    pub async fn scene(&self) -> Result<Scene, Unavailable> {
        self.call(Input::Scene).await
    }

    /// Lends shares that a ceremony has made, and that are stored: they answer to those who ask for
    /// their epoch.
    ///
    /// # Errors
    /// If the driver cannot answer.
    pub async fn prepare(&self, epoch: u32, shares: Shares) -> Result<(), Unavailable> {
        self.call(|a| Input::Prepare(epoch, shares, a)).await
    }

    /// Goes by a certificate of a later epoch from now on, which is on disk. Says whether it was one.
    ///
    /// # Errors
    /// If the driver cannot answer.
    pub async fn renew(&self, certificate: Certificate) -> Result<bool, Unavailable> {
        self.call(|a| Input::Renew(Box::new(certificate), a)).await
    }

    /// Tells that there is another certificate of an epoch than the one in force, and who signed both.
    pub async fn two_certificates(&self, epoch: u32, both: BTreeSet<OrganisationKey>) {
        // An error means that the driver is gone, and nobody looks at its status any more.
        let _ = self.queue.send(Input::TwoCertificates(epoch, both)).await;
    }

    /// Stops the driver, after what is queued is done.
    pub async fn stop(&self) {
        let (done, wait) = oneshot::channel();
        if self.queue.send(Input::Stop(done)).await.is_ok() {
            // An error means that the driver is gone already.
            let _ = wait.await;
        }
    }
}
