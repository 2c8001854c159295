//! A delegation: an organisation's root gives a node its keys and its slots, for a time.

use crate::cbor::{self, Fields, Malformed, MapOut};
use crate::cose::Context;
use crate::ids::{FederationId, NodeKey, OrganisationKey, SealKey, TransportKey};
use crate::keys::{BadSignature, SecretKey, SignatureBytes, verify};
use crate::time::Day;
use minicbor::Decoder;

/// The slots of each day that a node may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SlotRange {
    /// The first.
    pub first: u32,
    /// How many.
    pub count: u32,
}

impl SlotRange {
    /// Whether the slot is one of them.
    pub const fn contains(self, slot: u32) -> bool {
        slot >= self.first && slot - self.first < self.count
    }
}

/// What a delegation gives, before the node's key has agreed to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// The key that will sign records.
    pub record_key: NodeKey,
    /// The key by which other nodes know the node on the network.
    pub transport_key: TransportKey,
    /// The key to which clients seal what only this node may read.
    pub seal_key: SealKey,
    /// The slots of each day that the node may use.
    pub slots: SlotRange,
    /// The last day on which the node may sign; the first is the record's day of issue.
    pub until: Day,
}

/// A delegation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delegation {
    /// What it gives.
    pub terms: Terms,
    /// The record key's signature over the organisation and the terms: no organisation can claim
    /// a key that is not its own.
    pub possession: SignatureBytes,
    /// The transport key's signature over the same: a peer is known by that key, and nobody else
    /// may pass for it.
    pub transport_possession: SignatureBytes,
}

impl Terms {
    fn possession_bytes(
        &self,
        federation: &FederationId,
        organisation: &OrganisationKey,
    ) -> Vec<u8> {
        let mut out = Context::Delegation.external(Some(federation));
        out.extend_from_slice(organisation.as_bytes());
        out.extend_from_slice(self.record_key.as_bytes());
        out.extend_from_slice(self.transport_key.as_bytes());
        out.extend_from_slice(self.seal_key.as_bytes());
        out
    }

    /// The delegation with these terms, agreed to by the node's record and transport keys.
    pub fn agree(
        self,
        federation: &FederationId,
        organisation: &OrganisationKey,
        record: &SecretKey,
        transport: &SecretKey,
    ) -> Delegation {
        let bytes = self.possession_bytes(federation, organisation);
        Delegation {
            terms: self,
            possession: record.sign(&bytes),
            transport_possession: transport.sign(&bytes),
        }
    }
}

impl Delegation {
    /// Checks that both keys agreed to work for the organisation.
    ///
    /// # Errors
    /// If one did not.
    pub fn verify_possession(
        &self,
        federation: &FederationId,
        organisation: &OrganisationKey,
    ) -> Result<(), BadSignature> {
        let terms = &self.terms;
        let bytes = terms.possession_bytes(federation, organisation);
        verify(terms.record_key.as_bytes(), &bytes, &self.possession)?;
        verify(
            terms.transport_key.as_bytes(),
            &bytes,
            &self.transport_possession,
        )
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let t = &self.terms;
        MapOut::new()
            .put(1, |e| cbor::put_bytes(e, t.record_key.as_bytes()))
            .put(2, |e| cbor::put_bytes(e, t.transport_key.as_bytes()))
            .put(3, |e| cbor::put_bytes(e, t.seal_key.as_bytes()))
            .put(4, |e| cbor::put_uint(e, u64::from(t.slots.first)))
            .put(5, |e| cbor::put_uint(e, u64::from(t.slots.count)))
            .put(6, |e| cbor::put_uint(e, u64::from(t.until.number())))
            .put(7, |e| cbor::put_bytes(e, &self.possession))
            .put(8, |e| cbor::put_bytes(e, &self.transport_possession))
            .finish()
    }

    pub(super) fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let mut fields = Fields::open(d)?;
        let terms = Terms {
            record_key: NodeKey::from_bytes(fields.required(1, cbor::array)?),
            transport_key: TransportKey::from_bytes(fields.required(2, cbor::array)?),
            seal_key: SealKey::from_bytes(fields.required(3, cbor::array)?),
            slots: SlotRange {
                first: fields.required(4, |d| Ok(d.u32()?))?,
                count: fields.required(5, |d| Ok(d.u32()?))?,
            },
            until: Day::from_number(fields.required(6, |d| Ok(d.u32()?))?),
        };
        let possession = fields.required(7, cbor::array)?;
        let transport_possession = fields.required(8, cbor::array)?;
        fields.close()?;
        Ok(Self {
            terms,
            possession,
            transport_possession,
        })
    }
}
