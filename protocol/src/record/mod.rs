//! Records: what organisations sign and pass on (`spec/02-records.md`).
//!
//! ```text
//!  Draft ──sign──► bytes ──Unverified::parse──► Unverified ──verify──► Verified ──admit──► carried
//! ```
//!
//! Only [`Unverified`] can be made from bytes, and only verifying it yields the [`Verified`] that
//! the rest of the protocol accepts. The bytes are kept and never written again from the parsed
//! form: they are what was signed, what the id is of, and what is passed on.

mod body;
mod envelope;
mod refusal;

pub mod affirmation;
pub mod attachment;
pub mod delegation;
pub mod ending;
pub mod grant;
pub mod report;
pub mod retraction;
pub mod revocation;
pub mod vouch;

pub use body::{Body, Kind};
pub use envelope::{Draft, Header, Signer, Unverified, Verified};
pub use refusal::{Fault, Refusal, Rule};
