//! Whose word counts, what a home keeps and whom it asks: a real federation in which one organisation
//! has not vouched for another.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod asking;
mod carrying;
#[path = "../common/mod.rs"]
mod common;
mod profile;
mod vouches;

use common::program::text;
use parasol_node::keys::{NodeIdentity, encode_trust};
use parasol_protocol::record::Body;
use serde_json::Value;
use std::fs;
use std::path::Path;

const NUMBER: &str = "+33639981234";

/// A federation whose lilas has never vouched for ryabina.
fn without_a_vouch(dir: &Path) {
    text(&["federation", "init", dir.to_str().unwrap()]);
    for name in ["lilas", "ryabina", "rowan"] {
        let node = dir.join(name);
        let identity = NodeIdentity::read(&node).unwrap();
        let root = |name: &str| identity.charter.named(name).unwrap().root;
        let (lilas, ryabina) = (root("lilas"), root("ryabina"));
        let before = identity.trust.len();
        let kept: Vec<_> = identity
            .trust
            .into_iter()
            .filter(|record| {
                let about = match record.body() {
                    Body::Vouch(vouch) => vouch.subject == ryabina,
                    _ => false,
                };
                !(about && record.header().organisation == lilas)
            })
            .collect();
        assert_eq!(kept.len(), before - 1, "founders vouch for each other");
        fs::write(node.join("trust.cbor"), encode_trust(&kept)).unwrap();
    }
}

fn publishers(reports: &Value) -> Vec<String> {
    let mut names: Vec<String> = reports
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["organisation"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}
