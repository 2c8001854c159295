//! Node.
pub mod store;
