//! What a node is: its keys, its shares, and the documents that say so, as they lie in its directory.
//!
//! ```text
//! format            "parasol node 1"
//! keys/record.key   seeds in hexadecimal, mode 0600: signs records
//! keys/transport.key                                 is known to other nodes
//! keys/seal.key                                      opens what clients seal to this node
//! keys/shares-EPOCH-DIGEST.cbor                      its shares of the federation's keys, if it is a
//!                   keyholder, by the certificate that names them; 0600. keys/shares.cbor: of dealt
//!                   keys
//! charter.cbor, certificate.cbor, trust.cbor         signed by others, not secret; the charter as
//!                   all that is known of its chain; no certificate before there are keys
//! roots.cbor        the delegations that the node has met with, written by itself
//! tokens.toml       hashes of the tokens by which clients are let in; 0600
//! ```

use crate::files::is_exposed;
use parasol_protocol::cbor::{self, Malformed, Out};
use parasol_protocol::certificate::{self, Certificate, CertificateError, Judging};
use parasol_protocol::charter::{Chain, Charter, CharterError};
use parasol_protocol::directory::Directory;
use parasol_protocol::engine::Member;
use parasol_protocol::ids::{FederationId, NodeKey, OrganisationKey, SealKey, TransportKey};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::MAX_RECORD;
use parasol_protocol::oprf::{KeyName, KeyShare};
use parasol_protocol::record::{Refusal, Verified};
use parasol_protocol::wire::sealed::SealSecret;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The version of the charter from which on this node weighs what follows.
pub(crate) const SETTLED: &str = "charter.settled";
/// The delegations that a node has met with.
pub(crate) const MET: &str = "roots.cbor";
/// The words in `format`, before the number.
const FORMAT: &str = "parasol node";
/// The format that this version writes, and the newest that it reads.
const VERSION: u32 = 1;
/// The most shares that a file may hold: what a certificate may name.
const MAX_SHARES: usize = 64;
/// The largest file of root-signed records.
const MAX_TRUST: usize = 16 * 1024 * 1024;

/// Why a node directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A file is not there.
    #[error("there is no {path}: {next}")]
    Missing {
        /// Which.
        path: PathBuf,
        /// What to do.
        next: &'static str,
    },
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others may read a secret file.
    #[error(
        "{path} holds secrets, and others on this machine may read it: run `chmod 600 {path}`, and think about who may have read it"
    )]
    Exposed {
        /// Which.
        path: PathBuf,
    },
    /// A newer program wrote the directory.
    #[error(
        "{path} is of format {found}, and this program reads {VERSION}: use the newer version that wrote it"
    )]
    Newer {
        /// Which.
        path: PathBuf,
        /// Its number.
        found: u32,
    },
    /// A file does not hold what it should.
    #[error("{path} is damaged: {why}; take it from a backup or from your federation again")]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The files do not belong together.
    #[error("{path}: {why}")]
    Contradiction {
        /// Which.
        path: PathBuf,
        /// What does not fit.
        why: String,
    },
}

/// The secret keys of a node, one for each purpose.
#[derive(Clone, Debug)]
pub struct NodeKeys {
    /// Signs records.
    pub record: SecretKey,
    /// Is known to other nodes on the network.
    pub transport: SecretKey,
    /// Opens what clients seal to this node.
    pub seal: SealSecret,
}

/// A node, as its directory says.
#[derive(Debug)]
pub struct NodeIdentity {
    /// Its secret keys.
    pub keys: NodeKeys,
    /// Its shares of the federation's keys; none if it is no keyholder.
    pub shares: BTreeMap<KeyName, KeyShare>,
    /// The federation's charter, the version that counts.
    pub charter: Charter,
    /// All that is known of it.
    pub chain: Chain,
    /// The certificate of the federation's keys; none before they are made.
    pub certificate: Option<Certificate>,
    /// The first records that roots signed: they go into the store at every start.
    pub trust: Vec<Verified>,
    /// Delegations that the node has met with since, by which certificates are judged.
    pub met: Vec<Verified>,
    /// The organisation that the node works for.
    pub organisation: OrganisationKey,
    /// Who is let in.
    pub tokens: Tokens,
}

/// The hashes of the tokens by which clients are let in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tokens(BTreeMap<[u8; 32], String>);

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct TokensFile {
    tokens: BTreeMap<String, String>,
}

impl Tokens {
    /// The profile whose token this is. Hashes are looked up, not tokens, so timing says nothing
    /// that helps in guessing one.
    pub fn profile_of(&self, token: &str) -> Option<&str> {
        self.0.get(&token_hash(token)).map(String::as_str)
    }

    /// Under what the node counts what is asked with a token.
    pub fn member(token: &str) -> Member {
        Member(token_hash(token))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nobody is let in.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text of `tokens.toml` that lets in these profiles with their tokens.
    pub fn file_text<'a>(tokens: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let lines = tokens.into_iter().map(|(profile, token)| {
            format!("{profile} = \"{}\"\n", hex::encode(token_hash(token)))
        });
        format!(
            "# SHA-256 of each profile's bearer token.\n[tokens]\n{}",
            lines.collect::<String>()
        )
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: TokensFile = toml::from_str(text).map_err(|e| e.message().to_owned())?;
        let mut tokens = BTreeMap::new();
        for (profile, hash) in file.tokens {
            let mut bytes = [0; 32];
            hex::decode_to_slice(&hash, &mut bytes)
                .map_err(|_| format!("the token of {profile} is not 64 hexadecimal characters"))?;
            tokens.insert(bytes, profile);
        }
        Ok(Self(tokens))
    }
}

fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

impl NodeKeys {
    /// Fresh keys.
    pub fn generate(entropy: &mut dyn parasol_protocol::entropy::Entropy) -> Self {
        Self {
            record: SecretKey::generate(entropy),
            transport: SecretKey::generate(entropy),
            seal: SealSecret::generate(entropy),
        }
    }

    /// The public halves: record, transport, seal.
    pub fn public(&self) -> (NodeKey, TransportKey, SealKey) {
        (
            self.record.node(),
            self.transport.transport(),
            self.seal.public(),
        )
    }

    /// The files' names and contents.
    pub fn files(&self) -> [(&'static str, Zeroizing<String>); 3] {
        let text = |seed: Zeroizing<[u8; 32]>| {
            let mut text = Zeroizing::new(hex::encode(*seed));
            text.push('\n');
            text
        };
        [
            ("record.key", text(self.record.seed())),
            ("transport.key", text(self.transport.seed())),
            ("seal.key", text(self.seal.seed())),
        ]
    }

    /// Reads the keys of a node directory.
    ///
    /// # Errors
    /// If a file is missing, others may read it, or it does not hold a seed.
    pub fn read(dir: &Path) -> Result<Self, IdentityError> {
        let seed = |name: &str| {
            let path = dir.join("keys").join(name);
            let bytes = read_secret(&path)?;
            let text = std::str::from_utf8(&bytes).unwrap_or_default().trim();
            let mut seed = Zeroizing::new([0; 32]);
            hex::decode_to_slice(text, seed.as_mut()).map_err(|_| IdentityError::Damaged {
                path,
                why: "it must hold 64 hexadecimal characters".into(),
            })?;
            Ok::<_, IdentityError>(seed)
        };
        Ok(Self {
            record: SecretKey::from_seed(*seed("record.key")?),
            transport: SecretKey::from_seed(*seed("transport.key")?),
            seal: SealSecret::from_seed(*seed("seal.key")?),
        })
    }
}

/// The text of a node directory's `format`.
pub fn format_text() -> String {
    format!("{FORMAT} {VERSION}\n")
}

/// The contents of `shares.cbor`.
pub fn encode_shares(shares: &BTreeMap<KeyName, KeyShare>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(cbor::encode(|e| {
        cbor::put_array(e, shares.len() as u64);
        for (name, share) in shares {
            put_share(e, *name, share);
        }
    }))
}

fn put_share(e: &mut Out, name: KeyName, share: &KeyShare) {
    cbor::put_array(e, 2);
    certificate::put_name(e, name);
    cbor::put_bytes(e, share.to_bytes().as_slice());
}

pub(crate) fn decode_shares(bytes: &[u8]) -> Result<BTreeMap<KeyName, KeyShare>, Malformed> {
    let listed = cbor::decode(bytes, 64 * MAX_SHARES, |d| {
        cbor::list(d, MAX_SHARES, |d| {
            cbor::tuple(d, 2)?;
            let name = certificate::name(d)?;
            let bytes: Zeroizing<[u8; KeyShare::LEN]> = Zeroizing::new(cbor::array(d)?);
            let share = KeyShare::from_bytes(bytes.as_slice()).map_err(|_| Malformed::Shape)?;
            Ok((name, share))
        })
    })?;
    if !listed.is_sorted_by(|a, b| a.0 < b.0) {
        return Err(Malformed::KeyOrder);
    }
    Ok(listed.into_iter().collect())
}

/// The contents of `trust.cbor`.
pub fn encode_trust(records: &[Verified]) -> Vec<u8> {
    cbor::encode(|e| {
        cbor::put_array(e, records.len() as u64);
        for record in records {
            cbor::put_bytes(e, record.bytes());
        }
    })
}

impl NodeIdentity {
    /// Reads a node directory, and checks that what lies in it belongs together.
    ///
    /// # Errors
    /// Says which file is missing, open to others, damaged, newer than this program, or does not
    /// fit the others, and what to do.
    pub fn read(dir: &Path) -> Result<Self, IdentityError> {
        check_format(&dir.join("format"))?;
        let keys = NodeKeys::read(dir)?;

        let path = dir.join("charter.cbor");
        let chain = read_chain(&path)?;
        let charter = chain.current();

        let path = dir.join("trust.cbor");
        let trust = read_trust(&path, charter.federation())?;
        let mut directory = Directory::new(charter.clone());
        let met = read_met(dir, charter.federation());
        for record in trust.iter().chain(&met) {
            directory.learn(record);
        }
        let organisation = directory
            .organisation_of(&keys.record.node())
            .filter(|o| charter.answers_for(o).is_some())
            .ok_or_else(|| {
                contradiction(&path, &"no organisation of the charter has delegated to this node: write what it asks for with `parasol node request`, have your organisation's root sign that with `parasol org delegate`, and take the answer in with `parasol node take`")
            })?;

        let certificate = read_certificate(dir, &directory)?;
        let shares = match &certificate {
            None => BTreeMap::new(),
            Some(certificate) => own_shares(dir, certificate, &charter, &organisation)?,
        };

        let path = dir.join("tokens.toml");
        let text = read_secret(&path)?;
        let text = std::str::from_utf8(&text).unwrap_or("?");
        let tokens = Tokens::parse(text).map_err(|e| damaged(&path, &e))?;

        Ok(Self {
            keys,
            shares,
            charter,
            chain,
            certificate,
            trust,
            met,
            organisation,
            tokens,
        })
    }

    /// A directory that knows what the node was given and what it has met with.
    pub fn directory(&self) -> Directory {
        let mut directory = Directory::new(self.charter.clone());
        for record in self.trust.iter().chain(&self.met) {
            directory.learn(record);
        }
        directory
    }
}

/// Where the shares lie that a ceremony made: by the epoch, and by the digest of the certificate that
/// names them. Two ceremonies may make an epoch of one number, of which one stops; whoever has stored
/// what the other gave has a file of its own for each.
pub fn shares_path(dir: &Path, epoch: u32, certificate: &[u8; 32]) -> PathBuf {
    let digest = hex::encode(certificate);
    dir.join("keys")
        .join(format!("shares-{epoch}-{digest}.cbor"))
}

/// The epoch in the name of a file of shares that a ceremony made. Earlier programs named it by the epoch
/// alone: no certificate's shares are looked for there, and it goes when others of its epoch go.
pub(crate) fn epoch_in(name: &str) -> Option<u32> {
    let rest = name.strip_prefix("shares-")?.strip_suffix(".cbor")?;
    let (epoch, digest) = match rest.split_once('-') {
        Some((epoch, digest)) => (epoch, Some(digest)),
        None => (rest, None),
    };
    let is_digest = |d: &str| d.len() == 64 && d.bytes().all(|b| b.is_ascii_hexdigit());
    let known = digest.is_none_or(is_digest);
    epoch.parse().ok().filter(|_| known)
}

/// Where the shares lie that a certificate names.
pub fn shares_of(dir: &Path, certificate: &Certificate) -> PathBuf {
    if certificate.dealt() {
        dir.join("keys").join("shares.cbor")
    } else {
        shares_path(dir, certificate.epoch(), certificate.digest())
    }
}

/// The shares that a certificate names, if there are any here. What lies in their place and is not
/// what it names is no share.
///
/// # Errors
/// If the file cannot be read, others may read it, or it is damaged.
pub fn certified_shares(
    dir: &Path,
    certificate: &Certificate,
) -> Result<Option<BTreeMap<KeyName, KeyShare>>, IdentityError> {
    let path = shares_of(dir, certificate);
    if !path.exists() {
        return Ok(None);
    }
    let shares = read_shares(&path)?;
    let named = |(name, share): (&KeyName, &KeyShare)| {
        let key = certificate.key(*name);
        key.and_then(|key| key.shares().get(&share.index())) == Some(&share.public())
    };
    Ok(shares.iter().all(named).then_some(shares))
}

/// Reads a file of shares.
///
/// # Errors
/// If it is missing, others may read it, or it holds no shares.
pub fn read_shares(path: &Path) -> Result<BTreeMap<KeyName, KeyShare>, IdentityError> {
    decode_shares(&read_secret(path)?).map_err(|e| damaged(path, &e))
}

/// The shares of an organisation's node: those that the certificate names, or none.
fn own_shares(
    dir: &Path,
    certificate: &Certificate,
    charter: &Charter,
    organisation: &OrganisationKey,
) -> Result<BTreeMap<KeyName, KeyShare>, IdentityError> {
    let path = shares_of(dir, certificate);
    let mine = charter.answers_for(organisation).map(|o| o.root);
    let is_mine = |root: &OrganisationKey| charter.answers_for(root).map(|o| o.root) == mine;
    let holds = certificate.holders().any(|(_, root)| is_mine(root));
    // A keyholder that the charter names since the keys were made, and one that has lost its share,
    // has none before the next ceremony. Dealt ones can be dealt again.
    if !path.exists() {
        return match holds && certificate.dealt() {
            true => read_shares(&path),
            false => Ok(BTreeMap::new()),
        };
    }
    let others = contradiction(
        &path,
        &"the shares are not those that the certificate names for this node",
    );
    match certified_shares(dir, certificate)? {
        Some(shares) => {
            let mut holders = shares
                .values()
                .map(|share| certificate.holder(share.index().get()));
            // Keys and shares of two nodes in one directory.
            match holders.all(|holder| holder.is_some_and(is_mine)) {
                true => Ok(shares),
                false => Err(others),
            }
        }
        None if certificate.dealt() => Err(others),
        // A node that starts without its share is given a new one by the next ceremony; one that does
        // not start is one more that is away.
        None => {
            tracing::error!(path = %path.display(), "the shares in this file are not those that the certificate in force names for this node: it goes on without, and gets new ones when shares are renewed");
            Ok(BTreeMap::new())
        }
    }
}

/// Reads the certificate in force; none if there is no file.
///
/// # Errors
/// If it does not hold.
pub fn read_certificate(
    dir: &Path,
    directory: &Directory,
) -> Result<Option<Certificate>, IdentityError> {
    let path = dir.join("certificate.cbor");
    if !path.exists() {
        return Ok(None);
    }
    let bytes = read_given(&path)?;
    // It was judged before it was written there.
    let charter = directory.charter();
    let read = Certificate::of_latest(&bytes, charter, directory, Judging::Again);
    read.map(Some).map_err(|e| match e {
        CertificateError::Malformed(_) => damaged(&path, &e),
        _ => contradiction(&path, &e),
    })
}

/// What the node has met with of delegations. It can be met with again: a file that does not hold is
/// none.
pub(crate) fn read_met(dir: &Path, federation: &FederationId) -> Vec<Verified> {
    let path = dir.join(MET);
    if !path.exists() {
        return Vec::new();
    }
    read_trust(&path, federation).unwrap_or_else(|error| {
        tracing::warn!(%error, "the file is left out; the node writes it anew");
        Vec::new()
    })
}

/// Reads a node's charter: all that it knows of the chain.
///
/// # Errors
/// If it is not there, or damaged.
pub fn read_chain(path: &Path) -> Result<Chain, IdentityError> {
    let (mut chain, refused) = Chain::salvage(&read_given(path)?).map_err(|e| match e {
        CharterError::Malformed(_) => damaged(path, &e),
        _ => contradiction(path, &e),
    })?;
    // One paper that does not hold must not keep a node from all the others.
    for error in refused {
        tracing::error!(%error, "a paper in the charter's file is left out");
    }
    // What this node has settled stays so, whatever was added to the file.
    let settled = path.with_file_name(SETTLED);
    if let Ok(text) = fs::read_to_string(&settled) {
        let id = text.trim().parse().map_err(|e| damaged(&settled, &e))?;
        if !chain.settle_at(&id) {
            return Err(contradiction(
                path,
                &"the version of the charter that this node has settled is not in it; take in the whole charter again",
            ));
        }
    }
    Ok(chain)
}

fn check_format(path: &Path) -> Result<(), IdentityError> {
    let bytes = read(
        path,
        "this is no node's directory; make one with `parasol node init`",
    )?;
    let text = String::from_utf8_lossy(&bytes);
    let number = text
        .trim()
        .strip_prefix(FORMAT)
        .and_then(|n| n.trim().parse().ok());
    match number {
        Some(VERSION) => Ok(()),
        Some(found) if found > VERSION => Err(IdentityError::Newer {
            path: path.to_owned(),
            found,
        }),
        _ => Err(damaged(path, &"it must say \"parasol node 1\"")),
    }
}

/// Reads the records of roots that a node was given.
///
/// # Errors
/// If the file cannot be read, or one of them does not hold.
pub fn read_trust(path: &Path, federation: &FederationId) -> Result<Vec<Verified>, IdentityError> {
    let bytes = read_given(path)?;
    let listed = cbor::decode(&bytes, MAX_TRUST, |d| {
        cbor::list(d, MAX_TRUST / 64, |d| {
            Ok(cbor::bytes(d, MAX_RECORD)?.to_vec())
        })
    })
    .map_err(|e| damaged(path, &e))?;
    let verified = listed
        .iter()
        .map(|bytes| Verified::from_bytes(bytes, federation));
    verified
        .collect::<Result<_, Refusal>>()
        .map_err(|e| damaged(path, &e))
}

fn damaged(path: &Path, why: &dyn std::fmt::Display) -> IdentityError {
    IdentityError::Damaged {
        path: path.to_owned(),
        why: why.to_string(),
    }
}

fn contradiction(path: &Path, why: &dyn std::fmt::Display) -> IdentityError {
    IdentityError::Contradiction {
        path: path.to_owned(),
        why: why.to_string(),
    }
}

fn read(path: &Path, next: &'static str) -> Result<Vec<u8>, IdentityError> {
    fs::read(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => IdentityError::Missing {
            path: path.to_owned(),
            next,
        },
        _ => IdentityError::Io {
            path: path.to_owned(),
            source,
        },
    })
}

fn read_given(path: &Path) -> Result<Vec<u8>, IdentityError> {
    read(path, "your federation gives it to you")
}

pub(crate) fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, IdentityError> {
    let bytes = Zeroizing::new(read(
        path,
        "take it from a backup, or make a new node with `parasol node init`",
    )?);
    match is_exposed(path) {
        Ok(false) => Ok(bytes),
        Ok(true) => Err(IdentityError::Exposed {
            path: path.to_owned(),
        }),
        Err(source) => Err(IdentityError::Io {
            path: path.to_owned(),
            source,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_shares_is_known_by_its_name() {
        let path = shares_path(Path::new("node"), 7, &[0xab; 32]);
        let name = path.file_name().and_then(|name| name.to_str());
        assert_eq!(name.and_then(epoch_in), Some(7));
        // As it was named once.
        assert_eq!(epoch_in("shares-7.cbor"), Some(7));
        for other in [
            "shares.cbor",
            "shares-.cbor",
            "shares-7-abab.cbor",
            "shares-7.cbor.gone",
            "shares-7.cbor.12.new",
        ] {
            assert_eq!(epoch_in(other), None, "{other}");
        }
    }
}
