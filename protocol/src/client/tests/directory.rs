//! What a client takes for the federation: whose directory, and which generation of keys.

use super::super::testing::{Seeded, World};
use super::super::{Check, CheckOptions, Federation, Generation, ViewError};
use super::steps::{PHONE, file_one, handle, says};
use crate::keys::SecretKey;

#[test]
fn a_directory_counts_only_by_the_root_of_ones_own_organisation() {
    let world = World::new(3, 2);
    let own = world.nodes[0].organisation;
    let read = |reply: &crate::wire::client::DirectoryReply| {
        Federation::from_reply(&reply.encode(), &own, None, world.today)
    };
    assert!(read(&world.reply(0)).is_ok());
    assert_eq!(read(&world.reply(1)).unwrap_err(), ViewError::NotOurNode);
    let stranger = SecretKey::from_seed([5; 32]).organisation();
    let reply = world.reply(0).encode();
    let strange = Federation::from_reply(&reply, &stranger, None, world.today);
    assert_eq!(strange.unwrap_err(), ViewError::NotOurs);
    let other = crate::ids::FederationId::from_bytes([0; 32]);
    let wrong = Federation::from_reply(&reply, &own, Some(&other), world.today);
    assert_eq!(wrong.unwrap_err(), ViewError::OtherFederation);
    // A bad record in it is left out and listed.
    let mut reply = world.reply(0);
    reply.records.push(vec![0xd2, 0x80]);
    assert_eq!(read(&reply).unwrap().refused().len(), 1);
}

#[test]
fn an_older_generation_of_keys_is_refused_and_a_second_one_is_an_alarm() {
    let world = World::new(3, 2);
    let federation = world.federation(0);
    let seen = federation.generation();
    assert_eq!(federation.follows(&seen), Ok(()));
    let earlier = Generation {
        epoch: seen.epoch - 1,
        digest: [0; 32],
    };
    assert_eq!(federation.follows(&earlier), Ok(()));
    let later = Generation {
        epoch: seen.epoch + 1,
        ..seen
    };
    assert_eq!(
        federation.follows(&later),
        Err(ViewError::OldCertificate {
            got: seen.epoch,
            seen: seen.epoch + 1
        })
    );
    let second = Generation {
        digest: [0; 32],
        ..seen
    };
    assert_eq!(
        federation.follows(&second),
        Err(ViewError::TwoCertificates(seen.epoch))
    );
    assert_eq!(federation.without_nodes().count(), 0);
    // A home node that keeps an organisation's delegation to itself is found out.
    let mut reply = world.reply(0);
    reply.records.pop();
    let own = world.nodes[0].organisation;
    let view = Federation::from_reply(&reply.encode(), &own, None, world.today).unwrap();
    let lost: Vec<_> = view.without_nodes().map(|m| m.key).collect();
    assert_eq!(lost, [world.nodes[2].organisation]);
}

#[test]
fn who_is_behind_is_told_so_and_goes_on_with_the_new_certificate() {
    let mut world = World::new(3, 2);
    file_one(&mut world, 0, says(&[PHONE], "behind"));
    let old = world.federation(1);
    world.renew(2);
    let look = |federation: &Federation, world: &mut World| {
        let options = CheckOptions::default();
        let check = Check::new(
            federation,
            vec![handle(PHONE)],
            options,
            &mut Seeded::new(5),
        );
        world.carry(1, check.unwrap())
    };
    let error = look(&old, &mut world).unwrap_err();
    assert!(error.is_behind(), "{error}");
    assert!(error.to_string().contains("other-epoch"), "{error}");
    let new = world.federation(1);
    new.follows(&old.generation()).unwrap();
    let checked = look(&new, &mut world).unwrap();
    assert_eq!(checked.results[0].reports.len(), 1);
    // To be out of reach is another thing.
    world.nodes.iter_mut().for_each(|node| node.up = false);
    assert!(!look(&new, &mut world).unwrap_err().is_behind());
}

#[test]
fn without_keys_a_client_says_what_is_to_be_done() {
    let mut world = World::new(3, 2);
    world.certificate.clear();
    let own = world.nodes[0].organisation;
    let reply = world.reply(0).encode();
    let refused = Federation::from_reply(&reply, &own, None, world.today);
    assert_eq!(refused.unwrap_err(), ViewError::NoKeys);
}
