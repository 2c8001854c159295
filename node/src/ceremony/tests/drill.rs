//! The workers of three nodes beside each other, on a clock that the test sets, with whoever it likes
//! out of reach.

use super::super::desk::Part;
use super::super::step::Progress;
use super::super::task::{Heard, Settings, Setup};
use super::super::worker::{Out, Worker};
use super::town::{Town, keys, today};
use crate::driver::Scene;
use crate::keys::{read_shares, shares_of};
use parasol_protocol::certificate::Certificate;
use parasol_protocol::ids::{NodeKey, OrganisationKey, PlanDigest, TransportKey};
use parasol_protocol::time::{Season, Timestamp};
use parasol_protocol::wire::Shown;
use parasol_protocol::wire::peer::{Refusal, Reply};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const MINUTE: u64 = 60_000;
pub(super) const HOUR: u64 = 60 * MINUTE;
pub(super) const DAY: u64 = 24 * HOUR;

/// What a dishonest node makes of a message that goes from one to another: none, if it keeps it back.
type Meddle = Box<dyn Fn(usize, usize, Vec<u8>) -> Option<Vec<u8>>>;

pub(in crate::ceremony) struct Drill {
    pub(in crate::ceremony) town: Town,
    pub(in crate::ceremony) workers: Vec<Worker>,
    pub(super) heard: Vec<Vec<Heard>>,
    pub(in crate::ceremony) nodes: Vec<(NodeKey, TransportKey, OrganisationKey)>,
    pub(super) now: u64,
    /// Who is not connected, and between whom nothing comes through though they are.
    pub(super) apart: BTreeSet<(usize, usize)>,
    pub(super) deaf: BTreeSet<usize>,
    pub(super) settled: bool,
    pub(super) ended: BTreeSet<Season>,
    pub(super) meddle: Option<Meddle>,
    /// Days by which a clock is behind, and by which it is ahead.
    pub(super) wrong: [(u64, u64); 3],
}

impl Drill {
    /// Three nodes with keys that they made today.
    pub(super) fn new(starts: bool) -> Self {
        Self::lacking(0, starts)
    }

    /// The same, so many of the keys that there should be.
    pub(super) fn lacking(count: usize, starts: bool) -> Self {
        let town = Town::new();
        let mut keys = needed(&town);
        keys.truncate(keys.len() - count);
        let name = town.begin(&town.plan_of(&[0, 1, 2], &[], &keys), &[0, 1, 2]);
        town.finish(&name, &[0, 1, 2]);
        let identities: Vec<_> = (0..3).map(|n| town.identity(n)).collect();
        Self {
            workers: (0..3).map(|n| worker(&town, n, starts)).collect(),
            heard: (0..3).map(|_| Vec::new()).collect(),
            nodes: identities
                .iter()
                .map(|i| {
                    (
                        i.keys.record.node(),
                        i.keys.transport.transport(),
                        i.organisation,
                    )
                })
                .collect(),
            town,
            now: u64::from(today().number()) * DAY + HOUR,
            apart: BTreeSet::new(),
            deaf: BTreeSet::new(),
            settled: true,
            ended: BTreeSet::new(),
            meddle: None,
            wrong: [(0, 0); 3],
        }
    }

    /// A node stops, and starts again.
    pub(super) fn restart(&mut self, n: usize, starts: bool) {
        self.workers[n] = worker(&self.town, n, starts);
        self.heard[n].clear();
    }

    fn pass_on(&self, from: usize, to: usize, messages: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let meddled = messages.into_iter().filter_map(|m| match &self.meddle {
            Some(meddle) => meddle(from, to, m),
            None => Some(m),
        });
        meddled.collect()
    }

    pub(in crate::ceremony) fn scene(&self, n: usize) -> Scene {
        let (behind, ahead) = self.wrong[n];
        let now = Timestamp::from_millis(self.now + ahead * DAY - behind * DAY);
        let there = (0..3).filter(|m| *m != n && !self.apart.contains(&(n.min(*m), n.max(*m))));
        Scene {
            known: self.town.known(n),
            today: now.day(),
            now,
            passed: Timestamp::from_millis(self.now),
            connected: there
                .map(|m| {
                    let (node, transport, organisation) = self.nodes[m];
                    (node, (transport, organisation))
                })
                .collect::<BTreeMap<_, _>>(),
            settled: self.settled,
            ended: self.ended.clone(),
        }
    }

    pub(super) fn number(&self, node: &NodeKey) -> usize {
        self.nodes.iter().position(|(key, ..)| key == node).unwrap()
    }

    /// Each looks once, after so much time. What it says is heard by the next look.
    pub(super) fn pass(&mut self, millis: u64) {
        self.now += millis;
        for n in 0..3 {
            let heard = std::mem::take(&mut self.heard[n]);
            let scene = self.scene(n);
            let Out { answers, asks, .. } = self.workers[n].look(heard, &scene);
            let me = self.nodes[n].0;
            for answer in answers {
                let (to, name) = answer.to;
                let to = self.number(&to);
                let answer_is = match answer.reply {
                    Reply::Board(mut lacking) => {
                        lacking.messages = self.pass_on(n, to, lacking.messages);
                        Some(lacking)
                    }
                    _ => None,
                };
                self.heard[to].push(Heard::Answered {
                    from: me,
                    name: name.unwrap(),
                    answer: answer_is,
                });
            }
            for ask in asks {
                let to = self.number(&ask.to);
                if self.deaf.contains(&to) || self.deaf.contains(&n) {
                    self.heard[n].push(Heard::Answered {
                        from: ask.to,
                        name: ask.name,
                        answer: None,
                    });
                } else {
                    let mut shown = ask.shown;
                    shown.messages = self.pass_on(n, to, shown.messages);
                    self.heard[to].push(Heard::Asked {
                        from: me,
                        shown,
                        token: None,
                    });
                }
            }
        }
    }

    pub(super) fn passes(&mut self, count: usize) {
        for _ in 0..count {
            self.pass(1000);
        }
    }

    pub(super) fn certificate(&self, n: usize) -> Certificate {
        self.town.certificate(n).unwrap()
    }

    pub(super) fn epochs(&self) -> [u32; 3] {
        [0, 1, 2].map(|n| self.certificate(n).epoch())
    }

    /// The ceremonies that a node takes part in, and where they stand.
    pub(super) fn live(&self, n: usize) -> Vec<(PlanDigest, Progress)> {
        let desk = self.town.desk(n);
        let names = desk.names().unwrap();
        let auto = names
            .into_iter()
            .filter(|name| desk.part(name) == Some(Part::Auto));
        auto.map(|name| {
            (
                name,
                Progress::of(&desk.board(&name, &self.town.known(n)).unwrap()),
            )
        })
        .collect()
    }
}

fn worker(town: &Town, n: usize, starts: bool) -> Worker {
    Worker::new(Setup {
        dir: town.node(n),
        node: town.identity(n).keys.record.clone(),
        settings: Settings {
            starts,
            ..Settings::default()
        },
    })
}

/// All keys, so that none is missing.
pub(super) fn needed(town: &Town) -> Vec<parasol_protocol::oprf::KeyName> {
    let identity = town.identity(0);
    let all = parasol_protocol::ceremony::keys_needed(&identity.charter, today());
    assert!(all.len() > keys().len());
    all
}

#[test]
fn shares_are_renewed_every_week_and_by_one_ceremony() {
    let mut drill = Drill::new(true);
    drill.passes(5);
    assert!((0..3).all(|n| drill.live(n).is_empty()));
    // Not while the clock is in doubt: whoever sets it ahead makes nobody leave keys out.
    drill.settled = false;
    drill.now += 8 * DAY;
    drill.passes(5);
    assert!((0..3).all(|n| drill.live(n).is_empty()));
    drill.settled = true;
    drill.passes(12);
    assert_eq!(drill.epochs(), [2, 2, 2]);
    for n in 0..3 {
        assert_eq!(drill.live(n).len(), 1);
        assert_eq!(drill.town.desk(n).stored().unwrap(), [2]);
        assert_eq!(drill.certificate(n).holders().count(), 3);
    }
}

#[test]
fn who_is_away_is_waited_for_a_day_and_brought_in_when_it_is_back() {
    let mut drill = Drill::new(true);
    drill.now += 7 * DAY - 3 * HOUR;
    drill.passes(3);
    drill.apart = BTreeSet::from([(0, 2), (1, 2)]);
    drill.now += 3 * HOUR;
    drill.passes(12);
    assert_eq!(drill.epochs(), [1, 1, 1]);
    drill.now += DAY;
    drill.passes(12);
    assert_eq!(drill.epochs(), [2, 2, 1]);
    assert_eq!(drill.certificate(0).holders().count(), 2);
    // Back again: it takes the certificate from another, and is brought in.
    drill.apart.clear();
    let certificate = drill.certificate(0).bytes().to_vec();
    let from = drill.nodes[0].2;
    let bytes = certificate;
    drill.heard[2].push(Heard::Certificate { from, bytes });
    drill.passes(14);
    assert_eq!(drill.epochs(), [3, 3, 3]);
    assert_eq!(drill.certificate(2).holders().count(), 3);
    for n in 0..3 {
        assert_eq!(drill.town.desk(n).stored().unwrap(), [3]);
    }
}

#[test]
fn who_is_connected_and_silent_holds_up_one_ceremony_and_not_the_next() {
    let mut drill = Drill::new(true);
    drill.passes(3);
    drill.deaf.insert(2);
    drill.now += 7 * DAY;
    drill.passes(6);
    assert_eq!(drill.live(0).len(), 1);
    // Nothing is stopped before its time.
    drill.pass(8 * MINUTE);
    drill.passes(3);
    assert!(matches!(drill.live(0)[0].1, Progress::Waits { .. }));
    drill.pass(3 * MINUTE);
    drill.passes(4);
    assert!(matches!(drill.live(0)[0].1, Progress::Stopped(_)));
    assert!(matches!(drill.live(1)[0].1, Progress::Stopped(_)));
    assert_eq!(drill.epochs(), [1, 1, 1]);
    // A while later once more, and both know why it is left out: nobody waits for it.
    drill.pass(2 * MINUTE);
    drill.passes(14);
    // The one that stopped has used its number up.
    assert_eq!(drill.epochs()[..2], [3, 3]);
    let holders: Vec<u16> = drill.certificate(0).holders().map(|(i, _)| i).collect();
    assert_eq!(holders.len(), 2);
}

/// Honest clocks are two days wrong at most, this way or that: whoever has such a one takes part, and
/// excuses nobody.
#[test]
fn a_clock_that_is_two_days_wrong_keeps_nobody_out() {
    for wrong in [(2, 0), (0, 2)] {
        for whose in 0..3 {
            let mut drill = Drill::new(true);
            drill.now += 4 * DAY;
            drill.wrong[whose] = wrong;
            drill.passes(3);
            let mut days = 0;
            while drill.epochs() == [1, 1, 1] {
                drill.now += 12 * HOUR;
                drill.passes(12);
                days += 1;
                assert!(days < 12, "{wrong:?}, {whose}: never renewed");
            }
            assert_eq!(drill.epochs(), [2, 2, 2], "{wrong:?}, {whose}");
            for n in 0..3 {
                assert_eq!(drill.certificate(n).holders().count(), 3);
            }
        }
    }
}

#[test]
fn of_rivals_one_is_carried_through() {
    let mut drill = Drill::new(true);
    drill.passes(3);
    // Two that cannot reach each other start one each.
    drill.deaf = BTreeSet::from([0, 1, 2]);
    drill.now += 7 * DAY;
    drill.passes(2);
    drill.now += 9 * MINUTE;
    drill.passes(2);
    let started = (0..3).filter(|n| !drill.live(*n).is_empty()).count();
    assert_eq!(started, 2, "the third waits longer");
    drill.deaf.clear();
    drill.pass(31_000);
    drill.passes(20);
    assert_eq!(drill.epochs(), [2, 2, 2]);
    let digest = *drill.certificate(0).digest();
    assert!((1..3).all(|n| *drill.certificate(n).digest() == digest));
}

/// Somebody has suspended a `parasol ceremony` at one node. The node does not wait for it, says so to who
/// asks, and has forgotten nothing when it is over.
#[test]
fn a_suspended_command_line_holds_no_node_up() {
    let mut drill = Drill::new(true);
    drill.passes(3);
    for worker in &mut drill.workers {
        worker.patience = std::time::Duration::from_millis(1);
    }
    drill.now += 7 * DAY;
    drill.passes(1);
    let name = drill.live(0)[0].0;
    let board = drill.town.desk(1).board(&name, &drill.town.known(1));
    let suspended = drill.town.desk(0);
    let asked = Heard::Asked {
        from: drill.nodes[1].0,
        shown: Shown {
            plan: board.unwrap().plan().bytes().to_vec(),
            known: BTreeSet::new(),
            messages: Vec::new(),
        },
        token: None,
    };
    let scene = drill.scene(0);
    let out = drill.workers[0].look(vec![asked], &scene);
    let [answer] = out.answers.as_slice() else {
        panic!("{out:?}")
    };
    assert!(matches!(answer.reply, Reply::Refused(Refusal::Busy)));
    assert!(out.asks.is_empty());
    // What the others have answered meanwhile comes once, and is not lost.
    drill.passes(5);
    assert_eq!(drill.epochs(), [1, 1, 1]);
    drop(suspended);
    let scene = drill.scene(0);
    let out = drill.workers[0].look(Vec::new(), &scene);
    assert_eq!(out.asks.len(), 2);
    for ask in out.asks {
        drill.heard[0].push(Heard::Answered {
            from: ask.to,
            name: ask.name,
            answer: None,
        });
    }
    drill.pass(MINUTE);
    drill.passes(14);
    assert_eq!(drill.epochs(), [2, 2, 2]);
}

/// A running season was ended too early: its keys go with the next renewal, and that is not held up.
#[test]
fn a_season_that_ended_too_early_holds_no_renewal_up() {
    let mut drill = Drill::new(true);
    drill.passes(2);
    let over = Timestamp::from_millis(drill.now).day().season();
    drill.ended.insert(over);
    drill.passes(2);
    drill.now += 8 * DAY;
    assert_eq!(Timestamp::from_millis(drill.now).day().season(), over);
    drill.passes(14);
    assert_eq!(drill.epochs(), [2, 2, 2]);
    for n in 0..3 {
        let made = drill.certificate(n);
        assert!(made.keys().count() > 2);
        assert!(made.keys().all(|key| key.name().season() != Some(over)));
    }
}

#[test]
fn of_a_season_that_ends_meanwhile_nothing_is_stored() {
    let mut drill = Drill::new(true);
    drill.now += 8 * DAY;
    drill.passes(2);
    assert_eq!(drill.live(0).len(), 1);
    assert_eq!(drill.epochs(), [1, 1, 1]);
    let over = Timestamp::from_millis(drill.now).day().season();
    drill.ended.insert(over);
    drill.passes(12);
    assert_eq!(drill.epochs(), [2, 2, 2]);
    for n in 0..3 {
        let made = drill.certificate(n);
        let stored = read_shares(&shares_of(&drill.town.node(n), &made)).unwrap();
        let lives = made
            .keys()
            .map(|key| key.name())
            .filter(|k| k.season() != Some(over));
        assert!(stored.into_keys().eq(lives));
        assert_eq!(
            made.keys()
                .filter(|k| k.name().season() == Some(over))
                .count(),
            2
        );
    }
}
