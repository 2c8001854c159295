//! Messages between a client and its home node.

use super::again::Again;
use super::evaluate::{Ask as EvaluateAsk, KeyEvaluation};
use super::peer::Refusal;
use super::records::{put_list, records};
use super::sealed::{SEALED_REPLY, SEALED_REQUEST, ShortId};
use crate::cbor::{self, Malformed};
use crate::charter::MAX_DOCUMENTS;
use crate::ids::{NodeKey, RecordId};
use crate::limits::MAX_COSIGNED;
use crate::record::{Body, Kind};
use crate::time::{Day, Season};

/// The largest message, either way.
pub const MAX_MESSAGE: usize = 8 * 1024 * 1024;
/// The most records in one message.
const MAX_RECORDS: usize = MAX_MESSAGE / 64;
/// Drafts in one message.
pub const MAX_DRAFTS: usize = 500;
/// Tags in one message.
pub const MAX_TAGS: usize = 50_000;

fn put_day(e: &mut cbor::Out, day: Day) {
    cbor::put_uint(e, u64::from(day.number()));
}

/// What a client must know to ask and to understand answers: who belongs to the federation, the
/// public shares, and what root keys signed. It is the same for everyone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirectoryReply {
    /// The versions of the charter, from the first to the one that counts.
    pub charters: Vec<Vec<u8>>,
    /// The certificate of the shared keys.
    pub certificate: Vec<u8>,
    /// Records signed by roots.
    pub records: Vec<Vec<u8>>,
    /// The home node.
    pub home: NodeKey,
    /// The day by the home node's clock.
    pub today: Day,
    /// Reports that the home node carries.
    pub carried: u64,
}

impl DirectoryReply {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(|e| {
            cbor::put_array(e, 6);
            put_list(e, &self.charters);
            cbor::put_bytes(e, &self.certificate);
            put_list(e, &self.records);
            cbor::put_bytes(e, self.home.as_bytes());
            put_day(e, self.today);
            cbor::put_uint(e, self.carried);
        })
    }

    /// Reads a directory.
    ///
    /// # Errors
    /// If the bytes are not the canonical form of one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        cbor::decode(bytes, MAX_MESSAGE, |d| {
            cbor::tuple(d, 6)?;
            let charters = cbor::list(d, MAX_DOCUMENTS, |d| {
                Ok(cbor::bytes(d, MAX_COSIGNED)?.to_vec())
            })?;
            if charters.is_empty() {
                return Err(Malformed::Shape);
            }
            Ok(Self {
                charters,
                certificate: cbor::bytes(d, MAX_COSIGNED)?.to_vec(),
                records: records(d, MAX_RECORDS)?,
                home: NodeKey::from_bytes(cbor::array(d)?),
                today: Day::from_number(d.u32()?),
                carried: d.u64()?,
            })
        })
    }
}

/// Evaluations wanted of as many keyholders as it takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evaluate {
    /// What to evaluate.
    pub ask: EvaluateAsk,
    /// Keyholders that the client has heard already, or that answered wrongly.
    pub except: Vec<u16>,
}

/// What the keyholders answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evaluated {
    /// Answers, each keyholder's for all keys asked, by ascending index.
    pub answers: Vec<(u16, Vec<KeyEvaluation>)>,
    /// Keyholders that did not answer, by ascending index.
    pub missing: Vec<(u16, Missing)>,
}

/// Why a keyholder did not answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing {
    /// It cannot be reached.
    Unreachable,
    /// It refused.
    Refused(Refusal),
}

impl Missing {
    /// When it can be asked again, if it refused for the quota.
    pub const fn again(self) -> Option<Again> {
        match self {
            Missing::Refused(Refusal::Quota(again)) => Some(again),
            _ => None,
        }
    }

    const fn items(self) -> u64 {
        match self {
            Missing::Unreachable => 1,
            Missing::Refused(why) => why.items(),
        }
    }

    /// A stable word for it.
    pub const fn code(self) -> &'static str {
        match self {
            Missing::Unreachable => "unreachable",
            Missing::Refused(why) => why.code(),
        }
    }
}

impl Evaluate {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(|e| {
            cbor::put_array(e, 2);
            self.ask.write(e);
            cbor::put_array(e, self.except.len() as u64);
            for index in &self.except {
                cbor::put_uint(e, u64::from(*index));
            }
        })
    }

    /// Reads it.
    ///
    /// # Errors
    /// If the bytes are not the canonical form of one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        cbor::decode(bytes, MAX_MESSAGE, |d| {
            cbor::tuple(d, 2)?;
            Ok(Self {
                ask: EvaluateAsk::read(d)?,
                except: cbor::list(d, 255, |d| Ok(d.u16()?))?,
            })
        })
    }
}

impl Evaluated {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(|e| {
            cbor::put_array(e, 2);
            cbor::put_array(e, self.answers.len() as u64);
            for (index, answers) in &self.answers {
                cbor::put_array(e, 2);
                cbor::put_uint(e, u64::from(*index));
                KeyEvaluation::write_all(answers, e);
            }
            cbor::put_array(e, self.missing.len() as u64);
            for (index, why) in &self.missing {
                cbor::put_array(e, 1 + why.items());
                cbor::put_uint(e, u64::from(*index));
                match why {
                    Missing::Unreachable => cbor::put_uint(e, 0),
                    Missing::Refused(why) => why.put(e),
                }
            }
        })
    }

    /// Reads it.
    ///
    /// # Errors
    /// If the bytes are not the canonical form of one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        cbor::decode(bytes, MAX_MESSAGE, |d| {
            cbor::tuple(d, 2)?;
            let answers = cbor::list(d, 255, |d| {
                cbor::tuple(d, 2)?;
                Ok((d.u16()?, KeyEvaluation::read_all(d)?))
            })?;
            let missing = cbor::list(d, 255, |d| {
                let items = d.array()?;
                let index = d.u16()?;
                let why = match d.u8()? {
                    0 if items == Some(2) => Missing::Unreachable,
                    n => Missing::Refused(Refusal::read(n, items, d)?),
                };
                Ok((index, why))
            })?;
            Ok(Self { answers, missing })
        })
    }
}

/// A sealed question to be passed on to another organisation's node. The answer is the sealed
/// reply, as it comes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PassOn {
    /// Which node.
    pub to: NodeKey,
    /// The sealed question.
    pub sealed: Vec<u8>,
}

impl PassOn {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(|e| {
            cbor::put_array(e, 2);
            cbor::put_bytes(e, self.to.as_bytes());
            cbor::put_bytes(e, &self.sealed);
        })
    }

    /// Reads it.
    ///
    /// # Errors
    /// If the bytes are not the canonical form of one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        cbor::decode(bytes, SEALED_REQUEST + 64, |d| {
            cbor::tuple(d, 2)?;
            Ok(Self {
                to: NodeKey::from_bytes(cbor::array(d)?),
                sealed: cbor::bytes(d, SEALED_REQUEST)?.to_vec(),
            })
        })
    }

    /// The largest sealed reply.
    pub const MAX_REPLY: usize = SEALED_REPLY;
}

/// A record that the home node is to sign and publish.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// Its last day.
    pub expires: Day,
    /// What it says.
    pub body: Body,
}

/// Records to be published: each is signed, stored and passed on, or refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Publish(pub Vec<Wanted>);

/// What became of a record that was to be published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is on disk under this id.
    Published(RecordId),
    /// It is not; the rule's name and a sentence.
    Refused {
        /// A stable word.
        code: String,
        /// What is wrong and what to do.
        message: String,
    },
}

impl Publish {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(|e| {
            cbor::put_array(e, self.0.len() as u64);
            for wanted in &self.0 {
                cbor::put_array(e, 3);
                cbor::put_uint(e, u64::from(wanted.body.kind().number()));
                put_day(e, wanted.expires);
                cbor::put_raw(e, &wanted.body.encode());
            }
        })
    }

    /// Reads it.
    ///
    /// # Errors
    /// If the bytes are not the canonical form of one, or name a kind that clients do not hand in.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        cbor::decode(bytes, MAX_MESSAGE, |d| {
            cbor::list(d, MAX_DRAFTS, |d| {
                cbor::tuple(d, 3)?;
                let kind = Kind::from_number(d.u8()?)
                    .filter(|k| k.by_clients())
                    .ok_or(Malformed::Shape)?;
                Ok(Wanted {
                    expires: Day::from_number(d.u32()?),
                    body: Body::decode(kind, d)?,
                })
            })
        })
        .map(Self)
    }
}

/// What became of the records, in their order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Published(pub Vec<Outcome>);

impl Published {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(|e| {
            cbor::put_array(e, self.0.len() as u64);
            for outcome in &self.0 {
                match outcome {
                    Outcome::Published(id) => {
                        cbor::put_array(e, 1);
                        cbor::put_bytes(e, id.as_bytes());
                    }
                    Outcome::Refused { code, message } => {
                        cbor::put_array(e, 2);
                        cbor::put_text(e, code);
                        cbor::put_text(e, message);
                    }
                }
            }
        })
    }

    /// Reads it.
    ///
    /// # Errors
    /// If the bytes are not the canonical form of one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        cbor::decode(bytes, MAX_MESSAGE, |d| {
            cbor::list(d, MAX_DRAFTS, |d| match d.array()? {
                Some(1) => Ok(Outcome::Published(RecordId::from_bytes(cbor::array(d)?))),
                Some(2) => Ok(Outcome::Refused {
                    code: cbor::text(d, 64)?.to_owned(),
                    message: cbor::text(d, 1024)?.to_owned(),
                }),
                _ => Err(Malformed::Shape),
            })
        })
        .map(Self)
    }
}

/// The tags of reports issued from one day to another, from a place in the node's order on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TagsAsk {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// Where the last answer ended; 0 to begin.
    pub cursor: u64,
}

/// What a report shows to browsing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tag {
    /// The report.
    pub id: ShortId,
    /// The season whose area key made the tag.
    pub season: Season,
    /// Its salt.
    pub salt: [u8; 16],
    /// Its tag.
    pub tag: [u8; 8],
}

/// Tags, and where to go on; 0: that was all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TagsReply {
    /// The tags.
    pub tags: Vec<Tag>,
    /// Where to go on.
    pub next: u64,
}

impl TagsAsk {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(|e| {
            cbor::put_array(e, 3);
            put_day(e, self.from);
            put_day(e, self.to);
            cbor::put_uint(e, self.cursor);
        })
    }

    /// Reads it.
    ///
    /// # Errors
    /// If the bytes are not the canonical form of one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        cbor::decode(bytes, 64, |d| {
            cbor::tuple(d, 3)?;
            Ok(Self {
                from: Day::from_number(d.u32()?),
                to: Day::from_number(d.u32()?),
                cursor: d.u64()?,
            })
        })
    }
}

impl TagsReply {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(|e| {
            cbor::put_array(e, 2);
            cbor::put_array(e, self.tags.len() as u64);
            for tag in &self.tags {
                cbor::put_array(e, 4);
                cbor::put_bytes(e, &tag.id);
                cbor::put_uint(e, u64::from(tag.season.index()));
                cbor::put_bytes(e, &tag.salt);
                cbor::put_bytes(e, &tag.tag);
            }
            cbor::put_uint(e, self.next);
        })
    }

    /// Reads it.
    ///
    /// # Errors
    /// If the bytes are not the canonical form of one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        cbor::decode(bytes, MAX_MESSAGE, |d| {
            cbor::tuple(d, 2)?;
            let tags = cbor::list(d, MAX_TAGS, |d| {
                cbor::tuple(d, 4)?;
                Ok(Tag {
                    id: cbor::array(d)?,
                    season: Season::from_index(d.u32()?),
                    salt: cbor::array(d)?,
                    tag: cbor::array(d)?,
                })
            })?;
            Ok(Self {
                tags,
                next: d.u64()?,
            })
        })
    }
}

/// The organisation's own reports, whole, from a place in the node's order on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OwnAsk {
    /// Where the last answer ended; 0 to begin.
    pub cursor: u64,
    /// Only reports of audience *own*; else all that the organisation published.
    pub only_own: bool,
}

/// The organisation's own reports and what hangs on them, and where to go on; 0: that was all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnReply {
    /// The records.
    pub records: Vec<Vec<u8>>,
    /// Where to go on.
    pub next: u64,
}

impl OwnAsk {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(|e| {
            cbor::put_array(e, 2);
            cbor::put_uint(e, self.cursor);
            cbor::put_bool(e, self.only_own);
        })
    }

    /// Reads it.
    ///
    /// # Errors
    /// If the bytes are not the canonical form of one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        cbor::decode(bytes, 64, |d| {
            cbor::tuple(d, 2)?;
            Ok(Self {
                cursor: d.u64()?,
                only_own: d.bool()?,
            })
        })
    }
}

impl OwnReply {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(|e| {
            cbor::put_array(e, 2);
            put_list(e, &self.records);
            cbor::put_uint(e, self.next);
        })
    }

    /// Reads it.
    ///
    /// # Errors
    /// If the bytes are not the canonical form of one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        cbor::decode(bytes, MAX_MESSAGE, |d| {
            cbor::tuple(d, 2)?;
            Ok(Self {
                records: records(d, MAX_RECORDS)?,
                next: d.u64()?,
            })
        })
    }
}
