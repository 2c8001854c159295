//! The board: all messages of a ceremony, and what follows from them.
//!
//! A board is a set. Whoever has the same messages sees the same, in whatever order they came; so it
//! may travel by any way, and anybody can judge it. What does not belong on it is refused and
//! changes nothing; what belongs and is wrong is evidence, and stops the ceremony.

use super::blame::{Blame, Fault};
use super::feldman::Commitment;
use super::joined::Joined;
use super::message::{Complaint, Deal, Done, Echo, Envelope, Halt, Join, Reason, Refused, Step};
use super::plan::{Basis, Dealing, Plan, PlanError};
use super::voice::VoiceString;
use super::{parts, sealed};
use crate::cbor::{self, Malformed};
use crate::certificate::Certificate;
use crate::cose::{Context, Cosigned};
use crate::ids::{NodeKey, sha256};
use crate::limits::{MAX_BOARD, MAX_CEREMONY_MESSAGE, MAX_CEREMONY_MESSAGES};
use crate::oprf::{KeyError, KeyName, PublicKey, PublicShare, ShareIndex, ThresholdKey};
use crate::wire::sealed::SealSecret;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Ways in which joins of which there are two are tried together.
const MAX_CHOICES: usize = 16;

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Posted {
    /// It is on the board now. Pass it on.
    New,
    /// It was there already.
    Known,
}

/// Why a ceremony has stopped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Why {
    /// Somebody is at fault. Start again without them.
    Blame(BTreeSet<Blame>),
    /// These have not seen the same joins as this board has. Compare boards: either a join is
    /// missing that shows who signed two, or they say what is not so.
    Echoes(BTreeSet<NodeKey>),
    /// Somebody does not go on: who, why, and whom they missed.
    Halted(BTreeMap<NodeKey, (Reason, BTreeSet<NodeKey>)>),
    /// What was shown adds up to no key: nobody can bring that about (spec/11, section 6).
    NoKey(KeyError),
}

/// How a ceremony stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It waits.
    Waiting {
        /// For messages of this step.
        step: Step,
        /// From these.
        missing: BTreeSet<NodeKey>,
    },
    /// The certificate has a threshold of signatures.
    Made {
        /// Its bytes.
        certificate: Vec<u8>,
        /// Holders that have not signed that they stored their shares. While there are any, no old
        /// share may be destroyed.
        waiting: BTreeSet<NodeKey>,
        /// Who is at fault all the same, and for what: if one of them kept another one from its
        /// share, start again without them before the old shares go.
        blame: BTreeSet<Blame>,
    },
    /// It has stopped, and nothing of the old shares was touched.
    Stopped(Why),
}

#[derive(Clone, Debug)]
enum Body {
    Join(Box<Joined>),
    Echo(Echo),
    Deal(Deal),
    Complaint(Complaint),
    Done(Done),
    Stop(Halt),
    /// It is evidence of nothing but itself.
    Bad,
}

#[derive(Clone, Debug)]
struct Entry {
    digest: [u8; 32],
    bytes: Vec<u8>,
    body: Body,
}

/// The messages of a step from a participant: one, or two that there must not be, by their digests.
type Slot = Vec<Entry>;

/// What follows when all have joined.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    /// The hash of all joins.
    pub(super) transcript: [u8; 32],
    /// What they add up to.
    pub(super) sum: Result<Sum, Nothing>,
}

/// What the joins add up to.
#[derive(Clone, Debug)]
pub(super) struct Sum {
    /// The keys as they will be.
    pub(super) keys: BTreeMap<KeyName, ThresholdKey>,
    /// The certificate, which nobody has signed here.
    pub(super) unsigned: Cosigned,
}

/// That they add up to nothing.
#[derive(Clone, Debug)]
pub(super) enum Nothing {
    /// A key is none.
    Key(KeyError),
    /// At these indices public shares would be the identity. Somebody has chosen what it shows by what the
    /// others had shown, and cannot deal what it is committed to.
    Shares(BTreeSet<ShareIndex>),
}

impl From<KeyError> for Nothing {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

/// All messages of one ceremony.
#[derive(Clone, Debug)]
pub struct Board {
    plan: Plan,
    slots: BTreeMap<(NodeKey, Step), Slot>,
    joined: BTreeMap<NodeKey, Joined>,
    outcome: Option<Outcome>,
    /// Those whose signature of the certificate holds.
    certificate: Option<Cosigned>,
    stored: BTreeSet<NodeKey>,
    blame: BTreeSet<Blame>,
    /// What waits for another message before it can be judged.
    open: BTreeSet<(NodeKey, Step)>,
}

impl Board {
    /// An empty board.
    pub const fn new(plan: Plan) -> Self {
        Self {
            plan,
            slots: BTreeMap::new(),
            joined: BTreeMap::new(),
            outcome: None,
            certificate: None,
            stored: BTreeSet::new(),
            blame: BTreeSet::new(),
            open: BTreeSet::new(),
        }
    }

    /// Reads a board that [`Board::to_bytes`] wrote, as a file or a message.
    ///
    /// # Errors
    /// If its form is not right, or its plan does not hold. Messages that do not belong on it are
    /// left out, as if they had come one by one.
    pub fn from_bytes(bytes: &[u8], basis: &Basis<'_>) -> Result<Self, PlanError> {
        let (plan, messages) = Self::split(bytes)?;
        let mut board = Self::new(Plan::from_bytes(&plan, basis)?);
        for message in messages {
            // What does not belong here changes nothing: that is what a refusal means.
            let _ = board.post(&message);
        }
        Ok(board)
    }

    /// Takes a file apart: the plan, and the messages.
    ///
    /// # Errors
    /// If its form is not right.
    pub fn split(bytes: &[u8]) -> Result<(Vec<u8>, Vec<Vec<u8>>), Malformed> {
        cbor::decode(bytes, MAX_BOARD, |d| {
            cbor::tuple(d, 2)?;
            let plan = cbor::bytes(d, MAX_CEREMONY_MESSAGE)?.to_vec();
            let messages = cbor::list(d, MAX_CEREMONY_MESSAGES, |d| {
                Ok(cbor::bytes(d, MAX_CEREMONY_MESSAGE)?.to_vec())
            })?;
            Ok((plan, messages))
        })
    }

    /// The whole board as one file: the plan, and the messages in order of sender and step.
    pub fn to_bytes(&self) -> Vec<u8> {
        cbor::encode(|e| {
            cbor::put_array(e, 2);
            cbor::put_bytes(e, self.plan.bytes());
            cbor::put_array(e, self.messages().count() as u64);
            for message in self.messages() {
                cbor::put_bytes(e, message);
            }
        })
    }

    /// The plan.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.slots.values().flatten()
    }

    /// All messages, in order of sender and step.
    pub fn messages(&self) -> impl Iterator<Item = &[u8]> {
        self.entries().map(|entry| entry.bytes.as_slice())
    }

    /// The digests of all messages, by which two boards find out what each lacks.
    pub fn digests(&self) -> BTreeSet<[u8; 32]> {
        self.entries().map(|entry| entry.digest).collect()
    }

    /// The messages that somebody lacks who has these.
    pub fn lacking(&self, known: &BTreeSet<[u8; 32]>) -> Vec<&[u8]> {
        self.entries()
            .filter(|entry| !known.contains(&entry.digest))
            .map(|entry| entry.bytes.as_slice())
            .collect()
    }

    /// Puts a message on the board.
    ///
    /// # Errors
    /// If it does not belong there; then nothing has changed.
    pub fn post(&mut self, bytes: &[u8]) -> Result<Posted, Refused> {
        let envelope = Envelope::parse(bytes)?;
        if envelope.plan != *self.plan.digest() {
            return Err(Refused::OtherCeremony);
        }
        let (sender, step) = (envelope.sender, envelope.step);
        if !self.may(&sender, step) {
            return Err(Refused::Stranger);
        }
        let digest = envelope.digest();
        let slot = self.slots.get(&(sender, step));
        if slot.is_some_and(|slot| slot.iter().any(|known| known.digest == digest)) {
            return Ok(Posted::Known);
        }
        if slot.is_some_and(|slot| slot.len() > 1) {
            return Err(Refused::Enough);
        }
        envelope.verify(&self.plan.terms().federation)?;
        let body = self.read(sender, step, digest, envelope.body);
        let entry = Entry {
            digest,
            bytes: bytes.to_vec(),
            body,
        };
        let slot = self.slots.entry((sender, step)).or_default();
        slot.push(entry);
        if slot.len() > 1 {
            slot.sort_by_key(|entry| entry.digest);
            self.accuse(sender, Fault::Two(step));
        }
        let two = |blame: &Blame| blame.fault == Fault::Two(Step::Join);
        if matches!(step, Step::Join | Step::Echo) && self.blame.iter().any(two) {
            self.choose();
        } else {
            self.open.insert((sender, step));
        }
        self.settle();
        Ok(Posted::New)
    }

    /// Who has which step.
    fn may(&self, sender: &NodeKey, step: Step) -> bool {
        let Some(role) = self.plan.role(sender) else {
            return false;
        };
        let deals = || self.plan.dealt_by(sender).next().is_some();
        match step {
            Step::Join | Step::Echo | Step::Stop => true,
            Step::Deal => deals(),
            Step::Complaint => role.holder.is_some() || deals(),
            Step::Done => role.holder.is_some(),
        }
    }

    fn accuse(&mut self, culprit: NodeKey, fault: Fault) {
        self.blame.insert(Blame { culprit, fault });
    }

    /// Reads a body, and checks what can be checked of it alone.
    fn read(&mut self, sender: NodeKey, step: Step, digest: [u8; 32], body: &[u8]) -> Body {
        let read = match step {
            Step::Join => Join::decode(body)
                .map_err(|_| Fault::Form)
                .and_then(|join| Joined::check(&self.plan, &sender, digest, &join))
                .map(|joined| Body::Join(Box::new(joined))),
            Step::Echo => Echo::decode(body).map(Body::Echo).map_err(|_| Fault::Form),
            Step::Deal => Deal::decode(body)
                .ok()
                .filter(|deal| parts::fits(&self.plan, &sender, deal))
                .map(Body::Deal)
                .ok_or(Fault::Form),
            Step::Complaint => Complaint::decode(body)
                .ok()
                .filter(|complaint| self.may_complain(&sender, complaint))
                .map(Body::Complaint)
                .ok_or(Fault::Form),
            Step::Done => Done::decode(body).map(Body::Done).map_err(|_| Fault::Form),
            Step::Stop => Halt::decode(body).map(Body::Stop).map_err(|_| Fault::Form),
        };
        read.unwrap_or_else(|fault| {
            self.accuse(sender, fault);
            Body::Bad
        })
    }

    /// A recipient about a dealer, with a seed; a dealer about a recipient, without.
    fn may_complain(&self, sender: &NodeKey, complaint: &Complaint) -> bool {
        let deals = |node| self.plan.dealt_by(node).next().is_some();
        let holds = |node| self.plan.holder(node).is_some();
        let about = &complaint.about;
        about != sender
            && if complaint.seed.is_some() {
                holds(sender) && deals(about)
            } else {
                deals(sender) && holds(about)
            }
    }

    /// Judges what can be judged now, until nothing more can.
    fn settle(&mut self) {
        for (sender, step) in self.open.clone() {
            let slot = self.slots.get(&(sender, step));
            if let Some(Body::Join(joined)) = slot.and_then(|slot| slot.first()).map(|e| &e.body) {
                self.joined
                    .entry(sender)
                    .or_insert_with(|| (**joined).clone());
            }
        }
        if self.outcome.is_none() && self.all_joined() {
            self.outcome = Some(self.outcome_of());
        }
        for (sender, step) in self.open.clone() {
            let bodies = self.slots.get(&(sender, step)).into_iter().flatten();
            let bodies: Vec<Body> = bodies.map(|entry| entry.body.clone()).collect();
            let mut waits = false;
            for body in bodies {
                let judged = match &body {
                    Body::Join(_) | Body::Deal(_) | Body::Stop(_) | Body::Bad => Some(None),
                    Body::Echo(echo) => self.judge_echo(&sender, echo),
                    Body::Complaint(complaint) => self.judge_complaint(&sender, complaint),
                    Body::Done(done) => self.judge_done(&sender, done),
                };
                match judged {
                    Some(blame) => self.blame.extend(blame),
                    None => waits = true,
                }
            }
            // Of two messages one may have to wait for what the other needs not.
            if !waits {
                self.open.remove(&(sender, step));
            }
        }
    }

    fn all_joined(&self) -> bool {
        let mut participants = self.plan.participants();
        participants.all(|node| self.joined.contains_key(node))
    }

    /// Somebody signed two messages of one step. If it was a join, the one that the others built on
    /// is the one that most echoes are of; everything that rests on it is judged anew, so that it
    /// makes no difference which of the two came first.
    fn choose(&mut self) {
        let mut choices: Vec<BTreeMap<NodeKey, &Joined>> = vec![BTreeMap::new()];
        for node in self.plan.participants() {
            let slot = self.slots.get(&(*node, Step::Join)).into_iter().flatten();
            let joins = slot.filter_map(|entry| match &entry.body {
                Body::Join(joined) => Some(&**joined),
                _ => None,
            });
            // Of many that did so no certificate can come that would have to be found again here.
            let most = if choices.len() < MAX_CHOICES { 2 } else { 1 };
            let joins: Vec<_> = joins.take(most).collect();
            let before = core::mem::take(&mut choices);
            for choice in before {
                for joined in &joins {
                    let mut choice = choice.clone();
                    choice.insert(*node, *joined);
                    choices.push(choice);
                }
                if joins.is_empty() {
                    choices.push(choice);
                }
            }
        }
        let echoed = |choice: &BTreeMap<NodeKey, &Joined>| {
            let transcript = self.transcript(choice.values().copied());
            let count = self
                .echoes()
                .filter(|(_, e)| e.transcript == transcript)
                .count();
            (count, transcript)
        };
        if let Some(chosen) = choices.into_iter().max_by_key(echoed) {
            self.joined = chosen.into_iter().map(|(n, j)| (n, j.clone())).collect();
        }
        self.outcome = None;
        self.certificate = None;
        self.stored.clear();
        self.open = self.slots.keys().copied().collect();
    }

    /// Each judgement: `None` if it has to wait, else whom to blame, if anybody.
    fn judge_echo(&self, sender: &NodeKey, echo: &Echo) -> Option<Option<Blame>> {
        let joined = self.joined.get(sender)?;
        let opens = joined.opens(&self.plan, sender, &echo.nonce);
        Some((!opens).then_some(Blame {
            culprit: *sender,
            fault: Fault::Nonce,
        }))
    }

    fn judge_complaint(&self, sender: &NodeKey, complaint: &Complaint) -> Option<Option<Blame>> {
        let about = complaint.about;
        let blame = |culprit, fault| Some(Some(Blame { culprit, fault }));
        let false_alarm = || blame(*sender, Fault::Complaint);
        let step = if complaint.seed.is_some() {
            Step::Deal
        } else {
            Step::Join
        };
        // About a message that is not here nobody here can judge.
        let slot = self.slots.get(&(about, step))?;
        let meant = slot
            .iter()
            .find(|entry| entry.digest == complaint.message)?;
        let Some(seed) = &complaint.seed else {
            let Body::Join(joined) = &meant.body else {
                return None;
            };
            let key = joined.one_time.get(sender)?;
            return if sealed::usable(key) {
                false_alarm()
            } else {
                blame(about, Fault::OneTimeKey)
            };
        };
        // Whoever built on another join sealed, and opens, under another transcript.
        let transcript = self.outcome()?.transcript;
        if !self.built_on(sender, &transcript) || !self.built_on(&about, &transcript) {
            return None;
        }
        let Body::Deal(deal) = &meant.body else {
            return None;
        };
        let (complainer, dealer) = (self.joined.get(sender)?, self.joined.get(&about)?);
        let secret = SealSecret::from_seed(**seed);
        if complainer.one_time.get(&about) != Some(&secret.public()) {
            return false_alarm();
        }
        let index = self.plan.holder(sender)?;
        let opened = parts::open(&self.plan, &transcript, &about, sender, deal, &secret);
        if opened.is_some_and(|opened| parts::hold(dealer, index, &opened)) {
            false_alarm()
        } else {
            blame(about, Fault::Part)
        }
    }

    fn judge_done(&mut self, sender: &NodeKey, done: &Done) -> Option<Option<Blame>> {
        let outcome = self.outcome.as_ref()?;
        let external = Context::Certificate.external(Some(&self.plan.terms().federation));
        let built_on = self.built_on(sender, &outcome.transcript);
        // Where nothing comes out there is nothing to sign.
        if let Ok(sum) = &outcome.sum {
            let certificate = self.certificate.get_or_insert_with(|| sum.unsigned.clone());
            let attached = certificate.attach(*sender.as_bytes(), done.signature, &external);
            if attached.is_ok() {
                self.stored.insert(*sender);
                return Some(None);
            }
        }
        if !built_on {
            return None;
        }
        Some(Some(Blame {
            culprit: *sender,
            fault: Fault::Certificate,
        }))
    }

    fn transcript<'a>(&self, joined: impl IntoIterator<Item = &'a Joined>) -> [u8; 32] {
        let mut hash = Sha256::new()
            .chain_update(b"parasol 1 ceremony transcript")
            .chain_update(self.plan.digest().as_bytes());
        for joined in joined {
            hash.update(joined.digest);
        }
        hash.finalize().into()
    }

    /// The hash of all joins, and what they add up to.
    fn outcome_of(&self) -> Outcome {
        let transcript = self.transcript(self.joined.values());
        let sum = self.add_up(&transcript);
        Outcome { transcript, sum }
    }

    fn add_up(&self, transcript: &[u8; 32]) -> Result<Sum, Nothing> {
        let mut keys = BTreeMap::new();
        let mut nothing = BTreeSet::new();
        for (name, dealing) in self.plan.makings() {
            let contributions = self.joined.values();
            let shown = contributions.filter_map(|joined| joined.contributions.get(name));
            let sum = Commitment::sum(shown.map(|one| &one.commitment));
            let public = PublicKey::from_point(&sum.constant()).map_err(KeyError::from)?;
            if let Dealing::Reshare { public: old, .. } = dealing
                && public != *old
            {
                // Weights and certified shares add up to the key; the plan would not have held.
                let index = ShareIndex::new(1)?;
                return Err(Nothing::Key(KeyError::Inconsistent { name: *name, index }));
            }
            let mut shares = BTreeMap::new();
            for (_, index) in self.plan.holders() {
                match PublicShare::from_point(&sum.at(index)) {
                    Ok(share) => drop(shares.insert(index, share)),
                    Err(_) => drop(nothing.insert(index)),
                }
            }
            if !nothing.is_empty() {
                continue;
            }
            let threshold = self.plan.terms().threshold;
            keys.insert(*name, ThresholdKey::new(*name, threshold, public, shares)?);
        }
        if !nothing.is_empty() {
            return Err(Nothing::Shares(nothing));
        }
        let terms = self.plan.terms();
        let unsigned = Certificate::made(
            &terms.federation,
            terms.epoch,
            terms.day,
            &terms.charter,
            transcript,
            &keys,
        );
        Ok(Sum { keys, unsigned })
    }

    fn is_made(&self) -> bool {
        self.stored.len() >= usize::from(self.plan.terms().threshold)
    }

    /// Whether this is the certificate that comes of it, once enough have signed: all have joined, and
    /// what they have shown adds up to it.
    pub fn makes(&self, certificate: &Certificate) -> bool {
        let sum = self.sum();
        sum.is_some_and(|sum| sha256(sum.unsigned.payload()) == *certificate.digest())
    }

    /// Whether public shares come out as nothing, so that there is nothing to sign: it waits for those whose shares
    /// they are to say whose part is wrong.
    pub fn is_void(&self) -> bool {
        let sum = self.outcome().map(|outcome| &outcome.sum);
        matches!(sum, Some(Err(Nothing::Shares(_))))
    }

    /// How the ceremony stands.
    pub fn standing(&self) -> Standing {
        if self.is_made() {
            return Standing::Made {
                certificate: self
                    .certificate
                    .as_ref()
                    .map(Cosigned::write)
                    .unwrap_or_default(),
                waiting: self.unstored(),
                blame: self.culprits(),
            };
        }
        let culprits = self.culprits();
        if !culprits.is_empty() {
            return Standing::Stopped(Why::Blame(culprits));
        }
        let halted = self.halted();
        if !halted.is_empty() {
            return Standing::Stopped(Why::Halted(halted));
        }
        if let Some(Err(Nothing::Key(why))) = self.outcome().map(|outcome| &outcome.sum) {
            return Standing::Stopped(Why::NoKey(*why));
        }
        let differ = self.differing();
        if !differ.is_empty() {
            return Standing::Stopped(Why::Echoes(differ));
        }
        let steps = [Step::Join, Step::Echo, Step::Deal, Step::Done];
        let waits = |step| Some((step, self.missing(step))).filter(|(_, who)| !who.is_empty());
        let (step, missing) = steps
            .into_iter()
            .find_map(waits)
            .unwrap_or((Step::Done, BTreeSet::new()));
        Standing::Waiting { step, missing }
    }

    /// Who is at fault. Who signed two messages of one step is the only certain culprit then: what
    /// others did may have followed from either.
    fn culprits(&self) -> BTreeSet<Blame> {
        let two = |blame: &&Blame| matches!(blame.fault, Fault::Two(_));
        let twos: BTreeSet<Blame> = self.blame.iter().filter(two).copied().collect();
        if twos.is_empty() {
            self.blame.clone()
        } else {
            twos
        }
    }

    /// Who has not sent a message of a step that it has. Where public shares come out as nothing nobody has
    /// anything to sign: whose shares those are would complain, if they were honest.
    pub(super) fn missing(&self, step: Step) -> BTreeSet<NodeKey> {
        let nothing = match self.outcome().map(|outcome| &outcome.sum) {
            Some(Err(Nothing::Shares(nothing))) if step == Step::Done => Some(nothing),
            _ => None,
        };
        let has_to = |node: &NodeKey| match (nothing, self.plan.holder(node)) {
            (Some(nothing), Some(index)) => nothing.contains(&index),
            _ => self.may(node, step),
        };
        let participants = self.plan.participants();
        participants
            .filter(|node| has_to(node) && !self.has(node, step))
            .copied()
            .collect()
    }

    /// The holders that have not signed that they stored their shares.
    pub(super) fn unstored(&self) -> BTreeSet<NodeKey> {
        let holders = self.plan.holders().map(|(node, _)| *node);
        holders.filter(|node| !self.stored.contains(node)).collect()
    }

    /// What somebody has said in a step.
    pub(super) fn said(&self, node: &NodeKey, step: Step) -> Option<&[u8]> {
        let entry = self.slots.get(&(*node, step))?.iter().next()?;
        Some(entry.bytes.as_slice())
    }

    /// Whether somebody's message of a step is there.
    pub(super) fn has(&self, node: &NodeKey, step: Step) -> bool {
        self.slots.contains_key(&(*node, step))
    }

    fn halted(&self) -> BTreeMap<NodeKey, (Reason, BTreeSet<NodeKey>)> {
        let said = self.slots.iter().flat_map(|((node, _), slot)| {
            let stops = slot.iter().filter_map(|entry| match &entry.body {
                Body::Stop(halt) => Some((halt.reason, halt.missing.clone())),
                _ => None,
            });
            stops.map(|halt| (*node, halt))
        });
        said.collect()
    }

    fn echoes(&self) -> impl Iterator<Item = (&NodeKey, &Echo)> {
        self.slots.iter().flat_map(|((node, _), slot)| {
            let echoes = slot.iter().filter_map(|entry| match &entry.body {
                Body::Echo(echo) => Some(echo),
                _ => None,
            });
            echoes.map(move |echo| (node, echo))
        })
    }

    /// Whether somebody's echo is of this transcript.
    fn built_on(&self, node: &NodeKey, transcript: &[u8; 32]) -> bool {
        let mut echoes = self.echoes();
        echoes.any(|(sender, echo)| sender == node && echo.transcript == *transcript)
    }

    /// Those whose echo is not of what stands here.
    pub fn differing(&self) -> BTreeSet<NodeKey> {
        let Some(outcome) = self.outcome() else {
            return BTreeSet::new();
        };
        self.echoes()
            .filter(|(_, echo)| echo.transcript != outcome.transcript)
            .map(|(node, _)| *node)
            .collect()
    }

    /// The digits that people compare; there are some when all have echoed the same.
    pub fn voice(&self) -> Option<VoiceString> {
        let outcome = self.outcome()?;
        let agreed = self.missing(Step::Echo).is_empty() && self.differing().is_empty();
        agreed.then(|| {
            let nonces = self.echoes().map(|(_, echo)| &echo.nonce);
            VoiceString::of(&outcome.transcript, nonces)
        })
    }

    pub(super) const fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// The keys and the certificate, if all have joined and something comes of it.
    pub(super) fn sum(&self) -> Option<&Sum> {
        self.outcome()?.sum.as_ref().ok()
    }

    pub(super) fn joined(&self, node: &NodeKey) -> Option<&Joined> {
        self.joined.get(node)
    }

    pub(super) fn joins(&self) -> &BTreeMap<NodeKey, Joined> {
        &self.joined
    }

    /// What a dealer has dealt, with the hash of the message: one deal, if it is honest.
    pub(super) fn deals(&self, dealer: &NodeKey) -> impl Iterator<Item = (&[u8; 32], &Deal)> {
        let slot = self.slots.get(&(*dealer, Step::Deal)).into_iter().flatten();
        slot.filter_map(|entry| match &entry.body {
            Body::Deal(deal) => Some((&entry.digest, deal)),
            _ => None,
        })
    }
}
