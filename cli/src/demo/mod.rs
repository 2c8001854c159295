//! `demo`: a federation of real node processes on this machine, and the story that shows it.
//!
//! - `place`: its directory, new or from an earlier time, and its ports
//! - `fleet`: the node processes, from start to stop
//! - `signals`: Ctrl-C and its kin
//! - `story`: what is told, in numbered steps
//! - `command`: the arguments, and how it all goes together
//!
//! Nodes end with the demonstration, whatever ends it: each holds the other end of a pipe as its
//! standard input, and stops when nobody holds this one any more.

mod command;
mod fleet;
mod place;
mod signals;
mod story;

pub use command::{DemoArgs, run};
pub use place::node_dirs;
