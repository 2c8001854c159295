//! The Parasol reference node.
//!
//! - [`driver`]: the only loop that calls the protocol engine
//! - [`net`]: how nodes reach each other (libp2p)
//! - [`http`]: what clients ask their home node
//! - [`store`], [`ledger`]: what lies on the disk

pub mod driver;
pub mod http;
pub mod ledger;
pub mod net;
pub mod run;
pub mod store;
