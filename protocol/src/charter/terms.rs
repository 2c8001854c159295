//! What one version of the charter says, and the rules that it keeps by itself.

use crate::cbor::{self, Fields, Malformed, MapOut};
use crate::cose::Cosigned;
use crate::ids::{CharterId, FederationId, OrganisationKey, RecordId};
use crate::limits::{
    MAX_BUCKET_BITS, MAX_BUDGET, MAX_DELEGATION_DAYS, MAX_FORMER, MAX_FORMER_RECORDS,
    MAX_KEYHOLDERS, MAX_ORGANISATIONS, MAX_REPORT_LIFE, MAX_RIVALS, MAX_VOUCH_LIFE,
};
use crate::record::Kind;
use crate::time::Day;
use minicbor::Decoder;
use std::collections::{BTreeMap, BTreeSet};

/// A member organisation, as the charter has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Organisation {
    /// Its root key.
    pub root: OrganisationKey,
    /// Its short name: lower-case letters, digits and hyphens.
    pub name: String,
    /// The country whose courts can reach it (ISO 3166-1).
    pub jurisdiction: String,
    /// The index of its share of the federation's keys, if it is a keyholder; from 1.
    pub keyholder: Option<u16>,
    /// How many others its vouches may bring in.
    pub budget: u32,
}

/// What the federation allows a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quotas {
    /// Records that an organisation may publish.
    pub records: u32,
    /// Evaluations that an organisation may ask of each keyholder, a key.
    pub evaluations: u32,
}

/// The longest lives, in days. Those of retractions, revocations and affirmations are fixed: one
/// that went before what it speaks of would let that come back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lives {
    /// Of a report.
    pub report: u32,
    /// Of a translation.
    pub translation: u32,
    /// Of a second.
    pub second: u32,
    /// Of a dispute.
    pub dispute: u32,
    /// Of a vouch.
    pub vouch: u32,
    /// For how long a delegation may let a node sign.
    pub delegation: u32,
}

impl Lives {
    /// The longest that any federation may allow.
    pub const LONGEST: Self = Self {
        report: MAX_REPORT_LIFE,
        translation: MAX_REPORT_LIFE,
        second: MAX_REPORT_LIFE,
        dispute: MAX_REPORT_LIFE,
        vouch: MAX_VOUCH_LIFE,
        delegation: MAX_DELEGATION_DAYS,
    };

    /// The longest lives with reports, and what is attached to them, living so many days.
    #[must_use]
    pub const fn with_reports(days: u32) -> Self {
        Self {
            report: days,
            translation: days,
            second: days,
            dispute: days,
            ..Self::LONGEST
        }
    }

    /// The life of this kind, if the charter chooses it.
    pub const fn of(&self, kind: Kind) -> Option<u32> {
        match kind {
            Kind::Report => Some(self.report),
            Kind::Translation => Some(self.translation),
            Kind::Second => Some(self.second),
            Kind::Dispute => Some(self.dispute),
            Kind::Vouch => Some(self.vouch),
            Kind::Delegation => Some(self.delegation),
            Kind::Retraction
            | Kind::Revocation
            | Kind::Affirmation
            | Kind::Ending
            | Kind::Grant => None,
        }
    }

    const fn row(&self) -> [u32; 6] {
        [
            self.report,
            self.translation,
            self.second,
            self.dispute,
            self.vouch,
            self.delegation,
        ]
    }

    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        cbor::tuple(d, 6)?;
        Ok(Self {
            report: d.u32()?,
            translation: d.u32()?,
            second: d.u32()?,
            dispute: d.u32()?,
            vouch: d.u32()?,
            delegation: d.u32()?,
        })
    }

    fn are_sensible(&self) -> bool {
        let most = Self::LONGEST.row();
        let all = self.row().into_iter().zip(most);
        all.into_iter()
            .all(|(life, most)| (1..=most).contains(&life))
    }
}

/// A root key that was a member's and is no longer, with what it signed that stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Former {
    /// The root key that counts no more.
    pub root: OrganisationKey,
    /// The member that answers for what stays of it.
    pub successor: OrganisationKey,
    /// The records of that root that stay, in ascending order. What nodes signed under a
    /// delegation among them stays too.
    pub records: Vec<RecordId>,
}

/// Where a version stands in its chain; the first stands nowhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin {
    /// The federation.
    pub federation: FederationId,
    /// The version before.
    pub previous: CharterId,
    /// Versions that this one sets aside, because the chain had forked, in ascending order.
    pub against: Vec<CharterId>,
}

/// What a version of the charter says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terms {
    /// Its number in the chain, from 1.
    pub version: u32,
    /// What it follows; nothing if it is the first.
    pub origin: Option<Origin>,
    /// The name of the federation.
    pub name: String,
    /// The day it was made, from which its lives and quotas hold.
    pub made: Day,
    /// The organisations, by ascending root key.
    pub organisations: Vec<Organisation>,
    /// How many keyholders it takes to look something up.
    pub threshold: u16,
    /// The longest lives.
    pub lives: Lives,
    /// What is allowed a day.
    pub quotas: Quotas,
    /// Bits of a bucket in a record. They are the same in all versions.
    pub bucket_bits: u8,
    /// The cities that a report may name, as canonical areas.
    pub cities: Vec<String>,
    /// Roots that were members', by ascending key.
    pub former: Vec<Former>,
}

/// What makes a charter invalid.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CharterError {
    /// Not the canonical form of one.
    #[error("the charter is damaged: {0}")]
    Malformed(#[from] Malformed),
    /// A signature does not hold, or one is missing.
    #[error(
        "the charter is not signed by every organisation that it takes, or a signature does not hold: the first version takes all of its organisations, a later one more than half of those before it and each that it adds"
    )]
    Signatures,
    /// It is not about this federation, or does not begin its chain.
    #[error("the charter is another federation's, or does not begin with the first version")]
    OtherFederation,
    /// The version that it follows is not there.
    #[error(
        "the charter does not say what it follows: version {0} is here, and not the one before; ask whoever gave it for the whole chain"
    )]
    Gap(u32),
    /// It would go back behind what is known.
    #[error(
        "the charter goes back behind version {known}, which is known here: somebody hands out an old one, or the federation's chain has forked; ask the other organisations"
    )]
    SetBack {
        /// The version known.
        known: u32,
    },
    /// Its number is higher than a chain may have versions.
    #[error("a charter has at most 1024 versions; a federation that has had as many begins anew")]
    Full,
    /// One jurisdiction could open the list alone.
    #[error(
        "{held} keyholders are in {jurisdiction}, and {threshold} are enough to open the list: no jurisdiction may hold as many; move keyholders elsewhere or raise the threshold"
    )]
    Jurisdiction {
        /// Where.
        jurisdiction: String,
        /// How many keyholders are there.
        held: u16,
        /// How many suffice.
        threshold: u16,
    },
    /// The threshold is not more than half, or more than all.
    #[error(
        "a threshold of {threshold} of {keyholders} keyholders is not allowed: it must be more than half of them and at most all"
    )]
    Threshold {
        /// As stated.
        threshold: u16,
        /// As counted.
        keyholders: u16,
    },
    /// Something else is out of bounds.
    #[error("{0}")]
    Invalid(&'static str),
}

impl CharterError {
    /// A stable word for it, which `spec/validation.md` explains.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Signatures => "signatures",
            Self::OtherFederation => "federation",
            Self::Gap(_) => "gap",
            Self::SetBack { .. } => "set-back",
            Self::Full => "full",
            Self::Jurisdiction { .. } => "jurisdiction",
            Self::Threshold { .. } => "threshold",
            Self::Invalid(_) => "invalid",
        }
    }
}

impl Terms {
    /// The payload to be signed.
    pub fn encode(&self) -> Vec<u8> {
        MapOut::new()
            .put(1, |e| cbor::put_uint(e, 1))
            .put(2, |e| cbor::put_uint(e, u64::from(self.version)))
            .maybe(3, self.origin.as_ref(), |e, origin| {
                cbor::put_array(e, 2 + origin.against.len() as u64);
                cbor::put_bytes(e, origin.federation.as_bytes());
                cbor::put_bytes(e, origin.previous.as_bytes());
                for rival in &origin.against {
                    cbor::put_bytes(e, rival.as_bytes());
                }
            })
            .put(4, |e| cbor::put_text(e, &self.name))
            .put(5, |e| cbor::put_uint(e, u64::from(self.made.number())))
            .put(6, |e| {
                cbor::put_array(e, self.organisations.len() as u64);
                for o in &self.organisations {
                    cbor::put_array(e, 5);
                    cbor::put_bytes(e, o.root.as_bytes());
                    cbor::put_text(e, &o.name);
                    cbor::put_text(e, &o.jurisdiction);
                    cbor::put_uint(e, u64::from(o.keyholder.unwrap_or(0)));
                    cbor::put_uint(e, u64::from(o.budget));
                }
            })
            .put(7, |e| cbor::put_uint(e, u64::from(self.threshold)))
            .put(8, |e| {
                let lives = self.lives.row();
                cbor::put_array(e, lives.len() as u64);
                for life in lives {
                    cbor::put_uint(e, u64::from(life));
                }
            })
            .put(9, |e| cbor::put_uint(e, u64::from(self.quotas.records)))
            .put(10, |e| {
                cbor::put_uint(e, u64::from(self.quotas.evaluations))
            })
            .put(11, |e| cbor::put_uint(e, u64::from(self.bucket_bits)))
            .put(12, |e| {
                cbor::put_array(e, self.cities.len() as u64);
                for city in &self.cities {
                    cbor::put_text(e, city);
                }
            })
            .put(13, |e| {
                cbor::put_array(e, self.former.len() as u64);
                for former in &self.former {
                    cbor::put_array(e, 3);
                    cbor::put_bytes(e, former.root.as_bytes());
                    cbor::put_bytes(e, former.successor.as_bytes());
                    cbor::put_array(e, former.records.len() as u64);
                    for id in &former.records {
                        cbor::put_bytes(e, id.as_bytes());
                    }
                }
            })
            .finish()
    }

    pub(super) fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let mut fields = Fields::open(d)?;
        if fields.required(1, |d| Ok(d.u32()?))? != 1 {
            return Err(Malformed::Field(1));
        }
        let version = fields.required(2, |d| Ok(d.u32()?))?;
        let origin = fields.optional(3, origin)?;
        if version == 0 {
            return Err(Malformed::Field(2));
        }
        if origin.is_none() != (version == 1) {
            return Err(Malformed::Field(3));
        }
        let terms = Self {
            version,
            origin,
            name: fields.required(4, |d| Ok(cbor::text(d, 100)?.to_owned()))?,
            made: Day::from_number(fields.required(5, |d| Ok(d.u32()?))?),
            organisations: fields
                .required(6, |d| cbor::list(d, MAX_ORGANISATIONS, organisation))?,
            threshold: fields.required(7, |d| Ok(d.u16()?))?,
            lives: fields.required(8, Lives::decode)?,
            quotas: Quotas {
                records: fields.required(9, |d| Ok(d.u32()?))?,
                evaluations: fields.required(10, |d| Ok(d.u32()?))?,
            },
            bucket_bits: fields.required(11, |d| Ok(d.u8()?))?,
            cities: fields.required(12, |d| {
                cbor::list(d, 10_000, |d| Ok(cbor::text(d, 64)?.to_owned()))
            })?,
            former: fields.required(13, |d| cbor::list(d, MAX_FORMER, former))?,
        };
        fields.close()?;
        Ok(terms)
    }

    /// Checks what can be checked without signatures and without the version before.
    ///
    /// # Errors
    /// Says which rule of the charter is broken and how to keep it.
    pub fn check(&self) -> Result<(), CharterError> {
        let invalid = |why| Err(CharterError::Invalid(why));
        if self.organisations.is_empty() {
            return invalid("a federation needs at least one organisation");
        }
        if !self.organisations.is_sorted_by(|a, b| a.root < b.root) {
            return invalid(
                "the charter's organisations must be in the order of their root keys, each once",
            );
        }
        let names: BTreeSet<_> = self.organisations.iter().map(|o| o.name.as_str()).collect();
        if names.len() != self.organisations.len() {
            return invalid("two organisations of the charter have one name; give each its own");
        }
        let slug = |n: &str| {
            (1..=32).contains(&n.len())
                && n.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if !self.organisations.iter().all(|o| slug(&o.name)) {
            return invalid(
                "an organisation's short name must be 1 to 32 lower-case letters, digits or hyphens",
            );
        }
        if !self.organisations.iter().all(|o| {
            o.jurisdiction.len() == 2 && o.jurisdiction.bytes().all(|b| b.is_ascii_uppercase())
        }) {
            return invalid("a jurisdiction must be a country's two capital letters, as FR");
        }
        if self.organisations.iter().any(|o| o.budget > MAX_BUDGET) {
            return invalid("an organisation's vouches may bring in at most 10000 others");
        }
        if !self.lives.are_sensible() {
            return invalid(
                "the longest lives must be from 1 to 730 days, and a delegation's from 1 to 90",
            );
        }
        if self.bucket_bits > MAX_BUCKET_BITS {
            return invalid("a bucket may have at most 20 bits");
        }
        if !self.cities.is_sorted_by(|a, b| a < b) {
            return invalid("the charter's cities must be in order, each once");
        }
        self.check_former()?;
        self.check_keyholders()
    }

    fn check_former(&self) -> Result<(), CharterError> {
        let invalid = |why| Err(CharterError::Invalid(why));
        if !self.former.is_sorted_by(|a, b| a.root < b.root) {
            return invalid("former roots must be in the order of their keys, each once");
        }
        if self.former.iter().any(|f| self.member(&f.root).is_some()) {
            return invalid("a former root cannot be a member's root");
        }
        if self
            .former
            .iter()
            .any(|f| self.member(&f.successor).is_none())
        {
            return invalid("the successor of a former root must be a member");
        }
        if !self
            .former
            .iter()
            .all(|f| f.records.is_sorted_by(|a, b| a < b))
        {
            return invalid("the records that stay of a former root must be in order, each once");
        }
        Ok(())
    }

    fn check_keyholders(&self) -> Result<(), CharterError> {
        let indices: Vec<u16> = self
            .organisations
            .iter()
            .filter_map(|o| o.keyholder)
            .collect();
        let distinct: BTreeSet<u16> = indices.iter().copied().collect();
        let n = u16::try_from(indices.len()).unwrap_or(u16::MAX);
        let counted = distinct.len() == indices.len() && distinct.iter().copied().eq(1..=n);
        if indices.len() > MAX_KEYHOLDERS || !counted {
            return Err(CharterError::Invalid(
                "keyholders must be numbered from 1 without a gap, at most 64 of them",
            ));
        }
        if u32::from(self.threshold) * 2 <= u32::from(n) || self.threshold > n {
            return Err(CharterError::Threshold {
                threshold: self.threshold,
                keyholders: n,
            });
        }
        let mut held: BTreeMap<&str, u16> = BTreeMap::new();
        for o in self.organisations.iter().filter(|o| o.keyholder.is_some()) {
            *held.entry(o.jurisdiction.as_str()).or_default() += 1;
        }
        match held.into_iter().find(|(_, held)| *held >= self.threshold) {
            Some((jurisdiction, held)) => Err(CharterError::Jurisdiction {
                jurisdiction: jurisdiction.to_owned(),
                held,
                threshold: self.threshold,
            }),
            None => Ok(()),
        }
    }

    /// The member with this root key.
    pub fn member(&self, root: &OrganisationKey) -> Option<&Organisation> {
        self.organisations
            .binary_search_by(|o| o.root.cmp(root))
            .ok()
            .and_then(|i| self.organisations.get(i))
    }

    /// The version's id: what the next one names as the one before it.
    pub fn id(&self) -> CharterId {
        CharterId::of(&self.encode())
    }

    /// The version to be signed; see [`Charter::sign_with`](super::Charter::sign_with).
    pub fn unsigned(&self) -> Cosigned {
        Cosigned::new(self.encode())
    }
}

fn origin(d: &mut Decoder<'_>) -> Result<Origin, Malformed> {
    let keys = cbor::list(d, 2 + MAX_RIVALS, cbor::array::<32>)?;
    let [federation, previous, against @ ..] = keys.as_slice() else {
        return Err(Malformed::Shape);
    };
    if !against.is_sorted_by(|a, b| a < b) {
        return Err(Malformed::Field(3));
    }
    Ok(Origin {
        federation: FederationId::from_bytes(*federation),
        previous: CharterId::from_bytes(*previous),
        against: against.iter().copied().map(CharterId::from_bytes).collect(),
    })
}

fn organisation(d: &mut Decoder<'_>) -> Result<Organisation, Malformed> {
    cbor::tuple(d, 5)?;
    Ok(Organisation {
        root: OrganisationKey::from_bytes(cbor::array(d)?),
        name: cbor::text(d, 32)?.to_owned(),
        jurisdiction: cbor::text(d, 2)?.to_owned(),
        keyholder: Some(d.u16()?).filter(|i| *i != 0),
        budget: d.u32()?,
    })
}

fn former(d: &mut Decoder<'_>) -> Result<Former, Malformed> {
    cbor::tuple(d, 3)?;
    Ok(Former {
        root: OrganisationKey::from_bytes(cbor::array(d)?),
        successor: OrganisationKey::from_bytes(cbor::array(d)?),
        records: cbor::list(d, MAX_FORMER_RECORDS, |d| {
            Ok(RecordId::from_bytes(cbor::array(d)?))
        })?,
    })
}
