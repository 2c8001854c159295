//! The engine of a node: what comes in, what goes out, and no I/O in between.
//!
//! The driver owns the network, the store and the clock. It verifies signatures (in parallel, if
//! it likes), calls the engine with `now`, randomness and a [`View`](crate::carried::View) of the
//! store, and carries out the [`Output`]s in their order:
//!
//! ```text
//!             records ──► verify ──► arrived ─┐
//!  peers ──── requests ───────────► requested ├──► Engine ──► Store, then Gossip, Ask, Answer, …
//!             replies ────────────► replied ──┤
//!  clients ── drafts ─────────────► publish ──┤
//!  clock ──────────────────────────► tick ────┘
//! ```
//!
//! A `Store` output comes before whatever depends on it, and the driver applies it durably before
//! it goes on: what is acknowledged, answered or passed on is on disk.
//!
//! The simulator drives the same engine with a seeded clock and network.

mod answer;
mod arrive;
mod batch;
mod blame;
mod budget;
mod calendar;
mod charter;
mod core;
mod epochs;
mod evaluate;
pub(crate) mod fill;
mod member;
mod publish;
mod reader;
mod roster;
mod seasons;
mod serve;
mod sets;
mod sync;
mod waiting;
mod warning;
mod wear;

pub use self::core::{
    AskId, Done, Engine, EngineError, Identity, Notice, Output, Settings, Shares,
};
pub use arrive::{Arrived, Source};
pub use budget::Allowance;
pub use epochs::GRACE;
pub use evaluate::{Allowed, Holder, evaluate};
pub use member::{Division, Member, Share};
pub use reader::Reader;
pub use warning::Warning;
