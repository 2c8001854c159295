//! What is *counted*: whose records a person is shown (`spec/04-lookup.md`, part 4).
//!
//! Counting is local and never decides what is carried. For now a client's roots and whom they
//! vouch for directly are counted; budgets and longer chains are not yet.

use crate::directory::{Directory, Vouched};
use crate::ids::OrganisationKey;
use crate::time::Day;
use std::collections::{BTreeMap, BTreeSet};

/// The organisations whose records count for someone who trusts `roots`.
///
/// Roots that are not in the charter, vouches past their day and vouches for outsiders add nothing.
/// Two vouches of one issuer under one number void each other.
pub fn counted(
    directory: &Directory,
    roots: &BTreeSet<OrganisationKey>,
    today: Day,
) -> BTreeSet<OrganisationKey> {
    let member = |o: &OrganisationKey| directory.charter().organisation(o).is_some();
    let mut by_number: BTreeMap<(OrganisationKey, u32), Vec<&Vouched>> = BTreeMap::new();
    for v in directory
        .vouches()
        .filter(|v| today <= v.expires && roots.contains(&v.issuer))
    {
        by_number
            .entry((v.issuer, v.vouch.number))
            .or_default()
            .push(v);
    }
    let vouched = by_number.values().filter_map(|same| match same.as_slice() {
        [only] => Some(only.vouch.subject),
        _ => None,
    });
    roots
        .iter()
        .copied()
        .chain(vouched)
        .filter(member)
        .collect()
}
