//! A node's ceremonies without its network: its own files, and a node that is driven by hand.

#[allow(dead_code)]
#[path = "../../node/src/ceremony/desk.rs"]
mod desk;
#[path = "../../node/src/ceremony/error.rs"]
mod error;
#[allow(dead_code)]
#[path = "../../node/src/ceremony/force.rs"]
mod force;
#[allow(dead_code)]
#[path = "../../node/src/ceremony/held.rs"]
mod held;
#[path = "../../node/src/ceremony/room.rs"]
mod room;
#[path = "../../node/src/ceremony/step.rs"]
mod step;
mod task;
#[allow(dead_code, unfulfilled_lint_expectations)]
#[path = "../../node/src/ceremony/worker.rs"]
mod worker;

mod drill;

pub use desk::{Desk, Hand, Known, MAX_KEPT, Part};
pub use drill::{Node, Said};
pub use error::DeskError;
pub use step::{Progress, Stepped};
pub use task::{Heard, Settings, Setup};
