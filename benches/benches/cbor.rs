//! The strict gate and the whole reading of a record, beside serde_cbor and ciborium, which check
//! less: they read any CBOR to a value, and whether it is canonical shows only when that is written
//! again and compared.
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
use parasol_protocol::record::attachment::{Second, Target};
use parasol_protocol::record::report::Audience;
use parasol_protocol::record::{Body, Unverified, Verified};

/// A report, and a record of about 400 bytes that seconds it.
fn records() -> [(&'static str, Verified); 2] {
    let mut world = World::new("bench");
    let lock = SecretKey::generate(&mut world.entropy);
    let (report, _) = world.sealed(&particulars(), Some(false), Audience::Federation, &lock);
    let draft = by_node(&world.lilas, Body::Report(report), expiry(), 0);
    let report = draft.sign(&world.federation, &world.lilas.node).unwrap();
    let second = Body::Second(Second {
        target: Target {
            lock: lock.lock(),
            report: report.id(),
        },
        salt: world.salt(),
        sealed: vec![7; 80],
    });
    let draft = by_node(&world.lilas, second, expiry(), 1);
    let second = draft.sign(&world.federation, &world.lilas.node).unwrap();
    [("second", second), ("report", report)]
}

fn benches(c: &mut Criterion) {
    for (name, record) in records() {
        let bytes = record.bytes();
        let payload = Sign1::parse(bytes, bytes.len()).unwrap().payload;
        eprintln!("a {name} of {} bytes", bytes.len());
        let mut group = c.benchmark_group("cbor");
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(format!("gate, {name}"), |b| {
            b.iter(|| gate(black_box(payload)).unwrap())
        });
        group.bench_function(format!("canonical decode, {name}"), |b| {
            b.iter(|| Unverified::parse(black_box(bytes)).unwrap());
        });
        group.bench_function(format!("serde_cbor, {name}"), |b| {
            b.iter(|| serde_cbor::from_slice::<serde_cbor::Value>(black_box(payload)).unwrap());
        });
        group.bench_function(format!("serde_cbor and compare, {name}"), |b| {
            b.iter(|| {
                let value: serde_cbor::Value = serde_cbor::from_slice(black_box(payload)).unwrap();
                assert_eq!(serde_cbor::to_vec(&value).unwrap(), payload);
            });
        });
        group.bench_function(format!("ciborium, {name}"), |b| {
            b.iter(|| ciborium::from_reader::<ciborium::Value, _>(black_box(payload)).unwrap());
        });
        group.bench_function(format!("ciborium and compare, {name}"), |b| {
            b.iter(|| {
                let value: ciborium::Value = ciborium::from_reader(black_box(payload)).unwrap();
                let mut again = Vec::with_capacity(payload.len());
                ciborium::into_writer(&value, &mut again).unwrap();
                assert_eq!(again, payload);
            });
        });
        group.finish();
    }
}

criterion_group!(all, benches);

fn main() {
    all();
    Table::new("cbor")
        .row("canonical decode, second", "serde_cbor, second", None)
        .at_most("canonical decode, second", 1.0)
        .row(
            "canonical decode, second",
            "serde_cbor and compare, second",
            Some(1.0),
        )
        .row("canonical decode, second", "ciborium, second", None)
        .row(
            "canonical decode, second",
            "ciborium and compare, second",
            Some(1.0),
        )
        .row("canonical decode, report", "serde_cbor, report", Some(1.0))
        .row("canonical decode, report", "ciborium, report", Some(1.0))
        .row("gate, second", "serde_cbor, second", None)
        .print();
}
