//! Parasol: a federated danger-list protocol.
pub mod admit;
pub mod area;
pub mod carried;
pub mod cbor;
pub mod certificate;
pub mod charter;
pub mod cose;
pub mod directory;
pub mod engine;
pub mod entropy;
pub mod handle;
pub mod ids;
pub mod keys;
pub mod limits;
pub mod oprf;
pub mod particulars;
pub mod reconcile;
pub mod record;
pub mod seal;
#[cfg(any(test, feature = "sim"))]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test bed: what must not happen ends the run"
)]
pub mod sim;
pub mod time;
pub mod trust;
pub mod wire;
