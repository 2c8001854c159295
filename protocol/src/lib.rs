//! Parasol.
pub mod handle;
pub mod oprf;
pub mod entropy;
