//! Reporting and looking up, in memory, with nodes that fail and lie.

mod directory;
mod ended;
mod keyholders;
mod reports;
mod shown;
mod sources;
mod steps;

pub(super) use steps::{file_one, says};
