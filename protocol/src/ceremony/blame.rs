//! Who is at fault, and for what: only what the board shows to anybody who reads it.

use super::message::Step;
use crate::ids::NodeKey;
use core::fmt;

/// What a participant did that no honest one does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fault {
    /// It signed two different messages of one step.
    Two(Step),
    /// It signed a message whose form or length does not fit the plan.
    Form,
    /// It does not prove that it knows what it shows of a new key.
    Proof,
    /// What it shares out is not its certified old share.
    OldShare,
    /// What its echo opens is not what its join fixed.
    Nonce,
    /// Nothing can be sealed to a one-time key of its own making.
    OneTimeKey,
    /// It sealed a part that does not open, or is not what it is committed to.
    Part,
    /// It complained about a part that is right.
    Complaint,
    /// Its signature of the certificate does not hold, or there is no certificate to sign.
    Certificate,
}

impl Fault {
    /// The word for it in `spec/validation.md`.
    pub const fn word(&self) -> &'static str {
        match self {
            Fault::Two(_) => "two-messages",
            Fault::Form => "form",
            Fault::Proof => "proof-of-knowledge",
            Fault::OldShare => "old-share",
            Fault::Nonce => "nonce",
            Fault::OneTimeKey => "one-time-key",
            Fault::Part => "part",
            Fault::Complaint => "false-complaint",
            Fault::Certificate => "certificate-signature",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Two(step) => write!(f, "it signed two different messages of the step {step}"),
            Fault::Form => f.write_str("it signed a message that does not fit the plan"),
            Fault::Proof => f.write_str("it does not know the secret of what it shows"),
            Fault::OldShare => f.write_str("what it shares out is not its certified old share"),
            Fault::Nonce => f.write_str("what its echo opens is not what its join fixed"),
            Fault::OneTimeKey => f.write_str("it made a one-time key to which nobody can seal"),
            Fault::Part => f.write_str("it sent a wrong part, and the one who got it has shown it"),
            Fault::Complaint => f.write_str("it complained about a part that is right"),
            Fault::Certificate => f.write_str("its signature of the certificate does not hold"),
        }
    }
}

/// A participant, and what it did.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Blame {
    /// Whose record key it is.
    pub culprit: NodeKey,
    /// What it did.
    pub fault: Fault,
}

impl fmt::Display for Blame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the node {} is at fault: {}", self.culprit, self.fault)
    }
}
