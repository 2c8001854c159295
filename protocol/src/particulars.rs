//! What a report says, in the clear: only ever in the hands of who wrote or opened it.
//!
//! There is no field for a photo, a biometric, a coordinate or a legal name, and no way to add one:
//! the decoder refuses what it does not know.

use crate::area::Area;
use crate::cbor::{self, Fields, Malformed, MapOut};
use crate::handle::Handle;
use crate::limits::{MAX_CODES, MAX_TEXT};
use crate::time::Month;
use core::fmt;
use std::collections::BTreeSet;

/// How bad it was.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Level {
    /// Unpleasant, not an offence.
    Nuisance,
    /// Theft, threats, non-payment and the like.
    Risk,
    /// Violence.
    Danger,
}

impl Level {
    /// All levels, the mildest first.
    pub const ALL: [Level; 3] = [Level::Nuisance, Level::Risk, Level::Danger];
    /// 1, 2 or 3.
    pub const fn number(self) -> u8 {
        match self {
            Level::Nuisance => 1,
            Level::Risk => 2,
            Level::Danger => 3,
        }
    }
    /// The level of this number.
    pub const fn from_number(n: u8) -> Option<Self> {
        match n {
            1 => Some(Level::Nuisance),
            2 => Some(Level::Risk),
            3 => Some(Level::Danger),
            _ => None,
        }
    }
    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Nuisance => "nuisance",
            Level::Risk => "risk",
            Level::Danger => "danger",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl core::str::FromStr for Level {
    type Err = UnknownWord;
    fn from_str(s: &str) -> Result<Self, UnknownWord> {
        Level::ALL
            .into_iter()
            .find(|l| l.name() == s || (s.len() == 1 && s.as_bytes() == [b'0' + l.number()]))
            .ok_or(UnknownWord {
                what: "level",
                known: "nuisance, risk or danger",
            })
    }
}

/// A word that the protocol does not have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a {what}; write {known}")]
pub struct UnknownWord {
    what: &'static str,
    known: &'static str,
}

macro_rules! codes {
    ($($name:ident = $n:literal, $word:literal, $level:ident;)*) => {
        /// What happened, as a word that translates without free text.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
        #[allow(missing_docs, reason = "the names say it; `spec/02-records.md` lists them")]
        pub enum Code { $($name,)* }

        impl Code {
            /// All codes, by number.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];
            /// Its number on the wire.
            pub const fn number(self) -> u8 {
                match self { $(Code::$name => $n,)* }
            }
            /// The code of this number.
            pub const fn from_number(n: u8) -> Option<Code> {
                match n { $($n => Some(Code::$name),)* _ => None }
            }
            /// Its word.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$name => $word,)* }
            }
            /// The level that it usually goes with.
            pub const fn level(self) -> Level {
                match self { $(Code::$name => Level::$level,)* }
            }
        }
    };
}

codes! {
    SexualViolence = 1, "sexual-violence", Danger;
    CondomRemoval = 2, "condom-removal", Danger;
    PhysicalViolence = 3, "physical-violence", Danger;
    Weapon = 4, "weapon", Danger;
    Drugging = 5, "drugging", Danger;
    Robbery = 6, "robbery", Danger;
    Confinement = 7, "confinement", Danger;
    Theft = 21, "theft", Risk;
    NonPayment = 22, "non-payment", Risk;
    Threats = 23, "threats", Risk;
    Stalking = 24, "stalking", Risk;
    OutingBlackmail = 25, "outing-blackmail", Risk;
    RecordedWithoutConsent = 26, "recorded-without-consent", Risk;
    CondomRefusal = 27, "condom-refusal", Risk;
    ImpersonatesPolice = 28, "impersonates-police", Risk;
    AbuseOfAuthority = 29, "abuse-of-authority", Risk;
    NoShow = 41, "no-show", Nuisance;
    Haggling = 42, "haggling", Nuisance;
    AbusiveCalls = 43, "abusive-calls", Nuisance;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl core::str::FromStr for Code {
    type Err = UnknownWord;
    fn from_str(s: &str) -> Result<Self, UnknownWord> {
        Code::ALL.iter().copied().find(|c| c.name() == s).ok_or(UnknownWord {
            what: "code",
            known: "one of: sexual-violence, condom-removal, physical-violence, weapon, drugging, robbery, confinement, \
                    theft, non-payment, threats, stalking, outing-blackmail, recorded-without-consent, condom-refusal, \
                    impersonates-police, abuse-of-authority, no-show, haggling, abusive-calls",
        })
    }
}

/// How the organisation knows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Basis {
    /// From the person it happened to.
    FirstHand,
    /// Through outreach.
    Outreach,
    /// From a partner.
    Partner,
}

impl Basis {
    /// All of them.
    pub const ALL: [Basis; 3] = [Basis::FirstHand, Basis::Outreach, Basis::Partner];
    /// Its number on the wire.
    pub const fn number(self) -> u8 {
        match self {
            Basis::FirstHand => 1,
            Basis::Outreach => 2,
            Basis::Partner => 3,
        }
    }
    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            Basis::FirstHand => "first-hand",
            Basis::Outreach => "outreach",
            Basis::Partner => "partner",
        }
    }
    /// The basis of this number.
    pub fn from_number(n: u8) -> Option<Self> {
        Basis::ALL.into_iter().find(|b| b.number() == n)
    }
}

impl core::str::FromStr for Basis {
    type Err = UnknownWord;
    fn from_str(s: &str) -> Result<Self, UnknownWord> {
        Basis::ALL
            .into_iter()
            .find(|b| b.name() == s)
            .ok_or(UnknownWord {
                what: "basis",
                known: "first-hand, outreach or partner",
            })
    }
}

/// What an area may open: level and codes, when and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary {
    /// How bad it was.
    pub level: Level,
    /// What happened; at most twelve.
    pub codes: BTreeSet<Code>,
    /// The month, if it is told.
    pub month: Option<Month>,
    /// The area, if it is told.
    pub area: Option<Area>,
    /// How the organisation knows.
    pub basis: Basis,
}

impl Summary {
    pub(crate) fn encode(&self) -> Vec<u8> {
        MapOut::new()
            .put(1, |e| cbor::put_uint(e, u64::from(self.level.number())))
            .put(2, |e| {
                cbor::put_array(e, self.codes.len() as u64);
                for code in &self.codes {
                    cbor::put_uint(e, u64::from(code.number()));
                }
            })
            .maybe(3, self.month, |e, m| {
                cbor::put_uint(e, u64::from(m.index()))
            })
            .maybe(4, self.area.as_ref(), |e, a| {
                cbor::put_text(e, &a.to_string())
            })
            .put(5, |e| cbor::put_uint(e, u64::from(self.basis.number())))
            .finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        cbor::decode(bytes, 256, |d| {
            let mut fields = Fields::open(d)?;
            let level =
                fields.required(1, |d| Level::from_number(d.u8()?).ok_or(Malformed::Shape))?;
            let codes = fields.required(2, |d| {
                cbor::list(d, MAX_CODES, |d| {
                    Code::from_number(d.u8()?).ok_or(Malformed::Shape)
                })
            })?;
            if !codes.is_sorted_by(|a, b| a < b) {
                return Err(Malformed::Field(2));
            }
            let month =
                fields.optional(3, |d| Month::from_index(d.u32()?).ok_or(Malformed::Shape))?;
            let area = fields.optional(4, |d| {
                Area::from_canonical(cbor::text(d, 64)?).map_err(|_| Malformed::Shape)
            })?;
            let basis =
                fields.required(5, |d| Basis::from_number(d.u8()?).ok_or(Malformed::Shape))?;
            fields.close()?;
            Ok(Self {
                level,
                codes: codes.into_iter().collect(),
                month,
                area,
                basis,
            })
        })
    }
}

/// A short text and its language.
#[derive(Clone, PartialEq, Eq)]
pub struct Words {
    /// The language, as a BCP 47 tag.
    pub lang: String,
    /// The text; at most [`MAX_TEXT`] bytes.
    pub text: String,
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Words({}, …)", self.lang)
    }
}

/// Whether a text has the form of a BCP 47 tag: letters and digits in groups of up to eight.
pub fn is_language_tag(tag: &str) -> bool {
    tag.len() <= 35
        && tag.split('-').enumerate().all(|(i, part)| {
            (1..=8).contains(&part.len())
                && part.bytes().all(|b| {
                    if i == 0 {
                        b.is_ascii_lowercase()
                    } else {
                        b.is_ascii_alphanumeric()
                    }
                })
                && (i > 0 || part.len() >= 2)
        })
}

impl Words {
    pub(crate) fn encode(&self) -> Vec<u8> {
        MapOut::new()
            .put(1, |e| cbor::put_text(e, &self.lang))
            .put(2, |e| cbor::put_text(e, &self.text))
            .finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        cbor::decode(bytes, MAX_TEXT + 64, |d| {
            let mut fields = Fields::open(d)?;
            let lang = fields.required(1, |d| Ok(cbor::text(d, 35)?.to_owned()))?;
            let text = fields.required(2, |d| Ok(cbor::text(d, MAX_TEXT)?.to_owned()))?;
            fields.close()?;
            if is_language_tag(&lang) {
                Ok(Self { lang, text })
            } else {
                Err(Malformed::Field(1))
            }
        })
    }
}

/// All that a report says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Particulars {
    /// Level, codes, month, area, basis.
    pub summary: Summary,
    /// The text, if there is one.
    pub words: Option<Words>,
    /// What one can ask by; at least one and at most sixteen.
    pub handles: BTreeSet<Handle>,
}

pub(crate) fn encode_handles(handles: &BTreeSet<Handle>) -> Vec<u8> {
    cbor::encode(|e| {
        cbor::put_array(e, handles.len() as u64);
        for handle in handles {
            cbor::put_text(e, &handle.to_canonical_string());
        }
    })
}

pub(crate) fn decode_handles(bytes: &[u8]) -> Result<BTreeSet<Handle>, Malformed> {
    let list = cbor::decode(bytes, 4096, |d| {
        cbor::list(d, 16, |d| {
            Handle::from_canonical(cbor::text(d, 600)?).map_err(|_| Malformed::Shape)
        })
    })?;
    if list.is_empty() || !list.is_sorted_by(|a, b| a < b) {
        return Err(Malformed::Shape);
    }
    Ok(list.into_iter().collect())
}
