//! The kinds of record and their numbers on the wire.

use super::affirmation::Affirmation;
use super::attachment::{Dispute, Second, Translation};
use super::delegation::Delegation;
use super::ending::Ending;
use super::grant::Grant;
use super::report::Report;
use super::retraction::Retraction;
use super::revocation::Revocation;
use super::vouch::Vouch;
use crate::cbor::Malformed;
use crate::ids::Lock;
use minicbor::Decoder;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $n:literal, $word:literal;)*) => {
        /// A kind of record (`spec/02-records.md`, section 4).
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
        #[non_exhaustive]
        pub enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            /// All kinds.
            pub const ALL: &'static [Kind] = &[$(Kind::$name,)*];
            /// Its number on the wire.
            pub const fn number(self) -> u8 {
                match self { $(Kind::$name => $n,)* }
            }
            /// The kind of this number.
            pub const fn from_number(n: u8) -> Option<Kind> {
                match n { $($n => Some(Kind::$name),)* _ => None }
            }
            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Kind::$name => $word,)* }
            }
        }

        /// What a record says.
        #[derive(Clone, PartialEq, Eq, Debug)]
        #[non_exhaustive]
        #[allow(clippy::large_enum_variant, reason = "the large one is the common one")]
        pub enum Body { $($(#[$doc])* $name($name),)* }

        impl Body {
            /// The kind of record that this is the body of.
            pub const fn kind(&self) -> Kind {
                match self { $(Body::$name(_) => Kind::$name,)* }
            }
            pub(crate) fn encode(&self) -> Vec<u8> {
                match self { $(Body::$name(b) => b.encode(),)* }
            }
            pub(crate) fn decode(kind: Kind, d: &mut Decoder<'_>) -> Result<Self, Malformed> {
                match kind { $(Kind::$name => $name::decode(d).map(Body::$name),)* }
            }
        }
    };
}

kinds! {
    /// A sealed report about one person.
    Report = 1, "report";
    /// A sealed translation of a report's text.
    Translation = 2, "translation";
    /// Another organisation confirms a report.
    Second = 3, "second";
    /// An organisation doubts a report.
    Dispute = 4, "dispute";
    /// A report is taken back.
    Retraction = 5, "retraction";
    /// One organisation vouches for another.
    Vouch = 7, "vouch";
    /// An organisation declares a node key void.
    Revocation = 8, "revocation";
    /// An organisation's root stands by single records of a revoked key, or in a contested slot.
    Affirmation = 9, "affirmation";
    /// An organisation's root gives a node its keys and slots for a time.
    Delegation = 10, "delegation";
    /// A node says for its organisation that a season is over.
    Ending = 11, "ending";
    /// What another organisation may ask of the keyholders beyond its daily quota.
    Grant = 12, "grant";
}

impl Kind {
    /// Whether clients hand in what it says, for their node to sign. An ending a node signs by itself,
    /// and nobody has it say so. A grant is for whoever runs the node: a stolen phone must not give
    /// away what the keyholders answer.
    pub const fn by_clients(self) -> bool {
        !self.by_root() && !matches!(self, Kind::Ending | Kind::Grant)
    }

    /// Whether the organisation's root signs it, rather than a node.
    pub const fn by_root(self) -> bool {
        matches!(
            self,
            Kind::Vouch | Kind::Revocation | Kind::Affirmation | Kind::Delegation
        )
    }

    /// Whether the [directory](crate::directory::Directory) learns from it: all that roots sign, and
    /// what nodes sign that every keyholder goes by.
    pub const fn in_directory(self) -> bool {
        self.by_root() || matches!(self, Kind::Grant)
    }
}

impl Body {
    /// Whether it holds by itself, whoever published it: a retraction that the lock signed.
    pub const fn proves_itself(&self) -> bool {
        matches!(self, Body::Retraction(r) if r.proof.is_some())
    }

    /// The lock of the report that the record is, belongs to, or takes back.
    pub const fn lock(&self) -> Option<&Lock> {
        match self {
            Body::Report(b) => Some(&b.lock),
            Body::Translation(b) => Some(&b.target.lock),
            Body::Second(b) => Some(&b.target.lock),
            Body::Dispute(b) => Some(&b.target.lock),
            Body::Retraction(b) => Some(&b.lock),
            _ => None,
        }
    }
}
