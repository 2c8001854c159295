//! What each adversary gets in a day, played out with the engine that nodes run, against the formulas
//! of `spec/08-security.md`, section 2. A key's whole life is in `lifetime.rs`.
//!
//! The adversary plays as well as can be: each handle takes answers of *t* keyholders, those that it
//! has captured answer whatever it wants, and of the others it asks those that have most left.

use super::lab::Lab;
use super::*;
use crate::carried::View as _;
use crate::limits::{GRANT_QUOTA, MAX_GRANT, MAX_GRANT_LIFE};
use crate::oprf::{Element, KeyName, blind};
use crate::record::Rule;
use crate::time::{Season, Timestamp};
use crate::wire::peer::Refusal;
use crate::wire::{Again, EvaluateAsk};

pub(super) const TODAY: Day = Day::from_number(20_810);
/// Evaluations a day, organisation, keyholder and key, unless a test says otherwise.
const Q: u32 = 24;
/// *n* and *t* of the federations that are played.
const SIZES: [(u16, u16); 5] = [(3, 2), (4, 3), (5, 3), (5, 4), (7, 4)];

/// What an adversary has: the first organisations' access, and as many keyholders as it captured of
/// them, the first again.
#[derive(Clone, Copy, Debug)]
struct Adversary {
    access: usize,
    captured: usize,
}

pub(super) struct Game {
    pub(super) lab: Lab,
    holders: usize,
    threshold: usize,
    key: KeyName,
    element: Element,
    /// Milliseconds by which each keyholder's clock is ahead.
    ahead: Vec<u64>,
}

impl Game {
    pub(super) fn new((holders, threshold): (u16, u16), quota: u32) -> Self {
        Self::with(holders, threshold, quota, None, TODAY)
    }

    pub(super) fn with(
        holders: u16,
        threshold: u16,
        quota: u32,
        season: Option<Season>,
        today: Day,
    ) -> Self {
        let shape = Shape {
            // One that holds no share is among them.
            organisations: holders + 1,
            holders,
            threshold: Some(threshold),
            season,
            made: today.minus(10),
            keys: true,
            quotas: crate::charter::Quotas {
                evaluations: quota,
                ..Shape::default().quotas
            },
            ..Shape::default()
        };
        let count = usize::from(holders) + 1;
        let blinded = blind(&[b"a guess".as_slice()], &mut Drbg::new(1, "quota")).unwrap();
        let mut game = Self {
            lab: Lab::new(Federation::new(shape, 5), count, today),
            holders: holders.into(),
            threshold: threshold.into(),
            key: season.map_or(KeyName::Bucket, KeyName::Handle),
            element: blinded.elements()[0],
            ahead: vec![0; count],
        };
        game.tick();
        game
    }

    pub(super) fn now(&self, keyholder: usize) -> Timestamp {
        self.lab.now.plus_millis(self.ahead[keyholder])
    }

    /// What a node's clock does, without anybody's bearing its day out.
    fn tick(&mut self) {
        for side in 0..self.lab.sides.len() {
            let now = self.now(side);
            let (engine, store) = &mut self.lab.sides[side];
            let outputs = engine.tick(store, now).unwrap();
            self.lab.perform(side, outputs);
        }
    }

    pub(super) fn wait(&mut self, millis: u64) {
        self.lab.wait(millis);
        self.tick();
    }

    /// Asks one keyholder as one organisation.
    pub(super) fn ask(
        &mut self,
        keyholder: usize,
        organisation: usize,
        count: u32,
    ) -> Result<(), Refusal> {
        let ask = EvaluateAsk {
            epoch: 0,
            keys: vec![self.key],
            elements: vec![self.element; count as usize],
        };
        let now = self.now(keyholder);
        let organisation = self.lab.federation.organisation(organisation);
        let (engine, store) = &mut self.lab.sides[keyholder];
        let (outputs, answer) = engine.allow(&organisation, ask, store, now).unwrap();
        self.lab.perform(keyholder, outputs);
        answer.map(drop)
    }

    /// How many handles an adversary gets evaluated until nothing more is to be had.
    fn enumerate(&mut self, who: Adversary) -> u32 {
        let needed = self.threshold.saturating_sub(who.captured);
        assert!(needed > 0, "who has t shares asks nobody");
        let honest = who.captured..self.holders;
        // Which organisations may go on there; and how much each gave, as a guess of what is left.
        let mut open: Vec<Vec<usize>> = honest.clone().map(|_| (0..who.access).collect()).collect();
        let mut left: Vec<u32> = honest.clone().map(|_| 0).collect();
        // A first look: how much there is, asked for nothing. The adversary knows it.
        for (at, keyholder) in honest.clone().enumerate() {
            for organisation in 0..who.access {
                left[at] += self.left(keyholder, organisation);
            }
        }
        let mut handles = 0;
        loop {
            let mut order: Vec<usize> = (0..left.len()).collect();
            order.sort_by_key(|at| std::cmp::Reverse(left[*at]));
            let mut given = 0;
            for at in order {
                while given < needed
                    && let Some(organisation) = open[at].first().copied()
                {
                    if self.ask(who.captured + at, organisation, 1).is_ok() {
                        left[at] = left[at].saturating_sub(1);
                        given += 1;
                        break;
                    }
                    open[at].remove(0);
                }
            }
            if given < needed {
                return handles;
            }
            handles += 1;
        }
    }

    /// What a keyholder would still allow, looked at in a copy.
    fn left(&self, keyholder: usize, organisation: usize) -> u32 {
        let organisation = self.lab.federation.organisation(organisation);
        let (engine, store) = &self.lab.sides[keyholder];
        let now = self.now(keyholder);
        let allowance = engine.allowance(&organisation, now);
        let used = store.quota(&organisation, self.key, allowance.day).unwrap();
        (allowance.quota + allowance.granted).saturating_sub(used)
    }

    /// Gives every node a record.
    pub(super) fn offer(&mut self, record: &Verified) {
        for side in 0..self.lab.sides.len() {
            self.lab.offer(side, record.clone()).unwrap();
        }
    }
}

/// The formula: handles a day, under each key.
fn handles(n: usize, t: usize, quota: u32, who: Adversary) -> u32 {
    let (access, honest) = (who.access as u64, (n - who.captured) as u64);
    let most = access * honest * u64::from(quota) / (t - who.captured) as u64;
    u32::try_from(most).unwrap()
}

/// An insider with a node, captured organisations with and without their keyholders, up to t - 1.
fn adversaries(t: usize) -> impl Iterator<Item = Adversary> {
    let captured = (0..t).map(|captured| Adversary {
        access: captured.max(1),
        captured,
    });
    let more = (0..t).map(|captured| Adversary {
        access: captured + 1,
        captured,
    });
    captured.chain(more)
}

#[test]
fn each_adversary_gets_what_the_formula_says_and_no_more() {
    for (n, t) in SIZES {
        for who in adversaries(t.into()) {
            let mut game = Game::new((n, t), Q);
            let most = handles(n.into(), t.into(), Q, who);
            for day in 1..=3 {
                assert_eq!(game.enumerate(who), most, "{n} {t} {who:?}, day {day}");
                // Nothing is left that could be put together, whatever is tried.
                assert_eq!(game.enumerate(who), 0, "{n} {t} {who:?}, day {day}");
                game.wait(DAY);
            }
        }
    }
}

#[test]
fn keyholders_that_start_again_give_nothing_back() {
    let mut game = Game::new((3, 2), 1500);
    for keyholder in 0..3 {
        let mut given = 0u32;
        for starts in 0..=keyholder {
            while given < 300 * (starts as u32 + 1) && game.ask(keyholder, 0, 50).is_ok() {
                given += 50;
            }
            if starts < keyholder {
                game.lab.restart(keyholder);
            }
        }
        while game.ask(keyholder, 0, 1).is_ok() {
            given += 1;
        }
        // What was written ahead is lost: 22 each time, of blocks of 23.
        assert_eq!(given, [1500, 1478, 1456][keyholder], "{keyholder} starts");
    }
}

/// A day is a keyholder's own: so many days in a row by any other clock reach into one more of each.
#[test]
fn so_many_days_in_a_row_bring_one_more_at_most_wherever_clocks_stand() {
    for (n, t) in SIZES {
        let who = Adversary {
            access: 1,
            captured: 0,
        };
        let most = handles(n.into(), t.into(), Q, who);
        for apart in [0, 5 * HOUR] {
            let mut game = Game::new((n, t), Q);
            for keyholder in 0..usize::from(n) {
                game.ahead[keyholder] = apart / usize::from(n) as u64 * keyholder as u64;
            }
            // It begins a minute before the first of them has midnight.
            let latest = game.ahead.iter().max().unwrap();
            let midnight = DAY - (game.lab.now.millis() + latest) % DAY;
            game.wait(midnight - 60_000);
            let days = 3;
            let mut got = game.enumerate(who);
            for _ in 0..days {
                // By now all have had their midnight.
                game.wait(DAY - HOUR);
                got += game.enumerate(who);
                game.wait(HOUR);
            }
            got += game.enumerate(who);
            assert_eq!(got, (days + 1) * most, "{n} {t}, {apart} ms apart");
        }
    }
}

#[test]
fn a_clock_that_runs_ahead_brings_no_further_days() {
    let who = Adversary {
        access: 1,
        captured: 0,
    };
    let mut game = Game::new((3, 2), Q);
    let most = handles(3, 2, Q, who);
    let mut got = game.enumerate(who);
    // By leaps: nobody bears the days out.
    for _ in 0..20 {
        game.lab.now = game.lab.now.plus_millis(5 * DAY);
        game.tick();
        got += game.enumerate(who);
    }
    assert_eq!(got, most);
    // By small steps, between the looks at the clock, to and fro, and by starts.
    let mut game = Game::new((3, 2), Q);
    let mut got = game.enumerate(who);
    for n in 1..20 {
        for days in [n, 0, n + 1, 300, 1] {
            game.lab.now = Timestamp::from_millis(u64::from(TODAY.number() + days) * DAY + HOUR);
            got += game.enumerate(who);
            game.tick();
            got += game.enumerate(who);
        }
        for side in 0..game.lab.sides.len() {
            game.lab.restart(side);
        }
    }
    assert_eq!(got, 2 * most);
    // What was taken of the day ahead is not there when it comes.
    game.lab.now = Timestamp::from_millis(u64::from(TODAY.number() + 1) * DAY + HOUR);
    game.tick();
    assert_eq!(got + game.enumerate(who), 2 * most);
}

/// The figure that counts is what so many other keyholders give at least as it takes to open all.
#[test]
fn grants_add_what_enough_keyholders_gave_for_all_their_days_together() {
    for (n, t) in SIZES {
        // The last organisation holds no share; the first does.
        let stranger = usize::from(n);
        for subject in [0, stranger] {
            let others: Vec<usize> = (0..usize::from(n)).filter(|o| *o != subject).collect();
            let needed = usize::from(t).min(others.len());
            let mut game = Game::new((n, t), Q);
            for (k, grantor) in others.iter().take(needed).enumerate() {
                assert_eq!(game.left(0, subject), Q, "{k} of {needed}");
                let amount = 100 + 10 * k as u32;
                let grant = game
                    .lab
                    .federation
                    .grant(*grantor, subject, amount, TODAY, 2, 0);
                game.offer(&grant);
            }
            // Of a keyholder that has none, the word is no keyholder's.
            if subject != stranger {
                let grant = game
                    .lab
                    .federation
                    .grant(stranger, subject, MAX_GRANT, TODAY, 2, 0);
                game.offer(&grant);
            }
            for keyholder in 0..usize::from(n) {
                let mut got = 0;
                for day in 0..3 {
                    // Some of it today, some tomorrow, and a start in between.
                    let wanted = if day == 0 { Q + 30 } else { u32::MAX };
                    while got < wanted && game.ask(keyholder, subject, 1).is_ok() {
                        got += 1;
                    }
                    game.lab.restart(keyholder);
                    game.ahead[keyholder] += DAY;
                    game.lab.sides[keyholder].0.time_passed(DAY);
                    game.tick();
                }
                // The lowest of those that it takes.
                assert_eq!(got, 3 * Q + 100, "{n} {t} {subject} {keyholder}");
                // Then it is over.
                while game.ask(keyholder, subject, 1).is_ok() {
                    got += 1;
                }
                assert_eq!(got, 4 * Q + 100);
                game.ahead[keyholder] -= 3 * DAY;
            }
        }
    }
}

#[test]
fn fewer_than_it_takes_raise_nobodys_quota() {
    for (n, t) in SIZES {
        let captured = usize::from(t) - 1;
        let who = Adversary {
            access: captured,
            captured,
        };
        let mut game = Game::new((n, t), Q);
        let most = handles(n.into(), t.into(), Q, who);
        for grantor in 0..captured {
            for (slot, subject) in (0..captured).filter(|s| *s != grantor).enumerate() {
                let slot = slot as u32;
                let grant = game.lab.federation.grant(
                    grantor,
                    subject,
                    MAX_GRANT,
                    TODAY,
                    MAX_GRANT_LIFE,
                    slot,
                );
                game.offer(&grant);
            }
        }
        assert_eq!(game.enumerate(who), most, "{n} {t}");
        // With the word of honest ones, what those gave, and not what the captured ones did.
        let others = usize::from(n) - 1;
        let lacking = usize::from(t).min(others) - (captured - 1);
        for (k, honest) in (captured..usize::from(n)).take(lacking).enumerate() {
            assert_eq!(game.enumerate(who), 0, "{k}");
            let grant = game.lab.federation.grant(honest, 0, 40, TODAY, 5, 7);
            game.offer(&grant);
        }
        let more = handles(
            n.into(),
            t.into(),
            40,
            Adversary {
                access: 1,
                captured,
            },
        );
        assert_eq!(game.enumerate(who), more, "{n} {t}");
    }
}

#[test]
fn a_grant_can_be_taken_back_and_has_its_bounds() {
    let mut game = Game::new((3, 2), Q);
    let grant = |game: &Game, by, subject, amount, issued, days, slot| {
        game.lab
            .federation
            .grant(by, subject, amount, issued, days, slot)
    };
    for by in [1, 2] {
        let grant = grant(&game, by, 0, 1000, TODAY, 30, 0);
        game.offer(&grant);
    }
    assert_eq!(game.left(0, 0), Q + 1000);
    // Of two of one day the lower counts, of two days the later; and revoking the key takes it back.
    let less = grant(&game, 1, 0, 0, TODAY, 30, 1);
    game.offer(&less);
    assert_eq!(game.left(0, 0), Q);
    game.wait(DAY);
    let later = grant(&game, 1, 0, 500, TODAY.plus(1), 30, 0);
    game.offer(&later);
    assert_eq!(game.left(1, 0), Q + 500);
    let revocation = game.lab.federation.revocation(1, TODAY.plus(1), 9);
    game.offer(&revocation);
    assert_eq!(game.left(1, 0), Q);
    for side in 0..4 {
        game.lab.restart(side);
        assert_eq!(game.left(side.min(2), 0), Q);
        assert!(!game.lab.carried(side).contains(&later.id()));
    }
    // Of past days that is kept which says what was used of a grant that may hold.
    let keeps = |used, days| {
        let today = TODAY.plus(days);
        game.lab.sides[0].0.is_worth_keeping(TODAY, used, today)
    };
    assert!(keeps(Q + 1, MAX_GRANT_LIFE) && !keeps(Q, 1) && !keeps(Q + 1, MAX_GRANT_LIFE + 1));
    let refused = |game: &mut Game, record| game.lab.offer(0, record).unwrap_err().rule;
    let long = grant(&game, 2, 0, 10, TODAY, MAX_GRANT_LIFE + 1, 2);
    assert_eq!(refused(&mut game, long), Rule::Life);
    let own = grant(&game, 2, 2, 10, TODAY, 5, 2);
    assert_eq!(refused(&mut game, own), Rule::SelfGrant);
    let high = grant(&game, 2, 0, 10, TODAY, 5, GRANT_QUOTA);
    assert_eq!(refused(&mut game, high), Rule::SlotRange);
    let last = grant(&game, 2, 0, 10, TODAY, 5, GRANT_QUOTA - 1);
    game.offer(&last);
}

#[test]
fn who_exceeds_is_told_when_the_keyholders_own_day_ends() {
    let mut game = Game::new((3, 2), Q);
    game.ahead = vec![0, 3 * HOUR, 0, 0];
    game.tick();
    for (keyholder, hours) in [(0, 24), (1, 21)] {
        game.ask(keyholder, 0, Q).unwrap();
        // The clocks stand some seconds after the full hour.
        let again = Again::in_minutes(hours * 60).unwrap();
        assert_eq!(game.ask(keyholder, 0, 1), Err(Refusal::Quota(again)));
    }
    // Then it frees up, and not before.
    game.wait(21 * HOUR - 60_000);
    assert!(game.ask(1, 0, 1).is_err());
    game.wait(60_000);
    assert_eq!(game.ask(1, 0, Q), Ok(()));
    assert!(game.ask(0, 0, 1).is_err());
}
