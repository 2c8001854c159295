//! What a person's own machine does: it says what to ask a home node, and what the answers mean.
//!
//! Nothing here does I/O or reads a clock. Each operation is a small machine that implements
//! [`Exchange`]: it hands out [`Ask`]s, is given the answers, and ends with a result. Whoever builds
//! a client carries the asks over any HTTP library, each as a `POST` of its body to the home node's
//! address and its path; those handed out together may travel side by side.
//!
//! ```text
//! loop {
//!     for ask in exchange.asks() {
//!         let answer = http.post(node + ask.path, ask.body);
//!         exchange.answer(ask.id, answer, entropy);
//!     }
//!     if let Some(done) = exchange.done() { break done }
//! }
//! ```
//!
//! | to do | begin with | ends with |
//! |---|---|---|
//! | learn who belongs to the federation | [`Federation::from_reply`] on `GET /v1/directory` | a [`Federation`] |
//! | look handles up | [`Check::new`] | [`Checked`] |
//! | seal reports | [`Seal::new`] on [`Draft`]s | the drafts, sealed, to be kept |
//! | publish sealed reports | [`Publish::new`] | a [`Receipt`] or a refusal for each |
//! | see what happened in an area | [`Browse::new`] | [`Browsed`] |
//! | translate, confirm or doubt a report | [`Attach::new`] with a [`Grip`] on it | its id |
//! | take a report back | [`Retract::by_lock`], [`Retract::as_publisher`] | its id |
//! | list one's own organisation's records | [`Own::new`] | [`OwnRecords`] |
//!
//! Plaintext, handles and content keys stay in these machines. What leaves them is blinded, sealed,
//! or public. What a home node or another organisation can do wrong, they find out and name: see
//! [`Error`], [`Warning`] and [`Alarm`].

mod ask;
mod attach;
mod browse;
mod check;
mod compare;
mod draft;
mod error;
mod evaluate;
mod file;
mod found;
mod gather;
mod grip;
mod own;
mod retract;
mod source;
mod view;

#[cfg(any(test, feature = "sim"))]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test bed: what must not happen ends the run"
)]
pub mod game;
#[cfg(any(test, feature = "sim"))]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test bed: what must not happen ends the run"
)]
pub mod raid;
#[cfg(any(test, feature = "sim"))]
#[cfg_attr(not(test), allow(dead_code, reason = "each test uses its part"))]
mod testing;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests;

pub use ask::{Ask, AskId, Exchange, Unanswered};
pub use attach::{Attach, Attachment};
pub use browse::{Browse, Browsed};
pub use check::{Check, CheckOptions, Checked, Looked};
pub use draft::{BrowseChoice, Draft};
pub use error::{Alarm, Error, MissingKeyholder, Warning};
pub use file::{Filed, Publish, Receipt, Seal, Sealed};
pub use found::{Found, RefusedRecord, Remark, Translated, WhyRefused};
pub use grip::Grip;
pub use own::{Own, OwnRecords};
pub use retract::Retract;
pub use view::{Federation, Generation, Member, ViewError};
