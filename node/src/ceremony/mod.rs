//! Key ceremonies (`spec/11-ceremonies.md`) as a node and the command line work on them: the same
//! files, one at a time.

mod desk;
mod error;
mod step;

pub use desk::{Desk, Hands, MAX_KEPT};
pub use error::DeskError;
pub use step::{Progress, Stepped};
