//! What each adversary gets in a key's whole life, from the first day on which anybody answers under it
//! to the last, played out with the engine that nodes run, against the formulas of
//! `spec/08-security.md`, section 2.
//!
//! The adversary loses nothing: on each day it asks every keyholder that it has not captured for all
//! that it gives, in turns, and where a day leaves a handle with too few answers, it goes on with that
//! on the next. Its captured keyholders answer whatever it wants, and do not say that a season is over.

use super::quota::Game;
use super::*;
use crate::engine::{Division, Member};
use crate::record::delegation::SlotRange;
use crate::time::Season;

/// One with a leap day in it: no key lives longer.
const LONG: Season = Season::from_index(4057);
/// From the day before the fourth season before its own to the third day after it, if enough say
/// at once that it is over.
const LIFE: u64 = 915 + 1 + 3;
/// How long a game goes on after its season.
const AFTER: u32 = 20;

/// A federation's numbers.
#[derive(Clone, Copy, Debug)]
struct Size {
    n: u16,
    t: u16,
    /// Evaluations a day, organisation, keyholder and key: so few that a day leaves something over.
    quota: u32,
}

/// Who plays.
#[derive(Clone, Debug)]
enum Seat {
    /// A member of this organisation, or who has her token: her home node divides.
    Member(usize),
    /// Who has these organisations' access, and the first so many keyholders.
    Captor { access: Vec<usize>, captured: usize },
}

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Life {
    /// On how many days anybody answered.
    days: u64,
    handles: u64,
    /// Whether anybody answered at the very end.
    lives_on: bool,
}

impl Size {
    /// What the spec says is the most that a seat gets in so many days.
    fn most(&self, seat: &Seat, days: u64) -> u64 {
        let quota = u64::from(self.quota);
        match seat {
            Seat::Member(_) => days * (quota / 2),
            Seat::Captor { access, captured } => {
                let (access, captured) = (access.len() as u64, *captured as u64);
                let (n, t) = (u64::from(self.n), u64::from(self.t));
                access * (n - captured) * days * quota / (t - captured)
            }
        }
    }

    /// An organisation that holds no share; one with its keyholder; as many of these as can be had
    /// without having all, by themselves and with one organisation more.
    fn captors(&self) -> Vec<Seat> {
        let (n, most) = (usize::from(self.n), usize::from(self.t) - 1);
        let captor = |access: Vec<usize>, captured| Seat::Captor { access, captured };
        let mut all = vec![captor(vec![n], 0), captor(vec![0], 1)];
        if most > 1 {
            all.push(captor((0..most).collect(), most));
        }
        all.push(captor((0..most).chain([n]).collect(), most));
        all
    }

    fn play(&self, seat: &Seat, season: Season) -> Life {
        let first = Season::from_index(season.index() - 4).first_day();
        let begun = first.minus(20);
        let mut table = Table {
            game: Game::with(self.n, self.t, self.quota, Some(season), begun),
            size: *self,
            begun_handles: Vec::new(),
            asked: 0,
        };
        let mut life = Life {
            days: 0,
            handles: 0,
            lives_on: false,
        };
        let captured = match seat {
            Seat::Member(_) => 0,
            Seat::Captor { captured, .. } => *captured,
        };
        for _ in 0..season.last_day().since(begun) + AFTER {
            let (answers, handles) = match seat {
                Seat::Member(home) => table.divided(*home),
                Seat::Captor { access, captured } => table.drained(access, *captured),
            };
            life.days += u64::from(answers > 0);
            life.handles += handles;
            life.lives_on = answers > 0;
            if table.game.lab.now.day() == season.last_day().plus(3) {
                let honest = captured..usize::from(self.n);
                table.say_over(season, honest);
            }
            table.game.wait(DAY);
        }
        life
    }
}

/// A game, and what its adversary keeps from one day to the next.
struct Table {
    game: Game,
    size: Size,
    /// For each handle with too few answers as yet, whose they are.
    begun_handles: Vec<Vec<usize>>,
    /// At which keyholder a member begins.
    asked: usize,
}

impl Table {
    /// Asks for all that is to be had today. Says how many answers came, and how many handles are
    /// complete by them.
    fn drained(&mut self, access: &[usize], captured: usize) -> (u64, u64) {
        let needed = usize::from(self.size.t) - captured;
        let (mut answers, mut complete) = (0, 0);
        loop {
            let before = answers;
            for keyholder in captured..usize::from(self.size.n) {
                let mut whose = access.iter();
                if !whose.any(|organisation| self.game.ask(keyholder, *organisation, 1).is_ok()) {
                    continue;
                }
                answers += 1;
                let begun = &mut self.begun_handles;
                let at = begun.iter().position(|by| !by.contains(&keyholder));
                let at = at.unwrap_or_else(|| {
                    begun.push(Vec::new());
                    begun.len() - 1
                });
                begun[at].push(keyholder);
                if begun[at].len() == needed {
                    begun.remove(at);
                    complete += 1;
                }
            }
            if answers == before {
                return (answers, complete);
            }
        }
    }

    /// The same for a member, who asks as many keyholders about each handle as it takes, and no more
    /// than her home node lets her.
    fn divided(&mut self, home: usize) -> (u64, u64) {
        let member = Member([7; 32]);
        let division = Division {
            members: 5,
            each: None,
        };
        let (n, t) = (usize::from(self.size.n), usize::from(self.size.t));
        let (mut answers, mut complete) = (0, 0);
        loop {
            let now = self.game.now(home);
            let (engine, store) = &mut self.game.lab.sides[home];
            let (outputs, charged) = engine.charge(&member, 1, division, store, now).unwrap();
            self.game.lab.perform(home, outputs);
            let Ok(day) = charged else {
                return (answers, complete);
            };
            let by = (0..t).map(|k| (self.asked + k) % n).collect::<Vec<_>>();
            let given = by
                .iter()
                .filter(|keyholder| self.game.ask(**keyholder, home, 1).is_ok())
                .count();
            answers += given as u64;
            if given == 0 {
                // Nobody answered: what was taken is given back, and there is nothing today.
                let (engine, _) = &mut self.game.lab.sides[home];
                engine.refund(&member, 1, day);
                return (answers, complete);
            }
            self.asked += t;
            complete += u64::from(given == t);
        }
    }

    /// These keyholders' nodes say that a season is over.
    fn say_over(&mut self, season: Season, who: impl Iterator<Item = usize>) {
        let slots = SlotRange { first: 0, count: 9 };
        let (first, today) = (season.last_day().plus(1), season.last_day().plus(3));
        for node in who {
            let federation = &self.game.lab.federation;
            let delegation = federation.delegation(node, first, 80, slots, 5);
            let ending = federation.ending(node, season, today);
            self.game.offer(&delegation);
            self.game.offer(&ending);
        }
    }
}

/// All captors of a federation of this size.
fn captured_in(size: Size) {
    for seat in size.captors() {
        let life = size.play(&seat, LONG);
        let Seat::Captor { captured, .. } = seat else {
            continue;
        };
        // Who is honest can end a season without the captured ones, or cannot.
        let ends = usize::from(size.n) - captured >= usize::from(size.t);
        let days = match ends {
            true => LIFE,
            // The day of the endings has been counted, and the game's last is one before the end.
            false => LIFE + u64::from(AFTER) - 4,
        };
        let wanted = Life {
            days,
            handles: size.most(&seat, days),
            lives_on: !ends,
        };
        assert_eq!(life, wanted, "{size:?} {seat:?}");
    }
}

#[test]
fn captured_organisations_get_what_the_formula_says_in_a_keys_life_two_of_three() {
    let size = Size {
        n: 3,
        t: 2,
        quota: 3,
    };
    captured_in(size);
    // A day of its own leaves half a handle over, and the next completes it.
    let alone = &size.captors()[0];
    assert_eq!(size.most(alone, 1), 4);
    assert_eq!(size.most(alone, 2), 9);
}

#[test]
fn captured_organisations_get_what_the_formula_says_in_a_keys_life_three_of_four() {
    captured_in(Size {
        n: 4,
        t: 3,
        quota: 2,
    });
}

#[test]
fn captured_organisations_get_what_the_formula_says_in_a_keys_life_three_of_five() {
    captured_in(Size {
        n: 5,
        t: 3,
        quota: 2,
    });
}

#[test]
fn an_insider_gets_half_a_quota_on_each_day_of_a_keys_life() {
    for (n, t, quota) in [(3, 2, 5), (4, 3, 4), (5, 3, 4)] {
        let size = Size { n, t, quota };
        // Of an organisation that holds a share, and of one that holds none.
        for home in [0, usize::from(n)] {
            let seat = Seat::Member(home);
            let wanted = Life {
                days: LIFE,
                handles: size.most(&seat, LIFE),
                lives_on: false,
            };
            assert_eq!(size.play(&seat, LONG), wanted, "{size:?} {seat:?}");
        }
    }
}

#[test]
fn a_keys_life_is_bounded_also_where_its_share_is_there_long_before() {
    let size = Size {
        n: 3,
        t: 2,
        quota: 2,
    };
    let seat = Seat::Captor {
        access: vec![0],
        captured: 0,
    };
    // Half a year that begins in January, and one that begins in July, with a leap year before it.
    for (season, life) in [(Season::from_index(4056), 912), (LONG, 915)] {
        let first = Season::from_index(season.index() - 4).first_day();
        assert_eq!(season.last_day().since(first) + 1, life);
        // A day more before it, since clocks may be a day apart, and three until all say that it is over.
        let days = u64::from(life) + 1 + 3;
        let wanted = Life {
            days,
            handles: size.most(&seat, days),
            lives_on: false,
        };
        assert_eq!(size.play(&seat, season), wanted);
    }
}
