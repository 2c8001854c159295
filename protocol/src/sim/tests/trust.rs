//! What is counted.

use super::super::{Conditions, Drbg, Federation, Pace, Shape};
use super::{DAY, report, world};
use crate::directory::Directory;
use crate::ids::OrganisationKey;
use crate::record::vouch::{Scope, Vouch};
use crate::time::Day;
use crate::trust::{Local, Question, counted, objective_view};
use std::collections::BTreeSet;

const MADE: Day = Day::from_number(20_800);

/// Whose reports count.
fn who(directory: &Directory, local: &Local, day: Day) -> BTreeSet<OrganisationKey> {
    let all = counted(directory, local, &Question::REPORTS, day);
    all.into_keys().collect()
}

struct Case {
    federation: Federation,
    directory: Directory,
    slot: u32,
}

impl Case {
    fn new() -> Self {
        let shape = Shape {
            organisations: 5,
            made: MADE,
            ..Shape::default()
        };
        let federation = Federation::new(shape, 1);
        let directory = Directory::new(federation.charter.clone());
        Self {
            federation,
            directory,
            slot: 20,
        }
    }
    fn vouch(&mut self, issuer: usize, subject: OrganisationKey, number: u32, days: u32) {
        self.sign(issuer, subject, number, 0, days);
    }
    fn give(&mut self, issuer: usize, subject: OrganisationKey, number: u32, budget: u32) {
        self.sign(issuer, subject, number, budget, 100);
    }
    fn sign(
        &mut self,
        issuer: usize,
        subject: OrganisationKey,
        number: u32,
        budget: u32,
        days: u32,
    ) {
        self.slot += 1;
        let vouch = Vouch {
            subject,
            budget,
            number,
            scope: Scope::everything(),
        };
        let record = self.federation.vouch(issuer, vouch, MADE, days, self.slot);
        self.directory.learn(&record);
    }
    fn key(&self, organisation: usize) -> OrganisationKey {
        self.federation.organisation(organisation)
    }
    fn counted(&self, roots: &[usize], after: u32) -> BTreeSet<OrganisationKey> {
        let local = Local::trusting(roots.iter().map(|n| self.key(*n)));
        who(&self.directory, &local, MADE.plus(after))
    }
    fn keys(&self, organisations: &[usize]) -> BTreeSet<OrganisationKey> {
        organisations.iter().map(|n| self.key(*n)).collect()
    }
}

#[test]
fn roots_and_whom_they_vouch_for_count() {
    let mut case = Case::new();
    case.vouch(0, case.key(1), 0, 100);
    case.vouch(2, case.key(3), 0, 100);
    assert_eq!(case.counted(&[0], 1), case.keys(&[0, 1]));
    assert_eq!(case.counted(&[0, 2], 1), case.keys(&[0, 1, 2, 3]));
    assert_eq!(case.counted(&[], 1), case.keys(&[]));
    assert_eq!(case.counted(&[1], 1), case.keys(&[1]), "not backwards");
}

#[test]
fn two_vouches_of_one_number_void_each_other() {
    let mut case = Case::new();
    case.vouch(0, case.key(1), 7, 100);
    case.vouch(0, case.key(2), 7, 100);
    case.vouch(0, case.key(3), 8, 100);
    case.vouch(4, case.key(1), 7, 100);
    assert_eq!(case.counted(&[0], 1), case.keys(&[0, 3]));
    assert_eq!(case.counted(&[0, 4], 1), case.keys(&[0, 1, 3, 4]));
}

#[test]
fn whom_a_node_counts_splits_no_set() {
    let mut world = world(4, Pace::SLOW, Conditions::BAD, 11);
    let mut entropy = Drbg::new(11, "taste");
    let key = |world: &super::World, n: usize| world.federation.organisation(n);
    // The first vouches for the second, the third for the fourth.
    for (issuer, subject) in [(0, 1), (2, 3)] {
        let vouch = Vouch {
            subject: key(&world, subject),
            budget: 0,
            number: 0,
            scope: Scope::everything(),
        };
        let today = world.today();
        let record = world.federation.vouch(issuer, vouch, today, 300, 20);
        world.import(issuer, record);
    }
    let ids: Vec<_> = (0..4)
        .map(|node| report(&mut world, node, 400, &mut entropy).0)
        .collect();
    world.run_for(DAY);
    assert!(world.run_until_agreed(3 * DAY).is_some());
    let taste = |node: usize| {
        let local = Local::trusting([key(&world, node)]);
        let directory = world.engine(node).unwrap().directory();
        who(directory, &local, world.today())
    };
    let keys = |all: &[usize]| all.iter().map(|n| key(&world, *n)).collect::<BTreeSet<_>>();
    assert_eq!(taste(0), keys(&[0, 1]));
    assert_eq!(taste(2), keys(&[2, 3]));
    assert_eq!(taste(3), keys(&[3]));
    // Nobody counts all, and everybody carries all.
    let set = world.carried(0);
    assert!(ids.iter().all(|id| set.contains(id)));
    assert!((1..4).all(|node| world.carried(node) == set));
}

#[test]
fn a_vouch_counts_to_its_last_day() {
    let mut case = Case::new();
    case.vouch(0, case.key(1), 0, 10);
    assert_eq!(case.counted(&[0], 10), case.keys(&[0, 1]));
    assert_eq!(case.counted(&[0], 11), case.keys(&[0]));
}

#[test]
fn outsiders_never_count() {
    let mut case = Case::new();
    let outsider = OrganisationKey::from_bytes([9; 32]);
    case.vouch(0, outsider, 0, 100);
    assert_eq!(case.counted(&[0], 1), case.keys(&[0]));
    let local = Local::trusting([outsider]);
    assert_eq!(who(&case.directory, &local, MADE), case.keys(&[]));
}

/// What is blocked goes with all that it alone let in, what is dropped goes alone; nobody comes in by
/// it, and all come back.
#[test]
fn out_of_sight_and_back() {
    let mut case = Case::new();
    case.give(0, case.key(1), 0, 2);
    case.give(1, case.key(2), 0, 0);
    case.give(0, case.key(3), 1, 0);
    // Beyond a budget of four, as long as what stands before it costs.
    case.give(0, case.key(4), 2, 0);
    let mut local = Local::trusting([]);
    local.roots.insert(case.key(0), 4);
    let who = |local: &Local| who(&case.directory, local, MADE);
    assert_eq!(who(&local), case.keys(&[0, 1, 2, 3]));
    let (mut blocking, mut dropping) = (local.clone(), local.clone());
    blocking.blocked.insert(case.key(1));
    assert_eq!(who(&blocking), case.keys(&[0, 3]));
    dropping.dropped.insert(case.key(1));
    assert_eq!(who(&dropping), case.keys(&[0, 2, 3]));
    blocking.blocked.clear();
    dropping.dropped.clear();
    assert!(who(&blocking) == who(&local) && who(&dropping) == who(&local));
}

/// The founders' view is the same wherever the same is carried, and hangs on nobody's own roots.
#[test]
fn the_founders_lead_as_far_as_the_charter_lets_them() {
    let mut case = Case::new();
    let outsider = OrganisationKey::from_bytes([9; 32]);
    case.give(0, outsider, 0, 0);
    let graph = objective_view(&case.directory, &Question::REPORTS, MADE);
    // The charter lets this member bring in somebody; the five members are in by themselves.
    assert_eq!(graph.budget(&outsider), Some(0));
    assert_eq!(graph.accepted().count(), 6);
}
