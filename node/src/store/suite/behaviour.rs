//! What a store does while nothing goes wrong, and whom it does not let in.

use super::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

const ONE: &[u8] = b"1";
const TWO: &[u8] = b"2";

pub fn puts_gets_and_deletes(engine: Engine) {
    let (_home, dir) = home();
    let store = open(&dir, engine).unwrap();
    assert_eq!(store.get(Table::Meta, b"a").unwrap(), None);
    store
        .apply(&[
            Op::put(Table::Meta, "a", ONE),
            Op::put(Table::Meta, "b", TWO),
        ])
        .unwrap();
    assert_eq!(store.get(Table::Meta, b"a").unwrap().unwrap(), ONE);
    store
        .apply(&[Op::put(Table::Meta, "a", TWO), Op::delete(Table::Meta, "b")])
        .unwrap();
    assert_eq!(store.get(Table::Meta, b"a").unwrap().unwrap(), TWO);
    assert_eq!(store.get(Table::Meta, b"b").unwrap(), None);
    store
        .apply(&[Op::delete(Table::Meta, "never there")])
        .unwrap();
    assert_eq!(keys(&*store, Table::Meta), [b"a"]);
}

pub fn scans_in_order_within_bounds(engine: Engine) {
    let (_home, dir) = home();
    let store = open(&dir, engine).unwrap();
    let ops: Vec<_> = [300_u64, 2, 1, 256, 255, u64::MAX]
        .map(|n| Op::put(Table::Records, seq(n), n.to_string()))
        .to_vec();
    store.apply(&ops).unwrap();
    let between = |start: &[u8], end: Option<&[u8]>| -> Vec<u64> {
        let entries = scan(&*store, Table::Records, start, end);
        entries
            .iter()
            .map(|(key, _)| read_seq(key).unwrap())
            .collect()
    };
    assert_eq!(between(b"", None), [1, 2, 255, 256, 300, u64::MAX]);
    assert_eq!(
        between(&seq(2), Some(&seq(256))),
        [2, 255],
        "the start is in, the end is not"
    );
    assert_eq!(between(&seq(3), Some(&seq(257))), [255, 256]);
    assert_eq!(between(&seq(256), None), [256, 300, u64::MAX]);
    assert_eq!(between(&seq(2), Some(&seq(2))), [0; 0]);
    assert_eq!(
        between(&seq(300), Some(&seq(2))),
        [0; 0],
        "an end before the start is an empty range"
    );
    assert_eq!(between(&[0xff; 9], None), [0; 0]);
}

pub fn scans_stop_when_told(engine: Engine) {
    let (_home, dir) = home();
    let store = open(&dir, engine).unwrap();
    store
        .apply(&[1, 2, 3].map(|n| Op::put(Table::Own, seq(n), "")))
        .unwrap();
    let mut seen = Vec::new();
    let mut visit = |key: &[u8], _: &[u8]| {
        seen.push(read_seq(key).unwrap());
        if seen.len() == 2 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    store.scan(Table::Own, b"", None, &mut visit).unwrap();
    assert_eq!(seen, [1, 2]);
}

pub fn scans_prefixes(engine: Engine) {
    let (_home, dir) = home();
    let store = open(&dir, engine).unwrap();
    let names: [&[u8]; 7] = [
        b"a",
        b"ab",
        b"ab\xff",
        b"ab\xff\xff",
        b"ac",
        b"\xff",
        b"\xff\xff",
    ];
    store
        .apply(&names.map(|name| Op::put(Table::Buckets, name, ONE)))
        .unwrap();
    let under = |prefix: &[u8]| {
        let mut found = Vec::new();
        let mut visit = |key: &[u8], _: &[u8]| {
            found.push(key.to_vec());
            ControlFlow::Continue(())
        };
        store
            .scan_prefix(Table::Buckets, prefix, &mut visit)
            .unwrap();
        found
    };
    assert_eq!(under(b"ab"), [&b"ab"[..], b"ab\xff", b"ab\xff\xff"]);
    assert_eq!(under(b"ab\xff"), [&b"ab\xff"[..], b"ab\xff\xff"]);
    assert_eq!(under(b"\xff"), [&b"\xff"[..], b"\xff\xff"]);
    assert_eq!(under(b"").len(), names.len());
    assert_eq!(under(b"b"), Vec::<Vec<u8>>::new());
}

pub fn writes_while_scanning(engine: Engine) {
    let (_home, dir) = home();
    let store = open(&dir, engine).unwrap();
    store
        .apply(&[1, 2, 3].map(|n| Op::put(Table::Own, seq(n), "")))
        .unwrap();
    let mut visit = |key: &[u8], _: &[u8]| {
        store.apply(&[Op::put(Table::Kinds, key, ONE)]).unwrap();
        assert!(store.get(Table::Kinds, key).unwrap().is_some());
        ControlFlow::Continue(())
    };
    store.scan(Table::Own, b"", None, &mut visit).unwrap();
    assert_eq!(keys(&*store, Table::Kinds).len(), 3);
}

pub fn finds_the_last(engine: Engine) {
    let (_home, dir) = home();
    let store = open(&dir, engine).unwrap();
    assert_eq!(store.last(Table::Records).unwrap(), None);
    store
        .apply(&[
            Op::put(Table::Ids, [0xff; 32], ONE),
            Op::put(Table::Meta, "m", ONE),
        ])
        .unwrap();
    assert_eq!(
        store.last(Table::Records).unwrap(),
        None,
        "the neighbours do not count"
    );
    store
        .apply(&[9, 300, 20].map(|n| Op::put(Table::Records, seq(n), n.to_string())))
        .unwrap();
    let last = Some((seq(300).to_vec(), b"300".to_vec()));
    assert_eq!(store.last(Table::Records).unwrap(), last);
    assert_eq!(
        store.snapshot().unwrap().last(Table::Records).unwrap(),
        last
    );
    store
        .apply(&[Op::delete(Table::Records, seq(300))])
        .unwrap();
    assert_eq!(store.last(Table::Records).unwrap().unwrap().0, seq(20));
}

pub fn keeps_tables_apart(engine: Engine) {
    let (_home, dir) = home();
    let store = open(&dir, engine).unwrap();
    store
        .apply(&Table::ALL.map(|table| Op::put(table, "key", table.name())))
        .unwrap();
    for table in Table::ALL {
        let own = vec![(b"key".to_vec(), table.name().into())];
        assert_eq!(scan(&*store, table, b"", None), own);
    }
    store.apply(&[Op::delete(Table::Slots, "key")]).unwrap();
    let full = Table::ALL
        .iter()
        .filter(|&&table| !keys(&*store, table).is_empty())
        .count();
    assert_eq!(full, Table::ALL.len() - 1);
}

pub fn the_last_step_on_a_key_wins(engine: Engine) {
    let (_home, dir) = home();
    let store = open(&dir, engine).unwrap();
    let put = |value: &[u8]| Op::put(Table::Meta, "a", value);
    let delete = || Op::delete(Table::Meta, "a");
    store.apply(&[put(ONE), delete(), put(TWO)]).unwrap();
    assert_eq!(store.get(Table::Meta, b"a").unwrap().unwrap(), TWO);
    store.apply(&[put(ONE), delete()]).unwrap();
    assert_eq!(store.get(Table::Meta, b"a").unwrap(), None);
}

pub fn an_empty_batch_is_fine(engine: Engine) {
    let (_home, dir) = home();
    let store = open(&dir, engine).unwrap();
    store.apply(&[]).unwrap();
    assert!(keys(&*store, Table::Meta).is_empty());
}

pub fn empty_keys_and_values(engine: Engine) {
    let (_home, dir) = home();
    let store = open(&dir, engine).unwrap();
    store
        .apply(&[Op::put(Table::Meta, "", ""), Op::put(Table::Meta, [0], ONE)])
        .unwrap();
    assert_eq!(store.get(Table::Meta, b"").unwrap().unwrap(), b"");
    assert_eq!(keys(&*store, Table::Meta), [&b""[..], &[0]]);
    store.apply(&[Op::delete(Table::Meta, "")]).unwrap();
    assert_eq!(store.get(Table::Meta, b"").unwrap(), None);
}

pub fn large_values(engine: Engine) {
    let (_home, dir) = home();
    let value = |n: u64| vec![n as u8; 64 << 10];
    {
        let store = open(&dir, engine).unwrap();
        for n in 0..20 {
            store
                .apply(&[Op::put(Table::Records, seq(n), value(n))])
                .unwrap();
        }
        store
            .apply(&[Op::put(Table::Own, "big", vec![7; 1 << 20])])
            .unwrap();
    }
    let store = open(&dir, engine).unwrap();
    for n in 0..20 {
        assert_eq!(
            store.get(Table::Records, &seq(n)).unwrap().unwrap(),
            value(n)
        );
    }
    assert_eq!(
        store.get(Table::Own, b"big").unwrap().unwrap(),
        vec![7; 1 << 20]
    );
}

pub fn reopens_with_what_was_there(engine: Engine) {
    let (_home, dir) = home();
    for round in 0..5 {
        let store = open(&dir, engine).unwrap();
        assert_eq!(keys(&*store, Table::Own).len(), round);
        store
            .apply(&[Op::put(Table::Own, seq(round as u64), ONE)])
            .unwrap();
    }
}

pub fn snapshots_read(engine: Engine) {
    let (_home, dir) = home();
    let store = open(&dir, engine).unwrap();
    store
        .apply(&[
            Op::put(Table::Ids, "id", seq(1)),
            Op::put(Table::Records, seq(1), ONE),
        ])
        .unwrap();
    let snapshot = store.snapshot().unwrap();
    let number = snapshot.get(Table::Ids, b"id").unwrap().unwrap();
    assert_eq!(snapshot.get(Table::Records, &number).unwrap().unwrap(), ONE);
    store
        .apply(&[
            Op::delete(Table::Ids, "id"),
            Op::delete(Table::Records, seq(1)),
        ])
        .unwrap();
    if engine == Engine::Redb {
        assert_eq!(
            snapshot.get(Table::Records, &number).unwrap().unwrap(),
            ONE,
            "isolated"
        );
        assert_eq!(scan(&*snapshot, Table::Ids, b"", None).len(), 1);
    }
    assert_eq!(
        store.snapshot().unwrap().get(Table::Ids, b"id").unwrap(),
        None
    );
    drop(snapshot);
    assert_eq!(store.get(Table::Ids, b"id").unwrap(), None);
}

/// Many keys always hold one number. Readers beside a writer must find, in redb, the same number
/// under all of them in one scan; in sled, at least a number that never goes back.
pub fn readers_never_see_half_a_batch_by_key(engine: Engine) {
    let (_home, dir) = home();
    let store = open(&dir, engine).unwrap();
    let write = |n: u64| {
        let ops: Vec<_> = (0..50)
            .map(|key| Op::put(Table::Quota, seq(key), seq(n)))
            .collect();
        store.apply(&ops).unwrap();
    };
    write(0);
    let done = AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let mut before = 0;
            while !done.load(Ordering::Acquire) {
                let found: Vec<_> = scan(&*store, Table::Quota, b"", None)
                    .iter()
                    .map(|(_, value)| read_seq(value).unwrap())
                    .collect();
                assert_eq!(found.len(), 50);
                if engine == Engine::Redb {
                    assert!(found.iter().all(|&n| n == found[0]), "{found:?}");
                }
                assert!(found[0] >= before);
                before = found[0];
            }
        });
        (1..200).for_each(write);
        done.store(true, Ordering::Release);
    });
}

pub fn refuses_a_second_user(engine: Engine) {
    let (_home, dir) = home();
    let store = open(&dir, engine).unwrap();
    assert!(matches!(refusal(&dir, engine), StoreError::InUse { .. }));
    store.apply(&[Op::put(Table::Meta, "still", ONE)]).unwrap();
    drop(store);
    assert_eq!(
        open(&dir, engine)
            .unwrap()
            .get(Table::Meta, b"still")
            .unwrap()
            .unwrap(),
        ONE
    );
}

pub fn refuses_a_newer_format(engine: Engine) {
    let (_home, dir) = home();
    open(&dir, engine)
        .unwrap()
        .apply(&[Op::put(Table::Meta, "a", ONE)])
        .unwrap();
    let format = dir.join("format");
    let ours = fs::read_to_string(&format).unwrap();
    assert_eq!(ours, format!("parasol store 1 {engine}\n"));
    fs::write(&format, "parasol store 2 marvel with=options\n").unwrap();
    let error = refusal(&dir, engine);
    assert!(
        matches!(
            error,
            StoreError::NewerFormat {
                found: 2,
                known: 1,
                ..
            }
        ),
        "{error}"
    );
    fs::write(&format, ours).unwrap();
    assert!(
        open(&dir, engine)
            .unwrap()
            .get(Table::Meta, b"a")
            .unwrap()
            .is_some()
    );
}

pub fn refuses_another_engine(engine: Engine) {
    let (_home, dir) = home();
    let other = if engine == Engine::Redb {
        Engine::Sled
    } else {
        Engine::Redb
    };
    drop(open(&dir, engine).unwrap());
    if other == Engine::Sled && !cfg!(feature = "sled") {
        assert!(matches!(
            refusal(&dir, other),
            StoreError::EngineMissing(Engine::Sled)
        ));
        return;
    }
    let error = refusal(&dir, other);
    assert!(matches!(&error, StoreError::OtherEngine { found, .. } if found == engine.name()));
    assert!(
        error.to_string().contains(&format!("store = \"{engine}\"")),
        "{error}"
    );
    fs::remove_file(dir.join("format")).unwrap();
    assert!(matches!(
        refusal(&dir, other),
        StoreError::OtherEngine { .. }
    ));
}

pub fn refuses_a_damaged_format(engine: Engine) {
    let (_home, dir) = home();
    drop(open(&dir, engine).unwrap());
    for text in [
        "",
        "parasol store",
        "parasol store one redb",
        "parasol store 0 redb",
        "#!/bin/sh",
        "parasol store 1",
        "parasol store 1 redb sled",
        "\u{0}\u{0}\u{0}",
    ] {
        fs::write(dir.join("format"), text).unwrap();
        assert!(
            matches!(refusal(&dir, engine), StoreError::Corrupt(_)),
            "{text:?}"
        );
    }
    fs::write(dir.join("format"), [0xff, 0xfe]).unwrap();
    assert!(matches!(refusal(&dir, engine), StoreError::Corrupt(_)));
}

pub fn refuses_missing_files(engine: Engine) {
    let (home, dir) = home();
    drop(open(&dir, engine).unwrap());
    let data = dir.join(format!("store.{engine}"));
    let elsewhere = home.path().join("elsewhere");
    fs::rename(&data, &elsewhere).unwrap();
    assert!(
        matches!(refusal(&dir, engine), StoreError::Corrupt(_)),
        "nothing is made up"
    );
    if engine == Engine::Redb {
        for wrong in [&b""[..], b"something else entirely"] {
            fs::write(&data, wrong).unwrap();
            assert!(matches!(refusal(&dir, engine), StoreError::Corrupt(_)));
        }
        fs::remove_file(&data).unwrap();
    }
    fs::rename(&elsewhere, &data).unwrap();
    open(&dir, engine).unwrap();
}

pub fn refuses_data_without_a_format(engine: Engine) {
    let (_home, dir) = home();
    open(&dir, engine)
        .unwrap()
        .apply(&[Op::put(Table::Meta, "a", ONE)])
        .unwrap();
    fs::remove_file(dir.join("format")).unwrap();
    let error = refusal(&dir, engine);
    assert!(error.to_string().contains("format"), "{error}");
    fs::write(dir.join("format"), format!("parasol store 1 {engine}\n")).unwrap();
    assert!(
        open(&dir, engine)
            .unwrap()
            .get(Table::Meta, b"a")
            .unwrap()
            .is_some()
    );
}

pub fn finishes_an_interrupted_creation(engine: Engine) {
    let (_home, dir) = home();
    drop(open(&dir, engine).unwrap());
    fs::remove_file(dir.join("format")).unwrap();
    fs::write(dir.join("format.new"), "paras").unwrap();
    drop(open(&dir, engine).unwrap());
    assert!(dir.join("format").exists());

    let (_home, dir) = home();
    fs::create_dir(&dir).unwrap();
    if engine == Engine::Redb {
        fs::write(dir.join("store.redb.new"), [0; 5000]).unwrap();
    } else {
        fs::create_dir(dir.join("store.sled")).unwrap();
    }
    open(&dir, engine).unwrap();
}

pub fn files_are_private(engine: Engine) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let (_home, dir) = home();
        let store = open(&dir, engine).unwrap();
        store.apply(&[Op::put(Table::Meta, "a", ONE)]).unwrap();
        let mut paths = vec![dir];
        let mut seen = 0;
        while let Some(path) = paths.pop() {
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            if path.is_dir() {
                assert_eq!(mode, 0o700, "{}", path.display());
                paths.extend(
                    fs::read_dir(&path)
                        .unwrap()
                        .map(|entry| entry.unwrap().path()),
                );
            } else {
                assert_eq!(mode, 0o600, "{}", path.display());
                seen += 1;
            }
        }
        assert!(seen >= 3, "format, lock and data");
    }
    #[cfg(not(unix))]
    let _ = engine;
}

pub fn says_how_big_it_is(engine: Engine) {
    let (_home, dir) = home();
    let store = open(&dir, engine).unwrap();
    let ops: Vec<_> = (0..100)
        .map(|n| Op::put(Table::Records, seq(n), vec![1; 20_000]))
        .collect();
    store.apply(&ops).unwrap();
    let stats = store.stats().unwrap();
    assert!(stats.bytes >= 2_000_000, "{stats:?}");
    if let Some(entries) = stats.entries {
        assert_eq!(entries[&Table::Records], 100);
        assert_eq!(entries[&Table::Meta], 0);
    }
}

pub fn agrees_with_a_model(engine: Engine) {
    let table = prop::sample::select(&Table::ALL[..4]);
    let key = prop::collection::vec(prop::sample::select(vec![0_u8, 1, b'a', 0xfe, 0xff]), 0..5);
    let value = prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..40),
        1 => (any::<u8>(), 0..70_000_usize).prop_map(|(byte, len)| vec![byte; len]),
    ];
    let op = prop_oneof![
        3 => (table.clone(), key.clone(), value).prop_map(|(t, k, v)| Op::Put(t, k, v)),
        1 => (table.clone(), key.clone()).prop_map(|(t, k)| Op::Delete(t, k)),
    ];
    // A batch, whether to reopen after it, and a range to look at.
    let step = (
        prop::collection::vec(op, 0..30),
        prop::bool::weighted(0.2),
        key.clone(),
        key,
    );
    let steps = prop::collection::vec(step, 1..12);
    let mut runner = TestRunner::new(Config {
        cases: 48,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&steps, |steps| {
        let (_home, dir) = home();
        let mut store = open(&dir, engine).unwrap();
        let mut model: BTreeMap<(Table, Vec<u8>), Vec<u8>> = BTreeMap::new();
        for (ops, reopen, start, end) in steps {
            store.apply(&ops).unwrap();
            for op in ops {
                match op {
                    Op::Put(table, key, value) => drop(model.insert((table, key), value)),
                    Op::Delete(table, key) => drop(model.remove(&(table, key))),
                }
            }
            if reopen {
                drop(store);
                store = open(&dir, engine).unwrap();
            }
            let snapshot = store.snapshot().unwrap();
            for table in Table::ALL {
                let own: Entries = model
                    .iter()
                    .filter(|((t, _), _)| *t == table)
                    .map(|((_, key), value)| (key.clone(), value.clone()))
                    .collect();
                prop_assert_eq!(&scan(&*store, table, b"", None), &own);
                prop_assert_eq!(store.last(table).unwrap(), own.last().cloned());
                let value = model.get(&(table, start.clone())).cloned();
                prop_assert_eq!(store.get(table, &start).unwrap(), value);
                let within: Entries = own
                    .into_iter()
                    .filter(|(key, _)| *key >= start && *key < end)
                    .collect();
                prop_assert_eq!(scan(&*snapshot, table, &start, Some(&end)), within);
            }
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
