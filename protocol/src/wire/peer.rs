//! Messages between two nodes.

use super::again::Again;
use super::board::{Lacking, Shown};
use super::evaluate::{Ask as EvaluateAsk, KeyEvaluation};
use super::records::{put_list, record, records};
use super::sealed::{SEALED_REPLY, SEALED_REQUEST};
use crate::cbor::{self, Malformed};
use crate::charter::MAX_DOCUMENTS;
use crate::ids::{FederationId, RecordId};
use crate::limits::{MAX_COSIGNED, MAX_RECORD};
use crate::time::Day;
use minicbor::Decoder;

/// The largest request.
pub const MAX_REQUEST: usize = 2 * 1024 * 1024;
/// The largest reply.
pub const MAX_REPLY: usize = 4 * 1024 * 1024;
/// Ids that one request may fetch.
pub const MAX_FETCH: usize = 1024;
/// The most bytes of documents of the charter in one reply.
pub const MAX_CHARTER_BYTES: usize = 3 * 1024 * 1024;
/// The most bytes of records in one message.
pub const MAX_BATCH_BYTES: usize = 1024 * 1024;
/// The most records in one message.
const MAX_RECORDS: usize = MAX_BATCH_BYTES / 64;
/// Bytes of records in one answer to a fetch.
pub const MAX_FETCHED_BYTES: usize = 2 * 1024 * 1024;

/// What a node asks a peer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// One step of reconciling the records that live past `after`.
    Reconcile {
        /// Records expiring on this day or before take no part.
        after: Day,
        /// A message of the reconciliation.
        message: Vec<u8>,
    },
    /// Records by id.
    Fetch(Vec<RecordId>),
    /// Records that the peer lacks.
    Push(Vec<Vec<u8>>),
    /// Evaluations for the asking node's organisation.
    Evaluate(EvaluateAsk),
    /// A client's sealed question.
    Sealed(Vec<u8>),
    /// The same as `Reconcile`, of what never leaves the organisation: for its own nodes alone.
    ReconcileOwn {
        /// Records expiring on this day or before take no part.
        after: Day,
        /// A message of the reconciliation.
        message: Vec<u8>,
    },
    /// Of what never leaves the organisation, by id.
    FetchOwn(Vec<RecordId>),
    /// Of what never leaves the organisation, what the peer lacks.
    PushOwn(Vec<Vec<u8>>),
    /// What the peer knows of the charter, unless that is what this is the SHA-256 of.
    Charters([u8; 32]),
    /// What the asking node has of a ceremony's board.
    Board(Shown),
    /// The certificate of the shared keys, unless it is of this epoch or an earlier one, and has no
    /// more signatures than this.
    Certificate {
        /// The epoch of the one that the asking node has; 0 if it has none.
        epoch: u32,
        /// How many holders have signed that.
        signed: u16,
    },
}

/// What a peer answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// The next message; if `after` is later than asked, start again with that day.
    Reconcile {
        /// The day by which the answering node reconciles.
        after: Day,
        /// A message of the reconciliation.
        message: Vec<u8>,
    },
    /// Those of the records that the peer has and that fit.
    Records(Vec<Vec<u8>>),
    /// Pushed records were looked at.
    Pushed,
    /// Evaluations, one a key.
    Evaluated(Vec<KeyEvaluation>),
    /// A sealed reply.
    Sealed(Vec<u8>),
    /// As `Records`, of what never leaves the organisation.
    OwnRecords(Vec<Vec<u8>>),
    /// Documents of the charter.
    Charters(Vec<Vec<u8>>),
    /// What the answering node has of a ceremony's board, and the asking one lacks.
    Board(Lacking),
    /// A certificate; nothing if there is none that the asking node wants.
    Certificate(Vec<u8>),
    /// Not done, and why.
    Refused(Refusal),
}

/// Why a peer did not do what it was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The organisation has used up its evaluations of the day, and when there are more.
    Quota(Again),
    /// The peer holds no share, or not of that key.
    NoShare,
    /// The request makes no sense to the peer.
    Malformed,
    /// The peer is too busy or cannot read its store.
    Busy,
    /// The peer has no shares of the epoch that was asked for: one of the two is behind.
    OtherEpoch,
}

impl Refusal {
    const fn number(self) -> u8 {
        match self {
            Refusal::Quota(_) => 1,
            Refusal::NoShare => 2,
            Refusal::Malformed => 3,
            Refusal::Busy => 4,
            Refusal::OtherEpoch => 5,
        }
    }
    const fn from_number(n: u8) -> Option<Self> {
        match n {
            2 => Some(Refusal::NoShare),
            3 => Some(Refusal::Malformed),
            4 => Some(Refusal::Busy),
            5 => Some(Refusal::OtherEpoch),
            _ => None,
        }
    }
    /// A stable word for it.
    pub const fn code(self) -> &'static str {
        match self {
            Refusal::Quota(_) => "quota",
            Refusal::NoShare => "no-share",
            Refusal::Malformed => "malformed",
            Refusal::Busy => "busy",
            Refusal::OtherEpoch => "other-epoch",
        }
    }
    /// How many items [`Self::put`] writes.
    pub(super) const fn items(self) -> u64 {
        match self {
            Refusal::Quota(_) => 2,
            _ => 1,
        }
    }
    pub(super) fn put(self, e: &mut cbor::Out) {
        cbor::put_uint(e, u64::from(self.number()));
        if let Refusal::Quota(again) = self {
            cbor::put_uint(e, u64::from(again.minutes()));
        }
    }
    /// Reads what [`Self::put`] wrote behind one other item of an array of so many, the number `n`
    /// being read already.
    pub(super) fn read(n: u8, items: Option<u64>, d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let refusal = match n {
            1 if items == Some(3) => Again::in_minutes(d.u16()?).map(Refusal::Quota),
            n if items == Some(2) => Self::from_number(n),
            _ => None,
        };
        refusal.ok_or(Malformed::Shape)
    }
}

fn put_ids(e: &mut cbor::Out, number: u64, ids: &[RecordId]) {
    cbor::put_array(e, 2);
    cbor::put_uint(e, number);
    cbor::put_array(e, ids.len() as u64);
    for id in ids {
        cbor::put_bytes(e, id.as_bytes());
    }
}

fn put_records(e: &mut cbor::Out, number: u64, list: &[Vec<u8>]) {
    cbor::put_array(e, 2);
    cbor::put_uint(e, number);
    put_list(e, list);
}

fn ids(d: &mut Decoder<'_>) -> Result<Vec<RecordId>, Malformed> {
    cbor::list(d, MAX_FETCH, |d| Ok(RecordId::from_bytes(cbor::array(d)?)))
}

fn put_reconcile(e: &mut cbor::Out, number: u64, after: Day, message: &[u8]) {
    cbor::put_array(e, 3);
    cbor::put_uint(e, number);
    cbor::put_uint(e, u64::from(after.number()));
    cbor::put_bytes(e, message);
}

impl Request {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(|e| match self {
            Request::Reconcile { after, message } => put_reconcile(e, 1, *after, message),
            Request::Fetch(ids) => put_ids(e, 2, ids),
            Request::Push(list) => put_records(e, 3, list),
            Request::ReconcileOwn { after, message } => put_reconcile(e, 6, *after, message),
            Request::FetchOwn(ids) => put_ids(e, 7, ids),
            Request::PushOwn(list) => put_records(e, 8, list),
            Request::Charters(known) => {
                cbor::put_array(e, 2);
                cbor::put_uint(e, 9);
                cbor::put_bytes(e, known);
            }
            Request::Board(shown) => shown.write(e),
            Request::Certificate { epoch, signed } => {
                cbor::put_array(e, 3);
                cbor::put_uint(e, 11);
                cbor::put_uint(e, u64::from(*epoch));
                cbor::put_uint(e, u64::from(*signed));
            }
            Request::Evaluate(ask) => {
                cbor::put_array(e, 2);
                cbor::put_uint(e, 4);
                ask.write(e);
            }
            Request::Sealed(bytes) => {
                cbor::put_array(e, 2);
                cbor::put_uint(e, 5);
                cbor::put_bytes(e, bytes);
            }
        })
    }

    /// Reads a request.
    ///
    /// # Errors
    /// If the bytes are not the canonical form of one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        cbor::decode(bytes, MAX_REQUEST, |d| {
            let len = d.array()?;
            match (d.u8()?, len) {
                (1, Some(3)) => Ok(Request::Reconcile {
                    after: Day::from_number(d.u32()?),
                    message: cbor::bytes(d, MAX_REQUEST)?.to_vec(),
                }),
                (2, Some(2)) => Ok(Request::Fetch(ids(d)?)),
                (6, Some(3)) => Ok(Request::ReconcileOwn {
                    after: Day::from_number(d.u32()?),
                    message: cbor::bytes(d, MAX_REQUEST)?.to_vec(),
                }),
                (7, Some(2)) => Ok(Request::FetchOwn(ids(d)?)),
                (8, Some(2)) => Ok(Request::PushOwn(records(d, MAX_RECORDS)?)),
                (9, Some(2)) => Ok(Request::Charters(cbor::array(d)?)),
                (10, Some(4)) => Ok(Request::Board(Shown::read(d)?)),
                (11, Some(3)) => Ok(Request::Certificate {
                    epoch: d.u32()?,
                    signed: d.u16()?,
                }),
                (3, Some(2)) => Ok(Request::Push(records(d, MAX_RECORDS)?)),
                (4, Some(2)) => Ok(Request::Evaluate(EvaluateAsk::read(d)?)),
                (5, Some(2)) => Ok(Request::Sealed(cbor::bytes(d, SEALED_REQUEST)?.to_vec())),
                _ => Err(Malformed::Shape),
            }
        })
    }
}

impl Request {
    /// The records in it, to be verified before the engine has them.
    pub fn records(&self) -> &[Vec<u8>] {
        match self {
            Request::Push(list) | Request::PushOwn(list) => list,
            _ => &[],
        }
    }
}

impl Reply {
    /// The records in it, to be verified before the engine has them.
    pub fn records(&self) -> &[Vec<u8>] {
        match self {
            Reply::Records(list) | Reply::OwnRecords(list) => list,
            _ => &[],
        }
    }

    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(|e| match self {
            Reply::Reconcile { after, message } => put_reconcile(e, 1, *after, message),
            Reply::Records(list) => put_records(e, 2, list),
            Reply::OwnRecords(list) => put_records(e, 7, list),
            Reply::Charters(list) => put_records(e, 9, list),
            Reply::Board(lacking) => lacking.write(e),
            Reply::Certificate(bytes) => {
                cbor::put_array(e, 2);
                cbor::put_uint(e, 11);
                cbor::put_bytes(e, bytes);
            }
            Reply::Pushed => {
                cbor::put_array(e, 1);
                cbor::put_uint(e, 3);
            }
            Reply::Evaluated(all) => {
                cbor::put_array(e, 2);
                cbor::put_uint(e, 4);
                KeyEvaluation::write_all(all, e);
            }
            Reply::Sealed(bytes) => {
                cbor::put_array(e, 2);
                cbor::put_uint(e, 5);
                cbor::put_bytes(e, bytes);
            }
            Reply::Refused(why) => {
                cbor::put_array(e, 1 + why.items());
                cbor::put_uint(e, 15);
                why.put(e);
            }
        })
    }

    /// Reads a reply.
    ///
    /// # Errors
    /// If the bytes are not the canonical form of one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        cbor::decode(bytes, MAX_REPLY, |d| {
            let len = d.array()?;
            match (d.u8()?, len) {
                (1, Some(3)) => Ok(Reply::Reconcile {
                    after: Day::from_number(d.u32()?),
                    message: cbor::bytes(d, MAX_REPLY)?.to_vec(),
                }),
                (2, Some(2)) => Ok(Reply::Records(records(d, MAX_RECORDS)?)),
                (7, Some(2)) => Ok(Reply::OwnRecords(records(d, MAX_RECORDS)?)),
                (9, Some(2)) => Ok(Reply::Charters(cbor::list(d, MAX_DOCUMENTS, |d| {
                    Ok(cbor::bytes(d, MAX_COSIGNED)?.to_vec())
                })?)),
                (10, Some(3)) => Ok(Reply::Board(Lacking::read(d)?)),
                (11, Some(2)) => Ok(Reply::Certificate(cbor::bytes(d, MAX_COSIGNED)?.to_vec())),
                (3, Some(1)) => Ok(Reply::Pushed),
                (4, Some(2)) => Ok(Reply::Evaluated(KeyEvaluation::read_all(d)?)),
                (5, Some(2)) => match cbor::bytes(d, SEALED_REPLY)? {
                    // All have one size, so that none says anything by its own.
                    sealed if sealed.len() == SEALED_REPLY => Ok(Reply::Sealed(sealed.to_vec())),
                    _ => Err(Malformed::Shape),
                },
                (15, items) => {
                    let reason = d.u8()?;
                    Ok(Reply::Refused(Refusal::read(reason, items, d)?))
                }
                _ => Err(Malformed::Shape),
            }
        })
    }
}

/// The first message on a connection, both ways: which federation, and the delegation that says
/// whose node this is. The transport has proved the transport key that the delegation names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hello {
    /// The federation.
    pub federation: FederationId,
    /// The bytes of the node's delegation record.
    pub delegation: Vec<u8>,
}

impl Hello {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(|e| {
            cbor::put_array(e, 2);
            cbor::put_bytes(e, self.federation.as_bytes());
            cbor::put_bytes(e, &self.delegation);
        })
    }

    /// Reads a hello.
    ///
    /// # Errors
    /// If the bytes are not the canonical form of one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        cbor::decode(bytes, MAX_RECORD + 64, |d| {
            cbor::tuple(d, 2)?;
            Ok(Self {
                federation: FederationId::from_bytes(cbor::array(d)?),
                delegation: record(d)?,
            })
        })
    }
}
