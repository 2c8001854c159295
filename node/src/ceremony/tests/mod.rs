//! Ceremonies of real nodes: on their directories alone, and over libp2p.

mod back;
mod crash;
pub(super) mod drill;
mod hostile;
mod kept;
mod live;
pub(super) mod town;
mod twice;
mod unread;
