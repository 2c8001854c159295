//! cli
pub mod import;
