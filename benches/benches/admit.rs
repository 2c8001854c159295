//! Parse, verify and admit a report, beside the signature check that nobody can do without.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../protocol/tests/common/mod.rs"]
mod common;

use common::shelf::Shelf;
use common::world::{TODAY, World, by_node, expiry, particulars};
use core::hint::black_box;
use criterion::{Criterion, Throughput, criterion_group};
use parasol_benches::Table;
use parasol_protocol::admit::admit;
use parasol_protocol::cose::{Context, Sign1, to_be_signed};
use parasol_protocol::keys::{SecretKey, verify};
use parasol_protocol::record::report::Audience;
use parasol_protocol::record::{Body, Unverified, Verified};

fn benches(c: &mut Criterion) {
    let mut world = World::new("bench");
    let lock = SecretKey::generate(&mut world.entropy);
    let (report, _) = world.sealed(&particulars(), Some(false), Audience::Federation, &lock);
    let draft = by_node(&world.lilas, Body::Report(report), expiry(), 0);
    let record = draft.sign(&world.federation, &world.lilas.node).unwrap();
    let bytes = record.bytes();
    let shelf = Shelf::new(world.directory.clone(), world.rowan.key());
    let sign1 = Sign1::parse(bytes, bytes.len()).unwrap();
    let external = Context::Record.external(Some(&world.federation));
    let message = to_be_signed(&external, sign1.payload);
    let key = world.lilas.node.public();

    let mut group = c.benchmark_group("admit");
    group.throughput(Throughput::Elements(1));
    group.bench_function("verify_strict", |b| {
        b.iter(|| verify(black_box(&key), black_box(&message), &sign1.signature).unwrap());
    });
    group.bench_function("parse", |b| {
        b.iter(|| Unverified::parse(black_box(bytes)).unwrap());
    });
    group.bench_function("parse, verify, admit", |b| {
        b.iter(|| {
            let record = Verified::from_bytes(black_box(bytes), &world.federation).unwrap();
            admit(&record, false, &shelf.directory, &shelf, &shelf.home, TODAY)
        });
    });
    group.finish();
}

criterion_group!(all, benches);

fn main() {
    all();
    Table::new("admit")
        .row("parse, verify, admit", "verify_strict", Some(1.25))
        .row("parse", "verify_strict", Some(0.1))
        .print();
}
