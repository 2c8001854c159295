//! The secret parts of a deal: how they are laid out, opened and checked.

use super::feldman::scalar;
use super::joined::Joined;
use super::message::Deal;
use super::plan::Plan;
use super::sealed::{self, Binding, OVERHEAD};
use crate::ids::NodeKey;
use crate::oprf::{KeyName, ShareIndex};
use crate::wire::sealed::SealSecret;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// The parts of one dealer for one recipient, by key.
pub(super) type Parts = BTreeMap<KeyName, Zeroizing<[u8; 32]>>;

/// The holders to whom a dealer deals, in their order.
pub(super) fn recipients<'a>(
    plan: &'a Plan,
    dealer: &'a NodeKey,
) -> impl Iterator<Item = (&'a NodeKey, ShareIndex)> {
    plan.holders().filter(move |(node, _)| *node != dealer)
}

/// Whether a deal has as many parts as it must, each as long as it must be.
pub(super) fn fits(plan: &Plan, dealer: &NodeKey, deal: &Deal) -> bool {
    let size = OVERHEAD + 32 * plan.dealt_by(dealer).count();
    deal.sealed.len() == recipients(plan, dealer).count()
        && deal.sealed.iter().all(|sealed| sealed.len() == size)
}

/// What the parts of a deal are bound to.
pub(super) fn binding<'a>(
    plan: &'a Plan,
    transcript: &'a [u8; 32],
    dealer: &'a NodeKey,
    recipient: &'a NodeKey,
) -> Binding<'a> {
    Binding {
        federation: &plan.terms().federation,
        plan: plan.digest(),
        transcript,
        dealer,
        recipient,
    }
}

/// Opens a dealer's parts for one recipient. `None` if there is none for it, or it does not open.
pub(super) fn open(
    plan: &Plan,
    transcript: &[u8; 32],
    dealer: &NodeKey,
    recipient: &NodeKey,
    deal: &Deal,
    secret: &SealSecret,
) -> Option<Parts> {
    let place = recipients(plan, dealer).position(|(node, _)| node == recipient)?;
    let binding = binding(plan, transcript, dealer, recipient);
    let plain = sealed::open(deal.sealed.get(place)?, secret, &binding)?;
    let (values, rest) = plain.as_chunks::<32>();
    if !rest.is_empty() || values.len() != plan.dealt_by(dealer).count() {
        return None;
    }
    let names = plan.dealt_by(dealer).map(|(name, _, _)| name);
    Some(
        names
            .zip(values.iter().map(|v| Zeroizing::new(*v)))
            .collect(),
    )
}

/// Whether all of a dealer's parts for an index are what it is committed to.
pub(super) fn hold(joined: &Joined, index: ShareIndex, parts: &Parts) -> bool {
    joined.contributions.iter().all(|(name, contribution)| {
        let value = parts.get(name).and_then(|bytes| scalar(bytes));
        value.is_some_and(|value| contribution.commitment.holds(index, &value))
    })
}
