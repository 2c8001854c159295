//! Sealing and opening a report of two handles, beside the HKDF and AEAD calls that it consists of.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../protocol/tests/common/mod.rs"]
mod common;

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use common::world::{BUCKET_BITS, World, expiry, particulars};
use core::hint::black_box;
use criterion::{Criterion, criterion_group};
use hkdf::Hkdf;
use parasol_benches::Table;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::record::report::Audience;
use parasol_protocol::seal::{Browse, Sealing, open_by_handle, seal};
use sha2::Sha512;

fn derive(secret: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    let hkdf = Hkdf::<Sha512>::new(Some(&[7; 16]), black_box(secret));
    hkdf.expand(b"parasol 1 wrap", &mut out).unwrap();
    out
}

fn encrypt(key: &[u8; 32], size: usize) -> Vec<u8> {
    let plain = vec![0; size];
    let cipher = ChaCha20Poly1305::new(&Key::from(*black_box(key)));
    cipher.encrypt(&Nonce::default(), plain.as_slice()).unwrap()
}

fn benches(c: &mut Criterion) {
    let mut world = World::new("bench");
    let lock = SecretKey::generate(&mut world.entropy);
    let says = particulars();
    let names: Vec<_> = says
        .handles
        .iter()
        .map(|h| world.name(h, expiry().season()))
        .collect();
    let organisation = world.lilas.key();
    let with = Sealing {
        federation: &world.federation,
        organisation: &organisation,
        expires: expiry(),
        audience: Audience::Federation,
        lock: lock.lock(),
        names: &names,
        browse: Browse::Nothing,
        bucket_bits: BUCKET_BITS,
    };
    let (report, _) = seal(&says, &with, &mut world.entropy).unwrap();
    let handle = says.handles.iter().next().unwrap();

    let mut group = c.benchmark_group("seal");
    // Two labels, two wrap keys, text key, summary key, commitment, three boxes: ten HKDFs; two
    // wraps and three parts: five seals.
    group.bench_function("ten HKDF, five seals", |b| {
        b.iter(|| {
            let key = derive(&[1; 64]);
            (0..9).for_each(|_| {
                black_box(derive(&[1; 64]));
            });
            for size in [32, 32, 96, 256, 128] {
                black_box(encrypt(&key, size));
            }
        });
    });
    group.bench_function("seal", |b| {
        b.iter(|| seal(black_box(&says), &with, &mut world.entropy).unwrap());
    });
    // A label, a wrap key, text key, summary key, commitment, three boxes; a wrap and three parts.
    group.bench_function("eight HKDF, four opens", |b| {
        b.iter(|| {
            let key = derive(&[1; 64]);
            (0..7).for_each(|_| {
                black_box(derive(&[1; 64]));
            });
            for size in [32, 96, 256, 128] {
                black_box(encrypt(&key, size));
            }
        });
    });
    group.bench_function("open", |b| {
        b.iter(|| {
            let name = &names[0].0;
            let opened = open_by_handle(
                &world.federation,
                &organisation,
                expiry(),
                black_box(&report),
                handle,
                name,
            );
            opened.unwrap().unwrap()
        });
    });
    group.finish();
}

criterion_group!(all, benches);

fn main() {
    all();
    Table::new("seal")
        .row("seal", "ten HKDF, five seals", Some(2.0))
        .row("open", "eight HKDF, four opens", Some(2.0))
        .print();
}
