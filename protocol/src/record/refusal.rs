//! Why a record is not carried: every rule by its name.

use crate::cbor::Malformed;
use core::fmt;

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $fault:ident, $text:literal;)*) => {
        /// A rule that a record can break. Names, numbers and faults stand in `spec/validation.md`.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
        #[non_exhaustive]
        pub enum Rule { $($(#[$doc])* $name,)* }

        impl Rule {
            /// All rules, in the order of their numbers.
            pub const ALL: &'static [Rule] = &[$(Rule::$name,)*];
            /// The rule's stable name.
            pub const fn id(self) -> &'static str {
                match self { $(Rule::$name => $id,)* }
            }
            /// Whose fault it is when the rule is broken.
            pub const fn fault(self) -> Fault {
                match self { $(Rule::$name => Fault::$fault,)* }
            }
            /// What is wrong, in words.
            pub const fn text(self) -> &'static str {
                match self { $(Rule::$name => $text,)* }
            }
        }
    };
}

/// Whose fault a refusal is, which decides what to do with who sent it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// No honest node would ever have passed this on: it is wrong for ever and everywhere.
    Sender,
    /// It may have been right when it was sent, or may yet become right: nobody is blamed.
    Nobody,
}

rules! {
    /// Not the canonical encoding of a record.
    Encoding = "encoding", Sender, "it is damaged, cut short, or not in the canonical form";
    /// Larger than a record may be.
    Size = "size", Sender, "it is larger than a record may be";
    /// A kind that this version does not know.
    UnknownKind = "unknown-kind", Sender, "it is of a kind that this version does not know; a newer version may";
    /// Belongs to another federation.
    OtherFederation = "other-federation", Sender, "it belongs to another federation";
    /// The signature does not hold.
    Signature = "signature", Sender, "its signature does not hold: it was altered or forged";
    /// Signed by a root where a node must sign, or the other way round.
    WrongSigner = "wrong-signer", Sender, "records of its kind are signed by another sort of key";
    /// The organisation is not in the charter.
    UnknownOrganisation = "unknown-organisation", Nobody, "its organisation is not in the charter";
    /// No delegation is known for the key.
    UnknownKey = "unknown-key", Nobody, "no delegation is known for the key that signed it; it may still arrive";
    /// The delegation did not cover the day of issue.
    DelegationTime = "delegation-time", Nobody, "the key that signed it was not delegated for that day, as far as is known; a further delegation may still arrive";
    /// The organisation has revoked the key.
    RevokedKey = "revoked-key", Nobody, "its organisation has revoked the key that signed it";
    /// Issued after tomorrow.
    Future = "future", Nobody, "it is dated in the future; if that seems wrong, check this machine's clock";
    /// Past its expiry.
    Expired = "expired", Nobody, "it has expired";
    /// Lives longer than its kind may, or not at all.
    Life = "life", Sender, "it would live longer than records of its kind may";
    /// The slot is not below the quota or not in the delegation's range.
    SlotRange = "slot-range", Nobody, "its slot is not among those of the key that signed it, as far as is known; a further delegation may still arrive";
    /// Another record holds the slot.
    SlotTaken = "slot-taken", Nobody, "another record of the same organisation holds its slot";
    /// A label stands twice, or entries are not in order.
    Labels = "labels", Sender, "its handle entries are not in order, or a label stands twice";
    /// The bucket does not have the charter's size.
    Buckets = "buckets", Sender, "its buckets are not of the size that the charter says";
    /// A later edition without the lock's signature.
    Succession = "succession", Sender, "it claims to follow a report without that report's lock";
    /// Its report is retracted.
    Retracted = "retracted", Nobody, "the report it belongs to has been retracted";
    /// A retraction whose proof by the lock does not hold.
    RetractionProof = "retraction-proof", Sender, "the lock's signature in the retraction does not hold";
    /// A delegation that the node key did not sign.
    Possession = "possession", Sender, "the delegated key did not agree to the delegation";
    /// Audience *own* seen outside its organisation.
    NotOurs = "not-ours", Sender, "it is a report that its organisation keeps to itself";
    /// A vouch for oneself.
    SelfVouch = "self-vouch", Sender, "an organisation cannot vouch for itself";
    /// Issued before there was a federation.
    BeforeCharter = "before-charter", Sender, "it is dated before its federation was made; if that seems wrong, check the clock of the machine that signed it";
    /// Signed by a root that the charter has replaced, and not among what stays of it.
    FormerRoot = "former-root", Nobody, "the root that signed it was replaced by the charter, and it is not among what stays of that root";
    /// Says that a season is over which was not.
    NotOver = "not-over", Sender, "the season that it says is over was not, on the day on which it was signed; if that seems wrong, check the clock of the machine that signed it";
    /// A grant to oneself.
    SelfGrant = "self-grant", Sender, "an organisation cannot grant itself evaluations";
}

/// A record was refused: the rule it broke, and what was found where that helps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The broken rule.
    pub rule: Rule,
    /// What was expected and what was found; empty where the rule says it all.
    pub detail: String,
}

impl Refusal {
    /// A refusal that its rule explains fully.
    pub const fn new(rule: Rule) -> Self {
        Self {
            rule,
            detail: String::new(),
        }
    }
    /// A refusal with what was expected and found.
    pub fn because(rule: Rule, detail: impl fmt::Display) -> Self {
        Self {
            rule,
            detail: detail.to_string(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.rule.text())?;
        if self.detail.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", self.detail)
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Malformed> for Refusal {
    fn from(why: Malformed) -> Self {
        Refusal::because(
            if why == Malformed::TooLarge {
                Rule::Size
            } else {
                Rule::Encoding
            },
            why,
        )
    }
}

impl From<Rule> for Refusal {
    fn from(rule: Rule) -> Self {
        Refusal::new(rule)
    }
}
