//! The HTTP API of a home node (`spec/07-http.md`): what its organisation's clients ask it.
//!
//! Bodies are the CBOR messages of [`parasol_protocol::wire::client`]; status and errors are JSON.
//! The OpenAPI document at `/openapi.json` is generated from this code. A client shows a bearer
//! token; sizes, times, connections, requests at once and requests a minute are limited.
//!
//! Nothing here reads a message's content except to pass it on: no line of a log and no error
//! holds any of it.

mod access;
mod api;
mod doors;
mod error;
mod evaluate;
mod quota;
mod slow;
mod status;

#[cfg(test)]
mod table_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use access::App;
pub use api::{openapi, router};
pub use doors::{Doors, serve};
#[cfg(test)]
pub(crate) use evaluate::gather;
