//! The charter: who belongs to the federation, and by what numbers it lives
//! (`spec/02-records.md`, section 6).

use crate::cbor::{self, Fields, Malformed, MapOut};
use crate::cose::{Context, Cosigned};
use crate::ids::{FederationId, OrganisationKey};
use crate::limits::{
    MAX_BUCKET_BITS, MAX_COSIGNED, MAX_KEYHOLDERS, MAX_ORGANISATIONS, MAX_REPORT_LIFE,
};
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
}

/// What the federation allows a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quotas {
    /// Records that an organisation may publish.
    pub records: u32,
    /// Evaluations that an organisation may ask of each keyholder, a key.
    pub evaluations: u32,
}

/// The contents of a charter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terms {
    /// The name of the federation.
    pub name: String,
    /// The day it was made.
    pub made: Day,
    /// The organisations, by ascending root key.
    pub organisations: Vec<Organisation>,
    /// How many keyholders it takes to look something up.
    pub threshold: u16,
    /// The longest life of a report, in days.
    pub report_life: u32,
    /// What is allowed a day.
    pub quotas: Quotas,
    /// Bits of a bucket in a record.
    pub bucket_bits: u8,
    /// The cities that a report may name, as canonical areas.
    pub cities: Vec<String>,
}

/// What makes a charter invalid.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CharterError {
    /// Not the canonical form of one.
    #[error("the charter is damaged: {0}")]
    Malformed(#[from] Malformed),
    /// A signature does not hold, or one is missing.
    #[error(
        "the charter is not signed by every founding organisation, or a signature does not hold"
    )]
    Signatures,
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

/// A charter whose signatures and rules hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Charter {
    federation: FederationId,
    terms: Terms,
    bytes: Vec<u8>,
}

impl Terms {
    /// The payload to be signed by all organisations.
    pub fn encode(&self) -> Vec<u8> {
        MapOut::new()
            .put(1, |e| cbor::put_uint(e, 1))
            .put(2, |e| cbor::put_uint(e, 1))
            .put(4, |e| cbor::put_text(e, &self.name))
            .put(5, |e| cbor::put_uint(e, u64::from(self.made.number())))
            .put(6, |e| {
                cbor::put_array(e, self.organisations.len() as u64);
                for o in &self.organisations {
                    cbor::put_array(e, 4);
                    cbor::put_bytes(e, o.root.as_bytes());
                    cbor::put_text(e, &o.name);
                    cbor::put_text(e, &o.jurisdiction);
                    cbor::put_uint(e, u64::from(o.keyholder.unwrap_or(0)));
                }
            })
            .put(7, |e| cbor::put_uint(e, u64::from(self.threshold)))
            .put(8, |e| cbor::put_uint(e, u64::from(self.report_life)))
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
            .finish()
    }

    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let mut fields = Fields::open(d)?;
        // The format, and the charter's number in its chain; only the first of a chain is known.
        for key in [1, 2] {
            if fields.required(key, |d| Ok(d.u32()?))? != 1 {
                return Err(Malformed::Field(key));
            }
        }
        let terms = Self {
            name: fields.required(4, |d| Ok(cbor::text(d, 100)?.to_owned()))?,
            made: Day::from_number(fields.required(5, |d| Ok(d.u32()?))?),
            organisations: fields
                .required(6, |d| cbor::list(d, MAX_ORGANISATIONS, organisation))?,
            threshold: fields.required(7, |d| Ok(d.u16()?))?,
            report_life: fields.required(8, |d| Ok(d.u32()?))?,
            quotas: Quotas {
                records: fields.required(9, |d| Ok(d.u32()?))?,
                evaluations: fields.required(10, |d| Ok(d.u32()?))?,
            },
            bucket_bits: fields.required(11, |d| Ok(d.u8()?))?,
            cities: fields.required(12, |d| {
                cbor::list(d, 10_000, |d| Ok(cbor::text(d, 64)?.to_owned()))
            })?,
        };
        fields.close()?;
        Ok(terms)
    }

    /// Checks what can be checked without signatures.
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
        if self.report_life == 0 || self.report_life > MAX_REPORT_LIFE {
            return invalid("the longest life of a report must be from 1 to 730 days");
        }
        if self.bucket_bits > MAX_BUCKET_BITS {
            return invalid("a bucket may have at most 20 bits");
        }
        if !self.cities.is_sorted_by(|a, b| a < b) {
            return invalid("the charter's cities must be in order, each once");
        }
        self.check_keyholders()
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

    /// The charter to be signed; see [`Charter::sign_with`].
    pub fn unsigned(&self) -> Cosigned {
        Cosigned::new(self.encode())
    }
}

fn organisation(d: &mut Decoder<'_>) -> Result<Organisation, Malformed> {
    cbor::tuple(d, 4)?;
    Ok(Organisation {
        root: OrganisationKey::from_bytes(cbor::array(d)?),
        name: cbor::text(d, 32)?.to_owned(),
        jurisdiction: cbor::text(d, 2)?.to_owned(),
        keyholder: Some(d.u16()?).filter(|i| *i != 0),
    })
}

impl Charter {
    /// Adds an organisation's signature to a charter that is being made.
    pub fn sign_with(unsigned: &mut Cosigned, root: &crate::keys::SecretKey) {
        unsigned.sign(root, &Context::Charter.external(None));
    }

    /// Reads and checks a federation's first charter. Every organisation in it must have signed.
    ///
    /// # Errors
    /// If bytes, signatures or rules do not hold.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CharterError> {
        let cosigned = Cosigned::parse(bytes, MAX_COSIGNED)?;
        let terms = cbor::decode(cosigned.payload(), MAX_COSIGNED, Terms::decode)?;
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
        Ok(Self {
            federation: FederationId::of(cosigned.payload()),
            terms,
            bytes: bytes.to_vec(),
        })
    }

    /// The federation's id.
    pub const fn federation(&self) -> &FederationId {
        &self.federation
    }
    /// What it says.
    pub const fn terms(&self) -> &Terms {
        &self.terms
    }
    /// Its bytes with the signatures.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
    /// The organisation with this root key.
    pub fn organisation(&self, root: &OrganisationKey) -> Option<&Organisation> {
        self.terms
            .organisations
            .binary_search_by(|o| o.root.cmp(root))
            .ok()
            .and_then(|i| self.terms.organisations.get(i))
    }
    /// How many others an organisation may bring in as far as what is carried goes.
    pub const fn budget(&self, _organisation: &OrganisationKey) -> u32 {
        0
    }
    /// The organisation of this name.
    pub fn named(&self, name: &str) -> Option<&Organisation> {
        self.terms.organisations.iter().find(|o| o.name == name)
    }
    /// The organisation that holds the share of this index.
    pub fn keyholder(&self, index: u16) -> Option<&Organisation> {
        self.terms
            .organisations
            .iter()
            .find(|o| o.keyholder == Some(index))
    }
    /// The number of keyholders.
    pub fn keyholders(&self) -> usize {
        self.terms
            .organisations
            .iter()
            .filter(|o| o.keyholder.is_some())
            .count()
    }
}
