//! Parasol: a federated danger-list protocol.
pub mod cbor;
pub mod entropy;
pub mod handle;
pub mod ids;
pub mod limits;
pub mod oprf;
pub mod time;
