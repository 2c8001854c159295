//! A raid as a test: nodes are seized with every key and byte on them, and an examiner tries
//! everything that `spec/04-lookup.md` and `spec/08-security.md` say it could.
//!
//! ```text
//!  Scene ── a federation, a list, a thousand suspects of whom some are on it, a month of look-ups
//!    │ seize
//!  Seizure ── of some nodes: keys, shares, records, transcripts; and sealed questions that somebody
//!    │        recorded on the line
//!  examine ── Findings: what was tried, what it gave
//!    │
//!  Scene::judge ── what of it is true, and what the spec allows
//! ```
//!
//! The examiner is given the bytes and the suspects' handles, never the truth: only
//! [`Scene::judge`] compares. It shares no code with what it attacks where that can be had cheaply:
//! the function of RFC 9497, interpolation and the binding of a report are written once more here,
//! from the text.
//!
//! That it is no dummy: with the states of *t* nodes it opens all, and a [`Flaw`] in a client or a
//! keyholder gives fewer than *t* of them away.

mod curve;
mod examiner;
mod judge;
mod keys;
mod questions;
mod records;
mod scene;
mod seizure;
#[cfg(test)]
mod tests;

pub use examiner::{Finding, Findings, examine};
pub use judge::{Judgement, Row};
pub use scene::{Flaw, Scene};
pub use seizure::Seizure;
