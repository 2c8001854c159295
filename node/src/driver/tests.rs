//! The loop with a real network and a real store. Every wait is for a condition; the time-outs
//! only turn a hang into a failure.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::clock_tests::{Hands, TODAY};
use crate::clock::Clock;
use crate::entropy::OsEntropy;
use crate::keys::NodeIdentity;
use crate::net::{NetEvent, NetHandle};
use crate::store::{Entry, Op, Reader, Snapshot, Stats, Store, StoreError, Table, Visit};
use crate::testing::Home;
use parasol_protocol::engine::Settings;
use parasol_protocol::ids::{RecordId, TransportKey};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::RETRACTION_LIFE;
use parasol_protocol::reconcile::Set;
use parasol_protocol::record::retraction::Retraction;
use parasol_protocol::record::{Body, Draft, Header, Signer};
use parasol_protocol::time::Day;
use parasol_protocol::wire::client::OwnAsk;
use parasol_protocol::wire::peer::{Reply, Request};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

const GUARD: Duration = Duration::from_secs(60);

/// Asks until the home node has let this one in.
async fn come_in(net: &NetHandle, home: TransportKey) {
    let pushed = Reply::Pushed.encode();
    let nothing = Request::Push(Vec::new()).encode();
    let asking = async {
        while net.request(home, nothing.clone()).await.as_ref() != Ok(&pushed) {
            tokio::task::yield_now().await;
        }
    };
    timeout(GUARD, asking).await.unwrap();
}

/// Waits until the home node has ended the connection.
async fn is_sent_away(events: &mut mpsc::Receiver<NetEvent>, home: TransportKey) {
    let ended = async {
        loop {
            if let NetEvent::Disconnected(peer) = events.recv().await.unwrap() {
                assert_eq!(peer, home);
                return;
            }
        }
    };
    timeout(GUARD, ended).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_pushes_rubbish_is_sent_away() {
    let home = Home::start(Settings::default(), |store| store).await;
    let (net, mut events) = home.neighbour(1).await;
    come_in(&net, home.key()).await;
    while events.try_recv().is_ok() {}
    let rubbish = Request::Push(vec![vec![0xff; 100]; 2]).encode();
    for _ in 0..3 {
        // The third may find the connection gone.
        drop(net.request(home.key(), rubbish.clone()).await);
    }
    is_sent_away(&mut events, home.key()).await;
    // Another is not touched by it.
    let (other, _events) = home.neighbour(2).await;
    come_in(&other, home.key()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_answers_with_rubbish_is_sent_away() {
    let home = Home::start(Settings::default(), |store| store).await;
    let (net, mut events) = home.neighbour(1).await;
    let made_up = (0..10_u8).map(|n| (Day::from_number(20_000), RecordId::of(&[n])));
    let set = Set::new(made_up);
    let lies = async {
        loop {
            match events.recv().await.unwrap() {
                NetEvent::Request { body, token, .. } => {
                    let reply = match Request::decode(&body).unwrap() {
                        Request::Reconcile { after, message } => Reply::Reconcile {
                            after,
                            message: set.answer(&message).unwrap(),
                        },
                        Request::Fetch(ids) => Reply::Records(vec![vec![0xff; 80]; ids.len()]),
                        Request::Charters(_) => Reply::Charters(Vec::new()),
                        other => panic!("{other:?}"),
                    };
                    net.respond(token, reply.encode()).await.unwrap();
                    if matches!(reply, Reply::Records(_)) {
                        return;
                    }
                }
                _ => continue,
            }
        }
    };
    timeout(GUARD, lies).await.unwrap();
    is_sent_away(&mut events, home.key()).await;
}

/// A store whose list of own reports opens when it is told to, and that counts how often it is
/// measured.
struct Slow {
    store: Box<dyn Store>,
    gate: Arc<Gate>,
}

#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
    waiting: AtomicUsize,
    measured: AtomicUsize,
}

impl Gate {
    fn pass(&self, table: Table) {
        if table == Table::Own {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            let open = self.open.lock().unwrap();
            drop(self.opened.wait_while(open, |open| !*open).unwrap());
        }
    }
    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

impl Reader for Slow {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(table, key)
    }
    fn scan(
        &self,
        table: Table,
        start: &[u8],
        end: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        self.store.scan(table, start, end, visit)
    }
    fn last(&self, table: Table) -> Result<Option<Entry>, StoreError> {
        self.store.last(table)
    }
}

struct SlowSnapshot<'a>(Snapshot<'a>, &'a Gate);

impl Reader for SlowSnapshot<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(table, key)
    }
    fn scan(
        &self,
        table: Table,
        start: &[u8],
        end: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        self.1.pass(table);
        self.0.scan(table, start, end, visit)
    }
    fn last(&self, table: Table) -> Result<Option<Entry>, StoreError> {
        self.0.last(table)
    }
}

impl Store for Slow {
    fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        let inner = self.store.snapshot()?;
        Ok(Box::new(SlowSnapshot(inner, &self.gate)))
    }
    fn apply(&self, ops: &[Op]) -> Result<(), StoreError> {
        self.store.apply(ops)
    }
    fn stats(&self) -> Result<Stats, StoreError> {
        self.gate.measured.fetch_add(1, Ordering::SeqCst);
        self.store.stats()
    }
}

async fn slow() -> (Home, Arc<Gate>) {
    slow_by(Clock::default()).await
}

async fn slow_by(clock: Clock) -> (Home, Arc<Gate>) {
    let gate = Arc::new(Gate::default());
    let of_store = Arc::clone(&gate);
    let wrap = |store| -> Box<dyn Store> {
        let gate = of_store;
        Box::new(Slow { store, gate })
    };
    let home = Home::start_by(clock, Settings::default(), wrap).await;
    (home, gate)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_loop_goes_on_while_something_is_read() {
    let (home, gate) = slow().await;
    let ask = OwnAsk {
        cursor: 0,
        only_own: false,
    };
    let driver = home.driver.clone();
    let reading = tokio::spawn(async move { driver.own(ask).await });
    let started = async {
        while gate.waiting.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(GUARD, started).await.unwrap();
    // Reading hangs; gossip, peers and whatever is written are served all the same.
    let (net, _events) = home.neighbour(1).await;
    come_in(&net, home.key()).await;
    let published = home.driver.publish(Vec::new());
    assert_eq!(timeout(GUARD, published).await.unwrap(), Ok(Vec::new()));
    assert!(!reading.is_finished());
    gate.open();
    let own = timeout(GUARD, reading).await.unwrap().unwrap().unwrap();
    assert!(own.records.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_is_not_measured_for_each_who_asks() {
    let (home, gate) = slow().await;
    for _ in 0..200 {
        let status = home.driver.status().await.unwrap();
        assert!(status.bytes > 0);
    }
    assert!(gate.measured.load(Ordering::SeqCst) < 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_measured_by_a_clock_that_was_ahead_is_measured_again() {
    let hands = Hands::new();
    let (home, gate) = slow_by(hands.clock()).await;
    hands.show_at(TODAY.plus(20), 10);
    home.driver.status().await.unwrap();
    hands.show_at(TODAY, 10);
    let before = gate.measured.load(Ordering::SeqCst);
    home.driver.status().await.unwrap();
    assert!(gate.measured.load(Ordering::SeqCst) > before);
}

/// Retractions by the node of another organisation, in these slots of today.
fn retractions(home: &Home, slots: std::ops::Range<u32>) -> Vec<Vec<u8>> {
    let dir = home.dir.parent().unwrap().join("ryabina");
    let identity = NodeIdentity::read(&dir).unwrap();
    let issued = Clock::default().now().day();
    let sign = |slot| {
        let header = Header {
            organisation: identity.organisation,
            signer: Signer::Node(identity.keys.record.node()),
            issued,
            expires: issued.plus(RETRACTION_LIFE),
            slot,
        };
        let lock = SecretKey::generate(&mut OsEntropy).lock();
        let body = Body::Retraction(Retraction { lock, proof: None });
        let draft = Draft { header, body };
        let federation = identity.charter.federation();
        let record = draft.sign(federation, &identity.keys.record).unwrap();
        record.bytes().to_vec()
    };
    slots.map(sign).collect()
}

async fn carried(home: &Home) -> u64 {
    let status = home.driver.status().await.unwrap();
    status.records.get("retraction").copied().unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gossip_that_piles_up_is_all_carried() {
    const MANY: u32 = 600;
    let home = Home::start(Settings::default(), |store| store).await;
    let (net, mut events) = home.neighbour(1).await;
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    come_in(&net, home.key()).await;
    let flood = async {
        // The two may not hear each other's gossip yet.
        let mut first = 0;
        while carried(&home).await == 0 {
            let one = retractions(&home, first..first + 1);
            net.publish(one.concat()).await.unwrap();
            first += 1;
        }
        for record in retractions(&home, first..first + MANY) {
            net.publish(record).await.unwrap();
        }
        while carried(&home).await <= u64::from(MANY) {
            tokio::task::yield_now().await;
        }
    };
    timeout(GUARD, flood).await.unwrap();
}

/// A store that lets nothing be written until it is told to, so that more comes in meanwhile, and
/// that then fails every so many times.
struct Failing {
    store: Arc<dyn Store>,
    gate: Arc<Gate>,
    /// Every so many writes one fails; 0: none.
    every: Arc<AtomicUsize>,
    writes: AtomicUsize,
    failed: Arc<AtomicUsize>,
}

impl Reader for Failing {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(table, key)
    }
    fn scan(
        &self,
        table: Table,
        start: &[u8],
        end: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        self.store.scan(table, start, end, visit)
    }
    fn last(&self, table: Table) -> Result<Option<Entry>, StoreError> {
        self.store.last(table)
    }
}

impl Store for Failing {
    fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        self.store.snapshot()
    }
    fn apply(&self, ops: &[Op]) -> Result<(), StoreError> {
        let records = ops.iter().filter(|op| op.place().0 == Table::Records);
        if records.count() > 0 {
            self.gate.pass(Table::Own);
            let every = self.every.load(Ordering::SeqCst);
            let nth = self.writes.fetch_add(1, Ordering::SeqCst);
            if every > 0 && nth.is_multiple_of(every) {
                self.failed.fetch_add(1, Ordering::SeqCst);
                return Err(StoreError::Interrupted);
            }
        }
        self.store.apply(ops)
    }
    fn stats(&self) -> Result<Stats, StoreError> {
        self.store.stats()
    }
}

/// What a ledger's rows say of each other: how many records there are. Fails if they disagree.
fn sound(store: &dyn Store) -> usize {
    let mut records = BTreeMap::new();
    let all = |table, visit: &mut dyn FnMut(&[u8], &[u8])| {
        let visit: &mut Visit<'_> = &mut |key, value| {
            visit(key, value);
            ControlFlow::Continue(())
        };
        store.scan(table, &[], None, visit).unwrap();
    };
    all(Table::Records, &mut |place, bytes| {
        records.insert(place.to_vec(), RecordId::of(bytes));
    });
    let mut ids = 0;
    all(Table::Ids, &mut |id, row| {
        ids += 1;
        assert_eq!(records[&row[..8]].as_bytes(), id);
    });
    let mut slots = 0;
    all(Table::Slots, &mut |_, id| {
        slots += 1;
        assert!(records.values().any(|r| r.as_bytes() == id));
    });
    let mut counted = 0;
    all(Table::Meta, &mut |key, count| {
        if key.starts_with(b"count/") {
            counted += u64::from_be_bytes(count.try_into().unwrap());
        }
    });
    let many = records.len();
    assert_eq!((ids, slots, counted), (many, many, many as u64));
    many
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_that_fail_amid_gossip_leave_rows_that_agree() {
    let (gate, every) = (Arc::new(Gate::default()), Arc::new(AtomicUsize::new(0)));
    let failed = Arc::new(AtomicUsize::new(0));
    let mut inner = None;
    gate.open();
    let home = Home::start(Settings::default(), |store| {
        let store: Arc<dyn Store> = store.into();
        inner = Some(Arc::clone(&store));
        Box::new(Failing {
            store,
            gate: Arc::clone(&gate),
            every: Arc::clone(&every),
            writes: AtomicUsize::new(0),
            failed: Arc::clone(&failed),
        })
    })
    .await;
    let inner = inner.unwrap();
    let (net, mut events) = home.neighbour(1).await;
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    come_in(&net, home.key()).await;
    let flood = async {
        let mut next = 0;
        while carried(&home).await == 0 {
            let one = retractions(&home, next..next + 1);
            net.publish(one.concat()).await.unwrap();
            next += 1;
        }
        for every_so_many in [1, 2, 3] {
            every.store(every_so_many, Ordering::SeqCst);
            *gate.open.lock().unwrap() = false;
            let waiting = gate.waiting.load(Ordering::SeqCst);
            let before = failed.load(Ordering::SeqCst);
            let mut halves = retractions(&home, next..next + 200);
            next += 200;
            let second = halves.split_off(100);
            for record in halves {
                net.publish(record).await.unwrap();
            }
            while gate.waiting.load(Ordering::SeqCst) == waiting {
                tokio::task::yield_now().await;
            }
            // One batch waits at the disk; what comes now is admitted on top of it.
            for record in second {
                net.publish(record).await.unwrap();
            }
            gate.open();
            while failed.load(Ordering::SeqCst) == before {
                let one = retractions(&home, next..next + 1);
                net.publish(one.concat()).await.unwrap();
                next += 1;
            }
            every.store(0, Ordering::SeqCst);
            // It goes on, and what it says it carries is there.
            let so_far = carried(&home).await;
            while carried(&home).await < so_far + 5 {
                let one = retractions(&home, next..next + 1);
                net.publish(one.concat()).await.unwrap();
                next += 1;
            }
        }
    };
    timeout(GUARD, flood).await.unwrap();
    home.driver.stop().await;
    assert!(sound(inner.as_ref()) > 15);
}
