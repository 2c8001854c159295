//! What the simulator is for: the promises, under hardship.

mod catch_up;
mod charter;
mod clock;
mod delegation;
mod division;
mod epochs;
mod hardship;
mod lab;
mod life;
mod lifetime;
mod order;
mod own;
mod past;
mod quota;
mod roster;
mod scenarios;
mod seasons;
mod shun;
mod stolen;
mod trust;
mod wear;

use super::{Conditions, Drbg, Federation, NodeIndex, Pace, Shape, World, report_body};
use crate::ids::RecordId;
use crate::keys::SecretKey;
use crate::record::report::Audience;
use crate::record::retraction::Retraction;
use crate::record::{Body, Verified};
use crate::time::Day;
use crate::wire::client::{Outcome, Wanted};

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

/// A federation of so many organisations with a node each.
fn world(organisations: u16, pace: Pace, conditions: Conditions, seed: u64) -> World {
    let shape = Shape {
        organisations,
        ..Shape::default()
    };
    let mut world = World::new(Federation::new(shape, seed), pace, conditions, seed);
    world.run_for(2 * pace.tick);
    world
}

fn wanted(lock: &SecretKey, audience: Audience, expires: Day, entropy: &mut Drbg) -> Wanted {
    let body = report_body(lock.lock(), audience, entropy);
    Wanted { expires, body }
}

fn published(outcomes: Option<Vec<Outcome>>) -> RecordId {
    match outcomes.expect("the node is up").as_slice() {
        [Outcome::Published(id)] => *id,
        other => panic!("{other:?}"),
    }
}

/// Publishes a report for the federation that lives so many days.
fn report(
    world: &mut World,
    node: NodeIndex,
    days: u32,
    entropy: &mut Drbg,
) -> (RecordId, SecretKey) {
    let lock = SecretKey::generate(entropy);
    let expires = world.today().plus(days);
    let wanted = wanted(&lock, Audience::Federation, expires, entropy);
    (published(world.publish(node, vec![wanted])), lock)
}

/// Publishes a retraction.
fn retract(world: &mut World, node: NodeIndex, lock: &SecretKey, proven: bool) -> RecordId {
    let body = if proven {
        Retraction::by_lock(world.federation.charter.federation(), lock)
    } else {
        Retraction {
            lock: lock.lock(),
            proof: None,
        }
    };
    let expires = world.today();
    let body = Body::Retraction(body);
    published(world.publish(node, vec![Wanted { expires, body }]))
}

fn copy(world: &World, node: NodeIndex, id: &RecordId) -> Verified {
    world.store(node).get(id).expect("carried").clone()
}
