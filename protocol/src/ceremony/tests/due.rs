//! What is due, and when; and that what is said to be due is a plan that holds.

use super::*;
use crate::ids::OrganisationKey;
use crate::oprf::{ThresholdKey, deal};
use crate::time::Timestamp;
use proptest::prelude::*;

const HOUR: u64 = 3_600_000;

/// A certificate that a ceremony might have made: shares of these indices, held by the nodes of these
/// organisations.
fn certificate(
    town: &Town,
    holders: &BTreeMap<u16, usize>,
    t: u16,
    names: &BTreeSet<KeyName>,
    issued: Day,
) -> Certificate {
    of_epoch(7, town, holders, t, names, issued)
}

fn of_epoch(
    epoch: u32,
    town: &Town,
    holders: &BTreeMap<u16, usize>,
    t: u16,
    names: &BTreeSet<KeyName>,
    issued: Day,
) -> Certificate {
    let mut entropy = Drbg::new(9, "due");
    let most = *holders.keys().last().unwrap();
    let mut keys = BTreeMap::new();
    for name in names {
        let dealt = deal(*name, t, most, &mut entropy).unwrap();
        let mut shares = dealt.key.shares().clone();
        shares.retain(|index, _| holders.contains_key(&index.get()));
        let key = ThresholdKey::new(*name, t, *dealt.key.public(), shares).unwrap();
        keys.insert(*name, key);
    }
    let federation = town.charter.federation();
    let mut unsigned = Certificate::made(federation, epoch, issued, &[7; 32], &[8; 32], &keys);
    for at in holders.values() {
        Certificate::sign_with(&mut unsigned, federation, &town.nodes[*at]);
    }
    let root = |at: &usize| town.roots[*at].organisation();
    let keyholders = Keyholders {
        federation: *federation,
        threshold: t,
        holders: holders.iter().map(|(i, at)| (*i, root(at))).collect(),
    };
    Certificate::held_against(&unsigned.write(), &keyholders, &town.directory).unwrap()
}

/// All that a situation borrows.
struct Scene {
    /// What is kept of before, if anything.
    before: Option<Certificate>,
    without_before: BTreeSet<NodeKey>,
    excused_back: BTreeSet<OrganisationKey>,
    town: Town,
    certificate: Certificate,
    today: Day,
    present: BTreeSet<NodeKey>,
    excused: BTreeSet<OrganisationKey>,
    failing: BTreeMap<OrganisationKey, Failing>,
    without: BTreeSet<NodeKey>,
    seen: BTreeMap<OrganisationKey, Timestamp>,
    ended: BTreeSet<Season>,
    used: u32,
}

/// When each of these tests begins.
const NOW: u64 = 20_800 * 24 * HOUR;

impl Scene {
    /// Four keyholders, three needed; all there, with keys made on this day that suffice.
    fn new(issued: Day) -> Self {
        let town = Town::new(6, 4, 3, 5);
        let holders = (1..=4).map(|i| (i, usize::from(i) - 1)).collect();
        let names = names(0..=5);
        Self {
            certificate: certificate(&town, &holders, 3, &names, issued),
            present: (0..4).map(|at| town.nodes[at].node()).collect(),
            excused: BTreeSet::new(),
            failing: BTreeMap::new(),
            without: BTreeSet::new(),
            seen: BTreeMap::new(),
            ended: BTreeSet::new(),
            today: issued,
            used: 0,
            before: None,
            without_before: BTreeSet::new(),
            excused_back: BTreeSet::new(),
            town,
        }
    }

    fn node(&self, at: usize) -> NodeKey {
        self.town.nodes[at].node()
    }

    fn held_by(&mut self, holders: &[(u16, usize)], t: u16) {
        let holders = holders.iter().copied().collect();
        let issued = self.certificate.issued();
        let names = self.certificate.keys().map(|key| key.name()).collect();
        self.certificate = certificate(&self.town, &holders, t, &names, issued);
    }

    /// Somebody is away, for so many hours.
    fn away(&mut self, at: usize, hours: u64) {
        let (node, root) = (self.node(at), self.town.roots[at].organisation());
        self.present.remove(&node);
        let since = Timestamp::from_millis(NOW - hours * HOUR);
        self.seen.insert(root, since);
    }

    /// Somebody is away, for so many minutes.
    fn away_minutes(&mut self, at: usize, minutes: u64) {
        let (node, root) = (self.node(at), self.root(at));
        self.present.remove(&node);
        let since = Timestamp::from_millis(NOW - minutes * HOUR / 60);
        self.seen.insert(root, since);
    }

    /// Somebody held a ceremony up so many minutes ago, and again since: so many in all.
    fn fails(&mut self, at: usize, times: u32, minutes: u64) {
        let since = Timestamp::from_millis(NOW - minutes * HOUR / 60);
        self.failing.insert(self.root(at), Failing { times, since });
    }

    fn root(&self, at: usize) -> OrganisationKey {
        self.town.roots[at].organisation()
    }

    fn due(&self, me: usize) -> Option<Due> {
        due(&self.situation(me))
    }

    fn call(&self, me: usize, plan: &PlanTerms) -> Call {
        called(&self.situation(me), plan)
    }

    fn situation(&self, me: usize) -> Situation<'_> {
        Situation {
            today: self.today,
            now: Timestamp::from_millis(NOW),
            charter: &self.town.charter,
            directory: &self.town.directory,
            certificate: Some(&self.certificate),
            me: self.node(me),
            present: &self.present,
            excused: &self.excused,
            failing: &self.failing,
            without: &self.without,
            seen: &self.seen,
            up: Timestamp::from_millis(NOW - 100 * HOUR),
            ended: &self.ended,
            used: self.used,
            before: self.before.as_ref().map(|certificate| Before {
                certificate,
                without: &self.without_before,
                excused: &self.excused_back,
            }),
        }
    }

    fn why(&self) -> Option<DueWhy> {
        self.due(0).map(|due| due.why)
    }

    /// The plan that follows, checked as everybody checks it.
    fn basis(&self) -> Basis<'_> {
        let certificate = Some(&self.certificate);
        Basis::new(&self.town.charter, &self.town.directory, certificate).with_ended(&self.ended)
    }

    fn plan(&self, due: &Due, me: usize) -> Result<Plan, PlanError> {
        let basis = self.basis();
        let terms = due.terms(&basis, [3; 32], self.node(me))?;
        Plan::from_bytes(&terms.sign(&self.town.nodes[me]), &basis)
    }
}

/// The bucket key and those of seasons from the one of these tests on.
fn names(seasons: impl Iterator<Item = u32>) -> BTreeSet<KeyName> {
    let of = |n| [KeyName::Handle(season(n)), KeyName::Area(season(n))];
    seasons.flat_map(of).chain([KeyName::Bucket]).collect()
}

fn places(all: &BTreeMap<ShareIndex, NodeKey>) -> Vec<u16> {
    all.keys().map(|index| index.get()).collect()
}

#[test]
fn shares_are_renewed_after_a_week_by_the_first_and_the_others_wait() {
    let mut scene = Scene::new(TODAY);
    for day in 0..7 {
        scene.today = TODAY.plus(day);
        assert_eq!(scene.why(), None, "day {day}");
    }
    scene.today = TODAY.plus(7);
    for me in 0..4 {
        let due = scene.due(me).unwrap();
        assert_eq!(due.why, DueWhy::Week);
        assert_eq!(due.wait, STAGGER * me as u64);
        assert_eq!(places(&due.holders), [1, 2, 3, 4]);
        assert_eq!(places(&due.dealers), [1, 2, 3]);
        assert_eq!((due.epoch, due.day), (8, scene.today));
        scene.plan(&due, me).unwrap();
    }
    assert_eq!(scene.due(4), None, "no keyholder");
    scene.used = 11;
    assert_eq!(scene.due(0).unwrap().epoch, 12);
    scene.used = 5000;
    assert_eq!(scene.due(0), None, "nobody could take it");
}

#[test]
fn who_is_away_for_less_than_a_day_is_waited_for() {
    let mut scene = Scene::new(TODAY);
    scene.today = TODAY.plus(8);
    for (hours, goes) in [(0, false), (23, false), (24, true), (500, true)] {
        scene.away(1, hours);
        assert_eq!(scene.why().is_some(), goes, "{hours} hours");
    }
    let due = scene.due(0).unwrap();
    assert_eq!(places(&due.holders), [1, 3, 4]);
    assert_eq!(places(&due.dealers), [1, 3, 4]);
    scene.plan(&due, 0).unwrap();
    // Of whom nothing is known since this node started: that counts.
    scene.seen.clear();
    assert!(scene.why().is_some());
    // With two of four away there are too few.
    scene.away(2, 500);
    assert_eq!(scene.why(), None);
}

#[test]
fn who_held_a_ceremony_up_is_neither_there_nor_waited_for() {
    let mut scene = Scene::new(TODAY);
    scene.today = TODAY.plus(7);
    scene.excused = BTreeSet::from([scene.root(1)]);
    for gone in [false, true] {
        if gone {
            scene.away(1, 0);
        }
        let due = scene.due(0).unwrap();
        assert_eq!(places(&due.holders), [1, 3, 4]);
        assert_eq!(places(&due.dealers), [1, 3, 4]);
        assert_eq!(scene.due(2).unwrap().wait, STAGGER);
        let plan = scene.plan(&due, 0).unwrap();
        assert_eq!(scene.call(3, plan.terms()), Call::Due);
    }
}

#[test]
fn who_comes_and_goes_puts_no_renewal_off_for_ever() {
    let mut scene = Scene::new(TODAY);
    scene.away(1, 0);
    for day in 0..=8 {
        scene.today = TODAY.plus(day);
        assert_eq!(scene.why(), None, "day {day}");
    }
    scene.today = TODAY.plus(9);
    let due = scene.due(0).unwrap();
    assert_eq!(places(&due.holders), [1, 3, 4]);
    let plan = scene.plan(&due, 0).unwrap();
    assert_eq!(scene.call(2, plan.terms()), Call::Due);
}

#[test]
fn what_others_plan_is_held_against_what_is_due_here() {
    let mut scene = Scene::new(TODAY);
    scene.today = TODAY.plus(7);
    let all = scene.plan(&scene.due(0).unwrap(), 0).unwrap();
    scene.away(1, 500);
    let three = scene.plan(&scene.due(0).unwrap(), 0).unwrap();
    let (all, three) = (all.terms().clone(), three.terms().clone());
    assert_eq!(three.holders.len(), 3);
    assert_eq!(scene.call(2, &three), Call::Due);
    // Who was there a moment ago is not left out.
    scene.away(1, 0);
    assert_eq!(scene.call(2, &three), Call::LeavesOut);
    scene.away(1, 1);
    assert_eq!(scene.call(2, &three), Call::Due);
    scene.present.insert(scene.node(1));
    assert_eq!(scene.call(2, &three), Call::LeavesOut);
    assert_eq!(scene.call(2, &all), Call::Due);
    assert_eq!(scene.call(1, &three), Call::LeavesOut, "nor oneself");
    // Somebody's clock may be a little ahead.
    for (day, call) in [
        (0, Call::Early),
        (5, Call::Early),
        (6, Call::Due),
        (7, Call::Due),
    ] {
        scene.today = TODAY.plus(day);
        assert_eq!(scene.call(2, &all), call, "day {day}");
    }
    // Of whom nothing is known since this node started: that counts.
    scene.present.remove(&scene.node(1));
    scene.seen.clear();
    assert_eq!(scene.call(2, &three), Call::Due);
}

#[test]
fn who_joins_or_lost_its_share_gets_one_at_once() {
    let mut scene = Scene::new(TODAY);
    scene.held_by(&[(1, 0), (2, 1), (3, 2)], 3);
    let due = scene.due(3).unwrap();
    assert_eq!((due.why, due.wait), (DueWhy::Holder, 3 * STAGGER));
    assert_eq!(places(&due.holders), [1, 2, 3, 4]);
    assert_eq!(places(&due.dealers), [1, 2, 3]);
    scene.plan(&due, 3).unwrap();
    // Somebody who has just gone is waited for, for an hour.
    scene.away(3, 0);
    assert_eq!(scene.why(), None, "who is not there is no reason");

    let mut scene = Scene::new(TODAY);
    scene.without = BTreeSet::from([scene.node(1)]);
    let due = scene.due(1).unwrap();
    assert_eq!(due.why, DueWhy::Holder);
    assert_eq!(places(&due.dealers), [1, 3, 4]);
    assert_eq!(places(&due.holders), [1, 2, 3, 4]);
    scene.plan(&due, 1).unwrap();
    scene.away(0, 0);
    assert_eq!(scene.due(1), None, "too few have shares");

    // Its place belongs to another organisation by the charter now.
    let mut scene = Scene::new(TODAY);
    scene.held_by(&[(1, 0), (2, 1), (3, 2), (4, 5)], 3);
    scene.present.insert(scene.node(5));
    let due = scene.due(0).unwrap();
    assert_eq!(due.why, DueWhy::Charter);
    assert!(!due.holders.values().any(|n| *n == scene.node(5)));
    scene.plan(&due, 0).unwrap();
    assert_eq!(scene.due(5), None);
    // Another threshold.
    let mut scene = Scene::new(TODAY);
    scene.held_by(&[(1, 0), (2, 1), (3, 2), (4, 3)], 4);
    let due = scene.due(0).unwrap();
    assert_eq!(due.why, DueWhy::Charter);
    assert_eq!(places(&due.dealers), [1, 2, 3, 4]);
    scene.plan(&due, 0).unwrap();
}

#[test]
fn keys_are_there_two_weeks_before_a_report_could_need_them() {
    let mut scene = Scene::new(TODAY);
    let issued = TODAY.plus(25);
    // Reports live two years at most: those of 2027 can expire in 2029.
    let needs = Day::from_number(21_550).minus(730);
    assert_eq!(needs.plus(730).season(), season(5));
    assert_eq!(needs.plus(729).season(), season(4));
    let holders: BTreeMap<u16, usize> = (1..=4).map(|i| (i, usize::from(i) - 1)).collect();
    scene.certificate = certificate(&scene.town, &holders, 3, &names(0..=4), issued);
    scene.today = needs.minus(AHEAD + 1);
    assert_eq!(scene.why(), None);
    scene.today = needs.minus(AHEAD);
    let due = scene.due(0).unwrap();
    assert_eq!(due.why, DueWhy::Keys);
    assert_eq!(
        due.keys.iter().copied().collect::<BTreeSet<_>>(),
        names(0..=5)
    );
    let plan = scene.plan(&due, 0).unwrap();
    let making = &plan.terms().keys;
    assert_eq!(making[&KeyName::Handle(season(5))], Making::Generate);
    assert_eq!(making[&KeyName::Handle(season(4))], Making::Reshare);
    // There is time to wait for who is away, until there is not.
    scene.away(2, 1);
    assert_eq!(scene.why(), None);
    scene.certificate = certificate(&scene.town, &holders, 3, &names(0..=4), needs.minus(1));
    scene.today = needs;
    assert_eq!(scene.why(), Some(DueWhy::Keys));
}

#[test]
fn seasons_that_are_over_are_left_out() {
    let mut scene = Scene::new(TODAY);
    let last = season(0).last_day();
    let holders: BTreeMap<u16, usize> = (1..=4).map(|i| (i, usize::from(i) - 1)).collect();
    let issued = last.minus(7);
    scene.certificate = certificate(&scene.town, &holders, 3, &names(0..=5), issued);
    // By a clock that is two days behind it lives two days longer.
    for today in [last, last.plus(2)] {
        scene.today = today;
        let due = scene.due(0).unwrap();
        assert!(due.keys.contains(&KeyName::Handle(season(0))));
        scene.plan(&due, 0).unwrap();
    }
    scene.today = last.plus(3);
    let due = scene.due(0).unwrap();
    assert_eq!(
        due.keys.iter().copied().collect::<BTreeSet<_>>(),
        names(1..=5)
    );
    scene.plan(&due, 0).unwrap();
    // The others say that it is over, and by one's own clock that is a day too early: theirs holds.
    scene.ended = BTreeSet::from([season(0)]);
    scene.today = last.plus(2);
    let due = scene.due(0).unwrap();
    assert_eq!(due.day, last.plus(3));
    assert!(!due.keys.contains(&KeyName::Handle(season(0))));
    scene.plan(&due, 0).unwrap();
}

/// As many as it takes said too early that a season is over: nobody can share out its keys, and that
/// must not hold up the others.
#[test]
fn a_season_that_ended_too_early_holds_no_renewal_up() {
    let mut scene = Scene::new(TODAY);
    scene.ended = BTreeSet::from([season(0)]);
    for days in [0, 7, 14] {
        scene.today = TODAY.plus(days);
        assert!(scene.today.season() == season(0) && days < 20);
        let Some(due) = scene.due(0) else {
            assert_eq!(days, 0);
            continue;
        };
        assert_eq!(due.day, scene.today);
        let plan = scene.plan(&due, 0).unwrap();
        let named = plan.terms().keys.keys();
        assert!(!named.clone().any(|name| name.season() == Some(season(0))));
        assert!(named.clone().count() > 2);
        // Who knows of no such endings does not let a running season's keys go.
        let bytes = plan.bytes().to_vec();
        let ended = std::mem::take(&mut scene.ended);
        let refused = Plan::from_bytes(&bytes, &scene.basis()).unwrap_err();
        assert!(
            matches!(refused, PlanError::Keys { left_out: true, .. }),
            "{refused}"
        );
        scene.ended = ended;
    }
}

/// Somebody has filled a certificate up with keys that nobody needs. They are dropped, and what is
/// needed finds room.
#[test]
fn keys_of_seasons_far_away_crowd_nothing_out() {
    let mut scene = Scene::new(TODAY);
    let holders: BTreeMap<u16, usize> = (1..=4).map(|i| (i, usize::from(i) - 1)).collect();
    let junk = (900..906).chain(4_000_000..4_000_008).map(season);
    let mut all = names(0..=3);
    all.extend(junk.map(KeyName::Handle));
    scene.certificate = certificate(&scene.town, &holders, 3, &all, TODAY);
    let due = scene.due(0).unwrap();
    assert_eq!(due.why, DueWhy::Keys);
    let plan = scene.plan(&due, 0).unwrap();
    assert!(plan.terms().keys.keys().eq(&names(0..=4)));
    // Nor can anybody make such.
    let basis = Basis::new(
        &scene.town.charter,
        &scene.town.directory,
        Some(&scene.certificate),
    );
    for far in [6, 7, 900, 5_000_000] {
        let mut terms = due.terms(&basis, [3; 32], scene.node(0)).unwrap();
        let name = KeyName::Handle(season(far));
        terms.keys.insert(name, Making::Generate);
        let refused = Plan::from_bytes(&terms.sign(&scene.town.nodes[0]), &basis);
        let left_out = false;
        assert_eq!(refused.unwrap_err(), PlanError::Keys { name, left_out });
    }
    let mut terms = due.terms(&basis, [3; 32], scene.node(0)).unwrap();
    let next = KeyName::Handle(season(5));
    terms.keys.insert(next, Making::Generate);
    assert!(Plan::from_bytes(&terms.sign(&scene.town.nodes[0]), &basis).is_ok());
}

/// Three of four hold what is in force; the fourth, which they left out, has its share of before still.
/// The certificate of all is so many days old.
fn left_out(days: u32) -> Scene {
    let mut scene = Scene::new(TODAY.minus(3));
    let issued = TODAY.minus(days);
    let all = (1..=4).map(|i| (i, usize::from(i) - 1)).collect();
    let names: BTreeSet<KeyName> = scene.certificate.keys().map(|key| key.name()).collect();
    let before = certificate(&scene.town, &all, 3, &names, issued);
    let holders = [(1, 0), (2, 1), (3, 2)].into();
    scene.certificate = of_epoch(8, &scene.town, &holders, 3, &names, TODAY.minus(3));
    scene.before = Some(before);
    scene
}

#[test]
fn with_too_few_of_the_new_holders_one_goes_back_to_the_old() {
    let mut scene = left_out(3);
    // As long as there are enough, the fourth is brought in.
    assert_eq!(scene.why(), Some(DueWhy::Holder));
    // It is excused for what kept it out: nothing is due without it.
    scene.excused.insert(scene.root(3));
    assert_eq!(scene.why(), None);
    // One is gone, though not for long enough.
    scene.away_minutes(1, 9);
    assert_eq!(scene.why(), None);
    scene.away_minutes(1, 10);
    let due = scene.due(0).unwrap();
    assert!(due.goes_back() && due.why == DueWhy::Back);
    let indices = |nodes: &BTreeMap<ShareIndex, NodeKey>| -> Vec<u16> {
        nodes.keys().map(|index| index.get()).collect()
    };
    assert_eq!(indices(&due.holders), [1, 3, 4]);
    assert_eq!(indices(&due.dealers), [1, 3, 4]);
    assert_eq!(due.epoch, 9);
    // The plan holds by what is kept, and the others join it: they see the same.
    let before = scene.before.clone().unwrap();
    let basis = Basis::new(&scene.town.charter, &scene.town.directory, Some(&before));
    let terms = due.terms(&basis, [3; 32], scene.node(0)).unwrap();
    assert!(Plan::from_bytes(&terms.sign(&scene.town.nodes[0]), &basis).is_ok());
    assert_eq!(scene.call(2, &terms), Call::Due);
    // Nobody else does, whoever it leaves out.
    scene.present.insert(scene.node(1));
    assert_eq!(scene.call(2, &terms), Call::LeavesOut);
    let root = scene.root(1);
    scene.excused.insert(root);
    scene.excused_back.insert(root);
    // It has held one ceremony up, and may work all the same.
    assert_eq!(scene.call(2, &terms), Call::LeavesOut);
    scene.fails(1, 1, 10);
    assert_eq!(scene.why(), None);
    scene.fails(1, 2, 9);
    assert_eq!(scene.call(2, &terms), Call::LeavesOut);
    scene.fails(1, 2, 10);
    assert_eq!(scene.call(2, &terms), Call::Due);
    scene.excused_back.remove(&root);
    assert_eq!(scene.call(2, &terms), Call::LeavesOut);
    scene.excused_back.insert(root);
    // Without its share of before somebody deals none, and then there are too few.
    scene.without_before.insert(scene.node(2));
    assert_eq!(scene.why(), None);
    scene.without_before.clear();
    // So it is with who held going back up.
    scene.excused_back.insert(scene.root(3));
    assert_eq!(scene.why(), None);
    scene.excused_back.remove(&scene.root(3));
    assert_eq!(scene.why(), Some(DueWhy::Back));
    // Nothing is kept any more.
    scene.before = None;
    assert_eq!(scene.why(), None);
}

#[test]
fn nobody_goes_back_while_there_are_enough_of_the_new_holders() {
    // All are there, and a plan that goes back names them all.
    let scene = left_out(3);
    let before = scene.before.clone().unwrap();
    let basis = Basis::new(&scene.town.charter, &scene.town.directory, Some(&before));
    let all: BTreeMap<ShareIndex, NodeKey> = (0..4)
        .map(|at| (ShareIndex::new(at as u16 + 1).unwrap(), scene.node(at)))
        .collect();
    let keys: Vec<KeyName> = before.keys().map(|key| key.name()).collect();
    let mut terms = PlanTerms::draft(
        &basis,
        [3; 32],
        scene.today,
        &all,
        &all,
        &keys,
        scene.node(0),
    )
    .unwrap();
    terms.epoch = 9;
    assert_eq!(scene.call(3, &terms), Call::LeavesOut);
}

#[test]
fn however_old_what_is_kept_who_is_gone_for_a_moment_is_waited_for() {
    let town = Town::new(6, 5, 3, 5);
    let issued = TODAY.minus(5);
    let names = names(0..=5);
    let all = (1..=5).map(|i| (i, usize::from(i) - 1)).collect();
    let mut scene = Scene::new(TODAY.minus(3));
    scene.before = Some(certificate(&town, &all, 3, &names, issued));
    let three = [(1, 0), (2, 1), (3, 2)].into();
    scene.certificate = of_epoch(8, &town, &three, 3, &names, TODAY.minus(3));
    scene.present = (0..5).map(|at| town.nodes[at].node()).collect();
    scene.town = town;
    scene.today = TODAY.plus(4);
    let root = scene.root(1);
    scene.excused.insert(root);
    scene.excused_back.insert(root);
    scene.fails(1, 2, 60);
    let back = |scene: &Scene| scene.due(0).filter(Due::goes_back);
    assert_eq!(back(&scene).unwrap().holders.len(), 4);
    // A fifth is not there for a moment.
    scene.away_minutes(4, 9);
    assert_eq!(back(&scene), None);
    scene.away_minutes(4, 10);
    assert_eq!(back(&scene).unwrap().holders.len(), 3);
}

#[test]
fn one_goes_back_late_where_a_key_is_lost_by_it() {
    let mut scene = left_out(3);
    let before = scene.before.as_ref().unwrap();
    let few: BTreeSet<KeyName> = before.keys().map(|key| key.name()).skip(1).collect();
    let holders = (1..=4).map(|i| (i, usize::from(i) - 1)).collect();
    let fewer = certificate(&scene.town, &holders, 3, &few, before.issued());
    scene.before = Some(fewer);
    scene.excused.insert(scene.root(3));
    scene.away_minutes(1, 60);
    assert_eq!(scene.why(), None);
    scene.away(1, 24);
    assert_eq!(scene.why(), Some(DueWhy::Back));
    // It makes no difference that it held ceremonies up in between, or only says nothing and is there.
    let root = scene.root(1);
    scene.excused.insert(root);
    scene.excused_back.insert(root);
    scene.away_minutes(1, 60);
    scene.fails(1, 4, 60);
    assert_eq!(scene.why(), None);
    scene.present.insert(scene.node(1));
    assert_eq!(scene.why(), None);
    scene.fails(1, 4, 24 * 60 - 1);
    assert_eq!(scene.why(), None);
    // Who stumbles now and then has not failed all day.
    scene.fails(1, 3, 24 * 60);
    assert_eq!(scene.why(), None);
    scene.fails(1, 4, 24 * 60);
    assert_eq!(scene.why(), Some(DueWhy::Back));
}

#[test]
fn the_first_keys_are_made_by_hand() {
    let scene = Scene::new(TODAY.minus(3));
    let seen = BTreeMap::new();
    let none = |certificate: Option<&Certificate>| {
        due(&Situation {
            today: TODAY.plus(30),
            now: Timestamp::from_millis(NOW),
            charter: &scene.town.charter,
            directory: &scene.town.directory,
            certificate,
            me: scene.node(0),
            present: &scene.present,
            excused: &scene.excused,
            failing: &scene.failing,
            without: &scene.without,
            seen: &seen,
            up: Timestamp::from_millis(0),
            ended: &scene.ended,
            used: 0,
            before: None,
        })
    };
    assert!(none(Some(&scene.certificate)).is_some());
    assert_eq!(none(None), None);
    let mut entropy = Drbg::new(1, "dealt");
    let dealt = deal(KeyName::Bucket, 3, 4, &mut entropy).unwrap();
    let keys = BTreeMap::from([(KeyName::Bucket, dealt.key)]);
    let federation = scene.town.charter.federation();
    let mut unsigned = Certificate::unsigned(federation, 1, TODAY, true, &keys);
    for node in &scene.town.nodes[..4] {
        Certificate::sign_with(&mut unsigned, federation, node);
    }
    let bytes = unsigned.write();
    let dealt = Certificate::from_bytes(&bytes, &scene.town.charter, &scene.town.directory);
    assert_eq!(none(Some(&dealt.unwrap())), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever a node finds, what it says is due is a plan that everybody takes.
    #[test]
    fn what_is_due_passes_every_check_of_a_plan(
        n in 2usize..6,
        more in 0u16..3,
        // Where the certificate's shares are: at whose organisations, and how many it takes.
        moved in Just((0..7usize).collect::<Vec<_>>()).prop_shuffle(),
        shuffled in any::<bool>(),
        held in proptest::collection::vec(any::<bool>(), 7),
        old_more in 0u16..3,
        seasons in proptest::collection::btree_set(0u32..8, 0..7),
        bucket in proptest::bool::weighted(0.9),
        day in 0u32..45,
        age in 0u32..12,
        present in proptest::collection::vec(proptest::bool::weighted(0.8), 7),
        without in proptest::collection::vec(proptest::bool::weighted(0.1), 7),
        away in proptest::collection::vec(0u64..60, 7),
        over in any::<bool>(),
        me in 0usize..7,
        used in 0u32..1020,
    ) {
        let size = u16::try_from(n).unwrap();
        let t = (size / 2 + 1 + more).clamp(2, size);
        let town = Town::new(7, n, t, 3);
        let order: Vec<usize> = if shuffled { moved } else { (0..7).collect() };
        let mut holders: BTreeMap<u16, usize> = (1..).zip(order).take(n + 1).collect();
        holders.retain(|index, _| held[usize::from(*index) - 1]);
        prop_assume!(holders.len() >= 2);
        let count = u16::try_from(holders.len()).unwrap();
        let old_t = (count / 2 + 1 + old_more).clamp(2, count);
        let mut keys = names(seasons.into_iter());
        if !bucket {
            keys.remove(&KeyName::Bucket);
        }
        prop_assume!(!keys.is_empty());
        let today = TODAY.plus(day);
        let issued = today.minus(age).max(TODAY.minus(5));
        let mut scene = Scene {
            certificate: certificate(&town, &holders, old_t, &keys, issued),
            today,
            present: BTreeSet::from([town.nodes[me].node()]),
            excused: BTreeSet::new(),
            failing: BTreeMap::new(),
            without: BTreeSet::new(),
            seen: BTreeMap::new(),
            ended: BTreeSet::new(),
            used,
            before: None,
            without_before: BTreeSet::new(),
            excused_back: BTreeSet::new(),
            town,
        };
        for at in 0..7 {
            if present[at] {
                scene.present.insert(scene.node(at));
            }
            if without[at] {
                scene.without.insert(scene.node(at));
            }
            let since = Timestamp::from_millis(NOW - away[at] * HOUR);
            scene.seen.insert(scene.town.roots[at].organisation(), since);
        }
        if over && today > season(0).last_day().minus(2) {
            scene.ended.insert(season(0));
        }
        if let Some(due) = scene.due(me) {
            let plan = scene.plan(&due, me);
            prop_assert!(plan.is_ok(), "{:?}: {due:?}", plan.err());
            let plan = plan.unwrap();
            prop_assert!(plan.holder(&scene.node(me)).is_some());
            prop_assert!(plan.participants().all(|node| scene.present.contains(node)));
            prop_assert!(due.dealers.values().all(|node| !scene.without.contains(node)));
            let ends = |name: &&KeyName| name.season().is_some_and(|s| scene.ended.contains(&s));
            prop_assert!(!plan.terms().keys.keys().any(|name| ends(&name)));
            // And then nothing is missing that a report of these days could need.
            let until = today.plus(AHEAD + 730).season();
            let needed = (today.season().index()..=until.index()).map(Season::from_index);
            let mut needed = needed.filter(|s| !scene.ended.contains(s) && s.last_day() >= due.day);
            prop_assert!(needed.all(|s| plan.terms().keys.contains_key(&KeyName::Handle(s))));
        }
    }
}
