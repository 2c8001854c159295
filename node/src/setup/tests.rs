#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::super::{MAX_HOLDERS, built_in, majority};
use super::*;
use crate::config::NodeConfig;
use crate::entropy::OsEntropy;
use crate::keys::{IdentityError, NodeIdentity, shares_of};
use parasol_protocol::oprf::{KeyName, KeyShare, Output, blind};
use parasol_protocol::time::Season;
use parasol_protocol::trust::{Local, Question, counted};
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;

fn plan(dir: &Path, members: u16) -> Plan {
    let ports: Vec<_> = (0..members).map(|n| (20_000 + n, 30_000 + n)).collect();
    Plan {
        dir: dir.to_owned(),
        name: "test".into(),
        threshold: majority(members),
        members: built_in(&ports),
        today: Day::from_number(20_779),
        cities: vec!["FR:lyon".into(), "FR:dijon".into(), "FR:lyon".into()],
    }
}

fn make(plan: &Plan) -> Result<Made, SetupError> {
    init_federation(plan, &mut OsEntropy, |_, _| Ok(()))
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        }
        found.push(path);
    }
    found
}

#[test]
fn every_node_reads_what_was_made_for_it_and_all_agree() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("fed");
    let plan = plan(&dir, 5);
    let made = make(&plan).unwrap();
    for (member, index) in plan.members.iter().zip(1..) {
        let config = NodeConfig::load_with(&dir.join(&member.name), &|_| None).unwrap();
        assert_eq!(config.name, member.name);
        assert_eq!(config.http.listen.port(), member.http_port);
        assert_eq!(config.net.peers.len(), 4);
        let node = NodeIdentity::read(&config.dir).unwrap();
        assert_eq!(node.charter.federation(), &made.federation);
        let own = node.charter.organisation(&node.organisation).unwrap();
        assert_eq!(
            (own.name.as_str(), own.keyholder),
            (member.name.as_str(), Some(index))
        );
        assert_eq!(own.jurisdiction, member.jurisdiction);
        assert_eq!(node.charter.terms().cities, ["FR:dijon", "FR:lyon"]);
        // The bucket key, and two keys for each live season and the one after.
        assert_eq!(node.shares.len(), 13);
        assert!(node.shares.values().all(|s| s.index().get() == index));
        let season = |n: u32| Season::from_index(2026 * 2 + 1 + n);
        assert!(node.shares.contains_key(&KeyName::Area(season(5))));
        let certificate = node.certificate.as_ref().unwrap();
        assert_eq!(certificate.keys().count(), 13);
        assert!(!certificate.dealt(), "nobody deals keys");
        assert_eq!((certificate.epoch(), certificate.signed()), (1, 5));
        // What the node drew its part from is gone, and nothing is under way.
        assert!(
            files(&config.dir)
                .iter()
                .all(|path| !path.ends_with("seed"))
        );
        assert_eq!(node.tokens.len(), 1);
        // Five delegations, and four vouches of each of the five.
        assert_eq!(node.trust.len(), 25);
        let directory = node.directory();
        assert_eq!(directory.nodes(plan.today.plus(90)).len(), 5);
        assert_eq!(directory.nodes(plan.today.plus(91)).len(), 0);
        let local = Local::trusting([node.organisation]);
        let all = counted(&directory, &local, &Question::REPORTS, plan.today);
        assert_eq!(all.len(), 5);
    }
}

#[test]
fn founding_records_pass_admission() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("fed");
    make(&plan(&dir, 3)).unwrap();
    let node = NodeIdentity::read(&dir.join("lilas")).unwrap();
    let directory = node.directory();
    for record in &node.trust {
        parasol_protocol::admit::check(
            record,
            &directory,
            &node.organisation,
            Day::from_number(20_779),
        )
        .unwrap();
    }
}

/// Of many that are set up together the first hold shares, and the others go by their certificate.
#[test]
fn the_first_of_many_hold_the_shares() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("fed");
    let mut plan = plan(&dir, MAX_HOLDERS + 1);
    plan.threshold = majority(MAX_HOLDERS);
    let founders: Vec<SecretKey> = plan
        .members
        .iter()
        .map(|_| SecretKey::generate(&mut OsEntropy))
        .collect();
    let terms = plan.terms(&founders).unwrap();
    let last = plan.members.last().unwrap();
    for organisation in &terms.organisations {
        let holds = organisation.keyholder.is_some();
        assert_eq!(holds, organisation.name != last.name);
    }
    assert_eq!(terms.organisations.len(), 16);
}

/// What `t` nodes' shares give together, and that fewer give nothing.
#[test]
fn shares_lie_in_their_own_directory_alone_and_the_key_nowhere() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("fed");
    let plan = plan(&dir, 3);
    make(&plan).unwrap();
    let nodes: Vec<_> = plan
        .members
        .iter()
        .map(|m| NodeIdentity::read(&dir.join(&m.name)).unwrap())
        .collect();

    let evaluate = |who: &[usize]| -> Result<Vec<Output>, String> {
        let certificate = nodes[0].certificate.as_ref().unwrap();
        let key = certificate.key(KeyName::Bucket).unwrap();
        let blinded = blind(&[b"phone:+33639981234".as_slice()], &mut OsEntropy).unwrap();
        let verified: Vec<_> = who
            .iter()
            .map(|i| {
                let share = &nodes[*i].shares[&KeyName::Bucket];
                let answer = share.evaluate(blinded.elements(), &mut OsEntropy).unwrap();
                blinded.verify(key, &answer).unwrap()
            })
            .collect();
        blinded.finish(key, &verified).map_err(|e| e.to_string())
    };
    let bytes = |who: &[usize]| evaluate(who).unwrap()[0].as_bytes().to_vec();
    assert_eq!(bytes(&[0, 1]), bytes(&[1, 2]));
    assert_eq!(bytes(&[0, 1]), bytes(&[0, 2]));
    assert!(evaluate(&[0]).is_err());

    // No share stands in any file but its own node's.
    for node in &nodes {
        let own = node.charter.organisation(&node.organisation).unwrap();
        let own = shares_of(&dir.join(&own.name), node.certificate.as_ref().unwrap());
        for share in node.shares.values() {
            let bytes = share.to_bytes();
            let scalar = &bytes[2..];
            let printed = hex::encode(scalar);
            for path in files(&dir).iter().filter(|p| p.is_file()) {
                let content = fs::read(path).unwrap();
                let found = content.windows(32).any(|w| w == scalar)
                    || content.windows(64).any(|w| w == printed.as_bytes());
                assert_eq!(found, *path == own, "{}", path.display());
            }
        }
    }

    // The key is no 32 bytes of any file: whatever 32 bytes are taken as the key, its public half
    // would be the certified one.
    for name in nodes[0].shares.keys() {
        let certificate = nodes[0].certificate.as_ref().unwrap();
        let public = certificate.key(*name).unwrap().public();
        // The board of the ceremony is the same everywhere.
        let mut seen = BTreeSet::new();
        for path in files(&dir).iter().filter(|p| p.is_file()) {
            let content = fs::read(path).unwrap();
            if !seen.insert(content.clone()) {
                continue;
            }
            let place = nodes[0].shares[name].index();
            for window in content.windows(32).filter(|w| w[31] < 0x20) {
                let candidate = KeyShare::new(place, window.try_into().unwrap());
                if let Ok(candidate) = candidate {
                    assert_ne!(
                        candidate.public().as_bytes(),
                        public.as_bytes(),
                        "{}",
                        path.display()
                    );
                }
            }
        }
        if *name > KeyName::Handle(Season::from_index(0)) {
            break;
        }
    }
}

#[test]
fn nobody_else_can_read_it() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("fed");
    make(&plan(&dir, 3)).unwrap();
    for path in files(&dir) {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let wanted = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, wanted, "{}", path.display());
    }
    assert_eq!(
        fs::metadata(&dir).unwrap().permissions().mode() & 0o777,
        0o700
    );
}

#[test]
fn a_plan_that_breaks_a_rule_writes_nothing() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("fed");
    let mut two_in_france = plan(&dir, 3);
    two_in_france.members[1].jurisdiction = "FR".into();
    let mut low = plan(&dir, 4);
    low.threshold = 2;
    let mut high = plan(&dir, 4);
    high.threshold = 5;
    let mut twins = plan(&dir, 3);
    twins.members[1].name = "lilas".into();
    let mut port = plan(&dir, 3);
    port.members[1].http_port = port.members[2].p2p_port;
    let mut home = plan(&dir, 3);
    home.members[1].name = "home".into();
    let mut path = plan(&dir, 3);
    path.members[1].name = "../x".into();
    for (plan, said) in [
        (two_in_france, "2 keyholders are in FR"),
        (low, "a threshold of 2 of 4"),
        (high, "a threshold of 5 of 4"),
        (twins, "have one name"),
        (port, "on one port"),
        (home, "called home"),
        (path, "short name"),
        (plan(&dir, 0), "at least one organisation"),
        // One node alone would be one jurisdiction that can open everything.
        (plan(&dir, 1), "no jurisdiction may hold as many"),
    ] {
        let error = make(&plan).expect_err(said).to_string();
        assert!(error.contains(said), "{error}");
        assert_eq!(files(tmp.path()), Vec::<PathBuf>::new());
    }
}

#[test]
fn what_is_there_stays_and_what_fails_leaves_nothing() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("fed");
    fs::create_dir(&dir).unwrap();
    let failed = init_federation(&plan(&dir, 3), &mut OsEntropy, |staging, access| {
        assert_eq!(access.len(), 3);
        assert!(staging.join("rowan/node.toml").exists());
        Err("no room".into())
    });
    assert_eq!(failed.unwrap_err().to_string(), "no room");
    assert_eq!(files(tmp.path()), std::slice::from_ref(&dir));
    // An empty directory is taken.
    make(&plan(&dir, 3)).unwrap();
    let before = files(&dir);
    let refused = make(&plan(&dir, 3)).unwrap_err();
    assert!(matches!(refused, SetupError::Occupied { .. }), "{refused}");
    assert_eq!(files(&dir), before);
}

#[test]
fn a_node_directory_that_is_not_right_says_what_and_where() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("fed");
    make(&plan(&dir, 3)).unwrap();
    let lilas = dir.join("lilas");
    let certificate = NodeIdentity::read(&lilas).unwrap().certificate.unwrap();
    let shares = shares_of(Path::new(""), &certificate);
    let shares = shares.to_str().unwrap();
    let trouble = |file: &str, change: &dyn Fn(&Path)| {
        let path = lilas.join(file);
        let (content, mode) = (
            fs::read(&path).unwrap(),
            fs::metadata(&path).unwrap().permissions(),
        );
        change(&path);
        let error = NodeIdentity::read(&lilas).expect_err(file);
        assert!(error.to_string().contains(file), "{error}");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, mode).unwrap();
        NodeIdentity::read(&lilas).unwrap();
        error
    };
    for file in [
        "format",
        "keys/record.key",
        shares,
        "charter.cbor",
        "certificate.cbor",
        "trust.cbor",
        "tokens.toml",
    ] {
        // A node without shares, or without a certificate, waits for a ceremony.
        if !file.contains("shares") && !file.contains("certificate") {
            let error = trouble(file, &|p| fs::remove_file(p).unwrap());
            assert!(matches!(error, IdentityError::Missing { .. }), "{error}");
        }
        let error = trouble(file, &|p| fs::write(p, "rubbish").unwrap());
        assert!(matches!(error, IdentityError::Damaged { .. }), "{error}");
    }
    for file in ["keys/record.key", "keys/seal.key", shares, "tokens.toml"] {
        let error = trouble(file, &|p| {
            fs::set_permissions(p, fs::Permissions::from_mode(0o640)).unwrap();
        });
        assert!(matches!(error, IdentityError::Exposed { .. }), "{error}");
    }
    let error = trouble("format", &|p| fs::write(p, "parasol node 2\n").unwrap());
    assert!(
        matches!(error, IdentityError::Newer { found: 2, .. }),
        "{error}"
    );
    // Another node's shares and another node's keys do not pass for this one's.
    for file in [shares, "keys/record.key"] {
        let other = fs::read(dir.join("rowan").join(file)).unwrap();
        let path = lilas.join(file);
        let own = fs::read(&path).unwrap();
        fs::write(&path, other).unwrap();
        let error = NodeIdentity::read(&lilas).unwrap_err();
        assert!(
            matches!(error, IdentityError::Contradiction { .. }),
            "{error}"
        );
        fs::write(&path, own).unwrap();
    }
    assert!(NodeIdentity::read(&lilas).is_ok());
}

#[test]
fn a_token_is_known_by_its_hash_alone() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("fed");
    let mut tokens = Vec::new();
    init_federation(&plan(&dir, 3), &mut OsEntropy, |_, access| {
        tokens.extend(
            access
                .iter()
                .map(|a| (a.member.name.clone(), a.token.to_string())),
        );
        Ok(())
    })
    .unwrap();
    for (name, token) in &tokens {
        let node = NodeIdentity::read(&dir.join(name)).unwrap();
        assert_eq!(node.tokens.profile_of(token), Some(name.as_str()));
        assert_eq!(node.tokens.profile_of(&token.to_uppercase()), None);
        assert_eq!(node.tokens.profile_of(""), None);
        for path in files(&dir).iter().filter(|p| p.is_file()) {
            let content = fs::read(path).unwrap();
            assert!(!content.windows(64).any(|w| w == token.as_bytes()));
        }
    }
}
