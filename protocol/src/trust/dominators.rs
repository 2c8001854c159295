//! Immediate dominators: of each node the nearest that every way to it from a start leads through.
//!
//! By Cooper, Harvey and Kennedy, over plain lists of numbers: with a hash set a node, as in a graph
//! library, a million edges take longer than all the rest of the metric.

use super::names::Index;

const NONE: Index = Index::MAX;

/// Edges by one of their ends.
struct Ends {
    /// Where those of each node begin, and where the last one's end.
    first: Vec<u32>,
    other: Vec<Index>,
}

impl Ends {
    fn new(
        nodes: Index,
        edges: &[(Index, Index)],
        end: impl Fn(&(Index, Index)) -> (Index, Index),
    ) -> Self {
        let mut first = vec![0_u32; nodes as usize + 1];
        for edge in edges {
            if let Some(count) = first.get_mut(end(edge).0 as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for place in &mut first {
            sum += *place;
            *place = sum;
        }
        let mut next = first.clone();
        let mut other = vec![NONE; edges.len()];
        for edge in edges {
            let (of, to) = end(edge);
            if let Some(at) = next.get_mut(of as usize) {
                if let Some(place) = other.get_mut(*at as usize) {
                    *place = to;
                }
                *at += 1;
            }
        }
        Self { first, other }
    }

    fn of(&self, node: Index) -> &[Index] {
        let from = get(&self.first, node) as usize;
        let to = get(&self.first, node + 1) as usize;
        self.other.get(from..to).unwrap_or_default()
    }
}

fn get(list: &[u32], at: u32) -> u32 {
    list.get(at as usize).copied().unwrap_or(NONE)
}

fn set(list: &mut [u32], at: u32, value: u32) {
    if let Some(place) = list.get_mut(at as usize) {
        *place = value;
    }
}

/// Of each node below `start` its immediate dominator from `start`; none if no way leads to it.
pub(super) fn immediate(
    start: Index,
    edges: impl Iterator<Item = (Index, Index)>,
) -> Vec<Option<Index>> {
    let edges: Vec<(Index, Index)> = edges.collect();
    let after = Ends::new(start + 1, &edges, |(from, to)| (*from, *to));
    let before = Ends::new(start + 1, &edges, |(from, to)| (*to, *from));
    // Nodes in the order in which a search leaves them, and of each its place in it.
    let (mut order, mut place) = (Vec::new(), vec![NONE; start as usize + 1]);
    let mut seen = vec![false; start as usize + 1];
    let mut open = vec![(start, 0_usize)];
    if let Some(seen) = seen.get_mut(start as usize) {
        *seen = true;
    }
    while let Some((node, next)) = open.last_mut() {
        match after.of(*node).get(*next) {
            Some(to) => {
                *next += 1;
                if let Some(seen) = seen.get_mut(*to as usize).filter(|seen| !**seen) {
                    *seen = true;
                    open.push((*to, 0));
                }
            }
            None => {
                set(&mut place, *node, order.len() as u32);
                order.push(*node);
                open.pop();
            }
        }
    }
    let mut above = vec![NONE; start as usize + 1];
    set(&mut above, start, start);
    let mut changed = true;
    while changed {
        changed = false;
        for node in order.iter().rev().filter(|node| **node != start) {
            let known = before.of(*node).iter().filter(|b| get(&above, **b) != NONE);
            let best = known.copied().reduce(|a, b| meet(a, b, &above, &place));
            if let Some(best) = best.filter(|best| get(&above, *node) != *best) {
                set(&mut above, *node, best);
                changed = true;
            }
        }
    }
    above.truncate(start as usize);
    above
        .into_iter()
        .map(|a| (a != NONE).then_some(a))
        .collect()
}

/// The nearest that stands before both.
fn meet(mut a: Index, mut b: Index, above: &[Index], place: &[u32]) -> Index {
    while a != b {
        if get(place, a) < get(place, b) {
            a = get(above, a);
        } else {
            b = get(above, b);
        }
    }
    a
}
