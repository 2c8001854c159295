//! The plan of a ceremony: who takes part, and what is made.
//!
//! Whoever starts a ceremony signs its plan; everything after is bound to the plan's digest. A plan
//! is read as a [`Proposal`], and only [`Proposal::check`] makes the [`Plan`] that the rest takes.

use super::reshare;
use super::span::{may_be_made, may_stay, must_stay};
use crate::cbor::{self, Fields, Malformed, MapOut};
use crate::certificate::{Certificate, Keyholders, name, put_name};
use crate::charter::Charter;
use crate::cose::{Context, Cosigned, Sign1, to_be_signed};
use crate::directory::Directory;
use crate::ids::{FederationId, NodeKey, OrganisationKey, PlanDigest, sha256};
use crate::keys::{SecretKey, verify};
use crate::limits::{
    MAX_CEREMONY_KEYS, MAX_CEREMONY_MESSAGE, MAX_COSIGNED, MAX_EPOCH_GAP, MAX_KEYHOLDERS,
};
use crate::oprf::{KeyName, PublicKey, ShareIndex};
use crate::time::{Day, Season};
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use minicbor::Decoder;
use std::collections::{BTreeMap, BTreeSet};

/// A place at a key: whose node holds the share of this index, or is to hold it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seat {
    /// The index of the share.
    pub index: ShareIndex,
    /// The organisation.
    pub organisation: OrganisationKey,
    /// Its node's record key, which signs everything that this participant says.
    pub node: NodeKey,
}

/// How a key comes about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Making {
    /// New: all holders make it together.
    Generate,
    /// Renewed: the dealers share their old shares out, and the key stays what it is.
    Reshare,
}

/// The shares that a plan renews.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Old {
    /// The digest of their certificate.
    pub certificate: [u8; 32],
    /// Exactly a threshold of their holders, by their old indices.
    pub dealers: Vec<Seat>,
}

/// What a plan says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlanTerms {
    /// The federation.
    pub federation: FederationId,
    /// The digest of the charter whose keyholders are to hold the keys: see [`charter_digest`].
    pub charter: [u8; 32],
    /// Fresh and random, so that no two ceremonies have one plan.
    pub id: [u8; 32],
    /// The number of the generation of shares that is made.
    pub epoch: u32,
    /// The day of issue of the certificate.
    pub day: Day,
    /// How many holders an output will take.
    pub threshold: u16,
    /// Who is to hold the shares, by ascending index.
    pub holders: Vec<Seat>,
    /// What is renewed, if any key is.
    pub old: Option<Old>,
    /// The keys.
    pub keys: BTreeMap<KeyName, Making>,
    /// Who signs the plan: the record key of one of the participants.
    pub starter: NodeKey,
}

/// Why a plan is refused. Its [`word`](PlanError::word) is that of `spec/validation.md`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlanError {
    /// Not the canonical form of one.
    #[error("the plan is damaged: {0}")]
    Malformed(#[from] Malformed),
    /// Its starter did not sign it.
    #[error("the plan's signature does not hold")]
    Signature,
    /// It is another federation's.
    #[error("the plan belongs to another federation")]
    OtherFederation,
    /// It rests on another charter.
    #[error("the plan rests on another charter than this node's: bring both up to date first")]
    OtherCharter,
    /// Not the charter's threshold.
    #[error(
        "the plan's threshold is {threshold}, the charter's {charter}; it must be more than half, and at least 2"
    )]
    Threshold {
        /// As planned.
        threshold: u16,
        /// As chartered.
        charter: u16,
    },
    /// Fewer than a threshold, or not keyholders of the charter by their own indices, or a node that is
    /// not theirs.
    #[error(
        "the plan's holders are not at least a threshold of the charter's keyholders, each by its own index and with a node that it has delegated for the plan's day"
    )]
    Holders,
    /// Not exactly a threshold of the old holders.
    #[error(
        "a reshare takes exactly {needed} holders of the old shares as dealers, each by its old index and with a node that it has delegated for the plan's day"
    )]
    Dealers {
        /// The old threshold.
        needed: u16,
    },
    /// It renews another certificate than the one in force, or gives that one up.
    #[error(
        "the plan does not renew the certificate that this node has; one that is in force must not be given up"
    )]
    OtherCertificate,
    /// A dealer once knew these keys.
    #[error(
        "the certificate in force was made by a dealer, who could have kept the keys: they are never reshared, make new ones"
    )]
    Dealt,
    /// The epoch is not above that of the certificate in force.
    #[error(
        "the plan's epoch is {epoch}, and must be at least {least}, and less than {MAX_EPOCH_GAP} above that"
    )]
    Epoch {
        /// As planned.
        epoch: u32,
        /// The least one.
        least: u32,
    },
    /// A key that cannot be in it, or one that must and is not.
    #[error(
        "the plan's keys do not fit: {name} must be {must}",
        must = if *.left_out {
            "in it, as it may still be asked for"
        } else {
            "made in the other way, or left out, as its season is over or too far ahead"
        }
    )]
    Keys {
        /// Which key.
        name: KeyName,
        /// Whether it is missing.
        left_out: bool,
    },
    /// Its starter takes no part.
    #[error("the plan is signed by a node that takes no part in it")]
    Starter,
}

impl PlanError {
    /// The word for it in `spec/validation.md`.
    pub const fn word(&self) -> &'static str {
        match self {
            PlanError::Malformed(_) => "malformed",
            PlanError::Signature => "signature",
            PlanError::OtherFederation => "federation",
            PlanError::OtherCharter => "charter",
            PlanError::Threshold { .. } => "threshold",
            PlanError::Holders => "holders",
            PlanError::Dealers { .. } => "dealers",
            PlanError::OtherCertificate => "certificate",
            PlanError::Dealt => "dealt",
            PlanError::Epoch { .. } => "epoch",
            PlanError::Keys { .. } => "keys",
            PlanError::Starter => "starter",
        }
    }
}

/// What a plan is judged by.
#[derive(Clone, Debug)]
pub struct Basis<'a> {
    pub(super) keyholders: Keyholders,
    pub(super) charter: [u8; 32],
    pub(super) directory: &'a Directory,
    pub(super) certificate: Option<&'a Certificate>,
    pub(super) ended: Option<&'a BTreeSet<Season>>,
}

impl<'a> Basis<'a> {
    /// The charter, the delegations and the certificate that are in force.
    ///
    /// Without a certificate a plan can only make new keys. Whoever leaves it out though there is
    /// one gives the old keys up, as one must when fewer than a threshold of shares are left.
    pub fn new(
        charter: &Charter,
        directory: &'a Directory,
        certificate: Option<&'a Certificate>,
    ) -> Self {
        Self {
            keyholders: Keyholders::of(charter),
            charter: charter_digest(charter),
            directory,
            certificate,
            ended: None,
        }
    }

    /// The same, where as many organisations as it takes have said that these seasons are over, too early
    /// or not: nobody has shares of their keys, and a plan may leave them out.
    #[must_use]
    pub const fn with_ended(mut self, ended: &'a BTreeSet<Season>) -> Self {
        self.ended = Some(ended);
        self
    }

    fn is_over(&self, name: &KeyName) -> bool {
        let over = |season| self.ended.is_some_and(|ended| ended.contains(&season));
        name.season().is_some_and(over)
    }
}

/// SHA-256 of what the organisations of a charter signed.
pub fn charter_digest(charter: &Charter) -> [u8; 32] {
    // A charter that was read parses.
    Cosigned::parse(charter.bytes(), MAX_COSIGNED)
        .map(|cosigned| sha256(cosigned.payload()))
        .unwrap_or_default()
}

fn put_seats(e: &mut cbor::Out, seats: &[Seat]) {
    cbor::put_array(e, seats.len() as u64);
    for seat in seats {
        cbor::put_array(e, 3);
        cbor::put_uint(e, u64::from(seat.index.get()));
        cbor::put_bytes(e, seat.organisation.as_bytes());
        cbor::put_bytes(e, seat.node.as_bytes());
    }
}

/// Seats in ascending order of their indices, no node twice.
fn seats(d: &mut Decoder<'_>) -> Result<Vec<Seat>, Malformed> {
    let seats = cbor::list(d, MAX_KEYHOLDERS, |d| {
        cbor::tuple(d, 3)?;
        Ok(Seat {
            index: ShareIndex::new(d.u16()?).map_err(|_| Malformed::Shape)?,
            organisation: OrganisationKey::from_bytes(cbor::array(d)?),
            node: NodeKey::from_bytes(cbor::array(d)?),
        })
    })?;
    let nodes: BTreeSet<_> = seats.iter().map(|seat| seat.node).collect();
    if seats.is_sorted_by(|a, b| a.index < b.index) && nodes.len() == seats.len() {
        Ok(seats)
    } else {
        Err(Malformed::KeyOrder)
    }
}

impl PlanTerms {
    /// What the starter signs.
    fn encode(&self) -> Vec<u8> {
        MapOut::new()
            .put(1, |e| cbor::put_uint(e, 1))
            .put(2, |e| cbor::put_bytes(e, self.federation.as_bytes()))
            .put(3, |e| cbor::put_bytes(e, &self.charter))
            .put(4, |e| cbor::put_bytes(e, &self.id))
            .put(5, |e| cbor::put_uint(e, u64::from(self.epoch)))
            .put(6, |e| cbor::put_uint(e, u64::from(self.day.number())))
            .put(7, |e| cbor::put_uint(e, u64::from(self.threshold)))
            .put(8, |e| put_seats(e, &self.holders))
            .maybe(9, self.old.as_ref(), |e, old| {
                cbor::put_array(e, 2);
                cbor::put_bytes(e, &old.certificate);
                put_seats(e, &old.dealers);
            })
            .put(10, |e| {
                cbor::put_array(e, self.keys.len() as u64);
                for (name, making) in &self.keys {
                    cbor::put_array(e, 2);
                    put_name(e, *name);
                    cbor::put_uint(
                        e,
                        match making {
                            Making::Generate => 0,
                            Making::Reshare => 1,
                        },
                    );
                }
            })
            .put(11, |e| cbor::put_bytes(e, self.starter.as_bytes()))
            .finish()
    }

    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let mut fields = Fields::open(d)?;
        if fields.required(1, |d| Ok(d.u8()?))? != 1 {
            return Err(Malformed::Field(1));
        }
        let terms = Self {
            federation: FederationId::from_bytes(fields.required(2, cbor::array)?),
            charter: fields.required(3, cbor::array)?,
            id: fields.required(4, cbor::array)?,
            epoch: fields.required(5, |d| Ok(d.u32()?))?,
            day: Day::from_number(fields.required(6, |d| Ok(d.u32()?))?),
            threshold: fields.required(7, |d| Ok(d.u16()?))?,
            holders: fields.required(8, seats)?,
            old: fields.optional(9, |d| {
                cbor::tuple(d, 2)?;
                Ok(Old {
                    certificate: cbor::array(d)?,
                    dealers: seats(d)?,
                })
            })?,
            keys: fields.required(10, keys)?,
            starter: NodeKey::from_bytes(fields.required(11, cbor::array)?),
        };
        fields.close()?;
        Ok(terms)
    }

    /// The plan, signed by its starter.
    pub fn sign(&self, starter: &SecretKey) -> Vec<u8> {
        let payload = self.encode();
        let external = Context::Ceremony.external(Some(&self.federation));
        Sign1::write(&payload, &starter.sign(&to_be_signed(&external, &payload)))
    }

    /// The plan that renews all that there is to renew, and makes what is missing: a key that is in
    /// the certificate in force and not dealt is reshared, any other of `keys` is generated. Keys of
    /// seasons that are over, or so far ahead that nobody could have used them, are left out.
    ///
    /// `holders` are the nodes that are to hold shares, by the charter's indices: a threshold or more.
    /// `dealers` are those of the old holders that are at hand; the first of them that are enough are
    /// taken.
    ///
    /// # Errors
    /// Only what is true of any plan from these arguments; [`Proposal::check`] says the rest.
    pub fn draft(
        basis: &Basis<'_>,
        id: [u8; 32],
        day: Day,
        holders: &BTreeMap<ShareIndex, NodeKey>,
        dealers: &BTreeMap<ShareIndex, NodeKey>,
        keys: &[KeyName],
        starter: NodeKey,
    ) -> Result<Self, PlanError> {
        let old = basis.certificate.filter(|c| !c.dealt());
        let mut made: BTreeMap<KeyName, Making> = BTreeMap::new();
        let over = |name: &KeyName| basis.is_over(name);
        let makes = |name: &&KeyName| may_be_made(name, day) && !over(name);
        for name in keys.iter().filter(makes) {
            made.insert(*name, Making::Generate);
        }
        for key in old.iter().flat_map(|c| c.keys()) {
            if must_stay(&key.name(), day) && !over(&key.name()) {
                made.insert(key.name(), Making::Reshare);
            }
        }
        let needed = old.map_or(0, old_threshold);
        let seat = |(index, node): (&ShareIndex, &NodeKey)| {
            let organisation = basis.directory.signer_on(node, day)?;
            Some(Seat {
                index: *index,
                organisation,
                node: *node,
            })
        };
        let old: Option<Result<Old, PlanError>> = old
            .filter(|_| made.values().any(|making| *making == Making::Reshare))
            .map(|certificate| {
                let dealers = dealers.iter().take(needed.into()).map(seat);
                let dealers: Option<Vec<Seat>> = dealers.collect();
                Ok(Old {
                    certificate: *certificate.digest(),
                    dealers: dealers.ok_or(PlanError::Dealers { needed })?,
                })
            });
        let seated: Option<Vec<Seat>> = holders.iter().map(seat).collect();
        Ok(Self {
            federation: basis.keyholders.federation,
            charter: basis.charter,
            id,
            epoch: basis.certificate.map_or(1, |c| c.epoch().saturating_add(1)),
            day,
            threshold: basis.keyholders.threshold,
            holders: seated.ok_or(PlanError::Holders)?,
            old: old.transpose()?,
            keys: made,
            starter,
        })
    }
}

fn keys(d: &mut Decoder<'_>) -> Result<BTreeMap<KeyName, Making>, Malformed> {
    let listed = cbor::list(d, MAX_CEREMONY_KEYS, |d| {
        cbor::tuple(d, 2)?;
        let name = name(d)?;
        let making = match d.u8()? {
            0 => Making::Generate,
            1 => Making::Reshare,
            _ => return Err(Malformed::Shape),
        };
        Ok((name, making))
    })?;
    if listed.is_empty() || !listed.is_sorted_by(|a, b| a.0 < b.0) {
        return Err(Malformed::KeyOrder);
    }
    Ok(listed.into_iter().collect())
}

/// All keys of a certificate have one threshold.
fn old_threshold(certificate: &Certificate) -> u16 {
    certificate.keys().next().map_or(0, |key| key.threshold())
}

/// A plan that was read, and not yet checked.
#[derive(Clone, Debug)]
pub struct Proposal {
    terms: PlanTerms,
    digest: PlanDigest,
    bytes: Vec<u8>,
}

impl Proposal {
    /// Reads a plan and checks its starter's signature.
    ///
    /// # Errors
    /// If it is not in the one form that a plan has, or the signature does not hold.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PlanError> {
        let sign1 = Sign1::parse(bytes, MAX_CEREMONY_MESSAGE)?;
        let terms = cbor::decode(sign1.payload, MAX_CEREMONY_MESSAGE, PlanTerms::decode)?;
        let external = Context::Ceremony.external(Some(&terms.federation));
        verify(
            terms.starter.as_bytes(),
            &to_be_signed(&external, sign1.payload),
            &sign1.signature,
        )
        .map_err(|_| PlanError::Signature)?;
        Ok(Self {
            digest: PlanDigest::of(sign1.payload),
            terms,
            bytes: bytes.to_vec(),
        })
    }

    /// What it says.
    pub const fn terms(&self) -> &PlanTerms {
        &self.terms
    }

    /// The name of the ceremony that it would start.
    pub const fn digest(&self) -> &PlanDigest {
        &self.digest
    }

    /// Checks the plan against what is in force (`spec/11-ceremonies.md`, section 2).
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check(self, basis: &Basis<'_>) -> Result<Plan, PlanError> {
        let terms = &self.terms;
        if terms.federation != basis.keyholders.federation {
            return Err(PlanError::OtherFederation);
        }
        if terms.charter != basis.charter {
            return Err(PlanError::OtherCharter);
        }
        let charter = basis.keyholders.threshold;
        if terms.threshold != charter || terms.threshold < 2 {
            return Err(PlanError::Threshold {
                threshold: terms.threshold,
                charter,
            });
        }
        self.check_holders(basis)?;
        self.check_old(basis)?;
        self.check_keys(basis)?;
        let makings = self.makings(basis)?;
        let mut participants: BTreeMap<NodeKey, Role> = BTreeMap::new();
        for seat in &terms.holders {
            participants.entry(seat.node).or_default().holder = Some(seat.index);
        }
        for seat in terms.old.iter().flat_map(|old| &old.dealers) {
            participants.entry(seat.node).or_default().dealer = Some(seat.index);
        }
        if !participants.contains_key(&terms.starter) {
            return Err(PlanError::Starter);
        }
        Ok(Plan {
            participants,
            makings,
            terms: self.terms,
            digest: self.digest,
            bytes: self.bytes,
        })
    }

    fn delegated(&self, basis: &Basis<'_>, seat: &Seat) -> bool {
        basis.directory.signer_on(&seat.node, self.terms.day) == Some(seat.organisation)
    }

    fn check_holders(&self, basis: &Basis<'_>) -> Result<(), PlanError> {
        let (holders, chartered) = (&self.terms.holders, &basis.keyholders.holders);
        let theirs = |seat: &Seat| {
            chartered.get(&seat.index.get()) == Some(&seat.organisation)
                && self.delegated(basis, seat)
        };
        if holders.len() >= usize::from(self.terms.threshold) && holders.iter().all(theirs) {
            Ok(())
        } else {
            Err(PlanError::Holders)
        }
    }

    /// Whether it renews the certificate in force, if that can be, by dealers who can.
    fn check_old(&self, basis: &Basis<'_>) -> Result<(), PlanError> {
        let terms = &self.terms;
        let least = basis.certificate.map_or(1, |c| c.epoch().saturating_add(1));
        let due = terms.epoch >= least && terms.epoch - least < MAX_EPOCH_GAP;
        let out_of_turn = PlanError::Epoch {
            epoch: terms.epoch,
            least,
        };
        let (certificate, old) = match (basis.certificate, &terms.old) {
            (None, Some(_)) => return Err(PlanError::OtherCertificate),
            (Some(certificate), Some(_)) if certificate.dealt() => return Err(PlanError::Dealt),
            (Some(certificate), Some(old)) => (certificate, old),
            (Some(certificate), None)
                if !certificate.dealt()
                    && certificate.keys().any(|k| self.must_keep(&k.name(), basis)) =>
            {
                return Err(PlanError::OtherCertificate);
            }
            (_, None) if !due => return Err(out_of_turn),
            (_, None) => return Ok(()),
        };
        if old.certificate != *certificate.digest() {
            return Err(PlanError::OtherCertificate);
        }
        if !due {
            return Err(out_of_turn);
        }
        let needed = old_threshold(certificate);
        // Whoever took another's place could share out nothing, and would stop the ceremony.
        let theirs = |seat: &Seat| {
            let root = certificate.holder(seat.index.get());
            let answers = root.and_then(|root| basis.directory.charter().answers_for(root));
            answers.map(|o| o.root).or(root.copied()) == Some(seat.organisation)
        };
        let holds = |seat: &Seat| {
            let mut keys = certificate.keys();
            keys.all(|key| key.shares().contains_key(&seat.index))
                && theirs(seat)
                && self.delegated(basis, seat)
        };
        if old.dealers.len() == usize::from(needed) && old.dealers.iter().all(holds) {
            Ok(())
        } else {
            Err(PlanError::Dealers { needed })
        }
    }

    fn must_keep(&self, name: &KeyName, basis: &Basis<'_>) -> bool {
        must_stay(name, self.terms.day) && !basis.is_over(name)
    }

    /// Old keys are reshared, all that may be asked for; new ones are generated, and only of seasons
    /// that reports of these days may expire in.
    fn check_keys(&self, basis: &Basis<'_>) -> Result<(), PlanError> {
        let terms = &self.terms;
        let renewed = basis.certificate.filter(|_| terms.old.is_some());
        for (name, making) in &terms.keys {
            let is_old = renewed.is_some_and(|c| c.key(*name).is_some());
            let in_time = match is_old {
                true => may_stay(name, terms.day),
                false => may_be_made(name, terms.day),
            };
            if !in_time || is_old != (*making == Making::Reshare) {
                return Err(PlanError::Keys {
                    name: *name,
                    left_out: false,
                });
            }
        }
        for name in renewed.iter().flat_map(|c| c.keys()).map(|key| key.name()) {
            if self.must_keep(&name, basis) && !terms.keys.contains_key(&name) {
                return Err(PlanError::Keys {
                    name,
                    left_out: true,
                });
            }
        }
        Ok(())
    }

    fn makings(&self, basis: &Basis<'_>) -> Result<BTreeMap<KeyName, Dealing>, PlanError> {
        let dealers = self.terms.old.iter().flat_map(|old| &old.dealers);
        let dealers: BTreeSet<ShareIndex> = dealers.map(|seat| seat.index).collect();
        let weights = reshare::weights(&dealers);
        let mut out = BTreeMap::new();
        for (name, making) in &self.terms.keys {
            let key = basis.certificate.and_then(|c| c.key(*name));
            let dealing = match (making, key) {
                (Making::Generate, _) => Dealing::Generate,
                (Making::Reshare, Some(key)) => {
                    let mut terms = BTreeMap::new();
                    for (index, weight) in &weights {
                        let share = key.shares().get(index);
                        let share = share.ok_or(PlanError::Dealers {
                            needed: key.threshold(),
                        })?;
                        let point = reshare::constant(weight, share);
                        let point = point.map_err(|_| PlanError::OtherCertificate)?;
                        terms.insert(*index, (*weight, point));
                    }
                    Dealing::Reshare {
                        public: *key.public(),
                        terms,
                    }
                }
                (Making::Reshare, None) => return Err(PlanError::OtherCertificate),
            };
            out.insert(*name, dealing);
        }
        Ok(out)
    }
}

/// A participant's part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Role {
    /// The share that it is to hold.
    pub(super) holder: Option<ShareIndex>,
    /// The old share that it shares out.
    pub(super) dealer: Option<ShareIndex>,
}

/// How a key is made, with what is known of it before.
#[derive(Clone, Debug)]
pub(super) enum Dealing {
    /// New.
    Generate,
    /// Renewed.
    Reshare {
        /// The key's public half, which stays.
        public: PublicKey,
        /// Of each dealer the weight of its share, and the constant term that it must commit to.
        terms: BTreeMap<ShareIndex, (Scalar, RistrettoPoint)>,
    },
}

/// A plan that holds.
#[derive(Clone, Debug)]
pub struct Plan {
    terms: PlanTerms,
    digest: PlanDigest,
    bytes: Vec<u8>,
    participants: BTreeMap<NodeKey, Role>,
    makings: BTreeMap<KeyName, Dealing>,
}

impl Plan {
    /// Reads and checks a plan.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn from_bytes(bytes: &[u8], basis: &Basis<'_>) -> Result<Self, PlanError> {
        Proposal::from_bytes(bytes)?.check(basis)
    }

    /// What it says.
    pub const fn terms(&self) -> &PlanTerms {
        &self.terms
    }

    /// The name of the ceremony.
    pub const fn digest(&self) -> &PlanDigest {
        &self.digest
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Everyone who takes part, in the order of their record keys.
    pub fn participants(&self) -> impl Iterator<Item = &NodeKey> {
        self.participants.keys()
    }

    /// The index of the share that a participant is to hold.
    pub fn holder(&self, node: &NodeKey) -> Option<ShareIndex> {
        self.participants.get(node)?.holder
    }

    pub(super) fn role(&self, node: &NodeKey) -> Option<&Role> {
        self.participants.get(node)
    }

    pub(super) fn makings(&self) -> &BTreeMap<KeyName, Dealing> {
        &self.makings
    }

    /// At which index a participant shares out, of one key.
    pub(super) fn place(&self, node: &NodeKey, dealing: &Dealing) -> Option<ShareIndex> {
        let role = self.participants.get(node)?;
        match dealing {
            Dealing::Generate => role.holder,
            Dealing::Reshare { .. } => role.dealer,
        }
    }

    /// The keys of which a participant shares something out.
    pub(super) fn dealt_by(
        &self,
        node: &NodeKey,
    ) -> impl Iterator<Item = (KeyName, ShareIndex, &Dealing)> {
        let node = *node;
        self.makings
            .iter()
            .filter_map(move |(name, dealing)| Some((*name, self.place(&node, dealing)?, dealing)))
    }

    /// Whoever shares something out, in the order of their record keys.
    pub(super) fn dealers(&self) -> impl Iterator<Item = &NodeKey> {
        self.participants
            .keys()
            .filter(|node| self.dealt_by(node).next().is_some())
    }

    /// Whoever is to hold shares, in the order of their record keys.
    pub(super) fn holders(&self) -> impl Iterator<Item = (&NodeKey, ShareIndex)> {
        self.participants
            .iter()
            .filter_map(|(node, role)| Some((node, role.holder?)))
    }

    /// Of which indices shares are made.
    pub fn indices(&self) -> BTreeSet<ShareIndex> {
        self.terms.holders.iter().map(|seat| seat.index).collect()
    }

    /// The number of holders.
    pub(super) fn size(&self) -> u16 {
        u16::try_from(self.terms.holders.len()).unwrap_or(u16::MAX)
    }
}
