//! The trust metric: its speed on a large graph, and beside others how many fakes get in.

#![allow(missing_docs, clippy::indexing_slicing)]

#[path = "common/metrics.rs"]
mod metrics;

use metrics::{Kind, Metric, World};
use parasol_benches::{Row, publish};
use parasol_protocol::trust::{Graph, Offer, Standing};
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
    }
}

/// A graph in which most keys are in: each vouches for those after it, with a share of what it has.
fn large() -> Vec<Offer<u32>> {
    let each = VOUCHES / KEYS;
    let mut random = metrics::Random::new(7);
    let mut offers = Vec::new();
    for key in 0..KEYS {
        for slot in 0..each {
            // The first ones reach out along a tree, so that all are within five steps.
            let near = key.saturating_mul(each).saturating_add(slot + 1);
            let to = if near < KEYS {
                near
            } else {
                random.below(KEYS)
            };
            let depth = key.max(1).ilog10();
            let budget = 10_u32.pow(5 - depth.min(5)).saturating_sub(2);
            offers.push(offer(key, to, budget, slot));
        }
    }
    offers
}

fn speed() -> Vec<Row> {
    let offers = large();
    // Reading every vouch once is the least that can be done.
    let started = Instant::now();
    let sum: u64 = offers.iter().map(|o| u64::from(o.budget)).sum();
    let floor = started.elapsed();
    let started = Instant::now();
    let mut graph = Graph::new([(0, 2_000_000)], offers);
    let budgets = started.elapsed();
    let beyond = graph.beyond_level_one().len();
    let all = started.elapsed();
    let accepted = graph.accepted().count();
    let mut times: Vec<_> = (0..201_u32)
        .map(|n| {
            let from = n * 37 % 1000;
            let started = Instant::now();
            graph.add(offer(from, KEYS - 1 - n, 1, 1000 + n));
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
        Row::new(format!("trust: the same with levels ({beyond} beyond one)"))
            .figure(format!("{:.0} ms", ms(all)))
            .aim("≤ 1 s", all.as_secs_f64() <= 1.0),
        Row::new("trust: one vouch more, median and most of 201")
            .figure(format!("{:.3} ms, {:.3} ms", ms(median), ms(most)))
            .aim("≤ 10 ms", ms(most) <= 10.0),
    ]
}

/// Honest keys, fakes that stand ready, and graphs a cell.
const HONEST: usize = 500;
const FAKES: usize = 2000;
const SEEDS: u64 = 10;

fn compare() -> Vec<Row> {
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        for metric in Metric::ALL {
            let mut cells = Vec::new();
            let mut lost = 0;
            for fooled in [0, 1, 3, 9] {
                let mut fakes = 0;
                for seed in 0..SEEDS {
                    let world = World::new(kind, HONEST, FAKES, fooled, seed);
                    let accepted = metric.accepted(&world);
                    fakes += accepted.iter().filter(|k| **k >= HONEST).count();
                    if fooled == 0 {
                        lost += HONEST - accepted.iter().filter(|k| **k < HONEST).count();
                    }
                }
                if fooled > 0 {
                    cells.push(format!("{fooled}: {:.1}", fakes as f64 / SEEDS as f64));
                }
            }
            rows.push(
                Row::new(format!("trust: {}, {}", kind.name(), metric.name()))
                    .figure(format!("fakes in by fooled keys {}", cells.join(", ")))
                    .beside(format!(
                        "honest left out: {:.1} of {HONEST}",
                        lost as f64 / SEEDS as f64
                    )),
            );
        }
    }
    rows
}
