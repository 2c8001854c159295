//! What the fuzz targets share: a federation whose keys are all at hand, a client in it, and
//! engines that a target drives step by step.

#[path = "../../protocol/examples/vectors/by_hand.rs"]
pub mod by_hand;
pub mod client;
#[path = "../../protocol/tests/common/mod.rs"]
pub mod common;
/// The import is a part of the command; built by itself it spares the fuzzers the network and the
/// stores of a node.
#[path = "../../cli/src/import/mod.rs"]
pub mod import;
pub mod lab;
pub mod workbook;

use libfuzzer_sys::arbitrary::{Arbitrary, Unstructured};

/// What a target's bytes say, if they are to say more than themselves.
pub fn structured<'a, T: Arbitrary<'a>>(bytes: &'a [u8]) -> Option<T> {
    T::arbitrary_take_rest(Unstructured::new(bytes)).ok()
}
