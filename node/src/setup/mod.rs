//! Making things that did not exist: a whole federation on one machine, or a single node's directory.
//!
//! [`init_federation`] deals the shared keys, so whoever runs it could have kept them. It writes the
//! whole key nowhere, and each share only into its own node's directory; still, it is for tests and
//! for showing how things work. A federation of people who must not trust one machine makes its keys
//! in a ceremony.

mod federation;
mod members;
mod papers;
mod plan;
mod single;

pub use federation::{Access, Made, SetupError, init_federation};
pub use members::built_in;
pub use papers::{DelegationRequest, PaperError, Taken, request, take};
pub use plan::{Member, Plan, majority};
pub use single::{Request, init_node};
