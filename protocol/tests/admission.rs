//! What a verdict says, beside the records that it lets in: slots, tombstones, what is put out.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::shelf::Shelf;
use common::world::{TODAY, World, by_node, by_root, elder, expiry, particulars};
use parasol_protocol::admit::{
    ENDING_SLOT, GRANT_SLOT, PROVEN_SLOT, RETRACTION_SLOT, SLOTS, SlotKey, Tombstone, Verdict,
    admit, check,
};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::{MAX_REVOCATION_LIFE, RETRACTION_LIFE};
use parasol_protocol::record::affirmation::Affirmation;
use parasol_protocol::record::grant::Grant;
use parasol_protocol::record::report::Audience;
use parasol_protocol::record::retraction::Retraction;
use parasol_protocol::record::revocation::Revocation;
use parasol_protocol::record::{Body, Rule, Verified};

#[test]
fn retractions_have_slots_of_their_own_and_none_claims_anothers() {
    let mut world = World::new("slots");
    let lock = SecretKey::generate(&mut world.entropy);
    let key = world.lilas.key();
    let proven = Body::Retraction(Retraction::by_lock(&world.federation, &lock));
    let bare = Body::Retraction(Retraction {
        lock: lock.lock(),
        proof: None,
    });
    let (report, _) = world.sealed(&particulars(), None, Audience::Federation, &lock);
    let report = Body::Report(report);
    let slot = |body: &Body, slot| SlotKey::numbered(key, body, false, TODAY, slot);
    assert_eq!(slot(&report, 5).slot, 5);
    assert_eq!(slot(&bare, 5).slot, RETRACTION_SLOT | 5);
    assert_eq!(slot(&proven, 5).slot, PROVEN_SLOT | 5);
    let grant = Body::Grant(Grant {
        subject: world.rowan.key(),
        evaluations: 9,
    });
    assert_eq!(slot(&grant, 5).slot, GRANT_SLOT | 5);
    assert_eq!([ENDING_SLOT, GRANT_SLOT], [0x4000_0000, 0x6000_0000]);
    assert_eq!(
        [SLOTS, RETRACTION_SLOT, PROVEN_SLOT],
        [0x4000_0000, 0x8000_0000, 0xc000_0000]
    );
    // A number that has the bits already comes to lie among those and not among the others.
    assert_eq!(slot(&proven, PROVEN_SLOT | 5), slot(&proven, 5));
    let root = Body::Revocation(Revocation::Key(world.lilas.node.node()));
    assert!(slot(&root, 1).root && !slot(&report, 1).root);
    assert!(SlotKey::numbered(key, &report, true, TODAY, 1).own);
}

#[test]
fn a_tombstone_without_proof_hides_its_own_organisations_reports_alone() {
    let world = World::new("tombstones");
    let (ours, theirs) = (world.lilas.key(), world.rowan.key());
    let stone = |proven| Tombstone {
        organisation: ours,
        proven,
        issued: TODAY,
    };
    assert!(stone(false).hides(&ours) && !stone(false).hides(&theirs));
    assert!(stone(true).hides(&ours) && stone(true).hides(&theirs));
}

#[test]
fn a_revocation_puts_out_what_its_key_signed_but_not_what_is_affirmed_or_proves_itself() {
    let mut world = World::new("revoked");
    let mut signed: Vec<Verified> = Vec::new();
    for slot in 0..3 {
        let lock = SecretKey::generate(&mut world.entropy);
        let (report, _) = world.sealed(&particulars(), None, Audience::Federation, &lock);
        let draft = by_node(&world.lilas, Body::Report(report), expiry(), slot);
        signed.push(draft.sign(&world.federation, &world.lilas.node).unwrap());
    }
    let lock = SecretKey::generate(&mut world.entropy);
    let (federation, lilas) = (&world.federation, &world.lilas);
    let proven = Body::Retraction(Retraction::by_lock(federation, &lock));
    let proven = by_node(lilas, proven, TODAY.plus(RETRACTION_LIFE), 0);
    signed.push(proven.sign(federation, &lilas.node).unwrap());
    let affirmation = Body::Affirmation(Affirmation {
        records: vec![signed[1].id()],
    });
    let affirmation = by_root(lilas, affirmation, TODAY, MAX_REVOCATION_LIFE, 10);
    let mut shelf = Shelf::new(world.directory.clone(), world.ryabina.key());
    for record in &signed {
        shelf.receive(record.bytes(), TODAY).unwrap();
    }
    let affirmation = affirmation.sign(federation, &lilas.root).unwrap();
    shelf.receive(affirmation.bytes(), TODAY).unwrap();

    let revocation = Body::Revocation(Revocation::Key(lilas.node.node()));
    let revocation = by_root(lilas, revocation, TODAY, MAX_REVOCATION_LIFE, 9);
    let revocation = revocation.sign(federation, &lilas.root).unwrap();
    let home = world.ryabina.key();
    let verdict = |shelf: &Shelf| {
        let Ok(verdict) = admit(&revocation, false, &shelf.directory, shelf, &home, TODAY);
        verdict
    };
    let mut evicts = vec![signed[0].id(), signed[2].id()];
    evicts.sort_unstable();
    assert_eq!(verdict(&shelf), Verdict::Carry { evicts });
    shelf.receive(revocation.bytes(), TODAY).unwrap();
    assert_eq!(verdict(&shelf), Verdict::Known);
}

#[test]
fn what_is_carried_is_known_whichever_way_it_comes() {
    let mut world = World::new("known");
    let home = world.lilas.key();
    for audience in [Audience::Federation, Audience::Own] {
        let lock = SecretKey::generate(&mut world.entropy);
        let (report, _) = world.sealed(&particulars(), None, audience, &lock);
        let draft = by_node(&world.lilas, Body::Report(report), expiry(), 0);
        let record = draft.sign(&world.federation, &world.lilas.node).unwrap();
        let mut shelf = Shelf::new(world.directory.clone(), home);
        shelf.receive(record.bytes(), TODAY).unwrap();
        for own in [false, true] {
            let Ok(verdict) = admit(&record, own, &shelf.directory, &shelf, &home, TODAY);
            assert_eq!(verdict, Verdict::Known, "{audience:?} {own}");
        }
    }
}

#[test]
fn of_a_former_root_its_own_signature_counts_no_more_and_its_nodes_are_looked_at_as_any() {
    let mut world = World::new("former");
    let lock = SecretKey::generate(&mut world.entropy);
    let (report, _) = world.sealed(&particulars(), None, Audience::Federation, &lock);
    let mut by_its_node = by_node(&world.rowan, Body::Report(report), expiry(), 0);
    by_its_node.header.organisation = elder().organisation();
    let revocation = Body::Revocation(Revocation::Key(world.rowan.node.node()));
    let mut by_itself = by_root(&world.rowan, revocation, TODAY, MAX_REVOCATION_LIFE, 0);
    by_itself.header.organisation = elder().organisation();
    let home = world.lilas.key();
    let broken = |record: &Verified| {
        check(record, &world.directory, &home, TODAY)
            .unwrap_err()
            .rule
    };
    let record = by_itself.sign(&world.federation, &elder()).unwrap();
    assert_eq!(broken(&record), Rule::FormerRoot);
    let record = by_its_node
        .sign(&world.federation, &world.rowan.node)
        .unwrap();
    assert_eq!(broken(&record), Rule::UnknownKey);
}
