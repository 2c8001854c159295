//! What gossip costs among 100 and among 1000 nodes, in the simulator: hops, copies of a record,
//! messages a node. The same seed gives the same figures on any machine.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "common/cargo.rs"]
mod cargo;

use parasol_benches::{Row, publish};
use serde_json::Value;

const SCENARIO: &str = "protocol/examples/federation/scenarios/growth.json";
const FEW: u64 = 100;
const MANY: u64 = 1000;

fn main() {
    let [few, many] = [FEW, MANY].map(|nodes| {
        let text = cargo::run(
            &format!(
                "run --quiet --release -p parasol-protocol --features sim --example federation -- --scenario {SCENARIO} --nodes {nodes} --seed 1 --json"
            ),
        );
        let outcome: Value = serde_json::from_str(&text).unwrap();
        outcome["figures"].clone()
    });
    let number = |figures: &Value, name: &str| {
        figures[name]
            .as_f64()
            .unwrap_or_else(|| panic!("the simulator said nothing of {name}"))
    };
    let hops = number(&many, "hops_max");
    let copies = |figures: &Value| number(figures, "copies_mean_hundredths") / 100.0;
    let cost = |name: &str| (number(&few, name), number(&many, name));
    let (messages, bytes) = (cost("messages_per_node"), cost("bytes_per_node"));
    let rows = [
        Row::new(format!(
            "gossip among {MANY} nodes, simulated: hops to the last node, at most"
        ))
        .figure(hops.to_string())
        .beside(format!("among {FEW}: {}", number(&few, "hops_max")))
        .ratio(hops / number(&few, "hops_max"))
        .aim("≤ 8", hops <= 8.0),
        Row::new("the same: copies of a record that a node received, in the mean")
            .figure(format!("{:.2}", copies(&many)))
            .beside(format!("among {FEW}: {:.2}", copies(&few)))
            .ratio(copies(&many) / copies(&few))
            .aim("≤ 8", copies(&many) <= 8.0),
        Row::new("the same: the most copies of one record at one node")
            .figure(number(&many, "copies_max").to_string())
            .beside(format!("among {FEW}: {}", number(&few, "copies_max"))),
        Row::new("the same: messages a node, in an hour with 60 records")
            .figure(messages.1.to_string())
            .beside(format!("among {FEW}: {}", messages.0))
            .ratio(messages.1 / messages.0)
            .aim(
                "flat: within a tenth",
                (messages.1 / messages.0 - 1.0).abs() <= 0.1,
            ),
        Row::new("the same: bytes a node")
            .figure(format!("{:.0} kB", bytes.1 / 1e3))
            .beside(format!("among {FEW}: {:.0} kB", bytes.0 / 1e3))
            .ratio(bytes.1 / bytes.0)
            .aim(
                "flat: within a tenth",
                (bytes.1 / bytes.0 - 1.0).abs() <= 0.1,
            ),
    ];
    publish("gossip", &rows).unwrap();
}
