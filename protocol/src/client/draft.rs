//! A report that is being filed: in the clear, and once sealed, with the very bytes to publish.
//!
//! A draft is kept on the author's own device until its report is published, so that nothing is
//! lost when too few keyholders are up, and so that trying again publishes the same report.

use crate::area::Area;
use crate::cbor::{self, Malformed};
use crate::entropy::Entropy;
use crate::keys::SecretKey;
use crate::limits::{DEFAULT_REPORT_LIFE, MAX_SEALED};
use crate::particulars::{Particulars, Summary, Words, decode_handles, encode_handles};
use crate::record::report::{Audience, Report};
use crate::record::{Body, Kind};
use crate::seal::FullKey;
use crate::time::Day;
use core::fmt;
use zeroize::Zeroizing;

use super::view::Federation;

/// What may be opened by whoever asks for the report's area.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum BrowseChoice {
    /// Nothing.
    #[default]
    Nothing,
    /// Level and codes, when and where.
    Codes,
    /// The text too.
    Text,
}

impl BrowseChoice {
    const ALL: [Self; 3] = [Self::Nothing, Self::Codes, Self::Text];

    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::Codes => "codes",
            Self::Text => "text",
        }
    }
    const fn number(self) -> u8 {
        match self {
            Self::Nothing => 0,
            Self::Codes => 1,
            Self::Text => 2,
        }
    }
}

impl core::str::FromStr for BrowseChoice {
    type Err = NoSuchChoice;
    fn from_str(text: &str) -> Result<Self, NoSuchChoice> {
        Self::ALL
            .into_iter()
            .find(|c| c.name() == text)
            .ok_or(NoSuchChoice)
    }
}

/// The text names no choice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("write none, codes or text: what may be seen by whoever browses the report's area")]
pub struct NoSuchChoice;

/// What a sealed draft is published as.
#[derive(Clone)]
pub(super) struct Ready {
    pub(super) report: Report,
    pub(super) full_key: FullKey,
}

/// A report that is being filed.
#[derive(Clone)]
pub struct Draft {
    /// What it says.
    pub particulars: Particulars,
    /// Its last day.
    pub expires: Day,
    /// Who it is for.
    pub audience: Audience,
    /// What its area opens.
    pub browse: BrowseChoice,
    /// The lock: whoever has it can take the report back.
    pub lock: SecretKey,
    pub(super) ready: Option<Ready>,
}

impl Draft {
    /// A draft for the whole federation, for as long as is usual, that no area opens.
    pub fn new(
        federation: &Federation,
        particulars: Particulars,
        entropy: &mut dyn Entropy,
    ) -> Self {
        let life = DEFAULT_REPORT_LIFE.min(federation.charter().terms().lives.report);
        Self {
            particulars,
            expires: federation.home_today().plus(life),
            audience: Audience::Federation,
            browse: BrowseChoice::Nothing,
            lock: SecretKey::generate(entropy),
            ready: None,
        }
    }

    /// Whether it is sealed, and so can be published as it is.
    pub const fn is_sealed(&self) -> bool {
        self.ready.is_some()
    }

    /// The area to browse it by, if one may.
    pub(super) fn browse_area(&self) -> Option<&Area> {
        match self.browse {
            BrowseChoice::Nothing => None,
            _ => self.particulars.summary.area.as_ref(),
        }
    }

    /// Its bytes, in the clear: to be kept on the author's own device alone.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let says = &self.particulars;
        Zeroizing::new(cbor::encode(|e| {
            cbor::put_array(e, 9);
            cbor::put_uint(e, 1);
            cbor::put_bytes(e, &says.summary.encode());
            cbor::put_bytes(
                e,
                &says.words.as_ref().map(Words::encode).unwrap_or_default(),
            );
            cbor::put_bytes(e, &encode_handles(&says.handles));
            cbor::put_uint(e, u64::from(self.expires.number()));
            cbor::put_bool(e, self.audience == Audience::Own);
            cbor::put_uint(e, u64::from(self.browse.number()));
            cbor::put_bytes(e, self.lock.seed().as_slice());
            match &self.ready {
                None => cbor::put_array(e, 0),
                Some(ready) => {
                    cbor::put_array(e, 2);
                    cbor::put_bytes(e, &Body::Report(ready.report.clone()).encode());
                    cbor::put_bytes(e, ready.full_key.to_bytes().as_slice());
                }
            }
        }))
    }

    /// Reads [`Draft::to_bytes`].
    ///
    /// # Errors
    /// If the bytes are not a draft.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        const LARGEST: usize = 4 * MAX_SEALED;
        cbor::decode(bytes, LARGEST, |d| {
            cbor::tuple(d, 9)?;
            if d.u8()? != 1 {
                return Err(Malformed::Shape);
            }
            let summary = Summary::decode(cbor::bytes(d, LARGEST)?)?;
            let words = match cbor::bytes(d, LARGEST)? {
                [] => None,
                bytes => Some(Words::decode(bytes)?),
            };
            let handles = decode_handles(cbor::bytes(d, LARGEST)?)?;
            let expires = Day::from_number(d.u32()?);
            let audience = if d.bool()? {
                Audience::Own
            } else {
                Audience::Federation
            };
            let browse = d.u8()?;
            let lock = SecretKey::from_seed(cbor::array(d)?);
            let ready = match d.array()? {
                Some(0) => None,
                Some(2) => {
                    let body = cbor::decode(cbor::bytes(d, LARGEST)?, LARGEST, |d| {
                        Body::decode(Kind::Report, d)
                    })?;
                    let full_key = FullKey::from_bytes(cbor::array(d)?);
                    match body {
                        Body::Report(report) => Some(Ready { report, full_key }),
                        _ => return Err(Malformed::Shape),
                    }
                }
                _ => return Err(Malformed::Shape),
            };
            Ok(Self {
                particulars: Particulars {
                    summary,
                    words,
                    handles,
                },
                expires,
                audience,
                browse: BrowseChoice::ALL
                    .into_iter()
                    .find(|c| c.number() == browse)
                    .ok_or(Malformed::Shape)?,
                lock,
                ready,
            })
        })
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Draft(…)")
    }
}
