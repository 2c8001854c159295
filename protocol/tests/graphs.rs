//! Graphs of vouches in `spec/vectors/ok/trust.json`, by the engine that nodes and clients use.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use parasol_protocol::trust::{Graph, MAX_STEPS, Offer, Standing};
use serde_json::{Value, json};

fn number(value: &Value) -> u32 {
    value.as_u64().unwrap().try_into().unwrap()
}

fn name(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn offer(vouch: &Value) -> Offer<String> {
    Offer {
        from: name(&vouch["from"]),
        to: name(&vouch["to"]),
        budget: number(&vouch["budget"]),
        slot: number(&vouch["slot"]),
        standing: Standing::InForce,
        until: None,
    }
}

fn roots(graph: &Value) -> Vec<(String, u32)> {
    let roots = graph["roots"].as_array().unwrap().iter();
    roots
        .map(|root| (name(&root["name"]), number(&root["budget"])))
        .collect()
}

fn offers(graph: &Value) -> Vec<Offer<String>> {
    graph["vouches"]
        .as_array()
        .unwrap()
        .iter()
        .map(offer)
        .collect()
}

/// Who is in, as the file has it.
fn accepted(graph: &Graph<String>) -> Value {
    let all = graph.levels();
    assert!(all.keys().copied().eq(graph.accepted()));
    let row = |(key, level): (&String, u8)| {
        // By itself, and with all the others at once.
        assert_eq!(graph.level(key), level, "{key}");
        json!({
            "name": key,
            "budget": graph.budget(key).unwrap(),
            "level": level,
            "distance": graph.distance(key).unwrap(),
        })
    };
    all.into_iter().map(row).collect()
}

fn ignored(graph: &Graph<String>) -> Value {
    let with_reason = graph.vouches().filter_map(|(o, why)| Some((o, why?)));
    with_reason
        .map(|(o, why)| json!({"from": o.from, "to": o.to, "slot": o.slot, "why": why.code()}))
        .collect()
}

#[test]
fn graphs_give_what_a_second_implementation_has_from_the_text() {
    let file = common::read("ok/trust.json");
    let mut farthest = 0;
    for case in file["cases"].as_array().unwrap() {
        let graph = &case["graph"];
        let whole = Graph::new(roots(graph), offers(graph));
        assert_eq!(accepted(&whole), case["accepted"], "{}", case["name"]);
        assert_eq!(ignored(&whole), case["ignored"], "{}", case["name"]);
        // Vouch by vouch, and in the opposite order.
        let mut grown = Graph::new(roots(graph), []);
        for vouch in offers(graph).into_iter().rev() {
            grown.add(vouch);
        }
        assert_eq!(accepted(&grown), case["accepted"], "{}", case["name"]);
        let distances = whole.accepted().filter_map(|key| whole.distance(key));
        farthest = distances.fold(farthest, usize::max);
    }
    assert_eq!(farthest, MAX_STEPS);
}
