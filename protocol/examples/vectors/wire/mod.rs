//! Every message between clients and nodes, and some that must be refused.

mod bad;
mod good;

pub use bad::bad;
pub use good::cases;
