//! The papers of a node: what it asks its organisation to sign, and what it takes in.
//!
//! A root key is on no machine that is on a network, so a file goes each way: `request` to the
//! root, the answer back (`spec/10-charter.md`, section 8).

use crate::ceremony::{Desk, DeskError, Known};
use crate::files::write_together;
use crate::keys::{IdentityError, NodeKeys, encode_trust, read_chain, read_met, read_trust};
use parasol_protocol::admit;
use parasol_protocol::cbor::{self, Malformed};
use parasol_protocol::certificate::{Certificate, CertificateError, Judging};
use parasol_protocol::charter::{Chain, Charter, CharterError, Offered};
use parasol_protocol::directory::Directory;
use parasol_protocol::ids::{FederationId, NodeKey, OrganisationKey, SealKey, TransportKey};
use parasol_protocol::keys::SignatureBytes;
use parasol_protocol::limits::MAX_RECORD;
use parasol_protocol::record::delegation::{Delegation, SlotRange, Terms};
use parasol_protocol::record::{Refusal, Rule, Verified};
use parasol_protocol::time::Day;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The words at the beginning of a request.
const FORMAT: &str = "parasol request 1";
/// The largest request, and the largest file that is taken in.
const MAX_PAPER: usize = 64 * 1024 * 1024;

/// The most records in a file of them; a charter file has fewer.
const MAX_LISTED: usize = 4096;

/// What a node asks its organisation's root to sign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DelegationRequest {
    /// The node's name.
    pub name: String,
    /// All that the node knows of the charter, so that the root's machine need know nothing.
    pub charter: Vec<u8>,
    /// For whom it wants to work.
    pub organisation: OrganisationKey,
    /// The key that will sign records.
    pub record_key: NodeKey,
    /// The key by which other nodes know it.
    pub transport_key: TransportKey,
    /// The key to which clients seal.
    pub seal_key: SealKey,
    /// That the record key agrees.
    pub possession: SignatureBytes,
    /// That the transport key agrees.
    pub transport_possession: SignatureBytes,
}

impl DelegationRequest {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(|e| {
            cbor::put_array(e, 9);
            cbor::put_text(e, FORMAT);
            cbor::put_text(e, &self.name);
            cbor::put_bytes(e, &self.charter);
            cbor::put_bytes(e, self.organisation.as_bytes());
            cbor::put_bytes(e, self.record_key.as_bytes());
            cbor::put_bytes(e, self.transport_key.as_bytes());
            cbor::put_bytes(e, self.seal_key.as_bytes());
            cbor::put_bytes(e, &self.possession);
            cbor::put_bytes(e, &self.transport_possession);
        })
    }

    /// Reads a request.
    ///
    /// # Errors
    /// If it is none.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        cbor::decode(bytes, MAX_PAPER, |d| {
            cbor::tuple(d, 9)?;
            if cbor::text(d, 64)? != FORMAT {
                return Err(Malformed::Shape);
            }
            Ok(Self {
                name: cbor::text(d, 32)?.to_owned(),
                charter: cbor::bytes(d, MAX_PAPER)?.to_vec(),
                organisation: OrganisationKey::from_bytes(cbor::array(d)?),
                record_key: NodeKey::from_bytes(cbor::array(d)?),
                transport_key: TransportKey::from_bytes(cbor::array(d)?),
                seal_key: SealKey::from_bytes(cbor::array(d)?),
                possession: cbor::array(d)?,
                transport_possession: cbor::array(d)?,
            })
        })
    }

    /// What the machine of a root looks at before it signs: the charter that counts by what the node
    /// knows, in which this root is an organisation, and that both of the node's keys have agreed.
    ///
    /// # Errors
    /// Says which of these fails, in this order.
    pub fn check(&self, root: &OrganisationKey) -> Result<Charter, RequestError> {
        // A file of documents, even if there is one alone.
        if self.charter.first().is_none_or(|b| b >> 5 == 6) {
            return Err(CharterError::from(Malformed::Shape).into());
        }
        let (chain, _) = Chain::salvage(&self.charter)?;
        let charter = chain.current();
        if self.organisation != *root {
            return Err(RequestError::AnotherOrganisation);
        }
        if charter.organisation(root).is_none() {
            return Err(RequestError::NoMember);
        }
        // Neither slots nor days are among what the keys have signed.
        let agreed = self.delegation(SlotRange { first: 0, count: 0 }, Day::default());
        agreed
            .verify_possession(charter.federation(), root)
            .map_err(|_| RequestError::Possession)?;
        Ok(charter)
    }

    /// The delegation that it asks for, with these slots and this end.
    pub const fn delegation(&self, slots: SlotRange, until: Day) -> Delegation {
        Delegation {
            terms: Terms {
                record_key: self.record_key,
                transport_key: self.transport_key,
                seal_key: self.seal_key,
                slots,
                until,
            },
            possession: self.possession,
            transport_possession: self.transport_possession,
        }
    }
}

/// Why a root does not answer a request.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RequestError {
    /// What it carries is no charter file.
    #[error(transparent)]
    Charter(#[from] CharterError),
    /// It asks another organisation.
    #[error("the node asks another organisation")]
    AnotherOrganisation,
    /// The root is none of the charter's.
    #[error("this root is none of the charter's that the request carries")]
    NoMember,
    /// A key of the node's has not agreed.
    #[error(
        "the node's keys have not agreed to it; it was altered, or made for another federation"
    )]
    Possession,
}

impl RequestError {
    /// A word for it that never changes, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Charter(_) => "charter",
            Self::AnotherOrganisation => "another-organisation",
            Self::NoMember => "no-member",
            Self::Possession => "possession",
        }
    }
}

/// Why a file of records is refused, with all that is in it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RecordFileError {
    /// It is neither a record nor an array of records.
    #[error("it is neither a record nor a list of them: {0}")]
    Form(Malformed),
    /// One in it is no record of this federation.
    #[error(transparent)]
    Record(#[from] Refusal),
}

/// The records in a file: one as it is, or a list of them. Whether anybody carries them is another
/// question.
///
/// # Errors
/// If the file holds something else, or a signature does not hold.
pub fn records_in(
    bytes: &[u8],
    federation: &FederationId,
) -> Result<Vec<Verified>, RecordFileError> {
    let listed = match bytes.first() {
        Some(0xd2) => vec![bytes.to_vec()],
        _ => cbor::decode(bytes, MAX_PAPER, |d| {
            cbor::list(d, MAX_LISTED, |d| {
                let record = cbor::bytes(d, MAX_RECORD)?;
                match record.is_empty() {
                    false => Ok(record.to_vec()),
                    true => Err(Malformed::Shape),
                }
            })
        })
        .map_err(RecordFileError::Form)?,
    };
    let verified = listed
        .iter()
        .map(|one| Verified::from_bytes(one, federation));
    Ok(verified.collect::<Result<_, _>>()?)
}

/// Why a paper was not made or not taken in. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// The directory is none of a node, or damaged.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The charter does not hold.
    #[error("{path}: {why}")]
    Charter {
        /// Where.
        path: PathBuf,
        /// Why not.
        why: CharterError,
    },
    /// A record is not taken.
    #[error("{path}: a {kind} in it is refused: {why}")]
    Record {
        /// Where.
        path: PathBuf,
        /// Of which kind it is.
        kind: &'static str,
        /// Why.
        why: Refusal,
    },
    /// The certificate does not hold.
    #[error("{path}: {why}")]
    Certificate {
        /// Where.
        path: PathBuf,
        /// Why not.
        why: CertificateError,
    },
    /// A later certificate that not all of its holders have signed.
    #[error(
        "{path}: not all who are to hold these shares have signed this certificate, so the shares of before are needed still. When they have, their nodes pass it on by themselves; else get the file from one of them again"
    )]
    Unfinished {
        /// Where.
        path: PathBuf,
    },
    /// There is another certificate of one epoch.
    #[error(
        "ALARM: {path} is another certificate of key generation {epoch} than the one that this node has, and there must be one only. Signed by both: {signed}. Use neither until the keyholders have cleared this up: whoever signed both has lost control of a node, or made one anew"
    )]
    TwoCertificates {
        /// Where.
        path: PathBuf,
        /// Which.
        epoch: u32,
        /// The organisations whose nodes signed both.
        signed: String,
    },
    /// The node's ceremonies cannot be worked on.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The file is none that a node takes.
    #[error(
        "{0} is no charter, certificate or record, and no file of them; it may have been damaged on its way"
    )]
    Unknown(PathBuf),
    /// There is no charter yet.
    #[error(
        "this node has no charter yet: take in the federation's charter first, with `parasol node take`"
    )]
    NoCharter,
    /// The organisation is not in the charter.
    #[error("`{0}` is no organisation of the charter: give its short name or its root key")]
    NoOrganisation(String),
    /// It is not said for whom.
    #[error("say for which organisation the node is to work, with --organisation NAME")]
    WhoseNode,
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What was taken in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Taken {
    /// Versions of the charter, or signatures to them, that were not known.
    pub charters: usize,
    /// The version that counts now.
    pub version: u32,
    /// Records that were not known.
    pub records: usize,
    /// Whether there is a newer certificate of the shared keys.
    pub certificate: bool,
}

/// What a node asks its organisation's root to sign. The organisation is the one that the node
/// works for already, unless another is named.
///
/// # Errors
/// If the directory is none of a node, has no charter, or the organisation is not in it.
pub fn request(dir: &Path, organisation: Option<&str>) -> Result<DelegationRequest, PaperError> {
    let keys = NodeKeys::read(dir)?;
    let path = dir.join("charter.cbor");
    if !path.exists() {
        return Err(PaperError::NoCharter);
    }
    let chain = read_chain(&path)?;
    let charter = chain.current();
    let organisation = match organisation {
        Some(named) => named_in(&charter, named)?,
        None => {
            let known = read_records(dir, charter.federation())?;
            let mut directory = Directory::new(charter.clone());
            for record in &known {
                directory.learn(record);
            }
            let works_for = directory.organisation_of(&keys.record.node());
            let member = works_for.and_then(|root| charter.answers_for(&root));
            member.ok_or(PaperError::WhoseNode)?.root
        }
    };
    let (record_key, transport_key, seal_key) = keys.public();
    let agreed = Terms {
        record_key,
        transport_key,
        seal_key,
        slots: SlotRange { first: 0, count: 0 },
        until: Day::default(),
    }
    .agree(
        charter.federation(),
        &organisation,
        &keys.record,
        &keys.transport,
    );
    Ok(DelegationRequest {
        name: name_of(dir),
        charter: chain.to_bytes(),
        organisation,
        record_key,
        transport_key,
        seal_key,
        possession: agreed.possession,
        transport_possession: agreed.transport_possession,
    })
}

fn name_of(dir: &Path) -> String {
    let config = crate::config::NodeConfig::load_with(dir, &|_| None);
    config.map_or_else(|_| "node".to_owned(), |c| c.name)
}

fn named_in(charter: &Charter, named: &str) -> Result<OrganisationKey, PaperError> {
    let by_name = charter.named(named).map(|o| o.root);
    let by_key = || {
        named
            .parse()
            .ok()
            .filter(|key| charter.organisation(key).is_some())
    };
    by_name
        .or_else(by_key)
        .ok_or_else(|| PaperError::NoOrganisation(named.to_owned()))
}

fn read_records(dir: &Path, federation: &FederationId) -> Result<Vec<Verified>, PaperError> {
    let path = dir.join("trust.cbor");
    if path.exists() {
        Ok(read_trust(&path, federation)?)
    } else {
        Ok(Vec::new())
    }
}

/// The items of a file: one alone, or an array of them.
pub(super) fn items(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    if bytes.first().is_some_and(|b| b >> 5 == 6) {
        return Some(vec![bytes.to_vec()]);
    }
    cbor::decode(bytes, MAX_PAPER, |d| {
        cbor::list(d, MAX_LISTED, |d| Ok(d.bytes()?.to_vec()))
    })
    .ok()
}

/// Takes files into a node's directory: versions of the charter, records that roots signed, a
/// certificate of the shared keys. All of them, or nothing: they are judged before anything is written,
/// and written together. After a crash in the middle of that some may be there, each whole, and to take
/// the same files again completes it.
///
/// # Errors
/// Says which file is refused, and why.
pub fn take(dir: &Path, files: &[PathBuf], today: Day) -> Result<Taken, PaperError> {
    let keys = NodeKeys::read(dir)?;
    // Nobody else takes a certificate into use meanwhile.
    let desk = Desk::open(dir)?;
    let charter_path = dir.join("charter.cbor");
    let mut chain = match charter_path.exists() {
        true => Some(read_chain(&charter_path)?),
        false => None,
    };
    let mut taken = Taken::default();
    let (mut records, mut certificates) = (Vec::new(), Vec::new());
    for path in files {
        let io = |source| PaperError::Io {
            path: path.clone(),
            source,
        };
        let bytes = fs::read(path).map_err(io)?;
        for item in items(&bytes).ok_or_else(|| PaperError::Unknown(path.clone()))? {
            match item.first() {
                Some(0xd2) if item.len() <= MAX_RECORD => records.push((path, item)),
                Some(0xd8) => match offer(&mut chain, &item) {
                    Ok(new) => taken.charters += usize::from(new),
                    // A certificate has the same shape, and other contents.
                    Err(CharterError::Malformed(_)) => certificates.push((path, item)),
                    Err(why) => {
                        let path = path.clone();
                        return Err(PaperError::Charter { path, why });
                    }
                },
                _ => return Err(PaperError::Unknown(path.clone())),
            }
        }
    }
    let chain = chain.ok_or(PaperError::NoCharter)?;
    let charter = chain.current();
    taken.version = charter.version();
    let mut known = read_records(dir, charter.federation())?;
    let mut directory = Directory::new(charter.clone());
    // A certificate may be judged by delegations that only the node itself has met with.
    for record in known.iter().chain(&read_met(dir, charter.federation())) {
        directory.learn(record);
    }
    for (path, bytes) in records {
        let refused = |why| PaperError::Record {
            path: path.clone(),
            kind: "record",
            why,
        };
        let record = Verified::from_bytes(&bytes, charter.federation()).map_err(refused)?;
        let kind = record.kind();
        let refused = |why| PaperError::Record {
            path: path.clone(),
            kind: kind.name(),
            why,
        };
        if !kind.by_root() {
            return Err(refused(Rule::WrongSigner.into()));
        }
        let home = record.header().organisation;
        admit::check(&record, &directory, &home, today).map_err(refused)?;
        if known.iter().all(|k| k.id() != record.id()) {
            directory.learn(&record);
            known.push(record);
            taken.records += 1;
        }
    }
    let certificate_path = dir.join("certificate.cbor");
    let mut newest = match fs::read(&certificate_path) {
        Ok(bytes) => Certificate::of_latest(&bytes, &charter, &directory, Judging::Again).ok(),
        Err(_) => None,
    };
    for (path, bytes) in certificates {
        let wrong = |why| PaperError::Certificate {
            path: path.clone(),
            why,
        };
        let digest = Certificate::digest_in(&bytes).map_err(wrong)?;
        // A node that has none goes by what the others go by.
        let judging = match &newest {
            None => Judging::InUse,
            Some(known) if *known.digest() == digest => Judging::Again,
            Some(_) => Judging::Anew,
        };
        let read = Certificate::of_latest(&bytes, &charter, &directory, judging);
        let read = read.map_err(wrong)?;
        if let Some(before) = newest.as_ref().filter(|n| differ(n, &read)) {
            return Err(PaperError::TwoCertificates {
                path: path.clone(),
                epoch: read.epoch(),
                signed: names(&before.signed_twice(&read), &directory),
            });
        }
        let rank = |c: &Certificate| (c.epoch(), c.signed());
        // By hand no more than by itself (`spec/11-ceremonies.md`, section 7).
        let later = newest.as_ref().is_some_and(|n| n.epoch() < read.epoch());
        if later && read.lacks_somebody(&charter) {
            return Err(PaperError::Unfinished { path: path.clone() });
        }
        if newest.as_ref().is_none_or(|n| rank(n) < rank(&read)) {
            newest = Some(read);
            taken.certificate = true;
        }
    }
    drop(keys);
    // The charter first: records may need it, and it needs none of them.
    let mut papers = Vec::new();
    if taken.charters > 0 {
        papers.push((charter_path, chain.to_bytes()));
    }
    let trust_path = dir.join("trust.cbor");
    if taken.records > 0 || !trust_path.exists() {
        papers.push((trust_path, encode_trust(&known)));
    }
    let newest = newest.filter(|_| taken.certificate);
    if let Some(certificate) = &newest {
        let judged = fs::read(&certificate_path).ok();
        let judged = judged.and_then(|bytes| {
            Certificate::of_latest(&bytes, &charter, &directory, Judging::Again).ok()
        });
        if let Some(before) = judged.filter(|b| !b.dealt() && b.digest() != certificate.digest()) {
            let known = Known {
                directory: Arc::new(directory.clone()),
                certificate: Some(before.clone()),
            };
            desk.keep_before(&before, certificate, &known)?;
        }
        papers.push((certificate_path, certificate.bytes().to_vec()));
    }
    write_together(&papers).map_err(|(path, source)| PaperError::Io { path, source })?;
    if newest.is_some() {
        let known = Known {
            directory: Arc::new(directory),
            certificate: newest,
        };
        desk.destroy_old(&known, None, true)?;
    }
    Ok(taken)
}

/// Whether two certificates are of one epoch and say different things.
fn differ(one: &Certificate, other: &Certificate) -> bool {
    one.epoch() == other.epoch() && one.digest() != other.digest()
}

/// These organisations by name.
fn names(organisations: &BTreeSet<OrganisationKey>, directory: &Directory) -> String {
    let name = |root: &OrganisationKey| {
        let member = directory.charter().answers_for(root);
        member.map_or_else(|| root.to_string(), |member| member.name.clone())
    };
    let names: Vec<String> = organisations.iter().map(name).collect();
    names.join(", ")
}

fn offer(chain: &mut Option<Chain>, document: &[u8]) -> Result<bool, CharterError> {
    match chain {
        Some(chain) => Ok(chain.offer(document)? == Offered::Taken),
        None => {
            *chain = Some(Chain::found(document)?);
            Ok(true)
        }
    }
}
