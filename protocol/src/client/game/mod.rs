//! Private look-up as a game (`spec/08-security.md`, section 6): an adversary in one or several seats
//! keeps all that passes through its hands for a month, has evaluated a thousand suspects, and guesses.
//!
//! ```text
//!  Stage ── a federation, a list as long as a real one's first years, a thousand suspects; four of them
//!    │      in each of two buckets, of whom two are on the list; two members at each of two home nodes
//!  play ─── in each round four coins choose who asks, in which bucket, whom of it, and whether he is
//!    │      on the list; a client that ships looks him up, or one with a [`Flaw`]
//!  Seat ─── what the home node, a keyholder and an answering node see of it: every byte, whatever can
//!    │      be read in them, and in which order
//!  Guesser ─ one for each [`Adversary`]: is told the coins of the first half of the month, learns by itself
//!    │      what goes with them, and says those of the second half
//!  Row ──── what it got right beyond one half, beside what the spec states that it sees
//! ```
//!
//! In a second game the one asked for is any of the thousand, and the adversary names him; the spec
//! states that whoever sees the bucket knows him for one of those in it.
//!
//! The game has no clock: what times tell is no part of it. Nor are the members' tokens, which their home
//! node sees: that it knows who asks stands among what is stated.

#[cfg(test)]
mod drills;
mod guesser;
mod namer;
mod play;
mod seat;
mod stage;
mod table;
#[cfg(test)]
mod tests;
mod traits;

pub use play::{Flaw, Options};
pub use seat::Adversary;
pub use stage::Stage;
pub use table::{Coin, Named, Row, Table};
