//! Makes a federation of nodes on one machine: roots, charter, delegations, vouches, tokens, and in a
//! ceremony of all of them the shared keys.

use super::plan::{Member, Plan};
use crate::ceremony::{LocalError, Neighbour, make_first_keys};
use crate::config::{Ceremonies, ConfigError, File, Http, Limits, Log, Net, Rates, StoreKind};
use crate::files::{create_private_dir, write_private};
use crate::keys::{NodeKeys, Tokens, encode_trust, format_text};
use parasol_protocol::charter::{Charter, CharterError};
use parasol_protocol::directory::Directory;
use parasol_protocol::entropy::Entropy;
use parasol_protocol::ids::{FederationId, OrganisationKey, TransportKey};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::{
    DELEGATION_AFTERLIFE, MAX_DELEGATION_DAYS, MAX_VOUCH_LIFE, ROOT_QUOTA,
};
use parasol_protocol::oprf::ShareIndex;
use parasol_protocol::record::delegation::{SlotRange, Terms as DelegationTerms};
use parasol_protocol::record::vouch::{Scope, Vouch};
use parasol_protocol::record::{Body, Draft, Header, Refusal, Signer, Verified};
use parasol_protocol::time::Day;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Why no federation was made. Nothing was written, or what was is gone again.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The directory holds something.
    #[error("{path} is not empty: choose a new directory; nothing in it was changed")]
    Occupied {
        /// Which.
        path: PathBuf,
    },
    /// The plan breaks a rule of charters.
    #[error(transparent)]
    Charter(#[from] CharterError),
    /// The plan breaks another rule.
    #[error("{0}")]
    Plan(&'static str),
    /// The shared keys could not be made.
    #[error(transparent)]
    Keys(#[from] LocalError),
    /// A record could not be signed.
    #[error("a founding record could not be made: {0}")]
    Record(#[from] Refusal),
    /// A node's configuration could not be written.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file could not be written.
    #[error(
        "cannot write {path}: {source}; check that the directory above is yours and that the disk is not full"
    )]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What the caller adds could not be written.
    #[error("{0}")]
    Finish(String),
}

/// How an organisation's people get in, for the client's home.
#[derive(Debug)]
pub struct Access {
    /// The organisation, and where its node listens.
    pub member: Member,
    /// Its root. A real federation keeps it offline.
    pub root: SecretKey,
    /// The token of its first profile.
    pub token: Zeroizing<String>,
}

impl Access {
    /// The organisation's root key.
    pub fn organisation(&self) -> OrganisationKey {
        self.root.organisation()
    }

    /// Where its node answers clients.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.member.http_port)
    }
}

/// What was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Made {
    /// Where.
    pub dir: PathBuf,
    /// The federation's id.
    pub federation: FederationId,
}

/// A member with its secrets, while the federation is being made.
struct Founder<'a> {
    member: &'a Member,
    root: SecretKey,
    keys: NodeKeys,
    token: Zeroizing<String>,
}

/// Makes a federation: everything that its nodes need, one directory each, and whatever `finish`
/// adds, which is given the directory as long as it is not in its place.
///
/// All is written beside `plan.dir` and moved there at the end: it is there whole or not at all.
///
/// # Errors
/// If the plan breaks a rule, the directory holds something, or writing fails.
pub fn init_federation(
    plan: &Plan,
    entropy: &mut dyn Entropy,
    finish: impl FnOnce(&Path, &[Access]) -> Result<(), String>,
) -> Result<Made, SetupError> {
    check_empty(&plan.dir)?;
    let mut roots: Vec<SecretKey> = plan
        .members
        .iter()
        .map(|_| SecretKey::generate(entropy))
        .collect();
    let terms = plan.terms(&roots)?;
    // Each root signs a delegation and a vouch for every other that day.
    if plan.members.len() > ROOT_QUOTA as usize {
        return Err(SetupError::Plan(
            "at most 64 organisations can be set up together",
        ));
    }
    let mut unsigned = terms.unsigned();
    for root in &roots {
        Charter::sign_with(&mut unsigned, root);
    }
    let charter = Charter::from_bytes(&unsigned.write())?;

    let founders: Vec<Founder<'_>> = plan
        .members
        .iter()
        .zip(roots.drain(..))
        .map(|(member, root)| Founder {
            member,
            root,
            keys: NodeKeys::generate(entropy),
            token: token(entropy),
        })
        .collect();
    let trust = founding_records(&charter, &founders, plan.today)?;

    let staging = staging_path(&plan.dir, entropy);
    let ready = write_all(&staging, &charter, &trust, &founders)
        .and_then(|()| make_keys(&staging, &charter, &trust, &founders, plan.today, entropy));
    let written = ready.and_then(|()| {
        let access: Vec<Access> = founders
            .into_iter()
            .map(|f| Access {
                member: f.member.clone(),
                root: f.root,
                token: f.token,
            })
            .collect();
        finish(&staging, &access).map_err(SetupError::Finish)?;
        // Onto a directory that is empty or not there; anything else refuses.
        fs::rename(&staging, &plan.dir).map_err(at(&plan.dir))
    });
    if let Err(error) = written {
        // It holds keys that nobody will use. If it stays, the first error still counts.
        drop(fs::remove_dir_all(&staging));
        return Err(error);
    }
    Ok(Made {
        dir: plan.dir.clone(),
        federation: *charter.federation(),
    })
}

fn check_empty(dir: &Path) -> Result<(), SetupError> {
    match fs::read_dir(dir) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(SetupError::Occupied {
                path: dir.to_owned(),
            }),
        },
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) if source.kind() == io::ErrorKind::NotADirectory => Err(SetupError::Occupied {
            path: dir.to_owned(),
        }),
        Err(source) => Err(at(dir)(source)),
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> SetupError + use<> {
    let path = path.to_owned();
    move |source| SetupError::Io { path, source }
}

fn token(entropy: &mut dyn Entropy) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0; 32]);
    entropy.fill(bytes.as_mut());
    Zeroizing::new(hex::encode(*bytes))
}

fn staging_path(dir: &Path, entropy: &mut dyn Entropy) -> PathBuf {
    let mut salt = [0; 6];
    entropy.fill(&mut salt);
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    dir.with_file_name(format!(".{name}.{}.new", hex::encode(salt)))
}

/// The nodes make the shared keys, each with a seed of its own: nobody ever holds one, this process
/// included, though whoever reads its memory meanwhile can put one together.
fn make_keys(
    staging: &Path,
    charter: &Charter,
    trust: &[Verified],
    founders: &[Founder<'_>],
    today: Day,
    entropy: &mut dyn Entropy,
) -> Result<(), SetupError> {
    let mut directory = Directory::new(charter.clone());
    for record in trust {
        directory.learn(record);
    }
    let neighbour = |founder| {
        let Founder { member, keys, .. }: &Founder<'_> = founder;
        let index = charter.named(&member.name)?.keyholder?;
        Some(Neighbour {
            dir: staging.join(&member.name),
            node: &keys.record,
            index: ShareIndex::new(index).ok()?,
        })
    };
    let neighbours: Vec<Neighbour<'_>> = founders.iter().filter_map(neighbour).collect();
    let certificate = make_first_keys(&neighbours, &Arc::new(directory), today, entropy)?;
    for founder in founders {
        // Who holds no share goes by the same certificate.
        let path = staging.join(&founder.member.name).join("certificate.cbor");
        if !path.exists() {
            write_private(&path, certificate.bytes()).map_err(at(&path))?;
        }
    }
    Ok(())
}

/// The delegations of all nodes and the vouches of each founder for all others.
fn founding_records(
    charter: &Charter,
    founders: &[Founder<'_>],
    today: Day,
) -> Result<Vec<Verified>, SetupError> {
    let federation = charter.federation();
    let mut records = Vec::new();
    for founder in founders {
        let organisation = founder.root.organisation();
        let header = |slot, expires| Header {
            organisation,
            signer: Signer::Root,
            issued: today,
            expires,
            slot,
        };
        let (record_key, transport_key, seal_key) = founder.keys.public();
        let until = today.plus(MAX_DELEGATION_DAYS);
        let delegation = DelegationTerms {
            record_key,
            transport_key,
            seal_key,
            slots: SlotRange {
                first: 0,
                count: charter.terms().quotas.records,
            },
            until,
        }
        .agree(
            federation,
            &organisation,
            &founder.keys.record,
            &founder.keys.transport,
        );
        let draft = Draft {
            header: header(0, until.plus(DELEGATION_AFTERLIFE)),
            body: Body::Delegation(delegation),
        };
        records.push(draft.sign(federation, &founder.root)?);
        let others = founders
            .iter()
            .map(|other| other.root.organisation())
            .filter(|other| *other != organisation);
        for (number, subject) in (1..).zip(others) {
            let draft = Draft {
                header: header(number, today.plus(MAX_VOUCH_LIFE)),
                body: Body::Vouch(Vouch {
                    subject,
                    budget: 0,
                    number,
                    scope: Scope::everything(),
                }),
            };
            records.push(draft.sign(federation, &founder.root)?);
        }
    }
    Ok(records)
}

fn write_all(
    staging: &Path,
    charter: &Charter,
    trust: &[Verified],
    founders: &[Founder<'_>],
) -> Result<(), SetupError> {
    create_private_dir(staging).map_err(at(staging))?;
    let trust = encode_trust(trust);
    for founder in founders {
        let dir = staging.join(&founder.member.name);
        let put = |name: &str, bytes: &[u8]| {
            let path = dir.join(name);
            write_private(&path, bytes).map_err(at(&path))
        };
        for place in ["keys", "data"] {
            let place = dir.join(place);
            create_private_dir(&place).map_err(at(&place))?;
        }
        put("format", format_text().as_bytes())?;
        for (name, text) in founder.keys.files() {
            put(&format!("keys/{name}"), text.as_bytes())?;
        }
        put("charter.cbor", charter.bytes())?;
        put("trust.cbor", &trust)?;
        let tokens = [(founder.member.name.as_str(), founder.token.as_str())];
        put("tokens.toml", Tokens::file_text(tokens).as_bytes())?;
        node_file(founder, founders)?.write(&dir)?;
    }
    Ok(())
}

fn node_file(founder: &Founder<'_>, all: &[Founder<'_>]) -> Result<File, SetupError> {
    let mut peers = Vec::new();
    for other in all.iter().filter(|o| o.member.name != founder.member.name) {
        let id = peer_id(&other.keys.transport.transport())?;
        peers.push(format!(
            "/ip4/127.0.0.1/tcp/{}/p2p/{id}",
            other.member.p2p_port
        ));
    }
    let p2p = founder.member.p2p_port;
    Ok(File {
        name: founder.member.name.clone(),
        store: StoreKind::default(),
        roots: Vec::new(),
        accept_time: None,
        http: Http {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, founder.member.http_port)),
        },
        net: Net {
            listen: vec![
                format!("/ip4/127.0.0.1/tcp/{p2p}"),
                format!("/ip4/127.0.0.1/udp/{p2p}/quic-v1"),
            ],
            peers,
        },
        log: Log::default(),
        rates: Rates::default(),
        limits: Limits::default(),
        ceremonies: Ceremonies::default(),
    })
}

/// The name by which the network knows a transport key.
///
/// # Errors
/// If the key is no point of the curve.
pub(crate) fn peer_id(key: &TransportKey) -> Result<libp2p::PeerId, SetupError> {
    libp2p::identity::ed25519::PublicKey::try_from_bytes(key.as_bytes())
        .map(|key| libp2p::identity::PublicKey::from(key).to_peer_id())
        .map_err(|_| SetupError::Plan("a transport key is no point of its curve"))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
