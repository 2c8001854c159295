//! What tests of ceremonies have in common: how a federation comes to one, and the stick that files are
//! carried on.
#![allow(dead_code, unused_imports, reason = "each test uses its part")]

#[path = "../common/mod.rs"]
mod common;

pub use common::place::Place;
pub use common::program::{json, parasol, refused, run, text};
pub use common::words::{delegate, propose, sign};
use std::fs;

/// Starts a ceremony, and gives its whole name.
pub fn start(node: &str, words: &[&str]) -> String {
    let started = json(&[&["ceremony", "start", node], words].concat());
    started["name"].as_str().unwrap().to_owned()
}

/// The stick goes from each to each until nobody has anything new.
pub fn carry_around(place: &Place, nodes: &[String], name: &str) {
    let stick = place.at("stick");
    for _ in 0..10 {
        let mut new = false;
        for from in nodes {
            text(&["ceremony", "give", from, name, &stick]);
            for to in nodes.iter().filter(|to| *to != from) {
                let taken = json(&["ceremony", "take", to, &stick]);
                new |= taken["ceremonies"][0]["new"] == true;
            }
        }
        if !new {
            return;
        }
    }
    panic!("the ceremony {name} has no end");
}

impl Place {
    /// With three organisations that have nothing but their own machines, and a stick: roots, charter,
    /// nodes, delegations, and no keys yet.
    pub fn of_strangers() -> Self {
        let place = Self::new();
        let names = ["lilas", "rowan", "ryabina"];
        let charter = place.at("charter");
        let mut found = vec!["charter".to_owned(), "found".to_owned(), charter.clone()];
        for (name, country) in names.iter().zip(["FR", "GB", "RU"]) {
            let root = place.at(&format!("{name}.key"));
            let made = json(&["org", "init", &root, "--show-words"]);
            let key = made["organisation"].as_str().unwrap();
            found.extend(["--member".to_owned(), format!("{name}:{country}:{key}")]);
        }
        let words: Vec<&str> = found.iter().map(String::as_str).collect();
        // A stranger's root signs nothing.
        let stranger = place.at("stranger.key");
        json(&["org", "init", &stranger, "--show-words"]);
        let by_a_stranger = [&words[..], &["--root", &stranger]].concat();
        assert_eq!(refused(&by_a_stranger), ("not-asked".to_owned(), 3));
        let lilas = place.root("lilas");
        let words = [&words[..], &["--root", &lilas]].concat();
        let made = json(&words);
        assert_eq!(made["counts"], false);
        let id = made["founding"].as_str().unwrap();
        assert_eq!(made["missing"].as_array().unwrap().len(), 2);
        assert_eq!(refused(&words), ("occupied".to_owned(), 7));
        assert!(text(&["charter", "show", &charter]).contains("Not signed yet by"));
        for name in names {
            text(&["node", "init", &place.at(name), "--name", name]);
        }
        // Until all have signed, there is no charter to take in.
        let early = ["node", "take", &place.at("lilas"), &charter];
        assert_eq!(run(&early).status.code(), Some(3));
        // Two sign a copy each, and the copies are put together.
        let copy = place.at("copy");
        fs::copy(&charter, &copy).unwrap();
        for (name, file) in [("rowan", &charter), ("ryabina", &copy)] {
            let root = place.root(name);
            let by = ["--charter", file, "--root", &root];
            let blind = [&["charter", "sign", ""][..], &by].concat();
            assert_eq!(refused(&blind), ("unknown-version".to_owned(), 3));
            let signed = json(&[&["charter", "sign", &id[..8]][..], &by].concat());
            assert_eq!(signed["missing"].as_array().unwrap().len(), 1);
        }
        let put_together = json(&["charter", "take", &copy, "--charter", &charter]);
        assert_eq!(put_together["counts"], true);
        assert_eq!(json(&["charter", "status", &charter])["version"], 1);
        let mut answers = Vec::new();
        for name in names {
            let node = place.at(name);
            text(&["node", "take", &node, &charter]);
            text(&["node", "request", &node, "--organisation", name]);
            let (request, answer) = (
                format!("{node}/request"),
                place.at(&format!("{name}.answer")),
            );
            let root = place.root(name);
            text(&delegate(&request, &root, &answer, &[]));
            answers.push(answer);
        }
        for name in names {
            let node = place.at(name);
            let mut words = vec!["node", "take", &node];
            words.extend(answers.iter().map(String::as_str));
            text(&words);
        }
        place
    }

    /// The first three.
    pub fn nodes(&self) -> Vec<String> {
        ["lilas", "rowan", "ryabina"].map(|n| self.node(n)).to_vec()
    }

    /// A version of the charter upon the one that lilas has: proposed and signed by these, and taken
    /// into these nodes.
    fn change(&self, change: impl FnOnce(&mut toml::Table), signers: &[&str], nodes: &[String]) {
        let (file, draft) = (self.at("charter"), self.at("draft.toml"));
        fs::copy(format!("{}/charter.cbor", self.node("lilas")), &file).unwrap();
        let mut terms: toml::Table = text(&["charter", "show", &file, "--draft"])
            .parse()
            .unwrap();
        change(&mut terms);
        fs::write(&draft, toml::to_string(&terms).unwrap()).unwrap();
        let propose = ["charter", "propose", &draft, "--charter", &file, "--root"];
        let root = self.root(signers[0]);
        let proposed = json(&[&propose[..], &[&root]].concat());
        let id = proposed["signed"].as_str().unwrap();
        for signer in &signers[1..] {
            let sign = ["charter", "sign", id, "--charter", &file, "--root"];
            let root = self.root(signer);
            json(&[&sign[..], &[&root]].concat());
        }
        for node in nodes {
            text(&["charter", "take", &file, "--charter", node]);
        }
    }

    /// A fourth organisation becomes a keyholder, and has a node.
    pub fn welcome(&self, name: &str, jurisdiction: &str) {
        let root = self.at(&format!("{name}.key"));
        let made = json(&["org", "init", &root, "--show-words"]);
        let key = made["organisation"].as_str().unwrap().to_owned();
        let change = |terms: &mut toml::Table| {
            let mut member = toml::Table::new();
            member.insert("name".into(), name.into());
            member.insert("root".into(), key.into());
            member.insert("jurisdiction".into(), jurisdiction.into());
            member.insert("keyholder".into(), 4.into());
            member.insert("budget".into(), 0.into());
            let all = terms["organisation"].as_array_mut().unwrap();
            all.push(member.into());
            terms.insert("threshold".into(), 3.into());
        };
        let nodes = self.nodes();
        self.change(change, &["lilas", "rowan", name], &nodes);
        let node = self.at(name);
        text(&["node", "init", &node, "--name", name]);
        let given = self.node("lilas");
        let papers =
            ["charter.cbor", "certificate.cbor", "trust.cbor"].map(|f| format!("{given}/{f}"));
        text(&["node", "take", &node, &papers[0], &papers[1], &papers[2]]);
        text(&["node", "request", &node, "--organisation", name]);
        let (request, answer) = (format!("{node}/request"), self.at("answer"));
        text(&delegate(&request, &root, &answer, &[]));
        for node in nodes.iter().chain([&node]) {
            text(&["node", "take", node, &answer]);
        }
    }

    /// One of four leaves, by the word of the three others.
    pub fn dismiss(&self, name: &str) {
        let change = |terms: &mut toml::Table| {
            let all = terms["organisation"].as_array_mut().unwrap();
            let index = |o: &toml::Value| o["keyholder"].as_integer();
            let at = all.iter().position(|o| o["name"].as_str() == Some(name));
            let place = index(&all.remove(at.unwrap()));
            // Keyholders are numbered without a gap: the last one takes the place that is free.
            let last = all.iter_mut().max_by_key(|o| index(o)).unwrap();
            assert!(index(last) > place);
            last["keyholder"] = place.unwrap().into();
            terms.insert("threshold".into(), 2.into());
        };
        let rest: Vec<&str> = ["lilas", "rowan", "ryabina", "mohn"]
            .into_iter()
            .filter(|n| *n != name)
            .collect();
        let nodes: Vec<String> = rest.iter().map(|n| self.node(n)).collect();
        self.change(change, &rest, &nodes);
    }
}
