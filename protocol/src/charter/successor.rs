//! What a version must keep of the one before it, and whose signatures it takes.

use super::terms::{CharterError, Terms};
use crate::ids::OrganisationKey;
use crate::limits::{MAX_COSIGNED, MAX_ORGANISATIONS};
use std::collections::BTreeSet;

/// The room for one signature.
const SIGNATURE: usize = 128;

impl Terms {
    /// Whether this version may follow `before`, signatures aside.
    ///
    /// # Errors
    /// Says what the two do not have in common.
    pub(super) fn check_follows(&self, before: &Terms) -> Result<(), CharterError> {
        let invalid = |why| Err(CharterError::Invalid(why));
        if self.version != before.version.saturating_add(1) {
            return invalid("a version's number must be one more than that of the one before it");
        }
        if self.made < before.made {
            return invalid("a version cannot be dated before the one that it follows");
        }
        if self.bucket_bits != before.bucket_bits {
            return invalid(
                "the bits of a bucket cannot change: reports that are there could not be found any more",
            );
        }
        // Whoever may sign must find room, or a version could never be read again.
        let new = self.organisations.iter().map(|o| o.root);
        let new = new.filter(|root| before.member(root).is_none()).count();
        let signers = before.organisations.len() + new;
        if signers > MAX_ORGANISATIONS {
            return invalid(
                "a version and the one before it may have at most 1000 organisations together; let some leave in a version of their own first",
            );
        }
        if self.encode().len() + SIGNATURE * signers > MAX_COSIGNED {
            return invalid(
                "the version is too large for the signatures of all who may sign it; shorten it",
            );
        }
        Ok(())
    }

    /// Those who must have signed this version whatever the others do: nobody becomes a member,
    /// or answers for another's records, against its will.
    pub(super) fn must_agree(&self, before: &Terms) -> BTreeSet<OrganisationKey> {
        let added = self.organisations.iter().map(|o| o.root);
        let added = added.filter(|root| before.member(root).is_none());
        let heirs = self.former.iter().filter(|f| {
            let same = before.former.iter().find(|b| b.root == f.root);
            same.is_none_or(|b| b.successor != f.successor)
        });
        added.chain(heirs.map(|f| f.successor)).collect()
    }

    /// Whether more than half of this version's organisations are among these.
    pub(super) fn is_majority(&self, signed: &BTreeSet<OrganisationKey>) -> bool {
        let members = signed.iter().filter(|root| self.member(root).is_some());
        members.count() * 2 > self.organisations.len()
    }
}
