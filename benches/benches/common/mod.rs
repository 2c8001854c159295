//! What the large measurements share: a federation with real keys, records in masses, stores of
//! others behind the node's trait, and what the system says of a process and a directory.
#![allow(dead_code, reason = "each program uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing)]

pub mod catch_up;
pub mod chain;
pub mod ops;
pub mod peers;
pub mod process;
pub mod sample;
pub mod system;
