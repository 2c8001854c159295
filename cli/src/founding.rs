//! Makes a federation on this machine, with a home that has a profile for each organisation.

use crate::exit::CliError;
use crate::home::{Home, Profile};
use crate::root::note_founding;
use parasol_node::clock::Clock;
use parasol_node::entropy::OsEntropy;
use parasol_node::keys::{read_chain, read_trust};
use parasol_node::setup::{
    Access, MAX_HOLDERS, Made, Member, Plan, SetupError, init_federation, majority,
};
use parasol_protocol::area::default_cities;
use parasol_protocol::entropy::Entropy as _;
use parasol_protocol::time::Day;
use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::Path;

/// The directory of the clients' home in a federation's.
pub const HOME: &str = "home";

/// Today, by this machine's clock.
pub fn today() -> Day {
    Clock::default().now().day()
}

/// The cities that a charter lists when nobody says otherwise.
pub fn city_names() -> Vec<String> {
    let names: BTreeSet<String> = default_cities()
        .iter()
        .map(|city| city.area().to_string())
        .collect();
    names.into_iter().collect()
}

/// Makes a federation of these members in a directory that is empty or does not exist, and a home
/// with a profile for each: in the directory, or in `home`, which must be empty or not exist.
///
/// # Errors
/// If the members or the threshold break a rule of charters, a directory holds something, or
/// writing fails. Nothing is left behind then.
pub fn found(
    dir: &Path,
    name: &str,
    threshold: Option<u16>,
    members: Vec<Member>,
    home: Option<&Path>,
) -> Result<Made, CliError> {
    if let Some(home) = home {
        check_new(home, dir)?;
    }
    let count = u16::try_from(members.len()).unwrap_or(u16::MAX);
    let plan = Plan {
        dir: dir.to_owned(),
        name: name.to_owned(),
        threshold: threshold.unwrap_or(majority(count.min(MAX_HOLDERS))),
        members,
        today: today(),
        cities: city_names(),
    };
    let finish = |staging: &Path, access: &[Access]| {
        let inside = staging.join(HOME);
        write_home(home.unwrap_or(&inside), access, staging).map_err(|e| e.to_string())
    };
    init_federation(&plan, &mut OsEntropy, finish).map_err(|e| {
        if let Some(home) = home {
            // It was empty, and holds the keys of a federation that was not made.
            drop(fs::remove_dir_all(home));
        }
        match e {
            SetupError::Occupied { .. } => CliError::home("occupied", e),
            SetupError::Charter(_) | SetupError::Plan(_) => CliError::input("charter", e),
            SetupError::Io { .. } => CliError::home("write", e),
            _ => CliError::other("founding", e),
        }
    })
}

/// Whether a home can be made there.
fn check_new(home: &Path, dir: &Path) -> Result<(), CliError> {
    let holds = fs::read_dir(home).is_ok_and(|mut entries| entries.next().is_some());
    let refused = |why: &str| {
        Err(
            CliError::home("occupied", format_args!("{} {why}", home.display())).next(
                "name a new directory with --home, or leave it away: the profiles then lie in the federation's own directory",
            ),
        )
    };
    if holds || home.is_file() {
        refused("holds something already, and the new profiles would be mixed with it")
    } else if home.starts_with(dir) {
        refused("lies in the directory that is to be made")
    } else {
        Ok(())
    }
}

fn write_home(dir: &Path, access: &[Access], made: &Path) -> Result<(), CliError> {
    let home = Home::create(dir)?;
    for one in access {
        let root = home.keep_root(&one.member.name, &one.root)?;
        note_signed(&root, one, &made.join(&one.member.name))?;
        home.save(&Profile {
            name: one.member.name.clone(),
            organisation: one.organisation().to_string(),
            node: one.url(),
            token: one.token.to_string(),
            country: Some(one.member.jurisdiction.clone()),
            lang: Some(one.member.lang.clone()),
            ..Profile::default()
        })?;
    }
    match access.first() {
        Some(first) => home.set_default(&first.member.name),
        None => Ok(()),
    }
}

/// Writes down beside a root what it signed when the federation was made: what it signs later must not
/// be in the same places.
fn note_signed(root: &Path, access: &Access, node: &Path) -> Result<(), CliError> {
    let unreadable = |e| CliError::other("founding", e);
    let chain = read_chain(&node.join("charter.cbor")).map_err(unreadable)?;
    let trust = read_trust(&node.join("trust.cbor"), chain.federation()).map_err(unreadable)?;
    let own = access.organisation();
    let signed = trust.iter().filter(|r| r.header().organisation == own);
    note_founding(root, &chain.current(), signed)
}

/// A client port and a node port on the loopback for each of `count` nodes: free ones, or from `base` on.
///
/// # Errors
/// If one from `base` on is taken.
pub fn ports(count: u16, base: Option<u16>) -> Result<Vec<(u16, u16)>, CliError> {
    match base {
        Some(base) => (0..count)
            .map(|n| {
                let port = |k: u16| base.checked_add(2 * n + k).filter(|p| *p != 0);
                match (port(0), port(1)) {
                    (Some(http), Some(p2p)) => {
                        check_free(http)?;
                        check_free(p2p)?;
                        Ok((http, p2p))
                    }
                    _ => Err(
                        CliError::usage("port", "there are not so many ports after that one")
                            .next("choose a lower --port"),
                    ),
                }
            })
            .collect(),
        None => pick(count).map_err(|e| {
            CliError::other(
                "port",
                format_args!("no free port was found on 127.0.0.1: {e}"),
            )
        }),
    }
}

/// Whether nobody listens there, over TCP or UDP.
///
/// # Errors
/// If someone does.
pub fn check_free(port: u16) -> Result<(), CliError> {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .and_then(|_tcp| UdpSocket::bind((Ipv4Addr::LOCALHOST, port)));
    match free {
        Ok(_) => Ok(()),
        Err(e) => Err(CliError::other(
            "port-in-use",
            format_args!("port {port} on 127.0.0.1 cannot be used: {e}"),
        )
        .next("stop the program that uses it, or choose another --port")),
    }
}

/// Ports from which the usual systems take none for outgoing connections (Linux begins at 32768, others
/// at 49152): one of those could be taken whenever the node is not running.
const QUIET: std::ops::Range<u16> = 10_000..32_768;
/// How many of them are tried, for each that is wanted, before any is taken that the system gives.
const TRIES: usize = 100;

fn pick(count: u16) -> std::io::Result<Vec<(u16, u16)>> {
    // All are held until all are picked, so that none is picked twice.
    let mut held = Vec::new();
    let mut picked = Vec::new();
    for _ in 0..count {
        let (http, p2p) = (free_port()?, free_port()?);
        picked.push((http.0.local_addr()?.port(), p2p.0.local_addr()?.port()));
        held.push((http, p2p));
    }
    Ok(picked)
}

/// A port that nobody has over TCP or UDP: QUIC listens on the same number.
fn free_port() -> std::io::Result<(TcpListener, UdpSocket)> {
    let both = |port: u16| {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, tcp.local_addr()?.port()))?;
        Ok((tcp, udp))
    };
    let mut last = None;
    for tried in 0..2 * TRIES {
        let mut drawn = [0; 2];
        OsEntropy.fill(&mut drawn);
        let any = tried >= TRIES;
        let port = QUIET.start + u16::from_le_bytes(drawn) % (QUIET.end - QUIET.start);
        match both(if any { 0 } else { port }) {
            Ok(free) => return Ok(free),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| std::io::ErrorKind::AddrInUse.into()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::exit::Kind;
    use parasol_node::setup::built_in;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_home_has_a_profile_for_each_and_means_the_first() {
        let tmp = tempfile::tempdir().unwrap();
        let dir = tmp.path().join("fed");
        let ports = [(20_001, 20_002), (20_003, 20_004), (20_005, 20_006)];
        found(&dir, "test", None, built_in(&ports), None).unwrap();
        let home = Home::open(&dir.join(HOME)).unwrap();
        assert_eq!(home.profiles().unwrap(), ["lilas", "rowan", "ryabina"]);
        let profile = home.pick(None).unwrap();
        assert_eq!(
            (profile.name.as_str(), profile.node.as_str()),
            ("lilas", "http://127.0.0.1:20001")
        );
        assert_eq!(
            (profile.country.as_deref(), profile.lang.as_deref()),
            (Some("FR"), Some("fr"))
        );
        profile.organisation().unwrap();
        for place in [
            "home",
            "home/roots",
            "home/locks",
            "home/drafts",
            "home/journals",
        ] {
            let mode = fs::metadata(dir.join(place)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{place}");
        }
        let mode = fs::metadata(dir.join("home/roots/lilas.key"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = found(&dir, "test", None, built_in(&ports), None).unwrap_err();
        assert_eq!((again.kind(), again.code()), (Kind::Home, "occupied"));
    }

    #[test]
    fn the_home_goes_where_it_is_wanted_or_nothing_is_made() {
        let tmp = tempfile::tempdir().unwrap();
        let ports = [(20_001, 20_002), (20_003, 20_004), (20_005, 20_006)];
        let (dir, home) = (tmp.path().join("fed"), tmp.path().join("mine"));
        found(&dir, "test", None, built_in(&ports), Some(&home)).unwrap();
        assert_eq!(Home::open(&home).unwrap().profiles().unwrap().len(), 3);
        assert!(!dir.join(HOME).exists());
        let before = fs::read(home.join("profiles/lilas.toml")).unwrap();
        let second = tmp.path().join("second");
        let error = found(&second, "test", None, built_in(&ports), Some(&home)).unwrap_err();
        assert_eq!(error.code(), "occupied");
        assert!(!second.exists());
        assert_eq!(fs::read(home.join("profiles/lilas.toml")).unwrap(), before);
        // A federation that cannot be made leaves no home.
        let other = tmp.path().join("other");
        let error = found(&dir, "test", None, built_in(&ports), Some(&other)).unwrap_err();
        assert_eq!(error.code(), "occupied");
        assert!(!other.exists());
        let inside = second.join("here");
        let error = found(&second, "test", None, built_in(&ports), Some(&inside)).unwrap_err();
        assert_eq!(error.code(), "occupied");
    }

    #[test]
    fn one_jurisdiction_with_enough_keyholders_is_refused() {
        let tmp = tempfile::tempdir().unwrap();
        let mut members = built_in(&[(1, 2), (3, 4), (5, 6)]);
        members[2].jurisdiction = "FR".into();
        let error = found(&tmp.path().join("fed"), "test", None, members, None).unwrap_err();
        assert_eq!(error.kind(), Kind::Input);
        assert!(
            error.to_string().contains("2 keyholders are in FR"),
            "{error}"
        );
        assert_eq!(fs::read_dir(tmp.path()).unwrap().count(), 0);
    }

    #[test]
    fn picked_ports_differ_and_taken_ones_are_named() {
        let picked = ports(8, None).unwrap();
        let all: BTreeSet<u16> = picked.iter().flat_map(|(a, b)| [*a, *b]).collect();
        assert_eq!(all.len(), 16);
        // No outgoing connection takes them while the nodes are off.
        assert!(all.iter().all(|port| QUIET.contains(port)), "{all:?}");
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = ports(1, Some(port)).unwrap_err();
        assert!(error.to_string().contains(&port.to_string()), "{error}");
        assert_eq!(ports(1, Some(u16::MAX)).unwrap_err().kind(), Kind::Usage);
    }
}
