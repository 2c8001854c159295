//! The type: a kind and a canonical text.

use std::fmt;
use std::str::FromStr;

use zeroize::Zeroize;

use super::error::HandleError;
use super::guess;

/// The version of the canonical forms. It is part of what is evaluated: two versions never meet.
pub const RULES_VERSION: u8 = 1;

/// What a handle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HandleKind {
    /// A phone number, E.164.
    Phone,
    /// An e-mail address.
    Email,
    /// A name on a platform.
    Account,
    /// A number plate with its country.
    Plate,
    /// The address of a page.
    Url,
}

impl HandleKind {
    /// All kinds, in order.
    pub const ALL: [Self; 5] = [
        Self::Phone,
        Self::Email,
        Self::Account,
        Self::Plate,
        Self::Url,
    ];

    /// The prefix of the canonical form, without its colon.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Account => "account",
            Self::Plate => "plate",
            Self::Url => "url",
        }
    }
}

impl fmt::Display for HandleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for HandleKind {
    type Err = HandleError;
    fn from_str(text: &str) -> Result<Self, HandleError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(HandleError::UnknownKind)
    }
}

/// One thing to ask by, in its canonical form. Wiped from memory when dropped; `Debug` hides it.
///
/// See `spec/03-handles.md`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle {
    kind: HandleKind,
    text: String,
}

impl Handle {
    /// What it is.
    pub fn kind(&self) -> HandleKind {
        self.kind
    }

    /// The canonical text without its prefix: `+33639981234`, `telegram/name`, `FR/AB123CD`.
    pub fn canonical(&self) -> &str {
        &self.text
    }

    /// The canonical text with its prefix: `phone:+33639981234`.
    pub fn to_canonical_string(&self) -> String {
        format!("{}:{}", self.kind.as_str(), self.text)
    }

    /// Accepts only a text that is already canonical: what a sealed body may hold.
    ///
    /// # Errors
    /// [`HandleError::NotCanonical`] for anything that [`Handle::to_canonical_string`] would not write.
    pub fn from_canonical(text: &str) -> Result<Self, HandleError> {
        let (kind, rest) = text.split_once(':').ok_or(HandleError::NotCanonical)?;
        let kind = kind.parse().map_err(|_| HandleError::NotCanonical)?;
        match guess::canonical_of(rest, kind, None) {
            Ok(found) if found.kind == kind && found.text == rest => Ok(Self {
                kind,
                text: found.text,
            }),
            _ => Err(HandleError::NotCanonical),
        }
    }

    /// The bytes that the keyholders evaluate, blinded.
    pub fn oprf_input(&self) -> Vec<u8> {
        format!(
            "parasol handle {RULES_VERSION}|{}:{}",
            self.kind.as_str(),
            self.text
        )
        .into_bytes()
    }

    /// Builds a handle from rules that have just made `text`, after checking that they leave it alone.
    pub(super) fn checked(kind: HandleKind, text: String) -> Result<Self, HandleError> {
        Self::from_canonical(&format!("{}:{text}", kind.as_str()))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({}:…)", self.kind.as_str())
    }
}
