//! Parasol: a federated danger-list protocol.
pub mod area;
pub mod cbor;
pub mod charter;
pub mod cose;
pub mod entropy;
pub mod handle;
pub mod ids;
pub mod keys;
pub mod limits;
pub mod oprf;
pub mod particulars;
pub mod record;
pub mod seal;
pub mod time;
