//! One keyholder of three is dishonest, and two shares open the list: whatever it does, look-ups go on and
//! shares are renewed without it.

use super::super::desk::Part;
use super::super::excused::Excused;
use super::super::step::Progress;
use super::super::task::Heard;
use super::drill::{DAY, Drill, HOUR, MINUTE, needed};
use crate::files::write_private;
use parasol_protocol::cbor::{self, Fields, MapOut};
use parasol_protocol::ceremony::{Board, PlanTerms, Proposal, Reason, Step};
use parasol_protocol::cose::{Context, Cosigned, Sign1, to_be_signed};
use parasol_protocol::ids::{FederationId, NodeKey, PlanDigest};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::MAX_COSIGNED;
use parasol_protocol::time::Timestamp;
use parasol_protocol::wire::Shown;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The parts of a message: plan, sender, step, body.
pub(super) type Parts = ([u8; 32], [u8; 32], u8, Vec<u8>);

pub(super) fn parts(message: &[u8]) -> Parts {
    let sign1 = Sign1::parse(message, 1 << 16).unwrap();
    cbor::decode(sign1.payload, 1 << 16, |d| {
        let mut fields = Fields::open(d)?;
        Ok((
            fields.required(1, cbor::array)?,
            fields.required(2, cbor::array)?,
            fields.required(3, |d| Ok(d.u8()?))?,
            fields.required(4, |d| Ok(d.bytes()?.to_vec()))?,
        ))
    })
    .unwrap()
}

/// What a dishonest node signs in place of what it would say.
fn signed(
    key: &SecretKey,
    federation: &FederationId,
    (plan, sender, step, body): &Parts,
) -> Vec<u8> {
    let payload = MapOut::new()
        .put(1, |e| cbor::put_bytes(e, plan))
        .put(2, |e| cbor::put_bytes(e, sender))
        .put(3, |e| cbor::put_uint(e, u64::from(*step)))
        .put(4, |e| cbor::put_bytes(e, body))
        .finish();
    let external = Context::Ceremony.external(Some(federation));
    Sign1::write(&payload, &key.sign(&to_be_signed(&external, &payload)))
}

/// A deal with junk for one of its recipients.
fn spoilt(body: &[u8], victim: usize) -> Vec<u8> {
    let mut sealed: Vec<Vec<u8>> = cbor::decode(body, 1 << 16, |d| {
        let mut fields = Fields::open(d)?;
        fields.required(1, |d| cbor::list(d, 64, |d| Ok(d.bytes()?.to_vec())))
    })
    .unwrap();
    let last = sealed[victim].last_mut().unwrap();
    *last ^= 1;
    let list = |e: &mut cbor::Out| {
        cbor::put_array(e, sealed.len() as u64);
        for one in &sealed {
            cbor::put_bytes(e, one);
        }
    };
    MapOut::new().put(1, list).finish()
}

impl Drill {
    /// Nodes that go by one certificate, each with the shares that it names: enough to open the list.
    pub(super) fn looks_up(&self, nodes: &[usize]) -> bool {
        let mut holding = BTreeMap::new();
        for n in nodes {
            let identity = self.town.identity(*n);
            let certificate = identity.certificate.unwrap();
            if identity.shares.len() == certificate.keys().count() {
                *holding.entry(*certificate.digest()).or_insert(0) += 1;
            }
        }
        holding.values().any(|count| *count >= 2)
    }

    /// A node shows a board of its own making to another one.
    pub(super) fn show(&mut self, from: usize, to: usize, plan: &[u8], messages: &[Vec<u8>]) {
        let shown = Shown {
            plan: plan.to_vec(),
            known: BTreeSet::new(),
            messages: messages.to_vec(),
        };
        let from = self.nodes[from].0;
        self.heard[to].push(Heard::Asked {
            from,
            shown,
            token: None,
        });
    }

    pub(super) fn board(&self, n: usize, name: &PlanDigest) -> Board {
        self.town.desk(n).board(name, &self.town.known(n)).unwrap()
    }

    fn joined(&self, n: usize, plan: &[u8]) -> bool {
        let name = *Proposal::from_bytes(plan).unwrap().digest();
        self.town.desk(n).part(&name) == Some(Part::Auto)
    }

    fn key(&self, n: usize) -> SecretKey {
        self.town.identity(n).keys.record.clone()
    }

    fn terms(&self, starter: usize) -> PlanTerms {
        let mut holders = vec![starter];
        holders.extend((0..3).filter(|n| *n != starter));
        let mut terms = self.town.terms_of(&holders, &[0, 1], &needed(&self.town));
        terms.day = Timestamp::from_millis(self.now).day();
        terms
    }

    pub(super) fn holders(&self, n: usize) -> usize {
        self.certificate(n).holders().count()
    }
}

/// It deals a good part to one, junk to the other, and signs: a certificate with a threshold of signatures,
/// and one honest share. Then it hands that out, and falls silent.
#[test]
fn who_deals_good_parts_to_too_few_stops_no_look_ups() {
    let mut drill = Drill::new(true);
    drill.passes(3);
    let (liar, key) = (drill.nodes[0].0, drill.key(0));
    let federation = *drill.town.identity(0).charter.federation();
    let victim = usize::from(drill.nodes[2].0 > drill.nodes[1].0);
    let deal = Step::Deal.number();
    drill.meddle = Some(Box::new(move |from, to, message| {
        let (plan, sender, step, body) = parts(&message);
        if step != deal || NodeKey::from_bytes(sender) != liar || from != 0 {
            // It does not look at what comes back of its own.
            return (step != deal || to != 0 || NodeKey::from_bytes(sender) != liar)
                .then_some(message);
        }
        let junk = (plan, sender, step, spoilt(&body, victim));
        Some(signed(&key, &federation, &junk))
    }));
    drill.now += 7 * DAY;
    drill.passes(12);
    let name = drill.live(1)[0].0;
    let Progress::Made {
        certificate,
        waiting,
        blame,
    } = Progress::of(&drill.board(1, &name))
    else {
        panic!("{:?}", drill.live(1))
    };
    assert_eq!(waiting, BTreeSet::from([drill.nodes[2].0]));
    assert!(blame.iter().all(|one| one.culprit == liar) && !blame.is_empty());
    // Its word alone brings that into use nowhere.
    let from = drill.nodes[0].2;
    for n in [1, 2] {
        for _ in 0..3 {
            let bytes = certificate.clone();
            drill.heard[n].push(Heard::Certificate { from, bytes });
        }
    }
    drill.passes(2);
    assert_eq!(drill.epochs()[1..], [1, 1]);
    assert!(drill.looks_up(&[1, 2]));
    drill.deaf.insert(0);
    drill.pass(2 * MINUTE);
    drill.passes(14);
    // It is left out of the next, which rests on the shares that there are.
    assert_eq!(drill.epochs()[1..], [3, 3]);
    assert_eq!(drill.holders(1), 2);
    assert!(drill.looks_up(&[1, 2]));
    // Nothing of the failed one is left; that of before is, while one is left out.
    assert_eq!(drill.town.desk(1).stored().unwrap(), [1, 3]);
    // A day later, too.
    drill.pass(DAY);
    drill.passes(14);
    assert!(drill.looks_up(&[1, 2]));
}

/// It joins, and never says that it has stored its shares.
#[test]
fn who_never_signs_keeps_nobodys_old_shares_in_place() {
    let mut drill = Drill::new(true);
    drill.passes(3);
    let (third, done) = (drill.nodes[2].0, Step::Done.number());
    drill.meddle = Some(Box::new(move |_, _, message| {
        let (_, sender, step, _) = parts(&message);
        (step != done || NodeKey::from_bytes(sender) != third).then_some(message)
    }));
    drill.now += 7 * DAY;
    drill.passes(12);
    let name = drill.live(0)[0].0;
    let made = Progress::of(&drill.board(0, &name));
    assert!(matches!(made, Progress::Made { waiting, .. } if waiting == BTreeSet::from([third])));
    assert_eq!(drill.epochs()[..2], [1, 1]);
    assert_eq!(drill.town.desk(0).stored().unwrap(), [1, 2]);
    drill.pass(11 * MINUTE);
    drill.passes(2);
    drill.pass(2 * MINUTE);
    drill.passes(14);
    assert_eq!(drill.epochs()[..2], [3, 3]);
    for n in [0, 1] {
        assert_eq!((drill.holders(n), drill.looks_up(&[0, 1])), (2, true));
        assert_eq!(drill.town.desk(n).stored().unwrap(), [1, 3]);
    }
    // It may try again, after longer and longer: what is in force stays, and is renewed.
    for _ in 0..9 {
        drill.pass(DAY - 5 * MINUTE);
        drill.passes(12);
        assert!(drill.looks_up(&[0, 1]));
        drill.pass(11 * MINUTE);
        drill.passes(2);
        drill.pass(2 * MINUTE);
        drill.passes(12);
    }
    let now = Timestamp::from_millis(drill.now).day();
    assert!(now.since(drill.certificate(0).issued()) <= 8);
    // Two weeks after the last certificate that all held has given way the oldest are gone.
    drill.pass(6 * DAY);
    drill.passes(12);
    drill.pass(11 * MINUTE);
    drill.passes(2);
    drill.pass(2 * MINUTE);
    drill.passes(14);
    assert!(!drill.town.desk(0).stored().unwrap().contains(&1));
}

impl Drill {
    /// The third node stops all that it finds begun. Says how many of them it had not stopped before.
    fn stops(&mut self, stopped: &mut BTreeSet<PlanDigest>) -> usize {
        let (before, key) = (stopped.len(), self.key(2));
        for (name, progress) in self.live(0) {
            let board = self.board(0, &name);
            let in_it = board.plan().participants().any(|node| *node == key.node());
            if !in_it || !matches!(progress, Progress::Waits { .. }) || !stopped.insert(name) {
                continue;
            }
            let reason = [Reason::Withdrawn, Reason::Voice][stopped.len() % 2];
            let stop = board.stop(&key, reason).unwrap();
            for to in [0, 1] {
                self.show(2, to, board.plan().bytes(), std::slice::from_ref(&stop));
            }
        }
        stopped.len() - before
    }
}

/// It stops whatever it takes part in.
#[test]
fn who_stops_every_ceremony_is_left_out_of_the_next() {
    let mut drill = Drill::new(true);
    drill.passes(3);
    drill.deaf.insert(2);
    drill.now += 7 * DAY;
    let mut stopped = BTreeSet::new();
    for hours in [0, 1, 2, 4] {
        drill.pass(hours * HOUR);
        let mut now = 0;
        for _ in 0..4 {
            drill.passes(1);
            now += drill.stops(&mut stopped);
        }
        assert_eq!(now, 1, "after {hours} hours");
        drill.pass(2 * MINUTE);
        // The others have gone on without it, and nothing else is begun before its time is over.
        for _ in 0..14 {
            drill.passes(1);
            assert_eq!(drill.stops(&mut stopped), 0);
        }
        assert_eq!(drill.epochs()[..2], [3, 3]);
        assert!(drill.looks_up(&[0, 1]));
        // A node that starts again has not forgotten who it was.
        drill.restart(1, true);
        let now = Timestamp::from_millis(drill.now);
        let excused = Excused::read(&drill.town.desk(1)).now(now);
        assert_eq!(excused, BTreeSet::from([drill.nodes[2].2]));
    }
}

/// It proposes generations far ahead: who signs for one could sign for none below it any more.
#[test]
fn what_strangers_plan_uses_no_numbers_up() {
    let mut drill = Drill::new(true);
    drill.passes(3);
    for (ahead, joins) in [(999, false), (5, false), (4, true)] {
        let mut terms = drill.terms(2);
        terms.epoch = 1 + ahead;
        let plan = terms.sign(&drill.key(2));
        for to in [0, 1] {
            drill.show(2, to, &plan, &[]);
        }
        drill.passes(2);
        for n in [0, 1] {
            assert_eq!(drill.joined(n, &plan), joins, "{ahead}");
        }
    }
    drill.deaf.insert(2);
    drill.pass(11 * MINUTE);
    drill.passes(3);
    drill.now += 7 * DAY;
    drill.passes(14);
    // It still is there, and silent.
    drill.pass(11 * MINUTE);
    drill.passes(3);
    drill.pass(2 * MINUTE);
    drill.passes(14);
    assert_eq!(drill.epochs()[0], drill.epochs()[1]);
    assert!((6..9).contains(&drill.epochs()[0]), "{:?}", drill.epochs());
}

/// It plans one ceremony upon another, though nothing is due, and each with a lower name than the last.
#[test]
fn plan_upon_plan_keeps_nobody_busy() {
    let mut drill = Drill::new(true);
    drill.passes(3);
    drill.deaf.insert(2);
    let ladder = |drill: &Drill, epoch: u32| -> Vec<Vec<u8>> {
        let mut plans: Vec<_> = (0..16)
            .map(|n| {
                let mut terms = drill.terms(2);
                (terms.epoch, terms.id) = (epoch, [n; 32]);
                let plan = terms.sign(&drill.key(2));
                (*Proposal::from_bytes(&plan).unwrap().digest(), plan)
            })
            .collect();
        plans.sort_unstable();
        plans.into_iter().rev().map(|(_, plan)| plan).collect()
    };
    // Nothing is due: three times somebody may want it all the same.
    let plans = ladder(&drill, 2);
    let mut count = 0;
    for plan in &plans {
        for to in [0, 1] {
            drill.show(2, to, plan, &[]);
        }
        drill.passes(2);
        count += usize::from(drill.joined(0, plan));
    }
    assert_eq!(count, 3);
    assert!(drill.looks_up(&[0, 1]));
    // The week is over.
    drill.now += 7 * DAY;
    let plans = ladder(&drill, 3);
    let mut count = 0;
    for plan in &plans {
        for to in [0, 1] {
            drill.show(2, to, plan, &[]);
        }
        drill.passes(2);
        count += usize::from(drill.joined(0, plan));
    }
    // Three times each of the two leaves one for it, and with it the other.
    assert!((1..=7).contains(&count), "{count}");
    // What it has begun last it does not carry through; then the others go on without it.
    for _ in 0..3 {
        drill.pass(11 * MINUTE);
        drill.passes(14);
    }
    assert_eq!(drill.epochs()[0], drill.epochs()[1]);
    assert!(drill.epochs()[0] > 1, "{:?}", drill.live(0));
    assert!(drill.looks_up(&[0, 1]));
}

/// Somebody is cut off for a moment, and the first plans the renewal without it.
#[test]
fn who_was_there_a_moment_ago_is_left_out_by_nobody() {
    let mut drill = Drill::new(false);
    drill.now += 7 * DAY;
    drill.passes(3);
    drill.apart = BTreeSet::from([(0, 2), (1, 2)]);
    drill.passes(1);
    let mut terms = drill.town.terms_of(&[0, 1], &[0, 1], &needed(&drill.town));
    terms.day = Timestamp::from_millis(drill.now).day();
    let plan = terms.sign(&drill.key(0));
    for _ in 0..9 {
        drill.show(0, 1, &plan, &[]);
        drill.pass(6 * MINUTE);
        assert!(!drill.joined(1, &plan));
    }
    drill.pass(10 * MINUTE);
    assert!(drill.joined(1, &plan));
}

/// Of a signer's key it is not known any more that it signed. Who comes late takes what a threshold of
/// organisations go by: one of them is honest, and saw that all had.
#[test]
fn a_certificate_that_lacks_a_signature_is_taken_from_enough_of_those_that_go_by_it() {
    let mut drill = Drill::new(true);
    drill.passes(3);
    let path = drill.town.node(2).join("certificate.cbor");
    let before = fs::read(&path).unwrap();
    drill.now += 7 * DAY;
    drill.passes(14);
    assert_eq!(drill.epochs(), [2, 2, 2]);
    // The third knows nothing of it, nor of the board.
    drill.apart = BTreeSet::from([(0, 2), (1, 2)]);
    fs::remove_dir_all(drill.town.node(2).join("ceremonies")).unwrap();
    write_private(&path, &before).unwrap();
    drill.restart(2, false);
    let mut copy = Cosigned::parse(drill.certificate(0).bytes(), MAX_COSIGNED).unwrap();
    let unknown = drill.nodes[2].0;
    copy.retain(|key| key != unknown.as_bytes());
    for (by, epoch) in [(0, 1), (0, 1), (1, 2)] {
        let (from, bytes) = (drill.nodes[by].2, copy.write());
        drill.heard[2].push(Heard::Certificate { from, bytes });
        drill.passes(1);
        assert_eq!(drill.certificate(2).epoch(), epoch);
    }
}

/// One that holds a share in force joins every ceremony, and says nothing more: the two others, of whom one has
/// the other excused at first, go on without it before long.
#[test]
fn who_joins_all_and_says_no_more_does_not_keep_two_others_apart() {
    let mut drill = Drill::left_out();
    drill.deaf.clear();
    let (first, join) = (drill.nodes[0].0, Step::Join.number());
    drill.meddle = Some(Box::new(move |_, _, message| {
        let (_, sender, step, _) = parts(&message);
        (step == join || NodeKey::from_bytes(sender) != first).then_some(message)
    }));
    let mut minutes = 0;
    while !(drill.certificate(1).epoch() > 3 && drill.looks_up(&[1, 2])) {
        drill.pass(MINUTE);
        drill.passes(3);
        minutes += 1;
        assert!(minutes < 6 * 60, "{:?}", drill.epochs());
    }
}
