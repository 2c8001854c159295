//! One vouch as the graph is told of it, and why it may have no effect.

use super::budgets::MAX_STEPS;
use crate::time::Day;
use core::fmt;

/// Whether a vouch can count at all, seen by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It is in force and about what is asked.
    InForce,
    /// It is in force, and about other kinds of record or other areas. It costs all the same.
    OutOfScope,
    /// It is in force, and its issuer or its subject has no place here by one's own decision. It
    /// costs all the same, so that nobody comes in by another's being kept out.
    Blocked,
    /// Its last day has passed. It costs nothing.
    Ended,
    /// It was signed later than the moment that is looked at. It costs nothing.
    Later,
    /// It was taken back. It costs nothing.
    Revoked,
}

/// One key's word for another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer<K> {
    /// Who vouches.
    pub from: K,
    /// For whom.
    pub to: K,
    /// How many others the subject may bring in.
    pub budget: u32,
    /// Its number among its issuer's.
    pub slot: u32,
    /// Whether it can count.
    pub standing: Standing,
    /// Its last day, if it has one.
    pub until: Option<Day>,
}

/// Why a vouch has no effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ignored {
    /// For oneself.
    Oneself,
    /// Another vouch of its issuer has its slot: neither counts.
    SlotTwice,
    /// It is about something else than what is asked.
    OutOfScope,
    /// Its issuer or its subject is blocked here.
    Blocked,
    /// Its time is over.
    Ended,
    /// It was signed later.
    Later,
    /// It was taken back.
    Revoked,
    /// Nobody vouches for its issuer here.
    IssuerUnknown,
    /// Its issuer stands at the end of the longest chain that counts.
    TooFar,
    /// With those in earlier slots it costs more than its issuer has.
    OverBudget {
        /// What they cost together.
        cost: u64,
        /// What the issuer has.
        budget: u32,
    },
}

impl Ignored {
    /// A word for it that never changes, for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Oneself => "oneself",
            Self::SlotTwice => "slot-twice",
            Self::OutOfScope => "out-of-scope",
            Self::Blocked => "blocked",
            Self::Ended => "ended",
            Self::Later => "later",
            Self::Revoked => "revoked",
            Self::IssuerUnknown => "issuer-not-accepted",
            Self::TooFar => "too-far",
            Self::OverBudget { .. } => "over-budget",
        }
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Oneself => f.write_str("nobody vouches for herself"),
            Self::SlotTwice => {
                f.write_str("its issuer has another vouch in the same slot, so that neither counts")
            }
            Self::OutOfScope => f.write_str("it is about something else"),
            Self::Blocked => f.write_str("one of the two is blocked here"),
            Self::Ended => f.write_str("its last day has passed"),
            Self::Later => f.write_str("it was signed later"),
            Self::Revoked => f.write_str("its issuer took it back"),
            Self::IssuerUnknown => f.write_str("nobody who is in vouches for its issuer"),
            Self::TooFar => write!(
                f,
                "its issuer is {MAX_STEPS} steps from a root, or has the budget for it only from there, and chains end after {MAX_STEPS}"
            ),
            Self::OverBudget { cost, budget } => write!(
                f,
                "with those in earlier slots it costs {cost}, and its issuer has {budget}"
            ),
        }
    }
}
