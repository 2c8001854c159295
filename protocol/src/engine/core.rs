//! The engine's state, and what it asks its driver to do.

use super::batch::Batch;
use super::calendar::Calendar;
use super::sets::Sets;
use crate::carried::{Change, View};
use crate::certificate::Certificate;
use crate::charter::Charter;
use crate::directory::{Directory, Forgotten};
use crate::ids::{NodeKey, OrganisationKey, RecordId, TransportKey};
use crate::keys::SecretKey;
use crate::oprf::{KeyName, KeyShare};
use crate::record::{Refusal, Verified};
use crate::time::{Day, Season, Timestamp};
use crate::wire::peer::Request;
use crate::wire::sealed::SealSecret;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Expired records that one tick puts out.
const SWEEP: usize = 2000;

/// Who the node is, and the secrets that it works with.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its organisation.
    pub organisation: OrganisationKey,
    /// The key that signs records.
    pub record_key: SecretKey,
    /// The key that opens sealed questions.
    pub seal_key: SealSecret,
    /// Its shares of the federation's keys; none if it is no keyholder.
    pub shares: Shares,
}

/// A keyholder's shares. Evaluating is slow, so they can be lent to another thread.
pub type Shares = Arc<BTreeMap<KeyName, KeyShare>>;

/// What can be set.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Milliseconds between two catch-ups with the same peer.
    pub sync_every: u64,
    /// Milliseconds after which an unanswered request of a catch-up is given up.
    pub patience: u64,
    /// Whether a node that finds nothing of its own in its store publishes only after a catch-up.
    /// For nodes that have peers to catch up with; see [`Engine::must_catch_up`].
    pub catch_up_first: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sync_every: 60_000,
            patience: 30_000,
            catch_up_first: false,
        }
    }
}

/// A request of the engine to a peer; the reply comes back with it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct AskId(pub u64);

/// What the driver is to do, in order.
#[derive(Debug)]
pub enum Output {
    /// Apply these, all or nothing, and be sure that they are on disk before going on.
    Store(Vec<Change>),
    /// Pass a record on to all peers.
    Gossip(Vec<u8>),
    /// Ask a peer; call [`Engine::replied`] or [`Engine::unanswered`] with the id.
    Ask {
        /// Which peer.
        peer: TransportKey,
        /// What the reply will be called with.
        id: AskId,
        /// The request.
        request: Request,
    },
    /// Destroy the shares of these keys wherever they are stored, those of other epochs too, so that
    /// nothing brings them back. It may come again for what is gone already.
    Destroy(BTreeSet<KeyName>),
    /// Talk with these peers and no others. With each is the organisation whose it is.
    Peers(BTreeMap<TransportKey, OrganisationKey>),
    /// Something that whoever runs the node may want to read.
    Notice(Notice),
}

/// What the driver is to do first, and then the answer to who asked.
pub type Done<T> = (Vec<Output>, T);

/// Something worth a line in a log. It never holds a handle, a label or a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Notice {
    /// Records came in by catch-up.
    CaughtUp {
        /// With whom.
        peer: TransportKey,
        /// How many were new.
        received: usize,
        /// How many the peer lacked.
        sent: usize,
    },
    /// A peer sent what no honest node passes on.
    Misbehaved {
        /// Who.
        peer: TransportKey,
        /// Why it was refused.
        refusal: Refusal,
    },
    /// A peer misbehaved too often and is not heard for so many minutes.
    Shunned {
        /// Who.
        peer: TransportKey,
        /// For how long.
        minutes: u64,
    },
    /// Expired records were put out.
    Expired(usize),
    /// This node's own delegation ends soon, or has ended.
    DelegationEnds(Option<Day>),
    /// A record of this organisation lost its slot to another one, signed by this key: it may be
    /// stolen.
    Contested(NodeKey),
    /// Records that had been put out are carried again.
    Restored(usize),
    /// So many organisations as it takes say that a season is over: its keys are gone.
    SeasonOver(Season),
    /// A version of the charter was taken up.
    Charter(u32),
    /// The clock is far ahead of the latest day that is known to have come.
    ClockAhead {
        /// That day.
        known: Day,
        /// What the clock says.
        today: Day,
    },
}

/// The engine cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError<E> {
    /// The store cannot be read.
    #[error("the store cannot be read: {0}")]
    Store(E),
    /// What is stored is damaged.
    #[error(
        "record {id} in the store is damaged: {why}; restore the store, or remove it and let the peers fill it again"
    )]
    Damaged {
        /// Which record.
        id: RecordId,
        /// Why it is refused.
        why: Refusal,
    },
}

impl<E> From<E> for EngineError<E> {
    fn from(e: E) -> Self {
        EngineError::Store(e)
    }
}

pub(super) struct Peer {
    pub organisation: OrganisationKey,
    pub node: NodeKey,
    pub sync: Option<super::sync::Session>,
    pub next_sync: Timestamp,
    /// Ids that this peer was sent or that it sent and that were refused, so that the same ones
    /// do not travel again at every catch-up.
    pub sent: BTreeSet<RecordId>,
    pub refused: BTreeSet<RecordId>,
}

/// The engine. See the [module](super).
pub struct Engine {
    pub(super) me: Identity,
    pub(super) settings: Settings,
    /// Shared with readers on other threads.
    pub(super) directory: Arc<Directory>,
    pub(super) certificate: Option<Certificate>,
    pub(super) peers: BTreeMap<TransportKey, Peer>,
    pub(super) waiting: super::waiting::Waiting,
    pub(super) blamed: super::blame::Blame,
    pub(super) wear: super::wear::Wear,
    pub(super) next_ask: u64,
    /// Of what others may have, and of what never leaves the organisation: counted together, the
    /// gaps in the one would tell others how much there is of the other.
    pub(super) next_slots: BTreeMap<bool, (Day, u32)>,
    /// The sets for reconciliation.
    pub(super) sets: Sets,
    pub(super) calendar: Calendar,
    pub(super) reserved: BTreeMap<(OrganisationKey, KeyName), (Day, super::evaluate::Reserve)>,
    pub(super) members: super::member::Members,
    pub(super) roots_changed: bool,
    pub(super) own_past: super::publish::OwnPast,
    /// Shares of the epochs around the one in force.
    pub(super) epochs: super::epochs::Epochs,
    /// Seasons that a threshold of organisations have said are over.
    pub(super) ended: BTreeSet<Season>,
    /// The day on which it was last looked which seasons are.
    pub(super) seasons_of: Option<Day>,
    authorised: BTreeMap<TransportKey, OrganisationKey>,
    swept: Option<Day>,
    begun: Option<Day>,
}

impl Engine {
    /// An engine that knows what the store holds. Call [`Engine::begin`] next.
    ///
    /// # Errors
    /// If the store cannot be read or is damaged.
    pub fn new<V: View>(
        charter: Charter,
        me: Identity,
        settings: Settings,
        view: &V,
    ) -> Result<Self, EngineError<V::Error>> {
        let calendar = Calendar::new(&charter, view.reached()?);
        let mut directory = Directory::new(charter);
        for id in view.for_directory()? {
            if let Some(bytes) = view.record(&id)? {
                let record = Verified::from_own_store(&bytes)
                    .map_err(|why| EngineError::Damaged { id, why })?;
                directory.learn(&record);
            }
        }
        let mut engine = Self::bare(me, settings, Arc::new(directory), calendar);
        engine.own_past = engine.look_for_own_past(view)?;
        engine.leave_out_what_ended(view)?;
        Ok(engine)
    }

    /// The engine of another node whose store holds the same records by roots: a thousand nodes of
    /// a simulation read them once.
    #[cfg(any(test, feature = "sim"))]
    pub(crate) fn twin<V: View>(
        &self,
        me: Identity,
        view: &V,
    ) -> Result<Self, EngineError<V::Error>> {
        let calendar = Calendar::new(self.directory.charter(), view.reached()?);
        let directory = Arc::clone(&self.directory);
        let mut engine = Self::bare(me, self.settings, directory, calendar);
        engine.own_past = engine.look_for_own_past(view)?;
        engine.leave_out_what_ended(view)?;
        Ok(engine)
    }

    fn bare(
        me: Identity,
        settings: Settings,
        directory: Arc<Directory>,
        calendar: Calendar,
    ) -> Self {
        Self {
            me,
            settings,
            directory,
            certificate: None,
            peers: BTreeMap::new(),
            waiting: super::waiting::Waiting::default(),
            blamed: super::blame::Blame::default(),
            wear: super::wear::Wear::default(),
            next_ask: 0,
            next_slots: BTreeMap::new(),
            sets: Sets::default(),
            calendar,
            reserved: BTreeMap::new(),
            members: super::member::Members::default(),
            roots_changed: false,
            own_past: super::publish::OwnPast::Known,
            epochs: super::epochs::Epochs::default(),
            ended: BTreeSet::new(),
            seasons_of: None,
            authorised: BTreeMap::new(),
            swept: None,
            begun: None,
        }
    }

    /// A copy that knows the same and talks with nobody.
    pub(super) fn without_peers(&self) -> Self {
        let mut copy = Self::bare(
            self.me.clone(),
            self.settings,
            Arc::clone(&self.directory),
            self.calendar.clone(),
        );
        copy.certificate.clone_from(&self.certificate);
        copy.ended.clone_from(&self.ended);
        copy
    }

    /// Whom to talk with at the start, and what should be gone.
    pub fn begin(&mut self, now: Timestamp) -> Vec<Output> {
        self.own_past.begin(self.today(now));
        let mut out: Vec<Output> = self.destroy_again().into_iter().collect();
        self.refresh_peers(now, &mut out);
        out
    }

    /// Takes in the certificate of the shared keys.
    pub fn certify(&mut self, certificate: Certificate) {
        self.certificate = Some(certificate);
    }

    /// The certificate of the shared keys.
    pub const fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }
    /// Who may speak for whom.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }
    /// The same, to be looked at elsewhere.
    pub fn shared_directory(&self) -> Arc<Directory> {
        Arc::clone(&self.directory)
    }
    /// The peers that are connected now, with their record keys and organisations.
    pub fn connected_nodes(
        &self,
    ) -> impl Iterator<Item = (TransportKey, NodeKey, OrganisationKey)> {
        self.peers
            .iter()
            .map(|(key, peer)| (*key, peer.node, peer.organisation))
    }
    /// The node's organisation.
    pub const fn organisation(&self) -> OrganisationKey {
        self.me.organisation
    }
    /// The node's record key.
    pub fn node(&self) -> NodeKey {
        self.me.record_key.node()
    }
    /// The peers that are connected now, with their organisations.
    pub fn connected(&self) -> impl Iterator<Item = (TransportKey, OrganisationKey)> {
        self.peers
            .iter()
            .map(|(key, peer)| (*key, peer.organisation))
    }
    /// The connected peer with this record key.
    pub fn peer_of(&self, node: &NodeKey) -> Option<TransportKey> {
        self.peers
            .iter()
            .find(|(_, p)| p.node == *node)
            .map(|(key, _)| *key)
    }

    /// A peer is connected. The transport has proved its key.
    pub fn connected_to(&mut self, key: TransportKey, now: Timestamp) {
        if self.blamed.shuns(&key, now) {
            return;
        }
        if let Some((node, delegated)) = self.directory.node_by_transport(&key, self.today(now)) {
            self.peers.entry(key).or_insert(Peer {
                organisation: delegated.organisation,
                node,
                sync: None,
                next_sync: now,
                sent: BTreeSet::new(),
                refused: BTreeSet::new(),
            });
        }
    }

    /// A peer is connected no longer.
    pub fn disconnected_from(&mut self, key: &TransportKey) {
        self.peers.remove(key);
    }

    /// Whether the delegation in a hello makes its sender a peer, and what follows from it.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn hello<V: View>(
        &mut self,
        from: &TransportKey,
        delegation: Verified,
        view: &V,
        now: Timestamp,
    ) -> Result<Vec<Output>, EngineError<V::Error>> {
        let theirs = match delegation.body() {
            crate::record::Body::Delegation(d) => d.terms.transport_key == *from,
            _ => false,
        };
        if !theirs {
            return Ok(Vec::new());
        }
        Ok(self
            .arrived(super::Source::Local, vec![delegation], view, now)?
            .outputs)
    }

    /// What time brings: expiry, catch-up, changed peers. Call it about once a second.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn tick<V: View>(
        &mut self,
        view: &V,
        now: Timestamp,
    ) -> Result<Vec<Output>, EngineError<V::Error>> {
        let today = self.today(now);
        let mut out = self.look_at_clock(today);
        self.own_past.mind(today);
        self.pardon(now, &mut out);
        self.wear.rest(now);
        self.forget_epochs(now);
        let swept = self.sweep(view, now)?;
        // The view does not show yet what is to be stored; a set made from it would stay wrong.
        let mut stored = !swept.is_empty();
        out.extend(swept);
        if self.begun != Some(today) {
            self.begun = Some(today);
            let mine = self
                .directory
                .nodes(today)
                .get(&self.node())
                .map(|d| d.terms.until);
            if super::warning::ends_soon(mine, today) {
                out.push(Output::Notice(Notice::DelegationEnds(mine)));
            }
            self.refresh_peers(now, &mut out);
            self.forget_settled_ids();
            self.roots_changed = true;
        }
        if std::mem::take(&mut self.roots_changed) {
            let retried = self.retry(view, now)?;
            stored |= retried.iter().any(|o| matches!(o, Output::Store(_)));
            out.extend(retried);
        }
        if !stored {
            let said = self.say_what_is_over(view, now)?;
            stored = said.iter().any(|o| matches!(o, Output::Store(_)));
            out.extend(said);
        }
        if !stored {
            self.sync_due(view, now, &mut out)?;
        }
        Ok(out)
    }

    /// Deletes what has expired, once a day, unless the day is in doubt.
    fn sweep<V: View>(
        &mut self,
        view: &V,
        now: Timestamp,
    ) -> Result<Vec<Output>, EngineError<V::Error>> {
        let Some(today) = self.settled(now).filter(|day| self.swept != Some(*day)) else {
            return Ok(Vec::new());
        };
        let gone: BTreeSet<RecordId> = view.expired(today, SWEEP)?.into_iter().collect();
        let aside = view.aside_expired(today, SWEEP)?;
        if gone.len().max(aside.len()) < SWEEP {
            self.swept = Some(today);
        }
        if gone.is_empty() && aside.is_empty() {
            return Ok(Vec::new());
        }
        let mut batch = Batch::new(view);
        for id in &aside {
            batch.overlay.drop_aside(id)?;
        }
        for id in &gone {
            self.put_out_expired(id, &mut batch)?;
        }
        for id in &gone {
            let forgotten = self.forget(id);
            self.put_out_orphans(&forgotten, &mut batch)?;
        }
        self.offer_again(&mut batch, today)?;
        self.sets.changed();
        self.close(&mut batch)?;
        let mut out = batch.into_outputs([]);
        out.push(Output::Notice(Notice::Expired(gone.len())));
        Ok(out)
    }

    /// What was refused once may be carried now, here and at the peers.
    pub(super) fn forget_settled_ids(&mut self) {
        for peer in self.peers.values_mut() {
            peer.sent.clear();
            peer.refused.clear();
        }
    }

    // Only what changes the directory may touch it: a reader elsewhere makes that a copy.
    pub(super) fn learn(&mut self, record: &Verified) {
        if record.kind().in_directory() {
            Arc::make_mut(&mut self.directory).learn(record);
        }
    }

    pub(super) fn forget(&mut self, id: &RecordId) -> Forgotten {
        if self.directory.knows(id) {
            Arc::make_mut(&mut self.directory).forget(id)
        } else {
            Forgotten::default()
        }
    }

    /// Tells the driver whom to talk with, if that has changed.
    pub(super) fn refresh_peers(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let mine = self.node();
        let nodes = self.directory.nodes(self.today(now));
        let others = nodes.into_iter().filter(|(key, _)| *key != mine);
        let mut authorised = BTreeMap::new();
        for (_, delegated) in others {
            let key = delegated.terms.transport_key;
            if !self.blamed.shuns(&key, now) {
                // Of several nodes with one transport key the first is meant, as elsewhere.
                authorised.entry(key).or_insert(delegated.organisation);
            }
        }
        if authorised != self.authorised {
            self.peers.retain(|key, _| authorised.contains_key(key));
            self.authorised.clone_from(&authorised);
            out.push(Output::Peers(authorised));
        }
    }
}
