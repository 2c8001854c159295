//! The trust metric: its speed on a large graph, and beside others how many fakes get in.

#![allow(missing_docs, clippy::indexing_slicing)]

#[path = "common/metrics.rs"]
mod metrics;

use metrics::{Kind, Metric, World};
use parasol_benches::{Row, publish};
use parasol_protocol::ids::OrganisationKey;
use parasol_protocol::trust::{Graph, Offer, Standing};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

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

/// Keys as records name them: of 32 bytes, in no order that their numbers have.
fn key(number: u32) -> OrganisationKey {
    let mut random = metrics::Random::new(u64::from(number));
    let mut bytes = [0; 32];
    for part in bytes.chunks_exact_mut(4) {
        part.copy_from_slice(&random.below(u32::MAX).to_be_bytes());
    }
    OrganisationKey::from_bytes(bytes)
}

fn offer(from: u32, to: u32, budget: u32, slot: u32) -> Offer<OrganisationKey> {
    Offer {
        from: key(from),
        to: key(to),
        budget,
        slot,
        standing: Standing::InForce,
        until: None,
    }
}

/// Vouches for each key from the tier before.
const EACH: u32 = 10;

/// A graph in tiers, from the roots outwards, in which nearly all keys are in.
struct Large {
    roots: Vec<(OrganisationKey, u32)>,
    /// In no order.
    offers: Vec<Offer<OrganisationKey>>,
    /// The last slot that each key has used; the first is 1.
    slots: Vec<u32>,
    /// What a key of each tier gives its subjects.
    budgets: [u32; 4],
    tiers: [u32; 4],
}

impl Large {
    /// Each key is vouched for by ten of the tier before, drawn at random, so that some give more than
    /// others. What is left of the vouches goes anywhere.
    fn wide() -> Self {
        let tiers: [u32; 4] = [100, 1_000, 10_000, 88_900];
        let mut budgets = [0_u32; 4];
        for tier in (0..3).rev() {
            // With room for those who have many.
            let subjects = EACH * tiers[tier + 1] / tiers[tier];
            budgets[tier] = (budgets[tier + 1] + 1) * (subjects + subjects / 2);
        }
        Self::grow(tiers, budgets, false)
    }

    /// Each key has its budget from one of the tier before, in turn, and nine others vouch for it alone:
    /// so that ten thousands hang on one vouch of a root.
    fn narrow() -> Self {
        let tiers: [u32; 4] = [3, 30, 3_000, 96_967];
        let mut budgets = [0_u32; 4];
        for tier in (0..3).rev() {
            let one = tiers[tier + 1].div_ceil(tiers[tier]) * (budgets[tier + 1] + 1);
            let others = (EACH - 1) * tiers[tier + 1] / tiers[tier];
            budgets[tier] = (one + others) * 3 / 2;
        }
        Self::grow(tiers, budgets, true)
    }

    fn grow(tiers: [u32; 4], budgets: [u32; 4], by_one: bool) -> Self {
        let mut random = metrics::Random::new(7);
        let mut offers = Vec::new();
        let mut slots = vec![0_u32; KEYS as usize];
        let mut vouch = |from: u32, to, budget| {
            let slot = &mut slots[from as usize];
            *slot += 1;
            offers.push(offer(from, to, budget, *slot));
        };
        let mut first = 0;
        for tier in 1..tiers.len() {
            let before = first;
            first += tiers[tier - 1];
            for key in first..first + tiers[tier] {
                for nth in 0..EACH {
                    let any = random.below(tiers[tier - 1]);
                    let (by, budget) = match (by_one, nth) {
                        (false, _) => (any, budgets[tier]),
                        (true, 0) => (key % tiers[tier - 1], budgets[tier]),
                        (true, _) => (any, 0),
                    };
                    vouch(before + by, key, budget);
                }
            }
        }
        let left = VOUCHES - EACH * (KEYS - tiers[0]);
        for _ in 0..left {
            vouch(random.below(KEYS), random.below(KEYS), 0);
        }
        random.shuffle(&mut offers);
        Self {
            roots: (0..tiers[0]).map(|root| (key(root), budgets[0])).collect(),
            offers,
            slots,
            budgets,
            tiers,
        }
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

fn one_more(what: &str, mut times: Vec<Duration>) -> Row {
    times.sort();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    let most = times.last().copied().unwrap_or_default();
    Row::new(format!(
        "trust: one vouch more, with its subject's level, {what}: median and most of {}",
        times.len()
    ))
    .figure(format!("{:.3} ms, {:.3} ms", ms(median), ms(most)))
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
        one_more("in the last slot, for a key that leads to nobody", last),
    ];
    rows.extend(worst());
    rows
}

/// Where most hangs on one vouch: near the roots of a graph in which each key has its budget from one.
fn worst() -> Vec<Row> {
    let Large {
        roots,
        offers,
        slots,
        budgets,
        tiers,
    } = Large::narrow();
    // The first vouch of each that gives something: what is voided below.
    let mut giving = BTreeMap::<OrganisationKey, u32>::new();
    for o in offers.iter().filter(|o| o.budget > 0) {
        let slot = giving.entry(o.from).or_insert(o.slot);
        *slot = o.slot.min(*slot);
    }
    let mut graph = Graph::new(roots, offers);
    let all = graph.accepted().count();
    // Those of the first tier first: once the roots are spoilt they have nothing left.
    let issuers: Vec<u32> = (tiers[0]..tiers[0] + tiers[1]).chain(0..tiers[0]).collect();
    let mut other = KEYS - 1;
    let mut void = Vec::new();
    for issuer in &issuers {
        let Some(slot) = giving.get(&key(*issuer)) else {
            continue;
        };
        other -= 1;
        void.push(added(&mut graph, offer(*issuer, other, 0, *slot)));
    }
    let mut low = Vec::new();
    for issuer in &issuers {
        other -= 1;
        let tier = usize::from(*issuer >= tiers[0]);
        assert!(slots[*issuer as usize] > 0);
        // Before all others, and as dear as all of them: none of those is within the budget any more.
        low.push(added(&mut graph, offer(*issuer, other, budgets[tier], 0)));
    }
    let left = graph.accepted().count();
    vec![
        one_more("in the slot of one near the roots, which it voids", void),
        one_more(
            &format!(
                "in a slot before all others near the roots ({all} in before all of these, {left} after)"
            ),
            low,
        ),
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
