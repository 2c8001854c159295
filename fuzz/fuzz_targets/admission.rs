//! Records of a small federation, signed as their signers like, given to two nodes in two orders:
//! both carry the same in the end, and no more than the rules allow.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use parasol_fuzz::lab::Lab;
use parasol_fuzz::seeds::{reached_if, watched};
use parasol_protocol::admit::{Carried, ENDING_SLOT, GRANT_SLOT, RETRACTION_SLOT, SlotKey};
use parasol_protocol::carried::{Memory, View};
use parasol_protocol::charter::Quotas;
use parasol_protocol::engine::Source;
use parasol_protocol::ids::RecordId;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::{ENDING_LIFE, GRANT_QUOTA, ROOT_QUOTA};
use parasol_protocol::record::delegation::SlotRange;
use parasol_protocol::record::ending::Ending;
use parasol_protocol::record::grant::Grant;
use parasol_protocol::record::report::Audience;
use parasol_protocol::record::vouch::{Scope, Topic, Vouch};
use parasol_protocol::record::{Body, Kind, Signer, Verified};
use parasol_protocol::sim::{Drbg, Federation, Shape, attachment_body, report_body};
use parasol_protocol::time::{Day, Season};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Nodes say by themselves which seasons are over; of those of the federation none is here.
const MADE: u32 = 20_700;
const TODAY: u32 = MADE + 20;
const QUOTA: u32 = 6;
/// Records of one input, so that it takes milliseconds.
const MOST: usize = 20;

static FEDERATION: LazyLock<Federation> = LazyLock::new(|| {
    let shape = Shape {
        organisations: 3,
        nodes: 2,
        made: Day::from_number(MADE),
        quotas: Quotas {
            records: QUOTA,
            evaluations: 10,
        },
        ..Shape::default()
    };
    Federation::new(shape, 42)
});

static LOCKS: LazyLock<Vec<SecretKey>> = LazyLock::new(|| {
    let mut entropy = Drbg::new(1, "locks");
    (0..4).map(|_| SecretKey::generate(&mut entropy)).collect()
});

#[derive(Arbitrary, Clone, Debug)]
enum Item {
    Report {
        own: bool,
        edition: u8,
        seed: u8,
    },
    Attachment {
        kind: u8,
        of: u8,
        seed: u8,
    },
    Retraction {
        proven: bool,
    },
    Revocation {
        short: bool,
    },
    Affirmation(Vec<u8>),
    Delegation {
        days: u8,
        first: u8,
        count: u8,
    },
    Vouch {
        subject: u8,
        budget: u8,
        number: u8,
        topics: u8,
    },
    Ending {
        back: u8,
    },
    Grant {
        subject: u8,
        evaluations: u16,
    },
    /// An earlier record with a byte changed: nobody signed it.
    Altered {
        of: u8,
        place: u16,
        xor: u8,
    },
    /// The body of an earlier one, signed anew.
    Again {
        of: u8,
    },
}

/// A record, with small numbers so that they get in each other's way.
#[derive(Arbitrary, Clone, Debug)]
struct Made {
    item: Item,
    author: u8,
    lock: u8,
    issued: u8,
    expires: u8,
    slot: u8,
}

#[derive(Arbitrary, Debug)]
struct Input {
    made: Vec<Made>,
    orders: [u64; 2],
    /// The nodes to which they are given.
    homes: [u8; 2],
    days: u8,
    /// Whether some of it is what an organisation keeps to itself. Honest nodes do not give that to
    /// others, so that two nodes need not agree on it; the bounds hold all the same.
    own: bool,
}

impl Made {
    fn issued(&self, by_root: bool) -> Day {
        Day::from_number(match self.issued {
            // What roots sign late is much of it refused.
            n @ 0..200 if by_root => MADE + u32::from(n % 3),
            n @ 0..250 => MADE + u32::from(n) % 21,
            n => TODAY + u32::from(n - 248),
        })
    }

    fn expires(&self) -> Day {
        Day::from_number(match self.expires {
            0..128 => TODAY + 300,
            n @ 128..192 => TODAY + u32::from(n - 128) / 4,
            n @ 192..224 => TODAY - u32::from(n - 192),
            n => TODAY + u32::from(n) * 8,
        })
    }

    /// The record, or nothing if it cannot even be signed.
    fn sign(&self, bag: &[Verified], own_too: bool) -> Option<Verified> {
        let f = &*FEDERATION;
        let node = usize::from(self.author) % f.stations.len();
        let organisation = f.stations[node].organisation;
        let lock = &LOCKS[usize::from(self.lock) % LOCKS.len()];
        let slot = u32::from(self.slot) % 8;
        let pick = |n: u8| bag.get(usize::from(n).checked_rem(bag.len())?);
        let by_node = |body: Body| f.sign(node, self.issued(false), self.expires(), slot, body);
        Some(match &self.item {
            Item::Report { own, edition, seed } => {
                let audience = if *own && own_too {
                    Audience::Own
                } else {
                    Audience::Federation
                };
                let mut entropy = Drbg::new(u64::from(*seed), "report");
                let mut body = report_body(lock.lock(), audience, &mut entropy);
                if let Body::Report(report) = &mut body {
                    report.edition = u32::from(edition % 2);
                }
                by_node(body)
            }
            Item::Attachment { kind, of, seed } => {
                let kinds = [Kind::Translation, Kind::Second, Kind::Dispute];
                let report = pick(*of).map_or(RecordId::from_bytes([7; 32]), Verified::id);
                let mut entropy = Drbg::new(u64::from(*seed), "attachment");
                let kind = kinds[usize::from(kind % 3)];
                by_node(attachment_body(kind, lock.lock(), report, &mut entropy))
            }
            Item::Retraction { proven } => {
                f.retraction(node, lock, *proven, self.issued(false), slot)
            }
            Item::Revocation { short } => {
                let whole = f.revocation(node, self.issued(true), slot);
                if !short {
                    return Some(whole);
                }
                let body = whole.body().clone();
                f.sign_root(organisation, self.issued(true), self.expires(), slot, body)
            }
            Item::Affirmation(which) => {
                let ids = which.iter().take(8).filter_map(|n| pick(*n));
                let ids: Vec<RecordId> = ids.map(Verified::id).collect();
                if ids.is_empty() {
                    return None;
                }
                f.affirmation(organisation, ids, self.issued(true), slot)
            }
            Item::Delegation { days, first, count } => {
                let range = SlotRange {
                    first: u32::from(*first) % 8,
                    count: u32::from(*count) % 8,
                };
                f.delegation(node, self.issued(true), u32::from(*days) % 100, range, slot)
            }
            Item::Vouch {
                subject,
                budget,
                number,
                topics,
            } => {
                let vouch = Vouch {
                    subject: f.organisation(usize::from(subject % 3)),
                    budget: (*budget).into(),
                    number: (*number).into(),
                    scope: Scope {
                        topics: Topic::ALL
                            .into_iter()
                            .filter(|t| topics & t.number() != 0)
                            .collect(),
                        ..Scope::default()
                    },
                };
                f.vouch(organisation, vouch, self.issued(true), 300, slot)
            }
            Item::Ending { back } => {
                // This season's, which is not over, and those before.
                let now = Day::from_number(TODAY).season().index();
                let season = Season::from_index(now - u32::from(back % 3));
                let expires = self.issued(false).plus(ENDING_LIFE);
                let body = Body::Ending(Ending { season });
                f.sign(node, self.issued(false), expires, slot, body)
            }
            Item::Grant {
                subject,
                evaluations,
            } => {
                let body = Body::Grant(Grant {
                    subject: f.organisation(usize::from(subject % 3)),
                    // Some are more than one may give, and are not read.
                    evaluations: u32::from(*evaluations) * 8,
                });
                let slot = u32::from(self.slot) % 10;
                f.sign(node, self.issued(false), self.expires(), slot, body)
            }
            Item::Altered { of, place, xor } => {
                let mut bytes = pick(*of)?.bytes().to_vec();
                let place = usize::from(*place) % bytes.len();
                bytes[place] ^= xor;
                let read = Verified::from_bytes(&bytes, f.charter.federation());
                assert!(read.is_err() || *xor == 0, "an altered record holds");
                return read.ok();
            }
            Item::Again { of } => {
                let body = pick(*of)?.body().clone();
                if body.kind().by_root() {
                    f.sign_root(organisation, self.issued(true), self.expires(), slot, body)
                } else {
                    by_node(body)
                }
            }
        })
    }
}

/// Offers all in this order, again and again until nothing changes.
fn settle(lab: &mut Lab, bag: &[Verified]) {
    for round in 0.. {
        let before = lab.shared(0);
        for record in bag {
            let _ = lab.offer(0, Source::Local, record.clone());
        }
        lab.mail.clear();
        lab.tick(0);
        lab.tick(0);
        if lab.shared(0) == before {
            return;
        }
        assert!(round < 30, "the carried set never settles");
    }
}

/// What a node carries keeps to the rules, whatever came.
fn bounded(store: &Memory, today: Day) {
    let mut slots: BTreeMap<SlotKey, RecordId> = BTreeMap::new();
    for id in store.ids() {
        let record = store.get(&id).unwrap();
        let (header, own) = (record.header(), store.is_own(&id) == Ok(true));
        let quota = match header.signer {
            Signer::Root => ROOT_QUOTA,
            Signer::Node(_) if record.kind() == Kind::Grant => GRANT_QUOTA,
            Signer::Node(_) => QUOTA,
        };
        assert!(header.slot < quota);
        // Clocks may be a day apart; of an ending none decides.
        let ending = record.kind() == Kind::Ending;
        assert!(ending || header.issued <= today.plus(1));
        assert!(header.expires >= today);
        let slot = SlotKey::of(record, own);
        assert_eq!(slots.insert(slot, id), None, "two records in one slot");
        assert_eq!(store.occupant(&slot), Ok(Some(id)));
        let asides = store.aside_in(&slot).unwrap();
        assert!(asides.len() <= 2);
        if let Some(lock) = record.body().lock()
            && record.kind() != Kind::Retraction
        {
            let dead = store.tombstones(lock).unwrap();
            assert!(
                !dead.iter().any(|t| t.proven),
                "a retracted report is carried"
            );
        }
    }
    let apart = |k: &SlotKey| k.slot & (RETRACTION_SLOT | ENDING_SLOT | GRANT_SLOT) != 0;
    assert!(slots.keys().all(|k| apart(k) || k.slot < ROOT_QUOTA));
}

fn shuffled(bag: &[Verified], seed: u64) -> Vec<Verified> {
    let mut bag = bag.to_vec();
    Drbg::new(seed, "order").shuffle(&mut bag);
    bag
}

fuzz_target!(|input: Input| {
    watched(|| admit(&input));
});

fn admit(input: &Input) {
    // All first delegations are known to both.
    let mut bag: Vec<Verified> = FEDERATION.delegations.clone();
    for made in input.made.iter().take(MOST) {
        let signed = made.sign(&bag, input.own);
        // What no node would even take apart goes no further.
        bag.extend(
            signed.and_then(|r| {
                Verified::from_bytes(r.bytes(), FEDERATION.charter.federation()).ok()
            }),
        );
    }
    let mut sets = Vec::new();
    for (home, order) in input.homes.iter().zip(input.orders) {
        let home = usize::from(*home) % FEDERATION.stations.len();
        let mut lab = Lab::alone(&FEDERATION, home, Day::from_number(TODAY));
        let mut each: Vec<BTreeSet<RecordId>> = Vec::new();
        for days in [0, input.days % 16] {
            for _ in 0..days {
                lab.next_day();
            }
            settle(&mut lab, &shuffled(&bag, order));
            bounded(&lab.sides[0].store, lab.today());
            each.push(lab.shared(0));
        }
        sets.push(each);
    }
    if !input.own {
        assert_eq!(sets[0], sets[1]);
    }
    let first: BTreeSet<RecordId> = FEDERATION.delegations.iter().map(Verified::id).collect();
    let mut all = sets.iter().flatten().flatten();
    reached_if(all.any(|id| !first.contains(id)));
}
