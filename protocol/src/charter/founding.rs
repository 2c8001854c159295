//! A first version that is on its way from hand to hand: it counts when all of its organisations have
//! signed it, and nothing may be built on it before (`spec/10-charter.md`, section 3).

use super::agreed::Charter;
use super::terms::{CharterError, Terms};
use crate::cbor;
use crate::cose::{Context, Cosigned};
use crate::ids::{CharterId, OrganisationKey};
use crate::keys::SecretKey;
use crate::limits::MAX_COSIGNED;
use std::collections::BTreeSet;

/// A first version, with the signatures that there are.
#[derive(Clone, Debug)]
pub struct Founding {
    terms: Terms,
    document: Cosigned,
}

impl Founding {
    /// A federation that is to be, signed by nobody yet.
    ///
    /// # Errors
    /// If its terms break a rule of charters, or are not those of a first version.
    pub fn new(terms: Terms) -> Result<Self, CharterError> {
        if terms.version != 1 {
            return Err(CharterError::Gap(terms.version));
        }
        terms.check()?;
        let document = terms.unsigned();
        Ok(Self { terms, document })
    }

    /// Reads one that [`Founding::to_bytes`] wrote.
    ///
    /// # Errors
    /// If its form, its terms or a signature does not hold, or somebody has signed who is not in it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CharterError> {
        let document = Cosigned::parse(bytes, MAX_COSIGNED)?;
        let terms = cbor::decode(document.payload(), MAX_COSIGNED, Terms::decode)?;
        if terms.version != 1 {
            return Err(CharterError::Gap(terms.version));
        }
        terms.check()?;
        let external = Context::Charter.external(None);
        let signers = document
            .signers(&external)
            .map_err(|_| CharterError::Signatures)?;
        let mut signers = signers.into_iter().map(OrganisationKey::from_bytes);
        if signers.any(|root| terms.member(&root).is_none()) {
            return Err(CharterError::Signatures);
        }
        Ok(Self { terms, document })
    }

    /// Its bytes. When all have signed they are a charter's.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.document.write()
    }

    /// What it says.
    pub const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Its id, by which people make sure that they sign the same.
    pub fn id(&self) -> CharterId {
        CharterId::of(self.document.payload())
    }

    /// Signs it. Says whether this root is one of its organisations; nothing has changed otherwise.
    pub fn sign(&mut self, root: &SecretKey) -> bool {
        let asked = self.terms.member(&root.organisation()).is_some();
        if asked {
            Charter::sign_with(&mut self.document, root);
        }
        asked
    }

    /// Takes the signatures of another copy. Says whether it is one of the same.
    pub fn merge(&mut self, other: &Self) -> bool {
        let same = self.document.payload() == other.document.payload();
        if same {
            self.document.merge(&other.document);
        }
        same
    }

    /// The organisations that have not signed yet.
    pub fn missing(&self) -> BTreeSet<OrganisationKey> {
        let signed: BTreeSet<&[u8; 32]> = self.document.claimed().collect();
        let all = self.terms.organisations.iter().map(|o| o.root);
        all.filter(|root| !signed.contains(root.as_bytes()))
            .collect()
    }

    /// The charter, if all have signed.
    ///
    /// # Errors
    /// If somebody has not.
    pub fn charter(&self) -> Result<Charter, CharterError> {
        Charter::from_bytes(&self.to_bytes())
    }
}
