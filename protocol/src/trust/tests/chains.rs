//! Chains that were begun in a way that leaves no room for another, and searches that become long.

use super::*;

/// The root 1 leads to the key 50 by a chain of these keys, the first that is found; the root 2 leads to
/// the last of them, and many to the key who all hang on the one that turns. So there are two chains if
/// the first gives up its steps after that one.
fn crossing(chain: &[u8], turns: u8) -> Graph<u8> {
    let mut offers = vec![offer(49, 50, 0, 1)];
    let mut before = (1, 200);
    for key in chain {
        offers.push(offer(before.0, *key, before.1 - 10, 1));
        before = (*key, before.1 - 10);
    }
    offers.push(offer(before.0, 50, 0, 1));
    for many in 60..100 {
        offers.push(offer(turns, many, 2, 100 + u32::from(many)));
        offers.push(offer(many, 49, 1, 1));
    }
    // From the other root it is farther.
    let far = [2, 40, 41, 42];
    let far = &far[..=chain.len()];
    for (from, to) in far.iter().zip(&far[1..]) {
        offers.push(offer(*from, *to, 20 - u32::from(to % 40), 1));
    }
    offers.push(offer(far[chain.len()], before.0, 2, 1));
    Graph::new([(1, 900), (2, 99)], offers)
}

#[test]
fn a_chain_gives_up_its_steps_for_another() {
    for (chain, turns) in [(&[10, 11][..], 10), (&[10, 11, 12], 10)] {
        let graph = crossing(chain, turns);
        // Each from its own root, one by the far way and one by the many.
        let chains = graph.chains(&50);
        assert_eq!(chains.len(), 2, "{chains:?}");
        assert!(chains[0].iter().any(|key| *key >= 60), "{chains:?}");
        assert!(chains[1].contains(&40), "{chains:?}");
        assert_eq!((graph.level(&50), graph.levels()[&50]), (2, 2));
    }
}
