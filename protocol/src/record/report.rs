//! A report on the wire: what a node stores and cannot read.
//!
//! What stands inside the sealed parts, and how they are opened, is in [`crate::seal`].

use crate::cbor::{self, Fields, Malformed, MapOut};
use crate::ids::Lock;
use crate::keys::SignatureBytes;
use crate::limits::{ENTRY_COUNTS, MAX_SEALED};
use core::fmt;
use minicbor::Decoder;

/// Who a report is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Audience {
    /// Every organisation of the federation.
    Federation,
    /// Its own organisation alone; it never leaves that organisation's nodes.
    Own,
}

/// What a handle turns into under a season's key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(pub [u8; 16]);

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Label({})", hex::encode(self.0))
    }
}

/// One handle of a report, or random bytes in its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The first bits of the handle's bucket output; how many, the charter says.
    pub bucket: u32,
    /// The handle's label.
    pub label: Label,
    /// The report's full key, wrapped for whoever can name the handle.
    pub wrap: [u8; 48],
}

/// A report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Who it is for.
    pub audience: Audience,
    /// The key that can take it back.
    pub lock: Lock,
    /// The edition: 0, or one more than that of the report it replaces, with the lock's
    /// signature over [`Report::succession_bytes`].
    pub edition: u32,
    /// The lock's signature, from the second edition on.
    pub succession: Option<SignatureBytes>,
    /// Random, one a report.
    pub salt: [u8; 16],
    /// 4, 8 or 16 entries, by ascending label.
    pub entries: Vec<Entry>,
    /// HMAC of the salt under the area's output, or random bytes.
    pub area_tag: [u8; 8],
    /// A key wrapped for whoever asks for the area, or random bytes.
    pub area_wrap: [u8; 48],
    /// What the summary key must hash to.
    pub commitment: [u8; 32],
    /// Sealed: level, codes, month, area, basis.
    pub summary: Vec<u8>,
    /// Sealed: the text and its language.
    pub text: Vec<u8>,
    /// Sealed: the handles.
    pub handles: Vec<u8>,
}

impl Report {
    /// What the lock signs to let one edition follow another.
    pub fn succession_bytes(&self, external: &[u8]) -> Vec<u8> {
        let mut out = external.to_vec();
        out.extend_from_slice(self.lock.as_bytes());
        out.extend_from_slice(&self.edition.to_be_bytes());
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(&self.commitment);
        out
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        MapOut::new()
            .put(1, |e| {
                cbor::put_uint(e, u64::from(self.audience == Audience::Own))
            })
            .put(2, |e| cbor::put_bytes(e, self.lock.as_bytes()))
            .put(3, |e| cbor::put_uint(e, u64::from(self.edition)))
            .maybe(4, self.succession.as_ref(), |e, s| cbor::put_bytes(e, s))
            .put(5, |e| cbor::put_bytes(e, &self.salt))
            .put(6, |e| {
                cbor::put_array(e, self.entries.len() as u64);
                for entry in &self.entries {
                    cbor::put_array(e, 3);
                    cbor::put_uint(e, u64::from(entry.bucket));
                    cbor::put_bytes(e, &entry.label.0);
                    cbor::put_bytes(e, &entry.wrap);
                }
            })
            .put(7, |e| cbor::put_bytes(e, &self.area_tag))
            .put(8, |e| cbor::put_bytes(e, &self.area_wrap))
            .put(9, |e| cbor::put_bytes(e, &self.commitment))
            .put(10, |e| cbor::put_bytes(e, &self.summary))
            .put(11, |e| cbor::put_bytes(e, &self.text))
            .put(12, |e| cbor::put_bytes(e, &self.handles))
            .finish()
    }

    pub(super) fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let mut fields = Fields::open(d)?;
        let audience = match fields.required(1, |d| Ok(d.u8()?))? {
            0 => Audience::Federation,
            1 => Audience::Own,
            _ => return Err(Malformed::Field(1)),
        };
        let report = Self {
            audience,
            lock: Lock::from_bytes(fields.required(2, cbor::array)?),
            edition: fields.required(3, |d| Ok(d.u32()?))?,
            succession: fields.optional(4, cbor::array)?,
            salt: fields.required(5, cbor::array)?,
            entries: fields.required(6, |d| cbor::list(d, 16, entry))?,
            area_tag: fields.required(7, cbor::array)?,
            area_wrap: fields.required(8, cbor::array)?,
            commitment: fields.required(9, cbor::array)?,
            summary: fields.required(10, |d| Ok(cbor::bytes(d, MAX_SEALED)?.to_vec()))?,
            text: fields.required(11, |d| Ok(cbor::bytes(d, MAX_SEALED)?.to_vec()))?,
            handles: fields.required(12, |d| Ok(cbor::bytes(d, MAX_SEALED)?.to_vec()))?,
        };
        fields.close()?;
        if !ENTRY_COUNTS.contains(&report.entries.len()) {
            return Err(Malformed::Field(6));
        }
        if report.succession.is_some() != (report.edition > 0) {
            return Err(Malformed::Field(4));
        }
        if report.summary.len() + report.text.len() + report.handles.len() > MAX_SEALED {
            return Err(Malformed::TooLarge);
        }
        Ok(report)
    }
}

fn entry(d: &mut Decoder<'_>) -> Result<Entry, Malformed> {
    cbor::tuple(d, 3)?;
    Ok(Entry {
        bucket: d.u32()?,
        label: Label(cbor::array(d)?),
        wrap: cbor::array(d)?,
    })
}
