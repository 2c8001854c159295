//! Whoever fooled somebody, and does with it what serves him best.
//!
//! Random vouches of fakes mostly void each other or cost more than there is, and then nothing is
//! tried. Here every fake spends what it was given to the last unit, in slots of its own, and then
//! goes on: for more fakes, for those that brought it in, for honest keys, as if it had a thousand.
//! What has to come of it is worked out by the definition and not by the graph, and it is exact. Each
//! test also counts the games in which the fakes got all that the bound lets them have, and fails if
//! those are few.

use super::*;
use proptest::test_runner::TestRunner;
use std::cell::Cell;

/// Keys from here on are fakes.
const FIRST: u8 = 6;
/// What a fake says that it gives, once it has nothing left.
const BOAST: u32 = 1000;

/// Plays so many games and gives how many of them were more than idle.
pub(super) fn played<S: Strategy>(
    games: u32,
    scenes: &S,
    game: impl Fn(S::Value) -> Result<bool, TestCaseError>,
) -> u32 {
    let told = Cell::new(0);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(games));
    let run = runner.run(scenes, |scene| {
        told.set(told.get() + u32::from(game(scene)?));
        Ok(())
    });
    run.unwrap_or_else(|e| panic!("{e}"));
    told.get()
}

/// What is there before the fakes do anything.
#[derive(Clone, Debug)]
struct Scene {
    roots: Roots,
    offers: Vec<Offer<u8>>,
    /// One fake for each vouch of somebody who was fooled.
    first: Vec<u8>,
}

prop_compose! {
    fn scenes(fooled: core::ops::Range<usize>)(
        roots in prop::collection::btree_map(0..FIRST, 40..90_u32, 1..4),
        honest in prop::collection::vec((0..FIRST, 0..FIRST, 0..24_u32), 4..14),
        fooled in prop::collection::vec((0..FIRST, 0..9_u32), fooled),
    ) -> Scene {
        let first: Vec<u8> = (FIRST..).take(fooled.len()).collect();
        let mut gang = Gang::new(first.len());
        for ((from, budget), fake) in fooled.into_iter().zip(&first) {
            gang.vouch(from, *fake, budget);
        }
        for (from, to, budget) in honest {
            gang.vouch(from, to, budget);
        }
        Scene { roots, offers: gang.offers, first }
    }
}

/// Those who vouch, each in slots of its own.
struct Gang {
    offers: Vec<Offer<u8>>,
    slots: BTreeMap<u8, u32>,
    next: u8,
}

impl Gang {
    fn new(first: usize) -> Self {
        Self {
            offers: Vec::new(),
            slots: BTreeMap::new(),
            next: FIRST + u8::try_from(first).unwrap(),
        }
    }

    /// Of a scene, with its slots and keys taken.
    fn within(scene: &Scene) -> Self {
        let mut gang = Self::new(scene.first.len());
        for o in &scene.offers {
            gang.vouch(o.from, o.to, o.budget);
        }
        gang
    }

    fn vouch(&mut self, from: u8, to: u8, budget: u32) {
        let slot = self.slots.entry(from).or_default();
        self.offers.push(offer(from, to, budget, *slot));
        *slot += 1;
    }

    fn fresh(&mut self) -> u8 {
        let fake = self.next;
        self.next = fake.checked_add(1).unwrap();
        fake
    }

    /// Spends all of a budget of a fake that is so many steps from the end of chains.
    fn spend(&mut self, key: u8, budget: u32, steps: usize, plan: Plan) {
        if budget == 0 {
            return;
        }
        let all = budget - 1;
        let parts = match plan {
            // On and on, past the end of chains as well.
            Plan::Line => vec![all],
            _ if steps == 0 => return,
            Plan::Mutual => {
                let other = self.fresh();
                self.vouch(key, other, all);
                if let Some(back) = all.checked_sub(1) {
                    self.vouch(other, key, back);
                }
                return;
            }
            Plan::Chain if steps > 1 => vec![all],
            Plan::Tree if steps > 1 && all > 0 => vec![(all - 1) / 2, (all - 1).div_ceil(2)],
            _ => vec![0; budget as usize],
        };
        for part in parts {
            let to = self.fresh();
            self.vouch(key, to, part);
            self.spend(to, part, steps.saturating_sub(1), plan);
        }
    }

    /// Every fake goes on as if it had more.
    fn boast(&mut self, first: &[u8]) {
        for fake in FIRST..self.next {
            for _ in 0..2 {
                let another = self.fresh();
                self.vouch(fake, another, 0);
            }
            for to in first.iter().copied().chain(0..FIRST) {
                if to != fake {
                    self.vouch(fake, to, BOAST);
                }
            }
        }
    }
}

/// What fakes spend their budgets on.
#[derive(Clone, Copy, Debug)]
enum Plan {
    /// Each on as many as it can bring in itself.
    Flat,
    /// On two, which go on with a half each.
    Tree,
    /// On one after the other, and the last that may on many.
    Chain,
    /// On one after the other, and nothing else.
    Line,
    /// On one, which gives all of it back.
    Mutual,
}

impl Plan {
    /// How many are in then, by a fake that can spend so much and is so many steps from the end.
    fn gain(self, budget: u32, steps: usize) -> u64 {
        let brought = match self {
            Self::Flat | Self::Tree | Self::Chain if steps > 0 => u64::from(budget),
            Self::Line => u64::from(budget).min(steps as u64),
            Self::Mutual if steps > 0 => u64::from(budget).min(1),
            _ => 0,
        };
        1 + brought
    }
}

/// What a key can spend, and how many steps are left from where it first has that.
fn means(steps: &[Roots], key: u8) -> Option<(u32, usize)> {
    let Some(budget) = steps[STEPS - 1].get(&key) else {
        return steps[STEPS].contains_key(&key).then_some((0, 0));
    };
    let first = steps.iter().position(|of| of.get(&key) == Some(budget));
    Some((*budget, STEPS - first.unwrap()))
}

/// What those outside gave to fakes, by the definition.
fn given(roots: &Roots, offers: &[Offer<u8>]) -> u64 {
    let counting = counting(roots, offers);
    let across = counting.iter().filter(|o| o.from < FIRST && o.to >= FIRST);
    across.map(|o| u64::from(o.budget) + 1).sum()
}

fn fakes_in(graph: &Graph<u8>) -> u64 {
    graph.accepted().filter(|k| **k >= FIRST).count() as u64
}

/// The fakes of a scene spend all that they have; gives how many there must be then.
fn spent(gang: &mut Gang, scene: &Scene, plan: Plan) -> u64 {
    let steps = by_steps(&scene.roots, &gang.offers);
    let mut expected = 0;
    for fake in &scene.first {
        if let Some((budget, left)) = means(&steps, *fake) {
            gang.spend(*fake, budget, left, plan);
            expected += plan.gain(budget, left);
        }
    }
    expected
}

#[test]
fn fakes_that_spend_all_they_got_are_as_many_and_never_more() {
    let games = 150;
    for plan in [Plan::Flat, Plan::Tree, Plan::Chain] {
        let full = played(games, &scenes(1..6), |scene| {
            let mut gang = Gang::within(&scene);
            let expected = spent(&mut gang, &scene, plan);
            gang.boast(&scene.first);
            let graph = Graph::new(scene.roots.clone(), gang.offers.clone());
            let fakes = fakes_in(&graph);
            prop_assert_eq!(fakes, expected, "{:?}", plan);
            let given = given(&scene.roots, &gang.offers);
            prop_assert!(fakes <= given, "{} fakes, {} given away", fakes, given);
            Ok(given > 1 && fakes == given)
        });
        assert!(full * 2 > games, "{plan:?} bit in {full} games alone");
    }
}

#[test]
fn a_line_of_fakes_ends_with_the_chain_and_mutual_praise_gives_nothing() {
    let games = 150;
    for plan in [Plan::Line, Plan::Mutual] {
        let cut = played(games, &scenes(1..6), |scene| {
            let mut gang = Gang::within(&scene);
            let expected = spent(&mut gang, &scene, plan);
            gang.boast(&scene.first);
            let graph = Graph::new(scene.roots.clone(), gang.offers.clone());
            prop_assert_eq!(fakes_in(&graph), expected, "{:?}", plan);
            // There was more to be had, and this way it is not got.
            Ok(expected < given(&scene.roots, &gang.offers))
        });
        assert!(
            cut * 3 > games,
            "{plan:?} was cut short in {cut} games alone"
        );
    }
}

prop_compose! {
    /// One who was fooled by many has less than they want of her; a fake that has some gives it to her.
    fn starved()(
        root in 60..90_u32,
        own in 0..4_u32,
        bridge in 4..30_u32,
        wanted in prop::collection::vec(0..5_u32, 3..9),
    ) -> (Scene, u32) {
        let mut gang = Gang::new(1 + wanted.len());
        gang.vouch(0, 1, own);
        gang.vouch(0, FIRST, bridge);
        let first: Vec<u8> = (FIRST..).take(1 + wanted.len()).collect();
        for (fake, budget) in first[1..].iter().zip(wanted) {
            gang.vouch(1, *fake, budget);
        }
        (Scene { roots: [(0, root)].into(), offers: gang.offers, first }, bridge)
    }
}

/// What a fake gives to an honest key is spent: whom that one brings in with it hangs on that.
#[test]
fn what_fakes_give_back_to_the_honest_is_gone() {
    let games = 150;
    let bitten = played(games, &starved(), |(scene, bridge)| {
        let before = given(&scene.roots, &scene.offers);
        let mut gang = Gang::within(&scene);
        gang.vouch(FIRST, 1, bridge - 1);
        let rest = Scene {
            first: scene.first[1..].to_vec(),
            ..scene.clone()
        };
        let expected = 1 + spent(&mut gang, &rest, Plan::Flat);
        gang.boast(&scene.first);
        let graph = Graph::new(scene.roots.clone(), gang.offers.clone());
        let fakes = fakes_in(&graph);
        let given = given(&scene.roots, &gang.offers);
        prop_assert_eq!(fakes, expected);
        prop_assert_eq!(fakes + u64::from(bridge), given);
        // All of them together are not more than the root gave the one that began it.
        prop_assert!(fakes <= u64::from(bridge));
        Ok(given > before)
    });
    assert!(bitten * 2 > games, "it bit in {bitten} games alone");
}

/// For each kind of record there are vouches of their own, and a fake would have its budget for each.
#[test]
fn a_budget_is_spent_once_for_all_questions() {
    let games = 100;
    let full = played(games, &scenes(1..5), |scene| {
        let steps = by_steps(&scene.roots, &scene.offers);
        let everything = |o: &Offer<u8>| (o.from, o.to, o.budget, o.slot, Scope::default());
        let mut all: Vec<Scoped> = scene.offers.iter().map(everything).collect();
        let mut gang = Gang::new(scene.first.len());
        let mut expected = 0;
        for fake in &scene.first {
            let Some((budget, left)) = means(&steps, *fake) else {
                continue;
            };
            expected += Plan::Flat.gain(budget, left);
            // To the last unit; and as much again for each kind.
            let own = if left > 0 { budget } else { 0 };
            let more = Topic::ALL.len() as u32 * (own + 1);
            for (slot, topic) in (0..own + more).zip(Topic::ALL.into_iter().cycle()) {
                let about = Scope {
                    topics: [topic].into(),
                    areas: BTreeSet::new(),
                };
                all.push((*fake, gang.fresh(), 0, slot, about));
            }
        }
        let mut fakes = BTreeSet::new();
        for topic in Topic::ALL {
            let question = Question { topic, area: None };
            let graph = Graph::new(scene.roots.clone(), asked(&all, &question));
            fakes.extend(graph.accepted().copied().filter(|k| *k >= FIRST));
        }
        let fakes = fakes.len() as u64;
        prop_assert_eq!(fakes, expected);
        let given = given(&scene.roots, &scene.offers);
        prop_assert!(fakes <= given);
        Ok(given > 1 && fakes == given)
    });
    assert!(full * 2 > games, "it bit in {full} games alone");
}

prop_compose! {
    /// Many roots that know each other and the rest, so that honest keys are high; some of them fooled.
    fn trusted(fooled: usize)(
        roots in prop::collection::btree_map(0..FIRST, 60..90_u32, 3..5),
        fooled in prop::sample::subsequence((0..FIRST).collect::<Vec<_>>(), fooled),
        bridges in prop::collection::vec((0..6_usize, 2..5_u32), 4..7),
    ) -> (Scene, BTreeSet<u8>) {
        let first: Vec<u8> = (FIRST..).take(bridges.len()).collect();
        let mut gang = Gang::new(first.len());
        for ((by, budget), fake) in bridges.into_iter().zip(&first) {
            gang.vouch(fooled[by % fooled.len()], *fake, budget);
        }
        for root in roots.keys() {
            for to in (0..FIRST).filter(|to| !roots.contains_key(to)) {
                gang.vouch(*root, to, 14);
            }
        }
        (Scene { roots, offers: gang.offers, first }, fooled.into_iter().collect())
    }
}

/// Fakes praise one of them from all sides: it has many behind it, and no more levels than fooled keys.
#[test]
fn praise_from_many_fakes_is_no_more_than_from_those_who_let_them_in() {
    let games = 150;
    for most in 1..3_u8 {
        let scenes = trusted(usize::from(most));
        let full = played(games, &scenes, |(scene, fooled)| {
            let mut gang = Gang::within(&scene);
            let (chosen, next) = (gang.fresh(), gang.fresh());
            for fake in &scene.first {
                // Its last unit goes to one who is honest and was not fooled.
                gang.vouch(*fake, chosen, 0);
                gang.vouch(*fake, next, 0);
                for honest in (0..FIRST).filter(|k| !fooled.contains(k)) {
                    gang.vouch(*fake, honest, 0);
                }
            }
            gang.boast(&scene.first);
            let graph = Graph::new(scene.roots.clone(), gang.offers.clone());
            let levels = graph.levels();
            for fake in FIRST..gang.next {
                let level = graph.level(&fake);
                prop_assert!(level <= most, "{} has level {}", fake, level);
                prop_assert_eq!(levels.get(&fake).copied().unwrap_or(0), level);
                prop_assert!(graph.chains(&fake).len() <= usize::from(most));
            }
            let counting = counting(&scene.roots, &gang.offers);
            let behind = counting.iter().filter(|o| o.to == chosen).count();
            Ok(behind > usize::from(most) && graph.level(&chosen) == most)
        });
        assert!(
            full * 2 > games,
            "with {most} fooled it bit in {full} games alone"
        );
    }
}
