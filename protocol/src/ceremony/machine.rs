//! One participant of a ceremony: a board, a seed, and what to do next.
//!
//! The machine keeps nothing else. Everything that it says follows from the seed and the board, so
//! that whoever starts it again after a crash hears the same from it.

use super::blame::Blame;
use super::board::{Board, Posted, Standing, Why};
use super::feldman::Commitment;
use super::generate::{self, Own, Values};
use super::joined::{Contribution, dealers_for, nonce_hash};
use super::message::{Complaint, Deal, Done, Echo, Halt, Join, Reason, Refused, Shown, Step, sign};
use super::parts::{self, Parts};
use super::plan::{Dealing, Plan};
use super::secret::{CeremonySeed, Purpose};
use super::voice::VoiceString;
use super::{reshare, sealed};
use crate::cbor;
use crate::certificate::put_name;
use crate::cose::Context;
use crate::entropy::draw;
use crate::ids::{NodeKey, PlanDigest, sha256};
use crate::keys::SecretKey;
use crate::limits::{MAX_PLAN_AHEAD, MAX_PLAN_DAYS};
use crate::oprf::{KeyName, KeyShare, ShareIndex};
use crate::time::Day;
use crate::wire::sealed::SealSecret;
use core::fmt;
use curve25519_dalek::scalar::Scalar;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use zeroize::Zeroizing;

/// A participant's shares, by key.
pub type Shares = Arc<BTreeMap<KeyName, KeyShare>>;

/// Which certificate a node has signed last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LastSigned {
    /// Its epoch.
    pub epoch: u32,
    /// The ceremony that made it.
    pub plan: PlanDigest,
}

/// What a participant brings along.
#[derive(Debug)]
pub struct Participant {
    /// Its node's record key.
    pub node: SecretKey,
    /// The ceremony's seed. It must be on disk before any message goes out.
    pub seed: CeremonySeed,
    /// Its shares in force; only a dealer of a reshare needs them.
    pub shares: Shares,
    /// The last certificate that this node has signed, of all ceremonies. It must be on disk before
    /// the signature goes out: nobody signs two certificates of one epoch.
    pub signed: Option<LastSigned>,
    /// Whether the digits must be compared before anything secret is sent.
    pub compare: bool,
}

/// Why a participant cannot go on. Nothing here is another one's fault.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CeremonyError {
    /// The plan does not name this node.
    #[error("this node takes no part in the ceremony: its plan does not name it")]
    NotNamed,
    /// The plan's day has not come, or is long past.
    #[error("the plan is of {day}, and today is {today}: {why}",
        why = if *.day > *.today { "check the clocks" } else { "make a new plan" })]
    Day {
        /// The plan's day.
        day: Day,
        /// Today.
        today: Day,
    },
    /// This node has signed a certificate of this epoch or a later one.
    #[error(
        "this node has signed a certificate of epoch {signed} already, and signs none of epoch {planned}: plan epoch {least} or higher",
        least = .signed.saturating_add(1)
    )]
    Epoch {
        /// What it has signed.
        signed: u32,
        /// What is planned.
        planned: u32,
    },
    /// A dealer of a reshare does not have the share that the certificate gives it.
    #[error(
        "this node is to share out its share of key {0}, and does not have the one that the certificate names"
    )]
    Share(KeyName),
    /// The board holds messages of this node that another seed made.
    #[error(
        "the board has a message of this node that this seed does not give: use the seed that the ceremony was joined with, or call it off and plan anew"
    )]
    OtherSeed,
    /// The digits that somebody else reads are others.
    #[error("the digits differ: somebody stands between you. Stop the ceremony and find out who")]
    Voice,
    /// There is nothing to compare yet.
    #[error("there are no digits to compare before everybody has echoed what they saw")]
    TooEarly,
    /// What one has promised cannot be taken back.
    #[error("this node has signed the certificate, and cannot take that back")]
    Signed,
    /// What must not happen has happened.
    #[error("the ceremony cannot go on: {0}")]
    Broken(&'static str),
}

/// The shares that a ceremony gave a participant.
pub struct NewShares {
    /// By key. Store all of them, flushed, before [`Ceremony::stored`].
    pub shares: BTreeMap<KeyName, KeyShare>,
    /// To be stored with them, as what this node has signed last.
    pub signing: LastSigned,
    /// The digest of the certificate that names them: another ceremony of this epoch gives others.
    pub certificate: [u8; 32],
}

impl fmt::Debug for NewShares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "NewShares({} keys, epoch {})",
            self.shares.len(),
            self.signing.epoch
        )
    }
}

/// What a participant has to do next.
#[derive(Debug)]
pub enum Next {
    /// Store this message with the board, flushed; give it to [`Ceremony::receive`]; send it to all.
    Post(Vec<u8>),
    /// Compare these digits with the others, and call [`Ceremony::compare`].
    Compare(VoiceString),
    /// Store these shares and call [`Ceremony::stored`].
    Store(NewShares),
    /// Wait for messages.
    Wait {
        /// Of this step.
        step: Step,
        /// From these. If they stay silent: [`Ceremony::stop`].
        missing: BTreeSet<NodeKey>,
    },
    /// The certificate is made.
    Made {
        /// Its bytes, with the signatures that there are.
        certificate: Vec<u8>,
        /// Holders that have not signed that they stored their shares. Until a copy has their
        /// signatures, old shares stay: [`Certificate::lacks_somebody`](crate::certificate::Certificate::lacks_somebody).
        waiting: BTreeSet<NodeKey>,
        /// Who is at fault all the same.
        blame: BTreeSet<Blame>,
    },
    /// The ceremony has stopped. The old shares are as they were.
    Stopped(Why),
}

impl Board {
    /// The message by which a participant stops the ceremony. It takes no seed.
    ///
    /// # Errors
    /// As [`Ceremony::stop`], and if the node has no part in it.
    pub fn stop(&self, node: &SecretKey, reason: Reason) -> Result<Vec<u8>, CeremonyError> {
        let me = node.node();
        if self.plan().role(&me).is_none() {
            return Err(CeremonyError::NotNamed);
        }
        if self.has(&me, Step::Done) {
            return Err(CeremonyError::Signed);
        }
        // Said once, it is said: another stop of the same node would be evidence against it.
        if let Some(said) = self.said(&me, Step::Stop) {
            return Ok(said.to_vec());
        }
        let missing = match self.standing() {
            Standing::Waiting { missing, .. } if reason == Reason::Silence => missing,
            Standing::Stopped(Why::Echoes(differ)) if reason == Reason::Echoes => differ,
            _ => BTreeSet::new(),
        };
        let plan = self.plan();
        let body = Halt { reason, missing }.encode();
        let federation = &plan.terms().federation;
        Ok(sign(federation, plan.digest(), node, Step::Stop, &body))
    }

    /// Whether a participant has sent a message of this step.
    pub fn has_sent(&self, node: &NodeKey, step: Step) -> bool {
        self.has(node, step)
    }
}

/// Whose part is wrong, and in which of its messages.
type Wrong = (NodeKey, [u8; 32]);

/// One participant of one ceremony.
pub struct Ceremony {
    board: Board,
    me: NodeKey,
    participant: Participant,
    compared: bool,
    stored: bool,
    /// What a restart makes again: kept so that it is not computed twice.
    own: BTreeMap<KeyName, Own>,
    taken: Option<Parts>,
}

impl fmt::Debug for Ceremony {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ceremony({:?}, …)", self.board.plan().digest())
    }
}

impl Ceremony {
    /// Takes part in a ceremony, for the first time or again, with what there is of its board.
    ///
    /// # Errors
    /// If this node has no part in it, or lacks what its part takes.
    pub fn open(board: Board, participant: Participant, today: Day) -> Result<Self, CeremonyError> {
        let me = participant.node.node();
        let plan = board.plan();
        if plan.role(&me).is_none() {
            return Err(CeremonyError::NotNamed);
        }
        let day = plan.terms().day;
        if day > today.plus(MAX_PLAN_AHEAD) || today.since(day) > MAX_PLAN_DAYS {
            return Err(CeremonyError::Day { day, today });
        }
        let planned = plan.terms().epoch;
        let ceremony = Self {
            me,
            compared: false,
            stored: false,
            own: BTreeMap::new(),
            taken: None,
            participant,
            board,
        };
        // Who has signed this very certificate only comes back.
        let last = ceremony
            .participant
            .signed
            .filter(|l| l.plan != *ceremony.digest());
        if let Some(signed) = last.map(|last| last.epoch).filter(|s| *s >= planned) {
            return Err(CeremonyError::Epoch { signed, planned });
        }
        ceremony.check_shares()?;
        if let Some(joined) = ceremony.board.joined(&me) {
            let again = ceremony.join()?;
            let nonce = ceremony.nonce();
            let same = joined.shows(&again) && joined.opens(ceremony.board.plan(), &me, &nonce);
            if !same {
                return Err(CeremonyError::OtherSeed);
            }
        }
        Ok(ceremony)
    }

    fn check_shares(&self) -> Result<(), CeremonyError> {
        for (name, index, dealing) in self.board.plan().dealt_by(&self.me) {
            let Dealing::Reshare { terms, .. } = dealing else {
                continue;
            };
            let wrong = CeremonyError::Share(name);
            let share = self.participant.shares.get(&name).ok_or(wrong.clone())?;
            let right = terms.get(&index).is_some_and(|(weight, point)| {
                let own = reshare::constant(weight, &share.public());
                own.is_ok_and(|own| own == *point)
            });
            if share.index() != index || !right {
                return Err(wrong);
            }
        }
        Ok(())
    }

    /// This participant.
    pub const fn me(&self) -> NodeKey {
        self.me
    }

    /// The board.
    pub const fn board(&self) -> &Board {
        &self.board
    }

    /// Takes a message, of others or one's own.
    ///
    /// # Errors
    /// If it does not belong to this ceremony; then nothing has changed.
    pub fn receive(&mut self, message: &[u8]) -> Result<Posted, Refused> {
        self.board.post(message)
    }

    /// That the shares of [`Next::Store`] are stored, all of them, flushed, with their epoch. `before`
    /// is what stood there as signed last, read while nobody else could write it: another ceremony
    /// may have come to its end since this one was opened.
    ///
    /// # Errors
    /// If this node has signed a certificate of this epoch or a later one in another ceremony. Then
    /// what was signed last must be put back as it was, and this ceremony be stopped.
    pub fn stored(&mut self, before: Option<LastSigned>) -> Result<(), CeremonyError> {
        let planned = self.board.plan().terms().epoch;
        let other = before.filter(|last| last.plan != *self.digest() && last.epoch >= planned);
        if let Some(LastSigned { epoch, .. }) = other {
            return Err(CeremonyError::Epoch {
                signed: epoch,
                planned,
            });
        }
        self.stored = true;
        Ok(())
    }

    /// What somebody else has read out.
    ///
    /// # Errors
    /// If the digits differ, or there are none yet.
    pub fn compare(&mut self, heard: &str) -> Result<(), CeremonyError> {
        let voice = self.board.voice().ok_or(CeremonyError::TooEarly)?;
        if !voice.is(heard) {
            return Err(CeremonyError::Voice);
        }
        self.compared = true;
        Ok(())
    }

    /// The message by which this node stops the ceremony: to be stored, received and sent like any.
    ///
    /// # Errors
    /// If this node has signed the certificate: it may be made without another word from it.
    pub fn stop(&self, reason: Reason) -> Result<Vec<u8>, CeremonyError> {
        self.board.stop(&self.participant.node, reason)
    }

    /// What to do next. Asking again changes nothing.
    ///
    /// # Errors
    /// If what must not happen has happened.
    pub fn poll(&mut self) -> Result<Next, CeremonyError> {
        match self.board.standing() {
            Standing::Stopped(why) => Ok(Next::Stopped(why)),
            Standing::Waiting { .. } => self.go_on(),
            Standing::Made {
                certificate,
                waiting,
                blame,
            } => {
                // Others were quicker: what is left to do here is done all the same.
                let left = waiting.contains(&self.me);
                match if left { Some(self.go_on()?) } else { None } {
                    Some(next) if !matches!(next, Next::Wait { .. }) => Ok(next),
                    _ => Ok(Next::Made {
                        certificate,
                        waiting,
                        blame,
                    }),
                }
            }
        }
    }

    fn go_on(&mut self) -> Result<Next, CeremonyError> {
        if !self.has(Step::Join) {
            let join = self.join()?;
            return Ok(self.post(Step::Join, &join.encode()));
        }
        let Some(outcome) = self.board.outcome() else {
            return Ok(self.wait(Step::Join));
        };
        let transcript = outcome.transcript;
        if !self.has(Step::Echo) {
            let echo = Echo {
                transcript,
                nonce: self.nonce(),
            };
            return Ok(self.post(Step::Echo, &echo.encode()));
        }
        let Some(voice) = self.board.voice() else {
            return Ok(self.wait(Step::Echo));
        };
        let deals = self.board.plan().dealt_by(&self.me).next().is_some();
        let spoken = self.has(Step::Deal) || self.has(Step::Done);
        if self.participant.compare && !self.compared && !spoken {
            return Ok(Next::Compare(voice));
        }
        if deals && !self.has(Step::Deal) {
            return self.deal(&transcript);
        }
        if !self.board.missing(Step::Deal).is_empty() {
            return Ok(self.wait(Step::Deal));
        }
        let Some(index) = self.board.plan().holder(&self.me) else {
            return Ok(self.wait(Step::Done));
        };
        if self.has(Step::Done) {
            return Ok(self.wait(Step::Done));
        }
        self.take(&transcript, index)
    }

    fn has(&self, step: Step) -> bool {
        self.board.has(&self.me, step)
    }

    fn wait(&self, step: Step) -> Next {
        let missing = if step == Step::Done && self.board.sum().is_some() {
            self.board.unstored()
        } else {
            self.board.missing(step)
        };
        Next::Wait { step, missing }
    }

    fn sign(&self, step: Step, body: &[u8]) -> Vec<u8> {
        let plan = self.board.plan();
        let node = &self.participant.node;
        sign(&plan.terms().federation, plan.digest(), node, step, body)
    }

    fn post(&self, step: Step, body: &[u8]) -> Next {
        Next::Post(self.sign(step, body))
    }

    fn digest(&self) -> &PlanDigest {
        self.board.plan().digest()
    }

    fn nonce(&self) -> [u8; 32] {
        draw(
            &mut self
                .participant
                .seed
                .stream(self.digest(), Purpose::Nonce, &[]),
        )
    }

    /// The one-time key to which a dealer seals.
    fn one_time(&self, dealer: &NodeKey) -> SealSecret {
        let about = [dealer.as_bytes().as_slice()];
        let seed = &self.participant.seed;
        let mut stream = seed.stream(self.digest(), Purpose::OneTime, &about);
        SealSecret::generate(&mut stream)
    }

    fn key_stream(&self, purpose: Purpose, name: KeyName) -> super::secret::Stream {
        let about = cbor::encode(|e| put_name(e, name));
        self.participant
            .seed
            .stream(self.digest(), purpose, &[&about])
    }

    /// The polynomial of a new key, and what is shown of it.
    fn begin(
        &self,
        name: KeyName,
        place: ShareIndex,
    ) -> Result<(generate::Kept, generate::Shown), CeremonyError> {
        let plan = self.board.plan();
        let stream = self.key_stream(Purpose::Generate, name);
        generate::begin(place, plan.size(), plan.terms().threshold, stream)
            .map_err(|_| CeremonyError::Broken("a polynomial could not be made"))
    }

    /// The polynomial that shares an old share out.
    fn polynomial(
        &self,
        name: KeyName,
        weight: &Scalar,
    ) -> Result<super::feldman::Polynomial, CeremonyError> {
        let share = self.participant.shares.get(&name);
        let share = share.ok_or(CeremonyError::Share(name))?;
        let stream = self.key_stream(Purpose::Reshare, name);
        let threshold = self.board.plan().terms().threshold;
        reshare::polynomial(weight, share, threshold, stream).ok_or(CeremonyError::Share(name))
    }

    fn join(&self) -> Result<Join, CeremonyError> {
        let plan = self.board.plan();
        let one_time = dealers_for(plan, &self.me).map(|dealer| self.one_time(dealer).public());
        let mut shown = Vec::new();
        for (name, place, dealing) in plan.dealt_by(&self.me) {
            shown.push(match dealing {
                Dealing::Generate => {
                    let (_, package) = self.begin(name, place)?;
                    let (points, proof) = generate::write(&package)
                        .map_err(|_| CeremonyError::Broken("a commitment does not encode"))?;
                    Shown {
                        points,
                        proof: Some(proof),
                    }
                }
                Dealing::Reshare { terms, .. } => {
                    let (weight, _) = terms.get(&place).ok_or(CeremonyError::Share(name))?;
                    let polynomial = self.polynomial(name, weight)?;
                    Shown {
                        points: Commitment::of(&polynomial).encode(),
                        proof: None,
                    }
                }
            });
        }
        Ok(Join {
            one_time: one_time.collect(),
            shown,
            nonce: nonce_hash(plan, &self.me, &self.nonce()),
        })
    }

    /// What the other makers of a new key have shown.
    fn packages(&self, name: KeyName) -> BTreeMap<ShareIndex, generate::Shown> {
        let others = self
            .board
            .joins()
            .iter()
            .filter(|(node, _)| **node != self.me);
        others
            .filter_map(|(_, joined)| joined.contributions.get(&name))
            .filter_map(|one: &Contribution| Some((one.place, one.package.clone()?)))
            .collect()
    }

    /// This participant's values for all holders, of one key; those of a new key without its own.
    fn values(
        &mut self,
        name: KeyName,
        place: ShareIndex,
        dealing: &Dealing,
    ) -> Result<Values, CeremonyError> {
        match dealing {
            Dealing::Generate => {
                let (kept, _) = self.begin(name, place)?;
                let (own, values) = generate::share_out(kept, &self.packages(name))
                    .map_err(|_| CeremonyError::Broken("a key could not be shared out"))?;
                self.own.insert(name, own);
                Ok(values)
            }
            Dealing::Reshare { terms, .. } => {
                let (weight, _) = terms.get(&place).ok_or(CeremonyError::Share(name))?;
                let polynomial = self.polynomial(name, weight)?;
                let holders = self.board.plan().holders();
                let value = |(_, index): (&NodeKey, ShareIndex)| {
                    (index, Zeroizing::new(polynomial.at(index).to_bytes()))
                };
                Ok(holders.map(value).collect())
            }
        }
    }

    fn deal(&mut self, transcript: &[u8; 32]) -> Result<Next, CeremonyError> {
        if self.has(Step::Complaint) {
            return Ok(self.wait(Step::Deal));
        }
        // The plan is cloned so that what is made on the way can be kept.
        let plan = self.board.plan().clone();
        let me = self.me;
        let mut by_index: BTreeMap<ShareIndex, Zeroizing<Vec<u8>>> = BTreeMap::new();
        for (name, place, dealing) in plan.dealt_by(&me) {
            for (index, value) in self.values(name, place, dealing)? {
                let plain = by_index.entry(index).or_insert_with(|| {
                    Zeroizing::new(Vec::with_capacity(32 * plan.makings().len()))
                });
                plain.extend_from_slice(value.as_slice());
            }
        }
        let mut sealed = Vec::new();
        for (recipient, index) in parts::recipients(&plan, &self.me) {
            let broken = CeremonyError::Broken("a recipient is missing");
            let joined = self.board.joined(recipient).ok_or(broken.clone())?;
            let key = joined.one_time.get(&self.me).ok_or(broken.clone())?;
            let plain = by_index.get(&index).ok_or(broken)?;
            let about = [transcript.as_slice(), recipient.as_bytes()];
            let seed = &self.participant.seed;
            let stream = seed.stream(plan.digest(), Purpose::Seal, &about);
            let binding = parts::binding(&plan, transcript, &self.me, recipient);
            match sealed::seal(plain, key, &binding, stream) {
                Some(one) => sealed.push(one),
                None => return Ok(self.complain(*recipient, None, joined.digest)),
            }
        }
        Ok(self.post(Step::Deal, &Deal { sealed }.encode()))
    }

    fn complain(
        &self,
        about: NodeKey,
        seed: Option<Zeroizing<[u8; 32]>>,
        message: [u8; 32],
    ) -> Next {
        let complaint = Complaint {
            about,
            seed,
            message,
        };
        self.post(Step::Complaint, &complaint.encode())
    }

    /// Opens what all dealers sent; complains, or has the shares stored, or signs.
    fn take(&mut self, transcript: &[u8; 32], index: ShareIndex) -> Result<Next, CeremonyError> {
        if self.has(Step::Complaint) {
            return Ok(self.wait(Step::Done));
        }
        if self.taken.is_none() {
            let given = match self.parts(transcript, index)? {
                Ok(given) => given,
                Err((dealer, deal)) => {
                    let seed = self.one_time(&dealer).seed();
                    return Ok(self.complain(dealer, Some(seed), deal));
                }
            };
            // Somebody else has a share that is none, and has to say whose part of it is wrong.
            if self.board.sum().is_none() {
                return Ok(self.wait(Step::Done));
            }
            self.taken = Some(self.add_up(&given, index)?);
        }
        let sum = self.board.sum();
        let sum = sum.ok_or(CeremonyError::Broken("there is no certificate"))?;
        if self.stored {
            let external =
                Context::Certificate.external(Some(&self.board.plan().terms().federation));
            let node = &self.participant.node;
            let signature = sum.unsigned.signature_of(node, &external);
            return Ok(self.post(Step::Done, &Done { signature }.encode()));
        }
        let certificate = sha256(sum.unsigned.payload());
        let mut shares = BTreeMap::new();
        for (name, share) in self.taken.iter().flatten() {
            let share = KeyShare::new(index, share)
                .map_err(|_| CeremonyError::Broken("a share came out as zero"))?;
            shares.insert(*name, share);
        }
        Ok(Next::Store(NewShares {
            shares,
            signing: LastSigned {
                epoch: self.board.plan().terms().epoch,
                plan: *self.digest(),
            },
            certificate,
        }))
    }

    /// What each dealer sent this participant, or the one whose part is wrong, and in which message.
    fn parts(
        &self,
        transcript: &[u8; 32],
        index: ShareIndex,
    ) -> Result<Result<BTreeMap<NodeKey, Parts>, Wrong>, CeremonyError> {
        let broken = CeremonyError::Broken;
        let plan = self.board.plan();
        let me = self.me;
        let mut given: BTreeMap<NodeKey, Parts> = BTreeMap::new();
        for dealer in dealers_for(plan, &me) {
            let secret = self.one_time(dealer);
            let joined = self
                .board
                .joined(dealer)
                .ok_or(broken("a join is missing"))?;
            let mut wrong = None;
            for (digest, deal) in self.board.deals(dealer) {
                let opened = parts::open(plan, transcript, dealer, &me, deal, &secret);
                match opened.filter(|opened| parts::hold(joined, index, opened)) {
                    Some(opened) => drop(given.insert(*dealer, opened)),
                    None => wrong = Some(*digest),
                }
            }
            if !given.contains_key(dealer) {
                let wrong = wrong.ok_or(broken("a deal is missing"))?;
                return Ok(Err((*dealer, wrong)));
            }
        }
        Ok(Ok(given))
    }

    /// This participant's shares.
    fn add_up(
        &mut self,
        given: &BTreeMap<NodeKey, Parts>,
        index: ShareIndex,
    ) -> Result<Parts, CeremonyError> {
        let plan = self.board.plan().clone();
        let mut shares = BTreeMap::new();
        for (name, dealing) in plan.makings() {
            let share = match dealing {
                Dealing::Generate => self.finish_new(&plan, *name, dealing, given)?,
                Dealing::Reshare { .. } => self.finish_old(&plan, *name, dealing, given, index)?,
            };
            shares.insert(*name, share);
        }
        self.check_taken(index, &shares)?;
        Ok(shares)
    }

    fn finish_new(
        &mut self,
        plan: &Plan,
        name: KeyName,
        dealing: &Dealing,
        given: &BTreeMap<NodeKey, Parts>,
    ) -> Result<Zeroizing<[u8; 32]>, CeremonyError> {
        let broken = CeremonyError::Broken;
        if !self.own.contains_key(&name) {
            // After a restart: what was kept when the deal was made is made again.
            let place = plan.place(&self.me, dealing);
            let place = place.ok_or(broken("a holder makes no part of a new key"))?;
            self.values(name, place, dealing)?;
        }
        let own = self
            .own
            .get(&name)
            .ok_or(broken("a polynomial is missing"))?;
        let mut values = Values::new();
        for (dealer, parts) in given {
            if let (Some(place), Some(part)) = (plan.place(dealer, dealing), parts.get(&name)) {
                values.insert(place, part.clone());
            }
        }
        generate::finish(own, &self.packages(name), &values)
            .map_err(|_| broken("parts that hold do not add up"))
    }

    fn finish_old(
        &mut self,
        plan: &Plan,
        name: KeyName,
        dealing: &Dealing,
        given: &BTreeMap<NodeKey, Parts>,
        index: ShareIndex,
    ) -> Result<Zeroizing<[u8; 32]>, CeremonyError> {
        let mut sum = Zeroizing::new(Scalar::ZERO);
        if let Some(place) = plan.place(&self.me, dealing) {
            let own = self.values(name, place, dealing)?;
            let own = own
                .get(&index)
                .and_then(|value| super::feldman::scalar(value));
            *sum += *own.ok_or(CeremonyError::Broken("one's own part is missing"))?;
        }
        for part in given.values().filter_map(|parts| parts.get(&name)) {
            let part = super::feldman::scalar(part);
            *sum += *part.ok_or(CeremonyError::Broken("a part that holds is no number"))?;
        }
        Ok(Zeroizing::new(sum.to_bytes()))
    }

    /// Nobody signs a certificate that gives it another share than it has.
    fn check_taken(&self, index: ShareIndex, shares: &Parts) -> Result<(), CeremonyError> {
        let sum = self.board.sum();
        let sum = sum.ok_or(CeremonyError::Broken("there is no certificate"))?;
        for (name, key) in &sum.keys {
            let share = shares.get(name).and_then(|s| KeyShare::new(index, s).ok());
            if share.map(|share| share.public()).as_ref() != key.shares().get(&index) {
                return Err(CeremonyError::Broken(
                    "a share is not the one of the certificate",
                ));
            }
        }
        Ok(())
    }
}
