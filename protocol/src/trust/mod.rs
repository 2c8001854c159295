//! Whom to believe: vouches as budgets (`spec/09-trust.md`).
//!
//! ```text
//! roots, each with a budget ──vouch, budget b──► organisation ──► … at most five steps
//! ```
//!
//! [`Graph`] says who is in, with what budget, how far away and by how many chains that share
//! nobody, and of every vouch why it counts or does not. It is one engine for the view that all
//! nodes share, from the organisations of the charter, and for each node's own, from its roots.
//!
//! **Fakes are bounded.** However many keys somebody makes: no more of them get in than what the
//! fooled keys offered to them, each vouch counting its budget and one. Honest vouches in later
//! slots lower nobody, and the order in which vouches are heard of does not matter.
//!
//! Every question, which is a kind of record and an area, has a graph of its own: a vouch whose scope
//! does not cover it costs and leads nowhere.

mod budgets;
mod chains;
mod counted;
mod dominators;
mod explain;
mod graph;
mod issued;
mod level;
mod names;
mod offer;
mod sweep;
mod view;

#[cfg(test)]
mod tests;

pub use budgets::MAX_STEPS;
pub use counted::{Counting, Roots, Vouching, counted};
pub use explain::{Explanation, Place};
pub use graph::Graph;
pub use level::MAX_LEVEL;
pub use offer::{Ignored, Offer, Standing};
pub use view::{Local, Question, ROOT_BUDGET, local_view, local_view_with, objective_view};
