//! What the driver's queue holds.

use super::alarm::Alarm;
use super::calls::Unavailable;
use super::verify::sift;
use crate::ceremony::Known;
use crate::net::NetEvent;
use parasol_protocol::certificate::Certificate;
use parasol_protocol::engine::{
    Allowance, Allowed, AskId, Division, Holder, Member, Share, Shares, Warning,
};
use parasol_protocol::ids::{FederationId, NodeKey, OrganisationKey, TransportKey};
use parasol_protocol::record::{Refusal, Verified};
use parasol_protocol::time::{Day, Season, Timestamp};
use parasol_protocol::wire::client::{
    DirectoryReply, Outcome, OwnAsk, OwnReply, TagsAsk, TagsReply, Wanted,
};
use parasol_protocol::wire::peer::{Refusal as PeerRefusal, Reply};
use parasol_protocol::wire::{Again, EvaluateAsk};
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::oneshot;

/// Where an answer goes. A failure of the store is an answer too.
pub(super) type Answer<T> = oneshot::Sender<Result<T, Unavailable>>;

/// A node to which a sealed question is passed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// This node itself.
    Here,
    /// A connected peer.
    Peer(TransportKey),
    /// A node that is not connected, or not known.
    Away,
}

/// What a node tells of itself.
#[derive(Clone, Debug)]
pub struct Status {
    /// Connected peers.
    pub peers: usize,
    /// Nodes that it would talk with.
    pub known: usize,
    /// Records by kind.
    pub records: BTreeMap<&'static str, u64>,
    /// Its day.
    pub today: Day,
    /// The last day on which it may sign.
    pub delegated_until: Option<Day>,
    /// Bytes on disk.
    pub bytes: u64,
    /// Entries by table.
    pub tables: BTreeMap<&'static str, u64>,
    /// The names of the shared keys of which it holds a share.
    pub shares: Vec<String>,
    /// What whoever runs it should look at.
    pub warnings: Vec<Warning>,
    /// What is wrong in the federation itself.
    pub alarms: Vec<Alarm>,
    /// The generation of the shared keys; none before they are made.
    pub keys: Option<Keys>,
}

/// A generation of the shared keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keys {
    /// Its number.
    pub epoch: u32,
    /// The day on which it was planned.
    pub made: Day,
    /// Whether a dealer made it, and so could know the keys.
    pub dealt: bool,
    /// The organisations that hold shares, by short name.
    pub holders: Vec<String>,
    /// Those of them that have not said that they stored theirs.
    pub waiting: Vec<String>,
}

/// What key ceremonies rest on, as the driver sees it at one moment.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Charter, delegations and certificate in force.
    pub known: Known,
    /// The node's day.
    pub today: Day,
    /// Whether it is not in doubt.
    pub settled: bool,
    /// Seasons that are over: no share of their keys is kept.
    pub ended: BTreeSet<Season>,
    /// The moment.
    pub now: Timestamp,
    /// How much time has passed since the node's start, whatever the clock was set to meanwhile.
    pub passed: Timestamp,
    /// The record keys of the connected nodes, with their transport keys and organisations.
    pub connected: BTreeMap<NodeKey, (TransportKey, OrganisationKey)>,
}

/// A peer's answer, with the records in it verified.
pub(super) struct Answered {
    pub reply: Reply,
    pub good: Vec<Verified>,
    pub bad: Vec<Refusal>,
}

impl Answered {
    /// Reads an answer; none if it is not one. For another thread than the loop's.
    pub fn read(federation: &FederationId, bytes: &[u8]) -> Option<Self> {
        let reply = Reply::decode(bytes).ok()?;
        let (good, bad) = sift(federation, reply.records());
        Some(Self { reply, good, bad })
    }
}

pub(super) enum Input {
    Net(NetEvent),
    Replied {
        peer: TransportKey,
        id: AskId,
        answer: Option<Answered>,
    },
    Greeted {
        peer: TransportKey,
        body: Vec<u8>,
    },
    Tick,
    Publish(Vec<Wanted>, Answer<Vec<Outcome>>),
    CarryIn(Box<Verified>, Answer<Result<bool, Refusal>>),
    Allow(
        OrganisationKey,
        EvaluateAsk,
        Answer<Result<Allowed, PeerRefusal>>,
    ),
    Charge(Member, u32, Division, Answer<Result<Day, Again>>),
    Refund(Member, u32, Day),
    Quota(Member, Division, Answer<(Share, Allowance)>),
    Holders(u32, Answer<Option<(u16, Vec<Holder>)>>),
    Locate(NodeKey, Answer<Target>),
    Sealed(Vec<u8>, Answer<Reply>),
    Directory(Answer<DirectoryReply>),
    Tags(TagsAsk, Answer<TagsReply>),
    Own(OwnAsk, Answer<OwnReply>),
    Record(Vec<u8>, Answer<Vec<Vec<u8>>>),
    Status(Answer<Status>),
    Scene(Answer<Scene>),
    Prepare(u32, Shares, Answer<()>),
    Renew(Box<Certificate>, Answer<bool>),
    TwoCertificates(u32, BTreeSet<OrganisationKey>),
    Stop(oneshot::Sender<()>),
}

impl Input {
    /// Answers that the store cannot be used, whatever was asked.
    pub(super) fn refuse(self) {
        fn no<T>(answer: Answer<T>) {
            // Whoever asked may be gone.
            let _ = answer.send(Err(Unavailable::Store));
        }
        match self {
            Input::Publish(_, answer) => no(answer),
            Input::CarryIn(_, answer) => no(answer),
            Input::Allow(_, _, answer) => no(answer),
            Input::Charge(_, _, _, answer) => no(answer),
            Input::Quota(_, _, answer) => no(answer),
            Input::Holders(_, answer) => no(answer),
            Input::Locate(_, answer) => no(answer),
            Input::Sealed(_, answer) => no(answer),
            Input::Directory(answer) => no(answer),
            Input::Tags(_, answer) => no(answer),
            Input::Own(_, answer) => no(answer),
            Input::Record(_, answer) => no(answer),
            Input::Status(answer) => no(answer),
            Input::Scene(answer) => no(answer),
            Input::Prepare(_, _, answer) => no(answer),
            Input::Renew(_, answer) => no(answer),
            // Peers get no answer and ask again.
            Input::Net(_)
            | Input::Replied { .. }
            | Input::Greeted { .. }
            | Input::Tick
            | Input::Refund(..)
            | Input::TwoCertificates(..)
            | Input::Stop(_) => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_while_the_store_fails_is_told_so_and_waits_for_nothing() {
        let (answer, mut wait) = oneshot::channel();
        Input::Status(answer).refuse();
        assert_eq!(wait.try_recv().unwrap().unwrap_err(), Unavailable::Store);
        let (answer, mut wait) = oneshot::channel();
        Input::Publish(Vec::new(), answer).refuse();
        assert_eq!(wait.try_recv().unwrap().unwrap_err(), Unavailable::Store);
        let (answer, mut wait) = oneshot::channel();
        Input::Holders(1, answer).refuse();
        assert_eq!(wait.try_recv().unwrap().unwrap_err(), Unavailable::Store);
    }
}
