//! Parasol: danger reports that organisations share and that no single server can read.
//!
//! A report is sealed to the names that one would ask by. What turns a name into a key is shared
//! among keyholders in different countries, so opening a report takes its name and the answers of
//! several of them, none of whom learns what was asked. The normative text is in `spec/`.
//!
//! Nothing here does I/O, reads a clock, draws randomness or is async: time and
//! [entropy](entropy::Entropy) come in as arguments, requests and changes go out as values.
//!
//! | to | take |
//! |---|---|
//! | build a client | [`client`]: what to ask, and what the answers mean |
//! | build a node | [`engine`] over a store that gives a [`carried::View`] |
//! | read and judge records | [`record`], [`directory`], [`admit`] |
//! | seal and open | [`seal`], over [`oprf`] and [`handle`] |
//! | make and renew the shared keys | [`ceremony`] |
//!
//! A module imports only from those before it:
//! `ids`, `time`, `limits` → `cbor` → `keys`, `cose` → `record` → `directory`, `trust`, `admit` →
//! `carried` → `engine` and `client`. `oprf` and `reconcile` know no records.

pub mod admit;
pub mod area;
pub mod carried;
pub mod cbor;
pub mod ceremony;
pub mod certificate;
pub mod charter;
pub mod client;
pub mod cose;
pub mod directory;
pub mod engine;
pub mod entropy;
pub mod handle;
pub mod ids;
pub mod keys;
pub mod limits;
pub mod oprf;
pub mod particulars;
pub mod reconcile;
pub mod record;
pub mod seal;
#[cfg(any(test, feature = "sim"))]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test bed: what must not happen ends the run"
)]
pub mod sim;
pub mod time;
pub mod trust;
pub mod wire;
