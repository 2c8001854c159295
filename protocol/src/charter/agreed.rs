//! A version of the charter that counts, with those before it.

use super::terms::{CharterError, Former, Organisation, Terms};
use crate::cbor;
use crate::cose::{Context, Cosigned};
use crate::ids::{CharterId, FederationId, OrganisationKey};
use crate::limits::MAX_COSIGNED;
use crate::time::Day;
use std::sync::Arc;

/// A version that counts, as its document came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Version {
    pub id: CharterId,
    pub terms: Terms,
    pub bytes: Vec<u8>,
}

/// A charter that counts: its signatures and rules hold, and those of every version before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Charter {
    federation: FederationId,
    latest: Version,
    /// From the first on, without the latest.
    before: Arc<[Version]>,
}

/// The version that somebody knew last, to be kept by whoever must not be led back behind it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Pin {
    /// Its number.
    pub version: u32,
    /// Its id.
    pub id: CharterId,
}

impl Charter {
    /// Adds an organisation's signature to a version that is being made.
    pub fn sign_with(unsigned: &mut Cosigned, root: &crate::keys::SecretKey) {
        unsigned.sign(root, &Context::Charter.external(None));
    }

    /// Reads and checks a federation's first charter. Every organisation in it must have signed.
    ///
    /// # Errors
    /// If bytes, signatures or rules do not hold, or it is a later version, which a
    /// [`Chain`](super::Chain) takes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CharterError> {
        let cosigned = Cosigned::parse(bytes, MAX_COSIGNED)?;
        let terms = cbor::decode(cosigned.payload(), MAX_COSIGNED, Terms::decode)?;
        if terms.version != 1 {
            return Err(CharterError::Gap(terms.version));
        }
        terms.check()?;
        let signers = cosigned
            .signers(&Context::Charter.external(None))
            .map_err(|_| CharterError::Signatures)?;
        if !signers
            .iter()
            .eq(terms.organisations.iter().map(|o| o.root.as_bytes()))
        {
            return Err(CharterError::Signatures);
        }
        let id = CharterId::of(cosigned.payload());
        Ok(Self {
            federation: id.of_first(),
            latest: Version {
                id,
                terms,
                bytes: bytes.to_vec(),
            },
            before: Arc::default(),
        })
    }

    pub(super) fn of(federation: FederationId, latest: Version, before: Vec<Version>) -> Self {
        Self {
            federation,
            latest,
            before: before.into(),
        }
    }

    /// The federation's id.
    pub const fn federation(&self) -> &FederationId {
        &self.federation
    }
    /// What it says.
    pub const fn terms(&self) -> &Terms {
        &self.latest.terms
    }
    /// Its id.
    pub const fn id(&self) -> CharterId {
        self.latest.id
    }
    /// Its number in the chain.
    pub const fn version(&self) -> u32 {
        self.latest.terms.version
    }
    /// What to keep so as not to be led back.
    pub const fn pin(&self) -> Pin {
        Pin {
            version: self.version(),
            id: self.id(),
        }
    }
    /// The bytes of its latest version with the signatures.
    pub fn bytes(&self) -> &[u8] {
        &self.latest.bytes
    }
    /// The documents of all versions that it rests on, the first first and its own last.
    pub fn documents(&self) -> impl Iterator<Item = &[u8]> {
        let before = self.before.iter().map(|v| v.bytes.as_slice());
        before.chain([self.bytes()])
    }
    /// This charter, and what counted before it, the latest first.
    pub fn and_before(&self) -> impl Iterator<Item = Charter> {
        let versions = self.before.iter().chain([&self.latest]).enumerate();
        let all: Vec<Charter> = versions
            .map(|(n, version)| {
                let before = self.before.iter().take(n).cloned().collect();
                Charter::of(self.federation, version.clone(), before)
            })
            .collect();
        all.into_iter().rev()
    }
    /// What the version with this id says, if this charter is or rests on it.
    pub fn version_of(&self, id: &CharterId) -> Option<&Terms> {
        self.versions().find(|v| v.id == *id).map(|v| &v.terms)
    }
    fn versions(&self) -> impl DoubleEndedIterator<Item = &Version> {
        self.before.iter().chain([&self.latest])
    }

    /// The day on which the federation was made.
    pub fn founded(&self) -> Day {
        self.before.first().unwrap_or(&self.latest).terms.made
    }

    /// The terms whose lives and quotas hold for what was issued on this day: those of the last
    /// version that was made by then.
    pub fn on(&self, day: Day) -> &Terms {
        let made = self.versions().rev().find(|v| v.terms.made <= day);
        let first = self.before.first().unwrap_or(&self.latest);
        &made.unwrap_or(first).terms
    }

    /// Whether this charter may follow the version that was known.
    ///
    /// # Errors
    /// If that version is none of those that this one rests on.
    pub fn follows(&self, known: &Pin) -> Result<(), CharterError> {
        if self.versions().any(|v| v.id == known.id) {
            Ok(())
        } else {
            Err(CharterError::SetBack {
                known: known.version,
            })
        }
    }

    /// The organisation with this root key.
    pub fn organisation(&self, root: &OrganisationKey) -> Option<&Organisation> {
        self.terms().member(root)
    }
    /// What stays of a root that was a member's.
    pub fn former(&self, root: &OrganisationKey) -> Option<&Former> {
        let former = &self.terms().former;
        former
            .binary_search_by(|f| f.root.cmp(root))
            .ok()
            .and_then(|i| former.get(i))
    }
    /// The member that answers for this root: its own, or the successor of a former one.
    pub fn answers_for(&self, root: &OrganisationKey) -> Option<&Organisation> {
        self.organisation(root)
            .or_else(|| self.organisation(&self.former(root)?.successor))
    }
    /// How many others the vouches of this organisation may bring in, by the charter.
    pub fn budget(&self, root: &OrganisationKey) -> u32 {
        self.organisation(root).map_or(0, |o| o.budget)
    }
    /// The organisation of this name.
    pub fn named(&self, name: &str) -> Option<&Organisation> {
        self.terms().organisations.iter().find(|o| o.name == name)
    }
    /// The organisation that holds the share of this index.
    pub fn keyholder(&self, index: u16) -> Option<&Organisation> {
        self.terms()
            .organisations
            .iter()
            .find(|o| o.keyholder == Some(index))
    }
    /// The number of keyholders.
    pub fn keyholders(&self) -> usize {
        self.terms()
            .organisations
            .iter()
            .filter(|o| o.keyholder.is_some())
            .count()
    }
}
