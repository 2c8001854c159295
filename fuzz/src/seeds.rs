//! Seeds that do what they are there for.
//!
//! A seed that its target refuses at the first step leads a fuzzer nowhere, and nothing shows it. So
//! targets say where an input has got somewhere, and with `PARASOL_SEEDS` set an input that has not
//! ends the run: `.ci/run` plays all good seeds so before it fuzzes.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

static CHECKED: LazyLock<bool> = LazyLock::new(|| std::env::var_os("PARASOL_SEEDS").is_some());
static REACHED: AtomicBool = AtomicBool::new(false);

/// The input has got to what its mode is about.
pub fn reached() {
    REACHED.store(true, Ordering::Relaxed);
}

/// The same, if it is so. Gives it back.
pub fn reached_if(so: bool) -> bool {
    if so {
        reached();
    }
    so
}

/// Says why an input does not get there, if seeds are being checked.
pub fn why(reason: &dyn std::fmt::Display) {
    if *CHECKED {
        eprintln!("{reason}");
    }
}

/// Runs one input, and if seeds are being checked makes sure that it has got somewhere.
pub fn watched<T>(run: impl FnOnce() -> T) -> T {
    REACHED.store(false, Ordering::Relaxed);
    let out = run();
    assert!(
        !*CHECKED || REACHED.load(Ordering::Relaxed),
        "this seed leads nowhere: see fuzz/src/seeds.rs"
    );
    out
}
