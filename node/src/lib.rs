//! Node.
//!
//! - [`net`]: how nodes reach each other (libp2p).

pub mod net;
