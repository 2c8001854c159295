//! The messages between clients, home nodes and nodes (`spec/06-transport.md`).
//!
//! | module | between | carried by |
//! |---|---|---|
//! | [`client`] | a client and its home node | HTTP bodies |
//! | [`peer`] | two nodes | libp2p request-response |
//! | [`sealed`] | a client and another organisation's node | both, and readable by neither |
//!
//! Every message is one deterministic CBOR item, decoded strictly.

pub mod client;
pub mod peer;
pub mod sealed;

mod again;
mod board;
mod evaluate;
mod records;

pub use again::Again;
pub use board::{Lacking, MAX_BOARD_BYTES, Shown};
pub use evaluate::{Ask as EvaluateAsk, KeyEvaluation, MAX_EVALUATE_KEYS};
