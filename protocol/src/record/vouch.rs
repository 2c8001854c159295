//! A vouch: they are in, and may bring in up to so many others, for what its scope says.

use super::body::Kind;
use crate::area::Area;
use crate::cbor::{self, Fields, Malformed, MapOut};
use crate::ids::OrganisationKey;
use crate::limits::MAX_VOUCH_AREAS;
use core::fmt;
use minicbor::Decoder;
use std::collections::BTreeSet;

/// A vouch of one organisation for another. Its end is the record's last day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vouch {
    /// Who is vouched for.
    pub subject: OrganisationKey,
    /// How many others the subject may bring in; 0: them alone.
    pub budget: u32,
    /// Its number among the issuer's vouches. Two with one number void each other.
    pub number: u32,
    /// What it speaks for.
    pub scope: Scope,
}

/// What a vouch speaks for: kinds of record, and areas.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scope {
    /// The kinds of record; none given: all of them, those to come included.
    pub topics: BTreeSet<Topic>,
    /// The areas; none given: everywhere.
    pub areas: BTreeSet<Area>,
}

/// A kind of record that a vouch can speak for. Its number is that of the record's kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Topic {
    /// Reports.
    Report = 1,
    /// Translations of reports.
    Translation = 2,
    /// Confirmations of reports.
    Second = 3,
    /// Doubts about reports.
    Dispute = 4,
    /// Warnings and advice that name no one.
    Notice = 6,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Report,
        Self::Translation,
        Self::Second,
        Self::Dispute,
        Self::Notice,
    ];

    /// Its number on the wire.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Its name, as a person writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Translation => "translation",
            Self::Second => "second",
            Self::Dispute => "dispute",
            Self::Notice => "notice",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.name() == name)
    }

    /// The one that a kind of record falls under, if there is one.
    pub fn of(kind: Kind) -> Option<Self> {
        Self::from_number(kind.number())
    }

    fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.number() == number)
    }
}

impl Scope {
    /// Everything, everywhere.
    pub fn everything() -> Self {
        Self::default()
    }

    /// Whether it is limited at all.
    pub fn is_limited(&self) -> bool {
        !(self.topics.is_empty() && self.areas.is_empty())
    }

    /// Whether it speaks for records of this kind in this area. A country holds all its regions and
    /// cities. Of a record that names no area only a scope without areas is known to speak.
    pub fn covers(&self, topic: Topic, area: Option<&Area>) -> bool {
        let kind = self.topics.is_empty() || self.topics.contains(&topic);
        let place = self.areas.is_empty()
            || area.is_some_and(|area| {
                let country = area.country().map(Area::of_country);
                self.areas.contains(area) || country.is_some_and(|c| self.areas.contains(&c))
            });
        kind && place
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.topics.is_empty() {
            f.write_str("everything")?;
        }
        for (n, topic) in self.topics.iter().enumerate() {
            write!(f, "{}{}s", if n > 0 { ", " } else { "" }, topic.name())?;
        }
        for (n, area) in self.areas.iter().enumerate() {
            write!(f, "{}{area}", if n > 0 { ", " } else { " in " })?;
        }
        Ok(())
    }
}

impl Vouch {
    pub(super) fn encode(&self) -> Vec<u8> {
        let Scope { topics, areas } = &self.scope;
        MapOut::new()
            .put(1, |e| cbor::put_bytes(e, self.subject.as_bytes()))
            .put(2, |e| cbor::put_uint(e, u64::from(self.budget)))
            .put(3, |e| cbor::put_uint(e, u64::from(self.number)))
            .maybe(4, Some(topics).filter(|t| !t.is_empty()), |e, topics| {
                cbor::put_array(e, topics.len() as u64);
                for topic in topics {
                    cbor::put_uint(e, u64::from(topic.number()));
                }
            })
            .maybe(5, Some(areas).filter(|a| !a.is_empty()), |e, areas| {
                cbor::put_array(e, areas.len() as u64);
                for area in areas {
                    cbor::put_text(e, area.as_str());
                }
            })
            .finish()
    }

    pub(super) fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let mut fields = Fields::open(d)?;
        let vouch = Self {
            subject: OrganisationKey::from_bytes(fields.required(1, cbor::array)?),
            budget: fields.required(2, |d| Ok(d.u32()?))?,
            number: fields.required(3, |d| Ok(d.u32()?))?,
            scope: Scope {
                topics: fields
                    .optional(4, |d| ascending(d, Topic::ALL.len(), topic))?
                    .unwrap_or_default(),
                areas: fields
                    .optional(5, |d| ascending(d, MAX_VOUCH_AREAS, area))?
                    .unwrap_or_default(),
            },
        };
        fields.close()?;
        Ok(vouch)
    }
}

/// A list of at least one, in ascending order, each once: what is not limited is left out, so that
/// one scope has one form.
fn ascending<T: Ord>(
    d: &mut Decoder<'_>,
    most: usize,
    read: impl FnMut(&mut Decoder<'_>) -> Result<T, Malformed>,
) -> Result<BTreeSet<T>, Malformed> {
    let list = cbor::list(d, most, read)?;
    if list.is_empty() || !list.is_sorted_by(|a, b| a < b) {
        return Err(Malformed::Shape);
    }
    Ok(list.into_iter().collect())
}

fn topic(d: &mut Decoder<'_>) -> Result<Topic, Malformed> {
    Topic::from_number(d.u8()?).ok_or(Malformed::Shape)
}

fn area(d: &mut Decoder<'_>) -> Result<Area, Malformed> {
    Area::from_canonical(d.str()?).map_err(|_| Malformed::Shape)
}
