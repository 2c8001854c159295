//! What is carried depends on charter, records and day, and on no order.

use super::super::{Drbg, Federation, Shape, attachment_body, report_body};
use super::lab::Lab;
use crate::ids::{OrganisationKey, RecordId};
use crate::keys::SecretKey;
use crate::record::delegation::SlotRange;
use crate::record::report::Audience;
use crate::record::vouch::{Scope, Vouch};
use crate::record::{Kind, Verified};
use crate::time::Day;
use proptest::prelude::*;
use std::collections::BTreeSet;

const MADE: u32 = 20_800;
const TODAY: u32 = MADE + 20;
/// An early expiry. Until it is near, all that expires takes part in catch-up; what expires within
/// two days does not, and may differ between nodes for its last days.
const SOON: u32 = TODAY + 6;

/// A record to be made, with small numbers so that they get in each other's way.
#[derive(Clone, Debug)]
enum Item {
    Report {
        author: usize,
        lock: u8,
        issued: u32,
        expires: u32,
        slot: u32,
    },
    Attachment {
        author: usize,
        lock: u8,
        kind: usize,
        issued: u32,
        slot: u32,
    },
    Retraction {
        author: usize,
        lock: u8,
        proven: bool,
        issued: u32,
        slot: u32,
    },
    Revocation {
        author: usize,
        issued: u32,
        slot: u32,
        early: bool,
    },
    Affirmation {
        organisation: usize,
        which: Vec<prop::sample::Index>,
        issued: u32,
        slot: u32,
    },
    Delegation {
        author: usize,
        issued: u32,
        days: u32,
        first: u32,
        count: u32,
        slot: u32,
    },
    Vouch {
        issuer: usize,
        subject: usize,
        issued: u32,
        slot: u32,
    },
}

/// The organisations 3 (two nodes: stations 6 and 7) and 4 (8 and 9) write; the others only carry.
fn item() -> impl Strategy<Value = Item> {
    let author = 6usize..10;
    let day = MADE..=TODAY;
    let root_day = MADE..MADE + 2;
    prop_oneof![
        5 => (author.clone(), 0u8..4, day.clone(), prop_oneof![2 => Just(TODAY + 300), 1 => Just(SOON), 1 => Just(TODAY - 1)], 0u32..4)
            .prop_map(|(author, lock, issued, expires, slot)| Item::Report { author, lock, issued, expires, slot }),
        2 => (author.clone(), 0u8..4, 0usize..3, day.clone(), 0u32..4)
            .prop_map(|(author, lock, kind, issued, slot)| Item::Attachment { author, lock, kind, issued, slot }),
        3 => (author.clone(), 0u8..4, any::<bool>(), day.clone(), 0u32..4)
            .prop_map(|(author, lock, proven, issued, slot)| Item::Retraction { author, lock, proven, issued, slot }),
        1 => (author.clone(), root_day.clone(), 0u32..3, any::<bool>())
            .prop_map(|(author, issued, slot, early)| Item::Revocation { author, issued, slot, early }),
        2 => (3usize..5, prop::collection::vec(any::<prop::sample::Index>(), 1..4), root_day.clone(), 0u32..3)
            .prop_map(|(organisation, which, issued, slot)| Item::Affirmation { organisation, which, issued, slot }),
        2 => (author, root_day.clone(), 0u32..90, 0u32..4, 1u32..4, 0u32..3)
            .prop_map(|(author, issued, days, first, count, slot)| Item::Delegation { author, issued, days, first, count, slot }),
        1 => (3usize..5, 0usize..5, root_day, 0u32..3)
            .prop_map(|(issuer, subject, issued, slot)| Item::Vouch { issuer, subject, issued, slot }),
    ]
}

fn federation() -> Federation {
    let shape = Shape {
        organisations: 5,
        nodes: 2,
        made: Day::from_number(MADE),
        quotas: crate::charter::Quotas {
            records: 8,
            evaluations: 10,
        },
        ..Shape::default()
    };
    Federation::new(shape, 42)
}

fn make(f: &Federation, items: &[Item]) -> Vec<Verified> {
    let mut entropy = Drbg::new(1, "bag");
    let locks: Vec<SecretKey> = (0..4).map(|_| SecretKey::generate(&mut entropy)).collect();
    let day = Day::from_number;
    // The writers' first delegations are part of the bag.
    let mut bag: Vec<Verified> = f.delegations[6..].to_vec();
    for item in items {
        let record = match item.clone() {
            Item::Report {
                author,
                lock,
                issued,
                expires,
                slot,
            } => {
                let lock = locks[usize::from(lock)].lock();
                let body = report_body(lock, Audience::Federation, &mut entropy);
                f.sign(author, day(issued), day(expires), slot, body)
            }
            Item::Attachment {
                author,
                lock,
                kind,
                issued,
                slot,
            } => {
                let lock = locks[usize::from(lock)].lock();
                let kind = [Kind::Translation, Kind::Second, Kind::Dispute][kind];
                let body = attachment_body(kind, lock, RecordId::from_bytes([7; 32]), &mut entropy);
                f.sign(author, day(issued), day(issued + 300), slot, body)
            }
            Item::Retraction {
                author,
                lock,
                proven,
                issued,
                slot,
            } => f.retraction(author, &locks[usize::from(lock)], proven, day(issued), slot),
            Item::Revocation {
                author,
                issued,
                slot,
                early,
            } if early => {
                let whole = f.revocation(author, day(issued), slot);
                let organisation = f.stations[author].organisation;
                let body = whole.body().clone();
                f.sign_root(organisation, day(issued), day(SOON), slot, body)
            }
            Item::Revocation {
                author,
                issued,
                slot,
                ..
            } => f.revocation(author, day(issued), slot),
            Item::Affirmation {
                organisation,
                which,
                issued,
                slot,
            } => {
                let ids = which.iter().map(|i| i.get(&bag).id()).collect();
                f.affirmation(organisation, ids, day(issued), slot)
            }
            Item::Delegation {
                author,
                issued,
                days,
                first,
                count,
                slot,
            } => f.delegation(author, day(issued), days, SlotRange { first, count }, slot),
            Item::Vouch {
                issuer,
                subject,
                issued,
                slot,
            } => {
                let subject: OrganisationKey = f.organisation(subject);
                let vouch = Vouch {
                    subject,
                    budget: 0,
                    number: 0,
                    scope: Scope::everything(),
                };
                f.vouch(issuer, vouch, day(issued), 300, slot)
            }
        };
        bag.push(record);
    }
    bag
}

fn shuffled(bag: &[Verified], seed: u64) -> Vec<Verified> {
    let mut bag = bag.to_vec();
    Drbg::new(seed, "order").shuffle(&mut bag);
    bag
}

/// Offers all of the bag to `sides` engines in this order, again and again until nothing changes.
fn settle(lab: &mut Lab, bag: &[Verified]) {
    for round in 0.. {
        let before = lab.sets();
        for (n, record) in bag.iter().enumerate() {
            let side = n % lab.sides.len();
            let _ = lab.offer(side, record.clone());
        }
        lab.tick();
        lab.tick();
        if lab.sets() == before {
            return;
        }
        assert!(round < 30, "the carried sets never settle");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_order_gives_the_same_set(
        items in prop::collection::vec(item(), 1..14),
        first in any::<u64>(),
        second in any::<u64>(),
        sides in 2usize..5,
    ) {
        let bag = make(&federation(), &items);
        let mut one = Lab::new(federation(), 2, Day::from_number(TODAY));
        let mut two = Lab::new(federation(), sides, Day::from_number(TODAY));
        // The nodes' own first delegations differ in number; they are no part of the question.
        let ids: BTreeSet<RecordId> = bag.iter().map(Verified::id).collect();
        let mut in_both = |days: u32| {
            for _ in 0..days {
                one.next_day();
                two.next_day();
            }
            settle(&mut one, &shuffled(&bag, first));
            settle(&mut two, &shuffled(&bag, second));
            let mut sets = one.sets();
            sets.extend(two.sets());
            sets.into_iter()
                .map(|s| s.intersection(&ids).copied().collect::<BTreeSet<_>>())
                .collect::<Vec<_>>()
        };
        for days in [0, 1, 2, 10] {
            let sets = in_both(days);
            for set in &sets[1..] {
                prop_assert_eq!(&sets[0], set, "after {} days", days);
            }
        }
    }

    #[test]
    fn what_each_hears_once_reaches_all(
        items in prop::collection::vec(item(), 1..14),
        order in any::<u64>(),
        sides in 2usize..5,
    ) {
        let bag = make(&federation(), &items);
        let mut lab = Lab::new(federation(), sides, Day::from_number(TODAY));
        for (n, record) in shuffled(&bag, order).into_iter().enumerate() {
            let _ = lab.offer(n % sides, record);
        }
        for _ in 0..10 {
            lab.tick();
        }
        // What one refused is offered again on a new day.
        for days in 1..10 {
            lab.next_day();
            for _ in 0..4 {
                lab.tick();
            }
            let near = (SOON - 2..=SOON + 1).contains(&(TODAY + days));
            let sets = lab.sets();
            for set in sets[1..].iter().filter(|_| days > 2 && !near) {
                prop_assert_eq!(&sets[0], set, "after {} days", days);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Whose own records they are sets aside what is put out, and offers it again; that must make
    /// no difference to what it carries.
    #[test]
    fn the_writers_own_nodes_carry_what_all_carry(
        items in prop::collection::vec(item(), 1..14),
        order in any::<u64>(),
    ) {
        let bag = make(&federation(), &items);
        let mut lab = Lab::new(federation(), 10, Day::from_number(TODAY));
        for round in 0.. {
            let before = lab.sets();
            for side in 0..10 {
                for record in shuffled(&bag, order.wrapping_add(side as u64)) {
                    let _ = lab.offer(side, record);
                }
            }
            lab.tick();
            if lab.sets() == before {
                break;
            }
            prop_assert!(round < 30, "the carried sets never settle");
        }
        let sets = lab.sets();
        for set in &sets[1..] {
            prop_assert_eq!(&sets[0], set);
        }
    }
}
