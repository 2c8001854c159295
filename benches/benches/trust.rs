//! The trust metric: its speed on a large graph, and beside others how many fakes get in.

#![allow(missing_docs, clippy::indexing_slicing)]

#[path = "common/metrics.rs"]
mod metrics;

use metrics::{Kind, Metric, World};
use parasol_benches::{Row, publish};
use parasol_protocol::trust::{Graph, Offer, Standing};
use std::collections::BTreeSet;
use std::time::Instant;

/// Keys and vouches of the large graph.
const KEYS: u32 = 100_000;
const VOUCHES: u32 = 1_000_000;

fn main() {
    let mut rows = speed();
    rows.extend(compare());
    if let Err(error) = publish("trust", &rows) {
        eprintln!("the rows could not be written down: {error}");
    }
}

fn offer(from: u32, to: u32, budget: u32, slot: u32) -> Offer<u32> {
    Offer {
        from,
        to,
        budget,
        slot,
        standing: Standing::InForce,
        until: None,
    }
}

/// Keys in each tier, from the roots outwards.
const TIERS: [u32; 4] = [100, 1_000, 10_000, 88_900];
/// Vouches for each key from the tier before.
const EACH: u32 = 10;

/// A graph in which nearly all keys are in: each is vouched for by ten of the tier before, drawn at
/// random, so that some give more than others. What is left of the vouches goes anywhere.
fn large() -> (Vec<(u32, u32)>, Vec<Offer<u32>>) {
    let mut random = metrics::Random::new(7);
    // What a key of each tier gives its subjects, with room for those who have many.
    let mut budgets = [0_u32; TIERS.len()];
    for tier in (0..TIERS.len() - 1).rev() {
        let subjects = EACH * TIERS[tier + 1] / TIERS[tier];
        budgets[tier] = (budgets[tier + 1] + 1) * (subjects + subjects / 2);
    }
    let mut offers = Vec::new();
    let mut slots = vec![0_u32; KEYS as usize];
    let mut vouch = |from: u32, to, budget| {
        let slot = &mut slots[from as usize];
        *slot += 1;
        offers.push(offer(from, to, budget, *slot));
    };
    let mut first = 0;
    for tier in 1..TIERS.len() {
        let before = first;
        first += TIERS[tier - 1];
        for key in first..first + TIERS[tier] {
            for _ in 0..EACH {
                vouch(before + random.below(TIERS[tier - 1]), key, budgets[tier]);
            }
        }
    }
    let left = VOUCHES - EACH * (KEYS - TIERS[0]);
    for _ in 0..left {
        vouch(random.below(KEYS), random.below(KEYS), 0);
    }
    let roots = (0..TIERS[0]).map(|root| (root, budgets[0])).collect();
    (roots, offers)
}

fn speed() -> Vec<Row> {
    let (roots, offers) = large();
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
    let mut times: Vec<_> = (0..201_u32)
        .map(|n| {
            // One of each tier but the last in turn, for a key of the last.
            let from =
                [n * 37 % 100, 100 + n * 37 % 1_000, 1_100 + n * 37 % 10_000][n as usize % 3];
            let to = KEYS - 1 - n;
            let started = Instant::now();
            graph.add(offer(from, to, 1, 1_000_000 + n));
            let level = graph.level(&to);
            assert!(level > 0);
            started.elapsed()
        })
        .collect();
    times.sort();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    let most = times.last().copied().unwrap_or_default();
    let ms = |d: std::time::Duration| d.as_secs_f64() * 1e3;
    vec![
        Row::new(format!(
            "trust: budgets of {KEYS} keys, {VOUCHES} vouches ({accepted} in)"
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
        Row::new("trust: one vouch more, with its subject's level, median and most of 201")
            .figure(format!("{:.3} ms, {:.3} ms", ms(median), ms(most)))
            .aim("≤ 10 ms", ms(most) <= 10.0),
    ]
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

/// Means over the graphs of a kind.
fn mean(
    kind: Kind,
    fooled: usize,
    metric: Metric,
    count: impl Fn(&BTreeSet<usize>) -> usize,
) -> f64 {
    let one = |seed| {
        let world = World::new(kind, HONEST, FAKES, fooled, seed);
        count(&metric.accepted(&world))
    };
    (0..SEEDS).map(one).sum::<usize>() as f64 / SEEDS as f64
}

/// Honest keys left out when nobody was fooled.
fn lost(kind: Kind, metric: Metric) -> f64 {
    mean(kind, 0, metric, |accepted| {
        HONEST - accepted.iter().filter(|k| **k < HONEST).count()
    })
}

fn row(kind: Kind, metric: Metric, name: &str) -> Row {
    let cells: Vec<String> = [1, 3, 9]
        .into_iter()
        .map(|fooled| {
            let fakes = mean(kind, fooled, metric, |accepted| {
                accepted.iter().filter(|k| **k >= HONEST).count()
            });
            format!("{fooled}: {fakes:.1}")
        })
        .collect();
    Row::new(format!("trust: {}, {name}", kind.name()))
        .figure(format!("fakes in by fooled keys {}", cells.join(", ")))
        .beside(format!(
            "honest left out: {:.1} of {HONEST}",
            lost(kind, metric)
        ))
}

fn compare() -> Vec<Row> {
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        for metric in [Metric::Asked, Metric::Even] {
            rows.push(row(kind, metric, metric.name()));
        }
        // Advogato with the least capacity at which it leaves out no more than ours does; half a key is
        // within what ten graphs can tell.
        let aim = lost(kind, Metric::Asked) + 0.5;
        let least = least_capacity(kind, aim);
        for (times, why) in [(least, "at the same loss"), (Some(2.0), "as customary")] {
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
