//! An organisation's keys, from the paper to the node, lost and stolen; and the charter, by files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod charter;
#[path = "../common/mod.rs"]
mod common;
mod delegation;
mod paper;

use parasol_node::keys::NodeIdentity;
use std::path::Path;

fn read(dir: &str) -> NodeIdentity {
    NodeIdentity::read(Path::new(dir)).unwrap()
}
