//! Plans that nobody takes part in.

use super::bad::Bad;
use crate::common::world::TODAY;
use parasol_protocol::ceremony::{Making, Old, PlanTerms};
use parasol_protocol::ids::FederationId;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::oprf::{KeyName, ShareIndex};
use parasol_protocol::time::Season;

pub(super) fn for_new_keys(bad: &mut Bad<'_>) {
    let world = bad.world;
    let good = bad.run.plan.clone();
    bad.plan("cut short", "malformed", &good[..good.len() - 1]);
    bad.plan(
        "a byte follows",
        "malformed",
        &[good.as_slice(), &[0]].concat(),
    );
    bad.terms("holders out of order", "malformed", |t| {
        t.holders.swap(0, 1)
    });
    bad.terms("one node holds twice", "malformed", |t| {
        t.holders[1].node = t.holders[0].node;
    });
    bad.terms("no keys", "malformed", |t| t.keys.clear());
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    bad.plan("the last bit flipped", "signature", &flipped);
    let forged = bad.run.terms.sign(&world.rowan.node);
    bad.plan("signed by another than its starter", "signature", &forged);
    bad.terms("another federation", "federation", |t| {
        t.federation = FederationId::from_bytes([1; 32]);
    });
    bad.terms("another charter", "charter", |t| t.charter[0] ^= 1);
    bad.terms("a threshold that is not the charter's", "threshold", |t| {
        t.threshold = 3
    });
    bad.terms("fewer holders than the threshold", "holders", |t| {
        t.holders.truncate(1)
    });
    bad.terms("a keyholder at another's index", "holders", |t| {
        t.holders.remove(1);
        t.holders[1].index = ShareIndex::new(2).unwrap();
    });
    bad.terms("an index that the charter has not", "holders", |t| {
        t.holders[2].index = ShareIndex::new(4).unwrap();
    });
    bad.terms("two keyholders' nodes exchanged", "holders", |t| {
        (t.holders[0].node, t.holders[1].node) = (t.holders[1].node, t.holders[0].node);
    });
    bad.terms("a day without delegations", "holders", |t| {
        t.day = TODAY.plus(61)
    });
    bad.terms("an epoch that there was", "epoch", |t| t.epoch = 1);
    bad.terms("a season that has ended", "keys", |t| {
        let past = Season::from_index(TODAY.season().index() - 1);
        t.keys.insert(KeyName::Handle(past), Making::Generate);
    });
    bad.terms("a season that nobody needs yet", "keys", |t| {
        let far = TODAY.plus(744).season().plus(2);
        t.keys.insert(KeyName::Area(far), Making::Generate);
    });
    bad.terms("a key reshared that nobody has", "keys", |t| {
        t.keys.insert(KeyName::Bucket, Making::Reshare);
    });
    let stranger = SecretKey::from_seed([8; 32]);
    let mut started = bad.run.terms.clone();
    started.starter = stranger.node();
    bad.plan(
        "started by who takes no part",
        "starter",
        &started.sign(&stranger),
    );
    let seat = |t: &PlanTerms, i: usize| t.holders[i];
    let digest = *bad.certificate.digest();
    bad.terms("dealt keys reshared", "dealt", |t| {
        let dealers = vec![seat(t, 0), seat(t, 1)];
        t.old = Some(Old {
            certificate: digest,
            dealers,
        });
        t.keys
            .values_mut()
            .for_each(|making| *making = Making::Reshare);
    });
}

pub(super) fn for_old_keys(bad: &mut Bad<'_>) {
    bad.terms("another certificate renewed", "certificate", |t| {
        t.old.as_mut().unwrap().certificate[0] ^= 1;
    });
    bad.terms("keys in force given up", "certificate", |t| {
        t.old = None;
        t.keys
            .values_mut()
            .for_each(|making| *making = Making::Generate);
    });
    bad.terms("too few dealers", "dealers", |t| {
        t.old.as_mut().unwrap().dealers.truncate(1);
    });
    bad.terms("too many dealers", "dealers", |t| {
        let all = t.holders.clone();
        t.old.as_mut().unwrap().dealers = all;
    });
    bad.terms("a dealer in another holder's place", "dealers", |t| {
        let mut other = t.holders[1];
        other.index = ShareIndex::new(3).unwrap();
        t.old.as_mut().unwrap().dealers[1] = other;
    });
    bad.terms("a season's key left out two days after it", "keys", |t| {
        t.day = TODAY.season().last_day().plus(2);
        t.keys.remove(&KeyName::Handle(TODAY.season()));
    });
    bad.terms("a key in force left out", "keys", |t| {
        t.keys.remove(&KeyName::Bucket);
    });
    bad.terms("a key in force made anew", "keys", |t| {
        t.keys.insert(KeyName::Bucket, Making::Generate);
    });
    bad.terms("the epoch in force", "epoch", |t| t.epoch = 2);
    bad.terms("an epoch far ahead", "epoch", |t| t.epoch = 1003);
}
