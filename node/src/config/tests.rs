//! What a node is told by a file and an environment, and what it says of those that are wrong.

use super::*;
use std::fs;
use std::path::Path;

const PEER: &str =
    "/ip4/127.0.0.1/tcp/7441/p2p/12D3KooWBEJ3sMkvBvYwm7TTzZvxwTnTzfT4wEhj2oHHkUyTgrCn";
const LEAST: &str = "name = \"lilas\"\n[http]\nlisten = \"127.0.0.1:8440\"\n[net]\nlisten = [\"/ip4/127.0.0.1/tcp/7440\"]\n";

fn load(text: &str, env: &[(&str, &str)]) -> Result<NodeConfig, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FILE_NAME), text).unwrap();
    NodeConfig::load_with(dir.path(), &|name| {
        let found = env.iter().find(|(n, _)| *n == name);
        found.map(|(_, v)| (*v).to_owned())
    })
}

#[test]
fn the_least_file_gets_the_defaults() {
    let config = load(LEAST, &[]).unwrap();
    assert_eq!(config.name, "lilas");
    assert_eq!(config.store, StoreKind::Redb);
    assert_eq!(config.log, Log::default());
    assert_eq!(
        (config.rates, config.limits),
        (Rates::default(), Limits::default())
    );
    assert!(config.roots.is_empty() && config.net.peers.is_empty());
    assert_eq!(config.data_dir(), config.dir.join("data"));
}

#[test]
fn the_example_file_is_read_and_says_the_defaults() {
    let example = include_str!("../../parasol-node.example.toml");
    let config = load(example, &[]).unwrap();
    assert_eq!(
        (config.rates, config.limits),
        (Rates::default(), Limits::default())
    );
    assert_eq!(
        (config.store, config.log.level),
        (StoreKind::Redb, Level::Info)
    );
    assert_eq!(config.ceremonies, Ceremonies::default());
}

#[test]
fn the_environment_goes_over_the_file() {
    let root = "ab".repeat(32);
    let config = load(
        LEAST,
        &[
            ("PARASOL_NODE_NAME", "rowan"),
            ("PARASOL_NODE_HTTP", "[::1]:9"),
            (
                "PARASOL_NODE_LISTEN",
                "/ip4/0.0.0.0/tcp/1, /ip6/::/udp/2/quic-v1",
            ),
            ("PARASOL_NODE_PEERS", PEER),
            ("PARASOL_NODE_STORE", "sled"),
            ("PARASOL_NODE_LOG", "debug"),
            ("PARASOL_NODE_LOG_FILE", "log"),
            ("PARASOL_NODE_RATE", "7"),
            ("PARASOL_NODE_ROOTS", &root),
        ],
    )
    .unwrap();
    assert_eq!(config.name, "rowan");
    assert_eq!(config.http.listen.to_string(), "[::1]:9");
    assert_eq!(
        config.net.listen,
        ["/ip4/0.0.0.0/tcp/1", "/ip6/::/udp/2/quic-v1"]
    );
    assert_eq!(config.net.peers, [PEER]);
    assert_eq!(
        (config.store, config.log.level),
        (StoreKind::Sled, Level::Debug)
    );
    assert_eq!(config.log.file, Some(config.dir.join("log")));
    assert_eq!(config.rates.requests_per_minute, 7);
    assert_eq!(config.roots[0].to_string(), root);
    assert!(config.to_string().contains("sled in "));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let with = |line: &str| format!("{line}\n{LEAST}");
    type Case<'a> = (String, &'a [(&'a str, &'a str)], &'a str);
    let cases: &[Case<'_>] = &[
        (with("colour = 1"), &[], "line 1: unknown field `colour`"),
        (
            with("store = \"rocks\""),
            &[],
            "line 1: unknown variant `rocks`",
        ),
        (
            format!("{LEAST}listn = 1\n"),
            &[],
            "line 6: unknown field `listn`",
        ),
        ("name = \"a\"\n".into(), &[], "missing field `http`"),
        ("name = \"a".into(), &[], "line 1: "),
        (LEAST.replace("8440", "99999"), &[], "line 3: "),
        (
            LEAST.replace("lilas", "Lilas 2"),
            &[],
            "node.toml, name: write 1 to 32",
        ),
        (
            with("roots = [\"12\"]"),
            &[],
            "roots: 12 is not a organisation key",
        ),
        (
            LEAST.replace("/ip4/127", "/ipv4/127"),
            &[],
            "net.listen: /ipv4/127.0.0.1/tcp/7440 is no multiaddress",
        ),
        (
            LEAST.replace("[\"/ip4/127.0.0.1/tcp/7440\"]", "[]"),
            &[],
            "net.listen: write at least one",
        ),
        (
            format!("{LEAST}peers = [\"/ip4/1.2.3.4/tcp/1\"]"),
            &[],
            "net.peers: /ip4/1.2.3.4/tcp/1 does not end in /p2p/",
        ),
        (
            format!("{LEAST}[rates]\nburst = 0"),
            &[],
            "rates.burst: zero",
        ),
        (
            format!("{LEAST}[ceremonies]\nsilence_minutes = 0"),
            &[],
            "ceremonies.silence_minutes: nobody answers at once",
        ),
        (
            format!("{LEAST}[limits]\nrequest_bytes = 1"),
            &[],
            "limits.request_bytes: write at least",
        ),
        (
            LEAST.into(),
            &[("PARASOL_NODE_HTTP", "x")],
            "PARASOL_NODE_HTTP: x is not an address",
        ),
        (
            LEAST.into(),
            &[("PARASOL_NODE_STORE", "x")],
            "PARASOL_NODE_STORE: x is no database",
        ),
        (
            LEAST.into(),
            &[("PARASOL_NODE_LOG", "x")],
            "PARASOL_NODE_LOG: x is no level",
        ),
        (
            LEAST.into(),
            &[("PARASOL_NODE_RATE", "x")],
            "PARASOL_NODE_RATE: x is not a number",
        ),
    ];
    for (text, env, said) in cases {
        let error = load(text, env).expect_err(said).to_string();
        assert!(error.contains(said), "{error}\nshould say: {said}");
    }
    let none = tempfile::tempdir().unwrap();
    let error = NodeConfig::load_with(none.path(), &|_| None).unwrap_err();
    assert!(error.to_string().contains("there is no "), "{error}");
}

#[test]
fn what_is_written_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = File::parse(LEAST, Path::new("x")).unwrap();
    file.net.peers.push(PEER.into());
    file.write(dir.path()).unwrap();
    assert_eq!(File::read(dir.path()).unwrap(), file);
}
