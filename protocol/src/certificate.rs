//! The certificate of the federation's shared keys: the only place from which clients take the
//! public shares that they check evaluations against (`spec/04-lookup.md`, part 1).

use crate::cbor::{self, Fields, Malformed, MapOut};
use crate::charter::Charter;
use crate::cose::{Context, Cosigned};
use crate::directory::Directory;
use crate::ids::{FederationId, NodeKey, OrganisationKey};
use crate::keys::SecretKey;
use crate::limits::MAX_COSIGNED;
use crate::oprf::{KeyError, KeyName, PublicKey, PublicShare, ShareIndex, ThresholdKey};
use crate::time::{Day, Season};
use minicbor::Decoder;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Keys that one certificate may name.
const MAX_KEYS: usize = 64;

/// What makes a certificate invalid.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CertificateError {
    /// Not the canonical form of one.
    #[error("the certificate of the shared keys is damaged: {0}")]
    Malformed(#[from] Malformed),
    /// It is another federation's.
    #[error("the certificate of the shared keys belongs to another federation")]
    OtherFederation,
    /// A signature does not hold, or too few keyholders signed.
    #[error(
        "the certificate of the shared keys is signed by {signed} of the {needed} holders that it takes, or a signature does not hold"
    )]
    Signatures {
        /// Holders whose signature holds.
        signed: usize,
        /// The threshold.
        needed: u16,
    },
    /// The public shares of a key do not belong together.
    #[error("a key in the certificate is not sound: {0}")]
    Key(#[from] KeyError),
    /// Shares and keyholders do not match.
    #[error(
        "the shares in the certificate are not those of the charter's keyholders, or of too few"
    )]
    Keyholders,
}

/// Which revocations undo a signature of a certificate (`spec/02-records.md`, section 7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judging {
    /// It would come into use here: a signer does not count that is revoked by now. Else whoever got
    /// hold of enough keys over the years could date a certificate back.
    Anew,
    /// It is in use where it comes from, as what a home node serves to its clients: a signer counts
    /// unless it was revoked before the certificate's day.
    InUse,
    /// It was judged good here before, and stays so.
    Again,
}

impl CertificateError {
    /// A stable word for it, which `spec/validation.md` explains.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::OtherFederation => "federation",
            Self::Keyholders => "keyholders",
            Self::Key(_) => "key",
            Self::Signatures { .. } => "signatures",
        }
    }
}

/// The public half of the federation's keys, certified by at least a threshold of keyholders.
#[derive(Clone, Debug)]
pub struct Certificate {
    epoch: u32,
    issued: Day,
    ceremony: Option<Provenance>,
    keys: BTreeMap<KeyName, ThresholdKey>,
    holders: BTreeMap<u16, OrganisationKey>,
    signers: BTreeSet<NodeKey>,
    signed: BTreeSet<u16>,
    digest: [u8; 32],
    bytes: Vec<u8>,
}

/// Where keys come from that nobody dealt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Provenance {
    /// The digest of the charter whose keyholders made them.
    pub charter: [u8; 32],
    /// The hash of what they showed each other.
    pub transcript: [u8; 32],
}

/// What of a charter a certificate is held against: who holds the keys, and how many it takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Keyholders {
    pub(crate) federation: FederationId,
    pub(crate) threshold: u16,
    pub(crate) holders: BTreeMap<u16, OrganisationKey>,
}

impl Keyholders {
    pub(crate) fn of(charter: &Charter) -> Self {
        let organisations = charter.terms().organisations.iter();
        Self {
            federation: *charter.federation(),
            threshold: charter.terms().threshold,
            holders: organisations
                .filter_map(|o| Some((o.keyholder?, o.root)))
                .collect(),
        }
    }
}

/// Writes a key's name.
pub fn put_name(e: &mut cbor::Out, name: KeyName) {
    let (number, season) = match name {
        KeyName::Bucket => (0, None),
        KeyName::Handle(s) => (1, Some(s)),
        KeyName::Area(s) => (2, Some(s)),
    };
    cbor::put_array(e, if season.is_some() { 2 } else { 1 });
    cbor::put_uint(e, number);
    if let Some(season) = season {
        cbor::put_uint(e, u64::from(season.index()));
    }
}

/// Reads a key's name.
///
/// # Errors
/// If it is not one, in its one form.
pub fn name(d: &mut Decoder<'_>) -> Result<KeyName, Malformed> {
    let len = d.array()?;
    match (d.u8()?, len) {
        (0, Some(1)) => Ok(KeyName::Bucket),
        (1, Some(2)) => Ok(KeyName::Handle(Season::from_index(d.u32()?))),
        (2, Some(2)) => Ok(KeyName::Area(Season::from_index(d.u32()?))),
        _ => Err(Malformed::Shape),
    }
}

impl Certificate {
    /// The certificate of dealt keys, to be signed by the keyholders with [`Certificate::sign_with`].
    /// What a ceremony makes comes from [`Certificate::made`]; a certificate that says *not dealt* and
    /// nothing of a ceremony counts nowhere.
    pub fn unsigned(
        federation: &FederationId,
        epoch: u32,
        issued: Day,
        dealt: bool,
        keys: &BTreeMap<KeyName, ThresholdKey>,
    ) -> Cosigned {
        Self::write(federation, epoch, issued, dealt, keys, None)
    }

    /// The certificate of what a ceremony made, to be signed by its holders.
    pub fn made(
        federation: &FederationId,
        epoch: u32,
        issued: Day,
        charter: &[u8; 32],
        transcript: &[u8; 32],
        keys: &BTreeMap<KeyName, ThresholdKey>,
    ) -> Cosigned {
        let provenance = Provenance {
            charter: *charter,
            transcript: *transcript,
        };
        Self::write(federation, epoch, issued, false, keys, Some(provenance))
    }

    fn write(
        federation: &FederationId,
        epoch: u32,
        issued: Day,
        dealt: bool,
        keys: &BTreeMap<KeyName, ThresholdKey>,
        ceremony: Option<Provenance>,
    ) -> Cosigned {
        Cosigned::new(
            MapOut::new()
                .put(1, |e| cbor::put_uint(e, 1))
                .put(2, |e| cbor::put_bytes(e, federation.as_bytes()))
                .put(3, |e| cbor::put_uint(e, u64::from(epoch)))
                .put(4, |e| cbor::put_uint(e, u64::from(issued.number())))
                .put(5, |e| cbor::put_bool(e, dealt))
                .put(6, |e| {
                    cbor::put_array(e, keys.len() as u64);
                    for (name, key) in keys {
                        cbor::put_array(e, 4);
                        put_name(e, *name);
                        cbor::put_uint(e, u64::from(key.threshold()));
                        cbor::put_bytes(e, key.public().as_bytes());
                        cbor::put_array(e, key.shares().len() as u64);
                        for (index, share) in key.shares() {
                            cbor::put_array(e, 2);
                            cbor::put_uint(e, u64::from(index.get()));
                            cbor::put_bytes(e, share.as_bytes());
                        }
                    }
                })
                .maybe(7, ceremony, |e, p| cbor::put_bytes(e, &p.charter))
                .maybe(8, ceremony, |e, p| cbor::put_bytes(e, &p.transcript))
                .finish(),
        )
    }

    /// Adds a keyholder's signature, by its node's record key.
    pub fn sign_with(unsigned: &mut Cosigned, federation: &FederationId, node: &SecretKey) {
        unsigned.sign(node, &Context::Certificate.external(Some(federation)));
    }

    /// Reads and checks a certificate against the charter and its keyholders' delegations.
    ///
    /// # Errors
    /// If bytes, keys or signatures do not hold, or fewer than *t* keyholders signed.
    pub fn from_bytes(
        bytes: &[u8],
        charter: &Charter,
        directory: &Directory,
    ) -> Result<Self, CertificateError> {
        Self::judged(bytes, &Keyholders::of(charter), directory, Judging::Anew)
    }

    /// [`Certificate::from_bytes`], knowing of the charter only what it takes.
    #[cfg(test)]
    pub(crate) fn held_against(
        bytes: &[u8],
        keyholders: &Keyholders,
        directory: &Directory,
    ) -> Result<Self, CertificateError> {
        Self::judged(bytes, keyholders, directory, Judging::Anew)
    }

    fn judged(
        bytes: &[u8],
        keyholders: &Keyholders,
        directory: &Directory,
        judging: Judging,
    ) -> Result<Self, CertificateError> {
        let mut cosigned = Cosigned::parse(bytes, MAX_COSIGNED)?;
        let federation = &keyholders.federation;
        let certificate = cbor::decode(cosigned.payload(), MAX_COSIGNED, |d| {
            let mut fields = Fields::open(d)?;
            if fields.required(1, |d| Ok(d.u8()?))? != 1 {
                return Err(Malformed::Field(1));
            }
            let ours = fields.required(2, cbor::array)? == *federation.as_bytes();
            let epoch = fields.required(3, |d| Ok(d.u32()?))?;
            let issued = Day::from_number(fields.required(4, |d| Ok(d.u32()?))?);
            let dealt = fields.required(5, |d| Ok(d.bool()?))?;
            let keys = fields.required(6, |d| cbor::list(d, MAX_KEYS, key))?;
            // Keys come from a dealer or from a ceremony, and never from both or from neither.
            let ceremony = if dealt {
                None
            } else {
                Some(Provenance {
                    charter: fields.required(7, cbor::array)?,
                    transcript: fields.required(8, cbor::array)?,
                })
            };
            fields.close()?;
            Ok((ours, epoch, issued, ceremony, keys))
        });
        let (ours, epoch, issued, ceremony, listed) = certificate?;
        if !ours {
            return Err(CertificateError::OtherFederation);
        }
        if !listed.is_sorted_by(|a, b| a.name < b.name) {
            return Err(Malformed::KeyOrder.into());
        }
        let threshold = keyholders.threshold;
        // A dealer hands out all shares. A ceremony makes those of who was there, of each key the same.
        let first = listed.first().filter(|_| ceremony.is_some());
        let mut holders = keyholders.holders.clone();
        if let Some(raw) = first {
            let made: BTreeSet<u16> = raw.shares.iter().map(|(index, _)| *index).collect();
            holders.retain(|index, _| made.contains(index));
            if holders.len() < usize::from(threshold) {
                return Err(CertificateError::Keyholders);
            }
        }
        let mut keys = BTreeMap::new();
        for raw in listed {
            let mut shares = BTreeMap::new();
            for (index, share) in raw.shares {
                let share = PublicShare::from_bytes(&share).map_err(|_| Malformed::Shape)?;
                shares.insert(ShareIndex::new(index)?, share);
            }
            let indices: BTreeSet<u16> = shares.keys().map(|i| i.get()).collect();
            if !indices.iter().eq(holders.keys()) || raw.threshold != threshold {
                return Err(CertificateError::Keyholders);
            }
            let public = PublicKey::from_bytes(&raw.public).map_err(|_| Malformed::Shape)?;
            keys.insert(
                raw.name,
                ThresholdKey::new(raw.name, raw.threshold, public, shares)?,
            );
        }
        let short = |signed| CertificateError::Signatures {
            signed,
            needed: threshold,
        };
        let signers = cosigned
            .signers(&Context::Certificate.external(Some(federation)))
            .map_err(|_| short(0))?;
        let mut counted: BTreeMap<u16, NodeKey> = BTreeMap::new();
        for key in signers.into_iter().map(NodeKey::from_bytes) {
            let root = match judging {
                Judging::Anew => directory.signer_on(&key, issued),
                Judging::InUse => directory.signer_then(&key, issued),
                Judging::Again => directory.delegate_on(&key, issued),
            };
            let place = holders.iter().find(|(_, held)| Some(**held) == root);
            if let Some((index, _)) = place {
                counted.entry(*index).or_insert(key);
            }
        }
        if counted.len() < usize::from(threshold) {
            return Err(short(counted.len()));
        }
        // What says nothing is not kept, nor passed on: anybody may have added it.
        let signed = counted.keys().copied().collect();
        let signers: BTreeSet<NodeKey> = counted.into_values().collect();
        cosigned.retain(|key| signers.contains(&NodeKey::from_bytes(*key)));
        Ok(Self {
            epoch,
            issued,
            ceremony,
            keys,
            holders,
            signers,
            signed,
            digest: Sha256::digest(cosigned.payload()).into(),
            bytes: cosigned.write(),
        })
    }

    /// SHA-256 of what the keyholders of a certificate would have signed; nothing is checked.
    ///
    /// # Errors
    /// If it has not the form of something that several sign.
    pub fn digest_in(bytes: &[u8]) -> Result<[u8; 32], CertificateError> {
        let cosigned = Cosigned::parse(bytes, MAX_COSIGNED)?;
        Ok(Sha256::digest(cosigned.payload()).into())
    }

    /// Reads and checks a certificate against the version of the charter that it was made under: the
    /// one that it names, or for keys that were dealt the latest that fits. Until the keys are shared
    /// anew, those of a version before serve. Of its signatures it has one of each holder's nodes from
    /// then on, of those that count.
    ///
    /// # Errors
    /// As [`Certificate::from_bytes`] with the version that counts.
    pub fn of_latest(
        bytes: &[u8],
        charter: &Charter,
        directory: &Directory,
        judging: Judging,
    ) -> Result<Self, CertificateError> {
        let mut why = None;
        for version in charter.and_before() {
            match Self::judged(bytes, &Keyholders::of(&version), directory, judging) {
                Ok(read) => {
                    let names = read.ceremony.map(|made| made.charter);
                    if names.is_none_or(|id| id == *version.id().as_bytes()) {
                        return Ok(read);
                    }
                }
                Err(error) => why = why.or(Some(error)),
            }
        }
        Err(why.unwrap_or(CertificateError::Keyholders))
    }

    /// Who holds which share: the organisations' root keys at the time it was made.
    pub fn holders(&self) -> impl Iterator<Item = (u16, &OrganisationKey)> {
        self.holders.iter().map(|(index, root)| (*index, root))
    }

    /// Who holds this share.
    pub fn holder(&self, index: u16) -> Option<&OrganisationKey> {
        self.holders.get(&index)
    }

    /// The holders whose signature is not in this copy, by their indices. A holder signs when it has
    /// stored its shares, so while there are any, nothing of the generation before may go.
    pub fn waiting(&self) -> BTreeSet<u16> {
        let all = self.holders.keys();
        all.filter(|index| !self.signed.contains(index))
            .copied()
            .collect()
    }

    /// Whether one of its holders has not signed this copy, as far as it is a keyholder still: whoever
    /// has left the federation since is not waited for. While it does, no node goes by it, and the
    /// shares of the generation before stay (`spec/11-ceremonies.md`, sections 5 and 7).
    pub fn lacks_somebody(&self, charter: &Charter) -> bool {
        let keyholder = |index: u16| charter.answers_for(self.holder(index)?)?.keyholder;
        let mut waiting = self.waiting().into_iter();
        waiting.any(|index| keyholder(index).is_some())
    }

    /// How many of its holders have signed this copy.
    pub fn signed(&self) -> u16 {
        u16::try_from(self.signed.len()).unwrap_or(u16::MAX)
    }

    /// The number of this generation of shares.
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }
    /// The day on which its signers' delegations must hold.
    pub const fn issued(&self) -> Day {
        self.issued
    }
    /// SHA-256 of what the keyholders signed. Of one generation there is one, whoever of them signed
    /// the copy at hand.
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
    /// Whether a dealer made the keys, and so once knew them.
    pub const fn dealt(&self) -> bool {
        self.ceremony.is_none()
    }
    /// Where the keys come from, if nobody dealt them.
    pub const fn ceremony(&self) -> Option<&Provenance> {
        self.ceremony.as_ref()
    }
    /// The nodes whose signatures are in this copy, one of each holder's that has signed.
    pub const fn signers(&self) -> &BTreeSet<NodeKey> {
        &self.signers
    }
    /// Whether this node's signature is in this copy.
    pub fn has_signed(&self, node: &NodeKey) -> bool {
        self.signers.contains(node)
    }
    /// The organisations whose nodes signed both of two certificates of one generation that say
    /// different things, with whatever key each: none may. Empty, if these two are not such.
    pub fn signed_twice(&self, other: &Self) -> BTreeSet<OrganisationKey> {
        if self.epoch != other.epoch || self.digest == other.digest {
            return BTreeSet::new();
        }
        let theirs: BTreeSet<OrganisationKey> = other.signed_for().collect();
        self.signed_for().filter(|o| theirs.contains(o)).collect()
    }

    /// The organisations for which this copy is signed.
    fn signed_for(&self) -> impl Iterator<Item = OrganisationKey> {
        let root = |index| self.holders.get(index).copied();
        self.signed.iter().filter_map(root)
    }
    /// The key of this name.
    pub fn key(&self, name: KeyName) -> Option<&ThresholdKey> {
        self.keys.get(&name)
    }
    /// All keys.
    pub fn keys(&self) -> impl Iterator<Item = &ThresholdKey> {
        self.keys.values()
    }
    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

struct RawKey {
    name: KeyName,
    threshold: u16,
    public: [u8; 32],
    shares: Vec<(u16, [u8; 32])>,
}

fn key(d: &mut Decoder<'_>) -> Result<RawKey, Malformed> {
    cbor::tuple(d, 4)?;
    let name = name(d)?;
    let threshold = d.u16()?;
    let public = cbor::array(d)?;
    let shares = cbor::list(d, 255, |d| {
        cbor::tuple(d, 2)?;
        let index = ShareIndex::new(d.u16()?).map_err(|_| Malformed::Shape)?;
        Ok((index.get(), cbor::array(d)?))
    })?;
    if shares.is_sorted_by(|a, b| a.0 < b.0) {
        Ok(RawKey {
            name,
            threshold,
            public,
            shares,
        })
    } else {
        Err(Malformed::KeyOrder)
    }
}
