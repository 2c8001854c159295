//! Three whole ceremonies, and plans, messages and boards that something is wrong with.

mod bad;
mod faults;
mod good;
mod pieces;
mod plans;
mod runs;

pub use bad::bad;
pub use runs::Ceremonies;
