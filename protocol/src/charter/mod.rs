//! The charter: who belongs to the federation, and by what numbers it lives (`spec/10-charter.md`).
//!
//! ```text
//!  Terms ──unsigned, sign_with──► document ──Chain::offer──► Chain ──current──► Charter
//! ```
//!
//! [`Terms`] are what one version says; a *document* is a version with signatures, a COSE_Sign. A
//! [`Chain`] takes documents in any order and says which version counts. A [`Charter`] is a version
//! that counts, with all before it: nothing else in this crate is decided by terms that do not. A
//! [`Founding`] is a first version that not all have signed.

mod agreed;
mod chain;
mod documents;
mod founding;
mod keep;
mod standing;
mod successor;
mod terms;

pub use agreed::{Charter, Pin};
pub use chain::{Chain, MAX_DOCUMENTS, MAX_PROPOSALS, MAX_VERSIONS};
pub use founding::Founding;
pub use standing::{Fork, Offered, Pending, ProposeError, SignError, Status, Twice};
pub use terms::{CharterError, Former, Lives, Organisation, Origin, Quotas, Terms};

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

#[cfg(test)]
#[path = "keep_tests.rs"]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod keep_tests;
