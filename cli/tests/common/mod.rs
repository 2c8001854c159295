//! What tests of the program have in common: how it is called, the directories of a federation, and a
//! federation that runs.
#![allow(dead_code, reason = "each test uses its part")]

pub mod place;
pub mod program;
pub mod running;
pub mod words;
