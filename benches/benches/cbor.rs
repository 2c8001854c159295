//! The strict gate and the reading of a report, beside serde_cbor, which checks less.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../protocol/tests/common/mod.rs"]
mod common;

use common::world::{World, by_node, expiry, particulars};
use core::hint::black_box;
use criterion::{Criterion, Throughput, criterion_group};
use parasol_benches::Table;
use parasol_protocol::cbor::gate;
use parasol_protocol::cose::Sign1;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::record::report::Audience;
use parasol_protocol::record::{Body, Unverified};

fn benches(c: &mut Criterion) {
    let mut world = World::new("bench");
    let lock = SecretKey::generate(&mut world.entropy);
    let (report, _) = world.sealed(&particulars(), Some(false), Audience::Federation, &lock);
    let draft = by_node(&world.lilas, Body::Report(report), expiry(), 0);
    let record = draft.sign(&world.federation, &world.lilas.node).unwrap();
    let bytes = record.bytes();
    let payload = Sign1::parse(bytes, bytes.len()).unwrap().payload;
    eprintln!("a record of {} bytes", bytes.len());

    let mut group = c.benchmark_group("cbor");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("gate", |b| b.iter(|| gate(black_box(payload)).unwrap()));
    group.bench_function("strict decode", |b| {
        b.iter(|| Unverified::parse(black_box(bytes)).unwrap());
    });
    group.bench_function("serde_cbor Value", |b| {
        b.iter(|| {
            let value: serde_cbor::Value = serde_cbor::from_slice(black_box(payload)).unwrap();
            value
        });
    });
    group.bench_function("serde_cbor Value, encoded again and compared", |b| {
        b.iter(|| {
            let value: serde_cbor::Value = serde_cbor::from_slice(black_box(payload)).unwrap();
            assert_eq!(serde_cbor::to_vec(&value).unwrap(), payload);
        });
    });
    group.finish();
}

criterion_group!(all, benches);

fn main() {
    all();
    let judge = "serde_cbor Value, encoded again and compared";
    Table::new("cbor")
        .row("gate", "serde_cbor Value", None)
        .row("strict decode", "serde_cbor Value", Some(1.0))
        .row("strict decode", judge, Some(1.0))
        .print();
}
