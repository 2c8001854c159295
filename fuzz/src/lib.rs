//! What the fuzz targets share: a federation whose keys are all at hand, a client in it, engines that
//! a target drives step by step, and the files of the node and of the command that read what comes
//! from outside, each built by its path: that spares the fuzzers the network and the stores.

// The command's files know the node's by this name.
extern crate self as parasol_node;

#[path = "../../protocol/examples/vectors/by_hand.rs"]
pub mod by_hand;
pub mod client;
#[path = "../../protocol/tests/common/mod.rs"]
pub mod common;
pub mod lab;
pub mod place;
pub mod seeds;
pub mod stage;
pub mod workbook;

// The node's.
#[path = "../../node/src/ceremony"]
pub mod ceremony {
    //! A node's ceremonies without its network: its own files, and a node that is driven by hand.
    #![allow(dead_code, unfulfilled_lint_expectations)]

    mod desk;
    mod error;
    mod excused;
    mod force;
    mod held;
    mod room;
    mod step;
    mod upon;
    mod worker;

    #[path = "../../../fuzz/src/ceremony/drill.rs"]
    mod drill;
    #[path = "../../../fuzz/src/ceremony/task.rs"]
    mod task;

    pub use desk::{Desk, Hand, Known, MAX_KEPT, Part};
    pub use drill::{Node, Said};
    pub use error::DeskError;
    pub use step::{Progress, Stepped};
    pub use task::{Heard, Settings, Setup};
    pub use upon::goes_on;
}
#[allow(dead_code)]
#[path = "../../node/src/files.rs"]
pub mod files;
#[allow(dead_code)]
#[path = "../../node/src/forget.rs"]
pub mod forget;
#[allow(dead_code)]
#[path = "../../node/src/grants.rs"]
pub mod grants;
#[allow(dead_code)]
#[path = "../../node/src/keys.rs"]
pub mod keys;
#[allow(dead_code)]
#[path = "../../node/src/setup/papers.rs"]
pub mod papers;
pub use papers as setup;

// The command's.
#[allow(dead_code)]
#[path = "../../cli/src/answers.rs"]
pub mod answers;
#[path = "../../cli/src/cmd/charter/draft.rs"]
pub mod draft;
#[allow(dead_code)]
#[path = "../../cli/src/exit.rs"]
pub mod exit;
#[allow(dead_code)]
#[path = "../../cli/src/fresh.rs"]
pub mod fresh;
#[allow(dead_code)]
#[path = "../../cli/src/home.rs"]
pub mod home;
#[path = "../../cli/src/import/mod.rs"]
pub mod import;
#[allow(dead_code)]
pub mod output;
#[allow(dead_code)]
#[path = "../../cli/src/cmd/quota.rs"]
pub mod quota;
#[allow(dead_code)]
#[path = "../../cli/src/root/mod.rs"]
pub mod root;
#[allow(dead_code)]
#[path = "../../cli/src/rooted.rs"]
pub mod rooted;
#[allow(dead_code)]
pub mod trust;

mod stand_ins;
pub use stand_ins::{config, driver, entropy, founding, globals, net, session};

use libfuzzer_sys::arbitrary::{Arbitrary, Unstructured};

/// What a target's bytes say, if they are to say more than themselves.
pub fn structured<'a, T: Arbitrary<'a>>(bytes: &'a [u8]) -> Option<T> {
    T::arbitrary_take_rest(Unstructured::new(bytes)).ok()
}
