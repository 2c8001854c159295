//! A node's configuration: `node.toml` in its directory, and environment variables over it.
//!
//! What is in the file as typed is [`File`]; what the node works with is [`NodeConfig`].

mod file;
mod resolved;
mod sections;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests;

pub use file::{ConfigError, FILE_NAME, File};
pub use resolved::NodeConfig;
pub use sections::{Ceremonies, Http, Level, Limits, Log, Net, Rates, StoreKind};
