//! The driver: the only loop that calls the protocol engine, and the only writer of the ledger.
//!
//! ```text
//!   network events ──┐                         ┌──► ledger (durable before anything else)
//!   clients' calls ──┼──► one queue ──► engine ┼──► network: gossip, requests, who is let in
//!   the clock ───────┘    (one thread)         └──► answers to clients and peers
//! ```
//!
//! The loop has a thread of its own, since the store blocks. Gossip that has queued up is admitted
//! in one batch and stored in one commit; while that is written the next batch is admitted on top of
//! it, and the one after that is verified. What follows from a batch waits until it is on the disk. Evaluating is slow and needs no state, so the engine only
//! allows it, and other threads do it. Sealed questions and whatever else only reads are answered
//! beside the loop too, on a view of the store of their own.
//!
//! If the store cannot write, nothing that depended on the write is done, whoever asked is told so,
//! and the engine is made anew from what is on disk.

mod alarm;
mod aside;
mod calls;
mod epochs;
mod gossip;
mod grants;
mod input;
mod machine;
mod papers;
mod peers;
mod verify;

#[cfg(test)]
mod clock_tests;
#[cfg(test)]
mod seasons_tests;
#[cfg(test)]
mod stub;
#[cfg(test)]
mod tests;

pub use alarm::Alarm;
pub use calls::{DriverHandle, Unavailable};
pub use input::{Keys, Scene, Status, Target};
pub use machine::{Setup, start};
#[cfg(test)]
pub(crate) use stub::{Stub, stub};
pub use verify::verify;
