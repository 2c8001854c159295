//! Three nodes of two organisations, and whatever can happen to them in whatever order: messages
//! that overtake each other, get lost, altered or repeated, hostile ones, deaths over an output,
//! wrong clocks, days that pass. Afterwards all is well for some days, and then all carry the same
//! and nothing that was acknowledged is missing.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use parasol_fuzz::lab::{DAY, Lab, Side};
use parasol_fuzz::seeds::{reached_if, watched};
use parasol_protocol::admit::{Carried, SlotKey};
use parasol_protocol::carried::View;
use parasol_protocol::engine::Source;
use parasol_protocol::ids::RecordId;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::record::report::Audience;
use parasol_protocol::record::retraction::Retraction;
use parasol_protocol::record::{Body, Kind, Verified};
use parasol_protocol::sim::{Drbg, Federation, Shape, attachment_body, report_body};
use parasol_protocol::time::Day;
use parasol_protocol::wire::client::Wanted;
use std::collections::BTreeSet;
use std::sync::LazyLock;

const MADE: u32 = 20_800;
/// Nodes; the first two are of one organisation.
const NODES: usize = 3;
/// Events of one input, so that it takes milliseconds.
const MOST: usize = 60;
/// Days that may pass in the turmoil. The delegations last for ninety.
const DAYS: u64 = 40;

static FEDERATION: LazyLock<Federation> = LazyLock::new(|| {
    let shape = Shape {
        organisations: 2,
        nodes: 2,
        made: Day::from_number(MADE),
        keys: true,
        ..Shape::default()
    };
    Federation::new(shape, 7)
});

#[derive(Arbitrary, Debug)]
enum Event {
    Report {
        node: u8,
        own: bool,
        life: u16,
    },
    Attach {
        node: u8,
        of: u8,
        kind: u8,
    },
    Retract {
        node: u8,
        of: u8,
        proven: bool,
    },
    Tick {
        node: u8,
    },
    CatchUp {
        node: u8,
    },
    Pass {
        millis: u32,
    },
    PassDays {
        days: u8,
    },
    Skew {
        node: u8,
        minutes: i16,
    },
    Deliver {
        at: u8,
    },
    DeliverMany {
        count: u8,
    },
    Copy {
        at: u8,
    },
    Lose {
        at: u8,
    },
    Alter {
        at: u8,
        place: u16,
        to: u8,
    },
    Restart {
        node: u8,
    },
    Fuse {
        node: u8,
        outputs: u8,
    },
    Part,
    Join,
    /// A node's own key signs something into a slot and tells one other.
    Forge {
        node: u8,
        to: u8,
        slot: u8,
        of: u8,
        what: u8,
    },
    /// Something that was carried once comes back.
    Bring {
        of: u8,
        to: u8,
    },
    Request {
        from: u8,
        to: u8,
        bytes: Vec<u8>,
    },
    Reply {
        from: u8,
        to: u8,
        bytes: Vec<u8>,
    },
    AcceptTime {
        node: u8,
    },
}

/// A report that was acknowledged.
struct Promise {
    id: RecordId,
    node: usize,
    own: bool,
    expires: Day,
    slot: SlotKey,
    lock: SecretKey,
}

struct Run {
    lab: Lab,
    entropy: Drbg,
    promises: Vec<Promise>,
    /// Locks whose reports somebody may have destroyed.
    retracted: BTreeSet<parasol_protocol::ids::Lock>,
    everything: Vec<Verified>,
    forged: BTreeSet<RecordId>,
    passed: u64,
}

fn node(n: u8) -> usize {
    usize::from(n) % NODES
}

impl Run {
    fn new() -> Self {
        let mut lab = Lab::new(&FEDERATION, NODES, Day::from_number(MADE + 1));
        lab.catch_up();
        Self {
            lab,
            entropy: Drbg::new(3, "run"),
            promises: Vec::new(),
            retracted: BTreeSet::new(),
            everything: Vec::new(),
            forged: BTreeSet::new(),
            passed: 0,
        }
    }

    fn some(&self, of: u8) -> Option<&Promise> {
        let count = self.promises.len();
        self.promises.get(usize::from(of).checked_rem(count)?)
    }

    fn pass(&mut self, millis: u64) {
        let millis = millis.min(DAYS * DAY - self.passed);
        self.passed += millis;
        self.lab.now += millis;
        for side in &mut self.lab.sides {
            side.engine.time_passed(millis);
        }
    }

    fn publish(&mut self, node: usize, expires: Day, body: Body) -> Option<RecordId> {
        let id = self.lab.publish(node, Wanted { expires, body })?;
        let record = self.lab.sides[node].store.get(&id).cloned();
        self.everything.extend(record);
        Some(id)
    }

    fn report(&mut self, node: usize, own: bool, life: u16) {
        let audience = if own {
            Audience::Own
        } else {
            Audience::Federation
        };
        let lock = SecretKey::generate(&mut self.entropy);
        let body = report_body(lock.lock(), audience, &mut self.entropy);
        if let (true, Body::Report(report)) = (own, &body) {
            self.lab.secrets.push(report.salt.to_vec());
        }
        let expires = self.lab.today().plus(u32::from(life) % 700);
        let Some(id) = self.publish(node, expires, body) else {
            return;
        };
        let store = &self.lab.sides[node].store;
        let record = store.get(&id).unwrap();
        self.promises.push(Promise {
            id,
            node,
            own,
            expires: record.header().expires,
            slot: SlotKey::of(record, store.is_own(&id) == Ok(true)),
            lock,
        });
    }

    fn forge(&mut self, by: usize, to: usize, slot: u8, of: u8, what: u8) {
        let f = &*FEDERATION;
        let today = self.lab.today();
        let slot = f.stations[by].slots.first + u32::from(slot % 4);
        // Who hangs something on what never leaves his organisation, and gives it to others, has left
        // it to them: his own nodes keep it to themselves, so that the sets differ by just that.
        let target = self.some(of).filter(|p| !p.own);
        let known = target.map(|p| p.lock.clone());
        let report = target.map_or(RecordId::from_bytes([9; 32]), |p| p.id);
        let lock = known.filter(|_| what & 0x40 != 0);
        let lock = lock.unwrap_or_else(|| SecretKey::generate(&mut self.entropy));
        let record = match what % 5 {
            0 | 1 => {
                let body = report_body(lock.lock(), Audience::Federation, &mut self.entropy);
                f.sign(by, today, today.plus(300), slot, body)
            }
            // Whoever has a lock may destroy; a thief of a node's key has none.
            2 => f.retraction(by, &lock, false, today, slot),
            // Whose clock is ahead says too early that a season is over.
            3 => f.ending(by, today.season(), today.season().last_day().plus(1)),
            _ => {
                let kind = Kind::Dispute;
                let body = attachment_body(kind, lock.lock(), report, &mut self.entropy);
                f.sign(by, today, today.plus(300), slot, body)
            }
        };
        self.forged.insert(record.id());
        self.everything.push(record.clone());
        if by != to {
            let source = Source::Peer(f.stations[by].transport.transport());
            let _ = self.lab.offer(to, source, record);
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Report { node: n, own, life } => self.report(node(n), own, life),
            Event::Attach { node: n, of, kind } => {
                let kind = [Kind::Translation, Kind::Second, Kind::Dispute][usize::from(kind % 3)];
                if let Some(p) = self.some(of).filter(|p| !p.own) {
                    let (lock, id, expires) = (p.lock.lock(), p.id, p.expires);
                    let body = attachment_body(kind, lock, id, &mut self.entropy);
                    self.publish(node(n), expires, body);
                }
            }
            Event::Retract {
                node: n,
                of,
                proven,
            } => {
                let Some(p) = self.some(of) else { return };
                let by = if p.own { p.node } else { node(n) };
                let body = if proven {
                    Retraction::by_lock(FEDERATION.charter.federation(), &p.lock)
                } else {
                    Retraction {
                        lock: p.lock.lock(),
                        proof: None,
                    }
                };
                if proven {
                    // Though it may not be acknowledged, it may have been stored.
                    let lock = p.lock.lock();
                    self.retracted.insert(lock);
                }
                let today = self.lab.today();
                self.publish(by, today, Body::Retraction(body));
            }
            Event::Tick { node: n } => self.lab.tick(node(n)),
            Event::CatchUp { node: n } => {
                let now = self.lab.clock(node(n));
                self.lab.sides[node(n)].engine.sync_soon(now);
                self.lab.tick(node(n));
            }
            Event::Pass { millis } => self.pass(u64::from(millis) % (DAY / 4)),
            Event::PassDays { days } => self.pass(u64::from(days % 8) * DAY),
            Event::Skew { node: n, minutes } => {
                // Two days either way.
                self.lab.sides[node(n)].skew = i64::from(minutes % 2880) * 60_000;
            }
            Event::Deliver { at } => self.lab.deliver(at.into()),
            Event::DeliverMany { count } => {
                for _ in 0..count {
                    self.lab.deliver(0);
                }
            }
            Event::Copy { at } => self.lab.deliver_copy(at.into()),
            Event::Lose { at } => self.lab.lose(at.into()),
            Event::Alter { at, place, to } => {
                let count = self.lab.mail.len().max(1);
                if let Some(mail) = self.lab.mail.get_mut(usize::from(at) % count) {
                    let bytes = mail.bytes();
                    let place = usize::from(place) % bytes.len().max(1);
                    if let Some(byte) = bytes.get_mut(place) {
                        *byte = to;
                    }
                }
            }
            Event::Restart { node: n } => {
                self.lab.restart(node(n));
                self.lab.connect();
            }
            Event::Fuse { node: n, outputs } => self.lab.light_fuse(node(n), outputs % 4),
            Event::Part => self.lab.part(true),
            Event::Join => self.lab.part(false),
            Event::Forge {
                node: n,
                to,
                slot,
                of,
                what,
            } => self.forge(node(n), node(to), slot, of, what),
            Event::Bring { of, to } => {
                let count = self.everything.len().max(1);
                let record = self.everything.get(usize::from(of) % count).cloned();
                // What stays home is brought back to nobody.
                if let Some(record) = record.filter(|r| self.is_for_all(r)) {
                    let key = FEDERATION.stations[(node(to) + 1) % NODES]
                        .transport
                        .transport();
                    let _ = self.lab.offer(node(to), Source::Peer(key), record);
                }
            }
            Event::Request { from, to, bytes } => self.lab.ask(node(from), node(to), bytes),
            Event::Reply { from, to, bytes } => self.lab.answer(node(from), node(to), bytes),
            Event::AcceptTime { node: n } => self.lab.accept_time(node(n)),
        }
    }

    fn is_for_all(&self, record: &Verified) -> bool {
        let of_own = |p: &Promise| p.own && record.body().lock() == Some(&p.lock.lock());
        !self.promises.iter().any(of_own)
    }

    /// Whether a node holds to a promise. Of two records in one slot the lower id wins, so a forger
    /// with the node's own key may put one out; for as long as the forged one is carried, and only
    /// then.
    fn kept(&self, promise: &Promise, side: usize) -> bool {
        match self.lab.sides[side].store.occupant(&promise.slot) {
            Ok(Some(id)) => id == promise.id || id < promise.id && self.forged.contains(&id),
            _ => false,
        }
    }

    /// Shares are gone of the seasons that both organisations say are over, from memory and disk, and
    /// of no other.
    fn seasons(&self, side: &Side) {
        let organisations = &FEDERATION.charter.terms().organisations;
        let over = |season| {
            let mut all = organisations.iter();
            all.all(|o| {
                let said = side.store.occupant(&SlotKey::ending(o.root, season));
                matches!(said, Ok(Some(_)))
            })
        };
        for name in FEDERATION.identity(0).shares.keys() {
            let gone = name.season().is_some_and(over);
            let (in_memory, on_disk) = (side.engine.shares(), &side.destroyed);
            assert_eq!(!in_memory.contains_key(name), gone, "{name}");
            assert_eq!(on_disk.contains(name), gone, "{name}");
        }
    }

    fn check(&self) {
        let today = self.lab.today();
        let sets: Vec<_> = (0..NODES).map(|n| self.lab.shared(n)).collect();
        assert!(
            sets.windows(2).all(|pair| pair[0] == pair[1]),
            "nodes carry different sets long after all is well again"
        );
        let owed = self
            .promises
            .iter()
            .filter(|p| p.expires > today.plus(1) && !self.retracted.contains(&p.lock.lock()));
        for promise in owed {
            for side in 0..NODES {
                // A report of one's own stays with the organisation, whose nodes all have it.
                if promise.own && (side == 2) != (promise.node == 2) {
                    let store = &self.lab.sides[side].store;
                    assert!(store.get(&promise.id).is_none(), "a report left home");
                } else {
                    assert!(
                        self.kept(promise, side),
                        "an acknowledged record is missing"
                    );
                }
            }
        }
        for side in &self.lab.sides {
            self.seasons(side);
            for id in side.store.ids() {
                let record = side.store.get(&id).unwrap();
                assert!(
                    record.header().expires.plus(1) >= today,
                    "an expired record"
                );
            }
        }
    }
}

fuzz_target!(|events: Vec<Event>| {
    watched(|| turmoil(events));
});

fn turmoil(events: Vec<Event>) {
    let mut run = Run::new();
    for event in events.into_iter().take(MOST) {
        run.happen(event);
    }
    // Whoever is left with a wrong clock gets a right one, and whoever dies starts again.
    for side in 0..NODES {
        run.lab.sides[side].skew = 0;
        run.lab.restart(side);
    }
    run.lab.part(false);
    for _ in 0..4 {
        run.lab.next_day();
        run.lab.catch_up();
    }
    run.lab.catch_up();
    run.check();
    reached_if(!run.promises.is_empty());
}
