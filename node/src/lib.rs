//! The Parasol reference node.
//!
//! - [`driver`]: the only loop that calls the protocol engine
//! - [`net`]: how nodes reach each other (libp2p)
//! - [`http`]: what clients ask their home node
//! - [`store`], [`ledger`]: what lies on the disk
//! - [`config`], [`keys`], [`setup`]: what a node is told, what it is, and how it is made
//! - [`command`]: `node init` and `node run` as typed; [`stop`]: when to end

pub mod ceremony;
pub mod clock;
pub mod command;
pub mod config;
pub mod driver;
pub mod entropy;
pub mod files;
pub mod forget;
pub mod grants;
pub mod http;
pub mod keys;
pub mod ledger;
pub mod net;
pub mod run;
pub mod setup;
pub mod stop;
pub mod store;

#[cfg(test)]
mod testing;
