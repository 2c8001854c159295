//! No plaintext, handle or content key ever goes to a node. Every byte that passes between clients
//! and nodes is recorded, every file of every node is read, and what a person typed is looked for in
//! all of it: as it is, in hexadecimal and in UTF-16.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::running::Federation;
use parasol_protocol::client::{Grip, Receipt};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

type Recording = Arc<Mutex<Vec<u8>>>;

/// Passes bytes on between a client and a node, and keeps a copy of both directions.
fn record(to: String, heard: Recording) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (client, node) = (client.unwrap(), TcpStream::connect(&to).unwrap());
            for (from, into) in [
                (client.try_clone().unwrap(), node.try_clone().unwrap()),
                (node, client),
            ] {
                let heard = Arc::clone(&heard);
                thread::spawn(move || copy(from, into, &heard));
            }
        }
    });
    format!("http://{address}")
}

fn copy(mut from: TcpStream, mut into: TcpStream, heard: &Recording) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(n) = from.read(&mut buffer) {
        if n == 0 || into.write_all(&buffer[..n]).is_err() {
            break;
        }
        heard.lock().unwrap().extend_from_slice(&buffer[..n]);
    }
    drop(into.shutdown(std::net::Shutdown::Write));
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found)
        } else {
            found.push(path)
        }
    }
}

/// Where `needle` stands in `hay`: as it is, in hexadecimal, or in UTF-16.
fn found_in(hay: &[u8], needle: &[u8]) -> bool {
    let has = |n: &[u8]| n.len() >= 4 && hay.windows(n.len()).any(|w| w == n);
    let wide: Vec<u8> = needle.iter().flat_map(|b| [*b, 0]).collect();
    has(needle)
        || has(hex::encode(needle).as_bytes())
        || has(hex::encode_upper(needle).as_bytes())
        || (needle.is_ascii() && has(&wide))
}

/// Puts a recorder between a profile and its node.
fn listen_in(federation: &Federation, profile: &str, heard: &Recording) {
    let path = federation
        .home
        .join("profiles")
        .join(format!("{profile}.toml"));
    let text = fs::read_to_string(&path).unwrap();
    let (before, after) = text.split_once("http://").unwrap();
    let (address, after) = after.split_once('"').unwrap();
    let through = record(address.to_owned(), Arc::clone(heard));
    fs::write(&path, format!("{before}{through}\"{after}")).unwrap();
}

#[test]
fn what_a_person_writes_and_asks_reaches_no_node() {
    let tmp = tempfile::tempdir().unwrap();
    let federation = Federation::start(&tmp.path().join("federation"));
    let heard = Recording::default();
    for profile in ["lilas", "ryabina", "rowan"] {
        listen_in(&federation, profile, &heard);
    }
    let (number, mail, plate, account) = (
        "+33639981234",
        "grand.blond@example.org",
        "AB123CD",
        "serg_kzn",
    );
    let (text, russian, doubt) = (
        "A serré la gorge devant la porte verte",
        "Схватил за горло у зелёной двери",
        "It was another man",
    );
    let list = tmp.path().join("list.csv");
    fs::write(
        &list,
        "Phone,Description,Reported by\n+33 6 39 98 77 66,Took the money and the telephone,Sam the nickname\n",
    )
    .unwrap();

    let filed = federation.text(
        "lilas",
        &[
            "--json",
            "report",
            "06 39 98 12 34",
            mail,
            "plate:FR/AB-123-CD",
            "t.me/serg_kzn",
            "--level",
            "danger",
            "--code",
            "physical-violence",
            "--area",
            "Lyon",
            "--month",
            "2026-10",
            "--text",
            text,
            "--lang",
            "fr",
            "--browse",
            "text",
        ],
    );
    let filed: serde_json::Value = serde_json::from_str(&filed).unwrap();
    let id = filed["id"].as_str().unwrap();
    federation.text("lilas", &["import", list.to_str().unwrap()]);
    assert!(
        federation
            .text("ryabina", &["check", "0033 639 98 12 34"])
            .contains(text)
    );
    federation.text(
        "ryabina",
        &["translate", id, "--lang", "ru", "--text", russian],
    );
    assert!(federation.text("rowan", &["check", mail]).contains(russian));
    federation.text("rowan", &["dispute", id, "--text", doubt, "--lang", "en"]);
    assert!(
        federation
            .text("rowan", &["browse", "FR:lyon"])
            .contains(text)
    );
    federation.text("lilas", &["check", "+33 6 39 98 77 66"]);

    // What must not be found: what was typed, in every spelling it passed through, and all secrets
    // that the clients keep of reports.
    let mut needles: Vec<Vec<u8>> = [
        number,
        "33639981234",
        "639981234",
        "06 39 98 12 34",
        "639 98 12 34",
        mail,
        "grand.blond",
        plate,
        "AB-123-CD",
        account,
        text,
        russian,
        doubt,
        "639987766",
        "39 98 77 66",
        "Took the money",
        "Sam the nickname",
        "physical-violence",
        "FR:lyon",
    ]
    .map(|s| s.as_bytes().to_vec())
    .to_vec();
    let kept = federation.text("lilas", &["--json", "export"]);
    assert!(
        kept.contains(number),
        "the test looks for what is there: {kept}"
    );
    let secrets = secrets_of(&federation.home);
    assert!(
        secrets.len() >= 3,
        "the clients keep keys, and the test must find them to look for them"
    );
    needles.extend(secrets);

    let heard = heard.lock().unwrap().clone();
    assert!(
        heard.len() > 10_000,
        "the recorder heard {} bytes",
        heard.len()
    );
    let mut places = vec![("between clients and nodes".to_owned(), heard)];
    for node in ["lilas", "ryabina", "rowan"] {
        let mut found = Vec::new();
        files(&federation.dir.join(node), &mut found);
        for path in found {
            // The charter lists all cities in the open; what matters is which one a report names.
            if path.ends_with("charter.cbor") {
                continue;
            }
            places.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    for (place, bytes) in &places {
        for needle in &needles {
            let city = needle == b"FR:lyon" && place.starts_with("between");
            assert!(
                city || !found_in(bytes, needle),
                "{} was found in {place}",
                String::from_utf8_lossy(needle)
            );
        }
    }
}

/// The secrets that clients keep of reports: the locks' seeds and the full keys.
fn secrets_of(home: &Path) -> Vec<Vec<u8>> {
    let mut secrets = Vec::new();
    let mut found = Vec::new();
    files(&home.join("locks"), &mut found);
    for path in found.drain(..) {
        let receipt = Receipt::from_bytes(&fs::read(path).unwrap()).unwrap();
        secrets.push(receipt.lock.seed().to_vec());
        secrets.push(receipt.grip.full_key.to_bytes().to_vec());
    }
    files(&home.join("opened"), &mut found);
    // Beside each key lies the record, which is what nodes have.
    found.retain(|path| path.extension().is_some_and(|e| e == "key"));
    assert!(!found.is_empty());
    for path in found {
        let grip = Grip::from_bytes(&fs::read(path).unwrap()).unwrap();
        secrets.push(grip.full_key.to_bytes().to_vec());
    }
    secrets
}
