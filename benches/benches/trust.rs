//! The trust metric: its speed on a large graph, and beside others how many fakes get in.
//!
//! With the word `speed` the first alone: `cargo bench -p parasol-benches --bench trust -- speed`.

#![allow(missing_docs, clippy::indexing_slicing)]

#[path = "common/large.rs"]
mod large;
#[path = "common/metrics.rs"]
mod metrics;

use large::{KEYS, Large, VOUCHES, key, offer};
use metrics::{Kind, Metric, World};
use parasol_benches::{Row, publish};
use parasol_protocol::ids::OrganisationKey;
use parasol_protocol::trust::{Graph, Offer};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

fn main() {
    let mut rows = speed();
    let alone = std::env::args().any(|word| word == "speed");
    if !alone {
        rows.extend(compare());
    }
    // The table has all rows of a program or none.
    let name = if alone { "trust-speed" } else { "trust" };
    if let Err(error) = publish(name, &rows) {
        eprintln!("the rows could not be written down: {error}");
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// How long it takes until a vouch more, and its subject's level, are known.
fn added(graph: &mut Graph<OrganisationKey>, more: Offer<OrganisationKey>) -> Duration {
    let to = more.to;
    let started = Instant::now();
    graph.add(more);
    black_box(graph.level(&to));
    started.elapsed()
}

/// What comes before all vouches of some issuers, one at a time: the least of three times, and how many
/// standings it changed.
fn each_alone(
    graph: &Graph<OrganisationKey>,
    more: impl Iterator<Item = Offer<OrganisationKey>>,
) -> Vec<(Duration, usize)> {
    let standing = |graph: &Graph<OrganisationKey>, key: &OrganisationKey| {
        (graph.budget(key), graph.distance(key))
    };
    more.map(|more| {
        let mut least = Duration::MAX;
        let mut changed = 0;
        for _ in 0..3 {
            let mut after = graph.clone();
            // A copy has no room for more in its lists; one that was made from vouches has.
            after.add(offer(0, 0, 0, u32::MAX));
            least = least.min(added(&mut after, more.clone()));
            let other = |key: &&OrganisationKey| standing(graph, key) != standing(&after, key);
            changed = after.keys().filter(other).count();
        }
        (least, changed)
    })
    .collect()
}

/// What cannot be done without.
#[derive(Clone, Copy)]
enum Floor {
    /// To tell all budgets anew: a look at one of so many entries for each vouch, in no order.
    Entries,
    /// To go through all that lead to a key: the lists of half the keys in no order, and for each vouch in them
    /// a look at one of so many entries.
    Lists,
}

impl Floor {
    const fn name(self) -> &'static str {
        match self {
            Self::Entries => "an entry for each vouch",
            Self::Lists => "half the lists, an entry for each vouch in them",
        }
    }

    /// The least of five times.
    fn time(self) -> Duration {
        let mut random = metrics::Random::new(3);
        let each = VOUCHES / KEYS;
        let mut order: Vec<u32> = (0..KEYS).collect();
        random.shuffle(&mut order);
        let mut list = || (0..each).map(|_| random.below(KEYS)).collect();
        let lists: Vec<Vec<u32>> = (0..KEYS).map(|_| list()).collect();
        let all = lists.concat();
        let least = (0..5).map(|_| {
            let mut entries = vec![0_u32; KEYS as usize];
            let mut look = |at: &u32| {
                let entry = &mut entries[*at as usize];
                *entry = at.max(entry) + 1;
            };
            let started = Instant::now();
            match self {
                Self::Entries => all.iter().for_each(look),
                Self::Lists => order[..KEYS as usize / 2]
                    .iter()
                    .for_each(|at| lists[*at as usize].iter().for_each(&mut look)),
            }
            let time = started.elapsed();
            black_box(entries);
            time
        });
        least.min().unwrap_or_default()
    }
}

fn one_more(what: &str, mut times: Vec<Duration>, beside: Floor) -> Row {
    times.sort();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    let most = times.last().copied().unwrap_or_default();
    let floor = beside.time();
    Row::new(format!(
        "trust: one vouch more, with its subject's level, {what}: median and most of {}",
        times.len()
    ))
    .figure(format!("{:.3} ms, {:.3} ms", ms(median), ms(most)))
    .beside(format!("{}: {:.1} ms", beside.name(), ms(floor)))
    .ratio(most.as_secs_f64() / floor.as_secs_f64())
    .aim("≤ 10 ms", ms(most) <= 10.0)
}

fn speed() -> Vec<Row> {
    let Large { roots, offers, .. } = Large::wide();
    assert_eq!(offers.len(), VOUCHES as usize);
    // Reading every vouch once is the least that can be done.
    let started = Instant::now();
    let sum: u64 = offers.iter().map(|o| u64::from(o.budget)).sum();
    let floor = started.elapsed();
    let started = Instant::now();
    let mut graph = Graph::new(roots, offers);
    let budgets = started.elapsed();
    let beyond = graph.beyond_level_one().len();
    let two = started.elapsed();
    let accepted = graph.accepted().count();
    let started = Instant::now();
    let levels = graph.levels();
    let three = started.elapsed();
    let highest = levels.values().filter(|level| **level == 3).count();
    drop(levels);
    let last: Vec<_> = (0..201_u32)
        .map(|n| {
            // One of each tier but the last in turn, for a key of the last.
            let from =
                [n * 37 % 100, 100 + n * 37 % 1_000, 1_100 + n * 37 % 10_000][n as usize % 3];
            let more = offer(from, KEYS - 1 - n, 1, 1_000_000 + n);
            let to = more.to;
            let time = added(&mut graph, more);
            assert!(graph.level(&to) > 0);
            time
        })
        .collect();
    drop(graph);
    let mut rows = vec![
        Row::new(format!(
            "trust: budgets of {KEYS} keys of 32 bytes, {VOUCHES} vouches in no order ({accepted} in)"
        ))
        .figure(format!("{:.0} ms", ms(budgets)))
        .beside(format!("reading each once: {:.1} ms ({sum})", ms(floor))),
        Row::new(format!(
            "trust: the same with levels one and two ({beyond} beyond one)"
        ))
        .figure(format!("{:.0} ms", ms(two)))
        .aim("≤ 1 s", two.as_secs_f64() <= 1.0),
        Row::new(format!(
            "trust: levels one to three of all, once there are budgets ({highest} have three)"
        ))
        .figure(format!("{:.0} ms", ms(three))),
    ];
    rows.push(one_more(
        "in the last slot, for a key that leads to nobody",
        last,
        Floor::Entries,
    ));
    rows.extend(worst());
    rows
}

/// Where most hangs on one vouch: near the roots of a graph in which each key has its budget from one.
fn worst() -> Vec<Row> {
    let (mut void, mut low) = (Vec::new(), Vec::new());
    for roots in [1, 3] {
        let Large {
            roots,
            offers,
            slots,
            budgets,
            tiers,
        } = Large::narrow(roots);
        // The first vouch of each that gives something: what is voided below.
        let mut giving = BTreeMap::<OrganisationKey, u32>::new();
        for o in offers.iter().filter(|o| o.budget > 0) {
            let slot = giving.entry(o.from).or_insert(o.slot);
            *slot = o.slot.min(*slot);
        }
        let graph = Graph::new(roots, offers);
        assert_eq!(graph.accepted().count(), KEYS as usize);
        let near = || 0..tiers[0] + 10;
        assert!(near().all(|issuer| slots[issuer as usize] > 0));
        let voiding = near().filter_map(|issuer| {
            let slot = giving.get(&key(issuer))?;
            Some(offer(issuer, KEYS - 1 - issuer, 0, *slot))
        });
        void.extend(each_alone(&graph, voiding));
        // As dear as all those after it, none of which is within the budget any more.
        let before = near().map(|issuer| {
            let tier = usize::from(issuer >= tiers[0]);
            offer(issuer, KEYS - 1 - issuer, budgets[tier], 0)
        });
        low.extend(each_alone(&graph, before));
    }
    let rows = [
        ("in the slot of one near the roots, which it voids", void),
        ("in a slot before all others near the roots", low),
    ];
    let row = |(what, all): (&str, Vec<(Duration, usize)>)| {
        let changed = all
            .iter()
            .map(|(_, changed)| *changed)
            .max()
            .unwrap_or_default();
        let times = all.into_iter().map(|(time, _)| time).collect();
        one_more(
            &format!("{what} (up to {changed} keys change)"),
            times,
            Floor::Entries,
        )
    };
    let mut rows: Vec<Row> = rows.into_iter().map(row).collect();
    rows.push(behind_two(0, "for one of all who two stand before"));
    rows.push(behind_two(
        KEYS / 2,
        "for one of the half that two stand before, as many before the two",
    ));
    rows
}

/// Where the subject's level takes longest: many lead to it, and no third way.
fn behind_two(front: u32, what: &str) -> Row {
    let Large {
        roots,
        offers,
        slots,
        ..
    } = Large::behind_two(front);
    let graph = Graph::new(roots, offers);
    assert_eq!(graph.accepted().count(), KEYS as usize);
    let more = (0..20).map(|n| offer(3, KEYS - 1 - n, 0, slots[3] + 1 + n));
    assert_eq!(graph.level(&key(KEYS - 1)), 2);
    let times = each_alone(&graph, more).into_iter().map(|(time, _)| time);
    one_more(what, times.collect(), Floor::Lists)
}

/// Honest keys, fakes that stand ready, and graphs a cell.
const HONEST: usize = 500;
const FAKES: usize = 2000;
const SEEDS: u64 = 10;

/// The least capacity of Advogato's roots, in times the honest keys, at which it leaves out no more than
/// so many; of those that are a fourth part of a doubling apart.
fn least_capacity(kind: Kind, most: f64) -> Option<f64> {
    let times = |step: i32| 0.25 * 2_f64.powf(f64::from(step) / 4.0);
    let enough = |step: &i32| lost(kind, Metric::Flow(times(*step))) <= most;
    let (mut low, mut high) = (0, 33);
    while low < high {
        let middle = (low + high) / 2;
        if enough(&middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    (low < 33).then(|| times(low))
}

/// Fakes that are in, and honest keys that are not: means over the graphs of a kind.
#[derive(Clone, Copy)]
struct Cell {
    fakes: f64,
    lost: f64,
}

fn cell(kind: Kind, fooled: usize, metric: Metric) -> Cell {
    let (mut fakes, mut lost) = (0, 0);
    for seed in 0..SEEDS {
        let world = World::new(kind, HONEST, FAKES, fooled, seed);
        let accepted = metric.accepted(&world);
        let honest = accepted.iter().filter(|k| **k < HONEST).count();
        fakes += accepted.len() - honest;
        lost += HONEST - honest;
    }
    let mean = |sum: usize| sum as f64 / SEEDS as f64;
    Cell {
        fakes: mean(fakes),
        lost: mean(lost),
    }
}

/// Honest keys left out when nobody was fooled.
fn lost(kind: Kind, metric: Metric) -> f64 {
    cell(kind, 0, metric).lost
}

fn row(kind: Kind, metric: Metric, name: &str) -> Row {
    let cells = [0, 1, 3, 9].map(|fooled| (fooled, cell(kind, fooled, metric)));
    let list = |value: fn(&Cell) -> f64, from: usize| {
        let some = cells.iter().skip(from);
        let some = some.map(|(fooled, cell)| format!("{fooled}: {:.1}", value(cell)));
        some.collect::<Vec<_>>().join(", ")
    };
    Row::new(format!("trust: {}, {name}", kind.name()))
        .figure(format!("fakes in by fooled keys {}", list(|c| c.fakes, 1)))
        .beside(format!(
            "honest left out of {HONEST} by fooled keys {}",
            list(|c| c.lost, 0)
        ))
}

fn compare() -> Vec<Row> {
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        for metric in [Metric::Asked, Metric::Grown, Metric::Even] {
            rows.push(row(kind, metric, metric.name()));
        }
        // Advogato with the least capacity at which it leaves out no more than ours does; half a key is
        // within what ten graphs can tell.
        let least = |ours: Metric| least_capacity(kind, lost(kind, ours) + 0.5);
        for (times, why) in [
            (least(Metric::Asked), "at the loss of ours as asked for"),
            (
                least(Metric::Grown),
                "at the loss of ours without foresight",
            ),
            (Some(2.0), "as customary"),
        ] {
            let Some(times) = times else {
                rows.push(
                    Row::new(format!(
                        "trust: {}, {}",
                        kind.name(),
                        Metric::Flow(0.0).name()
                    ))
                    .figure("leaves out more than ours with any capacity that was tried"),
                );
                continue;
            };
            let metric = Metric::Flow(times);
            let name = format!("{}, {why} (roots {times:.2} × the honest)", metric.name());
            rows.push(row(kind, metric, &name));
        }
        for metric in [Metric::Paths, Metric::Distance] {
            rows.push(row(kind, metric, metric.name()));
        }
    }
    rows
}
