//! Key ceremonies (`spec/11-ceremonies.md`) as a node and the command line work on them: the same
//! files, one at a time.
//!
//! | module | is about |
//! |---|---|
//! | `desk` | what lies on the disk |
//! | `step` | going on with one, as far as it goes without the others |
//! | `force` | which certificate is in force, and which shares may go |
//! | `excused` | who held one up, and is left out of the next |
//! | `upon` | what one goes on with, and whether that still counts |
//! | `room` | what others can make a node keep |
//! | `held` | one ceremony in memory, and what its other participants have of it |
//! | `worker` | all of them: what comes in, what goes out, what a node does by itself |
//! | `local` | one among directories that all lie on this machine |
//! | `task` | the worker beside the driver, on a thread where it may block |

mod desk;
mod error;
mod excused;
mod force;
mod held;
mod local;
mod room;
mod step;
mod task;
mod upon;
mod worker;

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests;

pub use desk::{Desk, Hand, Known, MAX_KEPT, Part};
pub use error::DeskError;
pub use local::{LocalError, Neighbour, keys_for, make_first_keys};
pub use step::{Progress, Stepped};
pub use task::{Heard, Settings, Setup, channel, start};
pub use upon::goes_on;
