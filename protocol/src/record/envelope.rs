//! The envelope of a record: who, when, which slot, and the signature around it.

use super::body::{Body, Kind};
use super::refusal::{Refusal, Rule};
use crate::cbor::{self, Fields, MapOut};
use crate::cose::{Context, Sign1, to_be_signed};
use crate::ids::{FederationId, NodeKey, OrganisationKey, RecordId};
use crate::keys::{SecretKey, verify};
use crate::limits::MAX_RECORD;
use crate::time::Day;

/// Which of an organisation's keys signs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Signer {
    /// Its root key.
    Root,
    /// A node's record key.
    Node(NodeKey),
}

/// What every record says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// The organisation it speaks for.
    pub organisation: OrganisationKey,
    /// The key that signs.
    pub signer: Signer,
    /// The day of issue.
    pub issued: Day,
    /// The last day on which it is carried.
    pub expires: Day,
    /// Its number among the organisation's records of that day.
    pub slot: u32,
}

impl Header {
    /// The bytes of the signing key.
    pub const fn key(&self) -> &[u8; 32] {
        match &self.signer {
            Signer::Root => self.organisation.as_bytes(),
            Signer::Node(key) => key.as_bytes(),
        }
    }
}

/// A record that is not signed yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// Who, when and where.
    pub header: Header,
    /// What it says.
    pub body: Body,
}

impl Draft {
    fn payload(&self, federation: &FederationId) -> Vec<u8> {
        let header = &self.header;
        let signer = match &header.signer {
            Signer::Root => None,
            Signer::Node(key) => Some(key),
        };
        let body = self.body.encode();
        MapOut::new()
            .put(1, |e| {
                cbor::put_uint(e, u64::from(self.body.kind().number()))
            })
            .put(2, |e| cbor::put_bytes(e, &federation.hint()))
            .put(3, |e| cbor::put_bytes(e, header.organisation.as_bytes()))
            .maybe(4, signer, |e, key| cbor::put_bytes(e, key.as_bytes()))
            .put(5, |e| cbor::put_uint(e, u64::from(header.issued.number())))
            .put(6, |e| cbor::put_uint(e, u64::from(header.expires.number())))
            .put(7, |e| cbor::put_uint(e, u64::from(header.slot)))
            .put(8, |e| cbor::put_raw(e, &body))
            .finish()
    }

    /// Signs the draft and gives the record.
    ///
    /// # Errors
    /// If the key is not the one that the header names, or the result is larger than a record may be.
    pub fn sign(self, federation: &FederationId, key: &SecretKey) -> Result<Verified, Refusal> {
        if key.public() != *self.header.key()
            || self.body.kind().by_root() != (self.header.signer == Signer::Root)
        {
            return Err(Rule::WrongSigner.into());
        }
        let payload = self.payload(federation);
        let external = Context::Record.external(Some(federation));
        let bytes = Sign1::write(&payload, &key.sign(&to_be_signed(&external, &payload)));
        if bytes.len() > MAX_RECORD {
            return Err(Refusal::because(
                Rule::Size,
                format_args!("{} of {MAX_RECORD} bytes", bytes.len()),
            ));
        }
        let id = RecordId::of(&bytes);
        Ok(Verified {
            id,
            bytes,
            header: self.header,
            body: self.body,
        })
    }
}

/// A record that was taken apart; its signature has not been looked at.
#[derive(Clone, Debug)]
pub struct Unverified {
    bytes: Vec<u8>,
    hint: [u8; 8],
    header: Header,
    body: Body,
}

impl Unverified {
    /// Takes received bytes apart.
    ///
    /// # Errors
    /// If they are not the canonical form of a record of a known kind.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > MAX_RECORD {
            return Err(Refusal::because(
                Rule::Size,
                format_args!("{} of {MAX_RECORD} bytes", bytes.len()),
            ));
        }
        let sign1 = Sign1::parse(bytes, MAX_RECORD)?;
        cbor::gate(sign1.payload)?;
        let mut decoder = minicbor::Decoder::new(sign1.payload);
        let mut fields = Fields::open(&mut decoder)?;
        let number = fields.required(1, |d| Ok(d.u8()?))?;
        let kind = Kind::from_number(number)
            .ok_or_else(|| Refusal::because(Rule::UnknownKind, format_args!("kind {number}")))?;
        let hint = fields.required(2, cbor::array)?;
        let organisation = OrganisationKey::from_bytes(fields.required(3, cbor::array)?);
        let signer = match fields.optional(4, cbor::array)? {
            Some(key) => Signer::Node(NodeKey::from_bytes(key)),
            None => Signer::Root,
        };
        let issued = Day::from_number(fields.required(5, |d| Ok(d.u32()?))?);
        let expires = Day::from_number(fields.required(6, |d| Ok(d.u32()?))?);
        let slot = fields.required(7, |d| Ok(d.u32()?))?;
        let body = fields.required(8, |d| Body::decode(kind, d))?;
        fields.close()?;
        if kind.by_root() != (signer == Signer::Root) {
            return Err(Rule::WrongSigner.into());
        }
        let header = Header {
            organisation,
            signer,
            issued,
            expires,
            slot,
        };
        Ok(Self {
            bytes: bytes.to_vec(),
            hint,
            header,
            body,
        })
    }

    /// Verifies the signature over the received bytes, and nothing else.
    ///
    /// # Errors
    /// If the record is another federation's, or the signature does not hold.
    pub fn verify(self, federation: &FederationId) -> Result<Verified, Refusal> {
        if self.hint != federation.hint() {
            return Err(Rule::OtherFederation.into());
        }
        // The bytes were parsed before; this only finds payload and signature in them again.
        let sign1 = Sign1::parse(&self.bytes, MAX_RECORD)?;
        let external = Context::Record.external(Some(federation));
        verify(
            self.header.key(),
            &to_be_signed(&external, sign1.payload),
            &sign1.signature,
        )
        .map_err(|_| Rule::Signature)?;
        let id = RecordId::of(&self.bytes);
        Ok(Verified {
            id,
            bytes: self.bytes,
            header: self.header,
            body: self.body,
        })
    }

    /// The record as it claims to be. For looking at one, never for acting on it.
    pub const fn claimed(&self) -> (&Header, &Body) {
        (&self.header, &self.body)
    }
}

/// A record whose signature holds. Whether it is carried is for [`crate::admit`] to say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified {
    id: RecordId,
    bytes: Vec<u8>,
    header: Header,
    body: Body,
}

impl Verified {
    /// Parses and verifies in one go.
    ///
    /// # Errors
    /// As [`Unverified::parse`] and [`Unverified::verify`].
    pub fn from_bytes(bytes: &[u8], federation: &FederationId) -> Result<Self, Refusal> {
        Unverified::parse(bytes)?.verify(federation)
    }
    /// Takes up again what this node itself verified and stored.
    ///
    /// # Errors
    /// If the bytes are damaged.
    pub fn from_own_store(bytes: &[u8]) -> Result<Self, Refusal> {
        let r = Unverified::parse(bytes)?;
        let id = RecordId::of(&r.bytes);
        Ok(Self {
            id,
            bytes: r.bytes,
            header: r.header,
            body: r.body,
        })
    }
    /// SHA-256 of its bytes.
    pub const fn id(&self) -> RecordId {
        self.id
    }
    /// Its bytes, as they came.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
    /// Who, when and where.
    pub const fn header(&self) -> &Header {
        &self.header
    }
    /// What it says.
    pub const fn body(&self) -> &Body {
        &self.body
    }
    /// Its kind.
    pub const fn kind(&self) -> Kind {
        self.body.kind()
    }
}
