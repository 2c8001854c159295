//! Making things that did not exist: a whole federation on one machine, or a single node's directory.
//!
//! [`init_federation`] has all nodes of a federation on one machine make the shared keys in a
//! ceremony. Each share lies in its own node's directory alone, and the keys nowhere; still, whoever
//! runs it has all directories in hand. Organisations that must not trust one machine make a node
//! each with [`init_node`], and run the ceremony among these.

mod federation;
mod members;
mod papers;
mod plan;
mod single;
#[cfg(test)]
mod vectors;

pub use federation::{Access, Made, SetupError, init_federation};
pub use members::built_in;
pub use papers::{
    DelegationRequest, PaperError, RecordFileError, RequestError, Taken, records_in, request, take,
};
pub use plan::{BUDGET, MAX_HOLDERS, Member, Plan, first_terms, majority};
pub use single::{Request, init_node};
