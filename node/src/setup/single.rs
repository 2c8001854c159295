//! Makes the directory of one node that is to join a federation: its keys, and what its organisation
//! has to sign.

use super::federation::{SetupError, peer_id};
use crate::config::{Ceremonies, File, Http, Limits, Log, Net, Rates, StoreKind};
use crate::files::{create_private_dir, write_private};
use crate::keys::{NodeKeys, Tokens, format_text};
use parasol_protocol::entropy::Entropy;
use std::fmt;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// The ports of a node when nothing else is said.
const PORTS: (u16, u16) = (8440, 7440);

/// What an organisation has to sign so that its new node may work.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// The node's name.
    pub name: String,
    /// The public half of the key that will sign records.
    pub record_key: String,
    /// The public half of the key by which other nodes know it.
    pub transport_key: String,
    /// The public half of the key to which clients seal.
    pub seal_key: String,
    /// Its name on the network, for the other nodes' `net.peers`.
    pub peer_id: String,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "name = \"{}\"", self.name)?;
        writeln!(f, "record_key = \"{}\"", self.record_key)?;
        writeln!(f, "transport_key = \"{}\"", self.transport_key)?;
        writeln!(f, "seal_key = \"{}\"", self.seal_key)?;
        writeln!(f, "peer_id = \"{}\"", self.peer_id)
    }
}

/// Makes a node's directory with fresh keys and a configuration to edit. Its organisation's root
/// signs what stands in the file `terms`, offline; the federation gives charter and certificate.
///
/// # Errors
/// If the name cannot be one, the directory holds something, or writing fails.
pub fn init_node(dir: &Path, name: &str, entropy: &mut dyn Entropy) -> Result<Request, SetupError> {
    let slug = (1..=32).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !slug {
        return Err(SetupError::Plan(
            "a node's name must be 1 to 32 lower-case letters, digits or hyphens",
        ));
    }
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(SetupError::Occupied {
            path: dir.to_owned(),
        });
    }
    let keys = NodeKeys::generate(entropy);
    let (record, transport, seal) = keys.public();
    let request = Request {
        name: name.to_owned(),
        record_key: record.to_string(),
        transport_key: transport.to_string(),
        seal_key: seal.to_string(),
        peer_id: peer_id(&transport)?.to_string(),
    };
    // A sibling, even of `.` or `dir/`: the two must be on one file system.
    let mut staging = dir.as_os_str().to_owned();
    staging.push(format!(".{}.new", std::process::id()));
    let staging = PathBuf::from(staging);
    let made =
        write(&staging, &keys, &request).and_then(|()| fs::rename(&staging, dir).map_err(at(dir)));
    if made.is_err() {
        drop(fs::remove_dir_all(&staging));
    }
    made.map(|()| request)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> SetupError + use<> {
    let path = path.to_owned();
    move |source| SetupError::Io { path, source }
}

fn write(dir: &Path, keys: &NodeKeys, request: &Request) -> Result<(), SetupError> {
    for place in ["keys", "data"] {
        let place = dir.join(place);
        create_private_dir(&place).map_err(at(&place))?;
    }
    let put = |name: &str, text: &str| {
        let path = dir.join(name);
        write_private(&path, text.as_bytes()).map_err(at(&path))
    };
    put("format", &format_text())?;
    for (name, text) in keys.files() {
        put(&format!("keys/{name}"), &text)?;
    }
    put("tokens.toml", &Tokens::file_text([]))?;
    put("terms", &request.to_string())?;
    let (http, p2p) = PORTS;
    let file = File {
        name: request.name.clone(),
        store: StoreKind::default(),
        roots: Vec::new(),
        accept_time: None,
        http: Http {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, http)),
        },
        net: Net {
            listen: vec![
                format!("/ip4/0.0.0.0/tcp/{p2p}"),
                format!("/ip4/0.0.0.0/udp/{p2p}/quic-v1"),
            ],
            peers: Vec::new(),
        },
        log: Log::default(),
        rates: Rates::default(),
        limits: Limits::default(),
        ceremonies: Ceremonies::default(),
    };
    Ok(file.write(dir)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::NodeConfig;
    use crate::entropy::OsEntropy;
    use crate::keys::NodeIdentity;

    #[test]
    fn a_new_node_has_keys_and_knows_what_it_waits_for() {
        let tmp = tempfile::tempdir().unwrap();
        let dir = tmp.path().join("node");
        let request = init_node(&dir, "mohn", &mut OsEntropy).unwrap();
        assert_eq!(
            fs::read_to_string(dir.join("terms")).unwrap(),
            request.to_string()
        );
        assert_eq!(NodeConfig::load_with(&dir, &|_| None).unwrap().name, "mohn");
        let keys = NodeKeys::read(&dir).unwrap();
        assert_eq!(keys.record.node().to_string(), request.record_key);
        assert_eq!(keys.seal.public().to_string(), request.seal_key);
        let waits = NodeIdentity::read(&dir).unwrap_err().to_string();
        assert!(
            waits.contains("charter.cbor: your federation gives it"),
            "{waits}"
        );
        let again = init_node(&dir, "mohn", &mut OsEntropy).unwrap_err();
        assert!(matches!(again, SetupError::Occupied { .. }));
        assert!(init_node(&tmp.path().join("x"), "Mohn!", &mut OsEntropy).is_err());
        assert_eq!(fs::read_dir(tmp.path()).unwrap().count(), 1);
    }
}
