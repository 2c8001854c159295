//! A whole federation in one process, for tests: the engine that ships, under a seeded clock, a
//! seeded network and seeded entropy. The same seed gives the same bytes.
//!
//! ```text
//!  Federation ── charter, roots, node keys, delegations; signs anything, hostile records too
//!      │
//!    World ──── nodes (engine + store in memory), a queue of events, the true time
//!      │   ╲
//!   Network   Report ── messages, bytes, copies a record, hops, time until all have it
//!   (who is linked with whom, delay, loss, duplication, partitions)
//! ```
//!
//! What is modelled: the driver's duties towards the engine (verify, apply `Store` before what
//! follows, forward what was new), links between nodes whose delegations check out, gossipsub's
//! mesh as nodes configure it and its flood publishing, requests with timeouts, clocks that are off,
//! crashes at any point between two outputs, nodes that lie. What is not: gossipsub's lazy gossip
//! (catch-up does its work here), its scores and its *I don't want*, congestion, and the time that
//! computing takes.
//!
//! [`chaos`] lets everything happen at once at random; a [`Scenario`] says what happens when.
//!
//! Nothing here reads a clock or the system's randomness. As each distinct record is verified once
//! for the whole world, a thousand nodes cost little more than their bookkeeping.

mod chaos;
mod entropy;
mod federation;
mod mesh;
mod network;
mod node;
mod promise;
mod report;
mod scenario;
mod world;

#[cfg(test)]
mod tests;

pub use chaos::{Broken, chaos};
pub use entropy::Drbg;
pub use federation::{Federation, Shape, Station, attachment_body, report_body};
pub use mesh::MeshSizes;
pub use network::{Conditions, Network};
pub use node::{Claim, Lie};
pub use report::{Report, Spread};
pub use scenario::{Event, Invariant, Load, Off, Outcome, Scenario, What, Which};
pub use world::{NodeIndex, Pace, World};
