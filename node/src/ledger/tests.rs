//! The ledger in each engine, against the store in memory that the protocol is tested with.

use super::Ledger;
use crate::entropy::OsEntropy;
use crate::store::{Engine, Op, StoreError, Table, open, seq};
use parasol_protocol::admit::{Signed, SlotKey};
use parasol_protocol::carried::{Aside, Change, Listed, Memory, Reached, View};
use parasol_protocol::entropy::Entropy;
use parasol_protocol::ids::{CharterId, FederationId, OrganisationKey, RecordId};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::oprf::KeyName;
use parasol_protocol::record::grant::Grant;
use parasol_protocol::record::report::{Audience, Entry, Label, Report};
use parasol_protocol::record::retraction::Retraction;
use parasol_protocol::record::{Body, Draft, Header, Kind, Signer, Verified};
use parasol_protocol::seal::Bucket;
use parasol_protocol::time::Day;

const TODAY: Day = Day::from_number(20_810);
const FEDERATION: FederationId = FederationId::from_bytes([7; 32]);

fn draw<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsEntropy.fill(&mut bytes);
    bytes
}

fn key() -> SecretKey {
    SecretKey::generate(&mut OsEntropy)
}

/// A ledger in a directory, and the same in memory.
struct Both {
    home: tempfile::TempDir,
    engine: Engine,
    organisation: OrganisationKey,
    ledger: Option<Ledger>,
    memory: Memory,
    node: SecretKey,
}

impl Both {
    fn new(engine: Engine) -> Self {
        let mut both = Self {
            home: tempfile::tempdir().unwrap(),
            engine,
            organisation: key().organisation(),
            ledger: None,
            memory: Memory::new(),
            node: key(),
        };
        both.reopen();
        both
    }

    fn reopen(&mut self) {
        drop(self.ledger.take());
        let store = open(&self.home.path().join("store"), self.engine).unwrap();
        self.ledger = Some(Ledger::open(store, self.organisation).unwrap());
    }

    fn apply(&mut self, changes: &[Change]) {
        self.ledger.as_mut().unwrap().apply(changes).unwrap();
        self.memory.apply(changes);
    }

    fn sign(&self, node: &SecretKey, expires: Day, slot: u32, body: Body) -> Verified {
        let header = Header {
            organisation: self.organisation,
            signer: Signer::Node(node.node()),
            issued: TODAY,
            expires,
            slot,
        };
        Draft { header, body }.sign(&FEDERATION, node).unwrap()
    }

    fn report(&self, slot: u32, days: u32, lock: &SecretKey, audience: Audience) -> Verified {
        let mut entries: Vec<Entry> = (0..4)
            .map(|bucket| Entry {
                bucket,
                label: Label(draw()),
                wrap: draw(),
            })
            .collect();
        entries.sort_by_key(|e| e.label);
        let body = Body::Report(Report {
            audience,
            lock: lock.lock(),
            edition: 0,
            succession: None,
            salt: draw(),
            entries,
            area_tag: draw(),
            area_wrap: draw(),
            commitment: draw(),
            summary: vec![1; 112],
            text: vec![2; 272],
            handles: vec![3; 144],
        });
        self.sign(&self.node, TODAY.plus(days), slot, body)
    }

    fn retraction(&self, slot: u32, lock: &SecretKey, proven: bool) -> Verified {
        let proof = Retraction::by_lock(&FEDERATION, lock).proof;
        let body = Body::Retraction(Retraction {
            lock: lock.lock(),
            proof: proof.filter(|_| proven),
        });
        self.sign(&self.node, TODAY.plus(916), slot, body)
    }

    /// Whether ledger and memory answer alike, before and after it is opened again.
    fn grant(&self, slot: u32) -> Verified {
        let grant = Grant {
            subject: key().organisation(),
            evaluations: 1000,
        };
        self.sign(&self.node, TODAY.plus(20), slot, Body::Grant(grant))
    }

    fn check(&mut self, records: &[Verified]) {
        for _ in 0..2 {
            let ledger = self.ledger.as_ref().unwrap();
            let view = ledger.view().unwrap();
            let (one, two) = (
                said(&view, self, records),
                said(&self.memory, self, records),
            );
            assert_eq!(one, two);
            drop(view);
            self.reopen();
        }
    }
}

/// All that a view says of these records.
fn said<V: View>(view: &V, both: &Both, records: &[Verified]) -> Vec<String>
where
    V::Error: std::fmt::Debug,
{
    let sorted = |mut ids: Vec<RecordId>| {
        ids.sort_unstable();
        ids
    };
    let mut out = Vec::new();
    for record in records {
        let id = record.id();
        out.push(format!("{:?}", view.record(&id).unwrap()));
        out.push(format!("{:?}", view.is_own(&id).unwrap()));
        out.push(format!("{:?}", view.aside(&id).unwrap()));
        for own in [false, true] {
            let slot = SlotKey::of(record, own);
            out.push(format!("{:?}", view.occupant(&slot).unwrap()));
            out.push(format!("{:?}", sorted(view.aside_in(&slot).unwrap())));
        }
        if let Some(lock) = record.body().lock() {
            out.push(format!("{:?}", sorted(view.aside_with(lock).unwrap())));
            out.push(format!("{:?}", sorted(view.with_lock(lock).unwrap())));
            out.push(format!("{:?}", sorted(view.retractions(lock).unwrap())));
        }
    }
    let mut listed: Vec<Listed> = Vec::new();
    view.list(&mut |l| listed.push(l)).unwrap();
    listed.sort_by_key(|l| l.id);
    out.push(format!("{listed:?}"));
    for day in [0, 50, 150, 1000] {
        let day = TODAY.plus(day);
        out.push(format!("{:?}", sorted(view.expired(day, 99).unwrap())));
        out.push(format!(
            "{:?}",
            sorted(view.aside_expired(day, 99).unwrap())
        ));
    }
    for key in [both.node.node(), key().node()] {
        let mut signed: Vec<Signed> = view.signed_by(&both.organisation, &key).unwrap();
        signed.sort_by_key(|s| s.id);
        out.push(format!("{signed:?}"));
    }
    for kind in Kind::ALL {
        out.push(format!("{kind:?} {}", view.count(*kind).unwrap()));
    }
    let mut known = view.for_directory().unwrap();
    known.sort_unstable();
    out.push(format!("{known:?}"));
    for n in 0..4 {
        let day = TODAY.plus(n);
        let used = view.quota(&both.organisation, KeyName::Bucket, day);
        out.push(format!("{:?}", used.unwrap()));
        for mark in [[0; 16], [7; 16]] {
            out.push(format!("{:?}", view.member(&mark, day).unwrap()));
        }
    }
    out.push(format!("{:?}", view.contested().unwrap()));
    out.push(format!("{:?}", view.reached().unwrap()));
    out.push(format!("{:?}", view.held_against().unwrap()));
    out
}

fn answers_as_the_store_in_memory(engine: Engine) {
    let mut both = Both::new(engine);
    let lock = key();
    let shared = both.report(0, 100, &lock, Audience::Federation);
    let rival = both.report(0, 120, &key(), Audience::Federation);
    let own = both.report(1, 40, &key(), Audience::Own);
    let (proven, unproven) = (
        both.retraction(2, &lock, true),
        both.retraction(2, &lock, false),
    );
    let own_stone = both.retraction(3, &key(), false);
    let grant = both.grant(0);
    let quota = |organisation, day: u32, used| Change::Quota {
        organisation,
        key: KeyName::Bucket,
        day: TODAY.plus(day),
        used,
    };
    let reached = |days, spare| {
        let day = TODAY.plus(days);
        Change::Reached(Reached { day, spare })
    };
    let member = |mark, day: u32, used| Change::Member {
        mark,
        day: TODAY.plus(day),
        used,
    };
    let whose = both.organisation;
    let all = [
        grant.clone(),
        shared.clone(),
        rival.clone(),
        own.clone(),
        proven.clone(),
        unproven.clone(),
        own_stone.clone(),
    ];
    let boxed = |r: &Verified| Box::new(r.clone());
    let aside = |r: &Verified, own| {
        let record = r.clone();
        Change::SetAside(Box::new(Aside { record, own }))
    };
    let steps: [&[Change]; 10] = [
        &[
            Change::Insert(boxed(&shared)),
            Change::InsertOwn(boxed(&own)),
        ],
        &[
            Change::InsertOwn(boxed(&own_stone)),
            Change::Insert(boxed(&unproven)),
            Change::Insert(boxed(&proven)),
        ],
        &[
            Change::Remove(shared.id()),
            Change::Insert(boxed(&rival)),
            aside(&shared, false),
            Change::Contested(both.node.node(), 1),
            reached(0, 5),
            Change::HeldAgainst(CharterId::from_bytes([1; 32])),
        ],
        // The flag stays when the report that it came from is gone.
        &[Change::Remove(own.id()), aside(&own, true)],
        &[
            Change::Contested(both.node.node(), 2),
            reached(1, u32::MAX),
            Change::HeldAgainst(CharterId::from_bytes([2; 32])),
        ],
        // Back it comes, in one batch.
        &[
            Change::Remove(rival.id()),
            Change::Insert(boxed(&shared)),
            Change::DropAside(shared.id()),
            aside(&rival, false),
        ],
        &[
            Change::DropAside(own.id()),
            Change::DropAside(unproven.id()),
        ],
        &[
            Change::Remove(own_stone.id()),
            Change::DropAside(rival.id()),
        ],
        &[
            Change::Insert(boxed(&grant)),
            quota(whose, 0, 700),
            quota(whose, 1, 512),
            member([7; 16], 1, 64),
            member([0; 16], 1, 512),
        ],
        &[quota(whose, 1, 1024), member([7; 16], 1, 128)],
    ];
    for step in steps {
        both.apply(step);
        both.check(&all);
    }
    // A batch that is repeated changes nothing.
    both.ledger
        .as_mut()
        .unwrap()
        .apply(&[Change::Insert(boxed(&shared))])
        .unwrap();
    both.check(&all);
    let counts = both.ledger.as_ref().unwrap().counts();
    assert_eq!(counts.get("report"), Some(&1));
    assert_eq!(counts.get("retraction"), Some(&2));
}

/// What single members asked goes when the day is over; other counts as long as they say something.
fn counts_of_past_days_go(engine: Engine) {
    let mut both = Both::new(engine);
    let organisation = both.organisation;
    for n in 0..4 {
        let day = TODAY.plus(n);
        both.apply(&[
            Change::Quota {
                organisation,
                key: KeyName::Bucket,
                day,
                used: 100 * n,
            },
            Change::Member {
                mark: [7; 16],
                day,
                used: 1000,
            },
            Change::Member {
                mark: [0; 16],
                day,
                used: 1000,
            },
        ]);
    }
    let ledger = both.ledger.as_ref().unwrap();
    let kept = |day: Day, used| day > TODAY && used > 100;
    ledger.forget_quotas(TODAY.plus(3), kept).unwrap();
    let view = ledger.view().unwrap();
    let left = |n| {
        let day = TODAY.plus(n);
        (
            view.quota(&organisation, KeyName::Bucket, day).unwrap(),
            view.member(&[7; 16], day).unwrap(),
            view.member(&[0; 16], day).unwrap(),
        )
    };
    assert_eq!(
        [0, 1, 2, 3].map(left),
        [(0, 0, 0), (0, 0, 1000), (200, 0, 1000), (300, 1000, 1000)]
    );
}

fn nothing_is_left_of_what_was_set_aside(engine: Engine) {
    let mut both = Both::new(engine);
    let report = both.report(0, 100, &key(), Audience::Federation);
    let before = tables(&both);
    let record = report.clone();
    both.apply(&[Change::SetAside(Box::new(Aside { record, own: true }))]);
    assert_ne!(tables(&both), before);
    both.apply(&[Change::DropAside(report.id())]);
    assert_eq!(tables(&both), before);
    // Nor of one that was carried.
    both.apply(&[Change::InsertOwn(Box::new(report.clone()))]);
    both.apply(&[Change::Remove(report.id())]);
    let rows = tables(&both);
    assert!(rows.iter().all(|(table, _)| *table == "meta"), "{rows:?}");
}

/// The ids in a bucket, in the order in which they are found.
fn in_bucket<V: View>(view: &V, bucket: Bucket, each: usize, limit: usize) -> Vec<RecordId>
where
    V::Error: std::fmt::Debug,
{
    let found = view.bucket(bucket, 12, each, limit).unwrap();
    let bytes = found.iter().map(|at| view.at(at.place).unwrap().unwrap());
    bytes.map(|bytes| RecordId::of(&bytes)).collect()
}

fn a_bucket_goes_on_from_chunk_to_chunk(engine: Engine) {
    let mut both = Both::new(engine);
    // As if so many records had come before.
    let before = [
        Op::put(Table::Meta, *b"place", seq((1 << super::rows::CHUNK) - 4)),
        Op::put(Table::Meta, super::rows::LAYOUT.0, super::rows::LAYOUT.1),
    ];
    both.ledger
        .as_ref()
        .unwrap()
        .store()
        .apply(&before)
        .unwrap();
    both.reopen();
    let reports: Vec<Verified> = (0..9)
        .map(|slot| both.report(slot, 100, &key(), Audience::Federation))
        .collect();
    for report in &reports {
        both.apply(&[Change::Insert(Box::new(report.clone()))]);
    }
    let gone = reports.first().map(Verified::id).unwrap();
    both.apply(&[Change::Remove(gone)]);
    let view = both.ledger.as_ref().unwrap().view().unwrap();
    for (bits, value) in [(12, 0), (12, 3), (12, 4), (11, 1), (0, 0)] {
        let bucket = Bucket { bits, value };
        for (each, limit) in [(99, 99), (5, 99), (99, 3)] {
            let mut one = in_bucket(&view, bucket, each, limit);
            let mut two = in_bucket(&both.memory, bucket, each, limit);
            // Of several buckets each has its own order.
            if bits < 12 && limit == 99 {
                one.sort_unstable();
                two.sort_unstable();
            } else if bits < 12 {
                continue;
            }
            assert_eq!(one, two, "{bits} {value} {each} {limit}");
        }
    }
    let one = Bucket { bits: 12, value: 2 };
    let latest: Vec<RecordId> = reports.iter().rev().take(8).map(Verified::id).collect();
    assert_eq!(in_bucket(&view, one, 99, 99), latest);
}

fn rows_laid_out_by_another_version_are_not_misread(engine: Engine) {
    let mut both = Both::new(engine);
    let report = both.report(0, 100, &key(), Audience::Federation);
    both.apply(&[Change::Insert(Box::new(report))]);
    let older = [Op::delete(Table::Meta, super::rows::LAYOUT.0)];
    both.ledger.as_ref().unwrap().store().apply(&older).unwrap();
    drop(both.ledger.take());
    let store = open(&both.home.path().join("store"), engine).unwrap();
    let refused = Ledger::open(store, both.organisation);
    assert!(matches!(refused.map(drop), Err(StoreError::Corrupt(_))));
}

/// Every row, by its table.
fn tables(both: &Both) -> Vec<(&'static str, Vec<u8>)> {
    let store = both.ledger.as_ref().unwrap().store();
    let mut rows = Vec::new();
    for table in Table::ALL {
        let mut visit = |key: &[u8], _: &[u8]| {
            rows.push((table.name(), key.to_vec()));
            std::ops::ControlFlow::Continue(())
        };
        store.scan(table, &[], None, &mut visit).unwrap();
    }
    rows
}

macro_rules! checks {
    ($($check:ident),+) => {
        mod redb {
            $(#[test] fn $check() { super::$check(super::Engine::Redb); })+
        }
        #[cfg(feature = "sled")]
        mod sled {
            $(#[test] fn $check() { super::$check(super::Engine::Sled); })+
        }
    };
}

checks!(
    answers_as_the_store_in_memory,
    counts_of_past_days_go,
    nothing_is_left_of_what_was_set_aside,
    a_bucket_goes_on_from_chunk_to_chunk,
    rows_laid_out_by_another_version_are_not_misread
);

#[test]
fn neighbours_stand_together_and_one_key_keeps_its_order() {
    let put = |key: &[u8], value: &[u8]| Op::put(Table::Meta, key, value);
    let ops = vec![
        put(b"b", b"1"),
        Op::put(Table::Records, b"a", b""),
        put(b"a", b"2"),
        put(b"b", b"3"),
        Op::delete(Table::Meta, b"b"),
    ];
    let sorted = super::rows::neighbours(ops.clone());
    let order = [2, 0, 3, 4, 1].map(|n: usize| ops.get(n).cloned());
    assert!(sorted.into_iter().map(Some).eq(order));
}
