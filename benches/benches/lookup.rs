//! A check in memory: five seasons and the bucket key, two of three keyholders, two sources with a
//! bucket of 16 reports each, beside its bare cryptography.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../protocol/tests/common/mod.rs"]
mod common;

use common::world::{TODAY, World, by_node, expiry, particulars};
use core::hint::black_box;
use criterion::{Criterion, criterion_group};
use parasol_benches::Table;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::oprf::{Evaluation, KeyName, Output, blind};
use parasol_protocol::record::report::Audience;
use parasol_protocol::record::{Body, Verified};
use parasol_protocol::seal::{Bucket, HandleName, open_by_handle};
use parasol_protocol::time::Season;
use parasol_protocol::wire::sealed::{Question, Reply, open_question, seal_question};

fn keys() -> Vec<KeyName> {
    let seasons = Season::live(TODAY).map(KeyName::Handle);
    [KeyName::Bucket].into_iter().chain(seasons).collect()
}

/// Blinds, has two keyholders evaluate under six keys with proofs, verifies, combines.
fn evaluate(world: &mut World, input: &[u8]) -> Vec<Output> {
    let blinded = blind(&[input], &mut world.entropy).unwrap();
    let mut outputs = Vec::new();
    for key in keys() {
        let dealt = &world.dealt[&key];
        let answers: Vec<Evaluation> = dealt
            .shares
            .iter()
            .take(2)
            .map(|s| s.evaluate(blinded.elements(), &mut world.entropy).unwrap())
            .collect();
        let verified: Vec<_> = answers
            .iter()
            .map(|a| blinded.verify(&dealt.key, a).unwrap())
            .collect();
        outputs.extend(blinded.finish(&dealt.key, &verified).unwrap());
    }
    outputs
}

fn benches(c: &mut Criterion) {
    let mut world = World::new("bench");
    let lock = SecretKey::generate(&mut world.entropy);
    let says = particulars();
    let handle = says.handles.iter().next().unwrap().clone();
    let input = handle.oprf_input();
    let records: Vec<Vec<u8>> = (0..16)
        .map(|slot| {
            let (report, _) = world.sealed(&says, Some(false), Audience::Federation, &lock);
            let draft = by_node(&world.lilas, Body::Report(report), expiry(), slot);
            let record = draft.sign(&world.federation, &world.lilas.node).unwrap();
            record.bytes().to_vec()
        })
        .collect();
    let reply = Reply {
        carried: 100_000,
        records,
        left: 0,
    };
    let federation = world.federation;

    let mut group = c.benchmark_group("lookup");
    group.sample_size(30);
    group.bench_function("bare cryptography", |b| {
        b.iter(|| evaluate(&mut world, black_box(&input)));
    });
    group.bench_function("whole check in memory", |b| {
        b.iter(|| {
            let outputs = evaluate(&mut world, black_box(&input));
            let bucket = Bucket::of(&outputs[0], 12);
            let names: Vec<_> = Season::live(TODAY)
                .zip(outputs.into_iter().skip(1))
                .map(|(season, output)| HandleName::new(season, output))
                .collect();
            let mut found = 0;
            for _ in 0..2 {
                let to = world.ryabina.seal.public();
                let question = Question::Bucket { bucket, part: 0 };
                let asked = seal_question(&question, &to, &federation, &mut world.entropy);
                let (sealed, key) = asked.unwrap();
                let (_, answer) = open_question(&sealed, &world.ryabina.seal, &federation).unwrap();
                let sealed = answer.seal(&reply, &mut world.entropy).unwrap();
                for bytes in key.open(&sealed).unwrap().records {
                    let record = Verified::from_bytes(&bytes, &federation).unwrap();
                    let (header, Body::Report(report)) = (record.header(), record.body()) else {
                        panic!("a report")
                    };
                    found += names
                        .iter()
                        .filter_map(|name| {
                            open_by_handle(
                                &federation,
                                &header.organisation,
                                header.expires,
                                report,
                                &handle,
                                name,
                            )
                        })
                        .filter(Result::is_ok)
                        .count();
                }
            }
            assert_eq!(found, 32);
        });
    });
    group.finish();
}

criterion_group!(all, benches);

fn main() {
    all();
    Table::new("lookup")
        .row("whole check in memory", "bare cryptography", Some(3.0))
        .print();
}
