//! Graphs of honest keys with some that were fooled, and metrics that say who is in.
//!
//! Each fooled key vouches for one fake as it does for its honest neighbours. The fakes then do what
//! serves them best under the metric that is asked.

use parasol_protocol::trust::{Graph, MAX_STEPS, Offer, Standing};
use petgraph::algo::ford_fulkerson;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Numbers that look random and come again (SplitMix64).
pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let part = (z ^ (z >> 31)) >> 32;
        ((part * u64::from(bound)) >> 32) as u32
    }

    fn pick(&mut self, bound: usize) -> usize {
        self.below(bound as u32) as usize
    }

    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for n in (1..list.len()).rev() {
            list.swap(n, self.pick(n + 1));
        }
    }
}

/// How honest keys know each other.
#[derive(Clone, Copy)]
pub enum Kind {
    Uniform,
    SmallWorld,
    Preferential,
    Regions,
}

impl Kind {
    pub const ALL: [Self; 4] = [
        Self::Uniform,
        Self::SmallWorld,
        Self::Preferential,
        Self::Regions,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Uniform => "each knows six at random",
            Self::SmallWorld => "a ring with a tenth rewired",
            Self::Preferential => "newcomers know the well known",
            Self::Regions => "ten regions with few bridges",
        }
    }

    fn links(self, keys: usize, random: &mut Random) -> Vec<BTreeSet<usize>> {
        let mut links = vec![BTreeSet::new(); keys];
        let mut link = |a: usize, b: usize| {
            if a != b {
                links[a].insert(b);
            }
        };
        match self {
            Self::Uniform => {
                for a in 0..keys {
                    for _ in 0..6 {
                        link(a, random.pick(keys));
                    }
                }
            }
            Self::SmallWorld => {
                for a in 0..keys {
                    for step in 1..=3 {
                        for b in [(a + step) % keys, (a + keys - step) % keys] {
                            let rewired = random.below(10) == 0;
                            link(a, if rewired { random.pick(keys) } else { b });
                        }
                    }
                }
            }
            Self::Preferential => {
                let mut ends = vec![0, 1, 1, 0];
                link(0, 1);
                link(1, 0);
                for a in 2..keys {
                    for _ in 0..3 {
                        let b = ends[random.pick(ends.len())];
                        link(a, b);
                        link(b, a);
                        ends.extend([a, b]);
                    }
                }
            }
            Self::Regions => {
                let size = keys / 10;
                for a in 0..keys {
                    let region = a / size;
                    for _ in 0..6 {
                        link(a, region * size + random.pick(size));
                    }
                }
                for region in 0..10 {
                    for _ in 0..3 {
                        let next = (region + 1) % 10;
                        let a = region * size + random.pick(size);
                        let b = next * size + random.pick(size);
                        link(a, b);
                        link(b, a);
                    }
                }
            }
        }
        links
    }
}

/// Who vouches for whom. Honest keys come first, then fakes.
pub struct World {
    pub honest: usize,
    pub fakes: usize,
    pub roots: Vec<usize>,
    links: Vec<BTreeSet<usize>>,
    fooled: Vec<usize>,
    /// All but the roots, the first fakes among them, as they come one after the other.
    arrivals: Vec<usize>,
}

impl World {
    pub fn new(kind: Kind, honest: usize, fakes: usize, fooled: usize, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let links = kind.links(honest, &mut random);
        // Three that know many, in different parts.
        let third = honest / 3;
        let roots: Vec<usize> = (0..3)
            .filter_map(|n| (n * third..(n + 1) * third).max_by_key(|k| links[*k].len()))
            .collect();
        let mut victims = BTreeSet::new();
        while victims.len() < fooled {
            let victim = random.pick(honest);
            if !roots.contains(&victim) {
                victims.insert(victim);
            }
        }
        let mut arrivals: Vec<usize> = (0..honest + victims.len())
            .filter(|key| !roots.contains(key))
            .collect();
        random.shuffle(&mut arrivals);
        Self {
            honest,
            fakes,
            roots,
            links,
            fooled: victims.into_iter().collect(),
            arrivals,
        }
    }

    /// Steps from the nearest root along honest links.
    fn distances(&self) -> BTreeMap<usize, usize> {
        let mut found: BTreeMap<usize, usize> = self.roots.iter().map(|r| (*r, 0)).collect();
        let mut open: VecDeque<usize> = self.roots.iter().copied().collect();
        while let Some(key) = open.pop_front() {
            let next = found.get(&key).copied().unwrap_or_default() + 1;
            for to in &self.links[key] {
                if !found.contains_key(to) {
                    found.insert(*to, next);
                    open.push_back(*to);
                }
            }
        }
        found
    }

    /// For whom each honest key vouches: its neighbours, and its fake if it was fooled.
    fn vouches(&self, fake_of: impl Fn(usize) -> usize) -> Vec<Vec<usize>> {
        let mut all: Vec<Vec<usize>> = self
            .links
            .iter()
            .map(|l| l.iter().copied().collect())
            .collect();
        for (n, victim) in self.fooled.iter().enumerate() {
            all[*victim].push(self.honest + fake_of(n));
        }
        all
    }
}

/// Ways to say who is in.
#[derive(Clone, Copy, PartialEq)]
pub enum Metric {
    /// Ours; everybody asks for as much as he needs.
    Asked,
    /// Ours; nobody knows who will come, and everybody gives a newcomer a part of what is left.
    Grown,
    /// Ours; everybody shares out all he has, evenly.
    Even,
    /// Advogato's, with a root capacity of so many times the honest keys.
    Flow(f64),
    /// OpenPGP's.
    Paths,
    /// cargo-crev's.
    Distance,
}

impl Metric {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asked => "budgets (ours), as asked for",
            Self::Grown => "budgets (ours), without foresight",
            Self::Even => "budgets (ours), shared evenly",
            Self::Flow(_) => "flow as in Advogato",
            Self::Paths => "paths as in OpenPGP (3 marginals)",
            Self::Distance => "distance as in cargo-crev (5)",
        }
    }

    pub fn accepted(self, world: &World) -> BTreeSet<usize> {
        match self {
            Self::Asked => asked(world),
            Self::Grown => grown(world),
            Self::Even => even(world),
            Self::Flow(times) => flow(world, times),
            Self::Paths => paths(world),
            Self::Distance => distance(world),
        }
    }
}

const fn offer(from: usize, to: usize, budget: u32, slot: usize) -> Offer<usize> {
    Offer {
        from,
        to,
        budget,
        slot: slot as u32,
        standing: Standing::InForce,
        until: None,
    }
}

/// Who brings in whom: each key within five steps by one that is a step nearer.
struct Tree {
    children: Vec<Vec<usize>>,
    far: Vec<Option<usize>>,
    /// From the roots outwards.
    order: Vec<usize>,
}

impl Tree {
    fn new(world: &World) -> Self {
        let mut children = vec![Vec::new(); world.honest];
        let mut far = vec![None; world.honest];
        let mut order = world.roots.clone();
        world.roots.iter().for_each(|r| far[*r] = Some(0));
        let mut at = 0;
        while let Some(key) = order.get(at).copied() {
            at += 1;
            let next = far[key].unwrap_or_default() + 1;
            for to in world.links[key].iter().filter(|_| next <= MAX_STEPS) {
                if far[*to].is_none() {
                    far[*to] = Some(next);
                    children[key].push(*to);
                    order.push(*to);
                }
            }
        }
        Self {
            children,
            far,
            order,
        }
    }

    /// What each needs to bring in those below it, where some bring in fakes that ask for this.
    fn needs(&self, fakes: &BTreeMap<usize, u32>) -> Vec<u32> {
        let mut needs = vec![0_u32; self.children.len()];
        for key in self.order.iter().rev() {
            let own: u32 = self.children[*key].iter().map(|c| 1 + needs[*c]).sum();
            needs[*key] = own + fakes.get(key).map_or(0, |b| 1 + b);
        }
        needs
    }
}

/// Every key asks whoever brings it in for as much as it needs for those whom it brings in itself, and
/// gets it. So does a fake: it asks a fooled key for as much as the most that this one gives anybody;
/// if it gives nobody anything, as the average key there has. It spends all on keys without a budget.
fn asked(world: &World) -> BTreeSet<usize> {
    let tree = Tree::new(world);
    let honest = tree.needs(&BTreeMap::new());
    let mut fakes = BTreeMap::new();
    for victim in &world.fooled {
        let Some(far) = tree.far[*victim].filter(|far| *far < MAX_STEPS) else {
            continue;
        };
        let most = tree.children[*victim].iter().map(|c| honest[*c]).max();
        let there: Vec<u32> = (0..world.honest)
            .filter(|k| tree.far[*k] == Some(far + 1))
            .map(|k| honest[k])
            .collect();
        let average = there
            .iter()
            .sum::<u32>()
            .div_ceil(there.len().max(1) as u32);
        fakes.insert(*victim, most.unwrap_or(average));
    }
    let needs = tree.needs(&fakes);
    let mut offers = Vec::new();
    for key in &tree.order {
        let mut slot = 0;
        for child in &tree.children[*key] {
            offers.push(offer(*key, *child, needs[*child], slot));
            slot += 1;
        }
        if let Some(n) = world.fooled.iter().position(|v| v == key)
            && let Some(budget) = fakes.get(key)
        {
            offers.push(offer(*key, world.honest + n, *budget, slot));
        }
    }
    let mut next = world.honest + world.fooled.len();
    for (n, victim) in world.fooled.iter().enumerate() {
        for slot in 0..fakes.get(victim).copied().unwrap_or_default() as usize {
            if next < world.honest + world.fakes {
                offers.push(offer(world.honest + n, next, 0, slot));
                next += 1;
            }
        }
    }
    let roots = world.roots.iter().map(|r| (*r, needs[*r]));
    Graph::new(roots, offers).accepted().copied().collect()
}

/// Of what a key has left it gives a newcomer one part in so many, and keeps the rest for those to come.
const PART: u32 = 4;

/// Keys come in an order that chance gives, and nobody knows who will come or what they will need. A
/// newcomer is brought in by whoever knows it and has most left, and gets a [part](PART) of that; so does
/// a fake, by the key that it fooled. Who finds nobody inside that has something left asks again when
/// more are in. Roots begin with twice as much as there are honest keys. A fake spends all on keys
/// without a budget.
fn grown(world: &World) -> BTreeSet<usize> {
    let mut known_to = vec![Vec::new(); world.honest + world.fooled.len()];
    for (from, links) in world.links.iter().enumerate() {
        links.iter().for_each(|to| known_to[*to].push(from));
    }
    for (n, victim) in world.fooled.iter().enumerate() {
        known_to[world.honest + n].push(*victim);
    }
    let all = 2 * world.honest as u32;
    // Of everybody who is in: what is left, the steps from a root, the next slot.
    let mut inside: BTreeMap<usize, (u32, usize, usize)> = world
        .roots
        .iter()
        .map(|root| (*root, (all, 0, 0)))
        .collect();
    let mut offers = Vec::new();
    let mut waiting = world.arrivals.clone();
    loop {
        let before = waiting.len();
        waiting.retain(|key| {
            let able = known_to[*key].iter().filter_map(|from| {
                let (left, steps, _) = inside.get(from)?;
                (*left > 0 && *steps < MAX_STEPS).then_some((*left, *from))
            });
            let Some((_, by)) = able.max() else {
                return true;
            };
            let Some((left, steps, slot)) = inside.get_mut(&by) else {
                return true;
            };
            let budget = (*left - 1) / PART;
            offers.push(offer(by, *key, budget, *slot));
            *left -= budget + 1;
            *slot += 1;
            let steps = *steps + 1;
            inside.insert(*key, (budget, steps, 0));
            false
        });
        if waiting.len() == before {
            break;
        }
    }
    let mut next = world.honest + world.fooled.len();
    for fake in (world.honest..).take(world.fooled.len()) {
        let (budget, ..) = inside.get(&fake).copied().unwrap_or_default();
        for slot in 0..budget as usize {
            if next < world.honest + world.fakes {
                offers.push(offer(fake, next, 0, slot));
                next += 1;
            }
        }
    }
    let roots = world.roots.iter().map(|root| (*root, all));
    Graph::new(roots, offers).accepted().copied().collect()
}

/// Every key shares what it has evenly among those it vouches for that are farther from the roots than
/// itself; a fake spends all on keys without a budget.
fn even(world: &World) -> BTreeSet<usize> {
    let distances = world.distances();
    let vouches = world.vouches(|n| n);
    let far = |key: &usize| distances.get(key).copied().unwrap_or(usize::MAX);
    let mut order: Vec<usize> = distances.keys().copied().collect();
    order.sort_by_key(|k| (far(k), *k));
    let roots: Vec<(usize, u32)> = world
        .roots
        .iter()
        .map(|r| (*r, 2 * world.honest as u32))
        .collect();
    let mut has: BTreeMap<usize, u32> = roots.iter().copied().collect();
    let mut offers = Vec::new();
    for key in order {
        let Some(budget) = has.get(&key).copied() else {
            continue;
        };
        let outward: Vec<usize> = vouches[key]
            .iter()
            .copied()
            .filter(|to| far(to) > far(&key))
            .collect();
        let share = budget / outward.len().max(1) as u32;
        for (slot, to) in outward.into_iter().enumerate() {
            let offered = share.saturating_sub(1);
            offers.push(offer(key, to, offered, slot));
            if share > 0 {
                let known = has.entry(to).or_insert(offered);
                *known = offered.max(*known);
            }
        }
    }
    let mut next = world.honest + world.fooled.len();
    for n in 0..world.fooled.len() {
        let fake = world.honest + n;
        let budget = has.get(&fake).copied().unwrap_or_default();
        for slot in 0..budget as usize {
            if next < world.honest + world.fakes {
                offers.push(offer(fake, next, 0, slot));
                next += 1;
            }
        }
    }
    Graph::new(roots, offers).accepted().copied().collect()
}

/// Levien's flow: each key can pass on so much, by its distance, and needs one unit for itself. The
/// fakes are a tree of degree eight below the first ones.
fn flow(world: &World, times: f64) -> BTreeSet<usize> {
    let mut vouches = world.vouches(|n| n);
    vouches.resize(world.honest + world.fakes, Vec::new());
    let firsts = world.fooled.len();
    if firsts > 0 {
        for n in firsts..world.fakes {
            let before = (n - firsts) / 8;
            vouches[world.honest + before].push(world.honest + n);
        }
    }
    let mut far: BTreeMap<usize, u32> = world.roots.iter().map(|r| (*r, 0)).collect();
    let mut open: VecDeque<usize> = world.roots.iter().copied().collect();
    while let Some(key) = open.pop_front() {
        let next = far.get(&key).copied().unwrap_or_default() + 1;
        for to in &vouches[key] {
            if !far.contains_key(to) {
                far.insert(*to, next);
                open.push_back(*to);
            }
        }
    }
    let links: usize = world.links.iter().map(BTreeSet::len).sum();
    let degree = links as f64 / world.honest as f64;
    let capacity = |steps: u32| -> u64 {
        let root = times * world.honest as f64;
        (root / degree.powi(steps as i32)).ceil().max(1.0) as u64
    };
    let mut graph = DiGraph::<(), u64>::new();
    let source = graph.add_node(());
    let sink = graph.add_node(());
    let sides: BTreeMap<usize, (NodeIndex, NodeIndex)> = far
        .keys()
        .map(|k| (*k, (graph.add_node(()), graph.add_node(()))))
        .collect();
    let mut own = Vec::new();
    for (key, steps) in &far {
        let (enter, leave) = sides[key];
        graph.add_edge(enter, leave, capacity(*steps) - 1);
        own.push((*key, graph.add_edge(enter, sink, 1)));
        for to in &vouches[*key] {
            graph.add_edge(leave, sides[to].0, u64::from(u16::MAX));
        }
    }
    for root in &world.roots {
        graph.add_edge(source, sides[root].0, capacity(0));
    }
    let (_, flows) = ford_fulkerson(&graph, source, sink);
    own.into_iter()
        .filter(|(_, edge)| flows[edge.index()] > 0)
        .map(|(key, _)| key)
        .collect()
}

/// A root's word is enough, or that of three who are in; within five steps. The fakes have the fooled
/// keys vouch three by three for the same of them, and once three are in they vouch for all.
fn paths(world: &World) -> BTreeSet<usize> {
    let vouches = world.vouches(|n| n / 3);
    let mut accepted: BTreeSet<usize> = world.roots.iter().copied().collect();
    for _ in 0..MAX_STEPS {
        let mut words: BTreeMap<usize, usize> = BTreeMap::new();
        for key in &accepted {
            let weight = if world.roots.contains(key) { 3 } else { 1 };
            for to in vouches.get(*key).into_iter().flatten() {
                *words.entry(*to).or_default() += weight;
            }
        }
        let fakes = accepted.iter().filter(|k| **k >= world.honest).count();
        accepted.extend(words.iter().filter(|(_, w)| **w >= 3).map(|(k, _)| *k));
        if fakes >= 3 {
            accepted.extend(world.honest..world.honest + world.fakes);
        }
    }
    accepted
}

/// All within five steps. Fakes vouch for all fakes.
fn distance(world: &World) -> BTreeSet<usize> {
    let distances = world.distances();
    let mut accepted: BTreeSet<usize> = distances
        .iter()
        .filter(|(_, d)| **d <= MAX_STEPS)
        .map(|(k, _)| *k)
        .collect();
    for (n, victim) in world.fooled.iter().enumerate() {
        match distances.get(victim) {
            Some(steps) if steps + 2 <= MAX_STEPS => {
                accepted.extend(world.honest..world.honest + world.fakes);
            }
            Some(steps) if *steps < MAX_STEPS => {
                accepted.insert(world.honest + n);
            }
            _ => {}
        }
    }
    accepted
}
