//! A join whose every claim was checked: what the rest of a ceremony builds on.

use super::blame::Fault;
use super::feldman::Commitment;
use super::message::Join;
use super::plan::{Dealing, Plan};
use super::{generate, message};
use crate::ids::{NodeKey, SealKey, sha256};
use crate::oprf::{KeyName, ShareIndex};
use std::collections::BTreeMap;

/// What a participant has shown of one key.
#[derive(Clone, Debug)]
pub(super) struct Contribution {
    /// At which index it shares out.
    pub(super) place: ShareIndex,
    /// To what it is committed.
    pub(super) commitment: Commitment,
    /// For a new key, the same with its proof, as the generation takes it.
    pub(super) package: Option<generate::Shown>,
}

/// A join that holds.
#[derive(Clone, Debug)]
pub(super) struct Joined {
    /// The hash of its message.
    pub(super) digest: [u8; 32],
    /// By dealer, the key to which that one is to seal.
    pub(super) one_time: BTreeMap<NodeKey, SealKey>,
    /// By key.
    pub(super) contributions: BTreeMap<KeyName, Contribution>,
    nonce: [u8; 32],
}

/// The hash by which a join fixes what the echo opens.
pub(super) fn nonce_hash(plan: &Plan, sender: &NodeKey, nonce: &[u8; 32]) -> [u8; 32] {
    let parts = [
        b"parasol 1 ceremony nonce".as_slice(),
        plan.digest().as_bytes(),
        sender.as_bytes(),
        nonce,
    ];
    sha256(&parts.concat())
}

/// The dealers for whom a holder makes one-time keys, in their order.
pub(super) fn dealers_for<'a>(
    plan: &'a Plan,
    holder: &'a NodeKey,
) -> impl Iterator<Item = &'a NodeKey> {
    let holds = plan.holder(holder).is_some();
    plan.dealers()
        .filter(move |dealer| holds && *dealer != holder)
}

impl Joined {
    /// Checks a join.
    pub(super) fn check(
        plan: &Plan,
        sender: &NodeKey,
        digest: [u8; 32],
        join: &Join,
    ) -> Result<Self, Fault> {
        if join.one_time.len() != dealers_for(plan, sender).count()
            || join.shown.len() != plan.dealt_by(sender).count()
        {
            return Err(Fault::Form);
        }
        let one_time = dealers_for(plan, sender).copied();
        let mut contributions = BTreeMap::new();
        for ((name, place, dealing), shown) in plan.dealt_by(sender).zip(&join.shown) {
            let found = contribution(plan, place, dealing, shown)?;
            contributions.insert(name, found);
        }
        Ok(Self {
            digest,
            one_time: one_time.zip(join.one_time.iter().copied()).collect(),
            contributions,
            nonce: join.nonce,
        })
    }

    /// Whether these keys and points are what the join shows.
    pub(super) fn shows(&self, join: &Join) -> bool {
        let points = self.contributions.values().map(|c| c.commitment.encode());
        self.one_time.values().eq(&join.one_time)
            && points.eq(join.shown.iter().map(|shown| shown.points.clone()))
    }

    /// Whether this is the nonce that the join fixed.
    pub(super) fn opens(&self, plan: &Plan, sender: &NodeKey, nonce: &[u8; 32]) -> bool {
        self.nonce == nonce_hash(plan, sender, nonce)
    }
}

fn contribution(
    plan: &Plan,
    place: ShareIndex,
    dealing: &Dealing,
    shown: &message::Shown,
) -> Result<Contribution, Fault> {
    let threshold = plan.terms().threshold;
    if shown.points.len() != usize::from(threshold) {
        return Err(Fault::Form);
    }
    let commitment = Commitment::decode(&shown.points).map_err(|_| Fault::Form)?;
    let package = match (dealing, &shown.proof) {
        (Dealing::Generate, Some(proof)) => {
            let package = generate::read(&shown.points, proof).map_err(|_| Fault::Form)?;
            if !generate::proven(place, &package, threshold) {
                return Err(Fault::Proof);
            }
            Some(package)
        }
        (Dealing::Reshare { terms, .. }, None) => {
            let right = terms.get(&place).map(|(_, point)| *point);
            if right != Some(commitment.constant()) {
                return Err(Fault::OldShare);
            }
            None
        }
        _ => return Err(Fault::Form),
    };
    Ok(Contribution {
        place,
        commitment,
        package,
    })
}
