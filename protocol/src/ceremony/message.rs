//! The messages of a ceremony: one of each step from each participant.
//!
//! The envelope says whose message it is and of which step; it is checked before the body is looked
//! at, so that whoever signs a body that makes no sense has signed evidence of it.

use crate::cbor::{self, Fields, Malformed, MapOut};
use crate::cose::{Context, Sign1, to_be_signed};
use crate::ids::{FederationId, NodeKey, PlanDigest, SealKey, sha256};
use crate::keys::{SecretKey, SignatureBytes, verify};
use crate::limits::{MAX_CEREMONY_KEYS, MAX_CEREMONY_MESSAGE, MAX_KEYHOLDERS};
use core::fmt;
use minicbor::Decoder;
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// The most that can take part: as many new holders as a charter has, and as many old ones.
const MAX_PARTICIPANTS: usize = 2 * MAX_KEYHOLDERS;

/// A step of a ceremony.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Step {
    /// One-time keys, and commitments to what one will share out.
    Join,
    /// What one has seen of all that joined.
    Echo,
    /// The secret parts, sealed.
    Deal,
    /// That a part is wrong, with what shows it.
    Complaint,
    /// That one has stored one's shares: a signature of the certificate.
    Done,
    /// That one does not go on.
    Stop,
}

impl Step {
    const ALL: [Self; 6] = [
        Step::Join,
        Step::Echo,
        Step::Deal,
        Step::Complaint,
        Step::Done,
        Step::Stop,
    ];

    /// The number on the wire.
    pub const fn number(self) -> u8 {
        match self {
            Step::Join => 1,
            Step::Echo => 2,
            Step::Deal => 3,
            Step::Complaint => 4,
            Step::Done => 5,
            Step::Stop => 6,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.number() == number)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Join => "join",
            Step::Echo => "echo",
            Step::Deal => "deal",
            Step::Complaint => "complaint",
            Step::Done => "done",
            Step::Stop => "stop",
        })
    }
}

/// Why a message does not go on the board. Nobody is to blame for it: anyone can make such bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    /// Not the canonical form of a message.
    #[error("this is no message of a ceremony: {0}")]
    Malformed(#[from] Malformed),
    /// It belongs to another ceremony.
    #[error("the message belongs to another ceremony: it was made for another plan")]
    OtherCeremony,
    /// Its sender takes no part, or has no such step.
    #[error("the message is from somebody who takes no part in this step")]
    Stranger,
    /// Its sender did not sign it.
    #[error("the message's signature does not hold: its sender did not write it")]
    Signature,
    /// There are two different ones already, and the ceremony has stopped for it.
    #[error("the board holds two different messages of this step from this sender already")]
    Enough,
}

impl Refused {
    /// The word for it in `spec/validation.md`.
    pub const fn word(&self) -> &'static str {
        match self {
            Refused::Malformed(_) => "message",
            Refused::OtherCeremony => "other-ceremony",
            Refused::Stranger => "stranger",
            Refused::Signature => "sender",
            Refused::Enough => "enough",
        }
    }
}

/// What a message's envelope says.
pub(super) struct Envelope<'a> {
    pub(super) plan: PlanDigest,
    pub(super) sender: NodeKey,
    pub(super) step: Step,
    pub(super) body: &'a [u8],
    payload: &'a [u8],
    signature: SignatureBytes,
}

impl<'a> Envelope<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let sign1 = Sign1::parse(bytes, MAX_CEREMONY_MESSAGE)?;
        cbor::decode(sign1.payload, MAX_CEREMONY_MESSAGE, |d| {
            let mut fields = Fields::open(d)?;
            let plan = PlanDigest::from_bytes(fields.required(1, cbor::array)?);
            let sender = NodeKey::from_bytes(fields.required(2, cbor::array)?);
            let step =
                fields.required(3, |d| Step::from_number(d.u8()?).ok_or(Malformed::Shape))?;
            let body = fields.required(4, |d| Ok(d.bytes()?))?;
            fields.close()?;
            Ok(Self {
                plan,
                sender,
                step,
                body,
                payload: sign1.payload,
                signature: sign1.signature,
            })
        })
    }

    pub(super) fn verify(&self, federation: &FederationId) -> Result<(), Refused> {
        let external = Context::Ceremony.external(Some(federation));
        let signed = to_be_signed(&external, self.payload);
        verify(self.sender.as_bytes(), &signed, &self.signature).map_err(|_| Refused::Signature)
    }

    /// By this two messages are told apart: a second signature of one payload is no second message.
    pub(super) fn digest(&self) -> [u8; 32] {
        sha256(self.payload)
    }
}

/// Writes and signs a message.
pub(super) fn sign(
    federation: &FederationId,
    plan: &PlanDigest,
    sender: &SecretKey,
    step: Step,
    body: &[u8],
) -> Vec<u8> {
    let payload = MapOut::new()
        .put(1, |e| cbor::put_bytes(e, plan.as_bytes()))
        .put(2, |e| cbor::put_bytes(e, &sender.public()))
        .put(3, |e| cbor::put_uint(e, u64::from(step.number())))
        .put(4, |e| cbor::put_bytes(e, body))
        .finish();
    let external = Context::Ceremony.external(Some(federation));
    Sign1::write(&payload, &sender.sign(&to_be_signed(&external, &payload)))
}

/// What a participant shows of one key: points, and for a new one the proof.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Shown {
    pub(super) points: Vec<[u8; 32]>,
    pub(super) proof: Option<[u8; 64]>,
}

/// The body of a join.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Join {
    /// For each dealer but oneself, in order; none from who is to hold nothing.
    pub(super) one_time: Vec<SealKey>,
    /// Of each key that one shares out, in order.
    pub(super) shown: Vec<Shown>,
    /// The hash of what the echo opens.
    pub(super) nonce: [u8; 32],
}

impl Join {
    pub(super) fn encode(&self) -> Vec<u8> {
        MapOut::new()
            .put(1, |e| {
                cbor::put_array(e, self.one_time.len() as u64);
                for key in &self.one_time {
                    cbor::put_bytes(e, key.as_bytes());
                }
            })
            .put(2, |e| {
                cbor::put_array(e, self.shown.len() as u64);
                for shown in &self.shown {
                    cbor::put_array(e, 1 + u64::from(shown.proof.is_some()));
                    cbor::put_array(e, shown.points.len() as u64);
                    for point in &shown.points {
                        cbor::put_bytes(e, point);
                    }
                    if let Some(proof) = &shown.proof {
                        cbor::put_bytes(e, proof);
                    }
                }
            })
            .put(3, |e| cbor::put_bytes(e, &self.nonce))
            .finish()
    }

    pub(super) fn decode(body: &[u8]) -> Result<Self, Malformed> {
        map(body, |fields| {
            Ok(Self {
                one_time: fields.required(1, |d| {
                    cbor::list(d, MAX_PARTICIPANTS, |d| {
                        Ok(SealKey::from_bytes(cbor::array(d)?))
                    })
                })?,
                shown: fields.required(2, |d| cbor::list(d, MAX_CEREMONY_KEYS, shown))?,
                nonce: fields.required(3, cbor::array)?,
            })
        })
    }
}

fn shown(d: &mut Decoder<'_>) -> Result<Shown, Malformed> {
    let parts = d.array()?;
    let points = cbor::list(d, MAX_KEYHOLDERS, cbor::array)?;
    let proof = match parts {
        Some(1) => None,
        Some(2) => Some(cbor::array(d)?),
        _ => return Err(Malformed::Shape),
    };
    Ok(Shown { points, proof })
}

/// The body of an echo.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Echo {
    /// The hash of all joins, as this participant has them.
    pub(super) transcript: [u8; 32],
    /// What the join has the hash of.
    pub(super) nonce: [u8; 32],
}

impl Echo {
    pub(super) fn encode(&self) -> Vec<u8> {
        MapOut::new()
            .put(1, |e| cbor::put_bytes(e, &self.transcript))
            .put(2, |e| cbor::put_bytes(e, &self.nonce))
            .finish()
    }

    pub(super) fn decode(body: &[u8]) -> Result<Self, Malformed> {
        map(body, |fields| {
            Ok(Self {
                transcript: fields.required(1, cbor::array)?,
                nonce: fields.required(2, cbor::array)?,
            })
        })
    }
}

/// The body of a deal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Deal {
    /// For each holder but oneself, in the order of their record keys.
    pub(super) sealed: Vec<Vec<u8>>,
}

impl Deal {
    pub(super) fn encode(&self) -> Vec<u8> {
        MapOut::new()
            .put(1, |e| {
                cbor::put_array(e, self.sealed.len() as u64);
                for sealed in &self.sealed {
                    cbor::put_bytes(e, sealed);
                }
            })
            .finish()
    }

    pub(super) fn decode(body: &[u8]) -> Result<Self, Malformed> {
        map(body, |fields| {
            Ok(Self {
                sealed: fields.required(1, |d| {
                    cbor::list(d, MAX_KEYHOLDERS, |d| Ok(d.bytes()?.to_vec()))
                })?,
            })
        })
    }
}

/// The body of a complaint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Complaint {
    /// About whom.
    pub(super) about: NodeKey,
    /// The seed of the one-time key that the dealer sealed to. Without it the complaint is a
    /// dealer's, about a recipient's one-time key to which nothing can be sealed.
    pub(super) seed: Option<Zeroizing<[u8; 32]>>,
    /// The hash of the message that it is about, a deal or a join: whoever has another one of the
    /// accused cannot judge it.
    pub(super) message: [u8; 32],
}

impl Complaint {
    pub(super) fn encode(&self) -> Vec<u8> {
        MapOut::new()
            .put(1, |e| cbor::put_bytes(e, self.about.as_bytes()))
            .maybe(2, self.seed.as_ref(), |e, seed| {
                cbor::put_bytes(e, seed.as_slice());
            })
            .put(3, |e| cbor::put_bytes(e, &self.message))
            .finish()
    }

    pub(super) fn decode(body: &[u8]) -> Result<Self, Malformed> {
        map(body, |fields| {
            Ok(Self {
                about: NodeKey::from_bytes(fields.required(1, cbor::array)?),
                seed: fields.optional(2, cbor::array)?.map(Zeroizing::new),
                message: fields.required(3, cbor::array)?,
            })
        })
    }
}

/// The body of a done: the signature of the certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Done {
    pub(super) signature: SignatureBytes,
}

impl Done {
    pub(super) fn encode(&self) -> Vec<u8> {
        MapOut::new()
            .put(1, |e| cbor::put_bytes(e, &self.signature))
            .finish()
    }

    pub(super) fn decode(body: &[u8]) -> Result<Self, Malformed> {
        map(body, |fields| {
            Ok(Self {
                signature: fields.required(1, cbor::array)?,
            })
        })
    }
}

/// Why somebody does not go on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reason {
    /// Others were waited for in vain.
    Silence,
    /// The digits that people read to each other differ.
    Voice,
    /// The echoes differ.
    Echoes,
    /// Whoever runs the node wants it so.
    Withdrawn,
}

impl Reason {
    const ALL: [Self; 4] = [
        Reason::Silence,
        Reason::Voice,
        Reason::Echoes,
        Reason::Withdrawn,
    ];

    /// The number on the wire.
    pub const fn number(self) -> u8 {
        match self {
            Reason::Silence => 1,
            Reason::Voice => 2,
            Reason::Echoes => 3,
            Reason::Withdrawn => 4,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Silence => "others were silent",
            Reason::Voice => "the digits that were compared differ",
            Reason::Echoes => "not all have seen the same messages",
            Reason::Withdrawn => "it was called off",
        })
    }
}

/// The body of a stop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Halt {
    pub(super) reason: Reason,
    /// Who was missing, in order.
    pub(super) missing: BTreeSet<NodeKey>,
}

impl Halt {
    pub(super) fn encode(&self) -> Vec<u8> {
        MapOut::new()
            .put(1, |e| cbor::put_uint(e, u64::from(self.reason.number())))
            .put(2, |e| {
                cbor::put_array(e, self.missing.len() as u64);
                for node in &self.missing {
                    cbor::put_bytes(e, node.as_bytes());
                }
            })
            .finish()
    }

    pub(super) fn decode(body: &[u8]) -> Result<Self, Malformed> {
        map(body, |fields| {
            let number = fields.required(1, |d| Ok(d.u8()?))?;
            let mut reasons = Reason::ALL.into_iter();
            let missing = fields.required(2, |d| {
                cbor::list(d, MAX_PARTICIPANTS, |d| {
                    Ok(NodeKey::from_bytes(cbor::array(d)?))
                })
            })?;
            if !missing.is_sorted_by(|a, b| a < b) {
                return Err(Malformed::KeyOrder);
            }
            Ok(Self {
                reason: reasons
                    .find(|reason| reason.number() == number)
                    .ok_or(Malformed::Field(1))?,
                missing: missing.into_iter().collect(),
            })
        })
    }
}

/// A whole body that is one map.
fn map<'b, T>(
    body: &'b [u8],
    read: impl FnOnce(&mut Fields<'_, 'b>) -> Result<T, Malformed>,
) -> Result<T, Malformed> {
    cbor::decode(body, MAX_CEREMONY_MESSAGE, |d| {
        let mut fields = Fields::open(d)?;
        let value = read(&mut fields)?;
        fields.close()?;
        Ok(value)
    })
}
