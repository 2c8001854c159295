//! How a ceremony that went as it should is written down.

use super::pieces::{one_time, taken_apart};
use super::runs::{Run, member};
use crate::annotate;
use crate::common::world::World;
use parasol_protocol::certificate::Certificate;
use parasol_protocol::ids::NodeKey;
use serde_json::{Map, Value, json};

pub(super) const STEPS: [&str; 6] = ["join", "echo", "deal", "complaint", "done", "stop"];

pub(super) fn case(world: &World, run: &Run, name: &str, old: &Certificate) -> Value {
    let organisation = |node: &NodeKey| member(world, node).name;
    let messages: Vec<Value> = run
        .board
        .messages()
        .map(|message| {
            let (sender, step, body) = taken_apart(message);
            json!({
                "from": organisation(&sender),
                "step": STEPS[usize::from(step) - 1],
                "body": annotate::diagnose(&body),
                "hex": hex::encode(message),
            })
        })
        .collect();
    let mut seeds = Map::new();
    let mut keys = Map::new();
    let mut shares = Map::new();
    for (node, seed) in &run.seeds {
        seeds.insert(organisation(node).to_owned(), json!(hex::encode(seed)));
        let for_dealers: Map<String, Value> = run
            .seeds
            .keys()
            .filter(|dealer| *dealer != node)
            .map(|dealer| {
                let seed = one_time(seed, &run.digest, dealer);
                (organisation(dealer).to_owned(), json!(hex::encode(seed)))
            })
            .collect();
        keys.insert(organisation(node).to_owned(), Value::Object(for_dealers));
        let held = run.stored[node].shares.iter();
        let held: Map<String, Value> = held
            .map(|(name, share)| (name.to_string(), json!(hex::encode(*share.to_bytes()))))
            .collect();
        shares.insert(organisation(node).to_owned(), Value::Object(held));
    }
    json!({
        "name": name,
        "old": hex::encode(old.bytes()),
        "plan": hex::encode(&run.plan),
        "plan_fields": annotate::fields(annotate::payload(&run.plan), annotate::PLAN),
        "digest": run.digest.to_string(),
        "seeds": seeds,
        "one_time_seeds": keys,
        "messages": messages,
        "voice": run.board.voice().unwrap().to_string(),
        "certificate": hex::encode(&run.certificate),
        "certificate_fields":
            annotate::fields(annotate::payload(&run.certificate), annotate::CERTIFICATE),
        "shares": shares,
    })
}
