//! The loop itself.

use super::aside::Aside;
use super::calls::{DriverHandle, Unavailable};
use super::gossip::{Ahead, BATCH, Storing};
use super::input::{Answer, Answered, Input, Status, Target};
use super::papers::Papers;
use crate::ceremony::Heard;
use crate::clock::Clock;
use crate::entropy::OsEntropy;
use crate::forget::forget_keys;
use crate::ledger::{Ledger, LedgerView};
use crate::net::{NetEvent, NetHandle};
use crate::store::{Stats, StoreError};
use parasol_protocol::admit::{Carried as _, SlotKey};
use parasol_protocol::carried::{Change, View as _};
use parasol_protocol::certificate::Certificate;
use parasol_protocol::charter::{Chain, Charter};
use parasol_protocol::engine::{
    AskId, Engine, EngineError, Identity, Notice, Output, Settings, Source,
};
use parasol_protocol::ids::{FederationId, OrganisationKey, TransportKey};
use parasol_protocol::oprf::KeyName;
use parasol_protocol::record::{Refusal, Rule, Verified};
use parasol_protocol::time::{Day, Timestamp};
use parasol_protocol::wire::client::{Outcome, Wanted};
use parasol_protocol::wire::peer::Request;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// Inputs that may wait.
const QUEUE: usize = 2048;
/// Between two ticks.
const TICK: Duration = Duration::from_secs(1);
/// How long what was measured of the store is told again, in milliseconds.
const MEASURED: u64 = 10_000;
/// How long what clients want published waits for the node to catch up, in milliseconds.
const HELD: u64 = 15_000;
/// How many such requests may wait.
const MAX_HELD: usize = 16;

pub(super) type Failed = EngineError<StoreError>;

/// All that the driver starts from.
pub struct Setup {
    /// Who the node is.
    pub identity: Identity,
    /// All that is known of the charter.
    pub chain: Chain,
    /// The node's directory, whose papers may change while it runs.
    pub dir: Option<PathBuf>,
    /// The certificate of the shared keys; none before they are made.
    pub certificate: Option<Certificate>,
    /// Records signed by roots that the node was set up with.
    pub trust: Vec<Verified>,
    /// What can be set of the engine.
    pub settings: Settings,
    /// Where records lie.
    pub ledger: Ledger,
    /// Days up to this one are believed, however far ahead the clock seems.
    pub accept_time: Option<Day>,
    /// Where what peers say of key ceremonies goes; none if the node takes no part in any.
    pub ceremonies: Option<mpsc::Sender<Heard>>,
    /// What the time is told by.
    pub clock: Clock,
}

pub(super) struct Machine {
    pub(super) engine: Engine,
    pub(super) charter: Charter,
    pub(super) chain: Chain,
    pub(super) papers: Option<Papers>,
    pub(super) ceremonies: Option<mpsc::Sender<Heard>>,
    pub(super) identity: Identity,
    pub(super) settings: Settings,
    pub(super) ledger: Ledger,
    pub(super) net: NetHandle,
    pub(super) runtime: Handle,
    pub(super) queue: mpsc::WeakSender<Input>,
    pub(super) clock: Clock,
    pub(super) connected: BTreeSet<TransportKey>,
    pub(super) quotas_of: Option<Day>,
    pub(super) accept_time: Option<Day>,
    /// Whether engine and disk are known to agree. While they are not, nothing is answered.
    pub(super) sound: bool,
    pub(super) aside: Aside,
    pub(super) measured: Option<(Timestamp, Stats)>,
    /// An epoch of which there are two certificates, and who has signed both.
    pub(super) twofold: Option<(u32, BTreeSet<OrganisationKey>)>,
    /// What clients want published while the node catches up, and since when.
    held: Vec<Held>,
    /// The node's directory, whose shares files an ended season's keys are destroyed in.
    dir: Option<PathBuf>,
    /// Keys whose shares are still to be destroyed on disk, and whether that failed.
    doomed: BTreeSet<KeyName>,
    destroying: bool,
    /// Gossip that is being verified, and comes before whatever is in the queue.
    pub(super) ahead: Option<Ahead>,
    /// Gossip that is being written, and comes before that.
    pub(super) storing: Option<Storing>,
}

struct Held {
    wanted: Vec<Wanted>,
    answer: Answer<Vec<Outcome>>,
    since: Timestamp,
}

/// Starts the driver on a thread of its own, within the current tokio runtime.
///
/// # Errors
/// If the store cannot be read or written, or is damaged.
pub fn start(
    setup: Setup,
    net: NetHandle,
    mut events: mpsc::Receiver<NetEvent>,
) -> Result<(DriverHandle, JoinHandle<()>), EngineError<StoreError>> {
    let (queue, inputs) = mpsc::channel(QUEUE);
    let Setup {
        identity,
        mut chain,
        dir,
        certificate,
        trust,
        settings,
        ledger,
        accept_time,
        ceremonies,
        mut clock,
    } = setup;
    let charter = chain.current();
    chain.settle();
    let mut engine = Engine::new(charter.clone(), identity.clone(), settings, &ledger.view()?)?;
    if let Some(certificate) = certificate {
        engine.certify(certificate);
    }
    if let Some(day) = accept_time {
        engine.accept_time(day);
    }
    let runtime = Handle::current();
    let outputs = engine.begin(clock.now());
    let mut machine = Machine {
        engine,
        charter,
        chain,
        papers: dir.as_deref().map(Papers::new),
        ceremonies,
        identity,
        settings,
        ledger,
        net,
        runtime: runtime.clone(),
        queue: queue.downgrade(),
        clock,
        connected: BTreeSet::new(),
        quotas_of: None,
        accept_time,
        sound: true,
        aside: Aside::new(runtime.clone()),
        measured: None,
        twofold: None,
        held: Vec::new(),
        dir,
        doomed: BTreeSet::new(),
        destroying: false,
        ahead: None,
        storing: None,
    };
    machine.carry_out(outputs)?;
    let now = machine.clock.now();
    // Another version may have been taken up while the node did not run, or taken back.
    let outputs = machine.engine.look_again(&machine.ledger.view()?, now)?;
    machine.carry_out(outputs)?;
    let arrived = machine
        .engine
        .arrived(Source::Local, trust, &machine.ledger.view()?, now)?;
    machine.carry_out(arrived.outputs)?;

    let pump = queue.clone();
    runtime.spawn(async move {
        while let Some(event) = events.recv().await {
            if pump.send(Input::Net(event)).await.is_err() {
                break;
            }
        }
    });
    let ticker = queue.downgrade();
    runtime.spawn(async move {
        let mut interval = tokio::time::interval(TICK);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            interval.tick().await;
            let Some(queue) = ticker.upgrade() else { break };
            if queue.send(Input::Tick).await.is_err() {
                break;
            }
        }
    });
    let thread = std::thread::Builder::new()
        .name("parasol-driver".to_owned())
        .spawn(move || machine.run(inputs))
        .map_err(|e| StoreError::from_io("starting the driver's thread", e))?;
    Ok((DriverHandle::new(queue), thread))
}

impl Machine {
    fn run(mut self, mut inputs: mpsc::Receiver<Input>) {
        let mut held_back = None;
        loop {
            let next = match held_back.take() {
                None if self.ahead.is_none() && self.storing.is_none() => inputs.blocking_recv(),
                None => inputs.try_recv().ok(),
                input => input,
            };
            let Some(input) = next else {
                if self.ahead.is_none() && self.storing.is_none() {
                    break;
                }
                self.finish();
                continue;
            };
            if !self.sound && !matches!(input, Input::Stop(_)) {
                // Peers ask again; a driver that guesses what is on disk could forget or repeat.
                match input {
                    Input::Tick => self.try_recovery(),
                    Input::Net(NetEvent::Connected(peer)) => {
                        self.connected.insert(peer);
                    }
                    Input::Net(NetEvent::Disconnected(peer)) => {
                        self.connected.remove(&peer);
                    }
                    other => other.refuse(),
                }
                continue;
            }
            match input {
                Input::Stop(done) => {
                    self.finish();
                    // Nobody may be waiting any more.
                    let _ = done.send(());
                    break;
                }
                Input::Net(NetEvent::Gossip { from, data, token }) => {
                    let mut batch = vec![(from, data, token)];
                    while batch.len() < BATCH && held_back.is_none() {
                        match inputs.try_recv() {
                            Ok(Input::Net(NetEvent::Gossip { from, data, token })) => {
                                batch.push((from, data, token))
                            }
                            Ok(other) => held_back = Some(other),
                            Err(_) => break,
                        }
                    }
                    let more = self.ahead.is_some() || !inputs.is_empty();
                    let next = self.look_at(batch, more);
                    let due = if more {
                        self.ahead.replace(next)
                    } else {
                        Some(next)
                    };
                    if let Some(due) = due.filter(|_| self.sound) {
                        let result = self.gossip(due, more);
                        self.survive(result);
                    }
                }
                other => {
                    self.finish();
                    let result = self.handle(other);
                    self.survive(result);
                }
            }
        }
    }

    /// Judges what was verified meanwhile, and waits for what is being written. If the store fails
    /// it is dropped: peers send it again.
    fn finish(&mut self) {
        let result = match self.ahead.take().filter(|_| self.sound) {
            Some(ahead) => self.gossip(ahead, false),
            None => self.settle(),
        };
        self.survive(result);
    }

    /// After a failure the engine may believe what is not on disk: it starts again from the disk.
    fn survive(&mut self, result: Result<(), Failed>) {
        let Err(error) = result else { return };
        tracing::error!(%error, "the store failed; starting again from what is on disk");
        self.try_recovery();
    }

    /// Starts again from the disk; if that fails, at the next tick once more.
    fn try_recovery(&mut self) {
        let before = std::mem::replace(&mut self.sound, false);
        match self.recover() {
            Ok(()) => {
                self.sound = true;
                if !before {
                    tracing::info!("the store can be read again; the node answers again");
                }
            }
            Err(error) if before => {
                tracing::error!(%error, "the store cannot be read: the node answers nothing and tries again every second; check the disk and its permissions, make room, or restore the store from a copy");
            }
            // It was said once.
            Err(_) => {}
        }
    }

    fn recover(&mut self) -> Result<(), Failed> {
        // What was on its way when it failed, and what was admitted on top of it, is forgotten. The
        // thread must be done before the disk is looked at.
        if let Some(storing) = self.storing.take() {
            storing.forget();
        }
        self.ledger.reload()?;
        let view = self.ledger.view()?;
        let mut engine = Engine::new(
            self.charter.clone(),
            self.identity.clone(),
            self.settings,
            &view,
        )?;
        drop(view);
        engine.go_on_with_epochs(&self.engine);
        if let Some(day) = self.accept_time {
            engine.accept_time(day);
        }
        let now = self.clock.now();
        for key in &self.connected {
            engine.connected_to(*key, now);
        }
        let outputs = engine.begin(now);
        self.engine = engine;
        self.carry_out(outputs)?;
        // A version may have been taken up, and what follows from it not have been written.
        let outputs = self.engine.look_again(&self.ledger.view()?, now)?;
        self.carry_out(outputs)
    }

    pub(super) fn federation(&self) -> FederationId {
        *self.charter.federation()
    }

    fn handle(&mut self, input: Input) -> Result<(), Failed> {
        let now = self.clock.now();
        match input {
            Input::Net(event) => self.network(event, now),
            Input::Replied { peer, id, answer } => self.replied(peer, id, answer, now),
            Input::Greeted { peer, body } => self.greeted(peer, &body, now),
            Input::Tick => self.tick(now),
            Input::Publish(wanted, answer) => self.publish(wanted, answer, now),
            Input::CarryIn(record, answer) => match self.carry_in(*record, now) {
                Ok(verdict) => {
                    reply(answer, Ok(verdict));
                    Ok(())
                }
                Err(error) => fail(answer, error),
            },
            Input::Allow(organisation, ask, answer) => {
                let (outputs, allowed) = match self
                    .ledger
                    .view()
                    .and_then(|v| self.engine.allow(&organisation, ask, &v, now))
                {
                    Ok(allowed) => allowed,
                    Err(error) => return fail(answer, error.into()),
                };
                match self.carry_out(outputs) {
                    Ok(()) => reply(answer, Ok(allowed)),
                    Err(error) => return fail(answer, error),
                }
                Ok(())
            }
            Input::Charge(member, count, division, answer) => {
                let (outputs, charged) = match self
                    .ledger
                    .view()
                    .and_then(|v| self.engine.charge(&member, count, division, &v, now))
                {
                    Ok(charged) => charged,
                    Err(error) => return fail(answer, error.into()),
                };
                match self.carry_out(outputs) {
                    Ok(()) => reply(answer, Ok(charged)),
                    Err(error) => return fail(answer, error),
                }
                Ok(())
            }
            Input::Refund(member, count, day) => {
                self.engine.refund(&member, count, day);
                Ok(())
            }
            Input::Quota(member, division, answer) => {
                let organisation = self.identity.organisation;
                let allowance = self.engine.allowance(&organisation, now);
                match self
                    .ledger
                    .view()
                    .and_then(|v| self.engine.share(&member, division, &v, now))
                {
                    Ok(share) => reply(answer, Ok((share, allowance))),
                    Err(error) => return fail(answer, error.into()),
                }
                Ok(())
            }
            Input::Holders(epoch, answer) => {
                reply(answer, Ok(self.engine.holders(epoch, now)));
                Ok(())
            }
            Input::Locate(node, answer) => {
                let target = match self.engine.peer_of(&node) {
                    Some(peer) => Target::Peer(peer),
                    None if node == self.engine.node() => Target::Here,
                    None => Target::Away,
                };
                reply(answer, Ok(target));
                Ok(())
            }
            Input::Sealed(sealed, answer) => self.read(answer, move |engine, view| {
                engine.answer_sealed(&sealed, view, now, &mut OsEntropy)
            }),
            Input::Directory(answer) => self.read(answer, move |engine, view| {
                engine.directory_reply(view, now)
            }),
            Input::Tags(ask, answer) => {
                self.read(answer, move |engine, view| engine.tags(&ask, view))
            }
            Input::Own(ask, answer) => {
                self.read(answer, move |engine, view| engine.own(&ask, view, now))
            }
            Input::Record(prefix, answer) => self.read(answer, move |_, view| {
                let ids = view.find(&prefix)?;
                let records = ids
                    .iter()
                    .map(|id| view.record(id))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(records.into_iter().flatten().collect())
            }),
            Input::Status(answer) => {
                match self.status(now) {
                    Ok(status) => reply(answer, Ok(status)),
                    Err(error) => return fail(answer, error.into()),
                }
                Ok(())
            }
            Input::Scene(answer) => {
                reply(answer, Ok(self.scene(now)));
                Ok(())
            }
            Input::Prepare(epoch, shares, answer) => {
                self.engine.prepare(epoch, shares);
                // A season may have ended while they were made.
                let outputs = self.engine.destroy_again();
                let done = self.carry_out(outputs.into_iter().collect());
                reply(answer, Ok(()));
                done
            }
            Input::TwoCertificates(epoch, both) => {
                self.twofold = Some((epoch, both));
                Ok(())
            }
            Input::Renew(certificate, answer) => {
                reply(answer, Ok(self.renew(*certificate, now)));
                Ok(())
            }
            Input::Stop(_) => Ok(()),
        }
    }

    /// Answers with what can be read without changing anything, on another thread.
    fn read<T: Send + 'static>(
        &self,
        answer: Answer<T>,
        read: impl FnOnce(&Engine, &LedgerView<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<(), Failed> {
        let (engine, ledger) = (self.engine.reader(), self.ledger.lend());
        self.aside.run(
            move || ledger.view().and_then(|view| read(&engine, &view)),
            |value| async move {
                let value = value.map_err(|error| {
                    // The engine's own state does not hang on it: no reason to start again.
                    tracing::error!(%error, "the store cannot be read");
                    Unavailable::Store
                });
                reply(answer, value);
            },
        );
        Ok(())
    }

    fn status(&mut self, now: Timestamp) -> Result<Status, StoreError> {
        let stats = match &self.measured {
            // A clock that was set back makes nothing last longer.
            Some((at, stats)) if *at <= now && now < at.plus_millis(MEASURED) => stats.clone(),
            _ => {
                let stats = self.ledger.store().stats()?;
                self.measured = Some((now, stats.clone()));
                stats
            }
        };
        let today = self.engine.today(now);
        let nodes = self.engine.directory().nodes(today);
        Ok(Status {
            peers: self.engine.connected().count(),
            known: nodes.len().saturating_sub(1),
            records: self.ledger.counts(),
            warnings: self.engine.warnings(&self.ledger.view()?, now)?,
            alarms: self.alarms(),
            today,
            delegated_until: nodes.get(&self.engine.node()).map(|d| d.terms.until),
            bytes: stats.bytes,
            tables: stats
                .entries
                .unwrap_or_default()
                .into_iter()
                .map(|(t, n)| (t.name(), n))
                .collect(),
            shares: self
                .engine
                .shares()
                .keys()
                .map(ToString::to_string)
                .collect(),
            keys: self
                .engine
                .certificate()
                .map(|certificate| self.keys(certificate)),
        })
    }

    fn publish(
        &mut self,
        wanted: Vec<Wanted>,
        answer: Answer<Vec<Outcome>>,
        now: Timestamp,
    ) -> Result<(), Failed> {
        if self.engine.must_catch_up(now) && self.held.len() < MAX_HELD {
            let since = now;
            self.held.push(Held {
                wanted,
                answer,
                since,
            });
            return Ok(());
        }
        self.publish_now(wanted, answer, now)
    }

    fn publish_now(
        &mut self,
        wanted: Vec<Wanted>,
        answer: Answer<Vec<Outcome>>,
        now: Timestamp,
    ) -> Result<(), Failed> {
        let view = match self.ledger.view() {
            Ok(view) => view,
            Err(error) => return fail(answer, error.into()),
        };
        let published = self.engine.publish(wanted, &view, now);
        drop(view);
        match published.and_then(|(outputs, outcomes)| self.carry_out(outputs).map(|()| outcomes)) {
            Ok(outcomes) => reply(answer, Ok(outcomes)),
            Err(error) => return fail(answer, error),
        }
        Ok(())
    }

    /// Takes in what a root key signed. A slot that another record of that root holds is refused,
    /// though the lower id would win it: whoever signs is to choose another, not to put one out.
    fn carry_in(
        &mut self,
        record: Verified,
        now: Timestamp,
    ) -> Result<Result<bool, Refusal>, Failed> {
        let view = self.ledger.view()?;
        let (id, bytes) = (record.id(), record.bytes().to_vec());
        let there = view.occupant(&SlotKey::of(&record, false))?;
        if there.is_some_and(|there| there != id) {
            return Ok(Err(Rule::SlotTaken.into()));
        }
        let arrived = self
            .engine
            .arrived(Source::Local, vec![record], &view, now)?;
        drop(view);
        let mut outputs = arrived.outputs;
        let verdict = arrived.verdicts.into_iter().find(|(known, _)| *known == id);
        let verdict = verdict.map_or(Ok(false), |(_, verdict)| verdict);
        if verdict == Ok(true) {
            outputs.push(Output::Gossip(bytes));
        }
        self.carry_out(outputs)?;
        Ok(verdict)
    }

    fn tick(&mut self, now: Timestamp) -> Result<(), Failed> {
        let passed = self.clock.passed().as_millis();
        self.engine
            .time_passed(u64::try_from(passed).unwrap_or(u64::MAX));
        if self.destroying {
            self.destroy(&BTreeSet::new());
        }
        self.look_at_papers(now)?;
        self.look_at_grants(now)?;
        self.ask_all_for_charters(now);
        let outputs = self.engine.tick(&self.ledger.view()?, now)?;
        self.carry_out(outputs)?;
        self.forget_quotas(now)?;
        self.publish_held(now)
    }

    /// Forgets what was counted on days that are over. A clock in doubt ends no day: else a start
    /// with a clock that was set ahead would give everybody the day's quota once more.
    fn forget_quotas(&mut self, now: Timestamp) -> Result<(), Failed> {
        let settled = self.engine.settled(now);
        if let Some(today) = settled.filter(|day| self.quotas_of != Some(*day)) {
            let engine = &self.engine;
            self.ledger
                .forget_quotas(today, |day, used| engine.is_worth_keeping(day, used, today))?;
            self.quotas_of = Some(today);
        }
        Ok(())
    }

    /// Publishes what waited, if the node has caught up; after a while the engine says why not.
    fn publish_held(&mut self, now: Timestamp) -> Result<(), Failed> {
        let ready = !self.engine.must_catch_up(now);
        // A clock that was set back makes nobody wait.
        let late = |since: Timestamp| since.plus_millis(HELD) <= now || now < since;
        let due = |held: &mut Held| ready || late(held.since);
        let due: Vec<Held> = self.held.extract_if(.., due).collect();
        let mut due = due.into_iter();
        while let Some(held) = due.next() {
            if let Err(error) = self.publish_now(held.wanted, held.answer, now) {
                self.held.extend(due);
                return Err(error);
            }
        }
        Ok(())
    }

    pub(super) fn carry_out(&mut self, outputs: Vec<Output>) -> Result<(), Failed> {
        let mut gossip = Vec::new();
        // What is asked for does not hang on what is stored: the peer looks for it, and it is
        // verified, meanwhile. If storing fails there is a new engine, which knows of no such ask.
        let is_ask = |output: &Output| matches!(output, Output::Ask { .. });
        let (asks, outputs): (Vec<_>, Vec<_>) = outputs.into_iter().partition(is_ask);
        for output in asks {
            if let Output::Ask { peer, id, request } = output {
                self.ask(peer, id, &request);
            }
        }
        for output in outputs {
            match output {
                Output::Store(changes) => self.store(&changes)?,
                Output::Gossip(record) => gossip.push(record),
                // Carried out above.
                Output::Ask { .. } => {}
                Output::Peers(peers) => {
                    let net = self.net.clone();
                    self.runtime.spawn(async move {
                        // Only a stopped network refuses.
                        let _ = net.authorise(peers).await;
                    });
                }
                Output::Destroy(names) => self.destroy(&names),
                Output::Notice(notice) => tell(&notice),
            }
        }
        if !gossip.is_empty() {
            let net = self.net.clone();
            self.runtime.spawn(async move {
                for record in gossip {
                    if net.publish(record).await.is_err() {
                        break;
                    }
                }
            });
        }
        Ok(())
    }

    /// Destroys shares on disk, and those that a new engine would start from. What cannot be done now
    /// is tried again at each tick; nothing of it answers meanwhile.
    fn destroy(&mut self, names: &BTreeSet<KeyName>) {
        self.identity.shares = Arc::clone(self.engine.shares());
        self.doomed.extend(names);
        let Some(dir) = self.dir.as_deref() else {
            self.doomed.clear();
            return;
        };
        match forget_keys(dir, &self.doomed) {
            Ok(files) => {
                self.doomed.clear();
                if files > 0 {
                    tracing::info!(files, "shares of keys whose season is over were destroyed");
                }
            }
            Err(error) if !self.destroying => {
                tracing::error!(%error, "shares of keys whose season is over could not be destroyed on disk; this node tries again every second, and does not answer with them: check the disk and the permissions of its directory");
            }
            // It was said once.
            Err(_) => {}
        }
        self.destroying = !self.doomed.is_empty();
    }

    fn store(&mut self, changes: &[Change]) -> Result<(), Failed> {
        Ok(self.ledger.apply(changes)?)
    }

    pub(super) fn ask(&self, peer: TransportKey, id: AskId, request: &Request) {
        let (net, queue, body) = (self.net.clone(), self.queue.clone(), request.encode());
        let federation = self.federation();
        self.runtime.spawn(async move {
            let answer = match net.request(peer, body).await {
                Ok(bytes) => {
                    let read = move || Answered::read(&federation, &bytes);
                    tokio::task::spawn_blocking(read).await.ok().flatten()
                }
                Err(_) => None,
            };
            if let Some(queue) = queue.upgrade() {
                // If the driver stops, the answer does not matter any more.
                let _ = queue.send(Input::Replied { peer, id, answer }).await;
            }
        });
    }
}

fn reply<T>(answer: Answer<T>, value: Result<T, Unavailable>) {
    // Whoever asked may be gone.
    let _ = answer.send(value);
}

fn fail<T>(answer: Answer<T>, error: Failed) -> Result<(), Failed> {
    let why = match &error {
        EngineError::Store(StoreError::Full { .. }) => Unavailable::Full,
        _ => Unavailable::Store,
    };
    reply(answer, Err(why));
    Err(error)
}

fn tell(notice: &Notice) {
    match notice {
        Notice::CaughtUp {
            peer,
            received,
            sent,
        } => tracing::info!(%peer, received, sent, "caught up"),
        Notice::Misbehaved { peer, refusal } => {
            tracing::warn!(%peer, rule = refusal.rule.id(), "a node sent what no honest node passes on");
        }
        Notice::Shunned { peer, minutes } => {
            tracing::warn!(%peer, minutes, "a node goes on sending what no honest node passes on: it is not heard for a while");
        }
        Notice::Expired(count) => tracing::info!(count, "expired records were put out"),
        Notice::DelegationEnds(Some(day)) => {
            tracing::warn!(%day, "this node's delegation ends soon: after that day it signs nothing, and the others do not talk with it. Renew it now: `parasol node request` here, `parasol org delegate` beside the organisation's root key, `parasol node take` here with the answer");
        }
        Notice::Contested(key) => {
            tracing::warn!(%key, "a record of this organisation was put out by another one in its slot: the key that signed it may be stolen; see the node's status");
        }
        Notice::Charter(version) => {
            tracing::info!(version, "a new version of the charter counts from now on");
        }
        Notice::SeasonOver(season) => {
            tracing::info!(%season, "as many organisations as it takes say that a season is over: this node's shares of its keys are destroyed");
        }
        Notice::Restored(count) => {
            tracing::info!(count, "records that had been put out are carried again");
        }
        Notice::ClockAhead { known, today } => {
            tracing::warn!(%known, %today, "the clock is far ahead of the latest day that is known to have come; nothing is deleted until that is borne out; see the node's status");
        }
        Notice::DelegationEnds(None) => {
            tracing::error!(
                "this node has no delegation that is in force, so that it signs nothing: `parasol node request` here, `parasol org delegate` beside the organisation's root key, `parasol node take` here with the answer"
            );
        }
    }
}
